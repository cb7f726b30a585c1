/* Products of matrices and vectors: mm, bmm, matmul, mv, dot, outer, linear, and their forms that add.
 *
 * Shapes are checked with PyTorch's texts (aten/src/ATen/native/LinearAlgebra.cpp, TensorProperties); the
 * product itself is product.h. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/fusion.h"
#include "ops/linear/product.h"
#include "ops/pointwise/pointwise.h"
#include "ops/view/geometry.h"
#include <string.h>

static bool same_dtype(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (a->dtype == b->dtype) return true;
    return refuse(c, "expected m1 and m2 to have the same dtype, but got: %s != %s",
                  dtype_cpp_name(tensor_dtype(a)), dtype_cpp_name(tensor_dtype(b)));
}

static bool check_matrices(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (a->sizes[1] != b->sizes[0])
        return refuse(c, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)",
                      (long long)a->sizes[0], (long long)a->sizes[1], (long long)b->sizes[0],
                      (long long)b->sizes[1]);
    return same_dtype(c, a, b);
}

/* k[0]: beta, k[1]: alpha. */
POINTWISE_LOOP_2(mix_int, int64_t, int64_t,
                 (uint64_t)t->k[0].i *(uint64_t)x + (uint64_t)t->k[1].i * (uint64_t)y)
POINTWISE_LOOP_2(mix_float, float, float, (float)t->k[0].f *x + (float)t->k[1].f * y)
POINTWISE_LOOP_2(mix_double, double, double, t->k[0].f *x + t->k[1].f * y)
#define NUMBER_Z(n) ((n).z.re + (n).z.im * (complex_double)__builtin_complex(0.0, 1.0))
POINTWISE_LOOP_2(mix_complex, complex_double, complex_double, NUMBER_Z(t->k[0]) * x + NUMBER_Z(t->k[1]) * y)
POINTWISE_LOOP_1(scale_int, int64_t, int64_t, (uint64_t)t->k[1].i *(uint64_t)x)
POINTWISE_LOOP_1(scale_float, float, float, (float)t->k[1].f *x)
POINTWISE_LOOP_1(scale_double, double, double, t->k[1].f *x)
POINTWISE_LOOP_1(scale_complex, complex_double, complex_double, NUMBER_Z(t->k[1]) * x)

struct tensor *product_add(struct op_call *c, struct tensor *self, struct number beta, struct number alpha,
                           struct tensor *product, enum dtype d) {
    static const struct pointwise mix = {
        "addmm_impl_cpu_", 2, RULE_SAME, {mix_int, mix_float, mix_double, mix_complex}};
    static const struct pointwise scale = {
        "addmm_impl_cpu_", 1, RULE_SAME, {scale_int, scale_float, scale_double, scale_complex}};
    struct number k[2] = {beta, alpha};
    struct op_call inner = *c;
    inner.dying = 0;
    struct tensor *in[2] = {self, product}, *out, *rounded;
    inner.row = NULL;
    if (!product) return NULL;
    if (beta.z.re == 0 && beta.z.im == 0)
        out = pointwise_run_as(&inner, &scale, tensor_dtype(product), in + 1, k, NULL);
    else
        out = pointwise_run_as(&inner, &mix, tensor_dtype(product), in, k, NULL);
    tensor_release(product);
    if (!out || out->dtype == d) return out;
    rounded = tensor_convert(out, d, c->cx->budget, c->err);
    tensor_release(out);
    return rounded;
}

bool linear_mm(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim != 2) return refuse(c, "self must be a matrix");
    if (b->ndim != 2) return refuse(c, "mat2 must be a matrix");
    return check_matrices(c, a, b) && give_tensor(c, product_of(c, a, b, NULL));
}

/* prim::MMTreeReduce: the sum of the products of each of the first half with its partner in the second, as
 * one product of the first side by side and the second one below the other. */
bool linear_mm_tree(struct op_call *c) {
    int half = c->arg_count / 2;
    if (!half) return refuse(c, "!inputs.empty() INTERNAL ASSERT FAILED");
    for (int i = 0; i < c->arg_count; i++)
        if (c->args[i].tag != VALUE_TENSOR)
            return refuse(c, "Expected Tensor but got %s", value_tag_name((enum value_tag)c->args[i].tag));
    struct tensor **factors = mem_zeroed((size_t)half * 2, sizeof *factors);
    if (!factors) return error_memory(c->err);
    for (int i = 0; i < half * 2; i++) factors[i] = arg_tensor(c, i);
    struct compose k = compose_start(c);
    struct tensor *left = compose_run(&k, "aten::cat", "Ti", half, factors, (int64_t)1);
    struct tensor *right = compose_run(&k, "aten::cat", "Ti", half, factors + half, (int64_t)0);
    struct tensor *sum = compose_run(&k, "aten::mm", "tt", left, right);
    mem_free(factors);
    return compose_give(&k, sum);
}

