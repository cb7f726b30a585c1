/* To and from integers; see quantize.h. Sources: aten/src/ATen/quantized/Quantizer.cpp,
 * aten/src/ATen/native/quantized/AffineQuantizer.cpp, aten/src/ATen/native/Copy.cpp. */
#include "ops/quantized/quantize.h"
#include "ops/create/factory.h"
#include "tensor/quantizer.h"
#include "types/type.h"

struct integer_range quantized_range(enum dtype d) {
    if (d == DTYPE_QUINT8) return (struct integer_range){0, 255};
    if (d == DTYPE_QINT8) return (struct integer_range){-128, 127};
    return (struct integer_range){INT32_MIN, INT32_MAX};
}

struct affine quantized_affine(const struct tensor *t) {
    return affine_of(quantized_scale(t), quantized_zero_point(t), quantized_range(tensor_dtype(t)));
}

bool quantized_need(struct op_call *c, const struct tensor *t) {
    if (t->quantizer) return true;
    return error_set_kind(c->err, LB_ERROR_RUNTIME, "NotImplementedError",
                          "Could not run '%s' with arguments from the 'CPU' backend.",
                          c->row ? op_name(c->row) : "aten::qscheme");
}

bool quantized_per_tensor(struct op_call *c, const struct tensor *t) {
    if (!quantized_need(c, t)) return false;
    return !t->quantizer->per_channel || refuse(c, "Expected a tensor that is quantized per tensor");
}

/* ---- making ---- */

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

/* A tensor without it is given up, and a quantizer without a tensor. */
static struct tensor *attach(struct op_call *c, struct tensor *t, struct quantizer *q) {
    if (!q) error_memory(c->err);
    if (t && q) {
        t->quantizer = q;
        return t;
    }
    quantizer_release(q);
    tensor_release(t);
    return NULL;
}

struct tensor *quantized_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes,
                             struct quantizer *q) {
    return attach(c, q ? call_new(c, d, ndim, sizes) : NULL, q);
}

struct tensor *quantized_like_as(struct op_call *c, const struct tensor *t, enum dtype d,
                                 struct quantizer *q) {
    bool last = !tensor_is_contiguous(t) && tensor_is_channels_last(t);
    struct tensor *out = !q     ? NULL
                         : last ? tensor_new_strided(d, t->ndim, t->sizes, t->strides, c->cx->budget, c->err)
                                : call_new(c, d, t->ndim, t->sizes);
    return attach(c, out, q);
}

struct tensor *quantized_like(struct op_call *c, const struct tensor *t, double scale, int64_t zero_point) {
    return quantized_like_as(c, t, tensor_dtype(t), quantizer_per_tensor(scale, zero_point));
}

static bool check_parameters(struct op_call *c, const struct tensor *scales, const struct tensor *zeros) {
    if (scales->ndim != 1) return refuse(c, "scale tensor must have dimension 1");
    if (zeros->ndim != 1) return refuse(c, "zero_points tensor must have dimension 1");
    if (scales->numel != zeros->numel)
        return refuse(c, "number of elements in scales and zero_points must match");
    return dtype_is_floating(tensor_dtype(scales)) || refuse(c, "scale tensor must be floating point");
}

struct quantizer *quantizer_of_tensors(struct op_call *c, const struct tensor *scales,
                                       const struct tensor *zeros, int64_t axis) {
    if (!check_parameters(c, scales, zeros)) return NULL;
    bool floating = dtype_is_floating(tensor_dtype(zeros));
    struct quantizer *q = quantizer_per_channel(scales->numel, (int)axis);
    if (q && floating && !quantizer_add_floats(q)) {
        quantizer_release(q);
        q = NULL;
    }
    if (!q) error_memory(c->err);
    for (int64_t i = 0; q && i < q->channels; i++) {
        q->scales[i] = floating ? (float)tensor_get_float(scales, i) : tensor_get_float(scales, i);
        q->zero_points[i] = tensor_get_int(zeros, i);
        if (floating) q->float_zero_points[i] = (float)tensor_get_float(zeros, i);
    }
    return q;
}

/* ---- integers to reals ---- */

/* Elements of one step along the quantizer's axis, in a contiguous tensor. */
static int64_t inner_size(const struct tensor *t) {
    int64_t inner = 1;
    for (int i = t->quantizer->axis + 1; i < t->ndim; i++) inner *= t->sizes[i];
    return inner ? inner : 1;
}

static int64_t channel_at(const struct tensor *t, int64_t i, int64_t inner) {
    const struct quantizer *q = t->quantizer;
    return q->per_channel && q->channels ? i / inner % q->channels : 0;
}

