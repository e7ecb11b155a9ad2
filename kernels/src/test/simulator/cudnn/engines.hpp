// The engines of the software device: they differ in what they support, in their notes and in their last bits, so that a
// program that chooses among them chooses as it does on a device.
#pragma once

#include "cudnn/geometry.hpp"

namespace dnn {

/// How an engine computes.
enum class Arithmetic {
    DOUBLE,     // exact products, sums in double, one rounding at the end
    SINGLE,     // products and sums in float
    TF32,       // inputs with 10 bits of fraction, sums in double
    UNORDERED,  // sums in float, in another order in each run
};

struct Engine {
    int64_t index;
    const char* name;
    Arithmetic arithmetic;
    std::vector<int64_t> numericalNotes;
    std::vector<int64_t> behaviorNotes;
    /// Values of its knobs: from 0 to below this, by type.
    std::map<int64_t, int64_t> knobs;
    bool (*supports)(const Geometry&);
    int64_t (*workspace)(const Geometry&);
    Status buildFails;
    Status runFails;
};

const std::vector<Engine>& engines();

/// The engine, if there is one of this index that supports the convolution.
const Engine& engineOf(int64_t index, const Geometry& geometry);

/// What a heuristic proposes, in its order: engine configurations for the graph.
std::vector<Reference> proposals(int64_t mode, const Reference& graph);

/// For tests: the engine's runs take this much longer.
void delay(int64_t index, int microseconds);
int delayOf(int64_t index);

/// For tests: whether the engine's runs fail.
void disable(int64_t index, bool fails);
bool disabled(int64_t index);

/// The convolution in a finalized graph, engine, configuration or plan.
Geometry geometryBehind(const Descriptor& descriptor);

}  // namespace dnn
