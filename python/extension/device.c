/* linkboy.device, made of "cpu", "cuda:1" or of a type and an index (torch.device); and Opaque, which stands
 * for a value that Python can only hold and hand back: a generator, a future, a packed weight. */
#include "extension.h"
#include <string.h>

/* ---- devices ---- */

struct device {
    PyObject_HEAD
    struct state *state;
    lb_value *value;
};

static lb_value *value_of(PyObject *self) {
    return ((struct device *)self)->value;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    lb_value_free(value_of(self));
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *around(struct state *s, PyTypeObject *type, lb_value *take_value) {
    struct device *d = PyObject_New(struct device, type);
    if (!d) {
        lb_value_free(take_value);
        return NULL;
    }
    d->state = s;
    d->value = take_value;
    return (PyObject *)d;
}

PyObject *py_device_new(struct state *s, lb_value *take_value) {
    return around(s, s->device_type, take_value);
}

PyObject *py_opaque_new(struct state *s, lb_value *take_value) {
    return around(s, s->opaque_type, take_value);
}

const lb_value *py_held_value(struct state *s, PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    return type == s->device_type || type == s->opaque_type ? value_of(object) : NULL;
}

/* Of both types: the text that the library has for it. */
static PyObject *text_of(PyObject *self) {
    struct state *s = ((struct device *)self)->state;
    struct context *c = py_context_of_thread(s);
    char *text = c ? lb_value_text(value_of(self), c->error) : NULL;
    if (!text) return c ? py_raise_error(s, c->error) : NULL;
    PyObject *string = PyUnicode_FromString(text);
    lb_text_free(text);
    return string;
}

static PyObject *device_from_text(struct state *s, const char *text) {
    struct context *c = py_context_of_thread(s);
    lb_value *value = c ? lb_device_new(text, c->error) : NULL;
    if (!value) return c ? py_raise_error(s, c->error) : NULL;
    return py_device_new(s, value);
}

/* device("cuda:1"), device("cuda", 1), device(device) */
static PyObject *make_device(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"type", "index", NULL};
    struct state *s = PyType_GetModuleState(type);
    PyObject *of, *index = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:device", names, &of, &index)) return NULL;
    if (Py_TYPE(of) == s->device_type) return Py_NewRef(of);
    PyObject *text = index == Py_None ? PyObject_Str(of) : PyUnicode_FromFormat("%S:%S", of, index);
    const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    PyObject *device = bytes ? device_from_text(s, bytes) : NULL;
    Py_XDECREF(text);
    return device;
}

/* The text up to the colon and behind it, or NULL for `index` where there is none. */
static PyObject *part_of(PyObject *self, bool index) {
    PyObject *text = text_of(self);
    const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    const char *colon = bytes ? strchr(bytes, ':') : NULL;
    PyObject *part = NULL;
    if (bytes && index)
        part = colon ? PyLong_FromString(colon + 1, NULL, 10) : Py_NewRef(Py_None);
    else if (bytes)
        part = colon ? PyUnicode_FromStringAndSize(bytes, colon - bytes) : PyUnicode_FromString(bytes);
    Py_XDECREF(text);
    return part;
}

static PyObject *type(PyObject *self, void *closure) {
    (void)closure;
    return part_of(self, false);
}

static PyObject *place(PyObject *self, void *closure) {
    (void)closure;
    return part_of(self, true);
}

static PyObject *repr(PyObject *self) {
    PyObject *kind = part_of(self, false), *index = kind ? part_of(self, true) : NULL;
    PyObject *text = NULL;
    if (index && index == Py_None) text = PyUnicode_FromFormat("device(type=%R)", kind);
    if (index && index != Py_None) text = PyUnicode_FromFormat("device(type=%R, index=%S)", kind, index);
    Py_XDECREF(kind);
    Py_XDECREF(index);
    return text;
}

static PyObject *compare(PyObject *self, PyObject *other, int how) {
    if (Py_TYPE(self) != Py_TYPE(other) || (how != Py_EQ && how != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
    return PyBool_FromLong(lb_value_same(value_of(self), value_of(other)) == (how == Py_EQ));
}

static Py_hash_t hash(PyObject *self) {
    PyObject *text = text_of(self);
    Py_hash_t h = text ? PyObject_Hash(text) : -1;
    Py_XDECREF(text);
    return h;
}

static PyObject *reduce(PyObject *self, PyObject *nothing) {
    (void)nothing;
    PyObject *text = text_of(self);
    return text ? Py_BuildValue("(O(N))", (PyObject *)Py_TYPE(self), text) : NULL;
}

static PyGetSetDef members[] = {
    {"type", type, NULL, "\"cpu\"", NULL},
    {"index", place, NULL, "Its number, or None.", NULL},
    {0},
};
static PyMethodDef methods[] = {{"__reduce__", reduce, METH_NOARGS, NULL}, {0}};
static PyType_Slot device_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_new, make_device},
    {Py_tp_repr, repr},
    {Py_tp_str, text_of},
    {Py_tp_hash, hash},
    {Py_tp_richcompare, compare},
    {Py_tp_getset, members},
    {Py_tp_methods, methods},
    {Py_tp_doc, "device(type, index=None): where a tensor is (torch.device). linkboy computes on \"cpu\"."},
    {0},
};
static PyType_Spec device_spec = {"linkboy.device", sizeof(struct device), 0, Py_TPFLAGS_DEFAULT,
                                  device_slots};

static PyType_Slot opaque_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, text_of},
    {Py_tp_doc, "A value of a program's that Python can only hold and hand back."},
    {0},
};
static PyType_Spec opaque_spec = {"linkboy.Opaque", sizeof(struct device), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, opaque_slots};

int py_add_devices(PyObject *module, struct state *s) {
    s->device_type = py_add_type(module, &device_spec, NULL);
    s->opaque_type = py_add_type(module, &opaque_spec, NULL);
    return s->device_type && s->opaque_type ? 0 : -1;
}
