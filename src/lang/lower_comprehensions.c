/* Comprehensions with conditions and several clauses: nested loops around one addition to the container. Each
 * condition is an If around the rest, so that what it says of types holds there. */
#include "lang/lower.h"
#include <string.h>

struct general {
    const struct tree *tree;
    int clause; /* the next one */
    struct ir_value *container;
    const struct type *hint; /* of the container; NULL: what the first round gives */
    bool typed;
};

static bool next_clause(struct emitter *e, void *context);

/* ---- one round ---- */

static bool settle(struct emitter *e, struct general *g, const struct type *key, const struct type *value) {
    if (g->typed) return true;
    g->typed = true;
    if (g->tree->op == COMPREHENSION_SET)
        g->container->type = type_set_of(e->unit, value);
    else if (!key)
        g->container->type = type_list(e->types, value);
    else
        g->container->type =
            type_may_be_key(key) ? type_dict(e->types, key, value) : type_keyed_dict(e->unit, key, value);
    return g->container->type || error_memory(e->err);
}

/* The value as the container wants it. */
static struct ir_value *fitting(struct emitter *e, struct general *g, struct ir_value *v, int which) {
    const struct type *want = g->container->type->items[which];
    struct ir_value *converted = v ? match_convert(e, g->tree->range, want, v, true) : NULL;
    if (!converted || is_subtype(e, converted->type, want)) return converted;
    return emit_error(e, g->tree->items[which ? 1 : 0]->range, "the comprehension holds %s, but here is a %s",
                      emit_type_words(e, want), emit_type_words(e, v->type));
}

static const struct type *item_hint(const struct general *g, int which) {
    return g->typed && !g->container->type->name ? g->container->type->items[which] : NULL;
}

static bool add_item(struct emitter *e, struct general *g) {
    struct ir_value *v = emit_expression(e, g->tree->items[0], item_hint(g, 0));
    if (!v || !settle(e, g, NULL, v->type)) return false;
    bool set = g->tree->op == COMPREHENSION_SET;
    struct ir_value *inputs[2] = {g->container, set ? v : fitting(e, g, v, 0)};
    if (set) return lower_by_library(e, "add", g->tree->range, inputs, 2) != NULL;
    return inputs[1] && emit_operator(e, "aten::append", g->tree->range, inputs, 2) != NULL;
}

static bool add_pair(struct emitter *e, struct general *g) {
    struct ir_value *k = emit_expression(e, g->tree->items[0], item_hint(g, 0));
    struct ir_value *v = k ? emit_expression(e, g->tree->items[1], item_hint(g, 1)) : NULL;
    if (!v || !settle(e, g, k->type, v->type)) return false;
    struct ir_value *marked[3] = {g->container, k, v};
    if (g->container->type->name) return lower_by_library(e, "setitem", g->tree->range, marked, 3) != NULL;
    struct ir_value *inputs[3] = {g->container, fitting(e, g, k, 0), fitting(e, g, v, 1)};
    return inputs[1] && inputs[2] && emit_operator(e, "aten::_set_item", g->tree->range, inputs, 3);
}

static bool add_round(struct emitter *e, struct general *g) {
    return g->tree->op == COMPREHENSION_DICT ? add_pair(e, g) : add_item(e, g);
}

/* ---- clauses ---- */

/* The conditions from number `at` on, then what comes behind them. */
static bool guarded(struct emitter *e, struct general *g, const struct tree *conditions, int at) {
    struct condition c;
    if (at == conditions->count) return next_clause(e, g);
    if (!emit_condition(e, conditions->items[at], &c)) return false;
    if (!c.known) return true;
    if (c.known > 0)
        return emit_refinements(e, conditions->range, c.when_true) && guarded(e, g, conditions, at + 1);
    struct node *n = emit_node(e, KIND_IF, 0, &c.value, 1);
    struct block *yes = n ? node_add_block(n) : NULL, *no = yes ? node_add_block(n) : NULL;
    if (!no || !frame_push(e, yes)) return error_memory(e->err);
    n->range = conditions->range;
    struct insertion old = emit_into(e, yes);
    bool good = emit_refinements(e, conditions->range, c.when_true) && guarded(e, g, conditions, at + 1);
    emit_back(e, old);
    if (good) frame_pop(e);
    return good;
}

static bool clause_body(struct emitter *e, void *context) {
    struct general *g = context;
    return guarded(e, g, g->tree->items[2]->items[g->clause - 1]->items[2], 0);
}

static bool next_clause(struct emitter *e, void *context) {
    struct general *g = context;
    const struct tree *clauses = g->tree->items[2];
    if (g->clause == clauses->count) return add_round(e, g);
    const struct tree *c = clauses->items[g->clause++];
    struct tree *targets = lower_tree(e, TREE_LIST, c->range, 1, &c->items[0]);
    bool good = targets && emit_for_over(e, targets, c->items[1], c->range, clause_body, g);
    g->clause--;
    return good;
}

static struct ir_value *new_container(struct emitter *e, const struct general *g) {
    bool dict = g->tree->op == COMPREHENSION_DICT || g->tree->op == COMPREHENSION_SET;
    const struct type *type = g->hint;
    if (!type)
        type = dict ? type_dict(e->types, simple_type(e, TYPE_STRING), e->types->tensor)
                    : type_list(e->types, e->types->tensor);
    return emit_typed(e, dict ? KIND_DICT_CONSTRUCT : KIND_LIST_CONSTRUCT, type, NULL, 0);
}

struct sugared *lower_comprehension(struct emitter *e, const struct tree *t, const struct type *hint) {
    bool dict = t->op == COMPREHENSION_DICT || t->op == COMPREHENSION_SET;
    enum type_kind kind = dict ? TYPE_DICT : TYPE_LIST;
    struct general g = {.tree = t, .hint = hint && hint->kind == kind ? hint : NULL};
    g.typed = g.hint != NULL;
    g.container = new_container(e, &g);
    struct node *scope = g.container ? emit_node(e, KIND_COMPREHENSION_SCOPE, 0, NULL, 0) : NULL;
    struct block *b = scope ? node_add_block(scope) : NULL;
    if (!b || !frame_push(e, b)) return emit_out_of_memory(e);
    scope->range = t->range;
    struct insertion old = emit_into(e, b);
    bool good = next_clause(e, &g);
    emit_back(e, old);
    if (!good) return NULL;
    frame_pop(e);
    return sugared_simple(e, g.container);
}
