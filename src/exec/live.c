/* Last uses; see live.h. One walk from the end to the start of each block: the first time a value is met is
 * its last use. `log` remembers the order in which values were met, so that the arms of an If can be
 * compared. */
#include "exec/live.h"
#include "base/mem.h"

enum { MAX_DEPTH = 1000 };

struct scan {
    struct liveness *life;
    struct arena *memory;
    lb_error *err;
    uint8_t *seen;
    int *depth; /* of the block that defines a value */
    value_list log;
};

static bool is_tracked(const struct ir_value *v) {
    return !node_is(v->node, KIND_CONSTANT);
}

static bool meet(struct scan *s, const struct ir_value *v) {
    s->seen[v->unique] = 1;
    return array_push_in(s->memory, &s->log, v) || error_memory(s->err);
}

/* Depths of all definitions, and the check that numbers and nesting are sane. */
static bool define(struct scan *s, const struct ir_value *v, int depth) {
    if (v->unique < 0 || v->unique >= s->life->value_count)
        return error_set(s->err, LB_ERROR_INTERNAL, "a value's number is out of range");
    s->depth[v->unique] = depth;
    return true;
}

static bool define_block(struct scan *s, struct block *b, int depth) {
    if (depth > MAX_DEPTH) return error_set(s->err, LB_ERROR_LIMIT, "blocks are nested too deeply");
    for (int i = 0; i < b->param->outputs.count; i++)
        if (!define(s, b->param->outputs.items[i], depth)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->outputs.count; i++)
            if (!define(s, n->outputs.items[i], depth)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!define_block(s, n->blocks.items[i], depth + 1)) return false;
    }
    return true;
}

static struct node_life *new_life(struct scan *s, struct node *n) {
    struct node_life *life = arena_new(s->memory, struct node_life);
    if (!life) return NULL;
    life->last = arena_array(s->memory, bool, n->inputs.count);
    life->dead = arena_array(s->memory, bool, n->outputs.count);
    life->start = arena_array(s->memory, value_list, n->blocks.count);
    if (!life->last || !life->dead || !life->start || !table_set(&s->life->nodes, n, life)) return NULL;
    return life;
}

static bool scan_inputs(struct scan *s, struct node *n, struct node_life *life) {
    for (int i = n->inputs.count - 1; i >= 0; i--) {
        const struct ir_value *v = n->inputs.items[i];
        if (!is_tracked(v) || s->seen[v->unique]) continue;
        life->last[i] = true;
        if (!meet(s, v)) return false;
    }
    return true;
}

static bool scan_block(struct scan *s, struct block *b, value_list *start, int depth);

/* Of the values met since `from`, those defined outside depth `depth`, which the other arm has not met. */
static bool drop_in_other(struct scan *s, const value_list *met, int from, value_list *start, int depth) {
    for (int i = from; i < met->count; i++) {
        const struct ir_value *v = met->items[i];
        if (s->depth[v->unique] > depth || s->seen[v->unique]) continue;
        if (!array_push_in(s->memory, start, v)) return error_memory(s->err);
    }
    return true;
}

static void unsee(struct scan *s, const value_list *met, int from) {
    for (int i = from; i < met->count; i++) s->seen[met->items[i]->unique] = 0;
}

/* Sees all again; outer ones are the If's kills. */
static bool join(struct scan *s, const value_list *met, int from, struct node_life *life, int depth) {
    for (int i = from; i < met->count; i++) {
        const struct ir_value *v = met->items[i];
        if (s->depth[v->unique] > depth || s->seen[v->unique]) continue;
        if (!meet(s, v) || !array_push_in(s->memory, &life->kills, v)) return error_memory(s->err);
    }
    return true;
}

