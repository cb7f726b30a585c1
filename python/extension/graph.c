/* linkboy._C.Graph: a graph that is the caller's own; where graphs come from and go to, and passes. */
#include "graph.h"
#include "compile.h"
#include <string.h>

static struct graph *self_of(PyObject *self) {
    return (struct graph *)self;
}

lb_error *py_graph_error(struct state *s) {
    struct context *c = py_context_of_thread(s);
    return c ? c->error : NULL;
}

PyObject *py_graph_done(struct state *s, bool good, lb_error *err) {
    return good ? Py_NewRef(Py_None) : py_raise_error(s, err);
}

PyObject *py_graph_text(struct state *s, char *take_text, lb_error *err) {
    if (!take_text) return lb_error_code(err) ? py_raise_error(s, err) : Py_NewRef(Py_None);
    PyObject *string = PyUnicode_DecodeUTF8(take_text, (Py_ssize_t)strlen(take_text), "replace");
    lb_text_free(take_text);
    return string;
}

static PyObject *graph_of_class(struct state *s, PyTypeObject *type, lb_graph *take_handle, lb_error *err) {
    if (!take_handle) return py_raise_error(s, err);
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct graph *g = (struct graph *)allocate(type, 0);
    if (!g) {
        lb_graph_free(take_handle);
        return NULL;
    }
    g->state = s;
    g->handle = take_handle;
    return (PyObject *)g;
}

PyObject *py_graph_new(struct state *s, lb_graph *take_handle, lb_error *err) {
    return graph_of_class(s, s->graph_class ? (PyTypeObject *)s->graph_class : s->graph_type, take_handle,
                          err);
}

struct graph *py_graph_of(struct state *s, PyObject *object) {
    if (PyObject_TypeCheck(object, s->graph_type)) return self_of(object);
    PyErr_SetString(PyExc_TypeError, "expected a Graph");
    return NULL;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    lb_graph_free(self_of(self)->handle);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    (void)self;
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

/* ---- graphs ---- */

static PyObject *graph_text(PyObject *self, PyObject *kind) {
    struct graph *g = self_of(self);
    long number = PyLong_AsLong(kind);
    lb_error *err = number == -1 && PyErr_Occurred() ? NULL : py_graph_error(g->state);
    return err ? py_graph_text(g->state, lb_graph_put(g->handle, (lb_text_kind)number, err), err) : NULL;
}

static PyObject *copy(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct graph *g = self_of(self);
    lb_error *err = py_graph_error(g->state);
    return err ? graph_of_class(g->state, Py_TYPE(self), lb_graph_copy(g->handle, err), err) : NULL;
}

static PyObject *lint(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct graph *g = self_of(self);
    lb_error *err = py_graph_error(g->state);
    return err ? py_graph_done(g->state, lb_graph_verify(g->handle, err), err) : NULL;
}

static PyObject *run_pass(PyObject *self, PyObject *name) {
    struct graph *g = self_of(self);
    const char *pass = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_error *err = pass ? py_graph_error(g->state) : NULL;
    return err ? py_graph_done(g->state, lb_graph_pass(g->handle, pass, err), err) : NULL;
}

static PyObject *canonical(PyObject *self, PyObject *keep) {
    struct graph *g = self_of(self);
    int keep_names = PyObject_IsTrue(keep);
    lb_error *err = keep_names < 0 ? NULL : py_graph_error(g->state);
    if (!err) return NULL;
    return graph_of_class(g->state, Py_TYPE(self), lb_graph_canonical(g->handle, keep_names, err), err);
}

static PyObject *rewrite(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self);
    const char *pattern, *replacement;
    lb_error *err =
        PyArg_ParseTuple(args, "ss:rewrite", &pattern, &replacement) ? py_graph_error(g->state) : NULL;
    return err ? py_graph_done(g->state, lb_graph_rewrite(g->handle, pattern, replacement, err), err) : NULL;
}

