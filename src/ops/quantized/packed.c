/* Reading, making and undoing packed parameters; see packed.h. */
#include "ops/quantized/packed.h"
#include "ops/common/give.h"
#include "ops/quantized/quantize.h"
#include "types/type.h"
#include <string.h>

static bool odd_state(struct op_call *c) {
    return refuse(c, "packed parameters with a state of an unknown form");
}

static struct tensor *tensor_or_null(lb_value v) {
    return v.tag == VALUE_TENSOR ? v.tensor : NULL;
}

static lb_value state_of(struct op_call *c, int i, int items) {
    lb_value v = c->args[i];
    bool good = v.tag == VALUE_CAPSULE && v.capsule->state.tag == VALUE_TUPLE &&
                v.capsule->state.tuple->count >= items;
    if (!good) odd_state(c);
    return good ? v.capsule->state : value_none();
}

/* (weight, bias) */
bool packed_read_linear(struct op_call *c, int i, struct packed_weights *out) {
    lb_value state = state_of(c, i, 2);
    if (state.tag != VALUE_TUPLE) return false;
    out->weight = tensor_or_null(state.tuple->items[0]);
    out->bias = tensor_or_null(state.tuple->items[1]);
    return out->weight || odd_state(c);
}

/* ---- the forms of a convolution's state ---- */

typedef int64_t (*number_at)(const void *numbers, int i);

static int64_t of_tensor(const void *numbers, int i) {
    return tensor_get_int(numbers, i);
}
static int64_t of_list(const void *numbers, int i) {
    return ((const struct list *)numbers)->items[i].i;
}

/* dims, then stride, padding, dilation, output padding of each dim, groups, transposed. */
static bool read_numbers(struct packed_convolution *p, const void *numbers, int64_t count, number_at at) {
    int64_t dims = count > 0 ? at(numbers, 0) : 0;
    if (dims < 1 || dims > PACKED_DIMS || count < 3 + 4 * dims) return false;
    p->dims = (int)dims;
    int64_t *const lists[] = {p->stride, p->padding, p->dilation, p->output_padding};
    for (int l = 0; l < 4; l++)
        for (int d = 0; d < p->dims; d++) lists[l][d] = at(numbers, 1 + l * p->dims + d);
    p->groups = at(numbers, 1 + 4 * p->dims);
    p->transposed = (at(numbers, 2 + 4 * p->dims) & 1) != 0;
    return true;
}

static lb_value list_item(lb_value list, int64_t i) {
    return list.tag == VALUE_LIST && i < list.list->count ? list.list->items[i] : value_none();
}

/* ("2", [numbers, weight], [bias]) */
static bool read_second(struct packed_convolution *p, const struct tuple *state) {
    struct tensor *numbers = tensor_or_null(list_item(state->items[1], 0));
    p->weights.weight = tensor_or_null(list_item(state->items[1], 1));
    p->weights.bias = tensor_or_null(list_item(state->items[2], 0));
    return numbers && p->weights.weight && read_numbers(p, numbers, numbers->numel, of_tensor);
}

/* (3, numbers, [None, weight, bias]) */
static bool read_third(struct packed_convolution *p, const struct tuple *state) {
    if (state->items[1].tag != VALUE_LIST) return false;
    const struct list *numbers = state->items[1].list;
    for (int64_t i = 0; i < numbers->count; i++)
        if (numbers->items[i].tag != VALUE_INT) return false;
    p->weights.weight = tensor_or_null(list_item(state->items[2], 1));
    p->weights.bias = tensor_or_null(list_item(state->items[2], 2));
    return p->weights.weight && read_numbers(p, numbers, numbers->count, of_list);
}

