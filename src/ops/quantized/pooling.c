/* Averages of quantized tensors: pooling, mean, and the standard deviation. Sums of integers are exact; what
 * follows is each PyTorch kernel's own float32 arithmetic, which is not the same for channels-last inputs.
 * Sources: aten/src/ATen/native/quantized/cpu/{AveragePool2d,AveragePool3d,AdaptiveAveragePooling,
 * ReduceOps}.cpp, kernels/QuantizedOpKernels.cpp. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/quantized/quantize.h"

enum { LANES = 8 }; /* float32 lanes of a vector: channels that go together */

/* How a window's sum becomes an integer. */
struct averaging {
    struct affine q; /* of input and output alike */
    bool adaptive, last, vectors;
};

static int32_t average(const struct averaging *a, double sum, double divisor, bool vector) {
    float multiplier = 1.0f / (float)divisor;
    struct affine scaled = affine_of(1.0f / multiplier, a->q.zero_point, a->q.range);
    if (!a->last && a->adaptive)
        return clamp_rounded((double)nearbyintf((float)(sum + divisor * a->q.zero_point) / (float)divisor),
                             a->q.range);
    if (!a->last)
        return clamp_rounded((double)nearbyintf((float)sum * multiplier + (float)a->q.zero_point),
                             a->q.range);
    if (!vector) return quantize_scalar((float)sum, &scaled);
    if (a->adaptive) return quantize_whole((float)sum, &scaled);
    return requantize((int64_t)sum, multiplier, &a->q);
}

/* Sums and divisors are contiguous; a divisor stands for all planes. */
static struct tensor *finish(struct op_call *c, const struct tensor *x, const struct tensor *sums,
                             const double *divisors, int64_t places, bool adaptive) {
    bool last = tensor_is_channels_last(x), narrow = x->dtype != DTYPE_QINT32;
    struct averaging a = {quantized_affine(x), adaptive, last, last && narrow};
    struct quantizer *q = quantizer_per_tensor(quantized_scale(x), quantized_zero_point(x));
    struct tensor *flat = quantized_new(c, tensor_dtype(x), sums->ndim, sums->sizes, q);
    if (!flat) return NULL;
    int64_t channels = last ? sums->sizes[1] : 1, size = (int64_t)dtype_size(tensor_dtype(x));
    char *to = tensor_data(flat);
    for (int64_t i = 0; i < flat->numel; i++, to += size) {
        bool vector = a.vectors && i / places % channels < channels / LANES * LANES;
        integer_store(tensor_dtype(x), to,
                      average(&a, ((const double *)tensor_data(sums))[i], divisors[i % places], vector));
    }
    if (!last || tensor_is_contiguous(x)) return flat;
    struct compose k = compose_start(c);
    struct tensor *out =
        compose_run(&k, "aten::contiguous", "td", compose_own(&k, flat), x->ndim == 4 ? 2 : 3);
    if (out) tensor_retain(out);
    compose_end(&k);
    return out;
}

static int64_t count_places(const struct tensor *sums, int dims) {
    int64_t places = 1;
    for (int i = sums->ndim - dims; i < sums->ndim; i++) places *= sums->sizes[i];
    return places ? places : 1;
}

/* ---- avg_pool: (x, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override) ---- */

static struct tensor *run_pool(struct compose *k, struct tensor *x, int dims, int64_t divisor) {
    const lb_value *v = k->c->args;
    const char *row = dims == 2 ? "aten::avg_pool2d" : "aten::avg_pool3d";
    lb_value by = divisor ? value_int(divisor) : v[6];
    return compose_run(k, row, "tvvvvvv", x, v[1], v[2], v[3], v[4], v[5], by);
}

/* One plane of ones: how many elements a window has, and what its average says of the divisor. */
static struct tensor *window_divisors(struct compose *k, const struct tensor *x, int dims) {
    int64_t sizes[4] = {1};
    for (int i = 0; i < dims; i++) sizes[1 + i] = x->sizes[x->ndim - dims + i];
    struct tensor *ones = compose_run(k, "aten::ones", "Ld", dims + 1, sizes, (int)DTYPE_FLOAT64);
    struct tensor *counts = ones ? run_pool(k, ones, dims, 1) : NULL;
    struct tensor *shares = counts ? run_pool(k, ones, dims, 0) : NULL;
    double *count = counts ? tensor_data(counts) : NULL;
    const double *share = shares ? tensor_data(shares) : NULL;
    for (int64_t i = 0; share && i < counts->numel; i++) count[i] = nearbyint(count[i] / share[i]);
    return shares ? counts : NULL;
}

