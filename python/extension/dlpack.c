/* Memory shared with others: DLPack capsules (dmlc/dlpack, dlpack.h: the structs below are its ABI), and the
 * buffer protocol for NumPy's arrays and all else that has it. Nothing is copied; who lends memory is held by
 * a reference until the last tensor over it has gone. */
#include "extension.h"
#include <stdlib.h>
#include <string.h>

/* ---- the ABI of DLPack 0 ---- */

enum dl_device_type { DL_CPU = 1, DL_CUDA_HOST = 3 };
enum dl_type_code { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_COMPLEX = 5, DL_BOOL = 6 };

struct dl_tensor {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides; /* in elements; strides NULL: row-major */
    uint64_t byte_offset;
};

struct dl_managed {
    struct dl_tensor tensor;
    void *context;
    void (*deleter)(struct dl_managed *self);
};

static const struct {
    lb_dtype dtype;
    uint8_t code, bits;
} dl_types[] = {
    {LB_UINT8, DL_UINT, 8},           {LB_INT8, DL_INT, 8},
    {LB_INT16, DL_INT, 16},           {LB_INT32, DL_INT, 32},
    {LB_INT64, DL_INT, 64},           {LB_FLOAT16, DL_FLOAT, 16},
    {LB_FLOAT32, DL_FLOAT, 32},       {LB_FLOAT64, DL_FLOAT, 64},
    {LB_COMPLEX32, DL_COMPLEX, 32},   {LB_COMPLEX64, DL_COMPLEX, 64},
    {LB_COMPLEX128, DL_COMPLEX, 128}, {LB_BOOL8, DL_BOOL, 8},
    {LB_BFLOAT16, DL_BFLOAT, 16},
};
enum { DL_TYPE_COUNT = sizeof dl_types / sizeof *dl_types };

/* ---- out ---- */

/* From malloc, since whoever deletes it need not hold the GIL. */
struct exported {
    struct dl_managed managed;
    lb_value *value;
    int64_t dims[]; /* shape, then strides */
};

static void delete_exported(struct dl_managed *self) {
    struct exported *e = self->context;
    lb_value_free(e->value);
    free(e);
}

static void drop_capsule(PyObject *capsule) {
    if (!PyCapsule_IsValid(capsule, "dltensor")) return; /* used: its taker deletes */
    struct dl_managed *m = PyCapsule_GetPointer(capsule, "dltensor");
    if (m && m->deleter) m->deleter(m);
}

static struct exported *fill_exported(struct exported *e, const lb_value *tensor, int type) {
    int ndim = lb_tensor_ndim(tensor);
    memcpy(e->dims, lb_tensor_sizes(tensor), sizeof(int64_t) * (size_t)ndim);
    memcpy(e->dims + ndim, lb_tensor_strides(tensor), sizeof(int64_t) * (size_t)ndim);
    struct dl_tensor *t = &e->managed.tensor;
    t->data = lb_tensor_data(tensor);
    t->device.type = DL_CPU;
    t->ndim = ndim;
    t->dtype.code = dl_types[type].code;
    t->dtype.bits = dl_types[type].bits;
    t->dtype.lanes = 1;
    t->shape = e->dims;
    t->strides = e->dims + ndim;
    e->managed.context = e;
    e->managed.deleter = delete_exported;
    return e;
}

PyObject *py_dlpack_export(struct state *s, const lb_value *tensor) {
    int type = 0;
    while (type < DL_TYPE_COUNT && dl_types[type].dtype != lb_tensor_dtype(tensor)) type++;
    if (type == DL_TYPE_COUNT || lb_tensor_layout(tensor) != LB_STRIDED)
        return PyErr_Format(PyExc_BufferError, "DLPack knows strided tensors of plain dtypes only");
    struct context *c = py_context_of_thread(s);
    size_t dims = 2 * sizeof(int64_t) * (size_t)lb_tensor_ndim(tensor);
    struct exported *e = c ? calloc(1, sizeof *e + dims) : NULL;
    if (!c) return NULL;
    if (!e) return PyErr_NoMemory();
    e->value = lb_value_copy(tensor, c->error);
    if (!e->value) {
        free(e);
        return py_raise_error(s, c->error);
    }
    PyObject *capsule = PyCapsule_New(&fill_exported(e, tensor, type)->managed, "dltensor", drop_capsule);
    if (!capsule) delete_exported(&e->managed);
    return capsule;
}

/* ---- in ---- */

static void delete_imported(void *user) {
    struct dl_managed *m = user;
    if (!m->deleter) return;
    if (!Py_IsInitialized()) return; /* the deleter may be Python's: better to lose the memory */
    PyGILState_STATE lock = PyGILState_Ensure();
    m->deleter(m);
    PyGILState_Release(lock);
}

static int dl_type_of(const struct dl_tensor *t) {
    for (int i = 0; i < DL_TYPE_COUNT && t->dtype.lanes == 1; i++)
        if (dl_types[i].code == t->dtype.code && dl_types[i].bits == t->dtype.bits) return i;
    return -1;
}

lb_value *py_dlpack_import(struct incoming *in, PyObject *capsule) {
    struct dl_managed *m = PyCapsule_GetPointer(capsule, "dltensor");
    if (!m) return NULL;
    const struct dl_tensor *t = &m->tensor;
    int type = dl_type_of(t);
    if (type < 0 || (t->device.type != DL_CPU && t->device.type != DL_CUDA_HOST)) {
        PyErr_Format(PyExc_BufferError, "a DLPack tensor of type %d, %d bits, on device %d can't be taken",
                     t->dtype.code, t->dtype.bits, (int)t->device.type);
        return NULL;
    }
    lb_value *value = lb_tensor_borrow(dl_types[type].dtype, t->ndim, t->shape, t->strides,
                                       (char *)t->data + t->byte_offset, delete_imported, m, in->err);
    if (!value) return py_raise_error(in->state, in->err);
    PyCapsule_SetName(capsule, "used_dltensor");
    return value;
}

