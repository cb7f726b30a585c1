/* Arithmetic of two operands: each a row of a table, expressions for integers, reals and complex numbers.
 *
 * Integer arithmetic wraps, as unsigned. Division and remainder by zero refuse with PyTorch's text. Half and
 * bfloat16 are computed in float and rounded once at the end. */
#include "ops/pointwise/pointwise.h"
#include "tensor/promote.h"
#include <tgmath.h>
#undef complex

#define WRAP(x, operator, y) (int64_t)((uint64_t)(x) operator(uint64_t)(y))

static int64_t int_pow(int64_t base, int64_t exponent) {
    uint64_t result = 1, b = (uint64_t)base;
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
    for (; exponent > 0; exponent >>= 1, b *= b)
        if (exponent & 1) result *= b;
    return (int64_t)result;
}

static int64_t gcd(int64_t x, int64_t y) {
    uint64_t a = x < 0 ? 0 - (uint64_t)x : (uint64_t)x, b = y < 0 ? 0 - (uint64_t)y : (uint64_t)y;
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return (int64_t)a;
}

static int64_t lcm(int64_t x, int64_t y) {
    int64_t divisor = gcd(x, y), product = divisor == 0 ? 0 : WRAP(x / divisor, *, y);
    return product < 0 ? WRAP(0, -, product) : product;
}

static double log_add(double x, double y, bool base_two) {
    if (isinf(x) && x == y) return x;
    double high = x > y ? x : y, apart = -fabs(x - y);
    if (x != x || y != y) return x + y;
    return high + (base_two ? log1p(exp2(apart)) / 0.693147180559945309417232 : log1p(exp(apart)));
}

/* c10::pow of complex numbers: 0 to the power 0 is 1, and 0 to another power 0. */
static complex_double complex_pow(complex_double x, complex_double y) {
    if (y == 0) return 1;
    if (x == 0) return 0;
    if (cimag(y) == 0 && creal(y) == 2) return x * x;
    return cpow(x, y);
}

/* Without C's recovery of infinities: PyTorch's own product (c10/util/complex.h). */
static complex_double complex_product(complex_double x, complex_double y) {
    double a = creal(x), b = cimag(x), p = creal(y), q = cimag(y);
    return __builtin_complex(a * p - b * q, a * q + b * p);
}

