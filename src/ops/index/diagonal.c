/* Diagonals and differences: diag, diag_embed, trace, diff, cross, trapezoid, vander, block structures. */
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(&k, "aten::" row, __VA_ARGS__)

/* diag_embed(self, offset, dim1, dim2): zeros with self on a diagonal. */
bool index_diag_embed(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    int64_t offset = arg_int(c, 1), a = arg_int(c, 2), b = arg_int(c, 3), sizes[TENSOR_MAX_DIMS + 2];
    int ndim = x->ndim + 1;
    if (!wrap_dim(c, &a, ndim) || !wrap_dim(c, &b, ndim)) return false;
    if (a == b)
        return refuse(c, "diagonal dimensions cannot be identical %lld, %lld", (long long)arg_int(c, 2),
                      (long long)arg_int(c, 3));
    int64_t length = x->sizes[x->ndim - 1] + (offset < 0 ? -offset : offset);
    for (int i = 0, from = 0; i < ndim; i++) sizes[i] = i == a || i == b ? length : x->sizes[from++];
    struct tensor *out = RUN("zeros", "Ld", ndim, sizes, (int)x->dtype),
                  *line = RUN("diagonal", "tiii", out, offset, a, b);
    return compose_give(&k, line && tensor_copy(line, x, c->err) ? out : NULL);
}

bool index_diag(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    if (x->ndim == 1) return compose_give(&k, RUN("diag_embed", "tidd", x, arg_int(c, 1), 0, 1));
    if (x->ndim == 2) return compose_give(&k, RUN("diagonal_copy", "tidd", x, arg_int(c, 1), 0, 1));
    return refuse(c, "diag(): Supports 1D or 2D tensors. Got %dD", x->ndim);
}

bool index_diagflat(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *flat = RUN("reshape", "tL", arg_tensor(c, 0), 1, &arg_tensor(c, 0)->numel);
    return compose_give(&k, RUN("diag", "ti", flat, arg_int(c, 1)));
}

bool index_trace(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0);
    if (x->ndim != 2) return refuse(c, "trace: expected a matrix, but got tensor with dim %d", x->ndim);
    if (x->dtype == DTYPE_BOOL) return refuse(c, "\"trace\" not implemented for 'Bool'");
    return compose_give(&k, RUN("sum", "t", RUN("diagonal", "tddd", x, 0, 0, 1)));
}

/* diff(self, n, dim, prepend, append) */
bool index_diff(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *parts[3];
    int64_t n = arg_int(c, 1), dim = arg_int(c, 2);
    int count = 0;
    if (x->ndim == 0) return refuse(c, "diff expects input to be at least one-dimensional");
    if (n < 0) return refuse(c, "order must be non-negative but got %lld", (long long)n);
    if (!wrap_dim(c, &dim, x->ndim)) return false;
    if (!arg_none(c, 3)) parts[count++] = arg_tensor(c, 3);
    parts[count++] = x;
    if (!arg_none(c, 4)) parts[count++] = arg_tensor(c, 4);
    for (int i = 0; i < count; i++)
        if (parts[i]->ndim != x->ndim)
            return refuse(c, "diff expects prepend or append to be the same dimension as input");
    if (n == 0) return compose_give(&k, RUN("clone", "t", x));
    if (count > 1) x = RUN("cat", "Ti", count, parts, dim);
    for (; n > 0 && x; n--) {
        int64_t size = x->sizes[dim], kept = size > 0 ? size - 1 : 0;
        struct tensor *high = RUN("slice.Tensor", "tiiid", x, dim, (int64_t)1, size, 1),
                      *low = RUN("slice.Tensor", "tiiid", x, dim, (int64_t)0, kept, 1);
        bool boolean = x->dtype == DTYPE_BOOL;
        x = boolean ? RUN("logical_xor", "tt", high, low) : RUN("sub.Tensor", "ttd", high, low, 1);
    }
    return compose_give(&k, x);
}

