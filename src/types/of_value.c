/* What type a value has, and whether a value may stand where a type is declared (IValue::type() in
 * aten/src/ATen/core/type.cpp; argument checks in function_schema_inl.h). */
#include "base/mem.h"
#include "types/relations.h"
#include "value/future.h"

static const struct type *type_of_tensor(struct type_store *s, const struct tensor *t) {
    bool strided = t->layout == LAYOUT_STRIDED;
    struct tensor_facts facts = {
        .dtype = t->dtype,
        .ndim = t->ndim,
        .sizes = strided ? t->sizes : NULL,
        .strides = strided && t->ndim ? t->strides : NULL,
        .requires_grad = (t->flags & TENSOR_REQUIRES_GRAD) != 0,
        .has_device = true,
        .device = t->device,
    };
    return type_tensor_of(s, &facts);
}

static const struct type *type_of_tuple(struct type_store *s, const struct tuple *t) {
    if (t->type) return t->type;
    const struct type **items = mem_zeroed((size_t)t->count + 1, sizeof *items);
    bool good = items != NULL;
    for (int i = 0; good && i < t->count; i++) good = (items[i] = type_of_value(s, t->items[i])) != NULL;
    const struct type *type = good ? type_tuple(s, t->count, items) : NULL;
    mem_free(items);
    return type;
}

const struct type *type_of_value(struct type_store *s, lb_value v) {
    static const uint8_t simple[VALUE_TAG_COUNT] = {
        [VALUE_NONE] = TYPE_NONE,           [VALUE_BOOL] = TYPE_BOOL,     [VALUE_INT] = TYPE_INT,
        [VALUE_FLOAT] = TYPE_FLOAT,         [VALUE_DEVICE] = TYPE_DEVICE, [VALUE_FUNCTION] = TYPE_FUNCTION,
        [VALUE_COMPLEX] = TYPE_COMPLEX,     [VALUE_STRING] = TYPE_STRING, [VALUE_STORAGE] = TYPE_STORAGE,
        [VALUE_GENERATOR] = TYPE_GENERATOR,
    };
    switch (v.tag) {
    case VALUE_TENSOR: return type_of_tensor(s, v.tensor);
    case VALUE_LIST: return type_list(s, v.list->element ? v.list->element : s->simple[TYPE_ANY]);
    case VALUE_DICT:
        return type_dict(s, v.dict->key_type ? v.dict->key_type : s->simple[TYPE_ANY],
                         v.dict->value_type ? v.dict->value_type : s->simple[TYPE_ANY]);
    case VALUE_TUPLE: return type_of_tuple(s, v.tuple);
    case VALUE_OBJECT: return v.object->type;
    case VALUE_ENUM: return v.enumeration->type;
    case VALUE_FUTURE: return type_future(s, v.future->type ? v.future->type : s->simple[TYPE_ANY]);
    case VALUE_CAPSULE: return v.capsule->type ? v.capsule->type : s->simple[TYPE_CAPSULE];
    default: return s->simple[v.tag < VALUE_TAG_COUNT ? simple[v.tag] : TYPE_ANY];
    }
}

static bool fits_declared(struct type_store *s, const struct type *wanted, const struct type *declared) {
    if (!declared) return false;
    if (type_equal(wanted, declared)) return true;
    const struct type *plain = type_unshaped(s, wanted);
    return plain && type_equal(plain, declared);
}

static bool admits_tuple(struct type_store *s, const struct type *t, const struct tuple *tuple) {
    if (t->count != tuple->count) return false;
    if (t->fields && tuple->type != t && !(tuple->type && type_is_subtype(s, tuple->type, t))) return false;
    for (int i = 0; i < t->count; i++)
        if (!type_admits(s, t->items[i], tuple->items[i])) return false;
    return true;
}

static bool admits_any(struct type_store *s, const struct type *t, lb_value v) {
    for (int i = 0; i < t->count; i++)
        if (type_admits(s, t->items[i], v)) return true;
    return false;
}

/* Objects, enums and capsules know their type. */
static bool admits_named(struct type_store *s, const struct type *t, lb_value v) {
    const struct type *own = v.tag == VALUE_OBJECT    ? v.object->type
                             : v.tag == VALUE_ENUM    ? v.enumeration->type
                             : v.tag == VALUE_CAPSULE ? v.capsule->type
                                                      : NULL;
    return own && type_is_subtype(s, own, t);
}

static bool admits_simple(const struct type *t, lb_value v) {
    switch (t->kind) {
    case TYPE_INT:
    case TYPE_SYM_INT:
    case TYPE_SCALAR_TYPE:
    case TYPE_LAYOUT:
    case TYPE_MEMORY_FORMAT:
    case TYPE_QSCHEME: return v.tag == VALUE_INT;
    case TYPE_FLOAT: return v.tag == VALUE_FLOAT;
    case TYPE_BOOL: return v.tag == VALUE_BOOL;
    case TYPE_COMPLEX: return v.tag == VALUE_COMPLEX;
    case TYPE_NUMBER: return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_COMPLEX;
    case TYPE_STRING: return v.tag == VALUE_STRING;
    case TYPE_NONE: return v.tag == VALUE_NONE;
    case TYPE_DEVICE: return v.tag == VALUE_DEVICE;
    case TYPE_GENERATOR: return v.tag == VALUE_GENERATOR;
    case TYPE_STORAGE: return v.tag == VALUE_STORAGE;
    case TYPE_FUNCTION: return v.tag == VALUE_FUNCTION;
    case TYPE_CAPSULE: return v.tag == VALUE_CAPSULE;
    case TYPE_ANY_LIST: return v.tag == VALUE_LIST;
    case TYPE_ANY_TUPLE: return v.tag == VALUE_TUPLE;
    case TYPE_ANY_CLASS: return v.tag == VALUE_OBJECT;
    case TYPE_ANY_ENUM: return v.tag == VALUE_ENUM;
    default: return t->kind == TYPE_ANY;
    }
}

bool type_admits(struct type_store *s, const struct type *t, lb_value v) {
    switch (t->kind) {
    case TYPE_TENSOR: return v.tag == VALUE_TENSOR;
    case TYPE_LIST: return v.tag == VALUE_LIST && fits_declared(s, t->items[0], v.list->element);
    case TYPE_DICT:
        return v.tag == VALUE_DICT && fits_declared(s, t->items[0], v.dict->key_type) &&
               fits_declared(s, t->items[1], v.dict->value_type);
    case TYPE_TUPLE: return v.tag == VALUE_TUPLE && admits_tuple(s, t, v.tuple);
    case TYPE_OPTIONAL: return v.tag == VALUE_NONE || type_admits(s, t->items[0], v);
    case TYPE_UNION: return admits_any(s, t, v);
    case TYPE_FUTURE:
        return v.tag == VALUE_FUTURE && (!v.future->type || type_is_subtype(s, v.future->type, t->items[0]));
    case TYPE_CLASS:
    case TYPE_INTERFACE:
    case TYPE_ENUM: return admits_named(s, t, v);
    default: return admits_simple(t, v);
    }
}
