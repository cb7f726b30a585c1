/* Operators that are one or two others with arguments put in order. */
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/view/geometry.h"
#include <string.h>

#define RUN(row, ...) compose_run(&k, "aten::" row, __VA_ARGS__)

/* allclose(self, other, rtol, atol, equal_nan) */
bool short_allclose(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *near =
        RUN("isclose", "ttvvv", arg_tensor(c, 0), arg_tensor(c, 1), c->args[2], c->args[3], c->args[4]);
    struct tensor *all = RUN("all", "t", near);
    bool result = all && tensor_get_int(all, 0) != 0;
    return compose_end(&k) && give_bool(c, result);
}

bool short_dim_arange(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct tensor *like = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (like->ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
    return wrap_dim(c, &dim, like->ndim) &&
           compose_give(&k, RUN("arange", "id", like->sizes[dim], DTYPE_INT64));
}

/* sum += weight * x, where the product and the sum are rounded each. */
static bool add_product(struct op_call *c, struct tensor *sum, struct tensor *x, struct tensor *weight) {
    struct compose k = compose_start(c);
    struct tensor *product = RUN("mul.Tensor", "tt", x, weight);
    RUN("add_.Tensor", "ttd", sum, product, 1);
    return compose_end(&k);
}

/* Coefficients are reals for PyTorch's kernel: complex ones are read as the numbers that lie in memory with
 * the same strides. */
static struct tensor *real_coefficients(struct compose *k, const struct tensor *x, struct tensor *w) {
    enum dtype d = dtype_real(tensor_dtype(x));
    if (!dtype_is_complex(tensor_dtype(w)))
        return compose_run(k, "aten::to.dtype", "tdbb", w, (int)d, false, false);
    int64_t strides[2] = {2 * w->strides[0], w->strides[1]};
    return compose_own(k, tensor_over(w->storage, dtype_real(tensor_dtype(w)), 2, w->sizes, strides,
                                      2 * w->offset, k->c->err));
}

/* _compute_linear_combination(input, coefficients): row i is the sum of coefficients[i, j] * input[j]
 * (aten/src/ATen/native/LinearAlgebra.cpp). */
bool short_linear_combination(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    if (x->numel == 0 || w->numel == 0) return refuse(c, "Empty tensor not supported");
    if (w->ndim < 2)
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    if (x->ndim == 0 || w->ndim != 2 || w->sizes[1] < x->sizes[0])
        return refuse(c, "coefficients must be a matrix with a column for each row of the input");
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    sizes[0] = w->sizes[0];
    int64_t rows[2] = {x->sizes[0], x->numel / x->sizes[0]};
    struct tensor *flat = RUN("reshape", "tL", x, 2, rows);
    w = real_coefficients(&k, x, w);
    struct tensor *sum = RUN("zeros", "Ld", 2, ((int64_t[]){sizes[0], rows[1]}), (int)x->dtype);
    for (int64_t j = 0; sum && j < rows[0] && !k.failed; j++) {
        struct tensor *row = tensor_narrow(c, flat, 0, j, 1), *column = tensor_narrow(c, w, 1, j, 1);
        k.failed = !row || !column || !add_product(c, sum, row, column);
        tensor_release(row);
        tensor_release(column);
    }
    return compose_give(&k, sum ? RUN("reshape", "tL", sum, (int)x->ndim, sizes) : NULL);
}

/* _aminmax(self) and _aminmax(self, dim, keepdim): as aminmax. */
bool short_aminmax(struct op_call *c) {
    struct compose k = compose_start(c);
    bool along = c->arg_count > 1;
    RUN("aminmax", "tvv", arg_tensor(c, 0), along ? c->args[1] : value_none(),
        along ? c->args[2] : value_bool(false));
    return compose_give_some(&k, 2, (struct tensor *[]){compose_result(&k, 0), compose_result(&k, 1)});
}

/* _cummax_helper(self, values, indices, dim): results go into tensors of the right shape and dtype. */
static bool scan_into(struct op_call *c, const char *row) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    for (int i = 0; i < 2; i++) {
        const struct tensor *t = arg_tensor(c, 1 + i);
        enum dtype wanted = i == 0 ? tensor_dtype(x) : DTYPE_INT64;
        if (t->dtype != wanted)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[wanted].graph_name,
                          dtype_table[t->dtype].graph_name);
        if (t->ndim != x->ndim || memcmp(t->sizes, x->sizes, sizeof *t->sizes * t->ndim) != 0)
            return refuse(c, "%s: values and indices must have the shape of self", row);
    }
    if (!compose_run(&k, row, "ti", x, arg_int(c, 3))) return compose_give(&k, NULL);
    for (int i = 0; i < 2 && !k.failed; i++) {
        k.failed = !tensor_copy(arg_tensor(c, 1 + i), compose_result(&k, i), c->err);
        tensor_changed(arg_tensor(c, 1 + i));
    }
    return compose_end(&k);
}
bool short_cummax_helper(struct op_call *c) {
    return scan_into(c, "aten::cummax");
}
bool short_cummin_helper(struct op_call *c) {
    return scan_into(c, "aten::cummin");
}

/* _to_cpu(tensors): each one on the CPU, where all of them are. */
bool short_to_cpu(struct op_call *c) {
    return give(c, value_copy(c->args[0]));
}
bool short_dep_token(struct op_call *c) {
    struct compose k = compose_start(c);
    return compose_give(&k, RUN("zeros", "Lv", 0, (const int64_t *)NULL, c->args[0]));
}

/* _new_zeros_with_same_feature_meta(self, other, self_num_batch_dims): zeros of self's batch dimensions and
 * other's shape, in self's dtype (aten/src/ATen/native/TensorFactories.cpp). */
bool short_new_zeros_feature(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct tensor *self = arg_tensor(c, 0), *other = arg_tensor(c, 1);
    int64_t batch = arg_int(c, 2), sizes[TENSOR_MAX_DIMS];
    if (batch < 0 || batch > self->ndim || batch + other->ndim > TENSOR_MAX_DIMS)
        return refuse(c, "self_num_batch_dims is out of range");
    memcpy(sizes, self->sizes, sizeof *sizes * (size_t)batch);
    memcpy(sizes + batch, other->sizes, sizeof *sizes * other->ndim);
    return compose_give(&k, RUN("zeros", "Ld", (int)batch + other->ndim, sizes, (int)other->dtype));
}
