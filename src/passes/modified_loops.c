/* A loop with both a trip count and a condition (for with break or return) becomes a while loop with a
 * counter among its carried values, so that it can be printed as Python. Rules:
 * torch/csrc/jit/frontend/canonicalize_modified_loop.cpp; LoopView::loopType in torch/csrc/jit/ir/ir_views.h.
 */
#include "ir/views.h"
#include "ops/ops.h"
#include "passes/passes.h"

static struct ir_value *insert_binary(struct graph *g, const char *kind, const char *overload,
                                      enum type_kind type, struct ir_value *a, struct ir_value *b) {
    const struct name *name = name_of(&g->unit->names, kind);
    struct node *n = name ? graph_new_node(g, name, 1) : NULL;
    if (!n || !node_add_input(n, a) || !node_add_input(n, b) || !graph_insert(g, n)) return NULL;
    n->row = ops_find_overload(kind, overload);
    node_output(n, 0)->type = simple_type(g, type);
    return node_output(n, 0);
}

/* Before the loop: count > 0, and the loop's own condition unless that is a constant true. */
static struct ir_value *first_condition(struct graph *g, struct node *loop, struct ir_value *runs) {
    bool always;
    if (constant_bool(node_input(loop, 1), &always) && always) return runs;
    return insert_binary(g, "aten::__and__", "bool", TYPE_BOOL, runs, node_input(loop, 1));
}

static bool count_in_body(struct graph *g, struct node *loop, struct ir_value *zero, struct ir_value *one,
                          struct ir_value *limit) {
    struct block *body = loop_body(loop);
    if (!node_add_input(loop, zero)) return false;
    struct ir_value *count = block_add_input(body), *old = block_input(body, 0);
    if (!count) return false;
    count->type = simple_type(g, TYPE_INT);
    if (!value_set_name(old, "") || !value_replace_uses(old, count)) return false;
    struct ir_value *next = insert_binary(g, "aten::add", "int", TYPE_INT, count, one);
    if (!next || block_add_output(body, next) < 0) return false;
    struct ir_value *below = insert_binary(g, "aten::lt", "int", TYPE_BOOL, next, limit);
    struct ir_value *both =
        below ? insert_binary(g, "aten::__and__", "bool", TYPE_BOOL, below, block_output(body, 0)) : NULL;
    if (!both) return false;
    block_erase_output(body, 0);
    return node_insert_input(body->result, 0, both);
}

static bool rewrite(struct graph *g, struct node *loop) {
    insertion_set(g, loop);
    struct ir_value *zero = insert_constant_int(g, 0), *one = zero ? insert_constant_int(g, 1) : NULL;
    struct ir_value *limit = node_input(loop, 0);
    struct ir_value *runs = one ? insert_binary(g, "aten::gt", "int", TYPE_BOOL, limit, zero) : NULL;
    struct ir_value *endless = runs ? insert_constant_int(g, INT64_MAX) : NULL;
    if (!endless) return false;
    node_replace_input(loop, 0, endless);
    struct ir_value *condition = first_condition(g, loop, runs);
    if (!condition) return false;
    node_replace_input(loop, 1, condition);
    struct ir_value *counted = node_add_output(loop);
    if (!counted) return false;
    counted->type = simple_type(g, TYPE_INT);
    insertion_set(g, loop_body(loop)->result);
    return count_in_body(g, loop, zero, one, limit);
}

static bool rewrite_in_block(struct graph *g, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!rewrite_in_block(g, n->blocks.items[i])) return false;
        if (node_is(n, KIND_LOOP) && loop_form(n) == LOOP_MODIFIED && !rewrite(g, n)) return false;
    }
    return true;
}

bool pass_modified_loops(struct graph *g, lb_error *err) {
    struct node *old = g->insert_before;
    bool ok = rewrite_in_block(g, g->top);
    g->insert_before = old;
    return ok ? true : error_memory(err);
}
