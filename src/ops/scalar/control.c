/* Small operators of the language itself: ranges, casts that the checker believes, enums, devices.
 *
 * Operators whose meaning needs the node or the interpreter (prim::If, prim::CallMethod, prim::tolist, ...)
 * are instructions and not here. Rules: torch/csrc/jit/runtime/register_prim_ops.cpp; devices:
 * c10/core/Device.cpp. */
#include <string.h>

#include "ops/common/give.h"
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

/* c10/core/Device.cpp, parse_type; numbers of c10/core/DeviceType.h, in the order of the error's text. */
static const struct {
    const char *name;
    int16_t type;
} device_types[] = {
    {"cpu", 0},    {"cuda", 1},           {"ipu", 18},  {"xpu", 12},  {"mkldnn", 2},
    {"opengl", 3}, {"opencl", 4},         {"ideep", 5}, {"hip", 6},   {"ve", 16},
    {"fpga", 7},   {"maia", 8},           {"xla", 9},   {"lazy", 17}, {"vulkan", 10},
    {"mps", 13},   {"meta", DEVICE_META}, {"hpu", 15},  {"mtia", 19}, {"privateuseone", 20},
};
enum { DEVICE_TYPES = sizeof device_types / sizeof *device_types, MAX_DEVICE_INDEX = 127 };

static bool unknown_device(struct op_call *c, const char *text) {
    struct text names = {0};
    for (int i = 0; i < DEVICE_TYPES; i++) {
        text_put(&names, i ? ", " : "");
        text_put(&names, device_types[i].name);
    }
    refuse(c, "Expected one of %s device type at start of device string: %s", text_get(&names), text);
    text_free(&names);
    return false;
}

/* "TYPE" or "TYPE:INDEX", the index without leading zeros. */
static bool parse_device(struct op_call *c, const char *text) {
    if (!*text) return refuse(c, "Device string must not be empty");
    size_t length = strcspn(text, ":");
    int16_t type = -1, index = -1;
    for (int i = 0; i < DEVICE_TYPES; i++)
        if (strlen(device_types[i].name) == length && !strncmp(device_types[i].name, text, length))
            type = device_types[i].type;
    const char *digits = text + length + (text[length] == ':');
    size_t digit_count = strspn(digits, "0123456789");
    bool indexed = text[length] == ':';
    if (indexed &&
        (digit_count == 0 || digit_count > 3 || digits[digit_count] || (digits[0] == '0' && digits[1])))
        return refuse(c, "Invalid device string: '%s'", text);
    if (type < 0) {
        char name[64] = {0};
        memcpy(name, text, length < sizeof name - 1 ? length : sizeof name - 1);
        return unknown_device(c, name);
    }
    int value = 0;
    for (size_t i = 0; indexed && i < digit_count; i++) value = value * 10 + (digits[i] - '0');
    if (value > MAX_DEVICE_INDEX)
        return refuse(c, "Could not parse device index '%s' in device string '%s'", digits, text);
    if (indexed) index = (int16_t)value;
    return give(c, value_device((struct device){.type = type, .index = index}));
}

bool op_device_of_str(struct op_call *c);
bool op_device_of_str(struct op_call *c) {
    return parse_device(c, arg_string(c, 0)->bytes);
}

/* PyTorch writes "TYPE:INDEX" and reads that. */
bool op_device_with_index(struct op_call *c);
bool op_device_with_index(struct op_call *c) {
    struct text t = {0};
    text_printf(&t, "%s:%lld", arg_string(c, 0)->bytes, (long long)arg_int(c, 1));
    bool good = t.failed ? error_memory(c->err) : parse_device(c, text_get(&t));
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
