/* Making nodes of the syntax tree; see tree.h. */
#include "lang/tree.h"

const struct tree_operator_info tree_operators[TREE_OPERATOR_COUNT] = {
#define X(suffix, text, op, magic, power) {text, op, magic, power},
    TREE_OPERATORS(X)
#undef X
};

const char *const tree_kind_words[TREE_KIND_COUNT] = {
#define X(suffix, word) word,
    TREE_KINDS(X)
#undef X
};

struct source_range source_range_join(struct source_range a, struct source_range b) {
    if (!b.source) return a;
    if (!a.source) return b;
    if (b.start < a.start) a.start = b.start;
    if (b.end > a.end) a.end = b.end;
    return a;
}

struct tree *tree_new(struct arena *a, enum tree_kind kind, struct source_range range, int count,
                      struct tree *const *items) {
    struct tree *t = arena_new(a, struct tree);
    if (!t) return NULL;
    t->kind = (uint8_t)kind;
    t->count = count;
    t->depth = 1;
    if (count) t->items = arena_copy(a, items, (size_t)count * sizeof *items);
    if (count && !t->items) return NULL;
    for (int i = 0; i < count; i++) {
        if (!items[i]) continue;
        range = source_range_join(range, items[i]->range);
        if (items[i]->depth >= t->depth) t->depth = items[i]->depth + 1;
    }
    t->range = range;
    return t;
}

struct tree *tree_copy(struct arena *a, const struct tree *t) {
    struct tree *copy = arena_copy(a, t, sizeof *t);
    if (copy && t->count) copy->items = arena_copy(a, t->items, sizeof *t->items * (size_t)t->count);
    return copy && (copy->items || !t->count) ? copy : NULL;
}

struct tree *tree_name(struct arena *a, struct source_range range, const struct name *name) {
    struct tree *t = tree_new(a, TREE_NAME, range, 0, NULL);
    if (t) t->name = name;
    return t;
}

struct tree *tree_string(struct arena *a, struct source_range range, const char *text, int64_t length) {
    struct tree *t = tree_new(a, TREE_STRING, range, 0, NULL);
    if (!t) return NULL;
    t->text = text;
    t->length = length;
    return t;
}
