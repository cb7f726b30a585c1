/* Python's builtin functions. */
#include "base/mem.h"
#include "construct/natives.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

NATIVE(run_len) {
    if (!call_takes(v, call, "len", 1, 1, "")) return NULL;
    int64_t length = thing_length(v, call->args[0], call->at);
    return length < 0 ? NULL : thing_int(v, length);
}

NATIVE(run_range) {
    int64_t n[3] = {0, 0, 1};
    if (!call_takes(v, call, "range", 1, 3, "")) return NULL;
    for (int i = 0; i < call->count; i++)
        if (!thing_as_int(v, call->args[i], call->at, &n[call->count == 1 ? 1 : i])) return NULL;
    if (!n[2]) return raise_error(v, call->at, "ValueError", "range() arg 3 must not be zero");
    struct thing *t = thing_new(v, THING_RANGE);
    if (!t) return NULL;
    t->range.start = n[0];
    t->range.stop = n[1];
    t->range.step = n[2];
    return t;
}

NATIVE(run_print) {
    struct text out = {0};
    bool good = true;
    for (int i = 0; good && i < call->count; i++) {
        text_put(&out, i ? " " : "");
        good = thing_put_str(v, &out, call->args[i]);
    }
    text_put(&out, "\n");
    if (good && v->cx->print) v->cx->print(v->cx->print_context, text_get(&out), out.length);
    text_free(&out);
    return good ? v->none : NULL;
}

/* ---- sums, extremes ---- */

NATIVE(run_sum) {
    if (!call_takes(v, call, "sum", 1, 2, "_ start")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at), *start = call_argument(call, 1, "start");
    struct thing *sum = start ? start : thing_int(v, 0);
    for (int i = 0; items && sum && i < items->count; i++)
        sum = evaluate_binary(v, OPERATOR_ADD, sum, items->items[i], call->at);
    return items ? sum : NULL;
}

static struct thing *keyed(struct evaluator *v, struct thing *key, struct thing *item,
                           struct source_range at) {
    return key && !thing_is_none(key) ? call_thing_with(v, key, at, &item, 1) : item;
}

/* The least, or the greatest where `sign` is -1; the first of equals. */
static struct thing *extreme(struct evaluator *v, const struct call *call, int sign, const char *name) {
    if (!call_takes(v, call, name, 1, -1, "* key default")) return NULL;
    struct thing *items =
        call->count == 1 ? thing_items(v, call->args[0], call->at) : thing_list(v, call->args, call->count);
    struct thing *key = call_argument(call, -1, "key"), *best = NULL, *best_key = NULL;
    for (int i = 0; items && i < items->count; i++) {
        struct thing *own = keyed(v, key, items->items[i], call->at);
        int order = -sign;
        if (!own || (best && !thing_order(v, own, best_key, &order))) return NULL;
        if (best && (order == 2 || order * sign >= 0)) continue;
        best = items->items[i];
        best_key = own;
    }
    if (best || !items) return best;
    struct thing *otherwise = call_argument(call, -1, "default");
    return otherwise ? otherwise
                     : raise_error(v, call->at, "ValueError", "%s() arg is an empty sequence", name);
}

NATIVE(run_min) {
    return extreme(v, call, 1, "min");
}
NATIVE(run_max) {
    return extreme(v, call, -1, "max");
}

/* all() where `wanted` is 1, any() where it is 0: ends at the first that decides. */
static struct thing *all_of(struct evaluator *v, const struct call *call, int wanted) {
    if (!call_takes(v, call, wanted ? "all" : "any", 1, 1, "")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at);
    for (int i = 0; items && i < items->count; i++) {
        int yes = thing_true(v, items->items[i]);
        if (yes < 0) return NULL;
        if (yes != wanted) return thing_bool(v, yes);
    }
    return items ? thing_bool(v, wanted) : NULL;
}
NATIVE(run_all) {
    return all_of(v, call, 1);
}
NATIVE(run_any) {
    return all_of(v, call, 0);
}

