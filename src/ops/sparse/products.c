/* Products with sparse matrices (aten/src/ATen/native/sparse/SparseTensorMath.cpp, SparseMatMul.cpp,
 * SparseBlasImpl.cpp). A sparse matrix times a strided one is the rows of the second that the columns name,
 * scaled and added up by row; two sparse ones are all pairs of elements whose column and row meet, coalesced.
 */
#include "ops/sparse/sparse.h"
#include "tensor/promote.h"

static bool check_matrices(struct op_call *c, const struct tensor *a, const struct tensor *b,
                           const char *who) {
    if (a->ndim != 2 || b->ndim != 2)
        return refuse(c, "%s: Expected 2D matrices, got %dD and %dD tensors", who, a->ndim, b->ndim);
    if (a->sizes[1] != b->sizes[0])
        return refuse(c, "%s: Argument #3 (dense): Expected dim 0 size %lld, got %lld", who,
                      (long long)a->sizes[1], (long long)b->sizes[0]);
    return a->dtype == b->dtype ||
           refuse(c, "%s: expected both matrices to have the same dtype, but got %s and %s", who,
                  dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
}

/* Which layouts meet in a product: one of the two is strided, or both are of the same kind. */
static bool check_layouts(struct op_call *c, const struct tensor *a, const struct tensor *b, bool both) {
    bool mixed = tensor_is_sparse(a) && tensor_is_sparse(b);
    if (!mixed || (both && a->layout == b->layout) ||
        (layout_is_compressed(a->layout) && layout_is_compressed(b->layout)))
        return true;
    return refuse(c, "addmm: computation on CPU is not implemented for %s @ %s", layout_name(a->layout),
                  layout_name(b->layout));
}

static struct tensor *two_dims(struct compose *k, struct tensor *t) {
    t = sparse_to_coo(k, t, 0);
    if (t && sparse_dim(t) == 2 && t->ndim == 2) return t;
    if (t) k->failed = !refuse(k->c, "expected a matrix of two sparse dimensions and no dense ones");
    return NULL;
}

/* values * rows of `dense` that the columns of t name, [nnz, width]. */
static struct tensor *scaled_rows(struct compose *k, struct tensor *t, struct tensor *dense) {
    struct tensor *rows = RUN("index_select", "tdt", dense, 0, sparse_row(k, t, 1));
    return RUN("mul.Tensor", "tt", rows, RUN("unsqueeze", "td", t->parts[1], 1));
}

static struct tensor *sparse_times_dense(struct compose *k, struct tensor *t, struct tensor *dense) {
    t = two_dims(k, t);
    if (!t) return NULL;
    int64_t sizes[2] = {t->sizes[0], dense->sizes[1]};
    struct tensor *zeros = RUN("zeros", "Ld", 2, sizes, (int)dense->dtype);
    return RUN("index_add", "tdttd", zeros, 0, sparse_row(k, t, 0), scaled_rows(k, t, dense), 1);
}

static struct tensor *transposed(struct compose *k, struct tensor *t) {
    return RUN("transpose.int", "tdd", t, 0, 1);
}

/* How many elements of b each element of a meets, and where they begin in b's order. */
static bool meeting(struct compose *k, struct tensor *a, struct tensor *b, struct tensor **counts,
                    struct tensor **begins) {
    struct tensor *pointers =
        RUN("_convert_indices_from_coo_to_csr", "tib", sparse_row(k, b, 0), b->sizes[0], false);
    struct tensor *columns = sparse_row(k, a, 1);
    *begins = RUN("index_select", "tdt", pointers, 0, columns);
    struct tensor *ends = RUN("index_select", "tdt", pointers, 0, RUN("add.Scalar", "tdd", columns, 1, 1));
    *counts = RUN("sub.Tensor", "ttd", ends, *begins, 1);
    return *counts != NULL;
}

/* All pairs: the place in a and the place in b of each. */
static bool pairs_of(struct compose *k, struct tensor *a, struct tensor *b, struct tensor **in_a,
                     struct tensor **in_b) {
    struct tensor *counts, *begins;
    if (!meeting(k, a, b, &counts, &begins)) return false;
    *in_a = RUN("repeat_interleave.Tensor", "t", counts);
    struct tensor *sums = RUN("cumsum", "td", counts, 0);
    struct tensor *shift = RUN("sub.Tensor", "ttd", RUN("add.Tensor", "ttd", begins, counts, 1), sums, 1);
    if (!*in_a || !shift) return false;
    struct tensor *numbers = RUN("arange", "id", (*in_a)->numel, DTYPE_INT64);
    *in_b = RUN("add.Tensor", "ttd", numbers, RUN("index_select", "tdt", shift, 0, *in_a), 1);
    return *in_b != NULL;
}

static struct tensor *sparse_times_sparse(struct compose *k, struct tensor *a, struct tensor *b) {
    struct tensor *in_a, *in_b;
    a = sparse_coalesce(k, two_dims(k, a));
    b = a ? sparse_coalesce(k, two_dims(k, b)) : NULL;
    if (!b || !pairs_of(k, a, b, &in_a, &in_b)) return NULL;
    int64_t sizes[2] = {a->sizes[0], b->sizes[1]};
    struct tensor *index[2] = {RUN("index_select", "tdt", sparse_row(k, a, 0), 0, in_a),
                               RUN("index_select", "tdt", sparse_row(k, b, 1), 0, in_b)};
    struct tensor *x = RUN("index_select", "tdt", a->parts[1], 0, in_a),
                  *y = RUN("index_select", "tdt", b->parts[1], 0, in_b);
    if (k->failed) return NULL;
    struct tensor *product =
        sparse_coo(k, 2, sizes, RUN("stack", "Td", 2, index, 0), RUN("mul.Tensor", "tt", x, y), false);
    return sparse_coalesce(k, product);
}

/* Strided where one of the two is, else COO of COO and CSR of all compressed ones. */
static struct tensor *product(struct compose *k, struct tensor *a, struct tensor *b) {
    enum dtype d = tensor_dtype(a), real = dtype_real(d);
    if ((layout_is_compressed(a->layout) || layout_is_compressed(b->layout)) &&
        (real != DTYPE_FLOAT32 && real != DTYPE_FLOAT64)) {
        k->failed = !refuse(k->c, "\"addmm_out_sparse_csr_impl_mkl\" not implemented for '%s'",
                            dtype_table[d].graph_name);
        return NULL;
    }
    if (!tensor_is_sparse(a) && !tensor_is_sparse(b)) return RUN("mm", "tt", a, b);
    if (!tensor_is_sparse(a)) {
        struct tensor *t = sparse_times_dense(k, transposed(k, b), transposed(k, a));
        return RUN("contiguous", "td", transposed(k, t), 0);
    }
    if (!tensor_is_sparse(b)) return sparse_times_dense(k, a, b);
    struct tensor *coo = sparse_times_sparse(k, a, b);
    struct compressed_form form = {
        .layout = LAYOUT_SPARSE_CSR, .block = {1, 1}, .int32 = a->parts[0]->dtype == DTYPE_INT32};
    return coo && a->layout != LAYOUT_SPARSE_COO ? sparse_compress(k, coo, &form) : coo;
}

/* mm, _sparse_mm, smm without a summand: (self, mat2) */
bool sparse_mm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return check_matrices(c, a, b, "mm") && check_layouts(c, a, b, true) && compose_give(k, product(k, a, b));
}

