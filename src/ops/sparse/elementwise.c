/* Elementwise operators. What keeps zeros zero is done to the values, by the row's own kernel; sums join what
 * both specify, products keep what both do (aten/src/ATen/native/sparse/SparseUnaryOps.cpp,
 * SparseTensorMath.cpp, SparseCsrTensorMath.cpp). */
#include "ops/sparse/sparse.h"
#include "tensor/promote.h"

enum { MOST_ARGS = 12 };

/* The row whose kernel runs on values: of an out= row the functional one. */
static const struct op_row *functional_row(const struct op_row *row) {
    return row->traits & OP_OUT ? op_functional_row(row) : row;
}

/* Runs the row's kernel for strided tensors with the values in the place of argument `at`. */
static struct tensor *run_on_values(struct compose *k, const struct op_row *row, int at,
                                    struct tensor *values) {
    lb_value args[MOST_ARGS], result = value_none();
    struct op_call inner = *k->c;
    int count = k->c->arg_count - ((k->c->row->traits & OP_OUT) ? 1 : 0);
    if (k->failed || !values) return NULL;
    if (!row || !op_run(row) || count > MOST_ARGS) {
        k->failed = !op_refuse_backend(k->c, BACKEND_SPARSE);
        return NULL;
    }
    for (int i = 0; i < count; i++) args[i] = i == at ? value_tensor(values) : k->c->args[i];
    inner.args = args;
    inner.arg_count = count;
    inner.results = &result;
    inner.row = row;
    inner.cache = NULL;
    inner.dying = 0;
    bool good = op_run(row)(&inner);
    struct tensor *out = compose_own(k, good && result.tag == VALUE_TENSOR ? result.tensor : NULL);
    if (!good) k->failed = true;
    return out;
}

/* A result in the place that the row says: out= takes over its parts. */
static bool finish(struct compose *k, struct tensor *result) {
    struct tensor *out = call_target(k->c);
    if (!result || !out || out == result) return compose_give(k, result);
    if (out->layout != result->layout || out->dtype != result->dtype)
        return compose_refused(
            k, refuse(k->c, "Expected out tensor to have layout %s and dtype %s, but got %s and %s",
                      layout_name(result->layout), dtype_table[result->dtype].python_name,
                      layout_name(out->layout), dtype_table[out->dtype].python_name));
    tensor_changed(out);
    return tensor_become(out, result, k->c->err) ? compose_give(k, out) : compose_end(k);
}

/* The values of argument `at`, coalesced before where that matters (not for what distributes over sums). */
static bool map(struct op_call *c, int at, bool coalesced) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *t = arg_tensor(c, at);
    const struct op_row *row = functional_row(c->row);
    if (c->row->traits & OP_IN_PLACE) {
        if (coalesced && t->layout == LAYOUT_SPARSE_COO && !(t->flags & TENSOR_COALESCED))
            return refuse(c, "expected coalesced tensor for in-place operation");
        struct tensor *alias = compose_own(k, tensor_alias(sparse_values(t), c->err));
        return run_on_values(k, row, at, alias) ? compose_give(k, t) : compose_end(k);
    }
    if (coalesced && t->layout == LAYOUT_SPARSE_COO) t = sparse_coalesce(k, t);
    struct tensor *values = t ? run_on_values(k, row, at, sparse_values(t)) : NULL;
    return finish(k, values ? sparse_with_values(k, t, values) : NULL);
}

static bool map_first(struct op_call *c, bool coalesced) {
    if (tensor_is_sparse(arg_tensor(c, 0))) return map(c, 0, coalesced);
    return op_refuse_backend(c, args_backend(c->args, c->arg_count));
}
bool sparse_map(struct op_call *c) {
    return map_first(c, true);
}
/* neg, conj and their like: of the sum it is the sum. */
bool sparse_map_linear(struct op_call *c) {
    return map_first(c, false);
}
/* Operators that only one of the two kinds of layouts has. */
bool sparse_map_coo(struct op_call *c) {
    return arg_tensor(c, 0)->layout == LAYOUT_SPARSE_COO ? map_first(c, true)
                                                         : op_refuse_backend(c, BACKEND_SPARSE_CSR);
}
bool sparse_map_csr(struct op_call *c) {
    return arg_tensor(c, 0)->layout != LAYOUT_SPARSE_COO ? map_first(c, true)
                                                         : op_refuse_backend(c, BACKEND_SPARSE);
}

