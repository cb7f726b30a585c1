/* Least squares by LAPACK's four drivers.
 *
 * Checks, texts and what is given when: linalg_lstsq_out_info in aten/src/ATen/native/BatchLinearAlgebra.cpp.
 */
#include <ctype.h>

#include "ops/linalg/matrices.h"

struct lstsq {
    struct tensor *input, *other; /* other as matrices */
    bool vector;
    char driver; /* as in struct least_squares */
    double rcond;
    struct tensor *solution, *residuals, *rank, *values, *info;
};

static bool with_values(char driver) {
    return driver == 'd' || driver == 's';
}

/* --- reading the call --- */

static bool read_driver(struct op_call *c, char *driver) {
    static const char *const names[] = {"gels", "gelsy", "gelsd", "gelss"};
    char lower[8] = "";
    *driver = 'y';
    if (arg_none(c, 3)) return true;
    const struct string *text = c->args[3].string;
    if (text->length < (int64_t)sizeof lower)
        for (int64_t i = 0; i < text->length; i++) lower[i] = (char)tolower((unsigned char)text->bytes[i]);
    for (int i = 0; i < 4; i++)
        if (strcmp(lower, names[i]) == 0) {
            *driver = i == 0 ? 'q' : names[i][4];
            return true;
        }
    return refuse(c, "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)");
}

static bool same_batch(const struct tensor *input, const struct tensor *other) {
    for (int i = 0; i < other->ndim; i++)
        if (input->sizes[i] != other->sizes[i]) return false;
    return true;
}

static bool check_lstsq(struct op_call *c, const struct tensor *input, const struct tensor *other) {
    static const char name[] = "torch.linalg.lstsq";
    int difference = input->ndim - other->ndim;
    if (input->ndim < 2) return refuse(c, "%s: input must have at least 2 dimensions.", name);
    if (other->ndim < 1) return refuse(c, "%s: other must have at least 1 dimension.", name);
    if (input->dtype != other->dtype)
        return refuse(
            c,
            "%s: Expected input and other to have the same dtype, but got input's dtype %s and other's "
            "dtype %s",
            name, dtype_table[input->dtype].graph_name, dtype_table[other->dtype].graph_name);
    if (difference < 0 || difference > 1)
        return refuse(
            c, "%s: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1",
            name);
    int64_t rows = other->sizes[other->ndim - 2 + difference];
    return matrix_rows(input) == rows ||
           refuse(c, "%s: input.size(-2) should match other.size(%d)", name, difference ? -1 : -2);
}

static bool read_call(struct compose *k, struct lstsq *l) {
    struct op_call *c = k->c;
    struct tensor *other = arg_tensor(c, 1);
    double epsilon;
    l->input = arg_tensor(c, 0);
    if (!check_lstsq(c, l->input, other) || !read_driver(c, &l->driver)) return false;
    if (arg_none(c, 2)) {
        int64_t m = matrix_rows(l->input), n = matrix_columns(l->input);
        if (!epsilon_of(c, dtype_real(tensor_dtype(l->input)), &epsilon)) return false;
        l->rcond = epsilon * (double)(m > n ? m : n);
    } else {
        l->rcond = arg_float(c, 2);
    }
    l->vector = other->ndim == 1 || (other->ndim == l->input->ndim - 1 && same_batch(l->input, other));
    l->other = l->vector ? compose_run(k, "aten::unsqueeze", "td", other, -1) : other;
    return !k->failed;
}

/* --- computing --- */