static bool check_expand(struct op_call *c, const struct tensor *self, int ndim, const int64_t *sizes) {
    struct tensor *view = tensor_expand((struct tensor *)(uintptr_t)self, ndim, sizes, c->err);
    tensor_release(view);
    return view != NULL;
}

static bool same_addmm_dtype(struct op_call *c, const char *name, const struct tensor *t,
                             const struct tensor *mat2) {
    return t->dtype == mat2->dtype ||
           refuse(c, "%s and mat2 must have the same dtype, but got %s and %s", name,
                  dtype_table[t->dtype].graph_name, dtype_table[mat2->dtype].graph_name);
}

/* The product of two matrices, unrounded. */
static struct tensor *matrix_product(struct op_call *c, struct tensor *a, struct tensor *b) {
    struct tensor *left = product_batch_of_one(c, a), *right = product_batch_of_one(c, b);
    struct tensor *out = left && right ? product_unrounded(c, left, right) : NULL;
    struct tensor *matrix = out ? tensor_select(c, out, 0, 0) : NULL;
    release_tensors((struct tensor *[]){left, right, out}, 3);
    return matrix;
}

static struct tensor *addmm(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    bool good = same_addmm_dtype(c, "self", self, b) && same_addmm_dtype(c, "mat1", a, b);
    if (good && a->ndim != 2) good = refuse(c, "mat1 must be a matrix, got %d-D tensor", a->ndim);
    if (good && b->ndim != 2) good = refuse(c, "mat2 must be a matrix, got %d-D tensor", b->ndim);
    if (!good || !check_matrices(c, a, b) || !check_expand(c, self, 2, (int64_t[]){a->sizes[0], b->sizes[1]}))
        return NULL;
    return product_add(c, self, arg_number(c, 3), arg_number(c, 4), matrix_product(c, a, b), tensor_dtype(a));
}
bool linear_addmm(struct op_call *c) {
    return give_tensor(c, addmm(c));
}

/* relu or gelu of addmm. */
bool linear_addmm_activation(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *sum = compose_own(&k, addmm(c));
    if (!arg_bool(c, 5)) return compose_give(&k, compose_run(&k, "aten::relu", "t", sum));
    return compose_give(&k, compose_run(&k, "aten::gelu", "ts", sum, "none"));
}

/* Tensor.size(dim), which is asked before anything is checked. */
static bool has_dim(struct op_call *c, const struct tensor *t, int64_t dim) {
    if (t->ndim > 0) return wrap_dim(c, &dim, t->ndim);
    return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
}

