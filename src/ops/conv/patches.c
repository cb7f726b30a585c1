/* Patches of images as columns, and back: im2col, col2im, and what convolutions are products of
 * (aten/src/ATen/native/im2col.h, Im2Col.cpp, Col2Im.cpp). */
#include "ops/common/dtypes.h"
#include "ops/conv/conv.h"
#include "ops/view/geometry.h"
#include <string.h>

typedef void patch_move(char *column, char *image, size_t bytes, enum dtype d);

static void take_element(char *column, char *image, size_t bytes, enum dtype d) {
    (void)d;
    memcpy(column, image, bytes);
}
static void add_element(char *column, char *image, size_t bytes, enum dtype d) {
    (void)bytes;
    struct complex128 a, b;
    int64_t i, j;
    if (d == DTYPE_FLOAT32) {
        *(float *)(void *)image += *(float *)(void *)column;
    } else if (d == DTYPE_FLOAT64) {
        *(double *)(void *)image += *(double *)(void *)column;
    } else if (dtype_is_integral(d, true)) {
        convert_load[d][COMPUTE_INT](&i, 0, image, 0, 1);
        convert_load[d][COMPUTE_INT](&j, 0, column, 0, 1);
        i += j;
        convert_store[d][COMPUTE_INT](image, 0, &i, 0, 1);
    } else {
        convert_load[d][COMPUTE_COMPLEX](&a, 0, image, 0, 1);
        convert_load[d][COMPUTE_COMPLEX](&b, 0, column, 0, 1);
        a.re += b.re;
        a.im += b.im;
        convert_store[d][COMPUTE_COMPLEX](image, 0, &a, 0, 1);
    }
}

static void one_plane(const struct patches *p, const int64_t *tap, char *column, char *image,
                      patch_move *move, enum dtype d) {
    for (int64_t z = 0; z < p->grid[0]; z++)
        for (int64_t y = 0; y < p->grid[1]; y++) {
            int64_t iz = z * p->stride[0] - p->padding[0] + tap[0] * p->dilation[0];
            int64_t iy = y * p->stride[1] - p->padding[1] + tap[1] * p->dilation[1];
            bool inside = iz >= 0 && iz < p->image[0] && iy >= 0 && iy < p->image[1];
            for (int64_t x = 0; x < p->grid[2]; x++, column += p->size) {
                int64_t ix = x * p->stride[2] - p->padding[2] + tap[2] * p->dilation[2];
                if (inside && ix >= 0 && ix < p->image[2])
                    move(column, image + ((iz * p->image[1] + iy) * p->image[2] + ix) * (int64_t)p->size,
                         p->size, d);
                else if (move == take_element)
                    memset(column, 0, p->size);
            }
        }
}

/* columns: [channels * kernel, places]. */
static void all_patches(const struct patches *p, char *columns, char *image, patch_move *move, enum dtype d) {
    int64_t places = p->grid[0] * p->grid[1] * p->grid[2], plane = p->image[0] * p->image[1] * p->image[2];
    int64_t tap[AXES];
    for (int64_t ch = 0; ch < p->channels; ch++, image += plane * (int64_t)p->size)
        for (tap[0] = 0; tap[0] < p->kernel[0]; tap[0]++)
            for (tap[1] = 0; tap[1] < p->kernel[1]; tap[1]++)
                for (tap[2] = 0; tap[2] < p->kernel[2]; tap[2]++, columns += places * (int64_t)p->size)
                    one_plane(p, tap, columns, image, move, d);
}

void patches_take(const struct patches *p, void *columns, void *image, enum dtype d) {
    all_patches(p, columns, image, take_element, d);
}
void patches_add(const struct patches *p, void *columns, void *image, enum dtype d) {
    all_patches(p, columns, image, add_element, d);
}

/* --- im2col(self, kernel, dilation, padding, stride) and back: [N, C * kh * kw, L] --- */

struct unfolding {
    struct patches p; /* over three axes, the first of one */
    bool back, batched;
    int64_t places;
};

