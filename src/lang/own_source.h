/* A definition as a source of its own, as inspect.getsource() gives it: excerpts and debug files then show no
 * more than it. */
#ifndef LINKBOY_LANG_OWN_SOURCE_H
#define LINKBOY_LANG_OWN_SOURCE_H
#include "lang/tree.h"

/* The first line (from 0, within its source) of a statement; a definition's decorators count in. */
int32_t statement_first_line(const struct tree *t);
/* The definition again, from a source that holds its lines alone; `stop` is the line of whatever comes after
 * it. Blank lines and comments before that are left out. */
struct tree *own_source(struct arena *a, struct name_pool *names, const struct tree *t, int32_t stop,
                        lb_error *err);
#endif
