/* Operators that keep a quantized tensor's scale and zero point: on its reals, then back to integers
 * (aten/src/ATen/native/quantized/cpu: pooling, mean, resampling, relu). A row says so with the word
 * `through`. Views and copies need nothing of the kind. */
#include "ops/quantized/quantize.h"

enum { MOST_ARGS = 16, MOST_RESULTS = 2 };

/* Integers of the reals, in place where the row says so. */
static struct tensor *back_to_integers(struct op_call *c, struct tensor *t, struct tensor *reals) {
    struct tensor *back =
        quantized_of_reals(c, reals, quantized_scale(t), quantized_zero_point(t), tensor_dtype(t));
    if (!back || !(c->row->traits & OP_IN_PLACE)) return back;
    bool good = tensor_copy(t, back, c->err);
    tensor_release(back);
    return good ? tensor_retain(t) : NULL;
}

static bool run_on_reals(struct op_call *c, op_kernel kernel, struct tensor *reals) {
    lb_value args[MOST_ARGS], results[MOST_RESULTS] = {{0}};
    for (int i = 0; i < c->arg_count; i++) args[i] = c->args[i];
    args[0] = value_tensor(reals);
    struct op_call inner = *c;
    inner.args = args;
    inner.results = results;
    inner.cache = NULL;
    inner.dying = 0;
    bool good = kernel(&inner);
    struct tensor *back = good ? back_to_integers(c, arg_tensor(c, 0), results[0].tensor) : NULL;
    if (back && c->result_count > 1) c->results[1] = value_copy(results[1]);
    for (int i = 0; i < MOST_RESULTS; i++) value_release(results[i]);
    return give_tensor(c, back);
}

bool op_through(struct op_call *c, op_kernel kernel) {
    if (c->args[0].tag != VALUE_TENSOR || !c->args[0].tensor->quantizer) return kernel(c);
    if (c->arg_count > MOST_ARGS || c->result_count > MOST_RESULTS || !c->row)
        return refuse(c, "too many arguments for a quantized tensor");
    if (!quantized_per_tensor(c, arg_tensor(c, 0))) return false;
    struct tensor *reals = quantized_reals(c, arg_tensor(c, 0));
    bool good = reals && run_on_reals(c, kernel, reals);
    tensor_release(reals);
    return good;
}
