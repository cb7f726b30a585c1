/* Lists of tensors as one, and back: pad_sequence, cartesian_prod, _chunk_cat, flatten_dense_tensors.
 *
 * Rules and refusals: aten/src/ATen/native/PackedSequence.cpp, TensorShape.cpp, Itertools.cpp and
 * torch/csrc/utils/tensor_flatten.h. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <string.h>

/* --- pad_sequence(sequences, batch_first, padding_value, padding_side) --- */

/* Sizes of the whole: [batch, longest, rest of the first] or [longest, batch, rest]. */
static int padded_sizes(struct op_call *c, const struct list *sequences, bool batch_first, int64_t *sizes) {
    const struct tensor *first = sequences->items[0].tensor;
    int64_t longest = 0;
    for (int64_t i = 0; i < sequences->count; i++) {
        const struct tensor *t = sequences->items[i].tensor;
        if (t->ndim == 0) return refuse(c, "ArrayRef: invalid slice, N = 1; size = 0") - 1;
        if (t->sizes[0] > longest) longest = t->sizes[0];
    }
    if (first->ndim == TENSOR_MAX_DIMS) return refuse(c, "too many dimensions") - 1;
    sizes[0] = batch_first ? sequences->count : longest;
    sizes[1] = batch_first ? longest : sequences->count;
    memcpy(sizes + 2, first->sizes + 1, sizeof *sizes * (size_t)(first->ndim - 1));
    return first->ndim + 1;
}

static bool place_sequence(struct op_call *c, struct tensor *whole, const struct tensor *t, int64_t i,
                           bool batch_first, bool left) {
    struct tensor *row = tensor_select(c, whole, batch_first ? 0 : 1, i), *part = NULL;
    int64_t begin = row && left ? row->sizes[0] - t->sizes[0] : 0;
    if (row) part = tensor_narrow(c, row, 0, begin, t->sizes[0]);
    bool good = part && tensor_copy(part, t, c->err);
    tensor_release(row);
    tensor_release(part);
    return good;
}

bool index_pad_sequence(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct list *sequences = arg_list(c, 0);
    const char *side = c->args[3].string->bytes;
    bool batch_first = arg_bool(c, 1), left = strcmp(side, "left") == 0;
    int64_t sizes[TENSOR_MAX_DIMS];
    if (sequences->count == 0) return refuse(c, "received an empty list of sequences");
    if (!left && strcmp(side, "right") != 0)
        return refuse(c, "Expected padding_side to be one of left or right, but got %s.", side);
    int ndim = padded_sizes(c, sequences, batch_first, sizes);
    if (ndim < 0) return false;
    struct tensor *whole = compose_run(&k, "aten::full", "Lfd", ndim, sizes, arg_float(c, 2),
                                       (int)sequences->items[0].tensor->dtype);
    bool good = whole != NULL;
    for (int64_t i = 0; good && i < sequences->count; i++)
        good = place_sequence(c, whole, sequences->items[i].tensor, i, batch_first, left);
    return compose_give(&k, good ? whole : NULL);
}

/* _pack_sequence(data, batch_sizes, sorted_indices, unsorted_indices): the parts of a PackedSequence. */
bool index_pack_sequence(struct op_call *c) {
    for (int i = 0; i < 4; i++) c->results[i] = value_copy(c->args[i]);
    return true;
}

/* --- cartesian_prod --- */

bool index_cartesian_prod(struct op_call *c) {
    const struct list *vectors = arg_list(c, 0);
    for (int64_t i = 0; i < vectors->count; i++) {
        const struct tensor *t = vectors->items[i].tensor;
        if (t->ndim != 1)
            return refuse(c, "Expect a 1D vector, but got shape %s",
                          sizes_text(t->ndim, t->sizes, (char[256]){0}, 256));
    }
    if (vectors->count == 1) return give_borrowed(c, 0, vectors->items[0].tensor);
    struct compose k = compose_start(c);
    struct tensor *flat[TENSOR_MAX_DIMS];
    compose_run(&k, "aten::meshgrid", "v", c->args[0]);
    if (k.failed) return compose_give(&k, NULL);
    const struct list *grids = compose_value(&k).list;
    int count = (int)grids->count;
    for (int i = 0; i < count; i++)
        flat[i] = compose_run(&k, "aten::flatten.using_ints", "tdd", grids->items[i].tensor, 0, -1);
    return compose_give(&k, k.failed ? NULL : compose_run(&k, "aten::stack", "Td", count, flat, 1));
}

/* --- _chunk_cat(tensors, dim, num_chunks) --- */

static bool check_chunks(struct op_call *c, const struct list *tensors, int64_t *dim, int64_t chunks) {
    bool same_ndim = true;
    if (chunks < 1) return refuse(c, "_chunk_cat expects positive num_chunks");
    if (tensors->count == 0) return refuse(c, "_chunk_cat expects a non-empty input tensor list");
    const struct tensor *first = tensors->items[0].tensor;
    for (int64_t i = 0; i < tensors->count; i++) {
        const struct tensor *t = tensors->items[i].tensor;
        if (t->numel == 0) return refuse(c, "_chunk_cat expects non-empty tensor");
        if (t->dtype != first->dtype)
            return refuse(c, "_chunk_cat expects all input tensors with the same dtype");
        same_ndim &= t->ndim == first->ndim;
    }
    if (same_ndim) {
        if (!wrap_dim(c, dim, first->ndim)) return false;
    } else if (*dim < 0) {
        return refuse(c, "_chunk_cat expects non-negative dim when input tensors have different ndims");
    }
    for (int64_t i = 0; i < tensors->count; i++) {
        const struct tensor *t = tensors->items[i].tensor;
        if (*dim >= t->ndim) return refuse(c, "_chunk_cat expects dim < ndim for all input tensors");
        if (memcmp(t->sizes, first->sizes, sizeof *t->sizes * (size_t)*dim) != 0)
            return refuse(c, "_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors");
    }
    return true;
}

