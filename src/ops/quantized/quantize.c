/* To and from integers; see quantize.h. Sources: aten/src/ATen/native/quantized/AffineQuantizer*.cpp,
 * aten/src/ATen/native/quantized/TensorFactories.cpp. */
#include "ops/quantized/quantize.h"
#include "tensor/quantizer.h"
#include <math.h>
#include <string.h>

struct integer_range quantized_range(enum dtype d) {
    if (d == DTYPE_QUINT8) return (struct integer_range){0, 255};
    if (d == DTYPE_QINT8) return (struct integer_range){-128, 127};
    return (struct integer_range){INT32_MIN, INT32_MAX};
}

struct quantizer *quantizer_per_channel(int64_t channels, int axis) {
    struct quantizer *q = quantizer_new(channels);
    if (!q) return NULL;
    q->per_channel = true;
    q->axis = axis;
    return q;
}

struct quantizer *quantizer_per_tensor(double scale, int64_t zero_point) {
    struct quantizer *q = quantizer_new(1);
    if (!q) return NULL;
    q->scales[0] = scale;
    q->zero_points[0] = zero_point;
    return q;
}

struct tensor *quantized_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes,
                             struct quantizer *q) {
    struct tensor *t = q ? call_new(c, d, ndim, sizes) : NULL;
    if (!q) error_memory(c->err);
    if (t) t->quantizer = q;
    if (q && !t) quantizer_release(q);
    return t;
}

bool quantized_per_tensor(struct op_call *c, const struct tensor *t) {
    if (t->quantizer && !t->quantizer->per_channel) return true;
    return refuse(c, "Expected a tensor that is quantized per tensor");
}

static int32_t integer_at(const struct tensor *t, int64_t i) {
    const void *data = tensor_data(t);
    if (t->dtype == DTYPE_QUINT8) return ((const uint8_t *)data)[i];
    return t->dtype == DTYPE_QINT8 ? ((const int8_t *)data)[i] : ((const int32_t *)data)[i];
}

static void put_integer(const struct tensor *t, int64_t i, int64_t value) {
    void *data = tensor_data(t);
    if (t->dtype == DTYPE_QUINT8)
        ((uint8_t *)data)[i] = (uint8_t)value;
    else if (t->dtype == DTYPE_QINT8)
        ((int8_t *)data)[i] = (int8_t)value;
    else
        ((int32_t *)data)[i] = (int32_t)value;
}

/* Elements of one step along the quantizer's axis, in a contiguous tensor. */
static int64_t inner_size(const struct tensor *t) {
    int64_t inner = 1;
    for (int i = t->quantizer->axis + 1; i < t->ndim; i++) inner *= t->sizes[i];
    return inner;
}

static int64_t channel_at(const struct tensor *t, int64_t i, int64_t inner) {
    return t->quantizer->per_channel ? i / inner % t->quantizer->channels : 0;
}

/* `scaled`: times the scale, in float32 as PyTorch does. */
static struct tensor *unpack(struct op_call *c, struct tensor *t, enum dtype d, bool scaled) {
    if (!t->quantizer) {
        refuse(c, "Expected a quantized tensor");
        return NULL;
    }
    struct tensor *whole = tensor_contiguous(t, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, d, t->ndim, t->sizes) : NULL;
    int64_t inner = inner_size(t);
    for (int64_t i = 0; out && i < t->numel; i++) {
        int64_t channel = channel_at(t, i, inner);
        int64_t shifted = integer_at(whole, i) - t->quantizer->zero_points[channel];
        if (scaled)
            ((float *)tensor_data(out))[i] = (float)shifted * (float)t->quantizer->scales[channel];
        else
            ((double *)tensor_data(out))[i] = (double)shifted;
    }
    tensor_release(whole);
    return out;
}

struct tensor *quantized_integers(struct op_call *c, struct tensor *t) {
    return unpack(c, t, DTYPE_FLOAT64, false);
}

struct tensor *quantized_reals(struct op_call *c, struct tensor *t) {
    return unpack(c, t, DTYPE_FLOAT32, true);
}

