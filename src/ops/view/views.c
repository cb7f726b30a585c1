/* Views: kernels that give a tensor over the same storage with other sizes, strides or offset.
 *
 * Texts of refusals are PyTorch's (aten/src/ATen/native/TensorShape.cpp). */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <string.h>

static const char *shape_of(const struct tensor *t, char *buffer, size_t capacity) {
    return sizes_text(t->ndim, t->sizes, buffer, capacity);
}

/* --- other shapes of the same elements --- */

bool view_view(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !geometry_infer(c, ndim, sizes, t->numel)) return false;
    if (!geometry_strides(t, ndim, sizes, strides))
        return refuse(
            c,
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead.");
    return give_tensor(c, tensor_view_as(t, ndim, sizes, strides, t->offset, c->err));
}

bool view_reshape(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0 || !geometry_infer(c, ndim, sizes, t->numel)) return false;
    return give_tensor(c, tensor_reshape(c, t, ndim, sizes));
}

bool view_view_as(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0), *like = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    memcpy(sizes, like->sizes, sizeof *sizes * like->ndim);
    if (!geometry_infer(c, like->ndim, sizes, t->numel)) return false;
    if (!geometry_strides(t, like->ndim, sizes, strides))
        return refuse(
            c,
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead.");
    return give_tensor(c, tensor_view_as(arg_tensor(c, 0), like->ndim, sizes, strides, t->offset, c->err));
}

bool view_reshape_as(struct op_call *c) {
    const struct tensor *like = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, like->sizes, sizeof *sizes * like->ndim);
    if (!geometry_infer(c, like->ndim, sizes, arg_tensor(c, 0)->numel)) return false;
    return give_tensor(c, tensor_reshape(c, arg_tensor(c, 0), like->ndim, sizes));
}

bool view_flatten(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t first = arg_int(c, 1), last = arg_int(c, 2), joined = 1, sizes[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &first, t->ndim) || !wrap_dim(c, &last, t->ndim)) return false;
    if (first > last) return refuse(c, "flatten() has invalid args: start_dim cannot come after end_dim");
    if (t->ndim == 0) return give_tensor(c, tensor_reshape(c, t, 1, &joined));
    if (first == last) return give_borrowed(c, 0, t);
    int ndim = 0;
    for (int i = 0; i < first; i++) sizes[ndim++] = t->sizes[i];
    for (int64_t i = first; i <= last; i++) joined *= t->sizes[i];
    sizes[ndim++] = joined;
    for (int64_t i = last + 1; i < t->ndim; i++) sizes[ndim++] = t->sizes[i];
    return give_tensor(c, tensor_reshape(c, t, ndim, sizes));
}

bool view_unflatten(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS], shape[2 * TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int count = args_ints(c, 2, sizes, TENSOR_MAX_DIMS), ndim = 0;
    if (count < 0 || !wrap_dim(c, &dim, t->ndim)) return false;
    if (count == 0) return refuse(c, "unflatten: sizes must be non-empty");
    int64_t product = 1, unknown = 0;
    for (int i = 0; i < count; i++) sizes[i] == -1 ? (void)unknown++ : (void)(product *= sizes[i]);
    char text[256];
    int64_t size = t->ndim == 0 ? 1 : t->sizes[dim];
    if (unknown > 1 || (unknown == 0 && product != size) ||
        (unknown == 1 && (product == 0 || size % product)))
        return refuse(c,
                      "unflatten: Provided sizes %s don't multiply up to the size of dim %lld (%lld) in the "
                      "input tensor",
                      sizes_text(count, sizes, text, sizeof text), (long long)dim, (long long)size);
    for (int i = 0; i < dim; i++) shape[ndim++] = t->sizes[i];
    for (int i = 0; i < count; i++) shape[ndim++] = sizes[i] == -1 ? size / product : sizes[i];
    for (int i = (int)dim + 1; i < t->ndim; i++) shape[ndim++] = t->sizes[i];
    if (ndim > TENSOR_MAX_DIMS || !geometry_strides(t, ndim, shape, strides))
        return refuse(c, "unflatten: too many dims");
    return give_tensor(c, tensor_view_as(t, ndim, shape, strides, t->offset, c->err));
}

/* --- dimensions of size 1, order of dimensions --- */

