/* conv_depthwise.c: convolution where every input channel is a group of its own.
 *
 * A plane is copied into the workspace with its padding, the rows and columns of each stride phase apart, so
 * that every tap reads consecutive floats whatever the stride. Then the whole plane is one line: out[i] = sum
 * over taps of weight[t] * line[i + offset[t]], with a few columns of nonsense between rows (the halo) that
 * are left out when the line is stored. Narrow planes fill their vectors this way. A task is one plane of the
 * input. */
#include "kernels/conv_internal.h"

enum { LINE_VECTORS = 4 }; /* sums in registers at a time */

struct phases {
    int64_t rows, pitch; /* of one phase plane */
    int64_t line;        /* results computed: out_h * pitch */
    int64_t total;       /* floats of all phase planes, with room for reading over the end */
};

static struct phases phases_of(const struct conv_shape *s) {
    struct phases p;
    p.pitch = s->out_w + (s->kernel_w - 1) * s->dilation_w / s->stride_w;
    p.rows = s->out_h + (s->kernel_h - 1) * s->dilation_h / s->stride_h;
    p.line = s->out_h * p.pitch;
    p.total = s->stride_h * s->stride_w * p.rows * p.pitch + p.pitch + LINE_VECTORS * VF_LANES;
    return p;
}

static void depthwise_plan(struct conv_plan *plan, int threads) {
    (void)threads;
    const struct conv_shape *s = &plan->shape;
    struct phases p = phases_of(s);
    int64_t taps = s->kernel_h * s->kernel_w;
    plan->tasks = s->batch * s->in_channels;
    plan->packed_count = s->out_channels * taps;
    plan->workspace = (size_t)(p.total + p.line + LINE_VECTORS * VF_LANES) * sizeof(float) +
                      (size_t)taps * sizeof(int64_t) + 64;
}

static void depthwise_pack(const struct conv_plan *plan, const float *weight, float *packed) {
    memcpy(packed, weight, (size_t)plan->packed_count * sizeof *weight);
}

/* count pixels, `stride` apart; vectors read up to the row's end only. */
static void copy_pixels(int64_t count, int64_t stride, const float *in, const float *in_end, float *out) {
    int64_t x = 0;
    if (stride == 1)
        for (; x < count; x += VF_LANES) {
            int64_t lanes = count - x < VF_LANES ? count - x : VF_LANES;
            vf_store_n(out + x, vf_load_n(in + x, lanes), lanes);
        }
    if (stride == 2)
        for (; x < count; x += VF_LANES) {
            const float *at = in + 2 * x;
            int64_t left = in_end - at, second = left - VF_LANES;
            vf low = vf_load_n(at, left < VF_LANES ? left : VF_LANES);
            vf high = second > 0 ? vf_load_n(at + VF_LANES, second < VF_LANES ? second : VF_LANES) : (vf){0};
            vf_store_n(out + x, vf_even(low, high), count - x < VF_LANES ? count - x : VF_LANES);
        }
    for (; x < count; x++) out[x] = in[x * stride];
}

/* Rows r of phase (a, b) of the padded plane: pixels (r * stride_h + a - pad_h, x * stride_w + b - pad_w).
 * What lies outside the plane is zero already and stays so. */
static void copy_phase(const struct conv_shape *s, const struct phases *p, const float *plane, int64_t a,
                       int64_t b, float *out) {
    int64_t column = b - s->pad_w, first = column < 0 ? (-column + s->stride_w - 1) / s->stride_w : 0;
    int64_t inside = (s->in_w - column - 1) / s->stride_w + 1; /* where the row's pixels end */
    int64_t count = (inside < p->pitch ? inside : p->pitch) - first;
    if (count <= 0 || s->in_w <= column) return;
    for (int64_t r = 0; r < p->rows; r++) {
        int64_t row = r * s->stride_h + a - s->pad_h;
        if (row < 0 || row >= s->in_h) continue;
        const float *in = plane + row * s->in_w;
        copy_pixels(count, s->stride_w, in + column + first * s->stride_w, in + s->in_w,
                    out + r * p->pitch + first);
    }
}

