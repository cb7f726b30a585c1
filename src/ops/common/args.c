/* Reading arguments and giving results; see args.h. */
#include "ops/common/args.h"
#include "base/mem.h"
#include "types/type.h"
#include <string.h>

int args_ints(const struct op_call *c, int i, int64_t *out, int max) {
    if (c->args[i].tag == VALUE_INT) {
        out[0] = arg_int(c, i);
        return 1;
    }
    if (c->args[i].tag != VALUE_LIST) {
        refuse(c, "expected a list of ints");
        return -1;
    }
    const struct list *list = arg_list(c, i);
    if (list->count > max) {
        refuse(c, "a list of %lld ints is longer than %d", (long long)list->count, max);
        return -1;
    }
    for (int64_t k = 0; k < list->count; k++) {
        lb_value v = list->items[k];
        out[k] = v.tag == VALUE_TENSOR ? tensor_get_int(v.tensor, 0) : v.i;
    }
    return (int)list->count;
}

bool args_spread(const struct op_call *c, int i, int count, const int64_t *otherwise, int64_t *out) {
    int64_t given[TENSOR_MAX_DIMS];
    int n = arg_none(c, i) ? 0 : args_ints(c, i, given, TENSOR_MAX_DIMS);
    if (n < 0) return false;
    if (n != count && n > 1) return refuse(c, "expected a list of %d ints, got %d", count, n);
    if (n == 0 && !otherwise) return refuse(c, "expected a list of %d ints", count);
    for (int k = 0; k < count; k++) out[k] = n == 0 ? otherwise[k] : given[n == 1 ? 0 : k];
    return true;
}

int args_tensors(const struct op_call *c, int i, struct tensor **out, int max) {
    const struct list *list = arg_list(c, i);
    if (list->count > max) {
        refuse(c, "a list of %lld tensors is longer than %d", (long long)list->count, max);
        return -1;
    }
    for (int64_t k = 0; k < list->count; k++)
        out[k] = list->items[k].tag == VALUE_TENSOR ? list->items[k].tensor : NULL;
    return (int)list->count;
}

bool refuse_overlap(struct op_call *c) {
    return refuse(c,
                  "unsupported operation: more than one element of the written-to tensor refers to a single "
                  "memory location. Please clone() the tensor before performing the operation.");
}

bool accept_written(struct op_call *c, const struct tensor *t) {
    return !tensor_overlaps_itself(t) || refuse_overlap(c);
}

bool args_dtype(const struct op_call *c, int i, enum dtype otherwise, enum dtype *out) {
    *out = otherwise;
    if (i >= c->arg_count || arg_none(c, i)) return true;
    if (!dtype_valid(arg_int(c, i))) return refuse(c, "%lld is not a dtype", (long long)arg_int(c, i));
    *out = (enum dtype)arg_int(c, i);
    return true;
}

struct number number_of(lb_value v) {
    struct number n = {.tag = (uint8_t)v.tag};
    if (v.tag == VALUE_TENSOR) return tensor_number(v.tensor);
    if (v.tag == VALUE_COMPLEX)
        n.z = (struct complex128){v.complex->re, v.complex->im};
    else if (v.tag == VALUE_FLOAT)
        n.z.re = v.f;
    else
        n.z.re = (double)v.i;
    n.f = n.z.re;
    n.i = v.tag == VALUE_FLOAT || v.tag == VALUE_COMPLEX ? convert_to_int64(n.f) : v.i;
    return n;
}

lb_value number_value(struct number n, lb_error *err) {
    lb_value v = value_none();
    switch (n.tag) {
    case VALUE_BOOL: return value_bool(n.i != 0);
    case VALUE_INT: return value_int(n.i);
    case VALUE_FLOAT: return value_float(n.f);
    default: value_new_complex(&v, n.z.re, n.z.im, err); return v;
    }
}

enum dtype number_dtype(const struct number *n) {
    switch (n->tag) {
    case VALUE_BOOL: return DTYPE_BOOL;
    case VALUE_INT: return DTYPE_INT64;
    case VALUE_COMPLEX: return DTYPE_COMPLEX128;
    default: return DTYPE_FLOAT64;
    }
}

enum dtype number_default_dtype(const struct number *n) {
    enum dtype d = number_dtype(n);
    return d == DTYPE_FLOAT64 ? DTYPE_FLOAT32 : d == DTYPE_COMPLEX128 ? DTYPE_COMPLEX64 : d;
}

bool number_is_floating(const struct number *n) {
    return n->tag == VALUE_FLOAT || n->tag == VALUE_COMPLEX;
}

struct tensor *wrap_number(struct wrapped *w, const struct number *n) {
    static const enum compute forms[] = {COMPUTE_INT, COMPUTE_DOUBLE, COMPUTE_COMPLEX};
    enum dtype d = number_dtype(n);
    enum compute form = forms[n->tag == VALUE_COMPLEX ? 2 : n->tag == VALUE_FLOAT];
    memset(&w->tensor, 0, offsetof(struct tensor, inline_dims));
    memset(&w->storage, 0, sizeof w->storage);
    counted_init(&w->tensor.counted);
    counted_init(&w->storage.counted);
    w->storage.data = &w->data;
    w->storage.bytes = sizeof w->data;
    w->tensor.dtype = (uint8_t)d;
    w->tensor.flags = TENSOR_WRAPPED_NUMBER;
    w->tensor.numel = 1;
    w->tensor.sizes = w->tensor.inline_dims;
    w->tensor.strides = w->tensor.inline_dims + TENSOR_INLINE_DIMS;
    w->tensor.storage = &w->storage;
    const void *from = form == COMPUTE_INT      ? (const void *)&n->i
                       : form == COMPUTE_DOUBLE ? (const void *)&n->f
                                                : &n->z;
    convert_store[d][form](&w->data, 0, from, 0, 1);
    return &w->tensor;
}