/* (graph, what its further inputs stand for) */
static PyObject *lower(PyObject *self, PyObject *object) {
    struct graph *g = self_of(self);
    struct module *module = py_module_of(object, g->state);
    if (!module) return PyErr_Format(PyExc_TypeError, "expected a ScriptModule");
    lb_error *err = py_graph_error(g->state);
    lb_value *values = NULL;
    if (!err) return NULL;
    PyObject *lowered =
        graph_of_class(g->state, Py_TYPE(self), lb_graph_lower(g->handle, module->handle, &values, err), err);
    PyObject *list = values ? py_value_to(g->state, values, object, false) : NULL;
    PyObject *pair = lowered && list ? PyTuple_Pack(2, lowered, list) : NULL;
    Py_XDECREF(lowered);
    Py_XDECREF(list);
    return pair;
}

static PyObject *block(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_block_new(self_of(self), lb_graph_block(self_of(self)->handle));
}

static PyObject *create(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self);
    const char *kind;
    int outputs;
    lb_error *err = PyArg_ParseTuple(args, "si:create", &kind, &outputs) ? py_graph_error(g->state) : NULL;
    lb_node *node = err ? lb_graph_create(g->handle, kind, outputs, err) : NULL;
    return node ? py_node_new(g, node) : err ? py_raise_error(g->state, err) : NULL;
}

static PyObject *insert_node(PyObject *self, PyObject *object) {
    struct graph *g = self_of(self);
    lb_node *node = py_node_of(g->state, object);
    lb_error *err = node ? py_graph_error(g->state) : NULL;
    if (!err) return NULL;
    return lb_graph_insert(g->handle, node, err) ? Py_NewRef(object) : py_raise_error(g->state, err);
}

static PyObject *insert_constant(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self);
    PyObject *object, *type_object = Py_None;
    const lb_type *type = NULL;
    if (!PyArg_ParseTuple(args, "O|O:insertConstant", &object, &type_object)) return NULL;
    if (type_object != Py_None && !(type = py_type_in(g->state, lb_graph_unit(g->handle), type_object)))
        return NULL;
    struct incoming in = {.state = g->state, .err = py_graph_error(g->state)};
    lb_value *value = in.err ? py_value_from(&in, object) : NULL;
    if (!value) return NULL;
    lb_graph_value *made = lb_graph_insert_constant(g->handle, value, type, in.err);
    lb_value_free(value);
    return made ? py_graph_value_new(g, made) : py_raise_error(g->state, in.err);
}

enum { MOST_VALUES = 1024 };

/* The values of a tuple; -1 with an exception. */
static int read_values(struct state *s, PyObject *tuple, lb_graph_value **values) {
    int count = (int)PyTuple_Size(tuple);
    if (count > MOST_VALUES) return PyErr_Format(PyExc_ValueError, "more than %d values", MOST_VALUES), -1;
    for (int i = 0; i < count; i++)
        if (!(values[i] = py_graph_value_of(s, PyTuple_GetItem(tuple, i)))) return -1;
    return count;
}

/* _insert_call(kind, inputs) */
static PyObject *insert_call(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self);
    lb_graph_value *inputs[MOST_VALUES];
    const char *kind;
    PyObject *tuple;
    if (!PyArg_ParseTuple(args, "sO!:insert", &kind, &PyTuple_Type, &tuple)) return NULL;
    int count = read_values(g->state, tuple, inputs);
    lb_error *err = count < 0 ? NULL : py_graph_error(g->state);
    if (!err) return NULL;
    lb_graph_value *made = lb_graph_insert_call(g->handle, kind, inputs, count, err);
    return made ? py_graph_value_new(g, made) : py_raise_error(g->state, err);
}

