/* Packed parameters: PyTorch's C++ classes LinearPackedParamsBase and Conv2d/3dPackedParamsBase, kept as the
 * state that their __getstate__ gives, so that an archive's and our own are alike and no engine has to be
 * chosen. Several forms of that state were written over the years
 * (aten/src/ATen/native/quantized/cpu/conv_serialization.h). */
#ifndef LINKBOY_OPS_QUANTIZED_PACKED_H
#define LINKBOY_OPS_QUANTIZED_PACKED_H
#include "ops/common/compose.h"

enum { PACKED_DIMS = 3 };

struct packed_weights {
    struct tensor *weight; /* borrowed from the capsule's state */
    struct tensor *bias;   /* or NULL */
};

struct packed_convolution {
    struct packed_weights weights;
    int dims; /* spatial */
    int64_t stride[PACKED_DIMS], padding[PACKED_DIMS], dilation[PACKED_DIMS], output_padding[PACKED_DIMS];
    int64_t groups;
    bool transposed;
};

/* Reads argument i; refuses what has not that form. */
bool packed_read_linear(struct op_call *c, int i, struct packed_weights *out);
bool packed_read_convolution(struct op_call *c, int i, struct packed_convolution *out);
/* The weight as a tensor of its own, as PyTorch unpacks it (here over the same memory); NULL: memory. */
struct tensor *packed_new_weight(const struct packed_weights *w, lb_error *err);
/* What float16 holds of a float32 weight, as float32; the composition's. */
struct tensor *packed_halves(struct compose *k, struct tensor *weight);
/* An embedding's table, borrowed; NULL: refused. */
struct tensor *packed_read_embedding(struct op_call *c, int i);
#endif
