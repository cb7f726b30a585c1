/* Gradients of poolings.
 *
 * An average gives every place of a window the same share of the window's gradient: the windows are those of
 * the forward call (windows.h). A maximum gives it to the place that its indices name
 * (aten/src/ATen/native/cpu/AvgPoolKernel.cpp, MaxPoolKernel.cpp, AdaptiveAveragePooling*.cpp,
 * FractionalMaxPool2d.cpp, FractionalMaxPool3d.cpp). Sums are kept in double, a plane at a time. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/pool/windows.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- checks --- */

/* A gradient or indices: x's planes, the output's places. */
static bool check_result(struct op_call *c, const struct tensor *t, const struct tensor *x,
                         const struct pooling *p) {
    for (int i = x->ndim - p->dims - 1; i < x->ndim - p->dims; i++)
        if (!check_dim_size(c, t, x->ndim, i, x->sizes[i])) return false;
    for (int i = 0; i < p->dims; i++)
        if (!check_dim_size(c, t, x->ndim, x->ndim - p->dims + i, p->out[POOL_AXES - p->dims + i]))
            return false;
    return x->ndim == p->dims + 1 || check_dim_size(c, t, x->ndim, 0, x->sizes[0]);
}

static bool check_dtypes(struct op_call *c, const struct tensor *grad, const struct tensor *x, bool longs,
                         const char *name) {
    if (grad->dtype != x->dtype)
        return refuse(c, "expected dtype %s for `gradOutput` but got dtype %s",
                      dtype_cpp_name(tensor_dtype(x)), dtype_cpp_name(tensor_dtype(grad)));
    return dtype_is_floating(tensor_dtype(x)) || (longs && x->dtype == DTYPE_INT64) ||
           refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[x->dtype].graph_name);
}

static bool check_indices(struct op_call *c, const struct tensor *indices, const struct tensor *x,
                          const struct pooling *p) {
    if (indices->dtype != DTYPE_INT64)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[indices->dtype].graph_name);
    return check_result(c, indices, x, p);
}

/* Two-dimensional adaptive poolings go by the gradient's planes and leave the rest of the input's alone
 * (aten/src/ATen/native/cpu/AdaptiveAvgPoolKernel.cpp, AdaptiveMaxPoolKernel.cpp). */
static bool check_planes(struct op_call *c, const struct tensor *t, const struct tensor *x,
                         const struct pooling *p) {
    int64_t in = pool_volume(p->in), made = pool_volume(p->out);
    bool fits = in > 0 && made > 0 ? t->numel / made <= x->numel / in : t->numel == 0 || in == 0;
    return (fits && t->ndim == x->ndim) ||
           refuse(c, "Expected a gradient of %dD with no more planes than the input %s, but got %s", x->ndim,
                  sizes_text(x->ndim, x->sizes, (char[256]){0}, 256),
                  sizes_text(t->ndim, t->sizes, (char[256]){0}, 256));
}

