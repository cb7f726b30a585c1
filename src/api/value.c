/* Values as handles: numbers, texts, containers. */
#include "api/handle.h"
#include "ops/text/words.h"
#include "tensor/device.h"
#include "types/adapt.h"
#include "value/print.h"
#include <string.h>

lb_value *handle_new(lb_value value, lb_error *err) {
    lb_value *box = mem_alloc(sizeof *box);
    if (box) {
        *box = value;
        return box;
    }
    value_release(value);
    error_memory(err);
    return NULL;
}

/* No list, dict or tuple inside that does not say what it is of. */
static bool all_typed(lb_value v) {
    const lb_value *items = v.tag == VALUE_LIST    ? v.list->items
                            : v.tag == VALUE_TUPLE ? v.tuple->items
                                                   : NULL;
    if ((v.tag == VALUE_LIST && !v.list->element) || (v.tag == VALUE_DICT && !v.dict->key_type)) return false;
    for (int64_t i = 0; items && i < lb_count(&v); i++)
        if (!all_typed(items[i])) return false;
    int64_t at = 0;
    for (struct dict_entry *e; v.tag == VALUE_DICT && (e = dict_next(v.dict, &at));)
        if (!all_typed(e->value)) return false;
    return true;
}

bool handle_typed(struct unit *unit, const struct type *want, const lb_value *given, lb_value *out,
                  lb_error *err) {
    const struct type *type = want ? want : unit->types.simple[TYPE_ANY];
    *out = value_none();
    if (!type_convert_argument(&unit->types, type, *given, out, err)) {
        value_release(*out);
        return error_set(err, LB_ERROR_ARGUMENT, "a %s is not what is wanted here",
                         value_tag_name((enum value_tag)given->tag));
    }
    if (all_typed(*out)) return true;
    value_release(*out);
    return error_set(err, LB_ERROR_ARGUMENT, "the list or dict does not show what it is of: give its type");
}

void lb_value_free(lb_value *value) {
    if (!value) return;
    value_release(*value);
    mem_free(value);
}

lb_value *lb_value_copy(const lb_value *value, lb_error *err) {
    return handle_new(value_copy(*value), err);
}

lb_kind lb_value_kind(const lb_value *value) {
    static const uint8_t kinds[VALUE_TAG_COUNT] = {
        [VALUE_NONE] = LB_NONE,           [VALUE_BOOL] = LB_BOOL,       [VALUE_INT] = LB_INT,
        [VALUE_FLOAT] = LB_FLOAT,         [VALUE_DEVICE] = LB_DEVICE,   [VALUE_FUNCTION] = LB_OTHER,
        [VALUE_UNINITIALIZED] = LB_OTHER, [VALUE_COMPLEX] = LB_COMPLEX, [VALUE_TENSOR] = LB_TENSOR,
        [VALUE_STRING] = LB_STRING,       [VALUE_LIST] = LB_LIST,       [VALUE_DICT] = LB_DICT,
        [VALUE_TUPLE] = LB_TUPLE,         [VALUE_OBJECT] = LB_OBJECT,   [VALUE_ENUM] = LB_ENUM,
        [VALUE_FUTURE] = LB_OTHER,        [VALUE_GENERATOR] = LB_OTHER, [VALUE_STORAGE] = LB_OTHER,
        [VALUE_CAPSULE] = LB_OTHER,
    };
    return (lb_kind)kinds[value->tag];
}

char *lb_value_text(const lb_value *value, lb_error *err) {
    struct text out = {0};
    value_put(&out, *value, &op_words);
    char *text = text_take(&out);
    if (!text) error_memory(err);
    return text;
}

lb_value *lb_none_new(lb_error *err) {
    return handle_new(value_none(), err);
}

lb_value *lb_bool_new(bool value, lb_error *err) {
    return handle_new(value_bool(value), err);
}

lb_value *lb_int_new(int64_t value, lb_error *err) {
    return handle_new(value_int(value), err);
}

lb_value *lb_constant_new(int64_t value, lb_error *err) {
    lb_value v = value_int(value);
    v.meaning = 1;
    return handle_new(v, err);
}

