/* Losses: a value for each element, put together from other operators, then reduced as asked (0 none, 1 mean,
 * 2 sum). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/pointwise/pointwise.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

enum reduction { REDUCE_NONE, REDUCE_MEAN, REDUCE_SUM };

#define RUN(row, ...) compose_run(&k, "aten::" row, __VA_ARGS__)

static struct tensor *reduced(struct compose *k, struct tensor *x, int64_t how) {
    if (how == REDUCE_NONE) return x;
    return compose_run(k, how == REDUCE_MEAN ? "aten::mean" : "aten::sum", "t", x);
}

/* --- of two operands, element by element --- */

#define K(i) (t->k[i].f)
static double smooth(double x, double beta) {
    double z = fabs(x);
    return z < beta ? 0.5 * z * z / beta : z - 0.5 * beta;
}
static double huber(double x, double delta) {
    double z = fabs(x);
    return z <= delta ? 0.5 * z * z : delta * (z - 0.5 * delta);
}
static double cross_entropy(double x, double y) {
    double a = log(x), b = log1p(-x);
    a = a < -100 ? -100 : a;
    b = b < -100 ? -100 : b;
    return (y - 1) * b - y * a;
}
#define ELEMENT_LOSSES(X)                                                                            \
    X(mse, "mse_cpu", (x - y) * (x - y))                                                             \
    X(smooth_l1, "smooth_l1_cpu", K(0) == 0 ? fabs((double)(x - y)) : smooth((double)(x - y), K(0))) \
    X(huber, "huber_cpu", huber((double)(x - y), K(0)))                                              \
    X(bce, "binary_cross_entropy", cross_entropy((double)x, (double)y))                              \
    X(soft_margin, "soft_margin", log1p(exp((double)(-x * y))))
#define DEFINE_LOSS(name, text, real)                     \
    POINTWISE_LOOP_2(name##_float, float, float, real)    \
    POINTWISE_LOOP_2(name##_double, double, double, real) \
    static const struct pointwise op_##name = {text, 2, RULE_SAME, {NULL, name##_float, name##_double, NULL}};
ELEMENT_LOSSES(DEFINE_LOSS)

static bool element_loss(struct op_call *c, const struct pointwise *op, int64_t how,
                         const struct number *k_values) {
    struct compose k = compose_start(c);
    struct op_call inner = *c;
    inner.dying = 0;
    inner.row = NULL;
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)};
    return compose_give(&k, reduced(&k, compose_own(&k, pointwise_run(&inner, op, in, k_values, NULL)), how));
}
bool loss_mse(struct op_call *c) {
    return element_loss(c, &op_mse, arg_int(c, 2), NULL);
}
bool loss_smooth_l1(struct op_call *c) {
    struct number beta = arg_number(c, 3);
    if (beta.f < 0) return refuse(c, "smooth_l1_loss does not support negative values for beta.");
    return element_loss(c, &op_smooth_l1, arg_int(c, 2), &beta);
}
bool loss_huber(struct op_call *c) {
    struct number delta = arg_number(c, 3);
    if (delta.f <= 0) return refuse(c, "huber_loss does not support non-positive values for delta.");
    return element_loss(c, &op_huber, arg_int(c, 2), &delta);
}
bool loss_soft_margin(struct op_call *c) {
    return element_loss(c, &op_soft_margin, arg_int(c, 2), NULL);
}
bool loss_l1(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *d = RUN("sub.Tensor", "ttd", arg_tensor(c, 0), arg_tensor(c, 1), 1);
    return compose_give(&k, reduced(&k, RUN("abs", "t", d), arg_int(c, 2)));
}

bool loss_bce(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)}, *weight = arg_tensor_or_null(c, 2);
    struct op_call inner = *c;
    inner.dying = 0;
    inner.row = NULL;
    if (in[0]->dtype != in[1]->dtype)
        return refuse(c, "Found dtype %s but expected %s", dtype_table[in[1]->dtype].graph_name,
                      dtype_table[in[0]->dtype].graph_name);
    for (int64_t i = 0; i < in[0]->numel; i++) {
        double x = tensor_get_float(in[0], i);
        if (!(x >= 0 && x <= 1)) return refuse(c, "all elements of input should be between 0 and 1");
    }
    struct tensor *l = compose_own(&k, pointwise_run(&inner, &op_bce, in, NULL, NULL));
    if (weight) l = RUN("mul.Tensor", "tt", l, weight);
    return compose_give(&k, reduced(&k, l, arg_int(c, 3)));
}

