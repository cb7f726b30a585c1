/* Assertions as operators: those that give their token back, so that a graph cannot drop them.
 *
 * The forms without a result (_assert_async, _assert_tensor_metadata, sym_constrain_range) never run: they
 * have no results and no side effects, so PyTorch's dead code elimination takes them. Rules:
 * aten/src/ATen/native/TensorCompare.cpp, Constraints.cpp. */
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include <time.h>

static bool give_token(struct op_call *c, int at) {
    struct compose k = compose_start(c);
    return compose_give(&k, compose_run(&k, "aten::clone", "t", arg_tensor(c, at)));
}

/* (self, message, token): self is a tensor of one element or a number. */
bool check_truth(struct op_call *c) {
    if (c->args[0].tag == VALUE_TENSOR) {
        struct tensor *t = arg_tensor(c, 0);
        if (t->numel == 0) return refuse(c, "Boolean value of Tensor with no values is ambiguous");
        if (t->numel > 1) return refuse(c, "Boolean value of Tensor with more than one value is ambiguous");
    }
    struct number n = arg_number(c, 0);
    if (n.i == 0 && n.z.re == 0 && n.z.im == 0)
        return refuse(c, "%s", arg_string(c, 1)->length ? arg_string(c, 1)->bytes : "");
    return give_token(c, 2);
}

static bool in_range(struct op_call *c, int64_t least) {
    int64_t most = arg_int_or(c, 2, INT64_MAX), size = arg_number(c, 0).i;
    least = arg_int_or(c, 1, least);
    if (most < least)
        return refuse(c, "Max must be greater than or equal to min. Got min=%lld max=%lld", (long long)least,
                      (long long)most);
    if (size < least || size > most)
        return refuse(c, "Invalid value range for %lld between [%lld, %lld].", (long long)size,
                      (long long)least, (long long)most);
    return true;
}
/* (size, min, max, token) */
bool check_range(struct op_call *c) {
    return in_range(c, INT64_MIN) && give_token(c, 3);
}
bool check_range_for_size(struct op_call *c) {
    if (!arg_none(c, 2) && arg_int(c, 2) <= 2)
        return refuse(c, "Max value to constrain_range_for_size must be greater than 2. got: %lld",
                      (long long)arg_int(c, 2));
    return in_range(c, 0) && give_token(c, 3);
}

/* Operators that PyTorch itself refuses on a machine without an accelerator, outside a dual level, outside
 * inference mode, outside the XLA backend. */
#define REFUSALS(X)                                                                                       \
    X(accelerator, "Cannot access accelerator device when none is available.")                            \
    X(dual_level, "Trying to access a forward AD level with an invalid index. This index was either not " \
                  "created or is already deleted.")                                                       \
    X(inference, "InferenceMode::is_enabled() INTERNAL ASSERT FAILED: Expected this method to only be "   \
                 "reached in inference mode and when all the inputs are inference tensors.")              \
    X(xla, "input.device().type() == kXLA INTERNAL ASSERT FAILED: This op should only be called by XLA")  \
    X(nnpack, "NNPACK SpatialConvolution_updateOutput failed")                                            \
    X(guard, "Should be replaced by prim::BailOut")                                                       \
    X(stack, "pop() called on empty stack")                                                               \
    X(python,                                                                                             \
      "This Python function is annotated to be ignored and cannot be and has not been included in the "   \
      "exported binary, meaning that it cannot be executed now. Make sure that ignored operations are "   \
      "never executed after import")                                                                      \
    X(distributed, "Need to initialize distributed autograd using torch.distributed.autograd.init()")
#define DEFINE_REFUSAL(name, text)            \
    bool check_no_##name(struct op_call *c) { \
        return refuse(c, "%s", text);         \
    }
REFUSALS(DEFINE_REFUSAL)

/* hash_tensor.out: no tensor here has the dtype it asks for. */
bool check_hash_target(struct op_call *c) {
    return refuse(c, "Expected result to be of dtype uint64, but got %s",
                  dtype_table[call_target(c)->dtype].graph_name);
}

/* --- nodes of PyTorch's derivative graphs, where an undefined tensor (None here) is a zero --- */

static int defined_count(const struct op_call *c, int *tensors) {
    int defined = 0;
    *tensors = 0;
    for (int i = 0; i < c->arg_count; i++) {
        bool list = c->args[i].tag == VALUE_LIST;
        int64_t count = list ? arg_list(c, i)->count : 1;
        const lb_value *items = list ? arg_list(c, i)->items : &c->args[i];
        for (int64_t k = 0; k < count; k++, (*tensors)++) defined += items[k].tag != VALUE_NONE;
    }
    return defined;
}
bool check_all_defined(struct op_call *c) {
    int tensors, defined = defined_count(c, &tensors);
    return give_bool(c, defined == tensors);
}
bool check_none_defined(struct op_call *c) {
    int tensors;
    return give_bool(c, defined_count(c, &tensors) == 0);
}
bool check_any_defined(struct op_call *c) {
    int tensors;
    return give_bool(c, defined_count(c, &tensors) > 0);
}
/* A zero adds nothing. */
bool check_autograd_add(struct op_call *c) {
    for (int i = 0; i < 2; i++)
        if (c->args[i].tag != VALUE_TENSOR && !arg_none(c, i))
            return refuse(c, "Expected Tensor but got %s", value_tag_name((enum value_tag)c->args[i].tag));
    if (arg_none(c, 0)) return give_copy(c, c->args[1]);
    if (arg_none(c, 1)) return give_copy(c, c->args[0]);
    struct compose k = compose_start(c);
    return compose_give(&k,
                        compose_run(&k, "aten::add.Tensor", "ttd", arg_tensor(c, 0), arg_tensor(c, 1), 1));
}
bool check_bailout_template(struct op_call *c) {
    return give_int(c, 1);
}
/* Nanoseconds of a clock that only goes forward. */
bool check_time_point(struct op_call *c) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return refuse(c, "this machine has no clock");
    return give_int(c, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}
