/* Tensors filled with whole numbers: random_ in its three forms
 * (random_from_to_impl of aten/src/ATen/native/DistributionTemplates.h). */
#include "ops/common/cpp_names.h"
#include "ops/random/fill.h"
#include <math.h>

/* Numbers in [from, from + range). */
struct integers {
    struct generator *g;
    enum dtype dtype;
    uint64_t range; /* 0: all 64 bits */
    int64_t from;
    bool wide; /* 64 bits are drawn, not 32 */
};

static void integer_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct integers *n = context;
    for (int64_t i = 0; i < count; i++) {
        uint64_t r = n->wide ? generator_next64(n->g) : generator_next32(n->g);
        int64_t x = (int64_t)((n->range ? r % n->range : r) + (uint64_t)n->from);
        convert_store[n->dtype][COMPUTE_INT](data[0] + i * strides[0], 0, &x, 0, 1);
    }
}

static bool fill_integers(struct op_call *c, struct tensor *t, int64_t from, uint64_t range, bool wide) {
    struct iterate it = {.outputs = 1, .operands = 2, .tensors = {t, t}};
    struct integers n = {random_generator(c), tensor_dtype(t), range, from, wide};
    if (!n.g || !accept_written(c, t) || !iterate_begin(&it, c->err)) return false;
    iterate_run(&it, integer_loop, &n);
    tensor_changed(t);
    return true;
}

/* Bits of a floating dtype's significand, the hidden one too; 0 for others. */
static int digits_of(enum dtype d) {
    static const int digits[DTYPE_COUNT] = {
        [DTYPE_FLOAT16] = 11, [DTYPE_BFLOAT16] = 8, [DTYPE_FLOAT32] = 24, [DTYPE_FLOAT64] = 53};
    return digits[d];
}

/* The largest number of an integral dtype; the smallest is -it - 1, or 0 where unsigned. */
static int64_t most_of(enum dtype d) {
    if (d == DTYPE_BOOL) return 1;
    int bits = 8 * (int)dtype_size(d);
    return d == DTYPE_UINT8 ? 255 : (int64_t)(((uint64_t)1 << (bits - 1)) - 1);
}

static bool in_bounds(struct op_call *c, enum dtype d, int64_t x, const char *name) {
    bool within;
    if (dtype_is_floating(d)) {
        within = fabs((double)x) <= dtype_largest(d);
    } else {
        int64_t most = most_of(d), least = d == DTYPE_BOOL || d == DTYPE_UINT8 ? 0 : -most - 1;
        within = x >= least && x <= most;
    }
    return within ||
           refuse(c, "%s is out of bounds for %s", name, d == DTYPE_INT16 ? "short int" : dtype_cpp_name(d));
}

static bool check_bounds(struct op_call *c, enum dtype d, int64_t from, int64_t last) {
    if (dtype_is_complex(d))
        return refuse(c, "check_random_bounds handles only integral, floating-point and boolean types");
    return in_bounds(c, d, from, "from") && in_bounds(c, d, last, "to - 1");
}

/* x in a floating dtype and back. */
static int64_t through(enum dtype d, int64_t x) {
    char bits[8];
    double back;
    convert_store[d][COMPUTE_INT](bits, 0, &x, 0, 1);
    convert_load[d][COMPUTE_DOUBLE](&back, 0, bits, 0, 1);
    return convert_to_int64(back);
}

/* The distance of neighbours of the dtype about x. */
static int64_t spacing(enum dtype d, int64_t x) {
    uint64_t size = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    int power = size > 1 ? 63 - __builtin_clzll(size) : 0, shift = power - digits_of(d) + 1;
    return shift > 0 && shift < 63 ? (int64_t)1 << shift : 1;
}

/* update_from and update_to: the ends move inwards to numbers that rounding does not carry out of [from, to).
 */
static int64_t inner_from(enum dtype d, int64_t from) {
    if (!digits_of(d) || from == INT64_MAX) return from;
    int64_t next = through(d, from + 1);
    return next < from ? next + spacing(d, from + 1) : from;
}
static int64_t inner_to(enum dtype d, int64_t to) {
    if (!digits_of(d) || to == INT64_MIN) return to;
    int64_t last = through(d, to - 1);
    return last >= to ? last - spacing(d, to - 1) : to;
}

static bool fill_between(struct op_call *c, struct tensor *t, int64_t from, int64_t to) {
    enum dtype d = tensor_dtype(t);
    if (!accept_written(c, t)) return false;
    if (from >= to)
        return refuse(c, "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld",
                      (long long)from, (long long)to);
    from = inner_from(d, from);
    to = inner_to(d, to);
    if (from >= to)
        return refuse(c,
                      "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got "
                      "from=%lld >= to=%lld",
                      (long long)from, (long long)to);
    if (!check_bounds(c, d, from, to - 1)) return false;
    uint64_t range = (uint64_t)to - (uint64_t)from;
    return fill_integers(c, t, from, range, range >= (uint64_t)1 << 28);
}

/* From `from` to the largest number of the dtype. */
static bool fill_upwards(struct op_call *c, struct tensor *t, int64_t from) {
    enum dtype d = tensor_dtype(t);
    if (!accept_written(c, t)) return false;
    if (dtype_is_complex(d))
        return refuse(c, "random_from_to_impl handles only integral, floating-point and boolean types");
    int64_t last = digits_of(d) ? (int64_t)1 << digits_of(d) : most_of(d);
    from = inner_from(d, from);
    if (digits_of(d) && from >= last)
        return refuse(c,
                      "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to "
                      "dtype, but got from=%lld > to_inc=%lld",
                      (long long)from, (long long)last);
    if (!check_bounds(c, d, from, last)) return false;
    uint64_t range = (uint64_t)last - (uint64_t)from + 1;
    return fill_integers(c, t, from, range, range >= (uint64_t)1 << 28);
}

static bool fill_all_bits(struct op_call *c, struct tensor *t) {
    enum dtype d = tensor_dtype(t);
    if (t->numel == 0) return true;
    if (!accept_dtype(c, d, SET_INTS | SET_FLOATS | SET_BFLOAT16, "random_full_64_bits_range_kernel_cpu"))
        return false;
    if (dtype_is_integral(d, false) && d != DTYPE_INT64)
        return refuse(c,
                      "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16");
    return fill_integers(c, t, 0, 0, true);
}

/* random_(): from 0 to the largest number, for floating types as far as they count without gaps. */
bool random_random(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = random_target(c, &k);
    if (!t || t->numel == 0) return compose_give(&k, t);
    enum dtype d = tensor_dtype(t);
    if (!accept_written(c, t) || !accept_dtype(c, d, SET_NUMBERS | SET_BOOL, "random_kernel_cpu"))
        return compose_give(&k, NULL);
    uint64_t range = (digits_of(d) ? (uint64_t)1 << digits_of(d) : (uint64_t)most_of(d)) + 1;
    bool wide = d == DTYPE_INT64 || d == DTYPE_FLOAT64;
    return compose_give(&k, fill_integers(c, t, 0, range, wide) ? t : NULL);
}
bool random_random_to(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = random_target(c, &k);
    return compose_give(&k, t && fill_between(c, t, 0, arg_int(c, 1)) ? t : NULL);
}
bool random_random_from(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = random_target(c, &k);
    int64_t from = arg_int(c, 1);
    bool good = t && (!arg_none(c, 2)     ? fill_between(c, t, from, arg_int(c, 2))
                      : from != INT64_MIN ? fill_upwards(c, t, from)
                                          : fill_all_bits(c, t));
    return compose_give(&k, good ? t : NULL);
}
