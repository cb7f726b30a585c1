/* A function or method of a program: its name, schema and graph, and what later floors keep beside it. The
 * graph and bytecode are made by the floors above (ir/, lang/, exec/); here they are only named. */
#ifndef LINKBOY_TYPES_FUNCTION_H
#define LINKBOY_TYPES_FUNCTION_H
#include "types/schema.h"

struct graph;
struct code;

enum function_state { FUNCTION_DECLARED, FUNCTION_COMPILING, FUNCTION_READY, FUNCTION_FAILED };

struct function {
    const struct name *name;      /* "forward" */
    const struct name *qualified; /* "__torch__.M.forward" */
    struct schema *schema;        /* NULL until known */
    struct graph *graph;          /* after the compiler's own passes; NULL until FUNCTION_READY */
    _Atomic(struct code *) code;  /* bytecode, made at the first call or at load */
    enum function_state state;
    const struct type *owner; /* the class whose method it is, or NULL */
    const void *definition;   /* its syntax tree, while it is declared */
    /* Compiles it now if it is only declared; set by whoever declares functions. */
    bool (*ensure)(struct function *f, lb_error *err);
    void *ensure_context;
    /* Compiled with all of Python: PyTorch refuses it, and it need not be as PyTorch would have it. */
    bool whole;
    /* First run while its archive was loaded: its graph goes into callers as it is (see passes/inline.c). */
    bool inlined_as_is;
    /* Called while it was compiled, so by itself or by what it calls: never put in place of a call. */
    bool recursive;
    /* Native functions (methods of C++ classes) have no graph. */
    bool (*native)(const lb_value *args, int count, lb_value *result, lb_error *err);
};
#endif
