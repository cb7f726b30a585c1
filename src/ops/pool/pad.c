/* Padding: constant, reflected, replicated, circular. Each output element is read from one input place, or is
 * the constant. */
#include "ops/common/compose.h"
#include "ops/create/factory.h"
#include "ops/view/geometry.h"
#include <string.h>

/* constant_pad_nd(self, pad, value): pairs from the last dimension on; negative pads cut. */
bool pool_constant_pad(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t pad[2 * TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS);
    struct number value = arg_none(c, 2) ? (struct number){.tag = VALUE_INT} : arg_number(c, 2);
    struct geometry from, to;
    if (count < 0) return false;
    if (count % 2) return refuse(c, "Length of pad must be even but instead it equals %d", count);
    if (count / 2 > x->ndim)
        return refuse(c,
                      "Length of pad should be no more than twice the number of dimensions of the input. Pad "
                      "length is %d while the input has %d dimensions.",
                      count, x->ndim);
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    for (int i = 0; i < count / 2; i++) {
        int d = x->ndim - 1 - i;
        sizes[d] += pad[2 * i] + pad[2 * i + 1];
        if (sizes[d] < 0 || (sizes[d] == 0 && x->sizes[d] != 0 && false))
            return refuse(c,
                          "The input size %lld, plus negative padding %lld and %lld resulted in a negative "
                          "output size, which is invalid. Check dimension %d of your input.",
                          (long long)x->sizes[d], (long long)pad[2 * i], (long long)pad[2 * i + 1], d);
    }
    int64_t strides[TENSOR_MAX_DIMS];
    bool last = x->ndim == 4 && tensor_is_channels_last(x) && !tensor_is_contiguous(x);
    if (!format_strides(c, last ? FORMAT_CHANNELS_LAST : FORMAT_CONTIGUOUS, x->ndim, sizes, strides))
        return false;
    struct tensor *out =
        compose_own(&k, tensor_new_strided(tensor_dtype(x), x->ndim, sizes, strides, c->cx->budget, c->err));
    if (!out || !tensor_fill(c, out, &value)) return compose_give(&k, NULL);
    geometry_of(x, &from);
    geometry_of(out, &to);
    for (int i = 0; i < count / 2; i++) {
        int d = x->ndim - 1 - i;
        int64_t before = pad[2 * i], after = pad[2 * i + 1];
        int64_t cut = (before < 0 ? before : 0) + (after < 0 ? after : 0);
        if (before < 0) from.offset -= before * from.strides[d];
        if (before > 0) to.offset += before * to.strides[d];
        from.sizes[d] = to.sizes[d] = x->sizes[d] + cut;
        if (from.sizes[d] < 0) from.sizes[d] = to.sizes[d] = 0;
    }
    struct tensor *a = compose_own(&k, geometry_view(c, x, &from)),
                  *b = a ? compose_own(&k, geometry_view(c, out, &to)) : NULL;
    return compose_give(&k, a && b && tensor_copy(b, a, c->err) ? out : NULL);
}

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
    for (int64_t j = 0; index && j < size; j++)
        ((int64_t *)tensor_data(index))[j] = source_place(mode, j - before, source);
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

static bool check_pad(struct op_call *c, const struct tensor *x, const int64_t *pad, int dims,
                      enum pad_mode mode) {
    static const char *const names[] = {"reflection", "replication", "circular"};
    char text[256];
    for (int i = 0; i < dims; i++) {
        int d = x->ndim - 1 - i;
        int64_t size = x->sizes[d], before = pad[2 * i], after = pad[2 * i + 1];
        if (mode == PAD_REFLECT && (before >= size || after >= size))
            return refuse(c,
                          "Argument #4: Padding size should be less than the corresponding input dimension, "
                          "but got: padding (%lld, %lld) at dimension %d of input %s",
                          (long long)before, (long long)after, d,
                          sizes_text(x->ndim, x->sizes, text, sizeof text));
        if (mode == PAD_CIRCULAR && (before > size || after > size))
            return refuse(c, "Padding value causes wrapping around more than once.");
        if (size + before + after < 1)
            return refuse(c, "input (W: %lld) is too small. Calculated output W: %lld (%s)", (long long)size,
                          (long long)(size + before + after), names[mode]);
    }
    return true;
}

