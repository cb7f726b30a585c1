/* Multi-head attention as one operator, and the encoder layer's fast path
 * (aten/src/ATen/native/transformers/attention.cpp, transformer.cpp). */
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

struct heads {
    struct tensor *query, *key, *value, *qkv_weight, *qkv_bias, *proj_weight, *proj_bias, *mask;
    int64_t width, count;
    bool need_weights, average;
};

enum mask_type { MASK_SOURCE, MASK_PADDING, MASK_WHOLE }; /* [L, L], [B, L], [B, heads, L, L] */

/* --- checks --- */

static bool check_inputs(struct op_call *c, const struct heads *h) {
    const struct tensor *all[] = {h->query, h->key, h->value};
    static const char *const names[] = {"query", "key", "value"};
    for (int i = 0; i < 3; i++) {
        if (all[i]->ndim != 3) return refuse(c, "expected 3-D `%s`, got %d-D tensor", names[i], all[i]->ndim);
        if (i == 0 && h->query->sizes[2] != h->width)
            return refuse(c, "passed-in embed_dim %lld didn't match last dim of query %lld",
                          (long long)h->width, (long long)h->query->sizes[2]);
    }
    for (int i = 1; i < 3; i++)
        if (memcmp(all[i]->sizes, h->query->sizes, 3 * sizeof *h->query->sizes) != 0)
            return refuse(c, "expected `query`/`key`/`value` shapes to match");
    return true;
}

static bool check_weights(struct op_call *c, const struct heads *h) {
    const struct tensor *w = h->qkv_weight, *b = h->qkv_bias;
    int64_t wide;
    if (__builtin_mul_overflow(h->width, 3, &wide)) return refuse(c, "embed_dim is too large");
    if (w->ndim != 2) return refuse(c, "expected 2-D `qkv_weight`, got %d-D tensor", w->ndim);
    if (w->sizes[0] != wide) return refuse(c, "expected `qkv_weight` first dim to be 3x embed_dim");
    if (w->sizes[1] != h->width) return refuse(c, "expected `qkv_weight` second dim to be embed_Dim");
    if (b->ndim != 1) return refuse(c, "expected 1-D `qkv_bias`, got %d-D tensor", b->ndim);
    if (b->sizes[0] != wide)
        return refuse(c, "expected `qkv_bias` first dim and first dim of query to be equal");
    if (h->count <= 0 || h->width % h->count)
        return refuse(c, "`embed_dim` must divide evenly by `num_heads`");
    return check_dtype(c, h->query, SET_REALS, "transform_bias_rescale_qkv");
}

/* The mask as [B or 1, heads or 1, L or 1, L] of booleans: what is hidden. */
static bool check_mask(struct compose *k, struct heads *h, int type_at) {
    static const char *const shapes[] = {"be (L, L)", "be (B, L)", "match input shape"};
    struct op_call *c = k->c;
    struct tensor *m = h->mask;
    if (!m) return true;
    if (arg_none(c, type_at)) return refuse(c, "Mask Type should be defined");
    int64_t type = arg_int(c, type_at), batch = h->query->sizes[0], length = h->query->sizes[1];
    if (type < MASK_SOURCE || type > MASK_WHOLE)
        return refuse(c, "Mask Type should be 0 (src_mask) or 1 (src_key_padding_mask), or 2 (default_mask)");
    int64_t scores[4] = {batch, h->count, length, length};
    int64_t small[4] = {type == MASK_PADDING ? batch : 1, 1, type == MASK_PADDING ? 1 : length, length};
    bool whole = m->ndim == 4 && memcmp(m->sizes, scores, sizeof scores) == 0;
    bool fits = whole || (type != MASK_WHOLE && m->ndim == 2 && m->sizes[1] == length &&
                          m->sizes[0] == (type == MASK_SOURCE ? length : batch));
    if (!fits)
        return refuse(c, "For mask_type == %d mask shape should %s", (int)(m->ndim == 2 ? type : MASK_WHOLE),
                      shapes[m->ndim == 2 ? type : MASK_WHOLE]);
    m = compose_own(k, tensor_convert(m, DTYPE_BOOL, c->cx->budget, c->err));
    h->mask = m ? RUN("reshape", "tL", m, 4, whole ? scores : small) : NULL;
    return !k->failed;
}

/* --- the layer --- */

