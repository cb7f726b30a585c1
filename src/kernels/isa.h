/* isa.h: names of the symbols that exist once per instruction set.
 *
 * Every source of this room but kernels.c is compiled several times, each time with KERNELS_ISA set to a word
 * (base, avx2, avx512, neon) and the compiler's flags for it. A symbol with external linkage is written
 * ISA(name) and becomes name_avx2 and so on; everything else is static. */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#ifndef KERNELS_ISA
#define KERNELS_ISA base
#endif

#define ISA_JOIN_(name, isa) name##_##isa
#define ISA_JOIN(name, isa)  ISA_JOIN_(name, isa)
#define ISA(name)            ISA_JOIN(name, KERNELS_ISA)

#define ISA_TEXT_(isa) #isa
#define ISA_TEXT(isa)  ISA_TEXT_(isa)

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define RESTRICT      __restrict__

/* Full unrolling of a loop over accumulators, which must stay in registers. Each compiler reads only its own
 * pragma: with the other's the accumulators stay in memory, at a quarter of the speed. */
#ifdef __clang__
#define UNROLL   _Pragma("clang loop unroll(full)")
#define UNROLL_4 _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL   _Pragma("GCC unroll 64")
#define UNROLL_4 _Pragma("GCC unroll 4")
#endif

#endif
