/* Sequences and index patterns: arange, linspace, logspace, eye, tril and triu, windows, tensors of nested
 * lists. */
#include "ops/create/factory.h"
#include "types/type.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool write_double(struct tensor *t, int64_t i, double x) {
    char *at = (char *)tensor_data(t) + i * t->strides[0] * (int64_t)dtype_size(tensor_dtype(t));
    convert_store[t->dtype][COMPUTE_DOUBLE](at, 0, &x, 0, 1);
    return true;
}
static bool write_int(struct tensor *t, int64_t i, int64_t x) {
    char *at = (char *)tensor_data(t) + i * t->strides[0] * (int64_t)dtype_size(tensor_dtype(t));
    convert_store[t->dtype][COMPUTE_INT](at, 0, &x, 0, 1);
    return true;
}

/* A 1-d tensor to fill: out= itself, or where it has as many elements in another shape, one that
 * sequence_give copies into it. */
static struct tensor *sequence_new(struct op_call *c, enum dtype d, int64_t count) {
    const struct tensor *out = c->row && c->row->traits & OP_OUT ? call_target(c) : NULL;
    bool kept = out && out->numel == count && out->ndim != 1;
    return kept ? call_new(c, d, 1, &count) : factory_new(c, d, 1, &count);
}
static bool sequence_give(struct op_call *c, struct tensor *t) {
    struct tensor *out = c->row && c->row->traits & OP_OUT ? call_target(c) : NULL;
    int64_t strides[TENSOR_MAX_DIMS];
    if (!out || t == out) return give_tensor(c, t);
    strides_contiguous(out->ndim, out->sizes, strides);
    struct tensor *shaped = tensor_view_as(t, out->ndim, out->sizes, strides, t->offset, c->err);
    bool good = shaped && tensor_copy(out, shaped, c->err);
    tensor_changed(out);
    tensor_release(shaped);
    tensor_release(t);
    return good && give_borrowed(c, 0, out);
}

/* begin + i * step; in int64 where all three are ints and the dtype is one. */
static bool progression(struct op_call *c, enum dtype d, const struct number *begin,
                        const struct number *step, double count) {
    if (!(count >= 0) || count >= 0x1p62) return refuse(c, "invalid size, possible overflow?");
    int64_t size = (int64_t)count;
    struct tensor *t = sequence_new(c, d, size);
    if (!t) return false;
    int64_t *wholes = tensor_data(t);
    float *singles = tensor_data(t);
    bool integral = dtype_is_integral(d, true), beside = size == 0 || t->strides[0] == 1;
    for (int64_t i = 0; i < size; i++)
        if (beside && d == DTYPE_INT64)
            wholes[i] = begin->i + i * step->i;
        else if (beside && d == DTYPE_FLOAT32)
            singles[i] = (float)(begin->f + (double)i * step->f);
        else
            integral ? write_int(t, i, begin->i + i * step->i)
                     : write_double(t, i, begin->f + (double)i * step->f);
    return sequence_give(c, t);
}

static bool check_range(struct op_call *c, enum dtype d, double begin, double end, double step) {
    char a[32], b[32];
    if (dtype_is_complex(d) || d == DTYPE_BOOL)
        return refuse(c, "\"arange_cpu\" not implemented for '%s'", dtype_table[d].graph_name);
    if (!(step > 0 || step < 0)) return refuse(c, "step must be nonzero");
    if (!isfinite(begin) || !isfinite(end)) {
        snprintf(a, sizeof a, "%g", begin);
        snprintf(b, sizeof b, "%g", end);
        return refuse(c, "unsupported range: %s -> %s", a, b);
    }
    if ((step > 0) != (end >= begin) && end != begin)
        return refuse(c, "upper bound and lower bound inconsistent with step sign");
    return true;
}

static struct number truncated(struct number n) {
    return (struct number){.tag = VALUE_INT, .i = n.i, .f = (double)n.i, .z = {(double)n.i, 0}};
}

/* torch.arange: int64 when all numbers are ints, else the default dtype. An integral result is counted in
 * integers; how many there are follows from the numbers as they were given, but for int64
 * (aten/src/ATen/native/RangeFactories.cpp). */
