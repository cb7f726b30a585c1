/* What a convolution or a product may do on its way out: a normalisation folded into its weights, something
 * added, an activation. The interpreter finds such chains (exec/fuse.c) and calls the first operator with
 * `fusion` set and all arguments of the chain in a row; an operator that can't do it for these arguments
 * declines, and the chain is run step by step instead. */
#ifndef LINKBOY_OPS_FUSION_H
#define LINKBOY_OPS_FUSION_H
#include "kernels/vmath_ops.h"
#include "ops/call.h"

struct op_fusion {
    int argument_count; /* of the first operator */
    int norm;     /* index of batch_norm's weight, then bias, mean, var, training, momentum, eps; -1: none */
    int residual; /* index of what is added, of the result's shape; -1: nothing */
    enum unary_op activation;
};

/* Ends a call that can't be fused. Always false. */
static inline bool op_decline(struct op_call *c) {
    c->declined = true;
    return false;
}
#endif
