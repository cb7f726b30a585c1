/* Python's classes of exceptions, and which is a kind of which: what `except` asks while a program runs. */
#ifndef LINKBOY_TYPES_EXCEPTIONS_H
#define LINKBOY_TYPES_EXCEPTIONS_H
#include "types/unit.h"

/* Python's own classes, each behind the one that it comes from (NULL: none); NULL: there are fewer. */
const char *exception_builtin(int index, const char **base);
/* A class of Python's own, by its plain name. */
bool exception_is_builtin(const char *name);
/* A program's own class: `bases` are the full names of all classes that it comes from, with spaces between.
 */
bool exception_declare(struct unit *u, const struct name *qualified, const char *bases);
/* The name as Python writes it: without "builtins.". */
const char *exception_plain_name(const char *kind);
/* Puts the names of all classes that are one of these (names with spaces between): " A builtins.A m.B ". */
bool exception_put_kinds(struct unit *u, const char *wanted, struct text *out);
/* Whether an exception of the class `kind` is one of the class `wanted` (`length` bytes), both full names. */
bool exception_is_a(struct unit *u, const char *kind, const char *wanted, size_t length);
#endif
