/* Reductions of segments of a dimension, and their gradients (aten/src/ATen/native/SegmentReduce.cpp).
 *
 * Data are [outer, length, inner]; each outer row has segments of its own, given by lengths or by offsets. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include <math.h>
#include <string.h>

enum segment_kind { SEGMENT_MAX, SEGMENT_MEAN, SEGMENT_MIN, SEGMENT_SUM, SEGMENT_PROD, SEGMENT_KINDS };

struct segments {
    enum segment_kind kind;
    struct tensor *data;
    int axis;
    bool has_initial;
    double initial;
    int64_t outer, length, inner, count; /* count: segments of a row */
    int64_t *begins, *ends;              /* [outer, count] */
};

static bool read_kind(struct op_call *c, int at, enum segment_kind *kind) {
    static const char *const names[] = {"max", "mean", "min", "sum", "prod"};
    const char *name = c->args[at].string->bytes;
    for (int i = 0; i < SEGMENT_KINDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum segment_kind)i;
            return true;
        }
    return refuse(c, "unsupported reduction given! %s", name);
}

/* Where segments begin and end, held against the data. */
static bool place_segments(struct op_call *c, struct segments *s, const struct tensor *given, bool lengths) {
    int64_t items = s->count + !lengths;
    for (int64_t row = 0; row < s->outer; row++) {
        int64_t at = 0;
        for (int64_t i = 0; i < s->count; i++) {
            int64_t k = row * s->count + i, n = tensor_get_int(given, row * items + i);
            s->begins[k] = lengths ? at : n;
            if (__builtin_add_overflow(at, lengths ? n : 0, &at)) at = -1;
            s->ends[k] = lengths ? at : tensor_get_int(given, row * items + i + 1);
            if (s->begins[k] < 0 || s->ends[k] < s->begins[k] || s->ends[k] > s->length)
                return refuse(c, "segment_reduce(): a segment is outside the data");
        }
    }
    return true;
}

static bool check_given(struct op_call *c, const struct segments *s, const struct tensor *t,
                        const char *name) {
    if (s->data->ndim < t->ndim)
        return refuse(c, "Expected data.dim() >= %s_value.dim() to be true, but got false.", name);
    if (s->axis != t->ndim - 1)
        return refuse(c, "segment_reduce(): Expected axis to be the last dimension of %s but got %d.", name,
                      s->axis);
    for (int i = 0; i < s->axis; i++)
        if (t->sizes[i] != s->data->sizes[i])
            return refuse(c, "segment_reduce(): %s and data have other sizes", name);
    return t->dtype == DTYPE_INT64 || t->dtype == DTYPE_INT32 ||
           refuse(c, "\"_segment_reduce_cpu\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
}

/* At argument `at`: lengths, and at `offsets_at`: offsets; which go first where both are given. */
static bool read_segments(struct op_call *c, struct compose *k, struct segments *s, int at, int offsets_at) {
    struct tensor *offsets = arg_tensor_or_null(c, offsets_at),
                  *given = offsets ? offsets : arg_tensor_or_null(c, at);
    const struct tensor *x = s->data;
    if (!given) return refuse(c, "segment_reduce(): Either lengths or offsets must be defined.");
    if (!check_given(c, s, given, offsets ? "offsets" : "lengths")) return false;
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "\"_segment_reduce_cpu\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    s->outer = s->inner = 1;
    for (int i = 0; i < x->ndim; i++)
        if (i != s->axis) *(i < s->axis ? &s->outer : &s->inner) *= x->sizes[i];
    s->length = x->ndim ? x->sizes[s->axis] : 1;
    s->count = (given->ndim ? given->sizes[s->axis] : 1) - (offsets != NULL);
    if (s->count < 0) return refuse(c, "segment_reduce(): offsets must have at least one element");
    struct tensor *whole = compose_own(k, tensor_contiguous(given, c->cx->budget, c->err));
    s->begins = whole ? call_scratch(c, 2 * (size_t)(s->outer * s->count) + 1, sizeof *s->begins) : NULL;
    s->ends = s->begins ? s->begins + s->outer * s->count : NULL;
    return s->begins && place_segments(c, s, whole, offsets == NULL);
}

static double start_of(const struct segments *s) {
    static const double starts[] = {[SEGMENT_MAX] = -INFINITY,
                                    [SEGMENT_MIN] = INFINITY,
                                    [SEGMENT_PROD] = 1,
                                    [SEGMENT_MEAN] = 0,
                                    [SEGMENT_SUM] = 0};
    return s->has_initial ? s->initial : starts[s->kind];
}

static double join(enum segment_kind kind, double so_far, double x) {
    switch (kind) {
    case SEGMENT_MAX: return x != x || x > so_far ? x : so_far;
    case SEGMENT_MIN: return x != x || x < so_far ? x : so_far;
    case SEGMENT_PROD: return so_far * x;
    default: return so_far + x;
    }
}

/* x: the segment's first element. */
static double reduce_one(const struct segments *s, const double *x, int64_t count) {
    double result = start_of(s);
    for (int64_t i = 0; i < count; i++) result = join(s->kind, result, x[i * s->inner]);
    if (s->kind != SEGMENT_MEAN) return result;
    if (count == 0) return s->has_initial ? result : (double)NAN;
    return result / (double)count;
}

/* Every element is in one segment at most. Equal extremes share a gradient when it is positive, as PyTorch's
 * loop does. */
static void spread_one(const struct segments *s, const double *x, int64_t count, double result, double grad,
                       double *out) {
    int64_t equal = 0, step = s->inner;
    for (int64_t i = 0; i < count; i++) equal += x[i * step] != x[i * step] || x[i * step] == result;
    for (int64_t i = 0; i < count; i++) {
        double v = x[i * step], others = s->has_initial ? s->initial : 1;
        bool hit = v != v || v == result;
        switch (s->kind) {
        case SEGMENT_MAX:
        case SEGMENT_MIN: out[i * step] = !hit ? 0 : grad > 0 ? grad / (double)equal : grad; break;
        case SEGMENT_MEAN: out[i * step] = grad / (double)count; break;
        case SEGMENT_SUM: out[i * step] = grad; break;
        default:
            for (int64_t j = 0; j < count && (v != v || v == 0); j++) others *= j == i ? 1 : x[j * step];
            out[i * step] = v != v || v == 0 ? grad * others : grad * result / v;
        }
    }
}

static struct tensor *doubles(struct op_call *c, struct compose *k, struct tensor *t) {
    struct tensor *wide = compose_own(k, tensor_convert(t, DTYPE_FLOAT64, c->cx->budget, c->err));
    return wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
}

static void read_initial(const struct op_call *c, int at, struct segments *s) {
    s->has_initial = !arg_none(c, at);
    s->initial = s->has_initial ? arg_number(c, at).f : 0;
}

/* PyTorch's check of lengths, which unsafe=True leaves out. */
static bool check_lengths(struct op_call *c, const struct segments *s, const struct tensor *lengths) {
    if (lengths->numel == 0)
        return refuse_index(
            c, "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
               "reduction dim with the 'dim' argument.");
    for (int64_t row = 0; row < s->outer; row++) {
        int64_t end = s->count > 0 ? s->ends[row * s->count + s->count - 1] : 0;
        if (end != s->length)
            return refuse(c, "segment_reduce(): Expected all rows of lengths along axis to sum to "
                             "data.size(lengths.dim()-1) when !unsafe.");
    }
    return true;
}

/* segment_reduce(data, reduce, lengths, indices, offsets, axis, unsafe, initial) */
bool reduce_segments(struct op_call *c) {
    struct compose k = compose_start(c);
    struct segments s = {.data = arg_tensor(c, 0)};
    int64_t axis = arg_int(c, 5), sizes[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &axis, s.data->ndim) || !read_kind(c, 1, &s.kind)) return false;
    s.axis = (int)axis;
    read_initial(c, 7, &s);
    if (!arg_none(c, 3)) return refuse(c, "segment_reduce(): indices based reduction is not supported yet.");
    bool good = read_segments(c, &k, &s, 2, 4) &&
                (arg_bool(c, 6) || !arg_none(c, 4) || check_lengths(c, &s, arg_tensor(c, 2)));
    memcpy(sizes, s.data->sizes, sizeof *sizes * s.data->ndim);
    sizes[s.axis] = s.count;
    struct tensor *out = good ? compose_own(&k, call_new(c, DTYPE_FLOAT64, s.data->ndim, sizes)) : NULL,
                  *x = out ? doubles(c, &k, s.data) : NULL;
    for (int64_t i = 0; x && i < s.outer * s.count; i++)
        for (int64_t j = 0; j < s.inner; j++)
            ((double *)tensor_data(out))[i * s.inner + j] = reduce_one(
                &s, (double *)tensor_data(x) + (i / s.count * s.length + s.begins[i]) * s.inner + j,
                s.ends[i] - s.begins[i]);
    mem_free(s.begins);
    return compose_give(
        &k, x ? compose_own(&k, tensor_convert(out, tensor_dtype(s.data), c->cx->budget, c->err)) : NULL);
}

