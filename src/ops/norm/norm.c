/* Normalisations: batch, layer, group, instance, rms, and what their native forms give besides.
 *
 * One helper normalises [outer, channels, inner] blocks with a given mean and scale; statistics are in
 * double. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Mean and biased variance of a run. */
static void run_stats(const double *x, int64_t n, double *mean, double *var) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i];
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) square += (x[i] - *mean) * (x[i] - *mean);
    *var = square / (double)n;
}

static void load_run(const struct tensor *t, int64_t at, int64_t count, double *out) {
    enum dtype d = tensor_dtype(t);
    int64_t size = (int64_t)dtype_size(d);
    convert_load[d][COMPUTE_DOUBLE](out, sizeof *out, (const char *)tensor_data(t) + at * size, size, count);
}
static void store_run(struct tensor *t, int64_t at, int64_t count, const double *in) {
    enum dtype d = tensor_dtype(t);
    int64_t size = (int64_t)dtype_size(d);
    convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(t) + at * size, size, in, sizeof *in, count);
}

/* A whole tensor as doubles (freed with mem_free), or `fill` where it is NULL. */
static double *doubles_of(struct op_call *c, struct tensor *t, int64_t count, double fill) {
    double *out = call_scratch(c, (size_t)count + 1, sizeof *out);
    struct tensor *whole = t ? tensor_contiguous(t, c->cx->budget, c->err) : NULL;
    if (out && whole) load_run(whole, 0, count, out);
    for (int64_t i = 0; out && !t && i < count; i++) out[i] = fill;
    if (t && !whole) {
        mem_free(out);
        out = NULL;
    }
    tensor_release(whole);
    return out;
}

/* --- rows: layer norm, rms norm --- */

struct rows {
    struct tensor *x; /* contiguous */
    int64_t count, length;
    double *weight, *bias, *line;
    double eps;
    struct tensor *out, *mean, *rstd; /* mean and rstd may be NULL */
    bool centred;
};

static void normalise_rows(struct rows *r) {
    for (int64_t i = 0; i < r->count; i++) {
        double mean, var;
        load_run(r->x, i * r->length, r->length, r->line);
        run_stats(r->line, r->length, &mean, &var);
        if (!r->centred) {
            var += mean * mean;
            mean = 0;
        }
        double scale = 1 / sqrt(var + r->eps);
        for (int64_t j = 0; j < r->length; j++)
            r->line[j] = (r->line[j] - mean) * scale * r->weight[j] + r->bias[j];
        store_run(r->out, i * r->length, r->length, r->line);
        if (r->mean) store_run(r->mean, i, 1, &mean);
        if (r->rstd) store_run(r->rstd, i, 1, &scale);
    }
}

static bool rows_run(struct op_call *c, struct rows *r, struct tensor *x, struct tensor *weight,
                     struct tensor *bias) {
    r->x = tensor_contiguous(x, c->cx->budget, c->err);
    r->out = call_new(c, tensor_dtype(x), x->ndim, x->sizes);
    r->weight = doubles_of(c, weight, r->length, 1);
    r->bias = doubles_of(c, bias, r->length, 0);
    r->line = call_scratch(c, (size_t)r->length + 1, sizeof *r->line);
    bool good = r->x && r->out && r->weight && r->bias && r->line;
    if (good && x->numel > 0) normalise_rows(r);
    tensor_release(r->x);
    mem_free(r->weight);
    mem_free(r->bias);
    mem_free(r->line);
    return good;
}

