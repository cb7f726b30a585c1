/* What relations.c and union.c share. */
#ifndef LINKBOY_TYPES_RELATIONS_H
#define LINKBOY_TYPES_RELATIONS_H
#include "types/type.h"

/* UnionType::canHoldType. `t` is a Union. */
bool union_can_hold(struct type_store *s, const struct type *t, const struct type *member);
/* int, float and complex are all among its members. */
bool union_holds_number(const struct type *t);
/* The stored type of this kind around these items, nothing simplified. */
const struct type *type_intern_items(struct type_store *s, enum type_kind kind, int count,
                                     const struct type *const *items);
#endif
