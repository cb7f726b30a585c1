/* What a batch norm in eval mode does to the weight and bias of the convolution or linear layer before it
 * (computeUpdatedConvWeightAndBias in torch/csrc/jit/passes/fold_conv_bn.cpp, and fold_linear_bn.cpp). */
#ifndef LINKBOY_PASSES_NORM_PARAMETERS_H
#define LINKBOY_PASSES_NORM_PARAMETERS_H
#include "types/unit.h"

/* Tensors, borrowed. A bias or a norm's weight that is missing is NULL. */
struct norm_parameters {
    struct tensor *weight, *bias;   /* of the layer */
    struct tensor *mean, *variance; /* the running statistics */
    struct tensor *scale, *shift;   /* the norm's own weight and bias */
    double epsilon;
    bool linear; /* the layer is no convolution */
};

/* The layer's new weight and bias, of the old ones' dtypes; the caller's. False: they cannot be computed. */
bool norm_fold(struct unit *unit, const struct norm_parameters *p, lb_value *weight, lb_value *bias);
#endif
