/* Early exits become data: every prim::LoopContinuation and prim::ReturnStmt is replaced by outputs of the
 * blocks that it leaves, and what follows a node that may have exited is put into the else arm of an If on
 * "has exited". Two runs: exits to loops, then exits to the function or closure. The order in which values
 * are made, their names and the Uninitialized values (one per type and run) follow
 * torch/csrc/jit/frontend/exit_transforms.cpp. */
#include "ir/views.h"
#include "passes/ssa.h"

/* What a node or block leaves behind: whether it has exited, and the values that the target block gets then.
 * The flag is one of the run's three constants (true: it will, false: it won't, uninitialized: it throws), or
 * computed. */
struct exit_state {
    struct ir_value *has_exited;
    int count;
    struct ir_value **values;
};

enum exit_status { EXIT_WILL, EXIT_MIGHT, EXIT_WONT, EXIT_THROWS };

struct exits {
    struct graph *graph;
    struct arena memory;
    enum kind exit_kind;
    struct ir_value *true_value, *false_value, *throws_value;
    struct table uninitialized; /* type -> value */
    struct block *target;       /* where the exits lead that are met now */
    bool failed;                /* memory is out */
};

static struct exit_state state_wont(const struct exits *x) {
    return (struct exit_state){.has_exited = x->false_value};
}

static enum exit_status status_of(const struct exits *x, const struct exit_state *s) {
    if (s->has_exited == x->true_value) return EXIT_WILL;
    if (s->has_exited == x->false_value) return EXIT_WONT;
    return s->has_exited == x->throws_value ? EXIT_THROWS : EXIT_MIGHT;
}

static struct ir_value *uninitialized_of(struct exits *x, const struct type *type) {
    struct ir_value *known = table_get(&x->uninitialized, type);
    if (known) return known;
    struct node *n = graph_new_known(x->graph, KIND_UNINITIALIZED, 1);
    if (!n || !block_prepend(x->graph->top, n) || !table_set(&x->uninitialized, type, node_output(n, 0))) {
        x->failed = true;
        return NULL;
    }
    node_output(n, 0)->type = type;
    return node_output(n, 0);
}

/* A copy of values in the run's memory. */
static struct ir_value **keep_values(struct exits *x, struct ir_value *const *values, int count) {
    if (count == 0) return NULL;
    struct ir_value **kept = arena_copy(&x->memory, values, sizeof *values * (size_t)count);
    if (!kept) x->failed = true;
    return kept;
}

static struct ir_value **match_uninitialized(struct exits *x, struct ir_value *const *values, int count) {
    struct ir_value **matched = keep_values(x, values, count);
    for (int i = 0; matched && i < count; i++) matched[i] = uninitialized_of(x, values[i]->type);
    return x->failed ? NULL : matched;
}

static bool add_outputs(struct exits *x, struct block *b, struct ir_value *const *values, int count) {
    for (int i = 0; i < count && !x->failed; i++) x->failed = block_add_output(b, values[i]) < 0;
    return !x->failed;
}

static bool replace_outputs(struct exits *x, struct block *b, struct ir_value *const *values, int count) {
    while (block_output_count(b) > 0) block_erase_output(b, 0);
    return add_outputs(x, b, values, count);
}

static bool add_if_outputs(struct exits *x, struct node *n, struct ir_value *const *in_then,
                           struct ir_value *const *in_else, int count) {
    if (!add_outputs(x, then_block(n), in_then, count) || !add_outputs(x, else_block(n), in_else, count))
        return false;
    for (int i = 0; i < count; i++) {
        const struct type *both =
            type_unify(&x->graph->unit->types, in_then[i]->type, in_else[i]->type, true, NULL);
        struct ir_value *v = node_add_output(n);
        x->failed |= !both || !v;
        if (x->failed) return false;
        v->type = both;
    }
    return true;
}

static struct node *new_if(struct exits *x, struct node *before) {
    struct node *n = graph_new_known(x->graph, KIND_IF, 0);
    if (!n || !node_insert_before(n, before)) x->failed = true;
    return x->failed ? NULL : n;
}

static struct ir_value *add_typed_output(struct exits *x, struct node *n, const struct type *type) {
    struct ir_value *v = node_add_output(n);
    if (v) v->type = type;
    if (!v) x->failed = true;
    return v;
}

/* One more carried value: starts as `first`, becomes `next` at the end of the body; the loop's new output. */
static bool add_carried_value(struct exits *x, struct node *loop, struct ir_value *first,
                              struct ir_value *next, bool body_input_first) {
    const struct type *type = next->type;
    if (!first || !node_add_input(loop, first)) return false;
    if (!body_input_first && !add_typed_output(x, loop, type)) return false;
    struct ir_value *inside = block_add_input(loop_body(loop));
    if (!inside || block_add_output(loop_body(loop), next) < 0) return false;
    inside->type = type;
    return !body_input_first || add_typed_output(x, loop, type);
}

