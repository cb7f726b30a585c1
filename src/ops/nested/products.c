/* Products, normalisations and reductions of nested tensors, and the encoder layer's fast path
 * (aten/src/ATen/native/nested/NestedTensorTransformerFunctions.cpp, NestedTensorMatmul.cpp). */
#include "ops/nested/nested.h"
#include "ops/view/geometry.h"

#define RUN(row, ...)    compose_run(&k, "aten::" row, __VA_ARGS__)
#define RUN_IN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

/* The rows of all items, [rows, width], where their last size is the same. */
static struct tensor *rows_of(struct compose *k, struct tensor *t, int64_t width) {
    int64_t sizes[2] = {-1, width};
    struct tensor *packed = compose_own(k, nested_packed(k->c, t));
    if (packed && packed->numel == 0) sizes[0] = 0;
    return RUN_IN("reshape", "tL", packed, 2, sizes);
}

/* The result's rows as a nested tensor whose items are as long as t's. */
static bool give_rows(struct compose *k, struct tensor *t, struct tensor *rows) {
    int64_t flat = -1;
    struct tensor *buffer = RUN_IN("reshape", "tL", rows, 1, &flat);
    struct tensor *sizes =
        buffer ? compose_own(k, nested_sizes_with_last(k->c, t, rows->sizes[rows->ndim - 1])) : NULL;
    return compose_give(k, sizes ? compose_own(k, nested_of_sizes(k->c, buffer, sizes)) : NULL);
}

static bool check_matrix(struct op_call *c, const struct tensor *t, const struct tensor *matrix, int dim,
                         const char *caller) {
    if (!tensor_is_nested(t) || tensor_is_nested(matrix))
        return refuse(c, "%s does not support nested weight when input is a nested tensor.", caller);
    if (!nested_is_contiguous(t)) return refuse(c, "for now linear only supports contiguous nested tensor");
    if (t->ndim != 3 || matrix->ndim != 2)
        return refuse(c,
                      "%s requires nested_tensor.dim == 3 and dense_matrix.dim == 2. Nested tensor dim: %d. "
                      "Dense tensor dim: %d",
                      caller, t->ndim, matrix->ndim);
    if (t->sizes[2] < 0)
        return refuse(c, "Expected all tensors in nested tensor to have the same trailing dimension");
    if (t->sizes[2] != matrix->sizes[dim])
        return refuse(
            c,
            "Shape mismatch for NestedTensor %s: Expected input's (a nested tensor) 'last_dim' to equal "
            "'weight.size(%d), but got: last_dim = %lld, and weight.size(%d) = %lld",
            caller, dim, (long long)t->sizes[2], dim, (long long)matrix->sizes[dim]);
    return true;
}

/* (input, weight, bias) */
bool nested_linear(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *weight = arg_tensor(c, 1);
    if (!check_matrix(c, t, weight, 1, "Linear")) return false;
    struct tensor *rows = rows_of(&k, t, weight->sizes[1]);
    return give_rows(&k, t, RUN("linear", "ttt", rows, weight, arg_tensor_or_null(c, 2)));
}

/* --- matmul, bmm --- */

static bool check_products(struct op_call *c, const struct tensor *a, const struct tensor *b) {
    if (!tensor_is_nested(a) || !tensor_is_nested(b))
        return refuse(c, tensor_is_nested(a)
                             ? "Expected both to be nested, but got a nested self and non-nested other"
                             : "Expected both to be nested, but got a non-nested self and nested other");
    if (a->ndim < 3 || b->ndim < 3)
        return refuse(c, "matmul: For nested tensors, only inputs with >= 3 dims are currently supported.");
    if (a->ndim != b->ndim) return refuse(c, "matmul: both inputs must have the same rank");
    if (a->sizes[0] != b->sizes[0])
        return refuse(
            c, "matmul: Expected size for the 1st dimension of 2nd input tensor to be: %lld but got: %lld.",
            (long long)a->sizes[0], (long long)b->sizes[0]);
    return true;
}

/* The product of the i-th items, whose batch dimensions must agree. */
static struct tensor *product_of_items(struct compose *k, struct tensor *a, struct tensor *b, int64_t i) {
    struct tensor *x = compose_own(k, nested_item(a, i, k->c->err)),
                  *y = x ? compose_own(k, nested_item(b, i, k->c->err)) : NULL;
    for (int d = 0; y && d < x->ndim - 2; d++)
        if (x->sizes[d] != y->sizes[d]) {
            refuse(
                k->c,
                "matmul: For nested tensors, no broadcasting is currently performed: %lld-th nested matrices "
                "in batch at dimension %d have mismatching sizes %lld and %lld",
                (long long)i, d + 1, (long long)x->sizes[d], (long long)y->sizes[d]);
            return NULL;
        }
    return RUN_IN("matmul", "tt", x, y);
}

