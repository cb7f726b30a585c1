/* Transforms along dimensions of tensors, in complex double whatever the dtype; the result is rounded to its
 * own.
 *
 * Data flow: the input is converted to contiguous complex double, cut or padded to the wanted sizes,
 * transformed line by line, scaled, and converted. Rules of sizes and scales:
 * aten/src/ATen/native/SpectralOps.cpp. */
#include "ops/fft/spectral.h"

#include <complex.h>
#undef complex
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ops/fft/transform.h"

static fft_complex *data_of(const struct tensor *t) {
    return tensor_data(t);
}

/* float32 or float64: of what precision the result is. */
static bool precision_of(struct op_call *c, const struct tensor *t, enum dtype *real) {
    enum dtype d = tensor_dtype(t);
    if (dtype_is_integral(d, true)) d = DTYPE_FLOAT32;
    *real = dtype_is_complex(d) ? dtype_real(d) : d;
    if (*real == DTYPE_FLOAT32 || *real == DTYPE_FLOAT64) return true;
    return refuse(c, "Unsupported dtype %s", dtype_table[d].graph_name);
}

/* A contiguous copy of complex doubles that nobody else holds, with sizes[dims[i]] along the dims. */
static struct tensor *resized(struct op_call *c, struct tensor *self, const struct spectral *s) {
    int64_t sizes[TENSOR_MAX_DIMS], kept[TENSOR_MAX_DIMS];
    for (int d = 0; d < self->ndim; d++) sizes[d] = kept[d] = self->sizes[d];
    for (int i = 0; i < s->count; i++) {
        sizes[s->dims[i]] = s->sizes[i];
        if (s->sizes[i] < kept[s->dims[i]]) kept[s->dims[i]] = s->sizes[i];
    }
    struct tensor *out = tensor_new(DTYPE_COMPLEX128, self->ndim, sizes, c->cx->budget, c->err);
    if (!out) return NULL;
    memset(tensor_data(out), 0, (size_t)out->numel * sizeof(fft_complex));
    struct tensor *from = tensor_view_as(self, self->ndim, kept, self->strides, self->offset, c->err);
    struct tensor *to =
        from ? tensor_view_as(out, self->ndim, kept, out->strides, out->offset, c->err) : NULL;
    bool good = to && tensor_copy(to, from, c->err);
    tensor_release(from);
    tensor_release(to);
    if (good) return out;
    tensor_release(out);
    return NULL;
}

/* All lines along one dimension. */
static bool transform_dim(struct op_call *c, struct tensor *t, int64_t dim, bool forward) {
    int64_t n = t->sizes[dim], stride = t->strides[dim], lines = n ? t->numel / n : 0;
    struct fft_plan plan;
    if (lines == 0 || n == 1) return true;
    if (!fft_plan_make(&plan, n, forward, c->err)) return false;
    fft_complex *line = mem_alloc((size_t)n * sizeof *line);
    for (int64_t i = 0; line && i < lines; i++) {
        fft_complex *at = data_of(t) + i / stride * stride * n + i % stride;
        for (int64_t k = 0; k < n; k++) line[k] = at[k * stride];
        fft_plan_run(&plan, line);
        for (int64_t k = 0; k < n; k++) at[k * stride] = line[k];
    }
    fft_plan_free(&plan);
    bool good = line || error_memory(c->err);
    mem_free(line);
    return good;
}

static void scale(struct tensor *t, enum spectral_scale how, double points) {
    if (how == SCALE_NONE) return;
    double factor = how == SCALE_BY_ROOT ? 1 / sqrt(points) : 1 / points;
    for (int64_t i = 0; i < t->numel; i++) data_of(t)[i] *= factor;
}

static double points_of(const struct spectral *s) {
    double points = 1;
    for (int i = 0; i < s->count; i++) points *= (double)s->sizes[i];
    return points;
}

