/* Compares nodes by what they compute. Tensors are equal when dtype, shape and all elements are. */
#include "passes/node_equal.h"
#include "ir/views.h"
#include "tensor/equal.h"

static bool values_equal(lb_value a, lb_value b) {
    if (a.tag != b.tag) return false;
    if (a.tag == VALUE_ENUM) return false; /* PyTorch makes a holder per mention, and compares holders */
    if (a.tag == VALUE_FLOAT) return a.f == b.f;
    if (a.tag == VALUE_TENSOR) return tensor_equal_values(a.tensor, b.tensor);
    if (a.tag == VALUE_TUPLE || a.tag == VALUE_LIST) {
        bool tuple = a.tag == VALUE_TUPLE;
        int64_t count = tuple ? a.tuple->count : a.list->count;
        if (count != (tuple ? b.tuple->count : b.list->count)) return false;
        const lb_value *x = tuple ? a.tuple->items : a.list->items,
                       *y = tuple ? b.tuple->items : b.list->items;
        for (int64_t i = 0; i < count; i++)
            if (!values_equal(x[i], y[i])) return false;
        return true;
    }
    lb_error err = {0};
    bool equal = value_equal(a, b, &err);
    error_clear(&err);
    return equal;
}

static size_t item_size(enum attribute_kind kind) {
    if (kind == ATTRIBUTE_INTS) return sizeof(int64_t);
    if (kind == ATTRIBUTE_FLOATS) return sizeof(double);
    return kind == ATTRIBUTE_TYPES ? sizeof(const struct type *) : sizeof(lb_value);
}

static bool lists_equal(const struct attribute *a, const struct attribute *b) {
    if (a->list.count != b->list.count) return false;
    if (a->kind != ATTRIBUTE_STRINGS && a->kind != ATTRIBUTE_TENSORS)
        return a->list.count == 0 ||
               memcmp(a->list.items, b->list.items, item_size(a->kind) * (size_t)a->list.count) == 0;
    const lb_value *x = a->list.items, *y = b->list.items;
    for (int i = 0; i < a->list.count; i++)
        if (!values_equal(x[i], y[i])) return false;
    return true;
}

static bool attribute_equal(const struct attribute *a, const struct attribute *b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case ATTRIBUTE_INT: return a->i == b->i;
    case ATTRIBUTE_FLOAT: return a->f == b->f;
    case ATTRIBUTE_TYPE: return a->type == b->type;
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_VALUE: return values_equal(a->value, b->value);
    case ATTRIBUTE_GRAPH:
    case ATTRIBUTE_GRAPHS: return false;
    default: return lists_equal(a, b);
    }
}

bool node_equal(const struct node *a, const struct node *b) {
    if (a->kind != b->kind || a->outputs.count != b->outputs.count || a->inputs.count != b->inputs.count ||
        a->attributes.count != b->attributes.count || a->function != b->function)
        return false;
    for (int i = 0; i < a->outputs.count; i++)
        if (node_output(a, i)->type != node_output(b, i)->type) return false;
    for (int i = 0; i < a->inputs.count; i++)
        if (node_input(a, i) != node_input(b, i)) return false;
    for (int i = 0; i < a->attributes.count; i++) {
        const struct attribute *other = node_attribute(b, a->attributes.items[i].name->text);
        if (!other || !attribute_equal(&a->attributes.items[i], other)) return false;
    }
    return true;
}

static uint64_t mix(uint64_t h, uint64_t v) {
    return (h ^ v) * 0x9e3779b97f4a7c15u + (h >> 29);
}

uint64_t node_hash(const struct node *n) {
    uint64_t h = (uint64_t)(uintptr_t)n->kind;
    for (int i = 0; i < n->outputs.count; i++) h = mix(h, (uint64_t)(uintptr_t)node_output(n, i)->type);
    for (int i = 0; i < n->inputs.count; i++) h = mix(h, (uint64_t)node_input(n, i)->unique);
    for (int i = 0; i < n->attributes.count; i++) {
        const struct attribute *a = &n->attributes.items[i];
        if (a->kind == ATTRIBUTE_INT) h = mix(h, (uint64_t)a->i);
        if (a->kind == ATTRIBUTE_FLOAT)
            h = mix(h, (uint64_t)(int64_t)(a->f > -1e9 && a->f < 1e9 ? a->f * 1024 : 0));
        if (a->kind == ATTRIBUTE_STRING)
            h = mix(h, hash_bytes(a->value.string->bytes, (size_t)a->value.string->length));
    }
    return h;
}
