/* Arithmetic of ints, floats and complex numbers: + - * / // % ** and their relatives.
 *
 * Ints wrap; division and power of ints give floats; // and % of ints follow the divisor's sign. What stops
 * PyTorch's process (a remainder by zero) is refused. Rules: torch/csrc/jit/runtime/register_prim_ops.cpp;
 * complex products and quotients: c10/util/complex.h. */
#include <complex.h>
#undef complex /* value.h has a member of this name */
#include <math.h>

#include "ops/scalar/number.h"

/* One kernel: op_NAME, out of PARTS_ints, PARTS_floats and (or NULL) complexes. */
#define KERNEL(name, parts, complexes)                                                              \
    bool op_##name(struct op_call *c);                                                              \
    bool op_##name(struct op_call *c) {                                                             \
        static const struct number_operation operation = {parts##_ints, parts##_floats, complexes}; \
        return number_apply(c, &operation);                                                         \
    }
#define NUMBER_KERNEL(name, complexes) KERNEL(name##_number, name, complexes)
/* The overload of Scalars, where it alone knows nothing of complex numbers. */
#define SCALARS_KERNEL(name) KERNEL(name##_scalars, name, NULL)

/* --- sums and products --- */

static bool add_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_int(c, wrap_add(a, b));
}
static bool add_floats(struct op_call *c, double a, double b) {
    return give_float(c, a + b);
}
static bool add_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    return give_complex(c, a.re + b.re, a.im + b.im);
}
NUMBER_KERNEL(add, add_complexes)

static bool sub_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_int(c, wrap_subtract(a, b));
}
static bool sub_floats(struct op_call *c, double a, double b) {
    return give_float(c, a - b);
}
static bool sub_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    if (c->args[0].tag != VALUE_COMPLEX) return give_complex(c, -b.re + a.re, -b.im);
    if (c->args[1].tag != VALUE_COMPLEX) return give_complex(c, a.re - b.re, a.im);
    return give_complex(c, a.re - b.re, a.im - b.im);
}
NUMBER_KERNEL(sub, sub_complexes)

static bool mul_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_int(c, wrap_multiply(a, b));
}
static bool mul_floats(struct op_call *c, double a, double b) {
    return give_float(c, a * b);
}
static bool mul_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    if (c->args[0].tag != VALUE_COMPLEX) return give_complex(c, b.re * a.re, b.im * a.re);
    if (c->args[1].tag != VALUE_COMPLEX) return give_complex(c, a.re * b.re, a.im * b.re);
    return give_complex(c, a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}
NUMBER_KERNEL(mul, mul_complexes)

/* --- division --- */

