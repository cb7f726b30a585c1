/* Values of the host (defaults, globals) as nodes of the graph. Lists and dicts are made where they are used.
 */
#include "lang/lower.h"

static struct ir_value *constant_list(struct emitter *e, const struct list *l, struct source_range at) {
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, l->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int64_t i = 0; i < l->count; i++)
        if (!(items[i] = lower_constant(e, l->items[i], at))) return NULL;
    const struct type *element = l->count ? items[0]->type : l->element ? l->element : e->types->tensor;
    for (int64_t i = 1; element && i < l->count; i++)
        element = type_unify(e->types, element, items[i]->type, true, NULL);
    return element ? emit_list(e, element, items, (int)l->count) : emit_out_of_memory(e);
}

static struct ir_value *constant_dict(struct emitter *e, const struct dict *d, struct source_range at) {
    struct ir_value **pairs = arena_array(&e->memory, struct ir_value *, 2 * d->count + 1);
    const struct type *key = simple_type(e, TYPE_STRING), *value = e->types->tensor;
    int64_t position = 0;
    int count = 0;
    if (!pairs) return emit_out_of_memory(e);
    for (struct dict_entry *entry; (entry = dict_next(d, &position)); count++) {
        if (!(pairs[2 * count] = lower_constant(e, entry->key, at))) return NULL;
        if (!(pairs[2 * count + 1] = lower_constant(e, entry->value, at))) return NULL;
        key = pairs[0]->type;
        const struct type *own = pairs[2 * count + 1]->type;
        value = count ? type_unify(e->types, value, own, true, NULL) : own;
        if (!value) return emit_out_of_memory(e);
    }
    return emit_typed(e, KIND_DICT_CONSTRUCT, type_dict(e->types, key, value), pairs, 2 * count);
}

static struct ir_value *constant_tuple(struct emitter *e, const struct tuple *t, struct source_range at) {
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, t->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < t->count; i++)
        if (!(items[i] = lower_constant(e, t->items[i], at))) return NULL;
    return emit_tuple(e, items, t->count, t->type);
}

struct ir_value *lower_constant(struct emitter *e, lb_value v, struct source_range at) {
    switch (v.tag) {
    case VALUE_LIST: return constant_list(e, v.list, at);
    case VALUE_DICT: return constant_dict(e, v.dict, at);
    case VALUE_TUPLE: return constant_tuple(e, v.tuple, at);
    default: return emit_constant(e, v, at);
    }
}
