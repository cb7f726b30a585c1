/* softmax, log_softmax and their kin along one dimension, in float for float32 and in double for the sums. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/common/lines.h"
#include "ops/linear/product.h"
#include "tensor/iterate.h"
#include <math.h>

static void softmax_line(double *x, int64_t n, bool logarithm) {
    double high = -(double)INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) high = x[i] > high || x[i] != x[i] ? x[i] : high;
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - high);
    double offset = high + log(sum), scale = 1 / sum;
    for (int64_t i = 0; i < n; i++) x[i] = logarithm ? x[i] - offset : exp(x[i] - high) * scale;
}

/* The float32 form: a line of floats, sums in double. */
static void softmax_floats(float *x, int64_t n, bool logarithm) {
    float high = -(float)INFINITY;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) high = x[i] > high || x[i] != x[i] ? x[i] : high;
    if (logarithm) {
        for (int64_t i = 0; i < n; i++) sum += (double)expf(x[i] - high);
        float logsum = (float)log(sum);
        for (int64_t i = 0; i < n; i++) x[i] = x[i] - high - logsum;
        return;
    }
    for (int64_t i = 0; i < n; i++) sum += (double)(x[i] = expf(x[i] - high));
    float scale = (float)(1 / sum);
    for (int64_t i = 0; i < n; i++) x[i] *= scale;
}

static bool softmax_lines(struct op_call *c, struct tensor *t, struct tensor *out, int dim, bool logarithm) {
    struct lines l;
    enum compute type = out->dtype == DTYPE_FLOAT64 ? COMPUTE_DOUBLE : COMPUTE_FLOAT;
    int64_t length = t->ndim ? t->sizes[dim] : 1;
    void *line = call_scratch(c, (size_t)length + 1, sizeof(double));
    if (!line) return false;
    for (bool more = t->numel > 0 && lines_begin(&l, dim, 2, (struct tensor *[]){t, out}); more;
         more = lines_next(&l)) {
        lines_load(&l, 0, type, line);
        if (type == COMPUTE_DOUBLE)
            softmax_line(line, length, logarithm);
        else
            softmax_floats(line, length, logarithm);
        lines_store(&l, 1, type, line);
    }
    mem_free(line);
    return true;
}

/* Contiguous float32 and float64: the kernels of this instruction set, a range of outer places a worker. */
struct softmax_run {
    const struct kernels *kernels;
    const struct tensor *from, *to;
    int64_t length, inner;
    bool logarithm;
};

static void run_range(void *context, int64_t begin, int64_t end) {
    const struct softmax_run *r = context;
    int64_t at = begin * r->length * r->inner, count = end - begin;
    if (r->from->dtype == DTYPE_FLOAT32) {
        const struct rows_kernels_f32 *k = r->kernels->rows_f32;
        (r->logarithm ? k->log_softmax : k->softmax)(
            count, r->length, r->inner, (float *)tensor_data(r->from) + at, (float *)tensor_data(r->to) + at);
    } else {
        const struct rows_kernels_f64 *k = r->kernels->rows_f64;
        (r->logarithm ? k->log_softmax : k->softmax)(count, r->length, r->inner,
                                                     (double *)tensor_data(r->from) + at,
                                                     (double *)tensor_data(r->to) + at);
    }
}

static bool fits_kernels(const struct tensor *from, const struct tensor *to) {
    return from->dtype == to->dtype && (from->dtype == DTYPE_FLOAT32 || from->dtype == DTYPE_FLOAT64) &&
           from->ndim > 0 && from->numel > 0 && tensor_is_contiguous(from) && tensor_is_contiguous(to);
}

static void run_kernels(struct op_call *c, struct tensor *from, struct tensor *to, int dim, bool logarithm) {
    struct softmax_run r = {call_kernels(c), from, to, from->sizes[dim], 1, logarithm};
    for (int i = dim + 1; i < from->ndim; i++) r.inner *= from->sizes[i];
    pool_run(c->cx->pool, from->numel / (r.length * r.inner), run_range, &r);
}

static bool softmax(struct op_call *c, bool logarithm, int dtype_at) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), strides[TENSOR_MAX_DIMS];
    enum dtype d = tensor_dtype(t);
    if (dtype_at && !args_dtype(c, dtype_at, d, &d)) return false;
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (!dtype_is_floating(d))
        return refuse(c, "\"%s_lastdim_kernel_impl\" not implemented for '%s'",
                      logarithm ? "log_softmax" : "softmax", dtype_table[d].graph_name);
    strides_contiguous(t->ndim, t->sizes, strides);
    if (t->ndim == 4 && tensor_is_channels_last(t)) strides_like(t, strides);
    struct tensor *out = tensor_new_strided(d, t->ndim, t->sizes, strides, c->cx->budget, c->err);
    if (out && fits_kernels(t, out)) {
        run_kernels(c, t, out, (int)dim, logarithm);
        return give_tensor(c, out);
    }
    if (out && softmax_lines(c, t, out, (int)dim, logarithm)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
bool norm_softmax(struct op_call *c) {
    return softmax(c, false, 2);
}
bool norm_log_softmax(struct op_call *c) {
    return softmax(c, true, 2);
}
/* _softmax(self, dim, half_to_float) */
bool norm_softmax_plain(struct op_call *c) {
    return softmax(c, false, 0);
}
bool norm_log_softmax_plain(struct op_call *c) {
    return softmax(c, true, 0);
}

/* _safe_softmax: rows of -inf alone give zeros. */
bool norm_safe_softmax(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0),
                  *p = compose_run(&k, "aten::softmax.int", "tiv", t, arg_int(c, 1), c->args[2]);
    struct tensor *masked = compose_run(&k, "aten::eq.Scalar", "tf", t, -(double)INFINITY);
    int64_t dim = arg_int(c, 1);
    masked = compose_run(&k, "aten::all.dim", "tib", masked, dim, true);
    return compose_give(&k, compose_run(&k, "aten::masked_fill.Scalar", "ttf", p, masked, 0.0));
}

/* _masked_softmax(self, mask, dim, mask_type): true is masked out, and a line wholly masked is NaN. Mask type
 * 0: [L, L], 1: [B, L], 2: full. */
bool norm_masked_softmax(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    if (mask->dtype != DTYPE_BOOL) return refuse(c, "Mask should be a boolean tensor");
    int64_t type = arg_int_or(c, 3, 2), dim = arg_int_or(c, 2, t->ndim - 1);
    if (type == 1 && t->ndim == 4)
        mask = compose_run(&k, "aten::view", "tL", mask, 4, (int64_t[]){t->sizes[0], 1, 1, t->sizes[3]});
    struct tensor *x = compose_run(&k, "aten::masked_fill.Scalar", "ttf", t, mask, -(double)INFINITY);
    int64_t strides[TENSOR_MAX_DIMS];
    strides_like(t, strides); /* PyTorch writes the lines one after another whatever the result's order is */
    struct tensor *p = compose_run(&k, "aten::softmax.int", "ti", x, dim);
    p = compose_run(&k, "aten::contiguous", "ti", p, (int64_t)0);
    return compose_give(
        &k, compose_run(&k, "aten::as_strided", "tLLi", p, t->ndim, t->sizes, t->ndim, strides, (int64_t)0));
}