lb_value *py_dlpack_object_import(struct incoming *in, PyObject *object) {
    PyObject *capsule = PyObject_CallMethod(object, "__dlpack__", NULL);
    lb_value *value = capsule ? py_dlpack_import(in, capsule) : NULL;
    Py_XDECREF(capsule);
    return value;
}

void py_release_object(void *object) {
    if (!Py_IsInitialized()) return;
    PyGILState_STATE lock = PyGILState_Ensure();
    Py_DECREF((PyObject *)object);
    PyGILState_Release(lock);
}

/* ---- the buffer protocol ---- */

static void release_buffer(void *user) {
    if (!Py_IsInitialized()) return;
    PyGILState_STATE lock = PyGILState_Ensure();
    PyBuffer_Release(user);
    PyMem_Free(user);
    PyGILState_Release(lock);
}

/* The dtype of struct's format letter and the item's size; -1: none. */
static int dtype_of_format(const char *format, Py_ssize_t size) {
    const char *f = format ? format : "B";
    if (*f == '@' || *f == '=' || (*f == '<' && *(const uint8_t *)&(uint16_t){1})) f++;
    if (!strcmp(f, "?")) return LB_BOOL8;
    if (!strcmp(f, "e")) return LB_FLOAT16;
    if (!strcmp(f, "f")) return LB_FLOAT32;
    if (!strcmp(f, "d")) return LB_FLOAT64;
    if (!strcmp(f, "Zf")) return LB_COMPLEX64;
    if (!strcmp(f, "Zd")) return LB_COMPLEX128;
    if (!strcmp(f, "B") || !strcmp(f, "c")) return LB_UINT8;
    if (f[0] && !f[1] && strchr("bhilqn", *f))
        return size == 1 ? LB_INT8 : size == 2 ? LB_INT16 : size == 4 ? LB_INT32 : size == 8 ? LB_INT64 : -1;
    return -1;
}

static lb_value *refuse_format(PyObject *object, const char *format) {
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name)
        PyErr_Format(
            PyExc_TypeError,
            "can't convert a %U with elements of format '%s'. The only supported ones are those of: "
            "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint8, and bool.",
            name, format ? format : "B");
    Py_XDECREF(name);
    return NULL;
}

/* Some exporters (ctypes) leave out what goes without saying: row-major strides, the shape of one dimension.
 */
static bool whole_elements(const Py_buffer *view, int64_t *sizes, int64_t *strides) {
    int64_t step = 1;
    for (int i = view->ndim - 1; i >= 0; i--) {
        sizes[i] = view->shape ? view->shape[i] : view->len / view->itemsize;
        strides[i] = step;
        step *= sizes[i];
    }
    return view->strides == NULL;
}

/* Sizes, and strides in elements; false where they are no whole number of elements, or negative. */
static bool element_strides(const Py_buffer *view, int64_t *sizes, int64_t *strides) {
    if (whole_elements(view, sizes, strides)) return true;
    for (int i = 0; i < view->ndim; i++) {
        if (view->strides[i] < 0 || view->strides[i] % view->itemsize) return false;
        strides[i] = view->strides[i] / view->itemsize;
    }
    return true;
}

/* What must not be written is not lent to programs, which may write. */
static lb_value *copied_buffer(struct incoming *in, Py_buffer *view, lb_dtype dtype, const int64_t *sizes) {
    lb_value *value = lb_tensor_from(dtype, view->ndim, sizes, NULL, in->err);
    if (!value) return py_raise_error(in->state, in->err);
    if (PyBuffer_ToContiguous(lb_tensor_data(value), view, view->len, 'C') == 0) {
        PyBuffer_Release(view);
        PyMem_Free(view);
        return value;
    }
    lb_value_free(value);
    return NULL;
}

/* The tensor that it gives keeps the view, or has done with it. */
static lb_value *over_buffer(struct incoming *in, PyObject *object, Py_buffer *view) {
    int dtype = dtype_of_format(view->format, view->itemsize);
    int64_t sizes[64], strides[64];
    if (dtype < 0 || view->ndim > 64) return refuse_format(object, view->format);
    if (!element_strides(view, sizes, strides))
        return (void *)PyErr_Format(
            PyExc_ValueError, "At least one stride in the given numpy array is negative or no multiple of "
                              "the element size, and tensors with such strides are not supported. (You can "
                              "probably work around this by making a copy of your array with array.copy().)");
    if (view->readonly) return copied_buffer(in, view, (lb_dtype)dtype, sizes);
    lb_value *value = lb_tensor_borrow((lb_dtype)dtype, view->ndim, sizes, strides, view->buf, release_buffer,
                                       view, in->err);
    return value ? value : py_raise_error(in->state, in->err);
}

lb_value *py_array_import(struct incoming *in, PyObject *object) {
    Py_buffer *view = PyMem_Calloc(1, sizeof *view);
    if (!view) return (void *)PyErr_NoMemory();
    if (PyObject_GetBuffer(object, view, PyBUF_RECORDS_RO) < 0) {
        PyMem_Free(view);
        return NULL;
    }
    lb_value *value = over_buffer(in, object, view);
    if (value) return value;
    PyBuffer_Release(view);
    PyMem_Free(view);
    return NULL;
}
