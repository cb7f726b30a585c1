/* Products with weights of 8 and 4 bits that are no quantized tensors: scales stand beside them. Sources:
 * aten/src/ATen/native/LinearAlgebra.cpp (the checks), aten/src/ATen/native/cpu/{int8mm,int4mm}_kernel.cpp;
 * the layout of packed fields is that of its AVX2 build. */
#include "base/mem.h"
#include "ops/common/give.h"
#include "ops/quantized/quantize.h"
#include "tensor/half.h"

static bool is_activation(const struct tensor *t) {
    return t->dtype == DTYPE_FLOAT32 || t->dtype == DTYPE_BFLOAT16 || t->dtype == DTYPE_FLOAT16;
}

static float float_at(const struct tensor *t, int64_t i) {
    float x;
    convert_load[t->dtype][COMPUTE_FLOAT](
        &x, 4, (const char *)tensor_data(t) + i * (int64_t)dtype_size(tensor_dtype(t)), 0, 1);
    return x;
}

static void put_float(const struct tensor *t, int64_t i, float x) {
    convert_store[t->dtype][COMPUTE_FLOAT]((char *)tensor_data(t) + i * (int64_t)dtype_size(tensor_dtype(t)),
                                           0, &x, 4, 1);
}

static bool need_dims(struct op_call *c, const struct tensor *t, int ndim) {
    return t->ndim >= ndim ||
           refuse_index(c, "Dimension out of range (expected to be in range of [%d, %d], but got %d)",
                        t->ndim ? -t->ndim : -1, t->ndim ? t->ndim - 1 : 0, t->ndim);
}

static bool need_dtype(struct op_call *c, const struct tensor *t, const struct tensor *like) {
    return t->dtype == like->dtype ||
           refuse(c, "expected scalar type %s but found %s", dtype_table[like->dtype].graph_name,
                  dtype_table[t->dtype].graph_name);
}

/* ---- bytes: (activations [M, K], weight [N, K], scales [N]) ---- */

static bool check_int8(struct op_call *c, const struct tensor *a, const struct tensor *b,
                       const struct tensor *s) {
    const char *name = "_weight_int8pack_mm_cpu";
    if (!need_dims(c, a, 2) || !need_dims(c, b, 1)) return false;
    if (!is_activation(a))
        return refuse(c, "%s : expect A to be either 32-bit or 16-bit float tensor.", name);
    if (a->strides[1] != 1) return refuse(c, "%s : A must be contiguous on the last dimension.", name);
    if (a->ndim != 2) return refuse(c, "%s : expect A to be 2D tensor.", name);
    if (b->dtype != DTYPE_INT8) return refuse(c, "%s : expect B to be int8 tensor.", name);
    if (!tensor_is_contiguous(b)) return refuse(c, "%s : expect B to be contiguous.", name);
    if (b->ndim != 2 || b->sizes[1] != a->sizes[1])
        return refuse(c, "%s : expect B.size(1) == %lld", name, (long long)a->sizes[1]);
    if (s->ndim != 1 || s->sizes[0] != b->sizes[0])
        return refuse(c, "%s : expect scales to be 1d tensor with size %lld", name, (long long)b->sizes[0]);
    return need_dtype(c, s, a);
}

/* Each weight is scaled first, which shows where sums cancel. */
static float product_of_bytes(const struct tensor *a, int64_t row, const int8_t *b, float scale) {
    float sum = 0;
    for (int64_t k = 0; k < a->sizes[1]; k++)
        sum += float_at(a, row * a->strides[0] + k) * ((float)b[k] * scale);
    return sum;
}

bool op_weight_int8pack_mm(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *s = arg_tensor(c, 2);
    if (!check_int8(c, a, b, s)) return false;
    struct tensor *out = call_new(c, tensor_dtype(a), 2, (const int64_t[]){a->sizes[0], b->sizes[0]});
    for (int64_t i = 0; out && i < out->numel; i++) {
        int64_t n = i % b->sizes[0];
        const int8_t *bytes = (const int8_t *)tensor_data(b) + n * b->sizes[1];
        put_float(out, i, product_of_bytes(a, i / b->sizes[0], bytes, float_at(s, n * s->strides[0])));
    }
    return give_tensor(c, out);
}

/* ---- fields of 4 bits: blocks of 32 columns, a byte for two of them ---- */

