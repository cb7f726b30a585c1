/* Convolutions in one, two and three dimensions, plain and transposed.
 *
 * Everything is brought to three spatial dimensions [N, C, D, H, W]. Two-dimensional float32 goes to the
 * packed kernels; the rest is a product over patches (im2col): for each image and group, weight [out,
 * in*kernel] times columns [in*kernel, places]; transposed convolution is the same product the other way
 * round. */
#include "ops/conv/conv.h"
#include "ops/common/cpp_names.h"
#include "ops/common/dtypes.h"
#include "ops/fusion.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include <stdio.h>
#include <string.h>

/* --- checks, with check_shape_forward's texts (aten/src/ATen/native/Convolution.cpp) --- */

static bool check_channels(struct op_call *c, const struct convolution *v) {
    const struct tensor *x = v->input, *w = v->weight;
    char a[256], b[256];
    int64_t wanted = v->transposed ? w->sizes[0] : w->sizes[1] * v->groups;
    int64_t out = v->transposed ? w->sizes[1] * v->groups : w->sizes[0];
    if (w->sizes[0] < v->groups)
        return refuse(c,
                      "Given groups=%lld, expected weight to be at least %lld at dimension 0, but got weight "
                      "of size %s instead",
                      (long long)v->groups, (long long)v->groups, sizes_text(w->ndim, w->sizes, a, sizeof a));
    if (w->sizes[0] % v->groups)
        return refuse(c,
                      "Given groups=%lld, expected weight to be divisible by %lld at dimension 0, but got "
                      "weight of size %s instead",
                      (long long)v->groups, (long long)v->groups, sizes_text(w->ndim, w->sizes, a, sizeof a));
    if (x->sizes[1] != wanted)
        return refuse(c,
                      "Given %sgroups=%lld, weight of size %s, expected input%s to have %lld channels, but "
                      "got %lld channels instead",
                      v->transposed ? "transposed=1, " : "", (long long)v->groups,
                      sizes_text(w->ndim, w->sizes, a, sizeof a), sizes_text(x->ndim, x->sizes, b, sizeof b),
                      (long long)wanted, (long long)x->sizes[1]);
    if (v->bias && (v->bias->ndim != 1 || v->bias->numel != out))
        return refuse(c,
                      "Given %sweight of size %s, expected bias to be 1-dimensional with %lld elements, but "
                      "got bias of size %s instead",
                      v->transposed ? "transposed=1, " : "", sizes_text(w->ndim, w->sizes, a, sizeof a),
                      (long long)out, sizes_text(v->bias->ndim, v->bias->sizes, b, sizeof b));
    return true;
}

static bool check_numbers(struct op_call *c, const struct convolution *v) {
    for (int i = 0; i < AXES; i++) {
        if (v->padding[i] < 0) return refuse(c, "negative padding is not supported");
        if (v->output_padding[i] < 0) return refuse(c, "negative output_padding is not supported");
        if (v->stride[i] <= 0) return refuse(c, "non-positive stride is not supported");
        if (v->dilation[i] <= 0) return refuse(c, "dilation should be greater than zero");
    }
    return v->groups > 0 || refuse(c, "non-positive groups is not supported");
}

/* "2 x 3" */
static const char *product_text(const struct convolution *v, const int64_t *axes, char *text,
                                size_t capacity) {
    size_t n = 0;
    for (int i = AXES - v->dims; i < AXES; i++)
        n += (size_t)snprintf(text + n, capacity - n, "%s%lld", n ? " x " : "", (long long)axes[i]);
    return text;
}

bool conv_check_kernel_fits(struct op_call *c, const struct convolution *v) {
    int64_t padded[AXES], kernel[AXES];
    bool fits = true;
    char a[128], b[128];
    for (int i = 0; i < AXES; i++) {
        padded[i] = v->in[i] + 2 * v->padding[i];
        kernel[i] = v->dilation[i] * (v->kernel[i] - 1) + 1;
        fits = fits && padded[i] >= kernel[i];
    }
    return fits ||
           refuse(c,
                  "Calculated padded input size per channel: (%s). Kernel size: (%s). Kernel size can't be "
                  "greater than actual input size",
                  product_text(v, padded, a, sizeof a), product_text(v, kernel, b, sizeof b));
}