/* ---- numbers ---- */

NATIVE(run_abs) {
    if (!call_takes(v, call, "abs", 1, 1, "")) return NULL;
    struct thing *t = call->args[0];
    if (thing_is_int(t) && t->value.i != INT64_MIN)
        return thing_int(v, t->value.i < 0 ? -t->value.i : t->value.i);
    if (thing_is(t, VALUE_FLOAT)) return thing_float(v, fabs(t->value.f));
    if (thing_is_tensor(t)) return thing_operate(v, "aten::abs", call->at, &t, 1);
    return raise_error(v, call->at, "TypeError", "bad operand type for abs(): '%s'", thing_type_name(t));
}

/* Half to even. With digits: as the decimal text of so many digits reads. */
NATIVE(run_round) {
    if (!call_takes(v, call, "round", 1, 2, "_ ndigits")) return NULL;
    double f;
    int64_t digits = 0;
    struct thing *places = call_argument(call, 1, "ndigits");
    if (places && thing_is_none(places)) places = NULL;
    if (thing_is_int(call->args[0]) && !places) return call->args[0];
    if (!thing_as_float(v, call->args[0], call->at, &f)) return NULL;
    if (places && !thing_as_int(v, places, call->at, &digits)) return NULL;
    if (!places) {
        if (fabs(f) < 0x1p63) return thing_int(v, (int64_t)rint(f));
        return raise_error(v, call->at, "OverflowError", "cannot round this float to a 64-bit integer");
    }
    if (digits < 0 || digits > 22) {
        double scale = pow(10, (double)-digits);
        return thing_float(v, digits < 0 ? rint(f / scale) * scale : f);
    }
    struct text out = {0};
    text_printf(&out, "%.*f", (int)digits, f);
    f = out.failed ? f : strtod(text_get(&out), NULL);
    text_free(&out);
    return thing_is_int(call->args[0]) ? call->args[0] : thing_float(v, f);
}

NATIVE(run_divmod) {
    if (!call_takes(v, call, "divmod", 2, 2, "")) return NULL;
    struct thing *q = evaluate_binary(v, OPERATOR_FLOOR_DIVIDE, call->args[0], call->args[1], call->at);
    struct thing *r =
        q ? evaluate_binary(v, OPERATOR_REMAINDER, call->args[0], call->args[1], call->at) : NULL;
    return r ? thing_pair(v, q, r) : NULL;
}

NATIVE(run_pow) {
    if (!call_takes(v, call, "pow", 2, 2, "")) return NULL;
    return evaluate_binary(v, OPERATOR_POWER, call->args[0], call->args[1], call->at);
}

NATIVE(run_ord) {
    if (!call_takes(v, call, "ord", 1, 1, "")) return NULL;
    struct thing *t = call->args[0];
    if (thing_length(v, t, call->at) != 1 || !thing_is_text(t))
        return raise_error(v, call->at, "TypeError", "ord() expected a character");
    const unsigned char *b = (const unsigned char *)t->value.string->bytes;
    int64_t length = t->value.string->length, code = length == 1 ? b[0] : b[0] & (0xff >> (length + 1));
    for (int64_t i = 1; i < length; i++) code = code << 6 | (b[i] & 0x3f);
    return thing_int(v, code);
}

NATIVE(run_chr) {
    int64_t c;
    if (!call_takes(v, call, "chr", 1, 1, "") || !thing_as_int(v, call->args[0], call->at, &c)) return NULL;
    if (c < 0 || c > 0x10ffff)
        return raise_error(v, call->at, "ValueError", "chr() arg not in range(0x110000)");
    char bytes[4];
    int length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, c >>= 6) bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)(length == 1 ? c : (0xf00 >> length & 0xff) | c);
    return thing_text(v, bytes, (size_t)length);
}

/* ---- sequences ---- */

static struct thing *iterator(struct thing *list) {
    if (list) list->kind = THING_ITERATOR;
    return list;
}

