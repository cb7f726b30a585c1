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
    q->scales = mem_zeroed((size_t)channels, sizeof *q->scales);
    q->zero_points = mem_zeroed((size_t)channels, sizeof *q->zero_points);
    if (q->scales && q->zero_points) return q;
    quantizer_free(q);
    return NULL;
}

void quantizer_release(struct quantizer *q) {
    if (q && counted_release(&q->counted)) quantizer_free(q);
}
