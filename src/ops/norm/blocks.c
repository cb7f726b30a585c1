/* The parts of normalisations that run through the kernels for contiguous float32: moments of runs, and
 * x * scale + shift over [outer][channels][inner], divided among the pool's workers. */
#include "base/mem.h"
#include "base/pool.h"
#include "kernels/kernels.h"
#include "ops/norm/norm.h"

bool norm_runs_floats(const struct op_call *c, const struct tensor *x) {
    return c->cx->kernels && x->dtype == DTYPE_FLOAT32 && x->numel > 0 && tensor_is_contiguous(x);
}

/* Each run's own moments, joined as if the runs were one (Chan, Golub and LeVeque). */
void norm_moments(const struct op_call *c, const float *x, int64_t runs, int64_t step, int64_t n,
                  double *mean, double *squares) {
    double total_mean = 0, total = 0;
    for (int64_t i = 0; i < runs; i++) {
        float run_mean, run_squares;
        c->cx->kernels->rows_f32->moments(n, x + i * step, &run_mean, &run_squares);
        double apart = (double)run_mean - total_mean, before = (double)i, after = (double)(i + 1);
        total_mean += apart / after;
        total += (double)run_squares + apart * apart * (double)n * before / after;
    }
    *mean = total_mean;
    *squares = total;
}

struct scaled {
    const struct kernels *kernels;
    int64_t channels, inner, period; /* scale and shift repeat after `period` outer places */
    const float *x, *scale, *shift;
    float *out;
};

static void scale_range(void *context, int64_t begin, int64_t end) {
    const struct scaled *s = context;
    int64_t image = s->channels * s->inner;
    for (int64_t i = begin; i < end; i++) {
        int64_t at = i % s->period * s->channels;
        s->kernels->rows_f32->scale_shift(1, s->channels, s->inner, s->x + i * image, s->scale + at,
                                          s->shift + at, false, s->out + i * image);
    }
}

bool norm_scale_shift(struct op_call *c, const struct tensor *x, const struct norm_blocks *b,
                      const double *scale, const double *shift, struct tensor *out) {
    int64_t count = b->period * b->channels;
    float *narrow = call_scratch(c, (size_t)count * 2 + 1, sizeof *narrow);
    if (!narrow) return false;
    for (int64_t i = 0; i < count; i++) {
        narrow[i] = (float)scale[i];
        narrow[count + i] = (float)shift[i];
    }
    struct scaled s = {c->cx->kernels, b->channels, b->inner,       b->period,
                       tensor_data(x), narrow,      narrow + count, tensor_data(out)};
    pool_run(c->cx->pool, b->outer, scale_range, &s);
    mem_free(narrow);
    return true;
}
