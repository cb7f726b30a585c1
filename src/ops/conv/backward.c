/* Gradients of convolutions, put together from convolutions.
 *
 * The gradient of the input is the transposed convolution of the result's gradient (of a transposed one: the
 * plain convolution). The gradient of the weight is the convolution of the input, batch and channels
 * exchanged, with the result's gradient as its kernel, stride and dilation exchanged. That of the bias is a
 * sum. Groups are taken one at a time (aten/src/ATen/native/Convolution.cpp, convolution_backward and
 * _convolution_double_backward). */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <string.h>

enum { AXES = 3 };

struct conv_back {
    struct tensor *grad, *input, *weight;
    int dims;
    int64_t stride[AXES], padding[AXES], dilation[AXES], output_padding[AXES], groups;
    bool transposed, mask[3]; /* gradients of input, weight, bias */
};

static struct tensor *convolve(struct compose *k, const struct conv_back *v, struct tensor *x,
                               struct tensor *w, const int64_t *stride, const int64_t *dilation,
                               bool transposed, const int64_t *output_padding, int64_t groups) {
    int n = v->dims;
    return compose_run(k, "aten::convolution", "ttnLLLbLi", x, w, n, stride, n, v->padding, n, dilation,
                       (int)transposed, n, output_padding, groups);
}

/* What is left of the input behind the last window: the output padding of the transposed convolution. */
static bool left_over(struct op_call *c, const struct conv_back *v, const struct tensor *small,
                      const struct tensor *large, int64_t *rest) {
    for (int i = 0; i < v->dims; i++) {
        int64_t reach = v->dilation[i] * (v->weight->sizes[2 + i] - 1) + 1;
        int64_t covered = (small->sizes[2 + i] - 1) * v->stride[i] - 2 * v->padding[i] + reach;
        rest[i] = large->sizes[2 + i] - covered;
        if (rest[i] < 0 || (rest[i] >= v->stride[i] && rest[i] >= v->dilation[i]))
            return refuse(
                c, "convolution_backward: the gradient's size %lld does not belong to the input's %lld",
                (long long)v->grad->sizes[2 + i], (long long)v->input->sizes[2 + i]);
    }
    return true;
}

static struct tensor *input_gradient(struct op_call *c, struct compose *k, const struct conv_back *v) {
    int64_t rest[AXES] = {0};
    if (!v->transposed && !left_over(c, v, v->grad, v->input, rest)) return NULL;
    return convolve(k, v, v->grad, v->weight, v->stride, v->dilation, !v->transposed, rest, v->groups);
}

/* Of one group: `wide` has the larger places (the input; the gradient, of a transposed convolution), `narrow`
 * the smaller. [wide channels, narrow channels, kernel...] */
static struct tensor *group_gradient(struct op_call *c, struct compose *k, const struct conv_back *v,
                                     struct tensor *wide, struct tensor *narrow, int64_t group) {
    static const int64_t none[AXES] = {0};
    int64_t a = wide->sizes[1] / v->groups, b = narrow->sizes[1] / v->groups;
    struct tensor *x = compose_own(k, tensor_narrow(c, wide, 1, group * a, a));
    struct tensor *w = x ? compose_own(k, tensor_narrow(c, narrow, 1, group * b, b)) : NULL;
    x = w ? compose_own(k, tensor_transpose(c, x, 0, 1)) : NULL;
    w = x ? compose_own(k, tensor_transpose(c, w, 0, 1)) : NULL;
    struct tensor *out = w ? convolve(k, v, x, w, v->dilation, v->stride, false, none, 1) : NULL;
    for (int i = 0; out && i < v->dims; i++)
        out = compose_own(k, tensor_narrow(c, out, 2 + i, 0, v->weight->sizes[2 + i]));
    return out ? compose_own(k, tensor_transpose(c, out, 0, 1)) : NULL;
}

