/* New tensors: filled ones, sequences, copies in another dtype or format. */
#include "ops/create/factory.h"
#include "ops/common/cpp_names.h"
#include "ops/quantized/quantize.h"
#include "types/type.h"
#include <math.h>
#include <string.h>

bool factory_dtype(struct op_call *c, int at, enum dtype otherwise, enum dtype *d) {
    if (c->row && c->row->traits & OP_OUT) {
        *d = tensor_dtype(arg_tensor(c, c->arg_count - 1));
        return true;
    }
    if (at + 2 < c->arg_count && c->args[at + 2].tag == VALUE_DEVICE &&
        c->args[at + 2].device.type != DEVICE_CPU)
        return refuse(c, "only the CPU is there to hold tensors");
    return args_dtype(c, at, otherwise, d);
}

struct tensor *factory_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes) {
    if (!c->row || !(c->row->traits & OP_OUT)) return call_new(c, d, ndim, sizes);
    struct tensor *out = arg_tensor(c, c->arg_count - 1);
    bool same =
        out->ndim == ndim && (ndim == 0 || memcmp(out->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0);
    if (!same && !tensor_resize(out, ndim, sizes, c->err)) return NULL;
    tensor_changed(out);
    return tensor_retain(out);
}

bool format_strides(struct op_call *c, int64_t format, int ndim, const int64_t *sizes, int64_t *strides) {
    static const int nhwc[] = {1, 3, 2, 0}, ndhwc[] = {1, 4, 3, 2, 0};
    if (format != FORMAT_CHANNELS_LAST && format != FORMAT_CHANNELS_LAST_3D) {
        strides_contiguous(ndim, sizes, strides);
        return true;
    }
    int wanted = format == FORMAT_CHANNELS_LAST ? 4 : 5;
    const int *order = wanted == 4 ? nhwc : ndhwc;
    if (ndim != wanted)
        return refuse(c, "required rank %d tensor to use channels_last%s format", wanted,
                      wanted == 5 ? "_3d" : "");
    int64_t step = 1;
    for (int i = 0; i < ndim; i++) {
        strides[order[i]] = step;
        step *= sizes[order[i]] > 1 ? sizes[order[i]] : 1;
    }
    return true;
}

struct tensor *factory_like(struct op_call *c, struct tensor *t, enum dtype d, int64_t format) {
    int64_t strides[TENSOR_MAX_DIMS];
    if (format == FORMAT_PRESERVE)
        strides_like(t, strides);
    else if (!format_strides(c, format, t->ndim, t->sizes, strides))
        return NULL;
    return tensor_new_strided(d, t->ndim, t->sizes, strides, c->cx->budget, c->err);
}

bool tensor_fill(struct op_call *c, struct tensor *t, const struct number *n) {
    struct wrapped wrapped;
    enum dtype d = tensor_dtype(t);
    if (t->numel == 0) return true;
    if (n->tag == VALUE_COMPLEX && !dtype_is_complex(d) && n->z.im != 0)
        return refuse(c, "value cannot be converted to type %s without overflow", dtype_table[d].python_name);
    if (n->z.re == 0 && n->z.im == 0 && n->i == 0 && !signbit(n->z.re) && tensor_is_contiguous(t)) {
        memset(tensor_data(t), 0, dtype_size(d) * (size_t)t->numel);
        return true;
    }
    return tensor_copy(t, wrap_number(&wrapped, n), c->err);
}

static bool give_filled(struct op_call *c, struct tensor *t, const struct number *n) {
    if (!t) return false;
    if (!tensor_fill(c, t, n)) {
        tensor_release(t);
        return false;
    }
    return give_tensor(c, t);
}

static const struct number zero = {.tag = VALUE_INT}, one = {.tag = VALUE_INT, .i = 1, .f = 1, .z = {1, 0}};

/* zeros, ones, empty (zeros too, so that nothing uninitialised shows), full: sizes at 0. */
static bool create_filled(struct op_call *c, int options, const struct number *n, enum dtype otherwise) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, options, otherwise, &d)) return false;
    int format_at = options + 4;
    int64_t format =
        !(c->row && c->row->traits & OP_OUT) && format_at < c->arg_count ? arg_int_or(c, format_at, 0) : 0;
    if (format == FORMAT_PRESERVE) return refuse(c, "unsupported memory format Preserve");
    if (format < FORMAT_CHANNELS_LAST) return give_filled(c, factory_new(c, d, ndim, sizes), n);
    if (!format_strides(c, format, ndim, sizes, strides)) return false;
    return give_filled(c, tensor_new_strided(d, ndim, sizes, strides, c->cx->budget, c->err), n);
}
/* Also aten::empty: memory that nobody wrote is zeros here. */
bool create_zeros(struct op_call *c) {
    const struct list *sizes = c->args[0].tag == VALUE_LIST && c->row ? arg_list(c, 0) : NULL;
    bool checks = sizes && !strcmp(op_name(c->row), "aten::zeros");
    for (int64_t i = 0; checks && i < sizes->count; i++)
        if (sizes->items[i].i < 0) return refuse(c, "zeros: Dimension size must be non-negative.");
    return create_filled(c, 1, &zero, DTYPE_FLOAT32);
}
/* empty.out: what out holds stays where the shape does. */
bool create_empty_out(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS];
    struct tensor *out = call_target(c);
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0) return false;
    bool same =
        out->ndim == ndim && (ndim == 0 || memcmp(out->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0);
    return same ? give_borrowed(c, 0, out) : create_filled(c, 1, &zero, tensor_dtype(out));
}
bool create_ones(struct op_call *c) {
    return create_filled(c, 1, &one, DTYPE_FLOAT32);
}
bool create_full(struct op_call *c) {
    struct number n = arg_number(c, 1);
    return create_filled(c, 2, &n, number_default_dtype(&n));
}

