/* Sums, norms and softmax of sparse tensors (aten/src/ATen/native/sparse/SparseTensorMath.cpp, SoftMax.cpp,
 * SparseCsrTensorMath.cpp). A sum over some dimensions drops their rows of indices and adds up what then
 * falls together; softmax is taken over the specified elements alone. */
#include "ops/sparse/sparse.h"

static uint64_t sparse_bits(const struct tensor *t) {
    int dims = sparse_dim(t);
    return dims == 0 ? 0 : ~UINT64_C(0) >> (64 - dims);
}

/* The values in a dtype; None: their own. */
static struct tensor *in_dtype(struct compose *k, struct tensor *values, lb_value dtype) {
    return dtype.tag == VALUE_NONE ? values : RUN("to.dtype", "tvbb", values, dtype, false, false);
}

/* Values summed over the dense dimensions of the mask, [nnz, left...]. */
static struct tensor *sum_dense(struct compose *k, struct tensor *values, int dims, uint64_t mask, bool keep,
                                lb_value dtype) {
    int64_t over[TENSOR_MAX_DIMS];
    int count = 0;
    for (int d = 1; d < values->ndim; d++)
        if (mask >> (dims + d - 1) & 1) over[count++] = d;
    return count ? RUN("sum.dim_IntList", "tLbv", values, count, over, keep, dtype)
                 : in_dtype(k, values, dtype);
}

/* The rows of the indices that are not summed over; with `keep` the others are zeros. */
static struct tensor *rows_left(struct compose *k, struct tensor *t, uint64_t mask, bool keep) {
    struct tensor *rows[TENSOR_MAX_DIMS];
    int count = 0, dims = sparse_dim(t);
    if (dims > 32) {
        k->failed = !refuse(k->c, "too many sparse dimensions");
        return NULL;
    }
    for (int d = 0; d < dims; d++) {
        bool gone = mask >> d & 1;
        if (gone && !keep) continue;
        struct tensor *row = sparse_row(k, t, d);
        rows[count++] = gone ? RUN("zeros_like", "t", row) : row;
        if (!row) return NULL;
    }
    return RUN("stack", "Td", count, rows, 0);
}

static int sizes_left(const struct tensor *t, uint64_t mask, bool keep, int64_t *sizes) {
    int ndim = 0;
    for (int d = 0; d < t->ndim; d++)
        if (keep || !(mask >> d & 1)) sizes[ndim++] = mask >> d & 1 ? 1 : t->sizes[d];
    return ndim;
}

/* The sum over a mask of dimensions: strided when no sparse dimension is left. */
static struct tensor *sum_over(struct compose *k, struct tensor *t, uint64_t mask, bool keep,
                               lb_value dtype) {
    int64_t sizes[TENSOR_MAX_DIMS], first = 0;
    t = sparse_coalesce(k, t);
    if (!t) return NULL;
    struct tensor *values = sum_dense(k, t->parts[1], sparse_dim(t), mask, keep, dtype);
    int ndim = sizes_left(t, mask, keep, sizes);
    if ((mask & sparse_bits(t)) == sparse_bits(t)) {
        values = RUN("sum.dim_IntList", "tLbv", values, 1, &first, false, dtype);
        return RUN("reshape", "tL", values, ndim, sizes);
    }
    struct tensor *rows = rows_left(k, t, mask, keep);
    bool same = !(mask & sparse_bits(t));
    struct tensor *sum =
        rows ? sparse_coo(k, ndim, sizes, rows, values, same && t->flags & TENSOR_COALESCED) : NULL;
    return same ? sum : sparse_coalesce(k, sum);
}

/* The dtype of a sum: integers add up in int64. */
static bool sum_dtype(struct op_call *c, int at, const struct tensor *t, int *d) {
    enum dtype asked;
    if (!args_dtype(c, at, DTYPE_NONE, &asked)) return false;
    *d = asked != DTYPE_NONE                        ? (int)asked
         : dtype_is_integral(tensor_dtype(t), true) ? DTYPE_INT64
                                                    : (int)t->dtype;
    return true;
}

