/* Runs of elements from one dtype to another: loads into tiles, stores from tiles, and both for a copy.
 *
 * The table of dtypes gives each one's C type and how a value of it is read and written; X-macros turn that
 * into a loop for each (dtype, compute type). Conversions that C leaves undefined follow what PyTorch's
 * builds for x86 give. */
#include "tensor/convert.h"
#include "kernels/kernels.h"
#include "tensor/half.h"
#include "tensor/tensor.h"
#include <math.h>
#include <stdbool.h>

enum compute compute_for(enum dtype d) {
    if (dtype_is_complex(d)) return COMPUTE_COMPLEX;
    if (d == DTYPE_FLOAT64) return COMPUTE_DOUBLE;
    return dtype_is_floating(d) ? COMPUTE_FLOAT : COMPUTE_INT;
}

enum compute compute_wide(enum dtype d) {
    enum compute c = compute_for(d);
    return c == COMPUTE_FLOAT ? COMPUTE_DOUBLE : c;
}

int64_t convert_to_int64(double x) {
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static int32_t to_int32(double x) {
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

struct half2 {
    uint16_t re, im;
};
struct float2 {
    float re, im;
};

/* Reading an element: its real part as itself, and its imaginary part. */
#define READ_PLAIN(e)  (e)
#define READ_BOOL(e)   ((e) != 0)
#define READ_HALF(e)   half_to_float(e)
#define READ_BFLOAT(e) bfloat_to_float(e)
#define READ_HALF2(e)  half_to_float((e).re)
#define READ_PAIR(e)   ((e).re)
#define IMAG_NONE(e)   0.0
#define IMAG_HALF2(e)  ((double)half_to_float((e).im))
#define IMAG_PAIR(e)   ((double)(e).im)

/* X(dtype, C type, real part, imaginary part, is floating) */
#define ELEMENTS(X)                                           \
    X(UINT8, uint8_t, READ_PLAIN, IMAG_NONE, 0)               \
    X(INT8, int8_t, READ_PLAIN, IMAG_NONE, 0)                 \
    X(INT16, int16_t, READ_PLAIN, IMAG_NONE, 0)               \
    X(INT32, int32_t, READ_PLAIN, IMAG_NONE, 0)               \
    X(INT64, int64_t, READ_PLAIN, IMAG_NONE, 0)               \
    X(FLOAT16, uint16_t, READ_HALF, IMAG_NONE, 1)             \
    X(FLOAT32, float, READ_PLAIN, IMAG_NONE, 1)               \
    X(FLOAT64, double, READ_PLAIN, IMAG_NONE, 1)              \
    X(COMPLEX32, struct half2, READ_HALF2, IMAG_HALF2, 1)     \
    X(COMPLEX64, struct float2, READ_PAIR, IMAG_PAIR, 1)      \
    X(COMPLEX128, struct complex128, READ_PAIR, IMAG_PAIR, 1) \
    X(BOOL, uint8_t, READ_BOOL, IMAG_NONE, 0)                 \
    X(BFLOAT16, uint16_t, READ_BFLOAT, IMAG_NONE, 1)

/* A tile's element of each compute type made of a real and an imaginary part. */
#define INT_OF(floating, re, im)     ((floating) ? convert_to_int64((double)(re)) : (int64_t)(re))
#define FLOAT_OF(floating, re, im)   ((float)(re))
#define DOUBLE_OF(floating, re, im)  ((double)(re))
#define COMPLEX_OF(floating, re, im) ((struct complex128){(double)(re), (im)})

#define LOAD(suffix, type, real, imag, floating, tile, tile_type, make)                               \
    static void load_##suffix##_##tile(void *to, int64_t to_stride, const void *from, int64_t stride, \
                                       int64_t count) {                                               \
        const char *p = from;                                                                         \
        char *q = to;                                                                                 \
        for (int64_t i = 0; i < count; i++, p += stride, q += to_stride) {                            \
            type e;                                                                                   \
            memcpy(&e, p, sizeof e);                                                                  \
            *(tile_type *)(void *)q = make(floating, real(e), imag(e));                               \
        }                                                                                             \
    }
#define LOADS(suffix, type, real, imag, floating)                       \
    LOAD(suffix, type, real, imag, floating, INT, int64_t, INT_OF)      \
    LOAD(suffix, type, real, imag, floating, FLOAT, float, FLOAT_OF)    \
    LOAD(suffix, type, real, imag, floating, DOUBLE, double, DOUBLE_OF) \
    LOAD(suffix, type, real, imag, floating, COMPLEX, struct complex128, COMPLEX_OF)
ELEMENTS(LOADS)

/* Storing: the same by the stored dtype. `w` is a tile's element, W_... says how to look at it. */
#define RE_NUMBER(w)                 (w)
#define RE_COMPLEX(w)                ((w).re)
#define IM_NUMBER(w)                 0.0
#define IM_COMPLEX(w)                ((w).im)
#define AS_UINT8(floating, re, im)   ((uint8_t)((floating) ? convert_to_int64((double)(re)) : (int64_t)(re)))
#define AS_INT8(floating, re, im)    ((int8_t)((floating) ? to_int32((double)(re)) : (int64_t)(re)))
#define AS_INT16(floating, re, im)   ((int16_t)((floating) ? to_int32((double)(re)) : (int64_t)(re)))
#define AS_INT32(floating, re, im)   ((int32_t)((floating) ? to_int32((double)(re)) : (int64_t)(re)))
#define AS_INT64(floating, re, im)   INT_OF(floating, re, im)
#define AS_FLOAT16(floating, re, im) float_to_half((float)(re))
#define AS_FLOAT32(floating, re, im) ((float)(re))
#define AS_FLOAT64(floating, re, im) ((double)(re))
#define AS_COMPLEX32(floating, re, im) \
    ((struct half2){float_to_half((float)(re)), float_to_half((float)(im))})
#define AS_COMPLEX64(floating, re, im)  ((struct float2){(float)(re), (float)(im)})
#define AS_COMPLEX128(floating, re, im) ((struct complex128){(double)(re), (im)})
#define AS_BOOL(floating, re, im)       ((uint8_t)((re) != 0 || (im) != 0))
#define AS_BFLOAT16(floating, re, im)   float_to_bfloat((float)(re))

#define STORE(suffix, type, tile, tile_type, re, im, floating)                                         \
    static void store_##suffix##_##tile(void *to, int64_t to_stride, const void *from, int64_t stride, \
                                        int64_t count) {                                               \
        const char *p = from;                                                                          \
        char *q = to;                                                                                  \
        for (int64_t i = 0; i < count; i++, p += stride, q += to_stride) {                             \
            tile_type w = *(const tile_type *)(const void *)p;                                         \
            type e = AS_##suffix(floating, re(w), im(w));                                              \
            memcpy(q, &e, sizeof e);                                                                   \
        }                                                                                              \
    }