static bool one_group(struct op_call *c, const struct conv_back *v, struct tensor *out, int64_t group) {
    struct compose k = compose_start(c);
    struct tensor *wide = v->transposed ? v->grad : v->input, *narrow = v->transposed ? v->input : v->grad;
    struct tensor *made = group_gradient(c, &k, v, wide, narrow, group);
    int64_t rows = out->sizes[0] / v->groups;
    struct tensor *to = made ? compose_own(&k, tensor_narrow(c, out, 0, group * rows, rows)) : NULL;
    bool good = to && tensor_copy(to, made, c->err);
    return compose_end(&k) && good;
}

static struct tensor *weight_gradient(struct op_call *c, struct compose *k, const struct conv_back *v) {
    struct tensor *out = compose_run(k, "aten::zeros_like", "t", v->weight);
    bool empty = v->input->numel == 0 || v->grad->numel == 0;
    for (int64_t g = 0; out && !empty && g < v->groups; g++)
        if (!one_group(c, v, out, g)) return NULL;
    return out;
}

static struct tensor *bias_gradient(struct compose *k, const struct conv_back *v) {
    int64_t dims[2 + AXES] = {0, 2, 3, 4};
    return compose_run(k, "aten::sum.dim_IntList", "tLb", v->grad, v->dims + 1, dims, false);
}

static bool check_gradient(struct op_call *c, const struct conv_back *v) {
    const struct tensor *g = v->grad, *x = v->input, *w = v->weight;
    int64_t out = v->transposed ? w->sizes[1] * v->groups : w->sizes[0];
    if (x->dtype != w->dtype || g->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[g->dtype != x->dtype ? g->dtype : w->dtype].graph_name);
    if (g->ndim != x->ndim || x->ndim != w->ndim || (g->sizes[0] != x->sizes[0] && x->numel > 0) ||
        g->sizes[1] != out)
        return refuse(c, "convolution_backward: a gradient of size %s does not belong to an input of size %s",
                      sizes_text(g->ndim, g->sizes, (char[256]){0}, 256),
                      sizes_text(x->ndim, x->sizes, (char[256]){0}, 256));
    for (int i = 0; i < v->dims; i++)
        if (!v->transposed && v->output_padding[i] != 0)
            return refuse(c, "output_padding is not supported for non-transposed convolutions; got: %s",
                          sizes_text(v->dims, v->output_padding, (char[128]){0}, 128));
    return true;
}

/* Runs the forward convolution's own checks, on an empty batch, and compares its places with the gradient's.
 */
static bool check_forward(struct op_call *c, struct compose *k, const struct conv_back *v) {
    struct tensor *none = compose_own(k, tensor_narrow(c, v->input, 0, 0, 0));
    struct tensor *made = none ? convolve(k, v, none, v->weight, v->stride, v->dilation, v->transposed,
                                          v->output_padding, v->groups)
                               : NULL;
    for (int i = 0; made && i < v->dims; i++)
        if (made->sizes[2 + i] != v->grad->sizes[2 + i])
            return refuse(c, "convolution_backward: the gradient has size %s, the convolution's result %s",
                          sizes_text(v->dims, v->grad->sizes + 2, (char[128]){0}, 128),
                          sizes_text(v->dims, made->sizes + 2, (char[128]){0}, 128));
    return made != NULL;
}

/* `flat`: the weight's own two sizes, or NULL. */
static bool gradients(struct op_call *c, struct conv_back *v, const int64_t *flat) {
    struct compose k = compose_start(c);
    struct tensor *made[3] = {NULL, NULL, NULL};
    if (!check_gradient(c, v) || !check_forward(c, &k, v)) return compose_give(&k, NULL);
    if (v->mask[0]) made[0] = input_gradient(c, &k, v);
    if (v->mask[1]) made[1] = weight_gradient(c, &k, v);
    if (made[1] && flat) made[1] = compose_run(&k, "aten::reshape", "tL", made[1], 2, flat);
    if (v->mask[2]) made[2] = bias_gradient(&k, v);
    for (int i = 0; i < 3; i++)
        if (v->mask[i] && !made[i]) k.failed = true;
    return compose_give_some(&k, c->result_count < 3 ? c->result_count : 3, made);
}

