// The arithmetic of a convolution on host memory.
#pragma once

#include "cudnn/engines.hpp"

namespace dnn {

/// Computes the output of the geometry's kind; the others are read. `turn` is where an UNORDERED engine begins to sum.
void convolve(const Geometry& geometry, Arithmetic arithmetic, unsigned turn, void* x, void* w, void* y);

}  // namespace dnn
