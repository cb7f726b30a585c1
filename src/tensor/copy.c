/* Copies: conversion, broadcasting, contiguous forms, resizing, memory order.
 *
 * tensor_copy walks both tensors in the target's memory order and converts run by run; everything else is
 * made of it. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "tensor/convert.h"
#include "tensor/iterate.h"
#include <string.h>

struct copy_dtypes {
    enum dtype to, from;
};

static void copy_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct copy_dtypes *d = context;
    convert_elements(d->to, data[0], strides[0], d->from, data[1], strides[1], count);
}

/* The dimension along which the source is contiguous, where that is not the target's own (0): what is copied
 * is then a transposition of words. 0: it is not. */
static int transposed_dimension(const struct iterate *it, const struct copy_dtypes *d) {
    int64_t size = (int64_t)dtype_size(d->to);
    if (d->to != d->from || (size != 4 && size != 8) || it->ndim < 2 || it->strides[0][0] != size) return 0;
    for (int k = 1; k < it->ndim; k++)
        if (it->strides[1][k] == size && it->sizes[k] > 1 && it->strides[1][0] >= size && it->sizes[0] > 1)
            return it->strides[0][k] % size == 0 && it->strides[1][0] % size == 0 ? k : 0;
    return 0;
}

/* Planes of dimensions 0 and k through the kernels, one for each place of the others. */
static void copy_transposed(const struct iterate *it, int k, size_t size) {
    const struct move_kernels *move = kernels_best()->move;
    int64_t index[TENSOR_MAX_DIMS] = {0}, item = (int64_t)size;
    char *to = it->data[0], *from = it->data[1];
    for (;;) {
        (size == 4 ? move->transpose_32 : move->transpose_64)(
            it->sizes[0], it->sizes[k], from, it->strides[1][0] / item, to, it->strides[0][k] / item);
        int d = 1;
        for (; d < it->ndim; d++) {
            if (d == k) continue;
            to += it->strides[0][d];
            from += it->strides[1][d];
            if (++index[d] < it->sizes[d]) break;
            to -= it->strides[0][d] * it->sizes[d];
            from -= it->strides[1][d] * it->sizes[d];
            index[d] = 0;
        }
        if (d == it->ndim) return;
    }
}

bool tensor_copy(struct tensor *to, const struct tensor *from, lb_error *err) {
    struct copy_dtypes dtypes = {(enum dtype)to->dtype, (enum dtype)from->dtype};
    struct iterate it;
    it.outputs = 1;
    it.operands = 2;
    it.tensors[0] = to;
    it.tensors[1] = (struct tensor *)(uintptr_t)from;
    it.resize = false;
    it.budget = NULL;
    if (!iterate_begin(&it, err)) return false;
    int transposed = it.numel ? transposed_dimension(&it, &dtypes) : 0;
    if (transposed)
        copy_transposed(&it, transposed, dtype_size(dtypes.to));
    else
        iterate_run(&it, copy_loop, &dtypes);
    return true;
}

struct tensor *tensor_expand(struct tensor *t, int ndim, const int64_t *sizes, lb_error *err) {
    int64_t strides[TENSOR_MAX_DIMS];
    int missing = ndim - t->ndim;
    char a[512], b[512];
    for (int i = 0; i < ndim; i++) {
        int64_t size = i < missing ? 1 : t->sizes[i - missing < 0 ? 0 : i - missing];
        if (missing < 0 || (size != sizes[i] && size != 1)) {
            error_set(
                err, LB_ERROR_RUNTIME,
                missing < 0
                    ? "The expanded size of the tensor must be larger: %s from %s"
                    : "The expanded size of the tensor (%3$lld) must match the existing size (%4$lld) at "
                      "non-singleton dimension %5$d.  Target sizes: %1$s.  Tensor sizes: %2$s",
                sizes_text(ndim, sizes, a, sizeof a), sizes_text(t->ndim, t->sizes, b, sizeof b),
                (long long)sizes[i], (long long)size, i);
            return NULL;
        }
        strides[i] = i < missing || (size == 1 && sizes[i] != 1) ? 0 : t->strides[i - missing];
    }
    return tensor_view_as(t, ndim, sizes, strides, t->offset, err);
}

struct tensor *tensor_convert(struct tensor *t, enum dtype dtype, struct memory_budget *budget,
                              lb_error *err) {
    if (t->dtype == dtype) return tensor_retain(t);
    int64_t strides[TENSOR_MAX_DIMS];
    strides_like(t, strides);
    struct tensor *made = tensor_new_strided(dtype, t->ndim, t->sizes, strides, budget, err);
    if (made && !tensor_copy(made, t, err)) {
        tensor_release(made);
        return NULL;
    }
    return made;
}