static bool check_pair(struct op_call *c, const char *what, const char *name, const int64_t *axes,
                       int64_t least) {
    return (axes[1] >= least && axes[2] >= least) ||
           refuse(c, "%s should be %s, but got %s_height: %lld %s_width: %lld", what,
                  least ? "greater than zero" : "non-negative", name, (long long)axes[1], name,
                  (long long)axes[2]);
}

static bool read_unfolding(struct op_call *c, struct unfolding *u) {
    static const char *const names[] = {"output_size", "kernel_size", "dilation", "padding", "stride"};
    int64_t unused[2] = {0};
    int64_t *lists[] = {u->back ? u->p.image + 1 : unused, u->p.kernel + 1, u->p.dilation + 1,
                        u->p.padding + 1, u->p.stride + 1};
    for (int i = !u->back; i < 5; i++) {
        int at = u->back ? i + 1 : i;
        if (c->args[at].tag == VALUE_LIST && arg_list(c, at)->count != 2)
            return refuse(c, "It is expected %s equals to 2, but got size %lld", names[i],
                          (long long)arg_list(c, at)->count);
        if (!args_spread(c, at, 2, NULL, lists[i])) return false;
    }
    return check_pair(c, "kernel size", "kernel", u->p.kernel, 1) &&
           check_pair(c, "dilation", "dilation", u->p.dilation, 1) &&
           check_pair(c, "padding", "pad", u->p.padding, 0) &&
           check_pair(c, "stride", "stride", u->p.stride, 1);
}

