/* See packed_methods.h. What is read from packed parameters is as PyTorch gives it: the weight anew, the bias
 * as it is held; a convolution's state in the form of today, whatever form it was loaded in
 * (aten/src/ATen/native/quantized/cpu/conv_serialization.h, fbgemm_utils.cpp). */
#include "ops/quantized/packed_methods.h"
#include "ops/quantized/packed.h"
#include <string.h>

/* The readers of packed.h want the call of an operator. */
static struct op_call call_of(const lb_value *args, int count, lb_error *err) {
    return (struct op_call){.args = args, .arg_count = count, .err = err};
}

static bool read_convolution(const lb_value *args, int count, struct packed_convolution *out, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    return packed_read_convolution(&c, 0, out);
}

static bool new_weight(const struct packed_weights *w, lb_value *out, lb_error *err) {
    struct tensor *weight = packed_new_weight(w, err);
    if (weight) *out = value_tensor(weight);
    return weight != NULL;
}

static lb_value bias_of(const struct packed_weights *w) {
    return w->bias ? value_tensor(tensor_retain(w->bias)) : value_none();
}

/* (weight, bias) */
static bool give_pair(const struct packed_weights *w, lb_value *result, lb_error *err) {
    if (!value_new_tuple(result, NULL, 2, err)) return false;
    result->tuple->items[1] = bias_of(w);
    return new_weight(w, &result->tuple->items[0], err);
}

/* ---- linear ---- */

static bool linear_unpack(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    struct packed_weights w;
    return packed_read_linear(&c, 0, &w) && give_pair(&w, result, err);
}

static bool linear_bias(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    struct packed_weights w;
    if (!packed_read_linear(&c, 0, &w)) return false;
    *result = bias_of(&w);
    return true;
}

/* ---- convolutions ---- */

static bool conv_unpack(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && give_pair(&p.weights, result, err);
}

static bool conv_weight(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && new_weight(&p.weights, result, err);
}

static bool conv_bias(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    if (!read_convolution(args, count, &p, err)) return false;
    *result = bias_of(&p.weights);
    return true;
}

static bool int_list(const int64_t *ints, int count, lb_value *result, lb_error *err) {
    bool good = value_new_list(result, NULL, count, err);
    for (int i = 0; i < count && good; i++) good = list_append(result->list, value_int(ints[i]), err);
    return good;
}

static bool conv_stride(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && int_list(p.stride, p.dims, result, err);
}
static bool conv_padding(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && int_list(p.padding, p.dims, result, err);
}
static bool conv_output_padding(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && int_list(p.output_padding, p.dims, result, err);
}
static bool conv_dilation(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && int_list(p.dilation, p.dims, result, err);
}

static bool conv_groups(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    if (!read_convolution(args, count, &p, err)) return false;
    *result = value_int(p.groups);
    return true;
}

static bool conv_transpose(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    if (!read_convolution(args, count, &p, err)) return false;
    *result = value_bool(p.transposed);
    return true;
}

/* Dims, then stride, padding, dilation, output padding of each, groups, transposed: as int16. */
static bool give_settings(const struct packed_convolution *p, lb_value *result, lb_error *err) {
    const int64_t *const lists[] = {p->stride, p->padding, p->dilation, p->output_padding};
    int64_t count = 3 + 4 * p->dims;
    struct tensor *t = tensor_new(DTYPE_INT16, 1, &count, NULL, err);
    if (!t) return false;
    int16_t *to = tensor_data(t);
    *to++ = (int16_t)p->dims;
    for (int l = 0; l < 4; l++)
        for (int d = 0; d < p->dims; d++) *to++ = (int16_t)lists[l][d];
    *to++ = (int16_t)p->groups;
    *to = p->transposed;
    *result = value_tensor(t);
    return true;
}

/* ("2", [settings, weight], [bias]) */
static bool fill_state(const struct packed_convolution *p, lb_value *items, lb_error *err) {
    lb_value part;
    return value_new_string(&items[0], "2", 1, err) && value_new_list(&items[1], NULL, 2, err) &&
           value_new_list(&items[2], NULL, 1, err) && give_settings(p, &part, err) &&
           list_append(items[1].list, part, err) && new_weight(&p->weights, &part, err) &&
           list_append(items[1].list, part, err) && list_append(items[2].list, bias_of(&p->weights), err);
}

static bool conv_get_state(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct packed_convolution p;
    return read_convolution(args, count, &p, err) && value_new_tuple(result, NULL, 3, err) &&
           fill_state(&p, result->tuple->items, err);
}

/* ---- embeddings: (version, [weight], [], [bits]) ---- */

static bool embedding_unpack(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    struct packed_weights w = {packed_read_embedding(&c, 0), NULL};
    return w.weight && new_weight(&w, result, err);
}

static bool embedding_version(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    if (!packed_read_embedding(&c, 0)) return false;
    *result = value_copy(args[0].capsule->state.tuple->items[0]);
    return true;
}

static bool embedding_bits(const lb_value *args, int count, lb_value *result, lb_error *err) {
    struct op_call c = call_of(args, count, err);
    if (!packed_read_embedding(&c, 0)) return false;
    lb_value bits = args[0].capsule->state.tuple->items[3];
    bool good = bits.tag == VALUE_LIST && bits.list->count == 1 && bits.list->items[0].tag == VALUE_INT;
    if (good) *result = bits.list->items[0];
    return good || error_set(err, LB_ERROR_RUNTIME, "a packed embedding does not say its number of bits");
}

/* ---- all ---- */

static const struct {
    const char *class_name, *method;
    packed_method *run;
} methods[] = {
    {"quantized.LinearPackedParamsBase", "__getstate__", linear_unpack},
    {"quantized.LinearPackedParamsBase", "unpack", linear_unpack},
    {"quantized.LinearPackedParamsBase", "bias", linear_bias},
    {"quantized.Conv", "__getstate__", conv_get_state},
    {"quantized.Conv", "unpack", conv_unpack},
    {"quantized.Conv", "weight", conv_weight},
    {"quantized.Conv", "bias", conv_bias},
    {"quantized.Conv", "stride", conv_stride},
    {"quantized.Conv", "padding", conv_padding},
    {"quantized.Conv", "output_padding", conv_output_padding},
    {"quantized.Conv", "dilation", conv_dilation},
    {"quantized.Conv", "groups", conv_groups},
    {"quantized.Conv", "transpose", conv_transpose},
    {"quantized.EmbeddingPackedParamsBase", "unpack", embedding_unpack},
    {"quantized.EmbeddingPackedParamsBase", "version", embedding_version},
    {"quantized.EmbeddingPackedParamsBase", "bit_rate", embedding_bits},
};

/* A class name in the table may be the beginning of several. */
packed_method *packed_find_method(const char *class_name, const char *method) {
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strncmp(class_name, methods[i].class_name, strlen(methods[i].class_name)) &&
            !strcmp(method, methods[i].method))
            return methods[i].run;
    return NULL;
}
