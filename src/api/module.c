/* Modules as handles: loading, looking. */
#include "api/handle.h"
#include "module/attributes.h"
#include "module/describe.h"
#include "ops/describe.h"
#include <string.h>

static lb_load_options read_options(const lb_load_options *options) {
    lb_load_options o = {0};
    if (options) memcpy(&o, options, options->size && options->size < sizeof o ? options->size : sizeof o);
    return o;
}

static struct archive_options archive_options_of(const lb_load_options *o) {
    return (struct archive_options){.check_crc = o->check_crc,
                                    .max_inflated = o->max_bytes > 0 ? (uint64_t)o->max_bytes : 0,
                                    .keep_memory = o->keep_memory};
}

static lb_module *load(struct archive *archive, const lb_load_options *o, lb_error *local) {
    struct program_options options = {.run_nothing = o->run_nothing,
                                      .max_steps = o->max_steps,
                                      .max_bytes = o->max_bytes,
                                      .unit = (struct unit *)o->unit};
    struct program *p = archive ? program_load(archive, &options, local) : NULL;
    lb_module *m = p ? mem_zeroed(1, sizeof *m) : NULL;
    if (m) m->program = p;
    if (p && !m) {
        program_free(p);
        error_memory(local);
    }
    return m;
}

lb_module *lb_load(const char *path, const lb_load_options *options, lb_error *err) {
    API_ERROR(err, own);
    lb_load_options o = read_options(options);
    struct archive_options a = archive_options_of(&o);
    lb_module *m = load(archive_open(path, &a, local), &o, local);
    handle_error(err, local);
    return m;
}

lb_module *lb_load_memory(const void *bytes, size_t length, const lb_load_options *options, lb_error *err) {
    API_ERROR(err, own);
    lb_load_options o = read_options(options);
    struct archive_options a = archive_options_of(&o);
    lb_module *m = load(archive_open_memory(bytes, length, &a, local), &o, local);
    handle_error(err, local);
    return m;
}

void lb_module_free(lb_module *module) {
    if (!module) return;
    program_free(module->program);
    mem_free(module);
}

/* ---- looking ---- */

const char *lb_method_name(const lb_module *module, int index) {
    const struct class_definition *c = program_class(module->program);
    return index >= 0 && index < c->methods.count ? c->methods.items[index]->name->text : NULL;
}

bool lb_has_method(const lb_module *module, const char *method) {
    API_ERROR(NULL, own);
    lb_value self;
    bool found = program_method(module->program, method, &self, local) != NULL;
    error_clear(local);
    return found;
}

const char *lb_submodule_path(const lb_module *module, int index) {
    return program_submodule(module->program, index);
}

char *lb_text(const lb_module *module, lb_text_kind kind, const char *method, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    return handle_text(&out, program_put_text(&out, module->program, method, kind, local), local, err);
}

char *lb_graph_text(const char *text, size_t length, lb_text_kind kind, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    return handle_text(&out, graph_text_rewrite(&out, text, length, kind, local), local, err);
}

char *lb_repr(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    program_put_repr(&out, module->program);
    return handle_text(&out, true, local, err);
}

char *lb_info_json(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    return handle_text(&out, program_put_info(&out, module->program, local), local, err);
}

char *lb_ops_json(lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    ops_put_json(&out);
    return handle_text(&out, true, local, err);
}

void lb_text_free(char *text) {
    mem_free(text);
}

lb_value *lb_attribute(const lb_module *module, const char *path, lb_error *err) {
    API_ERROR(err, own);
    lb_value v;
    bool found = program_find(module->program, path, strlen(path), &v, local);
    lb_value *out = found ? handle_new(value_copy(v), local) : NULL;
    handle_error(err, local);
    return out;
}

const char *lb_attribute_name(const lb_module *module, int index) {
    const struct class_definition *c = program_class(module->program);
    return index >= 0 && index < c->attributes.count ? c->attributes.items[index].name->text : NULL;
}

int lb_attribute_flags(const lb_module *module, int index) {
    if (!lb_attribute_name(module, index)) return 0;
    const struct class_attribute *a = &program_class(module->program)->attributes.items[index];
    return (a->is_parameter ? LB_PARAMETER : 0) | (a->is_buffer ? LB_BUFFER : 0) |
           (attribute_is_module(a) ? LB_SUBMODULE : 0);
}

bool lb_set_attribute(const lb_module *module, const char *path, const lb_value *value, lb_error *err) {
    API_ERROR(err, own);
    struct object *owner;
    const char *name;
    struct unit *unit = module->program->unit;
    bool good = attribute_owner(module->program, path, &owner, &name, local);
    unit_enter(unit);
    good = good && attribute_set(unit, owner, name, *value, local);
    unit_leave(unit);
    handle_error(err, local);
    return good;
}

lb_value *lb_method_constants(const lb_module *module, const char *method, lb_error *err) {
    API_ERROR(err, own);
    lb_value v;
    lb_value *out = program_constants(module->program, method, &v, local) ? handle_new(v, local) : NULL;
    handle_error(err, local);
    return out;
}

/* ---- other modules of the program ---- */

static lb_module *module_view(const lb_module *program, lb_value object, lb_error *err) {
    if (object.tag != VALUE_OBJECT) {
        error_set(err, LB_ERROR_ARGUMENT, "this is no module or object of a script class");
        return NULL;
    }
    const struct program *p = program->program;
    lb_module *m = mem_zeroed(1, sizeof *m);
    if (m && (m->program = program_around(p->unit, p->archive, object, err))) return m;
    if (!m) error_memory(err);
    mem_free(m);
    return NULL;
}

lb_module *lb_module_at(const lb_module *module, const char *path, lb_error *err) {
    API_ERROR(err, own);
    lb_value v;
    bool found = program_find(module->program, path, strlen(path), &v, local);
    lb_module *m = found ? module_view(module, v, local) : NULL;
    handle_error(err, local);
    return m;
}

lb_module *lb_module_of(const lb_module *program, const lb_value *object, lb_error *err) {
    API_ERROR(err, own);
    lb_module *m = module_view(program, *object, local);
    handle_error(err, local);
    return m;
}

lb_module *lb_module_copy(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    lb_value copy;
    lb_module *m = NULL;
    if (value_deep_copy(module->program->root, &copy, local)) {
        m = module_view(module, copy, local);
        value_release(copy);
    }
    handle_error(err, local);
    return m;
}

lb_value *lb_module_value(const lb_module *module, lb_error *err) {
    return handle_new(value_copy(module->program->root), err);
}

bool lb_module_is_module(const lb_module *module) {
    return program_class(module->program)->is_module;
}
