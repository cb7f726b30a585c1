/* Losses over classes: negative log likelihood, cross entropy, margins between classes
 * (aten/src/ATen/native/LossNLL.cpp, LossNLL2d.cpp, LossMultiMargin.cpp, LossMultiLabelMargin.cpp). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/loss/loss.h"
#include <string.h>

#define RUN(row, ...)        compose_run(&k, "aten::" row, __VA_ARGS__)
#define refuse_value(c, ...) error_set_kind((c)->err, LB_ERROR_RUNTIME, "ValueError", __VA_ARGS__)

bool loss_give_each(struct op_call *c, const struct tensor *x, int64_t how, const double *each, int64_t n,
                    bool batched) {
    double total = 0;
    for (int64_t i = 0; i < n; i++) total += each[i];
    if (how == REDUCE_MEAN && n > 0) total /= (double)n;
    bool all = how == REDUCE_NONE && batched;
    if (how == REDUCE_NONE && n == 1) total = each[0];
    struct tensor *out = call_new(c, tensor_dtype(x), all ? 1 : 0, &n);
    if (!out) return false;
    convert_store[out->dtype][COMPUTE_DOUBLE](tensor_data(out), (int64_t)dtype_size(tensor_dtype(out)),
                                              all ? each : &total, sizeof *each, all ? n : 1);
    return give_tensor(c, out);
}

/* --- negative log likelihood --- */

struct nll {
    struct tensor *x, *target, *weight; /* x [n, classes, inner]; contiguous; weight may be NULL */
    int64_t n, classes, inner, ignore, how;
    bool single; /* one sample without a batch: its total weight is told even when nothing is reduced */
};

/* The loss of place i, and its weight. */
static bool nll_at(struct op_call *c, const struct nll *l, int64_t i, double *weight, double *loss) {
    int64_t t = tensor_get_int(l->target, i);
    *weight = *loss = 0;
    if (t == l->ignore) return true;
    if (t < 0 || t >= l->classes) return refuse_index(c, "Target %lld is out of bounds.", (long long)t);
    *weight = l->weight ? tensor_get_float(l->weight, t) : 1;
    *loss = -*weight * tensor_get_float(l->x, (i / l->inner * l->classes + t) * l->inner + i % l->inner);
    return true;
}

static void store(struct tensor *t, int64_t at, double value) {
    convert_store[t->dtype][COMPUTE_DOUBLE](
        (char *)tensor_data(t) + at * (int64_t)dtype_size(tensor_dtype(t)), 0, &value, 0, 1);
}

static bool nll_fill(struct op_call *c, const struct nll *l, struct tensor *out, struct tensor *total) {
    double sum = 0, weights = 0, weight, loss;
    bool all = l->how == REDUCE_NONE;
    for (int64_t i = 0; i < l->n * l->inner; i++) {
        if (!nll_at(c, l, i, &weight, &loss)) return false;
        if (all) store(out, i, loss);
        sum += loss;
        weights += weight;
    }
    if (!all) store(out, 0, l->how == REDUCE_MEAN ? sum / weights : sum);
    store(total, 0, all && !l->single ? 0 : weights);
    return true;
}

/* The loss of each place, or their weighted mean or sum, and the total weight. */
static bool nll_run(struct op_call *c, struct nll *l, int out_ndim, const int64_t *out_sizes) {
    struct compose k = compose_start(c);
    enum dtype d = tensor_dtype(l->x);
    l->x = compose_own(&k, tensor_contiguous(l->x, c->cx->budget, c->err));
    struct tensor *out = compose_own(&k, call_new(c, d, l->how == REDUCE_NONE ? out_ndim : 0, out_sizes)),
                  *total = compose_own(&k, call_new(c, d, 0, NULL));
    if (k.failed || !nll_fill(c, l, out, total)) return compose_refused(&k, false);
    return compose_give_some(&k, c->result_count > 1 ? 2 : 1, (struct tensor *[]){out, total});
}

static bool check_target_dtype(struct op_call *c, const struct nll *l, bool byte) {
    if (l->target->dtype != DTYPE_INT64 && l->target->dtype != DTYPE_UINT8)
        return refuse(c, "expected target dtype to be Long or Byte, but got %s",
                      dtype_table[l->target->dtype].graph_name);
    return byte || l->target->dtype == DTYPE_INT64 || refuse(c, "expected scalar type Long but found Byte");
}
static bool check_weight(struct op_call *c, const struct nll *l) {
    return !l->weight || l->weight->dtype == l->x->dtype ||
           refuse(c, "expected scalar type %s but found %s", dtype_table[l->x->dtype].graph_name,
                  dtype_table[l->weight->dtype].graph_name);
}
static struct nll nll_operands(const struct op_call *c) {
    return (struct nll){.x = arg_tensor(c, 0),
                        .target = arg_tensor(c, 1),
                        .weight = arg_tensor_or_null(c, 2),
                        .n = 1,
                        .inner = 1,
                        .how = arg_int(c, 3),
                        .ignore = arg_int(c, 4)};
}