static bool arange(struct op_call *c, struct number begin, struct number end, struct number step, int options,
                   bool closed) {
    enum dtype d, otherwise = DTYPE_INT64;
    if (number_is_floating(&begin) || number_is_floating(&end) || number_is_floating(&step) || closed)
        otherwise = DTYPE_FLOAT32;
    if (!factory_dtype(c, options, otherwise, &d)) return false;
    double count = ceil((end.f - begin.f) / step.f);
    if (dtype_is_integral(d, true)) {
        if (!isfinite(begin.f) || !isfinite(end.f)) return check_range(c, d, begin.f, end.f, 1);
        begin = truncated(begin);
        end = truncated(end);
        step = truncated(step);
    }
    if (!check_range(c, d, begin.f, end.f, step.f)) return false;
    if (d == DTYPE_INT64) {
        int64_t sign = step.i > 0 ? 1 : -1, span;
        if (__builtin_sub_overflow(end.i, begin.i, &span) ||
            __builtin_add_overflow(span, step.i - sign, &span))
            return refuse(c, "invalid size, possible overflow?");
        count = (double)(span / step.i);
    }
    if (closed) count = floor((end.f - begin.f) / step.f) + 1;
    return progression(c, d, &begin, &step, count);
}

static const struct number no_number = {.tag = VALUE_INT},
                           one = {.tag = VALUE_INT, .i = 1, .f = 1, .z = {1, 0}};

bool create_arange(struct op_call *c) {
    return arange(c, no_number, arg_number(c, 0), one, 1, false);
}
bool create_arange_start(struct op_call *c) {
    return arange(c, arg_number(c, 0), arg_number(c, 1), one, 2, false);
}
bool create_arange_step(struct op_call *c) {
    return arange(c, arg_number(c, 0), arg_number(c, 1), arg_number(c, 2), 3, false);
}
bool create_range(struct op_call *c) {
    return arange(c, arg_number(c, 0), arg_number(c, 1), one, 2, true);
}
bool create_range_step(struct op_call *c) {
    return arange(c, arg_number(c, 0), arg_number(c, 1), arg_number(c, 2), 3, true);
}

/* From both ends, so that the last element is `end` (aten/src/ATen/native/cpu/RangeFactoriesKernel.cpp). */
static struct complex128 between(const struct number *a, const struct number *b, int64_t i, int64_t steps) {
    double parts = (double)(steps - 1);
    struct complex128 step = {(b->z.re - a->z.re) / parts, (b->z.im - a->z.im) / parts};
    if (steps == 1) return a->z;
    bool first_half = i < steps / 2;
    double k = first_half ? (double)i : -(double)(steps - 1 - i);
    const struct complex128 *from = first_half ? &a->z : &b->z;
    return (struct complex128){from->re + k * step.re, from->im + k * step.im};
}

static bool check_ends(struct op_call *c, const char *name) {
    for (int i = 0; i < 2; i++)
        if (c->args[i].tag == VALUE_TENSOR && arg_tensor(c, i)->ndim > 0)
            return refuse(
                c, "%s only supports 0-dimensional start and end tensors, but got %s with %d dimension(s).",
                name, i == 0 ? "start" : "end", arg_tensor(c, i)->ndim);
    if (arg_int(c, 2) < 0) return refuse(c, "number of steps must be non-negative");
    return true;
}

/* Integral results are truncated from double steps. */
static double step_to(const struct number *a, const struct number *b, int64_t i, int64_t steps, bool single) {
    if (!single) return between(a, b, i, steps).re;
    float begin = (float)a->f, end = (float)b->f, step = (end - begin) / (float)(steps - 1);
    if (steps == 1) return begin;
    return i < steps / 2 ? begin + step * (float)i : end - step * (float)(steps - i - 1);
}

/* In the dtype's own steps, the product and the sum rounded once. */
static double real_step(const struct number *a, const struct number *b, int64_t i, int64_t steps,
                        enum dtype d) {
    bool first_half = i < steps / 2;
    double k = first_half ? (double)i : -(double)(steps - 1 - i);
    if (steps == 1) return a->f;
    if (d == DTYPE_FLOAT64) return fma((b->f - a->f) / (double)(steps - 1), k, first_half ? a->f : b->f);
    float begin = (float)a->f, end = (float)b->f, step = (end - begin) / (float)(steps - 1);
    return (double)fmaf(step, (float)k, first_half ? begin : end);
}

