/* Factories of random tensors: rand, randn, randint, randperm, normal, and the forms like another tensor.
 * They make an empty tensor and call the in-place operator, so that every draw is written once. */
#include "ops/create/factory.h"
#include "ops/random/fill.h"
#include <math.h>
#include <string.h>

static bool is_out(const struct op_call *c) {
    return c->row && c->row->traits & OP_OUT;
}

/* Arguments that a schema may have between sizes and options: a generator (None or one). */
static int options_after(const struct op_call *c, int at) {
    const char *schema = c->row ? op_schema(c->row) : "";
    return strstr(schema, "Generator? generator") && !strstr(op_overload(c->row), "names") ? at + 1 : at;
}

static struct tensor *filled(struct compose *k, struct tensor *t, bool normal) {
    if (!compose_own(k, t)) return NULL;
    return compose_run(k, normal ? "aten::normal_" : "aten::uniform_", "tff", t, 0.0, 1.0);
}

static bool by_size(struct op_call *c, bool normal) {
    struct compose k = compose_start(c);
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, options_after(c, 1), DTYPE_FLOAT32, &d)) return false;
    return compose_give(&k, filled(&k, factory_new(c, d, ndim, sizes), normal));
}
bool random_rand(struct op_call *c) {
    return by_size(c, false);
}
bool random_randn(struct op_call *c) {
    return by_size(c, true);
}

static struct tensor *like(struct op_call *c, int options) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d;
    if (is_out(c)) return factory_new(c, tensor_dtype(t), t->ndim, t->sizes);
    if (!factory_dtype(c, options, tensor_dtype(t), &d)) return NULL;
    return factory_like(c, t, d, arg_int_or(c, options + 4, FORMAT_PRESERVE));
}
bool random_rand_like(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, filled(&k, like(c, options_after(c, 1)), false));
}
bool random_randn_like(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, filled(&k, like(c, options_after(c, 1)), true));
}

static bool integers(struct op_call *c, struct tensor *t, int64_t low, int64_t high) {
    struct compose k = compose_start(c);
    if (!compose_own(&k, t)) return compose_give(&k, NULL);
    return compose_give(&k, compose_run(&k, "aten::random_.from", "tii", t, low, high));
}
/* randint(high, size), randint.low(low, high, size) */
static bool randint(struct op_call *c, int64_t low, int64_t high, int at) {
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, at, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, options_after(c, at + 1), DTYPE_FLOAT32, &d)) return false;
    return integers(c, factory_new(c, d, ndim, sizes), low, high);
}
bool random_randint(struct op_call *c) {
    return randint(c, 0, arg_int(c, 0), 1);
}
bool random_randint_low(struct op_call *c) {
    return randint(c, arg_int(c, 0), arg_int(c, 1), 2);
}
bool random_randint_like(struct op_call *c) {
    bool tensor = c->args[1].tag == VALUE_TENSOR;
    if (tensor && arg_tensor(c, 1)->ndim != 0) return refuse(c, "high must be a scalar tensor and on CPU");
    int64_t high = tensor ? tensor_get_int(arg_tensor(c, 1), 0) : arg_int(c, 1);
    return integers(c, like(c, options_after(c, 2)), 0, high);
}
bool random_randint_like_low(struct op_call *c) {
    return integers(c, like(c, options_after(c, 3)), arg_int(c, 1), arg_int(c, 2));
}

/* check_supported_max_int_with_precision of aten/src/ATen/native/TensorFactories.h */
static bool check_permuted(struct op_call *c, enum dtype d, int64_t n) {
    static const int digits[DTYPE_COUNT] = {[DTYPE_FLOAT16] = 11, [DTYPE_FLOAT32] = 24, [DTYPE_FLOAT64] = 53};
    int bits = d == DTYPE_UINT8 ? 8 : 8 * (int)dtype_size(d) - 1;
    if (dtype_is_integral(d, false) && bits < 63 && n - 1 >= (int64_t)1 << bits)
        return refuse(c, "value cannot be converted to type %sint%d_t without overflow",
                      d == DTYPE_UINT8 ? "u" : "", 8 * (int)dtype_size(d));
    int64_t most = digits[d] ? ((int64_t)1 << digits[d]) + 1 : INT64_MAX;
    return n <= most || refuse(c, "n cannot be greater than %lld for %s type.", (long long)most,
                               dtype_table[d].graph_name);
}

