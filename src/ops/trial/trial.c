/* The operators that PyTorch keeps for its own tests (aten/src/ATen/native/TestOps.cpp): they stand in its
 * list of schemas, so programs may call them. */
#include "ops/common/compose.h"
#include <string.h>

/* values + addends, element by element; a None list gives values themselves. */
static bool add_list(struct op_call *c, enum dtype wanted, const char *type) {
    struct tensor *values = arg_tensor(c, 0);
    if (arg_none(c, 1)) return give_borrowed(c, 0, values);
    const struct list *addends = arg_list(c, 1);
    if (values->ndim != 1)
        return refuse(c, "Expected values.dim() == 1 to be true, but got false.  (Could this error message "
                         "be improved?  If so, please report an enhancement request to PyTorch.)");
    if (values->dtype != wanted)
        return refuse(c, "expected scalar type %s but found %s", type, dtype_table[values->dtype].graph_name);
    if (values->numel > addends->count)
        return refuse(c, "ArrayRef: invalid index Index = %lld; Length = %lld", (long long)addends->count,
                      (long long)addends->count);
    struct tensor *out = call_new(c, wanted, 1, values->sizes);
    for (int64_t i = 0; out && i < values->numel; i++) {
        if (wanted == DTYPE_INT32)
            ((int32_t *)tensor_data(out))[i] =
                (int32_t)((uint64_t)tensor_get_int(values, i) + (uint64_t)addends->items[i].i);
        else
            ((float *)tensor_data(out))[i] = (float)(tensor_get_float(values, i) + addends->items[i].f);
    }
    return give_tensor(c, out);
}
bool trial_optional_intlist(struct op_call *c) {
    return add_list(c, DTYPE_INT32, "Int");
}
bool trial_optional_floatlist(struct op_call *c) {
    return add_list(c, DTYPE_FLOAT32, "Float");
}

/* a and b as defaults tell the overloads apart: the first gives 1, the second 2. */
static bool give_overload(struct op_call *c, int64_t first, int64_t result) {
    if (arg_int(c, 1) != first)
        return refuse(c,
                      "Expected a == %lld to be true, but got false.  (Could this error message be "
                      "improved?  If so, please report an enhancement request to PyTorch.)",
                      (long long)first);
    return give_tensor(c, tensor_of_int(result, DTYPE_INT64, c->err));
}
bool trial_ambiguous_a(struct op_call *c) {
    if (arg_int(c, 2) != 1)
        return refuse(c, "Expected b == 1 to be true, but got false.  (Could this error message be "
                         "improved?  If so, please report an enhancement request to PyTorch.)");
    return give_overload(c, 1, 1);
}
bool trial_ambiguous_b(struct op_call *c) {
    const struct string *b = c->args[2].string;
    if (b->length != 1 || b->bytes[0] != '2')
        return refuse(c, "Expected b == \"2\" to be true, but got false.  (Could this error message be "
                         "improved?  If so, please report an enhancement request to PyTorch.)");
    return give_overload(c, 2, 2);
}

/* A string default with quotes and a backslash in it must come through: "\"'\\" both times. */
bool trial_string_default(struct op_call *c) {
    for (int i = 1; i < 3; i++) {
        const struct string *text = c->args[i].string;
        if (text->length != 3 || memcmp(text->bytes, "\"'\\", 3) != 0)
            return refuse(c, "Default %s failed", i == 1 ? "A" : "B");
    }
    return give_borrowed(c, 0, arg_tensor(c, 0));
}

/* _test_serialization_subcmul(self, other, alpha): self - other * alpha. */
bool trial_subcmul(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *product = compose_run(&k, "aten::mul.Scalar", "tv", arg_tensor(c, 1), c->args[2]);
    return compose_give(&k, compose_run(&k, "aten::sub.Tensor", "ttd", arg_tensor(c, 0), product, 1));
}

bool trial_flat_view(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t all = -1;
    return compose_give(&k, compose_run(&k, "aten::view", "tL", arg_tensor(c, 0), 1, &all));
}

bool trial_check_tensor(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->dtype != DTYPE_BOOL) return refuse(c, "self.scalar_type() == at::kBool INTERNAL ASSERT FAILED");
    for (int64_t i = 0; i < t->numel; i++)
        if (!tensor_get_int(t, i)) return refuse(c, "Test message for TORCH_CHECK_TENSOR_ALL");
    return give_borrowed(c, 0, t);
}
