/* Subscripts: tuples by constant index, lists and dicts by __getitem__, tensors by select, slice, unsqueeze
 * and index (emitSubscript, emitIntAndSliceIndexing in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include <limits.h>
#include <string.h>

/* ---- tuples ---- */

static bool adjusted_index(struct emitter *e, struct source_range at, const struct type *tuple, int64_t index,
                           int64_t *out) {
    int length = tuple->count;
    *out = index < 0 ? index + length : index;
    if (*out >= 0 && *out < length) return true;
    emit_error(e, at, "Tuple index out of range. Tuple is length %d and index is %lld", length,
               (long long)index);
    const char *words = explain_type_name(e, tuple);
    const char *help = arena_printf(&e->memory, "Use an index from 0 to %d.", length - 1);
    if (!length)
        return explain(e, ERROR_TUPLE_INDEX, at, NULL, "the tuple is empty: it has no items") != NULL;
    return explain(e, ERROR_TUPLE_INDEX, at, help, "a %s has %d item%s, so its last index is %d, not %lld",
                   words, length, length == 1 ? "" : "s", length - 1, (long long)index) != NULL;
}

static struct ir_value *emit_tuple_index(struct emitter *e, struct source_range at, struct ir_value *tuple,
                                         struct ir_value *index) {
    const struct type *t = tuple->type;
    lb_value i;
    int64_t which = 0;
    if (index->type->kind != TYPE_INT) return emit_error(e, at, "tuple index must be an integer");
    if (!emit_is_constant(index, &i)) {
        const struct type *list = t->count ? type_list(e->types, t->items[0]) : NULL;
        if (!list || !match_tuple_to_list(e, t, list))
            return emit_error(
                e, at,
                "Cannot index into a %s with a non-integer literal because we cannot resolve the "
                "output type",
                emit_type_words(e, t));
    } else if (!adjusted_index(e, at, t, i.i, &which)) {
        return NULL;
    }
    return emit_tuple_item(e, tuple, index, t->items[which]);
}

/* One bound of a slice of a tuple: a constant int, counted from the end when negative. */
static bool tuple_bound(struct emitter *e, struct source_range at, int length, struct ir_value *v,
                        int64_t *out) {
    lb_value c;
    *out = INT64_MAX;
    if (!v) return true;
    if (!emit_is_constant(v, &c) || c.tag != VALUE_INT)
        return emit_error(e, at, "tuple slice indices must be integer constants") != NULL;
    *out = c.i < 0 ? c.i + length : c.i;
    return true;
}

/* As Python's slice.indices: how many items (torch/csrc/jit/runtime/slice_indices_adjust.cpp). */
static int64_t adjust_slice(int64_t length, int64_t *start, int64_t *stop, int64_t step) {
    if (step == 0) return -1;
    if (*start == INT64_MAX) *start = step < 0 ? INT64_MAX : 0;
    if (*stop == INT64_MAX) *stop = step < 0 ? INT64_MIN : INT64_MAX;
    int64_t *bounds[2] = {start, stop};
    for (int i = 0; i < 2; i++) {
        int64_t *b = bounds[i];
        if (*b < 0) {
            *b = *b < -length ? -1 : *b + length;
            if (*b < 0) *b = step < 0 ? -1 : 0;
        } else if (*b >= length) {
            *b = step < 0 ? length - 1 : length;
        }
    }
    if (step < 0) return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

static struct ir_value *emit_tuple_slice(struct emitter *e, struct source_range at, struct ir_value *tuple,
                                         struct ir_value *const *bounds) {
    int length = tuple->type->count;
    int64_t start, stop, step = 1;
    lb_value c;
    if (bounds[2]) {
        if (!emit_is_constant(bounds[2], &c) || c.tag != VALUE_INT)
            return emit_error(e, at, "Step size should always be an integer");
        step = c.i;
    }
    if (!tuple_bound(e, at, length, bounds[0], &start) || !tuple_bound(e, at, length, bounds[1], &stop))
        return NULL;
    int64_t count = adjust_slice(length, &start, &stop, step);
    if (count < 0) return emit_error(e, at, "slice step cannot be zero");
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int64_t i = 0; i < count; i++) {
        int64_t which = start + i * step;
        struct ir_value *index = emit_int(e, which, (struct source_range){0});
        if (!index || !(items[i] = emit_tuple_item(e, tuple, index, tuple->type->items[which]))) return NULL;
    }
    return emit_tuple(e, items, (int)count, NULL);
}

