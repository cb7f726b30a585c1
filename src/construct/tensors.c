/* Tensors under construction: values for operators and back, attributes and methods, indexing. Whatever is an
 * operator is called as one, so that numbers are those of a program that runs. */
#include "base/mem.h"
#include "construct/natives.h"
#include "construct/operator_call.h"
#include "lang/python_names.h"
#include <string.h>

static bool is(const struct name *name, const char *text) {
    return !strcmp(name->text, text);
}

/* ---- things to values and back ---- */

static bool row_value(struct evaluator *v, const struct thing *t, lb_value *out) {
    bool tuple = t->kind == THING_TUPLE;
    if (tuple ? !value_new_tuple(out, NULL, t->count, v->err) : !value_new_list(out, NULL, t->count, v->err))
        return false;
    for (int i = 0; i < t->count; i++) {
        lb_value item;
        if (!thing_value(v, t->items[i], &item)) return false;
        if (tuple)
            out->tuple->items[i] = item;
        else if (!list_append(out->list, item, v->err))
            return false;
    }
    return true;
}

static bool dict_value(struct evaluator *v, const struct thing *t, lb_value *out) {
    int position = 0;
    if (!value_new_dict(out, NULL, NULL, v->err)) return false;
    for (struct thing_entry *e; (e = thing_dict_step(t, &position));) {
        lb_value key, value;
        if (!thing_value(v, e->key, &key)) return false;
        if (!thing_value(v, e->value, &value)) {
            value_release(key);
            return false;
        }
        if (!dict_set(out->dict, key, value, v->err)) return false;
    }
    return true;
}

/* torch.float32 and its like are ints to operators and programs. */
bool library_number(const char *path, lb_value *out) {
    const struct python_name *n = python_name_find(path);
    if (!n || n->op || n->form) return false;
    *out = n->is_float ? value_float(n->number) : value_int((int64_t)n->number);
    return true;
}

static bool library_value(struct evaluator *v, const struct thing *t, lb_value *out) {
    if (library_number(t->path, out)) return true;
    raise_error(v, (struct source_range){0}, "TypeError", "'%s' is no value for an operator", t->path);
    return false;
}

static bool value_by_kind(struct evaluator *v, const struct thing *t, lb_value *out) {
    switch (t->kind) {
    case THING_VALUE: *out = value_copy(t->value); return true;
    case THING_LIST:
    case THING_TUPLE:
    case THING_ITERATOR: return row_value(v, t, out);
    case THING_DICT: return dict_value(v, t, out);
    case THING_LIBRARY: return library_value(v, t, out);
    default:
        raise_error(v, (struct source_range){0}, "TypeError", "a '%s' is no value for an operator",
                    thing_type_name(t));
        return false;
    }
}

bool thing_value(struct evaluator *v, const struct thing *t, lb_value *out) {
    *out = value_none();
    if (!evaluator_enter(v, (struct source_range){0})) return false;
    bool good = value_by_kind(v, t, out);
    evaluator_leave(v);
    if (good) return true;
    value_release(*out);
    *out = value_none();
    return false;
}

static struct thing *list_thing(struct evaluator *v, const lb_value *items, int64_t count,
                                enum thing_kind kind) {
    struct thing *list = thing_list(v, NULL, 0);
    for (int64_t i = 0; list && i < count; i++)
        if (!thing_append(v, list, thing_from(v, items[i]))) return NULL;
    if (list) list->kind = kind;
    return list;
}

struct thing *thing_from(struct evaluator *v, lb_value value) {
    if (value.tag == VALUE_LIST) return list_thing(v, value.list->items, value.list->count, THING_LIST);
    if (value.tag == VALUE_TUPLE) return list_thing(v, value.tuple->items, value.tuple->count, THING_TUPLE);
    return thing_of(v, value_copy(value));
}

/* ---- calling operators ---- */

bool operator_exists(const char *op) {
    int count;
    ops_find(op, strlen(op), &count);
    return count > 0;
}

/* The values of a call, owned until released. */
struct operands {
    lb_value *values;
    const char **names;
    int count, named;
};