static bool check_shape(struct op_call *c, const struct tensor *x, int count, const int64_t *shape,
                        const struct tensor *weight, const struct tensor *bias) {
    char a[256], b[256];
    const struct tensor *both[] = {weight, bias};
    if (count < 1)
        return refuse(c, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
                         "one element, but got normalized_shape = []");
    for (int i = 0; i < 2; i++)
        if (both[i] &&
            (both[i]->ndim != count || memcmp(both[i]->sizes, shape, sizeof *shape * (size_t)count) != 0))
            return refuse(c,
                          "Expected %s to be of same shape as normalized_shape, but got %s of shape %s and "
                          "normalized_shape = %s",
                          i ? "bias" : "weight", i ? "bias" : "weight",
                          sizes_text(both[i]->ndim, both[i]->sizes, a, sizeof a),
                          sizes_text(count, shape, b, sizeof b));
    if (x->ndim < count || memcmp(x->sizes + x->ndim - count, shape, sizeof *shape * (size_t)count) != 0) {
        size_t n = 0;
        for (int i = 0; i < count; i++)
            n += (size_t)snprintf(a + n, sizeof a - n, ", %lld", (long long)shape[i]);
        return refuse(
            c, "Given normalized_shape=%s, expected input with shape [*%s], but got input of size%s",
            sizes_text(count, shape, b, sizeof b), a, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    }
    return true;
}

/* Contiguous float32 without statistics to give: the kernel of this instruction set, a range of rows a
 * worker. */
struct layer_norm_run {
    const struct kernels *kernels;
    const float *x, *weight, *bias;
    float *out;
    int64_t length;
    float eps;
};

static void layer_norm_range(void *context, int64_t begin, int64_t end) {
    const struct layer_norm_run *r = context;
    int64_t at = begin * r->length;
    r->kernels->rows_f32->layer_norm(end - begin, r->length, r->x + at, r->weight, r->bias, r->eps,
                                     r->out + at, NULL, NULL);
}

static bool is_plain_float(const struct tensor *t) {
    return !t || (t->dtype == DTYPE_FLOAT32 && tensor_is_contiguous(t));
}

static struct tensor *layer_norm_floats(struct op_call *c, const struct rows *rows, const struct tensor *x,
                                        const struct tensor *weight, const struct tensor *bias) {
    struct tensor *out = call_new(c, DTYPE_FLOAT32, x->ndim, x->sizes);
    if (!out) return NULL;
    struct layer_norm_run r = {call_kernels(c),
                               tensor_data(x),
                               weight ? tensor_data(weight) : NULL,
                               bias ? tensor_data(bias) : NULL,
                               tensor_data(out),
                               rows->length,
                               (float)rows->eps};
    pool_run(c->cx->pool, rows->count, layer_norm_range, &r);
    return out;
}

static bool layer_norm(struct op_call *c, double eps, bool native) {
    struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor_or_null(c, 2), *bias = arg_tensor_or_null(c, 3);
    int64_t shape[TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, shape, TENSOR_MAX_DIMS);
    if (count < 0 || !check_shape(c, x, count, shape, weight, bias)) return false;
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "\"LayerNormKernelImpl\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    if (weight && weight->dtype != x->dtype && !(x->dtype != DTYPE_FLOAT64 && weight->dtype == DTYPE_FLOAT32))
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[weight->dtype].graph_name);
    struct rows r = {.count = 1, .length = 1, .eps = eps, .centred = true};
    for (int i = 0; i < x->ndim; i++) {
        *(i < x->ndim - count ? &r.count : &r.length) *= x->sizes[i];
        sizes[i] = i < x->ndim - count ? x->sizes[i] : 1;
    }
    bool floats =
        x->dtype == DTYPE_FLOAT32 && is_plain_float(x) && is_plain_float(weight) && is_plain_float(bias);
    if (floats && !native && x->numel > 0) return give_tensor(c, layer_norm_floats(c, &r, x, weight, bias));
    enum dtype stats = weight && weight->dtype == DTYPE_FLOAT32 ? DTYPE_FLOAT32 : tensor_dtype(x);
    if (native) {
        r.mean = call_new(c, stats, x->ndim, sizes);
        r.rstd = call_new(c, stats, x->ndim, sizes);
    }
    bool good = (!native || (r.mean && r.rstd)) && rows_run(c, &r, x, weight, bias);
    if (!good) {
        release_tensors((struct tensor *[]){r.mean, r.rstd, r.out}, 3);
        return false;
    }
    return give_at(c, 0, r.out) && (!native || (give_at(c, 1, r.mean) && give_at(c, 2, r.rstd)));
}
bool norm_layer_norm(struct op_call *c) {
    return layer_norm(c, arg_float(c, 4), false);
}
bool norm_native_layer_norm(struct op_call *c) {
    return layer_norm(c, arg_float(c, 4), true);
}

