/* Moving nodes without changing what a program does (AliasDb::tryMove in
 * torch/csrc/jit/ir/alias_analysis.cpp). A node moves towards its place; what stands between and depends on
 * it, by values or by memory, comes along, and then must not be in the way of the place itself. */
#include "base/mem.h"
#include "ir/views.h"
#include "passes/alias.h"
#include "passes/effects.h"

/* What moves: its nodes, what uses their values in this block, what they read and write. */
struct moving {
    struct alias_db *db;
    struct block *block;
    bool forwards;
    struct table nodes, users;
    unsigned char *reads, *writes;
    ARRAY_OF(struct node *) list;
    bool failed;
};

/* The node of this block that `user` is or is inside of; NULL: none. */
static struct node *in_block(struct node *user, const struct block *b) {
    while (user && user->block != b) user = user->block ? user->block->owner : NULL;
    return user;
}

static void add(struct moving *m, struct node *n) {
    if (!array_push(&m->list, n) || !table_set(&m->nodes, n, n)) m->failed = true;
    for (int i = 0; i < n->outputs.count; i++)
        for (int k = 0; k < node_output(n, i)->uses.count; k++) {
            struct node *user = in_block(node_output(n, i)->uses.items[k].user, m->block);
            if (user && !table_set(&m->users, user, user)) m->failed = true;
        }
    alias_add_reads(m->db, m->reads, n);
    alias_add_writes(m->db, m->writes, n);
}

/* Some value of `n` goes into what moves. */
static bool feeds(const struct moving *m, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        for (int k = 0; k < node_output(n, i)->uses.count; k++) {
            struct node *user = in_block(node_output(n, i)->uses.items[k].user, m->block);
            if (user && table_has(&m->nodes, user)) return true;
        }
    return false;
}

static bool depends_on(struct moving *m, struct node *n) {
    if (m->list.count == 0) return false;
    if (m->forwards ? table_has(&m->users, n) : feeds(m, n)) return true;
    unsigned char *reads = alias_new_set(m->db), *writes = alias_new_set(m->db);
    bool depends = !reads || !writes;
    if (depends) {
        m->failed = true;
    } else {
        alias_add_reads(m->db, reads, n);
        alias_add_writes(m->db, writes, n);
        depends = alias_sets_meet(m->db, m->reads, writes) || alias_sets_meet(m->db, m->writes, reads);
    }
    mem_free(reads);
    mem_free(writes);
    return depends;
}

static void forget(struct moving *m) {
    table_free(&m->nodes);
    table_free(&m->users);
    mem_free(m->reads);
    mem_free(m->writes);
    mem_free(m->list.items);
}

static void start(struct moving *m, struct alias_db *db, struct node *n, bool forwards) {
    *m = (struct moving){.db = db, .block = n->block, .forwards = forwards};
    m->reads = alias_new_set(db);
    m->writes = alias_new_set(db);
    m->failed = !m->reads || !m->writes;
    if (!m->failed) add(m, n);
}

/* Gathers what must come along on the way from n to place; false where a side effect is in the way. */
static bool gather(struct moving *m, struct node *n, const struct node *place) {
    for (struct node *at = m->forwards ? n->next : n->previous; at != place && !m->failed;
         at = m->forwards ? at->next : at->previous) {
        if (node_has_side_effects(at)) return false;
        if (depends_on(m, at)) add(m, at);
    }
    return !m->failed;
}

/* The same without n itself: those go to the other side of the place. */
static bool only_followers(struct moving *m, struct node *n) {
    struct moving rest;
    bool started = false;
    rest = (struct moving){.db = m->db, .block = m->block, .forwards = m->forwards};
    rest.reads = alias_new_set(m->db);
    rest.writes = alias_new_set(m->db);
    started = rest.reads && rest.writes;
    for (int i = 0; started && i < m->list.count; i++)
        if (m->list.items[i] != n) add(&rest, m->list.items[i]);
    rest.failed |= !started;
    forget(m);
    *m = rest;
    return !m->failed;
}

bool alias_move_before(struct alias_db *db, struct node *n, struct node *place) {
    if (n == place) return true;
    if (n->block != place->block) return false;
    bool forwards = node_is_before(n, place);
    if (forwards && n->next == place) return true;
    if (node_has_side_effects(n) || (!forwards && node_has_side_effects(place))) return false;
    struct moving m;
    start(&m, db, n, forwards);
    bool good = !m.failed && gather(&m, n, place) && (!forwards || only_followers(&m, n)) &&
                !depends_on(&m, place) && !m.failed;
    if (good) {
        node_move_before(n, place);
        struct node *at = forwards ? place : n;
        for (int i = 0; i < m.list.count; i++) {
            if (m.list.items[i] == n) continue;
            if (forwards)
                node_move_after(m.list.items[i], at);
            else
                node_move_before(m.list.items[i], at);
            at = m.list.items[i];
        }
    }
    forget(&m);
    return good;
}
