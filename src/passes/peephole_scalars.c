/* Peephole rules over values that are no tensors: torch/csrc/jit/passes/peephole_non_tensor.cpp. */
#include "ir/views.h"
#include "passes/peephole.h"

struct scalars {
    struct graph *graph;
    bool changed, failed;
};

static void replace(struct scalars *s, struct ir_value *v, struct ir_value *by) {
    if (!by || !value_replace_uses(v, by)) s->failed = true;
    s->changed = true;
}

static struct ir_value *constant_before(struct scalars *s, struct node *n, lb_value value) {
    struct node *old = insertion_set(s->graph, n);
    struct ir_value *v = graph_insert_constant(s->graph, value, NULL, (struct source_range){0});
    insertion_set(s->graph, old);
    return v;
}

static bool must_be_none(const struct ir_value *v) {
    return v->type->kind == TYPE_NONE || node_must_be_none(v->node);
}

static bool cannot_be_none(const struct ir_value *v) {
    if (v->type->kind == TYPE_NONE || v->type->kind == TYPE_OPTIONAL) return false;
    for (int i = 0; v->type->kind == TYPE_UNION && i < v->type->count; i++)
        if (v->type->items[i]->kind == TYPE_NONE) return false;
    return !node_kind_is(v->node, "prim::AutogradAdd");
}

/* An output that can only be None is the constant None. */
static void replace_none_outputs(struct scalars *s, struct node *n) {
    if (node_is(n, KIND_CONSTANT)) return;
    for (int i = 0; i < n->outputs.count; i++)
        if (node_output(n, i)->type->kind == TYPE_NONE)
            replace(s, node_output(n, i), constant_before(s, n, value_none()));
}

/* "x and True", "x or False": an output that equals the condition; and outputs whose Optional came to
 * nothing. */
static void simplify_if(struct scalars *s, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) {
        if (node_output(n, i)->type->kind != TYPE_BOOL) continue;
        bool in_then = false, in_else = true;
        constant_bool(block_output(then_block(n), i), &in_then);
        constant_bool(block_output(else_block(n), i), &in_else);
        if (in_then && !in_else) replace(s, node_output(n, i), node_input(n, 0));
    }
    for (int i = 0; i < n->outputs.count; i++) {
        const struct type *a = block_output(then_block(n), i)->type,
                          *b = block_output(else_block(n), i)->type;
        if (a->kind == TYPE_OPTIONAL || b->kind == TYPE_OPTIONAL ||
            node_output(n, i)->type->kind != TYPE_OPTIONAL)
            continue;
        const struct type *both = type_unify(&s->graph->unit->types, a, b, false, NULL);
        if (!both) continue;
        node_output(n, i)->type = both;
        s->changed = true;
    }
}

static void simplify_none_check(struct scalars *s, struct node *n) {
    for (int i = 0; i < 2 && n->inputs.count == 2; i++)
        if (must_be_none(node_input(n, i)) && cannot_be_none(node_input(n, 1 - i)))
            replace(s, node_output(n, 0), constant_before(s, n, value_bool(node_is(n, KIND_ATEN_ISNOT))));
}

static void simplify_unwrap(struct scalars *s, struct node *n) {
    if (cannot_be_none(node_input(n, 0))) replace(s, node_output(n, 0), node_input(n, 0));
}

static void simplify_cast(struct scalars *s, struct node *n) {
    struct type_store *types = &s->graph->unit->types;
    const struct type *from = type_unshaped(types, node_input(n, 0)->type);
    const struct type *to = type_unshaped(types, node_output(n, 0)->type);
    if (from && to && type_is_subtype(types, from, to)) replace(s, node_output(n, 0), node_input(n, 0));
}

static void simplify_to_int(struct scalars *s, struct node *n) {
    if (n->inputs.count == 1 && node_input(n, 0)->type->kind == TYPE_INT)
        replace(s, node_output(n, 0), node_input(n, 0));
}

static bool compares_safely(const struct type *t) {
    return t->kind == TYPE_BOOL || t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_NONE;
}

