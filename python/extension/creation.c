/* A tensor made of nested sequences of numbers, the heart of linkboy.tensor: sizes come from the first of
 * each level, the dtype from all numbers (bool, int64, float32 or complex64, the widest wins), then all are
 * written in a row (torch/csrc/utils/tensor_new.cpp). */
#include "extension.h"

enum { MOST_DIMS = 64 };

enum number_kind { KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_COMPLEX };

struct builder {
    struct state *state;
    int64_t sizes[MOST_DIMS];
    int ndim;
    enum number_kind kind;
    bool any;   /* a number was seen */
    char *next; /* where the next element goes */
};

static bool is_number(PyObject *o) {
    return PyBool_Check(o) || PyLong_Check(o) || PyFloat_Check(o) || PyComplex_Check(o);
}

/* What is no sequence: numbers, NumPy's scalars, tensors and arrays without dimensions. A new reference to
 * Python's own number, Py_None (borrowed as new) when it is a sequence, NULL with an exception. */
static PyObject *as_number(PyObject *o) {
    if (is_number(o)) return Py_NewRef(o);
    if (PyList_Check(o) || PyTuple_Check(o)) return Py_NewRef(Py_None);
    PyObject *ndim = PyObject_GetAttrString(o, "ndim");
    long dims = ndim ? PyLong_AsLong(ndim) : -1;
    Py_XDECREF(ndim);
    PyErr_Clear();
    if (dims == 0) return PyObject_CallMethod(o, "item", NULL);
    if (dims > 0) return Py_NewRef(Py_None);
    if (PySequence_Check(o) && !PyUnicode_Check(o) && !PyBytes_Check(o)) return Py_NewRef(Py_None);
    if (PyObject_HasAttrString(o, "__index__")) return PyNumber_Index(o);
    if (PyObject_HasAttrString(o, "__float__")) return PyNumber_Float(o);
    PyObject *name = PyType_GetName(Py_TYPE(o));
    bool text = PyUnicode_Check(o) || PyBytes_Check(o);
    if (name && text) PyErr_Format(PyExc_TypeError, "new(): invalid data type '%U'", name);
    if (name && !text) PyErr_Format(PyExc_RuntimeError, "Could not infer dtype of %U", name);
    Py_XDECREF(name);
    return NULL;
}

static enum number_kind kind_of(PyObject *number) {
    if (PyBool_Check(number)) return KIND_BOOL;
    if (PyLong_Check(number)) return KIND_INT;
    return PyFloat_Check(number) ? KIND_FLOAT : KIND_COMPLEX;
}

/* Sizes, along the first of each level. */
static bool measure(struct builder *b, PyObject *data) {
    PyObject *at = Py_NewRef(data);
    while (at) {
        PyObject *number = as_number(at);
        bool sequence = number == Py_None;
        Py_XDECREF(number);
        if (!number || !sequence) {
            Py_DECREF(at);
            return number != NULL;
        }
        Py_ssize_t length = PyObject_Size(at);
        if (length < 0 || b->ndim == MOST_DIMS) {
            if (length >= 0) PyErr_Format(PyExc_ValueError, "too many dimensions");
            Py_DECREF(at);
            return false;
        }
        b->sizes[b->ndim++] = length;
        PyObject *first = length ? PySequence_GetItem(at, 0) : NULL;
        Py_DECREF(at);
        if (!length) return true;
        at = first;
    }
    return false;
}

typedef bool each_number(struct builder *b, PyObject *number);

static bool walk(struct builder *b, PyObject *data, int dim, each_number *work);

static bool walk_items(struct builder *b, PyObject *data, int dim, each_number *work) {
    Py_ssize_t length = PyObject_Size(data);
    if (length < 0) return false;
    if (length != b->sizes[dim]) {
        PyErr_Format(PyExc_ValueError, "expected sequence of length %lld at dim %d (got %zd)",
                     (long long)b->sizes[dim], dim, length);
        return false;
    }
    bool good = true;
    for (Py_ssize_t i = 0; good && i < length; i++) {
        PyObject *item = PySequence_GetItem(data, i);
        good = item && walk(b, item, dim + 1, work);
        Py_XDECREF(item);
    }
    return good;
}

