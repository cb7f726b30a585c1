/* Type variables of schemas: what they stand for in one call (matchTypeVariables, tryEvalTypeVariables in
 * aten/src/ATen/core/type.cpp). */
#ifndef LINKBOY_LANG_MATCH_TYPES_H
#define LINKBOY_LANG_MATCH_TYPES_H
#include "lang/emitter.h"
#include <stdio.h>

enum { MOST_TYPE_VARIABLES = 8 };

struct type_bindings {
    struct {
        const struct name *variable;
        const struct type *type;
    } items[MOST_TYPE_VARIABLES];
    int count;
};

/* Binds the variables of `formal` so that `actual` may stand for it; false with a reason when they do not
 * match. */
bool types_bind(struct emitter *e, const struct type *formal, const struct type *actual,
                struct type_bindings *b, const char **why);
/* The type with its variables replaced; NULL when one is not bound. */
const struct type *types_substitute(struct emitter *e, const struct type *t, const struct type_bindings *b);
#endif
