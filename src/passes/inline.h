/* Putting a graph in the place of a node that stands for it. */
#ifndef LINKBOY_PASSES_INLINE_H
#define LINKBOY_PASSES_INLINE_H
#include "ir/graph.h"

/* A copy of the body's nodes goes before the node, which is destroyed: its inputs are the body's parameters,
 * its outputs the body's results, one for one. Names of outputs stay. */
bool inline_body(struct node *call, struct graph *body, lb_error *err);
#endif
