/* Packed rows of embeddings: each row's fields, then its scale and bias. */
#ifndef LINKBOY_OPS_QUANTIZED_EMBEDDING_H
#define LINKBOY_OPS_QUANTIZED_EMBEDDING_H
#include "ops/quantized/quantize.h"
#include "tensor/half.h"

struct packed_rows {
    const uint8_t *bytes;
    int64_t rows, stride;              /* bytes of a row */
    int64_t width;                     /* fields of a row */
    int bits;                          /* of a field: 8, 4, 2 */
    const struct quantizer *quantizer; /* scales stand here, not behind the fields; or NULL */
};

/* A row's scale; its bias beside. */
float packed_row(const struct packed_rows *p, int64_t row, float *bias);
float packed_field(const struct packed_rows *p, int64_t row, int64_t column);
/* The best range of a row (choose_qparams_optimized). */
bool quantized_search(struct op_call *c, const float *x, int64_t count, int64_t bins, double ratio,
                      int64_t bits, float *low, float *high);
#endif
