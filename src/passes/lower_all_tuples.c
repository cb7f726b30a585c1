/* No tuples at all, also where values come in, go out and round loops: a tuple among a node's inputs or
 * outputs is replaced by its items. Fails where a tuple comes from a node that can be told nothing of its
 * parts. Rules: LowerAllTuples in torch/csrc/jit/passes/lower_tuples.cpp. */
#include "ir/views.h"
#include "passes/passes.h"
#include "passes/tuples.h"

/* Kinds whose inputs and outputs may be taken apart. */
static bool may_hold_tuples(const struct node *n) {
    static const enum kind kinds[] = {
        KIND_IF,          KIND_LOOP,        KIND_UNINITIALIZED, KIND_TUPLE_UNPACK, KIND_TUPLE_CONSTRUCT,
        KIND_TUPLE_INDEX, KIND_TUPLE_SLICE, KIND_PARAM,         KIND_RETURN,       KIND_PYTHON_OP,
        KIND_ATEN_FORMAT};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_is(n, kinds[i])) return true;
    return false;
}

static bool check_kind(const struct node *n, lb_error *err) {
    return may_hold_tuples(n) ||
           error_set(err, LB_ERROR_ARGUMENT,
                     "tuple appears in op that does not forward tuples, unsupported kind: %s", n->kind->text);
}

static bool lower_block(struct block *b, lb_error *err);

/* A constant tuple becomes a tuple of constants. */
static bool spread_constant(struct node *n, lb_error *err) {
    lb_value tuple;
    if (!node_constant(n, &tuple) || tuple.tag != VALUE_TUPLE) return true;
    struct graph *g = n->graph;
    struct ir_value **items = arena_array(&g->memory, struct ir_value *, tuple.tuple->count + 1);
    struct node *old = insertion_set(g, n);
    bool good = items != NULL;
    for (int i = 0; good && i < tuple.tuple->count; i++) {
        items[i] = graph_insert_constant(g, tuple.tuple->items[i], NULL, (struct source_range){0});
        good = items[i] != NULL;
    }
    const struct type *type = node_output(n, 0)->type;
    struct node *around =
        good ? tuple_around(g, items, tuple.tuple->count, type->fields ? type : NULL) : NULL;
    good = around && graph_insert(g, around);
    insertion_set(g, old);
    for (int i = 0; good && i < tuple.tuple->count; i++)
        if (!spread_constant(items[i]->node, err)) return false;
    return (good && value_replace_uses(node_output(n, 0), node_output(around, 0))) || error_memory(err);
}

/* op(a, tuple, b) becomes op(a, item, item, b). */
static bool flatten_inputs(struct node *n, lb_error *err) {
    for (int i = 0; i < n->inputs.count;) {
        struct ir_value *tuple = node_input(n, i);
        if (tuple->type->kind != TYPE_TUPLE) {
            i++;
            continue;
        }
        if (!check_kind(n, err)) return false;
        if (!node_is(tuple->node, KIND_TUPLE_CONSTRUCT))
            return error_set(err, LB_ERROR_ARGUMENT, "tuple use not matched to tuple construct");
        for (int k = 0; k < tuple->node->inputs.count; k++)
            if (!node_insert_input(n, i + 1 + k, node_input(tuple->node, k))) return error_memory(err);
        node_remove_input(n, i);
    }
    return true;
}

/* The tuple at output `at` becomes outputs, and a tuple around these, which goes before `place`. */
static struct node *flatten_output(struct node *n, int at, struct node *place) {
    struct ir_value *tuple = node_output(n, at);
    const struct type *type = tuple->type;
    for (int k = 0; k < type->count; k++) {
        struct ir_value *item = node_insert_output(n, at + 1 + k);
        if (!item) return NULL;
        item->type = type->items[k];
    }
    struct node *around = tuple_around(n->graph, n->outputs.items + at + 1, type->count, NULL);
    if (!around || !node_insert_before(around, place) || !value_replace_uses(tuple, node_output(around, 0)))
        return NULL;
    node_erase_output(n, at);
    return around;
}

/* Outputs that nobody uses stay as they are. */
static bool flatten_outputs(struct node *n, struct node *place, lb_error *err) {
    for (int i = 0; i < n->outputs.count;) {
        if (!value_used(node_output(n, i)) || node_output(n, i)->type->kind != TYPE_TUPLE) {
            i++;
            continue;
        }
        if (!check_kind(n, err)) return false;
        if (!(place = flatten_output(n, i, place))) return error_memory(err);
    }
    return true;
}

static bool lower_node(struct node *n, struct node *place, lb_error *err) {
    if (node_is(n, KIND_TUPLE_CONSTRUCT)) return true;
    if (node_is(n, KIND_TUPLE_UNPACK) || node_is(n, KIND_TUPLE_INDEX) || node_is(n, KIND_TUPLE_SLICE))
        return tuple_lower(n, true, err);
    if (!flatten_inputs(n, err)) return false;
    for (int i = 0; i < n->blocks.count; i++)
        if (!lower_block(n->blocks.items[i], err)) return false;
    return flatten_outputs(n, place, err);
}

static bool lower_block(struct block *b, lb_error *err) {
    if (!lower_node(b->param, block_first(b), err)) return false;
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        if (!spread_constant(n, err) || !lower_node(n, next, err)) return false;
    }
    return lower_node(b->result, NULL, err);
}

static bool has_tuples(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (has_tuples(n->blocks.items[i])) return true;
        for (int i = 0; i < n->outputs.count; i++)
            if (node_output(n, i)->type->kind == TYPE_TUPLE) return true;
    }
    return false;
}

bool pass_lower_all_tuples(struct graph *g, lb_error *err) {
    if (!lower_block(g->top, err) || !pass_dead_code_keeping_writes(g, err)) return false;
    return !has_tuples(g->top) || error_set(err, LB_ERROR_ARGUMENT, "Couldn't lower all tuples.");
}
