/* The operators of torch.fft: their arguments become a struct spectral.
 *
 * Three kinds of result: complex, one side of a complex one (of real input), real (of one side). In PyTorch's
 * words hfft is a forward irfft, ihfft an inverse rfft. Checks and their texts:
 * aten/src/ATen/native/SpectralOps.cpp. */
#include <string.h>

#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/fft/spectral.h"

enum result_kind { RESULT_COMPLEX, RESULT_ONE_SIDE, RESULT_REAL };

struct transform_rule {
    const char *name;
    enum result_kind kind;
    bool forward;
};

/* norm=None is "backward": the inverse is divided by the number of points. */
static bool read_norm(struct op_call *c, int argument, struct spectral *s) {
    const char *norm = arg_none(c, argument) ? "backward" : arg_string(c, argument)->bytes;
    if (!strcmp(norm, "backward"))
        s->scale = s->forward ? SCALE_NONE : SCALE_BY_COUNT;
    else if (!strcmp(norm, "forward"))
        s->scale = s->forward ? SCALE_BY_COUNT : SCALE_NONE;
    else if (!strcmp(norm, "ortho"))
        s->scale = SCALE_BY_ROOT;
    else
        return refuse(c, "Invalid normalization mode: \"%s\"", norm);
    return true;
}

static bool check_points(struct op_call *c, const struct spectral *s) {
    for (int i = 0; i < s->count; i++)
        if (s->sizes[i] < 1)
            return refuse(c, "Invalid number of data points (%lld) specified", (long long)s->sizes[i]);
    return true;
}

static bool check_input(struct op_call *c, const struct tensor *self, const struct transform_rule *rule,
                        const char *what) {
    if (rule->kind != RESULT_ONE_SIDE || !dtype_is_complex(tensor_dtype(self))) return true;
    return refuse(c, "%s expects a %s input tensor, but got %s", rule->name, what,
                  dtype_table[self->dtype].graph_name);
}

/* No lines at all are an error, with the text of the library that PyTorch asks. */
static bool run(struct op_call *c, struct tensor *self, const struct spectral *s, enum result_kind kind) {
    if (self->numel == 0 && s->count > 0)
        return refuse(c, "MKL FFT error: Intel oneMKL DFTI ERROR: Inconsistent configuration parameters");
    if (kind == RESULT_REAL) return give_tensor(c, spectral_to_real(c, self, s));
    struct tensor *full = spectral_complex(c, self, s);
    if (!full || kind == RESULT_COMPLEX) return give_tensor(c, full);
    struct tensor *half = spectral_one_side(c, full, s->dims[s->count - 1]);
    tensor_release(full);
    return give_tensor(c, half);
}

/* --- one dimension: (self, int? n, int dim, str? norm) --- */

static bool one_dimension(struct op_call *c, const struct transform_rule *rule) {
    struct tensor *self = arg_tensor(c, 0);
    struct spectral s = {.count = 1, .forward = rule->forward};
    s.dims[0] = arg_int(c, 2);
    if (!check_input(c, self, rule, "real")) return false;
    if (self->ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions",
                            (long long)s.dims[0]);
    if (!wrap_dim(c, &s.dims[0], self->ndim)) return false;
    int64_t size = self->sizes[s.dims[0]];
    s.sizes[0] = arg_int_or(c, 1, rule->kind == RESULT_REAL ? 2 * (size - 1) : size);
    return check_points(c, &s) && read_norm(c, 3, &s) && run(c, self, &s, rule->kind);
}

/* --- many: (self, int[]? s, int[]? dim, str? norm) --- */

static bool read_dims(struct op_call *c, const struct tensor *self, struct spectral *s) {
    uint64_t seen = 0;
    s->count = args_ints(c, 2, s->dims, TENSOR_MAX_DIMS);
    for (int i = 0; i < s->count; i++) {
        if (!wrap_dim(c, &s->dims[i], self->ndim)) return false;
        if (seen >> s->dims[i] & 1) return refuse(c, "FFT dims must be unique");
        seen |= (uint64_t)1 << s->dims[i];
    }
    return s->count >= 0;
}

