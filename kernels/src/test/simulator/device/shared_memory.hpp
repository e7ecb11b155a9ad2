// Shared memory of one block: what may be touched, what was written, and who touched each byte since the last barrier.
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

private:
    enum State : uint8_t { gap, unwritten, written };
    /// Who touched a byte in this barrier interval: one thread, several of a warp, or several of the block.
    struct Mark {
        uint32_t interval = 0;
        uint32_t line = 0;
        uint32_t warpEpoch = 0;
        uint16_t who = 0;
    };
    static constexpr uint16_t ofOneWarp = 0x4000;
    static constexpr uint16_t ofTheBlock = 0x8000;
    static constexpr uint16_t atomically = 0xc000;

    bool ordered(const Mark& mark, const Thread& thread) const;
    void mark(Mark& mark, const Thread& thread, unsigned line) const;
    std::string describe(uint64_t address) const;
    [[noreturn]] void race(const Mark& mark, const Thread& thread, uint64_t address, const char* now, const char* then) const;

    const Kernel& kernel_;
    uint32_t dynamicStart_;
    uint32_t dynamicBytes_;
    std::vector<uint8_t> data_;
    std::vector<uint8_t> layout_;
    std::vector<uint8_t> state_;
    std::vector<Mark> writers_;
    std::vector<Mark> readers_;
    uint32_t interval_ = 1;
};

}  // namespace sim
