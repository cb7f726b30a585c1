/* Expressions (emitSugaredExpr, emitSimpleExpr and their like in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/emitter.h"
#include "lang/refusals.h"
#include "lang/wide.h"
#include <math.h>
#include <string.h>

enum { EMIT_DEPTH = 1500 };

/* A literal's value as a node shared by all literals of that value. */
static struct ir_value *emit_number(struct emitter *e, const struct tree *t) {
    lb_value v = t->kind == TREE_INT ? value_int(t->integer) : value_float(t->number);
    if (t->kind == TREE_COMPLEX && !value_new_complex(&v, 0, t->number, e->err)) return NULL;
    struct ir_value *c = emit_literal(e, v, t->range);
    value_release(v);
    return c;
}

/* ---- actual arguments ---- */

static int count_actuals(const struct tree *list) {
    return list->count;
}

static bool add_starred(struct emitter *e, const struct tree *t, struct actual **items, int *count,
                        int *room) {
    struct sugared_list parts;
    if (!sugared_tuple(e, emit_sugared(e, t->items[0], 1, NULL), t->range, -1, &parts)) return false;
    if (*count + parts.count > *room) {
        struct actual *more = arena_array(&e->memory, struct actual, *room + parts.count);
        if (!more) return error_memory(e->err);
        memcpy(more, *items, sizeof *more * (size_t)*count);
        *items = more;
        *room += parts.count;
    }
    for (int i = 0; i < parts.count; i++) {
        struct ir_value *v = sugared_value(e, parts.items[i], t->range);
        if (!v) return false;
        (*items)[(*count)++] = (struct actual){.value = v, .range = t->range};
    }
    return true;
}

bool emit_actuals(struct emitter *e, const struct tree *list, int from, bool unpack, struct actual **out,
                  int *count) {
    int room = count_actuals(list) + 1;
    struct actual *items = arena_array(&e->memory, struct actual, room);
    *count = 0;
    if (!items) return error_memory(e->err);
    for (int i = from; i < list->count; i++) {
        const struct tree *t = list->items[i];
        if (unpack && t->kind == TREE_STARRED) {
            if (!add_starred(e, t, &items, count, &room)) return false;
            continue;
        }
        struct ir_value *v = emit_expression(e, t, NULL);
        if (!v) return false;
        items[(*count)++] = (struct actual){.value = v, .range = t->range};
    }
    *out = items;
    return true;
}

bool emit_keywords(struct emitter *e, const struct tree *list, struct actual **out, int *count) {
    *out = arena_array(&e->memory, struct actual, list->count + 1);
    *count = list->count;
    if (!*out) return error_memory(e->err);
    for (int i = 0; i < list->count; i++) {
        const struct tree *k = list->items[i];
        struct ir_value *v = emit_expression(e, k->items[0], NULL);
        if (!v) return false;
        (*out)[i] = (struct actual){.value = v, .name = k->name, .range = k->range};
    }
    return true;
}

static bool emit_values(struct emitter *e, const struct tree *list, struct ir_value ***out, int *count) {
    struct actual *actuals;
    if (!emit_actuals(e, list, 0, true, &actuals, count)) return false;
    *out = arena_array(&e->memory, struct ir_value *, *count + 1);
    if (!*out) return error_memory(e->err);
    for (int i = 0; i < *count; i++) (*out)[i] = actuals[i].value;
    return true;
}

/* ---- operators ---- */

/* -x, ~x: folded at once when x is a constant number. */
static struct ir_value *fold_unary(struct emitter *e, struct ir_value *v, bool invert,
                                   struct source_range at) {
    lb_value in;
    if (v->node->inputs.count != 1 || !emit_is_constant(v->node->inputs.items[0], &in)) return v;
    if (invert) return in.tag == VALUE_INT ? emit_int(e, ~in.i, at) : v;
    if (in.tag == VALUE_INT) return emit_int(e, (int64_t)(0 - (uint64_t)in.i), at);
    if (in.tag == VALUE_FLOAT) return emit_constant(e, value_float(-in.f), at);
    lb_value out;
    if (in.tag != VALUE_COMPLEX || !value_new_complex(&out, -in.complex->re, -in.complex->im, e->err))
        return v;
    struct ir_value *c = emit_constant(e, out, at);
    value_release(out);
    return c;
}

