/* LDL: factors of symmetric and Hermitian matrices that need not be definite, and solving with them.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp; sytrf, hetrf and their solvers. */
#include "ops/linalg/matrices.h"

static bool factor(struct op_call *c, struct tensor *a, struct tensor *pivots, struct tensor *info,
                   bool hermitian) {
    struct lapack l;
    bool good = lapack_open(c, "linalg_ldl_factor_ex", "ldl_factor_kernel_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a);
    for (int64_t i = 0, count = a->numel ? matrices_count(a) : 0; good && i < count; i++)
        good = lapack_sytrf(&l, hermitian, n, matrix_at(a, i), batch_row_at(pivots, i), batch_at(info, i));
    lapack_close(&l);
    return good;
}

/* Only the lower triangle is read and written: the upper one is cleared before. */
static bool factor_call(struct op_call *c, bool checks, const char *name, int results) {
    static const char checked[] = "torch.linalg.ldl_factor_ex";
    struct tensor *self = arg_tensor(c, 0);
    if (!check_square(c, self, checked) || !check_floating(c, self, checked, true)) return false;
    struct compose k = compose_start(c);
    struct tensor *lower = compose_run(&k, "aten::tril", "td", self, 0);
    struct tensor *a = lower ? compose_own(&k, matrices_copy(c, lower)) : NULL;
    struct tensor *pivots = a ? compose_own(&k, batch_new(c, DTYPE_INT32, a, matrix_rows(a))) : NULL;
    struct tensor *info = pivots ? compose_own(&k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    if (!info || !factor(c, a, pivots, info, arg_bool(c, 1))) k.failed = true;
    if (checks && !k.failed) k.failed = !check_info(c, info, name, self->ndim == 2);
    return compose_give_some(&k, results, (struct tensor *[]){a, pivots, info});
}
bool linalg_ldl_factor_ex(struct op_call *c) {
    return factor_call(c, arg_bool(c, 2), "torch.linalg.ldl_factor_ex", 3);
}
bool linalg_ldl_factor(struct op_call *c) {
    return factor_call(c, true, "torch.linalg.ldl_factor", 2);
}

/* --- solving --- */

static bool check_solve(struct op_call *c, const struct tensor *ld, const struct tensor *pivots,
                        const struct tensor *b) {
    static const char name[] = "torch.linalg.ldl_solve";
    char sizes[256];
    if (!check_square(c, ld, name) || !check_floating(c, ld, name, true)) return false;
    if (b->ndim < 2) {
        int64_t dim = -2;
        return wrap_dim(c, &dim, b->ndim);
    }
    if (!check_linear_solve(c, b, ld, name)) return false;
    if (!dtype_is_integral(tensor_dtype(pivots), false))
        return refuse(c, "%s: Expected pivots to be integers. Got %s", name,
                      dtype_table[pivots->dtype].graph_name);
    bool same = pivots->ndim == ld->ndim - 1;
    for (int i = 0; same && i < pivots->ndim; i++) same = pivots->sizes[i] == ld->sizes[i];
    return same || refuse(c,
                          "%s: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with "
                          "shape %s instead",
                          name, sizes_text(pivots->ndim, pivots->sizes, sizes, sizeof sizes));
}

/* LAPACK trusts them: in range, and the negative ones in pairs (a block of 2 by 2 each). */
static bool check_pivots(struct op_call *c, const int *pivots, int64_t n) {
    static const char hint[] = "Did you properly pass the result of ldl_factor?";
    for (int64_t i = 0; i < n; i++) {
        if (pivots[i] == 0)
            return refuse(c, "Pivots given to ldl_solve must all satisfy |pivot| >= 1. %s", hint);
        if (pivots[i] > n || pivots[i] < -n)
            return refuse(c, "Pivots given to ldl_solve must all satisfy |pivot| <= LD.size(-2). %s", hint);
    }
    for (int64_t i = 0; i < n; i++)
        if (pivots[i] < 0 && (++i == n || pivots[i] > 0))
            return refuse(c, "Negative pivots given to ldl_solve must come in pairs. %s", hint);
    return true;
}

static bool solve(struct op_call *c, struct tensor *ld, struct tensor *pivots, struct tensor *b,
                  bool hermitian) {
    struct lapack l;
    int info = 0, n = (int)matrix_rows(ld), columns = (int)matrix_columns(b);
    bool good = lapack_open(c, "linalg_ldl_solve", "ldl_solve_kernel_cpu", tensor_dtype(ld), &l);
    for (int64_t i = 0, count = b->numel ? matrices_count(b) : 0; good && i < count; i++)
        good = check_pivots(c, batch_row_at(pivots, i), n) &&
               lapack_sytrs(&l, hermitian, n, columns, matrix_at(ld, i), batch_row_at(pivots, i),
                            matrix_at(b, i), &info);
    lapack_close(&l);
    return good;
}

bool linalg_ldl_solve(struct op_call *c) {
    struct tensor *ld = arg_tensor(c, 0), *pivots = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    int64_t batch[TENSOR_MAX_DIMS];
    int ndim;
    if (!check_solve(c, ld, pivots, b) || !batches_broadcast(c, b, ld, &ndim, batch)) return false;
    struct compose k = compose_start(c);
    struct tensor *wide = compose_own(&k, batches_expand(c, b, ndim, batch));
    struct tensor *x = wide ? compose_own(&k, matrices_copy(c, wide)) : NULL;
    struct tensor *expanded = x ? compose_own(&k, batches_expand(c, ld, ndim, batch)) : NULL;
    struct tensor *factors = expanded ? compose_own(&k, matrices_copy(c, expanded)) : NULL;
    batch[ndim] = matrix_rows(ld);
    struct tensor *rows = factors ? compose_own(&k, tensor_expand(pivots, ndim + 1, batch, c->err)) : NULL;
    rows = rows ? compose_own(&k, tensor_convert(rows, DTYPE_INT32, c->cx->budget, c->err)) : NULL;
    rows = rows ? compose_own(&k, tensor_contiguous(rows, c->cx->budget, c->err)) : NULL;
    if (!rows || !solve(c, factors, rows, x, arg_bool(c, 3))) k.failed = true;
    return compose_give(&k, x);
}
