/* The table of passes and the order of the compiler's own: to_ir and runCleanupPasses in
 * torch/csrc/jit/frontend/ir_emitter.cpp, preoptimizeGraph in torch/csrc/jit/api/function_impl.cpp,
 * runOptimization in torch/csrc/jit/runtime/graph_executor.cpp. */
#include "passes/passes.h"
#include "ir/verify.h"
#include "ops/schemas.h"
#include "passes/ssa.h"
#include <string.h>

const struct pass pass_table[] = {
#define X(name, function, contract) {#name, contract, pass_##function, false},
    GRAPH_PASSES(X)
#undef X
#define X(name, function, contract) {#name, contract, pass_##function, true},
        OWN_PASSES(X)
#undef X
};
const int pass_count = (int)(sizeof pass_table / sizeof *pass_table);
#define X(name, function, contract) +1
const int graph_pass_count = 0 GRAPH_PASSES(X);
#undef X

const struct pass *pass_find(const char *name) {
    for (int i = 0; i < pass_count; i++)
        if (strcmp(pass_table[i].name, name) == 0) return &pass_table[i];
    return NULL;
}

bool pass_lint(struct graph *g, lb_error *err) {
    return graph_verify(g, node_schema, err);
}

bool pass_convert_to_ssa(struct graph *g, lb_error *err) {
    return ssa_add_control_flow(g, err) && ssa_loop_continuations(g, err) &&
           ssa_inline_loop_conditions(g, err) && ssa_erase_loads(g, err) && ssa_transform_exits(g, err);
}

bool passes_clean_up(struct graph *g, lb_error *err) {
    return pass_lift_closures(g, err) && pass_inline_forked_closures(g, err) && pass_list_literals(g, err) &&
           pass_simple_tuples(g, err) && pass_constant_propagation_immutable_types(g, err) &&
           pass_constant_pooling(g, err) && pass_canonicalize_outputs(g, err) && pass_annotate_warns(g, err);
}

bool passes_after_emit(struct graph *g, lb_error *err) {
    g->current_range = (struct source_range){0}; /* what passes make comes from no line of the source */
    return pass_convert_to_ssa(g, err) && pass_modified_loops(g, err) && pass_normalize_ops(g, err) &&
           passes_clean_up(g, err);
}

bool passes_before_inlining(struct graph *g, lb_error *err) {
    g->current_range = (struct source_range){0};
    return pass_inline(g, err) && pass_peephole_without_shapes(g, err) &&
           pass_constant_propagation_immutable_types(g, err) && pass_constant_pooling(g, err);
}

bool passes_optimize(struct graph *g, lb_error *err) {
    bool unrolled = false;
    g->current_range = (struct source_range){0};
    bool good = pass_dead_code(g, err) && pass_common_subexpressions(g, err) && pass_peephole(g, err) &&
                pass_constant_propagation(g, err) && pass_constant_pooling(g, err) &&
                unroll_constant_loops(g, &unrolled, err);
    if (good && unrolled)
        good = remove_list_mutation(g, err) && pass_peephole(g, err) && pass_constant_propagation(g, err);
    return good && pass_common_subexpressions(g, err);
}
