/* Convolutions in one, two and three dimensions, plain and transposed.
 *
 * Everything is brought to three spatial dimensions [N, C, D, H, W]. Two-dimensional float32 goes to the
 * packed kernels; the rest is a product over patches (im2col): for each image and group, weight [out,
 * in*kernel] times columns [in*kernel, places]; transposed convolution is the same product the other way
 * round. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/common/prepared.h"
#include "ops/fusion.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AXES = 3, WEIGHT = 1 << 1 /* its place among the arguments */ };

struct convolution {
    struct tensor *input, *weight, *bias; /* contiguous; bias may be NULL */
    int dims;                             /* spatial: 1, 2 or 3 */
    int64_t stride[AXES], padding[AXES], dilation[AXES], output_padding[AXES], groups;
    bool transposed;
    /* Laid out over three axes: */
    int64_t n, in_channels, out_channels, in[AXES], out[AXES], kernel[AXES];
};

static void stretch(const int64_t *from, int dims, int64_t fill, int64_t *to) {
    for (int i = 0; i < AXES; i++) to[i] = i < AXES - dims ? fill : from[i - (AXES - dims)];
}

/* --- checks, with check_shape_forward's texts (aten/src/ATen/native/Convolution.cpp) --- */

static bool check_channels(struct op_call *c, const struct convolution *v) {
    const struct tensor *x = v->input, *w = v->weight;
    char a[256], b[256];
    int64_t wanted = v->transposed ? w->sizes[0] : w->sizes[1] * v->groups;
    int64_t out = v->transposed ? w->sizes[1] * v->groups : w->sizes[0];
    if (w->sizes[0] < v->groups)
        return refuse(c,
                      "Given groups=%lld, expected weight to be at least %lld at dimension 0, but got weight "
                      "of size %s instead",
                      (long long)v->groups, (long long)v->groups, sizes_text(w->ndim, w->sizes, a, sizeof a));
    if (w->sizes[0] % v->groups)
        return refuse(c,
                      "Given groups=%lld, expected weight to be divisible by %lld at dimension 0, but got "
                      "weight of size %s instead",
                      (long long)v->groups, (long long)v->groups, sizes_text(w->ndim, w->sizes, a, sizeof a));
    if (x->sizes[1] != wanted)
        return refuse(c,
                      "Given %sgroups=%lld, weight of size %s, expected input%s to have %lld channels, but "
                      "got %lld channels instead",
                      v->transposed ? "transposed=1, " : "", (long long)v->groups,
                      sizes_text(w->ndim, w->sizes, a, sizeof a), sizes_text(x->ndim, x->sizes, b, sizeof b),
                      (long long)wanted, (long long)x->sizes[1]);
    if (v->bias && (v->bias->ndim != 1 || v->bias->numel != out))
        return refuse(c,
                      "Given %sweight of size %s, expected bias to be 1-dimensional with %lld elements, but "
                      "got bias of size %s instead",
                      v->transposed ? "transposed=1, " : "", sizes_text(w->ndim, w->sizes, a, sizeof a),
                      (long long)out, sizes_text(v->bias->ndim, v->bias->sizes, b, sizeof b));
    return true;
}

static bool check_numbers(struct op_call *c, const struct convolution *v) {
    for (int i = 0; i < AXES; i++) {
        if (v->padding[i] < 0) return refuse(c, "negative padding is not supported");
        if (v->stride[i] <= 0) return refuse(c, "non-positive stride is not supported");
        if (v->dilation[i] <= 0) return refuse(c, "dilation should be greater than zero");
        if (v->output_padding[i] < 0) return refuse(c, "negative output_padding is not supported");
    }
    return v->groups > 0 || refuse(c, "non-positive groups is not supported");
}

