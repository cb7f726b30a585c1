/* Conversions between the layouts, copies, resizing, masks (aten/src/ATen/native/TensorConversions.cpp,
 * sparse/SparseTensor.cpp). */
#include "ops/create/factory.h"
#include "ops/sparse/sparse.h"
#include "ops/view/geometry.h"

/* (self, dtype, masked_grad) */
bool sparse_dense(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d;
    if (!args_dtype(c, 1, tensor_dtype(t), &d)) return false;
    if (d != tensor_dtype(t) && tensor_is_sparse(t))
        return refuse(c, "dtype argument is not supported by sparse_to_dense");
    struct tensor *dense = sparse_to_dense(k, t);
    if (d != tensor_dtype(t)) dense = RUN("to.dtype", "tdbb", dense, (int)d, false, false);
    return compose_give(k, dense);
}

static bool check_sparse_dim(struct op_call *c, const struct tensor *t, int64_t dims) {
    if (dims < 0 || (dims == 0 && t->ndim > 0))
        return refuse(c, "sparse_dim must be >0 if dimensionality > 0");
    return dims <= t->ndim || refuse(c, "sparse_dim must be less than or equal to self.dim()");
}

/* (self, sparse_dim) */
bool sparse_of_sparse_dim(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dims = arg_int(c, 1);
    if (tensor_is_sparse(t) && t->layout == LAYOUT_SPARSE_COO) {
        if (dims != sparse_dim(t))
            return refuse(c, "to_sparse: conversion from Sparse to Sparse with sparse_dim argument "
                             "!=self.sparse_dim() is not supported");
        return give_borrowed(c, 0, t);
    }
    if (tensor_is_sparse(t) && dims != 2)
        return refuse(c, "sparse dim %lld is not supported by sparse_csr_to_dense", (long long)dims);
    return check_sparse_dim(c, t, dims) && compose_give(k, sparse_to_coo(k, t, (int)dims));
}

static const char *const form_words[] = {"", "", "csr", "", "csc", "bsr", "bsc"};

static bool blocks_refused(struct op_call *c, enum tensor_layout layout, int at) {
    const char *from = arg_tensor(c, 0)->layout == LAYOUT_STRIDED ? "dense" : "sparse";
    long long count = c->args[at].tag == VALUE_LIST ? (long long)arg_list(c, at)->count : 1;
    error_clear(c->err);
    return refuse(c, "%s_to_sparse_%s: blocksize needs to be a tuple of size 2, but got %lld", from,
                  form_words[layout], count);
}

/* A form to convert to; blocks at `block_at`, dense dimensions at `dense_at`. */
static bool read_form(struct op_call *c, enum tensor_layout layout, int block_at, int dense_at,
                      struct compressed_form *f) {
    const struct tensor *t = arg_tensor(c, 0);
    int64_t dense = dense_at < c->arg_count ? arg_int_or(c, dense_at, 0) : 0;
    bool blocks = block_at >= 0 && block_at < c->arg_count && !arg_none(c, block_at);
    *f = (struct compressed_form){.layout = layout, .block = {1, 1}};
    if (layout_is_block(layout) != blocks)
        return refuse(c,
                      blocks ? "to_sparse: conversion from %s to %s does not use the specified blocksize"
                             : "to_sparse: conversion from %s to %s requires blocksize but none provided",
                      layout_name(t->layout), layout_name(layout));
    int count = blocks ? args_ints(c, block_at, f->block, 2) : 2;
    if (count != 2) return blocks_refused(c, layout, block_at);
    if (tensor_is_sparse(t)) {
        if (dense_at < c->arg_count && !arg_none(c, dense_at))
            return refuse(c, "to_sparse: conversion from %s to %s with dense_dim argument is not supported",
                          layout_name(t->layout), layout_name(layout));
        dense = sparse_dense_dim(t);
    }
    if (t->ndim < 2 || dense < 0 || dense > t->ndim - 2)
        return refuse(c, "dense_to_sparse_%s: dense_dim argument must be in [0,%d] range, but %lld is given",
                      form_words[layout], t->ndim - 2, (long long)dense);
    f->batch_dims = t->ndim - 2 - (int)dense;
    if (t->layout == LAYOUT_SPARSE_COO) f->batch_dims = 0;
    return true;
}

