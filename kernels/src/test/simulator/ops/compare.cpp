// Comparisons and what follows from them: setp set selp slct.
#include "ops/kit.hpp"

#include <cmath>

namespace sim {
namespace {

enum Comparison : uint8_t { eq, ne, lt, le, gt, ge, lo, ls, hi, hs, equ, neu, ltu, leu, gtu, geu, num, nan };
enum Combination : uint8_t { none, conjunction, disjunction, exclusive };

template <uint8_t how, class T>
bool compare(T a, T b) {
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

/// The lanes for which it holds.
template <uint8_t how, class T>
uint32_t truth(Warp& w, const Instr& i) {
    const Stored<T>* first = w.source<Stored<T>>(i.s[0]);
    const Stored<T>* second = w.source<Stored<T>>(i.s[1]);
    uint32_t lanes = 0;
    for (unsigned l = 0; l < Warp::size; l++) {
        T a = static_cast<T>(first[l]);
        T b = static_cast<T>(second[l]);
        if constexpr (std::is_same<T, float>::value) {
            if (i.ftz) {
                a = flushed(a);
                b = flushed(b);
            }
        }
        lanes |= compare<how, T>(a, b) ? 1u << l : 0u;
    }
    return lanes;
}

/// The combination with s[2] is in count, whether s[2] is negated in offset.
uint32_t outcome(Warp& w, const Instr& i, uint32_t truth) {
    if (i.count == none) return truth;
    uint32_t other = w.sourceBits(i.s[2]) ^ (i.offset ? ~0u : 0u);
    return i.count == conjunction ? truth & other : i.count == disjunction ? truth | other : truth ^ other;
}

template <uint8_t how, class T>
void setp(Warp& w, const Instr& i) {
    uint32_t holds = truth<how, T>(w, i);
    uint32_t first = outcome(w, i, holds);
    uint32_t second = i.d[1] != sink ? outcome(w, i, ~holds) : 0;
    w.resultBits(i.d[0], first);
    if (i.d[1] != sink) w.resultBits(i.d[1], second);
}

/// width 4: a real 1 or 0; else a mask of ones or zeros.
template <uint8_t how, class T>
void set(Warp& w, const Instr& i) {
    uint32_t holds = outcome(w, i, truth<how, T>(w, i));
    uint32_t r[Warp::size];
    uint32_t yes = i.width == 4 ? 0x3f800000 : ~0u;
    for (unsigned l = 0; l < Warp::size; l++) r[l] = holds >> l & 1 ? yes : 0;
    w.result(i.d[0], r);
}

constexpr size_t comparisons = nan + 1;

template <class T, size_t... how>
Handler pick(uint8_t which, bool predicate, std::index_sequence<how...>) {
    static const Handler setps[] = {&setp<how, T>...};
    static const Handler sets[] = {&set<how, T>...};
    return predicate ? setps[which] : sets[which];
}

template <class T>
Handler comparing(uint8_t how, bool predicate) {
    return pick<T>(how, predicate, std::make_index_sequence<comparisons>());
}

Handler handlerFor(Type type, uint8_t how, bool predicate) {
    switch (type) {
        case Type::b16: case Type::u16: return comparing<uint16_t>(how, predicate);
        case Type::b32: case Type::u32: return comparing<uint32_t>(how, predicate);
        case Type::b64: case Type::u64: return comparing<uint64_t>(how, predicate);
        case Type::s16: return comparing<int16_t>(how, predicate);
        case Type::s32: return comparing<int32_t>(how, predicate);
        case Type::s64: return comparing<int64_t>(how, predicate);
        case Type::f32: return comparing<float>(how, predicate);
        case Type::f64: return comparing<double>(how, predicate);
        default: return nullptr;
    }
}

void comparison(Decoder& d, Type type, Type result) {
    int how = d.takeOne({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu",
        "geu", "num", "nan"});
    if (how < 0) d.fail("which comparison?");
    if (type >= Type::b16 && type <= Type::b64 && how > ne) d.fail(".b types know only .eq and .ne");
    d.out.mode = static_cast<uint8_t>(how);
    d.out.ftz = d.take("ftz");
    d.out.count = static_cast<uint8_t>(d.takeOne({"and", "or", "xor"}) + 1);
    d.expectOperands(d.out.count ? 4 : 3, d.out.count ? 4 : 3);
    d.destination(0, result);
    if (result == Type::pred) d.out.d[1] = d.operand(0).second;
    d.source(1, type, 0);
    d.source(2, type, 1);
    if (d.out.count) {
        Operand other = d.operand(3);
        d.out.offset = other.negated;
        other.negated = false;
        d.out.s[2] = d.sourceSlot(other, Type::pred);
    }
    d.out.run = handlerFor(type, d.out.mode, result == Type::pred);
}

void setpOp(Decoder& d) { comparison(d, d.type(), Type::pred); }

void setOp(Decoder& d) {
    Type to = d.type();
    if (to != Type::f32 && to != Type::u32 && to != Type::s32) d.fail("the result must be .u32 .s32 or .f32");
    d.out.width = to == Type::f32 ? 4 : 0;
    comparison(d, d.type(), to);
}

/// Only the operand that is chosen has to hold something.
template <class T>
void choose(Warp& w, const Instr& i, uint32_t firsts) {
    uint32_t without = (firsts & ~w.defined[i.s[0]]) | (~firsts & ~w.defined[i.s[1]]);
    if (__builtin_expect(w.exec & without, 0)) {
        w.lane = static_cast<uint32_t>(__builtin_ctz(w.exec & without));
        w.exec = 1u << w.lane;
        w.undefined(i.s[firsts >> w.lane & 1 ? 0 : 1]);
    }
    const T* a = w.lanes<T>(i.s[0]);
    const T* b = w.lanes<T>(i.s[1]);
    T r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = firsts >> l & 1 ? a[l] : b[l];
    w.result(i.d[0], r);
}

template <class T>
void select(Warp& w, const Instr& i) {
    choose<T>(w, i, w.sourceBits(i.s[2]));
}

/// By a number that is not negative (and no NaN).
template <class T, class By>
void selectBySign(Warp& w, const Instr& i) {
    const By* by = w.source<By>(i.s[2]);
    uint32_t firsts = 0;
    for (unsigned l = 0; l < Warp::size; l++) firsts |= by[l] >= By(0) ? 1u << l : 0u;
    choose<T>(w, i, firsts);
}

void selp(Decoder& d) {
    Type type = d.type();
    d.expectOperands(4, 4);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, type, 1);
    d.source(3, Type::pred, 2);
    d.out.run = bytesOf(type) == 8 ? &select<uint64_t> : &select<uint32_t>;
}

void slct(Decoder& d) {
    d.out.ftz = d.take("ftz");
    Type type = d.type();
    Type by = d.type();
    d.expectOperands(4, 4);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, type, 1);
    d.source(3, by, 2);
    bool wide = bytesOf(type) == 8;
    if (by == Type::s32) d.out.run = wide ? &selectBySign<uint64_t, int32_t> : &selectBySign<uint32_t, int32_t>;
    if (by == Type::f32) d.out.run = wide ? &selectBySign<uint64_t, float> : &selectBySign<uint32_t, float>;
}

}  // namespace

DecodeTable compareOps() { return {{"setp", setpOp}, {"set", setOp}, {"selp", selp}, {"slct", slct}}; }

}  // namespace sim
