// Logic, shifts and the instructions that look into words: and or xor not cnot shl shr shf lop3 prmt bfe bfi brev clz
// popc bfind.
#include "ops/kit.hpp"

namespace sim {
namespace {

struct And { template <class T> static T apply(T a, T b) { return static_cast<T>(a & b); } };
struct Or { template <class T> static T apply(T a, T b) { return static_cast<T>(a | b); } };
struct Xor { template <class T> static T apply(T a, T b) { return static_cast<T>(a ^ b); } };
struct Not {
    template <class T> static T apply(T a) { return static_cast<T>(~a); }
};
struct Cnot { template <class T> static T apply(T a) { return static_cast<T>(a == 0); } };

template <class T> struct AndT { static void run(Warp& w, const Instr& i) { binary<And, T>(w, i); } };
template <class T> struct OrT { static void run(Warp& w, const Instr& i) { binary<Or, T>(w, i); } };
template <class T> struct XorT { static void run(Warp& w, const Instr& i) { binary<Xor, T>(w, i); } };
template <class T> struct NotT { static void run(Warp& w, const Instr& i) { unary<Not, T>(w, i); } };
template <class T> struct CnotT { static void run(Warp& w, const Instr& i) { unary<Cnot, T>(w, i); } };

template <template <class> class H, size_t sources>
void logic(Decoder& d) {
    Type type = d.type();
    d.simple(type, sources);
    d.out.run = type == Type::pred ? &H<bool>::run : forBits<H>(type);  // a predicate is one byte, 0 or 1
}

/// Shifts by the width or more give 0 (or the sign).
struct ShiftLeft {
    template <class T> static T apply(T a, uint32_t by) { return by < 8 * sizeof(T) ? static_cast<T>(a << by) : T(0); }
};
struct ShiftRight {
    template <class T> static T apply(T a, uint32_t by) {
        constexpr uint32_t width = 8 * sizeof(T);
        T sign = static_cast<T>(a < 0 ? -1 : 0);
        return by < width ? static_cast<T>(a >> (by & (width - 1))) : sign;
    }
};

template <class Op, class T>
void shifted(Warp& w, const Instr& i) {
    const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
    const uint32_t* by = w.source<uint32_t>(i.s[1]);
    Stored<T> r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = stored<T>(Op::apply(static_cast<T>(a[l]), by[l]));
    w.result(i.d[0], r);
}

template <class T> struct Left { static void run(Warp& w, const Instr& i) { shifted<ShiftLeft, T>(w, i); } };
template <class T> struct Right { static void run(Warp& w, const Instr& i) { shifted<ShiftRight, T>(w, i); } };

void shift(Decoder& d) {
    Type type = d.type();
    d.expectOperands(3, 3);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, Type::u32, 1);
    if (d.name() == "shl") d.out.run = forBits<Left>(type);
    else d.out.run = isSigned(type) || type >= Type::u8 ? forInteger<Right>(type) : forBits<Right>(type);
}

/// shf: the pair (b:a) shifted; mode 1 is .l, mode 2 is .clamp.
void funnel(Thread& t, const Instr& i) {
    uint64_t pair = uint64_t{t.get<uint32_t>(i.s[1])} << 32 | t.get<uint32_t>(i.s[0]);
    uint32_t by = t.get<uint32_t>(i.s[2]);
    by = i.mode & 2 ? std::min(by, 32u) : by & 31;
    t.set<uint32_t>(i.d[0], static_cast<uint32_t>(i.mode & 1 ? pair << by >> 32 : pair >> by));
}

void shf(Decoder& d) {
    d.out.mode = d.take("l") ? 1 : 0;
    if (!d.out.mode && !d.take("r")) d.fail(".l or .r is missing");
    if (d.take("clamp")) d.out.mode |= 2;
    else d.take("wrap");
    if (d.type() != Type::b32) d.fail("the type must be .b32");
    d.simple(Type::u32, 3);
    d.out.run = &eachLane<funnel>;
}

void lop3Run(Thread& t, const Instr& i) {
    uint32_t a = t.get<uint32_t>(i.s[0]);
    uint32_t b = t.get<uint32_t>(i.s[1]);
    uint32_t c = t.get<uint32_t>(i.s[2]);
    uint32_t table = t.get<uint32_t>(i.s[3]);
    uint32_t result = 0;
    for (unsigned k = 0; k < 8; k++) {
        if (table >> k & 1) result |= (k & 4 ? a : ~a) & (k & 2 ? b : ~b) & (k & 1 ? c : ~c);
    }
    t.set<uint32_t>(i.d[0], result);
}

void lop3(Decoder& d) {
    if (d.type() != Type::b32) d.fail("the type must be .b32");
    d.simple(Type::u32, 4);
    d.out.run = &eachLane<lop3Run>;
}

/// Bytes of (b:a) picked by four selectors; the top bit of a selector spreads the sign.
void prmtRun(Thread& t, const Instr& i) {
    uint64_t pair = uint64_t{t.get<uint32_t>(i.s[1])} << 32 | t.get<uint32_t>(i.s[0]);
    uint32_t select = t.get<uint32_t>(i.s[2]);
    uint32_t result = 0;
    for (unsigned k = 0; k < 4; k++) {
        uint32_t control = select >> (4 * k) & 15;
        uint32_t byte = pair >> (8 * (control & 7)) & 255;
        if (control & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << (8 * k);
    }
    t.set<uint32_t>(i.d[0], result);
}

void prmt(Decoder& d) {
    if (d.type() != Type::b32) d.fail("the type must be .b32 (and no mode)");
    d.simple(Type::u32, 3);
    d.out.run = &eachLane<prmtRun>;
}

/// bfe d, a, position, length.
template <class T>
struct Extract {
    static void run(Thread& t, const Instr& i) {
        constexpr unsigned width = 8 * sizeof(T);
        T a = t.get<T>(i.s[0]);
        unsigned position = t.get<uint32_t>(i.s[1]) & 255;
        unsigned length = t.get<uint32_t>(i.s[2]) & 255;
        unsigned top = std::min(position + length - 1, width - 1);
        bool negative = std::is_signed<T>::value && length > 0 && (a >> top & 1);
        T result = negative ? static_cast<T>(-1) : T(0);
        for (unsigned k = 0; k < length && k < width && position + k < width; k++) {
            T bit = static_cast<T>(T(1) << k);
            result = static_cast<T>(a >> (position + k) & 1 ? result | bit : result & ~bit);
        }
        t.set<T>(i.d[0], result);
    }
};

/// bfi d, a, b, position, length: the low bits of a into b.
template <class T>
struct Insert {
    static void run(Thread& t, const Instr& i) {
        T a = t.get<T>(i.s[0]);
        T result = t.get<T>(i.s[1]);
        unsigned position = t.get<uint32_t>(i.s[2]) & 255;
        unsigned length = t.get<uint32_t>(i.s[3]) & 255;
        for (unsigned k = 0; k < length && position + k < 8 * sizeof(T); k++) {
            T bit = static_cast<T>(T(1) << (position + k));
            result = static_cast<T>(a >> k & 1 ? result | bit : result & ~bit);
        }
        t.set<T>(i.d[0], result);
    }
};

void bfe(Decoder& d) {
    Type type = d.type();
    d.expectOperands(4, 4);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, Type::u32, 1);
    d.source(3, Type::u32, 2);
    d.out.run = bytesOf(type) >= 4 ? forInteger<LaneByLane<Extract>::Of>(type) : nullptr;
}

void bfi(Decoder& d) {
    Type type = d.type();
    d.expectOperands(5, 5);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, type, 1);
    d.source(3, Type::u32, 2);
    d.source(4, Type::u32, 3);
    d.out.run = bytesOf(type) >= 4 ? forBits<LaneByLane<Insert>::Of>(type) : nullptr;
}

