/* What the files of ir/ share and nobody else needs. */
#ifndef LINKBOY_IR_INTERNAL_H
#define LINKBOY_IR_INTERNAL_H
#include "ir/graph.h"

/* Keeps a value alive as long as the graph; takes the reference over. False when memory is out. */
bool graph_own_value(struct graph *g, lb_value v);
/* The attribute of this name, made at the end if it is not there. NULL when memory is out. */
struct attribute *node_place_attribute(struct node *n, const struct name *name);
#endif
