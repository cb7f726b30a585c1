/* What a node does besides making its outputs (torch/csrc/jit/ir/ir.cpp). */
#ifndef LINKBOY_PASSES_EFFECTS_H
#define LINKBOY_PASSES_EFFECTS_H
#include "ir/graph.h"

/* Prints, raises, calls, waits and their like: must stay even if nobody uses its outputs
 * (Node::hasSideEffects). Writing to an argument is no side effect here; see alias.h. Its nested blocks are
 * not looked at. */
bool node_has_side_effects(struct node *n);
/* Raises for some inputs, as far as its kind tells. */
bool node_may_raise(const struct node *n);
/* Draws random numbers (Node::isNondeterministic). */
bool node_is_nondeterministic(struct node *n);
#endif
