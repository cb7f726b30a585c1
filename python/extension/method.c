/* Bound methods of modules and objects, and the one way in which a program is called: arguments become
 * values, the GIL is given up while the library runs, the result comes back as Python objects. */
#include "extension.h"
#include <string.h>

/* ---- calling ---- */

static PyObject *run(const struct arguments *a, struct context *context, PyObject *module,
                     const char *method) {
    struct module *m = (struct module *)module;
    Py_INCREF((PyObject *)context);
    context->calls++;
    PyThreadState *thread = PyEval_SaveThread();
    lb_value *result = lb_call_named(m->handle, method, context->handle, a->values, (int)a->count, a->names,
                                     a->values + a->count, (int)a->named, context->error);
    PyEval_RestoreThread(thread);
    context->calls--;
    PyObject *object = NULL;
    if (py_context_raised(context))
        lb_value_free(result);
    else
        object = result ? py_value_to(m->state, result, module, a->in.torch)
                        : py_raise_error(m->state, context->error);
    if (m->state->tracer) object = py_tell(m->state, module, method, a, object);
    Py_DECREF((PyObject *)context);
    return object;
}

PyObject *py_module_call(PyObject *module, const char *method, PyObject *const *args, Py_ssize_t count,
                         PyObject *kwnames) {
    struct context *context = py_context_of_thread(((struct module *)module)->state);
    struct arguments a;
    PyObject *result = NULL, *pause;
    if (!context || !py_tracer_pause(context->state, &pause)) return NULL;
    if (py_arguments_take(&a, context, args, count, kwnames)) result = run(&a, context, module, method);
    py_arguments_end(&a);
    return py_tracer_resume(pause, result);
}

/* ---- the object ---- */

struct method {
    PyObject_HEAD
    PyObject *module;
    PyObject *name;
    vectorcallfunc vectorcall;
};

static struct method *self_of(PyObject *self) {
    return (struct method *)self;
}

static const char *name_of(PyObject *self) {
    return PyUnicode_AsUTF8AndSize(self_of(self)->name, NULL);
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    return py_module_call(self_of(self)->module, name_of(self), args,
                          (Py_ssize_t)(flags & ~VECTORCALL_OFFSET), kwnames);
}

/* For callers that have a tuple and a dict. */
static PyObject *call_tuple(PyObject *self, PyObject *args, PyObject *kwargs) {
    return py_call_with_tuple(self, call, args, kwargs);
}

PyObject *py_method_new(struct state *s, PyObject *module, const char *name) {
    struct method *m = PyObject_GC_New(struct method, s->method_type);
    if (!m) return NULL;
    m->module = Py_NewRef(module);
    m->name = PyUnicode_FromString(name);
    m->vectorcall = call;
    PyObject_GC_Track(m);
    if (m->name) return (PyObject *)m;
    Py_DECREF((PyObject *)m);
    return NULL;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(self_of(self)->module);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

static int clear(PyObject *self) {
    Py_CLEAR(self_of(self)->module);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_CLEAR(self_of(self)->name);
    PyObject_GC_Del(self);
    Py_DECREF((PyObject *)type);
}

/* A text of the method. */
static PyObject *text(PyObject *self, void *kind) {
    return py_module_text(self_of(self)->module, (lb_text_kind)(intptr_t)kind, name_of(self));
}

static PyObject *graph(PyObject *self, void *inlined) {
    return py_module_graph(self_of(self)->module, name_of(self), inlined != NULL);
}

static PyObject *repr(PyObject *self) {
    return PyUnicode_FromFormat("<linkboy.ScriptMethod object at %p>", (void *)self);
}

static PyObject *name(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(self_of(self)->name);
}

static PyObject *owner(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(self_of(self)->module);
}

static PyGetSetDef members[] = {
    {"name", name, NULL, "\"forward\"", NULL},
    {"owner", owner, NULL, "The module or object it is a method of.", NULL},
    {"code", text, NULL, "Its code as text.", (void *)LB_TEXT_CODE},
    {"graph", graph, NULL, "A copy of its graph.", NULL},
    {"inlined_graph", graph, NULL, "The same with all calls put in place.", (void *)1},
    {"schema", text, NULL, "Its schema as text.", (void *)LB_TEXT_SCHEMA},
    {0},
};
static PyMemberDef places[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct method, vectorcall), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, repr},
    {Py_tp_getset, members},
    {Py_tp_members, places},
    {Py_tp_call, call_tuple},
    {Py_tp_doc, "A method of a module or object (torch.ScriptMethod)."},
    {0},
};
static PyType_Spec spec = {
    "linkboy.ScriptMethod", sizeof(struct method), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | HAVE_VECTORCALL, slots};

int py_add_methods(PyObject *module, struct state *s) {
    s->method_type = py_add_type(module, &spec, NULL);
    return s->method_type ? 0 : -1;
}
