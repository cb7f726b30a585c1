/* Whether a class has what an interface declares, and what it lacks in words. */
#ifndef LINKBOY_LANG_INTERFACE_FIT_H
#define LINKBOY_LANG_INTERFACE_FIT_H
#include "base/source.h"
#include "types/unit.h"

/* An object of `class` becomes the attribute `attribute`, which is declared as `interface`, at `at` (may have
 * no source). False with an error that names the first method that does not fit. */
bool lang_check_interface(struct unit *unit, const struct type *class, const struct type *interface,
                          const char *attribute, struct source_range at, lb_error *err);
#endif
