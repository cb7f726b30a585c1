/* Grid sampling: values of an image at coordinates in [-1, 1], the gradients of both, and the grids of affine
 * maps (aten/src/ATen/native/GridSampler.h, GridSampler.cpp, AffineGridGenerator.cpp).
 *
 * Everything is laid out over three axes [D, H, W], in double; a two-dimensional image has one layer. */
#include "ops/common/compose.h"
#include "ops/sample/cubic.h"
#include <string.h>

enum { AXES = 3 };
enum edge { EDGE_ZEROS, EDGE_BORDER, EDGE_REFLECTION };
enum { SAMPLE_LINEAR, SAMPLE_NEAREST, SAMPLE_CUBIC };

struct grid {
    const double *image;
    double *image_grad; /* backward only; NULL: not asked for */
    int64_t sizes[AXES];
    int dims;
    int64_t mode;
    enum edge edge;
    bool corners;
};

/* A coordinate on an axis, and its derivative by the one that was given. */
struct place {
    double at, slope;
};

static struct place unnormalised(double x, int64_t size, bool corners) {
    if (corners) return (struct place){(x + 1) / 2 * (double)(size - 1), (double)(size - 1) / 2};
    return (struct place){((x + 1) * (double)size - 1) / 2, (double)size / 2};
}

/* NaN goes to the low end; by the scalar loops of three dimensions to the high one. */
static struct place clipped(struct place p, int64_t size, int dims) {
    double high = (double)(size - 1);
    if (dims == AXES && p.at != p.at) return (struct place){high, 0};
    if (!(p.at > 0)) return (struct place){0, 0};
    return p.at >= high ? (struct place){high, 0} : p;
}

/* Between low2 / 2 and high2 / 2. */
static struct place reflected(struct place p, double low2, double high2) {
    if (low2 == high2) return (struct place){0, 0};
    double low = low2 / 2, span = (high2 - low2) / 2, off = fabs(p.at - low), rest = fmod(off, span);
    double sign = p.at < low ? -1 : 1;
    bool even = fmod(floor(off / span), 2) == 0;
    return even ? (struct place){rest + low, p.slope * sign}
                : (struct place){span - rest + low, -p.slope * sign};
}

static struct place on_image(struct place p, int64_t size, const struct grid *g) {
    if (g->edge == EDGE_BORDER) return clipped(p, size, g->dims);
    if (g->edge != EDGE_REFLECTION) return p;
    double last = (double)(size - 1);
    return clipped(g->corners ? reflected(p, 0, 2 * last) : reflected(p, -1, 2 * last + 1), size, g->dims);
}

/* Where `where` [dims], x first, is on the image; maybe outside, or nowhere (NaN). */
static void places_of(const struct grid *g, const double *where, struct place *p) {
    for (int i = 0; i < AXES; i++) {
        int from = AXES - 1 - i;
        p[i] = (struct place){0, 0};
        if (from >= g->dims) continue;
        p[i] = unnormalised(where[from], g->sizes[i], g->corners);
        if (g->mode != SAMPLE_CUBIC) p[i] = on_image(p[i], g->sizes[i], g);
    }
}

/* -1: outside. */
static int64_t pixel_index(const struct grid *g, const int64_t *at) {
    for (int i = 0; i < AXES; i++)
        if (at[i] < 0 || at[i] >= g->sizes[i]) return -1;
    return (at[0] * g->sizes[1] + at[1]) * g->sizes[2] + at[2];
}

/* One pixel that a value is made of: its weight, and the weight's derivatives by the three places. */
struct part {
    int64_t index;
    double weight, slopes[AXES];
};
enum { MOST_PARTS = 16 };

static int linear_parts(const struct grid *g, const struct place *p, struct part *parts) {
    int count = 0;
    for (int corner = 0; corner < 1 << g->dims; corner++) {
        struct part *q = &parts[count];
        int64_t at[AXES] = {0, 0, 0};
        double weights[AXES] = {1, 1, 1};
        for (int i = AXES - g->dims; i < AXES; i++) {
            double low = floor(p[i].at), rest = p[i].at - low;
            bool upper = corner >> (i - (AXES - g->dims)) & 1;
            at[i] = convert_to_int64(low) + upper;
            weights[i] = upper ? rest : 1 - rest;
            q->slopes[i] = upper ? 1 : -1;
        }
        q->index = pixel_index(g, at);
        q->weight = weights[0] * weights[1] * weights[2];
        for (int i = AXES - g->dims; i < AXES; i++)
            q->slopes[i] *= weights[(i + 1) % AXES] * weights[(i + 2) % AXES];
        count += q->index >= 0 || g->dims == 2;
    }
    return count;
}

