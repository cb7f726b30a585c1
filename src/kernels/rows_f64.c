/* rows_f64.c: reductions, softmax and normalisation of double; everything is in rows_impl.h. */
#define REAL_DOUBLE     1
#define REAL_LIBM(name) name

#include "kernels/kernels_isa.h"
#include "kernels/vmath_f64.h"

#include "kernels/rows_impl.h"

const struct rows_kernels_f64 ISA(rows_f64) = ROWS_TABLE;