/* Runs `item` for each item and makes a nested tensor of what it gives. */
static bool give_items(struct op_call *c, struct tensor *a, struct tensor *b,
                       struct tensor *(*item)(struct compose *, struct tensor *, struct tensor *, int64_t)) {
    int64_t count = nested_count(a), made = 0;
    struct tensor **items = call_scratch(c, (size_t)count + 1, sizeof *items);
    if (!items) return false;
    bool good = count <= INT32_MAX;
    while (good && made < count) {
        struct compose k = compose_start(c);
        struct tensor *t = item(&k, a, b, made);
        if (t) items[made++] = tensor_retain(t);
        good = t && compose_end(&k);
        if (!t) compose_end(&k);
    }
    struct compose k = compose_start(c);
    k.failed = !good;
    struct tensor *t = RUN("_nested_tensor_from_tensor_list", "T", (int)made, items);
    good = compose_give(&k, t);
    release_tensors(items, (int)made);
    mem_free(items);
    return good;
}

bool nested_matmul(struct op_call *c) {
    struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return check_products(c, a, b) && give_items(c, a, b, product_of_items);
}

/* A strided tensor is the batch of its matrices. */
static struct tensor *as_nested(struct compose *k, struct tensor *t) {
    struct tensor *items[64];
    if (tensor_is_nested(t)) return t;
    if (t->ndim != 3 || t->sizes[0] > 64) {
        k->failed = !refuse(k->c, "batch tensors must be 3D, and of no more than 64 matrices");
        return NULL;
    }
    for (int64_t i = 0; i < t->sizes[0]; i++)
        if (!(items[i] = RUN_IN("select.int", "tdi", t, 0, i))) return NULL;
    return RUN_IN("_nested_tensor_from_tensor_list", "T", (int)t->sizes[0], items);
}

bool nested_bmm(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *a = as_nested(&k, arg_tensor(c, 0)), *b = a ? as_nested(&k, arg_tensor(c, 1)) : NULL;
    if (!b) return compose_end(&k);
    if (a->ndim != 3) return compose_refused(&k, refuse(c, "batch1 must be a 3D tensor"));
    bool good = check_products(c, a, b) && give_items(c, a, b, product_of_items);
    return compose_refused(&k, good);
}

/* --- softmax, normalisation, sum --- */

static struct tensor *softmax_of_item(struct compose *k, struct tensor *t, struct tensor *unused, int64_t i) {
    (void)unused;
    int64_t dim = arg_int(k->c, 1);
    if (!wrap_dim(k->c, &dim, t->ndim)) return NULL;
    struct tensor *item = compose_own(k, nested_item(t, i, k->c->err));
    return RUN_IN("softmax.int", "ti", item, dim - 1);
}

/* (self, dim, half_to_float) of _softmax, (self, dim, dtype) of softmax */
bool nested_softmax(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dim < 1) return refuse(c, "Cannot apply softmax across nested dimension 0");
    return give_items(c, t, NULL, softmax_of_item);
}

static bool check_norm(struct op_call *c, const struct tensor *t, int count, const int64_t *shape) {
    if (arg_none(c, 2) || arg_none(c, 3))
        return refuse(c, "NestedTensor layer_norm requires weight and bias");
    if (tensor_is_nested(arg_tensor(c, 2)))
        return refuse(c, "NestedTensor weight not supported for layer_norm");
    if (tensor_is_nested(arg_tensor(c, 3)))
        return refuse(c, "NestedTensor bias not supported for layer_norm");
    for (int i = 0; i < count; i++) {
        int dim = t->ndim - count + i;
        if (dim < 1 || t->sizes[dim] < 0)
            return refuse(c, "normalized_shape extends into irregular dimensions for the nested tensor");
        if (t->sizes[dim] != shape[i])
            return refuse(c, "The shape at dimension %dof normalized_shape doesn't match the input", i);
    }
    return true;
}

/* (input, normalized_shape, weight, bias, eps) of native_layer_norm; layer_norm has cudnn_enable behind. */
bool nested_layer_norm(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0);
    int64_t shape[TENSOR_MAX_DIMS], rows_shape[TENSOR_MAX_DIMS + 1] = {-1}, flat = -1;
    int count = args_ints(c, 1, shape, TENSOR_MAX_DIMS);
    if (count < 1 || !tensor_is_nested(t))
        return refuse(c, "Expected normalized_shape to be at least 1-dimensional");
    if (!check_norm(c, t, count, shape)) return false;
    memcpy(rows_shape + 1, shape, sizeof *shape * (size_t)count);
    struct tensor *packed = compose_own(&k, nested_packed(c, t)), *rows = packed;
    if (packed && packed->numel == 0) rows_shape[0] = 0;
    rows = RUN("reshape", "tL", packed, count + 1, rows_shape);
    rows = RUN("native_layer_norm", "tLttf", rows, count, shape, arg_tensor(c, 2), arg_tensor(c, 3),
               arg_float(c, 4));
    struct tensor *mean = compose_result(&k, 1), *rstd = compose_result(&k, 2);
    rows = RUN("reshape", "tL", rows, 1, &flat);
    struct tensor *out[3] = {rows ? compose_own(&k, nested_of_sizes(c, rows, t->parts[0])) : NULL, NULL,
                             NULL};
    if (!out[0] || c->result_count < 3) return compose_give(&k, out[0]);
    out[1] = RUN("reshape", "tL", mean, 1, &flat);
    out[2] = RUN("reshape", "tL", rstd, 1, &flat);
    return compose_give_some(&k, 3, out);
}

