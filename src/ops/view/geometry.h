/* A view being made: sizes, strides and offset that a kernel changes before it asks for the tensor. */
#ifndef LINKBOY_OPS_VIEW_GEOMETRY_H
#define LINKBOY_OPS_VIEW_GEOMETRY_H
#include "ops/common/args.h"

struct geometry {
    int ndim;
    int64_t sizes[TENSOR_MAX_DIMS + 1], strides[TENSOR_MAX_DIMS + 1];
    int64_t offset;
};

void geometry_of(const struct tensor *t, struct geometry *g);
struct tensor *geometry_view(struct op_call *c, struct tensor *t, const struct geometry *g);
bool geometry_give(struct op_call *c, struct tensor *t, const struct geometry *g);
void geometry_remove(struct geometry *g, int dim);
void geometry_insert(struct geometry *g, int dim, int64_t size, int64_t stride);
/* Replaces a -1 by what is left; refuses what does not fit `numel`. */
bool geometry_infer(struct op_call *c, int ndim, int64_t *sizes, int64_t numel);
/* Strides that show t's elements in this shape, or false when no strides do (at::detail::computeStride). */
bool geometry_strides(const struct tensor *t, int ndim, const int64_t *sizes, int64_t *strides);
/* View when strides allow it, else a contiguous copy. */
struct tensor *tensor_reshape(struct op_call *c, struct tensor *t, int ndim, const int64_t *sizes);
/* t[begin:end:step] along dim, bounds already valid. */
struct tensor *tensor_narrow(struct op_call *c, struct tensor *t, int dim, int64_t begin, int64_t length);
struct tensor *tensor_select(struct op_call *c, struct tensor *t, int dim, int64_t index);
struct tensor *tensor_transpose(struct op_call *c, struct tensor *t, int a, int b);
struct tensor *tensor_unsqueeze(struct op_call *c, struct tensor *t, int dim);
struct tensor *tensor_clone(struct op_call *c, struct tensor *t);
/* t's sizes over the elements that lie in memory from its first on, whatever its strides: what a kernel of
 * PyTorch reads that takes the data pointer of a tensor without asking whether it is contiguous. t itself
 * where its storage is too short. A new reference. */
struct tensor *tensor_memory_view(struct tensor *t);
#endif
