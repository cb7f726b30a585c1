/* QR: reflectors, their product, and applying it.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp. */
#include "ops/linalg/matrices.h"

/* `a` becomes R and the reflectors below it. */
static bool reflect(struct op_call *c, struct tensor *a, struct tensor *tau) {
    struct lapack l;
    int info = 0, m = (int)matrix_rows(a), n = (int)matrix_columns(a);
    bool good = lapack_open(c, "geqrf", "geqrf_cpu", tensor_dtype(a), &l);
    for (int64_t i = 0, count = a->numel ? matrices_count(a) : 0; good && i < count; i++)
        good = lapack_geqrf(&l, m, n, matrix_at(a, i), batch_row_at(tau, i), &info);
    lapack_close(&l);
    return good;
}

/* Reflectors become the matrix that they stand for. */
static bool accumulate(struct op_call *c, struct tensor *q, struct tensor *tau) {
    struct lapack l;
    int info = 0, m = (int)matrix_rows(q), n = (int)matrix_columns(q), k = (int)tau->sizes[tau->ndim - 1];
    bool good = lapack_open(c, "linalg_householder_product", "orgqr_cpu", tensor_dtype(q), &l);
    for (int64_t i = 0, count = q->numel ? matrices_count(q) : 0; good && i < count; i++)
        good = lapack_orgqr(&l, m, n, k, matrix_at(q, i), batch_row_at(tau, i), &info);
    lapack_close(&l);
    return good;
}

static struct tensor *reflected(struct compose *k, struct tensor *self, struct tensor **tau) {
    struct tensor *a = compose_own(k, matrices_copy(k->c, self));
    *tau = a ? compose_own(k, batch_new(k->c, tensor_dtype(a), a, matrix_least(a))) : NULL;
    if (!*tau || !reflect(k->c, a, *tau)) k->failed = true;
    return a;
}

bool linalg_geqrf(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *tau;
    if (self->ndim < 2) return refuse(c, "torch.geqrf: input must have at least 2 dimensions.");
    struct compose k = compose_start(c);
    struct tensor *a = reflected(&k, self, &tau);
    return compose_give_some(&k, 2, (struct tensor *[]){a, tau});
}

/* --- Q and R --- */

enum qr_mode { QR_REDUCED, QR_COMPLETE, QR_R };

static bool read_mode(struct op_call *c, const char *text, enum qr_mode *mode) {
    static const char *const names[] = {"reduced", "complete", "r"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum qr_mode)i;
            return true;
        }
    return refuse(
        c, "qr received unrecognized mode '%s' but expected one of 'reduced' (default), 'r', or 'complete'",
        text);
}

static void copy_leading(struct compose *k, struct tensor *to, struct tensor *from, int64_t columns) {
    struct tensor *a = compose_run(k, "aten::narrow", "tddi", to, -1, 0, columns);
    struct tensor *b = compose_run(k, "aten::narrow", "tddi", from, -1, 0, columns);
    if (k->failed || !tensor_copy(a, b, k->c->err)) k->failed = true;
}

/* Q has m columns where it is complete: those behind the reflectors' are made by LAPACK out of nothing. */
static struct tensor *q_of(struct compose *k, struct tensor *a, struct tensor *tau, bool complete) {
    struct op_call *c = k->c;
    if (k->failed) return NULL;
    int64_t m = matrix_rows(a), n = matrix_columns(a), columns = complete ? m : matrix_least(a);
    struct tensor *q = compose_own(k, matrices_new(c, tensor_dtype(a), a, m, columns));
    if (!q) return NULL;
    if (q->numel) memset(tensor_data(q), 0, (size_t)q->numel * dtype_size(tensor_dtype(q)));
    copy_leading(k, q, a, n < columns ? n : columns);
    if (k->failed || !accumulate(c, q, tau)) k->failed = true;
    return q;
}

static bool qr(struct op_call *c, enum qr_mode mode) {
    struct tensor *self = arg_tensor(c, 0), *tau, *q;
    if (!check_matrix(c, self, "linalg.qr", "A") || !check_floating(c, self, "linalg.qr", true)) return false;
    struct compose k = compose_start(c);
    struct tensor *a = reflected(&k, self, &tau);
    int64_t rows = mode == QR_COMPLETE ? matrix_rows(self) : matrix_least(self), zero = 0;
    struct tensor *top = compose_run(&k, "aten::narrow", "tddi", a, -2, 0, rows);
    struct tensor *r = compose_run(&k, "aten::triu", "td", top, 0);
    if (mode == QR_R)
        q = k.failed ? NULL : compose_own(&k, call_new(c, tensor_dtype(self), 1, &zero));
    else
        q = q_of(&k, a, tau, mode == QR_COMPLETE);
    return compose_give_some(&k, 2, (struct tensor *[]){q, r});
}

bool linalg_qr(struct op_call *c) {
    enum qr_mode mode = QR_REDUCED;
    return read_mode(c, c->args[1].string->bytes, &mode) && qr(c, mode);
}
bool linalg_old_qr(struct op_call *c) {
    return qr(c, arg_bool(c, 1) ? QR_REDUCED : QR_COMPLETE);
}

/* --- products of reflectors --- */

/* tau has the batch of `input` and one dimension more. */
static bool check_tau_batch(struct op_call *c, const char *name, const struct tensor *input,
                            const struct tensor *tau) {
    char sizes[256];
    if (input->ndim - tau->ndim != 1)
        return refuse(
            c,
            "%s: Expected tau to have one dimension less than input, but got tau.ndim equal to %d and "
            "input.ndim is equal to %d",
            name, tau->ndim, input->ndim);
    for (int i = 0; i < input->ndim - 2; i++)
        if (input->sizes[i] != tau->sizes[i])
            return refuse(c,
                          "%s: Expected batch dimensions of tau to be equal to input.shape[:-2], but got %s",
                          name, sizes_text(tau->ndim - 1, tau->sizes, sizes, sizeof sizes));
    return true;
}

