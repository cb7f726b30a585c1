/* Writing numbers and reals into a quantized tensor: masked_fill, index_put, fill. The numbers become
 * integers of the tensor's own scale first. Sources:
 * aten/src/ATen/native/quantized/cpu/{TensorAdvancedIndexing, IndexKernel}.cpp,
 * aten/src/ATen/native/quantized/TensorAdvancedIndexing.cpp. */
#include "ops/common/compose.h"
#include "ops/quantized/quantize.h"
#include "tensor/quantizer.h"

bool quantized_pointwise_masked_fill(struct op_call *c);

/* The same memory as plain integers. */
static struct tensor *integers_of(struct compose *k, struct tensor *t) {
    struct tensor *view = tensor_view_as(t, t->ndim, t->sizes, t->strides, t->offset, k->c->err);
    if (!compose_own(k, view)) return NULL;
    view->dtype = t->dtype == DTYPE_QUINT8 ? DTYPE_UINT8 : t->dtype == DTYPE_QINT8 ? DTYPE_INT8 : DTYPE_INT32;
    quantizer_release(view->quantizer);
    view->quantizer = NULL;
    return view;
}

/* The tensor that is written: the argument itself in place, else a copy of it. */
static struct tensor *written(struct compose *k) {
    struct tensor *self = arg_tensor(k->c, 0);
    if (!quantized_per_tensor(k->c, self)) {
        k->failed = true;
        return NULL;
    }
    return call_target(k->c) ? self : compose_run(k, "aten::clone", "t", self);
}

static bool give_written(struct compose *k, struct tensor *t) {
    if (k->failed || !t) return compose_end(k);
    if (call_target(k->c) == t) tensor_changed(t);
    return compose_give(k, t);
}

bool quantized_pointwise_masked_fill(struct op_call *c) {
    lb_value v = c->args[2];
    if (v.tag == VALUE_TENSOR && v.tensor->ndim)
        return refuse(c,
                      "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with %d "
                      "dimension(s).",
                      v.tensor->ndim);
    struct compose k = compose_start(c);
    struct tensor *t = written(&k), *integers = t ? integers_of(&k, t) : NULL;
    if (integers) {
        struct affine q = quantized_affine(t);
        int32_t value = quantize_scalar((float)number_of(v).f, &q);
        compose_run(&k, "aten::masked_fill_.Scalar", "tti", integers, arg_tensor(c, 1), (int64_t)value);
    }
    return give_written(&k, t);
}

/* (self, indices, values, accumulate): values are reals */
bool quantized_index_index_put(struct op_call *c) {
    struct tensor *values = arg_tensor(c, 2);
    if (arg_bool(c, 3))
        return refuse(c, "index_put for quantized tensors is currently not supported for accumulate=True");
    struct compose k = compose_start(c);
    struct tensor *t = written(&k), *integers = t ? integers_of(&k, t) : NULL;
    struct tensor *reals = values;
    if (integers && values->quantizer) reals = compose_own(&k, quantized_reals(c, values));
    struct tensor *rounded =
        integers && !k.failed ? compose_own(&k, quantized_of_reals(c, reals, quantized_scale(t),
                                                                   quantized_zero_point(t), tensor_dtype(t)))
                              : NULL;
    if (rounded)
        compose_run(&k, "aten::index_put_", "tvtb", integers, c->args[1], integers_of(&k, rounded), false);
    return give_written(&k, t);
}

bool quantized_create_fill(struct op_call *c) {
    lb_value v = c->args[1];
    const struct tensor *self = arg_tensor(c, 0);
    if (!tensor_is_contiguous(self) && !tensor_is_channels_last(self))
        return refuse(c, "Quantized copy only works with contiguous and NHWC Tensors");
    struct compose k = compose_start(c);
    struct tensor *t = written(&k), *integers = t ? integers_of(&k, t) : NULL;
    if (integers) {
        struct affine q = quantized_affine(t);
        compose_run(&k, "aten::fill_.Scalar", "ti", integers,
                    (int64_t)quantize_whole((float)number_of(v).f, &q));
    }
    return give_written(&k, t);
}

