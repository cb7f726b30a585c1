/* Eigenvalues and eigenvectors of any square matrix.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp; the driver is geev. */
#include "base/mem.h"
#include "ops/linalg/matrices.h"
#include <float.h>
#include <math.h>

/* What geev leaves for real matrices: real parts and then imaginary parts, vectors as columns that belong
 * together in pairs where the value is complex. */
#define MAKE_COMPLEX(suffix, real)                                                            \
    static void values_##suffix(const void *from, void *to, int64_t n) {                      \
        const real *parts = from;                                                             \
        real *out = to;                                                                       \
        for (int64_t i = 0; i < n; i++) {                                                     \
            out[2 * i] = parts[i];                                                            \
            out[2 * i + 1] = parts[n + i];                                                    \
        }                                                                                     \
    }                                                                                         \
    static void vectors_##suffix(const void *from, const void *values, void *to, int64_t n) { \
        const real *in = from, *value = values;                                               \
        for (int64_t j = 0; j < n; j++) {                                                     \
            bool pair = value[2 * j + 1] != 0 && j + 1 < n;                                   \
            real *one = (real *)to + 2 * j * n, *other = one + 2 * n;                         \
            for (int64_t i = 0; i < n; i++) {                                                 \
                one[2 * i] = in[j * n + i];                                                   \
                one[2 * i + 1] = pair ? in[(j + 1) * n + i] : 0;                              \
                if (pair) other[2 * i] = one[2 * i], other[2 * i + 1] = -one[2 * i + 1];      \
            }                                                                                 \
            j += pair;                                                                        \
        }                                                                                     \
    }
MAKE_COMPLEX(float, float)
MAKE_COMPLEX(double, double)

/* A real matrix's values and vectors are made in these and turned into complex ones. */
struct real_parts {
    void *values, *vectors;
};

/* The last step of geev: vectors of length 1, and of a pair the largest element real. LAPACK before 3.10, as
 * PyTorch's library, turns it to be positive unless it is negative and larger than what stands beside it;
 * today's leaves its sign, so the step is made here. */
#define NORMALISE(real, sqrt, fabs)                                              \
    static void normalise_pair_##real(real *x, real *y, int64_t n, real scale) { \
        int64_t most = 0;                                                        \
        real largest = -1;                                                       \
        for (int64_t i = 0; i < n; i++) {                                        \
            x[i] *= scale, y[i] *= scale;                                        \
            real size = x[i] * x[i] + y[i] * y[i];                               \
            if (size > largest) largest = size, most = i;                        \
        }                                                                        \
        real f = x[most], g = y[most], r = sqrt(largest);                        \
        if (g == 0)                                                              \
            r = f;                                                               \
        else if (f == 0)                                                         \
            r = g;                                                               \
        else if (fabs(f) > fabs(g) && f < 0)                                     \
            r = -r;                                                              \
        real c = f / r, s = g / r;                                               \
        for (int64_t i = 0; i < n; i++) {                                        \
            real kept = x[i];                                                    \
            x[i] = c * kept + s * y[i];                                          \
            y[i] = c * y[i] - s * kept;                                          \
        }                                                                        \
        y[most] = 0;                                                             \
    }                                                                            \
    static void normalise_##real(const void *values, void *vectors, int64_t n) { \
        const real *imaginary = (const real *)values + n;                        \
        for (int64_t j = 0, width; j < n; j += width) {                          \
            real *x = (real *)vectors + j * n, sum = 0;                          \
            width = imaginary[j] != 0 && j + 1 < n ? 2 : 1;                      \
            for (int64_t i = 0; i < width * n; i++) sum += x[i] * x[i];          \
            real scale = 1 / sqrt(sum);                                          \
            if (width == 2) normalise_pair_##real(x, x + n, n, scale);           \
            for (int64_t i = 0; width == 1 && i < n; i++) x[i] *= scale;         \
        }                                                                        \
    }
NORMALISE(float, sqrtf, fabsf)
NORMALISE(double, sqrt, fabs)