/* Adaptive poolings take their output's sizes from the gradient. */
static bool read_adaptive(struct op_call *c, const struct tensor *grad, const struct tensor *x,
                          struct pooling *p, const char *name) {
    if (x->ndim != p->dims + 1 && x->ndim != p->dims + 2)
        return refuse(c, "%s(): Expected %dD or %dD tensor, but got %s", name, p->dims + 1, p->dims + 2,
                      sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    for (int i = 1; i < grad->ndim; i++)
        if (grad->sizes[i] == 0)
            return refuse(c,
                          "%s(): Expected grad_output to have non-zero size for non-batch dimensions, but "
                          "grad_output has sizes %s with dimension %d being empty",
                          name, sizes_text(grad->ndim, grad->sizes, (char[256]){0}, 256), i);
    if (grad->ndim != x->ndim)
        return refuse(c, "%s(): Expected grad_output to have %d dimensions, but got %d", name, x->ndim,
                      grad->ndim);
    p->adaptive = true;
    for (int i = 0; i < POOL_AXES; i++) p->dilation[i] = 1;
    pool_stretch(grad->sizes + grad->ndim - p->dims, p->dims, 1, p->out);
    pool_take_sizes(x, p);
    return p->dims == 2 ? check_planes(c, grad, x, p) : check_result(c, grad, x, p);
}

/* --- planes --- */

/* Adds the gradients of a plane of results to a plane of inputs; false where an index is out of range. */
typedef bool plane_gradient(const struct pooling *p, const double *grad, const int64_t *indices,
                            double *plane);

static void add_share(const struct pooling *p, const struct pool_window *w, double share, double *plane) {
    for (int64_t z = w->begin[0]; z < w->end[0]; z += w->step[0])
        for (int64_t y = w->begin[1]; y < w->end[1]; y += w->step[1])
            for (int64_t x = w->begin[2]; x < w->end[2]; x += w->step[2])
                plane[(z * p->in[1] + y) * p->in[2] + x] += share;
}

static bool average_gradient(const struct pooling *p, const double *grad, const int64_t *indices,
                             double *plane) {
    int64_t place[POOL_AXES], at = 0;
    struct pool_window w;
    (void)indices;
    for (place[0] = 0; place[0] < p->out[0]; place[0]++)
        for (place[1] = 0; place[1] < p->out[1]; place[1]++)
            for (place[2] = 0; place[2] < p->out[2]; place[2]++, at++) {
                pool_window_at(p, place, &w);
                add_share(p, &w, grad[at] / (double)w.divisor, plane);
            }
    return true;
}

/* Index -1 is a window without a maximum. */
static bool maximum_gradient(const struct pooling *p, const double *grad, const int64_t *indices,
                             double *plane) {
    int64_t made = pool_volume(p->out), in = pool_volume(p->in);
    for (int64_t i = 0; i < made; i++) {
        if (indices[i] == -1) continue;
        if (indices[i] < 0 || indices[i] >= in) return false;
        plane[indices[i]] += grad[i];
    }
    return true;
}

static bool all_planes(struct op_call *c, const struct pooling *p, const struct tensor *grad,
                       const struct tensor *indices, struct tensor *out, plane_gradient *run) {
    int64_t in = pool_volume(p->in), made = pool_volume(p->out), planes = made > 0 ? grad->numel / made : 0;
    double *plane = call_scratch(c, (size_t)(in + made) + 1, sizeof *plane);
    enum dtype d = tensor_dtype(out);
    int64_t size = (int64_t)dtype_size(d);
    bool good = plane != NULL;
    memset(tensor_data(out), 0, (size_t)(out->numel * size));
    for (int64_t i = 0; good && i < planes; i++) {
        memset(plane, 0, sizeof *plane * (size_t)in);
        convert_load[d][COMPUTE_DOUBLE](plane + in, sizeof *plane,
                                        (const char *)tensor_data(grad) + i * made * size, size, made);
        good = run(p, plane + in, indices ? (const int64_t *)tensor_data(indices) + i * made : NULL, plane) ||
               refuse(c, "Found an invalid max index: a pooled place is outside the input");
        if (good)
            convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * in * size, size, plane,
                                             sizeof *plane, in);
    }
    mem_free(plane);
    return good;
}

/* What was checked; `indices` NULL for averages. */
static bool give_gradient(struct op_call *c, const struct pooling *p, struct tensor *grad, struct tensor *x,
                          struct tensor *indices) {
    struct compose k = compose_start(c);
    struct tensor *whole = compose_own(&k, tensor_contiguous(grad, c->cx->budget, c->err)), *at = NULL;
    if (indices) at = compose_own(&k, tensor_contiguous(indices, c->cx->budget, c->err));
    struct tensor *out = compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, x->sizes));
    bool good = !k.failed && all_planes(c, p, whole, at, out, indices ? maximum_gradient : average_gradient);
    if (good && x->ndim == 4 && p->dims == 2 && tensor_is_channels_last(x) && !tensor_is_contiguous(x))
        out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, good ? out : NULL);
}

bool pool_give_maximum(struct op_call *c, const struct pooling *p, struct tensor *grad, struct tensor *x,
                       struct tensor *indices, const char *name) {
    return check_dtypes(c, grad, x, false, name) && check_result(c, grad, x, p) &&
           check_indices(c, indices, x, p) && give_gradient(c, p, grad, x, indices);
}

/* --- operators --- */

/* The dimensions that PyTorch reads before it counts them. */
static bool check_some_dims(struct op_call *c, const struct tensor *x, int dims, bool counted) {
    if (x->ndim == 0 && counted)
        return refuse(c, "non-empty %dD or %dD (batch mode) tensor expected for input", dims + 1, dims + 2);
    return x->ndim > dims ||
           refuse_index(c, "Dimension specified as %d but tensor has no dimensions", -dims - 1);
}

/* avg_pool*_backward(grad, self, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override) */
static bool average(struct op_call *c, int dims) {
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1);
    struct pooling p = {.dims = dims, .count_padding = arg_bool(c, 6)};
    char name[32];
    snprintf(name, sizeof name, "avg_pool%dd_backward_out_frame", dims);
    if (dims == 3 && dtype_size(tensor_dtype(x)) == 2)
        return refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[x->dtype].graph_name);
    if (!arg_none(c, 7) && (p.divisor = arg_int(c, 7)) == 0) return refuse(c, "divisor must be not zero");
    return check_some_dims(c, x, dims, dims == 3) &&
           pool_read(c, x, &p, (struct pool_places){2, 3, 4, -1, 5}) && pool_check(c, x, &p, name) &&
           check_result(c, grad, x, &p) && check_dtypes(c, grad, x, true, name) &&
           give_gradient(c, &p, grad, x, NULL);
}
bool pool_avg_2d_backward(struct op_call *c) {
    return average(c, 2);
}
bool pool_avg_3d_backward(struct op_call *c) {
    return average(c, 3);
}

