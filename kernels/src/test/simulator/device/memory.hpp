// The device's memory: a reserved range of addresses that no host pointer falls into, with two shadow bits for every
// byte (may it be touched? was it ever written?). Addresses are never handed out twice, so a use after free is seen
// for as long as the process lives.
#pragma once

#include "device/error.hpp"

#include <map>

namespace sim {

class Memory {
public:
    static Memory& get();

    /// A new allocation of exactly this many bytes, aligned to 512 bytes and no more, with guard zones around it.
    uint64_t allocate(size_t bytes, const std::string& what);
    /// Frees it; an address that is not the start of a live allocation is an error.
    void free(uint64_t address);
    size_t liveBytes() const { return live_; }
    size_t totalBytes() const { return total_; }
    /// Says how much memory the device has; it is the host's only where something is written to it.
    void resize(size_t bytes);

    /// Any range of bytes: throws unless all of it lies in one live allocation (and was written, for a read).
    void checkRead(uint64_t address, size_t bytes, const char* what) const;
    void checkWrite(uint64_t address, size_t bytes, const char* what) const;
    void markWritten(uint64_t address, size_t bytes) { setBits(written_, address, bytes, true); }
    void markUnwritten(uint64_t address, size_t bytes) { setBits(written_, address, bytes, false); }
    /// Moves bytes and, with them, whether they were ever written.
    void move(uint64_t to, uint64_t from, size_t bytes);

    /// One access of a kernel, 1 to 16 bytes, naturally aligned (so that it never straddles a shadow word).
    const void* load(uint64_t address, unsigned bytes) {
        uint64_t at = address - base_;
        uint32_t mask = ((1u << bytes) - 1) << (at & 31);
        if (at >= reserved_ || (owned_[at >> 5] & mask) != mask) claim(address, bytes, "read");
        if ((written_[at >> 5] & mask) != mask) unwritten(address, bytes, "read");
        return reinterpret_cast<const void*>(address);
    }
    void* store(uint64_t address, unsigned bytes) {
        uint64_t at = address - base_;
        uint32_t mask = ((1u << bytes) - 1) << (at & 31);
        if (at >= reserved_ || (owned_[at >> 5] & mask) != mask) claim(address, bytes, "write");
        written_[at >> 5] |= mask;
        return reinterpret_cast<void*>(address);
    }
    /// The same for a range that is as long as the lanes of a warp need: false if something is unusual or wrong with it,
    /// which the accesses of single lanes will tell.
    bool mayLoad(uint64_t address, size_t bytes) const {
        return address - base_ < reserved_ && allBits(owned_, address, bytes) && allBits(written_, address, bytes);
    }
    bool mayStore(uint64_t address, size_t bytes) const {
        return address - base_ < reserved_ && allBits(owned_, address, bytes);
    }
    uint64_t base() const { return base_; }
    uint64_t reserved() const { return reserved_; }
    /// Where an address lies, in words: in or next to which allocation.
    std::string describe(uint64_t address, size_t bytes) const;
    bool contains(uint64_t address) const { return address - base_ < reserved_; }
    /// Start and length of the live allocation around the address.
    bool find(uint64_t address, uint64_t& base, size_t& bytes) const;

private:
    struct Allocation {
        size_t bytes;
        unsigned number;
        bool live;
        std::string what;
    };

    Memory();
    [[noreturn]] void refuse(uint64_t address, size_t bytes, const char* what) const;
    [[noreturn]] void unwritten(uint64_t address, size_t bytes, const char* what) const;
    /// Large allocations are entered into the shadow only where they are touched: this does it, or refuses the access.
    void claim(uint64_t address, size_t bytes, const char* what);
    bool allBits(const uint32_t* shadow, uint64_t address, size_t bytes) const;
    uint64_t firstClear(const uint32_t* shadow, uint64_t address, size_t bytes) const;
    void setBits(uint32_t* shadow, uint64_t address, size_t bytes, bool value);

    uint64_t base_ = 0;
    uint64_t reserved_ = 0;
    uint64_t next_ = 0;
    uint32_t* owned_ = nullptr;
    uint32_t* written_ = nullptr;
    size_t live_ = 0;
    size_t total_ = size_t{8} << 30;
    unsigned count_ = 0;
    std::map<uint64_t, Allocation> allocations_;
};

}  // namespace sim
