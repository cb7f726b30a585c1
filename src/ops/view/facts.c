/* What a tensor says of itself: sizes, strides, dtype, flags, its value as a number. */
#include "ops/common/args.h"
#include "tensor/promote.h"
#include <math.h>
#include <string.h>

static bool give_int(struct op_call *c, int64_t x) {
    return give(c, value_int(x));
}
static bool give_bool(struct op_call *c, bool b) {
    return give(c, value_bool(b));
}

/* Facts of one tensor: X(name, how it is given, expression over t). */
#define FACTS(X)                                                                                           \
    X(dim, give_int, t->ndim)                                                                              \
    X(numel, give_int, t->numel)                                                                           \
    X(storage_offset, give_int, t->offset)                                                                 \
    X(element_size, give_int, (int64_t)dtype_size(tensor_dtype(t)))                                        \
    X(dtype, give_int, t->dtype)                                                                           \
    X(layout, give_int, t->layout == LAYOUT_NESTED ? LAYOUT_STRIDED : t->layout)                           \
    X(nbytes, give_int, t->numel *(int64_t)dtype_size(tensor_dtype(t)))                                    \
    X(version, give_int, t->version)                                                                       \
    X(zero, give_int, 0 * t->ndim)                                                                         \
    X(device_index, give_int, t->device.type == DEVICE_CPU ? -1 : t->device.index)                         \
    X(is_floating_point, give_bool, dtype_is_floating(tensor_dtype(t)))                                    \
    X(is_complex, give_bool, dtype_is_complex(tensor_dtype(t)))                                            \
    X(is_signed, give_bool, t->dtype != DTYPE_UINT8 && t->dtype != DTYPE_BOOL && t->dtype != DTYPE_QUINT8) \
    X(is_dense, give_bool, tensor_is_dense(t))                                                             \
    X(is_conj, give_bool, (t->flags & TENSOR_CONJ) != 0)                                                   \
    X(is_neg, give_bool, (t->flags & TENSOR_NEG) != 0)                                                     \
    X(requires_grad, give_bool, (t->flags & TENSOR_REQUIRES_GRAD) != 0)                                    \
    X(is_quantized, give_bool, dtype_table[t->dtype].category == DTYPE_QUANTIZED)                          \
    X(is_nested, give_bool, t->layout == LAYOUT_NESTED)                                                    \
    X(is_sparse_csr, give_bool, t->layout == LAYOUT_SPARSE_CSR)                                            \
    X(is_sparse, give_bool, t->layout == LAYOUT_SPARSE_COO)                                                \
    X(is_cpu, give_bool, t->device.type == DEVICE_CPU)                                                     \
    X(is_meta, give_bool, t->device.type == DEVICE_META)                                                   \
    X(always, give_bool, t->ndim >= 0)                                                                     \
    X(never, give_bool, t->ndim < 0)
#define DEFINE_FACT(name, how, expression)         \
    bool fact_##name(struct op_call *c) {          \
        const struct tensor *t = arg_tensor(c, 0); \
        return how(c, expression);                 \
    }
FACTS(DEFINE_FACT)

bool fact_device(struct op_call *c) {
    return give(c, value_device(arg_tensor(c, 0)->device));
}

bool fact_grad(struct op_call *c) {
    struct tensor *grad = arg_tensor(c, 0)->grad;
    return !grad || give_borrowed(c, 0, grad);
}

bool fact_size(struct op_call *c) {
    return give_ints(c, 0, arg_tensor(c, 0)->sizes, arg_tensor(c, 0)->ndim);
}
bool fact_stride(struct op_call *c) {
    return give_ints(c, 0, arg_tensor(c, 0)->strides, arg_tensor(c, 0)->ndim);
}

static bool dim_of(struct op_call *c, int64_t *dim) {
    if (arg_tensor(c, 0)->ndim == 0)
        return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)*dim);
    return wrap_dim(c, dim, arg_tensor(c, 0)->ndim);
}
bool fact_size_int(struct op_call *c) {
    int64_t dim = arg_int(c, 1);
    return dim_of(c, &dim) && give_int(c, arg_tensor(c, 0)->sizes[dim]);
}
bool fact_stride_int(struct op_call *c) {
    int64_t dim = arg_int(c, 1);
    return dim_of(c, &dim) && give_int(c, arg_tensor(c, 0)->strides[dim]);
}

bool fact_len(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    if (t->ndim == 0) return error_set_kind(c->err, LB_ERROR_RUNTIME, "TypeError", "len() of a 0-d tensor");
    return give_int(c, t->sizes[0]);
}

/* 1 is preserve_format: any tensor has it. */
bool fact_is_contiguous(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    int64_t format = c->arg_count > 1 ? arg_int_or(c, 1, 0) : 0;
    if (format == 2) return give_bool(c, t->ndim == 4 && tensor_is_channels_last(t));
    if (format == 3) return give_bool(c, t->ndim == 5 && tensor_is_channels_last(t));
    return give_bool(c, tensor_is_contiguous(t));
}

bool fact_has_format(struct op_call *c) {
    return arg_int(c, 1) == 2 || arg_int(c, 1) == 3 ? fact_is_contiguous(c) : give_bool(c, false);
}

bool fact_is_same_size(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return give_bool(c, a->ndim == b->ndim && memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0);
}