static struct ir_value *emit_unary(struct emitter *e, const struct tree *t) {
    bool invert = t->kind == TREE_INVERT;
    const char *op = invert ? "aten::bitwise_not" : "aten::neg";
    struct actual a = {.value = emit_expression(e, t->items[0], NULL), .range = t->items[0]->range};
    if (!a.value) return NULL;
    struct sugared *magic = sugared_magic(e, invert ? "__invert__" : "__neg__", sugared_builtin(e, op));
    struct sugared *s = sugared_call(e, magic, t->range, actuals_of(&a, 1), 0);
    struct ir_value *v = sugared_as_simple(s);
    return v && !strcmp(v->node->kind->text, op) ? fold_unary(e, v, invert, t->range) : v;
}

/* (a, b) + (c,) */
static struct ir_value *add_tuples(struct emitter *e, struct ir_value *a, struct ir_value *b) {
    int first = a->type->count, count = first + b->type->count;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, count + 1);
    struct ir_value *const *left = emit_unpack(e, a), *const *right = left ? emit_unpack(e, b) : NULL;
    if (!items || !right) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) items[i] = i < first ? left[i] : right[i - first];
    return emit_tuple(e, items, count, NULL);
}

static struct ir_value *emit_binary_operator(struct emitter *e, const struct tree *t) {
    const struct tree_operator_info *op = &tree_operators[t->op];
    struct actual a[2];
    for (int i = 0; i < 2; i++) {
        a[i] = (struct actual){.value = emit_expression(e, t->items[i], NULL), .range = t->items[i]->range};
        if (!a[i].value) return NULL;
    }
    if (t->op == OPERATOR_IN) {
        struct actual container = a[1];
        a[1] = a[0];
        a[0] = container;
    }
    if (!op->magic) return emit_builtin(e, emit_name(e, op->op), t->range, actuals_of(a, 2), NULL);
    if (t->op == OPERATOR_ADD && a[0].value->type->kind == TYPE_TUPLE && a[1].value->type->kind == TYPE_TUPLE)
        return add_tuples(e, a[0].value, a[1].value);
    struct sugared *magic = sugared_magic(e, op->magic, sugared_builtin(e, op->op));
    return sugared_value(e, sugared_call(e, magic, t->range, actuals_of(a, 2), 0), t->range);
}

/* "..." % x formats; on other types % is the remainder. The left side is emitted twice then, as PyTorch does.
 */
static struct ir_value *emit_percent(struct emitter *e, const struct tree *t) {
    struct ir_value *left = sugared_value(e, emit_sugared(e, t->items[0], 0, NULL), t->items[0]->range);
    if (!left) return NULL;
    if (left->type->kind != TYPE_STRING) return emit_binary_operator(e, t);
    struct ir_value *inputs[2];
    for (int i = 0; i < 2; i++)
        if (!(inputs[i] = emit_expression(e, t->items[i], NULL))) return NULL;
    struct node *n = emit_node_named(e, emit_name(e, "aten::percentFormat"), 1, inputs, 2);
    if (!n) return NULL;
    n->range = t->range;
    n->outputs.items[0]->type = simple_type(e, TYPE_STRING);
    return n->outputs.items[0];
}

static struct ir_value *emit_condition_value(struct emitter *e, const struct tree *t) {
    struct condition c;
    return emit_condition(e, t, &c) ? c.value : NULL;
}

static struct ir_value *emit_binary(struct emitter *e, const struct tree *t) {
    if (t->op == OPERATOR_IS || t->op == OPERATOR_IS_NOT) return emit_condition_value(e, t);
    return t->op == OPERATOR_REMAINDER ? emit_percent(e, t) : emit_binary_operator(e, t);
}

struct ir_value *emit_unary_plain(struct emitter *e, const struct tree *t) {
    return emit_unary(e, t);
}

struct ir_value *emit_binary_plain(struct emitter *e, const struct tree *t) {
    return emit_binary(e, t);
}

