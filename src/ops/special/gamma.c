/* Gamma's relatives: digamma and its derivatives, the Hurwitz zeta function, incomplete gamma functions.
 *
 * Asymptotic series hold for large arguments; smaller ones are brought there by the function's recurrence
 * (Abramowitz and Stegun 6.3, 6.4, 6.5, 23.2). */
#include <math.h>

#include "ops/special/special.h"

static const double pi = 3.14159265358979323846;

/* B_2k / (2k)!, k = 1, 2, ... */
static const double bernoulli_by_factorial[] = {
    1.0 / 12,
    -1.0 / 720,
    1.0 / 30240,
    -1.0 / 1209600,
    1.0 / 47900160,
    -691.0 / 1307674368e3,
    1.0 / 74724249600.0,
    -3617.0 / 10670622842880e3,
};
enum { BERNOULLI_COUNT = sizeof bernoulli_by_factorial / sizeof *bernoulli_by_factorial };

/* log x - 1/2x - sum of B_2k / (2k x^2k), from x >= 10 on. */
static double digamma_large(double x) {
    static const double terms[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                   1.0 / 132, -691.0 / 32760, 1.0 / 12};
    double inverse = 1 / (x * x), power = inverse, sum = 0;
    for (int k = 0; k < 7; k++, power *= inverse) sum += terms[k] * power;
    return log(x) - 0.5 / x - sum;
}

double special_digamma(double x) {
    if (x == 0) return copysign(INFINITY, -x);
    if (isinf(x)) return x > 0 ? x : NAN;
    if (x < 0) {
        if (x == trunc(x)) return NAN;
        return special_digamma(1 - x) - pi / tan(pi * (x - trunc(x)));
    }
    double result = 0;
    for (; x < 10; x++) result -= 1 / x;
    return result + digamma_large(x);
}

/* Euler and Maclaurin's sum from q + N on, the terms before that one by one; q > 0. */
static double zeta_positive(double s, double q) {
    if (isinf(q)) return NAN; /* as PyTorch has it */
    double sum = 0, w = q, term = 0;
    for (int i = 0; i < 10; i++, w++) {
        term = pow(w, -s);
        sum += term;
        if (term < sum * 1e-17) return sum;
    }
    term = pow(w, -s);
    sum += term * w / (s - 1) + 0.5 * term;
    double factor = s * term / w;
    for (int k = 0; k < BERNOULLI_COUNT; k++) {
        sum += bernoulli_by_factorial[k] * factor;
        factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (w * w);
    }
    return sum;
}

/* For q < 0 and whole s the terms below zero are those of two sums above it. */
double special_zeta(double s, double q) {
    if (s == 1) return INFINITY;
    if (s < 1) return NAN;
    if (q > 0) return zeta_positive(s, q);
    if (q == floor(q)) return INFINITY;
    if (s != floor(s) || isnan(q)) return NAN;
    double count = ceil(-q), rest = q + count;
    double below = zeta_positive(s, 1 - rest) - zeta_positive(s, 1 - rest + count);
    return zeta_positive(s, rest) + (fmod(s, 2) != 0 ? -below : below);
}

static double trigamma(double x) {
    if (isinf(x) && x > 0) return 0;
    if (x < 0.5) {
        double sine = sin(pi * x);
        return pi * pi / (sine * sine) - special_zeta(2, 1 - x);
    }
    return special_zeta(2, x);
}

double special_polygamma(double n, double x) {
    if (n == 0) return special_digamma(x);
    if (n == 1) return trigamma(x);
    double size = exp(lgamma(n + 1)) * special_zeta(n + 1, x);
    return fmod(n, 2) != 0 ? size : -size;
}

/* --- incomplete gamma functions --- */

enum { MOST_TERMS = 20000 };

/* x^a e^-x / Gamma(a) */
static double gamma_density(double a, double x) {
    return exp(a * log(x) - x - lgamma(a));
}

static double lower_by_series(double a, double x) {
    double term = 1 / a, sum = term;
    for (int k = 1; k < MOST_TERMS && term > sum * 1e-17; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum * gamma_density(a, x);
}

/* Legendre's continued fraction, by Lentz's method. */
static double upper_by_fraction(double a, double x) {
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, result = d;
    for (int k = 1; k < MOST_TERMS; k++) {
        double numerator = -k * (k - a);
        b += 2;
        d = numerator * d + b;
        c = b + numerator / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        result *= c * d;
        if (fabs(c * d - 1) < 1e-16) break;
    }
    return result * gamma_density(a, x);
}

/* For large a: the normal distribution's tail and its first correction (Temme's uniform expansion). */
enum { LARGE_SHAPE = 1000000 };
static double upper_for_large(double a, double x) {
    double mu = (x - a) / a, eta = copysign(sqrt(2 * (mu - log1p(mu))), mu);
    double correction = fabs(mu) < 1e-5 ? -1.0 / 3 + mu / 12 : 1 / mu - 1 / eta;
    double density = exp(-a * eta * eta / 2) / sqrt(2 * pi * a);
    return erfc(eta * sqrt(a / 2)) / 2 + (isfinite(correction) ? density * correction : 0);
}

/* Whether the ends of the domain decide; `upper` is the upper function's value there. */
static int decided(double a, double x, double *upper) {
    *upper = NAN;
    if (x < 0 || a < 0) return 1;
    if (a == 0) {
        if (x > 0) *upper = 0;
        return 1;
    }
    if (x == 0) {
        *upper = 1;
        return 1;
    }
    if (isinf(a)) {
        if (!isinf(x)) *upper = 1;
        return 1;
    }
    if (isinf(x)) *upper = 0;
    return isinf(x) || isnan(x) || isnan(a);
}

double special_igamma(double a, double x) {
    double upper;
    if (decided(a, x, &upper)) return 1 - upper;
    if (a > LARGE_SHAPE) return 1 - upper_for_large(a, x);
    return x <= 1 || x <= a ? lower_by_series(a, x) : 1 - upper_by_fraction(a, x);
}

double special_igammac(double a, double x) {
    double upper;
    if (decided(a, x, &upper)) return upper;
    if (a > LARGE_SHAPE) return upper_for_large(a, x);
    return x <= 1 || x <= a ? 1 - lower_by_series(a, x) : upper_by_fraction(a, x);
}
