/* Sums, products, extremes, norms, tests: reductions without indices.
 *
 * The tables give each reduction's step for integers, reals and complex numbers; kernels read dims, keepdim
 * and dtype where their schemas have them. */
#include "kernels/rows.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/reduce/reduce.h"
#include <complex.h>
#include <math.h>
#undef complex

typedef double _Complex complex_double;

static void begin_zero(struct reduce_state *s) {
    s->i = 0;
    s->f = 0;
    s->z = (struct complex128){0, 0};
}
static void begin_one(struct reduce_state *s) {
    s->i = 1;
    s->f = 1;
    s->z = (struct complex128){1, 0};
}

#define STEP(function, T, statement)                                                \
    static void function(struct reduce_state *s, const void *tile, int64_t count) { \
        const T *a = tile;                                                          \
        for (int64_t i = 0; i < count; i++) {                                       \
            T x = a[i];                                                             \
            statement;                                                              \
        }                                                                           \
    }

/* Four sums at a time, added in pairs: shorter chains, and the compiler may use vectors. */
static void sum_double(struct reduce_state *s, const void *tile, int64_t count) {
    const double *a = tile;
    double part[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int k = 0; k < 4; k++) part[k] += a[i + k];
    for (; i < count; i++) part[0] += a[i];
    s->f += (part[0] + part[1]) + (part[2] + part[3]);
    s->count += count;
}
static void sum_int(struct reduce_state *s, const void *tile, int64_t count) {
    const int64_t *a = tile;
    uint64_t sum = (uint64_t)s->i;
    for (int64_t i = 0; i < count; i++) sum += (uint64_t)a[i];
    s->i = (int64_t)sum;
    s->count += count;
}
STEP(sum_complex, struct complex128, (s->z.re += x.re, s->z.im += x.im, s->count++))
static const struct reduction sum_of = {"sum_cpu", begin_zero, {sum_int, NULL, sum_double, sum_complex},
                                        NULL,      false,      1 + REDUCE_SUM};

STEP(nansum_double, double, s->f += x != x ? 0 : x)
STEP(nansum_complex, struct complex128,
     (s->z.re += x.re != x.re ? 0 : x.re, s->z.im += x.im != x.im ? 0 : x.im))
static const struct reduction nansum_of = {
    "nansum_cpu", begin_zero, {sum_int, NULL, nansum_double, nansum_complex}, NULL, false, 0};

static void mean_finish(struct reduce_state *s) {
    double n = (double)s->count;
    s->f /= n;
    s->z = (struct complex128){s->z.re / n, s->z.im / n};
}
static const struct reduction mean_of = {"mean_cpu",  begin_zero, {NULL, NULL, sum_double, sum_complex},
                                         mean_finish, false,      1 + REDUCE_SUM};
STEP(nanmean_double, double, if (x == x)(s->f += x, s->count++))
static const struct reduction nanmean_of = {
    "nanmean_cpu", begin_zero, {NULL, NULL, nanmean_double, sum_complex}, mean_finish, false, 0};

STEP(prod_int, int64_t, s->i = (int64_t)((uint64_t)s->i * (uint64_t)x))
STEP(prod_double, double, s->f *= x)
STEP(prod_complex, struct complex128,
     s->z = ((struct complex128){s->z.re * x.re - s->z.im * x.im, s->z.re *x.im + s->z.im *x.re}))
static const struct reduction prod_of = {"prod_cpu", begin_one, {prod_int, NULL, prod_double, prod_complex},
                                         NULL,       false,     1 + REDUCE_PROD};

STEP(any_int, int64_t, s->i |= x != 0)
STEP(any_double, double, s->f = s->f != 0 || x != 0)
STEP(any_complex, struct complex128, s->z.re = s->z.re != 0 || x.re != 0 || x.im != 0)
static const struct reduction any_of = {"or_all", begin_zero, {any_int, NULL, any_double, any_complex},
                                        NULL,     false,      0};
