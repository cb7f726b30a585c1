/* What stands behind the handles of graphs. Nodes, blocks, values and types are the inside's own objects: a
 * graph's memory is an arena, so that what has been destroyed can still be asked whether it is. */
#ifndef LINKBOY_API_GRAPH_H
#define LINKBOY_API_GRAPH_H
#include "api/handle.h"
#include "ir/views.h"

struct lb_graph {
    struct counted counted;
    struct graph *graph;
    struct unit *unit;       /* held */
    struct lb_graph *parent; /* held: the graph whose node has this one as an attribute; NULL: owned here */
};

/* Handles of the inside's objects and back. */
static inline struct unit *unit_of(const lb_unit *u) {
    return (struct unit *)(uintptr_t)u;
}
static inline struct node *node_of(const lb_node *n) {
    return (struct node *)(uintptr_t)n;
}
static inline struct block *block_of(const lb_block *b) {
    return (struct block *)(uintptr_t)b;
}
static inline struct ir_value *value_of(const lb_graph_value *v) {
    return (struct ir_value *)(uintptr_t)v;
}
static inline const struct type *type_of(const lb_type *t) {
    return (const struct type *)t;
}
static inline lb_unit *unit_handle(struct unit *u) {
    return (lb_unit *)u;
}
static inline lb_node *node_handle(const struct node *n) {
    return (lb_node *)(uintptr_t)n;
}
static inline lb_block *block_handle(const struct block *b) {
    return (lb_block *)(uintptr_t)b;
}
static inline lb_graph_value *value_handle(const struct ir_value *v) {
    return (lb_graph_value *)(uintptr_t)v;
}
static inline const lb_type *type_handle(const struct type *t) {
    return (const lb_type *)t;
}

/* Boxes a graph (which is taken over unless it is `parent`'s); NULL graph: NULL. */
lb_graph *graph_handle(struct graph *g, lb_graph *parent, lb_error *err);

/* Checks of arguments; each says what is wrong. */
bool check_node(const struct node *n, lb_error *err);
bool check_block(const struct block *b, lb_error *err);
/* The value exists and is one of this graph. */
bool check_value(const struct ir_value *v, const struct graph *g, lb_error *err);
/* 0 <= index < count, of `what`. */
bool check_index(int index, int count, const char *what, lb_error *err);
/* The value has no uses, so that it may go. */
bool check_unused(const struct ir_value *v, lb_error *err);
#endif
