/* Pooling of regions: roi_align, roi_pool and their position-sensitive forms, where each bin reads a channel
 * of its own (torchvision/csrc/ops/cpu/roi_align_kernel.cpp and its neighbours).
 *
 * A region is a row [image, x1, y1, x2, y2]; it is cut into height x width bins. The aligned kinds average
 * bilinear samples of a grid inside each bin, the others take whole elements. Axis 0 is y, axis 1 is x. Where
 * a region names an image that is not there, torchvision reads foreign memory; here that is refused. */
#include "base/mem.h"
#include "ops/common/give.h"
#include "ops/vision/vision.h"
#include <math.h>

struct regions {
    struct tensor *input, *rois; /* contiguous float or double */
    enum dtype d;                /* what is rounded to */
    int64_t count, images, channels, out_channels, in[2], bins[2];
    double scale;
    int64_t sampling; /* samples a bin and axis; 0 or less: as many as the region's elements ask for */
    bool sensitive;
    struct tensor *out, *extra; /* extra: int32, argmax or channel; NULL: none */
};

/* One region over the image. */
struct region {
    int64_t image;
    double start[2], size[2], bin[2];
    int64_t grid[2];
};

/* --- checks, in torchvision's order --- */

static bool check_sizes(struct op_call *c, const struct tensor *t, int dims) {
    for (int64_t d = 1; d < dims; d++) {
        int64_t dim = d;
        if (!wrap_dim(c, &dim, t->ndim)) return false;
    }
    return t->ndim > 0 || refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
}

static bool check_pair(struct op_call *c, const struct tensor *x, const struct tensor *rois,
                       const char *kernel) {
    return x->dtype == rois->dtype ||
           refuse(c,
                  "Expected tensor for argument #1 'input' to have the same type as tensor for argument #2 "
                  "'rois'; "
                  "but type torch.%sTensor does not equal torch.%sTensor (while checking arguments for %s)",
                  dtype_table[x->dtype].graph_name, dtype_table[rois->dtype].graph_name, kernel);
}

static bool split_channels(struct op_call *c, struct regions *r) {
    int64_t bins = 0;
    r->out_channels = r->channels;
    if (!r->sensitive) return true;
    if (__builtin_mul_overflow(r->bins[0], r->bins[1], &bins) || bins == 0 || r->channels % bins)
        return refuse(c, "input channels must be a multiple of pooling height * pooling width");
    r->out_channels = r->channels / bins;
    return true;
}

/* (input, rois, spatial_scale, pooled_height, pooled_width, ...): all that is read before the loops; the
 * results are zeros, owned by k. */
static bool prepare(struct compose *k, struct regions *r, const char *kernel, const char *shape, bool extra) {
    struct op_call *c = k->c;
    struct tensor *x = arg_tensor(c, 0), *rois = arg_tensor(c, 1);
    if (!check_sizes(c, rois, 2)) return false;
    if (shape && rois->sizes[1] != 5) return refuse(c, "%s", shape);
    if (!check_pair(c, x, rois, kernel) || !check_sizes(c, x, 4)) return false;
    r->d = tensor_dtype(x);
    r->count = rois->sizes[0];
    r->images = x->sizes[0];
    r->channels = x->sizes[1];
    r->scale = vision_round(r->d, arg_float(c, 2));
    for (int i = 0; i < 2; i++) {
        r->in[i] = x->sizes[2 + i];
        r->bins[i] = arg_int(c, 3 + i);
    }
    if (!split_channels(c, r)) return false;
    if (r->bins[0] < 0 || r->bins[1] < 0) return refuse(c, "zeros: Dimension size must be non-negative.");
    int64_t sizes[4] = {r->count, r->out_channels, r->bins[0], r->bins[1]};
    r->out = compose_run(k, "aten::zeros", "Ld", 4, sizes, (int)r->d);
    if (extra) r->extra = compose_run(k, "aten::zeros", "Ld", 4, sizes, (int)DTYPE_INT32);
    if (k->failed || r->out->numel == 0) return !k->failed;
    if (!check_dtype(c, x, SET_FLOATS | SET_HALF, kernel)) return false;
    if (rois->numel < 5 * r->count || x->numel == 0) return refuse(c, "%s: the input is too small", kernel);
    r->input = vision_wide(k, x);
    r->rois = vision_wide(k, rois);
    return !k->failed;
}

