/* The engine of pointwise operators: promotion, output, walk, tiles; see pointwise.h. */
#include "kernels/kernels.h"
#include "ops/pointwise/pointwise.h"
#include "tensor/promote.h"
#include <string.h>

enum { MOST_NUMBERS = 6, TILE_BYTES = CONVERT_TILE * 16 };

/* The kernels' functions that stand in for the loop; at most one is set. A binary operand has a step of 0
 * or 1. */
struct fast {
    unary_f32_fn *unary_f32;
    unary_f64_fn *unary_f64;
    binary_f32_fn *binary_f32;
    binary_f64_fn *binary_f64;
    compare_f32_fn *compare_f32;
    compare_f64_fn *compare_f64;
    param_f32_fn *param_f32;
    param_f64_fn *param_f64;
    bool any, pairs;
};

struct walk {
    const struct pointwise *op;
    struct fast fast;
    int steps[3]; /* of the inputs, in elements: 0 or 1 */
    enum compute compute;
    enum dtype out_tile; /* as which dtype the loop's results lie in its output */
    enum dtype dtypes[4];
    int inputs;
    struct tile tile;
    const char *problem;
};

static enum compute compute_type(enum dtype d) {
    return compute_for(d);
}

static void find_fast(struct fast *f, const struct kernels *k, const struct pointwise *op,
                      enum compute type) {
    uint32_t unary = op->rule >> 8 & 255, binary = op->rule >> 16 & 255, compare = op->rule >> 24;
    memset(f, 0, sizeof *f);
    f->any = k && op->rule >> 8 && (type == COMPUTE_FLOAT || type == COMPUTE_DOUBLE);
    uint32_t param = compare >= FAST_PARAM_FIRST ? compare - FAST_PARAM_FIRST + 1 : 0;
    f->pairs = f->any && !unary && !param;
    if (!f->any) return;
    bool single = type == COMPUTE_FLOAT;
    if (unary && single) f->unary_f32 = k->f32->unary[unary - 1];
    if (unary && !single) f->unary_f64 = k->f64->unary[unary - 1];
    if (binary && single) f->binary_f32 = k->f32->binary[binary - 1];
    if (binary && !single) f->binary_f64 = k->f64->binary[binary - 1];
    if (param && single) f->param_f32 = k->f32->param[param - 1];
    if (param && !single) f->param_f64 = k->f64->param[param - 1];
    if (param) return;
    if (compare && single) f->compare_f32 = k->f32->compare[compare - 1];
    if (compare && !single) f->compare_f64 = k->f64->compare[compare - 1];
}

/* One tile through the kernels or the operator's own loop. */
static void run_tile(const struct walk *w) {
    const struct tile *t = &w->tile;
    const struct fast *f = &w->fast;
    if (!f->any)
        w->op->loops[w->compute](t);
    else if (f->unary_f32)
        f->unary_f32(t->count, t->in[0], t->out);
    else if (f->unary_f64)
        f->unary_f64(t->count, t->in[0], t->out);
    else if (f->binary_f32)
        f->binary_f32(t->count, t->in[0], w->steps[0], t->in[1], w->steps[1], 1, t->out);
    else if (f->binary_f64)
        f->binary_f64(t->count, t->in[0], w->steps[0], t->in[1], w->steps[1], 1, t->out);
    else if (f->param_f32)
        f->param_f32(t->count, t->in[0], (float)t->k[0].f, (float)t->k[1].f, t->out);
    else if (f->param_f64)
        f->param_f64(t->count, t->in[0], t->k[0].f, t->k[1].f, t->out);
    else if (f->compare_f32)
        f->compare_f32(t->count, t->in[0], w->steps[0], t->in[1], w->steps[1], t->out);
    else
        f->compare_f64(t->count, t->in[0], w->steps[0], t->in[1], w->steps[1], t->out);
}

/* Loads what does not lie as the loop wants it; constant operands are loaded once a run. */
static void load_inputs(struct walk *w, char *const *data, const int64_t *strides, int64_t at, int64_t count,
                        char (*buffers)[TILE_BYTES], const bool *direct) {
    size_t size = compute_size(w->compute);
    for (int k = 0; k < w->inputs; k++) {
        const char *from = data[k + 1] + at * strides[k + 1];
        if (direct[k]) {
            w->tile.in[k] = from;
            continue;
        }
        w->tile.in[k] = buffers[k];
        if (strides[k + 1] == 0 && at > 0) continue;
        convert_run *load = convert_load[w->dtypes[k + 1]][w->compute];
        load(buffers[k], (int64_t)size, from, strides[k + 1], w->steps[k] == 0 ? 1 : count);
    }
}