bool create_linspace(struct op_call *c) {
    struct number a = arg_number(c, 0), b = arg_number(c, 1);
    int64_t steps = arg_int(c, 2);
    enum dtype d,
        otherwise = a.tag == VALUE_COMPLEX || b.tag == VALUE_COMPLEX ? DTYPE_COMPLEX64 : DTYPE_FLOAT32;
    if (!factory_dtype(c, 3, otherwise, &d) || !check_ends(c, "linspace")) return false;
    if (d == DTYPE_BOOL && steps > 1) return refuse(c, "\"linspace_cpu\" not implemented for 'Bool'");
    struct tensor *t = sequence_new(c, d, steps);
    if (!t) return false;
    if (dtype_is_integral(d, true)) {
        a = (struct number){.tag = VALUE_INT, .i = a.i, .f = (double)a.i, .z = {(double)a.i, 0}};
        b = (struct number){.tag = VALUE_INT, .i = b.i, .f = (double)b.i, .z = {(double)b.i, 0}};
    }
    bool single = dtype_is_integral(d, true);
    for (int64_t i = 0; i < steps; i++) {
        struct complex128 z = between(&a, &b, i, steps);
        char *at = (char *)tensor_data(t) + i * t->strides[0] * (int64_t)dtype_size(d);
        if (single)
            write_int(t, i, (int64_t)step_to(&a, &b, i, steps, true));
        else if (!dtype_is_complex(d))
            convert_store[d][COMPUTE_DOUBLE](at, 0, &(double){real_step(&a, &b, i, steps, d)}, 0, 1);
        else
            convert_store[d][COMPUTE_COMPLEX](at, 0, &z, 0, 1);
    }
    return sequence_give(c, t);
}

bool create_logspace(struct op_call *c) {
    struct number a = arg_number(c, 0), b = arg_number(c, 1);
    int64_t steps = arg_int(c, 2);
    double base = arg_float(c, 3);
    enum dtype d;
    if (!factory_dtype(c, 4, DTYPE_FLOAT32, &d) || !check_ends(c, "logspace")) return false;
    if (d == DTYPE_BOOL && steps > 1) return refuse(c, "\"logspace_cpu\" not implemented for 'Bool'");
    struct tensor *t = sequence_new(c, d, steps);
    if (!t) return false;
    bool integral = dtype_is_integral(d, true);
    for (int64_t i = 0; i < steps; i++) {
        double x = step_to(&a, &b, i, steps, integral);
        if (integral)
            write_int(t, i, convert_to_int64(powf((float)base, (float)x)));
        else
            write_double(t, i, pow(base, x));
    }
    return sequence_give(c, t);
}

bool create_eye(struct op_call *c) {
    bool square = c->arg_count < 2 || c->args[1].tag != VALUE_INT || !strstr(op_overload(c->row), "m");
    int64_t sizes[2] = {arg_int(c, 0), square ? arg_int(c, 0) : arg_int(c, 1)};
    enum dtype d;
    struct number zero = {.tag = VALUE_INT};
    for (int i = 0; i < 2; i++)
        if (sizes[i] < 0)
            return refuse(c, "%c must be greater or equal to 0, got %lld", "nm"[i], (long long)sizes[i]);
    if (!factory_dtype(c, square ? 1 : 2, DTYPE_FLOAT32, &d)) return false;
    struct tensor *t = factory_new(c, d, 2, sizes);
    if (!t || !tensor_fill(c, t, &zero)) {
        tensor_release(t);
        return false;
    }
    int64_t count = sizes[0] < sizes[1] ? sizes[0] : sizes[1], step = t->strides[0] + t->strides[1], x = 1;
    for (int64_t i = 0; i < count; i++)
        convert_store[d][COMPUTE_INT]((char *)tensor_data(t) + i * step * (int64_t)dtype_size(d), 0, &x, 0,
                                      1);
    return give_tensor(c, t);
}

