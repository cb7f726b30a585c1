/* What the files of compiling share: units, their types and functions as Python objects. */
#ifndef LINKBOY_PYTHON_COMPILE_H
#define LINKBOY_PYTHON_COMPILE_H
#include "extension.h"

/* A compilation unit; free names are asked of their scopes, objects with a method find(name). */
struct unit {
    PyObject_HEAD
    struct state *state;
    lb_unit *handle;
    PyObject *find_class; /* find_class(qualified): the answer for the class behind a type, or None */
    PyObject *kept;       /* a list: what sources and classes point to lives as long as the unit */
    PyObject
        *raised; /* an exception of a find() that is not an error of the program: it ends the compilation */
};

/* NULL with a TypeError where the object is none. */
struct unit *py_unit_of(struct state *state, PyObject *object);
/* Raises what ended a compilation: find's own exception, or the library's error. Always NULL. */
void *py_unit_failed(struct unit *unit, lb_error *err);
/* Keeps a scope alive and gives it as the library's pointer; NULL for None. */
bool py_unit_keep(struct unit *unit, PyObject *object, void **scope);

/* The host's find() of a unit. */
bool py_unit_find(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err);

/* ---- type.c, compile_types.c ---- */

PyObject *py_type_new(struct unit *unit, const lb_type *type); /* NULL type: NULL, an exception is set */
/* NULL with a TypeError. */
const lb_type *py_type_of(struct state *state, PyObject *object);
extern PyMethodDef py_unit_type_methods[];

/* ---- function.c ---- */

PyObject *py_function_new(struct unit *unit, lb_function *function);
/* Of a unit that `owner`, a Unit or Graph, keeps alive. */
PyObject *py_function_made(struct state *state, PyObject *owner, lb_unit *unit, lb_function *function);
lb_unit *py_function_unit(PyObject *function);
lb_function *py_function_of(struct state *state, PyObject *object);

/* ---- values ---- */

/* An object's value for this unit; a new handle. */
lb_value *py_unit_value(struct unit *unit, PyObject *object);
#endif
