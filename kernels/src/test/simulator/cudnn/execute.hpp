// Runs execution plans.
#pragma once

#include "cudnn/engines.hpp"

namespace dnn {

/// Checks the operands and puts the convolution into the handle's stream, or into the graph that is captured there.
void execute(const Handle& handle, const Reference& plan, const Reference& pack);

}  // namespace dnn
