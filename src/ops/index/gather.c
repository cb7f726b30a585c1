/* Picking and placing along one dimension by an index tensor: gather, scatter, index_add and kin.
 *
 * Elements move as bytes where nothing is computed; reductions run in int64, double or complex double. An
 * index out of range refuses. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/index/index.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

static bool bad_index(struct op_call *c, int64_t index, int64_t dim, int64_t size) {
    return refuse(c, "index %lld is out of bounds for dimension %lld with size %lld", (long long)index,
                  (long long)dim, (long long)size);
}

/* Views of one-dimension-at-least, of the index's sizes except along dim. */
static struct tensor *cut_to(struct op_call *c, struct tensor *t, const struct tensor *index, int dim) {
    struct geometry g;
    geometry_of(t, &g);
    for (int i = 0; i < g.ndim; i++)
        if (i != dim) g.sizes[i] = index->sizes[i];
    return geometry_view(c, t, &g);
}

static struct tensor *not_scalar(struct op_call *c, struct tensor *t) {
    int64_t one = 1;
    return t->ndim > 0 ? tensor_retain(t) : tensor_view_as(t, 1, &one, &one, t->offset, c->err);
}

static bool check_shape(struct op_call *c, const struct tensor *index, const struct tensor *self, int dim,
                        const char *name) {
    char a[256], b[256];
    if (index->ndim != self->ndim)
        return refuse(c, "Index tensor must have the same number of dimensions as %s tensor", name);
    for (int i = 0; i < self->ndim; i++)
        if (i != dim && index->sizes[i] > self->sizes[i])
            return refuse(c,
                          "Size does not match at dimension %d expected index %s to be no larger than self "
                          "%s apart from dimension %d",
                          i, sizes_text(index->ndim, index->sizes, a, sizeof a),
                          sizes_text(self->ndim, self->sizes, b, sizeof b), dim);
    return true;
}

/* Lines of whole words and int64 indices, side by side but for the source; gives the first place whose index
 * is out of range, or count. */
#define GATHER_WORDS(name, type)                                                                           \
    static int64_t name(const int64_t *at, const char *from, int64_t stride, int64_t limit, int64_t count, \
                        type *to) {                                                                        \
        int64_t i = 0;                                                                                     \
        for (; i < count && (uint64_t)at[i] < (uint64_t)limit; i++)                                        \
            memcpy(&to[i], from + at[i] * stride, sizeof *to);                                             \
        return i;                                                                                          \
    }
GATHER_WORDS(gather_4, uint32_t)
GATHER_WORDS(gather_8, uint64_t)

/* How many of a line's elements were gathered so; 0: the line does not lie like that. */
static int64_t gather_words(const struct lines *l, size_t size) {
    bool plain = l->dtype[0] == DTYPE_INT64 && l->stride[0] == 8 && l->stride[1] == (int64_t)size;
    const int64_t *at = (const int64_t *)(const void *)l->data[0];
    if (!plain || (size != 4 && size != 8)) return 0;
    return size == 4 ? gather_4(at, l->data[2], l->stride[2], l->length[2], l->length[0], (void *)l->data[1])
                     : gather_8(at, l->data[2], l->stride[2], l->length[2], l->length[0], (void *)l->data[1]);
}

static bool gather_lines(struct op_call *c, struct tensor *self, struct tensor *index, struct tensor *out,
                         int dim) {
    struct tensor *walked[3] = {index, out, self};
    struct lines l;
    size_t size = dtype_size(tensor_dtype(self));
    for (bool more = lines_begin(&l, dim, 3, walked); more; more = lines_next(&l))
        for (int64_t i = gather_words(&l, size); i < l.length[0]; i++) {
            int64_t at = line_index(&l, 0, i);
            if (at < 0 || at >= l.length[2]) return bad_index(c, at, dim, l.length[2]);
            move_element(l.data[1] + i * l.stride[1], l.data[2] + at * l.stride[2], size);
        }
    return true;
}

bool index_gather(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 2);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, self->ndim)) return false;
    if (!check_index_dtype(c, index, "gather")) return false;
    struct tensor *out = call_new(c, tensor_dtype(self), index->ndim, index->sizes);
    if (!out || index->numel == 0) return give_tensor(c, out);
    struct compose k = compose_start(c);
    compose_own(&k, out);
    struct tensor *s = compose_own(&k, not_scalar(c, self)), *x = compose_own(&k, not_scalar(c, index));
    struct tensor *o = compose_own(&k, not_scalar(c, out)), *cut = NULL;
    if (!k.failed && check_shape(c, x, s, (int)dim, "input"))
        cut = compose_own(&k, cut_to(c, s, x, (int)dim));
    if (!cut || !gather_lines(c, cut, x, o, (int)dim)) return compose_give(&k, NULL);
    return compose_give(&k, out);
}

