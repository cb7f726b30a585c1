/* Takes out the expands that a tracer put in by itself, since broadcasting does them anyway
 * (torch/csrc/jit/passes/remove_expands.cpp). */
#include "ir/views.h"
#include "passes/passes.h"

static bool is_implicit_expand(const struct node *n) {
    bool implicit = false;
    return node_kind_is(n, "aten::expand") && n->inputs.count == 3 &&
           constant_bool(node_input(n, 2), &implicit) && implicit;
}

static bool remove_in_block(struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!remove_in_block(n->blocks.items[i])) return false;
        if (!is_implicit_expand(n)) continue;
        if (!value_replace_uses(node_output(n, 0), node_input(n, 0))) return false;
        node_destroy(n);
    }
    return true;
}

bool pass_remove_expands(struct graph *g, lb_error *err) {
    return remove_in_block(g->top) || error_memory(err);
}
