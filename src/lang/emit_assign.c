/* Assignments: to variables, attributes, subscripts, tuples of these; augmented ones (emitAssignment,
 * emitAugAssignment in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include <string.h>

/* ---- subscripts as targets ---- */

/* A number for a tensor's place becomes a tensor of the same dtype and device. */
static struct ir_value *number_to_tensor(struct emitter *e, struct ir_value *v, struct ir_value *like) {
    enum type_kind kind = v->type->kind;
    if (kind != TYPE_NUMBER && kind != TYPE_INT && kind != TYPE_BOOL && kind != TYPE_FLOAT &&
        kind != TYPE_COMPLEX)
        return v;
    struct source_range none = {0};
    struct ir_value *dtype = emit_operator(e, "prim::dtype", none, &like, 1);
    struct ir_value *device = dtype ? emit_operator(e, "prim::device", none, &like, 1) : NULL;
    if (!device) return NULL;
    struct actual a = {.value = v}, keywords[2] = {{.value = dtype, .name = emit_name(e, "dtype")},
                                                   {.value = device, .name = emit_name(e, "device")}};
    return emit_builtin(e, emit_name(e, "aten::tensor"), none, (struct actuals){&a, 1, keywords, 2}, NULL);
}

static struct ir_value *index_list(struct emitter *e, struct ir_value *const *indices, int count) {
    const struct type *element = type_optional(e->types, e->types->tensor);
    return element ? emit_list(e, element, indices, count) : emit_out_of_memory(e);
}

static bool assign_tensor_part(struct emitter *e, struct source_range at, struct ir_value *tensor,
                               const struct tree *t, struct ir_value *value) {
    struct ir_value **indices;
    int count;
    struct ir_value *part = emit_index_parts(e, t->range, tensor, t->items[1], &indices, &count);
    struct ir_value *converted = part ? number_to_tensor(e, value, part) : NULL;
    if (!converted) return false;
    if (!count) return emit_operator(e, "aten::copy_", at, (struct ir_value *[]){part, converted}, 2) != NULL;
    struct ir_value *inputs[3] = {part, index_list(e, indices, count), converted};
    return inputs[1] && emit_operator(e, "aten::index_put_", at, inputs, 3);
}

static bool assign_item(struct emitter *e, struct source_range at, struct ir_value *container,
                        const struct tree *t, struct ir_value *value) {
    const struct tree *subscripts = t->items[1];
    if (subscripts->count != 1 || subscripts->items[0]->kind == TREE_SLICE)
        return emit_error(e, subscripts->range,
                          "Sliced expression not yet supported for subscripted assignment. File a bug if you "
                          "want this") != NULL;
    if (is_subtype(e, container->type, simple_type(e, TYPE_ANY_TUPLE)))
        return emit_error(e, t->range, "%s does not support subscripted assignment",
                          emit_type_words(e, container->type)) != NULL;
    struct ir_value *index = emit_expression(e, subscripts->items[0], NULL);
    if (!index) return false;
    struct actual a[3] = {{.value = container}, {.value = index}, {.value = value}};
    struct sugared *magic = sugared_magic(e, "__setitem__", sugared_builtin(e, "aten::_set_item"));
    return sugared_call(e, magic, at, actuals_of(a, 3), 0) != NULL;
}

static bool assign_subscript(struct emitter *e, struct source_range at, const struct tree *t,
                             struct ir_value *value) {
    struct ir_value *container = emit_expression(e, t->items[0], NULL);
    if (!container) return false;
    return is_tensor(e, container->type) ? assign_tensor_part(e, at, container, t, value)
                                         : assign_item(e, at, container, t, value);
}

/* ---- tuples of targets ---- */

static bool is_target(enum tree_kind kind) {
    return kind == TREE_NAME || kind == TREE_SUBSCRIPT || kind == TREE_TUPLE || kind == TREE_ATTRIBUTE;
}

int targets_starred(struct emitter *e, const struct tree *targets, struct source_range at) {
    int starred = 0, normal = 0;
    for (int i = 0; i < targets->count; i++) {
        enum tree_kind kind = (enum tree_kind)targets->items[i]->kind;
        starred += kind == TREE_STARRED;
        normal += is_target(kind);
        if (kind == TREE_STARRED || is_target(kind)) continue;
        emit_error(e, targets->items[i]->range,
                   "lhs of assignment must be a variable, subscript, or starred expression");
        return -1;
    }
    if (starred > 1) emit_error(e, at, "Only one starred expression is allowed on the lhs");
    if (starred && !normal)
        emit_error(
            e, at,
            "A Starred expression may only appear on the lhs within the presence of another non-starred "
            "expression");
    return e->err->code ? -1 : starred;
}

