/* Coin flips and what is made of them: Bernoulli tensors, the dropouts, and rrelu's random slopes
 * (aten/src/ATen/native/Dropout.cpp, Activation.cpp). */
#include "ops/random/fill.h"
#include "ops/view/geometry.h"
#include "tensor/promote.h"
#include <math.h>

static void draw_bernoulli(struct generator *g, const double *p, double *out) {
    *out = generator_double(g) < p[0];
}

bool random_fill_bernoulli(struct op_call *c, struct tensor *t, double p) {
    if (!(p >= 0 && p <= 1)) return refuse(c, "bernoulli_ expects p to be in [0, 1], but got p=%g", p);
    if (t->numel == 0) return true;
    return accept_written(c, t) &&
           accept_dtype(c, tensor_dtype(t), SET_NUMBERS | SET_BOOL, "bernoulli_scalar_cpu_") &&
           random_fill(c, t, draw_bernoulli, &p);
}

/* A flip for each element with the probability at its place. */
struct flips {
    struct generator *g;
    enum dtype dtype, chances;
    bool wrong; /* some probability is outside [0, 1] */
};

static void flip_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    struct flips *f = context;
    bool wide = f->chances == DTYPE_FLOAT64;
    for (int64_t i = 0; i < count && !f->wrong; i++) {
        double chance;
        convert_load[f->chances][COMPUTE_DOUBLE](&chance, 0, data[1] + i * strides[1], 0, 1);
        f->wrong = !(chance >= 0 && chance <= 1);
        int64_t x = (wide ? generator_double(f->g) : (double)generator_float(f->g)) < chance;
        convert_store[f->dtype][COMPUTE_INT](data[0] + i * strides[0], 0, &x, 0, 1);
    }
}

