/* elementwise_impl.h: the elementwise functions and their loops, written once and compiled for float and
 * double.
 *
 * elementwise_f32.c and elementwise_f64.c define REAL_DOUBLE, the elementary functions f32_exp or f64_exp,
 * and BY_LANE, which makes a vector function of one of libm's; they include this file, which adds the simple
 * functions and the loops, and they put the loops into tables. */

#include "kernels/vec_real.h"
#include "kernels/vmath.h"

#define ZERO ((vr){0})

/* ---- unary: REAL_FN(name)(x) ---- */

ALWAYS_INLINE vr REAL_FN(identity)(vr x) {
    return x;
}
ALWAYS_INLINE vr REAL_FN(abs)(vr x) {
    return vr_abs(x);
}
ALWAYS_INLINE vr REAL_FN(neg)(vr x) {
    return -x;
}
ALWAYS_INLINE vr REAL_FN(square)(vr x) {
    return x * x;
}
ALWAYS_INLINE vr REAL_FN(sqrt)(vr x) {
    return vr_sqrt(x);
}
ALWAYS_INLINE vr REAL_FN(rsqrt)(vr x) {
    return 1 / vr_sqrt(x);
}
ALWAYS_INLINE vr REAL_FN(reciprocal)(vr x) {
    return 1 / x;
}
ALWAYS_INLINE vr REAL_FN(floor)(vr x) {
    return vr_floor(x);
}
ALWAYS_INLINE vr REAL_FN(ceil)(vr x) {
    return vr_ceil(x);
}
ALWAYS_INLINE vr REAL_FN(round)(vr x) {
    return vr_round(x);
}
ALWAYS_INLINE vr REAL_FN(trunc)(vr x) {
    return vr_trunc(x);
}
ALWAYS_INLINE vr REAL_FN(frac)(vr x) {
    return x - vr_trunc(x);
}
ALWAYS_INLINE vr REAL_FN(relu)(vr x) {
    return vr_relu(x);
}
ALWAYS_INLINE vr REAL_FN(relu6)(vr x) {
    return vr_min(vr_set1(6), vr_max(ZERO, x));
}
ALWAYS_INLINE vr REAL_FN(hardsigmoid)(vr x) {
    return REAL_FN(relu6)(x + 3) / 6;
}
ALWAYS_INLINE vr REAL_FN(hardswish)(vr x) {
    return x * REAL_FN(relu6)(x + 3) / 6;
}
ALWAYS_INLINE vr REAL_FN(softsign)(vr x) {
    return x / (1 + vr_abs(x));
}

/* 0 for zeros and for NaN, as torch.sign. */
ALWAYS_INLINE vr REAL_FN(sign)(vr x) {
    vr one = vr_set1(1);
    return vr_select(vr_lt(ZERO, x), one, ZERO) - vr_select(vr_lt(x, ZERO), one, ZERO);
}

/* ---- with parameters: REAL_FN(name)(x, p, q) ---- */

ALWAYS_INLINE vr REAL_FN(leaky_relu)(vr x, vr p, vr q) {
    (void)q;
    return vr_select(vr_lt(ZERO, x), x, x * p);
}

ALWAYS_INLINE vr REAL_FN(elu)(vr x, vr p, vr q) {
    return vr_select(vr_le(x, ZERO), REAL_FN(expm1)(x) * p, x * q);
}

ALWAYS_INLINE vr REAL_FN(celu)(vr x, vr p, vr q) {
    (void)q;
    return vr_select(vr_le(x, ZERO), REAL_FN(expm1)(x / p) * p, x);
}

ALWAYS_INLINE vr REAL_FN(clamp)(vr x, vr p, vr q) {
    vr result = vr_min(q, vr_max(p, x));
    result = vr_select(vr_ne(p, p), p, result);
    return vr_select(vr_ne(q, q), q, result);
}

ALWAYS_INLINE vr REAL_FN(threshold)(vr x, vr p, vr q) {
    return vr_select(vr_le(x, p), q, x);
}

ALWAYS_INLINE vr REAL_FN(softplus_beta)(vr x, vr p, vr q) {
    vr scaled = x * p;
    vr result = REAL_FN(log1p)(REAL_FN(exp)(scaled)) / p;
    return vr_select(vr_lt(q, scaled), x, result);
}

ALWAYS_INLINE vr REAL_FN(hardshrink)(vr x, vr p, vr q) {
    (void)q;
    return vr_select(vr_le(vr_abs(x), p), ZERO, x);
}

ALWAYS_INLINE vr REAL_FN(softshrink)(vr x, vr p, vr q) {
    (void)q;
    vr result = vr_select(vr_lt(p, x), x - p, vr_select(vr_lt(x, -p), x + p, ZERO));
    return vr_select(vr_ne(x, x), x, result);
}

ALWAYS_INLINE vr REAL_FN(mul_add)(vr x, vr p, vr q) {
    return x * p + q;
}

/* ---- binary: REAL_FN(name)(a, b, alpha) ---- */

#define BINARY_PLAIN(name, expression)                     \
    ALWAYS_INLINE vr REAL_FN(name)(vr a, vr b, vr alpha) { \
        (void)alpha;                                       \
        return expression;                                 \
    }

