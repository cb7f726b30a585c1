/* Fractional maximum pooling: windows of one size whose places are drawn, one sequence for each axis of each
 * plane (Graham 2014; aten/src/ATen/native/FractionalMaxPooling.h, FractionalMaxPool2d.cpp and
 * FractionalMaxPool3d.cpp). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/pool/windows.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

struct fractional {
    int dims;
    int64_t kernel[POOL_AXES], in[POOL_AXES], out[POOL_AXES];
    int64_t *begins[POOL_AXES]; /* of each axis' windows; 0 on axes that are not there */
};

/* Both cast to 32-bit integers first, where what is no such number is the smallest: so NaN to NaN is 0. */
static int64_t steps_between(double from, double to) {
    return (int32_t)((uint32_t)int32_of_float(to) - (uint32_t)int32_of_float(from));
}

/* In the precision of the samples, as PyTorch does. */
static void place_windows(const struct fractional *f, int axis, double sample, bool single) {
    int64_t *begins = f->begins[axis], out = f->out[axis], room = f->in[axis] - f->kernel[axis];
    float s = (float)sample, step = out > 1 ? (float)room / (float)(out - 1) : 0;
    double wide = out > 1 ? (double)room / (double)(out - 1) : 0;
    for (int64_t i = 0; i + 1 < out; i++)
        begins[i] = single ? steps_between((double)(s * step), (double)(((float)i + s) * step))
                           : steps_between(sample * wide, ((double)i + sample) * wide);
    if (out > 0) begins[out - 1] = room;
}

static double largest(const struct fractional *f, const int64_t *begin, const double *plane, int64_t *where) {
    double high = -(double)INFINITY;
    *where = (begin[0] * f->in[1] + begin[1]) * f->in[2] + begin[2];
    for (int64_t z = 0; z < f->kernel[0]; z++)
        for (int64_t y = 0; y < f->kernel[1]; y++)
            for (int64_t x = 0; x < f->kernel[2]; x++) {
                int64_t at = ((begin[0] + z) * f->in[1] + begin[1] + y) * f->in[2] + begin[2] + x;
                if (!(plane[at] > high || plane[at] != plane[at])) continue;
                high = plane[at];
                *where = at;
            }
    return high;
}

static void pool_plane(const struct fractional *f, const double *plane, double *out, int64_t *indices) {
    int64_t at = 0;
    for (int64_t z = 0; z < f->out[0]; z++)
        for (int64_t y = 0; y < f->out[1]; y++)
            for (int64_t x = 0; x < f->out[2]; x++, at++)
                out[at] = largest(f, (int64_t[]){f->begins[0][z], f->begins[1][y], f->begins[2][x]}, plane,
                                  &indices[at]);
}

/* Samples lie [n, channels, dims]: in two dimensions width first, in three depth first. */
static bool place_all(struct op_call *c, const struct fractional *f, const struct tensor *samples,
                      int64_t plane) {
    for (int i = 0; i < f->dims; i++) {
        int axis = f->dims == 2 ? POOL_AXES - 1 - i : i;
        double sample = tensor_get_float(samples, plane * f->dims + i);
        place_windows(f, axis, sample, samples->dtype != DTYPE_FLOAT64);
        for (int64_t j = 0; j < f->out[axis]; j++)
            if (f->begins[axis][j] < 0 || f->begins[axis][j] > f->in[axis] - f->kernel[axis])
                return refuse(c, "a window of fractional pooling is outside the input");
    }
    return true;
}

static bool run_planes(struct op_call *c, const struct fractional *f, struct tensor *x,
                       const struct tensor *samples, struct tensor *out, struct tensor *indices) {
    int64_t in = pool_volume(f->in), made = pool_volume(f->out), size = (int64_t)dtype_size(tensor_dtype(x));
    double *plane = call_scratch(c, (size_t)(in + made) + 1, sizeof *plane);
    bool good = plane != NULL;
    for (int64_t i = 0; good && i < x->numel / in; i++) {
        good = place_all(c, f, samples, i);
        if (!good) break;
        convert_load[x->dtype][COMPUTE_DOUBLE](plane, sizeof *plane, (char *)tensor_data(x) + i * in * size,
                                               size, in);
        pool_plane(f, plane, plane + in, (int64_t *)tensor_data(indices) + i * made);
        convert_store[x->dtype][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * made * size, size, plane + in,
                                                sizeof *plane, made);
    }
    mem_free(plane);
    return good;
}

static bool check_samples(struct op_call *c, const struct tensor *x, const struct tensor *s, int dims) {
    int64_t n = x->ndim == dims + 2 ? x->sizes[0] : 1, channels = x->sizes[x->ndim - dims - 1];
    if (x->dtype != s->dtype) return refuse(c, "Expect _random_samples to have the same dtype as input");
    if (s->ndim != 3) return refuse(c, "Expect _random_samples to have 3 dimensions, got %d", s->ndim);
    if (s->sizes[0] < n) return refuse(c, "Expect _random_samples.size(0) no less then input batch size.");
    if (s->sizes[1] != channels)
        return refuse(c, "Expect _random_samples.size(1) equals to input channel size.");
    return s->sizes[2] == dims ||
           refuse(c, "Expect _random_samples.size(2) equals to %d; got %lld.", dims, (long long)s->sizes[2]);
}

