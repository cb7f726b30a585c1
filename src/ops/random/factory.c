/* Factories of random tensors: rand, randn, randint, randperm, normal, and the forms like another tensor.
 * They make an empty tensor and call the in-place operator, so that every draw is written once. */
#include "ops/create/factory.h"
#include "ops/common/compose.h"
#include "tensor/random.h"
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

static struct tensor *filled(struct op_call *c, struct compose *k, struct tensor *t, bool normal) {
    if (!compose_own(k, t)) return NULL;
    if (!dtype_is_floating(tensor_dtype(t)) && !dtype_is_complex(tensor_dtype(t))) {
        refuse(c, "\"%s\" not implemented for '%s'", normal ? "normal_kernel_cpu" : "check_uniform_bounds",
               dtype_table[t->dtype].graph_name);
        return NULL;
    }
    return compose_run(k, normal ? "aten::normal_" : "aten::uniform_", "tff", t, 0.0, 1.0);
}

static bool by_size(struct op_call *c, bool normal) {
    struct compose k = compose_start(c);
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, options_after(c, 1), DTYPE_FLOAT32, &d)) return false;
    return compose_give(&k, filled(c, &k, factory_new(c, d, ndim, sizes), normal));
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
    return compose_give(&k, filled(c, &k, like(c, options_after(c, 1)), false));
}
bool random_randn_like(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, filled(c, &k, like(c, options_after(c, 1)), true));
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
    if (ndim < 0 || !factory_dtype(c, options_after(c, at + 1), DTYPE_INT64, &d)) return false;
    return integers(c, factory_new(c, d, ndim, sizes), low, high);
}
bool random_randint(struct op_call *c) {
    return randint(c, 0, arg_int(c, 0), 1);
}
bool random_randint_low(struct op_call *c) {
    return randint(c, arg_int(c, 0), arg_int(c, 1), 2);
}
bool random_randint_like(struct op_call *c) {
    int64_t high = c->args[1].tag == VALUE_TENSOR ? tensor_get_int(arg_tensor(c, 1), 0) : arg_int(c, 1);
    return integers(c, like(c, options_after(c, 2)), 0, high);
}
bool random_randint_like_low(struct op_call *c) {
    return integers(c, like(c, options_after(c, 3)), arg_int(c, 1), arg_int(c, 2));
}

bool random_randperm(struct op_call *c) {
    int64_t n = arg_int(c, 0);
    enum dtype d;
    if (!factory_dtype(c, options_after(c, 1), DTYPE_INT64, &d)) return false;
    if (n < 0) return refuse(c, "n must be non-negative, got%lld", (long long)n);
    struct tensor *t = factory_new(c, d, 1, &n);
    struct tensor *order = t ? call_new(c, DTYPE_INT64, 1, &n) : NULL;
    if (!order || !c->cx->generator) {
        tensor_release(t);
        tensor_release(order);
        return false;
    }
    int64_t *r = tensor_data(order);
    for (int64_t i = 0; i < n; i++) r[i] = i;
    for (int64_t i = 0; i < n - 1; i++) {
        int64_t other = i + generator_next32(c->cx->generator) % (uint32_t)(n - i), swap = r[i];
        r[i] = r[other];
        r[other] = swap;
    }
    bool good = tensor_copy(t, order, c->err);
    tensor_release(order);
    if (good) return give_tensor(c, t);
    tensor_release(t);
    return false;
}

