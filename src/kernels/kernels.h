/* kernels.h: the table of everything in this room for one instruction set, and the choice among the sets.
 *
 * A caller chooses once (kernels_best, or kernels_by_name for tests), keeps the pointer and calls through it:
 * k->gemm_f32->run(...). Tables are constant; nothing in this room allocates, keeps state, starts threads or
 * fails. Work that may be divided takes ranges of tasks, which the caller runs on whatever pool it has; work
 * that needs room says how many bytes and gets them from the caller. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/attention.h"
#include "kernels/conv.h"
#include "kernels/gemm.h"
#include "kernels/move.h"
#include "kernels/pool.h"
#include "kernels/rows.h"
#include "kernels/vmath.h"

struct kernels {
    const char *name; /* "base", "avx2", "avx512", "neon" */
    int lanes;        /* floats in a register */
    const struct gemm_kernels_f32 *gemm_f32;
    const struct gemm_kernels_f64 *gemm_f64;
    const struct vmath_kernels_f32 *f32;
    const struct vmath_kernels_f64 *f64;
    const struct mixed_kernels *mixed;
    const struct conv_kernels *conv;
    const struct attention_kernels *attention;
    const struct pool_kernels *pool;
    const struct rows_kernels_f32 *rows_f32;
    const struct rows_kernels_f64 *rows_f64;
    const struct move_kernels *move;
};

/* The fastest set that this machine can run. Never null; cheap enough to ask each time, but better kept. */
const struct kernels *kernels_best(void);
/* The set of that name, or null where it was not built or this machine cannot run it. */
const struct kernels *kernels_by_name(const char *name);
/* Sets this machine can run, slowest first: i from 0 until null. */
const struct kernels *kernels_at(int i);

#endif
