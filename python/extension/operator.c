/* Operators as Python callables: linkboy.relu, linkboy.ops.aten.add.Tensor, and the methods of Tensor by
 * their names. Which overload a call takes is the library's matter. */
#include "extension.h"
#include <string.h>

struct operator_object {
    PyObject_HEAD
    struct state *state;
    PyObject *name;   /* "aten::add" or "aten::add.Tensor" */
    const char *text; /* its bytes */
    int self_at;      /* of a method: where the tensor it is called on goes among the arguments */
    bool strict;      /* of linkboy.ops: arguments that don't fit are a RuntimeError, as in torch.ops */
    vectorcallfunc vectorcall;
};

static struct operator_object *self_of(PyObject *self) {
    return (struct operator_object *)self;
}

/* ---- calling ---- */

/* PyTorch's functions and methods raise TypeError for arguments that don't fit, torch.ops a RuntimeError. */
static void *raise(struct state *s, lb_error *err, bool strict) {
    bool plain =
        lb_error_code(err) == LB_ERROR_ARGUMENT && !strict && !strcmp(lb_error_kind(err), "RuntimeError");
    if (!plain) return py_raise_error(s, err);
    PyErr_SetString(PyExc_TypeError, lb_error_text(err));
    lb_error_clear(err);
    return NULL;
}

/* Several results by name: "-> (Tensor values, Tensor indices)" makes a tuple with fields. */
static PyObject *with_fields(struct state *s, const char *schema, PyObject *take_items) {
    const char *returns = strstr(schema, ") -> (");
    const char *space = returns ? strchr(returns + 6, ' ') : NULL,
               *comma = returns ? strchr(returns + 6, ',') : NULL;
    if (!take_items || !space || !comma || space > comma) return take_items;
    PyObject *tuple = PyObject_CallFunction(s->result_tuple, "sO", schema, take_items);
    Py_DECREF(take_items);
    return tuple;
}

/* Takes the object over. What PyTorch's functions give otherwise than torch.ops: tuples for lists of tensors,
 * and dtypes. */
static PyObject *as_function(struct state *s, const char *schema, PyObject *take_object) {
    const char *returns = strstr(schema, ") -> ");
    PyObject *made = NULL;
    if (take_object && PyList_Check(take_object) && returns && strstr(returns, "[]"))
        made = strstr(returns, "Tensor") ? PyList_AsTuple(take_object) : Py_NewRef(take_object);
    else if (take_object && PyLong_Check(take_object) && returns && !strcmp(returns, ") -> ScalarType"))
        made = py_dtype_of(s, (lb_dtype)PyLong_AsLong(take_object));
    else
        return take_object;
    Py_DECREF(take_object);
    return made;
}

/* Takes the tuple over: lists among several results are tuples in PyTorch's functions. */
static PyObject *lists_as_tuples(PyObject *take_tuple) {
    Py_ssize_t count = take_tuple ? PyTuple_Size(take_tuple) : 0;
    PyObject *made = take_tuple ? PyTuple_New(count) : NULL;
    for (Py_ssize_t i = 0; made && i < count; i++) {
        PyObject *item = PyTuple_GetItem(take_tuple, i);
        item = PyList_Check(item) ? PyList_AsTuple(item) : Py_NewRef(item);
        if (!item || PyTuple_SetItem(made, i, item) < 0) Py_CLEAR(made);
    }
    Py_XDECREF(take_tuple);
    return made;
}

static PyObject *finish(struct context *c, const struct arguments *a, bool strict, lb_value *take_result) {
    lb_kind kind = lb_value_kind(take_result);
    PyObject *same = kind == LB_TENSOR ? py_arguments_same(a, take_result) : NULL;
    if (same) {
        lb_value_free(take_result);
        return same;
    }
    PyObject *object = py_value_to(c->state, take_result, NULL, a->in.torch);
    if (kind == LB_TUPLE) {
        if (!strict) object = lists_as_tuples(object);
        return with_fields(c->state, lb_op_taken(c->handle), object);
    }
    return strict || kind == LB_TENSOR ? object : as_function(c->state, lb_op_taken(c->handle), object);
}

