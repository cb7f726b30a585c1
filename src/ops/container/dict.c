/* Dictionaries: ordered by insertion; keys of any type that has a hash.
 *
 * popitem gives the oldest entry, unlike Python's. A row for each key type, one kernel for all of them.
 * Rules: torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include "ops/common/give.h"
#include "ops/text/words.h"
#include "types/type.h"

static bool no_such_key(struct op_call *c, lb_value key) {
    struct text t = {0};
    value_put(&t, key, &op_words);
    refuse(c, "KeyError: %s", text_get(&t));
    text_free(&t);
    return false;
}

/* --- one entry --- */

bool op_dict_len(struct op_call *c);
bool op_dict_len(struct op_call *c) {
    return give_int(c, arg_dict(c, 0)->count);
}

bool op_dict_contains(struct op_call *c);
bool op_dict_contains(struct op_call *c) {
    return give_bool(c, dict_get(arg_dict(c, 0), c->args[1]) != NULL);
}

bool op_dict_getitem(struct op_call *c);
bool op_dict_getitem(struct op_call *c) {
    const lb_value *value = dict_get(arg_dict(c, 0), c->args[1]);
    return value ? give_copy(c, *value) : no_such_key(c, c->args[1]);
}

/* The third argument, where there is one, else None. */
bool op_dict_get(struct op_call *c);
bool op_dict_get(struct op_call *c) {
    const lb_value *value = dict_get(arg_dict(c, 0), c->args[1]);
    if (value) return give_copy(c, *value);
    return give_copy(c, c->arg_count > 2 ? c->args[2] : value_none());
}

static bool set(struct op_call *c, struct dict *d, lb_value key, lb_value value) {
    return dict_set(d, value_copy(key), value_copy(value), c->err);
}

bool op_dict_set_item(struct op_call *c);
bool op_dict_set_item(struct op_call *c) {
    return set(c, arg_dict(c, 0), c->args[1], c->args[2]);
}

bool op_dict_setdefault(struct op_call *c);
bool op_dict_setdefault(struct op_call *c) {
    const lb_value *value = dict_get(arg_dict(c, 0), c->args[1]);
    if (value) return give_copy(c, *value);
    return set(c, arg_dict(c, 0), c->args[1], c->args[2]) && give_copy(c, c->args[2]);
}

bool op_dict_pop(struct op_call *c);
bool op_dict_pop(struct op_call *c) {
    if (dict_remove(arg_dict(c, 0), c->args[1], &c->results[0])) return true;
    return c->arg_count > 2 ? give_copy(c, c->args[2]) : no_such_key(c, c->args[1]);
}

bool op_dict_delete(struct op_call *c);
bool op_dict_delete(struct op_call *c) {
    lb_value removed;
    if (!dict_remove(arg_dict(c, 0), c->args[1], &removed)) return no_such_key(c, c->args[1]);
    value_release(removed);
    return true;
}

static bool new_pair(struct op_call *c, const struct dict_entry *entry, lb_value *pair) {
    if (!value_new_tuple(pair, NULL, 2, c->err)) return false;
    pair->tuple->items[0] = value_copy(entry->key);
    pair->tuple->items[1] = value_copy(entry->value);
    return true;
}

bool op_dict_popitem(struct op_call *c);
bool op_dict_popitem(struct op_call *c) {
    struct dict *d = arg_dict(c, 0);
    int64_t position = 0;
    const struct dict_entry *oldest = dict_next(d, &position);
    if (!oldest) return refuse(c, "popitem(): dictionary is empty");
    lb_value removed;
    if (!new_pair(c, oldest, &c->results[0])) return false;
    if (!dict_remove(d, c->results[0].tuple->items[0], &removed)) /* a NaN is not found again */
        return refuse(c, "Expected to erase 1 item, found 0");
    value_release(removed);
    return true;
}

/* --- all entries --- */

/* What to make of an entry: a new reference. */
typedef bool entry_part(struct op_call *c, const struct dict_entry *entry, lb_value *part);

static bool key_of(struct op_call *c, const struct dict_entry *entry, lb_value *part) {
    (void)c;
    *part = value_copy(entry->key);
    return true;
}
static bool value_of(struct op_call *c, const struct dict_entry *entry, lb_value *part) {
    (void)c;
    *part = value_copy(entry->value);
    return true;
}

static bool list_parts(struct op_call *c, const struct type *element, entry_part *make) {
    const struct dict *d = arg_dict(c, 0);
    int64_t position = 0;
    if (!value_new_list(&c->results[0], element, d->count, c->err)) return false;
    for (const struct dict_entry *entry; (entry = dict_next(d, &position));) {
        lb_value part;
        if (!make(c, entry, &part) || !list_append(c->results[0].list, part, c->err)) return false;
    }
    return true;
}

bool op_dict_keys(struct op_call *c);
bool op_dict_keys(struct op_call *c) {
    return list_parts(c, arg_dict(c, 0)->key_type, key_of);
}
bool op_dict_values(struct op_call *c);
bool op_dict_values(struct op_call *c) {
    return list_parts(c, arg_dict(c, 0)->value_type, value_of);
}
/* The type of the pairs is known to the graph. */
bool op_dict_items(struct op_call *c);
bool op_dict_items(struct op_call *c) {
    bool known = c->result_type && c->result_type->kind == TYPE_LIST;
    return list_parts(c, known ? c->result_type->items[0] : c->cx->types->simple[TYPE_ANY_TUPLE], new_pair);
}

bool op_dict_clear(struct op_call *c);
bool op_dict_clear(struct op_call *c) {
    dict_clear(arg_dict(c, 0));
    return true;
}

static bool copy_entries(struct op_call *c, struct dict *to, const struct dict *from) {
    int64_t position = 0;
    if (to == from) return true;
    for (const struct dict_entry *entry; (entry = dict_next(from, &position));)
        if (!set(c, to, entry->key, entry->value)) return false;
    return true;
}

bool op_dict_update(struct op_call *c);
bool op_dict_update(struct op_call *c) {
    return copy_entries(c, arg_dict(c, 0), arg_dict(c, 1));
}

bool op_dict_copy(struct op_call *c);
bool op_dict_copy(struct op_call *c) {
    const struct dict *d = arg_dict(c, 0);
    return value_new_dict(&c->results[0], d->key_type, d->value_type, c->err) &&
           copy_entries(c, c->results[0].dict, d);
}

/* --- new ones --- */

bool op_dict_new(struct op_call *c);
bool op_dict_new(struct op_call *c) {
    const struct type_store *types = c->cx->types;
    return value_new_dict(&c->results[0], types->simple[TYPE_STRING], types->tensor, c->err);
}

bool op_dict_of_pairs(struct op_call *c);
bool op_dict_of_pairs(struct op_call *c) {
    const struct list *pairs = arg_list(c, 0);
    const struct type *pair = pairs->element, *any = c->cx->types->simple[TYPE_ANY];
    bool known = pair && pair->kind == TYPE_TUPLE && pair->count == 2;
    if (!value_new_dict(&c->results[0], known ? pair->items[0] : any, known ? pair->items[1] : any, c->err))
        return false;
    for (int64_t i = 0; i < pairs->count; i++) {
        const lb_value *parts = pairs->items[i].tuple->items;
        if (!set(c, c->results[0].dict, parts[0], parts[1])) return false;
    }
    return true;
}
