/* What the normalisations share: runs of elements as doubles, and the rule for parameters of another dtype.
 */
#ifndef LINKBOY_OPS_NORM_NORM_H
#define LINKBOY_OPS_NORM_NORM_H
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"

static inline void load_run(const struct tensor *t, int64_t at, int64_t count, double *out) {
    enum dtype d = tensor_dtype(t);
    int64_t size = (int64_t)dtype_size(d);
    convert_load[d][COMPUTE_DOUBLE](out, sizeof *out, (const char *)tensor_data(t) + at * size, size, count);
}
static inline void store_run(struct tensor *t, int64_t at, int64_t count, const double *in) {
    enum dtype d = tensor_dtype(t);
    int64_t size = (int64_t)dtype_size(d);
    convert_store[d][COMPUTE_DOUBLE]((char *)tensor_data(t) + at * size, size, in, sizeof *in, count);
}

/* A whole tensor as doubles (freed with mem_free), or `fill` where it is NULL. */
double *norm_doubles(struct op_call *c, struct tensor *t, int64_t count, double fill);
/* Parameters (some NULL) are of x's dtype, or float32 beside half and bfloat16, which makes the call mixed
 * (aten/src/ATen/native/mixed_data_type.h). `stats`: the dtype of the statistics. */
bool norm_check_parameters(struct op_call *c, const struct tensor *x, int count,
                           struct tensor *const *parameters, enum dtype *stats);

/* blocks.c: contiguous float32 through the kernels. */
struct norm_blocks {
    int64_t outer, channels, inner;
    int64_t period; /* outer places after which scale and shift repeat: 1, or outer */
};
bool norm_runs_floats(const struct op_call *c, const struct tensor *x);
/* Mean and sum of squared distances from it, of `runs` runs of n elements, `step` apart. */
void norm_moments(const struct op_call *c, const float *x, int64_t runs, int64_t step, int64_t n,
                  double *mean, double *squares);
/* out = x * scale + shift; scale and shift are [period][channels]. */
bool norm_scale_shift(struct op_call *c, const struct tensor *x, const struct norm_blocks *b,
                      const double *scale, const double *shift, struct tensor *out);
#endif
