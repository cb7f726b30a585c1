/* Graphs and blocks as handles: made, copied, printed, verified; the insertion point. */
#include "api/graph.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "module/describe.h"
#include "module/graphs.h"
#include "ops/schemas.h"
#include "passes/inline.h"
#include "passes/insert_call.h"
#include <string.h>

lb_graph *graph_handle(struct graph *g, lb_graph *parent, lb_error *err) {
    lb_graph *box = g ? mem_zeroed(1, sizeof *box) : NULL;
    if (!box) {
        error_memory(err);
        if (!parent) graph_free(g);
        return NULL;
    }
    counted_init(&box->counted);
    box->graph = g;
    box->unit = unit_retain(g->unit);
    if (parent) counted_retain(&parent->counted);
    box->parent = parent;
    return box;
}

void lb_graph_free(lb_graph *graph) {
    while (graph && counted_release(&graph->counted)) {
        lb_graph *parent = graph->parent;
        if (!parent) graph_free(graph->graph);
        unit_free(graph->unit);
        mem_free(graph);
        graph = parent;
    }
}

/* ---- checks ---- */

bool check_node(const struct node *n, lb_error *err) {
    return !n->destroyed || error_set(err, LB_ERROR_ARGUMENT, "the node has been destroyed");
}

bool check_block(const struct block *b, lb_error *err) {
    return !b->result->destroyed || error_set(err, LB_ERROR_ARGUMENT, "the block has been destroyed");
}

static bool value_alive(const struct ir_value *v) {
    const struct node *n = v->node;
    return !n->destroyed && v->offset < n->outputs.count && n->outputs.items[v->offset] == v;
}

bool check_value(const struct ir_value *v, const struct graph *g, lb_error *err) {
    if (!value_alive(v)) return error_set(err, LB_ERROR_ARGUMENT, "the value has been destroyed");
    return v->node->graph == g || error_set(err, LB_ERROR_ARGUMENT, "the value is of another graph");
}

bool check_index(int index, int count, const char *what, lb_error *err) {
    return (index >= 0 && index < count) ||
           error_set_kind(err, LB_ERROR_ARGUMENT, "IndexError", "there is no %s %d: there are %d", what,
                          index, count);
}

bool check_unused(const struct ir_value *v, lb_error *err) {
    if (!value_used(v)) return true;
    struct text name = {0};
    value_put_name(&name, v);
    error_set(err, LB_ERROR_ARGUMENT, "%%%s is still used %d times", text_get(&name), v->uses.count);
    text_free(&name);
    return false;
}

/* ---- units ---- */

lb_unit *lb_module_unit(const lb_module *module) {
    return unit_handle(module->program->unit);
}

lb_unit *lb_graph_unit(const lb_graph *graph) {
    return unit_handle(graph->unit);
}

/* The unit, or a new one that the caller holds as well. */
static struct unit *unit_or_new(lb_unit *unit, lb_error *err) {
    return unit ? unit_retain(unit_of(unit)) : unit_new(kind_texts, KIND_COUNT, err);
}

/* ---- graphs ---- */

lb_graph *lb_graph_new(lb_unit *unit, lb_error *err) {
    struct unit *u = unit_or_new(unit, err);
    if (!u) return NULL;
    unit_enter(u);
    lb_graph *out = graph_handle(graph_new(u), NULL, err);
    unit_leave(u);
    unit_free(u);
    return out;
}

lb_graph *lb_graph_parse(lb_unit *unit, const char *text, size_t length, lb_error *err) {
    API_ERROR(err, own);
    lb_graph *out = NULL;
    struct unit *u = unit_or_new(unit, local);
    if (u) {
        unit_enter(u);
        struct graph *g = graph_parse(u, text, length, local);
        if (g) out = graph_handle(g, NULL, local);
        unit_leave(u);
        unit_free(u);
    }
    handle_error(err, local);
    return out;
}

lb_graph *lb_method_graph(const lb_module *module, const char *method, lb_error *err) {
    API_ERROR(err, own);
    lb_value self;
    lb_graph *out = NULL;
    struct function *f = program_method(module->program, method, &self, local);
    if (f && !f->graph) error_set(local, LB_ERROR_ARGUMENT, "method '%s' has no graph", method);
    if (f && f->graph) {
        unit_enter(module->program->unit);
        out = graph_handle(graph_duplicate(f->graph), NULL, local);
        unit_leave(module->program->unit);
    }
    handle_error(err, local);
    return out;
}

static bool same_unit(const lb_module *module, const lb_graph *graph, lb_error *err) {
    return module->program->unit == graph->unit ||
           error_set(err, LB_ERROR_ARGUMENT, "the graph is of another unit than the module");
}

