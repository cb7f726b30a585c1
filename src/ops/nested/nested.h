/* What kernels over nested tensors share; a nested tensor itself is tensor/layouts.h's. */
#ifndef LINKBOY_OPS_NESTED_H
#define LINKBOY_OPS_NESTED_H
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/dispatch.h"
#include "tensor/layouts.h"

/* A nested tensor over `buffer` with the sizes, strides and offsets of `like`. */
struct tensor *nested_like(struct op_call *c, const struct tensor *like, struct tensor *buffer);
/* Over the buffer, of these sizes ([count, ndim - 1]), each item contiguous behind the one before it. */
struct tensor *nested_of_sizes(struct op_call *c, struct tensor *buffer, struct tensor *sizes);
/* Strides and offsets of contiguous items. */
bool nested_strides(struct op_call *c, const struct tensor *sizes, struct tensor **strides,
                    struct tensor **offsets);
/* Whether the items are contiguous, one behind the other, from the storage's begin on. */
bool nested_is_contiguous(const struct tensor *t);
/* The items' elements as one vector of their own; refuses where they do not lie so. */
struct tensor *nested_packed(struct op_call *c, struct tensor *t);
/* The largest size along each dimension after the first. */
void nested_most(const struct tensor *sizes, int64_t *most);
/* A copy of the items' sizes with another last one. */
struct tensor *nested_sizes_with_last(struct op_call *c, const struct tensor *t, int64_t last);
#endif