static bool check_batches(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (a->ndim != 3) return refuse(c, "batch1 must be a 3D tensor");
    if (b->ndim != 3) return refuse(c, "batch2 must be a 3D tensor");
    if (b->sizes[0] != a->sizes[0] || b->sizes[1] != a->sizes[2])
        return refuse(c,
                      "Expected size for first two dimensions of batch2 tensor to be: [%lld, %lld] but got: "
                      "[%lld, %lld].",
                      (long long)a->sizes[0], (long long)a->sizes[2], (long long)b->sizes[0],
                      (long long)b->sizes[1]);
    return a->dtype == b->dtype || refuse(c, "expected scalar type %s but found %s",
                                          dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
}

bool linear_bmm(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    bool is_bool = a->dtype == DTYPE_BOOL && b->dtype != DTYPE_BOOL && a->ndim == 3 && b->ndim == 3 &&
                   b->sizes[0] == a->sizes[0] && b->sizes[1] == a->sizes[2];
    if (is_bool) return refuse(c, "\"bmm\" not implemented for 'Bool'");
    return check_batches(c, a, b) && give_tensor(c, product_batched(c, a, b, NULL));
}

bool linear_baddbmm(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (!has_dim(c, a, 0) || !has_dim(c, a, 1) || !has_dim(c, b, 2) ||
        !check_expand(c, self, 3, (int64_t[]){a->sizes[0], a->sizes[1], b->sizes[2]}))
        return false;
    if (self->dtype != a->dtype)
        return refuse(c, "Input dtypes must be the same, got: input %s, batch1: %s, batch2: %s",
                      dtype_cpp_name(tensor_dtype(self)), dtype_cpp_name(tensor_dtype(a)),
                      dtype_cpp_name(tensor_dtype(b)));
    if (!check_batches(c, a, b)) return false;
    if (a->dtype == DTYPE_BOOL) return refuse(c, "\"baddbmm\" not implemented for 'Bool'");
    return give_tensor(c, product_add(c, self, arg_number(c, 3), arg_number(c, 4), product_unrounded(c, a, b),
                                      tensor_dtype(a)));
}

static struct tensor *addbmm(struct op_call *c, struct tensor *self) {
    struct tensor *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    int64_t zero = 0;
    if (!has_dim(c, a, 1) || !has_dim(c, b, 2) ||
        !check_expand(c, self, 2, (int64_t[]){a->sizes[1], b->sizes[2]}) || !check_batches(c, a, b))
        return NULL;
    if (!same_addmm_dtype(c, "self", self, b)) return NULL;
    struct compose k = compose_start(c);
    struct tensor *all = compose_own(&k, product_unrounded(c, a, b));
    lb_value dtype = all ? value_int(all->dtype) : value_none();
    struct tensor *sum = compose_run(&k, "aten::sum.dim_IntList", "tLbv", all, 1, &zero, false, dtype);
    if (sum) tensor_retain(sum);
    compose_end(&k);
    return product_add(c, self, arg_number(c, 3), arg_number(c, 4), sum, tensor_dtype(a));
}

/* What is written takes self over first, with its own dtype, and may get another shape, in place too. */
bool linear_addbmm(struct op_call *c) {
    struct tensor *target = call_target(c), *self = arg_tensor(c, 0);
    if (!target) return give_tensor(c, addbmm(c, self));
    self = tensor_convert(self, tensor_dtype(target), c->cx->budget, c->err);
    struct tensor *sum = self ? addbmm(c, self) : NULL;
    bool same = sum && target->ndim == sum->ndim &&
                memcmp(target->sizes, sum->sizes, sizeof *sum->sizes * sum->ndim) == 0;
    bool good = sum && (same ? !tensor_overlaps_itself(target) || refuse_overlap(c)
                             : tensor_resize(target, sum->ndim, sum->sizes, c->err));
    good = good && tensor_copy(target, sum, c->err);
    if (good) tensor_changed(target);
    tensor_release(self);
    tensor_release(sum);
    return good && give_borrowed(c, 0, target);
}

/* Vectors as matrices of one column or row. */
static struct tensor *column_of(struct op_call *c, struct tensor *v) {
    return tensor_unsqueeze(c, v, 1);
}

static struct tensor *times_vector(struct op_call *c, struct tensor *a, struct tensor *v) {
    struct tensor *column = column_of(c, v), *product = column ? product_of(c, a, column, NULL) : NULL;
    struct tensor *out = product ? tensor_select(c, product, 1, 0) : NULL;
    tensor_release(column);
    tensor_release(product);
    return out;
}

static bool same_addmv_dtype(struct op_call *c, const struct tensor *self, const struct tensor *a,
                             const struct tensor *v) {
    return (self->dtype == a->dtype && v->dtype == a->dtype) ||
           refuse(c, "addmv input tensors must have the same dtype, but got %s, %s, and %s",
                  dtype_table[self->dtype].graph_name, dtype_table[a->dtype].graph_name,
                  dtype_table[v->dtype].graph_name);
}

/* `self` is what is added; NULL: nothing, a vector. */
static bool check_vector(struct op_call *c, const struct tensor *self, const struct tensor *a,
                         const struct tensor *v, int64_t rows) {
    int ndim = self ? self->ndim : 1;
    if (a->ndim != 2 || v->ndim != 1 || ndim > 1)
        return refuse(c, "vector + matrix @ vector expected, got %d, %d, %d", ndim, a->ndim, v->ndim);
    if (a->sizes[1] != v->sizes[0])
        return refuse(c, "size mismatch, got input (%lld), mat (%lldx%lld), vec (%lld)", (long long)rows,
                      (long long)a->sizes[0], (long long)a->sizes[1], (long long)v->sizes[0]);
    return a->dtype == v->dtype || refuse(c, "expected scalar type %s but found %s",
                                          dtype_table[a->dtype].graph_name, dtype_table[v->dtype].graph_name);
}

bool linear_mv(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *v = arg_tensor(c, 1);
    return check_vector(c, NULL, a, v, a->ndim > 0 ? a->sizes[0] : 0) &&
           give_tensor(c, times_vector(c, a, v));
}

bool linear_addmv(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *v = arg_tensor(c, 2);
    if (!same_addmv_dtype(c, self, a, v)) return false;
    if (!check_vector(c, self, a, v, self->ndim == 0 ? 1 : self->sizes[0])) return false;
    if (!check_expand(c, self, 1, a->sizes)) return false;
    return give_tensor(
        c, product_add(c, self, arg_number(c, 3), arg_number(c, 4), times_vector(c, a, v), tensor_dtype(a)));
}

static bool check_dot(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (a->ndim != 1 || b->ndim != 1)
        return refuse(c, "1D tensors expected, but got %dD and %dD tensors", a->ndim, b->ndim);
    if (a->dtype != b->dtype)
        return refuse(c, "dot : expected both vectors to have same dtype, but found %s and %s",
                      dtype_table[a->dtype].graph_name, dtype_table[b->dtype].graph_name);
    if (a->numel != b->numel)
        return refuse(
            c,
            "inconsistent tensor size, expected tensor [%lld] and src [%lld] to have the same number of "
            "elements, but got %lld and %lld elements respectively",
            (long long)a->numel, (long long)b->numel, (long long)a->numel, (long long)b->numel);
    return a->dtype != DTYPE_BOOL || refuse(c, "\"dot\" not implemented for 'Bool'");
}

static struct tensor *dot(struct op_call *c, struct tensor *a, struct tensor *b) {
    struct tensor *row = tensor_unsqueeze(c, a, 0), *product = row ? times_vector(c, row, b) : NULL;
    struct tensor *out = product ? tensor_select(c, product, 0, 0) : NULL;
    tensor_release(row);
    tensor_release(product);
    return out;
}

bool linear_dot(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return check_dot(c, a, b) && give_tensor(c, dot(c, a, b));
}

bool linear_vdot(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (!check_dot(c, a, b)) return false;
    if (dtype_is_complex(tensor_dtype(a))) a = compose_run(&k, "aten::conj_physical", "t", a);
    return compose_give(&k, a ? compose_own(&k, dot(c, a, b)) : NULL);
}

bool linear_outer(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    if (a->ndim != 1 || b->ndim != 1)
        return refuse(c, "outer: Expected 1-D argument %s, but got %d-D", a->ndim != 1 ? "self" : "vec2",
                      a->ndim != 1 ? a->ndim : b->ndim);
    struct compose k = compose_start(c);
    struct tensor *column = compose_own(&k, tensor_unsqueeze(c, a, 1));
    return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", column, b));
}

static bool check_addr_number(struct op_call *c, enum dtype d, struct number n, const char *name) {
    if (n.tag == VALUE_BOOL && d != DTYPE_BOOL)
        return refuse(c, "Boolean %s only supported for Boolean results.", name);
    if (dtype_is_floating(d) || dtype_is_complex(d) || !number_is_floating(&n)) return true;
    return refuse(c, "For integral input tensors, argument %s must not be a floating point number.", name);
}

/* beta * self + alpha * outer(vec1, vec2) in the promoted dtype; for bool + is or, * is and. */
static struct tensor *addr(struct compose *k, struct tensor *self, struct tensor *product, enum dtype d) {
    struct op_call *c = k->c;
    struct number beta = arg_number(c, 3), alpha = arg_number(c, 4);
    bool without_self = beta.z.re == 0 && beta.z.im == 0;
    enum dtype work = compute_dtype(compute_for(d));
    struct tensor *wide =
        product ? compose_own(k, tensor_convert(product, work, c->cx->budget, c->err)) : NULL;
    if (!wide) return NULL;
    if (d == DTYPE_BOOL) beta.i = beta.i != 0, alpha.i = alpha.i != 0;
    return compose_own(k, product_add(c, without_self ? wide : self, beta, alpha, tensor_retain(wide), d));
}

bool linear_addr(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *a = arg_tensor(c, 1), *b = arg_tensor(c, 2);
    if (a->ndim != 1 || b->ndim != 1)
        return refuse(c, "addr: Expected 1-D argument %s, but got %d-D", a->ndim != 1 ? "vec1" : "vec2",
                      a->ndim != 1 ? a->ndim : b->ndim);
    if (!check_expand(c, self, 2, (int64_t[]){a->numel, b->numel})) return false;
    enum dtype vectors = dtype_promote(tensor_dtype(a), tensor_dtype(b));
    enum dtype d = dtype_promote(tensor_dtype(self), vectors), work = compute_dtype(compute_for(d));
    if (!check_addr_number(c, d, arg_number(c, 3), "beta") ||
        !check_addr_number(c, d, arg_number(c, 4), "alpha"))
        return false;
    struct compose k = compose_start(c);
    struct tensor *x = compose_own(&k, tensor_convert(a, work, c->cx->budget, c->err));
    struct tensor *y = x ? compose_own(&k, tensor_convert(b, work, c->cx->budget, c->err)) : NULL;
    return compose_give(&k, addr(&k, self, compose_run(&k, "aten::outer", "tt", x, y), d));
}

/* --- matmul --- */

/* [.., m, k] @ [k, n]: one product over all rows. */
static struct tensor *fold_rows(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias) {
    int64_t sizes[TENSOR_MAX_DIMS], rows = 1;
    for (int i = 0; i + 1 < a->ndim; i++) rows *= a->sizes[i];
    struct tensor *flat = tensor_reshape(c, a, 2, (int64_t[]){rows, a->sizes[a->ndim - 1]});
    struct tensor *product = flat ? product_of(c, flat, b, bias) : NULL, *out = NULL;
    memcpy(sizes, a->sizes, sizeof *sizes * a->ndim);
    sizes[a->ndim - 1] = b->sizes[1];
    if (product) out = tensor_reshape(c, product, a->ndim, sizes);
    tensor_release(flat);
    tensor_release(product);
    return out;
}

/* Leading dimensions broadcast and joined into one. */
static struct tensor *as_batches(struct op_call *c, struct tensor *t, int ndim, const int64_t *batch_sizes) {
    int64_t sizes[TENSOR_MAX_DIMS], total = 1;
    for (int i = 0; i < ndim; i++) total *= sizes[i] = batch_sizes[i];
    sizes[ndim] = t->sizes[t->ndim - 2];
    sizes[ndim + 1] = t->sizes[t->ndim - 1];
    struct tensor *wide = tensor_expand(t, ndim + 2, sizes, c->err);
    struct tensor *flat =
        wide ? tensor_reshape(c, wide, 3, (int64_t[]){total, sizes[ndim], sizes[ndim + 1]}) : NULL;
    tensor_release(wide);
    return flat;
}

static struct tensor *broadcast_product(struct op_call *c, struct tensor *a, struct tensor *b) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = a->ndim - 2;
    memcpy(sizes, a->sizes, sizeof *sizes * (size_t)ndim);
    if (a->sizes[a->ndim - 1] != b->sizes[b->ndim - 2] && a->ndim == 3 && b->ndim == 3 &&
        a->sizes[0] == b->sizes[0]) {
        check_batches(c, a, b);
        return NULL;
    }
    if (!sizes_broadcast(&ndim, sizes, b->ndim - 2, b->sizes, c->err)) return NULL;
    struct tensor *left = as_batches(c, a, ndim, sizes), *right = as_batches(c, b, ndim, sizes), *out = NULL;
    struct tensor *product =
        left && right && check_batches(c, left, right) ? product_batched(c, left, right, NULL) : NULL;
    sizes[ndim] = a->sizes[a->ndim - 2];
    sizes[ndim + 1] = b->sizes[b->ndim - 1];
    if (product) out = tensor_reshape(c, product, ndim + 2, sizes);
    release_tensors((struct tensor *[]){left, right, product}, 3);
    return out;
}

