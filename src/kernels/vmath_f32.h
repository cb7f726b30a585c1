/* vmath_f32.h: the elementary functions of float on one vector, for whoever has a vector in hand.
 *
 * f32_NAME(x) computes it for every lane; unary.c makes loops of them, softmax and the epilogues use them
 * directly. Largest errors against the exact value are written at each function in units in the last place
 * (ulp); NaN, infinities and the sign of zero come out as PyTorch's do. Coefficients are minimax fits made
 * for these intervals. The technique is Cody and Waite's: reduce by a constant in several parts, then a
 * polynomial. */
#ifndef KERNELS_VMATH_F32_H
#define KERNELS_VMATH_F32_H

#include "kernels/vec.h"

#define F32_INFINITY vf_set1(__builtin_inff())
#define F32_NAN      vf_set1(__builtin_nanf(""))

/* Horner's rule over `count` coefficients, highest power first. */
ALWAYS_INLINE vf f32_polynomial(vf x, const float *c, int count) {
    vf sum = vf_set1(c[0]);
    UNROLL
    for (int i = 1; i < count; i++) sum = vf_fma(sum, x, vf_set1(c[i]));
    return sum;
}

/* x = n ln 2 + r, |r| <= ln 2 / 2. ln 2 in two parts, the first with so few bits that n times it is exact. */
ALWAYS_INLINE vf f32_reduce_exp(vf x, vf *n) {
    *n = vf_round(x * 1.44269504f);
    return vf_fnma(*n, vf_set1(-2.12194440e-4f), vf_fnma(*n, vf_set1(0.693359375f), x));
}

/* exp(r) - 1 for |r| <= ln 2 / 2. */
ALWAYS_INLINE vf f32_expm1_reduced(vf r) {
    static const float c[] = {0.001381453825160861f, 0.00836874544620514f, 0.04166838899254799f,
                              0.1666652113199234f, 0.4999999403953552f};
    return vf_fma(f32_polynomial(r, c, 5), r * r, r);
}

/* 1 ulp. */
ALWAYS_INLINE vf f32_exp(vf x) {
    vf n, clamped = vf_max(vf_set1(-105.0f), vf_min(vf_set1(89.0f), x));
    vf r = f32_reduce_exp(clamped, &n);
    return vf_scale(f32_expm1_reduced(r) + 1.0f, n);
}

/* 1.4 ulp. */
ALWAYS_INLINE vf f32_expm1(vf x) {
    vf n, clamped = vf_max(vf_set1(-30.0f), vf_min(vf_set1(89.0f), x));
    vf r = f32_reduce_exp(clamped, &n);
    vf p = f32_expm1_reduced(r);
    /* 2^n - 1 is exact where it matters; at n = 128 the product is formed from 2^127. */
    vf half = vf_scale(vf_set1(0.5f), n);
    vf result = 2.0f * vf_fma(p, half, half - 0.5f);
    return vf_select(vf_eq(x, (vf){0}), x, result);
}

ALWAYS_INLINE vf f32_exp2(vf x) {
    vf clamped = vf_max(vf_set1(-152.0f), vf_min(vf_set1(130.0f), x));
    vf n = vf_round(clamped);
    vf f = clamped - n;
    vf r = vf_fma(f, vf_set1(0.69314718f), f * 1.9046542e-9f);
    return vf_scale(f32_expm1_reduced(r) + 1.0f, n);
}

/* x = m 2^e, m in [sqrt 1/2, sqrt 2); x positive and finite, small numbers scaled up before. */
ALWAYS_INLINE vf f32_split(vf x, vf *e) {
    vfm small = vf_lt(x, vf_set1(1.17549435e-38f));
    x = vf_select(small, x * 8388608.0f, x);
    vi bits = (vi)((vu)x - 0x3f3504f3u); /* unsigned: what is not positive may wrap */
    vi exponent = bits >> 23;
    *e = __builtin_convertvector(exponent, vf) - vf_select(small, vf_set1(23.0f), (vf){0});
    return (vf)((bits & 0x007fffff) + 0x3f3504f3);
}

