/* How exact sums of products of integers become results: fbgemm's float32 arithmetic (ReQuantizeOutput and
 * ReQuantizeForFloat in fbgemm/QuantUtils.h), so that integers come out the same. */
#ifndef LINKBOY_OPS_QUANTIZED_REQUANTIZE_H
#define LINKBOY_OPS_QUANTIZED_REQUANTIZE_H
#include "ops/common/compose.h"
#include "ops/quantized/packed.h"
#include "ops/quantized/quantize.h"

struct requantization {
    const struct tensor *sums; /* float64, contiguous */
    const struct tensor *bias; /* float32, or NULL */
    const struct quantizer *weights;
    int64_t channels, inner; /* the result's channel of element i is i / inner % channels */
    double input_scale;
    bool relu;
};

/* quint8 with this scale and zero point; relu keeps them at the zero point or above. */
struct tensor *requantize_to_integers(struct op_call *c, const struct requantization *r, double scale,
                                      int64_t zero_point);
struct tensor *requantize_to_reals(struct op_call *c, const struct requantization *r);
/* The weight is quantized, and the bias float32, one for each of so many channels. */
bool requantize_check(struct op_call *c, const struct packed_weights *w, int64_t channels);
/* Sums of rows [.., width] of bytes times rows of int8 weights [channels, width], less both zero points, as
 * fbgemm's AVX2 kernels make them: two neighbouring products are added in 16 bits, and saturate. */
struct tensor *requantize_sums(struct compose *k, struct tensor *bytes, struct tensor *weights, int64_t zero,
                               const int64_t *weight_zeros, bool by_channel);
/* A float32 tensor as quint8, its scale found from its values (nothing has the range 0). */
struct tensor *requantize_input(struct compose *k, struct tensor *x, bool reduce);
#endif