/* pow(self, number) and square, in self's dtype. */
bool sparse_pow(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    struct number n = {.tag = VALUE_INT, .i = 2, .z = {2, 0}};
    struct wrapped wrapped;
    if (c->arg_count > 1 && c->args[1].tag != VALUE_TENSOR) n = arg_number(c, 1);
    if (n.z.re == 0 && n.z.im == 0)
        return refuse(
            c, "pow: cannot raise to zeroth power on sparse tensor; it would make the result tensor dense");
    struct tensor *both[2] = {arg_tensor(c, 0), wrap_number(&wrapped, &n)};
    enum dtype d = promote_tensors(2, both);
    if (!promote_can_cast(d, tensor_dtype(t)))
        return refuse(c, "result type %s can't be cast to the desired output type %s",
                      dtype_table[d].graph_name, dtype_table[t->dtype].graph_name);
    return sparse_map_coo(c);
}

/* division: by a number or a 0-dim tensor. */
bool sparse_div(struct op_call *c) {
    char text[256];
    const struct tensor *t = arg_tensor(c, 0), *by = c->args[1].tag == VALUE_TENSOR ? arg_tensor(c, 1) : NULL;
    if (!tensor_is_sparse(t)) return refuse(c, "Sparse division requires a sparse dividend");
    if (t->layout != LAYOUT_SPARSE_COO)
        return refuse(c, "unsupported tensor layout: %s", layout_name(t->layout));
    if (by && (by->ndim != 0 || tensor_is_sparse(by)))
        return refuse(
            c,
            "Sparse division requires a scalar or zero-dim dense tensor divisor (got shape %s for divisor)",
            sizes_text(by->ndim, by->sizes, text, sizeof text));
    bool rounds = strstr(op_name(c->row), "floor") || (c->arg_count > 2 && c->args[2].tag == VALUE_STRING);
    return map(c, 0, rounds);
}

/* --- addition --- */

static struct tensor *scaled(struct compose *k, struct tensor *values, const struct number *alpha,
                             enum dtype d) {
    values = RUN("to.dtype", "tdbb", values, (int)d, false, false);
    if (alpha->z.re == 1 && alpha->z.im == 0) return values;
    return RUN("mul.Scalar", "tv", values, number_value(*alpha, k->c->err));
}

/* Whether column i of a's indices comes before (1) or after (-1) column j of b's, or is the same (0). */
static int order_of(const struct tensor *a, int64_t i, const struct tensor *b, int64_t j) {
    for (int64_t d = 0; d < a->sizes[0]; d++) {
        int64_t x = tensor_get_int(a, d * a->sizes[1] + i), y = tensor_get_int(b, d * b->sizes[1] + j);
        if (x != y) return x < y ? 1 : -1;
    }
    return 0;
}

/* The columns of both in one walk through the two, as PyTorch takes it (add_out_sparse_contiguous): equal
 * ones that meet stand once. places: where each one's columns went. */
static struct tensor *merge(struct compose *k, struct tensor *a, struct tensor *b, struct tensor **places) {
    struct tensor *in[2] = {a->parts[0], b->parts[0]}, *both = RUN("cat", "Td", 2, in, 1);
    int64_t n[2] = {sparse_nnz(a), sparse_nnz(b)}, at[2] = {0, 0}, count = 0, total = n[0] + n[1];
    struct tensor *taken = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &total));
    for (int i = 0; i < 2; i++) places[i] = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &n[i]));
    if (!both || !taken || !places[0] || !places[1]) return NULL;
    for (; at[0] < n[0] || at[1] < n[1]; count++) {
        int order = at[0] >= n[0] ? -1 : at[1] >= n[1] ? 1 : order_of(in[0], at[0], in[1], at[1]);
        ((int64_t *)tensor_data(taken))[count] = order >= 0 ? at[0] : n[0] + at[1];
        if (order >= 0) ((int64_t *)tensor_data(places[0]))[at[0]++] = count;
        if (order <= 0) ((int64_t *)tensor_data(places[1]))[at[1]++] = count;
    }
    return RUN("index_select", "tdt", both, 1, RUN("narrow", "tdii", taken, 0, (int64_t)0, count));
}

