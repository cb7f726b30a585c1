/* Resampling: nearest, linear, cubic, with and without antialiasing, and the gradients of all of them.
 *
 * Every mode is a set of weights for each output place along each axis (aten/src/ATen/native/UpSample.h);
 * axes are resampled one after the other in double, over planes laid out [planes, D, H, W]. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/sample/cubic.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AXES = 3 };
enum mode {
    MODE_NEAREST,
    MODE_EXACT,
    MODE_LINEAR,
    MODE_CUBIC,
    MODE_LINEAR_AA,
    MODE_CUBIC_AA,
    MODE_LANCZOS_AA
};

/* The places and weights that make one output place. */
struct taps {
    int64_t count, *places; /* [out][count] */
    double *weights;
    bool padded; /* antialiasing: weights of 0 fill up the count and stand for nothing */
    double unit; /* bytes: the weights are whole numbers of this fraction's denominator; 0: they are not */
};

static double filter_at(enum mode mode, double x) {
    const double pi = 3.14159265358979323846;
    if (mode == MODE_CUBIC_AA) return cubic_weight(x, -0.5);
    if (mode == MODE_LANCZOS_AA) {
        if (x == 0) return 1;
        return fabs(x) < 3 ? 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x) : 0;
    }
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

/* area_pixel_compute_scale: 1 / scale_factor when that is given. */
static double step_of(int64_t in, int64_t out, bool corners, double factor) {
    if (corners) return out > 1 ? (double)(in - 1) / (double)(out - 1) : 0;
    return factor > 0 ? 1 / factor : (double)in / (double)out;
}

