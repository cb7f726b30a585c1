/* See repr.h. One format serves all elements that are shown: it is found by a walk over them before they are
 * written by a second one. Of large tensors the first and last few along each dimension are walked. Real and
 * imaginary parts have a format each. */
#include "tensor/repr.h"
#include "tensor/convert.h"
#include "tensor/layouts.h"
#include "tensor/quantizer.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct repr_options repr_defaults = {4, 1000, 3, 80, -1};

enum { NUMBER_SIZE = 400 };

/* ---- one number ---- */

struct format {
    bool floating, whole, scientific;
    int width, precision;
    bool any;                 /* a number that is neither 0 nor infinite nor NaN was seen */
    double smallest, largest; /* of their absolute values */
    int widest_fixed, widest_whole, widest_scientific;
};

struct view {
    const struct tensor *t;
    const struct repr_options *options;
    bool summarized;
    struct format parts[2]; /* real numbers, imaginary ones */
};

/* Python's words for what is no number. */
static int put_special(char *buffer, double x) {
    return snprintf(buffer, NUMBER_SIZE, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

static int widest(int so_far, int length) {
    return length > so_far ? length : so_far;
}

/* Takes note of one floating number for the choice of the format. */
static void measure(struct format *f, double x) {
    char buffer[NUMBER_SIZE];
    if (!isfinite(x) || x == 0) return;
    double z = fabs(x);
    f->smallest = f->any && f->smallest < z ? f->smallest : z;
    f->largest = f->any && f->largest > z ? f->largest : z;
    f->any = true;
    if (x != ceil(x)) f->whole = false;
    f->widest_whole = widest(f->widest_whole, snprintf(buffer, sizeof buffer, "%.0f", x) + 1);
    f->widest_fixed = widest(f->widest_fixed, snprintf(buffer, sizeof buffer, "%.*f", f->precision, x));
    f->widest_scientific =
        widest(f->widest_scientific, snprintf(buffer, sizeof buffer, "%.*e", f->precision, x));
}

static void choose(struct format *f, int scientific) {
    if (!f->floating || !f->any) return;
    bool wanted = f->largest / f->smallest > 1000.0 || f->largest > 1.0e8 || f->smallest < 1.0e-4;
    f->scientific = scientific < 0 ? wanted : scientific;
    f->width = widest(f->width, f->scientific ? f->widest_scientific
                                : f->whole    ? f->widest_whole
                                              : f->widest_fixed);
}

static int put_floating(char *buffer, const struct format *f, double x) {
    if (!isfinite(x)) return put_special(buffer, x);
    if (f->scientific) return snprintf(buffer, NUMBER_SIZE, "%.*e", f->precision, x);
    return f->whole ? snprintf(buffer, NUMBER_SIZE, "%.0f.", x)
                    : snprintf(buffer, NUMBER_SIZE, "%.*f", f->precision, x);
}

static void pad(struct text *out, int width, const char *number, int length) {
    text_put_repeat(out, ' ', width > length ? width - length : 0);
    text_put_bytes(out, number, (size_t)length);
}

/* ---- one element ---- */

static const char *address(const struct tensor *t, int64_t offset) {
    return (const char *)tensor_data(t) + offset * (int64_t)dtype_size((enum dtype)t->dtype);
}

static int whole_text(char *buffer, const struct tensor *t, int64_t offset) {
    int64_t i;
    convert_load[t->dtype][COMPUTE_INT](&i, 0, address(t, offset), 0, 1);
    if (t->dtype == DTYPE_BOOL) return snprintf(buffer, NUMBER_SIZE, "%s", i ? "True" : "False");
    return snprintf(buffer, NUMBER_SIZE, "%lld", (long long)i);
}

static struct complex128 complex_at(const struct tensor *t, int64_t offset) {
    struct complex128 z;
    convert_load[t->dtype][COMPUTE_COMPLEX](&z, 0, address(t, offset), 0, 1);
    return z;
}

static double real_at(const struct tensor *t, int64_t offset) {
    double x;
    convert_load[t->dtype][COMPUTE_DOUBLE](&x, 0, address(t, offset), 0, 1);
    return x;
}

static void measure_at(struct view *v, int64_t offset) {
    char buffer[NUMBER_SIZE];
    struct format *f = v->parts;
    if (!f->floating) {
        f->width = widest(f->width, whole_text(buffer, v->t, offset));
    } else if (dtype_is_complex((enum dtype)v->t->dtype)) {
        struct complex128 z = complex_at(v->t, offset);
        measure(&f[0], z.re);
        measure(&f[1], z.im);
    } else {
        measure(f, real_at(v->t, offset));
    }
}

/* The imaginary part stands close to the real one, with its sign. */
static void put_complex(struct text *out, const struct format *f, struct complex128 z) {
    char number[NUMBER_SIZE];
    int length = put_floating(number, &f[0], z.re);
    pad(out, f[0].width, number, length);
    length = put_floating(number, &f[1], z.im);
    text_printf(out, "%s%sj", number[0] == '-' ? "" : "+", number);
    (void)length;
}

static void put_at(struct text *out, const struct view *v, int64_t offset) {
    char number[NUMBER_SIZE];
    const struct format *f = v->parts;
    if (f->floating && dtype_is_complex((enum dtype)v->t->dtype)) {
        put_complex(out, f, complex_at(v->t, offset));
        return;
    }
    int length =
        f->floating ? put_floating(number, f, real_at(v->t, offset)) : whole_text(number, v->t, offset);
    pad(out, f->width, number, length);
}

/* ---- all elements ---- */

static bool is_cut(const struct view *v, int dim) {
    return v->summarized && v->t->sizes[dim] > 2 * v->options->edgeitems;
}

/* How many are shown along a dimension, and which one the nth is. */
static int64_t shown_count(const struct view *v, int dim) {
    return is_cut(v, dim) ? 2 * v->options->edgeitems : v->t->sizes[dim];
}

static int64_t shown_index(const struct view *v, int dim, int64_t n) {
    bool behind = is_cut(v, dim) && n >= v->options->edgeitems;
    return behind ? v->t->sizes[dim] - 2 * v->options->edgeitems + n : n;
}

static void measure_from(struct view *v, int dim, int64_t offset) {
    if (dim == v->t->ndim) {
        measure_at(v, offset);
        return;
    }
    for (int64_t n = 0; n < shown_count(v, dim); n++)
        measure_from(v, dim + 1, offset + shown_index(v, dim, n) * v->t->strides[dim]);
}

static int element_length(const struct view *v) {
    bool complex = dtype_is_complex((enum dtype)v->t->dtype);
    return v->parts[0].width + 2 + (complex ? v->parts[1].width + 1 : 0);
}

static void new_line(struct text *out, int lines, int indent) {
    text_put_repeat(out, '\n', lines);
    text_put_repeat(out, ' ', indent);
}

/* The last dimension, in lines of so many; the gap counts as an element. */
static void put_row(struct text *out, const struct view *v, int64_t offset, int indent) {
    int dim = v->t->ndim - 1;
    int a_line = (v->options->linewidth - indent) / element_length(v);
    int64_t gap = is_cut(v, dim) ? v->options->edgeitems : -1, place = 0;
    if (a_line < 1) a_line = 1;
    for (int64_t n = 0; n < shown_count(v, dim) || n == gap; n++) {
        for (int step = n == gap ? 0 : 1; step < 2; step++, place++) {
            if (place && place % a_line == 0) {
                text_put_char(out, ',');
                new_line(out, 1, indent + 1);
            } else if (place) {
                text_put(out, ", ");
            }
            if (step == 0)
                text_put(out, " ...");
            else if (n < shown_count(v, dim))
                put_at(out, v, offset + shown_index(v, dim, n) * v->t->strides[dim]);
        }
    }
}

static void put_from(struct text *out, const struct view *v, int dim, int64_t offset, int indent) {
    int left = v->t->ndim - dim;
    text_put_char(out, '[');
    if (left == 1) {
        put_row(out, v, offset, indent);
    } else {
        for (int64_t n = 0; n < shown_count(v, dim); n++) {
            if (n) text_put_char(out, ',');
            if (n) new_line(out, left - 1, indent + 1);
            if (is_cut(v, dim) && n == v->options->edgeitems) {
                text_put(out, "...,");
                new_line(out, left - 1, indent + 1);
            }
            put_from(out, v, dim + 1, offset + shown_index(v, dim, n) * v->t->strides[dim], indent + 1);
        }
    }
    text_put_char(out, ']');
}

void repr_put_elements(struct text *out, const struct tensor *t, int indent, const struct repr_options *o) {
    if (t->numel == 0) {
        text_put(out, "[]");
        return;
    }
    struct view v = {.t = t, .options = o, .summarized = t->numel > o->threshold};
    bool floating = dtype_is_floating((enum dtype)t->dtype) || dtype_is_complex((enum dtype)t->dtype);
    v.parts[0] = v.parts[1] =
        (struct format){.floating = floating, .whole = true, .width = 1, .precision = o->precision};
    measure_from(&v, 0, 0);
    choose(&v.parts[0], o->scientific);
    choose(&v.parts[1], o->scientific);
    if (t->ndim == 0)
        put_at(out, &v, 0);
    else
        put_from(out, &v, 0, 0, indent);
}

/* ---- what stands around them ---- */

struct suffixes {
    struct text *out;
    int indent, line_length, linewidth;
    bool force; /* a new line before the next */
};

static void suffix(struct suffixes *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void suffix(struct suffixes *s, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (s->force || s->line_length + length + 2 > s->linewidth) {
        text_put(s->out, ",\n");
        text_put_repeat(s->out, ' ', s->indent);
        s->line_length = s->indent + length;
        s->force = false;
    } else {
        text_put(s->out, ", ");
        s->line_length += length + 2;
    }
    text_put(s->out, text);
}

/* (2, 3), (2,), () */
static const char *size_text(char *buffer, size_t room, const struct tensor *t) {
    size_t used = (size_t)snprintf(buffer, room, "(");
    for (int i = 0; i < t->ndim && used < room; i++)
        used += (size_t)snprintf(buffer + used, room - used, i ? ", %lld" : "%lld", (long long)t->sizes[i]);
    if (used < room) snprintf(buffer + used, room - used, t->ndim == 1 ? ",)" : ")");
    return buffer;
}

/* float32 and what goes without saying beside it */
static bool is_usual(enum dtype d) {
    return d == DTYPE_FLOAT32 || d == DTYPE_COMPLEX64 || d == DTYPE_INT64 || d == DTYPE_BOOL;
}

static void put_part(struct text *out, const char *name, const struct tensor *t, int indent,
                     const struct repr_options *o) {
    char size[500];
    text_printf(out, "%s=tensor(", name);
    repr_put_elements(out, t, indent + (int)strlen(name) + 8, o);
    if (t->numel == 0) text_printf(out, ", size=%s", size_text(size, sizeof size, t));
    text_put(out, ")");
}

static void put_sparse(struct text *out, const struct tensor *t, int indent, const struct repr_options *o) {
    static const char *const coo[] = {"indices", "values"},
                             *const row[] = {"crow_indices", "col_indices", "values"},
                             *const column[] = {"ccol_indices", "row_indices", "values"};
    bool compressed = layout_is_compressed(t->layout);
    const char *const *names = !compressed ? coo : layout_is_row(t->layout) ? row : column;
    for (int i = 0; i < (compressed ? 3 : 2); i++) {
        if (i) {
            text_put(out, ",\n");
            text_put_repeat(out, ' ', indent);
        }
        put_part(out, names[i], t->parts[i], indent, o);
    }
}

static const char *layout_text(const struct tensor *t) {
    switch (t->layout) {
    case LAYOUT_SPARSE_COO: return "torch.sparse_coo";
    case LAYOUT_SPARSE_CSR: return "torch.sparse_csr";
    case LAYOUT_SPARSE_CSC: return "torch.sparse_csc";
    case LAYOUT_SPARSE_BSR: return "torch.sparse_bsr";
    case LAYOUT_SPARSE_BSC: return "torch.sparse_bsc";
    default: return "torch._mkldnn";
    }
}

/* As str(float) writes it in Python. */
static void float_text(char *buffer, size_t room, double x) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buffer, room, "%.*g", digits, x);
        if (strtod(buffer, NULL) == x) break;
    }
    if (!strpbrk(buffer, ".en")) strncat(buffer, ".0", room - strlen(buffer) - 1);
}

