/* Shapes and parts of sparse tensors: their rows of indices moved, chosen, shifted
 * (aten/src/ATen/native/TensorShape.cpp, sparse/SparseTensor.cpp, SparseTensorMath.cpp). */
#include "ops/sparse/sparse.h"

/* Rows `order[i]` of the indices; -1 is a new row of zeros. */
static struct tensor *reorder_rows(struct compose *k, struct tensor *t, int count, const int *order) {
    struct tensor *rows[TENSOR_MAX_DIMS];
    int64_t nnz = sparse_nnz(t), shape[2] = {0, nnz};
    if (count > 32) {
        k->failed = !refuse(k->c, "too many sparse dimensions");
        return NULL;
    }
    if (count == 0) return RUN("zeros", "Ld", 2, shape, DTYPE_INT64);
    for (int i = 0; i < count; i++) {
        rows[i] = order[i] < 0 ? RUN("zeros", "Ld", 1, &nnz, DTYPE_INT64) : sparse_row(k, t, order[i]);
        if (!rows[i]) return NULL;
    }
    return RUN("stack", "Td", count, rows, 0);
}

/* --- transposition --- */

/* A compressed matrix transposed is the same parts in the other layout. */
static bool transpose_compressed(struct op_call *c, struct tensor *t, int64_t a, int64_t b) {
    struct compose made = compose_start(c), *k = &made;
    int batch = sparse_batch_dim(t);
    int64_t sizes[TENSOR_MAX_DIMS];
    enum tensor_layout other = layout_is_block(t->layout) ? LAYOUT_SPARSE_BSR + LAYOUT_SPARSE_BSC - t->layout
                                                          : LAYOUT_SPARSE_CSR + LAYOUT_SPARSE_CSC - t->layout;
    if (sparse_dense_dim(t))
        return refuse(
            c, "transpose(): hybrid sparse compressed tensors with dense dimensions are not supported");
    if ((a < batch) != (b < batch) || a >= batch + 2 || b >= batch + 2)
        return refuse(c,
                      "transpose(): can only transpose dimensions of the same type (Batch, Sparse, Dense), "
                      "got %lld and %lld",
                      (long long)a, (long long)b);
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[a] = t->sizes[b];
    sizes[b] = t->sizes[a];
    struct tensor *parts[3] = {t->parts[0], t->parts[1], t->parts[2]};
    if (a < batch)
        for (int i = 0; i < 3; i++) parts[i] = RUN("transpose.int", "tii", parts[i], a, b);
    else if (layout_is_block(t->layout))
        parts[2] = RUN("transpose.int", "tdd", parts[2], batch + 1, batch + 2);
    if (k->failed) return compose_end(k);
    return compose_give(k, compose_own(k, tensor_of_parts(a < batch ? (enum tensor_layout)t->layout : other,
                                                          t->ndim, sizes, parts, c->err)));
}

static struct tensor *permuted(struct compose *k, struct tensor *t, const int *order) {
    int64_t sizes[TENSOR_MAX_DIMS], dense[TENSOR_MAX_DIMS];
    int dims = sparse_dim(t), rest = t->ndim - dims;
    bool same = true;
    for (int d = 0; d < t->ndim; d++) {
        sizes[d] = t->sizes[order[d]];
        same &= d >= dims || order[d] == d;
    }
    dense[0] = 0;
    for (int d = 0; d < rest; d++) dense[d + 1] = order[dims + d] - dims + 1;
    struct tensor *values = rest ? RUN("permute", "tL", t->parts[1], rest + 1, dense) : t->parts[1];
    return sparse_coo(k, t->ndim, sizes, reorder_rows(k, t, dims, order), values,
                      same && t->flags & TENSOR_COALESCED);
}

static bool check_order(struct op_call *c, const struct tensor *t, const int *order) {
    int dims = sparse_dim(t);
    for (int d = 0; d < t->ndim; d++)
        if ((order[d] < dims) != (d < dims))
            return refuse(c, "permute(sparse_coo): transpositions between sparse and dense dimensions are "
                             "not allowed.Got new order of dims");
    return true;
}

bool sparse_permute(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dims[TENSOR_MAX_DIMS];
    int order[TENSOR_MAX_DIMS], count = args_ints(c, 1, dims, TENSOR_MAX_DIMS);
    uint64_t seen = 0;
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (count < 0) return false;
    if (count != t->ndim)
        return refuse(c,
                      "permute(sparse_coo): number of dimensions in the tensor input does not match the "
                      "length of the desired "
                      "ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d",
                      t->ndim, count);
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &dims[i], t->ndim)) return false;
        if (seen >> dims[i] & 1) return refuse(c, "permute(): duplicate dims are not allowed.");
        seen |= UINT64_C(1) << dims[i];
        order[i] = (int)dims[i];
    }
    return check_order(c, t, order) && compose_give(k, permuted(k, t, order));
}

