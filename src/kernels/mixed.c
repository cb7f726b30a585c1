/* mixed.c: elementwise loops that belong to no family: selection, the ternary ones, conversions of short
 * floats. */
#include "kernels/kernels_isa.h"
#include "kernels/vec.h"

/* Plain loops over words, which the compiler vectorises: selection moves bits, whatever they mean. */
static void where_32(int64_t n, const uint8_t *condition, const void *a, int a_step, const void *b,
                     int b_step, void *y) {
    const uint32_t *first = a, *second = b;
    uint32_t *out = y;
    if (a_step && b_step)
        for (int64_t i = 0; i < n; i++) out[i] = condition[i] ? first[i] : second[i];
    else
        for (int64_t i = 0; i < n; i++) out[i] = condition[i] ? first[i * a_step] : second[i * b_step];
}

static void where_64(int64_t n, const uint8_t *condition, const void *a, int a_step, const void *b,
                     int b_step, void *y) {
    const uint64_t *first = a, *second = b;
    uint64_t *out = y;
    for (int64_t i = 0; i < n; i++) out[i] = condition[i] ? first[i * a_step] : second[i * b_step];
}

#define TERNARY_LOOP(name, expression)                                                                   \
    static void name(int64_t n, const float *x, const float *a, const float *b, float value, float *y) { \
        for (int64_t i = 0; i < n; i++) y[i] = expression;                                               \
    }

TERNARY_LOOP(addcmul_f32, x[i] + value * a[i] * b[i])
TERNARY_LOOP(addcdiv_f32, x[i] + value * a[i] / b[i])

/* aten/src/ATen/native/Lerp.h: from the end when the weight is half or more, so that 1 gives the end exactly.
 */
static void lerp_f32(int64_t n, const float *x, const float *end, const float *weight, int weight_step,
                     float *y) {
    for (int64_t i = 0; i < n; i++) {
        float w = weight[i * weight_step], distance = end[i] - x[i];
        y[i] = fabsf(w) < 0.5f ? x[i] + w * distance : end[i] - distance * (1 - w);
    }
}

static void bf16_to_f32(int64_t n, const uint16_t *x, float *y) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}

static void f32_to_bf16(int64_t n, const float *x, uint16_t *y) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        y[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
    }
}

/* The exponent is moved by a multiplication, which also makes what is below the normal range right. */
static float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, bits = (uint32_t)(h & 0x7fff) << 13;
    float x, scale = 0x1p112f;
    memcpy(&x, &bits, sizeof x);
    x *= scale;
    memcpy(&bits, &x, sizeof x);
    bits |= (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    bits |= sign;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void f16_to_f32(int64_t n, const uint16_t *x, float *y) {
    int64_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(x + i))));
#endif
    for (; i < n; i++) y[i] = half_to_float(x[i]);
}

/* Adding a power of two chosen by the size lets the float adder round to half's digits. */
static uint16_t float_to_half(float x) {
    uint32_t bits, sum_bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (size >= 0x477ff000) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (size < 0x38800000) { /* below the normal range of half: steps of 2^-24 */
        float sum;
        memcpy(&sum, &size, sizeof sum);
        sum += 0.5f;
        memcpy(&sum_bits, &sum, sizeof sum_bits);
        return (uint16_t)(sign | (sum_bits - 0x3f000000));
    }
    return (uint16_t)(sign | ((size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13));
}

static void f32_to_f16(int64_t n, const float *x, uint16_t *y) {
    int64_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8) {
        __m256 lanes = _mm256_loadu_ps(x + i);
        if (_mm256_movemask_ps(_mm256_cmp_ps(lanes, lanes, _CMP_UNORD_Q)))
            for (int j = 0; j < 8; j++) y[i + j] = float_to_half(x[i + j]);
        else
            _mm_storeu_si128((__m128i *)(void *)(y + i), _mm256_cvtps_ph(lanes, 0));
    }
#endif
    for (; i < n; i++) y[i] = float_to_half(x[i]);
}

const struct mixed_kernels ISA(mixed_kernels) = {
    .where_32 = where_32,
    .where_64 = where_64,
    .addcmul_f32 = addcmul_f32,
    .addcdiv_f32 = addcdiv_f32,
    .lerp_f32 = lerp_f32,
    .bf16_to_f32 = bf16_to_f32,
    .f32_to_bf16 = f32_to_bf16,
    .f16_to_f32 = f16_to_f32,
    .f32_to_f16 = f32_to_f16,
};