/* a + alpha * b, both COO. */
static struct tensor *add_coo(struct compose *k, struct tensor *a, struct tensor *b,
                              const struct number *alpha) {
    enum dtype d = promote_tensors(2, (struct tensor *[]){a, b});
    char here[256], there[256];
    if (!sparse_same_sizes(a, b)) {
        k->failed = !refuse(k->c, "add: expected sizes of 'self' and 'other' to match, but %s != %s",
                            sizes_text(a->ndim, a->sizes, here, sizeof here),
                            sizes_text(b->ndim, b->sizes, there, sizeof there));
        return NULL;
    }
    if (sparse_dim(a) != sparse_dim(b)) {
        k->failed = !refuse(
            k->c,
            "add: expected 'self' and 'other' to have same density, but got %d and %d sparse dimensions",
            sparse_dim(a), sparse_dim(b));
        return NULL;
    }
    if (d == DTYPE_BOOL) {
        k->failed = !refuse(k->c, "\"cadd_sparse\" not implemented for 'Bool'");
        return NULL;
    }
    struct tensor *places[2], *indices = merge(k, a, b, places);
    struct tensor *x = RUN("to.dtype", "tdbb", a->parts[1], (int)d, false, false),
                  *y = scaled(k, b->parts[1], alpha, d);
    if (k->failed || !indices || !x || !y) return NULL;
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    sizes[0] = indices->sizes[1];
    struct tensor *values = RUN("zeros", "Ld", x->ndim, sizes, (int)d);
    values = RUN("index_copy", "tdtt", values, 0, places[0], x);
    values = RUN("index_add", "tdttd", values, 0, places[1], y, 1);
    return sparse_coo(k, a->ndim, a->sizes, indices, values, (a->flags & b->flags & TENSOR_COALESCED) != 0);
}

static struct tensor *add_sparse(struct compose *k, struct tensor *a, struct tensor *b,
                                 const struct number *alpha) {
    if (a->layout == LAYOUT_SPARSE_COO && b->layout == LAYOUT_SPARSE_COO) return add_coo(k, a, b, alpha);
    if (a->layout != b->layout) {
        k->failed =
            !refuse(k->c, "add: expected 'self' and 'other' to have the same layout, but got %s and %s",
                    layout_name(a->layout), layout_name(b->layout));
        return NULL;
    }
    struct tensor *x = sparse_to_coo(k, a, 0), *y = sparse_to_coo(k, b, 0);
    struct tensor *sum = x && y ? add_coo(k, x, y, alpha) : NULL;
    return sum ? sparse_like_form(k, sum, a) : NULL;
}

/* Neither operand is sparse, out= alone. */
static bool only_out(struct op_call *c) {
    return args_backend(c->args, 2) == BACKEND_CPU;
}

static bool give_sum(struct op_call *c, struct number alpha) {
    if (only_out(c)) return op_refuse_backend(c, args_backend(c->args, c->arg_count));
    struct compose made = compose_start(c), *k = &made;
    struct wrapped wrapped;
    struct tensor *a = arg_tensor(c, 0), *b = arg_operand(c, 1, &wrapped), *out = call_target(c);
    if (tensor_is_sparse(a) && tensor_is_sparse(b)) {
        struct tensor *sum = add_sparse(k, a, b, &alpha);
        if (sum && out && out->dtype != sum->dtype && promote_can_cast(tensor_dtype(sum), tensor_dtype(out)))
            sum = sparse_with_values(
                k, sum, scaled(k, sparse_values(sum), &(struct number){.z = {1, 0}}, tensor_dtype(out)));
        return finish(k, sum);
    }
    if (a->layout == LAYOUT_SPARSE_COO)
        return refuse(c, "add(sparse, dense) is not supported. Use add(dense, sparse) instead.");
    if (!sparse_same_sizes(a, b))
        return refuse(c, "add: expected 'self' and 'other' to have same size (FYI: op2-sparse addition does "
                         "not currently support broadcasting)");
    if (tensor_is_sparse(a) && c->row->traits & OP_IN_PLACE)
        return refuse(c, "Sparse CSR tensors do not have is_contiguous");
    /* The factor is the sparse one's, wherever it stands (add_out_dense_sparse_compressed_cpu). */
    bool swapped = tensor_is_sparse(a);
    enum dtype d = promote_tensors(2, (struct tensor *[]){a, b});
    if (c->row->traits & OP_IN_PLACE && !promote_can_cast(d, tensor_dtype(a)))
        return refuse(c, "Can't convert result type %s to output %s in add operation",
                      dtype_table[d].graph_name, dtype_table[a->dtype].graph_name);
    struct tensor *x = sparse_to_dense(k, swapped ? b : a), *y = sparse_to_dense(k, swapped ? a : b);
    lb_value by = number_value(alpha, c->err);
    struct tensor *sum = RUN("add.Tensor", "ttv", x, y, by);
    if (sum && out && out->layout == LAYOUT_STRIDED) {
        sum = RUN("copy_", "ttb", out, sum, false);
        tensor_changed(out);
    }
    value_release(by);
    return compose_give(k, sum);
}

