/* Scans along a dimension: cumsum, cumprod, cummax, cummin, logcumsumexp. Reals run in double. */
#include "base/mem.h"
#include "ops/common/lines.h"
#include <complex.h>
#include <math.h>

typedef double _Complex complex_double;

typedef void scan_line(enum compute type, void *line, int64_t count, int64_t *indices);

#define SCAN_IN_PLACE(i_step, f_step, z_step)       \
    switch (type) {                                 \
    case COMPUTE_INT:                               \
        for (int64_t j = 1; j < count; j++) i_step; \
        break;                                      \
    case COMPUTE_DOUBLE:                            \
        for (int64_t j = 1; j < count; j++) f_step; \
        break;                                      \
    default:                                        \
        for (int64_t j = 1; j < count; j++) z_step; \
    }

static void sum_line(enum compute type, void *line, int64_t count, int64_t *indices) {
    int64_t *i = line;
    double *f = line;
    struct complex128 *z = line;
    (void)indices;
    SCAN_IN_PLACE(i[j] = (int64_t)((uint64_t)i[j] + (uint64_t)i[j - 1]), f[j] += f[j - 1],
                  z[j] = ((struct complex128){z[j].re + z[j - 1].re, z[j].im + z[j - 1].im}))
}

static void product_line(enum compute type, void *line, int64_t count, int64_t *indices) {
    int64_t *i = line;
    double *f = line;
    struct complex128 *z = line;
    (void)indices;
    SCAN_IN_PLACE(i[j] = (int64_t)((uint64_t)i[j] * (uint64_t)i[j - 1]), f[j] *= f[j - 1],
                  z[j] = ((struct complex128){z[j].re * z[j - 1].re - z[j].im * z[j - 1].im,
                                              z[j].re * z[j - 1].im + z[j].im * z[j - 1].re}))
}

static double log_add(double a, double b) {
    double high = a > b ? a : b, low = a > b ? b : a;
    if (a != a || b != b) return a + b;
    return isinf(high) ? high : high + log1p(exp(low - high));
}
/* log(exp(a) + exp(b)) from the one with the smaller real part up
 * (aten/src/ATen/native/cpu/LogAddExp.h, _log_add_exp_helper). */
static complex_double log_add_complex(complex_double a, complex_double b) {
    double x = creal(a), y = creal(b);
    complex_double low = x < y ? a : b, high = x < y ? b : a;
    if (x != x || y != y || cimag(a) != cimag(a) || cimag(b) != cimag(b))
        return __builtin_complex((double)NAN, (double)NAN);
    if (x == y && isinf(x)) return x < 0 ? low : clog(cexp(low) + cexp(high));
    complex_double d = cexp(low - high);
    double re = creal(d), im = cimag(d);
    return high + __builtin_complex(log1p(re * (2 + re) + im * im) / 2, atan2(im, 1 + re));
}
static void log_line(enum compute type, void *line, int64_t count, int64_t *indices) {
    double *f = line;
    complex_double *z = line;
    (void)indices;
    for (int64_t j = 1; type == COMPUTE_COMPLEX && j < count; j++) z[j] = log_add_complex(z[j], z[j - 1]);
    for (int64_t j = 1; type == COMPUTE_DOUBLE && j < count; j++) f[j] = log_add(f[j - 1], f[j]);
}

/* The best so far and where it last stood; NaN stays. */
static void best_line(enum compute type, void *line, int64_t count, int64_t *indices, int sign) {
    int64_t *i = line, at = 0;
    double *f = line;
    for (int64_t j = 0; j < count; j++) {
        bool better = type == COMPUTE_INT
                          ? (sign > 0 ? i[j] >= i[at] : i[j] <= i[at])
                          : f[j] != f[j] || (f[at] == f[at] && (sign > 0 ? f[j] >= f[at] : f[j] <= f[at]));
        if (better) at = j;
        if (type == COMPUTE_INT)
            i[j] = i[at];
        else
            f[j] = f[at];
        indices[j] = at;
        at = j > at ? at : j;
    }
}
static void max_line(enum compute type, void *line, int64_t count, int64_t *indices) {
    best_line(type, line, count, indices, 1);
}
static void min_line(enum compute type, void *line, int64_t count, int64_t *indices) {
    best_line(type, line, count, indices, -1);
}

