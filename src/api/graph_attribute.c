/* Attributes of nodes as handles. */
#include "api/graph.h"
#include <string.h>

/* The public kinds are the inside's, after the one that says that there is none. */
static lb_attribute_kind public_kind(enum attribute_kind kind) {
    _Static_assert(ATTRIBUTE_INT + 1 == (int)LB_ATTRIBUTE_INT, "kinds in order");
    _Static_assert(ATTRIBUTE_TYPES + 1 == (int)LB_ATTRIBUTE_TYPES, "kinds in order");
    _Static_assert(ATTRIBUTE_VALUE + 1 == (int)LB_ATTRIBUTE_VALUE, "kinds in order");
    return (lb_attribute_kind)(kind + 1);
}

const char *lb_node_attribute_name(const lb_node *node, int index) {
    const struct node *n = node_of(node);
    return index >= 0 && index < n->attributes.count ? n->attributes.items[index].name->text : NULL;
}

lb_attribute_kind lb_node_attribute_kind(const lb_node *node, const char *name) {
    const struct attribute *a = node_attribute(node_of(node), name);
    return a ? public_kind(a->kind) : LB_ATTRIBUTE_NONE;
}

static const struct attribute *find(const struct node *n, const char *name, lb_error *err) {
    const struct attribute *a = node_attribute(n, name);
    if (!a) error_set(err, LB_ERROR_ARGUMENT, "%s has no attribute '%s'", n->kind->text, name);
    return a;
}

lb_value *lb_node_attribute(const lb_node *node, const char *name, lb_error *err) {
    API_ERROR(err, own);
    struct node *n = node_of(node);
    const struct attribute *a = find(n, name, local);
    lb_value v, *out = NULL;
    if (a && attribute_value(&n->graph->unit->types, a, &v, local)) out = handle_new(v, local);
    handle_error(err, local);
    return out;
}

static bool is_one(const struct attribute *a) {
    return a->kind == ATTRIBUTE_TYPE || a->kind == ATTRIBUTE_GRAPH;
}

static bool are_many(const struct attribute *a) {
    return a->kind == ATTRIBUTE_TYPES || a->kind == ATTRIBUTE_GRAPHS;
}

int lb_node_attribute_count(const lb_node *node, const char *name) {
    const struct attribute *a = node_attribute(node_of(node), name);
    if (!a) return 0;
    return are_many(a) ? a->list.count : is_one(a);
}

const lb_type *lb_node_attribute_type(const lb_node *node, const char *name, int index) {
    const struct attribute *a = node_attribute(node_of(node), name);
    if (!a || index < 0 || index >= lb_node_attribute_count(node, name)) return NULL;
    if (a->kind == ATTRIBUTE_TYPE) return type_handle(a->type);
    return a->kind == ATTRIBUTE_TYPES ? type_handle(((const struct type *const *)a->list.items)[index])
                                      : NULL;
}

lb_graph *lb_node_attribute_graph(lb_graph *graph, const lb_node *node, const char *name, int index,
                                  lb_error *err) {
    const struct attribute *a = find(node_of(node), name, err);
    if (!a) return NULL;
    if (node_of(node)->graph != graph->graph) {
        error_set(err, LB_ERROR_ARGUMENT, "the node is of another graph");
        return NULL;
    }
    if (!check_index(index, lb_node_attribute_count(node, name), "graph", err)) return NULL;
    if (a->kind == ATTRIBUTE_GRAPH) return graph_handle(a->graph, graph, err);
    if (a->kind == ATTRIBUTE_GRAPHS)
        return graph_handle(((struct graph *const *)a->list.items)[index], graph, err);
    error_set(err, LB_ERROR_ARGUMENT, "'%s' is no graph", name);
    return NULL;
}

/* ---- setting ---- */

static const struct {
    enum value_tag tag;
    const char *what;
} wanted[] = {
    [LB_ATTRIBUTE_INT] = {VALUE_INT, "an int"},
    [LB_ATTRIBUTE_FLOAT] = {VALUE_FLOAT, "a float"},
    [LB_ATTRIBUTE_COMPLEX] = {VALUE_COMPLEX, "a complex"},
    [LB_ATTRIBUTE_STRING] = {VALUE_STRING, "a string"},
    [LB_ATTRIBUTE_TENSOR] = {VALUE_TENSOR, "a tensor"},
    [LB_ATTRIBUTE_INTS] = {VALUE_LIST, "a list of ints"},
    [LB_ATTRIBUTE_FLOATS] = {VALUE_LIST, "a list of floats"},
    [LB_ATTRIBUTE_STRINGS] = {VALUE_LIST, "a list of strings"},
    [LB_ATTRIBUTE_TENSORS] = {VALUE_LIST, "a list of tensors"},
};

