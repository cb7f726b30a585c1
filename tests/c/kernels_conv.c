/* Convolution by every method against plain loops in double: strides, paddings, dilations, groups, odd
 * planes, bias, residual, activation, several tasks. */
#include "kernels_test.h"

static const char *isa;

static double pixel(const struct conv_shape *s, const float *in, int64_t n, int64_t c, int64_t y, int64_t x) {
    if (y < 0 || x < 0 || y >= s->in_h || x >= s->in_w) return 0;
    return in[((n * s->in_channels + c) * s->in_h + y) * s->in_w + x];
}

static double expected(const struct conv_shape *s, const float *in, const float *w, int64_t n, int64_t o,
                       int64_t y, int64_t x, double *size) {
    int64_t channels = s->in_channels / s->groups, group = o / (s->out_channels / s->groups);
    double sum = 0;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < s->kernel_h; i++)
            for (int64_t j = 0; j < s->kernel_w; j++) {
                double v =
                    pixel(s, in, n, group * channels + c, y * s->stride_h + i * s->dilation_h - s->pad_h,
                          x * s->stride_w + j * s->dilation_w - s->pad_w);
                v *= w[((o * channels + c) * s->kernel_h + i) * s->kernel_w + j];
                sum += v;
                *size += fabs(v);
            }
    return sum;
}

static void run_conv(const struct kernels *k, const struct conv_plan *plan, const struct conv_operands *o,
                     bool split) {
    char *work = room(plan->workspace + 64);
    memset(work + plan->workspace, 0x5a, 64);
    for (int64_t i = 0; split && i < plan->tasks; i++) k->conv->run(plan, o, work, i, i + 1);
    if (!split) k->conv->run(plan, o, work, 0, plan->tasks);
    bool kept = true;
    for (size_t i = 0; i < 64; i++) kept = kept && work[plan->workspace + i] == 0x5a;
    check(kept, "%s: conv method %d overran its workspace", isa, plan->method);
    free(work);
}

static void test_shape(const struct kernels *k, const struct conv_shape *s, enum conv_method method,
                       int extras, uint64_t *state) {
    struct conv_plan plan = k->conv->plan(
        s, method, extras & 16 ? CONV_WINOGRAD_UP_TO_4 : CONV_WINOGRAD_NEVER, extras & 8 ? 3 : 1);
    size_t in_count = (size_t)(s->batch * s->in_channels * s->in_h * s->in_w);
    size_t out_count = (size_t)(s->batch * s->out_channels * s->out_h * s->out_w);
    size_t w_count = (size_t)(s->out_channels * s->in_channels / s->groups * s->kernel_h * s->kernel_w);
    float *in = random_floats(in_count, state), *w = random_floats(w_count, state);
    float *bias = random_floats((size_t)s->out_channels, state), *residual = random_floats(out_count, state);
    float *packed = room((size_t)plan.packed_count * 4), *out = room(out_count * 4);
    k->conv->pack(&plan, w, packed);
    struct conv_operands o = {in,
                              packed,
                              out,
                              extras & 1 ? bias : NULL,
                              extras & 2 ? residual : NULL,
                              extras & 4 ? UNARY_RELU : UNARY_IDENTITY};
    run_conv(k, &plan, &o, extras & 8);
    double worst = 0;
    size_t at = 0;
    for (int64_t n = 0; n < s->batch; n++)
        for (int64_t c = 0; c < s->out_channels; c++)
            for (int64_t y = 0; y < s->out_h; y++)
                for (int64_t x = 0; x < s->out_w; x++, at++) {
                    double size = 1, want = expected(s, in, w, n, c, y, x, &size);
                    want += (double)(o.bias ? bias[c] : 0) + (double)(o.residual ? residual[at] : 0);
                    if (extras & 4 && want < 0) want = 0;
                    double off = fabs((double)out[at] - want) / size;
                    worst = off <= worst ? worst : off;
                }
    check(worst < (plan.method == CONV_WINOGRAD_4 ? 6e-6 : 2e-6),
          "%s: conv method %d (asked %d) %dx%dx%dx%d -> %dx%dx%d k %dx%d s %d,%d p %d,%d d %d,%d g %d: %g",
          isa, plan.method, method, (int)s->batch, (int)s->in_channels, (int)s->in_h, (int)s->in_w,
          (int)s->out_channels, (int)s->out_h, (int)s->out_w, (int)s->kernel_h, (int)s->kernel_w,
          (int)s->stride_h, (int)s->stride_w, (int)s->pad_h, (int)s->pad_w, (int)s->dilation_h,
          (int)s->dilation_w, (int)s->groups, worst);
    free(in), free(w), free(bias), free(residual), free(packed), free(out);
}

