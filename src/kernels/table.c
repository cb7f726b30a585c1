/* table.c: gathers the tables of one instruction set. */
#include "kernels/kernels_isa.h"
#include "kernels/vec.h"

extern const struct kernels ISA(kernels);

const struct kernels ISA(kernels) = {
    .name = ISA_TEXT(KERNELS_ISA),
    .lanes = VF_LANES,
    .gemm_f32 = &ISA(gemm_kernels_f32),
    .gemm_f64 = &ISA(gemm_kernels_f64),
    .f32 = &ISA(vmath_f32),
    .f64 = &ISA(vmath_f64),
    .mixed = &ISA(mixed_kernels),
    .conv = &ISA(conv_kernels),
    .attention = &ISA(attention_kernels),
    .pool = &ISA(pool_kernels),
    .rows_f32 = &ISA(rows_f32),
    .rows_f64 = &ISA(rows_f64),
    .move = &ISA(move_kernels),
};
