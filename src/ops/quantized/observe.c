/* Fake quantization that learns: scales and zero points as parameters with gradients, and those of a running
 * range. Sources: aten/src/ATen/native/quantized/FakeQuant{PerTensor,PerChannel}Affine.cpp,
 * cpu/fused_obs_fake_quant.cpp. */
#include "ops/common/compose.h"
#include "ops/quantized/fake.h"

/* ---- learnable: zero points are real and rounded ---- */

static bool first_of(struct op_call *c, const struct tensor *t, double *out) {
    if (t->ndim == 0) return refuse_index(c, "select() cannot be applied to a 0-dim tensor.");
    if (t->sizes[0] == 0)
        return refuse_index(c, "select(): index 0 out of range for tensor of size [0] at dimension 0");
    if (t->numel != t->sizes[0])
        return refuse(c, "a Tensor with %lld elements cannot be converted to Scalar",
                      (long long)(t->numel / t->sizes[0]));
    *out = tensor_get_float(t, 0);
    return true;
}

static int64_t rounded_zero(double zero, const struct fake *f, bool forward) {
    float real = forward ? nearbyintf((float)zero) : (float)zero + 0.5f;
    float low = (float)f->low, high = (float)f->high;
    real = real < low ? low : real;
    return convert_to_int64((double)(high < real ? high : real));
}

/* (x, scale, zero point, low, high, grad_factor) */
bool op_fake_learnable(struct op_call *c) {
    struct fake f = {0, 0, arg_int(c, 3), arg_int(c, 4)};
    double scale, zero;
    struct tensor *out = NULL, *mask = NULL;
    if (!first_of(c, arg_tensor(c, 1), &scale) || !first_of(c, arg_tensor(c, 2), &zero)) return false;
    f.scale = (float)scale;
    f.zero_point = rounded_zero(zero, &f, true);
    if (f.low <= f.high && (f.zero_point < f.low || f.zero_point > f.high))
        return refuse(c, "`zero_point` must be between `quant_min` and `quant_max`.");
    if (!fake_by_tensor(c, arg_tensor(c, 0), &f, &out, &mask)) return false;
    tensor_release(mask);
    return give_tensor(c, out);
}

/* Rounded and clamped, in `d`. */
static struct tensor *rounded_zeros(struct compose *k, struct tensor *zeros, int64_t low, int64_t high) {
    struct tensor *rounded = compose_run(k, "aten::round", "t", zeros);
    return rounded ? compose_run(k, "aten::clamp", "tii", rounded, low, high) : NULL;
}

/* (x, scales, zero points, axis, low, high, grad_factor) */
bool op_fake_learnable_channels(struct op_call *c) {
    struct fake f = {.low = arg_int(c, 4), .high = arg_int(c, 5)};
    struct compose k = compose_start(c);
    struct tensor *zeros = rounded_zeros(&k, arg_tensor(c, 2), f.low, f.high), *out = NULL, *mask = NULL;
    struct tensor *whole =
        zeros ? compose_own(&k, tensor_convert(zeros, DTYPE_INT32, c->cx->budget, c->err)) : NULL;
    if (!whole ||
        !fake_by_channel(c, arg_tensor(c, 0), arg_tensor(c, 1), whole, arg_int(c, 3), &f, &out, &mask))
        return compose_refused(&k, false);
    compose_own(&k, mask);
    return compose_give(&k, compose_own(&k, out));
}

/* ---- their gradients ---- */

struct gradient {
    float scale, zero, factor;
    int64_t low, high;
    bool whole_zero; /* one zero point, an integer */
};

struct gradients {
    float x, scale, zero;
};

