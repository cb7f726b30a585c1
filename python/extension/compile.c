/* linkboy._C.Unit: a compilation unit that asks Python what names mean; functions and methods are declared
 * and compiled here, types and classes are in compile_types.c. */
#include "compile.h"
#include <string.h>

static struct unit *self_of(PyObject *self) {
    return (struct unit *)self;
}

struct unit *py_unit_of(struct state *s, PyObject *object) {
    if (object && PyObject_TypeCheck(object, s->unit_type)) return self_of(object);
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "expected a linkboy._C.Unit");
    return NULL;
}

void *py_unit_failed(struct unit *u, lb_error *err) {
    PyObject *raised = u->raised;
    u->raised = NULL;
    if (!raised) return py_raise_error(u->state, err);
    lb_error_clear(err);
    PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
    Py_DECREF(raised);
    return NULL;
}

bool py_unit_keep(struct unit *u, PyObject *object, void **scope) {
    *scope = NULL;
    if (!object) return false;
    if (object == Py_None) return true;
    *scope = object;
    return PyList_Append(u->kept, object) == 0;
}

lb_value *py_unit_value(struct unit *u, PyObject *object) {
    struct context *c = object ? py_context_of_thread(u->state) : NULL;
    struct incoming in = {.state = u->state, .err = c ? c->error : NULL};
    return c ? py_value_from(&in, object) : NULL;
}

/* ---- sources: (text, file, line, scope, name or None, defaults or None, declaration or None) ---- */

enum { MOST_DEFAULTS = 256 };

struct source {
    lb_source given, declaration;
    const char *names[MOST_DEFAULTS];
    lb_value *defaults[MOST_DEFAULTS];
    int count;
};

static void release(struct source *s) {
    for (int i = 0; i < s->count; i++) lb_value_free(s->defaults[i]);
}

static bool read_defaults(struct unit *u, PyObject *dict, struct source *s) {
    Py_ssize_t at = 0;
    PyObject *name, *object;
    while (PyDict_Next(dict, &at, &name, &object)) {
        if (s->count == MOST_DEFAULTS) {
            PyErr_Format(PyExc_RuntimeError, "a function has more than %d defaults", MOST_DEFAULTS);
            return false;
        }
        s->names[s->count] = PyUnicode_AsUTF8AndSize(name, NULL);
        s->defaults[s->count] = s->names[s->count] ? py_unit_value(u, object) : NULL;
        if (!s->defaults[s->count]) return false;
        s->count++;
    }
    return true;
}

/* The text is bytes (UTF-8), which the library copies what it needs of. */
static bool read_text(struct unit *u, PyObject *told, lb_source *out, PyObject **defaults,
                      PyObject **declaration) {
    PyObject *text, *scope;
    const char *file, *name;
    *out = (lb_source){.size = sizeof *out};
    if (!PyArg_ParseTuple(told, "O!ziOzOO:source", &PyBytes_Type, &text, &file, &out->line, &scope, &name,
                          defaults, declaration))
        return false;
    out->text = PyBytes_AsString(text);
    out->length = (size_t)PyBytes_Size(text);
    out->file = file;
    out->name = name;
    return py_unit_keep(u, scope, &out->scope);
}

static bool read_source(struct unit *u, PyObject *told, struct source *s) {
    PyObject *defaults, *declaration, *none;
    memset(s, 0, sizeof *s);
    if (!read_text(u, told, &s->given, &defaults, &declaration)) return false;
    if (declaration != Py_None) {
        if (!read_text(u, declaration, &s->declaration, &none, &none)) return false;
        s->given.declaration = &s->declaration;
    }
    if (defaults != Py_None && !read_defaults(u, defaults, s)) return false;
    s->given.default_names = s->names;
    s->given.defaults = s->defaults;
    s->given.default_count = s->count;
    return true;
}

/* ---- functions ---- */

static PyObject *declare(PyObject *self, PyObject *args) {
    struct unit *u = self_of(self);
    const char *qualified;
    PyObject *told, *class, *result = NULL;
    struct source s = {0};
    if (!PyArg_ParseTuple(args, "zOO!:declare", &qualified, &class, &PyTuple_Type, &told)) return NULL;
    const lb_type *type = class == Py_None ? NULL : py_type_of(u->state, class);
    if (class != Py_None && !type) return NULL;
    lb_error *err = py_error_new();
    if (err && read_source(u, told, &s)) {
        lb_function *f = type ? lb_declare_method(u->handle, type, &s.given, err)
                              : lb_declare(u->handle, qualified, &s.given, err);
        result = f ? py_function_new(u, f) : py_unit_failed(u, err);
    }
    release(&s);
    lb_error_free(err);
    return result;
}

