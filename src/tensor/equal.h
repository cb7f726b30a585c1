/* Whether two tensors hold the same: dtype, device, layout, sizes and every element, by value. NaN equals
 * nothing, 0. equals -0. (Tensor::equal, with TensorOptions::type_equal before it). Strides do not matter. */
#ifndef LINKBOY_TENSOR_EQUAL_H
#define LINKBOY_TENSOR_EQUAL_H
#include "tensor/tensor.h"

/* False also for layouts other than strided, quantized tensors, and when memory is out. */
bool tensor_equal_values(struct tensor *a, struct tensor *b);
#endif