/* max_pool*_with_indices_backward(grad, self, kernel, stride, padding, dilation, ceil_mode, indices) */
static bool maximum(struct op_call *c, int dims) {
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *indices = arg_tensor(c, 7);
    struct pooling p = {.dims = dims, .maximum = true};
    char name[32];
    snprintf(name, sizeof name, "max_pool%dd_backward", dims);
    return check_some_dims(c, x, dims, true) && pool_read(c, x, &p, (struct pool_places){2, 3, 4, 5, 6}) &&
           pool_check(c, x, &p, name) && pool_give_maximum(c, &p, grad, x, indices, name);
}
bool pool_max_2d_backward(struct op_call *c) {
    return maximum(c, 2);
}
bool pool_max_3d_backward(struct op_call *c) {
    return maximum(c, 3);
}

/* adaptive_*_pool*_backward(grad, self[, indices]) */
static bool adaptive(struct op_call *c, int dims, bool is_maximum) {
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1),
                  *indices = is_maximum ? arg_tensor(c, 2) : NULL;
    struct pooling p = {.dims = dims, .maximum = is_maximum};
    char name[40];
    snprintf(name, sizeof name, "adaptive_%s_pool%dd_backward", is_maximum ? "max" : "avg", dims);
    if (!read_adaptive(c, grad, x, &p, name) || !check_dtypes(c, grad, x, false, name)) return false;
    if (!indices) return give_gradient(c, &p, grad, x, NULL);
    if (dims == 2)
        return (indices->dtype == DTYPE_INT64 && indices->numel == grad->numel
                    ? give_gradient(c, &p, grad, x, indices)
                    : refuse(c, "expected dimensions %d for `indices` but got dimensions %d", grad->ndim,
                             indices->ndim));
    struct tensor *raw = tensor_memory_view(indices); /* as AdaptiveMaxPooling3d.cpp reads them */
    bool good = pool_give_maximum(c, &p, grad, x, raw, name);
    tensor_release(raw);
    return good;
}
bool pool_adaptive_avg_2d_backward(struct op_call *c) {
    return adaptive(c, 2, false);
}
bool pool_adaptive_avg_3d_backward(struct op_call *c) {
    return adaptive(c, 3, false);
}
bool pool_adaptive_max_2d_backward(struct op_call *c) {
    return adaptive(c, 2, true);
}
bool pool_adaptive_max_3d_backward(struct op_call *c) {
    return adaptive(c, 3, true);
}

/* adaptive_*_pool3d_backward.grad_input: the kernels write the output's memory in order, whatever its strides
 * (aten/src/ATen/native/AdaptiveAveragePooling3d.cpp, AdaptiveMaxPooling3d.cpp). */
static bool adaptive_into(struct op_call *c, bool is_maximum) {
    struct compose k = compose_start(c);
    struct tensor *out = arg_tensor(c, c->arg_count - 1);
    lb_value result = value_none();
    struct op_call inner = *c;
    inner.row = NULL;
    inner.dying = 0;
    inner.results = &result;
    bool good = adaptive(&inner, 3, is_maximum);
    struct tensor *made = compose_own(&k, good ? result.tensor : NULL), *to = NULL;
    if (!made) return compose_give(&k, NULL);
    if (out->dtype != made->dtype)
        return compose_refused(&k,
                               refuse(c, "Expected out tensor to have dtype %s, but got %s instead",
                                      dtype_cpp_name(tensor_dtype(made)), dtype_cpp_name(tensor_dtype(out))));
    bool same =
        out->ndim == made->ndim && memcmp(out->sizes, made->sizes, sizeof *out->sizes * out->ndim) == 0;
    if (same || tensor_resize(out, made->ndim, made->sizes, c->err))
        to = compose_own(&k, tensor_memory_view(out));
    good = to && tensor_copy(to, made, c->err);
    if (good) tensor_changed(out);
    return compose_give(&k, good ? out : NULL);
}
bool pool_adaptive_avg_3d_backward_into(struct op_call *c) {
    return adaptive_into(c, false);
}
bool pool_adaptive_max_3d_backward_into(struct op_call *c) {
    return adaptive_into(c, true);
}
