/* Equality and order of list elements, as PyTorch's list operators see them. */
#ifndef LINKBOY_OPS_CONTAINER_ORDER_H
#define LINKBOY_OPS_CONTAINER_ORDER_H
#include "ops/call.h"

/* False when the values cannot be compared (the error is set): tensors of more than one element, for one. */
bool order_equal(struct op_call *c, lb_value a, lb_value b, bool *equal);
bool order_less(struct op_call *c, lb_value a, lb_value b, bool *less);
/* Whether a list of such elements can be sorted; an error if not. */
bool order_sortable(struct op_call *c, lb_value element);

/* Says whether a stands before b; on failure sets the error and gives false. */
typedef bool before(struct op_call *c, lb_value a, lb_value b);
/* In place, with the comparisons and moves of libstdc++'s std::sort: what is equal, or has no order at all
 * (NaN), ends up where it does in PyTorch. `is_before` need not be an order. */
bool sort_values(struct op_call *c, lb_value *items, int64_t count, before *is_before);

#endif
