/* A compilation unit's memory: names, types, functions, operators' schemas. Nothing here is shared between
 * units; while a unit is being compiled one thread has it, afterwards any number may run it. */
#ifndef LINKBOY_TYPES_UNIT_H
#define LINKBOY_TYPES_UNIT_H
#include "base/counted.h"
#include "types/function.h"

/* Something that lives as long as a unit: what it was loaded from. */
struct unit_kept {
    void *thing;
    void (*release)(void *thing);
};

struct unit {
    struct counted counted;
    struct arena memory;
    struct name_pool names;
    struct type_store types;
    struct table functions;                    /* qualified name -> struct function * (free functions) */
    ARRAY_OF(struct function *) function_list; /* all, methods too, for releasing */
    struct table operator_schemas;             /* row of ops/ -> its parsed schemas; see ops/schemas.h */
    void *builtins; /* functions that are written in TorchScript (lang/builtins.c), in the unit's memory */
    void *library;  /* functions that Python is lowered to (lang/library.c), kept */
    struct table specialized;       /* text of a call -> the function made for it (lang/specialize.c) */
    struct table unspecializable;   /* text of a call -> the function that it could not be compiled for */
    int specializing;               /* how many of these are being compiled, each for a call in the other */
    struct table attribute_types;   /* "Class.attribute" -> its type by its uses (lang/lower_attributes.c) */
    int attributes_learnt;          /* how often one was learnt */
    const struct function *awaited; /* what fails may fail because it is not known yet what this one, which is
                                       being compiled, returns (lang/define.c); NULL: none */
    struct table exceptions;     /* a program's own class -> the name of all its bases (types/exceptions.c) */
    struct table decompositions; /* row of ops/ -> its struct function * (lang/decompositions.c) */
    int refused_annotations;     /* read so far that PyTorch refuses: Literal, Tuple[int, ...] */
    int64_t mangle_counter;
    int64_t warn_counter;                   /* aten::warn nodes numbered so far */
    void (*release_graph)(struct graph *g); /* set by ir/ and exec/ when they make the first one */
    void (*release_code)(struct code *c);
    ARRAY_OF(struct unit_kept) kept;
    _Atomic uintptr_t holder; /* the thread that has entered it; 0: none */
    int entered;              /* how often */
    void *host; /* of what is compiled here from sources (lang/host.h), in the unit's memory; NULL: none */
};

/* Names of kinds that passes and printers switch over; their `known` index is the enum below (ir/kinds.h). */
struct unit *unit_new(const char *const *known_names, int known_count, lb_error *err);
/* Gives up one hold on the unit; with the last one it goes. */
void unit_free(struct unit *u);
static inline struct unit *unit_retain(struct unit *u) {
    counted_retain(&u->counted);
    return u;
}
/* Whatever adds to the unit (names, types, schemas, functions: compiling, lowering, editing graphs) enters it
 * before; another thread waits there, the same one may enter again. Running code needs no entering. */
void unit_enter(struct unit *u);
void unit_leave(struct unit *u);
/* Leaves it altogether for a while; what to give to unit_resume(). */
int unit_pause(struct unit *u);
void unit_resume(struct unit *u, int entered);
/* Takes `thing` over: it is released before the unit's types go. False when memory is out. */
bool unit_keep(struct unit *u, void *thing, void (*release)(void *thing));
/* A declared function of the unit's (not yet in any table). */
struct function *unit_new_function(struct unit *u, const struct name *qualified, const struct name *name);
/* Puts the next "___torch_mangle_N" form of a qualified name (torch/csrc/jit/frontend/name_mangler.cpp). */
void mangled_name_put(struct text *out, const char *qualified, int64_t *counter);
/* As c10::CompilationUnit::mangle: the next free "___torch_mangle_N" form of a qualified name. */
const struct name *unit_mangle(struct unit *u, const struct name *qualified);
#endif
