/* Running a function of a program. Any number of threads may do so at once, each with a context of its own;
 * results are owned by the caller. On failure `err` says what happened, with PyTorch's traceback in
 * err->trace (trace.h). */
#ifndef LINKBOY_EXEC_RUN_H
#define LINKBOY_EXEC_RUN_H
#include "exec/code.h"

/* Arguments are borrowed and must be of the parameters' types. Lowers the function first if that has not been
 * done. Tasks that the program forked have ended when this returns. */
bool exec_call(struct unit *unit, struct function *f, const lb_value *args, int count, struct run_context *cx,
               lb_value *result, lb_error *err);
/* Calls a native function; what it gives gets the types that are declared. On failure the result is None. */
bool exec_native(const struct function *f, const lb_value *args, int count, lb_value *result, lb_error *err);
/* The same for code by itself. */
bool exec_code(struct unit *unit, const struct code *code, const lb_value *args, int count,
               struct run_context *cx, lb_value *result, lb_error *err);
/* Puts a graph in the place of the function's own (takes it over when it succeeds) and forgets the code of
 * all functions of the unit, since they may have the old one inlined. Calls that run go on with what they
 * began with: the old graph and code stay until the unit goes. */
bool exec_replace_graph(struct unit *unit, struct function *f, struct graph *graph, lb_error *err);
#endif
