/* Reading, making and undoing packed parameters; see packed.h. */
#include "ops/quantized/packed.h"
#include "ops/common/give.h"
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

bool op_quantized_linear_prepack(struct op_call *c) {
    lb_value state;
    if (!value_new_tuple(&state, NULL, 2, c->err)) return false;
    state.tuple->items[0] = maybe_tensor(arg_tensor(c, 0));
    state.tuple->items[1] = maybe_tensor(arg_tensor_or_null(c, 1));
    return give_capsule(c, "__torch__.torch.classes.quantized.LinearPackedParamsBase", state);
}

bool op_quantized_linear_unpack(struct op_call *c) {
    struct packed_weights w;
    if (!packed_read_linear(c, 0, &w)) return false;
    c->results[0] = maybe_tensor(w.weight);
    c->results[1] = maybe_tensor(w.bias);
    return true;
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

/* (weight, bias, stride, padding, dilation, groups) */
bool op_quantized_conv_prepack(struct op_call *c) {
    struct packed_convolution p = {.weights = {arg_tensor(c, 0), arg_tensor_or_null(c, 1)},
                                   .dims = arg_tensor(c, 0)->ndim - 2};
    if (p.dims < 1 || p.dims > PACKED_DIMS)
        return refuse(c, "a quantized convolution's weight has 4 or 5 dimensions");
    p.groups = arg_int(c, 5);
    return args_spread(c, 2, p.dims, NULL, p.stride) && args_spread(c, 3, p.dims, NULL, p.padding) &&
           args_spread(c, 4, p.dims, NULL, p.dilation) && give_convolution(c, &p);
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

bool op_quantized_conv1d_prepack(struct op_call *c) {
    struct packed_convolution p = {
        .weights.bias = arg_tensor_or_null(c, 1), .dims = 2, .groups = arg_int(c, 5)};
    if (arg_tensor(c, 0)->ndim != 3)
        return refuse(c, "a quantized 1-d convolution's weight has 3 dimensions");
    if (!args_spread(c, 2, 1, NULL, p.stride) || !args_spread(c, 3, 1, NULL, p.padding) ||
        !args_spread(c, 4, 1, NULL, p.dilation))
        return false;
    widen(p.stride, 1);
    widen(p.padding, 0);
    widen(p.dilation, 1);
    p.weights.weight = with_height(c, arg_tensor(c, 0));
    bool good = p.weights.weight && give_convolution(c, &p);
    tensor_release(p.weights.weight);
    return good;
}

bool op_quantized_conv_unpack(struct op_call *c) {
    struct packed_convolution p;
    if (!packed_read_convolution(c, 0, &p)) return false;
    c->results[0] = maybe_tensor(p.weights.weight);
    c->results[1] = maybe_tensor(p.weights.bias);
    return true;
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
