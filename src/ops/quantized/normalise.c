/* Normalisation and softmax of quantized tensors. Sources:
 * aten/src/ATen/native/quantized/cpu/{qnormalization,Normalization,qsoftmax}.cpp,
 * kernels/QuantizedOpKernels.cpp: quantized_normalize_kernel, quantized_groupnorm_nhwc_kernel,
 * q_batch_norm_kernel. Scales are folded into the integers: reals never come up. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/quantized/quantize.h"

enum { LANES = 8 }; /* float32 in a vector */

/* What a quantized input's kernel reads and writes: contiguous integers of one dtype. */
struct pass {
    enum dtype dtype;
    const char *from;
    char *to;
    int32_t in_zero;
    struct affine out;
    bool relu;
};

static int64_t width_of(const struct pass *p) {
    return (int64_t)dtype_size(p->dtype);
}
static float shifted_at(const struct pass *p, int64_t i) {
    return (float)(integer_load(p->dtype, p->from + i * width_of(p)) - p->in_zero);
}
static void put_real(const struct pass *p, int64_t i, float real, bool vector) {
    int32_t integer = vector ? quantize_vector(real, &p->out) : quantize_scalar(real, &p->out);
    if (p->relu && integer < p->out.zero_point) integer = p->out.zero_point;
    integer_store(p->dtype, p->to + i * width_of(p), integer);
}

/* ---- checks and parameters ---- */

/* Float parameters, contiguous; NULL for None. `as_it_lies`: batch norms read the memory from the first
 * element on and look at no stride. False: refused. */
static bool parameters(struct compose *k, int i, int64_t count, const char *problem, bool as_it_lies,
                       const float **out) {
    struct tensor *t = arg_tensor_or_null(k->c, i);
    *out = NULL;
    if (!t) return true;
    if (t->numel != count) return refuse(k->c, "%s", problem);
    if (t->dtype != DTYPE_FLOAT32)
        return refuse(k->c, "expected scalar type Float but found %s", dtype_table[t->dtype].graph_name);
    if (as_it_lies && (t->offset + count) * (int64_t)sizeof **out <= (int64_t)t->storage->bytes) {
        *out = tensor_data(t);
        return true;
    }
    struct tensor *whole = compose_own(k, tensor_contiguous(t, k->c->cx->budget, k->c->err));
    if (whole) *out = tensor_data(whole);
    return whole != NULL;
}

static struct pass pass_of(const struct tensor *x, const struct tensor *whole, const struct tensor *out) {
    return (struct pass){tensor_dtype(x),       tensor_data(whole),
                         tensor_data(out),      (int32_t)quantized_zero_point(x),
                         quantized_affine(out), false};
}

/* ---- batch norm: (x, weight, bias, mean, var, eps, scale, zero point), channels innermost ---- */

struct batch_norm {
    const float *weight, *bias, *mean, *var;
    float *alpha, *beta; /* real steps of the output = alpha * (x - zero point) + beta */
    int64_t channels;
};

static void fold(struct batch_norm *b, double eps, double in_scale, double out_scale) {
    for (int64_t i = 0; i < b->channels; i++) {
        float inverse = (float)(1.0 / (double)sqrtf(b->var[i] + (float)eps));
        float weight = inverse * b->weight[i];
        b->alpha[i] = (float)((double)weight * (in_scale / out_scale));
        b->beta[i] = (float)((double)(b->bias[i] - b->mean[i] * inverse * b->weight[i]) / out_scale);
    }
}

static void normalise_pixels(const struct pass *p, const struct batch_norm *b, int64_t pixels) {
    for (int64_t at = 0; at < pixels * b->channels; at++) {
        int64_t channel = at % b->channels;
        float x = shifted_at(p, at), y = fmaf(b->alpha[channel], x, b->beta[channel]);
        int64_t rounded = (int64_t)round_in_vector(y) + p->out.zero_point;
        if (p->relu && rounded < p->out.zero_point) rounded = p->out.zero_point;
        integer_store(p->dtype, p->to + at * width_of(p), clamp_integer(rounded, p->out.range));
    }
}

