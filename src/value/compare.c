/* Identity, equality and hashes of values (IValue::is, IValue::equals, IValue::hash in
 * aten/src/ATen/core/ivalue.cpp). Tensors are equal here when they are one tensor; comparing their elements
 * is an operator's matter. Equality of what nests deeper than MAX_DEPTH is an error, so that a list that
 * contains itself ends. */
#include "base/name.h"
#include "value/value.h"
#include <string.h>

enum { MAX_DEPTH = 1000 };

static bool is_undefined(lb_value v) {
    return v.tag == VALUE_TENSOR && v.tensor->dtype == DTYPE_NONE;
}

static bool devices_equal(struct device a, struct device b) {
    return a.type == b.type && a.index == b.index;
}

static bool plain_equal(lb_value a, lb_value b) {
    switch (a.tag) {
    case VALUE_NONE: return true;
    case VALUE_BOOL: return a.b == b.b;
    case VALUE_INT: return a.i == b.i;
    case VALUE_FLOAT: return a.f == b.f;
    case VALUE_DEVICE: return devices_equal(a.device, b.device);
    case VALUE_FUNCTION: return a.function == b.function;
    default: return false;
    }
}

bool value_same(lb_value a, lb_value b) {
    if (is_undefined(a) || is_undefined(b)) {
        return (is_undefined(a) || a.tag == VALUE_NONE) && (is_undefined(b) || b.tag == VALUE_NONE);
    }
    if (a.tag != b.tag) return false;
    if (a.tag == VALUE_FLOAT) return a.i == b.i; /* the bits: a NaN is itself */
    return value_is_counted(a) ? a.counted == b.counted : plain_equal(a, b);
}

static bool equal_at(lb_value a, lb_value b, int depth, lb_error *err);

/* In containers identity is enough, as in Python (_fastEqualsForContainer). */
static bool items_equal(const lb_value *a, const lb_value *b, int64_t count, int depth, lb_error *err) {
    for (int64_t i = 0; i < count; i++)
        if (!value_same(a[i], b[i]) && !equal_at(a[i], b[i], depth, err)) return false;
    return true;
}

static bool dicts_equal(const struct dict *a, const struct dict *b, int depth, lb_error *err) {
    if (a->count != b->count) return false;
    int64_t position = 0;
    for (struct dict_entry *e; (e = dict_next(a, &position));) {
        lb_value *other = dict_get(b, e->key);
        if (!other || (!value_same(e->value, *other) && !equal_at(e->value, *other, depth, err)))
            return false;
    }
    return true;
}

static bool strings_equal(const struct string *a, const struct string *b) {
    return a->length == b->length && !memcmp(a->bytes, b->bytes, (size_t)a->length);
}

static bool enums_equal(const struct enum_value *a, const struct enum_value *b) {
    return a == b || (a->type == b->type && a->index == b->index);
}

static bool equal_at(lb_value a, lb_value b, int depth, lb_error *err) {
    if (a.tag != b.tag) return false;
    if (!value_is_counted(a)) return plain_equal(a, b);
    if (depth > MAX_DEPTH) return error_set(err, LB_ERROR_LIMIT, "values nest too deeply to be compared");
    switch (a.tag) {
    case VALUE_STRING: return strings_equal(a.string, b.string);
    case VALUE_COMPLEX: return a.complex->re == b.complex->re && a.complex->im == b.complex->im;
    case VALUE_ENUM: return enums_equal(a.enumeration, b.enumeration);
    case VALUE_LIST:
        return a.list->count == b.list->count &&
               items_equal(a.list->items, b.list->items, a.list->count, depth + 1, err);
    case VALUE_TUPLE:
        return a.tuple->count == b.tuple->count &&
               items_equal(a.tuple->items, b.tuple->items, a.tuple->count, depth + 1, err);
    case VALUE_DICT: return dicts_equal(a.dict, b.dict, depth + 1, err);
    default: return a.counted == b.counted;
    }
}

bool value_equal(lb_value a, lb_value b, lb_error *err) {
    return equal_at(a, b, 0, err);
}

static uint64_t mix(uint64_t x) { /* splitmix64 */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Several threads may compute one string's hash; all write the same number. */
static uint64_t string_hash(struct string *s) {
    uint32_t hash = __atomic_load_n(&s->hash, __ATOMIC_RELAXED);
    if (hash) return hash;
    hash = (uint32_t)hash_bytes(s->bytes, (size_t)s->length);
    hash += hash == 0;
    __atomic_store_n(&s->hash, hash, __ATOMIC_RELAXED);
    return hash;
}

static uint64_t float_hash(double f) {
    uint64_t bits = 0;
    if (f != 0) memcpy(&bits, &f, sizeof bits); /* -0.0 equals 0.0 */
    return mix(bits + 1);
}

static uint64_t hash_at(lb_value v, int depth) {
    uint64_t hash = v.tag;
    switch (v.tag) {
    case VALUE_NONE: return 0;
    case VALUE_BOOL: return mix(v.b + 1u);
    case VALUE_INT: return mix((uint64_t)v.i + 0x9e3779b97f4a7c15u);
    case VALUE_FLOAT: return float_hash(v.f);
    case VALUE_DEVICE: return mix((uint64_t)(uint16_t)v.device.type << 16 | (uint16_t)v.device.index);
    case VALUE_STRING: return mix(string_hash(v.string));
    case VALUE_COMPLEX: return mix(float_hash(v.complex->re) ^ (float_hash(v.complex->im) << 1));
    case VALUE_ENUM: return mix((uintptr_t)v.enumeration->type + (uint64_t)v.enumeration->index);
    case VALUE_TUPLE:
        for (int32_t i = 0; i < v.tuple->count && depth < MAX_DEPTH; i++)
            hash = mix(hash * 31 + hash_at(v.tuple->items[i], depth + 1));
        return hash;
    default: return mix((uintptr_t)v.counted);
    }
}

uint64_t value_hash(lb_value v) {
    return hash_at(v, 0);
}
