/* Distances between rows: cdist, pdist, _euclidean_dist, dist; and renorm, which limits rows' lengths.
 *
 * Checks and texts: aten/src/ATen/native/Distance.cpp, Normalization.cpp; which norm does what with NaN:
 * cpu/DistanceOpsKernel.cpp. Everything is computed in double and rounded once. */
#include <math.h>

#include "ops/common/compose.h"
#include "ops/view/geometry.h"

/* --- the norm of a difference --- */

typedef double row_distance(const double *a, const double *b, int64_t n, double p);

#define ROW_DISTANCE(name, step, end)                                           \
    static double name(const double *a, const double *b, int64_t n, double p) { \
        double sum = 0;                                                         \
        (void)p;                                                                \
        for (int64_t i = 0; i < n; i++) {                                       \
            double d = fabs(a[i] - b[i]);                                       \
            step;                                                               \
        }                                                                       \
        return end;                                                             \
    }
ROW_DISTANCE(distance_zero, sum += d != d ? d : d != 0, sum)
ROW_DISTANCE(distance_one, sum += d, sum)
ROW_DISTANCE(distance_two, sum += d * d, sqrt(sum))
ROW_DISTANCE(distance_most, sum = d > sum ? d : sum, sum)
ROW_DISTANCE(distance_any, sum += pow(d, p), pow(sum, 1 / p))

static row_distance *distance_for(double p) {
    return p == 0              ? distance_zero
           : p == 1            ? distance_one
           : p == 2            ? distance_two
           : isinf(p) && p > 0 ? distance_most
                               : distance_any;
}

/* A contiguous copy in double. */
static struct tensor *in_double(struct compose *k, struct tensor *t) {
    struct op_call *c = k->c;
    struct tensor *wide = t ? compose_own(k, tensor_convert(t, DTYPE_FLOAT64, c->cx->budget, c->err)) : NULL;
    return wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
}

static struct tensor *rounded(struct compose *k, struct tensor *t, enum dtype d) {
    return t ? compose_own(k, tensor_convert(t, d, k->c->cx->budget, k->c->err)) : NULL;
}

static bool check_kernel(struct op_call *c, const char *name, enum dtype d) {
    return d == DTYPE_FLOAT32 || d == DTYPE_FLOAT64 ||
           refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[d].graph_name);
}

/* --- cdist --- */

struct pairs {
    struct tensor *a, *b; /* [batch.., rows, columns] with the batches of both */
    int ndim;             /* of the result */
    int64_t sizes[TENSOR_MAX_DIMS + 2];
};

