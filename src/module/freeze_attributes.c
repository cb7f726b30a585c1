/* Which attributes can be constants of a graph, and making them so. An attribute stays one when the program
 * sets it, writes to it in place, or has it in something that stays. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/freezing.h"
#include "tensor/layouts.h"

lb_value *freezing_slot(struct object *o, const struct name *name) {
    int slot = name ? class_find_attribute(o->type->definition, name) : -1;
    return slot >= 0 && slot < o->count ? &o->slots[slot] : NULL;
}

const struct name *freezing_name(const struct node *n) {
    const struct attribute *a = node_attribute(n, "name");
    if (!a || a->kind != ATTRIBUTE_STRING) return NULL;
    return name_find(&n->graph->unit->names, a->value.string->bytes, (size_t)a->value.string->length);
}

/* ---- modules by their paths ---- */

/* The names from the graph's first input to the value, last one first. */
static bool read_path(struct freezing *f, const struct ir_value *v, const struct graph *g) {
    const struct node *param = g->top->param;
    f->path.count = 0;
    if (!type_is_module(v->type) || !param->outputs.count) return false;
    while (v != node_output(param, 0)) {
        const struct node *n = v->node;
        const struct name *name = node_is(n, KIND_GET_ATTR) && n->inputs.count ? freezing_name(n) : NULL;
        if (!name || !array_push(&f->path, name)) return false;
        v = node_input(n, 0);
    }
    return true;
}

struct object *freezing_module(struct freezing *f, const struct ir_value *v, const struct graph *g) {
    if (!read_path(f, v, g)) return NULL;
    struct object *o = f->base;
    for (int i = f->path.count - 1; i >= 0 && o; i--) {
        const lb_value *slot = freezing_slot(o, f->path.items[i]);
        bool known = slot && value_is_module(*slot) && !table_has(&f->kept_things, value_identity(*slot));
        o = known ? slot->object : NULL;
    }
    return o;
}

bool freezing_visit_fork(struct freezing *f, const struct node *n, const struct graph *g,
                         bool (*step)(struct freezing *f, struct graph *g)) {
    const struct attribute *a = node_attribute(n, "Subgraph");
    if (!a || a->kind != ATTRIBUTE_GRAPH || !n->inputs.count) return true;
    struct object *base = f->base, *module = freezing_module(f, node_input(n, 0), g);
    if (!module && type_is_module(node_input(n, 0)->type)) return true; /* it stays as it is */
    if (module) f->base = module;
    bool good = step(f, a->graph);
    f->base = base;
    return good;
}

bool freezing_walk(struct freezing *f, struct graph *g,
                   bool (*visit)(struct freezing *f, struct node *n, struct graph *g)) {
    ARRAY_OF(struct block *) blocks = {0};
    bool room = array_push(&blocks, g->top), good = true;
    while (room && good && blocks.count) {
        struct block *b = blocks.items[--blocks.count];
        for (struct node *n = block_first(b), *next; n != b->result && room && good; n = next) {
            next = n->next;
            for (int i = 0; i < n->blocks.count && room; i++) room = array_push(&blocks, n->blocks.items[i]);
            good = visit(f, n, g);
        }
    }
    mem_free(blocks.items);
    return good && (room || error_memory(f->err));
}

/* ---- what stays ---- */

/* Adds the identities of a value and of what it contains; values in `but` count as seen. True when one of
 * `but` is among them. */
static bool gather(struct table *into, const struct table *but, lb_value v, int depth, bool *room) {
    const void *identity = value_identity(v);
    if (!identity || depth > 100) return false;
    if (table_has(into, identity)) return false;
    bool met = but && table_has(but, identity);
    if (!table_set(into, identity, into)) *room = false;
    int64_t count = 0, position = 0;
    const lb_value *items = NULL;
    if (v.tag == VALUE_LIST) items = v.list->items, count = v.list->count;
    if (v.tag == VALUE_TUPLE) items = v.tuple->items, count = v.tuple->count;
    if (v.tag == VALUE_OBJECT) items = v.object->slots, count = v.object->count;
    for (int64_t i = 0; i < count; i++) met |= gather(into, but, items[i], depth + 1, room);
    for (struct dict_entry *e; v.tag == VALUE_DICT && (e = dict_next(v.dict, &position));)
        met |= gather(into, but, e->value, depth + 1, room);
    return met;
}

static bool overlaps(const struct table *things, lb_value v, bool *room) {
    struct table own = {0};
    bool met = gather(&own, things, v, 0, room);
    table_free(&own);
    return met;
}

