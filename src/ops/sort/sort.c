/* Order: sort, argsort, topk, unique, histograms. NaN is the largest number.
 *
 * A line's elements are compared by their ranks (ranks.h). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/lines.h"
#include "ops/create/factory.h"
#include "ops/sort/introsort.h"
#include "ops/sort/ranks.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

enum { MANY = 1 << 16 }; /* elements among which some are equal, most likely */

enum arrangement { SORT_STABLE, SORT_ANY, TOP_SORTED, TOP_ANY };

/* Puts positions in order as PyTorch's CPU does (aten/src/ATen/native/cpu/SortingKernel.cpp, TopKImpl.h).
 * Where no two elements are equal, every sort gives the same order, and the stable one is the fastest. Room
 * for 3 n more lies behind `order`. */
static void arrange(enum arrangement how, const int64_t *ranks, int64_t *order, int64_t n, int64_t kept) {
    const struct keys k = {.i = ranks};
    if (how == SORT_STABLE || (how == SORT_ANY && n < MANY)) {
        ranks_sort(ranks, order, n, order + n);
        if (how == SORT_STABLE || !ranks_repeat(ranks, order, n)) return;
    }
    for (int64_t i = 0; i < n; i++) order[i] = i;
    if (how == SORT_ANY) {
        intro_sort(&k, order, n);
    } else if (kept > 0 && kept <= n / 64) {
        intro_partial_sort(&k, order, n, kept);
    } else if (kept > 0) {
        intro_select(&k, order, n, kept - 1);
        if (how == TOP_SORTED) intro_sort(&k, order, kept - 1);
    }
}

/* Values and indices of the first places in order along dim. */
static bool sort_lines(struct op_call *c, struct tensor *t, int dim, bool descending, enum arrangement how,
                       struct tensor *values, struct tensor *indices) {
    struct lines l;
    enum compute type = compute_wide(tensor_dtype(t));
    int64_t n = t->ndim ? t->sizes[dim] : 1;
    size_t size = dtype_size(tensor_dtype(t));
    int64_t *ranks = call_scratch(c, (size_t)n * 5 + 1, sizeof *ranks), *order = ranks + n;
    if (!ranks) return false;
    for (bool more = t->numel > 0 && lines_begin(&l, dim, 3, (struct tensor *[]){t, values, indices}); more;
         more = lines_next(&l)) {
        lines_load(&l, 0, type, ranks);
        ranks_of(type, ranks, n, descending);
        arrange(how, ranks, order, n, l.length[1]);
        for (int64_t i = 0; i < l.length[1]; i++) {
            memcpy(l.data[1] + i * l.stride[1], l.data[0] + order[i] * l.stride[0], size);
            memcpy(l.data[2] + i * l.stride[2], &order[i], sizeof order[i]);
        }
    }
    mem_free(ranks);
    return true;
}

static bool sorted(struct op_call *c, int64_t dim, bool descending, enum arrangement how, int64_t kept,
                   bool values_too) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    if (dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "Sort currently does not support complex dtypes on CPU");
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    strides_like(t, strides);
    if (kept >= 0 && t->ndim > 0) {
        sizes[dim] = kept;
        strides_contiguous(t->ndim, sizes, strides);
    }
    struct tensor *values =
        tensor_new_strided(tensor_dtype(t), t->ndim, sizes, strides, c->cx->budget, c->err);
    struct tensor *indices =
        values ? tensor_new_strided(DTYPE_INT64, t->ndim, sizes, strides, c->cx->budget, c->err) : NULL;
    if (!indices || !sort_lines(c, t, (int)dim, descending, how, values, indices)) {
        tensor_release(values);
        tensor_release(indices);
        return false;
    }
    if (values_too) return give_at(c, 0, values) && give_at(c, 1, indices);
    tensor_release(values);
    return give_at(c, 0, indices);
}

/* `stable_at`: the argument that says whether equal elements keep their order; 0: none does. A line of one
 * value repeated by its stride stays as it is. */
