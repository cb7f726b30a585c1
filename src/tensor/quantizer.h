/* Making and giving up what a quantized tensor knows of its integers; the struct itself is tensor.h's. */
#ifndef LINKBOY_TENSOR_QUANTIZER_H
#define LINKBOY_TENSOR_QUANTIZER_H
#include "tensor/tensor.h"

/* Room for so many scales and zero points, all 0; per tensor until the caller says otherwise. NULL: memory.
 */
struct quantizer *quantizer_new(int64_t channels);
/* Room for floating zero points (per_channel_affine_float_qparams), all 0; false: memory. */
bool quantizer_add_floats(struct quantizer *q);
/* What element i (in logical order) of a quantized tensor stands for. */
double quantizer_value(const struct quantizer *q, const struct tensor *t, int64_t i);
/* A contiguous float32 tensor of what the elements stand for. NULL: memory. */
struct tensor *quantizer_dequantize(const struct tensor *t, lb_error *err);
void quantizer_release(struct quantizer *q); /* NULL is allowed */
#endif
