/* Bilinear resampling of quantized images, in the input's scale. Sources:
 * aten/src/ATen/native/quantized/cpu/UpSampleBilinear2d.cpp, qupsample_bilinear2d_nhwc_kernel (channels last,
 * which is built for AVX2 and there fuses products into sums, in another order in vectors than after them),
 * aten/src/ATen/native/UpSample.h. */
#include "ops/common/compose.h"
#include "ops/quantized/quantize.h"

struct axis {
    int64_t in, out;
    float ratio;
    bool corners;
};

/* area_pixel_compute_scale */
static struct axis axis_of(int64_t in, int64_t out, bool corners, double scale) {
    struct axis a = {in, out, 0, corners};
    if (corners)
        a.ratio = out > 1 ? (float)(in - 1) / (float)(out - 1) : 0;
    else
        a.ratio = scale > 0 ? (float)(1.0 / scale) : (float)in / (float)out;
    return a;
}

/* Two neighbours along an axis and what each counts. */
struct neighbours {
    int64_t at, next;
    float near, far;
};

static struct neighbours neighbours_of(const struct axis *a, int64_t place, bool fused) {
    float middle = (float)place + 0.5f;
    float source = a->corners ? a->ratio * (float)place
                   : fused    ? fmaf(a->ratio, middle, -0.5f)
                              : a->ratio * middle - 0.5f;
    if (!(source > 0)) source = 0;
    int64_t at = source < (float)(a->in - 1) ? (int64_t)source : a->in - 1;
    float far = source - (float)at;
    return (struct neighbours){at, at < a->in - 1, 1.0f - far, far};
}

struct image {
    enum dtype dtype;
    const char *data;
    int64_t row, column; /* byte strides */
};

static float pixel(const struct image *m, int64_t y, int64_t x) {
    return (float)integer_load(m->dtype, m->data + y * m->row + x * m->column);
}

/* How a weighted sum of two is computed: plainly, or with the first or second product fused. */
enum fusing { FUSE_NONE, FUSE_FIRST, FUSE_SECOND };

static float weigh(enum fusing how, float near, float a, float far, float b) {
    if (how == FUSE_FIRST) return fmaf(near, a, far * b);
    return how == FUSE_SECOND ? fmaf(far, b, near * a) : near * a + far * b;
}

static float blend(const struct image *m, struct neighbours v, struct neighbours h, enum fusing how) {
    float above = weigh(how, h.near, pixel(m, v.at, h.at), h.far, pixel(m, v.at, h.at + h.next));
    float below =
        weigh(how, h.near, pixel(m, v.at + v.next, h.at), h.far, pixel(m, v.at + v.next, h.at + h.next));
    return weigh(how, v.near, above, v.far, below);
}

struct resampling {
    const struct tensor *in;
    struct tensor *out;
    struct axis height, width;
};

static void resample_plane(const struct resampling *r, int64_t batch, int64_t channel) {
    const struct tensor *in = r->in, *out = r->out;
    int64_t size = (int64_t)dtype_size(tensor_dtype(in));
    bool last = tensor_is_channels_last(in), narrow = in->dtype != DTYPE_QINT32;
    bool vector = last && narrow && channel < in->sizes[1] / 8 * 8;
    enum fusing how = !last ? FUSE_NONE : vector ? FUSE_SECOND : FUSE_FIRST;
    struct affine q = affine_of(1, quantized_zero_point(in), quantized_range(tensor_dtype(in)));
    struct image m = {tensor_dtype(in),
                      (const char *)tensor_data(in) +
                          (batch * in->strides[0] + channel * in->strides[1]) * size,
                      in->strides[2] * size, in->strides[3] * size};
    char *to = (char *)tensor_data(out) + (batch * out->strides[0] + channel * out->strides[1]) * size;
    for (int64_t y = 0; y < r->height.out; y++)
        for (int64_t x = 0; x < r->width.out; x++) {
            struct neighbours v = neighbours_of(&r->height, y, last), h = neighbours_of(&r->width, x, last);
            float real = blend(&m, v, h, how) - (float)q.zero_point;
            integer_store(m.dtype, to + (y * out->strides[2] + x * out->strides[3]) * size,
                          vector ? quantize_whole(real, &q) : quantize_scalar(real, &q));
        }
}