static bool sort_call(struct op_call *c, int stable_at, bool values_too) {
    const struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, stable_at + 1);
    bool stable = stable_at && !arg_none(c, stable_at) && arg_bool(c, stable_at);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    stable |= t->ndim > 0 && t->strides[dim] == 0;
    return sorted(c, dim, arg_bool(c, stable_at + 2), stable ? SORT_STABLE : SORT_ANY, -1, values_too);
}
bool sort_sort(struct op_call *c) {
    return sort_call(c, 0, true);
}
bool sort_stable(struct op_call *c) {
    return sort_call(c, 1, true);
}
bool sort_argsort(struct op_call *c) {
    return sort_call(c, 0, false);
}
bool sort_argsort_stable(struct op_call *c) {
    return sort_call(c, 1, false);
}
bool sort_msort(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, compose_run(&k, "aten::sort", "tdb", arg_tensor(c, 0), 0, false));
}

bool sort_topk(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t k = arg_int(c, 1), dim = arg_int(c, 2);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (k < 0 || k > (t->ndim ? t->sizes[dim] : 1)) return refuse(c, "selected index k out of range");
    if (t->dtype == DTYPE_BOOL) return refuse(c, "topk does not support bool dtypes on CPU");
    if (dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "\"topk_cpu\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
    return sorted(c, dim, arg_bool(c, 3), arg_bool(c, 4) ? TOP_SORTED : TOP_ANY, k, true);
}

/* --- unique --- */

static struct tensor *ints_tensor(struct op_call *c, const int64_t *x, int64_t count) {
    struct tensor *t = call_new(c, DTYPE_INT64, 1, &count);
    if (t && count > 0) memcpy(tensor_data(t), x, sizeof *x * (size_t)count);
    return t;
}

struct unique_rows {
    int64_t count, *order, *group; /* group[i]: of element i */
    int64_t *first, *counts, groups;
};

static bool unique_alloc(struct op_call *c, struct unique_rows *u, int64_t n) {
    u->count = n;
    u->order = call_scratch(c, (size_t)n * 5 + 5, sizeof *u->order);
    if (!u->order) return false;
    u->group = u->order + 2 * n;
    u->first = u->group + n;
    u->counts = u->first + n;
    u->groups = 0;
    return true;
}

/* Runs of one rank in u->order; every NaN (`reals`) is a group of its own. */
static void unique_groups(struct unique_rows *u, const int64_t *ranks, bool reals) {
    for (int64_t i = 0; i < u->count; i++) {
        int64_t at = u->order[i];
        if (i == 0 || (reals && ranks[at] == INT64_MAX) || ranks[at] != ranks[u->order[i - 1]]) {
            u->first[u->groups] = at;
            u->counts[u->groups++] = 0;
        }
        u->group[at] = u->groups - 1;
        u->counts[u->groups - 1]++;
    }
}

/* Values of a flat tensor in rising order, or (not sorted) as they come after the first: consecutive ones
 * only. */
static bool unique_flat(struct op_call *c, struct tensor *t, bool consecutive, bool inverse, bool counts,
                        struct tensor **out) {
    struct compose k = compose_start(c);
    struct unique_rows u;
    if (dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "\"unique\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
    enum compute type = compute_wide(tensor_dtype(t));
    struct tensor *flat = compose_own(&k, tensor_contiguous(t, c->cx->budget, c->err));
    int64_t *ranks = call_scratch(c, (size_t)t->numel + 1, sizeof *ranks);
    int64_t size = (int64_t)dtype_size(tensor_dtype(t));
    if (!flat || !ranks || !unique_alloc(c, &u, t->numel)) {
        mem_free(ranks);
        return compose_give(&k, NULL);
    }
    convert_load[t->dtype][type](ranks, 8, tensor_data(flat), size, t->numel);
    ranks_of(type, ranks, t->numel, false);
    if (consecutive)
        for (int64_t i = 0; i < t->numel; i++) u.order[i] = i;
    else
        ranks_sort(ranks, u.order, u.count, u.order + u.count);
    unique_groups(&u, ranks, type == COMPUTE_DOUBLE);
    out[0] = call_new(c, tensor_dtype(t), 1, &u.groups);
    for (int64_t i = 0; out[0] && i < u.groups; i++)
        memcpy((char *)tensor_data(out[0]) + i * size, (char *)tensor_data(flat) + u.first[i] * size,
               (size_t)size);
    out[1] = inverse ? call_new(c, DTYPE_INT64, t->ndim, t->sizes) : ints_tensor(c, NULL, 0);
    if (inverse && out[1]) memcpy(tensor_data(out[1]), u.group, sizeof *u.group * (size_t)u.count);
    out[2] = counts ? ints_tensor(c, u.counts, u.groups) : ints_tensor(c, NULL, 0);
    mem_free(u.order);
    mem_free(ranks);
    compose_end(&k);
    return out[0] && out[1] && out[2];
}

static bool give_unique(struct op_call *c, bool good, struct tensor **out, int count) {
    for (int i = 0; i < 3; i++) {
        if (good && i < count)
            c->results[i] = value_tensor(out[i]);
        else
            tensor_release(out[i]);
    }
    return good;
}

/* _unique(self, sorted, inverse), _unique2(self, sorted, inverse, counts) */
bool sort_unique(struct op_call *c) {
    struct tensor *out[3] = {NULL};
    return give_unique(c, unique_flat(c, arg_tensor(c, 0), false, arg_bool(c, 2), false, out), out, 2);
}
bool sort_unique2(struct op_call *c) {
    struct tensor *out[3] = {NULL};
    return give_unique(c, unique_flat(c, arg_tensor(c, 0), false, arg_bool(c, 2), arg_bool(c, 3), out), out,
                       3);
}

/* Rows along a dimension, compared as a whole. */
static int compare_rows(const struct tensor *rows, int64_t a, int64_t b) {
    int64_t length = rows->sizes[1];
    for (int64_t i = 0; i < length; i++) {
        double x = tensor_get_float(rows, a * length + i), y = tensor_get_float(rows, b * length + i);
        if (x < y) return -1;
        if (!(x <= y)) return 1; /* also where one is NaN: no two NaN are the same */
    }
    return 0;
}

/* Inverse and counts are always there. */
static bool unique_along(struct op_call *c, int64_t dim, bool consecutive) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *out[3] = {NULL};
    struct unique_rows u;
    if (t->ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "\"unique_dim\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
    int64_t n = t->sizes[dim], length = n ? t->numel / n : 0, shape[2] = {n, length};
    for (int i = 0; t->numel == 0 && i < t->ndim; i++)
        if ((t->sizes[i] == 0) != (i == dim))
            return refuse(c, "There are 0 sized dimensions, and they aren't selected, so unique cannot be "
                             "applied");
    struct tensor *moved = compose_run(&k, "aten::movedim.int", "tid", t, dim, 0);
    moved = compose_run(&k, "aten::reshape", "tL", moved, 2, shape);
    moved = moved ? compose_own(&k, tensor_contiguous(moved, c->cx->budget, c->err)) : NULL;
    if (!moved || !unique_alloc(c, &u, n)) return compose_give(&k, NULL);
    for (int64_t i = 0; i < n; i++) { /* insertion keeps it stable; rows are few */
        int64_t at = i;
        for (; !consecutive && at > 0 && compare_rows(moved, u.order[at - 1], i) > 0; at--)
            u.order[at] = u.order[at - 1];
        u.order[at] = i;
    }
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || compare_rows(moved, u.order[i - 1], u.order[i]) != 0) {
            u.first[u.groups] = u.order[i];
            u.counts[u.groups++] = 0;
        }
        u.group[u.order[i]] = u.groups - 1;
        u.counts[u.groups - 1]++;
    }
    struct tensor *index = compose_own(&k, ints_tensor(c, u.first, u.groups));
    out[0] = compose_run(&k, "aten::index_select", "tit", t, dim, index);
    out[1] = compose_own(&k, ints_tensor(c, u.group, n));
    out[2] = compose_own(&k, ints_tensor(c, u.counts, u.groups));
    mem_free(u.order);
    return compose_give_some(&k, 3, out);
}
/* unique_dim(self, dim, sorted, inverse, counts); unique_dim_consecutive(self, dim, inverse, counts) */
bool sort_unique_dim(struct op_call *c) {
    return unique_along(c, arg_int(c, 1), false);
}
bool sort_unique_dim_consecutive(struct op_call *c) {
    return unique_along(c, arg_int(c, 1), true);
}
/* unique_consecutive(self, inverse, counts, dim) */
bool sort_unique_consecutive(struct op_call *c) {
    struct tensor *out[3] = {NULL};
    bool flat = arg_none(c, 3) || (arg_int(c, 3) == 0 && arg_tensor(c, 0)->ndim == 1);
    if (!flat) return unique_along(c, arg_int(c, 3), true);
    return give_unique(c, unique_flat(c, arg_tensor(c, 0), true, arg_bool(c, 1), arg_bool(c, 2), out), out,
                       3);
}

