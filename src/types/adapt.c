/* See adapt.h. Sources: torch/csrc/jit/python/pybind_utils.cpp (toIValue), torch/csrc/jit/serialization/
 * unpickler.cpp (restoreAccurateTypeTags). */
#include "types/adapt.h"
#include "base/mem.h"
#include "tensor/device.h"
#include "value/print.h"
#include <string.h>

enum { MAX_DEPTH = 64 };

static enum value_mark mark_of(const struct type *t) {
    static const char *const words[] = {
        [MARK_SET] = "set",         [MARK_KEYED] = "keyed",     [MARK_DEQUE] = "deque",
        [MARK_COUNTER] = "counter", [MARK_DEFAULT] = "default", [MARK_NONE] = ""};
    for (int i = 1; t->name && i < (int)(sizeof words / sizeof *words); i++)
        if (!strcmp(t->name->text, words[i])) return (enum value_mark)i;
    return MARK_NONE;
}

static void tag(const struct type *want, lb_value v, int depth) {
    if (depth > MAX_DEPTH) return;
    if (want->kind == TYPE_OPTIONAL) {
        tag(want->items[0], v, depth + 1);
    } else if (want->kind == TYPE_LIST && v.tag == VALUE_LIST) {
        if (!v.list->element) v.list->element = want->items[0];
        v.list->mark = (uint8_t)mark_of(want);
        for (int64_t i = 0; i < v.list->count; i++) tag(want->items[0], v.list->items[i], depth + 1);
    } else if (want->kind == TYPE_DICT && v.tag == VALUE_DICT) {
        if (!v.dict->key_type) {
            v.dict->key_type = want->items[0];
            v.dict->value_type = want->items[1];
        }
        v.dict->mark = (uint8_t)mark_of(want);
        int64_t at = 0;
        for (struct dict_entry *e; (e = dict_next(v.dict, &at));) tag(want->items[1], e->value, depth + 1);
    } else if (want->kind == TYPE_TUPLE && v.tag == VALUE_TUPLE && v.tuple->count == want->count) {
        if (want->fields && !v.tuple->type) v.tuple->type = want;
        for (int i = 0; i < want->count; i++) tag(want->items[i], v.tuple->items[i], depth + 1);
    }
}

void type_tag_containers(const struct type *want, lb_value v) {
    tag(want, v, 0);
}

struct conversion {
    struct type_store *store;
    int depth;
    lb_error *err;
};

static bool convert(struct conversion *c, const struct type *want, lb_value v, lb_value *out);

/* The items of a list or a tuple: Python's sequences stand for each other when they are passed. */
static bool sequence(lb_value v, const lb_value **items, int64_t *count) {
    bool list = v.tag == VALUE_LIST;
    if (!list && v.tag != VALUE_TUPLE) return false;
    *items = list ? v.list->items : v.tuple->items;
    *count = list ? v.list->count : v.tuple->count;
    return true;
}

static bool convert_list(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    const lb_value *items;
    int64_t count;
    if (!sequence(v, &items, &count) ||
        (v.tag == VALUE_LIST && v.list->mark && v.list->mark != mark_of(want)))
        return false;
    if (!value_new_list(out, want->items[0], count, c->err)) return false;
    for (int64_t i = 0; i < count; i++) {
        lb_value item;
        if (!convert(c, want->items[0], items[i], &item)) return false;
        if (!list_append(out->list, item, c->err)) return false;
    }
    return true;
}

/* ---- keys that TorchScript's dicts cannot have, as texts: the rule of lang/lower_internal.c ---- */

static void put_key(struct text *out, lb_value v) {
    if (v.tag == VALUE_STRING) {
        text_printf(out, "%lld:", (long long)v.string->length);
        text_put_bytes(out, v.string->bytes, (size_t)v.string->length);
    } else if (v.tag == VALUE_TUPLE) {
        text_put_char(out, '(');
        for (int i = 0; i < v.tuple->count; i++) {
            put_key(out, v.tuple->items[i]);
            text_put_char(out, ',');
        }
    } else if (v.tag == VALUE_ENUM && v.enumeration->name.tag == VALUE_STRING) {
        text_put(out, v.enumeration->name.string->bytes);
    } else {
        value_put(out, v, &(struct value_words){0});
    }
}

static bool text_of_key(struct conversion *c, lb_value v, lb_value *out) {
    struct text text = {0};
    put_key(&text, v);
    bool good = value_new_string(out, text_get(&text), text.length, c->err);
    text_free(&text);
    return good;
}

/* key: value -> text: (key, value) */
static bool convert_keyed(struct conversion *c, const struct type *want, const struct dict_entry *e,
                          lb_value *key, lb_value *value) {
    const struct type *pair = want->items[1];
    if (pair->kind != TYPE_TUPLE || pair->count != 2 || !value_new_tuple(value, NULL, 2, c->err))
        return false;
    return convert(c, pair->items[0], e->key, &value->tuple->items[0]) &&
           convert(c, pair->items[1], e->value, &value->tuple->items[1]) &&
           text_of_key(c, value->tuple->items[0], key);
}

