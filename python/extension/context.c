/* One lb_context for each Python thread, kept in the thread's own dict: threads inside operators, the random
 * generator, and where a program's print and warnings go (sys.stdout, warnings.warn).
 *
 * The number of threads and the seed are the module's; a change is taken up by each thread at its next call.
 */
#include "extension.h"
#include <string.h>

/* ---- what programs say ---- */

/* An exception from Python ends the run; the first one is raised when the call has come back. */
static void keep_exception(struct context *c) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value && trace) PyException_SetTraceback(value, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    if (c->pending)
        Py_XDECREF(value);
    else
        c->pending = value;
    lb_context_cancel(c->handle);
}

static int write_out(const char *text, size_t length) {
    PyObject *out = PySys_GetObject("stdout"); /* borrowed */
    if (!out || out == Py_None) return 0;
    PyObject *string = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
    int good = string ? PyFile_WriteObject(string, out, Py_PRINT_RAW) : -1;
    Py_XDECREF(string);
    return good;
}

static void print_text(void *user, const char *text, size_t length) {
    struct context *c = user;
    PyGILState_STATE lock = PyGILState_Ensure();
    if (!c->pending && write_out(text, length) < 0) keep_exception(c);
    PyGILState_Release(lock);
}

static void warn_text(void *user, const char *text, size_t length) {
    struct context *c = user;
    PyGILState_STATE lock = PyGILState_Ensure();
    PyObject *string = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
    PyObject *done = string && !c->pending && c->state->warn
                         ? PyObject_CallFunctionObjArgs(c->state->warn, string, NULL)
                         : NULL;
    if (PyErr_Occurred()) keep_exception(c);
    Py_XDECREF(done);
    Py_XDECREF(string);
    PyGILState_Release(lock);
}

bool py_context_raised(struct context *c) {
    PyObject *exception = c->pending;
    if (!exception) return false;
    c->pending = NULL;
    lb_error_clear(c->error);
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
    return true;
}

/* ---- making ---- */

static bool make_handle(struct context *c) {
    struct state *s = c->state;
    lb_context_options options = {
        .size = sizeof options, .threads = s->threads, .print = print_text, .warn = warn_text, .user = c};
    c->handle = lb_context_new(&options, c->error);
    if (!c->handle) return py_raise_error(s, c->error) != NULL;
    if (s->seeded) lb_context_seed(c->handle, s->seed);
    c->threads = s->threads;
    return true;
}

static struct context *make_context(struct state *s, PyObject *thread) {
    struct context *c = PyObject_New(struct context, s->context_type);
    if (!c) return NULL;
    c->state = s;
    c->handle = NULL;
    c->pending = NULL;
    c->calls = 0;
    c->error = py_error_new();
    if (!c->error || !make_handle(c) || PyDict_SetItem(thread, s->context_key, (PyObject *)c) < 0) {
        Py_DECREF((PyObject *)c);
        return NULL;
    }
    Py_DECREF((PyObject *)c); /* the thread's dict has it */
    return c;
}

/* Not while a call runs, from whose print or warn we may come. */
static bool take_up_threads(struct context *c) {
    if (!lb_context_set_threads(c->handle, c->state->threads, c->error))
        return py_raise_error(c->state, c->error) != NULL;
    c->threads = c->state->threads;
    return true;
}

struct context *py_context_of_thread(struct state *s) {
    PyObject *thread = PyThreadState_GetDict(); /* borrowed */
    if (!thread) {
        PyErr_SetString(PyExc_RuntimeError, "this thread has no Python state");
        return NULL;
    }
    struct context *c = (struct context *)PyDict_GetItemWithError(thread, s->context_key);
    if (!c) return PyErr_Occurred() ? NULL : make_context(s, thread);
    return c->threads == s->threads || c->calls || take_up_threads(c) ? c : NULL;
}

static void dealloc(PyObject *self) {
    struct context *c = (struct context *)self;
    PyTypeObject *type = Py_TYPE(self);
    lb_context_free(c->handle);
    lb_error_free(c->error);
    Py_XDECREF(c->pending);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

/* ---- settings ---- */

static PyObject *set_num_threads(PyObject *module, PyObject *number) {
    struct state *s = py_state_of_module(module);
    long threads = PyLong_AsLong(number);
    if (threads == -1 && PyErr_Occurred()) return NULL;
    if (threads < 1 || threads > 4096)
        return PyErr_Format(PyExc_RuntimeError, "set_num_threads expects a positive integer");
    s->threads = (int)threads;
    Py_RETURN_NONE;
}

static PyObject *get_num_threads(PyObject *module, PyObject *nothing) {
    (void)nothing;
    return PyLong_FromLong(py_state_of_module(module)->threads);
}

/* Negative seeds count from the top, as torch.manual_seed has it. */
static PyObject *manual_seed(PyObject *module, PyObject *number) {
    struct state *s = py_state_of_module(module);
    PyObject *whole = PyNumber_Index(number);
    if (!whole) return NULL;
    uint64_t seed = PyLong_AsUnsignedLongLong(whole);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        seed = (uint64_t)PyLong_AsLongLong(whole);
    }
    Py_DECREF(whole);
    if (PyErr_Occurred())
        return PyErr_Clear(), PyErr_Format(PyExc_ValueError, "Overflow when unpacking long long");
    s->seed = seed;
    s->seeded = true;
    struct context *c = py_context_of_thread(s);
    if (!c) return NULL;
    lb_context_seed(c->handle, seed);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"set_num_threads", set_num_threads, METH_O,
     "Threads inside operators and for fork, from each thread's next call on (torch.set_num_threads)."},
    {"get_num_threads", get_num_threads, METH_NOARGS, "torch.get_num_threads"},
    {"manual_seed", manual_seed, METH_O,
     "Seeds the calling thread's generator, and that of threads that make their first call later."},
    {0},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, dealloc}, {0}};
static PyType_Spec spec = {"linkboy._C.Context", sizeof(struct context), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int py_add_contexts(PyObject *module, struct state *s) {
    s->context_type = py_add_type(module, &spec, NULL);
    s->context_key = PyUnicode_InternFromString("linkboy._C.context");
    if (!s->context_type || !s->context_key) return -1;
    return PyModule_AddFunctions(module, functions);
}
