/* gemm_impl.h: the packed matrix product, written once over `real` and compiled for float and for double.
 *
 * gemm_f32.c and gemm_f64.c say which (vec_real.h), name the structs of gemm.h and include this file. The way
 * of the data: a task takes a range of tiles (up to TILE_ROWS rows of A each) and of panels (2 vectors of
 * columns of B each); chunk after chunk of K it packs what has to be packed and runs the tile kernel on every
 * pair, the sums of a chunk starting at zero (a third of the rounding error of one long chain); the last
 * chunk applies the epilogue. Layouts: B panels [n / 2W][k][2W], A tiles [tile][k][rows of the tile]. */

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

/* ---- packing ---- */

/* out[p * out_row + i] = in[i * in_row + p] for i < count, p < kc. Writes whole squares: up to TRANSPOSE - 1
 * elements behind each row's count, which the next row then overwrites, hence the last group of i first. */
static void pack_transposed(int64_t count, int64_t kc, const real *in, int64_t in_row, real *out,
                            int64_t out_row) {
    const int side = VR_TRANSPOSE;
    int64_t whole = kc - kc % side;
    for (int64_t p = 0; p < whole; p += side)
        for (int64_t i = (count - 1) / side * side; i >= 0; i -= side) {
            const real *rows[VR_TRANSPOSE];
            for (int r = 0; r < side; r++) rows[r] = in + (i + r < count ? i + r : count - 1) * in_row;
            vr_transpose(rows, p, out + p * out_row + i, out_row);
        }
    for (int64_t p = whole; p < kc; p++)
        for (int64_t i = 0; i < count; i++) out[p * out_row + i] = in[i * in_row + p];
}

static void pack_rows(int64_t count, int64_t kc, const real *in, int64_t in_row, real *out, int64_t out_row) {
    int64_t whole = count - count % VR_LANES;
    for (int64_t p = 0; p < kc; p++, in += in_row, out += out_row) {
        for (int64_t i = 0; i < whole; i += VR_LANES) vr_store(out + i, vr_load(in + i));
        if (whole < count) vr_store_n(out + whole, vr_load_n(in + whole, count - whole), count - whole);
    }
}

/* out[p * out_row + i] = in[i * in_i + p * in_p]: both operands' packing. */
static void pack(int64_t count, int64_t kc, const real *in, int64_t in_i, int64_t in_p, real *out,
                 int64_t out_row) {
    if (in_i == 1)
        pack_rows(count, kc, in, in_p, out, out_row);
    else if (in_p == 1)
        pack_transposed(count, kc, in, in_i, out, out_row);
    else
        for (int64_t p = 0; p < kc; p++)
            for (int64_t i = 0; i < count; i++) out[p * out_row + i] = in[i * in_i + p * in_p];
}

static void clear_columns(int64_t from, int64_t kc, real *panel) {
    for (int64_t p = 0; from < PANEL && p < kc; p++)
        memset(panel + p * PANEL + from, 0, (size_t)(PANEL - from) * sizeof(real));
}

static int64_t pack_b_count(int64_t k, int64_t n) {
    return ceil_div(n, PANEL) * PANEL * k;
}

static void pack_b(int64_t k, int64_t n, const real *b, int64_t b_row, int64_t b_col, real *packed) {
    for (int64_t j = 0; j < n; j += PANEL, packed += k * PANEL) {
        int64_t count = n - j < PANEL ? n - j : PANEL;
        pack(count, k, b + j * b_col, b_col, b_row, packed, PANEL);
        clear_columns(count, k, packed);
    }
}

static int64_t tile_count(int64_t m) {
    return ceil_div(m, TILE_ROWS);
}

static int64_t pack_a_count(int64_t m, int64_t k) {
    return m * k + WORK_SLACK;
}

static void pack_a(int64_t m, int64_t k, const real *a, int64_t a_row, int64_t a_col, real *packed) {
    int64_t count = tile_count(m);
    for (int64_t t = 0; t < count; t++) {
        int64_t begin = split_begin(m, count, t), rows = split_begin(m, count, t + 1) - begin;
        pack(rows, k, a + begin * a_row, a_row, a_col, packed + begin * k, rows);
    }
}

/* ---- a task ---- */

