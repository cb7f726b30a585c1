/* All of Python. A function is first compiled exactly as PyTorch does. Where PyTorch refuses it, it is
 * compiled once more with an emitter that has a `struct wide`: constructs that TorchScript has not are
 * lowered to what it has (lower.c has the table), with Python's meaning; a program that PyTorch compiles
 * never comes here.
 *
 * An attempt may find out what it should have known at its beginning (the type of an empty list by its first
 * use, that a variable may be read before it is set); it notes that here and the function is compiled again.
 */
#ifndef LINKBOY_LANG_WIDE_H
#define LINKBOY_LANG_WIDE_H
#include "lang/emitter.h"

enum { WIDE_ATTEMPTS = 40 };

struct wide {
    struct table literals; /* a literal's tree -> the type that its uses ask for */
    struct table partial;  /* trees of literals of which only the key's type is known */
    struct table loose;    /* name of a variable that is not set on every way -> its type */
    struct table optional; /* name of a variable that starts as None -> the Optional type that it has */
    bool again;            /* something was learnt: compile once more */
    bool seeks_result;     /* only what returns give is looked for: what does not compile is left out */
    /* Of the attempt at hand: */
    struct table made;      /* node -> the literal's tree that it was made of */
    struct table variables; /* name -> the tree of the literal that was assigned last */
    struct table stored;    /* name -> the type of what was stored last, anywhere */
    struct table unknown;   /* variables that failed statements would have set -> their frame (recover.h) */
    lb_error faults;        /* of statements so far */
    bool follows;           /* some of them failed since others had failed before */
    bool beginning;         /* loose variables are being set up */
    bool hides;             /* a loop's targets are set: they may hide things of their names around it */
};

/* Prepares the request: its definition with what can be rewritten without knowing types. */
bool wide_begin(struct wide *w, struct emit_request *r, lb_error *err);
/* Forgets what belongs to one attempt alone. */
void wide_again(struct wide *w);
void wide_end(struct wide *w);
/* Of the errors of both ways: what is to be told is left in `strict`. */
void wide_choose_error(lb_error *strict, lb_error *wide);

/* ---- lowering (lower.c): false: nothing is known here, the emitter goes on in TorchScript's way ---- */
bool wide_expression(struct emitter *e, const struct tree *t, int binders, const struct type *hint,
                     struct sugared **out);
bool wide_statement(struct emitter *e, const struct tree *t, bool *good);

/* ---- learning (lower_learn.c); false also where nothing new was learnt ---- */
const struct type *wide_literal_type(struct emitter *e, const struct tree *t);
bool wide_note_literal(struct emitter *e, const struct tree *t, struct ir_value *v);
bool wide_note_variable(struct emitter *e, const struct name *name, const struct tree *value);
/* The literal that a value was made of, or that its variable was set to; NULL: none. */
const struct tree *wide_literal_of(struct emitter *e, const struct ir_value *v);
bool wide_is_unlearnt(struct emitter *e, const struct ir_value *v);
/* The literal that v comes from should have had this type. */
bool wide_learn(struct emitter *e, const struct ir_value *v, const struct type *want);
/* The same from a call self.method(values) that did not fit. */
bool wide_learn_from_call(struct emitter *e, const struct ir_value *self, const char *method,
                          struct ir_value *const *values, int count);
/* An empty literal that is passed to a container's method has the type of the container's items. */
bool wide_learn_argument(struct emitter *e, const struct ir_value *self, const char *method,
                         struct ir_value *const *values, int count);
/* A dict of which nothing is known is asked for a key of this type. */
bool wide_learn_key(struct emitter *e, const struct ir_value *dict, const struct type *key);
/* What uses say of an attribute that __init__ leaves open: its class is compiled again with that
 * (lower_attributes.c). */
bool wide_learn_attribute(struct emitter *e, const struct type *class, const struct name *name,
                          const struct type *want);
const struct type *wide_attribute_type(struct unit *unit, const struct type *class, const struct name *name);
bool wide_attribute_is_open(struct emitter *e, const struct type *class, const struct name *name);
/* Whether anything was learnt of this class's attributes. */
bool wide_knows_attributes(struct unit *unit, const struct type *class);
/* A variable is stored; a constant is remembered until it is stored again. */
bool wide_note_constant(struct emitter *e, const struct name *name, struct ir_value *v);
/* The constant that a value is known to be here. */
bool wide_constant(struct emitter *e, const struct ir_value *v, lb_value *out);
bool wide_note_store(struct emitter *e, const struct name *name, const struct type *type);
/* A variable that starts as None is set to a value of this type. */
bool wide_learn_optional(struct emitter *e, const struct name *name, const struct type *type);
/* The variable was read where it is not set on every way. */
bool wide_learn_loose(struct emitter *e, const struct name *name);
bool wide_begin_loose(struct emitter *e); /* at a function's beginning */
bool wide_mark_set(struct emitter *e, const struct name *name, struct source_range at);
bool wide_check_set(struct emitter *e, const struct name *name, struct source_range at);

/* Runs a step whose compile errors are no errors yet: they are kept for wide_fail() or dropped. */
struct attempt_error {
    lb_error own, *outer;
    struct emitter_place before;
};
void attempt_begin(struct emitter *e, struct attempt_error *a);
/* Whether the step failed with a compile error (then the emitter is where it was before). Other errors stand.
 */
bool attempt_failed(struct emitter *e, struct attempt_error *a);
/* The attempt's error becomes the emitter's; always NULL. */
void *attempt_fail(struct emitter *e, struct attempt_error *a);
void attempt_drop(struct attempt_error *a);
#endif