static void copy_phases(const struct conv_shape *s, const struct phases *p, const float *plane, float *out) {
    for (int64_t a = 0; a < s->stride_h; a++)
        for (int64_t b = 0; b < s->stride_w; b++, out += p->rows * p->pitch)
            copy_phase(s, p, plane, a, b, out);
}

static void fill_offsets(const struct conv_shape *s, const struct phases *p, int64_t *offsets) {
    for (int64_t y = 0; y < s->kernel_h; y++)
        for (int64_t x = 0; x < s->kernel_w; x++) {
            int64_t row = y * s->dilation_h, column = x * s->dilation_w;
            int64_t phase = row % s->stride_h * s->stride_w + column % s->stride_w;
            *offsets++ = phase * p->rows * p->pitch + row / s->stride_h * p->pitch + column / s->stride_w;
        }
}

/* `vectors` (at most LINE_VECTORS) of the line at a time. */
ALWAYS_INLINE void convolve_vectors(int vectors, const float *line, int64_t taps, const int64_t *offsets,
                                    const float *weight, float *out) {
    vf sum[LINE_VECTORS];
    UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = (vf){0};
    for (int64_t t = 0; t < taps; t++) {
        vf scale = vf_set1(weight[t]);
        const float *at = line + offsets[t];
        UNROLL
        for (int v = 0; v < vectors; v++) sum[v] = vf_fma(scale, vf_load(at + v * VF_LANES), sum[v]);
    }
    UNROLL
    for (int v = 0; v < vectors; v++) vf_store(out + v * VF_LANES, sum[v]);
}

static void convolve_line(int64_t count, const float *line, int64_t taps, const int64_t *offsets,
                          const float *weight, float *out) {
    int64_t i = 0;
    for (; i + (LINE_VECTORS - 1) * VF_LANES < count; i += LINE_VECTORS * VF_LANES)
        convolve_vectors(LINE_VECTORS, line + i, taps, offsets, weight, out + i);
    for (; i + VF_LANES < count; i += 2 * VF_LANES)
        convolve_vectors(2, line + i, taps, offsets, weight, out + i);
    if (i < count) convolve_vectors(1, line + i, taps, offsets, weight, out + i);
}

static void depthwise_plane(const struct conv_plan *plan, const struct conv_operands *o,
                            const struct phases *p, const float *line, const int64_t *offsets, int64_t image,
                            int64_t channel, float *sums) {
    const struct conv_shape *s = &plan->shape;
    int64_t taps = s->kernel_h * s->kernel_w,
            first = (image * s->out_channels + channel) * s->out_h * s->out_w;
    convolve_line(p->line, line, taps, offsets, o->weight_packed + channel * taps, sums);
    for (int64_t row = 0; row < s->out_h; row++) {
        int64_t at = first + row * s->out_w;
        conv_finish_line(s->out_w, sums + row * p->pitch, o->bias ? o->bias[channel] : 0,
                         o->residual ? o->residual + at : NULL, o->activation, o->out + at);
    }
}

static void depthwise_run(const struct conv_plan *plan, const struct conv_operands *o, float *workspace,
                          int64_t begin, int64_t end) {
    const struct conv_shape *s = &plan->shape;
    const struct phases p = phases_of(s);
    int64_t *offsets = (int64_t *)(void *)workspace, taps = s->kernel_h * s->kernel_w;
    int64_t multiplier = s->out_channels / s->in_channels;
    float *line = workspace + 2 * taps, *sums = line + p.total;
    fill_offsets(s, &p, offsets);
    memset(line, 0, (size_t)p.total * sizeof *line);
    for (int64_t task = begin; task < end; task++) {
        copy_phases(s, &p, o->in + task * s->in_h * s->in_w, line);
        for (int64_t i = 0; i < multiplier; i++)
            depthwise_plane(plan, o, &p, line, offsets, task / s->in_channels,
                            task % s->in_channels * multiplier + i, sums);
    }
}

const struct conv_method_table ISA(conv_depthwise) = {depthwise_plan, depthwise_pack, depthwise_run};
