/* Losses: a value for each element, put together from other operators, then reduced as asked (0 none, 1 mean,
 * 2 sum). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/loss/loss.h"
#include "ops/pointwise/pointwise.h"
#include "ops/view/geometry.h"
#include "tensor/promote.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(&k, "aten::" row, __VA_ARGS__)

/* apply_loss_reduction of aten/src/ATen/native/Loss.cpp: an unknown number reduces nothing. */
static struct tensor *reduced(struct compose *k, struct tensor *x, int64_t how) {
    if (how != REDUCE_MEAN && how != REDUCE_SUM) return x;
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
    X(bce, "binary_cross_entropy", cross_entropy((double)x, (double)y))
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
/* The same, written into the input's dtype. */
static bool element_loss_of_input(struct op_call *c, const struct pointwise *op, int64_t how,
                                  const struct number *k_values) {
    struct compose k = compose_start(c);
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)};
    enum dtype d = tensor_dtype(in[0]), both = dtype_promote(d, tensor_dtype(in[1]));
    if (dtype_is_floating(both) && !dtype_is_floating(d))
        return refuse(c, "result type %s can't be cast to the desired output type %s",
                      dtype_table[both].graph_name, dtype_table[d].graph_name);
    if (!element_loss(c, op, REDUCE_NONE, k_values)) return false;
    struct tensor *whole = compose_own(&k, c->results[0].tensor);
    c->results[0] = value_none();
    struct tensor *l = compose_own(&k, tensor_convert(whole, d, c->cx->budget, c->err));
    return compose_give(&k, l ? reduced(&k, l, how) : NULL);
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
    return element_loss_of_input(c, &op_huber, arg_int(c, 2), &delta);
}
/* log1p(exp(-x y)), rounded at every step as PyTorch's chain of in-place operators is: half overflows. */
bool loss_soft_margin(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *l = RUN("neg", "t", arg_tensor(c, 0));
    l = RUN("mul_.Tensor", "tt", l, arg_tensor(c, 1));
    l = RUN("exp_", "t", l);
    l = RUN("log1p_", "t", l);
    return compose_give(&k, reduced(&k, l, arg_int(c, 2)));
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
    for (int j = 0; j < 2; j++)
        for (int64_t i = 0; (SET_REALS >> in[j]->dtype & 1) && i < in[j]->numel; i++) {
            double x = tensor_get_float(in[j], i);
            if (!(x >= 0 && x <= 1))
                return refuse(c, "all elements of %s should be between 0 and 1", j ? "target" : "input");
        }
    struct tensor *l = compose_own(&k, pointwise_run(&inner, &op_bce, in, NULL, NULL));
    if (weight) l = RUN("mul_.Tensor", "tt", l, weight);
    return compose_give(&k, reduced(&k, l, arg_int(c, 3)));
}

/* --- binary_cross_entropy.out: PyTorch writes through a squeezed view of out=. Where the view must be
 * resized, out= keeps its shape, with the losses as its first elements, and it is out= that is reduced
 * (binary_cross_entropy_out_cpu of aten/src/ATen/native/Loss.cpp). --- */

static bool squeezes_alike(const struct tensor *a, const struct tensor *b) {
    int i = 0, j = 0;
    for (;;) {
        while (i < a->ndim && a->sizes[i] == 1) i++;
        while (j < b->ndim && b->sizes[j] == 1) j++;
        if (i == a->ndim || j == b->ndim) return i == a->ndim && j == b->ndim;
        if (a->sizes[i++] != b->sizes[j++]) return false;
    }
}

/* As many of the losses as `out` has room for, from its first element on. */
static bool write_through(struct compose *k, struct tensor *out, struct tensor *losses) {
    struct op_call *c = k->c;
    int64_t count = out->numel < losses->numel ? out->numel : losses->numel, one = 1;
    if (count == 0) return true;
    struct tensor *to = compose_own(
                      k, tensor_over(out->storage, tensor_dtype(out), 1, &count, &one, out->offset, c->err)),
                  *from = compose_own(k, tensor_reshape(c, losses, 1, &losses->numel));
    if (from) from = compose_own(k, tensor_narrow(c, from, 0, 0, count));
    if (!to || !from || !tensor_copy(to, from, c->err)) return false;
    tensor_changed(out);
    return true;
}

