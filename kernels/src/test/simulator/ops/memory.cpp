// ld and st in all spaces, widths and vector forms; prefetch.
#include "ops/access.hpp"

#include <algorithm>

namespace sim {

Space takeSpace(Decoder& d) {
    if (d.take("global")) return Space::global;
    if (d.take("shared") || d.take("shared::cta")) return Space::shared;
    if (d.take("const")) return Space::constant;
    if (d.take("param")) return Space::param;
    return Space::generic;
}

void* accessed(Thread& t, const Instr& i, uint64_t address, unsigned bytes, SharedMemory::Use use) {
    if (address & (bytes - 1)) {  // bytes is 1, 2, 4, 8 or 16
        throw Error(CUDA_ERROR_MISALIGNED_ADDRESS,
                    text("address 0x%llx of an access of %u bytes is not a multiple of %u", (unsigned long long)address,
                         bytes, bytes));
    }
    bool shared = i.space == Space::shared;
    if (i.space == Space::generic && address - sharedWindow < (uint64_t{1} << 32)) {
        shared = true;
        address -= sharedWindow;
    }
    if (shared) return t.block->shared.access(t, address, bytes, use, i.line);
    Memory& memory = t.block->memory;
    if (use == SharedMemory::Use::write) {
        void* data = memory.store(address, bytes);
        t.block->races.access(t, address, bytes, GlobalRaces::Use::write);
        return data;
    }
    const void* data = memory.load(address, bytes);
    if (use == SharedMemory::Use::read) {
        t.block->races.access(t, address, bytes, i.constant ? GlobalRaces::Use::readConstant : GlobalRaces::Use::read);
    }
    return const_cast<void*>(data);
}

namespace {

/// The addresses of the lanes that execute, and what is special about them.
struct Addresses {
    uint64_t at[Warp::size];
    unsigned first;     // lane that executes, of
    unsigned lanes;     // as many, or 0 if there are gaps between them
    bool consecutive;   // each lane has the next element

