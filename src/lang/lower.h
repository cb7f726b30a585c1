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

/* What the library calls values of this type ("str", "list", a mark); NULL: nothing. */
const char *lower_kind_word(const struct type *t);
bool lower_is_marked(const struct type *t);
/* Fails where what was compiled in TorchScript's way holds values that stand for what TorchScript has not: it
 * would take them for what they are inside. */
bool lower_check_plain(struct emitter *e);
/* The library's function for the kind of the first value, called with all; NULL without an error: it has
 * none. */
struct sugared *lower_by_library(struct emitter *e, const char *word, struct source_range at,
                                 struct ir_value *const *values, int count);
/* An attribute or method of a value. */
struct sugared *lower_member_of(struct emitter *e, struct sugared *s, struct source_range at,
                                const struct name *name);
bool lower_has_member(struct emitter *e, struct sugared *s, struct source_range at, const struct name *name);
/* "__len__" of an object, its base classes' in all of Python; NULL without an error: it has none. */
struct sugared *lower_special(struct emitter *e, struct ir_value *v, const char *method,
                              struct source_range at);
/* The same where there must be one. */
struct sugared *lower_wanted_special(struct emitter *e, struct ir_value *v, const char *method,
                                     struct source_range at);
/* Whether a class comes from another. */
bool lower_derives(struct emitter *e, const struct type *class, const struct type *base);
/* Whether the members of an Enum are their values, as those of an IntEnum; whether str() says so, too. */
bool lower_is_value(struct emitter *e, const struct type *t);
bool lower_shows_value(struct emitter *e, const struct type *t);
/* Whether the attributes of objects of a class cannot be set: a frozen dataclass. */
bool lower_is_frozen(struct emitter *e, const struct type *class);
/* The value that such a member is; anything else as it is. */
struct ir_value *lower_member_value(struct emitter *e, struct ir_value *v);
/* The same where a value of this type is asked for and it is one. */
struct ir_value *lower_member_as(struct emitter *e, struct ir_value *v, const struct type *want);
/* A function with its first argument: items[0] and items[1]. */
extern const struct sugared_kind sugared_kind_bound;
struct sugared *sugared_bound(struct emitter *e, struct sugared *function, struct sugared *self);
struct sugared *sugared_internal(struct emitter *e, const struct name *name);
/* What may be asked for anything and answers nothing. */
struct sugared *sugared_quiet(struct emitter *e);
struct sugared *sugared_slice_class(struct emitter *e);
/* Things of Python's libraries by their full names; NULL without an error: none of these. */
struct sugared *lower_library_object(struct emitter *e, const char *path);
bool lower_is_library(const char *path);
/* _replace of a NamedTuple; NULL without an error: another member. */
struct sugared *lower_tuple_member(struct emitter *e, struct ir_value *v, const struct name *name);
/* The value as what a test around it says it is ("self.x is not None"). */
struct sugared *lower_refined(struct emitter *e, const struct tree *t, struct sugared *s);
/* An operator on two values. */
struct sugared *lower_operator(struct emitter *e, const struct tree *t, struct ir_value *a,
                               struct ir_value *b);

/* ---- rules ---- */
struct sugared *lower_name_value(struct emitter *e, const struct tree *t, int binders,
                                 const struct type *hint);
struct sugared *lower_attribute(struct emitter *e, const struct tree *t, int binders,
                                const struct type *hint);
struct sugared *lower_subscript(struct emitter *e, const struct tree *t, int binders,
                                const struct type *hint);
/* The subscript of this container: x[a, b] asks all but a tensor for one tuple. */
const struct tree *lower_subscript_key(struct emitter *e, const struct tree *t,
                                       const struct ir_value *container);
struct sugared *lower_binary_value(struct emitter *e, const struct tree *t, int binders,
                                   const struct type *hint);
