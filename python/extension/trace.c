/* linkboy._C.Trace: the recorder, as linkboy/tracing tells it what happens. Values come as tuples that begin
 * with a number (linkboy/tracing/recorder.py): what kind of value it is, then what that kind needs. */
#include "compile.h"
#include <string.h>

struct recorder {
    PyObject_HEAD
    struct state *state;
    struct unit *unit; /* held */
    lb_trace *trace;
    lb_error *error;
    PyObject *name, *tensor, *warn; /* what the recorder asks: linkboy/tracing/recorder.py */
    PyObject *raised;               /* an exception of theirs: it ends the call that asked */
    PyObject *shown;                /* the text that `name` gave last */
};

static struct recorder *self_of(PyObject *self) {
    return (struct recorder *)self;
}

/* ---- what C asks ---- */

/* An exception waits until the call that asked is over. */
static void keep_exception(struct recorder *r) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (!r->raised) r->raised = Py_XNewRef(value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static const char *ask_name(void *user, const void *key) {
    struct recorder *r = user;
    PyObject *text =
        r->raised ? NULL : PyObject_CallFunction(r->name, "K", (unsigned long long)(uintptr_t)key);
    if (!text && !r->raised) keep_exception(r);
    py_set_reference(&r->shown, text);
    return text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
}

static lb_value *ask_tensor(void *user, const void *key, lb_error *err) {
    (void)err;
    struct recorder *r = user;
    struct incoming in = {.state = r->state, .err = r->error};
    PyObject *tensor = PyObject_CallFunction(r->tensor, "K", (unsigned long long)(uintptr_t)key);
    lb_value *value = tensor ? py_value_from(&in, tensor) : NULL;
    Py_XDECREF(tensor);
    if (!value) keep_exception(r);
    return value;
}

static void ask_warn(void *user, const char *text) {
    struct recorder *r = user;
    PyObject *done = PyObject_CallFunction(r->warn, "s", text);
    if (!done) keep_exception(r);
    Py_XDECREF(done);
}

/* The end of every call: true, or false with the exception set. */
static bool ended(struct recorder *r, bool good) {
    if (!r->raised) return good || py_raise_error(r->state, r->error);
    lb_error_clear(r->error);
    PyObject *raised = r->raised;
    r->raised = NULL;
    PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
    Py_DECREF(raised);
    return false;
}

static PyObject *none_or_error(struct recorder *r, bool good) {
    if (!ended(r, good)) return NULL;
    Py_RETURN_NONE;
}

/* ---- trees ---- */

/* What a tree was turned into, and what it holds on to; freed as one. */
struct tree {
    lb_traced *items;
    int count;
    int64_t *numbers; /* sizes and strides of this level's tensors */
    lb_value **values;
    struct tree *inner; /* one for each item */
};

static void tree_free(struct tree *t) {
    for (int i = 0; i < t->count; i++) {
        if (t->inner) tree_free(&t->inner[i]);
        if (t->values) lb_value_free(t->values[i]);
    }
    PyMem_Free(t->items);
    PyMem_Free(t->numbers);
    PyMem_Free(t->values);
    PyMem_Free(t->inner);
    *t = (struct tree){0};
}

enum { MOST_DIMS = 64 };

/* Numbers of a tuple; NULL for None. *count -1: an exception. */
static const int64_t *read_numbers(PyObject *tuple, int64_t *into, int *count) {
    *count = 0;
    if (tuple == Py_None) return NULL;
    Py_ssize_t length = PyTuple_Size(tuple);
    if (length > MOST_DIMS) PyErr_SetString(PyExc_ValueError, "a tensor of too many dimensions");
    for (Py_ssize_t i = 0; i < length && !PyErr_Occurred(); i++)
        into[i] = PyLong_AsLongLong(PyTuple_GetItem(tuple, i));
    *count = PyErr_Occurred() ? -1 : (int)length;
    return into;
}

static bool read_tensor(PyObject *node, lb_traced *out, int64_t *numbers) {
    unsigned long long key;
    int kind, grad, strides;
    PyObject *sizes_of, *strides_of;
    if (!PyArg_ParseTuple(node, "iKiOOpz", &kind, &key, &out->dtype, &sizes_of, &strides_of, &grad,
                          &out->device))
        return false;
    out->key = (const void *)(uintptr_t)key;
    out->requires_grad = grad;
    out->sizes = read_numbers(sizes_of, numbers, &out->ndim);
    out->strides = read_numbers(strides_of, numbers + MOST_DIMS, &strides);
    return !PyErr_Occurred();
}

static bool read_nodes(struct recorder *r, PyObject *list, struct tree *t, int depth);

static bool read_node(struct recorder *r, PyObject *node, struct tree *t, int i, int depth) {
    lb_traced *out = &t->items[i];
    if (!PyTuple_Check(node)) {
        PyErr_SetString(PyExc_TypeError, "a node of a tree is a tuple");
        return false;
    }
    out->kind = (lb_traced_kind)PyLong_AsLong(PyTuple_GetItem(node, 0));
    PyObject *rest = PyTuple_Size(node) > 1 ? PyTuple_GetItem(node, 1) : Py_None; /* borrowed */
    struct incoming in = {.state = r->state, .err = r->error};
    switch (out->kind) {
    case LB_TRACED_TENSOR: return read_tensor(node, out, t->numbers + (size_t)i * 2 * MOST_DIMS);
    case LB_TRACED_NUMBER:
        out->key = (const void *)(uintptr_t)PyLong_AsUnsignedLongLong(rest);
        return !PyErr_Occurred();
    case LB_TRACED_CONSTANT: return (out->value = t->values[i] = py_value_from(&in, rest)) != NULL;
    case LB_TRACED_LIST:
    case LB_TRACED_TUPLE:
    case LB_TRACED_DICT:
        if (!read_nodes(r, rest, &t->inner[i], depth + 1)) return false;
        out->items = t->inner[i].items;
        out->count = t->inner[i].count;
        return true;
    default: return !PyErr_Occurred();
    }
}

/* False with an exception; to be freed in any case. */
static bool read_nodes(struct recorder *r, PyObject *list, struct tree *t, int depth) {
    if (!PyList_Check(list) || depth > MOST_DIMS) {
        PyErr_SetString(PyExc_TypeError, "a tree is made of lists, and not too deep");
        return false;
    }
    t->count = (int)PyList_Size(list);
    size_t count = (size_t)t->count + 1;
    t->items = PyMem_Calloc(count, sizeof *t->items);
    t->values = PyMem_Calloc(count, sizeof *t->values);
    t->inner = PyMem_Calloc(count, sizeof *t->inner);
    t->numbers = PyMem_Calloc(count * 2 * MOST_DIMS, sizeof *t->numbers);
    if (!t->items || !t->values || !t->inner || !t->numbers) {
        PyErr_NoMemory();
        return false;
    }
    for (int i = 0; i < t->count; i++)
        if (!read_node(r, PyList_GetItem(list, i), t, i, depth)) return false;
    return true;
}

/* A tree of one node. */
static bool read_one(struct recorder *r, PyObject *node, struct tree *t) {
    PyObject *list = PyList_New(1);
    bool good = list && PyList_SetItem(list, 0, Py_NewRef(node)) == 0 && read_nodes(r, list, t, 0);
    Py_XDECREF(list);
    return good;
}

/* ---- methods ---- */

static const void *key_from(unsigned long long key) {
    return (const void *)(uintptr_t)key;
}

static PyObject *attribute(PyObject *self, PyObject *args) {
    const char *path;
    PyObject *node;
    if (!PyArg_ParseTuple(args, "sO:attribute", &path, &node)) return NULL;
    struct recorder *r = self_of(self);
    struct tree t = {0};
    PyObject *done = read_one(r, node, &t)
                         ? none_or_error(r, lb_trace_attribute(r->trace, path, t.items, r->error))
                         : NULL;
    tree_free(&t);
    return done;
}

static PyObject *input(PyObject *self, PyObject *args) {
    const char *name;
    PyObject *node;
    if (!PyArg_ParseTuple(args, "zO:input", &name, &node)) return NULL;
    struct recorder *r = self_of(self);
    struct tree t = {0};
    PyObject *done =
        read_one(r, node, &t) ? none_or_error(r, lb_trace_input(r->trace, name, t.items, r->error)) : NULL;
    tree_free(&t);
    return done;
}

static PyObject *at(PyObject *self, PyObject *args) {
    const char *stack, *file;
    Py_ssize_t length;
    int line;
    if (!PyArg_ParseTuple(args, "s#si:at", &stack, &length, &file, &line)) return NULL;
    struct recorder *r = self_of(self);
    return none_or_error(r, lb_trace_at(r->trace, stack, (size_t)length, file, line, r->error));
}

static PyObject *enter(PyObject *self, PyObject *args) {
    const char *path;
    if (!PyArg_ParseTuple(args, "s:enter", &path)) return NULL;
    struct recorder *r = self_of(self);
    return none_or_error(r, lb_trace_enter(r->trace, path, r->error));
}

static PyObject *leave(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct recorder *r = self_of(self);
    return none_or_error(r, lb_trace_leave(r->trace, r->error));
}

static PyObject *op(PyObject *self, PyObject *args) {
    const char *name;
    PyObject *given, *results;
    if (!PyArg_ParseTuple(args, "sOO:op", &name, &given, &results)) return NULL;
    struct recorder *r = self_of(self);
    struct tree a = {0}, b = {0};
    PyObject *done = NULL;
    if (read_nodes(r, given, &a, 0) && read_nodes(r, results, &b, 0))
        done = none_or_error(r, lb_trace_op(r->trace, name, a.items, a.count, b.items, b.count, r->error));
    tree_free(&a);
    tree_free(&b);
    return done;
}

/* call(callee, method, args, result): `callee` is a function, or the module whose method it is. */
static PyObject *call(PyObject *self, PyObject *args) {
    PyObject *callee, *given, *result;
    const char *method;
    if (!PyArg_ParseTuple(args, "OzOO:call", &callee, &method, &given, &result)) return NULL;
    struct recorder *r = self_of(self);
    struct tree a = {0}, b = {0};
    struct incoming in = {.state = r->state, .err = r->error};
    lb_function *f = method ? NULL : py_function_of(r->state, callee);
    lb_value *module = method ? py_value_from(&in, callee) : NULL;
    PyObject *done = NULL;
    if ((f || module) && read_nodes(r, given, &a, 0) && read_one(r, result, &b))
        done = none_or_error(
            r, f ? lb_trace_call(r->trace, f, a.items, a.count, b.items, r->error)
                 : lb_trace_call_method(r->trace, module, method, a.items, a.count, b.items, r->error));
    lb_value_free(module);
    tree_free(&a);
    tree_free(&b);
    return done;
}

static PyObject *size(PyObject *self, PyObject *args) {
    PyObject *tensor;
    long long dim;
    unsigned long long key;
    if (!PyArg_ParseTuple(args, "OLK:size", &tensor, &dim, &key)) return NULL;
    struct recorder *r = self_of(self);
    struct tree t = {0};
    PyObject *done = read_one(r, tensor, &t)
                         ? none_or_error(r, lb_trace_size(r->trace, t.items, dim, key_from(key), r->error))
                         : NULL;
    tree_free(&t);
    return done;
}

static PyObject *numel(PyObject *self, PyObject *args) {
    PyObject *tensor;
    unsigned long long key;
    if (!PyArg_ParseTuple(args, "OK:numel", &tensor, &key)) return NULL;
    struct recorder *r = self_of(self);
    struct tree t = {0};
    PyObject *done = read_one(r, tensor, &t)
                         ? none_or_error(r, lb_trace_numel(r->trace, t.items, key_from(key), r->error))
                         : NULL;
    tree_free(&t);
    return done;
}

static PyObject *guard(PyObject *self, PyObject *args) {
    unsigned long long key;
    PyObject *value;
    const char *message;
    if (!PyArg_ParseTuple(args, "KOs:guard", &key, &value, &message)) return NULL;
    struct recorder *r = self_of(self);
    struct incoming in = {.state = r->state, .err = r->error};
    lb_value *v = py_value_from(&in, value);
    PyObject *done =
        v ? none_or_error(r, lb_trace_guard(r->trace, key_from(key), v, message, r->error)) : NULL;
    lb_value_free(v);
    return done;
}

static PyObject *knows(PyObject *self, PyObject *key) {
    unsigned long long number = PyLong_AsUnsignedLongLong(key);
    if (PyErr_Occurred()) return NULL;
    return PyBool_FromLong(lb_trace_knows(self_of(self)->trace, key_from(number)));
}

static PyObject *same(PyObject *self, PyObject *args) {
    unsigned long long key, known;
    if (!PyArg_ParseTuple(args, "KK:same", &key, &known)) return NULL;
    struct recorder *r = self_of(self);
    return none_or_error(r, lb_trace_same(r->trace, key_from(key), key_from(known), r->error));
}

static PyObject *forget(PyObject *self, PyObject *key) {
    unsigned long long number = PyLong_AsUnsignedLongLong(key);
    if (PyErr_Occurred()) return NULL;
    lb_trace_forget(self_of(self)->trace, key_from(number));
    Py_RETURN_NONE;
}

static PyObject *finish(PyObject *self, PyObject *args) {
    const char *name;
    PyObject *node;
    if (!PyArg_ParseTuple(args, "sO:finish", &name, &node)) return NULL;
    struct recorder *r = self_of(self);
    struct tree t = {0};
    lb_function *f = read_one(r, node, &t) ? lb_trace_finish(r->trace, name, t.items, r->error) : NULL;
    tree_free(&t);
    if (PyErr_Occurred() || !ended(r, f != NULL)) return NULL;
    return py_function_new(r->unit, f);
}

static PyMethodDef methods[] = {
    {"attribute", attribute, METH_VARARGS, "attribute(path, tensor): the tensor of a parameter or buffer."},
    {"input", input, METH_VARARGS, "input(name, tree): the next input."},
    {"at", at, METH_VARARGS, "at(stack, file, line): where what follows happens."},
    {"enter", enter, METH_VARARGS, "enter(path): a submodule's forward begins."},
    {"leave", leave, METH_NOARGS, "It ends."},
    {"op", op, METH_VARARGS, "op(name, args, results): an operator was called."},
    {"call", call, METH_VARARGS, "call(callee, method, args, result): a compiled function was called."},
    {"size", size, METH_VARARGS, "size(tensor, dim, key): a size was read."},
    {"numel", numel, METH_VARARGS, "numel(tensor, key): a number of elements was read."},
    {"guard", guard, METH_VARARGS, "guard(key, value, message): a tensor was read as a Python value."},
    {"knows", knows, METH_O, "knows(key): whether the trace knows the tensor."},
    {"same", same, METH_VARARGS, "same(key, known): one tensor under two keys."},
    {"forget", forget, METH_O, "forget(key): it does not from now on."},
    {"finish", finish, METH_VARARGS, "finish(name, tree): the function that was recorded."},
    {0},
};

/* ---- beginning and end ---- */

static bool begin(struct recorder *r, lb_unit *unit, const lb_value *module, bool lenient) {
    lb_trace_host host = {.size = sizeof host,
                          .user = r,
                          .name = ask_name,
                          .tensor = ask_tensor,
                          .warn = ask_warn,
                          .lenient = lenient};
    r->trace = lb_trace_new(unit, module, &host, r->error);
    return r->trace || py_raise_error(r->state, r->error);
}

static PyObject *new_trace(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"unit", "module", "name", "tensor", "warn", "lenient", NULL};
    PyObject *unit, *module, *name, *tensor, *warn;
    int lenient;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOOp:Trace", names, &unit, &module, &name, &tensor,
                                     &warn, &lenient))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct recorder *r = (struct recorder *)allocate(type, 0);
    if (!r) return NULL;
    r->state = PyType_GetModuleState(type);
    r->error = py_error_new();
    r->name = Py_NewRef(name);
    r->tensor = Py_NewRef(tensor);
    r->warn = Py_NewRef(warn);
    struct unit *u = py_unit_of(r->state, unit);
    r->unit = u ? (struct unit *)Py_NewRef(unit) : NULL;
    struct incoming in = {.state = r->state, .err = r->error};
    lb_value *m = u && r->error && module != Py_None ? py_value_from(&in, module) : NULL;
    bool good = !PyErr_Occurred() && begin(r, u->handle, m, lenient);
    lb_value_free(m);
    if (good) return (PyObject *)r;
    Py_DECREF((PyObject *)r);
    return NULL;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT((PyObject *)self_of(self)->unit);
    Py_VISIT(self_of(self)->name);
    Py_VISIT(self_of(self)->tensor);
    Py_VISIT(self_of(self)->warn);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

static int clear(PyObject *self) {
    Py_CLEAR(self_of(self)->name);
    Py_CLEAR(self_of(self)->tensor);
    Py_CLEAR(self_of(self)->warn);
    Py_CLEAR(self_of(self)->raised);
    Py_CLEAR(self_of(self)->shown);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    lb_trace_free(self_of(self)->trace);
    lb_error_free(self_of(self)->error);
    Py_CLEAR(self_of(self)->unit);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "A trace while it is made. Used by linkboy.tracing alone."},
    {Py_tp_new, new_trace},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_methods, methods},
    {0},
};

static PyType_Spec spec = {
    .name = "linkboy._C.Trace",
    .basicsize = sizeof(struct recorder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

int py_add_traces(PyObject *module, struct state *s) {
    (void)s;
    PyTypeObject *type = py_add_type(module, &spec, NULL);
    Py_XDECREF((PyObject *)type);
    return type ? 0 : -1;
}
