/* gradient: central differences inside, one-sided ones at the borders, along each direction asked for.
 *
 * The spacing is one number, a number a direction, or the coordinates themselves a direction. All overloads
 * are (self[, spacing], dim, edge_order); formulas and refusals of aten/src/ATen/native/ReduceOps.cpp
 * (gradient_helper, gradient_helper_float). */
#include "ops/common/compose.h"
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

struct gradient {
    struct tensor *t;
    lb_value spacing; /* None, a number, a list of numbers or of tensors */
    int64_t dims[TENSOR_MAX_DIMS], order;
    int count;
};

static bool check_spacing(struct op_call *c, const struct gradient *g, bool named) {
    if (g->spacing.tag != VALUE_LIST || g->spacing.list->count == g->count) return true;
    if (!named)
        return refuse(
            c,
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal "
            "to 'self.dim() = %d', since dim argument was not given, but got a list of length %lld",
            g->count, (long long)g->spacing.list->count);
    return refuse(c,
                  "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim "
                  "arguments to have the same length, but got a spacing argument of length %lld and a dim "
                  "argument of length %d.",
                  (long long)g->spacing.list->count, g->count);
}

static bool read_call(struct op_call *c, struct gradient *g) {
    int dim_at = c->arg_count - 2;
    bool named = !arg_none(c, dim_at);
    uint64_t seen;
    *g = (struct gradient){
        .t = arg_tensor(c, 0), .order = arg_int(c, dim_at + 1), .count = arg_tensor(c, 0)->ndim};
    g->spacing = dim_at == 2 ? c->args[1] : value_none();
    if (g->t->dtype == DTYPE_UINT8) return refuse(c, "torch.gradient does not support uint8 input.");
    for (int i = 0; i < g->count; i++) g->dims[i] = i;
    if (named) g->count = args_ints(c, dim_at, g->dims, TENSOR_MAX_DIMS);
    if (g->count < 0 || !check_spacing(c, g, named)) return false;
    if (g->order != 1 && g->order != 2)
        return refuse(c, "torch.gradient only supports edge_order=1 and edge_order=2.");
    if (named && !wrap_dims(c, dim_at, g->t->ndim, false, &seen)) return false;
    for (int i = 0; i < g->count; i++) {
        if (!wrap_dim(c, &g->dims[i], g->t->ndim)) return false;
        if (g->t->ndim == 0)
            return refuse_index(c, "Dimension specified as %lld but tensor has no dimensions",
                                (long long)g->dims[i]);
        if (g->t->sizes[g->dims[i]] < g->order + 1)
            return refuse(c, "torch.gradient expected each dimension size to be at least edge_order+1");
    }
    return true;
}

/* self[begin:end] along the direction, from the back where negative; end 0: to the end. */
static struct tensor *part(struct compose *k, struct tensor *t, int64_t dim, int64_t begin, int64_t end) {
    return RUN("slice.Tensor", "tiiid", t, dim, begin, end == 0 ? INT64_MAX : end, 1);
}
static struct tensor *minus(struct compose *k, struct tensor *a, struct tensor *b) {
    return RUN("sub.Tensor", "ttd", a, b, 1);
}

/* --- equal steps --- */

static struct tensor *weighted(struct compose *k, struct tensor *t, int64_t dim, int64_t begin,
                               const double *w) {
    struct tensor *sum = NULL;
    for (int i = 0; i < 3; i++) {
        int64_t at = begin + i;
        struct tensor *x = RUN("mul.Scalar", "tf", part(k, t, dim, at, at == -1 ? 0 : at + 1), w[i]);
        sum = i ? RUN("add.Tensor", "ttd", sum, x, 1) : x;
    }
    return sum;
}

static struct tensor *by_step(struct compose *k, const struct gradient *g, int64_t dim, lb_value step) {
    static const double first[] = {-1.5, 2, -0.5}, last[] = {0.5, -2, 1.5};
    struct tensor *t = g->t, *parts[3];
    parts[1] = RUN("div.Scalar", "tv", minus(k, part(k, t, dim, 2, 0), part(k, t, dim, 0, -2)), step);
    parts[1] = RUN("div.Scalar", "td", parts[1], 2);
    parts[0] = g->order == 1 ? minus(k, part(k, t, dim, 1, 2), part(k, t, dim, 0, 1))
                             : weighted(k, t, dim, 0, first);
    parts[2] = g->order == 1 ? minus(k, part(k, t, dim, -1, 0), part(k, t, dim, -2, -1))
                             : weighted(k, t, dim, -3, last);
    parts[0] = RUN("div.Scalar", "tv", parts[0], step);
    parts[2] = RUN("div.Scalar", "tv", parts[2], step);
    return RUN("cat", "Ti", 3, parts, dim);
}

/* --- coordinates --- */

/* Weights of three neighbours that stand dx1 and dx2 apart, for the derivative at the first of them, in the
 * middle or at the last. */
