/* Nodes as handles: what they are, where they stand and come from. */
#include "api/graph.h"
#include "ir/print.h"
#include "ops/schemas.h"
#include "passes/effects.h"

const char *lb_node_kind(const lb_node *node) {
    return node_of(node)->kind->text;
}

bool lb_node_destroyed(const lb_node *node) {
    return node_of(node)->destroyed;
}

static bool is_end(const struct node *n) {
    return node_is(n, KIND_PARAM) || node_is(n, KIND_RETURN);
}

lb_node *lb_node_next(const lb_node *node) {
    const struct node *n = node_of(node);
    if (node_is(n, KIND_PARAM)) return lb_block_first(block_handle(n->block));
    return !n->block || is_end(n) || is_end(n->next) ? NULL : node_handle(n->next);
}

lb_node *lb_node_previous(const lb_node *node) {
    const struct node *n = node_of(node);
    if (!n->block || node_is(n, KIND_PARAM) || is_end(n->previous)) return NULL;
    return node_handle(n->previous);
}

lb_block *lb_node_owner(const lb_node *node) {
    return block_handle(node_of(node)->block);
}

int lb_node_input_count(const lb_node *node) {
    return node_of(node)->inputs.count;
}

lb_graph_value *lb_node_input(const lb_node *node, int index) {
    const struct node *n = node_of(node);
    return index >= 0 && index < n->inputs.count ? value_handle(node_input(n, index)) : NULL;
}

int lb_node_output_count(const lb_node *node) {
    return node_of(node)->outputs.count;
}

lb_graph_value *lb_node_output(const lb_node *node, int index) {
    const struct node *n = node_of(node);
    return index >= 0 && index < n->outputs.count ? value_handle(node_output(n, index)) : NULL;
}

int lb_node_block_count(const lb_node *node) {
    return node_of(node)->blocks.count;
}

lb_block *lb_node_block(const lb_node *node, int index) {
    const struct node *n = node_of(node);
    return index >= 0 && index < n->blocks.count ? block_handle(n->blocks.items[index]) : NULL;
}

bool lb_node_is_before(const lb_node *node, const lb_node *other) {
    return node_is_before(node_of(node), node_of(other));
}

char *lb_node_put(const lb_node *node, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    node_put(&out, node_of(node));
    return handle_text(&out, true, local, err);
}

char *lb_node_schema(const lb_node *node, lb_error *err) {
    API_ERROR(err, own);
    struct node *n = node_of(node);
    struct text out = {0};
    unit_enter(n->graph->unit);
    const struct schema *schema = n->destroyed ? NULL : node_schema(n);
    if (schema) schema_put(&out, schema);
    unit_leave(n->graph->unit);
    return schema ? handle_text(&out, true, local, err) : NULL;
}

bool lb_node_has_side_effects(const lb_node *node) {
    struct node *n = node_of(node);
    unit_enter(n->graph->unit);
    bool has = !n->destroyed && node_has_side_effects(n);
    unit_leave(n->graph->unit);
    return has;
}

bool lb_node_is_nondeterministic(const lb_node *node) {
    struct node *n = node_of(node);
    unit_enter(n->graph->unit);
    bool is = !n->destroyed && node_is_nondeterministic(n);
    unit_leave(n->graph->unit);
    return is;
}

/* ---- where it comes from ---- */

const char *lb_node_scope(const lb_node *node) {
    return node_of(node)->scope ? node_of(node)->scope : "";
}

bool lb_node_set_scope(lb_node *node, const char *scope, lb_error *err) {
    struct node *n = node_of(node);
    unit_enter(n->graph->unit);
    const struct name *name = name_of(&n->graph->unit->names, scope);
    unit_leave(n->graph->unit);
    if (!name) return error_memory(err);
    n->scope = name->text;
    return true;
}

static struct source_range shown_range(const struct node *n) {
    struct source_range origin = source_origin_of(n->range);
    return origin.source ? origin : n->range;
}

char *lb_node_source(const lb_node *node, lb_error *err) {
    API_ERROR(err, own);
    struct source_range range = shown_range(node_of(node));
    struct text out = {0};
    bool whole = range.source && range.start == 0 && range.end == range.source->length;
    if (whole)
        text_put_bytes(&out, range.source->text, range.source->length);
    else
        source_put_excerpt(&out, range);
    return handle_text(&out, true, local, err);
}

char *lb_node_location(const lb_node *node, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    if (source_put_location(&out, shown_range(node_of(node)))) return handle_text(&out, true, local, err);
    text_free(&out);
    return NULL;
}

bool lb_node_set_source(lb_node *node, const char *text, size_t length, const char *file, int line,
                        lb_error *err) {
    struct node *n = node_of(node);
    struct source_range range = {0};
    if (text) {
        unit_enter(n->graph->unit);
        range.source = source_new(&n->graph->unit->memory, text, length, file, line);
        unit_leave(n->graph->unit);
        if (!range.source) return error_memory(err);
        range.end = (uint32_t)length;
    }
    n->range = range;
    return true;
}

bool lb_node_copy_source(lb_node *node, const lb_node *from, lb_error *err) {
    struct node *n = node_of(node);
    const struct node *other = node_of(from);
    if (n->graph->unit != other->graph->unit)
        return error_set(err, LB_ERROR_ARGUMENT, "the nodes are of different units");
    n->range = other->range;
    n->scope = other->scope;
    return true;
}
