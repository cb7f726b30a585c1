/* Orders the outputs of If and Loop nodes by their first use, unused ones last, from the end of the graph
 * backwards. Rules: CanonicalizeOutputs in torch/csrc/jit/passes/canonicalize.cpp. */
#include "ir/views.h"
#include "passes/passes.h"
#include <stdlib.h>

/* How many nodes are around a node. */
static int depth_of(const struct node *n) {
    int depth = 0;
    for (; n->block->owner; n = n->block->owner) depth++;
    return depth;
}

static int block_index(const struct block *b) {
    int i = 0;
    while (b->owner->blocks.items[i] != b) i++;
    return i;
}

/* Which of two nodes comes first in the printed graph; a node comes before what is in it. */
static bool printed_before(const struct node *a, const struct node *b) {
    int da = depth_of(a), db = depth_of(b);
    for (; da > db; da--)
        if ((a = a->block->owner) == b) return false;
    for (; db > da; db--)
        if ((b = b->block->owner) == a) return true;
    for (;; a = a->block->owner, b = b->block->owner) {
        if (a->block == b->block) return node_is_before(a, b);
        if (a->block->owner == b->block->owner) return block_index(a->block) < block_index(b->block);
    }
}

static bool use_before(const struct use *a, const struct use *b) {
    return a->user == b->user ? a->offset < b->offset : printed_before(a->user, b->user);
}

struct ranked {
    int index;
    bool used;
    struct use first;
};

static struct ranked rank_value(const struct ir_value *v, int index) {
    struct ranked r = {.index = index, .used = v->uses.count > 0};
    if (r.used) r.first = v->uses.items[0];
    for (int i = 1; i < v->uses.count; i++)
        if (use_before(&v->uses.items[i], &r.first)) r.first = v->uses.items[i];
    return r;
}

static int compare_ranked(const void *pa, const void *pb) {
    const struct ranked *a = pa, *b = pb;
    if (a->used != b->used) return a->used ? -1 : 1;
    if (!a->used) return a->index - b->index;
    return use_before(&a->first, &b->first) ? -1 : 1;
}

/* The i-th of the new outputs is the old output order[i]. */
static void permute_outputs(struct node *n, const struct ranked *order, int from, struct arena *memory,
                            bool *failed) {
    int count = n->outputs.count - from;
    struct ir_value **old = arena_copy(memory, n->outputs.items + from, sizeof *old * (size_t)count);
    *failed |= !old;
    for (int i = 0; old && i < count; i++) {
        n->outputs.items[from + i] = old[order[i].index];
        n->outputs.items[from + i]->offset = from + i;
    }
}

static void permute_inputs(struct node *n, const struct ranked *order, int from, struct arena *memory,
                           bool *failed) {
    int count = n->inputs.count - from;
    struct ir_value **old = arena_copy(memory, n->inputs.items + from, sizeof *old * (size_t)count);
    struct use **uses = arena_array(memory, struct use *, count);
    *failed |= !old || !uses;
    for (int i = 0; old && uses && i < count; i++) {
        struct ir_value *v = old[order[i].index];
        uses[i] = NULL;
        for (int k = 0; k < v->uses.count && !uses[i]; k++)
            if (v->uses.items[k].user == n && v->uses.items[k].offset == from + order[i].index)
                uses[i] = &v->uses.items[k];
        n->inputs.items[from + i] = v;
    }
    for (int i = 0; !*failed && i < count; i++)
        if (uses[i]) uses[i]->offset = from + i;
}

static bool order_outputs(struct node *n) {
    if (n->outputs.count < 2) return true;
    struct arena memory = {0};
    bool failed = false;
    struct ranked *order = arena_array(&memory, struct ranked, n->outputs.count);
    if (!order) return false;
    for (int i = 0; i < n->outputs.count; i++) order[i] = rank_value(node_output(n, i), i);
    qsort(order, (size_t)n->outputs.count, sizeof *order, compare_ranked);
    permute_outputs(n, order, 0, &memory, &failed);
    if (node_is(n, KIND_LOOP)) {
        permute_inputs(n, order, 2, &memory, &failed);
        permute_inputs(loop_body(n)->result, order, 1, &memory, &failed);
        permute_outputs(loop_body(n)->param, order, 1, &memory, &failed);
    } else {
        permute_inputs(then_block(n)->result, order, 0, &memory, &failed);
        permute_inputs(else_block(n)->result, order, 0, &memory, &failed);
    }
    arena_free(&memory);
    return !failed;
}

static bool order_in_block(struct block *b) {
    for (struct node *n = block_last(b); n != b->result; n = n->previous) {
        if ((node_is(n, KIND_LOOP) || node_is(n, KIND_IF)) && !order_outputs(n)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!order_in_block(n->blocks.items[i])) return false;
    }
    return true;
}

bool pass_canonicalize_outputs(struct graph *g, lb_error *err) {
    return order_in_block(g->top) ? true : error_memory(err);
}

static bool number_warns(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!number_warns(n->blocks.items[i])) return false;
        if (node_is(n, KIND_ATEN_WARN) && !node_set_int(n, "warn_id", b->graph->unit->warn_counter++))
            return false;
    }
    return true;
}

/* So that each place warns once (torch/csrc/jit/passes/annotate_warns.cpp; PyTorch counts per process, here
 * per unit). */
bool pass_annotate_warns(struct graph *g, lb_error *err) {
    return number_warns(g->top) ? true : error_memory(err);
}
