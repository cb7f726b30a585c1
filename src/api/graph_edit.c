/* Editing nodes: inputs, outputs, blocks, places. What would leave the graph in pieces is refused. */
#include "api/graph.h"

static bool is_end(const struct node *n) {
    return node_is(n, KIND_PARAM) || node_is(n, KIND_RETURN);
}

/* The node may be changed: it is there and no end of a block (those are changed through their block). */
static bool check_edit(const struct node *n, lb_error *err) {
    if (!check_node(n, err)) return false;
    return !is_end(n) || error_set(err, LB_ERROR_ARGUMENT, "a block's ends are changed through the block");
}

static bool done(bool good, lb_error *err) {
    return good || error_memory(err);
}

bool lb_node_add_input(lb_node *node, lb_graph_value *value, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err) || !check_value(value_of(value), n->graph, err)) return false;
    n->row = NULL;
    return done(node_add_input(n, value_of(value)), err);
}

bool lb_node_insert_input(lb_node *node, int index, lb_graph_value *value, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err) || !check_value(value_of(value), n->graph, err) ||
        !check_index(index, n->inputs.count + 1, "input", err))
        return false;
    n->row = NULL;
    return done(node_insert_input(n, index, value_of(value)), err);
}

/* Also of a result node: a block's output may become another value. */
bool lb_node_replace_input(lb_node *node, int index, lb_graph_value *value, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err) || !check_value(value_of(value), n->graph, err) ||
        !check_index(index, n->inputs.count, "input", err))
        return false;
    n->row = NULL;
    node_replace_input(n, index, value_of(value));
    return done(node_input(n, index) == value_of(value), err);
}

bool lb_node_remove_input(lb_node *node, int index, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err) || !check_index(index, n->inputs.count, "input", err)) return false;
    n->row = NULL;
    node_remove_input(n, index);
    return true;
}

lb_graph_value *lb_node_add_output(lb_node *node, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err)) return NULL;
    struct ir_value *v = node_add_output(n);
    if (!v) error_memory(err);
    return value_handle(v);
}

bool lb_node_erase_output(lb_node *node, int index, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err) || !check_index(index, n->outputs.count, "output", err) ||
        !check_unused(node_output(n, index), err))
        return false;
    node_erase_output(n, index);
    return true;
}

lb_block *lb_node_add_block(lb_node *node, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err)) return NULL;
    struct block *b = node_add_block(n);
    if (!b) error_memory(err);
    return block_handle(b);
}

/* Whether `n` stands in a block inside `outer` (or is it). */
static bool is_inside(const struct node *n, const struct node *outer) {
    while (n && n != outer) n = n->block ? n->block->owner : NULL;
    return n != NULL;
}

static bool is_inside_block(const struct node *n, const struct block *b) {
    while (n && n->block && n->block != b) n = n->block->owner;
    return n && n->block == b;
}

/* The insertion point does not go with what it points into. */
static void save_insertion_point(struct node *n) {
    struct graph *g = n->graph;
    if (!is_inside(g->insert_before, n)) return;
    g->insert_before = n->block ? n->next : g->top->result;
}

bool lb_node_erase_block(lb_node *node, int index, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err) || !check_index(index, n->blocks.count, "block", err)) return false;
    if (is_inside_block(n->graph->insert_before, n->blocks.items[index])) save_insertion_point(n);
    node_erase_block(n, index);
    return true;
}

/* A node of the same graph that stands somewhere outside of the one that is put beside it. */
static bool check_place(const struct node *n, const struct node *place, enum kind no_place, lb_error *err) {
    if (!check_edit(n, err) || !check_node(place, err)) return false;
    if (place->graph != n->graph) return error_set(err, LB_ERROR_ARGUMENT, "the place is in another graph");
    if (!place->block) return error_set(err, LB_ERROR_ARGUMENT, "the place is a node that stands nowhere");
    if (node_is(place, no_place))
        return error_set(err, LB_ERROR_ARGUMENT, "nothing stands %s a block's %s node",
                         no_place == KIND_PARAM ? "before" : "behind",
                         no_place == KIND_PARAM ? "param" : "result");
    return !is_inside(place, n) || n == place ||
           error_set(err, LB_ERROR_ARGUMENT, "a node cannot be put into its own block");
}

bool lb_node_move_before(lb_node *node, lb_node *place, lb_error *err) {
    if (!check_place(node_of(node), node_of(place), KIND_PARAM, err)) return false;
    node_move_before(node_of(node), node_of(place));
    return true;
}

bool lb_node_move_after(lb_node *node, lb_node *place, lb_error *err) {
    if (!check_place(node_of(node), node_of(place), KIND_RETURN, err)) return false;
    node_move_after(node_of(node), node_of(place));
    return true;
}

bool lb_node_destroy(lb_node *node, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_edit(n, err)) return false;
    for (int i = 0; i < n->outputs.count; i++)
        if (!check_unused(node_output(n, i), err)) return false;
    save_insertion_point(n);
    node_destroy(n);
    return true;
}
