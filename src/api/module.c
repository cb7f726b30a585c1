/* Modules as handles: loading, looking, calling. */
#include "api/handle.h"
#include "module/call.h"
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
    struct program_options options = {
        .run_nothing = o->run_nothing, .max_steps = o->max_steps, .max_bytes = o->max_bytes};
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

/* The text that `put` makes, or NULL with the error passed on. */
static char *finish_text(struct text *out, bool good, lb_error *local, lb_error *err) {
    char *text = NULL;
    if (good && !(text = text_take(out))) error_memory(local);
    text_free(out);
    handle_error(err, local);
    return text;
}

char *lb_text(const lb_module *module, lb_text_kind kind, const char *method, lb_error *err) {
    typedef bool (*putter)(struct text *, const struct program *, const char *, lb_error *);
    static const putter putters[] = {
        [LB_TEXT_CODE] = program_put_code,           [LB_TEXT_GRAPH] = program_put_graph,
        [LB_TEXT_CANONICAL] = program_put_canonical, [LB_TEXT_INLINED] = program_put_inlined,
        [LB_TEXT_SCHEMA] = program_put_schema,       [LB_TEXT_DOT] = program_put_dot,
        [LB_TEXT_BYTECODE] = program_put_bytecode,   [LB_TEXT_DOT_INLINED] = program_put_dot_inlined,
    };
    API_ERROR(err, own);
    struct text out = {0};
    bool good = (unsigned)kind < sizeof putters / sizeof *putters;
    if (!good) error_set(local, LB_ERROR_ARGUMENT, "there is no text of kind %d", (int)kind);
    return finish_text(&out, good && putters[kind](&out, module->program, method, local), local, err);
}

char *lb_graph_text(const char *text, size_t length, lb_text_kind kind, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    return finish_text(&out, graph_text_rewrite(&out, text, length, kind, local), local, err);
}

char *lb_repr(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    program_put_repr(&out, module->program);
    return finish_text(&out, true, local, err);
}

char *lb_info_json(const lb_module *module, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    return finish_text(&out, program_put_info(&out, module->program, local), local, err);
}

char *lb_ops_json(lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    ops_put_json(&out);
    return finish_text(&out, true, local, err);
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

lb_value *lb_module_value(const lb_module *module, lb_error *err) {
    return handle_new(value_copy(module->program->root), err);
}

bool lb_module_is_module(const lb_module *module) {
    return program_class(module->program)->is_module;
}

/* ---- calling ---- */

static bool copy_values(lb_value *const *handles, int count, lb_value **values, lb_error *err) {
    *values = mem_alloc(sizeof(lb_value) * (size_t)(count > 0 ? count : 1));
    if (!*values) return error_memory(err);
    for (int i = 0; i < count; i++) (*values)[i] = *handles[i];
    return true;
}

static bool run(const lb_module *module, const char *method, lb_context *context,
                const struct call_arguments *given, lb_value *result, lb_error *err) {
    lb_context *own = context ? NULL : lb_context_new(NULL, err), *c = context ? context : own;
    if (!c) return false;
    c->cancelled = false;
    c->steps_left = c->max_steps;
    c->cx.steps_left = c->max_steps > 0 ? &c->steps_left : NULL;
    bool good = program_call(module->program, method, given, &c->cx, result, err);
    lb_context_free(own);
    return good;
}

lb_value *lb_call_named(const lb_module *module, const char *method, lb_context *context,
                        lb_value *const *args, int count, const char *const *names,
                        lb_value *const *named_args, int named_count, lb_error *err) {
    API_ERROR(err, own);
    lb_value *positional = NULL, *named = NULL, result = value_none();
    bool good =
        copy_values(args, count, &positional, local) && copy_values(named_args, named_count, &named, local);
    struct call_arguments given = {positional, count, names, named, named_count};
    good = good && run(module, method, context, &given, &result, local);
    mem_free(positional);
    mem_free(named);
    lb_value *out = good ? handle_new(result, local) : NULL;
    handle_error(err, local);
    return out;
}

lb_value *lb_call(const lb_module *module, const char *method, lb_context *context, lb_value *const *args,
                  int count, lb_error *err) {
    return lb_call_named(module, method, context, args, count, NULL, NULL, 0, err);
}
