/* LU: factors, unpacking them, and solving with them.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp. */
#include "ops/linalg/lu.h"
#include "base/mem.h"

bool lu_factor(struct compose *k, struct tensor *self, struct lu *out) {
    struct op_call *c = k->c;
    struct lapack l;
    out->factors = compose_own(k, matrices_copy(c, self));
    out->pivots = k->failed ? NULL : compose_own(k, batch_new(c, DTYPE_INT32, self, matrix_least(self)));
    out->info = k->failed ? NULL : compose_own(k, batch_new(c, DTYPE_INT32, self, -1));
    if (k->failed) return false;
    bool good = lapack_open(c, "linalg_lu_factor_ex", "lu_cpu", tensor_dtype(self), &l);
    int m = (int)matrix_rows(self), n = (int)matrix_columns(self);
    for (int64_t i = 0, count = matrices_count(self); good && i < count; i++)
        good = lapack_getrf(&l, m, n, matrix_at(out->factors, i), batch_row_at(out->pivots, i),
                            batch_at(out->info, i));
    lapack_close(&l);
    if (!good) k->failed = true;
    return good;
}

static bool check_pivoting(struct op_call *c, bool pivot) {
    return pivot || refuse(c, "linalg.lu_factor: LU without pivoting is not implemented on the CPU");
}

static bool check_sizes(struct op_call *c, const struct tensor *t, const char *name) {
    char sizes[256];
    return t->ndim >= 2 || refuse(c, "%s: Expected tensor with 2 or more dimensions. Got size: %s instead",
                                  name, sizes_text(t->ndim, t->sizes, sizes, sizeof sizes));
}

/* (self, pivot, check_errors) -> factors, pivots, info; two of them where the operator is named. */
static bool factor_call(struct op_call *c, bool checks, const char *name, int results) {
    struct tensor *self = arg_tensor(c, 0);
    struct lu lu = {0};
    if (!check_sizes(c, self, "torch.lu_factor") || !check_pivoting(c, arg_bool(c, 1))) return false;
    struct compose k = compose_start(c);
    lu_factor(&k, self, &lu);
    if (checks && !k.failed) k.failed = !check_info(c, lu.info, name, self->ndim == 2);
    return compose_give_some(&k, results, (struct tensor *[]){lu.factors, lu.pivots, lu.info});
}

bool linalg_lu_factor_ex(struct op_call *c) {
    return factor_call(c, arg_bool(c, 2), "torch.linalg.lu_factor_ex", 3);
}
bool linalg_lu_factor(struct op_call *c) {
    return factor_call(c, true, "torch.linalg.lu_factor", 2);
}
bool linalg_lu_with_info(struct op_call *c) {
    return factor_call(c, false, "", 3);
}

/* --- unpacking --- */

/* What the exchanges of rows make of the identity, as a matrix. */
static bool exchange_rows(const int *pivots, int64_t steps, int64_t *order, int64_t m) {
    for (int64_t i = 0; i < m; i++) order[i] = i;
    for (int64_t i = 0; i < steps; i++) {
        int64_t other = (int64_t)pivots[i] - 1, kept = order[i];
        if (other < 0 || other >= m) return false;
        order[i] = order[other];
        order[other] = kept;
    }
    return true;
}

static bool fill_permutation(struct op_call *c, const struct tensor *pivots, struct tensor *p) {
    int64_t m = matrix_rows(p), steps = pivots->sizes[pivots->ndim - 1];
    int64_t *order = call_scratch(c, (size_t)m + 1, sizeof *order);
    bool good = order != NULL;
    enum dtype d = tensor_dtype(p);
    double one = 1;
    for (int64_t b = 0, count = matrices_count(p); good && m > 0 && b < count; b++) {
        good = exchange_rows(batch_row_at(pivots, b), steps, order, m);
        for (int64_t i = 0; good && i < m; i++)
            convert_store[d][COMPUTE_DOUBLE](batch_at(p, (b * m + order[i]) * m + i), 0, &one, 0, 1);
        if (!good)
            refuse(c, "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
                      "Did you properly pass the result of lu_factor?");
    }
    mem_free(order);
    return good;
}

