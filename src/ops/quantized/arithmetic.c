/* Sums and products of quantized tensors, and with numbers. Sources:
 * aten/src/ATen/native/quantized/cpu/{qadd,qmul,qprelu,qmatmul}.cpp. */
#include "ops/common/compose.h"
#include "ops/quantized/map.h"

static float at_least_zero(const struct map *m, float x) {
    return m->n[0] && !(x > 0) ? 0 : x;
}

static void run_add(const struct map_tile *t) {
    for (int64_t i = 0; i < t->count; i++) t->out[i] = at_least_zero(t->map, t->x[i] + t->y[i]);
}

/* n[0]: with relu; k[0]: the multiplier. */
static int32_t finish(const struct map *m, int64_t sum) {
    int32_t result = requantize(sum, m->k[0], &m->out);
    return m->n[0] && result < m->out.zero_point ? m->out.zero_point : result;
}

static void run_mul(const struct map_tile *t) {
    const struct map *m = t->map;
    for (int64_t i = 0; i < t->count; i++) {
        int64_t a = (int64_t)t->a[i] - m->in[0].zero_point, b = (int64_t)t->b[i] - m->in[1].zero_point;
        t->to[i] = finish(m, (int32_t)(uint32_t)((uint64_t)a * (uint64_t)b));
    }
}

/* n[1]: what is added, in steps of the input's scale. */
static void run_add_number(const struct map_tile *t) {
    const struct map *m = t->map;
    for (int64_t i = 0; i < t->count; i++)
        t->to[i] = finish(
            m, (int32_t)(uint32_t)((uint64_t)t->a[i] - (uint64_t)m->in[0].zero_point + (uint64_t)m->n[1]));
}

/* n[1]: the sum of an integer and its mirror image. */
static void run_mirror(const struct map_tile *t) {
    const struct map *m = t->map;
    for (int64_t i = 0; i < t->count; i++) {
        int32_t mirrored = clamp_integer(m->n[1] - t->a[i], m->out.range);
        t->to[i] = m->n[0] && mirrored < m->out.zero_point ? m->out.zero_point : mirrored;
    }
}

static void run_keep(const struct map_tile *t) {
    const struct map *m = t->map;
    for (int64_t i = 0; i < t->count; i++)
        t->to[i] = m->n[0] && t->a[i] < m->n[1] ? (int32_t)m->n[1] : t->a[i];
}

static void run_zero(const struct map_tile *t) {
    for (int64_t i = 0; i < t->count; i++) t->to[i] = 0;
}

/* ---- two tensors ---- */

static bool check_operands(struct op_call *c, const struct tensor *a, const struct tensor *b,
                           const char *name) {
    if (!quantized_need(c, a) || !quantized_need(c, b)) return false;
    if (a->quantizer->per_channel) return refuse(c, "Only per tensor quantization is supported in %s.", name);
    if (b->quantizer->per_channel)
        return refuse(c, "Both inputs to %s must have the same quantization scheme.", name);
    return a->dtype == b->dtype || refuse(c, "%s operands should have same data type.", name);
}

static bool two_tensors(struct op_call *c, bool product, bool relu) {
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)},
                  *to = c->arg_count == 3 ? arg_tensor(c, 2) : NULL;
    const char *name = product ? "Mul" : "Add";
    if (!check_operands(c, in[0], in[1], name) || (to && !check_operands(c, in[0], to, name))) return false;
    struct tensor *out = to ? tensor_retain(to) : quantized_like(c, in[0], arg_float(c, 2), arg_int(c, 3));
    struct map m = {.inputs = 2, .n = {relu}};
    if (product)
        m.integers = run_mul;
    else
        m.reals = run_add;
    if (out && product)
        m.k[0] = (float)quantized_scale(in[0]) * (float)quantized_scale(in[1]) *
                 (1.0f / (float)quantized_scale(out));
    if (out && map_run(c, &m, in, out)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

/* ---- a tensor and a number ---- */

/* The result of n plus or times a tensor, as a map and the result's scale and zero point. */
struct with_number {
    struct map map;
    double scale;
    int64_t zero_point;
};

/* The zero point moves by the number; where it would leave the integers, the scale grows. */
static struct with_number plan_add(const struct tensor *t, double number, bool relu) {
    struct integer_range range = quantized_range(tensor_dtype(t));
    double scale = quantized_scale(t), steps = (double)range.high - range.low;
    int64_t by = convert_to_int64(nearbyint(number / scale));
    int64_t zero_point = (int64_t)((uint64_t)quantized_zero_point(t) - (uint64_t)by);
    struct with_number w = {{.inputs = 1, .integers = run_add_number, .n = {relu, by}}, scale, zero_point};
    if (zero_point < range.low) {
        w.scale = ((double)range.high - (double)zero_point) / steps * scale;
        w.zero_point = range.low;
    } else if (zero_point > range.high) {
        w.scale = ((double)zero_point - range.low) / steps * scale;
        w.zero_point = range.high;
    } else {
        w.map.integers = run_keep;
        w.map.n[1] = zero_point;
    }
    w.map.k[0] = (float)scale * (1.0f / (float)w.scale);
    return w;
}

/* The integers stay and the scale is multiplied; a negative number mirrors them. */
static struct with_number plan_mul(const struct tensor *t, double number, bool relu) {
    struct integer_range range = quantized_range(tensor_dtype(t));
    int64_t zero_point = quantized_zero_point(t), mirror = (int64_t)range.high + range.low;
    if (number == 0) return (struct with_number){{.inputs = 1, .integers = run_zero}, 1, 0};
    if (number > 0)
        return (struct with_number){{.inputs = 1, .integers = run_keep, .n = {relu, zero_point}},
                                    number * quantized_scale(t),
                                    zero_point};
    return (struct with_number){{.inputs = 1, .integers = run_mirror, .n = {relu, mirror}},
                                fabs(number) * quantized_scale(t),
                                range.high - (zero_point - range.low)};
}

/* The number is an argument by itself, or a tensor of one element. */
static bool read_number(struct op_call *c, int at, double *number) {
    lb_value v = c->args[at];
    if (v.tag == VALUE_TENSOR && v.tensor->numel != 1)
        return refuse(c, "a Tensor with %lld elements cannot be converted to Scalar",
                      (long long)v.tensor->numel);
    *number = number_of(v).f;
    return true;
}

static bool tensor_and_number(struct op_call *c, bool product, bool relu) {
    int at = c->args[0].tag == VALUE_TENSOR ? 0 : 1;
    struct tensor *t = arg_tensor(c, at), *to = c->arg_count == 3 ? arg_tensor(c, 2) : NULL;
    double number = 0;
    if (!read_number(c, 1 - at, &number) || !quantized_per_tensor(c, t)) return false;
    if (to && !check_operands(c, t, to, product ? "Mul" : "Add")) return false;
    struct with_number w = product ? plan_mul(t, number, relu) : plan_add(t, number, relu);
    struct tensor *out = map_new(c, &w.map, &t, w.scale, w.zero_point);
    if (!to || !out) return give_tensor(c, out);
    bool good = quantized_copy(c, to, out) && give_borrowed(c, 0, to);
    tensor_release(out);
    return good;
}

#define FAMILIES(X) X(add, false, false) X(add_relu, false, true) X(mul, true, false) X(mul_relu, true, true)
#define DEFINE_FAMILY(name, product, relu)                 \
    bool op_quantized_##name(struct op_call *c) {          \
        return two_tensors(c, product, relu);              \
    }                                                      \
    bool op_quantized_##name##_number(struct op_call *c) { \
        return tensor_and_number(c, product, relu);        \
    }
