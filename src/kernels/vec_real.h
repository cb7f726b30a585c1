/* vec_real.h: one set of names for float and double, for files that are compiled once for each.
 *
 * Such a file has REAL_DOUBLE defined to 0 or 1 before it includes this. vr is the vector, VR_LANES its
 * lanes, vr_NAME the function vf_NAME or vd_NAME of vec.h, REAL(name) is name_f32 or name_f64, REAL_FN(name)
 * is f32_name or f64_name, the elementary functions. */
#ifndef KERNELS_VEC_REAL_H
#define KERNELS_VEC_REAL_H

#include "kernels/transpose.h"
#include "kernels/vec.h"

#if REAL_DOUBLE
typedef double real;
typedef vd vr;
typedef vdm vrm;
#define VR_LANES      VD_LANES
#define VR_TRANSPOSE  TRANSPOSE_F64
#define REAL(name)    name##_f64
#define REAL_FN(name) f64_##name
#define REAL_INFINITY __builtin_inf()
#define vr_transpose  transpose_f64
#define vrm_and       vdm_and
#define vrm_or        vdm_or
#define vrm_not       vdm_not
#define vrm_bits      vdm_bits
#define vr_set1       vd_set1
#define vr_load       vd_load
#define vr_load_n     vd_load_n
#define vr_store      vd_store
#define vr_store_n    vd_store_n
#define vr_fma        vd_fma
#define vr_fnma       vd_fnma
#define vr_min        vd_min
#define vr_max        vd_max
#define vr_relu       vd_relu
#define vr_sum        vd_sum
#define vr_reduce     vd_reduce
#define vr_sqrt       vd_sqrt
#define vr_round      vd_round
#define vr_floor      vd_floor
#define vr_ceil       vd_ceil
#define vr_trunc      vd_trunc
#define vr_abs        vd_abs
#define vr_copysign   vd_copysign
#define vr_lt         vd_lt
#define vr_le         vd_le
#define vr_eq         vd_eq
#define vr_ne         vd_ne
#define vr_select     vd_select
#else
typedef float real;
typedef vf vr;
typedef vfm vrm;
#define VR_LANES      VF_LANES
#define VR_TRANSPOSE  TRANSPOSE_F32
#define REAL(name)    name##_f32
#define REAL_FN(name) f32_##name
#define REAL_INFINITY __builtin_inff()
#define vr_transpose  transpose_f32
#define vrm_and       vfm_and
#define vrm_or        vfm_or
#define vrm_not       vfm_not
#define vrm_bits      vfm_bits
#define vr_set1       vf_set1
#define vr_load       vf_load
#define vr_load_n     vf_load_n
#define vr_store      vf_store
#define vr_store_n    vf_store_n
#define vr_fma        vf_fma
#define vr_fnma       vf_fnma
#define vr_min        vf_min
#define vr_max        vf_max
#define vr_relu       vf_relu
#define vr_sum        vf_sum
#define vr_reduce     vf_reduce
#define vr_sqrt       vf_sqrt
#define vr_round      vf_round
#define vr_floor      vf_floor
#define vr_ceil       vf_ceil
#define vr_trunc      vf_trunc
#define vr_abs        vf_abs
#define vr_copysign   vf_copysign
#define vr_lt         vf_lt
#define vr_le         vf_le
#define vr_eq         vf_eq
#define vr_ne         vf_ne
#define vr_select     vf_select
#endif

#endif
