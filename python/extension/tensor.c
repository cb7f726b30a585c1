/* linkboy.Tensor: a handle to a tensor of the library's. Its shape and elements, the buffer protocol and
 * DLPack; what is computed with it goes through the operators. */
#include "extension.h"
#include <string.h>

static struct tensor *self_of(PyObject *self) {
    return (struct tensor *)self;
}

PyObject *py_tensor_new(struct state *s, lb_value *take_value) {
    struct tensor *t = PyObject_New(struct tensor, s->tensor_type);
    if (!t) {
        lb_value_free(take_value);
        return NULL;
    }
    t->state = s;
    t->value = take_value;
    return (PyObject *)t;
}

struct tensor *py_tensor_of(PyObject *object, struct state *s) {
    return PyObject_TypeCheck(object, s->tensor_type) ? (struct tensor *)object : NULL;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    lb_value_free(self_of(self)->value);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

/* ---- what it is ---- */

static PyObject *tuple_of(const int64_t *numbers, int count) {
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple && i < count; i++)
        if (PyTuple_SetItem(tuple, i, PyLong_FromLongLong(numbers[i])) < 0) Py_CLEAR(tuple);
    return tuple;
}

static PyObject *shape(PyObject *self, void *closure) {
    (void)closure;
    struct tensor *t = self_of(self);
    PyObject *sizes = tuple_of(lb_tensor_sizes(t->value), lb_tensor_ndim(t->value));
    if (!sizes || !t->state->size_class) return sizes;
    PyObject *size = PyObject_CallFunctionObjArgs(t->state->size_class, sizes, NULL);
    Py_DECREF(sizes);
    return size;
}

static PyObject *dtype(PyObject *self, void *closure) {
    (void)closure;
    return py_dtype_of(self_of(self)->state, lb_tensor_dtype(self_of(self)->value));
}

static PyObject *ndim(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLong(lb_tensor_ndim(self_of(self)->value));
}

static PyObject *strides(PyObject *self, PyObject *nothing) {
    (void)nothing;
    const lb_value *v = self_of(self)->value;
    return tuple_of(lb_tensor_strides(v), lb_tensor_ndim(v));
}

static PyObject *numel(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLongLong(lb_tensor_numel(self_of(self)->value));
}

static PyObject *data_ptr(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromVoidPtr(lb_tensor_numel(self_of(self)->value) ? lb_tensor_data(self_of(self)->value)
                                                                    : NULL);
}

static PyObject *repr(PyObject *self) {
    struct tensor *t = self_of(self);
    struct context *c = py_context_of_thread(t->state);
    char *text = c ? lb_value_text(t->value, c->error) : NULL;
    if (!text) return c ? py_raise_error(t->state, c->error) : NULL;
    PyObject *string = PyUnicode_FromString(text);
    lb_text_free(text);
    return string;
}

static Py_ssize_t length(PyObject *self) {
    const lb_value *v = self_of(self)->value;
    if (lb_tensor_ndim(v)) return (Py_ssize_t)lb_tensor_sizes(v)[0];
    PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
    return -1;
}

/* ---- the buffer protocol ---- */

static const char *format_of(lb_dtype d) {
    static const char *const formats[DTYPE_COUNT] = {
        [LB_UINT8] = "B", [LB_INT8] = "b",       [LB_INT16] = "h",       [LB_INT32] = "i",
        [LB_INT64] = "q", [LB_FLOAT16] = "e",    [LB_FLOAT32] = "f",     [LB_FLOAT64] = "d",
        [LB_BOOL8] = "?", [LB_COMPLEX64] = "Zf", [LB_COMPLEX128] = "Zd",
    };
    return (unsigned)d < DTYPE_COUNT ? formats[d] : NULL;
}

static void fill_buffer(Py_buffer *view, const lb_value *v, Py_ssize_t *dims) {
    int count = lb_tensor_ndim(v);
    view->itemsize = (Py_ssize_t)lb_dtype_size(lb_tensor_dtype(v));
    view->len = (Py_ssize_t)lb_tensor_numel(v) * view->itemsize;
    view->buf = lb_tensor_data(v);
    view->ndim = count;
    view->format = (char *)format_of(lb_tensor_dtype(v));
    view->shape = dims;
    view->strides = dims + count;
    for (int i = 0; i < count; i++) {
        dims[i] = (Py_ssize_t)lb_tensor_sizes(v)[i];
        dims[count + i] = (Py_ssize_t)lb_tensor_strides(v)[i] * view->itemsize;
    }
}

