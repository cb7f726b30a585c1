/* Passes on modules: they change classes and attributes as well as graphs, so they work on a copy. */
#ifndef LINKBOY_MODULE_OPTIMIZE_H
#define LINKBOY_MODULE_OPTIMIZE_H
#include "module/program.h"

struct module_pass {
    const char *name, *contract;
    bool (*run)(const struct program *p, lb_value *module, lb_error *err);
};
extern const struct module_pass module_passes[];
extern const int module_pass_count;

/* One of these, or a pass on graphs, which runs on the methods of all modules of the copy. The result is the
 * caller's. LB_ERROR_ARGUMENT: there is no pass of this name. */
bool module_run_pass(const struct program *p, const char *pass, lb_value *module, lb_error *err);
#endif