/* One class a sample: nll_loss_forward. */
bool loss_nll(struct op_call *c) {
    struct nll l = nll_operands(c);
    const struct tensor *x = l.x, *t = l.target;
    char a[256], b[256];
    if (x->ndim == 0 || x->ndim > 2) return refuse(c, "input tensor should be 1D or 2D");
    if (t->ndim > 1) return refuse(c, "0D or 1D target tensor expected, multi-target not supported");
    if (!check_target_dtype(c, &l, true)) return false;
    if (!(x->ndim == 1 && t->ndim == 0) && (x->ndim == 1 ? t->sizes[0] != 1 : t->numel != x->sizes[0]))
        return refuse(c, "size mismatch (got input: %s, target: %s)",
                      sizes_text(x->ndim, x->sizes, a, sizeof a), sizes_text(t->ndim, t->sizes, b, sizeof b));
    l.classes = x->sizes[x->ndim - 1];
    l.n = x->ndim == 1 ? 1 : x->sizes[0];
    l.single = x->ndim == 1;
    if (l.weight && (l.weight->ndim != 1 || l.weight->numel != l.classes))
        return refuse(
            c,
            "weight tensor should be defined either for all %lld classes or no classes but got weight "
            "tensor of shape: %s",
            (long long)l.classes, sizes_text(l.weight->ndim, l.weight->sizes, a, sizeof a));
    return check_dtype(c, x, SET_REALS, "nll_loss_out_frame") && check_weight(c, &l) &&
           nll_run(c, &l, x->ndim == 1 ? 0 : 1, x->sizes);
}

/* One class a place: nll_loss2d_forward. */
bool loss_nll_2d(struct op_call *c) {
    struct nll l = nll_operands(c);
    const struct tensor *x = l.x, *t = l.target;
    char a[256], b[256];
    if (!check_target_dtype(c, &l, true)) return false;
    if (t->ndim != 3)
        return refuse(
            c, "only batches of spatial targets supported (3D tensors) but got targets of dimension: %d",
            t->ndim);
    if (x->ndim != 4)
        return refuse(c,
                      "only batches of spatial inputs supported (4D tensors), but got input of dimension: %d",
                      x->ndim);
    if (l.weight && l.weight->numel != x->sizes[1])
        return refuse(c, "weight tensor should be defined either for all or no classes");
    if (x->sizes[0] != t->sizes[0] || x->sizes[2] != t->sizes[1] || x->sizes[3] != t->sizes[2])
        return refuse(c, "size mismatch (got input: %s , target: %s",
                      sizes_text(x->ndim, x->sizes, a, sizeof a), sizes_text(t->ndim, t->sizes, b, sizeof b));
    l.classes = x->sizes[1];
    l.n = x->sizes[0];
    l.inner = x->sizes[2] * x->sizes[3];
    return check_dtype(c, x, SET_REALS, "nll_loss2d_forward_out_frame") && check_target_dtype(c, &l, false) &&
           check_weight(c, &l) && nll_run(c, &l, 3, t->sizes);
}

/* x [n, classes, ...] as [n, classes, 1, inner], the target likewise. */
static bool nll_flat(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *t = arg_tensor(c, 1);
    int64_t wanted[TENSOR_MAX_DIMS] = {x->sizes[0]}, inner = 1;
    char a[256], b[256];
    for (int i = 2; i < x->ndim; i++) inner *= wanted[i - 1] = x->sizes[i];
    if (t->ndim != x->ndim - 1 || memcmp(t->sizes, wanted, sizeof *wanted * t->ndim) != 0)
        return refuse(c, "Expected target size %s, got %s", sizes_text(x->ndim - 1, wanted, a, sizeof a),
                      sizes_text(t->ndim, t->sizes, b, sizeof b));
    int64_t flat[4] = {x->sizes[0], x->sizes[1], 1, inner}, places[3] = {x->sizes[0], 1, inner};
    x = RUN("reshape", "tL", x, 4, flat);
    struct tensor *labels = RUN("reshape", "tL", t, 3, places);
    struct tensor *l =
        RUN("nll_loss2d", "tttii", x, labels, arg_tensor_or_null(c, 2), arg_int(c, 3), arg_int(c, 4));
    if (l && arg_int(c, 3) == REDUCE_NONE) l = RUN("reshape", "tL", l, t->ndim, t->sizes);
    return compose_give(&k, l);
}

