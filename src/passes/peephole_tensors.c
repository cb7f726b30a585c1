/* Peephole rules over tensors that may stand for each other:
 * torch/csrc/jit/passes/peephole_alias_sensitive.cpp. */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias.h"
#include "passes/peephole.h"

struct tensors {
    struct graph *graph;
    struct alias_db *aliases;
    struct table stale; /* values whose aliases have changed since */
    bool shapes, changed, failed;
};

static void replace(struct tensors *t, struct ir_value *v, struct ir_value *by) {
    if (!by || !value_replace_uses(v, by)) t->failed = true;
    t->changed = true;
}

/* The rank of a convolution's result is known. */
static void replace_dim_of(struct tensors *t, struct ir_value *v, int64_t ndim) {
    if (alias_has_writers(t->aliases, v)) return;
    for (int i = 0; i < v->uses.count && !t->failed; i++) {
        struct node *user = v->uses.items[i].user;
        if (!node_kind_is(user, "aten::dim")) continue;
        struct node *old = insertion_set(t->graph, user);
        replace(t, node_output(user, 0), insert_constant_int(t->graph, ndim));
        insertion_set(t->graph, old);
    }
}

/* A constant of this value. Beside a tensor of unknown type it must be an int: a float could promote. */
static bool is_number(const struct ir_value *v, double wanted, bool floats) {
    lb_value c;
    if (!node_constant(v->node, &c)) return false;
    return (c.tag == VALUE_INT && (double)c.i == wanted) || (floats && c.tag == VALUE_FLOAT && c.f == wanted);
}

/* x + 0, x - 0, x * 1; x / 1 where x is known to be of floats. */
static bool adds_nothing(const struct tensors *t, struct node *n) {
    bool sum = node_kind_is(n, "aten::add") || node_kind_is(n, "aten::sub");
    bool quotient = node_kind_is(n, "aten::div"), product = quotient || node_kind_is(n, "aten::mul");
    const struct op_row *row = sum || product ? node_operator(n) : NULL;
    if (!row || strcmp(op_overload(row), "Scalar") != 0 || node_input(n, 0)->type->kind != TYPE_TENSOR)
        return false;
    const struct tensor_facts *facts = node_input(n, 0)->type->facts;
    bool floats = t->shapes && facts && facts->dtype >= 0 && dtype_is_floating((enum dtype)facts->dtype);
    if (quotient && !floats) return false;
    if (product) return is_number(node_input(n, 1), 1, floats);
    return n->inputs.count == 3 && is_number(node_input(n, 1), 0, floats) &&
           is_number(node_input(n, 2), 1, floats);
}

static void visit(struct tensors *t, struct block *b) {
    static const char *const convolutions[] = {"aten::conv1d", "aten::conv2d", "aten::conv3d"};
    for (struct node *n = block_first(b); n != b->result && !t->failed; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++) visit(t, n->blocks.items[i]);
        for (int rank = 1; rank <= 3; rank++)
            if (node_kind_is(n, convolutions[rank - 1])) replace_dim_of(t, node_output(n, 0), rank + 2);
        if (!adds_nothing(t, n)) continue;
        struct ir_value *in = node_input(n, 0), *out = node_output(n, 0);
        bool stale = table_has(&t->stale, in) || table_has(&t->stale, out);
        if (stale || !alias_may_merge(t->aliases, in, out)) continue;
        replace(t, out, in);
        if (!table_set(&t->stale, in, in) || !table_set(&t->stale, out, out)) t->failed = true;
    }
}

static bool run(struct graph *g, struct alias_db *aliases, bool shapes, bool *changed) {
    struct tensors t = {.graph = g, .aliases = aliases, .shapes = shapes};
    visit(&t, g->top);
    table_free(&t.stale);
    *changed |= t.changed;
    return !t.failed;
}

bool peephole_tensors(struct graph *g, struct alias_db *aliases, bool *changed) {
    return run(g, aliases, false, changed);
}

bool peephole_tensors_with_shapes(struct graph *g, struct alias_db *aliases, bool *changed) {
    return run(g, aliases, true, changed);
}
