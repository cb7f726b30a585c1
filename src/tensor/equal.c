/* Element-wise equality of two tensors. Both are made contiguous first; floats are compared as numbers,
 * everything else as bytes. */
#include "tensor/equal.h"
#include <string.h>

static bool equal_floats(const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!(a[i] == b[i])) return false;
    return true;
}

static bool equal_doubles(const double *a, const double *b, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!(a[i] == b[i])) return false;
    return true;
}

static bool equal_as_doubles(const struct tensor *a, const struct tensor *b) {
    for (int64_t i = 0; i < a->numel; i++)
        if (!(tensor_get_float(a, i) == tensor_get_float(b, i))) return false;
    return true;
}

static bool equal_contiguous(const struct tensor *a, const struct tensor *b) {
    const void *x = tensor_data(a), *y = tensor_data(b);
    switch ((enum dtype)a->dtype) {
    case DTYPE_FLOAT32:
    case DTYPE_COMPLEX64: return equal_floats(x, y, a->dtype == DTYPE_COMPLEX64 ? 2 * a->numel : a->numel);
    case DTYPE_FLOAT64:
    case DTYPE_COMPLEX128: return equal_doubles(x, y, a->dtype == DTYPE_COMPLEX128 ? 2 * a->numel : a->numel);
    case DTYPE_FLOAT16:
    case DTYPE_BFLOAT16: return equal_as_doubles(a, b);
    default: return memcmp(x, y, (size_t)a->numel * dtype_size((enum dtype)a->dtype)) == 0;
    }
}

static bool same_form(const struct tensor *a, const struct tensor *b) {
    if (a->dtype != b->dtype || a->layout != LAYOUT_STRIDED || b->layout != LAYOUT_STRIDED ||
        a->ndim != b->ndim || a->device.type != b->device.type || a->device.type != DEVICE_CPU ||
        a->quantizer || b->quantizer || ((a->flags ^ b->flags) & (TENSOR_CONJ | TENSOR_NEG)))
        return false;
    return a->ndim == 0 || memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0;
}

bool tensor_equal_values(struct tensor *a, struct tensor *b) {
    if (!same_form(a, b)) return false;
    if (a->numel == 0) return true;
    lb_error err = {0};
    struct tensor *x = tensor_contiguous(a, NULL, &err), *y = x ? tensor_contiguous(b, NULL, &err) : NULL;
    bool equal = y && equal_contiguous(x, y);
    tensor_release(y);
    tensor_release(x);
    error_clear(&err);
    return equal;
}
