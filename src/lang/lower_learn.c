/* What an attempt learns: the types of list and dict literals by their uses, and which variables may be read
 * before they are set. It is noted by the literal's tree or the variable's name, and the function is compiled
 * again. */
#include "lang/lower.h"
#include <string.h>

/* ---- literals ---- */

const struct type *wide_literal_type(struct emitter *e, const struct tree *t) {
    return table_get(&e->wide->literals, t);
}

bool wide_note_literal(struct emitter *e, const struct tree *t, struct ir_value *v) {
    return !v || table_set(&e->wide->made, v->node, (void *)(uintptr_t)t) || error_memory(e->err);
}

bool wide_note_variable(struct emitter *e, const struct name *name, const struct tree *value) {
    bool literal = value->kind == TREE_LIST_LITERAL || value->kind == TREE_DICT ||
                   value->kind == TREE_DICT_MERGE || value->kind == TREE_BINARY || value->kind == TREE_CALL ||
                   value->kind == TREE_SET || value->kind == TREE_LIST_COMPREHENSION;
    if (!literal) return true;
    return table_set(&e->wide->variables, name, (void *)(uintptr_t)value) || error_memory(e->err);
}

static bool learn_tree(struct emitter *e, const struct tree *t, const struct type *want) {
    if (t->kind == TREE_BINARY) return learn_tree(e, t->items[0], want); /* [None] * n */
    if (table_get(&e->wide->literals, t) == want) return false;
    bool literal = t->kind == TREE_LIST_LITERAL || t->kind == TREE_DICT || t->kind == TREE_DICT_MERGE ||
                   t->kind == TREE_LIST_COMPREHENSION || t->kind == TREE_CALL || t->kind == TREE_SET;
    if (!literal || !want) return false;
    e->wide->again = true;
    return table_set(&e->wide->literals, t, (void *)(uintptr_t)want) || error_memory(e->err);
}

static const struct name *attribute_name(struct emitter *e, const struct node *n) {
    const struct attribute *a = node_attribute(n, "name");
    return a ? name_intern(&e->unit->names, a->value.string->bytes, (size_t)a->value.string->length) : NULL;
}

static const struct name *loaded_name(struct emitter *e, const struct node *n) {
    return node_is(n, KIND_LOAD) ? attribute_name(e, n) : NULL;
}

const struct tree *wide_literal_of(struct emitter *e, const struct ir_value *v) {
    const struct name *name = loaded_name(e, v->node);
    return name ? table_get(&e->wide->variables, name) : table_get(&e->wide->made, v->node);
}

/* The container whose item it is, got by an operator or by the library; NULL: none. */
static const struct ir_value *container_of(const struct ir_value *v) {
    const struct node *n = v->node;
    if (n->inputs.count && !strcmp(n->kind->text, "aten::__getitem__")) return n->inputs.items[0];
    bool call = node_is(n, KIND_CALL_FUNCTION) && n->inputs.count == 3;
    return call && strstr(n->function->name->text, "_getitem") ? n->inputs.items[1] : NULL;
}

/* The container of which v is an item would hold such items. */
static const struct type *around(struct emitter *e, const struct type *container, const struct type *item) {
    const struct type *items[2] = {container->items[0], item};
    if (container->kind == TYPE_LIST) return type_list(e->types, item);
    return container->kind == TYPE_DICT ? type_with_items(e->types, container, items) : NULL;
}

bool wide_learn(struct emitter *e, const struct ir_value *v, const struct type *want) {
    if (!e->wide) return false;
    if (want && want->kind == TYPE_OPTIONAL) want = want->items[0];
    if (!want || (want->kind != TYPE_LIST && want->kind != TYPE_DICT) || want->kind != v->type->kind)
        return false;
    const struct tree *made = table_get(&e->wide->made, v->node);
    if (!want->name && v->type->name) want = type_marked(e->types, want, v->type->name);
    if (made) return learn_tree(e, made, want);
    const struct name *name = loaded_name(e, v->node);
    if (name) {
        const struct tree *value = table_get(&e->wide->variables, name);
        return value && learn_tree(e, value, want);
    }
    if (node_is(v->node, KIND_GET_ATTR))
        return wide_learn_attribute(e, v->node->inputs.items[0]->type, attribute_name(e, v->node), want);
    const char *kind = v->node->kind->text;
    const struct ir_value *first = v->node->inputs.count ? v->node->inputs.items[0] : NULL;
    const struct ir_value *outer = container_of(v);
    if (outer) return wide_learn(e, outer, around(e, outer->type, want));
    if (first && (!strcmp(kind, "aten::mul") || node_is(v->node, KIND_UNCHECKED_CAST)))
        return wide_learn(e, first, want);
    return false;
}