/* x @ weight[part].T + bias[part], as [B, heads, L, width / heads]. */
static struct tensor *project(struct compose *k, const struct heads *h, struct tensor *x, int part) {
    struct tensor *w = compose_own(k, tensor_narrow(k->c, h->qkv_weight, 0, part * h->width, h->width));
    struct tensor *b = compose_own(k, tensor_narrow(k->c, h->qkv_bias, 0, part * h->width, h->width));
    if (b) b = compose_own(k, tensor_convert(b, tensor_dtype(x), k->c->cx->budget, k->c->err));
    bool narrow =
        SET_HALVES >> x->dtype & 1; /* the bias comes after a rounding (transform_bias_rescale_qkv) */
    struct tensor *y = RUN("linear", "ttt", x, w, narrow ? NULL : b);
    if (narrow) y = RUN("add.Tensor", "ttd", y, b, 1);
    int64_t sizes[4] = {x->sizes[0], x->sizes[1], h->count, h->width / h->count};
    y = RUN("reshape", "tL", y, 4, sizes);
    return RUN("transpose.int", "tdd", y, 1, 2);
}

static struct tensor *attend(struct compose *k, const struct heads *h, struct tensor **weights) {
    struct tensor *q = project(k, h, h->query, 0), *key = project(k, h, h->key, 1),
                  *v = project(k, h, h->value, 2);
    int64_t one = 1;
    if (!h->mask && !h->need_weights)
        return RUN("scaled_dot_product_attention", "tttnfb", q, key, v, 0.0, false);
    q = RUN("mul.Scalar", "tf", q, 1 / sqrt((double)(h->width / h->count)));
    key = RUN("transpose.int", "tdd", key, 2, 3);
    struct tensor *scores = RUN("matmul", "tt", q, key);
    if (h->mask) scores = RUN("masked_fill.Scalar", "ttf", scores, h->mask, -(double)INFINITY);
    struct tensor *p = RUN("softmax.int", "td", scores, -1);
    if (h->need_weights) *weights = h->average ? RUN("mean.dim", "tLb", p, 1, &one, false) : p;
    return RUN("matmul", "tt", p, v);
}

static struct tensor *multi_head(struct compose *k, const struct heads *h, struct tensor **weights) {
    int64_t sizes[3] = {h->query->sizes[0], h->query->sizes[1], h->width};
    struct tensor *out = attend(k, h, weights);
    out = RUN("transpose.int", "tdd", out, 1, 2);
    out = RUN("reshape", "tL", out, 3, sizes);
    return RUN("linear", "ttt", out, h->proj_weight, h->proj_bias);
}

/* (query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, need_weights,
 * average, mask_type) -> (out, weights, which PyTorch leaves undefined where they are not asked for) */
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
                      .average = arg_bool(c, 11)};
    struct tensor *weights = NULL;
    if (!check_inputs(c, &h) || !check_weights(c, &h) || !check_mask(&k, &h, 12))
        return compose_refused(&k, false);
    struct tensor *out = multi_head(&k, &h, &weights);
    if (weights && h.query->numel > 0) return compose_give_some(&k, 2, (struct tensor *[]){out, weights});
    if (out && !k.failed) give_borrowed(c, 0, out);
    return compose_end(&k);
}

/* --- _transform_bias_rescale_qkv(qkv [B, T, 3 D], qkv_bias, num_heads): queries, keys and values with their
 * bias, as [B, heads, T, D / heads]; the queries scaled. What lies beyond three dimensions is not read. ---
 */

static bool check_qkv(struct op_call *c, const struct tensor *qkv, const struct tensor *bias, int64_t heads) {
    int64_t dim = 2;
    const char *wrong = NULL;
    if (!wrap_dim(c, &dim, qkv->ndim)) return false;
    if (bias->numel < qkv->sizes[2]) return refuse(c, "_transform_bias_rescale_qkv: the bias is too short");
    if (qkv->sizes[2] % 3)
        wrong = "_3D % 3 == 0";
    else if (heads <= 0 || qkv->sizes[2] / 3 % heads)
        wrong = "D % num_head == 0";
    return check_expected(c, !wrong, wrong);
}

/* The first elements of t in this shape. */
static struct tensor *leading(struct compose *k, struct tensor *t, int ndim, const int64_t *sizes) {
    struct op_call *c = k->c;
    int64_t count = 1;
    for (int i = 0; i < ndim; i++) count *= sizes[i];
    if (count > t->numel) {
        refuse(c, "_transform_bias_rescale_qkv: qkv is too small");
        return NULL;
    }
    struct tensor *flat = compose_own(k, tensor_reshape(c, t, 1, &t->numel));
    if (flat) flat = compose_own(k, tensor_narrow(c, flat, 0, 0, count));
    return flat ? compose_own(k, tensor_reshape(c, flat, ndim, sizes)) : NULL;
}