/* (self, other, alpha) */
bool sparse_add(struct op_call *c) {
    return give_sum(c, arg_number(c, 2));
}
bool sparse_sub(struct op_call *c) {
    if (args_backend(c->args, c->arg_count) == BACKEND_SPARSE_CSR)
        return refuse(c, "unsupported tensor layout: SparseCsr");
    for (int i = 0; i < 2; i++)
        if (c->args[i].tag == VALUE_TENSOR && arg_tensor(c, i)->dtype == DTYPE_BOOL)
            return refuse(
                c, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
                   "invert a mask, use the `~` or `logical_not()` operator instead.");
    struct number n = arg_number(c, 2);
    n.z.re = -n.z.re;
    n.z.im = -n.z.im;
    n.f = -n.f;
    n.i = (int64_t)(0 - (uint64_t)n.i);
    if (n.tag == VALUE_BOOL) n.tag = VALUE_INT;
    return give_sum(c, n);
}

/* --- multiplication --- */

/* What both specify: the places in a and in b of the keys that are in both, [count] each. */
static bool common_places(struct compose *k, struct tensor *a, struct tensor *b, struct tensor **in_a,
                          struct tensor **in_b) {
    struct tensor *x = sparse_keys(k, a->parts[0], a->sizes), *y = sparse_keys(k, b->parts[0], b->sizes);
    if (!x || !y) return false;
    int64_t most = x->numel < y->numel ? x->numel : y->numel, count = 0;
    *in_a = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &most));
    *in_b = compose_own(k, call_new(k->c, DTYPE_INT64, 1, &most));
    for (int64_t i = 0, j = 0; *in_a && *in_b && i < x->numel && j < y->numel;) {
        int64_t p = tensor_get_int(x, i), q = tensor_get_int(y, j);
        if (p == q && count < most) {
            ((int64_t *)tensor_data(*in_a))[count] = i;
            ((int64_t *)tensor_data(*in_b))[count++] = j;
        }
        i += p <= q;
        j += q <= p;
    }
    *in_a = RUN("narrow", "tdii", *in_a, 0, (int64_t)0, count);
    *in_b = RUN("narrow", "tdii", *in_b, 0, (int64_t)0, count);
    return *in_b != NULL;
}

/* The places of the factor that is not coalesced stay as they are, with what the other has there; of two such
 * the one with fewer elements stays (_sparse_binary_op_intersection_kernel). */
static struct tensor *multiply_uncoalesced(struct compose *k, struct tensor *a, struct tensor *b) {
    bool first =
        !(a->flags & TENSOR_COALESCED) && ((b->flags & TENSOR_COALESCED) || sparse_nnz(a) < sparse_nnz(b));
    struct tensor *stays = first ? a : b, *other = sparse_coalesce(k, first ? b : a);
    struct tensor *found = other ? sparse_values_at(k, other, stays->parts[0]) : NULL;
    return sparse_with_values(k, stays, RUN("mul.Tensor", "tt", stays->parts[1], found));
}

