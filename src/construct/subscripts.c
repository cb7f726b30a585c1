/* Items: x[i], x[a:b], x[i] = y, del x[i]; what iterating gives; len(). */
#include "construct/natives.h"
#include <string.h>

/* ---- slices ---- */

struct span {
    int64_t start, step, count;
};

static bool slice_part(struct evaluator *v, const struct thing *t, int64_t otherwise, struct source_range at,
                       int64_t *out) {
    if (thing_is_none(t)) return *out = otherwise, true;
    return thing_as_int(v, t, at, out);
}

static int64_t clipped(int64_t i, int64_t length, int64_t low, int64_t high) {
    if (i < 0) i += length;
    return i < low ? low : i > high ? high : i;
}

/* Which items of `length` a slice takes (slice.indices). */
bool slice_span(struct evaluator *v, const struct thing *slice, int64_t length, struct source_range at,
                struct span *out) {
    int64_t start, stop;
    if (!slice_part(v, slice->items[2], 1, at, &out->step)) return false;
    if (!out->step) return raise_error(v, at, "ValueError", "slice step cannot be zero"), false;
    bool up = out->step > 0;
    if (!slice_part(v, slice->items[0], up ? 0 : length - 1, at, &start) ||
        !slice_part(v, slice->items[1], up ? length : -length - 1, at, &stop))
        return false;
    out->start = up ? clipped(start, length, 0, length) : clipped(start, length, -1, length - 1);
    stop = up ? clipped(stop, length, 0, length) : clipped(stop, length, -1, length - 1);
    int64_t distance = up ? stop - out->start : out->start - stop, step = up ? out->step : -out->step;
    out->count = distance > 0 ? (distance + step - 1) / step : 0;
    return true;
}

/* ---- lists, tuples, texts, ranges ---- */

static bool item_index(struct evaluator *v, const struct thing *index, int64_t length, const char *what,
                       struct source_range at, int64_t *out) {
    if (!thing_is_int(index)) {
        raise_error(v, at, "TypeError", "%s indices must be integers or slices, not %s", what,
                    thing_type_name(index));
        return false;
    }
    *out = index->value.i < 0 ? index->value.i + length : index->value.i;
    if (*out >= 0 && *out < length) return true;
    raise_error(v, at, "IndexError", "%s index out of range", what);
    return false;
}

static struct thing *item_of_row(struct evaluator *v, struct thing *t, struct thing *index,
                                 struct source_range at) {
    int64_t i;
    struct span s;
    if (index->kind != THING_SLICE)
        return item_index(v, index, t->count, thing_type_name(t), at, &i) ? t->items[i] : NULL;
    if (!slice_span(v, index, t->count, at, &s)) return NULL;
    struct thing *part = thing_list(v, NULL, 0);
    for (int64_t k = 0; part && k < s.count; k++)
        if (!thing_append(v, part, t->items[s.start + k * s.step])) return NULL;
    if (part) part->kind = t->kind;
    return part;
}

/* The bytes at which the characters of a UTF-8 text begin, and its end; count + 1 of them. */
static int32_t *characters(struct evaluator *v, const struct string *s, int *count) {
    int32_t *starts = s->length < INT32_MAX ? arena_array(&v->memory, int32_t, s->length + 1) : NULL;
    *count = 0;
    if (!starts) return raise_memory(v);
    for (int64_t i = 0; i < s->length; i++)
        if (((unsigned char)s->bytes[i] & 0xc0) != 0x80) starts[(*count)++] = (int32_t)i;
    starts[*count] = (int32_t)s->length;
    return starts;
}

static struct thing *item_of_text(struct evaluator *v, struct thing *t, struct thing *index,
                                  struct source_range at) {
    const struct string *s = t->value.string;
    int count;
    int64_t i;
    struct span span;
    int32_t *starts = characters(v, s, &count);
    if (!starts) return NULL;
    if (index->kind != THING_SLICE)
        return item_index(v, index, count, "string", at, &i)
                   ? thing_text(v, s->bytes + starts[i], (size_t)(starts[i + 1] - starts[i]))
                   : NULL;
    if (!slice_span(v, index, count, at, &span)) return NULL;
    struct text out = {0};
    for (int64_t k = 0; k < span.count; k++) {
        int64_t c = span.start + k * span.step;
        text_put_bytes(&out, s->bytes + starts[c], (size_t)(starts[c + 1] - starts[c]));
    }
    struct thing *part = out.failed ? raise_memory(v) : thing_text(v, text_get(&out), out.length);
    text_free(&out);
    return part;
}

static int64_t range_length(const struct thing *t) {
    int64_t step = t->range.step,
            distance = step > 0 ? t->range.stop - t->range.start : t->range.start - t->range.stop;
    step = step > 0 ? step : -step;
    return distance > 0 ? (distance - 1) / step + 1 : 0;
}

