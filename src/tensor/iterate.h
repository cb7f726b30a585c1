/* Walking several tensors together: broadcast, reordered, coalesced.
 *
 * The rule is TensorIterator's (aten/src/ATen/TensorIterator.cpp): sizes are broadcast, dimensions are sorted
 * so that the innermost has the smallest strides, outputs that are not given are made in that order (so that
 * they inherit transposed or channels-last layouts), and neighbouring dimensions are joined where all strides
 * allow it. The caller's loop gets runs: a pointer and a byte stride for each operand, and a count. */
#ifndef LINKBOY_TENSOR_ITERATE_H
#define LINKBOY_TENSOR_ITERATE_H
#include "tensor/tensor.h"

enum { ITERATE_OPERANDS = 7 };

struct iterate {
    int outputs, operands;                    /* outputs come first */
    struct tensor *tensors[ITERATE_OPERANDS]; /* borrowed; outputs: NULL is made, and the caller's then */
    enum dtype out_dtype;                     /* of outputs that are made */
    bool resize; /* a given output of another shape is resized, else it is an error */
    struct memory_budget *budget;
    /* Filled by iterate_begin: */
    bool made[ITERATE_OPERANDS];
    int ndim; /* dimension 0 is the innermost */
    int64_t numel;
    char *data[ITERATE_OPERANDS];
    int64_t sizes[TENSOR_MAX_DIMS];
    int64_t strides[ITERATE_OPERANDS][TENSOR_MAX_DIMS]; /* bytes */
};

/* Broadcasts and lays out; on failure outputs made by it are released. */
bool iterate_begin(struct iterate *it, lb_error *err);
typedef void iterate_loop(void *context, char *const *data, const int64_t *strides, int64_t count);
/* Calls the loop for every innermost run; `strides` has one byte stride for each operand. */
void iterate_run(const struct iterate *it, iterate_loop *loop, void *context);
/* Releases outputs that iterate_begin made. */
void iterate_drop(struct iterate *it);

/* Broadcast of two shapes (torch.broadcast_shapes); `ndim` and `sizes` are in and out. */
bool sizes_broadcast(int *ndim, int64_t *sizes, int other_ndim, const int64_t *other, lb_error *err);
/* A view of these sizes with stride 0 where t has size 1 (Tensor.expand without -1). */
struct tensor *tensor_expand(struct tensor *t, int ndim, const int64_t *sizes, lb_error *err);
/* Sets sizes and contiguous strides of a tensor that is written whole, with more storage when it needs more.
 */
bool tensor_resize(struct tensor *t, int ndim, const int64_t *sizes, lb_error *err);
/* The same with strides. */
bool tensor_resize_strided(struct tensor *t, int ndim, const int64_t *sizes, const int64_t *strides,
                           lb_error *err);
/* Another tensor's header over this one's identity: t takes over from's storage, sizes, strides, dtype. */
bool tensor_become(struct tensor *t, const struct tensor *from, lb_error *err);
/* Strides of a new tensor in t's own memory order (torch.preserve_format). */
void strides_like(const struct tensor *t, int64_t *strides);
/* The text of sizes, "[2, 3]", for messages; returns its buffer. */
const char *sizes_text(int ndim, const int64_t *sizes, char *buffer, size_t capacity);
/* Whether an element of the tensor is written twice when it is written whole (expanded tensors). */
bool tensor_overlaps_itself(const struct tensor *t);
#endif
