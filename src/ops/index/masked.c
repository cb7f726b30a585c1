/* Indexing where only the places of a mask count: _unsafe_masked_index and its accumulating counterpart.
 *
 * Indices are clamped into range, so those outside the mask may be anything
 * (aten/src/ATen/native/TensorAdvancedIndexing.cpp). */
#include "ops/common/compose.h"
#include "types/type.h"

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

/* The index list clamped to self's sizes: a list value that `k` owns, or None after a refusal. */
static lb_value clamped(struct compose *k, struct tensor *self, const struct list *indices) {
    struct tensor *made[TENSOR_MAX_DIMS];
    lb_value list = value_none();
    if (indices->count > self->ndim) {
        error_set_kind(k->c->err, LB_ERROR_RUNTIME, "IndexError",
                       "too many indices for tensor of dimension %d (got %lld)", self->ndim,
                       (long long)indices->count);
        return list;
    }
    for (int i = 0; i < (int)indices->count; i++) {
        made[i] = NULL;
        if (indices->items[i].tag != VALUE_TENSOR) continue;
        struct tensor *index = indices->items[i].tensor;
        int64_t size = self->sizes[i];
        if (index->dtype != DTYPE_INT64 && index->dtype != DTYPE_INT32) {
            refuse(k->c, "_unsafe_masked_index found unexpected index type %s",
                   dtype_table[index->dtype].graph_name);
            return list;
        }
        made[i] = RUN("clamp", "tii", index, -size, size - 1);
        if (!made[i]) return list;
    }
    if (!value_new_list(&list, indices->element, indices->count, k->c->err)) return list;
    for (int i = 0; i < (int)indices->count; i++) {
        lb_value v = made[i] ? value_tensor(tensor_retain(made[i])) : value_none();
        if (!list_append(list.list, v, k->c->err)) k->failed = true;
    }
    return list;
}

/* Of a tensor without elements: `fill` in every place, by way of a tensor that has one where it is indexed.
 */
static struct tensor *index_nothing(struct compose *k, struct tensor *self, const struct list *indices,
                                    lb_value list, lb_value fill) {
    int64_t sizes[TENSOR_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        bool indexed = i < (int)indices->count && indices->items[i].tag == VALUE_TENSOR;
        sizes[i] = i >= (int)indices->count ? 0 : indexed && self->sizes[i] == 0 ? 1 : self->sizes[i];
    }
    struct tensor *full = RUN("new_full", "tLv", self, (int)self->ndim, sizes, fill);
    return RUN("index.Tensor", "tv", full, list);
}

/* _unsafe_masked_index(self, mask, indices, fill) */
bool index_masked_index(struct op_call *c) {
    struct compose start = compose_start(c), *k = &start;
    struct tensor *self = arg_tensor(c, 0), *result;
    const struct list *indices = arg_list(c, 2);
    lb_value list = clamped(k, self, indices);
    if (list.tag != VALUE_LIST) return compose_give(k, NULL);
    if (self->numel == 0) {
        result = index_nothing(k, self, indices, list, c->args[3]);
    } else {
        result = RUN("index.Tensor", "tv", self, list);
        result =
            RUN("masked_fill.Scalar", "ttv", result, RUN("logical_not", "t", arg_tensor(c, 1)), c->args[3]);
    }
    value_release(list);
    return compose_give(k, result);
}

/* _unsafe_masked_index_put_accumulate(self, mask, indices, values) */
bool index_masked_put(struct op_call *c) {
    struct compose start = compose_start(c), *k = &start;
    struct tensor *self = arg_tensor(c, 0);
    lb_value list = clamped(k, self, arg_list(c, 2));
    if (list.tag != VALUE_LIST) return compose_give(k, NULL);
    struct tensor *result;
    if (self->numel == 0) {
        result = RUN("clone", "t", self);
    } else {
        struct tensor *outside = RUN("logical_not", "t", arg_tensor(c, 1));
        struct tensor *values = RUN("masked_fill.Scalar", "ttd", arg_tensor(c, 3), outside, 0);
        result = RUN("index_put", "tvtb", self, list, values, true);
    }
    value_release(list);
    return compose_give(k, result);
}