/* Ints, each a tensor of one element; their count, -1 for anything else. */
static int read_tensor_ints(lb_value list, int64_t *out) {
    if (list.tag != VALUE_LIST || list.list->count > PACKED_DIMS) return -1;
    for (int64_t i = 0; i < list.list->count; i++) {
        const struct tensor *t = tensor_or_null(list.list->items[i]);
        if (!t || t->numel != 1) return -1;
        out[i] = tensor_get_int(t, 0);
    }
    return (int)list.list->count;
}

/* (weight, bias, [stride], [padding], [dilation], groups): each number a tensor */
static bool read_first(struct packed_convolution *p, const struct tuple *state) {
    if (state->count < 6) return false;
    p->weights.weight = tensor_or_null(state->items[0]);
    p->weights.bias = tensor_or_null(state->items[1]);
    const struct tensor *groups = tensor_or_null(state->items[5]);
    p->dims = read_tensor_ints(state->items[2], p->stride);
    bool lists = read_tensor_ints(state->items[3], p->padding) == p->dims &&
                 read_tensor_ints(state->items[4], p->dilation) == p->dims;
    if (p->dims < 1 || !lists || !p->weights.weight || !groups || groups->numel != 1) return false;
    p->groups = tensor_get_int(groups, 0);
    return true;
}

bool packed_read_convolution(struct op_call *c, int i, struct packed_convolution *out) {
    *out = (struct packed_convolution){0};
    lb_value state = state_of(c, i, 3);
    if (state.tag != VALUE_TUPLE) return false;
    uint32_t first = state.tuple->items[0].tag;
    bool good = first == VALUE_STRING ? read_second(out, state.tuple)
                : first == VALUE_INT  ? read_third(out, state.tuple)
                                      : read_first(out, state.tuple);
    if (good && out->weights.weight->ndim == out->dims + 2 && out->groups > 0) return true;
    return odd_state(c);
}

/* ---- making ---- */

static lb_value maybe_tensor(struct tensor *t) {
    return t ? value_tensor(tensor_retain(t)) : value_none();
}

/* A capsule over the state, which is taken over. */
static bool give_capsule(struct op_call *c, const char *class, lb_value state) {
    bool good = value_new_capsule(&c->results[0], class, state, c->err);
    if (good) c->results[0].capsule->type = c->result_type;
    value_release(state);
    return good;
}

static bool give_linear(struct op_call *c, struct tensor *weight, struct tensor *bias) {
    lb_value state;
    if (!value_new_tuple(&state, NULL, 2, c->err)) return false;
    state.tuple->items[0] = maybe_tensor(weight);
    state.tuple->items[1] = maybe_tensor(bias);
    return give_capsule(c, "__torch__.torch.classes.quantized.LinearPackedParamsBase", state);
}

/* (weight, bias?) */
bool op_quantized_linear_prepack(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0), *bias = arg_tensor_or_null(c, 1);
    if (!quantized_need(c, w)) return false;
    if (w->ndim != 2)
        return refuse(c, "The weight tensor for quantized::linear_prepack (fbgemm) should be 2-dimensional.");
    if (w->dtype != DTYPE_QINT8)
        return refuse(c, "expected scalar type QInt8 but found %s", dtype_table[w->dtype].graph_name);
    if (bias && bias->ndim != 1) return refuse(c, "bias should be a vector (1D Tensor)");
    if (bias && bias->sizes[0] != w->sizes[0])
        return refuse(c, "bias should have N elements: %lld", (long long)w->sizes[0]);
    return give_linear(c, w, bias);
}

/* (weight, bias?): what float16 holds of the weight */
bool op_quantized_linear_prepack_half(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0);
    if (w->quantizer || w->dtype != DTYPE_FLOAT32)
        return refuse(c, "expected scalar type Float but found %s", dtype_table[w->dtype].graph_name);
    if (w->ndim != 2)
        return refuse(
            c, "The weight tensor for quantized::linear_prepack_fp16 (fbgemm) should be 2-dimensional.");
    struct compose k = compose_start(c);
    struct tensor *halves = packed_halves(&k, w);
    return compose_refused(&k, halves && give_linear(c, halves, arg_tensor_or_null(c, 1)));
}

