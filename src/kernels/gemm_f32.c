/* gemm_f32.c: the packed matrix product for float; everything is in gemm_impl.h. */
#define REAL_DOUBLE   0
#define gemm          gemm_f32
#define gemm_epilogue gemm_epilogue_f32

#include "kernels/gemm_impl.h"

const struct gemm_kernels_f32 ISA(gemm_kernels_f32) = {
    .plan = plan_make,
    .run = gemm_run,
    .workspace_bound = workspace_bound,
    .pack_b_count = pack_b_count,
    .pack_b = pack_b,
    .pack_a_count = pack_a_count,
    .pack_a = pack_a,
};