bool sparse_sparse_product(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->layout != LAYOUT_SPARSE_COO || b->layout != LAYOUT_SPARSE_COO)
        return op_refuse_backend(c, args_backend(c->args, 2));
    if (a->ndim != 2 || b->ndim != 2 || a->sizes[1] != b->sizes[0])
        return refuse(c, "mat1 and mat2 shapes cannot be multiplied");
    if (a->dtype != b->dtype)
        return refuse(c, "mat1 dtype %s does not match mat2 dtype %s", dtype_table[a->dtype].graph_name,
                      dtype_table[b->dtype].graph_name);
    return compose_give(k, product(k, a, b));
}

/* self * beta + product * alpha, where self is strided or of the product's layout. */
static struct tensor *add_product(struct compose *k, struct tensor *self, struct tensor *product,
                                  lb_value beta, lb_value alpha) {
    struct number b = number_of(beta);
    if (!product) return NULL;
    product = RUN("mul.Scalar", "tv", product, alpha);
    if (product && product->layout == LAYOUT_STRIDED && self->layout == LAYOUT_STRIDED) {
        self = RUN("expand", "tLb", self, product->ndim, product->sizes, false);
        if (b.z.re == 0 && b.z.im == 0) return product;
        return RUN("add.Tensor", "ttd", product, RUN("mul.Scalar", "tv", self, beta), 1);
    }
    if (self->layout == LAYOUT_STRIDED) self = RUN("expand", "tLb", self, 2, product->sizes, false);
    self = RUN("mul.Scalar", "tv", self, beta);
    return self && self->layout == LAYOUT_STRIDED ? RUN("add.Tensor", "ttd", self, product, 1)
                                                  : RUN("add.Tensor", "ttd", product, self, 1);
}

