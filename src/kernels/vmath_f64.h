/* vmath_f64.h: elementary functions of double on one vector, as vmath_f32.h has them for float.
 *
 * Only those that networks meet in numbers are here (exp, log and what is built of them); the others go
 * through libm one by one in unary.c. Errors are below 2 ulp. */
#ifndef KERNELS_VMATH_F64_H
#define KERNELS_VMATH_F64_H

#include "kernels/vec.h"

#define F64_INFINITY vd_set1(__builtin_inf())
#define F64_NAN      vd_set1(__builtin_nan(""))

ALWAYS_INLINE vd f64_polynomial(vd x, const double *c, int count) {
    vd sum = vd_set1(c[0]);
    UNROLL
    for (int i = 1; i < count; i++) sum = vd_fma(sum, x, vd_set1(c[i]));
    return sum;
}

ALWAYS_INLINE vd f64_reduce_exp(vd x, vd *n) {
    *n = vd_round(x * 1.4426950408889634074);
    return vd_fnma(*n, vd_set1(1.90821492927058770002e-10),
                   vd_fnma(*n, vd_set1(6.93147180369123816490e-01), x));
}

/* exp(r) - 1 for |r| <= ln 2 / 2: the series to r^13. */
ALWAYS_INLINE vd f64_expm1_reduced(vd r) {
    static const double c[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                               1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                               1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
    return vd_fma(f64_polynomial(r, c, 12), r * r, r);
}

ALWAYS_INLINE vd f64_exp(vd x) {
    vd n, clamped = vd_max(vd_set1(-750.0), vd_min(vd_set1(710.0), x));
    vd r = f64_reduce_exp(clamped, &n);
    return vd_scale(f64_expm1_reduced(r) + 1.0, n);
}

ALWAYS_INLINE vd f64_expm1(vd x) {
    vd n, clamped = vd_max(vd_set1(-50.0), vd_min(vd_set1(710.0), x));
    vd r = f64_reduce_exp(clamped, &n);
    vd p = f64_expm1_reduced(r), half = vd_scale(vd_set1(0.5), n);
    vd result = 2.0 * vd_fma(p, half, half - 0.5);
    return vd_select(vd_eq(x, (vd){0}), x, result);
}

ALWAYS_INLINE vd f64_split(vd x, vd *e) {
    vdm small = vd_lt(x, vd_set1(2.2250738585072014e-308));
    x = vd_select(small, x * 4503599627370496.0, x);
    vl bits = (vl)((vul)x - 0x3fe6a09e667f3bcdULL); /* unsigned: what is not positive may wrap */
    vl exponent = bits >> 52;
    *e = __builtin_convertvector(exponent, vd) - vd_select(small, vd_set1(52.0), (vd){0});
    return (vd)((bits & 0x000fffffffffffffLL) + 0x3fe6a09e667f3bcdLL);
}

/* log(1 + f) - f by s = f / (2 + f): f^2 / 2 is taken out whole, as fdlibm's e_log.c explains. */
ALWAYS_INLINE vd f64_log_tail(vd f) {
    static const double c[] = {0.14921018423092416, 0.15300771633454002, 0.18184101548405407,
                               0.2222218818160017,  0.28571428840784757, 0.39999999999003283,
                               0.6666666666666788};
    vd s = f / (2.0 + f), z = s * s, square = 0.5 * f * f;
    vd r = f64_polynomial(z, c, 7) * z;
    return vd_fma(s, square + r, -square);
}

ALWAYS_INLINE vd f64_log_edges(vd x, vd result) {
    result = vd_select(vd_lt(x, F64_INFINITY), result, x);
    result = vd_select(vd_eq(x, (vd){0}), -F64_INFINITY, result);
    return vd_select(vd_lt(x, (vd){0}), F64_NAN, result);
}

#define F64_LN2_HIGH 6.93147180369123816490e-01
#define F64_LN2_LOW  1.90821492927058770002e-10

ALWAYS_INLINE vd f64_log(vd x) {
    vd e, f = f64_split(x, &e) - 1.0;
    vd tail = vd_fma(e, vd_set1(F64_LN2_LOW), f64_log_tail(f));
    return f64_log_edges(x, vd_fma(e, vd_set1(F64_LN2_HIGH), f + tail));
}

ALWAYS_INLINE vd f64_log1p(vd x) {
    vd u = 1.0 + x;
    vd e, f = f64_split(u, &e) - 1.0;
    vd tail = vd_fma(e, vd_set1(F64_LN2_LOW), f64_log_tail(f)) + (x - (u - 1.0)) / u;
    vd result = f64_log_edges(u, vd_fma(e, vd_set1(F64_LN2_HIGH), f + tail));
    return vd_select(vd_eq(x, (vd){0}), x, result);
}

ALWAYS_INLINE vd f64_tanh(vd x) {
    vd size = vd_min(vd_set1(22.0), vd_abs(x));
    vd n, r = f64_reduce_exp(size + size, &n);
    vd p = f64_expm1_reduced(r), power = vd_scale(vd_set1(1.0), n);
    vd t = vd_fma(p, power, power - 1.0);
    return vd_copysign(t / (t + 2.0), x);
}

ALWAYS_INLINE vd f64_sigmoid(vd x) {
    return 1.0 / (1.0 + f64_exp(-x));
}
ALWAYS_INLINE vd f64_silu(vd x) {
    return x / (1.0 + f64_exp(-x));
}

ALWAYS_INLINE vd f64_softplus(vd x) {
    vd result = f64_log1p(f64_exp(vd_min(vd_set1(20.0), x)));
    return vd_select(vd_lt(vd_set1(20.0), x), x, result);
}

ALWAYS_INLINE vd f64_log_sigmoid(vd x) {
    return vd_min((vd){0}, x) - f64_log1p(f64_exp(-vd_abs(x)));
}
ALWAYS_INLINE vd f64_mish(vd x) {
    return x * f64_tanh(f64_softplus(x));
}
ALWAYS_INLINE vd f64_gelu_tanh(vd x) {
    vd u = 0.79788456080286535588 * vd_fma(x * x * x, vd_set1(0.044715), x);
    return x / (1.0 + f64_exp(-2.0 * u));
}

#endif
