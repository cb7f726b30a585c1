/* Nested tensors from padded tensors, masks, lists and buffers, and back to padded tensors
 * (aten/src/ATen/native/nested/NestedTensorMath.cpp, NestedTensorUtils.cpp). */
#include "ops/nested/nested.h"
#include "ops/view/geometry.h"

bool nested_strides(struct op_call *c, const struct tensor *sizes, struct tensor **strides,
                    struct tensor **offsets) {
    int64_t count = sizes->sizes[0], width = sizes->sizes[1], offset = 0;
    *strides = call_new(c, DTYPE_INT64, 2, sizes->sizes);
    *offsets = call_new(c, DTYPE_INT64, 1, &count);
    bool overflow = false;
    for (int64_t i = 0; *strides && *offsets && i < count; i++) {
        int64_t step = 1, *row = (int64_t *)tensor_data(*strides) + i * width;
        for (int64_t d = width - 1; d >= 0; d--) {
            row[d] = step;
            overflow |= __builtin_mul_overflow(step, tensor_get_int(sizes, i * width + d), &step);
        }
        ((int64_t *)tensor_data(*offsets))[i] = offset;
        overflow |= __builtin_add_overflow(offset, step, &offset);
    }
    if (*strides && *offsets && !overflow) return true;
    tensor_release(*strides);
    tensor_release(*offsets);
    return overflow && refuse(c, "sizes of a nested tensor overflow");
}

struct tensor *nested_of_sizes(struct op_call *c, struct tensor *buffer, struct tensor *sizes) {
    struct tensor *parts[3] = {sizes};
    if (sizes->ndim != 2 || sizes->dtype != DTYPE_INT64) {
        refuse(c, "sizes of a nested tensor should be a matrix of int64");
        return NULL;
    }
    if (!nested_strides(c, sizes, &parts[1], &parts[2])) return NULL;
    struct tensor *t = tensor_nested(buffer, parts, c->err);
    release_tensors(parts + 1, 2);
    return t;
}

struct tensor *nested_like(struct op_call *c, const struct tensor *like, struct tensor *buffer) {
    return tensor_nested(buffer, like->parts, c->err);
}

bool nested_is_contiguous(const struct tensor *t) {
    int64_t offset = 0;
    int width = t->ndim - 1;
    for (int64_t i = 0; i < nested_count(t); i++) {
        int64_t step = 1;
        if (tensor_get_int(t->parts[2], i) != offset) return false;
        for (int64_t d = width - 1; d >= 0; d--) {
            if (tensor_get_int(t->parts[1], i * width + d) != step) return false;
            if (__builtin_mul_overflow(step, tensor_get_int(t->parts[0], i * width + d), &step)) return false;
        }
        if (__builtin_add_overflow(offset, step, &offset)) return false;
    }
    return true;
}

struct tensor *nested_packed(struct op_call *c, struct tensor *t) {
    int64_t one = 1;
    if (!nested_is_contiguous(t)) {
        refuse(c, "for now only contiguous nested tensors are supported here");
        return NULL;
    }
    return tensor_over(t->storage, tensor_dtype(t), 1, &t->numel, &one, 0, c->err);
}

void nested_most(const struct tensor *sizes, int64_t *most) {
    int64_t width = sizes->sizes[1];
    for (int64_t d = 0; d < width; d++) most[d] = 0;
    for (int64_t i = 0; i < sizes->sizes[0] * width; i++) {
        int64_t size = tensor_get_int(sizes, i);
        if (size > most[i % width]) most[i % width] = size;
    }
}

struct tensor *nested_sizes_with_last(struct op_call *c, const struct tensor *t, int64_t last) {
    struct tensor *sizes = call_new(c, DTYPE_INT64, 2, t->parts[0]->sizes);
    if (!sizes) return NULL;
    int64_t width = sizes->sizes[1], *at = tensor_data(sizes);
    for (int64_t i = 0; i < sizes->numel; i++)
        at[i] = i % width == width - 1 ? last : tensor_get_int(t->parts[0], i);
    return sizes;
}

/* --- from padded --- */

/* The part of a padded tensor's item that belongs to the nested one. */
static struct tensor *within(struct op_call *c, struct tensor *t, const struct tensor *sizes, int64_t i) {
    struct geometry g;
    geometry_of(t, &g);
    for (int d = 0; d < g.ndim; d++) {
        int64_t size = tensor_get_int(sizes, i * g.ndim + d);
        if (size < 0 || size > g.sizes[d]) {
            refuse(c, "a nested tensor's size %lld is not within the padded size %lld", (long long)size,
                   (long long)g.sizes[d]);
            return NULL;
        }
        g.sizes[d] = size;
    }
    return geometry_view(c, t, &g);
}