static bool swapped(struct op_call *c, struct tensor *t, int64_t a, int64_t b) {
    struct compose made = compose_start(c), *k = &made;
    int order[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &a, t->ndim) || !wrap_dim(c, &b, t->ndim)) return false;
    if (layout_is_compressed(t->layout) && sparse_dense_dim(t))
        return refuse(
            c, "transpose(): hybrid sparse compressed tensors with dense dimensions are not supported");
    if (a == b) return give_tensor(c, tensor_alias(t, c->err));
    if (t->layout != LAYOUT_SPARSE_COO) return transpose_compressed(c, t, a, b);
    for (int d = 0; d < t->ndim; d++) order[d] = d == a ? (int)b : d == b ? (int)a : d;
    if ((a < sparse_dim(t)) != (b < sparse_dim(t)))
        return refuse(c, "transpose: cannot transpose a sparse and a dense dimension");
    return compose_give(k, permuted(k, t, order));
}
bool sparse_transpose(struct op_call *c) {
    return swapped(c, arg_tensor(c, 0), arg_int(c, 1), arg_int(c, 2));
}
bool sparse_t(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim > 2)
        return refuse(c,
                      "t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got %d sparse and "
                      "%d dense dimensions",
                      sparse_dim(t), sparse_dense_dim(t));
    return t->ndim < 2 ? give_tensor(c, tensor_alias(t, c->err)) : swapped(c, t, 0, 1);
}

bool sparse_unsqueeze(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS + 1];
    int order[TENSOR_MAX_DIMS + 1], dims = sparse_dim(t);
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (!wrap_dim(c, &dim, t->ndim + 1)) return false;
    for (int d = 0; d <= t->ndim; d++) {
        order[d] = d < dim ? d : d == dim ? -1 : d - 1;
        sizes[d] = order[d] < 0 ? 1 : t->sizes[order[d]];
    }
    bool sparse = dim <= dims;
    struct tensor *indices = sparse ? reorder_rows(k, t, dims + 1, order) : t->parts[0];
    struct tensor *values = sparse ? t->parts[1] : RUN("unsqueeze", "ti", t->parts[1], dim - dims + 1);
    return compose_give(
        k, sparse_coo(k, t->ndim + 1, sizes, indices, values, (t->flags & TENSOR_COALESCED) != 0));
}

/* --- parts --- */

/* Elements where the mask is true, with `indices` for theirs. */
static struct tensor *kept(struct compose *k, struct tensor *t, struct tensor *indices, struct tensor *mask,
                           int ndim, const int64_t *sizes) {
    int64_t flat = -1;
    struct tensor *places = RUN("reshape", "tL", RUN("nonzero", "t", mask), 1, &flat);
    struct tensor *columns = RUN("index_select", "tdt", indices, 1, places),
                  *values = RUN("index_select", "tdt", t->parts[1], 0, places);
    return sparse_coo(k, ndim, sizes, columns, values, (t->flags & TENSOR_COALESCED) != 0);
}

static struct tensor *without_row(struct compose *k, struct tensor *t, int64_t dim, int *ndim,
                                  int64_t *sizes) {
    int order[TENSOR_MAX_DIMS], count = 0;
    *ndim = 0;
    for (int d = 0; d < t->ndim; d++) {
        if (d == dim) continue;
        if (d < sparse_dim(t)) order[count++] = d;
        sizes[(*ndim)++] = t->sizes[d];
    }
    return reorder_rows(k, t, count, order);
}

static struct tensor *selected(struct compose *k, struct tensor *t, int64_t dim, int64_t index) {
    int64_t sizes[TENSOR_MAX_DIMS], first = 0;
    int ndim, dims = sparse_dim(t);
    if (dim >= dims) {
        ndim = 0;
        for (int d = 0; d < t->ndim; d++)
            if (d != dim) sizes[ndim++] = t->sizes[d];
        struct tensor *values = RUN("select.int", "tii", t->parts[1], dim - dims + 1, index);
        return sparse_coo(k, ndim, sizes, t->parts[0], values, (t->flags & TENSOR_COALESCED) != 0);
    }
    struct tensor *mask = RUN("eq.Scalar", "ti", sparse_row(k, t, dim), index),
                  *rows = without_row(k, t, dim, &ndim, sizes);
    struct tensor *out = rows ? kept(k, t, rows, mask, ndim, sizes) : NULL;
    if (!out || dims > 1) return out;
    return RUN("sum.dim_IntList", "tLbd", out->parts[1], 1, &first, false, (int)t->dtype);
}

