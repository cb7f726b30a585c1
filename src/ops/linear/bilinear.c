/* Products of three tensors, and the product of bytes: bilinear, _trilinear, _int_mm.
 *
 * Checks and texts: aten/src/ATen/native/Linear.cpp and LinearAlgebra.cpp. */
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/linear/product.h"

static int64_t last_size(const struct tensor *t) {
    return t->sizes[t->ndim - 1];
}

static bool check_bilinear(struct op_call *c, const struct tensor *a, const struct tensor *b,
                           const struct tensor *w, const struct tensor *bias) {
    if (a->dtype != b->dtype || a->dtype != w->dtype)
        return refuse(c, "All tensors must have the same dtype, got input1: %s, input2: %s, weight: %s",
                      dtype_cpp_name(tensor_dtype(a)), dtype_cpp_name(tensor_dtype(b)),
                      dtype_cpp_name(tensor_dtype(w)));
    if (a->ndim != b->ndim)
        return refuse(c, "bilinear(): input dimensions do not match: got %d and %d", a->ndim, b->ndim);
    if (a->ndim == 0) return refuse_index(c, "Dimension specified as -1 but tensor has no dimensions");
    for (int i = 0; i + 1 < a->ndim; i++)
        if (a->sizes[i] != b->sizes[i])
            return refuse(c, "bilinear(): input batch dimensions do not match at dim %d: got %lld and %lld",
                          i, (long long)a->sizes[i], (long long)b->sizes[i]);
    if (w->ndim < 2 || last_size(a) != w->sizes[1])
        return refuse(c, "bilinear(): input1 size does not match weight size: got %lld but expected %lld",
                      (long long)last_size(a), (long long)(w->ndim < 2 ? 0 : w->sizes[1]));
    if (w->ndim < 3 || last_size(b) != w->sizes[2])
        return refuse(c, "bilinear(): input2 size does not match weight size: got %lld but expected %lld",
                      (long long)last_size(b), (long long)(w->ndim < 3 ? 0 : w->sizes[2]));
    return !bias || bias->ndim == 0 || bias->sizes[0] == w->sizes[0] ||
           refuse(c, "bilinear(): bias size does not match weight size: got %lld but expected %lld",
                  (long long)bias->sizes[0], (long long)w->sizes[0]);
}

/* y[.., o] = x1 W[o] x2 + bias. */
bool linear_bilinear(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *w = arg_tensor(c, 2),
                  *bias = arg_tensor_or_null(c, 3);
    if (!check_bilinear(c, a, b, w, bias)) return false;
    struct compose k = compose_start(c);
    struct tensor *out =
        compose_run(&k, "aten::einsum", "sT", "...i,oij,...j->...o", 3, (struct tensor *[]){a, w, b});
    if (bias) out = compose_run(&k, "aten::add.Tensor", "ttd", out, bias, 1);
    return compose_give(&k, out);
}

/* --- _trilinear: i1 * i2 * i3 with dimensions put in, summed over some --- */

/* Dimensions of size 1 at the places of `list`, in ascending order. */
static struct tensor *expanded(struct compose *k, struct tensor *t, int argument, int ndim) {
    uint64_t mask = 0;
    int64_t dims[TENSOR_MAX_DIMS];
    int count = args_ints(k->c, argument, dims, TENSOR_MAX_DIMS);
    if (count < 0) k->failed = true;
    for (int i = 0; i < count && !k->failed; i++) {
        if (!wrap_dim(k->c, &dims[i], ndim))
            k->failed = true;
        else
            mask |= (uint64_t)1 << dims[i];
    }
    for (int d = 0; d < ndim && !k->failed; d++)
        if (mask >> d & 1) t = compose_run(k, "aten::unsqueeze", "td", t, d);
    return t;
}

/* They are batched matrix products in PyTorch, which are choosy about dtypes. */
static bool check_trilinear_dtypes(struct op_call *c) {
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    if (d == DTYPE_BOOL) return refuse(c, "\"bmm\" not implemented for 'Bool'");
    for (int i = 1; i < 3; i++)
        if (arg_tensor(c, i)->dtype != d)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[d].graph_name,
                          dtype_table[arg_tensor(c, i)->dtype].graph_name);
    return true;
}

