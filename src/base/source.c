/* Sources, ranges and excerpts; see source.h. */
#include "base/source.h"
#include <string.h>

static bool find_lines(struct arena *a, struct source *s) {
    int32_t count = 1;
    for (uint32_t i = 0; i < s->length; i++) count += s->text[i] == '\n';
    s->line_starts = arena_array(a, uint32_t, count);
    if (!s->line_starts) return false;
    for (uint32_t i = 0; i < s->length; i++)
        if (s->text[i] == '\n') s->line_starts[++s->line_count] = i + 1;
    s->line_count++;
    return true;
}

struct source *source_new(struct arena *a, const char *text, size_t length, const char *file,
                          int32_t first_line) {
    struct source *s = length < (1u << 30) ? arena_new(a, struct source) : NULL;
    if (!s) return NULL;
    s->text = arena_text(a, text, length);
    s->length = (uint32_t)length;
    s->first_line = first_line;
    s->file = file ? arena_text(a, file, strlen(file)) : NULL;
    if (!s->text || (file && !s->file) || !find_lines(a, s)) return NULL;
    return s;
}

int32_t source_line_at(const struct source *s, uint32_t offset) {
    int32_t low = 0, high = s->line_count;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (s->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

const char *source_line(const struct source *s, int32_t line, uint32_t *length) {
    uint32_t start = s->line_starts[line];
    uint32_t end = line + 1 < s->line_count ? s->line_starts[line + 1] - 1 : s->length;
    *length = end - start;
    return s->text + start;
}

struct source_range source_origin_of(struct source_range range) {
    const struct source *s = range.source;
    if (!s || !s->origin_count || s->origins[0].offset > range.start) return (struct source_range){0};
    int32_t low = 0, high = s->origin_count;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (s->origins[middle].offset <= range.start)
            low = middle;
        else
            high = middle;
    }
    return s->origins[low].range;
}

bool source_put_location(struct text *out, struct source_range range) {
    if (!range.source || !range.source->file) return false;
    int32_t line = source_line_at(range.source, range.start);
    text_printf(out, "%s:%d:%u", range.source->file, line + range.source->first_line,
                range.start - range.source->line_starts[line]);
    return true;
}

enum { CONTEXT_LINES = 2 };

static void put_lines(struct text *out, const struct source *s, int32_t from, int32_t to) {
    for (int32_t line = from; line < to; line++) {
        uint32_t length;
        const char *start = source_line(s, line, &length);
        if (line == s->line_count - 1 && !length) return; /* behind the text's last newline */
        text_put_bytes(out, start, length);
        text_put_char(out, '\n');
    }
}

/* One line of the range, underlined from its first sign on. */
static void put_underlined(struct text *out, const struct source *s, struct source_range range,
                           int32_t line) {
    uint32_t length, begin = s->line_starts[line];
    const char *text = source_line(s, line, &length);
    uint32_t end = begin + length, from = begin;
    while (from < end && (text[from - begin] == ' ' || text[from - begin] == '\t')) from++;
    if (from < range.start && range.start <= end) from = range.start;
    if (end > range.end && range.end > from) end = range.end;
    text_put_bytes(out, text, length);
    text_put_char(out, '\n');
    text_put_repeat(out, ' ', (int)(from - begin));
    text_put_repeat(out, '~', (int)(end - from));
}

void source_put_excerpt(struct text *out, struct source_range range) {
    const struct source *s = range.source;
    if (!s || range.start > s->length) return;
    if (range.end <= range.start) range.end = range.start + 1;
    if (range.end > s->length) range.end = s->length > range.start ? s->length : range.start;
    int32_t first = source_line_at(s, range.start);
    int32_t last = range.end > range.start ? source_line_at(s, range.end - 1) : first;
    put_lines(out, s, first > CONTEXT_LINES ? first - CONTEXT_LINES : 0, first);
    for (int32_t line = first; line <= last; line++) {
        put_underlined(out, s, range, line);
        text_put(out, line == last ? " <--- HERE\n" : "\n");
    }
    int32_t stop = last + 1 + CONTEXT_LINES;
    put_lines(out, s, last + 1, stop < s->line_count ? stop : s->line_count);
}