static bool take_operands(struct evaluator *v, const struct call *call, struct operands *o) {
    int all = call->count + call->named_count;
    *o = (struct operands){.values = mem_zeroed((size_t)all + 1, sizeof *o->values),
                           .names = mem_zeroed((size_t)call->named_count + 1, sizeof *o->names)};
    if (!o->values || !o->names) return error_memory(v->err);
    for (int i = 0; i < all; i++, o->count++) {
        struct thing *t = i < call->count ? call->args[i] : call->named[i - call->count];
        if (!thing_value(v, t, &o->values[i])) return false;
        if (i >= call->count) o->names[i - call->count] = call->names[i - call->count]->text;
    }
    o->named = call->named_count;
    return true;
}

static void release_operands(struct operands *o) {
    for (int i = 0; i < o->count; i++) value_release(o->values[i]);
    mem_free(o->values);
    mem_free(o->names);
}

/* view(2, 3), torch.zeros(2, 3): the ints at the end are one list. `from`: the first that may be one of them.
 */
static bool pack_sizes(struct evaluator *v, const struct call *call, int from, struct call *packed) {
    if (from >= call->count) return false;
    for (int i = from; i < call->count; i++)
        if (!thing_is_int(call->args[i])) return false;
    struct thing *list = thing_list(v, call->args + from, call->count - from);
    struct thing **args = arena_array(&v->memory, struct thing *, from + 1);
    if (!list || !args) return false;
    if (from) memcpy(args, call->args, sizeof *args * (size_t)from);
    args[from] = list;
    *packed = *call;
    packed->args = args;
    packed->count = from + 1;
    return true;
}

static bool run_operator(struct evaluator *v, const char *op, const struct call *call, lb_value *result,
                         lb_error *err) {
    struct operands o;
    bool good = take_operands(v, call, &o);
    struct operator_arguments given_values = {o.values, call->count, o.names, o.values + call->count,
                                              o.named};
    good = good && operator_call(v->unit, op, &given_values, v->cx, result, err);
    release_operands(&o);
    return good;
}

/* What an operator gives is the first argument itself where it gives that tensor back (in-place forms). */
static struct thing *result_thing(struct evaluator *v, const struct call *call, lb_value result) {
    bool same = call->count && thing_is_tensor(call->args[0]) && result.tag == VALUE_TENSOR &&
                call->args[0]->value.tensor == result.tensor;
    struct thing *t = same ? call->args[0] : thing_from(v, result);
    value_release(result);
    return t;
}

struct thing *thing_operate_call(struct evaluator *v, const char *op, const struct call *call) {
    lb_value result = value_none();
    lb_error first = {0}, second = {0};
    if (run_operator(v, op, call, &result, &first)) return result_thing(v, call, result);
    struct call packed;
    int from = call->count && thing_is_tensor(call->args[0]) ? 1 : 0;
    bool mismatch = first.code == LB_ERROR_ARGUMENT && !v->err->code;
    if (mismatch && pack_sizes(v, call, from, &packed) && run_operator(v, op, &packed, &result, &second)) {
        error_clear(&first);
        return result_thing(v, call, result);
    }
    if (second.code && second.code != LB_ERROR_ARGUMENT) {
        error_clear(&first);
        first = second;
    } else {
        error_clear(&second);
    }
    error_move(v->err, &first);
    return raise_at(v, call->at);
}

struct thing *thing_operate(struct evaluator *v, const char *op, struct source_range at, struct thing **args,
                            int count) {
    struct call call = {.args = args, .count = count, .at = at};
    return thing_operate_call(v, op, &call);
}

/* ---- making tensors of data ---- */

/* torch.tensor(data, dtype) */
struct thing *thing_tensor_of(struct evaluator *v, struct thing *data, const char *dtype,
                              struct source_range at) {
    struct thing *type = dtype ? thing_library(v, dtype) : v->none;
    const struct name *name = evaluator_name(v, "dtype");
    if (!type || !name) return NULL;
    struct call call = {
        .args = &data, .count = 1, .names = &name, .named = &type, .named_count = 1, .at = at};
    return thing_operate_call(v, "aten::tensor", &call);
}

void tensor_set_requires_grad(struct tensor *t, bool yes) {
    t->flags = (uint8_t)(yes ? t->flags | TENSOR_REQUIRES_GRAD : t->flags & ~TENSOR_REQUIRES_GRAD);
}

/* ---- attributes and methods ---- */

static struct thing *sizes_of(struct evaluator *v, const int64_t *sizes, int count) {
    struct thing *t = thing_list(v, NULL, 0);
    for (int i = 0; t && i < count; i++)
        if (!thing_append(v, t, thing_int(v, sizes[i]))) return NULL;
    if (t) t->kind = THING_TUPLE;
    return t;
}