/* log(1 + f) - f for 1 + f in [sqrt 1/2, sqrt 2). */
ALWAYS_INLINE vf f32_log_tail(vf f) {
    static const float c[] = {0.06747692078351974f,  -0.11677505075931549f, 0.11888708919286728f,
                              -0.12405342608690262f, 0.14219450950622559f,  -0.16668005287647247f,
                              0.20002123713493347f,  -0.25000008940696716f, 0.3333331346511841f};
    vf square = f * f;
    return vf_fma(f32_polynomial(f, c, 9) * f, square, -0.5f * square);
}

/* What every logarithm gives outside the positive finite numbers: -inf at 0, NaN below, x at +inf and NaN. */
ALWAYS_INLINE vf f32_log_edges(vf x, vf result) {
    result = vf_select(vf_lt(x, F32_INFINITY), result, x);
    result = vf_select(vf_eq(x, (vf){0}), -F32_INFINITY, result);
    return vf_select(vf_lt(x, (vf){0}), F32_NAN, result);
}

/* 0.8 ulp. */
ALWAYS_INLINE vf f32_log(vf x) {
    vf e, f = f32_split(x, &e) - 1.0f;
    vf tail = vf_fma(e, vf_set1(-2.12194440e-4f), f32_log_tail(f));
    return f32_log_edges(x, vf_fma(e, vf_set1(0.693359375f), f + tail));
}

/* log(x) in base 2 or 10: the large part of f / log(base) is exact in 12 bits. */
ALWAYS_INLINE vf f32_log_base(vf x, float scale, float scale_high, float scale_low, float unit_high,
                              float unit_low) {
    vf e, f = f32_split(x, &e) - 1.0f;
    vf tail = f32_log_tail(f);
    vf high = (vf)((vi)(f + tail) & vi_set1(-4096));
    vf low = tail - (high - f);
    vf result = vf_fma(low, vf_set1(scale), high * scale_low);
    result = vf_fma(e, vf_set1(unit_low), result);
    result = vf_fma(high, vf_set1(scale_high), result);
    return f32_log_edges(x, vf_fma(e, vf_set1(unit_high), result));
}

ALWAYS_INLINE vf f32_log2(vf x) {
    return f32_log_base(x, 1.44269504f, 1.4423828125f, 3.1222825e-4f, 1.0f, 0.0f);
}

ALWAYS_INLINE vf f32_log10(vf x) {
    return f32_log_base(x, 0.43429448f, 0.43408203125f, 2.1245078e-4f, 0.30078125f, 2.4875127e-4f);
}

/* log(u) + (x - (u - 1)) / u with u = 1 + x: 0.8 ulp. */
ALWAYS_INLINE vf f32_log1p(vf x) {
    vf u = 1.0f + x;
    vf e, f = f32_split(u, &e) - 1.0f;
    vf rest = (x - (u - 1.0f)) / u;
    vf tail = vf_fma(e, vf_set1(-2.12194440e-4f), f32_log_tail(f)) + rest;
    vf result = vf_fma(e, vf_set1(0.693359375f), f + tail);
    result = f32_log_edges(u, result);
    return vf_select(vf_eq(x, (vf){0}), x, result);
}

/* t / (t + 2), t = exp(2|x|) - 1: 2.5 ulp. */
ALWAYS_INLINE vf f32_tanh(vf x) {
    vf size = vf_min(vf_set1(10.0f), vf_abs(x));
    vf n, r = f32_reduce_exp(size + size, &n);
    vf p = f32_expm1_reduced(r), power = vf_scale(vf_set1(1.0f), n);
    vf t = vf_fma(p, power, power - 1.0f);
    return vf_copysign(t / (t + 2.0f), x);
}

/* exp(-x) may overflow: that gives the 0 which PyTorch gives. */
ALWAYS_INLINE vf f32_sigmoid(vf x) {
    return 1.0f / (1.0f + f32_exp(-x));
}
ALWAYS_INLINE vf f32_silu(vf x) {
    return x / (1.0f + f32_exp(-x));
}

/* (t + t / (t + 1)) / 2, t = exp|x| - 1; where that overflows too early, exp(|x| / 2)^2 / 2. */
ALWAYS_INLINE vf f32_sinh(vf x) {
    vf size = vf_abs(x), t = f32_expm1(vf_min(vf_set1(80.0f), size)), half = f32_exp(0.5f * size);
    vf result = vf_select(vf_lt(vf_set1(80.0f), size), 0.5f * half * half, 0.5f * (t + t / (t + 1.0f)));
    return vf_copysign(vf_select(vf_ne(x, x), x, result), x);
}