enum { BLOCK = 32 };

/* Where the field of (n, k) is: a byte, and whether its upper half. A whole block pairs columns 16 apart, a
 * half block neighbours. */
static int64_t field_at(int64_t n, int64_t k, int64_t columns, int64_t depth, bool *upper) {
    int64_t block = n / BLOCK, within = n % BLOCK, width = columns - block * BLOCK;
    bool whole = width >= BLOCK;
    width = whole ? BLOCK : width;
    *upper = whole ? within >= BLOCK / 2 : within % 2 != 0;
    return block * depth * BLOCK / 2 + k * width / 2 + (whole ? within % (BLOCK / 2) : within / 2);
}

/* (weight [N, K] of int32, tiles) -> [N, K / 2] */
bool op_convert_weight_to_int4pack(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0);
    const char *name = "_convert_weight_to_int4pack_cpu";
    if (w->ndim != 2) return refuse(c, "%s : expect weight to be 2D tensor.", name);
    if (w->dtype != DTYPE_INT32) return refuse(c, "%s : expect weight to be kInt.", name);
    int64_t columns = w->sizes[0], depth = w->sizes[1];
    if (columns % 16) return refuse(c, "%s : expect N to be dividable by 16", name);
    if (depth % 2) return refuse(c, "_convert_weight_to_int4pack: expect K to be dividable by 2");
    struct tensor *whole = tensor_contiguous(w, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, DTYPE_UINT8, 2, (const int64_t[]){columns, depth / 2}) : NULL;
    if (out && out->numel) memset(tensor_data(out), 0, (size_t)out->numel);
    for (int64_t i = 0; out && i < whole->numel; i++) {
        bool upper;
        uint8_t *to = (uint8_t *)tensor_data(out) + field_at(i / depth, i % depth, columns, depth, &upper);
        uint8_t field = (uint8_t)((const int32_t *)tensor_data(whole))[i];
        *to = (uint8_t)(*to | (upper ? field << 4 : field));
    }
    tensor_release(whole);
    return give_tensor(c, out);
}

static bool check_int4(struct op_call *c, const struct tensor *a, const struct tensor *b, int64_t group,
                       const struct tensor *s) {
    const char *name = "_weight_int4pack_mm_cpu";
    if (!need_dims(c, a, 2) || !need_dims(c, b, 1)) return false;
    if (!is_activation(a))
        return refuse(c, "%s : expect A to be either 32-bit or 16-bit float tensor.", name);
    if (!tensor_is_contiguous(a)) return refuse(c, "%s : expect A to be contiguous.", name);
    if (a->ndim != 2) return refuse(c, "%s : expect A to be 2D tensor.", name);
    if (b->dtype != DTYPE_UINT8) return refuse(c, "%s : expect B to be uint8 tensor.", name);
    if (!tensor_is_contiguous(b)) return refuse(c, "%s : expect B to be contiguous.", name);
    if (b->ndim != 2 || b->sizes[1] != a->sizes[1] / 2)
        return refuse(c, "%s : expect B.size(1) to be K/2, got %lld", name, (long long)b->sizes[b->ndim - 1]);
    if (group != 32 && group != 64 && group != 128 && group != 256)
        return refuse(c, "%s: expect qGroupSize to be 32, 64, 128 or 256, got %lld", name, (long long)group);
    if (s->ndim != 3 || s->sizes[1] != b->sizes[0] || s->sizes[2] != 2)
        return refuse(c, "%s: expect qScaleAndZeros to be 3d tensor with sizes [:, %lld, 2]", name,
                      (long long)b->sizes[0]);
    if (b->sizes[0] % 16)
        return refuse(c, "Unsupported n block size: %lld", (long long)(b->sizes[0] % BLOCK));
    return need_dtype(c, s, a);
}

/* Scales and zeros are read as they lie; `s` is contiguous. */
static float product_of_fields(const struct tensor *a, int64_t row, const struct tensor *b, int64_t n,
                               int64_t group, const struct tensor *s) {
    int64_t depth = a->sizes[1], columns = b->sizes[0];
    float sum = 0;
    for (int64_t k = 0; k < depth; k++) {
        bool upper;
        uint8_t byte = ((const uint8_t *)tensor_data(b))[field_at(n, k, columns, depth, &upper)];
        int64_t at = (k / group * columns + n) * 2;
        float field = (float)((upper ? byte >> 4 : byte & 15) - 8);
        sum += float_at(a, row * depth + k) * (field * float_at(s, at) + float_at(s, at + 1));
    }
    return sum;
}

