/* Lambdas and inner functions. A call makes a function of its own (specialize.c) that takes the variables
 * around the definition as further parameters; those that it declares nonlocal come back as further results
 * and are assigned. */
#include "lang/specialize.h"
#include "lang/wide.h"
#include <string.h>

struct closure {
    const struct tree *def;
    struct resolver *resolver;
    struct frame *frame; /* where it is defined */
    struct sugared *const *defaults;
    const struct name **names; /* of a frozen one's items: what it sees, then the defaults */
    int seen;                  /* how many it sees */
    const int *default_at;     /* of a frozen one, by parameter: where among the items; -1: none */
};

typedef ARRAY_OF(const struct name *) name_list;

static bool has_name(const name_list *list, const struct name *name) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i] == name) return true;
    return false;
}

static bool add_name(struct emitter *e, name_list *list, const struct name *name) {
    return has_name(list, name) || array_push_in(&e->memory, list, name) || error_memory(e->err);
}

/* ---- which variables it sees ---- */

/* Names that the tree assigns as variables of its own. */
static bool gather_assigned(struct emitter *e, const struct tree *t, name_list *out) {
    if (t->kind == TREE_DEF) return add_name(e, out, t->name);
    if (t->kind == TREE_LAMBDA) return true;
    const struct tree *targets = t->kind == TREE_ASSIGN || t->kind == TREE_FOR                   ? t->items[0]
                                 : t->kind == TREE_AUGMENTED || t->kind == TREE_NAMED_EXPRESSION ? t->items[0]
                                 : t->kind == TREE_WITH_ITEM                                     ? t->items[1]
                                                                                                 : NULL;
    if (targets && targets->kind == TREE_NAME && !add_name(e, out, targets->name)) return false;
    if (t->kind == TREE_HANDLER && t->name && !add_name(e, out, t->name)) return false;
    if (targets && (targets->kind == TREE_LIST || targets->kind == TREE_TUPLE))
        for (int i = 0; i < targets->count; i++) {
            const struct tree *target = targets->items[i];
            if (target->kind == TREE_NAME && !add_name(e, out, target->name)) return false;
            for (int k = 0; target->kind == TREE_TUPLE && k < target->count; k++)
                if (target->items[k]->kind == TREE_NAME && !add_name(e, out, target->items[k]->name))
                    return false;
        }
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && !gather_assigned(e, t->items[i], out)) return false;
    return true;
}

static bool gather_used(struct emitter *e, const struct tree *t, name_list *out) {
    if (t->kind == TREE_NAME && !add_name(e, out, t->name)) return false;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && !gather_used(e, t->items[i], out)) return false;
    return true;
}

static bool gather_nonlocal(struct emitter *e, const struct tree *t, name_list *out) {
    if (t->kind == TREE_NONLOCAL)
        for (int i = 0; i < t->count; i++)
            if (!add_name(e, out, t->items[i]->name)) return false;
    if (t->kind == TREE_LAMBDA || t->kind == TREE_DEF) return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && !gather_nonlocal(e, t->items[i], out)) return false;
    return true;
}

static const struct tree *body_of(const struct tree *def) {
    return def->kind == TREE_LAMBDA ? def->items[1] : def->items[2];
}

/* Free names: used, not parameters, not assigned unless nonlocal. */
static bool free_names(struct emitter *e, const struct tree *def, const name_list *nonlocal, name_list *out) {
    name_list used = {0}, own = {0};
    if (!gather_used(e, body_of(def), &used) || !gather_assigned(e, body_of(def), &own)) return false;
    for (int i = 0; i < def->items[0]->count; i++)
        if (!add_name(e, &own, def->items[0]->items[i]->name)) return false;
    for (int i = 0; i < used.count; i++)
        if ((!has_name(&own, used.items[i]) || has_name(nonlocal, used.items[i])) &&
            !add_name(e, out, used.items[i]))
            return false;
    for (int i = 0; i < nonlocal->count; i++)
        if (!add_name(e, out, nonlocal->items[i])) return false;
    return true;
}

struct captured {
    const struct name **names;
    struct sugared **items;
    int count;
};

/* The variables that a closure sees, as they are now. */
static bool capture(struct emitter *e, const struct sugared *s, const name_list *nonlocal,
                    struct captured *out) {
    const struct closure *c = s->context;
    name_list names = {0};
    if (c->names) {
        *out = (struct captured){c->names, (struct sugared **)(uintptr_t)s->items, c->seen};
        return true;
    }
    if (!free_names(e, c->def, nonlocal, &names)) return false;
    out->names = arena_array(&e->memory, const struct name *, names.count + 1);
    out->items = arena_array(&e->memory, struct sugared *, names.count + 1);
    out->count = 0;
    if (!out->names || !out->items) return error_memory(e->err);
    for (int i = 0; i < names.count; i++) {
        if (names.items[i] == c->def->name && c->def->kind == TREE_DEF) continue; /* it calls itself */
        struct sugared *v = variable_find(e, c->frame, names.items[i]);
        if (e->err->code) return false;
        if (!v) continue;
        out->names[out->count] = names.items[i];
        out->items[out->count++] = v;
    }
    return true;
}

