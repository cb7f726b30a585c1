/* Functions of one element without numbers beside it.
 *
 * Each is a row of a table: the expression for real x (float and double alike: <tgmath.h> picks the
 * function), and the one for complex x. The lists differ by dtype rule only. */
#include "ops/common/dtypes.h"
#include "ops/pointwise/pointwise.h"
#include <tgmath.h>
#undef complex

/* Integers become float32: X(name, PyTorch's kernel name, real, complex). */
#define FLOAT_COMPLEX(X)                                                                             \
    X(acos, "acos_vml_cpu", acos(x), acos(x))                                                        \
    X(acosh, "acosh_cpu", acosh(x), acosh(x))                                                        \
    X(asin, "asin_vml_cpu", asin(x), asin(x))                                                        \
    X(asinh, "asinh_cpu", asinh(x), asinh(x))                                                        \
    X(atan, "atan_vml_cpu", atan(x), atan(x))                                                        \
    X(atanh, "atanh_cpu", atanh(x), atanh(x))                                                        \
    X(cos, "cos_vml_cpu", cos(x), cos(x))                                                            \
    X(cosh, "cosh_vml_cpu", cosh(x), cosh(x))                                                        \
    X(exp, "exp_vml_cpu", exp(x), exp(x))                                                            \
    X(exp2, "exp2", exp2(x), exp(x * 0.693147180559945309417232))                                    \
    X(expm1, "expm1_vml_cpu", expm1(x), exp(x) - 1)                                                  \
    X(log, "log_vml_cpu", log(x), log(x))                                                            \
    X(log10, "log10_vml_cpu", log10(x), log(x) / 2.30258509299404568402)                             \
    X(log1p, "log1p", log1p(x), log(1 + x))                                                          \
    X(log2, "log2_vml_cpu", log2(x), log(x) / 0.693147180559945309417232)                            \
    X(sin, "sin_vml_cpu", sin(x), sin(x))                                                            \
    X(sinh, "sinh_vml_cpu", sinh(x), sinh(x))                                                        \
    X(sqrt, "sqrt_vml_cpu", sqrt(x), sqrt(x))                                                        \
    X(rsqrt, "rsqrt_vml_cpu", 1 / sqrt(x), 1 / sqrt(x))                                              \
    X(tan, "tan_vml_cpu", tan(x), tan(x))                                                            \
    X(tanh, "tanh_vml_cpu", tanh(x), tanh(x))                                                        \
    X(sigmoid, "sigmoid_cpu", 1 / (1 + exp(-x)), 1 / (1 + exp(-x)))                                  \
    X(reciprocal, "reciprocal_cpu", 1 / x, 1 / x)                                                    \
    X(sinc, "sinc_cpu", x == 0 ? 1 : sin(x * 3.14159265358979323846) / (x * 3.14159265358979323846), \
      x == 0 ? 1 : sin(x * 3.14159265358979323846) / (x * 3.14159265358979323846))