bool lb_method_set_graph(lb_module *module, const char *method, const lb_graph *graph, lb_error *err) {
    API_ERROR(err, own);
    lb_value self;
    struct function *f = program_method(module->program, method, &self, local);
    bool good = f && same_unit(module, graph, local);
    if (good) {
        unit_enter(graph->unit);
        good = function_set_graph(f, graph->graph, local);
        unit_leave(graph->unit);
    }
    handle_error(err, local);
    return good;
}

bool lb_method_define(lb_module *module, const char *method, const lb_graph *graph, lb_error *err) {
    API_ERROR(err, own);
    bool good = same_unit(module, graph, local);
    if (good) {
        unit_enter(graph->unit);
        good = method_from_graph(graph->graph, module->program->root.object->type, method, local) != NULL;
        unit_leave(graph->unit);
    }
    handle_error(err, local);
    return good;
}

lb_graph *lb_graph_copy(const lb_graph *graph, lb_error *err) {
    API_ERROR(err, own);
    unit_enter(graph->unit);
    bool good = graph_verify(graph->graph, NULL, local);
    lb_graph *out = good ? graph_handle(graph_copy(graph->graph), NULL, local) : NULL;
    unit_leave(graph->unit);
    handle_error(err, local);
    return out;
}

char *lb_graph_put(const lb_graph *graph, lb_text_kind kind, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    unit_enter(graph->unit);
    bool good = graph_put_text(&out, graph->graph, "graph", kind, local);
    unit_leave(graph->unit);
    return handle_text(&out, good, local, err);
}

bool lb_graph_verify(const lb_graph *graph, lb_error *err) {
    API_ERROR(err, own);
    unit_enter(graph->unit);
    bool good = graph_verify(graph->graph, node_schema, local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return good;
}

/* ---- inserting ---- */

lb_node *lb_graph_insertion_point(const lb_graph *graph) {
    return node_handle(graph->graph->insert_before);
}

/* Where a node may be put before. */
static bool check_place(const struct node *place, const struct graph *g, lb_error *err) {
    if (!check_node(place, err)) return false;
    if (place->graph != g) return error_set(err, LB_ERROR_ARGUMENT, "the place is in another graph");
    return (place->block && !node_is(place, KIND_PARAM)) ||
           error_set(err, LB_ERROR_ARGUMENT, "nothing can be put before a node that stands nowhere");
}

bool lb_graph_set_insertion_point(lb_graph *graph, lb_node *before, lb_error *err) {
    if (!check_place(node_of(before), graph->graph, err)) return false;
    graph->graph->insert_before = node_of(before);
    return true;
}

static bool check_kind(const char *kind, lb_error *err) {
    const char *colons = strstr(kind, "::");
    return (colons && colons != kind && colons[2]) ||
           error_set(err, LB_ERROR_ARGUMENT, "'%s' is no kind of node: kinds read like aten::add", kind);
}

lb_node *lb_graph_create(lb_graph *graph, const char *kind, int outputs, lb_error *err) {
    if (!check_kind(kind, err)) return NULL;
    unit_enter(graph->unit);
    struct node *n = graph_new_node(graph->graph, name_of(&graph->unit->names, kind), outputs);
    unit_leave(graph->unit);
    if (!n) error_memory(err);
    return node_handle(n);
}

bool lb_graph_insert(lb_graph *graph, lb_node *node, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err) || !check_place(graph->graph->insert_before, graph->graph, err)) return false;
    if (n->graph != graph->graph) return error_set(err, LB_ERROR_ARGUMENT, "the node is of another graph");
    if (n->block) return error_set(err, LB_ERROR_ARGUMENT, "the node stands in a block already");
    graph_insert(graph->graph, n);
    return true;
}

static struct ir_value *insert_constant(lb_graph *graph, const lb_value *value, const struct type *type,
                                        lb_error *err) {
    lb_value typed;
    if (!handle_typed(graph->unit, type, value, &typed, err)) return NULL;
    struct ir_value *v = graph_insert_constant(graph->graph, typed, type, (struct source_range){0});
    value_release(typed);
    if (!v)
        error_set(err, LB_ERROR_ARGUMENT, "a %s can be no constant",
                  value_tag_name((enum value_tag)value->tag));
    return v;
}