/* geev's own way but for its last step; matrices that it scales first are left to it. */
static bool real_eigenvectors(struct lapack *l, int n, void *a, const struct real_parts *real, int *info) {
    bool single = l->real == sizeof(float);
    double least = sqrt(single ? (double)(FLT_MIN / FLT_EPSILON) : DBL_MIN / DBL_EPSILON), most = 0;
    for (int64_t i = 0; i < (int64_t)n * n; i++) {
        double x = fabs(single ? (double)((const float *)a)[i] : ((const double *)a)[i]);
        if (x > most) most = x;
    }
    if (most < least || most > 1 / least) return lapack_geev(l, n, a, real->values, real->vectors, info);
    if (!lapack_geev_steps(l, n, a, real->values, real->vectors, info)) return false;
    if (*info == 0) (single ? normalise_float : normalise_double)(real->values, real->vectors, n);
    return true;
}

static bool decompose_one(struct lapack *l, int n, void *a, void *values, void *vectors,
                          const struct real_parts *real, int *info) {
    if (l->is_complex) return lapack_geev(l, n, a, values, vectors, info);
    bool good =
        vectors ? real_eigenvectors(l, n, a, real, info) : lapack_geev(l, n, a, real->values, NULL, info);
    if (!good) return false;
    bool single = l->real == sizeof(float);
    (single ? values_float : values_double)(real->values, values, n);
    if (vectors && *info == 0) (single ? vectors_float : vectors_double)(real->vectors, values, vectors, n);
    return true;
}

static bool decompose(struct op_call *c, struct tensor *a, struct tensor *values, struct tensor *vectors,
                      struct tensor *info) {
    struct lapack l;
    size_t n = (size_t)matrix_rows(a);
    struct real_parts real = {NULL, NULL};
    bool good = lapack_open(c, "linalg_eig", "linalg_eig_out_cpu", tensor_dtype(a), &l);
    if (good && !l.is_complex) {
        real.values = call_scratch(c, 2 * n + 1, l.real);
        real.vectors = vectors ? call_scratch(c, n * n + 1, l.real) : NULL;
        good = real.values && (!vectors || real.vectors);
    }
    for (int64_t i = 0, count = a->numel ? matrices_count(a) : 0; good && i < count; i++)
        good = decompose_one(&l, (int)n, matrix_at(a, i), batch_row_at(values, i),
                             vectors ? matrix_at(vectors, i) : NULL, &real, batch_at(info, i));
    mem_free(real.values);
    mem_free(real.vectors);
    lapack_close(&l);
    return good;
}

/* Not finite: refused for values alone too, where PyTorch hands NaN to LAPACK and may not come back. */
static bool check_finite(struct compose *k, struct tensor *self) {
    struct tensor *finite = compose_run(k, "aten::isfinite", "t", self);
    struct tensor *all = compose_run(k, "aten::all", "t", finite);
    if (!all) return false;
    return tensor_get_int(all, 0) != 0 ||
           refuse(k->c, "torch.linalg.eig: input tensor should not contain infs or NaNs.");
}

static bool eig(struct op_call *c, bool with_vectors, const char *name) {
    struct tensor *self = arg_tensor(c, 0), *vectors = NULL;
    enum dtype d = tensor_dtype(self);
    if (!dtype_is_floating(d) && !dtype_is_complex(d))
        return refuse(c, "Unknown Complex ScalarType for %s", dtype_table[d].graph_name);
    struct compose k = compose_start(c);
    if (!check_finite(&k, self) || !check_square(c, self, name)) {
        k.failed = true;
        return compose_end(&k);
    }
    struct tensor *a = compose_own(&k, matrices_copy(c, self));
    enum dtype out = dtype_complex(d);
    struct tensor *values = a ? compose_own(&k, batch_new(c, out, a, matrix_rows(a))) : NULL;
    struct tensor *info = values ? compose_own(&k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    if (info && with_vectors)
        vectors = compose_own(&k, matrices_new(c, out, a, matrix_rows(a), matrix_rows(a)));
    if (k.failed || !decompose(c, a, values, vectors, info) || !check_info(c, info, name, self->ndim == 2))
        k.failed = true;
    return compose_give_some(&k, with_vectors ? 2 : 1, (struct tensor *[]){values, vectors});
}

bool linalg_eig(struct op_call *c) {
    return eig(c, true, "linalg.eig");
}
bool linalg_eigvals(struct op_call *c) {
    return eig(c, false, "linalg.eigvals");
}
