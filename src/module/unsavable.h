/* What the interpreter runs and no archive can hold: functions that call themselves, blocks under `try`,
 * classes that hold themselves. */
#ifndef LINKBOY_MODULE_UNSAVABLE_H
#define LINKBOY_MODULE_UNSAVABLE_H
#include "ir/graph.h"

/* False, with what it is, where it stands and how to mend it: the function is one or holds one. `what` is
 * what was wanted ("saved", "frozen"). */
bool function_can_be(const struct function *f, const char *what, lb_error *err);
/* The same of a class and its methods. */
bool class_can_be(const struct type *class, const char *what, lb_error *err);
#endif
