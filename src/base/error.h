/* Errors are values. A function that can fail returns false or NULL and fills the caller's lb_error;
 * the first error stands, later ones are dropped. `kind` is the Python exception that PyTorch would raise
 * ("RuntimeError", "IndexError", "builtins.ValueError" for a raise statement, ...). */
#ifndef LINKBOY_BASE_ERROR_H
#define LINKBOY_BASE_ERROR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum lb_code {
    LB_OK = 0,
    LB_ERROR_MEMORY,      /* an allocation failed or a memory limit was passed */
    LB_ERROR_IO,          /* the system would not read or write */
    LB_ERROR_FORMAT,      /* a file is damaged or hostile */
    LB_ERROR_UNSUPPORTED, /* a file form, operator or feature that is not there yet */
    LB_ERROR_ARGUMENT,    /* the caller's arguments do not fit */
    LB_ERROR_COMPILE,     /* source or IR text that does not compile */
    LB_ERROR_RUNTIME,     /* an operator refused */
    LB_ERROR_RAISED,      /* a raise or assert statement of the program */
    LB_ERROR_LIMIT,       /* a limit of steps, depth or time */
    LB_ERROR_CANCELLED,
    LB_ERROR_INTERNAL,    /* a belief of ours did not hold */
} lb_code;

typedef struct lb_error {
    lb_code code;
    char *kind;    /* exception class, or NULL for the code's own ("RuntimeError") */
    char *message; /* without traceback */
    char *trace;   /* TorchScript traceback, or NULL */
} lb_error;

/* Sets the error unless one is set already. Always returns false, so that `return error_set(...)` reads well. */
bool error_set(lb_error *err, lb_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool error_set_kind(lb_error *err, lb_code code, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Out of memory, with a message that needs no memory. */
bool error_memory(lb_error *err);
/* Puts "WHERE: " before the message, e.g. a record's name. Always returns false. */
bool error_prefix(lb_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Moves `from` into `to` (if `to` has none yet) and clears `from`. */
void error_move(lb_error *to, lb_error *from);
void error_clear(lb_error *err);
const char *error_message(const lb_error *err);
#endif