lb_graph_value *lb_graph_insert_constant(lb_graph *graph, const lb_value *value, const lb_type *type,
                                         lb_error *err) {
    API_ERROR(err, own);
    struct ir_value *v = NULL;
    unit_enter(graph->unit);
    if (check_place(graph->graph->insert_before, graph->graph, local))
        v = insert_constant(graph, value, type_of(type), local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return value_handle(v);
}

/* Values of this graph, as many as there are. */
static bool check_values(const lb_graph *graph, lb_graph_value *const *values, int count, lb_error *err) {
    for (int i = 0; i < count; i++)
        if (!check_value(value_of(values[i]), graph->graph, err)) return false;
    return true;
}

lb_graph_value *lb_graph_insert_call(lb_graph *graph, const char *kind, lb_graph_value *const *inputs,
                                     int count, lb_error *err) {
    API_ERROR(err, own);
    struct ir_value *v = NULL;
    unit_enter(graph->unit);
    bool good = check_kind(kind, local) && check_place(graph->graph->insert_before, graph->graph, local) &&
                check_values(graph, inputs, count, local);
    if (good && !(v = insert_call(graph->graph, kind, (struct ir_value *const *)inputs, count)))
        error_set(local, LB_ERROR_ARGUMENT, "no operator %s takes these %d inputs", kind, count);
    unit_leave(graph->unit);
    handle_error(err, local);
    return value_handle(v);
}

static bool check_body(const lb_graph *graph, const lb_graph *body, int count, lb_error *err) {
    if (body->graph == graph->graph || body->unit != graph->unit)
        return error_set(err, LB_ERROR_ARGUMENT, "the inserted graph must be another one of the same unit");
    int takes = body->graph->top->param->outputs.count;
    if (takes != count)
        return error_set(err, LB_ERROR_ARGUMENT, "the graph has %d inputs, not %d", takes, count);
    return graph_verify(body->graph, NULL, err);
}

bool lb_graph_insert_graph(lb_graph *graph, const lb_graph *body, lb_graph_value *const *inputs, int count,
                           lb_graph_value **outputs, lb_error *err) {
    API_ERROR(err, own);
    struct graph *g = graph->graph;
    unit_enter(graph->unit);
    bool good = check_place(g->insert_before, g, local) && check_values(graph, inputs, count, local) &&
                check_body(graph, body, count, local);
    if (good)
        good = insert_graph(g->insert_before, body->graph, (struct ir_value *const *)inputs,
                            (struct ir_value **)outputs) ||
               error_memory(local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return good;
}

struct caller_map {
    lb_graph_value *(*map)(void *context, lb_graph_value *value);
    void *context;
    const struct graph *graph;
    lb_error *err;
};

static struct ir_value *ask_caller(void *context, struct ir_value *v) {
    struct caller_map *m = context;
    struct ir_value *found = value_of(m->map(m->context, value_handle(v)));
    if (!found) error_set(m->err, LB_ERROR_ARGUMENT, "an input of the node stands for nothing");
    return found && check_value(found, m->graph, m->err) ? found : NULL;
}

lb_node *lb_graph_clone_node(lb_graph *graph, const lb_node *node,
                             lb_graph_value *(*map)(void *context, lb_graph_value *value), void *context,
                             lb_error *err) {
    API_ERROR(err, own);
    struct node *n = node_of(node), *copy = NULL;
    struct caller_map m = {map, context, graph->graph, local};
    bool good = check_node(n, local) && (n->graph->unit == graph->unit ||
                                         error_set(local, LB_ERROR_ARGUMENT, "the node is of another unit"));
    unit_enter(graph->unit);
    if (good && !(copy = graph_clone_node(graph->graph, n, ask_caller, &m, true))) error_memory(local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return node_handle(copy);
}

/* ---- blocks ---- */

lb_block *lb_graph_block(const lb_graph *graph) {
    return block_handle(graph->graph->top);
}

lb_node *lb_block_param(const lb_block *block) {
    return node_handle(block_of(block)->param);
}

lb_node *lb_block_result(const lb_block *block) {
    return node_handle(block_of(block)->result);
}

lb_node *lb_block_owner(const lb_block *block) {
    return node_handle(block_of(block)->owner);
}

lb_node *lb_block_first(const lb_block *block) {
    struct node *first = block_first(block_of(block));
    return first == block_of(block)->result ? NULL : node_handle(first);
}

lb_graph_value *lb_block_add_input(lb_block *block, lb_error *err) {
    struct block *b = block_of(block);
    if (!check_block(b, err)) return NULL;
    struct ir_value *v = block_add_input(b);
    if (!v) error_memory(err);
    return value_handle(v);
}

bool lb_block_erase_input(lb_block *block, int index, lb_error *err) {
    struct block *b = block_of(block);
    if (!check_block(b, err) || !check_index(index, b->param->outputs.count, "input", err) ||
        !check_unused(block_input(b, index), err))
        return false;
    block_erase_input(b, index);
    return true;
}

int lb_block_add_output(lb_block *block, lb_graph_value *value, lb_error *err) {
    struct block *b = block_of(block);
    if (!check_block(b, err) || !check_value(value_of(value), b->graph, err)) return -1;
    int index = block_add_output(b, value_of(value));
    if (index < 0) error_memory(err);
    return index;
}

bool lb_block_erase_output(lb_block *block, int index, lb_error *err) {
    struct block *b = block_of(block);
    if (!check_block(b, err) || !check_index(index, block_output_count(b), "output", err)) return false;
    block_erase_output(b, index);
    return true;
}
