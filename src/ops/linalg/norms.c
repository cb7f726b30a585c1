/* Norms of matrices, condition numbers, products of vectors.
 *
 * Checks and texts: aten/src/ATen/native/LinearAlgebra.cpp. */
#include "ops/linalg/matrices.h"
#include "ops/reduce/reduce.h"
#include <math.h>
#include <stdio.h>

/* --- linalg.matrix_norm --- */

/* The order is a number, or the name "fro" or "nuc". */
struct order {
    const char *name; /* NULL: the number */
    double number;
};

struct matrix_norm {
    struct tensor *a;
    struct order order;
    int64_t dims[2];
    bool keepdim;
    lb_value dtype;
};

static bool is_name(const struct order *o, const char *name) {
    return o->name && strcmp(o->name, name) == 0;
}

static bool check_order(struct op_call *c, const struct order *o) {
    double size = fabs(o->number);
    if (o->name)
        return is_name(o, "fro") || is_name(o, "nuc") ||
               refuse(c, "linalg.matrix_norm: Order %s not supported.", o->name);
    return size == 2 || size == 1 || isinf(size) ||
           refuse(c, "linalg.matrix_norm: Order %g not supported.", o->number);
}

static bool check_dtype(struct op_call *c, const struct tensor *a, lb_value dtype) {
    if (dtype.tag == VALUE_NONE) return true;
    if (!dtype_valid(dtype.i)) return refuse(c, "%lld is not a dtype", (long long)dtype.i);
    return reduce_check_norm_dtype(c, tensor_dtype(a), (enum dtype)dtype.i, "linalg.matrix_norm");
}

static bool check_matrix_norm(struct op_call *c, struct matrix_norm *n) {
    static const char name[] = "linalg.matrix_norm";
    bool by_values = n->order.name ? is_name(&n->order, "nuc") : fabs(n->order.number) == 2;
    if (!check_order(c, &n->order) || !check_matrix(c, n->a, name, "A") ||
        !check_floating(c, n->a, name, !by_values))
        return false;
    if (!wrap_dim(c, &n->dims[0], n->a->ndim) || !wrap_dim(c, &n->dims[1], n->a->ndim)) return false;
    if (n->dims[0] == n->dims[1])
        return refuse(c, "%s: dims must be different. Got (%lld, %lld)", name, (long long)n->dims[0],
                      (long long)n->dims[1]);
    return check_dtype(c, n->a, n->dtype);
}

/* The largest of nothing is 0, since norms are not negative; the smallest of nothing raises. */
static struct tensor *extreme(struct compose *k, struct tensor *t, bool largest, int64_t dim, bool keepdim) {
    if (t && largest && t->sizes[dim < 0 ? t->ndim + dim : dim] == 0)
        return compose_run(k, "aten::sum.dim_IntList", "tLb", t, 1, &dim, keepdim);
    return compose_run(k, largest ? "aten::amax" : "aten::amin", "tLb", t, 1, &dim, keepdim);
}

/* Singular values with the two dimensions last; their largest, smallest or sum. */
static struct tensor *by_singular_values(struct compose *k, const struct matrix_norm *n) {
    int64_t order[TENSOR_MAX_DIMS], back[TENSOR_MAX_DIMS], last = -1;
    int count = 0, ndim = n->a->ndim;
    struct tensor *a = n->a;
    if (n->dtype.tag != VALUE_NONE) a = compose_run(k, "aten::to.dtype", "tvbbn", a, n->dtype, false, false);
    for (int i = 0; i < ndim; i++)
        if (i != n->dims[0] && i != n->dims[1]) order[count++] = i;
    order[count++] = n->dims[0];
    order[count++] = n->dims[1];
    for (int i = 0; i < ndim; i++) back[order[i]] = i;
    struct tensor *turned = compose_run(k, "aten::permute", "tL", a, ndim, order);
    struct tensor *s = compose_run(k, "aten::linalg_svdvals", "t", turned), *norm;
    if (n->order.name)
        norm = compose_run(k, "aten::sum.dim_IntList", "tLb", s, 1, &last, n->keepdim);
    else
        norm = extreme(k, s, n->order.number > 0, -1, n->keepdim);
    if (!n->keepdim) return norm;
    return compose_run(k, "aten::permute", "tL", compose_run(k, "aten::unsqueeze", "td", norm, -1), ndim,
                       back);
}

