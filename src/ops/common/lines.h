/* A tensor as lines along one dimension, several tensors in step: what scans, sorts and softmax walk.
 *
 *     struct lines l;
 *     for (bool more = lines_begin(&l, dim, 2, tensors); more; more = lines_next(&l)) ...
 *
 * The tensors have the same sizes but for `dim`. data[k] is the line's first element, stride[k] the bytes to
 * the next one, length[k] how many there are. 0-dim tensors are one line of one element. */
#ifndef LINKBOY_OPS_COMMON_LINES_H
#define LINKBOY_OPS_COMMON_LINES_H
#include "ops/common/args.h"

enum { LINES_TENSORS = 5 };

struct lines {
    int count, ndim;
    char *data[LINES_TENSORS];
    int64_t stride[LINES_TENSORS], length[LINES_TENSORS];
    enum dtype dtype[LINES_TENSORS];
    int64_t sizes[TENSOR_MAX_DIMS], index[TENSOR_MAX_DIMS], steps[LINES_TENSORS][TENSOR_MAX_DIMS];
};

/* False when there are no lines at all. */
bool lines_begin(struct lines *l, int dim, int count, struct tensor *const *tensors);
bool lines_next(struct lines *l);
/* A whole line to or from a tile of one compute type. */
static inline void lines_load(const struct lines *l, int k, enum compute type, void *buffer) {
    convert_load[l->dtype[k]][type](buffer, (int64_t)compute_size(type), l->data[k], l->stride[k],
                                    l->length[k]);
}
static inline void lines_store(const struct lines *l, int k, enum compute type, const void *buffer) {
    convert_store[l->dtype[k]][type](l->data[k], l->stride[k], buffer, (int64_t)compute_size(type),
                                     l->length[k]);
}
#endif
