/* Convolutions by the packed kernels: float32, one or two dimensions. Weights are packed for a shape of input
 * once and kept at the place in the program; normalisation, residual and activation behind come with it. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/prepared.h"
#include "ops/conv/conv.h"
#include "ops/fusion.h"
#include "ops/linear/product.h"
#include <math.h>
#include <string.h>

enum { WEIGHT = 1 << 1 /* its place among the arguments */ };

struct packed_run {
    const struct conv_kernels *kernels;
    struct conv_plan plan;
    struct conv_operands operands;
    _Atomic bool failed;
};

static void packed_range(void *context, int64_t begin, int64_t end) {
    struct packed_run *r = context;
    void *workspace = mem_alloc_aligned(r->plan.workspace + 64);
    if (workspace)
        r->kernels->run(&r->plan, &r->operands, workspace, begin, end);
    else
        r->failed = true;
    mem_free_aligned(workspace);
}

static struct conv_shape shape_of(const struct convolution *v) {
    return (struct conv_shape){.batch = v->n,
                               .in_channels = v->in_channels,
                               .out_channels = v->out_channels,
                               .groups = v->groups,
                               .in_h = v->in[1],
                               .in_w = v->in[2],
                               .out_h = v->out[1],
                               .out_w = v->out[2],
                               .kernel_h = v->kernel[1],
                               .kernel_w = v->kernel[2],
                               .stride_h = v->stride[1],
                               .stride_w = v->stride[2],
                               .dilation_h = v->dilation[1],
                               .dilation_w = v->dilation[2],
                               .pad_h = v->padding[1],
                               .pad_w = v->padding[2]};
}

/* Weights packed for one shape of input, a normalisation folded in; kept with the place in the program while
 * what they were made from is steady. */
struct packed_key {
    struct conv_shape shape;
    int64_t threads;
    double eps;
};
struct packed_weights {
    struct conv_plan plan;
    const float *bias; /* NULL: the call's own */
    _Alignas(64) float weights[];
};
_Static_assert(sizeof(struct packed_key) <= PREPARED_KEY, "a key's room");

enum { NORM_TENSORS = 4, SOURCES = 2 + NORM_TENSORS }; /* weight, bias; gamma, beta, mean, variance */

/* y = (conv(x) + b - mean) / sqrt(var + eps) * gamma + beta, as a convolution with other weights and bias. */
static void fold_norm(const struct convolution *v, struct tensor *const *norm, double eps, float *weights,
                      float *bias) {
    const float *from = tensor_data(v->weight), *own = v->bias ? tensor_data(v->bias) : NULL;
    const float *part[NORM_TENSORS];
    int64_t size = v->weight->numel / v->out_channels;
    for (int i = 0; i < NORM_TENSORS; i++) part[i] = norm[i] ? tensor_data(norm[i]) : NULL;
    for (int64_t o = 0; o < v->out_channels; o++) {
        double scale = (part[0] ? (double)part[0][o] : 1) / sqrt((double)part[3][o] + eps);
        bias[o] = (float)((part[1] ? (double)part[1][o] : 0) +
                          ((own ? (double)own[o] : 0) - (double)part[2][o]) * scale);
        for (int64_t i = 0; i < size; i++)
            weights[o * size + i] = (float)((double)from[o * size + i] * scale);
    }
}

static bool pack_folded(struct op_call *c, const struct convolution *v, struct tensor *const *norm,
                        double eps, struct packed_weights *packed) {
    float *bias = packed->weights + packed->plan.packed_count;
    float *weights = mem_alloc((size_t)v->weight->numel * sizeof *weights);
    if (!weights) return error_memory(c->err);
    fold_norm(v, norm, eps, weights, bias);
    call_kernels(c)->conv->pack(&packed->plan, weights, packed->weights);
    packed->bias = bias;
    mem_free(weights);
    return true;
}

