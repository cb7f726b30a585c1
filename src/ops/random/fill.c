/* Random tensors: uniform, normal, integers, Bernoulli, permutations, and dropout made of them.
 *
 * Which draw each dtype takes, and in which order elements are filled, is PyTorch's
 * (aten/src/ATen/native/cpu/DistributionTemplates.h): a tensor is filled in its own memory order, normal
 * numbers of 16 or more contiguous elements in blocks. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/create/factory.h"
#include "ops/view/geometry.h"
#include "tensor/random.h"
#include "value/value.h"
#include <math.h>
#include <string.h>

typedef void draw(struct generator *g, const double *p, double *out);

struct filling {
    struct generator *g;
    enum dtype dtype;
    draw *draw;
    const double *p;
};

static void fill_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct filling *f = context;
    convert_run *store = convert_store[f->dtype][COMPUTE_DOUBLE];
    for (int64_t i = 0; i < count; i++) {
        double x;
        f->draw(f->g, f->p, &x);
        store(data[0] + i * strides[0], 0, &x, 0, 1);
    }
}

/* Calls the draw for every element in memory order. */
static bool fill_with(struct op_call *c, struct tensor *t, draw *d, const double *p) {
    struct iterate it = {.outputs = 1, .operands = 2, .tensors = {t, t}};
    struct filling f = {c->cx->generator, tensor_dtype(t), d, p};
    if (!c->cx->generator) return refuse(c, "this run has no random generator");
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, fill_loop, &f);
    t->version++;
    return true;
}

/* --- draws; p are the parameters --- */

static void draw_uniform_float(struct generator *g, const double *p, double *out) {
    *out = (double)fmaf(generator_float(g), (float)p[1] - (float)p[0], (float)p[0]);
}
static void draw_uniform_double(struct generator *g, const double *p, double *out) {
    *out = generator_double(g) * (p[1] - p[0]) + p[0];
}
static void draw_normal(struct generator *g, const double *p, double *out) {
    *out = generator_normal(g) * p[1] + p[0];
}
static void draw_bernoulli(struct generator *g, const double *p, double *out) {
    *out = generator_double(g) < p[0];
}
static void draw_exponential(struct generator *g, const double *p, double *out) {
    double u = generator_double(g);
    *out = -log1p(-u) / p[0];
}
static void draw_cauchy(struct generator *g, const double *p, double *out) {
    *out = p[0] + p[1] * tan(3.14159265358979323846 * (generator_double(g) - 0.5));
}
static void draw_log_normal(struct generator *g, const double *p, double *out) {
    *out = exp(generator_normal(g) * p[1] + p[0]);
}
static void draw_geometric(struct generator *g, const double *p, double *out) {
    double u = generator_double(g);
    *out = ceil(log(u) / log1p(-p[0]));
}

