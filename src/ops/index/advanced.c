/* Indexing by tensors: t[i, None, mask], t[..] = v; nonzero, masked_select, masked_scatter, where,
 * repeat_interleave.
 *
 * Boolean masks become index tensors; all index tensors broadcast together; indexed dimensions that stand
 * together are replaced in place, others move to the front (aten/src/ATen/native/IndexingUtils.h,
 * TensorAdvancedIndexing.cpp). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <string.h>

/* Whether the element at this address is not zero. */
static bool is_true(enum dtype d, const char *at) {
    struct complex128 z;
    int64_t i;
    if (dtype_is_integral(d, true)) {
        convert_load[d][COMPUTE_INT](&i, 0, at, 0, 1);
        return i != 0;
    }
    convert_load[d][COMPUTE_COMPLEX](&z, 0, at, 0, 1);
    return z.re != 0 || z.im != 0;
}

/* A byte of 0 or 1 for each element, in row-major order; a bool tensor's own bytes where they lie so. */
static struct tensor *truths(struct op_call *c, struct tensor *t) {
    struct tensor *flat = tensor_contiguous(t, c->cx->budget, c->err);
    if (!flat || t->dtype == DTYPE_BOOL) return flat;
    struct tensor *out = call_new(c, DTYPE_BOOL, t->ndim, t->sizes);
    int64_t size = (int64_t)dtype_size(tensor_dtype(t));
    uint8_t *to = out ? tensor_data(out) : NULL;
    for (int64_t i = 0; out && i < t->numel; i++)
        to[i] = is_true(tensor_dtype(t), (const char *)tensor_data(flat) + i * size);
    tensor_release(flat);
    return out;
}

static int64_t count_truths(const struct tensor *mask) {
    const uint8_t *bytes = tensor_data(mask);
    int64_t count = 0;
    for (int64_t i = 0; i < mask->numel; i++) count += bytes[i] != 0;
    return count;
}

/* The next row's coordinates but for the last. */
static void next_row(const struct tensor *t, int64_t *row) {
    for (int d = t->ndim - 2; d >= 0; d--) {
        if (++row[d] < t->sizes[d]) return;
        row[d] = 0;
    }
}

static void put_places(const struct tensor *mask, int64_t *to) {
    const uint8_t *bytes = tensor_data(mask);
    int64_t row[TENSOR_MAX_DIMS] = {0}, length = mask->ndim ? mask->sizes[mask->ndim - 1] : 1;
    for (int64_t at = 0; at < mask->numel; at += length, next_row(mask, row))
        for (int64_t i = 0; i < length; i++) {
            if (!bytes[at + i]) continue;
            for (int d = 0; d < mask->ndim - 1; d++) to[d] = row[d];
            if (mask->ndim) to[mask->ndim - 1] = i;
            to += mask->ndim;
        }
}

/* Row-major coordinates of all elements that are not zero: [count, ndim] int64. */
static struct tensor *nonzero(struct op_call *c, struct tensor *t) {
    struct tensor *mask = truths(c, t);
    if (!mask) return NULL;
    struct tensor *out = call_new(c, DTYPE_INT64, 2, (int64_t[]){count_truths(mask), t->ndim});
    if (out) put_places(mask, tensor_data(out));
    tensor_release(mask);
    return out;
}

#define COMPACT(name, type)                                                            \
    static void name(const uint8_t *mask, const type *from, int64_t count, type *to) { \
        for (int64_t i = 0, at = 0; at < count; i++) {                                 \
            to[at] = from[i];                                                          \
            at += mask[i] != 0;                                                        \
        }                                                                              \
    }
COMPACT(compact_4, uint32_t)
COMPACT(compact_8, uint64_t)