/* (self, dim, index) */
bool sparse_select(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), index = arg_int(c, 2);
    char text[256];
    if (t->ndim == 0) return refuse_index(c, "select() cannot be applied to a 0-dim tensor.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (index < -t->sizes[dim] || index >= t->sizes[dim])
        return refuse_index(c, "select(): index %lld out of range for tensor of size %s at dimension %lld",
                            (long long)index, sizes_text(t->ndim, t->sizes, text, sizeof text),
                            (long long)dim);
    if (index < 0) index += t->sizes[dim];
    bool batch = t->layout != LAYOUT_SPARSE_COO && dim < sparse_batch_dim(t);
    if (t->layout != LAYOUT_SPARSE_COO && sparse_batch_dim(t) && dim >= sparse_batch_dim(t))
        return refuse(
            c,
            "select(): selecting sparse dimensions is not supported for batched sparse compressed tensors.");
    struct tensor *coo = sparse_to_coo(k, t, 0), *out = coo ? selected(k, coo, dim, index) : NULL;
    bool across =
        layout_is_compressed(t->layout) && dim == sparse_batch_dim(t) + (layout_is_row(t->layout) ? 1 : 0);
    if (out && across && !strstr(op_name(c->row), "copy") && out->layout == LAYOUT_SPARSE_COO &&
        sparse_nnz(out) > 1)
        return compose_refused(
            k, refuse(c, "select(): no view exists for the given input, consider using torch.select_copy."));
    if (!out || !batch || out->layout != LAYOUT_SPARSE_COO) return compose_give(k, out);
    struct compressed_form form = sparse_form(t);
    form.batch_dims--;
    return compose_give(k, sparse_compress(k, out, &form));
}

/* narrow_copy(self, dim, start, length) */
bool sparse_narrow(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), start = arg_int(c, 2), length = arg_int(c, 3), sizes[TENSOR_MAX_DIMS], end;
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (t->ndim == 0) return refuse(c, "narrow() cannot be applied to a 0-dim tensor.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (length < 0) return refuse(c, "narrow(): length must be non-negative.");
    if (start < 0 || __builtin_add_overflow(start, length, &end) || end > t->sizes[dim])
        return refuse(
            c, "Invalid range to narrow. range(start, start+length) must be a subset of range(0, %lld).",
            (long long)t->sizes[dim]);
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[dim] = length;
    if (dim >= sparse_dim(t)) {
        struct tensor *values =
            RUN("narrow_copy", "tiii", t->parts[1], dim - sparse_dim(t) + 1, start, length);
        return compose_give(
            k, sparse_coo(k, t->ndim, sizes, t->parts[0], values, (t->flags & TENSOR_COALESCED) != 0));
    }
    struct tensor *row = sparse_row(k, t, dim), *indices = RUN("clone", "t", t->parts[0]);
    struct tensor *mask =
        RUN("logical_and", "tt", RUN("ge.Scalar", "ti", row, start), RUN("lt.Scalar", "ti", row, end));
    RUN("sub_.Scalar", "tid", RUN("select.int", "tii", indices, 0, dim), start, 1);
    return compose_give(k, indices ? kept(k, t, indices, mask, t->ndim, sizes) : NULL);
}

/* The elements of t at a value of `dim`, for each value that the index has: by joining slices in its order.
 */
static struct tensor *index_sparse_dim(struct compose *k, struct tensor *t, int64_t dim,
                                       struct tensor *index) {
    int64_t sizes[TENSOR_MAX_DIMS], count = index->numel, nnz = sparse_nnz(t), found = 0, at = 0;
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[dim] = count;
    for (int pass = 0; pass < 2; pass++) {
        struct tensor *places = pass ? compose_own(k, call_new(k->c, DTYPE_INT64, 1, &found)) : NULL,
                      *ordinals = pass ? compose_own(k, call_new(k->c, DTYPE_INT64, 1, &found)) : NULL;
        if (pass && (!places || !ordinals)) return NULL;
        at = 0;
        for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < nnz; j++) {
                if (tensor_get_int(t->parts[0], dim * nnz + j) != tensor_get_int(index, i)) continue;
                if (pass) {
                    ((int64_t *)tensor_data(places))[at] = j;
                    ((int64_t *)tensor_data(ordinals))[at] = i;
                }
                at++;
            }
        found = at;
        if (!pass) continue;
        struct tensor *indices = RUN("index_select", "tdt", t->parts[0], 1, places);
        RUN("copy_", "ttb", RUN("select.int", "tii", indices, 0, dim), ordinals, false);
        return sparse_coo(k, t->ndim, sizes, indices, RUN("index_select", "tdt", t->parts[1], 0, places),
                          dim == 0 && t->flags & TENSOR_COALESCED);
    }
    return NULL;
}

