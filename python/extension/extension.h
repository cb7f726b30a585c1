/* The Python extension `linkboy._C`: what its files share.
 *
 * It stands on include/linkboy.h and CPython's limited API (3.11) alone. Each file is a part: it brings one
 * kind of object and has one function `add_...(module, state)` in the table of extension.c. All that lives as
 * long as the module is in `struct state`; every object of ours keeps a pointer to it (its type keeps the
 * module alive), and nothing is global.
 *
 * What the files share is named py_..., so that it never meets a name of the library's, which is linked in.
 * Functions that return a PyObject or lb_value pointer return NULL with a Python exception set, int and bool
 * ones -1 and false. */
#ifndef LINKBOY_PYTHON_EXTENSION_H
#define LINKBOY_PYTHON_EXTENSION_H
#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include "linkboy.h"
#include <Python.h>
#include <structmember.h>

enum { DTYPE_COUNT = 16 };

/* The vectorcall protocol became a part of the limited API with 3.12, as 3.11 has had it: the same flag, the
 * same bit of the count, the same member "__vectorcalloffset__". */
#if Py_LIMITED_API < 0x030C0000
typedef PyObject *(*vectorcallfunc)(PyObject *callable, PyObject *const *args, size_t flags,
                                    PyObject *kwnames);
#endif
#define HAVE_VECTORCALL   (1UL << 11)
#define METHOD_DESCRIPTOR (1UL << 17)
#define VECTORCALL_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))

/* What belongs to one module object, hence to one interpreter. */
struct state {
    PyObject *module; /* borrowed: linkboy._C itself */

    /* Types, by the files that make them. */
    PyTypeObject *context_type, *tensor_type, *dtype_type, *device_type, *opaque_type, *layout_type;
    PyTypeObject *operator_type, *format_type, *method_type, *module_type;
    PyTypeObject *unit_type, *type_type, *function_type;
    PyTypeObject *graph_type, *block_type, *node_type, *value_type;

    /* linkboy.float32, ... by number; linkboy.jit.Error. */
    PyObject *dtypes[DTYPE_COUNT];
    PyObject *jit_error;

    /* Python classes over module_type (modules, objects of script classes) and function_type; linkboy.Size.
     */
    PyObject *module_class, *object_class;
    PyObject *function_class;
    PyObject *graph_class, *block_class, *node_class, *value_class; /* of graphs.py */
    PyObject *type_classes;                                         /* of types.py, by kind */
    PyObject *size_class;

    /* Python functions: what shows a program's warning; of classes.py; types.MethodType; what Tensor(...)
     * calls, and linkboy.tensor; of arrays.py. */
    PyObject *warn;
    PyObject *enum_member, *named_tuple, *result_tuple;
    PyObject *bound_method;
    PyObject *tensor_maker, *tensor_from;
    PyObject *array_view;
    PyObject *torch_taken, *torch_given; /* of torch_tensors.py */

    /* Who is told of calls while a trace is made, and in which context they run; else NULL. */
    PyObject *tracer, *tracer_pause;

    /* torch.Tensor once torch has been imported, else NULL; to_dlpack and from_dlpack; names of its methods.
     */
    PyObject *torch_tensor;
    PyObject *torch_export, *torch_import;
    PyObject *torch_name, *is_neg_name, *is_conj_name;

    /* Where a thread's dict keeps its context, and what contexts are made with; `seed` is meant if `seeded`.
     */
    PyObject *context_key;
    int threads;
    uint64_t seed;
    bool seeded;

    lb_print_options print; /* how tensors are shown */
};

/* A table of these ends with a NULL add. */
struct part {
    const char *name;
    int (*add)(PyObject *module, struct state *state);
};

