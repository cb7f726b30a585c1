/* Products of a chain of matrices, in the order that costs least.
 *
 * Checks and texts: multi_dot_impl in aten/src/ATen/native/LinearAlgebra.cpp; the order is found by dynamic
 * programming (Cormen et al., Introduction to Algorithms, 15.2). */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/linear/product.h"

struct chain {
    struct tensor **tensors; /* matrices; borrowed, but for the ends that were vectors */
    struct tensor *ends[2];  /* views of vectors as matrices; NULL where they were matrices */
    int64_t count;
    double *cost;   /* [count, count]: of the product of i to j */
    int64_t *split; /* where it is cut last */
};

static void chain_free(struct chain *s) {
    tensor_release(s->ends[0]);
    tensor_release(s->ends[1]);
    mem_free(s->tensors);
    mem_free(s->cost);
    mem_free(s->split);
}

/* --- checks --- */

/* A vector at the front is a row, one at the back a column. */
static bool as_matrix(struct op_call *c, struct chain *s, bool back) {
    int64_t at = back ? s->count - 1 : 0;
    struct tensor *t = s->tensors[at];
    if (t->ndim == 2) return true;
    if (t->ndim != 1)
        return refuse(c, "multi_dot(): the %s tensor must be 1D or 2D but got %dD", back ? "last" : "first",
                      t->ndim);
    int64_t sizes[2] = {back ? t->sizes[0] : 1, back ? 1 : t->sizes[0]};
    int64_t strides[2] = {back ? t->strides[0] : 0, back ? 0 : t->strides[0]};
    s->ends[back] = tensor_view_as(t, 2, sizes, strides, t->offset, c->err);
    if (s->ends[back]) s->tensors[at] = s->ends[back];
    return s->ends[back] != NULL;
}

static bool check_pair(struct op_call *c, const struct chain *s, const struct list *given, int64_t i) {
    const struct tensor *a = s->tensors[i - 1], *b = s->tensors[i];
    const struct tensor *x = given->items[i - 1].tensor, *y = given->items[i].tensor;
    char one[256], other[256];
    if (b->dtype != s->tensors[0]->dtype)
        return refuse(
            c, "multi_dot(): all tensors must have be the same dtype but tensor 0 is %s and tensor %lld %s",
            dtype_cpp_name(tensor_dtype(s->tensors[0])), (long long)i, dtype_cpp_name(tensor_dtype(b)));
    return a->sizes[1] == b->sizes[0] ||
           refuse(c, "multi_dot(): tensors %lld and %lld with shapes %s and %s cannot be multiplied",
                  (long long)i - 1, (long long)i, sizes_text(x->ndim, x->sizes, one, sizeof one),
                  sizes_text(y->ndim, y->sizes, other, sizeof other));
}

static bool read_chain(struct op_call *c, const struct list *given, struct chain *s) {
    s->count = given->count;
    if (s->count < 2)
        return refuse(c, "multi_dot(): expected at least 2 tensors but got %lld", (long long)s->count);
    s->tensors = call_scratch(c, (size_t)s->count, sizeof *s->tensors);
    if (!s->tensors) return false;
    for (int64_t i = 0; i < s->count; i++) {
        if (given->items[i].tag != VALUE_TENSOR)
            return refuse(c, "multi_dot(): tensor %lld is None", (long long)i);
        s->tensors[i] = given->items[i].tensor;
    }
    if (!as_matrix(c, s, false) || !as_matrix(c, s, true)) return false;
    for (int64_t i = 1; i + 1 < s->count; i++)
        if (s->tensors[i]->ndim != 2)
            return refuse(c, "multi_dot(): tensor %lld must be 2D but got %dD", (long long)i,
                          s->tensors[i]->ndim);
    for (int64_t i = 1; i < s->count; i++)
        if (!check_pair(c, s, given, i)) return false;
    return true;
}

/* --- order --- */

static void find_split(struct chain *s, int64_t i, int64_t j) {
    double best = 0;
    int64_t n = s->count;
    for (int64_t k = i; k < j; k++) {
        double cost = s->cost[i * n + k] + s->cost[(k + 1) * n + j] +
                      (double)s->tensors[i]->sizes[0] * (double)s->tensors[k]->sizes[1] *
                          (double)s->tensors[j]->sizes[1];
        if (k > i && cost >= best) continue;
        best = cost;
        s->split[i * n + j] = k;
    }
    s->cost[i * n + j] = best;
}

static bool find_order(struct op_call *c, struct chain *s) {
    size_t n = (size_t)s->count, cells;
    if (!size_multiply(n, n, &cells)) return error_memory(c->err);
    s->cost = call_scratch(c, cells, sizeof *s->cost);
    s->split = s->cost ? call_scratch(c, cells, sizeof *s->split) : NULL;
    if (!s->split) return false;
    for (int64_t i = 0; i < s->count; i++) s->cost[i * s->count + i] = 0;
    for (int64_t length = 1; length < s->count; length++)
        for (int64_t i = 0; i + length < s->count; i++) find_split(s, i, i + length);
    return true;
}

/* Deepest where every cut is at an end: as deep as the chain is long, so that is limited. */
enum { LONGEST_CHAIN = 1024 };

static struct tensor *multiply(struct op_call *c, const struct chain *s, int64_t i, int64_t j) {
    if (i == j) return tensor_retain(s->tensors[i]);
    int64_t cut = s->split[i * s->count + j];
    struct tensor *a = multiply(c, s, i, cut), *b = a ? multiply(c, s, cut + 1, j) : NULL;
    struct tensor *product = b ? product_of(c, a, b, NULL) : NULL;
    tensor_release(a);
    tensor_release(b);
    return product;
}

static bool give_product(struct op_call *c, const struct list *given) {
    struct chain s = {0};
    bool good = read_chain(c, given, &s);
    if (good && s.count > LONGEST_CHAIN) good = refuse(c, "multi_dot(): more than %d tensors", LONGEST_CHAIN);
    struct tensor *product = good && find_order(c, &s) ? multiply(c, &s, 0, s.count - 1) : NULL, *out = NULL;
    int64_t sizes[2], strides[2];
    int ndim = 0;
    for (int d = 0; product && d < 2; d++) {
        if (s.ends[d]) continue;
        sizes[ndim] = product->sizes[d];
        strides[ndim++] = product->strides[d];
    }
    if (product) out = tensor_view_as(product, ndim, sizes, strides, product->offset, c->err);
    tensor_release(product);
    chain_free(&s);
    return give_tensor(c, out);
}

bool linalg_multi_dot(struct op_call *c) {
    return give_product(c, arg_list(c, 0));
}

bool linalg_chain_matmul(struct op_call *c) {
    const struct list *given = arg_list(c, 0);
    for (int64_t i = 0; i < given->count; i++)
        if (given->items[i].tag != VALUE_TENSOR || given->items[i].tensor->ndim != 2)
            return refuse(c, "Tensor dimension is %d, expected 2 instead.",
                          given->items[i].tag == VALUE_TENSOR ? given->items[i].tensor->ndim : 0);
    if (given->count == 0) return refuse(c, "chain_matmul(): Expected one or more matrices");
    struct compose k = compose_start(c);
    if (given->count == 1)
        return compose_give(&k, compose_run(&k, "aten::clone", "t", given->items[0].tensor));
    return give_product(c, given);
}