#define DEFINE_FLOAT_COMPLEX(name, text, real, imaginary)                                             \
    POINTWISE_LOOP_1(name##_float, float, float, real)                                                \
    POINTWISE_LOOP_1(name##_double, double, double, real)                                             \
    POINTWISE_LOOP_1(name##_complex, complex_double, complex_double, imaginary)                       \
    static const struct pointwise op_##name = {                                                       \
        text, 1, RULE_FLOAT | WITH_UNARY(name), {NULL, name##_float, name##_double, name##_complex}}; \
    bool pointwise_##name(struct op_call *c) {                                                        \
        return pointwise_call(c, &op_##name, 0);                                                      \
    }
FLOAT_COMPLEX(DEFINE_FLOAT_COMPLEX)

#define FLOAT_REAL(X)                      \
    X(erf, "erf_vml_cpu", erf(x))          \
    X(erfc, "erfc_vml_cpu", erfc(x))       \
    X(lgamma, "lgamma_vml_cpu", lgamma(x)) \
    X(ndtr, "ndtr_cpu", 0.5 * erfc(-x * 0.707106781186547524401))

#define DEFINE_FLOAT_REAL(name, text, real)                                                 \
    POINTWISE_LOOP_1(name##_float, float, float, real)                                      \
    POINTWISE_LOOP_1(name##_double, double, double, real)                                   \
    static const struct pointwise op_##name = {                                             \
        text, 1, RULE_FLOAT | WITH_UNARY(name), {NULL, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                              \
        return pointwise_call(c, &op_##name, 0);                                            \
    }
FLOAT_REAL(DEFINE_FLOAT_REAL)

/* deg2rad and rad2deg are a product with a constant of the result's dtype. */
#define DEFINE_SCALE(name, factor)                                        \
    POINTWISE_LOOP_1(name##_float, float, float, x *(float)(factor))      \
    POINTWISE_LOOP_1(name##_double, double, double, x *(factor))          \
    static const struct pointwise op_##name = {                           \
        #name, 1, RULE_FLOAT, {NULL, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                            \
        return pointwise_call(c, &op_##name, 0);                          \
    }
DEFINE_SCALE(deg2rad, 0.017453292519943295769236907684886)
DEFINE_SCALE(rad2deg, 57.295779513082320876798154814105)

/* Same dtype out: X(name, kernel name, rule, integer, real, complex). */
static complex_double complex_sign(complex_double x) {
    double size = cabs(x);
    return size == 0 ? 0 : x / size;
}

#define SAME_ALL(X)                                                                       \
    X(neg, "neg_cpu", RULE_NO_BOOL | WITH_UNARY(neg), (int64_t)(0 - (uint64_t)x), -x, -x) \
    X(positive, "positive", RULE_NO_BOOL, x, x, x)                                        \
    X(sgn, "sgn_cpu", RULE_SAME, (x > 0) - (x < 0), (x > 0) - (x < 0), complex_sign(x))   \
    X(conj_physical, "conj_cpu", RULE_SAME, x, x, conj(x))                                \
    X(identity, "copy", RULE_SAME, x, x, x)

#define DEFINE_SAME_ALL(name, text, rule, integer, real, imaginary)                \
    POINTWISE_LOOP_1(name##_int, int64_t, int64_t, integer)                        \
    POINTWISE_LOOP_1(name##_float, float, float, real)                             \
    POINTWISE_LOOP_1(name##_double, double, double, real)                          \
    POINTWISE_LOOP_1(name##_complex, complex_double, complex_double, imaginary)    \
    static const struct pointwise op_##name = {                                    \
        text, 1, rule, {name##_int, name##_float, name##_double, name##_complex}}; \
    bool pointwise_##name(struct op_call *c) {                                     \
        return pointwise_call(c, &op_##name, 0);                                   \
    }
SAME_ALL(DEFINE_SAME_ALL)

#define SAME_REAL(X)                                                            \
    X(ceil, "ceil_vml_cpu", RULE_NO_BOOL, x, ceil(x))                           \
    X(floor, "floor_vml_cpu", RULE_NO_BOOL, x, floor(x))                        \
    X(round, "round_vml_cpu", RULE_NO_BOOL, x, rint(x))                         \
    X(trunc, "trunc_vml_cpu", RULE_NO_BOOL, x, trunc(x))                        \
    X(sign, "sign_cpu", RULE_SAME, (x > 0) - (x < 0), (x > 0) - (x < 0))        \
    X(relu, "clamp_min_scalar_cpu", RULE_NO_BOOL, x < 0 ? 0 : x, x < 0 ? 0 : x) \
    X(relu6, "hardtanh_cpu", RULE_NO_BOOL, x<0 ? 0 : x> 6 ? 6 : x, x<0 ? 0 : x> 6 ? 6 : x)

#define DEFINE_SAME_REAL(name, text, rule, integer, real)                                   \
    POINTWISE_LOOP_1(name##_int, int64_t, int64_t, integer)                                 \
    POINTWISE_LOOP_1(name##_float, float, float, real)                                      \
    POINTWISE_LOOP_1(name##_double, double, double, real)                                   \
    static const struct pointwise op_##name = {                                             \
        text, 1, rule | WITH_UNARY(name), {name##_int, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                              \
        return pointwise_call(c, &op_##name, 0);                                            \
    }
SAME_REAL(DEFINE_SAME_REAL)

POINTWISE_LOOP_1(frac_float, float, float, x - trunc(x))
POINTWISE_LOOP_1(frac_double, double, double, x - trunc(x))
static const struct pointwise op_frac = {
    "frac_vml_cpu", 1, RULE_SAME | WITH_UNARY(frac), {NULL, frac_float, frac_double, NULL}};
bool pointwise_frac(struct op_call *c) {
    return pointwise_call(c, &op_frac, 0);
}

/* pow(x, 2): bool becomes int64 as beside any int. */
POINTWISE_LOOP_1(square_int, int64_t, int64_t, (uint64_t)x *(uint64_t)x)
POINTWISE_LOOP_1(square_float, float, float, x *x)
POINTWISE_LOOP_1(square_double, double, double, x *x)
POINTWISE_LOOP_1(square_complex, complex_double, complex_double, x *x)
bool pointwise_square(struct op_call *c) {
    static const struct pointwise op = {"pow",
                                        1,
                                        RULE_NO_COMPLEX_HALF | WITH_UNARY(square),
                                        {square_int, square_float, square_double, square_complex}};
    struct tensor *x = arg_tensor(c, 0);
    enum dtype common = x->dtype == DTYPE_BOOL ? DTYPE_INT64 : tensor_dtype(x);
    return give_tensor(c, pointwise_run_as(c, &op, common, &x, NULL, call_target(c)));
}

/* Complex in, real out. */
#define REAL_OF(X)                                                                                        \
    X(abs, "abs_cpu", RULE_REAL | RULE_NO_BOOL | WITH_UNARY(abs), x < 0 ? (int64_t)(0 - (uint64_t)x) : x, \
      fabs(x), cabs(x))                                                                                   \
    X(real_part, "real", RULE_REAL, x, x, creal(x))                                                       \
    X(imag_part, "imag", RULE_REAL, 0, 0, cimag(x))
#define DEFINE_REAL_OF(name, text, rule, integer, real, imaginary)                 \
    POINTWISE_LOOP_1(name##_int, int64_t, int64_t, integer)                        \
    POINTWISE_LOOP_1(name##_float, float, float, real)                             \
    POINTWISE_LOOP_1(name##_double, double, double, real)                          \
    POINTWISE_LOOP_1(name##_complex, complex_double, double, imaginary)            \
    static const struct pointwise op_##name = {                                    \
        text, 1, rule, {name##_int, name##_float, name##_double, name##_complex}}; \
    bool pointwise_##name(struct op_call *c) {                                     \
        return pointwise_call(c, &op_##name, 0);                                   \
    }
REAL_OF(DEFINE_REAL_OF)

POINTWISE_LOOP_1(angle_float, float, float, x != x ? x : x < 0 ? 3.14159265358979323846 : 0)
POINTWISE_LOOP_1(angle_double, double, double, x != x ? x : x < 0 ? 3.14159265358979323846 : 0)
POINTWISE_LOOP_1(angle_complex, complex_double, double, carg(x))
static const struct pointwise op_angle = {
    "angle_cpu", 1, RULE_FLOAT | RULE_REAL, {NULL, angle_float, angle_double, angle_complex}};
bool pointwise_angle(struct op_call *c) {
    return pointwise_call(c, &op_angle, 0);
}

/* Questions: X(name, kernel name, integer, real, complex). */
#define COMPLEX_ANY(test) (test(creal(x)) || test(cimag(x)))
#define QUESTIONS(X)                                                                  \
    X(isnan, "isnan", 0, x != x, x != x)                                              \
    X(isinf, "isinf", 0, isinf(x) != 0, isinf(creal(x)) || isinf(cimag(x)))           \
    X(isfinite, "isfinite", 1, isfinite(x), isfinite(creal(x)) && isfinite(cimag(x))) \
    X(isreal, "isreal", 1, 1, cimag(x) == 0)                                          \
    X(logical_not, "logical_not", x == 0, x == 0, x == 0)
#define DEFINE_QUESTION(name, text, integer, real, imaginary)                           \
    POINTWISE_LOOP_1(name##_int, int64_t, uint8_t, integer)                             \
    POINTWISE_LOOP_1(name##_float, float, uint8_t, real)                                \
    POINTWISE_LOOP_1(name##_double, double, uint8_t, real)                              \
    POINTWISE_LOOP_1(name##_complex, complex_double, uint8_t, imaginary)                \
    static const struct pointwise op_##name = {                                         \
        text, 1, RULE_BOOL, {name##_int, name##_float, name##_double, name##_complex}}; \
    bool pointwise_##name(struct op_call *c) {                                          \
        return pointwise_call(c, &op_##name, 0);                                        \
    }
QUESTIONS(DEFINE_QUESTION)

#define REAL_QUESTIONS(X)                              \
    X(isposinf, "isposinf", 0, x == (double)INFINITY)  \
    X(isneginf, "isneginf", 0, x == -(double)INFINITY) \
    X(signbit, "signbit_cpu", x < 0, signbit(x) != 0)
/* These write into no other dtype. */
static bool accept_answer(struct op_call *c, const char *name) {
    const struct tensor *target = call_target(c);
    return !target || target->dtype == DTYPE_BOOL ||
           refuse(c, "%s does not support non-boolean outputs.", name);
}
#define DEFINE_REAL_QUESTION(name, text, integer, real)                       \
    POINTWISE_LOOP_1(name##_int, int64_t, uint8_t, integer)                   \
    POINTWISE_LOOP_1(name##_float, float, uint8_t, real)                      \
    POINTWISE_LOOP_1(name##_double, double, uint8_t, real)                    \
    static const struct pointwise op_##name = {                               \
        text, 1, RULE_BOOL, {name##_int, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                \
        return accept_answer(c, #name) && pointwise_call(c, &op_##name, 0);   \
    }
REAL_QUESTIONS(DEFINE_REAL_QUESTION)

POINTWISE_LOOP_1(bitwise_not_int, int64_t, int64_t, ~x)
POINTWISE_LOOP_1(bitwise_not_bool, int64_t, int64_t, x == 0)
bool pointwise_bitwise_not(struct op_call *c) {
    static const struct pointwise integer = {
        "bitwise_not_cpu", 1, RULE_SAME, {bitwise_not_int, NULL, NULL, NULL}};
    static const struct pointwise boolean = {
        "bitwise_not_cpu", 1, RULE_SAME, {bitwise_not_bool, NULL, NULL, NULL}};
    return pointwise_call(c, arg_tensor(c, 0)->dtype == DTYPE_BOOL ? &boolean : &integer, 0);
}

/* Rounded to `decimals` digits behind the point (before it where negative). */
POINTWISE_LOOP_1(decimals_float, float, float,
                 t->k[0].i < 0 ? rint(x / t->k[1].f) * t->k[1].f : rint(x * t->k[1].f) / t->k[1].f)
POINTWISE_LOOP_1(decimals_double, double, double,
                 t->k[0].i < 0 ? rint(x / t->k[1].f) * t->k[1].f : rint(x * t->k[1].f) / t->k[1].f)
bool pointwise_round_decimals(struct op_call *c) {
    static const struct pointwise op = {
        "round_vml_cpu", 1, RULE_NO_BOOL, {NULL, decimals_float, decimals_double, NULL}};
    struct number k[2] = {arg_number(c, 1), {.tag = VALUE_FLOAT}};
    k[1].f = pow(10.0, (double)(k[0].i < 0 ? -k[0].i : k[0].i));
    if (!accept_dtype(c, tensor_dtype(arg_tensor(c, 0)), SET_REALS, "round_vml_cpu")) return false;
    return pointwise_call_with(c, k[0].i == 0 ? &op_round : &op, k);
}

/* In place a complex tensor has no room for its real absolute values. */
bool pointwise_abs_in_place(struct op_call *c) {
    if (dtype_is_complex(tensor_dtype(arg_tensor(c, 0))))
        return refuse(c, "In-place abs is not supported for complex tensors.");
    return pointwise_abs(c);
}

/* In place a real tensor is its own conjugate, whatever its strides. */
bool pointwise_conj_in_place(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    return dtype_is_complex(tensor_dtype(t)) ? pointwise_conj_physical(c) : give_borrowed(c, 0, t);
}