bool random_randperm(struct op_call *c) {
    int64_t n = arg_int(c, 0);
    enum dtype d;
    if (!factory_dtype(c, options_after(c, 1), DTYPE_INT64, &d)) return false;
    if (n < 0)
        return refuse(c, "Trying to create tensor with negative dimension %lld: [%lld]", (long long)n,
                      (long long)n);
    if (!accept_dtype(c, d, SET_NUMBERS, "randperm") || !check_permuted(c, d, n)) return false;
    struct tensor *t = factory_new(c, d, 1, &n);
    struct tensor *order = t ? call_new(c, DTYPE_INT64, 1, &n) : NULL;
    struct generator *g = order ? random_generator(c) : NULL;
    if (!g) {
        tensor_release(t);
        tensor_release(order);
        return false;
    }
    int64_t *r = tensor_data(order);
    for (int64_t i = 0; i < n; i++) r[i] = i;
    for (int64_t i = 0; i < n - 1; i++) {
        int64_t other = i + generator_next32(g) % (uint32_t)(n - i), swap = r[i];
        r[i] = r[other];
        r[other] = swap;
    }
    bool good = tensor_copy(t, order, c->err);
    tensor_release(order);
    if (good) return give_tensor(c, t);
    tensor_release(t);
    return false;
}

/* --- normal(mean, std): tensors or numbers; and normal(mean, std, size) --- */

static bool check_deviations(struct op_call *c, const struct tensor *std) {
    if (dtype_is_complex(tensor_dtype(std)))
        return refuse(c, "normal expects standard deviation to be non-complex");
    for (int64_t i = 0; i < std->numel; i++)
        if (!(tensor_get_float(std, i) >= 0)) return refuse(c, "normal expects all elements of std >= 0.0");
    return true;
}

/* normal_out_impl: standard normals of the broadcast shape, scaled and moved in place, so that a tensor that
 * the draws' dtype cannot take is refused. `out` is NULL, or the tensor to fill. */
static struct tensor *normals(struct op_call *c, struct compose *k, struct tensor *out, struct tensor *mean,
                              struct tensor *std) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = 0;
    double scale = std ? 1 : arg_number(c, 1).f;
    if (!std && !(scale >= 0)) {
        refuse(c, "normal expects std >= 0.0, but found std %g", scale);
        return NULL;
    }
    if (std && !check_deviations(c, std)) return NULL;
    if (mean && !sizes_broadcast(&ndim, sizes, mean->ndim, mean->sizes, c->err)) return NULL;
    struct tensor *other = std ? std : out;
    if (other && !sizes_broadcast(&ndim, sizes, other->ndim, other->sizes, c->err)) return NULL;
    struct tensor *z = out;
    if (!z) z = compose_own(k, call_new(c, tensor_dtype(mean ? mean : std), ndim, sizes));
    if (!z || (z == out && !sizes_are(z, ndim, sizes) && !tensor_resize(z, ndim, sizes, c->err))) return NULL;
    z = compose_run(k, "aten::normal_", "tff", z, 0.0, scale);
    if (std) z = compose_run(k, "aten::mul_.Tensor", "tt", z, std);
    if (z && !mean) mean = compose_own(k, tensor_of_float(arg_number(c, 0).f, tensor_dtype(z), c->err));
    return compose_run(k, "aten::add_.Tensor", "ttd", z, mean, 1);
}

bool random_normal_of(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *mean = c->args[0].tag == VALUE_TENSOR ? arg_tensor(c, 0) : NULL,
                  *std = c->args[1].tag == VALUE_TENSOR ? arg_tensor(c, 1) : NULL;
    return compose_give(&k, normals(c, &k, call_target(c), mean, std));
}
bool random_normal_sized(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 2, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, 4, DTYPE_FLOAT32, &d)) return false;
    struct tensor *t = compose_own(&k, factory_new(c, d, ndim, sizes));
    return compose_give(&k, compose_run(&k, "aten::normal_", "tff", t, arg_float(c, 0), arg_float(c, 1)));
}

bool random_manual_seed(struct op_call *c) {
    if (c->cx->generator) generator_seed(c->cx->generator, (uint64_t)arg_int(c, 0));
    return true;
}
