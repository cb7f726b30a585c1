/* Reductions: many elements to one, over any set of dimensions.
 *
 * A reduction is three functions over a state: begin, step (a tile of elements of a compute type) and finish.
 * Reals are accumulated in double whatever their dtype, so that float32 sums need no tricks. The engine walks
 * kept dimensions outside, reduced ones inside. */
#ifndef LINKBOY_OPS_REDUCE_REDUCE_H
#define LINKBOY_OPS_REDUCE_REDUCE_H
#include "ops/common/args.h"

struct reduce_state {
    int64_t i, count;
    double f, g;
    struct complex128 z;
    const struct number *k; /* the operator's numbers */
};

enum { ROWS_LOGSUMEXP = 255 };

typedef void reduce_step(struct reduce_state *s, const void *tile, int64_t count);

struct reduction {
    const char *name;
    void (*begin)(struct reduce_state *s);
    reduce_step *steps[COMPUTE_COUNT]; /* COMPUTE_FLOAT is never used */
    /* Leaves the result in i, f or z; `out` says which one is stored (the step's own type when NULL). */
    void (*finish)(struct reduce_state *s);
    bool real_result; /* complex in, f out */
    uint8_t rows;     /* 1 + enum reduce_op of the kernels that do the same, ROWS_LOGSUMEXP; 0: none */
};

/* Reduces the dims of `mask`; elements are loaded as `compute`, the result has dtype `d`. `target` NULL makes
 * a tensor; returns a new reference or NULL. */
struct tensor *reduce_run(struct op_call *c, const struct reduction *r, struct tensor *t, uint64_t mask,
                          bool keepdim, enum compute compute, enum dtype d, const struct number *k,
                          struct tensor *target);
/* rows.c: the same by the kernels, where they fit; `out` is the finished output. */
bool reduce_rows_fit(const struct op_call *c, const struct reduction *r, const struct tensor *t,
                     uint64_t mask, const struct tensor *out);
bool reduce_rows(struct op_call *c, const struct reduction *r, const struct tensor *t, uint64_t mask,
                 struct tensor *out, const struct number *k);
/* The output of a reduction: sizes without (or with 1 for) the masked dims. Out= is resized. */
struct tensor *reduce_output(struct op_call *c, struct tensor *t, uint64_t mask, bool keepdim, enum dtype d,
                             struct tensor *target);
/* The dtype that a norm is asked for has the input's kind and no less room (check_linalg_norm_dtype in
 * aten/src/ATen/native/LinearAlgebra.cpp). */
bool reduce_check_norm_dtype(struct op_call *c, enum dtype own, enum dtype wanted, const char *name);
static inline uint64_t mask_all(const struct tensor *t) {
    return t->ndim == 0 ? 0 : ~(uint64_t)0 >> (64 - t->ndim);
}
#endif
