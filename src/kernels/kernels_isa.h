/* kernels_isa.h: the tables of this instruction set, as the files of this room see each other's. */
#ifndef KERNELS_ISA_TABLES_H
#define KERNELS_ISA_TABLES_H

#include "kernels/isa.h"
#include "kernels/kernels.h"

extern const struct gemm_kernels_f32 ISA(gemm_kernels_f32);
extern const struct gemm_kernels_f64 ISA(gemm_kernels_f64);
extern const struct vmath_kernels_f32 ISA(vmath_f32);
extern const struct vmath_kernels_f64 ISA(vmath_f64);
extern const struct conv_kernels ISA(conv_kernels);
extern const struct rows_kernels_f32 ISA(rows_f32);
extern const struct rows_kernels_f64 ISA(rows_f64);
extern const struct pool_kernels ISA(pool_kernels);
extern const struct move_kernels ISA(move_kernels);
extern const struct attention_kernels ISA(attention_kernels);
extern const struct mixed_kernels ISA(mixed_kernels);

#endif
