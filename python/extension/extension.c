/* The module `linkboy._C`: its parts in the order in which they are added, its state, its beginning and end.
 * Whoever adds a file adds its line to the table. */
#include "extension.h"
#include <string.h>

static const struct part parts[] = {
    {"errors", py_add_errors},       {"contexts", py_add_contexts}, {"dtypes", py_add_dtypes},
    {"devices", py_add_devices},     {"tensors", py_add_tensors},   {"creation", py_add_creation},
    {"operators", py_add_operators}, {"modules", py_add_modules},   {"methods", py_add_methods},
    {"files", py_add_files},         {"types", py_add_types},       {"functions", py_add_functions},
    {"units", py_add_units},         {"tracer", py_add_tracer},     {"traces", py_add_traces},
    {"units", py_add_units},         {"graphs", py_add_graphs},     {"parts of graphs", py_add_graph_parts},
    {"nodes", py_add_graph_nodes},
};

struct state *py_state_of_module(PyObject *module) {
    return PyModule_GetState(module);
}

void py_set_reference(PyObject **place, PyObject *take) {
    PyObject *old = *place;
    *place = take;
    Py_XDECREF(old);
}

PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base) {
    PyObject *type = PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
    if (type && PyModule_AddType(module, (PyTypeObject *)type) < 0) Py_CLEAR(type);
    return (PyTypeObject *)type;
}

/* Positional arguments, then the values of kwargs, whose keys go into `names`: all borrowed. */
static void flatten(PyObject *args, PyObject *kwargs, PyObject **stack, PyObject *names) {
    Py_ssize_t count = PyTuple_Size(args), at = 0, named = 0;
    for (Py_ssize_t i = 0; i < count; i++) stack[i] = PyTuple_GetItem(args, i);
    PyObject *key, *value;
    while (kwargs && PyDict_Next(kwargs, &at, &key, &value)) {
        PyTuple_SetItem(names, named, Py_NewRef(key));
        stack[count + named++] = value;
    }
}

PyObject *py_call_with_tuple(PyObject *self, vectorcallfunc function, PyObject *args, PyObject *kwargs) {
    enum { FEW = 16 };
    PyObject *few[FEW], **stack = few, *names = NULL;
    Py_ssize_t count = PyTuple_Size(args), named = kwargs ? PyDict_Size(kwargs) : 0;
    if (count + named > FEW && !(stack = PyMem_Calloc((size_t)(count + named), sizeof *stack)))
        return PyErr_NoMemory();
    PyObject *result = NULL;
    if (!named || (names = PyTuple_New(named))) {
        flatten(args, kwargs, stack, names);
        result = function(self, stack, (size_t)count, names);
    }
    Py_XDECREF(names);
    if (stack != few) PyMem_Free(stack);
    return result;
}

/* The classes and functions that are written in Python and that this module makes objects of, by keyword. */
static PyObject *set_up(PyObject *module, PyObject *args, PyObject *kwargs) {
    struct state *s = py_state_of_module(module);
    const struct {
        const char *name;
        PyObject **place;
    } parts_in_python[] = {
        {"module", &s->module_class},       {"object", &s->object_class},
        {"size", &s->size_class},           {"warn", &s->warn},
        {"enum", &s->enum_member},          {"named_tuple", &s->named_tuple},
        {"result_tuple", &s->result_tuple}, {"method", &s->bound_method},
        {"tensor", &s->tensor_maker},       {"tensor_from", &s->tensor_from},
        {"function", &s->function_class},   {"array_view", &s->array_view},
        {"torch_taken", &s->torch_taken},   {"torch_given", &s->torch_given},
        {"graph", &s->graph_class},         {"block", &s->block_class},
        {"node", &s->node_class},           {"value", &s->value_class},
        {"types", &s->type_classes},
    };
    (void)args;
    for (size_t i = 0; i < sizeof parts_in_python / sizeof *parts_in_python; i++) {
        PyObject *given =
            kwargs ? PyDict_GetItemString(kwargs, parts_in_python[i].name) : NULL; /* borrowed */
        if (given) py_set_reference(parts_in_python[i].place, Py_NewRef(given));
    }
    Py_RETURN_NONE;
}

static PyObject *version(PyObject *module, PyObject *nothing) {
    (void)module, (void)nothing;
    return PyUnicode_FromString(lb_version());
}

static PyMethodDef functions[] = {
    {"set_up", (PyCFunction)(void (*)(void))set_up, METH_VARARGS | METH_KEYWORDS,
     "Makes the package's own classes known."},
    {"version", version, METH_NOARGS, "The library's version, \"0.1.0\"."},
    {0},
};

static int start(PyObject *module) {
    struct state *s = py_state_of_module(module);
    s->module = module;
    s->threads = 1;
    s->torch_name = PyUnicode_InternFromString("torch");
    s->is_neg_name = PyUnicode_InternFromString("is_neg");
    s->is_conj_name = PyUnicode_InternFromString("is_conj");
    if (!s->torch_name || !s->is_neg_name || !s->is_conj_name) return -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].add(module, s) < 0) return -1;
    return 0;
}

/* Every object that the state holds, for the garbage collector. */
static PyObject **held(struct state *s, int index) {
    PyObject **all[] = {
        (PyObject **)&s->context_type,
        (PyObject **)&s->tensor_type,
        (PyObject **)&s->dtype_type,
        (PyObject **)&s->device_type,
        (PyObject **)&s->opaque_type,
        (PyObject **)&s->layout_type,
        (PyObject **)&s->format_type,
        (PyObject **)&s->operator_type,
        (PyObject **)&s->method_type,
        (PyObject **)&s->module_type,
        (PyObject **)&s->unit_type,
        (PyObject **)&s->type_type,
        (PyObject **)&s->function_type,
        (PyObject **)&s->graph_type,
        (PyObject **)&s->block_type,
        (PyObject **)&s->node_type,
        (PyObject **)&s->value_type,
        &s->function_class,
        &s->graph_class,
        &s->block_class,
        &s->node_class,
        &s->value_class,
        &s->type_classes,
        &s->jit_error,
        &s->module_class,
        &s->object_class,
        &s->size_class,
        &s->context_key,
        &s->torch_tensor,
        &s->torch_name,
        &s->is_neg_name,
        &s->is_conj_name,
        &s->torch_export,
        &s->torch_import,
        &s->warn,
        &s->enum_member,
        &s->named_tuple,
        &s->result_tuple,
        &s->bound_method,
        &s->tensor_maker,
        &s->tensor_from,
        &s->array_view,
        &s->tracer,
        &s->tracer_pause,
        &s->torch_taken,
        &s->torch_given,
    };
    int count = (int)(sizeof all / sizeof *all);
    if (index < count) return all[index];
    return index < count + DTYPE_COUNT ? &s->dtypes[index - count] : NULL;
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
    struct state *s = py_state_of_module(module);
    for (int i = 0; held(s, i); i++) Py_VISIT(*held(s, i));
    return 0;
}

static int clear(PyObject *module) {
    struct state *s = py_state_of_module(module);
    for (int i = 0; held(s, i); i++) Py_CLEAR(*held(s, i));
    return 0;
}

static void finish(void *module) {
    clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, start}, {0}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "linkboy._C",
    .m_doc = "The parts of linkboy that are written in C. Use the package `linkboy` instead.",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = finish,
};

PyMODINIT_FUNC PyInit__C(void) {
    return PyModuleDef_Init(&definition);
}
