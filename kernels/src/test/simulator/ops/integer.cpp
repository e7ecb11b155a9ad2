// Integer arithmetic: add sub mul mad div rem neg abs min max, with carries and all widths.
#include "ops/kit.hpp"

#include <limits>

namespace sim {
namespace {

struct Add { template <class T> static T apply(T a, T b) { return static_cast<T>(a + b); } };
struct Sub { template <class T> static T apply(T a, T b) { return static_cast<T>(a - b); } };
struct Mul {
    template <class T> static T apply(T a, T b) {
        using U = std::make_unsigned_t<Stored<T>>;
        return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    }
};
struct Min { template <class T> static T apply(T a, T b) { return a < b ? a : b; } };
struct Max { template <class T> static T apply(T a, T b) { return a < b ? b : a; } };
struct Neg { template <class T> static T apply(T a) { return static_cast<T>(-a); } };
struct Abs { template <class T> static T apply(T a) { return static_cast<T>(a < 0 ? -a : a); } };
/// The divisor is not 0.
struct Div {
    template <class T> static T apply(T a, T b) {
        return static_cast<T>(std::is_signed<T>::value && b == static_cast<T>(-1) ? -a : a / b);
    }
};
struct Rem {
    template <class T> static T apply(T a, T b) {
        return static_cast<T>(std::is_signed<T>::value && b == static_cast<T>(-1) ? 0 : a % b);
    }
};

/// A division by zero is undefined in PTX: here it is an error.
template <class Op, class T>
void divided(Warp& w, const Instr& i) {
    const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
    const Stored<T>* b = w.source<Stored<T>>(i.s[1]);
    Stored<T> r[Warp::size] = {};
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) {
        auto l = static_cast<uint32_t>(__builtin_ctz(rest));
        if (b[l] == 0) {
            w.lane = l;
            throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an integer division by zero");
        }
        r[l] = stored<T>(Op::apply(static_cast<T>(a[l]), static_cast<T>(b[l])));
    }
    w.result(i.d[0], r);
}

template <class T> struct AddT { static void run(Warp& w, const Instr& i) { binary<Add, T>(w, i); } };
template <class T> struct SubT { static void run(Warp& w, const Instr& i) { binary<Sub, T>(w, i); } };
template <class T> struct MulT { static void run(Warp& w, const Instr& i) { binary<Mul, T>(w, i); } };
template <class T> struct MinT { static void run(Warp& w, const Instr& i) { binary<Min, T>(w, i); } };
template <class T> struct MaxT { static void run(Warp& w, const Instr& i) { binary<Max, T>(w, i); } };
template <class T> struct DivT { static void run(Warp& w, const Instr& i) { divided<Div, T>(w, i); } };
template <class T> struct RemT { static void run(Warp& w, const Instr& i) { divided<Rem, T>(w, i); } };
template <class T> struct NegT { static void run(Warp& w, const Instr& i) { unary<Neg, T>(w, i); } };
template <class T> struct AbsT { static void run(Warp& w, const Instr& i) { unary<Abs, T>(w, i); } };

void addSaturated(Thread& t, const Instr& i) {
    int64_t a = t.get<int32_t>(i.s[0]);
    int64_t b = t.get<int32_t>(i.s[1]);
    int64_t sum = i.mode ? a - b : a + b;
    t.set<int32_t>(i.d[0], static_cast<int32_t>(std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX)));
}

/// add.cc, addc, sub.cc, subc; mode: 1 subtracts, 2 takes the carry in, 4 sets it.
template <class T>
struct Carrying {
    static void run(Thread& t, const Instr& i) {
        using U = std::make_unsigned_t<T>;
        U a = t.get<U>(i.s[0]);
        U b = t.get<U>(i.s[1]);
        bool subtract = i.mode & 1;
        unsigned in = i.mode & 2 ? t.warp.carry >> t.lane & 1 : 0;
        __extension__ unsigned __int128 wide = static_cast<unsigned __int128>(a);
        wide = subtract ? wide - b - in : wide + b + in;
        if (i.mode & 4) {
            auto out = static_cast<uint32_t>(wide >> (8 * sizeof(T))) & 1;
            t.warp.carry = (t.warp.carry & ~(1u << t.lane)) | out << t.lane;
        }
        t.set<U>(i.d[0], static_cast<U>(wide));
    }
};

__extension__ typedef __int128 Wide;

/// The high half of a product, plus s[2] for mad.hi.
template <class T>
struct High {
    static void run(Warp& w, const Instr& i) {
        using Product = std::conditional_t<(sizeof(T) < 8), int64_t, Wide>;
        const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
        const Stored<T>* b = w.source<Stored<T>>(i.s[1]);
        const Stored<T>* c = i.mode ? w.source<Stored<T>>(i.s[2]) : nullptr;
        Stored<T> r[Warp::size];
        for (unsigned l = 0; l < Warp::size; l++) {
            Product product = static_cast<Product>(static_cast<T>(a[l])) * static_cast<Product>(static_cast<T>(b[l]));
            r[l] = stored<T>(static_cast<T>(product >> (8 * sizeof(T))));
        }
        for (unsigned l = 0; c && l < Warp::size; l++) r[l] = stored<T>(static_cast<T>(r[l] + c[l]));
        w.result(i.d[0], r);
    }
};

