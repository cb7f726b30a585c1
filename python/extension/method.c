/* Bound methods of modules and objects, and the one way in which a program is called: arguments become
 * values, the GIL is given up while the library runs, the result comes back as Python objects. */
#include "extension.h"
#include <string.h>

/* ---- calling ---- */

struct call {
    struct incoming in;
    lb_value **values; /* positional, then named */
    bool *lent;
    const char **names;
    Py_ssize_t count, named, filled;
    lb_value *few[FEW_ARGUMENTS];
    bool few_lent[FEW_ARGUMENTS];
    const char *few_names[FEW_ARGUMENTS];
};

static bool make_room(struct call *c) {
    size_t all = (size_t)(c->count + c->named);
    if (all <= FEW_ARGUMENTS) {
        c->values = c->few;
        c->lent = c->few_lent;
        c->names = c->few_names;
        return true;
    }
    c->values = PyMem_Calloc(all, sizeof *c->values);
    c->lent = PyMem_Calloc(all, sizeof *c->lent);
    c->names = PyMem_Calloc(all, sizeof *c->names);
    if (c->values && c->lent && c->names) return true;
    PyErr_NoMemory();
    return false;
}

static void end_call(struct call *c) {
    for (Py_ssize_t i = 0; i < c->filled; i++)
        if (!c->lent[i]) lb_value_free(c->values[i]);
    if (c->values == c->few) return;
    PyMem_Free(c->values);
    PyMem_Free(c->lent);
    PyMem_Free(c->names);
}

static bool take_names(struct call *c, PyObject *kwnames) {
    for (Py_ssize_t i = 0; i < c->named; i++)
        if (!(c->names[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(kwnames, i), NULL))) return false;
    return true;
}

static bool take_arguments(struct call *c, PyObject *const *args) {
    for (; c->filled < c->count + c->named; c->filled++) {
        Py_ssize_t i = c->filled;
        if (!(c->values[i] = py_value_borrow(&c->in, args[i], &c->lent[i]))) return false;
    }
    return true;
}

static PyObject *run(struct call *c, struct context *context, PyObject *module, const char *method) {
    struct module *m = (struct module *)module;
    Py_INCREF((PyObject *)context);
    context->calls++;
    PyThreadState *thread = PyEval_SaveThread();
    lb_value *result = lb_call_named(m->handle, method, context->handle, c->values, (int)c->count, c->names,
                                     c->values + c->count, (int)c->named, context->error);
    PyEval_RestoreThread(thread);
    context->calls--;
    PyObject *object = NULL;
    if (py_context_raised(context))
        lb_value_free(result);
    else
        object = result ? py_value_to(m->state, result, module, c->in.torch)
                        : py_raise_error(m->state, context->error);
    Py_DECREF((PyObject *)context);
    return object;
}

PyObject *py_module_call(PyObject *module, const char *method, PyObject *const *args, Py_ssize_t count,
                         PyObject *kwnames) {
    struct state *s = ((struct module *)module)->state;
    struct context *context = py_context_of_thread(s);
    if (!context) return NULL;
    struct call c;
    c.in = (struct incoming){.state = s, .err = context->error};
    c.count = count;
    c.named = kwnames ? PyTuple_Size(kwnames) : 0;
    c.filled = 0;
    PyObject *result = NULL;
    if (!make_room(&c)) return NULL;
    if (take_names(&c, kwnames) && take_arguments(&c, args)) result = run(&c, context, module, method);
    end_call(&c);
    return result;
}

/* ---- the object ---- */

struct method {
    PyObject_HEAD PyObject *module;
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