static int64_t clip(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

static void nearest_taps(enum mode mode, int64_t in, int64_t out, double factor, struct taps *t) {
    float step = factor > 0 ? (float)(1 / factor) : (float)in / (float)out;
    for (int64_t i = 0; i < out; i++) {
        float at = mode == MODE_EXACT ? floorf(((float)i + 0.5f) * step) : floorf((float)i * step);
        t->places[i] = clip(convert_to_int64((double)at), 0, in - 1);
        t->weights[i] = 1;
    }
}

/* Where along the input output i lies, in the kernel's own precision. */
static double source_of(int64_t i, double step, bool corners, bool single) {
    if (!single) return corners ? step * (double)i : step * ((double)i + 0.5) - 0.5;
    float s = (float)step, at = corners ? s * (float)i : s * ((float)i + 0.5f) - 0.5f;
    return (double)at;
}

static void linear_taps(int64_t in, int64_t out, bool corners, double factor, bool single, struct taps *t) {
    double step = step_of(in, out, corners, factor);
    for (int64_t i = 0; i < out; i++) {
        double at = fmax(source_of(i, step, corners, single), 0);
        if (in == out) at = (double)i; /* copied, whatever the factor (compute_source_index_and_lambda) */
        int64_t low = clip(convert_to_int64(at), 0, in - 1);
        double part = fmin(fmax(at - (double)low, 0), 1);
        t->places[2 * i] = low;
        t->places[2 * i + 1] = low < in - 1 ? low + 1 : low;
        t->weights[2 * i] = 1 - part;
        t->weights[2 * i + 1] = part;
    }
}

static void cubic_taps(int64_t in, int64_t out, bool corners, double factor, bool single, struct taps *t) {
    double step = step_of(in, out, corners, factor);
    for (int64_t i = 0; i < out; i++) {
        double at = source_of(i, step, corners, single), low = floor(at);
        for (int j = 0; j < 4; j++) {
            t->places[4 * i + j] = clip(convert_to_int64(low + (double)(j - 1)), 0, in - 1);
            t->weights[4 * i + j] = cubic_weight(at - low - (j - 1), -0.75);
        }
    }
}

/* Antialiasing: the filter is stretched over as many inputs as make one output. */
static double support_of(enum mode mode) {
    return mode == MODE_LINEAR_AA ? 1 : mode == MODE_CUBIC_AA ? 2 : 3;
}
static void smooth_taps(enum mode mode, int64_t in, int64_t out, bool corners, double factor,
                        struct taps *t) {
    double step = step_of(in, out, corners, factor), wide = step >= 1 ? step : 1,
           support = support_of(mode) * wide;
    t->padded = true;
    for (int64_t i = 0; i < out; i++) {
        double centre = step * ((double)i + 0.5), sum = 0;
        int64_t begin = clip(convert_to_int64(centre - support + 0.5), 0, in),
                end = clip(convert_to_int64(centre + support + 0.5), begin, in);
        for (int64_t j = 0; j < t->count; j++) {
            int64_t place = begin + j;
            double w = place < end ? filter_at(mode, ((double)place - centre + 0.5) / wide) : 0;
            t->places[i * t->count + j] = clip(place, 0, in - 1);
            t->weights[i * t->count + j] = w;
            sum += w;
        }
        for (int64_t j = 0; j < t->count && sum != 0; j++) t->weights[i * t->count + j] /= sum;
    }
}

/* Weights of one place are put together: what reaches beyond the border weighs on the last element. */
static void merge_taps(struct taps *t, int64_t out) {
    for (int64_t i = 0; i < out; i++)
        for (int64_t j = t->count - 1; j > 0; j--) {
            double *w = t->weights + i * t->count + j;
            if (t->places[i * t->count + j] != t->places[i * t->count + j - 1]) continue;
            w[-1] += w[0];
            w[0] = 0;
        }
}

/* Bytes are weighed by 16-bit whole numbers, as fine as the largest weight allows, and rounded after each
 * axis (compute_index_ranges_int16_weights of aten/src/ATen/native/cpu/UpSampleKernel.cpp, after Pillow's).
 */
static void round_taps(struct taps *t, int64_t out) {
    double most = 0;
    int precision = 0;
    merge_taps(t, out);
    for (int64_t i = 0; i < out * t->count; i++) most = fmax(most, t->weights[i]);
    while (precision < 22 && (int)(0.5 + most * (double)(1 << (precision + 1))) < 1 << 15) precision++;
    t->unit = (double)(1 << precision);
    for (int64_t i = 0; i < out * t->count; i++) {
        double w = t->weights[i] * t->unit;
        t->weights[i] = trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
}

static bool taps_make(struct op_call *c, enum mode mode, int64_t in, int64_t out, bool corners, double factor,
                      bool single, struct taps *t) {
    double step = step_of(in, out, corners, factor), smooth = ceil(support_of(mode) * fmax(step, 1)) * 2 + 1;
    t->count = mode <= MODE_EXACT    ? 1
               : mode == MODE_LINEAR ? 2
               : mode == MODE_CUBIC  ? 4
                                     : (int64_t)fmin(smooth, (double)in);
    t->places = call_scratch(c, (size_t)(out * t->count) + 1, sizeof *t->places);
    t->weights = call_scratch(c, (size_t)(out * t->count) + 1, sizeof *t->weights);
    if (!t->places || !t->weights) return false;
    if (mode <= MODE_EXACT)
        nearest_taps(mode, in, out, factor, t);
    else if (mode == MODE_LINEAR)
        linear_taps(in, out, corners, factor, single, t);
    else if (mode == MODE_CUBIC)
        cubic_taps(in, out, corners, factor, single, t);
    else
        smooth_taps(mode, in, out, corners, factor, t);
    return true;
}
static void taps_free(struct taps *t) {
    mem_free(t->places);
    mem_free(t->weights);
}

/* from [outer, in, inner] to [outer, out, inner]. */
static void apply(const struct taps *t, const double *from, double *to, int64_t outer, int64_t in,
                  int64_t out, int64_t inner) {
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < out; i++)
            for (int64_t x = 0; x < inner; x++) {
                double sum = 0;
                for (int64_t j = 0; j < t->count; j++) {
                    double weight = t->weights[i * t->count + j];
                    if (weight == 0 && t->padded) continue;
                    sum += weight * from[(o * in + t->places[i * t->count + j]) * inner + x];
                }
                to[(o * out + i) * inner + x] = sum;
            }
}

/* The other way: gradients [outer, out, inner] are added up in [outer, in, inner]. */
static void apply_back(const struct taps *t, const double *from, double *to, int64_t outer, int64_t in,
                       int64_t out, int64_t inner) {
    memset(to, 0, sizeof *to * (size_t)(outer * in * inner));
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < out; i++)
            for (int64_t j = 0; j < t->count; j++) {
                double weight = t->weights[i * t->count + j];
                if (weight == 0 && t->padded) continue;
                double *row = to + (o * in + t->places[i * t->count + j]) * inner;
                for (int64_t x = 0; x < inner; x++) row[x] += weight * from[(o * out + i) * inner + x];
            }
}

