/* Operators of three operands, and of bounds: lerp, addcmul, addcdiv, clamp. */
#include "ops/pointwise/pointwise.h"
#include "tensor/promote.h"
#include <complex.h>
#include <math.h>

#define NUMBER_Z(n) ((n).z.re + (n).z.im * (complex_double)_Complex_I)

/* input + value * a * b, input + value * a / b. k[0]: value. */
POINTWISE_LOOP_3(addcmul_int, int64_t, int64_t, (uint64_t)x + (uint64_t)t->k[0].i * (uint64_t)y * (uint64_t)z)
POINTWISE_LOOP_3(addcmul_float, float, float, x + (float)t->k[0].f * y * z)
POINTWISE_LOOP_3(addcmul_double, double, double, x + t->k[0].f * y * z)
POINTWISE_LOOP_3(addcmul_complex, complex_double, complex_double, x + NUMBER_Z(t->k[0]) * y * z)
POINTWISE_LOOP_3(addcdiv_float, float, float, x + (float)t->k[0].f * y / z)
POINTWISE_LOOP_3(addcdiv_double, double, double, x + t->k[0].f * y / z)
POINTWISE_LOOP_3(addcdiv_complex, complex_double, complex_double, x + NUMBER_Z(t->k[0]) * y / z)

bool pointwise_addcmul(struct op_call *c) {
    static const struct pointwise op = {
        "addcmul_cpu_out", 3, RULE_NO_BOOL, {addcmul_int, addcmul_float, addcmul_double, addcmul_complex}};
    return pointwise_call(c, &op, 1);
}
bool pointwise_addcdiv(struct op_call *c) {
    static const struct pointwise op = {
        "addcdiv_cpu_out", 3, RULE_NO_BOOL, {NULL, addcdiv_float, addcdiv_double, addcdiv_complex}};
    if (dtype_is_integral(tensor_dtype(arg_tensor(c, 1)), true) &&
        dtype_is_integral(tensor_dtype(arg_tensor(c, 2)), true))
        return refuse(
            c, "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
               "perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be "
               "implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer "
               "inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
               "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all "
               "dtypes.");
    return pointwise_call(c, &op, 1);
}

/* lerp (aten/src/ATen/native/Lerp.h): from the nearer end. */
POINTWISE_LOOP_3(lerp_float, float, float, z<0.5f && z> - 0.5f ? x + z * (y - x) : y - (y - x) * (1 - z))
POINTWISE_LOOP_3(lerp_double, double, double, z<0.5 && z> - 0.5 ? x + z * (y - x) : y - (y - x) * (1 - z))
POINTWISE_LOOP_3(lerp_complex, complex_double, complex_double,
                 __builtin_cabs(z) < 0.5 ? x + z * (y - x) : y - (y - x) * (1 - z))
bool pointwise_lerp(struct op_call *c) {
    static const struct pointwise op = {
        "lerp_kernel", 3, RULE_SAME, {NULL, lerp_float, lerp_double, lerp_complex}};
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->dtype != b->dtype)
        return refuse(c, "expected dtype %s for `end` but got dtype %s", dtype_table[a->dtype].python_name,
                      dtype_table[b->dtype].python_name);
    if (c->args[2].tag == VALUE_TENSOR && c->args[2].tensor->dtype != a->dtype && c->args[2].tensor->ndim > 0)
        return refuse(c, "expected dtype %s for `weight` but got dtype %s", dtype_table[a->dtype].python_name,
                      dtype_table[c->args[2].tensor->dtype].python_name);
    struct wrapped wrapped;
    struct tensor *in[3] = {arg_tensor(c, 0), arg_tensor(c, 1), arg_operand(c, 2, &wrapped)};
    return give_tensor(c, pointwise_run_as(c, &op, tensor_dtype(a), in, NULL, call_target(c)));
}

/* Bounds: NaN stays NaN, and a NaN bound gives NaN. */
#define CLAMP_LOW(x, y)     (x != x ? x : y != y || y > x ? y : x)
#define CLAMP_HIGH(x, y)    (x != x ? x : y != y || y < x ? y : x)
#define CLAMP_BOTH(x, y, z) (x != x ? x : y != y ? y : z != z ? z : (x < y ? y : x) > z ? z : x < y ? y : x)
POINTWISE_LOOP_2(low_int, int64_t, int64_t, CLAMP_LOW(x, y))
POINTWISE_LOOP_2(low_float, float, float, CLAMP_LOW(x, y))
POINTWISE_LOOP_2(low_double, double, double, CLAMP_LOW(x, y))
POINTWISE_LOOP_2(high_int, int64_t, int64_t, CLAMP_HIGH(x, y))
POINTWISE_LOOP_2(high_float, float, float, CLAMP_HIGH(x, y))
POINTWISE_LOOP_2(high_double, double, double, CLAMP_HIGH(x, y))
POINTWISE_LOOP_3(both_int, int64_t, int64_t, CLAMP_BOTH(x, y, z))
POINTWISE_LOOP_3(both_float, float, float, CLAMP_BOTH(x, y, z))
POINTWISE_LOOP_3(both_double, double, double, CLAMP_BOTH(x, y, z))
static const struct pointwise op_low = {
    "clamp_min_cpu", 2, RULE_SAME, {low_int, low_float, low_double, NULL}};
