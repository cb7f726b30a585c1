/* gemm.h: the packed matrix product, C = alpha * A B + beta * C with an epilogue, in float and double.
 *
 * A caller fills a `struct gemm_f32` (operands are pointers with strides in elements), asks gemm_plan how the
 * work divides into tasks and how many bytes of workspace one worker needs, and then runs ranges of tasks,
 * each worker with a workspace of its own; tasks are independent of each other. A constant right operand is
 * packed once with pack_b and passed as b_packed. Nothing here allocates, starts threads or knows of tensors.
 */
#ifndef KERNELS_GEMM_H
#define KERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/vmath_ops.h"

/* What happens to alpha * A B + beta * C before it is stored: + bias_row[i] + bias_col[j] + residual[i][j],
 * then the activation. A null pointer means nothing is added. The residual's columns are one element apart
 * where C's are (c_col), its rows residual_row. */
struct gemm_epilogue_f32 {
    const float *bias_row, *bias_col;
    const float *residual;
    int64_t residual_row, residual_col, residual_batch;
    enum unary_op activation; /* UNARY_IDENTITY for none */
};

struct gemm_epilogue_f64 {
    const double *bias_row, *bias_col;
    const double *residual;
    int64_t residual_row, residual_col, residual_batch;
    enum unary_op activation;
};

/* Who makes an operand that is no matrix in memory (a convolution's patches): elements of K [k0, k0 + kc) and
 * of N (or, for the left operand, M) [n0, n0 + count) of batch entry `batch`, as out[kc][width], count <=
 * width. Columns from count to width are to be zero. Nothing behind out[kc][width] may be written. */
typedef void gemm_packer_f32(const void *source, int64_t batch, int64_t k0, int64_t kc, int64_t n0,
                             int64_t count, int64_t width, float *out);

/* batch products of A [m][k], B [k][n], C [m][n]. */
struct gemm_f32 {
    int64_t m, n, k;
    int64_t batch;  /* 1 for a single product; 0 does nothing */
    const float *a; /* element (i, p) of batch t is a[t * a_batch + i * a_row + p * a_col] */
    int64_t a_row, a_col, a_batch;
    const float *a_packed; /* from pack_a, or null; a is not read then; shared by the whole batch
                              unless a_batch says otherwise */
    const float *b;
    int64_t b_row, b_col, b_batch;        /* b_batch counts packed floats where b_packed is given */
    const float *b_packed;                /* from pack_b, or null */
    gemm_packer_f32 *a_packer, *b_packer; /* or null; where one is set, that operand is made by it alone */
    const void *a_source, *b_source;      /* handed to the packers */
    float *c;
    int64_t c_row, c_col, c_batch; /* c_col == 1 or c_row == 1 are fast, anything else works */
    float alpha, beta;             /* beta == 0: C is not read (it may hold NaN) */
    struct gemm_epilogue_f32 epilogue;
};

typedef void gemm_packer_f64(const void *source, int64_t batch, int64_t k0, int64_t kc, int64_t n0,
                             int64_t count, int64_t width, double *out);

struct gemm_f64 {
    int64_t m, n, k;
    int64_t batch;
    const double *a;
    int64_t a_row, a_col, a_batch;
    const double *a_packed;
    const double *b;
    int64_t b_row, b_col, b_batch;
    const double *b_packed;
    gemm_packer_f64 *a_packer, *b_packer;
    const void *a_source, *b_source;
    double *c;
    int64_t c_row, c_col, c_batch;
    double alpha, beta;
    struct gemm_epilogue_f64 epilogue;
};

/* How one product is run. Filled by plan; copied freely. */
struct gemm_plan {
    int64_t tasks;            /* ranges of [0, tasks) may run on any worker in any order */
    size_t workspace;         /* bytes for each worker that runs at the same time, 64-byte aligned */
    int64_t m_parts, n_parts; /* of one batch entry: rows of tiles and panels are divided evenly among them */
    bool pack_a, pack_b;      /* done at run time, into the workspace */
    int64_t k_chunk;          /* rows of K summed in registers before they are added to C */
};

struct gemm_kernels_f32 {
    /* Plans for `threads` workers (1 or more). Every pointer of g that is null here must be null when it
     * runs, and the other way round; strides count too. */
    struct gemm_plan (*plan)(const struct gemm_f32 *g, int threads);
    void (*run)(const struct gemm_f32 *g, const struct gemm_plan *plan, void *workspace, int64_t begin,
                int64_t end);
    /* At least the workspace of any plan for one thread with C's rows contiguous, whose m, n and k are not
     * greater. */
    size_t (*workspace_bound)(int64_t m, int64_t n, int64_t k);
    /* Constant operands, packed once: how many floats, and the packing, with strides in elements. The layout
     * is this instruction set's own. */
    int64_t (*pack_b_count)(int64_t k, int64_t n);
    void (*pack_b)(int64_t k, int64_t n, const float *b, int64_t b_row, int64_t b_col, float *packed);
    int64_t (*pack_a_count)(int64_t m, int64_t k);
    void (*pack_a)(int64_t m, int64_t k, const float *a, int64_t a_row, int64_t a_col, float *packed);
};

struct gemm_kernels_f64 {
    /* Plans for `threads` workers (1 or more). Every pointer of g that is null here must be null when it
     * runs, and the other way round; strides count too. */
    struct gemm_plan (*plan)(const struct gemm_f64 *g, int threads);
    void (*run)(const struct gemm_f64 *g, const struct gemm_plan *plan, void *workspace, int64_t begin,
                int64_t end);
    /* At least the workspace of any plan for one thread with C's rows contiguous, whose m, n and k are not
     * greater. */
    size_t (*workspace_bound)(int64_t m, int64_t n, int64_t k);
    /* Constant operands, packed once: how many doubles, and the packing, with strides in elements. The layout
     * is this instruction set's own. */
    int64_t (*pack_b_count)(int64_t k, int64_t n);
    void (*pack_b)(int64_t k, int64_t n, const double *b, int64_t b_row, int64_t b_col, double *packed);
    int64_t (*pack_a_count)(int64_t m, int64_t k);
    void (*pack_a)(int64_t m, int64_t k, const double *a, int64_t a_row, int64_t a_col, double *packed);
};

#endif
