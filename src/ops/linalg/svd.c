/* Singular values, and what is read off them: pseudo-inverse, rank, condition.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp and LinearAlgebra.cpp; the driver is gesdd.
 */
#include "ops/linalg/matrices.h"
#include "ops/linalg/svd_matrix.h"
#include <math.h>

struct svd {
    struct tensor *u, *s, *vh;
};

static bool decompose(struct op_call *c, struct tensor *a, struct svd *out, struct tensor *info, char job) {
    struct lapack l;
    int m = (int)matrix_rows(a), n = (int)matrix_columns(a);
    bool good = lapack_open(c, "linalg_svd", "linalg_svd_cpu", tensor_dtype(a), &l);
    for (int64_t i = 0, count = matrices_count(a); good && i < count; i++)
        good = svd_matrix(c, &l, job, m, n, matrix_at(a, i), batch_row_at(out->s, i),
                          job == 'N' ? NULL : matrix_at(out->u, i), job == 'N' ? NULL : matrix_at(out->vh, i),
                          batch_at(info, i));
    lapack_close(&l);
    return good;
}

/* An empty matrix's full bases are identities. */
static void fill_identity(struct tensor *t) {
    double one = 1;
    enum dtype d = tensor_dtype(t);
    if (t->numel == 0) return;
    memset(tensor_data(t), 0, (size_t)t->numel * dtype_size(d));
    for (int64_t b = 0, n = matrix_least(t), count = matrices_count(t); b < count; b++)
        for (int64_t i = 0; i < n; i++)
            convert_store[d][COMPUTE_DOUBLE](batch_at(t, (b * matrix_columns(t) + i) * matrix_rows(t) + i), 0,
                                             &one, 0, 1);
}

static bool make_bases(struct compose *k, struct tensor *a, bool full, bool vectors, struct svd *out) {
    struct op_call *c = k->c;
    enum dtype d = tensor_dtype(a);
    int64_t m = matrix_rows(a), n = matrix_columns(a), least = matrix_least(a), zero = 0;
    if (!vectors) {
        out->u = compose_own(k, call_new(c, d, 1, &zero));
        out->vh = compose_own(k, call_new(c, d, 1, &zero));
        return !k->failed;
    }
    out->u = compose_own(k, matrices_new(c, d, a, m, full ? m : least));
    out->vh = compose_own(k, matrices_new(c, d, a, full ? n : least, n));
    return !k->failed;
}