/* cross(self, other, dim): None is the first dimension of size 3. */
bool index_cross(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    int64_t dim = 0;
    if (a->dtype == DTYPE_BOOL) return refuse(c, "\"cross\" not implemented for 'Bool'");
    if (arg_none(c, 2)) {
        while (dim < a->ndim && a->sizes[dim] != 3) dim++;
        if (dim == a->ndim) return refuse(c, "no dimension of size 3 in input");
    } else {
        dim = arg_int(c, 2);
    }
    if (a->ndim != b->ndim) return refuse(c, "linalg.cross: inputs must have the same number of dimensions.");
    if (!wrap_dim(c, &dim, a->ndim)) return false;
    if (a->ndim == 0 || a->sizes[dim] != 3 || b->sizes[dim] != 3)
        return refuse(c, "linalg.cross: inputs dimension %lld must have length 3. Got %lld and %lld",
                      (long long)dim, (long long)(a->ndim ? a->sizes[dim] : 1),
                      (long long)(b->ndim ? b->sizes[dim] : 1));
    if (a->dtype == DTYPE_BOOL) return refuse(c, "\"cross\" not implemented for 'Bool'");
    if (a->dtype != b->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[a->dtype].graph_name,
                      dtype_table[b->dtype].graph_name);
    struct tensor *rolled[4];
    for (int i = 0; i < 4; i++) {
        int64_t shift = i < 2 ? -1 : -2;
        rolled[i] = RUN("roll", "tLL", i % 2 ? b : a, 1, &shift, 1, &dim);
    }
    struct tensor *x = RUN("mul.Tensor", "tt", rolled[0], rolled[3]),
                  *y = RUN("mul.Tensor", "tt", rolled[2], rolled[1]);
    return compose_give(&k, RUN("sub.Tensor", "ttd", x, y, 1));
}

/* trapezoid(y, *, dx, dim) and (y, x, *, dim) */
static struct tensor *pair_sums(struct compose *kp, struct tensor *y, int64_t dim, bool minus) {
    int64_t size = y->sizes[dim];
    struct tensor *high = compose_run(kp, "aten::slice.Tensor", "tiiid", y, dim, (int64_t)1, size, 1);
    struct tensor *low =
        compose_run(kp, "aten::slice.Tensor", "tiiid", y, dim, (int64_t)0, size > 0 ? size - 1 : 0, 1);
    return compose_run(kp, minus ? "aten::sub.Tensor" : "aten::add.Tensor", "ttd", high, low, 1);
}
static bool trapezoid(struct op_call *c, bool with_x, bool cumulative) {
    struct compose k = compose_start(c);
    struct tensor *y = arg_tensor(c, 0), *x = with_x ? arg_tensor(c, 1) : NULL, *sums, *dx;
    int64_t dim = arg_int(c, 2);
    if (!wrap_dim(c, &dim, y->ndim)) return false;
    if (y->ndim == 0) return refuse(c, "trapezoid: `y` must have at least one dimension");
    if (y->dtype == DTYPE_BOOL)
        return refuse(c, "trapezoid: received a bool input for `y`, but bool is not supported");
    if (y->sizes[dim] == 0 && !cumulative) {
        struct tensor *zero = RUN("sum.dim_IntList", "tLb", y, 1, &dim, false);
        return compose_give(&k, zero);
    }
    sums = pair_sums(&k, y, dim, false);
    if (x) {
        int64_t x_dim = x->ndim == 1 ? 0 : dim; /* counted in y, also where x has other dimensions */
        if (x_dim >= x->ndim || (x->ndim == 1 && x->sizes[0] != y->sizes[dim]))
            return compose_refused(&k,
                                   refuse(c, "trapezoid: There must be one `x` value for each sample point"));
        dx = pair_sums(&k, x, x_dim, true);
        if (x->ndim == 1 && dx) {
            int64_t shape[TENSOR_MAX_DIMS];
            for (int i = 0; i < y->ndim; i++) shape[i] = i == dim ? dx->numel : 1;
            dx = RUN("reshape", "tL", dx, y->ndim, shape);
        }
        sums = RUN("mul.Tensor", "tt", sums, dx);
        sums =
            cumulative ? RUN("cumsum", "ti", sums, dim) : RUN("sum.dim_IntList", "tLb", sums, 1, &dim, false);
        return compose_give(&k, RUN("div.Scalar", "tf", sums, 2.0));
    }
    sums = cumulative ? RUN("cumsum", "ti", sums, dim) : RUN("sum.dim_IntList", "tLb", sums, 1, &dim, false);
    double step = arg_number(c, 1).f;
    return compose_give(&k, RUN("mul.Scalar", "tf", sums, step / 2));
}
bool index_trapezoid(struct op_call *c) {
    return trapezoid(c, false, false);
}
bool index_trapezoid_x(struct op_call *c) {
    return trapezoid(c, true, false);
}
bool index_cumulative_trapezoid(struct op_call *c) {
    return trapezoid(c, false, true);
}
bool index_cumulative_trapezoid_x(struct op_call *c) {
    return trapezoid(c, true, true);
}

