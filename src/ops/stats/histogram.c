/* Histograms: of all elements (histogram) and of points with several coordinates (histogramdd and its parts).
 *
 * Points are the rows of a matrix [points, D]; edges are D rising sequences; counts is a row-major array of
 * the bins. With equal bins a bin is found by division, and corrected by its neighbours' edges, else by
 * bisection. Rules and refusals: aten/src/ATen/native/Histogram.cpp, cpu/HistogramKernel.cpp. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

enum { MOST_COORDINATES = TENSOR_MAX_DIMS };

/* What a call is about: points and weights flattened, edges by coordinate. */
struct histogram {
    struct tensor *points, *weight; /* [points, D], [points] or NULL */
    int coordinates;
    struct tensor *edges[MOST_COORDINATES];
    bool equal_bins, density;
};

static bool check_edges(struct op_call *c, const struct tensor *points, const struct tensor *edges, int i) {
    if (points->dtype != edges->dtype)
        return refuse(c,
                      "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got "
                      "input with dtype %s and bins for dimension %d with dtype %s",
                      dtype_cpp_name(tensor_dtype(points)), i, dtype_cpp_name(tensor_dtype(edges)));
    if (edges->ndim != 1)
        return refuse(c,
                      "torch.histogramdd: bins tensor should have one dimension, but got %d dimensions in "
                      "the bins tensor for dimension %d",
                      edges->ndim, i);
    if (edges->numel == 0)
        return refuse(c,
                      "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in "
                      "the bins tensor for dimension %d",
                      i);
    return true;
}

static bool check_weight(struct op_call *c, const struct tensor *t, const struct tensor *weight) {
    if (!weight) return true;
    if (weight->dtype != t->dtype)
        return refuse(c,
                      "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor "
                      "should have the same dtype, but got input(%s), and weight(%s)",
                      dtype_cpp_name(tensor_dtype(t)), dtype_cpp_name(tensor_dtype(weight)));
    int64_t one = 1;
    const int64_t *sizes = weight->ndim ? weight->sizes : &one;
    int ndim = weight->ndim ? weight->ndim : 1;
    if (ndim == t->ndim - 1 && memcmp(sizes, t->sizes, sizeof *sizes * (size_t)ndim) == 0) return true;
    return refuse(
        c,
        "torch.histogramdd: if weight tensor is provided it should have the same shape as the input "
        "tensor excluding its innermost dimension, but got input with shape %s and weight with "
        "shape %s",
        sizes_text(t->ndim, t->sizes, (char[256]){0}, 256),
        sizes_text(weight->ndim, weight->sizes, (char[256]){0}, 256));
}

/* --- edges --- */

/* The least and the greatest value of each coordinate, or what `range` says, in pairs. */
static bool outer_edges(struct compose *k, struct tensor *points, int coordinates, const struct list *range,
                        double *pairs) {
    struct op_call *c = k->c;
    for (int i = 0; i < coordinates; i++) pairs[2 * i] = 0, pairs[2 * i + 1] = 1;
    if (range && range->count != 2 * coordinates)
        return refuse(c,
                      "torch.histogramdd: for a %d-dimensional histogram range should have %d elements, but "
                      "got %lld",
                      coordinates, 2 * coordinates, (long long)range->count);
    if (range) {
        for (int i = 0; i < 2 * coordinates; i++) pairs[i] = range->items[i].f;
    } else if (points->numel > 0) {
        if (points->dtype != DTYPE_FLOAT32 && points->dtype != DTYPE_FLOAT64)
            return refuse(c, "\"histogramdd\" not implemented for '%s'",
                          dtype_table[points->dtype].graph_name);
        struct tensor *low = RUN("amin", "tLb", points, 1, &(int64_t){0}, false),
                      *high = RUN("amax", "tLb", points, 1, &(int64_t){0}, false);
        for (int i = 0; low && high && i < coordinates; i++) {
            pairs[2 * i] = tensor_get_float(low, i);
            pairs[2 * i + 1] = tensor_get_float(high, i);
        }
    }
    return !k->failed;
}

