#include "device/memory.hpp"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <vector>

namespace sim {
namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t offsetInPage = 512;
constexpr size_t large = size_t{64} << 20;   // allocations from here on are entered into the shadow piece by piece
constexpr uint64_t piece = uint64_t{1} << 16;

void* reserve(size_t bytes, int protection) {
    void* at = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

Memory& Memory::get() {
    static auto* memory = new Memory();  // never destroyed: the JVM may still call at exit
    return *memory;
}

Memory::Memory() {
    // address space only, nothing is touched before it is allocated; a machine that limits it gets less
    for (reserved_ = uint64_t{1} << 40; reserved_ >= uint64_t{1} << 32; reserved_ >>= 1) {
        void* data = reserve(reserved_, PROT_NONE);
        void* owned = reserve(reserved_ / 8, PROT_READ | PROT_WRITE);
        void* written = reserve(reserved_ / 8, PROT_READ | PROT_WRITE);
        if (data && owned && written) {
            base_ = reinterpret_cast<uint64_t>(data);
            next_ = base_ + page;
            owned_ = static_cast<uint32_t*>(owned);
            written_ = static_cast<uint32_t*>(written);
            return;
        }
        if (data) munmap(data, reserved_);
        if (owned) munmap(owned, reserved_ / 8);
        if (written) munmap(written, reserved_ / 8);
    }
    throw Error(CUDA_ERROR_OUT_OF_MEMORY, "no address space for the device's memory (is ulimit -v set?)");
}

void Memory::resize(size_t bytes) {
    if (bytes < live_ || bytes > reserved_ / 2) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    text("%zu bytes of memory: %zu are in use, %zu is the limit", bytes, live_,
                         static_cast<size_t>(reserved_ / 2)));
    }
    total_ = bytes;
}