/* ---- what a call of a container's method says of its type ---- */

static const struct type *with_item(struct emitter *e, const struct ir_value *list, const struct type *item) {
    bool fresh = node_is(list->node, KIND_EMPTY_LIST_LITERAL) || wide_is_unlearnt(e, list);
    const struct type *both = fresh ? item : type_unify(e->types, list->type->items[0], item, true, NULL);
    return both ? type_list(e->types, both) : NULL;
}

/* Whether it comes from an empty literal of which nothing is known yet. */
bool wide_is_unlearnt(struct emitter *e, const struct ir_value *v) {
    const struct tree *t = wide_literal_of(e, v);
    if (!t && node_is(v->node, KIND_GET_ATTR))
        return wide_attribute_is_open(e, v->node->inputs.items[0]->type, attribute_name(e, v->node));
    const struct ir_value *around_it = t ? NULL : container_of(v);
    if (around_it) return wide_is_unlearnt(e, around_it);
    bool list = t && t->kind == TREE_LIST_LITERAL && !t->count;
    bool dict = t && t->kind == TREE_DICT && !t->items[0]->count;
    bool empty = list || dict || (t && t->kind == TREE_CALL);
    return empty && (!table_get(&e->wide->literals, t) || table_get(&e->wide->partial, t));
}

static const struct type *with_pair(struct emitter *e, const struct ir_value *dict, const struct type *key,
                                    const struct type *value) {
    const struct type *both =
        wide_is_unlearnt(e, dict) ? value : type_unify(e->types, dict->type->items[1], value, true, NULL);
    if (!both) return NULL;
    return type_may_be_key(key) ? type_dict(e->types, key, both) : type_keyed_dict(e->unit, key, both);
}

bool wide_learn_from_call(struct emitter *e, const struct ir_value *self, const char *method,
                          struct ir_value *const *values, int count) {
    const struct type *want = NULL;
    if (self->type->kind == TYPE_LIST && count) {
        const struct type *last = values[count - 1]->type;
        bool item = !strcmp(method, "append") || !strcmp(method, "insert") || !strcmp(method, "_set_item") ||
                    !strcmp(method, "appendleft");
        if (item) want = with_item(e, self, last);
        if (!strcmp(method, "extend") && last->kind == TYPE_LIST) want = with_item(e, self, last->items[0]);
    } else if (self->type->kind == TYPE_DICT && count) {
        bool pair = count == 2 && (!strcmp(method, "_set_item") || !strcmp(method, "setdefault") ||
                                   !strcmp(method, "get") || !strcmp(method, "pop"));
        if (pair) want = with_pair(e, self, values[0]->type, values[1]->type);
        if (!strcmp(method, "update")) want = values[0]->type;
        if (!strcmp(method, "add") && self->type->name) want = type_set_of(e->unit, values[0]->type);
    }
    if (!want || !wide_learn(e, self, want)) return false;
    /* A container of containers of which nothing is known is known in part. */
    bool open = count && wide_is_unlearnt(e, values[count - 1]);
    for (const struct ir_value *v = self; v; v = wide_literal_of(e, v) ? NULL : container_of(v)) {
        const struct tree *t = wide_literal_of(e, v);
        if (t) table_set(&e->wide->partial, t, open ? e->wide : NULL);
    }
    return true;
}

bool wide_learn_argument(struct emitter *e, const struct ir_value *self, const char *method,
                         struct ir_value *const *values, int count) {
    const struct type *t = self->type;
    bool container = t->kind == TYPE_LIST || t->kind == TYPE_DICT;
    if (!container || !count || wide_is_unlearnt(e, self) || !wide_is_unlearnt(e, values[count - 1]))
        return false;
    bool whole = !strcmp(method, "extend") || !strcmp(method, "update");
    return wide_learn(e, values[count - 1], whole ? t : t->items[t->count - 1]);
}

bool wide_learn_key(struct emitter *e, const struct ir_value *dict, const struct type *key) {
    const struct tree *t = wide_literal_of(e, dict);
    if (dict->type->kind != TYPE_DICT || !type_may_be_key(key) || !t) return false;
    if (!wide_learn(e, dict, type_dict(e->types, key, dict->type->items[1]))) return false;
    return table_set(&e->wide->partial, t, e->wide) || error_memory(e->err);
}

/* ---- variables that hold a constant ---- */

