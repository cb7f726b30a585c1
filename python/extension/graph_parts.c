/* linkboy._C.Block and _C.GraphValue, and what all parts of a graph have in common. */
#include "graph.h"

static struct part_of_graph *self_of(PyObject *self) {
    return py_part(self);
}

/* ---- parts ---- */

PyObject *py_part_new(struct graph *g, PyObject *class, PyTypeObject *base, void *thing) {
    if (!thing) return Py_NewRef(Py_None);
    PyTypeObject *type = class ? (PyTypeObject *)class : base;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct part_of_graph *p = (struct part_of_graph *)allocate(type, 0);
    if (!p) return NULL;
    p->state = g->state;
    p->graph = (struct graph *)Py_NewRef((PyObject *)g);
    p->thing = thing;
    return (PyObject *)p;
}

int py_part_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT((PyObject *)self_of(self)->graph);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

void py_part_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF((PyObject *)self_of(self)->graph);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

Py_hash_t py_part_hash(PyObject *self) {
    return (Py_hash_t)((uintptr_t)self_of(self)->thing >> 4);
}

PyObject *py_part_compare(PyObject *self, PyObject *other, int how) {
    if ((how != Py_EQ && how != Py_NE) || Py_TYPE(self) != Py_TYPE(other))
        return Py_NewRef(Py_NotImplemented);
    return PyBool_FromLong((self_of(self)->thing == self_of(other)->thing) == (how == Py_EQ));
}

static void *thing_of(PyObject *object, PyTypeObject *type, const char *what) {
    if (PyObject_TypeCheck(object, type)) return self_of(object)->thing;
    PyErr_Format(PyExc_TypeError, "expected a %s", what);
    return NULL;
}

PyObject *py_block_new(struct graph *g, lb_block *block) {
    return py_part_new(g, g->state->block_class, g->state->block_type, block);
}

PyObject *py_node_new(struct graph *g, lb_node *node) {
    return py_part_new(g, g->state->node_class, g->state->node_type, node);
}

PyObject *py_graph_value_new(struct graph *g, lb_graph_value *value) {
    return py_part_new(g, g->state->value_class, g->state->value_type, value);
}

lb_block *py_block_of(struct state *s, PyObject *object) {
    return thing_of(object, s->block_type, "Block");
}

lb_node *py_node_of(struct state *s, PyObject *object) {
    return thing_of(object, s->node_type, "Node");
}

lb_graph_value *py_graph_value_of(struct state *s, PyObject *object) {
    return thing_of(object, s->value_type, "Value");
}

/* The graph that the part belongs to. */
static PyObject *owning_graph(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return Py_NewRef((PyObject *)self_of(self)->graph);
}

/* ---- blocks ---- */

static lb_block *block_of(PyObject *self) {
    return self_of(self)->thing;
}

static PyObject *param_node(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self)->graph, lb_block_param(block_of(self)));
}

static PyObject *return_node(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self)->graph, lb_block_result(block_of(self)));
}

static PyObject *owning_node(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self)->graph, lb_block_owner(block_of(self)));
}

static PyObject *first_node(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self)->graph, lb_block_first(block_of(self)));
}

static PyObject *add_input(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct state *s = self_of(self)->state;
    lb_error *err = py_graph_error(s);
    lb_graph_value *made = err ? lb_block_add_input(block_of(self), err) : NULL;
    if (made) return py_graph_value_new(self_of(self)->graph, made);
    return err ? py_raise_error(s, err) : NULL;
}

static PyObject *erase(PyObject *self, PyObject *index, bool (*erase_one)(lb_block *, int, lb_error *)) {
    struct state *s = self_of(self)->state;
    int at = (int)PyLong_AsLong(index);
    lb_error *err = at == -1 && PyErr_Occurred() ? NULL : py_graph_error(s);
    return err ? py_graph_done(s, erase_one(block_of(self), at, err), err) : NULL;
}

static PyObject *erase_input(PyObject *self, PyObject *index) {
    return erase(self, index, lb_block_erase_input);
}

static PyObject *erase_output(PyObject *self, PyObject *index) {
    return erase(self, index, lb_block_erase_output);
}

static PyObject *register_output(PyObject *self, PyObject *object) {
    struct state *s = self_of(self)->state;
    lb_graph_value *value = py_graph_value_of(s, object);
    lb_error *err = value ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    int at = lb_block_add_output(block_of(self), value, err);
    return at < 0 ? py_raise_error(s, err) : PyLong_FromLong(at);
}

static PyMethodDef block_methods[] = {
    {"owningGraph", owning_graph, METH_NOARGS, "The graph."},
    {"paramNode", param_node, METH_NOARGS, "The node whose outputs are the block's inputs."},
    {"returnNode", return_node, METH_NOARGS, "The node whose inputs are the block's outputs."},
    {"owningNode", owning_node, METH_NOARGS, "The node that the block is of; None: it is the graph's own."},
    {"_first", first_node, METH_NOARGS, "The first node; None."},
    {"_add_input", add_input, METH_NOARGS, "A new input."},
    {"_erase_input", erase_input, METH_O, "_erase_input(index)"},
    {"_erase_output", erase_output, METH_O, "_erase_output(index)"},
    {"registerOutput", register_output, METH_O, "registerOutput(value): the output's index."},
    {0},
};
static PyType_Slot block_slots[] = {
    {Py_tp_dealloc, py_part_dealloc},     {Py_tp_traverse, py_part_traverse}, {Py_tp_hash, py_part_hash},
    {Py_tp_richcompare, py_part_compare}, {Py_tp_methods, block_methods},     {0},
};
static PyType_Spec block_spec = {"linkboy._C.Block", sizeof(struct part_of_graph), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                                     Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 block_slots};