static bool int4_product(struct op_call *c, int64_t group) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (!check_int4(c, a, b, group, arg_tensor(c, 3))) return false;
    if (arg_tensor(c, 3)->sizes[0] < (a->sizes[1] + group - 1) / group)
        return refuse(c, "qScaleAndZeros should have a scale for each group");
    struct tensor *s = tensor_contiguous(arg_tensor(c, 3), c->cx->budget, c->err);
    struct tensor *out =
        s ? call_new(c, tensor_dtype(a), 2, (const int64_t[]){a->sizes[0], b->sizes[0]}) : NULL;
    for (int64_t i = 0; out && i < out->numel; i++)
        put_float(out, i, product_of_fields(a, i / b->sizes[0], b, i % b->sizes[0], group, s));
    tensor_release(s);
    return give_tensor(c, out);
}

/* (activations, packed, group size, scales and zeros [groups, N, 2]) */
bool op_weight_int4pack_mm(struct op_call *c) {
    return int4_product(c, arg_int(c, 2));
}
bool op_int4mm_packed_weight(struct op_call *c) {
    if (arg_tensor(c, 2)->numel != 1)
        return refuse(c, "_weight_int4pack_mm_cpu_tensor: group size must be a scalar.");
    return int4_product(c, tensor_get_int(arg_tensor(c, 2), 0));
}

/* ---- 4 bits, the activations quantized on the way ---- */

static bool check_group(struct op_call *c, const char *name, int64_t group, int64_t depth) {
    bool fits = group > 0 && (group == depth || (group % 32 == 0 && depth > 0 && depth % group == 0));
    return fits || refuse(c, "%s: Group size should be multiple of 32, in_features [%lld]. Provided %lld",
                          name, (long long)depth, (long long)group);
}

/* (weights, scales, bias?, group, in, out): all of them as one row of float32 */
bool op_dyn_quant_pack_4bit(struct op_call *c) {
    struct tensor *parts[] = {arg_tensor(c, 0), arg_tensor(c, 1), arg_tensor_or_null(c, 2)}, *flat;
    if (parts[0]->dtype != DTYPE_UINT8)
        return refuse(c, "_dyn_quant_pack_4bit_weight_cpu : expect weight to be kByte.");
    if (!check_group(c, "_dyn_quant_pack_4bit_weight_cpu", arg_int(c, 3), arg_int(c, 4))) return false;
    int64_t total = 0, at = 0;
    for (int i = 0; i < 3; i++) total += parts[i] ? parts[i]->numel : 0;
    struct tensor *out = call_new(c, DTYPE_FLOAT32, 1, &total);
    for (int i = 0; out && i < 3; i++) {
        if (!parts[i]) continue;
        flat = tensor_contiguous(parts[i], c->cx->budget, c->err);
        if (!flat) {
            tensor_release(out);
            return false;
        }
        convert_elements(DTYPE_FLOAT32, (float *)tensor_data(out) + at, 4, tensor_dtype(flat),
                         tensor_data(flat), (int64_t)dtype_size(tensor_dtype(flat)), flat->numel);
        at += flat->numel;
        tensor_release(flat);
    }
    return give_tensor(c, out);
}

struct dynamic {
    const float *weights, *scales, *bias; /* bias: NULL */
    int64_t columns, depth, group;
    bool narrow; /* bfloat16 in and out */
    int8_t *row; /* the activations of one row */
};

