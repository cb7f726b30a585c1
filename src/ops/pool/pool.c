/* Pooling over one to three dimensions: average, maximum (with indices), adaptive, power.
 *
 * Every pooling is a window for each output place and a function over the window's elements in double; inputs
 * are [planes, D, H, W] with leading axes of 1. Windows come from kernel and stride, or from the output size
 * (adaptive). */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/linear/product.h"
#include "ops/pool/windows.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The sum over the window, or its largest element and where it is. */
static double window_value(const struct pooling *p, const struct pool_window *w, const double *plane,
                           int64_t *where) {
    double sum = 0, high = -(double)INFINITY;
    int64_t at = (w->begin[0] * p->in[1] + w->begin[1]) * p->in[2] + w->begin[2];
    *where = at;
    for (int64_t z = w->begin[0]; z < w->end[0]; z += w->step[0])
        for (int64_t y = w->begin[1]; y < w->end[1]; y += w->step[1])
            for (int64_t x = w->begin[2]; x < w->end[2]; x += w->step[2]) {
                at = (z * p->in[1] + y) * p->in[2] + x;
                sum += plane[at];
                if (plane[at] > high || plane[at] != plane[at]) {
                    high = plane[at];
                    *where = at;
                }
            }
    return p->maximum ? high : sum / (double)w->divisor;
}

static void pool_plane(const struct pooling *p, const double *plane, double *out, int64_t *indices) {
    int64_t place[POOL_AXES], at = 0, where;
    struct pool_window w;
    for (place[0] = 0; place[0] < p->out[0]; place[0]++)
        for (place[1] = 0; place[1] < p->out[1]; place[1]++)
            for (place[2] = 0; place[2] < p->out[2]; place[2]++, at++) {
                pool_window_at(p, place, &w);
                out[at] = window_value(p, &w, plane, &where);
                if (indices) indices[at] = where;
            }
}

/* Channels-last inputs give channels-last results. */
static bool keep_format(struct compose *k, const struct tensor *x, const struct pooling *p,
                        struct tensor **out, struct tensor **indices) {
    if (x->ndim == 4 && p->dims == 2 && tensor_is_channels_last(x) && !tensor_is_contiguous(x)) {
        *out = compose_run(k, "aten::contiguous", "td", *out, 2);
        if (indices) *indices = compose_run(k, "aten::contiguous", "td", *indices, 2);
    }
    return !k->failed;
}

/* --- float32 planes of one or two dimensions: the kernels of this instruction set --- */

struct plane_run {
    struct op_call *c;
    const struct pooling *p;
    struct pool_shape shape;
    const float *in;
    float *out;
    int64_t *indices;
    _Atomic bool failed;
};

static bool fits_kernels(const struct pooling *p, enum dtype d) {
    return d == DTYPE_FLOAT32 && !p->adaptive && p->in[0] == 1 && p->kernel[0] == 1 && p->padding[0] == 0 &&
           p->out[0] == 1;
}

static void run_planes(void *context, int64_t begin, int64_t end) {
    struct plane_run *r = context;
    const struct pool_kernels *kernels = call_kernels(r->c)->pool;
    void *room = mem_alloc_aligned(kernels->workspace(&r->shape) + 64);
    if (!room) {
        r->failed = true;
        return;
    }
    const float *in = r->in + begin * r->shape.in_h * r->shape.in_w;
    int64_t at = begin * r->shape.out_h * r->shape.out_w;
    if (r->p->maximum)
        kernels->max_f32(&r->shape, end - begin, in, r->out + at, r->indices ? r->indices + at : NULL, room);
    else
        kernels->avg_f32(&r->shape, r->p->count_padding, r->p->divisor, end - begin, in, r->out + at, room);
    mem_free_aligned(room);
}

static bool pool_planes(struct op_call *c, const struct pooling *p, const struct tensor *x,
                        struct tensor *out, struct tensor *indices) {
    struct plane_run r = {.c = c, .p = p, .in = tensor_data(x), .out = tensor_data(out)};
    if (indices) r.indices = tensor_data(indices);
    r.shape = (struct pool_shape){p->in[1],      p->in[2],      p->out[1],      p->out[2],
                                  p->kernel[1],  p->kernel[2],  p->stride[1],   p->stride[2],
                                  p->padding[1], p->padding[2], p->dilation[1], p->dilation[2]};
    pool_run(c->cx->pool, x->numel / (p->in[1] * p->in[2]), run_planes, &r);
    return !r.failed || error_memory(c->err);
}

