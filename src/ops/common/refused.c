/* Operators that PyTorch itself has for other devices only (cuDNN's, MIOpen's, Metal's and their like; no CPU
 * kernel is registered for them in aten/src/ATen/native/native_functions.yaml). Archives that hold them load
 * and print; reaching one is the error that PyTorch gives on a CPU. */
#include "ops/dispatch.h"

bool op_refused(struct op_call *c) {
    return op_refuse_backend(c, BACKEND_CPU);
}