/* The shapes that both directions read: (.., kernel_size, output_size) at `at`. */
static bool read_shapes(struct op_call *c, const struct tensor *x, int at, struct fractional *f) {
    static const char *const axes[POOL_AXES] = {"time", "height", "width"};
    int64_t kernel[POOL_AXES], out[POOL_AXES];
    if (arg_list(c, at)->count != f->dims || arg_list(c, at + 1)->count != f->dims)
        return refuse(c, "fractional_max_pool%dd: kernel_size must either be a single Int or tuple of Ints",
                      f->dims);
    if (!args_spread(c, at, f->dims, NULL, kernel) || !args_spread(c, at + 1, f->dims, NULL, out))
        return false;
    if (x->ndim != f->dims + 1 && x->ndim != f->dims + 2)
        return refuse(c, "fractional_max_pool%dd(): Expected %dD or %dD tensor, but got: %s", f->dims,
                      f->dims + 1, f->dims + 2, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    for (int i = 1; i < x->ndim; i++)
        if (x->sizes[i] == 0)
            return refuse(c,
                          "fractional_max_pool%dd(): Expected input to have non-zero size for non-batch "
                          "dimensions, but got%s with dimension %d being empty.",
                          f->dims, sizes_text(x->ndim, x->sizes, (char[256]){0}, 256), i);
    pool_stretch(kernel, f->dims, 1, f->kernel);
    pool_stretch(out, f->dims, 1, f->out);
    pool_stretch(x->sizes + x->ndim - f->dims, f->dims, 1, f->in);
    for (int i = 0; i < POOL_AXES; i++) {
        if (f->kernel[i] < 1 || f->out[i] < 1)
            return refuse(c, "fractional_max_pool%dd(): kernel and output sizes must be positive", f->dims);
        if (f->out[i] > f->in[i] || f->out[i] + f->kernel[i] - 1 > f->in[i])
            return refuse(c, "fractional_max_pool%dd(): pool %s %lld too large relative to input %s %lld",
                          f->dims, axes[i], (long long)f->kernel[i], axes[i], (long long)f->in[i]);
    }
    return true;
}

/* fractional_max_pool*(self, kernel_size, output_size, random_samples) -> values, indices */
static bool forward(struct op_call *c, int dims) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *samples = arg_tensor(c, 3);
    struct fractional f = {.dims = dims};
    int64_t sizes[TENSOR_MAX_DIMS];
    if (!read_shapes(c, x, 1, &f) || !check_samples(c, x, samples, dims)) return false;
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "\"fractional_max_pool%dd_out_frame\" not implemented for '%s'", dims,
                      dtype_table[x->dtype].graph_name);
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    for (int i = 0; i < dims; i++) sizes[x->ndim - dims + i] = f.out[POOL_AXES - dims + i];
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *drawn = compose_own(&k, tensor_contiguous(samples, c->cx->budget, c->err));
    struct tensor *out = compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, sizes)),
                  *indices = compose_own(&k, call_new(c, DTYPE_INT64, x->ndim, sizes));
    int64_t *begins =
        k.failed ? NULL : call_scratch(c, (size_t)(f.out[0] + f.out[1] + f.out[2]) + 1, sizeof *begins);
    if (begins) {
        f.begins[0] = begins, f.begins[1] = begins + f.out[0], f.begins[2] = f.begins[1] + f.out[1];
        begins[0] = 0; /* of an axis that is not there */
    }
    bool good = begins && run_planes(c, &f, whole, drawn, out, indices);
    mem_free(begins);
    if (!good) return compose_give(&k, NULL);
    return compose_give_some(&k, 2, (struct tensor *[]){out, indices});
}
bool pool_fractional_2d(struct op_call *c) {
    return forward(c, 2);
}
bool pool_fractional_3d(struct op_call *c) {
    return forward(c, 3);
}

/* fractional_max_pool*_backward(grad, self, kernel_size, output_size, indices): as any maximum's. */
static bool backward(struct op_call *c, int dims) {
    static const char *const axes[POOL_AXES] = {"time", "height", "width"};
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *indices = arg_tensor(c, 4);
    struct fractional f = {.dims = dims};
    struct pooling p = {.dims = dims, .maximum = true};
    char name[48];
    snprintf(name, sizeof name, "fractional_max_pool%dd_backward_out_frame", dims);
    if (!read_shapes(c, x, 2, &f)) return false;
    for (int i = POOL_AXES - dims; i < POOL_AXES; i++)
        if (grad->ndim != x->ndim || grad->sizes[x->ndim - POOL_AXES + i] != f.out[i])
            return refuse(c, "fractional_max_pool%dd_backward(): gradOutput %s unexpected", dims, axes[i]);
    memcpy(p.in, f.in, sizeof p.in);
    memcpy(p.out, f.out, sizeof p.out);
    struct tensor *raw = tensor_memory_view(indices); /* as FractionalMaxPool*.cpp read them */
    bool good = pool_give_maximum(c, &p, grad, x, raw, name);
    tensor_release(raw);
    return good;
}
bool pool_fractional_2d_backward(struct op_call *c) {
    return backward(c, 2);
}
bool pool_fractional_3d_backward(struct op_call *c) {
    return backward(c, 3);
}
