/* Quantized tensors: integers with a scale and a zero point, real = (integer - zero point) * scale. */
#ifndef LINKBOY_OPS_QUANTIZED_QUANTIZE_H
#define LINKBOY_OPS_QUANTIZED_QUANTIZE_H
#include "ops/common/args.h"

struct integer_range {
    int32_t low, high;
};
/* Of qint8, quint8, qint32. */
struct integer_range quantized_range(enum dtype d);

/* One scale and zero point; NULL when memory is out. */
struct quantizer *quantizer_per_tensor(double scale, int64_t zero_point);
struct quantizer *quantizer_per_channel(int64_t channels, int axis);
/* An uninitialised quantized tensor; takes the quantizer over, also when it fails. */
struct tensor *quantized_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes,
                             struct quantizer *q);

/* (integer - zero point) as float64, contiguous: products and sums of these are exact. */
struct tensor *quantized_integers(struct op_call *c, struct tensor *t);
/* Real values as float32, contiguous. */
struct tensor *quantized_reals(struct op_call *c, struct tensor *t);
/* Rounds reals (any floating dtype) to integers of dtype d, as fbgemm does (half to even, saturating). */
struct tensor *quantized_of_reals(struct op_call *c, struct tensor *reals, double scale, int64_t zero_point,
                                  enum dtype d);
/* Scale and zero point that cover a range of reals (quant_utils::ChooseQuantizationParams in
 * aten/src/ATen/native/quantized/cpu/QuantUtils.h). */
void quantized_choose(float low, float high, struct integer_range range, double *scale, int64_t *zero_point);
/* Refuses what is not quantized per tensor. */
bool quantized_per_tensor(struct op_call *c, const struct tensor *t);
/* Runs a kernel of ordinary tensors on the reals of a quantized first argument, and gives its result in that
 * argument's scale and zero point; the kernel alone where nothing is quantized. */
bool op_through(struct op_call *c, op_kernel kernel);
static inline double quantized_scale(const struct tensor *t) {
    return t->quantizer->scales[0];
}
static inline int64_t quantized_zero_point(const struct tensor *t) {
    return t->quantizer->zero_points[0];
}
#endif
