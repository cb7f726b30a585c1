/* Padding: constant, reflected, replicated, circular. Each output element is read from one input place, or is
 * the constant. */
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/create/factory.h"
#include "ops/view/geometry.h"
#include <stdio.h>
#include <string.h>

/* --- constant_pad_nd(self, pad, value): pairs from the last dimension on; negative pads cut --- */

static bool padded_sizes(struct op_call *c, const struct tensor *x, const int64_t *pad, int count,
                         int64_t *sizes) {
    if (count % 2) return refuse(c, "Length of pad must be even but instead it equals %d", count);
    if (count / 2 > x->ndim)
        return refuse(
            c,
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length "
            "is %dwhile the input has %ddimensions.",
            count, x->ndim);
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    for (int i = 0; i < count; i++) {
        int64_t *size = &sizes[x->ndim - 1 - i / 2];
        if (__builtin_add_overflow(*size, pad[i], size)) return refuse(c, "constant_pad_nd: sizes overflow");
    }
    for (int i = 0; i < count / 2; i++) {
        int d = x->ndim - 1 - i;
        int64_t before = pad[2 * i], after = pad[2 * i + 1];
        if (before < -x->sizes[d] || after < -x->sizes[d] ||
            (before < 0 ? before : 0) + (after < 0 ? after : 0) < -x->sizes[d])
            return refuse(c, "narrow(): length must be non-negative.");
    }
    return true;
}

/* The part of the input that stays, and where it goes. */
static bool copy_inside(struct compose *k, struct tensor *x, struct tensor *out, const int64_t *pad,
                        int count) {
    struct op_call *c = k->c;
    struct geometry from, to;
    geometry_of(x, &from);
    geometry_of(out, &to);
    for (int i = 0; i < count / 2; i++) {
        int d = x->ndim - 1 - i;
        int64_t before = pad[2 * i], after = pad[2 * i + 1];
        if (before < 0) from.offset -= before * from.strides[d];
        if (before > 0) to.offset += before * to.strides[d];
        from.sizes[d] = to.sizes[d] = x->sizes[d] + (before < 0 ? before : 0) + (after < 0 ? after : 0);
    }
    if (out->numel == 0 || x->numel == 0) return true;
    struct tensor *a = compose_own(k, geometry_view(c, x, &from)),
                  *b = compose_own(k, geometry_view(c, out, &to));
    return a && b && tensor_copy(b, a, c->err);
}

bool pool_constant_pad(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t pad[2 * TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS);
    struct number value = arg_none(c, 2) ? (struct number){.tag = VALUE_INT} : arg_number(c, 2);
    if (count < 0 || !padded_sizes(c, x, pad, count, sizes)) return false;
    bool last = x->ndim == 4 && tensor_is_channels_last(x) && !tensor_is_contiguous(x);
    if (!format_strides(c, last ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, x->ndim, sizes, strides))
        return false;
    struct tensor *out =
        compose_own(&k, tensor_new_strided(tensor_dtype(x), x->ndim, sizes, strides, c->cx->budget, c->err));
    if (!out || !tensor_fill(c, out, &value) || !copy_inside(&k, x, out, pad, count))
        return compose_refused(&k, false);
    return compose_give(&k, out);
}

/* --- reflected, replicated, circular --- */

enum pad_mode { PAD_REFLECT, PAD_REPLICATE, PAD_CIRCULAR };

static int64_t source_place(enum pad_mode mode, int64_t at, int64_t size) {
    if (mode == PAD_REPLICATE) return at < 0 ? 0 : at >= size ? size - 1 : at;
    if (mode == PAD_CIRCULAR) return at < 0 ? at + size : at >= size ? at - size : at;
    if (at < 0) at = -at;
    return at >= size ? 2 * (size - 1) - at : at;
}

/* Where each of `size` padded places is read from. */
static struct tensor *place_table(struct op_call *c, struct compose *k, enum pad_mode mode, int64_t size,
                                  int64_t before, int64_t source) {
    struct tensor *index = compose_own(k, call_new(c, DTYPE_INT64, 1, &size));
    int64_t after = size - source - before, cut = 0;
    if (mode == PAD_CIRCULAR) { /* what is cut off at an end does not come back at the other */
        cut = before < 0 ? -before : 0;
        source -= cut + (after < 0 ? -after : 0);
    }
    for (int64_t j = 0; index && j < size; j++)
        ((int64_t *)tensor_data(index))[j] = source_place(mode, j - before - cut, source) + cut;
    return index;
}

