/* Fourier transforms of tensors along dimensions: what the operators of torch.fft are made of. */
#ifndef LINKBOY_OPS_FFT_SPECTRAL_H
#define LINKBOY_OPS_FFT_SPECTRAL_H
#include "ops/common/args.h"

/* How the result is scaled, n being the number of points: as _fft_c2c's `normalization`. */
enum spectral_scale { SCALE_NONE = 0, SCALE_BY_ROOT = 1, SCALE_BY_COUNT = 2 };

struct spectral {
    int count;
    int64_t dims[TENSOR_MAX_DIMS];
    int64_t sizes[TENSOR_MAX_DIMS]; /* wanted along dims: the input is cut, or padded with zeros */
    enum spectral_scale scale;
    bool forward;
};

/* New contiguous tensors, NULL when refused. The input may have any dtype but half ones; results are complex
 * of its precision, or real for the second. */
struct tensor *spectral_complex(struct op_call *c, struct tensor *self, const struct spectral *s);
/* The input is one half of a spectrum with conjugate symmetry along the last of the dims: dims before the
 * last are transformed as complex, sizes[last] real points come out. */
struct tensor *spectral_to_real(struct op_call *c, struct tensor *self, const struct spectral *s);
/* The first n / 2 + 1 along the last of the dims, of a complex result. */
struct tensor *spectral_one_side(struct op_call *c, struct tensor *full, int64_t dim);
/* Conjugates in place. */
void spectral_conjugate(struct tensor *t);

#endif