static struct tensor *permutation(struct compose *k, struct tensor *lu, struct tensor *pivots) {
    struct op_call *c = k->c;
    int64_t sizes[TENSOR_MAX_DIMS];
    for (int i = 0; i < lu->ndim; i++) sizes[i] = lu->sizes[i];
    sizes[lu->ndim - 1] = matrix_rows(lu);
    struct tensor *p = compose_run(k, "aten::zeros", "Lv", lu->ndim, sizes, value_int(lu->dtype));
    /* The pivots of all matrices, in steps of the shorter side; those of another shape are broadcast. */
    for (int i = 0; i < lu->ndim - 2; i++) sizes[i] = lu->sizes[i];
    if (k->failed) return NULL;
    int64_t given = pivots->ndim ? pivots->sizes[pivots->ndim - 1] : 1, least = matrix_least(lu);
    sizes[lu->ndim - 2] = given;
    struct tensor *wide = compose_own(k, tensor_expand(pivots, lu->ndim - 1, sizes, c->err));
    struct tensor *whole = wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
    if (given < least && !k->failed) k->failed = !refuse(c, "lu_unpack needs a pivot for each column");
    if (given > least && whole) {
        whole = compose_run(k, "aten::narrow", "tddi", whole, -1, 0, least);
        whole = whole ? compose_own(k, tensor_contiguous(whole, c->cx->budget, c->err)) : NULL;
    }
    if (k->failed || !fill_permutation(c, whole, p)) k->failed = true;
    return p;
}

static struct tensor *unit_lower(struct compose *k, struct tensor *lu) {
    struct tensor *square = compose_run(k, "aten::narrow", "tddi", lu, -1, 0, matrix_least(lu));
    struct tensor *l = compose_run(k, "aten::tril", "td", square, -1);
    struct tensor *diagonal = compose_run(k, "aten::diagonal", "tddd", l, 0, -2, -1);
    compose_run(k, "aten::fill_.Scalar", "tv", diagonal, value_int(1));
    return l;
}

static struct tensor *upper(struct compose *k, struct tensor *lu) {
    struct tensor *square = compose_run(k, "aten::narrow", "tddi", lu, -2, 0, matrix_least(lu));
    return compose_run(k, "aten::triu", "td", square, 0);
}

static struct tensor *nothing(struct compose *k, const struct tensor *like) {
    int64_t zero = 0;
    return k->failed ? NULL : compose_own(k, call_new(k->c, tensor_dtype(like), 1, &zero));
}

bool linalg_lu_unpack(struct op_call *c) {
    struct tensor *lu = arg_tensor(c, 0), *pivots = arg_tensor(c, 1);
    bool data = arg_bool(c, 2), with_pivots = arg_bool(c, 3);
    if (!check_sizes(c, lu, "torch.lu_unpack")) return false;
    if (with_pivots && pivots->dtype != DTYPE_INT32)
        return refuse(
            c, "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
               "Note: this function is intended to be used with the output produced by "
               "torch.linalg.lu_factor");
    struct compose k = compose_start(c);
    struct tensor *p = with_pivots ? permutation(&k, lu, pivots) : nothing(&k, lu);
    struct tensor *l = data ? unit_lower(&k, lu) : nothing(&k, lu);
    struct tensor *u = data ? upper(&k, lu) : nothing(&k, lu);
    return compose_give_some(&k, 3, (struct tensor *[]){p, l, u});
}

bool linalg_lu(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    struct lu lu = {0};
    if (!check_sizes(c, self, "linalg.lu") || !check_pivoting(c, arg_bool(c, 1))) return false;
    struct compose k = compose_start(c);
    if (!lu_factor(&k, self, &lu)) return compose_end(&k);
    struct tensor *p = permutation(&k, lu.factors, lu.pivots);
    struct tensor *l = unit_lower(&k, lu.factors), *u = upper(&k, lu.factors);
    return compose_give_some(&k, 3, (struct tensor *[]){p, l, u});
}

/* --- solving --- */

static bool check_pivots(struct op_call *c, const struct tensor *pivots, int64_t n) {
    static const char hint[] = "Did you properly pass the result of lu_factor?";
    const int *at = tensor_data(pivots);
    for (int64_t i = 0; i < pivots->numel; i++) {
        if (at[i] < 1)
            return refuse(c, "Pivots given to lu_solve must all be greater or equal to 1. %s", hint);
        if (at[i] > n)
            return refuse(c, "Pivots given to lu_solve must all be smaller or equal to LU.size(-2). %s",
                          hint);
    }
    return true;
}

