/* Mixed-radix transforms: a length is split by its prime factors (4 taken together), the smallest transforms
 * are sums of products with roots of unity. A length with a prime factor over LARGEST_FACTOR is a convolution
 * with a chirp instead (L. Bluestein, 1970), so that no length costs more than n log n. */
#include "ops/fft/transform.h"

#include <complex.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { LARGEST_FACTOR = 31 };

static const double two_pi = 6.28318530717958647692;

/* False when a prime factor is too large. */
static bool find_factors(struct fft_plan *plan, int64_t n) {
    static const int radixes[] = {4, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, LARGEST_FACTOR};
    plan->factor_count = 0;
    for (size_t i = 0; i < sizeof radixes / sizeof *radixes; i++)
        while (n % radixes[i] == 0) {
            plan->factors[plan->factor_count++] = radixes[i];
            n /= radixes[i];
        }
    return n == 1;
}

static fft_complex *allocate(int64_t n, lb_error *err) {
    size_t bytes;
    fft_complex *memory =
        size_multiply((size_t)n, sizeof *memory, &bytes) ? mem_alloc(bytes ? bytes : 1) : NULL;
    if (!memory) error_memory(err);
    return memory;
}

static fft_complex root(int64_t k, int64_t n, bool forward) {
    double angle = (forward ? -two_pi : two_pi) * ((double)k / (double)n);
    return __builtin_complex(cos(angle), sin(angle));
}

/* --- the convolution --- */

/* exp(-pi i k² / n); k² is taken modulo 2n, where the exponential repeats. */
static fft_complex chirp_at(int64_t k, int64_t n, bool forward) {
    int64_t square = (int64_t)((unsigned __int128)k * (unsigned __int128)k % (uint64_t)(2 * n));
    return root(square, 2 * n, forward);
}

static bool make_long(struct fft_plan **plan, int64_t n, bool forward, lb_error *err) {
    *plan = mem_zeroed(1, sizeof **plan);
    return *plan ? fft_plan_make(*plan, n, forward, err) : error_memory(err);
}

static bool make_convolution(struct fft_plan *plan, bool forward, lb_error *err) {
    int64_t n = plan->n, length = 1;
    while (length < 2 * n - 1) length *= 2;
    if (!make_long(&plan->long_forward, length, true, err) ||
        !make_long(&plan->long_inverse, length, false, err))
        return false;
    plan->chirp = allocate(n, err);
    plan->chirp_transform = allocate(length, err);
    plan->padded = allocate(length, err);
    if (!plan->chirp || !plan->chirp_transform || !plan->padded) return false;
    memset(plan->chirp_transform, 0, (size_t)length * sizeof *plan->chirp_transform);
    for (int64_t k = 0; k < n; k++) {
        plan->chirp[k] = chirp_at(k, n, forward);
        plan->chirp_transform[k] = conj(plan->chirp[k]);
        if (k) plan->chirp_transform[length - k] = conj(plan->chirp[k]);
    }
    fft_plan_run(plan->long_forward, plan->chirp_transform);
    return true;
}

static void run_convolution(struct fft_plan *plan, fft_complex *line) {
    int64_t n = plan->n, length = plan->long_forward->n;
    memset(plan->padded, 0, (size_t)length * sizeof *plan->padded);
    for (int64_t k = 0; k < n; k++) plan->padded[k] = line[k] * plan->chirp[k];
    fft_plan_run(plan->long_forward, plan->padded);
    for (int64_t k = 0; k < length; k++) plan->padded[k] *= plan->chirp_transform[k];
    fft_plan_run(plan->long_inverse, plan->padded);
    for (int64_t k = 0; k < n; k++) line[k] = plan->padded[k] * plan->chirp[k] / (double)length;
}

/* --- mixed radix --- */

/* A butterfly: the p-point transform of items m apart, roots `step` apart in the table. */
static void combine(const struct fft_plan *plan, fft_complex *out, int p, int64_t m, int64_t step) {
    fft_complex t[LARGEST_FACTOR];
    for (int64_t k = 0; k < m; k++) {
        for (int r = 0; r < p; r++) t[r] = out[r * m + k] * plan->roots[r * k * step];
        for (int q = 0; q < p; q++) {
            fft_complex sum = t[0];
            for (int r = 1; r < p; r++) sum += t[r] * plan->roots[(int64_t)r * q % p * m * step];
            out[q * m + k] = sum;
        }
    }
}

static void combine_two(const struct fft_plan *plan, fft_complex *out, int64_t m, int64_t step) {
    for (int64_t k = 0; k < m; k++) {
        fft_complex a = out[k], b = out[m + k] * plan->roots[k * step];
        out[k] = a + b;
        out[m + k] = a - b;
    }
}

static void combine_four(const struct fft_plan *plan, fft_complex *out, int64_t m, int64_t step) {
    fft_complex quarter = plan->roots[m * step]; /* -i, or i when inverse */
    for (int64_t k = 0; k < m; k++) {
        fft_complex a = out[k], b = out[m + k] * plan->roots[k * step],
                    c = out[2 * m + k] * plan->roots[2 * k * step],
                    d = out[3 * m + k] * plan->roots[3 * k * step];
        fft_complex even = a + c, odd = (b + d), cross = (b - d) * quarter;
        out[k] = even + odd;
        out[m + k] = a - c + cross;
        out[2 * m + k] = even - odd;
        out[3 * m + k] = a - c - cross;
    }
}

/* `in` items stand `stride` apart; the depth is the number of factors. */
static void transform(const struct fft_plan *plan, const fft_complex *in, int64_t stride, fft_complex *out,
                      int64_t n, int factor) {
    if (n == 1) {
        *out = *in;
        return;
    }
    int p = plan->factors[factor];
    int64_t m = n / p;
    for (int r = 0; r < p; r++) transform(plan, in + r * stride, stride * p, out + r * m, m, factor + 1);
    if (p == 4)
        combine_four(plan, out, m, stride);
    else if (p == 2)
        combine_two(plan, out, m, stride);
    else
        combine(plan, out, p, m, stride);
}

/* --- plans --- */

static bool make_roots(struct fft_plan *plan, bool forward, lb_error *err) {
    plan->roots = allocate(plan->n, err);
    plan->scratch = allocate(plan->n, err);
    if (!plan->roots || !plan->scratch) return false;
    for (int64_t k = 0; k < plan->n; k++) plan->roots[k] = root(k, plan->n, forward);
    return true;
}

bool fft_plan_make(struct fft_plan *plan, int64_t n, bool forward, lb_error *err) {
    *plan = (struct fft_plan){.n = n};
    bool good = find_factors(plan, n) ? make_roots(plan, forward, err) : make_convolution(plan, forward, err);
    if (!good) fft_plan_free(plan);
    return good;
}

void fft_plan_free(struct fft_plan *plan) {
    if (!plan) return;
    fft_plan_free(plan->long_forward);
    fft_plan_free(plan->long_inverse);
    void *owned[] = {plan->long_forward, plan->long_inverse,    plan->roots, plan->scratch,
                     plan->chirp,        plan->chirp_transform, plan->padded};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_free(owned[i]);
    *plan = (struct fft_plan){0};
}

void fft_plan_run(struct fft_plan *plan, fft_complex *line) {
    if (plan->long_forward) {
        run_convolution(plan, line);
        return;
    }
    memcpy(plan->scratch, line, (size_t)plan->n * sizeof *line);
    transform(plan, plan->scratch, 1, line, plan->n, 0);
}
