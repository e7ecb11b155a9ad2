// One thread of a block: its slots and where it stands. Threads run one after another; a thread runs on until it
// leaves, or has to wait for others at a barrier or at an instruction of the whole warp.
#pragma once

#include "device/error.hpp"
#include "ptx/program.hpp"

#include <cstring>

namespace sim {

class Block;

class Thread {
public:
    enum class State : uint8_t { running, atBarrier, atWarp, left };

    /// The low bytes of a slot as a T; a slot that nothing was written to is an error.
    template <class T>
    T get(Slot slot) const {
        if (__builtin_expect(!defined[slot], 0)) undefined(slot);
        T value;
        memcpy(&value, &values[slot], sizeof value);
        return value;
    }
    template <class T>
    void set(Slot slot, T value) {
        uint64_t bits = 0;
        memcpy(&bits, &value, sizeof value);
        values[slot] = bits;
        defined[slot] = 1;
    }
    /// The result of something that PTX leaves undefined: an error only if it is used.
    void setUndefined(Slot slot) { defined[slot] = 0; }

    uint64_t* values = nullptr;
    uint8_t* defined = nullptr;
    Block* block = nullptr;
    uint32_t pc = 0;      // of the next instruction
    uint32_t index = 0;   // in the block, x fastest
    uint32_t warpEpoch = 0;
    uint32_t backward = 0;  // jumps taken backward, to notice loops that never end
    State state = State::running;
    bool carry = false;

private:
    [[noreturn]] void undefined(Slot slot) const;
};

}  // namespace sim
