/* Reading a type's text; used by the parsers of schemas and of graphs. */
#ifndef LINKBOY_TYPES_TYPE_PARSE_H
#define LINKBOY_TYPES_TYPE_PARSE_H
#include "types/scan.h"
#include "types/schema.h"

struct type_reader {
    struct scan scan;
    struct type_store *store;
    bool
        in_schema; /* "(a!)" after a type says what it aliases; otherwise "Float(2, 3)" is a refined tensor */
    bool known_alone; /* a name that nobody has defined is an error, else a class that is yet to come */
    struct alias_info alias, element_alias; /* of the type read last */
};

/* NULL with the error set. In a schema it stops before "[3]" (a sized list), which only arguments have. */
const struct type *type_read(struct type_reader *r);
/* "(a!)", "(a -> *)" if it comes next; `info->present` says whether it did. */
bool type_read_alias(struct type_reader *r, struct alias_info *info);
#endif