/* The elements of t at the places of a mask of its shape, both contiguous: one dimension. */
static struct tensor *compacted(struct op_call *c, const struct tensor *t, const struct tensor *mask) {
    int64_t count = count_truths(mask);
    size_t size = dtype_size(tensor_dtype(t));
    const uint8_t *bytes = tensor_data(mask);
    struct tensor *out = call_new(c, tensor_dtype(t), 1, &count);
    if (!out) return NULL;
    char *to = tensor_data(out);
    if (size == 4) {
        compact_4(bytes, tensor_data(t), count, (void *)to);
    } else if (size == 8) {
        compact_8(bytes, tensor_data(t), count, (void *)to);
    } else {
        for (int64_t i = 0; i < t->numel; i++) {
            if (!bytes[i]) continue;
            memcpy(to, (const char *)tensor_data(t) + (size_t)i * size, size);
            to += size;
        }
    }
    return out;
}

bool index_nonzero(struct op_call *c) {
    return give_tensor(c, nonzero(c, arg_tensor(c, 0)));
}

static bool columns(struct op_call *c, struct tensor *t) {
    struct tensor *out[TENSOR_MAX_DIMS], *all = nonzero(c, t);
    int made = 0;
    if (!all) return false;
    int count = (int)all->sizes[1];
    while (made < count && (out[made] = tensor_select(c, all, 1, made))) made++;
    tensor_release(all);
    if (made == count) return give_list(c, 0, out, count);
    release_tensors(out, made);
    return false;
}
bool index_nonzero_numpy(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim > 0) return columns(c, t);
    struct compose k = compose_start(c);
    struct tensor *one = compose_own(&k, tensor_unsqueeze(c, t, 0));
    return one && columns(c, one) ? compose_end(&k) : compose_give(&k, NULL);
}

bool index_nonzero_static(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t size = arg_int(c, 1);
    if (size < 0) return refuse(c, "nonzero_static: 'size' must be an non-negative integer");
    struct tensor *all = compose_own(&k, nonzero(c, arg_tensor(c, 0)));
    if (!all) return compose_give(&k, NULL);
    int64_t dims[2] = {size, all->sizes[1]}, kept = all->sizes[0] < size ? all->sizes[0] : size;
    struct tensor *out = compose_run(&k, "aten::full", "Lvd", 2, dims, c->args[2], DTYPE_INT64);
    struct tensor *to = out ? compose_own(&k, tensor_narrow(c, out, 0, 0, kept)) : NULL;
    struct tensor *from = compose_own(&k, tensor_narrow(c, all, 0, 0, kept));
    if (!to || !from || !tensor_copy(to, from, c->err)) return compose_give(&k, NULL);
    return compose_give(&k, out);
}

/* --- indices --- */

struct indexing {
    struct tensor *self;                     /* permuted so that indexed dimensions lead or stay */
    int first, count;                        /* indexed dimensions of self: [first, first + count) */
    struct tensor *indices[TENSOR_MAX_DIMS]; /* contiguous int64, one shape */
    int ndim;                                /* of the shape of the indices */
    int64_t sizes[TENSOR_MAX_DIMS];
};

/* Masks give as many index tensors as they have dimensions. */
static bool expand_masks(struct op_call *c, struct compose *k, struct tensor *self, struct tensor **given,
                         int count, struct tensor **out, int *out_count) {
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct tensor *x = given[i];
        int room = x && (x->dtype == DTYPE_BOOL || x->dtype == DTYPE_UINT8) ? x->ndim : 1;
        if (n + room > self->ndim)
            return refuse_index(c, "too many indices for tensor of dimension %d", self->ndim);
        if (!x || (x->dtype != DTYPE_BOOL && x->dtype != DTYPE_UINT8)) {
            if (x && x->dtype != DTYPE_INT64 && x->dtype != DTYPE_INT32)
                return refuse_index(c, "tensors used as indices must be long, int, byte or bool tensors");
            out[n++] = x;
            continue;
        }
        for (int d = 0; d < x->ndim; d++)
            if (x->sizes[d] != self->sizes[n + d])
                return refuse_index(c,
                                    "The shape of the mask %s at index %d does not match the shape of the "
                                    "indexed tensor %s at index %d",
                                    sizes_text(x->ndim, x->sizes, (char[256]){0}, 256), d,
                                    sizes_text(self->ndim, self->sizes, (char[256]){0}, 256), n + d);
        struct tensor *places = compose_own(k, nonzero(c, x));
        for (int d = 0; places && d < x->ndim; d++) out[n++] = compose_own(k, tensor_select(c, places, 1, d));
        if (k->failed) return false;
    }
    *out_count = n;
    return true;
}