/* Whether C's rows (and the residual's) are contiguous, so that whole vectors of sums can lie in C itself. */
static bool plan_direct(const struct gemm *g) {
    return g->c_col == 1 && (!g->epilogue.residual || g->epilogue.residual_col == 1);
}

/* Panels packed at a time: few, so that they stay in the cache until they are used, but each group packs A
 * again. */
static int64_t plan_group(const struct gemm_plan *plan) {
    int64_t group = (plan->pack_a ? GROUP_REALS : GROUP_REALS_SMALL) / (plan->k_chunk * PANEL);
    return group > 0 ? group : 1;
}

struct task {
    const struct gemm *g;
    const struct gemm_plan *plan;
    int64_t batch;
    int64_t tile_begin, tile_end, tiles; /* of `tiles` in all */
    int64_t panel_begin, panel_end;
    /* partial: sums between chunks [rows in work][partial_row], where C is no place for them: of all the
     * task's columns, or (C with contiguous rows) of the ragged panel alone. */
    real *work_a, *work_b, *partial;
    int64_t partial_row;
    real *scratch;
};

static int64_t task_row(const struct task *t, int64_t tile) {
    return split_begin(t->g->m, t->tiles, tile);
}

/* Element (i, j) of the tile at (row, column), from scratch to C, for any strides: the way of last resort. */
static void finish_scattered(const struct task *t, int64_t row, int64_t rows, int64_t column,
                             int64_t columns) {
    const struct gemm *g = t->g;
    const struct gemm_epilogue *e = &g->epilogue;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            real *c = g->c + t->batch * g->c_batch + (row + i) * g->c_row + (column + j) * g->c_col;
            real x = t->scratch[i * PANEL + j];
            if (g->beta != 0) x += g->beta * *c;
            if (e->bias_row) x += e->bias_row[row + i];
            if (e->bias_col) x += e->bias_col[column + j];
            if (e->residual)
                x += e->residual[t->batch * e->residual_batch + (row + i) * e->residual_row +
                                 (column + j) * e->residual_col];
            *c = x;
            if (e->activation) activate(e->activation, 1, c, c);
        }
}

/* Lines of `n` elements along C's contiguous direction, on their way from x to C: beta * C, biases, residual
 * and activation. across holds a bias a line, along one an element; both, and residual, may be null. x is
 * readable to the end of the last vector of each line. */
struct lines {
    int64_t count, n;
    const real *x;
    int64_t x_step;
    real *c;
    int64_t c_step;
    const real *across, *along, *residual;
    int64_t residual_step;
};

static void finish_lines(const struct gemm *g, const struct lines *l) {
    const bool relu = g->epilogue.activation == UNARY_RELU;
    const vr beta = vr_set1(g->beta);
    for (int64_t j = 0; j < l->n; j += VR_LANES) {
        const int64_t lanes = l->n - j < VR_LANES ? l->n - j : VR_LANES;
        const vr along = l->along ? vr_load_n(l->along + j, lanes) : (vr){0};
        for (int64_t i = 0; i < l->count; i++) {
            vr y = vr_load(l->x + i * l->x_step + j);
            real *c = l->c + i * l->c_step + j;
            if (g->beta != 0) y += beta * vr_load_n(c, lanes);
            if (l->across) y += vr_set1(l->across[i]);
            if (l->along) y += along;
            if (l->residual) y += vr_load_n(l->residual + i * l->residual_step + j, lanes);
            vr_store_n(c, relu ? vr_relu(y) : y, lanes);
        }
    }
    if (g->epilogue.activation && !relu)
        for (int64_t i = 0; i < l->count; i++)
            activate(g->epilogue.activation, l->n, l->c + i * l->c_step, l->c + i * l->c_step);
}

static const real *at_or_null(const real *p, int64_t offset) {
    return p ? p + offset : NULL;
}

/* C is column-major: the tile is turned around first. */
static void finish_turned(const struct task *t, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const struct gemm *g = t->g;
    const struct gemm_epilogue *e = &g->epilogue;
    enum { TURNED_ROW = 16 + VR_TRANSPOSE };
    real turned[PANEL * TURNED_ROW];
    pack_transposed(rows, ceil_div(columns, VR_TRANSPOSE) * VR_TRANSPOSE, t->scratch, PANEL, turned,
                    TURNED_ROW);
    struct lines lines = {
        columns,
        rows,
        turned,
        TURNED_ROW,
        g->c + t->batch * g->c_batch + row + column * g->c_col,
        g->c_col,
        at_or_null(e->bias_col, column),
        at_or_null(e->bias_row, row),
        at_or_null(e->residual, t->batch * e->residual_batch + row + column * e->residual_col),
        e->residual_col};
    finish_lines(g, &lines);
}

