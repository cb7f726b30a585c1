/* linkboy._C.Node: what a node is, its attributes, and editing it. */
#include "graph.h"

static struct part_of_graph *self_of(PyObject *self) {
    return py_part(self);
}

static lb_node *node_of(PyObject *self) {
    return self_of(self)->thing;
}

static struct graph *graph_of(PyObject *self) {
    return self_of(self)->graph;
}

/* ---- what it is ---- */

static PyObject *owning_graph(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return Py_NewRef((PyObject *)graph_of(self));
}

static PyObject *kind(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyUnicode_FromString(lb_node_kind(node_of(self)));
}

static PyObject *next(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(graph_of(self), lb_node_next(node_of(self)));
}

static PyObject *previous(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_node_new(graph_of(self), lb_node_previous(node_of(self)));
}

static PyObject *owning_block(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return py_block_new(graph_of(self), lb_node_owner(node_of(self)));
}

static PyObject *inputs(PyObject *self, PyObject *nothing) {
    (void)nothing;
    int count = lb_node_input_count(node_of(self));
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *value = py_graph_value_new(graph_of(self), lb_node_input(node_of(self), i));
        if (!value || PyList_SetItem(list, i, value) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *outputs(PyObject *self, PyObject *nothing) {
    (void)nothing;
    int count = lb_node_output_count(node_of(self));
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *value = py_graph_value_new(graph_of(self), lb_node_output(node_of(self), i));
        if (!value || PyList_SetItem(list, i, value) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *blocks(PyObject *self, PyObject *nothing) {
    (void)nothing;
    int count = lb_node_block_count(node_of(self));
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *block = py_block_new(graph_of(self), lb_node_block(node_of(self), i));
        if (!block || PyList_SetItem(list, i, block) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *is_before(PyObject *self, PyObject *other) {
    lb_node *node = py_node_of(self_of(self)->state, other);
    return node ? PyBool_FromLong(lb_node_is_before(node_of(self), node)) : NULL;
}

static PyObject *text(PyObject *self) {
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_text(self_of(self)->state, lb_node_put(node_of(self), err), err) : NULL;
}

static PyObject *schema(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_text(self_of(self)->state, lb_node_schema(node_of(self), err), err) : NULL;
}

static PyObject *has_side_effects(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyBool_FromLong(lb_node_has_side_effects(node_of(self)));
}

static PyObject *is_nondeterministic(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyBool_FromLong(lb_node_is_nondeterministic(node_of(self)));
}

static PyObject *destroyed(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyBool_FromLong(lb_node_destroyed(node_of(self)));
}

/* ---- where it comes from ---- */

static PyObject *scope_name(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyUnicode_FromString(lb_node_scope(node_of(self)));
}

static PyObject *source_range(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_text(self_of(self)->state, lb_node_source(node_of(self), err), err) : NULL;
}

static PyObject *location(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_text(self_of(self)->state, lb_node_location(node_of(self), err), err) : NULL;
}

static PyObject *set_scope(PyObject *self, PyObject *scope) {
    const char *words = PyUnicode_AsUTF8AndSize(scope, NULL);
    lb_error *err = words ? py_graph_error(self_of(self)->state) : NULL;
    return err ? py_graph_done(self_of(self)->state, lb_node_set_scope(node_of(self), words, err), err)
               : NULL;
}

static PyObject *set_source(PyObject *self, PyObject *args) {
    const char *words, *file;
    Py_ssize_t length;
    int line;
    if (!PyArg_ParseTuple(args, "s#zi:set_source", &words, &length, &file, &line)) return NULL;
    lb_error *err = py_graph_error(self_of(self)->state);
    if (!err) return NULL;
    return py_graph_done(self_of(self)->state,
                         lb_node_set_source(node_of(self), words, (size_t)length, file, line, err), err);
}

static PyObject *with_node(PyObject *self, PyObject *other,
                           bool (*edit)(lb_node *, const lb_node *, lb_error *)) {
    struct state *s = self_of(self)->state;
    lb_node *node = py_node_of(s, other);
    lb_error *err = node ? py_graph_error(s) : NULL;
    return err ? py_graph_done(s, edit(node_of(self), node, err), err) : NULL;
}

static PyObject *copy_source(PyObject *self, PyObject *other) {
    return with_node(self, other, lb_node_copy_source);
}

/* ---- attributes ---- */

static PyObject *attribute_names(PyObject *self, PyObject *nothing) {
    (void)nothing;
    PyObject *list = PyList_New(0);
    const char *name;
    for (int i = 0; list && (name = lb_node_attribute_name(node_of(self), i)); i++) {
        PyObject *words = PyUnicode_FromString(name);
        if (!words || PyList_Append(list, words) < 0) Py_CLEAR(list);
        Py_XDECREF(words);
    }
    return list;
}

static PyObject *attribute_kind(PyObject *self, PyObject *name) {
    const char *words = PyUnicode_AsUTF8AndSize(name, NULL);
    return words ? PyLong_FromLong(lb_node_attribute_kind(node_of(self), words)) : NULL;
}

/* A value, types or graphs; plural ones as a list. */
static PyObject *attribute_types(PyObject *self, const char *name) {
    int count = lb_node_attribute_count(node_of(self), name);
    PyObject *list = PyList_New(count), *graph = (PyObject *)graph_of(self);
    for (int i = 0; list && i < count; i++) {
        PyObject *type = py_type_made(self_of(self)->state, graph, lb_graph_unit(graph_of(self)->handle),
                                      lb_node_attribute_type(node_of(self), name, i));
        if (!type || PyList_SetItem(list, i, type) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *attribute_graphs(PyObject *self, const char *name, lb_error *err) {
    int count = lb_node_attribute_count(node_of(self), name);
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        lb_graph *handle = lb_node_attribute_graph(graph_of(self)->handle, node_of(self), name, i, err);
        PyObject *graph = py_graph_new(self_of(self)->state, handle, err);
        if (!graph || PyList_SetItem(list, i, graph) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *attribute(PyObject *self, PyObject *name) {
    struct state *s = self_of(self)->state;
    const char *words = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_error *err = words ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    lb_attribute_kind k = lb_node_attribute_kind(node_of(self), words);
    if (k == LB_ATTRIBUTE_TYPE || k == LB_ATTRIBUTE_TYPES) return attribute_types(self, words);
    if (k == LB_ATTRIBUTE_GRAPH || k == LB_ATTRIBUTE_GRAPHS) return attribute_graphs(self, words, err);
    lb_value *value = lb_node_attribute(node_of(self), words, err);
    return value ? py_value_to(s, value, (PyObject *)graph_of(self), false) : py_raise_error(s, err);
}

static PyObject *set_attribute(PyObject *self, PyObject *args) {
    struct state *s = self_of(self)->state;
    const char *name;
    int k;
    PyObject *object;
    if (!PyArg_ParseTuple(args, "siO:set_attribute", &name, &k, &object)) return NULL;
    struct incoming in = {.state = s, .err = py_graph_error(s)};
    lb_value *value = in.err ? py_value_from(&in, object) : NULL;
    if (!value) return NULL;
    bool good = lb_node_set_attribute(node_of(self), name, (lb_attribute_kind)k, value, in.err);
    lb_value_free(value);
    return py_graph_done(s, good, in.err);
}

/* _set_types(name, kind, tuple of types) */
static PyObject *set_types(PyObject *self, PyObject *args) {
    enum { MOST = 256 };
    struct state *s = self_of(self)->state;
    const lb_type *types[MOST];
    const char *name;
    int k;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "siO!:set_types", &name, &k, &PyTuple_Type, &given)) return NULL;
    Py_ssize_t count = PyTuple_Size(given);
    if (count > MOST) return PyErr_Format(PyExc_ValueError, "more than %d types", MOST);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!(types[i] = py_type_in(s, lb_graph_unit(graph_of(self)->handle), PyTuple_GetItem(given, i))))
            return NULL;
    lb_error *err = py_graph_error(s);
    if (!err) return NULL;
    return py_graph_done(
        s, lb_node_set_types(node_of(self), name, (lb_attribute_kind)k, types, (int)count, err), err);
}

static PyObject *set_graph(PyObject *self, PyObject *args) {
    struct state *s = self_of(self)->state;
    const char *name;
    PyObject *object;
    if (!PyArg_ParseTuple(args, "sO:g_", &name, &object)) return NULL;
    struct graph *g = py_graph_of(s, object);
    lb_error *err = g ? py_graph_error(s) : NULL;
    return err ? py_graph_done(s, lb_node_set_graph(node_of(self), name, g->handle, err), err) : NULL;
}

static PyObject *remove_attribute(PyObject *self, PyObject *name) {
    const char *words = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_error *err = words ? py_graph_error(self_of(self)->state) : NULL;
    if (!err) return NULL;
    return lb_node_remove_attribute(node_of(self), words, err) ? Py_NewRef(self)
                                                               : py_raise_error(self_of(self)->state, err);
}

static PyObject *copy_attributes(PyObject *self, PyObject *other) {
    return with_node(self, other, lb_node_copy_attributes);
}

static PyObject *constant(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct state *s = self_of(self)->state;
    lb_error *err = py_graph_error(s);
    lb_value *value = err ? lb_node_constant(node_of(self), err) : NULL;
    if (value) return py_value_to(s, value, (PyObject *)graph_of(self), false);
    if (!err) return NULL;
    return lb_error_code(err) ? py_raise_error(s, err) : Py_NewRef(Py_None);
}

/* ---- editing ---- */

static PyObject *add_input(PyObject *self, PyObject *object) {
    struct state *s = self_of(self)->state;
    lb_graph_value *value = py_graph_value_of(s, object);
    lb_error *err = value ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return lb_node_add_input(node_of(self), value, err) ? Py_NewRef(object) : py_raise_error(s, err);
}

static PyObject *at_input(PyObject *self, PyObject *args,
                          bool (*edit)(lb_node *, int, lb_graph_value *, lb_error *)) {
    struct state *s = self_of(self)->state;
    int index;
    PyObject *object;
    lb_graph_value *value =
        PyArg_ParseTuple(args, "iO", &index, &object) ? py_graph_value_of(s, object) : NULL;
    lb_error *err = value ? py_graph_error(s) : NULL;
    return err ? py_graph_done(s, edit(node_of(self), index, value, err), err) : NULL;
}

static PyObject *insert_input(PyObject *self, PyObject *args) {
    return at_input(self, args, lb_node_insert_input);
}

static PyObject *replace_input(PyObject *self, PyObject *args) {
    return at_input(self, args, lb_node_replace_input);
}

static PyObject *at_index(PyObject *self, PyObject *index, bool (*edit)(lb_node *, int, lb_error *)) {
    struct state *s = self_of(self)->state;
    int at = (int)PyLong_AsLong(index);
    lb_error *err = at == -1 && PyErr_Occurred() ? NULL : py_graph_error(s);
    return err ? py_graph_done(s, edit(node_of(self), at, err), err) : NULL;
}

static PyObject *remove_input(PyObject *self, PyObject *index) {
    return at_index(self, index, lb_node_remove_input);
}

static PyObject *erase_output(PyObject *self, PyObject *index) {
    return at_index(self, index, lb_node_erase_output);
}

static PyObject *erase_block(PyObject *self, PyObject *index) {
    return at_index(self, index, lb_node_erase_block);
}

static PyObject *add_output(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct state *s = self_of(self)->state;
    lb_error *err = py_graph_error(s);
    lb_graph_value *made = err ? lb_node_add_output(node_of(self), err) : NULL;
    if (made) return py_graph_value_new(graph_of(self), made);
    return err ? py_raise_error(s, err) : NULL;
}

static PyObject *add_block(PyObject *self, PyObject *nothing) {
    (void)nothing;
    struct state *s = self_of(self)->state;
    lb_error *err = py_graph_error(s);
    lb_block *made = err ? lb_node_add_block(node_of(self), err) : NULL;
    if (made) return py_block_new(graph_of(self), made);
    return err ? py_raise_error(s, err) : NULL;
}

static PyObject *move(PyObject *self, PyObject *other, bool (*edit)(lb_node *, lb_node *, lb_error *)) {
    struct state *s = self_of(self)->state;
    lb_node *place = py_node_of(s, other);
    lb_error *err = place ? py_graph_error(s) : NULL;
    if (!err) return NULL;
    return edit(node_of(self), place, err) ? Py_NewRef(self) : py_raise_error(s, err);
}

static PyObject *move_before(PyObject *self, PyObject *other) {
    return move(self, other, lb_node_move_before);
}

static PyObject *move_after(PyObject *self, PyObject *other) {
    return move(self, other, lb_node_move_after);
}

static PyObject *destroy(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_error *err = py_graph_error(self_of(self)->state);
    return err ? py_graph_done(self_of(self)->state, lb_node_destroy(node_of(self), err), err) : NULL;
}

static PyMethodDef methods[] = {
    {"owningGraph", owning_graph, METH_NOARGS, "The graph."},
    {"kind", kind, METH_NOARGS, "\"aten::add\", \"prim::If\""},
    {"_next", next, METH_NOARGS, "The next node of the block; None."},
    {"_previous", previous, METH_NOARGS, "The node before; None."},
    {"owningBlock", owning_block, METH_NOARGS, "The block that it stands in; None."},
    {"_inputs", inputs, METH_NOARGS, "The values that it takes, as a list."},
    {"_outputs", outputs, METH_NOARGS, "The values that it makes, as a list."},
    {"_blocks", blocks, METH_NOARGS, "Its blocks, as a list."},
    {"isBefore", is_before, METH_O, "isBefore(node): also across nested blocks."},
    {"_schema", schema, METH_NOARGS, "The schema of its operator; None."},
    {"hasSideEffects", has_side_effects, METH_NOARGS,
     "It does more than make its outputs: print, raise, ..."},
    {"isNondeterministic", is_nondeterministic, METH_NOARGS, "It draws random numbers."},
    {"_destroyed", destroyed, METH_NOARGS, "It has been destroyed."},
    {"scopeName", scope_name, METH_NOARGS, "In traced graphs \"__module.conv\", else \"\"."},
    {"sourceRange", source_range, METH_NOARGS, "An excerpt of the source, with the place underlined."},
    {"_location", location, METH_NOARGS, "\"FILE:LINE:COLUMN\"; None."},
    {"_set_scope", set_scope, METH_O, "_set_scope(name)"},
    {"_set_source", set_source, METH_VARARGS, "_set_source(text, file or None, line)"},
    {"_copy_source", copy_source, METH_O, "_copy_source(node)"},
    {"attributeNames", attribute_names, METH_NOARGS, "In the order in which they were set."},
    {"_attribute_kind", attribute_kind, METH_O, "_attribute_kind(name): a number of lb_attribute_kind."},
    {"_attribute", attribute, METH_O, "_attribute(name): a value, or a list of types or graphs."},
    {"_set_attribute", set_attribute, METH_VARARGS, "_set_attribute(name, kind, value)"},
    {"_set_types", set_types, METH_VARARGS, "_set_types(name, kind, types)"},
    {"_set_graph", set_graph, METH_VARARGS, "_set_graph(name, graph)"},
    {"removeAttribute", remove_attribute, METH_O, "removeAttribute(name)"},
    {"copyAttributes", copy_attributes, METH_O, "copyAttributes(node)"},
    {"_constant", constant, METH_NOARGS, "The value of a prim::Constant; None for any other node."},
    {"addInput", add_input, METH_O, "addInput(value)"},
    {"_insert_input", insert_input, METH_VARARGS, "_insert_input(index, value)"},
    {"_replace_input", replace_input, METH_VARARGS, "_replace_input(index, value)"},
    {"removeInput", remove_input, METH_O, "removeInput(index)"},
    {"addOutput", add_output, METH_NOARGS, "A new output, the last."},
    {"eraseOutput", erase_output, METH_O, "eraseOutput(index): it must have no uses."},
    {"addBlock", add_block, METH_NOARGS, "A new block, the last."},
    {"eraseBlock", erase_block, METH_O, "eraseBlock(index)"},
    {"moveBefore", move_before, METH_O, "moveBefore(node)"},
    {"moveAfter", move_after, METH_O, "moveAfter(node)"},
    {"destroy", destroy, METH_NOARGS, "Takes it out of the graph; its outputs must have no uses."},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, py_part_dealloc},
    {Py_tp_traverse, py_part_traverse},
    {Py_tp_hash, py_part_hash},
    {Py_tp_richcompare, py_part_compare},
    {Py_tp_str, text},
    {Py_tp_repr, text},
    {Py_tp_methods, methods},
    {0},
};
static PyType_Spec spec = {
    "linkboy._C.Node", sizeof(struct part_of_graph), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int py_add_graph_nodes(PyObject *module, struct state *s) {
    s->node_type = py_add_type(module, &spec, NULL);
    return s->node_type ? 0 : -1;
}