ALWAYS_INLINE vf f32_cosh(vf x) {
    vf size = vf_abs(x), e = f32_exp(vf_min(vf_set1(80.0f), size)), half = f32_exp(0.5f * size);
    vf result = vf_select(vf_lt(vf_set1(80.0f), size), 0.5f * half * half, 0.5f * e + 0.5f / e);
    return vf_select(vf_ne(x, x), x, result);
}

/* Reduced by pi / 2 (above tan 3 pi / 8) or pi / 4 (above tan pi / 8). 2.5 ulp. */
ALWAYS_INLINE vf f32_atan(vf x) {
    static const float c[] = {8.05374449538e-2f, -1.38776856032e-1f, 1.99777106478e-1f, -3.33329491539e-1f};
    vf size = vf_abs(x), one = vf_set1(1.0f);
    vfm large = vf_lt(vf_set1(2.414213562f), size), middle = vf_lt(vf_set1(0.414213562f), size);
    vf above = vf_select(large, -one, size - 1.0f), below = vf_select(large, size, size + 1.0f);
    vf r = vf_select(middle, above / below, size), z = r * r;
    vf offset =
        vf_select(large, vf_set1(1.57079632679f), vf_select(middle, vf_set1(0.78539816340f), (vf){0}));
    return vf_copysign(offset + vf_fma(f32_polynomial(z, c, 4) * z, r, r), x);
}

/* asin(r) for |r| <= 1/2. */
ALWAYS_INLINE vf f32_asin_reduced(vf r) {
    static const float c[] = {0.04216625913977623f, 0.02417954057455063f, 0.04547037184238434f,
                              0.07495297491550446f, 0.16666752099990845f};
    vf z = r * r;
    return vf_fma(f32_polynomial(z, c, 5) * z, r, r);
}

/* Above 1/2 by the half angle: pi / 2 - 2 asin(sqrt((1 - x) / 2)). 2 ulp. */
ALWAYS_INLINE vf f32_asin(vf x) {
    vf size = vf_abs(x);
    vfm far = vf_lt(vf_set1(0.5f), size);
    vf arc = f32_asin_reduced(vf_select(far, vf_sqrt((1.0f - size) * 0.5f), size));
    vf turned = vf_fma(arc, vf_set1(-2.0f), vf_set1(1.57079637f)) - 4.37113883e-8f;
    return vf_copysign(vf_select(far, turned, arc), x);
}

/* 2 ulp. */
ALWAYS_INLINE vf f32_acos(vf x) {
    vf size = vf_abs(x);
    vfm far = vf_lt(vf_set1(0.5f), size), negative = vf_lt(x, (vf){0});
    vf arc = f32_asin_reduced(vf_select(far, vf_sqrt((1.0f - size) * 0.5f), size));
    vf twice = arc + arc;
    vf outer = vf_select(negative, vf_set1(3.14159265f) - twice, twice);
    vf inner = vf_set1(1.57079633f) - (vf_copysign(arc, x) + 4.37113883e-8f);
    return vf_select(far, outer, inner);
}

/* Below 0.93 x + x P(x^2), above 1 - exp(-x (1 + Q(x))): 1 ulp. */
ALWAYS_INLINE vf f32_erf(vf x) {
    static const float small[] = {8.316772436955944e-05f, -0.0008130011847242713f, 0.005199906416237354f,
                                  -0.026858940720558167f, 0.11283687502145767f,    -0.37612631916999817f,
                                  0.12837916612625122f};
    static const float large[] = {4.938213351124432e-06f, -4.5581171434605494e-05f, -4.9586829845793545e-05f,
                                  0.002930157817900181f,  -0.022674139589071274f,   0.10526269674301147f,
                                  0.6356252431869507f,    0.12855175137519836f};
    vf size = vf_min(vf_set1(3.95f), vf_abs(x));
    vf near = vf_fma(f32_polynomial(x * x, small, 7), x, x);
    vf exponent = vf_fma(f32_polynomial(size, large, 8), size, size);
    vf far = vf_copysign(1.0f - f32_exp(-exponent), x);
    return vf_select(vf_lt(size, vf_set1(0.93f)), near, far);
}