STEP(all_int, int64_t, s->i &= x != 0)
STEP(all_double, double, s->f = s->f != 0 && x != 0)
STEP(all_complex, struct complex128, s->z.re = s->z.re != 0 && (x.re != 0 || x.im != 0))
static const struct reduction all_of = {"and_all", begin_one, {all_int, NULL, all_double, all_complex},
                                        NULL,      false,     0};

static void begin_low(struct reduce_state *s) {
    s->i = INT64_MIN;
    s->f = -(double)INFINITY;
}
static void begin_high(struct reduce_state *s) {
    s->i = INT64_MAX;
    s->f = (double)INFINITY;
}
STEP(max_int, int64_t, s->i = x > s->i ? x : s->i)
STEP(max_double, double, s->f = x > s->f || x != x ? x : s->f)
STEP(min_int, int64_t, s->i = x < s->i ? x : s->i)
STEP(min_double, double, s->f = x < s->f || x != x ? x : s->f)
static void max_nan(struct reduce_state *s, const void *tile, int64_t count) {
    if (s->f == s->f) max_double(s, tile, count);
    const double *a = tile;
    for (int64_t i = 0; i < count && s->f == s->f; i++)
        if (a[i] != a[i]) s->f = a[i];
}
static void min_nan(struct reduce_state *s, const void *tile, int64_t count) {
    if (s->f == s->f) min_double(s, tile, count);
    const double *a = tile;
    for (int64_t i = 0; i < count && s->f == s->f; i++)
        if (a[i] != a[i]) s->f = a[i];
}
static const struct reduction max_of = {"amax_cpu", begin_low, {max_int, NULL, max_nan, NULL},
                                        NULL,       false,     1 + REDUCE_MAX};
static const struct reduction min_of = {"amin_cpu", begin_high, {min_int, NULL, min_nan, NULL},
                                        NULL,       false,      1 + REDUCE_MIN};

STEP(nonzero_int, int64_t, s->i += x != 0)
STEP(nonzero_double, double, s->f += x != 0)
STEP(nonzero_complex, struct complex128, s->z.re += x.re != 0 || x.im != 0)
static const struct reduction nonzero_of = {
    "count_nonzero", begin_zero, {nonzero_int, NULL, nonzero_double, nonzero_complex}, NULL, false, 0};

/* p-norms over absolute values. k[0]: p. */
static double modulus(struct complex128 x) {
    return hypot(x.re, x.im);
}
STEP(norm1_double, double, s->f += fabs(x))
STEP(norm1_complex, struct complex128, s->f += modulus(x))
STEP(norm2_double, double, s->f += x * x)
STEP(norm2_complex, struct complex128, s->f += x.re * x.re + x.im * x.im)
STEP(norm0_double, double, s->f += x != 0)
STEP(norm0_complex, struct complex128, s->f += x.re != 0 || x.im != 0)
STEP(normp_double, double, s->f += pow(fabs(x), s->k[0].f))
STEP(normp_complex, struct complex128, s->f += pow(modulus(x), s->k[0].f))
STEP(norm_max_double, double, {
    double m = fabs(x);
    s->f = m > s->f || m != m ? m : s->f;
})
STEP(norm_max_complex, struct complex128, {
    double m = modulus(x);
    s->f = m > s->f || m != m ? m : s->f;
})
STEP(norm_min_double, double, {
    double m = fabs(x);
    s->f = m < s->f || m != m ? m : s->f;
})
STEP(norm_min_complex, struct complex128, {
    double m = modulus(x);
    s->f = m < s->f || m != m ? m : s->f;
})
static void root_finish(struct reduce_state *s) {
    s->f = sqrt(s->f);
}
static void power_finish(struct reduce_state *s) {
    s->f = pow(s->f, 1 / s->k[0].f);
}
static const struct reduction norms[] = {
    {"norm_cpu", begin_zero, {NULL, NULL, norm0_double, norm0_complex}, NULL, true, 0},
    {"norm_cpu", begin_zero, {NULL, NULL, norm1_double, norm1_complex}, NULL, true, 1 + REDUCE_SUM_ABS},
    {"norm_cpu",
     begin_zero,
     {NULL, NULL, norm2_double, norm2_complex},
     root_finish,
     true,
     1 + REDUCE_SUM_SQUARES},
    {"norm_cpu", begin_zero, {NULL, NULL, normp_double, normp_complex}, power_finish, true, 0},
    {"norm_cpu", begin_zero, {NULL, NULL, norm_max_double, norm_max_complex}, NULL, true, 0},
    {"norm_cpu", begin_high, {NULL, NULL, norm_min_double, norm_min_complex}, NULL, true, 0},
};

