/* Attributes of module objects and instances of classes: changing them, and copying all of them. */
#ifndef LINKBOY_MODULE_ATTRIBUTES_H
#define LINKBOY_MODULE_ATTRIBUTES_H
#include "module/program.h"

/* The value is converted as an argument is; a tensor stays the same tensor, an object the same object. False
 * when there is no such attribute, or the value does not fit. */
bool attribute_set(struct unit *unit, struct object *object, const char *name, lb_value v, lb_error *err);
/* The object at all but the last part of a path, and that last part; false: there is none. */
bool attribute_owner(const struct program *p, const char *path, struct object **owner, const char **name,
                     lb_error *err);
/* Whether an attribute is declared to be a module. */
bool attribute_is_module(const struct class_attribute *a);
#endif