static bool read_batch_norm(struct compose *k, int64_t channels, struct batch_norm *b) {
    static const char *const problems[] = {"Expect weight size to match C", "Expect weight size to match C",
                                           "Mean size must match channel dimension",
                                           "Variance size must match channel dimension"};
    const float **const to[] = {&b->weight, &b->bias, &b->mean, &b->var};
    b->channels = channels;
    for (int i = 0; i < 4; i++)
        if (!parameters(k, 1 + i, channels, problems[i], true, to[i])) return false;
    b->alpha = call_scratch(k->c, (size_t)channels * 2, sizeof *b->alpha);
    b->beta = b->alpha ? b->alpha + channels : NULL;
    return b->alpha != NULL;
}

/* Channels to the end, through the kernel, and back; channels last stays so in four and five dimensions. */
static struct tensor *batch_normalise(struct compose *k, struct tensor *x, const struct batch_norm *b,
                                      bool relu) {
    struct op_call *c = k->c;
    int64_t order[TENSOR_MAX_DIMS], back[TENSOR_MAX_DIMS];
    int ndim = x->ndim;
    for (int i = 0; i < ndim; i++) order[i] = i == 0 ? 0 : i == ndim - 1 ? 1 : i + 1;
    for (int i = 0; i < ndim; i++) back[order[i]] = i;
    struct tensor *moved = compose_run(k, "aten::permute", "tL", x, ndim, order);
    struct tensor *whole = moved ? compose_own(k, tensor_contiguous(moved, c->cx->budget, c->err)) : NULL;
    struct tensor *out =
        whole ? compose_own(k, quantized_new(c, tensor_dtype(x), ndim, moved->sizes,
                                             quantizer_per_tensor(arg_float(c, 6), arg_int(c, 7))))
              : NULL;
    if (!out) return NULL;
    struct pass p = pass_of(x, whole, out);
    p.relu = relu;
    normalise_pixels(&p, b, x->numel / b->channels);
    struct tensor *result = compose_run(k, "aten::permute", "tL", out, ndim, back);
    return ndim > 3 || !result ? result : compose_run(k, "aten::contiguous", "td", result, 0);
}

static bool batch_norm(struct op_call *c, int least, int most, bool relu) {
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, x)) return false;
    if (arg_none(c, 1)) return refuse(c, "Weight must be provided");
    if (arg_none(c, 2)) return refuse(c, "Bias must be provided");
    if (x->numel == 0) return give_tensor(c, tensor_retain(x));
    if (x->ndim < least || x->ndim > most)
        return least == 2 && most == 5
                   ? refuse(c, "quantized::batch_norm only support 2d, 3d, 4d or 5d inputs.")
               : least == 2 ? refuse(c, "Expecting the input tensor of rank 2 or 3.")
                            : refuse(c, "Expecting the input tensor of rank %d.", least);
    struct compose k = compose_start(c);
    struct batch_norm b = {0};
    struct tensor *out = NULL;
    if (read_batch_norm(&k, x->sizes[1], &b)) {
        fold(&b, arg_float(c, 5), quantized_scale(x), arg_float(c, 6));
        out = batch_normalise(&k, x, &b, relu);
    }
    mem_free(b.alpha);
    return out ? compose_give(&k, out) : compose_refused(&k, false);
}

#define BATCH_NORMS(X)             \
    X(batch_norm, 2, 5, false)     \
    X(batch_norm1d, 2, 3, false)   \
    X(batch_norm2d, 4, 4, false)   \
    X(batch_norm3d, 5, 5, false)   \
    X(batch_norm_relu, 2, 5, true) \
    X(batch_norm1d_relu, 2, 3, true) X(batch_norm2d_relu, 4, 4, true) X(batch_norm3d_relu, 5, 5, true)
#define DEFINE_BATCH_NORM(name, least, most, relu) \
    bool op_quantized_##name(struct op_call *c) {  \
        return batch_norm(c, least, most, relu);   \
    }
BATCH_NORMS(DEFINE_BATCH_NORM)

/* ---- layer, group and instance norm ---- */