/* B in the upper rows of a matrix of max(m, n) rows, with the batches of both. */
static bool make_room(struct compose *k, struct lstsq *l) {
    struct op_call *c = k->c;
    int64_t sizes[TENSOR_MAX_DIMS + 2], zero = 0;
    int64_t m = matrix_rows(l->input), n = matrix_columns(l->input);
    enum dtype d = tensor_dtype(l->input), real = dtype_real(d);
    int ndim;
    if (!batches_broadcast(c, l->input, l->other, &ndim, sizes)) return false;
    if (ndim + 2 > TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    sizes[ndim] = m > n ? m : n;
    sizes[ndim + 1] = matrix_columns(l->other);
    l->solution =
        compose_run(k, "aten::zero_", "t", compose_own(k, matrices_of_sizes(c, d, ndim + 2, sizes)));
    struct tensor *top = compose_run(k, "aten::narrow", "tddi", l->solution, -2, 0, m);
    if (!top || !tensor_copy(top, l->other, c->err)) return false;
    l->info = compose_own(k, batch_new(c, DTYPE_INT32, l->input, -1));
    l->residuals = compose_own(k, call_new(c, real, 1, &zero));
    l->rank = compose_own(k, l->driver == 'q' ? call_new(c, DTYPE_INT64, 1, &zero)
                                              : batch_new(c, DTYPE_INT64, l->input, -1));
    l->values = compose_own(k, with_values(l->driver) ? batch_new(c, real, l->input, matrix_least(l->input))
                                                      : call_new(c, real, 1, &zero));
    return !k->failed;
}

/* Which of A's matrices belongs to matrix i of the solution. */
static int64_t source_of(const struct tensor *a, const struct tensor *solution, int64_t i) {
    int64_t at = 0, step = 1;
    for (int d = 1; d <= solution->ndim - 2; d++) {
        int64_t size = solution->sizes[solution->ndim - 2 - d], place = i % size;
        i /= size;
        if (d > a->ndim - 2) continue;
        int64_t own = a->sizes[a->ndim - 2 - d];
        at += (own == 1 ? 0 : place) * step;
        step *= own;
    }
    return at;
}

static bool solve_one(struct lapack *lapack, struct lstsq *l, const struct least_squares *ls,
                      struct tensor *a, struct tensor *scratch, int64_t i) {
    int64_t source = source_of(a, l->solution, i);
    int rank = 0;
    memcpy(tensor_data(scratch), matrix_at(a, source), (size_t)scratch->numel * lapack->item);
    void *values = with_values(ls->driver) ? batch_row_at(l->values, source) : NULL;
    if (!lapack_lstsq(lapack, ls, tensor_data(scratch), matrix_at(l->solution, i), values, &rank,
                      batch_at(l->info, source)))
        return false;
    if (ls->driver != 'q') *(int64_t *)batch_at(l->rank, source) = rank;
    return true;
}

/* Where there is nothing to solve LAPACK is not asked; gels alone leaves zeros then. */
static bool solve_nothing(struct op_call *c, struct lstsq *l) {
    if (l->solution->numel == 0 && l->driver == 'd' && matrix_least(l->input) > 0 &&
        matrices_count(l->input) > 0)
        return refuse(
            c,
            "false INTERNAL ASSERT FAILED: torch.linalg.lstsq: Argument 4 has illegal value. Most certainly "
            "there is a bug in the implementation calling the backend library.");
    if (l->driver == 'q' && l->solution->numel)
        memset(tensor_data(l->solution), 0,
               (size_t)l->solution->numel * dtype_size(tensor_dtype(l->solution)));
    return true;
}

static bool solve(struct compose *k, struct lstsq *l) {
    struct op_call *c = k->c;
    struct lapack lapack;
    struct least_squares ls = {.driver = l->driver,
                               .m = (int)matrix_rows(l->input),
                               .n = (int)matrix_columns(l->input),
                               .columns = (int)matrix_columns(l->other),
                               .rcond = l->rcond};
    struct tensor *a = compose_own(k, matrices_copy(c, l->input));
    int64_t matrix[] = {ls.m, ls.n};
    struct tensor *scratch = a ? compose_own(k, matrices_of_sizes(c, tensor_dtype(a), 2, matrix)) : NULL;
    if (!scratch || !lapack_open(c, "linalg_lstsq", "linalg_lstsq_cpu", tensor_dtype(a), &lapack))
        return false;
    bool good = true;
    if (a->numel == 0 || l->solution->numel == 0)
        good = solve_nothing(c, l);
    else
        for (int64_t i = 0, count = matrices_count(l->solution); good && i < count; i++)
            good = solve_one(&lapack, l, &ls, a, scratch, i);
    lapack_close(&lapack);
    return good;
}

/* --- results --- */

/* The sums of squares below the solution, where every matrix has full rank as far as the driver knows. */
static void find_residuals(struct compose *k, struct lstsq *l) {
    int64_t m = matrix_rows(l->input), n = matrix_columns(l->input), rows = -2;
    if (m <= n || l->driver == 'y') return;
    if (with_values(l->driver))
        for (int64_t i = 0; i < l->rank->numel; i++)
            if (*(int64_t *)batch_at(l->rank, i) != n) return;
    struct tensor *below = compose_run(k, "aten::narrow", "tdii", l->solution, -2, n, m - n);
    struct tensor *size = compose_run(k, "aten::abs", "t", below);
    struct tensor *squares = compose_run(k, "aten::mul.Tensor", "tt", size, size);
    l->residuals = compose_run(k, "aten::sum.dim_IntList", "tLb", squares, 1, &rows, false);
}

bool linalg_lstsq(struct op_call *c) {
    struct lstsq l = {0};
    struct compose k = compose_start(c);
    if (!read_call(&k, &l) || !make_room(&k, &l) || !solve(&k, &l) ||
        !check_info(c, l.info, "torch.linalg.lstsq", l.info->numel <= 1)) {
        k.failed = true;
        return compose_end(&k);
    }
    find_residuals(&k, &l);
    struct tensor *x = compose_run(&k, "aten::narrow", "tddi", l.solution, -2, 0, matrix_columns(l.input));
    if (matrix_rows(l.input) == 0) compose_run(&k, "aten::zero_", "t", x);
    if (l.vector) x = compose_run(&k, "aten::squeeze.dim", "td", x, -1);
    return compose_give_some(&k, 4, (struct tensor *[]){x, l.residuals, l.rank, l.values});
}
