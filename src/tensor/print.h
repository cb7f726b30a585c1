/* The text of a tensor as PyTorch's C++ stream operator writes it: what print() inside TorchScript shows, and
 * what stands in graph constants (aten/src/ATen/core/Formatting.cpp). */
#ifndef LINKBOY_TENSOR_PRINT_H
#define LINKBOY_TENSOR_PRINT_H
#include "base/text.h"
#include "tensor/tensor.h"

/* `digits`: of a 0-dim tensor's value; the stream's precision (6 in graphs, 17 in print()). */
void tensor_print(struct text *out, const struct tensor *t, int digits);
/* "CPUFloatType" and its kin. */
void tensor_print_type(struct text *out, const struct tensor *t);
#endif
