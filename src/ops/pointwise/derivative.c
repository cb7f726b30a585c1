/* Derivatives of activations: the gradient of a result and the argument (or the result) give the gradient of
 * the argument.
 *
 * A derivative is a row: x is the gradient, y the argument or result, K(i) the activation's numbers
 * (aten/src/ATen/native/cpu/Activation.cpp and BinaryOpsKernel.cpp, the kernels named in the rows). Half and
 * bfloat16 are computed in float. NaN goes where PyTorch's vector loops take it. */
#include "ops/common/compose.h"
#include "ops/pointwise/pointwise.h"
#include "ops/view/geometry.h"
#include "tensor/promote.h"
#include <tgmath.h>
#undef complex

#define K(i) (t->k[i].f)

/* d/dy of y Phi(y), and of its tanh approximation. */
static double gelu_slope(double y) {
    return 0.5 * (1 + erf(y * 0.70710678118654752440)) + y * 0.39894228040143267794 * exp(-0.5 * y * y);
}
static double gelu_tanh_slope(double y) {
    double u = tanh(0.79788456080286535588 * (y + 0.044715 * y * y * y)),
           inner = 0.79788456080286535588 * (1 + 3 * 0.044715 * y * y);
    return 0.5 * (1 + u) + 0.5 * y * (1 - u * u) * inner;
}
static double mish_slope(double y) {
    double s = 1 / (1 + exp(-y)), u = tanh(log1p(exp(y)));
    return u + y * s * (1 - u * u);
}
/* exp(y beta) / (exp(y beta) + 1), or 1 above the threshold. */
static double softplus_slope(double y, double beta, double threshold) {
    double z = exp(y * beta);
    return y * beta > threshold ? 1 : z / (z + 1);
}
/* By the argument y: alpha, scale and input_scale of elu. */
static double elu_slope(double y, const struct number *k) {
    return y > 0 ? k[1].f : k[2].f * k[0].f * k[1].f * exp(y * k[2].f);
}
/* By the result y. */
static double elu_result_slope(double y, const struct number *k) {
    return y > 0 ? k[1].f : k[2].f * (y + k[0].f * k[1].f);
}
static double logit_slope(double y, double low) {
    if (low < 0) return y < 0 || y > 1 ? NAN : 1 / (y * (1 - y));
    return y >= low && y <= 1 - low ? 1 / (y * (1 - y)) : 0;
}

/* X(name, kernel name, numbers behind the operands, expression) */
#define DERIVATIVES(X)                                                                       \
    X(hardshrink, "shrink_backward_cpu", 1, y<-K(0) || y> K(0) ? x : 0)                      \
    X(hardsigmoid, "hardsigmoid_backward", 0, y > -3 && y < 3 ? x / 6 : 0)                   \
    X(hardswish, "hardswish_backward_cpu", 0, y <= -3 ? 0 : y >= 3 ? x : x * (y / 3 + 0.5f)) \
    X(hardtanh, "hardshrink_backward_cpu", 2, y > K(0) && y < K(1) ? x : 0)                  \
    X(leaky_relu, "leaky_relu_backward_cpu", 1, y > 0 ? x : x * K(0))                        \
    X(softplus, "softplus_backward_cpu", 2, x *softplus_slope((double)y, K(0), K(1)))        \
    X(mish, "mish_backward_cpu", 0, x *mish_slope((double)y))                                \
    X(gelu_erf, "GeluBackwardKernelImpl", 0, x *gelu_slope((double)y))                       \
    X(gelu_tanh, "GeluBackwardKernelImpl", 0, x *gelu_tanh_slope((double)y))                 \
    X(elu, "elu_backward_cpu", 3, x *elu_slope((double)y, t->k))                             \
    X(elu_result, "elu_backward_cpu", 3, x *elu_result_slope((double)y, t->k))               \
    X(logit, "logit_backward_cpu", 1, x *logit_slope((double)y, K(0)))