/* sum(self, dtype) and _sparse_sum(self[, dtype]): of all elements. */
bool sparse_sum_all(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int d;
    if (t->layout != LAYOUT_SPARSE_COO && strstr(op_name(c->row), "_sparse_sum"))
        return refuse(c, "coalesce expected sparse coordinate tensor layout but got %s",
                      layout_name(t->layout));
    if (!sum_dtype(c, 1, t, &d)) return false;
    return compose_give(k, RUN("sum", "td", sparse_values(t), d));
}

/* (self, dim, keepdim, dtype): integers add up in int64 (sum_coo, sum_csr). */
bool sparse_sum_dims(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    uint64_t mask;
    int d;
    bool keep = arg_bool(c, 2), coo = t->layout == LAYOUT_SPARSE_COO;
    if (!wrap_dims(c, 1, t->ndim, !coo, &mask) || !sum_dtype(c, 3, t, &d)) return false;
    if (coo) return compose_give(k, sum_over(k, t, mask, keep, value_int(d)));
    if (!keep && mask != ~UINT64_C(0) >> (64 - t->ndim))
        return refuse(c, "reduction operations on CSR tensors with keepdim=False is unsupported");
    struct tensor *all = sparse_to_coo(k, t, 0),
                  *sum = all ? sum_over(k, all, mask, keep, value_int(d)) : NULL;
    if (sum && sum->layout == LAYOUT_STRIDED && keep) sum = sparse_to_coo(k, sum, sum->ndim);
    return compose_give(k, sum && sum->layout == LAYOUT_SPARSE_COO ? sparse_like_form(k, sum, t) : sum);
}
/* _sparse_sum.dim(self, dim[, dtype]) */
bool sparse_sum_dims_only(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    uint64_t mask;
    if (!wrap_dims(c, 1, t->ndim, false, &mask)) return false;
    if (t->layout != LAYOUT_SPARSE_COO)
        return refuse(c, "coalesce expected sparse coordinate tensor layout but got %s",
                      layout_name(t->layout));
    return compose_give(k, sum_over(k, t, mask, false, c->arg_count > 2 ? c->args[2] : value_none()));
}

/* _sparse_csr_sum, _sparse_csr_prod (self, dim, keepdim, dtype): along one dimension or both. */
static bool csr_reduce(struct op_call *c, const char *reduce) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    uint64_t mask;
    int d;
    if (t->layout != LAYOUT_SPARSE_CSR) return op_refuse_backend(c, tensor_backend(t));
    if (!wrap_dims(c, 1, t->ndim, true, &mask) || !sum_dtype(c, 3, t, &d)) return false;
    if (!arg_bool(c, 2))
        return refuse(c, "reduction operations on CSR tensors with keepdim=False is unsupported");
    struct tensor *coo = sparse_to_coo(k, t, 0);
    if (!coo || coo->ndim != 2)
        return compose_refused(k, refuse(c, "reduction of a CSR tensor of other than two dimensions"));
    struct tensor *rows = rows_left(k, coo, mask, true),
                  *values = RUN("to.dtype", "tdbb", coo->parts[1], d, false, false);
    int64_t sizes[2];
    sizes_left(coo, mask, true, sizes);
    struct groups g;
    struct tensor *keys = rows ? sparse_keys(k, rows, sizes) : NULL;
    if (!keys || !values || !sparse_group(k, keys, &g)) return compose_end(k);
    int64_t count = g.first->numel;
    struct tensor *start = RUN("full", "Ldd", 1, &count, !strcmp(reduce, "prod"), d);
    struct tensor *sorted = RUN("index_select", "tdt", values, 0, g.order);
    values = RUN("scatter_reduce.two", "tdttsb", start, 0, g.place, sorted, reduce, true);
    struct tensor *out = sparse_coo(k, 2, sizes, RUN("index_select", "tdt", rows, 1, g.first), values, true);
    return compose_give(k, out ? sparse_like_form(k, out, t) : NULL);
}
bool sparse_csr_sum(struct op_call *c) {
    return csr_reduce(c, "sum");
}
bool sparse_csr_prod(struct op_call *c) {
    return csr_reduce(c, "prod");
}

/* --- facts of all elements --- */

bool sparse_any(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    t = sparse_coalesce(k, t);
    return compose_give(k, t ? RUN("any", "t", t->parts[1]) : NULL);
}