static int64_t to_integer(float real, float scale, int64_t zero_point, struct integer_range range) {
    float rounded = nearbyintf(real * (1.0f / scale));
    double shifted = (double)rounded + (double)zero_point;
    if (!(shifted > range.low)) return range.low;
    return shifted > range.high ? range.high : (int64_t)shifted;
}

/* Contiguous float32 in, integers by the result's quantizer out. */
static bool fill(struct op_call *c, struct tensor *reals, struct tensor *out) {
    struct tensor *floats = tensor_convert(reals, DTYPE_FLOAT32, c->cx->budget, c->err);
    struct tensor *whole = floats ? tensor_contiguous(floats, c->cx->budget, c->err) : NULL;
    struct integer_range range = quantized_range(tensor_dtype(out));
    int64_t inner = inner_size(out);
    for (int64_t i = 0; whole && i < out->numel; i++) {
        int64_t channel = channel_at(out, i, inner);
        float real = ((const float *)tensor_data(whole))[i];
        put_integer(out, i,
                    to_integer(real, (float)out->quantizer->scales[channel],
                               out->quantizer->zero_points[channel], range));
    }
    tensor_release(whole);
    tensor_release(floats);
    return whole != NULL;
}

struct tensor *quantized_of_reals(struct op_call *c, struct tensor *reals, double scale, int64_t zero_point,
                                  enum dtype d) {
    struct integer_range range = quantized_range(d);
    if (dtype_table[d].category != DTYPE_QUANTIZED || zero_point < range.low || zero_point > range.high ||
        !(scale > 0)) {
        refuse(c, "quantize: a dtype that is not quantized, a scale that is not positive or a zero point out "
                  "of range");
        return NULL;
    }
    struct tensor *out =
        quantized_new(c, d, reals->ndim, reals->sizes, quantizer_per_tensor(scale, zero_point));
    if (out && fill(c, reals, out)) return out;
    tensor_release(out);
    return NULL;
}

void quantized_choose(float low, float high, struct integer_range range, double *scale, int64_t *zero_point) {
    const double smallest = 6.1e-5;
    double min = low < 0 ? low : 0, max = high > 0 ? high : 0, steps = (double)range.high - range.low;
    *scale = (max - min) / steps;
    if ((float)*scale == 0 || isinf(1.0f / (float)*scale)) *scale = 0.1;
    if (*scale < smallest) {
        double larger = smallest / *scale;
        *scale = smallest;
        if (min == 0)
            max = smallest * steps;
        else if (max == 0)
            min = -smallest * steps;
        else
            min *= larger, max *= larger;
    }
    double from_min = range.low - min / *scale, from_max = range.high - max / *scale;
    double error_min = fabs((double)range.low) - fabs(min / *scale),
           error_max = fabs((double)range.high) - fabs(max / *scale);
    double zero = nearbyint(error_min < error_max ? from_min : from_max);
    *zero_point = zero < range.low ? range.low : zero > range.high ? range.high : (int64_t)zero;
}

/* ---- operators ---- */

bool op_quantize_per_tensor(struct op_call *c) {
    enum dtype d;
    if (!args_dtype(c, 3, DTYPE_NONE, &d)) return false;
    return give_tensor(c, quantized_of_reals(c, arg_tensor(c, 0), arg_float(c, 1), arg_int(c, 2), d));
}

bool op_quantize_per_tensor_qparams(struct op_call *c) {
    enum dtype d;
    if (!args_dtype(c, 3, DTYPE_NONE, &d)) return false;
    double scale = tensor_get_float(arg_tensor(c, 1), 0);
    return give_tensor(
        c, quantized_of_reals(c, arg_tensor(c, 0), scale, tensor_get_int(arg_tensor(c, 2), 0), d));
}