/* (1 - y) x + w (log1p(exp(-|x|)) + max(-x, 0)), w = 1 + (pos_weight - 1) y */
bool loss_bce_logits(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2),
                  *positive = arg_tensor_or_null(c, 3);
    struct tensor *rest = RUN("rsub.Scalar", "tdd", y, 1, 1), *soft = RUN("log_sigmoid", "t", x);
    struct tensor *a = RUN("mul.Tensor", "tt", rest, x), *l;
    if (positive) {
        struct tensor *w = RUN("sub.Scalar", "tdd", positive, 1, 1);
        w = RUN("mul.Tensor", "tt", w, y);
        w = RUN("add.Scalar", "tdd", w, 1, 1);
        soft = RUN("mul.Tensor", "tt", w, soft);
    }
    l = RUN("sub.Tensor", "ttd", a, soft, 1);
    if (weight) l = RUN("mul.Tensor", "tt", l, weight);
    return compose_give(&k, reduced(&k, l, arg_int(c, 4)));
}

/* kl_div(self, target, reduction, log_target) */
bool loss_kl_div(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *l;
    if (dtype_is_complex(tensor_dtype(x)) || dtype_is_complex(tensor_dtype(y)))
        return refuse(c, "kl_div: Input %s not implemented for complex type",
                      dtype_table[x->dtype].graph_name);
    if (arg_bool(c, 3)) {
        struct tensor *d = RUN("sub.Tensor", "ttd", y, x, 1), *p = RUN("exp", "t", y);
        l = RUN("mul.Tensor", "tt", p, d);
    } else {
        struct tensor *a = RUN("xlogy.Tensor", "tt", y, y), *b = RUN("mul.Tensor", "tt", y, x);
        l = RUN("sub.Tensor", "ttd", a, b, 1);
    }
    return compose_give(&k, reduced(&k, l, arg_int(c, 2)));
}

/* (input, target, log_input, full, eps, reduction) */
bool loss_poisson_nll(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *l;
    if (arg_bool(c, 2)) {
        struct tensor *e = RUN("exp", "t", x), *p = RUN("mul.Tensor", "tt", y, x);
        l = RUN("sub.Tensor", "ttd", e, p, 1);
    } else {
        struct tensor *g = RUN("add.Scalar", "tfd", x, arg_float(c, 4), 1);
        g = RUN("log", "t", g);
        g = RUN("mul.Tensor", "tt", y, g);
        l = RUN("sub.Tensor", "ttd", x, g, 1);
    }
    if (arg_bool(c, 3)) { /* Stirling's approximation where the target is above 1 */
        struct tensor *logs = RUN("log", "t", y), *a = RUN("mul.Tensor", "tt", y, logs);
        a = RUN("sub.Tensor", "ttd", a, y, 1);
        struct tensor *b = RUN("mul.Scalar", "tf", y, 6.283185307179586);
        b = RUN("log", "t", b);
        b = RUN("mul.Scalar", "tf", b, 0.5);
        a = RUN("add.Tensor", "ttd", a, b, 1);
        struct tensor *small = RUN("le.Scalar", "td", y, 1);
        a = RUN("masked_fill.Scalar", "ttd", a, small, 0);
        l = RUN("add.Tensor", "ttd", l, a, 1);
    }
    return compose_give(&k, reduced(&k, l, arg_int(c, 5)));
}

/* --- margins --- */

static struct tensor *at_least_zero(struct compose *k, struct tensor *x) {
    return compose_run(k, "aten::clamp_min", "td", x, 0);
}

/* (input1, input2, target, margin, reduction) */
bool loss_margin_ranking(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *d = RUN("sub.Tensor", "ttd", arg_tensor(c, 0), arg_tensor(c, 1), 1),
                  *y = RUN("neg", "t", arg_tensor(c, 2));
    d = RUN("mul.Tensor", "tt", y, d);
    d = RUN("add.Scalar", "tfd", d, arg_float(c, 3), 1);
    return compose_give(&k, reduced(&k, at_least_zero(&k, d), arg_int(c, 4)));
}

