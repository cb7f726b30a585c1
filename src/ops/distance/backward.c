/* Gradients of distances between rows: cdist by its first operand, pdist
 * (aten/src/ATen/native/Distance.cpp and cpu/DistanceOpsKernel.cpp). */
#include "ops/common/compose.h"
#include <math.h>
#include <string.h>

/* The gradient of one pair's p-norm distance by one difference. */
static double slope(double diff, double grad, double dist, double p) {
    double sign = (diff > 0) - (diff < 0);
    if (p == 0) return 0;
    if (p == 1) return grad * sign;
    if (isinf(p)) return grad * sign * (1 - fmin(1, ceil(fabs(fabs(diff) - dist))));
    if (dist == 0 || (diff == 0 && p < 1)) return 0;
    if (p < 2) return sign * pow(fabs(diff), p - 1) * grad / pow(dist, p - 1);
    if (p == 2) return grad * diff / dist;
    return diff * pow(fabs(diff), p - 2) * grad / pow(dist, p - 1);
}

/* Rounded as the forward call rounds it: the infinite norm compares differences with the distance. */
static double difference(double x, double y, bool single) {
    return single ? (double)((float)x - (float)y) : x - y;
}

/* Half has no kernel; all operands have one dtype. */
static bool check_dtypes(struct op_call *c, const char *name, int count, struct tensor *const *all) {
    for (int i = 1; i < count; i++)
        if (all[i]->dtype != all[0]->dtype)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[all[0]->dtype].graph_name,
                          dtype_table[all[i]->dtype].graph_name);
    return all[0]->dtype == DTYPE_FLOAT32 || all[0]->dtype == DTYPE_FLOAT64 ||
           refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[all[0]->dtype].graph_name);
}

static struct tensor *doubles(struct op_call *c, struct compose *k, struct tensor *t) {
    struct tensor *wide = compose_own(k, tensor_convert(t, DTYPE_FLOAT64, c->cx->budget, c->err));
    return wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
}
static struct tensor *zeros(struct compose *k, int ndim, const int64_t *sizes) {
    return compose_run(k, "aten::zeros", "Ld", ndim, sizes, DTYPE_FLOAT64);
}
static bool give_as(struct op_call *c, struct compose *k, struct tensor *t, enum dtype d) {
    return compose_give(k, t ? compose_own(k, tensor_convert(t, d, c->cx->budget, c->err)) : NULL);
}

/* x [batch, n, m], y [batch, r, m]; grad and dist [batch, n, r]. */
static void pairs(double p, bool single, const int64_t *size, const double *grad, const double *dist,
                  const double *x, const double *y, double *out) {
    int64_t n = size[0], r = size[1], m = size[2];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < r; j++)
            for (int64_t k = 0; k < m; k++)
                out[i * m + k] += slope(difference(x[i * m + k], y[j * m + k], single), grad[i * r + j],
                                        dist[i * r + j], p);
}

