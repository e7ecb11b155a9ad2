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
    bytes_ = Memory::get().reserved() / 4 * sizeof(Word);
    void* words = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (words == MAP_FAILED) {
        fprintf(stderr, "software CUDA device: no address space to watch global memory for races (is ulimit -v set?)\n");
        return;
    }
    words_ = static_cast<Word*>(words);
}

void GlobalRaces::launch(const Kernel& kernel, size_t blocks) {
    if (!words_) return;
    if (++launch_ == 1u << 20) {
        madvise(words_, bytes_, MADV_DONTNEED);  // the numbers start again, and so do the marks: all zero
        launch_ = 1;
    }
    watching_ = !kernel.fences && blocks < severalBlocks;
}

void GlobalRaces::forget(uint64_t address, size_t bytes) {
    constexpr uint64_t page = 4096;
    if (!words_) return;
    auto start = reinterpret_cast<uint64_t>(words_ + ((address - base_) >> 2));
    uint64_t end = (start + bytes * 4) / page * page;
    start = (start + page - 1) / page * page;
    if (start < end) madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
}

void GlobalRaces::check(const Thread& thread, uint64_t address, unsigned bytes, bool writes) {
    for (uint64_t at = address; at < address + bytes; at += 4) {
        Word& word = words_[(at - base_) >> 2];
        if (!ordered(word.writer, thread)) race(word.writer, thread, at, writes ? "writes" : "reads", "written");
        if (!writes) {
            markReader(word.reader, thread);
            continue;
        }
        if (!ordered(word.reader, thread)) race(word.reader, thread, at, "writes", "read");
        word.writer = {launch_, block_, interval_ % intervals, 0, thread.index};
    }
}

bool GlobalRaces::ordered(const Mark& mark, const Thread& thread) const {
    if (mark.launch != launch_) return true;
    if (mark.block != block_) return false;
    if (mark.interval != interval_ % intervals || (!mark.several && mark.thread == thread.index)) return true;
    bool sameWarp = !mark.several && mark.thread / 32 == thread.index / 32;
    return (sameWarp && thread.warpEpoch > 0) || interval_ >= intervals;  // bar.warp.sync is believed to be right
}

void GlobalRaces::markReader(Mark& mark, const Thread& thread) const {
    bool fresh = mark.launch != launch_;
    uint64_t block = fresh || mark.block == block_ ? block_ : severalBlocks;
    bool others = !fresh && mark.interval == interval_ % intervals && (mark.several || mark.thread != thread.index);
    mark = {launch_, block, interval_ % intervals, others, thread.index};
}

void GlobalRaces::race(const Mark& mark, const Thread& thread, uint64_t address, const char* now,
                       const char* then) const {
    std::string who = mark.several ? "several threads"
                                   : "thread " + thread.block->threadName(static_cast<unsigned>(mark.thread));
    std::string where = mark.block == severalBlocks ? "several blocks"
        : mark.block == block_                      ? "the same block, with no barrier between them"
                                                    : text("block number %u", static_cast<unsigned>(mark.block));
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                std::string("race on global memory: it ") + now + " " + Memory::get().describe(address, 4) + ", " + then
                    + " in the same launch by " + who + " of " + where);
}

}  // namespace sim