bool loss_hinge_embedding(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1);
    struct tensor *m = RUN("rsub.Scalar", "tfd", x, arg_float(c, 2), 1), *zero = RUN("zeros_like", "t", x);
    m = at_least_zero(&k, m);
    struct tensor *is_one = RUN("ne.Scalar", "td", y, 1), *is_minus = RUN("ne.Scalar", "td", y, -1);
    struct tensor *a = RUN("where.self", "ttt", is_one, m, zero),
                  *b = RUN("where.self", "ttt", is_minus, x, zero);
    return compose_give(&k, reduced(&k, RUN("add.Tensor", "ttd", a, b, 1), arg_int(c, 3)));
}

/* (input1, input2, target, margin, reduction) */
bool loss_cosine_embedding(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *y = arg_tensor(c, 2);
    int64_t dim = y->ndim;
    if (y->ndim > 1) return refuse(c, "0D or 1D target tensor expected, multi-target not supported");
    if (y->ndim == 1 && (a->ndim != 2 || b->ndim != 2))
        return refuse(c, "1D target tensor expects 2D input tensors, but found inputs with sizes %s and %s.",
                      sizes_text(a->ndim, a->sizes, (char[128]){0}, 128),
                      sizes_text(b->ndim, b->sizes, (char[128]){0}, 128));
    if (y->ndim == 0 && (a->ndim != 1 || b->ndim != 1))
        return refuse(c, "0D target tensor expects 1D input tensors, but found inputs with sizes %s and %s.",
                      sizes_text(a->ndim, a->sizes, (char[128]){0}, 128),
                      sizes_text(b->ndim, b->sizes, (char[128]){0}, 128));
    struct tensor *sums[3], *pairs[3][2] = {{a, b}, {a, a}, {b, b}};
    for (int i = 0; i < 3; i++) {
        sums[i] = RUN("mul.Tensor", "tt", pairs[i][0], pairs[i][1]);
        sums[i] = RUN("sum.dim_IntList", "tLb", sums[i], 1, &dim, false);
        if (i) sums[i] = RUN("add.Scalar", "tfd", sums[i], 1e-12, 1);
    }
    struct tensor *n = RUN("mul.Tensor", "tt", sums[1], sums[2]);
    n = RUN("sqrt", "t", n);
    struct tensor *cosine = RUN("div.Tensor", "tt", sums[0], n), *zero = RUN("zeros_like", "t", cosine);
    struct tensor *pos = RUN("rsub.Scalar", "tdd", cosine, 1, 1),
                  *neg = RUN("sub.Scalar", "tfd", cosine, arg_float(c, 3), 1);
    neg = at_least_zero(&k, neg);
    struct tensor *is_pos = RUN("eq.Scalar", "td", y, 1), *is_neg = RUN("eq.Scalar", "td", y, -1);
    pos = RUN("where.self", "ttt", is_pos, pos, zero);
    neg = RUN("where.self", "ttt", is_neg, neg, zero);
    return compose_give(&k, reduced(&k, RUN("add.Tensor", "ttd", pos, neg, 1), arg_int(c, 4)));
}

/* (anchor, positive, negative, margin, p, eps, swap, reduction) */
bool loss_triplet_margin(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *p = arg_tensor(c, 1), *n = arg_tensor(c, 2);
    if (a->ndim != p->ndim || a->ndim != n->ndim)
        return refuse(c,
                      "The anchor, positive, and negative tensors are expected to have the same number of "
                      "dimensions, but got: anchor %dD, positive %dD, and negative %dD inputs",
                      a->ndim, p->ndim, n->ndim);
    if (arg_float(c, 3) <= 0) return refuse(c, "margin must be greater than 0, got %g", arg_float(c, 3));
    struct tensor *near = RUN("pairwise_distance", "ttffb", a, p, arg_float(c, 4), arg_float(c, 5), false);
    struct tensor *far = RUN("pairwise_distance", "ttffb", a, n, arg_float(c, 4), arg_float(c, 5), false);
    if (arg_bool(c, 6)) {
        struct tensor *swap =
            RUN("pairwise_distance", "ttffb", p, n, arg_float(c, 4), arg_float(c, 5), false);
        far = RUN("minimum", "tt", far, swap);
    }
    struct tensor *d = RUN("sub.Tensor", "ttd", near, far, 1);
    d = RUN("add.Scalar", "tfd", d, arg_float(c, 3), 1);
    return compose_give(&k, reduced(&k, at_least_zero(&k, d), arg_int(c, 7)));
}