static void finish_rows(const struct task *t, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const struct gemm *g = t->g;
    const struct gemm_epilogue *e = &g->epilogue;
    struct lines lines = {
        rows,
        columns,
        t->scratch,
        PANEL,
        g->c + t->batch * g->c_batch + row * g->c_row + column,
        g->c_row,
        at_or_null(e->bias_row, row),
        at_or_null(e->bias_col, column),
        at_or_null(e->residual, t->batch * e->residual_batch + row * e->residual_row + column),
        e->residual_row};
    finish_lines(g, &lines);
}

/* What the direct path leaves: scratch holds the tile's sums times alpha. */
static void finish_tile(const struct task *t, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const struct gemm_epilogue *e = &t->g->epilogue;
    if (t->g->c_row == 1 && (!e->residual || e->residual_row == 1))
        finish_turned(t, row, rows, column, columns);
    else if (plan_direct(t->g))
        finish_rows(t, row, rows, column, columns);
    else
        finish_scattered(t, row, rows, column, columns);
}

/* The part of a task in work: tiles against panels, while one of the operands stays in the cache. */
struct block {
    int64_t tile_begin, tile_end, panel_begin, panel_end;
    int64_t partial_row0; /* the row of C that is partial's first */
};

/* Where the right operand's panel lies for this chunk. */
struct panel {
    const real *b;
    int64_t b_row;
    int64_t column, columns;
    bool packed_now; /* b is in the workspace and is filled at the beginning of the chunk */
};

struct chunk {
    int64_t k, kc;
    bool first, last;
};

static void job_epilogue(const struct task *t, struct tile_job *job, int64_t row, int64_t column) {
    const struct gemm_epilogue *e = &t->g->epilogue;
    job->bias_row = at_or_null(e->bias_row, row);
    job->bias_col = at_or_null(e->bias_col, column);
    job->residual = at_or_null(e->residual, t->batch * e->residual_batch + row * e->residual_row + column);
    job->residual_row = e->residual_row;
    job->relu = e->activation == UNARY_RELU;
}

static void activate_tile(const struct task *t, const struct tile_job *job, int64_t rows, int64_t columns) {
    enum unary_op op = t->g->epilogue.activation;
    if (op == UNARY_IDENTITY || op == UNARY_RELU) return;
    for (int64_t i = 0; i < rows; i++)
        activate(op, columns, job->sum + i * job->sum_row, job->sum + i * job->sum_row);
}

/* One tile against one panel. `job` holds the left operand already. */
static void task_tile(const struct task *t, struct tile_job *job, bool strided, int64_t row, int64_t rows,
                      const struct panel *p, const struct chunk *chunk, const struct block *block) {
    const struct gemm *g = t->g;
    int nv = p->columns > VR_LANES ? 2 : 1;
    job->b = p->b;
    job->b_row = p->b_row;
    job->indirect = job->finish = false;
    if (p->columns % VR_LANES == 0 && plan_direct(g)) {
        job->sum = g->c + t->batch * g->c_batch + row * g->c_row + p->column;
        job->sum_row = g->c_row;
        job->sum_scale = chunk->first ? g->beta : 1;
        job->finish = chunk->last;
        if (chunk->last) job_epilogue(t, job, row, p->column);
    } else {
        int64_t first_column = t->partial_row == PANEL ? p->column : block->panel_begin * PANEL;
        job->sum = t->partial + (row - block->partial_row0) * t->partial_row + p->column - first_column;
        job->sum_row = t->partial_row;
        job->sum_scale = chunk->first ? 0 : 1;
        job->indirect = chunk->last;
    }
    tiles[strided][nv - 1][rows - 1](job);
    if (job->indirect)
        finish_tile(t, row, rows, p->column, p->columns);
    else if (job->finish)
        activate_tile(t, job, rows, p->columns);
}

