/* Windows of poolings; see windows.h. */
#include "ops/pool/windows.h"
#include <stdio.h>
#include <string.h>

void pool_stretch(const int64_t *from, int dims, int64_t fill, int64_t *to) {
    for (int i = 0; i < POOL_AXES; i++) to[i] = i < POOL_AXES - dims ? fill : from[i - (POOL_AXES - dims)];
}

/* pooling_output_shape of aten/src/ATen/native/Pool.h: the last window must begin inside the padded input. */
static int64_t output_size(int64_t in, int64_t kernel, int64_t pad, int64_t stride, int64_t dilation,
                           bool ceil_mode) {
    int64_t top = in + 2 * pad - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
    int64_t out = (top >= 0 ? top / stride : -((-top + stride - 1) / stride)) + 1;
    if (ceil_mode && (out - 1) * stride >= in + pad) out--;
    return out;
}

/* --- checks (aten/src/ATen/native/Pool.h, MaxPooling.h) --- */

/* "kT: 1 kH: 2 kW: 3" of the pooling's own axes. */
static const char *axes_text(const struct pooling *p, const char *prefix, const int64_t *axes, char *text,
                             size_t capacity) {
    size_t n = 0;
    for (int i = POOL_AXES - (p->dims < 2 ? 2 : p->dims); i < POOL_AXES; i++)
        n += (size_t)snprintf(text + n, capacity - n, "%s%s%c: %lld", n ? " " : "", prefix, "THW"[i],
                              (long long)axes[i]);
    return text;
}
static bool check_positive(struct op_call *c, const struct pooling *p, const char *what, const char *prefix,
                           const int64_t *axes) {
    char text[128];
    for (int i = 0; i < POOL_AXES; i++)
        if (axes[i] <= 0)
            return refuse(c, "%s should be greater than zero, but got %s", what,
                          axes_text(p, prefix, axes, text, sizeof text));
    return true;
}

static bool check_rank(struct op_call *c, const struct tensor *x, const struct pooling *p, const char *name) {
    char text[256];
    sizes_text(x->ndim, x->sizes, text, sizeof text);
    bool fits = x->ndim == p->dims + 1 || x->ndim == p->dims + 2;
    if (!fits && p->dims == 3)
        return refuse(c, "%s: Expected 4D or 5D tensor for input, but got: %s", name, text);
    for (int i = x->ndim == p->dims + 2; fits && i < x->ndim; i++)
        if (x->sizes[i] == 0 && p->dims == 3)
            return refuse(
                c,
                "%s: Expected input's non-batch dimensions to have positive length, but input has a "
                "shape of %s and non-batch dimension %lld has length zero!",
                name, text, (long long)x->sizes[i]);
        else if (x->sizes[i] == 0)
            fits = false;
    return fits ||
           refuse(c,
                  "%s%sExpected %dD or %dD (batch mode) tensor with optional 0 dim batch size for input, but "
                  "got:%s",
                  p->dims == 1 ? name : "", p->dims == 1 ? ": " : "", p->dims + 1, p->dims + 2, text);
}

/* Half of the kernel at most: of the effective one and, in three dimensions and max_pool1d, of the plain one.
 */
static bool check_padding(struct op_call *c, const struct pooling *p) {
    for (int i = 0; i < POOL_AXES; i++) {
        int64_t reach;
        if (p->padding[i] < 0)
            return refuse(c, "pad must be non-negative, but got pad: %lld", (long long)p->padding[i]);
        if (__builtin_mul_overflow(p->kernel[i] - 1, p->dilation[i], &reach) || reach > INT32_MAX)
            return refuse(c, "integer out of range");
        if (p->padding[i] > (reach + 1) / 2 || (p->dims == 3 && p->padding[i] > p->kernel[i] / 2))
            return refuse(c,
                          "pad should be at most half of effective kernel size, but got pad=%lld, "
                          "kernel_size=%lld and dilation=%lld",
                          (long long)p->padding[i], (long long)p->kernel[i], (long long)p->dilation[i]);
    }
    return true;
}