static struct prepared *pack_weights(struct op_call *c, const struct convolution *v,
                                     struct tensor *const *sources, const struct packed_key *key) {
    const struct conv_kernels *kernels = call_kernels(c)->conv;
    struct conv_plan plan = kernels->plan(&key->shape, CONV_AUTO, CONV_WINOGRAD_UP_TO_2, (int)key->threads);
    size_t floats = (size_t)(plan.packed_count + v->out_channels);
    struct prepared *p = prepared_new(c, sources, SOURCES, key, sizeof *key,
                                      sizeof(struct packed_weights) + floats * sizeof(float) + 64);
    if (!p) return NULL;
    struct packed_weights *packed = p->data;
    packed->plan = plan;
    packed->bias = NULL;
    if (!c->fusion || c->fusion->norm < 0) {
        kernels->pack(&plan, tensor_data(v->weight), packed->weights);
    } else if (!pack_folded(c, v, sources + 2, key->eps, packed)) {
        prepared_done(p);
        return NULL;
    }
    return p;
}

/* The tensors that the packed weights are made from. */
static uint32_t find_sources(const struct op_call *c, const struct convolution *v, struct tensor **sources) {
    uint32_t arguments = WEIGHT;
    for (int i = 0; i < SOURCES; i++) sources[i] = NULL;
    sources[0] = v->weight;
    if (v->weight->storage != arg_tensor(c, 1)->storage) return UINT32_MAX; /* a copy of this call's own */
    if (!c->fusion || c->fusion->norm < 0) return arguments;
    sources[1] = v->bias;
    for (int i = 0; i < NORM_TENSORS; i++) {
        sources[2 + i] = arg_tensor_or_null(c, c->fusion->norm + i);
        arguments |= UINT32_C(1) << (c->fusion->norm + i);
    }
    return arguments;
}

bool conv_run_packed(struct op_call *c, const struct convolution *v, struct tensor *out,
                     const struct tensor *bias) {
    const struct op_fusion *fusion = c->fusion;
    struct packed_key key = {shape_of(v), pool_threads(c->cx->pool), 0};
    if (fusion && fusion->norm >= 0) key.eps = arg_float(c, fusion->norm + 6);
    struct packed_run r = {.kernels = call_kernels(c)->conv};
    struct tensor *sources[SOURCES];
    uint32_t arguments = find_sources(c, v, sources);
    struct prepared *p = prepared_find(c, sources, SOURCES, &key, sizeof key);
    if (!p) {
        p = pack_weights(c, v, sources, &key);
        if (!p) return false;
        if (prepared_worth(c, arguments)) prepared_keep(c, p);
    }
    const struct packed_weights *packed = p->data;
    r.plan = packed->plan;
    r.operands = (struct conv_operands){.in = tensor_data(v->input),
                                        .weight_packed = packed->weights,
                                        .out = tensor_data(out),
                                        .bias = packed->bias ? packed->bias
                                                : bias       ? tensor_data(bias)
                                                             : NULL,
                                        .activation = fusion ? fusion->activation : UNARY_IDENTITY};
    if (fusion && fusion->residual >= 0) r.operands.residual = tensor_data(arg_tensor(c, fusion->residual));
    pool_run(c->cx->pool, r.plan.tasks, packed_range, &r);
    prepared_done(p);
    return !r.failed || error_memory(c->err);
}

static bool is_plain_vector(const struct tensor *t, int64_t count) {
    return t->dtype == DTYPE_FLOAT32 && t->layout == LAYOUT_STRIDED && t->numel == count &&
           tensor_is_contiguous(t);
}

/* Whether the rest of the chain can be done here. */
bool conv_fusion_fits(const struct op_call *c, const struct convolution *v, int ndim, const int64_t *sizes) {
    const struct op_fusion *f = c->fusion;
    if (v->input->numel == 0 || v->weight->numel == 0) return false;
    for (int i = 0; f->norm >= 0 && i < NORM_TENSORS; i++) {
        const struct tensor *t = arg_tensor_or_null(c, f->norm + i);
        if (t ? !is_plain_vector(t, v->out_channels) : i >= 2) return false;
    }
    if (f->residual < 0) return true;
    const struct tensor *t = arg_tensor(c, f->residual);
    return t->dtype == DTYPE_FLOAT32 && t->layout == LAYOUT_STRIDED && t->ndim == ndim &&
           !memcmp(t->sizes, sizes, (size_t)ndim * sizeof *sizes) && tensor_is_contiguous(t);
}
