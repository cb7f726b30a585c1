/* Tensors whose elements are not where sizes and strides say: sparse and nested ones.
 *
 * They are headers over strided tensors, their parts:
 *   COO         0 indices [sparse dims, nnz] int64,  1 values [nnz, dense sizes...]
 *   CSR, BSR    0 crow [batch..., rows + 1],  1 col [batch..., nnz],  2 values [batch..., nnz, (block,)
 * dense...] CSC, BSC    the same with ccol and row nested      0 sizes [count, ndim - 1],  1 strides (the
 * same),  2 offsets [count], of items in `storage` A part's header belongs to its tensor alone (what is given
 * out are views of it), so its shape is as it was checked when the tensor was made; its elements may be
 * written by a program at any time, so whoever follows an index or an offset checks it. */
#ifndef LINKBOY_TENSOR_LAYOUTS_H
#define LINKBOY_TENSOR_LAYOUTS_H
#include "tensor/tensor.h"

static inline bool layout_is_compressed(int64_t layout) {
    return layout == LAYOUT_SPARSE_CSR || (layout >= LAYOUT_SPARSE_CSC && layout <= LAYOUT_SPARSE_BSC);
}
static inline bool layout_is_block(int64_t layout) {
    return layout == LAYOUT_SPARSE_BSR || layout == LAYOUT_SPARSE_BSC;
}
/* Whether rows, rather than columns, are compressed. */
static inline bool layout_is_row(int64_t layout) {
    return layout == LAYOUT_SPARSE_CSR || layout == LAYOUT_SPARSE_BSR;
}
static inline bool tensor_is_sparse(const struct tensor *t) {
    return t->layout != LAYOUT_STRIDED && t->layout != LAYOUT_NESTED && t->layout != LAYOUT_MKLDNN;
}
static inline bool tensor_is_nested(const struct tensor *t) {
    return t->layout == LAYOUT_NESTED;
}
/* The layout's name in Python and in error texts: "Sparse", "SparseCsr". */
const char *layout_name(int64_t layout);

/* Borrowed. */
static inline struct tensor *sparse_values(const struct tensor *t) {
    return t->parts[t->layout == LAYOUT_SPARSE_COO ? 1 : 2];
}
/* Of a compressed tensor: dimensions before the two that are sparse. */
static inline int sparse_batch_dim(const struct tensor *t) {
    return t->parts[0]->ndim - 1;
}
int sparse_dim(const struct tensor *t);
int sparse_dense_dim(const struct tensor *t);
int64_t sparse_nnz(const struct tensor *t);

/* A sparse tensor of these parts, which are viewed; the caller has checked that they fit each other. */
struct tensor *tensor_of_parts(enum tensor_layout layout, int ndim, const int64_t *sizes,
                               struct tensor *const parts[3], lb_error *err);
/* A nested tensor whose items lie in `buffer`'s storage; refuses items that reach outside it. */
struct tensor *tensor_nested(struct tensor *buffer, struct tensor *const parts[3], lb_error *err);
/* Of a nested tensor: the storage's elements as one vector, item i as a view; new references. */
struct tensor *nested_buffer(struct tensor *t, lb_error *err);
struct tensor *nested_item(struct tensor *t, int64_t i, lb_error *err);
static inline int64_t nested_count(const struct tensor *t) {
    return t->sizes[0];
}
/* A view with a header of its own of any tensor, parts included. */
struct tensor *tensor_alias(struct tensor *t, lb_error *err);
#endif