/* slow_conv_transpose's own checks (aten/src/ATen/native/NaiveConvolutionTranspose2d.cpp, 3d). */
bool conv_check_transposed(struct op_call *c, const struct convolution *v) {
    char a[128], b[128];
    bool fits = true;
    for (int i = 0; i < AXES; i++) {
        fits = fits && v->out[i] >= 1;
        if (v->output_padding[i] >= v->stride[i] && v->output_padding[i] >= v->dilation[i])
            return refuse(
                c,
                "output padding must be smaller than either stride or dilation, but got output_padding: "
                "(%s) stride: (%s)",
                product_text(v, v->output_padding, a, sizeof a), product_text(v, v->stride, b, sizeof b));
    }
    return fits ||
           refuse(c,
                  "Given input size per channel: (%s). Calculated output size per channel: (%s). Output size "
                  "is too small",
                  product_text(v, v->in, a, sizeof a), product_text(v, v->out, b, sizeof b));
}

/* The output's size along an axis; false where it overflows. */
static bool output_axis(const struct convolution *v, int i, int64_t *out) {
    int64_t reach, padding, moved;
    if (__builtin_mul_overflow(v->dilation[i], v->kernel[i] - 1, &reach) ||
        __builtin_mul_overflow(v->padding[i], 2, &padding))
        return false;
    if (!v->transposed) {
        if (__builtin_add_overflow(v->in[i] - 1, padding, &moved) ||
            __builtin_sub_overflow(moved, reach, &moved))
            return false;
        *out = moved < 0 ? -((v->stride[i] - 1 - moved) / v->stride[i]) + 1 : moved / v->stride[i] + 1;
        return true;
    }
    return !__builtin_mul_overflow(v->in[i] - 1, v->stride[i], &moved) &&
           !__builtin_sub_overflow(moved, padding, &moved) && !__builtin_add_overflow(moved, reach, &moved) &&
           !__builtin_add_overflow(moved, v->output_padding[i], &moved) &&
           !__builtin_add_overflow(moved, 1, out);
}

bool conv_lay_out(struct op_call *c, struct convolution *v, int dims) {
    const struct tensor *x = v->input, *w = v->weight;
    v->dims = dims;
    v->n = x->sizes[0];
    v->in_channels = x->sizes[1];
    v->out_channels = v->transposed ? w->sizes[1] * v->groups : w->sizes[0];
    conv_stretch(x->sizes + 2, v->dims, 1, v->in);
    conv_stretch(w->sizes + 2, v->dims, 1, v->kernel);
    for (int i = 0; i < AXES; i++)
        if (!output_axis(v, i, &v->out[i])) return refuse(c, "convolution: sizes overflow");
    return true;
}

static struct patches patches_of(const struct convolution *v, const int64_t *image, const int64_t *grid,
                                 int64_t channels) {
    struct patches p = {.channels = channels, .size = dtype_size(tensor_dtype(v->input))};
    memcpy(p.image, image, sizeof p.image);
    memcpy(p.grid, grid, sizeof p.grid);
    memcpy(p.kernel, v->kernel, sizeof p.kernel);
    memcpy(p.stride, v->stride, sizeof p.stride);
    memcpy(p.padding, v->padding, sizeof p.padding);
    memcpy(p.dilation, v->dilation, sizeof p.dilation);
    return p;
}

/* A contiguous matrix over part of a contiguous tensor, from an element offset on. */
static struct tensor *matrix_at(struct op_call *c, struct tensor *t, int64_t at, int64_t rows,
                                int64_t columns) {
    return tensor_view_as(t, 2, (int64_t[]){rows, columns}, (int64_t[]){columns, 1}, t->offset + at, c->err);
}