template <class T>
struct Low {
    static void run(Warp& w, const Instr& i) {
        const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
        const Stored<T>* b = w.source<Stored<T>>(i.s[1]);
        const Stored<T>* c = w.source<Stored<T>>(i.s[2]);
        Stored<T> r[Warp::size];
        for (unsigned l = 0; l < Warp::size; l++) {
            using U = std::make_unsigned_t<Stored<T>>;
            r[l] = stored<T>(static_cast<T>(static_cast<U>(a[l]) * static_cast<U>(b[l]) + static_cast<U>(c[l])));
        }
        w.result(i.d[0], r);
    }
};

template <class T, class W, bool mad>
void wide(Warp& w, const Instr& i) {
    const Stored<T>* a = w.source<Stored<T>>(i.s[0]);
    const Stored<T>* b = w.source<Stored<T>>(i.s[1]);
    const W* c = mad ? w.source<W>(i.s[2]) : nullptr;
    W r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) {
        r[l] = static_cast<W>(static_cast<W>(static_cast<T>(a[l])) * static_cast<W>(static_cast<T>(b[l])));
        if (mad) r[l] = static_cast<W>(r[l] + c[l]);
    }
    w.result(i.d[0], r);
}

template <bool mad>
Handler wideFor(Type type) {
    switch (type) {
        case Type::u16: return &wide<uint16_t, uint32_t, mad>;
        case Type::s16: return &wide<int16_t, int32_t, mad>;
        case Type::u32: return &wide<uint32_t, uint64_t, mad>;
        case Type::s32: return &wide<int32_t, int64_t, mad>;
        default: return nullptr;
    }
}

Type twice(Type type) {
    switch (type) {
        case Type::u16: return Type::u32;
        case Type::s16: return Type::s32;
        case Type::u32: return Type::u64;
        default: return Type::s64;
    }
}

void addOrSub(Decoder& d) {
    const std::string& name = d.name();
    bool subtract = name[0] == 's';
    bool in = name.size() == 4;
    bool set = d.take("cc");
    bool saturate = false;
    Type type = d.type();
    if (isFloat(type)) return decodeFloat(d, type);
    if (type == Type::s32) saturate = d.take("sat");
    d.simple(type, 2);
    if (in || set) {
        d.out.mode = static_cast<uint8_t>((subtract ? 1 : 0) | (in ? 2 : 0) | (set ? 4 : 0));
        d.out.run = forInteger<LaneByLane<Carrying>::Of>(type);
    } else if (saturate) {
        d.out.mode = subtract;
        d.out.run = &eachLane<addSaturated>;
    } else {
        d.out.run = subtract ? forInteger<SubT>(type) : forInteger<AddT>(type);
    }
}

void mulOrMad(Decoder& d) {
    bool mad = d.name() == "mad";
    int part = d.takeOne({"lo", "hi", "wide"});
    Type type = d.type();
    if (isFloat(type)) return decodeFloat(d, type);
    if (part < 0) d.fail("one of .lo .hi .wide is missing");
    Type result = part == 2 ? twice(type) : type;
    d.expectOperands(mad ? 4 : 3, mad ? 4 : 3);
    d.destination(0, result);
    d.source(1, type, 0);
    d.source(2, type, 1);
    if (mad) d.source(3, result, 2);
    d.out.mode = mad;
    if (part == 2) d.out.run = mad ? wideFor<true>(type) : wideFor<false>(type);
    else if (part == 1) d.out.run = forInteger<High>(type);
    else d.out.run = mad ? forInteger<Low>(type) : forInteger<MulT>(type);
}

template <template <class> class H>
void twoOperands(Decoder& d) {
    Type type = d.type();
    if (isFloat(type)) return decodeFloat(d, type);
    d.simple(type, 2);
    d.out.run = forInteger<H>(type);
}

template <template <class> class H>
void oneOperand(Decoder& d) {
    Type type = d.type();
    if (isFloat(type)) return decodeFloat(d, type);
    d.simple(type, 1);
    d.out.run = isSigned(type) ? forInteger<H>(type) : nullptr;
}

}  // namespace

DecodeTable integerOps() {
    return {{"add", addOrSub}, {"sub", addOrSub}, {"addc", addOrSub}, {"subc", addOrSub}, {"mul", mulOrMad},
        {"mad", mulOrMad}, {"div", twoOperands<DivT>}, {"rem", twoOperands<RemT>}, {"min", twoOperands<MinT>},
        {"max", twoOperands<MaxT>}, {"neg", oneOperand<NegT>}, {"abs", oneOperand<AbsT>}};
}

}  // namespace sim