static bool assign_tuple(struct emitter *e, const struct tree *targets, struct sugared *value,
                         struct source_range at, int binders, bool starred) {
    struct sugared_list items;
    if (!sugared_tuple(e, value, at, starred ? -1 : binders, &items)) return false;
    if (items.count < binders)
        emit_error(e, targets->range, "need %s%d values to unpack but found only %d",
                   starred ? "at least " : "", binders, items.count);
    else if (items.count > binders && !starred)
        emit_error(e, targets->range, "too many values to unpack: need %d but found %d", binders,
                   items.count);
    if (e->err->code)
        return explain(e, ERROR_UNPACK_COUNT, targets->range, NULL,
                       "%d values cannot be unpacked into %d names", items.count, binders) != NULL;
    return emit_assign_all(e, targets, items.items, items.count, at, binders);
}

/* *rest takes what the other targets leave. */
static bool assign_starred(struct emitter *e, const struct tree *t, struct sugared *const *values,
                           int count) {
    const struct tree *name = t->items[0];
    if (name->kind != TREE_NAME)
        return emit_error(e, name->range, "Cannot pack a tuple into a non-variable") != NULL;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!items) return error_memory(e->err);
    for (int i = 0; i < count; i++)
        if (!(items[i] = sugared_value(e, values[i], t->range))) return false;
    return variable_set(e, name->range, name->name, sugared_simple(e, emit_tuple(e, items, count, NULL)),
                        NULL);
}

static bool assign_attribute(struct emitter *e, const struct tree *t, struct sugared *value,
                             struct source_range at) {
    struct sugared *object = emit_sugared(e, t->items[0], 1, NULL);
    struct ir_value *v = object ? sugared_value(e, value, at) : NULL;
    return v && sugared_set_attribute(e, object, at, t->name, v);
}

static bool assign_one(struct emitter *e, const struct tree *t, struct sugared *value,
                       struct source_range at) {
    switch ((enum tree_kind)t->kind) {
    case TREE_NAME: return variable_set(e, t->range, t->name, value, NULL);
    case TREE_ATTRIBUTE: return assign_attribute(e, t, value, at);
    case TREE_SUBSCRIPT: {
        struct ir_value *v = sugared_value(e, value, at);
        return v && assign_subscript(e, at, t, v);
    }
    case TREE_TUPLE: {
        int starred = targets_starred(e, t, t->range);
        return starred >= 0 && assign_tuple(e, t, value, at, t->count - starred, starred);
    }
    default: return emit_error(e, t->range, "unexpected expression on the left-hand side") != NULL;
    }
}

bool emit_assign_all(struct emitter *e, const struct tree *targets, struct sugared *const *values, int count,
                     struct source_range at, int binders) {
    int next = 0;
    for (int i = 0; i < targets->count; i++) {
        const struct tree *t = targets->items[i];
        int taken = t->kind == TREE_STARRED ? count - binders : 1;
        if (next + taken > count) return emit_error(e, at, "not enough values to unpack") != NULL;
        bool good = t->kind == TREE_STARRED ? assign_starred(e, t, values + next, taken)
                                            : assign_one(e, t, values[next], at);
        if (!good) return false;
        next += taken;
    }
    return true;
}

/* ---- assignment statements ---- */

/* Packed parameters of quantized layers were tensors once: their old code goes on with the operator that
 * makes these. */
static struct sugared *legacy_prepack(struct emitter *e, struct sugared *value) {
    static const char method[] =
        "__torch__.torch.nn.quantized.dynamic.modules.rnn.PackedParameter.__setstate__";
    struct ir_value *v = sugared_as_simple(value);
    if (!v || strcmp(e->function->qualified->text, method) ||
        strcmp(v->node->kind->text, "quantized::linear_prepack"))
        return value;
    return sugared_simple(e, emit_operator(e, "quantized::linear_prepack_legacy", v->node->range,
                                           v->node->inputs.items, v->node->inputs.count));
}

static bool assign_name(struct emitter *e, const struct tree *target, const struct tree *value,
                        const struct tree *type_tree) {
    const struct type *type = type_tree ? emit_annotation(e, type_tree) : NULL;
    if (type_tree && !type) return false;
    struct sugared *s = emit_sugared(e, value, 1, type);
    const struct ir_value *v = s && type && e->wide ? sugared_as_simple(s) : NULL;
    /* a defaultdict stays one where the annotation says Dict */
    if (v && lower_is_marked(v->type) && type_marked(e->types, v->type, NULL) == type) type = v->type;
    return s && variable_set(e, target->range, target->name, legacy_prepack(e, s), type);
}

