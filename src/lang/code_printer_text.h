/* Text that remembers where its pieces come from (TaggedStringStream in python_print.cpp). Two ways to put a
 * text, as there: a C string leaves a mark even if it is empty, a name or other computed text does not. */
#ifndef LINKBOY_LANG_CODE_PRINTER_TEXT_H
#define LINKBOY_LANG_CODE_PRINTER_TEXT_H
#include "lang/code_printer.h"

struct tagged {
    struct text text;
    ARRAY_OF(struct code_origin) origins;
    bool failed; /* memory is out */
};

static inline bool same_range(struct source_range a, struct source_range b) {
    return a.source == b.source && a.start == b.start && a.end == b.end;
}

static inline void tagged_mark(struct tagged *t, size_t offset, struct source_range range) {
    if (t->origins.count > 0 && same_range(t->origins.items[t->origins.count - 1].range, range)) return;
    struct code_origin origin = {offset, range};
    if (!array_push(&t->origins, origin)) t->failed = true;
}

static inline void tagged_put(struct tagged *t, struct source_range range, const char *literal) {
    tagged_mark(t, t->text.length, range);
    text_put(&t->text, literal);
}

static inline void tagged_put_name(struct tagged *t, struct source_range range, const char *bytes,
                                   size_t length) {
    if (length == 0) return;
    tagged_mark(t, t->text.length, range);
    text_put_bytes(&t->text, bytes, length);
}

static inline void tagged_append(struct tagged *t, const struct tagged *from) {
    for (int i = 0; i < from->origins.count; i++)
        tagged_mark(t, t->text.length + from->origins.items[i].offset, from->origins.items[i].range);
    text_put_bytes(&t->text, text_get(&from->text), from->text.length);
}

void tagged_free(struct tagged *t);
#endif
