/* What the operators of this room share: checking index tensors, reading an index, moving one element. */
#ifndef LINKBOY_OPS_INDEX_INDEX_H
#define LINKBOY_OPS_INDEX_INDEX_H
#include "ops/common/lines.h"

static inline bool check_index_dtype(struct op_call *c, const struct tensor *index, const char *name) {
    if (index->dtype == DTYPE_INT64 || index->dtype == DTYPE_INT32 || index->numel == 0) return true;
    return refuse(c, "%s(): Expected dtype int32/int64 for index", name);
}
static inline bool check_index_vector(struct op_call *c, const struct tensor *index, const char *name) {
    if (index->ndim <= 1)
        return index->dtype == DTYPE_INT64 || index->dtype == DTYPE_INT32 ||
               refuse(c, "%s(): Expected dtype int32 or int64 for index", name);
    return refuse_index(c, "%s(): Index is supposed to be a vector, but got dim: %d with type: %s", name,
                        index->ndim, dtype_table[index->dtype].graph_name);
}

/* Element i of line k, whose dtype is int64 or int32. */
static inline int64_t line_index(const struct lines *l, int k, int64_t i) {
    const char *at = l->data[k] + i * l->stride[k];
    int64_t wide;
    int32_t narrow;
    if (l->dtype[k] == DTYPE_INT64) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

/* One element of 1 to 16 bytes; the sizes that matter are the compiler's own moves. */
static inline void move_element(char *to, const char *from, size_t size) {
    if (size == 4)
        memcpy(to, from, 4);
    else if (size == 8)
        memcpy(to, from, 8);
    else
        memcpy(to, from, size);
}
#endif