static void put_quantizer(struct suffixes *s, const struct quantizer *q) {
    char scale[64];
    if (q->per_channel) {
        suffix(s, "quantization_scheme=torch.per_channel_affine");
        suffix(s, "axis=%d", q->axis);
        return;
    }
    float_text(scale, sizeof scale, q->scales[0]);
    suffix(s, "quantization_scheme=torch.per_tensor_affine");
    suffix(s, "scale=%s", scale);
    suffix(s, "zero_point=%lld", (long long)q->zero_points[0]);
}

static void put_suffixes(struct suffixes *s, const struct tensor *t) {
    char size[500];
    enum dtype d = (enum dtype)t->dtype;
    bool sparse = tensor_is_sparse(t), empty = t->numel == 0 && !sparse, meta = t->device.type == DEVICE_META;
    if (meta) suffix(s, "device='meta'");
    if (sparse || t->quantizer || meta || (empty && t->ndim != 1))
        suffix(s, "size=%s", size_text(size, sizeof size, t));
    if (sparse) suffix(s, "nnz=%lld", (long long)sparse_nnz(t));
    if (empty || meta ? d != DTYPE_FLOAT32 : !is_usual(d))
        suffix(s, "dtype=torch.%s", dtype_table[d].python_name);
    if (t->quantizer) put_quantizer(s, t->quantizer);
    if (t->layout != LAYOUT_STRIDED) suffix(s, "layout=%s", layout_text(t));
    if (t->flags & TENSOR_REQUIRES_GRAD) suffix(s, "requires_grad=True");
}