/* x (1 + erf(x / sqrt 2)) / 2, as aten's GELU is written. */
ALWAYS_INLINE vf f32_gelu(vf x) {
    return x * 0.5f * (1.0f + f32_erf(x * 0.70710678f));
}

/* x sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3): the same number as x (1 + tanh u) / 2 without its
 * cancellation. exp is not let overflow, so that -inf gives the NaN of -inf * 0 only where PyTorch does. */
ALWAYS_INLINE vf f32_gelu_tanh(vf x) {
    vf u = 0.79788456f * vf_fma(x * x * x, vf_set1(0.044715f), x);
    return x / (1.0f + f32_exp(-2.0f * u));
}

ALWAYS_INLINE vf f32_softplus(vf x) {
    vf result = f32_log1p(f32_exp(vf_min(vf_set1(20.0f), x)));
    return vf_select(vf_lt(vf_set1(20.0f), x), x, result);
}

/* min(x, 0) - log1p(exp(-|x|)) */
ALWAYS_INLINE vf f32_log_sigmoid(vf x) {
    return vf_min((vf){0}, x) - f32_log1p(f32_exp(-vf_abs(x)));
}

ALWAYS_INLINE vf f32_mish(vf x) {
    return x * f32_tanh(f32_softplus(x));
}

/* sine of r or cosine of r for |r| <= pi / 4, chosen by the lowest bit of quadrant; its next bit flips the
 * sign. */
ALWAYS_INLINE vf f32_sin_reduced(vf r, vi quadrant) {
    static const float s[] = {2.71823728326126e-06f, -0.00019839327433146536f, 0.008333329111337662f,
                              -0.1666666716337204f};
    static const float c[] = {-2.720954626056482e-07f, 2.479951217537746e-05f, -0.0013888883404433727f,
                              0.0416666679084301f};
    vf square = r * r;
    vf sine = vf_fma(f32_polynomial(square, s, 4) * square, r, r);
    vf cosine =
        vf_fma(f32_polynomial(square, c, 4) * square, square, vf_fma(square, vf_set1(-0.5f), vf_set1(1.0f)));
    vfm swap = vi_lt((quadrant << 31) >> 31, (vi){0});
    vf result = vf_select(swap, cosine, sine);
    return (vf)((vi)result ^ ((quadrant & 2) << 30));
}

/* x reduced by multiples of pi / 2 in double, half a vector at a time: exact enough to 1e6. */
ALWAYS_INLINE vd f32_reduce_half(vd x, vd *n) {
    *n = vd_round(x * 0.63661977236758134308);
    return vd_fnma(*n, vd_set1(6.077100506506192e-11), vd_fnma(*n, vd_set1(1.5707963267341256), x));
}

#define F32_SIN_LIMIT 1e6f

/* sin(x + shift pi / 2); lanes with |x| of F32_SIN_LIMIT or more are the caller's. 1.5 ulp. */
ALWAYS_INLINE vf f32_sin_wide(vf x, int shift) {
    vd low, high;
    vd r_low = f32_reduce_half(vd_from_low(x), &low), r_high = f32_reduce_half(vd_from_high(x), &high);
    vf n = vf_from_vd(low, high);
    n = vf_select(vf_lt(vf_abs(n), vf_set1(2e6f)), n, (vf){0});
    return f32_sin_reduced(vf_from_vd(r_low, r_high), __builtin_convertvector(n, vi) + shift);
}

/* The same for |x| up to F32_SIN_NEAR, where pi / 2 in three floats is enough; needs a fused multiply-add. */
#define F32_SIN_NEAR 1e4f

ALWAYS_INLINE vf f32_sin_near(vf x, int shift) {
    vf n = vf_round(x * 0.636619772f);
    vf r = vf_fnma(n, vf_set1(1.57079637f), x);
    r = vf_fnma(n, vf_set1(-4.37113900e-8f), r);
    r = vf_fnma(n, vf_set1(-1.71512451e-15f), r);
    return f32_sin_reduced(r, __builtin_convertvector(n, vi) + shift);
}

#endif