struct tensor *packed_new_weight(const struct packed_weights *w, lb_error *err) {
    const struct tensor *t = w->weight;
    return tensor_view_as(w->weight, t->ndim, t->sizes, t->strides, t->offset, err);
}

static bool give_unpacked(struct op_call *c, const struct packed_weights *w) {
    c->results[1] = maybe_tensor(w->bias);
    return give_tensor(c, packed_new_weight(w, c->err));
}

bool op_quantized_linear_unpack(struct op_call *c) {
    struct packed_weights w;
    return packed_read_linear(c, 0, &w) && give_unpacked(c, &w);
}

static const struct type *element(const struct op_call *c, bool tensor) {
    return !c->cx->types ? NULL
           : tensor      ? type_optional(c->cx->types, c->cx->types->tensor)
                         : c->cx->types->simple[TYPE_INT];
}

static bool append_ints(struct op_call *c, lb_value list, const int64_t *ints, int count) {
    for (int i = 0; i < count; i++)
        if (!list_append(list.list, value_int(ints[i]), c->err)) return false;
    return true;
}

static bool fill_embedding(struct op_call *c, struct tensor *weight, lb_value *items) {
    const struct type_store *types = c->cx->types;
    items[0] = value_int(1);
    return value_new_list(&items[1], types ? types->tensor : NULL, 1, c->err) &&
           value_new_list(&items[2], types ? types->simple[TYPE_FLOAT] : NULL, 0, c->err) &&
           value_new_list(&items[3], types ? types->simple[TYPE_INT] : NULL, 1, c->err) &&
           list_append(items[1].list, maybe_tensor(weight), c->err) &&
           list_append(items[3].list, value_int(8), c->err);
}

/* (version, [weight], [], [bits]) (aten/src/ATen/native/quantized/cpu/fbgemm_utils.cpp) */
bool op_quantized_embedding_prepack(struct op_call *c) {
    lb_value state;
    if (!value_new_tuple(&state, NULL, 4, c->err)) return false;
    if (!fill_embedding(c, arg_tensor(c, 0), state.tuple->items)) {
        value_release(state);
        return false;
    }
    return give_capsule(c, "__torch__.torch.classes.quantized.EmbeddingPackedParamsBase", state);
}

struct tensor *packed_read_embedding(struct op_call *c, int i) {
    lb_value state = state_of(c, i, 4);
    if (state.tag != VALUE_TUPLE) return NULL;
    lb_value weights = state.tuple->items[1];
    bool good = weights.tag == VALUE_LIST && weights.list->count == 1;
    struct tensor *weight = good ? tensor_or_null(weights.list->items[0]) : NULL;
    if (!weight) odd_state(c);
    return weight;
}

bool op_quantized_embedding_unpack(struct op_call *c) {
    struct tensor *weight = packed_read_embedding(c, 0);
    return weight && give_tensor(c, tensor_retain(weight));
}

static bool fill_state(struct op_call *c, const struct packed_convolution *p, lb_value state) {
    lb_value *items = state.tuple->items;
    items[0] = value_int(3);
    if (!value_new_list(&items[1], element(c, false), 16, c->err) ||
        !value_new_list(&items[2], element(c, true), 3, c->err))
        return false;
    int64_t dims = p->dims, last[2] = {p->groups, p->transposed};
    bool good = append_ints(c, items[1], &dims, 1) && append_ints(c, items[1], p->stride, p->dims) &&
                append_ints(c, items[1], p->padding, p->dims) &&
                append_ints(c, items[1], p->dilation, p->dims) &&
                append_ints(c, items[1], p->output_padding, p->dims) && append_ints(c, items[1], last, 2);
    return good && list_append(items[2].list, value_none(), c->err) &&
           list_append(items[2].list, maybe_tensor(p->weights.weight), c->err) &&
           list_append(items[2].list, maybe_tensor(p->weights.bias), c->err);
}