/* What is refused although the tensor has the layout already. */
static bool stays(struct op_call *c, struct tensor *t, const struct compressed_form *f) {
    struct compressed_form own = sparse_form(t);
    if (!layout_is_block(t->layout) || memcmp(own.block, f->block, sizeof own.block) == 0)
        return give_borrowed(c, 0, t);
    return refuse(
        c,
        "to_sparse: conversion from %s to %s with blocksize changed from [%lld, %lld] to [%lld, %lld] is not "
        "supported",
        layout_name(t->layout), layout_name(t->layout), (long long)own.block[0], (long long)own.block[1],
        (long long)f->block[0], (long long)f->block[1]);
}

static bool to_compressed(struct op_call *c, enum tensor_layout layout, int block_at, int dense_at) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    struct compressed_form f;
    if (!read_form(c, layout, block_at, dense_at, &f)) return false;
    if (t->layout == layout) return stays(c, t, &f);
    if (layout_is_compressed(t->layout) && layout_is_block(layout) != layout_is_block(t->layout) &&
        f.batch_dims)
        return refuse(
            c, "sparse_compressed_to_sparse: conversion from %s to %s for batched inputs is not supported",
            layout_name(t->layout), layout_name(layout));
    if (layout_is_block(t->layout)) {
        struct compressed_form own = sparse_form(t);
        if (!layout_is_block(layout) || memcmp(own.block, f.block, sizeof own.block))
            return refuse(c,
                          "sparse_compressed_to_sparse: conversion from %s to %s is not supported, or not "
                          "with another blocksize",
                          layout_name(t->layout), layout_name(layout));
    }
    if (layout_is_compressed(t->layout)) f.int32 = t->parts[0]->dtype == DTYPE_INT32;
    return compose_give(k, sparse_compress(k, sparse_to_coo(k, t, f.batch_dims + 2), &f));
}

/* (self, dense_dim), or (self, blocksize, dense_dim) */
bool sparse_of_csr(struct op_call *c) {
    return to_compressed(c, LAYOUT_SPARSE_CSR, -1, 1);
}
bool sparse_of_csc(struct op_call *c) {
    return to_compressed(c, LAYOUT_SPARSE_CSC, -1, 1);
}
bool sparse_of_bsr(struct op_call *c) {
    return to_compressed(c, LAYOUT_SPARSE_BSR, 1, 2);
}
bool sparse_of_bsc(struct op_call *c) {
    return to_compressed(c, LAYOUT_SPARSE_BSC, 1, 2);
}

/* (self, layout, blocksize, dense_dim) */
bool sparse_of_layout(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t layout = arg_int_or(c, 1, LAYOUT_SPARSE_COO), dense = arg_int_or(c, 3, 0);
    if (tensor_is_sparse(t) && !arg_none(c, 3))
        return refuse(c, "to_sparse: conversion from %s with dense_dim argument given is not supported",
                      layout_name(t->layout));
    if (layout_is_compressed(layout)) return to_compressed(c, (enum tensor_layout)layout, 2, 3);
    if (layout == LAYOUT_STRIDED && t->layout == LAYOUT_SPARSE_COO && sparse_dim(t) != 2)
        return refuse(c, "sparse_coo_to_sparse: conversion from Sparse to Strided for input tensors with "
                         "sparse_dim()!=2 is not supported");
    if (layout == LAYOUT_STRIDED && tensor_is_sparse(t)) return compose_give(k, sparse_to_dense(k, t));
    if (layout != LAYOUT_SPARSE_COO)
        return refuse(c, "to_sparse: conversion from %s to %s is not supported", layout_name(t->layout),
                      layout_name(layout));
    if (!arg_none(c, 2))
        return refuse(c, "to_sparse: conversion from %s to Sparse does not use the specified blocksize",
                      layout_name(t->layout));
    if (t->layout == LAYOUT_SPARSE_COO) return give_borrowed(c, 0, t);
    if (dense < 0 || dense > t->ndim) return refuse(c, "sparse_dim must be >0 if dimensionality > 0");
    if (t->layout == LAYOUT_STRIDED && !check_sparse_dim(c, t, t->ndim - dense)) return false;
    return compose_give(k, sparse_to_coo(k, t, t->ndim - (int)dense));
}

/* --- indices alone --- */

