/* gemm_task.h: one task of a product, from its operands to its finished part of C.
 *
 * A task has a range of tiles and of panels. It goes through them in blocks that fit the caches, chunk after
 * chunk of K: pack what has to be packed, every tile against every panel, the last chunk with the epilogue.
 * What the tile cannot store itself (ragged columns, other layouts of C) goes through a small scratch. Part
 * of gemm_impl.h. */
#ifndef KERNELS_GEMM_TASK_H
#define KERNELS_GEMM_TASK_H

#include "kernels/gemm_pack.h"

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
        bool fetch = chunk->kc > 0 && i + 1 < block->panel_end && next.b_row == PANEL;
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

#endif