static bool fill_uniform(struct op_call *c, struct tensor *t, double from, double to) {
    double p[2] = {from, to};
    if (dtype_is_complex(tensor_dtype(t))) {
        int64_t sizes[TENSOR_MAX_DIMS + 1], strides[TENSOR_MAX_DIMS + 1];
        if (t->ndim == TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
        for (int i = 0; i < t->ndim; i++) sizes[i] = t->sizes[i], strides[i] = 2 * t->strides[i];
        sizes[t->ndim] = 2, strides[t->ndim] = 1;
        struct tensor *parts = tensor_over(t->storage, dtype_real(tensor_dtype(t)), t->ndim + 1, sizes,
                                           strides, 2 * t->offset, c->err);
        bool good = parts && fill_uniform(c, parts, from, to);
        tensor_release(parts);
        return good;
    }
    return fill_with(c, t, t->dtype == DTYPE_FLOAT64 ? draw_uniform_double : draw_uniform_float, p);
}

enum { NORMAL_BLOCK = 16 };

static float rounded(enum dtype d, double x) {
    uint16_t bits;
    double back;
    convert_store[d][COMPUTE_DOUBLE](&bits, 0, &x, 0, 1);
    convert_load[d][COMPUTE_DOUBLE](&back, 0, &bits, 0, 1);
    return (float)back;
}

/* normal_fill_16 for half and bfloat16: every step is rounded to the type. */
static void narrow_block(enum dtype d, float *x, float mean, float std) {
    for (int j = 0; j < NORMAL_BLOCK / 2; j++) {
        float u1 = rounded(d, 1 - x[j]), u2 = x[j + NORMAL_BLOCK / 2];
        float radius = rounded(d, sqrtf(rounded(d, -2 * rounded(d, logf(u1)))));
        float angle = rounded(d, 6.28318530717958647692 * (double)u2);
        float c = rounded(d, radius * rounded(d, cosf(angle))),
              s = rounded(d, radius * rounded(d, sinf(angle)));
        x[j] = rounded(d, rounded(d, c * std) + mean);
        x[j + NORMAL_BLOCK / 2] = rounded(d, rounded(d, s * std) + mean);
    }
}

static void fill_narrow(struct generator *g, struct tensor *t, double mean, double std) {
    enum dtype d = tensor_dtype(t);
    uint16_t *data = tensor_data(t);
    float block[NORMAL_BLOCK], m = rounded(d, mean), s = rounded(d, std);
    for (int64_t i = 0; i < t->numel; i++) {
        double u = generator_float(g);
        convert_store[d][COMPUTE_DOUBLE](&data[i], 0, &u, 0, 1);
    }
    for (int64_t at = 0; at < t->numel; at += NORMAL_BLOCK) {
        bool whole = at + NORMAL_BLOCK <= t->numel;
        uint16_t *place = whole ? data + at : data + t->numel - NORMAL_BLOCK;
        for (int j = 0; j < NORMAL_BLOCK; j++) {
            if (whole)
                convert_load[d][COMPUTE_FLOAT](&block[j], 0, &place[j], 0, 1);
            else
                block[j] = rounded(d, generator_float(g));
        }
        narrow_block(d, block, m, s);
        convert_store[d][COMPUTE_FLOAT](place, 2, block, sizeof *block, NORMAL_BLOCK);
    }
}

static bool fill_blocks(struct op_call *c, struct tensor *t, double mean, double std) {
    struct generator *g = c->cx->generator;
    if (!g) return refuse(c, "this run has no random generator");
    if (t->dtype == DTYPE_FLOAT32) {
        generator_normals_float(g, tensor_data(t), t->numel, (float)mean, (float)std);
    } else if (t->dtype == DTYPE_FLOAT64) {
        generator_normals_double(g, tensor_data(t), t->numel, mean, std);
    } else {
        fill_narrow(g, t, mean, std);
    }
    t->version++;
    return true;
}

static bool fill_normal(struct op_call *c, struct tensor *t, double mean, double std) {
    double p[2] = {mean, std};
    if (dtype_is_complex(tensor_dtype(t))) {
        int64_t sizes[TENSOR_MAX_DIMS + 1], strides[TENSOR_MAX_DIMS + 1];
        if (t->ndim == TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
        for (int i = 0; i < t->ndim; i++) sizes[i] = t->sizes[i], strides[i] = 2 * t->strides[i];
        sizes[t->ndim] = 2, strides[t->ndim] = 1;
        struct tensor *parts = tensor_over(t->storage, dtype_real(tensor_dtype(t)), t->ndim + 1, sizes,
                                           strides, 2 * t->offset, c->err);
        bool good = parts && fill_normal(c, parts, mean, std * 0.70710678118654752440);
        tensor_release(parts);
        return good;
    }
    if (t->numel >= NORMAL_BLOCK && tensor_is_contiguous(t)) return fill_blocks(c, t, mean, std);
    return fill_with(c, t, draw_normal, p);
}

/* Integers in [from, from + range): 32 bits when the range is below 2^28. */
struct integers {
    struct generator *g;
    enum dtype dtype;
    uint64_t range; /* 0: all 64 bits */
    int64_t from;
    bool wide;
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
    struct integers n = {c->cx->generator, tensor_dtype(t), range, from, wide};
    if (!c->cx->generator) return refuse(c, "this run has no random generator");
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, integer_loop, &n);
    t->version++;
    return true;
}
static bool fill_between(struct op_call *c, struct tensor *t, int64_t from, int64_t to) {
    if (from >= to)
        return refuse(c, "random_ expects 'from' to be less than 'to', but got from=%lld >= to=%lld",
                      (long long)from, (long long)to);
    uint64_t range = (uint64_t)to - (uint64_t)from;
    return fill_integers(c, t, from, range, range >= (uint64_t)1 << 28);
}

/* --- in-place kernels; functional rows work on a clone --- */

static struct tensor *target_of(struct op_call *c, struct compose *k) {
    bool in_place = c->row && c->row->traits & OP_IN_PLACE;
    if (in_place) return arg_tensor(c, 0);
    return compose_run(k, "aten::clone", "t", arg_tensor(c, 0));
}

static bool check_floating(struct op_call *c, const struct tensor *t, const char *name) {
    return dtype_is_floating(tensor_dtype(t)) || dtype_is_complex(tensor_dtype(t)) ||
           refuse(c, "\"%s\" not implemented for '%s'", name, dtype_table[t->dtype].graph_name);
}

bool random_uniform(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = target_of(c, &k);
    double from = arg_float(c, 1), to = arg_float(c, 2);
    if (from > to)
        return compose_refused(
            &k,
            refuse(c, "uniform_ expects to return a [from, to) range, but found from=%g > to=%g", from, to));
    return compose_give(
        &k, t && check_floating(c, t, "check_uniform_bounds") && fill_uniform(c, t, from, to) ? t : NULL);
}
bool random_normal(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = target_of(c, &k);
    if (arg_float(c, 2) < 0)
        return compose_refused(&k, refuse(c, "normal expects std >= 0.0, but found std %g", arg_float(c, 2)));
    return compose_give(&k, t && check_floating(c, t, "normal_kernel_cpu") &&
                                    fill_normal(c, t, arg_float(c, 1), arg_float(c, 2))
                                ? t
                                : NULL);
}
#define SIMPLE_FILLS(X)                                                                         \
    X(exponential, 1, p[0] > 0, "exponential_ expects lambda > 0.0, but found lambda=%g", p[0]) \
    X(cauchy, 2, p[1] > 0, "cauchy_ expects sigma > 0.0, but found sigma=%g", p[1])             \
    X(log_normal, 2, p[1] > 0, "log_normal_ expects std > 0.0, but found std=%g", p[1])         \
    X(geometric, 1, p[0] > 0 && p[0] < 1, "geometric_ expects p to be in (0, 1), but got p=%g", p[0])
#define DEFINE_FILL(name, count, good, text, value)                               \
    bool random_##name(struct op_call *c) {                                       \
        struct compose k = compose_start(c);                                      \
        double p[2] = {arg_float(c, 1), count > 1 ? arg_float(c, 2) : 0};         \
        if (!(good)) return refuse(c, text, value);                               \
        struct tensor *t = target_of(c, &k);                                      \
        return compose_give(&k, t && fill_with(c, t, draw_##name, p) ? t : NULL); \
    }
SIMPLE_FILLS(DEFINE_FILL)

/* random_(), random_(to), random_(from, to) */
bool random_random(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = target_of(c, &k);
    if (!t) return compose_give(&k, NULL);
    static const uint64_t ranges[] = {[DTYPE_UINT8] = 256,
                                      [DTYPE_INT8] = 128,
                                      [DTYPE_INT16] = 32768,
                                      [DTYPE_INT32] = (uint64_t)1 << 31,
                                      [DTYPE_INT64] = (uint64_t)1 << 63,
                                      [DTYPE_FLOAT16] = 2049,
                                      [DTYPE_FLOAT32] = 16777217,
                                      [DTYPE_FLOAT64] = 9007199254740993,
                                      [DTYPE_BOOL] = 2,
                                      [DTYPE_BFLOAT16] = 257};
    uint64_t range = ranges[t->dtype];
    if (range == 0)
        return compose_refused(
            &k, refuse(c, "\"random_\" not implemented for '%s'", dtype_table[t->dtype].graph_name));
    bool wide = t->dtype == DTYPE_INT64 || t->dtype == DTYPE_FLOAT64;
    return compose_give(&k, fill_integers(c, t, 0, range, wide) ? t : NULL);
}
bool random_random_to(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = target_of(c, &k);
    return compose_give(&k, t && fill_between(c, t, 0, arg_int(c, 1)) ? t : NULL);
}
bool random_random_from(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = target_of(c, &k);
    if (!t) return compose_give(&k, NULL);
    if (!arg_none(c, 2)) return compose_give(&k, fill_between(c, t, arg_int(c, 1), arg_int(c, 2)) ? t : NULL);
    return compose_give(
        &k, fill_integers(c, t, arg_int(c, 1), 0 - (uint64_t)arg_int(c, 1) + ((uint64_t)1 << 63), true)
                ? t
                : NULL);
}

/* --- Bernoulli --- */

static bool bernoulli_tensor(struct op_call *c, struct tensor *out, struct tensor *p) {
    struct tensor *wide = tensor_expand(p, out->ndim, out->sizes, c->err);
    struct tensor *whole = wide ? tensor_contiguous(wide, c->cx->budget, c->err) : NULL;
    bool good = whole && c->cx->generator, half = p->dtype != DTYPE_FLOAT64;
    if (whole && !dtype_is_floating(tensor_dtype(p)))
        good = refuse(c, "expected probabilities tensor to have floating type, got %s",
                      dtype_table[p->dtype].graph_name);
    struct tensor *drawn = good ? call_new(c, tensor_dtype(out), out->ndim, out->sizes) : NULL;
    int64_t size = (int64_t)dtype_size(tensor_dtype(out));
    good = drawn != NULL;
    for (int64_t i = 0; good && i < out->numel; i++) {
        double chance = tensor_get_float(whole, i), x;
        if (!(chance >= 0 && chance <= 1)) {
            good = refuse(c, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
            break;
        }
        x = half ? (double)generator_float(c->cx->generator) < chance
                 : generator_double(c->cx->generator) < chance;
        convert_store[out->dtype][COMPUTE_DOUBLE]((char *)tensor_data(drawn) + i * size, 0, &x, 0, 1);
    }
    good = good && tensor_copy(out, drawn, c->err);
    release_tensors((struct tensor *[]){wide, whole, drawn}, 3);
    return good;
}

static bool bernoulli_number(struct op_call *c, struct tensor *t, double p) {
    if (!(p >= 0 && p <= 1)) return refuse(c, "bernoulli_ expects p to be in [0, 1], but got p=%g", p);
    return fill_with(c, t, draw_bernoulli, &p);
}

/* bernoulli(self): self holds the probabilities. */
bool random_bernoulli(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *p = arg_tensor(c, 0), *out = compose_run(&k, "aten::empty_like", "t", p);
    return compose_give(&k, out && bernoulli_tensor(c, out, p) ? out : NULL);
}
/* bernoulli(self, p: number or tensor): only self's shape and dtype count. */
bool random_bernoulli_p(struct op_call *c) {
    struct compose k = compose_start(c);
    bool in_place = c->row && c->row->traits & OP_IN_PLACE;
    struct tensor *t =
        in_place ? arg_tensor(c, 0) : compose_run(&k, "aten::empty_like", "t", arg_tensor(c, 0));
    if (!t) return compose_give(&k, NULL);
    bool good = c->args[1].tag == VALUE_TENSOR ? bernoulli_tensor(c, t, arg_tensor(c, 1))
                                               : bernoulli_number(c, t, arg_number(c, 1).f);
    if (good) t->version++;
    return compose_give(&k, good ? t : NULL);
}

/* --- dropout --- */

enum dropout_kind { DROP_ELEMENTS = 0, DROP_FEATURES = 1, DROP_ALPHA = 2 };

/* Noise is of the input's dtype, and scaled in place by a float. */
static bool check_droppable(struct op_call *c, const struct tensor *x, bool alpha) {
    enum dtype d = tensor_dtype(x);
    if (dtype_is_floating(d)) return true;
    if (dtype_is_complex(d))
        return refuse(c, "\"bernoulli_scalar_cpu_\" not implemented for '%s'", dtype_table[d].graph_name);
    return refuse(c, "result type Float can't be cast to the desired output type %s",
                  dtype_table[alpha && d == DTYPE_BOOL ? DTYPE_INT64 : d].graph_name);
}

/* _dropout_impl of aten/src/ATen/native/Dropout.cpp. */
static struct tensor *dropped(struct op_call *c, struct compose *k, struct tensor *x, double p, int kind) {
    int64_t sizes[TENSOR_MAX_DIMS];
    struct tensor *noise;
    if (p == 1) {
        struct tensor *zero = compose_run(k, "aten::zeros_like", "t", x);
        return compose_run(k, "aten::mul.Tensor", "tt", x, zero);
    }
    if (!check_droppable(c, x, kind & DROP_ALPHA)) return NULL;
    if (kind & DROP_FEATURES) {
        if (x->ndim < 2) {
            refuse(c, "Feature dropout requires at least 2 dimensions in the input");
            return NULL;
        }
        for (int i = 0; i < x->ndim; i++) sizes[i] = i < 2 ? x->sizes[i] : 1;
        noise = compose_own(k, call_new(c, tensor_dtype(x), x->ndim, sizes));
    } else {
        noise = compose_run(k, "aten::empty_like", "t", x);
    }
    if (!noise || !bernoulli_number(c, noise, 1 - p)) return NULL;
    if (!(kind & DROP_ALPHA)) {
        noise = compose_run(k, "aten::div.Scalar", "tf", noise, 1 - p);
        return compose_run(k, "aten::mul.Tensor", "tt", x, noise);
    }
    const double alpha = 1.7580993408473766;
    double a = 1 / sqrt((alpha * alpha * p + 1) * (1 - p));
    struct tensor *b = compose_run(k, "aten::sub.Scalar", "tdd", noise, 1, 1);
    b = compose_run(k, "aten::mul.Scalar", "tf", b, alpha * a);
    b = compose_run(k, "aten::add.Scalar", "tfd", b, alpha * a * p, 1);
    noise = compose_run(k, "aten::mul.Scalar", "tf", noise, a);
    struct tensor *y = compose_run(k, "aten::mul.Tensor", "tt", x, noise);
    return compose_run(k, "aten::add.Tensor", "ttd", y, b, 1);
}

static bool dropout(struct op_call *c, int kind) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    double p = arg_float(c, 1);
    if (!(p >= 0 && p <= 1)) return refuse(c, "dropout probability has to be between 0 and 1, but got %g", p);
    if (p == 0 || !arg_bool(c, 2) || x->numel == 0) return give_borrowed(c, 0, x);
    return compose_give(&k, dropped(c, &k, x, p, kind));
}
bool random_dropout(struct op_call *c) {
    return dropout(c, DROP_ELEMENTS);
}
bool random_feature_dropout(struct op_call *c) {
    return dropout(c, DROP_FEATURES);
}
bool random_alpha_dropout(struct op_call *c) {
    return dropout(c, DROP_ALPHA);
}
bool random_feature_alpha_dropout(struct op_call *c) {
    return dropout(c, DROP_ALPHA | DROP_FEATURES);
}

/* native_dropout(input, p, train) -> (output, mask) */
bool random_native_dropout(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    double p = arg_float(c, 1);
    bool train = arg_none(c, 2) || arg_bool(c, 2);
    if (x->numel == 0 || !train) {
        int mask = x->numel == 0 ? (int)x->dtype : (int)DTYPE_BOOL; /* of nothing it is like the input */
        struct tensor *ones = compose_run(&k, "aten::ones_like", "td", x, mask);
        return compose_give_some(&k, 2, (struct tensor *[]){x, ones});
    }
    if (dtype_is_integral(tensor_dtype(x), true)) return check_droppable(c, x, false);
    if (!(p >= 0 && p <= 1)) return refuse(c, "bernoulli_ expects p to be in [0, 1], but got p=%g", 1 - p);
    struct tensor *mask = compose_run(&k, "aten::empty_like", "t", x);
    if (!mask || !bernoulli_number(c, mask, 1 - p)) return compose_give(&k, NULL);
    struct tensor *y = compose_run(&k, "aten::mul.Tensor", "tt", x, mask);
    y = compose_run(&k, "aten::mul.Scalar", "tf", y, p == 1 ? 0 : 1 / (1 - p));
    mask = compose_run(&k, "aten::to.dtype", "tdbb", mask, DTYPE_BOOL, false, false);
    return compose_give_some(&k, 2, (struct tensor *[]){y, mask});
}

/* rrelu(self, lower, upper, training): a random slope for each negative element. */
static void draw_slope(struct generator *g, const double *p, double *out) {
    *out = generator_double(g) * (p[1] - p[0]) + p[0];
}
bool random_rrelu(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    double p[2] = {arg_number(c, 1).f, arg_number(c, 2).f};
    if (p[0] > p[1]) return refuse(c, "Lower bound should be less than or equal to the upper bound");
    if (!arg_bool(c, 3))
        return compose_give(&k, compose_run(&k, "aten::leaky_relu", "tf", x, (p[0] + p[1]) / 2));
    if (x->dtype != DTYPE_FLOAT32 && x->dtype != DTYPE_FLOAT64 && x->dtype != DTYPE_BFLOAT16)
        return refuse(c, "\"rrelu_with_noise_out_cpu\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *out = whole ? compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, x->sizes)) : NULL;
    if (!out || !c->cx->generator) return compose_give(&k, NULL);
    int64_t size = (int64_t)dtype_size(tensor_dtype(x));
    for (int64_t i = 0; i < x->numel; i++) {
        double v = tensor_get_float(whole, i), slope = 1;
        if (v <= 0) draw_slope(c->cx->generator, p, &slope);
        v *= slope;
        convert_store[out->dtype][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * size, 0, &v, 0, 1);
    }
    return compose_give(&k, out);
}

/* Random slopes for negative elements, 1 for the others, kept in `noise`, whose memory is written in order
 * whatever its strides (rrelu_with_noise's CPU kernel, aten/src/ATen/native/Activation.cpp). A new reference.
 */
static struct tensor *slopes_into(struct op_call *c, struct tensor *x, struct tensor *noise,
                                  const double *p) {
    struct compose k = compose_start(c);
    struct tensor *whole = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *slopes = whole ? compose_own(&k, call_new(c, tensor_dtype(x), x->ndim, x->sizes)) : NULL;
    int64_t size = (int64_t)dtype_size(tensor_dtype(x));
    for (int64_t i = 0; slopes && i < x->numel; i++) {
        double slope = 1;
        if (tensor_get_float(whole, i) <= 0) draw_slope(c->cx->generator, p, &slope);
        convert_store[x->dtype][COMPUTE_DOUBLE]((char *)tensor_data(slopes) + i * size, 0, &slope, 0, 1);
    }
    struct tensor *memory = slopes ? compose_own(&k, tensor_memory_view(noise)) : NULL;
    bool good = memory && tensor_copy(memory, slopes, c->err);
    if (good) tensor_changed(noise);
    if (good) tensor_retain(slopes);
    compose_end(&k);
    return good ? slopes : NULL;
}

static bool check_noise(struct op_call *c, const struct tensor *x, const struct tensor *noise,
                        const double *p) {
    if (x->ndim != noise->ndim || memcmp(x->sizes, noise->sizes, sizeof *x->sizes * x->ndim) != 0)
        return refuse(c,
                      "noise tensor shape must match self tensor shape. Got self.shape = %s noise.shape = %s",
                      sizes_text(x->ndim, x->sizes, (char[128]){0}, 128),
                      sizes_text(noise->ndim, noise->sizes, (char[128]){0}, 128));
    if (!arg_bool(c, 4)) return true;
    if (x->dtype != DTYPE_FLOAT32 && x->dtype != DTYPE_FLOAT64 && x->dtype != DTYPE_BFLOAT16)
        return refuse(c, "\"rrelu_with_noise_out_cpu\" not implemented for '%s'",
                      dtype_table[x->dtype].graph_name);
    if (noise->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[noise->dtype].graph_name);
    if (!(p[0] <= p[1]) || isinf(p[1] - p[0]))
        return refuse(c, "Expected from <= to to be true, but got false.");
    return c->cx->generator || refuse(c, "this run has no random generator");
}

/* (self, noise, lower, upper, training): outside training the slope is the mean one, and the noise stays. */
static struct tensor *leaky_with_noise(struct op_call *c, struct compose *k, struct tensor *noise) {
    struct tensor *x = arg_tensor(c, 0);
    double p[2] = {arg_number(c, 2).f, arg_number(c, 3).f};
    if (!check_noise(c, x, noise, p)) return NULL;
    if (!arg_bool(c, 4)) return compose_run(k, "aten::leaky_relu", "tf", x, (p[0] + p[1]) / 2);
    return compose_run(k, "aten::mul.Tensor", "tt", x, compose_own(k, slopes_into(c, x, noise, p)));
}
bool random_rrelu_with_noise(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, leaky_with_noise(c, &k, arg_tensor(c, 1)));
}
bool random_rrelu_functional(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *noise = compose_run(&k, "aten::clone", "td", arg_tensor(c, 1), 0);
    struct tensor *out = noise ? leaky_with_noise(c, &k, noise) : NULL;
    if (!out) return compose_give(&k, NULL);
    return compose_give_some(&k, 2, (struct tensor *[]){out, noise});
}

/* rrelu_with_noise.out: in training the output's memory is written in order, and never resized. */
bool random_rrelu_out(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *out = arg_tensor(c, c->arg_count - 1), *made = leaky_with_noise(c, &k, arg_tensor(c, 1)),
                  *to;
    if (made && arg_bool(c, 4) && tensor_overlaps_itself(out)) return compose_refused(&k, refuse_overlap(c));
    if (made && arg_bool(c, 4) && out->dtype != made->dtype)
        return compose_refused(&k, refuse(c, "expected scalar type %s but found %s",
                                          dtype_table[made->dtype].graph_name,
                                          dtype_table[out->dtype].graph_name));
    if (!made) return compose_give(&k, NULL);
    if (!arg_bool(c, 4))
        to = tensor_resize(out, made->ndim, made->sizes, c->err) ? out : NULL;
    else if (out->numel == made->numel)
        to = out;
    else
        to = out->numel < made->numel
                 ? NULL
                 : compose_run(&k, "aten::as_strided", "tLL", out, 1, &made->numel, 1, (int64_t[]){1});
    if (!to && !k.failed) refuse(c, "rrelu_with_noise: the output is smaller than the input");
    struct tensor *from = to ? compose_run(&k, "aten::reshape", "tL", made, to->ndim, to->sizes) : NULL;
    if (!from || !tensor_copy(to, from, c->err)) return compose_give(&k, NULL);
    tensor_changed(out);
    return compose_give(&k, out);
}
