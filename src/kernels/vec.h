/* vec.h: vectors of the width of the instruction set this file is compiled for.
 *
 * vf, vd, vi, vl are vectors of float, double, int32 and int64 that fill one register; arithmetic on them is
 * the compiler's own (GNU vector extensions). What the extensions lack or compile badly (fused multiply-add,
 * minimum, selection, rounding, partial loads) is defined here per instruction set under one name: vf_* for
 * float, vd_* for double. Masks have their own types (vfm, vdm), registers of bits on AVX-512.
 * Loops over data live in the other files. */
#ifndef KERNELS_VEC_H
#define KERNELS_VEC_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/isa.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define VEC_BYTES 64
#elif defined(__AVX2__)
#include <immintrin.h>
#define VEC_BYTES 32
#elif defined(__SSE2__)
#include <emmintrin.h>
#define VEC_BYTES 16
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define VEC_BYTES 16
#else
#define VEC_BYTES 16
#endif

#define VF_LANES (VEC_BYTES / 4)
#define VD_LANES (VEC_BYTES / 8)

typedef float vf __attribute__((vector_size(VEC_BYTES)));
typedef double vd __attribute__((vector_size(VEC_BYTES)));
typedef int32_t vi __attribute__((vector_size(VEC_BYTES)));
typedef uint32_t vu __attribute__((vector_size(VEC_BYTES)));
typedef int64_t vl __attribute__((vector_size(VEC_BYTES)));
typedef uint64_t vul __attribute__((vector_size(VEC_BYTES)));
typedef float vf_half __attribute__((vector_size(VEC_BYTES / 2)));
typedef int32_t vi_half __attribute__((vector_size(VEC_BYTES / 2)));

/* Below is a table in all but name, one line a function. */
/* clang-format off */

/* The same, at any address and over memory of any type. */
typedef float vf_mem __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));
typedef double vd_mem __attribute__((vector_size(VEC_BYTES), aligned(8), may_alias));
typedef int32_t vi_mem __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));
typedef int64_t vl_mem __attribute__((vector_size(VEC_BYTES), aligned(8), may_alias));

ALWAYS_INLINE vf vf_load(const float *p) { return *(const vf_mem *)p; }
ALWAYS_INLINE vd vd_load(const double *p) { return *(const vd_mem *)p; }
ALWAYS_INLINE void vf_store(float *p, vf x) { *(vf_mem *)p = x; }
ALWAYS_INLINE void vd_store(double *p, vd x) { *(vd_mem *)p = x; }

#if defined(__AVX512F__)

typedef __mmask16 vfm;
typedef __mmask8 vdm;

ALWAYS_INLINE vf vf_set1(float x) { return (vf)_mm512_set1_ps(x); }
ALWAYS_INLINE vd vd_set1(double x) { return (vd)_mm512_set1_pd(x); }
ALWAYS_INLINE vi vi_set1(int32_t x) { return (vi)_mm512_set1_epi32(x); }
ALWAYS_INLINE vl vl_set1(int64_t x) { return (vl)_mm512_set1_epi64(x); }
ALWAYS_INLINE vf vf_fma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
ALWAYS_INLINE vd vd_fma(vd a, vd b, vd c) { return (vd)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
ALWAYS_INLINE vf vf_fnma(vf a, vf b, vf c) { return (vf)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c); }
ALWAYS_INLINE vd vd_fnma(vd a, vd b, vd c) { return (vd)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
ALWAYS_INLINE vf vf_min(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
ALWAYS_INLINE vf vf_max(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
ALWAYS_INLINE vd vd_min(vd a, vd b) { return (vd)_mm512_min_pd((__m512d)a, (__m512d)b); }
ALWAYS_INLINE vd vd_max(vd a, vd b) { return (vd)_mm512_max_pd((__m512d)a, (__m512d)b); }
ALWAYS_INLINE vf vf_sqrt(vf x) { return (vf)_mm512_sqrt_ps((__m512)x); }
ALWAYS_INLINE vd vd_sqrt(vd x) { return (vd)_mm512_sqrt_pd((__m512d)x); }
ALWAYS_INLINE vf vf_round(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 8); }
ALWAYS_INLINE vd vd_round(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 8); }
ALWAYS_INLINE vf vf_floor(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 9); }
ALWAYS_INLINE vd vd_floor(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 9); }
ALWAYS_INLINE vf vf_ceil(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 10); }
ALWAYS_INLINE vd vd_ceil(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 10); }
ALWAYS_INLINE vf vf_trunc(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 11); }
ALWAYS_INLINE vd vd_trunc(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 11); }
ALWAYS_INLINE vf vf_scale(vf x, vf n) { return (vf)_mm512_scalef_ps((__m512)x, (__m512)n); }
ALWAYS_INLINE vd vd_scale(vd x, vd n) { return (vd)_mm512_scalef_pd((__m512d)x, (__m512d)n); }