enum placing { PLACE_SET, PLACE_ADD, PLACE_MULTIPLY, PLACE_MAX, PLACE_MIN, PLACE_MEAN };

static double combine_real(enum placing how, double old, double new) {
    switch (how) {
    case PLACE_ADD:
    case PLACE_MEAN: return old + new;
    case PLACE_MULTIPLY: return old * new;
    case PLACE_MAX: return old != old || old > new ? old : new;
    case PLACE_MIN: return old != old || old < new ? old : new;
    default: return new;
    }
}
static int64_t combine_int(enum placing how, int64_t old, int64_t new) {
    switch (how) {
    case PLACE_ADD:
    case PLACE_MEAN: return (int64_t)((uint64_t)old + (uint64_t) new);
    case PLACE_MULTIPLY: return (int64_t)((uint64_t)old * (uint64_t) new);
    case PLACE_MAX: return old > new ? old : new;
    case PLACE_MIN: return old < new ? old : new;
    default: return new;
    }
}
static struct complex128 combine_complex(enum placing how, struct complex128 a, struct complex128 b) {
    if (how == PLACE_ADD || how == PLACE_MEAN) return (struct complex128){a.re + b.re, a.im + b.im};
    if (how == PLACE_MULTIPLY)
        return (struct complex128){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    return b;
}

/* *to = combine(*to, scale * *from). */
static void place(enum placing how, enum dtype to_dtype, char *to, enum dtype from_dtype, const char *from,
                  double scale) {
    enum compute type = compute_wide(to_dtype);
    union {
        int64_t i;
        double f;
        struct complex128 z;
    } a, b;
    if (how == PLACE_SET) {
        if (to_dtype == from_dtype)
            move_element(to, from, dtype_size(to_dtype));
        else
            convert_elements(to_dtype, to, 0, from_dtype, from, 0, 1);
        return;
    }
    if (to_dtype == DTYPE_FLOAT32 && from_dtype == DTYPE_FLOAT32 && how == PLACE_ADD) {
        float sum, term;
        memcpy(&sum, to, sizeof sum);
        memcpy(&term, from, sizeof term);
        sum = (float)((double)sum + (double)term * scale);
        memcpy(to, &sum, sizeof sum);
        return;
    }
    convert_load[to_dtype][type](&a, 0, to, 0, 1);
    convert_load[from_dtype][type](&b, 0, from, 0, 1);
    if (type == COMPUTE_INT)
        a.i = combine_int(how, a.i, scale == 1 ? b.i : (int64_t)(scale * (double)b.i));
    else if (type == COMPUTE_DOUBLE)
        a.f = combine_real(how, a.f, b.f * scale);
    else
        a.z = combine_complex(how, a.z, (struct complex128){b.z.re * scale, b.z.im * scale});
    convert_store[to_dtype][type](to, 0, &a, 0, 1);
}

static bool scatter_lines(struct op_call *c, struct tensor *self, struct tensor *index, struct tensor *source,
                          int dim, enum placing how) {
    struct tensor *walked[3] = {index, self, source};
    struct lines l;
    for (bool more = lines_begin(&l, dim, 3, walked); more; more = lines_next(&l))
        for (int64_t i = 0; i < l.length[0]; i++) {
            int64_t at = line_index(&l, 0, i);
            if (at < 0 || at >= l.length[1]) return bad_index(c, at, dim, l.length[1]);
            place(how, l.dtype[1], l.data[1] + at * l.stride[1], l.dtype[2], l.data[2] + i * l.stride[2], 1);
        }
    return true;
}

/* Scatter source into a copy of self; `source` may be a wrapped number. */
static struct tensor *scattered(struct op_call *c, struct compose *k, struct tensor *out, int64_t dim,
                                struct tensor *index, struct tensor *source, enum placing how) {
    bool number = source->flags & TENSOR_WRAPPED_NUMBER;
    if (!wrap_dim(c, &dim, out->ndim) || !check_index_dtype(c, index, "scatter")) return NULL;
    if (!number && source->dtype != out->dtype) {
        refuse(c, "scatter(): Expected self.dtype to be equal to src.dtype");
        return NULL;
    }
    if (index->numel == 0) return out;
    struct tensor *o = compose_own(k, not_scalar(c, out)), *x = compose_own(k, not_scalar(c, index));
    if (k->failed || !check_shape(c, x, o, (int)dim, "self")) return NULL;
    struct tensor *s = NULL, *cut = compose_own(k, cut_to(c, o, x, (int)dim));
    if (number) {
        s = compose_own(k, tensor_expand(source, x->ndim, x->sizes, c->err));
    } else {
        s = compose_own(k, not_scalar(c, source));
        char a[256], b[256];
        if (s && s->ndim != x->ndim) {
            refuse(c, "Index tensor must have the same number of dimensions as src tensor");
            return NULL;
        }
        for (int i = 0; s && i < x->ndim; i++)
            if (x->sizes[i] > s->sizes[i]) {
                refuse(c,
                       "Expected index %s to be no larger than self %s apart from dimension %lld and to be "
                       "no larger size than src %s",
                       sizes_text(x->ndim, x->sizes, a, sizeof a), sizes_text(o->ndim, o->sizes, b, sizeof b),
                       (long long)dim, sizes_text(s->ndim, s->sizes, (char[256]){0}, 256));
                return NULL;
            }
        struct geometry g;
        if (s) {
            geometry_of(s, &g);
            memcpy(g.sizes, x->sizes, sizeof *g.sizes * x->ndim);
            s = compose_own(k, geometry_view(c, s, &g));
        }
    }
    return !k->failed && cut && s && scatter_lines(c, cut, x, s, (int)dim, how) ? out : NULL;
}

static bool scatter_call(struct op_call *c, enum placing how) {
    struct compose k = compose_start(c);
    struct wrapped wrapped;
    struct tensor *source = arg_operand(c, 3, &wrapped),
                  *out = compose_own(&k, tensor_clone(c, arg_tensor(c, 0)));
    struct tensor *held =
        source->flags & TENSOR_WRAPPED_NUMBER
            ? compose_own(&k, tensor_convert(source, tensor_dtype(out ? out : source), NULL, c->err))
            : source;
    if (out && held && held != source) held->flags |= TENSOR_WRAPPED_NUMBER;
    return compose_give(&k, out && held ? scattered(c, &k, out, arg_int(c, 1), arg_tensor(c, 2), held, how)
                                        : NULL);
}
bool index_scatter(struct op_call *c) {
    return scatter_call(c, PLACE_SET);
}
bool index_scatter_add(struct op_call *c) {
    return scatter_call(c, PLACE_ADD);
}
bool index_scatter_with(struct op_call *c) {
    const char *how = c->args[4].string->bytes;
    if (strcmp(how, "add") == 0) return scatter_call(c, PLACE_ADD);
    if (strcmp(how, "multiply") == 0) return scatter_call(c, PLACE_MULTIPLY);
    return refuse(c, "reduce argument must be either add or multiply.");
}

static bool placing_of(struct op_call *c, const char *name, enum placing *how) {
    static const struct {
        const char *name;
        enum placing how;
    } known[] = {{"sum", PLACE_ADD},
                 {"prod", PLACE_MULTIPLY},
                 {"mean", PLACE_MEAN},
                 {"amax", PLACE_MAX},
                 {"amin", PLACE_MIN}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            *how = known[i].how;
            return true;
        }
    return refuse(c, "reduce argument must be either sum, prod, mean, amax or amin, got %s", name);
}

/* Places that are written start from the reduction's identity when self does not count. */
static struct number identity_of(enum placing how, enum dtype d) {
    struct number n = {.tag = VALUE_INT};
    double high = dtype_is_floating(d) ? (double)INFINITY : 0;
    int bits = (int)dtype_size(d) * 8;
    if (how == PLACE_MULTIPLY) n.i = 1;
    if ((how == PLACE_MAX || how == PLACE_MIN) && dtype_is_floating(d))
        return (struct number){.tag = VALUE_FLOAT,
                               .f = how == PLACE_MAX ? -high : high,
                               .z = {how == PLACE_MAX ? -high : high, 0}};
    if (how == PLACE_MAX) n.i = d == DTYPE_UINT8 || d == DTYPE_BOOL ? 0 : INT64_MIN >> (64 - bits);
    if (how == PLACE_MIN) n.i = d == DTYPE_BOOL ? 1 : d == DTYPE_UINT8 ? 255 : INT64_MAX >> (64 - bits);
    n.f = n.z.re = (double)n.i;
    return n;
}

/* scatter_reduce(self, dim, index, src, reduce, include_self). */
bool index_scatter_reduce(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *index = arg_tensor(c, 2), *source = arg_tensor(c, 3);
    enum placing how;
    int64_t dim = arg_int(c, 1);
    bool include = arg_bool(c, 5);
    if (!placing_of(c, c->args[4].string->bytes, &how)) return false;
    struct tensor *out = compose_own(&k, tensor_clone(c, arg_tensor(c, 0)));
    if (out && !include) {
        struct number start = identity_of(how, tensor_dtype(out));
        lb_value v = number_value(start, c->err);
        out = compose_run(&k, "aten::scatter.value", "titv", out, dim, index, v);
    }
    struct tensor *sum = out ? scattered(c, &k, out, dim, index, source, how) : NULL;
    if (!sum || how != PLACE_MEAN) return compose_give(&k, sum);
    struct tensor *ones = compose_run(&k, "aten::ones_like", "t", source);
    struct tensor *count = include ? compose_run(&k, "aten::ones_like", "t", sum)
                                   : compose_run(&k, "aten::zeros_like", "t", sum);
    count = compose_run(&k, "aten::scatter_add", "titt", count, dim, index, ones);
    count = compose_run(&k, "aten::clamp_min", "td", count, 1);
    const char *mode = dtype_is_integral(tensor_dtype(sum), true) ? "floor" : NULL;
    if (mode) return compose_give(&k, compose_run(&k, "aten::div.Tensor_mode", "tts", sum, count, mode));
    return compose_give(&k, compose_run(&k, "aten::div.Tensor", "tt", sum, count));
}

/* --- an index vector along one dimension --- */

/* Rows of float32 that lie side by side: out[at[i]] += scale * source[i]. */
static bool add_rows(struct tensor *out, int dim, const int64_t *at, int64_t count,
                     const struct tensor *source, double scale) {
    if (out->dtype != DTYPE_FLOAT32 || source->dtype != DTYPE_FLOAT32 || out->ndim == 0 ||
        !tensor_is_contiguous(out) || !tensor_is_contiguous(source))
        return false;
    int64_t outer = 1, inner = 1, size = out->sizes[dim];
    for (int i = 0; i < out->ndim; i++) *(i < dim ? &outer : &inner) *= i == dim ? 1 : out->sizes[i];
    float factor = (float)scale, *to = tensor_data(out);
    const float *from = tensor_data(source);
    for (int64_t o = 0; o < outer; o++, to += size * inner)
        for (int64_t i = 0; i < count; i++, from += inner)
            for (int64_t j = 0; j < inner; j++) to[at[i] * inner + j] += factor * from[j];
    return true;
}

/* out[.., index[i], ..] = combine(itself, source[.., i, ..]). */
static bool place_slices(struct op_call *c, struct tensor *out, int dim, const struct tensor *index,
                         struct tensor *source, enum placing how, double scale) {
    struct tensor *walked[2] = {out, source};
    struct lines l;
    int64_t count = index->numel;
    int64_t *at = call_scratch(c, (size_t)count + 1, sizeof *at), size = out->ndim ? out->sizes[dim] : 1;
    if (!at) return false;
    bool good = true;
    for (int64_t i = 0; i < count; i++) {
        at[i] = tensor_get_int(index, i);
        if (at[i] < -size || at[i] >= size) good = refuse_index(c, "index out of range in self");
        if (at[i] < 0) at[i] += size;
    }
    bool done = good && source->numel > 0 && how == PLACE_ADD && add_rows(out, dim, at, count, source, scale);
    for (bool more = good && !done && count > 0 && source->numel > 0 && lines_begin(&l, dim, 2, walked); more;
         more = lines_next(&l))
        for (int64_t i = 0; i < count; i++)
            place(how, l.dtype[0], l.data[0] + at[i] * l.stride[0], l.dtype[1], l.data[1] + i * l.stride[1],
                  scale);
    mem_free(at);
    return good;
}

static bool check_slices(struct op_call *c, const struct tensor *self, int64_t dim,
                         const struct tensor *index, const struct tensor *source, const char *name) {
    if (!check_index_vector(c, index, name)) return false;
    if (self->dtype != source->dtype)
        return refuse(
            c, "%s(): self and source expected to have the same dtype, but got (self) %s and (source) %s",
            name, dtype_table[self->dtype].graph_name, dtype_table[source->dtype].graph_name);
    if (index->numel != (source->ndim ? source->sizes[dim] : 1))
        return refuse(c, "%s(): Number of indices (%lld) should be equal to source.size(dim) (%lld)", name,
                      (long long)index->numel, (long long)(source->ndim ? source->sizes[dim] : 1));
    for (int i = 0; i < self->ndim; i++)
        if (i != dim && (source->ndim != self->ndim || source->sizes[i] != self->sizes[i]))
            return refuse(c,
                          "source tensor shape must match self tensor shape, excluding the specified "
                          "dimension. Got self.shape = "
                          "%s source.shape = %s",
                          sizes_text(self->ndim, self->sizes, (char[256]){0}, 256),
                          sizes_text(source->ndim, source->sizes, (char[256]){0}, 256));
    return true;
}

static bool slices_call(struct op_call *c, enum placing how, double scale, const char *name) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 2), *source = arg_tensor(c, 3);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, self->ndim) || !check_slices(c, self, dim, index, source, name)) return false;
    struct tensor *out = tensor_clone(c, self);
    if (out && place_slices(c, out, (int)dim, index, source, how, scale)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
bool index_index_add(struct op_call *c) {
    return slices_call(c, PLACE_ADD, c->arg_count > 4 ? arg_number(c, 4).f : 1, "index_add");
}
bool index_index_copy(struct op_call *c) {
    return slices_call(c, PLACE_SET, 1, "index_copy_");
}

bool index_index_reduce(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 2), *source = arg_tensor(c, 3);
    int64_t dim = arg_int(c, 1);
    enum placing how;
    bool include = arg_bool(c, 5);
    if (strcmp(c->args[4].string->bytes, "sum") == 0)
        return refuse(c,
                      "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got sum.");
    if (!placing_of(c, c->args[4].string->bytes, &how) || !wrap_dim(c, &dim, self->ndim)) return false;
    if (!check_slices(c, self, dim, index, source, "index_reduce")) return false;
    struct tensor *out = compose_own(&k, tensor_clone(c, self));
    if (out && !include) {
        lb_value start = number_value(identity_of(how, tensor_dtype(out)), c->err);
        out = compose_run(&k, "aten::index_fill.int_Scalar", "titv", out, dim, index, start);
    }
    if (!out || !place_slices(c, out, (int)dim, index, source, how, 1)) return compose_give(&k, NULL);
    if (how != PLACE_MEAN) return compose_give(&k, out);
    struct tensor *ones = compose_run(&k, "aten::ones_like", "t", source);
    struct tensor *count = compose_run(&k, include ? "aten::ones_like" : "aten::zeros_like", "t", out);
    count = compose_run(&k, "aten::index_add", "tittd", count, dim, index, ones, 1);
    count = compose_run(&k, "aten::clamp_min", "td", count, 1);
    if (dtype_is_integral(tensor_dtype(out), true))
        return compose_give(&k, compose_run(&k, "aten::div.Tensor_mode", "tts", out, count, "floor"));
    return compose_give(&k, compose_run(&k, "aten::div.Tensor", "tt", out, count));
}

