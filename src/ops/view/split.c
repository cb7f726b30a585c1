/* Lists of views: split, chunk, unbind and their kin. */
#include "base/mem.h"
#include "ops/view/geometry.h"

/* Consecutive pieces of these lengths along a dimension. */
static bool give_pieces(struct op_call *c, struct tensor *t, int dim, const int64_t *begins,
                        const int64_t *lengths, int64_t count) {
    struct tensor **pieces = call_scratch(c, (size_t)count, sizeof *pieces);
    int made = 0;
    if (!pieces) return false;
    while (made < count && (pieces[made] = tensor_narrow(c, t, dim, begins[made], lengths[made]))) made++;
    bool good = made == count;
    if (!good) release_tensors(pieces, made);
    good = good && give_list(c, 0, pieces, made);
    mem_free(pieces);
    return good;
}

/* Pieces of `size`, the last one shorter. */
static bool give_even(struct op_call *c, struct tensor *t, int dim, int64_t size) {
    int64_t total = t->sizes[dim], count = size == 0 ? 1 : total == 0 ? 1 : (total + size - 1) / size;
    int64_t *begins = call_scratch(c, (size_t)count * 2, sizeof *begins);
    if (!begins) return false;
    for (int64_t i = 0; i < count; i++) {
        begins[i] = i * size;
        begins[count + i] = i == count - 1 ? total - i * size : size;
    }
    bool good = give_pieces(c, t, dim, begins, begins + count, count);
    mem_free(begins);
    return good;
}

bool view_split(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t size = arg_int(c, 1), dim = arg_int(c, 2);
    if (t->ndim == 0) return refuse(c, "split expects at least a 1-dimensional tensor");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (size < 0)
        return refuse(c, "split expects split_size be non-negative, but got split_size=%lld",
                      (long long)size);
    if (size == 0 && t->sizes[dim] != 0)
        return refuse(c, "split_size can only be 0 if dimension size is 0, but got dimension size of %lld",
                      (long long)t->sizes[dim]);
    return give_even(c, t, (int)dim, size);
}

bool view_chunk(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t chunks = arg_int(c, 1), dim = arg_int(c, 2);
    if (t->ndim == 0) return refuse(c, "chunk expects at least a 1-dimensional tensor");
    if (chunks <= 0)
        return refuse(c, "chunk expects `chunks` to be greater than 0, got: %lld", (long long)chunks);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t total = t->sizes[dim];
    if (total > 0) return give_even(c, t, (int)dim, total / chunks + (total % chunks != 0));
    int64_t *zeros = mem_zeroed((size_t)chunks, sizeof *zeros);
    if (!zeros) return error_memory(c->err);
    bool good = give_pieces(c, t, (int)dim, zeros, zeros, chunks);
    mem_free(zeros);
    return good;
}

bool view_split_with_sizes(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 2), total = 0, count = arg_list(c, 1)->count;
    if (t->ndim == 0) return refuse(c, "split expects at least a 1-dimensional tensor");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    int64_t *begins = call_scratch(c, (size_t)count * 2 + 1, sizeof *begins);
    if (!begins) return false;
    bool good = args_ints(c, 1, begins + count, (int)count) >= 0;
    for (int64_t i = 0; good && i < count; i++) {
        begins[i] = total;
        if (begins[count + i] < 0)
            good = refuse(
                c,
                "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=%s",
                sizes_text((int)count, begins + count, (char[256]){0}, 256));
        else
            total += begins[count + i];
    }
    if (good && total != t->sizes[dim])
        good = refuse(
            c,
            "split_with_sizes expects split_sizes to sum exactly to %lld (input tensor's size at dimension "
            "%lld), but got split_sizes=%s",
            (long long)t->sizes[dim], (long long)dim,
            sizes_text((int)count, begins + count, (char[256]){0}, 256));
    good = good && give_pieces(c, t, (int)dim, begins, begins + count, count);
    mem_free(begins);
    return good;
}

/* tensor_split: `sections` pieces as even as possible, or cuts at indices (out of range means empty pieces).
 */
static bool split_sections(struct op_call *c, struct tensor *t, int dim, int64_t sections) {
    int64_t total = t->sizes[dim];
    if (sections <= 0)
        return refuse(c, "number of sections must be larger than 0, got %lld", (long long)sections);
    int64_t *begins = call_scratch(c, (size_t)sections * 2, sizeof *begins);
    if (!begins) return false;
    for (int64_t i = 0, at = 0; i < sections; i++) {
        begins[i] = at;
        at += begins[sections + i] = total / sections + (i < total % sections);
    }
    bool good = give_pieces(c, t, dim, begins, begins + sections, sections);
    mem_free(begins);
    return good;
}

static int64_t clip_index(int64_t index, int64_t size) {
    if (index < 0) index += size;
    return index < 0 ? 0 : index > size ? size : index;
}