struct tensor *tensor_contiguous(struct tensor *t, struct memory_budget *budget, lb_error *err) {
    if (tensor_is_contiguous(t)) return tensor_retain(t);
    struct tensor *made = tensor_new((enum dtype)t->dtype, t->ndim, t->sizes, budget, err);
    if (made && !tensor_copy(made, t, err)) {
        tensor_release(made);
        return NULL;
    }
    return made;
}

/* infer_dense_strides by the order of t's own strides (c10's empty_like, at::infer_dense_strides). */
void strides_like(const struct tensor *t, int64_t *strides) {
    if (tensor_is_dense(t)) {
        memcpy(strides, t->strides, sizeof *strides * t->ndim);
        return;
    }
    struct iterate it;
    it.outputs = 1;
    it.operands = 2;
    it.tensors[0] = NULL;
    it.tensors[1] = (struct tensor *)(uintptr_t)t;
    it.out_dtype = DTYPE_UINT8;
    it.budget = NULL;
    it.resize = false;
    if (!iterate_begin(&it, NULL)) {
        strides_contiguous(t->ndim, t->sizes, strides);
        return;
    }
    memcpy(strides, it.tensors[0]->strides, sizeof *strides * t->ndim);
    iterate_drop(&it);
}

/* The parts are shared where from and t are tensors that both show the same elements. */
static void become_parts(struct tensor *t, const struct tensor *from) {
    for (int i = 0; i < 3; i++) {
        struct tensor *part = from->parts[i];
        if (part) tensor_retain(part);
        tensor_release(t->parts[i]);
        t->parts[i] = part;
    }
    t->layout = from->layout;
    t->flags = (uint8_t)((t->flags & ~TENSOR_COALESCED) | (from->flags & TENSOR_COALESCED));
}

bool tensor_become(struct tensor *t, const struct tensor *from, lb_error *err) {
    int64_t *dims = NULL;
    if (from->ndim > TENSOR_INLINE_DIMS) {
        dims = mem_alloc(sizeof *dims * 2 * from->ndim);
        if (!dims) return error_memory(err);
    }
    if (from->storage) storage_retain(from->storage);
    storage_release(t->storage);
    t->storage = from->storage;
    if ((t->layout | from->layout) != LAYOUT_STRIDED) become_parts(t, from);
    int64_t *old = t->sizes;
    t->sizes = dims ? dims : t->inline_dims;
    t->strides = dims ? dims + from->ndim : t->inline_dims + TENSOR_INLINE_DIMS;
    memmove(t->sizes, from->sizes, sizeof *dims * from->ndim);
    memmove(t->strides, from->strides, sizeof *dims * from->ndim);
    if (old != t->inline_dims) mem_free(old);
    t->ndim = from->ndim;
    t->numel = from->numel;
    t->offset = from->offset;
    t->dtype = from->dtype;
    return true;
}

bool tensor_resize_strided(struct tensor *t, int ndim, const int64_t *sizes, const int64_t *strides,
                           lb_error *err) {
    struct tensor *shape = tensor_new_strided(DTYPE_UINT8, ndim, sizes, strides, NULL, err);
    if (!shape) return false;
    size_t item = dtype_size((enum dtype)t->dtype), bytes = shape->storage->bytes * item;
    struct storage *s = t->storage;
    int64_t offset = t->offset;
    if ((size_t)offset * item + bytes <= s->bytes) {
        storage_retain(s);
    } else {
        s = storage_new((size_t)offset * item + bytes, t->storage->budget, err);
        if (!s) {
            tensor_release(shape);
            return false;
        }
        memcpy(s->data, t->storage->data, t->storage->bytes < s->bytes ? t->storage->bytes : s->bytes);
    }
    storage_release(shape->storage);
    shape->storage = s;
    shape->dtype = t->dtype;
    shape->offset = offset;
    bool good = tensor_become(t, shape, err);
    tensor_release(shape);
    return good;
}

bool tensor_resize(struct tensor *t, int ndim, const int64_t *sizes, lb_error *err) {
    int64_t strides[TENSOR_MAX_DIMS], numel;
    if (ndim > TENSOR_MAX_DIMS || !sizes_product(ndim, sizes, &numel))
        return error_set(err, LB_ERROR_RUNTIME, "sizes that no tensor can have");
    strides_contiguous(ndim, sizes, strides);
    return tensor_resize_strided(t, ndim, sizes, strides, err);
}

bool tensor_overlaps_itself(const struct tensor *t) {
    for (int i = 0; i < t->ndim; i++)
        if (t->strides[i] == 0 && t->sizes[i] > 1) return true;
    return false;
}