bool index_index_fill(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 2);
    struct wrapped wrapped;
    struct tensor *value = arg_operand(c, 3, &wrapped);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &dim, self->ndim)) return false;
    if (value->ndim > 0)
        return refuse(c, "Only supports 0-dimensional value tensor, but got tensor with %d dimension(s).",
                      value->ndim);
    if (index->ndim > 1) return refuse_index(c, "Index has to be a vector/scalar");
    if (index->dtype != DTYPE_INT64) return refuse_index(c, "index_fill_(): Expected dtype int64 for index.");
    struct tensor *out = tensor_clone(c, self);
    if (!out) return false;
    memcpy(sizes, self->sizes, sizeof *sizes * self->ndim);
    if (self->ndim > 0) sizes[dim] = index->numel;
    struct tensor *wide = tensor_expand(value, self->ndim, sizes, c->err);
    bool good = wide && place_slices(c, out, (int)dim, index, wide, PLACE_SET, 1);
    tensor_release(wide);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

/* take and put: positions in the flattened tensor. */
static bool flat_position(struct op_call *c, const struct tensor *t, int64_t *at) {
    if (*at < -t->numel || *at >= t->numel)
        return refuse_index(c, "out of range: tried to access index %lld on a tensor of %lld elements.",
                            (long long)*at, (long long)t->numel);
    if (*at < 0) *at += t->numel;
    return true;
}
bool index_take(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 1);
    if (index->dtype != DTYPE_INT64)
        return refuse(c, "take(): Expected a long tensor for index, but got %s",
                      dtype_table[index->dtype].graph_name);
    if (self->numel == 0 && index->numel > 0)
        return refuse_index(c, "take(): tried to take from an empty tensor");
    struct tensor *flat = tensor_contiguous(self, c->cx->budget, c->err);
    struct tensor *out = flat ? call_new(c, tensor_dtype(self), index->ndim, index->sizes) : NULL;
    size_t size = dtype_size(tensor_dtype(self));
    bool good = out != NULL;
    for (int64_t i = 0; good && i < index->numel; i++) {
        int64_t at = tensor_get_int(index, i);
        good = flat_position(c, self, &at);
        if (good)
            memcpy((char *)tensor_data(out) + (size_t)i * size, (char *)tensor_data(flat) + (size_t)at * size,
                   size);
    }
    tensor_release(flat);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
