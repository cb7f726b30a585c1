/* conv_patches.h: packs the patches of images (im2col) straight into the layout that the product reads.
 *
 * Row k of the patch matrix is one tap (channel, kernel row, kernel column), column n one output pixel.
 * Pixels are taken in pieces of one image row, at most a vector long; a piece's taps differ in where they
 * read and in which lanes fall outside the image, and the latter depends on the kernel column alone: a small
 * table of masks. */
#ifndef KERNELS_CONV_PATCHES_H
#define KERNELS_CONV_PATCHES_H

#include "kernels/conv_internal.h"

struct patch_source {
    const struct conv_shape *shape;
    const float *in; /* the first channel of the group in the first image */
};

enum { PATCH_TAPS = 32 }; /* kernel columns with a precomputed mask; wider kernels compute theirs each time */

struct patch_tap {
    vfm first, second; /* lanes of the first and (stride 2) second vector that are inside */
};

static int64_t patch_clamp(int64_t x, int64_t end) {
    return x < 0 ? 0 : x > end ? end : x;
}

/* Lanes j with 0 <= column + j < width, of lanes [0, count). */
static vfm patch_inside(int64_t column, int64_t width, int64_t count) {
    return vfm_range(patch_clamp(-column, count), patch_clamp(width - column, count));
}

static struct patch_tap patch_tap_at(const struct conv_shape *s, int64_t column, int64_t count) {
    struct patch_tap tap;
    if (s->stride_w == 2) {
        int64_t elements = 2 * count - 1, behind = elements > VF_LANES ? elements - VF_LANES : 0;
        tap.first = patch_inside(column, s->in_w, elements < VF_LANES ? elements : VF_LANES);
        tap.second = patch_inside(column + VF_LANES, s->in_w, behind);
    } else {
        tap.first = tap.second = patch_inside(column, s->in_w, count);
    }
    return tap;
}

/* count pixels from `row` (an image row) beginning at `column`, stride_w apart. */
ALWAYS_INLINE vf patch_load(const struct conv_shape *s, int64_t stride, const float *row, int64_t column,
                            int64_t count, const struct patch_tap *tap) {
    if (stride == 1) return vf_load_mask(row + column, tap->first);
    if (stride == 2)
        return vf_even(vf_load_mask(row + column, tap->first),
                       vf_load_mask(row + column + VF_LANES, tap->second));
    vf x = {0};
    for (int64_t j = 0; j < count; j++) {
        int64_t at = column + j * s->stride_w;
        if (at >= 0 && at < s->in_w) x[j] = row[at];
    }
    return x;
}

/* Pixels (out_row, out_column ...) of one image row, count <= VF_LANES, for taps [k0, k0 + kc): out[k][...].
 */
ALWAYS_INLINE void patch_piece(const struct conv_shape *s, int64_t stride, const float *image, int64_t k0,
                               int64_t kc, int64_t out_row, int64_t out_column, int64_t count, int64_t width,
                               float *out) {
    const int64_t plane = s->in_h * s->in_w, taps = s->kernel_h * s->kernel_w;
    const int64_t row0 = out_row * s->stride_h - s->pad_h, column0 = out_column * s->stride_w - s->pad_w;
    const vfm store = vfm_range(0, count);
    struct patch_tap table[PATCH_TAPS];
    for (int64_t x = 0; x < s->kernel_w && x < PATCH_TAPS; x++)
        table[x] = patch_tap_at(s, column0 + x * s->dilation_w, count);
    const float *channel = image + k0 / taps * plane;
    int64_t y = k0 % taps / s->kernel_w, x = k0 % s->kernel_w;
    for (int64_t k = 0; k < kc;
         x = 0) { /* a row of the kernel at a time, the first and last perhaps in part */
        int64_t row = row0 + y * s->dilation_h, end = s->kernel_w - x < kc - k ? s->kernel_w : x + kc - k;
        bool inside = row >= 0 && row < s->in_h;
        const float *in = inside ? channel + row * s->in_w : NULL;
        k += end - x;
        for (; x < end; x++, out += width) {
            int64_t column = column0 + x * s->dilation_w;
            struct patch_tap tap = x < PATCH_TAPS ? table[x] : patch_tap_at(s, column, count);
            vf_store_mask(out, inside ? patch_load(s, stride, in, column, count, &tap) : (vf){0}, store);
        }
        if (++y == s->kernel_h) y = 0, channel += plane;
    }
}

/* gemm_packer_f32 */
static void patch_pack(const void *source, int64_t batch, int64_t k0, int64_t kc, int64_t n0, int64_t count,
                       int64_t width, float *out) {
    const struct patch_source *p = source;
    const struct conv_shape *s = p->shape;
    const float *image = p->in + batch * s->in_channels * s->in_h * s->in_w;
    for (int64_t done = 0, piece; done < count; done += piece) {
        int64_t row = (n0 + done) / s->out_w, column = (n0 + done) % s->out_w;
        piece = s->out_w - column < count - done ? s->out_w - column : count - done;
        piece = piece < VF_LANES ? piece : VF_LANES;
        if (s->stride_w == 1)
            patch_piece(s, 1, image, k0, kc, row, column, piece, width, out + done);
        else if (s->stride_w == 2)
            patch_piece(s, 2, image, k0, kc, row, column, piece, width, out + done);
        else
            patch_piece(s, s->stride_w, image, k0, kc, row, column, piece, width, out + done);
    }
    for (int64_t k = 0; count < width && k < kc; k++)
        memset(out + k * width + count, 0, (size_t)(width - count) * sizeof(float));
}

#endif
