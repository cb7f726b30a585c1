/* The operators of the namespace linkboy: what sources of decomposed rows need and PyTorch has no operator
 * for. `assign_` and `assign` write a result as in-place and out= rows do (`into`); `check` is TORCH_CHECK.
 */
#include "ops/common/give.h"

bool own_second(struct op_call *c) {
    return give_borrowed(c, 0, arg_tensor(c, 1));
}

bool own_check(struct op_call *c) {
    const struct string *message = arg_string(c, 1);
    return arg_bool(c, 0) || refuse(c, "%.*s", (int)message->length, message->bytes);
}
