/* What the files of lowering share: lower_syntax.c rewrites trees before they are compiled, lower.c has the
 * table of rules that need types, lower_*.c are these rules by kind of construct. See wide.h. */
#ifndef LINKBOY_LANG_LOWER_H
#define LINKBOY_LANG_LOWER_H
#include "lang/specialize.h"
#include "lang/wide.h"

/* The definition without what needs no types to be rewritten; the parts that stay are shared. */
const struct tree *lower_syntax(struct arena *a, struct name_pool *names, const struct tree *def,
                                lb_error *err);

/* A value as nodes at the insertion point: a list or dict is made anew each time. */
struct ir_value *lower_constant(struct emitter *e, lb_value v, struct source_range at);

/* ---- trees for the emitter (lower.c); NULL when memory is out ---- */
struct tree *lower_tree(struct emitter *e, enum tree_kind kind, struct source_range at, int count,
                        struct tree *const *items);
struct tree *lower_name(struct emitter *e, struct source_range at, const char *text);
struct tree *lower_temporary(struct emitter *e, struct source_range at); /* a fresh variable's name */
struct tree *lower_call(struct emitter *e, struct source_range at, struct tree *callee, int count,
                        struct tree *const *arguments);
struct tree *lower_member(struct emitter *e, struct source_range at, struct tree *of, const char *field);
struct tree *lower_binary(struct emitter *e, struct source_range at, enum tree_operator op, struct tree *left,
                          struct tree *right);
struct tree *lower_int(struct emitter *e, struct source_range at, int64_t i);
struct tree *lower_assign(struct emitter *e, struct source_range at, struct tree *target, struct tree *value);
/* A variable of the compiler's own that holds this. */
struct tree *lower_keep(struct emitter *e, struct source_range at, struct sugared *s);

/* A call of a function, method or anything else that is called, with all that Python allows. */
struct sugared *lower_call_with(struct emitter *e, struct sugared *callee, struct source_range at,
                                const struct sugared_actuals *actuals, int binders);

/* ---- rules ---- */
struct sugared *lower_comprehension(struct emitter *e, const struct tree *t, const struct type *hint);
struct sugared *lower_call_expression(struct emitter *e, const struct tree *t, int binders,
                                      const struct type *hint);
bool lower_match(struct emitter *e, const struct tree *t);
#endif
