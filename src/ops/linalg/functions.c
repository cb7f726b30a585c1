/* Powers, exponentials and products of many matrices; tensors as matrices.
 *
 * Checks and texts: aten/src/ATen/native/LinearAlgebra.cpp. */
#include "base/mem.h"
#include "ops/linalg/matrices.h"
#include <math.h>

/* The only tensor that is left of a step: retained, the others released. */
static struct tensor *step_result(struct compose *k, struct tensor *t) {
    if (t) tensor_retain(t);
    compose_end(k);
    return t;
}

static struct tensor *multiply(struct op_call *c, struct tensor *a, struct tensor *b) {
    struct compose k = compose_start(c);
    return step_result(&k, compose_run(&k, "aten::matmul", "tt", a, b));
}

/* --- powers --- */

/* By squaring, from the lowest bit up, in the order in which PyTorch multiplies. */
static struct tensor *power(struct op_call *c, struct tensor *a, uint64_t n) {
    struct tensor *square = tensor_retain(a), *result = NULL;
    if (n == 3) { /* a @ a @ a, from the left */
        struct tensor *two = multiply(c, a, a);
        result = two ? multiply(c, two, a) : NULL;
        tensor_release(two);
        n = 0;
    }
    while (n && square) {
        if (n & 1) {
            struct tensor *next = result ? multiply(c, result, square) : tensor_retain(square);
            tensor_release(result);
            result = next;
            if (!result) break;
        }
        n >>= 1;
        struct tensor *next = n ? multiply(c, square, square) : NULL;
        if (n && !next) {
            tensor_release(result);
            result = NULL;
        }
        tensor_release(square);
        square = next;
    }
    tensor_release(square);
    return result;
}

bool linalg_matrix_power(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0);
    int64_t n = arg_int(c, 1);
    if (!check_square(c, a, "linalg.matrix_power")) return false;
    struct compose k = compose_start(c);
    if (n == 0) {
        struct tensor *identity = compose_run(&k, "aten::eye", "iv", matrix_rows(a), value_int(a->dtype));
        struct tensor *wide = compose_run(&k, "aten::expand_as", "tt", identity, a);
        return compose_give(&k, compose_run(&k, "aten::clone", "td", wide, 0));
    }
    if (n == 1) return compose_give(&k, compose_run(&k, "aten::clone", "td", a, 0));
    if (n < 0) a = compose_run(&k, "aten::linalg_inv", "t", a);
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    return compose_give(&k, a ? compose_own(&k, power(c, a, size)) : NULL);
}

/* --- exponentials --- */

/* Taylor's polynomial of degree 18 in blocks of four powers (Paterson and Stockmeyer 1973), for matrices
 * whose 1-norm is at most `exp_largest_norm`: the remainder is then below a double's precision. */
enum { EXP_BLOCK = 4, EXP_DEGREE = 18 };
static const double exp_largest_norm = 1.09;

static struct tensor *exp_block(struct compose *k, struct tensor *const *powers, int first) {
    double factorial = 1;
    struct tensor *sum = NULL;
    for (int i = 1; i <= first; i++) factorial *= i;
    for (int i = 0; i < EXP_BLOCK && first + i <= EXP_DEGREE; i++) {
        if (first + i > 0 && i > 0) factorial *= first + i;
        sum = i == 0 ? compose_run(k, "aten::mul.Scalar", "tf", powers[0], 1 / factorial)
                     : compose_run(k, "aten::add.Tensor", "ttf", sum, powers[i], 1 / factorial);
    }
    return sum;
}

static struct tensor *exp_polynomial(struct op_call *c, struct tensor *a) {
    struct compose k = compose_start(c);
    struct tensor *powers[EXP_BLOCK + 1];
    struct tensor *identity = compose_run(&k, "aten::eye", "iv", matrix_rows(a), value_int(a->dtype));
    powers[0] = compose_run(&k, "aten::expand_as", "tt", identity, a);
    powers[1] = a;
    for (int i = 2; i <= EXP_BLOCK; i++) powers[i] = compose_run(&k, "aten::matmul", "tt", powers[i - 1], a);
    int first = EXP_DEGREE / EXP_BLOCK * EXP_BLOCK;
    struct tensor *sum = exp_block(&k, powers, first);
    while ((first -= EXP_BLOCK) >= 0) {
        struct tensor *higher = compose_run(&k, "aten::matmul", "tt", powers[EXP_BLOCK], sum);
        sum = compose_run(&k, "aten::add.Tensor", "ttd", exp_block(&k, powers, first), higher, 1);
    }
    return step_result(&k, sum);
}

/* How often each matrix was halved, as a tensor [batch, 1, 1]; 0 for NaN. */
static struct tensor *exp_halvings(struct compose *k, struct tensor *a) {
    int64_t rows = -2, columns = -1;
    struct tensor *sizes = compose_run(k, "aten::abs", "t", a);
    struct tensor *sums = compose_run(k, "aten::sum.dim_IntList", "tLb", sizes, 1, &rows, true);
    struct tensor *norm = compose_run(k, "aten::amax", "tLb", sums, 1, &columns, true);
    struct tensor *ratio = compose_run(k, "aten::div.Scalar", "tf", norm, exp_largest_norm);
    struct tensor *log = compose_run(k, "aten::ceil", "t", compose_run(k, "aten::log2", "t", ratio));
    return compose_run(k, "aten::clamp", "tdn", log, 0);
}