static struct tensor *drop_dim(struct op_call *c, struct tensor *t, int dim) {
    struct tensor *out = t ? tensor_select(c, t, dim, 0) : NULL;
    tensor_release(t);
    return out;
}

struct tensor *product_matmul(struct op_call *c, struct tensor *a, struct tensor *b) {
    if (a->ndim == 0 || b->ndim == 0) {
        refuse(c, "both arguments to matmul need to be at least 1D, but they are %dD and %dD", a->ndim,
               b->ndim);
        return NULL;
    }
    if (a->ndim == 1 && b->ndim == 1) return check_dot(c, a, b) ? dot(c, a, b) : NULL;
    if (a->ndim == 2 && b->ndim == 1)
        return check_vector(c, NULL, a, b, a->sizes[0]) ? times_vector(c, a, b) : NULL;
    if (a->ndim == 1) {
        struct tensor *row = tensor_unsqueeze(c, a, 0), *out = row ? product_matmul(c, row, b) : NULL;
        tensor_release(row);
        return out ? drop_dim(c, out, out->ndim - 2) : NULL;
    }
    if (b->ndim == 1) {
        struct tensor *column = column_of(c, b), *out = column ? product_matmul(c, a, column) : NULL;
        tensor_release(column);
        return out ? drop_dim(c, out, out->ndim - 1) : NULL;
    }
    if (b->ndim == 2) {
        int64_t rows = 1;
        for (int i = 0; i + 1 < a->ndim; i++) rows *= a->sizes[i];
        if (a->sizes[a->ndim - 1] != b->sizes[0]) {
            refuse(c, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)", (long long)rows,
                   (long long)a->sizes[a->ndim - 1], (long long)b->sizes[0], (long long)b->sizes[1]);
            return NULL;
        }
        return same_dtype(c, a, b) ? fold_rows(c, a, b, NULL) : NULL;
    }
    return same_dtype(c, a, b) ? broadcast_product(c, a, b) : NULL;
}

