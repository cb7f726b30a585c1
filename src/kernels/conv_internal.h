/* conv_internal.h: what the files of the convolution share with each other. */
#ifndef KERNELS_CONV_INTERNAL_H
#define KERNELS_CONV_INTERNAL_H

#include "kernels/conv.h"
#include "kernels/kernels_isa.h"
#include "kernels/vec.h"

/* Fills packed_count, workspace and tasks of a plan whose shape and method are set; runs its tasks. */
struct conv_method_table {
    void (*plan)(struct conv_plan *plan, int threads);
    void (*pack)(const struct conv_plan *plan, const float *weight, float *packed);
    void (*run)(const struct conv_plan *plan, const struct conv_operands *operands, float *workspace,
                int64_t begin, int64_t end);
};

extern const struct conv_method_table ISA(conv_product), ISA(conv_depthwise), ISA(conv_winograd);

/* One line of finished pixels of one channel: out = activation(x + bias + residual). residual may be null. */
ALWAYS_INLINE void conv_finish_line(int64_t count, const float *x, float bias, const float *residual,
                                    enum unary_op activation, float *out) {
    vf add = vf_set1(bias);
    for (int64_t i = 0; i < count; i += VF_LANES) {
        int64_t lanes = count - i < VF_LANES ? count - i : VF_LANES;
        vf y = vf_load_n(x + i, lanes) + add;
        if (residual) y += vf_load_n(residual + i, lanes);
        if (activation == UNARY_RELU) y = vf_relu(y);
        vf_store_n(out + i, y, lanes);
    }
    if (activation != UNARY_IDENTITY && activation != UNARY_RELU)
        ISA(vmath_f32).unary[activation](count, out, out);
}

#endif
