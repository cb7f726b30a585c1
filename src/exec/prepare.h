/* The graph that is run is a copy of the function's, into which all calls that can be are inlined and which
 * is then simplified: fewer frames, a place of its own for every operator's prepared state, and the same
 * answers as PyTorch's executor where its peepholes change one (x == x is True for NaN). */
#ifndef LINKBOY_EXEC_PREPARE_H
#define LINKBOY_EXEC_PREPARE_H
#include "ir/graph.h"

/* A new graph, the caller's; NULL without an error in `err`: the function's own graph is to be run as it is.
 */
struct graph *prepare_graph(struct function *f, lb_error *err);
#endif
