/* Reductions along one dimension that also say where: max, min, argmax, argmin, median, mode, kthvalue,
 * aminmax.
 *
 * NaN is the largest of all. Lines are loaded in int64 or double; what is found is an index, and the value is
 * copied from there. */
#include "base/mem.h"
#include "ops/common/lines.h"
#include "ops/reduce/reduce.h"
#include "ops/sort/introsort.h"
#include <math.h>
#include <string.h>

/* A line in one of two forms. */
struct line {
    const int64_t *i; /* or */
    const double *f;
    int64_t count;
    const struct number *k;
};

typedef int64_t line_pick(const struct line *l);

static bool greater(double a, double b) {
    return a > b || (a != a && b == b);
}
static bool line_less(const struct line *l, int64_t a, int64_t b) {
    return l->i ? l->i[a] < l->i[b] : greater(l->f[b], l->f[a]);
}

static int64_t pick_max(const struct line *l) {
    int64_t best = 0;
    for (int64_t j = 1; j < l->count; j++)
        if (line_less(l, best, j)) best = j;
    return best;
}
static int64_t pick_min(const struct line *l) {
    int64_t best = 0;
    for (int64_t j = 1; j < l->count; j++) {
        bool nan = l->f && l->f[best] != l->f[best];
        if (nan) break;
        if (l->f ? l->f[j] < l->f[best] || l->f[j] != l->f[j] : l->i[j] < l->i[best]) best = j;
    }
    return best;
}

static struct keys keys_of(const struct line *l, int64_t *order) {
    for (int64_t j = 0; j < l->count; j++) order[j] = j;
    return (struct keys){.i = l->i, .f = l->f};
}

static void swap_places(int64_t *order, int64_t a, int64_t b) {
    int64_t was = order[a];
    order[a] = order[b];
    order[b] = was;
}

/* The middle one of the first, the second and the last place becomes the first (quick_select_template of
 * aten/src/ATen/native/Sorting.cpp, whose steps decide which of equal values is found). */
static void choose_pivot(const struct keys *k, int64_t *order, int64_t low, int64_t high) {
    swap_places(order, low + (high - low) / 2, low + 1);
    if (keys_before(k, order[high], order[low + 1])) swap_places(order, low + 1, high);
    if (keys_before(k, order[high], order[low])) swap_places(order, low, high);
    if (keys_before(k, order[low], order[low + 1])) swap_places(order, low + 1, low);
}

/* The index of the kth smallest. */
static int64_t quick_select(const struct line *l, int64_t *order, int64_t kth) {
    struct keys k = keys_of(l, order);
    int64_t low = 0, high = l->count - 1;
    while (high > low + 1) {
        choose_pivot(&k, order, low, high);
        int64_t pivot = order[low], i = low + 1, j = high;
        for (;;) {
            do i++;
            while (keys_before(&k, order[i], pivot));
            do j--;
            while (keys_before(&k, pivot, order[j]));
            if (j < i) break;
            swap_places(order, i, j);
        }
        swap_places(order, low, j);
        if (j <= kth) low = i;
        if (j >= kth) high = j - 1;
    }
    if (high == low + 1 && keys_before(&k, order[high], order[low])) swap_places(order, low, high);
    return order[kth];
}

/* The index of what stands at `nth` in order; equal numbers stand in the order of their indices. */
static int64_t nth_element(const struct line *l, int64_t *order, int64_t nth) {
    struct keys k = keys_of(l, order);
    intro_select(&k, order, l->count, nth);
    int64_t found = order[nth], at = -1;
    if (l->f && l->f[found] != l->f[found]) return found;
    for (int64_t j = 0; j < l->count; j++) nth -= keys_before(&k, j, found);
    while (nth >= 0)
        if (!keys_before(&k, ++at, found) && !keys_before(&k, found, at)) nth--;
    return at;
}

struct pick_call {
    line_pick *pick;                                         /* or: */
    int64_t (*choose)(const struct line *l, int64_t *order); /* with scratch of a line's length */
};

