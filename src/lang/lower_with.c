/* `with`: blocks that are left early, several items, functions that are context managers (their body is put
 * around the block, at its yield), and managers that have nothing to do here. */
#include "lang/define.h"
#include "lang/dotted.h"
#include "lang/lower.h"
#include <string.h>

/* ---- functions with @contextlib.contextmanager ---- */

struct inlined {
    struct emitter *e;
    const struct tree *def;
    const char *prefix; /* of the function's own variables */
    struct tree *target, *block;
    struct resolver *resolver;
    bool yielded;
};

static bool assigns(const struct tree *t, const struct name *name) {
    bool assignment = t->kind == TREE_ASSIGN || t->kind == TREE_FOR;
    for (int i = 0; assignment && i < t->items[0]->count; i++) {
        const struct tree *target = t->items[0]->items[i];
        if (target->kind == TREE_NAME && target->name == name) return true;
        for (int k = 0; target->kind == TREE_TUPLE && k < target->count; k++)
            if (target->items[k]->kind == TREE_NAME && target->items[k]->name == name) return true;
    }
    if ((t->kind == TREE_AUGMENTED || t->kind == TREE_NAMED_EXPRESSION) && t->items[0]->kind == TREE_NAME &&
        t->items[0]->name == name)
        return true;
    if (t->kind == TREE_WITH_ITEM && t->items[1] && t->items[1]->kind == TREE_NAME &&
        t->items[1]->name == name)
        return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && assigns(t->items[i], name)) return true;
    return false;
}

static bool is_own(const struct inlined *g, const struct name *name) {
    for (int i = 0; i < g->def->items[0]->count; i++)
        if (g->def->items[0]->items[i]->name == name) return true;
    return assigns(g->def->items[2], name);
}

static struct tree *renamed(struct inlined *g, const struct tree *t) {
    const char *text = arena_printf(&g->e->memory, "%s%s", g->prefix, t->name->text);
    return text ? lower_name(g->e, t->range, text) : emit_out_of_memory(g->e);
}

static const struct tree *yield_of(const struct tree *t) {
    if (t->kind == TREE_EXPRESSION && t->items[0]->kind == TREE_YIELD) return t->items[0];
    return t->kind == TREE_ASSIGN && t->items[1] && t->items[1]->kind == TREE_YIELD ? t->items[1] : NULL;
}

static struct tree *own_copy(struct inlined *g, struct tree *t);

/* In place of the yield: what it yields for the target, then the block. */
static bool put_block(struct inlined *g, const struct tree *yield, struct tree_list *out) {
    struct arena *a = &g->e->memory;
    if (g->yielded) return emit_error(g->e, yield->range, "a context manager yields once") != NULL;
    g->yielded = true;
    if (g->target && yield->items[0]) {
        struct tree *value = own_copy(g, yield->items[0]);
        struct tree *t = value ? lower_assign(g->e, yield->range, g->target, value) : NULL;
        if (!t || !array_push_in(a, out, t)) return false;
    }
    for (int i = 0; i < g->block->count; i++)
        if (!array_push_in(a, out, g->block->items[i])) return error_memory(g->e->err);
    return true;
}

static struct tree *own_copy(struct inlined *g, struct tree *t) {
    if (t->kind == TREE_NAME) return is_own(g, t->name) ? renamed(g, t) : t;
    if (t->kind == TREE_LIST) {
        struct tree_list list = {0};
        for (int i = 0; i < t->count; i++) {
            const struct tree *yield = yield_of(t->items[i]);
            struct tree *copy = yield ? NULL : own_copy(g, t->items[i]);
            if (yield ? !put_block(g, yield, &list) : !copy || !array_push_in(&g->e->memory, &list, copy))
                return NULL;
        }
        return lower_tree(g->e, TREE_LIST, t->range, list.count, list.items);
    }
    struct tree *copy = tree_copy(&g->e->memory, t);
    for (int i = 0; copy && i < t->count; i++)
        if (t->items[i] && !(copy->items[i] = own_copy(g, t->items[i]))) return NULL;
    return copy ? copy : emit_out_of_memory(g->e);
}

