/* Lowering without types: what can be rewritten by looking at the tree alone, before a definition is compiled
 * with all of Python's constructs. An else branch of a loop becomes a flag and an if. */
#include "lang/lower.h"
#include <string.h>

struct rewriter {
    struct arena *a;
    struct name_pool *names;
    int temporaries;
    bool failed;
};

static struct tree *checked(struct rewriter *r, struct tree *t) {
    if (!t) r->failed = true;
    return t;
}

static struct tree *node(struct rewriter *r, enum tree_kind kind, struct source_range at, int count,
                         struct tree *const *items) {
    for (int i = 0; i < count; i++)
        if (!items[i] && kind != TREE_ASSIGN) return checked(r, NULL);
    return checked(r, tree_new(r->a, kind, at, count, items));
}

static struct tree *list_of(struct rewriter *r, struct source_range at, int count,
                            struct tree *const *items) {
    return node(r, TREE_LIST, at, count, items);
}

static struct tree *name_tree(struct rewriter *r, struct source_range at, const struct name *name) {
    return checked(r, name ? tree_name(r->a, at, name) : NULL);
}

static const struct name *temporary(struct rewriter *r, const char *prefix) {
    char *text = arena_printf(r->a, "%s%d", prefix, r->temporaries++);
    return text ? name_of(r->names, text) : NULL;
}

/* NAME = True or False */
static struct tree *set_flag(struct rewriter *r, struct source_range at, const struct name *name,
                             bool value) {
    struct tree *target = name_tree(r, at, name);
    struct tree *targets = list_of(r, at, 1, &target);
    struct tree *parts[3] = {targets, node(r, value ? TREE_TRUE : TREE_FALSE, at, 0, NULL), NULL};
    return targets && parts[1] ? node(r, TREE_ASSIGN, at, 3, parts) : NULL;
}

/* ---- loops with an else branch ---- */

static bool has_break(const struct tree *t) {
    if (t->kind == TREE_BREAK) return true;
    if (t->kind == TREE_FOR || t->kind == TREE_WHILE || t->kind == TREE_DEF || t->kind == TREE_LAMBDA)
        return false;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && has_break(t->items[i])) return true;
    return false;
}

/* The statements with `FLAG = True` before each break of this loop. */
static struct tree *flag_breaks(struct rewriter *r, struct tree *t, const struct name *flag) {
    if (!t || !has_break(t)) return t;
    if (t->kind != TREE_LIST) {
        struct tree *copy = checked(r, tree_copy(r->a, t));
        for (int i = 0; copy && i < t->count; i++) copy->items[i] = flag_breaks(r, t->items[i], flag);
        return copy;
    }
    struct tree **items = arena_array(r->a, struct tree *, 2 * t->count + 1);
    int count = 0;
    for (int i = 0; items && i < t->count; i++) {
        if (t->items[i]->kind == TREE_BREAK) items[count++] = set_flag(r, t->items[i]->range, flag, true);
        items[count++] = flag_breaks(r, t->items[i], flag);
    }
    return items ? list_of(r, t->range, count, items) : checked(r, NULL);
}

/* for ...: body; else: rest  ->  left = False; for ...: (left = True before break); if not left: rest */
static bool lower_loop_else(struct rewriter *r, struct tree *t, struct tree_list *out) {
    struct tree *loop = t->items[0], *rest = t->items[1];
    int body = loop->count - 1;
    if (!has_break(loop->items[body])) {
        if (!array_push_in(r->a, out, loop)) return false;
        for (int i = 0; i < rest->count; i++)
            if (!array_push_in(r->a, out, rest->items[i])) return false;
        return true;
    }
    const struct name *flag = temporary(r, "$left");
    struct tree *copy = tree_copy(r->a, loop), *test = name_tree(r, t->range, flag);
    if (!copy || !test) return false;
    copy->items[body] = flag_breaks(r, loop->items[body], flag);
    struct tree *not = node(r, TREE_NOT, t->range, 1, &test);
    struct tree *parts[3] = {not, rest, list_of(r, t->range, 0, NULL)};
    struct tree *all[3] = {set_flag(r, t->range, flag, false), copy, node(r, TREE_IF, t->range, 3, parts)};
    for (int i = 0; i < 3; i++)
        if (!all[i] || !array_push_in(r->a, out, all[i])) return false;
    return !r->failed;
}

/* ---- everything ---- */

static struct tree *rewrite(struct rewriter *r, struct tree *t);

static bool rewrite_statement(struct rewriter *r, struct tree *t, struct tree_list *out) {
    t = rewrite(r, t);
    if (!t) return false;
    if (t->kind == TREE_LOOP_ELSE) return lower_loop_else(r, t, out);
    return array_push_in(r->a, out, t);
}

static bool needs_rewriting(const struct tree *t) {
    if (t->kind == TREE_LOOP_ELSE) return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && needs_rewriting(t->items[i])) return true;
    return false;
}

static struct tree *rewrite(struct rewriter *r, struct tree *t) {
    if (!needs_rewriting(t)) return t;
    if (t->kind == TREE_LIST) {
        struct tree_list list = {0};
        for (int i = 0; i < t->count; i++)
            if (!rewrite_statement(r, t->items[i], &list)) return checked(r, NULL);
        return list_of(r, t->range, list.count, list.items);
    }
    struct tree *copy = checked(r, tree_copy(r->a, t));
    for (int i = 0; copy && i < t->count; i++)
        if (t->items[i] && !(copy->items[i] = rewrite(r, t->items[i]))) return NULL;
    return copy;
}

const struct tree *lower_syntax(struct arena *a, struct name_pool *names, const struct tree *def,
                                lb_error *err) {
    struct rewriter r = {.a = a, .names = names};
    struct tree *t = rewrite(&r, (struct tree *)(uintptr_t)def);
    if (!t || r.failed) error_memory(err);
    return r.failed ? NULL : t;
}
