// Runs the blocks of a launch, one after another.
#pragma once

#include "device/global_races.hpp"
#include "device/memory.hpp"
#include "device/shared_memory.hpp"
#include "device/thread.hpp"

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

    /// Ends the thread's turn: it waits, or it has left.
    void wait(Thread& thread, Thread::State state) { thread.state = state; }
    Thread& thread(unsigned index) { return threads_[index]; }
    unsigned size() const { return static_cast<unsigned>(threads_.size()); }
    const Launch& launch() const { return launch_; }
    std::string threadName(unsigned index) const;
    const Kernel& kernel() const { return kernel_; }

    Memory& memory = Memory::get();
    GlobalRaces& races = GlobalRaces::get();
    SharedMemory shared;

private:
    void start();
    uint64_t special(Special which, unsigned index) const;
    void runThread(Thread& thread);
    /// Lets the lanes of a warp that wait for each other go on; false if none waits.
    bool resolveWarp(unsigned first);
    void releaseBarrier();
    [[noreturn]] void stuck(unsigned first);
    /// Adds kernel, line, block and thread to what went wrong.
    [[noreturn]] void blame(const Error& error, const Thread& thread) const;
    const Instr& waitingAt(const Thread& thread) const { return kernel_.code[thread.pc - 1]; }

    const Launch& launch_;
    const Kernel& kernel_;
    Dim index_;
    std::vector<Thread> threads_;
    std::vector<uint64_t> values_;
    std::vector<uint8_t> defined_;
};

/// Checks nothing that the driver checks before; throws what the kernel did wrong.
void execute(const Launch& launch);

}  // namespace sim
