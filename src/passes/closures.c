/* Closures, forks and blocks under `try`. A closure is emitted as a node with one block that uses values from
 * outside; it gets a subgraph instead, which takes those values as one tuple. A fork of such a closure gets a
 * copy of the subgraph that takes them one by one. Both clean their subgraphs up as functions are. Rules:
 * torch/csrc/jit/passes/lift_closures.cpp, inline_forked_closures.cpp. */
#include "ir/views.h"
#include "lang/report.h"
#include "passes/passes.h"

struct lift {
    struct node *pack;   /* outside: the tuple of captured values */
    struct node *unpack; /* inside */
    struct table captured;
    bool failed;
};

static struct ir_value *capture(void *context, struct ir_value *v) {
    struct lift *l = context;
    struct ir_value *inside = table_get(&l->captured, v);
    if (inside) return inside;
    if (!node_add_input(l->pack, v) || !(inside = node_add_output(l->unpack)) ||
        !value_copy_metadata(inside, v) || !table_set(&l->captured, v, inside))
        l->failed = true;
    return inside ? inside : v;
}

static const struct type *tuple_of(struct graph *g, struct ir_value *const *values, int count,
                                   struct arena *memory) {
    const struct type **types = arena_array(memory, const struct type *, count + 1);
    for (int i = 0; types && i < count; i++) types[i] = values[i]->type;
    return types ? type_tuple(&g->unit->types, count, types) : NULL;
}

/* The tuple (closure, context) in place of the closure's output. */
static bool pair_with_context(struct graph *g, struct node *closure, struct lift *l,
                              struct ir_value *context) {
    struct arena memory = {0};
    struct node *pair = NULL;
    const struct type *type = tuple_of(g, l->pack->inputs.items, l->pack->inputs.count, &memory);
    if (type) {
        context->type = node_output(l->pack, 0)->type = type;
        pair = graph_new_known(g, KIND_TUPLE_CONSTRUCT, 1);
    }
    bool ok = pair && node_insert_after(pair, l->pack) &&
              value_replace_uses(node_output(closure, 0), node_output(pair, 0)) &&
              node_add_input(pair, node_output(closure, 0)) && node_add_input(pair, node_output(l->pack, 0));
    type = ok ? tuple_of(g, pair->inputs.items, 2, &memory) : NULL;
    if (type) node_output(pair, 0)->type = type;
    arena_free(&memory);
    return type != NULL;
}

static bool is_tried(const struct node *closure) {
    const struct ir_value *v = closure->outputs.items[0];
    return v->uses.count && node_is(v->uses.items[0].user, KIND_TRY_CLOSURE);
}

static bool lift_closure(struct node *closure, lb_error *err) {
    struct graph *g = closure->graph, *subgraph = graph_new(g->unit);
    if (subgraph) subgraph->is_tried = is_tried(closure);
    struct lift l = {.pack = graph_new_known(g, KIND_TUPLE_CONSTRUCT, 1)};
    struct ir_value *context = subgraph ? block_add_input(subgraph->top) : NULL;
    bool ok = context && l.pack && node_insert_after(l.pack, closure) && value_set_name(context, "context") &&
              (l.unpack = graph_new_known(subgraph, KIND_TUPLE_UNPACK, 0)) &&
              node_add_input(l.unpack, context) && graph_insert(subgraph, l.unpack) &&
              block_clone_from(subgraph->top, closure->blocks.items[0], capture, &l) && !l.failed &&
              pair_with_context(g, closure, &l, context);
    table_free(&l.captured);
    if (ok) node_erase_block(closure, 0);
    ok = ok && node_set_graph(closure, "Subgraph", subgraph);
    if (ok) return passes_clean_up(subgraph, err);
    if (subgraph) graph_free(subgraph);
    return error_memory(err);
}

