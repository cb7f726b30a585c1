/* linkboy._C.Type: a type of a compilation unit. The Python classes over it, one for each kind, are in
 * linkboy/types.py. */
#include "compile.h"
#include "graph.h"
#include <string.h>

struct type {
    PyObject_HEAD
    struct state *state;
    PyObject *owner; /* keeps the type alive */
    lb_unit *unit;   /* the owner's */
    const lb_type *type;
};

static struct type *self_of(PyObject *self) {
    return (struct type *)self;
}

/* The Python class for a kind of type; borrowed. */
static PyTypeObject *class_for(struct state *s, const lb_type *type) {
    PyObject *class = s->type_classes ? PyDict_GetItemString(s->type_classes, lb_type_kind(type)) : NULL;
    return class ? (PyTypeObject *)class : s->type_type;
}

PyObject *py_type_made(struct state *s, PyObject *owner, lb_unit *unit, const lb_type *type) {
    if (!type) return NULL;
    PyTypeObject *class = class_for(s, type);
    struct type *t = (struct type *)((allocfunc)PyType_GetSlot(class, Py_tp_alloc))(class, 0);
    if (!t) return NULL;
    t->state = s;
    t->owner = Py_NewRef(owner);
    t->unit = unit;
    t->type = type;
    return (PyObject *)t;
}

PyObject *py_type_new(struct unit *u, const lb_type *type) {
    return py_type_made(u->state, (PyObject *)u, u->handle, type);
}

const lb_type *py_type_of(struct state *s, PyObject *object) {
    if (object && PyObject_TypeCheck(object, s->type_type)) return self_of(object)->type;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "expected a Type");
    return NULL;
}

const lb_type *py_type_in(struct state *s, lb_unit *unit, PyObject *object) {
    const lb_type *type = py_type_of(s, object);
    if (!type || self_of(object)->unit == unit) return type;
    lb_error *err = py_graph_error(s);
    char *text = err ? lb_type_put(type, LB_TYPE_GRAPH, err) : NULL;
    const lb_type *found = text ? lb_type_read(unit, text, strlen(text), err) : NULL;
    if (err && !found) py_raise_error(s, err);
    lb_text_free(text);
    return found;
}

