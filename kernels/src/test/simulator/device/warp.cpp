#include "device/block.hpp"

#include <algorithm>

namespace sim {

void Warp::converge() {
    uint32_t next = ~0u;
    for (uint32_t rest = running; rest; rest &= rest - 1) next = std::min(next, lanePc[__builtin_ctz(rest)]);
    active = 0;
    limit = ~0u;
    for (uint32_t rest = running; rest; rest &= rest - 1) {
        unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
        if (lanePc[lane] == next) active |= 1u << lane;
        else limit = std::min(limit, lanePc[lane]);
    }
    pc = next;
}

void Warp::undefined(Slot slot) {
    uint32_t without = exec & ~defined[slot];
    if (without) lane = static_cast<uint32_t>(__builtin_ctz(without));
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                "register " + block->kernel().names[slot] + " is read, but nothing was written to it");
}

}  // namespace sim
