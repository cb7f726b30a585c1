/* Types as alias analysis sees them: which are mutable, and the one form that all types that can share memory
 * have. */
#ifndef LINKBOY_PASSES_ALIAS_TYPES_H
#define LINKBOY_PASSES_ALIAS_TYPES_H
#include "types/type.h"

/* MutableTypePtrHelper in torch/csrc/jit/ir/alias_analysis.cpp: Optional[List[int]] is List[int], a tuple
 * keeps its mutable members alone, a union of several mutable types is the union of these. NULL: immutable.
 * *failed: memory. */
const struct type *alias_type(struct type_store *types, const struct type *t, bool *failed);
#endif