/* A value compared with itself. */
static void simplify_equality(struct scalars *s, struct node *n) {
    if (n->inputs.count != 2 || node_input(n, 0) != node_input(n, 1)) return;
    const struct type *t = node_input(n, 0)->type;
    bool safe = compares_safely(t);
    if (t->kind == TYPE_LIST) safe = compares_safely(t->items[0]);
    if (t->kind == TYPE_DICT) safe = compares_safely(t->items[0]) && compares_safely(t->items[1]);
    if (safe) replace(s, node_output(n, 0), constant_before(s, n, value_bool(node_kind_is(n, "aten::eq"))));
}

/* Of an operation on two ints: the constant one, brought to the second place if the operation commutes. */
static bool constant_operand(struct node *n, int64_t *value) {
    if (n->inputs.count != 2 || node_input(n, 0)->type->kind != TYPE_INT ||
        node_input(n, 1)->type->kind != TYPE_INT)
        return false;
    bool commutes = node_kind_is(n, "aten::mul") || node_kind_is(n, "aten::add");
    if (commutes && constant_int(node_input(n, 0), value)) {
        struct ir_value *a = node_input(n, 0), *b = node_input(n, 1);
        node_replace_input(n, 0, b);
        node_replace_input(n, 1, a);
        return true;
    }
    return constant_int(node_input(n, 1), value);
}

static void simplify_product(struct scalars *s, struct node *n) {
    int64_t by;
    if (constant_operand(n, &by) && by == 1) replace(s, node_output(n, 0), node_input(n, 0));
}

/* (x + 1) + 2. */
static void simplify_sum(struct scalars *s, struct node *n) {
    int64_t by, before;
    if (!constant_operand(n, &by)) return;
    if (by == 0) {
        replace(s, node_output(n, 0), node_input(n, 0));
        return;
    }
    struct node *inner = node_input(n, 0)->node;
    if ((!node_kind_is(inner, "aten::add") && !node_kind_is(inner, "aten::sub")) ||
        !constant_operand(inner, &before))
        return;
    uint64_t sum = inner->kind == n->kind ? (uint64_t)by + (uint64_t)before : (uint64_t)by - (uint64_t)before;
    if (sum == 0) {
        replace(s, node_output(n, 0), node_input(inner, 0));
        return;
    }
    node_replace_input(n, 0, node_input(inner, 0));
    struct ir_value *merged = constant_before(s, n, value_int((int64_t)sum));
    if (merged) node_replace_input(n, 1, merged);
    s->failed |= !merged;
    s->changed = true;
}

static const struct {
    const char *kind;
    void (*simplify)(struct scalars *s, struct node *n);
} rules[] = {
    {"prim::If", simplify_if},
    {"aten::__is__", simplify_none_check},
    {"aten::__isnot__", simplify_none_check},
    {"prim::unchecked_unwrap_optional", simplify_unwrap},
    {"aten::_unwrap_optional", simplify_unwrap},
    {"prim::unchecked_cast", simplify_cast},
    {"aten::Int", simplify_to_int},
    {"aten::ceil", simplify_to_int},
    {"aten::ne", simplify_equality},
    {"aten::eq", simplify_equality},
    {"aten::mul", simplify_product},
    {"aten::floordiv", simplify_product},
    {"aten::div", simplify_product},
    {"aten::add", simplify_sum},
    {"aten::sub", simplify_sum},
};

static void simplify_block(struct scalars *s, struct block *b) {
    for (struct node *n = block_first(b); n != b->result && !s->failed; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++) simplify_block(s, n->blocks.items[i]);
        replace_none_outputs(s, n);
        for (size_t i = 0; i < sizeof rules / sizeof *rules && !s->failed; i++)
            if (node_kind_is(n, rules[i].kind)) rules[i].simplify(s, n);
    }
}

bool peephole_scalars(struct graph *g, bool *changed) {
    struct scalars s = {.graph = g};
    simplify_block(&s, g->top);
    *changed |= s.changed;
    return !s.failed;
}