static struct exit_state transform_block(struct exits *x, struct block *b);

/* A loop whose body may leave the loop's surroundings: its condition becomes false then, and "has exited" and
 * the exit's values are carried out. */
static struct exit_state transform_loop(struct exits *x, struct node *loop) {
    struct block *body = loop_body(loop);
    struct exit_state s = transform_block(x, body);
    if (x->failed) return s;
    enum exit_status status = status_of(x, &s);
    if (status == EXIT_WONT || status == EXIT_THROWS) return state_wont(x); /* the loop may not be entered */

    const struct type *boolean = simple_type(x->graph, TYPE_BOOL);
    struct node *next = new_if(x, body->result);
    if (!next || !node_add_input(next, s.has_exited) || !node_add_block(next) || !node_add_block(next))
        goto failed;
    if (block_add_output(then_block(next), x->false_value) < 0 ||
        block_add_output(else_block(next), block_output(body, 0)) < 0)
        goto failed;
    struct ir_value *condition = add_typed_output(x, next, boolean);
    if (!condition) goto failed;
    block_erase_output(body, 0);
    if (!node_insert_input(body->result, 0, condition)) goto failed;

    struct ir_value *has_exited = s.has_exited;
    if (!add_carried_value(x, loop, x->false_value, has_exited, true)) goto failed;
    int first = loop->outputs.count;
    for (int i = 0; i < s.count; i++)
        if (!add_carried_value(x, loop, uninitialized_of(x, s.values[i]->type), s.values[i], false))
            goto failed;
    return (struct exit_state){node_output(loop, first - 1), s.count,
                               keep_values(x, loop->outputs.items + first, s.count)};
failed:
    x->failed = true;
    return s;
}

static enum exit_status status_of_if(enum exit_status in_then, enum exit_status in_else) {
    if (in_then == EXIT_THROWS) return in_else; /* an arm that throws takes the other's */
    if (in_else == EXIT_THROWS) return in_then;
    return in_then == in_else && in_then != EXIT_MIGHT ? in_then : EXIT_MIGHT;
}

static bool leaves(enum exit_status s) {
    return s == EXIT_WILL || s == EXIT_MIGHT;
}

static struct exit_state transform_if(struct exits *x, struct node *n) {
    struct exit_state in_then = transform_block(x, then_block(n));
    struct exit_state in_else = x->failed ? in_then : transform_block(x, else_block(n));
    if (x->failed) return in_then;
    enum exit_status then_status = status_of(x, &in_then), else_status = status_of(x, &in_else);
    enum exit_status status = status_of_if(then_status, else_status);
    if (status == EXIT_THROWS) return (struct exit_state){.has_exited = x->throws_value};
    if (status == EXIT_WONT) return state_wont(x);

    if (!leaves(then_status)) { /* the values of the arm that does not exit are never looked at */
        in_then.count = in_else.count;
        in_then.values = match_uninitialized(x, in_else.values, in_else.count);
    } else if (!leaves(else_status)) {
        in_else.count = in_then.count;
        in_else.values = match_uninitialized(x, in_then.values, in_then.count);
    }
    if (x->failed) return in_then;
    struct ir_value *has_exited = x->true_value;
    if (status != EXIT_WILL) {
        if (!add_if_outputs(x, n, &in_then.has_exited, &in_else.has_exited, 1)) return in_then;
        has_exited = node_output(n, n->outputs.count - 1);
    }
    int first = n->outputs.count;
    if (in_then.count != in_else.count ||
        !add_if_outputs(x, n, in_then.values, in_else.values, in_then.count)) {
        x->failed = true;
        return in_then;
    }
    return (struct exit_state){has_exited, in_then.count,
                               keep_values(x, n->outputs.items + first, in_then.count)};
}

/* Puts the nodes from `rest` on into the else arm of a new If on "has exited"; its then arm exits once more.
 */
static struct exit_state guard_rest(struct exits *x, struct block *b, const struct exit_state *s,
                                    struct node *rest) {
    struct node *guard = new_if(x, rest);
    struct block *exited, *not_exited;
    if (!guard || !node_add_input(guard, s->has_exited) || !(exited = node_add_block(guard)) ||
        !(not_exited = node_add_block(guard)))
        goto failed;
    while (guard->next != b->result) node_move_before(guard->next, not_exited->result);

    int count = block_output_count(b);
    struct ir_value **outputs = keep_values(x, b->result->inputs.items, count);
    struct ir_value **unused = match_uninitialized(x, outputs, count);
    for (int i = 0; i < count && !x->failed; i++) {
        x->failed = block_add_output(exited, unused[i]) < 0 || block_add_output(not_exited, outputs[i]) < 0;
        if (!x->failed) add_typed_output(x, guard, outputs[i]->type);
    }
    if (x->failed || !replace_outputs(x, b, guard->outputs.items, guard->outputs.count)) goto failed;
    struct node *again = graph_new_known(x->graph, x->exit_kind, 0);
    if (!again) goto failed;
    for (int i = 0; i < s->count; i++)
        if (!node_add_input(again, s->values[i])) goto failed;
    if (!node_insert_before(again, exited->result)) goto failed;
    return transform_if(x, guard);
failed:
    x->failed = true;
    return *s;
}

