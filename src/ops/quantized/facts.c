/* What a quantized tensor says of itself, and tensors made of integers with given scales. Sources:
 * aten/src/ATen/native/quantized/{QTensor,MakePerTensorQuantizedTensor,TensorFactories}.cpp. */
#include "ops/common/give.h"
#include "ops/create/factory.h"
#include "ops/quantized/quantize.h"
#include "tensor/quantizer.h"

static const struct quantizer *only(struct op_call *c, bool per_channel, const char *function) {
    const struct tensor *t = arg_tensor(c, 0);
    if (!quantized_need(c, t)) return NULL;
    if (t->quantizer->per_channel == per_channel) return t->quantizer;
    refuse(c,
           "Expected quantizer->qscheme() == %s to be true, but got false.  (Could this error message be "
           "improved?  If so, please report an enhancement request to PyTorch.)",
           function);
    return NULL;
}

bool op_q_scale(struct op_call *c) {
    const struct quantizer *q = only(c, false, "kPerTensorAffine");
    return q && give_float(c, q->scales[0]);
}

bool op_q_zero_point(struct op_call *c) {
    const struct quantizer *q = only(c, false, "kPerTensorAffine");
    return q && give_int(c, q->zero_points[0]);
}

bool op_q_per_channel_axis(struct op_call *c) {
    const struct quantizer *q = only(c, true, "kPerChannelAffine");
    return q && give_int(c, q->axis);
}

/* c10::QScheme: 0 per tensor, 1 per channel, 4 per channel with floating zero points. */
bool op_qscheme(struct op_call *c) {
    if (!quantized_need(c, arg_tensor(c, 0))) return false;
    const struct quantizer *q = arg_tensor(c, 0)->quantizer;
    return give_int(c, !q->per_channel ? 0 : q->float_zero_points ? 4 : 1);
}

static bool give_doubles(struct op_call *c, const struct quantizer *q, const double *numbers) {
    enum dtype d = q->float_zero_points ? DTYPE_FLOAT32 : DTYPE_FLOAT64;
    struct tensor *out = call_new(c, d, 1, &q->channels);
    if (out)
        convert_elements(d, tensor_data(out), (int64_t)dtype_size(d), DTYPE_FLOAT64, numbers,
                         (int64_t)sizeof *numbers, q->channels);
    return give_tensor(c, out);
}

bool op_q_per_channel_scales(struct op_call *c) {
    const struct quantizer *q = only(c, true, "kPerChannelAffine");
    return q && give_doubles(c, q, q->scales);
}

bool op_q_per_channel_zero_points(struct op_call *c) {
    const struct quantizer *q = only(c, true, "kPerChannelAffine");
    if (!q) return false;
    if (q->float_zero_points) return give_doubles(c, q, q->float_zero_points);
    struct tensor *out = call_new(c, DTYPE_INT64, 1, &q->channels);
    if (out) memcpy(tensor_data(out), q->zero_points, (size_t)q->channels * sizeof *q->zero_points);
    return give_tensor(c, out);
}

/* ---- integers without and with their scale ---- */

static const enum dtype pairs[][2] = {
    {DTYPE_QUINT8, DTYPE_UINT8}, {DTYPE_QINT8, DTYPE_INT8}, {DTYPE_QINT32, DTYPE_INT32}};

/* The plain dtype of a quantized one, or the other way; DTYPE_NONE: none. */
static enum dtype partner(enum dtype d, int side) {
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i][side] == d) return pairs[i][!side];
    return DTYPE_NONE;
}

