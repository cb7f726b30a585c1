/* Tensors: making them, views, what their strides say, reading single elements.
 *
 * A tensor is a header with sizes and strides over a counted storage. Every maker checks that what the sizes
 * and strides reach lies within the storage; nothing above needs to check again. Copies with conversion are
 * in copy.c. */
#include "base/mem.h"
#include "tensor/convert.h"
#include "tensor/quantizer.h"
#include <string.h>

bool sizes_product(int ndim, const int64_t *sizes, int64_t *numel) {
    int64_t product = 1;
    bool overflow = false, empty = false;
    for (int i = 0; i < ndim; i++) {
        if (sizes[i] < 0) return false;
        empty |= sizes[i] == 0;
        overflow |= __builtin_mul_overflow(product, sizes[i], &product);
    }
    *numel = empty ? 0 : product;
    return empty || !overflow;
}

void strides_contiguous(int ndim, const int64_t *sizes, int64_t *strides) {
    int64_t step = 1;
    for (int i = ndim - 1; i >= 0; i--) {
        strides[i] = step;
        if (sizes[i] > 1 && __builtin_mul_overflow(step, sizes[i], &step))
            step = 0; /* only of empty tensors */
    }
}

static bool tensor_reserve_dims(struct tensor *t, int ndim, lb_error *err) {
    t->ndim = (uint8_t)ndim;
    if (ndim <= TENSOR_INLINE_DIMS) {
        t->sizes = t->inline_dims;
        t->strides = t->inline_dims + TENSOR_INLINE_DIMS;
        return true;
    }
    t->sizes = mem_alloc(sizeof *t->sizes * 2 * (size_t)ndim);
    t->strides = t->sizes ? t->sizes + ndim : NULL;
    return t->sizes || error_memory(err);
}

struct tensor *tensor_header(enum dtype dtype, int ndim, const int64_t *sizes, lb_error *err) {
    if (ndim < 0 || ndim > TENSOR_MAX_DIMS || !dtype_valid(dtype)) {
        error_set(err, LB_ERROR_ARGUMENT, "a tensor of %d dimensions and dtype %d is not possible", ndim,
                  (int)dtype);
        return NULL;
    }
    int64_t numel;
    if (!sizes_product(ndim, sizes, &numel)) {
        for (int i = 0; i < ndim; i++)
            if (sizes[i] < 0) {
                error_set(err, LB_ERROR_RUNTIME, "Trying to create tensor with negative dimension %lld",
                          (long long)sizes[i]);
                return NULL;
            }
        error_set(err, LB_ERROR_RUNTIME, "numel: integer multiplication overflow");
        return NULL;
    }
    struct tensor *t = mem_alloc(sizeof *t);
    if (!t) {
        error_memory(err);
        return NULL;
    }
    memset(t, 0, offsetof(struct tensor, inline_dims));
    counted_init(&t->counted);
    t->dtype = (uint8_t)dtype;
    t->device = (struct device){DEVICE_CPU, -1};
    t->numel = numel;
    if (!tensor_reserve_dims(t, ndim, err)) {
        mem_free(t);
        return NULL;
    }
    for (int i = 0; i < ndim; i++) t->sizes[i] = sizes[i];
    return t;
}

static void tensor_free(struct tensor *t) {
    storage_release(t->storage);
    quantizer_release(t->quantizer);
    tensor_release(t->grad);
    for (int i = 0; i < 3; i++) tensor_release(t->parts[i]);
    if (t->sizes != t->inline_dims) mem_free(t->sizes);
    mem_free(t);
}

void tensor_release(struct tensor *t) {
    if (t && counted_release(&t->counted)) tensor_free(t);
}

static struct tensor *tensor_with_storage(struct tensor *t, struct storage *s) {
    if (!s) {
        tensor_release(t);
        return NULL;
    }
    t->storage = s;
    return t;
}