#define DEFINE_DERIVATIVE(name, text, numbers, real)      \
    POINTWISE_LOOP_2(name##_float, float, float, real)    \
    POINTWISE_LOOP_2(name##_double, double, double, real) \
    static const struct pointwise op_##name = {text, 2, RULE_SAME, {NULL, name##_float, name##_double, NULL}};
DERIVATIVES(DEFINE_DERIVATIVE)

#define DEFINE_KERNEL(name, numbers)                      \
    bool pointwise_##name##_backward(struct op_call *c) { \
        return pointwise_call(c, &op_##name, numbers);    \
    }
DEFINE_KERNEL(hardshrink, 1)
DEFINE_KERNEL(hardsigmoid, 0)
DEFINE_KERNEL(hardswish, 0)
DEFINE_KERNEL(hardtanh, 2)
DEFINE_KERNEL(softplus, 2)

/* Of three compute types: complex gradients are multiplied by the conjugate slope. */
#define CONJ(z) __builtin_conj(z)
#define COMPLEX_DERIVATIVES(X)                                                          \
    X(sigmoid, "sigmoid_backward_cpu", x *(1 - y) * y, x * CONJ((1 - y) * y))           \
    X(tanh, "tanh_backward_cpu", x *(1 - y * y), x *CONJ(1 - y * y))                    \
    X(silu, "silu_backward_cpu", x / (1 + exp(-y)) * (1 + y * (1 - 1 / (1 + exp(-y)))), \
      x * CONJ(1 / (1 + exp(-y)) * (1 + y * (1 - 1 / (1 + exp(-y))))))
#define DEFINE_COMPLEX(name, text, real, conjugate)                               \
    POINTWISE_LOOP_2(name##_float, float, float, real)                            \
    POINTWISE_LOOP_2(name##_double, double, double, real)                         \
    POINTWISE_LOOP_2(name##_complex, complex_double, complex_double, conjugate)   \
    static const struct pointwise op_##name = {                                   \
        text, 2, RULE_SAME, {NULL, name##_float, name##_double, name##_complex}}; \
    DEFINE_KERNEL(name, 0)
COMPLEX_DERIVATIVES(DEFINE_COMPLEX)

/* threshold: integers too. */
POINTWISE_LOOP_2(threshold_int, int64_t, int64_t, y <= t->k[0].i ? 0 : x)
POINTWISE_LOOP_2(threshold_float, float, float, y <= (float)K(0) ? 0 : x)
POINTWISE_LOOP_2(threshold_double, double, double, y <= K(0) ? 0 : x)
bool pointwise_threshold_backward(struct op_call *c) {
    static const struct pointwise op = {
        "threshold_cpu", 2, RULE_NO_BOOL, {threshold_int, threshold_float, threshold_double, NULL}};
    return pointwise_call(c, &op, 1);
}

/* Gradients of these are made in the argument's dtype, whatever the common one. */
bool pointwise_mish_backward(struct op_call *c) {
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)}, *made;
    enum dtype common = promote_tensors(2, in), d = tensor_dtype(in[1]);
    if (!promote_can_cast(common, d))
        return refuse(c, "result type %s can't be cast to the desired output type %s",
                      dtype_table[common].graph_name, dtype_table[d].graph_name);
    made = pointwise_run(c, &op_mish, in, NULL, NULL);
    if (!made || made->dtype == d) return give_tensor(c, made);
    struct tensor *out = tensor_convert(made, d, c->cx->budget, c->err);
    tensor_release(made);
    return give_tensor(c, out);
}

/* Contiguous float32 goes to oneDNN in PyTorch, which takes no gradient of another shape or wider dtype
 * (use_gelu_mkldnn of aten/src/ATen/native/Activation.cpp). */
static bool check_gelu(struct op_call *c) {
    const struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1);
    if (x->dtype != DTYPE_FLOAT32 || x->numel <= 1 || !tensor_is_contiguous(x)) return true;
    if (!dtype_is_floating(tensor_dtype(grad)) || grad->dtype == DTYPE_FLOAT64)
        return refuse(c, "itensor_view_from_dense expects float/bfloat16/half/int8/fp8 tensor input%s",
                      dtype_table[grad->dtype].graph_name);
    bool same = grad->ndim == x->ndim;
    for (int i = 0; same && i < x->ndim; i++) same = grad->sizes[i] == x->sizes[i];
    return same ||
           refuse(c, "could not create a primitive descriptor for the reorder primitive. Run workload "
                     "with environment variable ONEDNN_VERBOSE=all to get additional diagnostic "
                     "information.");
}

/* gelu_backward(grad, self, approximate) */
bool pointwise_gelu_backward(struct op_call *c) {
    const char *mode = c->args[2].string->bytes;
    if (mode[0] != 'n' && mode[0] != 't')
        return refuse(c, "approximate argument must be either none or tanh.");
    if (mode[0] == 't') return pointwise_call(c, &op_gelu_tanh, 0);
    return check_gelu(c) && pointwise_call(c, &op_gelu_erf, 0);
}

/* infinitely_differentiable_gelu_backward(grad, self): the same formula, of differentiable operators. */
bool pointwise_differentiable_gelu_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 1);
    struct tensor *cdf = compose_run(&k, "aten::mul.Scalar", "tf", x, 0.70710678118654752440);
    cdf = compose_run(&k, "aten::erf", "t", cdf);
    cdf = compose_run(&k, "aten::add.Scalar", "tfd", cdf, 1.0, 1);
    cdf = compose_run(&k, "aten::mul.Scalar", "tf", cdf, 0.5);
    struct tensor *pdf = compose_run(&k, "aten::mul.Tensor", "tt", x, x);
    pdf = compose_run(&k, "aten::mul.Scalar", "tf", pdf, -0.5);
    pdf = compose_run(&k, "aten::exp", "t", pdf);
    pdf = compose_run(&k, "aten::mul.Scalar", "tf", pdf, 0.39894228040143267794);
    pdf = compose_run(&k, "aten::mul.Tensor", "tt", pdf, x);
    struct tensor *slope = compose_run(&k, "aten::add.Tensor", "ttd", cdf, pdf, 1);
    struct tensor *out = compose_run(&k, "aten::mul.Tensor", "tt", slope, arg_tensor(c, 0));
    if (out && out->ndim > x->ndim)
        return compose_refused(&k, refuse(c, "output with shape %s doesn't match the broadcast shape %s",
                                          sizes_text(x->ndim, x->sizes, (char[256]){0}, 256),
                                          sizes_text(out->ndim, out->sizes, (char[256]){0}, 256)));
    enum dtype d = promote_tensors(2, (struct tensor *[]){arg_tensor(c, 0), x});
    if (out && dtype_is_integral(d, true))
        out = compose_own(&k, tensor_convert(out, d, c->cx->budget, c->err));
    return compose_give(&k, out);
}

/* leaky_relu_backward(grad, self, negative_slope, self_is_result) */
bool pointwise_leaky_relu_backward(struct op_call *c) {
    if (arg_bool(c, 3) && arg_number(c, 2).f < 0)
        return refuse(c, "In-place leakyReLu backward calculation is triggered with a negative slope which "
                         "is not supported. This is caused by calling in-place forward function with a "
                         "negative slope, please call out-of-place version instead. File an issue at "
                         "https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu "
                         "backward calculation with negative slope");
    return pointwise_call(c, &op_leaky_relu, 1);
}

/* elu_backward(grad, alpha, scale, input_scale, is_result, self_or_result) */
bool pointwise_elu_backward(struct op_call *c) {
    struct number k[3] = {arg_number(c, 1), arg_number(c, 2), arg_number(c, 3)};
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 5)};
    if (arg_bool(c, 4) && k[0].f < 0)
        return refuse(c, "In-place elu backward calculation is triggered with a negative slope which is not "
                         "supported. This is caused by calling in-place forward function with a negative "
                         "slope, please call out-of-place version instead.");
    const struct pointwise *op = arg_bool(c, 4) ? &op_elu_result : &op_elu;
    return give_tensor(c, pointwise_run(c, op, in, k, call_target(c)));
}

