/* Variables in nested blocks while loads and stores are still in the graph: a frame for each block, looked up
 * from the innermost outwards (torch/csrc/jit/frontend/mini_environment.h). Names are interned. */
#ifndef LINKBOY_PASSES_FRAMES_H
#define LINKBOY_PASSES_FRAMES_H
#include "ir/graph.h"

struct frame {
    struct table variables; /* const struct name * -> whatever the pass keeps (a type, a value) */
    struct frame *up;
};

void *frame_find(const struct frame *f, const struct name *variable);
/* The names of this frame alone, sorted; NULL when memory is out (or there are none: count 0). */
const struct name **frame_sorted(const struct frame *f, struct arena *memory, int *count);
/* The variable that a prim::Load or prim::Store names. */
const struct name *node_variable(const struct node *n);
#endif