static bool give_regions(struct compose *k, const struct regions *r) {
    return compose_give_some(k, r->extra ? 2 : 1, (struct tensor *[]){r->out, r->extra});
}

static void store_at(const struct regions *r, int64_t at, double value, int64_t extra) {
    size_t size = dtype_size(r->d);
    convert_store[r->d][COMPUTE_DOUBLE]((char *)tensor_data(r->out) + (size_t)at * size, 0, &value, 0, 1);
    if (r->extra) ((int32_t *)tensor_data(r->extra))[at] = (int32_t)extra;
}

static bool image_of(struct op_call *c, const struct regions *r, int64_t i, int64_t *image) {
    *image = int32_of_float(vision_at(r->rois, 5 * i));
    return (*image >= 0 && *image < r->images) ||
           refuse_index(c, "region %lld is of image %lld, of which there are %lld", (long long)i,
                        (long long)*image, (long long)r->images);
}

/* The plane of the input that a bin of this output channel reads; bin_at counts the bins of a channel. */
static int64_t plane_of(const struct regions *r, int64_t image, int64_t channel, int64_t bin_at) {
    int64_t from = r->sensitive ? channel * r->bins[0] * r->bins[1] + bin_at : channel;
    return image * r->channels + from;
}

/* --- aligned: bilinear samples --- */

struct sample {
    int64_t at[4];
    double weight[4];
};

/* The two elements around a coordinate and the weight of the second. */
static void around(enum dtype d, double x, int64_t size, int64_t *low, int64_t *high, double *weight) {
    if (x <= 0) x = 0;
    *low = (int64_t)x;
    *high = *low + 1;
    if (*low >= size - 1) {
        *high = *low = size - 1;
        x = (double)*low;
    }
    *weight = vision_round(d, x - (double)*low);
}

static bool sample_at(const struct regions *r, const double *place, struct sample *s) {
    int64_t low[2], high[2];
    double upper[2], lower[2];
    for (int i = 0; i < 2; i++) { /* NaN is outside, too */
        if (!(place[i] >= -1.0 && place[i] <= (double)r->in[i])) return false;
        around(r->d, place[i], r->in[i], &low[i], &high[i], &upper[i]);
        lower[i] = vision_round(r->d, 1.0 - upper[i]);
    }
    for (int i = 0; i < 4; i++) {
        s->at[i] = (i & 2 ? high[0] : low[0]) * r->in[1] + (i & 1 ? high[1] : low[1]);
        s->weight[i] = vision_round(r->d, (i & 2 ? upper[0] : lower[0]) * (i & 1 ? upper[1] : lower[1]));
    }
    return true;
}

#define KEEP(x)      (x)
#define KEEP_HALF(x) half_to_float(float_to_half(x))
#define SAMPLE_SUM(name, type, keep)                                                     \
    static double name(const void *plane, const struct sample *s, int64_t count) {       \
        const type *in = plane;                                                          \
        type sum = 0;                                                                    \
        for (int64_t i = 0; i < count; i++) {                                            \
            type value = keep((type)s[i].weight[0] * in[s[i].at[0]]);                    \
            for (int j = 1; j < 4; j++)                                                  \
                value = keep(value + (type)keep((type)s[i].weight[j] * in[s[i].at[j]])); \
            sum = keep(sum + value);                                                     \
        }                                                                                \
        return (double)sum;                                                              \
    }
SAMPLE_SUM(sum_half, float, KEEP_HALF)
SAMPLE_SUM(sum_float, float, KEEP)
SAMPLE_SUM(sum_double, double, KEEP)

typedef double sample_sum(const void *plane, const struct sample *s, int64_t count);
static sample_sum *sum_for(enum dtype d) {
    return d == DTYPE_FLOAT64 ? sum_double : d == DTYPE_FLOAT16 ? sum_half : sum_float;
}

/* Where sample i of a bin's grid lies along an axis. */
static double sample_place(const struct regions *r, const struct region *g, int axis, int64_t bin,
                           int64_t i) {
    enum dtype d = r->d;
    double corner = vision_round(d, g->start[axis] + vision_round(d, (double)bin * g->bin[axis]));
    double inside = vision_round(d, vision_round(d, (double)i + .5) * g->bin[axis]);
    return vision_round(d, corner + vision_round(d, inside / vision_round(d, (double)g->grid[axis])));
}

