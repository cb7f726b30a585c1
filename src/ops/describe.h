/* The table of operators as JSON. */
#ifndef LINKBOY_OPS_DESCRIBE_H
#define LINKBOY_OPS_DESCRIBE_H
#include "base/text.h"

/* [{"schema": "aten::add...", "state": "kernel" | "missing"}], one a line, in the table's order. */
void ops_put_json(struct text *out);
#endif
