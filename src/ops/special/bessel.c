/* Bessel functions of orders 0 and 1, and Airy's.
 *
 * I by its power series, whose terms are all positive, and its asymptotic one; K by its integral over cosh,
 * to which the trapezoidal rule converges exponentially (Abramowitz and Stegun 9.6, 9.7, 10.4). J, Y and
 * Airy's function below 0 are evaluated as PyTorch does it (bessel_tables.h says why). */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "ops/special/bessel_tables.h"
#include "ops/special/special.h"

static const double pi = 3.14159265358979323846;
static const double euler = 0.57721566490153286061;

/* --- I --- */

/* The sum of (x²/4)^k / (k! (k + order)!); times (x/2)^order it is I. */
static double i_series(double x, int order) {
    double quarter = x * x / 4, term = 1, sum = 1;
    for (int k = 1; term > sum * 1e-17; k++) {
        term *= quarter / ((double)k * (k + order));
        sum += term;
    }
    return sum;
}

/* sqrt(2 pi x) e^-x I(x) for large x. */
static double i_asymptotic(double x, int order) {
    double mu = 4.0 * order * order, term = 1, sum = 1;
    for (int k = 1; k < 30; k++) {
        double odd = 2 * k - 1, next = -term * (mu - odd * odd) / (k * 8 * x);
        if (fabs(next) > fabs(term) || fabs(next) < 1e-17) break;
        term = next;
        sum += term;
    }
    return sum;
}

enum { I_BORDER = 30 };

static double i_scaled(double x, int order) {
    if (x > I_BORDER) return i_asymptotic(x, order) / sqrt(2 * pi * x);
    return exp(-x) * i_series(x, order) * (order ? x / 2 : 1);
}

double special_i0e(double x) {
    return i_scaled(fabs(x), 0);
}
double special_i1e(double x) {
    return copysign(i_scaled(fabs(x), 1), x);
}
double special_i0(double x) {
    return exp(fabs(x)) * special_i0e(x);
}
double special_i1(double x) {
    return exp(fabs(x)) * special_i1e(x);
}

/* --- K --- */

/* e^x K_nu(x): the integral of exp(-x (cosh t - 1)) cosh(nu t), x not small. */
static double k_integral(double nu, double x) {
    if (x > 1e8) return sqrt(pi / (2 * x)); /* all that double sees of the asymptotic series */
    double step = 0.5 / sqrt(x > 16 ? x : 16), sum = 0.5;
    for (int i = 1;; i++) {
        double t = i * step, decay = x * (cosh(t) - 1);
        if (decay > 800 || decay - nu * t > 40) break;
        sum += exp(-decay) * cosh(nu * t);
    }
    return sum * step;
}

/* With the logarithm at 0, to x = 2. */
static double k0_series(double x) {
    double quarter = x * x / 4, term = 1, harmonic = 0, sum = 0;
    for (int k = 1; k < 30; k++) {
        term *= quarter / ((double)k * k);
        harmonic += 1.0 / k;
        sum += term * harmonic;
    }
    return sum - (log(x / 2) + euler) * i_series(x, 0);
}
static double k1_series(double x) {
    double quarter = x * x / 4, term = 1, psi = 1 - 2 * euler, sum = psi;
    for (int k = 1; k < 30; k++) {
        term *= quarter / ((double)k * (k + 1));
        psi += 1.0 / k + 1.0 / (k + 1);
        sum += term * psi;
    }
    return 1 / x + log(x / 2) * (x / 2) * i_series(x, 1) - x / 4 * sum;
}

enum { K_BORDER = 2 };

static double k_scaled(double x, int order) {
    if (x == 0) return INFINITY;
    if (!(x > 0)) return NAN;
    if (x > K_BORDER) return k_integral(order, x);
    return exp(x) * (order ? k1_series(x) : k0_series(x));
}
double special_k0e(double x) {
    return k_scaled(x, 0);
}
double special_k1e(double x) {
    return k_scaled(x, 1);
}
double special_k0(double x) {
    return x > 0 && x <= K_BORDER ? k0_series(x) : exp(-x) * k_scaled(x, 0);
}
double special_k1(double x) {
    return x > 0 && x <= K_BORDER ? k1_series(x) : exp(-x) * k_scaled(x, 1);
}

/* --- J, Y --- */

#define TABLE(t) t, sizeof t / sizeof *t

static double polynomial(const double *coefficients, size_t count, double x) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum = sum * x + coefficients[i];
    return sum;
}

