/* Which scale and zero point cover a range of reals, and the operators that say so. Sources:
 * aten/src/ATen/native/quantized/cpu/QuantUtils.h, fbgemm/src/QuantUtils.cc,
 * aten/src/ATen/native/quantized/QTensor.cpp. */
#include "base/mem.h"
#include "ops/common/give.h"
#include "ops/quantized/quantize.h"
#include "tensor/half.h"

/* Smaller scales would be subnormal in float16. */
static const float smallest_scale = 6.1e-5f;

struct reals_range {
    float low, high;
};

static void make_symmetric(struct reals_range *r, double steps) {
    double below = -(floor(steps / 2) + 1), above = floor(steps / 2);
    double scale = fmax(fabs(r->low / below), fabs(r->high / above));
    r->low = (float)(scale * below);
    r->high = (float)(scale * above);
}

static void enlarge(struct reals_range *r, double scale, double steps) {
    float larger = smallest_scale / (float)scale;
    if (r->low == 0) {
        r->high = (float)(smallest_scale * steps);
    } else if (r->high == 0) {
        r->low = (float)(-smallest_scale * steps);
    } else {
        r->low *= larger;
        r->high *= larger;
    }
}

/* The zero point from that end of the range which loses less; PyTorch's own copy of fbgemm's function
 * subtracts where fbgemm adds. */
static double zero_of_range(struct reals_range r, double scale, struct integer_range to, bool single) {
    double low = r.low / scale, high = r.high / scale, sign = single ? 1 : -1;
    double error_low = fabs((double)to.low) + sign * fabs(low),
           error_high = fabs((double)to.high) + sign * fabs(high);
    return error_low < error_high ? to.low - low : to.high - high;
}

static double scale_of_range(struct reals_range r, double steps, bool single) {
    double scale = ((double)r.high - r.low) / steps;
    float narrow = (float)scale;
    if (narrow == 0 || isinf(1.0f / narrow)) return single ? 0.1f : 0.1;
    return single ? narrow : scale;
}

bool quantized_choose(struct op_call *c, float low, float high, struct integer_range to, int how,
                      double *scale, int64_t *zero_point) {
    bool single = (how & CHOOSE_SINGLE) != 0;
    if (!single && !(low <= high))
        return refuse(c, "In ChooseQuantizationParams, min should be less than or equal to max");
    if (!single && to.low >= to.high)
        return refuse(c, "In ChooseQuantizationParams, qmin should be less than qmax");
    struct reals_range r = {low, high};
    double steps = (double)to.high - to.low;
    bool symmetric = (how & CHOOSE_SYMMETRIC) && low < 0 && high > 0;
    if (symmetric) make_symmetric(&r, steps);
    r.low = r.low > 0 ? 0 : r.low;
    r.high = r.high < 0 ? 0 : r.high;
    *scale = scale_of_range(r, steps, single);
    if (*scale < smallest_scale) {
        enlarge(&r, *scale, steps);
        *scale = smallest_scale;
    }
    double zero = zero_of_range(r, *scale, to, single);
    if (symmetric && r.low < 0 && r.high > 0) zero = ((double)to.low + to.high) / 2;
    *zero_point = zero < to.low ? to.low : zero > to.high ? to.high : int32_of_float(nearbyint(zero));
    return true;
}