static bool check_kernel_fits(struct op_call *c, const struct convolution *v) {
    int64_t padded[AXES], kernel[AXES];
    bool fits = true;
    char a[128], b[128];
    for (int i = 0; i < AXES; i++) {
        padded[i] = v->in[i] + 2 * v->padding[i];
        kernel[i] = v->dilation[i] * (v->kernel[i] - 1) + 1;
        fits = fits && (v->transposed || padded[i] >= kernel[i]);
    }
    if (fits) return true;
    int from = AXES - v->dims;
    sizes_text(v->dims, padded + from, a, sizeof a);
    sizes_text(v->dims, kernel + from, b, sizeof b);
    for (char *p = a; *p; p++) *p = *p == '[' ? '(' : *p == ']' ? ')' : *p == ',' ? ' ' : *p;
    size_t n = 0;
    for (int i = from; i < AXES; i++)
        n += (size_t)snprintf(a + n, sizeof a - n, "%s%lld", i > from ? " x " : "", (long long)padded[i]);
    n = 0;
    for (int i = from; i < AXES; i++)
        n += (size_t)snprintf(b + n, sizeof b - n, "%s%lld", i > from ? " x " : "", (long long)kernel[i]);
    return refuse(c,
                  "Calculated padded input size per channel: (%s). Kernel size: (%s). Kernel size can't be "
                  "greater than actual input size",
                  a, b);
}

static bool lay_out(struct op_call *c, struct convolution *v) {
    const struct tensor *x = v->input, *w = v->weight;
    v->n = x->sizes[0];
    v->in_channels = x->sizes[1];
    v->out_channels = v->transposed ? w->sizes[1] * v->groups : w->sizes[0];
    stretch(x->sizes + 2, v->dims, 1, v->in);
    stretch(w->sizes + 2, v->dims, 1, v->kernel);
    for (int i = 0; i < AXES; i++) {
        int64_t reach = v->dilation[i] * (v->kernel[i] - 1);
        if (v->transposed)
            v->out[i] = (v->in[i] - 1) * v->stride[i] - 2 * v->padding[i] + reach + v->output_padding[i] + 1;
        else
            v->out[i] = (v->in[i] + 2 * v->padding[i] - reach - 1) / v->stride[i] + 1;
    }
    return check_kernel_fits(c, v);
}

/* --- patches --- */

struct patches {
    int64_t channels, image[AXES], grid[AXES]; /* the image's sizes; the grid of places */
    int64_t kernel[AXES], stride[AXES], padding[AXES], dilation[AXES];
    size_t size; /* bytes of an element */
};

/* Calls `row` for each run of places along the last axis: where in the columns, where in the image, or
 * outside (-1). */
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

static struct patches patches_of(const struct convolution *v, const int64_t *image, const int64_t *grid,
                                 int64_t channels) {
    struct patches p = {.channels = channels, .size = dtype_size(tensor_dtype(v->input))};
    memcpy(p.image, image, sizeof p.image);
    memcpy(p.grid, grid, sizeof p.grid);
    memcpy(p.kernel, v->kernel, sizeof p.kernel);
    memcpy(p.stride, v->stride, sizeof p.stride);
    memcpy(p.padding, v->padding, sizeof p.padding);
    memcpy(p.dilation, v->dilation, sizeof p.dilation);
    return p;
}

static int64_t volume(const int64_t *axes) {
    return axes[0] * axes[1] * axes[2];
}

/* A contiguous matrix over part of a contiguous tensor, from an element offset on. */
static struct tensor *matrix_at(struct op_call *c, struct tensor *t, int64_t at, int64_t rows,
                                int64_t columns) {
    return tensor_view_as(t, 2, (int64_t[]){rows, columns}, (int64_t[]){columns, 1}, t->offset + at, c->err);
}

/* One image and group of the plain form: out = weight @ patches(input). */
static bool forward_group(struct op_call *c, const struct convolution *v, struct tensor *columns,
                          struct tensor *out, int64_t image, int64_t group) {
    int64_t in = v->in_channels / v->groups, made = v->out_channels / v->groups, taps = volume(v->kernel),
            places = volume(v->out);
    struct patches p = patches_of(v, v->in, v->out, in);
    char *from = (char *)tensor_data(v->input) +
                 (image * v->in_channels + group * in) * volume(v->in) * (int64_t)p.size;
    all_patches(&p, tensor_data(columns), from, take_element, tensor_dtype(v->input));
    struct tensor *w = matrix_at(c, v->weight, group * made * in * taps, made, in * taps);
    struct tensor *product = w ? product_of(c, w, columns, NULL) : NULL;
    struct tensor *to = matrix_at(c, out, (image * v->out_channels + group * made) * places, made, places);
    bool good = product && to && tensor_copy(to, product, c->err);
    release_tensors((struct tensor *[]){w, product, to}, 3);
    return good;
}