/* One image and group of the plain form: out = weight @ patches(input). */
static bool forward_group(struct op_call *c, const struct convolution *v, struct tensor *columns,
                          struct tensor *out, int64_t image, int64_t group) {
    int64_t in = v->in_channels / v->groups, made = v->out_channels / v->groups,
            taps = conv_volume(v->kernel), places = conv_volume(v->out);
    struct patches p = patches_of(v, v->in, v->out, in);
    char *from = (char *)tensor_data(v->input) +
                 (image * v->in_channels + group * in) * conv_volume(v->in) * (int64_t)p.size;
    patches_take(&p, tensor_data(columns), from, tensor_dtype(v->input));
    struct tensor *w = matrix_at(c, v->weight, group * made * in * taps, made, in * taps);
    struct tensor *product = w ? product_of(c, w, columns, NULL) : NULL;
    struct tensor *to = matrix_at(c, out, (image * v->out_channels + group * made) * places, made, places);
    bool good = product && to && tensor_copy(to, product, c->err);
    release_tensors((struct tensor *[]){w, product, to}, 3);
    return good;
}

/* One image and group of the transposed form: patches(out) += weight.T @ input. */
static bool transposed_group(struct op_call *c, const struct convolution *v, struct tensor *out,
                             int64_t image, int64_t group) {
    int64_t in = v->in_channels / v->groups, made = v->out_channels / v->groups,
            taps = conv_volume(v->kernel), places = conv_volume(v->in);
    struct patches p = patches_of(v, v->out, v->in, made);
    struct tensor *w = matrix_at(c, v->weight, group * in * made * taps, in, made * taps);
    struct tensor *wt = w ? tensor_transpose(c, w, 0, 1) : NULL;
    struct tensor *x = matrix_at(c, v->input, (image * v->in_channels + group * in) * places, in, places);
    struct tensor *product = wt && x ? product_of(c, wt, x, NULL) : NULL;
    struct tensor *columns = product ? tensor_contiguous(product, c->cx->budget, c->err) : NULL;
    char *to = (char *)tensor_data(out) +
               (image * v->out_channels + group * made) * conv_volume(v->out) * (int64_t)p.size;
    if (columns) patches_add(&p, tensor_data(columns), to, tensor_dtype(out));
    bool good = columns != NULL;
    release_tensors((struct tensor *[]){w, wt, x, product, columns}, 5);
    return good;
}

static bool run_groups(struct op_call *c, const struct convolution *v, struct tensor *out) {
    int64_t in = v->in_channels / v->groups, sizes[2] = {in * conv_volume(v->kernel), conv_volume(v->out)};
    struct tensor *columns = v->transposed ? NULL : call_new(c, tensor_dtype(v->input), 2, sizes);
    if (!v->transposed && !columns) return false;
    if (v->transposed) memset(tensor_data(out), 0, dtype_size(tensor_dtype(out)) * (size_t)out->numel);
    bool good = true;
    for (int64_t i = 0; good && i < v->n; i++)
        for (int64_t g = 0; good && g < v->groups; g++)
            good =
                v->transposed ? transposed_group(c, v, out, i, g) : forward_group(c, v, columns, out, i, g);
    tensor_release(columns);
    return good;
}

/* --- the whole --- */

static bool is_fast(const struct convolution *v) {
    return v->input->dtype == DTYPE_FLOAT32 && !v->transposed && v->in[0] == 1 && v->kernel[0] == 1 &&
           v->padding[0] == 0 && v->padding[1] >= 0 && v->padding[2] >= 0;
}

static struct tensor *add_bias(struct compose *k, const struct convolution *v, struct tensor *out) {
    int64_t sizes[AXES + 2] = {1, v->out_channels, 1, 1, 1};
    if (!v->bias || !out) return out;
    struct tensor *bias = compose_run(k, "aten::reshape", "tL", v->bias, v->dims + 2, sizes);
    return compose_run(k, "aten::add_.Tensor", "ttd", out, bias, 1);
}