/* The left operand of a tile for this chunk: packed beforehand, packed now, or in place. */
static bool task_left(const struct task *t, struct tile_job *job, int64_t tile, int64_t block_row,
                      const struct chunk *chunk) {
    const struct gemm *g = t->g;
    int64_t row = task_row(t, tile), rows = task_row(t, tile + 1) - row;
    job->a_row = 1;
    if (g->a_packed) {
        job->a = g->a_packed + t->batch * g->a_batch + row * g->k + chunk->k * rows;
    } else if (t->plan->pack_a) {
        job->a = t->work_a + (row - block_row) * chunk->kc;
    } else {
        job->a = g->a + t->batch * g->a_batch + row * g->a_row + chunk->k * g->a_col;
        job->a_row = g->a_row;
        return true;
    }
    return false;
}

static void task_pack_left(const struct task *t, int64_t tile_begin, int64_t tile_end,
                           const struct chunk *chunk) {
    const struct gemm *g = t->g;
    int64_t block_row = task_row(t, tile_begin);
    for (int64_t tile = tile_begin; tile < tile_end; tile++) {
        int64_t row = task_row(t, tile), rows = task_row(t, tile + 1) - row;
        if (g->a_packer)
            g->a_packer(g->a_source, t->batch, chunk->k, chunk->kc, row, rows, rows,
                        t->work_a + (row - block_row) * chunk->kc);
        else
            pack(rows, chunk->kc, g->a + t->batch * g->a_batch + row * g->a_row + chunk->k * g->a_col,
                 g->a_row, g->a_col, t->work_a + (row - block_row) * chunk->kc, rows);
    }
}

static void task_pack_panel(const struct task *t, const struct panel *p, const struct chunk *chunk,
                            real *out) {
    const struct gemm *g = t->g;
    if (g->b_packer) {
        g->b_packer(g->b_source, t->batch, chunk->k, chunk->kc, p->column, p->columns, PANEL, out);
        return;
    }
    pack(p->columns, chunk->kc, g->b + t->batch * g->b_batch + chunk->k * g->b_row + p->column * g->b_col,
         g->b_col, g->b_row, out, PANEL);
    clear_columns(p->columns, chunk->kc, out);
}

static struct panel task_panel(const struct task *t, int64_t index, int64_t first,
                               const struct chunk *chunk) {
    const struct gemm *g = t->g;
    int64_t column = index * PANEL, left = g->n - column;
    struct panel p = {.b_row = PANEL, .column = column, .columns = left < PANEL ? left : PANEL};
    if (g->b_packed)
        p.b = g->b_packed + t->batch * g->b_batch + index * g->k * PANEL + chunk->k * PANEL;
    else if (t->plan->pack_b || p.columns % VR_LANES != 0) {
        p.b = t->work_b + (t->plan->pack_b ? (index - first) * chunk->kc * PANEL : 0);
        p.packed_now = true;
    } else {
        p.b = g->b + t->batch * g->b_batch + chunk->k * g->b_row + column;
        p.b_row = g->b_row;
    }
    return p;
}

/* `count` whole panels of a B with contiguous rows: a row of all of them at a time, so that memory is read in
 * longer runs and each page is visited once. */
static void pack_wide(int64_t count, int64_t kc, const real *b, int64_t b_row, real *out) {
    for (int64_t p = 0; p < kc; p++, b += b_row, out += PANEL)
        for (int64_t i = 0; i < count; i++) {
            vr_store(out + i * kc * PANEL, vr_load(b + i * PANEL));
            vr_store(out + i * kc * PANEL + VR_LANES, vr_load(b + i * PANEL + VR_LANES));
        }
}

static void task_pack_panels(const struct task *t, const struct block *block, const struct chunk *chunk) {
    const struct gemm *g = t->g;
    bool wide = t->plan->pack_b && !g->b_packer && g->b_col == 1;
    int64_t i = block->panel_begin, whole = block->panel_end;
    if (whole * PANEL > g->n) whole--; /* the last one is ragged */
    for (int64_t count; wide && i < whole; i += count) {
        struct panel p = task_panel(t, i, block->panel_begin, chunk);
        count = whole - i < WIDE_PANELS ? whole - i : WIDE_PANELS;
        pack_wide(count, chunk->kc, g->b + t->batch * g->b_batch + chunk->k * g->b_row + p.column, g->b_row,
                  t->work_b + (p.b - t->work_b));
    }
    for (; i < block->panel_end; i++) {
        struct panel p = task_panel(t, i, block->panel_begin, chunk);
        if (p.packed_now) task_pack_panel(t, &p, chunk, t->work_b + (p.b - t->work_b));
    }
}

