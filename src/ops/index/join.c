/* Joining, repeating and moving whole tensors: cat, stack, repeat, tile, flip, roll, meshgrid, tril, triu and
 * kin. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include "tensor/promote.h"
#include <string.h>

/* torch.cat skips tensors of shape [0], a relic it keeps. */
static bool skipped(const struct tensor *t) {
    return t->ndim == 1 && t->sizes[0] == 0;
}

static bool check_cat(struct op_call *c, struct tensor **in, int count, int64_t dim,
                      const struct tensor *first) {
    for (int i = 0; i < count; i++) {
        if (skipped(in[i])) continue;
        if (in[i]->ndim != first->ndim)
            return refuse(c, "Tensors must have same number of dimensions: got %d and %d", first->ndim,
                          in[i]->ndim);
        for (int d = 0; d < first->ndim; d++)
            if (d != dim && in[i]->sizes[d] != first->sizes[d])
                return refuse(c,
                              "Sizes of tensors must match except in dimension %lld. Expected size %lld but "
                              "got size %lld for "
                              "tensor number %d in the list.",
                              (long long)dim, (long long)first->sizes[d], (long long)in[i]->sizes[d], i);
    }
    return true;
}

static bool all_channels_last(struct tensor **in, int count) {
    for (int i = 0; i < count; i++)
        if (in[i]->ndim != 4 || !tensor_is_channels_last(in[i]) || tensor_is_contiguous(in[i])) return false;
    return true;
}

static struct tensor *cat_output(struct op_call *c, struct tensor **in, int count, const struct tensor *first,
                                 int64_t *sizes) {
    enum dtype d = promote_tensors(count, in);
    int64_t strides[TENSOR_MAX_DIMS];
    static const int nhwc[] = {1, 3, 2, 0};
    if (!all_channels_last(in, count)) return call_new(c, d, first->ndim, sizes);
    int64_t step = 1;
    for (int i = 0; i < 4; i++) {
        strides[nhwc[i]] = step;
        step *= sizes[nhwc[i]] > 1 ? sizes[nhwc[i]] : 1;
    }
    return tensor_new_strided(d, 4, sizes, strides, c->cx->budget, c->err);
}

static struct tensor *cat(struct op_call *c, struct tensor **in, int count, int64_t dim) {
    struct tensor *first = NULL;
    int64_t sizes[TENSOR_MAX_DIMS], at = 0;
    for (int i = 0; i < count && !first; i++)
        if (!skipped(in[i])) first = in[i];
    if (!first) first = in[0];
    for (int i = 0; i < count; i++)
        if (in[i]->ndim == 0) {
            refuse(c, "zero-dimensional tensor (at position %d) cannot be concatenated", i);
            return NULL;
        }
    if (!wrap_dim(c, &dim, first->ndim) || !check_cat(c, in, count, dim, first)) return NULL;
    memcpy(sizes, first->sizes, sizeof *sizes * first->ndim);
    sizes[dim] = 0;
    for (int i = 0; i < count; i++) sizes[dim] += skipped(in[i]) ? 0 : in[i]->sizes[dim];
    struct tensor *out = cat_output(c, in, count, first, sizes);
    for (int i = 0; out && i < count; i++) {
        if (skipped(in[i])) continue;
        struct tensor *part = tensor_narrow(c, out, (int)dim, at, in[i]->sizes[dim]);
        bool good = part && tensor_copy(part, in[i], c->err);
        at += in[i]->sizes[dim];
        tensor_release(part);
        if (good) continue;
        tensor_release(out);
        return NULL;
    }
    return out;
}

enum { FEW_TENSORS = 32 };

/* The list of tensors at argument 0, on the stack when short. */
static struct tensor **list_of(struct op_call *c, struct tensor **few, int *count) {
    *count = (int)arg_list(c, 0)->count;
    struct tensor **all = *count <= FEW_TENSORS ? few : call_scratch(c, (size_t)*count, sizeof *all);
    if (all) args_tensors(c, 0, all, *count);
    return all;
}
static void list_done(struct tensor **all, struct tensor **few) {
    if (all != few) mem_free(all);
}

