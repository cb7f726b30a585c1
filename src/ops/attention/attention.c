/* Attention: scaled dot product in its forms, the fused multi-head layer, the encoder layer's fast path.
 *
 * Scores are products of packed matrices; softmax in float. The meaning is that of
 * aten/src/ATen/native/transformers/attention.cpp, written as operators. */
#include "ops/common/compose.h"
#include "ops/linear/product.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...)    compose_run(&k, "aten::" row, __VA_ARGS__)
#define RUN_IN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

struct attention {
    struct tensor *query, *key, *value, *mask;
    double dropout, scale;
    bool causal, gqa;
};

static bool check(struct op_call *c, const struct attention *a) {
    const struct tensor *q = a->query, *k = a->key, *v = a->value;
    if (q->dtype != k->dtype || q->dtype != v->dtype)
        return refuse(c,
                      "Expected query, key, and value to have the same dtype, but got query.dtype: %s "
                      "key.dtype: %s and value.dtype: %s instead.",
                      dtype_table[q->dtype].python_name, dtype_table[k->dtype].python_name,
                      dtype_table[v->dtype].python_name);
    if (q->ndim < 2 || k->ndim < 2 || v->ndim < 2)
        return refuse(c,
                      "Expected query, key, and value to all be  at least 2 dimensional, but got "
                      "query.dim(): %d, key.dim(): %d and value.dim(): %d instead.",
                      q->ndim, k->ndim, v->ndim);
    if (a->mask && a->causal)
        return refuse(
            c, "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
    if (a->mask && a->mask->dtype != DTYPE_BOOL && a->mask->dtype != q->dtype &&
        a->mask->dtype != DTYPE_FLOAT32)
        return refuse(c,
                      "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                      "attn_mask.dtype: %s and  query.dtype: %s instead.",
                      dtype_table[a->mask->dtype].graph_name, dtype_table[q->dtype].graph_name);
    return true;
}

/* With grouped queries every key and value head serves several query heads. */
static struct tensor *spread_heads(struct compose *k, struct tensor *t, int64_t heads) {
    int64_t own = t->sizes[t->ndim - 3];
    if (own == heads || own == 0) return t;
    return RUN_IN("repeat_interleave.self_int", "tii", t, heads / own, (int64_t)(t->ndim - 3));
}

static struct tensor *causal_mask(struct compose *k, int64_t rows, int64_t columns) {
    int64_t sizes[2] = {rows, columns};
    struct tensor *ones = RUN_IN("ones", "Ld", 2, sizes, DTYPE_BOOL);
    return RUN_IN("tril", "td", ones, 0);
}

/* The weights after softmax, and before dropout. */
static struct tensor *weights_of(struct compose *k, const struct attention *a) {
    struct tensor *mask = a->mask,
                  *kt = compose_own(k, tensor_transpose(k->c, a->key, a->key->ndim - 2, a->key->ndim - 1));
    struct tensor *scores = RUN_IN("matmul", "tt", a->query, kt);
    scores = RUN_IN("mul.Scalar", "tf", scores, a->scale);
    if (a->causal && scores)
        mask = causal_mask(k, a->query->sizes[a->query->ndim - 2], a->key->sizes[a->key->ndim - 2]);
    if (mask && mask->dtype == DTYPE_BOOL) {
        struct tensor *out = RUN_IN("logical_not", "t", mask);
        scores = RUN_IN("masked_fill.Scalar", "ttf", scores, out, -(double)INFINITY);
    } else if (mask) {
        scores = RUN_IN("add.Tensor", "ttd", scores, mask, 1);
    }
    bool masked = mask != NULL;
    return masked ? RUN_IN("_safe_softmax", "td", scores, -1) : RUN_IN("softmax.int", "td", scores, -1);
}

static struct tensor *attend(struct compose *k, struct attention *a, struct tensor **weights) {
    if (a->gqa) {
        a->key = spread_heads(k, a->key, a->query->sizes[a->query->ndim - 3]);
        a->value = a->key ? spread_heads(k, a->value, a->query->sizes[a->query->ndim - 3]) : NULL;
    }
    if (!a->key || !a->value) return NULL;
    struct tensor *p = weights_of(k, a);
    if (weights) *weights = p;
    if (a->dropout > 0) p = RUN_IN("dropout", "tfb", p, a->dropout, true);
    return RUN_IN("matmul", "tt", p, a->value);
}

static double scale_of(const struct op_call *c, int at, const struct tensor *query) {
    return arg_none(c, at) ? 1 / sqrt((double)query->sizes[query->ndim - 1]) : arg_float(c, at);
}

/* (query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa). The 4-d result without dropout
 * comes from PyTorch's flash kernel: [B, H, L, E] over memory laid out [B, L, H, E]. */
bool attention_sdpa(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a = {.query = arg_tensor(c, 0),
                          .key = arg_tensor(c, 1),
                          .value = arg_tensor(c, 2),
                          .mask = arg_tensor_or_null(c, 3),
                          .dropout = arg_float(c, 4),
                          .causal = arg_bool(c, 5),
                          .gqa = arg_bool(c, 7)};
    if (!check(c, &a)) return false;
    a.scale = scale_of(c, 6, a.query);
    bool flash = a.query->ndim == 4 && a.dropout == 0 && a.key->ndim == 4 && a.value->ndim == 4 &&
                 a.query->sizes[3] == a.value->sizes[3] &&
                 (!a.mask || a.mask->ndim == 2 || a.mask->ndim == 4);
    struct tensor *out = attend(&k, &a, NULL);
    if (out && flash) {
        out = RUN("transpose_copy.int", "tdd", out, 1, 2);
        out = RUN("transpose.int", "tdd", out, 1, 2);
    }
    return compose_give(&k, out);
}

/* (query, key, value, attn_mask, dropout_p, is_causal, dropout_mask, scale, enable_gqa) -> (out, weights) */
bool attention_sdpa_math(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a = {.query = arg_tensor(c, 0),
                          .key = arg_tensor(c, 1),
                          .value = arg_tensor(c, 2),
                          .mask = arg_tensor_or_null(c, 3),
                          .dropout = arg_float(c, 4),
                          .causal = arg_bool(c, 5),
                          .gqa = arg_bool(c, 8)};
    struct tensor *weights = NULL, *dropped = arg_tensor_or_null(c, 6), *out;
    if (a.mask && a.causal)
        return refuse(
            c, "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
    a.scale = scale_of(c, 7, a.query);
    if (!dropped || a.dropout == 0) {
        out = attend(&k, &a, &weights);
        return compose_give_some(&k, 2, (struct tensor *[]){out, weights});
    }
    weights = weights_of(&k, &a);
    struct tensor *hidden = RUN("logical_not", "t", dropped),
                  *kept = RUN("masked_fill.Scalar", "ttf", weights, hidden, 0.0);
    struct tensor *scaled = RUN("mul.Scalar", "tf", a.value, 1 / (1 - a.dropout));
    out = RUN("matmul", "tt", kept, scaled);
    return compose_give_some(&k, 2, (struct tensor *[]){out, kept});
}

/* (query, key, value, dropout_p, is_causal, attn_mask, scale) -> (output, logsumexp) */
bool attention_flash(struct op_call *c) {
    struct compose k = compose_start(c);
    struct attention a = {.query = arg_tensor(c, 0),
                          .key = arg_tensor(c, 1),
                          .value = arg_tensor(c, 2),
                          .dropout = arg_float(c, 3),
                          .causal = arg_bool(c, 4),
                          .mask = arg_tensor_or_null(c, 5)};
    int64_t last = -1;
    if (a.query->ndim != 4 || a.key->ndim != 4 || a.value->ndim != 4)
        return refuse(
            c,
            "scaled_dot_product_attention_flash_attention: Accept only 4 dims inputs shape of {B, H, T, K}");
    if (a.dropout != 0)
        return refuse(c,
                      "scaled_dot_product_attention_flash_attention: Currently do not support dropout > 0");
    a.scale = scale_of(c, 6, a.query);
    struct attention plain = a;
    struct tensor *out = attend(&k, &a, NULL);
    struct tensor *kt = compose_own(&k, tensor_transpose(c, plain.key, 2, 3)),
                  *scores = RUN("matmul", "tt", plain.query, kt);
    scores = RUN("mul.Scalar", "tf", scores, plain.scale);
    struct tensor *mask =
        plain.causal && scores ? causal_mask(&k, plain.query->sizes[2], plain.key->sizes[2]) : plain.mask;
    if (mask && mask->dtype == DTYPE_BOOL) {
        struct tensor *hidden = RUN("logical_not", "t", mask);
        scores = RUN("masked_fill.Scalar", "ttf", scores, hidden, -(double)INFINITY);
    } else if (mask) {
        scores = RUN("add.Tensor", "ttd", scores, mask, 1);
    }
    struct tensor *sums = RUN("logsumexp", "tLb", scores, 1, &last, false);
    if (sums && dtype_size(tensor_dtype(sums)) == 2)
        sums = RUN("to.dtype", "tdbb", sums, DTYPE_FLOAT32, false, false);
    out = RUN("transpose_copy.int", "tdd", out, 1, 2);
    out = RUN("transpose.int", "tdd", out, 1, 2);
    return compose_give_some(&k, 2, (struct tensor *[]){out, sums});
}

/* --- multi-head attention with all weights: native_multi_head_attention_cpu --- */

struct heads {
    struct tensor *query, *key, *value, *qkv_weight, *qkv_bias, *proj_weight, *proj_bias, *mask;
    int64_t width, count, mask_type;
    bool need_weights, average;
};

/* x @ weight[part].T + bias[part], as [B, heads, L, width / heads]. */
static struct tensor *project(struct compose *k, const struct heads *h, struct tensor *x, int part) {
    struct tensor *w = compose_own(k, tensor_narrow(k->c, h->qkv_weight, 0, part * h->width, h->width));
    struct tensor *b = compose_own(k, tensor_narrow(k->c, h->qkv_bias, 0, part * h->width, h->width));
    struct tensor *y = RUN_IN("linear", "ttt", x, w, b);
    int64_t sizes[4] = {x->sizes[0], x->sizes[1], h->count, h->width / h->count};
    y = RUN_IN("reshape", "tL", y, 4, sizes);
    return RUN_IN("transpose.int", "tdd", y, 1, 2);
}

static struct tensor *mask_scores(struct compose *k, const struct heads *h, struct tensor *scores) {
    struct tensor *mask = h->mask;
    if (!mask) return scores;
    if (mask->dtype != DTYPE_BOOL) return RUN_IN("add.Tensor", "ttd", scores, mask, 1);
    if (h->mask_type == 1 && mask->ndim == 2) {
        int64_t sizes[4] = {mask->sizes[0], 1, 1, mask->sizes[1]};
        mask = RUN_IN("reshape", "tL", mask, 4, sizes);
    }
    return RUN_IN("masked_fill.Scalar", "ttf", scores, mask, -(double)INFINITY);
}

static struct tensor *multi_head(struct compose *k, const struct heads *h, struct tensor **weights) {
    struct tensor *q = project(k, h, h->query, 0), *key = project(k, h, h->key, 1),
                  *v = project(k, h, h->value, 2);
    int64_t sizes[3] = {h->query->sizes[0], h->query->sizes[1], h->width}, one = 1;
    q = RUN_IN("mul.Scalar", "tf", q, 1 / sqrt((double)(h->width / h->count)));
    key = RUN_IN("transpose.int", "tdd", key, 2, 3);
    struct tensor *scores = mask_scores(k, h, RUN_IN("matmul", "tt", q, key));
    struct tensor *p = RUN_IN("softmax.int", "td", scores, -1);
    if (h->mask && p) p = RUN_IN("masked_fill.Scalar", "ttf", p, RUN_IN("isnan", "t", p), 0.0);
    struct tensor *out = RUN_IN("matmul", "tt", p, v);
    out = RUN_IN("transpose.int", "tdd", out, 1, 2);
    out = RUN_IN("reshape", "tL", out, 3, sizes);
    if (weights)
        *weights = !h->need_weights ? NULL : h->average ? RUN_IN("mean.dim", "tLb", p, 1, &one, false) : p;
    return RUN_IN("linear", "ttt", out, h->proj_weight, h->proj_bias);
}

/* (query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, need_weights,
 * average, mask_type) */
bool attention_multi_head(struct op_call *c) {
    struct compose k = compose_start(c);
    struct heads h = {.query = arg_tensor(c, 0),
                      .key = arg_tensor(c, 1),
                      .value = arg_tensor(c, 2),
                      .width = arg_int(c, 3),
                      .count = arg_int(c, 4),
                      .qkv_weight = arg_tensor(c, 5),
                      .qkv_bias = arg_tensor(c, 6),
                      .proj_weight = arg_tensor(c, 7),
                      .proj_bias = arg_tensor(c, 8),
                      .mask = arg_tensor_or_null(c, 9),
                      .need_weights = arg_bool(c, 10),
                      .average = arg_bool(c, 11),
                      .mask_type = arg_int_or(c, 12, 0)};
    struct tensor *weights = NULL;
    if (h.query->ndim != 3) return refuse(c, "expected 3-D `query`, got %d-D tensor", h.query->ndim);
    if (h.query->sizes[2] != h.width)
        return refuse(c, "passed-in embed_dim %lld didn't match last dim of query %lld", (long long)h.width,
                      (long long)h.query->sizes[2]);
    if (h.count <= 0 || h.width % h.count) return refuse(c, "`embed_dim` must divide evenly by `num_heads`");
    if (h.key->ndim != 3) return refuse(c, "expected 3-D `key`, got %d-D tensor", h.key->ndim);
    if (h.value->ndim != 3) return refuse(c, "expected 3-D `value`, got %d-D tensor", h.value->ndim);
    if (h.qkv_weight->ndim != 2 || h.qkv_weight->sizes[0] != 3 * h.width)
        return refuse(c, "expected `qkv_weight` first dim to be 3x embed_dim");
    if (h.qkv_bias->ndim != 1 || h.qkv_bias->sizes[0] != 3 * h.width)
        return refuse(c, "expected `qkv_bias` first dim and first dim of query to be equal");
    struct tensor *out = multi_head(&k, &h, &weights);
    if (!weights && out) { /* PyTorch leaves the second result undefined */
        give_borrowed(c, 0, out);
        return compose_end(&k);
    }
    return compose_give_some(&k, 2, (struct tensor *[]){out, weights});
}

/* _transformer_encoder_layer_fwd(src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias,
 * use_gelu, norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1,
 * ffn_bias_1, ffn_weight_2, ffn_bias_2, mask, mask_type) */
static struct tensor *layer_norm(struct compose *k, struct tensor *x, struct tensor *weight,
                                 struct tensor *bias, double eps) {
    return RUN_IN("layer_norm", "tLttfb", x, 1, &x->sizes[x->ndim - 1], weight, bias, eps, false);
}
bool attention_encoder_layer(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *t[8];
    for (int i = 0; i < 8; i++) t[i] = arg_tensor(c, 10 + i);
    bool first = arg_bool(c, 8);
    double eps = arg_float(c, 9);
    struct tensor *y = first ? layer_norm(&k, x, t[0], t[1], eps) : x;
    if (!y) return compose_give(&k, NULL);
    struct heads h = {.query = y,
                      .key = y,
                      .value = y,
                      .width = arg_int(c, 1),
                      .count = arg_int(c, 2),
                      .qkv_weight = arg_tensor(c, 3),
                      .qkv_bias = arg_tensor(c, 4),
                      .proj_weight = arg_tensor(c, 5),
                      .proj_bias = arg_tensor(c, 6),
                      .mask = arg_tensor_or_null(c, 18),
                      .mask_type = arg_int_or(c, 19, 0)};
    if (y->ndim != 3 || h.count <= 0 || h.width % h.count)
        return compose_give(&k, (refuse(c, "expected 3-D `query`, got %d-D tensor", y->ndim), NULL));
    y = multi_head(&k, &h, NULL);
    x = RUN("add.Tensor", "ttd", y, x, 1);
    if (!first && x) x = layer_norm(&k, x, t[0], t[1], eps);
    y = first && x ? layer_norm(&k, x, t[2], t[3], eps) : x;
    y = RUN("linear", "ttt", y, t[4], t[5]);
    y = arg_bool(c, 7) ? RUN("gelu", "ts", y, "none") : RUN("relu", "t", y);
    y = RUN("linear", "ttt", y, t[6], t[7]);
    x = RUN("add.Tensor", "ttd", y, x, 1);
    if (!first && x) x = layer_norm(&k, x, t[2], t[3], eps);
    return compose_give(&k, x);
}