static bool broadcast_pairs(struct compose *k, struct tensor *a, struct tensor *b, struct pairs *out) {
    struct op_call *c = k->c;
    int batch = a->ndim - 2;
    for (int i = 0; i < batch; i++) out->sizes[i] = a->sizes[i];
    if (!sizes_broadcast(&batch, out->sizes, b->ndim - 2, b->sizes, c->err)) return false;
    out->ndim = batch + 2;
    if (out->ndim > TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    out->sizes[batch] = a->sizes[a->ndim - 2];
    out->sizes[batch + 1] = a->sizes[a->ndim - 1];
    out->a = compose_own(k, tensor_expand(a, out->ndim, out->sizes, c->err));
    out->sizes[batch] = b->sizes[b->ndim - 2];
    out->b = compose_own(k, tensor_expand(b, out->ndim, out->sizes, c->err));
    out->sizes[batch] = a->sizes[a->ndim - 2];
    out->sizes[batch + 1] = b->sizes[b->ndim - 2];
    return !k->failed;
}

static void fill_cdist(const struct tensor *a, const struct tensor *b, struct tensor *out, double p) {
    int64_t columns = a->sizes[a->ndim - 1], rows = a->sizes[a->ndim - 2], others = b->sizes[b->ndim - 2];
    row_distance *distance = distance_for(p);
    const double *x = tensor_data(a), *y = tensor_data(b);
    double *o = tensor_data(out);
    for (int64_t at = 0; at < out->numel; at += rows * others, y += others * columns)
        for (int64_t i = 0; i < rows; i++, x += columns)
            for (int64_t j = 0; j < others; j++) *o++ = distance(x, y + j * columns, columns, p);
}

static bool check_cdist(struct op_call *c, const struct tensor *a, const struct tensor *b, double p,
                        int64_t mode) {
    const struct tensor *both[2] = {a, b};
    for (int i = 0; i < 2; i++)
        if (both[i]->ndim < 2)
            return refuse(c, "cdist only supports at least 2D tensors, X%d got: %dD", i + 1, both[i]->ndim);
    int64_t columns = a->sizes[a->ndim - 1], others = b->sizes[b->ndim - 1];
    if (columns != others)
        return refuse(c, "X1 and X2 must have the same number of columns. X1: %lld X2: %lld",
                      (long long)columns, (long long)others);
    for (int i = 0; i < 2; i++)
        if (!dtype_is_floating(tensor_dtype(both[i])))
            return refuse(c, "cdist only supports floating-point dtypes, X%d got: %s", i + 1,
                          dtype_table[both[i]->dtype].graph_name);
    if (!(p >= 0)) return refuse(c, "cdist only supports non-negative p values");
    return (mode >= 0 && mode <= 2) || refuse(c, "possible modes: 0, 1, 2, but was: %lld", (long long)mode);
}

/* x1^2 - 2 x1 x2 + x2^2 as one matrix product; small distances come out as rounding leaves them. */
static struct tensor *euclidean(struct compose *k, struct tensor *a, struct tensor *b) {
    int64_t last = -1;
    struct tensor *norms[2], *ones[2], *in[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct tensor *squares = compose_run(k, "aten::pow.Tensor_Scalar", "td", in[i], 2);
        norms[i] = compose_run(k, "aten::sum.dim_IntList", "tLb", squares, 1, &last, true);
        ones[i] = compose_run(k, "aten::ones_like", "t", norms[i]);
    }
    struct tensor *twice = compose_run(k, "aten::mul.Scalar", "td", a, -2);
    if (k->failed) return NULL;
    struct tensor *left =
        compose_run(k, "aten::cat", "Td", 3, (struct tensor *[]){twice, norms[0], ones[0]}, -1);
    struct tensor *right =
        k->failed ? NULL
                  : compose_run(k, "aten::cat", "Td", 3, (struct tensor *[]){b, ones[1], norms[1]}, -1);
    struct tensor *product =
        compose_run(k, "aten::matmul", "tt", left, compose_run(k, "aten::mT", "t", right));
    product = compose_run(k, "aten::clamp_min_", "td", product, 0);
    return compose_run(k, "aten::sqrt_", "t", product);
}

/* By the product for many rows (or where it is asked for), one by one otherwise. */
static struct tensor *cdist(struct compose *k, struct tensor *a, struct tensor *b, double p, int64_t mode) {
    struct op_call *c = k->c;
    struct pairs pairs = {0};
    enum dtype d = tensor_dtype(a);
    int64_t rows = a->sizes[a->ndim - 2], others = b->sizes[b->ndim - 2], total;
    if (!check_cdist(c, a, b, p, mode) || !broadcast_pairs(k, a, b, &pairs)) return NULL;
    if (!sizes_product(pairs.ndim, pairs.sizes, &total)) {
        refuse(c, "Storage size calculation overflowed");
        return NULL;
    }
    bool by_product = p == 2 && (mode == 1 || (mode == 0 && (rows > 25 || others > 25)));
    if (total == 0 || a->sizes[a->ndim - 1] == 0)
        return compose_run(k, "aten::zeros", "Lv", pairs.ndim, pairs.sizes, value_int(d));
    if (by_product) return euclidean(k, pairs.a, pairs.b);
    if (!check_kernel(c, "cdist", d)) return NULL;
    if (a->dtype != b->dtype) {
        refuse(c, "expected scalar type %s but found %s", dtype_table[a->dtype].graph_name,
               dtype_table[b->dtype].graph_name);
        return NULL;
    }
    struct tensor *x = in_double(k, pairs.a), *y = in_double(k, pairs.b);
    struct tensor *out = x && y ? compose_own(k, call_new(c, DTYPE_FLOAT64, pairs.ndim, pairs.sizes)) : NULL;
    if (out) fill_cdist(x, y, out, p);
    return rounded(k, out, d);
}

bool distance_cdist(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim < 2 || b->ndim < 2) return check_cdist(c, a, b, 0, 0);
    struct compose k = compose_start(c);
    return compose_give(&k, cdist(&k, a, b, arg_float(c, 2), arg_int_or(c, 3, 0)));
}

bool distance_euclidean(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim == 0) return refuse(c, "zero-dimensional tensor (at position 0) cannot be concatenated");
    if (dtype_is_integral(tensor_dtype(a), true))
        return refuse(c, "result type Float can't be cast to the desired output type Long");
    struct compose k = compose_start(c);
    return compose_give(&k, euclidean(&k, a, b));
}

/* --- pdist: each row with those behind it --- */

/* The distances of the first `count` pairs of rows, which are a contiguous tensor's elements by `columns`. */
static struct tensor *pdist(struct compose *k, struct tensor *self, double p, int64_t columns,
                            int64_t count) {
    struct op_call *c = k->c;
    if (!check_kernel(c, "pdist", tensor_dtype(self))) return NULL;
    struct tensor *x = in_double(k, self);
    struct tensor *out = x ? compose_own(k, call_new(c, DTYPE_FLOAT64, 1, &count)) : NULL;
    if (!out) return NULL;
    double *o = tensor_data(out), *end = o + count;
    const double *rows = tensor_data(x);
    int64_t n = self->numel / columns;
    row_distance *distance = distance_for(p);
    for (int64_t i = 0; o < end; i++)
        for (int64_t j = i + 1; j < n && o < end; j++)
            *o++ = distance(rows + i * columns, rows + j * columns, columns, p);
    return rounded(k, out, tensor_dtype(self));
}

