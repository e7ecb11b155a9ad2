// Runs the blocks of a launch, one after another, each warp of a block until all its lanes wait or have left.
#pragma once

#include "device/global_races.hpp"
#include "device/memory.hpp"
#include "device/shared_memory.hpp"
#include "device/warp.hpp"

namespace sim {

struct Dim {
    unsigned x = 1, y = 1, z = 1;
    size_t count() const { return size_t{x} * y * z; }
};

struct Launch {
    const Kernel* kernel;
    Dim grid;
    Dim block;
    uint32_t dynamicShared;
    std::vector<uint8_t> params;
};

constexpr unsigned multiprocessors = 4;

class Block {
public:
    explicit Block(const Launch& launch);
    void run(Dim index);

    unsigned size() const { return size_; }
    const Launch& launch() const { return launch_; }
    std::string threadName(unsigned index) const;
    const Kernel& kernel() const { return kernel_; }

    Memory& memory = Memory::get();
    GlobalRaces& races = GlobalRaces::get();
    SharedMemory shared;

private:
    void start();
    void broadcast(Warp& warp, Slot slot, uint64_t value);
    void fill(Warp& warp, Slot slot, Special which);
    uint64_t special(Special which, unsigned index) const;
    void runWarp(Warp& warp);
    /// Lets the lanes of a warp that wait for each other go on; false if none waits.
    bool resolve(Warp& warp);
    void releaseBarrier();
    /// An error unless all threads wait at the same barrier.
    void requireBarrier();
    [[noreturn]] void stuck(Warp& warp);
    /// Adds kernel, line, block and thread to what went wrong.
    [[noreturn]] void blame(const Error& error, unsigned thread, uint32_t pc) const;
    const Instr& waitingAt(unsigned thread) const { return kernel_.code[pcOf(thread) - 1]; }
    uint32_t pcOf(unsigned thread) const { return warps_[thread / Warp::size].lanePc[thread % Warp::size]; }

    const Launch& launch_;
    const Kernel& kernel_;
    Dim index_;
    unsigned size_;
    std::vector<Warp> warps_;
    std::vector<uint32_t> defined_;  // of all warps
    std::vector<uint32_t> initial_;  // of one warp
};

inline bool Thread::wide(Slot slot) const { return block->kernel().widths[slot] == 64; }

/// Blocks of a launch by their linear index, x fastest; all of them if count is 0.
struct BlockRange {
    size_t first = 0;
    size_t count = 0;
};

/// Of launches from now on only these blocks run, so that a test can look at the end of a grid of millions.
void selectBlocks(BlockRange blocks);

/// Checks nothing that the driver checks before; throws what the kernel did wrong.
void execute(const Launch& launch);

}  // namespace sim
