/* COO to the compressed layouts: CSR, CSC, and BSR, BSC with blocks
 * (aten/src/ATen/native/TensorConversions.cpp). An element's line is its row (or column), its block's where
 * there are blocks; blocks are the groups of elements with the same key (batch, line, place in the line). */
#include "ops/sparse/sparse.h"

struct compressed_form sparse_form(const struct tensor *t) {
    struct compressed_form form = {.layout = (enum tensor_layout)t->layout,
                                   .block = {1, 1},
                                   .batch_dims = sparse_batch_dim(t),
                                   .int32 = t->parts[0]->dtype == DTYPE_INT32};
    if (layout_is_block(t->layout))
        for (int i = 0; i < 2; i++) form.block[i] = t->parts[2]->sizes[form.batch_dims + 1 + i];
    return form;
}

/* How many lines there are, how many places in a line, how many batches. */
struct extent {
    int64_t lines, places, batches;
};

static bool measure(struct op_call *c, const struct tensor *coo, const struct compressed_form *f,
                    struct extent *e) {
    const int64_t *last = coo->sizes + f->batch_dims;
    for (int i = 0; i < 2; i++) {
        if (f->block[i] <= 0)
            return refuse(c, "blocksize must be positive, got %lld", (long long)f->block[i]);
        if (last[i] % f->block[i])
            return refuse(
                c, "tensor sparse size (%lld,%lld) must be divisible by given blocksize (%lld,%lld)",
                (long long)last[0], (long long)last[1], (long long)f->block[0], (long long)f->block[1]);
    }
    int64_t rows = last[0] / f->block[0], columns = last[1] / f->block[1];
    e->lines = layout_is_row(f->layout) ? rows : columns;
    e->places = layout_is_row(f->layout) ? columns : rows;
    e->batches = 1;
    for (int d = 0; d < f->batch_dims; d++) e->batches *= coo->sizes[d];
    return true;
}

/* The keys of the elements' blocks and their places within the block, [nnz] each. */
static struct tensor *block_keys(struct compose *k, struct tensor *coo, const struct compressed_form *f,
                                 const struct extent *e, struct tensor **inner) {
    int64_t nnz = sparse_nnz(coo), count = nnz;
    struct tensor *all = sparse_keys(k, coo->parts[0], coo->sizes);
    struct tensor *keys = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &count));
    *inner = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &count));
    int64_t columns = coo->sizes[f->batch_dims + 1], rows = coo->sizes[f->batch_dims];
    for (int64_t i = 0; all && keys && *inner && i < nnz; i++) {
        int64_t at = tensor_get_int(all, i), column = at % columns, row = at / columns % rows;
        int64_t batch = at / columns / rows, r = row / f->block[0], s = column / f->block[1];
        int64_t line = layout_is_row(f->layout) ? r : s, place = layout_is_row(f->layout) ? s : r;
        ((int64_t *)tensor_data(keys))[i] = (batch * e->lines + line) * e->places + place;
        ((int64_t *)tensor_data(*inner))[i] = row % f->block[0] * f->block[1] + column % f->block[1];
    }
    return *inner ? keys : NULL;
}

/* Compressed and plain indices of the blocks' keys, sorted. */
static bool fill_indices(struct op_call *c, const struct extent *e, struct tensor *keys,
                         const struct groups *g, struct tensor *comp, struct tensor *plain) {
    int64_t count = g->first->numel, per = count / (e->batches ? e->batches : 1), *to = tensor_data(comp);
    memset(to, 0, sizeof *to * (size_t)comp->numel);
    for (int64_t i = 0; i < count; i++) {
        int64_t key = tensor_get_int(keys, tensor_get_int(g->first, i)), line = key / e->places;
        ((int64_t *)tensor_data(plain))[i] = key % e->places;
        int64_t batch = line / e->lines;
        if (batch != i / (per ? per : 1))
            return refuse(c, "Expect the same number of specified elements per batch.");
        to[batch * (e->lines + 1) + line % e->lines + 1]++;
    }
    for (int64_t i = 0; i < comp->numel; i++)
        if (i % (e->lines + 1)) to[i] += to[i - 1];
    return true;
}

