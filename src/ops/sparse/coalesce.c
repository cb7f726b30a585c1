/* Coordinates: keys, grouping, coalescing, and COO to and from strided tensors
 * (aten/src/ATen/native/sparse/SparseTensor.cpp). */
#include "ops/sparse/sparse.h"

/* Fewer than two elements are in order and stand once (SparseTensorImpl.h). */
struct tensor *sparse_coo(struct compose *k, int ndim, const int64_t *sizes, struct tensor *indices,
                          struct tensor *values, bool coalesced) {
    if (k->failed || !indices || !values) return NULL;
    struct tensor *parts[3] = {indices, values};
    struct tensor *t = tensor_of_parts(LAYOUT_SPARSE_COO, ndim, sizes, parts, k->c->err);
    if (t && (coalesced || sparse_nnz(t) < 2)) t->flags |= TENSOR_COALESCED;
    return compose_own(k, t);
}

struct tensor *sparse_with_values(struct compose *k, const struct tensor *t, struct tensor *values) {
    if (k->failed || !values) return NULL;
    struct tensor *parts[3] = {t->parts[0], t->parts[1], values};
    if (t->layout == LAYOUT_SPARSE_COO) {
        parts[1] = values;
        parts[2] = NULL;
    }
    struct tensor *made = tensor_of_parts((enum tensor_layout)t->layout, t->ndim, t->sizes, parts, k->c->err);
    if (made) made->flags |= t->flags & TENSOR_COALESCED;
    return compose_own(k, made);
}

struct tensor *sparse_empty(struct compose *k, enum dtype d, int ndim, const int64_t *sizes,
                            int sparse_dims) {
    int64_t index_sizes[2] = {sparse_dims, 0}, value_sizes[TENSOR_MAX_DIMS + 1] = {0};
    memcpy(value_sizes + 1, sizes + sparse_dims, sizeof *sizes * (size_t)(ndim - sparse_dims));
    struct tensor *indices = RUN("empty.memory_format", "Ld", 2, index_sizes, DTYPE_INT64);
    struct tensor *values = RUN("empty.memory_format", "Ld", ndim - sparse_dims + 1, value_sizes, (int)d);
    return sparse_coo(k, ndim, sizes, indices, values, true);
}

struct tensor *sparse_row(struct compose *k, struct tensor *coo, int64_t i) {
    return RUN("select.int", "tdi", coo ? coo->parts[0] : NULL, 0, i);
}

bool sparse_same_sizes(const struct tensor *a, const struct tensor *b) {
    return a->ndim == b->ndim &&
           (a->ndim == 0 || memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0);
}

struct tensor *sparse_keys(struct compose *k, struct tensor *indices, const int64_t *sizes) {
    if (k->failed || !indices) return NULL;
    int64_t dims = indices->sizes[0], nnz = indices->sizes[1];
    struct tensor *keys = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &nnz));
    for (int64_t i = 0; keys && i < nnz; i++) {
        int64_t key = 0;
        for (int64_t d = 0; d < dims; d++) {
            int64_t at = tensor_get_int(indices, d * nnz + i);
            if (at < 0 || at >= sizes[d] || __builtin_mul_overflow(key, sizes[d], &key)) {
                k->failed =
                    !refuse_index(k->c, "index %lld is out of bounds for dimension %lld with size %lld",
                                  (long long)at, (long long)d, (long long)sizes[d]);
                return NULL;
            }
            key += at;
        }
        ((int64_t *)tensor_data(keys))[i] = key;
    }
    return keys;
}

bool sparse_group(struct compose *k, struct tensor *keys, struct groups *g) {
    struct tensor *sorted = RUN("sort.stable", "tbdb", keys, true, 0, false);
    g->order = compose_result(k, 1);
    if (!sorted || !g->order) return false;
    int64_t count = sorted->numel, groups = 0;
    g->place = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &count));
    g->first = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &count));
    if (!g->place || !g->first) return false;
    int64_t *place = tensor_data(g->place), *first = tensor_data(g->first);
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || tensor_get_int(sorted, i) != tensor_get_int(sorted, i - 1))
            first[groups++] = tensor_get_int(g->order, i);
        place[i] = groups - 1;
    }
    g->first = RUN("narrow", "tdii", g->first, 0, (int64_t)0, groups);
    return g->first != NULL;
}