/* (self, dim, index) */
bool sparse_index_select(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *index = arg_tensor(c, 2);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (t->ndim == 0) return refuse_index(c, "index_select() cannot be applied to a 0-dim tensor.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (index->layout != LAYOUT_STRIDED || index->ndim != 1 ||
        (index->dtype != DTYPE_INT64 && index->dtype != DTYPE_INT32))
        return refuse_index(c, "index_select() argument index must be 1-D long-tensor.");
    if (dim >= sparse_dim(t)) {
        memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
        sizes[dim] = index->numel;
        struct tensor *values = RUN("index_select", "tit", t->parts[1], dim - sparse_dim(t) + 1, index);
        return compose_give(
            k, sparse_coo(k, t->ndim, sizes, t->parts[0], values, (t->flags & TENSOR_COALESCED) != 0));
    }
    struct tensor *wrapped = RUN("to.dtype", "tdbb", index, DTYPE_INT64, false, true);
    for (int64_t i = 0; wrapped && i < wrapped->numel; i++) {
        int64_t *at = (int64_t *)tensor_data(wrapped) + i;
        if (*at < -t->sizes[dim] || *at >= t->sizes[dim])
            return compose_refused(k, refuse_index(c,
                                                   "index_select(): index contains %lld that is out of range "
                                                   "for tensor of size %lld at dimension %lld",
                                                   (long long)*at, (long long)t->sizes[dim], (long long)dim));
        if (*at < 0) *at += t->sizes[dim];
    }
    return compose_give(k, wrapped ? index_sparse_dim(k, t, dim, wrapped) : NULL);
}

/* --- joining, broadcasting --- */

static bool check_joined(struct op_call *c, const struct list *list, int64_t dim) {
    const struct tensor *first = list->items[0].tensor;
    for (int64_t i = 0; i < list->count; i++) {
        const struct tensor *t = list->items[i].tensor;
        if (t->layout != LAYOUT_SPARSE_COO)
            return refuse(c, "Concatenating sparse tensors, but a dense tensor was found at position %lld.",
                          (long long)i);
        bool same = t->ndim == first->ndim && sparse_dim(t) == sparse_dim(first);
        for (int d = 0; same && d < t->ndim; d++) same = d == dim || t->sizes[d] == first->sizes[d];
        if (!same)
            return refuse(c, "All tensors must have the same shape, dimensions, and number of sparse "
                             "dimensions but in the concatenating dimension");
    }
    return true;
}

/* Indices of tensor i with its begin added in the joining dimension. */
static struct tensor *shifted(struct compose *k, struct tensor *t, int64_t dim, int64_t begin) {
    struct tensor *indices = RUN("clone", "t", t->parts[0]);
    RUN("add_.Scalar", "tid", RUN("select.int", "tii", indices, 0, dim), begin, 1);
    return indices;
}

/* Values of tensor i in the joined size of a dense dimension. */
static struct tensor *spread(struct compose *k, struct tensor *t, int64_t dim, int64_t begin, int64_t size) {
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, t->parts[1]->sizes, sizeof *sizes * t->parts[1]->ndim);
    int64_t own = sizes[dim];
    sizes[dim] = size;
    struct tensor *values = RUN("zeros", "Ld", t->parts[1]->ndim, sizes, (int)t->dtype);
    RUN("copy_", "ttb", RUN("narrow", "tiii", values, dim, begin, own), t->parts[1], false);
    return values;
}

