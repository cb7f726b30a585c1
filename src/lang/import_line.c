/* Words of import statements; see import_line.h. */
#include "lang/import_line.h"
#include <string.h>

static void skip(struct import_line *l) {
    while (l->at < l->end && strchr(" \t(),\\\n\r#", *l->at)) {
        if (*l->at != '#')
            l->at++;
        else
            while (l->at < l->end && *l->at != '\n') l->at++;
    }
}

static struct import_word next_word(struct import_line *l) {
    skip(l);
    struct import_word w = {l->at, 0};
    while (l->at < l->end && !strchr(" \t(),\\\n\r#;", *l->at)) l->at++;
    w.length = (size_t)(l->at - w.text);
    return w;
}

bool import_word_is(struct import_word w, const char *text) {
    return strlen(text) == w.length && !memcmp(w.text, text, w.length);
}

/* "from . import a": the dots may stand apart from the module's name. */
static struct import_word module_word(struct import_line *l) {
    struct import_word w = next_word(l);
    const char *after = l->at;
    struct import_word next = next_word(l);
    bool dots = w.length && strspn(w.text, ".") >= w.length;
    if (dots && !import_word_is(next, "import")) {
        w.length = (size_t)(l->at - w.text);
        return w;
    }
    l->at = after;
    return w;
}

void import_line_open(struct import_line *l, const char *text, size_t length) {
    *l = (struct import_line){.at = text, .end = text + length};
    if (!import_word_is(next_word(l), "from")) return;
    l->from = module_word(l);
    next_word(l); /* import */
}

bool import_line_next(struct import_line *l, struct import_item *item) {
    *item = (struct import_item){.name = next_word(l)};
    if (!item->name.length) return false;
    const char *after = l->at;
    if (import_word_is(next_word(l), "as"))
        item->as = next_word(l);
    else
        l->at = after;
    return true;
}
