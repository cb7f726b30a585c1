/* gemm_tile.h: the innermost kernel of the packed product, and the sizes of its blocks.
 *
 * A tile is up to TILE_ROWS rows of A against one or two vectors of columns of B, summed in registers over a
 * chunk of K and stored or added with the epilogue. One function for every number of rows, of vectors, and
 * way of reading A, in a table. Part of gemm_impl.h; compiled for float and for double. */
#ifndef KERNELS_GEMM_TILE_H
#define KERNELS_GEMM_TILE_H

#include "kernels/gemm.h"
#include "kernels/kernels_isa.h"
#include "kernels/vec_real.h"

#if defined(__AVX512F__)
#define TILE_ROWS 14
#define TILE_LIST(X, nv, how) \
    X(1, nv, how)             \
    X(2, nv, how)             \
    X(3, nv, how)             \
    X(4, nv, how)             \
    X(5, nv, how)             \
    X(6, nv, how)             \
    X(7, nv, how)             \
    X(8, nv, how) X(9, nv, how) X(10, nv, how) X(11, nv, how) X(12, nv, how) X(13, nv, how) X(14, nv, how)
#elif defined(__aarch64__)
#define TILE_ROWS 12
#define TILE_LIST(X, nv, how) \
    X(1, nv, how)             \
    X(2, nv, how)             \
    X(3, nv, how)             \
    X(4, nv, how)             \
    X(5, nv, how)             \
    X(6, nv, how) X(7, nv, how) X(8, nv, how) X(9, nv, how) X(10, nv, how) X(11, nv, how) X(12, nv, how)
#else
#define TILE_ROWS 6
#define TILE_LIST(X, nv, how) \
    X(1, nv, how) X(2, nv, how) X(3, nv, how) X(4, nv, how) X(5, nv, how) X(6, nv, how)
#endif

enum {
    PANEL = 2 * VR_LANES, /* columns of a panel */
    CHUNK = 512,          /* rows of K summed from zero, at most */
    ONE_CHUNK = 384,      /* so many are not divided */
    BLOCK_TILES = 168 / TILE_ROWS,
    GROUP_REALS = (2 << 20) / sizeof(real),         /* of B, packed at run time before it is used ... */
    GROUP_REALS_SMALL = (384 << 10) / sizeof(real), /* ... where A need not be packed again for each group */
    WIDE_PANELS = 8,                                /* of B, packed side by side */
    LINE = 512,                                     /* results of a matrix-vector product in work at a time */
    WORK_SLACK = 2 * VR_LANES                       /* packing writes whole vectors over the end */
};

#if REAL_DOUBLE
#define ISA_TABLE_VMATH ISA(vmath_f64)
#else
#define ISA_TABLE_VMATH ISA(vmath_f32)
#endif

/* Parts of nearly equal size: part i of `parts` of `total` begins here. */
static int64_t split_begin(int64_t total, int64_t parts, int64_t i) {
    int64_t size = total / parts, longer = total % parts;
    return i * size + (i < longer ? i : longer);
}

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* One tile: rows x (1 or 2 vectors) of C, over one chunk of K. */
struct tile_job {
    const real *a; /* element (i, k) is a[i + k * rows], or, strided, a[i * a_row + k] */
    int64_t a_row;
    const real *b;
    int64_t b_row;
    int64_t kc;
    const char *next; /* what to fetch meanwhile: next_step bytes for each k */
    int64_t next_step;
    real alpha;
    real *sum; /* receives the sums; read before where sum_scale is not 0 */
    int64_t sum_row;
    real sum_scale;
    bool finish;   /* the last chunk of an epilogue that the direct path knows */
    bool indirect; /* through `scratch` and tile_finish: ragged columns, other layouts of C */
    const real *bias_row, *bias_col, *residual;
    int64_t residual_row;
    bool relu;
    real *scratch; /* [TILE_ROWS][PANEL] */
};

typedef void tile_fn(const struct tile_job *job);

/* Rows three by three from base pointers: base, base + row and base + 2 * row are addresses the machine forms
 * by itself, so that 14 rows take five registers. Packed operands have rows one element apart. */
ALWAYS_INLINE void tile_step(int rows, int nv, bool strided, const real *const *base, int64_t a_row,
                             int64_t a_offset, const real *b, vr (*sum)[2]) {
    vr column[2];
    UNROLL
    for (int v = 0; v < nv; v++) column[v] = vr_load(b + v * VR_LANES);
    UNROLL
    for (int i = 0; i < rows; i++) {
        vr x = vr_set1(strided ? base[i / 3][(i % 3) * a_row + a_offset] : base[0][a_offset + i]);
        UNROLL
        for (int v = 0; v < nv; v++) sum[i][v] = vr_fma(x, column[v], sum[i][v]);
    }
}

/* What this tile can bring nearer while it computes: C, which it needs at the end, and its share of the panel
 * that comes next (a line at a time; the machine fetches lines in pairs). */
