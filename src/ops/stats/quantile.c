/* Quantiles along one dimension or of all elements: quantile and nanquantile, by a tensor q or by a number.
 *
 * The line is sorted, q becomes a rank, the values beside the rank are mixed as `interpolation` says; all in
 * the input's own dtype, step by step as in quantile_compute of aten/src/ATen/native/Sorting.cpp, because
 * the rank's rounding is part of the answer. */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

enum interpolation { LINEAR, LOWER, HIGHER, MIDPOINT, NEAREST };

static bool interpolation_of(struct op_call *c, int at, enum interpolation *mode) {
    static const char *const names[] = {"linear", "lower", "higher", "midpoint", "nearest"};
    const char *name = c->args[at].string->bytes;
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (strcmp(names[i], name) == 0) {
            *mode = (enum interpolation)i;
            return true;
        }
    return refuse(c,
                  "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but "
                  "got %s",
                  name);
}

static bool check_quantile(struct op_call *c, const struct tensor *t, const struct tensor *q) {
    if (t->numel == 0) return refuse(c, "quantile() input tensor must be non-empty");
    if (q->ndim > 1) return refuse(c, "quantile() q must be a scalar or 1D tensor");
    if (t->dtype != DTYPE_FLOAT32 && t->dtype != DTYPE_FLOAT64)
        return refuse(c, "quantile() input tensor must be either float or double dtype");
    if (t->dtype != q->dtype) return refuse(c, "quantile() q tensor must be same dtype as the input tensor");
    for (int64_t i = 0; i < q->numel; i++) {
        double x = tensor_get_float(q, i);
        if (!(x >= 0 && x <= 1)) return refuse(c, "quantile() q values must be in the range [0, 1]");
    }
    return true;
}

/* Ranks [..., q]: real positions in a sorted line of n; a line with a NaN has its NaN, the last, as answer.
 */
static struct tensor *ranks_of(struct compose *k, struct tensor *sorted, struct tensor *q, bool ignore_nan) {
    int64_t last = -1, n = sorted->sizes[sorted->ndim - 1];
    struct tensor *nan = RUN("isnan", "t", sorted), *ranks;
    if (ignore_nan) {
        struct tensor *numbers = RUN("sum.dim_IntList", "tLb", RUN("logical_not", "t", nan), 1, &last, true);
        ranks = RUN("mul.Tensor", "tt", q, RUN("sub.Scalar", "tdd", numbers, 1, 1));
        return RUN("masked_fill.Scalar", "ttd", ranks, RUN("lt.Scalar", "td", ranks, 0), 0);
    }
    ranks = RUN("mul.Scalar", "ti", q, n - 1);
    return RUN("masked_fill.Scalar", "tti", ranks, RUN("any.dim", "tib", nan, last, true), n - 1);
}

static struct tensor *values_at(struct compose *k, struct tensor *sorted, struct tensor *ranks,
                                enum interpolation mode) {
    if (mode == LOWER) ranks = RUN("floor", "t", ranks);
    if (mode == HIGHER) ranks = RUN("ceil", "t", ranks);
    if (mode == NEAREST) ranks = RUN("round", "t", ranks);
    struct tensor *below = RUN("to.dtype", "tdbb", ranks, DTYPE_INT64, false, false);
    struct tensor *values = RUN("gather", "tdtb", sorted, -1, below, false);
    if (mode != LINEAR && mode != MIDPOINT) return values;
    struct tensor *weights =
        mode == MIDPOINT ? RUN("full_like", "tf", ranks, 0.5) : RUN("sub.Tensor", "ttd", ranks, below, 1);
    struct tensor *above = RUN("to.dtype", "tdbb", RUN("ceil", "t", ranks), DTYPE_INT64, false, false);
    struct tensor *high = RUN("gather", "tdtb", sorted, -1, above, false);
    return RUN("lerp.Tensor", "ttt", values, high, weights);
}

/* [.., q] with q in front (away when q is a number), the reduced dimensions kept as ones where asked. */
static struct tensor *shaped(struct compose *k, struct tensor *values, const struct tensor *t, int64_t dim,
                             bool all, bool keepdim, bool many) {
    int64_t sizes[TENSOR_MAX_DIMS + 1];
    int n = 0;
    if (many) {
        values = RUN("movedim.int", "tdd", values, -1, 0);
        sizes[n++] = values ? values->sizes[0] : 0;
    }
    for (int i = 0; i < t->ndim; i++) {
        if (all || i == dim) {
            if (keepdim) sizes[n++] = 1;
        } else {
            sizes[n++] = t->sizes[i];
        }
    }
    return RUN("reshape", "tL", values, n, sizes);
}

static struct tensor *quantile(struct compose *k, struct tensor *t, struct tensor *q, bool ignore_nan,
                               enum interpolation mode) {
    struct op_call *c = k->c;
    bool all = arg_none(c, 2), keepdim = arg_bool(c, 3);
    int64_t dim = all ? 0 : arg_int(c, 2);
    if (!check_quantile(c, t, q) || !wrap_dim(c, &dim, t->ndim)) return NULL;
    struct tensor *lines =
        all || t->ndim == 0 ? RUN("reshape", "tL", t, 1, &t->numel) : RUN("movedim.int", "tid", t, dim, -1);
    if (lines && lines->sizes[lines->ndim - 1] > 1 << 24) {
        refuse(c, "quantile() input tensor is too large");
        return NULL;
    }
    struct tensor *flat = RUN("reshape", "tL", q, 1, &q->numel),
                  *sorted = RUN("sort", "tdb", lines, -1, false);
    struct tensor *ranks = sorted ? ranks_of(k, sorted, flat, ignore_nan) : NULL;
    if (!ranks) return NULL;
    if (ranks->ndim < sorted->ndim) ranks = RUN("reshape", "tL", ranks, 1, &q->numel);
    return shaped(k, values_at(k, sorted, ranks, mode), t, dim, all, keepdim, q->ndim > 0);
}

static bool quantile_call(struct op_call *c, bool by_number, bool ignore_nan) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *q = by_number ? NULL : arg_tensor(c, 1);
    enum interpolation mode = LINEAR;
    if (!interpolation_of(c, 4, &mode)) return false;
    if (by_number) {
        double x = arg_float(c, 1);
        if (!(x >= 0 && x <= 1)) return refuse(c, "quantile() q must be in the range [0, 1] but got %g", x);
        q = compose_own(&k, tensor_of_float(x, tensor_dtype(t), c->err));
    }
    return compose_give(&k, q ? quantile(&k, t, q, ignore_nan, mode) : NULL);
}
bool stats_quantile(struct op_call *c) {
    return quantile_call(c, false, false);
}
bool stats_quantile_scalar(struct op_call *c) {
    return quantile_call(c, true, false);
}
bool stats_nanquantile(struct op_call *c) {
    return quantile_call(c, false, true);
}
bool stats_nanquantile_scalar(struct op_call *c) {
    return quantile_call(c, true, true);
}

static bool quantile_out(struct op_call *c, op_kernel kernel) {
    if (call_target(c)->dtype != arg_tensor(c, 0)->dtype)
        return refuse(c, "quantile() out tensor must be same dtype as the input tensor");
    return op_into(c, kernel);
}
#define DEFINE_OUT(name)                 \
    bool name##_out(struct op_call *c) { \
        return quantile_out(c, name);    \
    }
DEFINE_OUT(stats_quantile)
DEFINE_OUT(stats_quantile_scalar)
DEFINE_OUT(stats_nanquantile)
DEFINE_OUT(stats_nanquantile_scalar)
