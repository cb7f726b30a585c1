/* Variance and standard deviation by Welford's update (aten/src/ATen/native/SharedReduceOps.h). */
#include "ops/reduce/reduce.h"
#include <math.h>

static void begin(struct reduce_state *s) {
    s->f = s->g = 0;
    s->z = (struct complex128){0, 0};
    s->count = 0;
}
static void welford_double(struct reduce_state *s, const void *tile, int64_t count) {
    const double *a = tile;
    for (int64_t i = 0; i < count; i++) {
        double apart = a[i] - s->f;
        s->f += apart / (double)++s->count;
        s->g += apart * (a[i] - s->f);
    }
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
    enum compute compute = compute_wide(d);
    struct tensor *target = m.mean ? NULL : call_target(c);
    struct tensor *spread =
        reduce_run(c, m.root ? &std_of : &var_of, t, mask, keepdim, compute, dtype_real(d), &k, target);
    if (!give_tensor(c, spread)) return false;
    return !m.mean || give_at(c, 1, reduce_run(c, &mean_of, t, mask, keepdim, compute, d, NULL, NULL));
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
