/* Gradients of losses by their input.
 *
 * Of element losses a gradient is a row: x is the input, y the target, z the gradient of the result, K(0) the
 * factor of the reduction, K(1) the loss's number (aten/src/ATen/native/cpu/PointwiseOpsKernel.cpp and
 * Loss.cpp). Of losses over classes it is written out below (LossNLL.cpp, LossNLL2d.cpp,
 * LossMultiMargin.cpp, LossMultiLabelMargin.cpp). */
#include "ops/common/compose.h"
#include "ops/pointwise/pointwise.h"
#include "tensor/promote.h"
#include <math.h>
#include <string.h>

enum reduction { REDUCE_NONE, REDUCE_MEAN, REDUCE_SUM };

/* --- element losses --- */

#define K(i) (t->k[i].f)
static double smooth_slope(double d, double beta) {
    return d <= -beta ? -1 : d >= beta ? 1 : d / beta;
}
static double huber_slope(double d, double delta) {
    return d <= -delta ? -delta : d >= delta ? delta : d;
}
static double bce_slope(double x, double y) {
    double spread = (1 - x) * x;
    return (x - y) / (spread < 1e-12 ? 1e-12 : spread);
}
/* X(name, kernel name, of integers, of reals) */
#define SLOPES(X)                                                                                         \
    X(mse, "mse_backward_cpu_out", (int64_t)K(0) * (x - y) * z, K(0) * (double)(x - y) * (double)z)       \
    X(smooth_l1, "smooth_l1_backward_cpu_out", (int64_t)(K(0) * smooth_slope((double)(x - y), K(1))) * z, \
      K(0) * smooth_slope((double)(x - y), K(1)) * (double)z)                                             \
    X(huber, "huber_backward_cpu_out", 0, K(0) * huber_slope((double)(x - y), K(1)) * (double)z)          \
    X(bce, "binary_cross_entropy_backward", 0, bce_slope((double)x, (double)y) * (double)z)