static bool is_real_line(enum dtype d) {
    return !dtype_is_integral(d, true);
}

/* Values (may be NULL) and indices along dim. */
static bool pick_lines(struct op_call *c, struct pick_call p, struct tensor *t, int dim,
                       struct tensor *values, struct tensor *indices, const struct number *k) {
    struct lines l;
    struct tensor *walked[3] = {t, indices, values};
    enum compute compute = compute_wide(tensor_dtype(t));
    int64_t length = t->ndim ? t->sizes[dim] : 1;
    char *buffer = call_scratch(c, (size_t)length * 2 + 1, 8);
    if (!buffer) return false;
    struct line line = {.count = length, .k = k};
    *(is_real_line(tensor_dtype(t)) ? (const void **)&line.f : (const void **)&line.i) = buffer;
    for (bool more = t->numel > 0 && lines_begin(&l, dim, values ? 3 : 2, walked); more;
         more = lines_next(&l)) {
        lines_load(&l, 0, compute, buffer);
        int64_t at = p.pick ? p.pick(&line) : p.choose(&line, (int64_t *)(void *)buffer + length);
        memcpy(l.data[1], &at, sizeof at);
        if (values) memcpy(l.data[2], l.data[0] + at * l.stride[0], dtype_size(l.dtype[2]));
    }
    mem_free(buffer);
    return true;
}

static struct tensor *squeezed(struct op_call *c, struct tensor *t, int dim, bool keepdim) {
    if (keepdim || t->ndim == 0) return t;
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int n = 0;
    for (int i = 0; i < t->ndim; i++) {
        if (i == dim) continue;
        sizes[n] = t->sizes[i];
        strides[n++] = t->strides[i];
    }
    struct tensor *view = tensor_view_as(t, n, sizes, strides, t->offset, c->err);
    tensor_release(t);
    return view;
}

static bool check_line(struct op_call *c, struct tensor *t, int64_t dim, const char *name) {
    if (t->ndim > 0 && t->sizes[dim] == 0)
        return refuse_index(c, "%s(): Expected reduction dim %lld to have non-zero size.", name,
                            (long long)dim);
    return !dtype_is_complex(tensor_dtype(t)) ||
           refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[t->dtype].graph_name);
}

static bool with_indices(struct op_call *c, struct pick_call p, int64_t dim, bool keepdim,
                         const struct number *k, const char *name) {
    struct tensor *t = arg_tensor(c, 0);
    if (!wrap_dim(c, &dim, t->ndim) || !check_line(c, t, dim, name)) return false;
    uint64_t mask = t->ndim ? (uint64_t)1 << dim : 0;
    struct tensor *values = reduce_output(c, t, mask, true, tensor_dtype(t), NULL);
    struct tensor *indices = values ? reduce_output(c, t, mask, true, DTYPE_INT64, NULL) : NULL;
    bool good = indices && pick_lines(c, p, t, (int)dim, values, indices, k);
    if (!good) {
        tensor_release(values);
        tensor_release(indices);
        return false;
    }
    values = squeezed(c, values, (int)dim, keepdim);
    indices = squeezed(c, indices, (int)dim, keepdim);
    bool first = give_at(c, 0, values), second = give_at(c, 1, indices);
    return first && second;
}

bool reduce_max_dim(struct op_call *c) {
    return with_indices(c, (struct pick_call){pick_max, NULL}, arg_int(c, 1), arg_bool(c, 2), NULL, "max");
}
bool reduce_min_dim(struct op_call *c) {
    return with_indices(c, (struct pick_call){pick_min, NULL}, arg_int(c, 1), arg_bool(c, 2), NULL, "min");
}

