// What finalizing checks beyond the single attribute, and what can be read afterwards.
#include "cudnn/engines.hpp"

#include <set>

extern "C" int cuDeviceGetName(char* name, int length, int device);

namespace dnn {

void validateConvolution(const Descriptor& convolution);

namespace {

void graph(Descriptor& graph) {
    handleOf(reinterpret_cast<const void*>(graph.number(800)));
    graph.attributes[802].numbers = {static_cast<int64_t>(engines().size())};
}

void engine(Descriptor& descriptor) {
    const Engine& engine = engineOf(descriptor.number(1301), geometryBehind(descriptor));
    descriptor.attributes[1303].numbers = engine.numericalNotes;
    descriptor.attributes[1305].numbers = engine.behaviorNotes;
}

void configuration(const Descriptor& configuration) {
    const Engine& engine = engineOf(configuration.descriptor(300)->number(1301), geometryBehind(configuration));
    if (!configuration.has(302)) return;
    std::set<int64_t> seen;
    for (const Reference& choice : configuration.attributes.at(302).descriptors) {
        int64_t type = choice->number(600);
        auto knob = engine.knobs.find(type);
        require(knob != engine.knobs.end(), NOT_SUPPORTED,
                "engine " + std::to_string(engine.index) + " has no knob " + std::to_string(type));
        require(seen.insert(type).second, DUPLICATED_ENTRIES, "knob " + std::to_string(type) + " is set twice");
        require(choice->number(601) >= 0 && choice->number(601) < knob->second, NOT_SUPPORTED,
                "knob " + std::to_string(type) + " cannot be " + std::to_string(choice->number(601)));
    }
}

void plan(Descriptor& plan) {
    const Handle& handle = handleOf(reinterpret_cast<const void*>(plan.number(400)));
    // a device loads kernels here
    refuseDuringCapture(handle, "an execution plan is made");
    Geometry geometry = geometryBehind(plan);
    const Engine& engine = engineOf(plan.descriptor(401)->descriptor(300)->number(1301), geometry);
    require(engine.buildFails == SUCCESS, engine.buildFails,
            "engine " + std::to_string(engine.index) + " (" + engine.name + ") cannot be built");
    plan.attributes[402].numbers = {engine.workspace(geometry)};
}

void pack(const Descriptor& pack) {
    const std::vector<int64_t>& ids = pack.numbers(1000);
    require(ids.size() == pack.numbers(1001).size(), BAD_PARAM, "ptrs_count != uids_count");
    require(std::set<int64_t>(ids.begin(), ids.end()).size() == ids.size(), DUPLICATED_ENTRIES,
            "an id is in the variant pack twice");
}

/// What can be read is JSON with its terminating zero.
void deviceProperties(Descriptor& properties) {
    handleOf(reinterpret_cast<const void*>(properties.number(2701)));
    char name[256];
    require(cuDeviceGetName(name, sizeof name, 0) == 0, INTERNAL_ERROR, "the driver does not tell the device's name");
    std::string json = std::string("{\"cudaDeviceId\":0,\"deviceName\":\"") + name + "\"}";
    properties.attributes[2702].numbers.assign(json.begin(), json.end());
    properties.attributes[2702].numbers.push_back(0);
}

}  // namespace

void validate(Descriptor& descriptor) {
    switch (descriptor.type) {
        case TENSOR: tensorOf(descriptor); break;
        case CONVOLUTION: validateConvolution(descriptor); break;
        case FORWARD:
        case BACKWARD_DATA:
        case BACKWARD_WEIGHTS: geometryOf(descriptor); break;
        case GRAPH: graph(descriptor); break;
        case HEURISTICS:
            descriptor.attributes[202].descriptors = proposals(descriptor.number(200), descriptor.descriptor(201));
            break;
        case ENGINE: engine(descriptor); break;
        case ENGINE_CONFIG: configuration(descriptor); break;
        case PLAN: plan(descriptor); break;
        case VARIANT_PACK: pack(descriptor); break;
        case DEVICE_PROPERTIES: deviceProperties(descriptor); break;
        case KNOB_CHOICE: break;
    }
}

}  // namespace dnn
