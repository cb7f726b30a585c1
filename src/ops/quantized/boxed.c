/* Old operators that hide packed weights in a tensor of bytes (aten/src/ATen/cpp_custom_type_hack.h):
 * fbgemm_* and the wrapped linear layers. Here the bytes' storage owns the weights. Sources:
 * aten/src/ATen/native/QuantizedLinear.cpp, aten/src/ATen/native/quantized/cpu/{qlinear,qlinear_prepack}.cpp.
 */
#include "base/mem.h"
#include "ops/common/give.h"
#include "ops/quantized/requantize.h"
#include "tensor/quantizer.h"

struct box {
    uint8_t bytes[8]; /* what the tensor shows; PyTorch's has an address there */
    struct tensor *weight, *bias;
};

static void box_free(void *owner, void *data) {
    struct box *box = owner;
    (void)data;
    tensor_release(box->weight);
    tensor_release(box->bias);
    mem_free(box);
}

/* A tensor over a box; the bias may be NULL. */
static struct tensor *box_up(struct op_call *c, struct tensor *weight, struct tensor *bias) {
    struct box *box = mem_zeroed(1, sizeof *box);
    if (!box) {
        error_memory(c->err);
        return NULL;
    }
    box->weight = tensor_retain(weight);
    box->bias = bias ? tensor_retain(bias) : NULL;
    struct storage *s = storage_wrap(box->bytes, sizeof box->bytes, box_free, box, c->err);
    if (!s) {
        box_free(box, NULL);
        return NULL;
    }
    const int64_t size = (int64_t)sizeof box->bytes, step = 1;
    struct tensor *t = tensor_over(s, DTYPE_UINT8, 1, &size, &step, 0, c->err);
    storage_release(s);
    return t;
}

static const struct box *open_box(struct op_call *c, const struct tensor *t) {
    if (t->storage && t->storage->release == box_free) return t->storage->owner;
    refuse(c, "Expected temporary cpp type wrapper");
    return NULL;
}

static bool need_floats(struct op_call *c, const struct tensor *t) {
    return t->dtype == DTYPE_FLOAT32 ||
           refuse(c, "expected scalar type Float but found %s", dtype_table[t->dtype].graph_name);
}

static bool need_matrix(struct op_call *c, const struct tensor *t) {
    return t->ndim >= 2 ||
           refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
}

/* ---- 8-bit weights ---- */

/* Sums of the rows of a [rows, columns] table, less the zero points. */
static struct tensor *column_offsets(struct op_call *c, const struct tensor *whole, int64_t zero_point) {
    int64_t rows = whole->sizes[0], columns = whole->sizes[1];
    struct tensor *out = call_new(c, DTYPE_INT32, 1, &rows);
    const int8_t *from = tensor_data(whole);
    for (int64_t i = 0; out && i < rows; i++) {
        int64_t sum = 0;
        for (int64_t j = 0; j < columns && i * columns + j < whole->numel; j++) sum += from[i * columns + j];
        ((int32_t *)tensor_data(out))[i] = (int32_t)(uint32_t)(uint64_t)(sum - zero_point * columns);
    }
    return out;
}

/* Rounds before the zero point is added. */
static void round_weight(const struct tensor *whole, const struct affine *q, int8_t *to) {
    const float *from = tensor_data(whole);
    for (int64_t i = 0; i < whole->numel; i++) to[i] = (int8_t)quantize_whole(from[i], q);
}

static bool find_affine(struct op_call *c, const struct tensor *t, struct integer_range range,
                        struct affine *q) {
    float low = 0, high = 0;
    double scale = 1;
    int64_t zero_point = 0;
    bool good = (t->numel == 0 || quantized_find_range(c, t, &low, &high)) &&
                quantized_choose(c, low, high, range, CHOOSE_SINGLE, &scale, &zero_point);
    *q = affine_of(scale, zero_point, range);
    return good;
}

/* (weight) -> (integers, column offsets, scale, zero point) */
bool op_fbgemm_quantize_weight(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0);
    struct affine q;
    if (!need_floats(c, w)) return false;
    struct compose k = compose_start(c);
    struct tensor *whole = compose_own(&k, tensor_contiguous(w, c->cx->budget, c->err));
    struct tensor *out = whole ? compose_own(&k, call_new(c, DTYPE_INT8, w->ndim, w->sizes)) : NULL;
    if (!out || !find_affine(c, whole, (struct integer_range){-128, 127}, &q) || !need_matrix(c, w))
        return compose_refused(&k, false);
    round_weight(whole, &q, tensor_data(out));
    struct tensor *offsets = compose_own(&k, column_offsets(c, out, q.zero_point));
    c->results[2] = value_float((double)q.scale);
    c->results[3] = value_int(q.zero_point);
    return offsets ? compose_give_some(&k, 2, (struct tensor *const[]){out, offsets})
                   : compose_refused(&k, false);
}

