#include "device/global_races.hpp"

#include "device/block.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/mman.h>

namespace sim {

GlobalRaces& GlobalRaces::get() {
    static auto* races = new GlobalRaces();
    return *races;
}

GlobalRaces::GlobalRaces() {
    base_ = Memory::get().base();
    if (words_.reserve(Memory::get().reserved() / 4) && halves_.reserve(Memory::get().reserved() / 2)) return;
    fprintf(stderr, "software CUDA device: no address space to watch global memory for races (is ulimit -v set?)\n");
    words_.writers = nullptr;
}

bool GlobalRaces::Marks::reserve(size_t units) {
    bytes = units * sizeof(Mark);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* first = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    void* second = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (first == MAP_FAILED || second == MAP_FAILED) return false;
    writers = static_cast<Mark*>(first);
    readers = static_cast<Mark*>(second);
    return true;
}

void GlobalRaces::Marks::clear() {
    madvise(writers, bytes, MADV_DONTNEED);
    madvise(readers, bytes, MADV_DONTNEED);
}

void GlobalRaces::Marks::forget(size_t first, size_t last) {
    constexpr uint64_t page = 4096;
    for (Mark* marks : {writers, readers}) {
        uint64_t start = (reinterpret_cast<uint64_t>(marks + first) + page - 1) / page * page;
        uint64_t end = reinterpret_cast<uint64_t>(marks + last) / page * page;
        if (start < end) madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
    }
}

void GlobalRaces::launch(const Kernel& kernel, size_t blocks) {
    if (!words_.writers) return;
    if ((now_ >> timeShift) + 2 * std::min<size_t>(blocks, times) + 2 >= times) {  // begins again: all marks are zero
        words_.clear();
        halves_.clear();
        now_ = 0;
    }
    now_ += 1u << timeShift;
    launchStart_ = now_;
    blocksOfLaunch_.clear();
    watching_ = !kernel.fences ? Watch::everything : kernel.readsConstants ? Watch::constants : Watch::nothing;
}

void GlobalRaces::block(size_t linear) {
    next();
    blockStart_ = now_;
    if (watching_ != Watch::nothing) blocksOfLaunch_.emplace_back(now_, linear);
}

void GlobalRaces::next() {
    if ((now_ >> timeShift) + 1 < times) now_ += 1u << timeShift;
    else watching_ = Watch::nothing;
}

void GlobalRaces::forget(uint64_t address, size_t bytes) {
    if (!words_.writers) return;
    words_.forget((address - base_) / 4, (address + bytes - base_) / 4);
    halves_.forget((address - base_) / 2, (address + bytes - base_) / 2);
}

GlobalRaces::Mark GlobalRaces::read(Mark before, Mark mine) const {
    Mark elsewhere = before < blockStart_ ? blocks : 0;
    bool others = ((before & several) != 0) | ((before & threads) != (mine & threads));
    Mark together = ((before ^ mine) <= flags) & others ? several : 0;
    Mark kept = mine | elsewhere | (before & (constant | blocks)) | together;
    return before < launchStart_ ? mine : kept;
}

template <unsigned units>
bool GlobalRaces::range(Marks& marks, size_t at, uint32_t first, unsigned lanes, Use use) {
    // a length that the compiler knows makes for short loops
    return lanes == Warp::size ? range<units>(marks, at, first, use, std::integral_constant<unsigned, Warp::size>())
                               : range<units>(marks, at, first, use, lanes);
}

template <unsigned units, class Count>
bool GlobalRaces::range(Marks& marks, size_t at, uint32_t first, Use use, Count lanes) {
    Mark mine = now_ | first;
    Mark* writers = marks.writers + at;
    Mark* readers = marks.readers + at;
    unsigned count = lanes * units;
    Mark start = launchStart_;
    Mark unusual = 0;
    if (use == Use::write) {
        for (unsigned k = 0; k < count; k++) {
            Mark expected = mine + k / units;
            unusual |= (writers[k] >= start) & (writers[k] != expected);
            unusual |= (readers[k] >= start) & (readers[k] != expected);
        }
        if (unusual) return false;
        for (unsigned k = 0; k < count; k++) writers[k] = mine + k / units;
        return true;
    }
    bool constants = use == Use::readConstant;
    for (unsigned k = 0; k < count; k++) {
        unusual |= (writers[k] >= start) & (constants | (writers[k] != mine + k / units));
    }
    if (unusual) return false;
    Mark how = constants ? constant : 0;
    for (unsigned k = 0; k < count; k++) readers[k] = read(readers[k], mine + k / units) | how;
    return true;
}

template bool GlobalRaces::range<1>(Marks&, size_t, uint32_t, unsigned, Use);
template bool GlobalRaces::range<2>(Marks&, size_t, uint32_t, unsigned, Use);
template bool GlobalRaces::range<4>(Marks&, size_t, uint32_t, unsigned, Use);

void GlobalRaces::check(const Thread& thread, uint64_t address, unsigned bytes, Use use) {
    unsigned unit = bytes == 2 ? 2 : 4;
    Marks& marks = bytes == 2 ? halves_ : words_;
    Mark mine = now_ | thread.index;
    for (uint64_t at = address; at < address + bytes; at += unit) {
        Mark& writer = marks.writers[(at - base_) / unit];
        Mark& reader = marks.readers[(at - base_) / unit];
        if (use == Use::readConstant && ofLaunch(writer)) {
            race(writer, thread, at, unit, "reads as constant (.nc)", "written");
        }
        if (use == Use::write && ofLaunch(reader) && (reader & constant)) {
            race(reader, thread, at, unit, "writes", "read as constant (.nc)");
        }
        if (watching_ == Watch::everything && !ordered(writer, thread)) {
            race(writer, thread, at, unit, use == Use::write ? "writes" : "reads", "written");
        }
        if (use != Use::write) {
            reader = read(reader, mine) | (use == Use::readConstant ? constant : 0);
            continue;
        }
        if (watching_ == Watch::everything && !ordered(reader, thread)) {
            race(reader, thread, at, unit, "writes", "read");
        }
        writer = mine;
    }
}

bool GlobalRaces::ordered(Mark mark, const Thread& thread) const {
    if (!ofLaunch(mark)) return true;
    if (!ofBlock(mark) || (mark & blocks)) return false;
    bool same = !(mark & several) && (mark & threads) == thread.index;
    if (mark < now_ || same) return true;
    bool sameWarp = !(mark & several) && (mark & threads) / 32 == thread.index / 32;
    return sameWarp && thread.warpEpoch() > 0;  // bar.warp.sync is believed to be right
}

void GlobalRaces::race(Mark mark, const Thread& thread, uint64_t address, unsigned bytes, const char* now,
                       const char* then) const {
    std::string who = mark & several ? "several threads"
                                     : "thread " + thread.block->threadName(static_cast<unsigned>(mark & threads));
    auto after = std::upper_bound(blocksOfLaunch_.begin(), blocksOfLaunch_.end(), std::make_pair(mark | flags, ~size_t{0}));
    size_t block = after == blocksOfLaunch_.begin() ? 0 : std::prev(after)->second;
    std::string where = mark & blocks ? "several blocks"
        : ofBlock(mark)               ? "the same block, with no barrier between them"
                                      : text("block number %zu", block);
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                std::string("race on global memory: it ") + now + " " + Memory::get().describe(address, bytes) + ", "
                    + then + " in the same launch by " + who + " of " + where);
}

}  // namespace sim
