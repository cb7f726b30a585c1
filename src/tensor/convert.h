/* Runs of elements from one dtype to another.
 *
 * Everything that computes does so in one of four types (int64, float, double, complex double); a run of
 * elements of any dtype is loaded into a tile of one of them, and stored from it. So a loop exists four times
 * at most, never once a dtype. Strides are in bytes and may be 0 or negative. */
#ifndef LINKBOY_TENSOR_CONVERT_H
#define LINKBOY_TENSOR_CONVERT_H
#include "tensor/dtype.h"

enum compute { COMPUTE_INT, COMPUTE_FLOAT, COMPUTE_DOUBLE, COMPUTE_COMPLEX, COMPUTE_COUNT };

struct complex128 {
    double re, im;
};

/* Elements of a tile: 4 KiB of the widest. */
enum { CONVERT_TILE = 256 };

static inline size_t compute_size(enum compute c) {
    return c == COMPUTE_FLOAT ? 4 : c == COMPUTE_COMPLEX ? 16 : 8;
}
/* The dtype whose elements are laid out as those of a tile. */
static inline enum dtype compute_dtype(enum compute c) {
    return c == COMPUTE_INT      ? DTYPE_INT64
           : c == COMPUTE_FLOAT  ? DTYPE_FLOAT32
           : c == COMPUTE_DOUBLE ? DTYPE_FLOAT64
                                 : DTYPE_COMPLEX128;
}
/* Integers in int64; half, bfloat16 and float32 in float; complex in complex double. */
enum compute compute_for(enum dtype d);
/* The same, but all floating types in double: for reductions. */
enum compute compute_wide(enum dtype d);

typedef void convert_run(void *to, int64_t to_stride, const void *from, int64_t from_stride, int64_t count);
extern convert_run *const convert_load[DTYPE_COUNT][COMPUTE_COUNT];  /* dtype into tile type */
extern convert_run *const convert_store[DTYPE_COUNT][COMPUTE_COUNT]; /* tile type into dtype */

/* Any dtype to any other, as static_cast of c10::convert does it. */
void convert_elements(enum dtype to_dtype, void *to, int64_t to_stride, enum dtype from_dtype,
                      const void *from, int64_t from_stride, int64_t count);
/* Contiguous elements whose conjugate (TENSOR_CONJ in `flags`) or negative (TENSOR_NEG) is meant become what
 * is meant; done twice, they are again what they were. */
void convert_resolve(enum dtype d, uint8_t flags, void *data, int64_t count);
/* A float as C++ on x86 casts it: out of range or NaN gives the smallest integer. */
int64_t convert_to_int64(double x);
#endif
