// The approximate functions. A device's last bits differ from model to model; here they are rounded from double, which
// is inside every bound that PTX states. What PTX fixes (zeros, infinities, subnormals of .ftz) is kept.
#include "ops/kit.hpp"
#include "ops/rounding.hpp"

#include <cmath>

namespace sim {
namespace {

using Function = double (*)(double);

template <Function f>
void approximate(Thread& t, const Instr& i) {
    float a = t.get<float>(i.s[0]);
    if (i.ftz) a = flushed(a);
    auto result = static_cast<float>(f(static_cast<double>(a)));
    if (i.ftz) result = flushed(result);
    t.set<float>(i.d[0], canonical(result));
}

template <Function f>
void approximateDouble(Thread& t, const Instr& i) {
    t.set<double>(i.d[0], f(t.get<double>(i.s[0])));
}

double reciprocal(double a) { return 1 / a; }
double root(double a) { return std::sqrt(a); }
double reciprocalRoot(double a) { return 1 / std::sqrt(a); }
double exp2Of(double a) { return std::exp2(a); }
double log2Of(double a) { return std::log2(a); }
double sinOf(double a) { return std::sin(a); }
double cosOf(double a) { return std::cos(a); }
double tanhOf(double a) { return std::tanh(a); }

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
        {"sqrt", &eachLane<approximate<root>>}, {"rsqrt", &eachLane<approximate<reciprocalRoot>>}, {"ex2", &eachLane<approximate<exp2Of>>},
        {"lg2", &eachLane<approximate<log2Of>>}, {"sin", &eachLane<approximate<sinOf>>}, {"cos", &eachLane<approximate<cosOf>>},
        {"tanh", &eachLane<approximate<tanhOf>>}};
    if (!d.take("approx")) d.fail(".approx is missing");
    d.out.ftz = d.take("ftz");
    Type type = d.type();
    d.simple(type, 1);
    if (type == Type::f32) d.out.run = single.at(d.name());
    if (type == Type::f64 && d.name() == "rsqrt") d.out.run = &eachLane<approximateDouble<reciprocalRoot>>;
}

DecodeTable approximateOps() {
    return {{"rsqrt", decodeApproximate}, {"ex2", decodeApproximate}, {"lg2", decodeApproximate},
        {"sin", decodeApproximate}, {"cos", decodeApproximate}, {"tanh", decodeApproximate}};
}

}  // namespace sim