bool loss_pairwise_distance(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    int64_t dim = (a->ndim > b->ndim ? a->ndim : b->ndim) - 1;
    struct tensor *d = RUN("sub.Tensor", "ttd", a, b, 1);
    d = RUN("add.Scalar", "tfd", d, arg_float(c, 3), 1);
    return compose_give(&k,
                        RUN("norm.ScalarOpt_dim", "tfLb", d, arg_float(c, 2), 1, &dim, (int)arg_bool(c, 4)));
}

/* x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) */
bool loss_cosine_similarity(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    int64_t dim = arg_int(c, 2);
    if (!dtype_is_floating(tensor_dtype(a)) && !dtype_is_floating(tensor_dtype(b)) &&
        !dtype_is_complex(tensor_dtype(a)))
        return refuse(c, "expected common dtype to be floating point, yet common dtype is %s",
                      dtype_table[a->dtype].graph_name);
    struct tensor *list[2] = {a, b};
    compose_run(&k, "aten::broadcast_tensors", "T", 2, list);
    lb_value both = compose_value(&k);
    if (k.failed) return compose_end(&k);
    for (int i = 0; i < 2; i++) {
        struct tensor *x = both.list->items[i].tensor;
        struct tensor *norm = RUN("linalg_vector_norm", "tdLb", x, 2, 1, &dim, true);
        norm = RUN("clamp_min", "tf", norm, arg_float(c, 3));
        list[i] = RUN("div.Tensor", "tt", x, norm);
    }
    struct tensor *p = RUN("mul.Tensor", "tt", list[0], list[1]);
    return compose_give(&k, RUN("sum.dim_IntList", "tLb", p, 1, &dim, false));
}

/* --- classes --- */

struct nll {
    struct tensor *x, *target, *weight; /* x [n, classes, inner]; contiguous */
    int64_t n, classes, inner, ignore, how;
};

static bool nll_targets(struct op_call *c, const struct nll *l) {
    for (int64_t i = 0; i < l->target->numel; i++) {
        int64_t t = tensor_get_int(l->target, i);
        if (t != l->ignore && (t < 0 || t >= l->classes))
            return refuse_index(c, "Target %lld is out of bounds.", (long long)t);
    }
    return true;
}

/* The loss of each place, or their weighted mean or sum, and the total weight. */
static bool nll_run(struct op_call *c, const struct nll *l, int out_ndim, const int64_t *out_sizes) {
    struct tensor *out = call_new(c, tensor_dtype(l->x), l->how == REDUCE_NONE ? out_ndim : 0, out_sizes),
                  *total;
    double sum = 0, weights = 0;
    int64_t size = (int64_t)dtype_size(tensor_dtype(l->x));
    total = out ? call_new(c, tensor_dtype(l->x), 0, NULL) : NULL;
    if (!total || !nll_targets(c, l)) {
        tensor_release(out);
        tensor_release(total);
        return false;
    }
    for (int64_t i = 0; i < l->n * l->inner; i++) {
        int64_t t = tensor_get_int(l->target, i), row = i / l->inner, place = i % l->inner;
        double w = t == l->ignore ? 0 : l->weight ? tensor_get_float(l->weight, t) : 1;
        double v =
            t == l->ignore ? 0 : -w * tensor_get_float(l->x, (row * l->classes + t) * l->inner + place);
        if (l->how == REDUCE_NONE)
            convert_store[out->dtype][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * size, 0, &v, 0, 1);
        sum += v;
        weights += w;
    }
    if (l->how == REDUCE_MEAN) sum /= weights;
    if (l->how == REDUCE_NONE)
        weights = 0;
    else
        convert_store[out->dtype][COMPUTE_DOUBLE](tensor_data(out), 0, &sum, 0, 1);
    convert_store[total->dtype][COMPUTE_DOUBLE](tensor_data(total), 0, &weights, 0, 1);
    c->results[0] = value_tensor(out);
    if (c->result_count > 1)
        c->results[1] = value_tensor(total);
    else
        tensor_release(total);
    return true;
}