/* Squares those matrices that were halved at least `step` times. */
static struct tensor *exp_square(struct op_call *c, struct tensor *x, struct tensor *halvings, int step) {
    struct compose k = compose_start(c);
    struct tensor *chosen = compose_run(&k, "aten::ge.Scalar", "td", halvings, step);
    struct tensor *square = compose_run(&k, "aten::matmul", "tt", x, x);
    return step_result(&k, compose_run(&k, "aten::where.self", "ttt", chosen, square, x));
}

static int most_halvings(const struct tensor *halvings) {
    double most = 0;
    for (int64_t i = 0; i < halvings->numel; i++) {
        double h = tensor_get_float(halvings, i);
        if (h > most && !isinf(h)) most = h;
    }
    return (int)most;
}

/* In double whatever the dtype, rounded once at the end. */
static struct tensor *exponential(struct compose *k, struct tensor *a) {
    struct op_call *c = k->c;
    enum dtype d = tensor_dtype(a), wide = dtype_is_complex(d) ? DTYPE_COMPLEX128 : DTYPE_FLOAT64;
    struct tensor *x = compose_own(k, tensor_convert(a, wide, c->cx->budget, c->err));
    struct tensor *halvings = x ? exp_halvings(k, x) : NULL;
    struct tensor *scale = compose_run(k, "aten::exp2", "t", compose_run(k, "aten::neg", "t", halvings));
    struct tensor *scaled = compose_run(k, "aten::mul.Tensor", "tt", x, scale);
    if (!scaled) return NULL;
    struct tensor *result = exp_polynomial(c, scaled);
    for (int step = 1, most = most_halvings(halvings); result && step <= most; step++) {
        struct tensor *next = exp_square(c, result, halvings, step);
        tensor_release(result);
        result = next;
    }
    result = compose_own(k, result);
    return result ? compose_own(k, tensor_convert(result, d, c->cx->budget, c->err)) : NULL;
}

bool linalg_matrix_exp(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0);
    if (!check_square(c, a, "linalg.matrix_exp") || !check_floating(c, a, "linalg.matrix_exp", true))
        return false;
    struct compose k = compose_start(c);
    if (a->numel == 0) return compose_give(&k, compose_run(&k, "aten::clone", "t", a));
    return compose_give(&k, exponential(&k, a));
}

/* --- tensors as matrices --- */

static int64_t product_of_sizes(const int64_t *sizes, int count) {
    int64_t product = 1;
    for (int i = 0; i < count; i++) product *= sizes[i];
    return product;
}

bool linalg_tensorinv(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    int64_t ind = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (ind <= 0)
        return refuse(c, "Expected a strictly positive integer for 'ind', but got %lld", (long long)ind);
    if (ind > self->ndim)
        return refuse(c, "ArrayRef: invalid slice, N = %lld; size = %d", (long long)ind, self->ndim);
    int first = (int)ind, rest = self->ndim - first;
    int64_t rows = product_of_sizes(self->sizes, first),
            columns = product_of_sizes(self->sizes + first, rest);
    if (rows != columns)
        return refuse(
            c,
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but "
            "got %lld != %lld",
            (long long)columns, (long long)rows);
    for (int i = 0; i < self->ndim; i++) sizes[i] = self->sizes[i < rest ? first + i : i - rest];
    struct compose k = compose_start(c);
    struct tensor *matrix = compose_run(&k, "aten::reshape", "tL", self, 2, (int64_t[]){rows, rows});
    struct tensor *inverse = compose_run(&k, "aten::linalg_inv_ex", "tb", matrix, false);
    struct tensor *info = compose_result(&k, 1);
    if (info && !check_info(c, info, "inv", true)) k.failed = true;
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", inverse, self->ndim, sizes));
}

/* self without `dims`, and then those. */
static struct tensor *dims_last(struct compose *k, struct tensor *self, int argument) {
    int64_t dims[TENSOR_MAX_DIMS], ends[TENSOR_MAX_DIMS];
    int count = args_ints(k->c, argument, dims, TENSOR_MAX_DIMS);
    if (count < 0) {
        k->failed = true;
        return NULL;
    }
    for (int i = 0; i < count; i++) ends[i] = self->ndim - count + i;
    return compose_run(k, "aten::movedim.intlist", "tLL", self, count, dims, count, ends);
}

bool linalg_tensorsolve(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0), *other = arg_tensor(c, 1);
    struct compose k = compose_start(c);
    struct tensor *turned = arg_none(c, 2) ? self : dims_last(&k, self, 2);
    if (!turned) return compose_end(&k);
    int rest = self->ndim - other->ndim;
    if (rest < 0) return compose_refused(&k, refuse(c, "cannot create std::vector larger than max_size()"));
    const int64_t *sizes = turned->sizes + other->ndim;
    int64_t unknowns = product_of_sizes(sizes, rest);
    if (unknowns != other->numel)
        return compose_refused(
            &k, refuse(c,
                       "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
                       "prod(self.shape[:other.ndim]), but got %lld != %lld",
                       (long long)unknowns, (long long)other->numel));
    struct tensor *matrix =
        compose_run(&k, "aten::reshape", "tL", turned, 2, (int64_t[]){unknowns, unknowns});
    struct tensor *vector = compose_run(&k, "aten::reshape", "tL", other, 1, &other->numel);
    struct tensor *x = compose_run(&k, "aten::linalg_solve", "ttb", matrix, vector, true);
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", x, rest, sizes));
}
