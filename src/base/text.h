/* A growing text. Appending never fails visibly: when memory is out `failed` is set and stays, and the text
 * is checked once at the end (text_ok, text_take). */
#ifndef LINKBOY_BASE_TEXT_H
#define LINKBOY_BASE_TEXT_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /* NUL-terminated when length > 0 */
    size_t length, capacity;
    bool failed;
};

void text_put(struct text *t, const char *s);
void text_put_bytes(struct text *t, const char *s, size_t length);
void text_put_char(struct text *t, char c);
void text_put_repeat(struct text *t, char c, int count);
void text_put_int(struct text *t, int64_t value);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As C++ streams print a double with this many significant digits (%g without padding; "inf", "nan", "-inf").
 */
void text_put_float(struct text *t, double value, int digits);
void text_cut(struct text *t, size_t length);
/* The text so far, never NULL. */
const char *text_get(const struct text *t);
/* The caller's from now on (mem_free); NULL when memory ran out. An empty text gives "". */
char *text_take(struct text *t);
void text_free(struct text *t);
#endif
