/* A method's graph without its module: what it reads of the module becomes further inputs, for exporting
 * (torch/csrc/jit/passes/lower_graph.cpp). */
#ifndef LINKBOY_MODULE_LOWER_GRAPH_H
#define LINKBOY_MODULE_LOWER_GRAPH_H
#include "ir/graph.h"

/* A new graph, inlined, whose first input (the module) is gone, and a list value of what the further inputs
 * stand for, in their order; the caller's. NULL with LB_ERROR_UNSUPPORTED where a module is used in any other
 * way than reading an attribute or running a fork. */
struct graph *lower_graph_of(struct graph *g, lb_value module, lb_value *inputs, lb_error *err);
#endif
