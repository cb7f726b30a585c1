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

static PyObject *no_attribute(PyObject *self, PyObject *name) {
    PyObject *class = PyType_GetName(Py_TYPE(self));
    if (class) PyErr_Format(PyExc_AttributeError, "'%U' object has no attribute '%U'", class, name);
    Py_XDECREF(class);
    return NULL;
}

/* Methods and submodules are made once and kept in the instance's dict. */
static PyObject *kept(struct module *m, PyObject *name, PyObject *take_object) {
    if (!take_object) return NULL;
    if (!m->dict && !(m->dict = PyDict_New())) Py_CLEAR(take_object);
    if (take_object && PyDict_SetItem(m->dict, name, take_object) < 0) Py_CLEAR(take_object);
    return take_object;
}

static PyObject *get_attribute(PyObject *self, const char *name, PyObject *name_object) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    if (!c) return NULL;
    if (lb_has_method(m->handle, name)) return kept(m, name_object, py_method_new(m->state, self, name));
    lb_value *value = lb_attribute(m->handle, name, c->error);
    if (value) {
        bool object = lb_value_kind(value) == LB_OBJECT;
        PyObject *found = py_value_to(m->state, value, self, false);
        return object ? kept(m, name_object, found) : found;
    }
    lb_error_clear(c->error);
    return no_attribute(self, name_object);
}

static PyObject *getattr(PyObject *self, PyObject *name) {
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
    const char *text_name = PyUnicode_AsUTF8AndSize(name, NULL);
    if (!text_name || strchr(text_name, '.')) return NULL;
    PyErr_Clear();
    return get_attribute(self, text_name, name);
}

static bool is_attribute(const struct module *m, const char *name) {
    struct context *c = py_context_of_thread(m->state);
    lb_value *value = c && !strchr(name, '.') ? lb_attribute(m->handle, name, c->error) : NULL;
    if (c) lb_error_clear(c->error);
    lb_value_free(value);
    return value != NULL;
}

/* An attribute of the program is converted to its type. */
static int set_attribute(PyObject *self, const char *name, PyObject *name_object, PyObject *object) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    struct incoming in = {.state = m->state, .err = c ? c->error : NULL};
    lb_value *value = c ? py_value_from(&in, object) : NULL;
    if (!value) return -1;
    bool good = lb_set_attribute(m->handle, name, value, c->error);
    lb_value_free(value);
    if (!good) return py_raise_error(m->state, c->error), -1;
    if (m->dict && PyDict_Contains(m->dict, name_object) > 0) return PyDict_DelItem(m->dict, name_object);
    return 0;
}

static int setattr(PyObject *self, PyObject *name, PyObject *value) {
    const char *text_name = PyUnicode_AsUTF8AndSize(name, NULL);
    if (!text_name) return -1;
    if (value && is_attribute(self_of(self), text_name)) return set_attribute(self, text_name, name, value);
    return PyObject_GenericSetAttr(self, name, value);
}