NATIVE(run_zip) {
    if (!call_takes(v, call, "zip", 0, -1, "* strict")) return NULL;
    struct thing *rows = thing_list(v, NULL, 0), *zipped = thing_list(v, NULL, 0);
    int shortest = 0;
    for (int i = 0; rows && i < call->count; i++) {
        struct thing *row = thing_items(v, call->args[i], call->at);
        if (!row || !thing_append(v, rows, row)) return NULL;
        if (!i || row->count < shortest) shortest = row->count;
    }
    for (int k = 0; rows && zipped && k < shortest; k++) {
        struct thing *tuple = thing_tuple(v, rows->items, rows->count);
        for (int i = 0; tuple && i < rows->count; i++) tuple->items[i] = rows->items[i]->items[k];
        if (!thing_append(v, zipped, tuple)) return NULL;
    }
    return rows ? iterator(zipped) : NULL;
}

NATIVE(run_enumerate) {
    if (!call_takes(v, call, "enumerate", 1, 2, "_ start")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at), *start = call_argument(call, 1, "start");
    struct thing *pairs = items ? thing_list(v, NULL, 0) : NULL;
    int64_t first = 0;
    if (start && !thing_as_int(v, start, call->at, &first)) return NULL;
    for (int i = 0; pairs && i < items->count; i++) {
        struct thing *number = thing_int(v, first + i);
        if (!number || !thing_append(v, pairs, thing_pair(v, number, items->items[i]))) return NULL;
    }
    return iterator(pairs);
}

NATIVE(run_reversed) {
    if (!call_takes(v, call, "reversed", 1, 1, "")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at);
    struct thing *back = items ? thing_list(v, items->items, items->count) : NULL;
    for (int i = 0; back && i < back->count; i++) back->items[i] = items->items[items->count - 1 - i];
    return iterator(back);
}

NATIVE(run_map) {
    if (!call_takes(v, call, "map", 2, -1, "")) return NULL;
    struct call over = {.args = call->args + 1, .count = call->count - 1, .at = call->at};
    struct thing *rows = run_zip(v, NULL, &over), *mapped = rows ? thing_list(v, NULL, 0) : NULL;
    for (int i = 0; mapped && i < rows->count; i++) {
        struct thing *row = rows->items[i];
        if (!thing_append(v, mapped, call_thing_with(v, call->args[0], call->at, row->items, row->count)))
            return NULL;
    }
    return iterator(mapped);
}

NATIVE(run_filter) {
    if (!call_takes(v, call, "filter", 2, 2, "")) return NULL;
    struct thing *items = thing_items(v, call->args[1], call->at);
    struct thing *kept = items ? thing_list(v, NULL, 0) : NULL;
    for (int i = 0; kept && i < items->count; i++) {
        struct thing *answer = keyed(v, call->args[0], items->items[i], call->at);
        int yes = answer ? thing_true(v, answer) : -1;
        if (yes < 0 || (yes && !thing_append(v, kept, items->items[i]))) return NULL;
    }
    return iterator(kept);
}

/* Merge sort of `items` by `keys`, both moved together: stable, and no comparison can lead it astray. */
static bool merge_sort(struct evaluator *v, struct thing **items, struct thing **keys, int count,
                       struct thing **spare, int sign) {
    if (count < 2) return true;
    int half = count / 2;
    if (!merge_sort(v, items, keys, half, spare, sign) ||
        !merge_sort(v, items + half, keys + half, count - half, spare, sign))
        return false;
    struct thing **held = spare, **held_keys = spare + half;
    memcpy(held, items, sizeof *held * (size_t)half);
    memcpy(held_keys, keys, sizeof *held * (size_t)half);
    for (int a = 0, b = half, to = 0; a < half; to++) {
        int order = 1;
        if (b < count &&
            !thing_order(v, sign > 0 ? keys[b] : held_keys[a], sign > 0 ? held_keys[a] : keys[b], &order))
            return false;
        bool right = b < count && order < 0;
        keys[to] = right ? keys[b] : held_keys[a];
        items[to] = right ? items[b++] : held[a++];
    }
    return true;
}

