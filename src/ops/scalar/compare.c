/* Comparisons, truth and identity.
 *
 * Numbers compare by what they are (an int with a float as floats), strings bytewise; lists, devices and
 * enums are equal when their parts are. Lists of tensors are another family's. Rules:
 * torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include <string.h>

#include "ops/scalar/number.h"

/* op_NAME_number and op_NAME_str from one C operator; complex numbers have == and != only. */
#define ORDER_KERNELS(name, sign, complexes)                                                      \
    static bool name##_ints(struct op_call *c, int64_t a, int64_t b) {                            \
        return give_bool(c, a sign b);                                                            \
    }                                                                                             \
    static bool name##_floats(struct op_call *c, double a, double b) {                            \
        return give_bool(c, a sign b);                                                            \
    }                                                                                             \
    bool op_##name##_number(struct op_call *c);                                                   \
    bool op_##name##_number(struct op_call *c) {                                                  \
        static const struct number_operation operation = {name##_ints, name##_floats, complexes}; \
        return number_apply(c, &operation);                                                       \
    }                                                                                             \
    bool op_##name##_str(struct op_call *c);                                                      \
    bool op_##name##_str(struct op_call *c) {                                                     \
        return give_bool(c, compare_strings(arg_string(c, 0), arg_string(c, 1)) sign 0);          \
    }

static int compare_strings(const struct string *a, const struct string *b) {
    int64_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, (size_t)shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The overload of Scalars compares a complex number with a complex number alone. */
static bool comparable(struct op_call *c) {
    bool is_scalars = !*op_overload(c->row);
    return !is_scalars || c->args[0].tag == c->args[1].tag ? true : refuse(c, "pop() called on empty stack");
}

static bool eq_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    return comparable(c) && give_bool(c, a.re == b.re && a.im == b.im);
}
static bool ne_complexes(struct op_call *c, struct complex_number a, struct complex_number b) {
    return comparable(c) && give_bool(c, !(a.re == b.re && a.im == b.im));
}

ORDER_KERNELS(eq, ==, eq_complexes)
ORDER_KERNELS(ne, !=, ne_complexes)
ORDER_KERNELS(lt, <, NULL)
ORDER_KERNELS(gt, >, NULL)
ORDER_KERNELS(le, <=, NULL)
ORDER_KERNELS(ge, >=, NULL)

/* Bools, devices, enums, lists of plain things. */
static bool equal(struct op_call *c, bool wanted) {
    lb_error problem = {0};
    bool same = value_same(c->args[0], c->args[1]) || value_equal(c->args[0], c->args[1], &problem);
    if (problem.code != LB_OK) {
        error_move(c->err, &problem);
        return false;
    }
    return give_bool(c, same == wanted);
}

bool op_eq_value(struct op_call *c);
bool op_eq_value(struct op_call *c) {
    return equal(c, true);
}
bool op_ne_value(struct op_call *c);
bool op_ne_value(struct op_call *c) {
    return equal(c, false);
}

bool op_is(struct op_call *c);
bool op_is(struct op_call *c) {
    return give_bool(c, value_same(c->args[0], c->args[1]));
}
bool op_is_not(struct op_call *c);
bool op_is_not(struct op_call *c) {
    return give_bool(c, !value_same(c->args[0], c->args[1]));
}

bool op_not(struct op_call *c);
bool op_not(struct op_call *c) {
    return give_bool(c, !arg_bool(c, 0));
}
bool op_and_bool(struct op_call *c);
bool op_and_bool(struct op_call *c) {
    return give_bool(c, arg_bool(c, 0) && arg_bool(c, 1));
}
bool op_or_bool(struct op_call *c);
bool op_or_bool(struct op_call *c) {
    return give_bool(c, arg_bool(c, 0) || arg_bool(c, 1));
}
bool op_xor_bool(struct op_call *c);
bool op_xor_bool(struct op_call *c) {
    return give_bool(c, arg_bool(c, 0) != arg_bool(c, 1));
}