static float real_of(const struct quantizer *q, int64_t channel, int32_t integer) {
    float scale = (float)q->scales[channel];
    if (q->float_zero_points) return ((float)integer - (float)q->float_zero_points[channel]) * scale;
    return scale * (float)(int32_t)((uint32_t)integer - (uint32_t)q->zero_points[channel]);
}

/* `scaled`: reals in float32; else integers less the zero point in float64. */
static struct tensor *unpack(struct op_call *c, struct tensor *t, enum dtype d, bool scaled) {
    if (!quantized_need(c, t)) return NULL;
    struct tensor *whole = tensor_contiguous(t, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, d, t->ndim, t->sizes) : NULL;
    int64_t inner = inner_size(t), size = (int64_t)dtype_size(tensor_dtype(t));
    const struct quantizer *q = t->quantizer;
    const char *from = whole ? tensor_data(whole) : NULL;
    for (int64_t i = 0; out && i < t->numel; i++, from += size) {
        int64_t channel = channel_at(t, i, inner);
        int32_t integer = integer_load(tensor_dtype(t), from);
        if (scaled)
            ((float *)tensor_data(out))[i] = real_of(q, channel, integer);
        else
            ((double *)tensor_data(out))[i] = (double)integer - (double)q->zero_points[channel];
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

/* ---- reals to integers ---- */

static bool check_zero_points(struct op_call *c, const struct quantizer *q, struct integer_range range) {
    const char *scheme = q->per_channel ? "per_channel" : "per_tensor";
    for (int64_t i = 0; i < q->channels; i++) {
        bool high = q->zero_points[i] > range.high;
        if (!high && q->zero_points[i] >= range.low) continue;
        return refuse(c, "quantize_tensor_%s_affine zero_point %lld is %s bound.", scheme,
                      (long long)q->zero_points[i], high ? "above upper" : "below lower");
    }
    return true;
}

struct rounding_run {
    struct affine affine;
    enum dtype dtype;
};

static void round_run(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct rounding_run *r = context;
    char *to = data[0];
    const char *from = data[1];
    for (int64_t i = 0; i < count; i++, to += strides[0], from += strides[1]) {
        float real;
        memcpy(&real, from, sizeof real);
        integer_store(r->dtype, to, quantize_whole(real, &r->affine));
    }
}

/* quantize_val_float_qparams */
static int32_t round_float_parameters(float real, float scale, float zero, struct integer_range range) {
    float inverse = scale == 0 ? 1.0f : 1.0f / scale;
    return clamp_integer(round_in_vector(real * inverse + zero), range);
}

static bool round_channels(struct op_call *c, struct tensor *reals, struct tensor *out) {
    struct tensor *whole = tensor_contiguous(reals, c->cx->budget, c->err);
    struct tensor *flat = whole ? call_new(c, tensor_dtype(out), out->ndim, out->sizes) : NULL;
    const struct quantizer *q = out->quantizer;
    struct integer_range range = quantized_range(tensor_dtype(out));
    int64_t inner = inner_size(out), size = (int64_t)dtype_size(tensor_dtype(out));
    for (int64_t i = 0; flat && i < out->numel; i++) {
        int64_t channel = channel_at(out, i, inner);
        struct affine a = affine_of(q->scales[channel], q->zero_points[channel], range);
        float real = ((const float *)tensor_data(whole))[i];
        int32_t rounded =
            q->float_zero_points
                ? round_float_parameters(real, a.scale, (float)q->float_zero_points[channel], range)
                : quantize_scalar(real, &a);
        integer_store(tensor_dtype(out), (char *)tensor_data(flat) + i * size, rounded);
    }
    bool good = flat && tensor_copy(out, flat, c->err);
    tensor_release(flat);
    tensor_release(whole);
    return good;
}

/* Both have one shape. */
static bool round_into(struct op_call *c, struct tensor *reals, struct tensor *out) {
    const struct quantizer *q = out->quantizer;
    if (!q->float_zero_points && !check_zero_points(c, q, quantized_range(tensor_dtype(out)))) return false;
    if (q->per_channel) return round_channels(c, reals, out);
    struct rounding_run r = {quantized_affine(out), tensor_dtype(out)};
    struct iterate it = {.outputs = 1, .operands = 2, .tensors = {out, reals}, .budget = c->cx->budget};
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, round_run, &r);
    return true;
}

/* Rounds with this quantizer, which is taken over. */
static struct tensor *round_with(struct op_call *c, struct tensor *reals, enum dtype d, struct quantizer *q) {
    bool fits = dtype_table[d].category == DTYPE_QUANTIZED;
    if (!q) error_memory(c->err);
    if (!q || !fits) {
        if (q) refuse(c, "ScalarType %s is not supported in new_qtensor.", dtype_table[d].graph_name);
        quantizer_release(q);
        return NULL;
    }
    struct tensor *out = quantized_like_as(c, reals, d, q);
    if (out && round_into(c, reals, out)) return out;
    tensor_release(out);
    return NULL;
}

static bool check_floats(struct op_call *c, const char *format, const struct tensor *reals) {
    return reals->dtype == DTYPE_FLOAT32 ||
           refuse(c, "%s, got %s", format, dtype_table[reals->dtype].graph_name);
}

struct tensor *quantized_of_reals(struct op_call *c, struct tensor *reals, double scale, int64_t zero_point,
                                  enum dtype d) {
    if (!check_floats(c, "Quantize only works on Float Tensor", reals)) return NULL;
    return round_with(c, reals, d, quantizer_per_tensor(scale, zero_point));
}

/* ---- writing into a tensor ---- */

static bool same_sizes(const struct tensor *a, const struct tensor *b) {
    return a->ndim == b->ndim && memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0;
}

static bool copy_reals(struct op_call *c, struct tensor *to, struct tensor *from) {
    if (from->dtype != DTYPE_FLOAT32)
        return refuse(c, "Quantized copy only works with kFloat as source Tensor");
    bool whole = tensor_is_contiguous(to) && tensor_is_contiguous(from);
    if (!whole && !(tensor_is_channels_last(to) && tensor_is_channels_last(from)))
        return refuse(c, "Quantized copy only works with contiguous and NHWC Tensors");
    if (!same_sizes(to, from)) return refuse(c, "Quantized copy only works with Tensors with the same shape");
    return round_into(c, from, to);
}

static int scheme_of(const struct tensor *t) {
    return t->quantizer->per_channel ? 1 + (t->quantizer->float_zero_points != NULL) : 0;
}

static bool copy_integers(struct op_call *c, struct tensor *to, struct tensor *from) {
    if (scheme_of(to) != scheme_of(from)) return refuse(c, "Quantized Copy only works with same qscheme");
    if (to->dtype != from->dtype)
        return refuse(c,
                      "Expected self.scalar_type() == src.scalar_type() to be true, but got false.  (Could "
                      "this error message be improved?  If so, please report an enhancement request to "
                      "PyTorch.)");
    if (!tensor_copy(to, from, c->err)) return false;
    counted_retain(&from->quantizer->counted);
    quantizer_release(to->quantizer);
    to->quantizer = from->quantizer;
    return true;
}

bool quantized_copy(struct op_call *c, struct tensor *to, struct tensor *from) {
    if (!to->quantizer && !from->quantizer) return tensor_copy(to, from, c->err);
    if (!to->quantizer)
        return refuse(c, "Copying from quantized Tensor to non-quantized Tensor is not allowed, please use "
                         "dequantize to get a float Tensor from a quantized Tensor");
    bool good = from->quantizer ? copy_integers(c, to, from) : copy_reals(c, to, from);
    if (good) tensor_changed(to);
    return good;
}

bool quantized_give(struct op_call *c, struct tensor *result) {
    struct tensor *to = result ? call_target(c) : NULL;
    if (!to) return give_tensor(c, result);
    bool out = (c->row->traits & OP_OUT) != 0 && !same_sizes(to, result);
    bool good = !out || tensor_resize(to, result->ndim, result->sizes, c->err);
    good = good && quantized_copy(c, to, result) && give_borrowed(c, 0, to);
    tensor_release(result);
    return good;
}

/* ---- operators ---- */

static bool one_number(struct op_call *c, const struct tensor *t) {
    return t->numel == 1 ||
           refuse(c, "a Tensor with %lld elements cannot be converted to Scalar", (long long)t->numel);
}

bool op_quantize_per_tensor(struct op_call *c) {
    enum dtype d;
    if (!args_dtype(c, 3, DTYPE_NONE, &d)) return false;
    return give_tensor(c, quantized_of_reals(c, arg_tensor(c, 0), arg_float(c, 1), arg_int(c, 2), d));
}

bool op_quantize_per_tensor_qparams(struct op_call *c) {
    const struct tensor *scale = arg_tensor(c, 1), *zero = arg_tensor(c, 2);
    enum dtype d;
    if (!args_dtype(c, 3, DTYPE_NONE, &d) || !one_number(c, scale) || !one_number(c, zero)) return false;
    return give_tensor(
        c, quantized_of_reals(c, arg_tensor(c, 0), tensor_get_float(scale, 0), tensor_get_int(zero, 0), d));
}

static bool check_selected(struct op_call *c, const struct tensor *t, int64_t i) {
    if (t->ndim == 0) return refuse_index(c, "select() cannot be applied to a 0-dim tensor.");
    if (i >= t->sizes[0])
        return refuse_index(c, "select(): index %lld out of range for tensor of size [%lld] at dimension 0",
                            (long long)i, (long long)t->sizes[0]);
    return t->ndim == 1 || one_number(c, t);
}

bool op_quantize_per_tensor_list(struct op_call *c) {
    enum { MOST = 256 };
    struct tensor *in[MOST], *out[MOST];
    const struct tensor *scales = arg_tensor(c, 1), *zeros = arg_tensor(c, 2);
    int count = args_tensors(c, 0, in, MOST), made = 0;
    enum dtype d;
    if (count < 0 || !args_dtype(c, 3, DTYPE_NONE, &d)) return false;
    for (; made < count; made++) {
        bool good = check_selected(c, scales, made) && check_selected(c, zeros, made);
        out[made] = good ? quantized_of_reals(c, in[made], tensor_get_float(scales, made),
                                              tensor_get_int(zeros, made), d)
                         : NULL;
        if (!out[made]) break;
    }
    if (made == count) return give_list(c, 0, out, count);
    release_tensors(out, made);
    return false;
}

static bool check_channels(struct op_call *c, const struct tensor *t, const struct tensor *scales,
                           int64_t axis) {
    if (!check_floats(c, "quantize_tensor_per_channel_affine expects a Float Tensor", t)) return false;
    if (axis < 0 || axis >= t->ndim)
        return refuse(
            c, "Channel axis out of range in per channel affine quantization. Got: %lldExpected: [0, %d)",
            (long long)axis, t->ndim);
    return t->sizes[axis] == scales->numel ||
           refuse(c, "length of scales must equal to channel, expected %lld got, %lld",
                  (long long)t->sizes[axis], (long long)scales->numel);
}

bool op_quantize_per_channel(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0), *scales = arg_tensor(c, 1), *zeros = arg_tensor(c, 2);
    int64_t axis = arg_int(c, 3);
    enum dtype d;
    if (!args_dtype(c, 4, DTYPE_NONE, &d) || !check_parameters(c, scales, zeros)) return false;
    if (!check_channels(c, t, scales, axis)) return false;
    struct quantizer *q = quantizer_of_tensors(c, scales, zeros, axis);
    return give_tensor(c, q ? round_with(c, arg_tensor(c, 0), d, q) : NULL);
}