static bool squeeze_mask(struct op_call *c, uint64_t mask) {
    struct geometry g;
    struct tensor *t = arg_tensor(c, 0);
    geometry_of(t, &g);
    for (int i = t->ndim - 1; i >= 0; i--)
        if ((mask >> i & 1) && t->sizes[i] == 1) geometry_remove(&g, i);
    return geometry_give(c, t, &g);
}
bool view_squeeze(struct op_call *c) {
    return squeeze_mask(c, ~(uint64_t)0);
}
bool view_squeeze_dims(struct op_call *c) {
    uint64_t mask;
    return wrap_dims(c, 1, arg_tensor(c, 0)->ndim, false, &mask) && squeeze_mask(c, mask);
}

bool view_unsqueeze(struct op_call *c) {
    int64_t dim = arg_int(c, 1);
    struct tensor *t = arg_tensor(c, 0);
    return wrap_dim(c, &dim, t->ndim + 1) && give_tensor(c, tensor_unsqueeze(c, t, (int)dim));
}

bool view_transpose(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t a = arg_int(c, 1), b = arg_int(c, 2);
    return wrap_dim(c, &a, t->ndim) && wrap_dim(c, &b, t->ndim) &&
           give_tensor(c, tensor_transpose(c, t, (int)a, (int)b));
}

bool view_t(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim > 2) return refuse(c, "t() expects a tensor with <= 2 dimensions, but self is %dD", t->ndim);
    return give_tensor(c, tensor_transpose(c, t, 0, t->ndim < 2 ? 0 : 1));
}

bool view_mt(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim == 1)
        return refuse(c, "tensor.%s is only supported on matrices or batches of matrices. Got %d-D tensor.",
                      op_name(c->row) + 6, t->ndim);
    return give_tensor(c, tensor_transpose(c, t, t->ndim == 0 ? 0 : t->ndim - 2, t->ndim - 1));
}

/* adjoint, mH and matrix_H: transposed and conjugated. */
bool view_adjoint(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    const char *name = op_name(c->row) + 6;
    if (strcmp(name, "matrix_H") == 0 && t->ndim != 2 && t->ndim != 0)
        return refuse(c, "tensor.H is only supported on matrices (2-D tensors). Got %d-D tensor.%s", t->ndim,
                      t->ndim > 2 ? " For batches of matrices, consider using tensor.mH" : "");
    if (t->ndim == 1)
        return refuse(c, "tensor.%s%s is only supported on matrices or batches of matrices. Got 1-D tensor.",
                      name, strcmp(name, "adjoint") == 0 ? "()" : "");
    struct compose k = compose_start(c);
    struct tensor *turned = compose_own(
        &k, tensor_transpose(c, t, t->ndim == 0 ? 0 : t->ndim - 2, t->ndim == 0 ? 0 : t->ndim - 1));
    if (dtype_is_complex(tensor_dtype(t))) turned = compose_run(&k, "aten::conj", "t", turned);
    return compose_give(&k, turned);
}

bool view_reverse_dims(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    geometry_of(t, &g);
    for (int i = 0; i < t->ndim; i++) {
        g.sizes[i] = t->sizes[t->ndim - 1 - i];
        g.strides[i] = t->strides[t->ndim - 1 - i];
    }
    return geometry_give(c, t, &g);
}

static bool permuted(struct op_call *c, const int64_t *order) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    geometry_of(t, &g);
    for (int i = 0; i < t->ndim; i++) {
        g.sizes[i] = t->sizes[order[i]];
        g.strides[i] = t->strides[order[i]];
    }
    return geometry_give(c, t, &g);
}

bool view_permute(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t order[TENSOR_MAX_DIMS];
    uint64_t seen = 0;
    int count = args_ints(c, 1, order, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != t->ndim)
        return refuse(
            c,
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            "desired ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = %d",
            t->ndim, count);
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &order[i], t->ndim)) return false;
        if (seen >> order[i] & 1) return refuse(c, "permute(): duplicate dims are not allowed.");
        seen |= (uint64_t)1 << order[i];
    }
    return permuted(c, order);
}

