/* Loops: for and while become prim::Loop with a body and a condition block; what has a length known while
 * compiling (tuples, module lists) is unrolled (emitLoopCommon, emitUnrolledLoop in
 * torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/choice.h"
#include "lang/lower.h"
#include <stdint.h>

typedef bool (*loop_body)(struct emitter *e, void *context);

static struct ir_value *loop_condition(struct emitter *e, struct node *loop, struct block *b,
                                       const struct tree *condition, struct source_range at) {
    struct ir_value *v = NULL;
    struct insertion old = condition ? emit_into(e, b) : emit_at(e, loop);
    if (!condition) {
        v = emit_bool(e, true, at);
    } else {
        v = emit_expression(e, condition, NULL);
        if (v) v = emit_to_bool(e, condition->range, v);
    }
    emit_back(e, old);
    return v;
}

static bool assign_item(struct emitter *e, const struct tree *targets, struct sugared *item,
                        struct source_range at) {
    bool hides = e->wide && e->wide->hides;
    if (e->wide) e->wide->hides = true;
    bool good = item && emit_assign_all(e, targets, &item, 1, at, 1);
    if (e->wide) e->wide->hides = hides;
    return good;
}

/* The element of this round, assigned to the targets. */
static bool assign_targets(struct emitter *e, struct sugared *iterable, const struct tree *targets,
                           struct source_range at, struct ir_value *trip) {
    struct sugared *item = sugared_item(e, iterable, at, trip, NULL);
    struct sugared *s = e->wide ? item : sugared_simple(e, sugared_value(e, item, at));
    if (!s || targets_starred(e, targets, at) < 0) return false;
    if (targets->count == 1) return assign_item(e, targets, s, at);
    struct tree *tuple = tree_new(&e->memory, TREE_TUPLE, at, targets->count, targets->items);
    struct tree *list = tuple ? tree_new(&e->memory, TREE_LIST, at, 1, &tuple) : NULL;
    return list ? assign_item(e, list, s, at) : error_memory(e->err);
}

static bool emit_body(struct emitter *e, struct block *b, struct sugared *iterable,
                      const struct tree *targets, struct source_range at, loop_body body, void *context) {
    struct ir_value *trip = block_add_input(b);
    if (!trip || !frame_push(e, b)) return error_memory(e->err);
    trip->type = simple_type(e, TYPE_INT);
    enum loop_status status = e->loop_status;
    struct insertion old = emit_into(e, b);
    e->loop_status = LOOP_REAL;
    bool good = (!iterable || assign_targets(e, iterable, targets, at, trip)) && body(e, context);
    e->loop_status = status;
    emit_back(e, old);
    if (good) frame_pop(e);
    return good;
}

/* `iterable` and `targets` of a for, or the condition of a while. */
static bool emit_loop(struct emitter *e, struct source_range at, struct sugared *iterable,
                      const struct tree *targets, const struct tree *condition, loop_body body,
                      void *context) {
    struct ir_value *count =
        iterable ? sugared_length(e, iterable, at) : emit_literal(e, value_int(INT64_MAX), at);
    struct node *loop = count ? emit_node(e, KIND_LOOP, 0, NULL, 0) : NULL;
    if (!loop) return false;
    loop->range = at;
    struct block *body_block = node_add_block(loop), *condition_block = node_add_block(loop);
    if (!body_block || !condition_block || !frame_push(e, condition_block)) return error_memory(e->err);
    struct ir_value *v = loop_condition(e, loop, condition_block, condition, at);
    if (!v) return false;
    frame_pop(e);
    if (block_add_output(condition_block, v) < 0 || !node_add_input(loop, count)) return error_memory(e->err);
    return emit_body(e, body_block, iterable, targets, at, body, context);
}

/* Once for each item, in the scope around it: items may have different types. */
static bool emit_unrolled(struct emitter *e, struct source_range at, struct sugared *iterable,
                          const struct tree *targets, loop_body body, void *context) {
    enum loop_status status = e->loop_status;
    bool good = true;
    e->loop_status = LOOP_UNROLLED;
    for (int64_t i = 0; good && i < sugared_static_length(iterable); i++) {
        struct ir_value *index = emit_literal(e, value_int(i), at);
        struct sugared *item = sugared_item(e, iterable, at, index, NULL);
        good = assign_item(e, targets, item, targets->range) && body(e, context);
    }
    e->loop_status = status;
    return good;
}

/* One `for` over what is iterated over. */
static bool for_each(struct emitter *e, const struct tree *targets, struct sugared *s, struct source_range at,
                     loop_body body, void *context) {
    if (!s) return false;
    if (sugared_static_length(s) < 0) return emit_loop(e, at, s, targets, NULL, body, context);
    /* Several targets are one tuple of targets, as the loop's items are tuples. */
    if (targets->count > 1) {
        struct tree *tuple = tree_new(&e->memory, TREE_TUPLE, at, targets->count, targets->items);
        targets = tuple ? tree_new(&e->memory, TREE_LIST, at, 1, &tuple) : NULL;
        if (!targets) return error_memory(e->err);
    }
    return emit_unrolled(e, at, s, targets, body, context);
}

bool emit_for_over(struct emitter *e, const struct tree *targets, const struct tree *iterable,
                   struct source_range at, loop_body body, void *context) {
    return for_each(e, targets, sugared_iterate(e, emit_sugared(e, iterable, 1, NULL), at), at, body,
                    context);
}

static bool statements_body(struct emitter *e, void *context) {
    return emit_statements(e, context);
}

/* In all of Python: a thing of a target's name ends where the loop begins, since after it the name is the
 * last item. */
static bool forget_things(struct emitter *e, const struct tree *targets) {
    for (int i = 0; i < targets->count; i++) {
        const struct tree *t = targets->items[i];
        bool several = t->kind == TREE_TUPLE || t->kind == TREE_LIST_LITERAL;
        if (several && !forget_things(e, t)) return false;
        struct sugared *known = t->kind == TREE_NAME ? variable_find(e, e->frame, t->name) : NULL;
        if (known && !sugared_as_simple(known) && !variable_remove(e, t->name, t->range)) return false;
    }
    return true;
}

bool emit_for(struct emitter *e, const struct tree *t) {
    struct source_range at = t->range;
    if (t->items[1]->count != 1)
        return emit_error(e, at, "List of iterables is not supported currently") != NULL;
    struct sugared *s = sugared_iterate(e, emit_sugared(e, t->items[1]->items[0], 1, NULL), at);
    if (s && e->wide && lower_breaks(t->items[2])) s = choice_rolled(e, s);
    if (e->wide && !forget_things(e, t->items[0])) return false;
    return for_each(e, t->items[0], s, at, statements_body, t->items[2]);
}

bool emit_while(struct emitter *e, const struct tree *t) {
    return emit_loop(e, t->range, NULL, NULL, t->items[0], statements_body, t->items[1]);
}
