/* The text of a tensor; see print.h. A format (scale, width, notation) is chosen for the whole tensor or for
 * each matrix of it, then numbers are written in columns of 80 characters a line. Nothing of it is meant to
 * be read back. */
#include "tensor/print.h"
#include "tensor/convert.h"
#include "tensor/layouts.h"
#include "tensor/quantizer.h"
#include <math.h>
#include <stdio.h>

enum notation { NOTATION_GENERAL, NOTATION_SCIENTIFIC, NOTATION_FIXED };

struct number_format {
    double scale;
    int width;
    enum notation notation;
};

enum { LINE_WIDTH = 80 };

/* Elements [begin, begin + count) in logical order, as doubles. */
struct stretch {
    const struct tensor *t;
    int64_t begin, count;
};

static double element(const struct tensor *t, int64_t i) {
    return t->quantizer ? quantizer_value(t->quantizer, t, i) : tensor_get_float(t, i);
}

struct magnitude {
    bool integral;
    double low, high; /* decimal exponents */
};

static double exponent_of(double x) {
    return x != 0 ? floor(log10(x)) + 1 : 1;
}

static struct magnitude measure(struct stretch s) {
    struct magnitude m = {true, 1, 1};
    double low = 0, high = 0;
    bool any = false;
    for (int64_t i = 0; i < s.count; i++) {
        double x = element(s.t, s.begin + i), z = fabs(x);
        if (!isfinite(x)) continue;
        if (x != ceil(x)) m.integral = false;
        if (!any || z < low) low = z;
        if (!any || z > high) high = z;
        any = true;
    }
    if (!any) return m;
    m.low = exponent_of(low);
    m.high = exponent_of(high);
    return m;
}

static struct number_format choose_format(struct stretch s) {
    struct number_format f = {1, 0, NOTATION_GENERAL};
    if (s.count == 0) return f;
    struct magnitude m = measure(s);
    if (m.integral) {
        f.notation = m.high > 9 ? NOTATION_SCIENTIFIC : NOTATION_GENERAL;
        f.width = m.high > 9 ? 11 : (int)m.high + 1;
    } else if (m.high - m.low > 4) {
        f.notation = NOTATION_SCIENTIFIC;
        f.width = fabs(m.high) > 99 || fabs(m.low) > 99 ? 12 : 11;
    } else {
        f.notation = NOTATION_FIXED;
        f.width = m.high > 5 || m.high <= 0 ? 7 : (int)m.high + 6;
        if (m.high > 5 || m.high < 0) f.scale = pow(10, m.high - 1);
    }
    return f;
}

static void put_number(struct text *out, const struct number_format *f, double x) {
    static const char *const forms[] = {"%*.6g", "%*.4e", "%*.4f"};
    char buffer[400];
    x /= f->scale;
    if (isnan(x))
        snprintf(buffer, sizeof buffer, "%*s", f->width, signbit(x) ? "-nan" : "nan");
    else if (f->notation == NOTATION_SCIENTIFIC)
        snprintf(buffer, sizeof buffer, forms[1], f->width, x);
    else
        snprintf(buffer, sizeof buffer, f->notation == NOTATION_FIXED ? forms[2] : forms[0], f->width, x);
    text_put(out, buffer);
}

static void put_scale(struct text *out, double scale) {
    text_put_float(out, scale, 6);
    text_put(out, " *\n");
}

static void put_vector(struct text *out, const struct tensor *t) {
    struct number_format f = choose_format((struct stretch){t, 0, t->numel});
    if (f.scale != 1) put_scale(out, f.scale);
    for (int64_t i = 0; i < t->numel; i++) {
        put_number(out, &f, element(t, i));
        text_put_char(out, '\n');
    }
}

struct matrix {
    const struct tensor *t;
    int64_t begin, rows, columns;
    int indent;
    struct number_format format;
};

static void put_columns(struct text *out, const struct matrix *m, int64_t first, int64_t last) {
    for (int64_t row = 0; row < m->rows; row++) {
        for (int64_t c = first; c <= last; c++) {
            put_number(out, &m->format, element(m->t, m->begin + row * m->columns + c));
            text_put_char(out, c == last ? '\n' : ' ');
        }
        if (row == m->rows - 1) break;
        text_put_repeat(out, ' ', m->indent + (m->format.scale != 1));
    }
}

