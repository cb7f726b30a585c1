/* The operators that PyTorch's differentiated graphs add up gradients with
 * (torch/csrc/jit/runtime/register_prim_ops.cpp). An undefined gradient is None here. */
#include "ops/common/compose.h"
#include "ops/common/give.h"

static bool is_zero(lb_value v) {
    return v.tag == VALUE_NONE;
}

bool autograd_zero(struct op_call *c) {
    return give(c, value_none());
}
bool autograd_add(struct op_call *c) {
    struct compose k = compose_start(c);
    if (is_zero(c->args[0]) || is_zero(c->args[1])) return give_copy(c, c->args[is_zero(c->args[0])]);
    if (c->args[0].tag != VALUE_TENSOR || c->args[1].tag != VALUE_TENSOR)
        return refuse(c, "AutogradAdd takes tensors");
    return compose_give(&k,
                        compose_run(&k, "aten::add.Tensor", "ttd", arg_tensor(c, 0), arg_tensor(c, 1), 1));
}

static int count_zeros(const struct op_call *c) {
    int zeros = 0;
    for (int i = 0; i < c->arg_count; i++) {
        lb_value v = c->args[i];
        bool all = v.tag == VALUE_LIST;
        for (int64_t j = 0; all && j < v.list->count; j++) all = is_zero(v.list->items[j]);
        zeros += is_zero(v) || (all && v.tag == VALUE_LIST);
    }
    return zeros;
}
bool autograd_all_zero(struct op_call *c) {
    return give_bool(c, count_zeros(c) == c->arg_count);
}
bool autograd_all_nonzero(struct op_call *c) {
    return give_bool(c, count_zeros(c) == 0);
}
bool autograd_any_nonzero(struct op_call *c) {
    return give_bool(c, count_zeros(c) < c->arg_count);
}

/* backward(tensors, ...): no operator records how its result was made, so no tensor has a grad_fn
 * (torch/csrc/autograd/engine.cpp's refusal, which stands for every result here). */
bool autograd_backward(struct op_call *c) {
    return refuse(c, "element 0 of tensors does not require grad and does not have a grad_fn");
}
