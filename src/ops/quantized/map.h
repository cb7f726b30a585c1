/* Pointwise operators on quantized tensors: integers become reals (or stay integers), a loop computes, the
 * results become integers of the output's scale and zero point.
 *
 * TensorIterator's vectorised loops take what fits into pairs of whole vectors of a run and leave the rest to
 * scalar code, which rounds otherwise (arithmetic.h); so the tiles here say which of the two they stand for.
 * Lengths of vectors are AVX2's (aten/src/ATen/native/cpu/Loops.h). */
#ifndef LINKBOY_OPS_QUANTIZED_MAP_H
#define LINKBOY_OPS_QUANTIZED_MAP_H
#include "ops/quantized/quantize.h"

enum { MAP_INPUTS = 2, MAP_NUMBERS = 4 };

struct map;
struct map_tile {
    const float *x, *y; /* the inputs' reals, and where results go */
    float *out;
    const int32_t *a, *b; /* or their integers */
    int32_t *to;
    int64_t count;
    bool vector;
    const struct map *map;
};
typedef void map_loop(const struct map_tile *t);

struct map {
    map_loop *reals, *integers; /* one of them */
    int inputs;
    bool subtracts; /* vectors subtract the zero point as scalar code does (sigmoid) */
    struct affine in[MAP_INPUTS], out;
    float k[MAP_NUMBERS]; /* the operator's numbers */
    int64_t n[MAP_NUMBERS];
};

/* Fills in the parameters of inputs and output and runs; `out` may be one of the inputs. */
bool map_run(struct op_call *c, struct map *m, struct tensor *const *in, struct tensor *out);
/* The same into a new tensor in the first input's memory format. */
struct tensor *map_new(struct op_call *c, struct map *m, struct tensor *const *in, double scale,
                       int64_t zero_point);
#endif
