/* Taking tuples apart, for the passes that remove them. */
#ifndef LINKBOY_PASSES_TUPLES_H
#define LINKBOY_PASSES_TUPLES_H
#include "ir/graph.h"

/* A tuple around these values, not inserted; `type` NULL: made of theirs. NULL: memory. */
struct node *tuple_around(struct graph *g, struct ir_value *const *values, int count,
                          const struct type *type);
/* Unpacking, indexing or slicing of a tuple that is constructed in sight: its uses become the items. Other
 * nodes are left alone. `must`: it is an error when the tuple is not constructed in sight. */
bool tuple_lower(struct node *n, bool must, lb_error *err);
#endif
