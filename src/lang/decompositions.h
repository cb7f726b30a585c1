/* Operators that are others put together, as functions: the body in TorchScript stands in the operator's row
 * (src/ops/rows), its parameters are the schema's; an in-place or out= row without a body is the functional
 * operator written into what the row says. Compiled once per unit, when first asked for. */
#ifndef LINKBOY_LANG_DECOMPOSITIONS_H
#define LINKBOY_LANG_DECOMPOSITIONS_H
#include "ops/ops.h"
#include "types/unit.h"

/* `finish` runs the compiler's passes on the function's graph. NULL with an error: memory, or a body that is
 * wrong. The row must have a source. */
struct function *decomposition_of(struct unit *unit, const struct op_row *row,
                                  bool (*finish)(struct function *f, lb_error *err), lb_error *err);
#endif