#define DEFINE_SLOPE(name, text, integer, real)             \
    POINTWISE_LOOP_3(name##_int, int64_t, int64_t, integer) \
    POINTWISE_LOOP_3(name##_float, float, float, real)      \
    POINTWISE_LOOP_3(name##_double, double, double, real)   \
    static const struct pointwise op_##name = {             \
        text, 3, RULE_NO_BOOL, {name##_int, name##_float, name##_double, NULL}};
SLOPES(DEFINE_SLOPE)

static double mean_factor(const struct tensor *x, int64_t how) {
    return how == REDUCE_MEAN ? 1 / (double)x->numel : 1;
}

/* (grad, self, target, ...): the result has self's dtype; `one_dtype`: all operands must have it, and it is a
 * floating one. */
static struct tensor *element_slope(struct op_call *c, struct compose *k, const struct pointwise *op,
                                    double factor, double number, bool one_dtype) {
    struct tensor *in[3] = {arg_tensor(c, 1), arg_tensor(c, 2), arg_tensor(c, 0)};
    struct number numbers[2] = {{.tag = VALUE_FLOAT, .f = factor}, {.tag = VALUE_FLOAT, .f = number}};
    enum dtype d = tensor_dtype(in[0]), common = promote_tensors(3, in);
    struct op_call inner = *c;
    inner.dying = 0;
    inner.row = NULL;
    for (int i = 1; one_dtype && i < 3; i++)
        if (in[i]->dtype != d) {
            refuse(c, "Found dtype %s but expected %s", dtype_table[in[i]->dtype].graph_name,
                   dtype_table[d].graph_name);
            return NULL;
        }
    if (one_dtype && !dtype_is_floating(d)) {
        refuse(c, "\"%s\" not implemented for '%s'", op->name, dtype_table[d].graph_name);
        return NULL;
    }
    if (!promote_can_cast(common, d)) {
        refuse(c, "result type %s can't be cast to the desired output type %s",
               dtype_table[common].graph_name, dtype_table[d].graph_name);
        return NULL;
    }
    struct tensor *out = compose_own(k, pointwise_run(&inner, op, in, numbers, NULL));
    return out && out->dtype != d ? compose_own(k, tensor_convert(out, d, c->cx->budget, c->err)) : out;
}

/* (grad, self, target, reduction) */
bool loss_mse_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    double factor = 2 * mean_factor(arg_tensor(c, 1), arg_int(c, 3));
    return compose_give(&k, element_slope(c, &k, &op_mse, factor, 0, false));
}
/* (grad, self, target, reduction, beta) */
bool loss_smooth_l1_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    double factor = mean_factor(arg_tensor(c, 1), arg_int(c, 3));
    return compose_give(&k, element_slope(c, &k, &op_smooth_l1, factor, arg_float(c, 4), false));
}
/* (grad, self, target, reduction, delta) */
bool loss_huber_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    double factor = mean_factor(arg_tensor(c, 1), arg_int(c, 3));
    return compose_give(&k, element_slope(c, &k, &op_huber, factor, arg_float(c, 4), true));
}
static struct tensor *squeezed(struct compose *k, struct tensor *t) {
    return compose_run(k, "aten::squeeze", "t", t);
}

/* The gradient is computed over squeezed operands into the memory of a tensor that keeps its own shape:
 * self's, or the out= tensor's (Loss.cpp, binary_cross_entropy_backward_out_cpu). Returns a new reference. */
static struct tensor *bce_slope_in(struct op_call *c, struct compose *k, struct tensor *out) {
    struct tensor *in[3] = {squeezed(k, arg_tensor(c, 1)), squeezed(k, arg_tensor(c, 2)),
                            squeezed(k, arg_tensor(c, 0))};
    struct op_call inner = *c;
    inner.dying = 0;
    inner.row = NULL;
    struct tensor *made = k->failed ? NULL : compose_own(k, pointwise_run(&inner, &op_bce, in, NULL, NULL));
    if (!made) return NULL;
    int64_t count = made->numel < out->numel ? made->numel : out->numel;
    struct tensor *flat = compose_run(k, "aten::reshape", "tL", made, 1, (int64_t[]){-1});
    flat = compose_run(k, "aten::slice.Tensor", "tdiid", flat, 0, (int64_t)0, count, 1);
    struct tensor *to = out;
    if (count < out->numel)
        to = compose_run(k, "aten::as_strided", "tLL", out, 1, &count, 1, (int64_t[]){1});
    else
        flat = compose_run(k, "aten::reshape", "tL", flat, out->ndim, out->sizes);
    return flat && to && tensor_copy(to, flat, c->err) ? out : NULL;
}

/* (grad, self, target, weight, reduction) */
bool loss_bce_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 3), *target = call_target(c);
    for (int i = 0; i < 3; i += 2)
        if (arg_tensor(c, i)->dtype != x->dtype)
            return refuse(c, "Found dtype %s but expected %s", dtype_table[x->dtype].graph_name,
                          dtype_table[arg_tensor(c, i)->dtype].graph_name);
    if (!dtype_is_floating(tensor_dtype(x)) || (target && target->dtype != x->dtype))
        return refuse(c, "\"binary_cross_entropy_backward\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    struct tensor *out = target ? target : compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, x->sizes));
    if (!out || !bce_slope_in(c, &k, out)) return compose_give(&k, NULL);
    struct tensor *made = out;
    if (weight) made = compose_run(&k, "aten::mul.Tensor", "tt", made, weight);
    if (arg_int(c, 4) == REDUCE_MEAN) made = compose_run(&k, "aten::div.Scalar", "ti", made, x->numel);
    if (made && made != out && !tensor_copy(out, made, c->err)) return compose_give(&k, NULL);
    if (target) tensor_changed(target);
    return compose_give(&k, made ? out : NULL);
}

/* soft_margin_loss_backward(grad, self, target, reduction): with z = exp(-y x), -factor y z / (1 + z) grad */
bool loss_soft_margin_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 1), *y = arg_tensor(c, 2), *z = compose_run(&k, "aten::neg", "t", y);
    if (!dtype_is_floating(tensor_dtype(x)) && !dtype_is_complex(tensor_dtype(x)) && !k.failed)
        return compose_refused(&k, refuse(c, "result type Float can't be cast to the desired output type %s",
                                          dtype_table[x->dtype].graph_name));
    z = compose_run(&k, "aten::mul.Tensor", "tt", z, x);
    z = compose_run(&k, "aten::exp", "t", z);
    struct tensor *out = compose_run(&k, "aten::mul.Tensor", "tt", y, z);
    out = compose_run(&k, "aten::mul.Scalar", "tf", out, -mean_factor(x, arg_int(c, 3)));
    z = compose_run(&k, "aten::add.Scalar", "tdd", z, 1, 1);
    out = compose_run(&k, "aten::div.Tensor", "tt", out, z);
    out = compose_run(&k, "aten::mul.Tensor", "tt", out, arg_tensor(c, 0));
    return compose_give(
        &k, out ? compose_run(&k, "aten::to.dtype", "tibbn", out, (int64_t)x->dtype, false, false) : NULL);
}

