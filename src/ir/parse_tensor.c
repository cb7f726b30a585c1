/* Tensor constants in a graph's text. Up to ten elements are shown, with four digits after the point
 * (aten/src/ATen/core/Formatting.cpp): rows, in chunks of columns where a row is too long, slice after slice.
 */
#include "ir/parse_value.h"
#include "tensor/convert.h"
#include <math.h>
#include <string.h>

enum { MOST_SHOWN = 10, MOST_PLACEHOLDER_BYTES = 16 };

struct elements {
    double values[MOST_SHOWN];
    double imaginary; /* of the only one */
    int count;
};

static void store(struct tensor *t, int64_t index, double value) {
    char *at = (char *)tensor_data(t) + index * (int64_t)dtype_size((enum dtype)t->dtype);
    switch (t->dtype) {
#define STORE(DTYPE, type) \
    case DTYPE: *(type *)(void *)at = (type)value; break;
        STORE(DTYPE_UINT8, uint8_t)
        STORE(DTYPE_INT8, int8_t)
        STORE(DTYPE_INT16, int16_t)
        STORE(DTYPE_INT32, int32_t)
        STORE(DTYPE_INT64, int64_t)
        STORE(DTYPE_BOOL, bool)
        STORE(DTYPE_FLOAT32, float)
        STORE(DTYPE_FLOAT64, double)
#undef STORE
    default: break;
    }
}

static void store_wide(struct tensor *wide, const struct elements *e) {
    struct complex128 one = {e->values[0], e->imaginary};
    if (wide->dtype == DTYPE_COMPLEX128 && e->count == 1)
        memcpy(tensor_data(wide), &one, sizeof one);
    else
        for (int i = 0; i < e->count; i++) store(wide, i, e->values[i]);
}

/* Whole elements are written as doubles and converted, so that every dtype is reached. */
static bool fill(struct tensor **t, const struct elements *e, lb_error *err) {
    enum dtype dtype = (enum dtype)(*t)->dtype;
    bool direct = !dtype_is_complex(dtype) && dtype != DTYPE_FLOAT16 && dtype != DTYPE_BFLOAT16 &&
                  dtype_table[dtype].category != DTYPE_QUANTIZED;
    if (dtype_table[dtype].category == DTYPE_QUANTIZED) return true;
    enum dtype through = dtype_is_complex(dtype) && e->count == 1 ? DTYPE_COMPLEX128 : DTYPE_FLOAT64;
    struct tensor *wide =
        direct ? tensor_retain(*t) : tensor_new(through, (*t)->ndim, (*t)->sizes, NULL, err);
    if (!wide) return false;
    store_wide(wide, e);
    bool good = direct || tensor_copy(*t, wide, err);
    tensor_release(wide);
    return good;
}

/* Zeros of these sizes that take no memory: all strides are 0. */
static struct tensor *placeholder(const struct tensor_facts *f, enum dtype dtype, lb_error *err) {
    static const int64_t no_strides[TENSOR_MAX_DIMS];
    struct storage *storage = storage_new(MOST_PLACEHOLDER_BYTES, NULL, err);
    if (!storage) return NULL;
    memset(storage->data, 0, storage->bytes);
    struct tensor *t = tensor_over(storage, dtype, f->ndim, f->sizes, no_strides, 0, err);
    storage_release(storage);
    return t;
}

static bool sizes_known(const struct tensor_facts *f) {
    for (int i = 0; f && i < f->ndim; i++)
        if (f->sizes[i] < 0) return false;
    return f && f->ndim >= 0 && f->dtype >= 0;
}

/* More than ten elements, or a tensor without storage. */
static bool read_hidden(struct scan *s, const struct type *type, lb_value *out) {
    static int64_t eleven = MOST_SHOWN + 1;
    static const struct tensor_facts unknown = {.dtype = DTYPE_FLOAT32, .ndim = 1, .sizes = &eleven};
    const struct tensor_facts *f = sizes_known(type->facts) ? type->facts : &unknown;
    struct tensor *t = placeholder(f, (enum dtype)f->dtype, s->err);
    if (!t) return false;
    *out = value_tensor(t);
    return true;
}

static bool read_real(struct scan *s, double *value) {
    int64_t i;
    bool is_float, is_imaginary;
    if (!scan_number(s, value, &i, &is_float, &is_imaginary)) return false;
    if (!is_float) *value = (double)i;
    return true;
}

/* A new tensor of this dtype and these sizes (one dimension where they are not known) with these elements. */
static bool make(struct scan *s, const struct tensor_facts *f, const struct elements *e, lb_value *out) {
    enum dtype dtype = f && f->dtype >= 0 ? (enum dtype)f->dtype : DTYPE_FLOAT32;
    int64_t numel, count = e->count;
    bool known = sizes_known(f) && sizes_product(f->ndim, f->sizes, &numel) && numel == e->count;
    struct tensor *t = known ? tensor_new(dtype, f->ndim, f->sizes, NULL, s->err)
                             : tensor_new(dtype, count != 1, &count, NULL, s->err);
    if (!t) return false;
    *out = value_tensor(t);
    return fill(&out->tensor, e, s->err);
}

