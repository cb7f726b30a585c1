/* Going on after an error, so that a compilation tells all of its errors at once. Where both ways of
 * compiling fail, the second (wide.h) notes what is wrong with a statement and goes on with the next. What
 * the failed statement would have set is known to be unknown: whatever uses it fails without a word. */
#ifndef LINKBOY_LANG_RECOVER_H
#define LINKBOY_LANG_RECOVER_H
#include "lang/wide.h"

/* After `t` has failed: notes why and puts the emitter back where it was before. False: the error ends the
 * compilation. */
bool recovery_go_on(struct emitter *e, const struct emitter_place *before, const struct tree *t);
/* Whether errors were noted. */
bool recovery_failed(const struct emitter *e);
/* A definition without the annotations that name no type, each of which is noted; NULL after an error. */
const struct tree *recovery_signature(struct emitter *e, const struct tree *def, bool method);

/* Whether a failed statement would have set this variable; then using it is an error that is not told. */
bool recovery_unknown(struct emitter *e, const struct name *name);
/* The variable is set again. */
bool recovery_known(struct emitter *e, const struct name *name);
#endif
