/* Copies of nodes, blocks and graphs (Graph::createClone, Block::cloneFrom, Graph::copy in
 * torch/csrc/jit/ir/ir.cpp). In a copied block each output's name is set twice, when the node is made and
 * when it is entered in the map, which shows in the suffix that the name ends with. */
#include "ir/graph.h"

typedef struct ir_value *(*value_map)(void *context, struct ir_value *v);

/* What the values of a block that is being copied became; everything else is asked of the map around it. */
struct local_map {
    struct table copies;
    value_map outer;
    void *context;
};

static struct ir_value *look_up(void *context, struct ir_value *v) {
    struct local_map *map = context;
    struct ir_value *copy = table_get(&map->copies, v);
    return copy || !map->outer ? copy : map->outer(map->context, v);
}

static bool clone_blocks(struct node *to, struct node *from, value_map map, void *context) {
    for (int i = 0; i < from->blocks.count; i++) {
        struct block *b = node_add_block(to);
        if (!b || !block_clone_from(b, from->blocks.items[i], map, context)) return false;
    }
    return true;
}

struct node *graph_clone_node(struct graph *g, struct node *n, value_map map, void *context,
                              bool copy_blocks) {
    struct node *copy = graph_new_node(g, n->kind, 0);
    if (!copy) return NULL;
    for (int i = 0; i < n->outputs.count; i++) {
        struct ir_value *output = node_add_output(copy);
        if (!output || !value_copy_metadata(output, n->outputs.items[i])) return NULL;
    }
    copy->range = n->range;
    copy->scope = n->scope;
    copy->row = n->row;
    copy->function = n->function;
    if (!node_copy_attributes(copy, n)) return NULL;
    for (int i = 0; i < n->inputs.count; i++)
        if (!node_add_input(copy, map(context, n->inputs.items[i]))) return NULL;
    return copy_blocks && !clone_blocks(copy, n, map, context) ? NULL : copy;
}

static bool clone_inputs(struct block *to, struct block *from, struct local_map *map) {
    for (int i = 0; i < from->param->outputs.count; i++) {
        struct ir_value *old = from->param->outputs.items[i], *input = block_add_input(to);
        if (!input || !value_copy_metadata(input, old) || !table_set(&map->copies, old, input)) return false;
    }
    return true;
}

static bool clone_into(struct block *to, struct node *n, struct local_map *map) {
    struct node *copy = graph_clone_node(to->graph, n, look_up, map, true);
    if (!copy) return false;
    node_insert_before(copy, to->result);
    for (int i = 0; i < n->outputs.count; i++) {
        struct ir_value *old = n->outputs.items[i], *output = copy->outputs.items[i];
        if (!table_set(&map->copies, old, output) || !value_copy_metadata(output, old)) return false;
    }
    return true;
}

static bool clone_content(struct block *to, struct block *from, struct local_map *map) {
    if (!clone_inputs(to, from, map)) return false;
    for (struct node *n = block_first(from); n != from->result; n = n->next)
        if (!clone_into(to, n, map)) return false;
    for (int i = 0; i < from->result->inputs.count; i++)
        if (block_add_output(to, look_up(map, from->result->inputs.items[i])) < 0) return false;
    return true;
}

bool block_clone_from(struct block *to, struct block *from, value_map map, void *context) {
    struct local_map local = {.outer = map, .context = context};
    bool good = clone_content(to, from, &local);
    table_free(&local.copies);
    return good;
}

struct graph *graph_copy(struct graph *g) {
    struct graph *copy = graph_new(g->unit);
    if (copy) copy->is_tried = g->is_tried;
    if (copy && block_clone_from(copy->top, g->top, NULL, NULL)) return copy;
    graph_free(copy);
    return NULL;
}
