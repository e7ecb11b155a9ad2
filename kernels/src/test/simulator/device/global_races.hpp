// Races on global memory inside one launch: a word that one thread writes and another one touches, with no barrier of
// their block between them; between blocks there is no order at all. Accesses of four bytes and more are followed by the
// word, accesses of two bytes by the half word; bytes and atomics are not followed, nor are kernels with a fence, which
// order their blocks by themselves. ld.global.nc promises that nobody writes the word in the whole launch.
#pragma once

#include "device/warp.hpp"

namespace sim {

class GlobalRaces {
public:
    enum class Use { read, readConstant, write };

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

    void access(const Thread& thread, uint64_t address, unsigned bytes, Use use) {
        if (watching_ != Watch::nothing && bytes >= 2) check(thread, address, bytes, use);
    }
    /// The same for lanes that touch consecutive elements, beginning with the thread `first`: false if it has to be
    /// done lane by lane, because something is unusual or wrong.
    bool accessRange(uint32_t first, unsigned lanes, uint64_t address, unsigned bytes, Use use) {
        if (watching_ == Watch::nothing || bytes == 1) return true;
        if (watching_ == Watch::constants) return false;
        switch (bytes) {
            case 2: return range<1>(halves_, (address - base_) >> 1, first, lanes, use);
            case 4: return range<1>(words_, (address - base_) >> 2, first, lanes, use);
            case 8: return range<2>(words_, (address - base_) >> 2, first, lanes, use);
            default: return range<4>(words_, (address - base_) >> 2, first, lanes, use);
        }
    }

private:
    enum class Watch { nothing, constants, everything };

    /// Who touched a word last: in which launch, block and barrier interval; for readers also whether they were
    /// `several` threads and whether one of them read it as `constant`.
    ///   thread 0-9, several 10, constant 11, interval 12-24, block 25-44, launch 45-63
    using Mark = uint64_t;
    static constexpr unsigned launchShift = 45;
    static constexpr unsigned blockShift = 25;
    static constexpr unsigned intervalShift = 12;
    static constexpr Mark several = 1u << 10;
    static constexpr Mark constant = 1u << 11;
    static constexpr Mark threads = several - 1;
    static constexpr uint64_t launches = 1u << 19;
    static constexpr uint64_t intervals = 1u << 13;
    static constexpr uint64_t severalBlocks = (1u << 20) - 1;

    struct Marks {
        Mark* writers = nullptr;
        Mark* readers = nullptr;
        size_t bytes = 0;  // of each
        bool reserve(size_t units);
        void clear();
        void forget(size_t first, size_t last);
    };

    GlobalRaces();
    Mark now() const {
        return launch_ << launchShift | block_ << blockShift | (interval_ % intervals) << intervalShift;
    }
    static uint64_t launchOf(Mark mark) { return mark >> launchShift; }
    static uint64_t blockOf(Mark mark) { return mark >> blockShift & severalBlocks; }
    static uint64_t intervalOf(Mark mark) { return mark >> intervalShift & (intervals - 1); }

    template <unsigned units>
    bool range(Marks& marks, size_t at, uint32_t first, unsigned lanes, Use use);
    void check(const Thread& thread, uint64_t address, unsigned bytes, Use use);
    bool ordered(Mark mark, const Thread& thread) const;
    /// The mark of a word after this thread has read it too.
    Mark read(Mark before, Mark mine) const;
    [[noreturn]] void race(Mark mark, const Thread& thread, uint64_t address, unsigned bytes, const char* now,
                           const char* then) const;

    Marks words_;
    Marks halves_;
    uint64_t base_ = 0;
    Watch watching_ = Watch::nothing;
    uint64_t launch_ = 0;
    uint64_t block_ = 0;
    uint64_t interval_ = 0;
};

}  // namespace sim
