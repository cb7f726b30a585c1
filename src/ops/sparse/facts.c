/* What a sparse tensor is made of: its parts as views, its counts, the coalesced flag. The kernels of public
 * names take strided tensors, too, and say what they had expected (aten/src/ATen/native/sparse). */
#include "ops/sparse/sparse.h"

static bool expect_coo(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    return t->layout == LAYOUT_SPARSE_COO || op_refuse_backend(c, tensor_backend(t));
}

static bool give_part(struct op_call *c, int part) {
    return give_tensor(c, tensor_alias(arg_tensor(c, 0)->parts[part], c->err));
}

/* _indices, _values, _nnz, _dimI, _dimV, _coalesced_: of COO alone, whether coalesced or not. */
bool sparse_raw_indices(struct op_call *c) {
    return expect_coo(c) && give_part(c, 0);
}
bool sparse_raw_values(struct op_call *c) {
    return expect_coo(c) && give_part(c, 1);
}
bool sparse_count(struct op_call *c) {
    return give(c, value_int(sparse_nnz(arg_tensor(c, 0))));
}
bool sparse_dims_fact(struct op_call *c) {
    return give(c, value_int(sparse_dim(arg_tensor(c, 0))));
}
bool sparse_dense_dims_fact(struct op_call *c) {
    return give(c, value_int(sparse_dense_dim(arg_tensor(c, 0))));
}
bool sparse_dim_i(struct op_call *c) {
    return expect_coo(c) && sparse_dims_fact(c);
}
bool sparse_dim_v(struct op_call *c) {
    return expect_coo(c) && sparse_dense_dims_fact(c);
}

static bool expect(struct op_call *c, const char *name, bool fits, const char *kind) {
    return fits || refuse(c, "%s expected sparse %stensor layout but got %s", name, kind,
                          layout_name(arg_tensor(c, 0)->layout));
}

static bool coalesced(struct op_call *c, const char *what) {
    if (arg_tensor(c, 0)->flags & TENSOR_COALESCED) return true;
    return refuse(c, "Cannot get %s on an uncoalesced tensor, please call .coalesce() first", what);
}

bool sparse_indices_fact(struct op_call *c) {
    return expect(c, "indices", arg_tensor(c, 0)->layout == LAYOUT_SPARSE_COO, "coordinate ") &&
           coalesced(c, "indices") && give_part(c, 0);
}
bool sparse_values_fact(struct op_call *c) {
    int64_t layout = arg_tensor(c, 0)->layout;
    if (layout == LAYOUT_SPARSE_COO) return coalesced(c, "values") && give_part(c, 1);
    return expect(c, "values", layout_is_compressed(layout), "") && give_part(c, 2);
}
/* values_copy, which COO has not. */
bool sparse_csr_values(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    return layout_is_compressed(t->layout) ? give_part(c, 2) : op_refuse_backend(c, tensor_backend(t));
}
bool sparse_is_coalesced(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    return expect(c, "is_coalesced", t->layout == LAYOUT_SPARSE_COO, "coordinate ") &&
           give(c, value_bool((t->flags & TENSOR_COALESCED) != 0));
}

static bool compressed_part(struct op_call *c, const char *name, bool row, int part) {
    int64_t layout = arg_tensor(c, 0)->layout;
    bool fits = layout_is_compressed(layout) && layout_is_row(layout) == row;
    return expect(c, name, fits, row ? "row compressed " : "column compressed ") && give_part(c, part);
}
bool sparse_crow(struct op_call *c) {
    return compressed_part(c, "crow_indices", true, 0);
}
bool sparse_col(struct op_call *c) {
    return compressed_part(c, "col_indices", true, 1);
}
bool sparse_ccol(struct op_call *c) {
    return compressed_part(c, "ccol_indices", false, 0);
}
bool sparse_row_indices(struct op_call *c) {
    return compressed_part(c, "row_indices", false, 1);
}

bool sparse_coalesce_public(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    if (!expect(c, "coalesce", arg_tensor(c, 0)->layout == LAYOUT_SPARSE_COO, "coordinate ")) return false;
    return compose_give(k, sparse_coalesce(k, arg_tensor(c, 0)));
}
bool sparse_coalesce_raw(struct op_call *c) {
    return expect_coo(c) && sparse_coalesce_public(c);
}

/* (self, coalesced): the flag, on a tensor of its own or in place. */
bool sparse_set_coalesced(struct op_call *c) {
    if (!expect_coo(c)) return false;
    bool in_place = c->row && c->row->traits & OP_IN_PLACE;
    struct tensor *t = in_place ? tensor_retain(arg_tensor(c, 0)) : tensor_alias(arg_tensor(c, 0), c->err);
    if (t) t->flags = (uint8_t)(arg_bool(c, 1) ? t->flags | TENSOR_COALESCED : t->flags & ~TENSOR_COALESCED);
    return give_tensor(c, t);
}

bool sparse_no_strides(struct op_call *c) {
    if (arg_tensor(c, 0)->layout != LAYOUT_SPARSE_COO)
        return refuse(c, "Sparse CSR tensors do not have strides");
    int64_t zeros[TENSOR_MAX_DIMS] = {0};
    return give_ints(c, 0, zeros, arg_tensor(c, 0)->ndim);
}
bool sparse_not_contiguous(struct op_call *c) {
    if (arg_tensor(c, 0)->layout != LAYOUT_SPARSE_COO)
        return refuse(c, "Sparse CSR tensors do not have is_contiguous");
    return give(c, value_bool(false));
}
bool sparse_alias(struct op_call *c) {
    return give_tensor(c, tensor_alias(arg_tensor(c, 0), c->err));
}
