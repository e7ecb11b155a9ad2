// Shared memory of one block: what may be touched, what was written, and who touched what since the last barrier. This is
// kept by the word; a word that is touched in parts has marks for its bytes from then on.
#pragma once

#include "device/warp.hpp"

#include <vector>

namespace sim {

class SharedMemory {
public:
    enum class Use { read, write, atomic };

    /// Lays out the kernel's variables and the dynamic part.
    SharedMemory(const Kernel& kernel, uint32_t dynamicBytes);
    /// Another block starts: nothing is written, nobody touched anything.
    void reset();
    /// All threads met at a barrier: what they did before is ordered before what they do next.
    void barrier() { interval_++; }
    /// The bytes, after all checks; `address` is relative to the shared window.
    void* access(const Thread& thread, uint64_t address, unsigned bytes, Use use, unsigned line);
    /// The same for lanes, beginning with `first`, that read or write consecutive elements; null if it has to be done
    /// lane by lane, because something is unusual or wrong.
    void* accessRange(const Warp& warp, unsigned first, unsigned lanes, uint64_t address, unsigned bytes, Use use,
                      unsigned line);

private:
    template <class Count>
    void* accessRange(const Warp& warp, unsigned first, uint64_t address, unsigned bytes, Use use, unsigned line,
                      Count lanes);

    enum State : uint8_t { gap, unwritten, written };
    /// Who touched something: barrier interval (bits 32 to 63), barriers of the warp before (16 to 31), and in the lowest
    /// 16 bits one thread, several of a warp, or several of the block.
    using Mark = uint64_t;
    static constexpr uint16_t ofOneWarp = 0x4000;
    static constexpr uint16_t ofTheBlock = 0x8000;
    static constexpr uint16_t atomically = 0xc000;
    static uint16_t whoOf(Mark mark) { return static_cast<uint16_t>(mark); }
    static uint16_t epochOf(Mark mark) { return static_cast<uint16_t>(mark >> 16); }
    Mark markOf(uint32_t epoch, uint16_t who) const { return uint64_t{interval_} << 32 | (epoch & 0xffff) << 16 | who; }

    struct Marks {
        std::vector<Mark> words;
        std::vector<Mark> bytes;
        std::vector<uint32_t> lines;  // of words
    };

    size_t position(uint64_t address) const {
        return address < sharedDynamic ? address : address - sharedDynamic + dynamicStart_;
    }
    void touch(Mark& writer, Mark& reader, const Thread& thread, uint64_t address, size_t word, Use use);
    void split(size_t word);
    bool ordered(Mark mark, const Thread& thread) const;
    Mark read(Mark before, const Thread& thread) const;
    std::string describe(uint64_t address) const;
    [[noreturn]] void race(Mark mark, unsigned line, const Thread& thread, uint64_t address, const char* now,
                           const char* then) const;

    const Kernel& kernel_;
    uint32_t dynamicStart_;
    uint32_t dynamicBytes_;
    std::vector<uint8_t> data_;
    std::vector<uint8_t> layout_;
    std::vector<uint8_t> state_;
    std::vector<uint8_t> split_;  // of each word
    Marks writers_;
    Marks readers_;
    uint32_t interval_ = 1;
};

}  // namespace sim
