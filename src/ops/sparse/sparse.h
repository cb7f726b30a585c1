/* What kernels over sparse tensors share; the tensors themselves are tensor/layouts.h's.
 *
 * COO is the pivot: every other form is made into it and of it, and most operators are those of the strided
 * tensors that hold indices and values. What follows an index of a program checks it: either the strided
 * operator does, or sparse_keys. */
#ifndef LINKBOY_OPS_SPARSE_H
#define LINKBOY_OPS_SPARSE_H
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/dispatch.h"
#include "tensor/layouts.h"

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

/* Tensors that the composition owns; NULL after a failure. */

/* COO of these indices and values. */
struct tensor *sparse_coo(struct compose *k, int ndim, const int64_t *sizes, struct tensor *indices,
                          struct tensor *values, bool coalesced);
/* t's indices (of any sparse layout) with other values, of t's sizes. */
struct tensor *sparse_with_values(struct compose *k, const struct tensor *t, struct tensor *values);
/* No elements at all: COO with so many sparse dimensions. */
struct tensor *sparse_empty(struct compose *k, enum dtype d, int ndim, const int64_t *sizes, int sparse_dims);
struct tensor *sparse_coalesce(struct compose *k, struct tensor *t);
/* Any layout as strided; any layout, strided too, as COO (a strided one with `sparse_dims`). */
struct tensor *sparse_to_dense(struct compose *k, struct tensor *t);
struct tensor *sparse_to_coo(struct compose *k, struct tensor *t, int sparse_dims);

/* Of a compressed tensor's values: batch dimensions, row, column (of blocks), [batch dims + 2, nnz] int64. */
struct tensor *sparse_coordinates(struct compose *k, struct tensor *t);

struct compressed_form {
    enum tensor_layout layout;
    int64_t block[2];
    int batch_dims; /* the leading sparse dimensions of the COO tensor, all but two */
    bool int32;     /* indices in int32 rather than int64 */
};
struct tensor *sparse_compress(struct compose *k, struct tensor *coo, const struct compressed_form *form);
/* The form that a compressed tensor has. */
struct compressed_form sparse_form(const struct tensor *t);
/* A compressed tensor again of COO, in the form of `like`. */
struct tensor *sparse_like_form(struct compose *k, struct tensor *coo, const struct tensor *like);

/* The place of each column of `indices` in a row-major array of `sizes`, [nnz] int64; refuses an index
 * outside them. */
struct tensor *sparse_keys(struct compose *k, struct tensor *indices, const int64_t *sizes);
/* Equal keys together: `order` sorts them (stably), `place[i]` is the group of the i-th in that order,
 * `first` the first of each group in the unsorted ones. */
struct groups {
    struct tensor *order, *place, *first;
};
bool sparse_group(struct compose *k, struct tensor *keys, struct groups *g);
/* The values of equal keys added up, a row for each group. */
struct tensor *sparse_add_groups(struct compose *k, const struct groups *g, struct tensor *values);

/* The values of t (COO, coalesced) at the places that the columns of `indices` name; 0 where t has none. */
struct tensor *sparse_values_at(struct compose *k, struct tensor *t, struct tensor *indices);

/* Row i of the indices, [nnz]. */
struct tensor *sparse_row(struct compose *k, struct tensor *coo, int64_t i);
bool sparse_same_sizes(const struct tensor *a, const struct tensor *b);
#endif