enum { WAVE_BORDER = 5 };

/* Beyond WAVE_BORDER: J, or Y, which is J a quarter of a turn on. */
static double wave(double x, int order, bool quarter_on) {
    double w = 25 / (x * x), phase = x - (order ? 0.75 : 0.25) * pi, p, q;
    if (order) {
        p = polynomial(TABLE(wave1_cosine_over), w) / polynomial(TABLE(wave1_cosine_under), w);
        q = polynomial(TABLE(wave1_sine_over), w) / polynomial(TABLE(wave1_sine_under), w);
    } else {
        p = polynomial(TABLE(wave0_cosine_over), w) / polynomial(TABLE(wave0_cosine_under), w);
        q = polynomial(TABLE(wave0_sine_over), w) / polynomial(TABLE(wave0_sine_under), w);
    }
    q *= 5 / x;
    double height = quarter_on ? p * sin(phase) + q * cos(phase) : p * cos(phase) - q * sin(phase);
    return height * sqrt(2 / pi) / sqrt(x);
}

double special_j0(double x) {
    x = fabs(x);
    if (x > WAVE_BORDER) return wave(x, 0, false);
    if (x < 0.00001) return 1 - x * x / 4;
    double z = x * x, roots = (z - 5.78318596294678452118) * (z - 30.4712623436620863991);
    return roots * polynomial(TABLE(j0_over), z) / polynomial(TABLE(j0_under), z);
}

double special_j1(double x) {
    double size = fabs(x), z = x * x;
    if (size > WAVE_BORDER) return copysign(1, x) * wave(size, 1, false);
    double roots = (z - 14.6819706421238932572) * (z - 49.2184563216946036703);
    return polynomial(TABLE(j1_over), z) / polynomial(TABLE(j1_under), z) * x * roots;
}

double special_y0(double x) {
    if (x > WAVE_BORDER) return wave(x, 0, true);
    if (x == 0) return -INFINITY;
    if (!(x > 0)) return NAN;
    return polynomial(TABLE(y0_over), x * x) / polynomial(TABLE(y0_under), x * x) +
           2 / pi * log(x) * special_j0(x);
}

double special_y1(double x) {
    if (x > WAVE_BORDER) return wave(x, 1, true);
    if (x == 0) return -INFINITY;
    if (!(x > 0)) return NAN;
    double ratio = polynomial(TABLE(y1_over), x * x) / polynomial(TABLE(y1_under), x * x);
    return x * ratio + 2 / pi * (special_j1(x) * log(x) - 1 / x);
}

double special_spherical_j0(double x) {
    if (isinf(x)) return 0;
    return fabs(x) < 1e-4 ? 1 - x * x / 6 : sin(x) / x;
}

/* --- Airy --- */

/* Ai(0) f - |Ai'(0)| g, each a power series in x³. */
static double airy_series(double x) {
    const double at_zero = 0.355028053887817239260, slope = 0.258819403792806798405;
    double cube = x * x * x, f = 1, g = x, sum_f = 1, sum_g = x;
    for (int k = 1; k < 80; k++) {
        f *= cube / ((3.0 * k - 1) * (3.0 * k));
        g *= cube / ((3.0 * k) * (3.0 * k + 1));
        sum_f += f;
        sum_g += g;
    }
    return at_zero * sum_f - slope * sum_g;
}

/* For x below the border: a wave whose amplitudes are rational in 1/zeta. */
static double airy_wave(double x) {
    double zeta = 2.0 / 3 * -x * sqrt(-x), z = 1 / zeta, phase = zeta + pi / 4;
    double even =
        1 + z * z * polynomial(TABLE(airy_cosine_over), z * z) / polynomial(TABLE(airy_cosine_under), z * z);
    double odd = z * polynomial(TABLE(airy_sine_over), z * z) / polynomial(TABLE(airy_sine_under), z * z);
    return (sin(phase) * even - cos(phase) * odd) / sqrt(pi * sqrt(-x));
}

static const double airy_border = -2.09;

double special_airy(double x) {
    if (isinf(x) || isnan(x)) return NAN;
    if (x > 103.892) return 0;
    if (x < airy_border) return airy_wave(x);
    if (x < 2) return airy_series(x);
    double zeta = 2.0 / 3 * x * sqrt(x);
    return sqrt(x / 3) / pi * exp(-zeta) * k_integral(1.0 / 3, zeta);
}