/* The lower of the two middle values; NaN wins. */
static int64_t first_nan(const struct line *l) {
    for (int64_t j = 0; l->f && j < l->count; j++)
        if (l->f[j] != l->f[j]) return j;
    return -1;
}
static int64_t choose_median(const struct line *l, int64_t *order) {
    int64_t nan = first_nan(l);
    return nan >= 0 ? nan : nth_element(l, order, (l->count - 1) / 2);
}
static int64_t choose_nanmedian(const struct line *l, int64_t *order) {
    int64_t numbers = 0;
    for (int64_t j = 0; j < l->count; j++) numbers += !l->f || l->f[j] == l->f[j];
    return nth_element(l, order, numbers == 0 ? 0 : (numbers - 1) / 2);
}
static int64_t choose_kth(const struct line *l, int64_t *order) {
    return quick_select(l, order, l->k[0].i - 1);
}
/* The most frequent value, the smallest of equally frequent ones; the index of the last of them in the order
 * that sorting leaves (aten/src/ATen/native/cpu/TensorCompareKernel.cpp, mode_kernel). */
static int64_t choose_mode(const struct line *l, int64_t *order) {
    struct keys k = keys_of(l, order);
    k.nan_first = true;
    int64_t best = 0, best_count = 0, count = 0;
    intro_sort(&k, order, l->count);
    for (int64_t j = 0; j < l->count; j++) {
        count++;
        bool ends = j + 1 == l->count ||
                    (l->i ? l->i[order[j]] != l->i[order[j + 1]] : !(l->f[order[j]] == l->f[order[j + 1]]));
        if (!ends) continue;
        if (count > best_count) best = order[j], best_count = count;
        count = 0;
    }
    return best;
}

bool reduce_mode(struct op_call *c) {
    return with_indices(c, (struct pick_call){NULL, choose_mode}, arg_int(c, 1), arg_bool(c, 2), NULL,
                        "mode");
}
bool reduce_kthvalue(struct op_call *c) {
    struct number k = arg_number(c, 1);
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 2);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (k.i < 1 || k.i > (t->ndim ? t->sizes[dim] : 1))
        return refuse(c, "kthvalue(): selected number k out of range for dimension %lld", (long long)dim);
    if (t->dtype == DTYPE_BOOL) return refuse(c, "\"kthvalue_cpu\" not implemented for 'Bool'");
    return with_indices(c, (struct pick_call){NULL, choose_kth}, dim, arg_bool(c, 3), &k, "kthvalue");
}

/* All elements as one line: a contiguous view of one dimension. */
static struct tensor *flat(struct op_call *c, struct tensor *t) {
    struct tensor *whole = tensor_contiguous(t, c->cx->budget, c->err), *view = NULL;
    int64_t stride = 1;
    if (whole) view = tensor_view_as(whole, 1, &whole->numel, &stride, whole->offset, c->err);
    tensor_release(whole);
    return view;
}

/* The value (or index) that is picked from the whole tensor, as a 0-dim tensor. */
static bool of_whole(struct op_call *c, struct pick_call p, bool index, const char *name) {
    struct tensor *t = flat(c, arg_tensor(c, 0));
    if (!t || !check_line(c, t, 0, name)) {
        tensor_release(t);
        return false;
    }
    int64_t one = 1;
    struct tensor *indices = call_new(c, DTYPE_INT64, 1, &one),
                  *values = call_new(c, tensor_dtype(t), 1, &one);
    bool good = indices && values && pick_lines(c, p, t, 0, values, indices, NULL);
    struct tensor *kept = index ? indices : values;
    tensor_release(index ? values : indices);
    tensor_release(t);
    if (!good) {
        tensor_release(kept);
        return false;
    }
    return give_tensor(c, squeezed(c, kept, 0, false));
}