/* ---- nonlocal variables come back as results ---- */

static struct tree *with_nonlocals(struct emitter *e, struct tree *value, struct source_range at,
                                   const name_list *names) {
    struct arena *a = &e->unit->memory;
    struct tree **items = arena_array(a, struct tree *, names->count + 1);
    if (!items) return NULL;
    items[0] = value;
    for (int i = 0; i < names->count; i++)
        if (!(items[i + 1] = tree_name(a, at, names->items[i]))) return NULL;
    struct tree *tuple = value ? tree_new(a, TREE_TUPLE, at, names->count + 1, items) : NULL;
    return tuple ? tree_new(a, TREE_RETURN, at, 1, &tuple) : NULL;
}

static struct tree *returning(struct emitter *e, struct tree *t, const name_list *names) {
    if (t->kind == TREE_RETURN) return with_nonlocals(e, t->items[0], t->range, names);
    if (t->kind == TREE_LAMBDA || t->kind == TREE_DEF || t->kind == TREE_EXPRESSION) return t;
    struct tree *copy = tree_copy(&e->unit->memory, t);
    for (int i = 0; copy && i < t->count; i++)
        if (t->items[i] && !(copy->items[i] = returning(e, t->items[i], names))) return NULL;
    return copy;
}

/* The definition with (result, variables...) as its result. */
static const struct tree *returning_nonlocals(struct emitter *e, const struct tree *def,
                                              const name_list *names) {
    struct arena *a = &e->unit->memory;
    struct tree *copy = tree_copy(a, def), *body = copy ? returning(e, copy->items[2], names) : NULL;
    struct tree *none = tree_new(a, TREE_NONE, def->range, 0, NULL);
    struct tree *last = none ? with_nonlocals(e, none, def->range, names) : NULL;
    struct tree **items = body ? arena_array(a, struct tree *, body->count + 1) : NULL;
    if (!items || !last) return emit_out_of_memory(e);
    if (body->count) memcpy(items, body->items, sizeof *items * (size_t)body->count);
    items[body->count] = last;
    copy->items[1] = NULL;
    copy->items[2] = tree_new(a, TREE_LIST, body->range, body->count + 1, items);
    return copy->items[2] ? copy : emit_out_of_memory(e);
}

static struct sugared *assign_nonlocals(struct emitter *e, struct sugared *result, struct source_range at,
                                        const name_list *names) {
    struct sugared_list items;
    if (!sugared_tuple(e, result, at, -1, &items)) return NULL;
    for (int i = 0; i < names->count; i++)
        if (!variable_set(e, at, names->items[i], items.items[i + 1], NULL)) return NULL;
    return items.items[0];
}

/* The changed definition is made once, so that equal calls share a function. */
static const struct tree *definition_for(struct emitter *e, const struct tree *def,
                                         const name_list *nonlocal) {
    if (!nonlocal->count) return def;
    const struct tree *known = table_get(&e->wide->literals, def->items);
    if (known) return known;
    const struct tree *made = returning_nonlocals(e, def, nonlocal);
    if (made && !table_set(&e->wide->literals, def->items, (void *)(uintptr_t)made))
        return emit_out_of_memory(e);
    return made;
}

/* ---- as a value ---- */

static const char *qualified_for(struct emitter *e, const struct tree *def) {
    return specialized_name(e, e->function->qualified,
                            def->kind == TREE_LAMBDA ? "lambda_" : def->name->text);
}

/* By parameter; NULL: none. */
static struct sugared *const *defaults_of(struct emitter *e, const struct sugared *s) {
    const struct closure *c = s->context;
    int count = c->def->items[0]->count;
    if (!c->default_at && c->defaults) return c->defaults;
    struct sugared **defaults = arena_array(&e->memory, struct sugared *, count + 1);
    if (!defaults) return emit_out_of_memory(e);
    for (int i = 0; c->default_at && i < count; i++)
        if (c->default_at[i] >= 0) defaults[i] = s->items[c->default_at[i]];
    return defaults;
}

