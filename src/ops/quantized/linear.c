/* Quantized linear layers. Sums of products of integers are whole, as fbgemm's. Sources:
 * aten/src/ATen/native/quantized/cpu/{qlinear,qlinear_dynamic,qlinear_prepack}.cpp. */
#include "ops/quantized/requantize.h"

static struct tensor *linear_sums(struct compose *k, struct tensor *x, const struct packed_weights *w) {
    struct op_call *c = k->c;
    const struct quantizer *q = w->weight->quantizer;
    struct tensor *bytes = compose_own(k, tensor_contiguous(x, c->cx->budget, c->err));
    struct tensor *weights =
        k->failed ? NULL : compose_own(k, tensor_contiguous(w->weight, c->cx->budget, c->err));
    return weights
               ? requantize_sums(k, bytes, weights, quantized_zero_point(x), q->zero_points, q->per_channel)
               : NULL;
}

static struct requantization requantization_of(const struct tensor *sums, const struct packed_weights *w,
                                               double input_scale, bool relu) {
    return (struct requantization){sums,        w->bias, w->weight->quantizer, w->weight->sizes[0], 1,
                                   input_scale, relu};
}

static bool check_input(struct op_call *c, const struct tensor *x, const struct packed_weights *w) {
    if (x->ndim < 2) return refuse(c, "The dimension of input tensor should be larger than or equal to 2");
    const struct quantizer *q = w->weight->quantizer;
    bool fits = w->weight->ndim == 2 && w->weight->dtype == DTYPE_QINT8 && q &&
                (!q->per_channel || (q->axis == 0 && q->channels >= w->weight->sizes[0]));
    if (!fits) return refuse(c, "packed weights that are no matrix of qint8");
    int64_t width = x->sizes[x->ndim - 1];
    if (width != w->weight->sizes[1])
        return refuse(c, "The number of rows in the packB should be equal to K: %lld", (long long)width);
    return requantize_check(c, w, w->weight->sizes[0]);
}

/* ---- quantized in and out: (x, packed, scale, zero point) ---- */

static bool quantized_linear(struct op_call *c, bool relu) {
    struct packed_weights w;
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, x) || !packed_read_linear(c, 1, &w)) return false;
    if (x->dtype != DTYPE_QUINT8)
        return refuse(c, "Expected input data type QUInt8 but got %s", dtype_table[x->dtype].graph_name);
    if (!check_input(c, x, &w)) return false;
    struct compose k = compose_start(c);
    struct tensor *sums = linear_sums(&k, x, &w);
    if (!sums) return compose_refused(&k, false);
    struct requantization r = requantization_of(sums, &w, quantized_scale(x), relu);
    struct tensor *out = compose_own(&k, requantize_to_integers(c, &r, arg_float(c, 2), arg_int(c, 3)));
    return compose_give(&k, out);
}

bool op_quantized_linear(struct op_call *c) {
    return quantized_linear(c, false);
}
bool op_quantized_linear_relu(struct op_call *c) {
    return quantized_linear(c, true);
}
/* These two are oneDNN's alone. */
bool op_quantized_linear_leaky_relu(struct op_call *c) {
    return refuse(c, "Didn't find engine for operation quantized::linear_leaky_relu X86");
}
bool op_quantized_linear_tanh(struct op_call *c) {
    return refuse(c, "Didn't find engine for operation quantized::linear_tanh X86");
}

/* ---- reals in and out, integers between ---- */

static bool through_integers(struct compose *k, struct tensor *x, const struct packed_weights *w, bool relu) {
    struct tensor *sums = x ? linear_sums(k, x, w) : NULL;
    if (!sums) return compose_refused(k, false);
    struct requantization r = requantization_of(sums, w, quantized_scale(x), relu);
    return compose_give(k, compose_own(k, requantize_to_reals(k->c, &r)));
}

static bool check_reals(struct op_call *c, const struct tensor *x) {
    return x->dtype == DTYPE_FLOAT32 ||
           refuse(c, "expected scalar type Float but found %s", dtype_table[x->dtype].graph_name);
}

/* (x, packed, reduce_range) */
static bool linear_dynamic(struct op_call *c, bool relu) {
    struct packed_weights w;
    struct tensor *x = arg_tensor(c, 0);
    if (!packed_read_linear(c, 1, &w) || !check_reals(c, x) || !check_input(c, x, &w)) return false;
    struct compose k = compose_start(c);
    return through_integers(&k, requantize_input(&k, x, c->arg_count > 2 && arg_bool(c, 2)), &w, relu);
}

bool op_quantized_linear_dynamic(struct op_call *c) {
    return linear_dynamic(c, false);
}
bool op_quantized_linear_relu_dynamic(struct op_call *c) {
    return linear_dynamic(c, true);
}

/* (x, scale, zero point, packed) */
static bool linear_given(struct op_call *c, bool relu) {
    struct packed_weights w;
    struct tensor *x = arg_tensor(c, 0);
    if (!packed_read_linear(c, 3, &w) || !check_reals(c, x) || !check_input(c, x, &w)) return false;
    struct compose k = compose_start(c);
    struct tensor *q =
        compose_own(&k, quantized_of_reals(c, x, arg_float(c, 1), arg_int(c, 2), DTYPE_QUINT8));
    return through_integers(&k, q, &w, relu);
}

