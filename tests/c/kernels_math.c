/* Elementwise functions: accuracy against libm in double over samples of all bit patterns, special values,
 * every tail length, the scalar forms of binary functions, conversions of short floats over all their values.
 */
#include "kernels_test.h"

static const char *isa;

typedef double truth_fn(double);

static double t_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double t_silu(double x) {
    return x / (1 + exp(-x));
}
static double t_gelu(double x) {
    return 0.5 * x * erfc(-x * 0.70710678118654752440);
}
static double t_gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}
static double t_softplus(double x) {
    return x > 20 ? x : log1p(exp(x));
}
static double t_log_sigmoid(double x) {
    return fmin(x, 0) - log1p(exp(-fabs(x)));
}
static double t_mish(double x) {
    return x * tanh(t_softplus(x));
}
static double t_rsqrt(double x) {
    return 1 / sqrt(x);
}
static double t_reciprocal(double x) {
    return 1 / x;
}
static double t_square(double x) {
    return x * x;
}
static double t_relu(double x) {
    return x < 0 ? 0 : x;
}
static double t_sign(double x) {
    return (x > 0) - (x < 0);
}
static double t_frac(double x) {
    return x - trunc(x);
}
static double t_relu6(double x) {
    return x < 0 ? 0 : x > 6 ? 6 : x;
}
static double t_hardsigmoid(double x) {
    return t_relu6(x + 3) / 6;
}
/* The product overflows before it is divided, as in aten. */
static double t_hardswish(double x) {
    return (double)(float)(x * t_relu6(x + 3)) / 6;
}
static double t_softsign(double x) {
    return x / (1 + fabs(x));
}
static double t_neg(double x) {
    return -x;
}
static double t_identity(double x) {
    return x;
}

/* ulp: the largest error allowed in units in the last place; absolute: errors below this are always allowed.
 */
static const struct {
    enum unary_op op;
    truth_fn *truth;
    double ulp, absolute;
} functions[] = {{UNARY_IDENTITY, t_identity, 0, 0},
                 {UNARY_ABS, fabs, 0, 0},
                 {UNARY_NEG, t_neg, 0, 0},
                 {UNARY_SIGN, t_sign, 0, 0},
                 {UNARY_SQUARE, t_square, .51, 0},
                 {UNARY_SQRT, sqrt, .51, 0},
                 {UNARY_RSQRT, t_rsqrt, 1.6, 0},
                 {UNARY_RECIPROCAL, t_reciprocal, .51, 0},
                 {UNARY_FLOOR, floor, 0, 0},
                 {UNARY_CEIL, ceil, 0, 0},
                 {UNARY_ROUND, rint, 0, 0},
                 {UNARY_TRUNC, trunc, 0, 0},
                 {UNARY_FRAC, t_frac, 0, 0},
                 {UNARY_EXP, exp, 1.2, 0},
                 {UNARY_EXP2, exp2, 1.2, 0},
                 {UNARY_EXPM1, expm1, 1.7, 0},
                 {UNARY_LOG, log, 1.2, 0},
                 {UNARY_LOG2, log2, 1.5, 0},
                 {UNARY_LOG10, log10, 1.5, 0},
                 {UNARY_LOG1P, log1p, 1.2, 0},
                 {UNARY_SIN, sin, 1.7, 0},
                 {UNARY_COS, cos, 1.7, 0},
                 {UNARY_TAN, tan, 3.5, 0},
                 {UNARY_ASIN, asin, 2.5, 0},
                 {UNARY_ACOS, acos, 2.5, 0},
                 {UNARY_ATAN, atan, 2.6, 0},
                 {UNARY_SINH, sinh, 2.5, 0},
                 {UNARY_COSH, cosh, 2.5, 0},
                 {UNARY_TANH, tanh, 3, 0},
                 {UNARY_ASINH, asinh, 2.5, 0},
                 {UNARY_ACOSH, acosh, 2.5, 0},
                 {UNARY_ATANH, atanh, 2.5, 0},
                 {UNARY_ERF, erf, 1.5, 0},
                 {UNARY_ERFC, erfc, 6, 0},
                 {UNARY_SIGMOID, t_sigmoid, 3, 1.5e-38},
                 {UNARY_LOG_SIGMOID, t_log_sigmoid, 3, 0},
                 {UNARY_SILU, t_silu, 3.5, 1.3e-36},
                 {UNARY_GELU, t_gelu, 3, 2e-7},
                 {UNARY_GELU_TANH, t_gelu_tanh, 14, 5e-7},
                 {UNARY_SOFTPLUS, t_softplus, 3, 0},
                 {UNARY_MISH, t_mish, 6, 1e-37},
                 {UNARY_RELU, t_relu, 0, 0},
                 {UNARY_RELU6, t_relu6, 0, 0},
                 {UNARY_HARDSIGMOID, t_hardsigmoid, 1, 5e-8},
                 {UNARY_HARDSWISH, t_hardswish, 2, 5e-7},
                 {UNARY_SOFTSIGN, t_softsign, 1.5, 0}};

