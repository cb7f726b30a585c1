/* attention.h: scaled dot-product attention of float, out = softmax(scale * Q K^T + mask) V for each head. */
#ifndef KERNELS_ATTENTION_H
#define KERNELS_ATTENTION_H

#include "kernels/gemm.h"

/* Where an operand's rows lie: element (batch, head, row, i) is base[batch * b + head * h + row * r + i]. */
struct attention_layout {
    int64_t batch, head, row;
};

struct attention_f32 {
    int64_t batch, heads, queries, keys;
    int64_t width, value_width; /* of a query or key, of a value */
    int64_t key_heads; /* divides heads: so many heads share a key and value head; equal to heads as a rule */
    const float *q, *k, *v;
    struct attention_layout q_at, k_at, v_at;
    float *out; /* [.., queries, value_width] */
    struct attention_layout out_at;
    const float *mask; /* added to the scores, or null: element [batch][head][query][key], -inf hides */
    struct attention_layout mask_at; /* 0 where the mask is shared */
    int64_t mask_column;             /* 1, or 0 for a mask that is the same for all keys */
    bool causal;                     /* query i sees keys 0 to i */
    float scale;
};

struct attention_plan {
    int64_t tasks;
    size_t workspace; /* bytes for each worker, 64-byte aligned */
    int64_t rows;     /* queries in work at a time */
};

struct attention_kernels {
    struct attention_plan (*plan_f32)(const struct attention_f32 *a, int threads);
    /* A query that sees no key at all gives zeros, as PyTorch's does. */
    void (*run_f32)(const struct attention_f32 *a, const struct attention_plan *plan, void *workspace,
                    int64_t begin, int64_t end);
};

#endif