/* `out` and `indices` (may be NULL) have t's sizes. */
static bool scan(struct op_call *c, struct tensor *t, int dim, scan_line *run, struct tensor *out,
                 struct tensor *indices) {
    struct lines l;
    struct tensor *walked[3] = {t, out, indices};
    enum compute type = compute_wide(tensor_dtype(out));
    int64_t length = t->ndim ? t->sizes[dim] : 1;
    char *buffer = call_scratch(c, (size_t)length + 1, sizeof(struct complex128) + sizeof(int64_t));
    if (!buffer) return false;
    int64_t *places = (int64_t *)(void *)(buffer + (size_t)(length + 1) * sizeof(struct complex128));
    for (bool more = t->numel > 0 && lines_begin(&l, dim, indices ? 3 : 2, walked); more;
         more = lines_next(&l)) {
        lines_load(&l, 0, type, buffer);
        run(type, buffer, length, places);
        lines_store(&l, 1, type, buffer);
        if (indices) lines_store(&l, 2, COMPUTE_INT, places);
    }
    mem_free(buffer);
    return true;
}

/* cumsum(self, dim, *, dtype) and its like. */
static bool sum_like(struct op_call *c, scan_line *run, int dtype_at) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = dtype_is_integral(tensor_dtype(t), true) ? DTYPE_INT64 : tensor_dtype(t);
    int64_t dim = arg_int(c, 1);
    if (run == log_line) {
        d = tensor_dtype(t);
        if (dtype_is_integral(d, true))
            return refuse(c, "\"logcumsumexp_out_cpu\" not implemented for '%s'", dtype_table[d].graph_name);
    }
    if (!wrap_dim(c, &dim, t->ndim) || (dtype_at && !args_dtype(c, dtype_at, d, &d))) return false;
    struct tensor *out = call_new(c, d, t->ndim, t->sizes);
    if (!out || !scan(c, t, (int)dim, run, out, NULL)) {
        tensor_release(out);
        return false;
    }
    return give_tensor(c, out);
}
bool scan_cumsum(struct op_call *c) {
    return sum_like(c, sum_line, 2);
}
bool scan_cumprod(struct op_call *c) {
    return sum_like(c, product_line, 2);
}
/* With out= the input is cast to its dtype first. */
static bool scan_out(struct op_call *c, op_kernel kernel) {
    lb_value args[4];
    struct op_call inner = *c;
    for (int i = 0; i < 4; i++) args[i] = c->args[i];
    if (arg_none(c, 2)) args[2] = value_int(call_target(c)->dtype);
    inner.args = args;
    return op_into(&inner, kernel);
}
bool scan_cumsum_out(struct op_call *c) {
    return scan_out(c, scan_cumsum);
}
bool scan_cumprod_out(struct op_call *c) {
    return scan_out(c, scan_cumprod);
}
bool scan_logcumsumexp(struct op_call *c) {
    return sum_like(c, log_line, 0);
}

static bool best_of(struct op_call *c, scan_line *run) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "\"cummax_cpu\" not implemented for '%s'", dtype_table[t->dtype].graph_name);
    struct tensor *out = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    struct tensor *indices = out ? call_new(c, DTYPE_INT64, t->ndim, t->sizes) : NULL;
    if (!indices || !scan(c, t, (int)dim, run, out, indices)) {
        tensor_release(out);
        tensor_release(indices);
        return false;
    }
    return give_at(c, 0, out) && give_at(c, 1, indices);
}
bool scan_cummax(struct op_call *c) {
    return best_of(c, max_line);
}
bool scan_cummin(struct op_call *c) {
    return best_of(c, min_line);
}
