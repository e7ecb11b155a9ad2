#include "device/shared_memory.hpp"

#include "device/block.hpp"

#include <algorithm>

namespace sim {

SharedMemory::SharedMemory(const Kernel& kernel, uint32_t dynamicBytes)
    : kernel_(kernel), dynamicStart_((kernel.sharedEnd + 255) / 256 * 256), dynamicBytes_(dynamicBytes) {
    if (kernel.shared.empty() && dynamicBytes == 0) dynamicStart_ = 0;
    size_t size = dynamicStart_ + dynamicBytes;
    data_.resize(size);
    layout_.assign(size, gap);
    for (const SharedVariable& variable : kernel.shared) {
        std::fill_n(layout_.begin() + variable.address, variable.bytes, unwritten);
    }
    std::fill(layout_.begin() + dynamicStart_, layout_.end(), unwritten);
    state_ = layout_;
    writers_.resize(size);
    readers_.resize(size);
}

void SharedMemory::reset() {
    state_ = layout_;
    interval_++;
}

void* SharedMemory::access(const Thread& thread, uint64_t address, unsigned bytes, Use use, unsigned line) {
    uint64_t at = address < sharedDynamic ? address : address - sharedDynamic + dynamicStart_;
    for (uint64_t i = at; i < at + bytes; i++) {
        if (i >= state_.size() || state_[i] == gap || (address < sharedDynamic && i >= dynamicStart_)) {
            throw Error(CUDA_ERROR_ILLEGAL_ADDRESS,
                        text("%u bytes of shared memory at ", bytes) + describe(address) + " are out of bounds");
        }
        if (use != Use::write && state_[i] == unwritten) {
            throw Error(CUDA_ERROR_LAUNCH_FAILED,
                        "read of uninitialised shared memory at " + describe(address + i - at));
        }
        bool atomic = use == Use::atomic;
        const Mark& writer = writers_[i];
        if (!(atomic && writer.who == atomically) && !ordered(writer, thread)) {
            race(writer, thread, address + i - at, use == Use::read ? "reads" : "writes", "written");
        }
        if (use == Use::read) {
            mark(readers_[i], thread, line);
            continue;
        }
        if (!ordered(readers_[i], thread)) race(readers_[i], thread, address + i - at, "writes", "read");
        state_[i] = written;
        writers_[i] = {interval_, line, thread.warpEpoch(), atomic ? atomically : static_cast<uint16_t>(thread.index)};
    }
    return data_.data() + at;
}

bool SharedMemory::ordered(const Mark& mark, const Thread& thread) const {
    if (mark.interval != interval_ || mark.who == thread.index) return true;
    if (mark.who >= ofTheBlock) return false;
    unsigned warp = mark.who & ofOneWarp ? mark.who & ~ofOneWarp : mark.who / 32;
    return warp == thread.index / 32 && thread.warpEpoch() > mark.warpEpoch;
}

void SharedMemory::mark(Mark& mark, const Thread& thread, unsigned line) const {
    auto who = static_cast<uint16_t>(thread.index);
    if (mark.interval == interval_ && mark.who != who) {
        unsigned warp = mark.who & ofOneWarp ? mark.who & ~ofOneWarp : mark.who / 32;
        bool sameWarp = mark.who < ofTheBlock && warp == thread.index / 32;
        who = sameWarp ? static_cast<uint16_t>(ofOneWarp | warp) : ofTheBlock;
    }
    mark = {interval_, line, thread.warpEpoch(), who};
}

void SharedMemory::race(const Mark& mark, const Thread& thread, uint64_t address, const char* now,
                        const char* then) const {
    std::string who = mark.who < ofOneWarp ? "thread " + thread.block->threadName(mark.who)
        : mark.who == atomically           ? "an atomic operation of another thread"
                                           : "several threads";
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                std::string("shared-memory race: it ") + now + " " + describe(address) + ", " + then + " by " + who
                    + text(" at line %u with no barrier between them", mark.line));
}

std::string SharedMemory::describe(uint64_t address) const {
    if (address >= sharedDynamic) {
        return text("byte %llu of the %u dynamic bytes", (unsigned long long)(address - sharedDynamic), dynamicBytes_);
    }
    const SharedVariable* near = nullptr;
    for (const SharedVariable& variable : kernel_.shared) {
        if (variable.address <= address) near = &variable;
    }
    if (!near) return text("address 0x%llx", (unsigned long long)address);
    return text("byte %llu of ", (unsigned long long)(address - near->address)) + near->name
        + text(" (%u bytes)", near->bytes);
}

}  // namespace sim