/* nll_loss_nd: whatever its rank. */
bool loss_nll_nd(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct tensor *x = arg_tensor(c, 0), *t = arg_tensor(c, 1);
    if (x->ndim < 1) return refuse_value(c, "Expected 1 or more dimensions (got %d)", x->ndim);
    int64_t labels = t->ndim ? t->sizes[0] : 0;
    if (x->ndim == 1 && t->ndim > 0 && labels != 1)
        return refuse_value(c, "For 1D input, 1D target must have size 1, but got target size: %lld",
                            (long long)labels);
    if (x->ndim != 1 && x->sizes[0] != labels)
        return refuse_value(c, "Expected input batch_size (%lld) to match target batch_size (%lld).",
                            (long long)x->sizes[0], (long long)labels);
    if (x->ndim == 3 || x->ndim > 4) return nll_flat(c);
    const char *row = x->ndim == 4 ? "aten::nll_loss2d" : "aten::nll_loss";
    return compose_give(
        &k, compose_run(&k, row, "tttii", x, t, arg_tensor_or_null(c, 2), arg_int(c, 3), arg_int(c, 4)));
}

/* --- cross_entropy_loss(self, target, weight, reduction, ignore_index, label_smoothing) --- */

/* The weights of classes along their dimension, times what they weigh. */
static struct tensor *weigh(struct compose *k, struct tensor *logs, struct tensor *weight, int64_t dim) {
    int64_t shape[TENSOR_MAX_DIMS];
    if (!weight || !logs) return logs;
    for (int i = 0; i < logs->ndim; i++) shape[i] = i == dim ? logs->sizes[dim] : 1;
    struct tensor *w = compose_run(k, "aten::reshape", "tL", weight, (int)logs->ndim, shape);
    return compose_run(k, "aten::mul.Tensor", "tt", logs, w);
}

static bool check_probabilities(struct op_call *c, int64_t classes) {
    const struct tensor *y = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2);
    if (!dtype_is_floating(tensor_dtype(y)))
        return refuse(c, "Expected floating point type for target with class probabilities, got %s",
                      dtype_table[y->dtype].graph_name);
    if (arg_int(c, 4) >= 0) return refuse(c, "ignore_index is not supported for floating point target");
    return !weight || (weight->ndim == 1 && weight->numel == classes) ||
           refuse(c,
                  "cross_entropy: weight tensor should be defined either for all %lld classes or no classes "
                  "but got "
                  "weight tensor of shape: %s",
                  (long long)classes, sizes_text(weight->ndim, weight->sizes, (char[256]){0}, 256));
}

static bool probabilities(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1);
    int64_t dim = x->ndim <= 1 ? 0 : 1, classes = x->ndim ? x->sizes[dim] : 1, how = arg_int(c, 3),
            n = x->numel / (classes ? classes : 1);
    double smoothing = arg_float(c, 5);
    if (!check_probabilities(c, classes)) return false;
    if (smoothing > 0) {
        y = RUN("mul.Scalar", "tf", y, 1 - smoothing);
        y = RUN("add.Scalar", "tfd", y, smoothing / (double)classes, 1);
    }
    struct tensor *logs = RUN("log_softmax.int", "tiv", x, dim, value_int(x->dtype));
    logs = weigh(&k, logs, arg_tensor_or_null(c, 2), dim);
    struct tensor *l = RUN("mul.Tensor", "tt", logs, y);
    l = RUN("neg", "t", l);
    if (how == REDUCE_NONE) return compose_give(&k, RUN("sum.dim_IntList", "tLb", l, 1, &dim, false));
    l = RUN("sum", "t", l);
    if (how == REDUCE_MEAN) l = RUN("div.Scalar", "tf", l, (double)n);
    return compose_give(&k, l);
}

/* How much all places together weigh that are not ignored. */
static struct tensor *total_weight(struct compose *k, struct tensor *target, struct tensor *ignored,
                                   struct tensor *weight) {
    struct tensor *used = compose_run(k, "aten::logical_not", "t", ignored);
    if (!weight || !used) return compose_run(k, "aten::sum", "t", used);
    struct tensor *safe = compose_run(k, "aten::masked_fill.Scalar", "ttd", target, ignored, 0);
    safe = compose_run(k, "aten::reshape", "tL", safe, 1, &target->numel);
    struct tensor *each = compose_run(k, "aten::index_select", "tdt", weight, 0, safe);
    used = compose_run(k, "aten::reshape", "tL", used, 1, &target->numel);
    each = compose_run(k, "aten::mul.Tensor", "tt", each, used);
    return compose_run(k, "aten::sum", "t", each);
}

