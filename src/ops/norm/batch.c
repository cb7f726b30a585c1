/* Batch norm in all its operators, and instance norm, which is batch norm of each image by itself
 * (aten/src/ATen/native/Normalization.cpp). Statistics are in double. */
#include "base/mem.h"
#include "ops/norm/norm.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

struct batch {
    struct tensor *x, *weight, *bias, *mean, *var; /* running statistics; may be NULL when training */
    bool training;
    double momentum, eps;
    double *means, *vars; /* of channels, what is used */
    double *inverse;      /* 1 / sqrt(var + eps) */
    enum dtype stats;     /* of the statistics that are given */
};

/* Mean and sum of squared distances of one channel, in two passes. */
static void channel_moments(const struct tensor *x, int64_t ch, int64_t inner, double *mean,
                            double *squares) {
    int64_t n = x->sizes[0], channels = x->sizes[1];
    double line[CONVERT_TILE];
    *mean = *squares = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t at = 0; at < inner; at += CONVERT_TILE) {
                int64_t count = inner - at < CONVERT_TILE ? inner - at : CONVERT_TILE;
                load_run(x, (i * channels + ch) * inner + at, count, line);
                for (int64_t j = 0; j < count; j++)
                    *(pass ? squares : mean) += pass ? (line[j] - *mean) * (line[j] - *mean) : line[j];
            }
        if (pass == 0) *mean /= (double)(n * inner);
    }
}

static void update_running(const struct batch *b, struct tensor *t, int64_t ch, double now) {
    if (!t) return;
    double value = (1 - b->momentum) * tensor_get_float(t, ch) + b->momentum * now;
    store_run(t, ch * t->strides[0], 1, &value);
}

/* Statistics of each channel; also updates the running ones. */
static void batch_stats(const struct op_call *c, struct batch *b, const struct tensor *x, int64_t inner) {
    int64_t n = x->sizes[0], channels = x->sizes[1];
    for (int64_t ch = 0; ch < channels; ch++) {
        double mean, squares;
        if (norm_runs_floats(c, x))
            norm_moments(c, (const float *)tensor_data(x) + ch * inner, n, channels * inner, inner, &mean,
                         &squares);
        else
            channel_moments(x, ch, inner, &mean, &squares);
        b->means[ch] = mean;
        b->vars[ch] = squares / (double)(n * inner);
        update_running(b, b->mean, ch, mean);
        update_running(b, b->var, ch, squares / (double)(n * inner - 1));
    }
}

static void apply_lines(const struct tensor *x, int64_t inner, const double *scale, const double *shift,
                        struct tensor *out) {
    int64_t channels = x->sizes[1];
    double line[CONVERT_TILE];
    for (int64_t i = 0; i < x->sizes[0] * channels; i++)
        for (int64_t at = 0; at < inner; at += CONVERT_TILE) {
            int64_t count = inner - at < CONVERT_TILE ? inner - at : CONVERT_TILE;
            load_run(x, i * inner + at, count, line);
            for (int64_t j = 0; j < count; j++) line[j] = line[j] * scale[i % channels] + shift[i % channels];
            store_run(out, i * inner + at, count, line);
        }
}

/* `w` and `bias` become scale and shift. */
static bool batch_apply(struct op_call *c, const struct batch *b, const struct tensor *x, int64_t inner,
                        double *w, double *bias, struct tensor *out) {
    int64_t channels = x->sizes[1];
    for (int64_t ch = 0; ch < channels; ch++) {
        w[ch] *= b->inverse[ch];
        bias[ch] -= b->means[ch] * w[ch];
    }
    if (norm_runs_floats(c, x))
        return norm_scale_shift(c, x, &(struct norm_blocks){x->sizes[0], channels, inner, 1}, w, bias, out);
    apply_lines(x, inner, w, bias, out);
    return true;
}

/* --- checks --- */

static bool check_sizes(struct op_call *c, const struct batch *b) {
    const struct tensor *all[] = {b->mean, b->var, b->weight, b->bias};
    static const char *const names[] = {"running_mean", "running_var", "weight", "bias"};
    int64_t channels = b->x->ndim > 1 ? b->x->sizes[1] : 0;
    for (int i = 0; i < 4; i++)
        if (all[i] && all[i]->numel != channels)
            return refuse(c, "%s should contain %lld elements not %lld", names[i], (long long)channels,
                          (long long)all[i]->numel);
    for (int i = 0; i < 2; i++)
        if (!b->training && !all[i]) return refuse(c, "%s must be defined in evaluation mode", names[i]);
    return true;
}

