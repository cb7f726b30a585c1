/* The graph's skeleton: graphs, blocks, nodes, and where a node stands in its block.
 *
 * A block's nodes form a ring through its return node; its param node stands outside. Nodes are made by
 * graph_new_node() and placed later; values hang on them in value.c. All memory is the graph's arena, so a
 * destroyed node is only unlinked (torch/csrc/jit/ir/ir.cpp, whose order of making things decides every
 * value's number). */
#include "ir/graph.h"
#include "base/mem.h"
#include "ir/internal.h"

/* Positions of nodes in a block (Node::assignTopoPosition): far apart at the ends, halved in between, and
 * dealt out anew when there is no room. */
static const int64_t first_position = INT64_MIN, last_position = INT64_MAX, step = (int64_t)1 << 40;

static struct block *new_block(struct graph *g, struct node *owner) {
    struct block *b = arena_new(&g->memory, struct block);
    if (!b) return NULL;
    b->graph = g;
    b->owner = owner;
    b->result = graph_new_known(g, KIND_RETURN, 0);
    b->param = graph_new_known(g, KIND_PARAM, 0);
    if (!b->result || !b->param) return NULL;
    b->result->block = b->param->block = b;
    b->result->next = b->result->previous = b->result;
    b->result->position = last_position;
    b->param->position = first_position;
    return b;
}

static void free_graph(struct graph *g) {
    graph_free(g);
}

struct graph *graph_new(struct unit *unit) {
    struct graph *g = mem_zeroed(1, sizeof *g);
    if (!g) return NULL;
    g->unit = unit;
    unit->release_graph = free_graph;
    g->top = new_block(g, NULL);
    if (!g->top) {
        graph_free(g);
        return NULL;
    }
    g->insert_before = g->top->result;
    return g;
}

/* Subgraphs nest only as deep as the text or program they come from. */
void graph_free(struct graph *g) {
    if (!g) return;
    for (int i = 0; i < g->owned.count; i++) value_release(g->owned.items[i]);
    for (int i = 0; i < g->subgraphs.count; i++) graph_free(g->subgraphs.items[i]);
    table_free(&g->by_name);
    table_free(&g->name_suffixes);
    arena_free(&g->memory);
    mem_free(g);
}

struct node *graph_new_node(struct graph *g, const struct name *kind, int outputs) {
    struct node *n = kind ? arena_new(&g->memory, struct node) : NULL;
    if (!n) return NULL;
    n->kind = kind;
    n->graph = g;
    n->range = g->current_range;
    for (int i = 0; i < outputs; i++)
        if (!node_add_output(n)) return NULL;
    return n;
}

struct node *graph_new_known(struct graph *g, enum kind kind, int outputs) {
    return graph_new_node(g, name_of(&g->unit->names, kind_texts[kind]), outputs);
}

struct block *node_add_block(struct node *n) {
    struct block *b = new_block(n->graph, n);
    return b && array_push_in(&n->graph->memory, &n->blocks, b) ? b : NULL;
}

struct ir_value *block_add_input(struct block *b) {
    return node_add_output(b->param);
}

struct ir_value *block_insert_input(struct block *b, int at) {
    return node_insert_output(b->param, at);
}

int block_add_output(struct block *b, struct ir_value *v) {
    return node_add_input(b->result, v) ? b->result->inputs.count - 1 : -1;
}

static void renumber(struct block *b) {
    int64_t position = first_position;
    for (struct node *n = block_first(b); n != b->result; n = n->next) n->position = position += step;
}

static int64_t position_of(const struct node *n, const struct block *b) {
    const struct node *before = n->previous, *after = n->next;
    bool is_first = before == b->result, is_last = after == b->result;
    if (is_first)
        return is_last ? 0 : after->position < first_position + 2 * step ? 0 : after->position - step;
    if (is_last) return before->position > last_position - 2 * step ? 0 : before->position + step;
    return before->position / 2 + after->position / 2;
}

static bool fits(const struct node *n, const struct block *b) {
    bool after_previous = n->previous == b->result || n->previous->position < n->position;
    return after_previous && (n->next == b->result || n->position < n->next->position);
}

static struct node *link_before(struct node *n, struct node *place) {
    n->block = place->block;
    n->previous = place->previous;
    n->next = place;
    place->previous->next = n;
    place->previous = n;
    n->position = position_of(n, n->block);
    if (!fits(n, n->block)) renumber(n->block);
    return n;
}

static void unlink_node(struct node *n) {
    if (!n->block) return;
    n->previous->next = n->next;
    n->next->previous = n->previous;
    n->previous = n->next = NULL;
    n->block = NULL;
}

struct node *node_insert_before(struct node *n, struct node *place) {
    return link_before(n, place);
}

struct node *node_insert_after(struct node *n, struct node *place) {
    bool is_param = place == place->block->param;
    return link_before(n, is_param ? block_first(place->block) : place->next);
}

struct node *graph_insert(struct graph *g, struct node *n) {
    return n ? link_before(n, g->insert_before) : NULL;
}

void node_move_before(struct node *n, struct node *place) {
    if (n == place) return;
    unlink_node(n);
    node_insert_before(n, place);
}

void node_move_after(struct node *n, struct node *place) {
    if (n == place) return;
    unlink_node(n);
    node_insert_after(n, place);
}

static void destroy_block(struct block *b) {
    node_remove_all_inputs(b->result);
    while (block_last(b) != b->result) node_destroy(block_last(b));
    while (b->param->outputs.count) node_erase_output(b->param, b->param->outputs.count - 1);
    b->result->destroyed = b->param->destroyed = true;
}

void node_erase_block(struct node *n, int at) {
    struct block *b = n->blocks.items[at];
    for (int i = at; i + 1 < n->blocks.count; i++) n->blocks.items[i] = n->blocks.items[i + 1];
    n->blocks.count--;
    destroy_block(b);
}

void node_destroy(struct node *n) {
    while (n->outputs.count) node_erase_output(n, n->outputs.count - 1);
    while (n->blocks.count) node_erase_block(n, n->blocks.count - 1);
    node_remove_all_inputs(n);
    unlink_node(n);
    n->destroyed = true;
}

void block_erase_input(struct block *b, int at) {
    node_erase_output(b->param, at);
}

void block_erase_output(struct block *b, int at) {
    node_remove_input(b->result, at);
}

/* The ancestor of `n` (or itself) that stands in block `b`; NULL when there is none. */
static const struct node *ancestor_in(const struct node *n, const struct block *b) {
    while (n && n->block && n->block != b) n = n->block->owner;
    return n && n->block ? n : NULL;
}

bool node_is_before(const struct node *a, const struct node *b) {
    for (const struct node *left = a; left && left->block; left = left->block->owner) {
        const struct node *right = ancestor_in(b, left->block);
        if (right) return left->position < right->position;
    }
    return false;
}