/* _insert_graph(graph, inputs): what stands for its outputs. */
static PyObject *insert_graph(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self), *body;
    lb_graph_value *inputs[MOST_VALUES], *outputs[MOST_VALUES];
    PyObject *object, *tuple;
    if (!PyArg_ParseTuple(args, "OO!:insertGraph", &object, &PyTuple_Type, &tuple)) return NULL;
    if (!(body = py_graph_of(g->state, object))) return NULL;
    int count = read_values(g->state, tuple, inputs);
    int given = lb_node_input_count(lb_block_result(lb_graph_block(body->handle)));
    lb_error *err = count < 0 || given > MOST_VALUES ? NULL : py_graph_error(g->state);
    if (!err) return NULL;
    if (!lb_graph_insert_graph(g->handle, body->handle, inputs, count, outputs, err))
        return py_raise_error(g->state, err);
    PyObject *list = PyList_New(given);
    for (int i = 0; list && i < given; i++) {
        PyObject *value = py_graph_value_new(g, outputs[i]);
        if (!value || PyList_SetItem(list, i, value) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *insertion_point(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self), lb_graph_insertion_point(self_of(self)->handle));
}

static PyObject *set_insertion_point(PyObject *self, PyObject *object) {
    struct graph *g = self_of(self);
    lb_node *node = py_node_of(g->state, object);
    lb_error *err = node ? py_graph_error(g->state) : NULL;
    return err ? py_graph_done(g->state, lb_graph_set_insertion_point(g->handle, node, err), err) : NULL;
}

struct mapping {
    struct graph *from, *to;
    PyObject *function;
};

static lb_graph_value *map(void *context, lb_graph_value *value) {
    struct mapping *m = context;
    PyObject *old = PyErr_Occurred() ? NULL : py_graph_value_new(m->from, value);
    PyObject *new = old ? PyObject_CallFunctionObjArgs(m->function, old, NULL) : NULL;
    lb_graph_value *found = new ? py_graph_value_of(m->to->state, new) : NULL;
    Py_XDECREF(new);
    Py_XDECREF(old);
    return found;
}

static PyObject *clone_node(PyObject *self, PyObject *args) {
    struct graph *g = self_of(self);
    PyObject *object, *function;
    lb_node *node =
        PyArg_ParseTuple(args, "OO:createClone", &object, &function) ? py_node_of(g->state, object) : NULL;
    lb_error *err = node ? py_graph_error(g->state) : NULL;
    if (!err) return NULL;
    struct mapping m = {py_part(object)->graph, g, function};
    lb_node *clone = lb_graph_clone_node(g->handle, node, map, &m, err);
    if (!PyErr_Occurred()) return clone ? py_node_new(g, clone) : py_raise_error(g->state, err);
    lb_error_clear(err);
    return NULL;
}

static PyObject *graph_type(PyObject *self, PyObject *words) {
    struct graph *g = self_of(self);
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(words, &length);
    lb_error *err = text ? py_graph_error(g->state) : NULL;
    if (!err) return NULL;
    lb_unit *unit = lb_graph_unit(g->handle);
    const lb_type *type = lb_type_read(unit, text, (size_t)length, err);
    return type ? py_type_made(g->state, self, unit, type) : py_raise_error(g->state, err);
}

static PyObject *graph_type_of(PyObject *self, PyObject *object) {
    struct graph *g = self_of(self);
    struct incoming in = {.state = g->state, .err = py_graph_error(g->state)};
    lb_value *value = in.err ? py_value_from(&in, object) : NULL;
    if (!value) return NULL;
    lb_unit *unit = lb_graph_unit(g->handle);
    const lb_type *type = lb_type_of_value(unit, value, in.err);
    lb_value_free(value);
    return type ? py_type_made(g->state, self, unit, type) : py_raise_error(g->state, in.err);
}

/* A function made of the graph, in its unit. */
static PyObject *function_of(PyObject *self, PyObject *name) {
    struct graph *g = self_of(self);
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_error *err = text ? py_graph_error(g->state) : NULL;
    if (!err) return NULL;
    lb_function *f = lb_function_from_graph(g->handle, text, err);
    return f ? py_function_made(g->state, self, lb_graph_unit(g->handle), f) : py_raise_error(g->state, err);
}

