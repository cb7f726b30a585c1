/* Cubic convolution (Keys 1981), as resampling and grid sampling share it. */
#ifndef LINKBOY_OPS_SAMPLE_CUBIC_H
#define LINKBOY_OPS_SAMPLE_CUBIC_H
#include <math.h>

/* The weight of a sample at distance x; a is the slope at distance 1: -0.75, antialiased -0.5. */
static inline double cubic_weight(double x, double a) {
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
/* Its derivative by x. */
static inline double cubic_slope(double x, double a) {
    double far = fabs(x), slope = 0;
    if (far < 1)
        slope = (3 * (a + 2) * far - 2 * (a + 3)) * far;
    else if (far < 2)
        slope = (3 * a * far - 10 * a) * far + 8 * a;
    return x < 0 ? -slope : slope;
}
#endif
