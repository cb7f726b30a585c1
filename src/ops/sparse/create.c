/* Making COO tensors and checking what they are made of (aten/src/ATen/native/sparse/SparseTensor.cpp,
 * c10's SparseTensorImpl.h). Shapes are checked, indices not: whoever follows an index checks it anyway. */
#include "ops/sparse/sparse.h"

/* A layout argument, if given, that is not COO. */
static bool check_layout(struct op_call *c, int at) {
    int64_t layout = at < c->arg_count ? arg_int_or(c, at, LAYOUT_SPARSE_COO) : LAYOUT_SPARSE_COO;
    if (layout == LAYOUT_SPARSE_COO) return true;
    return refuse(c, "expected sparse layout, but got layout %s", layout_name(layout));
}

/* What a COO tensor is made of, with a 0-dim tensor of values as one value. */
struct coo_source {
    struct tensor *indices, *values;
    int ndim;
    int64_t sizes[TENSOR_MAX_DIMS];
};

static bool check_parts(struct op_call *c, const struct coo_source *s) {
    const struct tensor *i = s->indices, *v = s->values;
    char text[512];
    if (i->layout != LAYOUT_STRIDED)
        return refuse(c, "expected indices to be a dense tensor, but got indices of layout %s",
                      layout_name(i->layout));
    if (v->layout != LAYOUT_STRIDED)
        return refuse(c, "expected values to be a dense tensor, but got values of layout %s",
                      layout_name(v->layout));
    if (i->ndim != 2)
        return refuse(c, "indices must be sparse_dim x nnz, but got: %s",
                      sizes_text(i->ndim, i->sizes, text, sizeof text));
    return true;
}

static bool check_fit(struct op_call *c, const struct coo_source *s, int64_t dims, int64_t dense) {
    const struct tensor *i = s->indices, *v = s->values;
    char a[512], b[512];
    if (dims < 0 || dense < 0 || dims > s->ndim || dense != s->ndim - dims)
        return refuse(c,
                      "'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = %d, sparse_dim = "
                      "%lld, dense_dim = %lld",
                      s->ndim, (long long)dims, (long long)dense);
    if (i->dtype != DTYPE_INT64) return refuse(c, "indices must be an int64 tensor");
    if (i->sizes[1] != v->sizes[0])
        return refuse(
            c, "indices and values must have same nnz, but got nnz from indices: %lld, nnz from values: %lld",
            (long long)i->sizes[1], (long long)v->sizes[0]);
    if (i->sizes[0] != dims)
        return refuse(c, "indices has incorrect first dimension, expected %lld, got %lld", (long long)dims,
                      (long long)i->sizes[0]);
    int64_t expected[TENSOR_MAX_DIMS + 1] = {v->sizes[0]};
    memcpy(expected + 1, s->sizes + dims, sizeof *expected * (size_t)dense);
    if (v->ndim != dense + 1 || memcmp(expected, v->sizes, sizeof *expected * v->ndim) != 0)
        return refuse(c, "values has incorrect size, expected %s, got %s",
                      sizes_text((int)dense + 1, expected, a, sizeof a),
                      sizes_text(v->ndim, v->sizes, b, sizeof b));
    return true;
}

