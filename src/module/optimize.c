/* The table of passes on modules, and passes on graphs over all graphs of a module; see optimize.h. */
#include "module/optimize.h"
#include "module/clone.h"
#include "module/fold_convbn.h"
#include "module/freeze.h"
#include "passes/passes.h"
#include <string.h>

static bool run_freeze(const struct program *p, lb_value *module, lb_error *err) {
    struct freeze_options options = {.optimize_numerics = true};
    return module_freeze(p, &options, module, err);
}

static bool run_for_inference(const struct program *p, lb_value *module, lb_error *err) {
    struct freeze_options options = {.optimize_numerics = true, .as_eval = true};
    return module_freeze(p, &options, module, err);
}

const struct module_pass module_passes[] = {
    {"freeze", "attributes that nobody writes to are constants, and methods call nothing", run_freeze},
    {"optimize_for_inference", "the same, in eval mode; what is left is done when a program is first run",
     run_for_inference},
    {"fold_convbn", "no batch norm module is called on what a convolution module gives", module_fold_convbn},
};
const int module_pass_count = (int)(sizeof module_passes / sizeof *module_passes);

struct walk {
    struct table seen; /* classes whose methods are done */
    bool (*run)(struct graph *g, lb_error *err);
    lb_error *err;
};

/* As deep as the clone was, which was looked at then. */
static bool run_on_methods(struct walk *w, const struct object *o) {
    const struct class_definition *c = o->type->definition;
    if (table_has(&w->seen, c)) return true;
    if (!table_set(&w->seen, c, w)) return error_memory(w->err);
    for (int i = 0; i < o->count; i++) {
        lb_value v = o->slots[i];
        bool is_module = v.tag == VALUE_OBJECT && v.object->type->definition->is_module;
        if (is_module && !run_on_methods(w, v.object)) return false;
    }
    for (int i = 0; i < c->methods.count; i++)
        if (c->methods.items[i]->graph && !w->run(c->methods.items[i]->graph, w->err)) return false;
    return true;
}

static bool run_on_graphs(const struct program *p, const struct pass *pass, lb_value *module, lb_error *err) {
    struct walk w = {.run = pass->run, .err = err};
    if (!module_clone(p->unit, p->root, module, err)) return false;
    bool good = run_on_methods(&w, module->object);
    table_free(&w.seen);
    if (good) return true;
    value_release(*module);
    *module = value_none();
    return false;
}

bool module_run_pass(const struct program *p, const char *name, lb_value *module, lb_error *err) {
    *module = value_none();
    for (int i = 0; i < module_pass_count; i++)
        if (!strcmp(module_passes[i].name, name)) return module_passes[i].run(p, module, err);
    const struct pass *pass = pass_find(name);
    if (pass && !pass->own) return run_on_graphs(p, pass, module, err);
    return error_set(err, LB_ERROR_ARGUMENT, "there is no pass '%s'", name);
}
