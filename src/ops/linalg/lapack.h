/* The only room that knows LAPACK: its library, its names, its Fortran calls.
 *
 * The library is found when linkboy is built (CMakeLists.txt, LINKBOY_LAPACK) and loaded at the first call of
 * an operator that needs it (docs/DEPENDENCIES.md says why). One function here is one routine for all four
 * types: Fortran passes everything by reference, so a matrix is a void pointer and the type is the context's.
 * Matrices are column-major without gaps: the leading dimension is the number of rows. Workspaces are asked
 * for, made and kept by the context, so that a batch of equal matrices allocates once.
 *
 * `info` is LAPACK's own: 0 good, positive for a matrix that defeated the routine, negative for an argument
 * it will not have. A function returns false only for memory. */
#ifndef LINKBOY_OPS_LINALG_LAPACK_H
#define LINKBOY_OPS_LINALG_LAPACK_H
#include "ops/common/args.h"

enum { LAPACK_SPACES = 3 }; /* elements, reals, integers */

struct lapack {
    lb_error *err;
    int type; /* 0 float, 1 double, 2 complex float, 3 complex double */
    bool is_complex;
    size_t item, real; /* bytes of an element, and of its real part */
    void *const *routines;
    struct {
        void *data;
        size_t bytes;
    } space[LAPACK_SPACES];
};

/* For tensors of dtype `d`; refuses other dtypes in the words of `kernel` (PyTorch's name), and with one line
 * that names `op` where there is no LAPACK. Every opened context is closed. */
bool lapack_open(struct op_call *c, const char *op, const char *kernel, enum dtype d, struct lapack *l);
void lapack_close(struct lapack *l);

/* Letters are LAPACK's: uplo 'U' or 'L', trans 'N', 'T' or 'C', side 'L' or 'R', diag 'N' or 'U'. */
bool lapack_potrf(struct lapack *l, char uplo, int n, void *a, int *info);
bool lapack_potri(struct lapack *l, char uplo, int n, void *a, int *info);
bool lapack_potrs(struct lapack *l, char uplo, int n, int columns, void *a, void *b, int *info);
bool lapack_getrf(struct lapack *l, int m, int n, void *a, int *pivots, int *info);
bool lapack_getrs(struct lapack *l, char trans, int n, int columns, void *a, int *pivots, void *b, int *info);
bool lapack_trsm(struct lapack *l, char side, char uplo, char trans, char diag, int m, int n, void *a,
                 void *b);
bool lapack_geqrf(struct lapack *l, int m, int n, void *a, void *tau, int *info);
/* orgqr and ungqr; ormqr and unmqr, where 'T' means the conjugate transpose. `rows` is a's. */
bool lapack_orgqr(struct lapack *l, int m, int n, int k, void *a, void *tau, int *info);
bool lapack_ormqr(struct lapack *l, char side, char trans, int m, int n, int k, void *a, int rows, void *tau,
                  void *b, int *info);
/* syevd and heevd: a becomes the vectors when `vectors`. */
bool lapack_syevd(struct lapack *l, bool vectors, char uplo, int n, void *a, void *values, int *info);
/* Values: complex, or n real parts and then n imaginary ones; vectors may be NULL. */
bool lapack_geev(struct lapack *l, int n, void *a, void *values, void *vectors, int *info);
/* sytrd and hetrd: `d` and `e` get the diagonals; ormtr multiplies b (n by n) by what took `a` there. */
bool lapack_sytrd(struct lapack *l, char uplo, int n, void *a, void *d, void *e, void *tau, int *info);
bool lapack_ormtr(struct lapack *l, char uplo, int n, void *a, void *tau, void *b, int *info);
/* geev of reals but for its last step: the vectors have any length, and pairs any phase. */
bool lapack_geev_steps(struct lapack *l, int n, void *a, void *values, void *vectors, int *info);
/* job 'A' all of u and vh, 'S' the first min(m, n), 'N' none. */
bool lapack_gesdd(struct lapack *l, char job, int m, int n, void *a, void *s, void *u, void *vh, int *info);
/* The singular values of a real matrix with m <= n straight from its bidiagonal form. `vh` has `right_rows`
 * rows, m or n, and holds zeros, but ones on the diagonal behind row m. */
bool lapack_wide_svd(struct lapack *l, int m, int n, int right_rows, void *a, void *s, void *u, void *vh,
                     int *info);
/* sytrf, or hetrf for complex ones when `hermitian`; the lower triangle. */
bool lapack_sytrf(struct lapack *l, bool hermitian, int n, void *a, int *pivots, int *info);
bool lapack_sytrs(struct lapack *l, bool hermitian, int n, int columns, void *a, int *pivots, void *b,
                  int *info);

/* Least squares by any of the four drivers; b has max(m, n) rows. */
struct least_squares {
    char driver; /* 'q': gels, 'y': gelsy, 'd': gelsd, 's': gelss */
    int m, n, columns;
    double rcond;
};
bool lapack_lstsq(struct lapack *l, const struct least_squares *ls, void *a, void *b, void *s, int *rank,
                  int *info);
#endif
