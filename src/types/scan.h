/* A cursor over a text that is being parsed (schemas, types, graphs). What has no line of its own to say is
 * skipped: blanks, newlines, and comments from '#' to the end of the line where the text has such. Errors
 * name line and column, both from 1. */
#ifndef LINKBOY_TYPES_SCAN_H
#define LINKBOY_TYPES_SCAN_H
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

struct scan {
    const char *text;
    size_t length, at;
    int depth;     /* of nesting; scan_enter() refuses too much */
    bool comments; /* '#' starts one */
    lb_error *err;
};

enum { SCAN_DEEPEST = 150 };

/* Always false. "MESSAGE at line L, column C" with the rest of the line as an excerpt. */
bool scan_fail(struct scan *s, const char *message);
void scan_skip(struct scan *s);
/* The next character that matters, 0 at the end. */
char scan_peek(struct scan *s);
/* The character right at the cursor, nothing skipped; 0 at the end. */
char scan_here(const struct scan *s);
bool scan_next_is(struct scan *s, const char *word);
/* Takes `word` if it comes next. */
bool scan_accept(struct scan *s, const char *word);
bool scan_expect(struct scan *s, const char *word);
/* An identifier (letters, digits, underscores, no digit first); with `dots`, several joined by dots. False:
 * none here. */
bool scan_word(struct scan *s, bool dots, const char **word, size_t *length);
/* Looks at the word that comes next without taking it; length 0 when there is none. */
size_t scan_peek_word(struct scan *s, const char **word);
bool scan_int(struct scan *s, int64_t *value);
/* A number as PyTorch's lexer takes it, sign included; *is_float when it has a point, an exponent or is inf
 * or nan, *is_imaginary when a j follows. */
bool scan_number(struct scan *s, double *f, int64_t *i, bool *is_float, bool *is_imaginary);
/* A quoted string with Python's escapes, appended to out. */
bool scan_string(struct scan *s, struct text *out);
bool scan_enter(struct scan *s);
void scan_leave(struct scan *s);
#endif
