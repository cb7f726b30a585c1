/* Statements with Python's meaning: assignments to whatever stands for something else, starred targets that
 * take a list's rest, deletion, and what is remembered of literals for learning their types. */
#include "lang/explain.h"
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

/* ---- assignments ---- */

/* MARKED[key] = value; false: it is none of these. */
static bool set_item(struct emitter *e, const struct tree *target, struct ir_value *container,
                     struct ir_value *value, bool *good) {
    const struct tree *subscripts = target->items[1];
    bool single = subscripts->count == 1 && subscripts->items[0]->kind != TREE_SLICE;
    if (!single || container->type->kind == TYPE_TENSOR || container->type->kind == TYPE_CLASS) return false;
    struct ir_value *values[3] = {container, emit_expression(e, subscripts->items[0], NULL), value};
    *good = false;
    if (!values[1]) return true;
    struct sugared *s = NULL;
    if (lower_is_marked(container->type)) s = lower_by_library(e, "setitem", target->range, values, 3);
    if (s || e->err->code) return *good = s != NULL, true;
    const struct type *item = container->type->kind == TYPE_LIST || container->type->kind == TYPE_DICT
                                  ? container->type->items[container->type->count - 1]
                                  : NULL;
    if (item && !(values[2] = match_convert(e, target->range, item, value, true))) return true;
    struct attempt_error plain;
    attempt_begin(e, &plain);
    bool done = emit_operator(e, "aten::_set_item", target->range, values, 3) != NULL;
    if (!attempt_failed(e, &plain)) return *good = done, true;
    int skip = container->type->kind == TYPE_LIST; /* a list's index says nothing of its type */
    wide_learn_from_call(e, container, "_set_item", values + 1 + skip, 2 - skip);
    attempt_fail(e, &plain);
    return true;
}

static bool assign_to(struct emitter *e, const struct tree *target, struct sugared *s);

/* first, *middle, last = LIST: items from both ends, and the slice between. */
static bool unpack_list(struct emitter *e, const struct tree *targets, struct ir_value *list,
                        struct source_range at) {
    struct tree *kept = lower_keep(e, at, sugared_simple(e, list));
    int star = -1;
    for (int i = 0; i < targets->count; i++)
        if (targets->items[i]->kind == TREE_STARRED) star = i;
    for (int i = 0; kept && i < targets->count; i++) {
        int after = targets->count - 1 - star;
        struct tree *part;
        if (i == star) {
            struct tree *bounds[3] = {lower_int(e, at, star), NULL, NULL};
            if (after) bounds[1] = lower_int(e, at, -after);
            part = lower_tree(e, TREE_SLICE, at, 3, bounds);
        } else {
            part = lower_int(e, at, i < star ? i : i - targets->count);
        }
        struct tree *inside = part ? lower_tree(e, TREE_LIST, at, 1, &part) : NULL, *both[2] = {kept, inside};
        struct tree *item = inside ? lower_tree(e, TREE_SUBSCRIPT, at, 2, both) : NULL;
        const struct tree *target = i == star ? targets->items[i]->items[0] : targets->items[i];
        if (!item || !assign_to(e, target, emit_sugared(e, item, 1, NULL))) return false;
    }
    return kept != NULL;
}

static bool has_star(const struct tree *targets) {
    for (int i = 0; i < targets->count; i++)
        if (targets->items[i]->kind == TREE_STARRED) return true;
    return false;
}

/* *rest of a tuple is a list in Python where its items have one type. */
static bool unpack(struct emitter *e, const struct tree *target, struct sugared *s) {
    struct ir_value *v = sugared_as_simple(s);
    if (v && lower_is_marked(v->type)) s = sugared_iterate(e, s, target->range);
    if (!s) return false;
    v = sugared_as_simple(s);
    if (v && v->type->kind == TYPE_STRING) {
        v = emit_operator(e, "aten::list", target->range, &v, 1);
        if (!(s = sugared_simple(e, v))) return false;
    }
    int starred = targets_starred(e, target, target->range);
    if (starred < 0) return false;
    if (v && v->type->kind == TYPE_LIST && has_star(target)) return unpack_list(e, target, v, target->range);
    struct sugared_list items;
    if (!sugared_tuple(e, s, target->range, starred ? -1 : target->count, &items)) return false;
    if (!starred && items.count != target->count) {
        emit_error(e, target->range,
                   items.count < target->count ? "need %d values to unpack but found only %d"
                                               : "too many values to unpack: need %d but found %d",
                   target->count, items.count);
        return explain(e, ERROR_UNPACK_COUNT, target->range, NULL,
                       "%d values cannot be unpacked into %d names", items.count, target->count) != NULL;
    }
    return emit_assign_all(e, target, items.items, items.count, target->range, target->count - starred);
}

/* An attribute that may be None is not where something else was just assigned. */
static bool note_present(struct emitter *e, const struct tree *target, const struct ir_value *v) {
    if (target->kind != TREE_ATTRIBUTE || !v || type_accepts_none(v->type)) return true;
    const struct ir_value *now = sugared_as_simple(emit_sugared(e, target, 1, NULL));
    const struct name *path = now && now->type->kind == TYPE_OPTIONAL ? lower_path(e, target) : NULL;
    return path ? lower_set_path(e, path, now->type->items[0]) : !e->err->code;
}