static bool assign_single(struct emitter *e, const struct tree *t, const struct tree *target,
                          const struct tree *value) {
    if (!value)
        return emit_error(e, t->range, "For an assignment, expected an expression on the right-hand side") !=
               NULL;
    struct sugared *s;
    switch ((enum tree_kind)target->kind) {
    case TREE_NAME: return assign_name(e, target, value, t->items[2]);
    case TREE_TUPLE: {
        int starred = targets_starred(e, target, target->range);
        if (starred < 0) return false;
        s = emit_sugared(e, value, target->count - starred, NULL);
        return s && assign_tuple(e, target, s, value->range, target->count - starred, starred);
    }
    case TREE_ATTRIBUTE: {
        const struct type *hint = t->items[2] ? emit_annotation(e, t->items[2]) : NULL;
        if (t->items[2] && !hint) return false;
        struct sugared *object = emit_sugared(e, target->items[0], 1, NULL);
        struct ir_value *v = object ? sugared_value(e, emit_sugared(e, value, 1, hint), value->range) : NULL;
        return v && sugared_set_attribute(e, object, t->range, target->name, v);
    }
    case TREE_SUBSCRIPT: {
        struct ir_value *v = emit_expression(e, value, NULL);
        return v && assign_subscript(e, t->range, target, v);
    }
    default:
        return emit_error(e, target->range, "unexpected expression on left-hand side of assignment") != NULL;
    }
}

bool emit_assign(struct emitter *e, const struct tree *t) {
    const struct tree *targets = t->items[0];
    if (targets->count == 1) return assign_single(e, t, targets->items[0], t->items[1]);
    /* a = b = value: the value once, under a name of the compiler's own, then each target from it. */
    const char *text = arena_printf(&e->memory, "$tmp_assign_%d", e->temporaries++);
    const struct name *name = text ? emit_name(e, text) : NULL;
    struct tree *variable = name ? tree_name(&e->memory, t->items[1]->range, name) : NULL;
    struct sugared *s = variable ? emit_sugared(e, t->items[1], 1, NULL) : NULL;
    if (!s || !variable_set(e, t->items[1]->range, name, s, NULL)) return false;
    for (int i = 0; i < targets->count; i++)
        if (!assign_single(e, t, targets->items[i], variable)) return false;
    return true;
}

/* ---- augmented assignments ---- */

static const struct {
    uint8_t op;
    const char *in_place, *plain, *in_place_method, *method;
} augmented[] = {
    {OPERATOR_ADD, "aten::add_", "aten::add", "__iadd__", "__add__"},
    {OPERATOR_SUBTRACT, "aten::sub_", "aten::sub", "__isub__", "__sub__"},
    {OPERATOR_DIVIDE, "aten::div_", "aten::div", "__itruediv__", "__truediv__"},
    {OPERATOR_MULTIPLY, "aten::mul_", "aten::mul", "__imul__", "__mul__"},
    {OPERATOR_REMAINDER, "aten::fmod_", "aten::fmod", "__imod__", "__mod__"},
    {OPERATOR_BIT_OR, "aten::bitwise_or", "aten::__or__", NULL, NULL},
    {OPERATOR_BIT_AND, "aten::bitwise_and", "aten::__and__", NULL, NULL},
    {OPERATOR_BIT_XOR, "aten::bitwise_xor", "aten::__xor__", NULL, NULL},
    {OPERATOR_SHIFT_LEFT, "aten::__ilshift__", "aten::__lshift__", NULL, NULL},
    {OPERATOR_SHIFT_RIGHT, "aten::__irshift__", "aten::__rshift__", NULL, NULL},
    {OPERATOR_POWER, "aten::pow", "aten::pow", NULL, NULL},
    /* What PyTorch does not take (refusals.c): in place for tensors as in Python. */
    {OPERATOR_FLOOR_DIVIDE, "aten::floor_divide_", "aten::floordiv", "__ifloordiv__", "__floordiv__"},
    {OPERATOR_MATRIX_MULTIPLY, "aten::matmul", "aten::matmul", "__imatmul__", "__matmul__"},
};

static int augmented_index(const struct tree *t) {
    for (size_t i = 0; i < sizeof augmented / sizeof *augmented; i++)
        if (augmented[i].op == t->op) return (int)i;
    return 0; /* the parser makes no others */
}

static const char *augmented_operator(struct emitter *e, const struct tree *t, const struct type *type) {
    int i = augmented_index(t);
    return is_tensor(e, type) || type->kind == TYPE_LIST ? augmented[i].in_place : augmented[i].plain;
}

