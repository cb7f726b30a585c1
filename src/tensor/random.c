/* The random engine and its draws; see random.h. */
#include "tensor/random.h"
#include <math.h>
#include <string.h>

enum { MIDDLE = 397, NORMAL_BLOCK = 16 };
static const double two_pi = 6.28318530717958647692;

void generator_seed(struct generator *g, uint64_t seed) {
    memset(g, 0, sizeof *g);
    g->seed = seed;
    g->words[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < GENERATOR_WORDS; i++)
        g->words[i] = 1812433253u * (g->words[i - 1] ^ g->words[i - 1] >> 30) + i;
    g->left = 1;
}

static uint32_t twist(uint32_t a, uint32_t b) {
    uint32_t mixed = (a & 0x80000000u) | (b & 0x7fffffffu);
    return mixed >> 1 ^ (b & 1u ? 0x9908b0dfu : 0u);
}

static void next_words(struct generator *g) {
    uint32_t *w = g->words;
    for (int i = 0; i < GENERATOR_WORDS; i++)
        w[i] = w[(i + MIDDLE) % GENERATOR_WORDS] ^ twist(w[i], w[(i + 1) % GENERATOR_WORDS]);
    g->left = GENERATOR_WORDS;
    g->next = 0;
}

uint32_t generator_next32(struct generator *g) {
    if (--g->left == 0) next_words(g);
    uint32_t y = g->words[g->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

double generator_normal(struct generator *g) {
    if (g->has_normal) {
        g->has_normal = false;
        return g->normal;
    }
    double u1 = generator_double(g), u2 = generator_double(g);
    double r = sqrt(-2 * log1p(-u2)), angle = two_pi * u1;
    g->normal = r * sin(angle);
    g->has_normal = true;
    return r * cos(angle);
}

/* The natural logarithm of (0, 1], and sine and cosine of [0, 2 pi), as PyTorch's AVX2 code computes them
 * (aten/src/ATen/native/cpu/avx_mathfun.h): Cephes' polynomials (S. Moshier), each step of which is one fused
 * multiplication and addition. */
static float horner(float x, const float *coefficients, int count) {
    float y = coefficients[0];
    for (int i = 1; i < count; i++) y = fmaf(y, x, coefficients[i]);
    return y;
}

static float cephes_log(float x) {
    static const float p[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                              -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                              2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    int power;
    x = frexpf(x, &power);
    bool low = x < 0.707106781186547524f;
    float e = (float)(low ? power - 1 : power);
    x = low ? (x - 1) + x : x - 1;
    float z = x * x, y = horner(x, p, 9) * x;
    y = fmaf(y, z, e * -2.12194440e-4f);
    return fmaf(e, 0.693359375f, x + fmaf(-z, 0.5f, y));
}

static void cephes_sine_cosine(float x, float *sine, float *cosine) {
    static const float s[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f},
                       c[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
    int octant = ((int)(x * 1.27323954473516f) + 1) & ~1;
    float turns = (float)octant;
    x = fmaf(turns, -0.78515625f, x);
    x = fmaf(turns, -2.4187564849853515625e-4f, x);
    x = fmaf(turns, -3.77489497744594108e-8f, x);
    float z = x * x, even = fmaf(horner(z, c, 3) * z, z, -(z * 0.5f)) + 1,
          odd = fmaf(horner(z, s, 3) * z, x, x);
    *sine = octant & 2 ? even : odd;
    *cosine = octant & 2 ? odd : even;
    if (octant & 4) *sine = -*sine;
    if (~(octant - 2) & 4) *cosine = -*cosine;
}

static void block_float(float *d, float mean, float std) {
    for (int j = 0; j < NORMAL_BLOCK / 2; j++) {
        float r = sqrtf(-2 * cephes_log(1 - d[j])), sine, cosine;
        cephes_sine_cosine((float)two_pi * d[j + NORMAL_BLOCK / 2], &sine, &cosine);
        d[j] = fmaf(r * cosine, std, mean);
        d[j + NORMAL_BLOCK / 2] = fmaf(r * sine, std, mean);
    }
}

static void block_double(double *d, double mean, double std) {
    for (int j = 0; j < NORMAL_BLOCK / 2; j++) {
        double u1 = 1 - d[j], u2 = d[j + NORMAL_BLOCK / 2];
        double r = sqrt(-2 * log(u1)), angle = two_pi * u2;
        d[j] = fma(r * cos(angle), std, mean);
        d[j + NORMAL_BLOCK / 2] = fma(r * sin(angle), std, mean);
    }
}

/* A last block that is not whole is drawn anew over the last 16 elements. */
#define NORMALS(suffix, type)                                                                             \
    void generator_normals_##suffix(struct generator *g, type *out, int64_t count, type mean, type std) { \
        for (int64_t i = 0; i < count; i++) out[i] = generator_##suffix(g);                               \
        for (int64_t i = 0; i + NORMAL_BLOCK <= count; i += NORMAL_BLOCK)                                 \
            block_##suffix(out + i, mean, std);                                                           \
        if (count % NORMAL_BLOCK == 0) return;                                                            \
        type *last = out + count - NORMAL_BLOCK;                                                          \
        for (int i = 0; i < NORMAL_BLOCK; i++) last[i] = generator_##suffix(g);                           \
        block_##suffix(last, mean, std);                                                                  \
    }
NORMALS(float, float)
NORMALS(double, double)

/* What C++ computes in the parameters' own type. */
static double narrowed(double x, bool single) {
    return single ? (double)(float)x : x;
}

/* sample_gamma of aten/src/ATen/native/Distributions.h: Marsaglia and Tsang, boosted below 1. Its constants
 * are floats. */
double generator_gamma(struct generator *g, double shape, bool single) {
    double scale = 1;
    if (shape < 1) {
        if (shape == 0) return 0;
        scale = pow(1 - generator_double(g), narrowed(1 / shape, single));
        shape = narrowed(shape + 1, single);
    }
    double d = narrowed(shape - (double)(1.0f / 3.0f), single), c = 1 / sqrt(9 * d);
    for (;;) {
        double x, y;
        do {
            x = generator_normal(g);
            y = 1 + c * x;
        } while (y <= 0);
        double v = y * y * y, u = 1 - generator_double(g), xx = x * x;
        if (u < fma(-(double)0.0331f * xx, xx, 1)) return scale * d * v;
        if (log(u) < fma(d, 1 - v + log(v), 0.5 * xx)) return scale * d * v;
    }
}

/* Transformed rejection (Hoermann 1993) for rates of 10 and more. */
static int64_t poisson_rejection(struct generator *g, double rate) {
    double s = sqrt(rate), log_rate = log(rate), b = 0.931 + 2.53 * s, a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = generator_double(g) - 0.5, v = generator_double(g), us = 0.5 - fabs(u);
        int64_t k = (int64_t)floor((2 * a / us + b) * u + rate + 0.43);
        if (us >= 0.07 && v <= v_r) return k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <=
            -rate + (double)k * log_rate - lgamma((double)k + 1))
            return k;
    }
}

int64_t generator_poisson(struct generator *g, double rate) {
    if (rate >= 10) return poisson_rejection(g, rate);
    if (rate == 0) return 0;
    double limit = exp(-rate), product = 1;
    for (int64_t k = 0;; k++) {
        product *= generator_double(g);
        if (product <= limit) return k;
    }
}

/* Waiting times between successes, added up. */
static double binomial_waiting(struct generator *g, double count, double chance, bool single) {
    double sum = 0, log_miss = narrowed(log1p(-chance), single);
    for (double happened = 0;; happened++) {
        sum += ceil(log(generator_double(g)) / log_miss);
        if (!(sum <= count)) return happened;
    }
}

/* What Stirling's formula for log k! leaves. */
static double stirling_rest(double k) {
    static const double table[] = {
        0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
        0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
    };
    if (k <= 9) return table[(int)k];
    double square = (k + 1) * (k + 1);
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

/* BTRS, transformed rejection with squeeze (Hoermann 1993), for 10 and more expected. */
static double binomial_rejection(struct generator *g, double n, double p, bool single) {
    double miss = narrowed(1 - p, single), np = narrowed(n * p, single);
    double deviation = narrowed(sqrt(narrowed(np * miss, single)), single);
    double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p, c = np + 0.5;
    double v_r = 0.92 - 4.2 / b, odds = narrowed(p / miss, single), alpha = (2.83 + 5.1 / b) * deviation;
    double m = floor(narrowed((n + 1) * p, single));
    for (;;) {
        double u = generator_double(g) - 0.5, v = generator_double(g), us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + c);
        if (!(k >= 0 && k <= n)) continue;
        if (us >= 0.07 && v <= v_r) return k;
        v = log(v * alpha / (a / (us * us) + b));
        double bound = (m + 0.5) * log((m + 1) / (odds * (n - m + 1))) +
                       (n + 1) * log((n - m + 1) / (n - k + 1)) +
                       (k + 0.5) * log(odds * (n - k + 1) / (k + 1)) + stirling_rest(m) +
                       stirling_rest(n - m) - stirling_rest(k) - stirling_rest(n - k);
        if (v <= bound) return k;
    }
}

double generator_binomial(struct generator *g, double count, double chance, bool single) {
    if (count <= 0 || chance <= 0) return 0;
    if (chance >= 1) return count;
    if (chance != chance || count != count || isinf(count)) return (double)NAN;
    bool rare = chance <= 0.5;
    if (!rare) chance = narrowed(1 - chance, single);
    double happened = narrowed(count * chance, single) >= 10 ? binomial_rejection(g, count, chance, single)
                                                             : binomial_waiting(g, count, chance, single);
    return rare ? happened : count - happened;
}

/* THGeneratorState's layout (aten/src/ATen/CPUGeneratorImpl.cpp). */
enum {
    AT_SEED = 0,
    AT_LEFT = 8,
    AT_SEEDED = 12,
    AT_NEXT = 16,
    AT_WORDS = 24,
    AT_NORMALS = AT_WORDS + 8 * GENERATOR_WORDS
};

void generator_save(const struct generator *g, unsigned char *state) {
    memset(state, 0, GENERATOR_STATE_BYTES);
    int32_t left = g->left, seeded = 1, valid = g->has_normal;
    uint64_t next = (uint64_t)g->next;
    memcpy(state + AT_SEED, &g->seed, 8);
    memcpy(state + AT_LEFT, &left, 4);
    memcpy(state + AT_SEEDED, &seeded, 4);
    memcpy(state + AT_NEXT, &next, 8);
    for (int i = 0; i < GENERATOR_WORDS; i++) memcpy(state + AT_WORDS + 8 * i, &g->words[i], 4);
    if (g->has_normal) memcpy(state + AT_NORMALS + 8, &g->normal, 8);
    memcpy(state + AT_NORMALS + 24, &valid, 4);
    if (g->has_normal_float) memcpy(state + AT_NORMALS + 32, &g->normal_float, 4);
    state[AT_NORMALS + 36] = g->has_normal_float;
}

bool generator_restore(struct generator *g, const unsigned char *state, size_t bytes) {
    if (bytes != GENERATOR_STATE_BYTES) return false;
    int32_t left, valid;
    uint64_t next;
    memcpy(&left, state + AT_LEFT, 4);
    memcpy(&next, state + AT_NEXT, 8);
    if (left < 1 || left > GENERATOR_WORDS || next > GENERATOR_WORDS ||
        (left > 1 && next + (uint64_t)left - 1 > GENERATOR_WORDS))
        return false;
    memset(g, 0, sizeof *g);
    memcpy(&g->seed, state + AT_SEED, 8);
    for (int i = 0; i < GENERATOR_WORDS; i++) memcpy(&g->words[i], state + AT_WORDS + 8 * i, 4);
    g->left = left;
    g->next = (int)next;
    memcpy(&valid, state + AT_NORMALS + 24, 4);
    g->has_normal = valid != 0;
    memcpy(&g->normal, state + AT_NORMALS + 8, 8);
    return true;
}
