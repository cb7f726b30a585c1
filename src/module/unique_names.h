/* Names under which types and functions are saved: their own, but for a second one of the same name (of
 * another unit), which gets a mangled one (torch/csrc/jit/serialization/type_name_uniquer.cpp). */
#ifndef LINKBOY_MODULE_UNIQUE_NAMES_H
#define LINKBOY_MODULE_UNIQUE_NAMES_H
#include "lang/code_printer.h"

struct unique_names {
    struct name_pool pool;
    struct table names; /* type or function -> const struct name * */
    struct table taken; /* names */
    int64_t counter;
};

bool unique_names_init(struct unique_names *u);
void unique_names_free(struct unique_names *u);
/* NULL: memory is out. */
const struct name *unique_name(struct unique_names *u, struct code_dependency what);
#endif