/* PARAMETER = ARGUMENT, under the function's own names. */
static bool bind_parameters(struct inlined *g, const struct tree *call) {
    const struct tree *parameters = g->def->items[0];
    for (int i = 0; i < parameters->count; i++) {
        const struct tree *p = parameters->items[i];
        struct tree *value = i < call->items[1]->count ? call->items[1]->items[i] : p->items[1];
        for (int k = 0; k < call->items[2]->count; k++)
            if (call->items[2]->items[k]->name == p->name) value = call->items[2]->items[k]->items[0];
        if (!value)
            return emit_error(g->e, call->range, "%s() missing the argument '%s'", g->def->name->text,
                              p->name->text) != NULL;
        struct sugared *s = emit_sugared(g->e, value, 1, NULL);
        const char *text = arena_printf(&g->e->memory, "%s%s", g->prefix, p->name->text);
        const struct name *name = text ? emit_name(g->e, text) : NULL;
        if (!s || !name || !variable_set(g->e, p->range, name, s, NULL)) return false;
    }
    return true;
}

/* The definition of a context manager that is a function; NULL: it is none. */
static const struct function *manager(struct emitter *e, const struct tree *item) {
    if (item->kind != TREE_CALL) return NULL;
    struct attempt_error own;
    attempt_begin(e, &own);
    struct sugared *callee = emit_sugared(e, item->items[0], 1, NULL);
    if (attempt_failed(e, &own)) return attempt_drop(&own), NULL;
    if (!callee || callee->kind != &sugared_kind_function || callee->count != 1) return NULL;
    const struct function *f = callee->functions[0];
    if (!f->definition || !f->ensure_context) return NULL;
    struct resolver *r = lang_resolver_of(f);
    bool is = r->python && (dotted_decorates(e->unit, r, f->definition, "contextlib.contextmanager") ||
                            dotted_decorates(e->unit, r, f->definition, "contextmanager"));
    return is ? f : NULL;
}

static bool emit_inlined(struct emitter *e, struct tree *body, void *context) {
    struct inlined *g = context;
    g->block = body;
    struct tree *statements = own_copy(g, g->def->items[2]);
    if (statements && !g->yielded)
        return emit_error(e, g->def->range, "a context manager must yield") != NULL;
    return statements && emit_statements(e, statements);
}

static bool with_function(struct emitter *e, const struct tree *item, struct tree *body,
                          const struct function *f) {
    struct inlined g = {
        .e = e, .def = f->definition, .target = item->items[1], .resolver = lang_resolver_of(f)};
    g.prefix = arena_printf(&e->memory, "$with%d_", e->temporaries++);
    if (!g.prefix) return error_memory(e->err);
    if (!bind_parameters(&g, item->items[0])) return false;
    return lower_leaves(body) ? lower_exits(e, body, lower_always_returns(body), emit_inlined, &g)
                              : emit_inlined(e, body, &g);
}

/* ---- objects ---- */

static bool emit_object(struct emitter *e, struct tree *body, void *context) {
    const struct tree *item = context;
    struct tree *items =
        lower_tree(e, TREE_LIST, item->range, 1, (struct tree *[]){(struct tree *)(uintptr_t)item});
    struct tree *both[2] = {items, body}, *t = items ? lower_tree(e, TREE_WITH, item->range, 2, both) : NULL;
    return t && emit_with_plain(e, t);
}

static bool with_object(struct emitter *e, const struct tree *item, struct tree *body) {
    return lower_leaves(body)
               ? lower_exits(e, body, lower_always_returns(body), emit_object, (void *)(uintptr_t)item)
               : emit_object(e, body, (void *)(uintptr_t)item);
}

/* The items from number `at` on: each around the next. */
static bool with_items(struct emitter *e, const struct tree *t, int at) {
    const struct tree *items = t->items[0], *item = items->items[at];
    struct tree *body = t->items[1];
    if (at + 1 < items->count) {
        struct tree *rest = lower_tree(e, TREE_LIST, t->range, items->count - at - 1, items->items + at + 1);
        struct tree *both[2] = {rest, body},
                    *inner = rest ? lower_tree(e, TREE_WITH, t->range, 2, both) : NULL;
        if (!inner || !(body = lower_tree(e, TREE_LIST, t->range, 1, &inner))) return false;
    }
    const struct function *f = manager(e, item->items[0]);
    if (e->err->code) return false;
    return f ? with_function(e, item, body, f) : with_object(e, item, body);
}

bool lower_with(struct emitter *e, const struct tree *t) {
    return with_items(e, t, 0);
}
