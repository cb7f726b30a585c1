/* Reductions of contiguous float32 and float64 tensors by the kernels' row functions.
 *
 * The masked dimensions are taken in groups of neighbours, from the last group to the first: each step sees
 * the tensor as [outer][n][inner] and halves into the next one's input. What a reduction does to an element
 * (|x|, x * x) happens in the first step alone; the others only join. Outer ranges are divided among the
 * pool's workers. */
#include "base/mem.h"
#include "base/pool.h"
#include "kernels/kernels.h"
#include "ops/reduce/reduce.h"

enum { WORTH_DIVIDING = 1 << 15 };

struct step {
    const struct kernels *kernels;
    int rows;  /* of struct reduction */
    bool wide; /* double */
    int64_t n, inner;
    const char *from;
    char *to;
};

static void run_range(void *context, int64_t begin, int64_t end) {
    const struct step *s = context;
    int64_t size = s->wide ? 8 : 4;
    const void *from = s->from + begin * s->n * s->inner * size;
    void *to = s->to + begin * s->inner * size;
    const struct rows_kernels_f64 *wide = s->kernels->rows_f64;
    const struct rows_kernels_f32 *single = s->kernels->rows_f32;
    bool logsumexp = s->rows == ROWS_LOGSUMEXP;
    if (s->wide)
        (logsumexp ? wide->logsumexp : wide->reduce[s->rows - 1])(end - begin, s->n, s->inner, from, to);
    else
        (logsumexp ? single->logsumexp : single->reduce[s->rows - 1])(end - begin, s->n, s->inner, from, to);
}

/* The last group of masked dimensions below `end`, dimensions of size 1 counted to either side: its first
 * dimension, one past its last, or false. */
static bool last_group(uint64_t mask, int end, int *first, int *past) {
    int d = end - 1;
    while (d >= 0 && !(mask >> d & 1)) d--;
    if (d < 0) return false;
    *past = d + 1;
    while (d > 0 && (mask >> (d - 1) & 1)) d--;
    *first = d;
    return true;
}

static int64_t product(const int64_t *sizes, int first, int past) {
    int64_t n = 1;
    for (int d = first; d < past; d++) n *= sizes[d];
    return n;
}

/* What joins the results of the first step; logsumexp joins its own. */
static int joining(int rows) {
    return rows == 1 + REDUCE_SUM_ABS || rows == 1 + REDUCE_SUM_SQUARES ? 1 + REDUCE_SUM : rows;
}

/* finish() of every result, which the kernels left unfinished in `out`. */
static void finish_all(const struct reduction *r, struct tensor *out, int64_t count, const struct number *k) {
    float *single = tensor_data(out);
    double *wide = tensor_data(out);
    bool finished = !r->finish || r->rows == ROWS_LOGSUMEXP;
    for (int64_t i = 0; !finished && i < out->numel; i++) {
        struct reduce_state s = {.k = k, .count = count};
        s.f = out->dtype == DTYPE_FLOAT32 ? (double)single[i] : wide[i];
        r->finish(&s);
        if (out->dtype == DTYPE_FLOAT32)
            single[i] = (float)s.f;
        else
            wide[i] = s.f;
    }
}

static void run_step(struct op_call *c, struct step *s, int64_t outer) {
    if (outer * s->n * s->inner < WORTH_DIVIDING)
        run_range(s, 0, outer);
    else
        pool_run(c->cx->pool, outer, run_range, s);
}

bool reduce_rows_fit(const struct op_call *c, const struct reduction *r, const struct tensor *t,
                     uint64_t mask, const struct tensor *out) {
    return r->rows && c->cx->kernels && mask && t->numel > 0 && t->dtype == out->dtype &&
           (t->dtype == DTYPE_FLOAT32 || t->dtype == DTYPE_FLOAT64) && tensor_is_contiguous(t) &&
           tensor_is_contiguous(out);
}

bool reduce_rows(struct op_call *c, const struct reduction *r, const struct tensor *t, uint64_t mask,
                 struct tensor *out, const struct number *k) {
    struct step s = {.kernels = c->cx->kernels, .rows = r->rows, .from = tensor_data(t)};
    s.wide = t->dtype == DTYPE_FLOAT64;
    char *between[2] = {NULL, NULL};
    int first, past, end = t->ndim, turn = 0;
    int64_t tail = 1; /* kept elements behind the group at hand */
    bool good = true;
    for (; good && last_group(mask, end, &first, &past); end = first, s.rows = joining(s.rows)) {
        int lower, unused;
        tail *= product(t->sizes, past, end);
        s.inner = tail;
        s.n = product(t->sizes, first, past);
        int64_t outer = product(t->sizes, 0, first);
        bool last = !last_group(mask, first, &lower, &unused);
        size_t bytes = (size_t)(outer * tail) * (s.wide ? 8 : 4);
        mem_free(between[turn & 1]);
        between[turn & 1] = last ? NULL : mem_alloc(bytes);
        s.to = last ? tensor_data(out) : between[turn & 1];
        good = s.to || error_memory(c->err);
        if (good) run_step(c, &s, outer);
        s.from = s.to;
        turn++;
    }
    mem_free(between[0]);
    mem_free(between[1]);
    if (good) finish_all(r, out, t->numel / (out->numel ? out->numel : 1), k);
    return good;
}
