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