/* ---- like another ---- */

static bool give_like(struct op_call *c, float real) {
    struct tensor *t = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, t)) return false;
    struct tensor *out = quantized_like(c, t, quantized_scale(t), quantized_zero_point(t));
    if (!out) return false;
    struct affine q = quantized_affine(t);
    int32_t integer = quantize_whole(real, &q);
    char *to = tensor_data(out);
    for (int64_t i = 0; i < out->numel; i++, to += dtype_size(tensor_dtype(t)))
        integer_store(tensor_dtype(t), to, integer);
    return quantized_give(c, out);
}

bool quantized_create_ones_like(struct op_call *c) {
    return give_like(c, 1);
}
bool quantized_create_full_like(struct op_call *c) {
    return give_like(c, (float)arg_number(c, 1).f);
}
/* aten::empty_like, too. */
bool quantized_create_zeros_like(struct op_call *c) {
    if (c->row && strcmp(op_name(c->row), "aten::zeros_like") == 0)
        return error_set_kind(c->err, LB_ERROR_RUNTIME, "NotImplementedError",
                              "Could not run 'aten::zero_' with arguments from the 'QuantizedCPU' backend.");
    return give_like(c, 0);
}

/* The one element's real value. */
bool fact_item(struct op_call *c);
bool quantized_fact_item(struct op_call *c) {
    struct tensor *reals = quantized_reals(c, arg_tensor(c, 0));
    lb_value args[1] = {value_tensor(reals)};
    struct op_call inner = *c;
    inner.args = args;
    bool good = reals && fact_item(&inner);
    tensor_release(reals);
    return good;
}

/* ---- padding with a real number, comparing ---- */

bool op_integers(struct op_call *c, op_kernel kernel);
bool pool_constant_pad(struct op_call *c);

/* (x, pad, value) */
bool quantized_pool_constant_pad(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, t)) return false;
    struct affine q = quantized_affine(t);
    lb_value args[3] = {c->args[0], c->args[1], value_int(quantize_whole((float)arg_number(c, 2).f, &q))};
    struct op_call inner = *c;
    inner.args = args;
    return op_integers(&inner, pool_constant_pad);
}

/* (x, pad, mode, value) */
bool pool_pad(struct op_call *c);
bool quantized_pool_pad(struct op_call *c) {
    const struct string *mode = c->args[2].string;
    if (strcmp(mode->bytes, "constant") != 0) return op_integers(c, pool_pad);
    lb_value args[3] = {c->args[0], c->args[1], arg_none(c, 3) ? value_float(0) : c->args[3]};
    struct op_call inner = *c;
    inner.args = args;
    inner.arg_count = 3;
    return quantized_pool_constant_pad(&inner);
}

static bool same_quantizer(const struct quantizer *a, const struct quantizer *b) {
    if (a->per_channel != b->per_channel || a->channels != b->channels || a->axis != b->axis ||
        !a->float_zero_points != !b->float_zero_points)
        return false;
    size_t bytes = (size_t)a->channels * sizeof *a->scales;
    return !memcmp(a->scales, b->scales, bytes) && !memcmp(a->zero_points, b->zero_points, bytes) &&
           (!a->float_zero_points || !memcmp(a->float_zero_points, b->float_zero_points, bytes));
}

bool quantized_fact_equal(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    bool alike =
        a->quantizer && b->quantizer && a->dtype == b->dtype && same_quantizer(a->quantizer, b->quantizer);
    if (!alike) return give(c, value_bool(false));
    struct compose k = compose_start(c);
    struct tensor *x = integers_of(&k, a), *y = x ? integers_of(&k, b) : NULL;
    if (y) compose_run(&k, "aten::equal", "tt", x, y);
    bool good = !k.failed;
    if (good) c->results[0] = value_bool(compose_value(&k).i != 0);
    compose_end(&k);
    return good;
}