static bool read_mask(const struct op_call *c, int at, bool *mask) {
    const struct list *list = arg_list(c, at);
    if (list->count != 3)
        return refuse(c, "output_mask must have 3 elements, not %lld", (long long)list->count);
    for (int i = 0; i < 3; i++) mask[i] = list->items[i].i != 0;
    return true;
}

/* The lists from argument `at` on: stride, padding, dilation, transposed, output_padding, groups,
 * output_mask.
 */
static bool read_convolution(struct op_call *c, int at, struct conv_back *v) {
    static const int64_t ones[AXES] = {1, 1, 1}, zeros[AXES] = {0};
    v->dims = v->weight->ndim - 2;
    if (v->dims < 1 || v->dims > AXES || v->input->ndim != v->weight->ndim)
        return refuse(c, "weight should have at least three dimensions");
    v->transposed = arg_bool(c, at + 3);
    v->groups = arg_int(c, at + 5);
    if (v->groups <= 0) return refuse(c, "non-positive groups is not supported");
    return args_spread(c, at, v->dims, ones, v->stride) &&
           args_spread(c, at + 1, v->dims, zeros, v->padding) &&
           args_spread(c, at + 2, v->dims, ones, v->dilation) &&
           args_spread(c, at + 4, v->dims, zeros, v->output_padding) && read_mask(c, at + 6, v->mask);
}

/* convolution_backward(grad, input, weight, bias_sizes, stride, padding, dilation, transposed,
 * output_padding, groups, output_mask) */
bool conv_backward(struct op_call *c) {
    struct conv_back v = {.grad = arg_tensor(c, 0), .input = arg_tensor(c, 1), .weight = arg_tensor(c, 2)};
    return read_convolution(c, 4, &v) && gradients(c, &v, NULL);
}

/* _slow_conv2d_backward(grad, self, weight, kernel_size, stride, padding[, output_mask]) */
bool conv_slow_2d_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct conv_back v = {.grad = arg_tensor(c, 0),
                          .input = arg_tensor(c, 1),
                          .weight = arg_tensor(c, 2),
                          .dims = 2,
                          .groups = 1,
                          .dilation = {1, 1, 1},
                          .mask = {true, true, true}};
    int64_t kernel[2], channels = v.input->ndim == 4 ? v.input->sizes[1] : -1;
    if (!args_spread(c, 3, 2, NULL, kernel) || !args_spread(c, 4, 2, NULL, v.stride) ||
        !args_spread(c, 5, 2, NULL, v.padding))
        return false;
    if (c->arg_count > 6 && c->args[6].tag == VALUE_LIST && !read_mask(c, 6, v.mask)) return false;
    if (v.weight->ndim == 2)
        v.weight = compose_run(&k, "aten::reshape", "tL", v.weight, 4,
                               (int64_t[]){v.weight->sizes[0], channels, kernel[0], kernel[1]});
    const struct tensor *given = arg_tensor(c, 2);
    bool good = v.weight && (v.weight->ndim == 4 && v.input->ndim == 4
                                 ? gradients(c, &v, given->ndim == 2 ? given->sizes : NULL)
                                 : refuse(c, "Expected 4D input"));
    return compose_end(&k) && good;
}

/* conv_tbc_backward(self, input, weight, bias, pad): self [time, batch, out] is the gradient; input [time,
 * batch, in], weight [kernel, in, out] (aten/src/ATen/native/ConvolutionTBC.cpp). */