/* The native operators leave sizes unchecked, and read beyond what is too short: that is refused here. */
static bool check_lengths(struct op_call *c, const struct batch *b) {
    const struct tensor *all[] = {b->mean, b->var, b->weight, b->bias};
    for (int i = 0; i < 4; i++) {
        if (!all[i] || b->x->numel == 0) continue;
        if (all[i]->ndim != 1)
            return refuse(c, "TensorAccessor expected 1 dims but tensor has %d", all[i]->ndim);
        if (all[i]->numel < b->x->sizes[1]) return check_sizes(c, b);
    }
    return b->training || (b->mean && b->var) || check_sizes(c, b);
}

static bool check_batch(struct op_call *c, struct batch *b) {
    int64_t dim = 1;
    if (!wrap_dim(c, &dim, b->x->ndim) || !check_lengths(c, b)) return false;
    if (!b->mean != !b->var)
        return error_set_kind(c->err, LB_ERROR_RUNTIME, "ValueError",
                              "running_mean and running_var must either both be None or neither be None");
    if (b->training && b->x->numel == 0)
        return refuse(c, "input tensor must have at least one element, but got input_sizes = %s",
                      sizes_text(b->x->ndim, b->x->sizes, (char[256]){0}, 256));
    return check_dtype(c, b->x, SET_REALS, "batch_norm") &&
           norm_check_parameters(c, b->x, 4, (struct tensor *[]){b->weight, b->bias, b->mean, b->var},
                                 &b->stats);
}

/* The result; means and inverse deviations stay in b for the caller, who frees them with batch_done. */
static struct tensor *batch_run(struct op_call *c, struct batch *b) {
    int64_t channels = b->x->sizes[1],
            inner = b->x->sizes[0] * channels > 0 ? b->x->numel / (b->x->sizes[0] * channels) : 0;
    struct tensor *x = tensor_contiguous(b->x, c->cx->budget, c->err), *out = NULL;
    double *w = norm_doubles(c, b->weight, channels, 1), *bias = norm_doubles(c, b->bias, channels, 0);
    b->means = b->training ? call_scratch(c, (size_t)channels + 1, 8) : norm_doubles(c, b->mean, channels, 0);
    b->vars = b->training ? call_scratch(c, (size_t)channels + 1, 8) : norm_doubles(c, b->var, channels, 1);
    b->inverse = call_scratch(c, (size_t)channels + 1, 8);
    if (x && w && bias && b->means && b->vars && b->inverse)
        out = call_new(c, tensor_dtype(x), x->ndim, x->sizes);
    if (out) {
        if (b->training) batch_stats(c, b, x, inner);
        for (int64_t i = 0; i < channels; i++) b->inverse[i] = 1 / sqrt(b->vars[i] + b->eps);
        if (!batch_apply(c, b, x, inner, w, bias, out)) {
            tensor_release(out);
            out = NULL;
        }
    }
    tensor_release(x);
    mem_free(w);
    mem_free(bias);
    if (out && b->x->ndim == 4 && tensor_is_channels_last(b->x) && !tensor_is_contiguous(b->x)) {
        struct compose k = compose_start(c);
        compose_own(&k, out);
        struct tensor *last = compose_run(&k, "aten::contiguous", "td", out, 2);
        if (last) tensor_retain(last);
        compose_end(&k);
        return last;
    }
    return out;
}
static void batch_done(struct batch *b) {
    mem_free(b->means);
    mem_free(b->vars);
    mem_free(b->inverse);
}

static struct tensor *vector_of(struct op_call *c, enum dtype d, const double *x, int64_t count) {
    struct tensor *t = call_new(c, d, 1, &count);
    if (t) store_run(t, 0, count, x);
    return t;
}

/* Arguments from the fourth on: training (-1: not among them), then momentum and eps. */
static struct batch batch_operands(const struct op_call *c, int training, int momentum) {
    return (struct batch){.x = arg_tensor(c, 0),
                          .weight = arg_tensor_or_null(c, 1),
                          .bias = arg_tensor_or_null(c, 2),
                          .mean = arg_tensor_or_null(c, 3),
                          .var = arg_tensor_or_null(c, 4),
                          .training = training >= 0 && arg_bool(c, training),
                          .momentum = arg_float(c, momentum),
                          .eps = arg_float(c, momentum + 1)};
}

/* Nothing to normalise: scaled by the first weight (_batch_norm_impl_index of
 * aten/src/ATen/native/Normalization.cpp). */
