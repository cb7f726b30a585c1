/* Packing rows of embeddings and undoing it; the form is embedding.c's. Sources:
 * aten/src/ATen/native/quantized/cpu/qembeddingbag_{prepack,unpack}.cpp, fbgemm/src/QuantUtils.cc. */
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/quantized/embedding.h"

struct packing {
    const float *rows;   /* of float32 */
    const float *ranges; /* two numbers a row, or NULL */
    int64_t count, width, stride;
    int bits;
    bool optimized;
    int64_t bins;
    double ratio;
};

struct row_scale {
    float low, scale, inverse;
};

static void find_range(const struct packing *p, int64_t row, float *low, float *high) {
    const float *x = p->rows + row * p->width;
    *low = 3.402823466e38f, *high = -3.402823466e38f;
    if (p->ranges) {
        *low = p->ranges[2 * row];
        *high = p->ranges[2 * row + 1];
    }
    for (int64_t i = 0; !p->ranges && i < p->width; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
}

static struct row_scale scale_bytes(float low, float high) {
    float range = high - low;
    return (struct row_scale){low, range / 255.0f, 255.0f / (range + 1e-8f)};
}

/* Scale and bias are rounded to float16 first. */
static struct row_scale scale_fields(float low, float high, int bits) {
    struct row_scale s = {.low = half_to_float(float_to_half(low))};
    float range = high - s.low;
    s.scale = half_to_float(float_to_half(range == 0 ? 1.0f : range / (float)((1 << bits) - 1)));
    if (s.scale == 0) s.scale = 1;
    s.inverse = 1.0f / s.scale;
    if (isinf(s.inverse)) s.scale = s.inverse = 1;
    return s;
}

static void put_fields(const struct packing *p, struct row_scale s, const float *x, uint8_t *to) {
    int each = 8 / p->bits, most = (1 << p->bits) - 1;
    uint16_t tail[2] = {float_to_half(s.scale), float_to_half(s.low)};
    memcpy(to + p->width / each, tail, sizeof tail);
    for (int64_t i = 0; i < p->width; i++) {
        int32_t q = round_in_vector((x[i] - s.low) * s.inverse);
        q = q < 0 ? 0 : q > most ? most : q;
        if (i % each == 0) to[i / each] = 0;
        to[i / each] = (uint8_t)(to[i / each] | q << i % each * p->bits);
    }
}

/* Four vectors together saturate; what is left over wraps, where a given range is too narrow. */
static void put_bytes(const struct packing *p, struct row_scale s, const float *x, uint8_t *to) {
    memcpy(to + p->width, &s.scale, sizeof s.scale);
    memcpy(to + p->width + sizeof s.scale, &s.low, sizeof s.low);
    for (int64_t i = 0; i < p->width; i++) {
        int32_t q = round_in_vector((x[i] - s.low) * s.inverse);
        if (i < p->width / 32 * 32) q = q < 0 ? 0 : q > 255 ? 255 : q;
        to[i] = (uint8_t)q;
    }
}

static bool pack_rows(struct op_call *c, const struct packing *p, uint8_t *to) {
    for (int64_t row = 0; row < p->count; row++, to += p->stride) {
        const float *x = p->rows + row * p->width;
        float low, high;
        find_range(p, row, &low, &high);
        if (p->optimized && !quantized_search(c, x, p->width, p->bins, p->ratio, p->bits, &low, &high))
            return false;
        if (p->bits == 8)
            put_bytes(p, scale_bytes(low, high), x, to);
        else
            put_fields(p, scale_fields(low, high, p->bits), x, to);
    }
    return true;
}

/* ---- operators ---- */

/* float32, contiguous */
static const float *floats(struct compose *k, struct tensor *t) {
    struct tensor *wide = compose_own(k, tensor_convert(t, DTYPE_FLOAT32, k->c->cx->budget, k->c->err));
    struct tensor *whole = wide ? compose_own(k, tensor_contiguous(wide, k->c->cx->budget, k->c->err)) : NULL;
    return whole ? tensor_data(whole) : NULL;
}

static bool read_ranges(struct compose *k, struct tensor *t, const struct tensor *w, struct packing *p) {
    if (t->ndim != 2 || t->sizes[0] != w->sizes[0] || t->sizes[1] != 2)
        return refuse(k->c, "'rowwise_min_max' must be a 2D tensor with shape [num_rows(weight), 2].");
    if (t->dtype != w->dtype)
        return refuse(k->c, "expected scalar type %s but found %s", dtype_table[w->dtype].graph_name,
                      dtype_table[t->dtype].graph_name);
    p->ranges = floats(k, t);
    return p->ranges && p->count <= t->sizes[0];
}

static bool check_dtype(struct op_call *c, const struct tensor *w, const char *name) {
    return w->dtype == DTYPE_FLOAT32 || w->dtype == DTYPE_FLOAT16 ||
           refuse(c, "'%s' only support float32 or float16.", name);
}

static bool run_packing(struct compose *k, struct packing *p, struct tensor *ranges, int ndim,
                        const int64_t *sizes) {
    struct op_call *c = k->c;
    p->rows = floats(k, arg_tensor(c, 0));
    if (!p->rows || (ranges && !read_ranges(k, ranges, arg_tensor(c, 0), p)))
        return compose_refused(k, false);
    struct tensor *out = compose_own(k, call_new(c, DTYPE_UINT8, ndim, sizes));
    if (!out || !pack_rows(c, p, tensor_data(out))) return compose_refused(k, false);
    return compose_give(k, out);
}

/* (weight, ranges?): the last dimension is a row */
static bool prepack_bytes(struct op_call *c, struct tensor *ranges) {
    const struct tensor *w = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS];
    if (!check_dtype(c, w, "embedding_bag_byte_prepack")) return false;
    if (w->ndim == 0) return refuse(c, "an embedding's table should have a dimension");
    memcpy(sizes, w->sizes, sizeof *sizes * w->ndim);
    struct packing p = {.bits = 8, .count = 1, .width = w->sizes[w->ndim - 1]};
    for (int i = 0; i + 1 < w->ndim; i++) p.count *= w->sizes[i];
    p.stride = sizes[w->ndim - 1] = p.width + 8;
    struct compose k = compose_start(c);
    return run_packing(&k, &p, ranges, w->ndim, sizes);
}