#define STORES(suffix, type, real, imag, floating)               \
    STORE(suffix, type, INT, int64_t, RE_NUMBER, IM_NUMBER, 0)   \
    STORE(suffix, type, FLOAT, float, RE_NUMBER, IM_NUMBER, 1)   \
    STORE(suffix, type, DOUBLE, double, RE_NUMBER, IM_NUMBER, 1) \
    STORE(suffix, type, COMPLEX, struct complex128, RE_COMPLEX, IM_COMPLEX, 1)
ELEMENTS(STORES)

/* Short floats that lie side by side are the kernels' matter. */
#define SHORT_LOAD(suffix, function)                                                                 \
    static void load_##suffix##_SHORT(void *to, int64_t to_stride, const void *from, int64_t stride, \
                                      int64_t count) {                                               \
        if (to_stride == 4 && stride == 2)                                                           \
            kernels_best()->mixed->function(count, from, to);                                        \
        else                                                                                         \
            load_##suffix##_FLOAT(to, to_stride, from, stride, count);                               \
    }
SHORT_LOAD(FLOAT16, f16_to_f32)
SHORT_LOAD(BFLOAT16, bf16_to_f32)
#define SHORT_STORE(suffix, function)                                                                 \
    static void store_##suffix##_SHORT(void *to, int64_t to_stride, const void *from, int64_t stride, \
                                       int64_t count) {                                               \
        if (to_stride == 2 && stride == 4)                                                            \
            kernels_best()->mixed->function(count, from, to);                                         \
        else                                                                                          \
            store_##suffix##_FLOAT(to, to_stride, from, stride, count);                               \
    }
SHORT_STORE(FLOAT16, f32_to_f16)
SHORT_STORE(BFLOAT16, f32_to_bf16)