/* One dimension after the other, by index_select. */
static struct tensor *pad_dims(struct op_call *c, struct compose *k, struct tensor *x, const int64_t *pad,
                               int dims, enum pad_mode mode) {
    struct tensor *out = x;
    for (int i = 0; out && i < dims; i++) {
        int d = x->ndim - 1 - i;
        int64_t size = x->sizes[d] + pad[2 * i] + pad[2 * i + 1];
        if (pad[2 * i] == 0 && pad[2 * i + 1] == 0) continue;
        struct tensor *index = place_table(c, k, mode, size, pad[2 * i], x->sizes[d]);
        out = compose_run(k, "aten::index_select", "tdt", out, d, index);
    }
    if (out == x) out = compose_run(k, "aten::clone", "td", x, 0);
    return out;
}

/* The other way, by index_add. */
static struct tensor *unpad_dims(struct op_call *c, struct compose *k, struct tensor *x, struct tensor *grad,
                                 const int64_t *pad, int dims, enum pad_mode mode) {
    int64_t sizes[TENSOR_MAX_DIMS];
    struct tensor *out = grad;
    memcpy(sizes, grad->sizes, sizeof *sizes * grad->ndim);
    for (int i = 0; out && i < dims; i++) {
        int d = x->ndim - 1 - i;
        if (pad[2 * i] == 0 && pad[2 * i + 1] == 0) continue;
        struct tensor *index = place_table(c, k, mode, sizes[d], pad[2 * i], x->sizes[d]);
        sizes[d] = x->sizes[d];
        struct tensor *zeros = compose_run(k, "aten::zeros", "Ld", x->ndim, sizes, (int)grad->dtype);
        out = compose_run(k, "aten::index_add", "tdttd", zeros, d, index, out, 1);
    }
    return out == grad ? compose_run(k, "aten::clone", "td", grad, 0) : out;
}

/* aten/src/ATen/native/ReflectionPad.cpp, ReplicationPadding.cpp: what is left must be something. */
static bool check_left(struct op_call *c, const struct tensor *x, const int64_t *pad, int dims) {
    int64_t sizes[TENSOR_MAX_DIMS], most = 0;
    bool negative = false;
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    for (int i = 0; i < 2 * dims; i++)
        if (pad[i] > INT32_MAX || pad[i] < -INT32_MAX) return refuse(c, "padding is out of range");
    for (int i = 0; i < dims; i++) {
        int64_t *size = &sizes[x->ndim - 1 - i];
        *size += pad[2 * i] + pad[2 * i + 1];
        most = *size > most ? *size : most;
        negative |= *size < 0;
    }
    if (most < 1)
        return refuse(c, "input (W: %lld) is too small. Calculated output W: %lld",
                      (long long)x->sizes[x->ndim - 1], (long long)sizes[x->ndim - 1]);
    return !negative || refuse(c, "Trying to create tensor with negative dimension: %s",
                               sizes_text(x->ndim, sizes, (char[256]){0}, 256));
}

static bool check_reflected(struct op_call *c, const struct tensor *x, const int64_t *pad, int dims) {
    char text[256];
    for (int i = 0; i < dims; i++) {
        int d = x->ndim - 1 - i;
        if (pad[2 * i] < x->sizes[d] && pad[2 * i + 1] < x->sizes[d]) continue;
        return refuse(
            c,
            "Argument #%d: Padding size should be less than the corresponding input dimension, but got: "
            "padding (%lld, %lld) at dimension %d of input %s",
            4 + 2 * i, (long long)pad[2 * i], (long long)pad[2 * i + 1], d,
            sizes_text(x->ndim, x->sizes, text, sizeof text));
    }
    return true;
}

