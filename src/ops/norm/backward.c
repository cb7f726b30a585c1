/* Gradients of normalisations: batch, layer and group norm are one computation.
 *
 * A tensor is [outer, channels, inner]; the channel chooses the weight, the statistics are those of the row
 * (layer), of the channel (batch) or of the group. With z = (x - mean) rstd, g = dy weight and means over the
 * elements that share statistics, dx = rstd (g - mean(g) - z mean(g z)); of weight and bias, sums of dy z and
 * of dy (aten/src/ATen/native/cpu/layer_norm_kernel.cpp, group_norm_kernel.cpp, Normalization.cpp).
 * Everything is in double. */
#include "base/mem.h"
#include "ops/norm/norm.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

/* What is read as it lies in memory (tensor_memory_view): nothing, the statistics, everything. */
enum norm_memory { MEMORY_NONE, MEMORY_STATS, MEMORY_ALL };

struct norm_back {
    struct tensor *grad, *x, *weight, *mean, *rstd;
    int64_t outer, channels, inner;
    int64_t rows, span; /* statistics of (o, c) stand at o * rows + c / span */
    int64_t stats;      /* how many there are */
    bool constant;      /* the statistics do not depend on x: batch norm in evaluation */
    bool running;       /* rstd holds variances */
    double eps;
    enum dtype parameters; /* of the gradients of weight and bias */
    bool mask[3];
    enum norm_memory memory;
};

struct norm_sums {
    double *x, *dy, *weight, *mean, *rstd, *g, *gz, *dweight, *dbias;
};

static int64_t stat_of(const struct norm_back *b, int64_t o, int64_t c) {
    return o * b->rows + c / b->span;
}

/* Batch norm: all elements that share statistics share the weight, which comes last. */
static bool own_weight(const struct norm_back *b) {
    return b->rows == 0;
}

static void add_up(const struct norm_back *b, const struct norm_sums *s) {
    for (int64_t at = 0; at < b->outer * b->channels; at++) {
        int64_t c = at % b->channels, k = stat_of(b, at / b->channels, c);
        const double *x = s->x + at * b->inner, *dy = s->dy + at * b->inner;
        double sum = 0, product = 0;
        for (int64_t i = 0; i < b->inner; i++) {
            sum += dy[i];
            product += dy[i] * ((x[i] - s->mean[k]) * s->rstd[k]);
        }
        s->dbias[c] += sum;
        s->dweight[c] += product;
        double weight = own_weight(b) ? 1 : s->weight[c];
        s->g[k] += sum * weight;
        s->gz[k] += product * weight;
    }
}

/* Over dy, in place. */
static void differentiate(const struct norm_back *b, const struct norm_sums *s) {
    bool last = own_weight(b);
    double share = (double)b->stats / (double)(b->outer * b->channels * b->inner);
    for (int64_t at = 0; at < b->outer * b->channels; at++) {
        int64_t c = at % b->channels, k = stat_of(b, at / b->channels, c);
        const double *x = s->x + at * b->inner;
        double *dy = s->dy + at * b->inner;
        double g = b->constant ? 0 : s->g[k] * share, gz = b->constant ? 0 : s->gz[k] * share;
        for (int64_t i = 0; i < b->inner; i++) {
            double z = (x[i] - s->mean[k]) * s->rstd[k];
            dy[i] = last ? (dy[i] - g - z * gz) * s->rstd[k] * s->weight[c]
                         : s->rstd[k] * (dy[i] * s->weight[c] - g - z * gz);
        }
    }
}

/* Ones where there is no tensor. */
static double *read_as(struct op_call *c, struct tensor *t, int64_t count, bool memory) {
    struct tensor *view = t && memory ? tensor_memory_view(t) : NULL;
    double *out = norm_doubles(c, view ? view : t, count, 1);
    tensor_release(view);
    return out;
}

static bool take_memory(struct op_call *c, const struct norm_back *b, struct norm_sums *s) {
    size_t sums = 2 * (size_t)b->stats + 2 * (size_t)b->channels + 1;
    s->x = read_as(c, b->x, b->x->numel, b->memory == MEMORY_ALL);
    s->dy = read_as(c, b->grad, b->x->numel, b->memory == MEMORY_ALL);
    s->weight = read_as(c, b->weight, b->channels, b->memory == MEMORY_ALL);
    s->mean = read_as(c, b->mean, b->stats, b->memory >= MEMORY_STATS);
    s->rstd = read_as(c, b->rstd, b->stats, b->memory >= MEMORY_STATS);
    s->g = call_scratch(c, sums, sizeof *s->g);
    if (!s->x || !s->dy || !s->weight || !s->mean || !s->rstd || !s->g) return false;
    memset(s->g, 0, sums * sizeof *s->g);
    s->gz = s->g + b->stats;
    s->dweight = s->gz + b->stats;
    s->dbias = s->dweight + b->channels;
    for (int64_t i = 0; b->running && i < b->stats; i++) s->rstd[i] = 1 / sqrt(s->rstd[i] + b->eps);
    return true;
}

