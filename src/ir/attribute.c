/* Attributes of nodes: a few per node, in order of insertion. Values are kept alive by the graph. */
#include "ir/internal.h"
#include "value/print.h"
#include <string.h>

bool graph_own_value(struct graph *g, lb_value v) {
    if (!value_is_counted(v)) return true;
    if (array_push_in(&g->memory, &g->owned, v)) return true;
    value_release(v);
    return false;
}

static struct attribute *find(const struct node *n, const char *name) {
    for (int i = 0; i < n->attributes.count; i++)
        if (strcmp(n->attributes.items[i].name->text, name) == 0) return &n->attributes.items[i];
    return NULL;
}

const struct attribute *node_attribute(const struct node *n, const char *name) {
    return find(n, name);
}

struct attribute *node_place_attribute(struct node *n, const struct name *name) {
    struct attribute *known = name ? find(n, name->text) : NULL;
    if (known || !name) return known;
    struct attribute fresh = {.name = name};
    if (!array_push_in(&n->graph->memory, &n->attributes, fresh)) return NULL;
    return &n->attributes.items[n->attributes.count - 1];
}

static struct attribute *place(struct node *n, const char *name, enum attribute_kind kind) {
    struct attribute *a = node_place_attribute(n, name_of(&n->graph->unit->names, name));
    if (a) a->kind = kind;
    return a;
}

bool node_set_int(struct node *n, const char *name, int64_t value) {
    struct attribute *a = place(n, name, ATTRIBUTE_INT);
    if (a) a->i = value;
    return a != NULL;
}

bool node_set_float(struct node *n, const char *name, double value) {
    struct attribute *a = place(n, name, ATTRIBUTE_FLOAT);
    if (a) a->f = value;
    return a != NULL;
}

static bool set_counted(struct node *n, const char *name, enum attribute_kind kind, lb_value taken) {
    if (!graph_own_value(n->graph, taken)) return false;
    struct attribute *a = place(n, name, kind);
    if (a) a->value = taken;
    return a != NULL;
}

bool node_set_string(struct node *n, const char *name, const char *text, int64_t length) {
    lb_value string;
    lb_error ignored = {0};
    if (value_new_string(&string, text, length, &ignored))
        return set_counted(n, name, ATTRIBUTE_STRING, string);
    error_clear(&ignored);
    return false;
}

bool node_set_type(struct node *n, const char *name, const struct type *type) {
    struct attribute *a = place(n, name, ATTRIBUTE_TYPE);
    if (a) a->type = type;
    return a != NULL;
}

bool node_set_types(struct node *n, const char *name, int count, const struct type *const *types) {
    void *items = arena_copy(&n->graph->memory, types, (size_t)count * sizeof *types);
    struct attribute *a = items ? place(n, name, ATTRIBUTE_TYPES) : NULL;
    if (!a) return false;
    a->list.count = count;
    a->list.items = items;
    return true;
}

static bool set_device(struct node *n, const char *name, struct device d) {
    struct text text = {0};
    value_put_device(&text, d);
    bool good = !text.failed && node_set_string(n, name, text_get(&text), (int64_t)text.length);
    text_free(&text);
    return good;
}

/* As torch/csrc/jit/ir/constants.cpp stores them: bools as ints, devices as their text. */
bool node_set_value(struct node *n, const char *name, lb_value value) {
    switch (value.tag) {
    case VALUE_BOOL:
    case VALUE_INT: return node_set_int(n, name, value.i);
    case VALUE_FLOAT: return node_set_float(n, name, value.f);
    case VALUE_DEVICE: return set_device(n, name, value.device);
    case VALUE_COMPLEX: return set_counted(n, name, ATTRIBUTE_COMPLEX, value_copy(value));
    case VALUE_STRING: return set_counted(n, name, ATTRIBUTE_STRING, value_copy(value));
    case VALUE_TENSOR: return set_counted(n, name, ATTRIBUTE_TENSOR, value_copy(value));
    default: return set_counted(n, name, ATTRIBUTE_VALUE, value_copy(value));
    }
}

bool node_set_graph(struct node *n, const char *name, struct graph *subgraph) {
    if (!subgraph || !array_push_in(&n->graph->memory, &n->graph->subgraphs, subgraph)) {
        graph_free(subgraph);
        return false;
    }
    struct attribute *a = place(n, name, ATTRIBUTE_GRAPH);
    if (a) a->graph = subgraph;
    return a != NULL;
}

static size_t item_size(enum attribute_kind kind) {
    switch (kind) {
    case ATTRIBUTE_INTS: return sizeof(int64_t);
    case ATTRIBUTE_FLOATS: return sizeof(double);
    case ATTRIBUTE_STRINGS:
    case ATTRIBUTE_TENSORS: return sizeof(lb_value);
    case ATTRIBUTE_TYPES: return sizeof(const struct type *);
    case ATTRIBUTE_GRAPHS: return sizeof(struct graph *);
    default: return 0;
    }
}

static struct graph *own_copy(struct graph *g, struct graph *subgraph) {
    struct graph *copy = graph_copy(subgraph);
    if (!copy || array_push_in(&g->memory, &g->subgraphs, copy)) return copy;
    graph_free(copy);
    return NULL;
}

/* Lists share nothing with the node they come from, whose graph may die first. */
static bool copy_list(struct graph *g, struct attribute *a) {
    void *items = arena_copy(&g->memory, a->list.items, (size_t)a->list.count * item_size(a->kind));
    if (!items) return false;
    a->list.items = items;
    lb_value *values = items;
    struct graph **graphs = items;
    for (int i = 0; i < a->list.count; i++) {
        bool counted = a->kind == ATTRIBUTE_STRINGS || a->kind == ATTRIBUTE_TENSORS;
        if (counted && !graph_own_value(g, value_copy(values[i]))) return false;
        if (a->kind == ATTRIBUTE_GRAPHS && !(graphs[i] = own_copy(g, graphs[i]))) return false;
    }
    return true;
}

static bool copy_content(struct graph *g, struct attribute *a) {
    switch (a->kind) {
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_VALUE: return graph_own_value(g, value_copy(a->value));
    case ATTRIBUTE_GRAPH: return (a->graph = own_copy(g, a->graph)) != NULL;
    default: return !item_size(a->kind) || copy_list(g, a);
    }
}

bool node_copy_attributes(struct node *to, const struct node *from) {
    to->attributes.count = 0;
    for (int i = 0; i < from->attributes.count; i++) {
        struct attribute copy = from->attributes.items[i];
        if (!copy_content(to->graph, &copy) || !array_push_in(&to->graph->memory, &to->attributes, copy))
            return false;
    }
    return true;
}