struct grouping {
    int64_t groups, count; /* count elements in each of the groups */
    int64_t run, step;     /* they lie in runs, so far apart */
    int64_t channels;      /* 0: weights are by element */
    int64_t parts;         /* channels in a group */
    const float *weight, *bias;
    double eps;
    float x_scale;
};

struct moments {
    float mean, rate; /* mean of x less its zero point, in steps; scale of x over the deviation */
};

static int64_t place_of(const struct grouping *g, int64_t first, int64_t i) {
    return first + i / g->run * g->step + i % g->run;
}

static struct moments moments_of(const struct pass *p, const struct grouping *g, int64_t first) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < g->count; i++) {
        double x = integer_load(p->dtype, p->from + place_of(g, first, i) * width_of(p));
        sum += x;
        squares += x * x;
    }
    float count = (float)g->count, mean = (float)sum / count;
    float variance = (float)squares / count - mean * mean;
    variance = variance > 0 ? variance : 0;
    double deviation = sqrt((double)(variance * g->x_scale * g->x_scale) + g->eps);
    return (struct moments){mean - (float)p->in_zero, (float)((double)g->x_scale / deviation)};
}

static float parameter_at(const float *parameters, int64_t i, float otherwise) {
    return parameters ? parameters[i] : otherwise;
}

/* A weight for each channel: whole channels go in vectors. */
static void scale_channels(const struct pass *p, const struct grouping *g, int64_t group, struct moments m) {
    int64_t each = g->count / g->parts, first = group * g->count;
    for (int64_t i = 0; i < g->count; i++) {
        int64_t channel = (group * g->parts + i / each) % g->channels;
        float rate = m.rate * parameter_at(g->weight, channel, 1);
        float centred = shifted_at(p, first + i) - m.mean;
        put_real(p, first + i, fmaf(centred, rate, parameter_at(g->bias, channel, 0)), true);
    }
}

/* A weight for each element. */
static void scale_elements(const struct pass *p, const struct grouping *g, int64_t group, struct moments m) {
    int64_t first = group * g->count, lanes = LANES * 4 / width_of(p), vectors = g->count / lanes * lanes;
    for (int64_t i = 0; i < g->count; i++) {
        float x = (shifted_at(p, first + i) - m.mean) * m.rate;
        float y = fmaf(x, parameter_at(g->weight, i, 1), parameter_at(g->bias, i, 0));
        put_real(p, first + i, y, i < vectors);
    }
}

/* Channels last: each channel's weights are folded with the group's moments first. */
static void scale_pixels(const struct pass *p, const struct grouping *g, int64_t first, int64_t channel,
                         struct moments m) {
    int64_t lanes = LANES * 4 / width_of(p), vectors = g->parts / lanes * lanes;
    for (int64_t i = 0; i < g->count; i++) {
        int64_t part = i % g->parts, at = place_of(g, first, i);
        float scale = m.rate * parameter_at(g->weight, channel + part, 1);
        float bias = fmaf(-scale, m.mean, parameter_at(g->bias, channel + part, 0));
        put_real(p, at, fmaf(shifted_at(p, at), scale, bias), part < vectors);
    }
}

static void normalise_group(const struct pass *p, const struct grouping *g, int64_t group) {
    bool last = g->run != g->count;
    int64_t each = g->channels && g->parts ? g->channels / g->parts : 1; /* groups of one image */
    int64_t first = last ? group / each * each * g->count + group % each * g->parts : group * g->count;
    struct moments m = moments_of(p, g, first);
    if (last)
        scale_pixels(p, g, first, group % each * g->parts, m);
    else if (g->channels)
        scale_channels(p, g, group, m);
    else
        scale_elements(p, g, group, m);
}

/* The input in the order in which it is read: contiguous, or channels last. */
static struct tensor *in_order(struct compose *k, struct tensor *x, bool last) {
    if (last) return x;
    return compose_own(k, tensor_contiguous(x, k->c->cx->budget, k->c->err));
}

