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

struct op_row;

struct lb_context {
    struct run_context cx;
    struct unit *operators;     /* in which operators called by name are parsed; made at the first one */
    const struct op_row *taken; /* by the last of these calls */
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
/* The values in handles, side by side (a heap array, borrowed values). */
bool handle_values(lb_value *const *handles, int count, lb_value **values, lb_error *err);
/* Readies a context for a call. */
void context_start(lb_context *context);
/* Passes an error of the inside on to the caller, who may not want it. */
void handle_error(lb_error *to, lb_error *from);
/* Gives the text to the caller; NULL when `good` is false or memory is out, with the error passed on. */
char *handle_text(struct text *out, bool good, lb_error *from, lb_error *to);

/* A caller's value with its containers typed, for a place of type `want` (NULL: by what they contain). The
 * result is the caller's; false when it does not fit, or an empty list does not show what it is of. */
bool handle_typed(struct unit *unit, const struct type *want, const lb_value *given, lb_value *out,
                  lb_error *err);

/* What a caller passes to a function, as handles. */
struct api_call {
    lb_value *const *args;
    int count;
    const char *const *names;
    lb_value *const *named_args;
    int named_count;
};
/* Calls a function or a method of `self` in a context (NULL: a fresh one); a new handle, or NULL. */
lb_value *api_call(struct unit *unit, struct function *f, const lb_value *self, lb_context *context,
                   const struct api_call *call, lb_error *err);
#endif
