/* searchsorted and bucketize: the place of each value in a rising sequence, or in the sequence of its row
 * (aten/src/ATen/native/Bucketization.cpp).
 *
 * A sequence is laid out once, in the order its sorter says, as int64 where both sides are whole and as
 * double otherwise; each value is then found by halving. */
#include "base/mem.h"
#include "ops/common/args.h"
#include <string.h>

struct search {
    enum compute type; /* COMPUTE_INT or COMPUTE_DOUBLE */
    int64_t length;
    void *line;
    bool right;
};

/* The first place whose element is not below x; `right`: is above it. */
#define LOWER_BOUND(name, type)                                                 \
    static int64_t name(const type *line, int64_t length, type x, bool right) { \
        const type *low = line;                                                 \
        while (length > 0) {                                                    \
            int64_t half = length / 2;                                          \
            bool below = right ? !(low[half] > x) : !(low[half] >= x);          \
            low = below ? low + half + 1 : low;                                 \
            length = below ? length - half - 1 : half;                          \
        }                                                                       \
        return low - line;                                                      \
    }
LOWER_BOUND(bound_of_int, int64_t)
LOWER_BOUND(bound_of_double, double)

/* Row `row` of a contiguous sequence, in the sorter's order. */
static bool lay_out(struct op_call *c, const struct search *s, const struct tensor *sequence, int64_t row,
                    const struct tensor *sorter) {
    int64_t size = (int64_t)dtype_size(tensor_dtype(sequence));
    const char *from = (const char *)tensor_data(sequence) + row * s->length * size;
    convert_run *load = convert_load[sequence->dtype][s->type];
    if (!sorter) load(s->line, 8, from, size, s->length);
    for (int64_t i = 0; sorter && i < s->length; i++) {
        int64_t at = tensor_get_int(sorter, row * s->length + i);
        if (at < 0 || at >= s->length) return refuse(c, "torch.searchsorted(): sorter index out of range");
        load((char *)s->line + i * 8, 8, from + at * size, size, 1);
    }
    return true;
}

static int64_t find(const struct search *s, enum dtype d, const char *value) {
    int64_t whole;
    double real;
    if (s->type == COMPUTE_INT) {
        convert_load[d][COMPUTE_INT](&whole, 8, value, 0, 1);
        return bound_of_int(s->line, s->length, whole, s->right);
    }
    convert_load[d][COMPUTE_DOUBLE](&real, 8, value, 0, 1);
    return bound_of_double(s->line, s->length, real, s->right);
}

/* All are contiguous; `per_row` values belong to each row of the sequence. */
static bool search_rows(struct op_call *c, const struct search *s, const struct tensor *sequence,
                        const struct tensor *values, const struct tensor *sorter, int64_t per_row,
                        struct tensor *out) {
    int64_t size = (int64_t)dtype_size(tensor_dtype(values));
    for (int64_t i = 0; i < values->numel; i++) {
        if (i % per_row == 0 && !lay_out(c, s, sequence, i / per_row, sorter)) return false;
        int64_t at = find(s, tensor_dtype(values), (const char *)tensor_data(values) + i * size);
        if (out->dtype == DTYPE_INT64)
            ((int64_t *)tensor_data(out))[i] = at;
        else
            ((int32_t *)tensor_data(out))[i] = (int32_t)at;
    }
    return true;
}

static bool searched(struct op_call *c, struct tensor *sequence, struct tensor *values, bool int32,
                     bool right, struct tensor *sorter) {
    bool whole =
        dtype_is_integral(tensor_dtype(sequence), true) && dtype_is_integral(tensor_dtype(values), true);
    struct search s = {whole ? COMPUTE_INT : COMPUTE_DOUBLE, sequence->sizes[sequence->ndim - 1], NULL,
                       right};
    int64_t per_row = values->ndim ? values->sizes[values->ndim - 1] : 1;
    if (sequence->ndim == 1) per_row = values->numel ? values->numel : 1;
    struct tensor *out = call_new(c, int32 ? DTYPE_INT32 : DTYPE_INT64, values->ndim, values->sizes);
    struct tensor *q = tensor_contiguous(sequence, c->cx->budget, c->err),
                  *v = tensor_contiguous(values, c->cx->budget, c->err);
    s.line = call_scratch(c, (size_t)s.length + 1, 8);
    bool good = out && q && v && s.line && search_rows(c, &s, q, v, sorter, per_row, out);
    mem_free(s.line);
    tensor_release(q);
    tensor_release(v);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

/* searchsorted(sequence, self, *, out_int32, right, side, sorter) */
bool sort_searchsorted(struct op_call *c) {
    struct wrapped wrapped;
    struct tensor *sequence = arg_tensor(c, 0), *values = arg_operand(c, 1, &wrapped),
                  *sorter = arg_tensor_or_null(c, 5);
    bool right = arg_bool(c, 3);
    if (!arg_none(c, 4)) {
        const char *side = c->args[4].string->bytes;
        if (strcmp(side, "left") != 0 && strcmp(side, "right") != 0)
            return refuse(c, "torch.searchsorted(): side can only be 'left' or 'right' but got %s", side);
        if (right && side[0] == 'l')
            return refuse(c, "torch.searchsorted(): side and right can't be set to opposites, got side of "
                             "left while right was True");
        right = side[0] == 'r';
    }
    if (sequence->ndim == 0)
        return refuse(c, "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
                         "dimension is 1, but we got boundaries tensor dim(0)");
    bool fits = sequence->ndim == 1 || sequence->ndim == values->ndim;
    for (int i = 0; fits && sequence->ndim > 1 && i + 1 < sequence->ndim; i++)
        fits = sequence->sizes[i] == values->sizes[i];
    if (!fits)
        return refuse(c,
                      "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
                      "dimensions of boundaries tensor and input value tensor must match, but we got "
                      "boundaries tensor %s and input value tensor %s",
                      sizes_text(sequence->ndim, sequence->sizes, (char[256]){0}, 256),
                      sizes_text(values->ndim, values->sizes, (char[256]){0}, 256));
    return searched(c, sequence, values, arg_bool(c, 2), right, sorter);
}
/* bucketize(self, boundaries, *, out_int32, right) */
bool sort_bucketize(struct op_call *c) {
    struct wrapped wrapped;
    struct tensor *values = arg_operand(c, 0, &wrapped), *boundaries = arg_tensor(c, 1);
    if (boundaries->ndim != 1)
        return refuse(c, "boundaries tensor must be 1 dimension, but got dim(%d)", boundaries->ndim);
    return searched(c, boundaries, values, arg_bool(c, 2), arg_bool(c, 3), NULL);
}
