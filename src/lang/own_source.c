/* Definitions as sources of their own; see own_source.h. */
#include "lang/own_source.h"

int32_t statement_first_line(const struct tree *t) {
    bool definition = t->kind == TREE_DEF || t->kind == TREE_CLASS;
    const struct tree *decorators = definition ? t->items[t->kind == TREE_DEF ? 3 : 2] : NULL;
    return source_line_at(t->range.source, (decorators ? decorators : t)->range.start);
}

static bool is_blank_or_comment(const struct source *s, int32_t line) {
    uint32_t length, i = 0;
    const char *text = source_line(s, line, &length);
    while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    return i == length || text[i] == '#';
}

struct tree *own_source(struct arena *a, struct name_pool *names, const struct tree *t, int32_t stop,
                        lb_error *err) {
    const struct source *whole = t->range.source;
    int32_t first = statement_first_line(t);
    while (stop > first + 1 && is_blank_or_comment(whole, stop - 1)) stop--;
    uint32_t begin = whole->line_starts[first];
    uint32_t end = stop < whole->line_count ? whole->line_starts[stop] : whole->length;
    struct source *part =
        source_new(a, whole->text + begin, end - begin, whole->file, whole->first_line + first);
    if (part) part->library = whole->library;
    struct tree *list = part ? lang_parse(a, names, part, PARSE_PYTHON, err) : NULL;
    if (!part) error_memory(err);
    return list && list->count ? list->items[0] : NULL;
}
