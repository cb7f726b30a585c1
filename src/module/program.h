/* A program: a module object and the unit that owns its types and functions. Loaded once; afterwards any
 * number of threads may read it and run its methods. Several programs may share a unit, which lives as long
 * as the last of them. */
#ifndef LINKBOY_MODULE_PROGRAM_H
#define LINKBOY_MODULE_PROGRAM_H
#include "archive/archive.h"
#include "ops/call.h"
#include "types/unit.h"

struct program_options {
    bool run_nothing;  /* refuse classes with __setstate__ */
    int64_t max_steps; /* of __setstate__ code; 0: 10 million */
    int64_t max_bytes; /* of tensors made while loading; 0: 16 GiB */
    struct unit *unit; /* to load into; NULL: a new one */
};

struct program {
    struct unit *unit;       /* held */
    struct archive *archive; /* that the unit was loaded from and keeps open; NULL: it was made here */
    lb_value root;           /* the top module, an object */
    bool whole;              /* all of the archive, whose extra files it has; else a part or a copy */
};

/* Takes the archive over (also when it fails). NULL: err says what is wrong. */
struct program *program_load(struct archive *archive, const struct program_options *options, lb_error *err);
/* A program around another module object of the same unit; the object is copied. NULL: memory. */
struct program *program_around(struct unit *unit, struct archive *archive, lb_value root, lb_error *err);
void program_free(struct program *p);

/* The submodule or attribute at a dotted path ("" is the root), borrowed; false with an error that says how
 * far the path led. */
bool program_find(const struct program *p, const char *path, size_t length, lb_value *out, lb_error *err);
/* The method "a.b.f" and the object it belongs to (borrowed). NULL: no such method, with the ones there are.
 */
struct function *program_method(const struct program *p, const char *method, lb_value *self, lb_error *err);
/* Dotted paths of modules, depth first, the first of each type. NULL past the end. The text is the unit's. */
const char *program_submodule(const struct program *p, int index);
/* The top module's class. */
const struct class_definition *program_class(const struct program *p);
#endif