bool loss_bce_out(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *out = arg_tensor(c, 4), *weight = arg_tensor_or_null(c, 2);
    struct tensor *losses =
        RUN("binary_cross_entropy", "tttd", arg_tensor(c, 0), arg_tensor(c, 1), weight, REDUCE_NONE);
    if (!losses) return compose_end(&k);
    if (out->dtype != losses->dtype)
        return compose_refused(&k,
                               refuse(c, "Found dtype %s but expected %s", dtype_table[out->dtype].graph_name,
                                      dtype_table[losses->dtype].graph_name));
    if (squeezes_alike(out, losses)) return compose_end(&k) && op_into(c, loss_bce);
    if (!write_through(&k, out, losses)) return compose_refused(&k, false);
    struct tensor *made = reduced(&k, out, arg_int(c, 3));
    bool good =
        made && (made == out || (tensor_resize(out, 0, NULL, c->err) && tensor_copy(out, made, c->err)));
    return compose_end(&k) && good && give_borrowed(c, 0, out);
}

/* (1 - y) x - w log_sigmoid(x), w = 1 + (pos_weight - 1) y; in place where PyTorch is, which decides shapes.
 */
bool loss_bce_logits(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2),
                  *positive = arg_tensor_or_null(c, 3);
    struct tensor *soft = RUN("log_sigmoid", "t", x);
    if (positive) {
        struct tensor *w = RUN("sub.Scalar", "tdd", positive, 1, 1);
        w = RUN("mul.Tensor", "tt", w, y);
        w = RUN("add_.Scalar", "tdd", w, 1, 1);
        soft = RUN("mul_.Tensor", "tt", soft, w);
    }
    struct tensor *l = RUN("rsub.Scalar", "tdd", y, 1, 1);
    l = RUN("mul_.Tensor", "tt", l, x);
    l = RUN("sub_.Tensor", "ttd", l, soft, 1);
    if (weight) l = RUN("mul_.Tensor", "tt", l, weight);
    return compose_give(&k, reduced(&k, l, arg_int(c, 4)));
}

/* kl_div(self, target, reduction, log_target) */
bool loss_kl_div(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1), *l;
    if (dtype_is_complex(tensor_dtype(x)) || dtype_is_complex(tensor_dtype(y)))
        return refuse(c, "kl_div: Complex inputs not supported.");
    if (dtype_is_integral(tensor_dtype(x), true) || dtype_is_integral(tensor_dtype(y), true))
        return refuse(c, "kl_div: Integral inputs not supported.");
    if (arg_bool(c, 3)) {
        struct tensor *p = RUN("exp", "t", y), *d = RUN("sub.Tensor", "ttd", y, x, 1);
        l = RUN("mul.Tensor", "tt", p, d);
    } else {
        struct tensor *own = RUN("xlogy.Tensor", "tt", y, y), *with = RUN("mul.Tensor", "tt", y, x);
        l = RUN("sub.Tensor", "ttd", own, with, 1);
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

/* x1 / max(|x1|, eps) . x2 / max(|x2|, eps) */
bool loss_cosine_similarity(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *list[2] = {arg_tensor(c, 0), arg_tensor(c, 1)};
    int64_t dim = arg_int(c, 2);
    enum dtype common = promote_tensors(2, list);
    if (!dtype_is_floating(common))
        return refuse(c, "expected common dtype to be floating point, yet common dtype is %s",
                      dtype_table[common].graph_name);
    if (arg_float(c, 3) < 0) return refuse(c, "eps must be non-negative, got: %g", arg_float(c, 3));
    for (int i = 0; i < 2; i++)
        if (dtype_is_integral(tensor_dtype(list[i]), true))
            list[i] = compose_own(&k, tensor_convert(list[i], common, c->cx->budget, c->err));
    if (!k.failed) compose_run(&k, "aten::broadcast_tensors", "T", 2, list);
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