/* --- losses over classes --- */

static struct tensor *zeros_of(struct op_call *c, struct compose *k, const struct tensor *like) {
    struct tensor *t = compose_own(k, call_new(c, tensor_dtype(like), like->ndim, like->sizes));
    if (t) memset(tensor_data(t), 0, (size_t)t->numel * dtype_size(tensor_dtype(t)));
    return t;
}
static void set_at(struct tensor *t, int64_t at, double x) {
    enum dtype d = tensor_dtype(t);
    convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(t) + at * (int64_t)dtype_size(d), 0, &x, 0, 1);
}
static bool check_dtypes(struct op_call *c, const struct tensor *x, const struct tensor *grad,
                         const struct tensor *weight, const char *name) {
    const struct tensor *others[2] = {grad, weight};
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[x->dtype].graph_name);
    for (int i = 0; i < 2; i++)
        if (others[i] && others[i]->dtype != x->dtype)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                          dtype_table[others[i]->dtype].graph_name);
    return true;
}

struct nll_back {
    struct tensor *grad, *x, *target, *weight, *total; /* weight may be NULL */
    int64_t how, ignore, classes, inner;               /* x [n, classes, inner] */
    bool each;                                         /* a gradient for each place */
};

static bool nll_run(struct op_call *c, const struct nll_back *l, struct tensor *out) {
    double whole = l->each ? 0 : tensor_get_float(l->grad, 0);
    if (!l->each && l->how == REDUCE_MEAN) whole /= tensor_get_float(l->total, 0);
    for (int64_t i = 0; i < l->target->numel; i++) {
        int64_t label = tensor_get_int(l->target, i), row = i / l->inner, place = i % l->inner;
        if (label == l->ignore) continue;
        if (label < 0 || label >= l->classes)
            return refuse_index(c, "Target %lld is out of bounds.", (long long)label);
        double w = l->weight ? tensor_get_float(l->weight, label) : 1;
        set_at(out, (row * l->classes + label) * l->inner + place,
               -w * (l->each ? tensor_get_float(l->grad, i) : whole));
    }
    return true;
}

static bool nll_give(struct op_call *c, struct nll_back *l, const char *name) {
    struct compose k = compose_start(c);
    if (l->total->numel != 1)
        return refuse(c, "expected total_weight to be a  single element tensor, got: %s (%lld elements)",
                      sizes_text(l->total->ndim, l->total->sizes, (char[128]){0}, 128),
                      (long long)l->total->numel);
    if (l->weight && l->weight->numel != l->classes)
        return refuse(c, "weight tensor should be defined either for all or no classes");
    if (!l->each && (l->grad->ndim > 1 || l->grad->numel != 1))
        return refuse(c, "Expected a single element grad_output tensor, but got: %s",
                      sizes_text(l->grad->ndim, l->grad->sizes, (char[128]){0}, 128));
    if (!check_dtypes(c, l->x, l->grad, l->weight, name)) return false;
    if (l->target->dtype != DTYPE_INT64 && l->target->dtype != DTYPE_UINT8)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[l->target->dtype].graph_name);
    struct tensor *out = zeros_of(c, &k, l->x);
    return compose_give(&k, out && nll_run(c, l, out) ? out : NULL);
}

static struct nll_back nll_of(const struct op_call *c) {
    return (struct nll_back){.grad = arg_tensor(c, 0),
                             .x = arg_tensor(c, 1),
                             .target = arg_tensor(c, 2),
                             .weight = arg_tensor_or_null(c, 3),
                             .how = arg_int(c, 4),
                             .ignore = arg_int(c, 5),
                             .total = arg_tensor(c, 6),
                             .inner = 1};
}

