/* Parameters and buffers of a module tree as a dict, and from one (torch/nn/modules/module.py: state_dict,
 * load_state_dict). What counts as a buffer is PyTorch's rule for script modules: any other attribute that is
 * declared as a tensor. */
#ifndef LINKBOY_MODULE_STATE_DICT_H
#define LINKBOY_MODULE_STATE_DICT_H
#include "types/type.h"

/* Dotted names to tensors, which are the modules' own. */
bool state_dict_new(lb_value root, lb_value *dict, lb_error *err);
/* Copies what the dict holds into the modules' tensors; see lb_load_state_dict(). */
bool state_dict_load(lb_value root, lb_value dict, bool strict, lb_error *err);
#endif
