/* Operators whose meaning has changed: code of an older archive means the older operator. A call is matched
 * against the old schema, and its node is replaced by a copy of a small function that says the same with
 * today's operators (torch/csrc/jit/operator_upgraders, passes/replacement_of_old_operators.cpp). */
#ifndef LINKBOY_LANG_UPGRADERS_H
#define LINKBOY_LANG_UPGRADERS_H
#include "lang/emitter.h"
#include "ops/ops.h"

/* The place of the upgrader that code of this version needs for the operator; -1: none, the operator is the
 * same. */
int upgrader_find(const struct op_row *row, int64_t version);
/* The operator's schema as it was. */
const struct schema *upgrader_schema(struct emitter *e, int upgrader);
/* Notes that the node is a call of the old operator. */
bool upgrader_note(struct emitter *e, struct node *n, int upgrader);
/* Replaces the noted nodes, in the order in which they stand in the graph. */
bool upgraders_apply(struct emitter *e);
#endif
