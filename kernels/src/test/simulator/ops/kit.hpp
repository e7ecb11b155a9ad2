// What the families of instructions share: handlers as templates over an operation and a C++ type.
#pragma once

#include "device/block.hpp"
#include "ptx/decoder.hpp"

namespace sim {

template <class Op, class T>
void unary(Thread& t, const Instr& i) {
    t.set<T>(i.d[0], static_cast<T>(Op::apply(t.get<T>(i.s[0]))));
}

template <class Op, class T>
void binary(Thread& t, const Instr& i) {
    t.set<T>(i.d[0], static_cast<T>(Op::apply(t.get<T>(i.s[0]), t.get<T>(i.s[1]))));
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

/// add, sub, mul, fma, min... of a floating type, and what setp does with them.
void decodeFloat(Decoder& decoder, Type type);

/// Subnormals become zeros of the same sign (.ftz); for a double nothing changes, as on the device.
float flushed(float value);
inline double flushed(double value) { return value; }

/// How PTX's special functions and NaN come out: the one NaN of the device for floats.
float canonical(float value);
inline double canonical(double value) { return value; }

template <class T>
T saturated(T value) {
    return value > T(0) ? (value < T(1) ? value : T(1)) : T(0);  // NaN gives 0
}

}  // namespace sim
