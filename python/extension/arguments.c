/* The arguments of one call: Python objects become values, and are given up when the call has ended. A few
 * need no memory but the caller's. */
#include "extension.h"
#include <string.h>

static bool make_room(struct arguments *a) {
    size_t all = (size_t)(a->count + a->named);
    if (all <= FEW_ARGUMENTS) {
        a->values = a->few;
        a->lent = a->few_lent;
        a->names = a->few_names;
        return true;
    }
    a->values = PyMem_Calloc(all, sizeof *a->values);
    a->lent = PyMem_Calloc(all, sizeof *a->lent);
    a->names = PyMem_Calloc(all, sizeof *a->names);
    if (a->values && a->lent && a->names) return true;
    PyErr_NoMemory();
    return false;
}

static bool take_names(struct arguments *a, PyObject *kwnames) {
    for (Py_ssize_t i = 0; i < a->named; i++)
        if (!(a->names[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(kwnames, i), NULL))) return false;
    return true;
}

bool py_arguments_take(struct arguments *a, struct context *context, PyObject *const *args, Py_ssize_t count,
                       PyObject *kwnames) {
    a->in = (struct incoming){.state = context->state, .err = context->error};
    a->objects = args;
    a->count = count;
    a->named = kwnames ? PyTuple_Size(kwnames) : 0;
    a->filled = 0;
    if (!make_room(a) || !take_names(a, kwnames)) return false;
    for (; a->filled < a->count + a->named; a->filled++) {
        Py_ssize_t i = a->filled;
        if (!(a->values[i] = py_value_borrow(&a->in, args[i], &a->lent[i]))) return false;
    }
    return true;
}

void py_arguments_end(struct arguments *a) {
    for (Py_ssize_t i = 0; i < a->filled; i++)
        if (!a->lent[i]) lb_value_free(a->values[i]);
    if (a->values == a->few) return;
    PyMem_Free(a->values);
    PyMem_Free(a->lent);
    PyMem_Free(a->names);
}

PyObject *py_arguments_same(const struct arguments *a, const lb_value *result) {
    for (Py_ssize_t i = 0; i < a->filled; i++)
        if (lb_value_kind(a->values[i]) == LB_TENSOR && lb_value_same(a->values[i], result))
            return Py_NewRef(a->objects[i]);
    return NULL;
}