static struct tensor *convolve(struct op_call *c, struct compose *k, struct convolution *v) {
    int64_t sizes[AXES + 2] = {v->n, v->out_channels};
    for (int i = 0; i < v->dims; i++) sizes[i + 2] = v->out[AXES - v->dims + i];
    bool fast = is_fast(v);
    if (c->fusion && !(fast && conv_fusion_fits(c, v, v->dims + 2, sizes))) {
        op_decline(c);
        return NULL;
    }
    struct tensor *out = compose_own(k, call_new(c, tensor_dtype(v->input), v->dims + 2, sizes));
    if (!out || out->numel == 0) return out;
    if (v->input->numel == 0 || v->weight->numel == 0) {
        out = compose_run(k, "aten::zeros_like", "t", out);
    } else if (fast) {
        return conv_run_packed(c, v, out, v->bias) ? out : NULL;
    } else if (!run_groups(c, v, out)) {
        return NULL;
    }
    return add_bias(k, v, out);
}

/* Half and bfloat16: PyTorch's product sums in float on top of the bias and rounds once (gemm_notrans_ of
 * aten/src/ATen/native/cpu/BlasKernel.cpp). Transposed ones round each column, as the loops here do. */
static struct tensor *convolve_wide(struct op_call *c, struct compose *k, struct convolution *v) {
    enum dtype d = tensor_dtype(v->input);
    struct tensor **operands[] = {&v->input, &v->weight, &v->bias};
    if (c->fusion || v->transposed || !(SET_HALVES >> d & 1)) return convolve(c, k, v);
    for (int i = 0; i < 3; i++)
        if (*operands[i])
            *operands[i] = compose_own(k, tensor_convert(*operands[i], DTYPE_FLOAT32, c->cx->budget, c->err));
    struct tensor *out = k->failed ? NULL : convolve(c, k, v);
    return out ? compose_own(k, tensor_convert(out, d, c->cx->budget, c->err)) : NULL;
}

struct tensor *conv_compute(struct compose *k, struct convolution *v) {
    struct op_call *c = k->c;
    struct tensor **operands[] = {&v->input, &v->weight, &v->bias};
    for (int i = 0; i < 3; i++)
        if (*operands[i])
            *operands[i] = compose_own(k, tensor_contiguous(*operands[i], c->cx->budget, c->err));
    return k->failed ? NULL : convolve_wide(c, k, v);
}

/* PyTorch names the types where its empty or oneDNN path is taken, otherwise its loops' scalar type. */
static bool check_types(struct op_call *c, const struct convolution *v) {
    const struct tensor *x = v->input, *w = v->weight, *b = v->bias;
    if (x->dtype != w->dtype)
        return refuse(c, "Input type (%s) and weight type (%s) should be the same",
                      dtype_cpp_name(tensor_dtype(x)), dtype_cpp_name(tensor_dtype(w)));
    return !b || b->dtype == x->dtype ||
           refuse(c, "Input type (%s) and bias type (%s) should be the same", dtype_cpp_name(tensor_dtype(x)),
                  dtype_cpp_name(tensor_dtype(b)));
}

/* What PyTorch has loops for: fewer dtypes transposed or dilated. */
static bool check_loops(struct op_call *c, const struct convolution *v) {
    bool dilated = v->dilation[0] > 1 || v->dilation[1] > 1 || v->dilation[2] > 1,
         narrow = v->transposed || dilated;
    unsigned set = SET_REALS | SET_COMPLEX | DTYPE_BIT(COMPLEX32) | (narrow ? SET_LONG : SET_INTS);
    return check_dtype(c, v->input, set,
                       v->transposed
                           ? v->dims == 3 ? "slow_conv_transpose3d_out_cpu" : "slow_conv_transpose2d_out_cpu"
                       : dilated      ? "slow_conv_dilated<>"
                       : v->dims == 3 ? "compute_columns3d"
                                      : "slow_conv2d_cpu");
}

