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
    void block(size_t linear);
    void barrier() { next(); }

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

    /// Who touched a word last, and when: time goes on at the beginning of every block and at every barrier, and blocks
    /// run one after another, so that it tells launch and block too. Of readers also whether they were several threads
    /// at that time, or several blocks of the launch, and whether one of them read it as constant.
    ///   thread 0-9, several 10, constant 11, blocks 12, time 13-31
    using Mark = uint32_t;
    static constexpr unsigned timeShift = 13;
    static constexpr Mark several = 1u << 10;
    static constexpr Mark constant = 1u << 11;
    static constexpr Mark blocks = 1u << 12;
    static constexpr Mark threads = several - 1;
    static constexpr Mark flags = (1u << timeShift) - 1;
    static constexpr Mark times = 1u << 19;

    struct Marks {
        Mark* writers = nullptr;
        Mark* readers = nullptr;
        size_t bytes = 0;  // of each
        bool reserve(size_t units);
        void clear();
        void forget(size_t first, size_t last);
    };

    GlobalRaces();
    /// Time goes on; at its end nothing is watched until the next launch.
    void next();
    bool ofLaunch(Mark mark) const { return mark >= launchStart_; }
    bool ofBlock(Mark mark) const { return mark >= blockStart_; }

    template <unsigned units>
    bool range(Marks& marks, size_t at, uint32_t first, unsigned lanes, Use use);
    template <unsigned units, class Count>
    bool range(Marks& marks, size_t at, uint32_t first, Use use, Count lanes);
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
    Mark now_ = 0;          // marks of this time, without a thread
    Mark launchStart_ = 0;
    Mark blockStart_ = 0;
    std::vector<std::pair<Mark, size_t>> blocksOfLaunch_;  // when each one began
};

}  // namespace sim
