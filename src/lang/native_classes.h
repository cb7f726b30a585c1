/* The classes that PyTorch writes in C++ (packed parameters of quantized layers and their like): their names
 * and what their methods take and give. What the methods do is set by whoever can run them
 * (function->native). */
#ifndef LINKBOY_LANG_NATIVE_CLASSES_H
#define LINKBOY_LANG_NATIVE_CLASSES_H
#include "types/unit.h"

/* Whether the name lies where such classes live. */
bool native_class_name(const struct name *qualified);
/* The type, made when it is first named; NULL without an error when there is no such class. */
const struct type *native_class_find(struct unit *unit, const struct name *qualified, lb_error *err);
#endif