static bool check_out(struct op_call *c, const struct tensor *x, const struct pooling *p) {
    char in[128], out[128];
    size_t m = 0, n = 0;
    bool fits = true;
    for (int i = POOL_AXES - p->dims; i < POOL_AXES; i++) {
        m += (size_t)snprintf(in + m, sizeof in - m, "x%lld", (long long)p->in[i]);
        n += (size_t)snprintf(out + n, sizeof out - n, "x%lld", (long long)p->out[i]);
        fits = fits && p->out[i] >= 1;
    }
    long long planes = x->sizes[x->ndim - p->dims - 1];
    return fits ||
           refuse(c, "Given input size: (%lld%s). Calculated output size: (%lld%s). Output size is too small",
                  planes, in, planes, out);
}

bool pool_check(struct op_call *c, const struct tensor *x, const struct pooling *p, const char *name) {
    return check_positive(c, p, "stride", "d", p->stride) &&
           check_positive(c, p, "kernel size", "k", p->kernel) &&
           check_positive(c, p, "dilation", "dilation", p->dilation) && check_rank(c, x, p, name) &&
           check_padding(c, p) && check_out(c, x, p);
}

void pool_window_at(const struct pooling *p, const int64_t *place, struct pool_window *w) {
    int64_t counted = 1;
    for (int i = 0; i < POOL_AXES; i++) {
        w->step[i] = p->dilation[i];
        if (p->adaptive) {
            w->begin[i] = place[i] * p->in[i] / p->out[i];
            w->end[i] = ((place[i] + 1) * p->in[i] + p->out[i] - 1) / p->out[i];
            counted *= w->end[i] - w->begin[i];
            continue;
        }
        int64_t begin = place[i] * p->stride[i] - p->padding[i],
                end = begin + (p->kernel[i] - 1) * p->dilation[i] + 1;
        int64_t padded = end < p->in[i] + p->padding[i] ? end : p->in[i] + p->padding[i];
        w->begin[i] = begin;
        while (w->begin[i] < 0) w->begin[i] += p->dilation[i];
        w->end[i] = end < p->in[i] ? end : p->in[i];
        counted *= p->count_padding ? padded - begin : w->end[i] - w->begin[i];
    }
    w->divisor = p->divisor ? p->divisor : counted;
}

void pool_take_sizes(const struct tensor *x, struct pooling *p) {
    pool_stretch(x->sizes + (x->ndim - p->dims), p->dims, 1, p->in);
}

bool pool_read(struct op_call *c, const struct tensor *x, struct pooling *p, struct pool_places at) {
    static const int64_t ones[POOL_AXES] = {1, 1, 1}, zeros[POOL_AXES] = {0, 0, 0};
    int64_t kernel[POOL_AXES], stride[POOL_AXES], padding[POOL_AXES] = {0}, dilation[POOL_AXES] = {1, 1, 1};
    if (!args_spread(c, at.kernel, p->dims, NULL, kernel)) return false;
    bool same = arg_none(c, at.stride) || arg_list(c, at.stride)->count == 0;
    memcpy(stride, kernel, sizeof stride);
    if (!same && !args_spread(c, at.stride, p->dims, NULL, stride)) return false;
    if (!args_spread(c, at.padding, p->dims, zeros, padding)) return false;
    if (at.dilation >= 0 && !args_spread(c, at.dilation, p->dims, ones, dilation)) return false;
    p->ceil = arg_bool(c, at.ceil);
    pool_stretch(kernel, p->dims, 1, p->kernel);
    pool_stretch(stride, p->dims, 1, p->stride);
    pool_stretch(padding, p->dims, 0, p->padding);
    pool_stretch(dilation, p->dims, 1, p->dilation);
    if (x->ndim < p->dims) return true; /* check_pool refuses */
    pool_take_sizes(x, p);
    for (int i = 0; i < POOL_AXES; i++)
        p->out[i] = p->stride[i] <= 0 ? 0
                                      : output_size(p->in[i], p->kernel[i], p->padding[i], p->stride[i],
                                                    p->dilation[i], p->ceil);
    return true;
}
