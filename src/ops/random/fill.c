/* Tensors filled from continuous distributions: uniform, normal, exponential, Cauchy, log-normal, geometric.
 *
 * Which draw each dtype takes, and in which order elements are filled, is PyTorch's
 * (aten/src/ATen/native/DistributionTemplates.h and cpu/DistributionTemplates.h): a tensor is filled in its
 * own memory order, normal numbers of 16 or more contiguous elements in blocks. Where PyTorch's compiler
 * joins a product and a sum into one rounding, fma does so here. */
#include "ops/random/fill.h"
#include "base/mem.h"
#include "ops/common/cpp_names.h"
#include <math.h>

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

struct generator *random_generator(struct op_call *c) {
    for (int i = 0; i < c->arg_count; i++)
        if (c->args[i].tag == VALUE_GENERATOR) return c->args[i].generator->generator;
    if (!c->cx->generator) refuse(c, "this run has no random generator");
    return c->cx->generator;
}

bool random_fill(struct op_call *c, struct tensor *t, draw *d, const double *p) {
    struct iterate it = {.outputs = 1, .operands = 2, .tensors = {t, t}};
    struct filling f = {random_generator(c), tensor_dtype(t), d, p};
    if (!f.g || !accept_written(c, t) || !iterate_begin(&it, c->err)) return false;
    iterate_run(&it, fill_loop, &f);
    tensor_changed(t);
    return true;
}

struct tensor *random_target(struct op_call *c, struct compose *k) {
    if (c->row && c->row->traits & OP_IN_PLACE) return arg_tensor(c, 0);
    return compose_run(k, "aten::clone", "t", arg_tensor(c, 0));
}

void random_rounded(enum dtype d, const double *from, double *to, int count) {
    char bits[4 * sizeof(double)];
    int64_t size = (int64_t)dtype_size(d);
    convert_store[d][COMPUTE_DOUBLE](bits, size, from, sizeof *from, count);
    convert_load[d][COMPUTE_DOUBLE](to, sizeof *to, bits, size, count);
}

struct tensor *random_parts(struct op_call *c, struct tensor *t) {
    int64_t sizes[TENSOR_MAX_DIMS + 1], strides[TENSOR_MAX_DIMS + 1];
    if (t->ndim == TENSOR_MAX_DIMS) {
        refuse(c, "too many dimensions");
        return NULL;
    }
    for (int i = 0; i < t->ndim; i++) sizes[i] = t->sizes[i], strides[i] = 2 * t->strides[i];
    sizes[t->ndim] = 2, strides[t->ndim] = 1;
    return tensor_over(t->storage, dtype_real(tensor_dtype(t)), t->ndim + 1, sizes, strides, 2 * t->offset,
                       c->err);
}

/* --- uniform --- */

/* The half types draw as float does; what rounds to the end becomes the beginning. p: from, to, the dtype,
 * and both ends rounded to it. */
static void draw_uniform_float(struct generator *g, const double *p, double *out) {
    float x = fmaf(generator_float(g), (float)p[1] - (float)p[0], (float)p[0]);
    *out = (double)x;
}
static void draw_uniform_half(struct generator *g, const double *p, double *out) {
    uint16_t bits;
    enum dtype d = (enum dtype)(int)p[2];
    draw_uniform_float(g, p, out);
    convert_store[d][COMPUTE_DOUBLE](&bits, 0, out, 0, 1);
    convert_load[d][COMPUTE_DOUBLE](out, 0, &bits, 0, 1);
    if (*out >= p[4]) *out = p[3];
}
static void draw_uniform_double(struct generator *g, const double *p, double *out) {
    *out = fma(generator_double(g), p[1] - p[0], p[0]);
}

static bool check_uniform(struct op_call *c, enum dtype d, double from, double to) {
    double most = dtype_largest(d);
    if (!accept_dtype(c, d, SET_REALS, "check_uniform_bounds")) return false;
    if (!(fabs(from) <= most)) return refuse(c, "from is out of bounds for %s", dtype_cpp_name(d));
    if (!(fabs(to) <= most)) return refuse(c, "to is out of bounds for %s", dtype_cpp_name(d));
    if (from > to)
        return refuse(c, "uniform_ expects to return a [from, to) range, but found from=%g > to=%g", from,
                      to);
    return to - from <= most ||
           refuse(c,
                  "uniform_ expects to-from <= std::numeric_limits<%s>::max(), but found "
                  "to=%g and from=%g which result in to-from to exceed the limit",
                  dtype_table[d].graph_name, to, from);
}

static bool fill_uniform(struct op_call *c, struct tensor *t, double from, double to) {
    enum dtype d = tensor_dtype(t);
    if (dtype_is_complex(d)) {
        struct tensor *parts = random_parts(c, t);
        bool good = parts && (t->numel == 0 || fill_uniform(c, parts, from, to));
        tensor_release(parts);
        return good;
    }
    if (!check_uniform(c, d, from, to)) return false;
    if (d == DTYPE_FLOAT64) return random_fill(c, t, draw_uniform_double, (double[]){from, to});
    double p[5] = {from, to, d};
    random_rounded(d, p, p + 3, 2);
    return random_fill(c, t, d == DTYPE_FLOAT32 ? draw_uniform_float : draw_uniform_half, p);
}

bool random_uniform(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = random_target(c, &k);
    return compose_give(&k, t && fill_uniform(c, t, arg_float(c, 1), arg_float(c, 2)) ? t : NULL);
}

/* --- normal --- */

enum { NORMAL_BLOCK = 16 };

static void draw_normal(struct generator *g, const double *p, double *out) {
    *out = fma(generator_normal(g), p[1], p[0]);
}