static int cubic_parts(const struct grid *g, const struct place *p, struct part *parts) {
    double low[2] = {floor(p[1].at), floor(p[2].at)};
    int count = 0;
    for (int i = 0; i < 16; i++) {
        struct part *q = &parts[count];
        double y = low[0] + i / 4 - 1, x = low[1] + i % 4 - 1;
        double dy = p[1].at - low[0] - (i / 4 - 1), dx = p[2].at - low[1] - (i % 4 - 1);
        struct place row = on_image((struct place){y, 1}, g->sizes[1], g),
                     column = on_image((struct place){x, 1}, g->sizes[2], g);
        q->index = pixel_index(g, (int64_t[]){0, convert_to_int64(row.at), convert_to_int64(column.at)});
        q->weight = cubic_weight(dy, -0.75) * cubic_weight(dx, -0.75);
        q->slopes[1] = cubic_slope(dy, -0.75) * cubic_weight(dx, -0.75);
        q->slopes[2] = cubic_weight(dy, -0.75) * cubic_slope(dx, -0.75);
        count += q->index >= 0 || g->dims == 2;
    }
    return count;
}

static int parts_of(const struct grid *g, const struct place *p, struct part *parts) {
    memset(parts, 0, sizeof *parts * MOST_PARTS);
    if (g->mode == SAMPLE_CUBIC) return cubic_parts(g, p, parts);
    if (g->mode == SAMPLE_LINEAR) return linear_parts(g, p, parts);
    parts->index =
        pixel_index(g, (int64_t[]){convert_to_int64(rint(p[0].at)), convert_to_int64(rint(p[1].at)),
                                   convert_to_int64(rint(p[2].at))});
    parts->weight = 1;
    return parts->index >= 0;
}

/* Two-dimensional kernels of PyTorch take what is outside as 0, so that infinite and NaN weights and
 * gradients meet it; the others leave it out (aten/src/ATen/native/cpu/GridSamplerKernel.cpp,
 * GridSampler.cpp). */
static double value_of(const struct grid *g, const struct part *q) {
    return q->index < 0 ? 0 : g->image[q->index];
}

static double sample(const struct grid *g, const double *where) {
    struct part parts[MOST_PARTS];
    struct place p[AXES];
    double sum = 0;
    places_of(g, where, p);
    int count = parts_of(g, p, parts);
    for (int i = 0; i < count; i++) sum += parts[i].weight * value_of(g, &parts[i]);
    return sum;
}

/* Adds to the image's gradient and to `grid_grad` [dims]. */
static void sample_back(const struct grid *g, const double *where, double grad, double *grid_grad) {
    struct part parts[MOST_PARTS];
    struct place p[AXES];
    places_of(g, where, p);
    int count = parts_of(g, p, parts);
    for (int i = 0; i < count; i++) {
        if (g->image_grad && parts[i].index >= 0) g->image_grad[parts[i].index] += parts[i].weight * grad;
        for (int d = 0; d < g->dims; d++) {
            int axis = AXES - 1 - d;
            grid_grad[d] += grad * value_of(g, &parts[i]) * parts[i].slopes[axis] * p[axis].slope;
        }
    }
}

/* --- operators --- */

struct shapes {
    int64_t n, channels, plane, points, sizes[AXES + 2]; /* sizes: of the result */
};

static bool check_grid(struct op_call *c, const struct tensor *x, const struct tensor *grid, int64_t mode) {
    int dims = x->ndim - 2;
    char a[128], b[128];
    sizes_text(x->ndim, x->sizes, a, sizeof a);
    sizes_text(grid->ndim, grid->sizes, b, sizeof b);
    if ((dims != 2 && dims != 3) || grid->ndim != x->ndim)
        return refuse(c,
                      "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
                      "got input with sizes %s and grid with sizes %s",
                      a, b);
    if (grid->sizes[0] != x->sizes[0])
        return refuse(c,
                      "grid_sampler(): expected grid and input to have same batch size, but got input with "
                      "sizes %s and grid with sizes %s",
                      a, b);
    if (grid->sizes[dims + 1] != dims)
        return refuse(
            c, "grid_sampler(): expected grid to have size %d in last dimension, but got grid with sizes %s",
            dims, b);
    if (dims == 3 && mode == SAMPLE_CUBIC)
        return refuse(c, "grid_sampler(): bicubic interpolation only supports 4D input");
    for (int i = 2; i < x->ndim; i++)
        if (x->sizes[i] <= 0)
            return refuse(c,
                          "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                          "has sizes %s with dimension %d being empty",
                          a, i);
    return (dtype_is_floating(tensor_dtype(x)) && grid->dtype == x->dtype) ||
           refuse(c, "grid_sampler(): expected input and grid to have the same floating dtype");
}

