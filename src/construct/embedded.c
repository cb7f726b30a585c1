/* Finding, inflating and running embedded files; see embedded.h. */
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
static const char *package_of(struct evaluator *v, const struct embedded_source *e) {
    const char *dot = strrchr(e->module, '.');
    return e->is_package || !dot ? e->module : arena_text(&v->memory, e->module, (size_t)(dot - e->module));
}

struct file *embedded_file(struct evaluator *v, const char *module) {
    for (struct file *f = v->files; f; f = f->next)
        if (f->embedded && !strcmp(f->name, module)) return f;
    const struct embedded_source *e = find(module);
    if (!e) return NULL;
    struct source *source = inflated(v, e);
    const char *package = source ? package_of(v, e) : NULL;
    struct file *f = package ? evaluator_new_file(v, module, package) : NULL;
    if (!f) return source && !v->err->code ? raise_memory(v) : NULL;
    f->embedded = true;
    struct call_frame *frames = v->frames;
    v->frames = NULL;
    bool good = evaluator_run_text(v, f, source);
    v->frames = frames;
    return good ? f : NULL;
}
