/* Literals: lists with starred parts, dicts with expansions, sets, keys that TorchScript's dicts cannot hold;
 * and lists and dicts whose type their uses have told (wide.h). */
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

static bool has_star(const struct tree *t) {
    for (int i = 0; i < t->count; i++)
        if (t->items[i]->kind == TREE_STARRED) return true;
    return false;
}

static struct sugared *noted(struct emitter *e, const struct tree *t, struct ir_value *v) {
    return v && wide_note_literal(e, t, v) ? sugared_simple(e, v) : NULL;
}

/* [a, *b, c] -> [a] + list(b) + [c] */
static struct sugared *spread(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct tree *all = NULL;
    for (int i = 0; i < t->count;) {
        struct tree *part;
        if (t->items[i]->kind == TREE_STARRED) {
            struct tree *inner = t->items[i++]->items[0];
            part = lower_call(e, t->range, lower_name(e, t->range, "list"), 1, &inner);
        } else {
            int from = i;
            while (i < t->count && t->items[i]->kind != TREE_STARRED) i++;
            part = lower_tree(e, TREE_LIST_LITERAL, t->range, i - from, t->items + from);
        }
        all = all && part ? lower_binary(e, t->range, OPERATOR_ADD, all, part) : part;
        if (!all) return NULL;
    }
    return emit_sugared(e, all, 1, hint);
}

struct sugared *lower_list(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    (void)binders;
    const struct type *learnt = wide_literal_type(e, t);
    if (learnt) hint = learnt;
    if (has_star(t)) return spread(e, t, hint);
    if (hint && hint->kind == TYPE_LIST && t->count) { /* items are converted to what is wanted */
        struct ir_value **items = arena_array(&e->memory, struct ir_value *, t->count);
        if (!items) return emit_out_of_memory(e);
        for (int i = 0; i < t->count; i++) {
            items[i] = emit_expression(e, t->items[i], hint->items[0]);
            if (!items[i] || !(items[i] = match_convert(e, t->range, hint->items[0], items[i], true)))
                return NULL;
            if (!is_subtype(e, items[i]->type, hint->items[0]))
                return emit_error(e, t->items[i]->range, "the list holds %s, but here is a %s",
                                  emit_type_words(e, hint->items[0]), emit_type_words(e, items[i]->type));
        }
        return noted(e, t, emit_typed(e, KIND_LIST_CONSTRUCT, hint, items, t->count));
    }
    return noted(e, t, emit_list_literal(e, t, hint));
}

/* ---- dicts ---- */

static struct ir_value *empty_dict(struct emitter *e, const struct type *type) {
    return emit_typed(e, KIND_DICT_CONSTRUCT, type, NULL, 0);
}

static const struct type *dict_of(struct emitter *e, const struct type *key, const struct type *value) {
    return type_may_be_key(key) ? type_dict(e->types, key, value) : type_keyed_dict(e->unit, key, value);
}

/* dict[key] = value with trees, so that marked dicts are served as well. */
static bool put_pair(struct emitter *e, struct tree *dict, struct tree *key, struct tree *value,
                     struct source_range at) {
    struct tree *inside = lower_tree(e, TREE_LIST, at, 1, &key), *both[2] = {dict, inside};
    struct tree *target = inside ? lower_tree(e, TREE_SUBSCRIPT, at, 2, both) : NULL;
    struct tree *t = target ? lower_assign(e, at, target, value) : NULL;
    return t && lower_assign_statement(e, t);
}

/* What **value adds. */
static bool put_all(struct emitter *e, struct tree *dict, struct tree *other, struct source_range at) {
    struct tree *update = lower_member(e, at, dict, "update");
    struct tree *call = update ? lower_call(e, at, update, 1, &other) : NULL;
    return call && emit_sugared(e, call, 0, NULL);
}

/* A dict of this type, filled item by item. */
static struct sugared *filled(struct emitter *e, const struct tree *t, const struct type *type) {
    struct ir_value *v = type ? empty_dict(e, type) : NULL;
    struct tree *kept = v ? lower_keep(e, t->range, sugared_simple(e, v)) : NULL;
    for (int i = 0; kept && i < t->items[0]->count; i++) {
        struct tree *key = t->items[0]->items[i], *value = t->items[1]->items[i];
        if (!(key->kind == TREE_ELLIPSIS ? put_all(e, kept, value, t->range)
                                         : put_pair(e, kept, key, value, t->range)))
            return NULL;
    }
    return kept ? emit_sugared(e, kept, 1, NULL) : NULL;
}

/* The type that the first item or expansion gives. */
static const struct type *type_by_parts(struct emitter *e, const struct tree *t) {
    const struct type *key = NULL, *value = NULL;
    for (int i = 0; i < t->items[0]->count; i++) {
        const struct tree *k = t->items[0]->items[i];
        struct ir_value *v = emit_expression(e, t->items[1]->items[i], NULL);
        if (!v) return NULL;
        if (k->kind == TREE_ELLIPSIS) {
            if (v->type->kind != TYPE_DICT) return emit_error(e, t->range, "** in a dict wants a dict");
            if (v->type->name) return v->type;
            key = v->type->items[0];
            value = value ? type_unify(e->types, value, v->type->items[1], true, NULL) : v->type->items[1];
            continue;
        }
        struct ir_value *made = emit_expression(e, k, NULL);
        if (!made) return NULL;
        key = key ? key : made->type;
        value = value ? type_unify(e->types, value, v->type, true, NULL) : v->type;
    }
    return key && value ? dict_of(e, key, value) : emit_out_of_memory(e);
}