static int64_t last_size(struct op_call *c, const struct tensor *t) {
    int64_t dim = -1;
    if (t->ndim) return t->sizes[t->ndim - 1];
    refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
    return -1;
}

static bool check_householder(struct op_call *c, const struct tensor *input, const struct tensor *tau) {
    static const char name[] = "torch.linalg.householder_product";
    if (input->ndim < 2) return refuse(c, "%s: input must have at least 2 dimensions.", name);
    if (matrix_rows(input) < matrix_columns(input))
        return refuse(c, "%s: input.shape[-2] must be greater than or equal to input.shape[-1]", name);
    int64_t reflectors = last_size(c, tau);
    if (reflectors < 0) return false;
    if (matrix_columns(input) < reflectors)
        return refuse(c, "%s: input.shape[-1] must be greater than or equal to tau.shape[-1]", name);
    if (!check_tau_batch(c, name, input, tau)) return false;
    return tau->dtype == input->dtype ||
           refuse(c, "%s: tau dtype %s does not match input dtype %s", name,
                  dtype_table[tau->dtype].graph_name, dtype_table[input->dtype].graph_name);
}

bool linalg_householder_product(struct op_call *c) {
    struct tensor *input = arg_tensor(c, 0), *tau = arg_tensor(c, 1);
    if (!check_householder(c, input, tau)) return false;
    struct compose k = compose_start(c);
    struct tensor *q = compose_own(&k, matrices_copy(c, input));
    struct tensor *row = q ? compose_own(&k, tensor_contiguous(tau, c->cx->budget, c->err)) : NULL;
    if (!row || !accumulate(c, q, row)) k.failed = true;
    return compose_give(&k, q);
}

static bool check_ormqr(struct op_call *c, const struct tensor *input, const struct tensor *tau,
                        const struct tensor *other, bool left) {
    static const char name[] = "torch.ormqr";
    int dim = left ? -2 : -1;
    if (input->ndim < 2) return refuse(c, "%s: input must have at least 2 dimensions.", name);
    if (other->ndim < 2) return refuse(c, "%s: other must have at least 2 dimensions.", name);
    int64_t size = other->sizes[other->ndim + dim], reflectors = last_size(c, tau);
    if (reflectors < 0) return false;
    if (size < reflectors)
        return refuse(c, "%s: other.shape[%d] must be greater than or equal to tau.shape[-1]", name, dim);
    if (size != matrix_rows(input))
        return refuse(c, "%s: other.shape[%d] must be equal to input.shape[-2]", name, dim);
    if (reflectors != (size < matrix_columns(input) ? size : matrix_columns(input)))
        return refuse(c, "%s: tau.shape[-1] must be equal to min(other.shape[%d], input.shape[-1])", name,
                      dim);
    if (!check_tau_batch(c, name, input, tau)) return false;
    if (input->ndim != other->ndim)
        return refuse(
            c,
            "%s: Expected other to have the same number of dimensions as input, but got other.ndim equal "
            "to %d and input.ndim is equal to %d",
            name, other->ndim, input->ndim);
    char sizes[256];
    for (int i = 0; i < input->ndim - 2; i++)
        if (input->sizes[i] != other->sizes[i])
            return refuse(
                c, "%s: Expected batch dimensions of other to be equal to input.shape[:-2], but got %s", name,
                sizes_text(other->ndim - 2, other->sizes, sizes, sizeof sizes));
    const struct tensor *odd = tau->dtype != input->dtype ? tau : other;
    return odd->dtype == input->dtype ||
           refuse(
               c,
               "%s: Expected input and %s to have the same dtype, but input has dtype%s and %s has dtype %s",
               name, odd == tau ? "tau" : "other", dtype_table[input->dtype].graph_name,
               odd == tau ? "tau" : "other", dtype_table[odd->dtype].graph_name);
}

static bool apply(struct op_call *c, struct tensor *input, struct tensor *tau, struct tensor *b, bool left,
                  bool transpose) {
    struct lapack l;
    int info = 0, m = (int)matrix_rows(b), n = (int)matrix_columns(b), rows = (int)matrix_rows(input);
    int reflectors = (int)tau->sizes[tau->ndim - 1];
    bool good = lapack_open(c, "ormqr", "ormqr_cpu", tensor_dtype(input), &l);
    for (int64_t i = 0, count = b->numel ? matrices_count(b) : 0; good && i < count; i++)
        good = lapack_ormqr(&l, left ? 'L' : 'R', transpose ? 'T' : 'N', m, n, reflectors,
                            matrix_at(input, i), rows, batch_row_at(tau, i), matrix_at(b, i), &info);
    lapack_close(&l);
    return good;
}

bool linalg_ormqr(struct op_call *c) {
    struct tensor *input = arg_tensor(c, 0), *tau = arg_tensor(c, 1), *other = arg_tensor(c, 2);
    bool left = arg_bool(c, 3);
    if (!check_ormqr(c, input, tau, other, left)) return false;
    struct compose k = compose_start(c);
    struct tensor *b = compose_own(&k, matrices_copy(c, other));
    struct tensor *a = b ? compose_own(&k, matrices_copy(c, input)) : NULL;
    struct tensor *row = a ? compose_own(&k, tensor_contiguous(tau, c->cx->budget, c->err)) : NULL;
    if (!row || !apply(c, a, row, b, left, arg_bool(c, 4))) k.failed = true;
    return compose_give(&k, b);
}
