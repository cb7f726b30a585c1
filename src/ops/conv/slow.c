/* The operators that are PyTorch's own loops, called by name: slow_conv*, thnn_conv2d, and conv_tbc
 * (aten/src/ATen/native/ConvolutionMM2d.cpp, ConvolutionMM3d.cpp, NaiveDilatedConvolution.cpp,
 * NaiveConvolutionTranspose2d.cpp, NaiveConvolutionTranspose3d.cpp, ConvolutionTBC.cpp). They know no groups
 * (slow_conv3d tells them from the weight) and check in ways of their own. */
#include "ops/common/dtypes.h"
#include "ops/conv/conv.h"
#include "ops/view/geometry.h"
#include <string.h>

enum form_kind { FORM_PLAIN, FORM_DILATED, FORM_TRANSPOSED };

/* (self, weight, kernel_size, bias, stride, padding[, output_padding][, dilation]) */
struct form {
    int dims;
    enum form_kind kind;
    int at[4]; /* stride, padding, dilation, output padding among the arguments; -1: none */
    unsigned dtypes;
    const char *kernel;
};

/* --- checks --- */

static bool check_lengths(struct op_call *c, const struct form *f) {
    static const char *const names[] = {"stride", "padding", "dilation", "output_padding", "kernel_size"};
    for (int i = 4; i >= 0; i--) {
        int at = i == 4 ? 2 : f->at[i];
        if (at < 0 || c->args[at].tag != VALUE_LIST || arg_list(c, at)->count == f->dims) continue;
        return refuse(c, "It is expected %s equals to %d, but got size %lld", names[i], f->dims,
                      (long long)arg_list(c, at)->count);
    }
    return true;
}

static bool check_positive(struct op_call *c, const struct convolution *v, const char *what,
                           const int64_t *axes) {
    char text[128];
    for (int i = 0; i < AXES; i++)
        if (axes[i] <= 0)
            return refuse(c, "%s should be greater than zero, but got %s", what,
                          sizes_text(v->dims, axes + AXES - v->dims, text, sizeof text));
    return true;
}

static bool check_weight(struct op_call *c, const struct form *f, const struct tensor *w,
                         const int64_t *kernel) {
    char a[256], b[256];
    sizes_text(w->ndim, w->sizes, a, sizeof a);
    bool flat = w->ndim == 2 && f->kind != FORM_DILATED && !(f->kind == FORM_TRANSPOSED && f->dims == 3);
    if (f->kind == FORM_DILATED) {
        if (w->ndim != f->dims + 2)
            return refuse(c, "weight must be %dD tensor but got %dD tensor dim=%d", f->dims + 2, w->ndim,
                          f->dims);
        return memcmp(w->sizes + 2, kernel, sizeof *kernel * (size_t)f->dims) == 0 ||
               refuse(c, "weight[2:] shape %s must be equal to kernel_size %s",
                      sizes_text(f->dims, w->sizes + 2, a, sizeof a),
                      sizes_text(f->dims, kernel, b, sizeof b));
    }
    return (w->numel > 0 && (flat || w->ndim == f->dims + 2)) ||
           refuse(c, "non-empty 2D or %dD weight tensor expected, but got: %s", f->dims + 2, a);
}

static bool check_input(struct op_call *c, const struct form *f, const struct tensor *x) {
    char text[256];
    bool rank =
        x->ndim == f->dims + 2 || (x->ndim == f->dims + 1 && !(f->kind == FORM_PLAIN && f->dims == 2));
    int first = f->kind == FORM_TRANSPOSED ? 0 : 2;
    sizes_text(x->ndim, x->sizes, text, sizeof text);
    if (!rank && f->kind == FORM_PLAIN && f->dims == 2)
        return refuse(c, "Expected 4D input tensor, but got: %s", text);
    if (!rank && f->kind == FORM_DILATED)
        return refuse(c, "input must be 4D or 5D tensor but got %dD tensor", x->ndim);
    for (int i = first; rank && f->kind != FORM_DILATED && i < x->ndim; i++) rank = x->sizes[i] > 0;
    if (rank) return true;
    return refuse(c,
                  f->kind == FORM_TRANSPOSED
                      ? "non-empty %dD or %dD input tensor expected but got a tensor with size %s"
                      : "non-empty %dD or %dD input tensor expected but got: %s",
                  f->dims + 1, f->dims + 2, text);
}

