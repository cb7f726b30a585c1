/* vmath.h: elementwise loops over contiguous memory: unary, with parameters, binary, comparisons,
 * conversions.
 *
 * Every function reads whole operands and writes `n` elements; y may be an operand itself (the same address),
 * but must not overlap one otherwise. A binary operand has a step of 1 (an array) or 0 (one number for all).
 * What is strided or broadcast otherwise is brought into these forms row by row by the caller. */
#ifndef KERNELS_VMATH_H
#define KERNELS_VMATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/vmath_ops.h"

typedef void unary_f32_fn(int64_t n, const float *x, float *y);
typedef void unary_f64_fn(int64_t n, const double *x, double *y);
typedef void param_f32_fn(int64_t n, const float *x, float p, float q, float *y);
typedef void param_f64_fn(int64_t n, const double *x, double p, double q, double *y);
typedef void binary_f32_fn(int64_t n, const float *a, int a_step, const float *b, int b_step, float alpha,
                           float *y);
typedef void binary_f64_fn(int64_t n, const double *a, int a_step, const double *b, int b_step, double alpha,
                           double *y);
typedef void compare_f32_fn(int64_t n, const float *a, int a_step, const float *b, int b_step, uint8_t *y);
typedef void compare_f64_fn(int64_t n, const double *a, int a_step, const double *b, int b_step, uint8_t *y);

struct vmath_kernels_f32 {
    unary_f32_fn *unary[UNARY_COUNT];
    param_f32_fn *param[PARAM_COUNT];
    binary_f32_fn *binary[BINARY_COUNT];
    compare_f32_fn *compare[COMPARE_COUNT];
};

struct vmath_kernels_f64 {
    unary_f64_fn *unary[UNARY_COUNT];
    param_f64_fn *param[PARAM_COUNT];
    binary_f64_fn *binary[BINARY_COUNT];
    compare_f64_fn *compare[COMPARE_COUNT];
};

struct mixed_kernels {
    /* y = condition ? a : b; condition bytes are 0 or 1. */
    void (*where_32)(int64_t n, const uint8_t *condition, const void *a, int a_step, const void *b,
                     int b_step, void *y);
    void (*where_64)(int64_t n, const uint8_t *condition, const void *a, int a_step, const void *b,
                     int b_step, void *y);
    /* y = x + value * a * b, and x + value * a / b (torch.addcmul, torch.addcdiv). */
    void (*addcmul_f32)(int64_t n, const float *x, const float *a, const float *b, float value, float *y);
    void (*addcdiv_f32)(int64_t n, const float *x, const float *a, const float *b, float value, float *y);
    /* x + weight * (end - x), from the nearer end (torch.lerp); weight step 0 or 1. */
    void (*lerp_f32)(int64_t n, const float *x, const float *end, const float *weight, int weight_step,
                     float *y);

    /* Conversions. Rounding to bfloat16 and half is to nearest even; NaN stays NaN, with PyTorch's bits for
     * bfloat16 (0x7fc0). */
    void (*bf16_to_f32)(int64_t n, const uint16_t *x, float *y);
    void (*f32_to_bf16)(int64_t n, const float *x, uint16_t *y);
    void (*f16_to_f32)(int64_t n, const uint16_t *x, float *y);
    void (*f32_to_f16)(int64_t n, const float *x, uint16_t *y);
};

#endif
