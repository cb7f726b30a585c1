/* conv_product.c: convolution as the packed product of weights and patches, in both orientations.
 *
 * CONV_PIXELS:   out[channel][pixel] = weight[channel][tap] * patches[tap][pixel], weights packed as left
 * operand. CONV_CHANNELS: out^T[pixel][channel] = patches^T[pixel][tap] * weight^T[tap][channel], weights
 * packed as right operand, the result stored turned around. A 1x1 kernel of stride 1 without padding needs no
 * patches: the images are the operand as they lie. */
#include "kernels/conv_patches.h"

static bool is_plain(const struct conv_shape *s) {
    return s->kernel_h == 1 && s->kernel_w == 1 && s->stride_h == 1 && s->stride_w == 1 && s->pad_h == 0 &&
           s->pad_w == 0 && s->out_h == s->in_h && s->out_w == s->in_w;
}

static int64_t group_taps(const struct conv_shape *s) {
    return s->in_channels / s->groups * s->kernel_h * s->kernel_w;
}

/* The product of one group over all images; without operands, what the plan needs to know. */
static struct gemm_f32 group_product(const struct conv_plan *plan, const struct conv_operands *o,
                                     struct patch_source *patches, int64_t group) {
    const struct conv_shape *s = &plan->shape;
    bool pixels = plan->method == CONV_PIXELS;
    int64_t plane = s->out_h * s->out_w, channels = s->out_channels / s->groups, taps = group_taps(s);
    int64_t group_in = s->in_channels / s->groups * s->in_h * s->in_w;
    struct gemm_f32 g = {.m = pixels ? channels : plane,
                         .n = pixels ? plane : channels,
                         .k = taps,
                         .batch = s->batch,
                         .alpha = 1,
                         .c_batch = s->out_channels * plane};
    g.c_row = pixels ? plane : 1;
    g.c_col = pixels ? 1 : plane;
    g.c = o->out + group * channels * plane;
    *patches = (struct patch_source){s, o->in + group * group_in};
    if (pixels) {
        g.a_packed = o->weight_packed + group * ISA(gemm_kernels_f32).pack_a_count(channels, taps);
        g.b = patches->in, g.b_row = plane, g.b_col = 1, g.b_batch = s->in_channels * plane;
        g.b_packer = is_plain(s) ? NULL : patch_pack;
        g.b_source = patches;
    } else {
        g.b_packed = o->weight_packed + group * ISA(gemm_kernels_f32).pack_b_count(taps, channels);
        g.a = patches->in, g.a_row = 1, g.a_col = plane, g.a_batch = s->in_channels * plane;
        g.a_packer = is_plain(s) ? NULL : patch_pack;
        g.a_source = patches;
    }
    const float *bias = o->bias ? o->bias + group * channels : NULL;
    struct gemm_epilogue_f32 *e = &g.epilogue;
    e->bias_row = pixels ? bias : NULL;
    e->bias_col = pixels ? NULL : bias;
    e->residual = o->residual ? o->residual + group * channels * plane : NULL;
    e->residual_row = g.c_row, e->residual_col = g.c_col, e->residual_batch = g.c_batch;
    e->activation = o->activation;
    return g;
}

static void product_plan(struct conv_plan *plan, int threads) {
    static const float nowhere[1];
    float out[1];
    struct patch_source patches;
    struct conv_operands o = {.in = nowhere, .weight_packed = nowhere, .out = out};
    struct gemm_f32 g = group_product(plan, &o, &patches, 0);
    const struct gemm_kernels_f32 *k = &ISA(gemm_kernels_f32);
    plan->product = k->plan(&g, threads);
    plan->tasks = plan->product.tasks * plan->shape.groups;
    plan->workspace = plan->product.workspace;
    plan->packed_count = plan->shape.groups * (plan->method == CONV_PIXELS ? k->pack_a_count(g.m, g.k)
                                                                           : k->pack_b_count(g.k, g.n));
}

static void product_pack(const struct conv_plan *plan, const float *weight, float *packed) {
    const struct conv_shape *s = &plan->shape;
    const struct gemm_kernels_f32 *k = &ISA(gemm_kernels_f32);
    int64_t channels = s->out_channels / s->groups, taps = group_taps(s);
    for (int64_t group = 0; group < s->groups; group++, weight += channels * taps)
        if (plan->method == CONV_PIXELS)
            k->pack_a(channels, taps, weight, taps, 1, packed + group * k->pack_a_count(channels, taps));
        else
            k->pack_b(taps, channels, weight, 1, taps, packed + group * k->pack_b_count(taps, channels));
}

static void product_run(const struct conv_plan *plan, const struct conv_operands *o, float *workspace,
                        int64_t begin, int64_t end) {
    int64_t each = plan->product.tasks;
    for (int64_t group = begin / each; group * each < end; group++) {
        int64_t first = begin > group * each ? begin - group * each : 0;
        int64_t last = end - group * each < each ? end - group * each : each;
        struct patch_source patches;
        struct gemm_f32 g = group_product(plan, o, &patches, group);
        ISA(gemm_kernels_f32).run(&g, &plan->product, workspace, first, last);
    }
}

const struct conv_method_table ISA(conv_product) = {product_plan, product_pack, product_run};