bool create_empty_strided(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS), other = args_ints(c, 1, strides, TENSOR_MAX_DIMS);
    if (ndim < 0 || other < 0 || !factory_dtype(c, 2, DTYPE_FLOAT32, &d)) return false;
    if (ndim != other) return refuse(c, "mismatched size and stride lengths: %d and %d", ndim, other);
    return give_filled(c, tensor_new_strided(d, ndim, sizes, strides, c->cx->budget, c->err), &zero);
}

/* X_like: options begin at `options`, the memory format after them; out= rows have the format alone. */
static bool create_like(struct op_call *c, int options, const struct number *n) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d;
    if (c->row && c->row->traits & OP_OUT)
        return give_filled(c, factory_new(c, tensor_dtype(t), t->ndim, t->sizes), n);
    if (!factory_dtype(c, options, tensor_dtype(t), &d)) return false;
    return give_filled(c, factory_like(c, t, d, arg_int_or(c, options + 4, FORMAT_PRESERVE)), n);
}
bool create_zeros_like(struct op_call *c) {
    return create_like(c, 1, &zero);
}
bool create_ones_like(struct op_call *c) {
    return create_like(c, 1, &one);
}
bool create_full_like(struct op_call *c) {
    struct number n = arg_number(c, 1);
    return create_like(c, 2, &n);
}

/* self.new_X(size, ...): self's dtype. */
static bool create_new(struct op_call *c, int options, const struct number *n) {
    int64_t sizes[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !factory_dtype(c, options, tensor_dtype(arg_tensor(c, 0)), &d)) return false;
    return give_filled(c, factory_new(c, d, ndim, sizes), n);
}
bool create_new_zeros(struct op_call *c) {
    return create_new(c, 2, &zero);
}
bool create_new_ones(struct op_call *c) {
    return create_new(c, 2, &one);
}
bool create_new_full(struct op_call *c) {
    struct number n = arg_number(c, 2);
    return create_new(c, 3, &n);
}
bool create_new_empty_strided(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS), other = args_ints(c, 2, strides, TENSOR_MAX_DIMS);
    if (ndim < 0 || other != ndim || !factory_dtype(c, 3, tensor_dtype(arg_tensor(c, 0)), &d))
        return refuse(c, "mismatched size and stride lengths");
    return give_filled(c, tensor_new_strided(d, ndim, sizes, strides, c->cx->budget, c->err), &zero);
}

/* (size, stride, *, out) and (self, size, stride, *, out): out keeps its dtype and gets contiguous strides.
 */
bool create_empty_strided_out(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int at = c->arg_count - 3, ndim = args_ints(c, at, sizes, TENSOR_MAX_DIMS),
        other = args_ints(c, at + 1, strides, TENSOR_MAX_DIMS);
    if (ndim < 0 || other < 0) return false;
    if (ndim != other) return refuse(c, "mismatched size and stride lengths: %d and %d", ndim, other);
    return give_filled(c, factory_new(c, tensor_dtype(call_target(c)), ndim, sizes), &zero);
}

/* empty_permuted(size, physical_layout): dense, physical_layout names the dimensions from the outermost in.
 */