static bool row_major(const Py_buffer *view) {
    Py_ssize_t expected = view->itemsize;
    for (int i = view->ndim - 1; i >= 0; i--) {
        if (view->shape[i] != 1 && view->strides[i] != expected) return view->len == 0;
        expected *= view->shape[i];
    }
    return true;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags) {
    const lb_value *v = self_of(self)->value;
    view->obj = NULL;
    if (lb_tensor_layout(v) != LB_STRIDED || !format_of(lb_tensor_dtype(v))) {
        PyErr_Format(PyExc_BufferError, "a tensor of this layout or of dtype %s has no buffer",
                     lb_dtype_name(lb_tensor_dtype(v)));
        return -1;
    }
    Py_ssize_t *dims = PyMem_Calloc(2 * (size_t)lb_tensor_ndim(v) + 1, sizeof *dims);
    if (!dims) return PyErr_NoMemory(), -1;
    fill_buffer(view, v, dims);
    view->internal = dims;
    view->suboffsets = NULL;
    view->readonly = 0;
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !row_major(view)) {
        PyMem_Free(dims);
        PyErr_SetString(PyExc_BufferError, "the tensor is not contiguous");
        return -1;
    }
    if (!(flags & PyBUF_FORMAT)) view->format = NULL;
    view->obj = Py_NewRef(self);
    return 0;
}

static void release_view(PyObject *self, Py_buffer *view) {
    (void)self;
    PyMem_Free(view->internal);
}

/* ---- DLPack ---- */

static PyObject *dlpack(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)args, (void)kwargs; /* stream, max_version, dl_device, copy: version 0 on the CPU is always right */
    return py_dlpack_export(self_of(self)->state, self_of(self)->value);
}

static PyObject *dlpack_device(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    return Py_BuildValue("(ii)", 1, 0);
}

/* Tensor(object): a tensor over another's memory (an array, a DLPack object, a torch tensor). */
static PyObject *from_object(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    struct incoming in = {.state = s, .err = c ? c->error : NULL};
    lb_value *value = c ? py_value_from(&in, object) : NULL;
    if (!value) return NULL;
    if (lb_value_kind(value) == LB_TENSOR) return py_tensor_new(s, value);
    lb_value_free(value);
    return PyErr_Format(PyExc_TypeError, "this object has no tensor's memory");
}

static PyGetSetDef members[] = {
    {"shape", shape, NULL, "The sizes, a linkboy.Size.", NULL},
    {"dtype", dtype, NULL, "The type of the elements.", NULL},
    {"ndim", ndim, NULL, "How many dimensions.", NULL},
    {0},
};

static PyMethodDef methods[] = {
    {"stride", strides, METH_NOARGS, "Steps between elements, in elements."},
    {"numel", numel, METH_NOARGS, "How many elements."},
    {"data_ptr", data_ptr, METH_NOARGS, "The address of the first element."},
    {"__dlpack__", (PyCFunction)(void (*)(void))dlpack, METH_VARARGS | METH_KEYWORDS, "A DLPack capsule."},
    {"__dlpack_device__", dlpack_device, METH_NOARGS, "(1, 0): the CPU."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, repr},
    {Py_tp_getset, members},
    {Py_tp_methods, methods},
    {Py_mp_length, length},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_view},
    {Py_tp_doc, "A tensor (torch.Tensor)."},
    {0},
};
static PyType_Spec spec = {"linkboy.Tensor", sizeof(struct tensor), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

static PyMethodDef functions[] = {
    {"from_object", from_object, METH_O,
     "A tensor over the memory of an array, DLPack object or torch tensor."},
    {0},
};

int py_add_tensors(PyObject *module, struct state *s) {
    s->tensor_type = py_add_type(module, &spec, NULL);
    return s->tensor_type ? PyModule_AddFunctions(module, functions) : -1;
}
