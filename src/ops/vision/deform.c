/* torchvision::deform_conv2d: a convolution whose kernel taps each look where an offset says, weighted by a
 * mask (torchvision/csrc/ops/cpu/deform_conv2d_kernel.cpp). Per image: columns of bilinear samples, then a
 * product with the weight for each group. */
#include "base/mem.h"
#include "ops/common/cpp_names.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include "ops/vision/vision.h"
#include <math.h>

struct deform {
    struct tensor *input, *weight, *offset, *mask, *bias;
    int64_t stride[2], pad[2], dilation[2], groups, offset_groups;
    bool masked;
    int64_t in[2], kernel[2], out[2], channels;
    enum dtype d;
};

static bool check_both(struct op_call *c, bool holds, const char *what, const int64_t *pair) {
    return holds || refuse(c, "%s_h: %lld %s_w: %lld", what, (long long)pair[0], what, (long long)pair[1]);
}

static bool check_ranks(struct op_call *c, const struct deform *v) {
    return check_expected(c, v->input->ndim == 4, "input_c.ndimension() == 4") &&
           check_expected(c, v->offset->ndim == 4, "offset_c.ndimension() == 4") &&
           check_expected(c, !v->masked || v->mask->ndim == 4, "!use_mask || mask_c.ndimension() == 4") &&
           check_expected(c, v->weight->ndim == 4, "weight_c.ndimension() == 4");
}

static bool output_sizes(struct op_call *c, struct deform *v) {
    for (int i = 0; i < 2; i++) {
        int64_t reach, padded;
        v->in[i] = v->input->sizes[2 + i];
        v->kernel[i] = v->weight->sizes[2 + i];
        bool fits = !__builtin_mul_overflow(v->dilation[i], v->kernel[i] - 1, &reach) &&
                    !__builtin_mul_overflow(v->pad[i], 2, &padded) &&
                    !__builtin_add_overflow(padded, v->in[i] - 1, &padded) &&
                    !__builtin_sub_overflow(padded, reach, &padded);
        if (!fits) return refuse(c, "deform_conv2d: sizes overflow");
        v->out[i] = v->stride[i] > 0 ? padded / v->stride[i] + 1 : 0;
    }
    return check_both(c, v->kernel[0] > 0 && v->kernel[1] > 0, "weight", v->kernel) &&
           check_both(c, v->stride[0] > 0 && v->stride[1] > 0, "stride", v->stride) &&
           check_both(c, v->pad[0] >= 0 && v->pad[1] >= 0, "pad", v->pad) &&
           check_both(c, v->dilation[0] > 0 && v->dilation[1] > 0, "dilation", v->dilation);
}

/* Offsets have two planes for each tap and offset group, masks one. */
static bool check_planes(struct op_call *c, const struct deform *v, const struct tensor *t, const char *name,
                         int64_t each) {
    int64_t taps = v->kernel[0] * v->kernel[1], wanted;
    if (__builtin_mul_overflow(v->offset_groups, taps * each, &wanted) || t->sizes[1] != wanted)
        return refuse(c, "%s.shape[1] is not valid: got: %lld expected: %lld", name, (long long)t->sizes[1],
                      (long long)(v->offset_groups * taps * each));
    return true;
}
static bool check_grid(struct op_call *c, const struct deform *v, const struct tensor *t, const char *name) {
    return (t->sizes[2] == v->out[0] && t->sizes[3] == v->out[1]) ||
           refuse(c, "%s output dims: (%lld, %lld) - computed output dims: (%lld, %lld)", name,
                  (long long)t->sizes[2], (long long)t->sizes[3], (long long)v->out[0], (long long)v->out[1]);
}