bool thing_sort(struct evaluator *v, struct thing *list, const struct call *call) {
    struct thing *key = call_argument(call, -1, "key"), *reverse = call_argument(call, -1, "reverse");
    struct thing *keys = thing_list(v, list->items, list->count),
                 *spare = keys ? thing_list(v, list->items, list->count) : NULL;
    int back = reverse ? thing_true(v, reverse) : 0;
    if (!spare || back < 0) return false;
    for (int i = 0; i < list->count; i++)
        if (!(keys->items[i] = keyed(v, key, list->items[i], call->at))) return false;
    return merge_sort(v, list->items, keys->items, list->count, spare->items, back ? -1 : 1);
}

NATIVE(run_sorted) {
    if (!call_takes(v, call, "sorted", 1, 1, "_ * key reverse")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at);
    struct thing *list = items ? thing_list(v, items->items, items->count) : NULL;
    return list && thing_sort(v, list, call) ? list : NULL;
}

NATIVE(run_iter) {
    if (!call_takes(v, call, "iter", 1, 1, "")) return NULL;
    if (call->args[0]->kind == THING_ITERATOR) return call->args[0];
    struct thing *items = thing_items(v, call->args[0], call->at);
    return items ? iterator(thing_list(v, items->items, items->count)) : NULL;
}

NATIVE(run_next) {
    if (!call_takes(v, call, "next", 1, 2, "")) return NULL;
    struct thing *t = call->args[0];
    if (t->kind != THING_ITERATOR) {
        struct thing *value = call_special(v, t, "__next__", call->at, NULL, 0);
        if (value || v->err->code) return value;
        return raise_error(v, call->at, "TypeError", "'%s' object is not an iterator", thing_type_name(t));
    }
    if (t->position < t->count) return t->items[t->position++];
    return call->count > 1 ? call->args[1] : raise_error(v, call->at, "StopIteration", "%s", "");
}

/* ---- attributes and types ---- */

NATIVE(run_isinstance) {
    bool yes;
    if (!call_takes(v, call, "isinstance", 2, 2, "")) return NULL;
    return thing_is_instance(v, call->args[0], call->args[1], call->at, &yes) ? thing_bool(v, yes) : NULL;
}

static int is_subclass(struct evaluator *v, const struct thing_class *c, struct thing *of,
                       struct source_range at) {
    if (of->kind == THING_TUPLE) {
        int yes = 0;
        for (int i = 0; !yes && i < of->count; i++) yes = is_subclass(v, c, of->items[i], at);
        return yes;
    }
    of = library_resolve(v, of, at);
    if (of && of->kind == THING_CLASS) return class_derives(c, of->as_class);
    if (of) raise_error(v, at, "TypeError", "issubclass() arg 2 must be a class or a tuple of classes");
    return -1;
}

NATIVE(run_issubclass) {
    if (!call_takes(v, call, "issubclass", 2, 2, "")) return NULL;
    struct thing *t = library_resolve(v, call->args[0], call->at);
    if (t && t->kind != THING_CLASS)
        return raise_error(v, call->at, "TypeError", "issubclass() arg 1 must be a class");
    int yes = t ? is_subclass(v, t->as_class, call->args[1], call->at) : -1;
    return yes < 0 ? NULL : thing_bool(v, yes);
}

