/* Views of a graph's parts for those who change or print it: insertion points, the parts of If and Loop
 * nodes, constants by type (torch/csrc/jit/ir/ir_views.h). Access alone; the rules are in passes/ and lang/.
 */
#ifndef LINKBOY_IR_VIEWS_H
#define LINKBOY_IR_VIEWS_H
#include "ir/graph.h"
#include <string.h>

/* Sets the insertion point and gives the old one back, to be restored by the caller. */
static inline struct node *insertion_set(struct graph *g, struct node *before) {
    struct node *old = g->insert_before;
    g->insert_before = before;
    return old;
}

static inline struct block *then_block(const struct node *n) {
    return n->blocks.items[0];
}
static inline struct block *else_block(const struct node *n) {
    return n->blocks.items[1];
}
static inline struct block *loop_body(const struct node *n) {
    return n->blocks.items[0];
}
static inline struct ir_value *block_input(const struct block *b, int i) {
    return b->param->outputs.items[i];
}
static inline struct ir_value *block_output(const struct block *b, int i) {
    return b->result->inputs.items[i];
}
static inline int block_output_count(const struct block *b) {
    return b->result->inputs.count;
}
static inline struct ir_value *node_input(const struct node *n, int i) {
    return n->inputs.items[i];
}
static inline struct ir_value *node_output(const struct node *n, int i) {
    return n->outputs.items[i];
}
static inline bool value_used(const struct ir_value *v) {
    return v->uses.count > 0;
}
static inline bool node_used(const struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        if (value_used(n->outputs.items[i])) return true;
    return false;
}

/* Inserts at the beginning of a block (PyTorch: insertAfter(param_node)). */
static inline struct node *block_prepend(struct block *b, struct node *n) {
    return node_insert_before(n, block_first(b));
}

/* The value of a constant bool or int; false when it is something else. */
static inline bool constant_bool(const struct ir_value *v, bool *value) {
    lb_value c;
    if (!node_constant(v->node, &c) || c.tag != VALUE_BOOL) return false;
    *value = c.i != 0;
    return true;
}
static inline bool constant_int(const struct ir_value *v, int64_t *value) {
    lb_value c;
    if (!node_constant(v->node, &c) || c.tag != VALUE_INT) return false;
    *value = c.i;
    return true;
}
/* A node that can yield nothing but None (Node::mustBeNone). */
static inline bool node_must_be_none(const struct node *n) {
    if (node_is(n, KIND_UNPACKED_NONE)) return true;
    if (n->outputs.count != 1) return false;
    const struct type *t = n->outputs.items[0]->type;
    return t->kind == TYPE_NONE ||
           (node_is(n, KIND_CONSTANT) && n->attributes.count == 0 && t->kind == TYPE_OPTIONAL);
}
static inline bool node_kind_is(const struct node *n, const char *kind) {
    return strcmp(n->kind->text, kind) == 0;
}
static inline const struct type *simple_type(const struct graph *g, enum type_kind kind) {
    return g->unit->types.simple[kind];
}
static inline struct ir_value *insert_constant_int(struct graph *g, int64_t i) {
    return graph_insert_constant(g, value_int(i), NULL, (struct source_range){0});
}
static inline struct ir_value *insert_constant_bool(struct graph *g, bool b) {
    return graph_insert_constant(g, value_bool(b), NULL, (struct source_range){0});
}
/* How a loop can be written in Python (LoopView::loopType): `while`, `for i in range(n)`, or not at all. */
enum loop_form { LOOP_WHILE, LOOP_FOR, LOOP_MODIFIED };
static inline enum loop_form loop_form(const struct node *loop) {
    bool first = false, next = false;
    int64_t count = 0;
    bool always = constant_bool(node_input(loop, 1), &first) && first &&
                  constant_bool(block_output(loop_body(loop), 0), &next) && next;
    bool counted = !constant_int(node_input(loop, 0), &count) || count != INT64_MAX ||
                   value_used(block_input(loop_body(loop), 0));
    if (always) return counted ? LOOP_FOR : LOOP_WHILE;
    return counted ? LOOP_MODIFIED : LOOP_WHILE;
}
/* Moves all nodes of a block to before `place`, in order. */
static inline void block_move_nodes_before(struct block *b, struct node *place) {
    while (block_first(b) != b->result) node_move_before(block_first(b), place);
}
#endif
