/* Draws whose parameters are tensors: multinomial, Poisson, binomial, gamma and Dirichlet
 * (aten/src/ATen/native/Distributions.cpp and Distributions.h). */
#include "base/mem.h"
#include "ops/random/fill.h"
#include <float.h>
#include <math.h>

/* --- multinomial(self, num_samples, replacement) --- */

static bool check_weights(struct op_call *c, const struct tensor *p, int64_t samples, bool replacement) {
    enum { MOST_CATEGORIES = 1 << 24 };
    if (p->ndim < 1 || p->ndim > 2) return refuse(c, "prob_dist must be 1 or 2 dim");
    if (!dtype_is_floating(tensor_dtype(p)))
        return refuse(c, "multinomial only supports floating-point dtypes for input, got: %s",
                      dtype_table[p->dtype].graph_name);
    if (samples <= 0) return refuse(c, "cannot sample n_sample <= 0 samples");
    if (!replacement && samples > p->sizes[p->ndim - 1])
        return refuse(c, "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
    return p->sizes[p->ndim - 1] <= MOST_CATEGORIES || refuse(c, "number of categories cannot exceed 2^24");
}

static bool check_row(struct op_call *c, const struct tensor *p, int64_t row) {
    int64_t n = p->sizes[p->ndim - 1];
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = tensor_get_float(p, row * n + i);
        if (!(x >= 0) || isinf(x))
            return refuse(c, "probability tensor contains either `inf`, `nan` or element < 0");
        total += x;
    }
    return total > 0 || refuse(c, "invalid multinomial distribution (sum of probabilities <= 0)");
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

/* The largest of weights divided by exponential draws. */
static struct tensor *without_replacement(struct compose *k, struct tensor *p, int64_t samples) {
    struct tensor *q = compose_run(k, "aten::empty_like", "t", p);
    q = compose_run(k, "aten::exponential_", "tf", q, 1.0);
    q = compose_run(k, "aten::div.Tensor", "tt", p, q);
    if (samples == 1) return compose_run(k, "aten::argmax", "tdb", q, -1, true);
    compose_run(k, "aten::topk", "tidbb", q, samples, -1, true, true);
    return compose_result(k, 1);
}

bool random_multinomial(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *p = arg_tensor(c, 0);
    int64_t samples = arg_int(c, 1);
    bool replacement = arg_bool(c, 2);
    struct generator *g = random_generator(c);
    if (!g || !check_weights(c, p, samples, replacement)) return false;
    int64_t rows = p->ndim == 2 ? p->sizes[0] : 1, sizes[2] = {rows, samples};
    for (int64_t r = 0; r < rows; r++)
        if (!check_row(c, p, r)) return false;
    if (rows > 0 && (!replacement || samples == 1))
        return compose_give(&k, without_replacement(&k, p, samples));
    struct tensor *out = compose_own(&k, call_new(c, DTYPE_INT64, p->ndim, p->ndim == 2 ? sizes : sizes + 1));
    for (int64_t r = 0; out && r < rows; r++)
        sample_row(g, p, r, samples, (int64_t *)tensor_data(out) + r * samples);
    return compose_give(&k, out);
}

/* --- one draw for each element of one or two tensors --- */

struct sampling {
    struct generator *g;
    enum dtype dtype;
    /* x and y: the inputs' elements; single: both are float32. False refuses. */
    bool (*draw)(struct generator *g, double x, double y, bool single, double *out);
    bool wrong;
};

static void sample_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    struct sampling *s = context;
    convert_run *load = convert_load[s->dtype][COMPUTE_DOUBLE];
    for (int64_t i = 0; i < count && !s->wrong; i++) {
        double x, y, z = 0;
        load(&x, 0, data[1] + i * strides[1], 0, 1);
        load(&y, 0, data[2] + i * strides[2], 0, 1);
        s->wrong = !s->draw(s->g, x, y, s->dtype != DTYPE_FLOAT64, &z);
        convert_store[s->dtype][COMPUTE_DOUBLE](data[0] + i * strides[0], 0, &z, 0, 1);
    }
}

/* A tensor of their broadcast shape; NULL with the error set. `refusal` is said when a draw refuses. */
static struct tensor *sampled(struct op_call *c, struct sampling *s, struct tensor *x, struct tensor *y,
                              const char *refusal) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = x->ndim;
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    if (!sizes_broadcast(&ndim, sizes, y->ndim, y->sizes, c->err)) return NULL;
    struct tensor *out = call_new(c, s->dtype, ndim, sizes);
    struct iterate it = {.outputs = 1, .operands = 3, .tensors = {out, x, y}};
    s->g = random_generator(c);
    bool good = out && s->g && iterate_begin(&it, c->err);
    if (good) iterate_run(&it, sample_loop, s);
    if (s->wrong) good = refuse(c, "%s", refusal);
    if (good) return out;
    tensor_release(out);
    return NULL;
}

