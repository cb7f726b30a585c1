/* Facts of nested tensors, views of them, and the operators that cut and join them
 * (aten/src/ATen/native/nested/NestedTensorMath.cpp, NestedTensorMatmul.cpp's views). */
#include "ops/nested/nested.h"
#include "ops/view/geometry.h"

/* Part i of the first argument: out= may be what is nested. */
static bool give_part(struct op_call *c, int i) {
    struct tensor *t = arg_tensor(c, 0);
    if (!tensor_is_nested(t)) return op_refuse_backend(c, tensor_backend(t));
    return give_tensor(c, tensor_alias(t->parts[i], c->err));
}
bool nested_sizes(struct op_call *c) {
    return give_part(c, 0);
}
bool nested_stride_rows(struct op_call *c) {
    return give_part(c, 1);
}
bool nested_offsets(struct op_call *c) {
    return give_part(c, 2);
}
bool nested_values(struct op_call *c) {
    return give_tensor(c, nested_buffer(arg_tensor(c, 0), c->err));
}
bool nested_alias(struct op_call *c) {
    return give_tensor(c, tensor_alias(arg_tensor(c, 0), c->err));
}
bool nested_contiguous_fact(struct op_call *c) {
    return give(c, value_bool(nested_is_contiguous(arg_tensor(c, 0))));
}
bool nested_no_sizes(struct op_call *c) {
    return refuse(c, "Internal error: NestedTensorImpl doesn't support %ss. Please file an issue.",
                  op_name(c->row) + strlen("aten::"));
}

bool nested_size(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (t->sizes[dim] < 0)
        return refuse(c, "Given dimension %lld is irregular and does not have a size.", (long long)dim);
    return give(c, value_int(t->sizes[dim]));
}

bool nested_same_size(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (!tensor_is_nested(a) || !tensor_is_nested(b))
        return refuse(c, "Expected both self and other to be nested tensors.");
    bool same = a->ndim == b->ndim && a->sizes[0] == b->sizes[0];
    for (int64_t i = 0; same && i < a->parts[0]->numel; i++)
        same = tensor_get_int(a->parts[0], i) == tensor_get_int(b->parts[0], i);
    return give(c, value_bool(same));
}

/* --- views: other columns of the sizes and strides --- */

/* Column i of the result is column `columns[i]`; -1: a new dimension of size 1. */
static bool give_columns(struct op_call *c, struct tensor *t, int count, const int *columns) {
    int64_t shape[2] = {nested_count(t), count}, width = t->ndim - 1;
    struct tensor *parts[3] = {call_new(c, DTYPE_INT64, 2, shape), call_new(c, DTYPE_INT64, 2, shape),
                               t->parts[2]};
    for (int64_t i = 0; parts[0] && parts[1] && i < shape[0] * count; i++) {
        int column = columns[i % count];
        int64_t at = i / count * width + column, size = 1, stride = 1;
        if (column >= 0) {
            size = tensor_get_int(t->parts[0], at);
            stride = tensor_get_int(t->parts[1], at);
        } else if (i % count + 1 < count) { /* as far as the dimension behind it reaches */
            at = i / count * width + columns[i % count + 1];
            stride = (int64_t)((uint64_t)tensor_get_int(t->parts[0], at) *
                               (uint64_t)tensor_get_int(t->parts[1], at));
        }
        ((int64_t *)tensor_data(parts[0]))[i] = size;
        ((int64_t *)tensor_data(parts[1]))[i] = stride;
    }
    struct tensor *buffer = parts[0] && parts[1] ? nested_buffer(t, c->err) : NULL;
    struct tensor *view = buffer ? tensor_nested(buffer, parts, c->err) : NULL;
    tensor_release(buffer);
    release_tensors(parts, 2);
    return give_tensor(c, view);
}

bool nested_transpose(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t a = arg_int(c, 1), b = arg_int(c, 2);
    int columns[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &a, t->ndim) || !wrap_dim(c, &b, t->ndim)) return false;
    if (a == b)
        return refuse(c, "View operation returned a tensor that is the same as the input base tensor.");
    if (a == 0 || b == 0) return refuse(c, "Nested tensor dimension 0 cannot be transposed");
    for (int i = 0; i < t->ndim - 1; i++) columns[i] = i == a - 1 ? (int)b - 1 : i == b - 1 ? (int)a - 1 : i;
    return give_columns(c, t, t->ndim - 1, columns);
}