static int pick(uint64_t *state, int count) {
    return (int)(random_bits(state) % (unsigned)count);
}

static int64_t out_size(int64_t in, int64_t pad, int64_t kernel, int64_t stride, int64_t dilation) {
    return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

static void test_random(const struct kernels *k, int count, uint64_t *state) {
    static const int64_t channels[] = {1, 2, 3, 4, 8, 15, 16, 17, 33, 40},
                         sizes[] = {1, 3, 4, 5, 7, 8, 13, 14, 15, 17, 28, 33};
    for (int i = 0; i < count; i++) {
        struct conv_shape s = {.batch = 1 + pick(state, 3), .groups = 1};
        s.in_channels = channels[pick(state, 10)], s.out_channels = channels[pick(state, 10)];
        int method = pick(state, 6);
        s.in_h = sizes[pick(state, 12)], s.in_w = sizes[pick(state, 12)];
        bool square = method >= CONV_WINOGRAD_2;
        s.kernel_h = square ? 3 : 1 + pick(state, 4), s.kernel_w = square ? 3 : 1 + pick(state, 5);
        s.stride_h = square ? 1 : 1 + pick(state, 3), s.stride_w = square ? 1 : 1 + pick(state, 3);
        s.dilation_h = square ? 1 : 1 + pick(state, 2), s.dilation_w = square ? 1 : 1 + pick(state, 2);
        s.pad_h = pick(state, 3), s.pad_w = pick(state, 3);
        if (method == CONV_DEPTHWISE)
            s.groups = s.in_channels, s.out_channels = s.in_channels * (1 + pick(state, 2));
        if (method < CONV_DEPTHWISE && pick(state, 3) == 0)
            s.groups = 2, s.in_channels *= 2, s.out_channels *= 2;
        s.out_h = out_size(s.in_h, s.pad_h, s.kernel_h, s.stride_h, s.dilation_h);
        s.out_w = out_size(s.in_w, s.pad_w, s.kernel_w, s.stride_w, s.dilation_w);
        if (s.in_h + 2 * s.pad_h < s.dilation_h * (s.kernel_h - 1) + 1) continue;
        if (s.in_w + 2 * s.pad_w < s.dilation_w * (s.kernel_w - 1) + 1) continue;
        test_shape(k, &s, (enum conv_method)method, pick(state, 32), state);
    }
}

static void test_layers(const struct kernels *k, uint64_t *state) {
    static const struct conv_shape layers[] = {
        {1, 3, 64, 1, 64, 64, 32, 32, 7, 7, 2, 2, 1, 1, 3, 3},
        {1, 64, 64, 1, 28, 28, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1},
        {1, 64, 64, 1, 14, 14, 7, 7, 3, 3, 2, 2, 1, 1, 1, 1},
        {1, 128, 96, 1, 7, 7, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1},
        {1, 64, 80, 1, 28, 28, 28, 28, 1, 1, 1, 1, 1, 1, 0, 0},
        {1, 64, 128, 1, 28, 28, 14, 14, 1, 1, 2, 2, 1, 1, 0, 0},
        {2, 5, 7, 1, 1, 100, 1, 96, 1, 5, 1, 1, 1, 1, 0, 0},
        {1, 2, 3, 1, 6, 90, 6, 45, 3, 40, 1, 2, 1, 1, 1, 20},
        {2, 48, 48, 48, 14, 14, 14, 14, 5, 5, 1, 1, 1, 1, 2, 2},
        {0, 3, 8, 1, 8, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        for (int method = CONV_AUTO; method <= CONV_WINOGRAD_4; method++)
            test_shape(k, &layers[i], (enum conv_method)method, 16 + 7 + 8 * (int)(i % 2), state);
}

int main(void) {
    const struct kernels *k;
    for (int i = 0; (k = kernels_at(i)); i++) {
        uint64_t state = 11;
        isa = k->name;
        test_random(k, 400, &state);
        test_layers(k, &state);
    }
    return report();
}