/* (rows, size, out_int32): how many rows lie before each, size + 1 of them. */
bool sparse_indices_to_csr(struct op_call *c) {
    const struct tensor *rows = arg_tensor(c, 0);
    int64_t size = arg_int(c, 1), count;
    if (rows->ndim != 1 || !dtype_is_integral(tensor_dtype(rows), false))
        return refuse(c, "Input is supposed to be a vector");
    if (size < 0 || __builtin_add_overflow(size, 1, &count))
        return refuse(c, "size is negative or too large");
    struct tensor *out = call_new(c, arg_bool(c, 2) ? DTYPE_INT32 : DTYPE_INT64, 1, &count);
    int64_t at = 0;
    for (int64_t i = 0; out && i < count; i++) {
        while (at < rows->numel && tensor_get_int(rows, at) < i) at++;
        convert_store[out->dtype][COMPUTE_INT](
            (char *)tensor_data(out) + i * (int64_t)dtype_size(tensor_dtype(out)), 0, &at, 0, 1);
    }
    return give_tensor(c, out);
}

/* (crow, col, out_int32, transpose): COO's two rows of indices (transposed: of the transposed matrix). */
bool sparse_indices_to_coo(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *crow = arg_tensor(c, 0), *col = arg_tensor(c, 1);
    if (crow->ndim < 1 || crow->ndim != col->ndim || !dtype_is_integral(tensor_dtype(crow), false) ||
        crow->sizes[crow->ndim - 1] < 1)
        return refuse(c, "crow_indices is supposed to be a vector, but got %d dimensional tensor.",
                      crow->ndim);
    int b = crow->ndim - 1;
    int64_t sizes[TENSOR_MAX_DIMS];
    for (int d = 0; d < b; d++)
        if (crow->sizes[d] != col->sizes[d])
            return refuse(c, "crow_indices and col_indices must have the same batch dimensions");
    if (b + 2 > TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    memcpy(sizes, crow->sizes, sizeof *sizes * (size_t)b);
    sizes[b] = crow->sizes[b] - 1;
    sizes[b + 1] = INT32_MAX;
    struct tensor *parts[3] = {crow, col, col};
    struct tensor *csr = compose_own(k, tensor_of_parts(LAYOUT_SPARSE_CSR, b + 2, sizes, parts, c->err));
    struct tensor *indices = csr ? sparse_coordinates(k, csr) : NULL;
    if (arg_bool(c, 3)) {
        struct tensor *batch = RUN("narrow", "tdii", indices, 0, (int64_t)0, (int64_t)b),
                      *rows = RUN("narrow", "tdii", indices, 0, (int64_t)b, (int64_t)1),
                      *columns = RUN("narrow", "tdii", indices, 0, (int64_t)b + 1, (int64_t)1);
        struct tensor *order[3] = {batch, columns, rows};
        indices = columns ? RUN("cat", "Td", 3, order, 0) : NULL;
    }
    if (arg_bool(c, 2)) indices = RUN("to.dtype", "tdbb", indices, DTYPE_INT32, false, false);
    return compose_give(k, indices);
}

/* --- copies --- */

static struct tensor *values_to(struct compose *k, struct tensor *t, enum dtype d, bool copy) {
    struct tensor *values = RUN("to.dtype", "tdbb", sparse_values(t), (int)d, false, copy);
    return sparse_with_values(k, t, values);
}

/* A tensor of copies of all parts. */
static struct tensor *copy_of(struct compose *k, struct tensor *t) {
    struct tensor *parts[3] = {0};
    int count = t->layout == LAYOUT_SPARSE_COO ? 2 : 3;
    for (int i = 0; i < count; i++) parts[i] = RUN("clone", "t", t->parts[i]);
    if (k->failed) return NULL;
    struct tensor *copy = tensor_of_parts((enum tensor_layout)t->layout, t->ndim, t->sizes, parts, k->c->err);
    if (copy) copy->flags |= t->flags & TENSOR_COALESCED;
    return compose_own(k, copy);
}

/* (self, memory_format) */
bool sparse_clone(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    int64_t format = c->arg_count > 1 ? arg_int_or(c, 1, FORMAT_PRESERVE) : FORMAT_PRESERVE;
    if (!tensor_is_sparse(arg_tensor(c, 0))) return op_refuse_backend(c, tensor_backend(arg_tensor(c, 0)));
    if (format != FORMAT_PRESERVE)
        return refuse(c, "unsupported memory format option %s", format == 0 ? "Contiguous" : "ChannelsLast");
    return compose_give(k, copy_of(k, arg_tensor(c, 0)));
}

bool sparse_contiguous(struct op_call *c) {
    if (arg_tensor(c, 0)->layout == LAYOUT_SPARSE_COO)
        return refuse(c, "unsupported memory format option Contiguous");
    return give_borrowed(c, 0, arg_tensor(c, 0));
}

/* Where the overloads of `to` have their dtype (or tensor) and the wish to copy; -1: nowhere. */
static const struct to_form {
    const char *overload;
    int dtype_at, copy_at;
} to_forms[] = {{"dtype", 1, 3},      {"other", 1, 3},       {"device", 2, 4},      {"dtype_layout", 1, 6},
                {"prim_dtype", 1, 3}, {"prim_other", -1, 2}, {"prim_Device", 2, 4}, {"", 1, -1}};

static bool wanted_dtype(struct op_call *c, int at, enum dtype otherwise, enum dtype *d) {
    *d = otherwise;
    if (at < 0 || at >= c->arg_count) return true;
    if (c->args[at].tag == VALUE_TENSOR) *d = tensor_dtype(c->args[at].tensor);
    return c->args[at].tag == VALUE_TENSOR || args_dtype(c, at, otherwise, d);
}

/* Tensor.to, type_as and _to_copy: another dtype of the values. */
bool sparse_to(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    const struct to_form *form = to_forms;
    enum dtype d;
    while (*form->overload && strcmp(form->overload, op_overload(c->row))) form++;
    if (!tensor_is_sparse(t)) return op_run_on(c, BACKEND_CPU);
    if (!wanted_dtype(c, form->dtype_at, tensor_dtype(t), &d)) return false;
    bool copy = form->copy_at >= 0 ? form->copy_at < c->arg_count && arg_bool(c, form->copy_at)
                                   : strstr(op_name(c->row), "_to_copy") != NULL;
    if (d == tensor_dtype(t) && !copy) return give_borrowed(c, 0, t);
    return compose_give(k, values_to(k, t, d, true));
}

static struct tensor *resized(struct compose *k, struct tensor *t, int ndim, const int64_t *sizes,
                              int64_t dims, int64_t dense, bool clear);

/* src's elements in t's dtype; NULL where t could not be resized to src. */
static struct tensor *copy_for(struct compose *k, struct tensor *t, struct tensor *from) {
    if (t->layout == LAYOUT_SPARSE_COO &&
        !resized(k, t, from->ndim, from->sizes, sparse_dim(from), sparse_dense_dim(from), false))
        return NULL;
    struct tensor *copy = copy_of(k, from);
    return copy ? values_to(k, copy, tensor_dtype(t), false) : NULL;
}

/* (self, src, non_blocking) in place: self takes src's sizes and parts, in self's dtype. */
bool sparse_copy(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *from = arg_tensor(c, 1);
    if (t->layout != from->layout)
        return refuse(c,
                      "copy_() between dense and sparse Tensors is not implemented! Found self type = %s and "
                      "src type = %s",
                      layout_name(t->layout), layout_name(from->layout));
    if (t != from) {
        if (t->layout != LAYOUT_SPARSE_COO &&
            (!sparse_same_sizes(t, from) || sparse_nnz(t) != sparse_nnz(from)))
            return compose_refused(k, refuse(c, "copy of sparse compressed tensors having different sizes or "
                                                "number of specified elements."));
        struct tensor *copy = copy_for(k, t, from);
        if (!copy || !tensor_become(t, copy, c->err)) return compose_end(k);
    }
    return compose_give(k, t);
}
/* (self, src, non_blocking), a tensor of its own. */
bool sparse_copied(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *from = arg_tensor(c, 1);
    if (t->layout != from->layout || t->layout != LAYOUT_SPARSE_COO)
        return refuse(c, "copy_sparse_to_sparse: expected two sparse tensors");
    return compose_give(k, copy_for(k, t, from));
}

/* Nothing specified, in t's form. */
static struct tensor *nothing_like(struct compose *k, struct tensor *t, enum dtype d) {
    bool coo = t->layout == LAYOUT_SPARSE_COO;
    int dims = coo ? sparse_dim(t) : sparse_batch_dim(t) + 2;
    struct tensor *empty = sparse_empty(k, d, t->ndim, t->sizes, dims);
    return coo ? empty : sparse_like_form(k, empty, t);
}

/* (self, dtype, layout, ...): zeros_like specifies nothing, empty_like of a compressed tensor the same
 * elements. */
bool sparse_zeros_like(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d;
    int64_t layout = c->arg_count > 2 ? arg_int_or(c, 2, t->layout) : t->layout;
    if (!args_dtype(c, 1, tensor_dtype(t), &d)) return false;
    if (layout == LAYOUT_STRIDED) return compose_give(k, RUN("zeros", "Ld", t->ndim, t->sizes, (int)d));
    if (t->layout == LAYOUT_SPARSE_COO || !strstr(op_name(c->row), "empty"))
        return compose_give(k, nothing_like(k, t, d));
    return compose_give(k, sparse_with_values(k, t, RUN("zeros_like", "td", t->parts[2], (int)d)));
}

/* In place: nothing specified. */
bool sparse_zero(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *empty = nothing_like(k, t, tensor_dtype(t));
    if (!empty || !tensor_become(t, empty, c->err)) return compose_end(k);
    return compose_give(k, t);
}

/* --- resizing --- */

/* The values as their storage goes on in larger rows: PyTorch resizes them as they lie; what is new is 0
 * here. */
static struct tensor *grown_values(struct compose *k, struct tensor *t, int dense, const int64_t *sizes) {
    int64_t shape[TENSOR_MAX_DIMS + 1] = {sparse_nnz(t)}, flat = -1;
    memcpy(shape + 1, sizes, sizeof *sizes * (size_t)dense);
    struct tensor *values = RUN("zeros", "Ld", dense + 1, shape, (int)t->dtype);
    struct tensor *all = RUN("reshape", "tL", values, 1, &flat),
                  *old = RUN("reshape", "tL", t->parts[1], 1, &flat);
    if (old) RUN("copy_", "ttb", RUN("narrow", "tdii", all, 0, (int64_t)0, old->numel), old, false);
    return values;
}

/* The indices and values of t with other dimensions; refuses what would lose elements
 * (SparseTensorImpl::resize_). */
static struct tensor *resized(struct compose *k, struct tensor *t, int ndim, const int64_t *sizes,
                              int64_t dims, int64_t dense, bool clear) {
    if (dims < 0 || dense < 0 || dims > ndim || dense != ndim - dims) {
        k->failed =
            !refuse(k->c, "number of dimensions must be sparse_dim (%lld) + dense_dim (%lld), but got %d",
                    (long long)dims, (long long)dense, ndim);
        return NULL;
    }
    if (clear || sparse_nnz(t) == 0) return sparse_empty(k, tensor_dtype(t), ndim, sizes, (int)dims);
    bool shrinks = dims != sparse_dim(t) || ndim != t->ndim;
    for (int d = 0; !shrinks && d < ndim; d++) shrinks = sizes[d] < t->sizes[d];
    if (shrinks) {
        k->failed = !refuse(k->c, "changing the number of dimensions or shrinking the size of a non-empty "
                                  "sparse tensor is not supported");
        return NULL;
    }
    return sparse_coo(k, ndim, sizes, t->parts[0], grown_values(k, t, (int)dense, sizes + dims),
                      (t->flags & TENSOR_COALESCED) != 0);
}

static bool give_resized(struct op_call *c, struct tensor *t, int ndim, const int64_t *sizes, int64_t dims,
                         int64_t dense, bool clear) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *other = resized(k, t, ndim, sizes, dims, dense, clear);
    if (!other || !(c->row && c->row->traits & OP_IN_PLACE)) return compose_give(k, other);
    return tensor_become(t, other, c->err) ? compose_give(k, t) : compose_end(k);
}

