/* Batch norms into the convolutions before them, while both are still modules (FoldConvBatchNorm in
 * torch/csrc/jit/passes/fold_conv_bn.cpp). */
#ifndef LINKBOY_MODULE_FOLD_CONVBN_H
#define LINKBOY_MODULE_FOLD_CONVBN_H
#include "module/program.h"

/* In a copy of the program's top module: where a method calls torch.nn's BatchNorm2d or 3d on what a Conv2d
 * or 3d gave, the norm's statistics go into the convolution's weight and bias, and the call goes. The module
 * should be in eval mode: nobody looks. The result is the caller's. */
bool module_fold_convbn(const struct program *p, lb_value *module, lb_error *err);
#endif
