/* Quantized linear layers and convolutions. Sums of products of integers are exact (in float64), as fbgemm's
 * in int32; what follows is fbgemm's float32 arithmetic (ReQuantizeOutput in fbgemm/QuantUtils.h), so that
 * integers come out the same. Sources:
 * aten/src/ATen/native/quantized/cpu/{qlinear,qlinear_dynamic,qconv}.cpp. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/quantized/packed.h"
#include "ops/quantized/quantize.h"
#include <math.h>

/* How sums become results. */
struct requantization {
    const struct tensor *sums, *bias;
    const struct quantizer *weights; /* of the weight tensor */
    int64_t channels, inner;         /* the result's channel of element i is i / inner % channels */
    double input_scale;
};

static float weight_scale(const struct requantization *r, int64_t channel) {
    return (float)(r->weights->per_channel ? r->weights->scales[channel % r->weights->channels]
                                           : r->weights->scales[0]);
}

/* Sums to integers with this scale and zero point; `relu` keeps them at the zero point or above. */
static struct tensor *to_integers(struct op_call *c, const struct requantization *r, double scale,
                                  int64_t zero_point, bool relu) {
    struct tensor *out = quantized_new(c, DTYPE_QUINT8, r->sums->ndim, r->sums->sizes,
                                       quantizer_per_tensor(scale, zero_point));
    const double *sums = tensor_data(r->sums);
    const float *bias = r->bias ? tensor_data(r->bias) : NULL;
    float low = relu && zero_point > 0 ? (float)zero_point : 0;
    for (int64_t i = 0; out && i < out->numel; i++) {
        int64_t channel = i / r->inner % r->channels;
        float both = (float)r->input_scale * weight_scale(r, channel), x = (float)sums[i];
        if (bias) x += bias[channel] / both;
        float rounded = nearbyintf(x * (both / (float)scale)) + (float)zero_point;
        ((uint8_t *)tensor_data(out))[i] = (uint8_t)(!(rounded > low) ? low : rounded > 255 ? 255 : rounded);
    }
    return out;
}

static struct tensor *to_reals(struct op_call *c, const struct requantization *r, bool relu) {
    struct tensor *out = call_new(c, DTYPE_FLOAT32, r->sums->ndim, r->sums->sizes);
    const double *sums = tensor_data(r->sums);
    const float *bias = r->bias ? tensor_data(r->bias) : NULL;
    for (int64_t i = 0; out && i < out->numel; i++) {
        int64_t channel = i / r->inner % r->channels;
        float x = (float)sums[i] * ((float)r->input_scale * weight_scale(r, channel));
        if (bias) x += bias[channel];
        ((float *)tensor_data(out))[i] = relu && x < 0 ? 0 : x;
    }
    return out;
}

static bool check_weights(struct op_call *c, const struct packed_weights *w) {
    if (!w->weight->quantizer) return refuse(c, "packed weights that are not quantized");
    bool good = !w->bias || (w->bias->dtype == DTYPE_FLOAT32 && tensor_is_contiguous(w->bias) &&
                             w->bias->numel == w->weight->sizes[0]);
    return good || refuse(c, "the bias of packed weights should be float32, one for each output channel");
}

/* ---- linear ---- */

static struct tensor *linear_sums(struct compose *k, struct tensor *x, const struct packed_weights *w) {
    struct tensor *integers = compose_own(k, quantized_integers(k->c, x));
    struct tensor *weights = compose_own(k, quantized_integers(k->c, w->weight));
    return k->failed ? NULL : compose_run(k, "aten::linear", "ttn", integers, weights);
}

static struct requantization linear_requantization(const struct tensor *sums, const struct packed_weights *w,
                                                   double input_scale) {
    return (struct requantization){sums, w->bias, w->weight->quantizer, w->weight->sizes[0], 1, input_scale};
}

static bool quantized_linear(struct op_call *c, bool relu) {
    struct packed_weights w;
    if (!packed_read_linear(c, 1, &w) || !check_weights(c, &w) || !quantized_per_tensor(c, arg_tensor(c, 0)))
        return false;
    struct compose k = compose_start(c);
    struct tensor *sums = linear_sums(&k, arg_tensor(c, 0), &w);
    if (!sums) return compose_end(&k);
    struct requantization r = linear_requantization(sums, &w, quantized_scale(arg_tensor(c, 0)));
    return compose_give(&k, compose_own(&k, to_integers(c, &r, arg_float(c, 2), arg_int(c, 3), relu)));
}

bool op_quantized_linear(struct op_call *c) {
    return quantized_linear(c, false);
}
bool op_quantized_linear_relu(struct op_call *c) {
    return quantized_linear(c, true);
}

/* The input's scale is found from its values at each call. */
static struct tensor *quantize_input(struct compose *k, struct tensor *x, bool reduce) {
    struct tensor *whole = compose_own(k, tensor_contiguous(x, k->c->cx->budget, k->c->err));
    if (k->failed) return NULL;
    float low, high;
    double scale;
    int64_t zero_point;
    if (!quantized_find_range(k->c, whole, &low, &high) ||
        !quantized_choose(k->c, low, high, (struct integer_range){0, reduce ? 127 : 255}, 0, &scale,
                          &zero_point)) {
        k->failed = true;
        return NULL;
    }
    return compose_own(k, quantized_of_reals(k->c, whole, (double)(float)scale, zero_point, DTYPE_QUINT8));
}