/* The half types are drawn as float and rounded once; of their last 16 elements, where these are no whole
 * block, those before are drawn first. */
static bool fill_half_blocks(struct op_call *c, struct generator *g, struct tensor *t, float mean,
                             float std) {
    int64_t rest = t->numel % NORMAL_BLOCK;
    float *wide = call_scratch(c, (size_t)t->numel, sizeof *wide);
    if (!wide) return false;
    generator_normals_float(g, wide, t->numel - rest, mean, std);
    if (rest) generator_normals_float(g, wide + t->numel - NORMAL_BLOCK, NORMAL_BLOCK, mean, std);
    convert_store[t->dtype][COMPUTE_FLOAT](tensor_data(t), 2, wide, sizeof *wide, t->numel);
    mem_free(wide);
    return true;
}

/* 16 and more contiguous elements. */
static bool fill_blocks(struct op_call *c, struct tensor *t, double mean, double std) {
    struct generator *g = random_generator(c);
    if (!g) return false;
    if (t->dtype == DTYPE_FLOAT32) {
        generator_normals_float(g, tensor_data(t), t->numel, (float)mean, (float)std);
    } else if (t->dtype == DTYPE_FLOAT64) {
        generator_normals_double(g, tensor_data(t), t->numel, mean, std);
    } else if (!fill_half_blocks(c, g, t, (float)mean, (float)std)) {
        return false;
    }
    tensor_changed(t);
    return true;
}

static bool fill_normal(struct op_call *c, struct tensor *t, double mean, double std) {
    if (t->numel == 0) return true;
    if (dtype_is_complex(tensor_dtype(t))) {
        struct tensor *parts = random_parts(c, t);
        bool good = parts && fill_normal(c, parts, mean, std / sqrt(2));
        tensor_release(parts);
        return good;
    }
    if (!accept_dtype(c, tensor_dtype(t), SET_REALS, "normal_kernel_cpu")) return false;
    if (t->numel >= NORMAL_BLOCK && tensor_is_contiguous(t)) return fill_blocks(c, t, mean, std);
    return random_fill(c, t, draw_normal, (double[]){mean, std});
}

bool random_normal(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = random_target(c, &k);
    double std = arg_float(c, 2);
    bool good = t && (std >= 0 || refuse(c, "normal expects std >= 0.0, but found std %g", std)) &&
                fill_normal(c, t, arg_float(c, 1), std);
    return compose_give(&k, good ? t : NULL);
}

/* --- the others: one draw an element, whatever the dtype --- */

static void draw_exponential(struct generator *g, const double *p, double *out) {
    *out = -1 / p[0] * log1p(-generator_double(g));
}
static void draw_cauchy(struct generator *g, const double *p, double *out) {
    *out = fma(p[1], tan(3.14159265358979323846 * (generator_double(g) - 0.5)), p[0]);
}
static void draw_log_normal(struct generator *g, const double *p, double *out) {
    *out = exp(fma(generator_normal(g), p[1], p[0]));
}
static void draw_geometric(struct generator *g, const double *p, double *out) {
    *out = ceil(log(generator_double(g)) / log1p(-p[0]));
}

/* Empty tensors of other dtypes are let through, but by Cauchy's. */
static bool accept_continuous(struct op_call *c, enum dtype d, const char *title, const char *name) {
    return dtype_is_floating(d) ||
           refuse(c,
                  "%s distribution is a continuous probability distribution. dtype must be a floating point "
                  "but you specified %s",
                  title, name);
}
static bool accept_exponential(struct op_call *c, enum dtype d, int64_t numel) {
    return numel == 0 || accept_continuous(c, d, "Exponential", dtype_table[d].graph_name);
}
static bool accept_cauchy(struct op_call *c, enum dtype d, int64_t numel) {
    (void)numel;
    return accept_continuous(c, d, "Cauchy", d == DTYPE_INT16 ? "short int" : dtype_cpp_name(d));
}
static bool accept_log_normal(struct op_call *c, enum dtype d, int64_t numel) {
    return numel == 0 || accept_dtype(c, d, SET_REALS, "log_normal_cpu");
}
static bool accept_geometric(struct op_call *c, enum dtype d, int64_t numel) {
    return numel == 0 || accept_dtype(c, d, SET_NUMBERS, "geometric_cpu");
}

/* X(name, parameters, what they must be, the text of the refusal, the parameter it names) */
#define SIMPLE_FILLS(X)                                                                         \
    X(exponential, 1, p[0] > 0, "exponential_ expects lambda > 0.0, but found lambda=%g", p[0]) \
    X(cauchy, 2, p[1] > 0, "cauchy_ expects sigma > 0.0, but found sigma=%g", p[1])             \
    X(log_normal, 2, p[1] > 0, "log_normal_ expects std > 0.0, but found std=%g", p[1])         \
    X(geometric, 1, p[0] > 0 && p[0] < 1, "geometric_ expects p to be in (0, 1), but got p=%g", p[0])
#define DEFINE_FILL(name, count, right, text, value)                                            \
    bool random_##name(struct op_call *c) {                                                     \
        struct compose k = compose_start(c);                                                    \
        double p[2] = {arg_float(c, 1), count > 1 ? arg_float(c, 2) : 0};                       \
        if (!(right)) return refuse(c, text, value);                                            \
        struct tensor *t = random_target(c, &k);                                                \
        bool good = t && accept_written(c, t) && accept_##name(c, tensor_dtype(t), t->numel) && \
                    random_fill(c, t, draw_##name, p);                                          \
        return compose_give(&k, good ? t : NULL);                                               \
    }
SIMPLE_FILLS(DEFINE_FILL)
