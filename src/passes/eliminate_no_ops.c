/* Operators that give back what they are given: aten::detach, where nobody trains. Not where a program asks
 * whether two tensors are one. Rules: torch/csrc/jit/passes/eliminate_no_ops.cpp. */
#include "ir/views.h"
#include "passes/passes.h"

static bool compares_tensors(const struct node *n) {
    if (!node_is(n, KIND_ATEN_IS) && !node_is(n, KIND_ATEN_ISNOT)) return false;
    for (int i = 0; i < n->inputs.count; i++)
        if (node_input(n, i)->type->kind != TYPE_TENSOR) return false;
    return true;
}

static bool any_compares_tensors(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        if (compares_tensors(n)) return true;
        for (int i = 0; i < n->blocks.count; i++)
            if (any_compares_tensors(n->blocks.items[i])) return true;
    }
    return false;
}

static bool bypass(struct block *b, bool *changed) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!bypass(n->blocks.items[i], changed)) return false;
        if (!node_kind_is(n, "aten::detach") || n->inputs.count != 1 || !node_used(n)) continue;
        if (!value_replace_uses(node_output(n, 0), node_input(n, 0))) return false;
        *changed = true;
    }
    return true;
}

bool pass_eliminate_no_ops(struct graph *g, lb_error *err) {
    bool changed = false;
    if (any_compares_tensors(g->top)) return true;
    if (!bypass(g->top, &changed)) return error_memory(err);
    return !changed || pass_dead_code(g, err);
}
