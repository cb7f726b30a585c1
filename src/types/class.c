/* Members of classes and enums: few per class, so found by walking. */
#include "types/function.h"

int class_find_attribute(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->attributes.count; i++)
        if (c->attributes.items[i].name == name) return i;
    return -1;
}

struct function *class_find_method(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->methods.count; i++)
        if (c->methods.items[i]->name == name) return c->methods.items[i];
    return NULL;
}

const struct class_constant *class_find_constant(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->constants.count; i++)
        if (c->constants.items[i].name == name) return &c->constants.items[i];
    return NULL;
}

int class_add_attribute(struct class_definition *c, struct class_attribute attribute) {
    return array_push(&c->attributes, attribute) ? c->attributes.count - 1 : -1;
}

struct class_search {
    const struct type *wanted;
    struct table seen;
};

static bool is_in(struct class_search *s, const struct type *t) {
    if (t == s->wanted) return true;
    for (int i = 0; i < t->count; i++)
        if (is_in(s, t->items[i])) return true;
    if (t->kind != TYPE_CLASS || table_has(&s->seen, t)) return false;
    if (!table_set(&s->seen, t, s)) return true;
    for (int i = 0; i < t->definition->attributes.count; i++)
        if (is_in(s, t->definition->attributes.items[i].type)) return true;
    return false;
}

bool class_is_in(const struct type *class, const struct type *t) {
    struct class_search s = {.wanted = class};
    bool is = is_in(&s, t);
    table_free(&s.seen);
    return is;
}

bool class_add_method(struct class_definition *c, struct function *f) {
    return array_push(&c->methods, f);
}

void class_drop_uncompiled(struct class_definition *c) {
    int kept = 0;
    for (int i = 0; i < c->methods.count; i++)
        if (c->methods.items[i]->state == FUNCTION_READY) c->methods.items[kept++] = c->methods.items[i];
    c->methods.count = kept;
}

bool class_add_constant(struct class_definition *c, struct class_constant constant) {
    return array_push(&c->constants, constant);
}

bool enum_add_member(const struct type *t, const struct name *name, lb_value value) {
    struct enum_member member = {.name = name, .value = value};
    return array_push(&t->members->list, member);
}
