/* Embeddings over bytes: a row's numbers are (byte - zero point) * scale, each row with its own two floats
 * (aten/src/ATen/native/quantized/cpu/qembeddingbag.cpp). A bag is the sum of its rows, whatever its mode
 * says. */
#include "ops/common/give.h"
#include "ops/quantized/packed.h"

/* The packed table and the indices of one call. */
struct lookup {
    const struct tensor *weight; /* 2-d, quint8, per channel along its rows */
    struct tensor *indices;
    int64_t rows, width;
};

static bool read_table(struct op_call *c, struct lookup *l) {
    l->weight = packed_read_embedding(c, 0);
    if (!l->weight) return false;
    const struct tensor *w = l->weight;
    bool good = w->ndim == 2 && w->dtype == DTYPE_QUINT8 && w->quantizer && w->quantizer->per_channel &&
                w->quantizer->axis == 0 && w->quantizer->channels >= w->sizes[0] && tensor_is_contiguous(w);
    if (!good)
        return refuse(c, "an embedding's table should be quint8 with a scale and zero point for each row");
    l->rows = w->sizes[0];
    l->width = w->sizes[1];
    return true;
}

static bool check_indices(struct op_call *c, struct lookup *l) {
    l->indices = arg_tensor(c, 1);
    if (!dtype_is_integral((enum dtype)l->indices->dtype, false))
        return refuse(c, "Expected indices to be int or long");
    if (l->indices->ndim != 1 && l->indices->ndim != 2)
        return refuse(c, "indices should have 1 or 2 dimensions");
    for (int64_t i = 0; i < l->indices->numel; i++) {
        int64_t index = tensor_get_int(l->indices, i);
        if (index < 0 || index >= l->rows) return refuse(c, "index out of range in an embedding");
    }
    return true;
}

static void add_row(const struct lookup *l, int64_t row, float weight, float *out) {
    const struct quantizer *q = l->weight->quantizer;
    double zero = q->float_zero_points ? q->float_zero_points[row] : (double)q->zero_points[row];
    float scale = (float)q->scales[row], bias = -(float)zero * scale;
    const uint8_t *bytes = (const uint8_t *)tensor_data(l->weight) + row * l->width;
    for (int64_t i = 0; i < l->width; i++) out[i] += weight * ((float)bytes[i] * scale + bias);
}

static struct tensor *zeros(struct op_call *c, int ndim, const int64_t *sizes) {
    struct tensor *t = tensor_new(DTYPE_FLOAT32, ndim, sizes, c->cx->budget, c->err);
    float *data = t ? tensor_data(t) : NULL;
    for (int64_t i = 0; t && i < t->numel; i++) data[i] = 0;
    return t;
}

bool op_quantized_embedding_byte(struct op_call *c);
bool op_quantized_embedding_byte(struct op_call *c) {
    struct lookup l;
    if (!read_table(c, &l) || !check_indices(c, &l)) return false;
    int64_t sizes[3] = {l.indices->sizes[0], l.width, l.width};
    if (l.indices->ndim == 2) sizes[1] = l.indices->sizes[1];
    struct tensor *out = zeros(c, l.indices->ndim + 1, sizes);
    for (int64_t i = 0; out && i < l.indices->numel; i++)
        add_row(&l, tensor_get_int(l.indices, i), 1, (float *)tensor_data(out) + i * l.width);
    return give_tensor(c, out);
}

/* Where bag `bag` begins among the indices; a 2-d tensor of indices is a bag a row. */
static int64_t bag_start(const struct lookup *l, const struct tensor *offsets, int64_t bag) {
    if (!offsets) return bag * l->indices->sizes[1];
    return bag < offsets->numel ? tensor_get_int(offsets, bag) : l->indices->numel;
}

static bool check_bags(struct op_call *c, const struct lookup *l, const struct tensor *offsets,
                       const struct tensor *weights, int64_t bags) {
    if (!arg_none(c, 7)) return refuse(c, "pruned embeddings are not there yet");
    if (!offsets != (l->indices->ndim == 2))
        return refuse(c, "offsets are needed for 1-d indices, and only there");
    if (weights && (weights->numel != l->indices->numel || weights->dtype != DTYPE_FLOAT32))
        return refuse(c, "per_sample_weights should be floats, one for each index");
    for (int64_t bag = 0; bag < bags; bag++) {
        int64_t start = bag_start(l, offsets, bag), end = bag_start(l, offsets, bag + 1);
        if (start < 0 || start > end || end > l->indices->numel)
            return refuse(c, "offsets should be in order");
    }
    return true;
}

bool op_quantized_embedding_bag_byte(struct op_call *c);
bool op_quantized_embedding_bag_byte(struct op_call *c) {
    struct lookup l;
    if (!read_table(c, &l) || !check_indices(c, &l)) return false;
    const struct tensor *offsets = arg_none(c, 2) ? NULL : arg_tensor(c, 2);
    const struct tensor *weights = arg_none(c, 6) ? NULL : arg_tensor(c, 6);
    int64_t bags = offsets ? offsets->numel - (arg_bool(c, 8) && offsets->numel > 0) : l.indices->sizes[0];
    if (!check_bags(c, &l, offsets, weights, bags)) return false;
    struct tensor *out = zeros(c, 2, (const int64_t[]){bags, l.width});
    for (int64_t bag = 0; out && bag < bags; bag++)
        for (int64_t i = bag_start(&l, offsets, bag); i < bag_start(&l, offsets, bag + 1); i++)
            add_row(&l, tensor_get_int(l.indices, i), weights ? (float)tensor_get_float(weights, i) : 1,
                    (float *)tensor_data(out) + bag * l.width);
    return give_tensor(c, out);
}
