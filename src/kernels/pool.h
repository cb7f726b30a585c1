/* pool.h: pooling over windows of float images, [planes][row][column]; a plane is one channel of one image.
 *
 * Ranges of planes may be divided among workers. One dimension is the case of height 1. */
#ifndef KERNELS_POOL_H
#define KERNELS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_shape {
    int64_t in_h, in_w, out_h, out_w;
    int64_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
};

struct pool_kernels {
    /* Bytes of workspace for one worker, for max_f32 and avg_f32. */
    size_t (*workspace)(const struct pool_shape *shape);
    /* The greatest of each window, NaN if it holds one. indices (or null): the place in the plane, row * in_w
     * + column, of the first greatest. */
    void (*max_f32)(const struct pool_shape *shape, int64_t planes, const float *in, float *out,
                    int64_t *indices, void *workspace);
    /* The mean of each window. Divided by `divisor` if it is not 0, else by the window's elements: with those
     * in the padding (include_pad; beyond the padding nothing counts) or without. Dilation must be 1. */
    void (*avg_f32)(const struct pool_shape *shape, bool include_pad, int64_t divisor, int64_t planes,
                    const float *in, float *out, void *workspace);
    /* Windows from floor(i in / out) to ceil((i + 1) in / out), as torch.nn.AdaptiveAvgPool2d has them. */
    void (*adaptive_avg_f32)(int64_t planes, int64_t in_h, int64_t in_w, int64_t out_h, int64_t out_w,
                             const float *in, float *out);
};

#endif
