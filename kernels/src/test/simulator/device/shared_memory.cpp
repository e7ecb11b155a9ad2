#include "device/shared_memory.hpp"

#include "device/block.hpp"

#include <algorithm>

namespace sim {

SharedMemory::SharedMemory(const Kernel& kernel, uint32_t dynamicBytes)
    : kernel_(kernel), dynamicStart_((kernel.sharedEnd + 255) / 256 * 256), dynamicBytes_(dynamicBytes) {
    if (kernel.shared.empty() && dynamicBytes == 0) dynamicStart_ = 0;
    size_t size = dynamicStart_ + dynamicBytes;
    size_t words = (size + 3) / 4;
    data_.resize(4 * words);
    layout_.assign(4 * words, gap);
    for (const SharedVariable& variable : kernel.shared) {
        std::fill_n(layout_.begin() + variable.address, variable.bytes, unwritten);
    }
    std::fill_n(layout_.begin() + dynamicStart_, dynamicBytes, unwritten);
    state_ = layout_;
    split_.resize(words);
    for (Marks* marks : {&writers_, &readers_}) {
        marks->words.resize(words);
        marks->bytes.resize(4 * words);
        marks->lines.resize(words);
    }
}

void SharedMemory::reset() {
    state_ = layout_;
    std::fill(split_.begin(), split_.end(), 0);
    interval_++;
}

void* SharedMemory::accessRange(const Warp& warp, unsigned first, unsigned lanes, uint64_t address, unsigned bytes,
                                Use use, unsigned line) {
    // a length that the compiler knows makes for short loops
    return lanes == Warp::size ? accessRange(warp, 0, address, bytes, use, line, std::integral_constant<unsigned, Warp::size>())
                               : accessRange(warp, first, address, bytes, use, line, lanes);
}

template <class Count>
void* SharedMemory::accessRange(const Warp& warp, unsigned first, uint64_t address, unsigned bytes, Use use,
                                unsigned line, Count lanes) {
    size_t at = position(address);
    size_t end = at + size_t{bytes} * lanes;
    if (bytes < 4 || end > state_.size() || (address < sharedDynamic && end > dynamicStart_)) return nullptr;
    const auto* states = reinterpret_cast<const uint32_t*>(state_.data() + at);
    Mark* writers = writers_.words.data() + at / 4;
    Mark* readers = readers_.words.data() + at / 4;
    const uint8_t* split = split_.data() + at / 4;
    unsigned shift = bytes == 4 ? 0 : bytes == 8 ? 1 : 2;  // words of a lane, as a power of two
    unsigned words = lanes << shift;
    Mark mine = markOf(warp.epoch[first], static_cast<uint16_t>(warp.first + first));
    uint64_t now = interval_;
    bool unusual = false;
    for (unsigned l = 0; l < lanes; l++) unusual |= warp.epoch[first + l] != warp.epoch[first];
    if (use == Use::read) {
        for (unsigned k = 0; k < words; k++) unusual |= states[k] != 0x01010101u * written;
    } else {
        for (unsigned k = 0; k < words; k++) unusual |= ((states[k] | states[k] >> 1) & 0x01010101) != 0x01010101;
    }
    for (unsigned k = 0; k < words; k++) {
        Mark expected = mine + (k >> shift);
        unusual |= split[k] != 0;
        unusual |= (writers[k] >> 32 == now) & (writers[k] != expected);
        unusual |= (readers[k] >> 32 == now) & (readers[k] != expected);
    }
    if (unusual) return nullptr;
    Marks& marks = use == Use::read ? readers_ : writers_;
    std::fill_n(marks.lines.begin() + static_cast<long>(at / 4), words, line);
    Mark* to = use == Use::read ? readers : writers;
    for (unsigned k = 0; k < words; k++) to[k] = mine + (k >> shift);
    if (use == Use::write) memset(state_.data() + at, written, words * 4);
    return data_.data() + at;
}

void* SharedMemory::access(const Thread& thread, uint64_t address, unsigned bytes, Use use, unsigned line) {
    size_t at = position(address);
    bool inside = at + bytes <= state_.size() && !(address < sharedDynamic && at + bytes > dynamicStart_);
    for (size_t i = at; inside && i < at + bytes; i++) inside = state_[i] != gap;
    if (!inside) {
        throw Error(CUDA_ERROR_ILLEGAL_ADDRESS,
                    text("%u bytes of shared memory at ", bytes) + describe(address) + " are out of bounds");
    }
    for (size_t i = at; i < at + bytes; i++) {
        if (use != Use::write && state_[i] == unwritten) {
            throw Error(CUDA_ERROR_LAUNCH_FAILED,
                        "read of uninitialised shared memory at " + describe(address + i - at));
        }
    }
    for (size_t i = at; i < at + bytes;) {
        size_t word = i / 4;
        if (bytes < 4 && !split_[word]) split(word);
        bool whole = !split_[word];
        for (size_t end = whole ? i + 1 : std::min(i + 4, at + bytes), byte = i; byte < end; byte++) {
            Mark& writer = whole ? writers_.words[word] : writers_.bytes[byte];
            Mark& reader = whole ? readers_.words[word] : readers_.bytes[byte];
            touch(writer, reader, thread, address + byte - at, word, use);
        }
        (use == Use::read ? readers_ : writers_).lines[word] = line;
        i = std::min((word + 1) * 4, at + bytes);
    }
    if (use != Use::read) memset(state_.data() + at, written, bytes);
    return data_.data() + at;
}

void SharedMemory::split(size_t word) {
    split_[word] = 1;
    for (Marks* marks : {&writers_, &readers_}) std::fill_n(marks->bytes.begin() + static_cast<long>(4 * word), 4, marks->words[word]);
}

void SharedMemory::touch(Mark& writer, Mark& reader, const Thread& thread, uint64_t address, size_t word, Use use) {
    bool atomic = use == Use::atomic;
    if (!(atomic && whoOf(writer) == atomically) && !ordered(writer, thread)) {
        race(writer, writers_.lines[word], thread, address, use == Use::read ? "reads" : "writes", "written");
    }
    if (use == Use::read) {
        reader = read(reader, thread);
        return;
    }
    if (!ordered(reader, thread)) race(reader, readers_.lines[word], thread, address, "writes", "read");
    writer = markOf(thread.warpEpoch(), atomic ? atomically : static_cast<uint16_t>(thread.index));
}

bool SharedMemory::ordered(Mark mark, const Thread& thread) const {
    uint16_t who = whoOf(mark);
    if (mark >> 32 != interval_ || who == thread.index) return true;
    if (who >= ofTheBlock) return false;
    unsigned warp = who & ofOneWarp ? who & ~ofOneWarp : who / 32;
    return warp == thread.index / 32 && thread.warpEpoch() > epochOf(mark);
}

SharedMemory::Mark SharedMemory::read(Mark before, const Thread& thread) const {
    auto me = static_cast<uint16_t>(thread.index);
    uint16_t who = whoOf(before);
    if (before >> 32 == interval_ && who != me) {
        unsigned warp = who & ofOneWarp ? who & ~ofOneWarp : who / 32;
        bool sameWarp = who < ofTheBlock && warp == thread.index / 32;
        me = sameWarp ? static_cast<uint16_t>(ofOneWarp | warp) : ofTheBlock;
    }
    return markOf(thread.warpEpoch(), me);
}

void SharedMemory::race(Mark mark, unsigned line, const Thread& thread, uint64_t address, const char* now,
                        const char* then) const {
    uint16_t by = whoOf(mark);
    std::string who = by < ofOneWarp ? "thread " + thread.block->threadName(by)
        : by == atomically           ? "an atomic operation of another thread"
                                     : "several threads";
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                std::string("shared-memory race: it ") + now + " " + describe(address) + ", " + then + " by " + who
                    + text(" at line %u with no barrier between them", line));
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