/* logit_backward(grad, self, eps): a negative eps is none. */
bool pointwise_logit_backward(struct op_call *c) {
    struct number eps = {.tag = VALUE_FLOAT, .f = arg_none(c, 2) ? -1 : arg_float(c, 2)};
    return pointwise_call_with(c, &op_logit, &eps);
}

static bool check_same_dtype(struct op_call *c, const struct tensor *a, const struct tensor *expected) {
    return a->dtype == expected->dtype ||
           refuse(c, "Found dtype %s but expected %s", dtype_table[a->dtype].graph_name,
                  dtype_table[expected->dtype].graph_name);
}

/* log_sigmoid_backward(grad, self, buffer): the buffer z is exp(-|y|). */
POINTWISE_LOOP_3(log_sigmoid_float, float, float, x *((y < 0) - (y < 0 ? 1 : -1) * (z / (1 + z))))
POINTWISE_LOOP_3(log_sigmoid_double, double, double, x *((y < 0) - (y < 0 ? 1 : -1) * (z / (1 + z))))
bool pointwise_log_sigmoid_backward(struct op_call *c) {
    static const struct pointwise op = {
        "log_sigmoid_backward_cpu", 3, RULE_SAME, {NULL, log_sigmoid_float, log_sigmoid_double, NULL}};
    for (int i = 0; i < 3; i += 2)
        if (!check_same_dtype(c, arg_tensor(c, i), arg_tensor(c, 1))) return false;
    return pointwise_call(c, &op, 0);
}