static const struct reduction *norm_for(double p) {
    if (isinf(p)) return &norms[p > 0 ? 4 : 5];
    return p == 0 ? &norms[0] : p == 1 ? &norms[1] : p == 2 ? &norms[2] : &norms[3];
}

/* --- kernels --- */

/* Where a schema has its dims, keepdim and dtype; -1: not at all. */
struct places {
    int dims, keepdim, dtype;
};

static bool read_places(struct op_call *c, struct places p, struct tensor *t, uint64_t *mask, bool *keepdim) {
    *mask = mask_all(t);
    *keepdim = p.keepdim >= 0 && arg_bool(c, p.keepdim);
    return p.dims < 0 || wrap_dims(c, p.dims, t->ndim, true, mask);
}

/* Sum and product: integers become int64, or what dtype says. */
static bool accumulate(struct op_call *c, const struct reduction *r, struct places p) {
    struct tensor *t = arg_tensor(c, 0), *target = call_target(c);
    enum dtype d = dtype_is_integral(tensor_dtype(t), true) ? DTYPE_INT64 : tensor_dtype(t);
    uint64_t mask;
    bool keepdim;
    if (target && c->row->traits & OP_OUT) d = tensor_dtype(target);
    if (!args_dtype(c, p.dtype, d, &d) || !read_places(c, p, t, &mask, &keepdim)) return false;
    enum compute compute = compute_wide(d == DTYPE_BOOL ? DTYPE_INT64 : d);
    if (dtype_is_complex(tensor_dtype(t))) compute = COMPUTE_COMPLEX;
    return give_tensor(c, reduce_run(c, r, t, mask, keepdim, compute, d, NULL, target));
}
bool reduce_sum(struct op_call *c) {
    return accumulate(c, &sum_of, (struct places){-1, -1, 1});
}
bool reduce_sum_dim(struct op_call *c) {
    return accumulate(c, &sum_of, (struct places){1, 2, 3});
}
/* Floating numbers are never summed as integers. */
bool reduce_nansum(struct op_call *c) {
    const struct tensor *target = call_target(c);
    enum dtype from = tensor_dtype(arg_tensor(c, 0)), to = target ? tensor_dtype(target) : from;
    if (!args_dtype(c, 3, to, &to)) return false;
    if (!dtype_is_integral(from, true) && dtype_is_integral(to, true))
        return refuse(c, "\"nansum_cpu\" not implemented for '%s'", dtype_table[to].graph_name);
    return accumulate(c, &nansum_of, (struct places){1, 2, 3});
}
bool reduce_prod(struct op_call *c) {
    return accumulate(c, &prod_of, (struct places){-1, -1, 1});
}
bool reduce_prod_dim(struct op_call *c) {
    return accumulate(c, &prod_of, (struct places){1, 2, 3});
}

