/* Batches of matrices: column-major copies for LAPACK, the checks that all of linear algebra shares with
 * PyTorch's texts (aten/src/ATen/native/LinearAlgebraUtils.h), and what the info numbers mean. */
#ifndef LINKBOY_OPS_LINALG_MATRICES_H
#define LINKBOY_OPS_LINALG_MATRICES_H
#include "ops/common/compose.h"
#include "ops/linalg/lapack.h"

/* The last two dimensions are the matrix, those before them the batch. */
static inline int64_t matrix_rows(const struct tensor *t) {
    return t->sizes[t->ndim - 2];
}
static inline int64_t matrix_columns(const struct tensor *t) {
    return t->sizes[t->ndim - 1];
}
static inline int64_t matrix_least(const struct tensor *t) {
    return matrix_rows(t) < matrix_columns(t) ? matrix_rows(t) : matrix_columns(t);
}

/* A new batch, column-major, with t's batch dimensions; refuses sizes that LAPACK's ints cannot hold. */
struct tensor *matrices_new(struct op_call *c, enum dtype d, const struct tensor *batch, int64_t m,
                            int64_t n);
/* The same from sizes. */
struct tensor *matrices_of_sizes(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes);
/* A column-major copy that the caller may overwrite. */
struct tensor *matrices_copy(struct op_call *c, struct tensor *t);
/* A contiguous tensor of t's batch dimensions, and one more of `last` elements where that is not negative. */
struct tensor *batch_new(struct op_call *c, enum dtype d, const struct tensor *t, int64_t last);
/* How many matrices; a batch dimension of 0 gives 0 whatever the others are. */
int64_t matrices_count(const struct tensor *t);
/* Matrix i of a column-major batch; element i of a contiguous one; row i of a contiguous one with `last`. */
void *matrix_at(const struct tensor *t, int64_t i);
void *batch_at(const struct tensor *t, int64_t i);
void *batch_row_at(const struct tensor *t, int64_t i);

/* Batch dimensions broadcast: `batch` gets those of the result, `ndim` their number. */
bool batches_broadcast(struct op_call *c, const struct tensor *a, const struct tensor *b, int *ndim,
                       int64_t *batch);
/* A view with these batch dimensions. */
struct tensor *batches_expand(struct op_call *c, struct tensor *t, int ndim, const int64_t *batch);

bool check_matrix(struct op_call *c, const struct tensor *t, const char *name, const char *argument);
bool check_square(struct op_call *c, const struct tensor *t, const char *name);
bool check_floating(struct op_call *c, const struct tensor *t, const char *name, bool low_precision);
/* A X = B or X A = B: square A, as many rows or columns in B. */
bool check_solver(struct op_call *c, const struct tensor *a, const struct tensor *b, bool left,
                  const char *name);
/* linearSolveCheckInputs: the older words for the same. */
bool check_linear_solve(struct op_call *c, const struct tensor *self, const struct tensor *a,
                        const char *name);
/* _linalg_check_errors: refuses with what the first number that is not 0 means for an operator of this name.
 */
bool check_info(struct op_call *c, const struct tensor *info, const char *name, bool is_matrix);
/* The difference between 1 and the next number (_get_epsilon); refuses dtypes it has none for. */
bool epsilon_of(struct op_call *c, enum dtype real, double *epsilon);
#endif