struct sugared *lower_list(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct sugared *lower_dict(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct sugared *lower_dict_merge(struct emitter *e, const struct tree *t, int binders,
                                 const struct type *hint);
struct sugared *lower_dict_comprehension(struct emitter *e, const struct tree *t, int binders,
                                         const struct type *hint);
struct sugared *lower_set(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct sugared *lower_empty_call(struct emitter *e, const struct tree *call, const struct sugared *callee,
                                 const struct type *hint);
bool lower_assign_statement(struct emitter *e, const struct tree *t);
bool lower_augmented_statement(struct emitter *e, const struct tree *t);
bool lower_with(struct emitter *e, const struct tree *t);
/* Whether a break or continue of the loop around it is in this block. */
bool lower_breaks(const struct tree *block);
/* Whether a return, break or continue leaves this block. */
bool lower_leaves(const struct tree *block);
/* Whether every way through a block returns or raises. */
bool lower_always_returns(const struct tree *list);
/* Emits a block that may be left early, by `around` with a body that is not; then the way out is taken.
 * `certain`: nothing comes behind it but by leaving. */
bool lower_exits(struct emitter *e, struct tree *body, bool certain,
                 bool (*around)(struct emitter *e, struct tree *body, void *context), void *context);
/* ---- exceptions (lower_try.c) ---- */
bool lower_try(struct emitter *e, const struct tree *t);
bool lower_raise(struct emitter *e, const struct tree *t);
bool lower_expression_statement(struct emitter *e, const struct tree *t);
/* A variable was stored: it may have to be seen behind the block under `try` at hand. */
bool lower_note_assignment(struct emitter *e, const struct name *name, struct node *store,
                           struct ir_value *v);
/* type(e).__name__ of what was caught; NULL without an error: something else. */
struct sugared *lower_caught_name(struct emitter *e, const struct tree *t);
bool lower_caught_isinstance(struct emitter *e, struct ir_value *caught, const struct tree *classes,
                             struct condition *out);
/* The type of what is caught. */
bool lower_is_caught(const struct type *t);
/* An error where it is used as the tuple that it is inside; false: it is none. */
bool lower_refuse_caught(struct emitter *e, const struct type *t, struct source_range at);
/* A way that is never taken ends here. */
bool lower_never(struct emitter *e, struct source_range at);
bool lower_delete_statement(struct emitter *e, const struct tree *t);
/* ---- things that are no values (lower_things.c); NULL without an error: as TorchScript has it ---- */
struct sugared *lower_slice_of_things(struct emitter *e, struct sugared *s, const struct tree *subscript);
struct sugared *lower_sequence_call(struct emitter *e, const struct tree *call);
struct sugared *lower_getattr(struct emitter *e, const struct tree *call);
struct sugared *lower_conditional(struct emitter *e, const struct tree *t, int binders,
                                  const struct type *hint);
/* ---- text (lower_text.c, lower_format.c) ---- */
/* What type(x) is in a text, where x has one type; NULL without an error: it is no such call. */
struct ir_value *lower_class_text(struct emitter *e, const struct tree *call);
/* A value as str() or repr() writes it. */
struct ir_value *lower_text(struct emitter *e, struct ir_value *v, bool repr, struct source_range at);
struct ir_value *lower_joined(struct emitter *e, struct ir_value *a, struct ir_value *b,
                              struct source_range at);
/* str, repr, print; NULL without an error: another name. */
struct sugared *lower_text_function(struct emitter *e, const struct name *name);
struct sugared *lower_formatted_string(struct emitter *e, const struct tree *t, int binders,
                                       const struct type *hint);
/* "...".format(...) and "..." % right of a literal. */
struct sugared *lower_format_call(struct emitter *e, const struct tree *string,
                                  const struct sugared_actuals *actuals, struct source_range at);
struct sugared *lower_percent(struct emitter *e, const struct tree *string, struct ir_value *right,
                              struct source_range at);

struct sugared *lower_either(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
/* Ints among floats (every `stride`th value) become floats, where nothing else is among them. */
bool lower_mixed_numbers(struct emitter *e, struct ir_value **values, int count, int stride);
/* The arms of an if-expression get one type where Python would go on with either. */
bool lower_widen(struct emitter *e, struct block *first, struct block *second);
/* Anything as a condition. */
bool lower_test(struct emitter *e, const struct tree *t, struct condition *out);
/* NULL without an error: as TorchScript has it. */
struct ir_value *lower_truth(struct emitter *e, struct ir_value *v, struct source_range at);
/* What stands for an expression of which tests can speak (x.a, x[i], x.get(k)); NULL: none. */
const struct name *lower_path(struct emitter *e, const struct tree *t);
bool lower_is_path(const struct name *name);
bool lower_set_path(struct emitter *e, const struct name *path, const struct type *type);
/* What holds in the one arm that goes on holds behind the if. */
bool lower_keep_paths(struct emitter *e, const struct frame *arm);
void lower_forget_paths(struct emitter *e, const struct name *variable, const struct name *attribute);
/* A value of this type that says nothing. */
struct ir_value *lower_default(struct emitter *e, const struct type *t, struct source_range at);
bool lower_condition(struct emitter *e, const struct tree *t, struct condition *out, bool *good);
struct sugared *lower_comprehension(struct emitter *e, const struct tree *t, const struct type *hint);
struct sugared *lower_call_expression(struct emitter *e, const struct tree *t, int binders,
                                      const struct type *hint);
bool lower_match(struct emitter *e, const struct tree *t);
/* ---- assignments in expressions (lower_walrus.c) ---- */
bool lower_has_named(const struct tree *t);
struct sugared *lower_named(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct sugared *lower_if_expression(struct emitter *e, const struct tree *t, int binders,
                                    const struct type *hint);
/* false: a condition that assigns nothing where it is not evaluated. */
bool lower_named_condition(struct emitter *e, const struct tree *t, struct condition *out, bool *good);
bool lower_while(struct emitter *e, const struct tree *t);
#endif