static float divide_floor_float(float x, float y) {
    if (y == 0) return x / y;
    float rest = fmodf(x, y), quotient = (x - rest) / y;
    if (rest != 0 && (y < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return copysignf(0, x / y);
    float down = floorf(quotient);
    return quotient - down > 0.5f ? down + 1 : down;
}

static double divide_floor_double(double x, double y) {
    if (y == 0) return x / y;
    double rest = fmod(x, y), quotient = (x - rest) / y;
    if (rest != 0 && (y < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return copysign(0, x / y);
    double down = floor(quotient);
    return quotient - down > 0.5 ? down + 1 : down;
}

#define REMAINDER(fmod_function) \
    rest = fmod_function(x, y);  \
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
static float remainder_of_float(float x, float y) {
    float rest;
    REMAINDER(fmodf);
}
static double remainder_of_double(double x, double y) {
    double rest;
    REMAINDER(fmod);
}

static float next_float(float x, float y) {
    return nextafterf(x, y);
}
static double next_double(double x, double y) {
    return nextafter(x, y);
}

/* X(name, kernel name, rule, integer, float, double, complex) */
#define BINARY_ALL(X)                                                                                   \
    X(mul, "mul_cpu", RULE_SAME | WITH_BINARY(mul), WRAP(x, *, y), x * y, x * y, complex_product(x, y)) \
    X(pow, "pow", RULE_NO_COMPLEX_HALF | WITH_BINARY(pow), int_pow(x, y), powf(x, y), pow(x, y),        \
      complex_pow(x, y))
#define DEFINE_BINARY_ALL(name, text, rule, integer, real, wide, imaginary)     \
    POINTWISE_LOOP_2(name##_int, int64_t, int64_t, integer)                     \
    POINTWISE_LOOP_2(name##_float, float, float, real)                          \
    POINTWISE_LOOP_2(name##_double, double, double, wide)                       \
    POINTWISE_LOOP_2(name##_complex, complex_double, complex_double, imaginary) \
    static const struct pointwise op_##name = {                                 \
        text, 2, rule, {name##_int, name##_float, name##_double, name##_complex}};
BINARY_ALL(DEFINE_BINARY_ALL)

bool pointwise_mul(struct op_call *c) {
    return pointwise_call(c, &op_mul, 0);
}

/* maximum and minimum give NaN when either is; fmax and fmin the other one. */
#define BINARY_REAL(X)                                                         \
    X(maximum, "maximum_cpu", RULE_SAME | WITH_BINARY(maximum), x > y ? x : y, \
      x != x            ? x                                                    \
      : y != y || y > x ? y                                                    \
                        : x,                                                   \
      x != x            ? x                                                    \
      : y != y || y > x ? y                                                    \
                        : x)                                                   \
    X(minimum, "minimum_cpu", RULE_SAME | WITH_BINARY(minimum), x < y ? x : y, \
      x != x            ? x                                                    \
      : y != y || y < x ? y                                                    \
                        : x,                                                   \
      x != x            ? x                                                    \
      : y != y || y < x ? y                                                    \
                        : x)                                                   \
    X(fmax, "fmax_cpu", RULE_SAME, x > y ? x : y, fmaxf(x, y), fmax(x, y))     \
    X(fmin, "fmin_cpu", RULE_SAME, x < y ? x : y, fminf(x, y), fmin(x, y))     \
    X(heaviside_plain, "heaviside_cpu", RULE_SAME, x == 0 ? y : x > 0, x == 0 ? y : x > 0, x == 0 ? y : x > 0)
#define DEFINE_BINARY_REAL(name, text, rule, integer, real, wide)        \
    POINTWISE_LOOP_2(name##_int, int64_t, int64_t, integer)              \
    POINTWISE_LOOP_2(name##_float, float, float, real)                   \
    POINTWISE_LOOP_2(name##_double, double, double, wide)                \
    static const struct pointwise op_##name = {                          \
        text, 2, rule, {name##_int, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                           \
        return pointwise_call(c, &op_##name, 0);                         \
    }
BINARY_REAL(DEFINE_BINARY_REAL)

bool pointwise_heaviside(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1);
    if (dtype_is_complex(tensor_dtype(x)) || dtype_is_complex(tensor_dtype(y)))
        return refuse(c, "heaviside is not yet implemented for complex tensors.");
    const struct tensor *target = call_target(c);
    if (x->dtype != y->dtype || (target && target->dtype != x->dtype))
        return refuse(c, "heaviside is not yet implemented for tensors with different dtypes.");
    return pointwise_heaviside_plain(c);
}

#define BINARY_FLOAT(X)                                                                              \
    X(atan2, "atan2_cpu", RULE_FLOAT | WITH_BINARY(atan2), atan2f(x, y), atan2(x, y))                \
    X(hypot, "hypot_cpu", RULE_FLOAT | WITH_BINARY(hypot), hypotf(x, y), hypot(x, y))                \
    X(copysign, "copysign_cpu", RULE_FLOAT | WITH_BINARY(copysign), copysignf(x, y), copysign(x, y)) \
    X(nextafter, "nextafter_cpu", RULE_SAME, next_float(x, y), next_double(x, y))                    \
    X(logaddexp, "logaddexp_cpu", RULE_SAME, log_add(x, y, false), log_add(x, y, false))             \
    X(logaddexp2, "logaddexp2_cpu", RULE_SAME, log_add(x, y, true), log_add(x, y, true))             \
    X(xlogy, "xlogy_cpu", RULE_FLOAT,                                                                \
      y != y   ? y                                                                                   \
      : x == 0 ? 0                                                                                   \
               : x * logf(y),                                                                        \
      y != y   ? y                                                                                   \
      : x == 0 ? 0                                                                                   \
               : x * log(y))                                                                         \
    X(xlog1py, "xlog1py_cpu", RULE_FLOAT,                                                            \
      y != y   ? y                                                                                   \
      : x == 0 ? 0                                                                                   \
               : x * log1pf(y),                                                                      \
      y != y   ? y                                                                                   \
      : x == 0 ? 0                                                                                   \
               : x * log1p(y))
#define DEFINE_BINARY_FLOAT(name, text, rule, real, wide)                                                 \
    POINTWISE_LOOP_2(name##_float, float, float, real)                                                    \
    POINTWISE_LOOP_2(name##_double, double, double, wide)                                                 \
    static const struct pointwise op_##name = {text, 2, rule, {NULL, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                                            \
        return pointwise_call(c, &op_##name, 0);                                                          \
    }
BINARY_FLOAT(DEFINE_BINARY_FLOAT)

#define BINARY_INT(X)                          \
    X(gcd, "gcd_cpu", RULE_NO_BOOL, gcd(x, y)) \
    X(lcm, "lcm_cpu", RULE_NO_BOOL, lcm(x, y))
#define DEFINE_BINARY_INT(name, text, rule, integer)                                           \
    POINTWISE_LOOP_2(name##_int, int64_t, int64_t, integer)                                    \
    static const struct pointwise op_##name = {text, 2, rule, {name##_int, NULL, NULL, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                                 \
        return pointwise_call(c, &op_##name, 0);                                               \
    }
BINARY_INT(DEFINE_BINARY_INT)

/* Bits know no dtype: two tensors of one integral dtype and shape that lie side by side are combined as
 * bytes. */
static bool are_bytes(const struct op_call *c) {
    if (c->args[0].tag != VALUE_TENSOR || c->args[1].tag != VALUE_TENSOR || call_target(c)) return false;
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return a->dtype == b->dtype && dtype_is_integral(tensor_dtype(a), true) && a->ndim == b->ndim &&
           memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0 && tensor_is_contiguous(a) &&
           tensor_is_contiguous(b);
}

#define DEFINE_BITWISE(name, text, operator)                                                        \
    POINTWISE_LOOP_2(name##_int, int64_t, int64_t, x operator y)                                    \
    static const struct pointwise op_##name = {text, 2, RULE_SAME, {name##_int, NULL, NULL, NULL}}; \
    static void name##_bytes(const uint8_t *a, const uint8_t *b, size_t bytes, uint8_t *to) {       \
        size_t i = 0;                                                                               \
        for (uint64_t x, y; i + sizeof x <= bytes; i += sizeof x) {                                 \
            memcpy(&x, a + i, sizeof x);                                                            \
            memcpy(&y, b + i, sizeof y);                                                            \
            x = x operator y;                                                                       \
            memcpy(to + i, &x, sizeof x);                                                           \
        }                                                                                           \
        for (; i < bytes; i++) to[i] = (uint8_t)(a[i] operator b[i]);                               \
    }                                                                                               \
    bool pointwise_##name(struct op_call *c) {                                                      \
        if (!are_bytes(c)) return pointwise_call(c, &op_##name, 0);                                 \
        const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);                           \
        struct tensor *out = call_new(c, tensor_dtype(a), a->ndim, a->sizes);                       \
        size_t bytes = (size_t)a->numel * dtype_size(tensor_dtype(a));                              \
        if (out) name##_bytes(tensor_data(a), tensor_data(b), bytes, tensor_data(out));             \
        return give_tensor(c, out);                                                                 \
    }
DEFINE_BITWISE(bitwise_and, "bitwise_and_cpu", &)
DEFINE_BITWISE(bitwise_or, "bitwise_or_cpu", |)
DEFINE_BITWISE(bitwise_xor, "bitwise_xor_cpu", ^)

/* A shift count outside [0, bits) gives 0, or the sign (c10's BinaryOpsKernel.cpp). k: the bits of the dtype.
 */
POINTWISE_LOOP_2(left_int, int64_t, int64_t, y < 0 || y >= t->k[0].i ? 0 : (int64_t)((uint64_t)x << y))
POINTWISE_LOOP_2(right_int, int64_t, int64_t, x >> (y < 0 || y >= t->k[0].i - 1 ? t->k[0].i - 1 : y))

static bool shift(struct op_call *c, const struct pointwise *op) {
    struct wrapped wrapped[2];
    struct tensor *in[2] = {arg_operand(c, 0, &wrapped[0]), arg_operand(c, 1, &wrapped[1])};
    enum dtype common = promote_tensors(2, in);
    struct number bits = {.tag = VALUE_INT,
                          .i = 8 * (int64_t)dtype_size(common) +
                               (common == DTYPE_UINT8 && op->loops[0] == right_int)};
    return give_tensor(c, pointwise_run_as(c, op, common, in, &bits, call_target(c)));
}
bool pointwise_left_shift(struct op_call *c) {
    static const struct pointwise op = {"lshift_cpu", 2, RULE_NO_BOOL, {left_int, NULL, NULL, NULL}};
    return shift(c, &op);
}
bool pointwise_right_shift(struct op_call *c) {
    static const struct pointwise op = {"rshift_cpu", 2, RULE_NO_BOOL, {right_int, NULL, NULL, NULL}};
    return shift(c, &op);
}

/* Integer division refuses zero; the smallest integer by -1 wraps. */
static bool has_zero(const struct tile *t) {
    const int64_t *b = t->in[1];
    for (int64_t i = 0; i < t->count; i++)
        if (b[i] == 0) {
            *t->problem = "ZeroDivisionError";
            return true;
        }
    return false;
}
static int64_t floor_divide(int64_t x, int64_t y) {
    if (y == -1) return WRAP(0, -, x);
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}
static int64_t floor_remainder(int64_t x, int64_t y) {
    if (y == -1) return 0;
    int64_t rest = x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
#define DEFINE_DIVISION(name, text, integer, real, wide)                                             \
    POINTWISE_LOOP_2(name##_nonzero, int64_t, int64_t, integer)                                      \
    static void name##_int(const struct tile *t) {                                                   \
        if (!has_zero(t)) name##_nonzero(t);                                                         \
    }                                                                                                \
    POINTWISE_LOOP_2(name##_float, float, float, real)                                               \
    POINTWISE_LOOP_2(name##_double, double, double, wide)                                            \
    static const struct pointwise op_##name = {                                                      \
        text, 2, RULE_NO_BOOL | WITH_BINARY(name), {name##_int, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                                       \
        return pointwise_call(c, &op_##name, 0);                                                     \
    }
DEFINE_DIVISION(floor_divide, "div_floor_cpu", floor_divide(x, y), divide_floor_float(x, y),
                divide_floor_double(x, y))
DEFINE_DIVISION(trunc_divide, "div_trunc_cpu", y == -1 ? WRAP(0, -, x) : x / y, truncf(x / y), trunc(x / y))
DEFINE_DIVISION(remainder, "remainder_cpu", floor_remainder(x, y), remainder_of_float(x, y),
                remainder_of_double(x, y))
DEFINE_DIVISION(fmod, "fmod_cpu", y == -1 ? 0 : x % y, fmodf(x, y), fmod(x, y))

POINTWISE_LOOP_2(div_float, float, float, x / y)
POINTWISE_LOOP_2(div_double, double, double, x / y)
POINTWISE_LOOP_2(div_complex, complex_double, complex_double, x / y)
static const struct pointwise op_div = {
    "div_true_cpu", 2, RULE_FLOAT | WITH_BINARY(div), {NULL, div_float, div_double, div_complex}};
bool pointwise_div(struct op_call *c) {
    return pointwise_call(c, &op_div, 0);
}

/* div with a rounding mode: None, "floor" or "trunc". */
bool pointwise_div_mode(struct op_call *c) {
    if (arg_none(c, 2)) return pointwise_call(c, &op_div, 0);
    const char *mode = c->args[2].string->bytes;
    bool down = mode[0] == 'f';
    if (!down && mode[0] != 't')
        return refuse(c, "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '%s'",
                      mode);
    return pointwise_call(c, down ? &op_floor_divide : &op_trunc_divide, 0);
}

/* x + alpha * y; alpha 1 is the plain sum. k[0]: alpha. */
POINTWISE_LOOP_2(add_int, int64_t, int64_t, WRAP(x, +, y))
POINTWISE_LOOP_2(add_float, float, float, x + y)
POINTWISE_LOOP_2(add_double, double, double, x + y)
POINTWISE_LOOP_2(add_complex, complex_double, complex_double, x + y)
POINTWISE_LOOP_2(sub_int, int64_t, int64_t, WRAP(x, -, y))
POINTWISE_LOOP_2(sub_float, float, float, x - y)
POINTWISE_LOOP_2(sub_double, double, double, x - y)
POINTWISE_LOOP_2(sub_complex, complex_double, complex_double, x - y)
#define ALPHA_Z (t->k[0].z.re + t->k[0].z.im * (complex_double)_Complex_I)
POINTWISE_LOOP_2(axpy_int, int64_t, int64_t, (uint64_t)x + (uint64_t)t->k[0].i * (uint64_t)y)
POINTWISE_LOOP_2(axpy_float, float, float, x + (float)t->k[0].f * y)
POINTWISE_LOOP_2(axpy_double, double, double, x + t->k[0].f * y)
POINTWISE_LOOP_2(axpy_complex, complex_double, complex_double, x + ALPHA_Z * y)

static const struct pointwise op_add = {
    "add_stub", 2, RULE_SAME | WITH_BINARY(add), {add_int, add_float, add_double, add_complex}};
static const struct pointwise op_sub = {
    "sub_stub", 2, RULE_SAME | WITH_BINARY(sub), {sub_int, sub_float, sub_double, sub_complex}};
static const struct pointwise op_axpy = {
    "add_stub", 2, RULE_SAME, {axpy_int, axpy_float, axpy_double, axpy_complex}};

static bool check_alpha(struct op_call *c, struct tensor *const *in, const struct number *alpha) {
    bool integral =
        dtype_is_integral(tensor_dtype(in[0]), true) && dtype_is_integral(tensor_dtype(in[1]), true);
    bool booleans = in[0]->dtype == DTYPE_BOOL && in[1]->dtype == DTYPE_BOOL;
    if (alpha->tag == VALUE_BOOL && !booleans)
        return refuse(c, "Boolean alpha only supported for Boolean results.");
    if (integral && number_is_floating(alpha))
        return refuse(c, "For integral input tensors, argument alpha must not be a floating point number.");
    bool any_complex = dtype_is_complex(tensor_dtype(in[0])) || dtype_is_complex(tensor_dtype(in[1]));
    return alpha->tag != VALUE_COMPLEX || any_complex ||
           refuse(c, "For non-complex input tensors, argument alpha must not be a complex number.");
}

static struct number negated(struct number n) {
    n.i = WRAP(0, -, n.i);
    n.f = -n.f;
    n.z = (struct complex128){-n.z.re, -n.z.im};
    return n;
}

static bool sum_of(struct op_call *c, struct tensor *const *in, bool minus) {
    struct number alpha = arg_number(c, 2);
    bool one = alpha.z.re == 1 && alpha.z.im == 0;
    if (!one && !check_alpha(c, in, &alpha)) return false;
    if (minus && in[0]->dtype == DTYPE_BOOL && in[1]->dtype == DTYPE_BOOL)
        return refuse(c,
                      "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
                      "`logical_xor()` operator instead.");
    if (minus && (in[0]->dtype == DTYPE_BOOL || in[1]->dtype == DTYPE_BOOL))
        return refuse(
            c, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
               "invert a mask, use the `~` or `logical_not()` operator instead.");
    if (minus) alpha = negated(alpha);
    const struct pointwise *op = !one ? &op_axpy : minus ? &op_sub : &op_add;
    return give_tensor(c, pointwise_run(c, op, in, &alpha, call_target(c)));
}

bool pointwise_add(struct op_call *c) {
    struct wrapped wrapped;
    struct tensor *in[2] = {arg_tensor(c, 0), arg_operand(c, 1, &wrapped)};
    return sum_of(c, in, false);
}
bool pointwise_sub(struct op_call *c) {
    struct wrapped wrapped;
    struct tensor *in[2] = {arg_tensor(c, 0), arg_operand(c, 1, &wrapped)};
    return sum_of(c, in, true);
}
bool pointwise_rsub(struct op_call *c) {
    struct wrapped wrapped;
    struct tensor *in[2] = {arg_operand(c, 1, &wrapped), arg_tensor(c, 0)};
    return sum_of(c, in, true);
}

bool pointwise_sqrt(struct op_call *c);
bool pointwise_rsqrt(struct op_call *c);
bool pointwise_reciprocal(struct op_call *c);
bool pointwise_square(struct op_call *c);

/* Powers of floats that are simpler functions (pow_tensor_scalar_optimized_kernel,
 * aten/src/ATen/native/cpu/PowKernel.cpp); NULL: none. */
static op_kernel simple_power(const struct op_call *c) {
    static const struct {
        double exponent;
        op_kernel kernel;
    } powers[] = {
        {0.5, pointwise_sqrt}, {-0.5, pointwise_rsqrt}, {-1, pointwise_reciprocal}, {2, pointwise_square}};
    bool number =
        c->args[0].tag == VALUE_TENSOR && c->args[1].tag != VALUE_TENSOR && c->args[1].tag != VALUE_COMPLEX;
    if (!number || !dtype_is_floating(tensor_dtype(arg_tensor(c, 0)))) return NULL;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        if (arg_number(c, 1).f == powers[i].exponent) return powers[i].kernel;
    return NULL;
}

bool pointwise_pow(struct op_call *c) {
    op_kernel simple = simple_power(c);
    if (simple) return simple(c);
    struct wrapped wrapped[2];
    struct tensor *in[2] = {arg_operand(c, 0, &wrapped[0]), arg_operand(c, 1, &wrapped[1])};
    bool number = c->args[1].tag != VALUE_TENSOR;
    if (number && dtype_is_integral(tensor_dtype(in[0]), true) && c->args[1].tag == VALUE_INT &&
        arg_int(c, 1) < 0)
        return refuse(c, "Integers to negative integer powers are not allowed.");
    if (!number && in[0]->dtype == DTYPE_BOOL && in[1]->dtype == DTYPE_BOOL)
        return refuse(c, "\"pow\" not implemented for 'Bool'");
    return give_tensor(c, pointwise_run(c, &op_pow, in, NULL, call_target(c)));
}

/* float_power: in double or complex double. */
bool pointwise_float_power(struct op_call *c) {
    struct wrapped wrapped[2];
    struct tensor *in[2] = {arg_operand(c, 0, &wrapped[0]), arg_operand(c, 1, &wrapped[1])};
    bool any_complex = dtype_is_complex(tensor_dtype(in[0])) || dtype_is_complex(tensor_dtype(in[1]));
    enum dtype d = any_complex ? DTYPE_COMPLEX128 : DTYPE_FLOAT64;
    struct tensor *target = call_target(c);
    if (target && target->dtype != d)
        return refuse(
            c, "the base given to float_power_ has dtype %s but the operation's result requires dtype %s",
            dtype_table[target->dtype].graph_name, dtype_table[d].graph_name);
    return give_tensor(c, pointwise_run_as(c, &op_pow, d, in, NULL, target));
}
