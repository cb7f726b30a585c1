/* Activations on quantized tensors: quantized:: operators, which take the output's scale and zero point, and
 * the aten:: ones that PyTorch has for quantized tensors. Sources:
 * aten/src/ATen/native/quantized/cpu/kernels/QuantizedOpKernels.cpp, q{relu,elu,sigmoid,tanh,clamp,...}.cpp;
 * scalar code and vectors differ where a loop looks at `vector`. */
#include "ops/quantized/map.h"

#define MAP_REALS(name, expression)              \
    static void name(const struct map_tile *t) { \
        const float *k = t->map->k;              \
        (void)k;                                 \
        for (int64_t i = 0; i < t->count; i++) { \
            float x = t->x[i];                   \
            t->out[i] = (expression);            \
        }                                        \
    }
#define MAP_INTEGERS(name, expression)           \
    static void name(const struct map_tile *t) { \
        const int64_t *n = t->map->n;            \
        for (int64_t i = 0; i < t->count; i++) { \
            int64_t a = t->a[i];                 \
            t->to[i] = (int32_t)(expression);    \
        }                                        \
    }

static float between(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}
static float elu(float x, const float *k) {
    return (x >= 0 ? x : expm1f(x * k[2]) * k[0]) * k[1];
}
static double cube(double x) {
    return x * x * x;
}

MAP_REALS(run_sigmoid, (float)(1.0 / (1.0 + exp(-(double)x))))
MAP_REALS(run_tanh, tanhf(x))
MAP_REALS(run_hardsigmoid, between(x + 3.0f, 0, 6) / 6.0f)
MAP_REALS(run_hardswish, x *between(x + 3.0f, 0, 6) / 6.0f)
MAP_REALS(run_leaky_relu, x > 0 ? x : x * k[0])
MAP_REALS(run_elu, elu(x, k))
MAP_REALS(run_threshold, x > k[0] ? x : k[1])
MAP_REALS(run_gelu, (float)(x * 0.5 * (1 + erf(x * 0.70710678118654752440))))
MAP_REALS(run_gelu_tanh, (float)(0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * cube(x))))))
MAP_INTEGERS(run_clamp, a<n[0] ? (n[0] < n[1] ? n[0] : n[1]) : a> n[1] ? n[1] : a)

/* One input, the map's loop, this scale and zero point. */
static bool activate(struct op_call *c, struct map *m, int at, double scale, int64_t zero_point) {
    struct tensor *t = arg_tensor(c, at);
    m->inputs = 1;
    return quantized_give(c, map_new(c, m, &t, scale, zero_point));
}

/* The same with the input's own. */
static bool activate_alike(struct op_call *c, struct map *m) {
    const struct tensor *t = arg_tensor(c, 0);
    return quantized_per_tensor(c, t) && activate(c, m, 0, quantized_scale(t), quantized_zero_point(t));
}

static float number_at(const struct op_call *c, int i) {
    return (float)arg_number(c, i).f;
}

/* ---- output scale and zero point as arguments ---- */

#define GIVEN(X)                 \
    X(sigmoid, sigmoid, 1, )     \
    X(hardswish, hardswish, 1, ) \
    X(leaky_relu, leaky_relu, 3, m.k[0] = number_at(c, 1))
#define DEFINE_GIVEN(name, loop, at, prepare)                            \
    bool op_quantized_##name(struct op_call *c) {                        \
        struct map m = {.reals = run_##loop};                            \
        prepare;                                                         \
        return activate(c, &m, 0, arg_float(c, at), arg_int(c, at + 1)); \
    }
GIVEN(DEFINE_GIVEN)

/* (x, scale, zero point, alpha, scale, input scale) */
bool op_quantized_elu(struct op_call *c) {
    struct map m = {.reals = run_elu, .k = {number_at(c, 3), number_at(c, 4), number_at(c, 5)}};
    return activate(c, &m, 0, arg_float(c, 1), arg_int(c, 2));
}

bool op_quantized_celu(struct op_call *c) {
    double alpha = arg_number(c, 3).f;
    if (alpha == 0) return refuse(c, "ZeroDivisionError: alpha cannot be 0 for CELU");
    struct map m = {.reals = run_elu, .k = {(float)alpha, 1, (float)(1 / alpha)}};
    return activate(c, &m, 0, arg_float(c, 1), arg_int(c, 2));
}

