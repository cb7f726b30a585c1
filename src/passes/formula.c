/* A formula is a graph that is folded away, node by node; see formula.h. */
#include "passes/formula.h"
#include "ir/parse.h"
#include "ir/views.h"
#include "kernels/kernels.h"
#include "passes/fold_node.h"
#include "tensor/layouts.h"
#include <string.h>

static bool stand_for(struct ir_value *v, lb_value value) {
    struct ir_value *constant = graph_insert_constant(v->node->graph, value, NULL, (struct source_range){0});
    return constant && value_replace_uses(v, constant);
}

/* The value; a tensor that needs gradients could be no constant. */
static bool without_gradient(lb_value v, lb_value *out) {
    lb_error ignored = {0};
    *out = value_copy(v);
    if (v.tag != VALUE_TENSOR || !(v.tensor->flags & TENSOR_REQUIRES_GRAD)) return true;
    value_release(*out);
    *out = value_tensor(tensor_alias(v.tensor, &ignored));
    error_clear(&ignored);
    if (!out->tensor) return false;
    out->tensor->flags &= (uint8_t)~TENSOR_REQUIRES_GRAD;
    return true;
}

static bool give_inputs(struct graph *g, const lb_value *inputs) {
    insertion_set(g, block_first(g->top));
    for (int i = 0; i < g->top->param->outputs.count; i++) {
        lb_value v;
        if (!without_gradient(inputs[i], &v)) return false;
        bool good = stand_for(block_input(g->top, i), v);
        value_release(v);
        if (!good) return false;
    }
    return true;
}

static bool compute_node(struct node *n, struct run_context *cx) {
    enum { MOST = 4 };
    lb_value results[MOST];
    if (node_is(n, KIND_CONSTANT)) return true;
    if (n->outputs.count > MOST || !fold_node(n, cx, results)) return false;
    insertion_set(n->graph, n);
    bool good = true;
    for (int i = 0; i < n->outputs.count; i++) {
        good = good && stand_for(node_output(n, i), results[i]);
        value_release(results[i]);
    }
    return good;
}

static bool compute(struct graph *g, const lb_value *inputs) {
    struct run_context cx = {.types = &g->unit->types, .kernels = kernels_best()};
    if (!give_inputs(g, inputs)) return false;
    for (struct node *n = block_first(g->top); n != g->top->result; n = n->next)
        if (!compute_node(n, &cx)) return false;
    return true;
}

bool formula_compute(struct unit *unit, const char *text, const lb_value *inputs, lb_value *results) {
    lb_error err = {0};
    struct graph *g = graph_parse(unit, text, strlen(text), &err);
    bool good = g && compute(g, inputs);
    for (int i = 0; g && i < block_output_count(g->top); i++) {
        lb_value v = value_none();
        if (good) node_constant(block_output(g->top, i)->node, &v);
        results[i] = value_copy(v);
    }
    graph_free(g);
    error_clear(&err);
    return good;
}