static bool lift_in_block(struct block *b, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        if (node_is(n, KIND_CLOSURE)) {
            if (n->blocks.count == 1 && !lift_closure(n, err)) return false;
            continue;
        }
        for (int i = 0; i < n->blocks.count; i++)
            if (!lift_in_block(n->blocks.items[i], err)) return false;
    }
    return true;
}

bool pass_lift_closures(struct graph *g, lb_error *err) {
    return lift_in_block(g->top, err);
}

static bool is_forkable(const struct node *pair) {
    return pair->inputs.count == 2 && node_is(node_input(pair, 0)->node, KIND_CLOSURE) &&
           node_is(node_input(pair, 1)->node, KIND_TUPLE_CONSTRUCT);
}

/* The subgraph's context tuple is replaced by an input for each of its members. */
static bool spread_context(struct node *fork, struct node *context, struct graph *subgraph) {
    struct ir_value *tuple = block_input(subgraph->top, 0);
    if (!tuple->uses.count) { /* it closes over nothing */
        block_erase_input(subgraph->top, 0);
        return true;
    }
    struct node *unpack = tuple->uses.items[0].user;
    for (int i = 0; i < context->inputs.count; i++) {
        struct ir_value *outside = node_input(context, i);
        struct ir_value *inside = block_insert_input(subgraph->top, i);
        if (!inside || !node_add_input(fork, outside) || !value_copy_metadata(inside, outside) ||
            !value_replace_uses(node_output(unpack, i), inside))
            return false;
    }
    node_destroy(unpack);
    block_erase_input(subgraph->top, subgraph->top->param->outputs.count - 1);
    return true;
}

/* Results and attributes go over to the node with the subgraph. */
static bool take_place(struct node *fork, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        if (!value_copy_metadata(node_output(fork, i), node_output(n, i)) ||
            !value_replace_uses(node_output(n, i), node_output(fork, i)))
            return false;
    const struct attribute *catches = node_attribute(n, "catches");
    return !catches ||
           node_set_string(fork, "catches", catches->value.string->bytes, catches->value.string->length);
}

static bool inline_fork(struct node *n, enum kind kind, lb_error *err) {
    struct node *pair = node_input(n, 0)->node;
    if (!is_forkable(pair)) return lang_report(err, n->range, "Cannot fork this value");
    const struct attribute *a = node_attribute(node_input(pair, 0)->node, "Subgraph");
    struct graph *subgraph = a ? graph_copy(a->graph) : NULL;
    struct node *fork = graph_new_known(n->graph, kind, n->outputs.count);
    if (!subgraph || !fork || !node_insert_after(fork, n)) goto failed;
    fork->range = n->range;
    struct block *top = subgraph->top;
    if (top->param->outputs.count != 1 || block_input(top, 0)->type->kind != TYPE_TUPLE ||
        (block_input(top, 0)->uses.count != 1 && kind != KIND_TRY)) {
        graph_free(subgraph);
        return lang_report(err, n->range, "Cannot fork lambda with parameters");
    }
    if (!spread_context(fork, node_input(pair, 1)->node, subgraph) || !take_place(fork, n)) goto failed;
    node_destroy(n);
    if (!node_set_graph(fork, "Subgraph", subgraph)) goto failed;
    return passes_clean_up(subgraph, err);
failed:
    if (subgraph) graph_free(subgraph);
    return error_memory(err);
}

static bool inline_forks(struct block *b, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        bool ok = true;
        if (node_is(n, KIND_FORK_CLOSURE))
            ok = inline_fork(n, KIND_FORK, err);
        else if (node_is(n, KIND_TRY_CLOSURE))
            ok = inline_fork(n, KIND_TRY, err);
        else if (node_kind_is(n, "prim::awaitableClosure"))
            ok = inline_fork(n, KIND_AWAITABLE, err);
        else
            for (int i = 0; i < n->blocks.count && ok; i++) ok = inline_forks(n->blocks.items[i], err);
        if (!ok) return false;
    }
    return true;
}

bool pass_inline_forked_closures(struct graph *g, lb_error *err) {
    return inline_forks(g->top, err);
}