struct resample {
    enum mode mode;
    int dims;
    bool corners, back; /* back: from gradients of the output to those of the input */
    bool bytes;
    int64_t in[AXES], out[AXES];
    double factors[AXES]; /* 0: not given */
};

static void round_bytes(double *x, int64_t count, double unit) {
    for (int64_t i = 0; i < count; i++) x[i] = fmin(fmax(floor((x[i] + unit / 2) / unit), 0), 255);
}

/* One image plane through all axes; a and b have room for the largest stage. */
static double *resample_plane(const struct resample *r, const struct taps *taps, double *a, double *b) {
    int64_t sizes[AXES];
    memcpy(sizes, r->back ? r->out : r->in, sizeof sizes);
    for (int axis = AXES - 1; axis >= AXES - r->dims; axis--) {
        int64_t outer = 1, inner = 1;
        for (int i = 0; i < AXES; i++) *(i < axis ? &outer : &inner) *= i == axis ? 1 : sizes[i];
        if ((r->bytes || r->mode >= MODE_LINEAR_AA) && r->mode > MODE_EXACT && !r->back &&
            r->in[axis] == r->out[axis])
            continue;
        (r->back ? apply_back : apply)(&taps[axis], a, b, outer, r->in[axis], r->out[axis], inner);
        if (taps[axis].unit > 0) round_bytes(b, outer * r->out[axis] * inner, taps[axis].unit);
        sizes[axis] = r->back ? r->in[axis] : r->out[axis];
        double *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static int64_t largest_stage(const struct resample *r) {
    int64_t most = 1;
    for (int i = 0; i < AXES; i++) most *= r->in[i] > r->out[i] ? r->in[i] : r->out[i];
    return most;
}

/* nearest2d asks for no factor where the sizes are the same or doubled (nearest_idx). */
static double factor_of(const struct resample *r, int axis) {
    bool plain = r->mode == MODE_NEAREST && r->dims == 2 && !r->back &&
                 (r->out[axis] == r->in[axis] || r->out[axis] == 2 * r->in[axis]);
    return plain ? 0 : r->factors[axis];
}

/* The loops for half and bfloat16 keep weights in that dtype, but bilinear2d's. */
static void narrow_taps(const struct resample *r, enum dtype d, struct taps *t, int64_t out) {
    bool kept = r->mode == MODE_CUBIC || (r->mode == MODE_LINEAR && r->dims != 2);
    if (!kept || !(SET_HALVES >> d & 1)) return;
    for (int64_t i = out * t->count - 1; i >= 0; i--) {
        uint16_t bits;
        if (r->mode == MODE_LINEAR && i % 2 == 0)
            t->weights[i] = 1 - t->weights[i + 1]; /* of the rounded one */
        convert_store[d][COMPUTE_DOUBLE](&bits, 0, &t->weights[i], 0, 1);
        convert_load[d][COMPUTE_DOUBLE](&t->weights[i], 0, &bits, 0, 1);
    }
}

static bool resample_all(struct op_call *c, const struct resample *r, struct tensor *x, struct tensor *out) {
    struct taps taps[AXES] = {{0}};
    int64_t small = r->in[0] * r->in[1] * r->in[2], large = r->out[0] * r->out[1] * r->out[2],
            most = largest_stage(r), in = r->back ? large : small, made = r->back ? small : large;
    int64_t size = (int64_t)dtype_size(tensor_dtype(x));
    double *room = call_scratch(c, (size_t)most * 2 + 2, sizeof *room);
    bool good = room != NULL, single = x->dtype != DTYPE_FLOAT64 && !r->bytes;
    for (int i = AXES - r->dims; good && i < AXES; i++) {
        good = taps_make(c, r->mode, r->in[i], r->out[i], r->corners, factor_of(r, i), single, &taps[i]);
        if (good && !r->back) narrow_taps(r, tensor_dtype(x), &taps[i], r->out[i]);
        if (good && r->bytes && r->mode > MODE_EXACT) round_taps(&taps[i], r->out[i]);
    }
    for (int64_t p = 0; good && p < x->numel / in; p++) {
        convert_load[x->dtype][COMPUTE_DOUBLE](room, sizeof *room, (char *)tensor_data(x) + p * in * size,
                                               size, in);
        double *result = resample_plane(r, taps, room, room + most);
        convert_store[x->dtype][COMPUTE_DOUBLE]((char *)tensor_data(out) + p * made * size, size, result,
                                                sizeof *result, made);
    }
    for (int i = 0; i < AXES; i++) taps_free(&taps[i]);
    mem_free(room);
    return good;
}

/* aten/src/ATen/native/cpu/UpSampleKernel.cpp: which dtypes have loops. */
static bool check_kernel(struct op_call *c, const struct resample *r, const struct tensor *x) {
    bool flat = r->dims == 2;
    if (r->mode >= MODE_LINEAR_AA)
        return check_dtype(c, x, SET_FLOATS | SET_BYTE, "compute_index_ranges_weights");
    if (r->mode == MODE_CUBIC)
        return check_dtype(c, x, SET_REALS | SET_BYTE, "compute_indices_weights_cubic");
    if (r->mode == MODE_LINEAR)
        return check_dtype(c, x, flat ? SET_REALS | SET_BYTE : SET_REALS,
                           flat ? "upsample_bilinear2d_channels_last" : "compute_indices_weights_linear");
    return check_dtype(c, x, SET_REALS | SET_BYTE,
                       flat ? "upsample_nearest2d_channels_last" : "compute_indices_weights_nearest");
}

static bool resample_call(struct op_call *c, struct resample *r, const int64_t *out_sizes) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t sizes[AXES + 2];
    if (x->ndim != r->dims + 2)
        return refuse(c, "It is expected input_size equals to %d, but got size %d", r->dims + 2, x->ndim);
    sizes[0] = x->sizes[0], sizes[1] = x->sizes[1];
    for (int i = 0; i < AXES; i++) {
        int d = i - (AXES - r->dims);
        r->in[i] = d < 0 ? 1 : x->sizes[d + 2];
        r->out[i] = d < 0 ? 1 : out_sizes[d];
        if (d >= 0) sizes[d + 2] = out_sizes[d];
    }
    for (int i = 0; i < AXES; i++)
        if (r->in[i] <= 0 || r->out[i] <= 0)
            return refuse(c,
                          "Input and output sizes should be greater than 0, but got input (%s) output (%s)",
                          sizes_text(r->dims, r->in + AXES - r->dims, (char[128]){0}, 128),
                          sizes_text(r->dims, out_sizes, (char[128]){0}, 128));
    if (x->numel == 0 && x->sizes[1] == 0)
        return refuse(c, "Non-empty %dD data tensor expected but got a tensor with sizes %s", r->dims + 2,
                      sizes_text(x->ndim, x->sizes, (char[128]){0}, 128));
    bool same = r->mode >= MODE_LINEAR_AA && memcmp(sizes, x->sizes, sizeof *sizes * x->ndim) == 0;
    if (same) return compose_give(&k, compose_run(&k, "aten::clone", "tn", x));
    if (!check_kernel(c, r, x)) return false;
    r->bytes = x->dtype == DTYPE_UINT8;
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err));
    struct tensor *out = compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, sizes));
    if (k.failed || (x->numel > 0 && !resample_all(c, r, whole, out))) return compose_give(&k, NULL);
    if (x->ndim == 4 && tensor_is_channels_last(x) && !tensor_is_contiguous(x))
        out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, out);
}