/* One image and group of the transposed form: patches(out) += weight.T @ input. */
static bool transposed_group(struct op_call *c, const struct convolution *v, struct tensor *out,
                             int64_t image, int64_t group) {
    int64_t in = v->in_channels / v->groups, made = v->out_channels / v->groups, taps = volume(v->kernel),
            places = volume(v->in);
    struct patches p = patches_of(v, v->out, v->in, made);
    struct tensor *w = matrix_at(c, v->weight, group * in * made * taps, in, made * taps);
    struct tensor *wt = w ? tensor_transpose(c, w, 0, 1) : NULL;
    struct tensor *x = matrix_at(c, v->input, (image * v->in_channels + group * in) * places, in, places);
    struct tensor *product = wt && x ? product_of(c, wt, x, NULL) : NULL;
    struct tensor *columns = product ? tensor_contiguous(product, c->cx->budget, c->err) : NULL;
    char *to = (char *)tensor_data(out) +
               (image * v->out_channels + group * made) * volume(v->out) * (int64_t)p.size;
    if (columns) all_patches(&p, tensor_data(columns), to, add_element, tensor_dtype(out));
    bool good = columns != NULL;
    release_tensors((struct tensor *[]){w, wt, x, product, columns}, 5);
    return good;
}

static bool run_groups(struct op_call *c, const struct convolution *v, struct tensor *out) {
    int64_t in = v->in_channels / v->groups, sizes[2] = {in * volume(v->kernel), volume(v->out)};
    struct tensor *columns = v->transposed ? NULL : call_new(c, tensor_dtype(v->input), 2, sizes);
    if (!v->transposed && !columns) return false;
    if (v->transposed) memset(tensor_data(out), 0, dtype_size(tensor_dtype(out)) * (size_t)out->numel);
    bool good = true;
    for (int64_t i = 0; good && i < v->n; i++)
        for (int64_t g = 0; good && g < v->groups; g++)
            good =
                v->transposed ? transposed_group(c, v, out, i, g) : forward_group(c, v, columns, out, i, g);
    tensor_release(columns);
    return good;
}

/* --- the packed kernels: float32, two dimensions --- */

struct packed_run {
    const struct conv_kernels *kernels;
    struct conv_plan plan;
    struct conv_operands operands;
    _Atomic bool failed;
};

static void packed_range(void *context, int64_t begin, int64_t end) {
    struct packed_run *r = context;
    void *workspace = mem_alloc_aligned(r->plan.workspace + 64);
    if (workspace)
        r->kernels->run(&r->plan, &r->operands, workspace, begin, end);
    else
        r->failed = true;
    mem_free_aligned(workspace);
}

static struct conv_shape shape_of(const struct convolution *v) {
    return (struct conv_shape){.batch = v->n,
                               .in_channels = v->in_channels,
                               .out_channels = v->out_channels,
                               .groups = v->groups,
                               .in_h = v->in[1],
                               .in_w = v->in[2],
                               .out_h = v->out[1],
                               .out_w = v->out[2],
                               .kernel_h = v->kernel[1],
                               .kernel_w = v->kernel[2],
                               .stride_h = v->stride[1],
                               .stride_w = v->stride[2],
                               .dilation_h = v->dilation[1],
                               .dilation_w = v->dilation[2],
                               .pad_h = v->padding[1],
                               .pad_w = v->padding[2]};
}

/* Weights packed for one shape of input, a normalisation folded in; kept with the place in the program while
 * what they were made from is steady. */
struct packed_key {
    struct conv_shape shape;
    int64_t threads;
    double eps;
};
struct packed_weights {
    struct conv_plan plan;
    const float *bias; /* NULL: the call's own */
    _Alignas(64) float weights[];
};
_Static_assert(sizeof(struct packed_key) <= PREPARED_KEY, "a key's room");

enum { NORM_TENSORS = 4, SOURCES = 2 + NORM_TENSORS }; /* weight, bias; gamma, beta, mean, variance */

/* y = (conv(x) + b - mean) / sqrt(var + eps) * gamma + beta, as a convolution with other weights and bias. */
static void fold_norm(const struct convolution *v, struct tensor *const *norm, double eps, float *weights,
                      float *bias) {
    const float *from = tensor_data(v->weight), *own = v->bias ? tensor_data(v->bias) : NULL;
    const float *part[NORM_TENSORS];
    int64_t size = v->weight->numel / v->out_channels;
    for (int i = 0; i < NORM_TENSORS; i++) part[i] = norm[i] ? tensor_data(norm[i]) : NULL;
    for (int64_t o = 0; o < v->out_channels; o++) {
        double scale = (part[0] ? (double)part[0][o] : 1) / sqrt((double)part[3][o] + eps);
        bias[o] = (float)((part[1] ? (double)part[1][o] : 0) +
                          ((own ? (double)own[o] : 0) - (double)part[2][o]) * scale);
        for (int64_t i = 0; i < size; i++)
            weights[o * size + i] = (float)((double)from[o * size + i] * scale);
    }
}

