/* Whether a method can stand for one that an interface declares (relations.c). */
#ifndef LINKBOY_TYPES_METHOD_FIT_H
#define LINKBOY_TYPES_METHOD_FIT_H
#include "types/function.h"
#include "types/type.h"

/* Compiles `method` if it is only declared. */
bool type_method_fits(struct type_store *s, struct function *method, const struct function *wanted);
#endif