struct tensor *arg_operand(const struct op_call *c, int i, struct wrapped *w) {
    if (c->args[i].tag == VALUE_TENSOR) return c->args[i].tensor;
    struct number n = arg_number(c, i);
    return wrap_number(w, &n);
}

struct number tensor_number(const struct tensor *t) {
    struct number n = {.tag = VALUE_INT};
    enum dtype d = tensor_dtype(t);
    const void *at = tensor_data(t);
    convert_load[d][COMPUTE_COMPLEX](&n.z, 0, at, 0, 1);
    convert_load[d][COMPUTE_INT](&n.i, 0, at, 0, 1);
    n.f = n.z.re;
    n.tag = d == DTYPE_BOOL        ? VALUE_BOOL
            : dtype_is_complex(d)  ? VALUE_COMPLEX
            : dtype_is_floating(d) ? VALUE_FLOAT
                                   : VALUE_INT;
    return n;
}

bool wrap_dim(struct op_call *c, int64_t *dim, int ndim) {
    int64_t range = ndim > 0 ? ndim : 1;
    if (*dim < -range || *dim >= range)
        return refuse_index(c,
                            "Dimension out of range (expected to be in range of [%lld, %lld], but got %lld)",
                            (long long)-range, (long long)range - 1, (long long)*dim);
    if (*dim < 0) *dim += range;
    return true;
}

bool wrap_dims(struct op_call *c, int i, int ndim, bool empty_is_all, uint64_t *mask) {
    int64_t dims[TENSOR_MAX_DIMS];
    int count = arg_none(c, i) ? 0 : args_ints(c, i, dims, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    *mask = 0;
    if (count == 0 && (empty_is_all || arg_none(c, i))) {
        *mask = ndim == 0 ? 0 : ~(uint64_t)0 >> (64 - ndim);
        return true;
    }
    for (int k = 0; k < count; k++) {
        if (!wrap_dim(c, &dims[k], ndim)) return false;
        if (*mask >> dims[k] & 1)
            return refuse(c, "dim %lld appears multiple times in the list of dims", (long long)dims[k]);
        *mask |= (uint64_t)1 << dims[k];
    }
    if (ndim == 0) *mask = 0;
    return true;
}

struct tensor *call_target(const struct op_call *c) {
    if (!c->row) return NULL;
    if (c->row->traits & OP_IN_PLACE) return arg_tensor(c, 0);
    return c->row->traits & OP_OUT ? arg_tensor(c, c->arg_count - 1) : NULL;
}

bool give_borrowed(struct op_call *c, int i, struct tensor *t) {
    c->results[i] = value_tensor(tensor_retain(t));
    return true;
}

bool give_at(struct op_call *c, int i, struct tensor *t) {
    if (!t) return false;
    c->results[i] = value_tensor(t);
    return true;
}

void release_tensors(struct tensor **tensors, int count) {
    for (int i = 0; i < count; i++) tensor_release(tensors[i]);
}

bool give_list(struct op_call *c, int i, struct tensor **tensors, int count) {
    const struct type *element = c->cx->types ? c->cx->types->tensor : NULL;
    lb_value list = value_none();
    int given = 0;
    bool good = value_new_list(&list, element, count, c->err);
    while (good && given < count) good = list_append(list.list, value_tensor(tensors[given++]), c->err);
    release_tensors(tensors + given, count - given);
    if (good)
        c->results[i] = list;
    else
        value_release(list);
    return good;
}

bool give_ints(struct op_call *c, int i, const int64_t *ints, int count) {
    const struct type *element = c->cx->types ? c->cx->types->simple[TYPE_INT] : NULL;
    lb_value list = value_none();
    bool good = value_new_list(&list, element, count, c->err);
    for (int k = 0; good && k < count; k++) good = list_append(list.list, value_int(ints[k]), c->err);
    if (good)
        c->results[i] = list;
    else
        value_release(list);
    return good;
}

bool give_number(struct op_call *c, struct number n) {
    c->results[0] = number_value(n, c->err);
    return c->results[0].tag != VALUE_NONE;
}

void *call_scratch(struct op_call *c, size_t count, size_t item) {
    size_t bytes;
    void *memory = size_multiply(count, item, &bytes) ? mem_alloc(bytes) : NULL;
    if (!memory) error_memory(c->err);
    return memory;
}

bool check_expected(struct op_call *c, bool holds, const char *condition) {
    return holds ||
           refuse(c,
                  "Expected %s to be true, but got false.  (Could this error message be improved?  If so, "
                  "please report an enhancement request to PyTorch.)",
                  condition);
}

bool check_dim_size(struct op_call *c, const struct tensor *t, int ndim, int dim, int64_t size) {
    return (t->ndim == ndim && t->sizes[dim] == size) ||
           refuse(c,
                  "Expected a tensor of dimension %d and tensor.size[%d] == %lld but got: dimension %d and "
                  "tensor.size[%d] = %lld",
                  ndim, dim, (long long)size, t->ndim, dim, (long long)(dim < t->ndim ? t->sizes[dim] : 0));
}