bool op_quantized_embedding_pack_byte(struct op_call *c) {
    return prepack_bytes(c, NULL);
}
bool op_quantized_embedding_pack_byte_ranges(struct op_call *c) {
    return prepack_bytes(c, arg_tensor(c, 1));
}

/* (weight, [ranges,] optimized_qparams, nbins, ratio): the first two dimensions are a table */
static bool prepack_fields(struct op_call *c, int bits, struct tensor *ranges) {
    const struct tensor *w = arg_tensor(c, 0);
    int at = ranges ? 2 : 1, each = 8 / bits;
    if (!check_dtype(c, w, "qembeddingbag_nbit_prepack")) return false;
    if (w->ndim < 2)
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    if (w->sizes[w->ndim - 1] % each)
        return refuse(c, "qembeddingbag_%dbit_prepack only works for the number of columns a multiple of %d",
                      bits, each);
    if (w->sizes[1] % each) return refuse(c, "Unsupported number of columns");
    struct packing p = {.bits = bits, .count = w->sizes[0], .width = w->sizes[1]};
    p.optimized = arg_bool(c, at);
    p.bins = arg_int(c, at + 1);
    p.ratio = arg_float(c, at + 2);
    p.stride = p.width / each + 4;
    struct compose k = compose_start(c);
    if (w->numel < p.count * p.width) return compose_refused(&k, refuse(c, "the table has no elements"));
    return run_packing(&k, &p, ranges, 2, (const int64_t[]){p.count, p.stride});
}

#define FIELDS(X) X(4) X(2)
#define DEFINE_FIELDS(bits)                                                  \
    bool op_quantized_embedding_pack_##bits##bit(struct op_call *c) {        \
        return prepack_fields(c, bits, NULL);                                \
    }                                                                        \
    bool op_quantized_embedding_pack_##bits##bit_ranges(struct op_call *c) { \
        return prepack_fields(c, bits, arg_tensor(c, 1));                    \
    }                                                                        \
    bool op_quantized_embedding_unpack_##bits##bit(struct op_call *c) {      \
        return unpack(c, bits);                                              \
    }

/* ---- undoing it ---- */

static void unpack_rows(const struct packed_rows *p, float *out) {
    for (int64_t row = 0; row < p->rows; row++) {
        float bias, scale = packed_row(p, row, &bias);
        for (int64_t i = 0; i < p->width; i++, out++) *out = scale * packed_field(p, row, i) + bias;
    }
}

/* The shape of what comes out: bytes have any number of dimensions, fields are read as a table. */
static bool shape_of(struct op_call *c, const struct tensor *t, struct packed_rows *p, int *ndim,
                     int64_t *sizes) {
    bool bytes = p->bits == 8;
    if (t->ndim < (bytes ? 1 : 2))
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got %d)",
                            !bytes);
    *ndim = bytes ? t->ndim : 2;
    memcpy(sizes, t->sizes, sizeof *sizes * (size_t)*ndim);
    p->stride = sizes[*ndim - 1];
    p->width = sizes[*ndim - 1] = bytes ? p->stride - 8 : (p->stride - 4) * (8 / p->bits);
    p->rows = 1;
    for (int i = 0; i + 1 < *ndim; i++) p->rows *= sizes[i];
    if (p->width >= 0) return t->numel >= p->rows * p->stride || refuse(c, "the table has no elements");
    return bytes ? refuse(c, "numel: integer multiplication overflow")
                 : refuse(c, "Trying to create tensor with negative dimension %lld: [%lld, %lld]",
                          (long long)p->width, (long long)sizes[0], (long long)p->width);
}

static bool unpack(struct op_call *c, int bits) {
    struct tensor *t = arg_tensor(c, 0);
    struct packed_rows p = {.bits = bits};
    int ndim = 0;
    int64_t sizes[TENSOR_MAX_DIMS];
    if (t->dtype != DTYPE_UINT8)
        return refuse(c, "expected scalar type Byte but found %s", dtype_table[t->dtype].graph_name);
    if (!shape_of(c, t, &p, &ndim, sizes)) return false;
    /* fields are read from the memory as it lies, whatever the strides */
    bool lies = bits < 8 && t->offset + t->numel <= (int64_t)t->storage->bytes;
    struct tensor *whole = lies ? tensor_retain(t) : tensor_contiguous(t, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, DTYPE_FLOAT32, ndim, sizes) : NULL;
    if (out) {
        p.bytes = tensor_data(whole);
        unpack_rows(&p, tensor_data(out));
    }
    tensor_release(whole);
    return give_tensor(c, out);
}

bool op_quantized_embedding_unpack_byte(struct op_call *c) {
    return unpack(c, 8);
}
FIELDS(DEFINE_FIELDS)