struct Reverse {
    template <class T> static T apply(T a) {
        T result = 0;
        for (unsigned k = 0; k < 8 * sizeof(T); k++) {
            result = static_cast<T>(result | (a >> k & 1) << (8 * sizeof(T) - 1 - k));
        }
        return result;
    }
};
template <class T> struct ReverseT { static void run(Warp& w, const Instr& i) { unary<Reverse, T>(w, i); } };

template <class T>
struct Popcount {
    static void run(Thread& t, const Instr& i) {
        t.set<uint32_t>(i.d[0], static_cast<uint32_t>(__builtin_popcountll(t.get<T>(i.s[0]))));
    }
};

template <class T>
struct LeadingZeros {
    static void run(Thread& t, const Instr& i) {
        T a = t.get<T>(i.s[0]);
        unsigned zeros = a ? __builtin_clzll(a) - (64 - 8 * sizeof(T)) : 8 * sizeof(T);
        t.set<uint32_t>(i.d[0], zeros);
    }
};

/// The highest bit that tells the number apart from 0 (or -1); all ones if there is none.
template <class T>
struct FindTop {
    static void run(Thread& t, const Instr& i) {
        T a = t.get<T>(i.s[0]);
        auto bits = static_cast<std::make_unsigned_t<T>>(a < 0 ? ~a : a);
        t.set<uint32_t>(i.d[0], bits ? 63u - __builtin_clzll(bits) : ~0u);
    }
};

/// A look at an operand of that type; the result is a number of 32 bits, or of the operand's type.
template <template <class> class H>
void look(Decoder& d, Type type, Type result) {
    d.expectOperands(2, 2);
    d.destination(0, result);
    d.source(1, type, 0);
    d.out.run = bytesOf(type) < 4 ? nullptr : isSigned(type) || type >= Type::u8 ? forInteger<H>(type) : forBits<H>(type);
}

void cnot(Decoder& d) {
    Type type = d.type();
    look<CnotT>(d, type, type);
}

void brev(Decoder& d) {
    Type type = d.type();
    look<ReverseT>(d, type, type);
}

void popc(Decoder& d) { look<LaneByLane<Popcount>::Of>(d, d.type(), Type::u32); }

void clz(Decoder& d) { look<LaneByLane<LeadingZeros>::Of>(d, d.type(), Type::u32); }

void bfind(Decoder& d) { look<LaneByLane<FindTop>::Of>(d, d.type(), Type::u32); }

}  // namespace

DecodeTable bitOps() {
    return {{"and", logic<AndT, 2>}, {"or", logic<OrT, 2>}, {"xor", logic<XorT, 2>}, {"not", logic<NotT, 1>},
        {"cnot", cnot}, {"shl", shift}, {"shr", shift}, {"shf", shf}, {"lop3", lop3}, {"prmt", prmt},
        {"bfe", bfe}, {"bfi", bfi}, {"brev", brev}, {"popc", popc}, {"clz", clz},
        {"bfind", bfind}};
}

}  // namespace sim