bool attention_split_qkv(struct op_call *c) {
    struct compose all = compose_start(c), *const k = &all;
    struct tensor *qkv = arg_tensor(c, 0), *bias = arg_tensor(c, 1), *part[3];
    int64_t heads = arg_int(c, 2);
    if (!check_qkv(c, qkv, bias, heads) || !check_dtype(c, qkv, SET_REALS, "transform_bias_rescale_qkv"))
        return false;
    int64_t width = qkv->sizes[2] / 3, sizes[4] = {qkv->sizes[0], qkv->sizes[1], heads, width / heads};
    bias = leading(k, bias, 1, &qkv->sizes[2]);
    qkv = bias ? leading(k, qkv, 3, qkv->sizes) : NULL;
    if (!qkv) return compose_refused(k, false);
    for (int i = 0; i < 3; i++) {
        struct tensor *x = compose_own(k, tensor_narrow(c, qkv, 2, i * width, width)),
                      *b = compose_own(k, tensor_narrow(c, bias, 0, i * width, width));
        x = RUN("add.Tensor", "ttd", x, b, 1);
        if (i == 0) x = RUN("mul.Scalar", "tf", x, 1 / sqrt((double)(width / heads)));
        x = RUN("reshape", "tL", x, 4, sizes);
        part[i] = RUN("transpose_copy.int", "tdd", x, 1, 2);
    }
    return compose_give_some(k, 3, part);
}

/* --- the encoder layer --- */

static struct tensor *layer_norm(struct compose *k, struct tensor *x, struct tensor *const *parameters,
                                 double eps) {
    if (!x) return NULL;
    return RUN("layer_norm", "tLttfb", x, 1, &x->sizes[x->ndim - 1], parameters[0], parameters[1], eps,
               false);
}

/* Two linear layers with an activation between them. */
static struct tensor *feed_forward(struct compose *k, struct tensor *x, struct tensor *const *parameters,
                                   bool gelu) {
    struct tensor *y = RUN("linear", "ttt", x, parameters[0], parameters[1]);
    y = gelu ? RUN("gelu", "ts", y, "none") : RUN("relu", "t", y);
    return RUN("linear", "ttt", y, parameters[2], parameters[3]);
}

/* _transformer_encoder_layer_fwd(src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias,
 * use_gelu, norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1,
 * ffn_bias_1, ffn_weight_2, ffn_bias_2, mask, mask_type) */
bool attention_encoder_layer(struct op_call *c) {
    struct compose all = compose_start(c), *const k = &all;
    struct tensor *x = arg_tensor(c, 0), *t[8], *unused = NULL;
    if (x->numel == 0) return give_borrowed(c, 0, x);
    for (int i = 0; i < 8; i++) t[i] = arg_tensor(c, 10 + i);
    bool first = arg_bool(c, 8);
    double eps = arg_float(c, 9);
    struct tensor *y = x->ndim > 0 && first ? layer_norm(k, x, t, eps) : x;
    if (!y) return compose_give(k, NULL);
    struct heads h = {.query = y,
                      .key = y,
                      .value = y,
                      .width = arg_int(c, 1),
                      .count = arg_int(c, 2),
                      .qkv_weight = arg_tensor(c, 3),
                      .qkv_bias = arg_tensor(c, 4),
                      .proj_weight = arg_tensor(c, 5),
                      .proj_bias = arg_tensor(c, 6),
                      .mask = arg_tensor_or_null(c, 18)};
    if (!check_inputs(c, &h) || !check_weights(c, &h) || !check_mask(k, &h, 19))
        return compose_refused(k, false);
    y = multi_head(k, &h, &unused);
    x = RUN("add.Tensor", "ttd", y, x, 1);
    if (!first) x = layer_norm(k, x, t, eps);
    y = first ? layer_norm(k, x, t + 2, eps) : x;
    y = feed_forward(k, y, t + 4, arg_bool(c, 7));
    x = RUN("add.Tensor", "ttd", y, x, 1);
    return compose_give(k, first ? x : layer_norm(k, x, t + 2, eps));
}
