/* x[...] and x[...] = value, by the rules of torch/csrc/autograd/python_variable_indexing.cpp: ints select,
 * slices slice, None and booleans make dimensions, and what is left, tensors and lists, is one call of
 * aten::index or aten::index_put_ over the view that the others made. */
#include "extension.h"

enum { MOST_DIMS = 64 };

/* A view that is being made, and the tensors that index it. */
struct indexing {
    struct state *state;
    PyObject *view;               /* owned */
    int dim;                      /* the next one that an index is for */
    int selected;                 /* how many dimensions ints have taken away */
    PyObject *tensors[MOST_DIMS]; /* by dimension; owned, NULL: none */
    int count;
};

static void finish(struct indexing *x) {
    Py_XDECREF(x->view);
    for (int i = 0; i < x->count; i++) Py_XDECREF(x->tensors[i]);
}

/* Calls an operator on the view with ints, which becomes its result. */
static bool step(struct indexing *x, const char *op, const Py_ssize_t *numbers, int count) {
    PyObject *args[6] = {x->view};
    bool good = true;
    for (int i = 0; i < count; i++) good = (args[i + 1] = PyLong_FromSsize_t(numbers[i])) && good;
    PyObject *view = good ? py_op_call(x->state, op, args, count + 1, NULL) : NULL;
    for (int i = 0; i < count; i++) Py_XDECREF(args[i + 1]);
    if (view) py_set_reference(&x->view, view);
    return view != NULL;
}

static const lb_value *view_value(const struct indexing *x) {
    return ((struct tensor *)x->view)->value;
}

/* ---- one index ---- */

static bool select_one(struct indexing *x, Py_ssize_t index) {
    if (lb_tensor_ndim(view_value(x)) == 0) {
        PyErr_SetString(
            PyExc_IndexError,
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
            "C++ to convert a 0-dim tensor to a number");
        return false;
    }
    if (x->dim >= lb_tensor_ndim(view_value(x))) {
        PyErr_Format(PyExc_IndexError, "too many indices for tensor of dimension %d",
                     lb_tensor_ndim(view_value(x)));
        return false;
    }
    Py_ssize_t size = (Py_ssize_t)lb_tensor_sizes(view_value(x))[x->dim];
    if (index >= -size && index < size) {
        x->selected++;
        return step(x, "aten::select.int", (Py_ssize_t[]){x->dim, index}, 2);
    }
    PyErr_Format(PyExc_IndexError, "index %zd is out of bounds for dimension %d with size %zd", index,
                 x->dim + x->selected, size);
    return false;
}

static bool slice(struct indexing *x, PyObject *object) {
    Py_ssize_t start, stop, by;
    if (PySlice_Unpack(object, &start, &stop, &by) < 0) return false;
    if (by <= 0) {
        PyErr_SetString(PyExc_ValueError, "step must be greater than zero");
        return false;
    }
    return step(x, "aten::slice.Tensor", (Py_ssize_t[]){x->dim++, start, stop, by}, 4);
}

static bool note_tensor(struct indexing *x, PyObject *take_tensor) {
    if (!take_tensor) return false;
    if (x->dim >= MOST_DIMS) {
        Py_DECREF(take_tensor);
        PyErr_SetString(PyExc_IndexError, "too many indices");
        return false;
    }
    while (x->count <= x->dim) x->tensors[x->count++] = NULL;
    x->tensors[x->dim++] = take_tensor;
    return true;
}

static bool new_dimension(struct indexing *x) {
    return step(x, "aten::unsqueeze", (Py_ssize_t[]){x->dim}, 1);
}

/* True takes a new dimension as it is, False nothing of it. */
static bool flag(struct indexing *x, bool taken) {
    PyObject *size = PyLong_FromLong(taken), *dtype = py_dtype_of(x->state, LB_INT64), *name = NULL,
             *tensor = NULL;
    if (size && dtype) name = Py_BuildValue("(s)", "dtype");
    if (name) tensor = py_op_call(x->state, "aten::zeros", (PyObject *[]){size, dtype}, 1, name);
    Py_XDECREF(name);
    Py_XDECREF(size);
    Py_XDECREF(dtype);
    if (tensor && new_dimension(x)) return note_tensor(x, tensor);
    Py_XDECREF(tensor);
    return false;
}