/* Copies between item i of a padded tensor and the nested one. */
static bool copy_item(struct op_call *c, struct tensor *padded, struct tensor *nested, int64_t i,
                      bool to_padded) {
    struct tensor *row = tensor_select(c, padded, 0, i);
    struct tensor *part = row ? within(c, row, nested->parts[0], i) : NULL;
    struct tensor *item = part ? nested_item(nested, i, c->err) : NULL;
    bool good = item && tensor_copy(to_padded ? part : item, to_padded ? item : part, c->err);
    tensor_release(item);
    tensor_release(part);
    tensor_release(row);
    return good;
}

static bool copy_items(struct op_call *c, struct tensor *padded, struct tensor *nested, bool to_padded) {
    for (int64_t i = 0; i < nested_count(nested); i++)
        if (!copy_item(c, padded, nested, i, to_padded)) return false;
    return true;
}

static bool check_padded(struct op_call *c, const struct tensor *padded, const struct tensor *sizes) {
    if (sizes->dtype != DTYPE_INT64)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[sizes->dtype].graph_name);
    if (sizes->ndim != 2) return refuse(c, "sizes of a nested tensor should be a matrix of int64");
    if (padded->ndim - 1 != sizes->sizes[1])
        return refuse(c, "dim: %dtarget_size: %lld", padded->ndim, (long long)sizes->sizes[1]);
    if (padded->sizes[0] != sizes->sizes[0])
        return refuse(
            c,
            "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton dimension 0",
            (long long)padded->sizes[0], (long long)sizes->sizes[0]);
    return true;
}

static struct tensor *from_padded(struct op_call *c, struct tensor *padded, struct tensor *sizes) {
    int64_t numel = 0;
    if (!check_padded(c, padded, sizes)) return NULL;
    for (int64_t i = 0; i < sizes->sizes[0]; i++) {
        int64_t row[TENSOR_MAX_DIMS], count;
        for (int64_t d = 0; d < sizes->sizes[1]; d++) row[d] = tensor_get_int(sizes, i * sizes->sizes[1] + d);
        if (!sizes_product((int)sizes->sizes[1], row, &count) ||
            __builtin_add_overflow(numel, count, &numel)) {
            refuse(c, "Trying to create tensor with negative dimension");
            return NULL;
        }
    }
    struct tensor *buffer = call_new(c, tensor_dtype(padded), 1, &numel);
    struct tensor *copy = buffer ? tensor_clone(c, sizes) : NULL;
    struct tensor *nested = copy ? nested_of_sizes(c, buffer, copy) : NULL;
    tensor_release(buffer);
    tensor_release(copy);
    if (!nested || copy_items(c, padded, nested, false)) return nested;
    tensor_release(nested);
    return NULL;
}

/* (padded, sizes, fuse_transform_0213): the fused form takes [B, H, L, D] for items [L, H * D]. */
bool nested_from_padded(struct op_call *c) {
    struct tensor *padded = arg_tensor(c, 0), *sizes = arg_tensor(c, 1);
    if (!arg_bool(c, 2)) return give_tensor(c, from_padded(c, padded, sizes));
    if (padded->ndim != 4)
        return refuse(
            c,
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            "desired ordering of dimensions i.e. input.dim() = %d is not equal to len(dims) = 4",
            padded->ndim);
    struct compose k = compose_start(c);
    int64_t joined[3] = {padded->sizes[0], padded->sizes[2], 0};
    if (__builtin_mul_overflow(padded->sizes[1], padded->sizes[3], &joined[2]))
        return refuse(c, "sizes of a nested tensor overflow");
    struct tensor *t = compose_run(&k, "aten::transpose.int", "tdd", padded, 1, 2);
    t = compose_run(&k, "aten::reshape", "tL", t, 3, joined);
    t = t ? compose_own(&k, from_padded(c, t, sizes)) : NULL;
    return compose_give(&k, t);
}

bool nested_from_padded_example(struct op_call *c) {
    struct tensor *example = arg_tensor(c, 1);
    if (!tensor_is_nested(example) || arg_tensor(c, 0)->layout != LAYOUT_STRIDED)
        return refuse(c, "expected a padded tensor and a nested example");
    return give_tensor(c, from_padded(c, arg_tensor(c, 0), example->parts[0]));
}