static bool broadcast_indices(struct op_call *c, struct compose *k, struct indexing *x, struct tensor **all,
                              int count) {
    char text[600];
    size_t at = 0;
    x->ndim = 0;
    for (int i = 0; i < count; i++) {
        if (!all[i]) continue;
        lb_error ignored = {0};
        if (sizes_broadcast(&x->ndim, x->sizes, all[i]->ndim, all[i]->sizes, &ignored)) continue;
        error_clear(&ignored);
        text[0] = '\0';
        for (int j = 0; j < count && at + 64 < sizeof text; j++) {
            if (!all[j]) continue;
            if (at > 0) text[at++] = ',', text[at++] = ' ';
            sizes_text(all[j]->ndim, all[j]->sizes, text + at, sizeof text - at);
            at += strlen(text + at);
        }
        return refuse_index(
            c, "shape mismatch: indexing tensors could not be broadcast together with shapes %s", text);
    }
    for (int i = 0; i < count; i++) {
        if (!all[i]) continue;
        struct tensor *wide = compose_own(k, tensor_expand(all[i], x->ndim, x->sizes, c->err));
        struct tensor *longs =
            wide ? compose_own(k, tensor_convert(wide, DTYPE_INT64, c->cx->budget, c->err)) : NULL;
        x->indices[x->count++] =
            longs ? compose_own(k, tensor_contiguous(longs, c->cx->budget, c->err)) : NULL;
    }
    return !k->failed;
}

static bool prepare(struct op_call *c, struct compose *k, struct tensor *self, struct tensor **given,
                    int count, struct indexing *x) {
    struct tensor *all[TENSOR_MAX_DIMS] = {NULL};
    int n = 0, first = -1, last = -1, used = 0;
    int64_t order[TENSOR_MAX_DIMS];
    x->count = 0;
    if (!expand_masks(c, k, self, given, count, all, &n) || !broadcast_indices(c, k, x, all, n)) return false;
    for (int i = 0; i < n; i++)
        if (all[i]) {
            if (first < 0) first = i;
            last = i;
            used++;
        }
    bool together = used > 0 && last - first + 1 == used;
    x->self = self;
    x->first = together ? first : 0;
    if (together || used == 0) return true;
    int m = 0;
    for (int i = 0; i < self->ndim; i++)
        if (i < n && all[i]) order[m++] = i;
    for (int i = 0; i < self->ndim; i++)
        if (i >= n || !all[i]) order[m++] = i;
    x->self = compose_run(k, "aten::permute", "tL", self, self->ndim, order);
    return x->self != NULL;
}

/* Sizes of what the indices select: before, index shape, after. */
static int selected_sizes(const struct indexing *x, int64_t *sizes) {
    int n = 0;
    for (int i = 0; i < x->first; i++) sizes[n++] = x->self->sizes[i];
    for (int i = 0; i < x->ndim; i++) sizes[n++] = x->sizes[i];
    for (int i = x->first + x->count; i < x->self->ndim; i++) sizes[n++] = x->self->sizes[i];
    return n;
}