int py_add_errors(PyObject *module, struct state *state);
int py_add_contexts(PyObject *module, struct state *state);
int py_add_dtypes(PyObject *module, struct state *state);
int py_add_devices(PyObject *module, struct state *state);
int py_add_tensors(PyObject *module, struct state *state);
int py_add_creation(PyObject *module, struct state *state);
int py_add_operators(PyObject *module, struct state *state);
int py_add_modules(PyObject *module, struct state *state);
int py_add_files(PyObject *module, struct state *state);
int py_add_methods(PyObject *module, struct state *state);
int py_add_types(PyObject *module, struct state *state);
int py_add_functions(PyObject *module, struct state *state);
int py_add_units(PyObject *module, struct state *state);
int py_add_tracer(PyObject *module, struct state *state);
int py_add_traces(PyObject *module, struct state *state);
int py_add_graphs(PyObject *module, struct state *state);
int py_add_graph_parts(PyObject *module, struct state *state);
int py_add_graph_nodes(PyObject *module, struct state *state);

/* A type made from its spec, known to the module by its name. */
PyTypeObject *py_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base);
/* Puts a new reference in the place of another. */
void py_set_reference(PyObject **place, PyObject *take);
struct state *py_state_of_module(PyObject *module);
/* Calls a vectorcall function with a tuple and a dict (or NULL), for tp_call. */
PyObject *py_call_with_tuple(PyObject *self, vectorcallfunc function, PyObject *args, PyObject *kwargs);

/* ---- errors.c ---- */

/* Raises the Python exception for an error of the library's and clears it; always NULL. */
void *py_raise_error(struct state *state, lb_error *err);
/* An lb_error for one function's use; memory errors are raised. */
lb_error *py_error_new(void);

/* ---- context.c: one lb_context a thread ---- */

struct context {
    PyObject_HEAD
    struct state *state;
    lb_context *handle;
    lb_error *error;
    int threads;       /* of its pool; state->threads may have changed since */
    int calls;         /* that are running: print and warn may call again */
    PyObject *pending; /* an exception that print or warn raised during a call: it ends the call */
};

/* The calling thread's (borrowed; it lives as long as the thread). */
struct context *py_context_of_thread(struct state *state);
/* Ends a call: true when print or warn raised (the exception is set). */
bool py_context_raised(struct context *c);

/* ---- values_in.c, values_out.c ---- */

/* Python objects turned into values for one call. `torch` is set when a torch tensor was among them: results
 * are torch tensors then. */
struct incoming {
    struct state *state;
    lb_error *err; /* of the thread's context */
    bool torch;
    int depth;
};

/* A new handle for any Python object. */
lb_value *py_value_from(struct incoming *in, PyObject *object);
/* The same, but handles of our own tensors are lent: *lent says whether the handle is to be freed. */
lb_value *py_value_borrow(struct incoming *in, PyObject *object, bool *lent);

/* ---- arguments.c ---- */

enum { FEW_ARGUMENTS = 16 };

/* The arguments of one call: positional ones, then named ones. */
struct arguments {
    struct incoming in;
    PyObject *const *objects; /* borrowed */
    lb_value **values;
    bool *lent; /* the value belongs to its object */
    const char **names;
    Py_ssize_t count, named, filled;
    lb_value *few[FEW_ARGUMENTS];
    bool few_lent[FEW_ARGUMENTS];
    const char *few_names[FEW_ARGUMENTS];
};

/* To be ended in any case. */
bool py_arguments_take(struct arguments *a, struct context *context, PyObject *const *args, Py_ssize_t count,
                       PyObject *kwnames);
void py_arguments_end(struct arguments *a);
/* The argument that is the same tensor as the result, a new reference; NULL without an exception: none. */
PyObject *py_arguments_same(const struct arguments *a, const lb_value *result);

/* Takes the handle over. `owner` is the ScriptModule whose program the value belongs to, or its Unit (may be
 * NULL: then there are no objects in it). */
PyObject *py_value_to(struct state *state, lb_value *take_value, PyObject *owner, bool torch);

/* ---- operator.c ---- */

/* Calls an operator by name, as PyTorch's Python functions do. */
PyObject *py_op_call(struct state *state, const char *op, PyObject *const *args, Py_ssize_t count,
                     PyObject *kwnames);

/* ---- tracer.c ---- */