/* Without sizes the tensor's own; -1 as size as well. Without dims the last ones. */
static bool read_sizes_and_dims(struct op_call *c, const struct tensor *self, struct spectral *s,
                                bool *last_given) {
    bool has_sizes = !arg_none(c, 1), has_dims = !arg_none(c, 2);
    int64_t wanted[TENSOR_MAX_DIMS];
    int count = has_sizes ? args_ints(c, 1, wanted, TENSOR_MAX_DIMS) : self->ndim;
    if (count < 0 || (has_dims && !read_dims(c, self, s))) return false;
    if (has_sizes && has_dims && count != s->count)
        return refuse(c, "When given, dim and shape arguments must have the same length");
    if (count > self->ndim)
        return refuse(c, "Got shape with %d values but input tensor only has %d dimensions.", count,
                      self->ndim);
    if (!has_dims) s->count = count;
    for (int i = 0; i < s->count; i++) {
        if (!has_dims) s->dims[i] = self->ndim - count + i;
        s->sizes[i] = has_sizes && wanted[i] != -1 ? wanted[i] : self->sizes[s->dims[i]];
    }
    *last_given = has_sizes && count > 0 && wanted[count - 1] != -1;
    return true;
}

static bool many_dimensions(struct op_call *c, const struct transform_rule *rule) {
    struct tensor *self = arg_tensor(c, 0);
    struct spectral s = {.forward = rule->forward};
    bool last_given = false;
    if (!check_input(c, self, rule, "real-valued") || !read_sizes_and_dims(c, self, &s, &last_given))
        return false;
    if (s.count == 0 && rule->kind != RESULT_COMPLEX)
        return refuse(c, "%s must transform at least one axis", rule->name);
    if (rule->kind == RESULT_REAL && !last_given) s.sizes[s.count - 1] = 2 * (s.sizes[s.count - 1] - 1);
    return check_points(c, &s) && read_norm(c, 3, &s) && run(c, self, &s, rule->kind);
}

/* X(kernel, how its arguments are read, name in messages, kind, forward) */
#define TRANSFORMS(X)                                         \
    X(fft, one_dimension, "fft", RESULT_COMPLEX, true)        \
    X(ifft, one_dimension, "ifft", RESULT_COMPLEX, false)     \
    X(rfft, one_dimension, "rfft", RESULT_ONE_SIDE, true)     \
    X(irfft, one_dimension, "irfft", RESULT_REAL, false)      \
    X(hfft, one_dimension, "hfft", RESULT_REAL, true)         \
    X(ihfft, one_dimension, "ihfft", RESULT_ONE_SIDE, false)  \
    X(fftn, many_dimensions, "fftn", RESULT_COMPLEX, true)    \
    X(ifftn, many_dimensions, "ifftn", RESULT_COMPLEX, false) \
    X(rfftn, many_dimensions, "rfftn", RESULT_ONE_SIDE, true) \
    X(irfftn, many_dimensions, "irfftn", RESULT_REAL, false)  \
    X(hfftn, many_dimensions, "hfftn", RESULT_REAL, true)     \
    X(ihfftn, many_dimensions, "ihfftn", RESULT_ONE_SIDE, false)

#define X(name, read, text, kind, forward)                               \
    bool fft_##name(struct op_call *c);                                  \
    bool fft_##name(struct op_call *c) {                                 \
        static const struct transform_rule rule = {text, kind, forward}; \
        return read(c, &rule);                                           \
    }
TRANSFORMS(X)
#undef X

/* --- the operators that those of torch.fft are made of in PyTorch: (self, int[] dim, int normalization, ...)
 * --- */

static bool read_plain(struct op_call *c, const struct tensor *self, struct spectral *s) {
    s->count = args_ints(c, 1, s->dims, TENSOR_MAX_DIMS);
    s->scale = (enum spectral_scale)arg_int(c, 2);
    for (int i = 0; i < s->count; i++) {
        if (!wrap_dim(c, &s->dims[i], self->ndim)) return false;
        s->sizes[i] = self->ndim ? self->sizes[s->dims[i]] : 1;
    }
    return s->count >= 0;
}

static bool needs_complex(struct op_call *c, const struct tensor *self) {
    if (dtype_is_complex(tensor_dtype(self))) return true;
    return refuse(c, "Only supports complex dtypes, but found: %s", dtype_table[self->dtype].graph_name);
}

bool fft_c2c(struct op_call *c);
bool fft_c2c(struct op_call *c) {
    struct spectral s = {.forward = arg_bool(c, 3)};
    struct tensor *self = arg_tensor(c, 0);
    return needs_complex(c, self) && read_plain(c, self, &s) && run(c, self, &s, RESULT_COMPLEX);
}

