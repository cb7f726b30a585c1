/* What dtype the operands of an operator give together: torch.result_type
 * (aten/src/ATen/native/TypeProperties.cpp). Tensors with dimensions weigh more than 0-dim ones, and these
 * more than numbers, within one category. */
#ifndef LINKBOY_TENSOR_PROMOTE_H
#define LINKBOY_TENSOR_PROMOTE_H
#include "tensor/tensor.h"

struct promotion {
    uint8_t dims, zero, wrapped; /* enum dtype, DTYPE_NONE when there was none of that weight */
};

static inline struct promotion promotion_start(void) {
    return (struct promotion){DTYPE_NONE, DTYPE_NONE, DTYPE_NONE};
}
void promotion_add(struct promotion *p, const struct tensor *t);
enum dtype promotion_result(const struct promotion *p);
enum dtype promote_tensors(int count, struct tensor *const *tensors);
/* Whether values of `from` may be written to a tensor of dtype `to` (torch.can_cast). */
bool promote_can_cast(enum dtype from, enum dtype to);
#endif