/* vander(x, N, increasing) */
bool index_vander(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    int64_t last = -1;
    if (x->ndim != 1) return refuse(c, "x must be a one-dimensional tensor.");
    struct compose k = compose_start(c);
    struct tensor *wide = RUN("unsqueeze", "td", x, -1),
                  *powers = RUN("arange", "id", arg_int_or(c, 1, x->numel), DTYPE_INT64);
    if (!arg_bool(c, 2)) powers = RUN("flip", "tL", powers, 1, &last);
    return compose_give(&k, RUN("pow.Tensor_Tensor", "tt", wide, powers));
}

/* linalg_vander(x, N): ones, and then cumulative products. */
bool index_linalg_vander(struct op_call *c) {
    struct tensor *x = arg_tensor(c, 0);
    enum dtype d = tensor_dtype(x);
    int64_t n = arg_int_or(c, 1, x->ndim ? x->sizes[x->ndim - 1] : 1), sizes[TENSOR_MAX_DIMS + 1];
    int ndim = x->ndim ? x->ndim : 1;
    if (d == DTYPE_BOOL || d == DTYPE_FLOAT16 || d == DTYPE_BFLOAT16 || d == DTYPE_COMPLEX32)
        return refuse(c, "linalg.vander supports floating point, complex, and integer tensors, but got %s",
                      dtype_table[d].graph_name);
    if (n < 2) return refuse(c, "N must be greater than 1.");
    if (ndim == TENSOR_MAX_DIMS) return refuse(c, "too many dimensions");
    struct compose k = compose_start(c);
    for (int i = 0; i < ndim; i++) sizes[i] = x->ndim ? x->sizes[i] : 1;
    sizes[ndim] = 1;
    struct tensor *wide = RUN("reshape", "tL", x, ndim + 1, sizes);
    sizes[ndim] = n - 1;
    wide = wide ? compose_own(&k, tensor_expand(wide, ndim + 1, sizes, c->err)) : NULL;
    struct tensor *powers = RUN("cumprod", "td", wide, -1);
    sizes[ndim] = 1;
    struct tensor *ones = powers ? RUN("ones", "Lv", ndim + 1, sizes, value_int(powers->dtype)) : NULL;
    return compose_give(&k, ones ? RUN("cat", "Td", 2, ((struct tensor *[]){ones, powers}), -1) : NULL);
}

/* norm_except_dim(v, pow, dim): norms over all other dimensions, kept as sizes of 1. */
bool index_norm_except_dim(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *v = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 2), dims[TENSOR_MAX_DIMS], power = arg_int(c, 1);
    int count = 0;
    if (dim == -1) return compose_give(&k, RUN("norm.Scalar", "ti", v, power));
    if (!wrap_dim(c, &dim, v->ndim)) return false;
    if (v->ndim > 0 && (dim == 0 || dim == v->ndim - 1) && v->sizes[dim] == 0)
        return refuse(
            c,
            "cannot reshape tensor of 0 elements into shape [%s] because the unspecified dimension size -1 "
            "can be any value and is ambiguous",
            dim ? "-1, 0" : "0, -1");
    for (int i = 0; i < v->ndim; i++)
        if (i != dim) dims[count++] = i;
    return compose_give(&k, RUN("norm.ScalarOpt_dim", "tiLb", v, power, count, dims, true));
}