static struct tensor *resample(struct op_call *c, const struct tensor *x, const int64_t *sizes, bool corners,
                               const double *scales) {
    int64_t shape[4] = {x->sizes[0], x->sizes[1], sizes[0], sizes[1]}, strides[4];
    bool last = tensor_is_channels_last(x) && !tensor_is_contiguous(x);
    strides_contiguous(4, shape, strides);
    int64_t across[4] = {shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]};
    struct tensor *form =
        tensor_new_strided(tensor_dtype(x), 4, shape, last ? across : strides, c->cx->budget, c->err);
    struct resampling r = {x, NULL, axis_of(x->sizes[2], sizes[0], corners, scales[0]),
                           axis_of(x->sizes[3], sizes[1], corners, scales[1])};
    r.out = form ? quantized_like(c, form, quantized_scale(x), quantized_zero_point(x)) : NULL;
    tensor_release(form);
    for (int64_t n = 0; r.out && n < shape[0]; n++)
        for (int64_t channel = 0; channel < shape[1]; channel++) resample_plane(&r, n, channel);
    return r.out;
}

static bool check_image(struct op_call *c, const struct tensor *x, const int64_t *sizes) {
    if (!quantized_per_tensor(c, x)) return false;
    if (x->ndim != 4)
        return refuse(c, "Non-empty 4D data tensor expected but got a tensor with sizes of %d dimensions",
                      x->ndim);
    int64_t numel, shape[4] = {x->sizes[0], x->sizes[1], sizes[0], sizes[1]};
    if (x->sizes[2] < 1 || x->sizes[3] < 1 || sizes[0] < 1 || sizes[1] < 1)
        return refuse(c, "Input and output sizes should be greater than 0");
    return sizes_product(4, shape, &numel) || refuse(c, "sizes overflow");
}

/* (x, output_size, align_corners, scales_h, scales_w) */
bool quantized_sample_bilinear2d(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0);
    int64_t sizes[2];
    double scales[2];
    for (int i = 0; i < 2; i++) scales[i] = arg_none(c, 3 + i) ? 0 : arg_float(c, 3 + i);
    return args_spread(c, 1, 2, NULL, sizes) && check_image(c, x, sizes) &&
           quantized_give(c, resample(c, x, sizes, arg_bool(c, 2), scales));
}

/* (x, output_size?, align_corners, scale_factors?) */
bool quantized_sample_bilinear2d_vec(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0);
    int64_t sizes[2];
    double scales[2] = {0, 0};
    if (x->ndim != 4) return check_image(c, x, (const int64_t[]){1, 1});
    if (arg_none(c, 1) == arg_none(c, 3))
        return refuse(c, "Must specify exactly one of output_size and scale_factors");
    if (!arg_none(c, 1)) {
        if (!args_spread(c, 1, 2, NULL, sizes)) return false;
    } else {
        const struct list *factors = arg_list(c, 3);
        if (factors->count != 2) return refuse(c, "expected two scale factors");
        for (int i = 0; i < 2; i++) {
            scales[i] = factors->items[i].f;
            sizes[i] = convert_to_int64((double)x->sizes[2 + i] * scales[i]);
        }
    }
    return check_image(c, x, sizes) && quantized_give(c, resample(c, x, sizes, arg_bool(c, 2), scales));
}

/* ---- grid_sampler_2d: (x, grid, interpolation_mode, padding_mode, align_corners) ---- */

/* What lies outside counts as the zero point, so the integers less it may be sampled as reals are. */
bool quantized_sample_grid(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    if (!quantized_per_tensor(c, x)) return false;
    if (x->dtype != DTYPE_QUINT8)
        return refuse(c, "\"grid_sampler_2d_cpu_kernel_impl\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    if (arg_int(c, 2) != 0)
        return refuse(c, "_grid_sampler_2d_cpu_quantized(): only bilinear interpolation supported");
    const lb_value *v = c->args;
    struct compose k = compose_start(c);
    struct tensor *integers = compose_own(&k, quantized_integers(c, x));
    struct tensor *floats =
        k.failed ? NULL : compose_own(&k, tensor_convert(integers, DTYPE_FLOAT32, c->cx->budget, c->err));
    struct tensor *y =
        floats ? compose_run(&k, "aten::grid_sampler_2d", "tvvvv", floats, v[1], v[2], v[3], v[4]) : NULL;
    struct tensor *whole = y ? compose_own(&k, tensor_contiguous(y, c->cx->budget, c->err)) : NULL;
    struct tensor *out =
        whole ? compose_own(&k,
                            quantized_new(c, DTYPE_QUINT8, y->ndim, y->sizes,
                                          quantizer_per_tensor(quantized_scale(x), quantized_zero_point(x))))
              : NULL;
    if (!out) return compose_refused(&k, false);
    float zero = (float)quantized_zero_point(x);
    for (int64_t i = 0; i < whole->numel; i++)
        ((uint8_t *)tensor_data(out))[i] =
            (uint8_t)convert_to_int64(roundf(((const float *)tensor_data(whole))[i] + zero));
    return compose_give(&k, out);
}