static struct thing *dtype_thing(struct evaluator *v, const struct tensor *t) {
    char *path = arena_printf(&v->memory, "torch.%s", dtype_table[t->dtype].python_name);
    return path ? thing_library(v, path) : raise_memory(v);
}

struct thing *device_type_text(struct evaluator *v, const struct thing *t) {
    return thing_text_of(v, t->value.device.type == DEVICE_META ? "meta" : "cpu");
}

static struct thing *plain_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct tensor *x = t->value.tensor;
    if (is(name, "shape")) return sizes_of(v, x->sizes, x->ndim);
    if (is(name, "dtype")) return dtype_thing(v, x);
    if (is(name, "device")) return thing_of(v, value_device(x->device));
    if (is(name, "ndim")) return thing_int(v, x->ndim);
    if (is(name, "data")) return thing_alias(v, t);
    if (is(name, "requires_grad")) return thing_bool(v, x->flags & TENSOR_REQUIRES_GRAD);
    if (is(name, "grad") || is(name, "grad_fn")) return v->none;
    if (is(name, "is_cuda") || is(name, "is_quantized") || is(name, "is_meta")) return v->no;
    if (is(name, "layout")) return thing_library(v, "torch.strided");
    if (is(name, "T")) return thing_operate(v, "aten::t", (struct source_range){0}, &t, 1);
    return NULL;
}

/* The same tensor as another thing that is no parameter: .data, detach(). */
struct thing *thing_alias(struct evaluator *v, struct thing *t) {
    struct tensor *x = t->value.tensor;
    struct tensor *view = tensor_view_as(x, x->ndim, x->sizes, x->strides, x->offset, v->err);
    if (!view) return NULL;
    tensor_set_requires_grad(view, false);
    return thing_of(v, value_tensor(view));
}

NATIVE(run_size) {
    const struct tensor *x = self->value.tensor;
    struct thing *dim = call_argument(call, 0, "dim");
    int64_t i = 0;
    if (!dim) return sizes_of(v, x->sizes, x->ndim);
    if (!thing_as_int(v, dim, call->at, &i)) return NULL;
    if (i < 0) i += x->ndim;
    if (i >= 0 && i < x->ndim) return thing_int(v, x->sizes[i]);
    return raise_error(v, call->at, "IndexError", "Dimension out of range");
}
NATIVE(run_stride) {
    return call_takes(v, call, "stride", 0, 0, "")
               ? sizes_of(v, self->value.tensor->strides, self->value.tensor->ndim)
               : NULL;
}
NATIVE(run_dim) {
    return call_takes(v, call, "dim", 0, 0, "") ? thing_int(v, self->value.tensor->ndim) : NULL;
}
NATIVE(run_numel) {
    return call_takes(v, call, "numel", 0, 0, "") ? thing_int(v, self->value.tensor->numel) : NULL;
}
NATIVE(run_detach) {
    return call_takes(v, call, "detach", 0, 0, "") ? thing_alias(v, self) : NULL;
}
NATIVE(run_same) {
    return self;
}
NATIVE(run_requires_grad) {
    struct thing *mode = call_argument(call, 0, "requires_grad");
    int yes = mode ? thing_true(v, mode) : 1;
    if (yes < 0) return NULL;
    tensor_set_requires_grad(self->value.tensor, yes > 0);
    return self;
}

static struct thing *nested_numbers(struct evaluator *v, struct thing *t) {
    if (!t->value.tensor->ndim) return thing_operate(v, "aten::item", (struct source_range){0}, &t, 1);
    struct thing *rows = tensor_rows(v, t, (struct source_range){0}),
                 *list = rows ? thing_list(v, NULL, 0) : NULL;
    for (int i = 0; list && i < rows->count; i++)
        if (!thing_append(v, list, nested_numbers(v, rows->items[i]))) return NULL;
    return list;
}
/* x.float() is x.to(torch.float32) */
static struct thing *cast(struct evaluator *v, struct thing *self, const struct call *call, const char *name,
                          const char *dtype) {
    struct thing *to = call_takes(v, call, name, 0, 0, "") ? thing_library(v, dtype) : NULL;
    return to ? thing_operate(v, "aten::to", call->at, (struct thing *[]){self, to}, 2) : NULL;
}
#define CASTS(X)                  \
    X(float, "torch.float32")     \
    X(double, "torch.float64")    \
    X(half, "torch.float16")      \
    X(bfloat16, "torch.bfloat16") \
    X(int, "torch.int32")         \
    X(long, "torch.int64")        \
    X(short, "torch.int16")       \
    X(char, "torch.int8")         \
    X(byte, "torch.uint8")        \
    X(bool, "torch.bool")