/* ---- slices ---- */

static struct ir_value *emit_slice_of(struct emitter *e, struct source_range at, struct ir_value *v,
                                      struct ir_value *dim, struct ir_value *const *bounds) {
    static const lb_value none = {.tag = VALUE_NONE};
    if (v->type->kind == TYPE_TUPLE) return emit_tuple_slice(e, at, v, bounds);
    struct ir_value *step = bounds[2] ? bounds[2] : emit_int(e, 1, at);
    if (!step) return NULL;
    struct actual actuals[5];
    int count = 0;
    actuals[count++] = (struct actual){.value = v, .range = at};
    if (dim) actuals[count++] = (struct actual){.value = dim, .range = at};
    for (int i = 0; i < 3; i++) {
        struct ir_value *b = i == 2 ? step : bounds[i];
        actuals[count++] = (struct actual){.value = b, .constant = b ? NULL : &none, .range = at};
    }
    return emit_builtin(e, emit_name(e, "aten::slice"), at, actuals_of(actuals, count), NULL);
}

static bool emit_bounds(struct emitter *e, const struct tree *slice, struct ir_value **bounds) {
    for (int i = 0; i < 3; i++) {
        bounds[i] = NULL;
        if (slice->items[i] && !(bounds[i] = emit_expression(e, slice->items[i], NULL))) return false;
    }
    return true;
}

static struct ir_value *emit_slice(struct emitter *e, struct source_range at, struct ir_value *v,
                                   struct ir_value *dim, const struct tree *slice) {
    struct ir_value *bounds[3];
    return emit_bounds(e, slice, bounds) ? emit_slice_of(e, at, v, dim, bounds) : NULL;
}

/* x[a:b] */
static struct ir_value *emit_basic_slice(struct emitter *e, struct source_range at, struct ir_value *v,
                                         const struct tree *slice) {
    struct ir_value *dim = NULL;
    if (is_tensor(e, v->type) && !(dim = emit_int(e, 0, at))) return NULL;
    return emit_slice(e, at, v, dim, slice);
}

/* ---- tensors ---- */

/* One subscript of a tensor: on which dimension it works, and its value (NULL for slices and the ellipsis).
 */
struct part {
    const struct tree *tree;
    int64_t dim;
    struct ir_value *value;
};

enum { MOST_PARTS = 64 };

/* A list stands for a tensor of longs. */
static struct ir_value *list_to_tensor(struct emitter *e, struct ir_value *list) {
    static const lb_value dtype = {.tag = VALUE_INT, .i = 4};
    struct actual a = {.value = list}, k = {.constant = &dtype, .name = emit_name(e, "dtype")};
    return emit_builtin(e, emit_name(e, "aten::tensor"), (struct source_range){0},
                        (struct actuals){&a, 1, &k, 1}, NULL);
}

/* How far the running dimension moves: forward counting, backward counting. */
static bool step_of(struct emitter *e, struct source_range at, const struct ir_value *v, bool backward,
                    int64_t *step) {
    const struct type *t = v->type;
    if (t->kind == TYPE_NONE) {
        *step = backward ? 0 : 1;
    } else if (t->kind == TYPE_INT) {
        *step = backward ? -1 : 0;
    } else if (is_subtype(e, t, type_optional(e->types, e->types->tensor))) {
        if (backward)
            return emit_error(e, at, "Ellipses followed by tensor indexing is currently not supported") !=
                   NULL;
        *step = 1;
    } else {
        return emit_error(
                   e, at,
                   "Unsupported operation: indexing tensor with unsupported index type '%s'. Only ints, "
                   "slices, lists and tensors are supported",
                   emit_type_words(e, t)) != NULL;
    }
    return true;
}

