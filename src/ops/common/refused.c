/* Operators that PyTorch itself has for other devices only (cuDNN's, MIOpen's, Metal's and their like; no CPU
 * kernel is registered for them in aten/src/ATen/native/native_functions.yaml). Archives that hold them load
 * and print; reaching one is the error that PyTorch gives on a CPU. */
#include "ops/common/args.h"

bool op_refused(struct op_call *c) {
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "Could not run '%s' with arguments from the 'CPU' backend. PyTorch has this operator "
        "for other devices only.",
        op_name(c->row));
}