bool fact_is_set_to(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return give_bool(c, a->storage == b->storage && a->offset == b->offset && a->ndim == b->ndim &&
                            memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0 &&
                            memcmp(a->strides, b->strides, sizeof *a->sizes * a->ndim) == 0);
}

bool fact_requires_grad_set(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    bool wanted = arg_bool(c, 1);
    if (wanted && !dtype_is_floating(tensor_dtype(t)) && !dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "only Tensors of floating point dtype can require gradients");
    t->flags = (uint8_t)(wanted ? t->flags | TENSOR_REQUIRES_GRAD : t->flags & ~TENSOR_REQUIRES_GRAD);
    return give_borrowed(c, 0, t);
}

/* --- a tensor's value as a number --- */

static bool single(struct op_call *c, struct tensor *t) {
    if (t->numel == 1) return true;
    return refuse(c, "a Tensor with %lld elements cannot be converted to Scalar", (long long)t->numel);
}

bool fact_item(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    return single(c, t) && give_number(c, tensor_number(t));
}

static bool give_as_int(struct op_call *c, struct number n) {
    if (number_is_floating(&n) && !(n.f >= -0x1p63 && n.f < 0x1p63))
        return refuse(c, "value cannot be converted to type int64_t without overflow");
    if (n.tag == VALUE_COMPLEX && n.z.im != 0)
        return refuse(c, "value cannot be converted to type int64_t without overflow");
    return give_int(c, n.i);
}
bool fact_int(struct op_call *c) {
    return single(c, arg_tensor(c, 0)) && give_as_int(c, tensor_number(arg_tensor(c, 0)));
}
bool fact_float(struct op_call *c) {
    if (!single(c, arg_tensor(c, 0))) return false;
    struct number n = tensor_number(arg_tensor(c, 0));
    if (n.tag == VALUE_COMPLEX && n.z.im != 0)
        return refuse(c, "value cannot be converted to type double without overflow");
    return give(c, value_float(n.f));
}
bool fact_bool(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->numel == 0) return refuse(c, "Boolean value of Tensor with no values is ambiguous");
    if (t->numel > 1) return refuse(c, "Boolean value of Tensor with more than one value is ambiguous");
    struct number n = tensor_number(t);
    return give_bool(c, n.z.re != 0 || n.z.im != 0 || n.i != 0);
}

/* Complex(x, y), where each is a tensor or a number. */
bool fact_complex(struct op_call *c) {
    struct number part[2] = {{0}};
    for (int i = 0; i < c->arg_count && i < 2; i++) {
        if (c->args[i].tag == VALUE_TENSOR && !single(c, arg_tensor(c, i))) return false;
        part[i] = arg_number(c, i);
    }
    double im = c->arg_count > 1 ? part[1].f : part[0].z.im;
    return value_new_complex(&c->results[0], part[0].f, im, c->err);
}

static bool implicit(struct op_call *c, bool integral) {
    const struct tensor *t = arg_tensor(c, 0);
    if (t->flags & TENSOR_REQUIRES_GRAD)
        return refuse(c, "Cannot input a tensor that requires grad as a scalar argument");
    if (t->ndim != 0)
        return refuse(c, "Cannot input a tensor of dimension other than 0 as a scalar argument");
    return !integral || dtype_is_integral(tensor_dtype(t), false) ||
           refuse(c, "Cannot input a tensor of type %s as an integral argument",
                  dtype_table[t->dtype].graph_name);
}
bool fact_int_implicit(struct op_call *c) {
    return implicit(c, true) && fact_int(c);
}
bool fact_float_implicit(struct op_call *c) {
    return implicit(c, false) && fact_float(c);
}
bool fact_complex_implicit(struct op_call *c) {
    return implicit(c, false) && fact_complex(c);
}
bool fact_scalar_implicit(struct op_call *c) {
    return implicit(c, false) && fact_item(c);
}

/* --- dtypes of several things together --- */

bool fact_result_type(struct op_call *c) {
    struct wrapped wrapped[2];
    struct tensor *in[2] = {arg_operand(c, 0, &wrapped[0]), arg_operand(c, 1, &wrapped[1])};
    return give_int(c, promote_tensors(2, in));
}

bool fact_promote_types(struct op_call *c) {
    enum dtype a, b;
    if (!args_dtype(c, 0, DTYPE_NONE, &a) || !args_dtype(c, 1, DTYPE_NONE, &b)) return false;
    enum dtype d = dtype_promote(a, b);
    return d == DTYPE_NONE ? refuse(c, "promoteTypes with quantized numbers is not handled yet")
                           : give_int(c, d);
}

bool fact_can_cast(struct op_call *c) {
    enum dtype a, b;
    if (!args_dtype(c, 0, DTYPE_NONE, &a) || !args_dtype(c, 1, DTYPE_NONE, &b)) return false;
    return give_bool(c, promote_can_cast(a, b));
}

/* equal: same sizes and all elements equal; the dtypes must be the same. */
bool fact_equal(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim != b->ndim || memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) != 0)
        return give_bool(c, false);
    bool same = true;
    for (int64_t i = 0; same && i < a->numel; i++) {
        if (dtype_is_integral(tensor_dtype(a), true) && dtype_is_integral(tensor_dtype(b), true))
            same = tensor_get_int(a, i) == tensor_get_int(b, i);
        else
            same = tensor_get_float(a, i) == tensor_get_float(b, i);
    }
    return give_bool(c, same);
}