static bool nll_check(struct op_call *c, const struct tensor *x, const struct tensor *target,
                      const struct tensor *weight, int64_t classes) {
    char a[128], b[128];
    if (target->dtype != DTYPE_INT64 && target->dtype != DTYPE_UINT8)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[target->dtype].graph_name);
    if (x->ndim == 1 ? target->numel != 1 : target->ndim == 0 || x->sizes[0] != target->sizes[0])
        return x->ndim == 1 ? refuse(c, "For 1D input, 1D target must have size 1, but got target size: %lld",
                                     (long long)target->numel)
               : x->ndim == 2
                   ? refuse(c, "size mismatch (got input: %s, target: %s)",
                            sizes_text(x->ndim, x->sizes, a, sizeof a),
                            sizes_text(target->ndim, target->sizes, b, sizeof b))
                   : refuse(c, "Expected input batch_size (%lld) to match target batch_size (%lld).",
                            (long long)x->sizes[0], (long long)(target->ndim ? target->sizes[0] : 0));
    for (int i = 2; i < x->ndim; i++)
        if (target->ndim != x->ndim - 1 || target->sizes[i - 1] != x->sizes[i])
            return refuse(c, "size mismatch (got input: %s , target: %s",
                          sizes_text(x->ndim, x->sizes, a, sizeof a),
                          sizes_text(target->ndim, target->sizes, b, sizeof b));
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "\"nll_loss_out_frame\" not implemented for '%s'", dtype_table[x->dtype].graph_name);
    if (weight && weight->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[weight->dtype].graph_name);
    return !weight || weight->numel == classes ||
           refuse(c,
                  "weight tensor should be defined either for all %lld classes or no classes but got weight "
                  "tensor of shape: %s",
                  (long long)classes, sizes_text(weight->ndim, weight->sizes, a, sizeof a));
}

/* (self, target, weight, reduction, ignore_index) */
bool loss_nll(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1);
    int64_t classes = x->ndim == 0 ? 0 : x->sizes[x->ndim == 1 ? 0 : 1];
    if (x->ndim == 0) return refuse(c, "input tensor should be 1D or 2D");
    if (!nll_check(c, x, target, arg_tensor_or_null(c, 2), classes)) return false;
    struct nll l = {.weight = arg_tensor_or_null(c, 2),
                    .n = x->ndim == 1 ? 1 : x->sizes[0],
                    .classes = classes,
                    .how = arg_int(c, 3),
                    .ignore = arg_int(c, 4),
                    .inner = 1};
    for (int i = 2; i < x->ndim; i++) l.inner *= x->sizes[i];
    l.x = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err));
    l.target = compose_own(&k, tensor_contiguous(target, c->cx->budget, c->err));
    bool good = !k.failed && nll_run(c, &l, target->ndim, target->sizes);
    return compose_end(&k) && good;
}

/* cross_entropy_loss(self, target, weight, reduction, ignore_index, label_smoothing) */
static bool probabilities(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2);
    int64_t dim = x->ndim == 1 ? 0 : 1, classes = x->sizes[dim], how = arg_int(c, 3), shape[TENSOR_MAX_DIMS],
            n = x->numel / (classes ? classes : 1);
    double smoothing = arg_float(c, 5);
    if (!dtype_is_floating(tensor_dtype(y)))
        return refuse(c, "Expected floating point type for target with class probabilities, got %s",
                      dtype_table[y->dtype].graph_name);
    if (arg_int(c, 4) >= 0) return refuse(c, "ignore_index is not supported for floating point target");
    if (smoothing > 0) {
        y = RUN("mul.Scalar", "tf", y, 1 - smoothing);
        y = RUN("add.Scalar", "tfd", y, smoothing / (double)classes, 1);
    }
    struct tensor *logs = RUN("log_softmax.int", "tiv", x, dim, value_int(x->dtype));
    if (weight) {
        for (int i = 0; i < x->ndim; i++) shape[i] = i == dim ? classes : 1;
        struct tensor *w = RUN("reshape", "tL", weight, x->ndim, shape);
        logs = RUN("mul.Tensor", "tt", logs, w);
    }
    struct tensor *l = RUN("mul.Tensor", "tt", logs, y);
    l = RUN("neg", "t", l);
    if (how == REDUCE_NONE) return compose_give(&k, RUN("sum.dim_IntList", "tLb", l, 1, &dim, false));
    l = RUN("sum", "t", l);
    if (how == REDUCE_MEAN) l = RUN("div.Scalar", "tf", l, (double)n);
    return compose_give(&k, l);
}