bool index_cat(struct op_call *c) {
    struct tensor *few[FEW_TENSORS];
    int count;
    struct tensor **in = list_of(c, few, &count);
    if (!in) return false;
    if (count == 0) return refuse(c, "torch.cat(): expected a non-empty list of Tensors");
    bool good = give_tensor(c, cat(c, in, count, arg_int(c, 1)));
    list_done(in, few);
    return good;
}

static bool unsqueeze_all(struct op_call *c, struct tensor **in, int count, int dim, struct tensor **out) {
    for (int i = 0; i < count; i++)
        if (!(out[i] = tensor_unsqueeze(c, in[i], dim))) {
            release_tensors(out, i);
            return false;
        }
    return true;
}

bool index_stack(struct op_call *c) {
    struct tensor *few[FEW_TENSORS];
    int count;
    int64_t dim = arg_int(c, 1);
    char a[256], b[256];
    struct tensor **in = list_of(c, few, &count);
    if (!in) return false;
    if (count == 0) return refuse(c, "stack expects a non-empty TensorList");
    bool good = wrap_dim(c, &dim, in[0]->ndim + 1);
    for (int i = 1; good && i < count; i++)
        if (in[i]->ndim != in[0]->ndim ||
            memcmp(in[i]->sizes, in[0]->sizes, sizeof *in[0]->sizes * in[0]->ndim) != 0)
            good = refuse(
                c, "stack expects each tensor to be equal size, but got %s at entry 0 and %s at entry %d",
                sizes_text(in[0]->ndim, in[0]->sizes, a, sizeof a),
                sizes_text(in[i]->ndim, in[i]->sizes, b, sizeof b), i);
    struct tensor **views = good ? call_scratch(c, (size_t)count, sizeof *views) : NULL;
    good = views && unsqueeze_all(c, in, count, (int)dim, views);
    if (good) {
        good = give_tensor(c, cat(c, views, count, dim));
        release_tensors(views, count);
    }
    mem_free(views);
    list_done(in, few);
    return good;
}

/* hstack, vstack, dstack: at least N dimensions, then cat. */
static bool stack_along(struct op_call *c, const char *at_least, int dim, bool one_is_zero) {
    struct compose k = compose_start(c);
    struct tensor *in[FEW_TENSORS];
    int count = args_tensors(c, 0, in, FEW_TENSORS);
    if (count < 0) return false;
    if (count == 0) return refuse(c, "%s expects a non-empty TensorList", op_name(c->row) + 6);
    for (int i = 0; i < count && !k.failed; i++) in[i] = compose_run(&k, at_least, "t", in[i]);
    if (k.failed) return compose_end(&k);
    return compose_give(&k, compose_own(&k, cat(c, in, count, one_is_zero && in[0]->ndim == 1 ? 0 : dim)));
}
bool index_hstack(struct op_call *c) {
    return stack_along(c, "aten::atleast_1d", 1, true);
}
bool index_vstack(struct op_call *c) {
    return stack_along(c, "aten::atleast_2d", 0, false);
}
bool index_dstack(struct op_call *c) {
    return stack_along(c, "aten::atleast_3d", 2, false);
}
bool index_column_stack(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *in[FEW_TENSORS];
    int count = args_tensors(c, 0, in, FEW_TENSORS);
    if (count <= 0) return refuse(c, "column_stack expects a non-empty TensorList");
    for (int i = 0; i < count && !k.failed; i++)
        if (in[i]->ndim <= 1)
            in[i] = compose_run(&k, "aten::reshape", "tL", in[i], 2, (int64_t[]){in[i]->numel, 1});
    return compose_give(&k, k.failed ? NULL : compose_own(&k, cat(c, in, count, 1)));
}