static struct tensor *multiply_coo(struct compose *k, struct tensor *a, struct tensor *b) {
    struct tensor *in_a, *in_b;
    if (!sparse_same_sizes(a, b) || sparse_dim(a) != sparse_dim(b)) {
        k->failed = !refuse(
            k->c,
            "mul: expected 'self' and 'other' to have same sizes and the same number of sparse dimensions");
        return NULL;
    }
    if (a == b) return sparse_with_values(k, a, RUN("mul.Tensor", "tt", a->parts[1], a->parts[1]));
    if (!(a->flags & b->flags & TENSOR_COALESCED)) return multiply_uncoalesced(k, a, b);
    if (!common_places(k, a, b, &in_a, &in_b)) return NULL;
    struct tensor *x = RUN("index_select", "tdt", a->parts[1], 0, in_a),
                  *y = RUN("index_select", "tdt", b->parts[1], 0, in_b);
    struct tensor *indices = RUN("index_select", "tdt", a->parts[0], 1, in_a);
    return sparse_coo(k, a->ndim, a->sizes, indices, RUN("mul.Tensor", "tt", x, y), true);
}

/* The elements of a strided tensor where t specifies some. */
static struct tensor *gather(struct compose *k, struct tensor *t, struct tensor *dense) {
    int64_t sizes[TENSOR_MAX_DIMS + 1] = {-1};
    int dims = sparse_dim(t);
    struct tensor *all = RUN("expand", "tLb", dense, t->ndim, t->sizes, false),
                  *keys = sparse_keys(k, t->parts[0], t->sizes);
    memcpy(sizes + 1, t->sizes + dims, sizeof *sizes * (size_t)(t->ndim - dims));
    if (keys && keys->numel == 0) return sparse_values(t);
    all = RUN("reshape", "tL", all, t->ndim - dims + 1, sizes);
    return RUN("index_select", "tdt", all, 0, keys);
}

static struct tensor *multiply_dense(struct compose *k, struct tensor *t, struct tensor *dense) {
    struct tensor *coo = sparse_to_coo(k, t, 0);
    if (coo && dense->ndim > coo->ndim)
        coo = sparse_coalesce(k, RUN("_sparse_broadcast_to", "tL", coo, dense->ndim, dense->sizes));
    struct tensor *other = coo ? gather(k, coo, dense) : NULL;
    struct tensor *values = other ? RUN("mul.Tensor", "tt", coo->parts[1], other) : NULL;
    struct tensor *product = values ? sparse_with_values(k, coo, values) : NULL;
    return product && t->layout != LAYOUT_SPARSE_COO ? sparse_like_form(k, product, t) : product;
}

static struct tensor *multiply(struct compose *k, struct tensor *a, struct tensor *b) {
    if (!tensor_is_sparse(b)) return multiply_dense(k, a, b);
    if (!tensor_is_sparse(a)) return multiply_dense(k, b, a);
    if (a->layout != b->layout) {
        k->failed = !refuse(k->c, "Expected result Tensor to be of format CSR");
        return NULL;
    }
    struct tensor *x = sparse_to_coo(k, a, 0), *y = sparse_to_coo(k, b, 0);
    struct tensor *product = x && y ? multiply_coo(k, x, y) : NULL;
    return product && a->layout != LAYOUT_SPARSE_COO ? sparse_like_form(k, product, a) : product;
}

/* (self, other) */
bool sparse_mul(struct op_call *c) {
    if (only_out(c)) return op_refuse_backend(c, args_backend(c->args, c->arg_count));
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = c->args[1].tag == VALUE_TENSOR ? arg_tensor(c, 1) : NULL;
    bool in_place = (c->row->traits & OP_IN_PLACE) != 0;
    if (layout_is_compressed(a->layout) && a->layout != LAYOUT_SPARSE_CSR)
        return refuse(c, "crow_indices expected sparse row compressed tensor layout but got %s",
                      layout_name(a->layout));
    if (!b || (b->ndim == 0 && !tensor_is_sparse(b))) return sparse_map_linear(c);
    if (a->ndim == 0 && !tensor_is_sparse(a) && !in_place) return map(c, 1, false);
    if (in_place && !tensor_is_sparse(a)) {
        struct tensor *dense = sparse_to_dense(k, b);
        return RUN("mul_.Tensor", "tt", a, dense) ? compose_give(k, a) : compose_end(k);
    }
    return finish(k, multiply(k, a, b));
}