/* _weight_norm(v, g, dim): v * g / |v|; _weight_norm_interface gives the norms too. */
/* The fused kernel, for the first and the last dimension, takes the first elements of g whatever its shape
 * (aten/src/ATen/native/cpu/WeightNormKernel.cpp). */
static struct tensor *first_of(struct compose *k, struct tensor *g, const struct tensor *norm) {
    struct op_call *c = k->c;
    struct tensor *flat = compose_own(k, tensor_reshape(c, g, 1, &g->numel));
    if (!norm || !flat) return NULL;
    if (g->numel < norm->numel) {
        refuse(c, "weight_norm: g has fewer elements than the dimension");
        return NULL;
    }
    flat = compose_own(k, tensor_narrow(c, flat, 0, 0, norm->numel));
    return flat ? compose_own(k, tensor_reshape(c, flat, norm->ndim, norm->sizes)) : NULL;
}

static bool weight_norm(struct op_call *c, bool both) {
    struct compose k = compose_start(c);
    struct tensor *v = arg_tensor(c, 0), *g = arg_tensor(c, 1), *wide = v;
    int64_t dim = arg_int(c, 2);
    bool fused = v->ndim > 0 && (dim == 0 || dim == v->ndim - 1), half = SET_HALVES >> v->dtype & 1;
    if (!check_dtype(c, v, SET_REALS, "weight_norm_kernel")) return false;
    if (fused && v->dtype != g->dtype)
        return refuse(c, "expected scalar type %s but found %s", dtype_table[v->dtype].graph_name,
                      dtype_table[g->dtype].graph_name);
    if (fused && half) wide = compose_own(&k, tensor_convert(v, DTYPE_FLOAT32, c->cx->budget, c->err));
    struct tensor *norm = wide ? RUN("norm_except_dim", "tdi", wide, 2, dim) : NULL;
    if (fused) g = first_of(&k, g, norm);
    struct tensor *w = g ? RUN("div.Tensor", "tt", g, norm) : NULL;
    if (!w) return compose_refused(&k, false);
    w = RUN("mul.Tensor", "tt", wide, w);
    if (w && fused) w = compose_own(&k, tensor_convert(w, tensor_dtype(v), c->cx->budget, c->err));
    return compose_give_some(&k, both ? 2 : 1, (struct tensor *[]){w, norm});
}
bool index_weight_norm(struct op_call *c) {
    return weight_norm(c, false);
}
bool index_weight_norm_interface(struct op_call *c) {
    return weight_norm(c, true);
}

/* kron: outer product of all dimensions, interleaved. */
bool index_kron(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    int ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    int64_t x[2 * TENSOR_MAX_DIMS], y[2 * TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS];
    if (2 * ndim > TENSOR_MAX_DIMS) return refuse(c, "kron: too many dimensions");
    for (int i = 0; i < ndim; i++) {
        int64_t p = i < ndim - a->ndim ? 1 : a->sizes[i - (ndim - a->ndim)],
                q = i < ndim - b->ndim ? 1 : b->sizes[i - (ndim - b->ndim)];
        x[2 * i] = p, x[2 * i + 1] = 1, y[2 * i] = 1, y[2 * i + 1] = q, sizes[i] = p * q;
    }
    struct tensor *left = RUN("reshape", "tL", a, 2 * ndim, x), *right = RUN("reshape", "tL", b, 2 * ndim, y);
    return compose_give(&k, RUN("reshape", "tL", RUN("mul.Tensor", "tt", left, right), ndim, sizes));
}
