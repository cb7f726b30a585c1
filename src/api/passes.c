/* Passes on graphs and on modules, through the public header. */
#include "passes/passes.h"
#include "api/graph.h"
#include "ir/canonical.h"
#include "ir/verify.h"
#include "module/freeze.h"
#include "module/lower_graph.h"
#include "module/optimize.h"
#include "passes/rewrite.h"

/* ---- on graphs ---- */

bool lb_graph_pass(lb_graph *graph, const char *pass, lb_error *err) {
    API_ERROR(err, own);
    const struct pass *found = pass_find(pass);
    bool good = (found && !found->own) || error_set(local, LB_ERROR_ARGUMENT, "there is no pass '%s'", pass);
    unit_enter(graph->unit);
    good = good && graph_verify(graph->graph, NULL, local) && found->run(graph->graph, local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return good;
}

const char *lb_pass_name(int index) {
    return index >= 0 && index < graph_pass_count ? pass_table[index].name : NULL;
}

const char *lb_pass_contract(int index) {
    return index >= 0 && index < graph_pass_count ? pass_table[index].contract : NULL;
}

lb_graph *lb_graph_canonical(const lb_graph *graph, bool keep_names, lb_error *err) {
    API_ERROR(err, own);
    unit_enter(graph->unit);
    bool good = graph_verify(graph->graph, NULL, local);
    lb_graph *out = good ? graph_handle(graph_canonical(graph->graph, keep_names), NULL, local) : NULL;
    unit_leave(graph->unit);
    handle_error(err, local);
    return out;
}

bool lb_graph_rewrite(lb_graph *graph, const char *pattern, const char *replacement, lb_error *err) {
    API_ERROR(err, own);
    struct rewrite rule = {.pattern = pattern, .replacement = replacement};
    unit_enter(graph->unit);
    bool good = graph_verify(graph->graph, NULL, local) && rewrite_graph(graph->graph, &rule, local);
    unit_leave(graph->unit);
    handle_error(err, local);
    return good;
}

lb_graph *lb_graph_lower(const lb_graph *graph, const lb_module *module, lb_value **values, lb_error *err) {
    API_ERROR(err, own);
    lb_value inputs;
    lb_graph *out = NULL;
    *values = NULL;
    unit_enter(graph->unit);
    bool good = module->program->unit == graph->unit ||
                error_set(local, LB_ERROR_ARGUMENT, "the graph is of another unit than the module");
    good = good && graph_verify(graph->graph, NULL, local);
    struct graph *lowered = good ? lower_graph_of(graph->graph, module->program->root, &inputs, local) : NULL;
    if (lowered) {
        *values = handle_new(inputs, local);
        out = graph_handle(lowered, NULL, local);
    }
    unit_leave(graph->unit);
    handle_error(err, local);
    return out;
}

/* ---- on modules ---- */

/* Boxes a module object of the same unit, which is taken over. */
static lb_module *module_beside(const lb_module *module, bool good, lb_value object, lb_error *err) {
    const struct program *p = module->program;
    lb_module *m = good ? mem_zeroed(1, sizeof *m) : NULL;
    if (good && !m) error_memory(err);
    if (m && !(m->program = program_around(p->unit, p->archive, object, err))) {
        mem_free(m);
        m = NULL;
    }
    value_release(object);
    return m;
}

lb_module *lb_module_freeze(const lb_module *module, const char *const *preserved, int preserved_count,
                            bool optimize_numerics, lb_error *err) {
    API_ERROR(err, own);
    struct unit *u = module->program->unit;
    struct freeze_options options = {
        .preserved = preserved, .preserved_count = preserved_count, .optimize_numerics = optimize_numerics};
    lb_value frozen;
    unit_enter(u);
    bool good = module_freeze(module->program, &options, &frozen, local);
    lb_module *m = module_beside(module, good, frozen, local);
    unit_leave(u);
    handle_error(err, local);
    return m;
}

lb_module *lb_module_pass(const lb_module *module, const char *pass, lb_error *err) {
    API_ERROR(err, own);
    struct unit *u = module->program->unit;
    lb_value result;
    unit_enter(u);
    bool good = module_run_pass(module->program, pass, &result, local);
    lb_module *m = module_beside(module, good, result, local);
    unit_leave(u);
    handle_error(err, local);
    return m;
}

const char *lb_module_pass_name(int index) {
    return index >= 0 && index < module_pass_count ? module_passes[index].name : NULL;
}

const char *lb_module_pass_contract(int index) {
    return index >= 0 && index < module_pass_count ? module_passes[index].contract : NULL;
}