/* Sums of absolute values along one dimension, and the largest or smallest of them along the other. */
static struct tensor *by_sums(struct compose *k, const struct matrix_norm *n) {
    bool rows = isinf(n->order.number);
    int64_t first = n->dims[rows], second = n->dims[!rows];
    if (!n->keepdim && first < second) second--;
    struct tensor *sums =
        compose_run(k, "aten::linalg_vector_norm", "tdLbv", n->a, 1, 1, &first, n->keepdim, n->dtype);
    return extreme(k, sums, n->order.number > 0, second, n->keepdim);
}

static struct tensor *matrix_norm(struct compose *k, struct matrix_norm *n) {
    if (!check_matrix_norm(k->c, n)) {
        k->failed = true;
        return NULL;
    }
    if (is_name(&n->order, "fro"))
        return compose_run(k, "aten::linalg_vector_norm", "tdLbv", n->a, 2, 2, n->dims, n->keepdim, n->dtype);
    bool by_values = n->order.name || fabs(n->order.number) == 2;
    return by_values ? by_singular_values(k, n) : by_sums(k, n);
}

static bool read_order(struct op_call *c, lb_value v, struct order *o) {
    if (v.tag == VALUE_COMPLEX)
        return refuse(c, "linalg.matrix_norm: Expected a non-complex scalar as the order of norm.");
    o->name = v.tag == VALUE_STRING ? v.string->bytes : NULL;
    o->number = o->name ? 0 : number_of(v).f;
    return true;
}