/* An item of a set: by its own text where it can be no key. */
static bool convert_member(struct conversion *c, const struct type *want, const struct dict_entry *e,
                           lb_value *key, lb_value *value) {
    if (!convert(c, want->items[1], e->value, value)) return false;
    if (want->items[0] == want->items[1]) return *key = value_copy(*value), true;
    return text_of_key(c, *value, key);
}

static bool convert_entry(struct conversion *c, const struct type *want, const struct dict *from,
                          const struct dict_entry *e, lb_value *key, lb_value *value) {
    enum value_mark mark = mark_of(want);
    if (mark == MARK_KEYED && from->mark != MARK_KEYED) return convert_keyed(c, want, e, key, value);
    if (mark == MARK_SET) return convert_member(c, want, e, key, value);
    return convert(c, want->items[0], e->key, key) && convert(c, want->items[1], e->value, value);
}

static bool convert_dict(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    if (v.tag != VALUE_DICT || (v.dict->mark == MARK_SET && mark_of(want) != MARK_SET)) return false;
    if (!value_new_dict(out, want->items[0], want->items[1], c->err)) return false;
    int64_t at = 0;
    for (struct dict_entry *e; (e = dict_next(v.dict, &at));) {
        lb_value key = value_none(), value = value_none();
        if (!convert_entry(c, want, v.dict, e, &key, &value)) {
            value_release(key);
            value_release(value);
            return false;
        }
        if (!dict_set(out->dict, key, value, c->err)) return false;
    }
    return true;
}

static bool convert_tuple(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    const lb_value *items;
    int64_t count;
    if (!sequence(v, &items, &count) || count != want->count) return false;
    if (!value_new_tuple(out, want->fields ? want : NULL, want->count, c->err)) return false;
    for (int i = 0; i < want->count; i++)
        if (!convert(c, want->items[i], items[i], &out->tuple->items[i])) return false;
    return true;
}

/* The first member that takes the value as it is; else the first that converts. */
static bool convert_union(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    for (int i = 0; i < want->count; i++)
        if (type_admits(c->store, want->items[i], v)) return convert(c, want->items[i], v, out);
    for (int i = 0; i < want->count; i++) {
        if (convert(c, want->items[i], v, out)) return true;
        value_release(*out);
        *out = value_none();
        if (c->err && c->err->code) return false;
    }
    return false;
}

static const struct type *infer(struct type_store *s, lb_value v, int depth);

/* What both are, as far as the items seen so far say; NULL: nothing. */
static const struct type *unify_with(struct type_store *s, const struct type *seen, lb_value v, int depth) {
    const struct type *own = infer(s, v, depth);
    return own && seen ? type_unify(s, seen, own, false, NULL) : own;
}

static const struct type *infer_list(struct type_store *s, const struct list *l, int depth) {
    if (l->element) return type_list(s, l->element);
    const struct type *element = NULL;
    if (l->mark) return NULL; /* a deque is no list */
    for (int64_t i = 0; i < l->count; i++)
        if (!(element = unify_with(s, element, l->items[i], depth))) return NULL;
    return element ? type_list(s, element) : NULL;
}

static const struct type *infer_dict(struct type_store *s, const struct dict *d, int depth) {
    if (d->key_type) return type_dict(s, d->key_type, d->value_type);
    const struct type *key = NULL, *value = NULL;
    int64_t at = 0;
    if (d->mark) return NULL; /* a set is no dict */
    for (struct dict_entry *e; (e = dict_next(d, &at));) {
        key = unify_with(s, key, e->key, depth);
        value = unify_with(s, value, e->value, depth);
        if (!key || !value) return NULL;
    }
    return key ? type_dict(s, key, value) : NULL;
}

static const struct type *infer_tuple(struct type_store *s, const struct tuple *t, int depth) {
    if (t->type) return t->type;
    const struct type **items = mem_zeroed((size_t)t->count + 1, sizeof *items);
    bool good = items != NULL;
    for (int i = 0; good && i < t->count; i++) good = (items[i] = infer(s, t->items[i], depth)) != NULL;
    const struct type *type = good ? type_tuple(s, t->count, items) : NULL;
    mem_free(items);
    return type;
}

static const struct type *infer(struct type_store *s, lb_value v, int depth) {
    if (depth >= MAX_DEPTH) return NULL;
    switch (v.tag) {
    case VALUE_TENSOR: return s->tensor;
    case VALUE_LIST: return infer_list(s, v.list, depth + 1);
    case VALUE_DICT: return infer_dict(s, v.dict, depth + 1);
    case VALUE_TUPLE: return infer_tuple(s, v.tuple, depth + 1);
    default: return type_of_value(s, v);
    }
}

const struct type *type_infer(struct type_store *s, lb_value v) {
    return infer(s, v, 0);
}