static bool normalise(struct compose *k, struct tensor *x, struct grouping *g, double scale,
                      int64_t zero_point) {
    struct op_call *c = k->c;
    bool last = g->channels && g->run != g->count;
    struct tensor *whole = k->failed ? NULL : in_order(k, x, last);
    struct tensor *out =
        whole ? compose_own(k, quantized_like(c, last ? x : whole, scale, zero_point)) : NULL;
    if (!out) return compose_refused(k, false);
    struct pass p = pass_of(x, whole, out);
    g->x_scale = (float)quantized_scale(x);
    for (int64_t group = 0; g->count && group < g->groups; group++) normalise_group(&p, g, group);
    return compose_give(k, out);
}

/* (x, normalized_shape, weight, bias, eps, scale, zero point) */
bool op_quantized_layer_norm(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    int64_t shape[TENSOR_MAX_DIMS];
    int dims = args_ints(c, 1, shape, TENSOR_MAX_DIMS);
    if (dims < 0 || !quantized_per_tensor(c, x)) return false;
    if (dims == 0)
        return refuse(c, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at "
                         "least one element, but got normalized_shape = []");
    struct grouping g = {.count = 1, .eps = arg_float(c, 4)};
    for (int i = 0; i < dims; i++) {
        if (dims > x->ndim || x->sizes[x->ndim - dims + i] != shape[i])
            return refuse(c, "Given normalized_shape, expected input with shape [*, normalized_shape]");
        g.count *= shape[i];
    }
    g.groups = g.count ? x->numel / g.count : 0;
    g.run = g.step = g.count;
    struct compose k = compose_start(c);
    if (!parameters(&k, 2, g.count, "Expected weight to be of same shape as normalized_shape", false,
                    &g.weight) ||
        !parameters(&k, 3, g.count, "Expected bias to be of same shape as normalized_shape", false, &g.bias))
        return compose_refused(&k, false);
    return normalise(&k, x, &g, arg_float(c, 5), arg_int(c, 6));
}

/* weight, bias, eps, scale and zero point stand from argument `at` on */
static bool group_norm(struct op_call *c, int64_t groups, int at) {
    struct tensor *x = arg_tensor(c, 0);
    if (groups <= 0) return refuse(c, "Expected num_groups to be positive");
    if (x->sizes[1] % groups != 0) return refuse(c, "Expected channels to be divisible by groups");
    struct grouping g = {
        .groups = x->sizes[0] * groups, .channels = x->sizes[1], .parts = x->sizes[1] / groups};
    g.count = g.groups ? x->numel / g.groups : 0;
    g.run = g.step = g.count;
    if (tensor_is_channels_last(x) && !tensor_is_contiguous(x)) {
        g.run = g.parts;
        g.step = g.channels;
    }
    g.eps = arg_float(c, at + 2);
    struct compose k = compose_start(c);
    if (!parameters(&k, at, g.channels, "Unexpected size of gamma", false, &g.weight) ||
        !parameters(&k, at + 1, g.channels, "Unexpected size of beta", false, &g.bias))
        return compose_refused(&k, false);
    return normalise(&k, x, &g, arg_float(c, at + 3), arg_int(c, at + 4));
}

static bool check_image(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0);
    return quantized_per_tensor(c, x) &&
           (x->ndim >= 3 || refuse(c, "Expected normalized_shape to be at least 3-dimensional"));
}

/* (x, num_groups, ...) */
bool op_quantized_group_norm(struct op_call *c) {
    return check_image(c) && group_norm(c, arg_int(c, 1), 2);
}

/* (x, ...): a group a channel */
bool op_quantized_instance_norm(struct op_call *c) {
    if (!check_image(c)) return false;
    if (arg_tensor(c, 0)->sizes[1] <= 0) return refuse(c, "Expected 2nd dimension to be positive");
    return group_norm(c, arg_tensor(c, 0)->sizes[1], 1);
}

/* ---- softmax: by the reals ---- */

bool op_quantized_softmax(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_need(c, x)) return false;
    struct compose k = compose_start(c);
    struct tensor *reals = compose_own(&k, quantized_reals(c, x));
    struct tensor *y = k.failed ? NULL : compose_run(&k, "aten::softmax.int", "ti", reals, arg_int(c, 1));
    struct tensor *out = y ? quantized_of_reals(c, y, arg_float(c, 2), arg_int(c, 3), tensor_dtype(x)) : NULL;
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}
