/* Linear systems, inverses and determinants: all by LU.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp and LinearAlgebra.cpp. */
#include "ops/linalg/lu.h"
#include <math.h>

/* --- A X = B --- */

/* A right side of one dimension less than A, with A's batch or none, is vectors. */
static bool is_vector(const struct tensor *a, const struct tensor *b) {
    if (b->ndim == 1) return true;
    if (a->ndim - 1 != b->ndim) return false;
    for (int i = 0; i < b->ndim; i++)
        if (a->sizes[i] != b->sizes[i]) return false;
    return true;
}

struct solution {
    struct tensor *x;
    struct lu lu;
};

/* _linalg_solve_ex: checks, factors, solves. */
static bool solve_ex(struct compose *k, struct tensor *a, struct tensor *b, bool left, struct solution *out) {
    struct op_call *c = k->c;
    if (!check_floating(c, a, "linalg.solve", true)) return false;
    if (a->dtype != b->dtype)
        return refuse(
            c,
            "linalg.solve: Expected A and B to have the same dtype, but found A of type %s and B of type "
            "%s instead",
            dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
    if (!check_matrix(c, a, "linalg.solve", "A")) return false;
    if (b->ndim == 0) return check_matrix(c, b, "linalg.solve", "B");
    bool vector = is_vector(a, b);
    struct tensor *wide = vector ? compose_run(k, "aten::unsqueeze", "td", b, -1) : b;
    if (!wide || !check_solver(c, a, wide, left, "linalg.solve")) return false;
    if (vector && !left && b->ndim == 1)
        return refuse(
            c, "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In "
               "this case linalg.solve is equivalent to B / A.squeeze(-1)");
    if (!lu_factor(k, a, &out->lu)) return false;
    out->x = lu_solve(k, out->lu.factors, out->lu.pivots, wide, left, false);
    if (vector) out->x = compose_run(k, "aten::squeeze.dim", "td", out->x, -1);
    return !k->failed;
}

/* Which of the parts are results: bits of x, factors, pivots, info. */
static bool solve_call(struct op_call *c, bool checks, const char *name, const int *parts, int count) {
    struct tensor *a = arg_tensor(c, 0), *given[4], *out[4];
    struct solution s = {0};
    struct compose k = compose_start(c);
    if (!solve_ex(&k, a, arg_tensor(c, 1), arg_bool(c, 2), &s) ||
        (checks && !check_info(c, s.lu.info, name, a->ndim == 2)))
        k.failed = true;
    given[0] = s.x, given[1] = s.lu.factors, given[2] = s.lu.pivots, given[3] = s.lu.info;
    for (int i = 0; i < count; i++) out[i] = given[parts[i]];
    return compose_give_some(&k, count, out);
}

bool linalg_solve_parts(struct op_call *c) {
    return solve_call(c, arg_bool(c, 3), "torch.linalg.solve_ex", (const int[]){0, 1, 2, 3}, 4);
}
bool linalg_solve_ex(struct op_call *c) {
    return solve_call(c, arg_bool(c, 3), "torch.linalg.solve_ex", (const int[]){0, 3}, 2);
}
bool linalg_solve(struct op_call *c) {
    return solve_call(c, true, "torch.linalg.solve", (const int[]){0}, 1);
}

/* --- inverses --- */

/* The identity is solved for. */
static struct tensor *inverse(struct compose *k, struct tensor *a, struct tensor **info) {
    struct op_call *c = k->c;
    struct lu lu = {0};
    *info = NULL;
    if (!check_square(c, a, "linalg.inv") || !check_floating(c, a, "linalg.inv", false)) {
        k->failed = true;
        return NULL;
    }
    struct tensor *identity = compose_run(k, "aten::eye", "iv", matrix_rows(a), value_int(a->dtype));
    if (!identity || !lu_factor(k, a, &lu)) return NULL;
    *info = lu.info;
    return lu_solve(k, lu.factors, lu.pivots, identity, true, false);
}

bool linalg_inv_ex(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *info;
    struct compose k = compose_start(c);
    struct tensor *x = inverse(&k, a, &info);
    if (x && arg_bool(c, 1)) k.failed = !check_info(c, info, "linalg.inv_ex", a->ndim == 2);
    return compose_give_some(&k, 2, (struct tensor *[]){x, info});
}
bool linalg_inv(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *info;
    struct compose k = compose_start(c);
    struct tensor *x = inverse(&k, a, &info);
    if (x) k.failed = !check_info(c, info, "linalg.inv", a->ndim == 2);
    return compose_give(&k, x);
}

/* --- determinants --- */

/* -1 for an odd number of exchanges, in int64. */
static struct tensor *sign_of_pivots(struct compose *k, struct tensor *pivots) {
    struct op_call *c = k->c;
    struct tensor *batch = compose_run(k, "aten::unsqueeze", "td", pivots, -1);
    struct tensor *sign = batch ? compose_own(k, batch_new(c, DTYPE_INT64, batch, -1)) : NULL;
    int64_t n = sign ? pivots->sizes[pivots->ndim - 1] : 0;
    for (int64_t i = 0; sign && i < sign->numel; i++) {
        const int *at = batch_row_at(pivots, i);
        int64_t odd = 0;
        for (int64_t j = 0; j < n; j++) odd ^= at[j] != j + 1;
        ((int64_t *)tensor_data(sign))[i] = odd ? -1 : 1;
    }
    return sign;
}

/* A contiguous real matrix is factored by its transpose, as in PyTorch: the factors are results. */
static bool factor_for_det(struct compose *k, struct tensor *a, struct lu *lu, struct tensor **diagonal,
                           struct tensor **sign) {
    bool turned = tensor_is_contiguous(a) && !dtype_is_complex(tensor_dtype(a));
    struct tensor *source = turned ? compose_run(k, "aten::mT", "t", a) : a;
    if (!source || !lu_factor(k, source, lu)) return false;
    *diagonal = compose_run(k, "aten::diagonal", "tddd", lu->factors, 0, -2, -1);
    *sign = *diagonal ? sign_of_pivots(k, lu->pivots) : NULL;
    return *sign != NULL;
}

static bool det(struct op_call *c, int results) {
    struct tensor *a = arg_tensor(c, 0), *diagonal, *sign;
    struct lu lu = {0};
    if (!check_square(c, a, "linalg.det") || !check_floating(c, a, "linalg.det", true)) return false;
    struct compose k = compose_start(c);
    if (!factor_for_det(&k, a, &lu, &diagonal, &sign)) {
        k.failed = true;
        return compose_end(&k);
    }
    struct tensor *product = compose_run(&k, "aten::prod.dim_int", "td", diagonal, -1);
    struct tensor *result = compose_run(&k, "aten::mul.Tensor", "tt", sign, product);
    return compose_give_some(&k, results, (struct tensor *[]){result, lu.factors, lu.pivots});
}
bool linalg_det_parts(struct op_call *c) {
    return det(c, 3);
}
bool linalg_det(struct op_call *c) {
    return det(c, 1);
}

struct slogdet {
    struct tensor *sign, *logabsdet;
    struct lu lu;
};

static void slogdet(struct compose *k, struct tensor *a, const char *name, struct slogdet *out) {
    struct tensor *diagonal, *exchanges;
    int64_t last = -1;
    if (!check_square(k->c, a, name) || !check_floating(k->c, a, name, false) ||
        !factor_for_det(k, a, &out->lu, &diagonal, &exchanges)) {
        k->failed = true;
        return;
    }
    struct tensor *signs = compose_run(k, "aten::sgn", "t", diagonal);
    struct tensor *product = compose_run(k, "aten::prod.dim_int", "td", signs, -1);
    out->sign = compose_run(k, "aten::mul.Tensor", "tt", product, exchanges);
    struct tensor *logs = compose_run(k, "aten::log", "t", compose_run(k, "aten::abs", "t", diagonal));
    out->logabsdet = compose_run(k, "aten::sum.dim_IntList", "tLb", logs, 1, &last, false);
}

static bool slogdet_call(struct op_call *c, int results) {
    struct slogdet s = {0};
    struct compose k = compose_start(c);
    slogdet(&k, arg_tensor(c, 0), "linalg.slogdet", &s);
    return compose_give_some(&k, results,
                             (struct tensor *[]){s.sign, s.logabsdet, s.lu.factors, s.lu.pivots});
}
bool linalg_slogdet_parts(struct op_call *c) {
    return slogdet_call(c, 4);
}
bool linalg_slogdet(struct op_call *c) {
    return slogdet_call(c, 2);
}

/* A negative real determinant has no logarithm: NaN. */
bool linalg_logdet(struct op_call *c) {
    struct slogdet s = {0};
    struct compose k = compose_start(c);
    slogdet(&k, arg_tensor(c, 0), "logdet", &s);
    if (dtype_is_complex(tensor_dtype(arg_tensor(c, 0)))) {
        struct tensor *angle = compose_run(&k, "aten::log", "t", s.sign);
        return compose_give(&k, compose_run(&k, "aten::add.Tensor", "ttd", angle, s.logabsdet, 1));
    }
    struct tensor *negative = compose_run(&k, "aten::eq.Scalar", "td", s.sign, -1);
    return compose_give(
        &k, compose_run(&k, "aten::masked_fill.Scalar", "ttf", s.logabsdet, negative, (double)NAN));
}

bool linalg_check_errors(struct op_call *c) {
    const struct tensor *info = arg_tensor(c, 0);
    if (info->dtype != DTYPE_INT32) return refuse(c, "infos.scalar_type() == kInt INTERNAL ASSERT FAILED");
    struct tensor *whole = tensor_contiguous(arg_tensor(c, 0), c->cx->budget, c->err);
    bool good = whole && check_info(c, whole, c->args[1].string->bytes, arg_bool(c, 2));
    tensor_release(whole);
    return good;
}