static bool split_indices(struct op_call *c, struct tensor *t, int dim, const int64_t *cuts, int64_t count) {
    int64_t total = t->sizes[dim], at = 0;
    int64_t *begins = call_scratch(c, (size_t)(count + 1) * 2, sizeof *begins);
    if (!begins) return false;
    for (int64_t i = 0; i <= count; i++) {
        int64_t end = i < count ? clip_index(cuts[i], total) : total;
        begins[i] = clip_index(at, total);
        begins[count + 1 + i] = end > begins[i] ? end - begins[i] : 0;
        at = end;
    }
    bool good = give_pieces(c, t, dim, begins, begins + count + 1, count + 1);
    mem_free(begins);
    return good;
}

static bool split_list(struct op_call *c, struct tensor *t, int dim, int arg) {
    int64_t count = arg_list(c, arg)->count, *cuts = call_scratch(c, (size_t)count + 1, sizeof *cuts);
    bool good = cuts && args_ints(c, arg, cuts, (int)count) >= 0 && split_indices(c, t, dim, cuts, count);
    mem_free(cuts);
    return good;
}

static bool split_tensor(struct op_call *c, struct tensor *t, int dim, const struct tensor *at) {
    if (at->dtype != DTYPE_INT64)
        return refuse(c, "tensor_split expected tensor_indices_or_sections to have dtype of long, but got %s",
                      dtype_table[at->dtype].graph_name);
    if (at->ndim > 1)
        return refuse(
            c,
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional "
            "tensor, but got a tensor with %d dims",
            at->ndim);
    if (at->ndim == 0) return split_sections(c, t, dim, tensor_get_int(at, 0));
    int64_t *cuts = call_scratch(c, (size_t)at->numel + 1, sizeof *cuts);
    if (!cuts) return false;
    for (int64_t i = 0; i < at->numel; i++) cuts[i] = tensor_get_int(at, i);
    bool good = split_indices(c, t, dim, cuts, at->numel);
    mem_free(cuts);
    return good;
}

bool view_tensor_split(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 2);
    if (t->ndim == 0)
        return refuse(c,
                      "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (c->args[1].tag == VALUE_TENSOR) return split_tensor(c, t, (int)dim, arg_tensor(c, 1));
    if (c->args[1].tag == VALUE_LIST) return split_list(c, t, (int)dim, 1);
    return split_sections(c, t, (int)dim, arg_int(c, 1));
}

/* hsplit, vsplit, dsplit: tensor_split along a fixed dimension that must be divisible. */
static bool split_along(struct op_call *c, const char *name, int least, int dim) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim < least)
        return refuse(
            c,
            "torch.%s requires a tensor with at least %d dimension%s, but got a tensor with %d dimensions!",
            name, least, least > 1 ? "s" : "", t->ndim);
    if (c->args[1].tag == VALUE_LIST) return split_list(c, t, dim, 1);
    int64_t sections = arg_int(c, 1);
    if (sections == 0 || t->sizes[dim] % sections)
        return refuse(
            c,
            "torch.%s attempted to split along dimension %d, but the size of the dimension %lld is not "
            "divisible by the split_size %lld!",
            name, dim, (long long)t->sizes[dim], (long long)sections);
    return split_sections(c, t, dim, sections);
}
bool view_hsplit(struct op_call *c) {
    return split_along(c, "hsplit", 1, arg_tensor(c, 0)->ndim == 1 ? 0 : 1);
}
bool view_vsplit(struct op_call *c) {
    return split_along(c, "vsplit", 2, 0);
}
bool view_dsplit(struct op_call *c) {
    return split_along(c, "dsplit", 3, 2);
}

bool view_unbind(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (t->ndim == 0) return refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
    int64_t count = t->sizes[dim];
    struct tensor **pieces = call_scratch(c, (size_t)count, sizeof *pieces);
    int made = 0;
    if (!pieces) return false;
    while (made < count && (pieces[made] = tensor_select(c, t, (int)dim, made))) made++;
    bool good = made == count;
    if (!good) release_tensors(pieces, made);
    good = good && give_list(c, 0, pieces, made);
    mem_free(pieces);
    return good;
}

/* split_copy(self, split_size, dim, *, out): PyTorch copies here without resizing
 * (aten/src/ATen/native/TensorShape.cpp). */
bool view_split_copy_out(struct op_call *c) {
    const struct list *out = arg_list(c, 3), *pieces;
    lb_value result = value_none();
    struct op_call inner = *c;
    inner.results = &result;
    if (!view_split(&inner)) return false;
    pieces = result.list;
    bool good = pieces->count == out->count ||
                refuse(c, "split_copy_Tensor_out() expected an out= argument of size %lld, got size %lld",
                       (long long)pieces->count, (long long)out->count);
    for (int64_t i = 0; good && i < out->count; i++) {
        good = tensor_copy(out->items[i].tensor, pieces->items[i].tensor, c->err);
        tensor_changed(out->items[i].tensor);
    }
    value_release(result);
    return good;
}