/* --- from masks --- */

/* How many leading places of each row the mask keeps, [N] int64; *aligned: none of the others is kept. */
static struct tensor *mask_lengths(struct op_call *c, struct tensor *t, struct tensor *mask, bool *aligned) {
    if (mask->dtype != DTYPE_BOOL)
        refuse(c, "Expected mask to be of ScalarType Bool, but got %s instead.",
               dtype_table[mask->dtype].graph_name);
    else if (mask->ndim != 2)
        refuse(c, "Padding mask should be 2D");
    else if (t->ndim != 3)
        refuse(c, "Input should be a 3D tensor, N * L * D");
    else if (t->sizes[0] != mask->sizes[0] || t->sizes[1] != mask->sizes[1])
        refuse(c, "Mask size should match input size");
    else if (mask->sizes[1] == 0)
        refuse_index(c, "select(): index -1 out of range for tensor of size [%lld, 0] at dimension 1",
                     (long long)mask->sizes[0]);
    else {
        int64_t count = mask->sizes[0], length = mask->sizes[1], kept = 0;
        struct tensor *lengths = call_new(c, DTYPE_INT64, 1, &count);
        *aligned = true;
        for (int64_t i = 0; lengths && i < count * length; i++) {
            if (i % length == 0) kept = 0;
            bool keep = tensor_get_int(mask, i) != 0;
            *aligned &= !keep || kept == i % length;
            kept += keep;
            ((int64_t *)tensor_data(lengths))[i / length] = kept;
        }
        return lengths;
    }
    return NULL;
}

bool nested_mask_left_aligned(struct op_call *c) {
    bool aligned = false;
    struct tensor *lengths = mask_lengths(c, arg_tensor(c, 0), arg_tensor(c, 1), &aligned);
    if (!lengths) return false;
    tensor_release(lengths);
    return give(c, value_bool(aligned));
}

bool nested_from_mask(struct op_call *c) {
    bool aligned = false, check = arg_bool(c, 2);
    struct tensor *t = arg_tensor(c, 0), *lengths = mask_lengths(c, t, arg_tensor(c, 1), &aligned);
    if (!lengths) return false;
    int64_t shape[2] = {t->sizes[0], 2};
    struct tensor *sizes = call_new(c, DTYPE_INT64, 2, shape);
    for (int64_t i = 0; sizes && i < shape[0]; i++) {
        ((int64_t *)tensor_data(sizes))[2 * i] = tensor_get_int(lengths, i);
        ((int64_t *)tensor_data(sizes))[2 * i + 1] = t->sizes[2];
    }
    tensor_release(lengths);
    struct tensor *nested = NULL;
    if (check && !aligned)
        refuse(c, "Mask must be left-aligned without gaps");
    else if (sizes)
        nested = from_padded(c, t, sizes);
    tensor_release(sizes);
    return give_tensor(c, nested);
}

/* --- from lists and buffers --- */

static bool same_ndim(struct op_call *c, const struct list *list) {
    for (int64_t i = 0; i < list->count; i++) {
        if (list->items[i].tag != VALUE_TENSOR || list->items[i].tensor->layout != LAYOUT_STRIDED)
            return refuse(c, "a nested tensor is made of strided tensors");
        int ndim = list->items[i].tensor->ndim, before = i ? list->items[i - 1].tensor->ndim : ndim;
        if (ndim != before)
            return refuse(c,
                          "All Tensors given to nested_tensor must have the same dimension. Found dimension "
                          "%d for Tensor at index %lld and dimension %d for Tensor at index %lld.",
                          ndim, (long long)i, before, (long long)i - 1);
    }
    return true;
}

static struct tensor *sizes_of_list(struct op_call *c, const struct list *list, int64_t *numel) {
    int64_t ndim = list->count ? list->items[0].tensor->ndim : 0, shape[2] = {list->count, ndim};
    struct tensor *sizes = call_new(c, DTYPE_INT64, 2, shape);
    *numel = 0;
    for (int64_t i = 0; sizes && i < list->count; i++) {
        const struct tensor *t = list->items[i].tensor;
        if (ndim) memcpy((int64_t *)tensor_data(sizes) + i * ndim, t->sizes, sizeof *t->sizes * (size_t)ndim);
        if (__builtin_add_overflow(*numel, t->numel, numel)) {
            refuse(c, "sizes of a nested tensor overflow");
            tensor_release(sizes);
            return NULL;
        }
    }
    return sizes;
}

