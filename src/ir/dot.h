/* A picture of a graph as Graphviz text: data flow from the top down, blocks as boxes, what is constant or a
 * module's own (numbers, lists, parameters) written into the node that takes it, shapes where they are known.
 */
#ifndef LINKBOY_IR_DOT_H
#define LINKBOY_IR_DOT_H
#include "ir/graph.h"

/* `schema_of` names operators' arguments (node_schema of ops/schemas.h); NULL: they go unnamed. */
void graph_put_dot(struct text *out, struct graph *g, const char *title,
                   const struct schema *(*schema_of)(struct node *n));
#endif