/* atleast_Nd: views with dimensions of 1 where PyTorch puts them. */
static struct tensor *at_least(struct op_call *c, struct tensor *t, int ndim) {
    struct geometry g;
    geometry_of(t, &g);
    if (g.ndim == 0 && ndim > 0) geometry_insert(&g, 0, 1, 1);
    if (g.ndim == 1 && ndim > 1) geometry_insert(&g, 0, 1, g.sizes[0] * g.strides[0]);
    if (g.ndim == 2 && ndim > 2) geometry_insert(&g, 2, 1, 1);
    return t->ndim >= ndim ? tensor_retain(t) : geometry_view(c, t, &g);
}
static bool at_least_call(struct op_call *c, int ndim) {
    struct tensor *out[FEW_TENSORS];
    if (c->args[0].tag == VALUE_TENSOR) return give_tensor(c, at_least(c, arg_tensor(c, 0), ndim));
    int count = args_tensors(c, 0, out, FEW_TENSORS), made = 0;
    while (made < count && (out[made] = at_least(c, out[made], ndim))) made++;
    if (made == count) return give_list(c, 0, out, count);
    release_tensors(out, made);
    return false;
}
bool index_atleast_1d(struct op_call *c) {
    return at_least_call(c, 1);
}
bool index_atleast_2d(struct op_call *c) {
    return at_least_call(c, 2);
}
bool index_atleast_3d(struct op_call *c) {
    return at_least_call(c, 3);
}

/* repeat: every copy is written through a view that shows the output as [times, size] in each dimension. */
static struct tensor *repeat(struct op_call *c, struct tensor *t, int ndim, const int64_t *times) {
    int64_t sizes[TENSOR_MAX_DIMS];
    struct geometry g = {.ndim = 0};
    int missing = ndim - t->ndim;
    for (int i = 0; i < ndim; i++) {
        int64_t size = i < missing ? 1 : t->sizes[i - missing];
        if (times[i] < 0) {
            refuse(c, "Trying to create tensor with negative dimension %lld", (long long)(times[i] * size));
            return NULL;
        }
        if (__builtin_mul_overflow(times[i], size, &sizes[i])) {
            refuse(c, "repeat: sizes overflow");
            return NULL;
        }
    }
    struct tensor *out = call_new(c, tensor_dtype(t), ndim, sizes);
    if (!out || out->numel == 0) return out;
    for (int i = 0; i < ndim && g.ndim + 2 <= TENSOR_MAX_DIMS; i++) {
        int64_t size = i < missing ? 1 : t->sizes[i - missing];
        geometry_insert(&g, g.ndim, times[i], out->strides[i] * size);
        geometry_insert(&g, g.ndim, size, out->strides[i]);
    }
    struct geometry from = {.ndim = 0, .offset = t->offset};
    for (int i = 0; i < ndim && from.ndim + 2 <= TENSOR_MAX_DIMS; i++) {
        geometry_insert(&from, from.ndim, times[i], 0);
        geometry_insert(&from, from.ndim, i < missing ? 1 : t->sizes[i - missing],
                        i < missing ? 0 : t->strides[i - missing]);
    }
    struct tensor *to = geometry_view(c, out, &g), *source = geometry_view(c, t, &from);
    bool good = to && source && tensor_copy(to, source, c->err);
    tensor_release(to);
    tensor_release(source);
    if (good) return out;
    tensor_release(out);
    return NULL;
}