static PyMethodDef graph_methods[] = {
    {"_text", graph_text, METH_O, "_text(kind): one of the library's texts by number."},
    {"copy", copy, METH_NOARGS, "A copy with the values numbered anew."},
    {"lint", lint, METH_NOARGS, "RuntimeError that says what is wrong with the graph."},
    {"_run", run_pass, METH_O, "_run(pass)"},
    {"_canonical", canonical, METH_O, "_canonical(keep_names): a new graph."},
    {"_rewrite", rewrite, METH_VARARGS, "_rewrite(pattern, replacement)"},
    {"_lower", lower, METH_O, "_lower(module): (graph, values)"},
    {"block", block, METH_NOARGS, "The top block."},
    {"_create", create, METH_VARARGS, "_create(kind, outputs): a node that stands nowhere yet."},
    {"insertNode", insert_node, METH_O, "insertNode(node): puts it at the insertion point."},
    {"insertConstant", insert_constant, METH_VARARGS, "insertConstant(value, type=None): a Value."},
    {"_insert_call", insert_call, METH_VARARGS, "_insert_call(kind, inputs)"},
    {"_insert_graph", insert_graph, METH_VARARGS, "_insert_graph(graph, inputs): its outputs."},
    {"insertPoint", insertion_point, METH_NOARGS, "The node before which nodes are inserted."},
    {"_set_insertion_point", set_insertion_point, METH_O, "_set_insertion_point(node)"},
    {"createClone", clone_node, METH_VARARGS,
     "createClone(node, fn): a copy, not inserted; fn(value) maps its inputs."},
    {"_function", function_of, METH_O, "_function(name): a ScriptFunction."},
    {"_type", graph_type, METH_O, "_type(text): a type as graphs show it."},
    {"_type_of", graph_type_of, METH_O, "_type_of(value): its type, complete for tensors."},
    {0},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_methods, graph_methods},
    {0},
};
static PyType_Spec spec = {
    "linkboy._C.Graph", sizeof(struct graph), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

/* ---- where graphs come from and go to ---- */

/* new_graph(unit, text or None) */
static PyObject *new_graph(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    PyObject *unit_object;
    const char *text;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "Oz#:new_graph", &unit_object, &text, &length)) return NULL;
    struct unit *unit = py_unit_of(s, unit_object);
    lb_error *err = unit ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    lb_graph *made =
        text ? lb_graph_parse(unit->handle, text, (size_t)length, err) : lb_graph_new(unit->handle, err);
    return py_graph_new(s, made, err);
}

/* function_graph(function) */
static PyObject *function_graph(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    lb_function *f = py_function_of(s, object);
    lb_error *err = f ? py_graph_error(s) : NULL;
    return err ? py_graph_new(s, lb_function_graph(py_function_unit(object), f, err), err) : NULL;
}

static struct module *module_of(struct state *s, PyObject *object) {
    struct module *m = py_module_of(object, s);
    if (!m) PyErr_SetString(PyExc_TypeError, "expected a ScriptModule");
    return m;
}

PyObject *py_module_graph(PyObject *object, const char *method, bool inlined) {
    struct module *m = (struct module *)object;
    lb_error *err = py_graph_error(m->state);
    lb_graph *g = err ? lb_method_graph(m->handle, method, err) : NULL, *copy;
    if (!err || !g || !inlined) return err ? py_graph_new(m->state, g, err) : NULL;
    copy = lb_graph_copy(g, err);
    lb_graph_free(g);
    if (copy && lb_graph_pass(copy, "inline", err)) return py_graph_new(m->state, copy, err);
    lb_graph_free(copy);
    return py_raise_error(m->state, err);
}

/* method_graph(module, method, inlined) */
static PyObject *method_graph(PyObject *module, PyObject *args) {
    PyObject *object;
    const char *method;
    int inlined;
    if (!PyArg_ParseTuple(args, "Osp:method_graph", &object, &method, &inlined)) return NULL;
    return module_of(py_state_of_module(module), object) ? py_module_graph(object, method, inlined) : NULL;
}

