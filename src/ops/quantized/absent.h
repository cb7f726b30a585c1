/* Which operators refuse quantized tensors. */
#ifndef LINKBOY_OPS_QUANTIZED_ABSENT_H
#define LINKBOY_OPS_QUANTIZED_ABSENT_H
#include "ops/call.h"

bool quantized_absent(const struct op_row *row);
#endif
