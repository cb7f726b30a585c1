/* Simplifies what one look at a few nodes can simplify; without knowing shapes it is run on a function's
 * graph before that is put in place of a call. Order of the parts: torch/csrc/jit/passes/peephole.cpp. */
#include "passes/peephole.h"
#include "ir/views.h"
#include "passes/alias.h"
#include "passes/passes.h"

/* x.t().t(); a number that was made a tensor and is made a number again. */
static bool simplify_pair(struct node *n, bool *changed) {
    if (n->inputs.count != 1 || n->outputs.count != 1) return true;
    const struct node *before = node_input(n, 0)->node;
    bool transposed = node_kind_is(n, "aten::t") && node_kind_is(before, "aten::t");
    bool number =
        (node_is(n, KIND_ATEN_FLOAT) || node_is(n, KIND_ATEN_INT) || node_kind_is(n, "aten::FloatImplicit") ||
         node_kind_is(n, "aten::IntImplicit") || node_kind_is(n, "aten::ScalarImplicit")) &&
        node_kind_is(before, "prim::NumToTensor");
    if (!transposed && !number) return true;
    *changed = true;
    return value_replace_uses(node_output(n, 0), node_input(before, 0));
}

static bool simplify_block(struct block *b, bool shapes, bool *changed) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!simplify_block(n->blocks.items[i], shapes, changed)) return false;
        if (!simplify_pair(n, changed) || (shapes && !peephole_shape(n, changed))) return false;
    }
    return true;
}

/* Runs a part with an alias database; one that changed the graph makes the database stale. */
static bool with_aliases(struct graph *g,
                         bool (*part)(struct graph *g, struct alias_db *aliases, bool *changed),
                         bool *changed, lb_error *err) {
    struct alias_db *aliases = alias_analyze(g, err);
    if (!aliases) return false;
    bool ok = part(g, aliases, changed);
    alias_free(aliases);
    return ok ? true : error_memory(err);
}

static bool simplify(struct graph *g, bool shapes, lb_error *err) {
    bool changed = false;
    if (!simplify_block(g->top, shapes, &changed)) return error_memory(err);
    if (!with_aliases(g, peephole_containers, &changed, err) ||
        !with_aliases(g, shapes ? peephole_tensors_with_shapes : peephole_tensors, &changed, err))
        return false;
    if (!peephole_scalars(g, &changed)) return error_memory(err);
    return !changed || pass_dead_code_keeping_writes(g, err);
}

bool pass_peephole_without_shapes(struct graph *g, lb_error *err) {
    return simplify(g, false, err);
}

bool pass_peephole(struct graph *g, lb_error *err) {
    return simplify(g, true, err);
}
