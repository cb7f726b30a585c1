/* Two forms are read. The new one begins with a marker and a table of strings:
 *   ('FORMAT_WITH_STRING_TABLE', (s0, s1, ...), ((offset, ((text indices, file index, line), start, end),
 * tag), ...)) where a source's text is its strings put together. The old one, before 2021, has the text in
 * place:
 *   ((offset, (text, file, line), start, end), ...) or ((offset, ((text, file, line), start, end), tag),
 * ...). */
#include "archive/debug_info.h"
#include "archive/pickle.h"
#include "base/table.h"
#include <string.h>

struct reader {
    struct arena *memory;
    const struct pickle_node *strings; /* NULL: the old form */
    struct table sources;              /* node -> struct source * */
};

static const struct pickle_node *item(const struct pickle_node *n, int i) {
    bool holds = n && (n->kind == PICKLE_TUPLE || n->kind == PICKLE_LIST);
    return holds && i < n->items.count ? n->items.items[i] : NULL;
}

static bool is_int(const struct pickle_node *n) {
    return n && n->kind == PICKLE_INT;
}

/* The text of a string node, or of its index in the table. */
static const struct pickle_node *string_at(const struct reader *r, const struct pickle_node *n) {
    if (r->strings && is_int(n))
        n = n->i >= 0 && n->i < r->strings->items.count ? item(r->strings, (int)n->i) : NULL;
    return n && n->kind == PICKLE_STRING ? n : NULL;
}

/* build_intlist([..]) of indices */
static bool join(const struct reader *r, const struct pickle_node *n, struct text *out) {
    if (!n) return false;
    if (n->kind == PICKLE_STRING) {
        text_put_bytes(out, n->text, n->length);
        return true;
    }
    if (n->kind == PICKLE_CALL) n = item(n->items.items[1], 0);
    if (!n || n->kind != PICKLE_LIST) return false;
    for (int i = 0; i < n->items.count; i++) {
        const struct pickle_node *part = string_at(r, n->items.items[i]);
        if (!part || out->length + part->length > (64u << 20)) return false;
        text_put_bytes(out, part->text, part->length);
    }
    return true;
}

static struct source *make_source(struct reader *r, const struct pickle_node *n) {
    const struct pickle_node *line = item(n, 2), *file = string_at(r, item(n, 1));
    struct text joined = {0};
    struct source *s = NULL;
    if (is_int(line) && join(r, item(n, 0), &joined) && !joined.failed) {
        char *name = file ? arena_text(r->memory, file->text, file->length) : NULL; /* "" is a file too */
        s = source_new(r->memory, text_get(&joined), joined.length, name, (int32_t)line->i);
    }
    text_free(&joined);
    return s;
}

static const struct source *source_of(struct reader *r, const struct pickle_node *n) {
    if (!n) return NULL;
    struct source *s = table_get(&r->sources, n);
    if (s) return s;
    s = make_source(r, n);
    return s && table_set(&r->sources, n, s) ? s : NULL;
}

/* One entry of either form; false when it is none. A range that begins outside of its source becomes none;
 * one that ends there stays as it is (PyTorch's for nodes without one is 0 to 1 of an empty text). */
static bool read_entry(struct reader *r, const struct pickle_node *n, struct source_origin *o) {
    const struct pickle_node *offset = item(n, 0), *range = item(n, 1);
    if (!is_int(offset) || !range || offset->i < 0 || offset->i > UINT32_MAX) return false;
    bool nested = item(range, 0) && item(range, 0)->kind == PICKLE_TUPLE;
    const struct pickle_node *start = nested ? item(range, 1) : item(n, 2),
                             *end = nested ? item(range, 2) : item(n, 3);
    if (!is_int(start) || !is_int(end)) return false;
    const struct source *s = source_of(r, nested ? item(range, 0) : range);
    *o = (struct source_origin){.offset = (uint32_t)offset->i};
    if (s && start->i >= 0 && start->i <= end->i && start->i <= s->length && end->i <= UINT32_MAX)
        o->range = (struct source_range){s, (uint32_t)start->i, (uint32_t)end->i};
    return true;
}

static void read_entries(struct reader *r, const struct pickle_node *entries, struct source *s) {
    int count = entries->items.count;
    struct source_origin *origins = arena_array(r->memory, struct source_origin, count);
    if (!origins) return;
    int used = 0;
    for (int i = 0; i < count; i++) {
        if (!read_entry(r, entries->items.items[i], &origins[used])) continue;
        if (used && origins[used].offset < origins[used - 1].offset) return; /* must be sorted */
        used++;
    }
    s->origins = origins;
    s->origin_count = used;
}

void debug_info_attach(struct archive *a, const char *record, struct source *s, struct arena *memory) {
    const uint8_t *data;
    size_t length;
    lb_error ignored = {0};
    struct arena nodes = {0};
    struct reader r = {.memory = memory};
    if (archive_read(a, record, &data, &length, &ignored)) {
        const struct pickle_node *root = pickle_parse(&nodes, record, data, length, &ignored);
        const struct pickle_node *marker = item(root, 0), *entries = root;
        if (marker && pickle_is_text(marker, "FORMAT_WITH_STRING_TABLE")) {
            r.strings = item(root, 1);
            entries = item(root, 2);
        }
        if (entries && entries->kind == PICKLE_TUPLE && (!r.strings || r.strings->kind == PICKLE_TUPLE))
            read_entries(&r, entries, s);
    }
    table_free(&r.sources);
    arena_free(&nodes);
    error_clear(&ignored);
}