static struct tensor *sum_of_item(struct compose *k, struct tensor *t, struct tensor *unused, int64_t i) {
    (void)unused;
    int64_t last = -1;
    struct tensor *item = compose_own(k, nested_item(t, i, k->c->err));
    return RUN_IN("sum.dim_IntList", "tLbd", item, 1, &last, true, (int)t->dtype);
}

/* (self, dim, keepdim, dtype) */
bool nested_sum(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dims[TENSOR_MAX_DIMS];
    int count = arg_none(c, 1) ? 0 : args_ints(c, 1, dims, TENSOR_MAX_DIMS);
    if (count != 1) return refuse(c, "NestedTensor only allows reduction of a single dimension for now.");
    if (!wrap_dim(c, dims, t->ndim)) return false;
    if (dims[0] != t->ndim - 1)
        return refuse(
            c,
            "NestedTensor can only be reduced across the last dimension for now got dimension %lld instead.",
            (long long)dims[0]);
    if (!arg_bool(c, 2)) return refuse(c, "NestedTensor always requires keepdim=True for now.");
    if (!arg_none(c, 3)) return refuse(c, "NestedTensor does not support dtype argument for now.");
    if (!nested_is_contiguous(t))
        return refuse(c, "NestedTensor does not support reductions when the input is noncontiguous for now.");
    if (nested_count(t) == 0) return give_borrowed(c, 0, t);
    return give_items(c, t, NULL, sum_of_item);
}

static struct tensor *all_of_item(struct compose *k, struct tensor *t, struct tensor *unused, int64_t i) {
    (void)unused;
    int64_t dim = arg_int(k->c, 1);
    if (!wrap_dim(k->c, &dim, t->ndim)) return NULL;
    struct tensor *item = compose_own(k, nested_item(t, i, k->c->err));
    return RUN_IN("all.dim", "tib", item, dim - 1, arg_bool(k->c, 2));
}

/* all(self, dim, keepdim) */
bool nested_all(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t dim = arg_int(c, 1);
    if (!wrap_dim(c, &dim, t->ndim)) return false;
    if (dim == 0) return refuse(c, "all(): along the first dimension of a nested tensor is not supported");
    return give_items(c, t, NULL, all_of_item);
}

/* embedding(weight, indices, ...): a row of the weight for each index. */
static struct tensor *embedded_item(struct compose *k, struct tensor *indices, struct tensor *weight,
                                    int64_t i) {
    struct tensor *item = compose_own(k, nested_item(indices, i, k->c->err));
    return RUN_IN("embedding", "ttibb", weight, item, arg_int(k->c, 2), false, false);
}
bool nested_embedding(struct op_call *c) {
    struct tensor *weight = arg_tensor(c, 0), *indices = arg_tensor(c, 1);
    if (tensor_is_nested(weight) || !tensor_is_nested(indices))
        return refuse(c, "NestedTensor weight not supported for embedding");
    if (weight->ndim != 2) return refuse(c, "embedding: the weight should be a matrix");
    return give_items(c, indices, weight, embedded_item);
}

/* --- the encoder layer: on the padded tensor, with the padding masked --- */

/* [count, most], true where an item has no row. */
static struct tensor *padding_mask(struct op_call *c, const struct tensor *t) {
    int64_t most[TENSOR_MAX_DIMS];
    nested_most(t->parts[0], most);
    int64_t shape[2] = {nested_count(t), most[0]};
    struct tensor *mask = call_new(c, DTYPE_BOOL, 2, shape);
    for (int64_t i = 0; mask && i < mask->numel; i++)
        ((uint8_t *)tensor_data(mask))[i] = i % shape[1] >= tensor_get_int(t->parts[0], i / shape[1] * 2);
    return mask;
}

/* Runs the row's own kernel with the nested tensors padded, argument `mask_at` being the mask of the padding
 * and the one behind it its kind; result 0 becomes nested again. */
