/* linkboy.dtype, linkboy.layout and linkboy.memory_format: one object for each, with PyTorch's names. To
 * programs they are ints. PyTorch's own objects of these classes are known by their texts ("torch.float32").
 */
#include "extension.h"
#include <string.h>

struct constant {
    PyObject_HEAD
    int64_t number;
    const char *name;
};

/* Numbers of c10/core/Layout.h and c10/core/MemoryFormat.h. */
static const struct named {
    const char *name;
    int64_t number;
} layouts[] = {{"strided", LB_STRIDED},       {"sparse_coo", LB_SPARSE_COO},
               {"sparse_csr", LB_SPARSE_CSR}, {"sparse_csc", LB_SPARSE_CSC},
               {"sparse_bsr", LB_SPARSE_BSR}, {"sparse_bsc", LB_SPARSE_BSC},
               {"jagged", LB_NESTED},         {NULL, 0}},
  formats[] = {{"contiguous_format", 0},
               {"preserve_format", 1},
               {"channels_last", 2},
               {"channels_last_3d", 3},
               {NULL, 0}},
  /* c10/core/QScheme.h */
    qschemes[] = {{"per_tensor_affine", 0},
                  {"per_channel_affine", 1},
                  {"per_tensor_symmetric", 2},
                  {"per_channel_symmetric", 3},
                  {"per_channel_affine_float_qparams", 4},
                  {NULL, 0}},
  /* Dtypes of PyTorch that no tensor here has (c10/core/ScalarType.h): programs may name them. */
    other_dtypes[] = {{"quint4x2", 16},
                      {"quint2x4", 17},
                      {"bits1x8", 18},
                      {"bits2x4", 19},
                      {"bits4x2", 20},
                      {"bits8", 21},
                      {"bits16", 22},
                      {"float8_e5m2", 23},
                      {"float8_e4m3fn", 24},
                      {"float8_e5m2fnuz", 25},
                      {"float8_e4m3fnuz", 26},
                      {"uint16", 27},
                      {"uint32", 28},
                      {"uint64", 29},
                      {"uint1", 30},
                      {"uint2", 31},
                      {"uint3", 32},
                      {"uint4", 33},
                      {"uint5", 34},
                      {"uint6", 35},
                      {"uint7", 36},
                      {"int1", 37},
                      {"int2", 38},
                      {"int3", 39},
                      {"int4", 40},
                      {"int5", 41},
                      {"int6", 42},
                      {"int7", 43},
                      {"float8_e8m0fnu", 44},
                      {"float4_e2m1fn_x2", 45},
                      {NULL, 0}},
  /* PyTorch's second names of dtypes. */
    second_names[] = {{"half", LB_FLOAT16},       {"float", LB_FLOAT32},
                      {"double", LB_FLOAT64},     {"short", LB_INT16},
                      {"int", LB_INT32},          {"long", LB_INT64},
                      {"chalf", LB_COMPLEX32},    {"cfloat", LB_COMPLEX64},
                      {"cdouble", LB_COMPLEX128}, {NULL, 0}};

static struct constant *self_of(PyObject *self) {
    return (struct constant *)self;
}

PyObject *py_dtype_of(struct state *s, lb_dtype dtype) {
    if ((unsigned)dtype < DTYPE_COUNT && s->dtypes[dtype]) return Py_NewRef(s->dtypes[dtype]);
    return PyErr_Format(PyExc_RuntimeError, "there is no dtype %d", (int)dtype);
}

PyObject *py_layout_of(struct state *s, lb_layout layout) {
    PyObject *name = NULL;
    for (const struct named *n = layouts; n->name; n++)
        if (n->number == (int64_t)layout) name = PyObject_GetAttrString(s->module, n->name);
    return name ? name : PyErr_Format(PyExc_RuntimeError, "there is no layout %d", (int)layout);
}

/* ---- PyTorch's ---- */

static int64_t find_named(const struct named *in, const char *name) {
    for (; in->name; in++)
        if (!strcmp(name, in->name)) return in->number;
    return -1;
}

static int64_t dtype_named(const char *name) {
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (!strcmp(name, lb_dtype_name((lb_dtype)i))) return i;
    return find_named(other_dtypes, name);
}

/* By its class's name and its text. */
static int64_t number_of_torch(PyObject *object, const char *class) {
    bool dtype = !strcmp(class, "dtype");
    const struct named *others = !strcmp(class, "layout")          ? layouts
                                 : !strcmp(class, "memory_format") ? formats
                                 : !strcmp(class, "qscheme")       ? qschemes
                                                                   : NULL;
    PyObject *text = dtype || others ? PyObject_Str(object) : NULL;
    const char *name = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    if (name && !strncmp(name, "torch.", 6)) name += 6;
    int64_t number = !name ? -1 : dtype ? dtype_named(name) : find_named(others, name);
    Py_XDECREF(text);
    return number;
}

