/* Quantized tensors: integers with a scale and a zero point, real = (integer - zero point) * scale. */
#ifndef LINKBOY_OPS_QUANTIZED_QUANTIZE_H
#define LINKBOY_OPS_QUANTIZED_QUANTIZE_H
#include "ops/common/args.h"
#include "ops/quantized/arithmetic.h"

/* Of qint8, quint8, qint32. */
struct integer_range quantized_range(enum dtype d);
/* One element of a quantized dtype (a plain dtype of the same width counts as one). */
static inline int32_t integer_load(enum dtype d, const void *from) {
    int32_t wide;
    if (d == DTYPE_QUINT8) return *(const uint8_t *)from;
    if (d == DTYPE_QINT8) return *(const int8_t *)from;
    memcpy(&wide, from, sizeof wide);
    return wide;
}
static inline void integer_store(enum dtype d, void *to, int32_t value) {
    if (d == DTYPE_QINT32)
        memcpy(to, &value, sizeof value);
    else
        *(uint8_t *)to = (uint8_t)value;
}

/* One scale and zero point; NULL when memory is out. */
struct quantizer *quantizer_per_tensor(double scale, int64_t zero_point);
struct quantizer *quantizer_per_channel(int64_t channels, int axis);
/* Of tensors of scales and zero points, checked as PyTorch does for this dtype of integers; floating zero
 * points make it one of float parameters. NULL: refused. */
struct quantizer *quantizer_of_tensors(struct op_call *c, const struct tensor *scales,
                                       const struct tensor *zero_points, int64_t axis);
/* An uninitialised quantized tensor; takes the quantizer over, also when it fails. */
struct tensor *quantized_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes,
                             struct quantizer *q);
/* An uninitialised one of this tensor's dtype, sizes and memory format (contiguous or channels last). */
struct tensor *quantized_like(struct op_call *c, const struct tensor *t, double scale, int64_t zero_point);
/* The same of another dtype, which `t` need not have. */
struct tensor *quantized_like_as(struct op_call *c, const struct tensor *t, enum dtype d,
                                 struct quantizer *q);

/* (integer - zero point) as float64, contiguous: products and sums of these are exact. */
struct tensor *quantized_integers(struct op_call *c, struct tensor *t);
/* Real values as float32, contiguous. */
struct tensor *quantized_reals(struct op_call *c, struct tensor *t);
/* Rounds float32 reals to integers of dtype d as quantize_per_tensor does, with its checks and memory format.
 */
struct tensor *quantized_of_reals(struct op_call *c, struct tensor *reals, double scale, int64_t zero_point,
                                  enum dtype d);
/* Writes a tensor into another by copy_'s rules where one of them is quantized. */
bool quantized_copy(struct op_call *c, struct tensor *to, struct tensor *from);
/* Gives a result, through the tensor that the row writes where there is one. Takes it over; NULL: false. */
bool quantized_give(struct op_call *c, struct tensor *result);

/* Scale and zero point that cover a range of reals. */
enum choice {
    CHOOSE_SYMMETRIC = 1, /* the zero point in the middle */
    CHOOSE_SINGLE = 2,    /* fbgemm::ChooseQuantizationParams, which works with a float32 scale */
};
bool quantized_choose(struct op_call *c, float low, float high, struct integer_range range, int how,
                      double *scale, int64_t *zero_point);
/* Smallest and largest of a float32 tensor; what min() and max() say of NaN and of nothing. */
bool quantized_find_range(struct op_call *c, const struct tensor *t, float *low, float *high);

/* Refuses what is not quantized, or not per tensor. */
bool quantized_need(struct op_call *c, const struct tensor *t);
bool quantized_per_tensor(struct op_call *c, const struct tensor *t);
static inline double quantized_scale(const struct tensor *t) {
    return t->quantizer->scales[0];
}
static inline int64_t quantized_zero_point(const struct tensor *t) {
    return t->quantizer->zero_points[0];
}
struct affine quantized_affine(const struct tensor *t);
#endif