static bool read_dims(struct op_call *c, int argument, int64_t *dims) {
    int64_t given[TENSOR_MAX_DIMS];
    char text[256];
    int count = args_ints(c, argument, given, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    if (count != 2) {
        sizes_text(count, given, text, sizeof text);
        return refuse(c, "linalg.matrix_norm: dim must be a 2-tuple. Got %s", text);
    }
    dims[0] = given[0], dims[1] = given[1];
    return true;
}

/* (self, ord, dim, keepdim, dtype) */
bool linalg_matrix_norm(struct op_call *c) {
    struct matrix_norm n = {.a = arg_tensor(c, 0), .keepdim = arg_bool(c, 3), .dtype = c->args[4]};
    if (!read_order(c, c->args[1], &n.order) || !check_order(c, &n.order) ||
        !check_matrix(c, n.a, "linalg.matrix_norm", "A") || !read_dims(c, 2, n.dims))
        return false;
    struct compose k = compose_start(c);
    return compose_give(&k, matrix_norm(&k, &n));
}

/* nuclear_norm(self, keepdim) and (self, dim, keepdim) */
bool linalg_nuclear_norm(struct op_call *c) {
    bool given = c->args[1].tag == VALUE_LIST || c->args[1].tag == VALUE_INT;
    struct matrix_norm n = {
        .a = arg_tensor(c, 0), .order = {"nuc", 0}, .dims = {-2, -1}, .dtype = value_none()};
    n.keepdim = arg_bool(c, given ? 2 : 1);
    if (given && !read_dims(c, 1, n.dims)) return false;
    struct compose k = compose_start(c);
    return compose_give(&k, matrix_norm(&k, &n));
}

/* --- linalg.norm: of vectors and matrices --- */

static bool check_norm_dims(struct op_call *c, const struct tensor *x, bool has_order, int *count) {
    int64_t dims[TENSOR_MAX_DIMS];
    char text[256];
    *count = -1;
    if (!arg_none(c, 2)) {
        *count = args_ints(c, 2, dims, TENSOR_MAX_DIMS);
        if (*count < 0) return false;
        return *count == 1 || *count == 2 ||
               refuse(c, "linalg.norm: If dim is specified, it must be of length 1 or 2. Got %s",
                      sizes_text(*count, dims, text, sizeof text));
    }
    return !has_order || x->ndim == 1 || x->ndim == 2 ||
           refuse(c, "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got %dD.",
                  x->ndim);
}

/* (self, ord, dim, keepdim, dtype) */
bool linalg_norm(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    struct matrix_norm n = {.a = x, .dims = {0, 1}, .keepdim = arg_bool(c, 3), .dtype = c->args[4]};
    bool has_order = !arg_none(c, 1), named = c->args[1].tag == VALUE_STRING;
    int count;
    if (!check_norm_dims(c, x, has_order, &count)) return false;
    struct compose k = compose_start(c);
    if (has_order && (named || count == 2 || (count < 0 && x->ndim == 2))) {
        if (!read_order(c, c->args[1], &n.order) || (count >= 0 && !read_dims(c, 2, n.dims))) return false;
        return compose_give(&k, matrix_norm(&k, &n));
    }
    lb_value order = has_order ? c->args[1] : value_int(2);
    return compose_give(
        &k, compose_run(&k, "aten::linalg_vector_norm", "tvvbv", x, order, c->args[2], n.keepdim, n.dtype));
}

/* --- linalg.cond --- */

static bool check_cond(struct op_call *c, const struct tensor *a, const struct order *o) {
    char name[64];
    double size = fabs(o->number);
    if (!o->name) {
        if (a->ndim < 2) return refuse(c, "linalg.cond: The input tensor must have at least 2 dimensions.");
        if (size != 2 && size != 1 && !isinf(size))
            return refuse(c, "linalg.cond got an invalid norm type: %g", o->number);
        snprintf(name, sizeof name, "linalg.cond(ord=%g)", o->number);
        return size == 2 || a->numel == 0 || check_square(c, a, name);
    }
    snprintf(name, sizeof name, "linalg.cond(ord=%.32s)", o->name);
    if (!check_square(c, a, name)) return false;
    return is_name(o, "fro") || is_name(o, "nuc") ||
           refuse(c, "linalg.cond got an invalid norm type: %s", o->name);
}

/* The largest singular value over the smallest one, or the other way round. */
static struct tensor *cond_of_values(struct compose *k, struct tensor *a, bool inverse) {
    struct tensor *s = compose_run(k, "aten::linalg_svdvals", "t", a);
    struct tensor *most = compose_run(k, "aten::select.int", "tdd", s, -1, 0);
    struct tensor *least = compose_run(k, "aten::select.int", "tdd", s, -1, -1);
    return compose_run(k, "aten::div.Tensor", "tt", inverse ? least : most, inverse ? most : least);
}

static struct tensor *cond_nuclear(struct compose *k, struct tensor *a) {
    int64_t last = -1;
    struct tensor *s = compose_run(k, "aten::linalg_svdvals", "t", a);
    struct tensor *sum = compose_run(k, "aten::sum.dim_IntList", "tLb", s, 1, &last, false);
    struct tensor *reciprocal = compose_run(k, "aten::reciprocal", "t", s);
    struct tensor *other = compose_run(k, "aten::sum.dim_IntList", "tLb", reciprocal, 1, &last, false);
    return compose_run(k, "aten::mul.Tensor", "tt", sum, other);
}

/* The norm times that of the inverse, which is infinite where there is none. */
static struct tensor *cond_by_inverse(struct compose *k, struct tensor *a, const struct order *o) {
    struct tensor *inverse = compose_run(k, "aten::linalg_inv_ex", "tb", a, false),
                  *info = compose_result(k, 1);
    struct tensor *singular = compose_run(k, "aten::gt.Scalar", "td", info, 0);
    singular =
        compose_run(k, "aten::unsqueeze", "td", compose_run(k, "aten::unsqueeze", "td", singular, -1), -1);
    inverse = compose_run(k, "aten::masked_fill.Scalar", "ttf", inverse, singular, (double)INFINITY);
    struct matrix_norm n = {.a = a, .order = *o, .dims = {-2, -1}, .dtype = value_none()}, m = n;
    m.a = inverse;
    if (!inverse) return NULL;
    struct tensor *one = matrix_norm(k, &n), *other = one ? matrix_norm(k, &m) : NULL;
    struct tensor *product = compose_run(k, "aten::mul.Tensor", "tt", one, other);
    return compose_run(k, "aten::nan_to_num", "tfff", product, (double)INFINITY, (double)INFINITY,
                       -(double)INFINITY);
}

bool linalg_cond(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0);
    struct order o = {NULL, 2};
    if ((!arg_none(c, 1) && !read_order(c, c->args[1], &o)) || !check_cond(c, a, &o)) return false;
    struct compose k = compose_start(c);
    if (a->numel == 0)
        return compose_give(&k, compose_own(&k, batch_new(c, dtype_real(tensor_dtype(a)), a, -1)));
    if (is_name(&o, "nuc")) return compose_give(&k, cond_nuclear(&k, a));
    if (fabs(o.number) == 2) return compose_give(&k, cond_of_values(&k, a, o.number < 0));
    return compose_give(&k, cond_by_inverse(&k, a, &o));
}