static bool check_operands(struct op_call *c, const struct convolution *v, const struct form *f) {
    int64_t out = v->weight->sizes[f->kind == FORM_TRANSPOSED],
            in = v->weight->sizes[f->kind != FORM_TRANSPOSED];
    const struct tensor *x = v->input, *b = v->bias;
    if (b && (b->ndim != 1 || b->numel != out))
        return refuse(c,
                      "Expected a tensor of dimension 1 and tensor.size[0] == %lld but got: dimension %d and "
                      "tensor.size[0] = %lld",
                      (long long)out, b->ndim, (long long)(b->ndim ? b->sizes[0] : 1));
    if (x->sizes[1] != in * v->groups)
        return refuse(
            c,
            "Expected a tensor of dimension %d and tensor.size[1] == %lld but got: dimension %d and "
            "tensor.size[1] = %lld",
            x->ndim, (long long)in, x->ndim, (long long)x->sizes[1]);
    if (v->weight->sizes[0] % v->groups) return refuse(c, "none zero group size expected");
    return x->dtype == v->weight->dtype ||
           refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                  dtype_table[v->weight->dtype].graph_name);
}

static bool check_output(struct op_call *c, const struct convolution *v, const struct form *f) {
    if (f->kind == FORM_PLAIN) return conv_check_kernel_fits(c, v);
    if (f->kind == FORM_TRANSPOSED) return conv_check_transposed(c, v);
    for (int i = 0; i < AXES; i++)
        if (v->out[i] < 0)
            return refuse(c, "calculated output size %s is too small (all sizes must be non-negative)",
                          sizes_text(v->dims, v->out + AXES - v->dims, (char[128]){0}, 128));
    return true;
}

/* --- the whole --- */

/* A weight that is a matrix gets its kernel's axes. */
static bool unfold_weight(struct compose *k, struct convolution *v, const struct form *f,
                          const int64_t *kernel) {
    int64_t sizes[AXES + 2] = {v->weight->sizes[0], -1};
    if (v->weight->ndim != 2) return true;
    memcpy(sizes + 2, kernel, sizeof *kernel * (size_t)f->dims);
    v->weight = compose_run(k, "aten::reshape", "tL", v->weight, f->dims + 2, sizes);
    return !k->failed;
}

static bool prepare(struct compose *k, struct convolution *v, const struct form *f) {
    struct op_call *c = k->c;
    int64_t kernel[AXES], axes[AXES];
    if (!check_lengths(c, f) || !args_spread(c, 2, f->dims, NULL, kernel) ||
        !conv_read_lists(c, v, f->dims, f->at))
        return false;
    v->dims = f->dims;
    conv_stretch(kernel, f->dims, 1, axes);
    if (!check_positive(c, v, "kernel size", axes) || !check_positive(c, v, "stride", v->stride) ||
        !check_positive(c, v, "dilation", v->dilation) || !check_weight(c, f, v->weight, kernel) ||
        !check_input(c, f, v->input) || !unfold_weight(k, v, f, kernel))
        return false;
    if (memcmp(v->weight->sizes + 2, kernel, sizeof *kernel * (size_t)f->dims) != 0)
        return refuse(c, "the weight's kernel is not kernel_size");
    if (v->input->ndim == f->dims + 1) v->input = compose_own(k, tensor_unsqueeze(c, v->input, 0));
    if (!v->input) return false;
    int64_t in = v->weight->sizes[1];
    if (f->kind == FORM_PLAIN && f->dims == 3 && in > 0) v->groups = v->input->sizes[1] / in;
    return (v->groups > 0 || refuse(c, "none zero group size expected")) && check_operands(c, v, f) &&
           conv_lay_out(c, v, f->dims) && check_output(c, v, f) &&
           check_dtype(c, v->input, f->dtypes, f->kernel);
}

static bool slow(struct op_call *c, const struct form *f) {
    struct compose k = compose_start(c);
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 3),
                            .groups = 1,
                            .transposed = f->kind == FORM_TRANSPOSED};
    bool drop_batch = f->kind == FORM_DILATED && v.input->ndim == f->dims + 1;
    if (!prepare(&k, &v, f)) return compose_refused(&k, false);
    if (v.bias)
        v.bias = compose_own(&k, tensor_convert(v.bias, tensor_dtype(v.input), c->cx->budget, c->err));
    struct tensor *out = k.failed ? NULL : conv_compute(&k, &v);
    if (out && drop_batch) out = compose_own(&k, tensor_select(c, out, 0, 0));
    return compose_give(&k, out);
}

