/* Variance and standard deviation: tiles in two passes each, joined as if they were one (Chan, Golub and
 * LeVeque; PyTorch: Welford's update, aten/src/ATen/native/SharedReduceOps.h). Contiguous rows of float32 and
 * float64 go through the kernels. */
#include "base/pool.h"
#include "kernels/kernels.h"
#include "ops/reduce/reduce.h"
#include "tensor/promote.h"
#include <math.h>

static void begin(struct reduce_state *s) {
    s->f = s->g = 0;
    s->z = (struct complex128){0, 0};
    s->count = 0;
}
/* `count` more elements of this mean and sum of squared distances. */
static void join(struct reduce_state *s, int64_t count, double mean, double squares) {
    double before = (double)s->count, apart = mean - s->f, n = (double)(s->count += count);
    s->f += apart * (double)count / n;
    s->g += squares + apart * apart * before * (double)count / n;
}
static double sum_of(const double *a, int64_t count, double middle, bool square) {
    double part[4] = {0};
    for (int64_t i = 0; i < count; i++) {
        double x = a[i] - middle;
        part[i & 3] += square ? x * x : x;
    }
    return (part[0] + part[1]) + (part[2] + part[3]);
}
static void welford_double(struct reduce_state *s, const void *tile, int64_t count) {
    double mean = sum_of(tile, count, 0, false) / (double)count;
    join(s, count, mean, sum_of(tile, count, mean, true));
}
/* Complex: the variances of both parts add up. */
static void welford_complex(struct reduce_state *s, const void *tile, int64_t count) {
    const struct complex128 *a = tile;
    for (int64_t i = 0; i < count; i++) {
        double re = a[i].re - s->z.re, im = a[i].im - s->z.im, n = (double)++s->count;
        s->z.re += re / n;
        s->z.im += im / n;
        s->g += re * (a[i].re - s->z.re) + im * (a[i].im - s->z.im);
    }
}
/* k[0]: correction. */
static void var_finish(struct reduce_state *s) {
    double n = (double)s->count - s->k[0].f;
    s->f = s->g / (n > 0 ? n : 0);
    if (s->count == 0) s->f = (double)NAN;
}
static void std_finish(struct reduce_state *s) {
    var_finish(s);
    s->f = sqrt(s->f);
}
static void mean_finish(struct reduce_state *s) {
    if (s->count == 0) {
        s->f = (double)NAN;
        s->z = (struct complex128){(double)NAN, (double)NAN};
    }
}
static const struct reduction var_of = {"var",      begin, {NULL, NULL, welford_double, welford_complex},
                                        var_finish, true,  0};
static const struct reduction std_of = {"std",      begin, {NULL, NULL, welford_double, welford_complex},
                                        std_finish, true,  0};
static const struct reduction mean_of = {"mean",      begin, {NULL, NULL, welford_double, welford_complex},
                                         mean_finish, false, 0};

/* --- rows through the kernels --- */

struct moment_rows {
    const struct kernels *kernels;
    const struct reduction *op;
    const struct tensor *from;
    struct tensor *out;
    const struct number *k;
    int64_t n;
};

static void run_rows(void *context, int64_t begin, int64_t end) {
    const struct moment_rows *r = context;
    bool wide = r->from->dtype == DTYPE_FLOAT64;
    for (int64_t i = begin; i < end; i++) {
        struct reduce_state s = {.k = r->k, .count = r->n};
        float mean = 0, squares = 0;
        if (wide)
            r->kernels->rows_f64->moments(r->n, (const double *)tensor_data(r->from) + i * r->n, &s.f, &s.g);
        else
            r->kernels->rows_f32->moments(r->n, (const float *)tensor_data(r->from) + i * r->n, &mean,
                                          &squares);
        if (!wide) s.f = (double)mean, s.g = (double)squares;
        if (r->op->finish) r->op->finish(&s);
        if (wide)
            ((double *)tensor_data(r->out))[i] = s.f;
        else
            ((float *)tensor_data(r->out))[i] = (float)s.f;
    }
}

/* The last dimensions, all of them, of a contiguous tensor. */
static bool are_rows(const struct op_call *c, const struct tensor *t, uint64_t mask) {
    int kept = 0;
    while (kept < t->ndim && !(mask >> kept & 1)) kept++;
    return c->cx->kernels && mask && mask == (mask_all(t) >> kept << kept) && t->numel > 0 &&
           (t->dtype == DTYPE_FLOAT32 || t->dtype == DTYPE_FLOAT64) && tensor_is_contiguous(t);
}

static struct tensor *moment(struct op_call *c, const struct reduction *op, uint64_t mask, bool keepdim,
                             enum dtype d, const struct number *k, struct tensor *target) {
    struct tensor *t = arg_tensor(c, 0);
    if (target || !are_rows(c, t, mask))
        return reduce_run(c, op, t, mask, keepdim, compute_wide(tensor_dtype(t)), d, k, target);
    struct tensor *out = reduce_output(c, t, mask, keepdim, d, NULL);
    if (!out) return NULL;
    struct moment_rows r = {c->cx->kernels, op, t, out, k, t->numel / out->numel};
    pool_run(c->cx->pool, out->numel, run_rows, &r);
    return out;
}

struct moment_call {
    const char *name;
    bool root, mean;
};

static bool moments(struct op_call *c, struct moment_call m, uint64_t mask, double correction, bool keepdim) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = tensor_dtype(t);
    struct number k = {.tag = VALUE_FLOAT, .f = correction};
    if (!dtype_is_floating(d) && !dtype_is_complex(d))
        return refuse(c, "std and var only support floating point and complex dtypes");
    struct tensor *target = m.mean ? NULL : call_target(c);
    if (target && !promote_can_cast(dtype_real(d), tensor_dtype(target)))
        return refuse(c, "result type %s can't be cast to the desired output type %s",
                      dtype_table[dtype_real(d)].graph_name, dtype_table[target->dtype].graph_name);
    struct tensor *spread = moment(c, m.root ? &std_of : &var_of, mask, keepdim, dtype_real(d), &k, target);
    if (!give_tensor(c, spread)) return false;
    return !m.mean || give_at(c, 1, moment(c, &mean_of, mask, keepdim, d, NULL, NULL));
}

/* (self, unbiased), (self, dim, unbiased, keepdim), (self, dim, *, correction, keepdim) */
static bool plain(struct op_call *c, struct moment_call m) {
    return moments(c, m, mask_all(arg_tensor(c, 0)), arg_bool(c, 1), false);
}
static bool over_dims(struct op_call *c, struct moment_call m) {
    uint64_t mask;
    if (!wrap_dims(c, 1, arg_tensor(c, 0)->ndim, true, &mask)) return false;
    bool boolean = c->args[2].tag == VALUE_BOOL;
    double correction = boolean ? arg_bool(c, 2) : arg_none(c, 2) ? 1 : arg_number(c, 2).f;
    return moments(c, m, mask, correction, arg_bool(c, 3));
}

#define MOMENTS(X) X(var, false, false) X(std, true, false) X(var_mean, false, true) X(std_mean, true, true)
#define DEFINE_MOMENT(name, root, mean)                               \
    bool reduce_##name(struct op_call *c) {                           \
        return plain(c, (struct moment_call){#name, root, mean});     \
    }                                                                 \
    bool reduce_##name##_dim(struct op_call *c) {                     \
        return over_dims(c, (struct moment_call){#name, root, mean}); \
    }
MOMENTS(DEFINE_MOMENT)
