/* Embeddings over packed rows: bytes, or fields of 4 or 2 bits, and behind them the row's scale and bias (two
 * float32, two float16 for the fields). A bag is the sum of its rows, whatever its mode says. Sources:
 * aten/src/ATen/native/quantized/cpu/qembeddingbag.cpp, fbgemm/FbgemmEmbedding.h. */
#include "ops/quantized/embedding.h"
#include "ops/common/give.h"
#include "ops/quantized/packed.h"

float packed_row(const struct packed_rows *p, int64_t row, float *bias) {
    float scale;
    if (p->quantizer) { /* a tensor's own: the bias is -zero point * scale */
        double zero = p->quantizer->float_zero_points ? p->quantizer->float_zero_points[row]
                                                      : (double)p->quantizer->zero_points[row];
        scale = (float)p->quantizer->scales[row];
        *bias = (float)zero * scale * -1;
        return scale;
    }
    const uint8_t *tail = p->bytes + row * p->stride + p->stride - (p->bits == 8 ? 8 : 4);
    if (p->bits == 8) {
        memcpy(&scale, tail, sizeof scale);
        memcpy(bias, tail + sizeof scale, sizeof *bias);
        return scale;
    }
    uint16_t halves[2];
    memcpy(halves, tail, sizeof halves);
    *bias = half_to_float(halves[1]);
    return half_to_float(halves[0]);
}

float packed_field(const struct packed_rows *p, int64_t row, int64_t column) {
    const uint8_t *bytes = p->bytes + row * p->stride;
    int each = 8 / p->bits;
    if (each == 1) return bytes[column];
    return (float)(bytes[column / each] >> column % each * p->bits & ((1 << p->bits) - 1));
}

static void add_row(const struct packed_rows *p, int64_t row, float weight, float *out) {
    float bias, scale = packed_row(p, row, &bias);
    scale *= weight;
    bias *= weight;
    for (int64_t i = 0; i < p->width; i++) out[i] = fmaf(scale, packed_field(p, row, i), out[i] + bias);
}

/* ---- tables ---- */

#define EXPECTED(what)                                                                                     \
    "Expected " what " to be true, but got false.  (Could this error message be improved?  If so, please " \
    "report an enhancement request to PyTorch.)"

static bool table_of_tensor(struct op_call *c, int bits, struct packed_rows *p) {
    const struct tensor *w = arg_tensor(c, 0);
    if (w->dtype != DTYPE_UINT8)
        return bits == 8
                   ? refuse(c, EXPECTED("weight.scalar_type() == at::kByte"))
                   : refuse(c, "expected scalar type Byte but found %s", dtype_table[w->dtype].graph_name);
    if (w->ndim != 2) return refuse(c, EXPECTED("weight.dim() == 2"));
    if (!tensor_is_contiguous(w)) return refuse(c, "Expect weight, indices, and offsets to be contiguous.");
    *p = (struct packed_rows){tensor_data(w), w->sizes[0], w->sizes[1], 0, bits, NULL};
    p->width = bits == 8 ? p->stride - 8 : (p->stride - 4) * (8 / bits);
    return p->width >= 0 || refuse(c, "numel: integer multiplication overflow");
}

static bool table_of_capsule(struct op_call *c, struct packed_rows *p) {
    const struct tensor *w = packed_read_embedding(c, 0);
    if (!w) return false;
    bool good = w->ndim == 2 && w->dtype == DTYPE_QUINT8 && w->quantizer && w->quantizer->per_channel &&
                w->quantizer->axis == 0 && w->quantizer->channels >= w->sizes[0] && tensor_is_contiguous(w);
    if (!good)
        return refuse(c, "an embedding's table should be quint8 with a scale and zero point for each row");
    *p = (struct packed_rows){tensor_data(w), w->sizes[0], w->sizes[1], w->sizes[1], 8, w->quantizer};
    return true;
}

/* ---- what is looked up ---- */

struct lookup {
    struct packed_rows table;
    const struct tensor *indices, *offsets, *weights, *mapping; /* the last three may be NULL */
    const char *name;
    int64_t bags;
};

