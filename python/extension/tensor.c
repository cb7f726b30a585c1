/* linkboy.Tensor: a handle to a tensor of the library's. Its shape and elements, the buffer protocol and
 * DLPack; what is computed with it goes through the operators. */
#include "extension.h"
#include <string.h>

static struct tensor *self_of(PyObject *self) {
    return (struct tensor *)self;
}

/* Of a subclass too. Takes the handle over. */
static PyObject *make(struct state *s, PyTypeObject *type, lb_value *take_value) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct tensor *t = (struct tensor *)allocate(type, 0);
    if (!t) {
        lb_value_free(take_value);
        return NULL;
    }
    t->state = s;
    t->value = take_value;
    return (PyObject *)t;
}

PyObject *py_tensor_new(struct state *s, lb_value *take_value) {
    return make(s, s->tensor_type, take_value);
}

struct tensor *py_tensor_of(PyObject *object, struct state *s) {
    return PyObject_TypeCheck(object, s->tensor_type) ? (struct tensor *)object : NULL;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(self_of(self)->dict);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

static int clear(PyObject *self) {
    Py_CLEAR(self_of(self)->dict);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self_of(self)->weak) PyObject_ClearWeakRefs(self);
    clear(self);
    lb_value_free(self_of(self)->value);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

/* Our type among the bases is known by its dealloc, so that no state is needed to find the state. */
struct tensor *py_tensor_any(PyObject *object) {
    for (PyTypeObject *type = Py_TYPE(object); type; type = PyType_GetSlot(type, Py_tp_base))
        if (PyType_GetSlot(type, Py_tp_dealloc) == (void *)dealloc) return self_of(object);
    return NULL;
}

/* Tensor(2, 3), Tensor([1, 2]): linkboy/creation.py knows what that means. A subclass makes the same of its
 * own. */
static PyObject *make_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyTypeObject *base = type;
    while (base && PyType_GetSlot(base, Py_tp_dealloc) != (void *)dealloc)
        base = PyType_GetSlot(base, Py_tp_base);
    struct state *s = base ? PyType_GetModuleState(base) : NULL;
    if (!s || !s->tensor_maker) return PyErr_Format(PyExc_RuntimeError, "linkboy has not been imported");
    PyObject *plain = PyObject_Call(s->tensor_maker, args, kwargs);
    if (!plain || type == s->tensor_type || !py_tensor_of(plain, s)) return plain;
    struct context *c = py_context_of_thread(s);
    lb_value *value = c ? lb_value_copy(self_of(plain)->value, c->error) : NULL;
    Py_DECREF(plain);
    if (value) return make(s, type, value);
    return c ? py_raise_error(s, c->error) : NULL;
}

/* Tensor._make_subclass(cls, tensor, requires_grad=False): the same memory as an object of that class. */
static PyObject *make_subclass(PyObject *class, PyObject *args) {
    PyObject *wanted, *tensor;
    int requires_grad = 0;
    (void)class;
    if (!PyArg_ParseTuple(args, "OO|p:_make_subclass", &wanted, &tensor, &requires_grad)) return NULL;
    struct tensor *t = py_tensor_any(tensor);
    if (!t || !PyType_Check(wanted))
        return PyErr_Format(PyExc_TypeError, "_make_subclass(): wants a class and a tensor");
    PyObject *alias = py_op_call(t->state, "aten::detach", &tensor, 1, NULL);
    struct context *c = alias ? py_context_of_thread(t->state) : NULL;
    lb_value *value = c ? lb_value_copy(self_of(alias)->value, c->error) : NULL;
    PyObject *made = value ? make(t->state, (PyTypeObject *)wanted, value) : NULL;
    Py_XDECREF(alias);
    if (made && requires_grad && PyObject_SetAttrString(made, "requires_grad", Py_True) < 0) Py_CLEAR(made);
    return made;
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

/* size(), size(dim) */
static PyObject *size(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"dim", NULL};
    PyObject *dim = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:size", names, &dim)) return NULL;
    PyObject *sizes = shape(self, NULL), *one = NULL;
    if (!sizes || dim == Py_None) return sizes;
    Py_ssize_t index = PyNumber_AsSsize_t(dim, PyExc_IndexError), count = PyTuple_Size(sizes);
    if (!PyErr_Occurred() && index >= -count && index < count)
        one = Py_NewRef(PyTuple_GetItem(sizes, index < 0 ? index + count : index));
    else if (!PyErr_Occurred())
        PyErr_Format(PyExc_IndexError,
                     "Dimension out of range (expected to be in range of [%zd, %zd], but got %zd)",
                     -(count ? count : 1), (count ? count : 1) - 1, index);
    Py_DECREF(sizes);
    return one;
}

