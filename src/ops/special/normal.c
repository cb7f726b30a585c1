/* The error function's relatives: inverses, the scaled complement, the normal distribution's logarithm,
 * entropy.
 *
 * Inverses are started from an estimate and improved by Halley's method on libm's erf and erfc; the smaller
 * of the two tails is inverted, so that nothing cancels. */
#include <math.h>

#include "ops/special/special.h"

static const double root_pi = 1.77245385090551602730;
static const double root_half = 0.70710678118654752440;

/* The x >= 0 with erfc(x) = z, 0 < z <= 1. */
static double erfc_inverse(double z) {
    double t = sqrt(-2 * log(z / 2)); /* Abramowitz and Stegun 26.2.23 */
    double x = root_half * (t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                                    (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
    for (int i = 0; i < 4; i++) {
        double step = (erfc(x) - z) * exp(x * x) * root_pi / 2;
        x += step / (1 - x * step);
    }
    return x;
}

/* The x with erf(x) = y, |y| <= 1/2. */
static double erf_inverse_small(double y) {
    double x = y * root_pi / 2;
    for (int i = 0; i < 5; i++) {
        double step = (erf(x) - y) * exp(x * x) * root_pi / 2;
        x -= step / (1 + x * step);
    }
    return x;
}

double special_erfinv(double y) {
    if (!(fabs(y) <= 1)) return NAN;
    if (fabs(y) == 1) return copysign(INFINITY, y);
    if (fabs(y) <= 0.5) return erf_inverse_small(y);
    return copysign(erfc_inverse(1 - fabs(y)), y);
}

double special_ndtri(double p) {
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    if (!(p > 0 && p < 1)) return NAN;
    if (p > 0.25 && p < 0.75) return erf_inverse_small(2 * p - 1) / root_half;
    return p < 0.5 ? -erfc_inverse(2 * p) / root_half : erfc_inverse(2 * (1 - p)) / root_half;
}

/* exp(x²) erfc(x); where the first overflows, the asymptotic series. */
double special_erfcx(double x) {
    if (x < 25) return exp(x * x) * erfc(x);
    double inverse = 1 / (2 * x * x), term = 1, sum = 1;
    for (int k = 1; k < 8; k++) {
        term *= -(2 * k - 1) * inverse;
        sum += term;
    }
    return sum / (x * root_pi);
}

double special_log_ndtr(double x) {
    double t = x * root_half;
    return x < -1 ? log(special_erfcx(-t) / 2) - t * t : log1p(-erfc(t) / 2);
}

double special_entr(double x) {
    if (x > 0) return -x * log(x);
    return isnan(x) ? x : x == 0 ? 0 : -INFINITY;
}
