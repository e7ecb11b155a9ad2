// Integer arithmetic: add sub mul mad div rem neg abs min max, with carries and all widths.
#include "ops/kit.hpp"

#include <limits>

namespace sim {
namespace {

struct Add { template <class T> static T apply(T a, T b) { return static_cast<T>(a + b); } };
struct Sub { template <class T> static T apply(T a, T b) { return static_cast<T>(a - b); } };
struct Mul { template <class T> static T apply(T a, T b) { return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); } };
struct Min { template <class T> static T apply(T a, T b) { return a < b ? a : b; } };
struct Max { template <class T> static T apply(T a, T b) { return a < b ? b : a; } };
struct Neg { template <class T> static T apply(T a) { return static_cast<T>(-a); } };
struct Abs { template <class T> static T apply(T a) { return static_cast<T>(a < 0 ? -a : a); } };
/// A division by zero is undefined in PTX: here it is an error.
struct Div {
    template <class T> static T apply(T a, T b) {
        if (b == 0) throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an integer division by zero");
        return static_cast<T>(std::is_signed<T>::value && b == static_cast<T>(-1) ? -a : a / b);
    }
};
struct Rem {
    template <class T> static T apply(T a, T b) {
        if (b == 0) throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an integer remainder by zero");
        return static_cast<T>(std::is_signed<T>::value && b == static_cast<T>(-1) ? 0 : a % b);
    }
};

template <class T> struct AddT { static void run(Thread& t, const Instr& i) { binary<Add, T>(t, i); } };
template <class T> struct SubT { static void run(Thread& t, const Instr& i) { binary<Sub, T>(t, i); } };
template <class T> struct MulT { static void run(Thread& t, const Instr& i) { binary<Mul, T>(t, i); } };
template <class T> struct MinT { static void run(Thread& t, const Instr& i) { binary<Min, T>(t, i); } };
template <class T> struct MaxT { static void run(Thread& t, const Instr& i) { binary<Max, T>(t, i); } };
template <class T> struct DivT { static void run(Thread& t, const Instr& i) { binary<Div, T>(t, i); } };
template <class T> struct RemT { static void run(Thread& t, const Instr& i) { binary<Rem, T>(t, i); } };
template <class T> struct NegT { static void run(Thread& t, const Instr& i) { unary<Neg, T>(t, i); } };
template <class T> struct AbsT { static void run(Thread& t, const Instr& i) { unary<Abs, T>(t, i); } };

template <class T>
struct AddSaturated {
    static void run(Thread& t, const Instr& i) {
        int64_t a = t.get<int32_t>(i.s[0]);
        int64_t b = t.get<int32_t>(i.s[1]);
        int64_t sum = i.mode ? a - b : a + b;
        t.set<int32_t>(i.d[0], static_cast<int32_t>(std::min<int64_t>(std::max<int64_t>(sum, INT32_MIN), INT32_MAX)));
    }
};

/// add.cc, addc, sub.cc, subc; mode: 1 subtracts, 2 takes the carry in, 4 sets it.
template <class T>
struct Carrying {
    static void run(Thread& t, const Instr& i) {
        using U = std::make_unsigned_t<T>;
        U a = t.get<U>(i.s[0]);
        U b = t.get<U>(i.s[1]);
        bool subtract = i.mode & 1;
        unsigned in = i.mode & 2 ? t.carry : 0;
        __extension__ unsigned __int128 wide = static_cast<unsigned __int128>(a);
        wide = subtract ? wide - b - in : wide + b + in;
        if (i.mode & 4) t.carry = (wide >> (8 * sizeof(T))) & 1;
        t.set<U>(i.d[0], static_cast<U>(wide));
    }
};

__extension__ typedef __int128 Wide;

/// The high half of a product, plus s[2] for mad.hi (the sink stands for no addend).
template <class T>
struct High {
    static void run(Thread& t, const Instr& i) {
        Wide product = static_cast<Wide>(t.get<T>(i.s[0])) * static_cast<Wide>(t.get<T>(i.s[1]));
        T high = static_cast<T>(product >> (8 * sizeof(T)));
        t.set<T>(i.d[0], i.mode ? static_cast<T>(high + t.get<T>(i.s[2])) : high);
    }
};

template <class T>
struct Low {
    static void run(Thread& t, const Instr& i) {
        uint64_t product = static_cast<uint64_t>(t.get<T>(i.s[0])) * static_cast<uint64_t>(t.get<T>(i.s[1]));
        t.set<T>(i.d[0], static_cast<T>(product + static_cast<uint64_t>(t.get<T>(i.s[2]))));
    }
};

template <class T, class W>
void wide(Thread& t, const Instr& i) {
    W product = static_cast<W>(static_cast<W>(t.get<T>(i.s[0])) * static_cast<W>(t.get<T>(i.s[1])));
    t.set<W>(i.d[0], i.mode ? static_cast<W>(product + t.get<W>(i.s[2])) : product);
}

Handler wideFor(Type type) {
    switch (type) {
        case Type::u16: return &wide<uint16_t, uint32_t>;
        case Type::s16: return &wide<int16_t, int32_t>;
        case Type::u32: return &wide<uint32_t, uint64_t>;
        case Type::s32: return &wide<int32_t, int64_t>;
        default: return nullptr;
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
        d.out.run = forInteger<Carrying>(type);
    } else if (saturate) {
        d.out.mode = subtract;
        d.out.run = &AddSaturated<int32_t>::run;
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
    d.simple(type, mad ? 3 : 2);
    d.out.mode = mad;
    if (part == 2) d.out.run = wideFor(type);
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
