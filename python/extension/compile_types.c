/* What a unit does with types: classes, enums, NamedTuples, objects of classes. */
#include "compile.h"
#include <string.h>

/* ---- types of a unit ---- */

/* The type as an object, or what went wrong. */
static PyObject *given(struct unit *u, const lb_type *type, lb_error *err) {
    PyObject *object = type ? py_type_new(u, type) : py_unit_failed(u, err);
    lb_error_free(err);
    return object;
}

static PyObject *parse(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    const char *words;
    PyObject *scope = Py_None;
    void *kept;
    if (!PyArg_ParseTuple(args, "s|O:type", &words, &scope) || !py_unit_keep(u, scope, &kept)) return NULL;
    lb_error *err = py_error_new();
    return err ? given(u, lb_type_parse(u->handle, words, kept, err), err) : NULL;
}

static PyObject *infer(PyObject *self, PyObject *object) {
    struct unit *u = (struct unit *)self;
    lb_value *value = py_unit_value(u, object);
    lb_error *err = value ? py_error_new() : NULL;
    PyObject *type = err ? given(u, lb_type_infer(u->handle, value, err), err) : NULL;
    lb_value_free(value);
    return type;
}

static PyObject *new_class(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    const char *name;
    int class_kind;
    PyObject *scope;
    void *kept;
    if (!PyArg_ParseTuple(args, "siO:new_class", &name, &class_kind, &scope) ||
        !py_unit_keep(u, scope, &kept))
        return NULL;
    lb_error *err = py_error_new();
    return err ? given(u, lb_class_new(u->handle, name, (lb_class_kind)class_kind, kept, err), err) : NULL;
}

/* None, or what went wrong. */
static PyObject *done(struct unit *u, bool good, lb_error *err) {
    PyObject *object = good ? Py_NewRef(Py_None) : py_unit_failed(u, err);
    lb_error_free(err);
    return object;
}

static PyObject *attribute(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    PyObject *class, *type;
    const char *name;
    int flags;
    if (!PyArg_ParseTuple(args, "OsOi:attribute", &class, &name, &type, &flags)) return NULL;
    const lb_type *c = py_type_of(u->state, class), *t = c ? py_type_of(u->state, type) : NULL;
    lb_error *err = t ? py_error_new() : NULL;
    return err ? done(u, lb_class_attribute(u->handle, c, name, t, flags, err), err) : NULL;
}

static PyObject *constant(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    PyObject *class, *object;
    const char *name;
    if (!PyArg_ParseTuple(args, "OsO:constant", &class, &name, &object)) return NULL;
    const lb_type *c = py_type_of(u->state, class);
    lb_value *value = c ? py_unit_value(u, object) : NULL;
    lb_error *err = value ? py_error_new() : NULL;
    PyObject *result = err ? done(u, lb_class_constant(u->handle, c, name, value, err), err) : NULL;
    lb_value_free(value);
    return result;
}

static PyObject *property(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    PyObject *class, *getter, *setter;
    const char *name;
    if (!PyArg_ParseTuple(args, "OsOO:property", &class, &name, &getter, &setter)) return NULL;
    const lb_type *c = py_type_of(u->state, class);
    lb_function *get = c ? py_function_of(u->state, getter) : NULL, *set = NULL;
    if (!get || (setter != Py_None && !(set = py_function_of(u->state, setter)))) return NULL;
    lb_error *err = py_error_new();
    return err ? done(u, lb_class_property(u->handle, c, name, get, set, err), err) : NULL;
}

static PyObject *settle(PyObject *self, PyObject *class) {
    struct unit *u = (struct unit *)self;
    const lb_type *c = py_type_of(u->state, class);
    if (!c) return NULL;
    lb_class_settle(u->handle, c);
    return Py_NewRef(Py_None);
}

/* ---- enums and NamedTuples ---- */

enum { MOST_NAMES = 1024 };

struct named {
    const char *names[MOST_NAMES];
    lb_value *values[MOST_NAMES];
    const lb_type *types[MOST_NAMES];
    int name_count, value_count;
};

static void release(struct named *n) {
    for (int i = 0; i < n->value_count; i++) lb_value_free(n->values[i]);
    PyMem_Free(n);
}

static bool take_names(struct named *n, PyObject *names) {
    if (PyTuple_Size(names) > MOST_NAMES)
        return PyErr_SetString(PyExc_RuntimeError, "too many members"), false;
    for (; n->name_count < (int)PyTuple_Size(names); n->name_count++)
        if (!(n->names[n->name_count] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(names, n->name_count), NULL)))
            return false;
    return true;
}

static bool take_values(struct unit *u, struct named *n, PyObject *values) {
    for (; n->value_count < (int)PyTuple_Size(values) && n->value_count < MOST_NAMES; n->value_count++)
        if (!(n->values[n->value_count] = py_unit_value(u, PyTuple_GetItem(values, n->value_count))))
            return false;
    return true;
}

static bool take_types(struct unit *u, struct named *n, PyObject *types) {
    for (int i = 0; i < (int)PyTuple_Size(types) && i < MOST_NAMES; i++)
        if (!(n->types[i] = py_type_of(u->state, PyTuple_GetItem(types, i)))) return false;
    return true;
}

static struct named *named_new(void) {
    struct named *n = PyMem_Calloc(1, sizeof *n);
    if (!n) PyErr_NoMemory();
    return n;
}

