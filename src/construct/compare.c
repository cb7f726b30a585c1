/* Equality, order, hashes and truth, as Python's. */
#include "construct/evaluator.h"
#include <math.h>
#include <string.h>

static const struct source_range nowhere;

bool thing_same(const struct thing *a, const struct thing *b) {
    if (a == b) return true;
    if (a->kind == THING_LIBRARY && b->kind == THING_LIBRARY) return !strcmp(a->path, b->path);
    if (a->kind != THING_VALUE || b->kind != THING_VALUE || a->value.tag != b->value.tag) return false;
    return value_same(a->value, b->value);
}

static bool is_number(const struct thing *t) {
    return thing_is_int(t) || thing_is(t, VALUE_FLOAT);
}
static double as_double(const struct thing *t) {
    return thing_is(t, VALUE_FLOAT) ? t->value.f : (double)t->value.i;
}

static int equal_values(struct evaluator *v, const struct thing *a, const struct thing *b) {
    if (is_number(a) && is_number(b))
        return thing_is_int(a) && thing_is_int(b) ? a->value.i == b->value.i : as_double(a) == as_double(b);
    if (a->value.tag != b->value.tag) return 0;
    bool equal = value_equal(a->value, b->value, v->err);
    return v->err->code ? -1 : equal;
}

static int equal_items(struct evaluator *v, const struct thing *a, const struct thing *b) {
    if (a->count != b->count) return 0;
    for (int i = 0; i < a->count; i++) {
        int equal = thing_same(a->items[i], b->items[i]) ? 1 : thing_equal(v, a->items[i], b->items[i]);
        if (equal != 1) return equal;
    }
    return 1;
}

static int equal_dicts(struct evaluator *v, const struct thing *a, const struct thing *b) {
    if (a->dict.count != b->dict.count) return 0;
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(a, &position));) {
        struct thing *other = thing_dict_find(v, b, e->key);
        if (!other) return v->err->code ? -1 : 0;
        int equal = a->kind == THING_SET || thing_same(e->value, other) ? 1 : thing_equal(v, e->value, other);
        if (equal != 1) return equal;
    }
    return 1;
}

static int equal_instances(struct evaluator *v, struct thing *a, struct thing *b) {
    struct thing *given = call_special(v, a, "__eq__", nowhere, &b, 1);
    if (given && given->kind == THING_LIBRARY) return 0; /* NotImplemented */
    if (given) return thing_true(v, given);
    return v->err->code ? -1 : 0;
}

static int equal(struct evaluator *v, struct thing *a, struct thing *b) {
    if (a->kind == THING_INSTANCE && !thing_is_module(a)) return equal_instances(v, a, b);
    if (a->kind != b->kind) return 0;
    switch (a->kind) {
    case THING_VALUE: return equal_values(v, a, b);
    case THING_LIST:
    case THING_TUPLE: return equal_items(v, a, b);
    case THING_DICT:
    case THING_SET: return equal_dicts(v, a, b);
    case THING_RANGE:
        return a->range.start == b->range.start && a->range.stop == b->range.stop &&
               a->range.step == b->range.step;
    case THING_METHOD: return a->bound.function == b->bound.function && a->bound.self == b->bound.self;
    default: return thing_same(a, b);
    }
}

int thing_equal(struct evaluator *v, struct thing *a, struct thing *b) {
    if (!evaluator_enter(v, nowhere)) return -1;
    int result = equal(v, a, b);
    evaluator_leave(v);
    return result;
}

/* ---- order ---- */

static bool no_order(struct evaluator *v, const struct thing *a, const struct thing *b) {
    raise_error(v, nowhere, "TypeError", "'<' not supported between instances of '%s' and '%s'",
                thing_type_name(a), thing_type_name(b));
    return false;
}

static bool order_items(struct evaluator *v, struct thing *a, struct thing *b, int *order) {
    for (int i = 0; i < a->count && i < b->count; i++) {
        int same = thing_equal(v, a->items[i], b->items[i]);
        if (same < 0) return false;
        if (!same) return thing_order(v, a->items[i], b->items[i], order);
    }
    *order = (a->count > b->count) - (a->count < b->count);
    return true;
}

static int order_texts(const struct string *a, const struct string *b) {
    int64_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, (size_t)length);
    return order ? (order > 0) - (order < 0) : (a->length > b->length) - (a->length < b->length);
}

static bool order_instances(struct evaluator *v, struct thing *a, struct thing *b, int *order) {
    struct thing *below = call_special(v, a, "__lt__", nowhere, &b, 1);
    if (!below) return v->err->code ? false : no_order(v, a, b);
    int yes = thing_true(v, below);
    *order = yes ? -1 : 1;
    return yes >= 0;
}