static PyObject *run(struct context *c, const char *op, const struct arguments *a, bool strict) {
    Py_INCREF((PyObject *)c);
    c->calls++;
    PyThreadState *thread = PyEval_SaveThread();
    lb_value *result = lb_op_call(op, c->handle, a->values, (int)a->count, a->names, a->values + a->count,
                                  (int)a->named, c->error);
    PyEval_RestoreThread(thread);
    c->calls--;
    PyObject *object = NULL;
    if (py_context_raised(c))
        lb_value_free(result);
    else
        object = result ? finish(c, a, strict, result) : raise(c->state, c->error, strict);
    if (c->state->tracer) object = py_tell(c->state, NULL, lb_op_taken(c->handle), a, object);
    Py_DECREF((PyObject *)c);
    return object;
}

static PyObject *call_operator(struct state *s, const char *op, bool strict, PyObject *const *args,
                               Py_ssize_t count, PyObject *kwnames) {
    struct context *c = py_context_of_thread(s);
    struct arguments a;
    if (!c) return NULL;
    PyObject *result = NULL;
    if (py_arguments_take(&a, c, args, count, kwnames)) result = run(c, op, &a, strict);
    py_arguments_end(&a);
    return result;
}

PyObject *py_op_call(struct state *s, const char *op, PyObject *const *args, Py_ssize_t count,
                     PyObject *kwnames) {
    return call_operator(s, op, false, args, count, kwnames);
}

/* x.where(condition, other): the tensor is not the first argument. */
static PyObject *call_moved(struct operator_object *o, PyObject *const *args, Py_ssize_t count,
                            PyObject *kwnames) {
    PyObject *moved[FEW_ARGUMENTS];
    Py_ssize_t all = count + (kwnames ? PyTuple_Size(kwnames) : 0);
    if (count <= o->self_at || all > FEW_ARGUMENTS)
        return PyErr_Format(PyExc_TypeError, "%s(): too few or too many arguments", o->text);
    memcpy(moved, args + 1, sizeof *moved * (size_t)o->self_at);
    moved[o->self_at] = args[0];
    memcpy(moved + o->self_at + 1, args + o->self_at + 1, sizeof *moved * (size_t)(all - o->self_at - 1));
    return call_operator(o->state, o->text, o->strict, moved, count, kwnames);
}

/* requires_grad=False says what is so anyway; True is noted on the result. */
static PyObject *call_without(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *kwnames,
                              Py_ssize_t without);

static Py_ssize_t find_requires_grad(PyObject *kwnames) {
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_Size(kwnames); i++)
        if (!PyUnicode_CompareWithASCIIString(PyTuple_GetItem(kwnames, i), "requires_grad")) return i;
    return -1;
}

static bool is_known_argument(const char *op, const char *name) {
    const char *schema;
    for (int i = 0; (schema = lb_op_schema(op, i)); i++)
        if (strstr(schema, name)) return true;
    return false;
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t flags, PyObject *kwnames) {
    struct operator_object *o = self_of(self);
    Py_ssize_t count = (Py_ssize_t)(flags & ~VECTORCALL_OFFSET);
    Py_ssize_t grad = o->strict ? -1 : find_requires_grad(kwnames);
    if (grad >= 0 && !is_known_argument(o->text, "requires_grad"))
        return call_without(self, args, count, kwnames, grad);
    if (o->self_at > 0) return call_moved(o, args, count, kwnames);
    return call_operator(o->state, o->text, o->strict, args, count, kwnames);
}

static PyObject *call_without(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *kwnames,
                              Py_ssize_t without) {
    PyObject *kept[FEW_ARGUMENTS];
    Py_ssize_t named = PyTuple_Size(kwnames), place = 0;
    PyObject *names = PyTuple_New(named - 1);
    if (!names || count + named > FEW_ARGUMENTS) {
        Py_XDECREF(names);
        return PyErr_Format(PyExc_TypeError, "%s(): too many arguments", self_of(self)->text);
    }
    memcpy(kept, args, sizeof *kept * (size_t)count);
    for (Py_ssize_t i = 0; i < named; i++) {
        if (i == without) continue;
        kept[count + place] = args[count + i];
        PyTuple_SetItem(names, place++, Py_NewRef(PyTuple_GetItem(kwnames, i)));
    }
    PyObject *result = call(self, kept, (size_t)count, names);
    Py_DECREF(names);
    int wanted = PyObject_IsTrue(args[count + without]);
    if (result && wanted > 0 && PyObject_SetAttrString(result, "requires_grad", Py_True) < 0) wanted = -1;
    if (wanted < 0) Py_CLEAR(result);
    return result;
}

