/* Saving modules and values; values that torch.save wrote. */
#include "archive/save.h"
#include "api/handle.h"
#include "archive/unpickle.h"
#include "module/extras.h"
#include "module/state_dict.h"
#include <stdlib.h>
#include <string.h>

void lb_bytes_free(void *bytes) {
    mem_free(bytes);
}

/* ---- extra files ---- */

const char *lb_extra_name(const lb_module *module, int index) {
    return index < 0 ? NULL : program_extra_name(module->program, index);
}

const void *lb_extra_file(const lb_module *module, const char *name, size_t *length, lb_error *err) {
    API_ERROR(err, own);
    struct extra_file file;
    bool good = program_extra(module->program, name, &file, local);
    if (good && length) *length = file.length;
    handle_error(err, local);
    return good ? file.bytes : NULL;
}

static lb_save_options read_options(const lb_save_options *options) {
    lb_save_options o = {0};
    if (options) memcpy(&o, options, options->size && options->size < sizeof o ? options->size : sizeof o);
    return o;
}

/* The last word on a name counts. */
static bool is_named_after(const lb_save_options *o, const char *name, int index) {
    for (int i = index; i < o->extra_count; i++)
        if (o->extra_names[i] && !strcmp(o->extra_names[i], name)) return true;
    return false;
}

static bool drops_loaded(const lb_save_options *o) {
    for (int i = 0; i < o->extra_count; i++)
        if (!o->extra_names[i]) return true;
    return false;
}

struct extra_list {
    ARRAY_OF(struct extra_file) files;
};

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct extra_file *)a)->name, ((const struct extra_file *)b)->name);
}

/* Sorted, so that an archive that is saved again and again keeps its order. */
static bool collect_extras(struct extra_list *list, const struct program *p, const lb_save_options *o,
                           lb_error *err) {
    const char *name;
    struct extra_file file;
    for (int i = 0; !drops_loaded(o) && (name = program_extra_name(p, i)); i++) {
        if (is_named_after(o, name, 0)) continue;
        if (!program_extra(p, name, &file, err)) return false;
        if (!array_push(&list->files, file)) return error_memory(err);
    }
    for (int i = 0; i < o->extra_count; i++) {
        if (!o->extra_names[i] || !o->extra_bytes[i] || is_named_after(o, o->extra_names[i], i + 1)) continue;
        file = (struct extra_file){o->extra_names[i], o->extra_bytes[i], o->extra_lengths[i]};
        if (!array_push(&list->files, file)) return error_memory(err);
    }
    if (list->files.count) qsort(list->files.items, (size_t)list->files.count, sizeof file, by_name);
    return true;
}

/* ---- modules ---- */

static bool save_module(struct zip_writer *w, const lb_module *module, const lb_save_options *options,
                        lb_error *err) {
    const struct program *p = module->program;
    lb_save_options o = read_options(options);
    struct extra_list extras = {0};
    bool good = collect_extras(&extras, p, &o, err);
    struct save_content content = {p->unit, p->root, extras.files.items, extras.files.count,
                                   o.traced_inputs ? *o.traced_inputs : value_none()};
    unit_enter(p->unit);
    good = good && module_save(w, &content, err);
    unit_leave(p->unit);
    mem_free(extras.files.items);
    return good;
}

bool lb_module_save(const lb_module *module, const char *path, const lb_save_options *options,
                    lb_error *err) {
    API_ERROR(err, own);
    struct zip_writer w;
    bool good = zip_writer_open(&w, path, local);
    good = good && zip_writer_close(&w, save_module(&w, module, options, local));
    handle_error(err, local);
    return good;
}

bool lb_module_save_memory(const lb_module *module, const lb_save_options *options, void **bytes,
                           size_t *length, lb_error *err) {
    API_ERROR(err, own);
    struct zip_writer w;
    zip_writer_open_memory(&w, local);
    bool good = zip_writer_close_memory(&w, save_module(&w, module, options, local), bytes, length);
    handle_error(err, local);
    return good;
}

/* ---- torch.save files ---- */

static lb_value *read_value(struct archive *a, const char *path, lb_error *local, lb_error *err) {
    static const struct unpickle_program no_program;
    lb_value v = value_none();
    bool good = a && unpickle_record(a, "data.pkl", "data", &no_program, &v, local);
    if (a && !good && path) error_prefix(local, "%s", path);
    archive_close(a);
    lb_value *out = good ? handle_new(v, local) : NULL;
    handle_error(err, local);
    return out;
}

lb_value *lb_read_value(const char *path, lb_error *err) {
    API_ERROR(err, own);
    return read_value(archive_open(path, NULL, local), path, local, err);
}

lb_value *lb_read_value_memory(const void *bytes, size_t length, lb_error *err) {
    API_ERROR(err, own);
    return read_value(archive_open_memory(bytes, length, NULL, local), NULL, local, err);
}

bool lb_write_value(const char *path, const lb_value *value, lb_error *err) {
    API_ERROR(err, own);
    struct zip_writer w;
    bool good = zip_writer_open(&w, path, local);
    good = good && zip_writer_close(&w, save_value(&w, *value, local));
    handle_error(err, local);
    return good;
}

bool lb_write_value_memory(const lb_value *value, void **bytes, size_t *length, lb_error *err) {
    API_ERROR(err, own);
    struct zip_writer w;
    zip_writer_open_memory(&w, local);
    bool good = zip_writer_close_memory(&w, save_value(&w, *value, local), bytes, length);
    handle_error(err, local);
    return good;
}

/* ---- state dicts ---- */

lb_value *lb_state_dict(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    lb_value dict;
    lb_value *out = state_dict_new(module->program->root, &dict, local) ? handle_new(dict, local) : NULL;
    handle_error(err, local);
    return out;
}

bool lb_load_state_dict(const lb_module *module, const lb_value *dict, bool strict, lb_error *err) {
    API_ERROR(err, own);
    bool good = state_dict_load(module->program->root, *dict, strict, local);
    handle_error(err, local);
    return good;
}
