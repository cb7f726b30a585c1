/* Putting a graph in the place of a node that stands for it. */
#ifndef LINKBOY_PASSES_INLINE_H
#define LINKBOY_PASSES_INLINE_H
#include "ir/graph.h"

/* A copy of the body's nodes goes before the node, which is destroyed: its inputs are the body's parameters,
 * its outputs the body's results, one for one. Names of outputs stay. */
bool inline_body(struct node *call, struct graph *body, lb_error *err);
/* Copies a graph's nodes to before `place`; its parameters are `inputs`, its results come out in `outputs`
 * (as many as it has). (insertGraph in torch/csrc/jit/ir/ir.cpp) */
bool insert_graph(struct node *place, struct graph *body, struct ir_value *const *inputs,
                  struct ir_value **outputs);
#endif
