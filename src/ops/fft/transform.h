/* The discrete Fourier transform of one line of any length, in complex double. */
#ifndef LINKBOY_OPS_FFT_TRANSFORM_H
#define LINKBOY_OPS_FFT_TRANSFORM_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef double _Complex fft_complex;

enum { FFT_MOST_FACTORS = 64 };

struct fft_plan {
    int64_t n;
    int factor_count;
    int factors[FFT_MOST_FACTORS];
    fft_complex *roots;   /* n of them: exp(-2 pi i k / n), or + when inverse */
    fft_complex *scratch; /* n */
    /* Lengths with a large prime factor go by a convolution of a length that is a power of two (Bluestein).
     */
    struct fft_plan *long_forward, *long_inverse;
    fft_complex *chirp, *chirp_transform, *padded;
};

/* n >= 1; unscaled in both directions. */
bool fft_plan_make(struct fft_plan *plan, int64_t n, bool forward, lb_error *err);
void fft_plan_free(struct fft_plan *plan);
/* In place, n consecutive numbers. */
void fft_plan_run(struct fft_plan *plan, fft_complex *line);

#endif