/* A tensor as [sizes before dim, chunks, rest], filled up with zeros along dim; a new reference. */
static struct tensor *in_chunks(struct op_call *c, struct tensor *t, int64_t dim, int64_t chunks) {
    int64_t sizes[TENSOR_MAX_DIMS], size = t->sizes[dim], whole = 0,
                                    rest = size / chunks + (size % chunks != 0);
    memcpy(sizes, t->sizes, sizeof *sizes * t->ndim);
    if (dim + 2 > TENSOR_MAX_DIMS || __builtin_mul_overflow(rest, chunks, &whole)) {
        refuse(c, "sizes that no tensor can have");
        return NULL;
    }
    struct compose k = compose_start(c);
    struct tensor *full = t, *part;
    if (whole != size) {
        sizes[dim] = whole;
        full = compose_run(&k, "aten::zeros", "Ld", (int)t->ndim, sizes, (int)t->dtype);
        part = full ? compose_own(&k, tensor_narrow(c, full, (int)dim, 0, size)) : NULL;
        if (!part || !tensor_copy(part, t, c->err)) k.failed = true;
    }
    sizes[dim] = chunks;
    sizes[dim + 1] = -1;
    struct tensor *cut = compose_run(&k, "aten::reshape", "tL", full, (int)dim + 2, sizes);
    if (cut) tensor_retain(cut);
    compose_end(&k);
    return cut;
}

bool index_chunk_cat(struct op_call *c) {
    const struct list *tensors = arg_list(c, 0);
    int64_t dim = arg_int(c, 1), chunks = arg_int(c, 2);
    int made = 0, count = (int)tensors->count;
    if (!check_chunks(c, tensors, &dim, chunks)) return false;
    struct tensor **cut = call_scratch(c, (size_t)count, sizeof *cut);
    if (!cut) return false;
    while (made < count && (cut[made] = in_chunks(c, tensors->items[made].tensor, dim, chunks))) made++;
    struct compose k = compose_start(c);
    struct tensor *result = made == count ? compose_run(&k, "aten::cat", "Ti", count, cut, dim + 1) : NULL;
    release_tensors(cut, made);
    mem_free(cut);
    return compose_give(&k, result);
}

/* --- flatten_dense_tensors, unflatten_dense_tensors(flat, tensors) --- */

bool index_flatten_dense_tensors(struct op_call *c) {
    const struct list *tensors = arg_list(c, 0);
    int made = 0, count = (int)tensors->count;
    struct tensor **flat = call_scratch(c, (size_t)count + 1, sizeof *flat);
    if (!flat) return false;
    while (made < count && (flat[made] = tensor_reshape(c, tensors->items[made].tensor, 1,
                                                        &tensors->items[made].tensor->numel)))
        made++;
    struct compose k = compose_start(c);
    struct tensor *result = made < count ? NULL
                            : count == 1 ? compose_own(&k, tensor_retain(flat[0]))
                                         : compose_run(&k, "aten::cat", "Td", count, flat, 0);
    release_tensors(flat, made);
    mem_free(flat);
    return compose_give(&k, result);
}

static struct tensor *cut_like(struct op_call *c, struct tensor *flat, int64_t begin,
                               const struct tensor *like) {
    if (like->numel == 0) return call_new(c, tensor_dtype(flat), like->ndim, like->sizes);
    if (flat->ndim == 0 || begin > flat->sizes[0] - like->numel) {
        refuse(c, "start (%lld) + length (%lld) exceeds dimension size (%lld).", (long long)begin,
               (long long)like->numel, (long long)(flat->ndim ? flat->sizes[0] : 0));
        return NULL;
    }
    struct compose k = compose_start(c);
    struct tensor *part = compose_own(&k, tensor_narrow(c, flat, 0, begin, like->numel));
    part = compose_run(&k, "aten::view", "tL", part, (int)like->ndim, like->sizes);
    if (part) tensor_retain(part);
    compose_end(&k);
    return part;
}

bool index_unflatten_dense_tensors(struct op_call *c) {
    struct tensor *flat = arg_tensor(c, 0);
    const struct list *like = arg_list(c, 1);
    int made = 0, count = (int)like->count;
    int64_t begin = 0;
    struct tensor **parts = call_scratch(c, (size_t)count + 1, sizeof *parts);
    if (!parts) return false;
    while (made < count && (parts[made] = cut_like(c, flat, begin, like->items[made].tensor)))
        begin += like->items[made++].tensor->numel;
    bool good = made == count;
    if (!good) release_tensors(parts, made);
    good = good && give_list(c, 0, parts, made);
    mem_free(parts);
    return good;
}
