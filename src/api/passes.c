/* Passes on modules, through the public header. */
#include "api/handle.h"
#include "module/freeze.h"
#include "module/optimize.h"

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
    struct freeze_options options = {preserved, preserved_count, optimize_numerics};
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
