/* One operator called from outside by name: its overload is chosen by the arguments, its kernel or its source
 * runs. */
#ifndef LINKBOY_MODULE_OPERATE_H
#define LINKBOY_MODULE_OPERATE_H
#include "module/call.h"
#include "ops/ops.h"
#include "types/unit.h"

/* `name` is "aten::add" or, for one overload alone, "aten::add.Tensor" ("aten::relu.default" for the one
 * without a name). Schemas and sources are compiled in `unit`. Several results come as a tuple; *taken is the
 * overload, set once it is chosen. */
bool operate(struct unit *unit, const char *name, const struct call_arguments *given, struct run_context *cx,
             lb_value *result, const struct op_row **taken, lb_error *err);
#endif