struct tensor *tensor_new(enum dtype dtype, int ndim, const int64_t *sizes, struct memory_budget *budget,
                          lb_error *err) {
    struct tensor *t = tensor_header(dtype, ndim, sizes, err);
    size_t bytes;
    if (!t) return NULL;
    strides_contiguous(ndim, sizes, t->strides);
    if (!size_multiply((size_t)t->numel, dtype_size(dtype), &bytes) || bytes > INT64_MAX / 2) {
        error_set(err, LB_ERROR_RUNTIME, "Storage size calculation overflowed");
        tensor_release(t);
        return NULL;
    }
    return tensor_with_storage(t, storage_new(bytes, budget, err));
}

/* The least and the largest offset that sizes and strides reach, in elements; false on overflow. */
static bool strides_reach(int ndim, const int64_t *sizes, const int64_t *strides, int64_t *low,
                          int64_t *high) {
    *low = *high = 0;
    for (int i = 0; i < ndim; i++) {
        int64_t *end = strides[i] < 0 ? low : high, far;
        if (__builtin_mul_overflow(sizes[i] - 1, strides[i], &far) || __builtin_add_overflow(*end, far, end))
            return false;
    }
    return true;
}

struct tensor *tensor_new_strided(enum dtype dtype, int ndim, const int64_t *sizes, const int64_t *strides,
                                  struct memory_budget *budget, lb_error *err) {
    struct tensor *t = tensor_header(dtype, ndim, sizes, err);
    int64_t low, high = -1;
    if (!t) return NULL;
    for (int i = 0; i < ndim; i++) t->strides[i] = strides[i];
    size_t bytes = 0;
    if (t->numel > 0 && (!strides_reach(ndim, sizes, strides, &low, &high) || low < 0 ||
                         !size_multiply((size_t)high + 1, dtype_size(dtype), &bytes))) {
        error_set(err, LB_ERROR_RUNTIME, "Storage size calculation overflowed");
        tensor_release(t);
        return NULL;
    }
    return tensor_with_storage(t, storage_new(bytes, budget, err));
}

static bool view_fits(const struct tensor *t, const struct storage *storage, lb_error *err) {
    int64_t low, high, first, last;
    size_t size = dtype_size((enum dtype)t->dtype);
    if (t->offset < 0)
        return error_set(err, LB_ERROR_RUNTIME, "Tensor: invalid storage offset %lld", (long long)t->offset);
    if (t->numel == 0) return true;
    if (!strides_reach(t->ndim, t->sizes, t->strides, &low, &high) ||
        __builtin_add_overflow(t->offset, low, &first) || __builtin_add_overflow(t->offset, high, &last) ||
        first < 0 || (uint64_t)last >= storage->bytes / size)
        return error_set(
            err, LB_ERROR_RUNTIME,
            "setStorage: sizes, strides, storage offset %lld and itemsize %zu are out of bounds for "
            "storage of size %zu",
            (long long)t->offset, size, storage->bytes);
    return true;
}

struct tensor *tensor_over(struct storage *storage, enum dtype dtype, int ndim, const int64_t *sizes,
                           const int64_t *strides, int64_t offset, lb_error *err) {
    struct tensor *t = tensor_header(dtype, ndim, sizes, err);
    if (!t) return NULL;
    for (int i = 0; i < ndim; i++) t->strides[i] = strides[i];
    t->offset = offset;
    if (!view_fits(t, storage, err)) {
        tensor_release(t);
        return NULL;
    }
    t->device = storage->device;
    t->storage = storage;
    storage_retain(storage);
    return t;
}

