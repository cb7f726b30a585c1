/* Equality and hashes of nodes that compute the same, for pooling constants and for common subexpressions. */
#ifndef LINKBOY_PASSES_NODE_EQUAL_H
#define LINKBOY_PASSES_NODE_EQUAL_H
#include "ir/graph.h"

/* Same kind, types of outputs, inputs and attributes (EqualNode in torch/csrc/jit/ir/node_hashing.cpp). NaN
 * is equal to nothing, 0. equals -0.; nodes with subgraphs are never equal. */
bool node_equal(const struct node *a, const struct node *b);
/* Equal nodes have equal hashes. */
uint64_t node_hash(const struct node *n);
#endif