bool index_repeat(struct op_call *c) {
    int64_t times[TENSOR_MAX_DIMS];
    struct tensor *t = arg_tensor(c, 0);
    int ndim = args_ints(c, 1, times, TENSOR_MAX_DIMS);
    if (ndim < 0) return false;
    if (ndim < t->ndim)
        return refuse(
            c, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
    return give_tensor(c, repeat(c, t, ndim, times));
}

bool index_tile(struct op_call *c) {
    int64_t times[TENSOR_MAX_DIMS], full[TENSOR_MAX_DIMS];
    struct tensor *t = arg_tensor(c, 0);
    int count = args_ints(c, 1, times, TENSOR_MAX_DIMS), ndim = count > t->ndim ? count : t->ndim;
    if (count < 0) return false;
    for (int i = 0; i < ndim; i++) full[i] = i < ndim - count ? 1 : times[i - (ndim - count)];
    return give_tensor(c, repeat(c, t, ndim, full));
}

/* flip: a copy through a view that runs backwards. */
static bool flip_dims(struct op_call *c, uint64_t mask) {
    struct tensor *t = arg_tensor(c, 0), *out = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    struct geometry g;
    if (!out || out->numel == 0) return give_tensor(c, out);
    geometry_of(t, &g);
    for (int i = 0; i < t->ndim; i++)
        if (mask >> i & 1) {
            g.offset += (t->sizes[i] - 1) * t->strides[i];
            g.strides[i] = -g.strides[i];
        }
    struct tensor *view = geometry_view(c, t, &g);
    bool good = view && tensor_copy(out, view, c->err);
    tensor_release(view);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
bool index_flip(struct op_call *c) {
    uint64_t mask;
    return wrap_dims(c, 1, arg_tensor(c, 0)->ndim, false, &mask) && flip_dims(c, mask);
}
bool index_fliplr(struct op_call *c) {
    if (arg_tensor(c, 0)->ndim < 2) return refuse(c, "Input must be >= 2-d.");
    return flip_dims(c, 2);
}
bool index_flipud(struct op_call *c) {
    if (arg_tensor(c, 0)->ndim < 1) return refuse(c, "Input must be >= 1-d.");
    return flip_dims(c, 1);
}

static bool copy_part(struct op_call *c, struct tensor *to, int64_t to_at, struct tensor *from,
                      int64_t from_at, int64_t length, int dim) {
    struct tensor *a = tensor_narrow(c, to, dim, to_at, length),
                  *b = tensor_narrow(c, from, dim, from_at, length);
    bool good = a && b && tensor_copy(a, b, c->err);
    tensor_release(a);
    tensor_release(b);
    return good;
}

static struct tensor *roll_one(struct op_call *c, struct tensor *t, int dim, int64_t shift) {
    struct tensor *out = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    int64_t size = t->sizes[dim], by = size ? (shift % size + size) % size : 0;
    if (!out || out->numel == 0) return out;
    if (copy_part(c, out, by, t, 0, size - by, dim) && copy_part(c, out, 0, t, size - by, by, dim))
        return out;
    tensor_release(out);
    return NULL;
}

bool index_roll(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t shifts[TENSOR_MAX_DIMS], dims[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, shifts, TENSOR_MAX_DIMS), other = args_ints(c, 2, dims, TENSOR_MAX_DIMS);
    struct compose k = compose_start(c);
    if (count <= 0) return refuse(c, "`shifts` required");
    if (other == 0 && count == 1) {
        struct tensor *flat = compose_run(&k, "aten::reshape", "tL", t, 1, &t->numel);
        struct tensor *rolled = flat ? compose_own(&k, roll_one(c, flat, 0, shifts[0])) : NULL;
        return compose_give(&k, compose_run(&k, "aten::reshape", "tL", rolled, t->ndim, t->sizes));
    }
    if (count != other)
        return refuse(c, "shifts and dimensions must align. shifts: %d, dims:%d", count, other);
    if (t->ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions",
                            (long long)dims[0]);
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &dims[i], t->ndim)) k.failed = true;
        if (!k.failed && t->ndim > 0) t = compose_own(&k, roll_one(c, t, (int)dims[i], shifts[i]));
        if (k.failed) return compose_end(&k);
    }
    return compose_give(&k, t);
}

bool index_rot90(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0);
    int64_t dims[2], turns = (arg_int(c, 1) % 4 + 4) % 4;
    int count = (int)arg_list(c, 2)->count;
    if (count != 2) return refuse(c, "expected total rotation dims == 2, but got dims = %d", count);
    if (t->ndim < 2) return refuse(c, "expected total dims >= 2, but got total dims = %d", t->ndim);
    args_ints(c, 2, dims, 2);
    if (!wrap_dim(c, &dims[0], t->ndim) || !wrap_dim(c, &dims[1], t->ndim)) return false;
    if (dims[0] == dims[1])
        return refuse(c, "expected rotation dims to be different, but got dim0 = %lld and dim1 = %lld",
                      (long long)dims[0], (long long)dims[1]);
    if (turns == 0) return compose_give(&k, compose_run(&k, "aten::clone", "td", t, 0));
    if (turns == 2) return compose_give(&k, compose_run(&k, "aten::flip", "tL", t, 2, dims));
    struct tensor *flipped = compose_run(&k, "aten::flip", "tL", t, 1, &dims[turns == 1 ? 1 : 0]);
    return compose_give(&k, compose_run(&k, "aten::transpose_copy.int", "tii", flipped, dims[0], dims[1]));
}