static bool pack_folded(struct op_call *c, const struct convolution *v, struct tensor *const *norm,
                        double eps, struct packed_weights *packed) {
    float *bias = packed->weights + packed->plan.packed_count;
    float *weights = mem_alloc((size_t)v->weight->numel * sizeof *weights);
    if (!weights) return error_memory(c->err);
    fold_norm(v, norm, eps, weights, bias);
    call_kernels(c)->conv->pack(&packed->plan, weights, packed->weights);
    packed->bias = bias;
    mem_free(weights);
    return true;
}

static struct prepared *pack_weights(struct op_call *c, const struct convolution *v,
                                     struct tensor *const *sources, const struct packed_key *key) {
    const struct conv_kernels *kernels = call_kernels(c)->conv;
    struct conv_plan plan = kernels->plan(&key->shape, CONV_AUTO, CONV_WINOGRAD_UP_TO_2, (int)key->threads);
    size_t floats = (size_t)(plan.packed_count + v->out_channels);
    struct prepared *p = prepared_new(c, sources, SOURCES, key, sizeof *key,
                                      sizeof(struct packed_weights) + floats * sizeof(float) + 64);
    if (!p) return NULL;
    struct packed_weights *packed = p->data;
    packed->plan = plan;
    packed->bias = NULL;
    if (!c->fusion || c->fusion->norm < 0) {
        kernels->pack(&plan, tensor_data(v->weight), packed->weights);
    } else if (!pack_folded(c, v, sources + 2, key->eps, packed)) {
        prepared_done(p);
        return NULL;
    }
    return p;
}

/* The tensors that the packed weights are made from. */
static uint32_t find_sources(const struct op_call *c, const struct convolution *v, struct tensor **sources) {
    uint32_t arguments = WEIGHT;
    for (int i = 0; i < SOURCES; i++) sources[i] = NULL;
    sources[0] = v->weight;
    if (v->weight->storage != arg_tensor(c, 1)->storage) return UINT32_MAX; /* a copy of this call's own */
    if (!c->fusion || c->fusion->norm < 0) return arguments;
    sources[1] = v->bias;
    for (int i = 0; i < NORM_TENSORS; i++) {
        sources[2 + i] = arg_tensor_or_null(c, c->fusion->norm + i);
        arguments |= UINT32_C(1) << (c->fusion->norm + i);
    }
    return arguments;
}

static bool run_packed(struct op_call *c, const struct convolution *v, struct tensor *out,
                       const struct tensor *bias) {
    const struct op_fusion *fusion = c->fusion;
    struct packed_key key = {shape_of(v), pool_threads(c->cx->pool), 0};
    if (fusion && fusion->norm >= 0) key.eps = arg_float(c, fusion->norm + 6);
    struct packed_run r = {.kernels = call_kernels(c)->conv};
    struct tensor *sources[SOURCES];
    uint32_t arguments = find_sources(c, v, sources);
    struct prepared *p = prepared_find(c, sources, SOURCES, &key, sizeof key);
    if (!p) {
        p = pack_weights(c, v, sources, &key);
        if (!p) return false;
        if (prepared_worth(c, arguments)) prepared_keep(c, p);
    }
    const struct packed_weights *packed = p->data;
    r.plan = packed->plan;
    r.operands = (struct conv_operands){.in = tensor_data(v->input),
                                        .weight_packed = packed->weights,
                                        .out = tensor_data(out),
                                        .bias = packed->bias ? packed->bias
                                                : bias       ? tensor_data(bias)
                                                             : NULL,
                                        .activation = fusion ? fusion->activation : UNARY_IDENTITY};
    if (fusion && fusion->residual >= 0) r.operands.residual = tensor_data(arg_tensor(c, fusion->residual));
    pool_run(c->cx->pool, r.plan.tasks, packed_range, &r);
    prepared_done(p);
    return !r.failed || error_memory(c->err);
}