static struct gradients gradient_at(const struct gradient *g, float x, float dy) {
    float inverse = 1.0f / g->scale;
    int64_t q = convert_to_int64((double)nearbyintf(fmaf(x, inverse, g->zero)));
    int64_t clamped = q < g->low ? g->low : q > g->high ? g->high : q;
    struct gradients out = {dy, 0, 0};
    if (q == clamped) {
        out.scale = dy * fmaf((float)clamped - g->zero, g->scale, -x) * inverse * g->factor;
        return out;
    }
    out.x = dy * 0;
    out.zero = dy * -1 * g->scale * g->factor;
    out.scale = dy * ((float)(q < g->low ? g->low : g->high) - g->zero) * g->factor;
    return out;
}

/* Operands: three gradients; x, dy, and the channels' scale and zero point. */
static void gradient_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    struct gradient g = *(const struct gradient *)context;
    for (int64_t i = 0; i < count; i++) {
        if (!g.whole_zero) {
            g.scale = *(const float *)(const void *)(data[5] + i * strides[5]);
            g.zero = *(const float *)(const void *)(data[6] + i * strides[6]);
        }
        struct gradients out = gradient_at(&g, *(const float *)(const void *)(data[3] + i * strides[3]),
                                           *(const float *)(const void *)(data[4] + i * strides[4]));
        *(float *)(void *)(data[0] + i * strides[0]) = out.x;
        *(float *)(void *)(data[1] + i * strides[1]) = out.scale;
        *(float *)(void *)(data[2] + i * strides[2]) = out.zero;
    }
}

static bool check_gradient(struct op_call *c, int count, struct tensor *const *floats,
                           const struct gradient *g, const char *range) {
    for (int i = 0; i < count; i++)
        if (floats[i]->dtype != DTYPE_FLOAT32)
            return refuse(
                c, "Expected scalar_type() == ScalarType::Float to be true, but got false.  (Could this "
                   "error message be improved?  If so, please report an enhancement request to PyTorch.)");
    if (floats[0]->numel != floats[1]->numel) return refuse(c, "`X` and `dY` are not the same size");
    return (g->low <= 0 && g->high >= 0) || refuse(c, "%s", range);
}

static bool make_three(struct compose *k, const struct tensor *x, struct tensor **out) {
    int64_t strides[TENSOR_MAX_DIMS];
    strides_like(x, strides);
    for (int i = 0; i < 3; i++)
        out[i] = compose_own(
            k, tensor_new_strided(DTYPE_FLOAT32, x->ndim, x->sizes, strides, k->c->cx->budget, k->c->err));
    return !k->failed;
}

static bool run_gradient(struct op_call *c, struct gradient *g, struct tensor *const *tensors, int count) {
    struct iterate it = {.outputs = 3, .operands = count, .budget = c->cx->budget};
    for (int i = 0; i < count; i++) it.tensors[i] = tensors[i];
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, gradient_loop, g);
    return true;
}

/* Nothing to differentiate: the arguments as they came. */
static bool give_arguments(struct op_call *c) {
    return give_borrowed(c, 0, arg_tensor(c, 1)) && give_borrowed(c, 1, arg_tensor(c, 2)) &&
           give_borrowed(c, 2, arg_tensor(c, 3));
}

/* (grad, x, scale, zero point, low, high, grad_factor) */
bool op_fake_learnable_backward(struct op_call *c) {
    struct tensor *floats[] = {arg_tensor(c, 0), arg_tensor(c, 1), arg_tensor(c, 2), arg_tensor(c, 3)},
                  *made[5];
    struct gradient g = {.factor = (float)arg_float(c, 6), .low = arg_int(c, 4), .high = arg_int(c, 5)};
    struct fake f = {.low = g.low, .high = g.high};
    double scale, zero;
    if (!first_of(c, floats[2], &scale) || !first_of(c, floats[3], &zero)) return false;
    g.scale = (float)scale;
    g.zero = (float)rounded_zero(zero, &f, false);
    g.whole_zero = true;
    if (!check_gradient(
            c, 4, floats, &g,
            "`quant_min` should be less than or         equal to `quant_max`, and the quantization "
            "range should include 0."))
        return false;
    if (floats[1]->numel == 0) return give_arguments(c);
    struct compose k = compose_start(c);
    if (!make_three(&k, floats[1], made)) return compose_refused(&k, false);
    made[3] = floats[1];
    made[4] = floats[0];
    if (!run_gradient(c, &g, made, 5)) return compose_refused(&k, false);
    for (int i = 1; i < 3 && !k.failed; i++) {
        struct tensor *sum = compose_run(&k, "aten::sum", "t", made[i]);
        made[i] = sum ? compose_run(&k, "aten::unsqueeze", "td", sum, 0) : NULL;
    }
    return k.failed ? compose_refused(&k, false) : compose_give_some(&k, 3, made);
}

