/* Scaled dot product attention in its forms: softmax(q k^T scale + mask) v
 * (aten/src/ATen/native/transformers/attention.cpp, sdp_utils_cpp.cpp).
 *
 * Two ways, and a choice between them as PyTorch's. The plain way is a chain of operators, in float for half
 * and bfloat16. The flash way takes [batch, heads, length, width] alone and works a block of queries at a
 * time (kernels/attention.h); doubles go the plain way through it. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/common/cpp_names.h"
#include "ops/common/dtypes.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

struct attention {
    struct tensor *query, *key, *value,
        *mask; /* mask may be NULL; added to the scores, or bool: what is seen */
    double dropout, scale;
    bool causal, gqa; /* gqa: every key and value head serves several query heads */
};

static bool refuse_both_masks(struct op_call *c) {
    return refuse(c,
                  "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
}

/* query, key, value first, the rest where the schema has them. */
static bool read_attention(struct op_call *c, struct attention *a, int mask, int dropout, int causal,
                           int scale, int gqa) {
    *a = (struct attention){.query = arg_tensor(c, 0),
                            .key = arg_tensor(c, 1),
                            .value = arg_tensor(c, 2),
                            .mask = arg_tensor_or_null(c, mask),
                            .dropout = arg_float(c, dropout),
                            .causal = arg_bool(c, causal),
                            .gqa = gqa >= 0 && arg_bool(c, gqa)};
    const struct tensor *q = a->query;
    if (q->ndim == 0) return refuse_index(c, "Dimension specified as -1 but tensor has no dimensions");
    a->scale = arg_none(c, scale) ? 1 / sqrt((double)q->sizes[q->ndim - 1]) : arg_float(c, scale);
    return true;
}

/* A mask of booleans as one that is added: 0 where something is seen. */
static struct tensor *additive_mask(struct compose *k, struct tensor *mask, enum dtype d) {
    if (!mask || mask->dtype != DTYPE_BOOL) return mask;
    struct tensor *hidden = RUN("logical_not", "t", mask);
    struct tensor *zeros = RUN("zeros", "Ld", (int)mask->ndim, mask->sizes, (int)d);
    return RUN("masked_fill.Scalar", "ttf", zeros, hidden, -(double)INFINITY);
}

static struct tensor *causal_mask(struct compose *k, const struct attention *a) {
    int64_t sizes[2] = {a->query->sizes[a->query->ndim - 2], a->key->sizes[a->key->ndim - 2]};
    struct tensor *ones = RUN("ones", "Ld", 2, sizes, (int)DTYPE_BOOL);
    return RUN("tril", "td", ones, 0);
}

/* --- the plain way: _scaled_dot_product_attention_math --- */

static bool spread_heads(struct compose *k, struct attention *a) {
    struct tensor **both[] = {&a->key, &a->value};
    if (!a->gqa) return true;
    for (int i = 0; i < 2; i++) {
        struct tensor *t = *both[i];
        int dim = t->ndim - 3;
        if (a->query->ndim < 3 || dim < 0) return refuse_index(k->c, "Dimension out of range (got -3)");
        int64_t heads = a->query->sizes[a->query->ndim - 3], own = t->sizes[dim];
        if (own == heads) continue;
        if (own == 0 || heads % own)
            return refuse(k->c, "Number of heads in key and value must divide the number of heads in ");
        *both[i] = RUN("repeat_interleave.self_int", "tii", t, heads / own, (int64_t)dim);
    }
    return !k->failed;
}

static bool two_dims(struct op_call *c, const struct tensor *t) {
    int64_t dim = -2;
    return wrap_dim(c, &dim, t->ndim);
}

/* The scale goes half to the queries and half to the keys, as PyTorch does it. */
static struct tensor *scores_of(struct compose *k, const struct attention *a) {
    double half = sqrt(fabs(a->scale));
    struct tensor *q = RUN("mul.Scalar", "tf", a->query, a->scale < 0 ? -half : half);
    struct tensor *kt = compose_own(k, tensor_transpose(k->c, a->key, a->key->ndim - 2, a->key->ndim - 1));
    kt = RUN("mul.Scalar", "tf", kt, half);
    return RUN("matmul", "tt", q, kt);
}

static struct tensor *drop(struct compose *k, struct attention *a, struct tensor *weights,
                           struct tensor *dropped) {
    if (!(a->dropout > 0)) return weights;
    if (!dropped) return RUN("dropout", "tfb", weights, a->dropout, true);
    struct tensor *hidden = RUN("logical_not", "t", dropped);
    a->value = RUN("mul.Scalar", "tf", a->value, 1 / (1 - a->dropout));
    return RUN("masked_fill.Scalar", "ttf", weights, hidden, 0.0);
}

static struct tensor *plain(struct compose *k, struct attention a, struct tensor *dropped,
                            struct tensor **weights) {
    struct op_call *c = k->c;
    enum dtype d = tensor_dtype(a.query);
    struct tensor **operands[] = {&a.query, &a.key, &a.value};
    if (!two_dims(c, a.query) || !two_dims(c, a.key)) return NULL;
    for (int i = 0; (SET_HALVES >> d & 1) && i < 3; i++)
        *operands[i] = compose_own(k, tensor_convert(*operands[i], DTYPE_FLOAT32, c->cx->budget, c->err));
    if (k->failed || !spread_heads(k, &a)) return NULL;
    if (a.causal) a.mask = additive_mask(k, causal_mask(k, &a), tensor_dtype(a.query));
    struct tensor *scores = scores_of(k, &a), *p;
    if (!scores) return NULL;
    if (a.mask) scores = RUN("add_.Tensor", "ttd", scores, a.mask, 1);
    p = RUN("_safe_softmax", "td", scores, -1);
    p = p ? drop(k, &a, p, dropped) : NULL;
    struct tensor *out = RUN("matmul", "tt", p, a.value);
    if (weights && p) *weights = compose_own(k, tensor_convert(p, d, c->cx->budget, c->err));
    return out ? compose_own(k, tensor_convert(out, d, c->cx->budget, c->err)) : NULL;
}

/* (query, key, value, attn_mask, dropout_p, is_causal, dropout_mask, scale, enable_gqa) -> (out, weights) */
bool attention_sdpa_math(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a;
    struct tensor *weights = NULL;
    if (!read_attention(c, &a, 3, 4, 5, 7, 8)) return false;
    if (a.mask && a.causal) return refuse_both_masks(c);
    struct tensor *out = plain(&k, a, arg_tensor_or_null(c, 6), &weights);
    if (!out) return compose_refused(&k, false);
    return compose_give_some(&k, 2, (struct tensor *[]){out, weights});
}

/* --- the flash way --- */

enum { DIMS = 4 }; /* batch, heads, length, width */

/* The kernel's operand: [batch, heads, rows, width] over what lies in memory from the first element on,
 * elements of a row side by side, as PyTorch's loops read it whatever its last stride; float. */
static struct tensor *operand(struct compose *k, struct tensor *t, int64_t batch, int64_t heads,
                              int64_t rows) {
    struct op_call *c = k->c;
    int64_t sizes[DIMS] = {batch, heads, rows, t->sizes[3]}, strides[DIMS];
    memcpy(strides, t->strides, sizeof strides);
    strides[3] = 1;
    struct tensor *view =
        compose_own(k, tensor_over(t->storage, tensor_dtype(t), DIMS, sizes, strides, t->offset, c->err));
    if (!view || view->dtype == DTYPE_FLOAT32 || view->dtype == DTYPE_FLOAT64) return view;
    return compose_own(k, tensor_convert(view, DTYPE_FLOAT32, c->cx->budget, c->err));
}

static bool operands_of(struct compose *k, struct attention *a) {
    const struct tensor *q = a->query;
    int64_t batch = q->sizes[0], heads = a->key->sizes[1], keys = a->value->sizes[2];
    if (heads <= 0 || q->sizes[1] % heads)
        return refuse(
            k->c, "scaled_dot_product_attention_flash_attention: heads of keys must divide those of queries");
    a->query = operand(k, a->query, batch, q->sizes[1], q->sizes[2]);
    a->key = operand(k, a->key, batch, heads, keys);
    a->value = operand(k, a->value, batch, heads, keys);
    return !k->failed;
}

/* The mask as [batch or 1, heads or 1, queries or 1, keys or 1] of the operands' dtype, its last stride 1. */
static bool mask_of(struct compose *k, struct attention *a) {
    struct op_call *c = k->c;
    struct tensor *m = a->mask;
    int64_t sizes[DIMS] = {1, 1, a->query->sizes[2], a->key->sizes[2]};
    if (!m) return true;
    if (m->ndim == 2) m = RUN("view", "tL", m, DIMS, ((int64_t[]){1, 1, m->sizes[0], m->sizes[1]}));
    for (int i = 0; m && i < 2; i++)
        sizes[i] = m->sizes[i] > 1 ? (i ? a->query->sizes[1] : a->query->sizes[0]) : 1;
    m = RUN("expand", "tLb", m, DIMS, sizes, false);
    if (m) m = compose_own(k, tensor_convert(m, tensor_dtype(a->query), c->cx->budget, c->err));
    if (m && m->strides[3] > 1) m = compose_own(k, tensor_contiguous(m, c->cx->budget, c->err));
    a->mask = m;
    return !k->failed;
}

struct flash_run {
    const struct attention_kernels *kernels;
    struct attention_f32 problem;
    struct attention_plan plan;
    _Atomic bool failed;
};
static void flash_range(void *context, int64_t begin, int64_t end) {
    struct flash_run *r = context;
    void *room = mem_alloc_aligned(r->plan.workspace + 64);
    if (room)
        r->kernels->run_f32(&r->problem, &r->plan, room, begin, end);
    else
        r->failed = true;
    mem_free_aligned(room);
}
static struct attention_layout layout_of(const struct tensor *t) {
    return (struct attention_layout){t->strides[0], t->strides[1], t->strides[2]};
}

static void lay_out_mask(const struct tensor *m, struct attention_f32 *p) {
    int64_t steps[DIMS];
    for (int i = 0; i < DIMS; i++) steps[i] = m->sizes[i] > 1 ? m->strides[i] : 0;
    p->mask = tensor_data(m);
    p->mask_at = (struct attention_layout){steps[0], steps[1], steps[2]};
    p->mask_column = m->sizes[3] > 1 ? m->strides[3] : 0;
}

static bool run_flash(struct op_call *c, const struct attention *a, struct tensor *out) {
    const struct tensor *q = a->query;
    struct flash_run r = {.kernels = call_kernels(c)->attention};
    r.problem = (struct attention_f32){.batch = q->sizes[0],
                                       .heads = q->sizes[1],
                                       .queries = q->sizes[2],
                                       .keys = a->key->sizes[2],
                                       .width = q->sizes[3],
                                       .value_width = a->value->sizes[3],
                                       .key_heads = a->key->sizes[1],
                                       .q = tensor_data(q),
                                       .k = tensor_data(a->key),
                                       .v = tensor_data(a->value),
                                       .q_at = layout_of(q),
                                       .k_at = layout_of(a->key),
                                       .v_at = layout_of(a->value),
                                       .out = tensor_data(out),
                                       .out_at = layout_of(out),
                                       .causal = a->causal,
                                       .scale = (float)a->scale};
    if (a->mask) lay_out_mask(a->mask, &r.problem);
    r.plan = r.kernels->plan_f32(&r.problem, pool_threads(c->cx->pool));
    pool_run(c->cx->pool, r.plan.tasks, flash_range, &r);
    return !r.failed || error_memory(c->err);
}

/* Scores with all masks, for what the kernel does not give: doubles, and the logarithms of the sums. */
static struct tensor *masked_scores(struct compose *k, const struct attention *a) {
    struct tensor *scores = scores_of(k, a);
    if (a->mask) scores = RUN("add.Tensor", "ttd", scores, a->mask, 1);
    if (!a->causal || !scores) return scores;
    struct tensor *hidden = RUN("logical_not", "t", causal_mask(k, a));
    return RUN("masked_fill.Scalar", "ttf", scores, hidden, -(double)INFINITY);
}

static struct tensor *flash_doubles(struct compose *k, struct attention a) {
    a.gqa = true;
    if (!spread_heads(k, &a)) return NULL;
    struct tensor *p = RUN("_safe_softmax", "td", masked_scores(k, &a), -1);
    return RUN("matmul", "tt", p, a.value);
}

/* [batch, heads, queries] over memory laid out [batch, queries, heads]. */
static struct tensor *log_sums(struct compose *k, struct attention a) {
    int64_t last = -1;
    a.gqa = true;
    if (!spread_heads(k, &a)) return NULL;
    struct tensor *sums = RUN("logsumexp", "tLb", masked_scores(k, &a), 1, &last, false);
    if (sums && a.mask) { /* of a query that sees nothing it is 0 */
        struct tensor *blind = RUN("isneginf", "t", sums);
        sums = RUN("masked_fill.Scalar", "ttf", sums, blind, 0.0);
    }
    sums = RUN("transpose_copy.int", "tdd", sums, 1, 2);
    return RUN("transpose.int", "tdd", sums, 1, 2);
}

/* `sums` NULL: not asked for. */
static struct tensor *flash(struct compose *k, struct attention a, struct tensor **sums) {
    struct op_call *c = k->c;
    struct tensor *out = RUN("empty_like", "t", a.query), *made = out;
    if (a.causal && a.scale <= 0) a.scale = (double)NAN; /* PyTorch hides before it scales: -inf turns over */
    if (!out || !operands_of(k, &a) || !mask_of(k, &a)) return NULL;
    bool floats = a.query->dtype == DTYPE_FLOAT32;
    if (floats && (out->dtype != DTYPE_FLOAT32 || out->strides[3] != 1))
        made = compose_own(k, call_new(c, DTYPE_FLOAT32, DIMS, a.query->sizes));
    if (out->numel > 0 && floats && (!made || !run_flash(c, &a, made))) return NULL;
    if (!floats) made = flash_doubles(k, a);
    if (!made || (made != out && !tensor_copy(out, made, c->err))) return NULL;
    if (sums && !(*sums = log_sums(k, a))) return NULL;
    return out;
}

static bool check_flash(struct op_call *c, const struct attention *a) {
    static const char name[] = "scaled_dot_product_attention_flash_attention";
    const struct tensor *q = a->query, *key = a->key, *v = a->value, *m = a->mask;
    if (!dtype_is_floating(tensor_dtype(q)))
        return refuse(c, "%s: Expected data type in FP32, FP64, BF16, FP16, but got %s instead.", name,
                      dtype_table[q->dtype].graph_name);
    if (q->ndim != DIMS || key->ndim != DIMS || v->ndim != DIMS)
        return refuse(c, "%s: Accept only 4 dims inputs shape of {B, H, T, K}", name);
    if (a->dropout != 0) return refuse(c, "%s: Currently do not support dropout > 0", name);
    if (q->sizes[3] != v->sizes[3] || key->sizes[3] != v->sizes[3])
        return refuse(c, "%s: Q/K/V should have the same head size", name);
    if (m && m->dtype != DTYPE_FLOAT32 && m->dtype != q->dtype)
        return refuse(c, "%s: Attention mask is the same data type as query", name);
    if (m && m->ndim != 2 && m->ndim != DIMS) return refuse(c, "%s: Attention mask dim in {2, 4}", name);
    for (int i = 0; i < 2; i++) {
        const struct tensor *t = i ? v : key;
        if (t->dtype != q->dtype)
            return refuse(c, "expected scalar type %s but found %s", dtype_table[q->dtype].graph_name,
                          dtype_table[t->dtype].graph_name);
    }
    return true;
}

/* (query, key, value, dropout_p, is_causal, attn_mask, scale) -> (output, logsumexp) */
bool attention_flash(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a;
    struct tensor *sums = NULL;
    if (arg_tensor(c, 0)->ndim == 0)
        return refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
    if (!read_attention(c, &a, 5, 3, 4, 6, -1) || !check_flash(c, &a)) return false;
    struct tensor *out = flash(&k, a, &sums);
    if (!out) return compose_refused(&k, false);
    return compose_give_some(&k, 2, (struct tensor *[]){out, sums});
}

/* --- the choice (use_flash_attention_cpp of aten/src/ATen/native/transformers/sdp_utils_cpp.cpp) --- */

static bool mask_shape_fits(const struct attention *a) {
    const struct tensor *m = a->mask, *q = a->query;
    if (!m) return true;
    if (m->ndim != 2 && m->ndim != DIMS) return false;
    int64_t wanted[DIMS] = {q->sizes[0], q->sizes[1], q->sizes[2], a->key->sizes[2]};
    for (int i = 0; i < m->ndim; i++)
        if (m->sizes[i] != 1 && m->sizes[i] != wanted[DIMS - m->ndim + i]) return false;
    return true;
}

static bool shapes_fit(const struct attention *a) {
    const struct tensor *q = a->query, *k = a->key, *v = a->value;
    if (q->ndim != DIMS || k->ndim != DIMS || v->ndim != DIMS) return false;
    bool heads = a->gqa ? k->sizes[1] == v->sizes[1] && k->sizes[1] > 0 && q->sizes[1] % k->sizes[1] == 0
                        : q->sizes[1] == k->sizes[1] && q->sizes[1] == v->sizes[1];
    return heads && q->sizes[0] == k->sizes[0] && q->sizes[0] == v->sizes[0] && mask_shape_fits(a) &&
           q->sizes[3] == k->sizes[3] && q->sizes[3] == v->sizes[3] && q->sizes[2] > 0 && k->sizes[2] > 0 &&
           v->sizes[2] > 0;
}

static bool flash_is_chosen(const struct attention *a) {
    const struct tensor *all[] = {a->query, a->key, a->value, a->mask};
    if (!dtype_is_floating(tensor_dtype(a->query)) || a->dropout > 0 || !shapes_fit(a)) return false;
    for (int i = 0; i < 4; i++) {
        const struct tensor *t = all[i];
        if (!t) continue;
        if (i < 3 && t->dtype != a->query->dtype) return false;
        if (t->strides[t->ndim - 1] != 1 && t->sizes[t->ndim - 1] != 1) return false;
    }
    return true;
}

/* _fused_sdp_choice(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa): SDPBackend::math
 * is 0, flash_attention 1 */
bool attention_choice(struct op_call *c) {
    struct attention a = {.query = arg_tensor(c, 0),
                          .key = arg_tensor(c, 1),
                          .value = arg_tensor(c, 2),
                          .mask = arg_tensor_or_null(c, 3),
                          .dropout = arg_float(c, 4),
                          .gqa = arg_bool(c, 7)};
    return give(c, value_int(flash_is_chosen(&a)));
}

/* --- scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa) ---
 */

static bool check_sdpa(struct op_call *c, const struct attention *a) {
    const struct tensor *q = a->query, *k = a->key, *v = a->value, *m = a->mask;
    if (q->dtype != k->dtype || q->dtype != v->dtype)
        return refuse(
            c,
            "Expected query, key, and value to have the same dtype, but got query.dtype: %s key.dtype: %s "
            "and value.dtype: %s instead.",
            dtype_cpp_name(tensor_dtype(q)), dtype_cpp_name(tensor_dtype(k)),
            dtype_cpp_name(tensor_dtype(v)));
    if (q->ndim < 2 || k->ndim < 2 || v->ndim < 2)
        return refuse(c,
                      "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
                      "%d key.dim: "
                      "%d and value.dim: %d instead.",
                      q->ndim, k->ndim, v->ndim);
    if (!m) return true;
    if (m->dtype != DTYPE_BOOL && m->dtype != DTYPE_FLOAT32 && m->dtype != q->dtype)
        return refuse(c,
                      "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                      "attn_mask.dtype: %s "
                      "and  query.dtype: %s instead.",
                      dtype_cpp_name(tensor_dtype(m)), dtype_cpp_name(tensor_dtype(q)));
    return two_dims(c, m);
}

bool attention_sdpa(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a;
    if (!read_attention(c, &a, 3, 4, 5, 6, 7) || !check_sdpa(c, &a)) return false;
    bool chosen = flash_is_chosen(&a);
    a.mask = additive_mask(&k, a.mask, tensor_dtype(a.query));
    if (k.failed) return compose_end(&k);
    if (chosen) {
        if (!check_flash(c, &a)) return compose_refused(&k, false);
        return compose_give(&k, flash(&k, a, NULL));
    }
    if (a.mask && a.causal) return compose_refused(&k, refuse_both_masks(c));
    struct tensor *out = plain(&k, a, NULL, NULL);
    return out ? compose_give(&k, out) : compose_refused(&k, false);
}

bool attention_overrideable(struct op_call *c) {
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "_scaled_dot_product_fused_attention_overrideable not implemented. This is an operator for "
        "privateuse1 backends, please use TORCH_LIBRARY_IMPL to override this function ");
}

bool attention_overrideable_backward(struct op_call *c) {
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "_scaled_dot_product_fused_attention_overrideable_backward not implemented: This is an operator for "
        "privateuse1 backends, please use TORCH_LIBRARY_IMPL to override this function ");
}
