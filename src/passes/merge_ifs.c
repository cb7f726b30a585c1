/* After an early return the rest of a function stands in an If on "has exited", right after the If that
 * decides it. Where the arms of the first yield different constants, the arms of the second are cloned into
 * those of the first. Also prim::With: the blocks that keep a with statement's body together while exits are
 * moved. Rules: the end of torch/csrc/jit/frontend/exit_transforms.cpp. */
#include "base/mem.h"
#include "ir/views.h"
#include "passes/ssa.h"

struct arm_map {
    const struct node *first_if;
    const struct block *arm;
};

/* Inside an arm, an output of the first If is what that arm yields for it. */
static struct ir_value *map_into_arm(void *context, struct ir_value *v) {
    const struct arm_map *m = context;
    return v->node == m->first_if ? block_output(m->arm, v->offset) : v;
}

static bool clone_arm(struct node *first, struct node *second, int side, bool value) {
    struct arm_map map = {first, first->blocks.items[side]};
    return block_clone_from(first->blocks.items[side], value ? then_block(second) : else_block(second),
                            map_into_arm, &map);
}

static bool can_merge(const struct node *first, const struct node *second, bool *in_then, bool *in_else) {
    if (!node_is(first, KIND_IF) || !node_is(second, KIND_IF)) return false;
    const struct ir_value *condition = node_input(second, 0);
    if (condition->node != first) return false;
    int at = condition->offset;
    return constant_bool(block_output(then_block(first), at), in_then) &&
           constant_bool(block_output(else_block(first), at), in_else) && *in_then != *in_else;
}

static bool merge(struct node *first, struct node *second, bool in_then, bool in_else) {
    if (!clone_arm(first, second, 0, in_then) || !clone_arm(first, second, 1, in_else)) return false;
    for (int i = 0; i < second->outputs.count; i++) {
        struct ir_value *v = node_add_output(first);
        if (!v || !value_copy_metadata(v, node_output(second, i)) ||
            !value_replace_uses(node_output(second, i), v))
            return false;
    }
    node_destroy(second);
    return true;
}

bool ssa_merge_ifs(struct block *b, lb_error *err) {
    for (struct node *n = block_first(b); n != b->result;) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!ssa_merge_ifs(n->blocks.items[i], err)) return false;
        bool in_then, in_else;
        if (!can_merge(n, n->next, &in_then, &in_else))
            n = n->next;
        else if (!merge(n, n->next, in_then, in_else))
            return error_memory(err);
    }
    return true;
}

struct pairs {
    ARRAY_OF(struct node *) open;
    ARRAY_OF(struct node *) found; /* Enter, Exit, Enter, Exit, ...; inner pairs first */
};

/* Depth first through If, Loop and With (graph_iterator.h); closures keep their pairs as they are. */
static bool find_pairs(struct pairs *p, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        bool ok = true;
        if (node_is(n, KIND_ENTER)) {
            ok = array_push(&p->open, n);
        } else if (node_is(n, KIND_EXIT) && p->open.count > 0) {
            struct node *enter = p->open.items[--p->open.count];
            ok = array_push(&p->found, enter) && array_push(&p->found, n);
        } else if (node_is(n, KIND_IF)) {
            ok = find_pairs(p, then_block(n)) && find_pairs(p, else_block(n));
        } else if (node_is(n, KIND_LOOP) || node_is(n, KIND_WITH)) {
            ok = find_pairs(p, n->blocks.items[0]);
        }
        if (!ok) return false;
    }
    return true;
}

static bool make_with(struct graph *g, struct node *enter, struct node *exit) {
    struct node *with = graph_new_known(g, KIND_WITH, 0);
    struct block *body = with ? node_add_block(with) : NULL, *closing = body ? node_add_block(with) : NULL;
    if (!closing || enter->block != exit->block) return closing != NULL;
    while (enter->next != exit) node_move_before(enter->next, body->result);
    node_move_before(exit, closing->result);
    return node_insert_after(with, enter) != NULL;
}

bool ssa_make_with_blocks(struct graph *g, lb_error *err) {
    struct pairs p = {0};
    bool ok = find_pairs(&p, g->top);
    for (int i = 0; i + 1 < p.found.count && ok; i += 2)
        ok = make_with(g, p.found.items[i], p.found.items[i + 1]);
    mem_free(p.open.items);
    mem_free(p.found.items);
    return ok ? true : error_memory(err);
}

static void dissolve_with_blocks(struct block *b) {
    for (struct node *n = block_first(b); n != b->result;) {
        if (node_is(n, KIND_WITH)) {
            struct node *before = n->previous;
            block_move_nodes_before(n->blocks.items[0], n);
            block_move_nodes_before(n->blocks.items[1], n);
            node_destroy(n);
            n = before->next;
        } else {
            for (int i = 0; i < n->blocks.count; i++) dissolve_with_blocks(n->blocks.items[i]);
            n = n->next;
        }
    }
}

bool ssa_dissolve_with_blocks(struct graph *g, lb_error *err) {
    (void)err;
    dissolve_with_blocks(g->top);
    return true;
}
