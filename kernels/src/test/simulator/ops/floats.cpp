// Floating-point arithmetic, rounded once as IEEE 754 says: add sub mul fma div rcp sqrt min max neg abs copysign testp.
#include "ops/kit.hpp"
#include "ops/rounding.hpp"

#include <cmath>

namespace sim {

float flushed(float value) { return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value; }

namespace {

enum : uint8_t { propagateNan = 1 };

struct Add { template <class T> static T apply(T a, T b, T) { return a + b; } };
struct Sub { template <class T> static T apply(T a, T b, T) { return a - b; } };
struct Mul { template <class T> static T apply(T a, T b, T) { return a * b; } };
struct Div { template <class T> static T apply(T a, T b, T) { return a / b; } };
struct Fma { template <class T> static T apply(T a, T b, T c) { return std::fma(a, b, c); } };
struct Reciprocal { template <class T> static T apply(T a, T, T) { return T(1) / a; } };
struct Root { template <class T> static T apply(T a, T, T) { return std::sqrt(a); } };

/// Reads the operands (flushed if .ftz), rounds as told, flushes and saturates the result.
template <class Op, class T, int sources>
void arithmetic(Thread& t, const Instr& i) {
    T a = t.get<T>(i.s[0]);
    T b = sources > 1 ? t.get<T>(i.s[1]) : T(0);
    T c = sources > 2 ? t.get<T>(i.s[2]) : T(0);
    if (i.ftz) {
        a = flushed(a);
        b = flushed(b);
        c = flushed(c);
    }
    T result = i.rounding == Rounding::nearest ? Op::apply(a, b, c)
                                               : rounded<T>(i.rounding, Op::template apply<T>, a, b, c);
    if (i.ftz) result = flushed(result);
    if (i.saturate) result = saturated(result);
    t.set<T>(i.d[0], canonical(result));
}

/// The usual form: to nearest, subnormals kept.
template <class Op, class T, int sources>
void plain(Warp& w, const Instr& i) {
    const T* a = w.source<T>(i.s[0]);
    const T* b = sources > 1 ? w.source<T>(i.s[1]) : a;
    const T* c = sources > 2 ? w.source<T>(i.s[2]) : a;
    T r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) r[l] = canonical(Op::apply(a[l], b[l], c[l]));
    w.result(i.d[0], r);
}

/// -0 is less than +0; a NaN loses against a number unless .NaN is there.
template <class T, bool smaller>
void extreme(Warp& w, const Instr& i) {
    const T* first = w.source<T>(i.s[0]);
    const T* second = w.source<T>(i.s[1]);
    bool propagate = i.mode == propagateNan;
    T r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) {
        T a = i.ftz ? flushed(first[l]) : first[l];
        T b = i.ftz ? flushed(second[l]) : second[l];
        bool aFirst = a < b || (a == b && std::signbit(a));
        T result = smaller == aFirst ? a : b;
        if (a != a) result = propagate ? a : b;
        if (b != b) result = propagate ? b : a;
        r[l] = canonical(result);
    }
    w.result(i.d[0], r);
}

template <class T, bool negate>
void sign(Warp& w, const Instr& i) {
    const T* a = w.source<T>(i.s[0]);
    T r[Warp::size];
    for (unsigned l = 0; l < Warp::size; l++) {
        T value = i.ftz ? flushed(a[l]) : a[l];
        r[l] = negate ? -value : std::fabs(value);
    }
    w.result(i.d[0], r);
}

template <class T>
void copysign(Thread& t, const Instr& i) {
    t.set<T>(i.d[0], std::copysign(t.get<T>(i.s[1]), t.get<T>(i.s[0])));
}

template <class Op, int sources>
void exact(Decoder& d, Type type) {
    bool usual = d.out.rounding == Rounding::nearest && !d.out.ftz && !d.out.saturate;
    if (type == Type::f32) d.out.run = usual ? &plain<Op, float, sources> : &eachLane<arithmetic<Op, float, sources>>;
    if (type == Type::f64) d.out.run = usual ? &plain<Op, double, sources> : &eachLane<arithmetic<Op, double, sources>>;
    d.simple(type, sources);
}

void extremeOf(Decoder& d, Type type, bool smaller) {
    if (d.take("NaN")) d.out.mode = propagateNan;
    if (type == Type::f32) d.out.run = smaller ? &extreme<float, true> : &extreme<float, false>;
    if (type == Type::f64) d.out.run = smaller ? &extreme<double, true> : &extreme<double, false>;
    d.simple(type, 2);
}

void signOf(Decoder& d, Type type, bool negate) {
    if (type == Type::f32) d.out.run = negate ? &sign<float, true> : &sign<float, false>;
    if (type == Type::f64) d.out.run = negate ? &sign<double, true> : &sign<double, false>;
    d.simple(type, 1);
}

void flags(Decoder& d) {
    d.out.ftz = d.take("ftz");
    d.out.saturate = d.take("sat");
}

void fma(Decoder& d) {
    if (!d.rounding()) d.fail("a rounding such as .rn is missing");
    flags(d);
    exact<Fma, 3>(d, d.type());
}

void copysignOp(Decoder& d) {
    Type type = d.type();
    d.out.run = type == Type::f32 ? &eachLane<copysign<float>> : &eachLane<copysign<double>>;
    d.simple(type, 2);
}

template <class T>
void testpRun(Thread& t, const Instr& i) {
    T a = t.get<T>(i.s[0]);
    int kind = std::fpclassify(a);
    bool results[] = {kind != FP_NAN && kind != FP_INFINITE, kind == FP_INFINITE, kind != FP_NAN, kind == FP_NAN,
        kind == FP_NORMAL || kind == FP_ZERO, kind == FP_SUBNORMAL};
    t.set<bool>(i.d[0], results[i.mode]);
}

void testp(Decoder& d) {
    int which = d.takeOne({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
    if (which < 0) d.fail("which test?");
    d.out.mode = static_cast<uint8_t>(which);
    Type type = d.type();
    d.out.run = type == Type::f32 ? &eachLane<testpRun<float>> : &eachLane<testpRun<double>>;
    d.expectOperands(2, 2);
    d.destination(0, Type::pred);
    d.source(1, type, 0);
}

/// rcp and sqrt with a rounding; the approximate forms are in approximate.cpp.
template <class Op>
void roundedOnce(Decoder& d) {
    bool rounding = d.rounding();
    if (!rounding) return decodeApproximate(d);
    flags(d);
    exact<Op, 1>(d, d.type());
}

}  // namespace

void decodeFloat(Decoder& d, Type type) {
    const std::string& name = d.name();
    bool rounding = d.rounding();
    if (name == "div" && !rounding) {
        return decodeApproximateDivision(d, type);
    }
    flags(d);
    if (name == "add") exact<Add, 2>(d, type);
    else if (name == "sub") exact<Sub, 2>(d, type);
    else if (name == "mul") exact<Mul, 2>(d, type);
    else if (name == "div") exact<Div, 2>(d, type);
    else if (name == "mad" && rounding) exact<Fma, 3>(d, type);
    else if (name == "min" || name == "max") extremeOf(d, type, name == "min");
    else if (name == "neg" || name == "abs") signOf(d, type, name == "neg");
}

DecodeTable floatOps() {
    return {{"fma", fma}, {"rcp", roundedOnce<Reciprocal>}, {"sqrt", roundedOnce<Root>}, {"copysign", copysignOp},
        {"testp", testp}};
}

}  // namespace sim
