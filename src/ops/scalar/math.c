/* Functions of one number: roots, logarithms, angles, rounding, classification.
 *
 * A function gives a float for an int or float and, where it has one, a complex number for a complex.
 * PyTorch's
 * `.Scalar` overloads cast their result to C's `float` or `int` (the macro's type names,
 * torch/csrc/jit/runtime/register_ops_utils.h, DEFINE_UNARY_OP): so do the kernels that end in _scalar. */
#include <complex.h>
#undef complex /* value.h has a member of this name */
#include <math.h>

#include "ops/common/give.h"

typedef double real_function(double);
typedef double _Complex complex_function(double _Complex);

static bool apply(struct op_call *c, real_function *real, complex_function *complex_form, bool narrow) {
    lb_value v = c->args[0];
    if (v.tag == VALUE_COMPLEX) {
        if (!complex_form) return refuse(c, "expected int");
        double _Complex result = complex_form(__builtin_complex(v.complex->re, v.complex->im));
        return give_complex(c, creal(result), cimag(result));
    }
    double result = real(number_as_float(v));
    return give_float(c, narrow ? (double)(float)result : result);
}

static double to_degrees(double x) {
    return x * (180.0 / acos(-1.0));
}
static double to_radians(double x) {
    return x * (acos(-1.0) / 180.0);
}
/* Half goes to the even neighbour, whatever the processor's rounding mode is. */
static double round_half_even(double x) {
    double whole = round(x);
    return fabs(x - trunc(x)) == 0.5 ? 2 * round(x / 2) : whole;
}
static double _Complex log_ten(double _Complex z) {
    return clog(z) / log(10.0);
}

/* X(kernel, function of a float, function of a complex or NULL) */
#define FLOAT_FUNCTIONS(X)          \
    X(acos, acos, cacos)            \
    X(acosh, acosh, cacosh)         \
    X(asin, asin, casin)            \
    X(asinh, asinh, casinh)         \
    X(atan, atan, catan)            \
    X(atanh, atanh, catanh)         \
    X(cos, cos, ccos)               \
    X(cosh, cosh, ccosh)            \
    X(degrees, to_degrees, NULL)    \
    X(erf, erf, NULL)               \
    X(erfc, erfc, NULL)             \
    X(exp, exp, cexp)               \
    X(expm1, expm1, NULL)           \
    X(fabs, fabs, NULL)             \
    X(gamma, tgamma, NULL)          \
    X(lgamma, lgamma, NULL)         \
    X(log1, log, clog)              \
    X(log10, log10, log_ten)        \
    X(log1p, log1p, NULL)           \
    X(radians, to_radians, NULL)    \
    X(round, round_half_even, NULL) \
    X(sin, sin, csin)               \
    X(sinh, sinh, csinh)            \
    X(sqrt, sqrt, csqrt)            \
    X(tan, tan, ctan)               \
    X(tanh, tanh, ctanh)

#define X(name, real, complex_form)                 \
    bool op_##name(struct op_call *c);              \
    bool op_##name(struct op_call *c) {             \
        return apply(c, real, complex_form, false); \
    }                                               \
    bool op_##name##_scalar(struct op_call *c);     \
    bool op_##name##_scalar(struct op_call *c) {    \
        return apply(c, real, complex_form, true);  \
    }
FLOAT_FUNCTIONS(X)
#undef X

/* --- functions whose result for an int is an int --- */

static bool give_either(struct op_call *c, bool is_int, int64_t i, double f, bool narrow) {
    if (is_int) return give_int(c, narrow ? (int64_t)(int32_t)i : i);
    return give_float(c, narrow ? (double)(float)f : f);
}

static bool negate(struct op_call *c, bool narrow) {
    lb_value v = c->args[0];
    if (v.tag == VALUE_COMPLEX) return give_complex(c, -v.complex->re, -v.complex->im);
    return give_either(c, v.tag != VALUE_FLOAT, wrap_negate(v.i), -v.f, narrow);
}

static bool absolute(struct op_call *c, bool narrow) {
    lb_value v = c->args[0];
    if (v.tag == VALUE_COMPLEX) {
        double length = hypot(v.complex->re, v.complex->im);
        return give_float(c, narrow ? (double)(float)length : length);
    }
    return give_either(c, v.tag != VALUE_FLOAT, v.i < 0 ? wrap_negate(v.i) : v.i, fabs(v.f), narrow);
}

static bool fits_int(struct op_call *c, double f) {
    bool fits = isfinite(f) && fabs(f) <= 0x1p63;
    return fits ? true : refuse(c, "Cannot convert float %f to integer", f);
}