static struct thing *item_of_range(struct evaluator *v, struct thing *t, struct thing *index,
                                   struct source_range at) {
    int64_t i;
    struct span s;
    if (index->kind != THING_SLICE)
        return item_index(v, index, range_length(t), "range object", at, &i)
                   ? thing_int(v, t->range.start + i * t->range.step)
                   : NULL;
    if (!slice_span(v, index, range_length(t), at, &s)) return NULL;
    struct thing *part = thing_new(v, THING_RANGE);
    if (!part) return NULL;
    part->range.start = t->range.start + s.start * t->range.step;
    part->range.step = t->range.step * s.step;
    part->range.stop = part->range.start + s.count * part->range.step;
    return part;
}

/* ---- dicts ---- */

static void *no_key(struct evaluator *v, struct thing *key, struct source_range at) {
    struct text shown = {0};
    if (thing_put_repr(v, &shown, key)) raise_error(v, at, "KeyError", "%s", text_get(&shown));
    text_free(&shown);
    return NULL;
}

static struct thing *item_of_dict(struct evaluator *v, struct thing *t, struct thing *key,
                                  struct source_range at) {
    struct thing *found = thing_dict_find(v, t, key);
    if (found || v->err->code) return found;
    if (!t->fallback) return no_key(v, key, at);
    struct thing *made = call_thing_with(v, t->fallback, at, NULL, 0);
    return made && thing_dict_put(v, t, key, made) ? made : NULL;
}

/* ---- all of them ---- */

static struct thing *item_by_kind(struct evaluator *v, struct thing *t, struct thing *index,
                                  struct source_range at) {
    if (t->kind == THING_LIST || t->kind == THING_TUPLE) return item_of_row(v, t, index, at);
    if (t->kind == THING_DICT) return item_of_dict(v, t, index, at);
    if (t->kind == THING_RANGE) return item_of_range(v, t, index, at);
    if (thing_is_text(t)) return item_of_text(v, t, index, at);
    if (thing_is_tensor(t)) return tensor_item(v, t, index, at);
    if (t->kind == THING_CLASS && t->as_class->nature == CLASS_ENUM)
        return enum_by_name(v, t->as_class, index, at);
    struct thing *given = call_special(v, t, "__getitem__", at, &index, 1);
    if (given || v->err->code) return given;
    return raise_error(v, at, "TypeError", "'%s' object is not subscriptable", thing_type_name(t));
}

struct thing *thing_subscript(struct evaluator *v, struct thing *t, struct thing *index,
                              struct source_range at) {
    struct thing *found = item_by_kind(v, t, index, at);
    return found ? found : raise_at(v, at);
}

/* Part of a list becomes other items: the rest moves. */
static bool set_slice(struct evaluator *v, struct thing *t, struct thing *slice, struct thing *value,
                      struct source_range at) {
    struct span s;
    struct thing *items = thing_items(v, value, at);
    if (!items || !slice_span(v, slice, t->count, at, &s)) return false;
    if (s.step != 1) {
        if (items->count != s.count)
            return raise_error(v, at, "ValueError",
                               "attempt to assign sequence of size %d to extended slice of size %lld",
                               items->count, (long long)s.count),
                   false;
        for (int64_t k = 0; k < s.count; k++) t->items[s.start + k * s.step] = items->items[k];
        return true;
    }
    struct thing *made = thing_list(v, t->items, (int)s.start);
    for (int i = 0; made && i < items->count; i++)
        if (!thing_append(v, made, items->items[i])) return false;
    for (int i = (int)(s.start + s.count); made && i < t->count; i++)
        if (!thing_append(v, made, t->items[i])) return false;
    if (!made) return false;
    t->items = made->items;
    t->count = made->count;
    t->capacity = made->capacity;
    return true;
}

static bool set_item(struct evaluator *v, struct thing *t, struct thing *index, struct thing *value,
                     struct source_range at) {
    int64_t i;
    if (t->kind == THING_DICT) return thing_dict_put(v, t, index, value);
    if (t->kind == THING_LIST && index->kind == THING_SLICE) return set_slice(v, t, index, value, at);
    if (t->kind == THING_LIST) {
        if (!item_index(v, index, t->count, "list assignment", at, &i)) return false;
        t->items[i] = value;
        return true;
    }
    if (thing_is_tensor(t)) return tensor_set_item(v, t, index, value, at);
    if (call_special(v, t, "__setitem__", at, (struct thing *[]){index, value}, 2)) return true;
    raise_error(v, at, "TypeError", "'%s' object does not support item assignment", thing_type_name(t));
    return false;
}

bool thing_set_subscript(struct evaluator *v, struct thing *t, struct thing *index, struct thing *value,
                         struct source_range at) {
    return set_item(v, t, index, value, at) || (raise_at(v, at), false);
}