struct sugared *lower_dict_merge(struct emitter *e, const struct tree *t, int binders,
                                 const struct type *hint) {
    (void)binders;
    const struct type *learnt = wide_literal_type(e, t);
    if (learnt) hint = learnt;
    const struct type *type = hint && hint->kind == TYPE_DICT ? hint : type_by_parts(e, t);
    return type ? filled(e, t, type) : NULL;
}

struct sugared *lower_dict(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    (void)binders;
    const struct type *learnt = wide_literal_type(e, t);
    if (learnt) hint = learnt;
    if (hint && hint->kind == TYPE_DICT && (hint->name || t->items[0]->count)) return filled(e, t, hint);
    struct attempt_error plain;
    attempt_begin(e, &plain);
    struct ir_value *v = emit_dict_literal(e, t, hint);
    bool fits = v && type_may_be_key(v->type->items[0]);
    if (!attempt_failed(e, &plain) && fits) return noted(e, t, v);
    attempt_drop(&plain);
    const struct type *type = e->err->code ? NULL : type_by_parts(e, t);
    return type ? filled(e, t, type) : NULL;
}

struct sugared *lower_dict_comprehension(struct emitter *e, const struct tree *t, int binders,
                                         const struct type *hint) {
    (void)binders;
    struct attempt_error plain;
    attempt_begin(e, &plain);
    struct ir_value *v = emit_dict_comprehension(e, t, hint);
    bool fits = v && type_may_be_key(v->type->items[0]);
    if (!attempt_failed(e, &plain) && fits) return sugared_simple(e, v);
    attempt_drop(&plain);
    struct tree *none = lower_tree(e, TREE_LIST, t->range, 0, NULL),
                *parts[3] = {t->items[2], t->items[3], none};
    struct tree *clause = none ? lower_tree(e, TREE_CLAUSE, t->range, 3, parts) : NULL;
    struct tree *clauses = clause ? lower_tree(e, TREE_LIST, t->range, 1, &clause) : NULL;
    struct tree *whole[3] = {t->items[0], t->items[1], clauses};
    struct tree *general = clauses ? lower_tree(e, TREE_COMPREHENSION, t->range, 3, whole) : NULL;
    if (!general) return NULL;
    general->op = COMPREHENSION_DICT;
    return lower_comprehension(e, general, hint);
}

/* ---- sets ---- */

/* {a, b} -> set_of([a, b]) */
struct sugared *lower_set(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    (void)binders;
    (void)hint;
    struct tree *list = lower_tree(e, TREE_LIST_LITERAL, t->range, t->count, t->items);
    struct ir_value *v = list ? emit_expression(e, list, NULL) : NULL;
    return v ? library_call(e, "set_of", t->range, &v, 1) : NULL;
}

/* ---- empty containers by a call: set(), Counter(), deque(), defaultdict(list) ---- */

static const struct {
    const char *function, *mark;
    bool list;
} empties[] = {{"builtin_set", "set", false},
               {"builtin_frozenset", "set", false},
               {"collections_Counter", "counter", false},
               {"collections_deque", "deque", true},
               {"collections_defaultdict", "default", false}};

/* What defaultdict(list) has for a new key. */
static const struct type *factory_type(struct emitter *e, const struct tree *t) {
    const char *word = t->kind == TREE_NAME ? t->name->text : "";
    const struct type *tensor = e->types->tensor;
    if (!strcmp(word, "int")) return simple_type(e, TYPE_INT);
    if (!strcmp(word, "float")) return simple_type(e, TYPE_FLOAT);
    if (!strcmp(word, "bool")) return simple_type(e, TYPE_BOOL);
    if (!strcmp(word, "str")) return simple_type(e, TYPE_STRING);
    if (!strcmp(word, "set")) return type_set_of(e->unit, tensor);
    if (!strcmp(word, "dict")) return type_dict(e->types, simple_type(e, TYPE_STRING), tensor);
    if (!strcmp(word, "list")) return type_list(e->types, tensor);
    return emit_error(e, t->range, "a defaultdict takes list, dict, set, int, float, bool or str here");
}

static const struct type *unlearnt_type(struct emitter *e, const struct tree *call, int which) {
    const struct type *tensor = e->types->tensor, *text = simple_type(e, TYPE_STRING);
    switch (which) {
    case 0:
    case 1: return type_set_of(e->unit, tensor);
    case 2: return type_dict(e->types, text, simple_type(e, TYPE_INT));
    case 3: return type_list(e->types, tensor);
    default: {
        const struct type *made = factory_type(e, call->items[1]->items[0]);
        return made ? type_dict(e->types, text, made) : NULL;
    }
    }
}

/* The container of such a call; NULL without an error: it is none. */
struct sugared *lower_empty_call(struct emitter *e, const struct tree *call, const struct sugared *callee,
                                 const struct type *hint) {
    const char *name = callee->kind == &sugared_kind_function ? callee->functions[0]->name->text : "";
    int given = call->items[1]->count;
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++) {
        bool factory = i == 4;
        if (strcmp(empties[i].function, name) || given != factory || call->items[2]->count) continue;
        const struct type *type = wide_literal_type(e, call);
        if (!type && hint && hint->kind == (empties[i].list ? TYPE_LIST : TYPE_DICT)) type = hint;
        if (!type) type = unlearnt_type(e, call, (int)i);
        const struct name *mark = emit_name(e, empties[i].mark);
        if (type && mark && (!type->name || !factory))
            type = type->name ? type : type_marked(e->types, type, mark);
        if (!type || !mark) return e->err->code ? NULL : emit_out_of_memory(e);
        enum kind kind = empties[i].list ? KIND_LIST_CONSTRUCT : KIND_DICT_CONSTRUCT;
        return noted(e, call, emit_typed(e, kind, type, NULL, 0));
    }
    return NULL;
}
