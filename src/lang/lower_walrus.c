/* NAME := VALUE, wherever expressions stand. In parts that are not always evaluated (the right side of `and`,
 * the arms of an if-expression, a while's condition) the assignment must outlive the part: these become if
 * statements and an endless loop. */
#include "lang/lower.h"

bool lower_has_named(const struct tree *t) {
    if (t->kind == TREE_NAMED_EXPRESSION) return true;
    for (int i = 0; t->kind != TREE_LAMBDA && i < t->count; i++)
        if (t->items[i] && lower_has_named(t->items[i])) return true;
    return false;
}

struct sugared *lower_named(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    const struct tree *target = t->items[0];
    struct sugared *s = emit_sugared(e, t->items[1], binders, hint);
    if (target->kind != TREE_NAME)
        return emit_error(e, t->range, "cannot use assignment expressions with this target");
    if (!s || !variable_set(e, target->range, target->name, s, NULL)) return NULL;
    return variable_get(e, target->name, target->range);
}

/* ---- expressions of which a part may not be evaluated ---- */

/* Each arm's value goes into one variable. */
struct choice {
    const struct tree *arms[2]; /* true, false; NULL: `otherwise` */
    bool otherwise;
    const struct type *hint;
    struct condition *condition; /* the arms are conditions: what the one that is evaluated says */
    struct tree *result;
};

static bool emit_choice(struct emitter *e, int which, void *context) {
    struct choice *c = context;
    const struct tree *t = c->arms[which];
    struct ir_value *v;
    if (!t)
        v = emit_bool(e, c->otherwise, c->result->range);
    else if (c->condition)
        v = emit_condition(e, t, c->condition) ? c->condition->value : NULL;
    else
        v = emit_expression(e, t, c->hint);
    return v && variable_set(e, c->result->range, c->result->name, sugared_simple(e, v), NULL);
}

static struct ir_value *choose(struct emitter *e, struct source_range at, const struct condition *test,
                               struct choice *c) {
    struct if_arms arms = {emit_choice, c, {at, at}, NULL};
    if (!(c->result = lower_temporary(e, at)) || !emit_if_arms(e, at, test, &arms)) return NULL;
    return emit_expression(e, c->result, NULL);
}

/* A and B, A or B where B assigns. */
static bool short_circuit(struct emitter *e, const struct tree *t, struct condition *out) {
    bool is_or = t->kind == TREE_OR;
    struct condition left, right = {.known = -1};
    struct choice c = {.otherwise = is_or, .condition = &right};
    c.arms[is_or] = t->items[1];
    if (!emit_condition(e, t->items[0], &left) || !(out->value = choose(e, t->range, &left, &c)))
        return false;
    out->known = left.known == (is_or ? 0 : 1) ? right.known : left.known;
    if (is_or)
        return refinements_intersection(e, left.when_true, right.when_true, &out->when_true) &&
               refinements_union(e, left.when_false, right.when_false, &out->when_false);
    return refinements_union(e, left.when_true, right.when_true, &out->when_true) &&
           refinements_intersection(e, left.when_false, right.when_false, &out->when_false);
}

bool lower_named_condition(struct emitter *e, const struct tree *t, struct condition *out, bool *good) {
    bool either = t->kind == TREE_AND || t->kind == TREE_OR;
    if (!either || !lower_has_named(t->items[1])) return false;
    *good = short_circuit(e, t, out);
    return true;
}

struct sugared *lower_if_expression(struct emitter *e, const struct tree *t, int binders,
                                    const struct type *hint) {
    struct condition test;
    struct choice c = {.arms = {t->items[1], t->items[2]}, .hint = hint};
    if (!lower_has_named(t->items[1]) && !lower_has_named(t->items[2]))
        return lower_conditional(e, t, binders, hint);
    return emit_condition(e, t->items[0], &test) ? sugared_simple(e, choose(e, t->range, &test, &c)) : NULL;
}

/* ---- while ---- */

/* A break that leaves the loop around this block. */
static bool has_break(const struct tree *t) {
    bool own = t->kind == TREE_FOR || t->kind == TREE_WHILE || t->kind == TREE_DEF || t->kind == TREE_LAMBDA;
    if (t->kind == TREE_BREAK || own) return t->kind == TREE_BREAK;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && has_break(t->items[i])) return true;
    return false;
}

/* Nothing follows `while True` without a break. */
static bool emit_plain_while(struct emitter *e, const struct tree *t) {
    bool forever = t->items[0]->kind == TREE_TRUE && !has_break(t->items[1]);
    return emit_while(e, t) && (!forever || lower_never(e, t->range));
}

/* while TEST: BODY  ->  while True: if TEST: pass; else: break; BODY */
bool lower_while(struct emitter *e, const struct tree *t) {
    const struct tree *body = t->items[1];
    struct source_range at = t->items[0]->range;
    if (!lower_has_named(t->items[0])) return emit_plain_while(e, t);
    struct tree *stop = lower_tree(e, TREE_BREAK, at, 0, NULL);
    struct tree *leave = stop ? lower_tree(e, TREE_LIST, at, 1, &stop) : NULL;
    struct tree *test[3] = {t->items[0], lower_tree(e, TREE_LIST, at, 0, NULL), leave};
    struct tree_list list = {0};
    struct tree *first = lower_tree(e, TREE_IF, at, 3, test);
    if (!first || !array_push_in(&e->memory, &list, first)) return false;
    for (int i = 0; i < body->count; i++)
        if (!array_push_in(&e->memory, &list, body->items[i])) return error_memory(e->err);
    struct tree *parts[2] = {lower_tree(e, TREE_TRUE, at, 0, NULL),
                             lower_tree(e, TREE_LIST, body->range, list.count, list.items)};
    struct tree *loop = lower_tree(e, TREE_WHILE, t->range, 2, parts);
    return loop && emit_while(e, loop);
}