/* One row to 8 bits; gives its step, and the zero point beside. */
static float quantize_row(const struct dynamic *d, const struct tensor *a, int64_t first, int32_t *zero) {
    float low = 0, high = 0;
    for (int64_t k = 0; k < d->depth; k++) {
        float x = float_at(a, first + k);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    float scale = low == high ? 1.0f : 255.0f / (high - low), down = low * scale, up = high * scale;
    float point = (-128.0f + down) + (127.0f + up) > 0 ? -128.0f - down : 127.0f - up;
    *zero = round_in_vector(point < -128 ? -128 : point > 127 ? 127 : point);
    for (int64_t k = 0; k < d->depth; k++) {
        int64_t q = convert_to_int64((double)roundf(float_at(a, first + k) * scale)) + *zero;
        d->row[k] = (int8_t)clamp_integer(q, (struct integer_range){-128, 127});
    }
    return scale != 0 ? 1.0f / scale : 0;
}

static float dynamic_product(const struct dynamic *d, int64_t n, int32_t zero, float step) {
    int64_t stride = (d->depth + 1) / 2, groups = d->depth / d->group;
    float sum = 0;
    for (int64_t g = 0; g < groups; g++) {
        int64_t whole = 0;
        for (int64_t k = g * d->group; k < (g + 1) * d->group; k++) {
            int32_t byte = int32_of_float((double)d->weights[n * stride + k / 2]) & 255;
            int32_t field = (k % 2 ? byte >> 4 : byte & 15) - 8;
            whole += (d->row[k] - zero) * field;
        }
        sum += (float)whole * d->scales[n * groups + g];
    }
    sum *= step;
    if (d->bias && d->narrow) sum += d->bias[n];
    return sum;
}

/* bfloat16 results are cut off, not rounded. */
static void put_result(const struct dynamic *d, const struct tensor *out, int64_t i, float x) {
    if (d->narrow)
        ((uint16_t *)tensor_data(out))[i] = (uint16_t)(bits_of_float(x) >> 16);
    else
        ((float *)tensor_data(out))[i] = x;
}

static bool check_dynamic(struct op_call *c, const struct tensor *a, const struct tensor *packed,
                          struct dynamic *d) {
    const char *name = "_dyn_quant_matmul_4bit_cpu";
    if (a->dtype != DTYPE_FLOAT32 && a->dtype != DTYPE_BFLOAT16)
        return refuse(c, "%s : expect input to be float32 or bfloat16 tensor.", name);
    if (!check_group(c, name, d->group, d->depth)) return false;
    int64_t weights, scales, rows = a->ndim ? a->sizes[0] : 0, needed;
    bool fits = d->columns >= 0 && !__builtin_mul_overflow(d->columns, (d->depth + 1) / 2, &weights) &&
                !__builtin_mul_overflow(d->columns, d->depth / d->group, &scales) &&
                !__builtin_mul_overflow(rows, d->depth, &needed) && needed <= a->numel &&
                packed->dtype == DTYPE_FLOAT32 && packed->numel - weights >= scales &&
                weights <= packed->numel;
    if (!fits) return refuse(c, "%s: the packed weights or the input are too small for these sizes", name);
    d->scales = d->weights + weights;
    bool biased = packed->numel > weights + scales;
    if (biased && packed->numel != weights + scales + d->columns)
        return refuse(c, "Expected bias length to match output dim N");
    d->bias = biased ? d->scales + scales : NULL;
    d->narrow = a->dtype == DTYPE_BFLOAT16;
    return !d->narrow || d->group == d->depth || refuse(c, "Unsupported block size for BF16 fallback");
}

static bool dynamic_rows(struct op_call *c, struct dynamic *d, const struct tensor *a,
                         const struct tensor *out) {
    d->row = call_scratch(c, (size_t)(d->depth ? d->depth : 1), 1);
    for (int64_t m = 0; d->row && m < out->sizes[0]; m++) {
        int32_t zero;
        float step = quantize_row(d, a, m * d->depth, &zero);
        for (int64_t n = 0; n < d->columns; n++)
            put_result(d, out, m * d->columns + n, dynamic_product(d, n, zero, step));
    }
    bool good = d->row != NULL;
    mem_free(d->row);
    return good;
}

/* (input, packed, group, in, out) */
bool op_dyn_quant_matmul_4bit(struct op_call *c) {
    struct dynamic d = {.group = arg_int(c, 2), .depth = arg_int(c, 3), .columns = arg_int(c, 4)};
    struct tensor *a = tensor_contiguous(arg_tensor(c, 0), c->cx->budget, c->err);
    struct tensor *packed = a ? tensor_contiguous(arg_tensor(c, 1), c->cx->budget, c->err) : NULL,
                  *out = NULL;
    if (packed && packed->dtype == DTYPE_FLOAT32) d.weights = tensor_data(packed);
    bool good = packed && check_dynamic(c, a, packed, &d);
    if (good) out = call_new(c, tensor_dtype(a), 2, (const int64_t[]){a->sizes[0], d.columns});
    if (out && !dynamic_rows(c, &d, a, out)) {
        tensor_release(out);
        out = NULL;
    }
    tensor_release(packed);
    tensor_release(a);
    return give_tensor(c, out);
}

/* ---- rows that a mask drops, and where the others are then ---- */

static bool check_prune(struct op_call *c, const struct tensor *w, const struct tensor *mask, int64_t dtype) {
    if (w->ndim != 2) return refuse(c, "'weights' should have 2 dimensions.");
    if (mask->numel != w->sizes[0])
        return refuse(
            c, "Number of elements in 'mask' should be equivalent to the number of rows in 'weights'.");
    if (dtype != DTYPE_INT32 && dtype != DTYPE_INT64)
        return refuse(c, "compressed_indices_dtype should be either int(int32) or long(int64).");
    return mask->dtype == DTYPE_BOOL ||
           refuse(c, "expected scalar type Bool but found %s", dtype_table[mask->dtype].graph_name);
}

/* (weight, mask, dtype of the indices) */
bool op_rowwise_prune(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0), *mask = arg_tensor(c, 1);
    if (!check_prune(c, w, mask, arg_int(c, 2))) return false;
    enum dtype d = (enum dtype)arg_int(c, 2);
    int64_t rows = w->sizes[0], kept = 0;
    struct tensor *whole = tensor_contiguous(w, c->cx->budget, c->err);
    struct tensor *indices = whole ? call_new(c, d, 1, &rows) : NULL;
    for (int64_t i = 0; indices && i < rows; i++) {
        int64_t at = tensor_get_int(mask, i) ? kept++ : -1;
        convert_elements(d, (char *)tensor_data(indices) + i * (int64_t)dtype_size(d), 0, DTYPE_INT64, &at, 8,
                         1);
    }
    struct tensor *out =
        indices ? call_new(c, tensor_dtype(w), 2, (const int64_t[]){kept, w->sizes[1]}) : NULL;
    size_t bytes = (size_t)w->sizes[1] * dtype_size(tensor_dtype(w));
    char *to = out && out->numel ? tensor_data(out) : NULL;
    for (int64_t i = 0; to && i < rows; i++) {
        if (!tensor_get_int(mask, i)) continue;
        memcpy(to, (const char *)tensor_data(whole) + (size_t)i * bytes, bytes);
        to += bytes;
    }
    tensor_release(whole);
    if (out) return give_at(c, 0, out) && give_at(c, 1, indices);
    tensor_release(indices);
    return false;
}