bool norm_rms_norm(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor_or_null(c, 2);
    int64_t shape[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, shape, TENSOR_MAX_DIMS);
    if (count < 0 || !check_shape(c, x, count, shape, weight, NULL)) return false;
    static const double epsilons[] = {[DTYPE_FLOAT16] = 1.1920928955078125e-07,
                                      [DTYPE_FLOAT32] = 1.1920928955078125e-07,
                                      [DTYPE_FLOAT64] = 2.220446049250313e-16,
                                      [DTYPE_BFLOAT16] = 1.1920928955078125e-07};
    if (!dtype_is_floating(tensor_dtype(x))) return refuse(c, "rms_norm: expected a floating point tensor");
    struct rows r = {.count = 1, .length = 1, .eps = arg_none(c, 3) ? epsilons[x->dtype] : arg_float(c, 3)};
    for (int i = 0; i < x->ndim; i++) *(i < x->ndim - count ? &r.count : &r.length) *= x->sizes[i];
    if (rows_run(c, &r, x, weight, NULL)) return give_tensor(c, r.out);
    tensor_release(r.out);
    return false;
}

/* --- groups: group norm, of which instance norm without running statistics is a case --- */

static bool group_rows(struct op_call *c, struct tensor *x, int64_t groups, struct tensor *weight,
                       struct tensor *bias, double eps, struct tensor **out, struct tensor *mean,
                       struct tensor *rstd) {
    int64_t n = x->sizes[0], channels = x->sizes[1], inner = n * channels > 0 ? x->numel / (n * channels) : 0;
    struct rows r = {.count = n * groups,
                     .length = channels / groups * inner,
                     .eps = eps,
                     .centred = true,
                     .mean = mean,
                     .rstd = rstd};
    if (!rows_run(c, &r, x, NULL, NULL)) {
        tensor_release(r.out);
        return false;
    }
    *out = r.out;
    if (!weight && !bias) return true;
    double *w = doubles_of(c, weight, channels, 1), *b = doubles_of(c, bias, channels, 0),
           *line = call_scratch(c, (size_t)inner + 1, sizeof *line);
    bool good = w && b && line;
    for (int64_t i = 0; good && i < n * channels; i++) {
        load_run(r.out, i * inner, inner, line);
        for (int64_t j = 0; j < inner; j++) line[j] = line[j] * w[i % channels] + b[i % channels];
        store_run(r.out, i * inner, inner, line);
    }
    mem_free(w);
    mem_free(b);
    mem_free(line);
    return good;
}

/* Values are normalised in float32 or float64 and rounded once. */
static bool group_norm(struct op_call *c, struct tensor *x, int64_t groups, struct tensor *weight,
                       struct tensor *bias, double eps, struct tensor **out, struct tensor *mean,
                       struct tensor *rstd) {
    bool narrow = dtype_size(tensor_dtype(x)) == 2;
    struct tensor *wide = narrow ? tensor_convert(x, DTYPE_FLOAT32, c->cx->budget, c->err) : tensor_retain(x),
                  *made = NULL;
    bool good = wide && group_rows(c, wide, groups, weight, bias, eps, &made, mean, rstd);
    tensor_release(wide);
    if (!good || !narrow) {
        *out = made;
        return good;
    }
    *out = tensor_convert(made, tensor_dtype(x), c->cx->budget, c->err);
    tensor_release(made);
    return *out != NULL;
}

