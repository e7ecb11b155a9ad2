// Comparisons and what follows from them: setp set selp slct.
#include "ops/kit.hpp"

#include <cmath>

namespace sim {
namespace {

enum Comparison : uint8_t { eq, ne, lt, le, gt, ge, lo, ls, hi, hs, equ, neu, ltu, leu, gtu, geu, num, nan };
enum Combination : uint8_t { none, conjunction, disjunction, exclusive };

template <class T>
bool compare(uint8_t how, T a, T b) {
    bool unordered = a != a || b != b;
    switch (how) {
        case eq: return a == b;
        case ne: return a != b && !unordered;
        case lt: case lo: return a < b;
        case le: case ls: return a <= b;
        case gt: case hi: return a > b;
        case ge: case hs: return a >= b;
        case equ: return unordered || a == b;
        case neu: return unordered || a != b;
        case ltu: return unordered || a < b;
        case leu: return unordered || a <= b;
        case gtu: return unordered || a > b;
        case geu: return unordered || a >= b;
        case num: return !unordered;
        default: return unordered;
    }
}

/// The comparison is in mode, the combination with s[2] in count, whether s[2] is negated in offset.
template <class T>
bool outcome(Thread& t, const Instr& i, bool truth) {
    if (i.count == none) return truth;
    bool other = t.get<bool>(i.s[2]) != (i.offset != 0);
    return i.count == conjunction ? truth && other : i.count == disjunction ? truth || other : truth != other;
}

template <class T>
bool truthOf(Thread& t, const Instr& i) {
    T a = t.get<T>(i.s[0]);
    T b = t.get<T>(i.s[1]);
    if constexpr (std::is_same<T, float>::value) {
        if (i.ftz) {
            a = flushed(a);
            b = flushed(b);
        }
    }
    return compare<T>(i.mode, a, b);
}

template <class T>
void setp(Thread& t, const Instr& i) {
    bool truth = truthOf<T>(t, i);
    bool first = outcome<T>(t, i, truth);
    bool second = i.d[1] != sink && outcome<T>(t, i, !truth);
    t.set<bool>(i.d[0], first);
    if (i.d[1] != sink) t.set<bool>(i.d[1], second);
}

/// width 4: a real 1 or 0; else a mask of ones or zeros.
template <class T>
void set(Thread& t, const Instr& i) {
    bool truth = outcome<T>(t, i, truthOf<T>(t, i));
    if (i.width == 4) t.set<float>(i.d[0], truth ? 1.0f : 0.0f);
    else t.set<uint32_t>(i.d[0], truth ? ~0u : 0u);
}

template <class T> struct SetpT { static void run(Thread& t, const Instr& i) { setp<T>(t, i); } };
template <class T> struct SetT { static void run(Thread& t, const Instr& i) { set<T>(t, i); } };

template <template <class> class H>
Handler forAny(Type type) {
    if (type == Type::f32) return &H<float>::run;
    if (type == Type::f64) return &H<double>::run;
    Handler handler = forInteger<H>(type);
    return handler || type == Type::pred ? handler : forBits<H>(type);
}

template <template <class> class H>
void comparison(Decoder& d, Type type, bool twoResults) {
    int how = d.takeOne({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu",
        "geu", "num", "nan"});
    if (how < 0) d.fail("which comparison?");
    if (type >= Type::b16 && type <= Type::b64 && how > ne) d.fail(".b types know only .eq and .ne");
    d.out.mode = static_cast<uint8_t>(how);
    d.out.ftz = d.take("ftz");
    d.out.count = static_cast<uint8_t>(d.takeOne({"and", "or", "xor"}) + 1);
    d.expectOperands(d.out.count ? 4 : 3, d.out.count ? 4 : 3);
    d.destination(0);
    if (twoResults) d.out.d[1] = d.operand(0).second;
    d.source(1, type, 0);
    d.source(2, type, 1);
    if (d.out.count) {
        d.out.s[2] = d.operand(3).slot;
        d.out.offset = d.operand(3).negated;
    }
    d.out.run = forAny<H>(type);
}

void setpOp(Decoder& d) { comparison<SetpT>(d, d.type(), true); }

void setOp(Decoder& d) {
    Type to = d.type();
    if (to != Type::f32 && to != Type::u32 && to != Type::s32) d.fail("the result must be .u32 .s32 or .f32");
    d.out.width = to == Type::f32 ? 4 : 0;
    comparison<SetT>(d, d.type(), false);
}

/// Only the operand that is chosen has to hold something.
void select(Thread& t, const Instr& i) {
    t.set<uint64_t>(i.d[0], t.get<uint64_t>(i.s[t.get<bool>(i.s[2]) ? 0 : 1]));
}

void selp(Decoder& d) {
    Type type = d.type();
    d.expectOperands(4, 4);
    d.destination(0);
    d.source(1, type, 0);
    d.source(2, type, 1);
    d.source(3, Type::pred, 2);
    d.out.run = &select;
}

void slctInteger(Thread& t, const Instr& i) {
    t.set<uint64_t>(i.d[0], t.get<uint64_t>(i.s[t.get<int32_t>(i.s[2]) >= 0 ? 0 : 1]));
}

void slctFloat(Thread& t, const Instr& i) {
    t.set<uint64_t>(i.d[0], t.get<uint64_t>(i.s[t.get<float>(i.s[2]) >= 0 ? 0 : 1]));
}

void slct(Decoder& d) {
    d.out.ftz = d.take("ftz");
    Type type = d.type();
    Type by = d.type();
    d.expectOperands(4, 4);
    d.destination(0);
    d.source(1, type, 0);
    d.source(2, type, 1);
    d.source(3, by, 2);
    if (by == Type::s32) d.out.run = &slctInteger;
    if (by == Type::f32) d.out.run = &slctFloat;
}

}  // namespace

DecodeTable compareOps() { return {{"setp", setpOp}, {"set", setOp}, {"selp", selp}, {"slct", slct}}; }

}  // namespace sim
