/* Random numbers, bit for bit PyTorch's on a CPU: the mt19937 engine with its cached normal, and the draws
 * that distributions are made of (aten/src/ATen/CPUGeneratorImpl.cpp, core/DistributionsHelper.h). A
 * generator belongs to one thread at a time. Filling tensors is the operators' matter. */
#ifndef LINKBOY_TENSOR_RANDOM_H
#define LINKBOY_TENSOR_RANDOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GENERATOR_WORDS = 624, GENERATOR_STATE_BYTES = 5056 };
#define GENERATOR_DEFAULT_SEED 67280421310721u

struct generator {
    uint64_t seed;
    uint32_t words[GENERATOR_WORDS];
    int left, next;
    bool has_normal, has_normal_float;
    double normal;
    float normal_float;
};

/* Only the low 32 bits count, as in PyTorch; clears the cached normal. */
void generator_seed(struct generator *g, uint64_t seed);
uint32_t generator_next32(struct generator *g);
static inline uint64_t generator_next64(struct generator *g) {
    uint64_t high = generator_next32(g);
    return high << 32 | generator_next32(g);
}
/* Uniform in [0, 1) with 24 and 53 bits. */
static inline float generator_float(struct generator *g) {
    return (float)(generator_next32(g) & 0xffffffu) * 0x1p-24f;
}
static inline double generator_double(struct generator *g) {
    return (double)(generator_next64(g) & 0x1fffffffffffffu) * 0x1p-53;
}
/* A standard normal by Box and Muller, every second one from the cache. */
double generator_normal(struct generator *g);
/* Standard normals for 16 or more elements, then scaled: the block algorithm of normal_fill. */
void generator_normals_float(struct generator *g, float *out, int64_t count, float mean, float std);
void generator_normals_double(struct generator *g, double *out, int64_t count, double mean, double std);
/* Standard gamma of this shape (Marsaglia and Tsang), Poisson with this rate, and how often of `count` times
 * something of this chance happens, as PyTorch draws them; single: for float32 parameters. */
double generator_gamma(struct generator *g, double shape, bool single);
double generator_binomial(struct generator *g, double count, double chance, bool single);
int64_t generator_poisson(struct generator *g, double rate);

/* torch.get_rng_state(): GENERATOR_STATE_BYTES bytes. */
void generator_save(const struct generator *g, unsigned char *state);
bool generator_restore(struct generator *g, const unsigned char *state, size_t bytes);
#endif
