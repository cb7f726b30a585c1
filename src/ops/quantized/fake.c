/* Fake quantization: reals through integers and back, with a mask of what was in range. Sources:
 * aten/src/ATen/native/quantized/FakeQuant{PerTensor,PerChannel}Affine.cpp,
 * aten/src/ATen/native/quantized/cpu/kernels/QuantizedOpKernels.cpp. Kernels compute in float32, but for
 * float64 inputs; those of that last file are built to fuse a product and a sum. */
#include "ops/quantized/fake.h"
#include "ops/common/compose.h"

/* One run of it: an element's integer before it is clamped, by tensor or by channel. */
struct fake_run {
    const struct fake *f;
    enum dtype dtype, scale_dtype, zero_dtype;
    bool channels;
};

static double narrowed(const struct fake_run *r, double x) {
    return r->dtype == DTYPE_FLOAT64 ? x : (double)(float)x;
}

static double integer_by_tensor(const struct fake_run *r, double x) {
    float inverse = 1.0f / r->f->scale;
    double scaled =
        r->dtype == DTYPE_FLOAT64 ? nearbyint(x * (double)inverse) : nearbyintf((float)x * inverse);
    return narrowed(r, (double)r->f->zero_point + scaled);
}

/* Zero and scale are one channel's. A whole zero point is added after rounding, a float32 one fused with the
 * product, a float16 one added to it; what no int64 holds is the smallest. */
static double integer_by_channel(const struct fake_run *r, double x, float scale, double zero) {
    float inverse = 1.0f / scale, scaled = (float)x * inverse;
    bool whole = !dtype_is_floating(r->zero_dtype), fused = r->zero_dtype == DTYPE_FLOAT32;
    if (r->dtype == DTYPE_FLOAT64) {
        double product = x * (double)inverse;
        return (double)convert_to_int64(whole   ? zero + nearbyint(product)
                                        : fused ? nearbyint(fma(x, (double)inverse, zero))
                                                : nearbyint(product + zero));
    }
    float rounded = whole   ? (float)zero + nearbyintf(scaled)
                    : fused ? nearbyintf(fmaf((float)x, inverse, (float)zero))
                            : nearbyintf(scaled + (float)zero);
    return (double)convert_to_int64((double)rounded);
}

static double clamp_to(const struct fake *f, double x) {
    return fmin(fmax(x, (double)f->low), (double)f->high);
}

/* Operands: output, mask, input, and the channels' scale and zero point. */
static void fake_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct fake_run *r = context;
    const struct fake *f = r->f;
    double x, scale = (double)f->scale, zero = (double)f->zero_point;
    for (int64_t i = 0; i < count; i++) {
        convert_load[r->dtype][COMPUTE_DOUBLE](&x, 8, data[2] + i * strides[2], 0, 1);
        if (r->channels) {
            convert_load[r->scale_dtype][COMPUTE_DOUBLE](&scale, 8, data[3] + i * strides[3], 0, 1);
            convert_load[r->zero_dtype][COMPUTE_DOUBLE](&zero, 8, data[4] + i * strides[4], 0, 1);
        }
        double q = r->channels ? integer_by_channel(r, x, (float)scale, zero) : integer_by_tensor(r, x);
        double y = (clamp_to(f, q) - zero) * scale;
        bool in_range = (double)f->low <= q && q <= (double)f->high;
        if (!r->channels) y = (double)((float)(clamp_to(f, q) - zero) * (float)scale);
        convert_store[r->dtype][COMPUTE_DOUBLE](data[0] + i * strides[0], 0, &y, 8, 1);
        *(uint8_t *)(data[1] + i * strides[1]) = in_range;
    }
}

static struct tensor *alike(struct op_call *c, const struct tensor *x, enum dtype d) {
    int64_t strides[TENSOR_MAX_DIMS];
    strides_like(x, strides);
    return tensor_new_strided(d, x->ndim, x->sizes, strides, c->cx->budget, c->err);
}

static bool run_fake(struct op_call *c, struct tensor *x, const struct fake *f, struct tensor *scale,
                     struct tensor *zero, struct tensor **out, struct tensor **mask) {
    struct fake_run r = {.f = f, .dtype = tensor_dtype(x), .channels = scale != NULL};
    if (scale) r.scale_dtype = tensor_dtype(scale);
    if (scale) r.zero_dtype = tensor_dtype(zero);
    struct iterate it = {.outputs = 2, .operands = scale ? 5 : 3, .tensors = {*out, *mask, x, scale, zero}};
    it.budget = c->cx->budget;
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, fake_loop, &r);
    return true;
}