static bool check_shape(struct op_call *c, const struct tensor *x, int dims) {
    bool fits = x->ndim == dims + 1 || x->ndim == dims + 2;
    for (int i = x->ndim == dims + 2; fits && i < x->ndim; i++) fits = x->sizes[i] > 0;
    return fits ||
           refuse(c,
                  "Expected %dD or %dD (batch mode) tensor with possibly 0 batch size and other non-zero "
                  "dimensions for input, but got: %s",
                  dims + 1, dims + 2, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
}

static bool is_last(const struct tensor *x) {
    return x->ndim == 4 && tensor_is_channels_last(x) && !tensor_is_contiguous(x);
}

/* Reads the padding at argument `at` and checks it against x. */
static bool read_pad(struct op_call *c, const struct tensor *x, int at, int dims, enum pad_mode mode,
                     int64_t *pad) {
    static const char *const names[] = {"reflection_pad", "replication_pad"};
    char kernel[48];
    int count = args_ints(c, at, pad, 2 * TENSOR_MAX_DIMS);
    snprintf(kernel, sizeof kernel, "%s%dd%s", names[mode], dims, is_last(x) ? "_channels_last" : "");
    if (count < 0) return false;
    if (count != 2 * dims) return refuse(c, "padding size is expected to be %d", 2 * dims);
    return check_shape(c, x, dims) && (mode != PAD_REFLECT || check_reflected(c, x, pad, dims)) &&
           check_left(c, x, pad, dims) && check_dtype(c, x, SET_REALS | SET_INTS | SET_COMPLEX, kernel);
}

static bool pad_call(struct op_call *c, int dims, enum pad_mode mode) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    if (!read_pad(c, x, 1, dims, mode, pad)) return false;
    struct tensor *out = pad_dims(c, &k, x, pad, dims, mode);
    if (out && is_last(x)) out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, out);
}

/* (grad, self, padding): each gradient goes back to the place that its element was read from
 * (aten/src/ATen/native/ReflectionPad.cpp, ReplicationPadding.cpp). */
static bool pad_backward(struct op_call *c, int dims, enum pad_mode mode) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    bool checked = mode == PAD_REPLICATE && dims == 3; /* the others look at the gradient alone */
    if (checked && !read_pad(c, x, 2, dims, mode, pad)) return false;
    int count = args_ints(c, 2, pad, 2 * TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != 2 * dims) return refuse(c, "padding size is expected to be %d", 2 * dims);
    if (x->ndim <= dims)
        return refuse_index(c, "Dimension specified as %d but tensor has no dimensions",
                            dims > 1 ? dims - 1 : 1);
    for (int d = 0; d < x->ndim; d++) {
        int i = x->ndim - 1 - d;
        int64_t wanted = x->sizes[d] + (i < dims ? pad[2 * i] + pad[2 * i + 1] : 0);
        if (grad->ndim != x->ndim || grad->sizes[d] != wanted)
            return refuse(c, "grad_output width unexpected. Expected: %lld, Got: %lld", (long long)wanted,
                          (long long)(d < grad->ndim ? grad->sizes[d] : 0));
    }
    if (grad->dtype != x->dtype || dtype_is_integral(tensor_dtype(x), true))
        return refuse(c, "\"%s_pad%dd_backward_cpu\" not implemented for '%s'",
                      mode == PAD_REFLECT ? "reflection" : "replication", dims,
                      dtype_table[grad->dtype].graph_name);
    if (x->numel == 0) return compose_give(&k, compose_run(&k, "aten::zeros_like", "t", x));
    return compose_give(&k, unpad_dims(c, &k, x, grad, pad, dims, mode));
}
#define PADS(X) X(reflection, PAD_REFLECT) X(replication, PAD_REPLICATE)
#define DEFINE_PADS(name, mode)                             \
    bool pool_##name##_pad_1d(struct op_call *c) {          \
        return pad_call(c, 1, mode);                        \
    }                                                       \
    bool pool_##name##_pad_2d(struct op_call *c) {          \
        return pad_call(c, 2, mode);                        \
    }                                                       \
    bool pool_##name##_pad_3d(struct op_call *c) {          \
        return pad_call(c, 3, mode);                        \
    }                                                       \
    bool pool_##name##_pad_1d_backward(struct op_call *c) { \
        return pad_backward(c, 1, mode);                    \
    }                                                       \
    bool pool_##name##_pad_2d_backward(struct op_call *c) { \
        return pad_backward(c, 2, mode);                    \
    }                                                       \
    bool pool_##name##_pad_3d_backward(struct op_call *c) { \
        return pad_backward(c, 3, mode);                    \
    }
