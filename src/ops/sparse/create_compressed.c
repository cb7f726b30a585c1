/* Making compressed tensors and checking what they are made of: the invariants that
 * aten/src/ATen/native/sparse/SparseCsrTensor.cpp and ValidateCompressedIndicesCommon.h number. */
#include "ops/sparse/sparse.h"

struct words {
    const char *compressed, *plain, *line, *place;
};
static struct words words_of(int64_t layout) {
    return layout_is_row(layout) ? (struct words){"crow_indices", "col_indices", "row", "column"}
                                 : (struct words){"ccol_indices", "row_indices", "column", "row"};
}

/* Everything that a compressed tensor is made of. */
struct source {
    int64_t layout;
    struct tensor *parts[3]; /* compressed, plain, values */
    int ndim;
    int64_t sizes[TENSOR_MAX_DIMS];
    int batch_dims, dense_dims;
    int64_t block[2], lines, places, nnz;
};

static bool check_strided(struct op_call *c, const struct source *s, const struct words *w) {
    const char *names[] = {w->compressed, w->plain, "values"};
    for (int i = 0; i < 3; i++)
        if (s->parts[i]->layout != LAYOUT_STRIDED)
            return refuse(c, "expected %s to be a strided tensor but got %s tensor", names[i],
                          layout_name(s->parts[i]->layout));
    return true;
}

/* Invariants 3.2 to 3.4; fills what follows from the tensors' dimensions. */
static bool check_dims(struct op_call *c, struct source *s, const struct words *w) {
    const struct tensor *comp = s->parts[0], *plain = s->parts[1], *values = s->parts[2];
    int blocks = layout_is_block(s->layout) ? 2 : 0;
    if (comp->ndim < 1)
        return refuse(c, "%s must have dimensionality >= 1 but got %d", w->compressed, comp->ndim);
    if (comp->ndim != plain->ndim)
        return refuse(c, "%s and %s dimensionalities must be equal but got %d and %d, respectively",
                      w->compressed, w->plain, comp->ndim, plain->ndim);
    s->batch_dims = comp->ndim - 1;
    s->dense_dims = values->ndim - s->batch_dims - blocks - 1;
    if (s->dense_dims < 0)
        return refuse(
            c,
            "values must have dimensionality > sum of batch and block dimensionalities (=%d + %d) but got %d",
            s->batch_dims, blocks, values->ndim);
    for (int i = 0; i < 2; i++) s->block[i] = blocks ? values->sizes[s->batch_dims + 1 + i] : 1;
    s->nnz = plain->sizes[s->batch_dims];
    return true;
}

static bool check_block(struct op_call *c, const struct source *s) {
    for (int i = 0; i < 2; i++) {
        int64_t size = s->sizes[s->batch_dims + i];
        if (s->block[i] <= 0 || size % s->block[i])
            return refuse(c,
                          "tensor shape[%d] (=%lld) must be divisible with blocksize[%d] (=%lld) as defined "
                          "by values shape",
                          s->batch_dims + i, (long long)size, i, (long long)s->block[i]);
    }
    return true;
}

/* Invariants 3.5 to 3.11: shapes against sizes. */
static bool check_shapes(struct op_call *c, struct source *s, const struct words *w) {
    const struct tensor *comp = s->parts[0], *plain = s->parts[1], *values = s->parts[2];
    int b = s->batch_dims, blocks = layout_is_block(s->layout) ? 2 : 0;
    if (s->ndim != b + 2 + s->dense_dims)
        return refuse(c,
                      "tensor dimensionality must be sum of batch, base, and dense dimensionalities (=%d + 2 "
                      "+ %d) but got %d",
                      b, s->dense_dims, s->ndim);
    if (!check_block(c, s)) return false;
    int64_t rows = s->sizes[b] / s->block[0], columns = s->sizes[b + 1] / s->block[1];
    s->lines = layout_is_row(s->layout) ? rows : columns;
    s->places = layout_is_row(s->layout) ? columns : rows;
    if (comp->sizes[b] != s->lines + 1)
        return refuse(c, "%s.shape[-1] must be equal to the number of %ss + 1 (=%lld), but got %lld",
                      w->compressed, w->line, (long long)s->lines + 1, (long long)comp->sizes[b]);
    if (plain->sizes[b] != values->sizes[b])
        return refuse(
            c, "%s.shape[-1] must be equal to nnz (=%lld) as defined by values.shape[%d], but got %lld",
            w->plain, (long long)values->sizes[b], b, (long long)plain->sizes[b]);
    for (int d = 0; d < b; d++)
        if (comp->sizes[d] != s->sizes[d] || plain->sizes[d] != s->sizes[d] ||
            values->sizes[d] != s->sizes[d])
            return refuse(
                c, "all batch dimensions of %s, %s and values must be equal to the tensor's batch dimensions",
                w->compressed, w->plain);
    for (int d = 0; d < s->dense_dims; d++)
        if (values->sizes[b + 1 + blocks + d] != s->sizes[b + 2 + d])
            return refuse(c, "values must have the tensor's dense dimensions");
    return true;
}