bool view_movedim(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t from[TENSOR_MAX_DIMS], to[TENSOR_MAX_DIMS], order[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, from, TENSOR_MAX_DIMS), other = args_ints(c, 2, to, TENSOR_MAX_DIMS);
    uint64_t taken = 0, filled = 0;
    char a[256], b[256];
    if (count < 0 || other < 0) return false;
    if (count != other)
        return refuse(
            c,
            "movedim: Invalid source or destination dims: source (%s dims) should contain the same number of "
            "dims as destination (%s dims)",
            sizes_text(count, from, a, sizeof a), sizes_text(other, to, b, sizeof b));
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &from[i], t->ndim) || !wrap_dim(c, &to[i], t->ndim)) return false;
        if (taken >> from[i] & 1)
            return refuse(c, "movedim: repeated dim in `source` (%s)", sizes_text(count, from, a, sizeof a));
        if (filled >> to[i] & 1)
            return refuse(c, "movedim: repeated dim in `destination` (%s)",
                          sizes_text(count, to, a, sizeof a));
        taken |= (uint64_t)1 << from[i];
        filled |= (uint64_t)1 << to[i];
        order[to[i]] = from[i];
    }
    for (int place = 0, next = 0; place < t->ndim; place++) {
        if (filled >> place & 1) continue;
        while (taken >> next & 1) next++;
        order[place] = next++;
    }
    return permuted(c, order);
}

/* --- parts --- */

bool view_select(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), index = arg_int(c, 2);
    char text[256];
    if (t->ndim == 0) return refuse_index(c, "select() cannot be applied to a 0-dim tensor.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t size = t->sizes[dim];
    if (index < -size || index >= size)
        return refuse_index(c, "select(): index %lld out of range for tensor of size %s at dimension %lld",
                            (long long)index, shape_of(t, text, sizeof text), (long long)dim);
    return give_tensor(c, tensor_select(c, t, (int)dim, index < 0 ? index + size : index));
}