bool quantized_find_range(struct op_call *c, const struct tensor *t, float *low, float *high) {
    if (t->numel == 0)
        return refuse(c, "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                         "reduction dim with the 'dim' argument.");
    *low = *high = (float)tensor_get_float(t, 0);
    for (int64_t i = 0; i < t->numel; i++) {
        float x = (float)tensor_get_float(t, i);
        if (x < *low || x != x) *low = x;
        if (x > *high || x != x) *high = x;
        if (x != x) return true;
    }
    return true;
}

static bool choose_for(struct op_call *c, struct integer_range range, bool reduce, double *scale,
                       int64_t *zero_point) {
    float low, high;
    if (reduce) range = (struct integer_range){range.low / 2, range.high / 2};
    return quantized_find_range(c, arg_tensor(c, 0), &low, &high) &&
           quantized_choose(c, low, high, range, 0, scale, zero_point);
}

bool op_quantize_per_tensor_dynamic(struct op_call *c) {
    enum dtype d;
    double scale;
    int64_t zero_point;
    if (!args_dtype(c, 1, DTYPE_NONE, &d)) return false;
    if (d != DTYPE_QINT8 && d != DTYPE_QUINT8)
        return refuse(c, "dtype %snot supported", dtype_table[d].graph_name);
    return choose_for(c, quantized_range(d), arg_bool(c, 2), &scale, &zero_point) &&
           give_tensor(c, quantized_of_reals(c, arg_tensor(c, 0), scale, zero_point, d));
}

bool op_choose_qparams(struct op_call *c) {
    double scale;
    int64_t zero_point;
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    if (dtype_is_complex(d))
        return error_set_kind(c->err, LB_ERROR_RUNTIME, "NotImplementedError",
                              "\"min_all\" not implemented for '%s'", dtype_table[d].graph_name);
    if (!choose_for(c, (struct integer_range){0, 255}, arg_bool(c, 1), &scale, &zero_point)) return false;
    c->results[0] = value_float(scale);
    c->results[1] = value_int(zero_point);
    return true;
}

/* ---- the greedy search of choose_qparams_optimized ---- */

struct search {
    const float *x;
    int64_t count;
    int bits;
};

/* The error of quantizing with this range, as a norm. */
static float loss(const struct search *s, float low, float high) {
    low = half_to_float(float_to_half(low));
    float range = high - low, most = (float)((1 << s->bits) - 1);
    float scale = range == 0 ? 1.0f : half_to_float(float_to_half(range / most));
    float inverse = scale == 0 ? 1.0f : 1.0f / scale, norm = 0;
    for (int64_t i = 0; i < s->count; i++) {
        float q = nearbyintf((s->x[i] - low) * inverse);
        q = most < q ? most : q;
        q = (q > 0 ? q : 0) * scale + low;
        norm += (s->x[i] - q) * (s->x[i] - q);
    }
    return sqrtf(norm);
}

static void search_range(const struct search *s, int64_t bins, double ratio, float *low, float *high) {
    float step = (*high - *low) / (float)bins, from = *low, to = *high;
    float current = loss(s, from, to), best = current;
    float threshold = (float)int32_of_float((double)((float)bins * (1.0f - (float)ratio))) * step;
    while (step > 0 && from + threshold < to) {
        float left = loss(s, from + step, to), right = loss(s, from, to - step);
        if (current < left && current < right && current < best) {
            best = current;
            *low = from;
            *high = to;
        }
        float was_from = from, was_to = to;
        if (left < right)
            from += step;
        else
            to -= step;
        current = left < right ? left : right;
        if (from == was_from && to == was_to) return; /* steps too small to move: PyTorch never ends */
    }
}

/* Shared with the packing of embeddings: the best range of a row. */
bool quantized_search(struct op_call *c, const float *x, int64_t count, int64_t bins, double ratio,
                      int64_t bits, float *low, float *high) {
    if (count <= 0 || bits < 1 || bits > 8)
        return refuse(c, "choose_qparams_optimized: numel and bit_width should be positive");
    *low = *high = x[0];
    for (int64_t i = 1; i < count; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
    struct search s = {x, count, (int)bits};
    search_range(&s, bins, ratio, low, high);
    return true;
}

static struct tensor *one_float(struct op_call *c, float x) {
    struct tensor *t = call_new(c, DTYPE_FLOAT32, 1, (const int64_t[]){1});
    if (t) *(float *)tensor_data(t) = x;
    return t;
}

/* (input, numel, n_bins, ratio, bit_width) -> (max, min) */
bool op_choose_qparams_optimized(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (arg_int(c, 1) > t->numel)
        return refuse(c, "numel should not be greater than the elements of input_tensor");
    if (t->dtype != DTYPE_FLOAT32)
        return refuse(c, "expected scalar type Float but found %s", dtype_table[t->dtype].graph_name);
    struct tensor *whole = tensor_contiguous(t, c->cx->budget, c->err);
    float low, high;
    bool good = whole && quantized_search(c, tensor_data(whole), arg_int(c, 1), arg_int(c, 2),
                                          arg_float(c, 3), arg_int(c, 4), &low, &high);
    tensor_release(whole);
    return good && give_at(c, 0, one_float(c, high)) && give_at(c, 1, one_float(c, low));
}
