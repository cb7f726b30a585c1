/* Quantized convolutions, plain and transposed, in one to three dimensions. Sums are exact; see requantize.h
 * for what follows. Sources: aten/src/ATen/native/quantized/cpu/{qconv,qconv_dynamic}.cpp. */
#include "ops/quantized/requantize.h"

static struct tensor *convolution_sums(struct compose *k, struct tensor *x,
                                       const struct packed_convolution *p) {
    struct op_call *c = k->c;
    struct tensor *integers = compose_own(k, quantized_integers(c, x));
    struct tensor *weights = k->failed ? NULL : compose_own(k, quantized_integers(c, p->weights.weight));
    struct tensor *sums = weights ? compose_run(k, "aten::convolution", "ttnLLLbLi", integers, weights,
                                                p->dims, p->stride, p->dims, p->padding, p->dims, p->dilation,
                                                p->transposed, p->dims, p->output_padding, p->groups)
                                  : NULL;
    return sums ? compose_own(k, tensor_contiguous(sums, c->cx->budget, c->err)) : NULL;
}

static bool check_convolution(struct op_call *c, const struct packed_convolution *p, const struct tensor *x) {
    const struct tensor *w = p->weights.weight;
    if (x->ndim != p->dims + 2)
        return refuse(c, "quantized::conv%dd(): Expected activation tensor to have %d dimensions, got %d",
                      p->dims, p->dims + 2, x->ndim);
    if (x->dtype != DTYPE_QUINT8)
        return refuse(c, "[QConv%dD] Expected activation data type QUInt8 but got %s", p->dims,
                      dtype_table[x->dtype].graph_name);
    int64_t wanted = p->transposed ? w->sizes[0] : w->sizes[1] * p->groups;
    if (x->sizes[1] != wanted)
        return refuse(c,
                      "[QConv%dD] Given groups=%lld, expected input to have %lld channels, but got %lld "
                      "channels instead",
                      p->dims, (long long)p->groups, (long long)wanted, (long long)x->sizes[1]);
    return requantize_check(c, &p->weights, p->transposed ? w->sizes[1] * p->groups : w->sizes[0]);
}

static bool check_output(struct op_call *c, const struct packed_convolution *p, const struct tensor *sums) {
    for (int i = 1; i < sums->ndim; i++)
        if (sums->sizes[i] <= 0)
            return refuse(c, "[QConv%dD] each dimension of output tensor should be greater than 0", p->dims);
    return true;
}

/* The result's memory is the input's: channels last stays so. */
static struct tensor *in_format(struct compose *k, struct tensor *out, const struct tensor *x) {
    bool last = out && !tensor_is_contiguous(x) && tensor_is_channels_last(x);
    return last ? compose_run(k, "aten::contiguous", "td", compose_own(k, out), x->ndim == 4 ? 2 : 3)
                : compose_own(k, out);
}

/* A new reference, or NULL. */
static struct tensor *convolve(struct op_call *c, const struct packed_convolution *p, struct tensor *x,
                               double scale, int64_t zero_point, bool relu) {
    if (!quantized_per_tensor(c, x) || !check_convolution(c, p, x)) return NULL;
    struct compose k = compose_start(c);
    struct tensor *sums = convolution_sums(&k, x, p), *out = NULL;
    if (sums && check_output(c, p, sums)) {
        struct requantization r = {
            sums, p->weights.bias, p->weights.weight->quantizer, sums->sizes[1], 1, quantized_scale(x), relu};
        for (int i = 2; i < sums->ndim; i++) r.inner *= sums->sizes[i];
        out = in_format(&k, requantize_to_integers(c, &r, scale, zero_point), x);
    }
    if (out) tensor_retain(out);
    compose_end(&k);
    return out;
}

/* ---- (x, packed, scale, zero point), or the old form with stride, padding, dilation, groups between ---- */

