/* Errors are values. A function that can fail returns false or NULL and fills the caller's lb_error;
 * the first error stands, later ones are dropped. `kind` is the Python exception that PyTorch would raise
 * ("RuntimeError", "IndexError", "builtins.ValueError" for a raise statement, ...). */
#ifndef LINKBOY_BASE_ERROR_H
#define LINKBOY_BASE_ERROR_H
#include "linkboy.h" /* lb_code: the codes are public, declared once */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct lb_error {
    lb_code code;
    char *kind;    /* exception class, or NULL for the code's own ("RuntimeError") */
    char *message; /* without traceback */
    char *trace;   /* TorchScript traceback, or NULL */
};

/* Sets the error unless one is set already. Always returns false, so that `return error_set(...)` reads well.
 */
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