bool linear_matmul(struct op_call *c) {
    return give_tensor(c, product_matmul(c, arg_tensor(c, 0), arg_tensor(c, 1)));
}

static bool is_plain(const struct tensor *t) {
    return t->dtype == DTYPE_FLOAT32 && t->layout == LAYOUT_STRIDED && t->numel > 0;
}

/* Whether the product can do the rest of its chain on the way out. */
static bool fusion_fits(const struct op_call *c, const struct tensor *x, const struct tensor *weight,
                        const struct tensor *bias) {
    if (x->ndim < 2 || weight->ndim != 2 || !is_plain(x) || !is_plain(weight)) return false;
    if (bias && (!is_plain(bias) || bias->ndim != 1 || bias->numel != weight->sizes[0])) return false;
    if (c->fusion->norm >= 0 || x->sizes[x->ndim - 1] != weight->sizes[1]) return false;
    if (c->fusion->residual < 0) return true;
    const struct tensor *t = arg_tensor(c, c->fusion->residual);
    if (!is_plain(t) || t->ndim != x->ndim || !tensor_is_contiguous(t)) return false;
    for (int i = 0; i + 1 < x->ndim; i++)
        if (t->sizes[i] != x->sizes[i]) return false;
    return t->sizes[t->ndim - 1] == weight->sizes[0];
}