static PyObject *dtype(PyObject *self, void *closure) {
    (void)closure;
    return py_dtype_of(self_of(self)->state, lb_tensor_dtype(self_of(self)->value));
}

static PyObject *ndim(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLong(lb_tensor_ndim(self_of(self)->value));
}

/* stride(), stride(dim) */
static PyObject *strides(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"dim", NULL};
    PyObject *dim = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:stride", names, &dim)) return NULL;
    const lb_value *v = self_of(self)->value;
    PyObject *all = tuple_of(lb_tensor_strides(v), lb_tensor_ndim(v));
    if (!all || dim == Py_None) return all;
    PyObject *one = PyObject_GetItem(all, dim);
    Py_DECREF(all);
    return one;
}

static PyObject *dim(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLong(lb_tensor_ndim(self_of(self)->value));
}

static PyObject *layout(PyObject *self, void *closure) {
    (void)closure;
    lb_layout l = lb_tensor_layout(self_of(self)->value);
    return py_layout_of(self_of(self)->state, l == LB_NESTED ? LB_STRIDED : l);
}

static PyObject *device(PyObject *self, void *closure) {
    (void)closure;
    return py_op_call(self_of(self)->state, "prim::device", &self, 1, NULL);
}

static PyObject *requires_grad(PyObject *self, void *closure) {
    (void)closure;
    return py_op_call(self_of(self)->state, "prim::requires_grad", &self, 1, NULL);
}