/* The arguments from `first` on: input, grid, interpolation_mode, padding_mode, align_corners. */
static bool read_grid(struct op_call *c, int first, struct grid *g, struct shapes *s) {
    const struct tensor *x = arg_tensor(c, first), *grid = arg_tensor(c, first + 1);
    *g = (struct grid){.mode = arg_int(c, first + 2),
                       .edge = (enum edge)arg_int(c, first + 3),
                       .corners = arg_bool(c, first + 4),
                       .sizes = {1, 1, 1},
                       .dims = x->ndim - 2};
    if (!check_grid(c, x, grid, g->mode)) return false;
    s->n = x->sizes[0], s->channels = x->sizes[1];
    s->plane = s->points = 1;
    s->sizes[0] = s->n, s->sizes[1] = s->channels;
    for (int i = 0; i < g->dims; i++) {
        s->plane *= g->sizes[AXES - g->dims + i] = x->sizes[i + 2];
        s->points *= s->sizes[i + 2] = grid->sizes[i + 1];
    }
    return true;
}

static struct tensor *doubles(struct op_call *c, struct compose *k, struct tensor *t) {
    struct tensor *wide = compose_own(k, tensor_convert(t, DTYPE_FLOAT64, c->cx->budget, c->err));
    return wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
}
static struct tensor *zeros(struct compose *k, int ndim, const int64_t *sizes) {
    return compose_run(k, "aten::zeros", "Ld", ndim, sizes, DTYPE_FLOAT64);
}
static struct tensor *narrowed(struct op_call *c, struct compose *k, struct tensor *t,
                               const struct tensor *like) {
    return t ? compose_own(k, tensor_convert(t, tensor_dtype(like), c->cx->budget, c->err)) : NULL;
}

/* (input, grid, interpolation_mode, padding_mode, align_corners) */
bool sample_grid(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    struct grid g;
    struct shapes s;
    if (!read_grid(c, 0, &g, &s)) return false;
    struct tensor *whole = doubles(c, &k, x), *flat = doubles(c, &k, arg_tensor(c, 1)),
                  *out = zeros(&k, x->ndim, s.sizes);
    for (int64_t i = 0; out && !k.failed && i < out->numel; i++) {
        int64_t image = i / s.points, point = image / s.channels * s.points + i % s.points;
        g.image = (const double *)tensor_data(whole) + image * s.plane;
        ((double *)tensor_data(out))[i] = sample(&g, (const double *)tensor_data(flat) + point * g.dims);
    }
    return compose_give(&k, narrowed(c, &k, out, x));
}

static bool check_gradient(struct op_call *c, const struct tensor *grad, const struct tensor *x,
                           const struct shapes *s) {
    if (grad->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[grad->dtype].graph_name);
    return (grad->ndim == x->ndim && memcmp(grad->sizes, s->sizes, sizeof *s->sizes * x->ndim) == 0) ||
           refuse(c, "grid_sampler(): expected grad_output of sizes %s, but got %s",
                  sizes_text(x->ndim, s->sizes, (char[128]){0}, 128),
                  sizes_text(grad->ndim, grad->sizes, (char[128]){0}, 128));
}

/* (grad, input, grid, interpolation_mode, padding_mode, align_corners[, output_mask]) -> of input, of grid */
bool sample_grid_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 1), *grid = arg_tensor(c, 2), *made[2] = {NULL, NULL};
    struct grid g;
    struct shapes s;
    bool masked = c->arg_count > 6 && c->args[6].tag == VALUE_LIST && arg_list(c, 6)->count == 2;
    bool of_input = !masked || arg_list(c, 6)->items[0].i != 0;
    if (!read_grid(c, 1, &g, &s) || !check_gradient(c, arg_tensor(c, 0), x, &s)) return false;
    struct tensor *grad = doubles(c, &k, arg_tensor(c, 0)), *whole = doubles(c, &k, x),
                  *flat = doubles(c, &k, grid);
    if (of_input) made[0] = zeros(&k, x->ndim, x->sizes);
    made[1] = zeros(&k, grid->ndim, grid->sizes);
    for (int64_t i = 0; !k.failed && i < grad->numel; i++) {
        int64_t image = i / s.points, point = image / s.channels * s.points + i % s.points;
        g.image = (const double *)tensor_data(whole) + image * s.plane;
        if (of_input) g.image_grad = (double *)tensor_data(made[0]) + image * s.plane;
        sample_back(&g, (const double *)tensor_data(flat) + point * g.dims,
                    ((const double *)tensor_data(grad))[i], (double *)tensor_data(made[1]) + point * g.dims);
    }
    for (int i = 0; i < 2; i++) made[i] = narrowed(c, &k, made[i], x);
    return compose_give_some(&k, 2, made);
}

/* --- grids of affine maps --- */