static bool check_index_dtypes(struct op_call *c, const struct source *s, const struct words *w) {
    enum dtype a = tensor_dtype(s->parts[0]), b = tensor_dtype(s->parts[1]);
    if (a != b)
        return refuse(c, "%s and %s must have the same dtype, bot got %s and %s, respectively", w->compressed,
                      w->plain, dtype_table[a].graph_name, dtype_table[b].graph_name);
    if (a != DTYPE_INT32 && a != DTYPE_INT64)
        return refuse(c, "%s and %s dtype must be Int or Long, but got %s", w->compressed, w->plain,
                      dtype_table[a].graph_name);
    return true;
}

#define UNSATISFIED(...) refuse(c, __VA_ARGS__)

/* Invariants 5.1 to 5.3 of one batch's compressed indices. */
static bool check_compressed(struct op_call *c, const struct tensor *comp, int64_t base, int64_t lines,
                             int64_t places, int64_t nnz, const struct words *w) {
    if (tensor_get_int(comp, base) != 0)
        return UNSATISFIED("`%s[..., 0] == 0` is not satisfied.", w->compressed);
    if (tensor_get_int(comp, base + lines) != nnz)
        return UNSATISFIED("`%s[..., -1] == nnz` is not satisfied.", w->compressed);
    for (int64_t i = 0; i < lines; i++) {
        int64_t step;
        bool over =
            __builtin_sub_overflow(tensor_get_int(comp, base + i + 1), tensor_get_int(comp, base + i), &step);
        if (over || step < 0 || step > places)
            return UNSATISFIED("`0 <= %s[..., 1:] - %s[..., :-1] <= n%ss` is not satisfied.", w->compressed,
                               w->compressed, strcmp(w->place, "column") ? "row" : "col");
    }
    return true;
}

/* Invariants 5.4 to 5.6 of one line's plain indices. */
static bool check_line(struct op_call *c, const struct tensor *plain, int64_t begin, int64_t end,
                       int64_t places, const struct words *w) {
    const char *n = strcmp(w->place, "column") ? "nrows" : "ncols";
    for (int64_t i = begin; i < end; i++) {
        int64_t at = tensor_get_int(plain, i);
        if (at < 0 || at >= places) return UNSATISFIED("`0 <= %s < %s` is not satisfied.", w->plain, n);
        if (i > begin && tensor_get_int(plain, i - 1) >= at)
            return UNSATISFIED("`%s[..., %s[..., i - 1]:%s[..., i]] for all i = 1, ..., %s are sorted and "
                               "distinct along the "
                               "last dimension values` is not satisfied.",
                               w->plain, w->compressed, w->compressed,
                               strcmp(w->line, "row") ? "ncols" : "nrows");
    }
    return true;
}

static bool check_indices(struct op_call *c, const struct tensor *comp, const struct tensor *plain,
                          int64_t lines, int64_t places, int64_t nnz, const struct words *w) {
    int64_t batches = lines + 1 > 0 ? comp->numel / (lines + 1) : 0;
    for (int64_t b = 0; b < batches; b++) {
        int64_t base = b * (lines + 1);
        if (!check_compressed(c, comp, base, lines, places, nnz, w)) return false;
        for (int64_t i = 0; i < lines; i++)
            if (!check_line(c, plain, b * nnz + tensor_get_int(comp, base + i),
                            b * nnz + tensor_get_int(comp, base + i + 1), places, w))
                return false;
    }
    return true;
}