static bool check_sizes(struct op_call *c, const struct deform *v) {
    const struct tensor *x = v->input, *w = v->weight;
    int64_t wanted;
    bool fits = !__builtin_mul_overflow(w->sizes[1], v->groups, &wanted) && wanted == x->sizes[1];
    if (!check_expected(c, fits, "weight_c.size(1) * n_weight_grps == input_c.size(1)") ||
        !check_expected(c, v->groups > 0 && w->sizes[0] % v->groups == 0,
                        "weight_c.size(0) % n_weight_grps == 0") ||
        !check_planes(c, v, v->offset, "offset", 2) ||
        (v->masked && !check_planes(c, v, v->mask, "mask", 1)) ||
        !check_expected(c, v->offset_groups > 0 && x->sizes[1] % v->offset_groups == 0,
                        "input_c.size(1) % n_offset_grps == 0"))
        return false;
    if (v->offset->sizes[0] != x->sizes[0]) return refuse(c, "invalid batch size of offset");
    if (!check_grid(c, v, v->offset, "offset")) return false;
    if (v->mask->ndim == 0 || v->mask->sizes[0] != x->sizes[0])
        return refuse(c, "invalid batch size of mask");
    if (v->masked && !check_grid(c, v, v->mask, "mask")) return false;
    return (v->out[0] > 0 && v->out[1] > 0) ||
           refuse(c, "Calculated output size too small - out_h: %lld out_w: %lld", (long long)v->out[0],
                  (long long)v->out[1]);
}

static bool check_dtypes(struct op_call *c, const struct deform *v) {
    const struct tensor *like[] = {v->offset, v->mask};
    if (!check_dtype(c, v->input, SET_FLOATS | SET_HALF, "deformable_im2col")) return false;
    for (int i = 0; i < 2; i++)
        if (like[i]->dtype != v->input->dtype)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[v->input->dtype].graph_name,
                          dtype_table[like[i]->dtype].graph_name);
    return v->weight->dtype == v->input->dtype ||
           refuse(c, "mat1 and mat2 must have the same dtype, but got %s and %s",
                  dtype_table[v->weight->dtype].graph_name, dtype_table[v->input->dtype].graph_name);
}

/* --- columns --- */

static double element(const struct deform *v, int64_t plane, int64_t y, int64_t x) {
    if (y < 0 || x < 0 || y >= v->in[0] || x >= v->in[1]) return 0;
    return vision_at(v->input, (plane * v->in[0] + y) * v->in[1] + x);
}

/* Elements outside the image are zeros; NaN is outside. */
static double bilinear(const struct deform *v, int64_t plane, double y, double x) {
    if (!(y > -1 && y < (double)v->in[0] && x > -1 && x < (double)v->in[1])) return 0;
    int64_t top = (int64_t)floor(y), left = (int64_t)floor(x);
    double down = vision_round(v->d, y - (double)top), right = vision_round(v->d, x - (double)left), sum = 0;
    double up = vision_round(v->d, 1 - down), back = vision_round(v->d, 1 - right);
    for (int i = 0; i < 4; i++) {
        double weight = vision_round(v->d, (i & 2 ? down : up) * (i & 1 ? right : back));
        double part = vision_round(v->d, weight * element(v, plane, top + (i >> 1), left + (i & 1)));
        sum = vision_round(v->d, sum + part);
    }
    return sum;
}

/* The offset plane's value (two planes a tap), or the mask's. */
static double plane_at(const struct deform *v, const struct tensor *t, int64_t plane, int64_t place) {
    return vision_at(t, plane * v->out[0] * v->out[1] + place);
}

/* One row of the columns: a channel and a tap, for every place of the output. */
static void fill_row(const struct deform *v, int64_t image, int64_t channel, int64_t tap, char *row) {
    int64_t taps = v->kernel[0] * v->kernel[1], group = channel / (v->channels / v->offset_groups);
    int64_t tap_at = (image * v->offset_groups + group) * taps + tap;
    int64_t tap_place[2] = {tap / v->kernel[1], tap % v->kernel[1]};
    for (int64_t place = 0; place < v->out[0] * v->out[1]; place++) {
        int64_t at[2] = {place / v->out[1], place % v->out[1]};
        double where[2], value;
        for (int i = 0; i < 2; i++) {
            int64_t fixed = at[i] * v->stride[i] - v->pad[i] + tap_place[i] * v->dilation[i];
            where[i] = vision_round(v->d, (double)fixed + plane_at(v, v->offset, 2 * tap_at + i, place));
        }
        value = bilinear(v, image * v->channels + channel, where[0], where[1]);
        if (v->masked) value = vision_round(v->d, plane_at(v, v->mask, tap_at, place) * value);
        size_t size = dtype_size(v->d);
        convert_store[v->d][COMPUTE_DOUBLE](row + (size_t)place * size, 0, &value, 0, 1);
    }
}