static bool smoothed(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2);
    int64_t dim = x->ndim == 1 ? 0 : 1, classes = x->sizes[dim], how = arg_int(c, 3), shape[TENSOR_MAX_DIMS];
    double smoothing = arg_float(c, 5);
    struct tensor *logs = RUN("log_softmax.int", "tiv", x, dim, value_int(x->dtype));
    struct tensor *nll = RUN("nll_loss_nd", "tttii", logs, target, weight, how, arg_int(c, 4)), *all = logs;
    if (weight) {
        for (int i = 0; i < x->ndim; i++) shape[i] = i == dim ? classes : 1;
        struct tensor *w = RUN("reshape", "tL", weight, x->ndim, shape);
        all = RUN("mul.Tensor", "tt", logs, w);
    }
    all = RUN("sum.dim_IntList", "tLb", all, 1, &dim, false);
    all = RUN("neg", "t", all);
    struct tensor *ignored = RUN("eq.Scalar", "ti", target, arg_int(c, 4));
    all = RUN("masked_fill.Scalar", "ttf", all, ignored, 0.0);
    if (how == REDUCE_SUM) all = RUN("sum", "t", all);
    if (how == REDUCE_MEAN) {
        struct tensor *used = RUN("logical_not", "t", ignored), *count = RUN("sum", "t", used);
        if (weight) {
            struct tensor *safe = RUN("masked_fill.Scalar", "ttd", target, ignored, 0), *flat;
            flat = RUN("reshape", "tL", safe, 1, &target->numel);
            count = RUN("index_select", "tdt", weight, 0, flat);
            used = RUN("reshape", "tL", used, 1, &target->numel);
            count = RUN("mul.Tensor", "tt", count, used);
            count = RUN("sum", "t", count);
        }
        all = RUN("sum", "t", all);
        all = RUN("div.Tensor", "tt", all, count);
    }
    nll = RUN("mul.Scalar", "tf", nll, 1 - smoothing);
    all = RUN("mul.Scalar", "tf", all, smoothing / (double)classes);
    return compose_give(&k, RUN("add.Tensor", "ttd", nll, all, 1));
}

bool loss_cross_entropy(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1);
    bool same = x->ndim == target->ndim && memcmp(x->sizes, target->sizes, sizeof *x->sizes * x->ndim) == 0;
    if (x->ndim == 0) return refuse(c, "input tensor should be 1D or 2D");
    if (same) return probabilities(c);
    if (arg_float(c, 5) < 0 || arg_float(c, 5) > 1)
        return refuse(c, "label_smoothing must be between 0.0 and 1.0. Got: %g", arg_float(c, 5));
    if (arg_float(c, 5) > 0) return smoothed(c);
    struct tensor *logs = RUN("log_softmax.int", "tdv", x, x->ndim == 1 ? 0 : 1, value_int(x->dtype));
    return compose_give(&k, RUN("nll_loss_nd", "tttii", logs, target, arg_tensor_or_null(c, 2), arg_int(c, 3),
                                arg_int(c, 4)));
}

static bool give_losses(struct op_call *c, const struct tensor *x, int64_t how, const double *each, int64_t n,
                        bool batched) {
    double total = 0;
    for (int64_t i = 0; i < n; i++) total += each[i];
    if (how == REDUCE_MEAN) total /= (double)n;
    bool all = how == REDUCE_NONE;
    struct tensor *out = call_new(c, tensor_dtype(x), all && batched ? 1 : 0, &n);
    if (!out) return false;
    convert_store[out->dtype][COMPUTE_DOUBLE](tensor_data(out), (int64_t)dtype_size(tensor_dtype(out)),
                                              all ? each : &total, sizeof *each, all ? n : 1);
    return give_tensor(c, out);
}