/* A 1-d tensor expanded to x's shape along this axis. */
static struct tensor *expanded(struct compose *k, struct tensor *t, const struct tensor *x, int64_t axis) {
    int64_t strides[TENSOR_MAX_DIMS] = {0};
    strides[axis] = t->strides[0];
    return compose_own(k, tensor_view_as(t, x->ndim, x->sizes, strides, t->offset, k->c->err));
}

static bool check_channels(struct op_call *c, struct tensor *const *floats, int64_t axis) {
    if (floats[2]->ndim != 1) return refuse(c, "scale should be a 1-D tensor");
    if (floats[3]->ndim != 1) return refuse(c, "zero point should be a 1-D tensor");
    if (floats[2]->numel != floats[3]->numel)
        return refuse(c, "scale and zero-point need to have the same dimensions");
    if (axis < 0 || axis >= floats[1]->ndim)
        return refuse(c, "`axis` must be between 0 and number of dimensions of input");
    return floats[2]->numel == floats[1]->sizes[axis] ||
           refuse(c, "dimensions of scale and zero-point are not consistent with input tensor");
}

static struct tensor *sum_but(struct compose *k, struct tensor *t, int64_t axis) {
    int64_t dims[TENSOR_MAX_DIMS];
    int count = 0;
    for (int i = 0; i < t->ndim; i++)
        if (i != axis) dims[count++] = i;
    return count ? compose_run(k, "aten::sum.dim_IntList", "tL", t, count, dims) : t;
}

/* (grad, x, scales, zero points, axis, low, high, grad_factor) */
bool op_fake_learnable_channels_backward(struct op_call *c) {
    struct tensor *floats[] = {arg_tensor(c, 0), arg_tensor(c, 1), arg_tensor(c, 2), arg_tensor(c, 3)},
                  *made[7];
    struct gradient g = {.factor = (float)arg_float(c, 7), .low = arg_int(c, 5), .high = arg_int(c, 6)};
    int64_t axis = arg_int(c, 4);
    struct compose k = compose_start(c);
    bool narrow = floats[1]->dtype == DTYPE_BFLOAT16;
    for (int i = 0; narrow && i < 4 && !k.failed; i++)
        floats[i] = compose_own(&k, tensor_convert(floats[i], DTYPE_FLOAT32, c->cx->budget, c->err));
    if (k.failed || !check_gradient(c, 4, floats, &g, "Expecting `quant_min` <= 0 and `quant_max` >= 0") ||
        !check_channels(c, floats, axis))
        return compose_refused(&k, false);
    if (floats[1]->numel == 0) return compose_refused(&k, give_arguments(c));
    struct tensor *zeros = rounded_zeros(&k, floats[3], g.low, g.high);
    if (!zeros || !make_three(&k, floats[1], made)) return compose_refused(&k, false);
    made[3] = floats[1];
    made[4] = floats[0];
    made[5] = expanded(&k, floats[2], floats[1], axis);
    made[6] = made[5] ? expanded(&k, zeros, floats[1], axis) : NULL;
    if (!made[6] || !run_gradient(c, &g, made, 7)) return compose_refused(&k, false);
    for (int i = 1; i < 3 && !k.failed; i++) made[i] = sum_but(&k, made[i], axis);
    return k.failed ? compose_refused(&k, false) : compose_give_some(&k, 3, made);
}

