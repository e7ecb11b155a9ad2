// atom and red: one access that reads and writes; between atomics on shared memory there is no race.
#include "ops/access.hpp"

namespace sim {
namespace {

enum Operation : uint8_t { add, minimum, maximum, exchange, compareAndSwap, conjunction, disjunction, exclusive, increment, decrement };

template <class T>
T combine(uint8_t operation, T old, T b, T c) {
    switch (operation) {
        case add: return static_cast<T>(old + b);
        case minimum: return b < old ? b : old;
        case maximum: return old < b ? b : old;
        case exchange: return b;
        case compareAndSwap: return old == b ? c : old;
        default: break;
    }
    if constexpr (std::is_integral<T>::value) {
        switch (operation) {
            case conjunction: return old & b;
            case disjunction: return old | b;
            case exclusive: return old ^ b;
            case increment: return old >= b ? T(0) : static_cast<T>(old + 1);
            default: return old == 0 || old > b ? b : static_cast<T>(old - 1);
        }
    }
    return old;
}

template <class T>
void atomic(Thread& t, const Instr& i) {
    T b = t.get<T>(i.s[1]);
    T c = i.mode == compareAndSwap ? t.get<T>(i.s[2]) : T(0);
    uint64_t address = addressOf(t, i, i.s[0]);
    void* at = accessed(t, i, address, sizeof(T), SharedMemory::Use::atomic);
    T old;
    memcpy(&old, at, sizeof old);
    T now = combine<T>(i.mode, old, b, c);
    memcpy(at, &now, sizeof now);
    t.set<T>(i.d[0], old);
}

Handler handlerFor(Type type) {
    switch (type) {
        case Type::b32: case Type::u32: return &eachLane<atomic<uint32_t>>;
        case Type::b64: case Type::u64: return &eachLane<atomic<uint64_t>>;
        case Type::s32: return &eachLane<atomic<int32_t>>;
        case Type::s64: return &eachLane<atomic<int64_t>>;
        case Type::f32: return &eachLane<atomic<float>>;
        case Type::f64: return &eachLane<atomic<double>>;
        default: return nullptr;
    }
}

void atom(Decoder& d) {
    bool returns = d.name() == "atom";
    d.out.space = takeSpace(d);
    for (const char* hint : {"relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys"}) d.take(hint);
    int operation = d.takeOne({"add", "min", "max", "exch", "cas", "and", "or", "xor", "inc", "dec"});
    if (operation < 0) d.fail("which operation?");
    d.out.mode = static_cast<uint8_t>(operation);
    Type type = d.type();
    if (isFloat(type) && operation != add) d.fail("of real numbers only .add");
    size_t at = returns ? 1 : 0;
    size_t count = at + (operation == compareAndSwap ? 3 : 2);
    d.expectOperands(count, count);
    if (returns) d.destination(0, type);
    d.address(at, 0);
    d.source(at + 1, type, 1);
    if (operation == compareAndSwap) d.source(at + 2, type, 2);
    d.out.run = handlerFor(type);
}

}  // namespace

DecodeTable atomicOps() { return {{"atom", atom}, {"red", atom}}; }

}  // namespace sim