bool freezing_is_mutable(struct freezing *f, lb_value v) {
    const struct type *t = type_of_value(&f->unit->types, v);
    return !t || alias_type_is_mutable(&f->unit->types, t);
}

bool freezing_keep(struct freezing *f, const lb_value *slot) {
    const void *identity = value_identity(*slot);
    bool good = true;
    if (!identity || !freezing_is_mutable(f, *slot))
        good = table_set(&f->kept_slots, slot, f);
    else if (!table_has(&f->kept_things, identity)) {
        good = table_set(&f->kept_things, identity, f);
        if (slot->tag != VALUE_OBJECT) gather(&f->kept_inside, NULL, *slot, 0, &good);
    }
    return good || error_memory(f->err);
}

bool freezing_is_kept(struct freezing *f, const lb_value *slot) {
    const void *identity = value_identity(*slot);
    return table_has(&f->kept_slots, slot) || (identity && table_has(&f->kept_things, identity));
}

lb_value *freezing_find(struct freezing *f, const struct node *n, const struct graph *g) {
    struct object *owner = n->inputs.count ? freezing_module(f, node_input(n, 0), g) : NULL;
    lb_value *slot = owner ? freezing_slot(owner, freezing_name(n)) : NULL;
    bool room = true;
    if (!slot || freezing_is_kept(f, slot)) return NULL;
    if (freezing_is_mutable(f, *slot) && slot->tag != VALUE_OBJECT && f->kept_inside.count &&
        overlaps(&f->kept_inside, *slot, &room))
        return NULL;
    return room ? slot : NULL;
}

/* ---- what the program writes to ---- */

static bool note_use(struct freezing *f, lb_value v) {
    const void *identity = value_identity(v);
    if (!identity || table_has(&f->used_things, identity)) return true;
    return (table_set(&f->used_things, identity, f) && array_push(&f->used, v)) || error_memory(f->err);
}

static bool record_attribute(struct freezing *f, const struct node *n, const struct graph *g) {
    const lb_value *slot = freezing_find(f, n, g);
    if (!slot) return true;
    if (node_is(n, KIND_SET_ATTR)) return freezing_keep(f, slot);
    if (value_is_module(*slot) || !freezing_is_mutable(f, *slot)) return true;
    if (slot->tag != VALUE_OBJECT && !note_use(f, *slot)) return false;
    return !alias_has_writers(f->aliases, node_output(n, 0)) || freezing_keep(f, slot);
}

static bool record_node(struct freezing *f, struct node *n, struct graph *g) {
    if (node_is(n, KIND_MODULE_CONTAINER_INDEX))
        return error_set(f->err, LB_ERROR_UNSUPPORTED,
                         "Freezing modules containing prim::ModuleContainerIndex is not supported");
    if (node_is(n, KIND_FORK)) return freezing_visit_fork(f, n, g, freezing_record_writes);
    bool about = node_is(n, KIND_GET_ATTR) || node_is(n, KIND_SET_ATTR);
    return !about || record_attribute(f, n, g);
}

bool freezing_record_writes(struct freezing *f, struct graph *g) {
    struct alias_db *outer = f->aliases;
    f->aliases = alias_analyze_frozen(g, f->err);
    bool good = f->aliases && freezing_walk(f, g, record_node);
    alias_free(f->aliases);
    f->aliases = outer;
    return good;
}

/* Two attributes that share a part would be two constants that do not. */
bool freezing_check_overlaps(struct freezing *f) {
    struct table seen = {0};
    bool room = true, good = true;
    for (int i = 0; i < f->used.count && good && room; i++) {
        struct table own = {0};
        good = !gather(&own, &seen, f->used.items[i], 0, &room);
        for (uint32_t k = 0; own.slots && k <= own.mask; k++)
            if (own.slots[k].value && !table_set(&seen, own.slots[k].key, f)) room = false;
        table_free(&own);
    }
    table_free(&seen);
    if (!good)
        return error_set(f->err, LB_ERROR_UNSUPPORTED, "module contains attributes values that overlaps");
    return room || error_memory(f->err);
}

/* ---- constants ---- */

static bool without_gradients(lb_value v, lb_value *out, int depth, lb_error *err);

static bool items_without_gradients(lb_value *items, int64_t count, int depth, lb_error *err) {
    for (int64_t i = 0; i < count; i++) {
        lb_value item;
        if (!without_gradients(items[i], &item, depth + 1, err)) return false;
        value_release(items[i]);
        items[i] = item;
    }
    return true;
}