/* (tensors, dim) */
bool sparse_cat(struct op_call *c) {
    enum { MOST = 16 };
    struct compose made = compose_start(c), *k = &made;
    const struct list *list = arg_list(c, 0);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS], begin = 0;
    struct tensor *indices[MOST], *values[MOST];
    if (list->count == 0 || list->count > MOST || list->items[0].tag != VALUE_TENSOR)
        return refuse(c, "cat of too many sparse tensors");
    struct tensor *first = list->items[0].tensor;
    if (!wrap_dim(c, &dim, first->ndim) || !check_joined(c, list, dim)) return false;
    memcpy(sizes, first->sizes, sizeof *sizes * first->ndim);
    sizes[dim] = 0;
    for (int64_t i = 0; i < list->count; i++)
        if (__builtin_add_overflow(sizes[dim], list->items[i].tensor->sizes[dim], &sizes[dim]))
            return refuse(c, "numel: integer multiplication overflow");
    for (int64_t i = 0; !k->failed && i < list->count; i++) {
        struct tensor *t = list->items[i].tensor;
        int dims = sparse_dim(t);
        indices[i] = dim < dims ? shifted(k, t, dim, begin) : t->parts[0];
        values[i] = dim < dims ? t->parts[1] : spread(k, t, dim - dims + 1, begin, sizes[dim]);
        begin += t->sizes[dim];
        if (!indices[i] || !values[i]) return compose_end(k);
    }
    int count = (int)list->count;
    struct tensor *joined = RUN("cat", "Td", count, indices, 1), *all = RUN("cat", "Td", count, values, 0);
    return compose_give(k, sparse_coo(k, first->ndim, sizes, joined, all, false));
}

/* (tensors, dim) */
bool sparse_stack(struct op_call *c) {
    enum { MOST = 16 };
    struct compose made = compose_start(c), *k = &made;
    const struct list *list = arg_list(c, 0);
    struct tensor *items[MOST];
    if (list->count == 0 || list->count > MOST) return refuse(c, "stack of too many sparse tensors");
    int64_t dim = arg_int(c, 1);
    for (int64_t i = 0; i < list->count; i++) {
        if (list->items[i].tag != VALUE_TENSOR ||
            !sparse_same_sizes(list->items[0].tensor, list->items[i].tensor))
            return compose_refused(k, refuse(c, "stack expects each tensor to be equal size"));
        if (i == 0 && !wrap_dim(c, &dim, list->items[i].tensor->ndim + 1)) return compose_end(k);
        items[i] = RUN("unsqueeze", "ti", list->items[i].tensor, dim);
        if (!items[i]) return compose_end(k);
    }
    return compose_give(k, RUN("cat", "Ti", (int)list->count, items, dim));
}

static bool check_broadcast(struct op_call *c, const struct tensor *t, int ndim, const int64_t *sizes) {
    int more = ndim - t->ndim;
    if (more < 0) return refuse(c, "input has %d dims, and output has %d", t->ndim, ndim);
    for (int d = 0; d < t->ndim; d++)
        if (t->sizes[d] != sizes[more + d] && t->sizes[d] != 1)
            return refuse(c,
                          "The expanded size of the tensor (%lld) must match the existing size (%lld) at "
                          "non-singleton dimension %d",
                          (long long)sizes[more + d], (long long)t->sizes[d], more + d);
    if (sparse_dense_dim(t) && more > 0 && sparse_dim(t) == 0)
        return refuse(c, "a tensor without sparse dimensions can't be broadcast");
    return true;
}

/* A sparse dimension that is new, or grows from 1: each element is repeated along it. */
static struct tensor *repeat_dim(struct compose *k, struct tensor *t, int64_t dim, int64_t size) {
    int64_t sizes[TENSOR_MAX_DIMS], nnz = sparse_nnz(t);
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[dim] = size;
    struct tensor *values = RUN("repeat_interleave.self_int", "tid", t->parts[1], size, 0);
    struct tensor *indices = RUN("repeat_interleave.self_int", "tid", t->parts[0], size, 1);
    struct tensor *numbers = RUN("repeat", "tL", RUN("arange", "id", size, DTYPE_INT64), 1, &nnz);
    RUN("copy_", "ttb", RUN("select.int", "tii", indices, 0, dim), numbers, false);
    return sparse_coo(k, t->ndim, sizes, indices, values, false);
}

/* (self, size) */
bool sparse_broadcast(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS], value_sizes[TENSOR_MAX_DIMS + 1];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (ndim < 0 || !check_broadcast(c, t, ndim, sizes)) return false;
    bool same = ndim == t->ndim;
    for (int d = 0; same && d < ndim; d++) same = sizes[d] == t->sizes[d];
    if (same) return give_borrowed(c, 0, t);
    for (int d = t->ndim; t && d < ndim; d++) t = RUN("unsqueeze", "td", t, 0);
    if (!t) return compose_end(k);
    int dims = sparse_dim(t);
    for (int d = 0; t && d < dims; d++)
        if (t->sizes[d] != sizes[d]) t = repeat_dim(k, t, d, sizes[d]);
    if (!t) return compose_end(k);
    value_sizes[0] = sparse_nnz(t);
    memcpy(value_sizes + 1, sizes + dims, sizeof *sizes * (size_t)(ndim - dims));
    struct tensor *values = RUN("expand", "tLb", t->parts[1], ndim - dims + 1, value_sizes, false);
    return compose_give(k, sparse_coo(k, ndim, sizes, t->parts[0], values, false));
}