/* `indices` NULL: values alone. Results are owned by k. */
static bool pool_tensor(struct op_call *c, struct compose *k, struct tensor *x, const struct pooling *p,
                        struct tensor **out, struct tensor **indices) {
    int64_t sizes[TENSOR_MAX_DIMS], in = pool_volume(p->in), made = pool_volume(p->out);
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    for (int i = 0; i < p->dims; i++) sizes[x->ndim - p->dims + i] = p->out[POOL_AXES - p->dims + i];
    enum dtype d = tensor_dtype(x);
    struct tensor *whole = compose_own(k, tensor_contiguous(x, c->cx->budget, c->err));
    *out = compose_own(k, call_new(c, d, x->ndim, sizes));
    if (indices) *indices = compose_own(k, call_new(c, DTYPE_INT64, x->ndim, sizes));
    if (!k->failed && fits_kernels(p, d) && whole->numel > 0 && made > 0) {
        if (!pool_planes(c, p, whole, *out, indices ? *indices : NULL)) return false;
        return keep_format(k, x, p, out, indices);
    }
    double *plane = call_scratch(c, (size_t)(in + made) + 1, sizeof *plane);
    if (k->failed || !plane) {
        mem_free(plane);
        return false;
    }
    int64_t planes = in > 0 ? x->numel / in : 0, size = (int64_t)dtype_size(d);
    for (int64_t i = 0; i < planes && made > 0; i++) {
        convert_load[d][COMPUTE_DOUBLE](plane, sizeof *plane, (char *)tensor_data(whole) + i * in * size,
                                        size, in);
        pool_plane(p, plane, plane + in, indices ? (int64_t *)tensor_data(*indices) + i * made : NULL);
        convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(*out) + i * made * size, size, plane + in,
                                         sizeof *plane, made);
    }
    mem_free(plane);
    return keep_format(k, x, p, out, indices);
}

/* avg_pool(self, kernel, stride, padding, ceil_mode, count_include_pad[, divisor_override]) */
static bool average(struct op_call *c, int dims) {
    struct compose k = compose_start(c);
    struct pooling p = {.dims = dims, .count_padding = arg_bool(c, 5)};
    struct tensor *out;
    char name[24];
    snprintf(name, sizeof name, "avg_pool%dd", dims);
    if (!pool_read(c, arg_tensor(c, 0), &p, (struct pool_places){1, 2, 3, -1, 4})) return false;
    if (dims > 1 && !arg_none(c, 6)) {
        p.divisor = arg_int(c, 6);
        if (p.divisor == 0) return refuse(c, "divisor must be not zero");
    }
    if (!pool_check(c, arg_tensor(c, 0), &p, name) ||
        !check_dtype(c, arg_tensor(c, 0), SET_LONG | (dims == 3 ? SET_FLOATS : SET_REALS),
                     dims == 3 ? "avg_pool3d_out_frame" : "avg_pool2d"))
        return false;
    return compose_give(&k, pool_tensor(c, &k, arg_tensor(c, 0), &p, &out, NULL) ? out : NULL);
}
bool pool_avg_1d(struct op_call *c) {
    return average(c, 1);
}
bool pool_avg_2d(struct op_call *c) {
    return average(c, 2);
}
bool pool_avg_3d(struct op_call *c) {
    return average(c, 3);
}

/* max_pool(self, kernel, stride, padding, dilation, ceil_mode) */
static bool maximum(struct op_call *c, int dims, bool with_indices) {
    struct compose k = compose_start(c);
    struct pooling p = {.dims = dims, .maximum = true};
    struct tensor *out = NULL, *indices = NULL;
    char name[24];
    snprintf(name, sizeof name, "max_pool%dd", dims);
    if (!pool_read(c, arg_tensor(c, 0), &p, (struct pool_places){1, 2, 3, 4, 5}) ||
        !pool_check(c, arg_tensor(c, 0), &p, name))
        return false;
    static const char *const kernels[] = {"max_pool1d_impl", "max_pool2d", "max_pool3d"};
    bool plain = dims == 1 && !with_indices;
    if (!check_dtype(c, arg_tensor(c, 0), plain ? SET_REALS : SET_REALS | SET_INTS,
                     kernels[dims == 3 ? 2 : !plain]))
        return false;
    if (!pool_tensor(c, &k, arg_tensor(c, 0), &p, &out, with_indices ? &indices : NULL))
        return compose_give(&k, NULL);
    return compose_give_some(&k, with_indices ? 2 : 1, (struct tensor *[]){out, indices});
}
bool pool_max_1d(struct op_call *c) {
    return maximum(c, 1, false);
}
bool pool_max_2d(struct op_call *c) {
    return maximum(c, 2, false);
}
bool pool_max_3d(struct op_call *c) {
    return maximum(c, 3, false);
}
bool pool_max_1d_indices(struct op_call *c) {
    return maximum(c, 1, true);
}
bool pool_max_2d_indices(struct op_call *c) {
    return maximum(c, 2, true);
}
bool pool_max_3d_indices(struct op_call *c) {
    return maximum(c, 3, true);
}