static bool average_pool(struct op_call *c, int dims) {
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, x)) return false;
    if (dims == 3 && x->ndim != 5) return refuse(c, "required rank 5 tensor to use channels_last_3d format");
    if (x->ndim != dims + 1 && x->ndim != dims + 2)
        return refuse(c, "Expected %dD or %dD input to avg_pool", dims + 1, dims + 2);
    struct compose k = compose_start(c);
    struct tensor *integers = compose_own(&k, quantized_integers(c, x));
    struct tensor *sums = k.failed ? NULL : run_pool(&k, integers, dims, 1);
    struct tensor *divisors = sums ? window_divisors(&k, x, dims) : NULL;
    struct tensor *out =
        divisors ? finish(c, x, sums, tensor_data(divisors), count_places(sums, dims), false) : NULL;
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}

bool quantized_pool_avg_2d(struct op_call *c) {
    return average_pool(c, 2);
}
bool quantized_pool_avg_3d(struct op_call *c) {
    return average_pool(c, 3);
}

/* ---- adaptive_avg_pool: (x, output_size) ---- */

static int64_t window_size(int64_t place, int64_t in, int64_t out) {
    return (int64_t)(ceilf((float)((place + 1) * in) / (float)out) -
                     floorf((float)(place * in) / (float)out));
}

/* The means become sums again, exactly; `divisors` has one for each place. */
static void undo_means(const struct tensor *x, struct tensor *means, int dims, double *divisors) {
    int64_t places = count_places(means, dims);
    const int64_t *in = x->sizes + x->ndim - dims, *out = means->sizes + means->ndim - dims;
    for (int64_t place = 0; place < places; place++) {
        int64_t rest = place;
        divisors[place] = 1;
        for (int d = dims - 1; d >= 0; d--, rest /= out[d + 1])
            divisors[place] *= (double)window_size(rest % out[d], in[d], out[d]);
    }
    double *mean = tensor_data(means);
    for (int64_t i = 0; i < means->numel; i++) mean[i] = nearbyint(mean[i] * divisors[i % places]);
}

static bool adaptive_pool(struct op_call *c, int dims, const char *row) {
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, x)) return false;
    if (x->ndim != dims + 1 && x->ndim != dims + 2)
        return refuse(c, "adaptive_avg_pool%dd: Expected %dD or %dD tensor", dims, dims + 1, dims + 2);
    struct compose k = compose_start(c);
    struct tensor *integers = compose_own(&k, quantized_integers(c, x));
    struct tensor *means = k.failed ? NULL : compose_run(&k, row, "tv", integers, c->args[1]), *out = NULL;
    if (means && means->numel == 0) {
        out = quantized_new(c, tensor_dtype(x), means->ndim, means->sizes,
                            quantizer_per_tensor(quantized_scale(x), quantized_zero_point(x)));
    } else if (means) {
        double *divisors = call_scratch(c, (size_t)count_places(means, dims), sizeof *divisors);
        if (divisors) undo_means(x, means, dims, divisors);
        if (divisors) out = finish(c, x, means, divisors, count_places(means, dims), true);
        mem_free(divisors);
    }
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}

bool quantized_pool_adaptive_avg_2d(struct op_call *c) {
    return adaptive_pool(c, 2, "aten::adaptive_avg_pool2d");
}
bool quantized_pool_adaptive_avg_3d(struct op_call *c) {
    return adaptive_pool(c, 3, "aten::adaptive_avg_pool3d");
}

/* ---- maxima: by the integers ---- */

bool op_integers(struct op_call *c, op_kernel kernel);
bool op_wholes(struct op_call *c, op_kernel kernel);

static bool maximum_pool(struct op_call *c, int dims, op_kernel kernel) {
    const struct tensor *x = arg_tensor(c, 0);
    if (!quantized_need(c, x)) return false;
    if (dims == 3 && x->ndim != 5) return refuse(c, "Expecting the input tensor of rank 5.");
    return dims == 1 ? op_wholes(c, kernel) : op_integers(c, kernel); /* the 1-d kernel takes floats alone */
}

#define MAXIMA(X) X(1) X(2) X(3)
#define DEFINE_MAXIMUM(dims)                                 \
    bool pool_max_##dims##d(struct op_call *c);              \
    bool op_quantized_max_pool##dims##d(struct op_call *c) { \
        return maximum_pool(c, dims, pool_max_##dims##d);    \
    }
MAXIMA(DEFINE_MAXIMUM)
bool quantized_pool_max_3d(struct op_call *c) {
    return op_quantized_max_pool3d(c);
}

/* ---- mean and std ---- */

/* Whether the reduced dimensions (argument i) are the innermost ones of a contiguous tensor; how many. */
static bool reduces_innermost(struct op_call *c, int i, const struct tensor *t, uint64_t mask, int *count) {
    bool all = arg_none(c, i) || arg_list(c, i)->count == 0;
    *count = 0;
    for (int d = t->ndim - 1; d >= 0 && (mask >> d & 1); d--) ++*count;
    int wanted = all ? t->ndim : (int)arg_list(c, i)->count;
    return tensor_is_contiguous(t) && *count == wanted;
}

