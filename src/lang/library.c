/* The language's own library; see library.h. Its files are read as one plain Python file a unit. */
#include "lang/library.h"
#include "base/mem.h"
#include "lang/lower.h"
#include "lang/python_internal.h"
#include <string.h>

struct library {
    struct python_file file;
    lb_error err;
};

static void release(void *thing) {
    struct library *l = thing;
    python_file_close(&l->file);
    error_clear(&l->err);
    mem_free(l);
}

static bool read(struct library *l, struct unit *unit, lb_error *err) {
    l->file.unit = unit;
    l->file.prefix = "__torch__.linkboy";
    for (int i = 0; i < library_text_count; i++) {
        const struct library_text *t = &library_texts[i];
        struct source *s = source_new(&unit->memory, t->text, strlen(t->text), t->file, 1);
        if (!s) return error_memory(err);
        s->library = true;
        if (!(i ? python_file_add(&l->file, s, err) : python_file_open(&l->file, s, err))) return false;
    }
    return true;
}

static struct library *library_of(struct emitter *e) {
    if (e->unit->library) return e->unit->library;
    struct library *l = mem_zeroed(1, sizeof *l);
    if (!l || !unit_keep(e->unit, l, release)) return emit_out_of_memory(e);
    l->file.resolver.finish = e->resolver->finish;
    if (!read(l, e->unit, e->err)) return NULL;
    return e->unit->library = l;
}

static struct python_binding *find(struct emitter *e, struct library *l, const char *name,
                                   enum tree_kind kind) {
    const struct name *n = emit_name(e, name);
    struct python_binding *b = n ? python_binding_of(&l->file, n) : NULL;
    return b && b->tree && b->tree->kind == kind ? b : NULL;
}

struct sugared *library_find(struct emitter *e, const char *name) {
    struct library *l = library_of(e);
    struct python_binding *b = l ? find(e, l, name, TREE_DEF) : NULL;
    return b ? python_function_value(&l->file, e, b) : NULL;
}

/* "itertools.chain" -> "itertools_chain" */
static char *joined_path(struct emitter *e, const char *path) {
    char *text = arena_printf(&e->memory, "%s", path);
    for (char *c = text; c && *c; c++)
        if (*c == '.') *c = '_';
    return text;
}

struct sugared *library_find_path(struct emitter *e, const char *path) {
    char *name = strchr(path, '.') ? joined_path(e, path) : NULL;
    return name ? library_find(e, name) : NULL;
}

bool library_is_module(struct emitter *e, const char *path) {
    struct library *l = library_of(e);
    char *name = l ? joined_path(e, path) : NULL;
    size_t length = name ? strlen(name) : 0;
    for (uint32_t i = 0; name && i <= l->file.bindings.mask; i++) {
        const struct name *key = l->file.bindings.slots[i].key;
        if (key && key->length > length && !strncmp(key->text, name, length) && key->text[length] == '_')
            return true;
    }
    return false;
}

struct resolver *library_resolver(struct emitter *e) {
    struct library *l = library_of(e);
    return l ? &l->file.resolver : NULL;
}

bool library_speaks(const struct emitter *e) {
    const struct library *l = e->unit->library;
    return l && e->resolver == &l->file.resolver;
}

const struct type *library_class(struct emitter *e, const char *name) {
    struct library *l = library_of(e);
    struct python_binding *b = l ? find(e, l, name, TREE_CLASS) : NULL;
    return b ? python_class_type(&l->file, b, e->err) : NULL;
}

struct sugared *library_call(struct emitter *e, const char *name, struct source_range at,
                             struct ir_value *const *values, int count) {
    struct sugared *f = library_find(e, name);
    struct sugared_actuals actuals = {0};
    if (!f && !e->err->code) return emit_error(e, at, "there is no '%s'", name);
    for (int i = 0; f && i < count; i++) {
        struct sugared_actual a = {sugared_simple(e, values[i]), NULL, at};
        if (!a.value || !array_push_in(&e->memory, &actuals.items, a)) return emit_out_of_memory(e);
    }
    return f ? lower_call_with(e, f, at, &actuals, 1) : NULL;
}