/* Reads the padding at argument `at` and checks it against x. */
static bool read_pad(struct op_call *c, const struct tensor *x, int at, int dims, enum pad_mode mode,
                     int64_t *pad) {
    static const char *const names[] = {"reflection_pad", "replication_pad", "circular_pad"};
    int count = args_ints(c, at, pad, 2 * TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != 2 * dims) return refuse(c, "padding size is expected to be %d", 2 * dims);
    if (x->ndim != dims + 1 && x->ndim != dims + 2)
        return refuse(c,
                      "Expected %dD or %dD (batch mode) tensor with possibly 0 batch size and other non-zero "
                      "dimensions for input, but got: %s",
                      dims + 1, dims + 2, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    for (int i = x->ndim == dims + 2; i < x->ndim; i++)
        if (x->sizes[i] == 0)
            return refuse(c,
                          "Expected %dD or %dD (batch mode) tensor with possibly 0 batch size and other "
                          "non-zero dimensions for input, but got: %s",
                          dims + 1, dims + 2, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    if (x->dtype == DTYPE_BOOL) return refuse(c, "\"%s%dd\" not implemented for 'Bool'", names[mode], dims);
    return check_pad(c, x, pad, dims, mode);
}

static bool pad_call(struct op_call *c, int dims, enum pad_mode mode) {
    struct compose k = compose_start(c);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    if (!read_pad(c, arg_tensor(c, 0), 1, dims, mode, pad)) return false;
    return compose_give(&k, pad_dims(c, &k, arg_tensor(c, 0), pad, dims, mode));
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
        return refuse_index(c, "Dimension specified as %d but tensor has no dimensions", dims - 1);
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

bool pool_circular_pad(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t pad[2 * TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS);
    if (count < 0 || !check_pad(c, arg_tensor(c, 0), pad, count / 2, PAD_CIRCULAR)) return false;
    return compose_give(&k, pad_dims(c, &k, arg_tensor(c, 0), pad, count / 2, PAD_CIRCULAR));
}

/* pad(self, pad, mode, value) */
bool pool_pad(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    const char *mode = c->args[2].string->bytes;
    int64_t pad[2 * TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, pad, 2 * TENSOR_MAX_DIMS), dims = count / 2;
    if (count < 0) return false;
    if (count % 2) return refuse(c, "Padding length must be divisible by 2");
    if (count / 2 > x->ndim)
        return refuse(c,
                      "Padding length should be less than or equal to two times the input dimension but got "
                      "padding length %d and input of dimension %d",
                      count, x->ndim);
    if (strcmp(mode, "constant") == 0) {
        double value = arg_none(c, 3) ? 0 : arg_float(c, 3);
        return compose_give(&k, compose_run(&k, "aten::constant_pad_nd", "tLf", x, count, pad, value));
    }
    if (!arg_none(c, 3) && arg_float(c, 3) != 0)
        return refuse(c, "Padding mode \"%s\" doesn't take in value argument", mode);
    static const char *const rows[3][3] = {
        {"aten::reflection_pad1d", "aten::reflection_pad2d", "aten::reflection_pad3d"},
        {"aten::replication_pad1d", "aten::replication_pad2d", "aten::replication_pad3d"},
        {"aten::_pad_circular", "aten::_pad_circular", "aten::_pad_circular"}};
    static const char *const modes[] = {"reflect", "replicate", "circular"};
    bool fits = dims >= 1 && dims <= 3 && (x->ndim == dims + 1 || x->ndim == dims + 2);
    for (int i = 0; i < 3; i++)
        if (strcmp(mode, modes[i]) == 0 && fits)
            return compose_give(&k, compose_run(&k, rows[i][dims - 1], "tL", x, count, pad));
    for (int i = 0; i < 3; i++)
        if (strcmp(mode, modes[i]) == 0)
            return refuse(c, "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now");
    return refuse(c, "Unrecognised padding mode %s", mode);
}
