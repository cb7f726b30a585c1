/* The text of graphs and nodes, byte for byte PyTorch's (Graph::print, Node::print in
 * torch/csrc/jit/ir/ir.cpp). */
#ifndef LINKBOY_IR_PRINT_H
#define LINKBOY_IR_PRINT_H
#include "ir/graph.h"

/* str(graph) with `ranges`, graph.str(False) without. As in PyTorch nodes of nested blocks show their source
 * ranges either way. Graphs in attributes follow as "with prim::X_0 = graph(...)". */
void graph_put(struct text *out, const struct graph *g, bool ranges);
/* str(node): with its blocks, ending in a newline. */
void node_put(struct text *out, const struct node *n);
/* "%name" without the percent sign. */
void value_put_name(struct text *out, const struct ir_value *v);
/* An attribute's value alone: 1, "text", [1, 2], {10} of a tensor, int[]. */
void attribute_put(struct text *out, const struct attribute *a);
#endif
