/* Eigenvalues and eigenvectors, of any matrix and of symmetric ones.
 *
 * Checks and texts: aten/src/ATen/native/BatchLinearAlgebra.cpp; drivers: geev, syevd and heevd. */
#include "base/mem.h"
#include "ops/linalg/matrices.h"

/* --- symmetric and Hermitian --- */

static bool read_uplo(struct op_call *c, const struct string *text, char *uplo) {
    *uplo = text->bytes[0] == 'u' || text->bytes[0] == 'U' ? 'U' : 'L';
    if (text->length == 1 && strchr("uUlL", text->bytes[0])) return true;
    return refuse(c, "Expected UPLO argument to be 'L' or 'U', but got %s", text->bytes);
}

/* `a` becomes the vectors. After a matrix that fails the others are left as they are. */
static bool decompose_symmetric(struct op_call *c, struct tensor *a, struct tensor *values,
                                struct tensor *info, char uplo, bool vectors) {
    struct lapack l;
    bool good = lapack_open(c, "linalg_eigh", "linalg_eigh_cpu", tensor_dtype(a), &l);
    int n = (int)matrix_rows(a), *problem = NULL;
    for (int64_t i = 0, count = a->numel ? matrices_count(a) : 0; good && i < count; i++) {
        if (problem && *problem != 0) break;
        problem = batch_at(info, i);
        good = lapack_syevd(&l, vectors, uplo, n, matrix_at(a, i), batch_row_at(values, i), problem);
    }
    lapack_close(&l);
    return good;
}

static bool eigh(struct op_call *c, bool vectors, int results) {
    struct tensor *self = arg_tensor(c, 0);
    char uplo;
    int64_t zero = 0;
    if (!check_square(c, self, "linalg.eigh") || !read_uplo(c, c->args[1].string, &uplo)) return false;
    struct compose k = compose_start(c);
    struct tensor *a = compose_own(&k, matrices_copy(c, self));
    enum dtype real = dtype_real(tensor_dtype(self));
    struct tensor *values = a ? compose_own(&k, batch_new(c, real, a, matrix_rows(a))) : NULL;
    struct tensor *info = values ? compose_own(&k, batch_new(c, DTYPE_INT32, a, -1)) : NULL;
    if (!info || !decompose_symmetric(c, a, values, info, uplo, vectors) ||
        !check_info(c, info, "linalg.eigh", self->ndim == 2))
        k.failed = true;
    if (!vectors && !k.failed && results > 1) a = compose_own(&k, call_new(c, tensor_dtype(self), 1, &zero));
    return compose_give_some(&k, results, (struct tensor *[]){values, a});
}

bool linalg_eigh(struct op_call *c) {
    return eigh(c, true, 2);
}
bool linalg_eigh_parts(struct op_call *c) {
    return eigh(c, arg_bool(c, 2), 2);
}
bool linalg_eigvalsh(struct op_call *c) {
    return eigh(c, false, 1);
}

/* --- any matrix --- */

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

static bool decompose_one(struct lapack *l, int n, void *a, void *values, void *vectors,
                          const struct real_parts *real, int *info) {
    if (l->is_complex) return lapack_geev(l, n, a, values, vectors, info);
    if (!lapack_geev(l, n, a, real->values, vectors ? real->vectors : NULL, info)) return false;
    bool single = l->real == sizeof(float);
    (single ? values_float : values_double)(real->values, values, n);
    if (vectors) (single ? vectors_float : vectors_double)(real->vectors, values, vectors, n);
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
