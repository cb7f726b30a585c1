/* Covariances and correlations of rows.
 *
 * Checks and texts: aten/src/ATen/native/Correlation.cpp. */
#include "ops/common/compose.h"

/* Rows of observations with their weights (NULL: each counts once). */
struct observations {
    struct tensor *in; /* [variables, observations] */
    struct tensor *weights;
    int64_t count;
};

static bool check_weights(struct op_call *c, const struct tensor *w, const char *name, int64_t count,
                          bool integral) {
    enum dtype d = tensor_dtype(w);
    if (w->ndim > 1)
        return refuse(c, "cov(): expected %s to have one or fewer dimensions but got %s with %d dimensions",
                      name, name, w->ndim);
    if (integral ? !dtype_is_integral(d, false) : !dtype_is_floating(d))
        return refuse(c, "cov(): expected %s to have %s dtype but got %s with %s dtype", name,
                      integral ? "integral" : "floating point", name, dtype_table[d].graph_name);
    if (w->numel != count)
        return refuse(
            c,
            "cov(): expected %s to have the same numel as there are observations in the input but got %lld "
            "!= %lld",
            name, (long long)w->numel, (long long)count);
    for (int64_t i = 0; i < w->numel; i++)
        if (tensor_get_float(w, i) < 0) return refuse(c, "cov(): %s cannot be negative", name);
    return true;
}

static bool read_observations(struct compose *k, struct observations *o) {
    struct op_call *c = k->c;
    struct tensor *self = arg_tensor(c, 0), *f = arg_tensor_or_null(c, 2), *a = arg_tensor_or_null(c, 3);
    if (self->ndim > 2)
        return refuse(
            c, "cov(): expected input to have two or fewer dimensions but got an input with %d dimensions",
            self->ndim);
    if (self->dtype == DTYPE_BOOL) return refuse(c, "cov(): bool dtype is not supported for input");
    o->in =
        self->ndim == 2 ? self : compose_run(k, "aten::reshape", "tL", self, 2, (int64_t[]){1, self->numel});
    if (!o->in) return false;
    o->count = o->in->sizes[1];
    if ((f && !check_weights(c, f, "fweights", o->count, true)) ||
        (a && !check_weights(c, a, "aweights", o->count, false)))
        return false;
    o->weights = f && a ? compose_run(k, "aten::mul.Tensor", "tt", f, a) : f ? f : a;
    return !k->failed;
}

/* The mean of each row, and what the sum of all weights comes to. */
static struct tensor *means(struct compose *k, const struct observations *o, double *total) {
    int64_t last = 1;
    *total = (double)o->count;
    if (!o->weights) {
        struct tensor *sum = compose_run(k, "aten::sum.dim_IntList", "tLb", o->in, 1, &last, true);
        return compose_run(k, "aten::div.Scalar", "ti", sum, o->count);
    }
    struct tensor *sum = compose_run(k, "aten::sum", "t", o->weights);
    if (!sum) return NULL;
    *total = tensor_get_float(sum, 0);
    if (o->in->numel && *total == 0) {
        refuse(k->c, "cov(): weights sum to zero, can't be normalized");
        return NULL;
    }
    struct tensor *weighted = compose_run(k, "aten::mul.Tensor", "tt", o->in, o->weights);
    struct tensor *sums = compose_run(k, "aten::sum.dim_IntList", "tLb", weighted, 1, &last, true);
    return compose_run(k, "aten::div.Tensor", "tt", sums, sum);
}

/* The divisor: with weights of observations the correction is weighed by their squares. */
static bool divisor(struct compose *k, const struct observations *o, int64_t correction, double total,
                    double *out) {
    struct tensor *a = arg_tensor_or_null(k->c, 3);
    *out = total - (double)correction;
    if (a && correction != 0) {
        struct tensor *products = compose_run(k, "aten::mul.Tensor", "tt", o->weights, a);
        struct tensor *sum = compose_run(k, "aten::sum", "t", products);
        if (!sum) return false;
        *out = total - (double)correction * tensor_get_float(sum, 0) / total;
    }
    if (*out < 0) *out = 0;
    return true;
}

bool reduce_cov(struct op_call *c) {
    struct observations o = {0};
    double total, norm;
    struct compose k = compose_start(c);
    struct tensor *mean = read_observations(&k, &o) ? means(&k, &o, &total) : NULL;
    if (!mean || !divisor(&k, &o, arg_int(c, 1), total, &norm)) {
        k.failed = true;
        return compose_end(&k);
    }
    struct tensor *centred = compose_run(&k, "aten::sub.Tensor", "ttd", o.in, mean, 1);
    struct tensor *weighted =
        o.weights ? compose_run(&k, "aten::mul.Tensor", "tt", centred, o.weights) : centred;
    struct tensor *other = compose_run(&k, "aten::conj", "t", compose_run(&k, "aten::t", "t", weighted));
    struct tensor *product = compose_run(&k, "aten::mm", "tt", centred, other);
    struct tensor *result = compose_run(&k, "aten::div.Scalar", "tf", product, norm);
    return compose_give(&k, compose_run(&k, "aten::squeeze", "t", result));
}

bool reduce_corrcoef(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    if (self->ndim > 2)
        return refuse(
            c,
            "corrcoef(): expected input to have two or fewer dimensions but got an input with %d dimensions",
            self->ndim);
    struct compose k = compose_start(c);
    struct tensor *cov = compose_run(&k, "aten::cov", "tdnn", self, 1);
    if (cov && cov->ndim == 0) return compose_give(&k, compose_run(&k, "aten::div.Tensor", "tt", cov, cov));
    struct tensor *variances = compose_run(&k, "aten::diagonal", "tddd", cov, 0, 0, 1);
    if (variances && dtype_is_complex(tensor_dtype(variances)))
        variances = compose_run(&k, "aten::real", "t", variances);
    struct tensor *deviations = compose_run(&k, "aten::sqrt", "t", variances);
    struct tensor *rows = compose_run(&k, "aten::unsqueeze", "td", deviations, 1);
    struct tensor *columns = compose_run(&k, "aten::unsqueeze", "td", deviations, 0);
    struct tensor *scaled = compose_run(&k, "aten::div.Tensor", "tt",
                                        compose_run(&k, "aten::div.Tensor", "tt", cov, rows), columns);
    if (scaled && !dtype_is_complex(tensor_dtype(scaled)))
        return compose_give(&k, compose_run(&k, "aten::clip", "tdd", scaled, -1, 1));
    if (!scaled) return compose_end(&k);
    struct tensor *re =
        compose_run(&k, "aten::clip", "tdd", compose_run(&k, "aten::real", "t", scaled), -1, 1);
    struct tensor *im =
        compose_run(&k, "aten::clip", "tdd", compose_run(&k, "aten::imag", "t", scaled), -1, 1);
    return compose_give(&k, compose_run(&k, "aten::complex", "tt", re, im));
}