/* (self, size, sparse_dim, dense_dim) */
static bool resize_call(struct op_call *c, bool clear) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (arg_tensor(c, 0)->layout != LAYOUT_SPARSE_COO)
        return op_refuse_backend(c, tensor_backend(arg_tensor(c, 0)));
    return ndim >= 0 && give_resized(c, arg_tensor(c, 0), ndim, sizes, arg_int(c, 2), arg_int(c, 3), clear);
}
bool sparse_resize(struct op_call *c) {
    return resize_call(c, false);
}
bool sparse_resize_clear(struct op_call *c) {
    return resize_call(c, true);
}
/* (self, the_template): a compressed tensor takes over the indices, with values of 0. */
bool sparse_resize_as(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *like = arg_tensor(c, 1);
    if (!tensor_is_sparse(t)) return op_refuse_backend(c, tensor_backend(t));
    if (like->layout != t->layout)
        return refuse(c, "resize_as_sparse_: self and src must have the same layout");
    if (t->layout == LAYOUT_SPARSE_COO)
        return give_resized(c, t, like->ndim, like->sizes, sparse_dim(like), sparse_dense_dim(like), false);
    if (sparse_same_sizes(t, like)) return give_borrowed(c, 0, t);
    struct tensor *zeros = RUN("zeros_like", "td", like->parts[2], (int)t->dtype),
                  *other = sparse_with_values(k, like, zeros);
    if (!other || !(c->row && c->row->traits & OP_IN_PLACE)) return compose_give(k, other);
    return tensor_become(t, other, c->err) ? compose_give(k, t) : compose_end(k);
}