/* rrelu_with_noise_backward(grad, self, noise, lower, upper, training, self_is_result): the noise holds the
 * slopes of a training run, elsewhere the slope is the mean one (aten/src/ATen/native/Activation.cpp). */
bool pointwise_rrelu_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    double lower = arg_number(c, 3).f, upper = arg_number(c, 4).f;
    if (arg_bool(c, 5) && upper - lower > 1e-6)
        return compose_give(&k,
                            compose_run(&k, "aten::mul.Tensor", "tt", arg_tensor(c, 2), arg_tensor(c, 0)));
    return compose_give(&k, compose_run(&k, "aten::leaky_relu_backward", "ttfb", arg_tensor(c, 0),
                                        arg_tensor(c, 1), (lower + upper) / 2, (int)arg_bool(c, 6)));
}

/* _prelu_kernel_backward(grad, self, weight): gradients of both, element by element. */
POINTWISE_LOOP_3(prelu_self_float, float, float, x > 0 ? z : y * z)
POINTWISE_LOOP_3(prelu_self_double, double, double, x > 0 ? z : y * z)
POINTWISE_LOOP_2(prelu_weight_float, float, float, x > 0 ? 0 : x * y)
POINTWISE_LOOP_2(prelu_weight_double, double, double, x > 0 ? 0 : x * y)
bool pointwise_prelu_kernel_backward(struct op_call *c) {
    static const struct pointwise of_self = {
        "prelu_backward_cpu", 3, RULE_SAME, {NULL, prelu_self_float, prelu_self_double, NULL}};
    static const struct pointwise of_weight = {
        "prelu_backward_cpu", 2, RULE_SAME, {NULL, prelu_weight_float, prelu_weight_double, NULL}};
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *weight = arg_tensor(c, 2);
    if (!check_same_dtype(c, grad, x) || !check_same_dtype(c, weight, x)) return false;
    struct op_call inner = *c;
    inner.dying = 0;
    struct tensor *slope =
        compose_own(&k, pointwise_run(&inner, &of_self, (struct tensor *[]){x, weight, grad}, NULL, NULL));
    struct tensor *wide = slope ? compose_own(&k, tensor_expand(x, slope->ndim, slope->sizes, c->err)) : NULL;
    struct tensor *share =
        wide ? compose_own(&k, pointwise_run(&inner, &of_weight, (struct tensor *[]){wide, grad}, NULL, NULL))
             : NULL;
    return compose_give_some(&k, 2, (struct tensor *[]){slope, share});
}

