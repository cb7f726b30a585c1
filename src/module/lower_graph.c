/* Attributes become inputs, one for each attribute of each module; forks are given what they read. */
#include "module/lower_graph.h"
#include "base/mem.h"
#include "ir/views.h"
#include "module/freezing.h"
#include "passes/passes.h"

struct scan {
    struct object *module;
    struct node *node; /* that uses the module */
    int offset;
};

struct lowering {
    struct graph *graph;
    struct table inputs; /* address of a slot -> the input that stands for it */
    ARRAY_OF(const lb_value *) slots;
    ARRAY_OF(struct scan) to_scan;
    ARRAY_OF(struct node *) to_clean; /* reads of modules */
    int depth;
    lb_error *err;
};

static bool lower(struct lowering *l, struct object *module, int self);

static struct ir_value *input_of(struct lowering *l, const lb_value *slot) {
    struct ir_value *v = table_get(&l->inputs, slot);
    if (v) return v;
    v = block_add_input(l->graph->top);
    if (!v || !table_set(&l->inputs, slot, v) || !array_push(&l->slots, slot)) return NULL;
    v->type = type_of_value(&l->graph->unit->types, *slot);
    return v->type ? v : NULL;
}

static bool scan_uses(struct lowering *l, struct object *module, const struct ir_value *v) {
    for (int i = 0; i < v->uses.count; i++) {
        struct scan s = {module, v->uses.items[i].user, v->uses.items[i].offset};
        if (!array_push(&l->to_scan, s)) return error_memory(l->err);
    }
    return true;
}

/* The subgraph's further inputs are the fork's further inputs. */
static bool lower_fork(struct lowering *l, struct scan s) {
    const struct attribute *a = node_attribute(s.node, "Subgraph");
    struct graph *outer = l->graph;
    struct lowering inner = {.graph = a->graph, .depth = l->depth + 1, .err = l->err};
    bool good = lower(&inner, s.module, s.offset);
    for (int i = 0; good && i < inner.slots.count; i++)
        good = node_add_input(s.node, input_of(l, inner.slots.items[i])) || error_memory(l->err);
    if (good) node_remove_input(s.node, s.offset);
    l->graph = outer;
    mem_free(inner.slots.items);
    return good;
}

static bool lower_use(struct lowering *l, struct scan s) {
    const struct attribute *a = node_is(s.node, KIND_FORK) ? node_attribute(s.node, "Subgraph") : NULL;
    if (a && a->kind == ATTRIBUTE_GRAPH) return lower_fork(l, s);
    const lb_value *slot =
        node_is(s.node, KIND_GET_ATTR) ? freezing_slot(s.module, freezing_name(s.node)) : NULL;
    if (!slot)
        return error_set(l->err, LB_ERROR_UNSUPPORTED,
                         "the only valid use of a module is looking up an attribute but found %s",
                         s.node->kind->text);
    struct ir_value *read = node_output(s.node, 0);
    if (type_is_module(read->type) && value_is_module(*slot))
        return (array_push(&l->to_clean, s.node) || error_memory(l->err)) && scan_uses(l, slot->object, read);
    struct ir_value *input = input_of(l, slot);
    if (!input || !value_replace_uses(read, input)) return error_memory(l->err);
    node_destroy(s.node);
    return true;
}

static bool clean(struct lowering *l, int self) {
    while (l->to_clean.count) {
        struct node *n = l->to_clean.items[--l->to_clean.count];
        if (node_used(n))
            return error_set(l->err, LB_ERROR_UNSUPPORTED,
                             "a module is used in a way that is not understood");
        node_destroy(n);
    }
    block_erase_input(l->graph->top, self);
    return true;
}

/* The slots are left to the caller. */
static bool lower(struct lowering *l, struct object *module, int self) {
    enum { DEEPEST = 50 };
    if (l->depth > DEEPEST)
        return error_set(l->err, LB_ERROR_LIMIT, "forks within forks more than %d deep", DEEPEST);
    if (self >= l->graph->top->param->outputs.count)
        return error_set(l->err, LB_ERROR_ARGUMENT, "the graph has no module among its inputs");
    bool good = pass_inline(l->graph, l->err) && scan_uses(l, module, block_input(l->graph->top, self));
    while (good && l->to_scan.count) good = lower_use(l, l->to_scan.items[--l->to_scan.count]);
    good = good && clean(l, self);
    table_free(&l->inputs);
    mem_free(l->to_scan.items);
    mem_free(l->to_clean.items);
    return good;
}

static bool list_inputs(const struct lowering *l, lb_value *inputs) {
    struct type_store *types = &l->graph->unit->types;
    if (!value_new_list(inputs, types->simple[TYPE_ANY], l->slots.count, l->err)) return false;
    for (int i = 0; i < l->slots.count; i++)
        if (!list_append(inputs->list, value_copy(*l->slots.items[i]), l->err)) return false;
    return true;
}

struct graph *lower_graph_of(struct graph *g, lb_value module, lb_value *inputs, lb_error *err) {
    struct lowering l = {.graph = graph_copy(g), .err = err};
    *inputs = value_none();
    bool good = l.graph ? lower(&l, module.object, 0) && list_inputs(&l, inputs) : error_memory(err);
    mem_free(l.slots.items);
    if (good) return l.graph;
    graph_free(l.graph);
    value_release(*inputs);
    *inputs = value_none();
    return NULL;
}