bool linear_trilinear(struct op_call *c) {
    struct tensor *in[3];
    const struct list *first = arg_list(c, 3);
    int64_t unroll = arg_int(c, 7), total = arg_tensor(c, 0)->ndim + first->count, dims[TENSOR_MAX_DIMS];
    if (total > TENSOR_MAX_DIMS - 1) return refuse(c, "_trilinear: too many dimensions");
    int ndim = (int)total, count = args_ints(c, 6, dims, TENSOR_MAX_DIMS);
    if (count < 0 || !check_trilinear_dtypes(c)) return false;
    if (unroll < 0 || unroll >= ndim) return refuse(c, "unroll_dim must be in [0,%d]", ndim - 1);
    struct compose k = compose_start(c);
    for (int i = 0; i < 3; i++) in[i] = expanded(&k, arg_tensor(c, i), 3 + i, ndim);
    for (int i = 0; i < 3 && !k.failed; i++)
        if (in[i]->ndim != ndim)
            k.failed =
                !refuse(c, "_trilinear: tensor %d has %d dimensions, not %d", i + 1, in[i]->ndim, ndim);
    enum dtype d = tensor_dtype(arg_tensor(c, 0)), wide = compute_dtype(compute_for(d));
    for (int i = 0; i < 3 && !k.failed; i++)
        in[i] = compose_own(&k, tensor_convert(in[i], wide, c->cx->budget, c->err));
    struct tensor *product = compose_run(&k, "aten::mul.Tensor", "tt", in[0], in[1]);
    product = compose_run(&k, "aten::mul.Tensor", "tt", product, in[2]);
    if (count > 0) product = compose_run(&k, "aten::sum.dim_IntList", "tLb", product, count, dims, false);
    return compose_give(&k,
                        product ? compose_own(&k, tensor_convert(product, d, c->cx->budget, c->err)) : NULL);
}

/* --- _int_mm: int8 or uint8 by int8, in int32 --- */

static bool check_int_mm(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    static const char name[] = "int_mm_out_cpu";
    if (a->ndim != 2) return refuse(c, "%s: Expected self to be of dimension 2 but got %d", name, a->ndim);
    if (b->ndim != 2) return refuse(c, "%s: Expected mat2 to be of dimension 2 but got %d", name, b->ndim);
    if (a->sizes[1] != b->sizes[0])
        return refuse(c, "%s: self.size(1) needs to match mat2.size(0) but got %lld and %lld", name,
                      (long long)a->sizes[1], (long long)b->sizes[0]);
    if (a->dtype != DTYPE_INT8 && a->dtype != DTYPE_UINT8)
        return refuse(c, "%s: Expected self dtype to be int8 or uint8 but got %s", name,
                      dtype_cpp_name(tensor_dtype(a)));
    return b->dtype == DTYPE_INT8 || refuse(c, "%s: Expected mat2 dtype to be of type int8 but got %s", name,
                                            dtype_cpp_name(tensor_dtype(b)));
}

/* An out= tensor is never resized. */
static bool check_int_mm_out(struct op_call *c, const struct tensor *out, const struct tensor *a,
                             const struct tensor *b) {
    static const char name[] = "int_mm_out_cpu";
    int64_t wanted[2] = {a->sizes[0], b->sizes[1]};
    if (out->dtype != DTYPE_INT32)
        return refuse(c, "%s: Expected result dtype to be of type kInt but got %s", name,
                      dtype_cpp_name(tensor_dtype(out)));
    for (int i = 0; i < 2; i++)
        if (i >= out->ndim || out->sizes[i] != wanted[i])
            return refuse(c, "%s: Expected result.size(%d) to be %lld but got %lld", name, i,
                          (long long)wanted[i], (long long)(i < out->ndim ? out->sizes[i] : 0));
    if (out->ndim != 2)
        return refuse(c, "%s: Expected result to be of dimension 2 but got %d", name, out->ndim);
    return tensor_is_contiguous(out) || refuse(c, "%s: Expected result to be contiguous.", name);
}

bool linear_int_mm(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *target = call_target(c);
    int64_t last = 1;
    if (b->ndim == 0) return refuse_index(c, "Dimension specified as 1 but tensor has no dimensions");
    if (!wrap_dim(c, &last, b->ndim)) return false;
    if (!check_int_mm(c, a, b) || (target && !check_int_mm_out(c, target, a, b))) return false;
    struct compose k = compose_start(c);
    struct tensor *left = compose_own(&k, tensor_convert(a, DTYPE_INT64, c->cx->budget, c->err));
    struct tensor *right =
        left ? compose_own(&k, tensor_convert(b, DTYPE_INT64, c->cx->budget, c->err)) : NULL;
    struct tensor *product = compose_run(&k, "aten::mm", "tt", left, right);
    struct tensor *out =
        product ? compose_own(&k, tensor_convert(product, DTYPE_INT32, c->cx->budget, c->err)) : NULL;
    if (!target || !out) return compose_give(&k, out);
    if (!tensor_copy(target, out, c->err)) k.failed = true;
    tensor_changed(target);
    return compose_give(&k, target);
}