static bool read_single(struct scan *s, const struct type *type, lb_value *out) {
    struct elements e = {.count = 1};
    bool is_complex = scan_accept(s, "(");
    if (!read_real(s, &e.values[0])) return false;
    if (is_complex && (!scan_expect(s, ",") || !read_real(s, &e.imaginary) || !scan_expect(s, ")")))
        return false;
    return scan_expect(s, "}") && make(s, type->facts, &e, out);
}

/* "(1,.,.) =" and "Columns 1 to 8" between elements say where the next ones belong; only the columns matter,
 * since slices and rows come in order. */
static bool skip_heading(struct scan *s, int64_t *first_column, int64_t *last_column) {
    if (scan_accept(s, "(")) {
        while (scan_here(s) && scan_here(s) != '=') s->at++;
        return scan_expect(s, "=");
    }
    if (!scan_accept(s, "Columns")) return false;
    return scan_int(s, first_column) && scan_expect(s, "to") && scan_int(s, last_column);
}

/* Where the next element stands among all: row by row of the columns that are being shown. */
struct cursor {
    int64_t first, last; /* columns, from 1; last 0: all of them */
    int64_t columns, row, column;
};

static bool read_element(struct scan *s, struct elements *e, struct cursor *at, double *scale) {
    double value;
    if (!read_real(s, &value)) return false;
    if (scan_accept(s, "*")) {
        *scale = value;
        return true;
    }
    if (e->count == MOST_SHOWN) return scan_fail(s, "too many elements");
    int64_t index = at->last ? at->row * at->columns + at->first - 1 + at->column : e->count;
    if (index >= 0 && index < MOST_SHOWN) e->values[index] = value * *scale;
    e->count++;
    if (at->last && ++at->column > at->last - at->first) at->row++, at->column = 0;
    return true;
}

static bool read_elements(struct scan *s, int64_t columns, struct elements *e) {
    struct cursor at = {.columns = columns};
    double scale = 1;
    while (!scan_next_is(s, "[")) {
        if (!scan_next_is(s, "(") && !scan_next_is(s, "Columns")) {
            if (!read_element(s, e, &at, &scale)) return false;
            continue;
        }
        if (!skip_heading(s, &at.first, &at.last)) return scan_fail(s, "expected a tensor's elements");
        at.row = at.column = 0;
    }
    return true;
}

/* Of "CPUComplexFloatType": the longest name that it ends with; -1: none. */
static int dtype_of_type_name(const char *word, size_t length) {
    int best = -1;
    size_t best_length = 0;
    for (int d = 0; d < DTYPE_COUNT; d++) {
        const char *name = dtype_table[d].graph_name;
        size_t end = strlen(name);
        bool ends = length >= end + 4 && memcmp(word + length - end - 4, name, end) == 0;
        if (!ends || end <= best_length) continue;
        best = d;
        best_length = end;
    }
    return best;
}

/* "[ CPUFloatType{2,2} ]" behind the elements: dtype and sizes, for types that do not say them. */
static bool read_bracket(struct scan *s, struct tensor_facts *f, int64_t *sizes) {
    const char *word;
    size_t length;
    if (!scan_expect(s, "[") || !scan_word(s, false, &word, &length))
        return scan_fail(s, "expected a tensor's type");
    f->dtype = dtype_of_type_name(word, length);
    f->sizes = sizes;
    if (!scan_expect(s, "{")) return false;
    while (f->ndim < TENSOR_MAX_DIMS && !scan_next_is(s, "}")) {
        if (!scan_int(s, &sizes[f->ndim++])) return false;
        if (!scan_accept(s, ",")) break;
    }
    if (!scan_expect(s, "}")) return false;
    while (scan_here(s) && scan_here(s) != ']') s->at++; /* a quantizer's parameters */
    return scan_expect(s, "]");
}

static bool read_shown(struct scan *s, const struct type *type, lb_value *out) {
    struct elements e = {.count = 0};
    int64_t sizes[TENSOR_MAX_DIMS];
    struct tensor_facts shown = {.dtype = -1};
    const struct tensor_facts *f = type->facts;
    int64_t columns = sizes_known(f) && f->ndim > 1 ? f->sizes[f->ndim - 1] : 0;
    if (!read_elements(s, columns, &e) || !read_bracket(s, &shown, sizes)) return false;
    return make(s, sizes_known(f) ? f : &shown, &e, out);
}

bool tensor_read(struct scan *s, const struct type *type, lb_value *out) {
    if (scan_accept(s, "<Tensor>")) return read_hidden(s, type, out);
    return scan_accept(s, "{") ? read_single(s, type, out) : read_shown(s, type, out);
}
