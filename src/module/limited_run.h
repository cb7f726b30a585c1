/* Running a program's code while it is loaded or saved: nobody asked for a call, so it is under limits, and
 * without operators that touch the system. */
#ifndef LINKBOY_MODULE_LIMITED_RUN_H
#define LINKBOY_MODULE_LIMITED_RUN_H
#include "types/unit.h"

/* `max_steps` 0: 10 million; `max_bytes` of tensors made, 0: 16 GiB. The result is the caller's. */
bool limited_run(struct unit *unit, struct function *f, const lb_value *args, int count, int64_t max_steps,
                 int64_t max_bytes, lb_value *result, lb_error *err);
#endif
