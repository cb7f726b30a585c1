/* A graph twice: a copy whose values have the numbers and names of the original, so that both print alike.
 * The two are walked side by side. */
#include "base/mem.h"
#include "ir/graph.h"

static bool same_graph(struct graph *to, const struct graph *from);

static bool same_values(struct node *to, const struct node *from) {
    for (int i = 0; i < from->outputs.count; i++) {
        struct ir_value *v = to->outputs.items[i];
        v->unique = from->outputs.items[i]->unique;
        v->debug_name = from->outputs.items[i]->debug_name;
        if (v->debug_name && !table_set(&to->graph->by_name, v->debug_name, v)) return false;
    }
    return true;
}

static bool same_subgraphs(struct node *to, const struct node *from) {
    for (int i = 0; i < from->attributes.count; i++) {
        const struct attribute *a = &from->attributes.items[i], *b = &to->attributes.items[i];
        if (a->kind == ATTRIBUTE_GRAPH && !same_graph(b->graph, a->graph)) return false;
        for (int k = 0; a->kind == ATTRIBUTE_GRAPHS && k < a->list.count; k++)
            if (!same_graph(((struct graph **)b->list.items)[k], ((struct graph **)a->list.items)[k]))
                return false;
    }
    return true;
}

static bool same_block(struct block *to, const struct block *from) {
    if (!same_values(to->param, from->param)) return false;
    struct node *n = block_first(to);
    for (const struct node *old = block_first(from); old != from->result; old = old->next, n = n->next) {
        if (!same_values(n, old) || !same_subgraphs(n, old)) return false;
        for (int i = 0; i < old->blocks.count; i++)
            if (!same_block(n->blocks.items[i], old->blocks.items[i])) return false;
    }
    return true;
}

static bool same_suffixes(struct graph *to, const struct graph *from) {
    for (uint32_t i = 0; from->name_suffixes.slots && i <= from->name_suffixes.mask; i++) {
        const struct table_slot *slot = &from->name_suffixes.slots[i];
        if (slot->key && slot->value && !table_set(&to->name_suffixes, slot->key, slot->value)) return false;
    }
    return true;
}

static bool same_graph(struct graph *to, const struct graph *from) {
    table_free(&to->by_name);
    table_free(&to->name_suffixes);
    to->next_unique = from->next_unique;
    return same_suffixes(to, from) && same_block(to->top, from->top);
}

struct graph *graph_duplicate(struct graph *g) {
    struct graph *copy = graph_copy(g);
    if (copy && same_graph(copy, g)) return copy;
    graph_free(copy);
    return NULL;
}
