/* vmath_ops.h: the elementwise operators of this room by name: lists (X-macros) and the enums made of them.
 *
 * A list's row is X(lower, UPPER); the enum constant is UNARY_UPPER, the function that computes it on one
 * vector is unary_lower in unary.c. Formulas follow PyTorch's aten/src/ATen/native/cpu/UnaryOpsKernel.cpp and
 * Activation.cpp in meaning; names are PyTorch's. */
#ifndef KERNELS_VMATH_OPS_H
#define KERNELS_VMATH_OPS_H

/* clang-format off */

/* y = f(x). IDENTITY copies. SILU is x * sigmoid(x), GELU the erf form, GELU_TANH the tanh form, SOFTPLUS
 * log1p(exp(x)) with PyTorch's default threshold of 20, SIGN is 0 for 0 and for NaN. */
#define UNARY_OPS(X)                                                                                         \
    X(identity, IDENTITY) X(abs, ABS) X(neg, NEG) X(sign, SIGN) X(square, SQUARE) X(sqrt, SQRT)             \
    X(rsqrt, RSQRT) X(reciprocal, RECIPROCAL) X(floor, FLOOR) X(ceil, CEIL) X(round, ROUND)                 \
    X(trunc, TRUNC) X(frac, FRAC) X(exp, EXP) X(exp2, EXP2) X(expm1, EXPM1) X(log, LOG) X(log2, LOG2)       \
    X(log10, LOG10) X(log1p, LOG1P) X(sin, SIN) X(cos, COS) X(tan, TAN) X(asin, ASIN) X(acos, ACOS)         \
    X(atan, ATAN) X(sinh, SINH) X(cosh, COSH) X(tanh, TANH) X(asinh, ASINH) X(acosh, ACOSH)                 \
    X(atanh, ATANH) X(erf, ERF) X(erfc, ERFC) X(lgamma, LGAMMA) X(sigmoid, SIGMOID)                         \
    X(log_sigmoid, LOG_SIGMOID) X(silu, SILU) X(gelu, GELU) X(gelu_tanh, GELU_TANH)                         \
    X(softplus, SOFTPLUS) X(mish, MISH) X(relu, RELU) X(relu6, RELU6) X(hardsigmoid, HARDSIGMOID)           \
    X(hardswish, HARDSWISH) X(softsign, SOFTSIGN)

/* y = f(x, p, q) with two numbers: LEAKY_RELU slope; ELU x > 0 ? q x : p expm1(x) (p = alpha * scale, q = scale); CELU alpha; CLAMP between p and q (NaN stays;
 * a NaN bound gives NaN); THRESHOLD x <= p ? q : x; SOFTPLUS_BETA beta, threshold; HARDSHRINK and SOFTSHRINK
 * lambda; MUL_ADD x * p + q. Parameters a function does not name are ignored. */
#define PARAM_OPS(X)                                                                                         \
    X(leaky_relu, LEAKY_RELU) X(elu, ELU) X(celu, CELU) X(clamp, CLAMP) X(threshold, THRESHOLD)             \
    X(softplus_beta, SOFTPLUS_BETA) X(hardshrink, HARDSHRINK) X(softshrink, SOFTSHRINK) X(mul_add, MUL_ADD)

/* y = f(a, b). ADD is a + alpha * b and SUB a - alpha * b; the others take no alpha. MAXIMUM and MINIMUM give NaN
 * where either is NaN. FMOD has the dividend's sign (C), REMAINDER the divisor's (Python), FLOOR_DIVIDE rounds
 * down as Python's // does, TRUNC_DIVIDE towards zero. */
#define BINARY_OPS(X)                                                                                        \
    X(add, ADD) X(sub, SUB) X(mul, MUL) X(div, DIV) X(maximum, MAXIMUM) X(minimum, MINIMUM) X(pow, POW)     \
    X(atan2, ATAN2) X(fmod, FMOD) X(remainder, REMAINDER) X(floor_divide, FLOOR_DIVIDE)                     \
    X(trunc_divide, TRUNC_DIVIDE) X(copysign, COPYSIGN) X(hypot, HYPOT)

/* y = a ? b, one byte 0 or 1. */
#define COMPARE_OPS(X) X(eq, EQ) X(ne, NE) X(lt, LT) X(le, LE) X(gt, GT) X(ge, GE)

/* clang-format on */

#define UNARY_CONSTANT(lower, upper) UNARY_##upper,
enum unary_op { UNARY_OPS(UNARY_CONSTANT) UNARY_COUNT };
#undef UNARY_CONSTANT

#define PARAM_CONSTANT(lower, upper) PARAM_##upper,
enum param_op { PARAM_OPS(PARAM_CONSTANT) PARAM_COUNT };
#undef PARAM_CONSTANT

#define BINARY_CONSTANT(lower, upper) BINARY_##upper,
enum binary_op { BINARY_OPS(BINARY_CONSTANT) BINARY_COUNT };
#undef BINARY_CONSTANT

#define COMPARE_CONSTANT(lower, upper) COMPARE_##upper,
enum compare_op { COMPARE_OPS(COMPARE_CONSTANT) COMPARE_COUNT };
#undef COMPARE_CONSTANT

#endif
