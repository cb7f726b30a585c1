/* Who is told of calls while a trace is made: a Python function that linkboy/tracing sets. Without one, a
 * call of an operator, function or method makes one test and no more. Beside it stands, where arguments and
 * results are converted by calls that could be seen by the trace, what gives a context in which they are not.
 */
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

bool py_tracer_pause(struct state *s, PyObject **pause) {
    *pause = s->tracer && s->tracer_pause ? PyObject_CallNoArgs(s->tracer_pause) : NULL;
    if (!*pause) return !PyErr_Occurred();
    PyObject *entered = PyObject_CallMethod(*pause, "__enter__", NULL);
    if (!entered) Py_CLEAR(*pause);
    Py_XDECREF(entered);
    return *pause != NULL;
}

PyObject *py_tracer_resume(PyObject *pause, PyObject *take_result) {
    if (!pause) return take_result;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *left = PyObject_CallMethod(pause, "__exit__", "OOO", Py_None, Py_None, Py_None);
    Py_DECREF(pause);
    if (!left) Py_CLEAR(take_result);
    if (type) PyErr_Restore(type, value, trace);
    Py_XDECREF(left);
    return take_result;
}

static PyObject *or_none(PyObject *object) {
    return object ? object : Py_None;
}

static void set(PyObject **place, PyObject *value) {
    PyObject *old = *place;
    *place = value == Py_None ? NULL : Py_NewRef(value);
    Py_XDECREF(old);
}

static PyObject *set_tracer(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    PyObject *tracer, *pause = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:set_tracer", &tracer, &pause)) return NULL;
    PyObject *old = PyTuple_Pack(2, or_none(s->tracer), or_none(s->tracer_pause));
    if (!old) return NULL;
    set(&s->tracer, tracer);
    set(&s->tracer_pause, pause);
    return old;
}

static PyMethodDef functions[] = {
    {"set_tracer", set_tracer, METH_VARARGS,
     "set_tracer(told, pause=None): told(callee, what, args, kwargs, result) is called after each call of an "
     "operator (None, its schema), function (it, \"\") and method (the module, its name); what it returns is "
     "the result unless None. pause() gives a context manager in which arguments of functions and methods "
     "are "
     "converted and they run. Gives back both as they were before."},
    {0},
};

int py_add_tracer(PyObject *module, struct state *s) {
    (void)s;
    return PyModule_AddFunctions(module, functions);
}