/* --- diagonals --- */

static bool check_diagonals(struct op_call *c, const struct tensor *d, const struct tensor *offsets,
                            int ndim) {
    if (ndim != 2) return refuse(c, "Output shape must be 2d");
    if (d->ndim > 2 || d->ndim < 1) return refuse(c, "Diagonals must be vector or matrix");
    if (offsets->ndim > 1) return refuse(c, "Offsets must be scalar or vector");
    int64_t count = d->ndim == 2 ? d->sizes[0] : 1;
    if (count != offsets->numel)
        return refuse(c, "Number of diagonals (%lld) does not match the number of offsets (%lld)",
                      (long long)count, (long long)offsets->numel);
    if (offsets->dtype != DTYPE_INT64)
        return refuse(c, "Offset Tensor must have dtype Long but got %s",
                      dtype_table[offsets->dtype].graph_name);
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < i; j++)
            if (tensor_get_int(offsets, i) == tensor_get_int(offsets, j))
                return refuse(c, "Offset tensor contains duplicate values");
    return true;
}

/* How far diagonal `offset` reaches in a matrix (below the main one PyTorch does not look at the columns),
 * where its values begin in a row of `width` of them. */
static int64_t diagonal_length(const int64_t *shape, int64_t width, int64_t offset) {
    int64_t rows = shape[0], columns = shape[1] < width ? shape[1] : width, length;
    if (offset < -rows || offset > columns) return 0;
    length = offset < 0 ? rows + offset : columns - offset;
    if (offset < 0 && length > width) length = width;
    if (offset >= 0 && length > rows) length = rows;
    return length < 0 ? 0 : length;
}

/* (diagonals, offsets, shape, layout) */
bool sparse_diagonals(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *d = arg_tensor(c, 0), *offsets = arg_tensor(c, 1);
    int64_t shape[TENSOR_MAX_DIMS], total = 0, at = 0;
    int ndim = args_ints(c, 2, shape, TENSOR_MAX_DIMS);
    int64_t layout = c->arg_count > 3 ? arg_int_or(c, 3, LAYOUT_SPARSE_COO) : LAYOUT_SPARSE_COO;
    if (ndim < 0 || !check_diagonals(c, d, offsets, ndim)) return false;
    if (layout != LAYOUT_SPARSE_COO && layout != LAYOUT_SPARSE_CSR && layout != LAYOUT_SPARSE_CSC)
        return refuse(c, "Only output layouts (Sparse, SparseCsc, SparseCsr) are supported, got %s",
                      layout_name(layout));
    int64_t width = d->sizes[d->ndim - 1];
    for (int64_t i = 0; i < offsets->numel; i++)
        total += diagonal_length(shape, width, tensor_get_int(offsets, i));
    int64_t index_shape[2] = {2, total};
    struct tensor *indices = compose_own(k, call_new(c, DTYPE_INT64, 2, index_shape)),
                  *places = compose_own(k, call_new(c, DTYPE_INT64, 1, &total));
    for (int64_t i = 0; indices && places && i < offsets->numel; i++) {
        int64_t offset = tensor_get_int(offsets, i), length = diagonal_length(shape, width, offset),
                first = offset > 0 ? offset : 0;
        for (int64_t j = first; j < first + length; j++, at++) {
            ((int64_t *)tensor_data(indices))[at] = j - offset;
            ((int64_t *)tensor_data(indices))[total + at] = j;
            ((int64_t *)tensor_data(places))[at] = i * width + j;
        }
    }
    int64_t flat = -1;
    struct tensor *values = RUN("index_select", "tdt", RUN("reshape", "tL", d, 1, &flat), 0, places);
    struct tensor *coo = sparse_coo(k, 2, shape, indices, values, false);
    struct compressed_form form = {.layout = (enum tensor_layout)layout, .block = {1, 1}};
    return compose_give(k, layout == LAYOUT_SPARSE_COO ? coo : sparse_compress(k, coo, &form));
}
