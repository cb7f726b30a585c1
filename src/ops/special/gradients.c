/* Gradients of random draws by their parameters, as the distributions of torch need them: of a gamma draw by
 * its concentration, of a Dirichlet draw by its own.
 *
 * Each is -(d/d alpha cdf) / pdf at the drawn point, approximated in regions: series near the ends, a saddle
 * point expansion for large parameters, a rational fit between. Regions and coefficients are PyTorch's
 * (aten/src/ATen/native/Distributions.h, standard_gamma_grad and dirichlet_grad_one). */
#include "ops/pointwise/pointwise.h"
#include "ops/special/special.h"
#include <math.h>

static double zero_for_nan(double x) {
    return x != x ? 0 : x;
}

static double cubic_at(const double *c, double x) {
    return c[0] + x * (c[1] + x * (c[2] + x * c[3]));
}

/* --- gamma --- */

/* The Taylor series of the incomplete gamma function and of its derivative by alpha. */
static double gamma_small(double alpha, double x) {
    double numer = 1, denom = alpha, series = 1 / alpha, squares = 1 / (alpha * alpha);
    for (int i = 1; i <= 5; i++) {
        numer *= -x / i;
        denom += 1;
        series += numer / denom;
        squares += numer / (denom * denom);
    }
    double power = pow(x, alpha), pdf = pow(x, alpha - 1) * exp(-x);
    double slope = (log(x) - special_digamma(alpha)) * power * series - power * squares;
    return zero_for_nan(-slope / pdf);
}

static double gamma_large(double alpha, double x) {
    if (0.9 * alpha <= x && x <= 1.1 * alpha) { /* around the singularity at x = alpha */
        double a = 1 + 24 * alpha * (1 + 12 * alpha);
        double b =
            1440 * (alpha * alpha) + 6 * x * (53 - 120 * x) - 65 * x * x / alpha + alpha * (107 + 3600 * x);
        return a * b / (1244160 * (alpha * alpha) * (alpha * alpha));
    }
    double denom = sqrt(8 * alpha), near = denom / (alpha - x),
           far = pow(x - alpha - alpha * log(x / alpha), -1.5);
    double both = x < alpha ? near - far : near + far;
    double first = log(x / alpha) * both - sqrt(2 / alpha) * (alpha + x) / ((alpha - x) * (alpha - x));
    double stirling = 1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha));
    return -stirling * x * first / denom;
}

static double gamma_gradient(double alpha, double x) {
    static const double by_u[3][8] = {
        {0.16009398, -0.094634809, 0.025146376, -0.0030648343, 1, 0.32668115, 0.10406089, 0.0014179084},
        {0.53487893, 0.1298071, 0.065735949, -0.0015649758, 0.16639465, 0.020070113, -0.0035938915,
         -0.00058392623},
        {0.040121004, -0.0065914022, -0.0026286047, -0.0013441777, 0.017050642, -0.0021309326, 0.00085092367,
         -1.5247877e-07}};
    if (x < 0.8) return gamma_small(alpha, x);
    if (alpha > 8) return gamma_large(alpha, x);
    double u = log(x / alpha), v = log(alpha), by_v[8];
    for (int i = 0; i < 8; i++) by_v[i] = by_u[0][i] + u * (by_u[1][i] + u * by_u[2][i]);
    return exp(cubic_at(by_v, v) / cubic_at(by_v + 4, v));
}

/* --- beta, of which a Dirichlet's components are --- */

static double beta_low(double x, double alpha, double beta) {
    double factor = special_digamma(alpha) - special_digamma(alpha + beta) - log(x), numer = 1,
           series = 1 / alpha * (factor + 1 / alpha);
    for (int i = 1; i <= 10; i++) {
        numer *= (i - beta) * x / i;
        series += numer / (alpha + i) * (factor + 1 / (alpha + i));
    }
    return zero_for_nan(x * pow(1 - x, -beta) * series);
}

/* By beta, near 0. */
static double beta_low_other(double x, double alpha, double beta) {
    double factor = special_digamma(alpha + beta) - special_digamma(beta), numer = 1, betas = 1, slopes = 0,
           series = factor / alpha;
    for (int i = 1; i <= 8; i++) {
        numer *= -x / i;
        slopes = slopes * (beta - i) + betas;
        betas *= beta - i;
        series += numer / (alpha + i) * (slopes + factor * betas);
    }
    return zero_for_nan(-pow(1 - x, 1 - beta) * series);
}

