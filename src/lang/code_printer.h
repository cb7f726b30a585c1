/* TorchScript code from graphs: `.code` of a function or method, and the source file of classes and functions
 * as archives hold it, byte for byte PyTorch's (torch/csrc/jit/serialization/python_print.cpp). One printer
 * prints one file: the numbers of temporary names go on through all of its functions. Constants that code
 * cannot hold go to a table shared by all files of an archive, and so does the list of types and functions
 * that were met. */
#ifndef LINKBOY_LANG_CODE_PRINTER_H
#define LINKBOY_LANG_CODE_PRINTER_H
#include "ir/graph.h"

/* CONSTANTS.cN, in order of printing. Values are owned by the table. */
struct code_constants {
    ARRAY_OF(lb_value) values;
};
void code_constants_free(struct code_constants *constants);

/* What printed code refers to: named types, and functions, each once, in order of first mention. */
struct code_dependency {
    const struct type *type; /* class, NamedTuple, interface or enum; NULL: a function */
    const struct function *function;
};
struct code_dependencies {
    ARRAY_OF(struct code_dependency) list;
    struct table seen; /* types and functions that are in the list */
};
bool code_dependencies_add(struct code_dependencies *d, struct code_dependency what);
void code_dependencies_free(struct code_dependencies *d);

struct code_options {
    bool importable; /* for archives: refuses what could not be read back */
    /* The name under which a named type or a function is saved, put into `out`; false: its own. May be NULL.
     */
    bool (*put_name)(void *context, struct text *out, struct code_dependency what);
    void *context;
};

/* From byte `offset` of the printed text on, code stems from `range` (the range of the original source when a
 * node's own range lies in generated code). */
struct code_origin {
    size_t offset;
    struct source_range range;
};

struct code_printer;

/* Borrows constants and dependencies. NULL: memory. */
struct code_printer *code_printer_new(struct unit *unit, const struct code_options *options,
                                      struct code_constants *constants,
                                      struct code_dependencies *dependencies, lb_error *err);
void code_printer_free(struct code_printer *p);
/* Appends a function. The first parameter's type is left out in `.code` of methods. */
bool code_printer_put_function(struct code_printer *p, const struct function *f, bool first_type,
                               lb_error *err);
/* Appends a class, NamedTuple, interface or enum; nothing for classes with native methods. */
bool code_printer_put_type(struct code_printer *p, const struct type *t, lb_error *err);
const struct text *code_printer_text(const struct code_printer *p);
const struct code_origin *code_printer_origins(const struct code_printer *p, int *count);
/* The smallest archive version that can hold what was printed ; 0: any. */
int64_t code_printer_version(const struct code_printer *p);

/* `.code` of a function, or of a method when it has an owner. */
bool code_print_function(struct text *out, const struct function *f, lb_error *err);
/* The class as the archive's source file has it. */
bool code_print_class(struct text *out, struct unit *unit, const struct type *t, lb_error *err);
#endif