static bool meshgrid(struct op_call *c, bool xy) {
    struct tensor *in[FEW_TENSORS], *out[FEW_TENSORS];
    int64_t sizes[FEW_TENSORS], ones[FEW_TENSORS];
    int count = args_tensors(c, 0, in, FEW_TENSORS), made = 0;
    if (count < 0) return false;
    if (count == 0) return refuse(c, "meshgrid expects a non-empty TensorList");
    for (int i = 0; i < count; i++) {
        if (in[i]->ndim > 1)
            return refuse(c, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: %d",
                          in[i]->ndim);
        if (in[i]->dtype != in[0]->dtype)
            return refuse(c, "torch.meshgrid expects all tensors to have the same dtype");
        sizes[i] = in[i]->numel;
    }
    bool swap = xy && count >= 2;
    struct compose k = compose_start(c);
    for (; made < count && !k.failed; made++) {
        for (int i = 0; i < count; i++) ones[i] = i == made ? sizes[i] : 1;
        struct tensor *view = compose_own(&k, tensor_reshape(c, in[made], count, ones));
        struct tensor *wide = view ? compose_own(&k, tensor_expand(view, count, sizes, c->err)) : NULL;
        if (wide && swap) wide = compose_own(&k, tensor_transpose(c, wide, 0, 1));
        out[made] = wide;
    }
    if (k.failed) return compose_end(&k);
    for (int i = 0; i < count; i++) tensor_retain(out[i]);
    bool given = give_list(c, 0, out, count);
    return compose_end(&k) && given;
}
bool index_meshgrid(struct op_call *c) {
    return meshgrid(c, false);
}
bool index_meshgrid_indexing(struct op_call *c) {
    const char *mode = c->args[1].string->bytes;
    if (strcmp(mode, "xy") != 0 && strcmp(mode, "ij") != 0)
        return refuse(c, "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: %s", mode);
    return meshgrid(c, mode[0] == 'x');
}

/* tril, triu: the kept triangle of each matrix is copied row by row. */
static bool triangle(struct op_call *c, bool lower) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t diagonal = arg_int(c, 1), size = (int64_t)dtype_size(tensor_dtype(t));
    if (t->ndim < 2)
        return refuse(c, "%s: input tensor must have at least 2 dimensions", lower ? "tril" : "triu");
    struct tensor *from = tensor_contiguous(t, c->cx->budget, c->err), *out = NULL;
    if (from) out = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    if (out) {
        int64_t columns = t->sizes[t->ndim - 1], rows = t->sizes[t->ndim - 2];
        memset(tensor_data(out), 0, (size_t)(out->numel * size));
        for (int64_t r = 0; columns > 0 && r < out->numel / columns; r++) {
            int64_t cut = r % rows + diagonal + lower;
            cut = cut < 0 ? 0 : cut > columns ? columns : cut;
            int64_t begin = r * columns + (lower ? 0 : cut), length = lower ? cut : columns - cut;
            memcpy((char *)tensor_data(out) + begin * size, (char *)tensor_data(from) + begin * size,
                   (size_t)(length * size));
        }
    }
    tensor_release(from);
    return give_tensor(c, out);
}
bool index_tril(struct op_call *c) {
    return triangle(c, true);
}
bool index_triu(struct op_call *c) {
    return triangle(c, false);
}

