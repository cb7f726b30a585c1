/* Factors of LU and solving with them, for the operators that are made of both (solve.c). */
#ifndef LINKBOY_OPS_LINALG_LU_H
#define LINKBOY_OPS_LINALG_LU_H
#include "ops/linalg/matrices.h"

struct lu {
    struct tensor *factors, *pivots, *info; /* column-major; int32 */
};

/* Owned by `k`; false (and `k` failed) where it refuses. */
bool lu_factor(struct compose *k, struct tensor *self, struct lu *out);
/* A X = B, or X A = B when not `left`, or with A's adjoint; the batches broadcast. */
struct tensor *lu_solve(struct compose *k, struct tensor *lu, struct tensor *pivots, struct tensor *b,
                        bool left, bool adjoint);
#endif