static void put_matrix(struct text *out, struct matrix m) {
    m.format = choose_format((struct stretch){m.t, m.begin, m.rows * m.columns});
    int64_t a_line = (LINE_WIDTH - m.indent) / (m.format.width + 1);
    for (int64_t first = 0; first < m.columns; first += a_line) {
        int64_t last = first + a_line <= m.columns ? first + a_line - 1 : m.columns - 1;
        if (a_line < m.columns) {
            if (first != 0) text_put_char(out, '\n');
            text_printf(out, "Columns %lld to %lld", (long long)first + 1, (long long)last + 1);
            text_put_repeat(out, ' ', m.indent);
        }
        if (m.format.scale != 1) {
            put_scale(out, m.format.scale);
            text_put_repeat(out, ' ', m.indent);
        }
        put_columns(out, &m, first, last);
    }
}

/* All matrices of a tensor of three or more dimensions; the first dimension counts fastest. */
static void put_matrices(struct text *out, const struct tensor *t) {
    int64_t index[TENSOR_MAX_DIMS] = {0}, rows = t->sizes[t->ndim - 2], columns = t->sizes[t->ndim - 1];
    int outer = t->ndim - 2;
    for (bool start = true;; start = false) {
        int64_t begin = 0;
        if (!start) text_put_char(out, '\n');
        text_put_char(out, '(');
        for (int d = 0; d < outer; d++) {
            begin = begin * t->sizes[d] + index[d];
            text_printf(out, "%lld,", (long long)index[d] + 1);
        }
        text_put(out, ".,.) = \n");
        put_matrix(out,
                   (struct matrix){t, begin * rows * columns, rows, columns, 1, {1, 0, NOTATION_GENERAL}});
        int d = 0;
        while (d < outer && ++index[d] == t->sizes[d]) index[d++] = 0;
        if (d == outer) return;
    }
}

void tensor_print_type(struct text *out, const struct tensor *t) {
    const struct dtype_facts *facts = &dtype_table[t->dtype];
    const char *layout = tensor_is_sparse(t)                  ? layout_name(t->layout)
                         : tensor_is_nested(t)                ? "NestedTensor"
                         : facts->category == DTYPE_QUANTIZED ? "Quantized"
                                                              : "";
    text_printf(out, "%s%s%sType", layout, t->device.type == DEVICE_META ? "Meta" : "CPU", facts->graph_name);
}

static void put_quantizer(struct text *out, const struct quantizer *q) {
    if (q->per_channel) {
        text_printf(out, ", qscheme: per_channel_affine, axis: %d", q->axis);
        return;
    }
    text_put(out, ", qscheme: per_tensor_affine, scale: ");
    text_put_float(out, q->scales[0], 6);
    text_printf(out, ", zero_point: %lld", (long long)q->zero_points[0]);
}

/* at::print in aten/src/ATen/core/Formatting.cpp knows COO alone of the sparse layouts. */
static void put_coo(struct text *out, const struct tensor *t, int digits) {
    text_put(out, "[ ");
    tensor_print_type(out, t);
    text_put(out, "{}\nindices:\n");
    tensor_print(out, t->parts[0], digits);
    text_put(out, "\nvalues:\n");
    tensor_print(out, t->parts[1], digits);
    text_put(out, "\nsize:\n[");
    for (int i = 0; i < t->ndim; i++) text_printf(out, i ? ", %lld" : "%lld", (long long)t->sizes[i]);
    text_put(out, "]\n]");
}

void tensor_print(struct text *out, const struct tensor *t, int digits) {
    if (t->layout == LAYOUT_SPARSE_COO) {
        put_coo(out, t, digits);
        return;
    }
    if (t->numel > 0 && t->layout == LAYOUT_STRIDED) {
        if (t->ndim == 0) {
            text_put_float(out, element(t, 0), digits);
            text_put_char(out, '\n');
        } else if (t->ndim == 1) {
            put_vector(out, t);
        } else if (t->ndim == 2) {
            put_matrix(out, (struct matrix){t, 0, t->sizes[0], t->sizes[1], 0, {1, 0, NOTATION_GENERAL}});
        } else {
            put_matrices(out, t);
        }
    }
    text_put(out, "[ ");
    tensor_print_type(out, t);
    text_put_char(out, '{');
    for (int i = 0; i < t->ndim; i++) text_printf(out, i ? ",%lld" : "%lld", (long long)t->sizes[i]);
    text_put_char(out, '}');
    if (t->quantizer) put_quantizer(out, t->quantizer);
    text_put(out, " ]");
}
