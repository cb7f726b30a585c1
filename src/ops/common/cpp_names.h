/* What C++ calls a dtype's elements: PyTorch's refusals name them so ("long int", "c10::Half"). */
#ifndef LINKBOY_OPS_COMMON_CPP_NAMES_H
#define LINKBOY_OPS_COMMON_CPP_NAMES_H
#include "tensor/dtype.h"

const char *dtype_cpp_name(enum dtype d);
#endif
