/* Removes nodes that nobody needs: marks from the results, the side effects and the writes to live memory
 * backwards, then sweeps; outputs of If and carried values of Loop that nobody reads go with what computed
 * them. Under a try what may raise stays, too. Rules: torch/csrc/jit/passes/dead_code_elimination.cpp. */
#include "base/mem.h"
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias.h"
#include "passes/effects.h"
#include "passes/passes.h"

struct dead_code {
    struct alias_db *aliases; /* NULL: then every write keeps its node */
    struct table marked;      /* const struct node * */
    struct table live;        /* const struct ir_value * */
    bool shallow;             /* inner blocks are not swept */
    struct table effects;     /* const struct node * -> whether it has any, as one of two pointers below */
    unsigned char *live_memory;
    bool failed;
};

static const char has_effects, has_none;

/* Inputs that the subgraph of a fork does not read. After one is removed PyTorch skips the next: so do we. */
static void drop_fork_inputs(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++) drop_fork_inputs(n->blocks.items[i]);
        const struct attribute *a = node_is(n, KIND_FORK) ? node_attribute(n, "Subgraph") : NULL;
        if (!a || a->kind != ATTRIBUTE_GRAPH) continue;
        struct block *inside = a->graph->top;
        for (int i = 0; i < inside->param->outputs.count && i < n->inputs.count; i++) {
            if (value_used(block_input(inside, i))) continue;
            block_erase_input(inside, i);
            node_remove_input(n, i);
        }
    }
}

static bool is_live(const struct dead_code *d, const struct ir_value *v) {
    return table_has(&d->live, v);
}

static void add_live(struct dead_code *d, const struct ir_value *v) {
    if (is_live(d, v)) return;
    if (!table_set(&d->live, v, d)) d->failed = true;
    if (d->aliases) alias_add_to_set(d->aliases, d->live_memory, v);
}

/* True when the node was not marked before. Nodes around a live node live. */
static bool mark_node(struct dead_code *d, struct node *n) {
    bool new_mark = false;
    for (; n && !table_has(&d->marked, n); n = n->block ? n->block->owner : NULL) {
        new_mark = true;
        if (!table_set(&d->marked, n, d)) d->failed = true;
        for (int i = 0; i < n->inputs.count; i++) add_live(d, node_input(n, i));
    }
    return new_mark;
}

/* A nested block's return node uses only what is read outside (or in the loop's next round). */
static bool mark_result(struct dead_code *d, struct node *result) {
    struct node *owner = result->block->owner;
    if (!owner) return mark_node(d, result);
    if (table_has(&d->marked, result)) return false;
    if (node_is(owner, KIND_LOOP)) {
        for (int i = 0; i < owner->outputs.count; i++)
            if (is_live(d, node_output(owner, i)) || value_used(block_input(result->block, i + 1)))
                add_live(d, node_input(result, i + 1));
        add_live(d, node_input(result, 0));
    } else {
        for (int i = 0; i < owner->outputs.count && i < result->inputs.count; i++)
            if (is_live(d, node_output(owner, i))) add_live(d, node_input(result, i));
    }
    if (!table_set(&d->marked, result, d)) d->failed = true;
    return true;
}

static bool has_untracked_write(const struct dead_code *d, struct node *n) {
    if (d->aliases) return alias_writes_to_wildcard(d->aliases, n);
    if (node_is(n, KIND_SET_ATTR)) return true;
    const struct op_row *row = node_operator(n);
    return row && (row->traits & OP_MUTATES);
}

static bool has_any_effect(struct dead_code *d, struct node *n) {
    const void *known = table_get(&d->effects, n);
    if (known) return known == &has_effects;
    bool found = node_has_side_effects(n) || (n->graph->is_tried && node_may_raise(n));
    for (int i = 0; i < n->blocks.count && !found; i++) {
        const struct block *b = n->blocks.items[i];
        for (struct node *inner = block_first(b); inner != b->result && !found; inner = inner->next)
            found = has_any_effect(d, inner);
    }
    found = found || has_untracked_write(d, n);
    if (!table_set(&d->effects, n, (void *)(uintptr_t)(found ? &has_effects : &has_none))) d->failed = true;
    return found;
}

static bool mark_if_live(struct dead_code *d, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        if (is_live(d, node_output(n, i))) return mark_node(d, n);
    return d->aliases && !table_has(&d->marked, n) && alias_writes_to_set(d->aliases, n, d->live_memory) &&
           mark_node(d, n);
}

/* True when anything was marked that was not before. A loop is walked until nothing new comes up, since what
 * its body reads may have been written by the round before. */
static bool mark_block(struct dead_code *d, struct block *b) {
    bool any = false;
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        if (has_any_effect(d, n)) any |= mark_node(d, n);
    any |= mark_result(d, b->result);
    for (struct node *n = block_last(b); n != b->result && !d->failed; n = n->previous) {
        bool again = false;
        do {
            again = false;
            for (int i = 0; i < n->blocks.count; i++) again |= mark_block(d, n->blocks.items[i]);
            any |= again;
        } while (again && node_is(n, KIND_LOOP));
        any |= mark_if_live(d, n);
    }
    return any;
}

static void drop_if_outputs(struct node *n) {
    for (int i = n->outputs.count - 1; i >= 0; i--) {
        if (value_used(node_output(n, i))) continue;
        node_erase_output(n, i);
        block_erase_output(then_block(n), i);
        block_erase_output(else_block(n), i);
    }
}

static void drop_loop_outputs(struct node *n) {
    struct block *body = loop_body(n);
    for (int i = n->outputs.count - 1; i >= 0; i--) {
        if (value_used(node_output(n, i)) || value_used(block_input(body, i + 1))) continue;
        node_erase_output(n, i);
        node_remove_input(n, i + 2);
        block_erase_input(body, i + 1);
        block_erase_output(body, i + 1);
    }
}

static void sweep(struct dead_code *d, struct block *b) {
    for (struct node *n = block_last(b), *previous; n != b->result; n = previous) {
        previous = n->previous;
        if (node_is(n, KIND_IF)) drop_if_outputs(n);
        if (node_is(n, KIND_LOOP)) drop_loop_outputs(n);
        for (int i = 0; i < n->blocks.count && !d->shallow; i++) sweep(d, n->blocks.items[i]);
        if (!table_has(&d->marked, n) && !node_used(n)) node_destroy(n);
    }
}

/* Takes the aliases over. */
static bool run(struct block *b, struct alias_db *aliases, bool shallow, lb_error *err) {
    struct dead_code d = {.aliases = aliases, .shallow = shallow};
    if (aliases) d.live_memory = alias_new_set(aliases);
    d.failed = aliases && !d.live_memory;
    if (!d.failed) {
        mark_node(&d, b->result);
        mark_block(&d, b);
    }
    if (!d.failed) sweep(&d, b);
    table_free(&d.marked);
    table_free(&d.live);
    table_free(&d.effects);
    mem_free(d.live_memory);
    alias_free(aliases);
    return d.failed ? error_memory(err) : true;
}

bool pass_dead_code(struct graph *g, lb_error *err) {
    struct alias_db *aliases = alias_analyze(g, err);
    if (!aliases) return false;
    drop_fork_inputs(g->top);
    return run(g->top, aliases, false, err);
}

bool pass_dead_code_keeping_writes(struct graph *g, lb_error *err) {
    drop_fork_inputs(g->top);
    return run(g->top, NULL, false, err);
}

bool pass_dead_code_in_block(struct block *b, lb_error *err) {
    return run(b, NULL, true, err);
}