/* (self, output_size, [align_corners,] scales...) */
static bool by_size(struct op_call *c, enum mode mode, int dims, bool has_corners) {
    struct resample r = {.mode = mode, .dims = dims, .corners = has_corners && arg_bool(c, 2)};
    int64_t sizes[AXES];
    if (c->args[1].tag == VALUE_LIST && arg_list(c, 1)->count != dims)
        return refuse(c, "It is expected output_size equals to %d, but got size %lld", dims,
                      (long long)arg_list(c, 1)->count);
    if (!args_spread(c, 1, dims, NULL, sizes)) return false;
    for (int i = 0; i < dims; i++) {
        int at = (has_corners ? 3 : 2) + i;
        r.factors[AXES - dims + i] =
            at < c->arg_count && c->args[at].tag == VALUE_FLOAT ? arg_float(c, at) : 0;
    }
    return resample_call(c, &r, sizes);
}

static bool check_count(struct op_call *c, int at, int wanted, const char *name) {
    return c->args[at].tag != VALUE_LIST || arg_list(c, at)->count == wanted ||
           refuse(c,
                  "Expected static_cast<int64_t>(%s->size()) == spatial_dimensions to be true, but got "
                  "false.  (Could "
                  "this error message be improved?  If so, please report an enhancement request to PyTorch.)",
                  name);
}

