/* Functions that are made of graphs, as handles. */
#include "api/graph.h"
#include "module/describe.h"
#include "module/graphs.h"

static struct function *function_of(const lb_function *f) {
    return (struct function *)(uintptr_t)f;
}

lb_function *lb_function_from_graph(const lb_graph *graph, const char *name, lb_error *err) {
    API_ERROR(err, own);
    unit_enter(graph->unit);
    struct function *f = function_from_graph(graph->graph, name, local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return (lb_function *)f;
}

lb_graph *lb_function_graph(lb_unit *unit, const lb_function *function, lb_error *err) {
    struct function *f = function_of(function);
    if (!f->graph) {
        error_set(err, LB_ERROR_ARGUMENT, "%s has no graph", f->name->text);
        return NULL;
    }
    unit_enter(unit_of(unit));
    lb_graph *out = graph_handle(graph_duplicate(f->graph), NULL, err);
    unit_leave(unit_of(unit));
    return out;
}

const char *lb_function_name(const lb_function *function) {
    return function_of(function)->name->text;
}

const char *lb_function_qualified(const lb_function *function) {
    return function_of(function)->qualified->text;
}

char *lb_function_text(lb_unit *unit, const lb_function *function, lb_text_kind kind, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    struct function *f = function_of(function);
    unit_enter(unit_of(unit));
    bool good = function_put_text(&out, unit_of(unit), f, f->name->text, kind, local);
    unit_leave(unit_of(unit));
    return handle_text(&out, good, local, err);
}

lb_value *lb_function_call(lb_unit *unit, const lb_function *function, lb_context *context,
                           lb_value *const *args, int count, const char *const *names,
                           lb_value *const *named_args, int named_count, lb_error *err) {
    API_ERROR(err, own);
    struct api_call call = {args, count, names, named_args, named_count};
    lb_value *out = api_call(unit_of(unit), function_of(function), NULL, context, &call, local);
    handle_error(err, local);
    return out;
}

/* A handle of a module that is made already; takes the object over. */
static lb_module *module_handle(struct unit *unit, lb_value take_root, lb_error *err) {
    lb_module *m = mem_zeroed(1, sizeof *m);
    if (!m) error_memory(err);
    if (m && !(m->program = program_around(unit, NULL, take_root, err))) {
        mem_free(m);
        m = NULL;
    }
    value_release(take_root);
    return m;
}

lb_module *lb_function_module(lb_unit *unit, const lb_function *function, lb_error *err) {
    API_ERROR(err, own);
    struct function *f = function_of(function);
    lb_value root;
    lb_module *m = NULL;
    unit_enter(unit_of(unit));
    if (!f->graph)
        error_set(local, LB_ERROR_ARGUMENT, "%s has no graph", f->name->text);
    else if (module_of_function(f, &root, local))
        m = module_handle(unit_of(unit), root, local);
    unit_leave(unit_of(unit));
    handle_error(err, local);
    return m;
}