static bool put_nested(struct text *out, struct tensor *t, const struct repr_options *o, lb_error *err) {
    text_put(out, "nested_tensor([\n");
    for (int64_t i = 0; i < nested_count(t); i++) {
        struct text item = {0};
        struct tensor *view = nested_item(t, i, err);
        bool good = view && repr_put(&item, view, "tensor(", o, err);
        tensor_release(view);
        for (const char *line = text_get(&item); good && *line;) {
            size_t length = strcspn(line, "\n");
            text_printf(out, "%s  %.*s", line == text_get(&item) ? "" : "\n", (int)length, line);
            line += length + (line[length] != 0);
        }
        text_free(&item);
        if (!good) return false;
        text_put(out, i + 1 < nested_count(t) ? ",\n" : "\n");
    }
    text_put(out, "])");
    return true;
}

static void put_contents(struct text *out, const struct tensor *t, int indent, const struct repr_options *o) {
    if (tensor_is_sparse(t))
        put_sparse(out, t, indent, o);
    else if (t->device.type == DEVICE_META)
        text_put(out, "...");
    else
        repr_put_elements(out, t, indent, o);
}

bool repr_put(struct text *out, struct tensor *t, const char *prefix, const struct repr_options *o,
              lb_error *err) {
    if (tensor_is_nested(t)) return put_nested(out, t, o, err);
    int indent = (int)strlen(prefix);
    size_t start = out->length;
    text_put(out, prefix);
    struct tensor *plain = t->quantizer ? quantizer_dequantize(t, err) : tensor_retain(t);
    if (!plain) return false;
    put_contents(out, plain, indent, o);
    tensor_release(plain);
    const char *line = strrchr(text_get(out) + start, '\n');
    struct suffixes s = {out, indent, line ? (int)strlen(line) + 1 : (int)(out->length - start) + 2,
                         o->linewidth, t->layout == LAYOUT_SPARSE_COO};
    put_suffixes(&s, t);
    text_put_char(out, ')');
    return !out->failed || error_memory(err);
}
