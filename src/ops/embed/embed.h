/* What the operators of this directory share. */
#ifndef LINKBOY_OPS_EMBED_EMBED_H
#define LINKBOY_OPS_EMBED_EMBED_H
#include "ops/common/args.h"

/* Indices are int64 or int32 (checkScalarTypes of aten/src/ATen/TensorUtils.cpp). */
bool embed_check_indices(struct op_call *c, const struct tensor *indices, const char *name,
                         const char *function);
#endif