/* Evaluates one subscript; *dim goes on to the next. An expression is emitted twice, as PyTorch does. */
static bool measure_part(struct emitter *e, struct source_range at, struct part *p, int64_t *dim,
                         bool backward) {
    int64_t step = backward ? -1 : 1;
    p->dim = *dim;
    if (p->tree->kind != TREE_SLICE) {
        struct sugared *s = emit_sugared(e, p->tree, 1, NULL);
        if (!s) return false;
        if (s->kind != &sugared_kind_slice) {
            const struct type *hint = p->tree->kind == TREE_NONE ? simple_type(e, TYPE_NONE) : NULL;
            p->value = emit_expression(e, p->tree, hint);
            if (p->value && e->wide) p->value = lower_member_value(e, p->value);
            if (p->value && p->value->type->kind == TYPE_LIST) p->value = list_to_tensor(e, p->value);
            if (!p->value || !step_of(e, at, p->value, backward, &step)) return false;
        }
    }
    *dim += step;
    return true;
}

static bool measure_parts(struct emitter *e, struct source_range at, struct part *parts, int count) {
    int at_part = 0;
    int64_t dim = 0, back = -1;
    for (; at_part < count && parts[at_part].tree->kind != TREE_ELLIPSIS; at_part++)
        if (!measure_part(e, at, &parts[at_part], &dim, false)) return false;
    for (int i = count - 1; i > at_part; i--) {
        if (parts[i].tree->kind == TREE_ELLIPSIS)
            return emit_error(e, at, "An index can only have a single ellipsis ('...')") != NULL;
        if (!measure_part(e, at, &parts[i], &back, true)) return false;
    }
    return true;
}

static struct ir_value *with_dim(struct emitter *e, struct source_range at, const char *op,
                                 struct ir_value *tensor, int64_t dim, struct ir_value *index) {
    struct ir_value *inputs[3] = {tensor, emit_int(e, dim, at), index};
    return inputs[1] ? emit_operator(e, op, at, inputs, index ? 3 : 2) : NULL;
}

/* A slice object as a subscript; the tensor after it. */
static struct ir_value *apply_slice_object(struct emitter *e, struct source_range at, struct ir_value *tensor,
                                           const struct part *p) {
    struct sugared *s = emit_sugared(e, p->tree, 1, NULL);
    if (!s || s->kind != &sugared_kind_slice) return s ? tensor : NULL;
    struct ir_value *bounds[3] = {s->start, s->stop, s->step}, *dim = emit_int(e, p->dim, at);
    return dim ? emit_slice_of(e, at, tensor, dim, bounds) : NULL;
}

static struct ir_value *apply_part(struct emitter *e, struct source_range at, struct ir_value *tensor,
                                   const struct part *p, struct ir_value **indices, int *count) {
    if (!p->value && p->tree->kind == TREE_SLICE) {
        struct ir_value *dim = emit_int(e, p->dim, at);
        return dim ? emit_slice(e, at, tensor, dim, p->tree) : NULL;
    }
    if (!p->value) return p->tree->kind == TREE_ELLIPSIS ? tensor : apply_slice_object(e, at, tensor, p);
    if (p->value->type->kind == TYPE_NONE) return with_dim(e, at, "aten::unsqueeze", tensor, p->dim, NULL);
    if (p->value->type->kind == TYPE_INT) return with_dim(e, at, "aten::select", tensor, p->dim, p->value);
    if (p->dim < 0 || p->dim >= MOST_PARTS) return emit_error(e, at, "too many subscripts");
    indices[p->dim] = p->value;
    if (*count <= p->dim) *count = (int)p->dim + 1;
    return tensor;
}

struct ir_value *emit_index_parts(struct emitter *e, struct source_range at, struct ir_value *tensor,
                                  const struct tree *subscripts, struct ir_value ***indices, int *count) {
    struct part *parts = arena_array(&e->memory, struct part, MOST_PARTS);
    *indices = arena_array(&e->memory, struct ir_value *, MOST_PARTS);
    *count = 0;
    if (!parts || !*indices) return emit_out_of_memory(e);
    if (subscripts->count > MOST_PARTS) return emit_error(e, at, "too many subscripts");
    for (int i = 0; i < subscripts->count; i++) parts[i].tree = subscripts->items[i];
    if (!measure_parts(e, at, parts, subscripts->count)) return NULL;
    for (int i = 0; tensor && i < subscripts->count; i++)
        tensor = apply_part(e, at, tensor, &parts[i], *indices, count);
    for (int i = 0; tensor && i < *count; i++)
        if (!(*indices)[i] && !((*indices)[i] = emit_none(e, NULL))) return NULL;
    return tensor;
}