/* --- masks --- */

struct tensor *sparse_values_at(struct compose *k, struct tensor *t, struct tensor *indices) {
    struct tensor *own = sparse_keys(k, t->parts[0], t->sizes), *asked = sparse_keys(k, indices, t->sizes);
    int64_t sizes[TENSOR_MAX_DIMS], nnz = indices->sizes[1];
    if (!own || !asked) return NULL;
    memcpy(sizes, t->parts[1]->sizes, sizeof *sizes * t->parts[1]->ndim);
    sizes[0] = nnz;
    if (own->numel == 0) return RUN("zeros", "Ld", t->parts[1]->ndim, sizes, (int)t->dtype);
    struct tensor *at = RUN("searchsorted.Tensor", "ttbb", own, asked, false, false);
    at = RUN("clamp", "tni", at, own->numel - 1);
    struct tensor *found = RUN("eq.Tensor", "tt", RUN("index_select", "tdt", own, 0, at), asked);
    struct tensor *values = RUN("index_select", "tdt", t->parts[1], 0, at);
    for (int i = 0; i < TENSOR_MAX_DIMS; i++) sizes[i] = 1;
    sizes[0] = nnz;
    found = RUN("reshape", "tL", found, t->parts[1]->ndim, sizes);
    struct tensor *zero = RUN("zeros_like", "t", values);
    return RUN("where.self", "ttt", found, values, zero);
}