static void free_memory(struct norm_sums *s) {
    double *all[] = {s->x, s->dy, s->weight, s->mean, s->rstd, s->g};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) mem_free(all[i]);
}

/* `shape`: of the gradients of weight and bias. What was not asked for is undefined. */
static bool norm_backward(struct op_call *c, const struct norm_back *b, int ndim, const int64_t *shape) {
    struct norm_sums s = {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    struct tensor *made[3] = {NULL, NULL, NULL};
    bool good = take_memory(c, b, &s);
    if (good) {
        add_up(b, &s);
        differentiate(b, &s);
        const double *from[3] = {s.dy, s.dweight, s.dbias};
        for (int i = 0; good && i < 3; i++) {
            if (!b->mask[i]) continue;
            made[i] = i ? call_new(c, b->parameters, ndim, shape)
                        : call_new(c, tensor_dtype(b->x), b->x->ndim, b->x->sizes);
            good = made[i] != NULL;
            if (good) store_run(made[i], 0, made[i]->numel, from[i]);
        }
    }
    free_memory(&s);
    for (int i = 0; i < 3; i++) {
        if (made[i] && good) c->results[i] = value_tensor(made[i]);
        if (!good) tensor_release(made[i]);
    }
    return good;
}

static bool read_mask(struct op_call *c, int at, bool *mask) {
    const struct list *list = arg_list(c, at);
    if (list->count != 3)
        return refuse(c, "output_mask must have 3 elements, not %lld", (long long)list->count);
    for (int i = 0; i < 3; i++) mask[i] = list->items[i].i != 0;
    return true;
}

/* Parameters have the input's dtype, or float32 beside a half one; all of them the same. */
static bool check_dtypes(struct op_call *c, struct norm_back *b, struct tensor *const *parameters, int count,
                         const char *name) {
    enum dtype d = tensor_dtype(b->x);
    b->parameters = DTYPE_NONE;
    if (!dtype_is_floating(d))
        return refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[d].graph_name);
    if (b->grad->dtype != d)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[d].graph_name,
                      dtype_table[b->grad->dtype].graph_name);
    for (int i = 0; i < count; i++) {
        if (!parameters[i]) continue;
        enum dtype p = tensor_dtype(parameters[i]);
        bool fits = p == d || (dtype_size(d) == 2 && p == DTYPE_FLOAT32);
        if (!fits || (b->parameters != DTYPE_NONE && p != b->parameters))
            return refuse(c, "expected scalar type %s but found %s",
                          dtype_table[b->parameters == DTYPE_NONE ? d : b->parameters].graph_name,
                          dtype_table[p].graph_name);
        b->parameters = p;
    }
    if (b->parameters == DTYPE_NONE) b->parameters = d;
    return true;
}

/* What PyTorch reads as bare memory must be there. */
static bool check_count(struct op_call *c, const struct tensor *t, int64_t count, const char *name) {
    return !t || t->numel >= count ||
           refuse(c, "%s should contain %lld elements not %lld", name, (long long)count, (long long)t->numel);
}

/* --- layer norm: (grad, input, normalized_shape, mean, rstd, weight, bias, output_mask) --- */