static struct ir_value *emit_tuple_literal(struct emitter *e, const struct tree *t) {
    struct ir_value **items;
    int count;
    return emit_values(e, t, &items, &count) ? emit_tuple(e, items, count, NULL) : NULL;
}

static void *refuse(struct emitter *e, const struct tree *t) {
    if (t->kind == TREE_UNSUPPORTED) return emit_error(e, t->range, "%s", t->text);
    if (t->kind == TREE_STARRED)
        return emit_error(e, t->range, "Unexpected starred expansion. File a bug report");
    const char *words = e->wide ? refusal_words(t) : NULL;
    if (words) return emit_error(e, t->range, "%s", words);
    return emit_error(e, t->range, "Cannot emit expr for: (%s)", tree_kind_words[t->kind]);
}

static struct ir_value *emit_simple(struct emitter *e, const struct tree *t, const struct type *hint) {
    switch ((enum tree_kind)t->kind) {
    case TREE_BINARY: return emit_binary(e, t);
    case TREE_AND:
    case TREE_OR:
    case TREE_NOT: return emit_condition_value(e, t);
    case TREE_NEGATE:
    case TREE_INVERT: return emit_unary(e, t);
    case TREE_INT:
    case TREE_FLOAT:
    case TREE_COMPLEX: return emit_number(e, t);
    case TREE_TRUE:
    case TREE_FALSE: return emit_bool(e, t->kind == TREE_TRUE, t->range);
    case TREE_NONE: return emit_constant(e, value_none(), t->range);
    case TREE_STRING: return emit_text(e, t->text, t->length, t->range);
    case TREE_IF_EXPRESSION: return emit_conditional(e, t, hint);
    case TREE_LIST_LITERAL: return emit_list_literal(e, t, hint);
    case TREE_TUPLE: return emit_tuple_literal(e, t);
    case TREE_DICT: return emit_dict_literal(e, t, hint);
    case TREE_LIST_COMPREHENSION: return emit_list_comprehension(e, t, hint);
    case TREE_DICT_COMPREHENSION: return emit_dict_comprehension(e, t, hint);
    default: return refuse(e, t);
    }
}

static struct sugared *emit_sugared_plain(struct emitter *e, const struct tree *t, int binders,
                                          const struct type *hint) {
    struct sugared *lowered;
    if (e->wide && wide_expression(e, t, binders, hint, &lowered)) return lowered;
    switch ((enum tree_kind)t->kind) {
    case TREE_NAME: return variable_get(e, t->name, t->range);
    case TREE_ATTRIBUTE:
        return sugared_attribute(e, emit_sugared(e, t->items[0], 1, NULL), t->range, t->name);
    case TREE_CALL: return emit_call(e, t, binders, hint);
    case TREE_SUBSCRIPT: return emit_subscript(e, t, hint);
    default: return sugared_simple(e, emit_simple(e, t, hint));
    }
}

struct sugared *emit_sugared(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    if (++e->depth > EMIT_DEPTH) return emit_error(e, t->range, "the program is nested too deeply");
    struct sugared *s = emit_sugared_plain(e, t, binders, hint);
    e->depth--;
    if (!s && !e->err->code) return emit_error(e, t->range, "expression without a value");
    return s;
}

struct ir_value *emit_expression(struct emitter *e, const struct tree *t, const struct type *hint) {
    e->pending = t->range;
    struct ir_value *v = sugared_value(e, emit_sugared(e, t, 1, hint), t->range);
    if (v && hint && hint->kind == TYPE_ANY && v->type->kind != TYPE_ANY) v = emit_cast(e, v, hint);
    return v;
}

struct sugared *emit_call(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    struct sugared *callee = emit_sugared(e, t->items[0], 1, NULL);
    if (!callee) return NULL;
    if (callee->kind == &sugared_kind_form) return emit_special_form(e, callee, t, hint);
    struct actual *items, *keywords;
    struct actuals a = {0};
    if (!emit_actuals(e, t->items[1], 0, true, &items, &a.count)) return NULL;
    if (!emit_keywords(e, t->items[2], &keywords, &a.keyword_count)) return NULL;
    a.items = items;
    a.keywords = keywords;
    e->pending = t->range;
    return sugared_call(e, callee, t->items[0]->range, a, binders);
}
