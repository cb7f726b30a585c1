/* Which way gesdd goes; see svd_matrix.h.
 *
 * gesdd makes a matrix bidiagonal, of a much longer than wide one (or the other way round) only the triangle
 * of its QR (or LQ) factorisation. Where "much" begins decides the signs of singular vectors: LAPACK says
 * 11/6 of the shorter side, the library of PyTorch's wheels 3/2 for tall real matrices and 20 for wide ones.
 * In between the other way is taken here, step by step. For complex matrices both agree. */
#include "ops/linalg/svd_matrix.h"

#include "base/mem.h"
#include <float.h>
#include <math.h>

enum way { WAY_PLAIN, WAY_QR_FIRST, WAY_WIDE };

static enum way choose_way(const struct lapack *l, char job, int64_t m, int64_t n) {
    if (l->is_complex || job == 'N') return WAY_PLAIN;
    if (m > n) return m >= 3 * n / 2 && m < 11 * n / 6 ? WAY_QR_FIRST : WAY_PLAIN;
    return m > 1 && n > m && n >= 11 * m / 6 && n < 20 * m ? WAY_WIDE : WAY_PLAIN;
}

/* Matrices that gesdd scales first, or refuses, are left to it. */
static bool has_plain_size(const struct lapack *l, const void *a, int64_t count) {
    bool single = l->real == sizeof(float);
    double least = sqrt(single ? FLT_MIN : DBL_MIN) / (single ? FLT_EPSILON : DBL_EPSILON), most = 0;
    for (int64_t i = 0; i < count; i++) {
        double x = fabs(single ? (double)((const float *)a)[i] : ((const double *)a)[i]);
        if (!isfinite(x)) return false;
        if (x > most) most = x;
    }
    return most >= least && most <= 1 / least;
}

/* Zeros, and from row and column `first` on ones on the diagonal. */
static void fill_behind(const struct lapack *l, char *t, int64_t rows, int64_t columns, int64_t first) {
    memset(t, 0, (size_t)rows * (size_t)columns * l->item);
    for (int64_t i = first; i < rows && i < columns; i++) {
        char *at = t + (size_t)(i * rows + i) * l->item;
        if (l->real == sizeof(float))
            *(float *)(void *)at = 1;
        else
            *(double *)(void *)at = 1;
    }
}

/* The upper triangle of `a` (m rows) as an n by n matrix. */
static void copy_triangle(const struct lapack *l, const char *a, int64_t m, char *r, int64_t n) {
    memset(r, 0, (size_t)n * (size_t)n * l->item);
    for (int64_t j = 0; j < n; j++)
        memcpy(r + (size_t)(j * n) * l->item, a + (size_t)(j * m) * l->item, (size_t)(j + 1) * l->item);
}

/* scratch: R, its left vectors, and tau. */
static bool qr_first(struct lapack *l, char job, int m, int n, void *a, void *s, void *u, void *vh,
                     char *scratch, int *info) {
    size_t square = (size_t)n * (size_t)n * l->item;
    char *small_u = scratch + square, *tau = small_u + square;
    int columns = job == 'A' ? m : n, no_info;
    if (!lapack_geqrf(l, m, n, a, tau, &no_info)) return false;
    copy_triangle(l, a, m, scratch, n);
    if (!lapack_gesdd(l, 'S', n, n, scratch, s, small_u, vh, info)) return false;
    fill_behind(l, u, m, columns, n);
    for (int64_t j = 0; j < n; j++)
        memcpy((char *)u + (size_t)(j * m) * l->item, small_u + (size_t)(j * n) * l->item,
               (size_t)n * l->item);
    return lapack_ormqr(l, 'L', 'N', m, columns, n, a, m, tau, u, &no_info);
}

bool svd_matrix(struct op_call *c, struct lapack *l, char job, int m, int n, void *a, void *s, void *u,
                void *vh, int *info) {
    enum way way = choose_way(l, job, m, n);
    if (way == WAY_PLAIN || !has_plain_size(l, a, (int64_t)m * n))
        return lapack_gesdd(l, job, m, n, a, s, u, vh, info);
    if (way == WAY_WIDE) {
        int rows = job == 'A' ? n : m;
        fill_behind(l, vh, rows, n, m);
        return lapack_wide_svd(l, m, n, rows, a, s, u, vh, info);
    }
    char *scratch = call_scratch(c, 2 * (size_t)n * (size_t)n + (size_t)n, l->item);
    bool good = scratch && qr_first(l, job, m, n, a, s, u, vh, scratch, info);
    mem_free(scratch);
    return good;
}
