/* Lines along a dimension; see lines.h. */
#include "ops/common/lines.h"

bool lines_begin(struct lines *l, int dim, int count, struct tensor *const *tensors) {
    const struct tensor *first = tensors[0];
    bool some = true;
    l->count = count;
    l->ndim = 0;
    for (int d = 0; d < first->ndim; d++) {
        if (d == dim) continue;
        some = some && first->sizes[d] > 0;
        l->sizes[l->ndim] = first->sizes[d];
        l->index[l->ndim] = 0;
        for (int k = 0; k < count; k++)
            l->steps[k][l->ndim] = tensors[k]->strides[d] * (int64_t)dtype_size(tensor_dtype(tensors[k]));
        l->ndim++;
    }
    for (int k = 0; k < count; k++) {
        const struct tensor *t = tensors[k];
        l->dtype[k] = tensor_dtype(t);
        l->data[k] = tensor_data(t);
        l->stride[k] = t->ndim > 0 ? t->strides[dim] * (int64_t)dtype_size(l->dtype[k]) : 0;
        l->length[k] = t->ndim > 0 ? t->sizes[dim] : 1;
    }
    return some;
}

bool lines_next(struct lines *l) {
    for (int d = l->ndim - 1; d >= 0; d--) {
        l->index[d]++;
        for (int k = 0; k < l->count; k++) l->data[k] += l->steps[k][d];
        if (l->index[d] < l->sizes[d]) return true;
        for (int k = 0; k < l->count; k++) l->data[k] -= l->steps[k][d] * l->sizes[d];
        l->index[d] = 0;
    }
    return false;
}