static double ulp_of(double x) {
    int e;
    if (fabs(x) < 1.1754943508222875e-38) return 1.401298464324817e-45;
    frexp(x, &e);
    return ldexp(1, e - 24);
}

static bool agrees(float got, double want, double ulp, double absolute) {
    if (isnan(want)) return isnan(got);
    if ((double)got == want || (float)want == got) return true;
    if (isinf(got)) return fabs(want) > 3.4028e38;
    if (isinf((float)want)) return fabs((double)got) > 3.4028e38;
    return fabs((double)got - want) <= ulp * ulp_of(want) + absolute;
}

/* The baseline multiplies and adds with two roundings: a little more is allowed there. */
static double slack(void) {
    return strcmp(isa, "base") == 0 ? 1.6 : 1;
}

static void test_function(const struct kernels *k, size_t f) {
    enum { BLOCK = 1000 };
    float x[BLOCK], y[BLOCK], worst_x = 0, worst_y = 0;
    double worst = 0;
    int bad = 0;
    for (uint64_t bits = f * 77; bits < (uint64_t)1 << 32; bits += (uint64_t)BLOCK * 30011) {
        for (int i = 0; i < BLOCK; i++) {
            uint32_t b = (uint32_t)(bits + (uint64_t)i * 30011);
            memcpy(x + i, &b, 4);
        }
        k->f32->unary[functions[f].op](BLOCK, x, y);
        for (int i = 0; i < BLOCK; i++) {
            double want = functions[f].truth((double)x[i]);
            if (agrees(y[i], want, functions[f].ulp * slack(), functions[f].absolute)) continue;
            double off = fabs((double)y[i] - want) / ulp_of(want);
            bad++;
            if (!(off <= worst)) worst = off, worst_x = x[i], worst_y = y[i];
        }
    }
    check(bad == 0, "%s: unary %d: %d samples off, up to %g ulp, %.9g gave %.9g", isa, functions[f].op, bad,
          worst, (double)worst_x, (double)worst_y);
}

static void test_specials(const struct kernels *k) {
    static const float x[] = {0.0f,   -0.0f,   INFINITY, -INFINITY, NAN,   1,     -1,
                              1e-45f, -1e-45f, 88.8f,    -104.5f,   1e30f, -1e30f};
    enum { COUNT = sizeof x / sizeof x[0] };
    float y[COUNT];
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        k->f32->unary[functions[f].op](COUNT, x, y);
        for (int i = 0; i < COUNT; i++) {
            enum unary_op op = functions[f].op;
            double want = functions[f].truth((double)x[i]);
            if (op == UNARY_GELU && i == 3) want = NAN; /* -inf * 0, as aten computes it */
            if (op == UNARY_SIGN && i == 4) want = 0;
            check(agrees(y[i], want, functions[f].ulp * slack() + 1, functions[f].absolute),
                  "%s: unary %d of %g gave %g, not %g", isa, op, (double)x[i], (double)y[i], want);
        }
    }
    k->f32->unary[UNARY_RELU](5, x, y);
    check(signbit(y[1]) && isnan(y[4]), "%s: relu keeps -0 and NaN", isa);
    k->f32->unary[UNARY_EXPM1](2, x, y);
    check(!signbit(y[0]) && signbit(y[1]), "%s: expm1 keeps -0", isa);
}

static void test_lengths(const struct kernels *k) {
    float x[70], y[72];
    for (int i = 0; i < 70; i++) x[i] = (float)(i - 20) * 0.25f;
    for (int op = 0; op < UNARY_COUNT; op++)
        for (int n = 0; n < 70; n += 1 + n / 20) {
            float whole[70];
            k->f32->unary[op](70, x, whole);
            y[n] = 12345, y[n + 1] = 54321;
            k->f32->unary[op](n, x, y);
            check(memcmp(y, whole, (size_t)n * 4) == 0 && y[n] == 12345 && y[n + 1] == 54321,
                  "%s: unary %d of %d", isa, op, n);
        }
}

