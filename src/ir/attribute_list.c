/* Attributes that are lists, to and from values, for who builds graphs by hand; PyTorch's own passes keep
 * lists of constants as values. */
#include "ir/internal.h"
#include <string.h>

static const struct {
    enum value_tag tag;
    size_t size;
    enum type_kind type;
} items[] = {
    [ATTRIBUTE_INTS] = {VALUE_INT, sizeof(int64_t), TYPE_INT},
    [ATTRIBUTE_FLOATS] = {VALUE_FLOAT, sizeof(double), TYPE_FLOAT},
    [ATTRIBUTE_STRINGS] = {VALUE_STRING, sizeof(lb_value), TYPE_STRING},
    [ATTRIBUTE_TENSORS] = {VALUE_TENSOR, sizeof(lb_value), TYPE_TENSOR},
};

static bool is_plural(enum attribute_kind kind) {
    return kind == ATTRIBUTE_INTS || kind == ATTRIBUTE_FLOATS || kind == ATTRIBUTE_STRINGS ||
           kind == ATTRIBUTE_TENSORS;
}

/* An int may stand among floats. */
static bool fits(enum attribute_kind kind, lb_value v) {
    return v.tag == items[kind].tag || (kind == ATTRIBUTE_FLOATS && v.tag == VALUE_INT);
}

static bool put_item(struct graph *g, enum attribute_kind kind, void *to, int64_t i, lb_value v) {
    if (kind == ATTRIBUTE_INTS)
        ((int64_t *)to)[i] = v.i;
    else if (kind == ATTRIBUTE_FLOATS)
        ((double *)to)[i] = v.tag == VALUE_INT ? (double)v.i : v.f;
    else
        ((lb_value *)to)[i] = v;
    return kind == ATTRIBUTE_INTS || kind == ATTRIBUTE_FLOATS || graph_own_value(g, value_copy(v));
}

bool node_set_list(struct node *n, const char *name, enum attribute_kind kind, const struct list *list) {
    struct graph *g = n->graph;
    if (!is_plural(kind) || list->count > INT32_MAX) return false;
    for (int64_t i = 0; i < list->count; i++)
        if (!fits(kind, list->items[i])) return false;
    void *to = arena_alloc(&g->memory, ((size_t)list->count + 1) * items[kind].size);
    for (int64_t i = 0; to && i < list->count; i++)
        if (!put_item(g, kind, to, i, list->items[i])) return false;
    struct attribute *a = to ? node_place_attribute(n, name_of(&g->unit->names, name)) : NULL;
    if (!a) return false;
    a->kind = kind;
    a->list.count = (int)list->count;
    a->list.items = to;
    return true;
}

void node_remove_attribute(struct node *n, const char *name) {
    int at = 0;
    while (at < n->attributes.count && strcmp(n->attributes.items[at].name->text, name) != 0) at++;
    if (at == n->attributes.count) return;
    size_t after = (size_t)(n->attributes.count - at - 1);
    memmove(n->attributes.items + at, n->attributes.items + at + 1, after * sizeof *n->attributes.items);
    n->attributes.count--;
}

static lb_value get_item(const struct attribute *a, int i) {
    if (a->kind == ATTRIBUTE_INTS) return value_int(((const int64_t *)a->list.items)[i]);
    if (a->kind == ATTRIBUTE_FLOATS) return value_float(((const double *)a->list.items)[i]);
    return value_copy(((const lb_value *)a->list.items)[i]);
}

static bool list_value(struct type_store *types, const struct attribute *a, lb_value *out, lb_error *err) {
    const struct type *element =
        a->kind == ATTRIBUTE_TENSORS ? types->tensor : types->simple[items[a->kind].type];
    if (!value_new_list(out, element, a->list.count, err)) return false;
    for (int i = 0; i < a->list.count; i++)
        if (!list_append(out->list, get_item(a, i), err)) {
            value_release(*out);
            return false;
        }
    return true;
}

bool attribute_value(struct type_store *types, const struct attribute *a, lb_value *out, lb_error *err) {
    switch (a->kind) {
    case ATTRIBUTE_INT: *out = value_int(a->i); return true;
    case ATTRIBUTE_FLOAT: *out = value_float(a->f); return true;
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_VALUE: *out = value_copy(a->value); return true;
    default:
        return is_plural(a->kind) ? list_value(types, a, out, err)
                                  : error_set(err, LB_ERROR_ARGUMENT, "'%s' is no value", a->name->text);
    }
}
