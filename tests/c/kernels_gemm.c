/* The packed product against plain loops in double: shapes around every tile and vector edge, all layouts of
 * the operands and of the result, epilogues, scales, packing beforehand, tasks, batches. */
#include "kernels_test.h"

struct layout {
    bool a_turned, b_turned, c_turned, gaps;
};

struct shape {
    int64_t m, n, k, batch;
    struct layout layout;
    float alpha, beta;
    int extras; /* bits: 1 bias_row, 2 bias_col, 4 residual, 8 relu, 16 silu, 32 pack b, 64 pack a, 128
                   threads */
};

static const char *isa;

static double at(const float *p, int64_t i, int64_t row, int64_t j, int64_t col) {
    return p[i * row + j * col];
}

static double expected(const struct gemm_f32 *g, int64_t t, int64_t i, int64_t j, const float *c_before,
                       double *size) {
    double sum = 0, absolute = 0;
    for (int64_t p = 0; p < g->k; p++) {
        double x = at(g->a + t * g->a_batch, i, g->a_row, p, g->a_col) *
                   at(g->b + t * g->b_batch, p, g->b_row, j, g->b_col);
        sum += x;
        absolute += fabs(x);
    }
    sum *= (double)g->alpha;
    if (g->beta != 0) sum += (double)g->beta * at(c_before + t * g->c_batch, i, g->c_row, j, g->c_col);
    const struct gemm_epilogue_f32 *e = &g->epilogue;
    sum += (double)(e->bias_row ? e->bias_row[i] : 0) + (double)(e->bias_col ? e->bias_col[j] : 0);
    if (e->residual) sum += at(e->residual + t * e->residual_batch, i, e->residual_row, j, e->residual_col);
    *size = absolute * fabs((double)g->alpha) + fabs(sum) + 1;
    if (e->activation == UNARY_RELU) return sum < 0 ? 0 : sum;
    return e->activation == UNARY_SILU ? sum / (1 + exp(-sum)) : sum;
}

static void lay_out(bool turned, int64_t rows, int64_t cols, int64_t gap, int64_t *row, int64_t *col,
                    int64_t *batch) {
    *row = turned ? 1 : cols + gap;
    *col = turned ? rows + gap : 1;
    *batch = (turned ? cols : rows) * (turned ? *col : *row) + gap;
}

static void run_tasks(const struct kernels *k, const struct gemm_f32 *g, int threads) {
    struct gemm_plan plan = k->gemm_f32->plan(g, threads);
    char *work = room(plan.workspace + 64);
    memset(work + plan.workspace, 0x5a, 64);
    for (int64_t i = 0; i < plan.tasks; i++) k->gemm_f32->run(g, &plan, work, i, i + 1);
    for (int i = 0; i < 64; i++)
        if (work[plan.workspace + (size_t)i] != 0x5a) {
            check(false, "%s: workspace overrun %dx%dx%d", isa, (int)g->m, (int)g->n, (int)g->k);
            break;
        }
    free(work);
}