/* isin(elements, test_elements, *, assume_unique, invert) */
bool sort_isin(struct op_call *c) {
    struct wrapped wrapped[2];
    struct tensor *x = arg_operand(c, 0, &wrapped[0]), *set = arg_operand(c, 1, &wrapped[1]);
    bool invert = arg_bool(c, 3);
    for (int i = 0; i < 2; i++) {
        enum dtype d = tensor_dtype(i ? set : x);
        if (c->args[i].tag == VALUE_TENSOR && (d == DTYPE_BOOL || dtype_is_complex(d)))
            return refuse(c, "Unsupported input type encountered for isin(): %s", dtype_table[d].graph_name);
    }
    struct tensor *out = call_new(c, DTYPE_BOOL, x->ndim, x->sizes);
    bool exact = dtype_is_integral(tensor_dtype(x), true) && dtype_is_integral(tensor_dtype(set), true);
    for (int64_t i = 0; out && i < x->numel; i++) {
        bool found = false;
        for (int64_t j = 0; !found && j < set->numel; j++)
            found = exact ? tensor_get_int(x, i) == tensor_get_int(set, j)
                          : tensor_get_float(x, i) == tensor_get_float(set, j);
        ((uint8_t *)tensor_data(out))[i] = found != invert;
    }
    return give_tensor(c, out);
}

