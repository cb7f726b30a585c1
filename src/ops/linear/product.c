/* Batched matrix products; see product.h.
 *
 * float32 and float64 go to the packed kernels with the tensors' own strides; half and bfloat16 through
 * float32; integers and complex numbers have a plain loop. */
#include "ops/linear/product.h"
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/prepared.h"
#include "ops/fusion.h"
#include "ops/view/geometry.h"
#include <complex.h>
#include <string.h>
#undef complex

typedef double _Complex complex_double;

const struct kernels *call_kernels(const struct op_call *c) {
    return c->cx->kernels ? c->cx->kernels : kernels_best();
}

static int64_t batch_stride(const struct tensor *t) {
    return t->sizes[0] == 1 ? 0 : t->strides[0];
}

/* Whether this operand is (a view of) an argument that will likely come again. */
static bool is_steady(const struct op_call *c, const struct tensor *b) {
    for (int i = 0; c->cache && i < c->arg_count && i < 32; i++)
        if (c->steady >> i & 1 && c->args[i].tag == VALUE_TENSOR && c->args[i].tensor->storage == b->storage)
            return true;
    return false;
}

/* A steady right operand is packed once, and kept; NULL: it is read as it is. */
#define PACK_B(suffix, real)                                                                              \
    static struct prepared *packed_##suffix(struct op_call *c, const struct tensor *b,                    \
                                            const struct gemm_kernels_##suffix *kernels) {                \
        if (b->sizes[0] != 1 || !b->numel || !is_steady(c, b)) return NULL;                               \
        struct tensor *source = (struct tensor *)(uintptr_t)b;                                            \
        struct prepared *p = prepared_find(c, &source, 1, #suffix, sizeof #suffix);                       \
        if (p) return p;                                                                                  \
        size_t count = (size_t)kernels->pack_b_count(b->sizes[1], b->sizes[2]);                           \
        p = prepared_new(c, &source, 1, #suffix, sizeof #suffix, count * sizeof(real) + 64);              \
        if (!p) return NULL;                                                                              \
        kernels->pack_b(b->sizes[1], b->sizes[2], tensor_data(b), b->strides[1], b->strides[2], p->data); \
        prepared_keep(c, p);                                                                              \
        return p;                                                                                         \
    }
PACK_B(f32, float)
PACK_B(f64, double)

/* The rest of a chain (ops/fusion.h): float32 alone. */
static void add_chain_f32(struct op_call *c, const struct tensor *b, struct gemm_epilogue_f32 *epilogue) {
    if (!c->fusion) return;
    epilogue->activation = c->fusion->activation;
    if (c->fusion->residual < 0) return;
    epilogue->residual = tensor_data(arg_tensor(c, c->fusion->residual));
    epilogue->residual_row = b->sizes[2];
    epilogue->residual_col = 1;
}
static void add_chain_f64(struct op_call *c, const struct tensor *b, struct gemm_epilogue_f64 *epilogue) {
    (void)c, (void)b, (void)epilogue;
}

#define RUN_GEMM(suffix, real)                                                                        \
    struct gemm_run_##suffix {                                                                        \
        const struct gemm_kernels_##suffix *kernels;                                                  \
        struct gemm_##suffix g;                                                                       \
        struct gemm_plan plan;                                                                        \
        struct op_call *call;                                                                         \
        _Atomic bool failed;                                                                          \
    };                                                                                                \
    static void gemm_range_##suffix(void *context, int64_t begin, int64_t end) {                      \
        struct gemm_run_##suffix *r = context;                                                        \
        void *workspace = mem_alloc_aligned(r->plan.workspace + 64);                                  \
        if (workspace)                                                                                \
            r->kernels->run(&r->g, &r->plan, workspace, begin, end);                                  \
        else                                                                                          \
            r->failed = true;                                                                         \
        mem_free_aligned(workspace);                                                                  \
    }                                                                                                 \
    static bool gemm_call_##suffix(struct op_call *c, const struct tensor *a, const struct tensor *b, \
                                   const struct tensor *bias, struct tensor *out) {                   \
        struct gemm_run_##suffix r = {.kernels = call_kernels(c)->gemm_##suffix, .call = c};          \
        r.g = (struct gemm_##suffix){.m = a->sizes[1],                                                \
                                     .n = b->sizes[2],                                                \
                                     .k = a->sizes[2],                                                \
                                     .batch = out->sizes[0],                                          \
                                     .a = tensor_data(a),                                             \
                                     .a_row = a->strides[1],                                          \
                                     .a_col = a->strides[2],                                          \
                                     .a_batch = batch_stride(a),                                      \
                                     .b = tensor_data(b),                                             \
                                     .b_row = b->strides[1],                                          \
                                     .b_col = b->strides[2],                                          \
                                     .b_batch = batch_stride(b),                                      \
                                     .c = tensor_data(out),                                           \
                                     .c_row = out->strides[1],                                        \
                                     .c_col = out->strides[2],                                        \
                                     .c_batch = out->strides[0],                                      \
                                     .alpha = 1};                                                     \
        r.g.epilogue.bias_col = bias ? (const real *)tensor_data(bias) : NULL;                        \
        add_chain_##suffix(c, b, &r.g.epilogue);                                                      \
        struct prepared *packed = packed_##suffix(c, b, r.kernels);                                   \
        if (packed) r.g.b_packed = packed->data;                                                      \
        r.plan = r.kernels->plan(&r.g, pool_threads(c->cx->pool));                                    \
        pool_run(c->cx->pool, r.plan.tasks, gemm_range_##suffix, &r);                                 \
        prepared_done(packed);                                                                        \
        return !r.failed || error_memory(c->err);                                                     \
    }
RUN_GEMM(f32, float)
RUN_GEMM(f64, double)

/* Plain loops; operands have their compute type already. */
#define PLAIN_PRODUCT(name, T, add)                                                        \
    static void name(const struct tensor *a, const struct tensor *b, struct tensor *out) { \
        int64_t m = a->sizes[1], n = b->sizes[2], k = a->sizes[2];                         \
        for (int64_t t = 0; t < out->sizes[0]; t++) {                                      \
            const T *x = (const T *)tensor_data(a) + t * batch_stride(a);                  \
            const T *y = (const T *)tensor_data(b) + t * batch_stride(b);                  \
            T *o = (T *)tensor_data(out) + t * out->strides[0];                            \
            memset(o, 0, sizeof *o *(size_t)(m * n));                                      \
            for (int64_t i = 0; i < m; i++)                                                \
                for (int64_t p = 0; p < k; p++) {                                          \
                    T left = x[i * a->strides[1] + p * a->strides[2]];                     \
                    for (int64_t j = 0; j < n; j++) {                                      \
                        T right = y[p * b->strides[1] + j * b->strides[2]];                \
                        add;                                                               \
                    }                                                                      \
                }                                                                          \
        }                                                                                  \
    }
PLAIN_PRODUCT(product_int, uint64_t, o[i * n + j] += left * right)
PLAIN_PRODUCT(product_complex, complex_double, o[i * n + j] += left * right)

static bool run_product(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias,
                        struct tensor *out) {
    switch (out->dtype) {
    case DTYPE_FLOAT32: return gemm_call_f32(c, a, b, bias, out);
    case DTYPE_FLOAT64: return gemm_call_f64(c, a, b, bias, out);
    case DTYPE_INT64: product_int(a, b, out); return true;
    default: product_complex(a, b, out); return true;
    }
}

static struct tensor *contiguous_vector(struct op_call *c, struct tensor *bias, enum dtype d) {
    struct tensor *converted = tensor_convert(bias, d, c->cx->budget, c->err);
    struct tensor *whole = converted ? tensor_contiguous(converted, c->cx->budget, c->err) : NULL;
    tensor_release(converted);
    return whole;
}

/* Operands in the compute type of their dtype, product, and back. */
static struct tensor *product_in(struct op_call *c, enum dtype work, struct tensor *a, struct tensor *b,
                                 struct tensor *bias) {
    int64_t batch = a->sizes[0] == 1 ? b->sizes[0] : a->sizes[0];
    struct tensor *out = call_new(c, work, 3, (int64_t[]){batch, a->sizes[1], b->sizes[2]});
    struct tensor *left = tensor_convert(a, work, c->cx->budget, c->err);
    struct tensor *right = tensor_convert(b, work, c->cx->budget, c->err);
    bool plain = work == DTYPE_INT64 || work == DTYPE_COMPLEX128;
    struct tensor *row = bias && !plain ? contiguous_vector(c, bias, work) : NULL;
    bool good = out && left && right && (!bias || plain || row);
    good = good && (out->numel == 0 || run_product(c, left, right, row, out));
    if (good && bias && plain) {
        struct number one = {.tag = VALUE_INT, .i = 1, .f = 1, .z = {1, 0}};
        out = product_add(c, bias, one, one, out, work);
    }
    release_tensors((struct tensor *[]){left, right, row}, 3);
    if (good) return out;
    tensor_release(out);
    return NULL;
}

static struct tensor *unrounded(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias) {
    enum dtype d = tensor_dtype(a);
    if (d != DTYPE_BOOL) return product_in(c, compute_dtype(compute_for(d)), a, b, bias);
    refuse(c, "\"addmm_impl_cpu_\" not implemented for 'Bool'");
    return NULL;
}

struct tensor *product_unrounded(struct op_call *c, struct tensor *a, struct tensor *b) {
    return unrounded(c, a, b, NULL);
}

struct tensor *product_batched(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias) {
    struct tensor *out = unrounded(c, a, b, bias), *back;
    if (!out || out->dtype == a->dtype) return out;
    back = tensor_convert(out, tensor_dtype(a), c->cx->budget, c->err);
    tensor_release(out);
    return back;
}

struct tensor *product_batch_of_one(struct op_call *c, struct tensor *t) {
    return tensor_unsqueeze(c, t, 0);
}

struct tensor *product_of(struct op_call *c, struct tensor *a, struct tensor *b, struct tensor *bias) {
    struct tensor *left = product_batch_of_one(c, a), *right = product_batch_of_one(c, b);
    struct tensor *out = left && right ? product_batched(c, left, right, bias) : NULL;
    struct tensor *matrix = out ? tensor_select(c, out, 0, 0) : NULL;
    release_tensors((struct tensor *[]){left, right, out}, 3);
    return matrix;
}