static int64_t clip(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

bool view_slice(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    int64_t dim = arg_int(c, 1), step = arg_int(c, 4);
    if (t->ndim == 0) return refuse(c, "slice() cannot be applied to a 0-dim tensor.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t size = t->sizes[dim], begin = arg_int_or(c, 2, 0), end = arg_int_or(c, 3, INT64_MAX);
    if (step <= 0) return refuse(c, "slice step must be positive");
    if (begin < 0) begin += size;
    if (end < 0) end += size;
    begin = clip(begin, 0, size);
    end = clip(end, begin, size);
    geometry_of(t, &g);
    g.offset += begin * g.strides[dim];
    g.sizes[dim] = (end - begin) / step + ((end - begin) % step != 0);
    if (__builtin_mul_overflow(g.strides[dim], step, &g.strides[dim])) g.strides[dim] = 0;
    return geometry_give(c, t, &g);
}

bool view_narrow(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), begin, length = arg_int(c, 3);
    if (c->args[2].tag == VALUE_TENSOR &&
        (arg_tensor(c, 2)->ndim > 0 || !dtype_is_integral(tensor_dtype(arg_tensor(c, 2)), false)))
        return refuse(c, "start must be an 0-dim integral Tensor.");
    begin = c->args[2].tag == VALUE_TENSOR ? tensor_get_int(arg_tensor(c, 2), 0) : arg_int(c, 2);
    if (t->ndim == 0) return refuse(c, "narrow() cannot be applied to a 0-dim tensor.");
    if (length < 0) return refuse(c, "narrow(): length must be non-negative.");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t size = t->sizes[dim];
    if (begin < -size || begin > size)
        return refuse_index(c, "start out of range (expected to be in range of [%lld, %lld], but got %lld)",
                            (long long)-size, (long long)size, (long long)begin);
    if (begin < 0) begin += size;
    if (begin > size - length)
        return refuse(c, "start (%lld) + length (%lld) exceeds dimension size (%lld).", (long long)begin,
                      (long long)length, (long long)size);
    return give_tensor(c, tensor_narrow(c, t, (int)dim, begin, length));
}

bool view_diagonal(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    int64_t offset = arg_int(c, 1), a = arg_int(c, 2), b = arg_int(c, 3);
    if (!wrap_dim(c, &a, t->ndim) || !wrap_dim(c, &b, t->ndim)) return false;
    if (a == b || t->ndim < 2)
        return refuse(c, "diagonal dimensions cannot be identical %lld, %lld", (long long)arg_int(c, 2),
                      (long long)arg_int(c, 3));
    geometry_of(t, &g);
    int64_t rows = t->sizes[a] + (offset < 0 ? offset : 0), columns = t->sizes[b] - (offset > 0 ? offset : 0);
    int64_t count = rows < columns ? rows : columns, stride = t->strides[a] + t->strides[b];
    if (count > 0) g.offset += offset >= 0 ? offset * t->strides[b] : -offset * t->strides[a];
    geometry_remove(&g, (int)(a > b ? a : b));
    geometry_remove(&g, (int)(a > b ? b : a));
    geometry_insert(&g, g.ndim, count > 0 ? count : 0, stride);
    return geometry_give(c, t, &g);
}

bool view_unfold(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    int64_t dim = arg_int(c, 1), size = arg_int(c, 2), step = arg_int(c, 3);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t most = t->ndim == 0 ? 1 : t->sizes[dim];
    if (size < 0) return refuse(c, "size is %lld but must be >= 0", (long long)size);
    if (size > most)
        return refuse(c, "maximum size for tensor at dimension %lld is %lld but size is %lld", (long long)dim,
                      (long long)most, (long long)size);
    if (step <= 0) return refuse(c, "step is %lld but must be > 0", (long long)step);
    geometry_of(t, &g);
    if (t->ndim > 0) {
        g.sizes[dim] = (most - size) / step + 1;
        g.strides[dim] = step * t->strides[dim];
    }
    geometry_insert(&g, g.ndim, size, t->ndim == 0 ? 1 : t->strides[dim]);
    return geometry_give(c, t, &g);
}

bool view_as_strided(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    g.ndim = args_ints(c, 1, g.sizes, TENSOR_MAX_DIMS);
    int strides = args_ints(c, 2, g.strides, TENSOR_MAX_DIMS);
    if (g.ndim < 0 || strides < 0) return false;
    if (strides != g.ndim) return refuse(c, "mismatch in length of strides and shape");
    for (int i = 0; i < g.ndim; i++)
        if (g.strides[i] < 0)
            return refuse(c, "as_strided: Negative strides are not supported at the moment, got strides: %s",
                          sizes_text(g.ndim, g.strides, (char[256]){0}, 256));
    g.offset = arg_int_or(c, 3, t->offset);
    return geometry_give(c, t, &g);
}

/* --- broadcasting --- */

static bool expand_to(struct op_call *c, int ndim, int64_t *sizes) {
    struct tensor *t = arg_tensor(c, 0);
    char a[256], b[256];
    if (ndim < t->ndim)
        return refuse(
            c,
            "expand(torch.%sTensor{%s}, size=%s): the number of sizes provided (%d) must be greater or equal "
            "to the number of dimensions in the tensor (%d)",
            dtype_table[t->dtype].graph_name, shape_of(t, a, sizeof a), sizes_text(ndim, sizes, b, sizeof b),
            ndim, t->ndim);
    for (int i = 0; i < ndim; i++) {
        int from = i - (ndim - t->ndim);
        if (sizes[i] == -1 && from < 0)
            return refuse(
                c,
                "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension %d",
                i);
        if (sizes[i] == -1) sizes[i] = t->sizes[from];
    }
    return give_tensor(c, tensor_expand(t, ndim, sizes, c->err));
}

bool view_expand(struct op_call *c) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    return ndim >= 0 && expand_to(c, ndim, sizes);
}

bool view_expand_as(struct op_call *c) {
    const struct tensor *like = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    memcpy(sizes, like->sizes, sizeof *sizes * like->ndim);
    return expand_to(c, like->ndim, sizes);
}

bool view_broadcast_tensors(struct op_call *c) {
    struct tensor *in[64], *out[64];
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = 0, count = args_tensors(c, 0, in, 64), made = 0;
    if (count < 0) return false;
    for (int i = 0; i < count; i++)
        if (!sizes_broadcast(&ndim, sizes, in[i]->ndim, in[i]->sizes, c->err)) return false;
    while (made < count && (out[made] = tensor_expand(in[made], ndim, sizes, c->err))) made++;
    if (made < count) {
        release_tensors(out, made);
        return false;
    }
    return give_list(c, 0, out, count);
}

/* --- other readings of the same bytes --- */

bool view_alias(struct op_call *c) {
    struct geometry g;
    geometry_of(arg_tensor(c, 0), &g);
    if (!geometry_give(c, arg_tensor(c, 0), &g)) return false;
    c->results[0].tensor->flags &= (uint8_t)~TENSOR_REQUIRES_GRAD;
    return true;
}