static bool quantized_convolution(struct op_call *c, bool relu) {
    int at = c->arg_count > 4 ? 6 : 2;
    struct packed_convolution p;
    if (!quantized_need(c, arg_tensor(c, 0)) || !packed_read_convolution(c, 1, &p)) return false;
    return give_tensor(c, convolve(c, &p, arg_tensor(c, 0), arg_float(c, at), arg_int(c, at + 1), relu));
}

bool op_quantized_conv(struct op_call *c) {
    return quantized_convolution(c, false);
}
bool op_quantized_conv_relu(struct op_call *c) {
    return quantized_convolution(c, true);
}
/* These two are oneDNN's alone. */
bool op_quantized_conv_add(struct op_call *c) {
    return refuse(c, "Didn't find engine for operation quantized::conv2d_add.X86");
}
bool op_quantized_conv_add_relu(struct op_call *c) {
    return refuse(c, "Didn't find engine for operation quantized::conv2d_add_relu.X86");
}

/* ---- one dimension: an image of height 1 ---- */

static struct tensor *with_height(struct op_call *c, struct tensor *t) {
    int64_t sizes[4] = {t->sizes[0], t->sizes[1], 1, t->sizes[2]},
            strides[4] = {t->strides[0], t->strides[1], 0, t->strides[2]};
    return tensor_view_as(t, 4, sizes, strides, t->offset, c->err);
}

/* Takes it over. */
static struct tensor *without_height(struct op_call *c, struct tensor *t) {
    if (!t) return NULL;
    int64_t sizes[3] = {t->sizes[0], t->sizes[1], t->sizes[3]},
            strides[3] = {t->strides[0], t->strides[1], t->strides[3]};
    struct tensor *out = tensor_view_as(t, 3, sizes, strides, t->offset, c->err);
    tensor_release(t);
    return out;
}

static bool check_line(struct op_call *c, const struct tensor *x) {
    return x->ndim == 3 ||
           refuse(c, "quantized::conv1d(): Expected activation tensor to have 3 dimensions, got %d", x->ndim);
}

static bool convolution_1d(struct op_call *c, bool relu) {
    struct packed_convolution p;
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_need(c, x) || !packed_read_convolution(c, 1, &p) || !check_line(c, x)) return false;
    struct tensor *high = with_height(c, x);
    struct tensor *out = high ? convolve(c, &p, high, arg_float(c, 2), arg_int(c, 3), relu) : NULL;
    tensor_release(high);
    return give_tensor(c, without_height(c, out));
}

bool op_quantized_conv1d(struct op_call *c) {
    return convolution_1d(c, false);
}
bool op_quantized_conv1d_relu(struct op_call *c) {
    return convolution_1d(c, true);
}

/* ---- dynamic: (x, packed, reduce_range); the result goes through the input's integers, too ---- */

static struct tensor *convolve_reals(struct op_call *c, struct tensor *x) {
    struct packed_convolution p;
    if (!packed_read_convolution(c, 1, &p)) return NULL;
    if (x->dtype != DTYPE_FLOAT32) {
        refuse(c, "expected scalar type Float but found %s", dtype_table[x->dtype].graph_name);
        return NULL;
    }
    struct compose k = compose_start(c);
    struct tensor *q = requantize_input(&k, x, arg_bool(c, 2));
    struct tensor *y = q ? convolve(c, &p, q, quantized_scale(q), quantized_zero_point(q), false) : NULL;
    compose_end(&k);
    struct tensor *reals = y ? quantized_reals(c, y) : NULL;
    tensor_release(y);
    return reals;
}

bool op_quantized_conv_dynamic(struct op_call *c) {
    return give_tensor(c, convolve_reals(c, arg_tensor(c, 0)));
}

bool op_quantized_conv1d_dynamic(struct op_call *c) {
    if (!check_line(c, arg_tensor(c, 0))) return false;
    struct tensor *high = with_height(c, arg_tensor(c, 0));
    struct tensor *out = high ? convolve_reals(c, high) : NULL;
    tensor_release(high);
    return give_tensor(c, without_height(c, out));
}
