/* What our own lines of an error say at the sites that know more than the table of codes: which expression,
 * both types in Python's spelling, the nearest name, the cure. Every function goes right after the emit_error
 * that it explains. */
#ifndef LINKBOY_LANG_EXPLAIN_H
#define LINKBOY_LANG_EXPLAIN_H
#include "lang/emitter.h"

/* "an int", "a List[str]", "a Blob": a type as a sentence names it. */
const char *explain_type(struct emitter *e, const struct type *t);
const char *explain_type_name(struct emitter *e, const struct type *t); /* without the article */
/* How a value of type `found`, which stands at `given`, becomes one of type `want`. */
const char *explain_cure(struct emitter *e, const struct type *want, const struct type *found,
                         struct source_range given);
/* The one of these names that is likest to `name`; NULL: none is like it. */
const char *explain_nearest(const char *name, const char *const *names, int count);

/* `what` and `help` with one format each; help NULL: the table's. Always NULL. */
void *explain(struct emitter *e, enum error_code code, struct source_range at, const char *help,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A variable that has no value on some way. */
void *explain_unset(struct emitter *e, const struct name *name, const struct unset *why,
                    struct source_range at);
/* A variable, set first at `start` (may be NULL), that becomes another type where arms or turns of a loop
 * meet. */
void *explain_changed_type(struct emitter *e, const struct name *name, const struct source_range *start,
                           const struct type *before, const struct type *now, struct source_range at);
/* A value that cannot be indexed, walked through, called or unpacked, as the code says. */
void *explain_misuse(struct emitter *e, const struct type *t, enum error_code code, struct source_range at);
void *explain_undefined(struct emitter *e, const struct name *name, struct source_range at);
/* An attribute that the host has and gives no program; `why` is its refusal. */
void *explain_refused_attribute(struct emitter *e, const struct type *class, const char *field,
                                const char *why, struct source_range at);
/* An attribute of `class` that is declared or begun as `want` and given another value. */
void *explain_attribute_type(struct emitter *e, const struct type *class, const struct name *name,
                             const struct type *want, const struct ir_value *given, struct source_range at);
/* A function, method, class or module where a value is wanted. */
void *explain_no_value(struct emitter *e, const char *words, struct source_range at);
void *explain_no_attribute(struct emitter *e, const struct type *t, const char *field,
                           struct source_range at);

/* ---- calls (explain_calls.c) ---- */

/* Why a candidate of a call does not fit, kept while all are tried: the three that came farthest. */
struct fault {
    enum error_code code;
    struct source_range at;
    const struct schema *schema;
    const char *what, *help;
    int reached;          /* arguments that fitted; -1: one that nobody would have meant */
    size_t start, length; /* of PyTorch's words about it */
};
enum { FAULTS_KEPT = 3 };
struct faults {
    struct fault items[FAULTS_KEPT];
    int count;
};
void faults_add(struct faults *f, struct fault fault);
/* PyTorch's words about this candidate end here. */
void faults_end(struct faults *f, const struct schema *s, size_t end);
/* Whether it is a function of the language's own library, which programs call under other names. */
bool explain_is_library(const struct function *f);
/* "`Twice.forward` (line 7)": what is called as people know it, and where it stands. */
const char *explain_callee(struct emitter *e, const struct schema *s);
void *explain_call(struct emitter *e, struct faults *f, struct source_range at, struct actuals actuals,
                   const struct actual *self, int candidates);
#endif
