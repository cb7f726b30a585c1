/* index_select: slices of one dimension by a vector of indices.
 *
 * The indices are read and checked once. A contiguous tensor is then [outer][size][block] of bytes and blocks
 * are moved; another one is copied slice by slice. */
#include "base/mem.h"
#include "ops/index/index.h"
#include "ops/view/geometry.h"
#include <string.h>

/* The indices as int64, checked; the caller's to free. */
static int64_t *read_indices(struct op_call *c, const struct tensor *index, int64_t size) {
    int64_t *at = call_scratch(c, (size_t)index->numel + 1, sizeof *at);
    for (int64_t i = 0; at && i < index->numel; i++) {
        at[i] = tensor_get_int(index, i);
        if (at[i] >= 0 && at[i] < size) continue;
        refuse_index(c, "index out of range in self");
        mem_free(at);
        return NULL;
    }
    return at;
}

#define SELECT_WORDS(name, type)                                                     \
    static void name(const type *from, const int64_t *at, int64_t count, type *to) { \
        for (int64_t i = 0; i < count; i++) to[i] = from[at[i]];                     \
    }
SELECT_WORDS(select_4, uint32_t)
SELECT_WORDS(select_8, uint64_t)

struct blocks {
    int64_t outer, size, block; /* bytes of a block */
    const int64_t *at;
    int64_t count;
};

static void select_blocks(const struct blocks *b, const char *from, char *to) {
    for (int64_t o = 0; o < b->outer; o++, from += b->size * b->block, to += b->count * b->block)
        if (b->block == 4)
            select_4((const void *)from, b->at, b->count, (void *)to);
        else if (b->block == 8)
            select_8((const void *)from, b->at, b->count, (void *)to);
        else
            for (int64_t i = 0; i < b->count; i++)
                memcpy(to + i * b->block, from + b->at[i] * b->block, (size_t)b->block);
}

static bool select_slices(struct op_call *c, struct tensor *self, int dim, const int64_t *at, int64_t count,
                          struct tensor *out) {
    bool good = true;
    for (int64_t i = 0; good && i < count; i++) {
        struct tensor *from = tensor_select(c, self, dim, at[i]), *to = tensor_select(c, out, dim, i);
        good = from && to && tensor_copy(to, from, c->err);
        tensor_release(from);
        tensor_release(to);
    }
    return good;
}

static bool select_into(struct op_call *c, struct tensor *self, int dim, const int64_t *at, int64_t count,
                        struct tensor *out) {
    if (out->numel == 0) return true;
    if (self->ndim == 0) return tensor_copy(out, self, c->err);
    if (!tensor_is_contiguous(self)) return select_slices(c, self, dim, at, count, out);
    struct blocks b = {1, self->sizes[dim], (int64_t)dtype_size(tensor_dtype(self)), at, count};
    for (int i = 0; i < dim; i++) b.outer *= self->sizes[i];
    for (int i = dim + 1; i < self->ndim; i++) b.block *= self->sizes[i];
    select_blocks(&b, tensor_data(self), tensor_data(out));
    return true;
}

bool index_select(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *index = arg_tensor(c, 2);
    int64_t dim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (!wrap_dim(c, &dim, self->ndim) || !check_index_vector(c, index, "index_select")) return false;
    if (self->ndim == 0 && index->numel != 1)
        return refuse(c, "index_select(): Index to scalar can have only 1 value, got %lld value(s)",
                      (long long)index->numel);
    memcpy(sizes, self->sizes, sizeof *sizes * self->ndim);
    if (self->ndim > 0) sizes[dim] = index->numel;
    int64_t *at = read_indices(c, index, self->ndim ? self->sizes[dim] : 1);
    struct tensor *out = at ? call_new(c, tensor_dtype(self), self->ndim, sizes) : NULL;
    bool good = out && select_into(c, self, (int)dim, at, index->numel, out);
    mem_free(at);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}
