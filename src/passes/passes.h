/* The compiler's passes: what each one does to a graph, and the order in which the compiler runs them. A pass
 * changes the graph in place and keeps it valid; it fails only when memory is out or the graph is none that
 * the emitter makes. Printed value numbers depend on the order in which passes make values, so they make what
 * PyTorch's make. */
#ifndef LINKBOY_PASSES_PASSES_H
#define LINKBOY_PASSES_PASSES_H
#include "ir/graph.h"

/* X(name, function, what holds afterwards). Passes under PyTorch's names (torch._C._jit_pass_NAME), for
 * whoever has a graph. */
/* clang-format off */
#define GRAPH_PASSES(X) \
    X(lint, lint, "nothing is changed; a graph that breaks a rule is an error") \
    X(inline, inline, "no calls of functions and methods that have a graph") \
    X(dce, dead_code_keeping_writes, "no node without use or effect; every write is an effect") \
    X(dce_graph, dead_code, "no node without use or effect; a write to what nobody reads is none") \
    X(cse, common_subexpressions, "nothing is computed twice, where that cannot be seen") \
    X(constant_propagation, constant_propagation, \
      "no operator on constants alone that nobody writes to, no If on a constant") \
    X(constant_propagation_immutable_types, constant_propagation_immutable_types, \
      "the same for values of immutable types alone") \
    X(constant_pooling, constant_pooling, "constants stand first, equal ones once") \
    X(peephole, peephole, "no idioms that a simpler node can stand for") \
    X(peephole_without_shapes, peephole_without_shapes, \
      "the same, where the shapes in types are not believed") \
    X(normalize_ops, normalize_ops, "operators that are names of another one are that one") \
    X(lower_simple_tuples, simple_tuples, "no unpacking of a tuple that is constructed in sight") \
    X(lower_all_tuples, lower_all_tuples, "no tuples; those among inputs and outputs are their items") \
    X(remove_expands, remove_expands, "no expands that broadcasting does anyway") \
    X(remove_mutation, remove_mutation, "no write to what was made in sight and nobody else holds") \
    X(remove_dropout, remove_dropout, "no dropout that is switched off") \
    X(erase_shape_information, erase_shape_information, \
      "no type says more of a tensor than that it is one") \
    X(erase_number_types, erase_number_types, \
      "numbers and bools are tensors: for exporting, not to be run") \
    X(loop_unrolling, loop_unrolling, "small loops that count are unrolled, eight times or wholly") \
    X(constant_loop_unrolling, constant_loop_unrolling, "no loops of a constant count under 64") \
    X(inline_fork_wait, inline_fork_wait, "no forks: what they did is done on the spot") \
    X(fuse_linear, fuse_linear, \
      "a product with a transposed matrix, and its bias, are one aten::linear") \
    X(fuse_addmm, fuse_addmm, "no sum of a matrix product and a tensor of known rank") \
    X(batch_mm, batch_mm, \
      "sums of four products and more, and eight products and more that share a factor, are one product") \
    X(decompose_ops, decompose_ops, "no addmm whose beta and alpha are 1") \
    X(fold_frozen_conv_bn, fold_frozen_conv_bn, "no batch norm behind a convolution of constant weights") \
    X(fold_frozen_conv_add_or_sub, fold_frozen_conv_add_or_sub, \
      "nothing constant is added to a convolution of constant weights") \
    X(fold_frozen_conv_mul_or_div, fold_frozen_conv_mul_or_div, \
      "no convolution of constant weights is multiplied with something constant") \
    X(fold_frozen_linear_bn, fold_frozen_linear_bn, \
      "no batch norm behind a linear layer of constant weights") \
    X(optimize_frozen_graph, optimize_frozen_graph, \
      "dropout and what the weights of a frozen graph can take in is gone")

/* The same for those that only the compiler and the executor run. */
#define OWN_PASSES(X) \
    X(convert_to_ssa, convert_to_ssa, "no loads, stores or exits; loops have their condition as input and output") \
    X(modified_loops, modified_loops, "every loop is a `for` or a `while`") \
    X(lift_closures, lift_closures, "a closure has a subgraph that takes what it closes over as one tuple") \
    X(inline_forked_closures, inline_forked_closures, "a fork has a subgraph that takes what it needs one by one") \
    X(list_literals, list_literals, "`[]` without a type is a List[Tensor]") \
    X(canonicalize_outputs, canonicalize_outputs, "outputs of If and Loop in order of their first use") \
    X(eliminate_no_ops, eliminate_no_ops, "no detach, where no tensors are compared by identity") \
    X(annotate_warns, annotate_warns, "every aten::warn has its number") \
    X(old_quantized_conv, old_quantized_conv, "quantized convolutions called as their packed weights want it") \
    X(decompose, decompose, "no operator that is others put together")
/* clang-format on */

#define X(name, function, contract) bool pass_##function(struct graph *g, lb_error *err);
GRAPH_PASSES(X)
OWN_PASSES(X)
#undef X

struct pass {
    const char *name, *contract;
    bool (*run)(struct graph *g, lb_error *err);
    bool own; /* of OWN_PASSES */
};
extern const struct pass pass_table[]; /* GRAPH_PASSES first */
extern const int pass_count, graph_pass_count;
const struct pass *pass_find(const char *name);

/* Dead code of one block, writes kept. */
bool pass_dead_code_in_block(struct block *b, lb_error *err);

/* prim::MMBatchSide, which batch_mm makes; and the products that it stands for in its place, which is how it
 * is run. False: memory. */
bool node_is_batch_side(const struct node *n);
bool batch_mm_undo(struct node *n);

/* The function, and those it calls, go into callers as they are from now on. PyTorch runs __setstate__ with
 * its optimizer off and keeps what it has then made of a function. */
void inline_keep_as_is(struct function *f);

/* What a compiled function goes through, from the emitter's form to what is printed, saved and run. */
bool passes_after_emit(struct graph *g, lb_error *err);
/* The second half of it, also run on the subgraphs of closures and forks. */
bool passes_clean_up(struct graph *g, lb_error *err);
/* Whether pass_decompose has anything to do. */
bool graph_has_decompositions(struct graph *g);

/* What PyTorch runs on a graph that is frozen (runOptimization). */
bool passes_optimize(struct graph *g, lb_error *err);
/* Parts of passes: loops of constant counts, `changed` when one was unrolled; writes to lists alone. */
bool unroll_constant_loops(struct graph *g, bool *changed, lb_error *err);
bool remove_list_mutation(struct graph *g, lb_error *err);

/* What a function's graph goes through before it is put in place of a call (GraphFunction::optimized_graph).
 */
bool passes_before_inlining(struct graph *g, lb_error *err);
#endif
