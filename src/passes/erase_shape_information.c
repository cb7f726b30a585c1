/* Forgets what is known of tensors: every type is the plain one (EraseShapeInformation in
 * torch/csrc/jit/passes/shape_analysis.cpp). */
#include "ir/views.h"
#include "passes/passes.h"

static bool erase_block(struct type_store *types, struct block *b);

static bool erase_outputs(struct type_store *types, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) {
        struct ir_value *v = node_output(n, i);
        if (!(v->type = type_unshaped(types, v->type))) return false;
    }
    return true;
}

static bool erase_node(struct type_store *types, struct node *n) {
    for (int i = 0; i < n->blocks.count; i++)
        if (!erase_block(types, n->blocks.items[i])) return false;
    const struct attribute *sub = node_attribute(n, "Subgraph");
    return erase_outputs(types, n) &&
           (!sub || sub->kind != ATTRIBUTE_GRAPH || erase_block(types, sub->graph->top));
}

static bool erase_block(struct type_store *types, struct block *b) {
    if (!erase_outputs(types, b->param)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        if (!erase_node(types, n)) return false;
    return true;
}

bool pass_erase_shape_information(struct graph *g, lb_error *err) {
    return erase_block(&g->unit->types, g->top) || error_memory(err);
}
