#include "device/block.hpp"

namespace sim {

Block::Block(const Launch& launch)
    : shared(*launch.kernel, launch.dynamicShared), launch_(launch), kernel_(*launch.kernel),
      threads_(launch.block.count()), values_(threads_.size() * kernel_.values.size()), defined_(values_.size()) {
    for (unsigned i = 0; i < size(); i++) {
        threads_[i].block = this;
        threads_[i].index = i;
        threads_[i].values = values_.data() + i * kernel_.values.size();
        threads_[i].defined = defined_.data() + i * kernel_.values.size();
    }
}

void Block::start() {
    shared.reset();
    for (Thread& thread : threads_) {
        memcpy(thread.values, kernel_.values.data(), kernel_.values.size() * sizeof(uint64_t));
        memcpy(thread.defined, kernel_.defined.data(), kernel_.defined.size());
        for (const auto& special_ : kernel_.specials) {
            thread.values[special_.first] = special(special_.second, thread.index);
        }
        thread.pc = 0;
        thread.warpEpoch = 0;
        thread.backward = 0;
        thread.state = Thread::State::running;
    }
}

void Block::run(Dim index) {
    index_ = index;
    races.block(index.x + size_t{launch_.grid.x} * (index.y + size_t{launch_.grid.y} * index.z));
    start();
    while (true) {
        unsigned left = 0;
        for (unsigned first = 0; first < size(); first += 32) {
            do {
                for (unsigned i = first; i < std::min(first + 32, size()); i++) {
                    if (threads_[i].state == Thread::State::running) runThread(threads_[i]);
                }
            } while (resolveWarp(first));
        }
        for (const Thread& thread : threads_) left += thread.state == Thread::State::left;
        if (left == size()) return;
        releaseBarrier();
    }
}

void Block::runThread(Thread& thread) {
    const Instr* code = kernel_.code.data();
    try {
        while (thread.state == Thread::State::running) {
            const Instr& instr = code[thread.pc++];
            if (instr.predicate != always && (thread.get<uint8_t>(instr.predicate) != 0) == instr.negated) continue;
            instr.run(thread, instr);
        }
    } catch (const Error& error) {
        blame(error, thread);
    }
}

bool Block::resolveWarp(unsigned first) {
    uint32_t waiting = 0;
    uint32_t present = 0;
    for (unsigned lane = 0; lane < 32 && first + lane < size(); lane++) {
        Thread::State state = threads_[first + lane].state;
        if (state == Thread::State::atWarp) waiting |= 1u << lane;
        if (state != Thread::State::left) present |= 1u << lane;
    }
    if (!waiting) return false;
    bool released = false;
    for (bool masked : {true, false}) {  // instructions with a mask of members first; activemask takes who is left
        for (unsigned lane = 0; lane < 32 && !(released && !masked); lane++) {
            if (!(waiting >> lane & 1)) continue;
            Thread& leader = threads_[first + lane];
            const Instr& instr = waitingAt(leader);
            if ((instr.s[3] == sink) == masked) continue;
            uint32_t members = 0;
            for (unsigned other = 0; other < 32; other++) {
                if (waiting >> other & 1 && threads_[first + other].pc == leader.pc) members |= 1u << other;
            }
            if (masked) {
                uint32_t wanted = leader.get<uint32_t>(instr.s[3]) & present;
                if ((members & wanted) != wanted) continue;
                members = wanted;
            }
            try {
                instr.together(*this, first, members, instr);
            } catch (const Error& error) {
                blame(error, leader);
            }
            for (unsigned other = 0; other < 32; other++) {
                if (members >> other & 1) threads_[first + other].state = Thread::State::running;
            }
            waiting &= ~members;
            released = true;
        }
    }
    if (!released) stuck(first);
    return true;
}

void Block::stuck(unsigned first) {
    const Thread* leader = nullptr;
    for (unsigned i = first; i < std::min(first + 32, size()) && !leader; i++) {
        if (threads_[i].state == Thread::State::atWarp) leader = &threads_[i];
    }
    uint32_t members = leader->get<uint32_t>(waitingAt(*leader).s[3]);
    for (unsigned lane = 0; lane < 32 && first + lane < size(); lane++) {
        const Thread& other = threads_[first + lane];
        if (!(members >> lane & 1) || other.state == Thread::State::left || other.pc == leader->pc) continue;
        blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                    text("deadlock: it waits for the lanes 0x%x of its warp, but thread ", members)
                        + threadName(other.index) + text(" waits at line %u (", waitingAt(other).line)
                        + kernel_.texts[other.pc - 1] + ")"),
              *leader);
    }
    blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT, "deadlock inside a warp"), *leader);
}