/* (self, mat1, mat2, beta, alpha) */
bool sparse_addmm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (!check_matrices(c, a, b, "addmm") || !check_layouts(c, a, b, false)) return false;
    if (self->dtype != a->dtype) return refuse(c, "addmm: expected the same dtype for all arguments");
    if (!tensor_is_sparse(a) && !tensor_is_sparse(b))
        return refuse(c, "addmm: expected a sparse matrix in the product");
    return compose_give(k, add_product(k, self, product(k, a, b), c->args[3], c->args[4]));
}

/* (self, mat, vec, beta, alpha) */
bool sparse_addmv(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 1), *x = arg_tensor(c, 2);
    if (a->layout == LAYOUT_SPARSE_COO) return op_refuse_backend(c, BACKEND_SPARSE);
    if (!tensor_is_sparse(a) || a->ndim != 2 || x->ndim != 1 || a->sizes[1] != x->sizes[0] ||
        x->layout != LAYOUT_STRIDED)
        return refuse(c, "addmv: expected a sparse matrix and a vector that fits it");
    if (arg_tensor(c, 0)->dtype != a->dtype || x->dtype != a->dtype)
        return refuse(c, "addmv input tensors must have the same dtype, but got %s, %s, and %s",
                      dtype_table[arg_tensor(c, 0)->dtype].graph_name, dtype_table[a->dtype].graph_name,
                      dtype_table[x->dtype].graph_name);
    struct tensor *column = product(k, a, RUN("unsqueeze", "td", x, 1));
    return compose_give(
        k, add_product(k, arg_tensor(c, 0), RUN("squeeze.dim", "td", column, 1), c->args[3], c->args[4]));
}

/* (self, vec) */
bool sparse_mv(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *x = arg_tensor(c, 1);
    if (!tensor_is_sparse(a) || a->ndim != 2)
        return refuse(c, "mv: two dim tensor 'self' is expected, but got %d dimensions", a->ndim);
    if (x->ndim != 1 || x->layout != LAYOUT_STRIDED) return refuse(c, "vec.dim() must be 1");
    if (a->dtype != x->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[a->dtype].graph_name,
                      dtype_table[x->dtype].graph_name);
    if (x->sizes[0] != a->sizes[1]) return refuse(c, "mv: expected self.size(-1) == vec.size(-1)");
    struct tensor *column = product(k, a, RUN("unsqueeze", "td", x, 1));
    return compose_give(k, RUN("squeeze.dim", "td", column, 1));
}

/* matmul of a sparse tensor, as far as it is mv or mm. */
bool sparse_matmul(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim == 2 && b->ndim == 1) return sparse_mv(c);
    if (a->ndim == 2 && b->ndim == 2) return sparse_mm(c);
    return refuse(c, "expand is unsupported for Sparse tensors");
}

