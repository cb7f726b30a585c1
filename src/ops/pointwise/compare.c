/* Comparisons and logic of two operands: bool out, whatever the operands are promoted to. */
#include "ops/pointwise/pointwise.h"

#define ORDERS(X)       \
    X(lt, "lt_cpu", <)  \
    X(le, "le_cpu", <=) \
    X(gt, "gt_cpu", >)  \
    X(ge, "ge_cpu", >=)
#define DEFINE_ORDER(name, text, operator)                                                         \
    POINTWISE_LOOP_2(name##_int, int64_t, uint8_t, x operator y)                                   \
    POINTWISE_LOOP_2(name##_float, float, uint8_t, x operator y)                                   \
    POINTWISE_LOOP_2(name##_double, double, uint8_t, x operator y)                                 \
    static const struct pointwise op_##name = {                                                    \
        text, 2, RULE_BOOL | WITH_COMPARE(name), {name##_int, name##_float, name##_double, NULL}}; \
    bool pointwise_##name(struct op_call *c) {                                                     \
        return pointwise_call(c, &op_##name, 0);                                                   \
    }
ORDERS(DEFINE_ORDER)

#define LOGIC(X)                                       \
    X(eq, "eq_cpu", x == y)                            \
    X(ne, "ne_cpu", x != y)                            \
    X(logical_and, "logical_and", (x != 0) & (y != 0)) \
    X(logical_or, "logical_or", (x != 0) | (y != 0))   \
    X(logical_xor, "logical_xor", (x != 0) ^ (y != 0))
#define DEFINE_LOGIC(name, text, expression)                                            \
    POINTWISE_LOOP_2(name##_int, int64_t, uint8_t, expression)                          \
    POINTWISE_LOOP_2(name##_float, float, uint8_t, expression)                          \
    POINTWISE_LOOP_2(name##_double, double, uint8_t, expression)                        \
    POINTWISE_LOOP_2(name##_complex, complex_double, uint8_t, expression)               \
    static const struct pointwise op_##name = {                                         \
        text, 2, RULE_BOOL, {name##_int, name##_float, name##_double, name##_complex}}; \
    bool pointwise_##name(struct op_call *c) {                                          \
        return pointwise_call(c, &op_##name, 0);                                        \
    }
LOGIC(DEFINE_LOGIC)

/* isclose: |x - y| <= atol + rtol * |y|; k: rtol, atol, equal_nan. */
static bool close_real(double x, double y, const struct number *k) {
    if (x == y || (k[2].i && x != x && y != y)) return true;
    double apart = x > y ? x - y : y - x;
    return apart < (double)__builtin_inf() && apart <= k[1].f + k[0].f * (y < 0 ? -y : y);
}
static bool close_complex(complex_double x, complex_double y, const struct number *k) {
    if (x == y || (k[2].i && x != x && y != y)) return true;
    double apart = __builtin_cabs(x - y);
    return apart < (double)__builtin_inf() && apart <= k[1].f + k[0].f * __builtin_cabs(y);
}
POINTWISE_LOOP_2(isclose_int, int64_t, uint8_t, close_real((double)x, (double)y, t->k))
POINTWISE_LOOP_2(isclose_float, float, uint8_t, close_real(x, y, t->k))
POINTWISE_LOOP_2(isclose_double, double, uint8_t, close_real(x, y, t->k))
POINTWISE_LOOP_2(isclose_complex, complex_double, uint8_t, close_complex(x, y, t->k))
bool pointwise_isclose(struct op_call *c) {
    static const struct pointwise op = {
        "isclose", 2, RULE_BOOL, {isclose_int, isclose_float, isclose_double, isclose_complex}};
    if (arg_tensor(c, 0)->dtype != arg_tensor(c, 1)->dtype)
        return refuse(c, "%s did not match %s", dtype_table[arg_tensor(c, 0)->dtype].graph_name,
                      dtype_table[arg_tensor(c, 1)->dtype].graph_name);
    for (int i = 0; i < 2; i++)
        if (!(arg_float(c, 2 + i) >= 0))
            return refuse(c, "%s must be greater than or equal to zero, but got %g", i ? "atol" : "rtol",
                          arg_float(c, 2 + i));
    return pointwise_call(c, &op, 3);
}
