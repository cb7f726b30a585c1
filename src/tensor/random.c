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

static void block_float(float *d, float mean, float std) {
    for (int j = 0; j < NORMAL_BLOCK / 2; j++) {
        float u1 = 1 - d[j], u2 = d[j + NORMAL_BLOCK / 2];
        float r = sqrtf(-2 * logf(u1)), angle = (float)two_pi * u2;
        d[j] = r * cosf(angle) * std + mean;
        d[j + NORMAL_BLOCK / 2] = r * sinf(angle) * std + mean;
    }
}

static void block_double(double *d, double mean, double std) {
    for (int j = 0; j < NORMAL_BLOCK / 2; j++) {
        double u1 = 1 - d[j], u2 = d[j + NORMAL_BLOCK / 2];
        double r = sqrt(-2 * log(u1)), angle = two_pi * u2;
        d[j] = r * cos(angle) * std + mean;
        d[j + NORMAL_BLOCK / 2] = r * sin(angle) * std + mean;
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

/* sample_gamma of aten/src/ATen/native/Distributions.h: Marsaglia and Tsang, boosted below 1. */
double generator_gamma(struct generator *g, double shape) {
    double scale = 1;
    if (shape < 1) {
        if (shape == 0) return 0;
        scale = pow(1 - generator_double(g), 1 / shape);
        shape += 1;
    }
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x, y;
        do {
            x = generator_normal(g);
            y = 1 + c * x;
        } while (y <= 0);
        double v = y * y * y, u = 1 - generator_double(g), xx = x * x;
        if (u < 1 - 0.0331 * xx * xx) return scale * d * v;
        if (log(u) < 0.5 * xx + d * (1 - v + log(v))) return scale * d * v;
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