static bool check_layer(struct op_call *c, const struct tensor *x, int count, const int64_t *shape) {
    static const char *const names[] = {"weight", "bias"};
    if (count < 1)
        return refuse(c, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
                         "one element, but got normalized_shape = []");
    for (int i = 0; i < 2; i++) {
        const struct tensor *t = arg_tensor_or_null(c, 5 + i);
        if (t && (t->ndim != count || memcmp(t->sizes, shape, sizeof *shape * (size_t)count) != 0))
            return refuse(c,
                          "Expected %s to be of same shape as normalized_shape, but got %s of shape %s and "
                          "normalized_shape = %s",
                          names[i], names[i], sizes_text(t->ndim, t->sizes, (char[256]){0}, 256),
                          sizes_text(count, shape, (char[256]){0}, 256));
    }
    if (x->ndim < count || memcmp(x->sizes + x->ndim - count, shape, sizeof *shape * (size_t)count) != 0)
        return refuse(
            c, "Given normalized_shape=%s, expected input with shape [*, ...], but got input of size%s",
            sizes_text(count, shape, (char[256]){0}, 256),
            sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    return true;
}

bool norm_layer_norm_backward(struct op_call *c) {
    struct norm_back b = {.grad = arg_tensor(c, 0),
                          .x = arg_tensor(c, 1),
                          .mean = arg_tensor(c, 3),
                          .rstd = arg_tensor(c, 4),
                          .weight = arg_tensor_or_null(c, 5),
                          .outer = 1,
                          .channels = 1,
                          .inner = 1,
                          .rows = 1,
                          .memory = MEMORY_STATS};
    int64_t shape[TENSOR_MAX_DIMS];
    int count = args_ints(c, 2, shape, TENSOR_MAX_DIMS);
    struct tensor *parameters[] = {b.weight, b.mean, b.rstd};
    if (count < 0 || !check_layer(c, b.x, count, shape) || !read_mask(c, 7, b.mask)) return false;
    if ((b.mask[1] && !b.weight) || (b.mask[2] && arg_none(c, 6)))
        return refuse(c, "tensor does not have a device");
    for (int i = 0; i < b.x->ndim; i++) *(i < b.x->ndim - count ? &b.outer : &b.channels) *= b.x->sizes[i];
    b.span = b.channels > 0 ? b.channels : 1;
    b.stats = b.outer;
    return check_dtypes(c, &b, parameters, 3, "LayerNormBackwardKernelImpl") &&
           check_count(c, b.grad, b.x->numel, "dY") && check_count(c, b.mean, b.stats, "mean") &&
           check_count(c, b.rstd, b.stats, "rstd") && norm_backward(c, &b, count, shape);
}

/* --- group norm: (grad, input, mean, rstd, weight, N, C, HxW, group, output_mask) --- */

static bool check_group(struct op_call *c, const struct norm_back *b, int64_t n, int64_t groups) {
    int64_t numel, sizes[3] = {n, b->channels, b->inner};
    if (!sizes_product(3, sizes, &numel))
        return refuse(c, "native_group_norm_backward: the sizes are invalid");
    if (b->grad->dtype != b->x->dtype) return refuse(c, "Expected scalar types of X and dY are same.");
    if (b->grad->numel != numel)
        return refuse(c, "Expected dY.numel() == N * C * HxW to be true, but got false.");
    if (b->x->numel != numel)
        return refuse(c, "Expected X.numel() == N * C * HxW to be true, but got false.");
    if (groups <= 0 || b->mean->numel != n * groups)
        return refuse(c, "Expected mean.numel() == N * group to be true, but got false.");
    if (b->rstd->numel != n * groups)
        return refuse(c, "Expected rstd.numel() == N * group to be true, but got false.");
    if (b->channels % groups != 0) return refuse(c, "Expected C %% group == 0 to be true, but got false.");
    if (b->weight && b->weight->numel != b->channels)
        return refuse(c, "Expected !gamma.defined() || gamma.numel() == C to be true, but got false.");
    return true;
}

bool norm_group_norm_backward(struct op_call *c) {
    struct norm_back b = {.grad = arg_tensor(c, 0),
                          .x = arg_tensor(c, 1),
                          .mean = arg_tensor(c, 2),
                          .rstd = arg_tensor(c, 3),
                          .weight = arg_tensor_or_null(c, 4),
                          .outer = arg_int(c, 5),
                          .channels = arg_int(c, 6),
                          .inner = arg_int(c, 7),
                          .rows = arg_int(c, 8),
                          .memory = MEMORY_ALL};
    struct tensor *parameters[] = {b.weight, b.mean, b.rstd};
    if (!read_mask(c, 9, b.mask) || !check_group(c, &b, b.outer, b.rows)) return false;
    if ((b.mask[1] || b.mask[2]) && !b.weight) return refuse(c, "tensor does not have a device");
    b.span = b.channels > 0 ? b.channels / b.rows : 1;
    b.stats = b.outer * b.rows;
    return check_dtypes(c, &b, parameters, 3, "GroupNormBackwardKernelImpl") &&
           norm_backward(c, &b, 1, &b.channels);
}

/* --- batch norm --- */

static bool check_vectors(struct op_call *c, struct tensor *const *vectors, int64_t channels) {
    static const char *const names[] = {"weight", "running_mean", "running_var", "save_mean", "save_invstd"};
    for (int i = 0; i < 5; i++) {
        if (!vectors[i]) continue;
        if (vectors[i]->ndim != 1)
            return refuse(c, "TensorAccessor expected 1 dims but tensor has %d", vectors[i]->ndim);
        bool unused = i > 2 && vectors[i]->numel == 0; /* of a call in evaluation */
        if (!unused && !check_count(c, vectors[i], channels, names[i])) return false;
    }
    return true;
}

/* The arguments stand at `at` (grad, input), and from `rest` on: weight, running_mean, running_var,
 * save_mean, save_invstd, train, eps, output_mask. */
static bool batch_backward(struct op_call *c, int grad, int input, int rest) {
    struct norm_back b = {
        .grad = arg_tensor(c, grad), .x = arg_tensor(c, input), .outer = 1, .inner = 1, .span = 1};
    struct tensor *vectors[5];
    bool train = arg_bool(c, rest + 5);
    for (int i = 0; i < 5; i++) vectors[i] = arg_tensor_or_null(c, rest + i);
    b.weight = vectors[0];
    b.mean = vectors[train ? 3 : 1];
    b.rstd = vectors[train ? 4 : 2];
    b.eps = arg_float(c, rest + 6);
    b.constant = b.running = !train;
    if (!read_mask(c, rest + 7, b.mask)) return false;
    if (b.x->ndim < 2)
        return b.x->ndim == 0
                   ? refuse_index(c, "Dimension specified as 1 but tensor has no dimensions")
                   : refuse_index(c,
                                  "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    b.outer = b.x->sizes[0];
    b.channels = b.stats = b.x->sizes[1];
    for (int i = 2; i < b.x->ndim; i++) b.inner *= b.x->sizes[i];
    if (!b.mask[0] && !b.mask[1] && !b.mask[2]) return true;
    if (!b.mean || !b.rstd) return refuse(c, "native_batch_norm_backward: there are no statistics to use");
    if (b.x->numel == 0) return refuse(c, "native_batch_norm_backward: the input has no elements");
    return check_dtypes(c, &b, vectors, 5, "batch_norm_backward_cpu") &&
           check_vectors(c, vectors, b.channels) && check_count(c, b.grad, b.x->numel, "grad_output") &&
           check_count(c, b.mean, b.channels, "save_mean") &&
           check_count(c, b.rstd, b.channels, "save_invstd") && norm_backward(c, &b, 1, &b.channels);
}

/* native_batch_norm_backward(grad, input, ...) and batch_norm_backward, which has a reserve behind. */
bool norm_batch_norm_backward(struct op_call *c) {
    return batch_backward(c, 0, 1, 2);
}

/* Of an empty input: sums of nothing, and a gradient that is empty. */
static bool empty_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 1), *grad = arg_tensor(c, 2), *weight = arg_tensor_or_null(c, 3),
                  *made[3];
    int64_t dims[TENSOR_MAX_DIMS];
    bool mask[3];
    if (!read_mask(c, 10, mask) || x->ndim < 2) return refuse(c, "input must have at least 2 dimensions");
    for (int i = 0; i < x->ndim - 1; i++) dims[i] = i ? i + 1 : 0;
    struct tensor *product = mask[1] ? compose_run(&k, "aten::mul.Tensor", "tt", grad, x) : NULL;
    struct tensor *first =
        weight && mask[0] ? compose_run(&k, "aten::select.int", "tdd", weight, 0, 0) : NULL;
    made[0] = first ? compose_run(&k, "aten::mul.Tensor", "tt", grad, first) : NULL;
    made[1] =
        mask[1] ? compose_run(&k, "aten::sum.dim_IntList", "tLb", product, x->ndim - 1, dims, false) : NULL;
    made[2] =
        mask[2] ? compose_run(&k, "aten::sum.dim_IntList", "tLb", grad, x->ndim - 1, dims, false) : NULL;
    return compose_give_some(&k, 3, made);
}

/* _batch_norm_impl_index_backward(impl_index, input, grad, weight, running_mean, running_var, save_mean,
 * save_var_transform, train, eps, output_mask, reserve) */
bool norm_batch_norm_impl_backward(struct op_call *c) {
    if (arg_tensor(c, 1)->numel == 0) return empty_backward(c);
    if (arg_int(c, 0) != 0)
        return refuse(c, "Unsupported impl_index in _batch_norm_impl_index_backward: %lld",
                      (long long)arg_int(c, 0));
    return batch_backward(c, 2, 1, 3);
}
