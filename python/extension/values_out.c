/* Values as Python objects. Tensors share their memory: as torch tensors when the call was given one, as
 * linkboy.Tensor otherwise. */
#include "compile.h"
#include "graph.h"

struct outgoing {
    struct state *state;
    PyObject *owner; /* the ScriptModule, Unit or Graph whose program this comes from */
    bool torch;
    lb_error *err;
};

static PyObject *out(struct outgoing *o, lb_value *take_value);

static PyObject *item_out(struct outgoing *o, lb_value *take_item) {
    return take_item ? out(o, take_item) : py_raise_error(o->state, o->err);
}

static PyObject *list_out(struct outgoing *o, const lb_value *value) {
    int64_t count = lb_count(value);
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (int64_t i = 0; list && i < count; i++) {
        PyObject *item = item_out(o, lb_item(value, i, o->err));
        if (!item || PyList_SetItem(list, (Py_ssize_t)i, item) < 0) Py_CLEAR(list);
    }
    return list;
}

/* Takes the tuple of items over. */
static PyObject *with_names(struct outgoing *o, const lb_value *value, PyObject *take_items) {
    PyObject *names = take_items ? PyList_New(0) : NULL, *fields = NULL, *tuple = NULL;
    const char *field, *class = lb_value_class(value);
    for (int i = 0; names && (field = lb_tuple_field(value, i)); i++) {
        PyObject *name = PyUnicode_FromString(field);
        if (!name || PyList_Append(names, name) < 0) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    if (names) fields = PyList_AsTuple(names);
    if (fields)
        tuple = PyObject_CallFunction(o->state->named_tuple, "sOO", class ? class : "", fields, take_items);
    Py_XDECREF(names);
    Py_XDECREF(fields);
    Py_XDECREF(take_items);
    return tuple;
}

static PyObject *tuple_out(struct outgoing *o, const lb_value *value) {
    int64_t count = lb_count(value);
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (int64_t i = 0; tuple && i < count; i++) {
        PyObject *item = item_out(o, lb_item(value, i, o->err));
        if (!item || PyTuple_SetItem(tuple, (Py_ssize_t)i, item) < 0) Py_CLEAR(tuple);
    }
    return lb_tuple_field(value, 0) ? with_names(o, value, tuple) : tuple;
}

static bool entry_out(struct outgoing *o, PyObject *dict, const lb_value *value, int64_t index) {
    PyObject *key = item_out(o, lb_dict_key(value, index, o->err));
    PyObject *item = key ? item_out(o, lb_item(value, index, o->err)) : NULL;
    bool good = item && PyDict_SetItem(dict, key, item) == 0;
    Py_XDECREF(key);
    Py_XDECREF(item);
    return good;
}

static PyObject *dict_out(struct outgoing *o, const lb_value *value) {
    PyObject *dict = PyDict_New();
    for (int64_t i = 0, count = lb_count(value); dict && i < count; i++)
        if (!entry_out(o, dict, value, i)) Py_CLEAR(dict);
    return dict;
}

/* {text: (key, value)} as {key: value} */
static PyObject *keyed_out(struct outgoing *o, const lb_value *value) {
    PyObject *pairs = dict_out(o, value), *dict = pairs ? PyDict_New() : NULL, *key, *pair;
    Py_ssize_t at = 0;
    while (dict && PyDict_Next(pairs, &at, &key, &pair)) {
        PyObject *own = PyTuple_GetItem(pair, 0), *item = own ? PyTuple_GetItem(pair, 1) : NULL;
        if (!item || PyDict_SetItem(dict, own, item) < 0) Py_CLEAR(dict);
    }
    Py_XDECREF(pairs);
    return dict;
}

/* collections.NAME(made); takes it over. */
static PyObject *collection(const char *name, PyObject *take_made) {
    PyObject *module = take_made ? PyImport_ImportModule("collections") : NULL;
    PyObject *found = module ? PyObject_CallMethod(module, name, "O", take_made) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(take_made);
    return found;
}

/* What the program has as a list or dict, since it has no such types. */
static PyObject *marked_out(struct outgoing *o, const lb_value *value) {
    PyObject *dict, *items, *set;
    switch (lb_value_mark(value)) {
    case LB_SET:
        dict = dict_out(o, value);
        items = dict ? PyDict_Values(dict) : NULL;
        set = items ? PySet_New(items) : NULL;
        Py_XDECREF(items);
        Py_XDECREF(dict);
        return set;
    case LB_KEYED_DICT: return keyed_out(o, value);
    case LB_DEQUE: return collection("deque", list_out(o, value));
    case LB_COUNTER: return collection("Counter", dict_out(o, value));
    default: return lb_value_kind(value) == LB_LIST ? list_out(o, value) : dict_out(o, value);
    }
}

static PyObject *string_out(const lb_value *value) {
    size_t length;
    const char *text = lb_string_get(value, &length);
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "surrogateescape");
}

