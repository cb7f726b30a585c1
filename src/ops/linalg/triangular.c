/* Solving with triangular matrices: linalg.solve_triangular and the older triangular_solve.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp; the solver is BLAS's trsm. */
#include "ops/linalg/matrices.h"

struct triangle {
    bool left, upper, transposed, unit;
};

static bool solve_batch(struct op_call *c, struct tensor *a, struct tensor *b, const struct triangle *t) {
    struct lapack l;
    int m = (int)matrix_rows(b), n = (int)matrix_columns(b);
    bool good = lapack_open(c, "linalg_solve_triangular", "triangular_solve_cpu", tensor_dtype(a), &l);
    for (int64_t i = 0, count = b->numel ? matrices_count(b) : 0; good && i < count; i++)
        good = lapack_trsm(&l, t->left ? 'L' : 'R', t->upper ? 'U' : 'L', t->transposed ? 'T' : 'N',
                           t->unit ? 'U' : 'N', m, n, matrix_at(a, i), matrix_at(b, i));
    lapack_close(&l);
    return good;
}

/* The solution and, behind it, the column-major copy of A with the batches of both. */
static struct tensor *solve(struct compose *k, struct tensor *a, struct tensor *b, const struct triangle *t,
                            struct tensor **copy) {
    struct op_call *c = k->c;
    int64_t batch[TENSOR_MAX_DIMS];
    int ndim;
    *copy = NULL;
    if (k->failed || !batches_broadcast(c, b, a, &ndim, batch)) {
        k->failed = true;
        return NULL;
    }
    struct tensor *wide = compose_own(k, batches_expand(c, b, ndim, batch));
    struct tensor *x = wide ? compose_own(k, matrices_copy(c, wide)) : NULL;
    struct tensor *expanded = x ? compose_own(k, batches_expand(c, a, ndim, batch)) : NULL;
    *copy = expanded ? compose_own(k, matrices_copy(c, expanded)) : NULL;
    if (!*copy || !solve_batch(c, *copy, x, t)) k->failed = true;
    return x;
}

/* (A, B, *, upper, left, unitriangular); B is cast to the dtype of A, as in PyTorch. */
bool linalg_solve_triangular(struct op_call *c) {
    static const char name[] = "linalg.solve_triangular";
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *copy;
    struct triangle t = {.upper = arg_bool(c, 2), .left = arg_bool(c, 3), .unit = arg_bool(c, 4)};
    if (!check_solver(c, a, b, t.left, name)) return false;
    struct compose k = compose_start(c);
    struct tensor *same = compose_own(&k, tensor_convert(b, tensor_dtype(a), c->cx->budget, c->err));
    return compose_give(&k, same ? solve(&k, a, same, &t, &copy) : NULL);
}

/* (b, A, upper, transpose, unitriangular) -> solution, copy of A */
bool linalg_triangular_solve(struct op_call *c) {
    struct tensor *b = arg_tensor(c, 0), *a = arg_tensor(c, 1), *copy;
    struct triangle t = {
        .left = true, .upper = arg_bool(c, 2), .transposed = arg_bool(c, 3), .unit = arg_bool(c, 4)};
    for (int i = 0; i < 2; i++)
        if (arg_tensor(c, i)->ndim < 2)
            return refuse(
                c,
                "torch.triangular_solve: Expected %c to have at least 2 dimensions, but it has %d dimensions "
                "instead",
                "bA"[i], arg_tensor(c, i) -> ndim);
    if (!check_linear_solve(c, b, a, "triangular_solve")) return false;
    struct compose k = compose_start(c);
    struct tensor *x = solve(&k, a, b, &t, &copy);
    return compose_give_some(&k, 2, (struct tensor *[]){x, copy});
}