static bool check_empty(struct op_call *c, const struct convolution *v) {
    const struct tensor *x = v->input;
    if (x->numel > 0 || x->sizes[0] == 0 || x->sizes[1] == 0) return true;
    return refuse(c, "Only zero batch or zero channel inputs are supported, but got input shape: %s",
                  sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
}

static bool check_all(struct op_call *c, struct convolution *v, int dims) {
    if (!check_numbers(c, v) || !check_types(c, v) || !check_channels(c, v) || !conv_lay_out(c, v, dims))
        return false;
    if (!v->transposed && !conv_check_kernel_fits(c, v)) return false;
    if (!check_empty(c, v)) return false;
    if (v->input->numel == 0 || v->weight->numel == 0)
        return v->weight->numel > 0 || v->input->numel == 0 ||
               refuse(c, "could not create a primitive descriptor for the convolution forward propagation "
                         "primitive");
    return (!v->transposed || conv_check_transposed(c, v)) && check_loops(c, v);
}

static bool is_last(const struct tensor *t) {
    return t->ndim == 4 && tensor_is_channels_last(t) && !tensor_is_contiguous(t);
}

bool conv_run(struct op_call *c, struct convolution *v, int dims) {
    struct compose k = compose_start(c);
    bool batched = v->input->ndim == dims + 2;
    if (c->fusion && !batched) return op_decline(c);
    bool channels_last = v->input->ndim == 4 && (is_last(v->input) || is_last(v->weight));
    if (v->input->ndim == dims + 1) v->input = compose_own(&k, tensor_unsqueeze(c, v->input, 0));
    if (k.failed || !check_all(c, v, dims)) return compose_refused(&k, false);
    struct tensor *out = conv_compute(&k, v);
    if (out && !batched) out = compose_own(&k, tensor_select(c, out, 0, 0));
    if (out && channels_last) out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, out);
}

bool conv_read_lists(struct op_call *c, struct convolution *v, int dims, const int *at) {
    static const int64_t ones[AXES] = {1, 1, 1}, zeros[AXES] = {0, 0, 0};
    int64_t *lists[] = {v->stride, v->padding, v->dilation, v->output_padding}, given[AXES];
    for (int i = 0; i < 4; i++) {
        const int64_t *otherwise = i == 0 || i == 2 ? ones : zeros;
        memcpy(given, otherwise, sizeof given);
        if (at[i] >= 0 && !args_spread(c, at[i], dims, otherwise, given)) return false;
        conv_stretch(given, dims, otherwise[0], lists[i]);
    }
    return true;
}

static bool check_rank(struct op_call *c, const struct convolution *v, int dims) {
    int ndim = v->input->ndim;
    if (v->weight->ndim != dims + 2 && v->weight->ndim > 0 && ndim == dims + 2)
        return refuse(c, "weight should have at least three dimensions");
    if ((ndim == dims + 2 || ndim == dims + 1) && v->weight->ndim == dims + 2) return true;
    return refuse(c,
                  "Expected %dD (unbatched) or %dD (batched) input to conv%s%dd, but got input of size: %s",
                  dims + 1, dims + 2, v->transposed ? "_transpose" : "", dims,
                  sizes_text(ndim, v->input->sizes, (char[256]){0}, 256));
}

/* conv1d..3d(input, weight, bias, stride, padding, dilation, groups) */
static bool plain(struct op_call *c, int dims) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6)};
    return check_rank(c, &v, dims) && conv_read_lists(c, &v, dims, (int[]){3, 4, 5, -1}) &&
           conv_run(c, &v, dims);
}
bool conv_1d(struct op_call *c) {
    return plain(c, 1);
}
bool conv_2d(struct op_call *c) {
    return plain(c, 2);
}
bool conv_3d(struct op_call *c) {
    return plain(c, 3);
}

/* conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation) */
static bool transposed(struct op_call *c, int dims) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6),
                            .transposed = true};
    return check_rank(c, &v, dims) && conv_read_lists(c, &v, dims, (int[]){3, 4, 7, 5}) &&
           conv_run(c, &v, dims);
}
bool conv_transpose_1d(struct op_call *c) {
    return transposed(c, 1);
}
bool conv_transpose_2d(struct op_call *c) {
    return transposed(c, 2);
}
bool conv_transpose_3d(struct op_call *c) {
    return transposed(c, 3);
}