static bool scan_if(struct scan *s, struct node *n, struct node_life *life, int depth) {
    int from = s->log.count;
    if (!scan_block(s, n->blocks.items[0], &life->start[0], depth + 1)) return false;
    value_list first = {0}, second = {0};
    for (int i = from; i < s->log.count; i++)
        if (!array_push_in(s->memory, &first, s->log.items[i])) return error_memory(s->err);
    unsee(s, &first, 0);
    s->log.count = from;
    if (!scan_block(s, n->blocks.items[1], &life->start[1], depth + 1)) return false;
    for (int i = from; i < s->log.count; i++)
        if (!array_push_in(s->memory, &second, s->log.items[i])) return error_memory(s->err);
    if (!drop_in_other(s, &first, 0, &life->start[1], depth)) return false;
    unsee(s, &second, 0);
    s->log.count = from;
    for (int i = 0; i < first.count; i++) s->seen[first.items[i]->unique] = 1;
    if (!drop_in_other(s, &second, 0, &life->start[0], depth)) return false;
    unsee(s, &first, 0);
    return join(s, &first, 0, life, depth) && join(s, &second, 0, life, depth);
}

/* Values from outside that a loop's body reads must last until the loop ends. */
static bool keep_outer(struct scan *s, struct block *b, struct node_life *life, int depth) {
    for (struct node *n = block_first(b);; n = n->next) {
        for (int i = 0; i < n->inputs.count; i++) {
            const struct ir_value *v = n->inputs.items[i];
            if (!is_tracked(v) || s->depth[v->unique] > depth || s->seen[v->unique]) continue;
            if (!meet(s, v) || !array_push_in(s->memory, &life->kills, v)) return error_memory(s->err);
        }
        for (int i = 0; i < n->blocks.count; i++)
            if (!keep_outer(s, n->blocks.items[i], life, depth)) return false;
        if (n == b->result) return true;
    }
}

static bool scan_node(struct scan *s, struct node *n, int depth) {
    struct node_life *life = new_life(s, n);
    if (!life) return error_memory(s->err);
    for (int i = 0; i < n->outputs.count; i++) life->dead[i] = !s->seen[n->outputs.items[i]->unique];
    if (node_is(n, KIND_IF) && n->blocks.count == 2) {
        if (!scan_if(s, n, life, depth)) return false;
    } else {
        for (int i = 0; i < n->blocks.count; i++) {
            if (!keep_outer(s, n->blocks.items[i], life, depth)) return false;
            if (!scan_block(s, n->blocks.items[i], &life->start[i], depth + 1)) return false;
        }
    }
    return scan_inputs(s, n, life);
}

static bool scan_block(struct scan *s, struct block *b, value_list *start, int depth) {
    struct node_life *life = new_life(s, b->result);
    if (!life) return error_memory(s->err);
    if (!scan_inputs(s, b->result, life)) return false;
    for (struct node *n = b->result->previous; n != b->result; n = n->previous) {
        if (node_is(n, KIND_PARAM) || node_is(n, KIND_CONSTANT)) continue;
        if (!scan_node(s, n, depth)) return false;
    }
    for (int i = 0; i < b->param->outputs.count; i++) {
        const struct ir_value *v = b->param->outputs.items[i];
        if (!s->seen[v->unique] && !array_push_in(s->memory, start, v)) return error_memory(s->err);
    }
    return true;
}

bool liveness_find(struct liveness *life, struct graph *graph, struct arena *memory, lb_error *err) {
    struct scan s = {.life = life, .memory = memory, .err = err};
    life->memory = memory;
    life->value_count = graph->next_unique;
    s.seen = mem_zeroed((size_t)graph->next_unique + 1, 1);
    s.depth = mem_zeroed((size_t)graph->next_unique + 1, sizeof *s.depth);
    bool good = s.seen && s.depth
                    ? define_block(&s, graph->top, 0) && scan_block(&s, graph->top, &life->start, 0)
                    : error_memory(err);
    mem_free(s.seen);
    mem_free(s.depth);
    return good;
}

void liveness_free(struct liveness *life) {
    table_free(&life->nodes);
}

const struct node_life *liveness_of(const struct liveness *life, const struct node *n) {
    return table_get(&life->nodes, n);
}