/* ---- the object ---- */

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(self_of(self)->owner);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self_of(self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *put(PyObject *self, lb_type_form form) {
    struct state *s = self_of(self)->state;
    lb_error *err = py_graph_error(s);
    return err ? py_graph_text(s, lb_type_put(self_of(self)->type, form, err), err) : NULL;
}

static PyObject *annotation(PyObject *self) {
    return put(self, LB_TYPE_ANNOTATION);
}

static PyObject *annotation_str(PyObject *self, void *closure) {
    (void)closure;
    return put(self, LB_TYPE_ANNOTATION);
}

/* What is known of a tensor is shown here, too. */
static PyObject *schema_str(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_tensor_facts f;
    return put(self, lb_type_tensor(self_of(self)->type, &f) ? LB_TYPE_GRAPH : LB_TYPE_SCHEMA);
}

static PyObject *graph_str(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return put(self, LB_TYPE_GRAPH);
}

static PyObject *qualified(PyObject *self, void *closure) {
    (void)closure;
    const char *name = lb_type_qualified(self_of(self)->type);
    return name ? PyUnicode_FromString(name) : Py_NewRef(Py_None);
}

/* Names of a class's attributes in order. */
static PyObject *attributes(PyObject *self, PyObject *nothing) {
    (void)nothing;
    const lb_type *type = self_of(self)->type;
    PyObject *names = PyList_New(0);
    const char *name;
    for (int i = 0; names && (name = lb_type_attribute(type, i)); i++) {
        PyObject *word = PyUnicode_FromString(name);
        if (!word || PyList_Append(names, word) < 0) Py_CLEAR(names);
        Py_XDECREF(word);
    }
    return names;
}

static PyObject *kind(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyUnicode_FromString(lb_type_kind(self_of(self)->type));
}

/* Equal types of two units are equal as text; one unit has one object for each. */
static Py_hash_t hash(PyObject *self) {
    PyObject *text = put(self, LB_TYPE_GRAPH);
    Py_hash_t h = text ? PyObject_Hash(text) : -1;
    Py_XDECREF(text);
    return h;
}

static int equal(PyObject *a, PyObject *b) {
    if (self_of(a)->type == self_of(b)->type) return 1;
    if (self_of(a)->unit == self_of(b)->unit) return 0;
    PyObject *x = put(a, LB_TYPE_GRAPH), *y = x ? put(b, LB_TYPE_GRAPH) : NULL;
    int same = y ? PyObject_RichCompareBool(x, y, Py_EQ) : -1;
    Py_XDECREF(x);
    Py_XDECREF(y);
    return same;
}

static PyObject *compare(PyObject *self, PyObject *other, int how) {
    struct state *s = self_of(self)->state;
    if ((how != Py_EQ && how != Py_NE) || !PyObject_TypeCheck(other, s->type_type))
        return Py_NewRef(Py_NotImplemented);
    int same = equal(self, other);
    return same < 0 ? NULL : PyBool_FromLong((same != 0) == (how == Py_EQ));
}

static PyObject *beside(PyObject *self, const lb_type *type) {
    return py_type_made(self_of(self)->state, self_of(self)->owner, self_of(self)->unit, type);
}

static PyObject *contained(PyObject *self, PyObject *nothing) {
    (void)nothing;
    int count = lb_type_count(self_of(self)->type);
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *type = beside(self, lb_type_item(self_of(self)->type, i));
        if (!type || PyList_SetItem(list, i, type) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *is_subtype(PyObject *self, PyObject *other) {
    struct type *t = self_of(self);
    const lb_type *of = py_type_in(t->state, t->unit, other);
    return of ? PyBool_FromLong(lb_type_is_subtype(t->unit, t->type, of)) : NULL;
}

/* ---- what is known of a tensor ---- */

static PyObject *numbers(const int64_t *items, int count) {
    if (!items) return Py_NewRef(Py_None);
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *item = items[i] < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(items[i]);
        if (!item || PyList_SetItem(list, i, item) < 0) Py_CLEAR(list);
    }
    return list;
}

/* (dtype, ndim, sizes, strides, requires_grad, device), None or -1 for what is not known; None: no tensor's.
 */
static PyObject *facts(PyObject *self, PyObject *nothing) {
    (void)nothing;
    lb_tensor_facts f;
    if (!lb_type_tensor(self_of(self)->type, &f)) Py_RETURN_NONE;
    PyObject *sizes = numbers(f.ndim < 0 ? NULL : f.sizes, f.ndim);
    PyObject *strides = numbers(f.ndim < 0 ? NULL : f.strides, f.ndim);
    PyObject *dtype = f.dtype < 0 ? Py_NewRef(Py_None) : py_dtype_of(self_of(self)->state, (lb_dtype)f.dtype);
    if (!sizes || !strides || !dtype) return Py_XDECREF(sizes), Py_XDECREF(strides), Py_XDECREF(dtype), NULL;
    return Py_BuildValue("(NiNNiz)", dtype, f.ndim, sizes, strides, f.requires_grad, f.device);
}

static bool read_numbers(PyObject *list, int64_t *items, int count) {
    for (int i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        items[i] = !item || item == Py_None ? -1 : PyLong_AsLongLong(item);
        Py_XDECREF(item);
        if (!item || (items[i] == -1 && PyErr_Occurred())) return false;
    }
    return true;
}

/* _tensor(dtype, ndim, sizes, strides, requires_grad, device): a tensor's type in the same unit. */
static PyObject *tensor_type(PyObject *self, PyObject *args) {
    enum { MOST = 64 };
    struct type *t = self_of(self);
    int64_t sizes[MOST], strides[MOST];
    PyObject *dtype, *given_sizes, *given_strides;
    lb_tensor_facts f;
    if (!PyArg_ParseTuple(args, "OiOOiz:tensor", &dtype, &f.ndim, &given_sizes, &given_strides,
                          &f.requires_grad, &f.device))
        return NULL;
    f.dtype = dtype == Py_None ? -1 : py_dtype_number(t->state, dtype);
    if (f.dtype < 0 && dtype != Py_None) return PyErr_Format(PyExc_TypeError, "expected a dtype");
    if (f.ndim > MOST) return PyErr_Format(PyExc_ValueError, "more than %d dimensions", MOST);
    f.sizes = given_sizes == Py_None ? NULL : sizes;
    f.strides = given_strides == Py_None ? NULL : strides;
    if ((f.sizes && !read_numbers(given_sizes, sizes, f.ndim)) ||
        (f.strides && !read_numbers(given_strides, strides, f.ndim)))
        return NULL;
    lb_error *err = py_graph_error(t->state);
    const lb_type *type = err ? lb_type_of_tensor(t->unit, &f, err) : NULL;
    return type ? beside(self, type) : err ? py_raise_error(t->state, err) : NULL;
}

/* _made(text): another type of the same unit. */
static PyObject *made(PyObject *self, PyObject *words) {
    struct type *t = self_of(self);
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(words, &length);
    lb_error *err = text ? py_graph_error(t->state) : NULL;
    const lb_type *type = err ? lb_type_read(t->unit, text, (size_t)length, err) : NULL;
    return type ? beside(self, type) : err ? py_raise_error(t->state, err) : NULL;
}

static PyMethodDef methods[] = {
    {"kind", kind, METH_NOARGS, "\"TensorType\", \"ListType\", ..."},
    {"str", schema_str, METH_NOARGS, "As schemas show it: \"int[]\", \"Tensor\"."},
    {"_graph_str", graph_str, METH_NOARGS, "As graphs show it: \"Float(2, 3)\"."},
    {"containedTypes", contained, METH_NOARGS, "A list's element, a dict's key and value, a tuple's items."},
    {"isSubtypeOf", is_subtype, METH_O, "isSubtypeOf(type)"},
    {"_facts", facts, METH_NOARGS, "What is known of a tensor; None for other types."},
    {"_tensor", tensor_type, METH_VARARGS, "_tensor(dtype, ndim, sizes, strides, requires_grad, device)"},
    {"_attributes", attributes, METH_NOARGS, "Names of the attributes of a class, in order."},
    {"_made", made, METH_O, "_made(text): another type of the unit, as graphs show it."},
    {0},
};
static PyGetSetDef members[] = {
    {"annotation_str", annotation_str, NULL, "As annotations write it: \"List[int]\".", NULL},
    {"qualified_name", qualified, NULL, "The name of a class, enum or NamedTuple; None.", NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_str, annotation},
    {Py_tp_repr, annotation},
    {Py_tp_hash, hash},
    {Py_tp_richcompare, compare},
    {Py_tp_methods, methods},
    {Py_tp_getset, members},
    {Py_tp_doc,
     "A type of a compilation unit (torch._C.Type); equal types are equal. As text it is an annotation."},
    {0},
};
static PyType_Spec spec = {
    "linkboy._C.Type", sizeof(struct type), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int py_add_types(PyObject *module, struct state *s) {
    s->type_type = py_add_type(module, &spec, NULL);
    return s->type_type ? 0 : -1;
}
