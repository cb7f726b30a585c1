/* quantized::cat: by the reals, or in one pass where all inputs are channels last; and aten::cat and stack
 * of quantized tensors. Sources: aten/src/ATen/native/quantized/cpu/qconcat.cpp, qcat_nhwc_kernel. */
#include "ops/common/compose.h"
#include "ops/quantized/quantize.h"

enum { MOST = COMPOSE_VALUES / 2 };

struct joining {
    struct tensor *tensors[MOST];
    int count;
    int64_t dim;
    double scale;
    int64_t zero_point;
    bool relu;
};

static bool check_inputs(struct op_call *c, const struct joining *j) {
    for (int i = 0; i < j->count; i++) {
        const struct tensor *t = j->tensors[i], *first = j->tensors[0];
        if (!t) return refuse(c, "expected a tensor");
        if (!quantized_need(c, t)) return false;
        if (t->dtype != first->dtype) return refuse(c, "All dtypes must be the same.");
        if (t->quantizer->per_channel != first->quantizer->per_channel)
            return refuse(c, "Quantization schemes must be the same.");
        if (t->quantizer->per_channel)
            return refuse(c, "Only per-tensor quantization is supported in 'cat'!");
    }
    return true;
}

/* ---- channels last, along the channels ---- */

static bool is_channels_last(const struct joining *j) {
    for (int i = 0; i < j->count; i++)
        if (j->tensors[i]->ndim != 4 || !tensor_is_channels_last(j->tensors[i])) return false;
    return j->dim == 1 || j->dim == -3;
}

static bool check_channels_last(struct op_call *c, const struct joining *j) {
    static const int dims[] = {0, 2, 3};
    for (int i = 1; i < j->count; i++)
        for (int d = 0; d < 3; d++)
            if (j->tensors[i]->sizes[dims[d]] != j->tensors[0]->sizes[dims[d]])
                return refuse(c, "Sizes of tensors must match expect in dimension 1. Got%lld and %lld",
                              (long long)j->tensors[i]->sizes[dims[d]],
                              (long long)j->tensors[0]->sizes[dims[d]]);
    return true;
}

/* One pixel's channels: vectors of eight, the rest scalar. */
static void join_pixel(const struct joining *j, const struct tensor *t, const char *from, char *to,
                       const struct affine *out) {
    enum dtype d = tensor_dtype(t);
    int64_t size = (int64_t)dtype_size(d), channels = t->sizes[1];
    struct affine in = quantized_affine(t);
    bool same = quantized_scale(t) == j->scale && quantized_zero_point(t) == j->zero_point && !j->relu;
    for (int64_t i = 0; i < channels; i++, from += size, to += size) {
        bool vector = i < channels / 8 * 8;
        int32_t integer = integer_load(d, from);
        float real = vector ? dequantize_vector(integer, &in) : dequantize_scalar(integer, &in);
        if (j->relu && !(real > 0)) real = 0;
        integer_store(d, to,
                      same     ? integer
                      : vector ? quantize_vector(real, out)
                               : quantize_scalar(real, out));
    }
}

static struct tensor *join_channels_last(struct op_call *c, const struct joining *j) {
    const struct tensor *first = j->tensors[0];
    int64_t sizes[4] = {first->sizes[0], 0, first->sizes[2], first->sizes[3]};
    if (!check_channels_last(c, j)) return NULL;
    for (int i = 0; i < j->count; i++) sizes[1] += j->tensors[i]->sizes[1];
    int64_t strides[4] = {sizes[1] * sizes[2] * sizes[3], 1, sizes[1] * sizes[3], sizes[1]};
    struct tensor *shape = tensor_new_strided(tensor_dtype(first), 4, sizes, strides, c->cx->budget, c->err);
    struct tensor *out = shape ? quantized_like(c, shape, j->scale, j->zero_point) : NULL;
    tensor_release(shape);
    int64_t pixels = sizes[0] * sizes[2] * sizes[3], size = (int64_t)dtype_size(tensor_dtype(first));
    for (int64_t p = 0; out && p < pixels; p++) {
        struct affine q = quantized_affine(out);
        char *to = (char *)tensor_data(out) + p * sizes[1] * size;
        for (int i = 0; i < j->count; i++) {
            int64_t bytes = j->tensors[i]->sizes[1] * size;
            join_pixel(j, j->tensors[i], (const char *)tensor_data(j->tensors[i]) + p * bytes, to, &q);
            to += bytes;
        }
    }
    return out;
}