FAMILIES(DEFINE_FAMILY)

/* ---- prelu: the weight is quantized, too ---- */

/* n[0]: one, in the weight's integers less its zero point. */
static void run_prelu(const struct map_tile *t) {
    const struct map *m = t->map;
    for (int64_t i = 0; i < t->count; i++) {
        int64_t a = (int64_t)t->a[i] - m->in[0].zero_point, b = (int64_t)t->b[i] - m->in[1].zero_point;
        t->to[i] = requantize(a > 0 ? a * m->n[0] : a * b, m->k[0], &m->out);
    }
}

/* The weight as a view that broadcasts along the channels. */
static struct tensor *channel_view(struct op_call *c, struct tensor *w, const struct tensor *x) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    if (w->ndim == x->ndim) return tensor_retain(w);
    for (int i = 0; i < x->ndim; i++) sizes[i] = 1;
    if (x->ndim > 1) sizes[1] = w->numel;
    if ((x->ndim < 2 && w->numel != 1) || !tensor_is_contiguous(w)) {
        refuse(c, "the weight of a quantized prelu should be contiguous, with a number for each channel");
        return NULL;
    }
    strides_contiguous(x->ndim, sizes, strides);
    return tensor_view_as(w, x->ndim, sizes, strides, w->offset, c->err);
}

static bool prelu(struct op_call *c, double scale, int64_t zero_point) {
    struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1);
    if (!quantized_per_tensor(c, x) || !quantized_per_tensor(c, w)) return false;
    if (x->ndim == 0) return refuse(c, "qprelu: zero-dim input tensor is not allowed.");
    struct affine q = quantized_affine(w);
    struct map m = {
        .integers = run_prelu, .inputs = 2, .n = {(int64_t)quantize_scalar(1, &q) - q.zero_point}};
    m.k[0] = (float)quantized_scale(x) * (float)quantized_scale(w) * (1.0f / (float)scale);
    struct tensor *in[2] = {x, channel_view(c, w, x)};
    struct tensor *out = in[1] ? map_new(c, &m, in, scale, zero_point) : NULL;
    tensor_release(in[1]);
    return give_tensor(c, out);
}

bool op_quantized_prelu(struct op_call *c) {
    return prelu(c, arg_float(c, 2), arg_int(c, 3));
}
bool quantized_pointwise_prelu(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    return quantized_per_tensor(c, t) && prelu(c, quantized_scale(t), quantized_zero_point(t));
}
bool quantized_pointwise_prelu_kernel(struct op_call *c) {
    return quantized_pointwise_prelu(c);
}

/* ---- matmul: by the reals ---- */

bool op_quantized_matmul(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (!quantized_need(c, a) || !quantized_need(c, b)) return false;
    if (a->dtype != b->dtype) return refuse(c, "MatMul operands should have same data type.");
    if (a->quantizer->per_channel) return refuse(c, "Only per-tensor quantization is supported in Matmul.");
    if (b->quantizer->per_channel)
        return refuse(c, "Both inputs to Matmul must have the same quantization scheme.");
    struct compose k = compose_start(c);
    struct tensor *x = compose_own(&k, quantized_reals(c, a)),
                  *y = x ? compose_own(&k, quantized_reals(c, b)) : NULL;
    struct tensor *product = k.failed ? NULL : compose_run(&k, "aten::matmul", "tt", x, y);
    struct tensor *out =
        product ? quantized_of_reals(c, product, arg_float(c, 2), arg_int(c, 3), tensor_dtype(a)) : NULL;
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}
