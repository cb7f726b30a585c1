/* Binding and replacing type variables; see match_types.h. */
#include "lang/match_types.h"
#include <string.h>

static const struct type **bound(struct type_bindings *b, const struct name *variable) {
    for (int i = 0; i < b->count; i++)
        if (b->items[i].variable == variable) return &b->items[i].type;
    return NULL;
}

static bool bind_variable(struct emitter *e, const struct type *formal, const struct type *actual,
                          struct type_bindings *b, const char **why) {
    const struct type **old = bound(b, formal->name);
    if (!old && b->count < MOST_TYPE_VARIABLES) {
        b->items[b->count].variable = formal->name;
        b->items[b->count++].type = actual;
        return true;
    }
    if (old && type_unify(e->types, *old, actual, false, NULL)) return true;
    *why = arena_printf(&e->memory, "Type variable '%s' previously matched to type %s is matched to type %s",
                        formal->name->text, old ? emit_type_words(e, *old) : "?", emit_type_words(e, actual));
    return false;
}

static bool mismatch(struct emitter *e, const struct type *formal, const struct type *actual,
                     const char **why) {
    static const struct {
        uint8_t kind;
        const char *word;
    } words[] = {{TYPE_TUPLE, "a tuple"},
                 {TYPE_FUTURE, "a future"},
                 {TYPE_DICT, "a dict"},
                 {TYPE_RREF, "a rref"},
                 {TYPE_AWAIT, "an await"}};
    const char *word = emit_type_words(e, formal);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == formal->kind) word = words[i].word;
    *why = arena_printf(&e->memory, "Cannot match %s to %s", word, emit_type_words(e, actual));
    return false;
}

static bool bind_list(struct emitter *e, const struct type *formal, const struct type *actual,
                      struct type_bindings *b, const char **why) {
    if (actual->kind == TYPE_TUPLE && actual->count) {
        const struct type *unified = unify_all(e, actual->items, actual->count, false, NULL);
        if (unified) return types_bind(e, formal->items[0], unified, b, why);
    }
    return mismatch(e, formal, actual, why);
}

bool types_bind(struct emitter *e, const struct type *formal, const struct type *actual,
                struct type_bindings *b, const char **why) {
    if (!formal->has_variables) return true;
    if (formal->kind == TYPE_VAR) return bind_variable(e, formal, actual, b, why);
    if (formal->kind == TYPE_OPTIONAL && actual->kind != TYPE_OPTIONAL)
        return actual->kind == TYPE_NONE || types_bind(e, formal->items[0], actual, b, why);
    if (formal->kind == TYPE_LIST && actual->kind != TYPE_LIST) return bind_list(e, formal, actual, b, why);
    if (formal->kind != actual->kind) return mismatch(e, formal, actual, why);
    if (formal->count != actual->count) {
        *why = "Cannot match tuples of mismatched size";
        return false;
    }
    for (int i = 0; i < formal->count; i++)
        if (!types_bind(e, formal->items[i], actual->items[i], b, why)) return false;
    return true;
}

static const struct type *rebuild(struct emitter *e, const struct type *t, const struct type *const *items) {
    switch (t->kind) {
    case TYPE_LIST: return type_list(e->types, items[0]);
    case TYPE_OPTIONAL: return type_optional(e->types, items[0]);
    case TYPE_DICT: return type_dict(e->types, items[0], items[1]);
    case TYPE_TUPLE: return type_tuple(e->types, t->count, items);
    case TYPE_UNION: return type_union(e->types, t->count, items);
    case TYPE_FUTURE:
    case TYPE_RREF:
    case TYPE_AWAIT: return type_wrap(e->types, t->kind, items[0]);
    default: return t;
    }
}

const struct type *types_substitute(struct emitter *e, const struct type *t, const struct type_bindings *b) {
    if (!t->has_variables) return t;
    if (t->kind == TYPE_VAR) {
        const struct type **found = bound((struct type_bindings *)(uintptr_t)b, t->name);
        return found ? *found : NULL;
    }
    const struct type **items = arena_array(&e->memory, const struct type *, t->count + 1);
    if (!items) return NULL;
    for (int i = 0; i < t->count; i++)
        if (!(items[i] = types_substitute(e, t->items[i], b))) return NULL;
    return rebuild(e, t, items);
}

const struct type *unify_all(struct emitter *e, const struct type *const *types, int count, bool to_union,
                             const struct type *hint) {
    const struct type *t = count ? types[0] : NULL;
    for (int i = 1; t && i < count; i++) t = type_unify(e->types, t, types[i], to_union, hint);
    return t;
}