bool norm_group_norm(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor_or_null(c, 2), *bias = arg_tensor_or_null(c, 3),
                  *out = NULL;
    int64_t groups = arg_int(c, 1);
    if (x->ndim < 2)
        return refuse(c, "Expected at least 2 dimensions for input tensor but received %d", x->ndim);
    if (groups <= 0) return refuse(c, "num groups must be greater than 0, got %lld", (long long)groups);
    if (x->sizes[1] % groups)
        return refuse(c,
                      "Expected number of channels in input to be divisible by num_groups, but got input of "
                      "shape %s and num_groups=%lld",
                      sizes_text(x->ndim, x->sizes, (char[256]){0}, 256), (long long)groups);
    for (int i = 0; i < 2; i++) {
        struct tensor *t = i ? bias : weight;
        if (t && (t->ndim != 1 || t->numel != x->sizes[1]))
            return refuse(c,
                          "Expected %s to be a vector of size equal to the number of channels in input, but "
                          "got %s of shape %s and input of shape %s",
                          i ? "bias" : "weight", i ? "bias" : "weight",
                          sizes_text(t->ndim, t->sizes, (char[256]){0}, 256),
                          sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    }
    if (!group_norm(c, x, groups, weight, bias, arg_float(c, 4), &out, NULL, NULL)) {
        tensor_release(out);
        return false;
    }
    return give_tensor(c, out);
}

/* (input, weight, bias, N, C, HxW, group, eps) -> (out, mean, rstd) */
bool norm_native_group_norm(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *out = NULL;
    int64_t sizes[2] = {arg_int(c, 3), arg_int(c, 6)}, channels = arg_int(c, 4),
            whole[3] = {arg_int(c, 3), channels, arg_int(c, 5)};
    if (sizes[1] <= 0 || channels % sizes[1])
        return refuse(c, "Expected number of channels in input to be divisible by num_groups");
    if (whole[0] * whole[1] * whole[2] != x->numel)
        return refuse(c, "native_group_norm: sizes do not match the input");
    struct compose k = compose_start(c);
    struct tensor *mean = compose_own(&k, call_new(c, tensor_dtype(x), 2, sizes)),
                  *rstd = compose_own(&k, call_new(c, tensor_dtype(x), 2, sizes));
    struct tensor *flat = compose_run(&k, "aten::reshape", "tL", x, 3, whole);
    bool good = !k.failed && group_norm(c, flat, sizes[1], arg_tensor_or_null(c, 1), arg_tensor_or_null(c, 2),
                                        arg_float(c, 7), &out, mean, rstd);
    if (!good) {
        tensor_release(out);
        return compose_give(&k, NULL);
    }
    compose_own(&k, out);
    out = compose_run(&k, "aten::reshape", "tL", out, x->ndim, x->sizes);
    return compose_give_some(&k, 3, (struct tensor *[]){out, mean, rstd});
}

/* --- batch norm --- */

struct batch {
    struct tensor *x, *weight, *bias, *mean, *var; /* running statistics; may be NULL when training */
    bool training;
    double momentum, eps;
    double *means, *vars; /* of channels, what is used */
    double *inverse;      /* 1 / sqrt(var + eps) */
};

/* Statistics of each channel; also updates the running ones. */
static void batch_stats(struct batch *b, const struct tensor *x, int64_t inner) {
    int64_t n = x->sizes[0], channels = x->sizes[1];
    for (int64_t ch = 0; ch < channels; ch++) {
        double mean = 0, square = 0, line[CONVERT_TILE];
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t i = 0; i < n; i++)
                for (int64_t at = 0; at < inner; at += CONVERT_TILE) {
                    int64_t count = inner - at < CONVERT_TILE ? inner - at : CONVERT_TILE;
                    load_run(x, (i * channels + ch) * inner + at, count, line);
                    for (int64_t j = 0; j < count; j++) {
                        if (pass == 0)
                            mean += line[j];
                        else
                            square += (line[j] - mean) * (line[j] - mean);
                    }
                }
            if (pass == 0) mean /= (double)(n * inner);
        }
        b->means[ch] = mean;
        b->vars[ch] = square / (double)(n * inner);
        double unbiased = square / (double)(n * inner - 1);
        double new_mean =
            (1 - b->momentum) * (b->mean ? tensor_get_float(b->mean, ch) : 0) + b->momentum * mean;
        double new_var =
            (1 - b->momentum) * (b->var ? tensor_get_float(b->var, ch) : 0) + b->momentum * unbiased;
        if (b->mean) store_run(b->mean, ch * b->mean->strides[0], 1, &new_mean);
        if (b->var) store_run(b->var, ch * b->var->strides[0], 1, &new_var);
    }
}

