/* Things that are no values of a graph (modules, functions) chosen while the program runs: self.layers[i],
 * heads[task], `a if flag else b`, the items of a list of modules in a loop that may be left early. A choice
 * holds all that it may be and the number of the one that it is; calling it is a tree of ifs over calls of
 * each. Known in all of Python alone (wide.h). */
#ifndef LINKBOY_LANG_CHOICE_H
#define LINKBOY_LANG_CHOICE_H
#include "lang/specialize.h"

extern const struct sugared_kind sugared_kind_choice;

/* items[index]; `index` an int that is in range. One item is itself. */
struct sugared *choice_new(struct emitter *e, struct sugared *const *items, int count,
                           struct ir_value *index);
/* The same for an index as Python takes it: negative ones count from the end, others raise. */
struct sugared *choice_at(struct emitter *e, struct sugared *const *items, int count, struct ir_value *index,
                          struct source_range at);
/* By text, as in a dict: an unknown key raises KeyError. */
struct sugared *choice_by_key(struct emitter *e, const struct name *const *keys, struct sugared *const *items,
                              int count, struct ir_value *key, struct source_range at);
struct sugared *choice_call(struct emitter *e, struct sugared *s, struct source_range at,
                            const struct sugared_actuals *actuals, int binders);

/* A sequence of sugared things as one whose items are asked for while the program runs: a loop over it is a
 * loop. `indices`: which of them and in which order, a List[int]; NULL: all. */
struct sugared *choice_sequence(struct emitter *e, struct sugared *const *items, int count,
                                struct ir_value *indices);
/* What is iterated over, where its length is known while compiling, for a loop that is not unrolled. */
struct sugared *choice_rolled(struct emitter *e, struct sugared *iterable);
#endif
