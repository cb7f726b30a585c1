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
    struct table loose;    /* name of a variable that is not set on every way -> its type */
    bool again;            /* something was learnt: compile once more */
};

/* Prepares the request: its definition with what can be rewritten without knowing types. */
bool wide_begin(struct wide *w, struct emit_request *r, lb_error *err);
void wide_end(struct wide *w);
/* Of the errors of both ways: what is to be told is left in `strict`. */
void wide_choose_error(lb_error *strict, lb_error *wide);

/* ---- lowering (lower.c): false: nothing is known here, the emitter goes on in TorchScript's way ---- */
bool wide_expression(struct emitter *e, const struct tree *t, int binders, const struct type *hint,
                     struct sugared **out);
bool wide_statement(struct emitter *e, const struct tree *t, bool *good);

/* Runs a step whose compile errors are no errors yet: they are kept for wide_fail() or dropped. */
struct attempt_error {
    lb_error own, *outer;
    struct frame *frame;
    struct node *before;
    int depth;
};
void attempt_begin(struct emitter *e, struct attempt_error *a);
/* Whether the step failed with a compile error (then the emitter is where it was before). Other errors stand.
 */
bool attempt_failed(struct emitter *e, struct attempt_error *a);
/* The attempt's error becomes the emitter's; always NULL. */
void *attempt_fail(struct emitter *e, struct attempt_error *a);
void attempt_drop(struct attempt_error *a);
#endif