#define SLOW_FORMS(X)                                                                          \
    X(slow_2d, 2, FORM_PLAIN, (4, 5, -1, -1), SET_REALS | SET_INTS, "slow_conv2d_cpu")         \
    X(slow_3d, 3, FORM_PLAIN, (4, 5, -1, -1), SET_REALS | SET_INTS, "compute_columns3d")       \
    X(dilated_2d, 2, FORM_DILATED, (4, 5, 6, -1), SET_REALS | SET_LONG, "slow_conv_dilated<>") \
    X(dilated_3d, 3, FORM_DILATED, (4, 5, 6, -1), SET_REALS | SET_LONG, "slow_conv_dilated<>") \
    X(slow_transpose_2d, 2, FORM_TRANSPOSED, (4, 5, 7, 6), SET_REALS | SET_LONG,               \
      "slow_conv_transpose2d_out_cpu")                                                         \
    X(slow_transpose_3d, 3, FORM_TRANSPOSED, (4, 5, 7, 6), SET_REALS | SET_LONG,               \
      "slow_conv_transpose3d_out_cpu")
#define IN_BRACES(...) \
    { __VA_ARGS__ }
#define DEFINE_SLOW(name, dims, kind, places, dtypes, kernel)                           \
    bool conv_##name(struct op_call *c) {                                               \
        static const struct form form = {dims, kind, IN_BRACES places, dtypes, kernel}; \
        return slow(c, &form);                                                          \
    }
SLOW_FORMS(DEFINE_SLOW)

/* --- conv_tbc(self [time, batch, in], weight [kernel, in, out], bias [out], pad): a product for each tap,
 * added into the bias --- */

static bool check_tbc(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (x->ndim != 3) return refuse(c, "Input must have 3 dims: time, batch, in_channel");
    if (w->ndim != 3)
        return refuse(c, "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.");
    if (b->ndim != 1) return refuse(c, "Bias must be 1-D");
    if (x->sizes[2] != w->sizes[1])
        return refuse(c, "Input dim 2 (input channels) is not == dim 1 in the weight tensor");
    if (w->sizes[2] != b->sizes[0])
        return refuse(c, "Bias size must equal dim 2 in the weight tensor (output channels).");
    return true;
}

/* out[begin:begin + count] += x[from:from + count] @ tap */
static bool add_tap(struct op_call *c, struct tensor *out, int64_t begin, struct tensor *x, int64_t from,
                    int64_t count, int64_t tap) {
    struct compose k = compose_start(c);
    int64_t in[2] = {count * x->sizes[1], x->sizes[2]}, made[2] = {in[0], out->sizes[2]};
    struct tensor *w = compose_own(&k, tensor_select(c, arg_tensor(c, 1), 0, tap)),
                  *part = compose_own(&k, tensor_narrow(c, x, 0, from, count)),
                  *to = compose_own(&k, tensor_narrow(c, out, 0, begin, count));
    part = compose_run(&k, "aten::view", "tL", part, 2, in);
    to = compose_run(&k, "aten::view", "tL", to, 2, made);
    compose_run(&k, "aten::addmm_", "tttdd", to, part, w, 1, 1);
    return compose_end(&k);
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

bool conv_tbc(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    int64_t pad = arg_int(c, 3);
    if (!check_tbc(c)) return false;
    if (pad < -INT32_MAX || pad > INT32_MAX) return refuse(c, "conv_tbc: pad is out of range");
    int64_t length = x->sizes[0], taps = w->sizes[0],
            sizes[3] = {length - taps + 1 + 2 * pad, x->sizes[1], w->sizes[2]};
    if (sizes[0] < 0)
        return refuse(c, "Trying to create tensor with negative dimension %lld: %s", (long long)sizes[0],
                      sizes_text(3, sizes, (char[128]){0}, 128));
    struct tensor *spread = compose_run(&k, "aten::expand", "tLb", b, 3, sizes, false),
                  *out = compose_own(&k, call_new(c, tensor_dtype(x), 3, sizes));
    if (k.failed || !tensor_copy(out, spread, c->err)) return compose_refused(&k, false);
    for (int64_t i = 0; i < taps; i++) {
        int64_t from = i > pad ? i - pad : 0, begin = pad > i ? pad - i : 0;
        int64_t count = smaller(length + pad - i, sizes[0]) - begin;
        if (count > 0 && !add_tap(c, out, begin, x, from, count, i)) return compose_refused(&k, false);
    }
    return compose_give(&k, out);
}