static PyObject *give_graph(PyObject *module, PyObject *args,
                            bool (*give)(lb_module *, const char *, const lb_graph *, lb_error *)) {
    struct state *s = py_state_of_module(module);
    PyObject *object, *graph_object;
    const char *method;
    if (!PyArg_ParseTuple(args, "OsO", &object, &method, &graph_object)) return NULL;
    struct module *m = module_of(s, object);
    struct graph *g = m ? py_graph_of(s, graph_object) : NULL;
    lb_error *err = g ? py_graph_error(s) : NULL;
    return err ? py_graph_done(s, give(m->handle, method, g->handle, err), err) : NULL;
}

static PyObject *set_method_graph(PyObject *module, PyObject *args) {
    return give_graph(module, args, lb_method_set_graph);
}

static PyObject *define_method(PyObject *module, PyObject *args) {
    return give_graph(module, args, lb_method_define);
}

/* ---- passes ---- */

static PyObject *new_module(struct state *s, lb_module *take_handle, lb_error *err) {
    return take_handle ? py_module_new(s, take_handle) : py_raise_error(s, err);
}

/* run_module_pass(module, pass) */
static PyObject *run_module_pass(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    PyObject *object;
    const char *pass;
    if (!PyArg_ParseTuple(args, "Os:run_module_pass", &object, &pass)) return NULL;
    struct module *m = module_of(s, object);
    lb_error *err = m ? py_graph_error(s) : NULL;
    return err ? new_module(s, lb_module_pass(m->handle, pass, err), err) : NULL;
}

/* freeze(module, names, optimize_numerics) */
static PyObject *freeze(PyObject *module, PyObject *args) {
    enum { MOST = 256 };
    struct state *s = py_state_of_module(module);
    PyObject *object, *names;
    const char *preserved[MOST];
    int numerics;
    if (!PyArg_ParseTuple(args, "OO!p:freeze", &object, &PyTuple_Type, &names, &numerics)) return NULL;
    Py_ssize_t count = PyTuple_Size(names);
    if (count > MOST) return PyErr_Format(PyExc_RuntimeError, "more than %d names are preserved", MOST);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!(preserved[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(names, i), NULL))) return NULL;
    struct module *m = module_of(s, object);
    lb_error *err = m ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return new_module(s, lb_module_freeze(m->handle, preserved, (int)count, numerics, err), err);
}

/* [(name, contract)] */
static PyObject *list_passes(const char *(*name_of)(int), const char *(*contract_of)(int)) {
    PyObject *list = PyList_New(0);
    const char *name;
    for (int i = 0; list && (name = name_of(i)); i++) {
        PyObject *pair = Py_BuildValue("(ss)", name, contract_of(i));
        if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *graph_passes(PyObject *module, PyObject *nothing) {
    (void)module, (void)nothing;
    return list_passes(lb_pass_name, lb_pass_contract);
}

static PyObject *module_passes(PyObject *module, PyObject *nothing) {
    (void)module, (void)nothing;
    return list_passes(lb_module_pass_name, lb_module_pass_contract);
}

static PyMethodDef functions[] = {
    {"new_graph", new_graph, METH_VARARGS, "new_graph(unit, text or None)"},
    {"function_graph", function_graph, METH_O, "function_graph(function): a copy."},
    {"method_graph", method_graph, METH_VARARGS, "method_graph(module, method, inlined): a copy."},
    {"set_method_graph", set_method_graph, METH_VARARGS, "set_method_graph(module, method, graph)"},
    {"define_method", define_method, METH_VARARGS, "define_method(module, method, graph)"},
    {"run_module_pass", run_module_pass, METH_VARARGS, "run_module_pass(module, pass): a new module."},
    {"freeze", freeze, METH_VARARGS, "freeze(module, preserved, optimize_numerics): a new module."},
    {"graph_passes", graph_passes, METH_NOARGS, "[(name, contract)]"},
    {"module_passes", module_passes, METH_NOARGS, "[(name, contract)]"},
    {0},
};

int py_add_graphs(PyObject *module, struct state *s) {
    s->graph_type = py_add_type(module, &spec, NULL);
    return s->graph_type ? PyModule_AddFunctions(module, functions) : -1;
}