static struct tensor *rounded(struct op_call *c, struct tensor *t, enum dtype dtype) {
    struct tensor *result = tensor_convert(t, dtype, c->cx->budget, c->err);
    tensor_release(t);
    return result;
}

struct tensor *spectral_complex(struct op_call *c, struct tensor *self, const struct spectral *s) {
    enum dtype real;
    if (!precision_of(c, self, &real)) return NULL;
    struct tensor *t = resized(c, self, s);
    if (!t) return NULL;
    for (int i = 0; i < s->count; i++)
        if (!transform_dim(c, t, s->dims[i], s->forward)) {
            tensor_release(t);
            return NULL;
        }
    scale(t, s->scale, points_of(s));
    return rounded(c, t, dtype_complex(real));
}

/* Fills the second half along dim, of n, with the conjugates of the first; what has no partner loses its
 * imaginary part, as a transform to real numbers does not look at it. */
static void complete(struct tensor *t, int64_t dim) {
    int64_t n = t->sizes[dim], stride = t->strides[dim], lines = n ? t->numel / n : 0;
    for (int64_t i = 0; i < lines; i++) {
        fft_complex *at = data_of(t) + i / stride * stride * n + i % stride;
        at[0] = creal(at[0]);
        if (n % 2 == 0) at[n / 2 * stride] = creal(at[n / 2 * stride]);
        for (int64_t k = n / 2 + 1; k < n; k++) at[k * stride] = conj(at[(n - k) * stride]);
    }
}

static bool run_to_real(struct op_call *c, struct tensor *t, const struct spectral *s) {
    int64_t last = s->dims[s->count - 1];
    for (int i = 0; i < s->count - 1; i++)
        if (!transform_dim(c, t, s->dims[i], s->forward)) return false;
    complete(t, last);
    return transform_dim(c, t, last, s->forward);
}

struct tensor *spectral_to_real(struct op_call *c, struct tensor *self, const struct spectral *s) {
    enum dtype real;
    if (!precision_of(c, self, &real)) return NULL;
    int64_t last = s->dims[s->count - 1], n = s->sizes[s->count - 1];
    struct spectral half = *s;
    half.sizes[s->count - 1] = n / 2 + 1;
    struct tensor *cut = resized(c, self, &half);
    struct spectral whole = {.count = 1, .dims = {last}, .sizes = {n}};
    struct tensor *t = cut ? resized(c, cut, &whole) : NULL;
    tensor_release(cut);
    if (!t) return NULL;
    if (!run_to_real(c, t, s)) {
        tensor_release(t);
        return NULL;
    }
    scale(t, s->scale, points_of(s));
    struct tensor *result = tensor_new(real, t->ndim, t->sizes, c->cx->budget, c->err);
    for (int64_t i = 0; result && i < t->numel; i++) {
        double value = creal(data_of(t)[i]);
        if (real == DTYPE_FLOAT32)
            ((float *)tensor_data(result))[i] = (float)value;
        else
            ((double *)tensor_data(result))[i] = value;
    }
    tensor_release(t);
    return result;
}

struct tensor *spectral_one_side(struct op_call *c, struct tensor *full, int64_t dim) {
    int64_t sizes[TENSOR_MAX_DIMS];
    for (int d = 0; d < full->ndim; d++) sizes[d] = full->sizes[d];
    sizes[dim] = sizes[dim] / 2 + 1;
    struct tensor *view = tensor_view_as(full, full->ndim, sizes, full->strides, full->offset, c->err);
    struct tensor *half = view ? tensor_contiguous(view, c->cx->budget, c->err) : NULL;
    tensor_release(view);
    return half;
}

void spectral_conjugate(struct tensor *t) {
    for (int64_t i = 0; i < t->numel; i++) {
        if (t->dtype == DTYPE_COMPLEX64)
            ((float *)tensor_data(t))[2 * i + 1] *= -1;
        else
            ((double *)tensor_data(t))[2 * i + 1] *= -1;
    }
}