bool nested_unsqueeze(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    int columns[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &dim, t->ndim + 1)) return false;
    if (t->ndim >= TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    if (dim == 0)
        return refuse(
            c, "unsqueeze(): For nested tensors, unsqueezing dimension 0 is not supported at the moment if "
               "you need this feature, please open an issue on github describing your use case.");
    for (int i = 0; i < t->ndim; i++) columns[i] = i == dim - 1 ? -1 : i < dim - 1 ? i : i - 1;
    return give_columns(c, t, t->ndim, columns);
}

bool nested_squeeze_all(struct op_call *c) {
    return refuse(
        c, "squeeze(): For nested tensors, squeeze without the dim argument is not supported at the "
           "moment, however you can use squeeze(Tensor self, int dim) instead if you need this feature, "
           "please open an issue on github describing your use case.");
}

/* dim, or a list of dims, at 1. */
bool nested_squeeze(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dims[TENSOR_MAX_DIMS];
    int columns[TENSOR_MAX_DIMS], kept = 0, count = args_ints(c, 1, dims, TENSOR_MAX_DIMS);
    uint64_t gone = 0;
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &dims[i], t->ndim)) return false;
        if (dims[i] == 0)
            return refuse(
                c, "squeeze(): For nested tensors, squeezing dimension 0 is not supported at the moment if "
                   "you need this feature, please open an issue on github describing your use case.");
        if (t->sizes[dims[i]] == 1) gone |= UINT64_C(1) << dims[i];
    }
    for (int d = 1; d < t->ndim; d++)
        if (!(gone >> d & 1)) columns[kept++] = d - 1;
    if (count < 0) return false;
    if (kept == 0 && gone)
        return refuse(
            c, "squeeze(): For nested tensors, squeezing a nested tensor of singleton tensors is not "
               "supported at the moment, if you need this feature, please open an issue on github describing "
               "your use case.");
    return give_columns(c, t, kept, columns);
}

/* --- parts --- */

bool nested_select(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1), index = arg_int(c, 2), count = nested_count(t);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dim != 0) {
        return refuse(c, "NestedTensor can only be selected along dimension 0 got dimension %lld instead.",
                      (long long)dim);
    }
    if (index < -count || index >= count)
        return refuse_index(c, "index %lld is out of bounds for dimension 0 with size %lld", (long long)index,
                            (long long)count);
    return give_tensor(c, nested_item(t, index < 0 ? index + count : index, c->err));
}

bool nested_unbind(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0), **items;
    int64_t dim = arg_int(c, 1), count = nested_count(t), made = 0;
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dim != 0)
        return refuse(c, "NestedTensor can only be unbound along dimension 0 got dimension %lld instead.",
                      (long long)dim);
    if (!(items = call_scratch(c, (size_t)count + 1, sizeof *items))) return false;
    while (made < count && (items[made] = nested_item(t, made, c->err))) made++;
    bool good = made == count && made <= INT32_MAX;
    if (good)
        good = give_list(c, 0, items, (int)made);
    else
        release_tensors(items, (int)made);
    mem_free(items);
    return good;
}

/* A view of the items' last dimension from `begin` on. */
static struct tensor *narrow_last(struct op_call *c, struct tensor *t, int64_t begin, int64_t length) {
    struct tensor *parts[3] = {nested_sizes_with_last(c, t, length), t->parts[1], NULL};
    parts[2] = parts[0] ? tensor_clone(c, t->parts[2]) : NULL;
    for (int64_t i = 0; parts[2] && i < nested_count(t); i++) {
        int64_t *offset = (int64_t *)tensor_data(parts[2]) + i, far;
        int64_t stride = tensor_get_int(t->parts[1], (i + 1) * (t->ndim - 1) - 1);
        bool over =
            __builtin_mul_overflow(begin, stride, &far) || __builtin_add_overflow(*offset, far, offset);
        if (over) *offset = -1;
    }
    struct tensor *buffer = parts[2] ? nested_buffer(t, c->err) : NULL;
    struct tensor *view = buffer ? tensor_nested(buffer, parts, c->err) : NULL;
    tensor_release(buffer);
    tensor_release(parts[0]);
    tensor_release(parts[2]);
    return view;
}

