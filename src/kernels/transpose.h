/* transpose.h: small squares of a matrix transposed in registers, the brick of packing and of copying.
 *
 * transpose_f32 works on TRANSPOSE_F32 x TRANSPOSE_F32 elements, transpose_f64 likewise. 8 x 8 is the best
 * size for float even where registers hold 16 lanes: wider shuffles run on one port. */
#ifndef KERNELS_TRANSPOSE_H
#define KERNELS_TRANSPOSE_H

#include "kernels/vec.h"

#if defined(__AVX2__)
#define TRANSPOSE_F32 8
#define TRANSPOSE_F64 4
typedef float transpose_f8 __attribute__((vector_size(32)));
typedef double transpose_d4 __attribute__((vector_size(32)));

/* rows[r] and rows[r + 4], four columns each, in one register: the two halves meet in the load. */
ALWAYS_INLINE transpose_f8 transpose_pair(const float *low, const float *high) {
    return (transpose_f8)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high),
                                              1);
}

ALWAYS_INLINE void transpose_half(const float *const rows[8], int64_t column, float *out, int64_t out_row) {
    transpose_f8 a = transpose_pair(rows[0] + column, rows[4] + column);
    transpose_f8 b = transpose_pair(rows[1] + column, rows[5] + column);
    transpose_f8 c = transpose_pair(rows[2] + column, rows[6] + column);
    transpose_f8 d = transpose_pair(rows[3] + column, rows[7] + column);
    transpose_f8 ab0 = (transpose_f8)_mm256_unpacklo_ps((__m256)a, (__m256)b);
    transpose_f8 ab1 = (transpose_f8)_mm256_unpackhi_ps((__m256)a, (__m256)b);
    transpose_f8 cd0 = (transpose_f8)_mm256_unpacklo_ps((__m256)c, (__m256)d);
    transpose_f8 cd1 = (transpose_f8)_mm256_unpackhi_ps((__m256)c, (__m256)d);
    _mm256_storeu_ps(out, _mm256_shuffle_ps((__m256)ab0, (__m256)cd0, 0x44));
    _mm256_storeu_ps(out + out_row, _mm256_shuffle_ps((__m256)ab0, (__m256)cd0, 0xee));
    _mm256_storeu_ps(out + 2 * out_row, _mm256_shuffle_ps((__m256)ab1, (__m256)cd1, 0x44));
    _mm256_storeu_ps(out + 3 * out_row, _mm256_shuffle_ps((__m256)ab1, (__m256)cd1, 0xee));
}

/* out[c][r] = rows[r][column + c]; out's rows out_row apart, each written whole (8 floats), in rising order.
 */
ALWAYS_INLINE void transpose_f32(const float *const rows[8], int64_t column, float *out, int64_t out_row) {
    transpose_half(rows, column, out, out_row);
    transpose_half(rows, column + 4, out + 4 * out_row, out_row);
}

ALWAYS_INLINE void transpose_f64(const double *const rows[4], int64_t column, double *out, int64_t out_row) {
    __m256d a = _mm256_loadu_pd(rows[0] + column), b = _mm256_loadu_pd(rows[1] + column);
    __m256d c = _mm256_loadu_pd(rows[2] + column), d = _mm256_loadu_pd(rows[3] + column);
    __m256d ab0 = _mm256_unpacklo_pd(a, b), ab1 = _mm256_unpackhi_pd(a, b);
    __m256d cd0 = _mm256_unpacklo_pd(c, d), cd1 = _mm256_unpackhi_pd(c, d);
    _mm256_storeu_pd(out, _mm256_permute2f128_pd(ab0, cd0, 0x20));
    _mm256_storeu_pd(out + out_row, _mm256_permute2f128_pd(ab1, cd1, 0x20));
    _mm256_storeu_pd(out + 2 * out_row, _mm256_permute2f128_pd(ab0, cd0, 0x31));
    _mm256_storeu_pd(out + 3 * out_row, _mm256_permute2f128_pd(ab1, cd1, 0x31));
}

#else
#define TRANSPOSE_F32 4
#define TRANSPOSE_F64 2

ALWAYS_INLINE void transpose_f32(const float *const rows[4], int64_t column, float *out, int64_t out_row) {
    for (int c = 0; c < 4; c++)
        for (int r = 0; r < 4; r++) out[c * out_row + r] = rows[r][column + c];
}

ALWAYS_INLINE void transpose_f64(const double *const rows[2], int64_t column, double *out, int64_t out_row) {
    for (int c = 0; c < 2; c++)
        for (int r = 0; r < 2; r++) out[c * out_row + r] = rows[r][column + c];
}
#endif

#endif
