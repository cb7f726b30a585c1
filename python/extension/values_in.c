/* Python objects as values: None, numbers, strings, lists, tuples, dicts, dtypes, devices, tensors of every
 * maker, modules and objects. The kind is found by exact type first, by protocol after that; whether a value
 * fits a parameter is the library's matter. */
#include "extension.h"
#include <string.h>

enum { MAX_DEPTH = 64 };

static lb_value *checked(struct incoming *in, lb_value *value) {
    return value ? value : py_raise_error(in->state, in->err);
}

static lb_value *from_string(struct incoming *in, PyObject *object) {
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    return text ? checked(in, lb_string_new(text, (size_t)length, in->err)) : NULL;
}

static lb_value *from_bool(struct incoming *in, PyObject *object) {
    return checked(in, lb_bool_new(object == Py_True, in->err));
}

static lb_value *from_int(struct incoming *in, PyObject *object) {
    long long number = PyLong_AsLongLong(object);
    if (number == -1 && PyErr_Occurred())
        return (void *)PyErr_Format(PyExc_RuntimeError,
                                    "an int of more than 64 bits can't be passed to a program");
    return checked(in, lb_int_new(number, in->err));
}

static lb_value *from_float(struct incoming *in, PyObject *object) {
    double number = PyFloat_AsDouble(object);
    if (number == -1 && PyErr_Occurred()) return NULL;
    return checked(in, lb_float_new(number, in->err));
}

static lb_value *from_complex(struct incoming *in, PyObject *object) {
    double re = PyComplex_RealAsDouble(object), im = PyComplex_ImagAsDouble(object);
    if (PyErr_Occurred()) return NULL;
    return checked(in, lb_complex_new(re, im, in->err));
}

/* ---- containers ---- */

static void free_all(lb_value **items, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++) lb_value_free(items[i]);
    PyMem_Free(items);
}

/* A list's or tuple's items as values. */
static lb_value **items_from(struct incoming *in, PyObject *sequence, Py_ssize_t count, bool tuple) {
    lb_value **items = PyMem_Calloc((size_t)count + 1, sizeof *items);
    if (!items) return (void *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = tuple ? PyTuple_GetItem(sequence, i) : PyList_GetItem(sequence, i); /* borrowed */
        Py_XINCREF(item);
        items[i] = item ? py_value_from(in, item) : NULL;
        Py_XDECREF(item);
        if (items[i]) continue;
        free_all(items, i);
        return NULL;
    }
    return items;
}

static lb_value *from_sequence(struct incoming *in, PyObject *object, bool tuple) {
    Py_ssize_t count = tuple ? PyTuple_Size(object) : PyList_Size(object);
    lb_value **items = items_from(in, object, count, tuple);
    if (!items) return NULL;
    lb_value *value = tuple ? lb_tuple_new(items, count, in->err) : lb_list_new(items, count, in->err);
    free_all(items, count);
    return checked(in, value);
}

static bool set_entry(struct incoming *in, lb_value *dict, PyObject *key, PyObject *item) {
    lb_value *k = py_value_from(in, key), *v = k ? py_value_from(in, item) : NULL;
    bool good = v && (lb_dict_set(dict, k, v, in->err) || py_raise_error(in->state, in->err));
    lb_value_free(k);
    lb_value_free(v);
    return good;
}

static lb_value *from_dict(struct incoming *in, PyObject *object) {
    lb_value *dict = checked(in, lb_dict_new(in->err));
    Py_ssize_t at = 0;
    PyObject *key, *item;
    bool good = dict != NULL;
    while (good && PyDict_Next(object, &at, &key, &item)) {
        Py_INCREF(key);
        Py_INCREF(item);
        good = set_entry(in, dict, key, item);
        Py_DECREF(key);
        Py_DECREF(item);
    }
    if (good) return dict;
    lb_value_free(dict);
    return NULL;
}

/* What iterating gives, as a list that is no plain one. */
static lb_value *from_marked(struct incoming *in, PyObject *object, lb_mark mark) {
    PyObject *items = PySequence_List(object);
    lb_value *value = items && mark == LB_DEQUE ? from_sequence(in, items, false) : NULL;
    if (items && mark == LB_SET) value = checked(in, lb_dict_new(in->err));
    for (Py_ssize_t i = 0; value && mark == LB_SET && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        if (set_entry(in, value, item, item)) continue;
        lb_value_free(value);
        value = NULL;
    }
    if (value) lb_value_set_mark(value, mark);
    Py_XDECREF(items);
    return value;
}

static bool is_deque(PyObject *object) {
    PyObject *name = PyType_GetName(Py_TYPE(object));
    bool is = name && !PyUnicode_CompareWithASCIIString(name, "deque");
    Py_XDECREF(name);
    return is;
}

/* ---- tensors of torch ---- */

