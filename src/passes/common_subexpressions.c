/* A node that computes what another before it computed (in its block or around it) is replaced by that one,
 * unless somebody writes what either reads or makes, or two results would have to stay two. Rules:
 * torch/csrc/jit/passes/common_subexpression_elimination.cpp. For running only: the compiler keeps them all.
 */
#include "ir/views.h"
#include "passes/alias.h"
#include "passes/effects.h"
#include "passes/node_equal.h"
#include "passes/passes.h"

enum { BUCKETS = 64 };

struct entry {
    struct node *node;
    struct entry *next;
};

/* What was computed in a block so far, and the same for the blocks around it. */
struct scope {
    struct entry *buckets[BUCKETS];
    const struct scope *up;
};

struct search {
    struct alias_db *aliases;
    struct arena memory;
    bool failed;
};

static struct node *find_in(const struct scope *s, const struct node *n, uint64_t hash) {
    for (const struct entry *e = s->buckets[hash % BUCKETS]; e; e = e->next)
        if (node_equal(e->node, n)) return e->node;
    return NULL;
}

static struct node *find_around(const struct scope *s, const struct node *n, uint64_t hash) {
    struct node *known = NULL;
    for (const struct scope *outer = s->up; outer && !known; outer = outer->up)
        known = find_in(outer, n, hash);
    return known;
}

static void remember(struct search *search, struct scope *s, struct node *n, uint64_t hash) {
    struct entry *e = arena_new(&search->memory, struct entry);
    if (!e) {
        search->failed = true;
        return;
    }
    *e = (struct entry){n, s->buckets[hash % BUCKETS]};
    s->buckets[hash % BUCKETS] = e;
}

static bool has_writers(const struct search *search, const struct node *n) {
    for (int i = 0; i < n->inputs.count; i++)
        if (alias_has_writers(search->aliases, node_input(n, i))) return true;
    for (int i = 0; i < n->outputs.count; i++)
        if (alias_has_writers(search->aliases, node_output(n, i))) return true;
    return false;
}

/* Out of a nested block the merged value must not be one that anybody sees; within a block two results of the
 * graph must not become one. */
static bool may_merge(struct search *search, const struct node *a, const struct node *b, bool from_around) {
    bool seen_a = false, seen_b = false, may = true;
    for (int i = 0; i < a->outputs.count; i++) {
        if (from_around) {
            may &= alias_may_merge(search->aliases, node_output(a, i), node_output(b, i));
        } else {
            seen_a |= alias_reaches_outputs(search->aliases, node_output(a, i));
            seen_b |= alias_reaches_outputs(search->aliases, node_output(b, i));
        }
    }
    return may && !(seen_a && seen_b);
}

static void visit(struct search *search, struct scope *s, struct node *n) {
    if (n->outputs.count == 0 || has_writers(search, n)) return;
    uint64_t hash = node_hash(n);
    struct node *around = find_around(s, n, hash), *known = around ? around : find_in(s, n, hash);
    if (!known) {
        remember(search, s, n, hash);
    } else if (may_merge(search, n, known, around != NULL)) {
        for (int i = 0; i < n->outputs.count; i++)
            if (!value_replace_uses(node_output(n, i), node_output(known, i))) search->failed = true;
        node_destroy(n);
    }
}

static void search_block(struct search *search, struct block *b, const struct scope *up) {
    struct scope *s = arena_new(&search->memory, struct scope);
    if (!s) {
        search->failed = true;
        return;
    }
    s->up = up;
    for (struct node *n = block_first(b), *next; n != b->result && !search->failed; n = next) {
        next = n->next;
        if (node_has_side_effects(n) || node_is_nondeterministic(n)) continue;
        for (int i = 0; i < n->blocks.count; i++) search_block(search, n->blocks.items[i], s);
        if (n->blocks.count == 0) visit(search, s, n);
    }
}

bool pass_common_subexpressions(struct graph *g, lb_error *err) {
    struct search search = {.aliases = alias_analyze(g, err)};
    if (!search.aliases) return false;
    search_block(&search, g->top, NULL);
    alias_free(search.aliases);
    arena_free(&search.memory);
    return search.failed ? error_memory(err) : true;
}
