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
        KIND_ATEN_FORMAT, KIND_ATEN_GETITEM};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_is(n, kinds[i])) return true;
    return false;
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

/* A block's result: its node's output becomes a tuple of outputs. The new outputs are Tensors, whatever they
 * are, and the tuple is made before them: so PyTorch has it. */
static bool flatten_result(struct node *result, int at, const struct node *tuple) {
    struct node *owner = result->block->owner;
    for (int k = 0; k < tuple->inputs.count; k++)
        if (!node_insert_input(result, at + 1 + k, node_input(tuple, k))) return false;
    node_remove_input(result, at);
    int out = owner && node_is(owner, KIND_LOOP) ? at - 1 : at;
    if (!owner || out < 0 || out >= owner->outputs.count) return true;
    struct ir_value *whole = node_output(owner, out);
    if (whole->type->kind != TYPE_TUPLE) return true;
    struct node *around = tuple_around(owner->graph, NULL, 0, whole->type);
    if (!around || !node_insert_after(around, owner)) return false;
    for (int k = 0; k < tuple->inputs.count; k++) {
        struct ir_value *item = node_insert_output(owner, out + 1 + k);
        if (!item || !node_add_input(around, item)) return false;
        item->type = whole->type->items[k];
    }
    if (!value_replace_uses(whole, node_output(around, 0))) return false;
    node_erase_output(owner, out);
    return true;
}

/* What a loop carries: its block takes the items, and makes the tuple of them. */
static bool flatten_carried(struct node *loop, int at, const struct node *tuple) {
    struct block *body = loop_body(loop);
    struct ir_value *whole = block_input(body, at - 1);
    struct node *around = tuple_around(loop->graph, NULL, 0, whole->type);
    if (!around || !block_prepend(body, around)) return false;
    for (int k = 0; k < tuple->inputs.count; k++) {
        struct ir_value *item = block_insert_input(body, at + k);
        if (!item || !node_add_input(around, item) ||
            !node_insert_input(loop, at + 1 + k, node_input(tuple, k)))
            return false;
        item->type = whole->type->items[k];
    }
    if (!value_replace_uses(whole, node_output(around, 0))) return false;
    block_erase_input(body, at - 1);
    node_remove_input(loop, at);
    return true;
}

static bool flatten_plainly(struct node *n, int at, const struct node *tuple) {
    for (int k = 0; k < tuple->inputs.count; k++)
        if (!node_insert_input(n, at + 1 + k, node_input(tuple, k))) return false;
    node_remove_input(n, at);
    return true;
}

static bool flatten_input(struct node *n, int at) {
    const struct node *tuple = node_input(n, at)->node;
    if (node_is(n, KIND_RETURN)) return flatten_result(n, at, tuple);
    return node_is(n, KIND_LOOP) ? flatten_carried(n, at, tuple) : flatten_plainly(n, at, tuple);
}

/* op(a, tuple, b) becomes op(a, item, item, b); operators that want a tuple keep it. */
static bool flatten_inputs(struct node *n, lb_error *err) {
    for (int i = 0; i < n->inputs.count;) {
        if (node_input(n, i)->type->kind != TYPE_TUPLE || !may_hold_tuples(n)) {
            i++;
            continue;
        }
        if (!node_is(node_input(n, i)->node, KIND_TUPLE_CONSTRUCT))
            return error_set(err, LB_ERROR_ARGUMENT,
                             "tuple use not matched to tuple construct. Instead found: %s", n->kind->text);
        if (!flatten_input(n, i)) return error_memory(err);
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
        if (!value_used(node_output(n, i)) || node_output(n, i)->type->kind != TYPE_TUPLE ||
            !may_hold_tuples(n)) {
            i++;
            continue;
        }
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