ALWAYS_INLINE void tile_fetch_sums(int rows, int nv, const struct tile_job *job) {
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < nv; v++) __builtin_prefetch(job->sum + i * job->sum_row + v * VR_LANES, 1);
    }
}

/* Few rows have too few accumulators to hide the latency of the multiply-add: they take `sets` of them, for
 * consecutive k in turn. */
ALWAYS_INLINE void tile_sum(int rows, int nv, bool strided, const struct tile_job *job, vr (*sum)[2]) {
    const int sets = rows == 1 ? 4 : rows <= 3 ? 2 : 1;
    const int bases = strided ? (rows + 2) / 3 : 1;
    const real *base[(TILE_ROWS + 2) / 3];
    const real *b = job->b;
    const int64_t a_row = job->a_row, a_col = strided ? 1 : rows, b_row = job->b_row, kc = job->kc;
    const char *next = job->next;
    vr part[4][TILE_ROWS][2];
    UNROLL
    for (int i = 0; i < bases; i++) base[i] = job->a + 3 * i * a_row;
    UNROLL
    for (int s = 0; s < sets; s++) {
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int v = 0; v < nv; v++) part[s][i][v] = (vr){0};
        }
    }
    tile_fetch_sums(rows, nv, job);
    int64_t k = 0;
    for (; k + 4 <= kc; k += 4) {
        UNROLL
        for (int s = 0; s < 4; s++) {
            tile_step(rows, nv, strided, base, a_row, s * a_col, b + s * b_row, part[s % sets]);
            if (s % 2 == 0) __builtin_prefetch(next + s * job->next_step, 0, 2);
        }
        UNROLL
        for (int i = 0; i < bases; i++) base[i] += 4 * a_col;
        b += 4 * b_row;
        next += 4 * job->next_step;
    }
    for (; k < kc; k++) {
        tile_step(rows, nv, strided, base, a_row, 0, b, part[0]);
        UNROLL
        for (int i = 0; i < bases; i++) base[i] += a_col;
        b += b_row;
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int v = 0; v < nv; v++) {
            sum[i][v] = part[0][i][v];
            UNROLL
            for (int s = 1; s < sets; s++) sum[i][v] += part[s][i][v];
        }
    }
}

static void activate(enum unary_op op, int64_t count, const real *x, real *y) {
    ISA_TABLE_VMATH.unary[op](count, x, y);
}

/* The epilogue in registers: everything PyTorch's linear and convolution layers usually need. */
ALWAYS_INLINE void tile_epilogue(int rows, int nv, const struct tile_job *job, vr (*sum)[2]) {
    if (job->bias_row) UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++) sum[i][v] += vr_set1(job->bias_row[i]);
    if (job->bias_col) UNROLL
    for (int v = 0; v < nv; v++) {
        vr bias = vr_load(job->bias_col + v * VR_LANES);
        UNROLL
        for (int i = 0; i < rows; i++) sum[i][v] += bias;
    }
    if (job->residual) UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++) sum[i][v] += vr_load(job->residual + i * job->residual_row + v * VR_LANES);
    if (job->relu) UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++) sum[i][v] = vr_relu(sum[i][v]);
}

ALWAYS_INLINE void tile_run(int rows, int nv, bool strided, const struct tile_job *job) {
    vr sum[TILE_ROWS][2];
    tile_sum(rows, nv, strided, job, sum);
    if (job->alpha != 1) UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++) sum[i][v] *= vr_set1(job->alpha);
    if (job->sum_scale != 0) UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++)
        sum[i][v] += vr_set1(job->sum_scale) * vr_load(job->sum + i * job->sum_row + v * VR_LANES);
    real *out = job->indirect ? job->scratch : job->sum;
    int64_t out_row = job->indirect ? PANEL : job->sum_row;
    if (job->finish) tile_epilogue(rows, nv, job, sum);
    UNROLL
    for (int i = 0; i < rows; i++) UNROLL
    for (int v = 0; v < nv; v++) vr_store(out + i * out_row + v * VR_LANES, sum[i][v]);
}

#define TILE_DEFINE(rows, nv, how)                                       \
    static void tile_##rows##_##nv##_##how(const struct tile_job *job) { \
        tile_run(rows, nv, how, job);                                    \
    }
TILE_LIST(TILE_DEFINE, 1, 0)
TILE_LIST(TILE_DEFINE, 2, 0)
TILE_LIST(TILE_DEFINE, 1, 1)
TILE_LIST(TILE_DEFINE, 2, 1)
#undef TILE_DEFINE

/* tiles[strided][vectors - 1][rows - 1] */
#define TILE_ENTRY(rows, nv, how) tile_##rows##_##nv##_##how,
static tile_fn *const tiles[2][2][TILE_ROWS] = {
    {{TILE_LIST(TILE_ENTRY, 1, 0)}, {TILE_LIST(TILE_ENTRY, 2, 0)}},
    {{TILE_LIST(TILE_ENTRY, 1, 1)}, {TILE_LIST(TILE_ENTRY, 2, 1)}}};
#undef TILE_ENTRY

#endif