static void test_shape(const struct kernels *k, const struct shape *s, uint64_t *state) {
    struct gemm_f32 g = {
        .m = s->m, .n = s->n, .k = s->k, .batch = s->batch, .alpha = s->alpha, .beta = s->beta};
    int64_t gap = s->layout.gaps ? 3 : 0, a_size, b_size, c_size;
    lay_out(s->layout.a_turned, g.m, g.k, gap, &g.a_row, &g.a_col, &a_size);
    lay_out(s->layout.b_turned, g.k, g.n, gap, &g.b_row, &g.b_col, &b_size);
    lay_out(s->layout.c_turned, g.m, g.n, gap, &g.c_row, &g.c_col, &c_size);
    g.a_batch = a_size, g.b_batch = b_size, g.c_batch = c_size;
    size_t batch = (size_t)s->batch;
    float *a = random_floats(batch * (size_t)a_size, state),
          *b = random_floats(batch * (size_t)b_size, state);
    float *c = random_floats(batch * (size_t)c_size, state),
          *before = room(batch * (size_t)c_size * sizeof *c);
    float *bias = random_floats((size_t)(g.m + g.n), state);
    float *residual = random_floats(batch * (size_t)c_size, state);
    float *a_packed = NULL, *b_packed = NULL;
    memcpy(before, c, batch * (size_t)c_size * sizeof *c);
    g.a = a, g.b = b, g.c = c;
    if (s->extras & 1) g.epilogue.bias_row = bias;
    if (s->extras & 2) g.epilogue.bias_col = bias + g.m;
    if (s->extras & 4) {
        g.epilogue.residual = residual;
        g.epilogue.residual_row = g.c_row, g.epilogue.residual_col = g.c_col,
        g.epilogue.residual_batch = g.c_batch;
    }
    g.epilogue.activation = s->extras & 8 ? UNARY_RELU : s->extras & 16 ? UNARY_SILU : UNARY_IDENTITY;
    struct gemm_f32 run = g;
    if (s->extras & 32 && s->batch == 1) {
        b_packed = room((size_t)k->gemm_f32->pack_b_count(g.k, g.n) * sizeof *b);
        k->gemm_f32->pack_b(g.k, g.n, b, g.b_row, g.b_col, b_packed);
        run.b_packed = b_packed;
    }
    if (s->extras & 64 && s->batch == 1) {
        a_packed = room((size_t)k->gemm_f32->pack_a_count(g.m, g.k) * sizeof *a);
        k->gemm_f32->pack_a(g.m, g.k, a, g.a_row, g.a_col, a_packed);
        run.a_packed = a_packed;
    }
    run_tasks(k, &run, s->extras & 128 ? 3 : 1);
    double worst = 0;
    for (int64_t t = 0; t < s->batch; t++)
        for (int64_t i = 0; i < g.m; i++)
            for (int64_t j = 0; j < g.n; j++) {
                double size, want = expected(&g, t, i, j, before, &size);
                double off = fabs((double)c[t * g.c_batch + i * g.c_row + j * g.c_col] - want) / size;
                worst = off <= worst ? worst : off;
            }
    bool untouched = true; /* gaps between rows stay as they were */
    for (int64_t i = 0; gap && !s->layout.c_turned && i < g.m; i++)
        for (int64_t j = g.n; j < g.c_row; j++)
            untouched = untouched && c[i * g.c_row + j] == before[i * g.c_row + j];
    check(worst < 2e-6 && untouched,
          "%s: %dx%dx%d batch %d turned %d%d%d gaps %d alpha %g beta %g extras %d: %g", isa, (int)g.m,
          (int)g.n, (int)g.k, (int)s->batch, s->layout.a_turned, s->layout.b_turned, s->layout.c_turned,
          s->layout.gaps, (double)s->alpha, (double)s->beta, s->extras, worst);
    free(a), free(b), free(c), free(before), free(bias), free(residual), free(a_packed), free(b_packed);
}

static int pick(uint64_t *state, int count) {
    return (int)(random_bits(state) % (unsigned)count);
}

static void test_random(const struct kernels *k, int count, uint64_t *state) {
    static const int64_t edges[] = {1,  2,  3,  4,  5,  6,  7,  8,  12, 13, 14, 15,
                                    16, 17, 28, 29, 31, 32, 33, 47, 64, 65, 97};
    static const int64_t depths[] = {1, 2, 3, 7, 16, 31, 64, 100, 512, 513, 1100};
    static const float scales[] = {1, 1, 1, 0.5f, -2}, betas[] = {0, 0, 1, 0.25f};
    for (int i = 0; i < count; i++) {
        struct shape s = {edges[pick(state, 23)],
                          edges[pick(state, 23)],
                          depths[pick(state, 11)],
                          1,
                          {pick(state, 2), pick(state, 2), pick(state, 4) == 0, pick(state, 2)},
                          scales[pick(state, 5)],
                          betas[pick(state, 4)],
                          pick(state, 256)};
        if (pick(state, 4) == 0) s.batch = 3;
        test_shape(k, &s, state);
    }
}

