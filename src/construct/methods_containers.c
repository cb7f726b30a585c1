/* Methods of list, tuple, dict and set. */
#include "construct/natives.h"
#include <string.h>

/* ---- lists and tuples ---- */

NATIVE(run_append) {
    return call_takes(v, call, "append", 1, 1, "") && thing_append(v, self, call->args[0]) ? v->none : NULL;
}

NATIVE(run_extend) {
    struct thing *items =
        call_takes(v, call, "extend", 1, 1, "") ? thing_items(v, call->args[0], call->at) : NULL;
    for (int i = 0, count = items ? items->count : 0; i < count; i++)
        if (!thing_append(v, self, items->items[i])) return NULL;
    return items ? v->none : NULL;
}

NATIVE(run_insert) {
    int64_t at;
    if (!call_takes(v, call, "insert", 2, 2, "") || !thing_as_int(v, call->args[0], call->at, &at))
        return NULL;
    if (at < 0) at += self->count;
    at = at < 0 ? 0 : at > self->count ? self->count : at;
    if (!thing_append(v, self, call->args[1])) return NULL;
    memmove(self->items + at + 1, self->items + at, sizeof *self->items * (size_t)(self->count - 1 - at));
    self->items[at] = call->args[1];
    return v->none;
}

static struct thing *removed_at(struct thing *list, int64_t at) {
    struct thing *item = list->items[at];
    memmove(list->items + at, list->items + at + 1, sizeof item * (size_t)(list->count - at - 1));
    list->count--;
    return item;
}

NATIVE(run_pop) {
    int64_t at = -1;
    if (!call_takes(v, call, "pop", 0, 1, "") ||
        (call->count && !thing_as_int(v, call->args[0], call->at, &at)))
        return NULL;
    if (at < 0) at += self->count;
    if (at < 0 || at >= self->count)
        return raise_error(v, call->at, "IndexError",
                           self->count ? "pop index out of range" : "pop from empty list");
    return removed_at(self, at);
}

/* The place of the first equal item; -1 with an error. */
static int64_t place_of(struct evaluator *v, const struct thing *self, const struct call *call) {
    if (!call_takes(v, call, "index", 1, 1, "")) return -1;
    for (int i = 0; i < self->count; i++) {
        int equal =
            thing_same(self->items[i], call->args[0]) ? 1 : thing_equal(v, self->items[i], call->args[0]);
        if (equal) return equal < 0 ? -1 : i;
    }
    raise_error(v, call->at, "ValueError", "the item is not in the %s", thing_type_name(self));
    return -1;
}

NATIVE(run_index) {
    int64_t at = place_of(v, self, call);
    return at < 0 ? NULL : thing_int(v, at);
}
NATIVE(run_remove) {
    int64_t at = place_of(v, self, call);
    return at < 0 ? NULL : (removed_at(self, at), v->none);
}

NATIVE(run_count) {
    if (!call_takes(v, call, "count", 1, 1, "")) return NULL;
    int64_t count = 0;
    for (int i = 0; i < self->count; i++) {
        int equal = thing_equal(v, self->items[i], call->args[0]);
        if (equal < 0) return NULL;
        count += equal;
    }
    return thing_int(v, count);
}

NATIVE(run_reverse) {
    if (!call_takes(v, call, "reverse", 0, 0, "")) return NULL;
    for (int i = 0; i < self->count / 2; i++) {
        struct thing *held = self->items[i];
        self->items[i] = self->items[self->count - 1 - i];
        self->items[self->count - 1 - i] = held;
    }
    return v->none;
}

NATIVE(run_sort) {
    return call_takes(v, call, "sort", 0, 0, "* key reverse") && thing_sort(v, self, call) ? v->none : NULL;
}
NATIVE(run_clear) {
    self->count = 0;
    return call_takes(v, call, "clear", 0, 0, "") ? v->none : NULL;
}
NATIVE(run_copy) {
    return call_takes(v, call, "copy", 0, 0, "") ? thing_list(v, self->items, self->count) : NULL;
}

const struct native_function list_methods[] = {
    {"append", run_append}, {"extend", run_extend}, {"insert", run_insert}, {"pop", run_pop},
    {"index", run_index},   {"remove", run_remove}, {"count", run_count},   {"reverse", run_reverse},
    {"sort", run_sort},     {"clear", run_clear},   {"copy", run_copy},     {NULL, NULL},
};
/* torch.Size is a tuple here */
NATIVE(run_numel) {
    struct thing *product = call_takes(v, call, "numel", 0, 0, "") ? thing_int(v, 1) : NULL;
    for (int i = 0; product && i < self->count; i++)
        product = evaluate_binary(v, OPERATOR_MULTIPLY, product, self->items[i], call->at);
    return product;
}
const struct native_function tuple_methods[] = {
    {"index", run_index}, {"count", run_count}, {"numel", run_numel}, {NULL, NULL}};

/* ---- dicts ---- */

/* A row of keys, values or pairs. */
static struct thing *row_of(struct evaluator *v, const struct thing *self, bool keys, bool values) {
    struct thing *list = thing_list(v, NULL, 0);
    int position = 0;
    for (struct thing_entry *e; list && (e = thing_dict_step(self, &position));)
        if (!thing_append(v, list,
                          keys && values ? thing_pair(v, e->key, e->value)
                          : keys         ? e->key
                                         : e->value))
            return NULL;
    return list;
}
NATIVE(run_keys) {
    return call_takes(v, call, "keys", 0, 0, "") ? row_of(v, self, true, false) : NULL;
}
NATIVE(run_values) {
    return call_takes(v, call, "values", 0, 0, "") ? row_of(v, self, false, true) : NULL;
}
NATIVE(run_items) {
    return call_takes(v, call, "items", 0, 0, "") ? row_of(v, self, true, true) : NULL;
}

