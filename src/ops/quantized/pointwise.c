/* Pointwise operators on quantized tensors: to reals, the real operator, back to integers
 * (aten/src/ATen/native/quantized/cpu/{qadd,qmul,qconcat}.cpp). */
#include "ops/common/compose.h"
#include "ops/quantized/quantize.h"

static bool binary(struct op_call *c, const char *row, const char *format, bool relu) {
    struct compose k = compose_start(c);
    struct tensor *a = compose_own(&k, quantized_reals(c, arg_tensor(c, 0)));
    struct tensor *b = k.failed ? NULL : compose_own(&k, quantized_reals(c, arg_tensor(c, 1)));
    struct tensor *y = k.failed ? NULL : compose_run(&k, row, format, a, b, 1);
    if (relu && y) y = compose_run(&k, "aten::relu", "t", y);
    if (!y) return compose_end(&k);
    struct tensor *out =
        quantized_of_reals(c, y, arg_float(c, 2), arg_int(c, 3), tensor_dtype(arg_tensor(c, 0)));
    return out ? compose_give(&k, compose_own(&k, out)) : compose_end(&k);
}

#define BINARY_OPERATORS(X)                      \
    X(add, "aten::add.Tensor", "ttd", false)     \
    X(add_relu, "aten::add.Tensor", "ttd", true) \
    X(mul, "aten::mul.Tensor", "tt", false)      \
    X(mul_relu, "aten::mul.Tensor", "tt", true)
#define DEFINE_BINARY(suffix, row, format, relu)    \
    bool op_quantized_##suffix(struct op_call *c) { \
        return binary(c, row, format, relu);        \
    }
BINARY_OPERATORS(DEFINE_BINARY)

/* The integers stay, the scale is multiplied; a negative number mirrors them. */
bool op_quantized_mul_scalar(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct number by = arg_number(c, 1);
    double factor = by.tag == VALUE_FLOAT ? by.f : (double)by.i;
    if (!quantized_per_tensor(c, t)) return false;
    struct tensor *reals = quantized_reals(c, t);
    if (!reals) return false;
    float *x = tensor_data(reals);
    for (int64_t i = 0; i < reals->numel; i++) x[i] = factor == 0 ? 0 : (float)(x[i] * factor);
    struct integer_range range = quantized_range(tensor_dtype(t));
    int64_t zero_point = quantized_zero_point(t), mirrored = (int64_t)range.high + range.low - zero_point;
    double scale = factor == 0 ? 1 : (factor > 0 ? factor : -factor) * quantized_scale(t);
    struct tensor *out = quantized_of_reals(c, reals, scale,
                                            factor == 0  ? 0
                                            : factor > 0 ? zero_point
                                                         : mirrored,
                                            tensor_dtype(t));
    tensor_release(reals);
    return give_tensor(c, out);
}

/* (tensors, dim, scale?, zero point?) */
static bool concatenate(struct op_call *c, bool relu) {
    struct tensor *tensors[COMPOSE_VALUES / 2];
    int count = args_tensors(c, 0, tensors, COMPOSE_VALUES / 2);
    if (count < 0) return false;
    if (count == 0 || !quantized_per_tensor(c, tensors[0]))
        return count ? false : refuse(c, "quantized::cat of no tensors");
    double scale = arg_none(c, 2) ? quantized_scale(tensors[0]) : arg_float(c, 2);
    int64_t zero_point = arg_none(c, 3) ? quantized_zero_point(tensors[0]) : arg_int(c, 3);
    enum dtype d = tensor_dtype(tensors[0]);
    struct compose k = compose_start(c);
    for (int i = 0; i < count && !k.failed; i++) tensors[i] = compose_own(&k, quantized_reals(c, tensors[i]));
    struct tensor *y = k.failed ? NULL : compose_run(&k, "aten::cat", "Ti", count, tensors, arg_int(c, 1));
    if (relu && y) y = compose_run(&k, "aten::relu", "t", y);
    if (!y) return compose_end(&k);
    struct tensor *out = quantized_of_reals(c, y, scale, zero_point, d);
    return out ? compose_give(&k, compose_own(&k, out)) : compose_end(&k);
}

bool op_quantized_cat(struct op_call *c) {
    return concatenate(c, false);
}
bool op_quantized_cat_relu(struct op_call *c) {
    return concatenate(c, true);
}
