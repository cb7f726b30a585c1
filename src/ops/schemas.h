/* Schemas of operators as one unit knows them: a row's text is parsed once per unit, when it is first asked
 * for, and kept in unit->operator_schemas. Also the way back from a node to its operator (Node::maybeOperator
 * in torch/csrc/jit/ir/ir.cpp): the first overload of the node's kind whose arguments take the node's inputs.
 */
#ifndef LINKBOY_OPS_SCHEMAS_H
#define LINKBOY_OPS_SCHEMAS_H
#include "ir/graph.h"
#include "ops/ops.h"

/* NULL when memory is out or the row's text does not parse. */
const struct schema *ops_schema(struct unit *unit, const struct op_row *row);
/* The node's operator: node->row, found (and kept there) by the types of its inputs if it is not set. NULL:
 * none. */
const struct op_row *node_operator(struct node *n);
/* The schema of that operator, or NULL. */
const struct schema *node_schema(struct node *n);
/* Whether the schema takes inputs of these types, no conversions made (Node::matches). */
bool schema_takes(struct type_store *types, const struct schema *schema, struct ir_value *const *inputs,
                  int count);
#endif
