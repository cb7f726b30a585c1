/* Checks what every maker and every pass must keep; run after each pass in tests. */
#ifndef LINKBOY_IR_VERIFY_H
#define LINKBOY_IR_VERIFY_H
#include "ir/graph.h"

/* Rings of nodes and their order, owners, uses both ways, values defined before they are used, unique numbers
 * and names, the shape of If and Loop; with `schema_of` (node_schema of ops/schemas.h, or NULL) inputs
 * against schemas. The first thing that is wrong is said with the node's text. */
bool graph_verify(struct graph *g, const struct schema *(*schema_of)(struct node *n), lb_error *err);
#endif