struct tensor *sparse_add_groups(struct compose *k, const struct groups *g, struct tensor *values) {
    if (k->failed || !values || !g->first) return NULL;
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, values->sizes, sizeof *sizes * values->ndim);
    sizes[0] = g->first->numel;
    if (sizes[0] == values->sizes[0]) return RUN("index_select", "tdt", values, 0, g->first);
    struct tensor *sorted = RUN("index_select", "tdt", values, 0, g->order);
    bool logical = values->dtype == DTYPE_BOOL;
    if (logical) sorted = RUN("to.dtype", "tdbb", sorted, DTYPE_UINT8, false, false);
    struct tensor *sums = RUN("zeros", "Ld", values->ndim, sizes, logical ? DTYPE_UINT8 : (int)values->dtype);
    sums = RUN("index_add", "tdttd", sums, 0, g->place, sorted, 1);
    return logical ? RUN("to.dtype", "tdbb", sums, DTYPE_BOOL, false, false) : sums;
}

struct tensor *sparse_coalesce(struct compose *k, struct tensor *t) {
    if (k->failed || !t) return NULL;
    if (t->flags & TENSOR_COALESCED) return t;
    struct groups g;
    struct tensor *keys = sparse_keys(k, t->parts[0], t->sizes);
    if (!keys || !sparse_group(k, keys, &g)) return NULL;
    struct tensor *indices = RUN("index_select", "tdt", t->parts[0], 1, g.first);
    return sparse_coo(k, t->ndim, t->sizes, indices, sparse_add_groups(k, &g, t->parts[1]), true);
}

/* --- strided and back --- */

/* [product of the sparse sizes, dense sizes...], zeros. */
static struct tensor *flat_zeros(struct compose *k, const struct tensor *coo) {
    int64_t sizes[TENSOR_MAX_DIMS + 1] = {1};
    int dims = sparse_dim(coo);
    for (int d = 0; d < dims; d++)
        if (__builtin_mul_overflow(sizes[0], coo->sizes[d], &sizes[0])) {
            k->failed = !refuse(k->c, "numel: integer multiplication overflow");
            return NULL;
        }
    memcpy(sizes + 1, coo->sizes + dims, sizeof *sizes * (size_t)(coo->ndim - dims));
    return RUN("zeros", "Ld", coo->ndim - dims + 1, sizes, (int)coo->dtype);
}

static struct tensor *coo_to_dense(struct compose *k, struct tensor *t) {
    t = sparse_coalesce(k, t);
    if (!t) return NULL;
    struct tensor *flat = flat_zeros(k, t), *keys = sparse_keys(k, t->parts[0], t->sizes);
    if (flat && keys && flat->numel) flat = RUN("index_copy", "tdtt", flat, 0, keys, t->parts[1]);
    return RUN("reshape", "tL", flat, t->ndim, t->sizes);
}

struct tensor *sparse_to_dense(struct compose *k, struct tensor *t) {
    if (k->failed || !t || t->layout == LAYOUT_STRIDED) return t;
    return coo_to_dense(k, sparse_to_coo(k, t, 0));
}

/* Columns of indices where any of the trailing elements is not 0, in row-major order. */
static struct tensor *indices_of_dense(struct compose *k, struct tensor *t, int sparse_dims) {
    int64_t sizes[TENSOR_MAX_DIMS + 1], last = -1;
    memcpy(sizes, t->sizes, sizeof *sizes * (size_t)sparse_dims);
    struct tensor *mask = RUN("ne.Scalar", "td", t, 0);
    if (sparse_dims < t->ndim) {
        int64_t rest = 1;
        for (int d = sparse_dims; d < t->ndim; d++) rest *= t->sizes[d];
        sizes[sparse_dims] = rest;
        mask = RUN("reshape", "tL", mask, sparse_dims + 1, sizes);
        mask = RUN("any.dim", "tib", mask, last, false);
    }
    struct tensor *found = RUN("nonzero", "t", mask);
    found = RUN("t", "t", found);
    return RUN("contiguous", "td", found, 0);
}

/* A strided tensor as COO; its first dimensions become sparse ones. */
static struct tensor *dense_to_coo(struct compose *k, struct tensor *t, int sparse_dims) {
    int64_t sizes[TENSOR_MAX_DIMS + 1] = {-1};
    struct tensor *indices = indices_of_dense(k, t, sparse_dims), *keys = sparse_keys(k, indices, t->sizes);
    if (!keys) return NULL;
    memcpy(sizes + 1, t->sizes + sparse_dims, sizeof *sizes * (size_t)(t->ndim - sparse_dims));
    if (keys->numel == 0) return sparse_empty(k, tensor_dtype(t), t->ndim, t->sizes, sparse_dims);
    struct tensor *flat = RUN("reshape", "tL", t, t->ndim - sparse_dims + 1, sizes);
    return sparse_coo(k, t->ndim, t->sizes, indices, RUN("index_select", "tdt", flat, 0, keys), true);
}