static struct tensor *retyped(struct op_call *c, struct tensor *t, struct geometry *g, enum dtype d) {
    struct tensor *view = tensor_over(t->storage, d, g->ndim, g->sizes, g->strides, g->offset, c->err);
    return view;
}

bool view_as_real(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    if (!dtype_is_complex(tensor_dtype(t)))
        return refuse(c, "view_as_real is only supported for complex tensors");
    geometry_of(t, &g);
    for (int i = 0; i < g.ndim; i++) g.strides[i] *= 2;
    g.offset *= 2;
    geometry_insert(&g, g.ndim, 2, 1);
    return give_tensor(c, retyped(c, t, &g, dtype_real(tensor_dtype(t))));
}

bool view_as_complex(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    if (!dtype_is_floating(tensor_dtype(t)) || t->dtype == DTYPE_BFLOAT16)
        return refuse(c,
                      "view_as_complex is only supported for half, float and double tensors, but got a "
                      "tensor of scalar "
                      "type: %s",
                      dtype_table[t->dtype].graph_name);
    geometry_of(t, &g);
    if (t->ndim == 0) return refuse(c, "Input tensor must have one or more dimensions");
    if (t->sizes[t->ndim - 1] != 2) return refuse(c, "Tensor must have a last dimension of size 2");
    if (t->strides[t->ndim - 1] != 1) return refuse(c, "Tensor must have a last dimension with stride 1");
    geometry_remove(&g, t->ndim - 1);
    for (int i = 0; i < g.ndim; i++) {
        if (g.strides[i] % 2)
            return refuse(c, "Tensor must have a stride divisible by 2 for all but last dimension");
        g.strides[i] /= 2;
    }
    if (g.offset % 2) return refuse(c, "Tensor must have a storage_offset divisible by 2");
    g.offset /= 2;
    return give_tensor(c, retyped(c, t, &g, dtype_complex(tensor_dtype(t))));
}

/* real() and imag() of complex tensors are views; real() of a real tensor is the tensor. */
static bool complex_half(struct op_call *c, int part) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    if (!dtype_is_complex(tensor_dtype(t)))
        return part == 0 ? give_borrowed(c, 0, t)
                         : refuse(c, "imag is not implemented for tensors with non-complex dtypes.");
    geometry_of(t, &g);
    for (int i = 0; i < g.ndim; i++) g.strides[i] *= 2;
    g.offset = g.offset * 2 + part;
    return give_tensor(c, retyped(c, t, &g, dtype_real(tensor_dtype(t))));
}
bool view_real(struct op_call *c) {
    return complex_half(c, 0);
}
bool view_imag(struct op_call *c) {
    return complex_half(c, 1);
}

/* view(dtype): the last dimension's size changes with the element's. */
bool view_dtype(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct geometry g;
    enum dtype d;
    if (!args_dtype(c, 1, tensor_dtype(t), &d)) return false;
    int64_t old = (int64_t)dtype_size(tensor_dtype(t)), now = (int64_t)dtype_size(d);
    geometry_of(t, &g);
    if (old == now) return give_tensor(c, retyped(c, t, &g, d));
    if (t->ndim == 0)
        return refuse(c, "self.dim() cannot be 0 to view %s as %s (different element sizes)",
                      dtype_table[t->dtype].graph_name, dtype_table[d].graph_name);
    if (t->strides[t->ndim - 1] != 1)
        return refuse(c, "self.stride(-1) must be 1 to view %s as %s (different element sizes), but got %lld",
                      dtype_table[t->dtype].graph_name, dtype_table[d].graph_name,
                      (long long)t->strides[t->ndim - 1]);
    int64_t last = t->sizes[t->ndim - 1] * old;
    if (last % now)
        return refuse(c, "self.size(-1) must be divisible by %lld to view as a larger dtype",
                      (long long)(now / old));
    for (int i = 0; i + 1 < g.ndim; i++) {
        if (g.strides[i] * old % now)
            return refuse(c, "self.stride(%d) must be divisible by %lld", i, (long long)(now / old));
        g.strides[i] = g.strides[i] * old / now;
    }
    if (g.offset * old % now)
        return refuse(c, "self.storage_offset() must be divisible by %lld", (long long)(now / old));
    g.offset = g.offset * old / now;
    g.sizes[g.ndim - 1] = last / now;
    return give_tensor(c, retyped(c, t, &g, d));
}