NATIVE(run_getattr) {
    if (!call_takes(v, call, "getattr", 2, 3, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[1], call->at);
    struct thing *found = name ? thing_find_attribute(v, call->args[0], name, call->at) : NULL;
    if (found || v->err->code) return found;
    return call->count > 2 ? call->args[2] : thing_attribute(v, call->args[0], name, call->at);
}

NATIVE(run_hasattr) {
    if (!call_takes(v, call, "hasattr", 2, 2, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[1], call->at);
    struct thing *found = name ? thing_find_attribute(v, call->args[0], name, call->at) : NULL;
    bool absent = v->err->code == LB_ERROR_RAISED && v->err->kind && !strcmp(v->err->kind, "AttributeError");
    if (absent) error_clear(v->err);
    return v->err->code ? NULL : thing_bool(v, found != NULL);
}

NATIVE(run_setattr) {
    if (!call_takes(v, call, "setattr", 3, 3, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[1], call->at);
    return name && thing_set_attribute(v, call->args[0], name, call->args[2], call->at) ? v->none : NULL;
}

NATIVE(run_delattr) {
    if (!call_takes(v, call, "delattr", 2, 2, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[1], call->at);
    return name && thing_delete_attribute(v, call->args[0], name, call->at) ? v->none : NULL;
}

NATIVE(run_callable) {
    if (!call_takes(v, call, "callable", 1, 1, "")) return NULL;
    const struct thing *t = call->args[0];
    const struct name *name = evaluator_name(v, "__call__");
    bool yes = t->kind == THING_FUNCTION || t->kind == THING_METHOD || t->kind == THING_NATIVE ||
               t->kind == THING_CLASS || t->kind == THING_PARTIAL || t->kind == THING_LIBRARY ||
               thing_is_module(t);
    if (name && t->kind == THING_INSTANCE) yes |= class_member(t->class, NULL, name, NULL) != NULL;
    return name ? thing_bool(v, yes) : NULL;
}

NATIVE(run_id) {
    if (!call_takes(v, call, "id", 1, 1, "")) return NULL;
    return thing_int(v, (int64_t)(intptr_t)call->args[0]);
}

NATIVE(run_hash) {
    uint64_t hash;
    if (!call_takes(v, call, "hash", 1, 1, "") || !thing_hash(v, call->args[0], &hash)) return NULL;
    return thing_int(v, (int64_t)hash);
}

NATIVE(run_repr) {
    struct text out = {0};
    bool good = call_takes(v, call, "repr", 1, 1, "") && thing_put_repr(v, &out, call->args[0]);
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

NATIVE(run_format) {
    struct text out = {0};
    bool good = call_takes(v, call, "format", 1, 2, "") &&
                text_format_one(v, &out, call->args[0], call_argument(call, 1, NULL), call->at);
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

/* vars(x): what x.__dict__ is. */
NATIVE(run_vars) {
    const struct name *name = evaluator_name(v, "__dict__");
    if (!name || !call_takes(v, call, "vars", 1, 1, "")) return NULL;
    return thing_attribute(v, call->args[0], name, call->at);
}

NATIVE(run_super) {
    if (!call_takes(v, call, "super", 2, 2, "")) return NULL;
    if (call->args[0]->kind != THING_CLASS)
        return raise_error(v, call->at, "TypeError", "super() argument 1 must be a type");
    struct thing *t = thing_new(v, THING_SUPER);
    if (!t) return NULL;
    t->super.after = call->args[0]->as_class;
    t->super.self = call->args[1];
    return t;
}

const struct native_function builtin_functions[] = {
    {"len", run_len},
    {"range", run_range},
    {"print", run_print},
    {"sum", run_sum},
    {"min", run_min},
    {"max", run_max},
    {"all", run_all},
    {"any", run_any},
    {"abs", run_abs},
    {"round", run_round},
    {"divmod", run_divmod},
    {"pow", run_pow},
    {"ord", run_ord},
    {"chr", run_chr},
    {"zip", run_zip},
    {"enumerate", run_enumerate},
    {"reversed", run_reversed},
    {"map", run_map},
    {"filter", run_filter},
    {"sorted", run_sorted},
    {"iter", run_iter},
    {"next", run_next},
    {"isinstance", run_isinstance},
    {"issubclass", run_issubclass},
    {"getattr", run_getattr},
    {"hasattr", run_hasattr},
    {"setattr", run_setattr},
    {"delattr", run_delattr},
    {"callable", run_callable},
    {"id", run_id},
    {"hash", run_hash},
    {"repr", run_repr},
    {"format", run_format},
    {"vars", run_vars},
    {"super", run_super},
    {NULL, NULL},
};