bool fft_c2r(struct op_call *c);
bool fft_c2r(struct op_call *c) {
    struct spectral s = {.forward = false};
    struct tensor *self = arg_tensor(c, 0);
    if (!needs_complex(c, self) || !read_plain(c, self, &s)) return false;
    if (s.count == 0) return refuse(c, "at least one dimension is needed");
    s.sizes[s.count - 1] = arg_int(c, 3);
    return check_points(c, &s) && run(c, self, &s, RESULT_REAL);
}

bool fft_r2c(struct op_call *c);
bool fft_r2c(struct op_call *c) {
    struct spectral s = {.forward = true};
    struct tensor *self = arg_tensor(c, 0);
    if (!dtype_is_floating(tensor_dtype(self)))
        return refuse(c, "Only supports floating-point dtypes, but found: %s",
                      dtype_table[self->dtype].graph_name);
    if (!read_plain(c, self, &s)) return false;
    if (s.count == 0) return refuse(c, "at least one dimension is needed");
    return run(c, self, &s, arg_bool(c, 3) ? RESULT_ONE_SIDE : RESULT_COMPLEX);
}

/* --- shifts: the zero frequency to the middle, and back --- */

static bool shift(struct op_call *c, bool back) {
    struct tensor *self = arg_tensor(c, 0);
    int64_t dims[TENSOR_MAX_DIMS], shifts[TENSOR_MAX_DIMS];
    int count = arg_none(c, 1) ? self->ndim : args_ints(c, 1, dims, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    for (int i = 0; i < count; i++) {
        if (arg_none(c, 1)) dims[i] = i;
        if (!wrap_dim(c, &dims[i], self->ndim)) return false;
        int64_t size = self->ndim ? self->sizes[dims[i]] : 1;
        shifts[i] = back ? (size + 1) / 2 : size / 2;
    }
    struct compose k = compose_start(c);
    return compose_give(&k, compose_run(&k, "aten::roll", "tLL", self, count, shifts, count, dims));
}
bool fft_shift(struct op_call *c);
bool fft_shift(struct op_call *c) {
    return shift(c, false);
}
bool fft_unshift(struct op_call *c);
bool fft_unshift(struct op_call *c) {
    return shift(c, true);
}

/* --- the frequencies of a transform of n points, d apart --- */

static bool frequencies(struct op_call *c, bool one_side) {
    int64_t n = arg_int(c, 0), count = one_side ? n / 2 + 1 : n;
    enum dtype dtype = DTYPE_FLOAT32;
    bool is_out = c->row && (c->row->traits & OP_OUT);
    if (!is_out && !args_dtype(c, 2, DTYPE_FLOAT32, &dtype)) return false;
    if (is_out) dtype = tensor_dtype(call_target(c));
    if (!dtype_is_floating(dtype) && !dtype_is_complex(dtype))
        return refuse(c, "%s requires a floating point or complex dtype", one_side ? "rfftfreq" : "fftfreq");
    if (dtype_is_complex(dtype))
        return refuse(c, "\"arange_cpu\" not implemented for '%s'", dtype_table[dtype].graph_name);
    if (count < 0)
        return refuse(c, "Trying to create tensor with negative dimension %lld: [%lld]", (long long)n,
                      (long long)n);
    struct tensor *t = tensor_new(DTYPE_FLOAT64, 1, &count, c->cx->budget, c->err);
    if (!t) return false;
    double unit = 1 / ((double)n * arg_float(c, 1));
    bool is_single = dtype == DTYPE_FLOAT32;
    for (int64_t i = 0; i < count; i++) {
        int64_t turn = one_side || i < (n + 1) / 2 ? i : i - n;
        ((double *)tensor_data(t))[i] = is_single ? (double)((float)turn * (float)unit) : (double)turn * unit;
    }
    struct tensor *result = tensor_convert(t, dtype, c->cx->budget, c->err);
    tensor_release(t);
    return give_tensor(c, result);
}
bool fft_frequencies(struct op_call *c);
bool fft_frequencies(struct op_call *c) {
    return frequencies(c, false);
}
bool fft_one_side_frequencies(struct op_call *c);
bool fft_one_side_frequencies(struct op_call *c) {
    return frequencies(c, true);
}
