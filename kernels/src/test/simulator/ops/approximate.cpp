// The approximate functions. A device's last bits differ from model to model: here the result is as far off as PTX
// allows, or half as far, to a side that depends on the operand, so that a test that takes an approximation for an exact
// result fails. The same operand always gives the same. What PTX fixes (zeros, infinities, subnormals of .ftz) is kept.
#include "ops/kit.hpp"
#include "ops/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace sim {
namespace {

/// A function, and how far PTX lets the result of an operand be from the exact one, or from the nearest float.
struct Approximation {
    double (*exact)(double a);
    double (*error)(double a, double exact);
    bool fromNearest;
};

double ulp(float value) {
    value = std::fabs(value);
    return static_cast<double>(std::nextafter(value, INFINITY)) - static_cast<double>(value);
}

/// The float that is `share` of `error` away from a result, to one side or the other, or nearer.
float moved(double from, double error, double share) {
    auto result = static_cast<float>(from + share * error);
    bool outside = std::fabs(static_cast<double>(result) - from) > error;
    return outside ? std::nextafter(result, static_cast<float>(from)) : result;
}

/// One of the floats that are not nearest to `from` and no more than `error` away, by a hash of the operands.
float perturbed(double from, double error, uint64_t operands) {
    uint64_t hash = (operands ^ operands >> 29) * 0x9e3779b97f4a7c15;
    double share = (hash >> 62 & 1 ? 1 : 0.5) * (hash >> 63 ? 1 : -1);
    auto nearest = static_cast<float>(from);
    for (double next : {share, -share, hash >> 63 ? 1.0 : -1.0, hash >> 63 ? -1.0 : 1.0}) {
        float result = moved(from, error, next);
        if (result != nearest && std::fpclassify(result) == FP_NORMAL) return result;
    }
    return nearest;
}

uint64_t bitsOf(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

template <const Approximation& function>
void approximate(Thread& t, const Instr& i) {
    float a = t.get<float>(i.s[0]);
    if (i.ftz) a = flushed(a);
    double exact = function.exact(static_cast<double>(a));
    auto result = static_cast<float>(exact);
    if (std::fpclassify(result) == FP_NORMAL && std::isfinite(a) && a != 0) {
        if (function.fromNearest) exact = result;
        result = perturbed(exact, function.error(static_cast<double>(a), exact), bitsOf(a));
    }
    if (i.ftz) result = flushed(result);
    t.set<float>(i.d[0], canonical(result));
}

using Function = double (*)(double);

template <Function f>
void approximateDouble(Thread& t, const Instr& i) {
    t.set<double>(i.d[0], f(t.get<double>(i.s[0])));
}

double reciprocalRootOf(double a) { return 1 / std::sqrt(a); }

/// One or two ulp from the nearest float.
template <int count>
double ulps(double, double nearest) {
    return count * ulp(static_cast<float>(nearest));
}

/// Sine and cosine: an absolute error, which must not take the result past 1.
double trigonometric(double a, double exact) {
    return std::min(std::exp2(std::fabs(a) <= 2 * M_PI ? -20.5 : -14.7), 1 - std::fabs(exact));
}

constexpr Approximation reciprocal{[](double a) { return 1 / a; }, ulps<1>, true};
constexpr Approximation root{[](double a) { return std::sqrt(a); },
    [](double, double exact) { return exact * std::exp2(-23); }, false};
constexpr Approximation reciprocalRoot{reciprocalRootOf,
    [](double, double exact) { return exact * std::exp2(-22.9); }, false};
constexpr Approximation exponential{[](double a) { return std::exp2(a); }, ulps<2>, true};
constexpr Approximation logarithm{[](double a) { return std::log2(a); },
    [](double a, double exact) { return std::exp2(-22) * (a > 0.5 && a < 2 ? 1 : std::fabs(exact)); }, false};
constexpr Approximation sine{[](double a) { return std::sin(a); }, trigonometric, false};
constexpr Approximation cosine{[](double a) { return std::cos(a); }, trigonometric, false};
constexpr Approximation hyperbolicTangent{[](double a) { return std::tanh(a); },
    [](double, double exact) { return std::min(std::fabs(exact) * std::exp2(-11), 1 - std::fabs(exact)); }, false};

/// div.approx gives 0 (NaN for an infinite a) where |b| is above 2^126; div.full scales and does not.
void divide(Thread& t, const Instr& i) {
    float a = t.get<float>(i.s[0]);
    float b = t.get<float>(i.s[1]);
    if (i.ftz) {
        a = flushed(a);
        b = flushed(b);
    }
    auto result = static_cast<float>(static_cast<double>(a) / static_cast<double>(b));
    bool huge = std::fabs(b) > 0x1p126f && std::isfinite(b);
    if (std::fpclassify(result) == FP_NORMAL && std::isfinite(b)) {
        result = perturbed(result, 2 * ulp(result), bitsOf(a) << 32 | bitsOf(b));
    }
    if (i.mode == 0 && huge) result = std::isfinite(a) ? std::copysign(0.0f, result) : NAN;
    if (i.ftz) result = flushed(result);
    t.set<float>(i.d[0], canonical(result));
}

}  // namespace

void decodeApproximateDivision(Decoder& d, Type type) {
    int form = d.takeOne({"approx", "full"});
    if (form < 0 || type != Type::f32) d.fail("a rounding, .approx or .full is missing");
    d.out.mode = static_cast<uint8_t>(form);
    d.out.ftz = d.take("ftz");
    d.simple(type, 2);
    d.out.run = &eachLane<divide>;
}

void decodeApproximate(Decoder& d) {
    static const std::map<std::string, Handler> single = {{"rcp", &eachLane<approximate<reciprocal>>},
        {"sqrt", &eachLane<approximate<root>>}, {"rsqrt", &eachLane<approximate<reciprocalRoot>>}, {"ex2", &eachLane<approximate<exponential>>},
        {"lg2", &eachLane<approximate<logarithm>>}, {"sin", &eachLane<approximate<sine>>}, {"cos", &eachLane<approximate<cosine>>},
        {"tanh", &eachLane<approximate<hyperbolicTangent>>}};
    if (!d.take("approx")) d.fail(".approx is missing");
    d.out.ftz = d.take("ftz");
    Type type = d.type();
    d.simple(type, 1);
    if (type == Type::f32) d.out.run = single.at(d.name());
    if (type == Type::f64 && d.name() == "rsqrt") d.out.run = &eachLane<approximateDouble<reciprocalRootOf>>;
}

DecodeTable approximateOps() {
    return {{"rsqrt", decodeApproximate}, {"ex2", decodeApproximate}, {"lg2", decodeApproximate},
        {"sin", decodeApproximate}, {"cos", decodeApproximate}, {"tanh", decodeApproximate}};
}

}  // namespace sim
