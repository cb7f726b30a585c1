/* The text of a tensor as Python shows it: tensor([[1., 2.]]) (torch/_tensor_str.py). */
#ifndef LINKBOY_TENSOR_REPR_H
#define LINKBOY_TENSOR_REPR_H
#include "base/text.h"
#include "tensor/tensor.h"

/* torch.set_printoptions */
struct repr_options {
    int precision, threshold, edgeitems, linewidth;
    int scientific; /* 1: always, 0: never, -1: where the numbers ask for it */
};
extern const struct repr_options repr_defaults;

/* A plain (dequantized) strided tensor's elements in brackets, as they stand `indent` columns from the left.
 */
void repr_put_elements(struct text *out, const struct tensor *t, int indent, const struct repr_options *o);
/* The whole: "tensor(" or `prefix`, elements, and what else is to be said of it. Quantized tensors are
 * dequantized for it: false when memory is out. */
bool repr_put(struct text *out, struct tensor *t, const char *prefix, const struct repr_options *o,
              lb_error *err);
#endif
