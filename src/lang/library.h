/* The language's own library: Python functions (src/lang/library/, embedded by the build) that constructs are
 * lowered to where no operator does what Python does. They are compiled when they are first used, for the
 * types that they get (specialize.h), under the names __torch__.linkboy.NAME, and are saved with the program.
 *
 * Names say what they stand for: `str_removeprefix` is the method of a str, `math_prod` the function of a
 * module, `list_lt` the operator `<` between lists. */
#ifndef LINKBOY_LANG_LIBRARY_H
#define LINKBOY_LANG_LIBRARY_H
#include "lang/specialize.h"

struct library_text {
    const char *file, *text;
};
extern const struct library_text library_texts[];
extern const int library_text_count;

/* The function of this name as something to call; NULL without an error: there is none. */
struct sugared *library_find(struct emitter *e, const char *name);
/* The same by the dotted name that it stands for: "itertools.chain". */
struct sugared *library_find_path(struct emitter *e, const char *path);
/* Whether the library stands for something of this module. */
bool library_is_module(struct emitter *e, const char *path);
/* Calls the function of this name with these values; an error when there is none. */
struct sugared *library_call(struct emitter *e, const char *name, struct source_range at,
                             struct ir_value *const *values, int count);
/* The resolver of its own names. */
struct resolver *library_resolver(struct emitter *e);
/* Whether what is compiled is the library's own. */
bool library_speaks(const struct emitter *e);
/* The class of this name. */
const struct type *library_class(struct emitter *e, const char *name);
#endif
