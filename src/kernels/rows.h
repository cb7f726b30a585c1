/* rows.h: functions of whole rows: softmax, normalisation, reductions, greatest and least elements.
 *
 * A tensor is seen as [outer][n][inner], contiguous, and the middle axis is the one that is reduced; inner ==
 * 1 is the case of contiguous rows. Ranges of outer may be divided among workers by moving the pointers. Sums
 * are taken in blocks whose results are added in pairs, so that their error hardly grows with n. */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MAX and MIN are NaN where any element is. */
#define REDUCE_OPS(X) \
    X(sum, SUM) X(sum_abs, SUM_ABS) X(sum_squares, SUM_SQUARES) X(prod, PROD) X(max, MAX) X(min, MIN)

#define REDUCE_CONSTANT(lower, upper) REDUCE_##upper,
enum reduce_op { REDUCE_OPS(REDUCE_CONSTANT) REDUCE_COUNT };
#undef REDUCE_CONSTANT

struct rows_kernels_f32 {
    /* y[outer][inner] from x[outer][n][inner]. n == 0 gives 0 for sums, 1 for the product, -+inf for MAX and
     * MIN. */
    void (*reduce[REDUCE_COUNT])(int64_t outer, int64_t n, int64_t inner, const float *x, float *y);
    /* The greatest (least) element and where it is, the first of equal ones; a NaN is both, and the first NaN
     * is found. values may be null. n > 0. */
    void (*argmax)(int64_t outer, int64_t n, int64_t inner, const float *x, float *values, int64_t *indices);
    void (*argmin)(int64_t outer, int64_t n, int64_t inner, const float *x, float *values, int64_t *indices);
    /* y may be x. */
    void (*softmax)(int64_t outer, int64_t n, int64_t inner, const float *x, float *y);
    void (*log_softmax)(int64_t outer, int64_t n, int64_t inner, const float *x, float *y);
    /* y[outer][inner] = log of the sum of exp(x); n > 0. */
    void (*logsumexp)(int64_t outer, int64_t n, int64_t inner, const float *x, float *y);
    /* y = (x - mean) / sqrt(variance + eps) * weight + bias over rows of n; weight, bias [n] or null; mean
     * and rstd [rows], what was used, or null. */
    void (*layer_norm)(int64_t rows, int64_t n, const float *x, const float *weight, const float *bias,
                       float eps, float *y, float *mean, float *rstd);
    /* Mean and sum of squared distances from it, of n contiguous elements; two passes. */
    void (*moments)(int64_t n, const float *x, float *mean, float *squares);
    /* y[outer][c][inner] = x * scale[c] + shift[c], and not below 0 if relu. */
    void (*scale_shift)(int64_t outer, int64_t channels, int64_t inner, const float *x, const float *scale,
                        const float *shift, bool relu, float *y);
};

struct rows_kernels_f64 {
    void (*reduce[REDUCE_COUNT])(int64_t outer, int64_t n, int64_t inner, const double *x, double *y);
    void (*argmax)(int64_t outer, int64_t n, int64_t inner, const double *x, double *values,
                   int64_t *indices);
    void (*argmin)(int64_t outer, int64_t n, int64_t inner, const double *x, double *values,
                   int64_t *indices);
    void (*softmax)(int64_t outer, int64_t n, int64_t inner, const double *x, double *y);
    void (*log_softmax)(int64_t outer, int64_t n, int64_t inner, const double *x, double *y);
    void (*logsumexp)(int64_t outer, int64_t n, int64_t inner, const double *x, double *y);
    void (*layer_norm)(int64_t rows, int64_t n, const double *x, const double *weight, const double *bias,
                       double eps, double *y, double *mean, double *rstd);
    void (*moments)(int64_t n, const double *x, double *mean, double *squares);
    void (*scale_shift)(int64_t outer, int64_t channels, int64_t inner, const double *x, const double *scale,
                        const double *shift, bool relu, double *y);
};

#endif
