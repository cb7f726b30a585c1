/* pool.c: pooling, separably: the rows of a window are joined first, whole rows at a time, into one line with
 * the padding around it; then the columns of every window within the line. Indices and dilation go the plain
 * way. Rules of windows and divisors: aten/src/ATen/native/cpu/AvgPoolKernel.cpp and MaxPoolKernel.cpp. */
#include "kernels/pool.h"
#include "kernels/kernels_isa.h"
#include "kernels/vec.h"

/* The line of one row of windows: pad_w, the image row, and room for reading vectors over the end. */
static int64_t line_width(const struct pool_shape *s) {
    int64_t reach = (s->out_w - 1) * s->stride_w + s->kernel_w;
    return (reach > s->in_w + s->pad_w ? reach : s->in_w + s->pad_w) + (s->stride_w + 2) * VF_LANES;
}

static size_t workspace_bytes(const struct pool_shape *s) {
    return (size_t)line_width(s) * sizeof(float);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The elements [begin, end) of a window that lie in an axis of `size`. */
struct span {
    int64_t begin, end;
};

static struct span window(int64_t out, int64_t stride, int64_t pad, int64_t kernel, int64_t size) {
    int64_t begin = out * stride - pad;
    return (struct span){larger(begin, 0), smaller(begin + kernel, size)};
}

/* NaN from either side. */
ALWAYS_INLINE vf join(bool max, vf a, vf b) {
    return max ? vf_select(vf_ne(a, a), a, vf_max(a, b)) : a + b;
}

ALWAYS_INLINE void join_rows(bool max, int64_t width, const float *plane, struct span rows, float *line) {
    vf nothing = vf_set1(max ? -__builtin_inff() : 0);
    for (int64_t x = 0; x < width; x += VF_LANES) {
        int64_t lanes = smaller(width - x, VF_LANES);
        vf sum = nothing;
        for (int64_t y = rows.begin; y < rows.end; y++)
            sum = join(max, sum, vf_load_n(plane + y * width + x, lanes));
        vf_store_n(line + x, sum, lanes);
    }
}

/* VF_LANES windows of the line, beginning at `at`, `stride` apart. */
ALWAYS_INLINE vf load_windows(const float *at, int64_t stride) {
    if (stride == 1) return vf_load(at);
    if (stride == 2) return vf_even(vf_load(at), vf_load(at + VF_LANES));
    vf x;
    for (int i = 0; i < VF_LANES; i++) x[i] = at[i * stride];
    return x;
}

ALWAYS_INLINE void join_columns(bool max, const struct pool_shape *s, int64_t stride, const float *line,
                                float *out) {
    vf nothing = vf_set1(max ? -__builtin_inff() : 0);
    for (int64_t x = 0; x < s->out_w; x += VF_LANES) {
        vf sum = nothing;
        for (int64_t k = 0; k < s->kernel_w; k++)
            sum = join(max, sum, load_windows(line + x * stride + k, stride));
        vf_store_n(out + x, sum, smaller(s->out_w - x, VF_LANES));
    }
}

ALWAYS_INLINE void pool_row(bool max, const struct pool_shape *s, const float *plane, int64_t row,
                            float *line, float *out) {
    join_rows(max, s->in_w, plane, window(row, s->stride_h, s->pad_h, s->kernel_h, s->in_h), line + s->pad_w);
    if (s->stride_w == 1)
        join_columns(max, s, 1, line, out);
    else if (s->stride_w == 2)
        join_columns(max, s, 2, line, out);
    else
        join_columns(max, s, s->stride_w, line, out);
}

static void fill(float *line, int64_t count, float value) {
    for (int64_t i = 0; i < count; i++) line[i] = value;
}

/* One window with its place, in the order in which PyTorch looks. */
static void max_window(const struct pool_shape *s, const float *plane, int64_t oy, int64_t ox, float *value,
                       int64_t *index) {
    float best = -__builtin_inff();
    int64_t place = -1;
    for (int64_t i = 0; i < s->kernel_h; i++)
        for (int64_t j = 0; j < s->kernel_w; j++) {
            int64_t y = oy * s->stride_h - s->pad_h + i * s->dilation_h;
            int64_t x = ox * s->stride_w - s->pad_w + j * s->dilation_w;
            if (y < 0 || x < 0 || y >= s->in_h || x >= s->in_w) continue;
            float v = plane[y * s->in_w + x];
            if (place < 0 || v > best || v != v) best = v, place = y * s->in_w + x;
        }
    *value = best;
    if (index) *index = place < 0 ? 0 : place;
}

static void max_f32(const struct pool_shape *s, int64_t planes, const float *in, float *out, int64_t *indices,
                    void *workspace) {
    bool plain = indices || s->dilation_h != 1 || s->dilation_w != 1;
    int64_t area = s->out_h * s->out_w;
    float *line = workspace;
    if (!plain) fill(line, line_width(s), -__builtin_inff());
    for (int64_t p = 0; p < planes; p++, in += s->in_h * s->in_w, out += area) {
        for (int64_t i = 0; plain && i < area; i++)
            max_window(s, in, i / s->out_w, i % s->out_w, out + i, indices ? indices + p * area + i : NULL);
        for (int64_t row = 0; !plain && row < s->out_h; row++)
            pool_row(true, s, in, row, line, out + row * s->out_w);
    }
}

/* Elements of a window along one axis, counting the padding or not. */
static int64_t extent(int64_t out, int64_t stride, int64_t pad, int64_t kernel, int64_t size,
                      bool include_pad) {
    int64_t begin = out * stride - pad;
    if (include_pad) return smaller(begin + kernel, size + pad) - begin;
    struct span s = window(out, stride, pad, kernel, size);
    return s.end - s.begin;
}

static void avg_f32(const struct pool_shape *s, bool include_pad, int64_t divisor, int64_t planes,
                    const float *in, float *out, void *workspace) {
    float *line = workspace;
    fill(line, line_width(s), 0);
    for (int64_t row = 0; row < planes * s->out_h; row++, out += s->out_w) {
        int64_t y = row % s->out_h;
        int64_t rows = extent(y, s->stride_h, s->pad_h, s->kernel_h, s->in_h, include_pad);
        pool_row(false, s, in + row / s->out_h * s->in_h * s->in_w, y, line, out);
        for (int64_t x = 0; x < s->out_w; x++) {
            int64_t columns = extent(x, s->stride_w, s->pad_w, s->kernel_w, s->in_w, include_pad);
            out[x] /= (float)(divisor ? divisor : rows * columns);
        }
    }
}

static void adaptive_avg_f32(int64_t planes, int64_t in_h, int64_t in_w, int64_t out_h, int64_t out_w,
                             const float *in, float *out) {
    if (out_h == 1 && out_w == 1) {
        ISA(rows_f32).reduce[REDUCE_SUM](planes, in_h * in_w, 1, in, out);
        for (int64_t p = 0; p < planes; p++) out[p] /= (float)(in_h * in_w);
        return;
    }
    for (int64_t i = 0; i < planes * out_h * out_w; i++) {
        int64_t x = i % out_w, y = i / out_w % out_h;
        const float *plane = in + i / (out_h * out_w) * in_h * in_w;
        int64_t top = y * in_h / out_h, bottom = ((y + 1) * in_h + out_h - 1) / out_h;
        int64_t left = x * in_w / out_w, right = ((x + 1) * in_w + out_w - 1) / out_w;
        float sum = 0;
        for (int64_t r = top; r < bottom; r++)
            for (int64_t c = left; c < right; c++) sum += plane[r * in_w + c];
        out[i] = sum / (float)((bottom - top) * (right - left));
    }
}

const struct pool_kernels ISA(pool_kernels) = {workspace_bytes, max_f32, avg_f32, adaptive_avg_f32};