/* grad * mask * scale: native_dropout_backward (aten/src/ATen/native/Dropout.cpp). */
bool pointwise_dropout_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *p = compose_run(&k, "aten::mul.Tensor", "tt", arg_tensor(c, 0), arg_tensor(c, 1));
    return compose_give(&k, compose_run(&k, "aten::mul.Scalar", "tf", p, arg_float(c, 2)));
}

/* fake_quantize_*_cachemask_backward(grad, mask): values that were clipped have no gradient. */
bool pointwise_cachemask_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct tensor *grad = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    if (mask->dtype != DTYPE_BOOL)
        return refuse(c, "Expected mask.scalar_type() == ScalarType::Bool to be true, but got false.  (Could "
                         "this error message be improved?  If so, please report an enhancement request to "
                         "PyTorch.)");
    if (mask->numel != grad->numel)
        return refuse(c, "`mask` and `dY` are not the same size: `mask` is size %lld and `dY` is size %lld",
                      (long long)mask->numel, (long long)grad->numel);
    if (grad->numel == 0) return give_borrowed(c, 0, arg_tensor(c, 0));
    return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", arg_tensor(c, 0), arg_tensor(c, 1)));
}

/* --- glu: a sigmoid(b), a and b the halves of a dimension
 * (aten/src/ATen/native/GatedLinearUnit.cpp) --- */

struct halves {
    struct tensor *first, *second;
};

static bool halve(struct op_call *c, struct compose *k, struct tensor *x, int64_t dim, struct halves *h) {
    int64_t half = x->sizes[dim] / 2;
    h->first = compose_own(k, tensor_narrow(c, x, (int)dim, 0, half));
    h->second = compose_own(k, tensor_narrow(c, x, (int)dim, half, half));
    return !k->failed;
}

static bool glu_dim(struct op_call *c, const struct tensor *x, int64_t *dim) {
    if (x->ndim == 0) return refuse(c, "glu does not support 0-dimensional tensors");
    if (!wrap_dim(c, dim, x->ndim)) return false;
    return x->sizes[*dim] % 2 == 0 ||
           refuse(c, "Halving dimension must be even, but dimension %lld is size %lld", (long long)*dim,
                  (long long)x->sizes[*dim]);
}

/* x: sigmoid(b), y: a, z: grad. */
POINTWISE_LOOP_3(glu_float, float, float, (1 - x) * x * y * z)
POINTWISE_LOOP_3(glu_double, double, double, (1 - x) * x * y * z)
static const struct pointwise op_glu = {
    "glu_backward_cpu", 3, RULE_SAME, {NULL, glu_float, glu_double, NULL}};

/* glu_backward(grad, self, dim) */
bool pointwise_glu_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *parts[2];
    int64_t dim = arg_int(c, 2);
    struct halves h;
    if (!glu_dim(c, x, &dim)) return false;
    if (dtype_is_integral(tensor_dtype(x), true))
        return refuse(c, "result type Float can't be cast to the desired output type %s",
                      dtype_table[x->dtype].graph_name);
    if (!check_same_dtype(c, grad, x) || !halve(c, &k, x, dim, &h)) return compose_end(&k) && false;
    struct op_call inner = *c;
    inner.dying = 0;
    struct tensor *gate = compose_run(&k, "aten::sigmoid", "t", h.second);
    struct tensor *wide = gate ? compose_own(&k, tensor_expand(grad, gate->ndim, gate->sizes, c->err)) : NULL;
    if (!wide) return compose_give(&k, NULL);
    parts[0] = compose_run(&k, "aten::mul.Tensor", "tt", gate, wide);
    parts[1] =
        compose_own(&k, pointwise_run(&inner, &op_glu, (struct tensor *[]){gate, h.first, wide}, NULL, NULL));
    return compose_give(&k, compose_run(&k, "aten::cat", "Ti", 2, parts, dim));
}

