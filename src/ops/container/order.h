/* Equality and order of list elements, as PyTorch's list operators see them. */
#ifndef LINKBOY_OPS_CONTAINER_ORDER_H
#define LINKBOY_OPS_CONTAINER_ORDER_H
#include "ops/call.h"

/* False when the values cannot be compared (the error is set): tensors of more than one element, for one. */
bool order_equal(struct op_call *c, lb_value a, lb_value b, bool *equal);
bool order_less(struct op_call *c, lb_value a, lb_value b, bool *less);
/* In place; where elements are equal they keep their places. */
bool order_sort(struct op_call *c, struct list *l, bool reverse);

#endif
