/* Batches of matrices; see matrices.h. */
#include "ops/linalg/matrices.h"
#include "base/text.h"
#include <float.h>
#include <stdio.h>

struct tensor *matrices_of_sizes(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes) {
    int64_t strides[TENSOR_MAX_DIMS], rows = sizes[ndim - 2], columns = sizes[ndim - 1];
    if (rows > INT32_MAX || columns > INT32_MAX) {
        refuse(c, "a matrix of %lld by %lld is more than LAPACK's integers can count", (long long)rows,
               (long long)columns);
        return NULL;
    }
    int64_t numel;
    if (!sizes_product(ndim, sizes, &numel)) {
        refuse(c, "Storage size calculation overflowed");
        return NULL;
    }
    strides_contiguous(ndim, sizes, strides);
    strides[ndim - 2] = 1;
    strides[ndim - 1] = rows > 1 ? rows : 1;
    return tensor_new_strided(d, ndim, sizes, strides, c->cx->budget, c->err);
}

struct tensor *matrices_new(struct op_call *c, enum dtype d, const struct tensor *batch, int64_t m,
                            int64_t n) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = batch->ndim;
    for (int i = 0; i < ndim - 2; i++) sizes[i] = batch->sizes[i];
    sizes[ndim - 2] = m;
    sizes[ndim - 1] = n;
    return matrices_of_sizes(c, d, ndim, sizes);
}

struct tensor *matrices_copy(struct op_call *c, struct tensor *t) {
    struct tensor *copy = matrices_new(c, tensor_dtype(t), t, matrix_rows(t), matrix_columns(t));
    if (!copy || tensor_copy(copy, t, c->err)) return copy;
    tensor_release(copy);
    return NULL;
}

struct tensor *batch_new(struct op_call *c, enum dtype d, const struct tensor *t, int64_t last) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = t->ndim - 2;
    for (int i = 0; i < ndim; i++) sizes[i] = t->sizes[i];
    if (last >= 0) sizes[ndim++] = last;
    struct tensor *out = call_new(c, d, ndim, sizes);
    if (out && out->numel) memset(tensor_data(out), 0, (size_t)out->numel * dtype_size(d));
    return out;
}

int64_t matrices_count(const struct tensor *t) {
    int64_t count = 1;
    for (int i = 0; i < t->ndim - 2; i++)
        if (t->sizes[i] == 0 || __builtin_mul_overflow(count, t->sizes[i], &count)) return 0;
    return count;
}

void *matrix_at(const struct tensor *t, int64_t i) {
    int64_t step = matrix_rows(t) * matrix_columns(t);
    return (char *)tensor_data(t) + i * step * (int64_t)dtype_size(tensor_dtype(t));
}

void *batch_at(const struct tensor *t, int64_t i) {
    return (char *)tensor_data(t) + i * (int64_t)dtype_size(tensor_dtype(t));
}

void *batch_row_at(const struct tensor *t, int64_t i) {
    return batch_at(t, i * t->sizes[t->ndim - 1]);
}

/* --- batches together --- */

bool batches_broadcast(struct op_call *c, const struct tensor *a, const struct tensor *b, int *ndim,
                       int64_t *batch) {
    *ndim = a->ndim - 2;
    for (int i = 0; i < *ndim; i++) batch[i] = a->sizes[i];
    return sizes_broadcast(ndim, batch, b->ndim - 2, b->sizes, c->err);
}

struct tensor *batches_expand(struct op_call *c, struct tensor *t, int ndim, const int64_t *batch) {
    int64_t sizes[TENSOR_MAX_DIMS + 2];
    if (ndim + 2 > TENSOR_MAX_DIMS) {
        refuse(c, "too many dimensions");
        return NULL;
    }
    for (int i = 0; i < ndim; i++) sizes[i] = batch[i];
    sizes[ndim] = matrix_rows(t);
    sizes[ndim + 1] = matrix_columns(t);
    return tensor_expand(t, ndim + 2, sizes, c->err);
}

/* --- checks --- */

bool check_matrix(struct op_call *c, const struct tensor *t, const char *name, const char *argument) {
    return t->ndim >= 2 ||
           refuse(c, "%s: The input tensor %s must have at least 2 dimensions.", name, argument);
}

bool check_square(struct op_call *c, const struct tensor *t, const char *name) {
    if (!check_matrix(c, t, name, "A")) return false;
    return matrix_rows(t) == matrix_columns(t) ||
           refuse(c, "%s: A must be batches of square matrices, but they are %lld by %lld matrices", name,
                  (long long)matrix_rows(t), (long long)matrix_columns(t));
}

bool check_floating(struct op_call *c, const struct tensor *t, const char *name, bool low_precision) {
    enum dtype d = tensor_dtype(t);
    const char *text = dtype_table[d].graph_name;
    if (!dtype_is_floating(d) && !dtype_is_complex(d))
        return refuse(c, "%s: Expected a floating point or complex tensor as input. Got %s", name, text);
    bool low = d != DTYPE_FLOAT32 && d != DTYPE_FLOAT64 && d != DTYPE_COMPLEX64 && d != DTYPE_COMPLEX128;
    return low_precision || !low || refuse(c, "%s: Low precision dtypes not supported. Got %s", name, text);
}