static double beta_mean(double x, double a, double b) {
    double total = a + b;
    double poly =
        47 * x * (b * b) * (b * b) +
        a * ((43 + 20 * (16 + 27 * b) * x) * (b * b) * b +
             a * (3 * (59 + 180 * b - 90 * x) * (b * b) +
                  a * ((453 + 1620 * b * (1 - x) - 455 * x) * b + a * (8 * (1 - x) * (135 * b - 11)))));
    double numer = (1 + 12 * a) * (1 + 12 * b) / (total * total);
    return numer / (1 - x) * poly / (12960 * a * a * a * b * b * (1 + 12 * total));
}

static double stirling_part(double x) {
    return 1 + 1 / (12 * x) + 1 / (288 * x * x);
}

static double beta_middle(double x, double a, double b) {
    double total = a + b, mean = a / total, deviation = sqrt(a * b / (total + 1)) / total;
    if (mean - 0.1 * deviation <= x && x <= mean + 0.1 * deviation) return beta_mean(x, a, b);
    double stirling = stirling_part(a) * stirling_part(b) / stirling_part(total);
    double apart = a * (x - 1) + b * x;
    double first = (2 * (a * a) * (x - 1) + a * b * (x - 1) - x * (b * b)) /
                   (sqrt(2 * a / b) * pow(total, 1.5) * apart * apart);
    double second = 0.5 * log(a / (total * x)), third = sqrt(8 * a * b / total) / apart;
    double fourth = pow(b * log(b / (total * (1 - x))) + a * log(a / (total * x)), -1.5);
    return stirling * -x / sqrt(2 * a * b / total) *
           (first + second * (third + (x < mean ? fourth : -fourth)));
}

/* A rational correction of x (digamma(total) - digamma(alpha)) / beta. */
static double beta_fit(double x, double alpha, double total) {
    static const double fit[2][3][3][4] = {
        {{{1.003668233, -0.01061107488, -0.0657888334, 0.01201642863},
          {0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033},
          {-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013}},
         {{0.221950385, -0.3187676331, 0.01799915743, 0.01074823814},
          {-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057},
          {0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05}},
         {{-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565},
          {0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181},
          {0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05}}},
        {{{1, -0.02924021934, -0.04438342661, 0.007285809825},
          {0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521},
          {-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149}},
         {{0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273},
          {0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956},
          {-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05}},
         {{0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05},
          {0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05},
          {-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06}}}};
    double u = log(x), a = log(alpha) - u, b = log(total) - a, sums[2] = {0, 0};
    const double us[3] = {1, u, u * u}, as[3] = {1, a, a * a};
    for (int part = 0; part < 2; part++)
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) sums[part] += us[i] * as[j] * cubic_at(fit[part][i][j], b);
    double rough = x * (special_digamma(total) - special_digamma(alpha)) / (total - alpha);
    return sums[0] / sums[1] * rough;
}

static double dirichlet_gradient(double x, double alpha, double total) {
    double beta = total - alpha, boundary = total * x * (1 - x);
    if (x <= 0.5 && boundary < 2.5) return beta_low(x, alpha, beta);
    if (x >= 0.5 && boundary < 0.75) return -beta_low_other(1 - x, beta, alpha);
    if (alpha > 6 && beta > 6) return beta_middle(x, alpha, beta);
    return beta_fit(x, alpha, total);
}

/* --- the operators: float and double, all operands of one dtype --- */

POINTWISE_LOOP_2(gamma_float, float, float, gamma_gradient((double)x, (double)y))
POINTWISE_LOOP_2(gamma_double, double, double, gamma_gradient(x, y))
POINTWISE_LOOP_3(dirichlet_float, float, float, dirichlet_gradient((double)x, (double)y, (double)z))
POINTWISE_LOOP_3(dirichlet_double, double, double, dirichlet_gradient(x, y, z))

static bool of_one_dtype(struct op_call *c, const struct pointwise *op) {
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    for (int i = 1; i < op->inputs; i++)
        if (tensor_dtype(arg_tensor(c, i)) != d)
            return refuse(c, "Found dtype %s but expected %s",
                          dtype_table[arg_tensor(c, i)->dtype].graph_name, dtype_table[d].graph_name);
    if (d != DTYPE_FLOAT32 && d != DTYPE_FLOAT64)
        return refuse(c, "\"%s\" not implemented for '%s'", op->name, dtype_table[d].graph_name);
    return pointwise_call(c, op, 0);
}
bool special_standard_gamma_grad(struct op_call *c) {
    static const struct pointwise op = {
        "_standard_gamma_grad_cpu", 2, RULE_SAME, {NULL, gamma_float, gamma_double, NULL}};
    return of_one_dtype(c, &op);
}
bool special_dirichlet_grad(struct op_call *c) {
    static const struct pointwise op = {
        "_dirichlet_grad_cpu", 3, RULE_SAME, {NULL, dirichlet_float, dirichlet_double, NULL}};
    return of_one_dtype(c, &op);
}