/* Quantized elements travel as their integers. */
#define ROW(prefix, number, suffix)                                                                     \
    [DTYPE_##number] = {prefix##_##suffix##_INT, prefix##_##suffix##_FLOAT, prefix##_##suffix##_DOUBLE, \
                        prefix##_##suffix##_COMPLEX},
#define SHORT_ROW(prefix, number)                                                                       \
    [DTYPE_##number] = {prefix##_##number##_INT, prefix##_##number##_SHORT, prefix##_##number##_DOUBLE, \
                        prefix##_##number##_COMPLEX},
#define ROWS(prefix)                    \
    ROW(prefix, UINT8, UINT8)           \
    ROW(prefix, INT8, INT8)             \
    ROW(prefix, INT16, INT16)           \
    ROW(prefix, INT32, INT32)           \
    ROW(prefix, INT64, INT64)           \
    SHORT_ROW(prefix, FLOAT16)          \
    ROW(prefix, FLOAT32, FLOAT32)       \
    ROW(prefix, FLOAT64, FLOAT64)       \
    ROW(prefix, COMPLEX32, COMPLEX32)   \
    ROW(prefix, COMPLEX64, COMPLEX64)   \
    ROW(prefix, COMPLEX128, COMPLEX128) \
    ROW(prefix, BOOL, BOOL)             \
    ROW(prefix, QINT8, INT8)            \
    ROW(prefix, QUINT8, UINT8)          \
    ROW(prefix, QINT32, INT32)          \
    SHORT_ROW(prefix, BFLOAT16)

convert_run *const convert_load[DTYPE_COUNT][COMPUTE_COUNT] = {ROWS(load)};
convert_run *const convert_store[DTYPE_COUNT][COMPUTE_COUNT] = {ROWS(store)};

#define COPY_RUN(name, type)                                                                     \
    static void name(char *q, int64_t to_stride, const char *p, int64_t stride, int64_t count) { \
        for (int64_t i = 0; i < count; i++, p += stride, q += to_stride) {                       \
            type e;                                                                              \
            memcpy(&e, p, sizeof e);                                                             \
            memcpy(q, &e, sizeof e);                                                             \
        }                                                                                        \
    }
COPY_RUN(copy_1, uint8_t)
COPY_RUN(copy_2, uint16_t)
COPY_RUN(copy_4, uint32_t)
COPY_RUN(copy_8, uint64_t)
COPY_RUN(copy_16, struct complex128)

static void copy_same(size_t size, void *to, int64_t to_stride, const void *from, int64_t from_stride,
                      int64_t count) {
    if (to_stride == (int64_t)size && from_stride == (int64_t)size) {
        memmove(to, from, size * (size_t)count);
        return;
    }
    switch (size) {
    case 1: copy_1(to, to_stride, from, from_stride, count); break;
    case 2: copy_2(to, to_stride, from, from_stride, count); break;
    case 4: copy_4(to, to_stride, from, from_stride, count); break;
    case 8: copy_8(to, to_stride, from, from_stride, count); break;
    default: copy_16(to, to_stride, from, from_stride, count); break;
    }
}

/* The first element again and again, by copies that double. */
static void repeat_first(char *to, size_t size, int64_t count) {
    size_t bytes = size * (size_t)count;
    for (size_t done = size; done < bytes; done *= 2)
        memcpy(to + done, to, done < bytes - done ? done : bytes - done);
}

void convert_elements(enum dtype to_dtype, void *to, int64_t to_stride, enum dtype from_dtype,
                      const void *from, int64_t from_stride, int64_t count) {
    size_t size = dtype_size(to_dtype);
    if (from_stride == 0 && count > 1 && to_stride == (int64_t)size) {
        convert_elements(to_dtype, to, to_stride, from_dtype, from, 0, 1);
        repeat_first(to, size, count);
        return;
    }
    if (to_dtype == from_dtype) {
        copy_same(dtype_size(to_dtype), to, to_stride, from, from_stride, count);
        return;
    }
    enum compute through = compute_for(from_dtype);
    size_t wide = compute_size(through);
    convert_run *load = convert_load[from_dtype][through], *store = convert_store[to_dtype][through];
    if (compute_dtype(through) == from_dtype) {
        store(to, to_stride, from, from_stride, count);
        return;
    }
    if (compute_dtype(compute_for(to_dtype)) == to_dtype && compute_for(to_dtype) >= through) {
        convert_load[from_dtype][compute_for(to_dtype)](to, to_stride, from, from_stride, count);
        return;
    }
    _Alignas(16) char tile[CONVERT_TILE * sizeof(struct complex128)];
    for (int64_t at = 0; at < count; at += CONVERT_TILE) {
        int64_t n = count - at < CONVERT_TILE ? count - at : CONVERT_TILE;
        load(tile, (int64_t)wide, (const char *)from + at * from_stride, from_stride, n);
        store((char *)to + at * to_stride, to_stride, tile, (int64_t)wide, n);
    }
}

void convert_resolve(enum dtype d, uint8_t flags, void *data, int64_t count) {
    char *at = data;
    for (int64_t i = 0; i < count; i++, at += dtype_size(d)) {
        struct complex128 z;
        convert_load[d][COMPUTE_COMPLEX](&z, 0, at, 0, 1);
        if (flags & TENSOR_CONJ) z.im = -z.im;
        if (flags & TENSOR_NEG) z = (struct complex128){-z.re, -z.im};
        convert_store[d][COMPUTE_COMPLEX](at, 0, &z, 0, 1);
    }
}
