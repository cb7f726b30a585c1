/* Sets of dtypes as PyTorch's AT_DISPATCH macros name them (aten/src/ATen/Dispatch.h), and the refusal of
 * what is not in a kernel's set. */
#ifndef LINKBOY_OPS_COMMON_DTYPES_H
#define LINKBOY_OPS_COMMON_DTYPES_H
#include "ops/common/args.h"

#define DTYPE_BIT(suffix) (1u << DTYPE_##suffix)
enum dtype_set {
    SET_FLOATS = DTYPE_BIT(FLOAT32) | DTYPE_BIT(FLOAT64),
    SET_HALVES = DTYPE_BIT(FLOAT16) | DTYPE_BIT(BFLOAT16),
    SET_REALS = SET_FLOATS | SET_HALVES, /* all floating dtypes */
    SET_INTS = DTYPE_BIT(UINT8) | DTYPE_BIT(INT8) | DTYPE_BIT(INT16) | DTYPE_BIT(INT32) | DTYPE_BIT(INT64),
    SET_COMPLEX = DTYPE_BIT(COMPLEX64) | DTYPE_BIT(COMPLEX128),
    SET_BOOL = DTYPE_BIT(BOOL),
    SET_LONG = DTYPE_BIT(INT64),
    SET_BYTE = DTYPE_BIT(UINT8),
    SET_HALF = DTYPE_BIT(FLOAT16),
    SET_BFLOAT16 = DTYPE_BIT(BFLOAT16),
    SET_NUMBERS = SET_INTS | SET_REALS, /* AT_DISPATCH_ALL_TYPES_AND2 with the half types */
};

/* NotImplementedError, with the name of PyTorch's kernel, where the dtype is not in the set. */
static inline bool accept_dtype(struct op_call *c, enum dtype d, unsigned set, const char *kernel) {
    return (set >> d & 1) || refuse(c, "\"%s\" not implemented for '%s'", kernel, dtype_table[d].graph_name);
}
static inline bool check_dtype(struct op_call *c, const struct tensor *t, unsigned set, const char *kernel) {
    return accept_dtype(c, tensor_dtype(t), set, kernel);
}
#endif