/* nll_loss_backward(grad, self, target, weight, reduction, ignore_index, total_weight) */
bool loss_nll_backward(struct op_call *c) {
    struct nll_back l = nll_of(c);
    if (l.x->ndim < 1 || l.x->ndim > 2) return refuse(c, "input tensor should be 1D or 2D");
    if (l.target->ndim > 1) return refuse(c, "0D or 1D target tensor expected, multi-target not supported");
    bool lone = l.x->ndim == 1 && l.target->ndim == 0;
    if (!lone && (l.target->ndim == 0 || l.x->sizes[0] != l.target->sizes[0]))
        return refuse(c, "size mismatch (got input: %s, target: %s)",
                      sizes_text(l.x->ndim, l.x->sizes, (char[128]){0}, 128),
                      sizes_text(l.target->ndim, l.target->sizes, (char[128]){0}, 128));
    l.classes = l.x->sizes[l.x->ndim - 1];
    l.each = l.how == REDUCE_NONE && l.x->ndim == 2;
    if (l.each && !check_dim_size(c, l.grad, 1, 0, l.x->sizes[0])) return false;
    if (l.x->ndim == 1 && l.target->numel != 1)
        return refuse(c, "nll_loss_backward: one target is needed for one row of scores");
    return nll_give(c, &l, "nll_loss_backward_out_frame");
}

/* nll_loss2d_backward, the same arguments: self [n, classes, h, w], target [n, h, w] */
bool loss_nll2d_backward(struct op_call *c) {
    struct nll_back l = nll_of(c);
    if (l.target->ndim != 3)
        return refuse(
            c, "only batches of spatial targets supported (3D tensors) but got targets of dimension: %d",
            l.target->ndim);
    if (l.x->ndim != 4)
        return refuse(c,
                      "only batches of spatial inputs supported (4D tensors), but got input of dimension: %d",
                      l.x->ndim);
    for (int i = 0; i < 3; i++)
        if (l.target->sizes[i] != l.x->sizes[i ? i + 1 : 0])
            return refuse(c, "size mismatch (got input: %s , target: %s",
                          sizes_text(4, l.x->sizes, (char[128]){0}, 128),
                          sizes_text(3, l.target->sizes, (char[128]){0}, 128));
    l.classes = l.x->sizes[1];
    l.inner = l.x->sizes[2] * l.x->sizes[3];
    l.each = l.how == REDUCE_NONE;
    for (int i = 0; l.each && i < 3; i++)
        if (!check_dim_size(c, l.grad, 3, i, l.target->sizes[i])) return false;
    /* Without out= the gradient is made in self's own order, and must be contiguous then. */
    int64_t strides[4], plain[4];
    strides_like(l.x, strides);
    strides_contiguous(4, l.x->sizes, plain);
    for (int i = 0; c->row && !(c->row->traits & OP_OUT) && i < 4; i++)
        if (l.x->sizes[i] != 1 && strides[i] != plain[i]) return refuse(c, "grad_input must be contiguous");
    return nll_give(c, &l, "nll_loss2d_backward_out_frame");
}

/* --- margins over classes: x [n, classes] or [classes] --- */

struct margin_back {
    struct tensor *grad, *x, *target;
    int64_t n, classes;
    double share; /* of a class in the loss: 1 / classes, or 1 / (n classes) for the mean */
};

static bool margin_begin(struct op_call *c, struct margin_back *m, int64_t how, bool row_targets) {
    char a[128], b[128];
    const struct tensor *x = m->x, *t = m->target;
    m->n = x->ndim == 2 ? x->sizes[0] : 1;
    m->classes = x->ndim ? x->sizes[x->ndim - 1] : 1;
    m->share = 1 / (double)(how == REDUCE_MEAN ? m->n * m->classes : m->classes);
    bool batch = x->ndim == 2 && x->sizes[1] != 0, some = x->ndim <= 1 && x->numel != 0;
    if (!batch && !some)
        return refuse(c, "Expected non-empty vector or matrix with optional 0-dim batch size, but got: %s",
                      sizes_text(x->ndim, x->sizes, a, sizeof a));
    bool fits = row_targets ? t->numel == x->numel &&
                                  (x->ndim == 2 ? t->ndim == 2 && t->sizes[0] == m->n : t->ndim <= 1)
                            : t->ndim <= 1 && t->numel == m->n;
    if (!fits)
        return refuse(c, "inconsistent target size: %s for input of size: %s",
                      sizes_text(t->ndim, t->sizes, a, sizeof a), sizes_text(x->ndim, x->sizes, b, sizeof b));
    if (t->dtype != DTYPE_INT64)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[t->dtype].graph_name);
    bool whole = how != REDUCE_NONE || m->grad->ndim == 0;
    if (whole && m->grad->numel < 1) return refuse(c, "a gradient of one element is needed");
    return whole || check_dim_size(c, m->grad, 1, 0, m->n);
}

