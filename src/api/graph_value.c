/* Values of graphs as handles. */
#include "api/graph.h"
#include "ir/print.h"
#include <string.h>

char *lb_graph_value_name(const lb_graph_value *value, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    value_put_name(&out, value_of(value));
    return handle_text(&out, true, local, err);
}

/* Names read back: letters, digits, dots and the like; a name of digits alone would be a number. */
static bool check_name(const char *name, lb_error *err) {
    if (*name && name[strspn(name, "0123456789")] == 0)
        return error_set(err, LB_ERROR_ARGUMENT, "'%s' is a number, which a value's name cannot be", name);
    return !name[strcspn(name, " \t\r\n,()=:%")] ||
           error_set(err, LB_ERROR_ARGUMENT, "'%s' cannot be a value's name", name);
}

bool lb_graph_value_set_name(lb_graph_value *value, const char *name, lb_error *err) {
    struct ir_value *v = value_of(value);
    struct graph *g = v->node->graph;
    if (!check_value(v, g, err) || !check_name(name, err)) return false;
    unit_enter(g->unit);
    bool good = value_set_name(v, name);
    unit_leave(g->unit);
    return good || error_memory(err);
}

int lb_graph_value_number(const lb_graph_value *value) {
    return value_of(value)->unique;
}

const lb_type *lb_graph_value_type(const lb_graph_value *value) {
    return type_handle(value_of(value)->type);
}

/* Which overload a user is may change with the type of what it takes. */
static void forget_operators(const struct ir_value *v) {
    for (int i = 0; i < v->uses.count; i++) v->uses.items[i].user->row = NULL;
}

bool lb_graph_value_set_type(lb_graph_value *value, const lb_type *type, lb_error *err) {
    struct ir_value *v = value_of(value);
    if (!check_value(v, v->node->graph, err)) return false;
    v->type = type_of(type);
    forget_operators(v);
    return true;
}

lb_node *lb_graph_value_node(const lb_graph_value *value) {
    return node_handle(value_of(value)->node);
}

int lb_graph_value_offset(const lb_graph_value *value) {
    return value_of(value)->offset;
}

int lb_graph_value_use_count(const lb_graph_value *value) {
    return value_of(value)->uses.count;
}

lb_node *lb_graph_value_use(const lb_graph_value *value, int index, int *input) {
    const struct ir_value *v = value_of(value);
    if (index < 0 || index >= v->uses.count) return NULL;
    if (input) *input = v->uses.items[index].offset;
    return node_handle(v->uses.items[index].user);
}

bool lb_graph_value_replace_uses(lb_graph_value *value, lb_graph_value *by, lb_error *err) {
    struct ir_value *v = value_of(value);
    struct graph *g = v->node->graph;
    if (!check_value(v, g, err) || !check_value(value_of(by), g, err)) return false;
    forget_operators(v);
    return value_replace_uses(v, value_of(by)) || error_memory(err);
}

bool lb_graph_value_replace_uses_after(lb_graph_value *value, const lb_node *node, lb_graph_value *by,
                                       lb_error *err) {
    struct ir_value *v = value_of(value), *to = value_of(by);
    struct graph *g = v->node->graph;
    if (!check_value(v, g, err) || !check_value(to, g, err) || !check_node(node_of(node), err)) return false;
    if (v == to) return true;
    for (int i = 0; i < v->uses.count;) {
        struct use use = v->uses.items[i];
        int before = v->uses.count;
        if (node_is_before(node_of(node), use.user)) node_replace_input(use.user, use.offset, to);
        if (v->uses.count < before)
            use.user->row = NULL;
        else
            i++;
    }
    return true;
}
