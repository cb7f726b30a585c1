/* Tensors as handles: from and to raw memory. */
#include "api/handle.h"
#include "tensor/layouts.h"
#include "tensor/quantizer.h"
#include "tensor/repr.h"
#include <string.h>

static bool check_shape(lb_dtype dtype, int ndim, const int64_t *sizes, lb_error *err) {
    int64_t numel;
    if (!dtype_valid(dtype)) return error_set(err, LB_ERROR_ARGUMENT, "there is no dtype %d", (int)dtype);
    if (ndim < 0 || ndim > TENSOR_MAX_DIMS)
        return error_set(err, LB_ERROR_ARGUMENT, "a tensor has 0 to %d dimensions, not %d", TENSOR_MAX_DIMS,
                         ndim);
    if (!sizes_product(ndim, sizes, &numel))
        return error_set(err, LB_ERROR_ARGUMENT, "sizes are negative or too large");
    return true;
}

static lb_value *boxed(struct tensor *t, lb_error *err) {
    return t ? handle_new(value_tensor(t), err) : NULL;
}

lb_value *lb_tensor_from(lb_dtype dtype, int ndim, const int64_t *sizes, const void *data, lb_error *err) {
    if (!check_shape(dtype, ndim, sizes, err)) return NULL;
    struct tensor *t = tensor_new((enum dtype)dtype, ndim, sizes, NULL, err);
    if (!t) return NULL;
    size_t bytes = (size_t)t->numel * dtype_size((enum dtype)dtype);
    if (data && bytes) memcpy(tensor_data(t), data, bytes);
    if (!data && bytes) memset(tensor_data(t), 0, bytes);
    return boxed(t, err);
}

struct borrowed {
    void (*release)(void *user);
    void *user;
};

static void release_borrowed(void *owner, void *data) {
    (void)data;
    struct borrowed *b = owner;
    if (b->release) b->release(b->user);
    mem_free(b);
}

/* Bytes that these sizes and strides reach; false when that overflows or a stride is negative. */
static bool extent(lb_dtype dtype, int ndim, const int64_t *sizes, const int64_t *strides, size_t *bytes) {
    size_t last = 0, step;
    for (int i = 0; i < ndim; i++) {
        if (sizes[i] == 0) {
            *bytes = 0;
            return true;
        }
        if (strides[i] < 0 || !size_multiply((size_t)(sizes[i] - 1), (size_t)strides[i], &step) ||
            !size_add(last, step, &last))
            return false;
    }
    return size_add(last, 1, &last) && size_multiply(last, dtype_size((enum dtype)dtype), bytes);
}

lb_value *lb_tensor_borrow(lb_dtype dtype, int ndim, const int64_t *sizes, const int64_t *strides, void *data,
                           void (*release)(void *user), void *user, lb_error *err) {
    int64_t plain[TENSOR_MAX_DIMS];
    size_t bytes;
    if (!check_shape(dtype, ndim, sizes, err)) return NULL;
    if (!strides) strides_contiguous(ndim, sizes, plain);
    if (!extent(dtype, ndim, sizes, strides ? strides : plain, &bytes)) {
        error_set(err, LB_ERROR_ARGUMENT, "strides are negative or too large");
        return NULL;
    }
    struct borrowed *owner = mem_alloc(sizeof *owner);
    if (!owner) {
        error_memory(err);
        return NULL;
    }
    *owner = (struct borrowed){release, user};
    struct storage *s = storage_wrap(data, bytes, release_borrowed, owner, err);
    if (!s) {
        mem_free(owner);
        return NULL;
    }
    struct tensor *t = tensor_over(s, (enum dtype)dtype, ndim, sizes, strides ? strides : plain, 0, err);
    storage_release(s);
    return boxed(t, err);
}

lb_dtype lb_tensor_dtype(const lb_value *tensor) {
    return (lb_dtype)tensor->tensor->dtype;
}

const char *lb_dtype_name(lb_dtype dtype) {
    return dtype_valid(dtype) ? dtype_table[dtype].python_name : "unknown";
}

size_t lb_dtype_size(lb_dtype dtype) {
    return dtype_valid(dtype) ? dtype_size((enum dtype)dtype) : 0;
}

int lb_tensor_ndim(const lb_value *tensor) {
    return tensor->tensor->ndim;
}

const int64_t *lb_tensor_sizes(const lb_value *tensor) {
    return tensor->tensor->sizes;
}

const int64_t *lb_tensor_strides(const lb_value *tensor) {
    return tensor->tensor->strides;
}

int64_t lb_tensor_numel(const lb_value *tensor) {
    return tensor->tensor->numel;
}

void *lb_tensor_data(const lb_value *tensor) {
    return tensor->tensor->layout == LAYOUT_STRIDED ? tensor_data(tensor->tensor) : NULL;
}

lb_layout lb_tensor_layout(const lb_value *tensor) {
    return (lb_layout)tensor->tensor->layout;
}

lb_value *lb_tensor_part(const lb_value *tensor, int part, lb_error *err) {
    API_ERROR(err, own);
    struct tensor *t = tensor->tensor, *view = NULL;
    if (tensor_is_nested(t) && part == 0) view = nested_buffer(t, local);
    int at = tensor_is_nested(t) ? part - 1 : part;
    if (!view && at >= 0 && at < 3 && t->parts[at]) view = tensor_alias(t->parts[at], local);
    lb_value *out = boxed(view, local);
    handle_error(err, local);
    return out;
}

lb_value *lb_tensor_to(const lb_value *tensor, lb_dtype dtype, lb_error *err) {
    API_ERROR(err, own);
    lb_value *out = NULL;
    struct tensor *plain = NULL, *converted = NULL;
    if (tensor->tag != VALUE_TENSOR || !dtype_valid(dtype) || tensor->tensor->layout != LAYOUT_STRIDED)
        error_set(local, LB_ERROR_ARGUMENT, "lb_tensor_to: not a strided tensor, or no such dtype");
    else if (tensor->tensor->quantizer && dtype != lb_tensor_dtype(tensor))
        plain = quantizer_dequantize(tensor->tensor, local);
    else
        plain = tensor_retain(tensor->tensor);
    if (plain) converted = tensor_convert(plain, (enum dtype)dtype, NULL, local);
    if (converted) out = boxed(tensor_contiguous(converted, NULL, local), local);
    tensor_release(converted);
    tensor_release(plain);
    handle_error(err, local);
    return out;
}

char *lb_tensor_repr(const lb_value *tensor, const char *prefix, const lb_print_options *options,
                     lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    struct repr_options o = repr_defaults;
    if (options)
        o = (struct repr_options){options->precision, options->threshold, options->edgeitems,
                                  options->linewidth, options->scientific};
    bool good = tensor->tag == VALUE_TENSOR;
    if (!good) error_set(local, LB_ERROR_ARGUMENT, "lb_tensor_repr: not a tensor");
    good = good && repr_put(&out, tensor->tensor, prefix ? prefix : "tensor(", &o, local);
    return handle_text(&out, good, local, err);
}
