#include "device/block.hpp"

#include <algorithm>

namespace sim {

void Warp::converge() {
    uint32_t next = ~0u;
    for (unsigned l = 0; l < size; l++) next = std::min(next, running >> l & 1 ? lanePc[l] : ~0u);
    uint32_t here = 0;
    uint32_t later = ~0u;
    for (unsigned l = 0; l < size; l++) {
        here |= lanePc[l] == next ? 1u << l : 0u;
        later = std::min(later, (running >> l & 1) && lanePc[l] != next ? lanePc[l] : ~0u);
    }
    active = here & running;
    limit = later;
    pc = next;
}

void Warp::undefined(Slot slot) {
    uint32_t without = exec & ~defined[slot];
    if (without) lane = static_cast<uint32_t>(__builtin_ctz(without));
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                "register " + block->kernel().names[slot] + " is read, but nothing was written to it");
}

}  // namespace sim
