// Addresses of kernels: which memory they mean, and whether they are aligned.
#pragma once

#include "ops/kit.hpp"

namespace sim {

/// Takes .global .shared .const .param off; generic if none is there.
Space takeSpace(Decoder& decoder);

/// The bytes behind the address of an instruction (s[base] + offset), after every check.
void* accessed(Thread& thread, const Instr& instr, Slot base, unsigned bytes, SharedMemory::Use use);

}  // namespace sim
