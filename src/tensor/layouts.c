/* Sparse and nested tensors as headers over their parts; see layouts.h. */
#include "tensor/layouts.h"
#include "tensor/iterate.h"
#include <string.h>

const char *layout_name(int64_t layout) {
    static const char *const names[] = {"Strided",   "Sparse",    "SparseCsr", "Mkldnn",
                                        "SparseCsc", "SparseBsr", "SparseBsc"};
    return layout >= 0 && layout < 7 ? names[layout] : "Strided";
}

int sparse_dim(const struct tensor *t) {
    if (!tensor_is_sparse(t)) return 0;
    return t->layout == LAYOUT_SPARSE_COO ? (int)t->parts[0]->sizes[0] : 2;
}

int sparse_dense_dim(const struct tensor *t) {
    if (!tensor_is_sparse(t)) return t->ndim;
    if (t->layout == LAYOUT_SPARSE_COO) return t->ndim - sparse_dim(t);
    return t->parts[2]->ndim - sparse_batch_dim(t) - 1 - (layout_is_block(t->layout) ? 2 : 0);
}

int64_t sparse_nnz(const struct tensor *t) {
    if (t->layout == LAYOUT_SPARSE_COO) return t->parts[0]->sizes[1];
    return t->parts[1]->sizes[t->parts[1]->ndim - 1];
}

struct tensor *tensor_alias(struct tensor *t, lb_error *err) {
    struct tensor *alias = tensor_header((enum dtype)t->dtype, 0, NULL, err);
    if (alias && !tensor_become(alias, t, err)) {
        tensor_release(alias);
        return NULL;
    }
    return alias;
}

static struct tensor *take_parts(struct tensor *t, struct tensor *const parts[3], lb_error *err) {
    for (int i = 0; t && i < 3; i++) {
        if (!parts[i]) continue;
        t->parts[i] = tensor_alias(parts[i], err);
        if (t->parts[i]) continue;
        tensor_release(t);
        return NULL;
    }
    return t;
}

struct tensor *tensor_of_parts(enum tensor_layout layout, int ndim, const int64_t *sizes,
                               struct tensor *const parts[3], lb_error *err) {
    const struct tensor *values = parts[layout == LAYOUT_SPARSE_COO ? 1 : 2];
    struct tensor *t = tensor_header((enum dtype)values->dtype, ndim, sizes, err);
    if (!t) return NULL;
    strides_contiguous(ndim, sizes, t->strides);
    t->layout = (uint8_t)layout;
    t->device = values->device;
    return take_parts(t, parts, err);
}

/* --- nested --- */

/* The size that all items have along a dimension, or -1. */
static int64_t common_size(const struct tensor *sizes, int64_t dim) {
    int64_t count = sizes->sizes[0], width = sizes->sizes[1];
    int64_t size = count ? tensor_get_int(sizes, dim) : 0;
    for (int64_t i = 1; i < count; i++)
        if (tensor_get_int(sizes, i * width + dim) != size) return -1;
    return size;
}

static bool set_nested_shape(struct tensor *t, lb_error *err) {
    const struct tensor *sizes = t->parts[0];
    t->numel = 0;
    for (int64_t i = 0; i < t->sizes[0]; i++) {
        struct tensor *item = nested_item(t, i, err);
        if (!item) return false;
        t->numel += item->numel;
        tensor_release(item);
    }
    for (int d = 1; d < t->ndim; d++) t->sizes[d] = common_size(sizes, d - 1);
    return true;
}

static bool is_int64(const struct tensor *t, int ndim) {
    return t->dtype == DTYPE_INT64 && t->ndim == ndim && t->layout == LAYOUT_STRIDED;
}

static bool nested_parts_fit(struct tensor *const parts[3], lb_error *err) {
    bool plain = is_int64(parts[0], 2) && is_int64(parts[1], 2) && is_int64(parts[2], 1);
    if (!plain || parts[0]->sizes[0] != parts[1]->sizes[0] || parts[0]->sizes[1] != parts[1]->sizes[1] ||
        parts[0]->sizes[0] != parts[2]->sizes[0] || parts[0]->sizes[1] >= TENSOR_MAX_DIMS)
        return error_set(err, LB_ERROR_RUNTIME,
                         "sizes, strides and offsets of a nested tensor should be int64 tensors with a row "
                         "for each of its tensors");
    return true;
}

struct tensor *tensor_nested(struct tensor *buffer, struct tensor *const parts[3], lb_error *err) {
    int64_t sizes[TENSOR_MAX_DIMS] = {0};
    if (!buffer->storage || buffer->layout != LAYOUT_STRIDED) {
        error_set(err, LB_ERROR_RUNTIME, "the buffer of a nested tensor should be strided");
        return NULL;
    }
    if (!nested_parts_fit(parts, err)) return NULL;
    sizes[0] = parts[0]->sizes[0];
    /* With a size of 0 the strides of a tensor without items cannot overflow. */
    struct tensor *t = tensor_header((enum dtype)buffer->dtype, (int)parts[0]->sizes[1] + 1, sizes, err);
    if (!t) return NULL;
    t->layout = LAYOUT_NESTED;
    t->device = buffer->device;
    memset(t->strides, 0, sizeof *t->strides * t->ndim);
    storage_retain(buffer->storage);
    t->storage = buffer->storage;
    t = take_parts(t, parts, err);
    if (t && !set_nested_shape(t, err)) {
        tensor_release(t);
        return NULL;
    }
    return t;
}

struct tensor *nested_buffer(struct tensor *t, lb_error *err) {
    int64_t count = (int64_t)(t->storage->bytes / dtype_size((enum dtype)t->dtype)), one = 1;
    return tensor_over(t->storage, (enum dtype)t->dtype, 1, &count, &one, 0, err);
}

struct tensor *nested_item(struct tensor *t, int64_t i, lb_error *err) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int ndim = t->ndim - 1;
    for (int d = 0; d < ndim; d++) {
        sizes[d] = tensor_get_int(t->parts[0], i * ndim + d);
        strides[d] = tensor_get_int(t->parts[1], i * ndim + d);
    }
    return tensor_over(t->storage, (enum dtype)t->dtype, ndim, sizes, strides, tensor_get_int(t->parts[2], i),
                       err);
}
