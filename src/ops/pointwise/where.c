/* where and masked_fill: one of two elements, as a condition says. Nothing is computed, so elements of 4 and
 * 8 bytes move as words by the kernels where operands lie side by side, others one by one; operands of
 * another dtype or size go through the engine as tiles of the common type. */
#include "kernels/kernels.h"
#include "ops/pointwise/pointwise.h"
#include "tensor/promote.h"

/* The condition is an operand too, so it is read as a tile of the common type: true is 1. */
POINTWISE_LOOP_3(where_int, int64_t, int64_t, x != 0 ? y : z)
POINTWISE_LOOP_3(where_float, float, float, x != 0 ? y : z)
POINTWISE_LOOP_3(where_double, double, double, x != 0 ? y : z)
POINTWISE_LOOP_3(where_complex, complex_double, complex_double, x != 0 ? y : z)
static const struct pointwise op_where = {
    "where_cpu", 3, RULE_SAME, {where_int, where_float, where_double, where_complex}};

struct select {
    const struct mixed_kernels *kernels;
    int64_t size; /* bytes of an element */
};

static bool is_step(int64_t stride, int64_t size) {
    return stride == 0 || stride == size;
}

/* Operands: out, condition, a, b. */
static void select_run(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct select *s = context;
    const uint8_t *condition = (const uint8_t *)data[1];
    int a = strides[2] != 0, b = strides[3] != 0;
    if (strides[0] == s->size && strides[1] == 1 && is_step(strides[2], s->size) &&
        is_step(strides[3], s->size)) {
        (s->size == 4 ? s->kernels->where_32 : s->kernels->where_64)(count, condition, data[2], a, data[3], b,
                                                                     data[0]);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        const char *from = condition[i * strides[1]] ? data[2] + i * strides[2] : data[3] + i * strides[3];
        memcpy(data[0] + i * strides[0], from, (size_t)s->size);
    }
}

static bool words_fit(const struct op_call *c, enum dtype common, struct tensor *const *in) {
    size_t size = common == DTYPE_NONE ? 0 : dtype_size(common);
    return c->cx->kernels && in[0]->dtype == DTYPE_BOOL && (size == 4 || size == 8) &&
           in[1]->dtype == common && in[2]->dtype == common &&
           dtype_table[common].category != DTYPE_QUANTIZED;
}

static bool select_words(struct op_call *c, enum dtype common, struct tensor *const *in) {
    struct select s = {c->cx->kernels->mixed, (int64_t)dtype_size(common)};
    struct iterate it = {.outputs = 1,
                         .operands = 4,
                         .tensors = {NULL, in[0], in[1], in[2]},
                         .out_dtype = common,
                         .budget = c->cx->budget};
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, select_run, &s);
    return give_tensor(c, it.tensors[0]);
}

/* in: condition, a, b; numbers among a and b are brought to the common dtype first. */
static bool where(struct op_call *c, enum dtype common, struct tensor *const *in) {
    struct tensor *held[3] = {in[0], NULL, NULL}, *target = call_target(c);
    bool good = true;
    for (int i = 1; i < 3; i++) {
        bool number = in[i]->ndim == 0 && in[i]->dtype != common && common != DTYPE_NONE;
        held[i] = number ? tensor_convert(in[i], common, NULL, c->err) : tensor_retain(in[i]);
        good = good && held[i];
    }
    if (good && !target && words_fit(c, common, held))
        good = select_words(c, common, held);
    else if (good)
        good = give_tensor(c, pointwise_run_as(c, &op_where, common, held, NULL, target));
    tensor_release(held[1]);
    tensor_release(held[2]);
    return good;
}

bool pointwise_where(struct op_call *c) {
    struct wrapped wrapped[2];
    struct tensor *in[3] = {arg_tensor(c, 0), arg_operand(c, 1, &wrapped[0]), arg_operand(c, 2, &wrapped[1])};
    if (in[0]->dtype != DTYPE_BOOL && in[0]->dtype != DTYPE_UINT8)
        return refuse(c, "where expected condition to be a boolean tensor, but got a tensor with dtype %s",
                      dtype_table[in[0]->dtype].graph_name);
    enum dtype common = promote_tensors(2, in + 1);
    return where(c, common, in);
}

/* masked_fill(self, mask, value): value takes self's dtype; functional results have the broadcast shape. */
bool pointwise_masked_fill(struct op_call *c);
/* An expanded tensor is filled in place, too: PyTorch only warns. */
static bool fill_expanded(struct op_call *c, struct tensor *self) {
    lb_value filled = value_none();
    struct op_call inner = *c;
    inner.row = NULL;
    inner.dying = 0;
    inner.results = &filled;
    bool good = pointwise_masked_fill(&inner) && tensor_copy(self, filled.tensor, c->err);
    tensor_changed(self);
    value_release(filled);
    return good && give_borrowed(c, 0, self);
}
bool pointwise_masked_fill(struct op_call *c) {
    struct wrapped wrapped;
    if (c->row && c->row->traits & OP_IN_PLACE && tensor_overlaps_itself(arg_tensor(c, 0)))
        return fill_expanded(c, arg_tensor(c, 0));
    struct tensor *self = arg_tensor(c, 0), *mask = arg_tensor(c, 1), *value = arg_operand(c, 2, &wrapped);
    if (mask->dtype != DTYPE_BOOL)
        return refuse(c, "masked_fill_ only supports boolean masks, but got mask with dtype %s",
                      dtype_table[mask->dtype].python_name);
    if (value->ndim > 0)
        return refuse(
            c,
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with %d dimension(s).",
            value->ndim);
    if (dtype_is_complex(tensor_dtype(value)) && !dtype_is_complex(tensor_dtype(self)))
        return refuse(c, "value cannot be converted to type %s without overflow",
                      dtype_table[self->dtype].python_name);
    struct tensor *in[3] = {mask, value, self};
    return where(c, tensor_dtype(self), in);
}
