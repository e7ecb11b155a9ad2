// Rounding modes other than nearest-even, by the processor's own mode. Compiled with -frounding-math.
#pragma once

#include "ptx/decoder.hpp"

#include <cfenv>

namespace sim {

/// compute(operands...). Operands and result are volatile so that nothing is computed before or after the mode is set.
template <class T, class F, class... A>
T rounded(Rounding rounding, F compute, volatile A... operands) {
    static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD, FE_TONEAREST};
    fesetround(modes[static_cast<int>(rounding)]);
    volatile T result = compute(operands...);
    fesetround(FE_TONEAREST);
    return result;
}

/// .approx forms of rcp, sqrt, rsqrt, ex2, lg2, sin, cos, tanh, and of div (also .full).
void decodeApproximate(Decoder& decoder);
void decodeApproximateDivision(Decoder& decoder, Type type);

}  // namespace sim