static bool mean(struct op_call *c, const struct reduction *r, struct places p) {
    struct tensor *t = arg_tensor(c, 0), *target = call_target(c);
    enum dtype d = tensor_dtype(t);
    uint64_t mask;
    bool keepdim, given = !arg_none(c, p.dtype);
    if (!args_dtype(c, p.dtype, d, &d)) return false;
    if (dtype_is_integral(d, true))
        return refuse(c,
                      "mean(): could not infer output dtype. %s dtype must be either a floating point or "
                      "complex dtype. "
                      "Got: %s",
                      given ? "Optional" : "Input", dtype_table[d].graph_name);
    if (target) d = tensor_dtype(target);
    if (dtype_is_integral(d, true))
        return refuse(c, "result type Float can't be cast to the desired output type %s",
                      dtype_table[d].graph_name);
    if (!read_places(c, p, t, &mask, &keepdim)) return false;
    return give_tensor(c, reduce_run(c, r, t, mask, keepdim, compute_wide(d), d, NULL, target));
}
bool reduce_mean(struct op_call *c) {
    return mean(c, &mean_of, (struct places){-1, -1, 1});
}
bool reduce_mean_dim(struct op_call *c) {
    return mean(c, &mean_of, (struct places){1, 2, 3});
}
bool reduce_nanmean(struct op_call *c) {
    return mean(c, &nanmean_of, (struct places){1, 2, 3});
}

static bool check_test_target(struct op_call *c, const struct reduction *r) {
    const struct tensor *out = call_target(c);
    if (!out || out->dtype == DTYPE_BOOL || out->dtype == DTYPE_UINT8) return true;
    return refuse(c, "%s only supports bool tensor for result, got: %s", r == &any_of ? "any" : "all",
                  dtype_table[out->dtype].graph_name);
}
/* any, all: bool; uint8 stays uint8. */
static bool test(struct op_call *c, const struct reduction *r, struct places p) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = t->dtype == DTYPE_UINT8 ? DTYPE_UINT8 : DTYPE_BOOL;
    uint64_t mask;
    bool keepdim;
    if (!check_test_target(c, r) || !read_places(c, p, t, &mask, &keepdim)) return false;
    return give_tensor(
        c, reduce_run(c, r, t, mask, keepdim, compute_wide(tensor_dtype(t)), d, NULL, call_target(c)));
}
static bool test_dims(struct op_call *c, const struct reduction *r) {
    if (!arg_none(c, 1) && c->args[1].tag == VALUE_LIST && arg_list(c, 1)->count == 0) {
        struct tensor *t = arg_tensor(c, 0); /* no dims at all: element by element */
        enum dtype d = t->dtype == DTYPE_UINT8 ? DTYPE_UINT8 : DTYPE_BOOL;
        return give_tensor(
            c, reduce_run(c, r, t, 0, true, compute_wide(tensor_dtype(t)), d, NULL, call_target(c)));
    }
    return test(c, r, (struct places){1, 2, -1});
}
bool reduce_any(struct op_call *c) {
    return test(c, &any_of, (struct places){-1, -1, -1});
}
bool reduce_any_dim(struct op_call *c) {
    return test_dims(c, &any_of);
}
bool reduce_all(struct op_call *c) {
    return test(c, &all_of, (struct places){-1, -1, -1});
}
bool reduce_all_dim(struct op_call *c) {
    return test_dims(c, &all_of);
}
bool reduce_is_all_true(struct op_call *c) {
    return test(c, &all_of, (struct places){-1, -1, -1});
}

static bool extreme(struct op_call *c, const struct reduction *r, struct places p, const char *name) {
    struct tensor *t = arg_tensor(c, 0);
    uint64_t mask;
    bool keepdim;
    if (!read_places(c, p, t, &mask, &keepdim)) return false;
    if (t->numel == 0 && p.dims < 0)
        return refuse(
            c,
            "%s(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            "with the 'dim' argument.",
            name);
    const struct tensor *target = call_target(c);
    if (p.dims >= 0 && target && target->dtype != t->dtype)
        return refuse(
            c,
            "Expected the dtype for input and out to match, but got %s for input's dtype and %s for "
            "out's dtype.",
            dtype_table[t->dtype].graph_name, dtype_table[target->dtype].graph_name);
    for (int i = 0; i < t->ndim; i++)
        if ((mask >> i & 1) && t->sizes[i] == 0)
            return refuse_index(c, "%s(): Expected reduction dim %d to have non-zero size.", name, i);
    return give_tensor(c, reduce_run(c, r, t, mask, keepdim, compute_wide(tensor_dtype(t)), tensor_dtype(t),
                                     NULL, call_target(c)));
}
bool reduce_amax(struct op_call *c) {
    return extreme(c, &max_of, (struct places){1, 2, -1}, "amax");
}
bool reduce_amin(struct op_call *c) {
    return extreme(c, &min_of, (struct places){1, 2, -1}, "amin");
}
bool reduce_max(struct op_call *c) {
    return extreme(c, &max_of, (struct places){-1, -1, -1}, "max");
}
bool reduce_min(struct op_call *c) {
    return extreme(c, &min_of, (struct places){-1, -1, -1}, "min");
}