static bool arg_pick(struct op_call *c, line_pick *pick, const char *name) {
    struct tensor *t = arg_tensor(c, 0);
    struct pick_call p = {pick, NULL};
    if (t->dtype == DTYPE_BOOL || dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "%s(): does not support %s input", name,
                      t->dtype == DTYPE_BOOL ? "bool" : "complex");
    if (arg_none(c, 1)) {
        if (t->numel == 0)
            return refuse_index(c, "%s(): Expected reduction dim to be specified for input.numel() == 0.",
                                name);
        if (!of_whole(c, p, true, name)) return false;
        if (!arg_bool(c, 2) || t->ndim == 0) return true;
        int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
        for (int i = 0; i < t->ndim; i++) sizes[i] = strides[i] = 1;
        struct tensor *flat_index = c->results[0].tensor;
        c->results[0] = value_none();
        struct tensor *view = tensor_view_as(flat_index, t->ndim, sizes, strides, flat_index->offset, c->err);
        tensor_release(flat_index);
        return give_tensor(c, view);
    }
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim) || !check_line(c, t, dim, name)) return false;
    struct tensor *indices = reduce_output(c, t, t->ndim ? (uint64_t)1 << dim : 0, true, DTYPE_INT64, NULL);
    if (!indices || !pick_lines(c, p, t, (int)dim, NULL, indices, NULL)) {
        tensor_release(indices);
        return false;
    }
    return give_tensor(c, squeezed(c, indices, (int)dim, arg_bool(c, 2)));
}
bool reduce_argmax(struct op_call *c) {
    return arg_pick(c, pick_max, "argmax");
}
bool reduce_argmin(struct op_call *c) {
    return arg_pick(c, pick_min, "argmin");
}

static bool check_median(struct op_call *c, const char *kernel) {
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    if (d != DTYPE_BOOL && !dtype_is_complex(d)) return true;
    return refuse(c, "\"%s\" not implemented for '%s'", kernel, dtype_table[d].graph_name);
}
/* median of nothing is NaN. */
static bool median_of(struct op_call *c, struct pick_call p, const char *name) {
    struct tensor *t = arg_tensor(c, 0);
    if (!check_median(c, "median_cpu")) return false;
    if (t->numel > 0) return of_whole(c, p, false, name);
    return give_tensor(c, tensor_of_float((double)NAN, tensor_dtype(t), c->err));
}
static bool median_along(struct op_call *c, struct pick_call p, const char *name) {
    return check_median(c, "median_out") && with_indices(c, p, arg_int(c, 1), arg_bool(c, 2), NULL, name);
}
bool reduce_median_dim(struct op_call *c) {
    return median_along(c, (struct pick_call){NULL, choose_median}, "median");
}
bool reduce_nanmedian_dim(struct op_call *c) {
    return median_along(c, (struct pick_call){NULL, choose_nanmedian}, "nanmedian");
}
bool reduce_median(struct op_call *c) {
    return median_of(c, (struct pick_call){NULL, choose_median}, "median");
}
bool reduce_nanmedian(struct op_call *c) {
    return median_of(c, (struct pick_call){NULL, choose_nanmedian}, "nanmedian");
}

bool reduce_aminmax(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct pick_call low = {pick_min, NULL}, high = {pick_max, NULL};
    if (arg_none(c, 1)) {
        if (t->numel == 0)
            return refuse(c, "aminmax(): cannot compute aminmax over an empty dimension as the operation has "
                             "no identity.");
        bool keepdim = arg_bool(c, 2);
        if (!of_whole(c, high, false, "aminmax")) return false;
        c->results[1] = c->results[0];
        c->results[0] = value_none();
        if (!of_whole(c, low, false, "aminmax")) return false;
        for (int i = 0; keepdim && i < 2; i++) {
            int64_t ones[TENSOR_MAX_DIMS];
            for (int d = 0; d < t->ndim; d++) ones[d] = 1;
            struct tensor *was = c->results[i].tensor;
            c->results[i] = value_none();
            struct tensor *now = tensor_view_as(was, t->ndim, ones, ones, was->offset, c->err);
            tensor_release(was);
            if (!give_at(c, i, now)) return false;
        }
        return true;
    }
    if (!with_indices(c, high, arg_int(c, 1), arg_bool(c, 2), NULL, "aminmax")) return false;
    value_release(c->results[1]);
    c->results[1] = c->results[0];
    lb_value both[2] = {value_none(), value_none()};
    struct op_call inner = *c;
    inner.dying = 0;
    inner.results = both;
    bool good = with_indices(&inner, low, arg_int(c, 1), arg_bool(c, 2), NULL, "aminmax");
    c->results[0] = both[0];
    value_release(both[1]);
    return good;
}