struct sugared *lambda_call(struct emitter *e, struct sugared *s, struct source_range at,
                            const struct sugared_actuals *actuals) {
    const struct closure *c = s->context;
    name_list nonlocal = {0};
    struct captured seen;
    if (c->def->kind == TREE_DEF && !gather_nonlocal(e, body_of(c->def), &nonlocal)) return NULL;
    if (nonlocal.count && c->names)
        return emit_error(e, at,
                          "a function that assigns nonlocal variables can only be called where these are");
    if (!capture(e, s, &nonlocal, &seen)) return NULL;
    struct sugared *const *defaults = defaults_of(e, s);
    if (!defaults) return NULL;
    struct specialized_callee callee = {.def = definition_for(e, c->def, &nonlocal),
                                        .resolver = c->resolver,
                                        .qualified = qualified_for(e, c->def),
                                        .captured_names = seen.names,
                                        .captured = seen.items,
                                        .captured_count = seen.count,
                                        .defaults = defaults,
                                        .own = c->def->kind == TREE_DEF ? c->def : NULL};
    if (!callee.def || !callee.qualified) return callee.def ? emit_out_of_memory(e) : NULL;
    struct sugared *result = specialize_call(e, &callee, at, actuals);
    return result && nonlocal.count ? assign_nonlocals(e, result, at, &nonlocal) : result;
}

static struct sugared *call_lambda(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    struct sugared_actuals all = {0};
    (void)binders;
    for (int i = 0; i < actuals.count + actuals.keyword_count; i++) {
        const struct actual *a = i < actuals.count ? &actuals.items[i] : &actuals.keywords[i - actuals.count];
        struct sugared_actual given = {sugared_simple(e, emit_actual(e, a)), a->name, a->range};
        if (!given.value || !array_push_in(&e->memory, &all.items, given)) return NULL;
    }
    return lambda_call(e, s, at, &all);
}
const struct sugared_kind sugared_kind_lambda = {.word = "function", .call = call_lambda};

struct sugared *sugared_lambda(struct emitter *e, const struct tree *def) {
    struct sugared *s = sugared_new(e, &sugared_kind_lambda);
    struct closure *c = arena_new(&e->memory, struct closure);
    const struct tree *parameters = def->items[0];
    struct sugared **defaults = arena_array(&e->memory, struct sugared *, parameters->count + 1);
    if (!s || !c || !defaults) return emit_out_of_memory(e);
    for (int i = 0; i < parameters->count; i++) {
        const struct tree *value = parameters->items[i]->items[1];
        if (value && !(defaults[i] = emit_sugared(e, value, 1, NULL))) return NULL;
    }
    *c = (struct closure){.def = def, .resolver = e->resolver, .frame = e->frame, .defaults = defaults};
    s->context = c;
    return s;
}

struct sugared *sugared_lambda_in(struct emitter *e, const struct tree *def, struct resolver *r) {
    static const struct name *const none[1];
    struct sugared *s = sugared_new(e, &sugared_kind_lambda);
    struct closure *c = arena_new(&e->memory, struct closure);
    struct sugared **items = arena_array(&e->memory, struct sugared *, 1);
    if (!s || !c || !items) return emit_out_of_memory(e);
    *c = (struct closure){.def = def, .resolver = r, .names = (const struct name **)(uintptr_t)none};
    s->context = c;
    s->items = items;
    return s;
}

struct sugared *sugared_frozen(struct emitter *e, struct sugared *lambda) {
    const struct closure *c = lambda->context;
    const name_list nonlocal = {0};
    struct captured seen;
    if (c->names) return lambda;
    struct closure *frozen = arena_copy(&e->memory, c, sizeof *c);
    struct sugared *s = arena_copy(&e->memory, lambda, sizeof *lambda);
    int parameters = c->def->items[0]->count;
    int *default_at = arena_array(&e->memory, int, parameters + 1);
    if (!frozen || !s || !default_at) return emit_out_of_memory(e);
    if (!capture(e, lambda, &nonlocal, &seen)) return NULL;
    struct sugared **items = arena_array(&e->memory, struct sugared *, seen.count + parameters + 1);
    if (!items) return emit_out_of_memory(e);
    if (seen.count) memcpy(items, seen.items, sizeof *items * (size_t)seen.count);
    s->count = seen.count;
    for (int i = 0; i < parameters; i++) {
        default_at[i] = c->defaults && c->defaults[i] ? s->count : -1;
        if (default_at[i] >= 0) items[s->count++] = c->defaults[i];
    }
    frozen->names = seen.names;
    frozen->seen = seen.count;
    frozen->default_at = default_at;
    s->context = frozen;
    s->items = items;
    return s;
}

const void *sugared_identity(const struct sugared *s) {
    return s->kind == &sugared_kind_lambda ? (const void *)((const struct closure *)s->context)->def
                                           : s->context;
}
