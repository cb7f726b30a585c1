/* Computes what can be computed at compile time; an If on a constant becomes its arm, a loop that never runs
 * vanishes, outputs that never change go. In the compiler only values of immutable types take part, so that
 * no alias analysis is needed; otherwise tensors, lists and dicts as well, where nobody writes to them.
 * Rules: torch/csrc/jit/passes/constant_propagation.cpp. */
#include "ir/views.h"
#include "kernels/kernels.h"
#include "passes/alias.h"
#include "passes/effects.h"
#include "passes/fold_node.h"
#include "passes/node_equal.h"
#include "passes/passes.h"

struct propagation {
    struct graph *graph;
    struct run_context cx;
    bool immutable_alone;
    struct alias_db *aliases; /* of the graph as it was; made when first asked for */
    bool changed, failed;
};

static bool never_folded(const struct node *n) {
    static const char *const kinds[] = {
        "prim::If",        "prim::Loop",         "prim::Closure",
        "prim::Constant",  "prim::AutogradZero", "prim::Uninitialized",
        "prim::Guard",     "prim::profile",      "prim::profile_ivalue",
        "prim::awaitable", "aten::dequantize",
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_kind_is(n, kinds[i])) return true;
    return false;
}

static bool all_immutable(struct graph *g, struct ir_value *const *values, int count) {
    for (int i = 0; i < count; i++)
        if (alias_type_is_mutable(&g->unit->types, values[i]->type)) return false;
    return true;
}

static bool any_written(struct propagation *p, const struct node *n) {
    lb_error err = {0};
    if (!p->aliases && !(p->aliases = alias_analyze(p->graph, &err))) {
        error_clear(&err);
        p->failed = true;
    }
    if (p->failed) return true;
    for (int i = 0; i < n->inputs.count; i++)
        if (alias_has_writers(p->aliases, node_input(n, i))) return true;
    for (int i = 0; i < n->outputs.count; i++)
        if (alias_has_writers(p->aliases, node_output(n, i))) return true;
    return false;
}

static bool can_fold(struct propagation *p, struct node *n) {
    if (n->blocks.count || never_folded(n) || node_is_nondeterministic(n) || node_has_side_effects(n))
        return false;
    if (!p->immutable_alone) return !any_written(p, n);
    return all_immutable(p->graph, n->inputs.items, n->inputs.count) &&
           all_immutable(p->graph, n->outputs.items, n->outputs.count);
}

/* An output that can be no constant keeps its node. */
static void replace_output(struct propagation *p, struct ir_value *output, lb_value value) {
    struct ir_value *constant = graph_insert_constant(p->graph, value, NULL, (struct source_range){0});
    if (!constant) return;
    p->changed = true;
    if (value.tag == VALUE_NONE) constant->type = output->type;
    if (!value_replace_uses(output, constant)) p->failed = true;
}

static void fold(struct propagation *p, struct node *n) {
    struct arena memory = {0};
    lb_value *results = arena_array(&memory, lb_value, n->outputs.count + 1);
    if (!results) {
        p->failed = true;
    } else if (fold_node(n, &p->cx, results)) {
        struct node *old = insertion_set(p->graph, n);
        for (int i = 0; i < n->outputs.count; i++) {
            replace_output(p, node_output(n, i), results[i]);
            value_release(results[i]);
        }
        insertion_set(p->graph, old);
    }
    arena_free(&memory);
}

static void propagate_block(struct propagation *p, struct block *b);

static void propagate_blocks(struct propagation *p, struct node *n) {
    for (int i = 0; i < n->blocks.count; i++) propagate_block(p, n->blocks.items[i]);
}

static void inline_arm(struct propagation *p, struct node *n, bool condition) {
    struct block *arm = condition ? then_block(n) : else_block(n);
    propagate_block(p, arm);
    block_move_nodes_before(arm, n);
    for (int i = 0; i < n->outputs.count; i++)
        if (!value_replace_uses(node_output(n, i), block_output(arm, i))) p->failed = true;
    node_destroy(n);
    p->changed = true;
}