/* (weight, [K, N]) */
bool op_fbgemm_pack_integers(struct op_call *c) {
    struct tensor *w = arg_tensor(c, 0);
    if (!need_matrix(c, w)) return false;
    if (w->dtype != DTYPE_INT8)
        return refuse(c, "expected scalar type Char but found %s", dtype_table[w->dtype].graph_name);
    return give_tensor(c, box_up(c, w, NULL));
}

static bool check_int8(struct op_call *c, const struct tensor *x, const struct tensor *w,
                       const struct tensor *bias) {
    bool fits = x->ndim >= 2 && w->ndim == 2 && x->sizes[x->ndim - 1] == w->sizes[1] && bias->ndim == 1 &&
                bias->sizes[0] == w->sizes[0] && w->dtype == DTYPE_INT8;
    if (!fits)
        return refuse(
            c, "fbgemm_linear_int8_weight: input, weight and bias should fit each other, the weight in int8");
    return need_floats(c, bias);
}

/* The input's bytes, its range found as fbgemm does. */
static struct tensor *input_bytes(struct compose *k, struct tensor *x, struct affine *q) {
    struct op_call *c = k->c;
    struct tensor *whole = compose_own(k, tensor_contiguous(x, c->cx->budget, c->err));
    if (!whole || !find_affine(c, whole, (struct integer_range){0, 255}, q)) return NULL;
    return compose_own(k, quantized_of_reals(c, whole, (double)q->scale, q->zero_point, DTYPE_QUINT8));
}

/* (input, weight, packed, column offsets, scale, zero point, bias) */
bool op_fbgemm_linear_int8(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1), *packed = arg_tensor(c, 2),
                  *bias = arg_tensor(c, 6);
    struct affine q;
    if (!need_floats(c, x) || !check_int8(c, x, w, bias)) return false;
    if (packed != w && !open_box(c, packed)) return false;
    struct compose k = compose_start(c);
    int64_t zero = arg_number(c, 5).i;
    struct tensor *bytes = input_bytes(&k, x, &q);
    struct tensor *weights = bytes ? compose_own(&k, tensor_contiguous(w, c->cx->budget, c->err)) : NULL;
    struct tensor *sums = weights ? requantize_sums(&k, bytes, weights, q.zero_point, &zero, false) : NULL;
    struct tensor *flat = sums ? compose_own(&k, tensor_contiguous(bias, c->cx->budget, c->err)) : NULL;
    struct quantizer *scale = sums && flat ? quantizer_per_tensor(arg_number(c, 4).f, 0) : NULL;
    if (!scale) return compose_refused(&k, sums && flat ? error_memory(c->err) : false);
    struct requantization r = {sums, flat, scale, w->sizes[0], 1, (double)q.scale, false};
    struct tensor *out = compose_own(&k, requantize_to_reals(c, &r));
    quantizer_release(scale);
    return out ? compose_give(&k, out) : compose_refused(&k, false);
}

/* ---- float16 weights ---- */

static bool pack_half(struct op_call *c, struct tensor *w) {
    if (!need_floats(c, w)) return false;
    struct compose k = compose_start(c);
    struct tensor *halves = packed_halves(&k, w), *out = halves ? box_up(c, halves, NULL) : NULL;
    return out ? compose_give(&k, compose_own(&k, out)) : compose_refused(&k, false);
}

/* (weight) */
bool op_fbgemm_pack_half(struct op_call *c) {
    return need_matrix(c, arg_tensor(c, 0)) && pack_half(c, arg_tensor(c, 0));
}
bool op_fbgemm_pack_half_wrapped(struct op_call *c) {
    if (arg_tensor(c, 0)->ndim != 2)
        return refuse(c, "fbgemm weight packing only packs matrices not vectors.");
    return pack_half(c, arg_tensor(c, 0));
}

