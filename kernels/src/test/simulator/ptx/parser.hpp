// Text of a module -> Module. Global and constant variables are placed in the device's memory as they are met.
#pragma once

#include "ptx/program.hpp"

namespace sim {

/// Throws CUDA_ERROR_INVALID_PTX with the line of the mistake; what was allocated until then is freed again.
/// `capability` (90 for 9.0) is the device's: a module for a newer target is refused.
Module parseModule(const std::string& source, const std::string& name, unsigned capability);

}  // namespace sim
