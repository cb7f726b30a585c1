/* Functions with two results for each element, and ldexp: frexp. */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <math.h>

/* frexp(self) -> (mantissa, exponent as int32) */
bool pointwise_frexp(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    if (!dtype_is_floating(tensor_dtype(x)))
        return refuse(c, "torch.frexp() only supports floating-point dtypes");
    struct compose k = compose_start(c);
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err));
    struct tensor *mantissa = compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, x->sizes)),
                  *exponent = compose_own(&k, call_new(c, DTYPE_INT32, x->ndim, x->sizes));
    int64_t size = (int64_t)dtype_size(tensor_dtype(x));
    for (int64_t i = 0; !k.failed && i < x->numel; i++) {
        int power = 0;
        double m = frexp(tensor_get_float(whole, i), &power);
        convert_store[x->dtype][COMPUTE_DOUBLE]((char *)tensor_data(mantissa) + i * size, 0, &m, 0, 1);
        ((int32_t *)tensor_data(exponent))[i] = power;
    }
    return compose_give_some(&k, 2, (struct tensor *[]){mantissa, exponent});
}

/* ldexp(x, other): x * 2^other. */
bool pointwise_ldexp(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *power = compose_run(&k, "aten::pow.Scalar", "ft", 2.0, arg_tensor(c, 1));
    return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", arg_tensor(c, 0), power));
}
