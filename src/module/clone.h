/* Modules twice: of classes of their own, so that one can be changed and the other not. */
#ifndef LINKBOY_MODULE_CLONE_H
#define LINKBOY_MODULE_CLONE_H
#include "types/unit.h"
#include "value/value.h"

/* The module and all modules below it, of new classes in the same unit, with methods of their own; attributes
 * that are no modules are shared, hooks and properties are left behind (Module::clone with inplace in
 * torch/csrc/jit/api/module.cpp). `clone` is the caller's. */
bool module_clone(struct unit *unit, lb_value module, lb_value *clone, lb_error *err);
#endif
