/* See quantizer.h. */
#include "tensor/quantizer.h"
#include "base/mem.h"

static void quantizer_free(struct quantizer *q) {
    mem_free(q->scales);
    mem_free(q->zero_points);
    mem_free(q->float_zero_points);
    mem_free(q);
}

struct quantizer *quantizer_new(int64_t channels) {
    struct quantizer *q = mem_zeroed(1, sizeof *q);
    if (!q) return NULL;
    counted_init(&q->counted);
    q->channels = channels;
    size_t room = channels > 0 ? (size_t)channels : 1; /* so that even no channels have a first one */
    q->scales = mem_zeroed(room, sizeof *q->scales);
    q->zero_points = mem_zeroed(room, sizeof *q->zero_points);
    if (q->scales && q->zero_points) return q;
    quantizer_free(q);
    return NULL;
}

bool quantizer_add_floats(struct quantizer *q) {
    size_t room = q->channels > 0 ? (size_t)q->channels : 1;
    q->float_zero_points = mem_zeroed(room, sizeof *q->float_zero_points);
    return q->float_zero_points != NULL;
}

void quantizer_release(struct quantizer *q) {
    if (q && counted_release(&q->counted)) quantizer_free(q);
}

double quantizer_value(const struct quantizer *q, const struct tensor *t, int64_t i) {
    double x = tensor_get_float(t, i);
    int64_t channel = 0, inner = 1;
    for (int d = q->axis + 1; q->per_channel && d < t->ndim; d++) inner *= t->sizes[d];
    if (q->per_channel) channel = i / inner % q->channels;
    double zero = q->float_zero_points ? q->float_zero_points[channel] : (double)q->zero_points[channel];
    return (x - zero) * q->scales[channel];
}

struct tensor *quantizer_dequantize(const struct tensor *t, lb_error *err) {
    struct tensor *made = tensor_new(DTYPE_FLOAT32, t->ndim, t->sizes, NULL, err);
    float *to = made ? tensor_data(made) : NULL;
    for (int64_t i = 0; made && i < t->numel; i++) to[i] = (float)quantizer_value(t->quantizer, t, i);
    return made;
}
