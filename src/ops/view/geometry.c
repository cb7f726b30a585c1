/* Views in the making; see geometry.h. */
#include "ops/view/geometry.h"
#include <string.h>

void geometry_of(const struct tensor *t, struct geometry *g) {
    g->ndim = t->ndim;
    g->offset = t->offset;
    memcpy(g->sizes, t->sizes, sizeof *t->sizes * t->ndim);
    memcpy(g->strides, t->strides, sizeof *t->sizes * t->ndim);
}

struct tensor *geometry_view(struct op_call *c, struct tensor *t, const struct geometry *g) {
    return tensor_view_as(t, g->ndim, g->sizes, g->strides, g->offset, c->err);
}

bool geometry_give(struct op_call *c, struct tensor *t, const struct geometry *g) {
    return give_tensor(c, geometry_view(c, t, g));
}

void geometry_remove(struct geometry *g, int dim) {
    size_t after = sizeof *g->sizes * (size_t)(g->ndim - dim - 1);
    memmove(g->sizes + dim, g->sizes + dim + 1, after);
    memmove(g->strides + dim, g->strides + dim + 1, after);
    g->ndim--;
}

void geometry_insert(struct geometry *g, int dim, int64_t size, int64_t stride) {
    size_t after = sizeof *g->sizes * (size_t)(g->ndim - dim);
    memmove(g->sizes + dim + 1, g->sizes + dim, after);
    memmove(g->strides + dim + 1, g->strides + dim, after);
    g->sizes[dim] = size;
    g->strides[dim] = stride;
    g->ndim++;
}

/* at::infer_size (aten/src/ATen/InferSize.h). */
bool geometry_infer(struct op_call *c, int ndim, int64_t *sizes, int64_t numel) {
    int64_t known = 1;
    int unknown = -1;
    bool overflow = false;
    char text[512];
    for (int i = 0; i < ndim; i++) {
        if (sizes[i] == -1) {
            if (unknown >= 0) return refuse(c, "only one dimension can be inferred");
            unknown = i;
        } else if (sizes[i] < 0) {
            return refuse(c, "invalid shape dimension %lld at index %d of shape %s", (long long)sizes[i], i,
                          sizes_text(ndim, sizes, text, sizeof text));
        } else {
            overflow |= __builtin_mul_overflow(known, sizes[i], &known);
        }
    }
    bool fits = !overflow && (unknown < 0 ? known == numel : known > 0 && numel % known == 0);
    if (unknown >= 0 && known == 0 && numel == 0)
        return refuse(
            c,
            "cannot reshape tensor of 0 elements into shape %s because the unspecified dimension size -1 "
            "can be any value and is ambiguous",
            sizes_text(ndim, sizes, text, sizeof text));
    if (!fits)
        return refuse(c, "shape '%s' is invalid for input of size %lld",
                      sizes_text(ndim, sizes, text, sizeof text), (long long)numel);
    if (unknown >= 0) sizes[unknown] = numel / known;
    return true;
}

/* Walks both shapes from the back: a stretch of old dimensions that is contiguous in itself may be cut anew.
 */
bool geometry_strides(const struct tensor *t, int ndim, const int64_t *sizes, int64_t *strides) {
    if (t->numel == 0 || t->ndim == 0) {
        bool same = t->ndim == ndim && memcmp(t->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0;
        if (same && t->ndim > 0)
            memcpy(strides, t->strides, sizeof *strides * (size_t)ndim);
        else
            strides_contiguous(ndim, sizes, strides);
        return true;
    }
    int at = ndim - 1;
    int64_t base = t->strides[t->ndim - 1], chunk = 1, made = 1;
    for (int d = t->ndim - 1; d >= 0; d--) {
        chunk *= t->sizes[d];
        bool ends = d == 0 || (t->sizes[d - 1] != 1 && t->strides[d - 1] != chunk * base);
        if (!ends) continue;
        while (at >= 0 && (made < chunk || sizes[at] == 1)) {
            strides[at] = made * base;
            made *= sizes[at--];
        }
        if (made != chunk) return false;
        if (d > 0) {
            base = t->strides[d - 1];
            chunk = made = 1;
        }
    }
    return at == -1;
}

struct tensor *tensor_reshape(struct op_call *c, struct tensor *t, int ndim, const int64_t *sizes) {
    int64_t strides[TENSOR_MAX_DIMS];
    if (geometry_strides(t, ndim, sizes, strides))
        return tensor_view_as(t, ndim, sizes, strides, t->offset, c->err);
    struct tensor *copy = tensor_contiguous(t, c->cx->budget, c->err);
    if (!copy) return NULL;
    strides_contiguous(ndim, sizes, strides);
    struct tensor *view = tensor_view_as(copy, ndim, sizes, strides, copy->offset, c->err);
    tensor_release(copy);
    return view;
}

struct tensor *tensor_narrow(struct op_call *c, struct tensor *t, int dim, int64_t begin, int64_t length) {
    struct geometry g;
    geometry_of(t, &g);
    g.offset += begin * g.strides[dim];
    g.sizes[dim] = length;
    return geometry_view(c, t, &g);
}

struct tensor *tensor_select(struct op_call *c, struct tensor *t, int dim, int64_t index) {
    struct geometry g;
    geometry_of(t, &g);
    g.offset += index * g.strides[dim];
    geometry_remove(&g, dim);
    return geometry_view(c, t, &g);
}

struct tensor *tensor_transpose(struct op_call *c, struct tensor *t, int a, int b) {
    struct geometry g;
    geometry_of(t, &g);
    if (t->ndim == 0) return geometry_view(c, t, &g);
    int64_t size = g.sizes[a], stride = g.strides[a];
    g.sizes[a] = g.sizes[b], g.strides[a] = g.strides[b];
    g.sizes[b] = size, g.strides[b] = stride;
    return geometry_view(c, t, &g);
}

struct tensor *tensor_unsqueeze(struct op_call *c, struct tensor *t, int dim) {
    struct geometry g;
    geometry_of(t, &g);
    geometry_insert(&g, dim, 1, dim < t->ndim ? t->sizes[dim] * t->strides[dim] : 1);
    return geometry_view(c, t, &g);
}

struct tensor *tensor_clone(struct op_call *c, struct tensor *t) {
    int64_t strides[TENSOR_MAX_DIMS];
    strides_like(t, strides);
    struct tensor *copy =
        tensor_new_strided(tensor_dtype(t), t->ndim, t->sizes, strides, c->cx->budget, c->err);
    if (copy && !tensor_copy(copy, t, c->err)) {
        tensor_release(copy);
        return NULL;
    }
    if (copy && t->quantizer) {
        copy->quantizer = t->quantizer;
        counted_retain(&t->quantizer->counted);
    }
    return copy;
}

struct tensor *tensor_memory_view(struct tensor *t) {
    int64_t strides[TENSOR_MAX_DIMS];
    lb_error outside = {0};
    strides_contiguous(t->ndim, t->sizes, strides);
    struct tensor *view = tensor_view_as(t, t->ndim, t->sizes, strides, t->offset, &outside);
    error_clear(&outside);
    return view ? view : tensor_retain(t);
}