bool index_put_flat(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 1), *source = arg_tensor(c, 2);
    enum placing how = arg_bool(c, 3) ? PLACE_ADD : PLACE_SET;
    if (index->dtype != DTYPE_INT64)
        return refuse(c, "put_(): Expected a long tensor for index, but got %s",
                      dtype_table[index->dtype].graph_name);
    if (source->dtype != self->dtype)
        return refuse(c,
                      "put_(): self and source expected to have the same dtype, but got self.dtype = %s and "
                      "source.dtype = %s",
                      dtype_table[self->dtype].graph_name, dtype_table[source->dtype].graph_name);
    if (source->numel != index->numel)
        return refuse(c,
                      "put_(): Expected source and index to have the same number of elements, but got "
                      "source.numel() = %lld, index.numel() = %lld",
                      (long long)source->numel, (long long)index->numel);
    struct tensor *out = call_new(c, tensor_dtype(self), self->ndim, self->sizes);
    struct tensor *from = tensor_contiguous(source, c->cx->budget, c->err);
    size_t size = dtype_size(tensor_dtype(self));
    bool good = out && from && tensor_copy(out, self, c->err);
    for (int64_t i = 0; good && i < index->numel; i++) {
        int64_t at = tensor_get_int(index, i);
        good = flat_position(c, self, &at);
        if (good)
            place(how, tensor_dtype(out), (char *)tensor_data(out) + (size_t)at * size, tensor_dtype(from),
                  (char *)tensor_data(from) + (size_t)i * size, 1);
    }
    tensor_release(from);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