/* norm(self, p, ...): of all elements; over dimensions only where these are all. */
bool sparse_norm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    if (c->arg_count > 2 && c->args[2].tag == VALUE_LIST) {
        uint64_t mask;
        if (!wrap_dims(c, 2, t->ndim, true, &mask)) return false;
        if (t->ndim && mask != ~UINT64_C(0) >> (64 - t->ndim))
            return refuse(c, "norm_sparse currently does not support partial dimensions");
        if (c->arg_count > 3 && arg_bool(c, 3))
            return refuse(c, "norm_sparse currently does not support keepdim=True");
    }
    lb_value p = c->arg_count > 1 && !arg_none(c, 1) ? c->args[1] : value_int(2);
    t = sparse_coalesce(k, t);
    return compose_give(k, t ? RUN("norm.Scalar", "tv", t->parts[1], p) : NULL);
}

/* --- softmax --- */

/* Groups of elements that differ in one sparse dimension alone. */
static bool group_without(struct compose *k, struct tensor *t, int64_t dim, struct groups *g) {
    int64_t sizes[TENSOR_MAX_DIMS];
    struct tensor *rows = rows_left(k, t, UINT64_C(1) << dim, true);
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[dim] = 1;
    struct tensor *keys = rows ? sparse_keys(k, rows, sizes) : NULL;
    return keys && sparse_group(k, keys, g);
}

/* The group of each element, in the elements' own order, as wide as the values. */
static struct tensor *group_index(struct compose *k, const struct groups *g, struct tensor *values) {
    int64_t count = g->place->numel, sizes[TENSOR_MAX_DIMS];
    struct tensor *own = RUN("zeros", "Ld", 1, &count, DTYPE_INT64);
    own = RUN("index_copy", "tdtt", own, 0, g->order, g->place);
    for (int d = 0; d < values->ndim; d++) sizes[d] = d ? 1 : count;
    own = RUN("reshape", "tL", own, values->ndim, sizes);
    return RUN("expand", "tLb", own, values->ndim, values->sizes, false);
}

/* A reduction over the groups, spread to the elements again. */
static struct tensor *over_groups(struct compose *k, const struct groups *g, struct tensor *index,
                                  struct tensor *values, const char *reduce) {
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, values->sizes, sizeof *sizes * values->ndim);
    sizes[0] = g->first->numel;
    struct tensor *start = RUN("zeros", "Ld", values->ndim, sizes, (int)values->dtype);
    start = RUN("scatter_reduce.two", "tdttsb", start, 0, index, values, reduce, false);
    return RUN("gather", "tdtb", start, 0, index, false);
}

static struct tensor *softmax_values(struct compose *k, struct tensor *t, int64_t dim, bool log) {
    struct groups g;
    struct tensor *x = t->parts[1];
    if (dim >= sparse_dim(t)) {
        int64_t at = dim - sparse_dim(t) + 1;
        return log ? RUN("log_softmax.int", "ti", x, at) : RUN("softmax.int", "ti", x, at);
    }
    if (!group_without(k, t, dim, &g)) return NULL;
    struct tensor *index = group_index(k, &g, x);
    if (!index) return NULL;
    struct tensor *shifted = RUN("sub.Tensor", "ttd", x, over_groups(k, &g, index, x, "amax"), 1),
                  *e = RUN("exp", "t", shifted);
    struct tensor *sums = e ? over_groups(k, &g, index, e, "sum") : NULL;
    return log ? RUN("sub.Tensor", "ttd", shifted, RUN("log", "t", sums), 1)
               : RUN("div.Tensor", "tt", e, sums);
}

static bool check_softmax(struct op_call *c, struct tensor *t, int64_t *dim) {
    if (t->layout != LAYOUT_SPARSE_COO) return op_refuse_backend(c, tensor_backend(t));
    return wrap_dim(c, dim, t->ndim);
}

static bool softmax(struct op_call *c, bool log, enum dtype d) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!check_softmax(c, t, &dim)) return false;
    if (d != tensor_dtype(t))
        t = sparse_with_values(k, t, RUN("to.dtype", "tdbb", t->parts[1], (int)d, false, false));
    if (t && d != DTYPE_FLOAT32 && d != DTYPE_FLOAT64) {
        return compose_refused(k,
                               refuse(c, "\"softmax\" not implemented for '%s'", dtype_table[d].graph_name));
    }
    t = sparse_coalesce(k, t);
    struct tensor *values = !t ? NULL : sparse_nnz(t) ? softmax_values(k, t, dim, log) : t->parts[1];
    return compose_give(k, values ? sparse_with_values(k, t, values) : NULL);
}