static bool linear_dynamic(struct op_call *c, bool relu) {
    struct packed_weights w;
    if (!packed_read_linear(c, 1, &w) || !check_weights(c, &w)) return false;
    if (arg_tensor(c, 0)->dtype != DTYPE_FLOAT32)
        return refuse(c, "quantized::linear_dynamic takes a float32 tensor");
    struct compose k = compose_start(c);
    struct tensor *x = quantize_input(&k, arg_tensor(c, 0), c->arg_count > 2 && arg_bool(c, 2));
    struct tensor *sums = x ? linear_sums(&k, x, &w) : NULL;
    if (!sums) return compose_end(&k);
    struct requantization r = linear_requantization(sums, &w, quantized_scale(x));
    return compose_give(&k, compose_own(&k, to_reals(c, &r, relu)));
}

bool op_quantized_linear_dynamic(struct op_call *c) {
    return linear_dynamic(c, false);
}
bool op_quantized_linear_relu_dynamic(struct op_call *c) {
    return linear_dynamic(c, true);
}

/* Weights that went through float16; the product is one of float32. */
static bool linear_half(struct op_call *c, bool relu) {
    struct packed_weights w;
    if (!packed_read_linear(c, 1, &w)) return false;
    struct compose k = compose_start(c);
    struct tensor *half = compose_own(&k, tensor_convert(w.weight, DTYPE_FLOAT16, c->cx->budget, c->err));
    struct tensor *weight =
        k.failed ? NULL : compose_own(&k, tensor_convert(half, DTYPE_FLOAT32, c->cx->budget, c->err));
    struct tensor *y = compose_run(&k, "aten::linear", "ttt", arg_tensor(c, 0), weight, w.bias);
    return compose_give(&k, relu ? compose_run(&k, "aten::relu", "t", y) : y);
}

bool op_quantized_linear_half(struct op_call *c) {
    return linear_half(c, false);
}
bool op_quantized_linear_relu_half(struct op_call *c) {
    return linear_half(c, true);
}

/* ---- convolution ---- */

static struct tensor *convolution_sums(struct compose *k, struct tensor *x,
                                       const struct packed_convolution *p) {
    struct tensor *integers = compose_own(k, quantized_integers(k->c, x));
    struct tensor *weights = compose_own(k, quantized_integers(k->c, p->weights.weight));
    return compose_run(k, "aten::convolution", "ttnLLLbLi", integers, weights, p->dims, p->stride, p->dims,
                       p->padding, p->dims, p->dilation, p->transposed, p->dims, p->output_padding,
                       p->groups);
}

static bool check_convolution(struct op_call *c, const struct packed_convolution *p, const struct tensor *x) {
    if (!quantized_per_tensor(c, x) || p->transposed)
        return p->transposed ? refuse(c, "quantized transposed convolutions can't be run yet") : false;
    return x->ndim == p->dims + 2 ? check_weights(c, &p->weights)
                                  : refuse(c, "Expected activation data to have %d dimensions", p->dims + 2);
}

static bool convolve(struct op_call *c, struct tensor *x, struct tensor **out, double scale,
                     int64_t zero_point, bool relu) {
    struct packed_convolution p;
    if (!packed_read_convolution(c, 1, &p) || !check_convolution(c, &p, x)) return false;
    struct compose k = compose_start(c);
    struct tensor *sums = convolution_sums(&k, x, &p),
                  *whole = sums ? compose_own(&k, tensor_contiguous(sums, c->cx->budget, c->err)) : NULL;
    if (!whole) return compose_end(&k);
    int64_t inner = 1;
    for (int i = 2; i < whole->ndim; i++) inner *= whole->sizes[i];
    struct requantization r = {whole,           p.weights.bias,    p.weights.weight->quantizer,
                               whole->sizes[1], inner ? inner : 1, quantized_scale(x)};
    *out = to_integers(c, &r, scale, zero_point, relu);
    compose_end(&k);
    return *out != NULL;
}

/* (x, packed, scale, zero point), or the old form with stride, padding, dilation and groups in between. */
static bool quantized_convolution(struct op_call *c, bool relu) {
    int at = c->arg_count > 4 ? 6 : 2;
    struct tensor *out = NULL;
    return convolve(c, arg_tensor(c, 0), &out, arg_float(c, at), arg_int(c, at + 1), relu) &&
           give_tensor(c, out);
}

bool op_quantized_conv(struct op_call *c) {
    return quantized_convolution(c, false);
}
bool op_quantized_conv_relu(struct op_call *c) {
    return quantized_convolution(c, true);
}

static bool convolution_1d(struct op_call *c, bool relu) {
    struct tensor *x = arg_tensor(c, 0), *flat = NULL;
    if (x->ndim != 3) return refuse(c, "Expected activation data to have 3 dimensions");
    int64_t sizes[4] = {x->sizes[0], x->sizes[1], 1, x->sizes[2]},
            strides[4] = {x->strides[0], x->strides[1], 0, x->strides[2]};
    struct tensor *high = tensor_view_as(x, 4, sizes, strides, x->offset, c->err);
    bool good = high && convolve(c, high, &flat, arg_float(c, 2), arg_int(c, 3), relu);
    tensor_release(high);
    if (!good) return false;
    int64_t out_sizes[3] = {flat->sizes[0], flat->sizes[1], flat->sizes[3]},
            out_strides[3] = {flat->strides[0], flat->strides[1], flat->strides[3]};
    struct tensor *out = tensor_view_as(flat, 3, out_sizes, out_strides, flat->offset, c->err);
    tensor_release(flat);
    return give_tensor(c, out);
}

bool op_quantized_conv1d(struct op_call *c) {
    return convolution_1d(c, false);
}
bool op_quantized_conv1d_relu(struct op_call *c) {
    return convolution_1d(c, true);
}
