// One warp: 32 threads that run in step. Registers of the lanes lie side by side, so that an instruction is decoded once
// and computed for all lanes in one loop. Lanes that went different ways wait for each other by the address of their next
// instruction: those that are furthest behind run, until they have caught up or wait at a barrier.
#pragma once

#include "device/error.hpp"
#include "ptx/program.hpp"

#include <cstring>

namespace sim {

class Block;

class Warp {
public:
    static constexpr unsigned size = 32;
    static constexpr size_t registerBytes = size * sizeof(uint64_t);

    /// The lanes of a register, as a T of 8 bytes if the register is wide and of 4 bytes if not.
    template <class T>
    T* lanes(Slot slot) const {
        return reinterpret_cast<T*>(registers + slot * registerBytes);
    }
    /// A predicate has a bit a lane.
    uint32_t& bits(Slot slot) const { return *lanes<uint32_t>(slot); }

    /// The same of an operand: an error if nothing was written to it by one of the lanes that execute.
    template <class T>
    const T* source(Slot slot) {
        if (__builtin_expect(exec & ~defined[slot], 0)) undefined(slot);
        return lanes<T>(slot);
    }
    uint32_t sourceBits(Slot slot) { return *source<uint32_t>(slot); }

    /// Writes a result to the lanes that execute. Lanes that have left the kernel hold nothing of interest.
    template <class T>
    void result(Slot slot, const T (&values)[size]) {
        T* to = lanes<T>(slot);
        if (__builtin_expect(exec == alive, 1)) {
            memcpy(to, values, sizeof values);
        } else {
            for (uint32_t rest = exec; rest; rest &= rest - 1) to[__builtin_ctz(rest)] = values[__builtin_ctz(rest)];
        }
        defined[slot] |= exec;
    }
    void resultBits(Slot slot, uint32_t values) {
        bits(slot) = (bits(slot) & ~exec) | (values & exec);
        defined[slot] |= exec;
    }

    /// The lanes that execute go on elsewhere.
    void jump(uint32_t target) {
        if (exec == active) {
            pc = target;
            return;
        }
        for (uint32_t rest = exec; rest; rest &= rest - 1) lanePc[__builtin_ctz(rest)] = target;
        active &= ~exec;
        if (target < limit) limit = target;
    }
    /// The lanes that execute wait for others, in this set of lanes.
    void wait(uint32_t& set) {
        for (uint32_t rest = exec; rest; rest &= rest - 1) lanePc[__builtin_ctz(rest)] = pc;
        set |= exec;
        running &= ~exec;
        active &= ~exec;
    }
    void leave() {
        running &= ~exec;
        active &= ~exec;
        alive &= ~exec;
    }
    /// Chooses the lanes that run next: those with the lowest address.
    void converge();
    /// All lanes that are left run next, from one place.
    void together(uint32_t from) {
        active = running = alive;
        atBarrier = 0;
        pc = from;
        limit = ~0u;
        gathered = true;
    }
    /// Notes where they have got to.
    void suspend() {
        for (uint32_t rest = active; rest; rest &= rest - 1) lanePc[__builtin_ctz(rest)] = pc;
    }

    [[noreturn]] void undefined(Slot slot);

    char* registers = nullptr;
    uint32_t* defined = nullptr;   // of each register: the lanes in which it holds something
    Block* block = nullptr;
    uint32_t first = 0;    // thread of lane 0
    uint32_t present = 0;  // lanes that exist
    uint32_t alive = 0;    // and have not left
    uint32_t running = 0;  // and wait for nobody
    uint32_t atBarrier = 0;
    uint32_t atWarp = 0;   // at an instruction for several lanes together
    uint32_t active = 0;   // lanes that are at pc
    uint32_t exec = 0;     // of them, those that execute the instruction: its predicate holds
    uint32_t pc = 0;       // of their next instruction
    bool gathered = false; // the lanes that run next are chosen already
    uint32_t limit = 0;    // where the next lanes wait to be caught up with
    uint32_t lanePc[size] = {};  // of the lanes that are not active
    uint32_t barrierPc = 0;      // where all lanes wait at one barrier; 0 if they came one by one
    uint32_t epoch[size] = {};   // barriers of the warp that a lane has seen
    uint32_t carry = 0;          // the carry bit of each lane
    uint32_t lane = 0;           // the one to be named if something is wrong
    uint32_t backward = 0;       // jumps taken backward, to notice loops that never end
};

/// One lane of a warp, for what is computed thread by thread.
class Thread {
public:
    Thread(Warp& of, unsigned which) : warp(of), block(of.block), lane(which), index(of.first + which) {}

    /// The low bytes of a register as a T; a register that nothing was written to is an error.
    template <class T>
    T get(Slot slot) const {
        if (__builtin_expect(!(warp.defined[slot] >> lane & 1), 0)) {
            warp.lane = lane;
            warp.undefined(slot);
        }
        if constexpr (std::is_same<T, bool>::value) return warp.bits(slot) >> lane & 1;
        T value;
        if (wide(slot)) {
            memcpy(&value, warp.lanes<uint64_t>(slot) + lane, sizeof value);
        } else {
            uint64_t bits = warp.lanes<uint32_t>(slot)[lane];
            memcpy(&value, &bits, sizeof value);
        }
        return value;
    }
    template <class T>
    void set(Slot slot, T value) {
        uint64_t bits = 0;
        memcpy(&bits, &value, sizeof value);
        if constexpr (std::is_same<T, bool>::value) warp.bits(slot) = (warp.bits(slot) & ~(1u << lane)) | uint32_t{value} << lane;
        else if (wide(slot)) warp.lanes<uint64_t>(slot)[lane] = bits;
        else warp.lanes<uint32_t>(slot)[lane] = static_cast<uint32_t>(bits);
        warp.defined[slot] |= 1u << lane;
    }
    /// The result of something that PTX leaves undefined: an error only if it is used.
    void setUndefined(Slot slot) { warp.defined[slot] &= ~(1u << lane); }
    uint32_t warpEpoch() const { return warp.epoch[lane]; }

    Warp& warp;
    Block* block;
    unsigned lane;
    uint32_t index;  // in the block, x fastest

private:
    bool wide(Slot slot) const;
};

}  // namespace sim
