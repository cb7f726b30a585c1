/* ScriptModule: a module of a loaded program, or an object of a script class (the Python classes over it are
 * in linkboy/module.py). Attributes of the program are found and set as Python attributes; a program's own
 * names come after those of the Python class. */
#include "extension.h"
#include <string.h>

static struct module *self_of(PyObject *self) {
    return (struct module *)self;
}

struct module *py_module_of(PyObject *object, struct state *s) {
    return PyObject_TypeCheck(object, s->module_type) ? (struct module *)object : NULL;
}

PyObject *py_module_new(struct state *s, lb_module *take_handle) {
    PyObject *class = lb_module_is_module(take_handle) ? s->module_class : s->object_class;
    PyTypeObject *type = class ? (PyTypeObject *)class : s->module_type;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct module *m = (struct module *)allocate(type, 0);
    if (!m) {
        lb_module_free(take_handle);
        return NULL;
    }
    m->state = s;
    m->handle = take_handle;
    return (PyObject *)m;
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
    lb_module_free(self_of(self)->handle);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

/* ---- loading ---- */

static PyObject *loaded(struct state *s, lb_module *handle, lb_error *err) {
    PyObject *module = handle ? py_module_new(s, handle) : py_raise_error(s, err);
    lb_error_free(err);
    return module;
}

static PyObject *load_path(PyObject *module, PyObject *path) {
    struct state *s = py_state_of_module(module);
    PyObject *bytes = NULL;
    if (!PyUnicode_FSConverter(path, &bytes)) return NULL;
    lb_error *err = py_error_new();
    if (err) {
        const char *name = PyBytes_AsString(bytes);
        PyThreadState *thread = PyEval_SaveThread();
        lb_module *handle = lb_load(name, NULL, err);
        PyEval_RestoreThread(thread);
        Py_DECREF(bytes);
        return loaded(s, handle, err);
    }
    Py_DECREF(bytes);
    return NULL;
}

static PyObject *read_value(PyObject *module, PyObject *path) {
    struct state *s = py_state_of_module(module);
    PyObject *bytes = NULL;
    struct context *c = py_context_of_thread(s);
    if (!c || !PyUnicode_FSConverter(path, &bytes)) return NULL;
    lb_value *value = lb_read_value(PyBytes_AsString(bytes), c->error);
    Py_DECREF(bytes);
    return value ? py_value_to(s, value, NULL, false) : py_raise_error(s, c->error);
}

static PyObject *load_bytes(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) return NULL;
    lb_error *err = py_error_new();
    if (!err) return PyBuffer_Release(&view), NULL;
    PyThreadState *thread = PyEval_SaveThread();
    lb_module *handle = lb_load_memory(view.buf, (size_t)view.len, NULL, err);
    PyEval_RestoreThread(thread);
    PyBuffer_Release(&view);
    return loaded(s, handle, err);
}

/* ---- texts ---- */

static PyObject *string_of(struct state *s, char *take_text, lb_error *err) {
    if (!take_text) return py_raise_error(s, err);
    PyObject *string = PyUnicode_DecodeUTF8(take_text, (Py_ssize_t)strlen(take_text), "replace");
    lb_text_free(take_text);
    return string;
}

PyObject *py_module_text(PyObject *module, lb_text_kind kind, const char *method) {
    struct module *m = self_of(module);
    struct context *c = py_context_of_thread(m->state);
    return c ? string_of(m->state, lb_text(m->handle, kind, method, c->error), c->error) : NULL;
}

static PyObject *text(PyObject *self, PyObject *args) {
    const char *method;
    int kind;
    return PyArg_ParseTuple(args, "is:text", &kind, &method)
               ? py_module_text(self, (lb_text_kind)kind, method)
               : NULL;
}

static PyObject *repr(PyObject *self) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    return c ? string_of(m->state, lb_repr(m->handle, c->error), c->error) : NULL;
}

/* ---- attributes ---- */

static PyObject *get_attribute(PyObject *self, const char *name, PyObject *name_object) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    if (!c) return NULL;
    if (!strchr(name, '.') && lb_has_method(m->handle, name)) {
        PyObject *method = py_method_new(m->state, self, name);
        if (method && m->dict && PyDict_SetItem(m->dict, name_object, method) < 0) Py_CLEAR(method);
        return method;
    }
    lb_value *value = strchr(name, '.') ? NULL : lb_attribute(m->handle, name, c->error);
    if (value) return py_value_to(m->state, value, self, false);
    lb_error_clear(c->error);
    PyObject *class = PyType_GetName(Py_TYPE(self));
    if (class) PyErr_Format(PyExc_AttributeError, "'%U' object has no attribute '%U'", class, name_object);
    Py_XDECREF(class);
    return NULL;
}

static PyObject *getattr(PyObject *self, PyObject *name) {
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
    PyErr_Clear();
    const char *text_name = PyUnicode_AsUTF8AndSize(name, NULL);
    return text_name ? get_attribute(self, text_name, name) : NULL;
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    return py_module_call(self, "forward", args, (Py_ssize_t)(flags & ~VECTORCALL_OFFSET), kwnames);
}

static PyObject *call_tuple(PyObject *self, PyObject *args, PyObject *kwargs) {
    return py_call_with_tuple(self, call, args, kwargs);
}

static PyMethodDef methods[] = {
    {"_text", text, METH_VARARGS, "_text(kind, method): one of the library's texts by number."},
    {0},
};
static PyGetSetDef members[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};
static PyMemberDef places[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(struct module, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct module, weak), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},  {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},      {Py_tp_repr, repr},
    {Py_tp_getattro, getattr}, {Py_tp_call, call_tuple},
    {Py_tp_methods, methods},  {Py_tp_getset, members},
    {Py_tp_members, places},   {0},
};
static PyType_Spec spec = {
    "linkboy._C.Module", sizeof(struct module), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

static PyMethodDef functions[] = {
    {"load_path", load_path, METH_O, "Loads a program from a file."},
    {"read_value", read_value, METH_O, "The data in a file of torch.save."},
    {"load_bytes", load_bytes, METH_O, "Loads a program from the bytes of a file."},
    {0},
};

int py_add_modules(PyObject *module, struct state *s) {
    s->module_type = py_add_type(module, &spec, NULL);
    return s->module_type ? PyModule_AddFunctions(module, functions) : -1;
}