/* Samples outside the image are zeros: roi_align takes them as element 0 with no weight, so that an infinity
 * there shows; ps_roi_align leaves them out. */
static int64_t bin_samples(const struct regions *r, const struct region *g, const int64_t *bin,
                           struct sample *s) {
    int64_t count = 0;
    for (int64_t y = 0; y < g->grid[0]; y++)
        for (int64_t x = 0; x < g->grid[1]; x++) {
            double place[2] = {sample_place(r, g, 0, bin[0], y), sample_place(r, g, 1, bin[1], x)};
            if (sample_at(r, place, &s[count]))
                count++;
            else if (!r->sensitive)
                s[count++] = (struct sample){{0}, {0}};
        }
    return count;
}

static void region_of(const struct regions *r, int64_t i, double shift, bool at_least_one, struct region *g) {
    for (int axis = 0; axis < 2; axis++) {
        double from = vision_at(r->rois, 5 * i + 2 - axis), to = vision_at(r->rois, 5 * i + 4 - axis);
        double end = vision_round(r->d, vision_round(r->d, to * r->scale) - shift);
        g->start[axis] = vision_round(r->d, vision_round(r->d, from * r->scale) - shift);
        g->size[axis] = vision_round(r->d, end - g->start[axis]);
        if (at_least_one && g->size[axis] < 1) g->size[axis] = 1;
        g->bin[axis] = vision_round(r->d, g->size[axis] / vision_round(r->d, (double)r->bins[axis]));
        g->grid[axis] = r->sampling > 0 ? r->sampling : int32_of_float(ceil(g->bin[axis]));
    }
}

static void align_bin(const struct regions *r, const struct region *g, int64_t i, const int64_t *bin,
                      struct sample *s) {
    int64_t samples = bin_samples(r, g, bin, s), bins = r->bins[0] * r->bins[1];
    int64_t bin_at = bin[0] * r->bins[1] + bin[1], plane = r->in[0] * r->in[1];
    double all = (double)(g->grid[0] * g->grid[1]);
    double divisor = vision_round(r->d, !r->sensitive && all < 1 ? 1 : all);
    sample_sum *sum = sum_for(r->d);
    size_t size = dtype_size(tensor_dtype(r->input));
    for (int64_t ch = 0; ch < r->out_channels; ch++) {
        int64_t from = plane_of(r, g->image, ch, bin_at);
        const char *in = (const char *)tensor_data(r->input) + (size_t)(from * plane) * size;
        store_at(r, (i * r->out_channels + ch) * bins + bin_at,
                 vision_round(r->d, sum(in, s, samples) / divisor), from - g->image * r->channels);
    }
}

static bool align_region(struct op_call *c, const struct regions *r, const struct region *g, int64_t i) {
    int64_t room = 0, bin[2];
    bool empty = g->grid[0] <= 0 || g->grid[1] <= 0;
    if (g->grid[0] * g->grid[1] < 0 && !r->sensitive)
        return refuse(c, "cannot create std::vector larger than max_size()");
    if (!empty && !sizes_product(2, g->grid, &room)) return error_memory(c->err);
    struct sample *s = call_scratch(c, (size_t)room + 1, sizeof *s);
    for (bin[0] = 0; s && bin[0] < r->bins[0]; bin[0]++)
        for (bin[1] = 0; bin[1] < r->bins[1]; bin[1]++) align_bin(r, g, i, bin, s);
    mem_free(s);
    return s != NULL;
}

static bool align(struct op_call *c, struct regions *r, const char *kernel, const char *shape, double shift,
                  bool at_least_one) {
    struct compose k = compose_start(c);
    struct region g;
    r->sampling = arg_int(c, 5);
    if (!prepare(&k, r, kernel, shape, r->sensitive)) return compose_refused(&k, false);
    if (r->sampling > INT32_MAX) return compose_refused(&k, refuse(c, "sampling_ratio is too large"));
    for (int64_t i = 0; r->out->numel && i < r->count; i++) {
        region_of(r, i, shift, at_least_one, &g);
        if (!image_of(c, r, i, &g.image) || !align_region(c, r, &g, i)) return compose_refused(&k, false);
    }
    return give_regions(&k, r);
}