/* (input, output_size?, [align_corners,] scale_factors?) */
static bool by_list(struct op_call *c, enum mode mode, int dims, bool has_corners) {
    struct resample r = {.mode = mode, .dims = dims, .corners = has_corners && arg_bool(c, 2)};
    const struct tensor *x = arg_tensor(c, 0);
    int64_t sizes[AXES];
    int scales = has_corners ? 3 : 2;
    if (arg_none(c, 1) == arg_none(c, scales))
        return refuse(c, "Must specify exactly one of output_size and scale_factors");
    if (!check_count(c, arg_none(c, 1) ? scales : 1, x->ndim - 2,
                     arg_none(c, 1) ? "scale_factors" : "output_size"))
        return false;
    if (x->ndim != dims + 2)
        return refuse(c, "It is expected input_size equals to %d, but got size %d", dims + 2, x->ndim);
    if (!arg_none(c, 1) && !args_spread(c, 1, dims, NULL, sizes)) return false;
    for (int i = 0; arg_none(c, 1) && i < dims; i++) {
        double f = arg_list(c, scales)->items[i].f;
        r.factors[AXES - dims + i] = f;
        sizes[i] = convert_to_int64((double)x->sizes[i + 2] * f);
    }
    return resample_call(c, &r, sizes);
}

static bool check_gradient(struct op_call *c, const struct tensor *grad, int ndim, const int64_t *wanted) {
    if (grad->ndim != ndim)
        return refuse(c, "Expected grad_output to be a tensor of dimension %d but got: dimension %d", ndim,
                      grad->ndim);
    for (int i = 0; i < ndim; i++)
        if (grad->sizes[i] != wanted[i])
            return refuse(c,
                          "Expected grad_output to have the same shape as output; output.size(%d) = %lld but "
                          "got grad_output.size(%d) = %lld",
                          i, (long long)wanted[i], i, (long long)grad->sizes[i]);
    return true;
}

/* (grad, output_size, input_size, [align_corners,] scales...) */
static bool backward(struct op_call *c, const char *name, enum mode mode, int dims, bool has_corners) {
    struct compose k = compose_start(c);
    struct resample r = {.mode = mode, .dims = dims, .corners = has_corners && arg_bool(c, 3), .back = true};
    struct tensor *grad = arg_tensor(c, 0);
    int64_t made[AXES + 2], in[AXES + 2], first = has_corners ? 4 : 3;
    int out_count = args_ints(c, 1, made + 2, AXES), in_count = args_ints(c, 2, in, AXES + 2);
    if (out_count < 0 || in_count < 0) return false;
    if (out_count != dims)
        return refuse(c, "It is expected output_size equals to %d, but got size %d", dims, out_count);
    if (in_count != dims + 2)
        return refuse(c, "It is expected input_size equals to %d, but got size %d", dims + 2, in_count);
    made[0] = in[0], made[1] = in[1];
    for (int i = 0; i < AXES; i++) {
        int d = i - (AXES - dims), at = (int)first + d;
        r.in[i] = d < 0 ? 1 : in[d + 2];
        r.out[i] = d < 0 ? 1 : made[d + 2];
        r.factors[i] = d >= 0 && at < c->arg_count && c->args[at].tag == VALUE_FLOAT ? arg_float(c, at) : 0;
        if (r.in[i] <= 0 || r.out[i] <= 0)
            return refuse(c,
                          "Input and output sizes should be greater than 0, but got input (%s) output (%s)",
                          sizes_text(dims, in + 2, (char[128]){0}, 128),
                          sizes_text(dims, made + 2, (char[128]){0}, 128));
    }
    if (!check_gradient(c, grad, dims + 2, made)) return false;
    bool smooth = mode >= MODE_LINEAR_AA && dtype_size(tensor_dtype(grad)) == 2;
    if (!dtype_is_floating(tensor_dtype(grad)) || smooth)
        return refuse(c, "\"upsample_%s_backward\" not implemented for '%s'", name,
                      dtype_table[grad->dtype].graph_name);
    struct tensor *whole = compose_own(&k, tensor_contiguous(grad, c->cx->budget, c->err));
    struct tensor *out = compose_own(&k, call_new(c, tensor_dtype(grad), dims + 2, in));
    if (k.failed || (out->numel > 0 && !resample_all(c, &r, whole, out))) return compose_give(&k, NULL);
    return compose_give(&k, out);
}

