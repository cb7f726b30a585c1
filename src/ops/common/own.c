/* The operators of the namespace linkboy: what sources of decomposed rows need and PyTorch has no operator
 * for. `assign_`, `assign` and `assign_exact` write a result as in-place and out= rows do (`into`); `check`
 * is TORCH_CHECK, `check_floating` the dispatch over dtypes.
 */
#include "ops/common/give.h"

bool own_second(struct op_call *c) {
    return give_borrowed(c, 0, arg_tensor(c, 1));
}

bool own_check(struct op_call *c) {
    const struct string *message = arg_string(c, 1);
    return arg_bool(c, 0) || refuse(c, "%.*s", (int)message->length, message->bytes);
}

/* AT_DISPATCH_FLOATING_TYPES_AND2(kHalf, kBFloat16, ...). */
bool own_check_floating(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    const struct string *kernel = arg_string(c, 1);
    return dtype_is_floating(tensor_dtype(t)) ||
           refuse(c, "\"%.*s\" not implemented for '%s'", (int)kernel->length, kernel->bytes,
                  dtype_table[t->dtype].graph_name);
}
