/* What the analysis (alias.c) and the questions (alias_query.c) share. */
#ifndef LINKBOY_PASSES_ALIAS_INTERNAL_H
#define LINKBOY_PASSES_ALIAS_INTERNAL_H
#include "ir/graph.h"
#include "passes/alias.h"
#include "passes/memory_graph.h"

struct write {
    const struct node *node;
    int element;         /* -1: all wildcards */
    bool with_contained; /* also what the element contains */
};

struct alias_db {
    struct graph *graph;
    bool frozen;
    struct memory_graph memory;
    struct table elements;  /* const struct ir_value * -> index + 1 */
    struct table wildcards; /* const struct type * -> index + 1 */
    struct table
        mutable_form; /* const struct type * -> its mutable form, or the type_store for "immutable" */
    ARRAY_OF(struct fresh {
        int element;
        const struct type *type;
    })
    fresh; /* contents still to be made */
    ARRAY_OF(const struct ir_value *) in_wildcard;
    ARRAY_OF(struct write) writes;
    struct table analyzers; /* const struct name * (a kind) -> its place in special_kinds, + 1 */
    struct table writes_of; /* const struct node * -> struct int_set * of locations */
    unsigned char *written; /* a byte for each element: somebody writes to it */
    unsigned char *from_inputs, *to_outputs; /* what graph inputs and outputs contain; made when asked for */
    bool failed;
};

static inline void *index_pointer(int index) {
    return (void *)((uintptr_t)index + 1);
}
static inline int pointer_index(const void *p) {
    return (int)(uintptr_t)p - 1;
}
static inline int element_of(const struct alias_db *db, const struct ir_value *v) {
    return pointer_index(table_get(&db->elements, v));
}

/* The mutable form of a type, NULL when it is immutable. */
const struct type *alias_form(struct alias_db *db, const struct type *t);
/* Marks locations, and the wildcards that these may be. */
void alias_mark(unsigned char *set, const struct int_set *locations, const struct element *elements);
#endif
