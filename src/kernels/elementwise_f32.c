/* elementwise_f32.c: the elementwise tables for float, the ternary loops, and the conversions of short
 * floats. */
#define REAL_DOUBLE     0
#define REAL_LIBM(name) name##f

#include "kernels/kernels_isa.h"
#include "kernels/vmath_f32.h"
#include "kernels/vmath_f64.h"

#define BY_LANE(name, function)                                   \
    ALWAYS_INLINE vf f32_##name(vf x) {                           \
        for (int i = 0; i < VF_LANES; i++) x[i] = function(x[i]); \
        return x;                                                 \
    }

BY_LANE(asinh, asinhf)
BY_LANE(acosh, acoshf)
BY_LANE(atanh, atanhf)
BY_LANE(erfc, erfcf)
BY_LANE(lgamma, lgammaf)

/* Lanes that are too large for the reduction in double go through libm, which reduces by all the digits of
 * pi. */
static vf sin_far(vf x, int shift) {
    vf result = f32_sin_wide(x, shift);
    for (int i = 0; i < VF_LANES; i++)
        if (!(x[i] < F32_SIN_LIMIT && x[i] > -F32_SIN_LIMIT)) result[i] = shift ? cosf(x[i]) : sinf(x[i]);
    return result;
}

ALWAYS_INLINE vf sin_any(vf x, int shift) {
#if defined(VEC_UNFUSED)
    return sin_far(x, shift);
#else
    bool far = vfm_any(vfm_not(vf_lt(vf_abs(x), vf_set1(F32_SIN_NEAR))));
    return far ? sin_far(x, shift) : f32_sin_near(x, shift);
#endif
}

/* The reduction loses the sign of -0. */
ALWAYS_INLINE vf f32_sin(vf x) {
    return vf_select(vf_eq(x, (vf){0}), x, sin_any(x, 0));
}

ALWAYS_INLINE vf f32_cos(vf x) {
    return sin_any(x, 1);
}

/* The quotient's error is those of both and its own: 3 ulp. */
ALWAYS_INLINE vf f32_tan(vf x) {
    return f32_sin(x) / f32_cos(x);
}

static vf pow_by_lane(vf a, vf b) {
    for (int i = 0; i < VF_LANES; i++) a[i] = powf(a[i], b[i]);
    return a;
}

/* exp(b log a) in double, rounded once at the end; bases that are not positive and finite are libm's. */
ALWAYS_INLINE vf f32_pow(vf a, vf b, vf alpha) {
    (void)alpha;
    vfm plain = vfm_and(vfm_and(vf_lt((vf){0}, a), vf_lt(a, F32_INFINITY)), vf_lt(vf_abs(b), F32_INFINITY));
    if (vfm_any(vfm_not(plain))) return pow_by_lane(a, b);
    return vf_from_vd(f64_exp(vd_from_low(b) * f64_log(vd_from_low(a))),
                      f64_exp(vd_from_high(b) * f64_log(vd_from_high(a))));
}

/* The quotient's arc, moved to the half plane of b. Two infinities have no quotient; with two zeros it is 0.
 */
ALWAYS_INLINE vf f32_atan2(vf a, vf b, vf alpha) {
    (void)alpha;
    vf one = vf_set1(1), turn = vf_copysign(vf_set1(3.14159265358979f), a);
    vfm infinite = vfm_and(vf_eq(vf_abs(a), F32_INFINITY), vf_eq(vf_abs(b), F32_INFINITY));
    vfm none = vfm_and(vf_eq(a, (vf){0}), vf_eq(b, (vf){0}));
    vf quotient = vf_select(infinite, vf_copysign(one, a) * vf_copysign(one, b), a / b);
    vf arc = f32_atan(vf_select(none, vf_copysign((vf){0}, a) * vf_copysign(one, b), quotient));
    return vf_select(vf_lt(vf_copysign(one, b), (vf){0}), arc + turn, arc);
}

/* In double nothing is lost; infinity beside NaN is infinity. */
ALWAYS_INLINE vf f32_hypot(vf a, vf b, vf alpha) {
    (void)alpha;
    vd low = vd_from_low(a), high = vd_from_high(a), b_low = vd_from_low(b), b_high = vd_from_high(b);
    vf result = vf_from_vd(vd_sqrt(low * low + b_low * b_low), vd_sqrt(high * high + b_high * b_high));
    vfm infinite = vfm_or(vf_eq(vf_abs(a), F32_INFINITY), vf_eq(vf_abs(b), F32_INFINITY));
    return vf_select(infinite, F32_INFINITY, result);
}

/* a - trunc(a / b) b in double, exact while the quotient has less than 29 bits; rounding may have made it one
 * too large. */
ALWAYS_INLINE vd f32_fmod_half(vd a, vd b) {
    vd rest = vd_fnma(vd_trunc(a / b), b, a);
    return vd_select(vd_lt(rest * a, (vd){0}), rest + vd_copysign(b, a), rest);
}

static vf fmod_by_lane(vf a, vf b) {
    for (int i = 0; i < VF_LANES; i++) a[i] = fmodf(a[i], b[i]);
    return a;
}

ALWAYS_INLINE vf f32_fmod(vf a, vf b, vf alpha) {
    (void)alpha;
    vfm plain = vfm_and(vf_lt(vf_abs(a / b), vf_set1(0x1p28f)), vf_lt(vf_abs(b), F32_INFINITY));
    if (vfm_any(vfm_not(plain))) return fmod_by_lane(a, b);
    vf rest = vf_from_vd(f32_fmod_half(vd_from_low(a), vd_from_low(b)),
                         f32_fmod_half(vd_from_high(a), vd_from_high(b)));
    return vf_copysign(rest, a);
}

#include "kernels/elementwise_impl.h"

UNARY_OPS(UNARY_LOOP)
PARAM_OPS(PARAM_LOOP)
BINARY_OPS(BINARY_LOOP)
COMPARE_LOOP(eq, ==)
COMPARE_LOOP(ne, !=)
COMPARE_LOOP(lt, <)
COMPARE_LOOP(le, <=)
COMPARE_LOOP(gt, >)
COMPARE_LOOP(ge, >=)

#define UNARY_ENTRY(name, upper)   [UNARY_##upper] = unary_##name,
#define PARAM_ENTRY(name, upper)   [PARAM_##upper] = param_##name,
#define BINARY_ENTRY(name, upper)  [BINARY_##upper] = binary_##name,
#define COMPARE_ENTRY(name, upper) [COMPARE_##upper] = compare_##name,

const struct vmath_kernels_f32 ISA(vmath_f32) = {
    .unary = {UNARY_OPS(UNARY_ENTRY)},
    .param = {PARAM_OPS(PARAM_ENTRY)},
    .binary = {BINARY_OPS(BINARY_ENTRY)},
    .compare = {COMPARE_OPS(COMPARE_ENTRY)},
};