/* All axes of the input to one place: PyTorch takes the mean instead, which sums in another order. */
static bool adaptive_mean(struct op_call *c, int dims, struct tensor *x) {
    struct compose k = compose_start(c);
    int64_t axes[POOL_AXES] = {-1, -2, -3};
    struct tensor *out = compose_run(&k, "aten::mean.dim", "tLb", x, dims, axes, true);
    return compose_give(&k, out);
}

static bool check_adaptive(struct op_call *c, const struct tensor *x, int dims, bool is_maximum) {
    char name[32], text[256];
    snprintf(name, sizeof name, is_maximum ? "adaptive_max_pool%dd()" : "adaptive_avg_pool%dd()", dims);
    sizes_text(x->ndim, x->sizes, text, sizeof text);
    if (x->ndim != dims + 1 && x->ndim != dims + 2)
        return refuse(c, "%s: Expected %dD or %dD tensor, but got %s", name, dims + 1, dims + 2, text);
    for (int i = is_maximum || dims == 1 ? 1 : x->ndim - dims; i < x->ndim; i++)
        if (x->sizes[i] == 0)
            return refuse(c,
                          "%s: Expected input to have non-zero size for non-batch dimensions, but input has "
                          "sizes %s with dimension %d being empty",
                          name, text, i);
    return true;
}

static bool adaptive_sizes(struct op_call *c, const struct tensor *x, int dims, bool is_maximum,
                           int64_t *sizes) {
    int64_t whole[TENSOR_MAX_DIMS];
    if (!args_spread(c, 1, dims, NULL, sizes)) return false;
    memcpy(whole, x->sizes, sizeof *whole * x->ndim);
    memcpy(whole + x->ndim - dims, sizes, sizeof *whole * (size_t)dims);
    for (int i = 0; i < dims; i++)
        if (sizes[i] < 0)
            return is_maximum
                       ? refuse(c, "Trying to create tensor with negative dimension %lld: %s",
                                (long long)sizes[i], sizes_text(x->ndim, whole, (char[256]){0}, 256))
                       : refuse(c,
                                "adaptive_avg_pool%dd: elements of output_size must be greater than or "
                                "equal to 0 but received %s",
                                dims, sizes_text(dims, sizes, (char[128]){0}, 128));
    return true;
}

static bool adaptive(struct op_call *c, int dims, bool is_maximum, bool may_mean) {
    static const char *const kernels[2][2] = {{"adaptive_avg_pool2d", "adaptive_avg_pool3d_cpu"},
                                              {"adaptive_max_pool2d", "adaptive_max_pool3d_cpu"}};
    struct compose k = compose_start(c);
    struct pooling p = {.dims = dims, .maximum = is_maximum, .adaptive = true, .dilation = {1, 1, 1}};
    struct tensor *x = arg_tensor(c, 0), *out = NULL, *indices = NULL;
    int64_t sizes[POOL_AXES];
    if (!check_adaptive(c, x, dims, is_maximum) || !adaptive_sizes(c, x, dims, is_maximum, sizes))
        return false;
    pool_stretch(sizes, dims, 1, p.out);
    if (may_mean && pool_volume(p.out) == 1 && x->numel > 0) return adaptive_mean(c, dims, x);
    bool nothing =
        x->numel == 0 && !is_maximum && dims < 3; /* PyTorch's average returns before it looks at the dtype */
    if (!nothing && !check_dtype(c, x, SET_REALS, kernels[is_maximum][dims == 3])) return false;
    pool_take_sizes(x, &p);
    if (!pool_tensor(c, &k, x, &p, &out, is_maximum ? &indices : NULL)) return compose_give(&k, NULL);
    return compose_give_some(&k, is_maximum ? 2 : 1, (struct tensor *[]){out, indices});
}
bool pool_adaptive_avg_1d(struct op_call *c) {
    return adaptive(c, 1, false, true);
}
bool pool_adaptive_avg_2d(struct op_call *c) {
    return adaptive(c, 2, false, true);
}
bool pool_adaptive_avg_3d(struct op_call *c) {
    return adaptive(c, 3, false, true);
}
/* _adaptive_avg_pool2d, 3d: always by windows. */
bool pool_adaptive_windows_2d(struct op_call *c) {
    return adaptive(c, 2, false, false);
}
bool pool_adaptive_windows_3d(struct op_call *c) {
    return adaptive(c, 3, false, false);
}
bool pool_adaptive_max_1d(struct op_call *c) {
    return adaptive(c, 1, true, false);
}
bool pool_adaptive_max_2d(struct op_call *c) {
    return adaptive(c, 2, true, false);
}
bool pool_adaptive_max_3d(struct op_call *c) {
    return adaptive(c, 3, true, false);
}