static bool smoothed(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1), *weight = arg_tensor_or_null(c, 2);
    int64_t dim = x->ndim == 1 ? 0 : 1, classes = x->sizes[dim], how = arg_int(c, 3);
    double smoothing = arg_float(c, 5);
    struct tensor *logs = RUN("log_softmax.int", "tiv", x, dim, value_int(x->dtype));
    struct tensor *nll = RUN("nll_loss_nd", "tttii", logs, target, weight, how, arg_int(c, 4));
    struct tensor *all = weigh(&k, logs, weight, dim);
    all = RUN("sum.dim_IntList", "tLb", all, 1, &dim, false);
    all = RUN("neg", "t", all);
    struct tensor *ignored = RUN("eq.Scalar", "ti", target, arg_int(c, 4));
    all = RUN("masked_fill.Scalar", "ttf", all, ignored, 0.0);
    if (how == REDUCE_SUM) all = RUN("sum", "t", all);
    if (how == REDUCE_MEAN) {
        all = RUN("sum", "t", all);
        all = RUN("div.Tensor", "tt", all, total_weight(&k, target, ignored, weight));
    }
    nll = RUN("mul.Scalar", "tf", nll, 1 - smoothing);
    all = RUN("mul.Scalar", "tf", all, smoothing / (double)classes);
    return compose_give(&k, RUN("add.Tensor", "ttd", nll, all, 1));
}

bool loss_cross_entropy(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *target = arg_tensor(c, 1);
    bool same = x->ndim == target->ndim && memcmp(x->sizes, target->sizes, sizeof *x->sizes * x->ndim) == 0;
    if (same) return probabilities(c);
    if (arg_float(c, 5) < 0 || arg_float(c, 5) > 1)
        return refuse(c, "label_smoothing must be between 0.0 and 1.0. Got: %g", arg_float(c, 5));
    if (arg_float(c, 5) > 0 && x->ndim > 0) return smoothed(c);
    struct tensor *logs = RUN("log_softmax.int", "tdv", x, x->ndim <= 1 ? 0 : 1, value_int(x->dtype));
    return compose_give(&k, RUN("nll_loss_nd", "tttii", logs, target, arg_tensor_or_null(c, 2), arg_int(c, 3),
                                arg_int(c, 4)));
}

/* --- margins between classes --- */

struct margins {
    const struct tensor *x, *target, *weight;
    int64_t n, classes;
    double p, margin;
    double *each;
};

static bool read_margins(struct op_call *c, struct margins *m) {
    const struct tensor *x = m->x = arg_tensor(c, 0);
    m->target = arg_tensor(c, 1);
    m->n = x->ndim == 2 ? x->sizes[0] : 1;
    m->classes = x->ndim ? x->sizes[x->ndim - 1] : 1;
    return (x->ndim <= 2 && m->classes > 0) ||
           refuse(c, "Expected non-empty vector or matrix with optional 0-dim batch size, but got: %s",
                  sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
}

static bool check_long(struct op_call *c, const struct tensor *target) {
    return target->dtype == DTYPE_INT64 ||
           refuse(c, "expected scalar type Long but found %s", dtype_table[target->dtype].graph_name);
}

static bool check_multi(struct op_call *c, const struct margins *m) {
    char a[256], b[256];
    const struct tensor *x = m->x, *t = m->target, *w = m->weight;
    if (m->p != 1 && m->p != 2) return refuse(c, "only p == 1 and p == 2 supported");
    if (t->ndim > 1 || t->numel != m->n)
        return refuse(
            c,
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples "
            "(batch size). Expected target size [%lld], but got %s. Input has shape %s.",
            (long long)m->n, sizes_text(t->ndim, t->sizes, a, sizeof a),
            sizes_text(x->ndim, x->sizes, b, sizeof b));
    if (w && (w->ndim > 1 || w->numel != m->classes))
        return refuse(c, "inconsistent weight size, expected %lld but got %s", (long long)m->classes,
                      sizes_text(w->ndim, w->sizes, a, sizeof a));
    if (!check_dtype(c, x, SET_FLOATS, "multi_margin_loss_cpu_kernel") || !check_long(c, t)) return false;
    return !w || w->dtype == x->dtype ||
           refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                  dtype_table[w->dtype].graph_name);
}