/* (self, dim, half_to_float) */
static bool softmax_raw(struct op_call *c, bool log) {
    if (arg_bool(c, 2)) return refuse(c, "softmax with half to float conversion is not supported on CPU");
    return softmax(c, log, tensor_dtype(arg_tensor(c, 0)));
}
bool sparse_softmax(struct op_call *c) {
    return softmax_raw(c, false);
}
bool sparse_log_softmax(struct op_call *c) {
    return softmax_raw(c, true);
}
/* (self, dim, dtype) */
static bool softmax_typed(struct op_call *c, bool log) {
    enum dtype d;
    return args_dtype(c, 2, tensor_dtype(arg_tensor(c, 0)), &d) && softmax(c, log, d);
}
bool sparse_softmax_int(struct op_call *c) {
    return softmax_typed(c, false);
}
bool sparse_log_softmax_int(struct op_call *c) {
    return softmax_typed(c, true);
}

/* (grad_output, output, dim, self): output * (grad - sum(output * grad)), or grad - exp(output) * sum(grad),
 * the sums over what self's groups specify; a missing gradient is 0. */
static bool softmax_backward(struct op_call *c, bool log) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *grad = arg_tensor(c, 0), *out = arg_tensor(c, 1);
    int64_t dim = arg_int(c, 2);
    if (!check_softmax(c, grad, &dim) || !check_softmax(c, out, &dim)) return false;
    if (!sparse_same_sizes(grad, out))
        return refuse(c, "softmax_backward: sizes of grad and output must match");
    out = sparse_coalesce(k, out);
    struct tensor *at = out ? RUN("sparse_mask", "tt", sparse_coalesce(k, grad), out) : NULL;
    if (!at) return compose_end(k);
    struct tensor *g = at->parts[1], *y = out->parts[1], *weighted = log ? g : RUN("mul.Tensor", "tt", y, g),
                  *sums = NULL;
    struct groups groups;
    if (arg_int(c, 2) < 0) { /* PyTorch takes each element for a group of its own */
        sums = weighted;
    } else if (dim >= sparse_dim(out)) {
        int64_t over = dim - sparse_dim(out) + 1;
        sums = RUN("sum.dim_IntList", "tLb", weighted, 1, &over, true);
    } else if (sparse_nnz(out) && group_without(k, out, dim, &groups)) {
        struct tensor *index = group_index(k, &groups, y);
        sums = index ? over_groups(k, &groups, index, weighted, "sum") : NULL;
    } else if (!sparse_nnz(out)) {
        sums = g;
    }
    struct tensor *values =
        log ? RUN("sub.Tensor", "ttd", g, RUN("mul.Tensor", "tt", RUN("exp", "t", y), sums), 1)
            : RUN("mul.Tensor", "tt", y, RUN("sub.Tensor", "ttd", g, sums, 1));
    return compose_give(k, values ? sparse_with_values(k, out, values) : NULL);
}
bool sparse_softmax_backward(struct op_call *c) {
    return softmax_backward(c, false);
}
bool sparse_log_softmax_backward(struct op_call *c) {
    return softmax_backward(c, true);
}

/* _sparse_sum_backward(grad, self, dim): the gradient spread over what self specifies. */
bool sparse_sum_backward(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *grad = arg_tensor(c, 0), *t = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    uint64_t mask;
    if (t->layout != LAYOUT_SPARSE_COO || !wrap_dims(c, 2, t->ndim, false, &mask))
        return refuse(c, "_sparse_sum_backward: expected a sparse tensor and its dims");
    t = sparse_coalesce(k, t);
    struct tensor *dense = sparse_to_dense(k, grad);
    if (!t || !dense) return compose_end(k);
    sizes_left(t, mask, true, sizes);
    dense = RUN("reshape", "tL", dense, t->ndim, sizes);
    dense = RUN("expand", "tLb", dense, t->ndim, t->sizes, false);
    return compose_give(k, RUN("sparse_mask", "tt", dense, t));
}
