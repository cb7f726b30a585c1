/* Elements of memory and what points to and contains what: the structure under alias analysis (MemoryDAG in
 * torch/csrc/jit/passes/utils/memory_dag.cpp). Elements are numbered from 0; a location is an element that
 * points to none. Everything lives in one arena. */
#ifndef LINKBOY_PASSES_MEMORY_GRAPH_H
#define LINKBOY_PASSES_MEMORY_GRAPH_H
#include "base/array.h"
#include <stdbool.h>

struct int_set {
    int *items;
    int count, capacity;
};

struct element {
    struct int_set points_to, contained;
    struct int_set wildcards; /* of a location: the wildcard elements that it may be */
    struct int_set locations; /* valid once `located` */
    bool located;
};

struct memory_graph {
    struct arena memory;
    ARRAY_OF(struct element) elements;
    bool failed; /* memory is out; answers mean nothing then */
};

int memory_new_element(struct memory_graph *m);
void memory_point(struct memory_graph *m, int from, int to);
void memory_contain(struct memory_graph *m, int container, int inner);
/* All locations of `element` may be that wildcard; only after all pointers are made. */
void memory_set_wildcard(struct memory_graph *m, int element, int wildcard);
/* The locations that an element may be, its wildcards too. Call memory_locate_all() before. */
void memory_locate_all(struct memory_graph *m);
/* Marks in `set` (a byte for each element) everything that an element may be or contain, itself included. */
void memory_mark_contained(struct memory_graph *m, int element, unsigned char *set);
void memory_free(struct memory_graph *m);

bool int_set_add(struct arena *memory, struct int_set *set, int value);
#endif