static void batch_apply(const struct batch *b, const struct tensor *x, int64_t inner, const double *w,
                        const double *bias, struct tensor *out) {
    int64_t channels = x->sizes[1];
    double line[CONVERT_TILE];
    for (int64_t i = 0; i < x->sizes[0] * channels; i++) {
        int64_t ch = i % channels;
        double scale = b->inverse[ch] * w[ch], shift = bias[ch] - b->means[ch] * scale;
        if (x->dtype == DTYPE_FLOAT32) {
            const float *from = (const float *)tensor_data(x) + i * inner;
            float *to = (float *)tensor_data(out) + i * inner, s = (float)scale, h = (float)shift;
            for (int64_t j = 0; j < inner; j++) to[j] = from[j] * s + h;
            continue;
        }
        for (int64_t at = 0; at < inner; at += CONVERT_TILE) {
            int64_t count = inner - at < CONVERT_TILE ? inner - at : CONVERT_TILE;
            load_run(x, i * inner + at, count, line);
            for (int64_t j = 0; j < count; j++) line[j] = line[j] * scale + shift;
            store_run(out, i * inner + at, count, line);
        }
    }
}

static bool check_batch(struct op_call *c, const struct batch *b) {
    const struct tensor *all[] = {b->mean, b->var, b->weight, b->bias};
    static const char *const names[] = {"running_mean", "running_var", "weight", "bias"};
    int64_t channels = b->x->ndim > 1 ? b->x->sizes[1] : 0;
    if (b->x->ndim < 2)
        return refuse(c, "Expected more than 1 value per channel when training, got input size %s",
                      sizes_text(b->x->ndim, b->x->sizes, (char[256]){0}, 256));
    for (int i = 0; i < 4; i++)
        if (all[i] && all[i]->numel != channels)
            return refuse(c, "%s should contain %lld elements not %lld", names[i], (long long)channels,
                          (long long)all[i]->numel);
    if (!b->training && (!b->mean || !b->var))
        return refuse(c, "running_mean and running_var must be defined in evaluation mode");
    return dtype_is_floating(tensor_dtype(b->x)) ||
           refuse(c, "\"batch_norm\" not implemented for '%s'", dtype_table[b->x->dtype].graph_name);
}