/* linear(input, weight, bias): input @ weight.T + bias. */
bool linear_linear(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *weight = arg_tensor(c, 1), *bias = arg_tensor_or_null(c, 2);
    if (c->fusion && !fusion_fits(c, x, weight, bias)) return op_decline(c);
    if (x->ndim == 0 || weight->ndim == 0)
        return refuse(c, "both arguments to linear need to be at least 1D, but they are %dD and %dD", x->ndim,
                      weight->ndim);
    if (weight->ndim > 2)
        return refuse(c, "t() expects a tensor with <= 2 dimensions, but self is %dD", weight->ndim);
    struct compose k = compose_start(c);
    if (weight->ndim == 1 || x->ndim == 1) {
        struct tensor *wt =
            compose_own(&k, weight->ndim == 2 ? tensor_transpose(c, weight, 0, 1) : tensor_retain(weight));
        struct tensor *y = wt ? compose_own(&k, product_matmul(c, x, wt)) : NULL;
        return compose_give(&k, bias ? compose_run(&k, "aten::add.Tensor", "ttd", y, bias, 1) : y);
    }
    struct tensor *wt = compose_own(&k, tensor_transpose(c, weight, 0, 1));
    int64_t rows = 1;
    for (int i = 0; i + 1 < x->ndim; i++) rows *= x->sizes[i];
    if (wt && x->sizes[x->ndim - 1] != wt->sizes[0])
        k.failed =
            !refuse(c, "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)", (long long)rows,
                    (long long)x->sizes[x->ndim - 1], (long long)wt->sizes[0], (long long)wt->sizes[1]);
    if (k.failed || !same_dtype(c, x, weight)) {
        k.failed = true;
        return compose_end(&k);
    }
    bool fits = bias && bias->ndim == 1 && bias->numel == wt->sizes[1] && bias->dtype == x->dtype;
    struct tensor *y = compose_own(&k, fold_rows(c, x, wt, fits ? bias : NULL));
    if (bias && !fits) y = compose_run(&k, "aten::add.Tensor", "ttd", y, bias, 1);
    return compose_give(&k, y);
}

