/* attention.c: a task takes some queries of one head through all three steps while their scores stay in the
 * cache: the product with the keys, the softmax without its division, the product with the values; the rows
 * of the result are divided by the sums at the end, when they are short. */
#include "kernels/attention.h"
#include "kernels/kernels_isa.h"
#include "kernels/vmath_f32.h"

enum { ROW_UNIT = 14, ROWS_MOST = 126, SCORES = 1 << 18 /* floats of scores in work at a time */ };

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t score_row(const struct attention_f32 *a) {
    return (a->keys + VF_LANES - 1) / VF_LANES * VF_LANES + VF_LANES;
}

/* The part of one head that a task works on. */
struct part {
    int64_t batch, head, first, rows;
    int64_t keys; /* that any of the rows may see */
};

static struct gemm_f32 score_product(const struct attention_f32 *a, const struct part *p, float *scores) {
    int64_t key_head = p->head / (a->heads / a->key_heads);
    const float *q = a->q + p->batch * a->q_at.batch + p->head * a->q_at.head + p->first * a->q_at.row;
    const float *k = a->k + p->batch * a->k_at.batch + key_head * a->k_at.head;
    return (struct gemm_f32){.m = p->rows,
                             .n = p->keys,
                             .k = a->width,
                             .batch = 1,
                             .a = q,
                             .a_row = a->q_at.row,
                             .a_col = 1,
                             .b = k,
                             .b_row = 1,
                             .b_col = a->k_at.row,
                             .c = scores,
                             .c_row = score_row(a),
                             .c_col = 1,
                             .alpha = a->scale};
}

static struct gemm_f32 value_product(const struct attention_f32 *a, const struct part *p,
                                     const float *scores) {
    int64_t key_head = p->head / (a->heads / a->key_heads);
    const float *v = a->v + p->batch * a->v_at.batch + key_head * a->v_at.head;
    float *out = a->out + p->batch * a->out_at.batch + p->head * a->out_at.head + p->first * a->out_at.row;
    return (struct gemm_f32){.m = p->rows,
                             .n = a->value_width,
                             .k = p->keys,
                             .batch = 1,
                             .a = scores,
                             .a_row = score_row(a),
                             .a_col = 1,
                             .b = v,
                             .b_row = a->v_at.row,
                             .b_col = 1,
                             .c = out,
                             .c_row = a->out_at.row,
                             .c_col = 1,
                             .alpha = 1};
}

/* scores + mask; returns the greatest. */
static float add_mask(int64_t n, const float *mask, int64_t mask_column, float *scores) {
    vf top = vf_set1(-__builtin_inff()), same = vf_set1(mask && !mask_column ? *mask : 0);
    int64_t i = 0;
    float greatest = -__builtin_inff();
    for (; i + VF_LANES <= n; i += VF_LANES) {
        vf x = vf_load(scores + i);
        if (mask) vf_store(scores + i, x += mask_column ? vf_load(mask + i) : same);
        top = vf_max(top, x);
    }
    for (; i < n; i++) {
        if (mask) scores[i] += mask[i * mask_column];
        greatest = scores[i] > greatest ? scores[i] : greatest;
    }
    for (int lane = 0; lane < VF_LANES; lane++) greatest = top[lane] > greatest ? top[lane] : greatest;
    return greatest;
}

/* exp(scores - top) in place, zeros from n to width (which may be past the row's end by less than a vector,
 * into the room between rows); returns the sum. A NaN among the scores comes out in the sum. */
static float exponentials(int64_t n, int64_t width, float top, float *scores) {
    vf shift = vf_set1(top), sum = {0};
    int64_t i = 0;
    for (; i < n; i += VF_LANES) {
        int64_t lanes = smaller(n - i, VF_LANES);
        vf e = f32_exp(vf_load(scores + i) - shift);
        e = vf_select(vfm_range(0, lanes), e, (vf){0});
        vf_store(scores + i, e);
        sum += e;
    }
    for (; i < width; i += VF_LANES) vf_store(scores + i, (vf){0});
    return vf_sum(sum);
}