static bool copy_list(struct op_call *c, const struct list *list, struct tensor *nested) {
    for (int64_t i = 0; i < list->count; i++) {
        struct tensor *item = nested_item(nested, i, c->err);
        bool good = item && tensor_copy(item, list->items[i].tensor, c->err);
        tensor_release(item);
        if (!good) return false;
    }
    return true;
}

/* (list, dtype, layout, device, pin_memory) */
bool nested_from_list(struct op_call *c) {
    const struct list *list = arg_list(c, 0);
    enum dtype d;
    int64_t numel;
    if (!same_ndim(c, list)) return false;
    enum dtype first = list->count ? tensor_dtype(list->items[0].tensor) : DTYPE_FLOAT32;
    if (!args_dtype(c, 1, first, &d)) return false;
    struct tensor *sizes = sizes_of_list(c, list, &numel);
    struct tensor *buffer = sizes ? call_new(c, d, 1, &numel) : NULL;
    struct tensor *nested = buffer ? nested_of_sizes(c, buffer, sizes) : NULL;
    tensor_release(sizes);
    tensor_release(buffer);
    if (nested && !copy_list(c, list, nested)) {
        tensor_release(nested);
        return false;
    }
    return give_tensor(c, nested);
}

/* (buffer, sizes, strides, offsets) */
bool nested_view_buffer(struct op_call *c) {
    struct tensor *parts[3] = {arg_tensor(c, 1), arg_tensor(c, 2), arg_tensor(c, 3)};
    return give_tensor(c, tensor_nested(arg_tensor(c, 0), parts, c->err));
}

/* The same over a copy of the buffer. */
bool nested_copy_of_buffer(struct op_call *c) {
    struct tensor *parts[3] = {arg_tensor(c, 1), arg_tensor(c, 2), arg_tensor(c, 3)};
    struct tensor *copy = tensor_clone(c, arg_tensor(c, 0));
    struct tensor *nested = copy ? tensor_nested(copy, parts, c->err) : NULL;
    tensor_release(copy);
    return give_tensor(c, nested);
}

/* A 0-dim tensor is the sizes of a nested tensor without items. */
bool nested_contiguous_strides(struct op_call *c) {
    struct tensor *sizes = arg_tensor(c, 0), *strides, *offsets;
    int64_t none = 0;
    if (sizes->ndim == 0)
        return give_borrowed(c, 0, sizes) && give_at(c, 1, call_new(c, DTYPE_INT64, 1, &none));
    if (sizes->dtype != DTYPE_INT64 && sizes->ndim == 2)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[sizes->dtype].graph_name);
    if (sizes->ndim != 2)
        return refuse_index(c, "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    if (!nested_strides(c, sizes, &strides, &offsets)) return false;
    give_at(c, 0, strides);
    return give_at(c, 1, offsets);
}

/* --- to padded --- */

/* output_size at 2, within the sizes that all items have room in. */
static bool padded_sizes(struct op_call *c, int ndim, int64_t *sizes) {
    int64_t asked[TENSOR_MAX_DIMS];
    if (arg_none(c, 2)) return true;
    int count = args_ints(c, 2, asked, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != ndim)
        return refuse(
            c, "Length of output_size does not match NestedTensor dims. Broadcasting is not supported.");
    for (int d = 0; d < ndim; d++) {
        if (asked[d] < sizes[d])
            return refuse(c, "Value in output_size is less than NestedTensor padded size. Truncation is not "
                             "supported.");
        sizes[d] = asked[d];
    }
    return true;
}

/* (nested, padding, output_size) */
bool nested_to_padded(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS];
    if (!tensor_is_nested(t)) return op_refuse_backend(c, tensor_backend(t));
    sizes[0] = nested_count(t);
    if (!nested_is_contiguous(t))
        return refuse(c, "for now to_padded_tensor only supports contiguous nested tensor");
    struct compose k = compose_start(c);
    if (t->parts[0]->numel == 0) {
        struct tensor *none = compose_own(&k, nested_packed(c, t));
        return compose_give(&k, compose_run(&k, "aten::clone", "t", none));
    }
    nested_most(t->parts[0], sizes + 1);
    if (!padded_sizes(c, t->ndim, sizes)) return false;
    lb_value padding = c->args[1];
    struct tensor *padded = compose_run(&k, "aten::full", "Lvd", t->ndim, sizes, padding, (int)t->dtype);
    if (padded && !copy_items(c, padded, t, true)) padded = NULL;
    return compose_give(&k, padded);
}