/* Tells the tracer of a call that has been made; for when there is one. Takes the result over and gives it
 * back, or what the tracer has in its place; NULL with an exception when it raises. `callee` NULL: an
 * operator, `what` its schema. */
PyObject *py_tell(struct state *state, PyObject *callee, const char *what, const struct arguments *a,
                  PyObject *take_result);
/* Around a call of a function or method: what conversions of values ask of Python is not seen by a trace.
 * *pause is NULL where there is nothing to end. */
bool py_tracer_pause(struct state *state, PyObject **pause);
/* Gives the result back, or NULL with an exception. */
PyObject *py_tracer_resume(PyObject *take_pause, PyObject *take_result);

/* ---- dtype.c ---- */

PyObject *py_dtype_of(struct state *state, lb_dtype dtype); /* a new reference */
PyObject *py_layout_of(struct state *state, lb_layout layout);
/* The number of a dtype, layout or memory format, linkboy's or torch's; -1 without an exception: it is none.
 */
int64_t py_constant_number(struct state *state, PyObject *object);
int py_dtype_number(struct state *state, PyObject *object);

/* ---- device.c ---- */

/* Both take the value over. */
PyObject *py_device_new(struct state *state, lb_value *take_value);
PyObject *py_opaque_new(struct state *state, lb_value *take_value);
/* What a device or an Opaque holds (borrowed); NULL without an exception: it is neither. */
const lb_value *py_held_value(struct state *state, PyObject *object);

/* ---- tensor.c ---- */

struct tensor {
    PyObject_HEAD
    struct state *state;
    lb_value *value;
    PyObject *dict; /* attributes that Python code sets; NULL: none */
    PyObject *weak;
};

/* The slots of tensor_numbers.c and tensor_index.c, for tensor.c to put together. */
extern const PyType_Slot py_tensor_number_slots[], py_tensor_index_slots[];

/* Takes the handle over. */
PyObject *py_tensor_new(struct state *state, lb_value *take_value);
/* NULL without an exception: not a linkboy.Tensor. */
struct tensor *py_tensor_of(PyObject *object, struct state *state);
/* The same where no state is at hand. */
struct tensor *py_tensor_any(PyObject *object);

/* ---- dlpack.c: memory shared with others ---- */

/* A capsule "dltensor" that keeps the tensor's memory. */
PyObject *py_dlpack_export(struct state *state, const lb_value *tensor);
/* A tensor over the capsule's memory; the capsule is used up. */
lb_value *py_dlpack_import(struct incoming *in, PyObject *capsule);
/* The same for an object with __dlpack__(). */
lb_value *py_dlpack_object_import(struct incoming *in, PyObject *object);
/* A tensor over the memory of an object with the buffer protocol, as NumPy's arrays are. */
lb_value *py_array_import(struct incoming *in, PyObject *object);
/* Frees a Python object from any thread: for lb_tensor_borrow's release. */
void py_release_object(void *object);

/* ---- script_module.c, method.c ---- */

struct module {
    PyObject_HEAD
    struct state *state;
    lb_module *handle;
    PyObject *dict; /* the instance's own attributes */
    PyObject *weak;
};

/* Takes the handle over; the class is state->module_class or, for an object of a script class, object_class.
 */
PyObject *py_module_new(struct state *state, lb_module *take_handle);
struct module *py_module_of(PyObject *object, struct state *state);
/* A text of one of its methods. */
PyObject *py_module_text(PyObject *module, lb_text_kind kind, const char *method);
/* A copy of the graph of one of its methods, with calls inlined or as it is (graph.c). */
PyObject *py_module_graph(PyObject *module, const char *method, bool inlined);
/* A bound method. */
PyObject *py_method_new(struct state *state, PyObject *module, const char *name);
/* Calls a method: positional arguments, then those whose names are in kwnames (a tuple or NULL). */
PyObject *py_module_call(PyObject *module, const char *method, PyObject *const *args, Py_ssize_t count,
                         PyObject *kwnames);

#endif