static void test_large(const struct kernels *k, uint64_t *state) {
    static const struct shape shapes[] = {
        {150, 1030, 700, 1, {false, false, false, false}, 1, 0, 0},
        {150, 1030, 700, 1, {false, true, false, false}, 1, 0, 2 | 128},
        {130, 200, 1024, 1, {false, true, false, false}, 1, 0, 2 | 8 | 32},
        {1, 2100, 1300, 1, {false, true, false, false}, 1, 0, 2},
        {1, 2100, 1300, 1, {false, false, false, false}, 1, 1, 2 | 128},
        {2100, 1, 1300, 1, {false, false, true, false}, 1, 0, 1},
        {2100, 1, 1300, 1, {true, false, true, false}, 1, 0, 1},
        {1, 1000, 512, 1, {false, true, false, false}, 1, 0, 2 | 32},
        {50, 300, 600, 1, {false, false, true, false}, 1, 0, 1 | 4 | 8 | 32},
        {5, 6, 0, 1, {false, false, false, false}, 1, 0.5f, 3},
        {1, 6, 0, 1, {false, false, false, false}, 1, 0, 3},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) test_shape(k, &shapes[i], state);
}

/* beta = 0 must not read C, and alpha * sum keeps infinities and NaN of the operands. */
static void test_specials(const struct kernels *k) {
    float a[4] = {1, 2, 3, 4}, b[4] = {1, INFINITY, 0, NAN}, c[4] = {NAN, NAN, NAN, NAN};
    struct gemm_f32 g = {.m = 2,
                         .n = 2,
                         .k = 2,
                         .batch = 1,
                         .a = a,
                         .a_row = 2,
                         .a_col = 1,
                         .b = b,
                         .b_row = 2,
                         .b_col = 1,
                         .c = c,
                         .c_row = 2,
                         .c_col = 1,
                         .alpha = 1,
                         .beta = 0};
    run_tasks(k, &g, 1);
    check(c[0] == 1 && isnan(c[1]) && c[2] == 3 && isnan(c[3]), "%s: specials", isa);
}

static void test_double(const struct kernels *k, uint64_t *state) {
    static const int64_t sizes[][3] = {{1, 1, 1},     {7, 9, 5},   {30, 33, 70},
                                       {65, 40, 600}, {1, 50, 30}, {50, 1, 30}};
    for (int t = 0; t < 12; t++) {
        int64_t m = sizes[t / 2][0], n = sizes[t / 2][1], p = sizes[t / 2][2];
        double *a = room((size_t)(m * p) * 8), *b = room((size_t)(p * n) * 8), *c = room((size_t)(m * n) * 8);
        for (int64_t i = 0; i < m * p; i++) a[i] = random_unit(state);
        for (int64_t i = 0; i < n * p; i++) b[i] = random_unit(state);
        struct gemm_f64 g = {.m = m,
                             .n = n,
                             .k = p,
                             .batch = 1,
                             .a = a,
                             .a_row = p,
                             .a_col = 1,
                             .b = b,
                             .b_row = t & 1 ? 1 : n,
                             .b_col = t & 1 ? p : 1,
                             .c = c,
                             .c_row = n,
                             .c_col = 1,
                             .alpha = 1};
        struct gemm_plan plan = k->gemm_f64->plan(&g, 1);
        void *work = room(plan.workspace);
        k->gemm_f64->run(&g, &plan, work, 0, plan.tasks);
        double worst = 0;
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t q = 0; q < p; q++) sum += a[i * p + q] * b[q * g.b_row + j * g.b_col];
                double off = fabs(sum - c[i * n + j]);
                worst = off <= worst ? worst : off;
            }
        check(worst < 1e-13 * (double)(p + 4), "%s: double %dx%dx%d: %g", isa, (int)m, (int)n, (int)p, worst);
        free(a), free(b), free(c), free(work);
    }
}

int main(void) {
    const struct kernels *k;
    for (int i = 0; (k = kernels_at(i)); i++) {
        uint64_t state = 7;
        isa = k->name;
        test_random(k, 600, &state);
        test_large(k, &state);
        test_specials(k);
        test_double(k, &state);
    }
    check(kernels_best() == kernels_by_name(kernels_best()->name), "the best set has a name");
    check(!kernels_by_name("vax"), "no such set");
    return report();
}
