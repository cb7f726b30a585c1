/* What was forked is done on the spot: a fork becomes its body, its future the result, a wait nothing.
 * Futures that come from elsewhere are still waited for. Rules: torch/csrc/jit/passes/inline_fork_wait.cpp.
 */
#include "ir/views.h"
#include "passes/inline.h"
#include "passes/passes.h"

static bool inline_fork(struct node *fork, struct table *results) {
    const struct attribute *body = node_attribute(fork, "Subgraph");
    if (!body || body->kind != ATTRIBUTE_GRAPH || block_output_count(body->graph->top) != 1 ||
        fork->inputs.count != body->graph->top->param->outputs.count)
        return true;
    struct ir_value *result = NULL;
    return insert_graph(fork, body->graph, fork->inputs.items, &result) &&
           table_set(results, node_output(fork, 0), result);
}

/* The node goes, what it stood for takes its place. */
static bool drop(struct node *n, const struct ir_value *future, const struct table *results) {
    struct ir_value *result = table_get(results, future);
    if (!result) return true;
    if (!value_replace_uses(node_output(n, 0), result)) return false;
    node_destroy(n);
    return true;
}

static bool inline_block(struct block *b, struct table *results) {
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        if (node_is(n, KIND_FORK) && !inline_fork(n, results)) return false;
    for (struct node *n = block_last(b), *previous; n != b->result; n = previous) {
        previous = n->previous;
        if (node_is(n, KIND_FORK) && !drop(n, node_output(n, 0), results)) return false;
        if (node_is(n, KIND_ATEN_WAIT) && !drop(n, node_input(n, 0), results)) return false;
    }
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        for (int i = 0; i < n->blocks.count; i++)
            if (!inline_block(n->blocks.items[i], results)) return false;
    return true;
}

bool pass_inline_fork_wait(struct graph *g, lb_error *err) {
    struct table results = {0}; /* a fork's future -> what it comes to */
    bool good = inline_block(g->top, &results);
    table_free(&results);
    return good || error_memory(err);
}
