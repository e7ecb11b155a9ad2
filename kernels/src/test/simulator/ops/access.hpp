// Addresses of kernels: which memory they mean, and whether they are aligned.
#pragma once

#include "ops/kit.hpp"

namespace sim {

/// Takes .global .shared .const .param off; generic if none is there.
Space takeSpace(Decoder& decoder);

/// The address of an instruction for one lane: register + offset.
inline uint64_t addressOf(const Thread& thread, const Instr& instr, Slot base) {
    return thread.get<uint64_t>(base) + static_cast<uint64_t>(instr.offset);
}

/// The bytes behind an address of one lane, after every check.
void* accessed(Thread& thread, const Instr& instr, uint64_t address, unsigned bytes, SharedMemory::Use use);

}  // namespace sim
