#include "cudnn/engines.hpp"

namespace dnn {
namespace {

bool allOf(const Geometry& g, DataType type) { return g.x.type == type && g.w.type == type && g.y.type == type; }
bool oneType(const Geometry& g) { return allOf(g, FLOAT32) || allOf(g, BFLOAT16); }

/// Channels that tensor cores read without copying: 16 bytes of each tensor at once.
bool aligned(const Geometry& g) {
    int64_t multiple = 16 / g.x.elementBytes();
    return g.w.dims[1] % multiple == 0 && (g.w.dims[0] / g.groups) % multiple == 0;
}

bool anything(const Geometry& g) { return oneType(g); }
bool alignedOnly(const Geometry& g) { return oneType(g) && aligned(g); }
bool withoutBeta(const Geometry& g) { return oneType(g) && g.beta == 0 && g.dilation[0] * g.dilation[1] == 1; }
bool gradients(const Geometry& g) { return oneType(g) && g.kind != FORWARD; }
bool gradientsOfBfloat(const Geometry& g) { return allOf(g, BFLOAT16) && g.kind != FORWARD; }
/// The only one that cuDNN has for a float gradient of bfloat16 operands.
bool compiled(const Geometry& g) {
    bool mixed = g.kind == BACKWARD_WEIGHTS && g.x.type == BFLOAT16 && g.y.type == BFLOAT16 && g.w.type == FLOAT32;
    return (oneType(g) || mixed) && aligned(g);
}

int64_t none(const Geometry&) { return 0; }
/// As an engine that transposes its input.
int64_t copyOfX(const Geometry& g) { return (g.x.elements() * g.x.elementBytes() + 255) / 256 * 256; }
int64_t copyOfW(const Geometry& g) { return g.w.elements() * 4; }
int64_t enormous(const Geometry&) { return int64_t{1} << 45; }

std::map<int64_t, int>& delays() {
    static std::map<int64_t, int> all;
    return all;
}

std::map<int64_t, bool>& failures() {
    static std::map<int64_t, bool> all;
    return all;
}

Reference configuration(const Engine& engine, const Reference& graph, int64_t knobValue) {
    auto made = std::make_shared<Descriptor>();
    made->type = ENGINE;
    made->attributes[1300].descriptors = {graph};
    made->attributes[1301].numbers = {engine.index};
    validate(*made);
    made->finalized = true;
    auto config = std::make_shared<Descriptor>();
    config->type = ENGINE_CONFIG;
    config->attributes[300].descriptors = {made};
    for (const auto& knob : engine.knobs) {
        auto choice = std::make_shared<Descriptor>();
        choice->type = KNOB_CHOICE;
        choice->attributes[600].numbers = {knob.first};
        choice->attributes[601].numbers = {knobValue < knob.second ? knobValue : 0};
        choice->finalized = true;
        config->attributes[302].descriptors.push_back(choice);
    }
    config->finalized = true;
    return config;
}

}  // namespace

const std::vector<Engine>& engines() {
    static const std::vector<Engine> all = {
        {0, "plain", Arithmetic::DOUBLE, {STRICT_NAN}, {}, {}, anything, none, SUCCESS, SUCCESS},
        {1, "direct", Arithmetic::SINGLE, {}, {}, {}, withoutBeta, copyOfW, SUCCESS, SUCCESS},
        {2, "tensor cores", Arithmetic::TF32, {TENSOR_CORE}, {}, {{TILE_SIZE, 4}, {STAGES, 3}}, alignedOnly, none,
         SUCCESS, SUCCESS},
        {3, "tensor cores on a copy", Arithmetic::TF32, {TENSOR_CORE}, {}, {{TILE_SIZE, 2}}, anything, copyOfX, SUCCESS,
         SUCCESS},
        {4, "atomic", Arithmetic::UNORDERED, {NONDETERMINISTIC}, {}, {}, gradients, none, SUCCESS, SUCCESS},
        {5, "not built", Arithmetic::DOUBLE, {}, {}, {}, anything, none, INTERNAL_ERROR, SUCCESS},
        {6, "compiled", Arithmetic::TF32, {TENSOR_CORE}, {RUNTIME_COMPILATION}, {}, compiled, none, SUCCESS, SUCCESS},
        {7, "enormous", Arithmetic::DOUBLE, {}, {}, {}, anything, enormous, SUCCESS, SUCCESS},
        {8, "reduced", Arithmetic::UNORDERED, {REDUCED_PRECISION, NONDETERMINISTIC}, {}, {}, gradientsOfBfloat, none,
         SUCCESS, SUCCESS},
        {9, "not run", Arithmetic::DOUBLE, {}, {}, {}, anything, none, SUCCESS, EXECUTION_FAILED},
    };
    return all;
}

const Engine& engineOf(int64_t index, const Geometry& geometry) {
    for (const Engine& engine : engines()) {
        if (engine.index == index && engine.supports(geometry)) return engine;
    }
    throw Error(NOT_SUPPORTED, "engine " + std::to_string(index) + " does not exist or does not support the graph");
}

std::vector<Reference> proposals(int64_t mode, const Reference& graph) {
    // engine, value of its knobs; those that a program must not take come first
    static const std::map<int64_t, std::vector<std::pair<int64_t, int64_t>>> orders = {
        {MODE_A, {{9, 0}, {5, 0}, {7, 0}, {8, 0}, {4, 0}, {3, 1}, {2, 2}, {2, 1}, {1, 0}, {0, 0}}},
        {MODE_B, {{2, 2}, {2, 0}, {0, 0}}},
        {MODE_FALLBACK, {{6, 0}, {4, 0}, {0, 0}}},
    };
    auto order = orders.find(mode);
    require(order != orders.end(), BAD_PARAM, "there is no heuristic mode " + std::to_string(mode));
    Geometry geometry = geometryBehind(*graph);
    std::vector<Reference> found;
    for (const auto& proposal : order->second) {
        const Engine& engine = engines()[proposal.first];
        if (engine.supports(geometry)) found.push_back(configuration(engine, graph, proposal.second));
    }
    return found;
}

void delay(int64_t index, int microseconds) { delays()[index] = microseconds; }
int delayOf(int64_t index) { return delays()[index]; }
void disable(int64_t index, bool fails) { failures()[index] = fails; }
bool disabled(int64_t index) { return failures()[index]; }

Geometry geometryBehind(const Descriptor& descriptor) {
    switch (descriptor.type) {
        case GRAPH: return geometryOf(*descriptor.descriptor(801));
        case ENGINE: return geometryBehind(*descriptor.descriptor(1300));
        case ENGINE_CONFIG: return geometryBehind(*descriptor.descriptor(300));
        case PLAN: return geometryBehind(*descriptor.descriptor(401));
        default: return geometryOf(descriptor);
    }
}

}  // namespace dnn
