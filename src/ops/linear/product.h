/* Batched matrix products over tensors of any dtype: what every operator of this directory comes down to. */
#ifndef LINKBOY_OPS_LINEAR_PRODUCT_H
#define LINKBOY_OPS_LINEAR_PRODUCT_H
#include "ops/common/args.h"

/* a [batch, m, k] times b [batch, k, n] into a new contiguous [batch, m, n] of a's dtype; a batch of size 1
 * serves all. `bias` (may be NULL) is a vector of n that is added to every row. */
struct tensor *product_batched(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias);
/* Two matrices. */
struct tensor *product_of(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias);
/* product_batched in the type it is computed in: float32 for half, int64 for every integer, complex128. */
struct tensor *product_unrounded(struct op_call *c, struct tensor *a, struct tensor *b);
/* beta * self + alpha * product, where self broadcasts, rounded once to `d`; takes the product over. Beta 0
 * does not look at self. */
struct tensor *product_add(struct op_call *c, struct tensor *self, struct number beta, struct number alpha,
                           struct tensor *product, enum dtype d);
/* torch.matmul. */
struct tensor *product_matmul(struct op_call *c, struct tensor *a, struct tensor *b);
/* A view with a leading dimension of 1. */
struct tensor *product_batch_of_one(struct op_call *c, struct tensor *t);
/* The kernels of this run. */
const struct kernels *call_kernels(const struct op_call *c);
#endif