/* Element offsets in self of every index tuple. */
static int64_t *index_offsets(struct op_call *c, const struct indexing *x, int64_t *count) {
    *count = 1;
    for (int i = 0; i < x->ndim; i++) *count *= x->sizes[i];
    int64_t *offsets = call_scratch(c, (size_t)*count + 1, sizeof *offsets);
    for (int64_t i = 0; offsets && i < *count; i++) {
        offsets[i] = 0;
        for (int d = 0; d < x->count; d++) {
            int64_t at = ((const int64_t *)tensor_data(x->indices[d]))[i],
                    size = x->self->sizes[x->first + d];
            if (at < -size || at >= size) {
                refuse_index(c, "index %lld is out of bounds for dimension %d with size %lld", (long long)at,
                             x->first + d, (long long)size);
                mem_free(offsets);
                return NULL;
            }
            offsets[i] += (at < 0 ? at + size : at) * x->self->strides[x->first + d];
        }
    }
    return offsets;
}

/* A view of self without its indexed dimensions, at an index tuple. */
static void slice_geometry(const struct indexing *x, struct geometry *g) {
    geometry_of(x->self, g);
    for (int i = 0; i < x->count; i++) geometry_remove(g, x->first);
}

/* A view of `full` (which has the index shape at `first`) at one position of it. */
static void position_geometry(const struct indexing *x, const struct tensor *full, int64_t position,
                              struct geometry *g) {
    geometry_of(full, g);
    for (int i = x->ndim - 1; i >= 0; i--) {
        g->offset += position % x->sizes[i] * g->strides[x->first + i];
        position /= x->sizes[i];
        geometry_remove(g, x->first + i);
    }
}

static bool add_into(struct op_call *c, struct tensor *to, struct tensor *from) {
    struct compose k = compose_start(c);
    struct tensor *sum = compose_run(&k, "aten::add.Tensor", "ttd", to, from, 1);
    bool good = sum && tensor_copy(to, sum, c->err);
    if (!good) k.failed = true;
    return compose_end(&k);
}

enum direction { TAKE, PUT, PUT_ADD };

/* Moves every selected slice between self and `full`; single elements without views. */
static bool move_slices(struct op_call *c, const struct indexing *x, struct tensor *full,
                        enum direction way) {
    int64_t count, *offsets = index_offsets(c, x, &count), base_offset = x->self->offset;
    struct geometry mine, other;
    bool good = offsets != NULL;
    if (!good) return false;
    size_t size = dtype_size(tensor_dtype(full));
    bool elements = x->self->ndim == x->count && way != PUT_ADD && tensor_is_contiguous(full);
    for (int64_t i = 0; good && i < count; i++) {
        if (elements) {
            char *at = (char *)x->self->storage->data + (base_offset + offsets[i]) * (int64_t)size;
            char *there = (char *)tensor_data(full) + i * (int64_t)size;
            memcpy(way == TAKE ? there : at, way == TAKE ? at : there, size);
            continue;
        }
        slice_geometry(x, &mine);
        position_geometry(x, full, i, &other);
        mine.offset += offsets[i];
        struct tensor *a = geometry_view(c, x->self, &mine), *b = geometry_view(c, full, &other);
        good = a && b &&
               (way == TAKE  ? tensor_copy(b, a, c->err)
                : way == PUT ? tensor_copy(a, b, c->err)
                             : add_into(c, a, b));
        tensor_release(a);
        tensor_release(b);
    }
    mem_free(offsets);
    return good;
}

static bool is_whole_mask(const struct tensor *self, const struct tensor *mask) {
    return mask->dtype == DTYPE_BOOL && mask->ndim == self->ndim && self->ndim > 0 &&
           memcmp(mask->sizes, self->sizes, sizeof *mask->sizes * mask->ndim) == 0 &&
           tensor_is_contiguous(self) && tensor_is_contiguous(mask);
}

