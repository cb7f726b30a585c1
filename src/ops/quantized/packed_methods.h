/* The methods of the C++ classes of packed parameters that a program may call. */
#ifndef LINKBOY_OPS_QUANTIZED_PACKED_METHODS_H
#define LINKBOY_OPS_QUANTIZED_PACKED_METHODS_H
#include "base/error.h"
#include "value/value.h"

/* Arguments as a program gives them, self first. Lists in the result have no types yet. */
typedef bool packed_method(const lb_value *args, int count, lb_value *result, lb_error *err);

/* "quantized.Conv2dPackedParamsBase", "unpack"; NULL: there is none. */
packed_method *packed_find_method(const char *class_name, const char *method);
#endif