/* ---- otherwise ---- */

static void keep_above(struct tensor *t, int64_t zero_point) {
    enum dtype d = tensor_dtype(t);
    char *data = tensor_data(t);
    for (int64_t i = 0; i < t->numel; i++, data += dtype_size(d))
        if (integer_load(d, data) < zero_point) integer_store(d, data, (int32_t)zero_point);
}

static struct tensor *join_reals(struct op_call *c, const struct joining *j) {
    struct compose k = compose_start(c);
    struct tensor *reals[MOST];
    for (int i = 0; i < j->count && !k.failed; i++)
        reals[i] = compose_own(&k, quantized_reals(c, j->tensors[i]));
    struct tensor *y = k.failed ? NULL : compose_run(&k, "aten::cat", "Ti", j->count, reals, j->dim);
    struct tensor *out =
        y ? quantized_of_reals(c, y, j->scale, j->zero_point, tensor_dtype(j->tensors[0])) : NULL;
    if (out && j->relu) keep_above(out, j->zero_point);
    compose_end(&k);
    return out;
}

static struct tensor *join(struct op_call *c, const struct joining *j) {
    if (!check_inputs(c, j)) return NULL;
    return is_channels_last(j) ? join_channels_last(c, j) : join_reals(c, j);
}

static bool read_tensors(struct op_call *c, struct joining *j) {
    j->count = args_tensors(c, 0, j->tensors, MOST);
    if (j->count == 0) return refuse(c, "quantized::cat of no tensors");
    if (j->count < 0 || !j->tensors[0]) return j->count < 0 ? false : refuse(c, "expected a tensor");
    j->dim = arg_int(c, 1);
    return quantized_per_tensor(c, j->tensors[0]);
}

/* (tensors, dim, scale?, zero point?) */
static bool concatenate(struct op_call *c, bool relu) {
    struct joining j = {.relu = relu};
    if (!read_tensors(c, &j)) return false;
    j.scale = arg_none(c, 2) ? quantized_scale(j.tensors[0]) : arg_float(c, 2);
    j.zero_point = arg_none(c, 3) ? quantized_zero_point(j.tensors[0]) : arg_int(c, 3);
    return give_tensor(c, join(c, &j));
}

bool op_quantized_cat(struct op_call *c) {
    return concatenate(c, false);
}
bool op_quantized_cat_relu(struct op_call *c) {
    return concatenate(c, true);
}

/* (tensors, dim, out): in out's scale */
static bool concatenate_out(struct op_call *c, bool relu) {
    struct joining j = {.relu = relu};
    struct tensor *to = arg_tensor(c, 2);
    if (!read_tensors(c, &j) || !quantized_per_tensor(c, to)) return false;
    j.scale = quantized_scale(to);
    j.zero_point = quantized_zero_point(to);
    struct tensor *out = join(c, &j);
    bool good = out && tensor_resize(to, out->ndim, out->sizes, c->err) && quantized_copy(c, to, out) &&
                give_borrowed(c, 0, to);
    tensor_release(out);
    return good;
}

bool op_quantized_cat_out(struct op_call *c) {
    return concatenate_out(c, false);
}
bool op_quantized_cat_relu_out(struct op_call *c) {
    return concatenate_out(c, true);
}

/* aten::stack: every tensor with a new dimension, joined. */
bool quantized_index_stack(struct op_call *c) {
    struct joining j = {0};
    if (!read_tensors(c, &j) || !wrap_dim(c, &j.dim, j.tensors[0]->ndim + 1)) return false;
    struct compose k = compose_start(c);
    for (int i = 0; i < j.count && !k.failed; i++)
        j.tensors[i] = compose_run(&k, "aten::unsqueeze", "ti", j.tensors[i], j.dim);
    j.scale = quantized_scale(arg_list(c, 0)->items[0].tensor);
    j.zero_point = quantized_zero_point(arg_list(c, 0)->items[0].tensor);
    struct tensor *out = k.failed ? NULL : join(c, &j);
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}

/* aten::cat keeps the first tensor's scale and zero point; out= has its own. */
bool quantized_index_cat(struct op_call *c) {
    struct joining j = {0};
    if (c->row && (c->row->traits & OP_OUT)) return concatenate_out(c, false);
    if (!read_tensors(c, &j)) return false;
    j.scale = quantized_scale(j.tensors[0]);
    j.zero_point = quantized_zero_point(j.tensors[0]);
    return give_tensor(c, join(c, &j));
}