static bool svd(struct compose *k, struct tensor *self, bool full, bool vectors, struct svd *out) {
    struct op_call *c = k->c;
    enum dtype real = dtype_real(tensor_dtype(self));
    bool good = !k->failed && check_matrix(c, self, "linalg.svd", "A") &&
                check_floating(c, self, "linalg.svd", true) && make_bases(k, self, full, vectors, out);
    struct tensor *a = good ? compose_own(k, matrices_copy(c, self)) : NULL;
    out->s = a ? compose_own(k, batch_new(c, real, a, matrix_least(a))) : NULL;
    struct tensor *info = out->s ? compose_own(k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    if (info && a->numel == 0) {
        if (vectors && full) fill_identity(out->u), fill_identity(out->vh);
        return true;
    }
    good = info &&
           decompose(c, a, out, info,
                     !vectors ? 'N'
                     : full   ? 'A'
                              : 'S') &&
           check_info(c, info, "linalg.svd", self->ndim == 2);
    if (!good) k->failed = true;
    return good;
}

static bool check_driver(struct op_call *c, int argument) {
    return arg_none(c, argument) ||
           refuse(
               c,
               "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER "
               "backend.");
}

static bool svd_call(struct op_call *c, bool vectors, int driver) {
    struct svd s = {0};
    if (!check_driver(c, driver)) return false;
    struct compose k = compose_start(c);
    svd(&k, arg_tensor(c, 0), arg_bool(c, 1), vectors, &s);
    return compose_give_some(&k, 3, (struct tensor *[]){s.u, s.s, s.vh});
}
bool linalg_svd(struct op_call *c) {
    return svd_call(c, true, 2);
}
bool linalg_svd_parts(struct op_call *c) {
    return svd_call(c, arg_bool(c, 2), 3);
}
bool linalg_svdvals(struct op_call *c) {
    struct svd s = {0};
    if (!check_driver(c, 1)) return false;
    struct compose k = compose_start(c);
    svd(&k, arg_tensor(c, 0), false, false, &s);
    return compose_give(&k, s.s);
}

/* torch.svd: V instead of its adjoint, square zeros where no vectors are wanted. */
bool linalg_old_svd(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *v;
    struct svd s = {0};
    if (self->ndim < 2)
        return refuse(c, "linalg.svd: input should have at least 2 dimensions, but has %d dimensions instead",
                      self->ndim);
    struct compose k = compose_start(c);
    svd(&k, self, !arg_bool(c, 1), arg_bool(c, 2), &s);
    if (!arg_bool(c, 2) && !k.failed) {
        s.u =
            compose_own(&k, matrices_new(c, tensor_dtype(self), self, matrix_rows(self), matrix_rows(self)));
        s.vh = compose_own(
            &k, matrices_new(c, tensor_dtype(self), self, matrix_columns(self), matrix_columns(self)));
        compose_run(&k, "aten::zero_", "t", s.u);
        compose_run(&k, "aten::zero_", "t", s.vh);
    }
    v = compose_run(&k, "aten::mH", "t", s.vh);
    return compose_give_some(&k, 3, (struct tensor *[]){s.u, s.s, v});
}

/* --- tolerances --- */

/* Below max(atol, rtol * the largest value) a singular value counts as 0; both are float64 tensors. */
struct tolerance {
    struct tensor *atol, *rtol;
};

static struct tensor *number_tensor(struct compose *k, double value) {
    return k->failed ? NULL : compose_own(k, tensor_of_float(value, DTYPE_FLOAT64, k->c->err));
}

static bool check_real(struct op_call *c, const struct tensor *t, const char *name, const char *what) {
    return !dtype_is_complex(tensor_dtype(t)) ||
           refuse(c, "%s: %s tensor of complex type is not supported.", name, what);
}

static bool default_rtol(struct op_call *c, const struct tensor *input, double *rtol) {
    double epsilon;
    if (!epsilon_of(c, dtype_real(tensor_dtype(input)), &epsilon)) return false;
    int64_t most = matrix_rows(input) > matrix_columns(input) ? matrix_rows(input) : matrix_columns(input);
    *rtol = epsilon * (double)most;
    return true;
}

/* With an atol above 0 and no rtol, rtol is 0. */
static bool read_tensors(struct compose *k, struct tensor *input, struct tensor *atol, struct tensor *rtol,
                         const char *name, struct tolerance *out) {
    double otherwise = 0;
    if ((atol && !check_real(k->c, atol, name, "atol")) || (rtol && !check_real(k->c, rtol, name, "rtol")))
        return false;
    if (!rtol && !default_rtol(k->c, input, &otherwise)) return false;
    out->atol = atol ? atol : number_tensor(k, 0);
    out->rtol = rtol ? rtol : number_tensor(k, otherwise);
    if (atol && !rtol) {
        struct tensor *given = compose_run(k, "aten::gt.Scalar", "td", atol, 0);
        out->rtol = compose_run(k, "aten::where.self", "ttt", given, number_tensor(k, 0), out->rtol);
    }
    return !k->failed;
}

static bool read_numbers(struct compose *k, struct tensor *input, lb_value atol, lb_value rtol,
                         struct tolerance *out) {
    double absolute = atol.tag == VALUE_NONE ? 0 : atol.f, relative = 0;
    if (rtol.tag != VALUE_NONE)
        relative = rtol.f;
    else if (!default_rtol(k->c, input, &relative))
        return false;
    if (rtol.tag == VALUE_NONE && absolute > 0) relative = 0;
    out->atol = number_tensor(k, absolute);
    out->rtol = number_tensor(k, relative);
    return !k->failed;
}

static struct tensor *threshold(struct compose *k, const struct tolerance *t, struct tensor *largest) {
    struct tensor *absolute = compose_run(k, "aten::unsqueeze", "td", t->atol, -1);
    struct tensor *relative = compose_run(k, "aten::unsqueeze", "td", t->rtol, -1);
    struct tensor *scaled = compose_run(k, "aten::mul.Tensor", "tt", relative, largest);
    return compose_run(k, "aten::maximum", "tt", absolute, scaled);
}

/* --- rank --- */

/* What the rank counts: singular values, or absolute eigenvalues; the largest of each matrix apart. */
static struct tensor *magnitudes(struct compose *k, struct tensor *input, bool hermitian,
                                 struct tensor **largest) {
    struct tensor *s;
    int64_t last = -1;
    if (hermitian)
        s = compose_run(k, "aten::abs", "t", compose_run(k, "aten::linalg_eigvalsh", "ts", input, "L"));
    else
        s = compose_run(k, "aten::linalg_svdvals", "t", input);
    *largest = compose_run(k, "aten::amax", "tLb", s, 1, &last, true);
    return s;
}

static bool rank(struct compose *k, struct tensor *input, const struct tolerance *t, bool hermitian) {
    struct op_call *c = k->c;
    int64_t last = -1;
    if (k->failed) return compose_end(k);
    if (input->numel == 0) return compose_give(k, compose_own(k, batch_new(c, DTYPE_INT64, input, -1)));
    struct tensor *largest, *s = magnitudes(k, input, hermitian, &largest);
    struct tensor *above = compose_run(k, "aten::gt.Tensor", "tt", s, threshold(k, t, largest));
    return compose_give(k, compose_run(k, "aten::sum.dim_IntList", "tLb", above, 1, &last, false));
}

enum tolerance_form { TOLERANCE_TENSORS, TOLERANCE_NUMBERS, TOLERANCE_TENSOR, TOLERANCE_NUMBER };

/* (input, atol, rtol, hermitian), or (input, tol, hermitian) where the one tolerance is absolute. */
static bool rank_call(struct op_call *c, enum tolerance_form form) {
    static const char name[] = "torch.linalg.matrix_rank";
    struct tensor *input = arg_tensor(c, 0);
    struct tolerance t = {0};
    bool one = form >= TOLERANCE_TENSOR, good;
    if (!check_matrix(c, input, name, "input")) return false;
    struct compose k = compose_start(c);
    if (form == TOLERANCE_TENSORS)
        good = read_tensors(&k, input, arg_tensor_or_null(c, 1), arg_tensor_or_null(c, 2), name, &t);
    else if (form == TOLERANCE_TENSOR)
        good = read_tensors(&k, input, arg_tensor(c, 1), number_tensor(&k, 0), name, &t);
    else
        good = read_numbers(&k, input, c->args[1], one ? value_float(0) : c->args[2], &t);
    if (!good) k.failed = true;
    return rank(&k, input, &t, arg_bool(c, one ? 2 : 3));
}
bool linalg_matrix_rank_tensors(struct op_call *c) {
    return rank_call(c, TOLERANCE_TENSORS);
}
bool linalg_matrix_rank_numbers(struct op_call *c) {
    return rank_call(c, TOLERANCE_NUMBERS);
}
bool linalg_matrix_rank_tensor(struct op_call *c) {
    return rank_call(c, TOLERANCE_TENSOR);
}
bool linalg_matrix_rank(struct op_call *c) {
    return rank_call(c, TOLERANCE_NUMBER);
}

/* --- pseudo-inverse --- */

/* Left times the reciprocals of what is above the threshold times right's adjoint. */
static struct tensor *recompose(struct compose *k, struct tensor *left, struct tensor *s,
                                struct tensor *right, struct tensor *largest, struct tensor *size,
                                const struct tolerance *t) {
    struct tensor *reciprocal = compose_run(k, "aten::reciprocal", "t", s);
    struct tensor *zeros = compose_run(k, "aten::zeros_like", "t", s);
    struct tensor *above = compose_run(k, "aten::gt.Tensor", "tt", size, threshold(k, t, largest));
    struct tensor *kept = compose_run(k, "aten::where.self", "ttt", above, reciprocal, zeros);
    struct tensor *rows = compose_run(k, "aten::unsqueeze", "td", kept, -2);
    struct tensor *scaled = compose_run(k, "aten::mul.Tensor", "tt", left, rows);
    return compose_run(k, "aten::matmul", "tt", scaled, compose_run(k, "aten::mH", "t", right));
}

/* An empty matrix has an empty inverse of the turned shape: a sum over nothing. */
static struct tensor *empty_inverse(struct compose *k, struct tensor *input) {
    struct tensor *x = compose_own(
        k, matrices_new(k->c, tensor_dtype(input), input, matrix_columns(input), matrix_rows(input)));
    return compose_run(k, "aten::zero_", "t", x);
}

static struct tensor *pinv(struct compose *k, struct tensor *input, const struct tolerance *t,
                           bool hermitian) {
    struct svd s = {0};
    int64_t last = -1;
    if (k->failed) return NULL;
    if (input->numel == 0) return empty_inverse(k, input);
    if (hermitian) {
        s.s = compose_run(k, "aten::linalg_eigh", "ts", input, "L");
        s.u = compose_result(k, 1);
        struct tensor *size = compose_run(k, "aten::abs", "t", s.s);
        struct tensor *largest = compose_run(k, "aten::amax", "tLb", size, 1, &last, true);
        return recompose(k, s.u, s.s, s.u, largest, size, t);
    }
    if (!svd(k, input, false, true, &s)) return NULL;
    struct tensor *largest = compose_run(k, "aten::narrow", "tddd", s.s, -1, 0, 1);
    return recompose(k, compose_run(k, "aten::mH", "t", s.vh), s.s, s.u, largest, s.s, t);
}

static bool check_pinv(struct op_call *c, const struct tensor *input) {
    char sizes[256];
    enum dtype d = tensor_dtype(input);
    bool known = d == DTYPE_FLOAT32 || d == DTYPE_FLOAT64 || d == DTYPE_COMPLEX64 || d == DTYPE_COMPLEX128;
    return (known && input->ndim >= 2) ||
           refuse(
               c,
               "linalg.pinv(%s{%s}): expected a tensor with 2 or more dimensions of float, double, cfloat or "
               "cdouble types",
               dtype_table[d].graph_name, sizes_text(input->ndim, input->sizes, sizes, sizeof sizes));
}

/* (input, atol, rtol, hermitian), or (input, rcond, hermitian) where the one tolerance is relative. */
static bool pinv_call(struct op_call *c, enum tolerance_form form, bool hermitian) {
    static const char name[] = "torch.linalg.pinv";
    struct tensor *input = arg_tensor(c, 0);
    struct tolerance t = {0};
    bool good;
    if (!check_pinv(c, input)) return false;
    struct compose k = compose_start(c);
    if (form == TOLERANCE_TENSORS)
        good = read_tensors(&k, input, arg_tensor_or_null(c, 1), arg_tensor_or_null(c, 2), name, &t);
    else if (form == TOLERANCE_TENSOR)
        good = check_real(c, arg_tensor(c, 1), name, "rcond") &&
               read_tensors(&k, input, number_tensor(&k, 0), arg_tensor(c, 1), name, &t);
    else if (form == TOLERANCE_NUMBERS)
        good = read_numbers(&k, input, c->args[1], c->args[2], &t);
    else
        good = read_numbers(&k, input, value_none(), c->args[1], &t);
    if (!good) k.failed = true;
    return compose_give(&k, pinv(&k, input, &t, hermitian));
}
bool linalg_pinv_tensors(struct op_call *c) {
    return pinv_call(c, TOLERANCE_TENSORS, arg_bool(c, 3));
}
bool linalg_pinv_numbers(struct op_call *c) {
    return pinv_call(c, TOLERANCE_NUMBERS, arg_bool(c, 3));
}
bool linalg_pinv_tensor(struct op_call *c) {
    return pinv_call(c, TOLERANCE_TENSOR, arg_bool(c, 2));
}
bool linalg_pinv(struct op_call *c) {
    return pinv_call(c, TOLERANCE_NUMBER, arg_bool(c, 2));
}
bool linalg_pinverse(struct op_call *c) {
    return pinv_call(c, TOLERANCE_NUMBER, false);
}