bool reduce_count_nonzero(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    uint64_t mask = mask_all(t);
    if (c->args[1].tag == VALUE_INT) {
        int64_t dim = arg_int(c, 1);
        if (!wrap_dim(c, &dim, t->ndim)) return false;
        mask = t->ndim ? (uint64_t)1 << dim : 0;
    } else if (!wrap_dims(c, 1, t->ndim, true, &mask)) {
        return false;
    }
    return give_tensor(c, reduce_run(c, &nonzero_of, t, mask, false, compute_wide(tensor_dtype(t)),
                                     DTYPE_INT64, NULL, call_target(c)));
}

bool reduce_check_norm_dtype(struct op_call *c, enum dtype own, enum dtype wanted, const char *name) {
    const char *text = dtype_table[wanted].graph_name, *kind = dtype_is_complex(own) ? "complex" : "real";
    if (!dtype_is_floating(wanted) && !dtype_is_complex(wanted))
        return refuse(c, "%s: dtype should be floating point or complex, but got %s", name, text);
    if (dtype_is_complex(own) != dtype_is_complex(wanted))
        return refuse(c, "%s: dtype should be %s for %s inputs, but got %s", name, kind, kind, text);
    return dtype_promote(own, wanted) == wanted ||
           refuse(c,
                  "%s: the dtype of the input (%s) should be convertible without narrowing to the specified "
                  "dtype (%s)",
                  name, dtype_table[own].graph_name, text);
}

static bool norm(struct op_call *c, struct number p, struct places at, const char *name) {
    struct tensor *t = arg_tensor(c, 0), *target = call_target(c);
    enum dtype own = tensor_dtype(t), d;
    uint64_t mask;
    bool keepdim;
    if (!dtype_is_floating(own) && !dtype_is_complex(own))
        return refuse(c, "%s: Expected a floating point or complex tensor as input. Got %s", name,
                      dtype_table[own].graph_name);
    if (!args_dtype(c, at.dtype < 0 ? c->arg_count : at.dtype, own, &d) ||
        !reduce_check_norm_dtype(c, own, d, name))
        return false;
    d = dtype_real(d);
    if (target && target->dtype != d)
        return refuse(c, "Expected out tensor to have dtype %s, but got %s instead", dtype_cpp_name(d),
                      dtype_cpp_name(tensor_dtype(target)));
    if (!read_places(c, at, t, &mask, &keepdim)) return false;
    if (t->numel == 0 && (p.f < 0 || isinf(p.f))) {
        uint64_t whole = mask_all(t);
        if (mask == whole)
            return refuse(c,
                          "%s cannot compute the %g norm on an empty tensor because the operation does not "
                          "have an identity",
                          name, p.f);
    }
    enum compute compute = dtype_is_complex(tensor_dtype(t)) ? COMPUTE_COMPLEX : COMPUTE_DOUBLE;
    return give_tensor(c, reduce_run(c, norm_for(p.f), t, mask, keepdim, compute, d, &p, target));
}
static const struct number two = {.tag = VALUE_INT, .i = 2, .f = 2, .z = {2, 0}};
/* norm.Scalar(self, p), .ScalarOpt_dim(self, p, dim, keepdim), .ScalarOpt_dim_dtype(…, dtype),
 * .ScalarOpt_dtype(self, p, dtype) */