static bool check_range(struct op_call *c, const struct fake *f) {
    return f->low <= f->high || refuse(c, "`quant_min` should be less than or         equal to `quant_max`.");
}

static bool check_floating(struct op_call *c, const struct tensor *x, const char *kernel) {
    return dtype_is_floating(tensor_dtype(x)) ||
           refuse(c, "\"%s\" not implemented for '%s'", kernel, dtype_table[x->dtype].graph_name);
}

/* Outputs are made, filled, and given up together. */
static bool fake_into(struct op_call *c, struct tensor *x, const struct fake *f, struct tensor *scale,
                      struct tensor *zero, struct tensor **out, struct tensor **mask) {
    *out = alike(c, x, tensor_dtype(x));
    *mask = *out ? alike(c, x, DTYPE_BOOL) : NULL;
    if (*mask && run_fake(c, x, f, scale, zero, out, mask)) return true;
    tensor_release(*out);
    tensor_release(*mask);
    return false;
}

bool fake_by_tensor(struct op_call *c, struct tensor *x, const struct fake *f, struct tensor **out,
                    struct tensor **mask) {
    return check_range(c, f) && check_floating(c, x, "fake_quantize_tensor_cachemask_kernel_type_handling") &&
           fake_into(c, x, f, NULL, NULL, out, mask);
}

/* ---- by channel ---- */

static bool check_channels(struct op_call *c, const struct tensor *x, const struct tensor *scale,
                           const struct tensor *zero, int64_t axis) {
    enum dtype s = tensor_dtype(scale), z = tensor_dtype(zero);
    if (s != DTYPE_FLOAT32 && s != DTYPE_BFLOAT16)
        return refuse(c, "Scale must be Float or BFloat16, found %s", dtype_table[s].graph_name);
    if (z != DTYPE_INT32 && z != DTYPE_FLOAT32 && z != DTYPE_FLOAT16)
        return refuse(c, "Zero-point must be Int32, Float or Half, found %s", dtype_table[z].graph_name);
    if (scale->ndim != 1) return refuse(c, "scale should be a 1-D tensor");
    if (zero->ndim != 1) return refuse(c, "zero point should be a 1-D tensor");
    if (scale->numel != zero->numel)
        return refuse(c, "scale and zero-point need to have the same dimensions");
    return scale->numel == x->sizes[axis] ||
           refuse(c, "dimensions of scale and zero-point are not consistent with input tensor");
}

static bool check_zeros(struct op_call *c, const struct tensor *zero, const struct fake *f) {
    if (zero->numel == 0)
        return refuse(c, "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                         "reduction dim with the 'dim' argument.");
    for (int64_t i = 0; i < zero->numel; i++) {
        int64_t z = tensor_get_int(zero, i);
        if (z < f->low || z > f->high)
            return refuse(c, "`zero_point` must be between `quant_min` and `quant_max`.");
    }
    return true;
}

/* A 1-d tensor along this axis of x. */
static struct tensor *along(struct op_call *c, struct tensor *t, const struct tensor *x, int64_t axis) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS] = {0};
    for (int i = 0; i < x->ndim; i++) sizes[i] = 1;
    sizes[axis] = t->sizes[0];
    strides[axis] = t->strides[0];
    return tensor_view_as(t, x->ndim, sizes, strides, t->offset, c->err);
}

bool fake_by_channel(struct op_call *c, struct tensor *x, struct tensor *scale, struct tensor *zero,
                     int64_t axis, const struct fake *f, struct tensor **out, struct tensor **mask) {
    int64_t at = axis;
    if (!wrap_dim(c, &at, x->ndim)) return false;
    if (x->ndim == 0) return refuse(c, "scale should be a 1-D tensor");
    bool good = check_channels(c, x, scale, zero, at) && check_range(c, f) &&
                (dtype_is_floating(tensor_dtype(zero)) || check_zeros(c, zero, f));
    if (good && axis < 0) good = refuse(c, "`axis` must be between 0 and number of dimensions of input");
    if (!good || !check_floating(c, x, "fake_quantize_channel_cachemask_cpu_type_handling")) return false;
    struct tensor *scales = along(c, scale, x, at), *zeros = along(c, zero, x, at);
    good = scales && zeros && fake_into(c, x, f, scales, zeros, out, mask);
    tensor_release(scales);
    tensor_release(zeros);
    return good;
}