static bool fill_by_tensor(struct op_call *c, struct tensor *out, struct tensor *p) {
    if (out->numel == 0) return true;
    if (!accept_written(c, out) ||
        !accept_dtype(c, tensor_dtype(out), SET_NUMBERS | SET_BOOL, "bernoulli_tensor_cpu_self_") ||
        !accept_dtype(c, tensor_dtype(p), SET_REALS, "bernoulli_tensor_cpu_p_"))
        return false;
    struct flips f = {random_generator(c), tensor_dtype(out), tensor_dtype(p), false};
    struct tensor *wide = f.g ? tensor_expand(p, out->ndim, out->sizes, c->err) : NULL;
    struct iterate it = {.outputs = 1, .operands = 2, .tensors = {out, wide}};
    bool good = wide && iterate_begin(&it, c->err);
    if (good) iterate_run(&it, flip_loop, &f);
    tensor_changed(out);
    tensor_release(wide);
    if (f.wrong) return refuse(c, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
    return good;
}

/* bernoulli(self): self holds the probabilities. */
bool random_bernoulli(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *p = arg_tensor(c, 0), *out = call_target(c);
    if (!out)
        out = compose_run(&k, "aten::empty_like", "tnnnnd", p, 0);
    else if (!sizes_are(out, p->ndim, p->sizes) && !tensor_resize(out, p->ndim, p->sizes, c->err))
        return false;
    return compose_give(&k, out && fill_by_tensor(c, out, p) ? out : NULL);
}
/* bernoulli(self, p: number or tensor): only self's shape and dtype count. */
bool random_bernoulli_p(struct op_call *c) {
    struct compose k = compose_start(c);
    bool in_place = c->row && c->row->traits & OP_IN_PLACE;
    struct tensor *t =
        in_place ? arg_tensor(c, 0) : compose_run(&k, "aten::empty_like", "tnnnnd", arg_tensor(c, 0), 0);
    if (!t) return compose_give(&k, NULL);
    bool good = c->args[1].tag == VALUE_TENSOR ? fill_by_tensor(c, t, arg_tensor(c, 1))
                                               : random_fill_bernoulli(c, t, arg_number(c, 1).f);
    return compose_give(&k, good ? t : NULL);
}

/* --- dropout --- */

enum dropout_kind { DROP_ELEMENTS = 0, DROP_FEATURES = 1, DROP_ALPHA = 2 };

/* A tensor to flip coins in: x's shape, or one coin for each channel. */
static struct tensor *noise_for(struct op_call *c, struct compose *k, struct tensor *x, int kind) {
    int64_t sizes[TENSOR_MAX_DIMS];
    if (!(kind & DROP_FEATURES)) return compose_run(k, "aten::empty_like", "t", x);
    if (x->ndim < 2) {
        refuse(c, "Feature dropout requires at least 2 dimensions in the input");
        return NULL;
    }
    for (int i = 0; i < x->ndim; i++) sizes[i] = i < 2 ? x->sizes[i] : 1;
    return compose_own(k, call_new(c, tensor_dtype(x), x->ndim, sizes));
}

/* _dropout_impl: the arithmetic on the noise is in place, which is what integers fail at. */
static struct tensor *dropped(struct op_call *c, struct compose *k, struct tensor *x, double p, int kind) {
    const double alpha = 1.7580993408473766;
    if (p == 1) {
        struct tensor *zero = compose_run(k, "aten::zeros_like", "t", x);
        return compose_run(k, "aten::mul.Tensor", "tt", x, zero);
    }
    struct tensor *noise = noise_for(c, k, x, kind);
    if (!noise || !random_fill_bernoulli(c, noise, 1 - p)) return NULL;
    if (!(kind & DROP_ALPHA)) {
        noise = compose_run(k, "aten::div_.Scalar", "tf", noise, 1 - p);
        return compose_run(k, "aten::mul.Tensor", "tt", x, noise);
    }
    double a = 1 / sqrt((alpha * alpha * p + 1) * (1 - p));
    struct tensor *one = compose_own(k, tensor_of_int(1, DTYPE_INT64, c->err));
    struct tensor *b = compose_run(k, "aten::sub.Tensor", "ttd", noise, one, 1);
    b = compose_run(k, "aten::mul_.Scalar", "tf", b, alpha * a);
    b = compose_run(k, "aten::add_.Scalar", "tfd", b, alpha * a * p, 1);
    noise = compose_run(k, "aten::mul_.Scalar", "tf", noise, a);
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
        struct tensor *mask = x->numel == 0 ? compose_run(&k, "aten::empty_like", "t", x)
                                            : compose_run(&k, "aten::ones_like", "td", x, DTYPE_BOOL);
        return compose_give_some(&k, 2, (struct tensor *[]){x, mask});
    }
    struct tensor *mask = compose_run(&k, "aten::empty_like", "td", x, DTYPE_BOOL);
    if (!mask || !random_fill_bernoulli(c, mask, 1 - p)) return compose_give(&k, NULL);
    struct tensor *y = compose_run(&k, "aten::mul.Tensor", "tt", x, mask);
    y = compose_run(&k, "aten::mul_.Scalar", "tf", y, p == 1 ? 0 : 1 / (1 - p));
    return compose_give_some(&k, 2, (struct tensor *[]){y, mask});
}

/* --- rrelu: a random slope for each element that is not positive --- */

/* Writes the slopes into `noise` and the products into `out`, both contiguous like x. */
static void slopes(struct generator *g, const double *ends, const struct tensor *x, struct tensor *noise,
                   struct tensor *out) {
    enum dtype d = tensor_dtype(x);
    int64_t size = (int64_t)dtype_size(d);
    for (int64_t i = 0; i < x->numel; i++) {
        double v = tensor_get_float(x, i), slope = 1;
        if (v <= 0) {
            slope = generator_double(g) * (ends[1] - ends[0]) + ends[0];
            if (d != DTYPE_FLOAT64) slope = (double)(float)slope;
        }
        v *= slope;
        convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(out) + i * size, 0, &v, 0, 1);
        convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(noise) + i * size, 0, &slope, 0, 1);
    }
}