bool op_quantized_linear_given(struct op_call *c) {
    return linear_given(c, false);
}
bool op_quantized_linear_relu_given(struct op_call *c) {
    return linear_given(c, true);
}

/* ---- weights that went through float16; the product is one of float32 ---- */

/* Keeps numbers to what float16 holds; PyTorch does so in the weight itself where that is contiguous. */
static void saturate(struct tensor *weight) {
    const float most = 65504;
    float *x = tensor_data(weight);
    bool changed = false;
    for (int64_t i = 0; i < weight->numel; i++) {
        if (x[i] <= most && x[i] >= -most) continue;
        if (x[i] != x[i]) continue;
        x[i] = x[i] > 0 ? most : -most;
        changed = true;
    }
    if (changed) tensor_changed(weight);
}

static bool may_saturate(const struct tensor *weight) {
    return tensor_is_contiguous(weight) && !(weight->storage && weight->storage->read_only);
}

struct tensor *packed_halves(struct compose *k, struct tensor *weight) {
    struct op_call *c = k->c;
    bool may_write = may_saturate(weight);
    struct tensor *bounded =
        may_write ? weight : compose_run(k, "aten::clamp", "tff", weight, -65504.0, 65504.0);
    if (may_write) saturate(weight);
    struct tensor *half =
        bounded ? compose_own(k, tensor_convert(bounded, DTYPE_FLOAT16, c->cx->budget, c->err)) : NULL;
    struct tensor *wide =
        half ? compose_own(k, tensor_convert(half, DTYPE_FLOAT32, c->cx->budget, c->err)) : NULL;
    float *x = wide ? tensor_data(wide) : NULL;
    for (int64_t i = 0; wide && i < wide->numel; i++)
        if (x[i] != x[i]) x[i] = -65504; /* as fbgemm's std::max(-65504, NaN) */
    return wide;
}

static bool linear_half(struct op_call *c, struct tensor *weight, struct tensor *bias, bool relu) {
    struct tensor *x = arg_tensor(c, 0);
    if (!check_reals(c, x) || !check_reals(c, weight)) return false;
    if (weight->ndim != 2 || x->ndim == 0 || x->sizes[x->ndim - 1] != weight->sizes[1])
        return refuse(
            c, "Expected input.size(input.dim() - 1) == packed_weight_fp16.numRows() to be true, but got "
               "false.  (Could this error message be improved?  If so, please report an enhancement "
               "request to PyTorch.)");
    if (bias && bias->ndim != 1)
        return refuse(c,
                      "Expected bias_->dim() == 1 to be true, but got false.  (Could this error message be "
                      "improved?  If so, please report an enhancement request to PyTorch.)");
    struct compose k = compose_start(c);
    struct tensor *halves = packed_halves(&k, weight);
    struct tensor *y = halves ? compose_run(&k, "aten::linear", "ttt", x, halves, bias) : NULL;
    if (y && relu) y = compose_run(&k, "aten::relu", "t", y);
    return y ? compose_give(&k, y) : compose_refused(&k, false);
}

static bool linear_half_packed(struct op_call *c, bool relu) {
    struct packed_weights w;
    return packed_read_linear(c, 1, &w) && linear_half(c, w.weight, w.bias, relu);
}

bool op_quantized_linear_half(struct op_call *c) {
    return linear_half_packed(c, false);
}
bool op_quantized_linear_relu_half(struct op_call *c) {
    return linear_half_packed(c, true);
}
/* (x, weight, bias?) */
bool op_quantized_linear_half_unpacked(struct op_call *c) {
    return linear_half(c, arg_tensor(c, 1), arg_tensor_or_null(c, 2), false);
}

/* ---- forms of old models ---- */

bool op_quantized_old_prepack(struct op_call *c) {
    return refuse(
        c, "This model uses an outdated version of quantized.linear_prepack. Please re-export your model "
           "using the newer definitions in torch.jit.quantized");
}
bool op_quantized_old_prepack_half(struct op_call *c) {
    return refuse(
        c, "This model uses an outdated version of quantized.linear_prepack_fp16. Please re-export your "
           "model using the newer definitions in torch.jit.quantized");
}
bool op_quantized_old_unpack(struct op_call *c) {
    return refuse(
        c, "quantized.linear_unpack(Tensor) is unsupported! Please upgrade your model to use the newer "
           "quantized.linear_unpack(LinearPackedParamsBase) overload");
}

/* (weight): what it is after that, itself */
bool op_saturate_to_half(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0);
    if (w->ndim == 0) return refuse(c, "Dimension specified as 0 but tensor has no dimensions");
    if (w->dtype != DTYPE_FLOAT32)
        return refuse(c, "expected scalar type Float but found %s", dtype_table[w->dtype].graph_name);
    struct compose k = compose_start(c);
    if (!may_saturate(w))
        return compose_give(&k, compose_run(&k, "aten::clamp", "tff", w, -65504.0, 65504.0));
    saturate(w);
    return give_tensor(c, tensor_retain(w));
}