bool index_index(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *given[TENSOR_MAX_DIMS], *self = arg_tensor(c, 0);
    struct indexing x;
    int64_t sizes[2 * TENSOR_MAX_DIMS];
    int count = args_tensors(c, 1, given, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count > self->ndim)
        return refuse_index(c, "too many indices for tensor of dimension %d (got %d)", self->ndim, count);
    if (count == 1 && given[0] && is_whole_mask(self, given[0]))
        return give_tensor(c, compacted(c, self, given[0]));
    if (!prepare(c, &k, self, given, count, &x)) return compose_give(&k, NULL);
    int ndim = selected_sizes(&x, sizes);
    if (ndim > TENSOR_MAX_DIMS) return compose_give(&k, NULL);
    struct tensor *out = compose_own(&k, call_new(c, tensor_dtype(self), ndim, sizes));
    for (int d = 0; out && d < x.count; d++)
        if (x.self->sizes[x.first + d] == 0 && x.indices[d]->numel > 0)
            k.failed = !refuse_index(c, "index is out of bounds for dimension with size 0");
    if (out && !k.failed && (out->numel > 0 || x.count > 0) && !move_slices(c, &x, out, TAKE)) out = NULL;
    return compose_give(&k, out);
}

/* self[indices] = values, or += when accumulating. */
static bool put(struct op_call *c, struct compose *k, struct tensor *self, bool accumulate) {
    struct tensor *given[TENSOR_MAX_DIMS], *values = arg_tensor(c, 2);
    struct indexing x;
    int64_t sizes[2 * TENSOR_MAX_DIMS];
    int count = args_tensors(c, 1, given, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (values->dtype != self->dtype)
        return refuse_index(c,
                            "Index put requires the source and destination dtypes match, got %s for the "
                            "destination and %s for the source.",
                            dtype_table[self->dtype].graph_name, dtype_table[values->dtype].graph_name);
    if (count > self->ndim)
        return refuse_index(c, "too many indices for tensor of dimension %d (got %d)", self->ndim, count);
    if (!prepare(c, k, self, given, count, &x)) return false;
    int ndim = selected_sizes(&x, sizes);
    if (values->storage == self->storage) values = compose_own(k, tensor_clone(c, values));
    lb_error ignored = {0};
    struct tensor *wide = values ? tensor_expand(values, ndim, sizes, &ignored) : NULL;
    error_clear(&ignored);
    if (!wide)
        return refuse(
            c, "shape mismatch: value tensor of shape %s cannot be broadcast to indexing result of shape %s",
            sizes_text(values->ndim, values->sizes, (char[256]){0}, 256),
            sizes_text(ndim, sizes, (char[256]){0}, 256));
    compose_own(k, wide);
    return move_slices(c, &x, wide, accumulate ? PUT_ADD : PUT);
}

bool index_index_put(struct op_call *c) {
    struct compose k = compose_start(c);
    bool in_place = c->row && c->row->traits & OP_IN_PLACE;
    struct tensor *self = in_place ? arg_tensor(c, 0) : compose_own(&k, tensor_clone(c, arg_tensor(c, 0)));
    if (!self || !put(c, &k, self, arg_bool(c, 3))) return compose_give(&k, NULL);
    if (in_place) tensor_changed(self);
    return compose_give(&k, self);
}

/* --- masks --- */

static bool check_mask(struct op_call *c, const struct tensor *mask, const char *name) {
    return mask->dtype == DTYPE_BOOL || mask->dtype == DTYPE_UINT8 ||
           refuse(c, "%s: expected BoolTensor for mask", name);
}

bool index_masked_select(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *self = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = self->ndim;
    if (!check_mask(c, mask, "masked_select")) return false;
    memcpy(sizes, self->sizes, sizeof *sizes * (size_t)ndim);
    if (!sizes_broadcast(&ndim, sizes, mask->ndim, mask->sizes, c->err)) return false;
    struct tensor *a = compose_own(&k, tensor_expand(self, ndim, sizes, c->err)),
                  *b = compose_own(&k, tensor_expand(mask, ndim, sizes, c->err));
    a = a ? compose_own(&k, tensor_contiguous(a, c->cx->budget, c->err)) : NULL;
    b = b ? compose_own(&k, tensor_contiguous(b, c->cx->budget, c->err)) : NULL;
    return compose_give(&k, a && b ? compose_own(&k, compacted(c, a, b)) : NULL);
}

bool index_masked_scatter(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *self = arg_tensor(c, 0), *mask = arg_tensor(c, 1), *source = arg_tensor(c, 2);
    int64_t sizes[TENSOR_MAX_DIMS], used = 0;
    int ndim = self->ndim;
    if (mask->dtype != DTYPE_BOOL)
        return refuse(c, "masked_scatter_ only supports boolean masks, but got mask with dtype %s",
                      dtype_table[mask->dtype].graph_name);
    if (self->dtype != source->dtype)
        return refuse(c, "masked_scatter: expected self and source to have same dtypes but got %s and %s",
                      dtype_table[self->dtype].graph_name, dtype_table[source->dtype].graph_name);
    memcpy(sizes, self->sizes, sizeof *sizes * (size_t)ndim);
    if (!sizes_broadcast(&ndim, sizes, mask->ndim, mask->sizes, c->err)) return false;
    struct tensor *wide = compose_own(&k, tensor_expand(self, ndim, sizes, c->err)),
                  *out = compose_own(&k, call_new(c, tensor_dtype(self), ndim, sizes));
    struct tensor *m = compose_own(&k, tensor_expand(mask, ndim, sizes, c->err)),
                  *from = compose_own(&k, tensor_contiguous(source, c->cx->budget, c->err));
    m = m ? compose_own(&k, tensor_contiguous(m, c->cx->budget, c->err)) : NULL;
    if (k.failed || !tensor_copy(out, wide, c->err)) return compose_give(&k, NULL);
    size_t size = dtype_size(tensor_dtype(self));
    for (int64_t i = 0; i < out->numel; i++) {
        if (!((const uint8_t *)tensor_data(m))[i]) continue;
        if (used == from->numel) {
            refuse(c, "Number of elements of source < number of ones in mask");
            return compose_give(&k, NULL);
        }
        memcpy((char *)tensor_data(out) + (size_t)i * size, (char *)tensor_data(from) + (size_t)used++ * size,
               size);
    }
    return compose_give(&k, out);
}

/* --- repeat_interleave, one_hot, bincount --- */

bool index_repeat_interleave(struct op_call *c) {
    struct tensor *repeats = arg_tensor(c, 0);
    int64_t total = 0, at = 0;
    if (repeats->ndim != 1) return refuse(c, "repeat_interleave only accept 1D vector as repeat");
    if (repeats->dtype != DTYPE_INT64 && repeats->dtype != DTYPE_INT32)
        return refuse(c, "repeats has to be Long or Int tensor");
    for (int64_t i = 0; i < repeats->numel; i++) {
        int64_t n = tensor_get_int(repeats, i);
        if (n < 0) return refuse(c, "repeats can not be negative");
        if (__builtin_add_overflow(total, n, &total)) return refuse(c, "repeats are too many");
    }
    if (!arg_none(c, 1) && arg_int(c, 1) != total)
        return refuse(c, "allocated size does not match required size");
    struct tensor *out = call_new(c, tensor_dtype(repeats), 1, &total);
    for (int64_t i = 0; out && i < repeats->numel; i++)
        for (int64_t n = tensor_get_int(repeats, i); n > 0; n--, at++)
            convert_store[out->dtype][COMPUTE_INT](
                (char *)tensor_data(out) + at * (int64_t)dtype_size(tensor_dtype(out)), 0, &i, 0, 1);
    return give_tensor(c, out);
}

/* (self, repeats: Tensor or int, dim, output_size) */
bool index_repeat_interleave_self(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *self = arg_tensor(c, 0), *repeats;
    int64_t dim = arg_int_or(c, 2, 0), one = 1;
    if (arg_none(c, 2)) self = compose_run(&k, "aten::reshape", "tL", self, 1, &self->numel);
    if (!self || !wrap_dim(c, &dim, self->ndim)) return compose_give(&k, NULL);
    int64_t size = self->ndim ? self->sizes[dim] : 1;
    if (c->args[1].tag == VALUE_TENSOR)
        repeats = arg_tensor(c, 1);
    else
        repeats = compose_run(&k, "aten::full", "Lid", 1, &one, arg_int(c, 1), DTYPE_INT64);
    if (repeats && (repeats->ndim == 0 || (repeats->ndim == 1 && repeats->sizes[0] == 1))) {
        repeats = compose_run(&k, "aten::reshape", "tL", repeats, 1, &one);
        repeats = compose_run(&k, "aten::expand", "tLb", repeats, 1, &size, false);
    } else if (repeats && (repeats->ndim != 1 || repeats->numel != size)) {
        refuse(c,
               repeats->ndim == 1 ? "repeats must have the same size as input along dim, but got "
                                    "repeats.size(0) = %lld and input.size(%lld) = %lld"
                                  : "repeats must be 0-dim or 1-dim tensor",
               (long long)repeats->numel, (long long)dim, (long long)size);
        return compose_give(&k, NULL);
    }
    struct tensor *index = compose_run(&k, "aten::repeat_interleave.Tensor", "t", repeats);
    return compose_give(&k, compose_run(&k, "aten::index_select", "tit", self, dim, index));
}

bool index_one_hot(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t classes = arg_int(c, 1), sizes[TENSOR_MAX_DIMS], most = -1;
    if (t->dtype != DTYPE_INT64)
        return refuse(c, "one_hot is only applicable to index tensor of type LongTensor.");
    if (t->numel == 0 && classes <= 0)
        return refuse(c, "Can not infer total number of classes from empty tensor.");
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t x = tensor_get_int(t, i);
        if (x < 0) return refuse(c, "Class values must be non-negative.");
        if (x > most) most = x;
    }
    if (classes == -1) classes = most + 1;
    if (classes < 1) return refuse(c, "num_classes should be positive");
    if (most >= classes) return refuse(c, "Class values must be smaller than num_classes.");
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    sizes[t->ndim] = classes;
    struct tensor *out = call_new(c, DTYPE_INT64, t->ndim + 1, sizes);
    if (!out) return false;
    memset(tensor_data(out), 0, sizeof(int64_t) * (size_t)out->numel);
    for (int64_t i = 0; i < t->numel; i++)
        ((int64_t *)tensor_data(out))[i * classes + tensor_get_int(t, i)] = 1;
    return give_tensor(c, out);
}

