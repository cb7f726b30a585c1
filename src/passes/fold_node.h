/* Running one node at compile time (runNodeIfInputsAreConstant in
 * torch/csrc/jit/passes/constant_propagation.cpp). */
#ifndef LINKBOY_PASSES_FOLD_NODE_H
#define LINKBOY_PASSES_FOLD_NODE_H
#include "ir/graph.h"
#include "ops/call.h"

/* `results` has room for the node's outputs; on success they are owned by the caller. False: an input is no
 * constant, there is no kernel, or the operator refused (then nothing is owned, and no error is set). */
bool fold_node(struct node *n, struct run_context *cx, lb_value *results);
#endif
