/* gemm_impl.h: the packed matrix product, written once over `real` and compiled for float and for double.
 *
 * gemm_f32.c and gemm_f64.c say which (vec_real.h), name the structs of gemm.h and include this file.
 * gemm_tile.h, gemm_pack.h and gemm_task.h are its lower floors; here are the products with a vector and the
 * plans: how the work is divided, what is packed, how much workspace that takes. Sums of a chunk start at
 * zero and are added to C at its end, which leaves a third of the rounding error of one long chain. */

#include "kernels/gemm_task.h"

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
