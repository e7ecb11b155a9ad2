#include "device/global_races.hpp"

#include "device/block.hpp"

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
    if (++launch_ == launches) {  // the numbers start again, and so do the marks: all zero
        words_.clear();
        halves_.clear();
        launch_ = 1;
    }
    bool orderly = !kernel.fences && blocks < severalBlocks;
    watching_ = orderly ? Watch::everything : kernel.readsConstants ? Watch::constants : Watch::nothing;
}

void GlobalRaces::forget(uint64_t address, size_t bytes) {
    if (!words_.writers) return;
    words_.forget((address - base_) / 4, (address + bytes - base_) / 4);
    halves_.forget((address - base_) / 2, (address + bytes - base_) / 2);
}

GlobalRaces::Mark GlobalRaces::read(Mark before, Mark mine) const {
    bool fresh = launchOf(before) != launch_;
    Mark elsewhere = blockOf(before) == block_ ? 0 : severalBlocks << blockShift;
    bool sameInterval = ((before ^ mine) >> intervalShift & (intervals - 1)) == 0;
    bool others = sameInterval & (((before & several) != 0) | ((before & threads) != (mine & threads)));
    Mark kept = mine | elsewhere | (before & constant) | (others ? several : 0);
    return fresh ? mine : kept;
}

template <unsigned units>
bool GlobalRaces::range(Marks& marks, size_t at, uint32_t first, unsigned lanes, Use use) {
    Mark mine = now() | first;
    Mark* writers = marks.writers + at;
    Mark* readers = marks.readers + at;
    unsigned count = lanes * units;
    uint64_t launch = launch_;
    bool unusual = false;
    if (use == Use::write) {
        for (unsigned k = 0; k < count; k++) {
            Mark expected = mine + k / units;
            unusual |= (launchOf(writers[k]) == launch) & (writers[k] != expected);
            unusual |= (launchOf(readers[k]) == launch) & (readers[k] != expected);
        }
        if (unusual) return false;
        for (unsigned k = 0; k < count; k++) writers[k] = mine + k / units;
        return true;
    }
    bool constants = use == Use::readConstant;
    for (unsigned k = 0; k < count; k++) {
        unusual |= (launchOf(writers[k]) == launch) & (constants | (writers[k] != mine + k / units));
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
    Mark mine = now() | thread.index;
    for (uint64_t at = address; at < address + bytes; at += unit) {
        Mark& writer = marks.writers[(at - base_) / unit];
        Mark& reader = marks.readers[(at - base_) / unit];
        if (use == Use::readConstant && launchOf(writer) == launch_) {
            race(writer, thread, at, unit, "reads as constant (.nc)", "written");
        }
        if (use == Use::write && launchOf(reader) == launch_ && (reader & constant)) {
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
    if (launchOf(mark) != launch_) return true;
    if (blockOf(mark) != block_) return false;
    bool same = !(mark & several) && (mark & threads) == thread.index;
    if (intervalOf(mark) != interval_ % intervals || same) return true;
    bool sameWarp = !(mark & several) && (mark & threads) / 32 == thread.index / 32;
    return (sameWarp && thread.warpEpoch() > 0) || interval_ >= intervals;  // bar.warp.sync is believed to be right
}

void GlobalRaces::race(Mark mark, const Thread& thread, uint64_t address, unsigned bytes, const char* now,
                       const char* then) const {
    std::string who = mark & several ? "several threads"
                                     : "thread " + thread.block->threadName(static_cast<unsigned>(mark & threads));
    std::string where = blockOf(mark) == severalBlocks ? "several blocks"
        : blockOf(mark) == block_                      ? "the same block, with no barrier between them"
                                                       : text("block number %u", static_cast<unsigned>(blockOf(mark)));
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                std::string("race on global memory: it ") + now + " " + Memory::get().describe(address, bytes) + ", "
                    + then + " in the same launch by " + who + " of " + where);
}

}  // namespace sim
