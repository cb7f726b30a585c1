/* Elementwise operators on nested tensors: the row's own kernel runs on the buffers, and what it gives is
 * laid out as the nested argument is (aten/src/ATen/native/nested/NestedTensorUnaryOps.cpp,
 * NestedTensorBinaryOps.cpp, NestedTensorFactories.cpp). */
#include "ops/nested/nested.h"

enum { MOST_ARGS = 16, MOST_RESULTS = 2 };

static const struct tensor *first_nested(const struct op_call *c) {
    for (int i = 0; i < c->arg_count; i++)
        if (c->args[i].tag == VALUE_TENSOR && tensor_is_nested(c->args[i].tensor)) return c->args[i].tensor;
    return NULL;
}

static bool same_ints(const struct tensor *a, const struct tensor *b) {
    if (a->ndim != b->ndim || a->numel != b->numel) return false;
    for (int64_t i = 0; i < a->numel; i++)
        if (tensor_get_int(a, i) != tensor_get_int(b, i)) return false;
    return true;
}

/* What may stand beside a nested tensor: one of the same sizes and strides, a number, a 0-dim tensor. */
static bool goes_with(struct op_call *c, const struct tensor *t, const struct tensor *nested, bool first) {
    const char *name = op_name(c->row) + strlen("aten::");
    if (!tensor_is_nested(t)) {
        if (t->ndim == 0) return true;
        return refuse(
            c, first
                   ? "Expected both self and other to be nested, but got a non-nested self and nested other"
                   : "Expected both self and other to be nested, but got a nested self and non-nested other");
    }
    if (t->ndim != nested->ndim || !same_ints(t->parts[0], nested->parts[0]))
        return refuse(c, "%s does not support broadcasting when given a NestedTensor", name);
    if (!same_ints(t->parts[1], nested->parts[1]) || !same_ints(t->parts[2], nested->parts[2]) ||
        t->storage->bytes / dtype_size(tensor_dtype(t)) !=
            nested->storage->bytes / dtype_size(tensor_dtype(nested)))
        return refuse(c, "%s requires strides to match when given NestedTensors", name);
    return true;
}

static bool wrap_results(struct op_call *c, const struct tensor *like, const lb_value *results) {
    if (c->row->traits & OP_IN_PLACE) return give_borrowed(c, 0, arg_tensor(c, 0));
    for (int i = 0; i < c->result_count; i++)
        if (!give_at(c, i, nested_like(c, like, results[i].tensor))) return false;
    return true;
}

static bool run_on_buffers(struct op_call *c, const struct tensor *like, lb_value *args) {
    lb_value results[MOST_RESULTS] = {{0}};
    struct op_call inner = *c;
    inner.args = args;
    inner.results = results;
    inner.cache = NULL;
    inner.dying = 0;
    bool good = op_run(c->row)(&inner) && wrap_results(c, like, results);
    for (int i = 0; i < MOST_RESULTS; i++) value_release(results[i]);
    return good;
}

bool nested_map(struct op_call *c) {
    lb_value args[MOST_ARGS];
    const struct tensor *like = first_nested(c);
    struct tensor *buffers[MOST_ARGS];
    int made = 0;
    bool good = like && op_run(c->row) && c->arg_count <= MOST_ARGS && c->result_count <= MOST_RESULTS;
    if (!good) return refuse(c, "%s: not for nested tensors", op_name(c->row));
    for (int i = 0; good && i < c->arg_count; i++) {
        args[i] = c->args[i];
        if (args[i].tag != VALUE_TENSOR) continue;
        good = goes_with(c, args[i].tensor, like, i == 0);
        if (!good || !tensor_is_nested(args[i].tensor)) continue;
        buffers[made] = nested_buffer(args[i].tensor, c->err);
        good = buffers[made] != NULL;
        if (good) args[i] = value_tensor(buffers[made++]);
    }
    good = good && run_on_buffers(c, like, args);
    release_tensors(buffers, made);
    return good;
}

/* The same where PyTorch has a kernel for contiguous nested tensors alone. */
bool nested_map_packed(struct op_call *c) {
    const struct tensor *like = first_nested(c);
    if (like && !nested_is_contiguous(like))
        return refuse(c, "NestedTensor must be contiguous to get buffer.");
    return nested_map(c);
}