/* Every tile of the block against every panel, over one chunk: a panel stays in the nearest cache for all
 * tiles. */
static void task_block(const struct task *t, const struct block *block, const struct chunk *chunk) {
    struct tile_job job = {.kc = chunk->kc, .alpha = t->g->alpha, .scratch = t->scratch};
    int64_t block_row = task_row(t, block->tile_begin);
    if (t->plan->pack_a) task_pack_left(t, block->tile_begin, block->tile_end, chunk);
    for (int64_t i = block->panel_begin; i < block->panel_end; i++) {
        struct panel p = task_panel(t, i, block->panel_begin, chunk);
        struct panel next = i + 1 < block->panel_end ? task_panel(t, i + 1, block->panel_begin, chunk) : p;
        bool fetch = i + 1 < block->panel_end && next.b_row == PANEL;
        int64_t share = chunk->kc * PANEL / (block->tile_end - block->tile_begin);
        job.next_step = fetch ? share * (int64_t)sizeof(real) / chunk->kc : 0;
        for (int64_t tile = block->tile_begin; tile < block->tile_end; tile++) {
            job.next = (const char *)(next.b + (fetch ? (tile - block->tile_begin) * share : 0));
            bool strided = task_left(t, &job, tile, block_row, chunk);
            int64_t row = task_row(t, tile);
            task_tile(t, &job, strided, row, task_row(t, tile + 1) - row, &p, chunk, block);
        }
    }
}

static struct chunk task_chunk(const struct task *t, int64_t k) {
    int64_t kc = t->plan->k_chunk, left = t->g->k - k;
    return (struct chunk){k, left < kc ? left : kc, k == 0, left <= kc};
}

/* The i-th block of the task's tiles, out of `count` of nearly equal size. */
static struct block task_part(const struct task *t, int64_t i, int64_t count) {
    int64_t tile_total = t->tile_end - t->tile_begin;
    int64_t begin = t->tile_begin + split_begin(tile_total, count, i);
    int64_t end = t->tile_begin + split_begin(tile_total, count, i + 1);
    return (struct block){begin, end, t->panel_begin, t->panel_end, task_row(t, begin)};
}

/* B lies ready: a block of rows goes through all of K while its sums and its part of A stay in the cache. */
static void task_run_ready(const struct task *t) {
    int64_t count = ceil_div(t->tile_end - t->tile_begin, BLOCK_TILES);
    for (int64_t i = 0; i < count; i++) {
        struct block block = task_part(t, i, count);
        for (int64_t k = 0; k < t->g->k || k == 0; k += t->plan->k_chunk) {
            struct chunk chunk = task_chunk(t, k);
            task_pack_panels(t, &block, &chunk);
            task_block(t, &block, &chunk);
        }
    }
}

/* B is packed now: a chunk of a group of panels, for all rows. */
static void task_run_packing(const struct task *t) {
    int64_t group = plan_group(t->plan), count = ceil_div(t->tile_end - t->tile_begin, BLOCK_TILES);
    for (int64_t begin = t->panel_begin; begin < t->panel_end; begin += group) {
        int64_t end = begin + group < t->panel_end ? begin + group : t->panel_end;
        for (int64_t k = 0; k < t->g->k || k == 0; k += t->plan->k_chunk) {
            struct chunk chunk = task_chunk(t, k);
            for (int64_t i = 0; i < count; i++) {
                struct block block = task_part(t, i, count);
                block.panel_begin = begin;
                block.panel_end = end;
                block.partial_row0 = task_row(t, t->tile_begin);
                if (i == 0) task_pack_panels(t, &block, &chunk);
                task_block(t, &block, &chunk);
            }
        }
    }
}

/* ---- matrix times vector ---- */