static bool check_folded(struct op_call *c, struct unfolding *u, const struct tensor *x) {
    int batched = u->back ? 3 : 4;
    bool fits = x->ndim == batched || x->ndim == batched - 1;
    for (int i = x->ndim == batched; fits && i < x->ndim; i++) fits = x->sizes[i] > 0;
    u->batched = x->ndim == batched;
    return fits ||
           refuse(c,
                  u->back ? "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
                            "non-zero dimensions for input, but got: %s"
                          : "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
                            "non-zero dimensions for input, but got: %s",
                  sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
}

/* How many places the kernel has along both axes. */
static bool count_places(struct op_call *c, struct unfolding *u) {
    struct patches *p = &u->p;
    for (int i = 1; i < 3; i++) {
        int64_t reach, padded;
        if (__builtin_mul_overflow(p->dilation[i], p->kernel[i] - 1, &reach) ||
            __builtin_mul_overflow(p->padding[i], 2, &padded) ||
            __builtin_add_overflow(padded, p->image[i] - 1, &padded) ||
            __builtin_sub_overflow(padded, reach, &padded))
            return refuse(c, "sliding blocks: sizes overflow");
        p->grid[i] =
            padded < 0 ? -((p->stride[i] - 1 - padded) / p->stride[i]) + 1 : padded / p->stride[i] + 1;
    }
    if (__builtin_mul_overflow(p->grid[1], p->grid[2], &u->places))
        return refuse(c, "sliding blocks: sizes overflow");
    return u->back || (p->grid[1] >= 1 && p->grid[2] >= 1) ||
           refuse(
               c,
               "Given input with spatial size (%lld, %lld), kernel_size=(%lld, %lld), dilation=(%lld, %lld), "
               "padding=(%lld, %lld), calculated shape of the array of sliding blocks as (%lld, %lld), but "
               "its "
               "components must be at least one.",
               (long long)p->image[1], (long long)p->image[2], (long long)p->kernel[1],
               (long long)p->kernel[2], (long long)p->dilation[1], (long long)p->dilation[2],
               (long long)p->padding[1], (long long)p->padding[2], (long long)p->grid[1],
               (long long)p->grid[2]);
}

static bool check_columns(struct op_call *c, const struct unfolding *u, const struct tensor *x) {
    const struct patches *p = &u->p;
    const int64_t *sizes = x->sizes + u->batched;
    int64_t taps;
    if (__builtin_mul_overflow(p->kernel[1], p->kernel[2], &taps) || sizes[0] % taps)
        return refuse(
            c,
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            "input.size(1)=%lld and kernel_size=(%lld, %lld).",
            (long long)sizes[0], (long long)p->kernel[1], (long long)p->kernel[2]);
    if (sizes[1] != u->places || p->grid[1] < 1 || p->grid[2] < 1)
        return refuse(
            c,
            "Given output_size=(%lld, %lld), kernel_size=(%lld, %lld), dilation=(%lld, %lld), "
            "padding=(%lld, %lld), stride=(%lld, %lld), expected size of input's dimension 2 to match the "
            "calculated number of sliding blocks %lld * %lld = %lld, but got input.size(2)=%lld.",
            (long long)p->image[1], (long long)p->image[2], (long long)p->kernel[1], (long long)p->kernel[2],
            (long long)p->dilation[1], (long long)p->dilation[2], (long long)p->padding[1],
            (long long)p->padding[2], (long long)p->stride[1], (long long)p->stride[2], (long long)p->grid[1],
            (long long)p->grid[2], (long long)u->places, (long long)sizes[1]);
    return (p->image[1] >= 1 && p->image[2] >= 1) ||
           refuse(c, "Expected output spatial size to be positive, but got: output_size=(%lld, %lld).",
                  (long long)p->image[1], (long long)p->image[2]);
}

/* Zeros of the result's sizes, and the channels counted. */
static struct tensor *make_result(struct compose *k, struct unfolding *u, const struct tensor *x) {
    struct patches *p = &u->p;
    const int64_t *sizes = x->sizes + u->batched;
    int64_t taps = p->kernel[1] * p->kernel[2], made[4] = {u->batched ? x->sizes[0] : 1};
    p->channels = u->back ? sizes[0] / taps : sizes[0];
    made[1] = u->back ? p->channels : p->channels * taps;
    made[2] = u->back ? p->image[1] : u->places;
    made[3] = p->image[2];
    return compose_run(k, "aten::zeros", "Ld", u->back ? 4 : 3, made, (int)x->dtype);
}

static void move_all(const struct unfolding *u, struct tensor *x, struct tensor *out) {
    struct tensor *images = u->back ? out : x, *columns = u->back ? x : out;
    int64_t n = out->sizes[0];
    size_t image = n ? (size_t)(images->numel / n) * u->p.size : 0;
    size_t column = n ? (size_t)(columns->numel / n) * u->p.size : 0;
    for (int64_t i = 0; i < n; i++)
        (u->back ? patches_add : patches_take)(&u->p, (char *)tensor_data(columns) + (size_t)i * column,
                                               (char *)tensor_data(images) + (size_t)i * image,
                                               tensor_dtype(x));
}

static bool unfold(struct op_call *c, bool back) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    struct unfolding u = {.back = back,
                          .p = {.size = dtype_size(tensor_dtype(x)),
                                .grid = {1},
                                .image = {1},
                                .kernel = {1},
                                .stride = {1},
                                .dilation = {1}}};
    if (!read_unfolding(c, &u) || !check_folded(c, &u, x)) return false;
    if (!back) memcpy(u.p.image + 1, x->sizes + x->ndim - 2, 2 * sizeof *x->sizes);
    if (!count_places(c, &u) || (back && !check_columns(c, &u, x)) ||
        !check_dtype(c, x, SET_BOOL | SET_REALS | SET_COMPLEX, back ? "col2im_out_cpu" : "im2col_out_cpu"))
        return false;
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *out = make_result(&k, &u, x);
    if (k.failed) return compose_end(&k);
    move_all(&u, whole, out);
    return compose_give(&k, u.batched ? out : compose_own(&k, tensor_select(c, out, 0, 0)));
}
bool conv_im2col(struct op_call *c) {
    return unfold(c, false);
}
bool conv_col2im(struct op_call *c) {
    return unfold(c, true);
}
