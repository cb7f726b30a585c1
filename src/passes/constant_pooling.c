/* All constants go to the beginning of the graph, equal ones become one. Each is moved before the first node
 * when it is met, so the last met stands first; PyTorch's graphs show that order. Rules:
 * torch/csrc/jit/passes/constant_pooling.cpp. */
#include "base/mem.h"
#include "ir/views.h"
#include "passes/alias.h"
#include "passes/node_equal.h"
#include "passes/passes.h"

/* Constants met so far, chained by hash. */
struct entry {
    struct node *node;
    struct entry *next;
};

struct pool_of_constants {
    struct graph *graph;
    struct alias_db *aliases;
    struct arena memory;
    struct entry *buckets[256];
};

/* The constant met before that equals n; n itself when it is the first (it is remembered then); NULL: memory.
 */
static struct node *find_or_add(struct pool_of_constants *p, struct node *n) {
    struct entry **bucket = &p->buckets[node_hash(n) & 255];
    for (struct entry *e = *bucket; e; e = e->next)
        if (node_equal(e->node, n)) return e->node;
    struct entry *e = arena_new(&p->memory, struct entry);
    if (!e) return NULL;
    *e = (struct entry){n, *bucket};
    *bucket = e;
    return n;
}

static bool same_object(const struct node *a, const struct node *b) {
    lb_value x, y;
    return node_constant(a, &x) && node_constant(b, &y) && value_same(x, y);
}

static bool pool_constant(struct pool_of_constants *p, struct node *n) {
    struct node *first = find_or_add(p, n);
    if (!first) return false;
    if (first == n) {
        struct node *front = block_first(p->graph->top);
        if (n != front) node_move_before(n, front);
        return true;
    }
    if (!same_object(first, n) && !alias_may_merge(p->aliases, node_output(n, 0), node_output(first, 0)))
        return true;
    if (!value_replace_uses(node_output(n, 0), node_output(first, 0))) return false;
    node_destroy(n);
    return true;
}

static bool pool_block(struct pool_of_constants *p, struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!pool_block(p, n->blocks.items[i])) return false;
        if (node_is(n, KIND_CONSTANT) && n->blocks.count == 0 && !pool_constant(p, n)) return false;
    }
    return true;
}

bool pass_constant_pooling(struct graph *g, lb_error *err) {
    struct pool_of_constants p = {.graph = g, .aliases = alias_analyze(g, err)};
    if (!p.aliases) return false;
    bool ok = pool_block(&p, g->top);
    alias_free(p.aliases);
    arena_free(&p.memory);
    return ok ? true : error_memory(err);
}