/* --- compressed to COO --- */

/* Where a compressed tensor's values stand: rows of batch dimensions, then row, then column (of blocks). */
static bool fill_coordinates(struct op_call *c, const struct tensor *t, struct tensor *out) {
    int batch_dims = sparse_batch_dim(t);
    const struct tensor *comp = t->parts[0], *plain = t->parts[1];
    int64_t lines = comp->sizes[batch_dims] - 1, nnz = plain->sizes[batch_dims], n = out->sizes[1], at = 0;
    int64_t batches = nnz ? plain->numel / nnz : 0, *to = tensor_data(out);
    int row = layout_is_row(t->layout) ? batch_dims : batch_dims + 1, column = 2 * batch_dims + 1 - row;
    for (int64_t b = 0; b < batches; b++) {
        int64_t base = b * (lines + 1), end = 0;
        for (int64_t line = 0; line < lines; line++) {
            int64_t begin = line ? end : tensor_get_int(comp, base);
            end = tensor_get_int(comp, base + line + 1);
            if (begin != at - b * nnz || end < begin || end > nnz)
                return refuse(c, "the compressed indices of a sparse tensor are not valid");
            for (int64_t i = begin; i < end; i++, at++) {
                to[row * n + at] = line;
                to[column * n + at] = tensor_get_int(plain, b * nnz + i);
                for (int64_t d = batch_dims - 1, left = b; d >= 0; left /= t->sizes[d--])
                    to[d * n + at] = left % t->sizes[d];
            }
        }
        if (end != nnz) return refuse(c, "the compressed indices of a sparse tensor are not valid");
    }
    return true;
}

struct tensor *sparse_coordinates(struct compose *k, struct tensor *t) {
    int64_t shape[2] = {sparse_batch_dim(t) + 2, t->parts[1]->numel};
    struct tensor *out = compose_own(k, call_new(k->c, DTYPE_INT64, 2, shape));
    if (!out || fill_coordinates(k->c, t, out)) return out;
    k->failed = true;
    return NULL;
}

/* Every element of each block: coordinates of blocks times the block's sizes, plus the place within. */
static struct tensor *spread_blocks(struct compose *k, struct tensor *indices, const int64_t *block) {
    int64_t dims = indices->sizes[0], n = indices->sizes[1], per = block[0] * block[1];
    int64_t shape[2] = {dims, n * per};
    struct tensor *out = compose_own(k, call_new(k->c, DTYPE_INT64, 2, shape));
    for (int64_t i = 0; out && i < dims * n * per; i++) {
        int64_t d = i / (n * per), e = i % (n * per), inner = e % per,
                x = tensor_get_int(indices, d * n + e / per);
        if (d == dims - 2) x = (int64_t)((uint64_t)x * (uint64_t)block[0]) + inner / block[1];
        if (d == dims - 1) x = (int64_t)((uint64_t)x * (uint64_t)block[1]) + inner % block[1];
        ((int64_t *)tensor_data(out))[i] = x;
    }
    return out;
}

static struct tensor *compressed_to_coo(struct compose *k, struct tensor *t) {
    struct compressed_form form = sparse_form(t);
    int64_t sizes[TENSOR_MAX_DIMS + 1] = {-1};
    int dense = sparse_dense_dim(t);
    struct tensor *indices = sparse_coordinates(k, t), *values = t->parts[2];
    if (!indices) return NULL;
    memcpy(sizes + 1, values->sizes + (values->ndim - dense), sizeof *sizes * (size_t)dense);
    if (layout_is_block(t->layout)) indices = spread_blocks(k, indices, form.block);
    if (!indices) return NULL;
    sizes[0] = indices->sizes[1];
    values = RUN("reshape", "tL", values, dense + 1, sizes);
    return sparse_coo(k, t->ndim, t->sizes, indices, values, t->layout == LAYOUT_SPARSE_CSR);
}

struct tensor *sparse_to_coo(struct compose *k, struct tensor *t, int sparse_dims) {
    if (k->failed || !t || t->layout == LAYOUT_SPARSE_COO) return t;
    return tensor_is_sparse(t) ? compressed_to_coo(k, t) : dense_to_coo(k, t, sparse_dims);
}