static bool give_pieces(struct op_call *c, struct tensor *t, int count, const int64_t *lengths) {
    struct tensor *pieces[256];
    int made = 0;
    int64_t at = 0;
    for (; made < count && (pieces[made] = narrow_last(c, t, at, lengths[made])); made++) at += lengths[made];
    if (made == count) return give_list(c, 0, pieces, made);
    release_tensors(pieces, made);
    return false;
}

static bool last_dim(struct op_call *c, const struct tensor *t, int64_t dim, const char *what) {
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (!nested_is_contiguous(t)) return refuse(c, "%s expects `self` to be contiguous.", what);
    if (dim != t->ndim - 1)
        return refuse(c, "%s can only be applied to the last dimension of a nested tensor", what);
    if (t->sizes[dim] < 0)
        return refuse(c, "Given dimension %lld is irregular and does not have a size.", (long long)dim);
    return true;
}

bool nested_chunk(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t chunks = arg_int(c, 1), lengths[256];
    if (!last_dim(c, t, arg_int(c, 2), "chunk()")) return false;
    int64_t size = t->sizes[t->ndim - 1];
    if (chunks <= 0 || chunks > 256 || size % chunks)
        return refuse(c,
                      "Chunk for nested tensors is only supported for nested tensors with trailing dimension "
                      "divisible by chunks, got: %lld %% %lld != 0",
                      (long long)size, (long long)chunks);
    for (int64_t i = 0; i < chunks; i++) lengths[i] = size / chunks;
    return give_pieces(c, t, (int)chunks, lengths);
}

bool nested_split(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t lengths[256], sum = 0;
    int count = args_ints(c, 1, lengths, 256);
    if (count < 0 || !last_dim(c, t, arg_int(c, 2), "split_with_sizes()")) return false;
    for (int i = 0; i < count; i++)
        if (lengths[i] < 0 || __builtin_add_overflow(sum, lengths[i], &sum))
            return refuse(c, "split_with_sizes expects split_sizes have only non-negative entries");
    if (sum != t->sizes[t->ndim - 1])
        return refuse(c,
                      "split_with_sizes expects split_sizes to sum exactly to %lld (input tensor's size at "
                      "dimension -1), but got sum %lld",
                      (long long)t->sizes[t->ndim - 1], (long long)sum);
    return give_pieces(c, t, count, lengths);
}

/* (self, dim, start, length): along dimension 0. */
bool nested_narrow(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0), *parts[3] = {0};
    int64_t dim = arg_int(c, 1), start = arg_int(c, 2), length = arg_int(c, 3), count = nested_count(t);
    if (dim != 0)
        return refuse(c, "narrow(): only dim=0 supported for nested tensors, but got: %lld", (long long)dim);
    if (length < 0 || start < 0 || start > count || length > count - start)
        return refuse(c, "start (%lld) + length (%lld) exceeds dimension size (%lld).", (long long)start,
                      (long long)length, (long long)count);
    if (!nested_is_contiguous(t)) return refuse(c, "narrow(): only contiguous nested tensors supported");
    bool good = true;
    for (int i = 0; good && i < 3; i++) good = (parts[i] = tensor_narrow(c, t->parts[i], 0, start, length));
    struct tensor *buffer = good ? nested_buffer(t, c->err) : NULL;
    struct tensor *view = buffer ? tensor_nested(buffer, parts, c->err) : NULL;
    tensor_release(buffer);
    release_tensors(parts, 3);
    return give_tensor(c, view);
}

/* (tensors, dim): nested tensors one after the other. */
bool nested_cat(struct op_call *c) {
    const struct list *list = arg_list(c, 0);
    struct compose k = compose_start(c);
    struct tensor *parts[64];
    int count = 0;
    if (arg_int(c, 1) != 0) return refuse(c, "cat on nested tensors only supports dim=0 for now");
    for (int64_t i = 0; i < list->count; i++) {
        struct tensor *t = list->items[i].tensor;
        if (!tensor_is_nested(t))
            return compose_refused(&k, refuse(c, "cat on nested tensors: expected all to be nested"));
        for (int64_t j = 0; j < nested_count(t); j++, count++) {
            if (count == 64) return compose_refused(&k, refuse(c, "too many tensors to join"));
            parts[count] = compose_own(&k, nested_item(t, j, c->err));
            if (!parts[count]) return compose_end(&k);
        }
    }
    return compose_give(&k, compose_run(&k, "aten::_nested_tensor_from_tensor_list", "T", count, parts));
}
