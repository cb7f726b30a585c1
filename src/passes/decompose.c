/* Operators that are others put together become those others: a copy of the function that their row's source
 * compiles to (lang/decompositions.h) goes in their place, for running only, never for printing. What is put
 * in place may hold such operators again. Every new node stands at the operator's own line, so that a
 * traceback shows what the program wrote. */
#include "ir/views.h"
#include "lang/decompositions.h"
#include "ops/schemas.h"
#include "passes/inline.h"
#include "passes/passes.h"

enum { MAX_DEPTH = 16 }; /* sources that use sources */

static bool decompose_graph(struct graph *g, int depth, lb_error *err);

static const struct op_row *source_row(struct node *n) {
    const struct op_row *row = node_operator(n);
    return row && !op_run(row) && op_source(row) ? row : NULL;
}

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

static void set_ranges(struct block *b, struct source_range range) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        n->range = range;
        for (int i = 0; i < n->blocks.count; i++) set_ranges(n->blocks.items[i], range);
    }
}

/* A function gives one value; an operator may give several (they come as a tuple) or none. */
static bool spread_results(struct graph *body, int count) {
    struct ir_value *result = block_output(body->top, 0);
    if (count == 1) return true;
    struct node *unpack = count ? graph_new_known(body, KIND_TUPLE_UNPACK, count) : NULL;
    if (count && (result->type->kind != TYPE_TUPLE || result->type->count != count || !unpack ||
                  !node_add_input(unpack, result) || !node_insert_before(unpack, body->top->result)))
        return false;
    block_erase_output(body->top, 0);
    for (int i = 0; i < count; i++) {
        node_output(unpack, i)->type = result->type->items[i];
        if (block_add_output(body->top, node_output(unpack, i)) < 0) return false;
    }
    return true;
}

static bool decompose_node(struct node *n, const struct op_row *row, int depth, lb_error *err) {
    if (depth >= MAX_DEPTH)
        return error_set(err, LB_ERROR_INTERNAL, "%s: its source calls itself", op_schema(row));
    struct function *f = decomposition_of(n->graph->unit, row, finish, err);
    struct graph *body = f ? graph_copy(f->graph) : NULL;
    if (!body) return error_memory(err);
    bool good = spread_results(body, n->outputs.count) ||
                error_set(err, LB_ERROR_INTERNAL, "%s: its source does not fit", op_schema(row));
    good = good && decompose_graph(body, depth + 1, err);
    if (good) set_ranges(body->top, n->range);
    good = good && inline_body(n, body, err);
    graph_free(body);
    return good;
}

static bool decompose_block(struct block *b, int depth, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        if (node_is_batch_side(n)) {
            if (!batch_mm_undo(n)) return error_memory(err);
            continue;
        }
        const struct op_row *row = source_row(n);
        if (row && !decompose_node(n, row, depth, err)) return false;
        const struct attribute *sub = row ? NULL : node_attribute(n, "Subgraph");
        if (sub && sub->kind == ATTRIBUTE_GRAPH && !decompose_graph(sub->graph, depth, err)) return false;
        for (int i = 0; !row && i < n->blocks.count; i++)
            if (!decompose_block(n->blocks.items[i], depth, err)) return false;
    }
    return true;
}

static bool decompose_graph(struct graph *g, int depth, lb_error *err) {
    return decompose_block(g->top, depth, err);
}

bool pass_decompose(struct graph *g, lb_error *err) {
    return decompose_graph(g, 0, err);
}

static bool has_decompositions(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (source_row(n) || node_is_batch_side(n)) return true;
        for (int i = 0; i < n->blocks.count; i++)
            if (has_decompositions(n->blocks.items[i])) return true;
    }
    return false;
}

bool graph_has_decompositions(struct graph *g) {
    return has_decompositions(g->top);
}
