/* elementwise_f64.c: the elementwise tables for double. */
#define REAL_DOUBLE     1
#define REAL_LIBM(name) name

#include "kernels/kernels_isa.h"
#include "kernels/vmath_f64.h"

#define BY_LANE(name, function)                                   \
    ALWAYS_INLINE vd f64_##name(vd x) {                           \
        for (int i = 0; i < VD_LANES; i++) x[i] = function(x[i]); \
        return x;                                                 \
    }

BY_LANE(exp2, exp2)
BY_LANE(log2, log2)
BY_LANE(log10, log10)
BY_LANE(sin, sin)
BY_LANE(cos, cos)
BY_LANE(tan, tan)
BY_LANE(asin, asin)
BY_LANE(acos, acos)
BY_LANE(atan, atan)
BY_LANE(sinh, sinh)
BY_LANE(cosh, cosh)
BY_LANE(asinh, asinh)
BY_LANE(acosh, acosh)
BY_LANE(atanh, atanh)
BY_LANE(erf, erf)
BY_LANE(erfc, erfc)
BY_LANE(lgamma, lgamma)

ALWAYS_INLINE vd f64_gelu(vd x) {
    return x * 0.5 * (1.0 + f64_erf(x * 0.70710678118654752440));
}

ALWAYS_INLINE vd f64_pow(vd a, vd b, vd alpha) {
    (void)alpha;
    for (int i = 0; i < VD_LANES; i++) a[i] = pow(a[i], b[i]);
    return a;
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

const struct vmath_kernels_f64 ISA(vmath_f64) = {
    .unary = {UNARY_OPS(UNARY_ENTRY)},
    .param = {PARAM_OPS(PARAM_ENTRY)},
    .binary = {BINARY_OPS(BINARY_ENTRY)},
    .compare = {COMPARE_OPS(COMPARE_ENTRY)},
};
