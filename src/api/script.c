/* Python files as modules; see lb_script(). */
#include "api/handle.h"
#include "construct/compile.h"
#include "ir/kinds.h"
#include "kernels/kernels.h"
#include <string.h>

static lb_script_options read_options(const lb_script_options *options) {
    lb_script_options o = {0};
    if (options) memcpy(&o, options, options->size && options->size < sizeof o ? options->size : sizeof o);
    return o;
}

static lb_module *around(struct unit *unit, lb_value root, lb_error *err) {
    lb_module *m = mem_zeroed(1, sizeof *m);
    if (!m) error_memory(err);
    if (m && !(m->program = program_around(unit, NULL, root, err))) {
        mem_free(m);
        m = NULL;
    }
    return m;
}

/* In the caller's context or one of its own. */
static bool compile_in(struct unit *unit, const struct compile_request *r, lb_context *context,
                       struct compiled *out, lb_error *err) {
    lb_context *own = context ? NULL : lb_context_new(NULL, err), *c = context ? context : own;
    if (!c) return false;
    c->cx.types = &unit->types;
    c->cx.unit = unit;
    bool good = compile_file(unit, r, &c->cx, out, err);
    lb_context_free(own);
    return good;
}

lb_module *lb_script(const char *text, size_t length, const char *name, const lb_script_options *options,
                     lb_error *err) {
    API_ERROR(err, own);
    lb_script_options o = read_options(options);
    struct construct_limits limits = {.max_steps = o.max_steps, .max_bytes = o.max_bytes};
    struct compile_request request = {.text = text,
                                      .length = length,
                                      .file = o.file,
                                      .module = o.module,
                                      .name = name,
                                      .limits = &limits,
                                      .imports = {o.import_module, o.user}};
    struct compiled out = {.root = value_none()};
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, local);
    bool good = unit && compile_in(unit, &request, o.context, &out, local);
    lb_module *m = good ? around(unit, out.root, local) : NULL;
    if (m && o.function) *o.function = (lb_function *)out.function;
    value_release(out.root);
    if (unit) unit_free(unit);
    handle_error(err, local);
    return m;
}