/* The activation of x in training; `noise` is NULL where nobody keeps the slopes. */
static struct tensor *rrelu(struct op_call *c, struct compose *k, struct tensor *noise, const double *ends) {
    struct tensor *x = arg_tensor(c, 0);
    struct generator *g = random_generator(c);
    if (!g || !accept_dtype(c, tensor_dtype(x), SET_FLOATS | SET_BFLOAT16, "rrelu_with_noise_out_cpu"))
        return NULL;
    struct tensor *whole = compose_own(k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *out = whole ? compose_own(k, call_new(c, tensor_dtype(x), x->ndim, x->sizes)) : NULL,
                  *drawn = out ? compose_own(k, call_new(c, tensor_dtype(x), x->ndim, x->sizes)) : NULL;
    if (!drawn) return NULL;
    double own[2]; /* the ends in the type that PyTorch computes in */
    random_rounded(x->dtype == DTYPE_FLOAT64 ? DTYPE_FLOAT64 : DTYPE_FLOAT32, ends, own, 2);
    slopes(g, own, whole, drawn, out);
    if (!noise) return out;
    /* noise's memory is written in order, whatever its strides */
    struct tensor *memory = compose_own(k, tensor_memory_view(noise));
    tensor_changed(noise);
    return memory && tensor_copy(memory, drawn, c->err) ? out : NULL;
}

/* rrelu(self, lower, upper, training): without training the slope is the mean one. */
bool random_rrelu(struct op_call *c) {
    struct compose k = compose_start(c);
    double ends[2] = {arg_number(c, 1).f, arg_number(c, 2).f};
    if (ends[0] > ends[1]) return refuse(c, "Lower bound should be less than or equal to the upper bound");
    return compose_give(&k, arg_bool(c, 3) ? rrelu(c, &k, NULL, ends)
                                           : compose_run(&k, "aten::leaky_relu", "tf", arg_tensor(c, 0),
                                                         (ends[0] + ends[1]) / 2));
}

static bool check_noise(struct op_call *c, const struct tensor *x, const struct tensor *noise,
                        const double *ends) {
    if (!sizes_are(noise, x->ndim, x->sizes))
        return refuse(c,
                      "noise tensor shape must match self tensor shape. Got self.shape = %s noise.shape = %s",
                      sizes_text(x->ndim, x->sizes, (char[128]){0}, 128),
                      sizes_text(noise->ndim, noise->sizes, (char[128]){0}, 128));
    if (!arg_bool(c, 4)) return true;
    if (!accept_dtype(c, tensor_dtype(x), SET_FLOATS | SET_BFLOAT16, "rrelu_with_noise_out_cpu"))
        return false;
    if (noise->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[x->dtype].graph_name,
                      dtype_table[noise->dtype].graph_name);
    return (ends[0] <= ends[1] && !isinf(ends[1] - ends[0])) ||
           refuse(c, "Expected from <= to to be true, but got false.");
}

/* (self, noise, lower, upper, training): the slopes are left in noise, which stays as it is without training.
 */
static struct tensor *rrelu_with_noise(struct op_call *c, struct compose *k, struct tensor *noise) {
    struct tensor *x = arg_tensor(c, 0);
    double ends[2] = {arg_number(c, 2).f, arg_number(c, 3).f};
    if (!check_noise(c, x, noise, ends)) return NULL;
    return arg_bool(c, 4) ? rrelu(c, k, noise, ends)
                          : compose_run(k, "aten::leaky_relu", "tf", x, (ends[0] + ends[1]) / 2);
}
bool random_rrelu_with_noise(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, rrelu_with_noise(c, &k, arg_tensor(c, 1)));
}
/* The functional form keeps noise as it is and gives the slopes as a second result. */
bool random_rrelu_functional(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *noise = compose_run(&k, "aten::clone", "td", arg_tensor(c, 1), 0);
    struct tensor *out = noise ? rrelu_with_noise(c, &k, noise) : NULL;
    if (!out) return compose_give(&k, NULL);
    return compose_give_some(&k, 2, (struct tensor *[]){out, noise});
}

/* rrelu_with_noise.out: in training the output's memory is written in order, and never resized. */
bool random_rrelu_out(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *out = arg_tensor(c, c->arg_count - 1), *made = rrelu_with_noise(c, &k, arg_tensor(c, 1)),
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
