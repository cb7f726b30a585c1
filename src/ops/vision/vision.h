/* What torchvision's operators share: refusals in torchvision's words, and arithmetic that rounds after every
 * step, because its kernels compute in the tensors' own dtype (half included). A step done in double and then
 * rounded to half or float gives what the narrow type's own step gives. */
#ifndef LINKBOY_OPS_VISION_VISION_H
#define LINKBOY_OPS_VISION_VISION_H
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "tensor/half.h"

static inline double vision_round(enum dtype d, double x) {
    if (d == DTYPE_FLOAT64) return x;
    return d == DTYPE_FLOAT16 ? (double)half_to_float(float_to_half((float)x)) : (double)(float)x;
}

/* A contiguous tensor, owned by k, whose elements are float or double: half becomes float. */
static inline struct tensor *vision_wide(struct compose *k, struct tensor *t) {
    struct op_call *c = k->c;
    if (k->failed) return NULL;
    if (t->dtype != DTYPE_FLOAT16) return compose_own(k, tensor_contiguous(t, c->cx->budget, c->err));
    return compose_own(k, tensor_convert(t, DTYPE_FLOAT32, c->cx->budget, c->err));
}
static inline double vision_at(const struct tensor *wide, int64_t i) {
    return wide->dtype == DTYPE_FLOAT64 ? ((const double *)tensor_data(wide))[i]
                                        : (double)((const float *)tensor_data(wide))[i];
}
#endif
