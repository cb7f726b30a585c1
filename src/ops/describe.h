/* The table of operators as JSON. */
#ifndef LINKBOY_OPS_DESCRIBE_H
#define LINKBOY_OPS_DESCRIBE_H
#include "base/text.h"

/* [{"schema": "aten::add...", "state": "kernel"}], one a line, in the table's order. States: "kernel",
 * "script" (others put together), "interpreter" (an instruction of its own), "graph only" (PyTorch's passes
 * make it, no archive holds it), "missing". */
void ops_put_json(struct text *out);
#endif