static bool give_convolution(struct op_call *c, const struct packed_convolution *p) {
    lb_value state;
    if (!value_new_tuple(&state, NULL, 3, c->err)) return false;
    if (!fill_state(c, p, state)) {
        value_release(state);
        return false;
    }
    return give_capsule(c,
                        p->dims == 3 ? "__torch__.torch.classes.quantized.Conv3dPackedParamsBase"
                                     : "__torch__.torch.classes.quantized.Conv2dPackedParamsBase",
                        state);
}

/* Numbers from argument `at` on: stride, padding, output padding where it is transposed, dilation, groups. */
static bool read_settings(struct op_call *c, struct packed_convolution *p, int dims) {
    struct {
        const char *name;
        int64_t *to;
    } lists[4] = {{"stride", p->stride},
                  {"padding", p->padding},
                  {"output_padding", p->output_padding},
                  {"dilation", p->dilation}};
    int at = 2;
    for (int i = 0; i < 4; i++) {
        if (i == 2 && !p->transposed) continue;
        if (arg_list(c, at)->count != dims)
            return refuse(c, "%s should contain %d elements for %dD convolution.", lists[i].name, dims, dims);
        if (!args_spread(c, at++, dims, NULL, lists[i].to)) return false;
    }
    p->groups = arg_int(c, at);
    return p->groups > 0 || refuse(c, "groups should be greater than 0");
}

static bool check_weight(struct op_call *c, const struct packed_convolution *p, const struct tensor *w,
                         int ndim) {
    if (!quantized_need(c, w)) return false;
    if (w->ndim != ndim) return refuse(c, "Weights are expected to have %d dimensions", ndim);
    if (w->dtype != DTYPE_QINT8)
        return refuse(c, "expected scalar type QInt8 but found %s", dtype_table[w->dtype].graph_name);
    if (p->transposed && w->quantizer->per_channel)
        return refuse(c, "Per Channel Quantization is currently disabled for transposed conv");
    return true;
}

static bool check_bias(struct op_call *c, const struct packed_convolution *p, const struct tensor *w) {
    int64_t channels = p->transposed ? w->sizes[1] * p->groups : w->sizes[0];
    const struct tensor *bias = p->weights.bias;
    if (bias && bias->ndim != 1) return refuse(c, "bias should be a vector (1D Tensor)");
    return !bias || bias->sizes[0] == channels ||
           refuse(c, "bias should have %lld elements: %lld", (long long)channels, (long long)channels);
}

/* (weight, bias, stride, padding, [output_padding,] dilation, groups) */
static bool prepack(struct op_call *c, bool transposed) {
    struct packed_convolution p = {.weights = {arg_tensor(c, 0), arg_tensor_or_null(c, 1)},
                                   .transposed = transposed};
    p.dims = strstr(op_name(c->row), "3d") ? 3 : 2;
    return check_weight(c, &p, arg_tensor(c, 0), p.dims + 2) && read_settings(c, &p, p.dims) &&
           check_bias(c, &p, arg_tensor(c, 0)) && give_convolution(c, &p);
}

bool op_quantized_conv_prepack(struct op_call *c) {
    return prepack(c, false);
}
bool op_quantized_conv_transpose_prepack(struct op_call *c) {
    return prepack(c, true);
}

/* A 1-d convolution is kept as a 2-d one of height 1. */
static void widen(int64_t numbers[PACKED_DIMS], int64_t filler) {
    numbers[1] = numbers[0];
    numbers[0] = filler;
}

static struct tensor *with_height(struct op_call *c, struct tensor *t) {
    int64_t sizes[4] = {t->sizes[0], t->sizes[1], 1, t->sizes[2]};
    int64_t strides[4] = {t->strides[0], t->strides[1], t->strides[2] * t->sizes[2], t->strides[2]};
    return tensor_view_as(t, 4, sizes, strides, t->offset, c->err);
}

