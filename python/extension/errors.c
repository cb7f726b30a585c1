/* The library's errors as Python exceptions: the class that PyTorch would raise, the text as PyTorch prints
 * it, and the kind of error as the attribute `code` ("argument", "runtime", ...). */
#include "extension.h"
#include <string.h>

static const char *code_name(lb_code code) {
    static const char *const names[] = {
        [LB_OK] = "",
        [LB_ERROR_MEMORY] = "memory",
        [LB_ERROR_IO] = "io",
        [LB_ERROR_FORMAT] = "format",
        [LB_ERROR_UNSUPPORTED] = "unsupported",
        [LB_ERROR_ARGUMENT] = "argument",
        [LB_ERROR_COMPILE] = "compile",
        [LB_ERROR_RUNTIME] = "runtime",
        [LB_ERROR_RAISED] = "raised",
        [LB_ERROR_LIMIT] = "limit",
        [LB_ERROR_CANCELLED] = "cancelled",
        [LB_ERROR_INTERNAL] = "internal",
    };
    return (size_t)code < sizeof names / sizeof *names ? names[code] : "internal";
}

/* Borrowed. What is no class of Python's own is a RuntimeError, as it is in PyTorch. */
static PyObject *exception_class(struct state *s, const char *kind) {
    const struct {
        const char *name;
        PyObject *class;
    } known[] = {
        {"torch.jit.Error", s->jit_error},        {"RuntimeError", PyExc_RuntimeError},
        {"IndexError", PyExc_IndexError},         {"KeyError", PyExc_KeyError},
        {"TypeError", PyExc_TypeError},           {"ValueError", PyExc_ValueError},
        {"AttributeError", PyExc_AttributeError}, {"NotImplementedError", PyExc_NotImplementedError},
        {"RecursionError", PyExc_RecursionError}, {"AssertionError", PyExc_AssertionError},
        {"MemoryError", PyExc_MemoryError},       {"OSError", PyExc_OSError},
    };
    if (!strncmp(kind, "builtins.", 9)) kind += 9;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(kind, known[i].name)) return known[i].class;
    return PyExc_RuntimeError;
}

static PyObject *exception_for(struct state *s, const lb_error *err) {
    const char *shown = lb_error_text(err);
    PyObject *text = PyUnicode_DecodeUTF8(shown, (Py_ssize_t)strlen(shown), "replace");
    if (!text) return NULL;
    PyObject *exception = PyObject_CallFunctionObjArgs(exception_class(s, lb_error_kind(err)), text, NULL);
    PyObject *code = PyUnicode_FromString(code_name(lb_error_code(err)));
    if (exception && (!code || PyObject_SetAttrString(exception, "code", code) < 0)) Py_CLEAR(exception);
    Py_XDECREF(code);
    Py_DECREF(text);
    return exception;
}

void *py_raise_error(struct state *s, lb_error *err) {
    PyObject *exception = exception_for(s, err);
    lb_error_clear(err);
    if (exception) PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
    return NULL;
}

lb_error *py_error_new(void) {
    lb_error *err = lb_error_new();
    if (!err) PyErr_NoMemory();
    return err;
}

int py_add_errors(PyObject *module, struct state *s) {
    s->jit_error = PyErr_NewExceptionWithDoc(
        "linkboy.jit.Error", "A raise or assert statement of a program (torch.jit.Error).", NULL, NULL);
    return s->jit_error ? PyModule_AddObjectRef(module, "Error", s->jit_error) : -1;
}
