/* Reading the values in a graph's text; shared by parse.c and parse_tensor.c. */
#ifndef LINKBOY_IR_PARSE_VALUE_H
#define LINKBOY_IR_PARSE_VALUE_H
#include "ir/graph.h"
#include "types/type_parse.h"

/* A value of this type; `type` NULL: what it looks like. The result is owned by the caller. */
bool value_read(struct type_reader *r, const struct type *type, lb_value *out);
/* A tensor as constants show it: {3}, <Tensor>, or its elements and "[ CPUFloatType{2,2} ]". */
bool tensor_read(struct scan *s, const struct type *type, lb_value *out);
#endif