bool wide_note_constant(struct emitter *e, const struct name *name, struct ir_value *v) {
    lb_value c;
    for (struct frame *f = e->frame; f; f = f->outer)
        if (table_get(&f->known, name)) table_set(&f->known, name, NULL);
    return !emit_is_constant(v, &c) || table_set(&e->frame->known, name, v) || error_memory(e->err);
}

/* What is known outside of a loop may change in it. */
bool wide_constant(struct emitter *e, const struct ir_value *v, lb_value *out) {
    if (emit_is_constant(v, out)) return true;
    const struct name *name = loaded_name(e, v->node);
    for (struct frame *f = e->frame; name && f; f = f->outer) {
        const struct ir_value *known = table_get(&f->known, name);
        if (known) return emit_is_constant(known, out);
        if (f->block->owner && node_is(f->block->owner, KIND_LOOP)) return false;
    }
    return false;
}

/* ---- variables that are not set on every way ---- */

bool wide_note_store(struct emitter *e, const struct name *name, const struct type *type) {
    return table_set(&e->wide->stored, name, (void *)(uintptr_t)type) || error_memory(e->err);
}

bool wide_learn_optional(struct emitter *e, const struct name *name, const struct type *type) {
    const struct type *optional = type_optional(e->types, type);
    if (!optional || table_has(&e->wide->optional, name)) return false;
    e->wide->again = true;
    return table_set(&e->wide->optional, name, (void *)(uintptr_t)optional) || error_memory(e->err);
}

bool wide_learn_loose(struct emitter *e, const struct name *name) {
    const struct type *type = table_get(&e->wide->stored, name);
    if (!type || name->text[0] == '$' || table_has(&e->wide->loose, name)) return false;
    e->wide->again = true;
    return table_set(&e->wide->loose, name, (void *)(uintptr_t)type) || error_memory(e->err);
}

static const struct name *flag_of(struct emitter *e, const struct name *name) {
    const char *text = arena_printf(&e->memory, "$set_%s", name->text);
    return text ? emit_name(e, text) : emit_out_of_memory(e);
}

bool wide_begin_loose(struct emitter *e) {
    struct source_range none = {0};
    for (uint32_t i = 0; e->wide->loose.slots && i <= e->wide->loose.mask; i++) {
        const struct table_slot *slot = &e->wide->loose.slots[i];
        if (!slot->key || !slot->value) continue;
        const struct name *flag = flag_of(e, slot->key);
        struct sugared *unset = flag ? sugared_simple(e, emit_bool(e, false, none)) : NULL;
        struct sugared *nothing = sugared_simple(e, lower_default(e, slot->value, none));
        if (!unset || !nothing) return false;
        e->wide->beginning = true;
        bool good =
            variable_set(e, none, flag, unset, NULL) && variable_set(e, none, slot->key, nothing, NULL);
        e->wide->beginning = false;
        if (!good) return false;
    }
    return true;
}

bool wide_mark_set(struct emitter *e, const struct name *name, struct source_range at) {
    if (e->wide->beginning || !table_has(&e->wide->loose, name)) return true;
    const struct name *flag = flag_of(e, name);
    return flag && variable_set(e, at, flag, sugared_simple(e, emit_bool(e, true, at)), NULL);
}

/* if not set: raise UnboundLocalError(...) */
bool wide_check_set(struct emitter *e, const struct name *name, struct source_range at) {
    if (!table_has(&e->wide->loose, name)) return true;
    const struct name *flag = flag_of(e, name);
    const char *text = arena_printf(
        &e->memory, "cannot access local variable '%s' where it is not associated with a value", name->text);
    struct tree *test = flag && text ? tree_name(&e->memory, at, flag) : NULL;
    struct tree *message = test ? tree_string(&e->memory, at, text, (int64_t)strlen(text)) : NULL;
    struct tree *call =
        message ? lower_call(e, at, lower_name(e, at, "UnboundLocalError"), 1, &message) : NULL;
    struct tree *raise = call ? lower_tree(e, TREE_RAISE, at, 1, &call) : NULL;
    struct tree *body = raise ? lower_tree(e, TREE_LIST, at, 1, &raise) : NULL,
                *nothing = lower_tree(e, TREE_LIST, at, 0, NULL);
    struct tree *parts[3] = {test ? lower_tree(e, TREE_NOT, at, 1, &test) : NULL, body, nothing};
    struct tree *t = parts[0] && body && nothing ? lower_tree(e, TREE_IF, at, 3, parts) : NULL;
    return t && emit_if(e, t);
}