/* A function of torch's C module, which is faster, or the public one of the same meaning. */
static PyObject *torch_function(PyObject *torch, const char *fast, PyObject *module, const char *public) {
    PyObject *inner = PyObject_GetAttrString(torch, "_C"), *found = NULL;
    if (inner) found = PyObject_GetAttrString(inner, fast);
    Py_XDECREF(inner);
    PyErr_Clear();
    return found ? found : PyObject_GetAttrString(module, public);
}

/* torch.Tensor, looked up once torch is there; NULL without an exception: it is not. */
static PyObject *torch_tensor(struct state *s) {
    if (s->torch_tensor) return s->torch_tensor;
    PyObject *torch = PyImport_GetModule(s->torch_name);
    PyObject *class = torch ? PyObject_GetAttrString(torch, "Tensor") : NULL;
    PyObject *dlpack = class ? PyImport_ImportModule("torch.utils.dlpack") : NULL;
    if (dlpack) py_set_reference(&s->torch_export, torch_function(torch, "_to_dlpack", dlpack, "to_dlpack"));
    if (s->torch_export)
        py_set_reference(&s->torch_import, torch_function(torch, "_from_dlpack", dlpack, "from_dlpack"));
    if (s->torch_import) s->torch_tensor = Py_NewRef(class);
    Py_XDECREF(torch);
    Py_XDECREF(class);
    Py_XDECREF(dlpack);
    PyErr_Clear();
    return s->torch_tensor;
}

static bool is_torch_tensor(struct state *s, PyObject *object) {
    PyObject *class = torch_tensor(s);
    return class && PyType_IsSubtype(Py_TYPE(object), (PyTypeObject *)class);
}

/* What torch keeps lazily (conjugated, negated) is made real; NULL with an exception. */
static PyObject *made_real(struct incoming *in, PyObject *object) {
    PyObject *negated = PyObject_CallMethodObjArgs(object, in->state->is_neg_name, NULL);
    PyObject *conjugated = negated ? PyObject_CallMethodObjArgs(object, in->state->is_conj_name, NULL) : NULL;
    bool plain = negated == Py_False && conjugated == Py_False;
    Py_XDECREF(negated);
    Py_XDECREF(conjugated);
    if (plain || !conjugated) return conjugated ? Py_NewRef(object) : NULL;
    PyObject *without = PyObject_CallMethod(object, "resolve_conj", NULL);
    PyObject *real = without ? PyObject_CallMethod(without, "resolve_neg", NULL) : NULL;
    Py_XDECREF(without);
    return real;
}

/* Sparse and quantized tensors, which DLPack refuses: linkboy/torch_tensors.py. */
static lb_value *taken_apart(struct incoming *in, PyObject *object) {
    PyErr_Clear();
    PyObject *made = PyObject_CallFunctionObjArgs(in->state->torch_taken, object, NULL);
    lb_value *value = made ? py_value_from(in, made) : NULL;
    Py_XDECREF(made);
    return value;
}

/* A requires_grad tensor shares its elements as any other. */
static lb_value *from_torch(struct incoming *in, PyObject *object) {
    in->torch = true;
    PyObject *real = made_real(in, object);
    PyObject *capsule = real ? PyObject_CallFunctionObjArgs(in->state->torch_export, real, NULL) : NULL;
    lb_value *value = capsule ? py_dlpack_import(in, capsule) : NULL;
    Py_XDECREF(capsule);
    Py_XDECREF(real);
    return value || !real || capsule ? value : taken_apart(in, object);
}

/* ---- by protocol ---- */

static bool has(PyObject *object, const char *name) {
    PyObject *found = PyObject_GetAttrString(object, name);
    if (!found) PyErr_Clear();
    Py_XDECREF(found);
    return found != NULL;
}

/* The value of what a method of the object returns. */
static lb_value *from_method(struct incoming *in, PyObject *object, const char *method) {
    PyObject *made = PyObject_CallMethod(object, method, NULL);
    lb_value *value = made ? py_value_from(in, made) : NULL;
    Py_XDECREF(made);
    return value;
}

/* A member of a Python enum; one that is a number or a text as well may stand for its value. */
static lb_value *from_enum(struct incoming *in, PyObject *object, bool is_value) {
    PyObject *name = PyObject_GetAttrString(object, "_name_"), *inner = NULL;
    if (name) inner = PyObject_GetAttrString(object, "_value_");
    const char *text = inner ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
    lb_value *value = text ? py_value_from(in, inner) : NULL;
    lb_value *member = value ? checked(in, lb_enum_new(text, value, is_value, in->err)) : NULL;
    lb_value_free(value);
    Py_XDECREF(inner);
    Py_XDECREF(name);
    return member;
}

static bool is_enum(PyObject *object) {
    return has(object, "_name_") && has(object, "_value_");
}

static lb_value *unknown(PyObject *object) {
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name)
        PyErr_Format(
            PyExc_RuntimeError,
            "a Python object of type '%U' can't be passed to a program: use None, numbers, strings, "
            "lists, tuples, dicts, enums, tensors, arrays, dtypes, devices, modules or their objects",
            name);
    Py_XDECREF(name);
    return NULL;
}