bool thing_delete_subscript(struct evaluator *v, struct thing *t, struct thing *index,
                            struct source_range at) {
    int64_t i;
    if (t->kind == THING_DICT) {
        if (thing_dict_take(v, t, index)) return true;
        return v->err->code ? false : (no_key(v, index, at), false);
    }
    if (t->kind == THING_LIST && index->kind == THING_SLICE)
        return set_slice(v, t, index, thing_list(v, NULL, 0), at);
    if (t->kind == THING_LIST) {
        if (!item_index(v, index, t->count, "list assignment", at, &i)) return false;
        memmove(t->items + i, t->items + i + 1, sizeof *t->items * (size_t)(t->count - i - 1));
        t->count--;
        return true;
    }
    if (call_special(v, t, "__delitem__", at, &index, 1)) return true;
    raise_error(v, at, "TypeError", "'%s' object doesn't support item deletion", thing_type_name(t));
    return false;
}

/* ---- iterating ---- */

static struct thing *keys_of(struct evaluator *v, const struct thing *t) {
    struct thing *list = thing_list(v, NULL, 0);
    int position = 0;
    for (struct thing_entry *e; list && (e = thing_dict_step(t, &position));)
        if (!thing_append(v, list, e->key)) return NULL;
    return list;
}

static struct thing *numbers_of(struct evaluator *v, const struct thing *t, struct source_range at) {
    int64_t count = range_length(t);
    struct thing *list = thing_list(v, NULL, 0);
    for (int64_t i = 0; list && i < count; i++) {
        if (!evaluator_enter(v, at)) return NULL;
        evaluator_leave(v);
        if (!thing_append(v, list, thing_int(v, t->range.start + i * t->range.step))) return NULL;
    }
    return list;
}

static struct thing *characters_of(struct evaluator *v, struct thing *t) {
    const struct string *s = t->value.string;
    int count;
    int32_t *starts = characters(v, s, &count);
    struct thing *list = starts ? thing_list(v, NULL, 0) : NULL;
    for (int i = 0; list && i < count; i++)
        if (!thing_append(v, list, thing_text(v, s->bytes + starts[i], (size_t)(starts[i + 1] - starts[i]))))
            return NULL;
    return list;
}

/* What is left of an iterator; it is at its end afterwards. */
static struct thing *rest_of(struct evaluator *v, struct thing *t) {
    struct thing *list = thing_list(v, t->items + t->position, t->count - t->position);
    t->position = t->count;
    return list;
}

/* __iter__, or __len__ with __getitem__. */
static struct thing *items_of_instance(struct evaluator *v, struct thing *t, struct source_range at) {
    struct thing *over = call_special(v, t, "__iter__", at, NULL, 0);
    if (over || v->err->code) return over && over != t ? thing_items(v, over, at) : NULL;
    struct thing *length = call_special(v, t, "__len__", at, NULL, 0);
    if (!length && !v->err->code)
        return raise_error(v, at, "TypeError", "'%s' object is not iterable", thing_type_name(t));
    struct thing *list = length ? thing_list(v, NULL, 0) : NULL;
    for (int64_t i = 0; list && thing_is_int(length) && i < length->value.i; i++) {
        struct thing *index = thing_int(v, i);
        if (!index || !thing_append(v, list, call_special(v, t, "__getitem__", at, &index, 1))) return NULL;
    }
    return list;
}

static struct thing *items_by_kind(struct evaluator *v, struct thing *t, struct source_range at) {
    switch (t->kind) {
    case THING_LIST:
    case THING_TUPLE: return t;
    case THING_ITERATOR: return rest_of(v, t);
    case THING_DICT:
    case THING_SET: return keys_of(v, t);
    case THING_RANGE: return numbers_of(v, t, at);
    case THING_INSTANCE: return items_of_instance(v, t, at);
    case THING_CLASS:
        if (t->as_class->nature == CLASS_ENUM) return enum_list(v, t->as_class);
        break;
    case THING_VALUE:
        if (thing_is_text(t)) return characters_of(v, t);
        if (thing_is_tensor(t)) return tensor_rows(v, t, at);
        break;
    default: break;
    }
    return raise_error(v, at, "TypeError", "'%s' object is not iterable", thing_type_name(t));
}

struct thing *thing_items(struct evaluator *v, struct thing *t, struct source_range at) {
    struct thing *items = items_by_kind(v, t, at);
    return items ? items : raise_at(v, at);
}

int64_t thing_length(struct evaluator *v, struct thing *t, struct source_range at) {
    int count;
    struct thing *given;
    switch (t->kind) {
    case THING_LIST:
    case THING_TUPLE: return t->count;
    case THING_DICT:
    case THING_SET: return t->dict.count;
    case THING_RANGE: return range_length(t);
    case THING_CLASS:
        if (t->as_class->nature != CLASS_ENUM) break;
        given = enum_list(v, t->as_class);
        return given ? given->count : -1;
    case THING_VALUE:
        if (thing_is_text(t)) return characters(v, t->value.string, &count) ? count : -1;
        if (thing_is_tensor(t) && t->value.tensor->ndim) return t->value.tensor->sizes[0];
        break;
    default:
        given = call_special(v, t, "__len__", at, NULL, 0);
        if (given && thing_is_int(given)) return given->value.i;
        if (v->err->code) return -1;
    }
    raise_error(v, at, "TypeError", "object of type '%s' has no len()", thing_type_name(t));
    return -1;
}