static bool run_padded(struct op_call *c, int mask_at, int type_at) {
    enum { MOST = 24 };
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0), *mask;
    lb_value args[MOST], results[2] = {{0}};
    if (!tensor_is_nested(t) || t->ndim != 3) return refuse(c, "expected 3-D nested `query`");
    if (!arg_none(c, mask_at)) return refuse(c, "NestedTensor with mask is not supported yet");
    mask = compose_own(&k, padding_mask(c, t));
    for (int i = 0; i < c->arg_count && i < MOST; i++) {
        args[i] = c->args[i];
        if (args[i].tag != VALUE_TENSOR || !tensor_is_nested(args[i].tensor)) continue;
        struct tensor *padded = RUN("to_padded_tensor", "tf", args[i].tensor, 0.0);
        if (!padded) return compose_end(&k);
        args[i] = value_tensor(padded);
    }
    if (!mask || c->arg_count > MOST) return compose_end(&k);
    args[mask_at] = value_tensor(mask);
    args[type_at] = value_int(1);
    struct op_call inner = *c;
    inner.args = args;
    inner.results = results;
    inner.cache = NULL;
    inner.dying = 0;
    k.failed = !op_run(c->row)(&inner);
    struct tensor *out = results[0].tag == VALUE_TENSOR ? results[0].tensor : NULL;
    out = RUN("_nested_from_padded_and_nested_example", "tt", out, t);
    if (out && c->result_count > 1) c->results[1] = value_copy(results[1]);
    for (int i = 0; i < 2; i++) value_release(results[i]);
    return compose_give(&k, out);
}

bool nested_encoder_layer(struct op_call *c) {
    return run_padded(c, 18, 19);
}
bool nested_multi_head(struct op_call *c) {
    return run_padded(c, 9, 12);
}

/* _nested_tensor_softmax_with_shape(scores [N, heads, L, L], query): over the first rows and columns that
 * each of the query's items has; 0 elsewhere. */
bool nested_softmax_with_shape(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *scores = arg_tensor(c, 0), *query = arg_tensor(c, 1);
    if (tensor_is_nested(scores) || !tensor_is_nested(query) || scores->ndim != 4 || query->ndim != 3 ||
        scores->sizes[0] != nested_count(query))
        return refuse(c, "expected 4-D scores and a nested query of as many tensors");
    struct tensor *out = RUN("zeros_like", "t", scores);
    for (int64_t i = 0; out && i < nested_count(query); i++) {
        struct compose inner = compose_start(c), *in = &inner;
        int64_t length = tensor_get_int(query->parts[0], 2 * i);
        struct tensor *from = scores, *to = out;
        for (int d = 0; d < 3; d++) {
            int64_t begin = d ? 0 : i, size = d ? length : 1;
            from = compose_run(in, "aten::narrow", "tdii", from, d ? d + 1 : 0, begin, size);
            to = compose_run(in, "aten::narrow", "tdii", to, d ? d + 1 : 0, begin, size);
        }
        compose_run(in, "aten::copy_", "ttb", to, compose_run(in, "aten::softmax.int", "td", from, -1),
                    false);
        if (!compose_end(in)) out = NULL;
    }
    return compose_give(&k, out);
}

/* --- gradients --- */

/* (grad_output, self, dim, index): zeros but for the item that was selected. */
bool nested_select_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *t = arg_tensor(c, 1);
    if (!tensor_is_nested(t) || tensor_is_nested(grad))
        return refuse(c, "expected a gradient and a nested tensor");
    struct tensor *buffer = RUN("zeros_like", "t", compose_own(&k, nested_buffer(t, c->err)));
    struct tensor *out = buffer ? compose_own(&k, nested_like(c, t, buffer)) : NULL;
    struct tensor *item = RUN("select.int", "tii", out, arg_int(c, 2), arg_int(c, 3));
    RUN("copy_", "ttb", item, grad, false);
    return compose_give(&k, out);
}

static struct tensor *spread_item(struct compose *k, struct tensor *grad, struct tensor *t, int64_t i) {
    struct tensor *row = compose_own(k, nested_item(grad, i, k->c->err)),
                  *like = compose_own(k, nested_item(t, i, k->c->err));
    if (!row || !like) return NULL;
    return RUN_IN("clone", "t", RUN_IN("expand", "tLb", row, like->ndim, like->sizes, false));
}

/* (grad, self, dim, keepdim): the gradient of a sum over the last dimension, spread over it. */
bool nested_sum_backward(struct op_call *c) {
    struct tensor *grad = arg_tensor(c, 0), *t = arg_tensor(c, 1);
    if (!tensor_is_nested(grad) || !tensor_is_nested(t) || grad->ndim != t->ndim ||
        nested_count(grad) != nested_count(t))
        return refuse(c, "expected two nested tensors of the same length");
    return give_items(c, grad, t, spread_item);
}