static bool solve_batch(struct op_call *c, struct tensor *lu, struct tensor *pivots, struct tensor *b,
                        char trans) {
    struct lapack l;
    int info = 0, n = (int)matrix_rows(lu), columns = (int)matrix_columns(b);
    bool good = lapack_open(c, "linalg_lu_solve", "linalg.lu_solve_cpu", tensor_dtype(lu), &l);
    for (int64_t i = 0, count = matrices_count(b); good && i < count; i++)
        good = lapack_getrs(&l, trans, n, columns, matrix_at(lu, i), batch_row_at(pivots, i), matrix_at(b, i),
                            &info);
    lapack_close(&l);
    return good;
}

/* X A = B is A^H X^H = B^H: the adjoints are taken before and after. */
struct tensor *lu_solve(struct compose *k, struct tensor *lu, struct tensor *pivots, struct tensor *b,
                        bool left, bool adjoint) {
    struct op_call *c = k->c;
    int64_t batch[TENSOR_MAX_DIMS];
    int ndim;
    if (k->failed || !batches_broadcast(c, b, lu, &ndim, batch)) {
        k->failed = true;
        return NULL;
    }
    struct tensor *wide = compose_own(k, batches_expand(c, b, ndim, batch));
    if (!left) wide = compose_run(k, "aten::mH", "t", wide);
    struct tensor *x = wide ? compose_own(k, matrices_copy(c, wide)) : NULL;
    struct tensor *expanded = x ? compose_own(k, batches_expand(c, lu, ndim, batch)) : NULL;
    struct tensor *factors = expanded ? compose_own(k, matrices_copy(c, expanded)) : NULL;
    batch[ndim] = pivots->sizes[pivots->ndim - 1];
    struct tensor *rows = factors ? compose_own(k, tensor_expand(pivots, ndim + 1, batch, c->err)) : NULL;
    rows = rows ? compose_own(k, tensor_contiguous(rows, c->cx->budget, c->err)) : NULL;
    char trans = adjoint == left ? dtype_is_complex(tensor_dtype(lu)) ? 'C' : 'T' : 'N';
    bool empty = !rows || lu->numel == 0 || x->numel == 0;
    if (!empty && (!check_pivots(c, rows, matrix_rows(lu)) || !solve_batch(c, factors, rows, x, trans)))
        k->failed = true;
    return left ? x : compose_run(k, "aten::mH", "t", x);
}

static bool check_lu_solve(struct op_call *c, const struct tensor *lu, const struct tensor *pivots,
                           const struct tensor *b, bool left) {
    static const char name[] = "torch.linalg.lu_solve";
    char sizes[256];
    if (!check_floating(c, lu, name, true)) return false;
    if (lu->dtype != b->dtype)
        return refuse(
            c,
            "linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type %s and B of "
            "type %s instead",
            dtype_table[lu->dtype].graph_name, dtype_table[b->dtype].graph_name);
    if (pivots->dtype != DTYPE_INT32)
        return refuse(c, "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32");
    if (!check_square(c, lu, name) || !check_solver(c, lu, b, left, "linalg.lu_solve")) return false;
    if (pivots->ndim == 0 || matrix_columns(lu) != pivots->sizes[pivots->ndim - 1])
        return refuse(
            c, "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix");
    bool same = pivots->ndim == lu->ndim - 1;
    for (int i = 0; same && i < pivots->ndim; i++) same = pivots->sizes[i] == lu->sizes[i];
    return same ||
           refuse(c,
                  "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots "
                  "with shape %s instead",
                  sizes_text(pivots->ndim, pivots->sizes, sizes, sizeof sizes));
}

bool linalg_lu_solve(struct op_call *c) {
    struct tensor *lu = arg_tensor(c, 0), *pivots = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (!check_lu_solve(c, lu, pivots, b, arg_bool(c, 3))) return false;
    struct compose k = compose_start(c);
    return compose_give(&k, lu_solve(&k, lu, pivots, b, arg_bool(c, 3), arg_bool(c, 4)));
}

/* torch.lu_solve: B first. */
bool linalg_old_lu_solve(struct op_call *c) {
    struct tensor *b = arg_tensor(c, 0), *lu = arg_tensor(c, 1), *pivots = arg_tensor(c, 2);
    if (!check_lu_solve(c, lu, pivots, b, true)) return false;
    struct compose k = compose_start(c);
    return compose_give(&k, lu_solve(&k, lu, pivots, b, true, false));
}