/* (self, mat2): each matrix of a batch. */
bool sparse_bmm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1), *parts[2];
    if (a->layout != LAYOUT_SPARSE_COO || tensor_is_sparse(b))
        return refuse(c, "bmm_sparse: Tensor 'mat2' must be dense");
    if (a->ndim != 3 || b->ndim != 3 || sparse_dense_dim(a))
        return refuse(c, "bmm_sparse: Tensor 'self' must have 0 dense dims and 3 dims");
    if (a->sizes[0] != b->sizes[0] || a->sizes[2] != b->sizes[1])
        return refuse(c, "bmm_sparse: 'self.size(0)' and 'mat2.size(0)' must match");
    int64_t sizes[3] = {a->sizes[0] * a->sizes[1], a->sizes[0] * a->sizes[2]},
            out[3] = {a->sizes[0], a->sizes[1], b->sizes[2]};
    /* One matrix with a block of it for each of the batch. */
    struct tensor *batch = sparse_row(k, a, 0),
                  *flat = RUN("reshape", "tL", b, 2, (int64_t[]){sizes[1], b->sizes[2]});
    parts[0] = RUN("add.Tensor", "ttd", RUN("mul.Scalar", "ti", batch, a->sizes[1]), sparse_row(k, a, 1), 1);
    parts[1] = RUN("add.Tensor", "ttd", RUN("mul.Scalar", "ti", batch, a->sizes[2]), sparse_row(k, a, 2), 1);
    if (k->failed || !flat) return compose_end(k);
    struct tensor *joined = sparse_coo(k, 2, sizes, RUN("stack", "Td", 2, parts, 0), a->parts[1], false);
    struct tensor *y = joined ? sparse_times_dense(k, joined, flat) : NULL;
    return compose_give(k, RUN("reshape", "tL", y, 3, out));
}

/* --- products that stay sparse --- */

/* hspmm(mat1 sparse, mat2): rows that have elements, as one sparse and one dense dimension. */
bool sparse_hspmm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->layout != LAYOUT_SPARSE_COO || tensor_is_sparse(b))
        return refuse(c, "hspmm: expected a sparse and a dense matrix");
    if (sparse_dim(a) != 2 || a->ndim != 2)
        return refuse(c, "hspmm: Argument #2: 2D tensor expected, got %dD tensor", a->ndim);
    if (!check_matrices(c, a, b, "hspmm")) return false;
    int64_t sizes[2] = {a->sizes[0], b->sizes[1]};
    a = sparse_coalesce(k, a);
    struct tensor *rows = a ? RUN("narrow", "tdii", a->parts[0], 0, (int64_t)0, (int64_t)1) : NULL;
    struct tensor *sums = rows ? sparse_coo(k, 2, sizes, rows, scaled_rows(k, a, b), false) : NULL;
    return compose_give(k, sparse_coalesce(k, sums));
}

/* alpha * mat1 @ mat2 as COO, an element for each that a row of the product has. */
static struct tensor *product_as_coo(struct compose *k, struct tensor *a, struct tensor *b, lb_value alpha) {
    struct tensor *dense = RUN("mul.Scalar", "tv", sparse_times_dense(k, a, b), alpha);
    struct tensor *used = sparse_row(k, a, 0);
    if (!dense || !used) return NULL;
    struct tensor *rows = RUN("_unique", "tbb", used, true, false);
    int64_t width = b->sizes[1];
    if (!rows) return NULL;
    struct tensor *columns = RUN("arange", "id", width, DTYPE_INT64);
    int64_t count = rows->numel, flat = -1;
    struct tensor *index[2] = {RUN("repeat_interleave.self_int", "ti", rows, width),
                               RUN("repeat", "tL", columns, 1, &count)};
    struct tensor *values = RUN("reshape", "tL", RUN("index_select", "tdt", dense, 0, rows), 1, &flat);
    if (k->failed) return NULL;
    return sparse_coo(k, 2, dense->sizes, RUN("stack", "Td", 2, index, 0), values, true);
}