static void drop_if_output(struct propagation *p, struct node *n, int i, struct ir_value *replacement) {
    if (!replacement || !value_replace_uses(node_output(n, i), replacement)) {
        p->failed = true;
        return;
    }
    node_erase_output(n, i);
    block_erase_output(then_block(n), i);
    block_erase_output(else_block(n), i);
    p->changed = true;
}

/* Outputs that are one value, or one constant, in both arms. */
static void drop_if_outputs(struct propagation *p, struct node *n) {
    struct node *old = insertion_set(p->graph, n);
    for (int i = 0; i < n->outputs.count && !p->failed;) {
        struct ir_value *a = block_output(then_block(n), i), *b = block_output(else_block(n), i);
        lb_value constant;
        if (a == b)
            drop_if_output(p, n, i, a);
        else if (node_constant(a->node, &constant) && node_equal(a->node, b->node))
            drop_if_output(p, n, i,
                           graph_insert_constant(p->graph, constant, NULL, (struct source_range){0}));
        else
            i++;
    }
    insertion_set(p->graph, old);
}

static void propagate_if(struct propagation *p, struct node *n) {
    bool condition;
    if (constant_bool(node_input(n, 0), &condition)) {
        inline_arm(p, n, condition);
    } else {
        propagate_blocks(p, n);
        drop_if_outputs(p, n);
    }
}

static bool never_runs(const struct node *n) {
    int64_t count = 1;
    bool condition = true;
    constant_int(node_input(n, 0), &count);
    constant_bool(node_input(n, 1), &condition);
    return count <= 0 || !condition;
}

static void remove_loop(struct propagation *p, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        if (!value_replace_uses(node_output(n, i), node_input(n, i + 2))) p->failed = true;
    node_destroy(n);
    p->changed = true;
}

/* Carried values that the body hands on as they came. */
static void drop_loop_outputs(struct propagation *p, struct node *n) {
    struct block *body = loop_body(n);
    for (int i = n->outputs.count - 1; i >= 0 && !p->failed; i--) {
        if (block_input(body, i + 1) != block_output(body, i + 1)) continue;
        struct ir_value *outside = node_input(n, i + 2);
        p->failed = !value_replace_uses(node_output(n, i), outside) ||
                    !value_replace_uses(block_input(body, i + 1), outside);
        if (p->failed) return;
        node_erase_output(n, i);
        node_remove_input(n, i + 2);
        block_erase_output(body, i + 1);
        block_erase_input(body, i + 1);
        p->changed = true;
    }
}

static void propagate_loop(struct propagation *p, struct node *n) {
    if (never_runs(n)) {
        remove_loop(p, n);
    } else {
        propagate_blocks(p, n);
        drop_loop_outputs(p, n);
    }
}

static void propagate_node(struct propagation *p, struct node *n) {
    bool constant = true;
    for (int i = 0; i < n->inputs.count && constant; i++)
        constant = node_is(node_input(n, i)->node, KIND_CONSTANT);
    if (node_is(n, KIND_IF))
        propagate_if(p, n);
    else if (node_is(n, KIND_LOOP))
        propagate_loop(p, n);
    else if (constant && can_fold(p, n))
        fold(p, n);
    else
        propagate_blocks(p, n);
}

static void propagate_block(struct propagation *p, struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result && !p->failed; n = next) {
        next = n->next;
        propagate_node(p, n);
    }
}

static bool propagate(struct graph *g, bool immutable_alone, lb_error *err) {
    struct propagation p = {.graph = g,
                            .cx = {.types = &g->unit->types, .kernels = kernels_best()},
                            .immutable_alone = immutable_alone};
    propagate_block(&p, g->top);
    alias_free(p.aliases);
    if (p.failed) return error_memory(err);
    return !p.changed || pass_dead_code(g, err);
}

bool pass_constant_propagation_immutable_types(struct graph *g, lb_error *err) {
    return propagate(g, true, err);
}

bool pass_constant_propagation(struct graph *g, lb_error *err) {
    return propagate(g, false, err);
}
