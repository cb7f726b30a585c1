/* Where a run's time went, by operator. One profile belongs to one context, hence to one thread at a time. */
#ifndef LINKBOY_OPS_PROFILE_H
#define LINKBOY_OPS_PROFILE_H
#include "base/text.h"
#include <stdint.h>

struct profile;
struct op_row;

struct profile *profile_new(void);
void profile_free(struct profile *p); /* NULL is allowed */
/* Nanoseconds of a clock that only goes forward. */
int64_t profile_now(void);
/* One call of an operator, in nanoseconds. Out of memory loses the entry, nothing else. */
void profile_add(struct profile *p, const struct op_row *row, int64_t nanoseconds);
/* [{"op": "aten::add.Tensor", "calls": 3, "ms": 0.012}], most time first; "[]" for NULL. */
void profile_put_json(struct text *out, const struct profile *p);
#endif
