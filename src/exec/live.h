/* Last uses: which input of which node is a value's last use on its path, so that the interpreter moves the
 * value out instead of copying it and frees tensors as early as PyTorch does. Values that die in one arm of
 * an If are dropped at the start of the other; values from outside that a loop's body uses are dropped after
 * the loop. Constants are not counted: they are never dropped. */
#ifndef LINKBOY_EXEC_LIVE_H
#define LINKBOY_EXEC_LIVE_H
#include "ir/graph.h"

typedef ARRAY_OF(const struct ir_value *) value_list;

struct node_life {
    bool *last;        /* for each input */
    bool *dead;        /* for each output: nobody uses it */
    value_list kills;  /* If: outer values that die in it. Loop: outer values to drop after it */
    value_list *start; /* for each block: values to drop at its start */
};

struct liveness {
    struct arena *memory;
    struct table nodes; /* struct node * -> struct node_life * */
    value_list start;   /* unused parameters of the graph */
    int value_count;    /* numbers of values are below this */
};

/* False: memory, or blocks nested too deeply. */
bool liveness_find(struct liveness *life, struct graph *graph, struct arena *memory, lb_error *err);
void liveness_free(struct liveness *life);
const struct node_life *liveness_of(const struct liveness *life, const struct node *n);
#endif