/* (input, packed, bias?, ...) */
bool op_fbgemm_linear_half(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *bias = arg_tensor_or_null(c, 2);
    if (!need_floats(c, x)) return false;
    const struct box *box = open_box(c, arg_tensor(c, 1));
    if (!box) return false;
    if (x->ndim < 2 || box->weight->ndim != 2 || x->sizes[x->ndim - 1] != box->weight->sizes[1] ||
        box->weight->quantizer || (bias && bias->ndim != 1))
        return refuse(c, "fbgemm_linear_fp16_weight: input, packed weight and bias should fit each other");
    struct compose k = compose_start(c);
    struct tensor *y = compose_run(&k, "aten::linear", "ttn", x, box->weight);
    if (y && bias) y = compose_run(&k, "aten::add.Tensor", "ttd", y, bias, 1);
    return y ? compose_give(&k, y) : compose_refused(&k, false);
}

/* (input, packed, bias?, output) */
bool op_fbgemm_linear_half_out(struct op_call *c) {
    struct tensor *to = arg_tensor(c, 3);
    if (!op_fbgemm_linear_half(c)) return false;
    struct tensor *y = c->results[0].tensor;
    c->results[0] = value_none();
    bool good =
        tensor_resize(to, y->ndim, y->sizes, c->err) && tensor_copy(to, y, c->err) && give_borrowed(c, 0, to);
    tensor_changed(to);
    tensor_release(y);
    return good;
}

/* ---- a linear layer between reals, its scales in tensors ---- */

static bool one_number(struct op_call *c, int i) {
    const struct tensor *t = arg_tensor(c, i);
    return t->numel == 1 ||
           refuse(c, "a Tensor with %lld elements cannot be converted to Scalar", (long long)t->numel);
}

static double number_at(const struct op_call *c, int i) {
    return tensor_get_float(arg_tensor(c, i), 0);
}

/* A tensor and two tensors of one number behind it, as integers of dtype d. */
static struct tensor *rounded(struct compose *k, int at, enum dtype d) {
    struct op_call *c = k->c;
    if (!one_number(c, at + 1) || !one_number(c, at + 2)) return NULL;
    return compose_own(k, quantized_of_reals(c, arg_tensor(c, at), number_at(c, at + 1),
                                             tensor_get_int(arg_tensor(c, at + 2), 0), d));
}

/* (weight, scale, zero point, bias) */
static struct tensor *box_linear(struct op_call *c, int at) {
    struct compose k = compose_start(c);
    struct tensor *w = rounded(&k, at, DTYPE_QINT8), *bias = arg_tensor(c, at + 3), *out = NULL;
    if (w && w->ndim != 2)
        refuse(c, "The weight tensor for quantized::linear_prepack (fbgemm) should be 2-dimensional.");
    else if (w && (bias->ndim != 1 || bias->sizes[0] != w->sizes[0]))
        bias->ndim != 1 ? refuse(c, "bias should be a vector (1D Tensor)")
                        : refuse(c, "bias should have N elements: %lld", (long long)w->sizes[0]);
    else if (w)
        out = box_up(c, w, bias);
    compose_end(&k);
    return out;
}

bool op_wrapped_linear_pack(struct op_call *c) {
    return give_tensor(c, box_linear(c, 0));
}

/* (input, scale, zero point), and the output's scale and zero point from argument `out` on */
static bool linear_of_box(struct op_call *c, const struct box *box, int out) {
    struct compose k = compose_start(c);
    struct tensor *x = rounded(&k, 0, DTYPE_QUINT8);
    if (!x || !one_number(c, out) || !one_number(c, out + 1)) return compose_refused(&k, false);
    if (!box->weight->quantizer) return compose_refused(&k, refuse(c, "Expected temporary cpp type wrapper"));
    lb_value packed;
    struct tensor *p = compose_run(&k, "quantized::linear_prepack", "tt", box->weight, box->bias);
    (void)p;
    if (k.failed) return compose_refused(&k, false);
    packed = compose_value(&k);
    struct tensor *y = compose_run(&k, "quantized::linear", "tvfi", x, packed, number_at(c, out),
                                   tensor_get_int(arg_tensor(c, out + 1), 0));
    struct tensor *reals = y ? compose_own(&k, quantized_reals(c, y)) : NULL;
    return reals ? compose_give(&k, reals) : compose_refused(&k, false);
}

/* (input, scale, zero point, packed, scale, zero point, out_channel) */
bool op_wrapped_linear_packed(struct op_call *c) {
    if (!one_number(c, 1) || !one_number(c, 2)) return false;
    const struct box *box = open_box(c, arg_tensor(c, 3));
    return box && linear_of_box(c, box, 4);
}

/* (input, scale, zero point, weight, scale, zero point, bias, scale, zero point, out_channel) */
bool op_wrapped_linear(struct op_call *c) {
    struct tensor *packed = box_linear(c, 3);
    bool good = packed && linear_of_box(c, packed->storage->owner, 7);
    tensor_release(packed);
    return good;
}