/* _pdist_forward asks for a matrix nowhere: rows have the size of dimension 1 whatever follows. */
static bool pdist_call(struct op_call *c, struct tensor *self, double p) {
    int64_t n = self->sizes[0], dim = 1, count = 0;
    if (n > 1 && !wrap_dim(c, &dim, self->ndim)) return false;
    if (n > 1 && __builtin_mul_overflow(n, n - 1, &count))
        return refuse(c, "Storage size calculation overflowed");
    count /= 2;
    struct compose k = compose_start(c);
    if (count == 0 || self->numel == 0)
        return compose_give(&k, compose_run(&k, "aten::zeros", "Lv", 1, &count, value_int(self->dtype)));
    return compose_give(&k, pdist(&k, self, p, self->sizes[1], count));
}

bool distance_pdist(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    if (self->ndim != 2) return refuse(c, "pdist only supports 2D tensors, got: %dD", self->ndim);
    if (!dtype_is_floating(tensor_dtype(self))) return refuse(c, "pdist only supports floating-point dtypes");
    if (!(arg_float(c, 1) >= 0)) return refuse(c, "pdist only supports non-negative p values");
    return pdist_call(c, self, arg_float(c, 1));
}

bool distance_pdist_forward(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    if (!tensor_is_contiguous(self)) return refuse(c, "_pdist_forward requires contiguous input");
    if (self->ndim == 0) return refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
    return pdist_call(c, self, arg_float(c, 1));
}

/* --- dist: the norm of a difference of tensors --- */

bool distance_dist(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *difference =
        compose_run(&k, "aten::sub.Tensor", "ttd", arg_tensor(c, 0), arg_tensor(c, 1), 1);
    if (difference && dtype_is_integral(tensor_dtype(difference), true))
        return compose_refused(
            &k, refuse(c, "norm(): input dtype should be either floating point or complex. Got %s instead.",
                       dtype_table[difference->dtype].graph_name));
    return compose_give(&k, compose_run(&k, "aten::norm.Scalar", "tv", difference, c->args[2]));
}

/* --- renorm: slices along a dimension that are longer than maxnorm are shortened to it --- */

static bool check_renorm(struct op_call *c, const struct tensor *self, struct number p, struct number most) {
    if (p.tag == VALUE_COMPLEX) return refuse(c, "renorm: p must be real-valued");
    if (!(p.f > 0)) return refuse(c, "renorm: non-positive-norm not supported");
    if (most.tag == VALUE_COMPLEX) return refuse(c, "renorm: maxnorm must be real-valued");
    if (!(most.f >= 0)) return refuse(c, "renorm: expected maxnorm to be >= 0 but got %g", most.f);
    return self->ndim > 1 ||
           refuse(c, "renorm: input needs at least 2 dimensions, got %d dimensions", self->ndim);
}

/* Norms of slices in double (or complex double), and from them the factors. */
static struct tensor *renorm_factors(struct compose *k, struct tensor *self, int64_t dim, double most) {
    int64_t dims[TENSOR_MAX_DIMS];
    int count = 0;
    enum dtype wide = dtype_is_complex(tensor_dtype(self)) ? DTYPE_COMPLEX128 : DTYPE_FLOAT64;
    for (int i = 0; i < self->ndim; i++)
        if (i != dim) dims[count++] = i;
    struct tensor *norm = compose_run(k, "aten::linalg_vector_norm", "tvLbv", self, k->c->args[1], count,
                                      dims, true, value_int(wide));
    struct tensor *padded = compose_run(k, "aten::add.Scalar", "tfd", norm, 1e-7, 1);
    struct tensor *factor =
        compose_run(k, "aten::mul.Scalar", "tf", compose_run(k, "aten::reciprocal", "t", padded), most);
    struct tensor *longer = compose_run(k, "aten::gt.Scalar", "tf", norm, most);
    return compose_run(k, "aten::where.self", "ttt", longer, factor,
                       compose_run(k, "aten::ones_like", "t", norm));
}

bool distance_renorm(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    struct number most = arg_number(c, 3);
    int64_t dim = arg_int(c, 2);
    if (!check_renorm(c, self, arg_number(c, 1), most) || !wrap_dim(c, &dim, self->ndim)) return false;
    struct compose k = compose_start(c);
    struct tensor *factors = renorm_factors(&k, self, dim, most.f);
    struct tensor *scaled = compose_run(&k, "aten::mul.Tensor", "tt", self, factors);
    return compose_give(&k, rounded(&k, scaled, tensor_dtype(self)));
}