static bool div_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_float(c, (double)a / (double)b);
}
static bool div_floats(struct op_call *c, double a, double b) {
    return give_float(c, a / b);
}
/* Smith's method, scaled by the larger part of the divisor as NumPy does it. */
static struct complex_number divide(struct complex_number a, struct complex_number b) {
    double size_re = fabs(b.re), size_im = fabs(b.im);
    if (size_re >= size_im) {
        if (size_re == 0 && size_im == 0) return (struct complex_number){a.re / size_re, a.im / size_im};
        double ratio = b.im / b.re, scale = 1 / (b.re + b.im * ratio);
        return (struct complex_number){(a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale};
    }
    double ratio = b.re / b.im, scale = 1 / (b.re * ratio + b.im);
    return (struct complex_number){(a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale};
}
static bool div_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    if (c->args[1].tag != VALUE_COMPLEX) return give_complex(c, a.re / b.re, a.im / b.re);
    struct complex_number quotient = divide(a, b);
    return give_complex(c, quotient.re, quotient.im);
}
NUMBER_KERNEL(div, div_complexes)
SCALARS_KERNEL(div)

/* Whether a can be divided by b at all: a remainder by zero, and the smallest int by -1, stop PyTorch's
 * process. */
static bool divides(struct op_call *c, int64_t a, int64_t b, const char *by_zero) {
    if (b == 0) return refuse(c, "%s", by_zero);
    if (a == INT64_MIN && b == -1) return refuse(c, "OverflowError: the quotient does not fit an int");
    return true;
}
static int64_t divide_down(int64_t a, int64_t b) {
    return a / b - ((a % b != 0) & ((a < 0) != (b < 0)));
}

static bool floordiv_ints(struct op_call *c, int64_t a, int64_t b) {
    return divides(c, a, b, "division by 0") && give_int(c, divide_down(a, b));
}
static bool floordiv_floats(struct op_call *c, double a, double b) {
    return give_float(c, floor(a / b));
}
NUMBER_KERNEL(floordiv, NULL)

static bool remainder_ints(struct op_call *c, int64_t a, int64_t b) {
    if (!divides(c, a, b, "integer modulo by zero")) return false;
    int64_t shifted = wrap_add(b, a % b);
    return divides(c, shifted, b, "") && give_int(c, shifted % b);
}
static bool remainder_floats(struct op_call *c, double a, double b) {
    return give_float(c, fmod(b + fmod(a, b), b));
}
NUMBER_KERNEL(remainder, NULL)

static bool fmod_floats(struct op_call *c, double a, double b) {
    return give_float(c, fmod(a, b));
}
static bool fmod_ints(struct op_call *c, int64_t a, int64_t b) {
    return fmod_floats(c, (double)a, (double)b);
}
NUMBER_KERNEL(fmod, NULL)

static bool mathremainder_floats(struct op_call *c, double a, double b) {
    return give_float(c, remainder(a, b));
}
static bool mathremainder_ints(struct op_call *c, int64_t a, int64_t b) {
    return mathremainder_floats(c, (double)a, (double)b);
}
NUMBER_KERNEL(mathremainder, NULL)

bool op_truncated_division(struct op_call *c);
bool op_truncated_division(struct op_call *c) {
    int64_t a = arg_int(c, 0), b = arg_int(c, 1);
    return divides(c, a, b, "division by 0") && give_int(c, a / b);
}

static bool give_two(struct op_call *c, lb_value first, lb_value second) {
    c->results[0] = first;
    c->results[1] = second;
    return true;
}

bool op_divmod_int(struct op_call *c);
bool op_divmod_int(struct op_call *c) {
    int64_t a = arg_int(c, 0), b = arg_int(c, 1);
    if (!divides(c, a, b, "ZeroDivisionError: integer division or modulo by zero")) return false;
    int64_t quotient = divide_down(a, b);
    return give_two(c, value_int(quotient), value_int(wrap_subtract(a, wrap_multiply(quotient, b))));
}

bool op_divmod_float(struct op_call *c);
bool op_divmod_float(struct op_call *c) {
    double a = arg_float(c, 0), b = arg_float(c, 1);
    if (b == 0) return refuse(c, "ZeroDivisionError: float divmod()");
    double rest = fmod(a, b);
    if (rest != 0 && (a < 0) != (b < 0)) rest += b;
    return give_two(c, value_float((a - rest) / b), value_float(rest));
}

/* PyTorch's mixed divmod counts with C's `int` and `float`: 32 bits each. */
bool op_divmod_mixed(struct op_call *c);
bool op_divmod_mixed(struct op_call *c) {
    bool first_is_int = c->args[0].tag == VALUE_INT;
    float a = first_is_int ? (float)(int32_t)arg_int(c, 0) : (float)arg_float(c, 0);
    float b = first_is_int ? (float)arg_float(c, 1) : (float)(int32_t)arg_int(c, 1);
    if (b == 0) return refuse(c, "ZeroDivisionError: float divmod()");
    double quotient = (double)(a / b);
    if (!isfinite(quotient) || fabs(quotient) > 0x1p63)
        return refuse(c, "Cannot convert float %f to integer", quotient);
    quotient = (double)int_of_float(floor(quotient));
    return give_two(c, value_float(quotient), value_float((double)a - quotient * (double)b));
}

/* --- powers --- */

static bool pow_floats(struct op_call *c, double a, double b) {
    if (a == 0 && b < 0) return refuse(c, "0.0 cannot be raised to a negative power");
    return give_float(c, pow(a, b));
}
static bool pow_ints(struct op_call *c, int64_t a, int64_t b) {
    return pow_floats(c, (double)a, (double)b);
}
static bool give_polar(struct op_call *c, double length, double angle) {
    return give_complex(c, length * cos(angle), length * sin(angle));
}
/* std::pow of libstdc++: it has a way of its own where one side is a float. */
static bool pow_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    double _Complex base = __builtin_complex(a.re, a.im);
    if (c->args[1].tag == VALUE_FLOAT) {
        if (a.im == 0 && a.re > 0) return give_complex(c, pow(a.re, b.re), 0);
        double _Complex logarithm = clog(base);
        return give_polar(c, exp(b.re * creal(logarithm)), b.re * cimag(logarithm));
    }
    if (c->args[0].tag == VALUE_FLOAT && a.re > 0) return give_polar(c, pow(a.re, b.re), b.im * log(a.re));
    double _Complex power = cpow(base, __builtin_complex(b.re, b.im));
    return give_complex(c, creal(power), cimag(power));
}
NUMBER_KERNEL(pow, pow_complexes)

