/* linkboy._C.Function: a compiled function that is called like a Python one (linkboy/jit/function.py has the
 * class over it). */
#include "compile.h"
#include <string.h>

struct function {
    PyObject_HEAD
    struct state *state;
    PyObject *owner; /* keeps the unit alive: a Unit, or a Graph */
    lb_unit *unit;
    lb_function *function;
    vectorcallfunc vectorcall;
    PyObject *dict, *weak;
};

static struct function *self_of(PyObject *self) {
    return (struct function *)self;
}

lb_unit *py_function_unit(PyObject *function) {
    return self_of(function)->unit;
}

static PyObject *run(PyObject *self, const struct arguments *a, struct context *context) {
    struct function *f = self_of(self);
    Py_INCREF((PyObject *)context);
    context->calls++;
    PyThreadState *thread = PyEval_SaveThread();
    lb_value *result = lb_function_call(f->unit, f->function, context->handle, a->values, (int)a->count,
                                        a->names, a->values + a->count, (int)a->named, context->error);
    PyEval_RestoreThread(thread);
    context->calls--;
    PyObject *object = NULL;
    if (py_context_raised(context))
        lb_value_free(result);
    else
        object = result ? py_value_to(f->state, result, f->owner, a->in.torch)
                        : py_raise_error(f->state, context->error);
    if (f->state->tracer) object = py_tell(f->state, self, "", a, object);
    Py_DECREF((PyObject *)context);
    return object;
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    struct context *context = py_context_of_thread(self_of(self)->state);
    struct arguments a;
    PyObject *result = NULL, *pause;
    if (!context || !py_tracer_pause(context->state, &pause)) return NULL;
    if (py_arguments_take(&a, context, args, (Py_ssize_t)(flags & ~VECTORCALL_OFFSET), kwnames))
        result = run(self, &a, context);
    py_arguments_end(&a);
    return py_tracer_resume(pause, result);
}

static PyObject *call_tuple(PyObject *self, PyObject *args, PyObject *kwargs) {
    return py_call_with_tuple(self, call, args, kwargs);
}

PyObject *py_function_made(struct state *s, PyObject *owner, lb_unit *unit, lb_function *function) {
    PyObject *class = s->function_class;
    PyTypeObject *type = class ? (PyTypeObject *)class : s->function_type;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct function *f = (struct function *)allocate(type, 0);
    if (!f) return NULL;
    f->state = s;
    f->owner = Py_NewRef(owner);
    f->unit = unit;
    f->function = function;
    f->vectorcall = call;
    return (PyObject *)f;
}

PyObject *py_function_new(struct unit *u, lb_function *function) {
    return py_function_made(u->state, (PyObject *)u, u->handle, function);
}

lb_function *py_function_of(struct state *s, PyObject *object) {
    if (object && PyObject_TypeCheck(object, s->function_type)) return self_of(object)->function;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "expected a linkboy._C.Function");
    return NULL;
}

/* ---- the object ---- */

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(self_of(self)->owner);
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
    Py_CLEAR(self_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *text(PyObject *self, PyObject *kind) {
    long number = PyLong_AsLong(kind);
    if (number == -1 && PyErr_Occurred()) return NULL;
    lb_error *err = py_error_new();
    if (!err) return NULL;
    char *words = lb_function_text(self_of(self)->unit, self_of(self)->function, (lb_text_kind)number, err);
    PyObject *string = words ? PyUnicode_DecodeUTF8(words, (Py_ssize_t)strlen(words), "replace")
                             : py_raise_error(self_of(self)->state, err);
    lb_text_free(words);
    lb_error_free(err);
    return string;
}

static PyObject *as_module(PyObject *self, PyObject *ignored) {
    (void)ignored;
    struct function *f = self_of(self);
    lb_error *err = py_error_new();
    if (!err) return NULL;
    lb_module *m = lb_function_module(f->unit, f->function, err);
    PyObject *module = m ? py_module_new(f->state, m) : py_raise_error(f->state, err);
    lb_error_free(err);
    return module;
}

static PyObject *name(PyObject *self, void *closure) {
    (void)closure;
    return PyUnicode_FromString(lb_function_name(self_of(self)->function));
}

static PyObject *qualified(PyObject *self, void *closure) {
    (void)closure;
    return PyUnicode_FromString(lb_function_qualified(self_of(self)->function));
}

static PyMethodDef methods[] = {
    {"_text", text, METH_O, "_text(kind): one of the library's texts by number."},
    {"_module", as_module, METH_NOARGS, "_module(): a module whose forward is the function."},
    {0},
};
static PyGetSetDef members[] = {
    {"name", name, NULL, "\"f\"", NULL},
    {"qualified_name", qualified, NULL, "\"__torch__.module.f\"", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};
static PyMemberDef places[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct function, vectorcall), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(struct function, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct function, weak), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc}, {Py_tp_traverse, traverse}, {Py_tp_clear, clear},    {Py_tp_call, call_tuple},
    {Py_tp_methods, methods}, {Py_tp_getset, members},    {Py_tp_members, places}, {0},
};
static PyType_Spec spec = {"linkboy._C.Function", sizeof(struct function), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                               Py_TPFLAGS_DISALLOW_INSTANTIATION | HAVE_VECTORCALL,
                           slots};

int py_add_functions(PyObject *module, struct state *s) {
    s->function_type = py_add_type(module, &spec, NULL);
    return s->function_type ? 0 : -1;
}
