/* Operators of special functions: tables of what special.h computes, over the pointwise engine.
 *
 * Everything is computed in double and rounded to the result's dtype; integers become the default floating
 * dtype where PyTorch takes them. */
#include <math.h>

#include "ops/pointwise/pointwise.h"
#include "ops/special/special.h"

/* X(kernel, PyTorch's kernel name, rule, function of x) */
#define UNARY(X)                                                                                          \
    X(digamma, "digamma", RULE_FLOAT, special_digamma)                                                    \
    X(i0, "i0_vml_cpu", RULE_FLOAT, special_i0)                                                           \
    X(i0e, "i0e_cpu", RULE_FLOAT, special_i0e)                                                            \
    X(i1, "i1_cpu", RULE_FLOAT, special_i1)                                                               \
    X(i1e, "i1e_cpu", RULE_FLOAT, special_i1e)                                                            \
    X(modified_bessel_i0, "modified_bessel_i0_cpu", RULE_FLOAT | RULE_NO_HALF, special_i0)                \
    X(modified_bessel_i1, "modified_bessel_i1_cpu", RULE_FLOAT | RULE_NO_HALF, special_i1)                \
    X(modified_bessel_k0, "modified_bessel_k0_cpu", RULE_FLOAT | RULE_NO_HALF, special_k0)                \
    X(modified_bessel_k1, "modified_bessel_k1_cpu", RULE_FLOAT | RULE_NO_HALF, special_k1)                \
    X(scaled_modified_bessel_k0, "scaled_modified_bessel_k0_cpu", RULE_FLOAT | RULE_NO_HALF, special_k0e) \
    X(scaled_modified_bessel_k1, "scaled_modified_bessel_k1_cpu", RULE_FLOAT | RULE_NO_HALF, special_k1e) \
    X(bessel_j0, "bessel_j0_cpu", RULE_FLOAT | RULE_NO_HALF, special_j0)                                  \
    X(bessel_j1, "bessel_j1_cpu", RULE_FLOAT | RULE_NO_HALF, special_j1)                                  \
    X(bessel_y0, "bessel_y0_cpu", RULE_FLOAT | RULE_NO_HALF, special_y0)                                  \
    X(bessel_y1, "bessel_y1_cpu", RULE_FLOAT | RULE_NO_HALF, special_y1)                                  \
    X(spherical_bessel_j0, "spherical_bessel_j0_cpu", RULE_FLOAT | RULE_NO_HALF, special_spherical_j0)    \
    X(airy_ai, "airy_ai_cpu", RULE_FLOAT | RULE_NO_HALF, special_airy)                                    \
    X(erfinv, "erfinv_vml_cpu", RULE_FLOAT, special_erfinv)                                               \
    X(erfcx, "erfcx_cpu", RULE_FLOAT | RULE_NO_HALF, special_erfcx)                                       \
    X(ndtri, "ndtri_cpu", RULE_FLOAT | RULE_NO_HALF, special_ndtri)                                       \
    X(log_ndtr, "log_ndtr_cpu", RULE_FLOAT | RULE_NO_HALF, special_log_ndtr)                              \
    X(entr, "entr_cpu", RULE_FLOAT, special_entr)

#define X(name, text, rule, function)                                                                  \
    POINTWISE_LOOP_1(name##_float, float, float, function((double)x))                                  \
    POINTWISE_LOOP_1(name##_double, double, double, function(x))                                       \
    bool op_##name(struct op_call *c);                                                                 \
    bool op_##name(struct op_call *c) {                                                                \
        static const struct pointwise op = {text, 1, rule, {NULL, name##_float, name##_double, NULL}}; \
        return pointwise_call(c, &op, 0);                                                              \
    }
UNARY(X)
#undef X

/* X(kernel, PyTorch's kernel name, rule, function of x and y) */
#define BINARY(X)                                                \
    X(zeta, "zeta_cpu", RULE_FLOAT | RULE_NO_HALF, special_zeta) \
    X(igamma, "igamma_cpu", RULE_SAME, special_igamma)           \
    X(igammac, "igammac_cpu", RULE_SAME, special_igammac)

#define X(name, text, rule, function)                                                                  \
    POINTWISE_LOOP_2(name##_float, float, float, function((double)x, (double)y))                       \
    POINTWISE_LOOP_2(name##_double, double, double, function(x, y))                                    \
    bool op_##name(struct op_call *c);                                                                 \
    bool op_##name(struct op_call *c) {                                                                \
        static const struct pointwise op = {text, 2, rule, {NULL, name##_float, name##_double, NULL}}; \
        return pointwise_call(c, &op, 0);                                                              \
    }
BINARY(X)
#undef X

/* --- of a tensor and an order, which stands before it or behind it --- */

POINTWISE_LOOP_1(polygamma_float, float, float, special_polygamma((double)t->k[0].i, (double)x))
POINTWISE_LOOP_1(polygamma_double, double, double, special_polygamma((double)t->k[0].i, x))

bool op_polygamma(struct op_call *c);
bool op_polygamma(struct op_call *c) {
    static const struct pointwise op = {
        "polygamma", 1, RULE_FLOAT, {NULL, polygamma_float, polygamma_double, NULL}};
    int at = c->args[0].tag == VALUE_TENSOR ? 0 : 1;
    struct tensor *self = arg_tensor(c, at);
    struct number n = arg_number(c, 1 - at);
    if (n.i < 0) return refuse(c, "polygamma(n, x) does not support negative n.");
    return give_tensor(c, pointwise_run(c, &op, &self, &n, call_target(c)));
}

/* The logarithm of the multivariate gamma function: a sum of p gammas and a constant. */
static double multigamma(double x, int64_t p) {
    double sum = 0.25 * (double)p * (double)(p - 1) * log(3.14159265358979323846);
    for (int64_t j = 0; j < p; j++) sum += lgamma(x - 0.5 * (double)j);
    return sum;
}
POINTWISE_LOOP_1(mvlgamma_float, float, float, multigamma((double)x, t->k[0].i))
POINTWISE_LOOP_1(mvlgamma_double, double, double, multigamma(x, t->k[0].i))

enum { LARGEST_ORDER = 1 << 20 };

bool op_mvlgamma(struct op_call *c);
bool op_mvlgamma(struct op_call *c) {
    static const struct pointwise op = {
        "mvlgamma", 1, RULE_FLOAT, {NULL, mvlgamma_float, mvlgamma_double, NULL}};
    if (arg_tensor(c, 0)->dtype == DTYPE_BOOL)
        return refuse(c, "The input tensor may not be a boolean tensor.");
    if (arg_int(c, 1) < 1) return refuse(c, "p has to be greater than or equal to 1");
    if (arg_int(c, 1) > LARGEST_ORDER) return refuse(c, "p is too large");
    return pointwise_call(c, &op, 1);
}