    Addresses() = default;
    Addresses(Warp& w, const Instr& i, Slot base, unsigned bytes) {
        if (w.block->kernel().widths[base] == 64) {
            const uint64_t* from = w.source<uint64_t>(base);
            for (unsigned l = 0; l < Warp::size; l++) at[l] = from[l] + static_cast<uint64_t>(i.offset);
        } else {
            const uint32_t* from = w.source<uint32_t>(base);
            for (unsigned l = 0; l < Warp::size; l++) at[l] = from[l] + static_cast<uint64_t>(i.offset);
        }
        first = static_cast<unsigned>(__builtin_ctz(w.exec));
        lanes = static_cast<unsigned>(__builtin_popcount(w.exec));
        uint32_t run = lanes == Warp::size ? ~0u : (1u << lanes) - 1;
        if (w.exec >> first != run) lanes = 0;
        uint64_t steps = 0;
        if (lanes == Warp::size) {
            for (unsigned l = 0; l < Warp::size; l++) steps |= at[l] ^ (at[0] + l * uint64_t{bytes});
        } else {
            for (unsigned l = 0; l < lanes; l++) steps |= at[first + l] ^ (at[first] + l * uint64_t{bytes});
        }
        consecutive = lanes && !steps && at[first] % bytes == 0;
    }
    /// Whether all lanes have the same one.
    bool same() const {
        uint64_t differences = 0;
        for (unsigned l = 0; l < lanes; l++) differences |= at[first + l] ^ at[first];
        return lanes && !differences;
    }
};

/// A narrow signed number fills a wider register with its sign.
template <class R, class T>
R widened(T value) {
    if constexpr (std::is_signed<T>::value) return static_cast<R>(static_cast<int64_t>(value));
    else return static_cast<R>(value);
}

/// Element k of each lane from memory that the lanes share out between them; step 0 gives all lanes the same.
template <class T, class R>
void spreadAs(Warp& w, Slot to, const T* from, const Addresses& where, unsigned step) {
    R r[Warp::size];
    if (step == 0) {
        std::fill_n(r, Warp::size, widened<R>(*from));
    } else if (where.lanes == Warp::size && step == 1) {
        for (unsigned l = 0; l < Warp::size; l++) r[l] = widened<R>(from[l]);
    } else if (where.lanes == Warp::size && step == 4) {
        for (unsigned l = 0; l < Warp::size; l++) r[l] = widened<R>(from[4 * l]);
    } else {
        std::fill_n(r, Warp::size, R(0));
        for (unsigned l = 0; l < where.lanes; l++) r[where.first + l] = widened<R>(from[step * l]);
    }
    w.result(to, r);
}

template <class T>
void spread(Warp& w, const Instr& i, const void* data, const Addresses& where, unsigned step) {
    const T* from = static_cast<const T*>(data);
    for (unsigned k = 0; k < i.count; k++) {
        if (w.block->kernel().widths[i.d[k]] == 64) spreadAs<T, uint64_t>(w, i.d[k], from + k, where, step);
        else spreadAs<T, uint32_t>(w, i.d[k], from + k, where, step);
    }
}

/// The elements of the lanes, one after the other and checked all at once; null if it has to be done lane by lane.
void* together(Warp& w, const Instr& i, const Addresses& where, unsigned bytes, bool writes) {
    if (!where.consecutive) return nullptr;
    uint64_t start = where.at[where.first];
    Block& block = *w.block;
    if (i.space == Space::shared) {
        auto use = writes ? SharedMemory::Use::write : SharedMemory::Use::read;
        return block.shared.accessRange(w, where.first, where.lanes, start, bytes, use, i.line);
    }
    size_t all = size_t{bytes} * where.lanes;
    if (!(writes ? block.memory.mayStore(start, all) : block.memory.mayLoad(start, all))) return nullptr;
    auto use = writes      ? GlobalRaces::Use::write
               : i.constant ? GlobalRaces::Use::readConstant
                            : GlobalRaces::Use::read;
    if (!block.races.accessRange(w.first + where.first, where.lanes, start, bytes, use)) return nullptr;
    if (writes) block.memory.markWritten(start, all);
    return reinterpret_cast<void*>(start);
}

template <class T>
void load(Warp& w, const Instr& i) {
    unsigned bytes = sizeof(T) * i.count;
    Addresses where(w, i, i.s[0], bytes);
    uint64_t start = where.at[where.first];
    if (const void* from = together(w, i, where, bytes, false)) return spread<T>(w, i, from, where, i.count);
    if (where.same()) {  // two of them read it as well as all
        const void* from = nullptr;
        for (unsigned lane : {where.first, where.first + where.lanes - 1}) {
            Thread t(w, lane);
            w.lane = lane;
            from = accessed(t, i, start, bytes, SharedMemory::Use::read);
        }
        return spread<T>(w, i, from, where, 0);
    }
    T scattered[4 * Warp::size] = {};
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) {
        Thread t(w, static_cast<unsigned>(__builtin_ctz(rest)));
        w.lane = t.lane;
        memcpy(scattered + i.count * t.lane, accessed(t, i, where.at[t.lane], bytes, SharedMemory::Use::read), bytes);
    }
    where.first = 0;
    where.lanes = Warp::size;
    spread<T>(w, i, scattered, where, i.count);
}

/// Element k of each lane into memory.
template <class T, class R>
void gather(const R* values, T* to, const Addresses& where, unsigned step) {
    if (where.lanes == Warp::size && step == 1) {
        for (unsigned l = 0; l < Warp::size; l++) to[l] = static_cast<T>(values[l]);
    } else if (where.lanes == Warp::size && step == 4) {
        for (unsigned l = 0; l < Warp::size; l++) to[4 * l] = static_cast<T>(values[l]);
    } else {
        for (unsigned l = 0; l < where.lanes; l++) to[step * l] = static_cast<T>(values[where.first + l]);
    }
}

template <class T>
void store(Warp& w, const Instr& i) {
    unsigned bytes = sizeof(T) * i.count;
    Addresses where(w, i, i.s[4], bytes);
    for (unsigned k = 0; k < i.count; k++) w.sourceBits(i.s[k]);  // all of them hold something
    if (auto* to = static_cast<T*>(together(w, i, where, bytes, true))) {
        for (unsigned k = 0; k < i.count; k++) {
            if (w.block->kernel().widths[i.s[k]] == 64) gather(w.lanes<uint64_t>(i.s[k]), to + k, where, i.count);
            else gather(w.lanes<uint32_t>(i.s[k]), to + k, where, i.count);
        }
        return;
    }
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) {
        Thread t(w, static_cast<unsigned>(__builtin_ctz(rest)));
        w.lane = t.lane;
        T values[4];
        for (unsigned k = 0; k < i.count; k++) values[k] = t.get<T>(i.s[k]);
        memcpy(accessed(t, i, where.at[t.lane], bytes, SharedMemory::Use::write), values, bytes);
    }
}