static void test_binary(const struct kernels *k, uint64_t *state) {
    static double (*const truth[])(double, double) = {[BINARY_POW] = pow,
                                                      [BINARY_ATAN2] = atan2,
                                                      [BINARY_FMOD] = fmod,
                                                      [BINARY_COPYSIGN] = copysign,
                                                      [BINARY_HYPOT] = hypot};
    float a[99], b[99], y[99];
    for (int op = 0; op < BINARY_COUNT; op++)
        for (int form = 0; form < 4; form++) {
            for (int i = 0; i < 99; i++)
                a[i] = (float)(random_unit(state) * 5), b[i] = (float)(random_unit(state) * 5);
            if (op == BINARY_POW)
                for (int i = 0; i < 90; i++) a[i] = fabsf(a[i]);
            k->f32->binary[op](99, a, form & 1, b, form >> 1, 0.5f, y);
            for (int i = 0; i < 99; i++) {
                double p = a[form & 1 ? i : 0], q = b[form & 2 ? i : 0], want;
                switch (op) {
                case BINARY_ADD: want = p + 0.5 * q; break;
                case BINARY_SUB: want = p - 0.5 * q; break;
                case BINARY_MUL: want = p * q; break;
                case BINARY_DIV: want = p / q; break;
                case BINARY_MAXIMUM: want = p > q ? p : q; break;
                case BINARY_MINIMUM: want = p < q ? p : q; break;
                case BINARY_REMAINDER: want = p - q * floor(p / q); break;
                case BINARY_FLOOR_DIVIDE: want = floor(p / q); break;
                case BINARY_TRUNC_DIVIDE: want = trunc(p / q); break;
                default: want = truth[op](p, q);
                }
                check(agrees(y[i], want, 1.6, op == BINARY_REMAINDER ? 4e-7 : 1e-7),
                      "%s: binary %d form %d (%g, %g) gave %g not %g", isa, op, form, p, q, (double)y[i],
                      want);
            }
        }
    float n[3] = {NAN, 1, NAN}, m[3] = {2, NAN, NAN};
    k->f32->binary[BINARY_MAXIMUM](3, n, 1, m, 1, 1, y);
    check(isnan(y[0]) && isnan(y[1]) && isnan(y[2]), "%s: maximum of NaN", isa);
    k->f32->binary[BINARY_MINIMUM](3, n, 1, m, 1, 1, y);
    check(isnan(y[0]) && isnan(y[1]) && isnan(y[2]), "%s: minimum of NaN", isa);
    float p[6] = {0, -2, 2, -2, INFINITY, 0.5f}, q[6] = {0, 3, -INFINITY, 0.5f, 0, INFINITY};
    k->f32->binary[BINARY_POW](6, p, 1, q, 1, 1, y);
    check(y[0] == 1 && y[1] == -8 && y[2] == 0 && isnan(y[3]) && y[4] == 1 && y[5] == 0,
          "%s: powers at the edges", isa);
}

static void test_params(const struct kernels *k) {
    float x[5] = {-3, -0.0f, 2, NAN, 9}, y[5];
    k->f32->param[PARAM_CLAMP](5, x, -1, 5, y);
    check(y[0] == -1 && y[1] == 0 && y[2] == 2 && isnan(y[3]) && y[4] == 5, "%s: clamp", isa);
    k->f32->param[PARAM_CLAMP](5, x, NAN, 5, y);
    check(isnan(y[0]) && isnan(y[4]), "%s: clamp with a NaN bound", isa);
    k->f32->param[PARAM_LEAKY_RELU](5, x, 0.5f, 0, y);
    check(y[0] == -1.5f && y[2] == 2 && isnan(y[3]), "%s: leaky relu", isa);
    k->f32->param[PARAM_ELU](5, x, 1, 1, y);
    check(agrees(y[0], expm1(-3), 2, 0) && y[2] == 2 && isnan(y[3]), "%s: elu", isa);
    k->f32->param[PARAM_THRESHOLD](5, x, 0, 7, y);
    check(y[0] == 7 && y[1] == 7 && y[2] == 2 && isnan(y[3]), "%s: threshold", isa);
    k->f32->param[PARAM_SOFTSHRINK](5, x, 1, 0, y);
    check(y[0] == -2 && y[1] == 0 && y[2] == 1 && isnan(y[3]), "%s: softshrink", isa);
    uint8_t c[5];
    k->f32->compare[COMPARE_LT](5, x, 1, x + 2, 0, c);
    check(c[0] == 1 && c[1] == 1 && c[2] == 0 && c[3] == 0 && c[4] == 0, "%s: less than", isa);
}