bool index_take_along_dim(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 1);
    if (index->dtype != DTYPE_INT64 && index->dtype != DTYPE_INT32)
        return refuse(c, "torch.take_along_dim(): dtype of indices should be Long but got %s",
                      dtype_table[index->dtype].graph_name);
    if (arg_none(c, 2)) {
        struct tensor *a = compose_run(&k, "aten::reshape", "tL", self, 1, &self->numel),
                      *b = compose_run(&k, "aten::reshape", "tL", index, 1, &index->numel);
        return compose_give(&k, compose_run(&k, "aten::gather", "tdtb", a, 0, b, false));
    }
    int64_t dim = arg_int(c, 2), sizes[TENSOR_MAX_DIMS], other[TENSOR_MAX_DIMS];
    int ndim = self->ndim;
    if (self->ndim != index->ndim)
        return refuse(c,
                      "torch.take_along_dim(): input and indices should have the same number of dimensions, "
                      "but got %d dimensions for input, and %d dimensions for indices",
                      self->ndim, index->ndim);
    if (ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
    if (!wrap_dim(c, &dim, ndim)) return false;
    memcpy(sizes, self->sizes, sizeof *sizes * (size_t)ndim);
    memcpy(other, index->sizes, sizeof *sizes * (size_t)ndim);
    int64_t own = sizes[dim], wanted = other[dim];
    sizes[dim] = other[dim] = 1;
    if (!sizes_broadcast(&ndim, sizes, ndim, other, c->err)) return false;
    sizes[dim] = own;
    struct tensor *a = compose_own(&k, tensor_expand(self, ndim, sizes, c->err));
    sizes[dim] = wanted;
    struct tensor *b = compose_own(&k, tensor_expand(index, ndim, sizes, c->err));
    if (b && b->numel > 0 && own > 0) b = compose_run(&k, "aten::remainder.Scalar", "ti", b, own);
    return compose_give(&k, compose_run(&k, "aten::gather", "titb", a, dim, b, false));
}