lb_value *lb_float_new(double value, lb_error *err) {
    return handle_new(value_float(value), err);
}

lb_value *lb_complex_new(double re, double im, lb_error *err) {
    lb_value v;
    return value_new_complex(&v, re, im, err) ? handle_new(v, err) : NULL;
}

lb_value *lb_string_new(const char *bytes, size_t length, lb_error *err) {
    lb_value v;
    return value_new_string(&v, bytes, (int64_t)length, err) ? handle_new(v, err) : NULL;
}

lb_value *lb_list_new(lb_value *const *items, int64_t count, lb_error *err) {
    lb_value v;
    if (!value_new_list(&v, NULL, count, err)) return NULL;
    for (int64_t i = 0; i < count; i++)
        if (!list_append(v.list, value_copy(*items[i]), err)) {
            value_release(v);
            return NULL;
        }
    return handle_new(v, err);
}

lb_value *lb_tuple_new(lb_value *const *items, int64_t count, lb_error *err) {
    lb_value v;
    if (count > INT32_MAX) {
        error_set(err, LB_ERROR_ARGUMENT, "a tuple of more than 2^31 items");
        return NULL;
    }
    if (!value_new_tuple(&v, NULL, (int32_t)count, err)) return NULL;
    for (int64_t i = 0; i < count; i++) v.tuple->items[i] = value_copy(*items[i]);
    return handle_new(v, err);
}

lb_value *lb_dict_new(lb_error *err) {
    lb_value v;
    return value_new_dict(&v, NULL, NULL, err) ? handle_new(v, err) : NULL;
}

bool lb_dict_set(lb_value *dict, const lb_value *key, const lb_value *value, lb_error *err) {
    if (dict->tag != VALUE_DICT) return error_set(err, LB_ERROR_ARGUMENT, "lb_dict_set: not a dict");
    return dict_set(dict->dict, value_copy(*key), value_copy(*value), err);
}

lb_mark lb_value_mark(const lb_value *value) {
    return value->tag == VALUE_LIST   ? (lb_mark)value->list->mark
           : value->tag == VALUE_DICT ? (lb_mark)value->dict->mark
                                      : LB_PLAIN;
}

void lb_value_set_mark(lb_value *value, lb_mark mark) {
    if (value->tag == VALUE_LIST) value->list->mark = (uint8_t)mark;
    if (value->tag == VALUE_DICT) value->dict->mark = (uint8_t)mark;
}

lb_value *lb_device_new(const char *text, lb_error *err) {
    API_ERROR(err, own);
    struct device device;
    lb_value *v = device_parse(text, &device, local) ? handle_new(value_device(device), local) : NULL;
    handle_error(err, local);
    return v;
}

/* ---- what has a class ---- */

lb_value *lb_enum_new(const char *name, const lb_value *value, bool is_value, lb_error *err) {
    lb_value text, v;
    if (!value_new_string(&text, name, (int64_t)strlen(name), err)) return NULL;
    bool made = value_new_enum(&v, NULL, is_value ? ENUM_UNTYPED_VALUE : ENUM_UNTYPED, text, *value, err);
    value_release(text);
    return made ? handle_new(v, err) : NULL;
}

const char *lb_enum_name(const lb_value *member) {
    if (member->tag != VALUE_ENUM || member->enumeration->name.tag != VALUE_STRING) return NULL;
    return member->enumeration->name.string->bytes;
}

lb_value *lb_enum_value(const lb_value *member, lb_error *err) {
    return handle_new(member->tag == VALUE_ENUM ? value_copy(member->enumeration->value) : value_none(), err);
}

static bool put_members(const struct enum_members *members, struct dict *out, lb_error *err) {
    for (int i = 0; i < members->list.count; i++) {
        const struct enum_member *m = &members->list.items[i];
        lb_value name;
        if (!value_new_string(&name, m->name->text, (int64_t)m->name->length, err) ||
            !dict_set(out, name, value_copy(m->value), err))
            return false;
    }
    return true;
}

lb_value *lb_enum_members(const lb_value *member, lb_error *err) {
    lb_value v;
    if (!value_new_dict(&v, NULL, NULL, err)) return NULL;
    bool typed = member->tag == VALUE_ENUM && member->enumeration->type;
    if (!typed || put_members(member->enumeration->type->members, v.dict, err)) return handle_new(v, err);
    value_release(v);
    return NULL;
}