ALWAYS_INLINE vr REAL_FN(add)(vr a, vr b, vr alpha) {
    return vr_fma(b, alpha, a);
}
ALWAYS_INLINE vr REAL_FN(sub)(vr a, vr b, vr alpha) {
    return vr_fnma(b, alpha, a);
}
BINARY_PLAIN(mul, a *b)
BINARY_PLAIN(div, a / b)
BINARY_PLAIN(trunc_divide, vr_trunc(a / b))
BINARY_PLAIN(copysign, vr_copysign(a, b))
/* The machine's maximum gives b where either is NaN; PyTorch wants the NaN. */
BINARY_PLAIN(maximum, vr_select(vr_ne(a, a), a, vr_max(a, b)))
BINARY_PLAIN(minimum, vr_select(vr_ne(a, a), a, vr_min(a, b)))

#define BINARY_BY_LANE(name, function)                                  \
    ALWAYS_INLINE vr REAL_FN(name)(vr a, vr b, vr alpha) {              \
        (void)alpha;                                                    \
        for (int i = 0; i < VR_LANES; i++) a[i] = function(a[i], b[i]); \
        return a;                                                       \
    }

#if REAL_DOUBLE
BINARY_BY_LANE(atan2, REAL_LIBM(atan2))
BINARY_BY_LANE(hypot, REAL_LIBM(hypot))
BINARY_BY_LANE(fmod, REAL_LIBM(fmod))
#endif

/* Python's remainder and quotient, as c10/util/generic_math.h has them (div_floor_floating). */
ALWAYS_INLINE vr REAL_FN(remainder)(vr a, vr b, vr alpha) {
    vr rest = REAL_FN(fmod)(a, b, alpha);
    return vr_select(vr_lt(rest * vr_copysign(vr_set1(1), b), ZERO), rest + b, rest);
}

ALWAYS_INLINE vr REAL_FN(floor_divide)(vr a, vr b, vr alpha) {
    vr rest = REAL_FN(fmod)(a, b, alpha), one = vr_set1(1), quotient = (a - rest) / b;
    quotient = vr_select(vr_lt(rest * vr_copysign(one, b), ZERO), quotient - one, quotient);
    vr whole = vr_floor(quotient);
    whole = vr_select(vr_lt(vr_set1((real)0.5), quotient - whole), whole + one, whole);
    vr result = vr_select(vr_eq(quotient, ZERO), vr_copysign(ZERO, a / b), whole);
    return vr_select(vr_eq(b, ZERO), a / b, result);
}

/* ---- loops ---- */

#define UNARY_LOOP(name, upper)                                                                  \
    static void unary_##name(int64_t n, const real *x, real *y) {                                \
        int64_t i = 0;                                                                           \
        for (; i + VR_LANES <= n; i += VR_LANES) vr_store(y + i, REAL_FN(name)(vr_load(x + i))); \
        if (i < n) vr_store_n(y + i, REAL_FN(name)(vr_load_n(x + i, n - i)), n - i);             \
    }

#define PARAM_LOOP(name, upper)                                                                     \
    static void param_##name(int64_t n, const real *x, real p, real q, real *y) {                   \
        vr first = vr_set1(p), second = vr_set1(q);                                                 \
        int64_t i = 0;                                                                              \
        for (; i + VR_LANES <= n; i += VR_LANES)                                                    \
            vr_store(y + i, REAL_FN(name)(vr_load(x + i), first, second));                          \
        if (i < n) vr_store_n(y + i, REAL_FN(name)(vr_load_n(x + i, n - i), first, second), n - i); \
    }

/* A loop for each pair of steps: a number stays in a register. */
#define BINARY_LOOP(name, upper)                                                                             \
    ALWAYS_INLINE void binary_steps_##name(int64_t n, const real *a, int a_step, const real *b, int b_step,  \
                                           vr alpha, real *y) {                                              \
        vr first = n > 0 && !a_step ? vr_set1(*a) : ZERO, second = n > 0 && !b_step ? vr_set1(*b) : ZERO;    \
        int64_t i = 0;                                                                                       \
        for (; i + VR_LANES <= n; i += VR_LANES)                                                             \
            vr_store(y + i, REAL_FN(name)(a_step ? vr_load(a + i) : first, b_step ? vr_load(b + i) : second, \
                                          alpha));                                                           \
        if (i < n)                                                                                           \
            vr_store_n(y + i,                                                                                \
                       REAL_FN(name)(a_step ? vr_load_n(a + i, n - i) : first,                               \
                                     b_step ? vr_load_n(b + i, n - i) : second, alpha),                      \
                       n - i);                                                                               \
    }                                                                                                        \
    static void binary_##name(int64_t n, const real *a, int a_step, const real *b, int b_step, real alpha,   \
                              real *y) {                                                                     \
        vr scale = vr_set1(alpha);                                                                           \
        if (a_step && b_step)                                                                                \
            binary_steps_##name(n, a, 1, b, 1, scale, y);                                                    \
        else if (a_step)                                                                                     \
            binary_steps_##name(n, a, 1, b, 0, scale, y);                                                    \
        else if (b_step)                                                                                     \
            binary_steps_##name(n, a, 0, b, 1, scale, y);                                                    \
        else                                                                                                 \
            binary_steps_##name(n, a, 0, b, 0, scale, y);                                                    \
    }

#define COMPARE_LOOP(name, operator)                                                            \
    static void compare_##name(int64_t n, const real *a, int a_step, const real *b, int b_step, \
                               uint8_t *y) {                                                    \
        if (a_step && b_step)                                                                   \
            for (int64_t i = 0; i < n; i++) y[i] = a[i] operator b[i];                          \
        else                                                                                    \
            for (int64_t i = 0; i < n; i++) y[i] = a[i * a_step] operator b[i * b_step];        \
    }