ALWAYS_INLINE vfm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ); }
ALWAYS_INLINE vfm vf_le(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LE_OQ); }
ALWAYS_INLINE vfm vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
ALWAYS_INLINE vfm vf_ne(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_NEQ_UQ); }
ALWAYS_INLINE vdm vd_lt(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ); }
ALWAYS_INLINE vdm vd_le(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LE_OQ); }
ALWAYS_INLINE vdm vd_eq(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ); }
ALWAYS_INLINE vdm vd_ne(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NEQ_UQ); }
ALWAYS_INLINE vf vf_select(vfm m, vf a, vf b) { return (vf)_mm512_mask_blend_ps(m, (__m512)b, (__m512)a); }
ALWAYS_INLINE vd vd_select(vdm m, vd a, vd b) { return (vd)_mm512_mask_blend_pd(m, (__m512d)b, (__m512d)a); }
ALWAYS_INLINE vi vi_select(vfm m, vi a, vi b) { return (vi)_mm512_mask_blend_epi32(m, (__m512i)b, (__m512i)a); }
ALWAYS_INLINE vl vl_select(vdm m, vl a, vl b) { return (vl)_mm512_mask_blend_epi64(m, (__m512i)b, (__m512i)a); }
ALWAYS_INLINE vfm vi_lt(vi a, vi b) { return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b); }
ALWAYS_INLINE vfm vfm_and(vfm a, vfm b) { return (vfm)(a & b); }
ALWAYS_INLINE vfm vfm_or(vfm a, vfm b) { return (vfm)(a | b); }
ALWAYS_INLINE vfm vfm_not(vfm a) { return (vfm)~a; }
ALWAYS_INLINE vdm vdm_and(vdm a, vdm b) { return (vdm)(a & b); }
ALWAYS_INLINE vdm vdm_or(vdm a, vdm b) { return (vdm)(a | b); }
ALWAYS_INLINE vdm vdm_not(vdm a) { return (vdm)~a; }
ALWAYS_INLINE int vfm_any(vfm a) { return a != 0; }
ALWAYS_INLINE int vdm_any(vdm a) { return a != 0; }
/* One bit a lane, lowest lane first. */
ALWAYS_INLINE unsigned vfm_bits(vfm a) { return a; }
ALWAYS_INLINE unsigned vdm_bits(vdm a) { return a; }

/* Lanes from (included) to end (not included). */
ALWAYS_INLINE vfm vfm_range(int64_t from, int64_t end) {
    return (vfm)(((1u << end) - 1) & ~((1u << from) - 1));
}
/* Lanes outside the mask are not read and give 0; they are not written. */
ALWAYS_INLINE vf vf_load_mask(const float *p, vfm m) { return (vf)_mm512_maskz_loadu_ps(m, p); }
ALWAYS_INLINE void vf_store_mask(float *p, vf x, vfm m) { _mm512_mask_storeu_ps(p, m, (__m512)x); }

ALWAYS_INLINE vf vf_load_n(const float *p, int64_t n) {
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
ALWAYS_INLINE vd vd_load_n(const double *p, int64_t n) {
    return (vd)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
ALWAYS_INLINE void vf_store_n(float *p, vf x, int64_t n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)x);
}
ALWAYS_INLINE void vd_store_n(double *p, vd x, int64_t n) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)x);
}

#else

#if defined(__AVX2__)