static bool prepack_1d(struct op_call *c, bool transposed) {
    struct packed_convolution p = {
        .weights.bias = arg_tensor_or_null(c, 1), .dims = 2, .transposed = transposed};
    if (!check_weight(c, &p, arg_tensor(c, 0), 3) || !read_settings(c, &p, 1) ||
        !check_bias(c, &p, arg_tensor(c, 0)))
        return false;
    widen(p.stride, 1);
    widen(p.padding, 0);
    widen(p.output_padding, 0);
    widen(p.dilation, 1);
    p.weights.weight = with_height(c, arg_tensor(c, 0));
    bool good = p.weights.weight && give_convolution(c, &p);
    tensor_release(p.weights.weight);
    return good;
}

bool op_quantized_conv1d_prepack(struct op_call *c) {
    return prepack_1d(c, false);
}
bool op_quantized_conv1d_transpose_prepack(struct op_call *c) {
    return prepack_1d(c, true);
}

bool op_quantized_conv_unpack(struct op_call *c) {
    struct packed_convolution p;
    return packed_read_convolution(c, 0, &p) && give_unpacked(c, &p.weights);
}

/* (weight's sizes, bias' sizes, stride, padding, dilation, groups) */
bool op_quantized_conv_unpack_sizes(struct op_call *c) {
    struct packed_convolution p;
    if (!packed_read_convolution(c, 0, &p)) return false;
    const struct tensor *parts[2] = {p.weights.weight, p.weights.bias};
    const int64_t *lists[3] = {p.stride, p.padding, p.dilation};
    lb_value all;
    if (!value_new_tuple(&all, NULL, 6, c->err)) return false;
    bool good = true;
    for (int i = 0; i < 5; i++) {
        const struct tensor *t = i < 2 ? parts[i] : NULL;
        lb_value *item = &all.tuple->items[i];
        if (i < 2 && !t) continue; /* no bias: None */
        good =
            good && value_new_list(item, element(c, false), 5, c->err) &&
            (i < 2 ? append_ints(c, *item, t->sizes, t->ndim) : append_ints(c, *item, lists[i - 2], p.dims));
    }
    all.tuple->items[5] = value_int(p.groups);
    if (good) return give(c, all);
    value_release(all);
    return false;
}

bool op_quantized_conv1d_unpack(struct op_call *c) {
    struct packed_convolution p;
    if (!packed_read_convolution(c, 0, &p)) return false;
    const struct tensor *w = p.weights.weight;
    if (w->ndim != 4 || w->sizes[2] != 1) return odd_state(c);
    int64_t sizes[3] = {w->sizes[0], w->sizes[1], w->sizes[3]},
            strides[3] = {w->strides[0], w->strides[1], w->strides[3]};
    c->results[1] = maybe_tensor(p.weights.bias);
    return give_tensor(c, tensor_view_as(p.weights.weight, 3, sizes, strides, w->offset, c->err));
}

/* What a packed convolution says of itself. */
#define CONVOLUTION_LISTS(X) X(stride) X(padding) X(dilation) X(output_padding)
#define DEFINE_LIST(which)                                                            \
    bool op_quantized_conv_##which(struct op_call *c) {                               \
        struct packed_convolution p;                                                  \
        return packed_read_convolution(c, 0, &p) && give_ints(c, 0, p.which, p.dims); \
    }
CONVOLUTION_LISTS(DEFINE_LIST)

bool op_quantized_conv_groups(struct op_call *c) {
    struct packed_convolution p;
    return packed_read_convolution(c, 0, &p) && give(c, value_int(p.groups));
}

bool op_quantized_conv_transpose(struct op_call *c) {
    struct packed_convolution p;
    return packed_read_convolution(c, 0, &p) && give(c, value_int(p.transposed));
}