/* Nodes after a sure exit go, last first; a value of theirs that is still an output of the block becomes
 * uninitialized. */
static void delete_from(struct exits *x, struct block *b, struct node *first) {
    if (first == b->result) return;
    for (bool done = false; !done && !x->failed;) {
        struct node *n = block_last(b);
        done = n == first;
        for (int i = 0; i < n->outputs.count && !x->failed; i++) {
            struct ir_value *v = node_output(n, i);
            if (!value_used(v)) continue;
            struct ir_value *unit = uninitialized_of(x, v->type);
            if (!unit || !value_replace_uses(v, unit)) x->failed = true;
        }
        if (!x->failed) node_destroy(n);
    }
}

static bool is_target(const struct exits *x, const struct block *b) {
    if (x->exit_kind == KIND_LOOP_CONTINUATION) return b->owner && node_is(b->owner, KIND_LOOP);
    return !b->owner || node_is(b->owner, KIND_CLOSURE);
}

static struct exit_state transform_node(struct exits *x, struct node *n, struct exit_state before) {
    struct exit_state s = before;
    if (node_is(n, KIND_RAISE_EXCEPTION)) {
        s = (struct exit_state){.has_exited = x->throws_value};
    } else if (node_is(n, x->exit_kind)) {
        s = (struct exit_state){x->true_value, n->inputs.count,
                                keep_values(x, n->inputs.items, n->inputs.count)};
        node_destroy(n);
    } else if (node_is(n, KIND_IF)) {
        s = transform_if(x, n);
    } else if (node_is(n, KIND_WITH)) {
        s = transform_block(x, n->blocks.items[0]);
    } else if (node_is(n, KIND_CLOSURE)) {
        transform_block(x, n->blocks.items[0]); /* its exits stay within it */
    } else if (node_is(n, KIND_LOOP)) {
        s = transform_loop(x, n);
    }
    return s;
}

/* At the target block an exit has arrived: the block's outputs become the exit's values. */
static void arrive(struct exits *x, struct block *b, const struct exit_state *s) {
    enum exit_status status = status_of(x, s);
    if (status == EXIT_WILL) {
        replace_outputs(x, b, s->values, s->count);
    } else if (status == EXIT_MIGHT) {
        struct node *last = new_if(x, b->result);
        if (!last || !node_add_block(last) || !node_add_block(last) || !node_add_input(last, s->has_exited) ||
            s->count != block_output_count(b)) {
            x->failed = true;
            return;
        }
        if (add_if_outputs(x, last, s->values, b->result->inputs.items, s->count))
            replace_outputs(x, b, last->outputs.items, last->outputs.count);
    }
}

static struct exit_state transform_block(struct exits *x, struct block *b) {
    struct block *outer = x->target;
    if (is_target(x, b)) x->target = b;
    struct exit_state s = state_wont(x);
    for (struct node *n = block_first(b), *next; n != b->result && !x->failed; n = next) {
        next = n->next;
        s = transform_node(x, n, s);
        if (x->failed) break;
        enum exit_status status = status_of(x, &s);
        if (status == EXIT_WONT) continue;
        if (status != EXIT_MIGHT)
            delete_from(x, b, next);
        else if (next != b->result)
            s = guard_rest(x, b, &s, next);
        break;
    }
    if (x->target == b && !x->failed) {
        arrive(x, b, &s);
        s = state_wont(x);
    }
    x->target = outer;
    return s;
}

static bool run_exits(struct graph *g, enum kind exit_kind) {
    struct exits x = {.graph = g, .exit_kind = exit_kind};
    struct node *old = insertion_set(g, block_first(g->top));
    x.true_value = insert_constant_bool(g, true);
    x.false_value = insert_constant_bool(g, false);
    insertion_set(g, old);
    x.throws_value = uninitialized_of(&x, simple_type(g, TYPE_BOOL));
    x.failed |= !x.true_value || !x.false_value;
    if (!x.failed) transform_block(&x, g->top);
    table_free(&x.uninitialized);
    arena_free(&x.memory);
    return !x.failed;
}

bool ssa_transform_exits(struct graph *g, lb_error *err) {
    if (!ssa_make_with_blocks(g, err)) return false;
    if (!run_exits(g, KIND_LOOP_CONTINUATION) || !run_exits(g, KIND_RETURN_STMT)) return error_memory(err);
    return ssa_merge_ifs(g->top, err) && ssa_dissolve_with_blocks(g, err);
}