static bool check_outer(struct op_call *c, int i, double *pair) {
    if (!isfinite(pair[0]) || !isfinite(pair[1]))
        return refuse(c, "torch.histogramdd: dimension %d's range [%g, %g] is not finite", i, pair[0],
                      pair[1]);
    if (pair[0] > pair[1])
        return refuse(c,
                      "torch.histogramdd: min should not exceed max, but got min %g max %g for dimension %d",
                      pair[0], pair[1], i);
    if (pair[0] == pair[1]) pair[0] -= 0.5, pair[1] += 0.5; /* as numpy does */
    return true;
}

static bool equal_edges(struct compose *k, struct histogram *h, const int64_t *bins,
                        const struct list *range) {
    double pairs[2 * MOST_COORDINATES];
    if (!outer_edges(k, h->points, h->coordinates, range, pairs)) return false;
    for (int i = 0; i < h->coordinates; i++) {
        if (!check_outer(k->c, i, pairs + 2 * i)) return false;
        h->edges[i] =
            RUN("linspace", "ffid", pairs[2 * i], pairs[2 * i + 1], bins[i] + 1, (int)h->points->dtype);
        if (!h->edges[i]) return false;
    }
    h->equal_bins = true;
    return true;
}

/* --- counting --- */

struct axis {
    double *edges;
    int64_t bins;
    bool single; /* float32: the division by which a bin is found is rounded so */
};

