/* Chains of operators that one kernel can do: a convolution or a product, then perhaps a batch norm in eval
 * mode, an addition, an activation. Each becomes one prim::FusionGroup, whose subgraph holds the chain as it
 * was: that is what runs when the kernel declines. */
#ifndef LINKBOY_EXEC_FUSE_H
#define LINKBOY_EXEC_FUSE_H
#include "ir/graph.h"
#include "ops/fusion.h"

/* Changes a graph that is the caller's own. */
bool fuse_graph(struct graph *g, lb_error *err);
/* What the kernel of the group's first operator is told; NULL: memory. */
const struct op_fusion *fuse_describe(const struct node *group, struct arena *memory);
#endif