void Block::releaseBarrier() {
    const Thread* waiting = nullptr;
    const Thread* gone = nullptr;
    for (Thread& thread : threads_) {
        if (thread.state == Thread::State::left) gone = &thread;
        else if (!waiting) waiting = &thread;
    }
    if (gone) {
        blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                    "barrier divergence: it waits at the barrier, but thread " + threadName(gone->index)
                        + " has left the kernel"),
              *waiting);
    }
    for (Thread& thread : threads_) {
        const Thread& first = threads_[thread.index / 32 * 32];
        const Instr& here = waitingAt(thread);
        bool elsewhere = here.mode != waitingAt(*waiting).mode;                 // another of the 16 barriers
        bool unaligned = here.count == 1 && thread.pc != first.pc;  // bar.sync: the whole warp at one instruction
        if (elsewhere || unaligned) {
            const Thread& other = elsewhere ? *waiting : first;
            blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                        "barrier divergence: thread " + threadName(other.index)
                            + text(" waits at the barrier of line %u", waitingAt(other).line)),
                  thread);
        }
    }
    shared.barrier();
    races.barrier();
    for (Thread& thread : threads_) thread.state = Thread::State::running;
}

void Block::blame(const Error& error, const Thread& thread) const {
    size_t at = thread.pc - 1;
    throw Error(error.code(),
                "kernel " + kernel_.name + text(", line %u (", kernel_.code[at].line) + kernel_.texts[at]
                    + text("), block (%u,%u,%u), thread ", index_.x, index_.y, index_.z) + threadName(thread.index)
                    + ": " + error.message());
}

std::string Block::threadName(unsigned i) const {
    const Dim& dim = launch_.block;
    return text("(%u,%u,%u)", i % dim.x, i / dim.x % dim.y, i / dim.x / dim.y);
}

uint64_t Block::special(Special which, unsigned i) const {
    const Dim& dim = launch_.block;
    const Dim& grid = launch_.grid;
    unsigned lane = i % 32;
    switch (which) {
        case Special::tidX: return i % dim.x;
        case Special::tidY: return i / dim.x % dim.y;
        case Special::tidZ: return i / dim.x / dim.y;
        case Special::ntidX: return dim.x;
        case Special::ntidY: return dim.y;
        case Special::ntidZ: return dim.z;
        case Special::ctaidX: return index_.x;
        case Special::ctaidY: return index_.y;
        case Special::ctaidZ: return index_.z;
        case Special::nctaidX: return grid.x;
        case Special::nctaidY: return grid.y;
        case Special::nctaidZ: return grid.z;
        case Special::laneid: return lane;
        case Special::warpid: return i / 32;
        case Special::nwarpid: return (size() + 31) / 32;
        case Special::smid: return index_.x % multiprocessors;
        case Special::nsmid: return multiprocessors;
        case Special::gridid: return 1;
        case Special::maskEq: return 1u << lane;
        case Special::maskLt: return (1u << lane) - 1;
        case Special::maskLe: return (2u << lane) - 1;
        case Special::maskGt: return static_cast<uint32_t>(~((2u << lane) - 1));
        case Special::maskGe: return static_cast<uint32_t>(~((1u << lane) - 1));
        case Special::dynamicShared: return launch_.dynamicShared;
        default: return launch_.dynamicShared + kernel_.sharedBytes;
    }
}

void Thread::undefined(Slot slot) const {
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                "register " + block->kernel().names[slot] + " is read, but nothing was written to it");
}

void execute(const Launch& launch) {
    Block block(launch);
    GlobalRaces::get().launch(*launch.kernel, launch.grid.count());
    for (unsigned z = 0; z < launch.grid.z; z++) {
        for (unsigned y = 0; y < launch.grid.y; y++) {
            for (unsigned x = 0; x < launch.grid.x; x++) block.run({x, y, z});
        }
    }
}

}  // namespace sim
