// Operands are widened and packed first, so that the inner loops go over neighbouring channels. A, the type in which
// products and sums are kept, is double or float.
#include "cudnn/convolve.hpp"

#include <cmath>
#include <cstring>

// vector instructions where the machine has them: the results are the same, since nothing is contracted or reordered
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORIZED __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define VECTORIZED
#endif

namespace dnn {
namespace {

float widen(uint16_t upper) {
    uint32_t bits = static_cast<uint32_t>(upper) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/// Drops the lowest bits of the fraction, to nearest, ties to even.
uint32_t rounded(float value, unsigned bits) {
    uint32_t word;
    memcpy(&word, &value, 4);
    uint32_t unit = 1u << bits;
    if (std::isnan(value)) return (word | 0x400000u) & ~(unit - 1);
    return (word + unit / 2 - 1 + (word >> bits & 1)) & ~(unit - 1);
}

uint16_t narrow(float value) { return static_cast<uint16_t>(rounded(value, 16) >> 16); }

float toTf32(float value) {
    uint32_t word = rounded(value, 13);
    memcpy(&value, &word, 4);
    return value;
}

float load(const void* data, DataType type, int64_t index) {
    return type == BFLOAT16 ? widen(static_cast<const uint16_t*>(data)[index]) : static_cast<const float*>(data)[index];
}

void store(void* data, DataType type, int64_t index, float value) {
    if (type == BFLOAT16) static_cast<uint16_t*>(data)[index] = narrow(value);
    else static_cast<float*>(data)[index] = value;
}

/// Calls visit(index in the packed tensor, index in memory) for the elements in the order NHWC.
template <class F>
void each(const Tensor& t, F visit) {
    int64_t packed = 0;
    for (int64_t n = 0; n < t.dims[0]; n++)
        for (int64_t h = 0; h < t.dims[2]; h++)
            for (int64_t w = 0; w < t.dims[3]; w++) {
                int64_t pixel = n * t.strides[0] + h * t.strides[2] + w * t.strides[3];
                for (int64_t c = 0; c < t.dims[1]; c++) visit(packed++, pixel + c);
            }
}

template <class A>
std::vector<A> unpack(const Tensor& t, const void* data, bool tf32) {
    std::vector<A> values(t.elements());
    each(t, [&](int64_t packed, int64_t index) {
        float value = load(data, t.type, index);
        values[packed] = tf32 ? toTf32(value) : value;
    });
    return values;
}

template <class A>
void pack(const Geometry& g, const Tensor& t, const std::vector<A>& values, void* data) {
    each(t, [&](int64_t packed, int64_t index) {
        A value = static_cast<A>(g.alpha) * values[packed];
        if (g.beta != 0) value += static_cast<A>(g.beta) * static_cast<A>(load(data, t.type, index));
        store(data, t.type, index, static_cast<float>(value));
    });
}

/// sums[i] += scale * row[i]
VECTORIZED void addRow(double* sums, const double* row, double scale, int64_t count) {
    for (int64_t i = 0; i < count; i++) sums[i] += scale * row[i];
}
VECTORIZED void addRow(float* sums, const float* row, float scale, int64_t count) {
    for (int64_t i = 0; i < count; i++) sums[i] += scale * row[i];
}

/// sums[i] += scales[0] * rows[i], then the next row, and so on
VECTORIZED void addRows(double* sums, const double* rows, const double* scales, int64_t number, int64_t step,
                        int64_t count) {
    int64_t j = 0;
    for (; j + 4 <= number; j += 4) {
        const double *a = rows + j * step, *b = a + step, *c = b + step, *d = c + step;
        const double p = scales[j], q = scales[j + 1], r = scales[j + 2], s = scales[j + 3];
        for (int64_t i = 0; i < count; i++) sums[i] = (((sums[i] + p * a[i]) + q * b[i]) + r * c[i]) + s * d[i];
    }
    for (; j < number; j++) {
        const double* a = rows + j * step;
        for (int64_t i = 0; i < count; i++) sums[i] += scales[j] * a[i];
    }
}
VECTORIZED void addRows(float* sums, const float* rows, const float* scales, int64_t number, int64_t step,
                        int64_t count) {
    for (int64_t j = 0; j < number; j++) {
        const float* a = rows + j * step;
        for (int64_t i = 0; i < count; i++) sums[i] += scales[j] * a[i];
    }
}

/// Calls visit(pixel of x, pixel of y, tap) for every pair that a tap of the kernel joins; taps from `first` on, in turn.
template <class F>
void pairs(const Geometry& g, unsigned first, bool byOutput, F visit) {
    const int64_t height = g.x.dims[2], width = g.x.dims[3], outH = g.y.dims[2], outW = g.y.dims[3];
    const int64_t kernelW = g.w.dims[3], taps = g.w.dims[2] * kernelW;
    for (int64_t n = 0; n < g.x.dims[0]; n++) {
        auto around = [&](int64_t p, int64_t q) {
            for (int64_t t = 0; t < taps; t++) {
                int64_t tap = (t + first) % taps;
                int64_t h = p * g.stride[0] - g.pad[0] + tap / kernelW * g.dilation[0];
                int64_t w = q * g.stride[1] - g.pad[1] + tap % kernelW * g.dilation[1];
                if (h < 0 || h >= height || w < 0 || w >= width) continue;
                visit((n * height + h) * width + w, (n * outH + p) * outW + q, tap);
            }
        };
        // the order in which an engine goes over the pixels is its own affair; an unordered one begins elsewhere
        int64_t pixels = outH * outW;
        for (int64_t i = 0; i < pixels; i++) {
            int64_t pixel = byOutput ? i : (i + first * 7) % pixels;
            around(pixel / outW, pixel % outW);
        }
    }
}

template <class A>
std::vector<A> forward(const Geometry& g, const std::vector<A>& x, const std::vector<A>& w) {
    const int64_t c = g.x.dims[1], k = g.w.dims[0], taps = g.w.dims[2] * g.w.dims[3];
    const int64_t cg = c / g.groups, kg = k / g.groups;
    // (tap, c, k): filters next to each other
    std::vector<A> turned(w.size());
    for (int64_t o = 0; o < k; o++)
        for (int64_t t = 0; t < taps; t++)
            for (int64_t i = 0; i < cg; i++) turned[(t * cg + i) * k + o] = w[(o * taps + t) * cg + i];
    std::vector<A> y(g.y.elements());
    pairs(g, 0, true, [&](int64_t xPixel, int64_t yPixel, int64_t tap) {
        const A* rows = turned.data() + tap * cg * k;
        for (int64_t group = 0; group < g.groups; group++) {
            addRows(y.data() + yPixel * k + group * kg, rows + group * kg, x.data() + xPixel * c + group * cg, cg, k, kg);
        }
    });
    return y;
}

template <class A>
std::vector<A> backwardData(const Geometry& g, unsigned turn, const std::vector<A>& w, const std::vector<A>& dy) {
    const int64_t c = g.x.dims[1], k = g.w.dims[0], taps = g.w.dims[2] * g.w.dims[3];
    const int64_t cg = c / g.groups, kg = k / g.groups;
    std::vector<A> dx(g.x.elements());
    pairs(g, turn, false, [&](int64_t xPixel, int64_t yPixel, int64_t tap) {
        for (int64_t group = 0; group < g.groups; group++) {
            addRows(dx.data() + xPixel * c + group * cg, w.data() + (group * kg * taps + tap) * cg,
                    dy.data() + yPixel * k + group * kg, kg, taps * cg, cg);
        }
    });
    return dx;
}

template <class A>
std::vector<A> backwardWeights(const Geometry& g, unsigned turn, const std::vector<A>& x, const std::vector<A>& dy) {
    const int64_t c = g.x.dims[1], k = g.w.dims[0], taps = g.w.dims[2] * g.w.dims[3];
    const int64_t cg = c / g.groups, kg = k / g.groups;
    std::vector<A> dw(g.w.elements());
    pairs(g, turn, false, [&](int64_t xPixel, int64_t yPixel, int64_t tap) {
        for (int64_t o = 0; o < k; o++) {
            addRow(dw.data() + (o * taps + tap) * cg, x.data() + xPixel * c + o / kg * cg, dy[yPixel * k + o], cg);
        }
    });
    return dw;
}

template <class A>
void convolve(const Geometry& g, unsigned turn, bool tf32, void* x, void* w, void* y) {
    switch (g.kind) {
        case FORWARD: pack(g, g.y, forward(g, unpack<A>(g.x, x, tf32), unpack<A>(g.w, w, tf32)), y); break;
        case BACKWARD_DATA:
            pack(g, g.x, backwardData(g, turn, unpack<A>(g.w, w, tf32), unpack<A>(g.y, y, tf32)), x);
            break;
        default: pack(g, g.w, backwardWeights(g, turn, unpack<A>(g.x, x, tf32), unpack<A>(g.y, y, tf32)), w);
    }
}

}  // namespace

void convolve(const Geometry& geometry, Arithmetic arithmetic, unsigned turn, void* x, void* w, void* y) {
    switch (arithmetic) {
        case Arithmetic::DOUBLE: return convolve<double>(geometry, 0, false, x, w, y);
        case Arithmetic::TF32: return convolve<double>(geometry, 0, geometry.x.type == FLOAT32, x, w, y);
        case Arithmetic::SINGLE: return convolve<float>(geometry, 0, false, x, w, y);
        case Arithmetic::UNORDERED: return convolve<float>(geometry, turn, false, x, w, y);
    }
}

}  // namespace dnn