/* ---- bfloat16 in the bits of a float16 (torch/csrc/distributed/c10d/quantization/quantization_common.cpp)
 * ---- */

static bool check_matrix(struct op_call *c, const struct tensor *t, enum dtype d) {
    if (t->ndim != 2) return refuse(c, "Tensor 'input' must have 2 dimension(s). Found %d", t->ndim);
    return t->dtype == d || refuse(c, "expected scalar type %s but found %s", dtype_table[d].graph_name,
                                   dtype_table[t->dtype].graph_name);
}

static bool convert_bits(struct op_call *c, enum dtype from, enum dtype to) {
    struct tensor *x = arg_tensor(c, 0);
    if (!check_matrix(c, x, from)) return false;
    struct tensor *whole = tensor_contiguous(x, c->cx->budget, c->err);
    struct tensor *out = whole ? call_new(c, to, 2, x->sizes) : NULL;
    for (int64_t i = 0; out && i < x->numel; i++)
        if (to == DTYPE_FLOAT16)
            ((uint16_t *)tensor_data(out))[i] =
                (uint16_t)((bits_of_float(((const float *)tensor_data(whole))[i]) + 0x8000u) >> 16);
        else
            ((float *)tensor_data(out))[i] = bfloat_to_float(((const uint16_t *)tensor_data(whole))[i]);
    tensor_release(whole);
    return give_tensor(c, out);
}

bool op_float_to_bfloat_bits(struct op_call *c) {
    return convert_bits(c, DTYPE_FLOAT32, DTYPE_FLOAT16);
}
bool op_bfloat_bits_to_float(struct op_call *c) {
    return convert_bits(c, DTYPE_FLOAT16, DTYPE_FLOAT32);
}