static bool is_plain_vector(const struct tensor *t, int64_t count) {
    return t->dtype == DTYPE_FLOAT32 && t->layout == LAYOUT_STRIDED && t->numel == count &&
           tensor_is_contiguous(t);
}

/* Whether the rest of the chain can be done here. */
static bool fusion_fits(const struct op_call *c, const struct convolution *v, int ndim,
                        const int64_t *sizes) {
    const struct op_fusion *f = c->fusion;
    if (v->input->numel == 0 || v->weight->numel == 0) return false;
    for (int i = 0; f->norm >= 0 && i < NORM_TENSORS; i++) {
        const struct tensor *t = arg_tensor_or_null(c, f->norm + i);
        if (t ? !is_plain_vector(t, v->out_channels) : i >= 2) return false;
    }
    if (f->residual < 0) return true;
    const struct tensor *t = arg_tensor(c, f->residual);
    return t->dtype == DTYPE_FLOAT32 && t->layout == LAYOUT_STRIDED && t->ndim == ndim &&
           !memcmp(t->sizes, sizes, (size_t)ndim * sizeof *sizes) && tensor_is_contiguous(t);
}

/* --- the whole --- */

static struct tensor *convolve(struct op_call *c, struct compose *k, struct convolution *v) {
    int64_t sizes[AXES + 2] = {v->n, v->out_channels};
    bool fast = v->input->dtype == DTYPE_FLOAT32 && !v->transposed && v->in[0] == 1 && v->kernel[0] == 1 &&
                v->padding[0] == 0;
    for (int i = 0; i < v->dims; i++) {
        sizes[i + 2] = v->out[AXES - v->dims + i];
        if (sizes[i + 2] < 0) {
            refuse(c, "Given input size per channel and kernel, the calculated output size is too small");
            return NULL;
        }
    }
    if (c->fusion && !(fast && fusion_fits(c, v, v->dims + 2, sizes))) {
        op_decline(c);
        return NULL;
    }
    struct tensor *out = compose_own(k, call_new(c, tensor_dtype(v->input), v->dims + 2, sizes));
    if (!out || out->numel == 0) return out;
    if (v->input->numel == 0 || v->weight->numel == 0) {
        out = compose_run(k, "aten::zeros_like", "t", out);
    } else if (fast) {
        if (!run_packed(c, v, out, v->bias)) return NULL;
        return out;
    } else if (!run_groups(c, v, out)) {
        return NULL;
    }
    if (!v->bias || !out) return out;
    for (int i = 0; i < v->dims; i++) sizes[i + 2] = 1;
    sizes[0] = 1;
    struct tensor *bias = compose_run(k, "aten::reshape", "tL", v->bias, v->dims + 2, sizes);
    return compose_run(k, "aten::add_.Tensor", "ttd", out, bias, 1);
}

static bool check_types(struct op_call *c, const struct convolution *v) {
    if (v->input->dtype != v->weight->dtype || (v->bias && v->bias->dtype != v->input->dtype)) {
        const struct tensor *other = v->input->dtype != v->weight->dtype ? v->weight : v->bias;
        if (other == v->weight)
            return refuse(c, "Input type (%s) and weight type (%s) should be the same",
                          dtype_cpp_name(tensor_dtype(v->input)), dtype_cpp_name(tensor_dtype(other)));
        return refuse(c, "Input type (%s) and bias type (%s) should be the same",
                      dtype_cpp_name(tensor_dtype(v->input)), dtype_cpp_name(tensor_dtype(other)));
    }
    return true;
}

/* Unbatched inputs get a batch of one. */
static bool run(struct op_call *c, struct convolution *v, int dims) {
    struct compose k = compose_start(c);
    bool batched = v->input->ndim == dims + 2;
    if (c->fusion && !batched) return op_decline(c);
    bool channels_last =
        v->input->ndim == 4 &&
        ((tensor_is_channels_last(v->input) && !tensor_is_contiguous(v->input)) ||
         (v->weight->ndim == 4 && tensor_is_channels_last(v->weight) && !tensor_is_contiguous(v->weight)));
    v->dims = dims;
    if (v->input->ndim == dims + 1) v->input = compose_own(&k, tensor_unsqueeze(c, v->input, 0));
    if (k.failed) return compose_end(&k);
    bool good = check_numbers(c, v) && check_types(c, v) && check_channels(c, v);
    if (good) {
        v->input = compose_own(&k, tensor_contiguous(v->input, c->cx->budget, c->err));
        v->weight = compose_own(&k, tensor_contiguous(v->weight, c->cx->budget, c->err));
        if (v->bias) v->bias = compose_own(&k, tensor_contiguous(v->bias, c->cx->budget, c->err));
    }
    good = good && !k.failed && lay_out(c, v);
    struct tensor *out = good ? convolve(c, &k, v) : NULL;
    if (out && !batched) out = compose_own(&k, tensor_select(c, out, 0, 0));
    if (out && channels_last) out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, out);
}

