/* addmm with beta and alpha 1 is a product and a sum, so that other passes see both
 * (torch/csrc/jit/passes/decompose_ops.cpp, whose norms are taken apart on GPUs alone). */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/insert_call.h"
#include "passes/passes.h"

static bool is_one(const struct ir_value *v) {
    lb_value c;
    if (!node_constant(v->node, &c)) return false;
    return (c.tag == VALUE_INT && c.i == 1) || (c.tag == VALUE_FLOAT && c.f == 1);
}

static bool decompose(struct node *n) {
    struct graph *g = n->graph;
    struct node *old = insertion_set(g, n);
    struct ir_value *alpha = insert_constant_int(g, 1);
    struct ir_value *mm =
        alpha ? insert_call(g, "aten::mm", (struct ir_value *[]){node_input(n, 1), node_input(n, 2)}, 2)
              : NULL;
    struct ir_value *sum =
        mm ? insert_call(g, "aten::add", (struct ir_value *[]){node_input(n, 0), mm, alpha}, 3) : NULL;
    insertion_set(g, old);
    if (!sum) return false;
    sum->type = node_output(n, 0)->type;
    if (!value_replace_uses(node_output(n, 0), sum)) return false;
    node_destroy(n);
    return true;
}

static bool decompose_block(struct block *b, bool *changed) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!decompose_block(n->blocks.items[i], changed)) return false;
        if (!node_kind_is(n, "aten::addmm") || n->inputs.count != 5 || !is_one(node_input(n, 3)) ||
            !is_one(node_input(n, 4)))
            continue;
        *changed = true;
        if (!decompose(n)) return false;
    }
    return true;
}

bool pass_decompose_ops(struct graph *g, lb_error *err) {
    bool changed = false;
    if (!decompose_block(g->top, &changed)) return error_memory(err);
    return !changed || (pass_constant_propagation(g, err) && pass_dead_code(g, err));
}
