/* Small operators of the language itself: ranges, casts that the checker believes, enums, devices.
 *
 * Operators whose meaning needs the node or the interpreter (prim::If, prim::CallMethod, prim::tolist, ...)
 * are instructions and not here. Rules: torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include "ops/common/give.h"
#include "tensor/device.h"
#include "value/print.h"

/* The value itself: unchecked casts, annotations, Size, operators that exist for other backends. */
bool op_same(struct op_call *c);
bool op_same(struct op_call *c) {
    return give_copy(c, c->args[0]);
}

/* Operators that say something to a compiler alone, or whose result nobody sees: aten::_assert_scalar, having
 * no results and no side effects, never survives PyTorch's dead code elimination. */
bool op_nothing(struct op_call *c);
bool op_nothing(struct op_call *c) {
    (void)c;
    return true;
}

bool op_false(struct op_call *c);
bool op_false(struct op_call *c) {
    return give_bool(c, false);
}
bool op_true(struct op_call *c);
bool op_true(struct op_call *c) {
    return give_bool(c, true);
}
bool op_zero(struct op_call *c);
bool op_zero(struct op_call *c) {
    return give_int(c, 0);
}

bool op_none(struct op_call *c);
bool op_none(struct op_call *c) {
    return give(c, value_none());
}
bool op_no_cuda(struct op_call *c);
bool op_no_cuda(struct op_call *c) {
    return refuse(c, "Cannot access cuFFT plan cache without ATen_cuda library.");
}

/* Marks of a profiler that is not there: an empty handle, in the class's form and in the older tensor form
 * (torch/csrc/autograd/record_function_ops.cpp). */
bool op_profiler_enter(struct op_call *c);
bool op_profiler_enter(struct op_call *c) {
    static const char class_name[] = "__torch__.torch.classes.profiler._RecordFunction";
    if (!value_new_capsule(&c->results[0], class_name, value_none(), c->err)) return false;
    c->results[0].capsule->type = c->result_type;
    return true;
}
bool op_profiler_handle(struct op_call *c);
bool op_profiler_handle(struct op_call *c) {
    return give_tensor(c, tensor_of_int(0, DTYPE_INT64, c->err));
}
bool op_second(struct op_call *c);
bool op_second(struct op_call *c) {
    return give_copy(c, c->args[1]);
}

bool op_unwrap_optional(struct op_call *c);
bool op_unwrap_optional(struct op_call *c) {
    if (arg_none(c, 0)) return refuse(c, "Unwrapping null optional");
    return give_copy(c, c->args[0]);
}

bool op_if_then_else(struct op_call *c);
bool op_if_then_else(struct op_call *c) {
    return give_copy(c, c->args[arg_bool(c, 0) ? 1 : 2]);
}

bool op_range_length(struct op_call *c);
bool op_range_length(struct op_call *c) {
    int64_t low = arg_int(c, 0), high = arg_int(c, 1), step = arg_int(c, 2);
    if (step == 0) return refuse(c, "range() arg 3 must not be zero");
    uint64_t span, stride;
    if (step > 0 && low < high) {
        span = (uint64_t)high - (uint64_t)low;
        stride = (uint64_t)step;
    } else if (step < 0 && low > high) {
        span = (uint64_t)low - (uint64_t)high;
        stride = 0 - (uint64_t)step;
    } else {
        return give_int(c, 0);
    }
    return give_int(c, (int64_t)(1 + (span - 1) / stride));
}

bool op_derive_index(struct op_call *c);
bool op_derive_index(struct op_call *c) {
    return give_int(c, wrap_add(arg_int(c, 1), wrap_multiply(arg_int(c, 0), arg_int(c, 2))));
}

bool op_grad_enabled(struct op_call *c);
bool op_grad_enabled(struct op_call *c) {
    return give_bool(c, c->cx->grad_enabled);
}
bool op_set_grad_enabled(struct op_call *c);
bool op_set_grad_enabled(struct op_call *c) {
    c->cx->grad_enabled = arg_bool(c, 0);
    return true;
}

/* The address: different for two objects that live at the same time, 0 for None. */
bool op_id(struct op_call *c);
bool op_id(struct op_call *c) {
    return give_int(c, arg_none(c, 0) ? 0 : (int64_t)(uintptr_t)c->args[0].counted);
}

bool op_enum_name(struct op_call *c);
bool op_enum_name(struct op_call *c) {
    return give_copy(c, c->args[0].enumeration->name);
}
bool op_enum_value(struct op_call *c);
bool op_enum_value(struct op_call *c) {
    return give_copy(c, c->args[0].enumeration->value);
}

/* --- devices --- */

static bool give_device(struct op_call *c, const char *text) {
    struct device device;
    return device_parse(text, &device, c->err) && give(c, value_device(device));
}

bool op_device_of_str(struct op_call *c);
bool op_device_of_str(struct op_call *c) {
    return give_device(c, arg_string(c, 0)->bytes);
}

/* PyTorch writes "TYPE:INDEX" and reads that. */
bool op_device_with_index(struct op_call *c);
bool op_device_with_index(struct op_call *c) {
    struct text t = {0};
    text_printf(&t, "%s:%lld", arg_string(c, 0)->bytes, (long long)arg_int(c, 1));
    bool good = t.failed ? error_memory(c->err) : give_device(c, text_get(&t));
    text_free(&t);
    return good;
}

bool op_device_type(struct op_call *c);
bool op_device_type(struct op_call *c) {
    struct text t = {0};
    value_put_device(&t, (struct device){.type = c->args[0].device.type, .index = -1});
    return give_text(c, &t);
}

bool op_device_index(struct op_call *c);
bool op_device_index(struct op_call *c) {
    int16_t index = c->args[0].device.index;
    return give(c, index < 0 ? value_none() : value_int(index));
}