PADS(DEFINE_PADS)

/* _pad_circular_symint of aten/src/ATen/native/PadNd.cpp: all dimensions but one or two are padded. */
static bool check_circular(struct op_call *c, const struct tensor *x, const int64_t *pad, int count) {
    if (count / 2 + 2 != x->ndim && count / 2 + 1 != x->ndim)
        return refuse(
            c,
            "Invalid padding size, expected 1 or 2 non-padded dimensions, which would be equivalent to "
            "padding of length %d or %d respectively but got %d",
            2 * (x->ndim - 1), 2 * (x->ndim - 2), count);
    for (int i = 0; i < count / 2; i++) {
        int64_t size = x->sizes[x->ndim - 1 - i], before = pad[2 * i], after = pad[2 * i + 1];
        if (before > size || after > size)
            return refuse(c, "Padding value causes wrapping around more than once.");
        if (before < -size || after < -size || size + before + after < 0)
            return refuse(c, "Negative padding value is resulting in an empty dimension");
    }
    return true;
}

bool pool_circular_pad(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS);
    if (count < 0 || !check_circular(c, arg_tensor(c, 0), pad, count)) return false;
    return compose_give(&k, pad_dims(c, &k, arg_tensor(c, 0), pad, count / 2, PAD_CIRCULAR));
}

/* --- pad(self, pad, mode, value) and _pad_enum, where the mode is a number --- */

enum { MODES = 4, MODE_CONSTANT = 0 };
static const char *const mode_names[MODES] = {"constant", "reflect", "replicate", "circular"};

static bool pad_otherwise(struct op_call *c, struct tensor *x, const int64_t *pad, int count, int mode) {
    static const char *const rows[MODES][3] = {
        {0},
        {"aten::reflection_pad1d", "aten::reflection_pad2d", "aten::reflection_pad3d"},
        {"aten::replication_pad1d", "aten::replication_pad2d", "aten::replication_pad3d"},
        {"aten::_pad_circular", "aten::_pad_circular", "aten::_pad_circular"}};
    struct compose k = compose_start(c);
    int dims = count / 2;
    if (mode < MODES && dims >= 1 && dims <= 3 && (x->ndim == dims + 1 || x->ndim == dims + 2))
        return compose_give(&k, compose_run(&k, rows[mode][dims - 1], "tL", x, count, pad));
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "Padding size %d is not supported for %dD input tensor.\nSupported combinations for "
        "non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D "
        "or 4D input: padding size = 4 (pads last 2 dimensions)\n  - 4D or 5D input: padding size = "
        "6 (pads last 3 dimensions)",
        count, x->ndim);
}

static bool pad_by_mode(struct op_call *c, int mode) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS);
    double value = arg_none(c, 3) ? 0 : arg_float(c, 3);
    if (count < 0) return false;
    if (count % 2) return refuse(c, "Padding length must be divisible by 2");
    if (count / 2 > x->ndim)
        return refuse(
            c,
            "Padding length should be less than or equal to two times the input dimension but got padding "
            "length %d and input of dimension %d",
            count, x->ndim);
    if (mode == MODE_CONSTANT)
        return compose_give(&k, compose_run(&k, "aten::constant_pad_nd", "tLf", x, count, pad, value));
    if (value != 0)
        return refuse(c, "Padding mode \"%s\" doesn't take in value argument",
                      mode < MODES ? mode_names[mode] : "circular");
    return pad_otherwise(c, x, pad, count, mode);
}

bool pool_pad(struct op_call *c) {
    for (int i = 0; i < MODES; i++)
        if (strcmp(c->args[2].string->bytes, mode_names[i]) == 0) return pad_by_mode(c, i);
    return error_set_kind(c->err, LB_ERROR_RUNTIME, "NotImplementedError", "Unrecognised padding mode %s",
                          c->args[2].string->bytes);
}
/* padding_mode of torch/nn/functional: 0 reflect, 1 replicate, 2 circular, 3 constant. */
bool pool_pad_enum(struct op_call *c) {
    int64_t mode = arg_int(c, 2);
    return pad_by_mode(c, mode < 0 || mode > 3 ? MODES : (int)(mode + 1) % MODES);
}