static bool read_lists(struct op_call *c, struct convolution *v, int dims, const int *at) {
    static const int64_t ones[AXES] = {1, 1, 1}, zeros[AXES] = {0, 0, 0};
    int64_t *lists[] = {v->stride, v->padding, v->dilation, v->output_padding}, given[AXES];
    for (int i = 0; i < 4; i++) {
        const int64_t *otherwise = i == 0 || i == 2 ? ones : zeros;
        memcpy(given, otherwise, sizeof given);
        if (at[i] >= 0 && !args_spread(c, at[i], dims, otherwise, given)) return false;
        stretch(given, dims, otherwise[0], lists[i]);
    }
    return true;
}

static bool check_rank(struct op_call *c, const struct convolution *v, int dims) {
    int ndim = v->input->ndim;
    if (v->weight->ndim != dims + 2 && v->weight->ndim > 0 && ndim == dims + 2)
        return refuse(c, "weight should have at least three dimensions");
    if ((ndim == dims + 2 || ndim == dims + 1) && v->weight->ndim == dims + 2) return true;
    return refuse(c,
                  "Expected %dD (unbatched) or %dD (batched) input to conv%s%dd, but got input of size: %s",
                  dims + 1, dims + 2, v->transposed ? "_transpose" : "", dims,
                  sizes_text(ndim, v->input->sizes, (char[256]){0}, 256));
}

/* conv1d..3d(input, weight, bias, stride, padding, dilation, groups) */
static bool plain(struct op_call *c, int dims) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6)};
    return check_rank(c, &v, dims) && read_lists(c, &v, dims, (int[]){3, 4, 5, -1}) && run(c, &v, dims);
}
bool conv_1d(struct op_call *c) {
    return plain(c, 1);
}
bool conv_2d(struct op_call *c) {
    return plain(c, 2);
}
bool conv_3d(struct op_call *c) {
    return plain(c, 3);
}

/* conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation) */
static bool transposed(struct op_call *c, int dims) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6),
                            .transposed = true};
    return check_rank(c, &v, dims) && read_lists(c, &v, dims, (int[]){3, 4, 7, 5}) && run(c, &v, dims);
}
bool conv_transpose_1d(struct op_call *c) {
    return transposed(c, 1);
}
bool conv_transpose_2d(struct op_call *c) {
    return transposed(c, 2);
}
bool conv_transpose_3d(struct op_call *c) {
    return transposed(c, 3);
}

/* convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...) */
bool conv_convolution(struct op_call *c) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 8),
                            .transposed = arg_bool(c, 6)};
    int dims = v.weight->ndim - 2;
    if (dims < 1 || dims > AXES) return refuse(c, "weight should have at least three dimensions");
    return check_rank(c, &v, dims) && read_lists(c, &v, dims, (int[]){3, 4, 5, 7}) && run(c, &v, dims);
}

/* slow_conv*(self, weight, kernel_size, bias, stride, padding[, dilation]) and the transposed forms. */
static bool slow(struct op_call *c, int dims, bool is_transposed, const int *at) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 3),
                            .groups = 1,
                            .transposed = is_transposed};
    struct compose k = compose_start(c);
    if (v.weight->ndim == 2 && dims == 3) {
        int64_t sizes[5] = {v.weight->sizes[0], -1, 1, 1, 1};
        if (!args_spread(c, 2, dims, NULL, sizes + 2)) return false;
        v.weight = compose_run(&k, "aten::reshape", "tL", v.weight, 5, sizes);
    }
    bool good = v.weight && check_rank(c, &v, dims) && read_lists(c, &v, dims, at) && run(c, &v, dims);
    return compose_end(&k) && good;
}
bool conv_slow_3d(struct op_call *c) {
    return slow(c, 3, false, (int[]){4, 5, -1, -1});
}
bool conv_slow_2d(struct op_call *c) {
    return slow(c, 2, false, (int[]){4, 5, -1, -1});
}
bool conv_dilated_2d(struct op_call *c) {
    return slow(c, 2, false, (int[]){4, 5, 6, -1});
}
bool conv_dilated_3d(struct op_call *c) {
    return slow(c, 3, false, (int[]){4, 5, 6, -1});
}
bool conv_slow_transpose_2d(struct op_call *c) {
    return slow(c, 2, true, (int[]){4, 5, 7, 6});
}
bool conv_slow_transpose_3d(struct op_call *c) {
    return slow(c, 3, true, (int[]){4, 5, 7, 6});
}

