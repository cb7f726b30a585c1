/* Calling a method from outside: arguments are matched with the schema as PyTorch does for a call from
 * Python. */
#ifndef LINKBOY_MODULE_CALL_H
#define LINKBOY_MODULE_CALL_H
#include "module/program.h"

struct call_arguments {
    const lb_value *positional; /* without self; borrowed */
    int count;
    const char *const *names; /* of the named ones */
    const lb_value *named;
    int named_count;
};

/* Calls a function, or a method of `self` (NULL: none). The result is the caller's. */
bool call_function(struct unit *unit, struct function *f, const lb_value *self,
                   const struct call_arguments *given, struct run_context *cx, lb_value *result,
                   lb_error *err);
bool program_call(const struct program *p, const char *method, const struct call_arguments *given,
                  struct run_context *cx, lb_value *result, lb_error *err);
#endif