static bool refuse_value(lb_attribute_kind kind, lb_value v, lb_error *err) {
    return error_set(err, LB_ERROR_ARGUMENT, "the attribute wants %s, not a %s", wanted[kind].what,
                     value_tag_name((enum value_tag)v.tag));
}

static bool set_any(struct node *n, const char *name, lb_value v, lb_error *err) {
    lb_value typed;
    if (!handle_typed(n->graph->unit, NULL, &v, &typed, err)) return false;
    bool good = node_set_value(n, name, typed);
    value_release(typed);
    return good || error_memory(err);
}

static bool set_value(struct node *n, const char *name, lb_attribute_kind kind, lb_value v, lb_error *err) {
    if (kind == LB_ATTRIBUTE_VALUE) return set_any(n, name, v, err);
    if (kind == LB_ATTRIBUTE_INT && v.tag == VALUE_BOOL) v = value_int(v.i);
    if (kind == LB_ATTRIBUTE_FLOAT && v.tag == VALUE_INT) v = value_float((double)v.i);
    if (kind <= LB_ATTRIBUTE_NONE || kind >= sizeof wanted / sizeof *wanted || !wanted[kind].what)
        return error_set(err, LB_ERROR_ARGUMENT, "types and graphs have functions of their own");
    if (v.tag != wanted[kind].tag) return refuse_value(kind, v, err);
    if (v.tag != VALUE_LIST) return node_set_value(n, name, v) || error_memory(err);
    return node_set_list(n, name, (enum attribute_kind)(kind - 1), v.list) || refuse_value(kind, v, err);
}

bool lb_node_set_attribute(lb_node *node, const char *name, lb_attribute_kind kind, const lb_value *value,
                           lb_error *err) {
    API_ERROR(err, own);
    struct node *n = node_of(node);
    unit_enter(n->graph->unit);
    bool good = check_node(n, local) && set_value(n, name, kind, *value, local);
    unit_leave(n->graph->unit);
    handle_error(err, local);
    return good;
}

bool lb_node_set_types(lb_node *node, const char *name, lb_attribute_kind kind, const lb_type *const *types,
                       int count, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err)) return false;
    if (kind != LB_ATTRIBUTE_TYPES && (kind != LB_ATTRIBUTE_TYPE || count != 1))
        return error_set(err, LB_ERROR_ARGUMENT, "an attribute of one type, or of types");
    unit_enter(n->graph->unit);
    const struct type *const *inside = (const struct type *const *)(const void *)types;
    bool good = kind == LB_ATTRIBUTE_TYPE ? node_set_type(n, name, inside[0])
                                          : node_set_types(n, name, count, inside);
    unit_leave(n->graph->unit);
    return good || error_memory(err);
}

bool lb_node_set_graph(lb_node *node, const char *name, const lb_graph *graph, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err)) return false;
    if (n->graph->unit != graph->unit)
        return error_set(err, LB_ERROR_ARGUMENT, "the graph is of another unit");
    unit_enter(graph->unit);
    bool good = node_set_graph(n, name, graph_duplicate(graph->graph));
    unit_leave(graph->unit);
    return good || error_memory(err);
}

bool lb_node_remove_attribute(lb_node *node, const char *name, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err) || !find(n, name, err)) return false;
    node_remove_attribute(n, name);
    return true;
}

bool lb_node_copy_attributes(lb_node *node, const lb_node *from, lb_error *err) {
    struct node *n = node_of(node);
    if (!check_node(n, err)) return false;
    if (n->graph->unit != node_of(from)->graph->unit)
        return error_set(err, LB_ERROR_ARGUMENT, "the nodes are of different units");
    unit_enter(n->graph->unit);
    bool good = n == node_of(from) || node_copy_attributes(n, node_of(from));
    unit_leave(n->graph->unit);
    return good || error_memory(err);
}

lb_value *lb_node_constant(const lb_node *node, lb_error *err) {
    lb_value v;
    return node_constant(node_of(node), &v) ? handle_new(value_copy(v), err) : NULL;
}
