/* Files of programs and of data: loading and saving, from paths and from bytes. The GIL is given up
 * meanwhile. */
#include "extension.h"
#include <string.h>

/* ---- loading ---- */

static PyObject *loaded(struct state *s, lb_module *handle, lb_error *err) {
    return handle ? py_module_new(s, handle) : py_raise_error(s, err);
}

static PyObject *load_path(PyObject *module, PyObject *path) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    PyObject *bytes = NULL;
    if (!c || !PyUnicode_FSConverter(path, &bytes)) return NULL;
    const char *name = PyBytes_AsString(bytes);
    PyThreadState *thread = PyEval_SaveThread();
    lb_module *handle = lb_load(name, NULL, c->error);
    PyEval_RestoreThread(thread);
    Py_DECREF(bytes);
    return loaded(s, handle, c->error);
}

static PyObject *load_bytes(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    Py_buffer view;
    if (!c || PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) return NULL;
    PyThreadState *thread = PyEval_SaveThread();
    lb_module *handle = lb_load_memory(view.buf, (size_t)view.len, NULL, c->error);
    PyEval_RestoreThread(thread);
    PyBuffer_Release(&view);
    return loaded(s, handle, c->error);
}

/* {name: bytes} of what was saved beside a program. */
static PyObject *extra_files(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    struct module *m = py_module_of(object, s);
    if (!c || !m) return c ? PyErr_Format(PyExc_TypeError, "not a ScriptModule") : NULL;
    PyObject *dict = PyDict_New();
    const char *name;
    for (int i = 0; dict && (name = lb_extra_name(m->handle, i)); i++) {
        size_t length;
        const void *data = lb_extra_file(m->handle, name, &length, c->error);
        PyObject *bytes =
            data ? PyBytes_FromStringAndSize(data, (Py_ssize_t)length) : py_raise_error(s, c->error);
        if (!bytes || PyDict_SetItemString(dict, name, bytes) < 0) Py_CLEAR(dict);
        Py_XDECREF(bytes);
    }
    return dict;
}

static PyObject *read_path(PyObject *module, PyObject *path) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    PyObject *bytes = NULL;
    if (!c || !PyUnicode_FSConverter(path, &bytes)) return NULL;
    lb_value *value = lb_read_value(PyBytes_AsString(bytes), c->error);
    Py_DECREF(bytes);
    return value ? py_value_to(s, value, NULL, false) : py_raise_error(s, c->error);
}

static PyObject *read_bytes(PyObject *module, PyObject *object) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    Py_buffer view;
    if (!c || PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) return NULL;
    lb_value *value = lb_read_value_memory(view.buf, (size_t)view.len, c->error);
    PyBuffer_Release(&view);
    return value ? py_value_to(s, value, NULL, false) : py_raise_error(s, c->error);
}

/* ---- saving ---- */

struct extras {
    const char **names;
    const void **bytes;
    size_t *lengths;
    int count;
};

static void extras_free(struct extras *e) {
    PyMem_Free(e->names);
    PyMem_Free(e->bytes);
    PyMem_Free(e->lengths);
}

/* From {name: bytes}, which outlives it. */
static bool extras_take(struct extras *e, PyObject *dict) {
    Py_ssize_t at = 0, count = dict == Py_None ? 0 : PyDict_Size(dict);
    PyObject *key, *value;
    *e = (struct extras){PyMem_Calloc((size_t)count + 1, sizeof *e->names),
                         PyMem_Calloc((size_t)count + 1, sizeof *e->bytes),
                         PyMem_Calloc((size_t)count + 1, sizeof *e->lengths), 0};
    if (!e->names || !e->bytes || !e->lengths) return PyErr_NoMemory() != NULL;
    while (count && PyDict_Next(dict, &at, &key, &value)) {
        char *data;
        Py_ssize_t length;
        if (!(e->names[e->count] = PyUnicode_AsUTF8AndSize(key, NULL)) ||
            PyBytes_AsStringAndSize(value, &data, &length) < 0)
            return false;
        e->bytes[e->count] = data;
        e->lengths[e->count++] = (size_t)length;
    }
    return true;
}

static PyObject *taken_bytes(void *take_bytes, size_t length) {
    PyObject *bytes = PyBytes_FromStringAndSize(take_bytes, (Py_ssize_t)length);
    lb_bytes_free(take_bytes);
    return bytes;
}