/* The function of this name, or None. */
static PyObject *function(PyObject *self, PyObject *name) {
    struct unit *u = self_of(self);
    const char *qualified = PyUnicode_AsUTF8AndSize(name, NULL);
    lb_function *f = qualified ? lb_unit_function(u->handle, qualified) : NULL;
    if (f) return py_function_new(u, f);
    return qualified ? Py_NewRef(Py_None) : NULL;
}

static PyObject *compile(PyObject *self, PyObject *function) {
    struct unit *u = self_of(self);
    lb_function *f = py_function_of(u->state, function);
    lb_error *err = f ? py_error_new() : NULL;
    if (!err) return NULL;
    bool good = lb_compile(u->handle, f, err) || py_unit_failed(u, err);
    if (good) py_set_reference(&u->raised, NULL); /* it compiled another way */
    lb_error_free(err);
    return good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *add_hook(PyObject *self, PyObject *args) {
    struct unit *u = self_of(self);
    PyObject *class, *told;
    int before;
    struct source s = {0};
    if (!PyArg_ParseTuple(args, "OO!p:hook", &class, &PyTuple_Type, &told, &before)) return NULL;
    const lb_type *type = py_type_of(u->state, class);
    lb_error *err = type ? py_error_new() : NULL;
    bool good = err && read_source(u, told, &s) &&
                (lb_class_hook(u->handle, type, &s.given, before, err) || py_unit_failed(u, err));
    release(&s);
    lb_error_free(err);
    return good ? Py_NewRef(Py_None) : NULL;
}

/* ---- the object ---- */

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"find_class", NULL};
    PyObject *module = PyType_GetModule(type), *find_class;
    if (!module || !PyArg_ParseTupleAndKeywords(args, kwargs, "O:Unit", names, &find_class)) return NULL;
    struct unit *u = (struct unit *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    lb_error *err = u ? py_error_new() : NULL;
    if (!err) return Py_XDECREF((PyObject *)u), NULL;
    const lb_host host = {sizeof host, u, py_unit_find};
    u->state = py_state_of_module(module);
    u->find_class = Py_NewRef(find_class);
    u->kept = PyList_New(0);
    u->handle = lb_unit_new(&host, err);
    if (!u->handle) py_raise_error(u->state, err);
    lb_error_free(err);
    if (u->handle && u->kept) return (PyObject *)u;
    Py_DECREF((PyObject *)u);
    return NULL;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(self_of(self)->find_class);
    Py_VISIT(self_of(self)->kept);
    Py_VISIT(self_of(self)->raised);
    Py_VISIT((PyObject *)Py_TYPE(self));
    return 0;
}

/* The scopes stay until the unit goes: a program may still be compiled. */
static int clear(PyObject *self) {
    Py_CLEAR(self_of(self)->raised);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    lb_unit_free(self_of(self)->handle);
    Py_CLEAR(self_of(self)->find_class);
    Py_CLEAR(self_of(self)->kept);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static PyMethodDef methods[] = {
    {"declare", declare, METH_VARARGS, "declare(qualified, class or None, source): a function or method."},
    {"function", function, METH_O, "function(qualified): a function of the unit, or None"},
    {"compile", compile, METH_O, "compile(function)"},
    {"hook", add_hook, METH_VARARGS, "hook(class, source, before)"},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_methods, methods},
    {Py_tp_doc, "Unit(find_class): a compilation unit; what stands behind the name of a type is asked so."},
    {0},
};
static PyType_Spec spec = {"linkboy._C.Unit", sizeof(struct unit), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

/* The methods of compile_types.c become methods of the class as well. */
static int add_methods(PyTypeObject *type, PyMethodDef *more) {
    for (; more->ml_name; more++) {
        PyObject *method = PyDescr_NewMethod(type, more);
        if (!method || PyObject_SetAttrString((PyObject *)type, more->ml_name, method) < 0)
            return Py_XDECREF(method), -1;
        Py_DECREF(method);
    }
    return 0;
}

int py_add_units(PyObject *module, struct state *s) {
    s->unit_type = py_add_type(module, &spec, NULL);
    return s->unit_type ? add_methods(s->unit_type, py_unit_type_methods) : -1;
}
