// What the families of instructions share: handlers as templates over an operation and a C++ type. What can be computed
// for any bits is computed for all 32 lanes at once, in loops that the compiler turns into vector instructions; the rest
// (divisions by zero, roundings, memory) lane by lane.
#pragma once

#include "device/block.hpp"
#include "ptx/decoder.hpp"

namespace sim {

using LaneHandler = void (*)(Thread&, const Instr&);

/// A handler of one thread for each lane that executes.
template <LaneHandler handler>
void eachLane(Warp& w, const Instr& i) {
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) {
        Thread t(w, static_cast<unsigned>(__builtin_ctz(rest)));
        w.lane = t.lane;
        handler(t, i);
    }
}

/// How a T lies in a register: 16 bits in the lower half of 32, filled up with zeros.
template <class T>
using Stored = std::conditional_t<(sizeof(T) < 4), uint32_t, T>;

template <class T>
Stored<T> stored(T value) {
    if constexpr (sizeof(T) < 4) return static_cast<std::make_unsigned_t<T>>(value);
    else return value;
}

template <class T, class Op, class A>
void computeUnary(Warp& w, const Instr& i) {
    const Stored<A>* a = w.source<Stored<A>>(i.s[0]);
    Stored<T> r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = stored<T>(static_cast<T>(Op::apply(static_cast<A>(a[l]))));
    w.result(i.d[0], r);
}

template <class Op, class T>
void unary(Warp& w, const Instr& i) {
    if constexpr (std::is_same<T, bool>::value) w.resultBits(i.d[0], Op::apply(w.sourceBits(i.s[0])));
    else computeUnary<T, Op, T>(w, i);
}

template <class Op, class T>
void binary(Warp& w, const Instr& i) {
    if constexpr (std::is_same<T, bool>::value) {
        w.resultBits(i.d[0], Op::apply(w.sourceBits(i.s[0]), w.sourceBits(i.s[1])));
    } else {
        const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
        const Stored<T>* b = w.source<Stored<T>>(i.s[1]);
        Stored<T> r[Warp::size];
        for (unsigned l = 0; l < Warp::size; l++) {
            r[l] = stored<T>(static_cast<T>(Op::apply(static_cast<T>(a[l]), static_cast<T>(b[l]))));
        }
        w.result(i.d[0], r);
    }
}

/// Handler<T>::run for the C++ type of a PTX integer type; null for other types.
template <template <class> class H>
Handler forInteger(Type type) {
    switch (type) {
        case Type::u16: return &H<uint16_t>::run;
        case Type::u32: return &H<uint32_t>::run;
        case Type::u64: return &H<uint64_t>::run;
        case Type::s16: return &H<int16_t>::run;
        case Type::s32: return &H<int32_t>::run;
        case Type::s64: return &H<int64_t>::run;
        default: return nullptr;
    }
}

/// The same for the untyped .b16 .b32 .b64.
template <template <class> class H>
Handler forBits(Type type) {
    switch (type) {
        case Type::b16: return &H<uint16_t>::run;
        case Type::b32: return &H<uint32_t>::run;
        case Type::b64: return &H<uint64_t>::run;
        default: return nullptr;
    }
}

/// H<T>, which handles one thread, as a handler of a warp.
template <template <class> class H>
struct LaneByLane {
    template <class T>
    struct Of {
        static void run(Warp& w, const Instr& i) { eachLane<&H<T>::run>(w, i); }
    };
};

/// add, sub, mul, fma, min... of a floating type, and what setp does with them.
void decodeFloat(Decoder& decoder, Type type);

/// Subnormals become zeros of the same sign (.ftz); for a double nothing changes, as on the device.
float flushed(float value);
inline double flushed(double value) { return value; }

/// How PTX's special functions and NaN come out: the one NaN of the device for floats.
inline float canonical(float value) {
    uint32_t bits = 0x7fffffff;
    float nan;
    memcpy(&nan, &bits, sizeof nan);
    return value == value ? value : nan;
}
inline double canonical(double value) { return value; }

template <class T>
T saturated(T value) {
    return value > T(0) ? (value < T(1) ? value : T(1)) : T(0);  // NaN gives 0
}

}  // namespace sim
