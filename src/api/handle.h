/* What stands behind the public handles. An lb_value handle is a value in a box of its own. */
#ifndef LINKBOY_API_HANDLE_H
#define LINKBOY_API_HANDLE_H
#include "base/mem.h"
#include "linkboy.h"
#include "module/program.h"
#include "tensor/random.h"

struct lb_module {
    struct program *program;
};

struct lb_context {
    struct run_context cx;
    struct generator generator;
    int64_t max_steps;
    _Atomic int64_t steps_left;
    _Atomic bool cancelled;
};

/* `err` may be NULL in the public functions, but never below them: API_ERROR gives a place for it. */
#define API_ERROR(err, own) \
    lb_error own = {0};     \
    lb_error *const local = &own

/* Boxes a value (which is taken over); NULL when memory is out. */
lb_value *handle_new(lb_value value, lb_error *err);
/* Passes an error of the inside on to the caller, who may not want it. */
void handle_error(lb_error *to, lb_error *from);
#endif
