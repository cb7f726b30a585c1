/* Devices by name: "cpu", "cuda:1", "meta". */
#ifndef LINKBOY_TENSOR_DEVICE_H
#define LINKBOY_TENSOR_DEVICE_H
#include "base/error.h"
#include "tensor/tensor.h"

/* False with PyTorch's words (a RuntimeError) for a text that names no device. */
bool device_parse(const char *text, struct device *out, lb_error *err);
#endif
