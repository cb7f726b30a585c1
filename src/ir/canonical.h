/* The canonical form of a graph: numbers renewed in order, so that equal programs have equal texts
 * (_jit_pass_canonicalize in torch/csrc/jit/passes/canonicalize.cpp). */
#ifndef LINKBOY_IR_CANONICAL_H
#define LINKBOY_IR_CANONICAL_H
#include "ir/graph.h"

/* A new graph. Without `keep_names` top level values lose their debug names; nested ones keep theirs. NULL
 * when memory is out. */
struct graph *graph_canonical(struct graph *g, bool keep_names);
/* graph_canonical() with names kept, printed without source ranges. False when memory is out. */
bool graph_put_canonical(struct text *out, struct graph *g);
#endif