/* y[r] = sum over p of rows[r * row + p] * x[p], for `count` (1 to 4) rows: four chains of sums each. */
ALWAYS_INLINE void dot_rows(int count, int64_t k, const real *rows, int64_t row, const real *x, real *y) {
    vr sum[4][2];
    UNROLL
    for (int r = 0; r < count; r++) sum[r][0] = sum[r][1] = (vr){0};
    int64_t p = 0;
    for (; p + 2 * VR_LANES <= k; p += 2 * VR_LANES) UNROLL
    for (int v = 0; v < 2; v++) {
        vr part = vr_load(x + p + v * VR_LANES);
        UNROLL
        for (int r = 0; r < count; r++)
            sum[r][v] = vr_fma(vr_load(rows + r * row + p + v * VR_LANES), part, sum[r][v]);
    }
    for (; p < k; p += VR_LANES) {
        int64_t lanes = k - p < VR_LANES ? k - p : VR_LANES;
        vr part = vr_load_n(x + p, lanes);
        UNROLL
        for (int r = 0; r < count; r++)
            sum[r][0] = vr_fma(vr_load_n(rows + r * row + p, lanes), part, sum[r][0]);
    }
    UNROLL
    for (int r = 0; r < count; r++) y[r] = vr_sum(sum[r][0] + sum[r][1]);
}

static void dot_lines(int64_t count, int64_t k, const real *rows, int64_t row, const real *x, real *y) {
    int64_t r = 0;
    for (; r + 4 <= count; r += 4) dot_rows(4, k, rows + r * row, row, x, y + r);
    for (; r < count; r++) dot_rows(1, k, rows + r * row, row, x, y + r);
}

/* y[j] = sum over p of x[p] * columns[p * row + j], j < count: the sums of some columns stay in registers. */
ALWAYS_INLINE void axpy_strip(int nv, int64_t k, const real *columns, int64_t row, const real *x,
                              int64_t x_step, real *y) {
    vr sum[8];
    UNROLL
    for (int v = 0; v < nv; v++) sum[v] = (vr){0};
    for (int64_t p = 0; p < k; p++) {
        vr scale = vr_set1(x[p * x_step]);
        UNROLL
        for (int v = 0; v < nv; v++)
            sum[v] = vr_fma(scale, vr_load(columns + p * row + v * VR_LANES), sum[v]);
    }
    UNROLL
    for (int v = 0; v < nv; v++) vr_store(y + v * VR_LANES, sum[v]);
}

static void axpy_lines(int64_t count, int64_t k, const real *columns, int64_t row, const real *x,
                       int64_t x_step, real *y) {
    int64_t j = 0;
    for (; j + 8 * VR_LANES <= count; j += 8 * VR_LANES) axpy_strip(8, k, columns + j, row, x, x_step, y + j);
    for (; j + VR_LANES <= count; j += VR_LANES) axpy_strip(1, k, columns + j, row, x, x_step, y + j);
    for (; j < count; j++) {
        real sum = 0;
        for (int64_t p = 0; p < k; p++) sum += x[p * x_step] * columns[p * row + j];
        y[j] = sum;
    }
}

/* The product with one row (or, turned around, one column) as a line of `count` results. */
struct line {
    int64_t count;
    const real *matrix; /* element (i, p) of the matrix that multiplies the vector */
    int64_t i_step, p_step;
    const real *x;
    int64_t x_step;
    real *c;
    int64_t c_step;
    const real *across, *along, *residual;
    int64_t residual_step;
};

static struct line line_of(const struct gemm *g, int64_t batch) {
    const struct gemm_epilogue *e = &g->epilogue;
    const real *a = at_or_null(g->a, batch * g->a_batch), *b = at_or_null(g->b, batch * g->b_batch);
    real *c = g->c ? g->c + batch * g->c_batch : NULL;
    const real *residual = at_or_null(e->residual, batch * e->residual_batch);
    if (g->m == 1)
        return (struct line){g->n, b,        g->b_col,    g->b_row,    a,        g->a_col,
                             c,    g->c_col, e->bias_row, e->bias_col, residual, e->residual_col};
    return (struct line){g->m, a,        g->a_row,    g->a_col,    b,        g->b_row,
                         c,    g->c_row, e->bias_col, e->bias_row, residual, e->residual_row};
}