/* x += y on an object: its __iadd__, or else its __add__. */
static struct ir_value *augment_object(struct emitter *e, const struct tree *t, struct ir_value *object) {
    int i = augmented_index(t);
    const struct class_definition *c = object->type->definition;
    if (!augmented[i].method)
        return emit_error(e, t->range, "Unknown augmented assignment: %s", tree_operators[t->op].text);
    struct actual a = {.value = emit_expression(e, t->items[1], NULL)};
    const struct name *method = a.value ? emit_name(e, augmented[i].in_place_method) : NULL;
    if (method && !class_find_method(c, method)) method = emit_name(e, augmented[i].method);
    if (!method) return NULL;
    if (!class_find_method(c, method))
        return emit_error(
            e, t->range, "Cannot emit inplace op on %s since it does not define an %s or %s method",
            emit_type_words(e, object->type), augmented[i].in_place_method, augmented[i].method);
    return sugared_value(
        e, sugared_call(e, sugared_method(e, object, method), t->range, actuals_of(&a, 1), 0), t->range);
}

static struct ir_value *augment_value(struct emitter *e, const struct tree *t, struct ir_value *v) {
    if (v->type->kind == TYPE_CLASS) return augment_object(e, t, v);
    struct ir_value *inputs[2] = {v, emit_expression(e, t->items[1], NULL)};
    return inputs[1] ? emit_operator(e, augmented_operator(e, t, v->type), t->range, inputs, 2) : NULL;
}

static bool augment_attribute(struct emitter *e, const struct tree *t) {
    const struct tree *target = t->items[0];
    struct sugared *object = emit_sugared(e, target->items[0], 1, NULL);
    struct ir_value *v =
        object ? sugared_value(e, sugared_attribute(e, object, target->range, target->name), target->range)
               : NULL;
    struct ir_value *result = v ? augment_value(e, t, v) : NULL;
    return result && sugared_set_attribute(e, object, t->range, target->name, result);
}

/* x[...] += y in place; with tensor subscripts: index, add, index_put_. */
static bool augment_tensor_part(struct emitter *e, const struct tree *t, struct ir_value *tensor) {
    struct ir_value **indices;
    int count;
    const char *op = augmented_operator(e, t, tensor->type);
    struct ir_value *part =
        emit_index_parts(e, t->items[0]->range, tensor, t->items[0]->items[1], &indices, &count);
    struct actual rhs = {.value = part ? emit_expression(e, t->items[1], NULL) : NULL};
    if (!rhs.value) return false;
    struct actual self = {.value = part};
    if (!count) return emit_builtin(e, emit_name(e, op), t->range, actuals_of(&rhs, 1), &self) != NULL;
    struct ir_value *inputs[3] = {part, index_list(e, indices, count)};
    self.value = inputs[1] ? emit_operator(e, "aten::index", t->range, inputs, 2) : NULL;
    if (!self.value) return false;
    inputs[2] = emit_builtin(e, emit_name(e, op), t->range, actuals_of(&rhs, 1), &self);
    return inputs[2] && emit_operator(e, "aten::index_put_", t->range, inputs, 3);
}

static bool augment_item(struct emitter *e, const struct tree *t, struct ir_value *container) {
    const struct type *type = container->type;
    const struct tree *subscripts = t->items[0]->items[1];
    if (subscripts->count != 1)
        return emit_error(e, subscripts->range,
                          "Sliced expression not yet supported for %s augmented assignment. File a bug "
                          "if you want this",
                          emit_type_words(e, type)) != NULL;
    if (type->kind != TYPE_LIST && type->kind != TYPE_DICT)
        return emit_error(e, t->items[0]->range, "%s does not support augmented assignment.",
                          emit_type_words(e, type)) != NULL;
    struct ir_value *index = emit_expression(e, subscripts->items[0], NULL);
    struct ir_value *value = index ? emit_expression(e, t->items[1], NULL) : NULL;
    if (!value) return false;
    struct ir_value *inputs[3] = {container, index}, *both[2] = {NULL, value};
    both[0] = emit_operator(e, "aten::__getitem__", t->range, inputs, 2);
    if (!both[0]) return false;
    /* PyTorch looks at a dict's key type here. */
    inputs[2] = emit_operator(e, augmented_operator(e, t, type->items[0]), t->range, both, 2);
    return inputs[2] && emit_operator(e, "aten::_set_item", t->range, inputs, 3);
}

bool emit_augmented(struct emitter *e, const struct tree *t) {
    const struct tree *target = t->items[0];
    struct ir_value *v;
    switch ((enum tree_kind)target->kind) {
    case TREE_NAME:
        v = emit_expression(e, target, NULL);
        v = v ? augment_value(e, t, v) : NULL;
        return v && variable_set(e, target->range, target->name, sugared_simple(e, v), NULL);
    case TREE_ATTRIBUTE: return augment_attribute(e, t);
    case TREE_SUBSCRIPT:
        if (!(v = emit_expression(e, target->items[0], NULL))) return false;
        return is_tensor(e, v->type) ? augment_tensor_part(e, t, v) : augment_item(e, t, v);
    default:
        return emit_error(e, target->range,
                          "unexpected expression on left-hand side of augmented assignment") != NULL;
    }
}