/* base [1, places, dims + 1]: x, y (, z) and 1 of each place, in theta's dtype. */
static struct tensor *base_grid(struct compose *k, enum dtype d, int dims, const int64_t *sizes,
                                bool corners) {
    int64_t shape[AXES + 1], flat[3] = {1, -1, dims + 1};
    struct tensor *columns[AXES + 1];
    for (int i = 0; i < dims; i++) shape[i] = sizes[2 + i];
    for (int i = 0; i <= dims; i++) {
        int axis = dims - 1 - i;
        int64_t size = i < dims ? sizes[2 + axis] : 1, view[AXES];
        struct tensor *line =
            i == dims || size == 1
                ? compose_run(k, i == dims ? "aten::ones" : "aten::zeros", "Ld", 1, &size, (int)d)
                : compose_run(k, "aten::linspace", "ddid", -1, 1, size, (int)d);
        if (!corners && i < dims) {
            line = compose_run(k, "aten::mul.Scalar", "ti", line, size - 1);
            line = compose_run(k, "aten::div.Scalar", "ti", line, size);
            if (line) line = compose_run(k, "aten::to.dtype", "tdbbn", line, (int)d, false, false);
        }
        for (int j = 0; j < dims; j++) view[j] = j == axis ? size : 1;
        line = compose_run(k, "aten::reshape", "tL", line, dims, view);
        columns[i] = compose_run(k, "aten::expand", "tL", line, dims, shape);
    }
    struct tensor *base = compose_run(k, "aten::stack", "Td", dims + 1, columns, -1);
    return compose_run(k, "aten::reshape", "tL", base, 3, flat);
}

static bool read_affine(struct op_call *c, int64_t *sizes, int *dims) {
    int count = args_ints(c, 1, sizes, AXES + 2);
    if (count < 0) return false;
    if (count != 4 && count != 5)
        return refuse(c, "AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.");
    *dims = count - 2;
    for (int i = 0; i < count; i++)
        if (sizes[i] < 0) return refuse(c, "affine_grid_generator: negative size %lld", (long long)sizes[i]);
    return true;
}

/* affine_grid_generator(theta [n, dims, dims + 1], size, align_corners) -> [n, sizes..., dims] */
bool sample_affine_grid(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *theta = arg_tensor(c, 0);
    int64_t sizes[AXES + 2], shape[AXES + 2];
    int dims;
    if (!read_affine(c, sizes, &dims)) return false;
    if (theta->ndim != 3 || theta->sizes[0] != sizes[0] || theta->sizes[1] != dims ||
        theta->sizes[2] != dims + 1)
        return refuse(
            c, "Expected size for first two dimensions of batch2 tensor to be: [%lld, %d] but got: %s.",
            (long long)sizes[0], dims + 1, sizes_text(theta->ndim, theta->sizes, (char[128]){0}, 128));
    struct tensor *base = base_grid(&k, tensor_dtype(theta), dims, sizes, arg_bool(c, 2));
    struct tensor *turned = compose_run(&k, "aten::transpose.int", "tdd", theta, 1, 2);
    if (base) {
        int64_t wide[3] = {sizes[0], base->sizes[1], dims + 1};
        base = compose_run(&k, "aten::expand", "tL", base, 3, wide);
    }
    struct tensor *grid = compose_run(&k, "aten::bmm", "tt", base, turned);
    shape[0] = sizes[0], shape[dims + 1] = dims;
    for (int i = 0; i < dims; i++) shape[i + 1] = sizes[i + 2];
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", grid, dims + 2, shape));
}

/* affine_grid_generator_backward(grad [n, sizes..., dims], size, align_corners) -> of theta */
bool sample_affine_grid_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0);
    int64_t sizes[AXES + 2], places = 1;
    int dims;
    if (!read_affine(c, sizes, &dims)) return false;
    bool fits = grad->ndim == dims + 2 && grad->sizes[0] == sizes[0] && grad->sizes[dims + 1] == dims;
    for (int i = 0; fits && i < dims; i++) {
        fits = grad->sizes[i + 1] == sizes[i + 2];
        places *= sizes[i + 2];
    }
    if (!fits)
        return refuse(c, "affine_grid_generator_backward: the gradient's sizes are not those of the grid");
    struct tensor *base = base_grid(&k, tensor_dtype(grad), dims, sizes, arg_bool(c, 2));
    struct tensor *turned = compose_run(&k, "aten::transpose.int", "tdd", base, 1, 2);
    if (turned) {
        int64_t wide[3] = {sizes[0], dims + 1, places};
        turned = compose_run(&k, "aten::expand", "tL", turned, 3, wide);
    }
    struct tensor *flat =
        compose_run(&k, "aten::reshape", "tL", grad, 3, (int64_t[]){sizes[0], places, dims});
    struct tensor *out = compose_run(&k, "aten::bmm", "tt", turned, flat);
    return compose_give(&k, compose_run(&k, "aten::transpose.int", "tdd", out, 1, 2));
}
