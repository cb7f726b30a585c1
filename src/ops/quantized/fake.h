/* Fake quantization as other operators use it: reals through integers and back. */
#ifndef LINKBOY_OPS_QUANTIZED_FAKE_H
#define LINKBOY_OPS_QUANTIZED_FAKE_H
#include "ops/quantized/quantize.h"

struct fake {
    float scale; /* of the tensor; scales by channel are tensors */
    int64_t zero_point;
    int64_t low, high; /* the integers' bounds */
};

/* New references: the result in x's dtype and strides, and which elements were in range (bool). */
bool fake_by_tensor(struct op_call *c, struct tensor *x, const struct fake *f, struct tensor **out,
                    struct tensor **mask);
bool fake_by_channel(struct op_call *c, struct tensor *x, struct tensor *scale, struct tensor *zero,
                     int64_t axis, const struct fake *f, struct tensor **out, struct tensor **mask);
#endif
