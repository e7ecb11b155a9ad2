// ld and st in all spaces, widths and vector forms; prefetch.
#include "ops/access.hpp"

namespace sim {

Space takeSpace(Decoder& d) {
    if (d.take("global")) return Space::global;
    if (d.take("shared") || d.take("shared::cta")) return Space::shared;
    if (d.take("const")) return Space::constant;
    if (d.take("param")) return Space::param;
    return Space::generic;
}

void* accessed(Thread& t, const Instr& i, Slot base, unsigned bytes, SharedMemory::Use use) {
    uint64_t address = t.get<uint64_t>(base) + static_cast<uint64_t>(i.offset);
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
        t.block->races.write(t, address, bytes);
        return data;
    }
    const void* data = memory.load(address, bytes);
    if (use == SharedMemory::Use::read) t.block->races.read(t, address, bytes);
    return const_cast<void*>(data);
}

namespace {

template <class T>
void load(Thread& t, const Instr& i) {
    const void* from = accessed(t, i, i.s[0], sizeof(T) * i.count, SharedMemory::Use::read);
    for (unsigned k = 0; k < i.count; k++) {
        T value;
        memcpy(&value, static_cast<const char*>(from) + k * sizeof(T), sizeof value);
        // a narrow signed number fills a wider register with its sign
        if constexpr (std::is_signed<T>::value) t.set<int64_t>(i.d[k], value);
        else t.set<T>(i.d[k], value);
    }
}

template <class T>
void store(Thread& t, const Instr& i) {
    T values[4];
    for (unsigned k = 0; k < i.count; k++) values[k] = t.get<T>(i.s[k]);
    memcpy(accessed(t, i, i.s[4], sizeof(T) * i.count, SharedMemory::Use::write), values, sizeof(T) * i.count);
}

template <class T>
void loadParam(Thread& t, const Instr& i) {
    const uint8_t* from = t.block->launch().params.data() + i.offset;
    for (unsigned k = 0; k < i.count; k++) {
        T value;
        memcpy(&value, from + k * sizeof(T), sizeof value);
        if constexpr (std::is_signed<T>::value) t.set<int64_t>(i.d[k], value);
        else t.set<T>(i.d[k], value);
    }
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
             "lu", "cv", "wb", "wt", "nc"}) {
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
    vectorForm(d);
    Type type = d.type();
    d.expectOperands(2, 2);
    d.out.width = static_cast<uint8_t>(bytesOf(type));
    if (d.out.width * d.out.count > 16) d.fail("more than 16 bytes");
    for (unsigned k = 0; k < d.out.count; k++) {
        const Operand& to = element(d, 0, k);
        if (to.kind == Operand::Register) d.out.d[k] = to.slot;
        else if (to.kind != Operand::Sink) d.fail("it must load into registers");
    }
    if (d.out.space == Space::param) return bindParam(d, type);
    d.address(1, 0);
    d.out.run = BY_TYPE(load, type);
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
    for (unsigned k = 0; k < d.out.count; k++) d.out.s[k] = d.sourceSlot(element(d, 1, k), type);
    d.out.run = BY_TYPE(store, type);
}

#undef BY_TYPE

void nothing(Thread&, const Instr&) {}

void prefetch(Decoder& d) {
    takeSpace(d);
    if (d.takeOne({"L1", "L2"}) < 0) d.fail(".L1 or .L2 is missing");
    d.expectOperands(1, 1);
    d.out.run = &nothing;
}

}  // namespace

DecodeTable memoryOps() { return {{"ld", ld}, {"st", st}, {"prefetch", prefetch}}; }

}  // namespace sim
