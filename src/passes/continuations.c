/* break, continue and loop conditions. While variables are still loads and stores, an exit from a loop's body
 * is written as prim::LoopContinuation(condition, one load per carried variable); then each loop's condition
 * block goes into the graph: a clone before the loop, the block itself at the end of the body. Rules:
 * LoopContinuations in torch/csrc/jit/frontend/convert_to_ssa.cpp, frontend/inline_loop_condition.cpp. */
#include "ir/views.h"
#include "passes/ssa.h"

static struct ir_value *same_value(void *context, struct ir_value *v) {
    (void)context;
    return v;
}

struct continuations {
    struct graph *graph;
    struct ir_value *false_value;
    struct node *loop;
};

static bool run_in_block(struct graph *g, struct block *b);

/* The body's outputs are still loads of the carried variables: the exit loads them again where it stands. */
static bool add_carried(struct continuations *c, struct node *exit) {
    const struct node *result = loop_body(c->loop)->result;
    for (int i = 0; i < result->inputs.count; i++) {
        struct node *load = graph_clone_node(c->graph, node_input(result, i)->node, same_value, NULL, false);
        if (!load || !node_insert_before(load, exit) || !node_add_input(exit, node_output(load, 0)))
            return false;
    }
    return true;
}

static bool replace_break(struct continuations *c, struct node *n) {
    struct node *exit = graph_new_known(c->graph, KIND_LOOP_CONTINUATION, 0);
    if (!exit || !node_insert_after(exit, n) || !node_add_input(exit, c->false_value)) return false;
    if (!add_carried(c, exit)) return false;
    node_destroy(n);
    return true;
}

static bool replace_continue(struct continuations *c, struct node *n) {
    struct node *exit = graph_new_known(c->graph, KIND_LOOP_CONTINUATION, 0);
    if (!exit || !node_insert_after(exit, n)) return false;
    struct block *header = node_add_block(exit);
    if (!header || !block_clone_from(header, c->loop->blocks.items[1], same_value, NULL)) return false;
    block_move_nodes_before(header, n);
    if (!node_add_input(exit, block_output(header, 0))) return false;
    node_erase_block(exit, 0);
    if (!add_carried(c, exit)) return false;
    node_destroy(n);
    return true;
}

static bool assign_exits(struct continuations *c, struct block *b);

static bool assign_exit(struct continuations *c, struct node *n) {
    if (node_is(n, KIND_IF)) return assign_exits(c, then_block(n)) && assign_exits(c, else_block(n));
    if (node_is(n, KIND_CLOSURE)) return run_in_block(c->graph, n->blocks.items[0]);
    if (node_is(n, KIND_LOOP)) {
        struct node *outer = c->loop;
        c->loop = n;
        bool ok = assign_exits(c, loop_body(n));
        c->loop = outer;
        return ok;
    }
    if (c->loop && node_is(n, KIND_CONTINUE_STMT)) return replace_continue(c, n);
    if (c->loop && node_is(n, KIND_BREAK_STMT)) return replace_break(c, n);
    return true;
}

static bool assign_exits(struct continuations *c, struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        if (!assign_exit(c, n)) return false;
    }
    return true;
}

static bool run_in_block(struct graph *g, struct block *b) {
    struct continuations c = {.graph = g};
    struct node *old = insertion_set(g, block_first(b));
    c.false_value = insert_constant_bool(g, false);
    insertion_set(g, old);
    return c.false_value && assign_exits(&c, b);
}

bool ssa_loop_continuations(struct graph *g, lb_error *err) {
    return run_in_block(g, g->top) ? true : error_memory(err);
}

static bool inline_condition(struct node *n) {
    struct block *body = loop_body(n), *condition = n->blocks.items[1];
    struct block *copy = node_add_block(n);
    if (!copy || !block_clone_from(copy, condition, same_value, NULL)) return false;
    block_move_nodes_before(copy, n);
    if (!node_insert_input(n, 1, block_output(copy, 0))) return false;
    node_erase_block(n, 2);
    block_move_nodes_before(condition, body->result);
    if (!node_insert_input(body->result, 0, block_output(condition, 0))) return false;
    node_erase_block(n, 1);
    return true;
}

static bool inline_conditions(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!inline_conditions(n->blocks.items[i])) return false;
        if (node_is(n, KIND_LOOP) && n->blocks.count == 2 && !inline_condition(n)) return false;
    }
    return true;
}

bool ssa_inline_loop_conditions(struct graph *g, lb_error *err) {
    return inline_conditions(g->top) ? true : error_memory(err);
}