static void walk_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    struct walk *w = context;
    _Alignas(64) char buffers[4][TILE_BYTES];
    bool direct[3], all = true;
    int64_t size = (int64_t)compute_size(w->compute), out_size = (int64_t)dtype_size(w->out_tile);
    bool out_direct = w->dtypes[0] == w->out_tile && (strides[0] == out_size || count == 1);
    for (int k = 0; k < w->inputs; k++) {
        direct[k] = w->dtypes[k + 1] == compute_dtype(w->compute) && (strides[k + 1] == size || count == 1);
        w->steps[k] = w->fast.pairs && strides[k + 1] == 0 && count > 1 ? 0 : 1;
        all = all && (direct[k] || w->steps[k] == 0);
    }
    int64_t step = all && out_direct ? count : CONVERT_TILE;
    for (int64_t at = 0; at < count; at += step) {
        int64_t n = count - at < step ? count - at : step;
        load_inputs(w, data, strides, at, n, buffers, direct);
        char *out = data[0] + at * strides[0];
        w->tile.out = out_direct ? out : buffers[3];
        w->tile.count = n;
        run_tile(w);
        if (!out_direct)
            convert_elements(w->dtypes[0], out, strides[0], w->out_tile, buffers[3], out_size, n);
    }
}

static bool check_dtype(struct op_call *c, const struct pointwise *op, enum dtype common) {
    if (common == DTYPE_NONE || dtype_table[common].category == DTYPE_QUANTIZED)
        return refuse(c, "\"%s\" not implemented for quantized tensors", op->name);
    bool half = common == DTYPE_FLOAT16 || common == DTYPE_BFLOAT16;
    bool missing = !op->loops[compute_type(common)] || (common == DTYPE_BOOL && (op->rule & RULE_NO_BOOL)) ||
                   (half && (op->rule & RULE_NO_HALF)) ||
                   (common == DTYPE_COMPLEX32 && (op->rule & (RULE_NO_COMPLEX_HALF | RULE_FLOAT)));
    return !missing || refuse(c, "\"%s\" not implemented for '%s'", op->name, dtype_table[common].graph_name);
}

static enum dtype result_dtype(const struct pointwise *op, enum dtype common) {
    if (op->rule & RULE_BOOL) return DTYPE_BOOL;
    return op->rule & RULE_REAL ? dtype_real(common) : common;
}

static enum dtype tile_dtype(const struct pointwise *op, enum compute compute) {
    if (op->rule & RULE_BOOL) return DTYPE_BOOL;
    if (op->rule & RULE_REAL && compute == COMPUTE_COMPLEX) return DTYPE_FLOAT64;
    return compute_dtype(compute);
}

static bool same_layout(const struct tensor *a, const struct tensor *b) {
    return a->dtype == b->dtype && a->ndim == b->ndim &&
           memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0 && tensor_is_contiguous(b);
}

/* One shape, contiguous, no conversion: the case that small networks live in. */
static struct tensor *run_plain(struct op_call *c, struct walk *w, struct tensor *const *in,
                                enum dtype result) {
    struct tensor *out = NULL;
    for (int k = 0; k < w->inputs && !out; k++)
        if (in[k]->dtype == result && arg_may_be_reused(c, in[k])) out = tensor_retain(in[k]);
    if (!out) out = tensor_new(result, in[0]->ndim, in[0]->sizes, c->cx->budget, c->err);
    if (!out) return NULL;
    w->tile.out = tensor_data(out);
    for (int k = 0; k < w->inputs; k++) w->tile.in[k] = tensor_data(in[k]);
    w->tile.count = out->numel;
    w->steps[0] = w->steps[1] = w->steps[2] = 1;
    run_tile(w);
    return out;
}

static bool is_plain(const struct walk *w, struct tensor *const *in, enum dtype result) {
    if (in[0]->dtype != compute_dtype(w->compute) || result != w->out_tile) return false;
    if (!tensor_is_contiguous(in[0])) return false;
    for (int k = 1; k < w->inputs; k++)
        if (!same_layout(in[0], in[k])) return false;
    return true;
}

/* at::assert_no_internal_overlap and assert_no_partial_overlap. */
static bool check_overlap(struct op_call *c, const struct tensor *out, const struct tensor *in) {
    if (out == in || in->storage != out->storage || out->numel == 0 || in->numel == 0) return true;
    if (!tensor_is_dense(out) || !tensor_is_dense(in)) return true;
    int64_t size = (int64_t)dtype_size(tensor_dtype(out)), in_size = (int64_t)dtype_size(tensor_dtype(in));
    int64_t a = out->offset * size, b = in->offset * in_size;
    int64_t a_end = a + out->numel * size, b_end = b + in->numel * in_size;
    if (a >= b_end || b >= a_end) return true;
    if (a == b && a_end == b_end && out->ndim == in->ndim &&
        memcmp(out->strides, in->strides, sizeof *out->strides * out->ndim) == 0)
        return true;
    return refuse(
        c, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
           "single memory location. Please clone() the tensor before performing the operation.");
}