ALWAYS_INLINE vf vf_set1(float x) { return (vf)_mm256_set1_ps(x); }
ALWAYS_INLINE vd vd_set1(double x) { return (vd)_mm256_set1_pd(x); }
ALWAYS_INLINE vi vi_set1(int32_t x) { return (vi)_mm256_set1_epi32(x); }
ALWAYS_INLINE vl vl_set1(int64_t x) { return (vl)_mm256_set1_epi64x(x); }
ALWAYS_INLINE vf vf_fma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
ALWAYS_INLINE vd vd_fma(vd a, vd b, vd c) { return (vd)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
ALWAYS_INLINE vf vf_fnma(vf a, vf b, vf c) { return (vf)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c); }
ALWAYS_INLINE vd vd_fnma(vd a, vd b, vd c) { return (vd)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
ALWAYS_INLINE vf vf_min(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
ALWAYS_INLINE vf vf_max(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
ALWAYS_INLINE vd vd_min(vd a, vd b) { return (vd)_mm256_min_pd((__m256d)a, (__m256d)b); }
ALWAYS_INLINE vd vd_max(vd a, vd b) { return (vd)_mm256_max_pd((__m256d)a, (__m256d)b); }
ALWAYS_INLINE vf vf_sqrt(vf x) { return (vf)_mm256_sqrt_ps((__m256)x); }
ALWAYS_INLINE vd vd_sqrt(vd x) { return (vd)_mm256_sqrt_pd((__m256d)x); }
ALWAYS_INLINE vf vf_round(vf x) { return (vf)_mm256_round_ps((__m256)x, 8); }
ALWAYS_INLINE vd vd_round(vd x) { return (vd)_mm256_round_pd((__m256d)x, 8); }
ALWAYS_INLINE vf vf_floor(vf x) { return (vf)_mm256_round_ps((__m256)x, 9); }
ALWAYS_INLINE vd vd_floor(vd x) { return (vd)_mm256_round_pd((__m256d)x, 9); }
ALWAYS_INLINE vf vf_ceil(vf x) { return (vf)_mm256_round_ps((__m256)x, 10); }
ALWAYS_INLINE vd vd_ceil(vd x) { return (vd)_mm256_round_pd((__m256d)x, 10); }
ALWAYS_INLINE vf vf_trunc(vf x) { return (vf)_mm256_round_ps((__m256)x, 11); }
ALWAYS_INLINE vd vd_trunc(vd x) { return (vd)_mm256_round_pd((__m256d)x, 11); }
ALWAYS_INLINE vf vf_select(vi m, vf a, vf b) { return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)m); }
ALWAYS_INLINE vd vd_select(vl m, vd a, vd b) { return (vd)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)m); }
ALWAYS_INLINE unsigned vfm_bits(vi a) { return (unsigned)_mm256_movemask_ps((__m256)a); }
ALWAYS_INLINE unsigned vdm_bits(vl a) { return (unsigned)_mm256_movemask_pd((__m256d)a); }

#else /* 128 bits: the compiler's vectors, with a few single instructions where the set has them */

ALWAYS_INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
ALWAYS_INLINE vd vd_set1(double x) { return (vd){x, x}; }
ALWAYS_INLINE vi vi_set1(int32_t x) { return (vi){x, x, x, x}; }
ALWAYS_INLINE vl vl_set1(int64_t x) { return (vl){x, x}; }
ALWAYS_INLINE vf vf_select(vi m, vf a, vf b) { return (vf)(((vi)a & m) | ((vi)b & ~m)); }
ALWAYS_INLINE vd vd_select(vl m, vd a, vd b) { return (vd)(((vl)a & m) | ((vl)b & ~m)); }