/* --- linalg.vecdot --- */

bool linalg_vecdot(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0), *y = arg_tensor(c, 1);
    int64_t dim = arg_int(c, 2);
    if (!check_floating(c, x, "linalg.vecdot", true)) return false;
    if (x->dtype != y->dtype)
        return refuse(
            c,
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type %s and y of type %s "
            "instead",
            dtype_table[x->dtype].graph_name, dtype_table[y->dtype].graph_name);
    struct compose k = compose_start(c);
    if (x->ndim == 1 && y->ndim == 1) return compose_give(&k, compose_run(&k, "aten::vdot", "tt", x, y));
    if (dtype_is_complex(tensor_dtype(x))) x = compose_run(&k, "aten::conj", "t", x);
    struct tensor *products = compose_run(&k, "aten::mul.Tensor", "tt", x, y);
    return compose_give(&k, compose_run(&k, "aten::sum.dim_IntList", "tLb", products, 1, &dim, false));
}

/* --- linalg__powsum: the sum under the root of a norm, in double, rounded once --- */

static bool check_powsum(struct op_call *c, enum dtype d) {
    if (c->args[1].tag == VALUE_COMPLEX)
        return refuse(c, "value cannot be converted to type double without overflow");
    return dtype_is_floating(d) || dtype_is_complex(d) ||
           refuse(c, "\"powsum_cpu\" not implemented for '%s'",
                  dtype_table[d == DTYPE_BOOL ? DTYPE_INT64 : d].graph_name);
}

bool linalg_powsum(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    enum dtype wanted;
    uint64_t mask;
    int64_t dims[TENSOR_MAX_DIMS];
    int count = 0;
    if (!args_dtype(c, 4, tensor_dtype(self), &wanted) || !check_powsum(c, wanted) ||
        !wrap_dims(c, 2, self->ndim, true, &mask))
        return false;
    for (int i = 0; i < self->ndim; i++)
        if (mask >> i & 1) dims[count++] = i;
    struct compose k = compose_start(c);
    struct tensor *size = compose_run(&k, "aten::abs", "t", self);
    struct tensor *wide =
        size ? compose_own(&k, tensor_convert(size, DTYPE_FLOAT64, c->cx->budget, c->err)) : NULL;
    double p = arg_number(c, 1).f;
    struct tensor *powers = p == 0 ? compose_run(&k, "aten::ne.Scalar", "td", wide, 0)
                                   : compose_run(&k, "aten::pow.Tensor_Scalar", "tf", wide, p);
    struct tensor *sum = compose_run(&k, "aten::sum.dim_IntList", "tLbv", powers, count, dims, arg_bool(c, 3),
                                     value_int(DTYPE_FLOAT64));
    return compose_give(
        &k, sum ? compose_own(&k, tensor_convert(sum, dtype_real(wanted), c->cx->budget, c->err)) : NULL);
}
