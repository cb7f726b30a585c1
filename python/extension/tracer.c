/* Who is told of calls while a trace is made: a Python function that linkboy/tracing sets. Without one, a
 * call of an operator, function or method makes one test and no more. */
#include "extension.h"

/* The named arguments of a call, as a dict; new. */
static PyObject *named_of(const struct arguments *a) {
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict && i < a->named; i++)
        if (PyDict_SetItemString(dict, a->names[i], a->objects[a->count + i]) < 0) Py_CLEAR(dict);
    return dict;
}

static PyObject *positional_of(const struct arguments *a) {
    PyObject *tuple = PyTuple_New(a->count);
    for (Py_ssize_t i = 0; tuple && i < a->count; i++)
        if (PyTuple_SetItem(tuple, i, Py_NewRef(a->objects[i])) < 0) Py_CLEAR(tuple);
    return tuple;
}

PyObject *py_tell(struct state *s, PyObject *callee, const char *what, const struct arguments *a,
                  PyObject *take_result) {
    if (!take_result) return NULL;
    PyObject *args = positional_of(a), *kwargs = args ? named_of(a) : NULL;
    PyObject *done = NULL, *told = Py_XNewRef(s->tracer);
    if (kwargs)
        done =
            PyObject_CallFunction(told, "OsOOO", callee ? callee : Py_None, what, args, kwargs, take_result);
    Py_XDECREF(told);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    if (done == Py_None) {
        Py_DECREF(done);
        return take_result;
    }
    Py_DECREF(take_result);
    return done;
}

static PyObject *set_tracer(PyObject *module, PyObject *tracer) {
    struct state *s = py_state_of_module(module);
    PyObject *old = s->tracer ? s->tracer : Py_NewRef(Py_None);
    s->tracer = tracer == Py_None ? NULL : Py_NewRef(tracer);
    return old;
}

static PyMethodDef functions[] = {
    {"set_tracer", set_tracer, METH_O,
     "set_tracer(told): told(callee, what, args, kwargs, result) is called after each call of an operator "
     "(None, "
     "its schema), function (it, \"\") and method (the module, its name); what it returns is the result "
     "unless "
     "None. Gives back who was told before."},
    {0},
};

int py_add_tracer(PyObject *module, struct state *s) {
    (void)s;
    return PyModule_AddFunctions(module, functions);
}