struct tensor *tensor_view_as(struct tensor *t, int ndim, const int64_t *sizes, const int64_t *strides,
                              int64_t offset, lb_error *err) {
    if (!t->storage) {
        error_set(err, LB_ERROR_RUNTIME, "a sparse tensor has no strides to view");
        return NULL;
    }
    struct tensor *view = tensor_over(t->storage, (enum dtype)t->dtype, ndim, sizes, strides, offset, err);
    if (!view) return NULL;
    view->flags = t->flags & (TENSOR_CONJ | TENSOR_NEG | TENSOR_INFERENCE | TENSOR_REQUIRES_GRAD);
    view->device = t->device;
    view->quantizer = t->quantizer;
    if (view->quantizer) counted_retain(&view->quantizer->counted);
    return view;
}

static struct tensor *tensor_of(enum compute type, const void *value, enum dtype dtype, lb_error *err) {
    struct tensor *t = tensor_new(dtype, 0, NULL, NULL, err);
    if (t) convert_store[dtype][type](t->storage->data, 0, value, 0, 1);
    return t;
}

struct tensor *tensor_of_int(int64_t value, enum dtype dtype, lb_error *err) {
    return tensor_of(COMPUTE_INT, &value, dtype, err);
}

struct tensor *tensor_of_float(double value, enum dtype dtype, lb_error *err) {
    return tensor_of(COMPUTE_DOUBLE, &value, dtype, err);
}

/* Whether the strides are those of a dense tensor whose dimensions are nested in this order, innermost first.
 */
static bool strides_follow(const struct tensor *t, const int *order, int count) {
    int64_t step = 1;
    for (int i = 0; i < count; i++) {
        int64_t size = t->sizes[order[i]];
        if (size != 1 && t->strides[order[i]] != step) return false;
        if (size != 1) step *= size;
    }
    return true;
}

bool tensor_is_contiguous(const struct tensor *t) {
    if (t->numel == 0) return true;
    int64_t step = 1;
    for (int i = t->ndim - 1; i >= 0; i--) {
        if (t->sizes[i] == 1) continue;
        if (t->strides[i] != step) return false;
        step *= t->sizes[i];
    }
    return true;
}

bool tensor_is_channels_last(const struct tensor *t) {
    static const int nhwc[] = {1, 3, 2, 0}, ndhwc[] = {1, 4, 3, 2, 0};
    if (t->ndim == 4) return strides_follow(t, nhwc, 4);
    return t->ndim == 5 && strides_follow(t, ndhwc, 5);
}

/* c10/core/TensorImpl.cpp, compute_non_overlapping_and_dense: dimensions sorted by stride follow each other.
 */
bool tensor_is_dense(const struct tensor *t) {
    int order[TENSOR_MAX_DIMS];
    if (t->ndim == 1) return t->sizes[0] < 2 || t->strides[0] == 1;
    for (int i = 0; i < t->ndim; i++) {
        int at = i;
        for (; at > 0; at--) {
            int other = order[at - 1];
            if (t->sizes[i] < 2 || (t->sizes[other] >= 2 && t->strides[other] <= t->strides[i])) break;
            order[at] = other;
        }
        order[at] = i;
    }
    int64_t step = 1;
    for (int i = 0; i < t->ndim; i++) {
        if (t->sizes[order[i]] < 2) return true;
        if (t->strides[order[i]] != step) return false;
        step *= t->sizes[order[i]];
    }
    return true;
}

static const char *element_at(const struct tensor *t, int64_t index) {
    int64_t at = t->offset;
    for (int i = t->ndim - 1; i >= 0; i--) {
        at += index % t->sizes[i] * t->strides[i];
        index /= t->sizes[i];
    }
    return (const char *)t->storage->data + at * (int64_t)dtype_size((enum dtype)t->dtype);
}

double tensor_get_float(const struct tensor *t, int64_t index) {
    double value;
    convert_load[t->dtype][COMPUTE_DOUBLE](&value, 0, element_at(t, index), 0, 1);
    return value;
}

int64_t tensor_get_int(const struct tensor *t, int64_t index) {
    int64_t value;
    convert_load[t->dtype][COMPUTE_INT](&value, 0, element_at(t, index), 0, 1);
    return value;
}