static const struct type *named_type(const lb_value *v) {
    switch (v->tag) {
    case VALUE_OBJECT: return v->object->type;
    case VALUE_ENUM: return v->enumeration->type;
    case VALUE_TUPLE: return v->tuple->type;
    case VALUE_CAPSULE: return v->capsule->type;
    default: return NULL;
    }
}

const char *lb_value_class(const lb_value *value) {
    const struct type *t = named_type(value);
    return t && t->name ? t->name->text : NULL;
}

const char *lb_tuple_field(const lb_value *tuple, int index) {
    const struct type *t = tuple->tag == VALUE_TUPLE ? tuple->tuple->type : NULL;
    return t && t->fields && index >= 0 && index < t->count ? t->fields->names[index]->text : NULL;
}

bool lb_value_same(const lb_value *a, const lb_value *b) {
    return value_same(*a, *b);
}

const void *lb_value_identity(const lb_value *value) {
    return value_is_counted(*value) && value->tag != VALUE_STRING ? value->counted : NULL;
}

/* ---- what is in it ---- */

bool lb_bool_get(const lb_value *value) {
    return (value->tag == VALUE_BOOL || value->tag == VALUE_INT) && value->i != 0;
}

int64_t lb_int_get(const lb_value *value) {
    return value->tag == VALUE_INT || value->tag == VALUE_BOOL ? value->i : 0;
}

double lb_float_get(const lb_value *value) {
    return value->tag == VALUE_FLOAT ? value->f : (double)lb_int_get(value);
}

void lb_complex_get(const lb_value *value, double *re, double *im) {
    *re = value->tag == VALUE_COMPLEX ? value->complex->re : lb_float_get(value);
    *im = value->tag == VALUE_COMPLEX ? value->complex->im : 0;
}

const char *lb_string_get(const lb_value *value, size_t *length) {
    if (value->tag != VALUE_STRING) return NULL;
    if (length) *length = (size_t)value->string->length;
    return value->string->bytes;
}

int64_t lb_count(const lb_value *value) {
    if (value->tag == VALUE_LIST) return value->list->count;
    if (value->tag == VALUE_TUPLE) return value->tuple->count;
    return value->tag == VALUE_DICT ? value->dict->count : 0;
}

/* The nth live entry; dicts are read from outside in order, so a walk is fine. */
static const struct dict_entry *entry_at(const struct dict *d, int64_t index) {
    int64_t position = d->used == d->count ? index : 0, skip = d->used == d->count ? 0 : index;
    const struct dict_entry *e = dict_next(d, &position);
    while (e && skip-- > 0) e = dict_next(d, &position);
    return e;
}

static lb_value *out_of_range(int64_t index, lb_error *err) {
    error_set(err, LB_ERROR_ARGUMENT, "there is no item %lld", (long long)index);
    return NULL;
}

lb_value *lb_item(const lb_value *value, int64_t index, lb_error *err) {
    if (index < 0 || index >= lb_count(value)) return out_of_range(index, err);
    if (value->tag == VALUE_LIST) return handle_new(value_copy(value->list->items[index]), err);
    if (value->tag == VALUE_TUPLE) return handle_new(value_copy(value->tuple->items[index]), err);
    return handle_new(value_copy(entry_at(value->dict, index)->value), err);
}

lb_value *lb_dict_key(const lb_value *dict, int64_t index, lb_error *err) {
    if (dict->tag != VALUE_DICT || index < 0 || index >= dict->dict->count) return out_of_range(index, err);
    return handle_new(value_copy(entry_at(dict->dict, index)->key), err);
}

lb_value *lb_dict_find(const lb_value *dict, const char *key) {
    if (dict->tag != VALUE_DICT) return NULL;
    int64_t at = 0;
    for (const struct dict_entry *e; (e = dict_next(dict->dict, &at));)
        if (e->key.tag == VALUE_STRING && !strcmp(e->key.string->bytes, key))
            return handle_new(value_copy(e->value), NULL);
    return NULL;
}