/* [batch..., count] from [batches * count, rest...]. */
static struct tensor *batched(struct compose *k, struct tensor *t, const struct tensor *coo, int batch_dims,
                              int64_t count, int rest, const int64_t *rest_sizes) {
    int64_t sizes[2 * TENSOR_MAX_DIMS];
    if (k->failed || !t) return NULL;
    if (batch_dims + 1 + rest > TENSOR_MAX_DIMS) {
        k->failed = !refuse(k->c, "too many dimensions");
        return NULL;
    }
    memcpy(sizes, coo->sizes, sizeof *sizes * (size_t)batch_dims);
    sizes[batch_dims] = count;
    memcpy(sizes + batch_dims + 1, rest_sizes, sizeof *sizes * (size_t)rest);
    return RUN("reshape", "tL", t, batch_dims + 1 + rest, sizes);
}

/* Values by block: [blocks, block rows * block columns, dense...]. */
static struct tensor *block_values(struct compose *k, struct tensor *coo, const struct compressed_form *f,
                                   const struct groups *g, struct tensor *inner) {
    struct tensor *values = coo->parts[1];
    if (!layout_is_block(f->layout)) return RUN("index_select", "tdt", values, 0, g->first);
    int64_t sizes[TENSOR_MAX_DIMS], per = f->block[0] * f->block[1], nnz = inner->numel;
    memcpy(sizes, values->sizes, sizeof *sizes * values->ndim);
    sizes[0] = g->first->numel * per;
    struct tensor *at = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &nnz));
    for (int64_t i = 0; at && i < nnz; i++) {
        int64_t from = tensor_get_int(g->order, i);
        ((int64_t *)tensor_data(at))[from] = tensor_get_int(g->place, i) * per + tensor_get_int(inner, from);
    }
    struct tensor *zeros = RUN("zeros", "Ld", values->ndim, sizes, (int)values->dtype);
    return nnz ? RUN("index_copy", "tdtt", zeros, 0, at, values) : zeros;
}

static struct tensor *narrowed(struct compose *k, struct tensor *t, bool int32) {
    return int32 ? RUN("to.dtype", "tdbb", t, DTYPE_INT32, false, false) : t;
}

struct tensor *sparse_compress(struct compose *k, struct tensor *coo, const struct compressed_form *f) {
    struct groups g;
    struct extent e = {0};
    struct tensor *inner, *parts[3];
    coo = sparse_coalesce(k, coo);
    if (!coo) return NULL;
    if (sparse_dim(coo) != f->batch_dims + 2 || !measure(k->c, coo, f, &e)) {
        k->failed = !refuse(k->c,
                            "Only tensors with two sparse dimensions can be converted to the %s layout, got "
                            "self with %d sparse dimensions.",
                            layout_name(f->layout), sparse_dim(coo));
        return NULL;
    }
    struct tensor *keys = block_keys(k, coo, f, &e, &inner);
    if (!keys || !sparse_group(k, keys, &g)) return NULL;
    int64_t count = g.first->numel, lines = e.batches * (e.lines + 1), rest[TENSOR_MAX_DIMS];
    struct tensor *comp = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &lines));
    struct tensor *plain = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &count));
    if (!comp || !plain) return NULL;
    if ((e.batches && count % e.batches) || !fill_indices(k->c, &e, keys, &g, comp, plain)) {
        k->failed = !refuse(k->c, "Expect the same number of specified elements per batch.");
        return NULL;
    }
    int dense = sparse_dense_dim(coo), blocks = layout_is_block(f->layout) ? 2 : 0;
    if (dense + 2 > TENSOR_MAX_DIMS) return NULL;
    memcpy(rest, f->block, sizeof *rest * (size_t)blocks);
    memcpy(rest + blocks, coo->sizes + (coo->ndim - dense), sizeof *rest * (size_t)dense);
    count = e.batches ? count / e.batches : 0;
    parts[0] = narrowed(k, batched(k, comp, coo, f->batch_dims, e.lines + 1, 0, rest), f->int32);
    parts[1] = narrowed(k, batched(k, plain, coo, f->batch_dims, count, 0, rest), f->int32);
    parts[2] =
        batched(k, block_values(k, coo, f, &g, inner), coo, f->batch_dims, count, dense + blocks, rest);
    if (k->failed || !parts[2]) return NULL;
    return compose_own(k, tensor_of_parts(f->layout, coo->ndim, coo->sizes, parts, k->c->err));
}

struct tensor *sparse_like_form(struct compose *k, struct tensor *coo, const struct tensor *like) {
    struct compressed_form form = sparse_form(like);
    return sparse_compress(k, coo, &form);
}