/* [(name, flags)] of the attributes in the order in which they were declared. */
static PyObject *attributes(PyObject *self, PyObject *nothing) {
    (void)nothing;
    const lb_module *handle = self_of(self)->handle;
    PyObject *list = PyList_New(0);
    const char *name;
    for (int i = 0; list && (name = lb_attribute_name(handle, i)); i++) {
        PyObject *pair = Py_BuildValue("(si)", name, lb_attribute_flags(handle, i));
        if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *method_names(PyObject *self, PyObject *nothing) {
    (void)nothing;
    PyObject *list = PyList_New(0);
    const char *name;
    for (int i = 0; list && (name = lb_method_name(self_of(self)->handle, i)); i++) {
        PyObject *text_name = PyUnicode_FromString(name);
        if (!text_name || PyList_Append(list, text_name) < 0) Py_CLEAR(list);
        Py_XDECREF(text_name);
    }
    return list;
}

/* The qualified name of the class, "__torch__.M". */
static PyObject *qualified_name(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    lb_value *value = c ? lb_module_value(m->handle, c->error) : NULL;
    if (!value) return c ? py_raise_error(m->state, c->error) : NULL;
    const char *name = lb_value_class(value);
    PyObject *text_name = PyUnicode_FromString(name ? name : "");
    lb_value_free(value);
    return text_name;
}

static PyObject *method_constants(PyObject *self, PyObject *method) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    const char *name = c ? PyUnicode_AsUTF8AndSize(method, NULL) : NULL;
    lb_value *value = name ? lb_method_constants(m->handle, name, c->error) : NULL;
    if (value) return py_value_to(m->state, value, self, false);
    return name ? py_raise_error(m->state, c->error) : NULL;
}

static PyObject *copied(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    lb_module *copy = c ? lb_module_copy(m->handle, c->error) : NULL;
    if (copy) return py_module_new(m->state, copy);
    return c ? py_raise_error(m->state, c->error) : NULL;
}

/* Another object for the same module. */
static PyObject *same(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    lb_module *view = c ? lb_module_at(m->handle, "", c->error) : NULL;
    if (view) return py_module_new(m->state, view);
    return c ? py_raise_error(m->state, c->error) : NULL;
}

/* ---- state ---- */

static PyObject *state_dict(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    lb_value *dict = c ? lb_state_dict(m->handle, c->error) : NULL;
    if (dict) return py_value_to(m->state, dict, self, false);
    return c ? py_raise_error(m->state, c->error) : NULL;
}

static PyObject *load_state_dict(PyObject *self, PyObject *args) {
    struct module *m = self_of(self);
    struct context *c = py_context_of_thread(m->state);
    PyObject *object;
    int strict;
    if (!c || !PyArg_ParseTuple(args, "Op:load_state_dict", &object, &strict)) return NULL;
    struct incoming in = {.state = m->state, .err = c->error};
    lb_value *dict = py_value_from(&in, object);
    if (!dict) return NULL;
    bool good = lb_load_state_dict(m->handle, dict, strict, c->error);
    lb_value_free(dict);
    if (!good) return py_raise_error(m->state, c->error);
    Py_RETURN_NONE;
}

/* ---- calling ---- */

static PyObject *call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    return py_module_call(self, "forward", args, (Py_ssize_t)(flags & ~VECTORCALL_OFFSET), kwnames);
}

static PyObject *call_tuple(PyObject *self, PyObject *args, PyObject *kwargs) {
    return py_call_with_tuple(self, call, args, kwargs);
}

static PyMethodDef methods[] = {
    {"_text", text, METH_VARARGS, "_text(kind, method): one of the library's texts by number."},
    {"_attributes", attributes, METH_NOARGS, "[(name, flags)]; flags: 1 parameter, 2 buffer, 4 submodule."},
    {"_method_names", method_names, METH_NOARGS, "Names of the methods."},
    {"_qualified_name", qualified_name, METH_NOARGS, "The class, \"__torch__.M\"."},
    {"_constants", method_constants, METH_O, "What a method's code names CONSTANTS.cN."},
    {"_copied", copied, METH_NOARGS, "A deep copy."},
    {"_same", same, METH_NOARGS, "Another object for the same module."},
    {"_state_dict", state_dict, METH_NOARGS, "Parameters and buffers by dotted name."},
    {"_load_state_dict", load_state_dict, METH_VARARGS, "_load_state_dict(dict, strict)"},
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
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, repr},
    {Py_tp_getattro, getattr},
    {Py_tp_setattro, setattr},
    {Py_tp_call, call_tuple},
    {Py_tp_methods, methods},
    {Py_tp_getset, members},
    {Py_tp_members, places},
    {0},
};
static PyType_Spec spec = {
    "linkboy._C.Module", sizeof(struct module), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int py_add_modules(PyObject *module, struct state *s) {
    s->module_type = py_add_type(module, &spec, NULL);
    return s->module_type ? 0 : -1;
}