/* The result; means and inverse deviations stay in b for the caller, who frees them with batch_done. */
static struct tensor *batch_run(struct op_call *c, struct batch *b) {
    int64_t channels = b->x->sizes[1],
            inner = b->x->sizes[0] * channels > 0 ? b->x->numel / (b->x->sizes[0] * channels) : 0;
    struct tensor *x = tensor_contiguous(b->x, c->cx->budget, c->err), *out = NULL;
    double *w = doubles_of(c, b->weight, channels, 1), *bias = doubles_of(c, b->bias, channels, 0);
    b->means = b->training ? call_scratch(c, (size_t)channels + 1, 8) : doubles_of(c, b->mean, channels, 0);
    b->vars = b->training ? call_scratch(c, (size_t)channels + 1, 8) : doubles_of(c, b->var, channels, 1);
    b->inverse = call_scratch(c, (size_t)channels + 1, 8);
    if (x && w && bias && b->means && b->vars && b->inverse)
        out = call_new(c, tensor_dtype(x), x->ndim, x->sizes);
    if (out) {
        if (b->training) batch_stats(b, x, inner);
        for (int64_t i = 0; i < channels; i++) b->inverse[i] = 1 / sqrt(b->vars[i] + b->eps);
        batch_apply(b, x, inner, w, bias, out);
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

/* (input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled) */
bool norm_batch_norm(struct op_call *c) {
    struct batch b = {.x = arg_tensor(c, 0),
                      .weight = arg_tensor_or_null(c, 1),
                      .bias = arg_tensor_or_null(c, 2),
                      .mean = arg_tensor_or_null(c, 3),
                      .var = arg_tensor_or_null(c, 4),
                      .training = arg_bool(c, 5),
                      .momentum = arg_float(c, 6),
                      .eps = arg_float(c, 7)};
    if (!check_batch(c, &b)) return false;
    struct tensor *out = batch_run(c, &b);
    batch_done(&b);
    return give_tensor(c, out);
}

static struct tensor *vector_of(struct op_call *c, enum dtype d, const double *x, int64_t count) {
    struct tensor *t = call_new(c, d, 1, &count);
    if (t) store_run(t, 0, count, x);
    return t;
}

static bool native_batch_norm(struct op_call *c, struct batch b) {
    int64_t zero = 0;
    if (!check_batch(c, &b)) return false;
    struct tensor *out = batch_run(c, &b);
    enum dtype stats = b.weight ? tensor_dtype(b.weight) : tensor_dtype(b.x);
    bool good = give_at(c, 0, out);
    if (good && b.training)
        good = give_at(c, 1, vector_of(c, stats, b.means, b.x->sizes[1])) &&
               give_at(c, 2, vector_of(c, stats, b.inverse, b.x->sizes[1]));
    else if (good)
        good = give_at(c, 1, call_new(c, tensor_dtype(b.x), 1, &zero)) &&
               give_at(c, 2, call_new(c, tensor_dtype(b.x), 1, &zero));
    batch_done(&b);
    return good;
}
/* (input, weight, bias, running_mean, running_var, training, momentum, eps) */
bool norm_native_batch_norm(struct op_call *c) {
    return native_batch_norm(c, (struct batch){.x = arg_tensor(c, 0),
                                               .weight = arg_tensor_or_null(c, 1),
                                               .bias = arg_tensor_or_null(c, 2),
                                               .mean = arg_tensor_or_null(c, 3),
                                               .var = arg_tensor_or_null(c, 4),
                                               .training = arg_bool(c, 5),
                                               .momentum = arg_float(c, 6),
                                               .eps = arg_float(c, 7)});
}
/* (input, weight, bias, training, momentum, eps) */
bool norm_native_batch_norm_no_stats(struct op_call *c) {
    return native_batch_norm(c, (struct batch){.x = arg_tensor(c, 0),
                                               .weight = arg_tensor_or_null(c, 1),
                                               .bias = arg_tensor_or_null(c, 2),
                                               .training = true,
                                               .momentum = arg_float(c, 4),
                                               .eps = arg_float(c, 5)});
}
/* _batch_norm_with_update(input, weight, bias, running_mean, running_var, momentum, eps): training, with an
 * empty reserve. */
bool norm_batch_norm_with_update(struct op_call *c) {
    int64_t zero = 0;
    return native_batch_norm(c, (struct batch){.x = arg_tensor(c, 0),
                                               .weight = arg_tensor_or_null(c, 1),
                                               .bias = arg_tensor_or_null(c, 2),
                                               .mean = arg_tensor_or_null(c, 3),
                                               .var = arg_tensor_or_null(c, 4),
                                               .training = true,
                                               .momentum = arg_float(c, 5),
                                               .eps = arg_float(c, 6)}) &&
           give_at(c, 3, call_new(c, DTYPE_UINT8, 1, &zero));
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
        if (!mean || !tensor_copy(given[i], mean, c->err)) k.failed = true;
    }
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", out, x->ndim, x->sizes));
}