/* dtype=float means float64. */
static int64_t number_of_class(PyObject *class) {
    const struct {
        PyTypeObject *class;
        lb_dtype dtype;
    } known[] = {{&PyFloat_Type, LB_FLOAT64},
                 {&PyLong_Type, LB_INT64},
                 {&PyBool_Type, LB_BOOL8},
                 {&PyComplex_Type, LB_COMPLEX128}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (class == (PyObject *)known[i].class) return known[i].dtype;
    return -1;
}

int64_t py_constant_number(struct state *s, PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    if (PyType_Check(object)) return number_of_class(object);
    if (type == s->dtype_type || type == s->layout_type || type == s->format_type)
        return self_of(object)->number;
    PyObject *class = PyType_GetName(type);
    const char *name = class ? PyUnicode_AsUTF8AndSize(class, NULL) : NULL;
    int64_t number = name ? number_of_torch(object, name) : -1;
    Py_XDECREF(class);
    PyErr_Clear();
    return number;
}

int py_dtype_number(struct state *s, PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    int64_t number = type == s->layout_type || type == s->format_type ? -1 : py_constant_number(s, object);
    return number < DTYPE_COUNT ? (int)number : -1;
}

/* ---- the objects ---- */

static PyObject *repr(PyObject *self) {
    return PyUnicode_FromFormat("torch.%s", self_of(self)->name);
}

/* Its name in linkboy, which pickle looks up. */
static PyObject *reduce(PyObject *self, PyObject *nothing) {
    (void)nothing;
    return PyUnicode_FromString(self_of(self)->name);
}

static bool among(PyObject *self, uint32_t dtypes) {
    return dtypes >> self_of(self)->number & 1;
}

static PyObject *itemsize(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromSize_t(lb_dtype_size((lb_dtype)self_of(self)->number));
}

static PyObject *is_floating_point(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(
        among(self, 1u << LB_FLOAT16 | 1u << LB_FLOAT32 | 1u << LB_FLOAT64 | 1u << LB_BFLOAT16));
}

static PyObject *is_complex(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(among(self, 1u << LB_COMPLEX32 | 1u << LB_COMPLEX64 | 1u << LB_COMPLEX128));
}

static PyObject *is_signed(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(!among(self, 1u << LB_UINT8 | 1u << LB_BOOL8 | 1u << LB_QUINT8));
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

static PyGetSetDef dtype_members[] = {
    {"itemsize", itemsize, NULL, "Bytes of an element.", NULL},
    {"is_floating_point", is_floating_point, NULL, NULL, NULL},
    {"is_complex", is_complex, NULL, NULL, NULL},
    {"is_signed", is_signed, NULL, NULL, NULL},
    {0},
};
static PyMethodDef methods[] = {{"__reduce__", reduce, METH_NOARGS, NULL}, {0}};

static PyType_Slot dtype_slots[] = {{Py_tp_dealloc, dealloc},
                                    {Py_tp_repr, repr},
                                    {Py_tp_getset, dtype_members},
                                    {Py_tp_methods, methods},
                                    {Py_tp_doc, "The type of a tensor's elements (torch.dtype)."},
                                    {0}};
static PyType_Slot layout_slots[] = {{Py_tp_dealloc, dealloc},
                                     {Py_tp_repr, repr},
                                     {Py_tp_methods, methods},
                                     {Py_tp_doc, "How a tensor keeps its elements (torch.layout)."},
                                     {0}};
static PyType_Slot format_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, repr},
    {Py_tp_methods, methods},
    {Py_tp_doc, "In which order a tensor keeps its elements (torch.memory_format)."},
    {0}};
enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION };
static PyType_Spec dtype_spec = {"linkboy.dtype", sizeof(struct constant), 0, FLAGS, dtype_slots};
static PyType_Spec layout_spec = {"linkboy.layout", sizeof(struct constant), 0, FLAGS, layout_slots};
static PyType_Spec format_spec = {"linkboy.memory_format", sizeof(struct constant), 0, FLAGS, format_slots};

/* A new object, which the module holds under its name too. */
static PyObject *add_constant(PyObject *module, PyTypeObject *type, const char *name, int64_t number) {
    struct constant *c = PyObject_New(struct constant, type);
    if (!c) return NULL;
    c->number = number;
    c->name = name;
    if (PyModule_AddObjectRef(module, name, (PyObject *)c) == 0) return (PyObject *)c;
    Py_DECREF((PyObject *)c);
    return NULL;
}

static int add_named(PyObject *module, PyTypeObject *type, const struct named *list) {
    for (; list->name; list++) {
        PyObject *constant = add_constant(module, type, list->name, list->number);
        if (!constant) return -1;
        Py_DECREF(constant);
    }
    return 0;
}

int py_add_dtypes(PyObject *module, struct state *s) {
    s->dtype_type = py_add_type(module, &dtype_spec, NULL);
    s->layout_type = py_add_type(module, &layout_spec, NULL);
    s->format_type = py_add_type(module, &format_spec, NULL);
    if (!s->dtype_type || !s->layout_type || !s->format_type) return -1;
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (!(s->dtypes[i] = add_constant(module, s->dtype_type, lb_dtype_name((lb_dtype)i), i))) return -1;
    for (const struct named *n = second_names; n->name; n++)
        if (PyModule_AddObjectRef(module, n->name, s->dtypes[n->number]) < 0) return -1;
    if (add_named(module, s->layout_type, layouts) < 0) return -1;
    return add_named(module, s->format_type, formats);
}
