/* Cholesky: factors, their inverse, and solving with them.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp; the loops: BatchLinearAlgebraKernel.cpp. */
#include "ops/linalg/matrices.h"

/* The factor that is asked for in its half of `a`, an info each. */
static bool factor(struct op_call *c, struct tensor *a, struct tensor *info, bool upper) {
    struct lapack l;
    bool good = lapack_open(c, "linalg_cholesky_ex", "cholesky_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a);
    for (int64_t i = 0, count = matrices_count(a); good && i < count; i++)
        good = lapack_potrf(&l, upper ? 'U' : 'L', n, matrix_at(a, i), batch_at(info, i));
    lapack_close(&l);
    return good;
}

/* The factor, and its info. Refuses where `name` is given and a matrix is not positive definite. */
static struct tensor *cholesky(struct compose *k, struct tensor *self, bool upper, const char *name,
                               struct tensor **info) {
    struct tensor *a = compose_own(k, matrices_copy(k->c, self));
    *info = a ? compose_own(k, batch_new(k->c, DTYPE_INT32, a, -1)) : NULL;
    k->failed = k->failed || !factor(k->c, a, *info, upper);
    if (!k->failed && name) k->failed = !check_info(k->c, *info, name, self->ndim == 2);
    return compose_run(k, upper ? "aten::triu" : "aten::tril", "td", a, 0);
}

bool linalg_cholesky_ex(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *info;
    if (!check_square(c, self, "linalg.cholesky") || !check_floating(c, self, "linalg.cholesky", true))
        return false;
    struct compose k = compose_start(c);
    struct tensor *l =
        cholesky(&k, self, arg_bool(c, 1), arg_bool(c, 2) ? "linalg.cholesky_ex" : NULL, &info);
    return compose_give_some(&k, 2, (struct tensor *[]){l, info});
}

bool linalg_cholesky(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *info;
    if (!check_square(c, self, "linalg.cholesky") || !check_floating(c, self, "linalg.cholesky", true))
        return false;
    struct compose k = compose_start(c);
    return compose_give(&k, cholesky(&k, self, arg_bool(c, 1), "linalg.cholesky", &info));
}

/* torch.cholesky: the older one. */
bool linalg_old_cholesky(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *info;
    struct compose k = compose_start(c);
    if (self->numel == 0) return compose_give(&k, compose_run(&k, "aten::clone", "t", self));
    if (!check_square(c, self, "cholesky")) return false;
    return compose_give(&k, cholesky(&k, self, arg_bool(c, 1), "cholesky", &info));
}

/* --- inverse --- */

/* LAPACK wrote one triangle; the other one is its conjugate mirror. Elements are pairs of reals or reals. */
#define REFLECT(name, real)                                                     \
    static void name(void *matrix, int64_t n, bool upper, bool is_complex) {    \
        real *a = matrix;                                                       \
        int64_t parts = is_complex ? 2 : 1;                                     \
        for (int64_t i = 0; i < n; i++)                                         \
            for (int64_t j = 0; j < i; j++) {                                   \
                const real *from = a + parts * (upper ? i * n + j : j * n + i); \
                real *to = a + parts * (upper ? j * n + i : i * n + j);         \
                to[0] = from[0];                                                \
                if (is_complex) to[1] = -from[1];                               \
            }                                                                   \
    }
REFLECT(reflect_float, float)
REFLECT(reflect_double, double)

static bool invert(struct op_call *c, struct tensor *a, struct tensor *info, bool upper) {
    struct lapack l;
    bool good = lapack_open(c, "cholesky_inverse", "cholesky_inverse_out_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a);
    for (int64_t i = 0, count = matrices_count(a); good && i < count; i++) {
        good = lapack_potri(&l, upper ? 'U' : 'L', n, matrix_at(a, i), batch_at(info, i));
        (l.real == sizeof(float) ? reflect_float : reflect_double)(matrix_at(a, i), n, upper, l.is_complex);
    }
    lapack_close(&l);
    return good;
}

bool linalg_cholesky_inverse(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    if (!check_square(c, self, "cholesky_inverse")) return false;
    struct compose k = compose_start(c);
    struct tensor *a = compose_own(&k, matrices_copy(c, self));
    struct tensor *info = a ? compose_own(&k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    k.failed = k.failed || !invert(c, a, info, arg_bool(c, 1)) ||
               !check_info(c, info, "cholesky_inverse", self->ndim == 2);
    return compose_give(&k, a);
}

/* --- solving --- */

static bool solve(struct op_call *c, struct tensor *a, struct tensor *b, bool upper) {
    struct lapack l;
    int info = 0;
    bool good = lapack_open(c, "cholesky_solve", "cholesky_solve_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a), columns = (int)matrix_columns(b);
    for (int64_t i = 0, count = matrices_count(a); good && b->numel && i < count; i++)
        good = lapack_potrs(&l, upper ? 'U' : 'L', n, columns, matrix_at(a, i), matrix_at(b, i), &info);
    lapack_close(&l);
    return good;
}

/* Both are copied: LAPACK wants them column-major, and the batches broadcast. */
static struct tensor *solve_broadcast(struct compose *k, struct tensor *self, struct tensor *a, bool upper) {
    int64_t batch[TENSOR_MAX_DIMS];
    int ndim;
    k->failed = k->failed || !batches_broadcast(k->c, self, a, &ndim, batch);
    if (k->failed) return NULL;
    struct tensor *wide = compose_own(k, batches_expand(k->c, self, ndim, batch));
    struct tensor *b = wide ? compose_own(k, matrices_copy(k->c, wide)) : NULL;
    struct tensor *factors = b ? compose_own(k, batches_expand(k->c, a, ndim, batch)) : NULL;
    struct tensor *copy = factors ? compose_own(k, matrices_copy(k->c, factors)) : NULL;
    k->failed = k->failed || !solve(k->c, copy, b, upper);
    return b;
}

bool linalg_cholesky_solve(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1);
    if (self->ndim < 2)
        return refuse(c, "b should have at least 2 dimensions, but has %d dimensions instead", self->ndim);
    if (a->ndim < 2)
        return refuse(c, "u should have at least 2 dimensions, but has %d dimensions instead", a->ndim);
    if (!check_linear_solve(c, self, a, "cholesky_solve")) return false;
    struct compose k = compose_start(c);
    return compose_give(&k, solve_broadcast(&k, self, a, arg_bool(c, 2)));
}

/* Without those checks: A may have columns that are not looked at. */
bool linalg_cholesky_solve_helper(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1);
    if (!check_matrix(c, self, "cholesky_solve", "b") || !check_matrix(c, a, "cholesky_solve", "A"))
        return false;
    if (self->dtype != a->dtype || matrix_rows(self) != matrix_rows(a) || matrix_columns(a) < matrix_rows(a))
        return check_linear_solve(c, self, a, "cholesky_solve") &&
               refuse(c, "cholesky_solve: A does not fit b");
    struct compose k = compose_start(c);
    return compose_give(&k, solve_broadcast(&k, self, a, arg_bool(c, 2)));
}