struct ir_value *emit_index(struct emitter *e, struct source_range at, struct ir_value *tensor,
                            struct ir_value *const *indices, int count) {
    const struct type *element = type_optional(e->types, e->types->tensor);
    struct ir_value *inputs[2] = {tensor, element ? emit_list(e, element, indices, count) : NULL};
    return inputs[1] ? emit_operator(e, "aten::index", at, inputs, 2) : NULL;
}

static struct ir_value *emit_tensor_subscript(struct emitter *e, struct source_range at,
                                              struct ir_value *tensor, const struct tree *subscripts) {
    if (!is_tensor(e, tensor->type))
        return emit_error(
            e, at, "Unsupported operation: attempted to use multidimensional indexing on a non-tensor type");
    struct ir_value **indices;
    int count;
    tensor = emit_index_parts(e, at, tensor, subscripts, &indices, &count);
    return tensor && count ? emit_index(e, at, tensor, indices, count) : tensor;
}

static struct sugared *emit_single(struct emitter *e, struct sugared *s, const struct tree *t,
                                   const struct type *hint) {
    const struct tree *index_tree = t->items[1]->items[0];
    struct source_range at = t->range, value_at = t->items[0]->range;
    struct ir_value *v = sugared_value(e, s, value_at);
    struct sugared *index = v ? emit_sugared(e, index_tree, 1, NULL) : NULL;
    if (!index) return NULL;
    if (index->kind == &sugared_kind_slice) {
        struct ir_value *bounds[3] = {index->start, index->stop, index->step}, *dim = NULL;
        if (is_tensor(e, v->type) && !(dim = emit_int(e, 0, value_at))) return NULL;
        return sugared_simple(e, emit_slice_of(e, value_at, v, dim, bounds));
    }
    struct ir_value *i = sugared_value(e, index, value_at);
    if (!i) return NULL;
    if (v->type->kind == TYPE_TUPLE)
        return sugared_simple(e, emit_tuple_index(e, at, sugared_value(e, s, value_at), i));
    if (is_tensor(e, v->type)) return sugared_simple(e, emit_tensor_subscript(e, at, v, t->items[1]));
    return sugared_item(e, s, at, i, hint);
}

/* A module list's slice: bounds that are not written are constants. */
static struct ir_value *slice_as_tuple(struct emitter *e, struct sugared *s, const struct tree *t) {
    struct sugared_list items;
    struct source_range at = t->items[0]->range;
    const struct tree *slice = t->items[1]->items[0];
    struct ir_value *bounds[3] = {NULL};
    if (!sugared_tuple(e, s, at, -1, &items)) return NULL;
    struct ir_value *tuple = sugared_value(e, sugared_tuple_of(e, items.items, items.count), at);
    for (int i = 0; tuple && i < 3; i++) {
        if (slice->items[i])
            bounds[i] = emit_expression(e, slice->items[i], NULL);
        else if (i != 1)
            bounds[i] = emit_literal(e, value_int(i ? 1 : 0), slice->range);
        if (!bounds[i] && e->err->code) return NULL;
    }
    return tuple ? emit_tuple_slice(e, at, tuple, bounds) : NULL;
}

struct sugared *emit_subscript(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct sugared *s = emit_sugared(e, t->items[0], 1, NULL);
    const struct tree *subscripts = t->items[1];
    if (!s) return NULL;
    if (subscripts->count == 1 && subscripts->items[0]->kind != TREE_SLICE) return emit_single(e, s, t, hint);
    if (subscripts->count == 1 && s->kind->sliced_as_tuple) return sugared_simple(e, slice_as_tuple(e, s, t));
    struct ir_value *v = sugared_value(e, s, t->items[0]->range);
    if (!v) return NULL;
    if (subscripts->count != 1) return sugared_simple(e, emit_tensor_subscript(e, t->range, v, subscripts));
    return sugared_simple(e, emit_basic_slice(e, t->range, v, subscripts->items[0]));
}