bool index_bincount(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0), *weights = arg_tensor_or_null(c, 1);
    int64_t size = arg_int(c, 2);
    if (size < 0) return refuse(c, "minlength should be >= 0");
    if (t->ndim != 1 || !dtype_is_integral(tensor_dtype(t), false))
        return refuse(c, "bincount only supports 1-d non-negative integral inputs.");
    if (weights && (weights->ndim != 1 || weights->numel != t->numel))
        return refuse(c, "weights should be 1-d and have the same length as input");
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t x = tensor_get_int(t, i);
        if (x < 0) return refuse(c, "bincount only supports 1-d non-negative integral inputs.");
        if (x >= size) size = x + 1;
    }
    enum dtype d = !weights ? DTYPE_INT64 : weights->dtype == DTYPE_FLOAT32 ? DTYPE_FLOAT32 : DTYPE_FLOAT64;
    double *sums = mem_zeroed((size_t)size, sizeof *sums);
    struct tensor *out = sums ? call_new(c, d, 1, &size) : NULL;
    for (int64_t i = 0; out && i < t->numel; i++)
        sums[tensor_get_int(t, i)] += weights ? tensor_get_float(weights, i) : 1;
    if (out)
        convert_store[d][COMPUTE_DOUBLE](tensor_data(out), (int64_t)dtype_size(d), sums, sizeof *sums, size);
    mem_free(sums);
    return give_tensor(c, out);
}