bool op_quantize_per_channel(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0), *scales = arg_tensor(c, 1), *zeros = arg_tensor(c, 2);
    int64_t axis = arg_int(c, 3);
    enum dtype d;
    if (!args_dtype(c, 4, DTYPE_NONE, &d) || !wrap_dim(c, &axis, t->ndim)) return false;
    if (dtype_table[d].category != DTYPE_QUANTIZED || scales->numel != t->sizes[axis] ||
        zeros->numel != t->sizes[axis])
        return refuse(c, "length of scales must equal to channel, expected %lld got, %lld",
                      (long long)t->sizes[axis], (long long)scales->numel);
    struct quantizer *q = quantizer_per_channel(t->sizes[axis], (int)axis);
    for (int64_t i = 0; q && i < q->channels; i++) {
        q->scales[i] = tensor_get_float(scales, i);
        q->zero_points[i] = tensor_get_int(zeros, i);
    }
    struct tensor *out = quantized_new(c, d, t->ndim, t->sizes, q);
    if (out && fill(c, arg_tensor(c, 0), out)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

bool op_quantize_per_tensor_dynamic(struct op_call *c) {
    enum dtype d;
    if (!args_dtype(c, 1, DTYPE_NONE, &d)) return false;
    const struct tensor *t = arg_tensor(c, 0);
    struct integer_range range = quantized_range(d);
    if (arg_bool(c, 2)) range.low /= 2, range.high /= 2;
    float low = 0, high = 0;
    for (int64_t i = 0; i < t->numel; i++) {
        float x = (float)tensor_get_float(t, i);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    double scale;
    int64_t zero_point;
    quantized_choose(low, high, range, &scale, &zero_point);
    return give_tensor(c, quantized_of_reals(c, arg_tensor(c, 0), scale, zero_point, d));
}

bool op_dequantize(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (!t->quantizer) return give_tensor(c, tensor_convert(t, DTYPE_FLOAT32, c->cx->budget, c->err));
    return give_tensor(c, quantized_reals(c, t));
}

bool op_q_scale(struct op_call *c) {
    return quantized_per_tensor(c, arg_tensor(c, 0)) &&
           give(c, value_float(quantized_scale(arg_tensor(c, 0))));
}

bool op_q_zero_point(struct op_call *c) {
    return quantized_per_tensor(c, arg_tensor(c, 0)) &&
           give(c, value_int(quantized_zero_point(arg_tensor(c, 0))));
}

static bool per_channel(struct op_call *c) {
    const struct quantizer *q = arg_tensor(c, 0)->quantizer;
    return (q && q->per_channel) || refuse(c, "Expected a tensor that is quantized per channel");
}

bool op_q_per_channel_scales(struct op_call *c) {
    if (!per_channel(c)) return false;
    const struct quantizer *q = arg_tensor(c, 0)->quantizer;
    struct tensor *out = call_new(c, DTYPE_FLOAT64, 1, &q->channels);
    if (out) memcpy(tensor_data(out), q->scales, (size_t)q->channels * sizeof *q->scales);
    return give_tensor(c, out);
}

bool op_q_per_channel_zero_points(struct op_call *c) {
    if (!per_channel(c)) return false;
    const struct quantizer *q = arg_tensor(c, 0)->quantizer;
    struct tensor *out = call_new(c, DTYPE_INT64, 1, &q->channels);
    if (out) memcpy(tensor_data(out), q->zero_points, (size_t)q->channels * sizeof *q->zero_points);
    return give_tensor(c, out);
}

bool op_q_per_channel_axis(struct op_call *c) {
    return per_channel(c) && give(c, value_int(arg_tensor(c, 0)->quantizer->axis));
}

/* The integers as a plain tensor. */
bool op_int_repr(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (!t->quantizer) return refuse(c, "int_repr is defined for quantized tensors only");
    enum dtype d = t->dtype == DTYPE_QUINT8  ? DTYPE_UINT8
                   : t->dtype == DTYPE_QINT8 ? DTYPE_INT8
                                             : DTYPE_INT32;
    struct tensor *whole = tensor_contiguous(t, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, d, t->ndim, t->sizes) : NULL;
    if (out && out->numel) memcpy(tensor_data(out), tensor_data(whole), (size_t)out->numel * dtype_size(d));
    tensor_release(whole);
    return give_tensor(c, out);
}