/* tril_indices, triu_indices: rows of (row, column) pairs. */
static bool triangle_indices(struct op_call *c, bool lower) {
    int64_t rows = arg_int(c, 0), columns = arg_int(c, 1), offset = arg_int(c, 2), count = 0, at = 0;
    enum dtype d;
    if (!factory_dtype(c, 3, DTYPE_INT64, &d)) return false;
    if (rows < 0 || columns < 0)
        return refuse(c, "%s must be non-negative, got %lld", rows < 0 ? "row" : "col",
                      (long long)(rows < 0 ? rows : columns));
    if (d != DTYPE_INT64 && d != DTYPE_INT32)
        return refuse(c, "\"%s_indices\" not implemented for '%s'", lower ? "tril" : "triu",
                      dtype_table[d].graph_name);
    for (int64_t r = 0; r < rows; r++) {
        int64_t cut = r + offset + lower;
        cut = cut < 0 ? 0 : cut > columns ? columns : cut;
        count += lower ? cut : columns - cut;
    }
    struct tensor *t = factory_new(c, d, 2, (int64_t[]){2, count});
    if (!t) return false;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < columns; k++) {
            if (lower ? k > r + offset : k < r + offset) continue;
            char *base = tensor_data(t);
            int64_t size = (int64_t)dtype_size(d);
            convert_store[d][COMPUTE_INT](base + at * t->strides[1] * size, 0, &r, 0, 1);
            convert_store[d][COMPUTE_INT](base + (t->strides[0] + at * t->strides[1]) * size, 0, &k, 0, 1);
            at++;
        }
    return give_tensor(c, t);
}
bool create_tril_indices(struct op_call *c) {
    return triangle_indices(c, true);
}
bool create_triu_indices(struct op_call *c) {
    return triangle_indices(c, false);
}

/* --- windows --- */

enum window { WINDOW_HANN, WINDOW_BARTLETT, WINDOW_BLACKMAN, WINDOW_HAMMING, WINDOW_KAISER };

