/* Activations: functions of one element with numbers beside it, and the two that halve a dimension or carry a
 * weight.
 *
 * k holds the numbers in schema order. Half and bfloat16 are computed in float. */
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/pointwise/pointwise.h"
#include "ops/view/geometry.h"
#include <tgmath.h>
#undef complex

#define K(i)      (t->k[i].f)
#define SHRUNK(x) (x > K(0) ? x - K(0) : x < -K(0) ? x + K(0) : x != x ? x : 0)

static double gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}
static double softplus(double x, double beta, double threshold) {
    return x * beta > threshold ? x : log1p(exp(x * beta)) / beta;
}

/* X(name, kernel name, numbers after self, expression for reals) */
#define ACTIVATIONS(X)                                                                                  \
    X(mish, "mish_cpu", 0, x *tanh(log1p(exp(x))))                                                      \
    X(hardsigmoid, "hardsigmoid_cpu", 0, x != x ? x : x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6)           \
    X(hardswish, "hardswish_cpu", 0, x != x ? x : x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6)           \
    X(log_sigmoid, "log_sigmoid_cpu", 0, (x < 0 ? x : 0) - log1p(exp(-fabs(x))))                        \
    X(selu, "elu_cpu", 0,                                                                               \
      x > 0 ? 1.0507009873554804934193349852946 * x                                                     \
            : 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 * expm1((double)x)) \
    X(gelu_erf, "GeluKernelImpl", 0, 0.5 * x * (1 + erf(x * 0.70710678118654752440)))                   \
    X(gelu_tanh, "GeluKernelImpl", 0, gelu_tanh((double)x))                                             \
    X(leaky_relu, "leaky_relu_cpu", 1, x > 0 ? x : x * (__typeof__(x))K(0))                             \
    X(softplus, "softplus_cpu", 2, softplus((double)x, K(0), K(1)))                                     \
    X(hardshrink, "hardshrink_cpu", 1, x >= -K(0) && x <= K(0) ? 0 : x)