/* To a path, or as bytes for None. */
static PyObject *save_to(struct state *s, struct context *c, const struct module *m, const char *path,
                         const lb_save_options *options) {
    void *bytes = NULL;
    size_t length = 0;
    PyThreadState *thread = PyEval_SaveThread();
    bool good = path ? lb_module_save(m->handle, path, options, c->error)
                     : lb_module_save_memory(m->handle, options, &bytes, &length, c->error);
    PyEval_RestoreThread(thread);
    if (!good) return py_raise_error(s, c->error);
    return path ? Py_NewRef(Py_None) : taken_bytes(bytes, length);
}

/* The bytes of a path, or NULL for None; false with an exception. */
static bool path_bytes(PyObject *path, PyObject **bytes) {
    *bytes = NULL;
    return path == Py_None || PyUnicode_FSConverter(path, bytes);
}

/* What a trace has noted on the module (linkboy/tracing/api.py); NULL: it was not traced, or an exception. */
static lb_value *traced_inputs(struct state *s, struct context *c, struct module *m) {
    PyObject *noted = m->dict ? PyDict_GetItemString(m->dict, "_traced_inputs") : NULL; /* borrowed */
    struct incoming in = {.state = s, .err = c->error};
    return noted ? py_value_from(&in, noted) : NULL;
}

/* save_module(module, path or None, {name: bytes} or None) */
static PyObject *save_module(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    PyObject *object, *path, *dict, *bytes, *result = NULL;
    struct extras extras = {0};
    if (!c || !PyArg_ParseTuple(args, "OOO:save_module", &object, &path, &dict)) return NULL;
    struct module *m = py_module_of(object, s);
    if (!m) return PyErr_Format(PyExc_TypeError, "save: not a ScriptModule");
    if (!path_bytes(path, &bytes)) return NULL;
    if (extras_take(&extras, dict)) {
        lb_save_options options = {.size = sizeof options,
                                   .extra_names = extras.names,
                                   .extra_bytes = extras.bytes,
                                   .extra_lengths = extras.lengths,
                                   .extra_count = extras.count};
        lb_value *inputs = traced_inputs(s, c, m);
        options.traced_inputs = inputs;
        if (!PyErr_Occurred()) result = save_to(s, c, m, bytes ? PyBytes_AsString(bytes) : NULL, &options);
        lb_value_free(inputs);
    }
    extras_free(&extras);
    Py_XDECREF(bytes);
    return result;
}

/* write_value(object, path or None) */
static PyObject *write_value(PyObject *module, PyObject *args) {
    struct state *s = py_state_of_module(module);
    struct context *c = py_context_of_thread(s);
    PyObject *object, *path, *name;
    if (!c || !PyArg_ParseTuple(args, "OO:write_value", &object, &path)) return NULL;
    struct incoming in = {.state = s, .err = c->error};
    if (!path_bytes(path, &name)) return NULL;
    lb_value *value = py_value_from(&in, object);
    void *bytes = NULL;
    size_t length = 0;
    bool good = value && (name ? lb_write_value(PyBytes_AsString(name), value, c->error)
                               : lb_write_value_memory(value, &bytes, &length, c->error));
    Py_XDECREF(name);
    if (value && !good) py_raise_error(s, c->error);
    lb_value_free(value);
    if (!good) return NULL;
    return path == Py_None ? taken_bytes(bytes, length) : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"load_path", load_path, METH_O, "Loads a program from a file."},
    {"load_bytes", load_bytes, METH_O, "Loads a program from the bytes of a file."},
    {"extra_files", extra_files, METH_O, "{name: bytes} of what was saved beside a program."},
    {"read_path", read_path, METH_O, "The data in a file of torch.save."},
    {"read_bytes", read_bytes, METH_O, "The data in the bytes of such a file."},
    {"save_module", save_module, METH_VARARGS, "save_module(module, path or None, extra files or None)"},
    {"write_value", write_value, METH_VARARGS, "write_value(object, path or None): as torch.save writes it."},
    {0},
};

int py_add_files(PyObject *module, struct state *s) {
    (void)s;
    return PyModule_AddFunctions(module, functions);
}