bool thing_order(struct evaluator *v, struct thing *a, struct thing *b, int *order) {
    if (is_number(a) && is_number(b)) {
        double x = as_double(a), y = as_double(b);
        bool whole = thing_is_int(a) && thing_is_int(b);
        *order = whole ? (a->value.i > b->value.i) - (a->value.i < b->value.i) : (x > y) - (x < y);
        if (!whole && (isnan(x) || isnan(y))) *order = 2; /* neither below, nor equal: see operators.c */
        return true;
    }
    if (thing_is_text(a) && thing_is_text(b)) {
        *order = order_texts(a->value.string, b->value.string);
        return true;
    }
    bool rows = a->kind == b->kind && (a->kind == THING_LIST || a->kind == THING_TUPLE);
    if (!rows) return a->kind == THING_INSTANCE ? order_instances(v, a, b, order) : no_order(v, a, b);
    if (!evaluator_enter(v, nowhere)) return false;
    bool good = order_items(v, a, b, order);
    evaluator_leave(v);
    return good;
}

/* ---- hashes ---- */

static bool hash_items(struct evaluator *v, const struct thing *t, uint64_t *hash) {
    *hash = 0x345678;
    for (int i = 0; i < t->count; i++) {
        uint64_t item;
        if (!thing_hash(v, t->items[i], &item)) return false;
        *hash = (*hash ^ item) * 0x9e3779b97f4a7c15u;
    }
    return true;
}

static bool no_hash(struct evaluator *v, const struct thing *t) {
    raise_error(v, nowhere, "TypeError", "unhashable type: '%s'", thing_type_name(t));
    return false;
}

/* Numbers that are equal hash alike, whatever their types. */
static bool hash_value(struct evaluator *v, const struct thing *t, uint64_t *hash) {
    bool fits = thing_is(t, VALUE_FLOAT) && fabs(t->value.f) < 0x1p63;
    if (fits && t->value.f == (double)(int64_t)t->value.f)
        *hash = value_hash(value_int((int64_t)t->value.f));
    else if (thing_is_int(t))
        *hash = value_hash(value_int(t->value.i));
    else if (thing_is_text(t))
        *hash = hash_bytes(t->value.string->bytes, (size_t)t->value.string->length);
    else if (thing_is(t, VALUE_LIST) || thing_is(t, VALUE_DICT))
        return no_hash(v, t);
    else
        *hash = value_hash(t->value);
    return true;
}

bool thing_hash(struct evaluator *v, const struct thing *t, uint64_t *hash) {
    if (t->kind == THING_VALUE) return hash_value(v, t, hash);
    if (t->kind == THING_LIST || t->kind == THING_DICT || t->kind == THING_SET) return no_hash(v, t);
    if (t->kind == THING_LIBRARY) return *hash = hash_bytes(t->path, strlen(t->path)), true;
    if (t->kind != THING_TUPLE) return *hash = hash_bytes(&t, sizeof t), true;
    if (!evaluator_enter(v, nowhere)) return false;
    bool good = hash_items(v, t, hash);
    evaluator_leave(v);
    return good;
}

/* ---- truth ---- */

static int tensor_true(struct evaluator *v, struct thing *t) {
    const struct name *item = evaluator_name(v, "item");
    struct thing *number = item ? thing_attribute(v, t, item, nowhere) : NULL;
    number = number ? call_thing_with(v, number, nowhere, NULL, 0) : NULL;
    return number ? thing_true(v, number) : -1;
}

static int value_true(struct evaluator *v, struct thing *t) {
    switch (t->value.tag) {
    case VALUE_NONE: return 0;
    case VALUE_BOOL:
    case VALUE_INT: return t->value.i != 0;
    case VALUE_FLOAT: return t->value.f != 0;
    case VALUE_COMPLEX: return t->value.complex->re != 0 || t->value.complex->im != 0;
    case VALUE_STRING: return t->value.string->length != 0;
    case VALUE_TENSOR: return tensor_true(v, t);
    default: return 1;
    }
}

static int instance_true(struct evaluator *v, struct thing *t) {
    struct thing *given = call_special(v, t, "__bool__", nowhere, NULL, 0);
    if (!given && !v->err->code) given = call_special(v, t, "__len__", nowhere, NULL, 0);
    if (given) return thing_true(v, given);
    return v->err->code ? -1 : 1;
}

int thing_true(struct evaluator *v, struct thing *t) {
    switch (t->kind) {
    case THING_VALUE: return value_true(v, t);
    case THING_LIST:
    case THING_TUPLE: return t->count != 0;
    case THING_DICT:
    case THING_SET: return t->dict.count != 0;
    case THING_RANGE: return thing_length(v, t, nowhere) != 0;
    case THING_INSTANCE: return instance_true(v, t);
    default: return 1;
    }
}
