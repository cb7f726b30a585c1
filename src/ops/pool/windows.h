/* The windows of a pooling: which input places each output place is made of.
 *
 * A pooling is laid out over three axes [D, H, W], leading ones of size 1. Windows come from kernel and
 * stride, or from the output size (adaptive). Forward and backward walk the same windows. */
#ifndef LINKBOY_OPS_POOL_WINDOWS_H
#define LINKBOY_OPS_POOL_WINDOWS_H
#include "ops/common/args.h"

enum { POOL_AXES = 3 };

struct pooling {
    int dims;
    int64_t kernel[POOL_AXES], stride[POOL_AXES], padding[POOL_AXES], dilation[POOL_AXES], in[POOL_AXES],
        out[POOL_AXES];
    bool ceil, count_padding, adaptive, maximum;
    int64_t divisor; /* 0: the window's own size */
};

struct pool_window {
    int64_t begin[POOL_AXES], end[POOL_AXES], step[POOL_AXES], divisor;
};

/* Where a schema has its lists. -1: not at all. */
struct pool_places {
    int kernel, stride, padding, dilation, ceil;
};

/* `dims` numbers behind as many of `fill` as three axes need. */
void pool_stretch(const int64_t *from, int dims, int64_t fill, int64_t *to);
/* The schema's lists, and the sizes of in and out; the tensor is x. Nothing is checked but the lists'
 * lengths. */
bool pool_read(struct op_call *c, const struct tensor *x, struct pooling *p, struct pool_places at);
void pool_take_sizes(const struct tensor *x, struct pooling *p);
/* Refuses what PyTorch does. */
bool pool_check(struct op_call *c, const struct tensor *x, const struct pooling *p, const char *name);
void pool_window_at(const struct pooling *p, const int64_t *place, struct pool_window *w);
/* The gradient of a maximum whose `indices` say where it was, and its checks (backward.c). */
bool pool_give_maximum(struct op_call *c, const struct pooling *p, struct tensor *grad, struct tensor *x,
                       struct tensor *indices, const char *name);
static inline int64_t pool_volume(const int64_t *axes) {
    return axes[0] * axes[1] * axes[2];
}
#endif