/* The smallest sizes that hold all indices, and the values' own. */
static bool infer_sizes(struct op_call *c, struct coo_source *s) {
    int64_t nnz = s->indices->sizes[1], dims = s->indices->sizes[0];
    if (dims + s->values->ndim - 1 > TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    s->ndim = (int)dims + s->values->ndim - 1;
    for (int64_t d = 0; d < dims; d++) {
        s->sizes[d] = 0;
        for (int64_t i = 0; i < nnz; i++) {
            int64_t at = tensor_get_int(s->indices, d * nnz + i);
            if (at < 0 || at == INT64_MAX)
                return refuse(c, "found negative index %lld for dim %lld", (long long)at, (long long)d);
            if (at >= s->sizes[d]) s->sizes[d] = at + 1;
        }
    }
    memcpy(s->sizes + dims, s->values->sizes + 1, sizeof *s->sizes * (size_t)(s->values->ndim - 1));
    return true;
}

static bool check_range(struct op_call *c, const struct coo_source *s) {
    int64_t nnz = s->indices->sizes[1];
    for (int64_t d = 0; d < s->indices->sizes[0]; d++)
        for (int64_t i = 0; i < nnz; i++) {
            int64_t at = tensor_get_int(s->indices, d * nnz + i);
            if (at < 0)
                return refuse(c, "found negative index %lld for dim %lld", (long long)at, (long long)d);
            if (at >= s->sizes[d])
                return refuse(
                    c, "size is inconsistent with indices: for dim %lld, size is %lld but found index %lld",
                    (long long)d, (long long)s->sizes[d], (long long)at);
        }
    return true;
}

/* Whether each column of the indices comes after the one before it. */
static bool is_sorted(const struct tensor *indices) {
    int64_t dims = indices->sizes[0], nnz = indices->sizes[1];
    for (int64_t i = 1; i < nnz; i++) {
        int64_t d = 0, step = 0;
        for (; d < dims && step == 0; d++) {
            int64_t before = tensor_get_int(indices, d * nnz + i - 1),
                    now = tensor_get_int(indices, d * nnz + i);
            step = now > before ? 1 : now < before ? -1 : 0;
        }
        if (step <= 0) return false;
    }
    return true;
}

static bool check_coalesced(struct op_call *c, const struct coo_source *s, int at) {
    if (at >= c->arg_count || arg_none(c, at) || !arg_bool(c, at) || is_sorted(s->indices)) return true;
    return refuse(c, "cannot set is_coalesced to true if indices correspond to uncoalesced COO tensor");
}

static bool asked_coalesced(const struct op_call *c, int at) {
    return at < c->arg_count && !arg_none(c, at) && arg_bool(c, at);
}

/* Indices and values at `at`, a 0-dim tensor of values made one of one element. */
static bool read_source(struct compose *k, int at, struct coo_source *s) {
    int64_t one = 1;
    s->indices = arg_tensor(k->c, at);
    s->values = arg_tensor(k->c, at + 1);
    if (s->values->ndim == 0 && s->values->layout == LAYOUT_STRIDED)
        s->values = RUN("reshape", "tL", s->values, 1, &one);
    return s->values && check_parts(k->c, s);
}

/* The tensor, or an end with whatever was refused. */
static bool give_source(struct compose *k, bool good, const struct coo_source *s, bool coalesced) {
    if (!good) return compose_refused(k, false);
    return compose_give(k, sparse_coo(k, s->ndim, s->sizes, s->indices, s->values, coalesced));
}

/* (indices, values, dtype, layout, device, pin_memory, is_coalesced) */
bool sparse_new_inferred(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct coo_source s;
    bool good = check_layout(c, 3) && read_source(k, 0, &s) && infer_sizes(c, &s) &&
                check_fit(c, &s, s.indices->sizes[0], s.values->ndim - 1);
    return give_source(k, good, &s, good && asked_coalesced(c, 6));
}

static bool read_sizes(struct op_call *c, int at, struct coo_source *s) {
    s->ndim = args_ints(c, at, s->sizes, TENSOR_MAX_DIMS);
    return s->ndim >= 0;
}

/* (indices, values, size, dtype, layout, device, pin_memory, is_coalesced). PyTorch checks the indices only
 * when it is told to (torch.sparse.check_sparse_tensor_invariants). */
bool sparse_new_sized(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct coo_source s;
    bool good = check_layout(c, 4) && read_source(k, 0, &s) && read_sizes(c, 2, &s) &&
                check_fit(c, &s, s.indices->sizes[0], s.values->ndim - 1);
    return give_source(k, good, &s, good && asked_coalesced(c, 7));
}

/* (indices, values, size, is_coalesced, check_pinning) */
bool sparse_validate_coo(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct coo_source s;
    bool good = read_source(k, 0, &s) && read_sizes(c, 2, &s);
    if (good && s.ndim != s.indices->sizes[0] + s.values->ndim - 1)
        good = refuse(c, "number of dimensions must be sparse_dim (%lld) + dense_dim (%d), but got %d",
                      (long long)s.indices->sizes[0], s.values->ndim - 1, s.ndim);
    good = good && check_range(c, &s) && check_coalesced(c, &s, 3);
    return compose_refused(k, good);
}

/* (sparse_dim, dense_dim, size, indices, values, ..., is_coalesced) */
bool sparse_new_of_tensors(struct op_call *c) {
    if (c->arg_count > 8 && arg_int_or(c, 6, LAYOUT_STRIDED) != LAYOUT_SPARSE_COO)
        return op_refuse_backend(c, BACKEND_CPU);
    struct compose made = compose_start(c), *k = &made;
    struct coo_source s;
    bool good =
        read_source(k, 3, &s) && read_sizes(c, 2, &s) && check_fit(c, &s, arg_int(c, 0), arg_int(c, 1));
    return give_source(k, good, &s, good && asked_coalesced(c, c->arg_count - 1));
}

static bool give_empty(struct op_call *c, int64_t dims, int64_t dense, int size_at, int dtype_at) {
    struct compose made = compose_start(c), *k = &made;
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, size_at, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !args_dtype(c, dtype_at, DTYPE_FLOAT32, &d)) return false;
    if (dims < 0) dims = ndim;
    if (dense < 0 || dims > ndim || dense != ndim - dims)
        return refuse(c, "number of dimensions must be sparse_dim (%lld) + dense_dim (%lld), but got %d",
                      (long long)dims, (long long)dense, ndim);
    return compose_give(k, sparse_empty(k, d, ndim, sizes, (int)dims));
}

/* (size, dtype, ...) */
bool sparse_new_empty(struct op_call *c) {
    return give_empty(c, -1, 0, 0, 1);
}
/* (sparse_dim, dense_dim, size, dtype, ...) */
bool sparse_new_with_dims(struct op_call *c) {
    if (c->arg_count > 4 && arg_int_or(c, 4, LAYOUT_STRIDED) != LAYOUT_SPARSE_COO)
        return op_refuse_backend(c, BACKEND_CPU);
    if (arg_int(c, 0) < 0) return refuse(c, "sparse_dim must be non-negative");
    return give_empty(c, arg_int(c, 0), arg_int(c, 1), 2, 3);
}
