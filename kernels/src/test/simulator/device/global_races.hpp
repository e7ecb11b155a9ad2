// Races on global memory inside one launch: a word that one thread writes and another one touches, with no barrier of
// their block between them; between blocks there is no order at all. Words are four bytes; narrower accesses and
// atomics are not followed, nor are kernels with a fence, which order their blocks by themselves.
#pragma once

#include "device/thread.hpp"

namespace sim {

class GlobalRaces {
public:
    static GlobalRaces& get();

    /// Another launch starts: what was touched before is ordered.
    void launch(const Kernel& kernel, size_t blocks);
    /// The block that runs next, and then each barrier in it.
    void block(size_t linear) {
        block_ = linear;
        interval_ = 0;
    }
    void barrier() { interval_++; }

    /// Gives back what the marks of freed memory take.
    void forget(uint64_t address, size_t bytes);

    void read(const Thread& thread, uint64_t address, unsigned bytes) {
        if (watching_ && bytes >= 4) check(thread, address, bytes, false);
    }
    void write(const Thread& thread, uint64_t address, unsigned bytes) {
        if (watching_ && bytes >= 4) check(thread, address, bytes, true);
    }

private:
    /// Who touched a word last: in which launch, block and barrier interval; `several` threads for readers.
    struct Mark {
        uint64_t launch : 20;
        uint64_t block : 20;
        uint64_t interval : 13;
        uint64_t several : 1;
        uint64_t thread : 10;
    };
    static constexpr uint64_t severalBlocks = (1u << 20) - 1;
    static constexpr uint64_t intervals = 1u << 13;
    struct Word {
        Mark writer;
        Mark reader;
    };

    GlobalRaces();
    void check(const Thread& thread, uint64_t address, unsigned bytes, bool writes);
    bool ordered(const Mark& mark, const Thread& thread) const;
    void markReader(Mark& mark, const Thread& thread) const;
    [[noreturn]] void race(const Mark& mark, const Thread& thread, uint64_t address, const char* now,
                           const char* then) const;

    Word* words_ = nullptr;
    uint64_t base_ = 0;
    size_t bytes_ = 0;
    bool watching_ = false;
    uint64_t launch_ = 0;
    uint64_t block_ = 0;
    uint64_t interval_ = 0;
};

}  // namespace sim