/* histc(self, bins, min, max) */
bool sort_histc(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t bins = arg_int(c, 1);
    double low = arg_number(c, 2).f, high = arg_number(c, 3).f;
    if (bins <= 0) return refuse(c, "bins must be > 0");
    if (!dtype_is_floating(tensor_dtype(t)))
        return refuse(c, "\"histogram_cpu\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
    if (low == high && t->numel > 0) {
        low = high = tensor_get_float(t, 0);
        for (int64_t i = 0; i < t->numel; i++)
            low = fmin(low, tensor_get_float(t, i)), high = fmax(high, tensor_get_float(t, i));
    }
    if (low == high) low -= 1, high += 1;
    if (!isfinite(low) || !isfinite(high)) return refuse(c, "range of [%g, %g] is not finite", low, high);
    if (low > high) return refuse(c, "max must be larger than min");
    double *counts = mem_zeroed((size_t)bins, sizeof *counts);
    struct tensor *out = counts ? call_new(c, tensor_dtype(t), 1, &bins) : NULL;
    for (int64_t i = 0; out && i < t->numel; i++) {
        double x = tensor_get_float(t, i);
        if (!(x >= low && x <= high)) continue;
        int64_t at = (int64_t)((x - low) / (high - low) * (double)bins);
        counts[at == bins ? bins - 1 : at]++;
    }
    if (out)
        convert_store[out->dtype][COMPUTE_DOUBLE](tensor_data(out), (int64_t)dtype_size(tensor_dtype(out)),
                                                  counts, sizeof *counts, bins);
    mem_free(counts);
    return give_tensor(c, out);
}
