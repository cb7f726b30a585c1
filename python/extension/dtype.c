/* linkboy.dtype: one object for each element type, with PyTorch's names (torch.float32). */
#include "extension.h"
#include <string.h>

struct dtype {
    PyObject_HEAD lb_dtype number;
};

static lb_dtype number_of(PyObject *self) {
    return ((struct dtype *)self)->number;
}

PyObject *py_dtype_of(struct state *s, lb_dtype dtype) {
    if ((unsigned)dtype < DTYPE_COUNT && s->dtypes[dtype]) return Py_NewRef(s->dtypes[dtype]);
    return PyErr_Format(PyExc_RuntimeError, "there is no dtype %d", (int)dtype);
}

/* torch.float32 is known by its text. */
static int number_of_torch(PyObject *object) {
    PyObject *class = PyType_GetQualName(Py_TYPE(object)), *text = NULL;
    int found = -1;
    if (class && !PyUnicode_CompareWithASCIIString(class, "dtype")) text = PyObject_Str(object);
    const char *name = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    if (name && !strncmp(name, "torch.", 6)) name += 6;
    for (int i = 0; name && i < DTYPE_COUNT; i++)
        if (!strcmp(name, lb_dtype_name((lb_dtype)i))) found = i;
    Py_XDECREF(text);
    Py_XDECREF(class);
    PyErr_Clear();
    return found;
}

int py_dtype_number(struct state *s, PyObject *object) {
    return Py_TYPE(object) == s->dtype_type ? (int)number_of(object) : number_of_torch(object);
}

static PyObject *repr(PyObject *self) {
    return PyUnicode_FromFormat("torch.%s", lb_dtype_name(number_of(self)));
}

static PyObject *reduce(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyUnicode_FromString(lb_dtype_name(number_of(self)));
}

static PyObject *itemsize(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromSize_t(lb_dtype_size(number_of(self)));
}

static PyObject *is_floating_point(PyObject *self, void *closure) {
    (void)closure;
    lb_dtype d = number_of(self);
    return PyBool_FromLong(d == LB_FLOAT16 || d == LB_FLOAT32 || d == LB_FLOAT64 || d == LB_BFLOAT16);
}

static PyObject *is_complex(PyObject *self, void *closure) {
    (void)closure;
    lb_dtype d = number_of(self);
    return PyBool_FromLong(d == LB_COMPLEX32 || d == LB_COMPLEX64 || d == LB_COMPLEX128);
}

static PyObject *is_signed(PyObject *self, void *closure) {
    (void)closure;
    lb_dtype d = number_of(self);
    return PyBool_FromLong(d != LB_UINT8 && d != LB_BOOL8 && d != LB_QUINT8);
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

static PyGetSetDef members[] = {
    {"itemsize", itemsize, NULL, "Bytes of an element.", NULL},
    {"is_floating_point", is_floating_point, NULL, NULL, NULL},
    {"is_complex", is_complex, NULL, NULL, NULL},
    {"is_signed", is_signed, NULL, NULL, NULL},
    {0},
};
static PyMethodDef methods[] = {{"__reduce__", reduce, METH_NOARGS, NULL}, {0}};
static PyType_Slot slots[] = {{Py_tp_dealloc, dealloc},
                              {Py_tp_repr, repr},
                              {Py_tp_getset, members},
                              {Py_tp_methods, methods},
                              {Py_tp_doc, "The type of a tensor's elements (torch.dtype)."},
                              {0}};
static PyType_Spec spec = {"linkboy.dtype", sizeof(struct dtype), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

/* PyTorch's second names. */
static const struct {
    const char *name;
    lb_dtype dtype;
} others[] = {{"half", LB_FLOAT16},    {"float", LB_FLOAT32},    {"double", LB_FLOAT64},
              {"short", LB_INT16},     {"int", LB_INT32},        {"long", LB_INT64},
              {"chalf", LB_COMPLEX32}, {"cfloat", LB_COMPLEX64}, {"cdouble", LB_COMPLEX128}};

int py_add_dtypes(PyObject *module, struct state *s) {
    s->dtype_type = py_add_type(module, &spec, NULL);
    if (!s->dtype_type) return -1;
    for (int i = 0; i < DTYPE_COUNT; i++) {
        struct dtype *d = PyObject_New(struct dtype, s->dtype_type);
        if (!d) return -1;
        d->number = (lb_dtype)i;
        s->dtypes[i] = (PyObject *)d;
        if (PyModule_AddObjectRef(module, lb_dtype_name(d->number), (PyObject *)d) < 0) return -1;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (PyModule_AddObjectRef(module, others[i].name, s->dtypes[others[i].dtype]) < 0) return -1;
    return 0;
}
