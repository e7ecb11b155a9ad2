// cvt between integers, float, double, f16 and bf16, with every rounding and saturation; cvta; isspacep is not here.
#include "ops/kit.hpp"
#include "ops/rounding.hpp"

#include <cmath>
#include <limits>

namespace sim {
namespace {

/// A 16-bit format: f16 has 10 bits of fraction and smallest exponent -14, bf16 7 and -126.
struct Half {
    int fraction;
    int smallest;
    int largest;
};
constexpr Half f16{10, -14, 15};
constexpr Half bf16{7, -126, 127};

double atRounding(double value, Rounding rounding) {
    switch (rounding) {
        case Rounding::zero: return std::trunc(value);
        case Rounding::down: return std::floor(value);
        case Rounding::up: return std::ceil(value);
        case Rounding::nearestAway: return std::round(value);
        default: return std::nearbyint(value);
    }
}

uint16_t narrow(double value, const Half& format, Rounding rounding) {
    auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
    auto exponents = static_cast<unsigned>(format.largest - format.smallest + 2);
    auto infinity = static_cast<uint16_t>(exponents << format.fraction);
    if (std::isnan(value)) return 0x7fff;
    if (std::isinf(value)) return sign | infinity;
    if (value == 0) return sign;
    int exponent = std::max(std::ilogb(value), format.smallest);
    double steps = std::fabs(atRounding(std::ldexp(value, format.fraction - exponent), rounding));
    auto count = static_cast<uint32_t>(steps);  // up to 2^(fraction + 1), which carries into the exponent by itself
    uint32_t bits = (static_cast<uint32_t>(exponent - format.smallest) << format.fraction) + count;
    if (bits >= infinity) {
        bool stays = rounding == Rounding::zero || (rounding == Rounding::down && !sign)
            || (rounding == Rounding::up && sign);
        return static_cast<uint16_t>(sign | (stays ? infinity - 1 : infinity));
    }
    return static_cast<uint16_t>(sign | bits);
}

double widen(uint16_t bits, const Half& format) {
    auto exponents = static_cast<unsigned>(format.largest - format.smallest + 2);
    unsigned exponent = (bits & 0x7fff) >> format.fraction;
    unsigned fraction = bits & ((1u << format.fraction) - 1);
    double value;
    if (exponent == exponents) value = fraction ? NAN : INFINITY;
    else if (exponent == 0) value = std::ldexp(fraction, format.smallest - format.fraction);
    else value = std::ldexp(fraction + (1u << format.fraction), static_cast<int>(exponent) - 1 + format.smallest - format.fraction);
    return bits & 0x8000 ? -value : value;
}

/// Every real operand is exact in a double, every integer one in a 128-bit integer.
__extension__ typedef __int128 Wide;

template <class To, class From>
To cast(From value) {
    return static_cast<To>(value);
}

double realOf(Thread& t, Type type, Slot slot, bool ftz) {
    double value;
    if (type == Type::f64) return t.get<double>(slot);
    if (type == Type::f16) return widen(t.get<uint16_t>(slot), f16);
    if (type == Type::bf16) return widen(t.get<uint16_t>(slot), bf16);
    float single = t.get<float>(slot);
    value = ftz ? flushed(single) : single;
    return value;
}

Wide integerOf(Thread& t, Type type, Slot slot) {
    switch (type) {
        case Type::u8: return t.get<uint8_t>(slot);
        case Type::u16: return t.get<uint16_t>(slot);
        case Type::u32: return t.get<uint32_t>(slot);
        case Type::u64: return t.get<uint64_t>(slot);
        case Type::s8: return t.get<int8_t>(slot);
        case Type::s16: return t.get<int16_t>(slot);
        case Type::s32: return t.get<int32_t>(slot);
        default: return t.get<int64_t>(slot);
    }
}

Wide least(Type type) { return isSigned(type) ? -(Wide{1} << (8 * bytesOf(type) - 1)) : Wide{0}; }
Wide most(Type type) { return (Wide{1} << (8 * bytesOf(type) - isSigned(type))) - 1; }

/// Signed results fill the whole register with their sign, so that a wider register holds the number too.
void setInteger(Thread& t, Type type, Slot slot, Wide value) {
    uint64_t bits = static_cast<uint64_t>(value);
    unsigned width = 8 * bytesOf(type);
    if (width < 64) {
        bits &= (uint64_t{1} << width) - 1;
        if (isSigned(type) && bits >> (width - 1)) bits |= ~uint64_t{0} << width;
        if (width >= 32) bits &= (uint64_t{1} << width) - 1;
    }
    t.set<uint64_t>(slot, bits);
}

void setReal(Thread& t, Type type, Slot slot, double value, const Instr& i) {
    if (i.saturate) value = saturated(value);
    if (type == Type::f64) t.set<double>(slot, value);
    else if (type == Type::f16) t.set<uint16_t>(slot, narrow(value, f16, i.rounding));
    else if (type == Type::bf16) t.set<uint16_t>(slot, narrow(value, bf16, i.rounding));
    else {
        float single = i.rounding == Rounding::nearest ? static_cast<float>(value)
                                                       : rounded<float>(i.rounding, &cast<float, double>, value);
        t.set<float>(slot, canonical(i.ftz ? flushed(single) : single));
    }
}

/// mode: type of the result; width: type of the operand; count: round to a whole number.
void convert(Thread& t, const Instr& i) {
    auto to = static_cast<Type>(i.mode);
    auto from = static_cast<Type>(i.width);
    if (isFloat(from)) {
        double value = realOf(t, from, i.s[0], i.ftz);
        if (isFloat(to)) return setReal(t, to, i.d[0], i.count ? atRounding(value, i.rounding) : value, i);
        value = atRounding(value, i.rounding);
        Wide whole = 0;
        if (std::isnan(value)) whole = 0;
        else if (value >= static_cast<double>(most(to))) whole = most(to);
        else if (value <= static_cast<double>(least(to))) whole = least(to);
        else whole = static_cast<Wide>(value);
        return setInteger(t, to, i.d[0], whole);
    }
    Wide value = integerOf(t, from, i.s[0]);
    if (!isFloat(to)) {
        if (i.saturate) value = std::min(std::max(value, least(to)), most(to));
        return setInteger(t, to, i.d[0], value);
    }
    bool negative = value < 0;
    auto magnitude = static_cast<uint64_t>(negative ? -value : value);
    Rounding rounding = i.rounding;  // of the magnitude
    if (negative && (rounding == Rounding::down || rounding == Rounding::up)) {
        rounding = rounding == Rounding::down ? Rounding::up : Rounding::down;
    }
    double real = to == Type::f32 ? rounded<float>(rounding, &cast<float, uint64_t>, magnitude)
                                  : rounded<double>(rounding, &cast<double, uint64_t>, magnitude);
    setReal(t, to, i.d[0], negative ? -real : real, i);
}

/// What needs no care: every number of the operand is one of the result, or is rounded to nearest by the processor, or
/// loses its upper bits.
template <class From, class To>
void direct(Warp& w, const Instr& i) {
    const From* a = w.source<From>(i.s[0]);
    To r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) {
        r[l] = static_cast<To>(a[l]);
        if constexpr (std::is_floating_point<To>::value) r[l] = canonical(r[l]);
    }
    w.result(i.d[0], r);
}

uint32_t nearestBf16(uint32_t bits) {
    return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

void toBf16(Warp& w, const Instr& i) {
    const uint32_t* a = w.source<uint32_t>(i.s[0]);
    uint32_t r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = nearestBf16(a[l]);
    w.result(i.d[0], r);
}

Handler directly(const Instr& i, Type to, Type from) {
    if (i.ftz || i.saturate || i.rounding != Rounding::nearest || i.count) return nullptr;
    if (to == Type::f64 && from == Type::f32) return &direct<float, double>;
    if (to == Type::f32 && from == Type::f64) return &direct<double, float>;
    if (to == Type::f32 && from == Type::u32) return &direct<uint32_t, float>;
    if (to == Type::f32 && from == Type::s32) return &direct<int32_t, float>;
    if (to == Type::f64 && from == Type::u32) return &direct<uint32_t, double>;
    if (to == Type::f64 && from == Type::s32) return &direct<int32_t, double>;
    if (to == Type::bf16 && from == Type::f32) return &toBf16;
    if (isFloat(to) || isFloat(from)) return nullptr;
    if (bytesOf(to) == 4 && bytesOf(from) == 8) return &direct<uint64_t, uint32_t>;
    if (bytesOf(to) == 8 && from == Type::u32) return &direct<uint32_t, uint64_t>;
    if (bytesOf(to) == 8 && from == Type::s32) return &direct<int32_t, int64_t>;
    return nullptr;
}

void toBf16Pair(Warp& w, const Instr& i) {
    const uint32_t* a = w.source<uint32_t>(i.s[0]);
    const uint32_t* b = w.source<uint32_t>(i.s[1]);
    uint32_t r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = nearestBf16(a[l]) << 16 | nearestBf16(b[l]);
    w.result(i.d[0], r);
}

/// cvt.rn.bf16x2.f32 d, a, b: a into the upper half.
void pair(Thread& t, const Instr& i) {
    const Half& format = static_cast<Type>(i.mode) == Type::f16x2 ? f16 : bf16;
    uint32_t upper = narrow(realOf(t, Type::f32, i.s[0], i.ftz), format, i.rounding);
    uint32_t lower = narrow(realOf(t, Type::f32, i.s[1], i.ftz), format, i.rounding);
    t.set<uint32_t>(i.d[0], upper << 16 | lower);
}

void cvt(Decoder& d) {
    bool whole = d.rounding(true);
    bool fraction = !whole && d.rounding();
    d.out.ftz = d.take("ftz");
    d.out.saturate = d.take("sat");
    Type to = d.type();
    if (to == Type::f16x2 || to == Type::bf16x2) {
        if (d.type() != Type::f32 || !fraction) d.fail("only .rn or .rz from .f32");
        d.out.mode = static_cast<uint8_t>(to);
        d.simple(Type::f32, 2);
        bool usual = to == Type::bf16x2 && d.out.rounding == Rounding::nearest && !d.out.ftz;
        d.out.run = usual ? &toBf16Pair : &eachLane<pair>;
        return;
    }
    Type from = d.type();
    if (to <= Type::b64 || from <= Type::b64) d.fail(".b types cannot be converted");
    bool narrower = isFloat(to) && (!isFloat(from) || bytesOf(to) < bytesOf(from));
    if (isFloat(from) && !isFloat(to) && !whole) d.fail(".rni .rzi .rmi or .rpi is missing");
    if (narrower && !fraction) d.fail(".rn .rz .rm or .rp is missing");
    d.out.mode = static_cast<uint8_t>(to);
    d.out.width = static_cast<uint8_t>(from);
    d.out.count = whole;
    d.expectOperands(2, 2);
    d.destination(0, to, 0, true);
    d.source(1, from, 0, true);
    d.out.run = &eachLane<convert>;
    bool exactly = d.kernel.widths[d.out.s[0]] == 8 * bytesOf(from) && d.kernel.widths[d.out.d[0]] == 8 * bytesOf(to);
    Handler quick = exactly ? directly(d.out, to, from) : nullptr;
    if (quick) d.out.run = quick;
}

/// mode 1: a generic address from one in shared memory; 2: the other way.
void address(Thread& t, const Instr& i) {
    auto value = t.get<uint64_t>(i.s[0]);
    if (i.mode == 1) value += sharedWindow;
    if (i.mode == 2) value -= sharedWindow;
    t.set<uint64_t>(i.d[0], value);
}

void cvta(Decoder& d) {
    bool to = d.take("to");
    int space = d.takeOne({"global", "const", "shared", "param"});
    if (space < 0 || space > 2) d.fail("one of .global .const .shared is missing");
    if (bytesOf(d.type()) != 8) d.fail("the type must be .u64");
    d.simple(Type::u64, 1);
    d.out.mode = static_cast<uint8_t>(space == 2 ? (to ? 2 : 1) : 0);
    d.out.run = &eachLane<address>;
}

}  // namespace

DecodeTable convertOps() { return {{"cvt", cvt}, {"cvta", cvta}}; }

}  // namespace sim
