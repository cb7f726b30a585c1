/* Eigenvectors of symmetric tridiagonal matrices, for small ones (eigen.c says why LAPACK is not asked). */
#ifndef LINKBOY_OPS_LINALG_TRIDIAGONAL_H
#define LINKBOY_OPS_LINALG_TRIDIAGONAL_H

/* `d` (n) and `e` (n - 1) are the diagonals; `d` becomes the values in ascending order. `z` (n by n,
 * column-major) becomes the vectors. Returns 0, or how many of `e` did not vanish in 30 n sweeps. */
int tridiagonal_float(int n, float *d, float *e, float *z);
int tridiagonal_double(int n, double *d, double *e, double *z);
#endif