/* The layout that the operator's name or its argument says; -1: refused. */
static int64_t layout_of_call(struct op_call *c, int at) {
    static const struct {
        const char *word;
        enum tensor_layout layout;
    } known[] = {{"csr", LAYOUT_SPARSE_CSR},
                 {"csc", LAYOUT_SPARSE_CSC},
                 {"bsr", LAYOUT_SPARSE_BSR},
                 {"bsc", LAYOUT_SPARSE_BSC}};
    int64_t layout = at < c->arg_count && !arg_none(c, at) ? arg_int(c, at) : -1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(op_name(c->row), known[i].word)) {
            if (layout < 0 || layout == known[i].layout) return known[i].layout;
            refuse(c, "%s layout must be %s but got %s", op_name(c->row) + strlen("aten::"),
                   layout_name(known[i].layout), layout_name(layout));
            return -1;
        }
    if (layout_is_compressed(layout)) return layout;
    const char *name = op_name(c->row) + strlen("aten::");
    refuse(c, "%s expected sparse compressed tensor layout but got %s", name[0] == '_' ? name + 1 : name,
           layout < 0 ? "none" : layout_name(layout));
    return -1;
}

/* Sizes of no more than what the indices need. */
static bool infer_sizes(struct op_call *c, struct source *s) {
    const struct tensor *comp = s->parts[0], *plain = s->parts[1], *values = s->parts[2];
    int b = s->batch_dims, row = layout_is_row(s->layout) ? b : b + 1,
        blocks = layout_is_block(s->layout) ? 2 : 0;
    int64_t most = 0;
    if (b + 2 + s->dense_dims > TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    for (int64_t i = 0; i < plain->numel; i++) {
        int64_t at = tensor_get_int(plain, i);
        if (at >= most && at < INT64_MAX) most = at + 1;
    }
    s->ndim = b + 2 + s->dense_dims;
    memcpy(s->sizes, comp->sizes, sizeof *s->sizes * (size_t)b);
    if (__builtin_mul_overflow(comp->sizes[b] - 1, s->block[row - b], &s->sizes[row]) ||
        __builtin_mul_overflow(most, s->block[2 * b + 1 - row - b], &s->sizes[2 * b + 1 - row]))
        return refuse(c, "numel: integer multiplication overflow");
    memcpy(s->sizes + b + 2, values->sizes + b + 1 + blocks, sizeof *s->sizes * (size_t)s->dense_dims);
    return true;
}

/* A dtype that is asked for, before the layout, is the values'. */
static bool check_dtype(struct op_call *c, int at) {
    enum dtype own = tensor_dtype(arg_tensor(c, 2)), d;
    if (!args_dtype(c, at, own, &d) || d == own) return d == own;
    return refuse(c, "dtype of values (%s) must match dtype of sparse tensor (%s)",
                  dtype_table[own].graph_name, dtype_table[d].graph_name);
}

static bool read_parts(struct op_call *c, struct source *s, int layout_at) {
    s->layout = layout_of_call(c, layout_at);
    if (s->layout < 0) return false;
    struct words w = words_of(s->layout);
    for (int i = 0; i < 3; i++) s->parts[i] = arg_tensor(c, i);
    return check_strided(c, s, &w) && check_dims(c, s, &w);
}

static bool check_all(struct op_call *c, struct source *s, bool indices_too) {
    struct words w = words_of(s->layout);
    if (!check_shapes(c, s, &w) || !check_index_dtypes(c, s, &w)) return false;
    return !indices_too || check_indices(c, s->parts[0], s->parts[1], s->lines, s->places, s->nnz, &w);
}

static bool give_source(struct op_call *c, const struct source *s) {
    return give_tensor(c,
                       tensor_of_parts((enum tensor_layout)s->layout, s->ndim, s->sizes, s->parts, c->err));
}

/* (compressed, plain, values, size, dtype, layout, ...): shapes have to fit; indices PyTorch checks only when
 * it is told to (torch.sparse.check_sparse_tensor_invariants). */
bool sparse_new_compressed(struct op_call *c) {
    struct source s;
    if (!read_parts(c, &s, 5) || !check_dtype(c, 4)) return false;
    s.ndim = args_ints(c, 3, s.sizes, TENSOR_MAX_DIMS);
    return s.ndim >= 0 && check_all(c, &s, false) && give_source(c, &s);
}
/* (compressed, plain, values, dtype, layout, ...) */
bool sparse_new_compressed_inferred(struct op_call *c) {
    struct source s;
    return read_parts(c, &s, 4) && check_dtype(c, 3) && infer_sizes(c, &s) && check_all(c, &s, false) &&
           give_source(c, &s);
}
/* (compressed, plain, values, size, [layout,] check_pinning) */
bool sparse_validate_compressed(struct op_call *c) {
    struct source s;
    bool named = !strstr(op_name(c->row), "compressed");
    if (!read_parts(c, &s, named ? c->arg_count : 4)) return false;
    s.ndim = args_ints(c, 3, s.sizes, TENSOR_MAX_DIMS);
    return s.ndim >= 0 && check_all(c, &s, true);
}

/* (is_crow, compressed, plain, cdim, dim, nnz) */
bool sparse_validate_indices(struct op_call *c) {
    struct words w = words_of(arg_bool(c, 0) ? LAYOUT_SPARSE_CSR : LAYOUT_SPARSE_CSC);
    struct source s = {.parts = {arg_tensor(c, 1), arg_tensor(c, 2)}};
    int64_t lines = arg_int(c, 3), nnz = arg_int(c, 5);
    const struct tensor *comp = s.parts[0], *plain = s.parts[1];
    if (!check_index_dtypes(c, &s, &w)) return false;
    if (comp->ndim < 1 || plain->ndim != comp->ndim || lines < 0 ||
        comp->sizes[comp->ndim - 1] != lines + 1 || nnz < 0 || plain->sizes[plain->ndim - 1] != nnz ||
        plain->numel / (nnz ? nnz : 1) < (nnz ? comp->numel / (lines + 1) : 0))
        return refuse(c, "%s and %s do not fit the sizes given", w.compressed, w.plain);
    return check_indices(c, comp, plain, lines, arg_int(c, 4), nnz, &w);
}

/* (nnz, dense_dim, size, blocksize, index_dtype, dtype, layout, ...): indices and values of zeros. */
bool sparse_new_compressed_dims(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct source s = {.layout = layout_of_call(c, 6), .block = {1, 1}, .nnz = arg_int(c, 0)};
    int64_t dense = arg_int(c, 1), shape[TENSOR_MAX_DIMS + 3], block[2];
    enum dtype d, index_dtype;
    if (s.layout < 0 || !args_dtype(c, 5, DTYPE_FLOAT32, &d) || !args_dtype(c, 4, DTYPE_INT64, &index_dtype))
        return false;
    s.ndim = args_ints(c, 2, s.sizes, TENSOR_MAX_DIMS);
    int given = args_ints(c, 3, block, 2), blocks = layout_is_block(s.layout) ? 2 : 0;
    if (s.ndim < 0 || given < 0) return false;
    if (s.nnz < 0 || dense < 0 || dense > s.ndim - 2 || given != blocks)
        return refuse(
            c,
            "expected nnz and dense_dim not negative, %d ints of blocksize and more than dense_dim + 1 sizes",
            blocks);
    s.batch_dims = s.ndim - 2 - (int)dense;
    s.dense_dims = (int)dense;
    memcpy(s.block, block, sizeof block * (size_t)(blocks / 2));
    if (!check_block(c, &s)) return false;
    int row = layout_is_row(s.layout) ? 0 : 1, b = s.batch_dims;
    memcpy(shape, s.sizes, sizeof *shape * (size_t)b);
    shape[b] = s.sizes[b + row] / s.block[row] + 1;
    s.parts[0] = RUN("zeros", "Ld", b + 1, shape, (int)index_dtype);
    shape[b] = s.nnz;
    s.parts[1] = RUN("zeros", "Ld", b + 1, shape, (int)index_dtype);
    memcpy(shape + b + 1, s.block, sizeof *shape * (size_t)blocks);
    memcpy(shape + b + 1 + blocks, s.sizes + b + 2, sizeof *shape * (size_t)dense);
    s.parts[2] = RUN("zeros", "Ld", b + 1 + blocks + (int)dense, shape, (int)d);
    if (!k->failed &&
        check_index_dtypes(c, &s, &(struct words){"crow_indices", "col_indices", "row", "column"}))
        give_source(c, &s);
    return compose_refused(k, c->results[0].tag == VALUE_TENSOR);
}
