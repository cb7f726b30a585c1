/* A compilation unit's memory: names, types, functions, operators' schemas. Nothing here is shared between
 * units; while a unit is being compiled one thread has it, afterwards any number may run it. */
#ifndef LINKBOY_TYPES_UNIT_H
#define LINKBOY_TYPES_UNIT_H
#include "types/function.h"

struct unit {
    struct arena memory;
    struct name_pool names;
    struct type_store types;
    struct table functions;                    /* qualified name -> struct function * (free functions) */
    ARRAY_OF(struct function *) function_list; /* all, methods too, for releasing */
    struct table operator_schemas;             /* row of ops/ -> its parsed schemas; see ops/schemas.h */
    void *builtins; /* functions that are written in TorchScript (lang/builtins.c), in the unit's memory */
    struct table decompositions; /* row of ops/ -> its struct function * (lang/decompositions.c) */
    int64_t mangle_counter;
    int64_t warn_counter;                   /* aten::warn nodes numbered so far */
    void (*release_graph)(struct graph *g); /* set by ir/ and exec/ when they make the first one */
    void (*release_code)(struct code *c);
    atomic_flag lowering; /* held while a function is made into bytecode, which looks operators up here */
};

/* Names of kinds that passes and printers switch over; their `known` index is the enum below (ir/kinds.h). */
struct unit *unit_new(const char *const *known_names, int known_count, lb_error *err);
void unit_free(struct unit *u);
/* A declared function of the unit's (not yet in any table). */
struct function *unit_new_function(struct unit *u, const struct name *qualified, const struct name *name);
/* As c10::CompilationUnit::mangle: the next free "___torch_mangle_N" form of a qualified name. */
const struct name *unit_mangle(struct unit *u, const struct name *qualified);
#endif
