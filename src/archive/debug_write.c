/* ('FORMAT_WITH_STRING_TABLE', (line, line, ...), ((offset, ((lines, file, first line), start, end), tag),
 * ...)): a source's text is the list of its lines' numbers in the table. Each source is written once. */
#include "archive/debug_write.h"
#include "archive/pickle_write.h"
#include "base/array.h"
#include "base/mem.h"
#include <string.h>

struct string_table {
    struct name_pool pool;
    struct table numbers; /* name -> number + 1 */
    ARRAY_OF(const struct name *) names;
    bool failed;
};

/* The number of a string, given at its first use. */
static int64_t number_of(struct string_table *t, const char *text, size_t length) {
    const struct name *name = name_intern(&t->pool, text, length);
    uintptr_t number = name ? (uintptr_t)table_get(&t->numbers, name) : 0;
    if (number) return (int64_t)number - 1;
    if (!name || !array_push(&t->names, name) ||
        !table_set(&t->numbers, name, (void *)(uintptr_t)t->names.count))
        t->failed = true;
    return t->names.count - 1;
}

/* Each line with its newline; what stands behind the last newline is a line, too. */
static const char *next_line(const struct source *s, size_t *at, size_t *length) {
    const char *line = s->text + *at, *end = memchr(line, '\n', s->length - *at);
    *length = end ? (size_t)(end - line) + 1 : s->length - *at;
    *at += end ? *length : *length + 1; /* behind the text: that was the last */
    return line;
}

static void collect_strings(struct string_table *t, const struct source *s) {
    size_t length;
    for (size_t at = 0; at <= s->length;) {
        const char *line = next_line(s, &at, &length);
        number_of(t, line, length);
    }
    number_of(t, s->file ? s->file : "", s->file ? strlen(s->file) : 0);
}

/* (lines, file, first line); without a source (), 0, 0. */
static void put_source(struct pickle_writer *w, struct string_table *t, const struct source *s) {
    const void *identity = s ? (const void *)s : t;
    if (pickle_put_known(w, identity)) return;
    size_t length;
    pickle_put_global(w, "torch.jit._pickle.build_intlist");
    pickle_put(w, "(](");
    for (size_t at = 0; s && at <= s->length;) {
        const char *line = next_line(s, &at, &length);
        pickle_put_int(w, number_of(t, line, length));
    }
    pickle_put(w, "etR");
    pickle_put_int(w, s ? number_of(t, s->file ? s->file : "", s->file ? strlen(s->file) : 0) : 0);
    pickle_put_int(w, s ? s->first_line : 0);
    pickle_close_tuple(w, 3);
    pickle_memoize(w, identity);
}

static void put_entries(struct pickle_writer *w, struct string_table *t, const struct source_origin *entries,
                        const int64_t *tags, int count) {
    pickle_open_tuple(w, count);
    for (int i = 0; i < count; i++) {
        pickle_put_int(w, entries[i].offset);
        put_source(w, t, entries[i].range.source);
        pickle_put_int(w, entries[i].range.start);
        pickle_put_int(w, entries[i].range.end);
        pickle_close_tuple(w, 3);
        pickle_put_int(w, tags[i]);
        pickle_close_tuple(w, 3);
    }
    pickle_close_tuple(w, count);
    pickle_memoize(w, NULL); /* PyTorch holds both tuples while it writes them */
}

static void put_strings(struct pickle_writer *w, const struct string_table *t) {
    pickle_open_tuple(w, t->names.count);
    for (int i = 0; i < t->names.count; i++)
        pickle_put_string(w, t->names.items[i]->text, t->names.items[i]->length);
    pickle_close_tuple(w, t->names.count);
    pickle_memoize(w, NULL);
}

bool debug_info_put(struct text *out, const struct source_origin *entries, const int64_t *tags, int count,
                    lb_error *err) {
    struct string_table strings = {0};
    struct pickle_writer w;
    bool good = pickle_writer_open(&w, err) && (name_pool_init(&strings.pool, NULL, 0) || error_memory(err));
    struct table collected = {0};
    if (good) number_of(&strings, "", 0); /* the first of every table */
    for (int i = 0; good && i < count; i++) {
        const struct source *s = entries[i].range.source;
        if (!s || table_has(&collected, s)) continue;
        if (!table_set(&collected, s, &w)) w.failed = true;
        collect_strings(&strings, s);
    }
    if (good) {
        pickle_put_text(&w, "FORMAT_WITH_STRING_TABLE");
        put_strings(&w, &strings);
        put_entries(&w, &strings, entries, tags, count);
        pickle_close_tuple(&w, 3);
        pickle_put(&w, ".");
        w.failed |= strings.failed;
        good = pickle_writer_good(&w, err);
        text_put_bytes(out, text_get(&w.out), w.out.length);
    }
    table_free(&collected);
    table_free(&strings.numbers);
    mem_free(strings.names.items);
    name_pool_free(&strings.pool);
    pickle_writer_free(&w);
    return good;
}