NATIVE(run_get) {
    if (!call_takes(v, call, "get", 1, 2, "")) return NULL;
    struct thing *found = thing_dict_find(v, self, call->args[0]),
                 *otherwise = call_argument(call, 1, "default");
    if (found || v->err->code) return found;
    return otherwise ? otherwise : v->none;
}

NATIVE(run_setdefault) {
    if (!call_takes(v, call, "setdefault", 1, 2, "")) return NULL;
    struct thing *found = thing_dict_find(v, self, call->args[0]);
    if (found || v->err->code) return found;
    struct thing *value = call->count > 1 ? call->args[1] : v->none;
    return thing_dict_put(v, self, call->args[0], value) ? value : NULL;
}

NATIVE(run_take) {
    if (!call_takes(v, call, "pop", 1, 2, "")) return NULL;
    struct thing *found = thing_dict_take(v, self, call->args[0]);
    if (found || v->err->code) return found;
    if (call->count > 1) return call->args[1];
    struct text shown = {0};
    if (thing_put_repr(v, &shown, call->args[0]))
        raise_error(v, call->at, "KeyError", "%s", text_get(&shown));
    text_free(&shown);
    return NULL;
}

NATIVE(run_popitem) {
    if (!call_takes(v, call, "popitem", 0, 1, "last")) return NULL;
    struct thing *last = NULL;
    struct thing_entry *e = NULL, *found = NULL;
    for (int position = 0; (e = thing_dict_step(self, &position));) found = e;
    if (!found) return raise_error(v, call->at, "KeyError", "'popitem(): dictionary is empty'");
    last = thing_pair(v, found->key, found->value);
    return last && thing_dict_take(v, self, found->key) ? last : NULL;
}

NATIVE(run_update) {
    if (!call_takes(v, call, "update", 0, 1, NULL)) return NULL;
    if (call->count && !thing_dict_update(v, self, call->args[0], call->at)) return NULL;
    for (int i = 0; i < call->named_count; i++)
        if (!thing_dict_put_name(v, self, call->names[i], call->named[i])) return NULL;
    return v->none;
}

NATIVE(run_clear_dict) {
    self->dict = (struct thing_dict){0};
    return call_takes(v, call, "clear", 0, 0, "") ? v->none : NULL;
}

NATIVE(run_copy_dict) {
    struct thing *copy = call_takes(v, call, "copy", 0, 0, "") ? thing_new(v, self->kind) : NULL;
    int position = 0;
    for (struct thing_entry *e; copy && (e = thing_dict_step(self, &position));)
        if (!thing_dict_put(v, copy, e->key, e->value)) return NULL;
    if (copy) copy->fallback = self->fallback;
    return copy;
}

const struct native_function dict_methods[] = {
    {"keys", run_keys},
    {"values", run_values},
    {"items", run_items},
    {"get", run_get},
    {"setdefault", run_setdefault},
    {"pop", run_take},
    {"popitem", run_popitem},
    {"update", run_update},
    {"clear", run_clear_dict},
    {"copy", run_copy_dict},
    {NULL, NULL},
};

/* ---- sets ---- */

NATIVE(run_add) {
    return call_takes(v, call, "add", 1, 1, "") && thing_dict_put(v, self, call->args[0], call->args[0])
               ? v->none
               : NULL;
}
NATIVE(run_discard) {
    if (call_takes(v, call, "discard", 1, 1, "")) thing_dict_take(v, self, call->args[0]);
    return v->err->code ? NULL : v->none;
}
NATIVE(run_set_remove) {
    return run_take(v, self, call) ? v->none : NULL;
}
NATIVE(run_set_update) {
    for (int i = 0; i < call->count; i++) {
        struct thing *items = thing_items(v, call->args[i], call->at);
        for (int k = 0; items && k < items->count; k++)
            if (!thing_dict_put(v, self, items->items[k], items->items[k])) return NULL;
        if (!items) return NULL;
    }
    return v->none;
}

/* union(), intersection() and the like: the operator, of any iterable. */
static struct thing *combined(struct evaluator *v, struct thing *self, const struct call *call,
                              enum tree_operator op) {
    struct thing *result = self;
    for (int i = 0; result && i < call->count; i++) {
        struct thing *items = thing_items(v, call->args[i], call->at),
                     *other = items ? thing_set_of(v, items) : NULL;
        result = other ? evaluate_binary(v, op, result, other, call->at) : NULL;
    }
    return result;
}
NATIVE(run_union) {
    return combined(v, self, call, OPERATOR_BIT_OR);
}
NATIVE(run_intersection) {
    return combined(v, self, call, OPERATOR_BIT_AND);
}
NATIVE(run_difference) {
    return combined(v, self, call, OPERATOR_SUBTRACT);
}
NATIVE(run_issubset) {
    return combined(v, self, call, OPERATOR_LESS_EQUAL);
}
NATIVE(run_issuperset) {
    return combined(v, self, call, OPERATOR_GREATER_EQUAL);
}

const struct native_function set_methods[] = {
    {"add", run_add},
    {"discard", run_discard},
    {"remove", run_set_remove},
    {"update", run_set_update},
    {"union", run_union},
    {"intersection", run_intersection},
    {"difference", run_difference},
    {"issubset", run_issubset},
    {"issuperset", run_issuperset},
    {"clear", run_clear_dict},
    {"copy", run_copy_dict},
    {NULL, NULL},
};