/* _cdist_backward(grad, x1, x2, p, cdist) */
bool distance_cdist_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *y = arg_tensor(c, 2),
                  *dist = arg_tensor(c, 4);
    int64_t sizes[2][TENSOR_MAX_DIMS], batch = 1;
    int ndim = (x->ndim > y->ndim ? x->ndim : y->ndim), lead = ndim - 2;
    if (x->ndim == 0 || y->ndim == 0)
        return refuse_index(c, "Dimension specified as -1 but tensor has no dimensions");
    if (x->ndim < 2 || y->ndim < 2)
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got -2)");
    int64_t size[3] = {x->sizes[x->ndim - 2], y->sizes[y->ndim - 2], x->sizes[x->ndim - 1]};
    int lead_x = x->ndim - 2;
    memcpy(sizes[0], x->sizes, sizeof(int64_t) * (size_t)lead_x);
    if (!sizes_broadcast(&lead_x, sizes[0], y->ndim - 2, y->sizes, c->err)) return false;
    memcpy(sizes[1], sizes[0], sizeof(int64_t) * (size_t)lead);
    for (int i = 0; i < lead; i++) batch *= sizes[0][i];
    for (int i = 0; i < 2; i++) sizes[i][lead] = size[i], sizes[i][lead + 1] = size[2];
    struct tensor *all[] = {x, grad, y, dist};
    if (y->sizes[y->ndim - 1] != size[2])
        return refuse(c, "X1 and X2 must have the same number of columns. X1: %lld X2: %lld",
                      (long long)size[2], (long long)y->sizes[y->ndim - 1]);
    if (!check_dtypes(c, "cdist_backward", 4, all)) return false;
    bool nothing = batch == 0 || size[0] == 0 || size[1] == 0 || size[2] == 0;
    if (nothing) return compose_give(&k, compose_run(&k, "aten::zeros_like", "t", x));
    struct tensor *out = zeros(&k, ndim, sizes[0]);
    if (out) {
        int64_t pair_count = batch * size[0] * size[1];
        if (grad->numel < pair_count || dist->numel < pair_count)
            return compose_refused(
                &k, refuse(c, "_cdist_backward: a gradient and a distance are needed for each pair"));
        x = compose_own(&k, tensor_expand(x, ndim, sizes[0], c->err));
        y = x ? compose_own(&k, tensor_expand(y, ndim, sizes[1], c->err)) : NULL;
        x = y ? doubles(c, &k, x) : NULL, y = x ? doubles(c, &k, y) : NULL;
        grad = doubles(c, &k, grad), dist = doubles(c, &k, dist);
        for (int64_t b = 0; !k.failed && b < batch; b++)
            pairs(arg_float(c, 3), all[0]->dtype == DTYPE_FLOAT32, size,
                  (double *)tensor_data(grad) + b * size[0] * size[1],
                  (double *)tensor_data(dist) + b * size[0] * size[1],
                  (double *)tensor_data(x) + b * size[0] * size[2],
                  (double *)tensor_data(y) + b * size[1] * size[2],
                  (double *)tensor_data(out) + b * size[0] * size[2]);
    }
    return give_as(c, &k, out, tensor_dtype(all[0]));
}

/* _pdist_backward(grad, self, p, pdist): the pairs i < j of self's rows, in order. */
bool distance_pdist_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *dist = arg_tensor(c, 3),
                  *all[] = {x, grad, dist};
    if (x->ndim == 0) return refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
    if (x->ndim < 2)
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    if (!tensor_is_contiguous(x)) return refuse(c, "_pdist_backward requires self to be contiguous");
    if (!tensor_is_contiguous(dist)) return refuse(c, "_pdist_backward requires pdist to be contiguous");
    int64_t n = x->sizes[0], m = x->sizes[1], pair = 0, count;
    if (__builtin_mul_overflow(n, n - 1, &count)) return refuse(c, "_pdist_backward: too many rows");
    if (!check_dtypes(c, "pdist_backward", 3, all)) return false;
    struct tensor *out = zeros(&k, x->ndim, x->sizes);
    if (out && out->numel > 0 && grad->numel > 0) {
        /* Gradients are read along the first dimension's stride, whatever the others are. */
        count /= 2;
        if (grad->ndim > 0)
            grad = compose_own(&k, tensor_view_as(grad, 1, &count, grad->strides, grad->offset, c->err));
        if (!grad || grad->numel < count || dist->numel < count)
            return compose_refused(
                &k, refuse(c, "_pdist_backward: a gradient and a distance are needed for each pair"));
        grad = doubles(c, &k, grad), dist = doubles(c, &k, dist), x = doubles(c, &k, x);
        const double *g = grad ? tensor_data(grad) : NULL, *d = dist ? tensor_data(dist) : NULL,
                     *rows = x ? tensor_data(x) : NULL;
        double *to = tensor_data(out);
        for (int64_t i = 0; !k.failed && i < n; i++)
            for (int64_t j = i + 1; j < n; j++, pair++)
                for (int64_t q = 0; q < m; q++) {
                    double step =
                        slope(difference(rows[i * m + q], rows[j * m + q], all[0]->dtype == DTYPE_FLOAT32),
                              g[pair], d[pair], arg_float(c, 2));
                    to[i * m + q] += step;
                    to[j * m + q] -= step;
                }
    }
    return give_as(c, &k, out, tensor_dtype(all[0]));
}
