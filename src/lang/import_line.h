/* Import statements, whose text the parser keeps as it stands: "from .a import b as c, d", "import a.b as c".
 * Parentheses, line ends and comments are read over. */
#ifndef LINKBOY_LANG_IMPORT_LINE_H
#define LINKBOY_LANG_IMPORT_LINE_H
#include <stdbool.h>
#include <stddef.h>

struct import_word {
    const char *text; /* not NUL-terminated */
    size_t length;
};

struct import_line {
    const char *at, *end;
    struct import_word from; /* the module with its leading dots; length 0: a plain import */
};

/* One name of the statement. */
struct import_item {
    struct import_word name; /* "b", "*"; of a plain import "a.b" */
    struct import_word as;   /* length 0: no `as` */
};

void import_line_open(struct import_line *line, const char *text, size_t length);
bool import_line_next(struct import_line *line, struct import_item *item); /* false: no more */
bool import_word_is(struct import_word w, const char *text);
#endif