bool op_dequantize(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (!t->quantizer) return give_tensor(c, tensor_to(c, t, DTYPE_FLOAT32, false, FORMAT_PRESERVE));
    return give_tensor(c, quantized_reals(c, t));
}

bool op_dequantize_list(struct op_call *c) {
    enum { MOST = 256 };
    struct tensor *in[MOST], *out[MOST];
    int count = args_tensors(c, 0, in, MOST), made = 0;
    if (count < 0) return false;
    while (made < count && (out[made] = quantized_reals(c, in[made]))) made++;
    if (made == count) return give_list(c, 0, out, count);
    release_tensors(out, made);
    return false;
}

/* torch.dequantize of a list of tensors, or of a tuple whose other items stay as they are. */
static bool dequantize_item(struct op_call *c, lb_value *item, lb_value v) {
    if (v.tag != VALUE_TENSOR) {
        *item = value_copy(v);
        return true;
    }
    struct tensor *t = v.tensor, *out = t->quantizer ? quantized_reals(c, t)
                                                     : tensor_to(c, t, DTYPE_FLOAT32, false, FORMAT_PRESERVE);
    if (out) *item = value_tensor(out);
    return out != NULL;
}

static const char *kind_name(lb_value v) {
    switch (v.tag) {
    case VALUE_NONE: return "NoneType";
    case VALUE_BOOL: return "bool";
    case VALUE_INT: return "int";
    case VALUE_FLOAT: return "float";
    case VALUE_STRING: return "str";
    case VALUE_TENSOR: return "Tensor";
    case VALUE_DICT: return "Dict";
    case VALUE_LIST: return "List";
    default: return "Any";
    }
}

bool op_dequantize_any(struct op_call *c) {
    lb_value v = c->args[0], made = value_none();
    bool list = v.tag == VALUE_LIST && v.list->element->kind == TYPE_TENSOR;
    bool good;
    if (list)
        good = value_new_list(&made, v.list->element, v.list->count, c->err);
    else if (v.tag == VALUE_TUPLE)
        good = value_new_tuple(&made, NULL, v.tuple->count, c->err);
    else
        return refuse(c,
                      "Unsupported type in dequantize, only List[Tensor] and  Tuple[Tensor or other types] "
                      "are supported, got type:%s",
                      kind_name(v));
    int64_t count = list ? v.list->count : v.tuple->count;
    for (int64_t i = 0; good && i < count; i++) {
        good = dequantize_item(c, list ? &made.list->items[i] : &made.tuple->items[i],
                               list ? v.list->items[i] : v.tuple->items[i]);
        if (good && list) made.list->count = i + 1;
    }
    if (good) return give(c, made);
    value_release(made);
    return false;
}
