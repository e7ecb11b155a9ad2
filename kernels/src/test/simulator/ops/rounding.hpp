// Rounding modes other than nearest-even, by the processor's own mode. Compiled with -frounding-math.
#pragma once

#include "ptx/decoder.hpp"

#include <cfenv>

namespace sim {

template <class T, class F>
T rounded(Rounding rounding, F compute) {
    static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD, FE_TONEAREST};
    fesetround(modes[static_cast<int>(rounding)]);
    asm volatile("" ::: "memory");
    volatile T result = compute();
    asm volatile("" ::: "memory");
    fesetround(FE_TONEAREST);
    return result;
}

/// .approx forms of rcp, sqrt, rsqrt, ex2, lg2, sin, cos, tanh, and of div (also .full).
void decodeApproximate(Decoder& decoder);
void decodeApproximateDivision(Decoder& decoder, Type type);

}  // namespace sim
