/* How kernels of plain tensors serve quantized ones: words of the rows (src/ops/README.md).
 *
 * `integers` runs the kernel on the integers and gives its result the first quantized tensor's scale: what
 * only moves elements about, or picks the largest; `wholes` does so with the integers in float64, for kernels
 * that take floats alone. `reals` runs it on the reals: comparisons. Nothing happens where no argument is
 * quantized. */
#include "ops/create/factory.h"
#include "ops/quantized/quantize.h"
#include "tensor/quantizer.h"

enum { MOST_ARGS = 16, MOST_RESULTS = 4 };
bool op_integers(struct op_call *c, op_kernel kernel);
bool op_wholes(struct op_call *c, op_kernel kernel);
bool op_reals(struct op_call *c, op_kernel kernel);

static struct tensor *first_of(lb_value v) {
    if (v.tag == VALUE_TENSOR) return v.tensor->quantizer ? v.tensor : NULL;
    for (int64_t i = 0; v.tag == VALUE_LIST && i < v.list->count; i++)
        if (v.list->items[i].tag == VALUE_TENSOR && v.list->items[i].tensor->quantizer)
            return v.list->items[i].tensor;
    return NULL;
}

static struct tensor *first_quantized(const struct op_call *c) {
    struct tensor *found = NULL;
    for (int i = 0; !found && i < c->arg_count; i++) found = first_of(c->args[i]);
    return found;
}

/* A plain tensor over the same integers. */
static struct tensor *plain_view(struct op_call *c, struct tensor *t) {
    struct tensor *view = tensor_view_as(t, t->ndim, t->sizes, t->strides, t->offset, c->err);
    if (!view) return NULL;
    view->dtype = t->dtype == DTYPE_QUINT8 ? DTYPE_UINT8 : t->dtype == DTYPE_QINT8 ? DTYPE_INT8 : DTYPE_INT32;
    quantizer_release(view->quantizer);
    view->quantizer = NULL;
    return view;
}

typedef struct tensor *(*replace)(struct op_call *c, struct tensor *t);

static bool replace_list(struct op_call *c, struct list *from, replace with, lb_value *to) {
    if (!value_new_list(to, from->element, from->count, c->err)) return false;
    for (int64_t i = 0; i < from->count; i++) {
        lb_value v = from->items[i];
        bool quantized = v.tag == VALUE_TENSOR && v.tensor->quantizer;
        struct tensor *t = quantized ? with(c, v.tensor) : NULL;
        if (quantized && !t) return false;
        if (!list_append(to->list, quantized ? value_tensor(t) : value_copy(v), c->err)) return false;
    }
    return true;
}

/* A new reference to the argument, or what stands for it. */
static bool replace_argument(struct op_call *c, lb_value v, replace with, lb_value *to) {
    *to = value_none();
    if (!first_of(v))
        *to = value_copy(v);
    else if (v.tag == VALUE_LIST)
        return replace_list(c, v.list, with, to);
    else
        *to = value_tensor(with(c, v.tensor));
    return to->tag != VALUE_TENSOR || to->tensor;
}

static bool replace_all(struct op_call *c, replace with, lb_value *args) {
    if (c->arg_count > MOST_ARGS || c->result_count > MOST_RESULTS)
        return refuse(c, "too many arguments for a quantized tensor");
    for (int i = 0; i < c->arg_count; i++)
        if (!replace_argument(c, c->args[i], with, &args[i])) {
            if (args[i].tag == VALUE_TENSOR) args[i] = value_none();
            return false;
        }
    return true;
}

static bool run_replaced(struct op_call *c, op_kernel kernel, replace with) {
    lb_value args[MOST_ARGS] = {{0}};
    bool good = replace_all(c, with, args);
    struct op_call inner = *c;
    inner.args = args;
    inner.cache = NULL;
    inner.dying = 0;
    good = good && kernel(&inner);
    for (int i = 0; i < c->arg_count && i < MOST_ARGS; i++) value_release(args[i]);
    return good;
}

static struct tensor *whole_numbers(struct op_call *c, struct tensor *t) {
    struct tensor *plain = plain_view(c, t);
    struct tensor *out = plain ? tensor_to(c, plain, DTYPE_FLOAT64, false, FORMAT_PRESERVE) : NULL;
    tensor_release(plain);
    return out;
}

static void retag(struct tensor *result, const struct tensor *like) {
    bool same = dtype_size(tensor_dtype(result)) == dtype_size(tensor_dtype(like));
    if (result->quantizer || !same) return;
    result->dtype = like->dtype;
    result->quantizer = like->quantizer;
    counted_retain(&like->quantizer->counted);
}

bool op_integers(struct op_call *c, op_kernel kernel) {
    struct tensor *like = first_quantized(c);
    if (!like) return kernel(c);
    if (!quantized_per_tensor(c, like) || !run_replaced(c, kernel, plain_view)) return false;
    if (c->results[0].tag == VALUE_TENSOR) retag(c->results[0].tensor, like);
    return true;
}

bool op_wholes(struct op_call *c, op_kernel kernel) {
    struct tensor *like = first_quantized(c);
    if (!like) return kernel(c);
    if (!quantized_per_tensor(c, like) || !run_replaced(c, kernel, whole_numbers)) return false;
    struct tensor *floats = c->results[0].tensor;
    enum dtype d = like->dtype == DTYPE_QUINT8  ? DTYPE_UINT8
                   : like->dtype == DTYPE_QINT8 ? DTYPE_INT8
                                                : DTYPE_INT32;
    struct tensor *integers = tensor_to(c, floats, d, false, FORMAT_PRESERVE);
    c->results[0] = value_none();
    tensor_release(floats);
    if (integers) retag(integers, like);
    return give_tensor(c, integers);
}

bool op_reals(struct op_call *c, op_kernel kernel) {
    return first_quantized(c) ? run_replaced(c, kernel, quantized_reals) : kernel(c);
}