/* Whether the product is a line that the loops above take as it lies. */
static bool is_line(const struct gemm *g) {
    if ((g->m != 1 && g->n != 1) || g->b_packed || g->a_packed || g->a_packer || g->b_packer) return false;
    struct line l = line_of(g, 0);
    return l.c_step == 1 && (!l.residual || l.residual_step == 1) && (l.i_step == 1 || l.p_step == 1);
}

/* x is read many times with a step: where rows are dotted it is laid out first, a chunk of K at a time. */
static void run_line(const struct gemm *g, int64_t batch, int64_t begin, int64_t end) {
    struct line l = line_of(g, batch);
    real y[LINE], part[LINE], x[LINE];
    bool dots = l.p_step == 1;
    for (int64_t i = begin; i < end; i += LINE) {
        int64_t count = end - i < LINE ? end - i : LINE;
        memset(y, 0, sizeof y);
        for (int64_t k = 0; k < g->k; k += LINE) {
            int64_t kc = g->k - k < LINE ? g->k - k : LINE;
            for (int64_t p = 0; dots && p < kc; p++) x[p] = l.x[(k + p) * l.x_step];
            const real *matrix = l.matrix + i * l.i_step + k * l.p_step;
            if (dots)
                dot_lines(count, kc, matrix, l.i_step, x, part);
            else
                axpy_lines(count, kc, matrix, l.p_step, l.x + k * l.x_step, l.x_step, part);
            for (int64_t j = 0; j < count; j++) y[j] += g->alpha * part[j];
        }
        struct lines out = {
            1, count, y, 0, l.c + i, 0, l.across, at_or_null(l.along, i), at_or_null(l.residual, i), 0};
        finish_lines(g, &out);
    }
}

/* ---- plans ---- */

/* Rows of tiles and panels for `threads` workers. Splitting N packs A more than once, splitting M packs B
 * more than once; B is the dearer one where it is packed at all. */
static void plan_parts(const struct gemm *g, int threads, struct gemm_plan *plan) {
    int64_t tile_total = tile_count(g->m), panels = ceil_div(g->n, PANEL);
    int64_t wanted = threads > 1 ? ceil_div(threads, g->batch > 0 ? g->batch : 1) : 1;
    bool by_columns = panels >= wanted && (plan->pack_b || panels >= tile_total);
    plan->m_parts = plan->n_parts = 1;
    if (by_columns) {
        plan->n_parts = wanted;
    } else {
        plan->m_parts = wanted < tile_total ? wanted : tile_total;
        wanted = ceil_div(wanted, plan->m_parts);
        plan->n_parts = wanted < panels ? wanted : panels;
    }
}

static struct gemm_plan plan_line(const struct gemm *g, int threads) {
    int64_t count = g->m == 1 ? g->n : g->m;
    struct gemm_plan plan = {.m_parts = 1, .n_parts = 1};
    if (threads > 1 && count >= 64 * threads) plan.n_parts = threads;
    plan.tasks = g->batch * plan.n_parts;
    return plan;
}

/* See struct task: a panel where C's rows are contiguous, else all columns in work. */
static int64_t plan_partial_row(const struct gemm *g, const struct gemm_plan *plan) {
    int64_t panels = ceil_div(ceil_div(g->n, PANEL), plan->n_parts), group = plan_group(plan);
    if (plan_direct(g)) return PANEL;
    return (plan->pack_b && group < panels ? group : panels) * PANEL;
}

static size_t plan_partial_reals(const struct gemm *g, const struct gemm_plan *plan) {
    int64_t tile_total = ceil_div(tile_count(g->m), plan->m_parts), row = plan_partial_row(g, plan);
    if (g->k <= plan->k_chunk || (plan_direct(g) && g->n % VR_LANES == 0)) return 0;
    if (!plan->pack_b && tile_total > BLOCK_TILES) tile_total = BLOCK_TILES;
    return (size_t)(tile_total * TILE_ROWS * row);
}

static size_t plan_work_a(const struct gemm_plan *plan) {
    return plan->pack_a ? (size_t)(BLOCK_TILES * TILE_ROWS * plan->k_chunk + WORK_SLACK) : 0;
}

static size_t plan_work_b(const struct gemm *g, const struct gemm_plan *plan) {
    int64_t panels = ceil_div(ceil_div(g->n, PANEL), plan->n_parts), group = plan_group(plan);
    if (!plan->pack_b) return g->b_packed || g->n % VR_LANES == 0 ? 0 : (size_t)(plan->k_chunk * PANEL);
    return (size_t)((panels < group ? panels : group) * plan->k_chunk * PANEL);
}

