/* The float32 arithmetic between integers and reals, to the bit.
 *
 * PyTorch's CPU kernels round in three ways, and halves are frequent (0.05 becomes steps of 0.1), so which
 * one is taken shows in every second tensor. What runs in vectors multiplies and rounds, then adds the zero
 * point; what is left over at a run's end adds the zero point first; whole tensors (fbgemm) do that too, with
 * one rounding for both (a fused multiply-add). Sources: fbgemm/QuantUtils.h, fbgemm/src/QuantUtilsAvx2.cc,
 * aten/src/ATen/cpu/vec/vec256/vec256_qint.h, aten/src/ATen/native/quantized/AffineQuantizerBase.cpp. */
#ifndef LINKBOY_OPS_QUANTIZED_ARITHMETIC_H
#define LINKBOY_OPS_QUANTIZED_ARITHMETIC_H
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct integer_range {
    int32_t low, high;
};

/* One scale and zero point as kernels use them. */
struct affine {
    float scale, inverse;
    int32_t zero_point;
    struct integer_range range; /* of the integers' dtype */
};

static inline struct affine affine_of(double scale, int64_t zero_point, struct integer_range range) {
    return (struct affine){(float)scale, 1.0f / (float)scale, (int32_t)zero_point, range};
}

static inline int32_t clamp_integer(int64_t x, struct integer_range range) {
    return x < range.low ? range.low : x > range.high ? range.high : (int32_t)x;
}

/* x86's cvtps2dq: to nearest even; NaN and what does not fit is the smallest integer. */
static inline int32_t round_in_vector(float x) {
    float rounded = nearbyintf(x);
    return rounded >= -0x1p31f && rounded < 0x1p31f ? (int32_t)rounded : INT32_MIN;
}

/* fbgemm::clamp of a double; NaN falls through it, and its cast gives the integer's lowest bits of 2^31. */
static inline int32_t clamp_rounded(double x, struct integer_range range) {
    if (x != x) return range.low < -128 ? INT32_MIN : 0;
    return x < range.low ? range.low : x > range.high ? range.high : (int32_t)x;
}

/* at::native::quantize_val */
static inline int32_t quantize_scalar(float real, const struct affine *q) {
    float scaled = real * q->inverse;
    return clamp_rounded((double)nearbyintf((float)q->zero_point + scaled), q->range);
}

/* Vectorized<quint8>::quantize and its kin; 32-bit integers have no vector form. */
static inline int32_t quantize_vector(float real, const struct affine *q) {
    if (q->range.high > 255) return quantize_scalar(real, q);
    return clamp_integer((int64_t)round_in_vector(real * q->inverse) + q->zero_point, q->range);
}

/* fbgemm::Quantize over a tensor. */
static inline int32_t quantize_whole(float real, const struct affine *q) {
    if (q->range.high > 255) return quantize_scalar(real, q);
    float shifted = fmaf(real, q->inverse, (float)q->zero_point);
    const float most = 0x1p31f - 128;
    return clamp_integer(round_in_vector(shifted < most ? shifted : most), q->range);
}

/* at::native::dequantize_val */
static inline float dequantize_scalar(int32_t integer, const struct affine *q) {
    return q->scale * (float)(int32_t)((uint32_t)integer - (uint32_t)q->zero_point);
}

/* Vectorized<quint8>::dequantize with the product of scale and zero point made beforehand. */
static inline float dequantize_vector(int32_t integer, const struct affine *q) {
    return fmaf(q->scale, (float)integer, q->scale * -(float)q->zero_point);
}

/* requantize_from_int: a sum of integers times a real multiplier. */
static inline int32_t requantize(int64_t sum, float multiplier, const struct affine *q) {
    return clamp_integer((int64_t)round_in_vector((float)sum * multiplier) + q->zero_point, q->range);
}
#endif
