/* gemm_f64.c: the packed matrix product for double; everything is in gemm_impl.h. */
#define REAL_DOUBLE   1
#define gemm          gemm_f64
#define gemm_epilogue gemm_epilogue_f64

#include "kernels/gemm_impl.h"

const struct gemm_kernels_f64 ISA(gemm_kernels_f64) = {
    .plan = plan_make,
    .run = gemm_run,
    .workspace_bound = workspace_bound,
    .pack_b_count = pack_b_count,
    .pack_b = pack_b,
    .pack_a_count = pack_a_count,
    .pack_a = pack_a,
};
