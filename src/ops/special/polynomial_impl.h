/* Orthogonal polynomials of one floating type, REAL; included once for each by polynomial.c, which defines
 * NAME.
 *
 * All go by their three-term recurrence; Chebyshev's of higher degree, inside (-1, 1), by the cosine they
 * are. The limits between the two, and the values at the ends, are PyTorch's (aten/src/ATen/native/Math.h).
 * The shifted ones are the plain ones of 2x - 1. */

static REAL NAME(chebyshev_recurrence)(REAL x, REAL first, int64_t n) {
    if (n == 0) return 1;
    REAL p = 1, q = first;
    for (int64_t k = 2; k <= n && !isnan(q); k++) {
        REAL r = (x + x) * q - p;
        p = q;
        q = r;
    }
    return q;
}

static REAL NAME(alternating)(REAL size, int64_t n) {
    return n % 2 == 0 ? size : -size;
}

static REAL NAME(chebyshev_t)(REAL x, int64_t n, int64_t border) {
    if (n < 0) return 0;
    if (x == 1) return 1;
    if (x == -1) return NAME(alternating)(1, n);
    if (n > border && fabs(x) < 1) return cos((REAL)n * acos(x));
    return NAME(chebyshev_recurrence)(x, x, n);
}

static REAL NAME(chebyshev_u)(REAL x, int64_t n, int64_t border) {
    REAL next = (REAL)(n + 1);
    if (n < 0) return 0;
    if (x == 1) return next;
    if (x == -1) return NAME(alternating)(next, n);
    if (n > border && fabs(x) < 1) {
        REAL angle = acos(x);
        return sin(angle) != 0 ? sin(next * angle) / sin(angle) : next * cos(next * angle) / x;
    }
    return NAME(chebyshev_recurrence)(x, x + x, n);
}

static REAL NAME(chebyshev_v)(REAL x, int64_t n, int64_t border) {
    REAL odd = (REAL)(n + n + 1);
    if (n < 0) return 0;
    if (x == 1) return 1;
    if (x == -1) return NAME(alternating)(odd, n);
    if (n > border && fabs(x) < 1) {
        REAL angle = acos(x);
        if (sin(angle / 2) == 1) return NAME(alternating)(odd, n);
        return cos(((REAL)n + (REAL)0.5) * angle) / cos(angle / 2);
    }
    return NAME(chebyshev_recurrence)(x, x + x - 1, n);
}

static REAL NAME(chebyshev_w)(REAL x, int64_t n, int64_t border) {
    REAL odd = (REAL)(n + n + 1);
    if (n < 0) return 0;
    if (x == 1) return odd;
    if (x == -1) return NAME(alternating)(1, n);
    if (n > border && fabs(x) < 1) {
        REAL angle = acos(x);
        if (cos(angle / 2) == 1) return x > 0 ? odd : NAME(alternating)(1, n);
        return sin(((REAL)n + (REAL)0.5) * angle) / sin(angle / 2);
    }
    return NAME(chebyshev_recurrence)(x, x + x + 1, n);
}

static REAL NAME(hermite_h)(REAL x, int64_t n) {
    if (n < 0) return 0;
    if (n == 0) return 1;
    if (n > HERMITE_LIMIT) return NAN;
    REAL p = 1, q = x + x;
    for (int64_t k = 2; k < n + n; k += 2) {
        REAL r = (x + x) * q - (REAL)k * p;
        p = q;
        q = r;
    }
    return q;
}

static REAL NAME(hermite_he)(REAL x, int64_t n) {
    if (n < 0) return 0;
    if (n == 0) return 1;
    if (n > HERMITE_LIMIT) return NAN;
    REAL p = 1, q = x;
    for (int64_t k = 1; k < n; k++) {
        REAL r = x * q - (REAL)k * p;
        p = q;
        q = r;
    }
    return q;
}

static REAL NAME(laguerre)(REAL x, int64_t n) {
    if (n < 0) return 0;
    if (x == 0 || n == 0) return 1;
    REAL p = 1, q = 1 - x;
    for (int64_t k = 1; k < n && !isnan(q); k++) {
        REAL r = (((REAL)(k + k) + (1 - x)) * q - (REAL)k * p) / (REAL)(k + 1);
        p = q;
        q = r;
    }
    return q;
}

static REAL NAME(legendre)(REAL x, int64_t n) {
    if (n < 0) return 0;
    if (x == 1) return 1;
    if (x == -1) return NAME(alternating)(1, n);
    if (n == 0) return 1;
    REAL p = 1, q = x;
    for (int64_t k = 1; k < n && !isnan(q); k++) {
        REAL r = ((REAL)(k + k + 1) * x * q - (REAL)k * p) / (REAL)(k + 1);
        p = q;
        q = r;
    }
    return q;
}