/* ---- a moving range ---- */

/* (x, observe, fake, running min, running max, scale, zero point, averaging_const, low, high, axis, per_row,
 * symmetric) */
enum { OBSERVE = 1, FAKE, MIN, MAX, SCALE, ZERO, CONST, LOW, HIGH, AXIS, PER_ROW, SYMMETRIC };

static bool flag_at(struct op_call *c, int i, bool *out) {
    const struct tensor *t = arg_tensor(c, i);
    if (t->numel != 1)
        return refuse(c, "a Tensor with %lld elements cannot be converted to Scalar", (long long)t->numel);
    *out = tensor_get_int(t, 0) != 0;
    return true;
}

static float moved(float running, float now, float by) {
    return isinf(running) ? now : running + by * (now - running);
}

static bool check_running(struct op_call *c, const struct tensor *t, int64_t count) {
    if (t->dtype != DTYPE_FLOAT32)
        return refuse(c, "expected scalar type Float but found %s", dtype_table[t->dtype].graph_name);
    return (tensor_is_contiguous(t) && t->numel >= count) ||
           refuse(c, "the running range should have a number for each row");
}

static bool move_range(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *low = arg_tensor(c, MIN), *high = arg_tensor(c, MAX);
    if (arg_bool(c, PER_ROW) && arg_int(c, AXIS) != 0)
        return refuse(
            c, "Per-channel FakeQuant in fused_moving_avg_obs_fake_quant is only supported on axis == 0");
    struct compose k = compose_start(c);
    struct tensor *least = compose_run(&k, "aten::aminmax", arg_bool(c, PER_ROW) ? "td" : "tn", x, 1);
    struct tensor *most = least ? compose_result(&k, 1) : NULL;
    if (!most || !check_running(c, least, 0) || !check_running(c, low, least->numel) ||
        !check_running(c, high, least->numel))
        return compose_refused(&k, false);
    float by = (float)arg_float(c, CONST), *from = tensor_data(low), *to = tensor_data(high);
    for (int64_t i = 0; i < least->numel; i++) {
        from[i] = moved(from[i], ((const float *)tensor_data(least))[i], by);
        to[i] = moved(to[i], ((const float *)tensor_data(most))[i], by);
    }
    tensor_changed(low);
    tensor_changed(high);
    return compose_refused(&k, true);
}

static void put_number(struct tensor *t, int64_t i, double value) {
    int64_t size = (int64_t)dtype_size(tensor_dtype(t));
    convert_elements(tensor_dtype(t), (char *)tensor_data(t) + i * t->strides[0] * size, 0, DTYPE_FLOAT64,
                     &value, 8, 1);
}

/* Scale and zero point from the running range, written where they are kept. */
static bool choose_parameters(struct op_call *c, int64_t count) {
    struct tensor *low = arg_tensor(c, MIN), *high = arg_tensor(c, MAX), *scale = arg_tensor(c, SCALE),
                  *zero = arg_tensor(c, ZERO);
    struct integer_range range = {
        clamp_integer(arg_int(c, LOW), (struct integer_range){INT32_MIN, INT32_MAX}),
        clamp_integer(arg_int(c, HIGH), (struct integer_range){INT32_MIN, INT32_MAX})};
    int how = CHOOSE_SINGLE | (arg_bool(c, SYMMETRIC) ? CHOOSE_SYMMETRIC : 0);
    if (scale->ndim == 0 || zero->ndim == 0)
        return refuse_index(c, "select() cannot be applied to a 0-dim tensor.");
    if (scale->sizes[0] < count || zero->sizes[0] < count || scale->ndim > 1 || zero->ndim > 1 ||
        low->numel < count || high->numel < count)
        return refuse_index(c, "select(): index %lld out of range for tensor of size [%lld] at dimension 0",
                            (long long)scale->sizes[0], (long long)scale->sizes[0]);
    for (int64_t i = 0; i < count; i++) {
        double chosen;
        int64_t zero_point;
        if (!quantized_choose(c, (float)tensor_get_float(low, i), (float)tensor_get_float(high, i), range,
                              how, &chosen, &zero_point))
            return false;
        put_number(scale, i, chosen);
        put_number(zero, i, (double)zero_point);
    }
    tensor_changed(scale);
    tensor_changed(zero);
    return true;
}

