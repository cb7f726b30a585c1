/* Calls of operators that a pass makes (Graph::insert in torch/csrc/jit/ir/ir.h): the overload is chosen by
 * the inputs' types, defaults become constants, the result has the schema's type. */
#ifndef LINKBOY_PASSES_INSERT_CALL_H
#define LINKBOY_PASSES_INSERT_CALL_H
#include "ir/graph.h"

/* At the insertion point. NULL: memory, or no overload takes these inputs. */
struct ir_value *insert_call(struct graph *g, const char *kind, struct ir_value *const *inputs, int count);
/* kind(a, b) of ints, `b` a number that becomes a constant. */
struct ir_value *insert_int_call(struct graph *g, const char *kind, struct ir_value *a, int64_t b);
#endif