enum place { AT_FIRST, IN_MIDDLE, AT_LAST };
static bool weights_of(struct compose *k, struct tensor *dx1, struct tensor *dx2, enum place place,
                       struct tensor **w) {
    struct tensor *sum = RUN("add.Tensor", "ttd", dx1, dx2, 1), *top[3];
    if (place == AT_FIRST) {
        top[0] = RUN("neg", "t", RUN("add.Tensor", "ttd", RUN("mul.Scalar", "tf", dx1, 2.0), dx2, 1));
        top[1] = sum;
        top[2] = RUN("neg", "t", dx1);
    } else if (place == IN_MIDDLE) {
        top[0] = RUN("neg", "t", dx2);
        top[1] = minus(k, dx2, dx1);
        top[2] = dx1;
    } else {
        top[0] = dx2;
        top[1] = RUN("neg", "t", sum);
        top[2] = RUN("add.Tensor", "ttd", RUN("mul.Scalar", "tf", dx2, 2.0), dx1, 1);
    }
    w[0] = RUN("div.Tensor", "tt", top[0], RUN("mul.Tensor", "tt", dx1, sum));
    w[1] = RUN("div.Tensor", "tt", top[1], RUN("mul.Tensor", "tt", dx1, dx2));
    w[2] = RUN("div.Tensor", "tt", top[2], RUN("mul.Tensor", "tt", dx2, sum));
    return !k->failed;
}

static struct tensor *mixed(struct compose *k, struct tensor **w, struct tensor *a, struct tensor *b,
                            struct tensor *c) {
    struct tensor *sum =
        RUN("add.Tensor", "ttd", RUN("mul.Tensor", "tt", w[0], a), RUN("mul.Tensor", "tt", w[1], b), 1);
    return RUN("add.Tensor", "ttd", sum, RUN("mul.Tensor", "tt", w[2], c), 1);
}

static struct tensor *border(struct compose *k, const struct gradient *g, int64_t dim, struct tensor *steps,
                             bool last) {
    struct tensor *t = g->t, *w[3];
    int64_t at = last ? -1 : 0, begin = last ? -3 : 0;
    struct tensor *near = RUN("select.int", "tdi", steps, 0, at);
    if (g->order == 1) {
        struct tensor *rise = last ? minus(k, part(k, t, dim, -1, 0), part(k, t, dim, -2, -1))
                                   : minus(k, part(k, t, dim, 1, 2), part(k, t, dim, 0, 1));
        return RUN("div.Tensor", "tt", rise, near);
    }
    struct tensor *next = RUN("select.int", "tdi", steps, 0, last ? (int64_t)-2 : (int64_t)1);
    if (!weights_of(k, last ? next : near, last ? near : next, last ? AT_LAST : AT_FIRST, w)) return NULL;
    return mixed(k, w, part(k, t, dim, begin, begin + 1), part(k, t, dim, begin + 1, begin + 2),
                 part(k, t, dim, begin + 2, last ? 0 : 3));
}

static struct tensor *by_coordinates(struct compose *k, const struct gradient *g, int64_t dim,
                                     struct tensor *at) {
    struct tensor *t = g->t, *w[3], *parts[3];
    int64_t shape[TENSOR_MAX_DIMS];
    if (at->ndim != 1) {
        refuse(k->c,
               "torch.gradient expected each element of spacing to have one dimension, but got an element "
               "with %d dimensions!",
               at->ndim);
        return NULL;
    }
    struct tensor *steps = RUN("diff", "tdd", at, 1, 0);
    if (!weights_of(k, part(k, steps, 0, 0, -1), part(k, steps, 0, 1, 0), IN_MIDDLE, w)) return NULL;
    for (int i = 0; i < t->ndim; i++) shape[i] = i == dim ? -1 : 1;
    for (int i = 0; i < 3; i++) w[i] = RUN("reshape", "tL", w[i], t->ndim, shape);
    parts[1] =
        k->failed ? NULL : mixed(k, w, part(k, t, dim, 0, -2), part(k, t, dim, 1, -1), part(k, t, dim, 2, 0));
    parts[0] = border(k, g, dim, steps, false);
    parts[2] = border(k, g, dim, steps, true);
    return k->failed ? NULL : RUN("cat", "Ti", 3, parts, dim);
}

static struct tensor *along(struct op_call *c, const struct gradient *g, int i) {
    struct compose start = compose_start(c), *k = &start;
    lb_value step = g->spacing.tag == VALUE_LIST   ? g->spacing.list->items[i]
                    : g->spacing.tag == VALUE_NONE ? value_int(1)
                                                   : g->spacing;
    struct tensor *result = step.tag == VALUE_TENSOR ? by_coordinates(k, g, g->dims[i], step.tensor)
                                                     : by_step(k, g, g->dims[i], step);
    if (result) tensor_retain(result);
    return compose_end(k) ? result : NULL;
}

bool stats_gradient(struct op_call *c) {
    struct tensor *results[TENSOR_MAX_DIMS];
    struct gradient g;
    int made = 0;
    if (!read_call(c, &g)) return false;
    while (made < g.count && (results[made] = along(c, &g, made))) made++;
    if (made == g.count) return give_list(c, 0, results, made);
    release_tensors(results, made);
    return false;
}