/* glu_jvp(glu, x, dx, dim): da sigmoid(b) + glu (db - sigmoid(b) db) */
bool pointwise_glu_jvp(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *glu = arg_tensor(c, 0), *x = arg_tensor(c, 1), *dx = arg_tensor(c, 2);
    int64_t dim = arg_int(c, 3);
    struct halves h, d;
    for (int i = 1; i < 3; i++)
        if (!check_same_dtype(c, arg_tensor(c, i), glu)) return false;
    if (glu->dtype != DTYPE_FLOAT32 && glu->dtype != DTYPE_FLOAT64)
        return refuse(c, "\"glu_jvp_cpu\" not implemented for '%s'", dtype_table[glu->dtype].graph_name);
    if (!glu_dim(c, x, &dim) || dx->ndim != x->ndim || dx->sizes[dim] != x->sizes[dim])
        return refuse(c, "glu_jvp: the tangent's halves do not match");
    if (!halve(c, &k, x, dim, &h) || !halve(c, &k, dx, dim, &d)) return compose_give(&k, NULL);
    struct tensor *gate = compose_run(&k, "aten::sigmoid", "t", h.second);
    struct tensor *rest = compose_run(&k, "aten::mul.Tensor", "tt", gate, d.second);
    rest = compose_run(&k, "aten::sub.Tensor", "ttd", d.second, rest, 1);
    rest = compose_run(&k, "aten::mul.Tensor", "tt", glu, rest);
    struct tensor *first = compose_run(&k, "aten::mul.Tensor", "tt", d.first, gate);
    return compose_give(&k, compose_run(&k, "aten::add.Tensor", "ttd", first, rest, 1));
}

/* glu_backward_jvp(grad_x, grad_glu, x, dgrad_glu, dx, dim): with s = sigmoid(b) and g = grad_x's first half,
 * which is grad_glu s: da' = dgrad s + g (1 - s) db, db' = da' a (1 - s) + g (1 - s) (da - a s db). */
bool pointwise_glu_backward_jvp(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 2), *parts[2];
    int64_t dim = arg_int(c, 5);
    struct halves g, h, d;
    if (!glu_dim(c, x, &dim)) return false;
    for (int i = 0; i < 5; i += 4) {
        const struct tensor *t = arg_tensor(c, i);
        if (t->ndim != x->ndim || t->sizes[dim] != x->sizes[dim])
            return refuse(c, "start (%lld) + length (%lld) exceeds dimension size (%lld).",
                          (long long)x->sizes[dim] / 2, (long long)x->sizes[dim] / 2,
                          (long long)(t->ndim > dim ? t->sizes[dim] : 0));
    }
    if (!halve(c, &k, arg_tensor(c, 0), dim, &g) || !halve(c, &k, x, dim, &h) ||
        !halve(c, &k, arg_tensor(c, 4), dim, &d))
        return compose_give(&k, NULL);
#define MUL(a, b)       compose_run(&k, "aten::mul.Tensor", "tt", a, b)
#define ADD(a, b, sign) compose_run(&k, "aten::add.Tensor", "ttd", a, b, sign)
    struct tensor *gate = compose_run(&k, "aten::sigmoid", "t", h.second);
    struct tensor *closed = compose_run(&k, "aten::rsub.Scalar", "tdd", gate, 1, 1); /* 1 - s */
    struct tensor *open = MUL(g.first, closed);
    parts[0] = ADD(MUL(arg_tensor(c, 3), gate), MUL(open, d.second), 1);
    struct tensor *apart = ADD(d.first, MUL(MUL(h.first, gate), d.second), -1);
    parts[1] = ADD(MUL(MUL(parts[0], h.first), closed), MUL(open, apart), 1);
#undef MUL
#undef ADD
    return compose_give(&k, compose_run(&k, "aten::cat", "Ti", 2, parts, dim));
}