static void softmax_rows(const struct attention_f32 *a, const struct part *p, float *scores, float *sums) {
    for (int64_t r = 0; r < p->rows; r++, scores += score_row(a)) {
        int64_t query = p->first + r, seen = a->causal ? smaller(query + 1, p->keys) : p->keys;
        const float *mask = a->mask ? a->mask + p->batch * a->mask_at.batch + p->head * a->mask_at.head +
                                          query * a->mask_at.row
                                    : NULL;
        float top = add_mask(seen, mask, a->mask_column, scores);
        if (top == -__builtin_inff()) top = 0; /* all hidden: exponentials are 0, NaN scores stay NaN */
        sums[r] = exponentials(seen, p->keys, top, scores);
    }
}

static void divide_rows(const struct attention_f32 *a, const struct part *p, const float *sums, float *out) {
    for (int64_t r = 0; r < p->rows; r++, out += a->out_at.row) {
        vf scale = vf_set1(sums[r] == 0 ? 0 : 1 / sums[r]);
        for (int64_t i = 0; i < a->value_width; i += VF_LANES) {
            int64_t lanes = smaller(a->value_width - i, VF_LANES);
            vf_store_n(out + i, vf_load_n(out + i, lanes) * scale, lanes);
        }
    }
}

static void run_product(struct gemm_f32 *g, void *work) {
    struct gemm_plan plan = ISA(gemm_kernels_f32).plan(g, 1);
    ISA(gemm_kernels_f32).run(g, &plan, work, 0, plan.tasks);
}

static int64_t blocks_of(const struct attention_f32 *a, int64_t rows) {
    return (a->queries + rows - 1) / rows;
}

static size_t product_bytes(const struct attention_f32 *a, int64_t rows) {
    size_t first = ISA(gemm_kernels_f32).workspace_bound(rows, a->keys, a->width);
    size_t second = ISA(gemm_kernels_f32).workspace_bound(rows, a->value_width, a->keys);
    return first > second ? first : second;
}

static struct attention_plan plan_f32(const struct attention_f32 *a, int threads) {
    struct attention_plan plan = {0};
    if (a->batch <= 0 || a->heads <= 0 || a->queries <= 0) return plan;
    int64_t fits = SCORES / score_row(a) / ROW_UNIT * ROW_UNIT;
    int64_t rows = fits < 2 * ROW_UNIT ? 2 * ROW_UNIT : fits < ROWS_MOST ? fits : ROWS_MOST;
    if (threads > 1 && a->batch * a->heads < threads)
        rows = smaller(rows, (a->queries + threads - 1) / threads);
    plan.rows = smaller(rows, a->queries);
    plan.tasks = a->batch * a->heads * blocks_of(a, plan.rows);
    plan.workspace =
        (size_t)(plan.rows * (score_row(a) + 1) + 2 * VF_LANES) * sizeof(float) + product_bytes(a, plan.rows);
    return plan;
}

static void run_part(const struct attention_f32 *a, const struct part *p, float *scores, float *sums,
                     void *work) {
    struct gemm_f32 g = score_product(a, p, scores);
    run_product(&g, work);
    softmax_rows(a, p, scores, sums);
    g = value_product(a, p, scores);
    run_product(&g, work);
    divide_rows(a, p, sums, g.c);
}

static void run_f32(const struct attention_f32 *a, const struct attention_plan *plan, void *workspace,
                    int64_t begin, int64_t end) {
    float *scores = workspace, *sums = scores + plan->rows * score_row(a) + VF_LANES;
    float *work = sums + plan->rows + VF_LANES;
    for (int64_t task = begin; task < end; task++) {
        int64_t blocks = blocks_of(a, plan->rows), head = task / blocks;
        struct part p = {head / a->heads, head % a->heads, task % blocks * plan->rows, 0, a->keys};
        p.rows = smaller(plan->rows, a->queries - p.first);
        if (a->causal) p.keys = smaller(a->keys, p.first + p.rows);
        run_part(a, &p, scores, sums, work);
    }
}

const struct attention_kernels ISA(attention_kernels) = {plan_f32, run_f32};
