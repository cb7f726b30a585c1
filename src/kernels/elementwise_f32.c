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

BY_LANE(tan, tanf)
BY_LANE(asin, asinf)
BY_LANE(acos, acosf)
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

ALWAYS_INLINE vf f32_sin(vf x) {
    return sin_any(x, 0);
}

ALWAYS_INLINE vf f32_cos(vf x) {
    return sin_any(x, 1);
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