static bool permuted_strides(struct op_call *c, int ndim, const int64_t *sizes, int64_t *strides) {
    int64_t order[TENSOR_MAX_DIMS], step = 1;
    uint64_t seen = 0;
    int count = args_ints(c, 1, order, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != ndim)
        return refuse(c,
                      "Number of dimensions in size does not match the length of the physical_layout; i.e. "
                      "len(size) = %d is not equal to len(physical_layout) = %d",
                      ndim, count);
    for (int i = count - 1; i >= 0; i--) {
        int64_t dim = order[i];
        if (dim < 0 || dim >= ndim)
            return refuse(c,
                          "Dimension out of range (expected to be between 0 and %d, but got %lld at index "
                          "%d).  NB: negative dims not currently supported; file an issue if you want it.",
                          ndim - 1, (long long)dim, i);
        if (seen >> dim & 1) return refuse(c, "Duplicate dim not allowed");
        seen |= (uint64_t)1 << dim;
        strides[dim] = step;
        if (__builtin_mul_overflow(step, sizes[dim] > 1 ? sizes[dim] : 1, &step))
            return refuse(c, "sizes that no tensor can have");
    }
    return true;
}
bool create_empty_permuted(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    enum dtype d;
    int ndim = args_ints(c, 0, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !permuted_strides(c, ndim, sizes, strides)) return false;
    if (!factory_dtype(c, 2, DTYPE_FLOAT32, &d)) return false;
    if (c->row && c->row->traits & OP_OUT) return give_filled(c, factory_new(c, d, ndim, sizes), &zero);
    return give_filled(c, tensor_new_strided(d, ndim, sizes, strides, c->cx->budget, c->err), &zero);
}

bool create_scalar_tensor(struct op_call *c) {
    struct number n = arg_number(c, 0);
    enum dtype d;
    if (!factory_dtype(c, 1, DTYPE_FLOAT32, &d)) return false;
    return give_filled(c, factory_new(c, d, 0, NULL), &n);
}

/* A number that became a tensor while tracing: prim::NumToTensor. It weighs as a number. */
bool create_of_number(struct op_call *c) {
    struct number n = arg_number(c, 0);
    struct tensor *t = call_new(c, number_dtype(&n), 0, NULL);
    if (t) t->flags |= TENSOR_WRAPPED_NUMBER;
    return give_filled(c, t, &n);
}

/* In-place and functional fill, zero. In place an element may be written more than once
 * (aten/src/ATen/native/Fill.cpp). */
static bool fill_call(struct op_call *c, const struct number *n) {
    struct tensor *target = call_target(c), *self = arg_tensor(c, 0);
    if (c->row && c->row->traits & OP_OUT) {
        if (target->dtype != self->dtype)
            return refuse(c, "Expected out tensor to have dtype %s, but got %s instead",
                          dtype_cpp_name(tensor_dtype(self)), dtype_cpp_name(tensor_dtype(target)));
        if (tensor_overlaps_itself(target)) return refuse_overlap(c);
        return give_filled(c, factory_new(c, tensor_dtype(target), self->ndim, self->sizes), n);
    }
    if (!target) return give_filled(c, factory_like(c, self, tensor_dtype(self), FORMAT_PRESERVE), n);
    tensor_changed(target);
    return give_filled(c, tensor_retain(target), n);
}
bool create_fill(struct op_call *c) {
    if (c->args[1].tag == VALUE_TENSOR && arg_tensor(c, 1)->ndim > 0)
        return refuse(c, "fill_ only supports 0-dimension value tensor but got tensor with %d dimensions.",
                      arg_tensor(c, 1)->ndim);
    struct number n = arg_number(c, 1);
    return fill_call(c, &n);
}
bool create_zero(struct op_call *c) {
    return fill_call(c, &zero);
}

/* --- copies and conversions --- */

static bool has_format(const struct tensor *t, int64_t format) {
    if (format == FORMAT_PRESERVE) return true;
    if (format == FORMAT_CONTIGUOUS) return tensor_is_contiguous(t);
    return tensor_is_channels_last(t) && t->ndim == (format == FORMAT_CHANNELS_LAST ? 4 : 5);
}

static struct tensor *copy_as(struct op_call *c, struct tensor *t, enum dtype d, int64_t format) {
    struct tensor *copy = factory_like(c, t, d, format);
    if (copy && !tensor_copy(copy, t, c->err)) {
        tensor_release(copy);
        return NULL;
    }
    if (copy && t->quantizer && d == t->dtype) {
        copy->quantizer = t->quantizer;
        counted_retain(&t->quantizer->counted);
    }
    return copy;
}

struct tensor *tensor_to(struct op_call *c, struct tensor *t, enum dtype d, bool copy, int64_t format) {
    if (!copy && t->dtype == d && has_format(t, format)) return tensor_retain(t);
    return copy_as(c, t, d, format);
}

bool create_clone(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t format = t->quantizer ? FORMAT_CONTIGUOUS : FORMAT_PRESERVE; /* quantized_clone's own default */
    return give_tensor(c, copy_as(c, t, tensor_dtype(t), arg_int_or(c, 1, format)));
}

