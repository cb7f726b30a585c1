/* Finding, inflating and running files of modules; see embedded.h. */
#include "construct/embedded.h"
#include "base/mem.h"
#include "construct/natives.h"
#include <string.h>
#include <zlib.h>

static const struct embedded_source *find(const char *module) {
    for (int i = 0; i < embedded_count; i++)
        if (!strcmp(embedded_sources[i].module, module)) return &embedded_sources[i];
    return NULL;
}

bool embedded_has(const char *module) {
    size_t length = strlen(module);
    for (int i = 0; i < embedded_count; i++) {
        const char *name = embedded_sources[i].module;
        if (!strncmp(name, module, length) && (!name[length] || name[length] == '.')) return true;
    }
    return false;
}

static struct source *inflated(struct evaluator *v, const struct embedded_source *e) {
    char *text = mem_alloc(e->length + 1);
    uLongf length = e->length;
    bool good = text && uncompress((Bytef *)text, &length, e->bytes, e->deflated) == Z_OK;
    struct source *s = good ? source_new(&v->unit->memory, text, length, e->file, 1) : NULL;
    mem_free(text);
    return s ? s : raise_memory(v);
}

/* What relative imports start from: a package itself, of other files the package they are in. */
static const char *package_of(struct evaluator *v, const char *module, bool is_package) {
    const char *dot = strrchr(module, '.');
    if (is_package) return module;
    return dot ? arena_text(&v->memory, module, (size_t)(dot - module)) : "";
}

static struct file *evaluated(struct evaluator *v, const char *module, const struct source *source,
                              bool is_package, bool embedded) {
    const char *package = source ? package_of(v, module, is_package) : NULL;
    struct file *f = package ? evaluator_new_file(v, module, package) : NULL;
    if (!f) return v->err->code ? NULL : raise_memory(v);
    f->embedded = embedded;
    if (!evaluator_enter(v, (struct source_range){0})) return NULL;
    struct call_frame *frames = v->frames;
    v->frames = NULL;
    bool good = evaluator_run_text(v, f, source);
    v->frames = frames;
    evaluator_leave(v);
    return good ? f : NULL;
}

/* A file of the caller's. */
static struct file *imported(struct evaluator *v, const char *module) {
    lb_script_file file = {0};
    const char *text = v->imports.read ? v->imports.read(v->imports.user, module, &file) : NULL;
    if (!text) return NULL;
    const char *name = file.name ? file.name : module;
    struct source *source = source_new(&v->unit->memory, text, file.length, name, 1);
    return evaluated(v, module, source, file.is_package, false);
}

struct file *module_file(struct evaluator *v, const char *module) {
    const struct embedded_source *e = find(module);
    for (struct file *f = v->files; f; f = f->next)
        if (f->embedded == (e != NULL) && !strcmp(f->name, module)) return f;
    if (!e) return library_is_known(module) ? NULL : imported(v, module);
    struct source *source = inflated(v, e);
    return source ? evaluated(v, module, source, e->is_package, true) : NULL;
}