static int set_requires_grad(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    PyObject *args[] = {self, value};
    if (!value) return PyErr_SetString(PyExc_AttributeError, "can't delete requires_grad"), -1;
    PyObject *done = py_op_call(self_of(self)->state, "aten::requires_grad_", args, 2, NULL);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* The same memory as a tensor of its own; assigning takes the other's. */
static PyObject *data(PyObject *self, void *closure) {
    (void)closure;
    return py_op_call(self_of(self)->state, "aten::detach", &self, 1, NULL);
}

static int set_data(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    struct tensor *t = self_of(self), *other = value ? py_tensor_of(value, t->state) : NULL;
    struct context *c = other ? py_context_of_thread(t->state) : NULL;
    lb_value *copy = c ? lb_value_copy(other->value, c->error) : NULL;
    if (!other) PyErr_SetString(PyExc_TypeError, "data must be a linkboy.Tensor");
    if (other && c && !copy) py_raise_error(t->state, c->error);
    if (!copy) return -1;
    lb_value_free(t->value);
    t->value = copy;
    return 0;
}

static PyObject *numel(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLongLong(lb_tensor_numel(self_of(self)->value));
}

/* The same number for the same tensor of the library's, however many objects stand for it. */
static PyObject *identity(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromVoidPtr((void *)(uintptr_t)lb_value_identity(self_of(self)->value));
}

static PyObject *data_ptr(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromVoidPtr(lb_tensor_numel(self_of(self)->value) ? lb_tensor_data(self_of(self)->value)
                                                                    : NULL);
}

/* linkboy.set_printoptions' settings; NULL with no exception: the usual ones. */
static PyObject *repr(PyObject *self) {
    struct tensor *t = self_of(self);
    struct context *c = py_context_of_thread(t->state);
    PyObject *name = Py_TYPE(self) == t->state->tensor_type ? NULL : PyType_GetName(Py_TYPE(self));
    PyObject *prefix = name && PyUnicode_CompareWithASCIIString(name, "Parameter")
                           ? PyUnicode_FromFormat("%U(", name)
                           : NULL;
    const char *bytes = prefix ? PyUnicode_AsUTF8AndSize(prefix, NULL) : NULL;
    char *text = c ? lb_tensor_repr(t->value, bytes, &t->state->print, c->error) : NULL;
    PyObject *string = text ? PyUnicode_FromString(text) : c ? py_raise_error(t->state, c->error) : NULL;
    lb_text_free(text);
    Py_XDECREF(prefix);
    Py_XDECREF(name);
    return string;
}

/* set_print(precision, threshold, edgeitems, linewidth, scientific) */
static PyObject *set_print(PyObject *module, PyObject *args) {
    lb_print_options *o = &py_state_of_module(module)->print;
    if (!PyArg_ParseTuple(args, "iiiii:set_print", &o->precision, &o->threshold, &o->edgeitems, &o->linewidth,
                          &o->scientific))
        return NULL;
    Py_RETURN_NONE;
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

/* ---- elements as Python's numbers ---- */

static PyObject *number_at(lb_dtype d, const char *at) {
    switch (d) {
    case LB_BOOL8: return PyBool_FromLong(*(const uint8_t *)at);
    case LB_INT64: return PyLong_FromLongLong(*(const int64_t *)at);
    case LB_COMPLEX128: return PyComplex_FromDoubles(((const double *)at)[0], ((const double *)at)[1]);
    default: return PyFloat_FromDouble(*(const double *)at);
    }
}

/* The dtype whose elements Python has numbers for. */
static lb_dtype widest(lb_dtype d) {
    switch (d) {
    case LB_UINT8:
    case LB_INT8:
    case LB_INT16:
    case LB_INT32:
    case LB_INT64: return LB_INT64;
    case LB_COMPLEX32:
    case LB_COMPLEX64:
    case LB_COMPLEX128: return LB_COMPLEX128;
    default: return d == LB_BOOL8 ? LB_BOOL8 : LB_FLOAT64;
    }
}

/* The elements of a contiguous tensor from dimension `at` on; *next walks over them. */
static PyObject *nested_list(const lb_value *v, int at, const char **next) {
    lb_dtype d = lb_tensor_dtype(v);
    if (at == lb_tensor_ndim(v)) {
        const char *here = *next;
        *next += lb_dtype_size(d);
        return number_at(d, here);
    }
    Py_ssize_t count = (Py_ssize_t)lb_tensor_sizes(v)[at];
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = nested_list(v, at + 1, next);
        if (!item || PyList_SetItem(list, i, item) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *to_list(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct tensor *t = self_of(self);
    struct context *c = py_context_of_thread(t->state);
    lb_value *plain = c ? lb_tensor_to(t->value, widest(lb_tensor_dtype(t->value)), c->error) : NULL;
    if (!plain) return c ? py_raise_error(t->state, c->error) : NULL;
    const char *next = lb_tensor_data(plain);
    PyObject *list = nested_list(plain, 0, &next);
    lb_value_free(plain);
    return list;
}

/* from_object(object): a tensor over another's memory (an array, a DLPack object, a torch tensor). */
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
    {"layout", layout, NULL, "How the elements are kept.", NULL},
    {"device", device, NULL, "Where the elements are.", NULL},
    {"requires_grad", requires_grad, set_requires_grad, "A mark; no gradients are recorded.", NULL},
    {"data", data, set_data, "The same memory as a tensor of its own.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

#define WITH_NAMES(function) ((PyCFunction)(void (*)(void))(function))
static PyMethodDef methods[] = {
    {"size", WITH_NAMES(size), METH_VARARGS | METH_KEYWORDS, "All sizes, or that of one dimension."},
    {"stride", WITH_NAMES(strides), METH_VARARGS | METH_KEYWORDS, "Steps between elements, in elements."},
    {"dim", dim, METH_NOARGS, "How many dimensions."},
    {"numel", numel, METH_NOARGS, "How many elements."},
    {"data_ptr", data_ptr, METH_NOARGS, "The address of the first element."},
    {"_identity", identity, METH_NOARGS, "The same number for the same tensor."},
    {"tolist", to_list, METH_NOARGS, "The elements as nested lists of numbers; of a 0-dim tensor, a number."},
    {"_make_subclass", make_subclass, METH_VARARGS | METH_STATIC,
     "The same memory as an object of a subclass."},
    {"__dlpack__", WITH_NAMES(dlpack), METH_VARARGS | METH_KEYWORDS, "A DLPack capsule."},
    {"__dlpack_device__", dlpack_device, METH_NOARGS, "(1, 0): the CPU."},
    {0},
};

static PyMemberDef places[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(struct tensor, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct tensor, weak), READONLY, NULL},
    {0},
};

static const PyType_Slot own_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_new, make_new},
    {Py_tp_repr, repr},
    {Py_tp_getset, members},
    {Py_tp_methods, methods},
    {Py_tp_members, places},
    {Py_mp_length, length},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_view},
    {Py_tp_doc, "A tensor (torch.Tensor)."},
    {0},
};

static PyMethodDef functions[] = {
    {"from_object", from_object, METH_O,
     "A tensor over the memory of an array, DLPack object or torch tensor."},
    {"set_print", set_print, METH_VARARGS, "How tensors are shown."},
    {0},
};

/* The slots of all files that make up the type. */
static int gather(PyType_Slot *all, int room) {
    const PyType_Slot *const lists[] = {own_slots, py_tensor_number_slots, py_tensor_index_slots};
    int count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const PyType_Slot *slot = lists[i]; slot->slot && count < room - 1; slot++) all[count++] = *slot;
    all[count] = (PyType_Slot){0};
    return count;
}

int py_add_tensors(PyObject *module, struct state *s) {
    PyType_Slot slots[80];
    gather(slots, 80);
    PyType_Spec spec = {"linkboy.Tensor", sizeof(struct tensor), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    s->print = (lb_print_options){4, 1000, 3, 80, -1};
    s->tensor_type = py_add_type(module, &spec, NULL);
    return s->tensor_type ? PyModule_AddFunctions(module, functions) : -1;
}