/* convolution and its like know no unbatched inputs. */
static bool check_same_rank(struct op_call *c, const struct convolution *v, int dims) {
    char a[256], b[256];
    if (dims < 1 || dims > AXES) return refuse(c, "weight should have at least three dimensions");
    return v->input->ndim == dims + 2 ||
           refuse(c,
                  "Expected %d-dimensional input for %d-dimensional weight %s, but got %d-dimensional input "
                  "of size "
                  "%s instead",
                  dims + 2, dims + 2, sizes_text(v->weight->ndim, v->weight->sizes, a, sizeof a),
                  v->input->ndim, sizes_text(v->input->ndim, v->input->sizes, b, sizeof b));
}

/* convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...) */
bool conv_convolution(struct op_call *c) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 8),
                            .transposed = arg_bool(c, 6)};
    int dims = v.weight->ndim - 2;
    return check_same_rank(c, &v, dims) && conv_read_lists(c, &v, dims, (int[]){3, 4, 5, 7}) &&
           conv_run(c, &v, dims);
}

/* padding="same" or "valid": (input, weight, bias, stride, padding, dilation, groups). Uneven padding is put
 * on first, behind. */
static bool pad_same(struct op_call *c, struct compose *k, struct convolution *v, int dims) {
    int64_t pad[2 * AXES] = {0};
    bool uneven = false;
    for (int i = 0; i < dims; i++) {
        int at = AXES - dims + i;
        int64_t total;
        if (v->stride[at] != 1) return refuse(c, "padding='same' is not supported for strided convolutions");
        if (__builtin_mul_overflow(v->dilation[at], v->weight->sizes[2 + i] - 1, &total))
            return refuse(c, "convolution: sizes overflow");
        v->padding[at] = total / 2;
        uneven |= total % 2 != 0;
        pad[2 * (dims - 1 - i) + 1] = total % 2;
    }
    if (uneven) v->input = compose_run(k, "aten::constant_pad_nd", "tLf", v->input, 2 * dims, pad, 0.0);
    return !k->failed;
}

static bool with_mode(struct op_call *c, struct convolution *v, int dims) {
    struct compose k = compose_start(c);
    const char *mode = c->args[4].string->bytes;
    if (!conv_read_lists(c, v, dims, (int[]){3, -1, 5, -1})) return false;
    if (strcmp(mode, "same") != 0 && strcmp(mode, "valid") != 0)
        return refuse(c, "Invalid padding string: '%s'", mode);
    if (mode[0] == 's' && !pad_same(c, &k, v, dims)) return compose_refused(&k, false);
    bool good = conv_run(c, v, dims);
    return compose_end(&k) && good;
}
static struct convolution with_mode_operands(const struct op_call *c) {
    return (struct convolution){.input = arg_tensor(c, 0),
                                .weight = arg_tensor(c, 1),
                                .bias = arg_tensor_or_null(c, 2),
                                .groups = arg_int(c, 6)};
}
static bool with_mode_batched_or_not(struct op_call *c, int dims) {
    struct convolution v = with_mode_operands(c);
    return check_rank(c, &v, dims) && with_mode(c, &v, dims);
}
bool conv_1d_mode(struct op_call *c) {
    return with_mode_batched_or_not(c, 1);
}
bool conv_2d_mode(struct op_call *c) {
    return with_mode_batched_or_not(c, 2);
}
bool conv_3d_mode(struct op_call *c) {
    return with_mode_batched_or_not(c, 3);
}
/* _convolution_mode */
bool conv_mode(struct op_call *c) {
    struct convolution v = with_mode_operands(c);
    int dims = v.weight->ndim - 2;
    return check_same_rank(c, &v, dims) && with_mode(c, &v, dims);
}

bool conv_overrideable(struct op_call *c) {
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "convolution_overrideable not implemented. You are likely triggering this with tensor "
        "backend other than CPU/CUDA/MKLDNN, if this is intended, please use TORCH_LIBRARY_IMPL to "
        "override this function ");
}
bool conv_backward_overrideable(struct op_call *c) {
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "convolution_backward_overrideable: You are likely triggering this with tensor backend other "
        "than CPU/CUDA/MKLDNN, if this is intended, please use TORCH_LIBRARY_IMPL to override this "
        "function ");
}
