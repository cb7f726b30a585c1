/* NamedTuples in functional form, rewritten to classes: NamedTuple("P", [("a", int)]) and namedtuple("P", "a
 * b") name their fields in lists, in tuples or in one text; fields without a type are Tensors, as for
 * TorchScript. */
#include "lang/define.h"
#include "lang/resolver.h"
#include <string.h>

struct field_list {
    struct unit *unit;
    struct source_range at;
    struct tree_list fields; /* ASSIGNs as a class body has them */
};

/* `NAME: TYPE` [= VALUE]; `type` NULL: Tensor. */
static bool add_field(struct field_list *l, const char *name, size_t length, struct tree *type) {
    struct arena *a = &l->unit->memory;
    const struct name *n = name_intern(&l->unit->names, name, length),
                      *tensor = name_of(&l->unit->names, "Tensor");
    if (!n || !tensor || (!type && !(type = tree_name(a, l->at, tensor)))) return false;
    struct tree *target = tree_name(a, l->at, n);
    struct tree *targets = target ? tree_new(a, TREE_LIST, l->at, 1, &target) : NULL;
    struct tree *parts[3] = {targets, NULL, type};
    struct tree *t = targets ? tree_new(a, TREE_ASSIGN, l->at, 3, parts) : NULL;
    return t && array_push_in(a, &l->fields, t);
}

/* "a b" or "a, b" */
static bool add_words(struct field_list *l, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        text += strspn(text, " ,\t\n");
        size_t word = strcspn(text, " ,\t\n");
        if (word && !add_field(l, text, word, NULL)) return false;
        text += word;
    }
    return true;
}

static bool add_fields(struct field_list *l, const struct tree *t) {
    if (t->kind == TREE_STRING) return add_words(l, t->text, (size_t)t->length);
    for (int i = 0; i < t->count; i++) {
        const struct tree *item = t->items[i];
        bool pair = item->kind == TREE_TUPLE && item->count == 2 && item->items[0]->kind == TREE_STRING;
        const struct tree *name = pair ? item->items[0] : item;
        if (name->kind != TREE_STRING) continue;
        if (!add_field(l, name->text, (size_t)name->length, pair ? item->items[1] : NULL)) return false;
    }
    return true;
}

/* namedtuple(..., defaults=(1, 2)) gives the last fields their values. */
static void set_defaults(struct field_list *l, const struct tree *call) {
    for (int i = 0; i < call->items[2]->count; i++) {
        const struct tree *k = call->items[2]->items[i], *values = k->items[0];
        if (!k->name || strcmp(k->name->text, "defaults") || values->count > l->fields.count) continue;
        for (int n = 0; n < values->count; n++)
            l->fields.items[l->fields.count - values->count + n]->items[1] = values->items[n];
    }
}

const struct type *lang_define_functional_tuple(struct unit *unit, const struct tree *call,
                                                const struct name *qualified, struct resolver *resolver,
                                                lb_error *err) {
    struct field_list l = {.unit = unit, .at = call->range};
    const struct tree *arguments = call->items[1];
    bool good = true;
    for (int i = 1; good && i < arguments->count; i++) good = add_fields(&l, arguments->items[i]);
    set_defaults(&l, call);
    const struct name *base = name_of(&unit->names, "NamedTuple");
    struct tree *parts[4] = {base ? tree_name(&unit->memory, call->range, base) : NULL,
                             tree_new(&unit->memory, TREE_LIST, call->range, l.fields.count, l.fields.items)};
    struct tree *class =
        good && parts[0] && parts[1] ? tree_new(&unit->memory, TREE_CLASS, call->range, 4, parts) : NULL;
    if (!class) return error_memory(err), NULL;
    class->name = qualified;
    return lang_define_class(unit, class, qualified, resolver, err);
}
