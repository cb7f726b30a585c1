/* Operators by name at run time; see operator_call.c. */
#ifndef LINKBOY_CONSTRUCT_OPERATOR_CALL_H
#define LINKBOY_CONSTRUCT_OPERATOR_CALL_H
#include "ops/call.h"
#include "types/unit.h"

struct operator_arguments {
    const lb_value *positional; /* borrowed */
    int count;
    const char *const *names; /* of the named ones */
    const lb_value *named;
    int named_count;
};

/* "aten::relu". The result is the caller's; several make a tuple, none is None. */
bool operator_call(struct unit *unit, const char *name, const struct operator_arguments *given,
                   struct run_context *cx, lb_value *result, lb_error *err);
#endif
