/* Dropout that does nothing because its training flag is the constant False goes away
 * (torch/csrc/jit/passes/remove_dropout.cpp). */
#include "ir/views.h"
#include "passes/passes.h"

static bool is_dropout(const struct node *n) {
    static const char *const kinds[] = {"aten::dropout", "aten::dropout_", "aten::feature_dropout",
                                        "aten::feature_dropout_"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_kind_is(n, kinds[i])) return n->inputs.count == 3;
    return false;
}

static bool remove_in_block(struct block *b) {
    for (struct node *n = block_last(b), *previous; n != b->result; n = previous) {
        bool training = true;
        previous = n->previous;
        for (int i = 0; i < n->blocks.count; i++)
            if (!remove_in_block(n->blocks.items[i])) return false;
        if (!is_dropout(n) || !constant_bool(node_input(n, 2), &training) || training) continue;
        if (!value_replace_uses(node_output(n, 0), node_input(n, 0))) return false;
        node_destroy(n);
    }
    return true;
}

bool pass_remove_dropout(struct graph *g, lb_error *err) {
    return remove_in_block(g->top) || error_memory(err);
}
