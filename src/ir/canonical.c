/* The canonical form; see canonical.h. Unlike a copy it sets each top level name once. */
#include "ir/canonical.h"
#include "ir/print.h"

static struct ir_value *look_up(void *context, struct ir_value *v) {
    return table_get(context, v);
}

static bool enter(struct table *map, struct ir_value *old, struct ir_value *v, bool keep_names) {
    if (!keep_names && !value_set_name(v, "")) return false;
    return table_set(map, old, v);
}

static bool add_input(struct graph *to, struct table *map, struct ir_value *old, bool keep_names) {
    struct ir_value *input = block_add_input(to->top);
    return input && value_copy_metadata(input, old) && enter(map, old, input, keep_names);
}

static bool replace_subgraph(struct node *n, bool keep_names) {
    const struct attribute *a = node_attribute(n, "Subgraph");
    if (!a || a->kind != ATTRIBUTE_GRAPH) return true;
    return node_set_graph(n, "Subgraph", graph_canonical(a->graph, keep_names));
}

static bool add_node(struct graph *to, struct table *map, struct node *old, bool keep_names) {
    struct node *n = graph_insert(to, graph_clone_node(to, old, look_up, map, true));
    if (!n) return false;
    for (int i = 0; i < old->outputs.count; i++)
        if (!enter(map, old->outputs.items[i], n->outputs.items[i], keep_names)) return false;
    return replace_subgraph(n, keep_names);
}

static bool fill(struct graph *to, struct graph *g, struct table *map, bool keep_names) {
    const struct block *b = g->top;
    for (int i = 0; i < b->param->outputs.count; i++)
        if (!add_input(to, map, b->param->outputs.items[i], keep_names)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        if (!add_node(to, map, n, keep_names)) return false;
    for (int i = 0; i < b->result->inputs.count; i++)
        if (block_add_output(to->top, look_up(map, b->result->inputs.items[i])) < 0) return false;
    return true;
}

struct graph *graph_canonical(struct graph *g, bool keep_names) {
    struct table map = {0};
    struct graph *to = graph_new(g->unit);
    if (to) to->is_tried = g->is_tried;
    bool good = to && fill(to, g, &map, keep_names);
    table_free(&map);
    if (good) return to;
    graph_free(to);
    return NULL;
}

bool graph_put_canonical(struct text *out, struct graph *g) {
    struct graph *canonical = graph_canonical(g, true);
    if (canonical) graph_put(out, canonical, false);
    graph_free(canonical);
    return canonical != NULL;
}