static bool norm_row(struct op_call *c, struct places at) {
    return norm(c, arg_none(c, 1) ? two : arg_number(c, 1), at, "linalg.vector_norm");
}
bool reduce_norm(struct op_call *c) {
    return norm_row(c, (struct places){-1, -1, -1});
}
bool reduce_norm_dtype(struct op_call *c) {
    return norm_row(c, (struct places){-1, -1, 2});
}
bool reduce_norm_dim(struct op_call *c) {
    return norm_row(c, (struct places){2, 3, -1});
}
bool reduce_norm_dim_dtype(struct op_call *c) {
    return norm_row(c, (struct places){2, 3, 4});
}
bool reduce_vector_norm(struct op_call *c) {
    return norm_row(c, (struct places){2, 3, 4});
}
bool reduce_frobenius_norm(struct op_call *c) {
    return norm(c, two, (struct places){1, 2, -1}, "linalg.matrix_norm");
}

/* logsumexp in two passes over the same elements: the largest first. k[0]: it. */
STEP(expsum_double, double, {
    if (s->g == -(double)INFINITY && s->count == 0) s->g = x;
    double high = x > s->g ? x : s->g;
    if (x != x) high = x;
    s->f = (isinf(high) ? (s->count ? s->f : 0) : s->f * exp(s->g - high)) +
           (isinf(high) && x == high ? 1 : exp(x - high));
    s->g = high;
    s->count++;
})
static void begin_expsum(struct reduce_state *s) {
    s->f = 0;
    s->g = -(double)INFINITY;
}
static void expsum_finish(struct reduce_state *s) {
    s->f = s->count == 0 ? -(double)INFINITY : isinf(s->g) ? s->g : log(s->f) + s->g;
}
static const struct reduction logsumexp_of = {"logsumexp",   begin_expsum, {NULL, NULL, expsum_double, NULL},
                                              expsum_finish, false,        ROWS_LOGSUMEXP};
/* Complex numbers have no largest one: that of their real parts is taken out
 * (aten/src/ATen/native/ReduceOps.cpp, logsumexp_out_impl). */
static bool complex_logsumexp(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *high = NULL, *shifted = t;
    lb_value dims = c->args[1], keepdim = c->args[2];
    if (t->numel > 0) {
        high = compose_run(&k, "aten::amax", "tvb", compose_run(&k, "aten::real", "t", t), dims, true);
        struct tensor *infinite = compose_run(&k, "aten::isinf", "t", high);
        high = compose_run(&k, "aten::masked_fill.Scalar", "ttd", high, infinite, 0);
        shifted = compose_run(&k, "aten::sub.Tensor", "ttd", t, high, 1);
    }
    struct tensor *sum = compose_run(&k, "aten::exp", "t", shifted);
    sum = compose_run(&k, "aten::sum.dim_IntList", "tvv", sum, dims, keepdim);
    sum = compose_run(&k, "aten::log", "t", sum);
    if (!high || !sum) return compose_give(&k, sum);
    high = compose_run(&k, "aten::reshape", "tL", high, (int)sum->ndim, sum->sizes);
    return compose_give(&k, compose_run(&k, "aten::add.Tensor", "ttd", sum, high, 1));
}
bool reduce_logsumexp(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (dtype_is_complex(tensor_dtype(t)))
        return call_target(c) ? op_into(c, complex_logsumexp) : complex_logsumexp(c);
    enum dtype d = dtype_is_integral(tensor_dtype(t), true) ? DTYPE_FLOAT32 : tensor_dtype(t);
    uint64_t mask;
    bool keepdim;
    if (!read_places(c, (struct places){1, 2, -1}, t, &mask, &keepdim)) return false;
    return give_tensor(
        c, reduce_run(c, &logsumexp_of, t, mask, keepdim, COMPUTE_DOUBLE, d, NULL, call_target(c)));
}