static int64_t upper_bound(const double *edges, int64_t low, int64_t high, double x) {
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (edges[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int64_t bin_of(const struct axis *a, double x, bool equal_bins) {
    double first = a->edges[0], last = a->edges[a->bins];
    int64_t at, low = 0, high = a->bins + 1;
    if (!(x >= first && x <= last)) return -1;
    if (equal_bins) {
        at = a->single ? (int64_t)((float)(x - first) * (float)a->bins / (float)(last - first))
                       : (int64_t)((x - first) * (double)a->bins / (last - first));
        low = at > 0 ? at - 1 : 0;
        if (low > a->bins) low = a->bins;
        high = at + 2 < high ? at + 2 : high;
    }
    at = upper_bound(a->edges, low, high, x) - 1;
    return at == a->bins ? at - 1 : at;
}

static void count_points(const struct histogram *h, const struct axis *axes, const double *points,
                         const double *weight, double *counts) {
    int64_t rows = h->points->sizes[0];
    for (int64_t i = 0; i < rows; i++, points += h->coordinates) {
        int64_t at = 0;
        for (int d = 0; d < h->coordinates && at >= 0; d++) {
            int64_t bin = bin_of(&axes[d], points[d], h->equal_bins);
            at = bin < 0 ? -1 : at * axes[d].bins + bin;
        }
        if (at >= 0) counts[at] += weight ? weight[i] : 1;
    }
}

static double *doubles_of(struct op_call *c, struct tensor *t) {
    struct tensor *flat = tensor_contiguous(t, c->cx->budget, c->err);
    double *values = flat ? call_scratch(c, (size_t)t->numel + 1, sizeof *values) : NULL;
    if (values)
        convert_load[t->dtype][COMPUTE_DOUBLE](values, sizeof *values, tensor_data(flat),
                                               (int64_t)dtype_size(tensor_dtype(t)), t->numel);
    tensor_release(flat);
    return values;
}

static bool fill_counts(struct compose *k, const struct histogram *h, struct tensor *out) {
    struct op_call *c = k->c;
    struct axis axes[MOST_COORDINATES] = {{0}};
    double *points = doubles_of(c, h->points), *weight = h->weight ? doubles_of(c, h->weight) : NULL;
    double *counts = mem_zeroed((size_t)out->numel + 1, sizeof *counts);
    bool good = points && counts && (weight || !h->weight);
    for (int i = 0; good && i < h->coordinates; i++) {
        axes[i] =
            (struct axis){doubles_of(c, h->edges[i]), h->edges[i]->numel - 1, out->dtype != DTYPE_FLOAT64};
        good = axes[i].edges != NULL;
    }
    if (good && h->coordinates > 0) count_points(h, axes, points, weight, counts);
    if (good)
        convert_store[out->dtype][COMPUTE_DOUBLE](tensor_data(out), (int64_t)dtype_size(tensor_dtype(out)),
                                                  counts, sizeof *counts, out->numel);
    for (int i = 0; i < h->coordinates; i++) mem_free(axes[i].edges);
    mem_free(points);
    mem_free(weight);
    mem_free(counts);
    return good || error_memory(c->err);
}

static struct tensor *dense(struct compose *k, const struct histogram *h, struct tensor *counts) {
    counts = RUN("div.Tensor", "tt", counts, RUN("sum", "t", counts));
    for (int i = 0; i < h->coordinates; i++) {
        int64_t shape[MOST_COORDINATES];
        for (int d = 0; d < h->coordinates; d++) shape[d] = d == i ? h->edges[i]->numel - 1 : 1;
        struct tensor *lengths = RUN("diff", "tdd", h->edges[i], 1, -1);
        counts = RUN("div.Tensor", "tt", counts, RUN("reshape", "tL", lengths, h->coordinates, shape));
    }
    return counts;
}

static struct tensor *counted(struct compose *k, const struct histogram *h) {
    struct op_call *c = k->c;
    int64_t sizes[MOST_COORDINATES];
    enum dtype d = tensor_dtype(h->points);
    for (int i = 0; i < h->coordinates; i++) {
        sizes[i] = h->edges[i]->numel - 1;
        if (sizes[i] <= 0) {
            refuse(c, "torch.histogram(): bins must be > 0, but got %lld for dimension %d",
                   (long long)sizes[i], i);
            return NULL;
        }
    }
    if (!dtype_is_floating(d)) {
        refuse(c, "\"histogram_cpu\" not implemented for '%s'", dtype_table[d].graph_name);
        return NULL;
    }
    struct tensor *out = compose_own(k, call_new(c, d, h->coordinates, sizes));
    if (!out || !fill_counts(k, h, out)) return NULL;
    return h->density ? dense(k, h, out) : out;
}

/* --- the operators --- */

/* The points of [..., D] (histogramdd) or of all elements (histogram: D is 1) with their weights. */
static bool begin(struct compose *k, struct histogram *h, struct tensor *t, struct tensor *weight,
                  bool density) {
    struct op_call *c = k->c;
    if (t->ndim < 2) return refuse(c, "torch.histogramdd: input tensor should have at least 2 dimensions");
    int64_t shape[2] = {1, t->sizes[t->ndim - 1]};
    if (shape[1] > MOST_COORDINATES) return refuse(c, "torch.histogramdd: too many dimensions");
    for (int i = 0; i + 1 < t->ndim; i++) shape[0] *= t->sizes[i];
    h->coordinates = (int)shape[1];
    h->density = density;
    h->points = RUN("reshape", "tL", t, 2, shape);
    if (weight) h->weight = RUN("reshape", "tL", weight, 1, &weight->numel);
    return !k->failed;
}

static bool take_edges(struct compose *k, struct histogram *h, const struct list *bins) {
    if (bins->count != h->coordinates)
        return refuse(k->c,
                      "torch.histogramdd: expected %d sequences of bin edges for a %d-dimensional histogram "
                      "but got %lld",
                      h->coordinates, h->coordinates, (long long)bins->count);
    for (int i = 0; i < h->coordinates; i++) {
        h->edges[i] = bins->items[i].tensor;
        if (!check_edges(k->c, h->points, h->edges[i], i)) return false;
    }
    return true;
}

/* Bins by number: int[] (argument 1), or one int for all coordinates. */
static bool make_edges(struct compose *k, struct histogram *h, const struct list *range) {
    struct op_call *c = k->c;
    int64_t bins[MOST_COORDINATES] = {0};
    bool one = c->args[1].tag == VALUE_INT;
    int count = one ? h->coordinates : args_ints(c, 1, bins, MOST_COORDINATES);
    if (count < 0) return false;
    if (count != h->coordinates)
        return refuse(c,
                      "histogramdd: The size of bins must be equal to the innermost dimension of the input.");
    for (int i = 0; i < count; i++) {
        if (one) bins[i] = arg_int(c, 1);
        if (bins[i] == INT64_MAX) return refuse(c, "torch.histogramdd: too many bins");
    }
    return equal_edges(k, h, bins, range);
}

static const struct list *range_of(const struct op_call *c, int i) {
    return arg_none(c, i) ? NULL : arg_list(c, i);
}

static bool give_edges(struct op_call *c, int at, const struct histogram *h) {
    struct tensor *edges[MOST_COORDINATES];
    for (int i = 0; i < h->coordinates; i++) edges[i] = tensor_retain(h->edges[i]);
    return give_list(c, at, edges, h->coordinates);
}

/* (self, bins[, range], weight, density): counts at result 0 and, where wanted, edges at result 1. */
static bool histogramdd(struct op_call *c, bool by_edges, bool with_range, bool both) {
    struct compose k = compose_start(c);
    struct histogram h = {0};
    struct tensor *t = arg_tensor(c, 0), *weight = arg_tensor_or_null(c, with_range ? 3 : 2);
    bool good = begin(&k, &h, t, weight, arg_bool(c, with_range ? 4 : 3)) &&
                (by_edges ? take_edges(&k, &h, arg_list(c, 1)) : make_edges(&k, &h, range_of(c, 2))) &&
                check_weight(c, t, weight);
    struct tensor *counts = good ? counted(&k, &h) : NULL;
    if (!counts || (both && !give_edges(c, 1, &h))) return compose_give(&k, NULL);
    return compose_give(&k, counts);
}
bool stats_histogramdd(struct op_call *c) {
    return histogramdd(c, false, true, true);
}
bool stats_histogramdd_tensors(struct op_call *c) {
    return histogramdd(c, true, true, true);
}
bool stats_histogramdd_counts(struct op_call *c) {
    return histogramdd(c, false, true, false);
}
bool stats_histogramdd_tensor_counts(struct op_call *c) {
    return histogramdd(c, true, false, false);
}
bool stats_histogramdd_edges(struct op_call *c) {
    struct compose k = compose_start(c);
    struct histogram h = {0};
    bool good = begin(&k, &h, arg_tensor(c, 0), NULL, false) && make_edges(&k, &h, range_of(c, 2)) &&
                give_edges(c, 0, &h);
    return compose_end(&k) && good;
}

/* histogram(self, bins tensor, *, weight, density) and (self, bins, *, range, weight, density). */
bool stats_histogram(struct op_call *c) {
    struct compose start = compose_start(c), *k = &start;
    struct histogram h = {0};
    bool by_edges = c->args[1].tag == VALUE_TENSOR;
    int weight_at = by_edges ? 2 : 3;
    struct tensor *weight = arg_tensor_or_null(c, weight_at), *t = arg_tensor(c, 0);
    struct tensor *flat = RUN("reshape", "tL", t, 2, ((int64_t[]){t->numel, 1}));
    if (weight) weight = RUN("reshape", "tL", weight, 1, &weight->numel);
    bool good = flat && begin(k, &h, flat, weight, arg_bool(c, weight_at + 1));
    if (by_edges)
        good = good && take_edges(k, &h, &(struct list){.count = 1, .items = (lb_value *)&c->args[1]});
    else
        good = good && make_edges(k, &h, range_of(c, 2));
    struct tensor *counts = good && check_weight(c, flat, weight) ? counted(k, &h) : NULL;
    return counts ? compose_give_some(k, 2, (struct tensor *[]){counts, h.edges[0]}) : compose_give(k, NULL);
}