static bool assign_to(struct emitter *e, const struct tree *target, struct sugared *s) {
    bool good;
    if (!s) return false;
    switch ((enum tree_kind)target->kind) {
    case TREE_NAME: return variable_set(e, target->range, target->name, s, NULL);
    case TREE_TUPLE:
    case TREE_LIST_LITERAL: return unpack(e, target, s);
    case TREE_SUBSCRIPT: {
        struct ir_value *v = sugared_value(e, s, target->range);
        struct ir_value *container = v ? emit_expression(e, target->items[0], NULL) : NULL;
        if (!container || !(target = lower_subscript_key(e, target, container))) return false;
        if (set_item(e, target, container, v, &good)) return good;
        break;
    }
    case TREE_ATTRIBUTE: lower_forget_paths(e, NULL, target->name); break;
    default: break;
    }
    struct sugared *values[1] = {s};
    struct tree *targets =
        lower_tree(e, TREE_LIST, target->range, 1, (struct tree *[]){(struct tree *)(uintptr_t)target});
    return targets && emit_assign_all(e, targets, values, 1, target->range, 1) &&
           note_present(e, target, sugared_as_simple(s));
}

/* The type of an attribute that is assigned: what it has or will have. */
static const struct type *attribute_hint(struct emitter *e, const struct tree *target) {
    struct ir_value *object = sugared_as_simple(emit_sugared(e, target->items[0], 1, NULL));
    if (!object || object->type->kind != TYPE_CLASS) return NULL;
    const struct type *known = wide_attribute_type(e->unit, object->type, target->name);
    int slot = class_find_attribute(object->type->definition, target->name);
    return known ? known : slot >= 0 ? object->type->definition->attributes.items[slot].type : NULL;
}

bool lower_assign_statement(struct emitter *e, const struct tree *t) {
    const struct tree *targets = t->items[0], *first = targets->items[0];
    if (!t->items[1]) /* NAME: TYPE declares a variable alone */
        return first->kind == TREE_NAME || emit_assign(e, t);
    bool open = first->kind == TREE_NAME && targets->count == 1 && !t->items[2];
    if (open && !wide_note_variable(e, first->name, t->items[1])) return false;
    bool plain = first->kind == TREE_NAME || t->items[2];
    if (plain && targets->count == 1) return emit_assign(e, t);
    const struct type *hint = first->kind == TREE_ATTRIBUTE ? attribute_hint(e, first) : NULL;
    if (e->err->code) return false;
    struct sugared *s = emit_sugared(e, t->items[1], first->kind == TREE_TUPLE ? first->count : 1, hint);
    if (targets->count == 1) return assign_to(e, first, s);
    struct tree *kept = lower_keep(e, t->range, s);
    for (int i = 0; kept && i < targets->count; i++) {
        if (targets->items[i]->kind == TREE_NAME &&
            !wide_note_variable(e, targets->items[i]->name, t->items[1]))
            return false;
        if (!assign_to(e, targets->items[i], emit_sugared(e, kept, 1, NULL))) return false;
    }
    return kept != NULL;
}

/* x OP= y on what stands for something else: x = x OP y, in place where the library has it. */
bool lower_augmented_statement(struct emitter *e, const struct tree *t) {
    const struct tree *target = t->items[0];
    if (target->kind == TREE_SUBSCRIPT) {
        struct ir_value *container = emit_expression(e, target->items[0], NULL);
        if (!container) return false;
        if (container->type->kind == TYPE_LIST || container->type->kind == TYPE_DICT) {
            struct tree *kept = lower_keep(e, t->range, sugared_simple(e, container));
            target = lower_subscript_key(e, target, container);
            struct tree *copy = kept && target ? tree_copy(&e->memory, target) : NULL;
            if (!copy) return false;
            copy->items[0] = kept;
            struct tree *value = lower_binary(e, t->range, (enum tree_operator)t->op, copy, t->items[1]);
            struct sugared *s = value ? emit_sugared(e, value, 1, NULL) : NULL;
            return s && assign_to(e, copy, s);
        }
        return emit_augmented(e, t);
    }
    struct sugared *s = emit_sugared(e, target, 1, NULL);
    struct ir_value *v = sugared_as_simple(s);
    if (!s) return false;
    enum type_kind kind = v ? v->type->kind : TYPE_NONE;
    bool in_place = kind == TYPE_TENSOR || kind == TYPE_CLASS || (kind == TYPE_LIST && t->op == OPERATOR_ADD);
    if (in_place && !lower_is_marked(v->type)) {
        struct attempt_error plain;
        attempt_begin(e, &plain);
        bool done = emit_augmented(e, t);
        if (!attempt_failed(e, &plain)) return done;
        struct ir_value *other = kind == TYPE_LIST ? emit_expression(e, t->items[1], NULL) : NULL;
        if (other && other->type->kind == TYPE_LIST) wide_learn_from_call(e, v, "extend", &other, 1);
        if (kind != TYPE_TENSOR) return attempt_fail(e, &plain) != NULL;
        attempt_drop(&plain);
    }
    struct tree *value =
        lower_binary(e, t->range, (enum tree_operator)t->op, (struct tree *)(uintptr_t)target, t->items[1]);
    return value && assign_to(e, target, emit_sugared(e, value, 1, NULL));
}

/* ---- del ---- */

bool lower_delete_statement(struct emitter *e, const struct tree *t) {
    for (int i = 0; i < t->count; i++) {
        const struct tree *target = t->items[i];
        struct ir_value *container =
            target->kind == TREE_SUBSCRIPT ? emit_expression(e, target->items[0], NULL) : NULL;
        if (e->err->code || (container && !(target = lower_subscript_key(e, target, container))))
            return false;
        struct tree *one =
            lower_tree(e, TREE_DELETE, t->range, 1, (struct tree *[]){(struct tree *)(uintptr_t)target});
        if (!one) return false;
        if (container && lower_is_marked(container->type)) {
            struct ir_value *both[2] = {container, emit_expression(e, target->items[1]->items[0], NULL)};
            if (!both[1] || !lower_by_library(e, "delitem", target->range, both, 2)) return false;
        } else if (!emit_delete(e, one)) {
            return false;
        }
    }
    return true;
}