static struct tensor *of_nothing(struct compose *k, const struct batch *b) {
    struct tensor *out = compose_run(k, "aten::clone", "tn", b->x), *first;
    if (out && b->weight) {
        first = compose_run(k, "aten::select.int", "tdd", b->weight, 0, 0);
        out = compose_run(k, "aten::mul.Tensor", "tt", out, first);
    }
    if (out && b->bias) {
        first = compose_run(k, "aten::select.int", "tdd", b->bias, 0, 0);
        out = compose_run(k, "aten::add.Tensor", "ttd", out, first, 1);
    }
    return out;
}

/* (input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled) */
bool norm_batch_norm(struct op_call *c) {
    struct batch b = batch_operands(c, 5, 6);
    if (!check_sizes(c, &b)) return false;
    if (b.x->numel == 0) {
        struct compose k = compose_start(c);
        return compose_give(&k, of_nothing(&k, &b));
    }
    if (!check_batch(c, &b)) return false;
    struct tensor *out = batch_run(c, &b);
    batch_done(&b);
    return give_tensor(c, out);
}

/* The result and, of training, each channel's mean and inverse deviation (empty otherwise). */
static bool native_batch_norm(struct op_call *c, struct batch b) {
    int64_t channels;
    if (!check_batch(c, &b)) return false;
    channels = b.training ? b.x->sizes[1] : 0;
    struct tensor *out = batch_run(c, &b);
    bool good = give_at(c, 0, out) && give_at(c, 1, vector_of(c, b.stats, b.means, channels)) &&
                give_at(c, 2, vector_of(c, b.stats, b.inverse, channels));
    batch_done(&b);
    return good;
}
/* native_batch_norm, _native_batch_norm_legit(input, weight, bias, running_mean, running_var, training,
 * momentum, eps) */
bool norm_native_batch_norm(struct op_call *c) {
    return native_batch_norm(c, batch_operands(c, 5, 6));
}
/* _native_batch_norm_legit.no_stats(input, weight, bias, training, momentum, eps) */
bool norm_native_batch_norm_no_stats(struct op_call *c) {
    struct batch b = {.x = arg_tensor(c, 0),
                      .weight = arg_tensor_or_null(c, 1),
                      .bias = arg_tensor_or_null(c, 2),
                      .training = arg_bool(c, 3),
                      .momentum = arg_float(c, 4),
                      .eps = arg_float(c, 5)};
    return native_batch_norm(c, b);
}
/* _native_batch_norm_legit_no_training(input, weight, bias, running_mean, running_var, momentum, eps) */
bool norm_batch_norm_no_training(struct op_call *c) {
    return native_batch_norm(c, batch_operands(c, -1, 5));
}

/* Result `at`: what PyTorch keeps for the backward pass, nothing on a CPU. */
static bool give_reserve(struct op_call *c, int at) {
    int64_t zero = 0;
    return give_at(c, at, call_new(c, DTYPE_UINT8, 1, &zero));
}
/* _batch_norm_no_update(input, weight, bias, running_mean, running_var, momentum, eps) */
bool norm_batch_norm_no_update(struct op_call *c) {
    return norm_batch_norm_no_training(c) && give_reserve(c, 3);
}
/* _batch_norm_with_update, the same in training; its out= form leaves the reserve as it is. */
static bool with_update(struct op_call *c) {
    struct batch b = batch_operands(c, -1, 5);
    b.training = true;
    return native_batch_norm(c, b);
}
bool norm_batch_norm_with_update_out(struct op_call *c) {
    struct op_call some = *c;
    some.arg_count--;
    some.result_count--;
    return op_into(&some, with_update) && give_borrowed(c, 3, arg_tensor(c, c->arg_count - 1));
}
bool norm_batch_norm_with_update(struct op_call *c) {
    return with_update(c) && give_reserve(c, 3);
}
/* _batch_norm_impl_index(..., training, momentum, eps, cudnn_enabled) -> (out, mean, inverse, reserve, which)
 */
bool norm_batch_norm_impl_index(struct op_call *c) {
    struct batch b = batch_operands(c, 5, 6);
    if (!check_sizes(c, &b)) return false;
    if (b.x->numel > 0 && !native_batch_norm(c, b)) return false;
    if (b.x->numel == 0) {
        struct compose k = compose_start(c);
        int64_t none = 0;
        enum dtype wide = (SET_HALVES >> b.x->dtype & 1) ? DTYPE_FLOAT32 : DTYPE_FLOAT64;
        if (!compose_give(&k, of_nothing(&k, &b))) return false;
        for (int i = 1; i < 3; i++)
            if (!give_at(c, i, call_new(c, wide, 1, b.x->ndim > 1 ? &b.x->sizes[1] : &none))) return false;
    }
    if (!give_reserve(c, 3)) return false;
    c->results[4] = value_int(0);
    return true;
}

