/* What factories share: the dtype they are asked for, the tensor they fill (a new one, or the row's out=). */
#ifndef LINKBOY_OPS_CREATE_FACTORY_H
#define LINKBOY_OPS_CREATE_FACTORY_H
#include "ops/common/args.h"

enum memory_format {
    FORMAT_CONTIGUOUS = 0,
    FORMAT_PRESERVE = 1,
    FORMAT_CHANNELS_LAST = 2,
    FORMAT_CHANNELS_LAST_3D = 3
};

/* The dtype at argument `at` (None: `otherwise`), or that of out=. Refuses devices other than the CPU (at +
 * 2). */
bool factory_dtype(struct op_call *c, int at, enum dtype otherwise, enum dtype *d);
/* A new contiguous tensor, or out= resized; a reference of the caller's. */
struct tensor *factory_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes);
/* Strides of a memory format; false when the format wants other dimensions. */
bool format_strides(struct op_call *c, int64_t format, int ndim, const int64_t *sizes, int64_t *strides);
/* A tensor of t's shape, in this format (FORMAT_PRESERVE: t's own order), uninitialised. */
struct tensor *factory_like(struct op_call *c, struct tensor *t, enum dtype d, int64_t format);
bool tensor_fill(struct op_call *c, struct tensor *t, const struct number *n);
/* Tensor.to with a dtype: itself when nothing changes and no copy is asked for. */
struct tensor *tensor_to(struct op_call *c, struct tensor *t, enum dtype d, bool copy, int64_t format);
#endif