/* Which of them are the kernels' functions of two numbers. */
enum {
    PARAM_OF_leaky_relu = FAST_PARAM_leaky_relu,
    PARAM_OF_softplus = FAST_PARAM_softplus_beta,
    PARAM_OF_hardshrink = FAST_PARAM_hardshrink,
    PARAM_OF_mish = 0,
    PARAM_OF_hardsigmoid = 0,
    PARAM_OF_hardswish = 0,
    PARAM_OF_log_sigmoid = 0,
    PARAM_OF_selu = 0,
    PARAM_OF_gelu_erf = 0,
    PARAM_OF_gelu_tanh = 0,
};
#define DEFINE_ACTIVATION(name, text, numbers, real)                                \
    POINTWISE_LOOP_1(name##_float, float, float, real)                              \
    POINTWISE_LOOP_1(name##_double, double, double, real)                           \
    static const struct pointwise op_##name = {                                     \
        text,                                                                       \
        1,                                                                          \
        RULE_SAME | (numbers ? (uint32_t)PARAM_OF_##name << 24 : WITH_UNARY(name)), \
        {NULL, name##_float, name##_double, NULL}};                                 \
    bool pointwise_##name(struct op_call *c) {                                      \
        return pointwise_call(c, &op_##name, numbers);                              \
    }
ACTIVATIONS(DEFINE_ACTIVATION)

/* celu(x, alpha) */
POINTWISE_LOOP_1(celu_float, float, float, x > 0 ? x : K(0) * expm1((double)x / K(0)))
POINTWISE_LOOP_1(celu_double, double, double, x > 0 ? x : K(0) * expm1((double)x / K(0)))
bool pointwise_celu(struct op_call *c) {
    static const struct pointwise op = {
        "elu_cpu", 1, RULE_SAME | WITH_PARAM(celu), {NULL, celu_float, celu_double, NULL}};
    if (arg_number(c, 1).f == 0) return refuse(c, "ZeroDivisionError: alpha cannot be 0 for CELU");
    return pointwise_call(c, &op, 1);
}

/* silu takes complex numbers, too. */
POINTWISE_LOOP_1(silu_float, float, float, x / (1 + exp(-x)))
POINTWISE_LOOP_1(silu_double, double, double, x / (1 + exp(-x)))
POINTWISE_LOOP_1(silu_complex, complex_double, complex_double, x / (1 + exp(-x)))
bool pointwise_silu(struct op_call *c) {
    static const struct pointwise op = {"silu_cpu",
                                        1,
                                        RULE_NO_COMPLEX_HALF | WITH_UNARY(silu),
                                        {NULL, silu_float, silu_double, silu_complex}};
    return pointwise_call(c, &op, 0);
}

/* softshrink(x, lambda): lambda within the dtype's own range
 * (aten/src/ATen/native/Activation.cpp, softshrink_check). */
POINTWISE_LOOP_1(softshrink_float, float, float, SHRUNK(x))
POINTWISE_LOOP_1(softshrink_double, double, double, SHRUNK(x))
bool pointwise_softshrink(struct op_call *c) {
    static const struct pointwise op = {
        "softshrink_cpu", 1, WITH_PARAM(softshrink), {NULL, softshrink_float, softshrink_double, NULL}};
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    double lambda = arg_number(c, 1).f;
    if (!accept_dtype(c, d, SET_REALS, "softshrink_check")) return false;
    if (lambda >= 0 && lambda <= dtype_largest(d)) return pointwise_call(c, &op, 1);
    return refuse(c, "lambda must be in range [0, %g] for input dtype %s, but found %g", dtype_largest(d),
                  dtype_table[d].graph_name, lambda);
}

/* elu(x, alpha, scale, input_scale). k: alpha * scale, scale, input_scale; the kernels know input_scale 1. */
POINTWISE_LOOP_1(elu_float, float, float, x > 0 ? x * K(1) : K(0) * expm1((double)x * K(2)))
POINTWISE_LOOP_1(elu_double, double, double, x > 0 ? x * K(1) : K(0) * expm1((double)x * K(2)))
bool pointwise_elu(struct op_call *c) {
    static const struct pointwise plain = {"elu_cpu", 1, RULE_SAME, {NULL, elu_float, elu_double, NULL}};
    static const struct pointwise unscaled = {
        "elu_cpu", 1, RULE_SAME | WITH_PARAM(elu), {NULL, elu_float, elu_double, NULL}};
    struct number k[3] = {arg_number(c, 1), arg_number(c, 2), arg_number(c, 3)};
    k[0].f *= k[1].f;
    return pointwise_call_with(c, k[2].f == 1 ? &unscaled : &plain, k);
}

bool pointwise_gelu(struct op_call *c) {
    const char *mode = c->args[1].string->bytes;
    if (mode[0] != 'n' && mode[0] != 't')
        return refuse(c, "approximate argument must be either none or tanh.");
    return pointwise_call(c, mode[0] == 't' ? &op_gelu_tanh : &op_gelu_erf, 0);
}

/* threshold(x, threshold, value), hardtanh(x, low, high): integers too. */
POINTWISE_LOOP_1(threshold_int, int64_t, int64_t, x <= t->k[0].i ? t->k[1].i : x)
POINTWISE_LOOP_1(threshold_float, float, float, x <= K(0) ? K(1) : x)
POINTWISE_LOOP_1(threshold_double, double, double, x <= K(0) ? K(1) : x)
bool pointwise_threshold(struct op_call *c) {
    static const struct pointwise op = {"threshold_cpu",
                                        1,
                                        RULE_NO_BOOL | WITH_PARAM(threshold),
                                        {threshold_int, threshold_float, threshold_double, NULL}};
    return pointwise_call(c, &op, 2);
}
/* The upper bound has the last word; a bound that is NaN gives NaN. */
#define BOUNDED(x, low, high)                                \
    ((high) != (high) || (low) != (low)     ? (low) + (high) \
     : ((x) < (low) ? (low) : (x)) > (high) ? (high)         \
     : (x) < (low)                          ? (low)          \
                                            : (x))
POINTWISE_LOOP_1(hardtanh_int, int64_t, int64_t, BOUNDED(x, t->k[0].i, t->k[1].i))
POINTWISE_LOOP_1(hardtanh_float, float, float, BOUNDED(x, (float)K(0), (float)K(1)))
POINTWISE_LOOP_1(hardtanh_double, double, double, BOUNDED(x, K(0), K(1)))
bool pointwise_hardtanh(struct op_call *c) {
    static const struct pointwise op = {"hardtanh_cpu",
                                        1,
                                        RULE_NO_BOOL | WITH_PARAM(clamp),
                                        {hardtanh_int, hardtanh_float, hardtanh_double, NULL}};
    if (arg_tensor(c, 0)->dtype == DTYPE_BOOL) return refuse(c, "Bool inputs not supported for hardtanh");
    bool negative = arg_number(c, 1).f < 0 || arg_number(c, 2).f < 0;
    if (arg_tensor(c, 0)->dtype == DTYPE_UINT8 && negative)
        return refuse(c, "cannot do hardtanh on an unsigned type with negative limits");
    return pointwise_call(c, &op, 2);
}

/* logit(x, eps): x is clipped to [eps, 1 - eps] when eps is given. */
POINTWISE_LOOP_1(logit_float, float, float, log(x / (1 - x)))
POINTWISE_LOOP_1(logit_double, double, double, log(x / (1 - x)))
#define CLIP(x, e) ((x) < (e) ? (e) : (x) > 1 - (e) ? 1 - (e) : (x))
POINTWISE_LOOP_1(logit_eps_float, float, float, log(CLIP(x, (float)K(0)) / (1 - CLIP(x, (float)K(0)))))
POINTWISE_LOOP_1(logit_eps_double, double, double, log(CLIP(x, K(0)) / (1 - CLIP(x, K(0)))))
bool pointwise_logit(struct op_call *c) {
    static const struct pointwise plain = {
        "logit_cpu", 1, RULE_FLOAT, {NULL, logit_float, logit_double, NULL}};
    static const struct pointwise clipped = {
        "logit_cpu", 1, RULE_FLOAT, {NULL, logit_eps_float, logit_eps_double, NULL}};
    return pointwise_call(c, arg_none(c, 1) ? &plain : &clipped, arg_none(c, 1) ? 0 : 1);
}

/* nan_to_num: the dtype's own bounds stand for infinities that are not given. */
POINTWISE_LOOP_1(nan_float, float, float, x != x ? K(0) : isinf(x) ? (x > 0 ? K(1) : K(2)) : x)
POINTWISE_LOOP_1(nan_double, double, double, x != x ? K(0) : isinf(x) ? (x > 0 ? K(1) : K(2)) : x)
POINTWISE_LOOP_1(nan_int, int64_t, int64_t, x)
static double nan_part(double x, const struct number *k) {
    return x != x ? k[0].f : x - x != 0 ? (x > 0 ? k[1].f : k[2].f) : x;
}
POINTWISE_LOOP_1(nan_complex, struct complex128, struct complex128,
                 ((struct complex128){nan_part(x.re, t->k), nan_part(x.im, t->k)}))
bool pointwise_nan_to_num(struct op_call *c) {
    static const struct pointwise op = {
        "nan_to_num", 1, RULE_NO_COMPLEX_HALF, {nan_int, nan_float, nan_double, nan_complex}};
    double bound = dtype_largest(dtype_real(tensor_dtype(arg_tensor(c, 0))));
    struct number k[3] = {
        {.tag = VALUE_FLOAT}, {.tag = VALUE_FLOAT, .f = bound}, {.tag = VALUE_FLOAT, .f = -bound}};
    for (int i = 0; i < 3; i++)
        if (!arg_none(c, i + 1)) k[i].f = arg_float(c, i + 1);
    return pointwise_call_with(c, &op, k);
}

/* prelu(x, weight): one slope, or one for each channel. */
POINTWISE_LOOP_2(prelu_float, float, float, x > 0 ? x : x * y)
POINTWISE_LOOP_2(prelu_double, double, double, x > 0 ? x : x * y)
static const struct pointwise op_prelu = {"prelu_cpu", 2, RULE_SAME, {NULL, prelu_float, prelu_double, NULL}};
bool pointwise_prelu_kernel(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor(c, 1);
    if (x->dtype != weight->dtype)
        return refuse(c, "Found dtype %s but expected %s", dtype_table[weight->dtype].graph_name,
                      dtype_table[x->dtype].graph_name);
    return pointwise_call(c, &op_prelu, 0);
}
bool pointwise_prelu(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    if (x->dtype != weight->dtype)
        return refuse(c, "prelu: Type promoting not supported. Got %s and %s",
                      dtype_table[x->dtype].graph_name, dtype_table[weight->dtype].graph_name);
    if (weight->ndim > 1)
        return refuse(c, "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = %d",
                      weight->ndim);
    if (weight->numel != 1) {
        if (x->ndim == 0) return refuse(c, "Not allow zero-dim input tensor.");
        int64_t channels = x->ndim > 1 ? x->sizes[1] : 1;
        if (channels != weight->numel)
            return refuse(c,
                          "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                          "%lld and channel size = %lld.",
                          (long long)weight->numel, (long long)channels);
    }
    for (int i = 0; i < x->ndim; i++) sizes[i] = i == 1 ? weight->numel : 1;
    if (x->ndim == 1) sizes[0] = weight->numel;
    struct tensor *w =
        compose_own(&k, tensor_reshape(c, weight, weight->numel == 1 && x->ndim == 0 ? 0 : x->ndim, sizes));
    return compose_give(
        &k, w ? compose_own(&k, pointwise_run(c, &op_prelu, (struct tensor *[]){x, w}, NULL, NULL)) : NULL);
}

/* glu: the first half of a dimension times the sigmoid of the second. */
bool pointwise_glu(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (x->ndim == 0) return refuse(c, "glu does not support 0-dimensional tensors");
    if (!wrap_dim(c, &dim, x->ndim)) return false;
    if (x->sizes[dim] % 2)
        return refuse(c, "Halving dimension must be even, but dimension %lld is size %lld", (long long)dim,
                      (long long)x->sizes[dim]);
    if (!accept_dtype(c, tensor_dtype(x), SET_REALS, "glu_cpu")) return false;
    int64_t half = x->sizes[dim] / 2;
    struct tensor *a = compose_own(&k, tensor_narrow(c, x, (int)dim, 0, half));
    struct tensor *b =
        compose_run(&k, "aten::sigmoid", "t", compose_own(&k, tensor_narrow(c, x, (int)dim, half, half)));
    return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", a, b));
}

/* log_sigmoid_forward also gives a buffer, empty on other devices: exp(-|x|) here. */
bool pointwise_log_sigmoid_forward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    struct tensor *out = compose_run(&k, "aten::log_sigmoid", "t", x),
                  *buffer = compose_run(&k, "aten::abs", "t", x);
    buffer = compose_run(&k, "aten::neg", "t", buffer);
    buffer = compose_run(&k, "aten::exp", "t", buffer);
    return compose_give_some(&k, 2, (struct tensor *[]){out, buffer});
}
