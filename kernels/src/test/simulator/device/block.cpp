#include "device/block.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace sim {
namespace {

/// Room for the registers of a block. One launch runs at a time, and the next one finds the room of the last one.
char* room(size_t bytes) {
    static std::unique_ptr<char[]> memory;
    static size_t size = 0;
    if (bytes + 64 > size) {
        size = 2 * bytes + 64;
        memory.reset(new char[size]);
    }
    return memory.get() + (64 - reinterpret_cast<uint64_t>(memory.get()) % 64);
}

bool ofBlock(Special which) {
    return which == Special::ctaidX || which == Special::ctaidY || which == Special::ctaidZ || which == Special::smid;
}

}  // namespace

Block::Block(const Launch& launch)
    : shared(*launch.kernel, launch.dynamicShared), launch_(launch), kernel_(*launch.kernel),
      size_(static_cast<unsigned>(launch.block.count())), warps_((size_ + Warp::size - 1) / Warp::size) {
    size_t slots = kernel_.values.size();
    for (uint8_t known : kernel_.defined) initial_.push_back(known ? ~0u : 0u);
    defined_.resize(warps_.size() * slots);
    char* registers = room(warps_.size() * slots * Warp::registerBytes);
    for (size_t i = 0; i < warps_.size(); i++) {
        Warp& warp = warps_[i];
        warp.block = this;
        warp.first = static_cast<uint32_t>(i * Warp::size);
        warp.present = size_ - warp.first >= Warp::size ? ~0u : (1u << (size_ - warp.first)) - 1;
        warp.registers = registers + i * slots * Warp::registerBytes;
        warp.defined = defined_.data() + i * slots;
        for (Slot slot = 0; slot < slots; slot++) {
            if (kernel_.defined[slot]) broadcast(warp, slot, kernel_.values[slot]);
        }
        for (const auto& special : kernel_.specials) fill(warp, special.first, special.second);
    }
}

void Block::fill(Warp& warp, Slot slot, Special which) {
    bool wide = kernel_.widths[slot] == 64;
    if (ofBlock(which)) return broadcast(warp, slot, special(which, 0));
    for (unsigned lane = 0; lane < Warp::size; lane++) {
        uint64_t value = special(which, warp.first + lane);
        if (wide) warp.lanes<uint64_t>(slot)[lane] = value;
        else warp.lanes<uint32_t>(slot)[lane] = static_cast<uint32_t>(value);
    }
}

void Block::broadcast(Warp& warp, Slot slot, uint64_t value) {
    if (kernel_.widths[slot] == 64) std::fill_n(warp.lanes<uint64_t>(slot), Warp::size, value);
    else std::fill_n(warp.lanes<uint32_t>(slot), Warp::size, static_cast<uint32_t>(value));
}

void Block::start() {
    shared.reset();
    for (Warp& warp : warps_) {
        memcpy(warp.defined, initial_.data(), initial_.size() * sizeof(uint32_t));
        for (const auto& special : kernel_.specials) {
            if (ofBlock(special.second)) fill(warp, special.first, special.second);
        }
        warp.alive = warp.present;
        warp.atWarp = warp.backward = 0;
        warp.together(0);
        std::fill_n(warp.epoch, Warp::size, 0);
    }
}

void Block::run(Dim index) {
    index_ = index;
    races.block(index.x + size_t{launch_.grid.x} * (index.y + size_t{launch_.grid.y} * index.z));
    start();
    while (true) {
        uint32_t left = 0;
        for (Warp& warp : warps_) {
            do runWarp(warp);
            while (resolve(warp));
            left |= warp.alive;
        }
        if (!left) return;
        releaseBarrier();
    }
}

void Block::runWarp(Warp& warp) {
    const Instr* code = kernel_.code.data();
    try {
        while (warp.running) {
            if (!warp.gathered) warp.converge();
            warp.gathered = false;
            do {
                const Instr& instr = code[warp.pc++];
                warp.exec = warp.active;
                if (instr.predicate != always) {
                    uint32_t holds = warp.sourceBits(instr.predicate);
                    warp.exec &= instr.negated ? ~holds : holds;
                    if (instr.uniform && warp.exec && warp.exec != warp.active) {
                        warp.lane = static_cast<uint32_t>(__builtin_ctz(warp.exec));
                        throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION,
                                    text(".uni, but of the lanes 0x%x that are here together only 0x%x take it",
                                         warp.active, warp.exec));
                    }
                    if (!warp.exec) continue;
                }
                instr.run(warp, instr);
            } while (warp.active && warp.pc < warp.limit);
            warp.suspend();
        }
    } catch (const Error& error) {
        blame(error, warp.first + warp.lane, warp.pc);
    }
}