static double bessel_i0(double x) {
    double sum = 1, term = 1;
    for (int k = 1; k < 500 && term > sum * 1e-17; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static double window_at(enum window kind, double i, double last, double a, double b) {
    const double pi = 3.14159265358979323846;
    double x = 2 * pi * i / last;
    switch (kind) {
    case WINDOW_BARTLETT: return i <= last / 2 ? 2 * i / last : 2 - 2 * i / last;
    case WINDOW_BLACKMAN: return 0.42 - 0.5 * cos(x) + 0.08 * cos(2 * x);
    case WINDOW_KAISER: {
        double r = 2 * i / last - 1;
        return bessel_i0(a * sqrt(fmax(0, 1 - r * r))) / bessel_i0(a);
    }
    default: return a - b * cos(x);
    }
}

/* Numbers between the length and the options: periodic, then alpha, beta (or the Kaiser beta). */
static bool window(struct op_call *c, enum window kind, double a, double b) {
    int64_t length = arg_int(c, 0), size = length;
    int at = 1;
    bool periodic = true;
    enum dtype d;
    if (at < c->arg_count && c->args[at].tag == VALUE_BOOL) periodic = arg_bool(c, at++);
    if (at < c->arg_count && c->args[at].tag == VALUE_FLOAT) a = arg_float(c, at++);
    if (at < c->arg_count && c->args[at].tag == VALUE_FLOAT) b = arg_float(c, at++);
    if (!factory_dtype(c, at, DTYPE_FLOAT32, &d)) return false;
    if (!dtype_is_floating(d) && !dtype_is_complex(d))
        return refuse(c, "%s expects floating point dtypes, got: %s", op_name(c->row) + 6,
                      dtype_table[d].graph_name);
    if (length < 0)
        return refuse(c, "%s requires non-negative window_length, got window_length=%lld",
                      op_name(c->row) + 6, (long long)length);
    if (dtype_is_complex(d) && length > 1) /* PyTorch makes them of aten::arange */
        return refuse(c, "\"arange_cpu\" not implemented for '%s'", dtype_table[d].graph_name);
    struct tensor *t = factory_new(c, d, 1, &size);
    if (!t) return false;
    double last = periodic ? (double)length : (double)length - 1;
    for (int64_t i = 0; i < length; i++)
        write_double(t, i, length == 1 ? 1 : window_at(kind, (double)i, last, a, b));
    return give_tensor(c, t);
}
bool create_hann_window(struct op_call *c) {
    return window(c, WINDOW_HANN, 0.5, 0.5);
}
bool create_hamming_window(struct op_call *c) {
    return window(c, WINDOW_HAMMING, 0.54, 0.46);
}
bool create_bartlett_window(struct op_call *c) {
    return window(c, WINDOW_BARTLETT, 0, 0);
}
bool create_blackman_window(struct op_call *c) {
    return window(c, WINDOW_BLACKMAN, 0, 0);
}
bool create_kaiser_window(struct op_call *c) {
    return window(c, WINDOW_KAISER, 12, 0);
}

/* --- torch.tensor of numbers and nested lists --- */

static enum dtype dtype_of_type(const struct type *type) {
    while (type && type->kind == TYPE_LIST) type = type->items[0];
    if (!type) return DTYPE_FLOAT32;
    switch (type->kind) {
    case TYPE_INT: return DTYPE_INT64;
    case TYPE_BOOL: return DTYPE_BOOL;
    case TYPE_COMPLEX: return DTYPE_COMPLEX64;
    default: return DTYPE_FLOAT32;
    }
}

/* The shape that the first items give. */
static bool list_shape(struct op_call *c, lb_value v, int *ndim, int64_t *sizes) {
    *ndim = 0;
    while (v.tag == VALUE_LIST) {
        if (*ndim == TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
        sizes[(*ndim)++] = v.list->count;
        if (v.list->count == 0) return true;
        v = v.list->items[0];
    }
    return true;
}

static bool store_list(struct op_call *c, struct tensor *t, int dim, lb_value v, char *at) {
    int64_t step = dim < t->ndim ? t->strides[dim] * (int64_t)dtype_size(tensor_dtype(t)) : 0;
    if (dim == t->ndim) {
        if (v.tag == VALUE_LIST) return refuse(c, "expected a number, got a list");
        struct number n = number_of(v);
        bool real = n.tag != VALUE_COMPLEX;
        if (n.tag == VALUE_INT || n.tag == VALUE_BOOL)
            convert_store[t->dtype][COMPUTE_INT](at, 0, &n.i, 0, 1);
        else
            convert_store[t->dtype][real ? COMPUTE_DOUBLE : COMPUTE_COMPLEX](
                at, 0, real ? (void *)&n.f : (void *)&n.z, 0, 1);
        return true;
    }
    if (v.tag != VALUE_LIST || v.list->count != t->sizes[dim])
        return refuse(c, "Expected sequence of length %lld at dim %d (got %lld)", (long long)t->sizes[dim],
                      dim, (long long)(v.tag == VALUE_LIST ? v.list->count : 0));
    for (int64_t i = 0; i < v.list->count; i++)
        if (!store_list(c, t, dim + 1, v.list->items[i], at + i * step)) return false;
    return true;
}

static enum dtype dtype_of_value(lb_value v) {
    if (v.tag == VALUE_LIST) {
        while (v.tag == VALUE_LIST && v.list->count > 0) v = v.list->items[0];
        if (v.tag == VALUE_LIST) return dtype_of_type(v.list->element);
    }
    if (v.tag == VALUE_TENSOR) return tensor_dtype(v.tensor);
    struct number n = number_of(v);
    return number_default_dtype(&n);
}

static bool of_data(struct op_call *c, bool gradient) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim;
    enum dtype d;
    if (!list_shape(c, c->args[0], &ndim, sizes)) return false;
    if (!args_dtype(c, 1, dtype_of_value(c->args[0]), &d)) return false;
    struct tensor *t = call_new(c, d, ndim, sizes);
    if (!t) return false;
    if (t->numel > 0 && !store_list(c, t, 0, c->args[0], tensor_data(t))) {
        tensor_release(t);
        return false;
    }
    if (gradient && arg_bool(c, 3)) {
        if (!dtype_is_floating(d) && !dtype_is_complex(d)) {
            tensor_release(t);
            return refuse(c, "Only Tensors of floating point and complex dtype can require gradients");
        }
        t->flags |= TENSOR_REQUIRES_GRAD;
    }
    return give_tensor(c, t);
}
bool create_tensor(struct op_call *c) {
    return of_data(c, true);
}
bool create_as_tensor_data(struct op_call *c) {
    return of_data(c, false);
}
bool create_as_tensor(struct op_call *c) {
    enum dtype d;
    if (!args_dtype(c, 1, tensor_dtype(arg_tensor(c, 0)), &d)) return false;
    return give_tensor(c, tensor_to(c, arg_tensor(c, 0), d, false, FORMAT_PRESERVE));
}