static bool check_target(struct op_call *c, const struct walk *w, enum dtype result, struct tensor *target,
                         struct tensor *const *in) {
    if (!(w->op->rule & RULE_BOOL) && !promote_can_cast(result, tensor_dtype(target)))
        return refuse(c, "result type %s can't be cast to the desired output type %s",
                      dtype_table[result].graph_name, dtype_table[target->dtype].graph_name);
    if (tensor_overlaps_itself(target)) return refuse_overlap(c);
    for (int k = 0; k < w->inputs; k++)
        if (!check_overlap(c, target, in[k])) return false;
    return true;
}

static struct tensor *run_general(struct op_call *c, struct walk *w, struct tensor *const *in,
                                  enum dtype result, struct tensor *target) {
    struct iterate it;
    it.outputs = 1;
    it.operands = 1 + w->inputs;
    it.tensors[0] = target;
    for (int k = 0; k < w->inputs; k++) it.tensors[k + 1] = in[k];
    it.out_dtype = result;
    it.resize = c->row && (c->row->traits & OP_OUT);
    it.budget = c->cx->budget;
    if (target && !check_target(c, w, result, target, in)) return NULL;
    if (!iterate_begin(&it, c->err)) return NULL;
    for (int k = 0; k < it.operands; k++) w->dtypes[k] = tensor_dtype(it.tensors[k]);
    iterate_run(&it, walk_loop, w);
    if (target) {
        tensor_changed(target);
        return tensor_retain(target);
    }
    return it.tensors[0];
}

/* An input that may hold the result: it dies, has the result's dtype, and the others are of its shape or one
 * number. */
static struct tensor *dying_target(struct op_call *c, const struct walk *w, struct tensor *const *in,
                                   enum dtype result) {
    for (int k = 0; c->dying && k < w->inputs; k++) {
        if (in[k]->dtype != result || in[k]->ndim == 0 || !tensor_is_contiguous(in[k])) continue;
        bool covers = true;
        for (int i = 0; i < w->inputs; i++)
            covers = covers && (in[i]->ndim == 0 || same_layout(in[i], in[k]));
        if (covers && arg_may_be_reused(c, in[k])) return in[k];
    }
    return NULL;
}

struct tensor *pointwise_run_as(struct op_call *c, const struct pointwise *op, enum dtype common,
                                struct tensor *const *in, const struct number *k, struct tensor *target) {
    if (op->rule & RULE_FLOAT && common != DTYPE_NONE && dtype_is_integral(common, true))
        common = DTYPE_FLOAT32;
    if (!check_dtype(c, op, common)) return NULL;
    struct walk w;
    w.op = op;
    w.inputs = op->inputs;
    w.compute = compute_type(common);
    w.out_tile = tile_dtype(op, w.compute);
    w.problem = NULL;
    w.tile.k = k;
    w.tile.problem = &w.problem;
    find_fast(&w.fast, c->cx->kernels, op, w.compute);
    enum dtype result = result_dtype(op, common);
    bool plain = !target && is_plain(&w, in, result);
    if (!target && !plain) target = dying_target(c, &w, in, result);
    struct tensor *out = plain ? run_plain(c, &w, in, result) : run_general(c, &w, in, result, target);
    if (out && w.problem) {
        refuse(c, "%s", w.problem);
        tensor_release(out);
        return NULL;
    }
    return out;
}

struct tensor *pointwise_run(struct op_call *c, const struct pointwise *op, struct tensor *const *in,
                             const struct number *k, struct tensor *target) {
    enum dtype common = op->inputs == 1 ? tensor_dtype(in[0]) : DTYPE_NONE;
    if (common == DTYPE_NONE) {
        bool same = !(in[0]->flags & TENSOR_WRAPPED_NUMBER);
        for (int i = 1; i < op->inputs; i++)
            same = same && in[i]->dtype == in[0]->dtype && !(in[i]->flags & TENSOR_WRAPPED_NUMBER);
        common = same ? tensor_dtype(in[0]) : promote_tensors(op->inputs, in);
    }
    return pointwise_run_as(c, op, common, in, k, target);
}

bool pointwise_call_with(struct op_call *c, const struct pointwise *op, const struct number *k) {
    struct wrapped wrapped[3];
    struct tensor *in[3];
    for (int i = 0; i < op->inputs; i++) in[i] = arg_operand(c, i, &wrapped[i]);
    return give_tensor(c, pointwise_run(c, op, in, k, call_target(c)));
}

bool pointwise_call(struct op_call *c, const struct pointwise *op, int numbers) {
    struct number k[MOST_NUMBERS] = {{0}};
    for (int i = 0; i < numbers; i++) k[i] = arg_number(c, op->inputs + i);
    return pointwise_call_with(c, op, k);
}