static PyObject *call_tuple(PyObject *self, PyObject *args, PyObject *kwargs) {
    return py_call_with_tuple(self, call, args, kwargs);
}

/* ---- the object ---- */

/* As a method of Tensor it is called with the tensor first. */
static PyObject *bind(PyObject *self, PyObject *instance, PyObject *type) {
    (void)type;
    if (!instance || instance == Py_None || self_of(self)->self_at < 0) return Py_NewRef(self);
    return PyObject_CallFunctionObjArgs(self_of(self)->state->bound_method, self, instance, NULL);
}

static PyObject *make(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    PyObject *name;
    int self_at, strict;
    if (!PyArg_ParseTuple(args, "Uip:operator", &name, &self_at, &strict)) return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    struct operator_object *o = text ? PyObject_New(struct operator_object, s->operator_type) : NULL;
    if (!o) return NULL;
    o->state = s;
    o->name = Py_NewRef(name);
    o->text = text;
    o->self_at = self_at;
    o->strict = strict;
    o->vectorcall = call;
    return (PyObject *)o;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self_of(self)->name);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *qualified(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(self_of(self)->name);
}

/* "add" of "aten::add.Tensor" */
static PyObject *name(PyObject *self, void *closure) {
    (void)closure;
    const char *colons = strstr(self_of(self)->text, "::"), *own = colons ? colons + 2 : self_of(self)->text;
    return PyUnicode_FromStringAndSize(own, (Py_ssize_t)strcspn(own, "."));
}

static PyObject *list_overloads(const char *op) {
    PyObject *list = PyList_New(0);
    const char *schema;
    for (int i = 0; list && (schema = lb_op_schema(op, i)); i++) {
        PyObject *text = PyUnicode_FromString(schema);
        if (!text || PyList_Append(list, text) < 0) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

static PyObject *schemas(PyObject *self, void *closure) {
    (void)closure;
    return list_overloads(self_of(self)->text);
}

static PyObject *doc(PyObject *self, void *closure) {
    PyObject *list = schemas(self, closure), *newline = PyUnicode_FromString("\n");
    PyObject *text = list && newline ? PyUnicode_Join(newline, list) : NULL;
    Py_XDECREF(newline);
    Py_XDECREF(list);
    return text;
}

static PyObject *repr(PyObject *self) {
    return PyUnicode_FromFormat("<operator %U>", self_of(self)->name);
}

static PyGetSetDef members[] = {
    {"qualified_name", qualified, NULL, "\"aten::add\"", NULL},
    {"__name__", name, NULL, NULL, NULL},
    {"schemas", schemas, NULL, "What it takes and gives, a text for each overload.", NULL},
    {"__doc__", doc, NULL, NULL, NULL},
    {0},
};
static PyMemberDef places[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct operator_object, vectorcall), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, repr},
    {Py_tp_getset, members},
    {Py_tp_members, places},
    {Py_tp_call, call_tuple},
    {Py_tp_descr_get, bind},
    {0},
};
static PyType_Spec spec = {
    "linkboy.Operator", sizeof(struct operator_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | HAVE_VECTORCALL | METHOD_DESCRIPTOR, slots};

/* ---- what operators there are ---- */

static PyObject *list_operators(PyObject *module, PyObject *nothing) {
    (void)module, (void)nothing;
    PyObject *list = PyList_New(0);
    const char *schema;
    for (int i = 0; list && (schema = lb_op_at(i)); i++) {
        PyObject *text = PyUnicode_FromString(schema);
        if (!text || PyList_Append(list, text) < 0) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

static PyObject *overloads(PyObject *module, PyObject *op) {
    (void)module;
    const char *name = PyUnicode_AsUTF8AndSize(op, NULL);
    return name ? list_overloads(name) : NULL;
}

static PyMethodDef functions[] = {
    {"operator", make, METH_VARARGS, "operator(name, self_at, strict): an operator as a function or method."},
    {"list_operators", list_operators, METH_NOARGS, "The schemas of all operators."},
    {"overloads", overloads, METH_O, "The schemas of one operator, \"aten::add\"; empty when there is none."},
    {0},
};

int py_add_operators(PyObject *module, struct state *s) {
    s->operator_type = py_add_type(module, &spec, NULL);
    return s->operator_type ? PyModule_AddFunctions(module, functions) : -1;
}