bool linear_inner(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    struct compose k = compose_start(c);
    if (a->ndim == 0 || b->ndim == 0)
        return compose_give(&k, compose_run(&k, "aten::mul.Tensor", "tt", a, b));
    if (a->dtype != b->dtype) return refuse(c, "both inputs should have same dtype");
    char x[256], y[256];
    if (a->sizes[a->ndim - 1] != b->sizes[b->ndim - 1])
        return refuse(c,
                      "inner() the last dimension must match on both input tensors but got shapes %s and %s",
                      sizes_text(a->ndim, a->sizes, x, sizeof x), sizes_text(b->ndim, b->sizes, y, sizeof y));
    int64_t da = a->ndim - 1, db = b->ndim - 1;
    return compose_give(&k, compose_run(&k, "aten::tensordot", "ttLL", a, b, 1, &da, 1, &db));
}

/* tensordot: the contracted dimensions last in a and first in b, then one matrix product. */
/* Of two dimensions that are contracted one may have size 1: then the other is summed before. */
static struct tensor *sum_against_one(struct compose *k, struct tensor *t, int64_t dim,
                                      const struct tensor *other, int64_t other_dim) {
    if (!t || !other || t->sizes[dim] == 1 || other->sizes[other_dim] != 1) return t;
    return compose_run(k, "aten::sum.dim_IntList", "tLbd", t, 1, &dim, true, (int)t->dtype);
}

bool linear_tensordot(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    int64_t da[TENSOR_MAX_DIMS], db[TENSOR_MAX_DIMS], pa[TENSOR_MAX_DIMS], pb[TENSOR_MAX_DIMS],
        sizes[TENSOR_MAX_DIMS];
    int count = args_ints(c, 2, da, TENSOR_MAX_DIMS), other = args_ints(c, 3, db, TENSOR_MAX_DIMS), na = 0,
        nb = 0, ndim = 0;
    int64_t inner = 1, rows = 1, columns = 1;
    uint64_t ma = 0, mb = 0;
    if (count < 0 || other < 0) return false;
    if (count != other) return refuse(c, "both dimension lists should have same length");
    for (int i = 0; i < count; i++) {
        if (!wrap_dim(c, &da[i], a->ndim) || !wrap_dim(c, &db[i], b->ndim)) return compose_refused(&k, false);
        struct tensor *summed = sum_against_one(&k, a, da[i], b, db[i]);
        b = sum_against_one(&k, b, db[i], a, da[i]);
        a = summed;
        if (!a || !b) return compose_give(&k, NULL);
        if (a->sizes[da[i]] != b->sizes[db[i]])
            return compose_refused(
                &k, refuse(c,
                           "contracted dimensions need to match, but first has size %lld in dim %lld and "
                           "second has size "
                           "%lld in dim %lld",
                           (long long)a->sizes[da[i]], (long long)da[i], (long long)b->sizes[db[i]],
                           (long long)db[i]));
        ma |= (uint64_t)1 << da[i];
        mb |= (uint64_t)1 << db[i];
        inner *= a->sizes[da[i]];
    }
    for (int i = 0; i < a->ndim; i++)
        if (!(ma >> i & 1)) rows *= sizes[ndim++] = a->sizes[pa[na++] = i];
    for (int i = 0; i < count; i++) pa[na++] = da[i], pb[nb++] = db[i];
    for (int i = 0; i < b->ndim; i++)
        if (!(mb >> i & 1)) columns *= sizes[ndim++] = b->sizes[pb[nb++] = i];
    struct tensor *left = compose_run(&k, "aten::permute", "tL", a, na, pa);
    struct tensor *right = compose_run(&k, "aten::permute", "tL", b, nb, pb);
    left = compose_run(&k, "aten::reshape", "tL", left, 2, (int64_t[]){rows, inner});
    right = compose_run(&k, "aten::reshape", "tL", right, 2, (int64_t[]){inner, columns});
    struct tensor *product = compose_run(&k, "aten::mm", "tt", left, right);
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", product, ndim, sizes));
}
