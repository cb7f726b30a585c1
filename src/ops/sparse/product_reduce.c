/* A CSR matrix times a strided one with another reduction than the sum over each row's elements
 * (aten/src/ATen/native/sparse/SparseCsrTensorMath.cpp, _sparse_mm_reduce_impl_sparse_csr_cpu). Rows without
 * elements are 0. */
#include "ops/sparse/sparse.h"

static bool check_reduce(struct op_call *c, const struct string *reduce) {
    static const char *const known[] = {"sum", "mean", "amax", "amin"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(reduce->bytes, known[i])) return true;
    if (!strcmp(reduce->bytes, "prod"))
        return refuse(c, "sparse_mm_reduce: reduce type of prod has not been enabled.");
    return refuse(c, "reduce argument must be either sum, prod, mean, amax or amin, got %s", reduce->bytes);
}

static bool check_operands(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (a->layout != LAYOUT_SPARSE_CSR) return op_refuse_backend(c, tensor_backend(a));
    if (b->layout != LAYOUT_STRIDED)
        return refuse(c,
                      "Expected tensor to have Strided Layout, but got tensor with %s Layout (while checking "
                      "arguments for sparse_mm_reduce)",
                      layout_name(b->layout));
    if (a->ndim != 2 || b->ndim != 2 || a->sizes[1] != b->sizes[0])
        return refuse(c, "sparse_mm_reduce: the matrices do not fit each other");
    return a->dtype == b->dtype || refuse(c, "sparse_mm_reduce: expected two matrices of the same dtype");
}

/* (self, other, reduce) -> (out, arg_out), of which the second is for gradients alone. */
bool sparse_mm_reduce(struct op_call *c) {
    struct compose made = compose_start(c), *k = &made;
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (!check_operands(c, a, b) || !check_reduce(c, c->args[2].string)) return false;
    struct tensor *coo = sparse_to_coo(k, a, 0);
    int64_t sizes[2] = {a->sizes[0], b->sizes[1]}, none = 0;
    if (!coo) return compose_end(k);
    struct tensor *rows = RUN("index_select", "tdt", b, 0, sparse_row(k, coo, 1));
    rows = RUN("mul.Tensor", "tt", rows, RUN("unsqueeze", "td", coo->parts[1], 1));
    struct tensor *at = RUN("unsqueeze", "td", sparse_row(k, coo, 0), 1);
    at = rows ? RUN("expand", "tLb", at, 2, rows->sizes, false) : NULL;
    struct tensor *zeros = RUN("zeros", "Ld", 2, sizes, (int)b->dtype);
    struct tensor *out[2] = {RUN("scatter_reduce.two", "tdttvb", zeros, 0, at, rows, c->args[2], false),
                             NULL};
    if (c->result_count < 2) return compose_give(k, out[0]);
    out[1] = RUN("zeros", "Ld", 1, &none, DTYPE_INT64);
    return compose_give_some(k, 2, out);
}