static PyObject *complex_out(const lb_value *value) {
    double re, im;
    lb_complex_get(value, &re, &im);
    return PyComplex_FromDoubles(re, im);
}

/* NULL with an exception. */
static lb_unit *unit_of_owner(struct state *s, PyObject *owner) {
    if (PyObject_TypeCheck(owner, s->graph_type)) return lb_graph_unit(((struct graph *)owner)->handle);
    struct unit *unit = py_unit_of(s, owner);
    return unit ? unit->handle : NULL;
}

/* An object as a module of its own, in the program or unit that it belongs to. */
static PyObject *object_out(struct outgoing *o, const lb_value *value) {
    struct module *module = o->owner ? py_module_of(o->owner, o->state) : NULL;
    lb_unit *unit = !o->owner || module ? NULL : unit_of_owner(o->state, o->owner);
    if (!module && !unit) return PyErr_Format(PyExc_RuntimeError, "an object without its module");
    lb_module *handle =
        module ? lb_module_of(module->handle, value, o->err) : lb_module_new(unit, value, o->err);
    return handle ? py_module_new(o->state, handle) : py_raise_error(o->state, o->err);
}

/* Takes the value over. Sparse and quantized tensors, which DLPack refuses: linkboy/torch_tensors.py. */
static PyObject *put_together(struct outgoing *o, lb_value *take_value) {
    PyObject *tensor = py_tensor_new(o->state, take_value);
    PyObject *made = tensor ? PyObject_CallFunctionObjArgs(o->state->torch_given, tensor, NULL) : NULL;
    Py_XDECREF(tensor);
    return made;
}

/* Takes the value over. */
static PyObject *tensor_out(struct outgoing *o, lb_value *take_value) {
    bool strided = lb_tensor_layout(take_value) == LB_STRIDED;
    lb_dtype d = lb_tensor_dtype(take_value);
    if (!lb_dtype_size(d)) { /* undefined, which Python knows as None */
        lb_value_free(take_value);
        return Py_NewRef(Py_None);
    }
    if (!o->torch || !o->state->torch_import) return py_tensor_new(o->state, take_value);
    if (!strided || d == LB_QINT8 || d == LB_QUINT8 || d == LB_QINT32) return put_together(o, take_value);
    PyObject *capsule = py_dlpack_export(o->state, take_value);
    lb_value_free(take_value);
    PyObject *tensor = capsule ? PyObject_CallFunctionObjArgs(o->state->torch_import, capsule, NULL) : NULL;
    Py_XDECREF(capsule);
    return tensor;
}

static PyObject *enum_out(struct outgoing *o, const lb_value *value) {
    PyObject *members = item_out(o, lb_enum_members(value, o->err));
    const char *class = lb_value_class(value);
    if (!members) return NULL;
    return PyObject_CallFunction(o->state->enum_member, "sNs", class ? class : "Enum", members,
                                 lb_enum_name(value));
}

static PyObject *held_out(struct outgoing *o, const lb_value *value) {
    lb_value *copy = lb_value_copy(value, o->err);
    if (!copy) return py_raise_error(o->state, o->err);
    return lb_value_kind(value) == LB_DEVICE ? py_device_new(o->state, copy) : py_opaque_new(o->state, copy);
}

static PyObject *borrowed_out(struct outgoing *o, const lb_value *value) {
    switch (lb_value_kind(value)) {
    case LB_NONE: return Py_NewRef(Py_None);
    case LB_BOOL: return PyBool_FromLong(lb_bool_get(value));
    case LB_INT: return PyLong_FromLongLong(lb_int_get(value));
    case LB_FLOAT: return PyFloat_FromDouble(lb_float_get(value));
    case LB_COMPLEX: return complex_out(value);
    case LB_STRING: return string_out(value);
    case LB_LIST:
    case LB_DICT: return marked_out(o, value);
    case LB_TUPLE: return tuple_out(o, value);
    case LB_OBJECT: return object_out(o, value);
    case LB_ENUM: return enum_out(o, value);
    default: return held_out(o, value);
    }
}

static PyObject *out(struct outgoing *o, lb_value *take_value) {
    if (lb_value_kind(take_value) == LB_TENSOR) return tensor_out(o, take_value);
    if (Py_EnterRecursiveCall(" while a result is made")) {
        lb_value_free(take_value);
        return NULL;
    }
    PyObject *object = borrowed_out(o, take_value);
    Py_LeaveRecursiveCall();
    lb_value_free(take_value);
    return object;
}

PyObject *py_value_to(struct state *s, lb_value *take_value, PyObject *owner, bool torch) {
    struct context *c = py_context_of_thread(s);
    struct outgoing o = {s, owner, torch, c ? c->error : NULL};
    if (c) return out(&o, take_value);
    lb_value_free(take_value);
    return NULL;
}