/* A quantized tensor of t's outer sizes, its reduced inner ones 1 or gone. */
static struct tensor *outer_shape(struct op_call *c, const struct tensor *t, int inner, bool keep) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = keep ? t->ndim : t->ndim - inner;
    for (int i = 0; i < ndim; i++) sizes[i] = i < t->ndim - inner ? t->sizes[i] : 1;
    return quantized_new(c, tensor_dtype(t), ndim, sizes,
                         quantizer_per_tensor(quantized_scale(t), quantized_zero_point(t)));
}

typedef int32_t (*group_result)(const struct affine *q, double sum, double squares, double count,
                                double correction);

static int32_t mean_of(const struct affine *q, double sum, double squares, double count, double correction) {
    (void)squares, (void)correction;
    return clamp_rounded((double)nearbyintf((float)sum / (float)count), q->range);
}

static int32_t deviation_of(const struct affine *q, double sum, double squares, double count,
                            double correction) {
    double degrees = fmax(count - correction, 0), mean = sum / count;
    double variance = squares / degrees - 2 * mean * (sum / degrees) + mean * mean * count / degrees;
    return quantize_scalar((float)(sqrt(fmax(variance, 0)) * q->scale), q);
}

static void reduce_groups(const struct tensor *t, struct tensor *out, group_result result,
                          double correction) {
    int64_t count = out->numel ? t->numel / out->numel : 0, size = (int64_t)dtype_size(tensor_dtype(t));
    struct affine q = quantized_affine(t);
    const char *from = tensor_data(t);
    for (int64_t g = 0; g < out->numel; g++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < count; i++, from += size) {
            double x = integer_load(tensor_dtype(t), from);
            sum += x;
            squares += x * x;
        }
        integer_store(tensor_dtype(t), (char *)tensor_data(out) + g * size,
                      result(&q, sum, squares, (double)count, correction));
    }
}

/* By the reals, where the reduced dimensions are not the innermost. */
static struct tensor *reduce_reals(struct op_call *c, const char *row, const char *format, lb_value dims,
                                   lb_value second, lb_value third) {
    struct tensor *t = arg_tensor(c, 0);
    struct compose k = compose_start(c);
    struct tensor *reals = compose_own(&k, quantized_reals(c, t));
    struct tensor *y = k.failed ? NULL : compose_run(&k, row, format, reals, dims, second, third);
    struct tensor *out =
        y ? quantized_of_reals(c, y, quantized_scale(t), quantized_zero_point(t), tensor_dtype(t)) : NULL;
    compose_end(&k);
    return out;
}

static struct tensor *mean(struct op_call *c, bool has_dims) {
    struct tensor *t = arg_tensor(c, 0);
    int inner;
    uint64_t mask;
    bool keep = has_dims && arg_bool(c, 2);
    if (!quantized_per_tensor(c, t)) return NULL;
    if (!has_dims) {
        inner = t->ndim;
        if (!tensor_is_contiguous(t))
            return reduce_reals(c, "aten::mean.dim", "tvvv", value_none(), value_bool(false), value_none());
    } else {
        if (!wrap_dims(c, 1, t->ndim, true, &mask)) return NULL;
        if (!reduces_innermost(c, 1, t, mask, &inner))
            return reduce_reals(c, "aten::mean.dim", "tvvv", c->args[1], c->args[2], value_none());
    }
    struct tensor *out = outer_shape(c, t, inner, keep);
    if (out) reduce_groups(t, out, mean_of, 0);
    return out;
}

bool quantized_reduce_mean(struct op_call *c) {
    return quantized_give(c, mean(c, false));
}
bool quantized_reduce_mean_dim(struct op_call *c) {
    return quantized_give(c, mean(c, true));
}

/* (x, dims, correction or unbiased, keepdim) */
bool quantized_reduce_std_dim(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int inner;
    uint64_t mask;
    if (!quantized_per_tensor(c, t) || !wrap_dims(c, 1, t->ndim, true, &mask)) return false;
    lb_value correction = c->args[2].tag == VALUE_BOOL ? value_int(c->args[2].i) : c->args[2];
    if (!reduces_innermost(c, 1, t, mask, &inner))
        return quantized_give(
            c, reduce_reals(c, "aten::std.correction", "tvvv", c->args[1], correction, c->args[3]));
    struct tensor *out = outer_shape(c, t, inner, arg_bool(c, 3));
    if (out) reduce_groups(t, out, deviation_of, correction.tag == VALUE_NONE ? 1 : number_of(correction).f);
    return quantized_give(c, out);
}

/* (x, unbiased) */
bool quantized_reduce_std(struct op_call *c) {
    lb_value args[4] = {c->args[0], value_none(), c->args[1], value_bool(false)};
    struct op_call inner = *c;
    inner.args = args;
    inner.arg_count = 4;
    return quantized_reduce_std_dim(&inner);
}