/* Chunks of nearly equal length, in whole steps of the tile's loop: one to ONE_CHUNK, else at least two. */
static int64_t plan_chunk(int64_t k) {
    int64_t count = ceil_div(k, CHUNK) > 2 ? ceil_div(k, CHUNK) : 2;
    if (k <= ONE_CHUNK) return k > 0 ? k : 1;
    return ceil_div(ceil_div(k, count), 16) * 16;
}

/* See gemm.h: everything packed, the longest chunk. */
static size_t workspace_bound(int64_t m, int64_t n, int64_t k) {
    struct gemm_plan most = {.pack_a = true, .k_chunk = k < CHUNK ? (k > 0 ? k : 1) : CHUNK};
    int64_t b = ceil_div(n, PANEL) * PANEL * most.k_chunk;
    if (b > GROUP_REALS) b = GROUP_REALS;
    b += CHUNK * PANEL;
    size_t reals = TILE_ROWS * PANEL + plan_work_a(&most) + (size_t)(b + tile_count(m) * TILE_ROWS * PANEL);
    return (reals + 4 * VR_LANES) * sizeof(real);
}

static struct gemm_plan plan_make(const struct gemm *g, int threads) {
    if (g->m <= 0 || g->n <= 0 || g->batch <= 0) return (struct gemm_plan){0};
    if (is_line(g)) return plan_line(g, threads);
    int64_t panels = ceil_div(g->n, PANEL), tile_total = tile_count(g->m);
    bool far_rows = g->a_row % (4096 / (int64_t)sizeof(real)) == 0 && g->m > 4; /* rows share one cache set */
    struct gemm_plan plan = {.k_chunk = plan_chunk(g->k)};
    plan.pack_a = g->a_packer || (!g->a_packed && (g->a_col != 1 || panels > 8 || (panels > 1 && far_rows)));
    plan.pack_b = g->b_packer || (!g->b_packed && (g->b_col != 1 || (tile_total > 4 && g->k > 16)));
    plan_parts(g, threads, &plan);
    plan.tasks = g->batch * plan.m_parts * plan.n_parts;
    size_t reals =
        TILE_ROWS * PANEL + plan_work_a(&plan) + plan_work_b(g, &plan) + plan_partial_reals(g, &plan);
    plan.workspace = (reals + 4 * VR_LANES) * sizeof(real);
    return plan;
}

static void run_task(const struct gemm *g, const struct gemm_plan *plan, real *work, int64_t index) {
    int64_t parts = plan->m_parts * plan->n_parts, batch = index / parts;
    int64_t m_part = index % parts / plan->n_parts, n_part = index % plan->n_parts;
    int64_t tile_total = tile_count(g->m), panels = ceil_div(g->n, PANEL);
    struct task t = {.g = g, .plan = plan, .batch = batch, .tiles = tile_total};
    t.tile_begin = split_begin(tile_total, plan->m_parts, m_part);
    t.tile_end = split_begin(tile_total, plan->m_parts, m_part + 1);
    t.panel_begin = split_begin(panels, plan->n_parts, n_part);
    t.panel_end = split_begin(panels, plan->n_parts, n_part + 1);
    t.scratch = work;
    t.work_a = t.scratch + TILE_ROWS * PANEL;
    t.work_b = t.work_a + plan_work_a(plan);
    t.partial = t.work_b + plan_work_b(g, plan);
    t.partial_row = plan_partial_row(g, plan);
    if (plan->pack_b)
        task_run_packing(&t);
    else
        task_run_ready(&t);
}

static void gemm_run(const struct gemm *g, const struct gemm_plan *plan, void *workspace, int64_t begin,
                     int64_t end) {
    bool line = begin < end && is_line(g);
    int64_t count = g->m == 1 ? g->n : g->m;
    for (int64_t i = begin; i < end; i++) {
        int64_t part = i % plan->n_parts;
        if (line)
            run_line(g, i / plan->n_parts, split_begin(count, plan->n_parts, part),
                     split_begin(count, plan->n_parts, part + 1));
        else
            run_task(g, plan, workspace, i);
    }
}