static bool is_torch_device(PyObject *object) {
    PyObject *class = PyType_GetName(Py_TYPE(object));
    bool is = class && !PyUnicode_CompareWithASCIIString(class, "device") && has(object, "index");
    Py_XDECREF(class);
    return is;
}

static lb_value *from_torch_device(struct incoming *in, PyObject *object) {
    PyObject *text = PyObject_Str(object);
    const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    lb_value *value = bytes ? checked(in, lb_device_new(bytes, in->err)) : NULL;
    Py_XDECREF(text);
    return value;
}

/* NumPy's arrays and whatever else lends its memory to be written. Its scalars lend theirs too, but can't be
 * assigned to. */
static bool is_array(PyObject *object) {
    return PyObject_CheckBuffer(object) && PyType_GetSlot(Py_TYPE(object), Py_mp_ass_subscript);
}

/* Memory without a buffer: linkboy/arrays.py reads what the interface says. */
static lb_value *from_interface(struct incoming *in, PyObject *object) {
    PyObject *view = PyObject_CallFunctionObjArgs(in->state->array_view, object, NULL);
    lb_value *value = view ? py_array_import(in, view) : NULL;
    Py_XDECREF(view);
    return value;
}

static lb_value *from_protocol(struct incoming *in, PyObject *object) {
    if (is_array(object)) return py_array_import(in, object);
    int64_t constant = py_constant_number(in->state, object);
    if (constant >= 0) return checked(in, lb_constant_new(constant, in->err));
    if (is_torch_device(object)) return from_torch_device(in, object);
    if (has(object, "__array_interface__"))
        return has(object, "item") ? from_method(in, object, "item") : from_interface(in, object);
    if (has(object, "__dlpack__")) return py_dlpack_object_import(in, object);
    if (is_enum(object)) return from_enum(in, object, false);
    if (has(object, "__linkboy_value__")) return from_method(in, object, "__linkboy_value__");
    if (has(object, "__index__")) return from_method(in, object, "__index__");
    if (has(object, "__float__")) return from_method(in, object, "__float__");
    if (has(object, "__fspath__")) return from_method(in, object, "__fspath__");
    if (PyObject_CheckBuffer(object)) return py_array_import(in, object);
    if (has(object, "__array__")) return from_method(in, object, "__array__");
    return is_deque(object) ? from_marked(in, object, LB_DEQUE) : unknown(object);
}

/* ---- all together ---- */

static lb_value *from_own(struct incoming *in, PyObject *object, bool *own) {
    struct tensor *t = py_tensor_of(object, in->state);
    struct module *m = t ? NULL : py_module_of(object, in->state);
    const lb_value *held = t ? t->value : py_held_value(in->state, object);
    *own = held || m;
    if (held) return checked(in, lb_value_copy(held, in->err));
    return m ? checked(in, lb_module_value(m->handle, in->err)) : NULL;
}

/* Numbers and texts; a class of its own may be an enum. */
static lb_value *from_plain(struct incoming *in, PyObject *object) {
    bool exact = PyLong_CheckExact(object) || PyFloat_CheckExact(object) || PyUnicode_CheckExact(object);
    if (!exact && is_enum(object)) return from_enum(in, object, true);
    if (PyLong_Check(object)) return from_int(in, object);
    if (PyFloat_Check(object)) return from_float(in, object);
    return PyUnicode_Check(object) ? from_string(in, object) : from_complex(in, object);
}

static bool is_plain(PyObject *object) {
    return PyLong_Check(object) || PyFloat_Check(object) || PyUnicode_Check(object) ||
           PyComplex_Check(object);
}

static lb_value *from_any(struct incoming *in, PyObject *object) {
    if (object == Py_None) return checked(in, lb_none_new(in->err));
    if (PyBool_Check(object)) return from_bool(in, object);
    if (is_plain(object)) return from_plain(in, object);
    if (PyTuple_Check(object)) return from_sequence(in, object, true);
    if (PyList_Check(object)) return from_sequence(in, object, false);
    if (PyDict_Check(object)) return from_dict(in, object);
    if (PyAnySet_Check(object)) return from_marked(in, object, LB_SET);
    bool own;
    lb_value *value = from_own(in, object, &own);
    if (own) return value;
    if (is_torch_tensor(in->state, object)) return from_torch(in, object);
    return from_protocol(in, object);
}

lb_value *py_value_from(struct incoming *in, PyObject *object) {
    if (in->depth >= MAX_DEPTH)
        return (void *)PyErr_Format(PyExc_RuntimeError, "an argument is nested more than %d deep", MAX_DEPTH);
    in->depth++;
    lb_value *value = from_any(in, object);
    in->depth--;
    return value;
}

lb_value *py_value_borrow(struct incoming *in, PyObject *object, bool *lent) {
    struct tensor *t = py_tensor_of(object, in->state);
    *lent = t != NULL;
    return t ? t->value : py_value_from(in, object);
}