/* pow.Scalar_Scalar lets zero be raised to anything. */
static bool free_pow_floats(struct op_call *c, double a, double b) {
    return give_float(c, pow(a, b));
}
static bool free_pow_ints(struct op_call *c, int64_t a, int64_t b) {
    return free_pow_floats(c, (double)a, (double)b);
}
KERNEL(pow_scalars, free_pow, NULL)

bool op_pow_int_to_int(struct op_call *c);
bool op_pow_int_to_int(struct op_call *c) {
    int64_t a = arg_int(c, 0), b = arg_int(c, 1);
    if (a == 0 && b < 0) return refuse(c, "0.0 cannot be raised to a negative power");
    return give_int(c, int_of_float(pow((double)a, (double)b)));
}

/* --- angles and lengths --- */

static bool atan2_floats(struct op_call *c, double a, double b) {
    return give_float(c, atan2(a, b));
}
static bool atan2_ints(struct op_call *c, int64_t a, int64_t b) {
    return atan2_floats(c, (double)a, (double)b);
}
NUMBER_KERNEL(atan2, NULL)

static bool copysign_floats(struct op_call *c, double a, double b) {
    return give_float(c, copysign(a, b));
}
static bool copysign_ints(struct op_call *c, int64_t a, int64_t b) {
    return copysign_floats(c, (double)a, (double)b);
}
NUMBER_KERNEL(copysign, NULL)

static bool polar_floats(struct op_call *c, double a, double b) {
    return give_polar(c, a, b);
}
static bool polar_ints(struct op_call *c, int64_t a, int64_t b) {
    return polar_floats(c, (double)a, (double)b);
}
NUMBER_KERNEL(polar, NULL)

/* log(a, base) */
static bool log_floats(struct op_call *c, double a, double b) {
    return give_float(c, log(a) / log(b));
}
static bool log_ints(struct op_call *c, int64_t a, int64_t b) {
    return log_floats(c, (double)a, (double)b);
}
static bool log_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    double _Complex top = clog(__builtin_complex(a.re, a.im)), bottom = clog(__builtin_complex(b.re, b.im));
    struct complex_number over = {creal(top), cimag(top)}, under = {creal(bottom), cimag(bottom)};
    if (c->args[1].tag != VALUE_COMPLEX) return give_complex(c, over.re / log(b.re), over.im / log(b.re));
    if (c->args[0].tag != VALUE_COMPLEX) over = (struct complex_number){log(a.re), 0};
    over = divide(over, under);
    return give_complex(c, over.re, over.im);
}
NUMBER_KERNEL(log, log_complexes)
SCALARS_KERNEL(log)

/* --- the smaller and the larger of two --- */

static bool min_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_int(c, a < b ? a : b);
}
static bool min_floats(struct op_call *c, double a, double b) {
    return give_float(c, a < b ? a : b);
}
NUMBER_KERNEL(min, NULL)

static bool max_ints(struct op_call *c, int64_t a, int64_t b) {
    return give_int(c, a > b ? a : b);
}
static bool max_floats(struct op_call *c, double a, double b) {
    return give_float(c, a > b ? a : b);
}
NUMBER_KERNEL(max, NULL)

bool op_gcd(struct op_call *c);
bool op_gcd(struct op_call *c) {
    int64_t a = arg_int(c, 0), b = arg_int(c, 1);
    while (b != 0) {
        if (!divides(c, a, b, "")) return false;
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return give_int(c, a < 0 ? wrap_negate(a) : a);
}

/* --- bits --- */

/* The processor takes a shift's count modulo 64, and so does PyTorch. */
#define INT_KERNEL(name, expression)                  \
    bool op_##name(struct op_call *c);                \
    bool op_##name(struct op_call *c) {               \
        int64_t a = arg_int(c, 0), b = arg_int(c, 1); \
        return give_int(c, expression);               \
    }
INT_KERNEL(and_int, a &b)
INT_KERNEL(or_int, a | b)
INT_KERNEL(xor_int, a ^ b)
INT_KERNEL(shift_left, (int64_t)((uint64_t)a << (b & 63)))
INT_KERNEL(shift_right, a >> (b & 63))
