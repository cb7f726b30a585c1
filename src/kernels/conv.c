/* conv.c: chooses the method of a convolution and hands the work to it. */
#include "kernels/conv_internal.h"

static const struct conv_method_table *table_of(enum conv_method method) {
    switch (method) {
    case CONV_DEPTHWISE: return &ISA(conv_depthwise);
    case CONV_WINOGRAD_2:
    case CONV_WINOGRAD_4: return &ISA(conv_winograd);
    default: return &ISA(conv_product);
    }
}

static bool applies(const struct conv_shape *s, enum conv_method method) {
    switch (method) {
    case CONV_AUTO: return false;
    case CONV_DEPTHWISE: return s->groups == s->in_channels;
    case CONV_WINOGRAD_2:
    case CONV_WINOGRAD_4:
        return s->kernel_h == 3 && s->kernel_w == 3 && s->stride_h == 1 && s->stride_w == 1 &&
               s->dilation_h == 1 && s->dilation_w == 1 && s->groups == 1;
    default: return true;
    }
}

/* Winograd's transforms pay from some channels on. On small planes the larger weights (16 or 36 numbers for
 * 9) are streamed for too few tiles: the direct method reads less. Tiles of 4 want planes that they divide
 * well. */
static enum conv_method choose_winograd(const struct conv_shape *s, enum conv_winograd allowed) {
    int64_t plane = s->out_h * s->out_w;
    if (allowed == CONV_WINOGRAD_NEVER || !applies(s, CONV_WINOGRAD_2)) return CONV_AUTO;
    if (s->in_channels < 16 || s->out_channels < 16) return CONV_AUTO;
    if (s->batch * plane < 100 || plane < 16) return CONV_AUTO;
    return allowed == CONV_WINOGRAD_UP_TO_4 && plane > 200 ? CONV_WINOGRAD_4 : CONV_WINOGRAD_2;
}

static enum conv_method choose(const struct conv_shape *s, enum conv_winograd winograd) {
    enum conv_method method = choose_winograd(s, winograd);
    int64_t plane = s->out_h * s->out_w, channels = s->out_channels / s->groups;
    if (method != CONV_AUTO) return method;
    if (s->groups == s->in_channels && s->kernel_h * s->kernel_w > 1) return CONV_DEPTHWISE;
    if (channels <= VF_LANES || plane >= 28 * 28) return CONV_PIXELS;
    return CONV_CHANNELS;
}

static struct conv_plan conv_plan_make(const struct conv_shape *shape, enum conv_method method,
                                       enum conv_winograd winograd, int threads) {
    struct conv_plan plan = {.shape = *shape};
    plan.method = applies(shape, method) ? method : choose(shape, winograd);
    table_of(plan.method)->plan(&plan, threads);
    return plan;
}

static void conv_pack(const struct conv_plan *plan, const float *weight, float *packed) {
    table_of(plan->method)->pack(plan, weight, packed);
}

static void conv_run(const struct conv_plan *plan, const struct conv_operands *operands, void *workspace,
                     int64_t begin, int64_t end) {
    if (begin < end) table_of(plan->method)->run(plan, operands, workspace, begin, end);
}

const struct conv_kernels ISA(conv_kernels) = {conv_plan_make, conv_pack, conv_run};