bool Block::resolve(Warp& warp) {
    uint32_t waiting = warp.atWarp;
    if (!waiting) return false;
    bool released = false;
    for (bool masked : {true, false}) {  // instructions with a mask of members first; activemask takes who is left
        for (unsigned lane = 0; lane < Warp::size && !(released && !masked); lane++) {
            if (!(waiting >> lane & 1)) continue;
            uint32_t pc = warp.lanePc[lane];
            const Instr& instr = kernel_.code[pc - 1];
            if ((instr.s[3] == sink) == masked) continue;
            uint32_t members = 0;
            for (unsigned other = 0; other < Warp::size; other++) {
                if (waiting >> other & 1 && warp.lanePc[other] == pc) members |= 1u << other;
            }
            if (masked) {
                uint32_t wanted = Thread(warp, lane).get<uint32_t>(instr.s[3]) & warp.alive;
                if ((members & wanted) != wanted) continue;
                members = wanted;
            }
            try {
                warp.exec = members;
                warp.lane = lane;
                instr.together(warp, instr);
            } catch (const Error& error) {
                blame(error, warp.first + warp.lane, pc);
            }
            warp.running |= members;
            warp.atWarp &= ~members;
            waiting &= ~members;
            released = true;
        }
    }
    if (!released) stuck(warp);
    return true;
}

void Block::stuck(Warp& warp) {
    auto lane = static_cast<unsigned>(__builtin_ctz(warp.atWarp));
    unsigned leader = warp.first + lane;
    uint32_t members = Thread(warp, lane).get<uint32_t>(waitingAt(leader).s[3]);
    for (unsigned other = 0; other < Warp::size; other++) {
        if (!((members & warp.alive) >> other & 1) || warp.lanePc[other] == warp.lanePc[lane]) continue;
        blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                    text("deadlock: it waits for the lanes 0x%x of its warp, but thread ", members)
                        + threadName(warp.first + other)
                        + text(" waits at line %u (", waitingAt(warp.first + other).line)
                        + kernel_.texts[warp.lanePc[other] - 1] + ")"),
              leader, warp.lanePc[lane]);
    }
    blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT, "deadlock inside a warp"), leader, warp.lanePc[lane]);
}

void Block::releaseBarrier() {
    bool together = true;
    for (const Warp& warp : warps_) {
        together &= warp.alive == warp.present && warp.barrierPc && warp.barrierPc == warps_[0].barrierPc;
    }
    if (!together) requireBarrier();
    shared.barrier();
    races.barrier();
    for (Warp& warp : warps_) {
        if (warp.barrierPc) {
            warp.together(warp.barrierPc);
        } else {
            warp.running = warp.alive;
            warp.atBarrier = 0;
        }
    }
}

void Block::requireBarrier() {
    unsigned waiting = size_;
    unsigned gone = size_;
    for (Warp& warp : warps_) {
        if (warp.barrierPc) std::fill_n(warp.lanePc, Warp::size, warp.barrierPc);
    }
    for (unsigned i = 0; i < size_; i++) {
        if (!(warps_[i / Warp::size].alive >> i % Warp::size & 1)) gone = i;
        else if (waiting == size_) waiting = i;
    }
    if (gone < size_) {
        blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                    "barrier divergence: it waits at the barrier, but thread " + threadName(gone)
                        + " has left the kernel"),
              waiting, pcOf(waiting));
    }
    for (unsigned i = 0; i < size_; i++) {
        unsigned first = i / Warp::size * Warp::size;
        bool elsewhere = waitingAt(i).mode != waitingAt(waiting).mode;                // another of the 16 barriers
        bool unaligned = waitingAt(i).count == 1 && pcOf(i) != pcOf(first);  // bar.sync: the whole warp at one
        if (elsewhere || unaligned) {
            unsigned other = elsewhere ? waiting : first;
            blame(Error(CUDA_ERROR_LAUNCH_TIMEOUT,
                        "barrier divergence: thread " + threadName(other)
                            + text(" waits at the barrier of line %u", waitingAt(other).line)),
                  i, pcOf(i));
        }
    }
}

void Block::blame(const Error& error, unsigned thread, uint32_t pc) const {
    throw Error(error.code(),
                "kernel " + kernel_.name + text(", line %u (", kernel_.code[pc - 1].line) + kernel_.texts[pc - 1]
                    + text("), block (%u,%u,%u), thread ", index_.x, index_.y, index_.z) + threadName(thread) + ": "
                    + error.message());
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

namespace {

BlockRange selected;

/// A number that depends on the launch and its place in the program, and is the same in every run of it.
uint64_t nextRandom(uint64_t& state) {
    state += 0x9e3779b97f4a7c15;
    uint64_t mixed = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

/// A device runs the blocks of a launch in whatever order it likes: every launch has another one here.
std::vector<size_t> shuffledBlocks(size_t count) {
    static uint64_t random = getenv("GREG_SIM_SEED") ? strtoull(getenv("GREG_SIM_SEED"), nullptr, 10) : 0;
    size_t first = selected.count ? std::min(selected.first, count) : 0;
    size_t last = selected.count ? std::min(first + selected.count, count) : count;
    std::vector<size_t> order(last - first);
    for (size_t i = 0; i < order.size(); i++) {
        size_t place = nextRandom(random) % (i + 1);
        order[i] = order[place];
        order[place] = first + i;
    }
    return order;
}

}  // namespace

void selectBlocks(BlockRange blocks) { selected = blocks; }

void execute(const Launch& launch) {
    std::vector<size_t> order = shuffledBlocks(launch.grid.count());
    Block block(launch);
    GlobalRaces::get().launch(*launch.kernel, order.size());
    for (size_t linear : order) {
        block.run({static_cast<unsigned>(linear % launch.grid.x),
                   static_cast<unsigned>(linear / launch.grid.x % launch.grid.y),
                   static_cast<unsigned>(linear / launch.grid.x / launch.grid.y)});
    }
}

}  // namespace sim