/* Multiplies row i of slopes by its gradient and stores it. */
static void margin_store(const struct margin_back *m, struct tensor *out, int64_t i, int64_t how,
                         const double *slopes) {
    bool whole = how != REDUCE_NONE || m->grad->ndim == 0;
    double grad = tensor_get_float(m->grad, whole ? 0 : i);
    for (int64_t j = 0; j < m->classes; j++) set_at(out, i * m->classes + j, slopes[j] * grad);
}

/* multi_margin_loss_backward(grad, self, target, p, margin, weight, reduction) */
bool loss_multi_margin_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct margin_back m = {.grad = arg_tensor(c, 0), .x = arg_tensor(c, 1), .target = arg_tensor(c, 2)};
    struct tensor *weight = arg_tensor_or_null(c, 5);
    double p = arg_number(c, 3).f, margin = arg_number(c, 4).f;
    int64_t how = arg_int(c, 6);
    if (p != 1 && p != 2) return refuse(c, "only p == 1 and p == 2 supported");
    if (!margin_begin(c, &m, how, false)) return false;
    if (weight && weight->numel != m.classes)
        return refuse(c, "inconsistent weight size, expected %lld but got %s", (long long)m.classes,
                      sizes_text(weight->ndim, weight->sizes, (char[128]){0}, 128));
    if (!check_dtypes(c, m.x, m.grad, weight, "multi_margin_loss_backward_out_frame")) return false;
    struct tensor *out = zeros_of(c, &k, m.x),
                  *room = out ? compose_own(&k, call_new(c, DTYPE_FLOAT64, 1, &m.classes)) : NULL;
    for (int64_t i = 0; room && i < m.n; i++) {
        int64_t label = tensor_get_int(m.target, i);
        double *slopes = tensor_data(room), sum = 0;
        if (label < 0 || label >= m.classes) return compose_refused(&k, refuse(c, "target out of range"));
        double own = tensor_get_float(m.x, i * m.classes + label);
        for (int64_t j = 0; j < m.classes; j++) {
            double z = margin - own + tensor_get_float(m.x, i * m.classes + j);
            slopes[j] = j == label || !(z > 0) ? 0 : m.share * (p == 1 ? 1 : 2 * z);
            if (weight) slopes[j] *= tensor_get_float(weight, label);
            sum += slopes[j];
        }
        slopes[label] = -sum;
        margin_store(&m, out, i, how, slopes);
    }
    return compose_give(&k, room ? out : NULL);
}

/* multilabel_margin_loss_backward(grad, self, target, reduction, is_target) */
bool loss_multilabel_margin_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct margin_back m = {.grad = arg_tensor(c, 0), .x = arg_tensor(c, 1), .target = arg_tensor(c, 2)};
    struct tensor *marks = arg_tensor(c, 4);
    int64_t how = arg_int(c, 3);
    if (!margin_begin(c, &m, how, true)) return false;
    if (marks->numel != m.x->numel)
        return refuse(c, "inconsistent is_target size: %s for input of size: %s",
                      sizes_text(marks->ndim, marks->sizes, (char[128]){0}, 128),
                      sizes_text(m.x->ndim, m.x->sizes, (char[128]){0}, 128));
    if (!check_dtypes(c, m.x, m.grad, marks, "multilabel_margin_loss_backward_out_frame")) return false;
    struct tensor *out = zeros_of(c, &k, m.x),
                  *room = out ? compose_own(&k, call_new(c, DTYPE_FLOAT64, 1, &m.classes)) : NULL;
    for (int64_t i = 0; room && i < m.n; i++) {
        double *slopes = tensor_data(room);
        const int64_t row = i * m.classes;
        for (int64_t j = 0; j < m.classes; j++) slopes[j] = 0;
        for (int64_t j = 0; j < m.classes; j++) {
            int64_t label = tensor_get_int(m.target, row + j);
            if (label < 0) break;
            if (label >= m.classes) return compose_refused(&k, refuse(c, "target out of range"));
            double own = tensor_get_float(m.x, row + label);
            for (int64_t d = 0; d < m.classes; d++) {
                if (tensor_get_float(marks, row + d) != 0 || !(1 - own + tensor_get_float(m.x, row + d) > 0))
                    continue;
                slopes[label] -= m.share;
                slopes[d] += m.share;
            }
        }
        margin_store(&m, out, i, how, slopes);
    }
    return compose_give(&k, room ? out : NULL);
}