/* The functional forms work on copies of the running statistics and give them at the end. */
static bool with_copies(struct op_call *c, struct batch b, int at) {
    struct compose k = compose_start(c);
    struct tensor **both[2] = {&b.mean, &b.var};
    for (int i = 0; i < 2; i++)
        if (*both[i]) *both[i] = compose_run(&k, "aten::clone", "tn", *both[i]);
    if (k.failed || !native_batch_norm(c, b)) return compose_refused(&k, false);
    for (int i = 0; i < 2; i++)
        if (*both[i]) give_borrowed(c, at + i, *both[i]);
    return compose_end(&k);
}
/* _native_batch_norm_legit_functional(input, weight, bias, running_mean, running_var, training, momentum,
 * eps) */
bool norm_batch_norm_functional(struct op_call *c) {
    return with_copies(c, batch_operands(c, 5, 6), 3);
}
/* _batch_norm_with_update_functional(input, weight, bias, running_mean, running_var, momentum, eps) */
bool norm_batch_norm_with_update_functional(struct op_call *c) {
    struct batch b = batch_operands(c, -1, 5);
    b.training = true;
    return with_copies(c, b, 4) && give_reserve(c, 3);
}

/* batch_norm_update_stats(input, running_mean, running_var, momentum) -> (mean, variance) */
bool norm_batch_norm_update_stats(struct op_call *c) {
    struct compose k = compose_start(c);
    struct batch b = {.x = arg_tensor(c, 0),
                      .mean = arg_tensor_or_null(c, 1),
                      .var = arg_tensor_or_null(c, 2),
                      .training = true,
                      .momentum = arg_float(c, 3)};
    if (!check_batch(c, &b)) return false;
    int64_t channels = b.x->sizes[1];
    struct tensor *x = compose_own(&k, tensor_contiguous(b.x, c->cx->budget, c->err));
    b.means = call_scratch(c, 2 * (size_t)channels + 1, sizeof *b.means);
    if (k.failed || !b.means) {
        mem_free(b.means);
        return compose_refused(&k, false);
    }
    b.vars = b.means + channels;
    batch_stats(c, &b, x, x->numel / (x->sizes[0] * channels));
    bool good = give_at(c, 0, vector_of(c, b.stats, b.means, channels)) &&
                give_at(c, 1, vector_of(c, b.stats, b.vars, channels));
    mem_free(b.means);
    return compose_end(&k) && good;
}

/* instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps,
 * cudnn_enabled): batch norm over [1, N*C, ...], running statistics averaged over the batch. */
bool norm_instance_norm(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *given[4], *wide[4];
    int64_t sizes[TENSOR_MAX_DIMS];
    if (x->ndim < 2) return refuse(c, "instance_norm expects at least 2 dimensions");
    int64_t n = x->sizes[0], channels = x->sizes[1];
    bool use_input = arg_bool(c, 5);
    if (n == 0 && (!arg_none(c, 1) || !arg_none(c, 2))) /* batch norm of nothing scales by weight[0] */
        return refuse_index(c, "select(): index 0 out of range for tensor of size [0] at dimension 0");
    if (!use_input && (arg_none(c, 3) || arg_none(c, 4)))
        return refuse(c, "Expected running_mean and running_var to be defined when use_input_stats is false");
    for (int i = 0; i < 4; i++) {
        given[i] = arg_tensor_or_null(c, i + 1);
        wide[i] = given[i] ? compose_run(&k, "aten::repeat", "tL", given[i], 1, &n) : NULL;
    }
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    sizes[0] = 1;
    sizes[1] = n * channels;
    struct tensor *flat = compose_run(&k, "aten::reshape", "tL", x, x->ndim, sizes);
    struct tensor *out = compose_run(&k, "aten::batch_norm", "tttttbffb", flat, wide[0], wide[1], wide[2],
                                     wide[3], use_input, arg_float(c, 6), arg_float(c, 7), false);
    for (int i = 2; i < 4 && use_input; i++) {
        if (!given[i] || k.failed) continue;
        int64_t zero = 0, shape[2] = {n, channels};
        struct tensor *rows = compose_run(&k, "aten::reshape", "tL", wide[i], 2, shape);
        struct tensor *mean = compose_run(&k, "aten::mean.dim", "tLb", rows, 1, &zero, false);
        if (!mean || (tensor_overlaps_itself(given[i]) && !refuse_overlap(c)) ||
            !tensor_copy(given[i], mean, c->err))
            k.failed = true;
    }
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", out, x->ndim, x->sizes));
}
