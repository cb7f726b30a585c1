/* The singular value decomposition of one matrix, by the way that gives PyTorch's signs. */
#ifndef LINKBOY_OPS_LINALG_SVD_MATRIX_H
#define LINKBOY_OPS_LINALG_SVD_MATRIX_H
#include "ops/linalg/lapack.h"

/* As lapack_gesdd. */
bool svd_matrix(struct op_call *c, struct lapack *l, char job, int m, int n, void *a, void *s, void *u,
                void *vh, int *info);
#endif