bool create_contiguous(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t format = arg_int_or(c, 1, FORMAT_CONTIGUOUS);
    if (format == FORMAT_PRESERVE && !tensor_is_contiguous(t))
        return refuse(c, "preserve memory format is unsupported by the contiguous operator");
    return give_tensor(c, tensor_to(c, t, tensor_dtype(t), false, format));
}

static bool check_device(struct op_call *c, int at) {
    if (arg_none(c, at) || c->args[at].device.type == DEVICE_CPU) return true;
    return refuse(c, "only the CPU is there to hold tensors");
}

/* to(...) in its overloads: where dtype, device, copy and memory format stand (0: nowhere). */
static bool convert_call(struct op_call *c, int dtype_at, int device_at, int copy_at, int format_at) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = tensor_dtype(t);
    if (dtype_at && !args_dtype(c, dtype_at, d, &d)) return false;
    if (device_at && !check_device(c, device_at)) return false;
    int64_t format = format_at ? arg_int_or(c, format_at, FORMAT_PRESERVE) : FORMAT_PRESERVE;
    return give_tensor(c, tensor_to(c, t, d, arg_bool(c, copy_at), format));
}
bool create_to_device(struct op_call *c) {
    return convert_call(c, 2, 1, 4, 5);
}
bool create_to_dtype(struct op_call *c) {
    return convert_call(c, 1, 0, 3, 4);
}
bool create_to_dtype_layout(struct op_call *c) {
    return convert_call(c, 1, 3, 6, 7);
}
bool create_to_prim_device(struct op_call *c) {
    return convert_call(c, 2, 1, 4, 0);
}
bool create_to_prim_dtype(struct op_call *c) {
    return convert_call(c, 1, 0, 3, 0);
}
bool create_to_prim_other(struct op_call *c) {
    return convert_call(c, 0, 0, 2, 0);
}
bool create_to_other(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d = tensor_dtype(arg_tensor(c, 1));
    return give_tensor(c, tensor_to(c, t, d, arg_bool(c, 3), arg_int_or(c, 4, FORMAT_PRESERVE)));
}
bool create_to_copy(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    enum dtype d;
    if (!args_dtype(c, 1, tensor_dtype(t), &d) || !check_device(c, 3)) return false;
    return give_tensor(c, tensor_to(c, t, d, true, arg_int_or(c, 6, FORMAT_PRESERVE)));
}
/* _to_copy.out(self, non_blocking, memory_format, out): out's dtype is the one asked for. */
bool create_to_copy_out(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0),
                  *out = factory_new(c, tensor_dtype(call_target(c)), t->ndim, t->sizes);
    if (out && tensor_copy(out, t, c->err)) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
bool create_type_as(struct op_call *c) {
    return give_tensor(
        c, tensor_to(c, arg_tensor(c, 0), tensor_dtype(arg_tensor(c, 1)), false, FORMAT_PRESERVE));
}
bool create_itself(struct op_call *c) {
    return give_borrowed(c, 0, arg_tensor(c, 0));
}
bool create_cuda(struct op_call *c) {
    return refuse(c, "only the CPU is there to hold tensors");
}

#define CASTS(X)   \
    X(Byte, UINT8) \
    X(Char, INT8)  \
    X(Short, INT16) X(Int, INT32) X(Long, INT64) X(Half, FLOAT16) X(Float, FLOAT32) X(Double, FLOAT64)
#define DEFINE_CAST(name, suffix)                                                                      \
    bool create_cast_##name(struct op_call *c) {                                                       \
        return give_tensor(c, tensor_to(c, arg_tensor(c, 0), DTYPE_##suffix, false, FORMAT_PRESERVE)); \
    }
CASTS(DEFINE_CAST)

bool create_copy_in(struct op_call *c) {
    struct tensor *to = arg_tensor(c, 0);
    struct wrapped wrapped;
    struct tensor *from = arg_operand(c, 1, &wrapped), *held = NULL;
    if (c->args[1].tag == VALUE_TENSOR && tensor_overlaps_itself(to)) return refuse_overlap(c);
    if (to->storage == from->storage && to != from)
        from = held = copy_as(c, from, tensor_dtype(from), FORMAT_PRESERVE);
    bool good = from && quantized_copy(c, to, from) && give_borrowed(c, 0, to);
    tensor_changed(to);
    tensor_release(held);
    return good;
}
/* copy(self, src): src in self's shape and dtype. */
bool create_copy(struct op_call *c) {
    struct tensor *copy = copy_as(c, arg_tensor(c, 0), tensor_dtype(arg_tensor(c, 0)), FORMAT_PRESERVE);
    if (!copy || !tensor_copy(copy, arg_tensor(c, 1), c->err)) {
        tensor_release(copy);
        return false;
    }
    return give_tensor(c, copy);
}