static bool draw_poisson(struct generator *g, double x, double y, bool single, double *out) {
    (void)y, (void)single;
    if (!(x >= 0)) return false;
    *out = (double)generator_poisson(g, x);
    return true;
}
bool random_poisson(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct sampling s = {.dtype = tensor_dtype(t), .draw = draw_poisson};
    return accept_dtype(c, s.dtype, SET_REALS, "poisson_cpu") &&
           give_tensor(c, sampled(c, &s, t, t, "invalid Poisson rate, expected rate to be non-negative"));
}

static bool draw_gamma(struct generator *g, double x, double y, bool single, double *out) {
    (void)y;
    double z = generator_gamma(g, x, single), least = single ? (double)FLT_MIN : DBL_MIN;
    *out = z > least ? z : least;
    return true;
}
bool random_standard_gamma(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct sampling s = {.dtype = tensor_dtype(t), .draw = draw_gamma};
    return accept_dtype(c, s.dtype, SET_FLOATS, "gamma_cpu") && give_tensor(c, sampled(c, &s, t, t, ""));
}

static bool draw_binomial(struct generator *g, double count, double chance, bool single, double *out) {
    enum { MOST_DRAWS = 1 << 30 };
    if (count > MOST_DRAWS && !(count * chance >= 10)) return false; /* PyTorch would draw for hours */
    *out = generator_binomial(g, count, chance, single);
    return true;
}
bool random_binomial(struct op_call *c) {
    struct tensor *count = arg_tensor(c, 0), *chance = arg_tensor(c, 1);
    struct sampling s = {.dtype = tensor_dtype(count), .draw = draw_binomial};
    for (int i = 0; i < 2; i++)
        if (!dtype_is_floating(tensor_dtype(arg_tensor(c, i))))
            return refuse(c, "binomial only supports floating-point dtypes for %s, got: %s",
                          i ? "prob" : "count", dtype_table[arg_tensor(c, i)->dtype].graph_name);
    if (count->dtype != chance->dtype)
        return refuse(c, "Found dtype %s but expected %s", dtype_table[chance->dtype].graph_name,
                      dtype_table[count->dtype].graph_name);
    return accept_dtype(c, s.dtype, SET_FLOATS, "binomial_cpu") &&
           give_tensor(c, sampled(c, &s, count, chance, "a binomial count is too large"));
}

/* _sample_dirichlet: gamma draws in double, divided by their sum along the last dimension. */
static void bound_simplex(struct tensor *t, const struct tensor *gamma, const struct tensor *sum) {
    int64_t size = (int64_t)dtype_size(tensor_dtype(t)), n = t->ndim ? t->sizes[t->ndim - 1] : 1;
    bool single = t->dtype == DTYPE_FLOAT32;
    double least = single ? (double)FLT_MIN : DBL_MIN, most = single ? 1 - 0x1p-24 : 1 - 0x1p-53;
    for (int64_t i = 0; i < t->numel; i++) {
        double x = tensor_get_float(gamma, i) / tensor_get_float(sum, i / n);
        if (single) x = (double)(float)x;
        x = x < least ? least : x > most ? most : x;
        convert_store[t->dtype][COMPUTE_DOUBLE]((char *)tensor_data(t) + i * size, 0, &x, 0, 1);
    }
}
bool random_sample_dirichlet(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0);
    int64_t last = -1;
    struct sampling s = {.dtype = DTYPE_FLOAT64, .draw = draw_gamma};
    if (!accept_dtype(c, tensor_dtype(t), SET_FLOATS, "dirichlet")) return false;
    struct tensor *wide = compose_run(&k, "aten::to.dtype", "tdbb", t, DTYPE_FLOAT64, false, false);
    struct tensor *gamma = wide ? compose_own(&k, sampled(c, &s, wide, wide, "")) : NULL;
    struct tensor *sum = compose_run(&k, "aten::sum.dim_IntList", "tLb", gamma, 1, &last, true);
    struct tensor *out = sum ? compose_own(&k, call_new(c, tensor_dtype(t), t->ndim, t->sizes)) : NULL;
    if (out) bound_simplex(out, gamma, sum);
    return compose_give(&k, out);
}