static bool is_index(const struct tensor *t) {
    return t->dtype == DTYPE_INT32 || t->dtype == DTYPE_INT64;
}

static bool check_indices(struct op_call *c, struct lookup *l) {
    l->indices = arg_tensor(c, 1);
    if (l->indices->ndim != 1 && l->indices->ndim != 2)
        return refuse(c, "qembedding/qembedding_bag operator supports 1 or 2d indices, got %d",
                      l->indices->ndim);
    if (!is_index(l->indices))
        return refuse(c, "Expect 32 or 64 bit indices, but found %s instead.",
                      dtype_table[l->indices->dtype].graph_name);
    return true;
}

static bool check_offsets(struct op_call *c, struct lookup *l) {
    l->offsets = arg_tensor_or_null(c, 2);
    const char *operator= l->table.bits == 8 ? "" : " operator";
    if (l->indices->ndim == 2 && l->offsets)
        return refuse(
            c,
            "%s operator: input is 2D, then offsets has to be None, as input is treated is a mini-batch "
            "of fixed length sequences.",
            l->name);
    if (l->indices->ndim == 1 && !l->offsets)
        return refuse(c, "%s%s expects offsets to be set for 1D indices.", l->name, operator);
    if (l->offsets && !is_index(l->offsets))
        return refuse(c, "Expect 32 or 64 bit offsets, but found %s instead.",
                      dtype_table[l->offsets->dtype].graph_name);
    if (l->offsets && l->offsets->ndim != 1) return refuse(c, EXPECTED("offsets.dim() == 1"));
    bool whole = tensor_is_contiguous(l->indices) && (!l->offsets || tensor_is_contiguous(l->offsets));
    return whole || refuse(c, "Expect weight, indices, and offsets to be contiguous.");
}

static bool check_weights(struct op_call *c, struct lookup *l) {
    const struct tensor *w = l->weights = arg_tensor_or_null(c, 6);
    if (w && w->dtype != DTYPE_FLOAT32 && (l->table.bits == 8 || w->dtype != DTYPE_FLOAT16))
        return l->table.bits == 8
                   ? refuse(c, "expected scalar type Float but found %s", dtype_table[w->dtype].graph_name)
                   : refuse(c, "Expect fp32 or fp16 weights, but found%s instead",
                            dtype_table[w->dtype].graph_name);
    return !w || w->numel >= l->indices->numel ||
           refuse(c, "per_sample_weights should have a weight for each index");
}

/* Pruned tables: where an index's row is now, -1 for a row that is gone. A mapping of one 0 means none. */
static bool check_mapping(struct op_call *c, struct lookup *l) {
    const struct tensor *m = arg_tensor_or_null(c, 7);
    if (!arg_bool(c, 5)) return true;
    if (!m) return refuse(c, "bad optional access");
    if (m->dtype != DTYPE_INT32)
        return refuse(c, "expected scalar type Int but found %s", dtype_table[m->dtype].graph_name);
    bool none = m->numel == 1 && tensor_get_int(m, 0) == 0;
    l->mapping = none ? NULL : m;
    return true;
}

/* The row of the index at this place; -1: none. */
static bool row_of(struct op_call *c, const struct lookup *l, int64_t place, int64_t *row) {
    int64_t index = tensor_get_int(l->indices, place);
    int64_t most = l->mapping ? l->mapping->numel : l->table.rows;
    if (index < 0 || index >= most)
        return refuse(c, "Index %lld is out of bounds: %lld, range 0 to %lld", (long long)place,
                      (long long)index, (long long)most);
    *row = l->mapping ? tensor_get_int(l->mapping, index) : index;
    bool inside = *row >= -1 && *row < l->table.rows && (l->mapping || *row >= 0);
    return inside || refuse(c, EXPECTED("i < index_size"));
}

static struct tensor *zeros(struct op_call *c, int ndim, const int64_t *sizes) {
    struct tensor *t = call_new(c, DTYPE_FLOAT32, ndim, sizes);
    if (t && t->numel) memset(tensor_data(t), 0, (size_t)t->numel * sizeof(float));
    return t;
}