static PyObject *new_enum(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    const char *name;
    PyObject *names, *values, *result = NULL;
    if (!PyArg_ParseTuple(args, "sO!O!:enum", &name, &PyTuple_Type, &names, &PyTuple_Type, &values))
        return NULL;
    struct named *n = named_new();
    lb_error *err = n ? py_error_new() : NULL;
    if (err && take_names(n, names) && take_values(u, n, values) && n->name_count == n->value_count)
        result = given(u, lb_type_enum(u->handle, name, n->name_count, n->names, n->values, err), err);
    else
        lb_error_free(err);
    if (n) release(n);
    return result;
}

static PyObject *new_named_tuple(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    const char *name;
    PyObject *names, *types, *defaults, *result = NULL;
    if (!PyArg_ParseTuple(args, "sO!O!O!:named_tuple", &name, &PyTuple_Type, &names, &PyTuple_Type, &types,
                          &PyTuple_Type, &defaults))
        return NULL;
    struct named *n = named_new();
    lb_error *err = n ? py_error_new() : NULL;
    if (err && take_names(n, names) && take_types(u, n, types) && take_values(u, n, defaults))
        result = given(u,
                       lb_type_named_tuple(u->handle, name, n->name_count, n->names, n->types, n->value_count,
                                           n->values, err),
                       err);
    else
        lb_error_free(err);
    if (n) release(n);
    return result;
}

/* ---- objects ---- */

static bool set_all(struct unit *u, lb_value *object, PyObject *values, lb_error *err) {
    Py_ssize_t at = 0;
    PyObject *name, *item;
    while (PyDict_Next(values, &at, &name, &item)) {
        const char *words = PyUnicode_AsUTF8AndSize(name, NULL);
        lb_value *value = words ? py_unit_value(u, item) : NULL;
        bool good = value && (lb_object_set(u->handle, object, words, value, err) || py_unit_failed(u, err));
        lb_value_free(value);
        if (!good) return false;
    }
    return true;
}

/* A module, or an object of a script class, with all its attributes. */
static PyObject *new_object(PyObject *self, PyObject *args) {
    struct unit *u = (struct unit *)self;
    PyObject *class, *values, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO!:object", &class, &PyDict_Type, &values)) return NULL;
    const lb_type *c = py_type_of(u->state, class);
    lb_error *err = c ? py_error_new() : NULL;
    if (!err) return NULL;
    lb_value *object = lb_object_new(u->handle, c, err);
    if (!object) py_unit_failed(u, err);
    if (object && set_all(u, object, values, err)) {
        lb_module *m = lb_module_new(u->handle, object, err);
        result = m ? py_module_new(u->state, m) : py_unit_failed(u, err);
    }
    lb_value_free(object);
    lb_error_free(err);
    return result;
}

/* A tensor of ours over the memory of another's. */
static PyObject *share(PyObject *self, PyObject *object) {
    struct unit *u = (struct unit *)self;
    lb_value *value = py_unit_value(u, object);
    return value ? py_tensor_new(u->state, value) : NULL;
}

/* The program in the bytes of a file, loaded into this unit. */
static PyObject *load(PyObject *self, PyObject *bytes) {
    struct unit *u = (struct unit *)self;
    char *data;
    Py_ssize_t length;
    lb_error *err = PyBytes_AsStringAndSize(bytes, &data, &length) == 0 ? py_error_new() : NULL;
    if (!err) return NULL;
    const lb_load_options options = {.size = sizeof options, .unit = u->handle};
    lb_module *m = lb_load_memory(data, (size_t)length, &options, err);
    PyObject *module = m ? py_module_new(u->state, m) : py_raise_error(u->state, err);
    lb_error_free(err);
    return module;
}

/* The type of a module's class; None where the module is of another unit. */
static PyObject *type_of_module(PyObject *self, PyObject *object) {
    struct unit *u = (struct unit *)self;
    struct module *m = py_module_of(object, u->state);
    if (!m) return PyErr_Format(PyExc_TypeError, "expected a ScriptModule");
    bool own = lb_module_unit(m->handle) == u->handle;
    return own ? py_type_new(u, lb_module_type(m->handle)) : Py_NewRef(Py_None);
}

PyMethodDef py_unit_type_methods[] = {
    {"type", parse, METH_VARARGS, "type(text, scope=None): a type as annotations write it."},
    {"infer", infer, METH_O, "infer(object): the type that a value shows."},
    {"new_class", new_class, METH_VARARGS, "new_class(qualified, kind, scope)"},
    {"attribute", attribute, METH_VARARGS, "attribute(class, name, type, flags)"},
    {"constant", constant, METH_VARARGS, "constant(class, name, value)"},
    {"property", property, METH_VARARGS, "property(class, name, getter, setter or None)"},
    {"settle", settle, METH_O, "settle(class): methods that were not compiled are none of it"},
    {"enum", new_enum, METH_VARARGS, "enum(qualified, names, values)"},
    {"named_tuple", new_named_tuple, METH_VARARGS, "named_tuple(qualified, names, types, defaults)"},
    {"load", load, METH_O, "load(bytes): the program of a file, in this unit"},
    {"type_of_module", type_of_module, METH_O, "type_of_module(module): the type of its class, or None"},
    {"share", share, METH_O, "share(tensor): a linkboy.Tensor over its memory"},
    {"object", new_object, METH_VARARGS, "object(class, {name: value}): a module or object."},
    {0},
};
