/* Tensors that get other sizes or another storage in place: resize_, resize_as_, set_, set_data and their
 * functional forms.
 *
 * Elements that were there stay where they are in memory; memory that nobody wrote is zeros. Rules:
 * aten/src/ATen/native/Resize.cpp, TensorFactories, torch/csrc/autograd/VariableTypeManual.cpp. */
#include "ops/create/factory.h"
#include "ops/view/geometry.h"
#include <string.h>

/* New sizes; `strides` NULL: contiguous ones, unless the sizes are what they were. */
static bool resize(struct op_call *c, struct tensor *t, int ndim, const int64_t *sizes,
                   const int64_t *strides) {
    size_t old = t->storage->bytes;
    bool same = t->ndim == ndim && memcmp(t->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0;
    for (int i = 0; i < ndim; i++)
        if (sizes[i] < 0)
            return refuse(c, "Trying to create tensor with negative dimension %lld: %s", (long long)sizes[i],
                          sizes_text(ndim, sizes, (char[256]){0}, 256));
    if (same && !strides) return true;
    if (!(strides ? tensor_resize_strided(t, ndim, sizes, strides, c->err)
                  : tensor_resize(t, ndim, sizes, c->err)))
        return false;
    if (t->storage->bytes > old) memset((char *)t->storage->data + old, 0, t->storage->bytes - old);
    tensor_changed(t);
    return true;
}

/* Strides of this memory format for the sizes it has now (empty_tensor_restride). */
static bool restride(struct op_call *c, struct tensor *t, int64_t format) {
    int64_t strides[TENSOR_MAX_DIMS];
    return format_strides(c, format, t->ndim, t->sizes, strides) && resize(c, t, t->ndim, t->sizes, strides);
}

static bool resize_to(struct op_call *c, struct tensor *t) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !resize(c, t, ndim, sizes, NULL)) return false;
    if (arg_none(c, 2)) return true;
    if (arg_int(c, 2) == FORMAT_PRESERVE) return refuse(c, "Unsupported memory format Preserve");
    return restride(c, t, arg_int(c, 2));
}

static bool resize_like(struct op_call *c, struct tensor *t) {
    const struct tensor *like = arg_tensor(c, 1);
    if (!resize(c, t, like->ndim, like->sizes, NULL)) return false;
    if (arg_none(c, 2)) return true;
    int64_t format = arg_int(c, 2);
    if (format == FORMAT_PRESERVE)
        format = !tensor_is_channels_last(like) ? FORMAT_CONTIGUOUS
                 : like->ndim == 4              ? FORMAT_CHANNELS_LAST
                                                : FORMAT_CHANNELS_LAST_3D;
    return restride(c, t, format);
}

/* _resize_output_(self, size, device) */
static bool resize_output(struct op_call *c, struct tensor *t) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (c->args[2].device.type != DEVICE_CPU)
        return refuse(c, "out Tensor doesn't have the correct device set");
    return ndim >= 0 && resize(c, t, ndim, sizes, NULL);
}

/* --- another storage --- */

static bool become(struct op_call *c, struct tensor *t, struct tensor *view) {
    bool good = view && tensor_become(t, view, c->err);
    tensor_release(view);
    return good;
}

/* A view over a storage that grows where the view reaches beyond it, as set_storage does. */
static bool set_storage(struct op_call *c, struct tensor *t, struct storage *s, int64_t offset, int ndim,
                        const int64_t *sizes, const int64_t *strides) {
    int64_t none = 0, one = 1;
    if (offset < 0) return refuse(c, "Tensor: invalid storage offset %lld", (long long)offset);
    for (int i = 0; i < ndim; i++)
        if (strides[i] < 0)
            return refuse(c, "as_strided: Negative strides are not supported at the moment, got strides: %s",
                          sizes_text(ndim, strides, (char[256]){0}, 256));
    if ((size_t)offset > s->bytes / dtype_size(tensor_dtype(t)))
        return refuse(c, "setStorage: storage offset %lld is out of bounds", (long long)offset);
    struct tensor *view = tensor_over(s, tensor_dtype(t), 1, &none, &one, offset, c->err);
    return become(c, t, view) && resize(c, t, ndim, sizes, strides);
}

/* set_.source_*_storage_offset: offset, sizes and strides begin at argument 2. */
static bool set_described(struct op_call *c, struct tensor *t, struct storage *s, int64_t base) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS], offset;
    int ndim = args_ints(c, 3, sizes, TENSOR_MAX_DIMS), given = args_ints(c, 4, strides, TENSOR_MAX_DIMS);
    if (ndim < 0 || given < 0) return false;
    if (given == 0)
        strides_contiguous(ndim, sizes, strides);
    else if (given != ndim)
        return refuse(c, "unequal size length (%d) and stride length (%d)", ndim, given);
    if (__builtin_add_overflow(base, arg_int(c, 2), &offset))
        return refuse(c, "Tensor: invalid storage offset %lld", (long long)arg_int(c, 2));
    return set_storage(c, t, s, offset, ndim, sizes, strides);
}

/* self keeps its dtype: the bytes are read as it says. */
static bool set_tensor(struct op_call *c, struct tensor *t) {
    struct tensor *source = arg_tensor(c, 1);
    if (c->arg_count < 5)
        return become(c, t,
                      tensor_over(source->storage, tensor_dtype(t), source->ndim, source->sizes,
                                  source->strides, source->offset, c->err));
    if (!tensor_is_contiguous(source))
        return refuse(c, "passed in tensor to be used as storage must be contiguous");
    return set_described(c, t, source->storage, source->offset);
}

static bool set_nothing(struct op_call *c, struct tensor *t) {
    int64_t none = 0;
    return become(c, t, call_new(c, tensor_dtype(t), 1, &none));
}

static bool set_source(struct op_call *c, struct tensor *t) {
    struct storage *s = c->args[1].storage;
    int64_t count = (int64_t)(s->bytes / dtype_size(tensor_dtype(t))), one = 1;
    if (c->arg_count >= 5) return set_described(c, t, s, 0);
    return set_storage(c, t, s, 0, 1, &count, &one);
}

static bool set_any(struct op_call *c, struct tensor *t) {
    if (c->arg_count < 2) return set_nothing(c, t);
    return c->args[1].tag == VALUE_STORAGE ? set_source(c, t) : set_tensor(c, t);
}

/* The in-place form changes self, the functional one a copy. */
#define CHANGES(X)                       \
    X(view_resize, resize_to)            \
    X(view_resize_as, resize_like)       \
    X(view_resize_output, resize_output) \
    X(view_set, set_any)
#define DEFINE_CHANGE(name, change)                                                                \
    bool name(struct op_call *c) {                                                                 \
        struct tensor *t = arg_tensor(c, 0);                                                       \
        if (c->row && c->row->traits & OP_IN_PLACE) return change(c, t) && give_borrowed(c, 0, t); \
        struct tensor *copy = tensor_clone(c, t);                                                  \
        if (copy && change(c, copy)) return give_tensor(c, copy);                                  \
        tensor_release(copy);                                                                      \
        return false;                                                                              \
    }
CHANGES(DEFINE_CHANGE)

/* set_data(self, new_data): `self.data = new_data`, any dtype and shape. */
bool view_set_data(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0), *data = arg_tensor(c, 1);
    if (t->layout != data->layout)
        return refuse(c, "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have "
                         "incompatible tensor type.");
    return tensor_become(t, data, c->err);
}