#define UPSAMPLES(X)                          \
    X(nearest1d, MODE_NEAREST, 1, false)      \
    X(nearest2d, MODE_NEAREST, 2, false)      \
    X(nearest3d, MODE_NEAREST, 3, false)      \
    X(exact1d, MODE_EXACT, 1, false)          \
    X(exact2d, MODE_EXACT, 2, false)          \
    X(exact3d, MODE_EXACT, 3, false)          \
    X(linear1d, MODE_LINEAR, 1, true)         \
    X(bilinear2d, MODE_LINEAR, 2, true)       \
    X(trilinear3d, MODE_LINEAR, 3, true)      \
    X(bicubic2d, MODE_CUBIC, 2, true)         \
    X(bilinear2d_aa, MODE_LINEAR_AA, 2, true) \
    X(bicubic2d_aa, MODE_CUBIC_AA, 2, true)   \
    X(lanczos2d_aa, MODE_LANCZOS_AA, 2, true)
#define DEFINE_UPSAMPLE(name, mode, dims, corners)      \
    bool sample_##name(struct op_call *c) {             \
        return by_size(c, mode, dims, corners);         \
    }                                                   \
    bool sample_##name##_vec(struct op_call *c) {       \
        return by_list(c, mode, dims, corners);         \
    }                                                   \
    bool sample_##name##_backward(struct op_call *c) {  \
        return backward(c, #name, mode, dims, corners); \
    }
UPSAMPLES(DEFINE_UPSAMPLE)

/* --- interpolate, with torch.nn.functional's reading of its arguments --- */

struct interpolation {
    const char *mode;
    bool corners, corners_given, antialias, recompute;
    int64_t sizes[AXES];
    double factors[AXES];
    bool by_size, size_first; /* size_first: a size beside a factor is no error, but decides */
};

static bool read_sizes(struct op_call *c, struct interpolation *n, int size_at, int factor_at, int dims) {
    n->by_size = !arg_none(c, size_at);
    if (n->by_size && !n->size_first && !arg_none(c, factor_at))
        return refuse(c, "only one of size or scale_factor should be defined");
    if (n->by_size) return args_spread(c, size_at, dims, NULL, n->sizes);
    if (arg_none(c, factor_at)) return refuse(c, "either size or scale_factor should be defined");
    lb_value f = c->args[factor_at];
    for (int i = 0; i < dims; i++) {
        lb_value item = f.tag == VALUE_LIST ? f.list->items[f.list->count == 1 ? 0 : i] : f;
        if (f.tag == VALUE_LIST && f.list->count != 1 && f.list->count != dims)
            return refuse(
                c, "scale_factor shape must match input shape. Input is %dD, scale_factor size is %lld", dims,
                (long long)f.list->count);
        n->factors[i] = item.tag == VALUE_INT ? (double)item.i : item.f;
    }
    return true;
}

