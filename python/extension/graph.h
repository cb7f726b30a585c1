/* What the files of graphs share: graphs, and their blocks, nodes and values as Python objects. The Python
 * classes over these, with PyTorch's names, are in linkboy/graphs.py. */
#ifndef LINKBOY_PYTHON_GRAPH_H
#define LINKBOY_PYTHON_GRAPH_H
#include "extension.h"

struct graph {
    PyObject_HEAD
    struct state *state;
    lb_graph *handle;
};

/* A block, node or value: borrowed from its graph, which it keeps alive. */
struct part_of_graph {
    PyObject_HEAD
    struct state *state;
    struct graph *graph;
    void *thing;
};

/* Takes the handle over; NULL handle: raises err. */
PyObject *py_graph_new(struct state *state, lb_graph *take_handle, lb_error *err);
/* NULL with a TypeError. */
struct graph *py_graph_of(struct state *state, PyObject *object);

/* NULL: None. */
PyObject *py_block_new(struct graph *graph, lb_block *block);
PyObject *py_node_new(struct graph *graph, lb_node *node);
PyObject *py_graph_value_new(struct graph *graph, lb_graph_value *value);
/* NULL with a TypeError. */
lb_block *py_block_of(struct state *state, PyObject *object);
lb_node *py_node_of(struct state *state, PyObject *object);
lb_graph_value *py_graph_value_of(struct state *state, PyObject *object);

/* The slots of a part's type: comparing by what it stands for, and how it goes. */
int py_part_traverse(PyObject *self, visitproc visit, void *arg);
void py_part_dealloc(PyObject *self);
Py_hash_t py_part_hash(PyObject *self);
PyObject *py_part_compare(PyObject *self, PyObject *other, int how);
PyObject *py_part_new(struct graph *graph, PyObject *class, PyTypeObject *base, void *thing);
static inline struct part_of_graph *py_part(PyObject *self) {
    return (struct part_of_graph *)self;
}

/* The error of this thread's context; NULL with an exception. */
lb_error *py_graph_error(struct state *state);
/* None, or what went wrong. */
PyObject *py_graph_done(struct state *state, bool good, lb_error *err);
/* Takes the text over; NULL text: raises err, or None where there is no error. */
PyObject *py_graph_text(struct state *state, char *take_text, lb_error *err);

/* ---- type.c ---- */

/* `owner` keeps the type alive. NULL type: NULL, an exception is set. */
PyObject *py_type_made(struct state *state, PyObject *owner, lb_unit *unit, const lb_type *type);
/* The type in this unit: types of other units are found by their text. NULL with an exception. */
const lb_type *py_type_in(struct state *state, lb_unit *unit, PyObject *object);
#endif