/* multi_margin_loss(self, target, p, margin, weight, reduction) */
bool loss_multi_margin(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 4);
    double p = arg_number(c, 2).f, margin = arg_number(c, 3).f;
    int64_t n = x->ndim == 2 ? x->sizes[0] : 1, classes = x->ndim ? x->sizes[x->ndim - 1] : 1;
    if (p != 1 && p != 2) return refuse(c, "only p == 1 and p == 2 supported");
    if (x->ndim > 2 || target->ndim > 1 || target->numel != n)
        return refuse(c, "inconsistent target size, expected %lld but got %s", (long long)n,
                      sizes_text(target->ndim, target->sizes, (char[128]){0}, 128));
    double *each = call_scratch(c, (size_t)n + 1, sizeof *each);
    bool good = each != NULL;
    for (int64_t i = 0; good && i < n; i++) {
        int64_t t = tensor_get_int(target, i);
        if (t < 0 || t >= classes) {
            good = refuse(c, "target out of range");
            break;
        }
        double sum = 0, own = tensor_get_float(x, i * classes + t);
        for (int64_t j = 0; j < classes; j++) {
            double z = margin - own + tensor_get_float(x, i * classes + j);
            if (j != t && z > 0) sum += (p == 1 ? z : z * z) * (weight ? tensor_get_float(weight, t) : 1);
        }
        each[i] = sum / (double)classes;
    }
    good = good && give_losses(c, x, arg_int(c, 5), each, n, x->ndim == 2 || target->ndim == 1);
    mem_free(each);
    return good;
}

/* multilabel_margin_loss(self, target, reduction): target lists class numbers up to the first -1. */
bool loss_multilabel_margin(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1), *is_target;
    int64_t n = x->ndim == 2 ? x->sizes[0] : 1, classes = x->ndim ? x->sizes[x->ndim - 1] : 1;
    if (x->ndim > 2 || target->ndim != x->ndim || target->numel != x->numel)
        return refuse(c, "inconsistent target size: %s for input of size: %s",
                      sizes_text(target->ndim, target->sizes, (char[128]){0}, 128),
                      sizes_text(x->ndim, x->sizes, (char[128]){0}, 128));
    for (int64_t i = 0; i < target->numel; i++)
        if (tensor_get_int(target, i) < -1 || tensor_get_int(target, i) >= classes)
            return refuse(c, "target out of range");
    double *each = call_scratch(c, (size_t)n + 1, sizeof *each);
    is_target = each ? call_new(c, tensor_dtype(x), x->ndim, x->sizes) : NULL;
    double *marks = is_target ? call_scratch(c, (size_t)x->numel + 1, sizeof *marks) : NULL;
    bool good = marks != NULL;
    for (int64_t i = 0; good && i < n; i++) {
        double sum = 0, *mark = marks + i * classes;
        for (int64_t j = 0; j < classes; j++) mark[j] = 0;
        for (int64_t j = 0; j < classes && tensor_get_int(target, i * classes + j) >= 0; j++)
            mark[tensor_get_int(target, i * classes + j)] = 1;
        for (int64_t j = 0; j < classes && tensor_get_int(target, i * classes + j) >= 0; j++) {
            double own = tensor_get_float(x, i * classes + tensor_get_int(target, i * classes + j));
            for (int64_t m = 0; m < classes; m++) {
                double z = 1 - own + tensor_get_float(x, i * classes + m);
                if (mark[m] == 0 && z > 0) sum += z;
            }
        }
        each[i] = sum / (double)classes;
    }
    good = good && give_losses(c, x, arg_int(c, 2), each, n, x->ndim == 2);
    if (good && c->result_count > 1) {
        convert_store[is_target->dtype][COMPUTE_DOUBLE](tensor_data(is_target),
                                                        (int64_t)dtype_size(tensor_dtype(is_target)), marks,
                                                        sizeof *marks, x->numel);
        c->results[1] = value_tensor(tensor_retain(is_target));
    }
    tensor_release(is_target);
    mem_free(each);
    mem_free(marks);
    return good;
}