/* (self, mask): self's values where mask has elements. */
bool sparse_mask_op(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    char a[256], b[256];
    if (!tensor_is_sparse(mask)) return refuse(c, "sparse_mask: expected a sparse mask");
    if (!sparse_same_sizes(t, mask))
        return refuse(
            c, "sparse_mask(): operands have incompatible sizes; self has size %s but mask has size %s",
            sizes_text(t->ndim, t->sizes, a, sizeof a), sizes_text(mask->ndim, mask->sizes, b, sizeof b));
    if (t->layout != LAYOUT_STRIDED &&
        (t->layout == LAYOUT_SPARSE_COO) != (mask->layout == LAYOUT_SPARSE_COO))
        return refuse(c, "sparse_mask: expected self and mask to have the same layout, got %s and %s",
                      layout_name(t->layout), layout_name(mask->layout));
    struct tensor *shape = sparse_to_coo(k, mask, 0);
    if (!shape) return compose_end(k);
    int dims = sparse_dim(shape);
    struct tensor *own = sparse_coalesce(k, sparse_to_coo(k, t, dims));
    struct tensor *values = own ? sparse_values_at(k, own, shape->parts[0]) : NULL;
    struct tensor *made_coo = values ? sparse_coo(k, t->ndim, t->sizes, shape->parts[0], values,
                                                  (shape->flags & TENSOR_COALESCED) != 0)
                                     : NULL;
    return compose_give(k,
                        mask->layout == LAYOUT_SPARSE_COO ? made_coo : sparse_like_form(k, made_coo, mask));
}