#if defined(__ARM_NEON) && defined(__aarch64__)
ALWAYS_INLINE vf vf_fma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
ALWAYS_INLINE vd vd_fma(vd a, vd b, vd c) { return (vd)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
ALWAYS_INLINE vf vf_fnma(vf a, vf b, vf c) { return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
ALWAYS_INLINE vd vd_fnma(vd a, vd b, vd c) { return (vd)vfmsq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
ALWAYS_INLINE vf vf_sqrt(vf x) { return (vf)vsqrtq_f32((float32x4_t)x); }
ALWAYS_INLINE vd vd_sqrt(vd x) { return (vd)vsqrtq_f64((float64x2_t)x); }
ALWAYS_INLINE vf vf_round(vf x) { return (vf)vrndnq_f32((float32x4_t)x); }
ALWAYS_INLINE vd vd_round(vd x) { return (vd)vrndnq_f64((float64x2_t)x); }
ALWAYS_INLINE vf vf_floor(vf x) { return (vf)vrndmq_f32((float32x4_t)x); }
ALWAYS_INLINE vd vd_floor(vd x) { return (vd)vrndmq_f64((float64x2_t)x); }
ALWAYS_INLINE vf vf_ceil(vf x) { return (vf)vrndpq_f32((float32x4_t)x); }
ALWAYS_INLINE vd vd_ceil(vd x) { return (vd)vrndpq_f64((float64x2_t)x); }
ALWAYS_INLINE vf vf_trunc(vf x) { return (vf)vrndq_f32((float32x4_t)x); }
ALWAYS_INLINE vd vd_trunc(vd x) { return (vd)vrndq_f64((float64x2_t)x); }
#else
/* Not fused: a machine of this set has no instruction for it, and libm's fmaf is a hundred times slower. */
ALWAYS_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
ALWAYS_INLINE vd vd_fma(vd a, vd b, vd c) { return a * b + c; }
ALWAYS_INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
ALWAYS_INLINE vd vd_fnma(vd a, vd b, vd c) { return c - a * b; }
#define VEC_UNFUSED 1
#define VEC_LANEWISE(name, vector, lanes, function)                                                          \
    ALWAYS_INLINE vector name(vector x) {                                                                    \
        for (int i = 0; i < lanes; i++)                                                                      \
            x[i] = function(x[i]);                                                                           \
        return x;                                                                                            \
    }
#if defined(__SSE2__)
ALWAYS_INLINE vf vf_sqrt(vf x) { return (vf)_mm_sqrt_ps((__m128)x); }
ALWAYS_INLINE vd vd_sqrt(vd x) { return (vd)_mm_sqrt_pd((__m128d)x); }
#else
VEC_LANEWISE(vf_sqrt, vf, 4, sqrtf)
VEC_LANEWISE(vd_sqrt, vd, 2, sqrt)
#endif
/* Adding and taking away 2^23 rounds to even, once the size is below it; the sign (of zero too) is put back. */
ALWAYS_INLINE vf vf_round(vf x) {
    vi sign = (vi)x & vi_set1(INT32_MIN);
    vf size = (vf)((vi)x & vi_set1(INT32_MAX));
    vf whole = (size + 8388608.0f) - 8388608.0f;
    return vf_select(size < 8388608.0f, (vf)((vi)whole | sign), x);
}
ALWAYS_INLINE vd vd_round(vd x) {
    vl sign = (vl)x & vl_set1(INT64_MIN);
    vd size = (vd)((vl)x & vl_set1(INT64_MAX));
    vd whole = (size + 4503599627370496.0) - 4503599627370496.0;
    return vd_select(size < 4503599627370496.0, (vd)((vl)whole | sign), x);
}
VEC_LANEWISE(vf_floor, vf, 4, floorf)
VEC_LANEWISE(vd_floor, vd, 2, floor)
VEC_LANEWISE(vf_ceil, vf, 4, ceilf)
VEC_LANEWISE(vd_ceil, vd, 2, ceil)
VEC_LANEWISE(vf_trunc, vf, 4, truncf)
VEC_LANEWISE(vd_trunc, vd, 2, trunc)
#endif

#if defined(__SSE2__)
ALWAYS_INLINE vf vf_min(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
ALWAYS_INLINE vf vf_max(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
ALWAYS_INLINE vd vd_min(vd a, vd b) { return (vd)_mm_min_pd((__m128d)a, (__m128d)b); }
ALWAYS_INLINE vd vd_max(vd a, vd b) { return (vd)_mm_max_pd((__m128d)a, (__m128d)b); }
#else
/* The second operand where either is NaN, as minps and maxps have it. */
ALWAYS_INLINE vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
ALWAYS_INLINE vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }
ALWAYS_INLINE vd vd_min(vd a, vd b) { return vd_select(a < b, a, b); }
ALWAYS_INLINE vd vd_max(vd a, vd b) { return vd_select(a > b, a, b); }
#endif
#define VEC_BITS_BY_LANE 1

#endif

typedef vi vfm;
typedef vl vdm;

ALWAYS_INLINE vfm vf_lt(vf a, vf b) { return a < b; }
ALWAYS_INLINE vfm vf_le(vf a, vf b) { return a <= b; }
ALWAYS_INLINE vfm vf_eq(vf a, vf b) { return a == b; }
ALWAYS_INLINE vfm vf_ne(vf a, vf b) { return a != b; }
ALWAYS_INLINE vdm vd_lt(vd a, vd b) { return a < b; }
ALWAYS_INLINE vdm vd_le(vd a, vd b) { return a <= b; }
ALWAYS_INLINE vdm vd_eq(vd a, vd b) { return a == b; }
ALWAYS_INLINE vdm vd_ne(vd a, vd b) { return a != b; }
ALWAYS_INLINE vfm vi_lt(vi a, vi b) { return a < b; }
ALWAYS_INLINE vi vi_select(vfm m, vi a, vi b) { return (a & m) | (b & ~m); }
ALWAYS_INLINE vl vl_select(vdm m, vl a, vl b) { return (a & m) | (b & ~m); }
ALWAYS_INLINE vfm vfm_and(vfm a, vfm b) { return a & b; }
ALWAYS_INLINE vfm vfm_or(vfm a, vfm b) { return a | b; }
ALWAYS_INLINE vfm vfm_not(vfm a) { return ~a; }
ALWAYS_INLINE vdm vdm_and(vdm a, vdm b) { return a & b; }
ALWAYS_INLINE vdm vdm_or(vdm a, vdm b) { return a | b; }
ALWAYS_INLINE vdm vdm_not(vdm a) { return ~a; }

#ifdef VEC_BITS_BY_LANE
ALWAYS_INLINE unsigned vfm_bits(vfm a) {
    return (unsigned)((a[0] & 1) | (a[1] & 2) | (a[2] & 4) | (a[3] & 8));
}
ALWAYS_INLINE unsigned vdm_bits(vdm a) { return (unsigned)((a[0] & 1) | (a[1] & 2)); }
#endif
ALWAYS_INLINE int vfm_any(vfm a) { return vfm_bits(a) != 0; }
ALWAYS_INLINE int vdm_any(vdm a) { return vdm_bits(a) != 0; }

/* x * 2^n, n whole, between -300 and 300: in two factors, so that results below the normal range round once. */
ALWAYS_INLINE vf vf_scale(vf x, vf n) {
    vi whole = __builtin_convertvector(n, vi);
    vi half = whole >> 1;
    vf first = (vf)((half + 127) << 23);
    vf second = (vf)((whole - half + 127) << 23);
    return x * first * second;
}

ALWAYS_INLINE vfm vfm_range(int64_t from, int64_t end) {
    vi lane;
    for (int i = 0; i < VF_LANES; i++)
        lane[i] = i;
    return (lane >= vi_set1((int32_t)from)) & (lane < vi_set1((int32_t)end));
}

#if defined(__AVX2__)
ALWAYS_INLINE vf vf_load_mask(const float *p, vfm m) { return (vf)_mm256_maskload_ps(p, (__m256i)m); }
ALWAYS_INLINE void vf_store_mask(float *p, vf x, vfm m) { _mm256_maskstore_ps(p, (__m256i)m, (__m256)x); }
ALWAYS_INLINE vf vf_load_n(const float *p, int64_t n) { return vf_load_mask(p, vfm_range(0, n)); }
ALWAYS_INLINE void vf_store_n(float *p, vf x, int64_t n) { vf_store_mask(p, x, vfm_range(0, n)); }
#else
ALWAYS_INLINE vf vf_load_mask(const float *p, vfm m) {
    vf x = {0};
    for (int i = 0; i < VF_LANES; i++)
        if (m[i])
            x[i] = p[i];
    return x;
}
ALWAYS_INLINE void vf_store_mask(float *p, vf x, vfm m) {
    for (int i = 0; i < VF_LANES; i++)
        if (m[i])
            p[i] = x[i];
}
ALWAYS_INLINE vf vf_load_n(const float *p, int64_t n) {
    vf x = {0};
    memcpy(&x, p, (size_t)n * sizeof(float));
    return x;
}
ALWAYS_INLINE void vf_store_n(float *p, vf x, int64_t n) { memcpy(p, &x, (size_t)n * sizeof(float)); }
#endif
ALWAYS_INLINE vd vd_load_n(const double *p, int64_t n) {
    vd x = {0};
    memcpy(&x, p, (size_t)n * sizeof(double));
    return x;
}
ALWAYS_INLINE void vd_store_n(double *p, vd x, int64_t n) { memcpy(p, &x, (size_t)n * sizeof(double)); }

#endif

#if !defined(__AVX512F__)
/* x * 2^n for double, n whole, between -2200 and 2200. */
ALWAYS_INLINE vd vd_scale(vd x, vd n) {
    vl whole = __builtin_convertvector(n, vl);
    vl half = whole >> 1;
    vd first = (vd)((half + 1023) << 52);
    vd second = (vd)((whole - half + 1023) << 52);
    return x * first * second;
}
#endif

ALWAYS_INLINE vf vf_abs(vf x) { return (vf)((vi)x & vi_set1(INT32_MAX)); }
ALWAYS_INLINE vd vd_abs(vd x) { return (vd)((vl)x & vl_set1(INT64_MAX)); }
/* The size of x with the sign of s. */
ALWAYS_INLINE vf vf_copysign(vf x, vf s) {
    return (vf)(((vi)x & vi_set1(INT32_MAX)) | ((vi)s & vi_set1(INT32_MIN)));
}
ALWAYS_INLINE vd vd_copysign(vd x, vd s) {
    return (vd)(((vl)x & vl_set1(INT64_MAX)) | ((vl)s & vl_set1(INT64_MIN)));
}

/* Every second float of the two vectors a, b. */
ALWAYS_INLINE vf vf_even(vf a, vf b) {
#if VF_LANES == 16
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif VF_LANES == 8
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#endif
}

/* The lower and the upper half of a float vector, widened; and back. */
ALWAYS_INLINE vd vd_from_low(vf x) {
    vf_half h;
    memcpy(&h, &x, sizeof h);
    return __builtin_convertvector(h, vd);
}
ALWAYS_INLINE vd vd_from_high(vf x) {
    vf_half h;
    memcpy(&h, (const char *)&x + sizeof h, sizeof h);
    return __builtin_convertvector(h, vd);
}
ALWAYS_INLINE vf vf_from_vd(vd low, vd high) {
    vf_half a = __builtin_convertvector(low, vf_half), b = __builtin_convertvector(high, vf_half);
    vf x;
    memcpy(&x, &a, sizeof a);
    memcpy((char *)&x + sizeof a, &b, sizeof b);
    return x;
}

/* All lanes joined by `join`, in pairs: each step joins x with itself turned by half of what is left. */
typedef vf vf_join_fn(vf, vf);
typedef vd vd_join_fn(vd, vd);
ALWAYS_INLINE float vf_reduce(vf x, vf_join_fn *join) {
#if VF_LANES == 16
    x = join(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    x = join(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
    x = join(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    x = join(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif VF_LANES == 8
    x = join(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
    x = join(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
    x = join(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#else
    x = join(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
    x = join(x, __builtin_shufflevector(x, x, 1, 0, 3, 2));
#endif
    return x[0];
}
ALWAYS_INLINE double vd_reduce(vd x, vd_join_fn *join) {
#if VD_LANES == 8
    x = join(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
    x = join(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
    x = join(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#elif VD_LANES == 4
    x = join(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
    x = join(x, __builtin_shufflevector(x, x, 1, 0, 3, 2));
#else
    x = join(x, __builtin_shufflevector(x, x, 1, 0));
#endif
    return x[0];
}
ALWAYS_INLINE vf vf_add(vf a, vf b) { return a + b; }
ALWAYS_INLINE vd vd_add(vd a, vd b) { return a + b; }
ALWAYS_INLINE float vf_sum(vf x) { return vf_reduce(x, vf_add); }
ALWAYS_INLINE double vd_sum(vd x) { return vd_reduce(x, vd_add); }

/* max(x, 0) as PyTorch has it: NaN stays, and so does -0 (a mask of x > 0 would turn both into +0). */
ALWAYS_INLINE vf vf_relu(vf x) { return vf_max((vf){0}, x); }
ALWAYS_INLINE vd vd_relu(vd x) { return vd_max((vd){0}, x); }

/* clang-format on */

#endif