/* padding="same" or "valid": (input, weight, bias, stride, padding, dilation, groups). Uneven padding is put
 * on first. */
static bool with_mode(struct op_call *c, int dims) {
    struct compose k = compose_start(c);
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6)};
    const char *mode = c->args[4].string->bytes;
    int64_t pad[2 * AXES] = {0}, zero = 0;
    bool uneven = false;
    if (!check_rank(c, &v, dims) || !read_lists(c, &v, dims, (int[]){3, -1, 5, -1})) return false;
    if (strcmp(mode, "same") != 0 && strcmp(mode, "valid") != 0)
        return refuse(c, "Invalid padding string: '%s'", mode);
    if (mode[0] == 's') {
        for (int i = 0; i < dims; i++) {
            int at = AXES - dims + i;
            if (v.stride[at] != 1)
                return refuse(c, "padding='same' is not supported for strided convolutions");
            int64_t total = v.dilation[at] * (v.weight->sizes[2 + i] - 1);
            v.padding[at] = total / 2;
            uneven |= total % 2;
            pad[2 * (dims - 1 - i) + 1] = total % 2;
        }
        (void)zero;
        if (uneven) v.input = compose_run(&k, "aten::constant_pad_nd", "tLf", v.input, 2 * dims, pad, 0.0);
    }
    bool good = v.input && run(c, &v, dims);
    return compose_end(&k) && good;
}
bool conv_1d_mode(struct op_call *c) {
    return with_mode(c, 1);
}
bool conv_2d_mode(struct op_call *c) {
    return with_mode(c, 2);
}
bool conv_3d_mode(struct op_call *c) {
    return with_mode(c, 3);
}
bool conv_mode(struct op_call *c) {
    int dims = arg_tensor(c, 1)->ndim - 2;
    if (dims < 1 || dims > AXES) return refuse(c, "weight should have at least three dimensions");
    return with_mode(c, dims);
}

bool conv_tbc(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t pad = arg_int(c, 3), x_order[] = {1, 2, 0}, w_order[] = {2, 1, 0}, out_order[] = {2, 0, 1},
            one = 1;
    struct tensor *x = compose_run(&k, "aten::permute", "tL", arg_tensor(c, 0), 3, x_order);
    struct tensor *w = compose_run(&k, "aten::permute", "tL", arg_tensor(c, 1), 3, w_order);
    struct tensor *y =
        compose_run(&k, "aten::conv1d", "tttLLLd", x, w, arg_tensor(c, 2), 1, &one, 1, &pad, 1, &one, 1);
    return compose_give(&k, compose_run(&k, "aten::permute_copy", "tL", y, 3, out_order));
}