/* A copy of the bytes as another dtype of the same width, contiguous. */
static bool copy_bytes(struct op_call *c, struct tensor *t, struct tensor *out) {
    struct tensor *whole = out ? tensor_contiguous(t, c->cx->budget, c->err) : NULL;
    if (whole && out->numel)
        memcpy(tensor_data(out), tensor_data(whole), (size_t)out->numel * dtype_size(tensor_dtype(out)));
    bool good = whole != NULL;
    tensor_release(whole);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

bool op_int_repr(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (!quantized_need(c, t)) return false;
    return copy_bytes(c, t, call_new(c, partner(tensor_dtype(t), 0), t->ndim, t->sizes));
}

static enum dtype quantized_dtype(struct op_call *c, const struct tensor *t) {
    enum dtype d = partner(tensor_dtype(t), 1);
    if (d == DTYPE_NONE) refuse(c, "Creation of quantized tensor requires quantized dtype like torch.quint8");
    return d;
}

bool op_make_per_tensor(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = quantized_dtype(c, t);
    if (d == DTYPE_NONE) return false;
    struct quantizer *q = quantizer_per_tensor(arg_float(c, 1), arg_int(c, 2));
    return copy_bytes(c, t, quantized_new(c, d, t->ndim, t->sizes, q));
}

bool op_make_per_channel(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct quantizer *q = quantizer_of_tensors(c, arg_tensor(c, 1), arg_tensor(c, 2), arg_int(c, 3));
    enum dtype d = q ? quantized_dtype(c, t) : DTYPE_NONE;
    if (d == DTYPE_NONE) quantizer_release(q);
    return d != DTYPE_NONE && copy_bytes(c, t, quantized_new(c, d, t->ndim, t->sizes, q));
}

/* ---- empty ones, filled with zeros ---- */

/* Sizes at argument 0 and a memory format, for tensors of a quantized dtype. */
struct shape {
    int ndim;
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
};
static bool read_shape(struct op_call *c, int format_at, enum dtype d, struct shape *s) {
    int64_t numel;
    s->ndim = args_ints(c, 0, s->sizes, TENSOR_MAX_DIMS);
    if (s->ndim < 0) return false;
    if (dtype_table[d].category != DTYPE_QUANTIZED)
        return refuse(c, "Creation of quantized tensor requires quantized dtype like torch.quint8");
    int64_t format = arg_int_or(c, format_at, FORMAT_CONTIGUOUS);
    if (format == FORMAT_PRESERVE) return refuse(c, "unsupported memory format Preserve");
    if (!sizes_product(s->ndim, s->sizes, &numel)) return refuse(c, "sizes must be non-negative");
    return format_strides(c, format, s->ndim, s->sizes, s->strides);
}

/* The quantizer is taken over. */
static bool give_empty(struct op_call *c, int dtype_at, int format_at, enum dtype otherwise,
                       struct quantizer *q) {
    struct shape s;
    enum dtype d = otherwise;
    bool good = args_dtype(c, dtype_at, otherwise, &d) && read_shape(c, format_at, d, &s);
    struct tensor *out =
        good ? tensor_new_strided(d, s.ndim, s.sizes, s.strides, c->cx->budget, c->err) : NULL;
    if (!out) {
        quantizer_release(q);
        return false;
    }
    if (out->numel) memset(out->storage->data, 0, out->storage->bytes);
    out->quantizer = q;
    return give_tensor(c, out);
}

/* The same into the row's out=, whose dtype it is. */
static bool give_emptied(struct op_call *c, int format_at, struct quantizer *q) {
    struct tensor *out = arg_tensor(c, format_at + 1);
    struct shape s;
    if (!read_shape(c, format_at, tensor_dtype(out), &s) ||
        !tensor_resize_strided(out, s.ndim, s.sizes, s.strides, c->err)) {
        quantizer_release(q);
        return false;
    }
    if (out->quantizer) quantizer_release(out->quantizer);
    out->quantizer = q;
    return give_tensor(c, tensor_retain(out));
}

/* (size, dtype, layout, device, pin_memory, scale, zero_point, memory_format) */
bool op_empty_affine(struct op_call *c) {
    struct quantizer *q = quantizer_per_tensor(arg_float(c, 5), arg_int(c, 6));
    return q ? give_empty(c, 1, 7, DTYPE_FLOAT32, q) : error_memory(c->err);
}

/* (size, scales, zero_points, axis, dtype, layout, device, pin_memory, memory_format) */
bool op_empty_per_channel(struct op_call *c) {
    struct quantizer *q = quantizer_of_tensors(c, arg_tensor(c, 1), arg_tensor(c, 2), arg_int(c, 3));
    return q && give_empty(c, 4, 8, DTYPE_FLOAT32, q);
}

/* (size, qtensor, dtype, layout, device, pin_memory, memory_format): with the scales of `qtensor` */
bool op_empty_quantized(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 1);
    if (!quantized_need(c, t)) return false;
    counted_retain(&t->quantizer->counted);
    return give_empty(c, 2, 6, tensor_dtype(t), t->quantizer);
}

/* (size, scale, zero_point, memory_format, out) */
bool op_empty_affine_out(struct op_call *c) {
    struct quantizer *q = quantizer_per_tensor(arg_float(c, 1), arg_int(c, 2));
    return q ? give_emptied(c, 3, q) : error_memory(c->err);
}

/* (size, scales, zero_points, axis, memory_format, out) */
bool op_empty_per_channel_out(struct op_call *c) {
    struct tensor *out = arg_tensor(c, 5);
    struct quantizer *q = quantizer_of_tensors(c, arg_tensor(c, 1), arg_tensor(c, 2), arg_int(c, 3));
    if (q && out->quantizer && !out->quantizer->per_channel) {
        quantizer_release(q);
        return refuse(c, "Quantized Copy only works with same qscheme");
    }
    return q && give_emptied(c, 4, q);
}

/* (size, qtensor, memory_format, out) */
bool op_empty_quantized_out(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 1);
    if (!quantized_need(c, t)) return false;
    counted_retain(&t->quantizer->counted);
    return give_emptied(c, 2, t->quantizer);
}
