/* Dotted names; see dotted.h. */
#include "lang/dotted.h"
#include <string.h>

/* "a.b.C" of a name or attribute; false for other expressions. */
static bool put_dotted(struct text *out, const struct tree *t) {
    if (t->kind == TREE_NONE || t->kind == TREE_NONE_TYPE) {
        text_put(out, t->kind == TREE_NONE ? "None" : "NoneType");
        return true;
    }
    if (t->kind == TREE_ATTRIBUTE) {
        if (!put_dotted(out, t->items[0])) return false;
        text_printf(out, ".%s", t->name->text);
        return true;
    }
    if (t->kind == TREE_NAME) text_put(out, t->name->text);
    return t->kind == TREE_NAME;
}

const struct name *dotted_name(struct unit *unit, const struct tree *t, lb_error *err) {
    struct text text = {0};
    bool dotted = put_dotted(&text, t);
    const struct name *name = NULL;
    if (dotted && !text.failed) name = name_intern(&unit->names, text_get(&text), text.length);
    if (dotted && !name) error_memory(err);
    text_free(&text);
    return name;
}

const struct name *dotted_full(struct unit *unit, struct resolver *r, const struct tree *t, lb_error *err) {
    const struct name *name = dotted_name(unit, t, err);
    const struct name *full = name && r && r->library_name ? r->library_name(r, name, err) : NULL;
    return full ? full : name;
}

bool dotted_decorates(struct unit *unit, struct resolver *r, const struct tree *def, const char *full) {
    const struct tree *decorators = def->items[def->kind == TREE_DEF ? 3 : 2];
    lb_error ignored = {0};
    bool found = false;
    for (int i = 0; decorators && !found && i < decorators->count; i++) {
        const struct tree *d = decorators->items[i];
        const struct name *name = dotted_full(unit, r, d->kind == TREE_CALL ? d->items[0] : d, &ignored);
        found = name && !strcmp(name->text, full);
    }
    error_clear(&ignored);
    return found;
}