/* A 0-dim tensor is the int or bool that it holds. */
static bool index_by_tensor(struct indexing *x, PyObject *object) {
    const lb_value *v = ((struct tensor *)object)->value;
    lb_dtype d = lb_tensor_dtype(v);
    bool boolean = d == LB_BOOL8 || d == LB_UINT8,
         whole = d == LB_INT8 || d == LB_INT16 || d == LB_INT32 || d == LB_INT64;
    if (lb_tensor_ndim(v) || !(boolean || whole)) return note_tensor(x, Py_NewRef(object));
    PyObject *number = PyNumber_Index(object);
    Py_ssize_t index = number ? PyLong_AsSsize_t(number) : -1;
    Py_XDECREF(number);
    if (PyErr_Occurred()) return false;
    return boolean ? flag(x, index != 0) : select_one(x, index);
}

static PyObject *tensor_of_sequence(struct indexing *x, PyObject *sequence) {
    return PyObject_CallFunctionObjArgs(x->state->tensor_from, sequence, NULL);
}

static bool refuse(PyObject *object) {
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name && PyUnicode_Check(object))
        PyErr_Format(PyExc_TypeError, "new(): invalid data type '%U'", name);
    else if (name)
        PyErr_Format(
            PyExc_IndexError,
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
            "indices (got %U)",
            name);
    Py_XDECREF(name);
    return false;
}

/* Arrays and torch tensors become tensors; what counts becomes an int. */
static bool index_by_other(struct indexing *x, PyObject *object) {
    bool sequence = PyList_Check(object) || PyTuple_Check(object);
    if (!sequence && PyIndex_Check(object) && !PyObject_HasAttrString(object, "shape")) {
        Py_ssize_t index = PyNumber_AsSsize_t(object, PyExc_IndexError);
        return !(index == -1 && PyErr_Occurred()) && select_one(x, index);
    }
    if (!sequence && !PyObject_HasAttrString(object, "shape")) return refuse(object);
    PyObject *tensor = tensor_of_sequence(x, object);
    bool good = tensor && (sequence ? note_tensor(x, Py_NewRef(tensor)) : index_by_tensor(x, tensor));
    Py_XDECREF(tensor);
    return good;
}

static bool index_by(struct indexing *x, PyObject *object, int skipped_by_ellipsis) {
    if (PyBool_Check(object)) return flag(x, object == Py_True);
    if (PyLong_Check(object)) {
        Py_ssize_t index = PyLong_AsSsize_t(object);
        return !(index == -1 && PyErr_Occurred()) && select_one(x, index);
    }
    if (PySlice_Check(object)) return slice(x, object);
    if (object == Py_None) return new_dimension(x) && ++x->dim;
    if (object == Py_Ellipsis) {
        x->dim += skipped_by_ellipsis;
        return true;
    }
    return py_tensor_of(object, x->state) ? index_by_tensor(x, object) : index_by_other(x, object);
}

/* ---- all of them ---- */

/* How many dimensions an index is for: a mask is for as many as it has. */
static int dimensions_of(struct state *s, PyObject *object) {
    struct tensor *t = py_tensor_of(object, s);
    if (object == Py_None || object == Py_Ellipsis || PyBool_Check(object)) return 0;
    lb_dtype d = t ? lb_tensor_dtype(t->value) : LB_INT64;
    return t && (d == LB_BOOL8 || d == LB_UINT8) ? lb_tensor_ndim(t->value) : 1;
}

/* A list that holds slices, lists or tensors is a tuple of indices (treatSequenceAsTuple). */
static bool is_tuple_in_disguise(struct state *s, PyObject *list) {
    if (!PyList_Check(list) || PyList_Size(list) >= 32) return false;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *item = PyList_GetItem(list, i);
        if (py_tensor_of(item, s) || PyList_Check(item) || PyTuple_Check(item) || PySlice_Check(item) ||
            item == Py_Ellipsis || item == Py_None)
            return true;
    }
    return false;
}

static PyObject *as_tuple(struct state *s, PyObject *index) {
    if (PyTuple_Check(index)) return Py_NewRef(index);
    return is_tuple_in_disguise(s, index) ? PyList_AsTuple(index) : PyTuple_Pack(1, index);
}

static bool apply(struct indexing *x, PyObject *self, PyObject *index) {
    *x = (struct indexing){.state = ((struct tensor *)self)->state, .view = Py_NewRef(self)};
    PyObject *all = as_tuple(x->state, index);
    Py_ssize_t count = all ? PyTuple_Size(all) : 0;
    int ndim = lb_tensor_ndim(view_value(x)), given = 0;
    for (Py_ssize_t i = 0; i < count; i++) given += dimensions_of(x->state, PyTuple_GetItem(all, i));
    bool good = all != NULL;
    if (good && given > ndim && all == index) {
        PyErr_Format(PyExc_IndexError, "too many indices for tensor of dimension %d", ndim);
        good = false;
    }
    for (Py_ssize_t i = 0; good && i < count; i++) good = index_by(x, PyTuple_GetItem(all, i), ndim - given);
    Py_XDECREF(all);
    return good;
}