template <class T>
void loadParam(Warp& w, const Instr& i) {
    Addresses all;
    all.first = 0;
    all.lanes = Warp::size;
    spread<T>(w, i, w.block->launch().params.data() + i.offset, all, 0);
}

/// Handlers by the type of the element: only 8 and 16 bits can be narrower than the register.
#define BY_TYPE(function, type) \
    (type) == Type::s8 ? &function<int8_t> : (type) == Type::s16 ? &function<int16_t> \
        : bytesOf(type) == 1 ? &function<uint8_t> : bytesOf(type) == 2 ? &function<uint16_t> \
        : bytesOf(type) == 4 ? &function<uint32_t> : &function<uint64_t>

void bindParam(Decoder& d, Type type) {
    const Operand& at = d.operand(1);
    for (const Param& param : d.kernel.params) {
        if (param.name != at.name) continue;
        unsigned bytes = bytesOf(type) * d.out.count;
        bool outside = at.offset < 0 || static_cast<size_t>(at.offset) + bytes > param.bytes;
        if (outside || (!param.array && bytesOf(param.type) != bytes)) {
            d.fail(text("it reads %u bytes at %lld of parameter ", bytes, (long long)at.offset) + param.name
                   + text(", which has %zu", param.bytes));
        }
        if (at.offset % bytesOf(type)) d.fail("misaligned inside the parameter");
        d.out.offset = static_cast<int64_t>(param.offset) + at.offset;
        d.out.run = BY_TYPE(loadParam, type);
        return;
    }
    d.fail("no parameter " + at.name);
}

/// Caches, eviction and memory order: the simulator is in order and has no caches.
void dropHints(Decoder& d) {
    for (const char* hint : {"weak", "relaxed", "acquire", "release", "volatile", "cta", "gpu", "sys", "ca", "cg", "cs",
             "lu", "cv", "wb", "wt"}) {
        d.take(hint);
    }
    d.dropPrefix("L1::");
    d.dropPrefix("L2::");
}

void vectorForm(Decoder& d) {
    if (d.take("v2")) d.out.count = 2;
    if (d.take("v4")) d.out.count = 4;
}

const Operand& element(Decoder& d, size_t operand, unsigned k) {
    const Operand& whole = d.operand(operand);
    if (d.out.count == 1) return whole;
    if (whole.kind != Operand::Vector || whole.parts.size() != d.out.count) d.fail("expected {...} of that many registers");
    return whole.parts[k];
}

void ld(Decoder& d) {
    d.out.space = takeSpace(d);
    dropHints(d);
    d.out.constant = d.take("nc");
    if (d.out.constant && d.out.space != Space::global) d.fail(".nc is for .global only");
    vectorForm(d);
    Type type = d.type();
    d.expectOperands(2, 2);
    d.out.width = static_cast<uint8_t>(bytesOf(type));
    if (d.out.width * d.out.count > 16) d.fail("more than 16 bytes");
    if (d.out.space == Space::param) {
        bindParam(d, type);
    } else {
        d.address(1, 0);
        d.out.run = BY_TYPE(load, type);
    }
    for (unsigned k = 0; k < d.out.count; k++) d.out.d[k] = d.destinationSlot(element(d, 0, k), type, true);
}

void st(Decoder& d) {
    d.out.space = takeSpace(d);
    if (d.out.space == Space::param || d.out.space == Space::constant) d.fail("it cannot be written to");
    dropHints(d);
    vectorForm(d);
    Type type = d.type();
    d.expectOperands(2, 2);
    d.out.width = static_cast<uint8_t>(bytesOf(type));
    if (d.out.width * d.out.count > 16) d.fail("more than 16 bytes");
    d.address(0, 4);
    for (unsigned k = 0; k < d.out.count; k++) d.out.s[k] = d.sourceSlot(element(d, 1, k), type, true);
    d.out.run = BY_TYPE(store, type);
}

#undef BY_TYPE

void nothing(Warp&, const Instr&) {}

void prefetch(Decoder& d) {
    takeSpace(d);
    if (d.takeOne({"L1", "L2"}) < 0) d.fail(".L1 or .L2 is missing");
    d.expectOperands(1, 1);
    d.out.run = &nothing;
}

}  // namespace

DecodeTable memoryOps() { return {{"ld", ld}, {"st", st}, {"prefetch", prefetch}}; }

}  // namespace sim
