/* Eigenvalues and eigenvectors of symmetric and Hermitian matrices.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp. The driver is syevd or heevd; small matrices
 * go its own way by hand, for the signs of their vectors. */
#include "base/mem.h"
#include "ops/linalg/matrices.h"
#include "ops/linalg/tridiagonal.h"
#include <float.h>
#include <math.h>

static bool read_uplo(struct op_call *c, const struct string *text, char *uplo) {
    *uplo = text->bytes[0] == 'u' || text->bytes[0] == 'U' ? 'U' : 'L';
    if (text->length == 1 && strchr("uUlL", text->bytes[0])) return true;
    return refuse(c, "Expected UPLO argument to be 'L' or 'U', but got %s", text->bytes);
}

/* Up to this size LAPACK's divide and conquer leaves tridiagonal matrices to steqr (SMLSIZ of ilaenv.f), and
 * ours gives PyTorch's signs (tridiagonal.c). */
enum { SMALL_TRIDIAGONAL = 25 };

/* What the small way needs: diagonals, vectors of the tridiagonal matrix, reflectors. */
struct small_symmetric {
    void *d, *e, *z, *tau;
};

static bool small_begin(struct op_call *c, const struct lapack *l, size_t n, struct small_symmetric *s) {
    s->d = call_scratch(c, n + 1, l->real);
    s->e = s->d ? call_scratch(c, n + 1, l->real) : NULL;
    s->z = s->e ? call_scratch(c, n * n + 1, l->real) : NULL;
    s->tau = s->z ? call_scratch(c, n + 1, l->item) : NULL;
    return s->tau != NULL;
}
static void small_end(struct small_symmetric *s) {
    mem_free(s->d);
    mem_free(s->e);
    mem_free(s->z);
    mem_free(s->tau);
}

static double real_at(const struct lapack *l, const void *a, int64_t i) {
    return l->real == sizeof(float) ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

static void multiply_reals(const struct lapack *l, void *a, int64_t count, double factor) {
    for (int64_t i = 0; i < count; i++) {
        if (l->real == sizeof(float))
            ((float *)a)[i] *= (float)factor;
        else
            ((double *)a)[i] *= factor;
    }
}

/* What brings the largest element into the range where squares neither vanish nor overflow, as syevd does; 0
 * where there is something that is not finite. */
static double plain_scale(const struct lapack *l, const void *a, int64_t count) {
    bool single = l->real == sizeof(float);
    double least = sqrt(single ? (double)(FLT_MIN / FLT_EPSILON) : DBL_MIN / DBL_EPSILON), most = 0;
    for (int64_t i = 0; i < count; i++) {
        double x = fabs(real_at(l, a, i));
        if (!isfinite(x)) return 0;
        if (x > most) most = x;
    }
    return most == 0 ? 1 : most < least ? least / most : most > 1 / least ? 1 / least / most : 1;
}

/* z becomes the vectors of the tridiagonal matrix, starting from the identity; then elements of the matrix's
 * type. */
static int solve_tridiagonal(const struct lapack *l, int n, const struct small_symmetric *s, void *vectors) {
    enum compute real = l->real == sizeof(float) ? COMPUTE_FLOAT : COMPUTE_DOUBLE;
    static const enum dtype dtypes[] = {DTYPE_FLOAT32, DTYPE_FLOAT64, DTYPE_COMPLEX64, DTYPE_COMPLEX128};
    int info;
    memset(s->z, 0, (size_t)n * (size_t)n * l->real);
    for (int i = 0; i < n; i++) {
        if (real == COMPUTE_FLOAT)
            ((float *)s->z)[i * n + i] = 1;
        else
            ((double *)s->z)[i * n + i] = 1;
    }
    info = real == COMPUTE_FLOAT ? tridiagonal_float(n, s->d, s->e, s->z)
                                 : tridiagonal_double(n, s->d, s->e, s->z);
    convert_store[dtypes[l->type]][real](vectors, (int64_t)l->item, s->z, (int64_t)l->real, (int64_t)n * n);
    return info;
}

static bool decompose_small(struct lapack *l, int n, char uplo, void *a, void *values, void *scratch,
                            const struct small_symmetric *s, int *info) {
    int64_t reals = (int64_t)n * n * (l->is_complex ? 2 : 1);
    double scale = plain_scale(l, a, reals);
    if (scale == 0) return lapack_syevd(l, true, uplo, n, a, values, info);
    if (scale != 1) multiply_reals(l, a, reals, scale);
    if (!lapack_sytrd(l, uplo, n, a, s->d, s->e, s->tau, info)) return false;
    *info = solve_tridiagonal(l, n, s, scratch);
    memcpy(values, s->d, (size_t)n * l->real);
    if (scale != 1) multiply_reals(l, values, n, 1 / scale);
    if (*info != 0) return true;
    int no_info;
    if (!lapack_ormtr(l, uplo, n, a, s->tau, scratch, &no_info)) return false;
    memcpy(a, scratch, (size_t)n * (size_t)n * l->item);
    return true;
}

/* `a` becomes the vectors. After a matrix that fails the others are left as they are. */
static bool decompose_symmetric(struct op_call *c, struct tensor *a, struct tensor *values,
                                struct tensor *info, char uplo, bool vectors) {
    struct lapack l;
    bool good = lapack_open(c, "linalg_eigh", "linalg_eigh_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a), *problem = NULL;
    bool small = good && vectors && n > 1 && n <= SMALL_TRIDIAGONAL;
    struct small_symmetric s = {0};
    void *scratch = small ? call_scratch(c, (size_t)n * (size_t)n, l.item) : NULL;
    if (small) good = scratch && small_begin(c, &l, (size_t)n, &s);
    for (int64_t i = 0, count = a->numel ? matrices_count(a) : 0; good && i < count; i++) {
        if (problem && *problem != 0) break;
        problem = batch_at(info, i);
        void *matrix = matrix_at(a, i), *row = batch_row_at(values, i);
        good = small ? decompose_small(&l, n, uplo, matrix, row, scratch, &s, problem)
                     : lapack_syevd(&l, vectors, uplo, n, matrix, row, problem);
    }
    small_end(&s);
    mem_free(scratch);
    lapack_close(&l);
    return good;
}

static bool eigh(struct op_call *c, bool vectors, int results) {
    struct tensor *self = arg_tensor(c, 0);
    char uplo;
    int64_t zero = 0;
    if (!check_square(c, self, "linalg.eigh") || !read_uplo(c, c->args[1].string, &uplo)) return false;
    struct compose k = compose_start(c);
    struct tensor *a = compose_own(&k, matrices_copy(c, self));
    enum dtype real = dtype_real(tensor_dtype(self));
    struct tensor *values = a ? compose_own(&k, batch_new(c, real, a, matrix_rows(a))) : NULL;
    struct tensor *info = values ? compose_own(&k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    if (!info || !decompose_symmetric(c, a, values, info, uplo, vectors) ||
        !check_info(c, info, "linalg.eigh", self->ndim == 2))
        k.failed = true;
    if (!vectors && !k.failed && results > 1) a = compose_own(&k, call_new(c, tensor_dtype(self), 1, &zero));
    return compose_give_some(&k, results, (struct tensor *[]){values, a});
}

bool linalg_eigh(struct op_call *c) {
    return eigh(c, true, 2);
}
bool linalg_eigh_parts(struct op_call *c) {
    return eigh(c, arg_bool(c, 2), 2);
}
bool linalg_eigvalsh(struct op_call *c) {
    return eigh(c, false, 1);
}
