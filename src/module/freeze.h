/* Freezing: a module that will not be trained becomes one whose attributes are constants of its graphs, as
 * far as nobody writes to them, with methods that call nothing. Rules:
 * torch/csrc/jit/passes/freeze_module.cpp, torch/jit/_freeze.py. */
#ifndef LINKBOY_MODULE_FREEZE_H
#define LINKBOY_MODULE_FREEZE_H
#include "module/program.h"

struct freeze_options {
    const char *const *preserved; /* dotted names of attributes and methods that stay; borrowed */
    int preserved_count;
    bool optimize_numerics; /* fold norms and arithmetic into weights as well */
    bool as_eval;           /* a module in training mode is frozen as it is in eval mode */
};

/* A frozen copy of the program's top module, of new classes in the same unit; tensors are shared. Fails with
 * PyTorch's messages: the module is in training mode, returns itself, has no such name, or has what cannot be
 * frozen. */
bool module_freeze(const struct program *p, const struct freeze_options *options, lb_value *frozen,
                   lb_error *err);
#endif
