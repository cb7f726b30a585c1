/* Jagged to padded and back, along the first dimension: row i of a batch is values[offsets[i]:offsets[i + 1]]
 * (aten/src/ATen/native/nested/NestedTensorTransformerFunctions.cpp, _jagged_to_padded_dense_forward_cpu and
 * its inverse). Slices and copies are the operators', with their checks. */
#include "ops/nested/nested.h"

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

/* The only offsets of the list, or NULL. */
static struct tensor *one_offsets(struct op_call *c, const char *name) {
    const struct list *list = arg_list(c, 1);
    if (list->count != 1 || list->items[0].tag != VALUE_TENSOR) {
        refuse(c, "%s(): only a single jagged dim is supported for now", name);
        return NULL;
    }
    struct tensor *offsets = list->items[0].tensor;
    if (offsets->layout == LAYOUT_STRIDED && offsets->ndim == 1) return offsets;
    refuse(c, "%s(): expected 1D offsets, but got offsets.dim() == %d", name, offsets->ndim);
    return NULL;
}

static struct tensor *slice(struct compose *k, struct tensor *t, int64_t begin, int64_t end) {
    return RUN("slice.Tensor", "tdiid", t, 0, begin, end, 1);
}

/* Rows of a batch's item against its stretch of the values; at most `most` rows. */
static bool copy_rows(struct compose *k, struct tensor *padded, struct tensor *values, struct tensor *offsets,
                      int64_t i, int64_t most, bool to_padded) {
    int64_t begin = tensor_get_int(offsets, i), end = tensor_get_int(offsets, i + 1), length;
    if (__builtin_sub_overflow(end, begin, &length)) return refuse(k->c, "offsets overflow");
    if (length > most) length = most;
    struct tensor *part = slice(k, RUN("select.int", "tdi", padded, 0, i), 0, length);
    struct tensor *rows = slice(k, values, begin, to_padded ? begin + length : end);
    return to_padded ? RUN("copy_", "ttb", part, rows, false) : RUN("copy_", "ttb", rows, part, false);
}

static bool copy_all(struct op_call *c, struct tensor *padded, struct tensor *values, struct tensor *offsets,
                     int64_t most, bool to_padded) {
    bool good = true;
    for (int64_t i = 0; good && i + 1 < offsets->numel; i++) {
        struct compose k = compose_start(c);
        good = copy_rows(&k, padded, values, offsets, i, most, to_padded);
        compose_end(&k);
    }
    return good;
}

/* (values, offsets, max_lengths, padding_value) */
bool jagged_to_padded(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *values = arg_tensor(c, 0), *offsets = one_offsets(c, "_jagged_to_padded_dense_forward");
    int64_t most[TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS + 1];
    int count = args_ints(c, 2, most, TENSOR_MAX_DIMS);
    if (!offsets || count < 0) return false;
    if (count != 1)
        return refuse(c, "_jagged_to_padded_dense_forward(): only a single jagged dim is supported for now");
    if (values->ndim == 0 || values->ndim >= TENSOR_MAX_DIMS)
        return refuse_index(c, "slice() cannot be applied to a 0-dim tensor.");
    sizes[0] = offsets->numel - 1;
    sizes[1] = most[0];
    memcpy(sizes + 2, values->sizes + 1, sizeof *sizes * (size_t)(values->ndim - 1));
    struct tensor *padded = RUN("full", "Lfd", values->ndim + 1, sizes, arg_float(c, 3), (int)values->dtype);
    if (padded && !copy_all(c, padded, values, offsets, most[0], true)) padded = NULL;
    return compose_give(k, padded);
}

/* (dense, offsets, total_L) */
bool jagged_of_padded(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *padded = arg_tensor(c, 0), *offsets = one_offsets(c, "_padded_dense_to_jagged_forward");
    int64_t sizes[TENSOR_MAX_DIMS];
    if (!offsets) return false;
    if (offsets->numel == 0)
        return refuse_index(c, "select(): index -1 out of range for tensor of size [0] at dimension 0");
    int64_t last = tensor_get_int(offsets, offsets->numel - 1);
    if (padded->ndim < 2)
        return refuse(c,
                      "_padded_dense_to_jagged_forward(): expected a dense tensor of at least 2 dimensions");
    sizes[0] = arg_int_or(c, 2, last);
    if (sizes[0] != last)
        return refuse(c, "_padded_dense_to_jagged_forward(): final offset should match total_L value");
    memcpy(sizes + 1, padded->sizes + 2, sizeof *sizes * (size_t)(padded->ndim - 2));
    struct tensor *values = RUN("zeros", "Ld", padded->ndim - 1, sizes, (int)padded->dtype);
    if (values && !copy_all(c, padded, values, offsets, INT64_MAX, false)) values = NULL;
    return compose_give(k, values);
}