static PyObject *list_of_tensors(const struct indexing *x) {
    PyObject *list = PyList_New(x->count);
    for (int i = 0; list && i < x->count; i++)
        if (PyList_SetItem(list, i, Py_NewRef(x->tensors[i] ? x->tensors[i] : Py_None)) < 0) Py_CLEAR(list);
    return list;
}

static PyObject *take_indexed(const struct indexing *x) {
    PyObject *list = list_of_tensors(x);
    PyObject *result =
        list ? py_op_call(x->state, "aten::index.Tensor", (PyObject *[]){x->view, list}, 2, NULL) : NULL;
    Py_XDECREF(list);
    return result;
}

static PyObject *get_item(PyObject *self, PyObject *index) {
    struct indexing x;
    PyObject *result = NULL;
    if (apply(&x, self, index)) {
        if (x.count)
            result = take_indexed(&x);
        else
            result = x.view == self ? py_op_call(x.state, "aten::alias", &self, 1, NULL) : Py_NewRef(x.view);
    }
    finish(&x);
    return result;
}

/* ---- assignment ---- */

/* The value as a tensor: a number takes the dtype of what it is assigned to. */
static PyObject *value_tensor(const struct indexing *x, PyObject *value) {
    if (py_tensor_of(value, x->state)) return Py_NewRef(value);
    if (PyUnicode_Check(value)) return PyErr_Format(PyExc_TypeError, "can't assign a str to a tensor");
    PyObject *dtype = py_dtype_of(x->state, lb_tensor_dtype(view_value(x)));
    PyObject *args = dtype ? PyTuple_Pack(1, value) : NULL,
             *kwargs = args ? Py_BuildValue("{sO}", "dtype", dtype) : NULL;
    PyObject *tensor = kwargs ? PyObject_Call(x->state->tensor_from, args, kwargs) : NULL;
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(dtype);
    return tensor;
}

/* Dimensions of size 1 before those of the place go. */
static PyObject *without_prefix(const struct indexing *x, PyObject *take_value, int ndim) {
    struct indexing v = {.state = x->state, .view = take_value};
    bool good = true;
    while (good && lb_tensor_ndim(view_value(&v)) > ndim && lb_tensor_sizes(view_value(&v))[0] == 1)
        good = step(&v, "aten::select.int", (Py_ssize_t[]){0, 0}, 2);
    if (good) return v.view;
    Py_DECREF(v.view);
    return NULL;
}

/* The value in the shape of the place, then copied: so a shape that does not fit is told as PyTorch tells it.
 */
static PyObject *copy_into(const struct indexing *x, PyObject *value) {
    PyObject *args[] = {value, x->view};
    PyObject *expanded = py_op_call(x->state, "aten::expand_as", args, 2, NULL), *done = NULL;
    if (expanded) done = py_op_call(x->state, "aten::copy_", (PyObject *[]){x->view, expanded}, 2, NULL);
    Py_XDECREF(expanded);
    return done;
}

static PyObject *assign(const struct indexing *x, PyObject *value) {
    if (!x->count) return copy_into(x, value);
    PyObject *list = list_of_tensors(x);
    PyObject *done =
        list ? py_op_call(x->state, "aten::index_put_", (PyObject *[]){x->view, list, value}, 3, NULL) : NULL;
    Py_XDECREF(list);
    return done;
}

static int set_item(PyObject *self, PyObject *index, PyObject *value) {
    struct indexing x;
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "Tensor does not support deleting items");
        return -1;
    }
    PyObject *done = NULL;
    if (apply(&x, self, index)) {
        PyObject *tensor = value_tensor(&x, value);
        if (tensor) tensor = without_prefix(&x, tensor, x.count ? 0 : lb_tensor_ndim(view_value(&x)));
        if (tensor) done = assign(&x, tensor);
        Py_XDECREF(tensor);
    }
    finish(&x);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

const PyType_Slot py_tensor_index_slots[] = {
    {Py_mp_subscript, get_item},
    {Py_mp_ass_subscript, set_item},
    {0},
};