static bool whole(struct op_call *c, real_function *real, bool narrow) {
    if (c->args[0].tag == VALUE_COMPLEX) return refuse(c, "expected int");
    double f = number_as_float(c->args[0]);
    return fits_int(c, f) && give_either(c, true, int_of_float(real(f)), 0, narrow);
}

/* An int is its own ceiling (but its floor goes through a double); 2^63 has the ceiling that PyTorch's code,
 * the conversion plus one where it came out smaller, makes of it. */
static bool ceiling(struct op_call *c) {
    lb_value v = c->args[0];
    if (v.tag != VALUE_FLOAT) return give_int(c, v.i);
    int64_t down = int_of_float(v.f);
    return fits_int(c, v.f) && give_int(c, wrap_add(down, v.f > (double)down));
}

/* The angle in the complex plane; of a float it is the sign bit's, NaN's too (std::arg of libstdc++). */
static bool angle(struct op_call *c, bool narrow) {
    lb_value v = c->args[0];
    double result;
    if (v.tag == VALUE_COMPLEX)
        result = atan2(v.complex->im, v.complex->re);
    else
        result = signbit(number_as_float(v)) ? acos(-1.0) : 0;
    return give_float(c, narrow ? (double)(float)result : result);
}

#define BOTH_KERNELS(name, call_wide, call_narrow) \
    bool op_##name(struct op_call *c);             \
    bool op_##name(struct op_call *c) {            \
        return call_wide;                          \
    }                                              \
    bool op_##name##_scalar(struct op_call *c);    \
    bool op_##name##_scalar(struct op_call *c) {   \
        return call_narrow;                        \
    }
BOTH_KERNELS(neg, negate(c, false), negate(c, true))
BOTH_KERNELS(abs, absolute(c, false), absolute(c, true))
BOTH_KERNELS(floor, whole(c, floor, false), whole(c, floor, true))
BOTH_KERNELS(ceil, ceiling(c), whole(c, ceil, true))
BOTH_KERNELS(angle, angle(c, false), angle(c, true))

/* --- classification --- */

static bool classify(struct op_call *c, int (*test)(double), bool every) {
    lb_value v = c->args[0];
    if (v.tag != VALUE_COMPLEX) return give_bool(c, test(number_as_float(v)) != 0);
    bool re = test(v.complex->re) != 0, im = test(v.complex->im) != 0;
    return give_bool(c, every ? re && im : re || im);
}
static int is_nan(double f) {
    return isnan(f);
}
static int is_infinite(double f) {
    return isinf(f);
}
static int is_finite(double f) {
    return isfinite(f);
}

bool op_isnan(struct op_call *c);
bool op_isnan(struct op_call *c) {
    return classify(c, is_nan, false);
}
bool op_isinf(struct op_call *c);
bool op_isinf(struct op_call *c) {
    return classify(c, is_infinite, false);
}
bool op_isfinite(struct op_call *c);
bool op_isfinite(struct op_call *c) {
    return classify(c, is_finite, true);
}

/* --- parts of floats, factorial --- */

bool op_modf(struct op_call *c);
bool op_modf(struct op_call *c) {
    double whole_part;
    double fraction = modf(arg_float(c, 0), &whole_part);
    c->results[0] = value_float(fraction);
    c->results[1] = value_float(whole_part);
    return true;
}

bool op_frexp(struct op_call *c);
bool op_frexp(struct op_call *c) {
    int exponent;
    double mantissa = frexp(arg_float(c, 0), &exponent);
    c->results[0] = value_float(mantissa);
    c->results[1] = value_int(exponent);
    return true;
}

bool op_ldexp(struct op_call *c);
bool op_ldexp(struct op_call *c) {
    return give_float(c, ldexp(arg_float(c, 0), (int)(uint32_t)arg_int(c, 1)));
}

/* The odd part's product, shifted by the factors of two: the 64 bits of n!, and PyTorch's number where they
 * do not suffice (register_ops_utils.cpp shifts by the processor's rule, modulo 64). The argument is C's int
 * there. */
bool op_factorial(struct op_call *c);
bool op_factorial(struct op_call *c) {
    int32_t n = (int32_t)arg_int(c, 0);
    if (n < 0) return refuse(c, "factorial() not defined for negative values");
    uint64_t product = 1;
    int twos = n - __builtin_popcount((unsigned)n);
    for (int64_t i = 3; i <= n; i++) product *= (uint64_t)i >> __builtin_ctzll((unsigned long long)i);
    return give_int(c, (int64_t)(product << (twos & 63)));
}
