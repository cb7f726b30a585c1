/* Constants in the graph (torch/csrc/jit/ir/constants.cpp): which values can be one, how they are stored, and
 * the way back from a node to its value. */
#include "ir/graph.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_CONSTANT = 200 };

static bool can_be_constant(lb_value v, int depth);

static bool all_can(const lb_value *items, int64_t count, int depth) {
    for (int64_t i = 0; i < count; i++)
        if (!can_be_constant(items[i], depth)) return false;
    return true;
}

static bool entries_can(const struct dict *d, int depth) {
    int64_t position = 0;
    for (struct dict_entry *e; (e = dict_next(d, &position));)
        if (!can_be_constant(e->key, depth) || !can_be_constant(e->value, depth)) return false;
    return true;
}

/* insertableIValue, and at the top objects that are no modules. */
static bool can_be_constant(lb_value v, int depth) {
    if (depth == DEEPEST_CONSTANT) return false;
    switch (v.tag) {
    case VALUE_TENSOR: return !(v.tensor->flags & TENSOR_REQUIRES_GRAD) && v.tensor->layout == LAYOUT_STRIDED;
    case VALUE_LIST: return all_can(v.list->items, v.list->count, depth + 1);
    case VALUE_TUPLE: return all_can(v.tuple->items, v.tuple->count, depth + 1);
    case VALUE_DICT: return entries_can(v.dict, depth + 1);
    case VALUE_OBJECT: return depth == 0 && !v.object->type->definition->is_module;
    case VALUE_CAPSULE:
    case VALUE_GENERATOR: return depth == 0;
    case VALUE_FUTURE:
    case VALUE_STORAGE:
    case VALUE_FUNCTION:
    case VALUE_UNINITIALIZED: return false;
    default: return true;
    }
}

struct ir_value *graph_insert_constant(struct graph *g, lb_value value, const struct type *type,
                                       struct source_range range) {
    struct node *n =
        graph_new_known(g, KIND_CONSTANT, 1); /* takes its number even when it comes to nothing */
    if (!n) return NULL;
    n->range = range;
    struct ir_value *output = n->outputs.items[0];
    if (!type) type = type_of_value(&g->unit->types, value);
    bool good = type && can_be_constant(value, 0);
    if (good && value.tag != VALUE_NONE) good = node_set_value(n, "value", value);
    if (!good) {
        node_destroy(n);
        return NULL;
    }
    output->type = type;
    return graph_insert(g, n) ? output : NULL;
}

static bool device_of_text(const char *text, struct device *d) {
    static const struct {
        const char *name;
        int type;
    } devices[] = {{"cpu", DEVICE_CPU}, {"cuda", DEVICE_CUDA}, {"meta", DEVICE_META}};
    size_t length = strcspn(text, ":");
    *d = (struct device){DEVICE_OTHER, -1};
    if (text[length]) d->index = (int16_t)atoi(text + length + 1);
    for (int i = 0; i < 3; i++)
        if (strlen(devices[i].name) == length && !memcmp(text, devices[i].name, length))
            d->type = (int16_t)devices[i].type;
    return d->type != DEVICE_OTHER;
}

static bool string_constant(const struct attribute *a, const struct type *type, lb_value *value) {
    struct device device;
    if (type->kind != TYPE_DEVICE) {
        *value = a->value;
        return true;
    }
    if (!device_of_text(a->value.string->bytes, &device)) return false;
    *value = value_device(device);
    return true;
}

bool node_constant(const struct node *n, lb_value *value) {
    if (!node_is(n, KIND_CONSTANT) || n->outputs.count != 1) return false;
    const struct type *type = n->outputs.items[0]->type;
    const struct attribute *a = node_attribute(n, "value");
    if (type->kind == TYPE_FUNCTION) return false;
    if (!a) {
        *value = value_none();
        return true;
    }
    switch (a->kind) {
    case ATTRIBUTE_INT:
        *value = type->kind == TYPE_BOOL ? value_bool(a->i != 0) : value_int(a->i);
        return true;
    case ATTRIBUTE_FLOAT: *value = value_float(a->f); return true;
    case ATTRIBUTE_STRING: return string_constant(a, type, value);
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_VALUE: *value = a->value; return true;
    default: return false;
    }
}
