/* A convolution laid out, and the steps that the files of this directory share. */
#ifndef LINKBOY_OPS_CONV_CONV_H
#define LINKBOY_OPS_CONV_CONV_H
#include "ops/common/compose.h"

enum { AXES = 3 };

struct convolution {
    struct tensor *input, *weight, *bias; /* contiguous; bias may be NULL */
    int dims;                             /* spatial: 1, 2 or 3 */
    int64_t stride[AXES], padding[AXES], dilation[AXES], output_padding[AXES], groups;
    bool transposed;
    /* Laid out over three axes: */
    int64_t n, in_channels, out_channels, in[AXES], out[AXES], kernel[AXES];
};

static inline int64_t conv_volume(const int64_t *axes) {
    return axes[0] * axes[1] * axes[2];
}
/* Sizes of the last `dims` axes onto three. */
static inline void conv_stretch(const int64_t *from, int dims, int64_t fill, int64_t *to) {
    for (int i = 0; i < AXES; i++) to[i] = i < AXES - dims ? fill : from[i - (AXES - dims)];
}
/* The lists at arguments at[]: stride, padding, dilation, output padding; -1: not there. */
bool conv_read_lists(struct op_call *c, struct convolution *v, int dims, const int *at);
/* Sizes from input and weight, of `dims` spatial axes; false where they overflow. */
bool conv_lay_out(struct op_call *c, struct convolution *v, int dims);
bool conv_check_kernel_fits(struct op_call *c, const struct convolution *v);
bool conv_check_transposed(struct op_call *c, const struct convolution *v);
/* The result of what is laid out and checked, owned by k. */
struct tensor *conv_compute(struct compose *k, struct convolution *v);
/* Checks and runs as torch.convolution does; unbatched inputs get a batch of one. */
bool conv_run(struct op_call *c, struct convolution *v, int dims);

/* packed.c: float32 in one or two dimensions by the packed kernels; what is fused behind comes with it. */
bool conv_fusion_fits(const struct op_call *c, const struct convolution *v, int ndim, const int64_t *sizes);
bool conv_run_packed(struct op_call *c, const struct convolution *v, struct tensor *out,
                     const struct tensor *bias);

/* Patches (patches.c): elements under each tap of a kernel as it steps over an image. */
struct patches {
    int64_t channels, image[AXES], grid[AXES]; /* the image's sizes; the grid of places */
    int64_t kernel[AXES], stride[AXES], padding[AXES], dilation[AXES];
    size_t size; /* bytes of an element */
};
/* Image to columns [channels * kernel, places], zeros outside; and columns added into the image. */
void patches_take(const struct patches *p, void *columns, void *image, enum dtype d);
void patches_add(const struct patches *p, void *columns, void *image, enum dtype d);
#endif