uint64_t Memory::allocate(size_t bytes, const std::string& what) {
    if (bytes == 0) throw Error(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
    uint64_t span = (offsetInPage + bytes + offsetInPage + page - 1) / page * page;
    if (bytes > total_ - live_) {
        throw Error(CUDA_ERROR_OUT_OF_MEMORY,
                    text("%zu bytes asked for, %zu of %zu are free", bytes, total_ - live_, total_));
    }
    if (next_ + span > base_ + reserved_) {
        throw Error(CUDA_ERROR_OUT_OF_MEMORY, "the address space is used up (freed addresses are never used again)");
    }
    if (mprotect(reinterpret_cast<void*>(next_), span, PROT_READ | PROT_WRITE) != 0) {
        throw Error(CUDA_ERROR_OUT_OF_MEMORY, text("the host has no %zu bytes left", bytes));
    }
    uint64_t address = next_ + offsetInPage;
    next_ += span;
    allocations_[address] = Allocation{bytes, ++count_, true, what};
    if (bytes < large) setBits(owned_, address, bytes, true);
    live_ += bytes;
    return address;
}

void Memory::free(uint64_t address) {
    auto found = allocations_.find(address);
    if (found == allocations_.end()) {
        throw Error(CUDA_ERROR_INVALID_VALUE, "free of an address that was never allocated: " + describe(address, 1));
    }
    Allocation& allocation = found->second;
    if (!allocation.live) throw Error(CUDA_ERROR_INVALID_VALUE, "double free: " + describe(address, 1));
    allocation.live = false;
    live_ -= allocation.bytes;
    setBits(owned_, address, allocation.bytes, false);
    setBits(written_, address, allocation.bytes, false);
    uint64_t span = (offsetInPage + allocation.bytes + offsetInPage + page - 1) / page * page;
    void* start = reinterpret_cast<void*>(address - offsetInPage);
    madvise(start, span, MADV_DONTNEED);
    mprotect(start, span, PROT_NONE);
}

void Memory::claim(uint64_t address, size_t bytes, const char* what) {
    uint64_t base = 0;
    size_t length = 0;
    if (!find(address, base, length) || address + bytes > base + length) refuse(address, bytes, what);
    uint64_t start = std::max(base, address / piece * piece);
    setBits(owned_, start, std::min(base + length, address / piece * piece + piece) - start, true);
}

bool Memory::find(uint64_t address, uint64_t& base, size_t& bytes) const {
    auto after = allocations_.upper_bound(address);
    if (after == allocations_.begin()) return false;
    auto around = std::prev(after);
    if (!around->second.live || address >= around->first + around->second.bytes) return false;
    base = around->first;
    bytes = around->second.bytes;
    return true;
}

void Memory::checkWrite(uint64_t address, size_t bytes, const char* what) const {
    uint64_t base = 0;
    size_t length = 0;
    if (bytes == 0) return;
    if (!find(address, base, length) || address + bytes > base + length) refuse(address, bytes, what);
}

void Memory::checkRead(uint64_t address, size_t bytes, const char* what) const {
    checkWrite(address, bytes, what);
    if (bytes && !allBits(written_, address, bytes)) unwritten(address, bytes, what);
}

void Memory::move(uint64_t to, uint64_t from, size_t bytes) {
    if (allBits(written_, from, bytes)) {
        memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
        setBits(written_, to, bytes, true);
        return;
    }
    std::vector<bool> was(bytes);
    for (size_t i = 0; i < bytes; i++) {
        uint64_t at = from - base_ + i;
        was[i] = written_[at >> 5] >> (at & 31) & 1;
    }
    memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
    for (size_t i = 0; i < bytes;) {
        size_t end = i;
        while (end < bytes && was[end] == was[i]) end++;
        setBits(written_, to + i, end - i, was[i]);
        i = end;
    }
}

void Memory::refuse(uint64_t address, size_t bytes, const char* what) const {
    throw Error(CUDA_ERROR_ILLEGAL_ADDRESS, text("%s of %zu bytes at ", what, bytes) + describe(address, bytes));
}

void Memory::unwritten(uint64_t address, size_t bytes, const char* what) const {
    uint64_t clear = firstClear(written_, address, bytes);
    throw Error(CUDA_ERROR_LAUNCH_FAILED,
                text("%s of uninitialised memory: nothing was ever written to ", what) + describe(clear, 1));
}

std::string Memory::describe(uint64_t address, size_t bytes) const {
    std::string where = text("0x%llx", static_cast<unsigned long long>(address));
    if (!contains(address)) {
        return where + (address < page ? " (out of bounds: a null pointer and an offset)"
                                       : " (not an address of this device: a host pointer or a wild one)");
    }
    auto after = allocations_.upper_bound(address);
    if (after == allocations_.begin()) return where + " (out of bounds: before every allocation)";
    auto before = std::prev(after);
    const Allocation& near = before->second;
    uint64_t offset = address - before->first;
    std::string name = text("allocation #%u of %zu bytes", near.number, near.bytes);
    if (!near.what.empty()) name += " (" + near.what + ")";
    if (offset < near.bytes) {
        if (!near.live) return where + text(" (use after free: byte %llu of ", (unsigned long long)offset) + name + ")";
        if (offset + bytes > near.bytes) return where + " (out of bounds: it crosses the end of " + name + ")";
        return where + text(" (byte %llu of ", (unsigned long long)offset) + name + ")";
    }
    if (after != allocations_.end() && after->first - address < offset - near.bytes) {
        return where
            + text(" (out of bounds: %llu bytes before allocation #%u of %zu bytes)",
                   (unsigned long long)(after->first - address), after->second.number, after->second.bytes);
    }
    return where + text(" (out of bounds: %llu bytes past the end of ", (unsigned long long)(offset - near.bytes))
        + (near.live ? "" : "the freed ") + name + ")";
}

bool Memory::allBits(const uint32_t* shadow, uint64_t address, size_t bytes) const {
    uint64_t at = address - base_;
    const uint32_t* first = shadow + (at >> 5);
    const uint32_t* last = shadow + ((at + bytes - 1) >> 5);
    uint32_t head = ~0u << (at & 31);
    uint32_t tail = ~0u >> (31 - ((at + bytes - 1) & 31));
    if (first == last) return (*first & head & tail) == (head & tail);
    uint32_t all = (*first | ~head) & (*last | ~tail);
    while (++first < last) all &= *first;
    return all == ~0u;
}

uint64_t Memory::firstClear(const uint32_t* shadow, uint64_t address, size_t bytes) const {
    uint64_t at = address - base_;
    uint64_t end = at + bytes;
    while (at < end && shadow[at >> 5] >> (at & 31) & 1) at += (at & 31) == 0 && shadow[at >> 5] == ~0u ? 32 : 1;
    return base_ + at;
}

void Memory::setBits(uint32_t* shadow, uint64_t address, size_t bytes, bool value) {
    if (bytes == 0) return;
    uint64_t at = address - base_;
    uint32_t* first = shadow + (at >> 5);
    uint32_t* last = shadow + ((at + bytes - 1) >> 5);
    uint32_t head = ~0u << (at & 31);
    uint32_t tail = ~0u >> (31 - ((at + bytes - 1) & 31));
    if (first == last) head = tail = head & tail;
    *first = value ? *first | head : *first & ~head;
    *last = value ? *last | tail : *last & ~tail;
    if (last - first < 2) return;
    auto* inside = reinterpret_cast<char*>(first + 1);
    auto* end = reinterpret_cast<char*>(last);
    if (!value && bytes >= large) {  // most of it may never have been touched, and should stay so
        char* start = inside + (page - reinterpret_cast<uint64_t>(inside) % page) % page;
        char* stop = end - reinterpret_cast<uint64_t>(end) % page;
        madvise(start, static_cast<size_t>(stop - start), MADV_DONTNEED);
        memset(inside, 0, static_cast<size_t>(start - inside));
        inside = stop;
    }
    memset(inside, value ? 255 : 0, static_cast<size_t>(end - inside));
}

}  // namespace sim