#define X(name, dtype)                            \
    NATIVE(cast_##name) {                         \
        return cast(v, self, call, #name, dtype); \
    }
CASTS(X)
#undef X

NATIVE(run_tolist) {
    return call_takes(v, call, "tolist", 0, 0, "") ? nested_numbers(v, self) : NULL;
}
NATIVE(run_is_floating) {
    return call_takes(v, call, "is_floating_point", 0, 0, "")
               ? thing_bool(v, dtype_is_floating((enum dtype)self->value.tensor->dtype))
               : NULL;
}

static const struct native_function tensor_methods[] = {
    {"size", run_size},
    {"stride", run_stride},
    {"dim", run_dim},
    {"ndimension", run_dim},
    {"numel", run_numel},
    {"nelement", run_numel},
    {"detach", run_detach},
    {"cpu", run_same},
    {"requires_grad_", run_requires_grad},
    {"tolist", run_tolist},
    {"is_floating_point", run_is_floating},
#define X(name, dtype) {#name, cast_##name},
    CASTS(X)
#undef X
        {NULL, NULL},
};

/* A method that is an operator: the tensor goes first. */
NATIVE(run_method) {
    struct call with = *call;
    struct thing *operator_and_self = self;
    with.args = arena_array(&v->memory, struct thing *, call->count + 1);
    if (!with.args) return raise_memory(v);
    with.args[0] = operator_and_self->bound.self;
    if (call->count) memcpy(with.args + 1, call->args, sizeof *with.args * (size_t)call->count);
    with.count++;
    return thing_operate_call(v, operator_and_self->bound.function->path, &with);
}

static struct thing *operator_method(struct evaluator *v, struct thing *t, const struct name *name) {
    char *op = arena_printf(&v->memory, "aten::%s", name->text);
    if (!op) return raise_memory(v);
    if (!operator_exists(op)) return NULL;
    struct thing *bound = thing_new(v, THING_METHOD), *library = thing_library(v, op);
    if (!bound || !library) return NULL;
    bound->bound.function = library;
    bound->bound.self = t;
    return thing_native_of(v, name->text, run_method, bound);
}

struct thing *tensor_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing *found = plain_attribute(v, t, name);
    if (found || v->err->code) return found;
    const struct native_function *f = native_find(tensor_methods, name->text);
    return f ? thing_native_of(v, f->name, f->run, t) : operator_method(v, t, name);
}

bool tensor_set_attribute(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                          struct source_range at) {
    if (is(name, "requires_grad")) {
        int yes = thing_true(v, value);
        if (yes >= 0) tensor_set_requires_grad(t->value.tensor, yes > 0);
        return yes >= 0;
    }
    if (is(name, "data") && thing_is_tensor(value)) { /* the same parameter over other memory */
        struct thing *alias = thing_alias(v, value);
        if (!alias) return false;
        struct tensor *old = t->value.tensor, *made = tensor_retain(alias->value.tensor);
        tensor_set_requires_grad(made, (old->flags & TENSOR_REQUIRES_GRAD) != 0);
        t->value.tensor = made;
        tensor_release(old);
        return true;
    }
    raise_refusal(v, at, "keep it in an attribute of the module", "setting '%s' of a tensor", name->text);
    return false;
}

/* ---- indexing ---- */

/* One index: a number selects, a slice narrows, None adds a dimension. *dim is the dimension it is about. */
static struct thing *index_one(struct evaluator *v, struct thing *t, struct thing *index, int *dim,
                               struct source_range at) {
    struct thing *d = thing_int(v, *dim);
    if (!d) return NULL;
    if (thing_is_none(index)) {
        ++*dim;
        return thing_operate(v, "aten::unsqueeze", at, (struct thing *[]){t, d}, 2);
    }
    if (thing_is_int(index) && !thing_is(index, VALUE_BOOL))
        return thing_operate(v, "aten::select", at, (struct thing *[]){t, d, index}, 3);
    if (index->kind != THING_SLICE) return NULL;
    ++*dim;
    struct thing *step = thing_is_none(index->items[2]) ? thing_int(v, 1) : index->items[2];
    struct thing *args[5] = {t, d, index->items[0], index->items[1], step};
    return step ? thing_operate(v, "aten::slice", at, args, 5) : NULL;
}