/* ---- operators: with their mask, or without ---- */

static bool give_pair(struct op_call *c, bool good, struct tensor *out, struct tensor *mask) {
    if (!good) return false;
    if (c->result_count > 1)
        c->results[1] = value_tensor(mask);
    else
        tensor_release(mask);
    return give_tensor(c, out);
}

/* (x, scale, zero point, low, high) */
bool op_fake_quantize(struct op_call *c) {
    struct fake f = {(float)arg_float(c, 1), arg_int(c, 2), arg_int(c, 3), arg_int(c, 4)};
    struct tensor *out = NULL, *mask = NULL;
    if (!check_range(c, &f)) return false;
    if (f.zero_point < f.low || f.zero_point > f.high)
        return refuse(c, "`zero_point` must be between `quant_min` and `quant_max`.");
    bool good = fake_by_tensor(c, arg_tensor(c, 0), &f, &out, &mask);
    return give_pair(c, good, out, mask);
}

static bool one_number(struct op_call *c, const struct tensor *t) {
    return t->numel == 1 ||
           refuse(c, "a Tensor with %lld elements cannot be converted to Scalar", (long long)t->numel);
}

/* Everything is in range, and stays. */
static bool give_unchanged(struct op_call *c, struct tensor *x) {
    struct compose k = compose_start(c);
    struct tensor *out = compose_run(&k, "aten::clone", "t", x);
    struct tensor *mask = out ? compose_run(&k, "aten::ones_like", "ti", x, (int64_t)DTYPE_BOOL) : NULL;
    if (!mask) return compose_refused(&k, false);
    return compose_give_some(&k, c->result_count > 1 ? 2 : 1, (struct tensor *const[]){out, mask});
}

/* (x, scale, zero point, [enabled,] low, high): tensors */
static bool fake_by_tensors(struct op_call *c, int low_at) {
    const struct tensor *scale = arg_tensor(c, 1), *zero = arg_tensor(c, 2);
    struct fake f = {0, 0, arg_int(c, low_at), arg_int(c, low_at + 1)};
    struct tensor *x = arg_tensor(c, 0), *out = NULL, *mask = NULL;
    if (!check_range(c, &f)) return false;
    for (int i = 1; i < low_at; i++)
        if (!one_number(c, arg_tensor(c, i))) return false;
    f.scale = (float)tensor_get_float(scale, 0);
    f.zero_point = tensor_get_int(zero, 0);
    if (low_at > 3 && tensor_get_int(arg_tensor(c, 3), 0) == 0 && dtype_is_floating(tensor_dtype(x)))
        return give_unchanged(c, x);
    bool good = fake_by_tensor(c, x, &f, &out, &mask);
    return give_pair(c, good, out, mask);
}

bool op_fake_quantize_qparams(struct op_call *c) {
    return fake_by_tensors(c, 3);
}
bool op_fake_quantize_enabled(struct op_call *c) {
    return fake_by_tensors(c, 4);
}

/* (x, scales, zero points, axis, low, high) */
bool op_fake_quantize_channels(struct op_call *c) {
    struct fake f = {.low = arg_int(c, 4), .high = arg_int(c, 5)};
    struct tensor *out = NULL, *mask = NULL;
    bool good = fake_by_channel(c, arg_tensor(c, 0), arg_tensor(c, 1), arg_tensor(c, 2), arg_int(c, 3), &f,
                                &out, &mask);
    return give_pair(c, good, out, mask);
}

/* (grad, mask) */
bool op_fake_quantize_backward(struct op_call *c) {
    struct tensor *grad = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    if (mask->dtype != DTYPE_BOOL)
        return refuse(
            c, "Expected mask.scalar_type() == ScalarType::Bool to be true, but got false.  (Could this "
               "error message be improved?  If so, please report an enhancement request to PyTorch.)");
    if (mask->numel != grad->numel)
        return refuse(c, "`mask` and `dY` are not the same size: `mask` is size %lld and `dY` is size %lld",
                      (long long)mask->numel, (long long)grad->numel);
    if (grad->numel == 0) return give_borrowed(c, 0, grad);
    struct compose k = compose_start(c);
    return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", grad, mask));
}