/* ---- bags ---- */

static int64_t offset_at(const struct lookup *l, int64_t bag) {
    if (!l->offsets) return bag * l->indices->sizes[1];
    return bag < l->offsets->numel ? tensor_get_int(l->offsets, bag) : l->indices->numel;
}

static bool add_bag(struct op_call *c, const struct lookup *l, int64_t first, int64_t count, float *out) {
    for (int64_t i = first; i < first + count; i++) {
        int64_t row = -1;
        if (!row_of(c, l, i, &row)) return false;
        if (row < 0) continue;
        add_row(&l->table, row, l->weights ? (float)tensor_get_float(l->weights, i) : 1, out);
    }
    return true;
}

/* Bags of bytes begin where their offsets say; those of fields follow each other from the first index. */
static bool add_bags(struct op_call *c, const struct lookup *l, struct tensor *out) {
    bool bytes = l->table.bits == 8;
    int64_t at = bytes && l->bags ? offset_at(l, 0) : 0;
    if (!bytes && l->bags && offset_at(l, l->bags) != l->indices->numel)
        return refuse(
            c, "Yout input seems to be incorrect: the last offset value should be the size of the indices "
               "tensor, but it appears not.");
    for (int64_t bag = 0; bag < l->bags; bag++) {
        int64_t count;
        bool fits = !__builtin_sub_overflow(offset_at(l, bag + 1), offset_at(l, bag), &count);
        if (fits && !bytes && count < 0) count = 0;
        if (!fits || at < 0 || count < 0 || count > l->indices->numel - at)
            return refuse(c, EXPECTED("i < index_size"));
        if (!add_bag(c, l, at, count, (float *)tensor_data(out) + bag * l->table.width)) return false;
        at += count;
    }
    return true;
}

/* (table, indices, offsets, scale_grad_by_freq, mode, pruned, weights, mapping, include_last_offset) */
static bool sum_bags(struct op_call *c, struct lookup *l) {
    l->name = l->table.bits == 8 ? "embedding_bag_byte" : "embedding_bag_4bit/embedding_bag_2bit";
    if (!check_indices(c, l) || !check_offsets(c, l) || !check_weights(c, l) || !check_mapping(c, l))
        return false;
    l->bags = l->offsets ? l->offsets->numel - arg_bool(c, 8) : l->indices->sizes[0];
    if (l->bags < 0) return refuse(c, "numel: integer multiplication overflow");
    struct tensor *out = zeros(c, 2, (const int64_t[]){l->bags, l->table.width});
    if (out && add_bags(c, l, out)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

bool op_quantized_embedding_bag_byte(struct op_call *c) {
    struct lookup l = {0};
    return table_of_capsule(c, &l.table) && sum_bags(c, &l);
}

#define ROWWISE(X) X(byte, 8) X(4bit, 4) X(2bit, 2)
#define DEFINE_ROWWISE(name, bits)                                    \
    bool op_quantized_embedding_bag_rows_##name(struct op_call *c) {  \
        struct lookup l = {0};                                        \
        return table_of_tensor(c, bits, &l.table) && sum_bags(c, &l); \
    }
ROWWISE(DEFINE_ROWWISE)

/* (table, indices, pruned): a row each, no bags */
bool op_quantized_embedding_byte(struct op_call *c) {
    struct lookup l = {0};
    if (!table_of_capsule(c, &l.table) || !check_indices(c, &l)) return false;
    int64_t sizes[3] = {l.indices->sizes[0], l.table.width, l.table.width};
    if (l.indices->ndim == 2) sizes[1] = l.indices->sizes[1];
    struct tensor *out = zeros(c, l.indices->ndim + 1, sizes);
    bool good = out != NULL;
    for (int64_t i = 0; good && i < l.indices->numel; i++)
        good = add_bag(c, &l, i, 1, (float *)tensor_data(out) + i * l.table.width);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
