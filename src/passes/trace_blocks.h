/* The graph of a recorded run, made fit to become functions. While a run is recorded, each call of a module
 * is a prim::TracedModuleForward node with a block, attributes are prim::TracedAttr nodes at the top, and any
 * node may use any value made before it. Afterwards each such node has its body as the attribute Subgraph: a
 * graph whose first input is the module, which reads attributes from that (prim::GetAttr), takes what it
 * needs from outside as further inputs, and gives one value (torch/csrc/jit/passes/fixup_trace_scopes.cpp).
 */
#ifndef LINKBOY_PASSES_TRACE_BLOCKS_H
#define LINKBOY_PASSES_TRACE_BLOCKS_H
#include "ir/graph.h"

/* Of a module's graph, whose first input is the module. */
bool passes_close_trace_blocks(struct graph *g, lb_error *err);
/* What PyTorch does to every finished graph of a trace. */
bool passes_after_trace(struct graph *g, lb_error *err);
#endif
