/* Where a piece of a program comes from. A source is one text with a name and the number of its first line;
 * a range is a stretch of bytes of it. Ranges of code inside an archive may carry the range of the original
 * source from which that code was generated (its debug file); graph comments print the original. */
#ifndef LINKBOY_BASE_SOURCE_H
#define LINKBOY_BASE_SOURCE_H
#include "base/arena.h"
#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>

struct source;

struct source_range {
    const struct source *source; /* NULL: no range */
    uint32_t start, end;         /* byte offsets in the source's text */
};

/* One entry of a debug file: from byte `offset` of the generated text on, the original range is `range`. */
struct source_origin {
    uint32_t offset;
    struct source_range range;
};

struct source {
    const char *text;
    uint32_t length;
    const char *file;      /* may be NULL: a text without a file */
    int32_t first_line;    /* the 1-based number, in its file, of the text's first line */
    uint32_t *line_starts; /* offsets; line_count of them */
    int32_t line_count;
    bool printed;                        /* code that an archive holds: nobody wrote it by hand */
    bool library;                        /* of the language's own library: no file of anybody's */
    const struct source_origin *origins; /* sorted by offset; NULL when there is no debug file */
    int32_t origin_count;
};

/* A source in the arena; text and file are copied. NULL when memory is out or the text is over 1 GiB. */
struct source *source_new(struct arena *a, const char *text, size_t length, const char *file,
                          int32_t first_line);
/* The 0-based line (within the text) that holds this offset. */
int32_t source_line_at(const struct source *s, uint32_t offset);
/* The text of a 0-based line, without its newline. */
const char *source_line(const struct source *s, int32_t line, uint32_t *length);
/* The range from which this one was generated, or a range without source when there is none. */
struct source_range source_origin_of(struct source_range range);

/* "FILE:LINE:COLUMN" (line from 1, column from 0), as graph comments show it; false (nothing put) without a
 * file. */
bool source_put_location(struct text *out, struct source_range range);
/* PyTorch's excerpt: 2 lines before and after, each line of the range underlined, "~~~ <--- HERE"
 * (SourceRange::highlight in torch/csrc/jit/frontend/source_range.cpp). */
void source_put_excerpt(struct text *out, struct source_range range);
#endif
