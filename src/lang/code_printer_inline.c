/* Which values are written where they are used instead of on a line of their own: those whose computation
 * would come up again in the same order if the expression were read left to right. Blocks are scanned
 * backwards, expressions from right to left; while the two walks agree, values go in place (python_print.cpp,
 * scanValue and scanNode). Chains of expressions may be as long as a program, so the walk keeps its own
 * stack. */
#include "base/mem.h"
#include "lang/code_printer_internal.h"

struct step {
    struct node *node;
    int input;          /* to be looked at next, counting down */
    struct node *point; /* the node that must produce it */
    bool mark;          /* the node goes in place when this step is done */
};

struct scan {
    struct code_printer *printer;
    ARRAY_OF(struct step) steps;
};

static bool is_fork(const struct node *n) {
    return node_is(n, KIND_FORK) || node_is(n, KIND_TRY) || node_kind_is(n, "prim::rpc_async") ||
           node_kind_is(n, "prim::rpc_sync") || node_kind_is(n, "prim::rpc_remote");
}

static bool may_go_in_place(const struct ir_value *v) {
    const struct node *n = v->node;
    if (n->outputs.count != 1 || v->uses.count != 1 || n->blocks.count != 0) return false;
    const struct use *use = &v->uses.items[0];
    if (v->debug_name && !node_is(use->user, KIND_RETURN)) return false;
    if (node_is(use->user, KIND_LOOP) && use->offset >= 2) return false;
    return !is_fork(use->user) && !node_is(n, KIND_ISINSTANCE);
}

static void put_in_place(struct code_printer *p, const struct node *n) {
    if (!table_set(&p->in_place, n, p)) p->failed = true;
}

/* PyTorch's list of nodes is a ring through the parameters as well: before the first node comes the param
 * node, and before that the return node. */
static struct node *previous_in_ring(const struct node *n) {
    const struct block *b = n->block;
    if (n == b->param) return b->result;
    return n->previous == b->result ? b->param : n->previous;
}

static struct node *previous_not_constant(struct node *n) {
    do {
        n = previous_in_ring(n);
    } while (node_is(n, KIND_CONSTANT));
    return n;
}

static void push_step(struct scan *s, struct node *n, bool mark) {
    struct step step = {n, n->inputs.count - 1, previous_not_constant(n), mark};
    if (!array_push(&s->steps, step)) s->printer->failed = true;
}

static void scan_blocks(struct code_printer *p, struct node *n) {
    for (int i = 0; i < n->blocks.count; i++) code_scan_block(p, n->blocks.items[i]);
}

static void scan_node(struct scan *s, struct node *start) {
    struct code_printer *p = s->printer;
    if (table_has(&p->in_place, start)) return;
    scan_blocks(p, start);
    push_step(s, start, false);
    while (s->steps.count > 0 && !p->failed) {
        struct step *step = &s->steps.items[s->steps.count - 1];
        if (step->input < 0) {
            struct step done = s->steps.items[--s->steps.count];
            if (done.mark) put_in_place(p, done.node);
            if (s->steps.count > 0) s->steps.items[s->steps.count - 1].point = done.point;
            continue;
        }
        const struct ir_value *v = node_input(step->node, step->input--);
        if (v->node == step->point && may_go_in_place(v)) {
            if (table_has(&p->in_place, v->node)) continue; /* scanned already: nothing moves */
            push_step(s, v->node, true);
        } else if (node_is(v->node, KIND_CONSTANT)) {
            put_in_place(p, v->node);
        }
    }
}

void code_scan_block(struct code_printer *p, struct block *b) {
    struct scan s = {.printer = p};
    scan_node(&s, b->result);
    for (struct node *n = block_last(b); n != b->result && !p->failed; n = n->previous) scan_node(&s, n);
    mem_free(s.steps.items);
}