static bool fake_with_range(struct op_call *c, struct tensor **out, struct tensor **mask) {
    struct fake f = {0, 0, arg_int(c, LOW), arg_int(c, HIGH)};
    struct tensor *scale = arg_tensor(c, SCALE), *zero = arg_tensor(c, ZERO);
    bool rows = arg_bool(c, PER_ROW);
    if (!choose_parameters(c, rows ? arg_tensor(c, MIN)->numel : 1)) return false;
    if (rows) return fake_by_channel(c, arg_tensor(c, 0), scale, zero, arg_int(c, AXIS), &f, out, mask);
    f.scale = (float)tensor_get_float(scale, 0);
    f.zero_point = tensor_get_int(zero, 0);
    return fake_by_tensor(c, arg_tensor(c, 0), &f, out, mask);
}

static bool leave(struct op_call *c, struct tensor **out, struct tensor **mask) {
    struct compose k = compose_start(c);
    *out = compose_run(&k, "aten::clone", "t", arg_tensor(c, 0));
    *mask = *out ? compose_run(&k, "aten::ones_like", "ti", *out, (int64_t)DTYPE_BOOL) : NULL;
    if (*mask) tensor_retain(*out), tensor_retain(*mask);
    return compose_refused(&k, *mask != NULL);
}

static bool observe_and_fake(struct op_call *c, struct tensor **out, struct tensor **mask) {
    bool observe = false, fake = false;
    if (arg_int(c, AXIS) >= arg_tensor(c, 0)->ndim)
        return refuse(c, "Error in fused_moving_avg_obs_fake_quant_cpu: ch_axis must be < self.dim()");
    if (!flag_at(c, OBSERVE, &observe) || (observe && !move_range(c)) || !flag_at(c, FAKE, &fake))
        return false;
    return fake ? fake_with_range(c, out, mask) : leave(c, out, mask);
}

/* One result (then nothing is observed of an empty tensor), or the mask, too. */
bool op_fake_observe(struct op_call *c) {
    struct tensor *out = NULL, *mask = NULL;
    if (c->result_count == 1 && arg_tensor(c, 0)->numel == 0) {
        struct compose k = compose_start(c);
        return compose_give(&k, compose_run(&k, "aten::clone", "t", arg_tensor(c, 0)));
    }
    if (!observe_and_fake(c, &out, &mask)) return false;
    if (c->result_count > 1)
        c->results[1] = value_tensor(mask);
    else
        tensor_release(mask);
    return give_tensor(c, out);
}

/* The four tensors that it would write are results instead. */
bool op_fake_observe_functional(struct op_call *c) {
    lb_value args[SYMMETRIC + 1];
    struct compose k = compose_start(c);
    for (int i = 0; i <= SYMMETRIC; i++) {
        args[i] = c->args[i];
        if (i < MIN || i > ZERO) continue;
        struct tensor *copy = k.failed ? NULL : compose_run(&k, "aten::clone", "t", arg_tensor(c, i));
        args[i] = value_tensor(copy);
    }
    struct tensor *out = NULL, *mask = NULL;
    struct op_call inner = *c;
    inner.args = args;
    if (k.failed || !observe_and_fake(&inner, &out, &mask)) return compose_refused(&k, false);
    c->results[0] = value_tensor(out);
    c->results[1] = value_tensor(mask);
    for (int i = MIN; i <= ZERO; i++) c->results[2 + i - MIN] = value_copy(args[i]);
    return compose_refused(&k, true);
}
