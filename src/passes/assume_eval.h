/* A graph for modules in eval mode: every read of a module's `training` is taken for False, and what hangs on
 * it is folded. Such a graph may be run only while its guards hold, which is looked up before each call: each
 * guard is the way from the graph's first parameter, attribute by attribute, to one `training` that must be
 * False. So nothing is frozen: who calls train() gets the general graph. */
#ifndef LINKBOY_PASSES_ASSUME_EVAL_H
#define LINKBOY_PASSES_ASSUME_EVAL_H
#include "ir/graph.h"

struct eval_guard {
    int length;
    const int *slots;
};
struct eval_guards {
    ARRAY_OF(struct eval_guard) list; /* in the graph's memory */
};

/* *useful: there are such reads, all were replaced, and nobody in the graph writes such an attribute;
 * otherwise the graph is as it was. */
bool pass_assume_eval(struct graph *g, struct eval_guards *guards, bool *useful, lb_error *err);
bool eval_guards_hold(const struct eval_guards *guards, lb_value self);
#endif