bool op_quantized_dropout(struct op_call *c) {
    return quantized_need(c, arg_tensor(c, 0)) && give_borrowed(c, 0, arg_tensor(c, 0));
}

/* ---- aten's, whose output scale follows from the function's range ---- */

static bool activate_into_unit(struct op_call *c, struct map *m, double width, int64_t lowest,
                               int64_t middle) {
    const struct tensor *t = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, t)) return false;
    double steps = t->dtype == DTYPE_QINT32 ? 0x1p32 : 0x1p8;
    int64_t zero = t->dtype == DTYPE_QUINT8 ? middle : t->dtype == DTYPE_QINT8 ? lowest : 0;
    return activate(c, m, 0, width / steps, zero);
}

bool quantized_pointwise_sigmoid(struct op_call *c) {
    struct map m = {.reals = run_sigmoid, .subtracts = true};
    return activate_into_unit(c, &m, 1, -128, 0);
}
bool quantized_pointwise_hardsigmoid(struct op_call *c) {
    struct map m = {.reals = run_hardsigmoid};
    return activate_into_unit(c, &m, 1, -128, 0);
}
bool quantized_pointwise_tanh(struct op_call *c) {
    struct map m = {.reals = run_tanh};
    return activate_into_unit(c, &m, 2, 0, 128);
}

/* ---- the input's scale and zero point ---- */

/* out= keeps its own scale. */
bool quantized_pointwise_leaky_relu(struct op_call *c) {
    struct map m = {.reals = run_leaky_relu, .inputs = 1, .k = {number_at(c, 1)}};
    struct tensor *x = arg_tensor(c, 0), *to = call_target(c);
    if (!to) return activate_alike(c, &m);
    return map_run(c, &m, &x, to) && give_borrowed(c, 0, to);
}
bool quantized_pointwise_threshold(struct op_call *c) {
    struct map m = {.reals = run_threshold, .k = {number_at(c, 1), number_at(c, 2)}};
    return activate_alike(c, &m);
}
bool op_quantized_threshold(struct op_call *c) {
    return quantized_pointwise_threshold(c);
}
bool quantized_pointwise_gelu(struct op_call *c) {
    const struct string *how = c->args[1].string;
    struct map m = {.reals =
                        how->length ? (strcmp(how->bytes, "tanh") ? run_gelu : run_gelu_tanh) : run_gelu};
    return activate_alike(c, &m);
}

/* Bounds as integers; what is not given is the integers' own. */
static bool clamp_between(struct op_call *c, const float *low, const float *high, bool zero_below) {
    const struct tensor *t = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, t)) return false;
    struct affine q = quantized_affine(t);
    struct map m = {.integers = run_clamp, .n = {q.range.low, q.range.high}};
    if (low) m.n[0] = quantize_scalar(*low, &q);
    if (high) m.n[1] = quantize_scalar(*high, &q);
    if (zero_below) m.n[0] = quantized_zero_point(t);
    return activate_alike(c, &m);
}

static bool clamp_by_arguments(struct op_call *c) {
    float bounds[2] = {0};
    bool low = !arg_none(c, 1), high = !arg_none(c, 2);
    if (low) bounds[0] = number_at(c, 1);
    if (high) bounds[1] = number_at(c, 2);
    if (!low && !high) return refuse(c, "Both min and max is None");
    return clamp_between(c, low ? &bounds[0] : NULL, high ? &bounds[1] : NULL, false);
}
bool quantized_pointwise_clamp(struct op_call *c) {
    return clamp_by_arguments(c);
}
bool op_quantized_clamp(struct op_call *c) {
    return clamp_by_arguments(c);
}
bool quantized_pointwise_hardtanh(struct op_call *c) {
    return clamp_by_arguments(c);
}
bool quantized_pointwise_relu(struct op_call *c) {
    return clamp_between(c, NULL, NULL, true);
}
bool quantized_pointwise_relu6(struct op_call *c) {
    const float bounds[2] = {0, 6};
    return clamp_between(c, &bounds[0], &bounds[1], false);
}
/* (x, inplace) */
bool op_quantized_relu6(struct op_call *c) {
    const float most = 6;
    if (!clamp_between(c, NULL, &most, true)) return false;
    if (!arg_bool(c, 1)) return true;
    bool good = quantized_copy(c, arg_tensor(c, 0), c->results[0].tensor);
    value_release(c->results[0]);
    c->results[0] = value_none();
    return good && give_borrowed(c, 0, arg_tensor(c, 0));
}