static void fill_columns(const struct deform *v, int64_t image, struct tensor *columns) {
    int64_t taps = v->kernel[0] * v->kernel[1], places = v->out[0] * v->out[1];
    for (int64_t i = 0; i < v->channels * taps; i++)
        fill_row(v, image, i / taps, i % taps,
                 (char *)tensor_data(columns) + (size_t)(i * places) * dtype_size(v->d));
}

/* Image by image into the rows of `out`. */
static bool convolve_images(struct op_call *c, const struct deform *v, struct tensor *weight,
                            struct tensor *columns, struct tensor *out) {
    size_t bytes = out->sizes[0] ? (size_t)(out->numel / out->sizes[0]) * dtype_size(v->d) : 0;
    for (int64_t n = 0; n < out->sizes[0]; n++) {
        fill_columns(v, n, columns);
        struct tensor *made = product_batched(c, weight, columns, NULL);
        if (!made) return false;
        memcpy((char *)tensor_data(out) + (size_t)n * bytes, tensor_data(made), bytes);
        tensor_release(made);
    }
    return true;
}

static bool run(struct op_call *c, struct deform *v) {
    struct compose k = compose_start(c);
    int64_t sizes[4] = {v->input->sizes[0], v->weight->sizes[0], v->out[0], v->out[1]},
            each[4] = {1, v->weight->sizes[0], 1, 1};
    struct tensor *out = compose_own(&k, call_new(c, v->d, 4, sizes));
    if (!out || sizes[0] == 0) return compose_give(&k, out);
    if (!check_dtypes(c, v)) return compose_refused(&k, false);
    int64_t inner = v->weight->sizes[1] * v->kernel[0] * v->kernel[1],
            w_sizes[3] = {v->groups, sizes[1] / v->groups, inner},
            c_sizes[3] = {v->groups, inner, v->out[0] * v->out[1]};
    struct tensor *weight = compose_run(&k, "aten::reshape", "tL", v->weight, 3, w_sizes),
                  *columns = compose_own(&k, call_new(c, v->d, 3, c_sizes));
    v->input = vision_wide(&k, v->input);
    v->offset = vision_wide(&k, v->offset);
    if (v->masked) v->mask = vision_wide(&k, v->mask);
    if (k.failed || !convolve_images(c, v, weight, columns, out)) return compose_refused(&k, false);
    struct tensor *bias = compose_run(&k, "aten::view", "tL", v->bias, 4, each);
    return compose_give(&k, compose_run(&k, "aten::add.Tensor", "ttd", out, bias, 1));
}

/* (input, weight, offset, mask, bias, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, groups,
 * offset_groups, use_mask) */
bool vision_deform_conv2d(struct op_call *c) {
    struct deform v = {.input = arg_tensor(c, 0),
                       .weight = arg_tensor(c, 1),
                       .offset = arg_tensor(c, 2),
                       .mask = arg_tensor(c, 3),
                       .bias = arg_tensor(c, 4),
                       .stride = {arg_int(c, 5), arg_int(c, 6)},
                       .pad = {arg_int(c, 7), arg_int(c, 8)},
                       .dilation = {arg_int(c, 9), arg_int(c, 10)},
                       .groups = arg_int(c, 11),
                       .offset_groups = arg_int(c, 12),
                       .masked = arg_bool(c, 13)};
    v.d = tensor_dtype(v.input);
    if (!check_ranks(c, &v) || !output_sizes(c, &v) || !check_sizes(c, &v)) return false;
    v.channels = v.input->sizes[1];
    return run(c, &v);
}