bool index_pixel_shuffle(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t f = arg_int(c, 1), sizes[TENSOR_MAX_DIMS], dims[TENSOR_MAX_DIMS];
    int n = t->ndim;
    if (n < 3)
        return refuse(
            c,
            "pixel_shuffle expects input to have at least 3 dimensions, but got input with %d dimension(s)",
            n);
    if (f <= 0)
        return refuse(c, "pixel_shuffle expects a positive upscale_factor, but got %lld", (long long)f);
    int64_t channels = t->sizes[n - 3], h = t->sizes[n - 2], w = t->sizes[n - 1];
    if (channels % (f * f))
        return refuse(c,
                      "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
                      "of upscale_factor, "
                      "but input.size(-3)=%lld is not divisible by %lld",
                      (long long)channels, (long long)(f * f));
    struct compose k = compose_start(c);
    memcpy(sizes, t->sizes, sizeof *sizes * (size_t)n);
    int64_t parts[] = {channels / (f * f), f, f, h, w}, order[] = {0, 3, 1, 4, 2};
    memcpy(sizes + n - 3, parts, sizeof parts);
    for (int i = 0; i < n - 3; i++) dims[i] = i;
    for (int i = 0; i < 5; i++) dims[n - 3 + i] = n - 3 + order[i];
    struct tensor *x = compose_run(&k, "aten::reshape", "tL", t, n + 2, sizes);
    x = compose_run(&k, "aten::permute", "tL", x, n + 2, dims);
    int64_t last[] = {channels / (f * f), h * f, w * f};
    memcpy(sizes + n - 3, last, sizeof last);
    x = compose_run(&k, "aten::clone", "td", x, 0);
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", x, n, sizes));
}

bool index_pixel_unshuffle(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t f = arg_int(c, 1), sizes[TENSOR_MAX_DIMS], dims[TENSOR_MAX_DIMS];
    int n = t->ndim;
    if (n < 3)
        return refuse(
            c,
            "pixel_unshuffle expects input to have at least 3 dimensions, but got input with %d dimension(s)",
            n);
    if (f <= 0)
        return refuse(c, "pixel_unshuffle expects a positive downscale_factor, but got %lld", (long long)f);
    int64_t channels = t->sizes[n - 3], h = t->sizes[n - 2], w = t->sizes[n - 1];
    if (h % f || w % f)
        return refuse(c,
                      "pixel_unshuffle expects %s to be divisible by downscale_factor, but "
                      "input.size(-%d)=%lld is not divisible by %lld",
                      h % f ? "height" : "width", h % f ? 2 : 1, (long long)(h % f ? h : w), (long long)f);
    struct compose k = compose_start(c);
    memcpy(sizes, t->sizes, sizeof *sizes * (size_t)n);
    int64_t parts[] = {channels, h / f, f, w / f, f}, order[] = {0, 2, 4, 1, 3};
    memcpy(sizes + n - 3, parts, sizeof parts);
    for (int i = 0; i < n - 3; i++) dims[i] = i;
    for (int i = 0; i < 5; i++) dims[n - 3 + i] = n - 3 + order[i];
    struct tensor *x = compose_run(&k, "aten::reshape", "tL", t, n + 2, sizes);
    x = compose_run(&k, "aten::permute", "tL", x, n + 2, dims);
    int64_t last[] = {channels * f * f, h / f, w / f};
    memcpy(sizes + n - 3, last, sizeof last);
    x = compose_run(&k, "aten::clone", "td", x, 0);
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", x, n, sizes));
}

bool index_channel_shuffle(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t groups = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (t->ndim < 3)
        return refuse(c, "channel_shuffle expects input with > 2 dims, but got input with sizes %s",
                      sizes_text(t->ndim, t->sizes, (char[256]){0}, 256));
    if (groups <= 0)
        return refuse(c, "Number of groups to divide channels in must be positive. Value of groups:%lld",
                      (long long)groups);
    if (t->sizes[1] % groups)
        return refuse(c, "Number of channels must be divisible by groups. Got %lld channels and %lld groups.",
                      (long long)t->sizes[1], (long long)groups);
    struct compose k = compose_start(c);
    sizes[0] = t->sizes[0], sizes[1] = groups, sizes[2] = t->sizes[1] / groups;
    memcpy(sizes + 3, t->sizes + 2, sizeof *sizes * (size_t)(t->ndim - 2));
    struct tensor *x = compose_run(&k, "aten::reshape", "tL", t, t->ndim + 1, sizes);
    x = compose_run(&k, "aten::transpose.int", "tdd", x, 1, 2);
    x = compose_run(&k, "aten::clone", "td", x, 0);
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", x, t->ndim, t->sizes));
}