static bool is_ellipsis(const struct thing *t) {
    return t->kind == THING_LIBRARY && !strcmp(t->path, "Ellipsis");
}

static bool is_plain_index(const struct thing *t) {
    return thing_is_none(t) || (thing_is_int(t) && !thing_is(t, VALUE_BOOL)) || t->kind == THING_SLICE ||
           is_ellipsis(t);
}

/* Dimensions of the tensor that the indices from `from` on take up. */
static int taken_dims(const struct thing *indices, int from) {
    int count = 0;
    for (int i = from; i < indices->count; i++) count += !thing_is_none(indices->items[i]);
    return count;
}

/* By tensors or lists: the operator takes one for each dimension, None where there is none. */
static struct thing *index_by_tensors(struct evaluator *v, struct thing *indices, struct source_range at) {
    struct thing *list = thing_list(v, NULL, 0);
    for (int i = 0; list && i < indices->count; i++) {
        struct thing *index = indices->items[i];
        bool whole = index->kind == THING_SLICE && thing_is_none(index->items[0]) &&
                     thing_is_none(index->items[1]) && thing_is_none(index->items[2]);
        if (whole)
            index = v->none;
        else if (index->kind == THING_LIST || thing_is_int(index))
            index = thing_tensor_of(v, index, NULL, at);
        else if (!thing_is_tensor(index))
            return raise_refusal(v, at, "index step by step", "slices and tensors in one index");
        if (!index || !thing_append(v, list, index)) return NULL;
    }
    return list;
}

static struct thing *view_by_index(struct evaluator *v, struct thing *t, struct thing *indices,
                                   struct source_range at) {
    int dim = 0;
    for (int i = 0; t && i < indices->count; i++) {
        if (!is_ellipsis(indices->items[i]))
            t = index_one(v, t, indices->items[i], &dim, at);
        else
            dim = t->value.tensor->ndim - taken_dims(indices, i + 1);
    }
    return t;
}

/* The indices as a row; *plain: all of them make views. */
static struct thing *index_row(struct evaluator *v, struct thing *index, bool *plain) {
    struct thing *row = index->kind == THING_TUPLE ? index : thing_tuple(v, &index, 1);
    *plain = true;
    for (int i = 0; row && i < row->count; i++) *plain &= is_plain_index(row->items[i]);
    return row;
}

struct thing *tensor_item(struct evaluator *v, struct thing *t, struct thing *index, struct source_range at) {
    bool plain;
    struct thing *row = index_row(v, index, &plain);
    if (!row) return NULL;
    if (plain) return view_by_index(v, t, row, at);
    struct thing *list = index_by_tensors(v, row, at);
    return list ? thing_operate(v, "aten::index", at, (struct thing *[]){t, list}, 2) : NULL;
}

bool tensor_set_item(struct evaluator *v, struct thing *t, struct thing *index, struct thing *value,
                     struct source_range at) {
    bool plain;
    struct thing *row = index_row(v, index, &plain);
    if (!row) return false;
    struct thing *list = plain ? NULL : index_by_tensors(v, row, at);
    struct thing *to = plain ? view_by_index(v, t, row, at) : NULL;
    if (plain && to && !thing_is_tensor(value))
        return thing_operate(v, "aten::fill_", at, (struct thing *[]){to, value}, 2) != NULL;
    if (plain) return to && thing_operate(v, "aten::copy_", at, (struct thing *[]){to, value}, 2);
    if (list && !thing_is_tensor(value)) {
        struct thing *dtype = dtype_thing(v, t->value.tensor);
        value = dtype ? thing_tensor_of(v, value, dtype->path, at) : NULL;
    }
    return list && value && thing_operate(v, "aten::index_put_", at, (struct thing *[]){t, list, value}, 3);
}

struct thing *tensor_rows(struct evaluator *v, struct thing *t, struct source_range at) {
    if (!t->value.tensor->ndim) return raise_error(v, at, "TypeError", "iteration over a 0-d tensor");
    return thing_operate(v, "aten::unbind", at, &t, 1);
}