static void test_shorts(const struct kernels *k) {
    enum { ALL = 65536 };
    uint16_t *h = room(ALL * 2), *back = room(ALL * 2);
    float *x = room(ALL * 4);
    for (int i = 0; i < ALL; i++) h[i] = (uint16_t)i;
    k->mixed->f16_to_f32(ALL, h, x);
    k->mixed->f32_to_f16(ALL, x, back);
    bool good = x[0x3c00] == 1 && x[1] == 0x1p-24f && x[0xc000] == -2 && isinf(x[0x7c00]) && isnan(x[0x7c01]);
    for (int i = 0; i < ALL; i++)
        good = good && (isnan(x[i]) ? isnan(x[i]) && (back[i] & 0x7c00) == 0x7c00 && (back[i] & 0x3ff)
                                    : back[i] == h[i]);
    check(good, "%s: half", isa);
    k->mixed->bf16_to_f32(ALL, h, x);
    k->mixed->f32_to_bf16(ALL, x, back);
    good = x[0x3f80] == 1;
    for (int i = 0; i < ALL; i++) good = good && (isnan(x[i]) ? back[i] == 0x7fc0 : back[i] == h[i]);
    check(good, "%s: bfloat16", isa);
    float ties[8] = {1.00048828125f, 1.00146484375f, 65519.996f,     65520,
                     2.98023224e-8f, 8.94069672e-8f, 2.98023259e-8f, -65504};
    static const uint16_t rounded[8] = {0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 2, 1, 0xfbff};
    k->mixed->f32_to_f16(8, ties, back);
    check(memcmp(back, rounded, 16) == 0, "%s: half rounds to even", isa);
    free(h), free(back), free(x);
}

static void test_double(const struct kernels *k, uint64_t *state) {
    static const enum unary_op ops[] = {UNARY_EXP,  UNARY_EXPM1, UNARY_LOG, UNARY_LOG1P,
                                        UNARY_TANH, UNARY_ERF,   UNARY_SIN};
    static truth_fn *const truths[] = {exp, expm1, log, log1p, tanh, erf, sin};
    double x[1003], y[1003];
    for (size_t f = 0; f < sizeof ops / sizeof ops[0]; f++) {
        for (int i = 0; i < 1003; i++) {
            double u = random_unit(state), scale = pow(10, random_unit(state) * 3);
            x[i] = ops[f] == UNARY_LOG     ? exp(u * 700)
                   : ops[f] == UNARY_LOG1P ? fabs(u) * scale - 0.9 * (i % 2)
                                           : u * scale;
        }
        k->f64->unary[ops[f]](1003, x, y);
        double worst = 0;
        for (int i = 0; i < 1003; i++) {
            double want = truths[f](x[i]);
            if (y[i] == want || (isnan(want) && isnan(y[i]))) continue;
            worst = fmax(worst, fabs(y[i] / want - 1));
        }
        check(worst < 1e-15, "%s: double unary %d: %g", isa, ops[f], worst);
    }
    double edge[6] = {0, -1, INFINITY, -INFINITY, NAN, 5e-324};
    k->f64->unary[UNARY_LOG](6, edge, y);
    check(y[0] == -INFINITY && isnan(y[1]) && y[2] == INFINITY && isnan(y[3]) && isnan(y[4]) &&
              fabs(y[5] + 744.44007192138126) < 1e-10,
          "%s: double log edges", isa);
    k->f64->unary[UNARY_EXP](5, edge, y);
    check(y[0] == 1 && y[2] == INFINITY && y[3] == 0 && isnan(y[4]), "%s: double exp edges", isa);
}

int main(void) {
    const struct kernels *k;
    for (int i = 0; (k = kernels_at(i)); i++) {
        uint64_t state = 3;
        isa = k->name;
        for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) test_function(k, f);
        test_specials(k);
        test_lengths(k);
        test_binary(k, &state);
        test_params(k);
        test_shorts(k);
        test_double(k, &state);
    }
    return report();
}