static bool needs_gradients(lb_value v, int depth) {
    if (v.tag == VALUE_TENSOR) return v.tensor->flags & TENSOR_REQUIRES_GRAD;
    int64_t count = 0, position = 0;
    const lb_value *items = NULL;
    if (v.tag == VALUE_LIST) items = v.list->items, count = v.list->count;
    if (v.tag == VALUE_TUPLE) items = v.tuple->items, count = v.tuple->count;
    for (int64_t i = 0; i < count && depth < 100; i++)
        if (needs_gradients(items[i], depth + 1)) return true;
    for (struct dict_entry *e; v.tag == VALUE_DICT && depth < 100 && (e = dict_next(v.dict, &position));)
        if (needs_gradients(e->value, depth + 1)) return true;
    return false;
}

static bool copy_entries(const struct dict *from, struct dict *to, int depth, lb_error *err) {
    int64_t position = 0;
    for (struct dict_entry *e; (e = dict_next(from, &position));) {
        lb_value item;
        if (!without_gradients(e->value, &item, depth + 1, err)) return false;
        if (!dict_set(to, value_copy(e->key), item, err)) return false;
    }
    return true;
}

/* A container is a new one only when a tensor in it is. */
static bool without_gradients(lb_value v, lb_value *out, int depth, lb_error *err) {
    *out = value_copy(v);
    if (!needs_gradients(v, depth)) return true;
    value_release(*out);
    bool good = false;
    if (v.tag == VALUE_TENSOR) {
        *out = value_tensor(tensor_alias(v.tensor, err));
        if (out->tensor) out->tensor->flags &= (uint8_t)~TENSOR_REQUIRES_GRAD;
        good = out->tensor != NULL;
        if (!good) *out = value_none();
    } else if (v.tag == VALUE_LIST) {
        good = value_new_list(out, v.list->element, v.list->count, err);
        for (int64_t i = 0; good && i < v.list->count; i++)
            good = list_append(out->list, value_copy(v.list->items[i]), err);
        good = good && items_without_gradients(out->list->items, out->list->count, depth, err);
    } else if (v.tag == VALUE_TUPLE) {
        good = value_new_tuple(out, v.tuple->type, v.tuple->count, err);
        for (int i = 0; good && i < v.tuple->count; i++) out->tuple->items[i] = value_copy(v.tuple->items[i]);
        good = good && items_without_gradients(out->tuple->items, out->tuple->count, depth, err);
    } else {
        good = value_new_dict(out, v.dict->key_type, v.dict->value_type, err) &&
               copy_entries(v.dict, out->dict, depth, err);
    }
    if (!good) value_release(*out);
    return good;
}

static bool name_constant(struct freezing *f, struct ir_value *v, const struct name *last) {
    struct text name = {0};
    text_put(&name, "self.");
    for (int i = f->path.count - 1; i >= 0; i--) text_printf(&name, "%s.", f->path.items[i]->text);
    text_put(&name, last->text);
    bool good = !name.failed && value_set_name(v, text_get(&name));
    text_free(&name);
    return good;
}

/* *made is NULL for what can be no constant: modules, among others. */
static bool make_constant(struct freezing *f, const struct node *n, const lb_value *slot,
                          struct ir_value **made) {
    lb_value v;
    *made = table_get(&f->constants, slot);
    if (*made) return true;
    if (!without_gradients(*slot, &v, 0, f->err)) return false;
    *made = graph_insert_constant(n->graph, v, NULL, (struct source_range){0});
    value_release(v);
    if (!*made) return true;
    return (name_constant(f, *made, freezing_name(n)) && table_set(&f->constants, slot, *made)) ||
           error_memory(f->err);
}

static bool fold_attribute(struct freezing *f, struct node *n, struct graph *g) {
    struct ir_value *constant;
    const lb_value *slot;
    if (node_is(n, KIND_FORK)) return freezing_visit_fork(f, n, g, freezing_make_constants);
    if (!node_is(n, KIND_GET_ATTR) || !(slot = freezing_find(f, n, g))) return true;
    if (!make_constant(f, n, slot, &constant)) return false;
    if (!constant) return true;
    if (!value_replace_uses(node_output(n, 0), constant)) return error_memory(f->err);
    node_remove_all_inputs(n);
    return true;
}

bool freezing_make_constants(struct freezing *f, struct graph *g) {
    struct table outer = f->constants;
    f->constants = (struct table){0};
    struct node *old = insertion_set(g, block_first(g->top));
    bool good = freezing_walk(f, g, fold_attribute);
    insertion_set(g, old);
    table_free(&f->constants);
    f->constants = outer;
    return good;
}
