/* Sums of products of integers to results; see requantize.h. */
#include "ops/quantized/requantize.h"

static float weight_scale(const struct requantization *r, int64_t channel) {
    const struct quantizer *q = r->weights;
    return (float)(q->per_channel && q->channels ? q->scales[channel % q->channels] : q->scales[0]);
}

static float bias_at(const struct tensor *bias, int64_t channel) {
    return ((const float *)tensor_data(bias))[bias->ndim ? channel * bias->strides[0] : 0];
}

struct tensor *requantize_to_integers(struct op_call *c, const struct requantization *r, double scale,
                                      int64_t zero_point) {
    struct tensor *out = quantized_new(c, DTYPE_QUINT8, r->sums->ndim, r->sums->sizes,
                                       quantizer_per_tensor(scale, zero_point));
    const double *sums = tensor_data(r->sums);
    int32_t zero = (int32_t)zero_point;
    struct integer_range range = {r->relu ? clamp_integer(zero, (struct integer_range){0, 255}) : 0, 255};
    for (int64_t i = 0; out && i < out->numel; i++) {
        int64_t channel = i / r->inner % r->channels;
        float both = (float)r->input_scale * weight_scale(r, channel), x = (float)sums[i];
        if (r->bias) x += bias_at(r->bias, channel) / both;
        int64_t rounded = (int64_t)round_in_vector(x * (both / (float)scale)) + zero;
        ((uint8_t *)tensor_data(out))[i] = (uint8_t)clamp_integer(rounded, range);
    }
    return out;
}

struct tensor *requantize_to_reals(struct op_call *c, const struct requantization *r) {
    struct tensor *out = call_new(c, DTYPE_FLOAT32, r->sums->ndim, r->sums->sizes);
    const double *sums = tensor_data(r->sums);
    for (int64_t i = 0; out && i < out->numel; i++) {
        int64_t channel = i / r->inner % r->channels;
        float x = (float)sums[i] * ((float)r->input_scale * weight_scale(r, channel));
        if (r->bias) x += bias_at(r->bias, channel);
        ((float *)tensor_data(out))[i] = r->relu && x < 0 ? 0 : x;
    }
    return out;
}

bool requantize_check(struct op_call *c, const struct packed_weights *w, int64_t channels) {
    if (!w->weight->quantizer) return refuse(c, "packed weights that are not quantized");
    bool good =
        !w->bias || (w->bias->dtype == DTYPE_FLOAT32 && w->bias->ndim <= 1 && w->bias->numel == channels);
    return good || refuse(c, "the bias of packed weights should be float32, one for each output channel");
}

struct tensor *requantize_input(struct compose *k, struct tensor *x, bool reduce) {
    struct op_call *c = k->c;
    struct tensor *whole = compose_own(k, tensor_contiguous(x, c->cx->budget, c->err));
    float low = 0, high = 0;
    double scale = 1;
    int64_t zero_point = 0;
    struct integer_range range = {0, reduce ? 127 : 255};
    bool good = !k->failed && (whole->numel == 0 || quantized_find_range(c, whole, &low, &high)) &&
                quantized_choose(c, low, high, range, 0, &scale, &zero_point);
    if (!good) k->failed = true;
    return good ? compose_own(k, quantized_of_reals(c, whole, (double)(float)scale, zero_point, DTYPE_QUINT8))
                : NULL;
}

/* ---- products that may saturate ---- */

static int32_t saturate16(int32_t x) {
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* vpmaddubsw, then the sum of its results. */
static int64_t saturating_product(const uint8_t *a, const int8_t *b, int64_t count) {
    int64_t sum = 0, i = 0;
    for (; i + 1 < count; i += 2) sum += saturate16(a[i] * b[i] + a[i + 1] * b[i + 1]);
    return i < count ? sum + saturate16(a[i] * b[i]) : sum;
}

static int64_t sum_bytes(const uint8_t *a, int64_t count) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) sum += a[i];
    return sum;
}

static int64_t sum_signed(const int8_t *b, int64_t count) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) sum += b[i];
    return sum;
}

struct table {
    const uint8_t *a;
    const int8_t *b;
    int64_t rows, channels, width, zero;
    const int64_t *weight_zeros;
    bool by_channel;
};

/* Whether two products can leave 16 bits at all. */
static bool may_saturate(const struct table *t) {
    int64_t a = 0, b = 0;
    for (int64_t i = 0; i < t->rows * t->width; i++) a = t->a[i] > a ? t->a[i] : a;
    for (int64_t i = 0; i < t->channels * t->width; i++) {
        int64_t size = t->b[i] < 0 ? -(int64_t)t->b[i] : t->b[i];
        b = size > b ? size : b;
    }
    return 2 * a * b > INT16_MAX;
}

static void fill_sums(const struct table *t, double *out) {
    for (int64_t n = 0; n < t->channels; n++) {
        const int8_t *b = t->b + n * t->width;
        int64_t weight_zero = t->weight_zeros[t->by_channel ? n : 0], offset = sum_signed(b, t->width);
        for (int64_t m = 0; m < t->rows; m++) {
            const uint8_t *a = t->a + m * t->width;
            int64_t sum = saturating_product(a, b, t->width) - t->zero * offset;
            if (weight_zero) sum -= weight_zero * (sum_bytes(a, t->width) - t->zero * t->width);
            out[m * t->channels + n] = (double)sum;
        }
    }
}

static struct tensor *shifted(struct compose *k, struct tensor *t, const int64_t *zeros, bool by_row) {
    struct op_call *c = k->c;
    struct tensor *out = compose_own(k, call_new(c, DTYPE_FLOAT64, t->ndim, t->sizes));
    int64_t width = t->ndim ? t->sizes[t->ndim - 1] : 1;
    bool positive = t->dtype == DTYPE_QUINT8 || t->dtype == DTYPE_UINT8;
    for (int64_t i = 0; out && i < t->numel; i++)
        ((double *)tensor_data(out))[i] =
            (double)integer_load(positive ? DTYPE_QUINT8 : DTYPE_QINT8, (const char *)tensor_data(t) + i) -
            (double)zeros[by_row ? i / width : 0];
    return out;
}

struct tensor *requantize_sums(struct compose *k, struct tensor *bytes, struct tensor *weights, int64_t zero,
                               const int64_t *weight_zeros, bool by_channel) {
    struct op_call *c = k->c;
    int64_t sizes[TENSOR_MAX_DIMS], width = weights->sizes[1];
    memcpy(sizes, bytes->sizes, sizeof *sizes * bytes->ndim);
    sizes[bytes->ndim - 1] = weights->sizes[0];
    struct table t = {tensor_data(bytes),
                      tensor_data(weights),
                      width ? bytes->numel / width : 0,
                      weights->sizes[0],
                      width,
                      zero,
                      weight_zeros,
                      by_channel};
    if (may_saturate(&t)) {
        struct tensor *out = compose_own(k, call_new(c, DTYPE_FLOAT64, bytes->ndim, sizes));
        if (out) fill_sums(&t, tensor_data(out));
        return out;
    }
    struct tensor *a = shifted(k, bytes, &zero, false),
                  *b = a ? shifted(k, weights, weight_zeros, by_channel) : NULL;
    struct tensor *sums = b ? compose_run(k, "aten::linear", "ttn", a, b) : NULL;
    return sums ? compose_own(k, tensor_contiguous(sums, c->cx->budget, c->err)) : NULL;
}
