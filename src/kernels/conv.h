/* conv.h: two-dimensional convolution of float images, [batch][channel][row][column], every plane contiguous.
 *
 * A caller describes the shape, gets a plan (method, bytes, tasks), packs the weights once and runs ranges of
 * tasks, each worker with its own workspace. One-dimensional convolution is the case of height 1. The
 * methods: the packed product over patches with pixels or with channels in vectors, Winograd's for 3x3 of
 * stride 1, a direct loop where each channel is its own group. conv_general.h has three dimensions and the
 * transposed form. */
#ifndef KERNELS_CONV_H
#define KERNELS_CONV_H

#include "kernels/gemm.h"

struct conv_shape {
    int64_t batch, in_channels, out_channels, groups; /* groups divides both */
    int64_t in_h, in_w, out_h, out_w;
    int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int64_t pad_h,
        pad_w; /* before the first row and column; what lies behind the last one follows from out_h */
};

enum conv_method {
    CONV_AUTO,
    CONV_PIXELS,     /* product, pixels in vectors: wide planes, few channels */
    CONV_CHANNELS,   /* product, output channels in vectors: small planes */
    CONV_DEPTHWISE,  /* groups == in_channels */
    CONV_WINOGRAD_2, /* F(2x2, 3x3): 2.25 times fewer multiplications, error as of the direct methods */
    CONV_WINOGRAD_4  /* F(4x4, 3x3): 4 times fewer, RMS error about ten times that of the direct methods */
};

/* Which of Winograd's forms CONV_AUTO may choose. */
enum conv_winograd { CONV_WINOGRAD_NEVER, CONV_WINOGRAD_UP_TO_2, CONV_WINOGRAD_UP_TO_4 };

struct conv_plan {
    struct conv_shape shape;
    enum conv_method method;
    struct gemm_plan product;
    int64_t tasks;
    size_t workspace;     /* bytes for each worker, 64-byte aligned */
    int64_t packed_count; /* floats that the packed weights take */
};

struct conv_operands {
    const float *in;
    const float *weight_packed;
    float *out;
    const float *bias;     /* [out_channels] or null */
    const float *residual; /* as out, or null; added after the bias */
    enum unary_op activation;
};

struct conv_kernels {
    /* A method other than CONV_AUTO is taken where it applies to the shape, else as CONV_AUTO. */
    struct conv_plan (*plan)(const struct conv_shape *shape, enum conv_method method,
                             enum conv_winograd winograd, int threads);
    /* weight is [out_channels][in_channels / groups][kernel_h][kernel_w]. */
    void (*pack)(const struct conv_plan *plan, const float *weight, float *packed);
    void (*run)(const struct conv_plan *plan, const struct conv_operands *operands, void *workspace,
                int64_t begin, int64_t end);
};

#endif