/* normal(mean, std): tensors or numbers; and normal(mean, std, size). */
bool random_normal_of(struct op_call *c) {
    struct compose k = compose_start(c);
    bool mean_tensor = c->args[0].tag == VALUE_TENSOR, std_tensor = c->args[1].tag == VALUE_TENSOR;
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = 0;
    struct tensor *mean = mean_tensor ? arg_tensor(c, 0) : NULL, *std = std_tensor ? arg_tensor(c, 1) : NULL;
    if (!std && arg_number(c, 1).f < 0)
        return refuse(c, "normal expects std >= 0.0, but found std %g", arg_number(c, 1).f);
    for (int64_t i = 0; std && i < std->numel; i++)
        if (tensor_get_float(std, i) < 0) return refuse(c, "normal expects all elements of std >= 0.0");
    if (mean && !sizes_broadcast(&ndim, sizes, mean->ndim, mean->sizes, c->err)) return false;
    if (std && !sizes_broadcast(&ndim, sizes, std->ndim, std->sizes, c->err)) return false;
    enum dtype d = mean ? tensor_dtype(mean) : tensor_dtype(std);
    struct tensor *z = compose_own(&k, call_new(c, d, ndim, sizes));
    z = compose_run(&k, "aten::normal_", "tff", z, 0.0, 1.0);
    z = std ? compose_run(&k, "aten::mul.Tensor", "tt", z, std)
            : compose_run(&k, "aten::mul.Scalar", "tf", z, arg_number(c, 1).f);
    z = mean ? compose_run(&k, "aten::add.Tensor", "ttd", z, mean, 1)
             : compose_run(&k, "aten::add.Scalar", "tfd", z, arg_number(c, 0).f, 1);
    return compose_give(&k, z);
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

/* multinomial(self, num_samples, replacement) */
static bool check_weights(struct op_call *c, const struct tensor *p, int64_t samples, bool replacement) {
    if (p->ndim < 1 || p->ndim > 2) return refuse(c, "prob_dist must be 1 or 2 dim");
    if (!dtype_is_floating(tensor_dtype(p)))
        return refuse(c, "multinomial only supports floating-point dtypes for input, got: %s",
                      dtype_table[p->dtype].graph_name);
    if (samples <= 0) return refuse(c, "cannot sample n_sample <= 0 samples");
    if (!replacement && samples > p->sizes[p->ndim - 1])
        return refuse(c, "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
    for (int64_t i = 0; i < p->numel; i++) {
        double x = tensor_get_float(p, i);
        if (!(x >= 0) || isinf(x))
            return refuse(c, "probability tensor contains either `inf`, `nan` or element < 0");
    }
    return true;
}

static void sample_row(struct generator *g, const struct tensor *p, int64_t row, int64_t samples,
                       int64_t *out) {
    int64_t n = p->sizes[p->ndim - 1];
    double total = 0;
    for (int64_t i = 0; i < n; i++) total += tensor_get_float(p, row * n + i);
    for (int64_t s = 0; s < samples; s++) {
        double u = generator_double(g), sum = 0;
        int64_t at = 0;
        for (; at < n - 1; at++) {
            sum += tensor_get_float(p, row * n + at);
            if (sum / total >= u) break;
        }
        out[s] = at;
    }
}

bool random_multinomial(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *p = arg_tensor(c, 0);
    int64_t samples = arg_int(c, 1);
    bool replacement = arg_bool(c, 2);
    if (!check_weights(c, p, samples, replacement)) return false;
    if (!replacement || samples == 1) {
        struct tensor *q = compose_run(&k, "aten::empty_like", "t", p);
        q = compose_run(&k, "aten::exponential_", "tf", q, 1.0);
        q = compose_run(&k, "aten::div.Tensor", "tt", p, q);
        if (samples == 1) return compose_give(&k, compose_run(&k, "aten::argmax", "tdb", q, -1, true));
        compose_run(&k, "aten::topk", "tidbb", q, samples, -1, true, true);
        return compose_give(&k, compose_result(&k, 1));
    }
    int64_t rows = p->ndim == 2 ? p->sizes[0] : 1, sizes[2] = {rows, samples};
    struct tensor *out = compose_own(&k, call_new(c, DTYPE_INT64, p->ndim, p->ndim == 2 ? sizes : sizes + 1));
    if (!out || !c->cx->generator) return compose_give(&k, NULL);
    for (int64_t r = 0; r < rows; r++)
        sample_row(c->cx->generator, p, r, samples, (int64_t *)tensor_data(out) + r * samples);
    return compose_give(&k, out);
}

/* poisson(self) and _standard_gamma(self): a draw for each element. */
static bool per_element(struct op_call *c, bool gamma) {
    struct tensor *t = arg_tensor(c, 0), *out = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    int64_t size = (int64_t)dtype_size(tensor_dtype(t));
    if (!out || !c->cx->generator) return false;
    for (int64_t i = 0; i < t->numel; i++) {
        double x = tensor_get_float(t, i);
        if (!gamma && x < 0) {
            tensor_release(out);
            return refuse(c, "invalid Poisson rate, expected rate to be non-negative");
        }
        x = gamma ? generator_gamma(c->cx->generator, x) : (double)generator_poisson(c->cx->generator, x);
        if (gamma && x < 2.2250738585072014e-308)
            x = t->dtype == DTYPE_FLOAT64 ? 2.2250738585072014e-308 : 1.1754943508222875e-38;
        convert_store[t->dtype][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * size, 0, &x, 0, 1);
    }
    return give_tensor(c, out);
}
bool random_poisson(struct op_call *c) {
    return per_element(c, false);
}
bool random_standard_gamma(struct op_call *c) {
    return per_element(c, true);
}
bool random_manual_seed(struct op_call *c) {
    if (c->cx->generator) generator_seed(c->cx->generator, (uint64_t)arg_int(c, 0));
    return true;
}
