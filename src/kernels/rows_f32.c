/* rows_f32.c: reductions, softmax and normalisation of float; everything is in rows_impl.h. */
#define REAL_DOUBLE     0
#define REAL_LIBM(name) name##f

#include "kernels/kernels_isa.h"
#include "kernels/vmath_f32.h"

#include "kernels/rows_impl.h"

const struct rows_kernels_f32 ISA(rows_f32) = ROWS_TABLE;