/* sspaddmm(self, mat1, mat2, beta, alpha): all but mat2 sparse. */
bool sparse_sspaddmm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (self->layout != LAYOUT_SPARSE_COO || a->layout != LAYOUT_SPARSE_COO || tensor_is_sparse(b))
        return refuse(c, "sspaddmm: expected 'self' and 'mat1' to be sparse and 'mat2' to be dense");
    if (!check_matrices(c, a, b, "sspaddmm")) return false;
    if (self->dtype != a->dtype)
        return refuse(c, "dtype of values (%s) must match dtype of sparse tensor (%s)",
                      dtype_table[a->dtype].graph_name, dtype_table[self->dtype].graph_name);
    if (self->ndim != 2 || self->sizes[0] != a->sizes[0] || self->sizes[1] != b->sizes[1])
        return refuse(c, "sspaddmm: Argument #1: Expected dim 0 size %lld, got %lld", (long long)a->sizes[0],
                      (long long)self->sizes[0]);
    struct tensor *p = product_as_coo(k, sparse_coalesce(k, a), b, c->args[4]);
    struct tensor *left = RUN("mul.Scalar", "tv", self, c->args[3]);
    if (k->failed || !left || !p) return compose_end(k);
    struct tensor *indices[2] = {left->parts[0], p->parts[0]}, *values[2] = {left->parts[1], p->parts[1]};
    return compose_give(k, sparse_coo(k, 2, self->sizes, RUN("cat", "Td", 2, indices, 1),
                                      RUN("cat", "Td", 2, values, 0), false));
}

/* What sspaddmm and smm say of strided tensors (_sspaddmm_out_only_sparse). */
bool sparse_only(struct op_call *c) {
    return refuse(c, "tensor.sspaddmm(...) can only be called on sparse tensors");
}

/* smm(self, mat2) */
bool sparse_smm(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->layout != LAYOUT_SPARSE_COO || tensor_is_sparse(b))
        return refuse(c, "smm: expected a sparse and a dense matrix");
    if (!check_matrices(c, a, b, "sspaddmm")) return false;
    return compose_give(k, product_as_coo(k, sparse_coalesce(k, a), b, value_int(1)));
}

/* sampled_addmm(self, mat1, mat2, beta, alpha): of mat1 @ mat2 what self specifies. */
bool sparse_sampled(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (self->layout != LAYOUT_SPARSE_CSR)
        return refuse(c, "sampled_addmm: Expected self to have sparse csr layout, but got %s",
                      layout_name(self->layout));
    if (tensor_is_sparse(a) || tensor_is_sparse(b))
        return refuse(c, "sampled_addmm: Expected mat1 and mat2 to have strided layout");
    if (a->dtype != b->dtype || self->dtype != a->dtype)
        return refuse(c, "sampled_addmm: Expected mat1 and mat2 to have the same dtype, but got %s and %s",
                      dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
    if (self->ndim != 2 || a->ndim != 2 || b->ndim != 2 || a->sizes[1] != b->sizes[0] ||
        self->sizes[0] != a->sizes[0] || self->sizes[1] != b->sizes[1])
        return refuse(c, "sampled_addmm: mat1 and mat2 shapes cannot be multiplied");
    struct tensor *coo = sparse_to_coo(k, self, 0);
    if (!coo) return compose_end(k);
    struct tensor *rows = RUN("index_select", "tdt", a, 0, sparse_row(k, coo, 0));
    struct tensor *columns = RUN("index_select", "tdt", transposed(k, b), 0, sparse_row(k, coo, 1));
    int64_t one = 1;
    struct tensor *dots =
        RUN("sum.dim_IntList", "tLb", RUN("mul.Tensor", "tt", rows, columns), 1, &one, false);
    dots = RUN("mul.Scalar", "tv", dots, c->args[4]);
    struct tensor *sum =
        RUN("add.Tensor", "ttd", dots, RUN("mul.Scalar", "tv", coo->parts[1], c->args[3]), 1);
    return compose_give(k, sum ? sparse_with_values(k, self, sum) : NULL);
}

/* _sparse_mm(sparse, dense): the product as it is where both are sparse, else strided. */
bool sparse_mm_public(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (tensor_is_sparse(a) || tensor_is_sparse(b))
        return check_matrices(c, a, b, "addmm") && check_layouts(c, a, b, true) &&
               compose_give(k, product(k, a, b));
    return compose_give(k, RUN("mm", "tt", a, b));
}
