/* Arithmetic and comparisons of tensors: Python's operators are operators of the registry by name. What does
 * not fit is left to the other operand (NotImplemented), as PyTorch does. */
#include "extension.h"

/* Of two operands one is a tensor. */
static struct state *state_of(PyObject *a, PyObject *b) {
    struct tensor *t = py_tensor_any(a);
    return (t ? t : py_tensor_any(b))->state;
}

static PyObject *not_implemented_for_type_error(PyObject *result) {
    if (result || !PyErr_ExceptionMatches(PyExc_TypeError)) return result;
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *binary(const char *op, PyObject *a, PyObject *b) {
    PyObject *args[] = {a, b};
    return not_implemented_for_type_error(py_op_call(state_of(a, b), op, args, 2, NULL));
}

static PyObject *unary(const char *op, PyObject *a) {
    return py_op_call(py_tensor_any(a)->state, op, &a, 1, NULL);
}

/* Python's operators of two operands, either of which may be the tensor; in place the first is. */
#define BINARIES(X)                                \
    X(add, "aten::add")                            \
    X(subtract, "aten::sub")                       \
    X(multiply, "aten::mul")                       \
    X(floor_divide, "aten::floor_divide")          \
    X(remainder, "aten::remainder")                \
    X(matrix_multiply, "aten::matmul")             \
    X(and, "aten::bitwise_and")                    \
    X(or, "aten::bitwise_or")                      \
    X(xor, "aten::bitwise_xor")                    \
    X(lshift, "aten::bitwise_left_shift")          \
    X(rshift, "aten::bitwise_right_shift")         \
    X(inplace_add, "aten::add_")                   \
    X(inplace_subtract, "aten::sub_")              \
    X(inplace_multiply, "aten::mul_")              \
    X(inplace_true_divide, "aten::div_")           \
    X(inplace_floor_divide, "aten::floor_divide_") \
    X(inplace_remainder, "aten::remainder_")       \
    X(inplace_and, "aten::__iand__")               \
    X(inplace_or, "aten::__ior__")                 \
    X(inplace_xor, "aten::__ixor__")               \
    X(inplace_lshift, "aten::__ilshift__")         \
    X(inplace_rshift, "aten::__irshift__")
#define X(name, op)                                        \
    static PyObject *nb_##name(PyObject *a, PyObject *b) { \
        return binary(op, a, b);                           \
    }
BINARIES(X)
#undef X

/* A number over a tensor is a product with the reciprocal (torch/_tensor.py, __rdiv__), but not for a tensor
 * over another. */
static PyObject *nb_true_divide(PyObject *a, PyObject *b) {
    if (py_tensor_any(a)) return binary("aten::div", a, b);
    PyObject *inverse = unary("aten::reciprocal", b);
    PyObject *result = inverse ? binary("aten::mul", inverse, a) : NULL;
    Py_XDECREF(inverse);
    return result;
}

static PyObject *nb_power(PyObject *a, PyObject *b, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary("aten::pow", a, b);
}

static PyObject *nb_inplace_power(PyObject *a, PyObject *b, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary("aten::pow_", a, b);
}

static PyObject *nb_negative(PyObject *a) {
    return unary("aten::neg", a);
}

static PyObject *nb_positive(PyObject *a) {
    return unary("aten::positive", a);
}

static PyObject *nb_absolute(PyObject *a) {
    return unary("aten::abs", a);
}

static PyObject *nb_invert(PyObject *a) {
    return unary("aten::bitwise_not", a);
}

/* ---- to Python's numbers ---- */

static int nb_bool(PyObject *a) {
    PyObject *flag = unary("aten::is_nonzero", a);
    int value = flag ? PyObject_IsTrue(flag) : -1;
    Py_XDECREF(flag);
    return value;
}

static PyObject *item(PyObject *a) {
    if (lb_tensor_numel(py_tensor_any(a)->value) == 1) return unary("aten::item", a);
    PyErr_SetString(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
    return NULL;
}

static PyObject *nb_int(PyObject *a) {
    PyObject *number = item(a), *whole = number ? PyNumber_Long(number) : NULL;
    Py_XDECREF(number);
    return whole;
}

static PyObject *nb_float(PyObject *a) {
    PyObject *number = item(a), *real = number ? PyNumber_Float(number) : NULL;
    Py_XDECREF(number);
    return real;
}

static PyObject *nb_index(PyObject *a) {
    const lb_value *v = py_tensor_any(a)->value;
    lb_dtype d = lb_tensor_dtype(v);
    bool whole =
        d == LB_UINT8 || d == LB_INT8 || d == LB_INT16 || d == LB_INT32 || d == LB_INT64 || d == LB_BOOL8;
    if (lb_tensor_numel(v) == 1 && whole) return nb_int(a);
    PyErr_SetString(PyExc_TypeError, "only integer tensors of a single element can be converted to an index");
    return NULL;
}

/* ---- comparisons ---- */

static PyObject *compare(PyObject *a, PyObject *b, int how) {
    static const char *const ops[] = {[Py_LT] = "aten::lt", [Py_LE] = "aten::le", [Py_EQ] = "aten::eq",
                                      [Py_NE] = "aten::ne", [Py_GT] = "aten::gt", [Py_GE] = "aten::ge"};
    if (b == Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary(ops[how], a, b);
}

/* By identity: equality is element by element. */
static Py_hash_t hash(PyObject *self) {
    return (Py_hash_t)((uintptr_t)self >> 4);
}

const PyType_Slot py_tensor_number_slots[] = {
#define X(name, op) {Py_nb_##name, nb_##name},
    BINARIES(X)
#undef X
        {Py_nb_true_divide, nb_true_divide},
    {Py_nb_power, nb_power},
    {Py_nb_inplace_power, nb_inplace_power},
    {Py_nb_negative, nb_negative},
    {Py_nb_positive, nb_positive},
    {Py_nb_absolute, nb_absolute},
    {Py_nb_invert, nb_invert},
    {Py_nb_bool, nb_bool},
    {Py_nb_int, nb_int},
    {Py_nb_float, nb_float},
    {Py_nb_index, nb_index},
    {Py_tp_richcompare, compare},
    {Py_tp_hash, hash},
    {0},
};