bool conv_tbc_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    static const int64_t order[3] = {1, 2, 0}, back[3] = {2, 0, 1}, reversed[3] = {2, 1, 0}, two[2] = {0, 1};
    struct tensor *given[3] = {arg_tensor(c, 0), arg_tensor(c, 1), arg_tensor(c, 2)}, *turned[3], *made[3];
    int64_t pad = arg_int(c, 4), one = 1, zero = 0;
    for (int i = 0; i < 3; i++)
        if (given[i]->ndim != 3) return refuse(c, "Input must have 3 dims: time, batch, in_channel");
    for (int i = 0; i < 3; i++)
        turned[i] = compose_run(&k, "aten::permute", "tL", given[i], 3, i < 2 ? order : reversed);
    lb_value mask = value_none(), flags[3] = {value_bool(true), value_bool(true), value_bool(false)};
    if (!value_new_list(&mask, NULL, 3, c->err)) k.failed = true;
    for (int i = 0; i < 3 && !k.failed; i++)
        if (!list_append(mask.list, flags[i], c->err)) k.failed = true;
    compose_run(&k, "aten::convolution_backward", "tttnLLLbLiv", turned[0], turned[1], turned[2], 1, &one, 1,
                &pad, 1, &one, false, 1, &zero, one, mask);
    made[0] = compose_result(&k, 0), made[1] = compose_result(&k, 1);
    made[0] = compose_run(&k, "aten::permute_copy", "tL", made[0], 3, back);
    made[1] = compose_run(&k, "aten::permute_copy", "tL", made[1], 3, reversed);
    made[2] = compose_run(&k, "aten::sum.dim_IntList", "tLb", given[0], 2, two, false);
    value_release(mask);
    return compose_give_some(&k, 3, made);
}

/* --- the gradient of the gradients --- */

static struct tensor *sum_of(struct compose *k, struct tensor *a, struct tensor *b) {
    if (!a || !b) return a ? a : b;
    return compose_run(k, "aten::add.Tensor", "ttd", a, b, 1);
}

/* With ggI, ggW and ggb the gradients of the three gradients: of the result's gradient,
 * conv(ggI, W) + conv(I, ggW) + ggb; of the weight, the weight gradient at input ggI; of the input, the input
 * gradient at weight ggW. What has nothing to be made of is undefined, whatever the mask says. */
bool conv_double_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct conv_back v = {.grad = arg_tensor(c, 3), .weight = arg_tensor(c, 4), .input = arg_tensor(c, 5)},
                     with;
    struct tensor *gg_input = arg_tensor_or_null(c, 0), *gg_weight = arg_tensor_or_null(c, 1),
                  *gg_bias = arg_tensor_or_null(c, 2), *made[3] = {NULL, NULL, NULL};
    if (!read_convolution(c, 6, &v) || !check_gradient(c, &v) || !check_forward(c, &k, &v))
        return compose_give(&k, NULL);
    if (gg_input)
        made[0] = convolve(&k, &v, gg_input, v.weight, v.stride, v.dilation, v.transposed, v.output_padding,
                           v.groups);
    if (gg_weight)
        made[0] = sum_of(&k, made[0],
                         convolve(&k, &v, v.input, gg_weight, v.stride, v.dilation, v.transposed,
                                  v.output_padding, v.groups));
    if (gg_bias) {
        int64_t shape[2 + AXES] = {1, gg_bias->numel, 1, 1, 1};
        struct tensor *bias = compose_run(&k, "aten::reshape", "tL", gg_bias, v.dims + 2, shape);
        made[0] = made[0] ? sum_of(&k, made[0], bias)
                          : compose_run(&k, "aten::expand", "tL", bias, v.grad->ndim, v.grad->sizes);
    }
    with = v;
    with.input = gg_input;
    if (gg_input) made[2] = weight_gradient(c, &k, &with);
    with = v;
    with.weight = gg_weight;
    if (gg_weight) made[1] = input_gradient(c, &k, &with);
    return compose_give_some(&k, 3, made);
}