/* ---- values ---- */

static lb_graph_value *value_of(PyObject *self) {
    return self_of(self)->thing;
}

static PyObject *debug_name(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_text(self_of(self)->state, lb_graph_value_name(value_of(self), err), err) : NULL;
}

static PyObject *set_debug_name(PyObject *self, PyObject *name) {
    struct state *s = self_of(self)->state;
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_error *err = text ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return lb_graph_value_set_name(value_of(self), text, err) ? Py_NewRef(self) : py_raise_error(s, err);
}

static PyObject *unique(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLong(lb_graph_value_number(value_of(self)));
}

static lb_unit *unit_of(PyObject *self) {
    return lb_graph_unit(self_of(self)->graph->handle);
}

static PyObject *value_type(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct part_of_graph *p = self_of(self);
    return py_type_made(p->state, (PyObject *)p->graph, unit_of(self), lb_graph_value_type(p->thing));
}

static PyObject *set_type(PyObject *self, PyObject *object) {
    struct state *s = self_of(self)->state;
    const lb_type *type = py_type_in(s, unit_of(self), object);
    lb_error *err = type ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return lb_graph_value_set_type(value_of(self), type, err) ? Py_NewRef(self) : py_raise_error(s, err);
}

static PyObject *value_node(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(self_of(self)->graph, lb_graph_value_node(value_of(self)));
}

static PyObject *offset(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLong(lb_graph_value_offset(value_of(self)));
}

/* [(node, which input)] */
static PyObject *uses(PyObject *self, PyObject *nothing) {
    (void)nothing;
    PyObject *list = PyList_New(0);
    lb_node *user;
    for (int i = 0, input; list && (user = lb_graph_value_use(value_of(self), i, &input)); i++) {
        PyObject *node = py_node_new(self_of(self)->graph, user);
        PyObject *use = node ? Py_BuildValue("(Ni)", node, input) : NULL;
        if (!use || PyList_Append(list, use) < 0) Py_CLEAR(list);
        Py_XDECREF(use);
    }
    return list;
}

static PyObject *replace_uses(PyObject *self, PyObject *object) {
    struct state *s = self_of(self)->state;
    lb_graph_value *by = py_graph_value_of(s, object);
    lb_error *err = by ? py_graph_error(s) : NULL;
    return err ? py_graph_done(s, lb_graph_value_replace_uses(value_of(self), by, err), err) : NULL;
}

static PyObject *replace_uses_after(PyObject *self, PyObject *args) {
    struct state *s = self_of(self)->state;
    PyObject *node_object, *by_object;
    if (!PyArg_ParseTuple(args, "OO:replaceAllUsesAfterNodeWith", &node_object, &by_object)) return NULL;
    lb_node *node = py_node_of(s, node_object);
    lb_graph_value *by = node ? py_graph_value_of(s, by_object) : NULL;
    lb_error *err = by ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return py_graph_done(s, lb_graph_value_replace_uses_after(value_of(self), node, by, err), err);
}

static PyMethodDef value_methods[] = {
    {"owningGraph", owning_graph, METH_NOARGS, "The graph."},
    {"debugName", debug_name, METH_NOARGS, "The name, or the number as text."},
    {"setDebugName", set_debug_name, METH_O,
     "setDebugName(name): another value of this name gets another. \"\" takes the name away."},
    {"unique", unique, METH_NOARGS, "The number."},
    {"type", value_type, METH_NOARGS, "The type."},
    {"setType", set_type, METH_O, "setType(type)"},
    {"node", value_node, METH_NOARGS, "The node that makes it; the block's param node for an input."},
    {"offset", offset, METH_NOARGS, "Which output of its node it is."},
    {"_uses", uses, METH_NOARGS, "[(node, which input)]"},
    {"replaceAllUsesWith", replace_uses, METH_O, "replaceAllUsesWith(value)"},
    {"replaceAllUsesAfterNodeWith", replace_uses_after, METH_VARARGS,
     "replaceAllUsesAfterNodeWith(node, value): uses by what stands behind the node."},
    {0},
};
static PyType_Slot value_slots[] = {
    {Py_tp_dealloc, py_part_dealloc},     {Py_tp_traverse, py_part_traverse}, {Py_tp_hash, py_part_hash},
    {Py_tp_richcompare, py_part_compare}, {Py_tp_methods, value_methods},     {0},
};
static PyType_Spec value_spec = {"linkboy._C.GraphValue", sizeof(struct part_of_graph), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                                     Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 value_slots};

int py_add_graph_parts(PyObject *module, struct state *s) {
    s->block_type = py_add_type(module, &block_spec, NULL);
    if (s->block_type) s->value_type = py_add_type(module, &value_spec, NULL);
    return s->value_type ? 0 : -1;
}