/* im2col(self, kernel, dilation, padding, stride) and back: [N, C*kh*kw, L]. */
static bool columns_call(struct op_call *c, bool back) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int first = back ? 2 : 1;
    int64_t lists[4][2], size[2] = {0, 0};
    for (int i = 0; i < 4; i++)
        if (!args_spread(c, first + i, 2, NULL, lists[i])) return false;
    if (back && !args_spread(c, 1, 2, NULL, size)) return false;
    int64_t kh = lists[0][0], kw = lists[0][1];
    bool batched = x->ndim == (back ? 3 : 4);
    if (!batched && x->ndim != (back ? 2 : 3))
        return refuse(c,
                      back ? "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
                             "non-zero dimensions for input, but got: %s"
                           : "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
                             "non-zero dimensions for input, but got: %s",
                      sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    x = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err));
    if (x && !batched) x = compose_own(&k, tensor_unsqueeze(c, x, 0));
    if (!x) return compose_give(&k, NULL);
    struct patches p = {.size = dtype_size(tensor_dtype(x)),
                        .kernel = {1, kh, kw},
                        .dilation = {1, lists[1][0], lists[1][1]},
                        .padding = {0, lists[2][0], lists[2][1]},
                        .stride = {1, lists[3][0], lists[3][1]}};
    p.image[0] = p.grid[0] = 1;
    p.image[1] = back ? size[0] : x->sizes[2];
    p.image[2] = back ? size[1] : x->sizes[3];
    for (int i = 1; i < 3; i++) {
        if (p.kernel[i] <= 0 || p.dilation[i] <= 0 || p.stride[i] <= 0 || p.padding[i] < 0) {
            refuse(c, "%s should be greater than zero, but got kernel_height: %lld kernel_width: %lld",
                   p.kernel[i] <= 0   ? "kernel size"
                   : p.stride[i] <= 0 ? "stride"
                                      : "dilation",
                   (long long)kh, (long long)kw);
            return compose_give(&k, NULL);
        }
        p.grid[i] =
            (p.image[i] + 2 * p.padding[i] - (p.dilation[i] * (p.kernel[i] - 1) + 1)) / p.stride[i] + 1;
    }
    int64_t places = p.grid[1] * p.grid[2];
    if (p.grid[1] < 1 || p.grid[2] < 1) {
        refuse(c,
               "Given input with spatial size (%lld, %lld), kernel_size=(%lld, %lld), dilation=(%lld, %lld), "
               "padding=(%lld, %lld), calculated shape of the array of sliding blocks as (%lld, %lld), but "
               "its components must be at least one.",
               (long long)p.image[1], (long long)p.image[2], (long long)kh, (long long)kw,
               (long long)p.dilation[1], (long long)p.dilation[2], (long long)p.padding[1],
               (long long)p.padding[2], (long long)p.grid[1], (long long)p.grid[2]);
        return compose_give(&k, NULL);
    }
    if (back && (x->sizes[1] % (kh * kw) || x->sizes[2] != places)) {
        if (x->sizes[1] % (kh * kw))
            refuse(c,
                   "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but "
                   "got input.size(1)=%lld and kernel_size=(%lld, %lld).",
                   (long long)x->sizes[1], (long long)kh, (long long)kw);
        else
            refuse(c,
                   "Given output_size=(%lld, %lld), kernel_size=(%lld, %lld), dilation=(%lld, %lld), "
                   "padding=(%lld, %lld), stride=(%lld, %lld), expected size of input's dimension 2 to match "
                   "the calculated number of sliding blocks %lld * %lld = %lld, but got input.size(2)=%lld.",
                   (long long)size[0], (long long)size[1], (long long)kh, (long long)kw,
                   (long long)p.dilation[1], (long long)p.dilation[2], (long long)p.padding[1],
                   (long long)p.padding[2], (long long)p.stride[1], (long long)p.stride[2],
                   (long long)p.grid[1], (long long)p.grid[2], (long long)places, (long long)x->sizes[2]);
        return compose_give(&k, NULL);
    }
    p.channels = back ? x->sizes[1] / (kh * kw) : x->sizes[1];
    int64_t folded[4] = {x->sizes[0], p.channels, size[0], size[1]},
            unfolded[3] = {x->sizes[0], p.channels * kh * kw, places};
    struct tensor *out =
        compose_own(&k, call_new(c, tensor_dtype(x), back ? 4 : 3, back ? folded : unfolded));
    if (!out) return compose_give(&k, NULL);
    memset(tensor_data(out), 0, p.size * (size_t)out->numel);
    int64_t image = p.channels * p.image[1] * p.image[2] * (int64_t)p.size,
            columns = p.channels * kh * kw * places * (int64_t)p.size;
    for (int64_t i = 0; i < x->sizes[0]; i++) {
        char *a = (char *)tensor_data(back ? out : x) + i * image,
             *b = (char *)tensor_data(back ? x : out) + i * columns;
        all_patches(&p, b, a, back ? add_element : take_element, tensor_dtype(x));
    }
    return compose_give(&k, batched ? out : compose_own(&k, tensor_select(c, out, 0, 0)));
}
bool conv_im2col(struct op_call *c) {
    return columns_call(c, false);
}
bool conv_col2im(struct op_call *c) {
    return columns_call(c, true);
}
