/* Ways into a program: by dotted path, by method name, over all submodules. */
#include "base/mem.h"
#include "module/program.h"
#include <string.h>

const struct class_definition *program_class(const struct program *p) {
    return p->root.object->type->definition;
}

static int slot_of(const struct class_definition *class, const char *name, size_t length) {
    for (int i = 0; i < class->attributes.count; i++) {
        const struct name *n = class->attributes.items[i].name;
        if (n->length == length && !memcmp(n->text, name, length)) return i;
    }
    return -1;
}

/* A constant of a class by its name, borrowed. */
static bool find_constant(lb_value object, const char *name, size_t length, lb_value *out) {
    const struct class_definition *class =
        object.tag == VALUE_OBJECT ? object.object->type->definition : NULL;
    for (int i = 0; class && i < class->constants.count; i++) {
        const struct name *n = class->constants.items[i].name;
        if (n->length != length || memcmp(n->text, name, length)) continue;
        *out = class->constants.items[i].value;
        return true;
    }
    return false;
}

bool program_find(const struct program *p, const char *path, size_t length, lb_value *out, lb_error *err) {
    *out = p->root;
    for (size_t at = 0; at < length;) {
        const char *dot = memchr(path + at, '.', length - at);
        size_t part = dot ? (size_t)(dot - path) - at : length - at;
        int slot = out->tag == VALUE_OBJECT ? slot_of(out->object->type->definition, path + at, part) : -1;
        if (slot < 0 && !dot && find_constant(*out, path + at, part, out)) return true;
        if (slot < 0)
            return error_set(err, LB_ERROR_ARGUMENT, "'%.*s' has no attribute '%.*s'", at ? (int)at - 1 : 4,
                             at ? path : "self", (int)part, path + at);
        *out = out->object->slots[slot];
        at += part + 1;
    }
    return true;
}

static void put_methods(struct text *out, const struct class_definition *class) {
    for (int i = 0; i < class->methods.count; i++)
        text_printf(out, "%s%s", i ? ", " : "", class->methods.items[i]->name->text);
}

static struct function *no_method(const struct class_definition *class, const char *name, lb_error *err) {
    struct text list = {0};
    put_methods(&list, class);
    error_set(err, LB_ERROR_ARGUMENT, "%s has no method '%s'; it has: %s", class->type->name->text, name,
              list.length ? text_get(&list) : "none");
    text_free(&list);
    return NULL;
}

struct function *program_method(const struct program *p, const char *method, lb_value *self, lb_error *err) {
    const char *dot = strrchr(method, '.');
    if (!program_find(p, method, dot ? (size_t)(dot - method) : 0, self, err)) return NULL;
    if (self->tag != VALUE_OBJECT) {
        error_set(err, LB_ERROR_ARGUMENT, "'%.*s' is no module", (int)(dot - method), method);
        return NULL;
    }
    const struct class_definition *class = self->object->type->definition;
    const char *name = dot ? dot + 1 : method;
    for (int i = 0; i < class->methods.count; i++)
        if (!strcmp(class->methods.items[i]->name->text, name)) return class->methods.items[i];
    return no_method(class, name, err);
}

/* ---- all submodules, the first of each type ---- */

struct walk {
    struct arena *memory;
    struct table seen; /* type -> anything */
    int wanted;
    const char *found;
};

static void visit(struct walk *w, lb_value module, const char *path) {
    const struct type *type = module.object->type;
    if (table_has(&w->seen, type)) return;
    if (!table_set(&w->seen, type, w)) return;
    if (w->wanted-- == 0) {
        w->found = path;
        return;
    }
    const struct class_definition *class = type->definition;
    for (int i = 0; i < class->attributes.count && !w->found; i++) {
        lb_value child = module.object->slots[i];
        if (child.tag != VALUE_OBJECT || !child.object->type->definition->is_module) continue;
        const char *dotted =
            arena_printf(w->memory, "%s%s%s", path, *path ? "." : "", class->attributes.items[i].name->text);
        if (dotted) visit(w, child, dotted);
    }
}

const char *program_submodule(const struct program *p, int index) {
    struct walk w = {.memory = &p->unit->memory, .wanted = index};
    visit(&w, p->root, "");
    table_free(&w.seen);
    return w.found;
}