static bool multi_sample(struct op_call *c, const struct margins *m, int64_t i) {
    int64_t t = tensor_get_int(m->target, i);
    if (t < 0 || t >= m->classes) return refuse(c, "target out of range");
    double sum = 0, own = tensor_get_float(m->x, i * m->classes + t);
    for (int64_t j = 0; j < m->classes; j++) {
        double z = m->margin - own + tensor_get_float(m->x, i * m->classes + j);
        if (j != t && z > 0)
            sum += (m->p == 1 ? z : z * z) * (m->weight ? tensor_get_float(m->weight, t) : 1);
    }
    m->each[i] = sum / (double)m->classes;
    return true;
}

/* multi_margin_loss(self, target, p, margin, weight, reduction) */
bool loss_multi_margin(struct op_call *c) {
    struct margins m = {
        .weight = arg_tensor_or_null(c, 4), .p = arg_number(c, 2).f, .margin = arg_number(c, 3).f};
    if (!read_margins(c, &m) || !check_multi(c, &m)) return false;
    m.each = call_scratch(c, (size_t)m.n + 1, sizeof *m.each);
    bool good = m.each != NULL;
    for (int64_t i = 0; good && i < m.n; i++) good = multi_sample(c, &m, i);
    good = good && loss_give_each(c, m.x, arg_int(c, 5), m.each, m.n, m.target->ndim == 1 && m.x->ndim > 0);
    mem_free(m.each);
    return good;
}

/* A sample's targets are the class numbers up to the first -1; `mark` tells them from the others. */
static void multilabel_sample(const struct margins *m, int64_t i, double *mark) {
    double sum = 0;
    int64_t at = i * m->classes, count = 0;
    for (int64_t j = 0; j < m->classes; j++) mark[j] = 0;
    for (; count < m->classes && tensor_get_int(m->target, at + count) >= 0; count++)
        mark[tensor_get_int(m->target, at + count)] = 1;
    for (int64_t j = 0; j < count; j++) {
        double own = tensor_get_float(m->x, at + tensor_get_int(m->target, at + j));
        for (int64_t o = 0; o < m->classes; o++) {
            double z = 1 - own + tensor_get_float(m->x, at + o);
            if (mark[o] == 0 && z > 0) sum += z;
        }
    }
    m->each[i] = sum / (double)m->classes;
}

static bool check_multilabel(struct op_call *c, const struct margins *m) {
    const struct tensor *x = m->x, *t = m->target;
    bool fits = x->ndim <= 1 ? t->ndim <= 1 && t->numel == m->classes
                             : t->ndim == 2 && t->sizes[0] == m->n && t->sizes[1] == m->classes;
    if (!fits)
        return refuse(c, "inconsistent target size: %s for input of size: %s",
                      sizes_text(t->ndim, t->sizes, (char[256]){0}, 256),
                      sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    if (!check_long(c, t)) return false;
    for (int64_t i = 0; i < t->numel; i++)
        if (tensor_get_int(t, i) < -1 || tensor_get_int(t, i) >= m->classes)
            return refuse(c, "argument #2 'target' is out of range");
    return check_dtype(c, x, SET_FLOATS, "multilabel_margin_loss_forward_out_frame");
}

static bool give_marks(struct op_call *c, const struct margins *m, const double *marks) {
    struct tensor *t = call_new(c, tensor_dtype(m->x), m->target->ndim, m->target->sizes);
    if (!t) return false;
    convert_store[t->dtype][COMPUTE_DOUBLE](tensor_data(t), (int64_t)dtype_size(tensor_dtype(t)), marks,
                                            sizeof *marks, t->numel);
    return give_at(c, 1, t);
}

/* multilabel_margin_loss(self, target, reduction) [-> (loss, is_target)] */
bool loss_multilabel_margin(struct op_call *c) {
    struct margins m = {0};
    if (!read_margins(c, &m) || !check_multilabel(c, &m)) return false;
    m.each = call_scratch(c, (size_t)(m.n + m.n * m.classes) + 1, sizeof *m.each);
    if (!m.each) return false;
    double *marks = m.each + m.n;
    for (int64_t i = 0; i < m.n; i++) multilabel_sample(&m, i, marks + i * m.classes);
    bool good = loss_give_each(c, m.x, arg_int(c, 2), m.each, m.n, m.x->ndim == 2) &&
                (c->result_count < 2 || give_marks(c, &m, marks));
    mem_free(m.each);
    return good;
}
