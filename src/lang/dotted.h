/* Dotted names in trees ("typing.List", "torch.jit.unused"), and what they stand for by a resolver. */
#ifndef LINKBOY_LANG_DOTTED_H
#define LINKBOY_LANG_DOTTED_H
#include "lang/resolver.h"
#include "lang/tree.h"

/* The name as it is written; NULL without an error for an expression that is no name. */
const struct name *dotted_name(struct unit *unit, const struct tree *t, lb_error *err);
/* The full name of what it stands for (resolver.library_name); the name as written where that is not known.
 */
const struct name *dotted_full(struct unit *unit, struct resolver *r, const struct tree *t, lb_error *err);
/* Whether a definition's decorators have one of this full name, called or not; false also when memory is out.
 */
bool dotted_decorates(struct unit *unit, struct resolver *r, const struct tree *def, const char *full);
#endif