static const struct pointwise op_high = {
    "clamp_max_cpu", 2, RULE_SAME, {high_int, high_float, high_double, NULL}};
static const struct pointwise op_both = {
    "clamp_cpu", 3, RULE_NO_BOOL, {both_int, both_float, both_double, NULL}};

/* Floats between two numbers: those that are not given are infinite. */
POINTWISE_LOOP_1(between_float, float, float, CLAMP_BOTH(x, (float)t->k[0].f, (float)t->k[1].f))
POINTWISE_LOOP_1(between_double, double, double, CLAMP_BOTH(x, t->k[0].f, t->k[1].f))
static const struct pointwise op_between = {
    "clamp_cpu", 1, RULE_SAME | WITH_PARAM(clamp), {NULL, between_float, between_double, NULL}};

static bool is_plain_number(const struct tensor *t) {
    return !t || ((t->flags & TENSOR_WRAPPED_NUMBER) && !dtype_is_complex(tensor_dtype(t)));
}

static bool clamp_floats(struct op_call *c, struct tensor *x, const struct tensor *low,
                         const struct tensor *high) {
    struct number k[2] = {{.tag = VALUE_FLOAT, .f = -(double)INFINITY},
                          {.tag = VALUE_FLOAT, .f = (double)INFINITY}};
    if (low) k[0].f = tensor_number(low).f;
    if (high) k[1].f = tensor_number(high).f;
    return give_tensor(c, pointwise_run_as(c, &op_between, tensor_dtype(x), &x, k, call_target(c)));
}

static bool clamp_with(struct op_call *c, struct tensor *low, struct tensor *high) {
    struct tensor *in[3] = {arg_tensor(c, 0), low ? low : high, high};
    const struct pointwise *op = low && high ? &op_both : low ? &op_low : &op_high;
    if (!low && !high) return refuse(c, "torch.clamp: At least one of 'min' or 'max' must not be None");
    if (dtype_is_complex(tensor_dtype(in[0]))) return refuse(c, "clamp is not supported for complex types");
    bool numbers = (in[1]->flags & TENSOR_WRAPPED_NUMBER) || (low && high);
    if (numbers && in[0]->dtype == DTYPE_BOOL && in[1]->dtype == DTYPE_BOOL)
        return refuse(c, "\"%s\" not implemented for 'Bool'", op->name);
    if (dtype_is_floating(tensor_dtype(in[0])) && is_plain_number(low) && is_plain_number(high))
        return clamp_floats(c, in[0], low, high);
    return give_tensor(c, pointwise_run(c, op, in, NULL, call_target(c)));
}
bool pointwise_clamp(struct op_call *c) {
    struct wrapped wrapped[2];
    return clamp_with(c, arg_none(c, 1) ? NULL : arg_operand(c, 1, &wrapped[0]),
                      arg_none(c, 2) ? NULL : arg_operand(c, 2, &wrapped[1]));
}
bool pointwise_clamp_min(struct op_call *c) {
    struct wrapped wrapped;
    return clamp_with(c, arg_operand(c, 1, &wrapped), NULL);
}
bool pointwise_clamp_max(struct op_call *c) {
    struct wrapped wrapped;
    return clamp_with(c, NULL, arg_operand(c, 1, &wrapped));
}

/* polar and complex: two reals make a complex number. */
POINTWISE_LOOP_2(polar_loop, complex_double, complex_double,
                 creal(x) * (cos(creal(y)) + (complex_double)_Complex_I * sin(creal(y))))
POINTWISE_LOOP_2(complex_loop, complex_double, complex_double,
                 creal(x) + creal(y) * (complex_double)_Complex_I)

static bool complex_of(struct op_call *c, const struct pointwise *op) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->dtype != b->dtype || !dtype_is_floating(tensor_dtype(a)))
        return refuse(c, "Expected both inputs to be Half, Float or Double tensors but got %s and %s",
                      dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
    struct tensor *in[2] = {arg_tensor(c, 0), arg_tensor(c, 1)};
    return give_tensor(c, pointwise_run_as(c, op, dtype_complex(tensor_dtype(a)), in, NULL, call_target(c)));
}
bool pointwise_polar(struct op_call *c) {
    static const struct pointwise op = {"polar", 2, RULE_SAME, {NULL, NULL, NULL, polar_loop}};
    return complex_of(c, &op);
}
bool pointwise_complex(struct op_call *c) {
    static const struct pointwise op = {"complex", 2, RULE_SAME, {NULL, NULL, NULL, complex_loop}};
    return complex_of(c, &op);
}
