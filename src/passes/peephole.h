/* The parts of the peephole pass; each says through *changed whether it did anything. */
#ifndef LINKBOY_PASSES_PEEPHOLE_H
#define LINKBOY_PASSES_PEEPHOLE_H
#include "ir/graph.h"

struct alias_db;

/* What lists and dicts that are built in sight and never written contain. */
bool peephole_containers(struct graph *g, struct alias_db *aliases, bool *changed);
/* x + 0, x * 1 (with shapes also where x is known to be of floats), the number of dimensions of a
 * convolution's result. */
bool peephole_tensors(struct graph *g, struct alias_db *aliases, bool *changed);
bool peephole_tensors_with_shapes(struct graph *g, struct alias_db *aliases, bool *changed);
/* What a node says that is known from its input's type. */
bool peephole_shape(struct node *n, bool *changed);
/* None checks, casts, integer arithmetic, short circuits. */
bool peephole_scalars(struct graph *g, bool *changed);
#endif