/* A value for which no type is declared (Any): its own contents decide. */
static bool convert_any(struct conversion *c, lb_value v, lb_value *out) {
    bool container = v.tag == VALUE_LIST || v.tag == VALUE_DICT || v.tag == VALUE_TUPLE;
    const struct type *own = container ? infer(c->store, v, 0) : NULL;
    if (own) return convert(c, own, v, out);
    *out = value_copy(v);
    return true;
}

/* Numbers that a one-element tensor stands for. */
static bool number_of_tensor(const struct tensor *t, lb_value *out) {
    if (t->numel != 1 || t->layout != LAYOUT_STRIDED) return false;
    if (t->dtype == DTYPE_BOOL)
        *out = value_bool(tensor_get_int(t, 0) != 0);
    else if (dtype_is_integral((enum dtype)t->dtype, false))
        *out = value_int(tensor_get_int(t, 0));
    else if (dtype_is_floating((enum dtype)t->dtype))
        *out = value_float(tensor_get_float(t, 0));
    else
        return false;
    return true;
}

static bool convert_number(const struct type *want, lb_value v, lb_value *out) {
    if (v.tag == VALUE_TENSOR && !number_of_tensor(v.tensor, &v)) return false;
    if (v.tag == VALUE_BOOL && want->kind != TYPE_NUMBER) v = value_int(v.b);
    *out = value_copy(v);
    if (want->kind == TYPE_NUMBER)
        return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_COMPLEX || v.tag == VALUE_BOOL;
    if (want->kind == TYPE_FLOAT && v.tag == VALUE_INT) *out = value_float((double)v.i);
    return want->kind == TYPE_FLOAT ? v.tag == VALUE_INT || v.tag == VALUE_FLOAT : v.tag == VALUE_INT;
}

static bool convert_complex(struct conversion *c, lb_value v, lb_value *out) {
    if (v.tag == VALUE_INT) return value_new_complex(out, (double)v.i, 0, c->err);
    if (v.tag == VALUE_FLOAT) return value_new_complex(out, v.f, 0, c->err);
    *out = value_copy(v);
    return v.tag == VALUE_COMPLEX;
}

static bool convert_device(lb_value v, lb_value *out) {
    struct device device;
    lb_error unnamed = {0};
    bool named = v.tag == VALUE_STRING && device_parse(v.string->bytes, &device, &unnamed);
    error_clear(&unnamed);
    *out = named ? value_device(device) : value_copy(v);
    return named || v.tag == VALUE_DEVICE;
}

/* A member that comes from outside without a type: the enum's own member of its name. */
static bool convert_enum(struct conversion *c, const struct type *want, const struct enum_value *e,
                         lb_value *out) {
    for (int i = 0; i < want->members->list.count; i++) {
        const struct enum_member *m = &want->members->list.items[i];
        if (e->name.tag == VALUE_STRING && !strcmp(m->name->text, e->name.string->bytes))
            return value_new_enum(out, want, i, e->name, m->value, c->err);
    }
    return false;
}

/* Where no enum is wanted, it is what it is worth, or nothing. */
static bool convert_untyped_enum(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    if (want->kind == TYPE_ENUM) return convert_enum(c, want, v.enumeration, out);
    return v.enumeration->index == ENUM_UNTYPED_VALUE && convert(c, want, v.enumeration->value, out);
}

static bool is_untyped_enum(lb_value v) {
    return v.tag == VALUE_ENUM && !v.enumeration->type;
}

static bool convert_plain(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    *out = value_copy(v);
    return type_admits(c->store, want, v);
}

static bool convert_kind(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    bool chooses = want->kind == TYPE_OPTIONAL || want->kind == TYPE_UNION;
    if (is_untyped_enum(v) && !chooses) return convert_untyped_enum(c, want, v, out);
    switch (want->kind) {
    case TYPE_ANY: return convert_any(c, v, out);
    case TYPE_OPTIONAL: return v.tag == VALUE_NONE || convert(c, want->items[0], v, out);
    case TYPE_LIST: return convert_list(c, want, v, out);
    case TYPE_DICT: return convert_dict(c, want, v, out);
    case TYPE_TUPLE: return convert_tuple(c, want, v, out);
    case TYPE_UNION: return convert_union(c, want, v, out);
    case TYPE_NUMBER:
    case TYPE_FLOAT:
    case TYPE_INT: return convert_number(want, v, out);
    case TYPE_COMPLEX: return convert_complex(c, v, out);
    case TYPE_DEVICE: return convert_device(v, out);
    default: return convert_plain(c, want, v, out);
    }
}

static bool convert(struct conversion *c, const struct type *want, lb_value v, lb_value *out) {
    *out = value_none();
    if (c->depth >= MAX_DEPTH)
        return error_set(c->err, LB_ERROR_LIMIT, "an argument is nested more than %d deep", MAX_DEPTH);
    c->depth++;
    bool fits = convert_kind(c, want, v, out);
    c->depth--;
    if (fits) return true;
    value_release(*out);
    *out = value_none();
    return false;
}

bool type_convert_argument(struct type_store *s, const struct type *want, lb_value v, lb_value *out,
                           lb_error *err) {
    struct conversion c = {s, 0, err};
    return convert(&c, want, v, out);
}