bool check_solver(struct op_call *c, const struct tensor *a, const struct tensor *b, bool left,
                  const char *name) {
    if (!check_square(c, a, name) || !check_matrix(c, b, name, "B")) return false;
    if (left ? matrix_rows(a) == matrix_rows(b) : matrix_columns(a) == matrix_columns(b)) return true;
    return refuse(c, "%s: Incompatible shapes of A and B for the equation %s (%lldx%lld and %lldx%lld)", name,
                  left ? "AX = B" : "XA = B", (long long)matrix_rows(a), (long long)matrix_columns(a),
                  (long long)matrix_rows(b), (long long)matrix_columns(b));
}

bool check_linear_solve(struct op_call *c, const struct tensor *self, const struct tensor *a,
                        const char *name) {
    if (self->dtype != a->dtype)
        return refuse(
            c, "Expected b and A to have the same dtype, but found b of type %s and A of type %s instead.",
            dtype_table[self->dtype].graph_name, dtype_table[a->dtype].graph_name);
    if (matrix_rows(a) != matrix_columns(a))
        return refuse(c, "A must be batches of square matrices, but they are %lld by %lld matrices",
                      (long long)matrix_rows(a), (long long)matrix_columns(a));
    return matrix_columns(a) == matrix_rows(self) ||
           refuse(
               c,
               "Incompatible matrix sizes for %s: each A matrix is %lld by %lld but each b matrix is %lld by "
               "%lld",
               name, (long long)matrix_columns(a), (long long)matrix_columns(a), (long long)matrix_rows(self),
               (long long)matrix_columns(self));
}

bool epsilon_of(struct op_call *c, enum dtype real, double *epsilon) {
    *epsilon = real == DTYPE_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    return real == DTYPE_FLOAT32 || real == DTYPE_FLOAT64 ||
           refuse(c, "This function doesn't handle types other than float and double");
}

/* --- what info means (_linalg_check_errors in aten/src/ATen/native/BatchLinearAlgebra.cpp) --- */

/* The first word that is in the operator's name decides; # is the number. */
static const struct {
    const char *word, *text;
} info_texts[] = {
    {"inv",
     "The diagonal element # is zero, the inversion could not be completed because the input matrix is "
     "singular."},
    {"solve", "The solver failed because the input matrix is singular."},
    {"cholesky",
     "The factorization could not be completed because the input is not positive-definite (the leading "
     "minor of order # is not positive-definite)."},
    {"svd",
     "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
     "singular values (error code: #)."},
    {"eig",
     "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
     "eigenvalues (error code: #)."},
    {"lstsq",
     "The least squares solution could not be computed because the input matrix does not have full rank "
     "(error code: #)."},
    {"lu_factor",
     "U[#,#] is zero and using it on lu_solve would result in a division by zero. If you still want to "
     "perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"},
};

static const char *info_text(const char *name) {
    for (size_t i = 0; i < sizeof info_texts / sizeof *info_texts; i++)
        if (strstr(name, info_texts[i].word)) return info_texts[i].text;
    return NULL;
}

static void put_with_number(struct text *out, const char *text, int number) {
    for (const char *mark; (mark = strchr(text, '#')); text = mark + 1) {
        text_put_bytes(out, text, (size_t)(mark - text));
        text_put_int(out, number);
    }
    text_put(out, text);
}

static bool refuse_info(struct op_call *c, const char *name, const char *where, int info) {
    static const char assertion[] = "false INTERNAL ASSERT FAILED";
    if (info == -4 && strstr(name, "svd"))
        return refuse(
            c, "%s%sThe algorithm failed to converge because the input matrix contained non-finite values.",
            name, where);
    if (info < 0)
        return refuse(
            c,
            "%s: %s%sArgument %d has illegal value. Most certainly there is a bug in the implementation "
            "calling the backend library.",
            assertion, name, where, -info);
    const char *text = info_text(name);
    if (!text) return refuse(c, "%s: %s: Unknown error code: %d.", assertion, name, info);
    struct text meaning = {0};
    put_with_number(&meaning, text, info);
    bool refused =
        meaning.failed ? error_memory(c->err) : refuse(c, "%s%s%s", name, where, text_get(&meaning));
    text_free(&meaning);
    return refused;
}

bool check_info(struct op_call *c, const struct tensor *info, const char *name, bool is_matrix) {
    const int *at = tensor_data(info);
    char where[48] = ": ";
    for (int64_t i = 0; i < info->numel; i++) {
        if (at[i] == 0) continue;
        if (!is_matrix) snprintf(where, sizeof where, ": (Batch element %lld): ", (long long)i);
        return refuse_info(c, name, where, at[i]);
    }
    return true;
}