/* (input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned) */
bool vision_roi_align(struct op_call *c) {
    bool aligned = arg_bool(c, 6);
    return align(c, &(struct regions){0}, "roi_align_forward_kernel", "rois must have shape as Tensor[K, 5]",
                 aligned ? 0.5 : 0, !aligned);
}
/* (input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio) -> (output, channel_mapping) */
bool vision_ps_roi_align(struct op_call *c) {
    return align(c, &(struct regions){.sensitive = true}, "ps_roi_align_forward_kernel",
                 "Tensor rois should have shape as Tensor[K, 5]", 0.5, false);
}

/* --- pooled: whole elements --- */

struct span {
    int64_t begin, end;
};

/* A bin along one axis, clipped to [0, limit]. */
static struct span bin_span(const struct regions *r, double from, double to, int64_t bin, int axis) {
    int64_t start = int32_of_float(round(vision_round(r->d, from * r->scale)));
    int64_t end = int32_of_float(round(vision_round(r->d, to * r->scale)));
    int64_t length = end - start + !r->sensitive, limit = r->in[axis] - r->sensitive;
    double size = vision_round(r->d, (double)(length < 1 ? 1 : length));
    size = vision_round(r->d, size / vision_round(r->d, (double)r->bins[axis]));
    double low = floor(vision_round(r->d, (double)bin * size)),
           high = ceil(vision_round(r->d, vision_round(r->d, (double)(bin + 1)) * size));
    int64_t ends[2] = {int32_of_float(low) + start, int32_of_float(high) + start};
    for (int i = 0; i < 2; i++) ends[i] = ends[i] < 0 ? 0 : ends[i] > limit ? limit : ends[i];
    return (struct span){ends[0], ends[1]};
}

/* The largest element and its place in the plane (-1: none); or, position-sensitive, the average. */
static double pool_bin(const struct regions *r, int64_t plane, struct span y, struct span x, int64_t *where) {
    bool empty = y.end <= y.begin || x.end <= x.begin;
    double most = empty ? 0 : -3.402823466e38, sum = 0; /* -FLT_MAX for every dtype */
    *where = -1;
    for (int64_t i = y.begin; i < y.end; i++)
        for (int64_t j = x.begin; j < x.end; j++) {
            double value = vision_at(r->input, plane * r->in[0] * r->in[1] + i * r->in[1] + j);
            sum = vision_round(r->d, sum + value);
            if (!(value > most)) continue;
            most = value;
            *where = i * r->in[1] + j;
        }
    if (!r->sensitive) return vision_round(r->d, most);
    double area = vision_round(r->d, (double)((y.end - y.begin) * (x.end - x.begin)));
    return empty ? 0 : vision_round(r->d, sum / area);
}

static bool pool_region(struct op_call *c, const struct regions *r, int64_t i) {
    int64_t image, bins = r->bins[0] * r->bins[1], where;
    if (!image_of(c, r, i, &image)) return false;
    double box[4];
    for (int j = 0; j < 4; j++) box[j] = vision_at(r->rois, 5 * i + 1 + j);
    for (int64_t b = 0; b < bins; b++) {
        struct span y = bin_span(r, box[1], box[3], b / r->bins[1], 0);
        struct span x = bin_span(r, box[0], box[2], b % r->bins[1], 1);
        for (int64_t ch = 0; ch < r->out_channels; ch++) {
            int64_t plane = plane_of(r, image, ch, b);
            double value = pool_bin(r, plane, y, x, &where);
            store_at(r, (i * r->out_channels + ch) * bins + b, value,
                     r->sensitive ? plane - image * r->channels : where);
        }
    }
    return true;
}

static bool pool_all(struct op_call *c, struct regions *r, const char *kernel, const char *shape) {
    struct compose k = compose_start(c);
    if (!prepare(&k, r, kernel, shape, true)) return compose_refused(&k, false);
    for (int64_t i = 0; r->out->numel && i < r->count; i++)
        if (!pool_region(c, r, i)) return compose_refused(&k, false);
    return give_regions(&k, r);
}

/* (input, rois, spatial_scale, pooled_height, pooled_width) -> (output, argmax) */
bool vision_roi_pool(struct op_call *c) {
    return pool_all(c, &(struct regions){0}, "roi_pool_forward_kernel", NULL);
}
/* (input, rois, spatial_scale, pooled_height, pooled_width) -> (output, channel_mapping) */
bool vision_ps_roi_pool(struct op_call *c) {
    return pool_all(c, &(struct regions){.sensitive = true}, "ps_roi_pool_forward_kernel",
                    "Tensor rois should have shape as Tensor[K, 5]");
}
