/* Tuples that are constructed and taken apart in one graph vanish; an empty list literal that never got a
 * type becomes a list of tensors. Rules: LowerSimpleTuples in torch/csrc/jit/passes/lower_tuples.cpp,
 * eraseListLiterals in torch/csrc/jit/frontend/ir_emitter.cpp. */
#include "ir/views.h"
#include "passes/passes.h"
#include "passes/tuples.h"

struct node *tuple_around(struct graph *g, struct ir_value *const *values, int count,
                          const struct type *type) {
    struct node *tuple = graph_new_known(g, KIND_TUPLE_CONSTRUCT, 1);
    const struct type **items = arena_array(&g->memory, const struct type *, count + 1);
    if (!tuple || !items) return NULL;
    for (int i = 0; i < count; i++) {
        if (!node_add_input(tuple, values[i])) return NULL;
        items[i] = values[i]->type;
    }
    node_output(tuple, 0)->type = type ? type : type_tuple(&g->unit->types, count, items);
    return node_output(tuple, 0)->type ? tuple : NULL;
}

static bool lower_unpack(struct node *n, struct node *construct) {
    int count = n->outputs.count < construct->inputs.count ? n->outputs.count : construct->inputs.count;
    for (int i = 0; i < count; i++)
        if (!value_replace_uses(node_output(n, i), node_input(construct, i))) return false;
    return true;
}

static bool lower_index(struct node *n, struct node *construct, bool must, lb_error *err) {
    int64_t at;
    if (!constant_int(node_input(n, 1), &at))
        return !must || error_set(err, LB_ERROR_ARGUMENT, "tuple index with non-constant index");
    if (at < 0) at += construct->inputs.count;
    if (at < 0 || at >= construct->inputs.count) return true;
    return value_replace_uses(node_output(n, 0), node_input(construct, (int)at)) || error_memory(err);
}

/* The slice becomes a tuple of its own. */
static bool lower_slice(struct node *n, struct node *construct) {
    const struct attribute *from = node_attribute(n, "beg"), *to = node_attribute(n, "end");
    if (!from || !to || from->i < 0 || to->i > construct->inputs.count || from->i > to->i) return true;
    struct node *tuple = tuple_around(n->graph, construct->inputs.items + from->i, (int)(to->i - from->i),
                                      node_output(n, 0)->type);
    return tuple && node_insert_before(tuple, n) &&
           value_replace_uses(node_output(n, 0), node_output(tuple, 0));
}

bool tuple_lower(struct node *n, bool must, lb_error *err) {
    bool unpack = node_is(n, KIND_TUPLE_UNPACK), index = node_is(n, KIND_TUPLE_INDEX);
    if (!unpack && !index && !node_is(n, KIND_TUPLE_SLICE)) return true;
    struct node *construct = node_input(n, 0)->node;
    if (!node_is(construct, KIND_TUPLE_CONSTRUCT))
        return !must || error_set(err, LB_ERROR_ARGUMENT, "%s not matched to tuple construct", n->kind->text);
    if (index) return lower_index(n, construct, must, err);
    return (unpack ? lower_unpack(n, construct) : lower_slice(n, construct)) || error_memory(err);
}

static bool lower_in_block(struct block *b, lb_error *err) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (!tuple_lower(n, false, err)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!lower_in_block(n->blocks.items[i], err)) return false;
    }
    return true;
}

bool pass_simple_tuples(struct graph *g, lb_error *err) {
    return lower_in_block(g->top, err) && pass_dead_code(g, err);
}

static bool replace_literal(struct node *n) {
    if (node_used(n)) {
        struct node *list = graph_new_known(n->graph, KIND_LIST_CONSTRUCT, 1);
        const struct type *type = type_list(&n->graph->unit->types, n->graph->unit->types.tensor);
        if (!list || !type || !node_insert_before(list, n)) return false;
        node_output(list, 0)->type = type;
        if (!value_replace_uses(node_output(n, 0), node_output(list, 0))) return false;
    }
    node_destroy(n);
    return true;
}

static bool replace_literals(struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!replace_literals(n->blocks.items[i])) return false;
        if (node_kind_is(n, "prim::EmptyListLiteral") && !replace_literal(n)) return false;
    }
    return true;
}

bool pass_list_literals(struct graph *g, lb_error *err) {
    return replace_literals(g->top) ? true : error_memory(err);
}