static bool check_gradient(struct op_call *c, const struct segments *s, const struct tensor *t) {
    if (t->dtype != s->data->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[s->data->dtype].graph_name,
                      dtype_table[t->dtype].graph_name);
    return t->numel >= s->outer * s->count * s->inner ||
           refuse(c, "_segment_reduce_backward: a gradient and a result are needed for each segment");
}

/* _segment_reduce_backward(grad, output, data, reduce, lengths, offsets, axis, initial) */
bool reduce_segments_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct segments s = {.data = arg_tensor(c, 2)};
    int64_t axis = arg_int(c, 6);
    if (s.data->ndim == 0) return refuse_index(c, "Dimension specified as -1 but tensor has no dimensions");
    if (!wrap_dim(c, &axis, s.data->ndim) || !read_kind(c, 3, &s.kind)) return false;
    s.axis = (int)axis;
    read_initial(c, 7, &s);
    bool good = read_segments(c, &k, &s, 4, 5) && check_gradient(c, &s, arg_tensor(c, 0)) &&
                check_gradient(c, &s, arg_tensor(c, 1));
    struct tensor *grad = good ? doubles(c, &k, arg_tensor(c, 0)) : NULL,
                  *results = grad ? doubles(c, &k, arg_tensor(c, 1)) : NULL,
                  *x = results ? doubles(c, &k, s.data) : NULL;
    struct tensor *out =
        x ? compose_run(&k, "aten::zeros", "Ld", s.data->ndim, s.data->sizes, DTYPE_FLOAT64) : NULL;
    for (int64_t i = 0; out && i < s.outer * s.count; i++)
        for (int64_t j = 0; j < s.inner; j++) {
            int64_t from = (i / s.count * s.length + s.begins[i]) * s.inner + j, at = i * s.inner + j;
            spread_one(&s, (double *)tensor_data(x) + from, s.ends[i] - s.begins[i],
                       ((double *)tensor_data(results))[at], ((double *)tensor_data(grad))[at],
                       (double *)tensor_data(out) + from);
        }
    mem_free(s.begins);
    return compose_give(
        &k, out ? compose_own(&k, tensor_convert(out, tensor_dtype(s.data), c->cx->budget, c->err)) : NULL);
}