static bool walk(struct builder *b, PyObject *data, int dim, each_number *work) {
    if (dim < b->ndim) {
        PyObject *number = as_number(data);
        bool sequence = number == Py_None;
        Py_XDECREF(number);
        if (!number) return false;
        if (sequence) return walk_items(b, data, dim, work);
        PyErr_Format(PyExc_TypeError, "expected a sequence at dim %d, found a number", dim);
        return false;
    }
    PyObject *number = as_number(data);
    bool good = number && number != Py_None && work(b, number);
    if (number == Py_None) PyErr_Format(PyExc_ValueError, "too deep a sequence at dim %d", dim);
    Py_XDECREF(number);
    return good;
}

static bool widen(struct builder *b, PyObject *number) {
    enum number_kind kind = kind_of(number);
    if (!b->any || kind > b->kind) b->kind = kind;
    b->any = true;
    return true;
}

static bool put_int(char *at, PyObject *number) {
    long long i = PyLong_AsLongLong(number);
    if (i == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "Overflow when unpacking long long");
        return false;
    }
    *(int64_t *)at = i;
    return true;
}

static bool put(struct builder *b, PyObject *number) {
    char *at = b->next;
    static const int steps[] = {[KIND_BOOL] = 1, [KIND_INT] = 8, [KIND_FLOAT] = 8, [KIND_COMPLEX] = 16};
    b->next += steps[b->kind];
    switch (b->kind) {
    case KIND_BOOL: *(uint8_t *)at = number == Py_True; return true;
    case KIND_INT: return put_int(at, number);
    case KIND_FLOAT: *(double *)at = PyFloat_AsDouble(number); break;
    default:
        ((double *)at)[0] = PyComplex_RealAsDouble(number);
        ((double *)at)[1] = PyComplex_ImagAsDouble(number);
    }
    return !PyErr_Occurred();
}

/* The exact dtype that the numbers are written in, and the one they get without a wish. */
static lb_dtype written(enum number_kind kind) {
    static const lb_dtype dtypes[] = {LB_BOOL8, LB_INT64, LB_FLOAT64, LB_COMPLEX128};
    return dtypes[kind];
}

static lb_dtype usual(const struct builder *b) {
    static const lb_dtype dtypes[] = {LB_BOOL8, LB_INT64, LB_FLOAT32, LB_COMPLEX64};
    return b->any ? dtypes[b->kind] : LB_FLOAT32;
}

static PyObject *build(struct builder *b, PyObject *data, int dtype) {
    struct context *c = py_context_of_thread(b->state);
    if (!c || !measure(b, data) || !walk(b, data, 0, widen)) return NULL;
    lb_value *exact = lb_tensor_from(written(b->kind), b->ndim, b->sizes, NULL, c->error), *value = NULL;
    if (!exact) return py_raise_error(b->state, c->error);
    b->next = lb_tensor_data(exact);
    if (walk(b, data, 0, put)) {
        value = lb_tensor_to(exact, dtype >= 0 ? (lb_dtype)dtype : usual(b), c->error);
        if (!value) py_raise_error(b->state, c->error);
    }
    lb_value_free(exact);
    return value ? py_tensor_new(b->state, value) : NULL;
}

/* from_data(data, dtype or None) */
static PyObject *from_data(PyObject *module, PyObject *args) {
    struct builder b = {.state = py_state_of_module(module)};
    PyObject *data, *dtype = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:from_data", &data, &dtype)) return NULL;
    int number = dtype == Py_None ? -1 : py_dtype_number(b.state, dtype);
    if (dtype != Py_None && number < 0) return PyErr_Format(PyExc_TypeError, "dtype must be a dtype");
    return build(&b, data, number);
}

static PyMethodDef functions[] = {
    {"from_data", from_data, METH_VARARGS, "A tensor of nested sequences of numbers."},
    {0},
};

int py_add_creation(PyObject *module, struct state *s) {
    (void)s;
    return PyModule_AddFunctions(module, functions);
}