static bool interpolate(struct op_call *c, const struct interpolation *n, int dims) {
    struct tensor *x = arg_tensor(c, 0);
    struct resample r = {.dims = dims, .corners = n->corners};
    int64_t sizes[AXES];
    static const struct {
        const char *name;
        int dims; /* 0: any */
        enum mode mode, smooth;
    } modes[] = {{"nearest", 0, MODE_NEAREST, MODE_NEAREST}, {"nearest-exact", 0, MODE_EXACT, MODE_EXACT},
                 {"linear", 1, MODE_LINEAR, MODE_LINEAR},    {"bilinear", 2, MODE_LINEAR, MODE_LINEAR_AA},
                 {"trilinear", 3, MODE_LINEAR, MODE_LINEAR}, {"bicubic", 2, MODE_CUBIC, MODE_CUBIC_AA}};
    bool plain = strncmp(n->mode, "nearest", 7) == 0 || strcmp(n->mode, "area") == 0;
    if (plain && n->corners_given)
        return refuse(c, "align_corners option can only be set with the interpolating modes: linear | "
                         "bilinear | bicubic | trilinear");
    for (int i = 0; i < dims; i++) {
        sizes[i] =
            n->by_size ? n->sizes[i] : convert_to_int64(floor((double)x->sizes[i + 2] * n->factors[i]));
        r.factors[AXES - dims + i] = n->by_size || n->recompute ? 0 : n->factors[i];
    }
    if (strcmp(n->mode, "area") == 0) {
        static const char *const rows[] = {"aten::adaptive_avg_pool1d", "aten::adaptive_avg_pool2d",
                                           "aten::adaptive_avg_pool3d"};
        struct compose k = compose_start(c);
        return compose_give(&k, compose_run(&k, rows[dims - 1], "tL", x, dims, sizes));
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, n->mode) != 0) continue;
        if (modes[i].dims && modes[i].dims != dims)
            return refuse(c, "Got %dD input, but %s mode needs %dD input", dims + 2, n->mode,
                          modes[i].dims + 2);
        r.mode = n->antialias ? modes[i].smooth : modes[i].mode;
        return resample_call(c, &r, sizes);
    }
    return refuse(c,
                  "Input Error: Only 3D, 4D and 5D input Tensors supported (got %dD) for the modes: nearest "
                  "| linear | bilinear | bicubic | trilinear (got %s)",
                  dims + 2, n->mode);
}

static bool start(struct op_call *c, int *dims) {
    *dims = arg_tensor(c, 0)->ndim - 2;
    return (*dims >= 1 && *dims <= AXES) ||
           refuse(c, "Input Error: Only 3D, 4D and 5D input Tensors supported (got %dD)", *dims + 2);
}
/* (input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias) */
bool sample_interpolate(struct op_call *c) {
    int dims;
    struct interpolation n = {.mode = c->args[3].string->bytes,
                              .corners_given = !arg_none(c, 4),
                              .corners = !arg_none(c, 4) && arg_bool(c, 4),
                              .recompute = !arg_none(c, 5) && arg_bool(c, 5),
                              .antialias = arg_bool(c, 6)};
    return start(c, &dims) && read_sizes(c, &n, 1, 2, dims) && interpolate(c, &n, dims);
}
/* __upsample(input, size, scale_factor, mode, align_corners) */
bool sample_upsample(struct op_call *c) {
    int dims;
    struct interpolation n = {.mode = c->args[3].string->bytes,
                              .corners_given = !arg_none(c, 4),
                              .corners = !arg_none(c, 4) && arg_bool(c, 4),
                              .size_first = true};
    return start(c, &dims) && read_sizes(c, &n, 1, 2, dims) && interpolate(c, &n, dims);
}
bool sample_upsample_nearest(struct op_call *c) {
    int dims;
    struct interpolation n = {.mode = "nearest", .size_first = true};
    return start(c, &dims) && read_sizes(c, &n, 1, 2, dims) && interpolate(c, &n, dims);
}
bool sample_upsample_bilinear(struct op_call *c) {
    int dims;
    struct interpolation n = {.mode = "bilinear", .corners = true, .corners_given = true, .size_first = true};
    return start(c, &dims) && read_sizes(c, &n, 1, 2, dims) && interpolate(c, &n, dims);
}
