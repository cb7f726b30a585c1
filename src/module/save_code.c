/* See save_code.h. */
#include "module/save_code.h"
#include "archive/debug_write.h"
#include "base/mem.h"
#include "module/unsavable.h"
#include <string.h>

enum { LEAST_DEFLATED = 201 }; /* bytes of a record that is worth the work */

bool code_writer_open(struct code_writer *w, struct unit *unit, lb_error *err) {
    *w = (struct code_writer){.unit = unit, .err = err};
    return unique_names_init(&w->names) || error_memory(err);
}

void code_writer_free(struct code_writer *w) {
    for (int i = 0; i < w->files.count; i++) code_printer_free(w->files.items[i].printer);
    mem_free(w->files.items);
    code_constants_free(&w->constants);
    code_dependencies_free(&w->dependencies);
    table_free(&w->printed);
    unique_names_free(&w->names);
}

/* ---- printing ---- */

static bool put_name(void *context, struct text *out, struct code_dependency what) {
    struct code_writer *w = context;
    const struct name *name = unique_name(&w->names, what);
    if (name) text_put(out, name->text);
    if (!name) out->failed = true;
    return true;
}

/* The printer of the file that holds this name. */
static struct code_printer *file_of(struct code_writer *w, const struct name *qualified) {
    const char *dot = strrchr(qualified->text, '.');
    const struct name *qualifier =
        name_intern(&w->names.pool, qualified->text, dot ? (size_t)(dot - qualified->text) : 0);
    for (int i = 0; i < w->files.count; i++)
        if (w->files.items[i].qualifier == qualifier) return w->files.items[i].printer;
    struct code_options options = {.importable = true, .put_name = put_name, .context = w};
    struct code_printer *p =
        qualifier ? code_printer_new(w->unit, &options, &w->constants, &w->dependencies, w->err) : NULL;
    struct code_file file = {qualifier, p};
    if (p && array_push(&w->files, file)) return p;
    code_printer_free(p);
    error_memory(w->err);
    return NULL;
}

bool code_writer_add(struct code_writer *w, struct code_dependency what) {
    const void *key = what.type ? (const void *)what.type : (const void *)what.function;
    if (table_has(&w->printed, key)) return true;
    const struct name *name = table_set(&w->printed, key, w) ? unique_name(&w->names, what) : NULL;
    if (!name) return error_memory(w->err);
    if (what.type && what.type->kind == TYPE_CLASS && !class_can_be(what.type, "saved", w->err)) return false;
    if (what.function && !function_can_be(what.function, "saved", w->err)) return false;
    struct code_printer *p = file_of(w, name);
    if (!p) return false;
    return what.type ? code_printer_put_type(p, what.type, w->err)
                     : code_printer_put_function(p, what.function, true, w->err);
}

bool code_writer_add_all(struct code_writer *w, const struct type *root) {
    if (!code_dependencies_add(&w->dependencies, (struct code_dependency){.type = root}))
        return error_memory(w->err);
    for (int i = 0; i < w->dependencies.list.count; i++)
        if (!code_writer_add(w, w->dependencies.list.items[i])) return false;
    return true;
}

/* ---- ranges ---- */

/* Ranges and their numbers, by what they are. */
struct range_numbers {
    struct name_pool pool;
    struct table numbers; /* name -> number + 1 */
    int64_t count;
};

static int64_t number_of(struct range_numbers *r, struct source_range range, bool *failed) {
    uintptr_t parts[3] = {(uintptr_t)range.source, range.start, range.end};
    const struct name *key = name_intern(&r->pool, (const char *)parts, sizeof parts);
    uintptr_t known = key ? (uintptr_t)table_get(&r->numbers, key) : 0;
    if (known) return (int64_t)known - 1;
    if (!key || !table_set(&r->numbers, key, (void *)(uintptr_t)(r->count + 1))) *failed = true;
    return r->count++;
}

/* ---- records ---- */

static enum zip_method method_for(size_t length) {
    return length >= LEAST_DEFLATED ? ZIP_DEFLATED : ZIP_STORED;
}

static bool write_debug_file(struct code_writer *w, const struct code_printer *p,
                             struct range_numbers *ranges, const char *name, struct zip_writer *to) {
    int count;
    bool failed = false;
    const struct code_origin *origins = code_printer_origins(p, &count);
    struct source_origin *entries = mem_alloc(sizeof *entries * ((size_t)count + 1));
    int64_t *tags = mem_alloc(sizeof *tags * ((size_t)count + 1));
    for (int i = 0; entries && tags && i < count; i++) {
        entries[i] = (struct source_origin){(uint32_t)origins[i].offset, origins[i].range};
        tags[i] = number_of(ranges, origins[i].range, &failed);
    }
    struct text pickle = {0};
    bool good = entries && tags && !failed ? debug_info_put(&pickle, entries, tags, count, w->err)
                                           : error_memory(w->err);
    good = good && (!pickle.failed || error_memory(w->err)) &&
           zip_writer_add(to, name, pickle.data, pickle.length, method_for(pickle.length));
    text_free(&pickle);
    mem_free(entries);
    mem_free(tags);
    return good;
}

static bool write_file(struct code_writer *w, const struct code_file *file, struct range_numbers *ranges,
                       struct zip_writer *to) {
    struct text name = {0};
    text_put(&name, "code/");
    for (const char *c = file->qualifier->text; *c; c++) text_put_char(&name, *c == '.' ? '/' : *c);
    text_put(&name, ".py");
    const struct text *code = code_printer_text(file->printer);
    bool good = (!name.failed || error_memory(w->err)) &&
                zip_writer_add(to, text_get(&name), code->data, code->length, method_for(code->length));
    text_put(&name, ".debug_pkl");
    good = good && (!name.failed || error_memory(w->err)) &&
           write_debug_file(w, file->printer, ranges, text_get(&name), to);
    text_free(&name);
    return good;
}

bool code_writer_write(struct code_writer *w, struct zip_writer *to) {
    struct range_numbers ranges = {0};
    bool good = name_pool_init(&ranges.pool, NULL, 0) || error_memory(w->err);
    for (int i = 0; i < w->files.count && good; i++) good = write_file(w, &w->files.items[i], &ranges, to);
    table_free(&ranges.numbers);
    name_pool_free(&ranges.pool);
    return good;
}

int64_t code_writer_version(const struct code_writer *w) {
    int64_t version = 0;
    for (int i = 0; i < w->files.count; i++) {
        int64_t least = code_printer_version(w->files.items[i].printer);
        if (version < least) version = least;
    }
    return version;
}
