/* Attention against plain loops in double: sizes around the tiles, masks of every sharing, causal, shared key
 * heads. */
#include "kernels_test.h"

static const char *isa;

static const float *place(const float *base, struct attention_layout at, int64_t b, int64_t h, int64_t r) {
    return base + b * at.batch + h * at.head + r * at.row;
}

static double score(const struct attention_f32 *a, int64_t b, int64_t h, int64_t i, int64_t j) {
    const float *q = place(a->q, a->q_at, b, h, i),
                *k = place(a->k, a->k_at, b, h / (a->heads / a->key_heads), j);
    double sum = 0;
    if (a->causal && j > i) return -INFINITY;
    for (int64_t e = 0; e < a->width; e++) sum += (double)q[e] * (double)k[e];
    sum *= (double)a->scale;
    return a->mask ? sum + (double)place(a->mask, a->mask_at, b, h, i)[j * a->mask_column] : sum;
}

static double worst_row(const struct attention_f32 *a, int64_t b, int64_t h, int64_t i) {
    double top = -INFINITY, sum = 0, worst = 0, *weight = room((size_t)a->keys * 8);
    for (int64_t j = 0; j < a->keys; j++) top = fmax(top, weight[j] = score(a, b, h, i, j));
    for (int64_t j = 0; j < a->keys; j++) sum += weight[j] = isinf(top) ? 0 : exp(weight[j] - top);
    for (int64_t e = 0; e < a->value_width; e++) {
        double want = 0;
        for (int64_t j = 0; j < a->keys; j++)
            want += weight[j] * (double)place(a->v, a->v_at, b, h / (a->heads / a->key_heads), j)[e];
        want = sum > 0 ? want / sum : 0;
        double off = fabs(want - (double)place(a->out, a->out_at, b, h, i)[e]);
        worst = off <= worst ? worst : off;
    }
    free(weight);
    return worst;
}

static void test_one(const struct kernels *k, struct attention_f32 a, int mask, uint64_t *state) {
    int64_t q_width = a.heads * a.width, v_width = a.key_heads * a.value_width,
            k_width = a.key_heads * a.width;
    /* queries and results as [batch][row][head][..], keys and values as [batch][head][row][..] */
    a.q_at = (struct attention_layout){a.queries * q_width, a.width, q_width};
    a.k_at = (struct attention_layout){a.keys * k_width, a.keys * a.width, a.width};
    a.v_at = (struct attention_layout){a.keys * v_width, a.keys * a.value_width, a.value_width};
    a.out_at = (struct attention_layout){a.queries * a.heads * a.value_width, a.value_width,
                                         a.heads * a.value_width};
    float *q = random_floats((size_t)(a.batch * a.q_at.batch), state);
    float *keys = random_floats((size_t)(a.batch * a.k_at.batch), state);
    float *v = random_floats((size_t)(a.batch * a.v_at.batch), state);
    float *out = room((size_t)(a.batch * a.out_at.batch) * 4);
    float *masks = random_floats((size_t)(a.batch * a.heads * a.queries * a.keys), state);
    a.q = q, a.k = keys, a.v = v, a.out = out;
    if (mask) {
        a.mask = masks, a.mask_column = 1, a.mask_at.row = a.keys;
        if (mask > 1) a.mask_at.head = a.queries * a.keys, a.mask_at.batch = a.heads * a.queries * a.keys;
        for (int64_t i = 0; i < a.batch * a.heads * a.queries * a.keys; i += 3) masks[i] = -INFINITY;
        for (int64_t i = 0; i < a.keys; i++) masks[i] = -INFINITY; /* the first query sees nothing */
    }
    struct attention_plan plan = k->attention->plan_f32(&a, mask ? 3 : 1);
    char *work = room(plan.workspace + 64);
    memset(work + plan.workspace, 0x5a, 64);
    for (int64_t i = 0; i < plan.tasks; i++) k->attention->run_f32(&a, &plan, work, i, i + 1);
    for (int i = 0; i < 64; i++)
        check(work[plan.workspace + (size_t)i] == 0x5a, "%s: attention overran", isa);
    double worst = 0;
    for (int64_t i = 0; i < a.batch * a.heads * a.queries; i++) {
        double off = worst_row(&a, i / (a.heads * a.queries), i / a.queries % a.heads, i % a.queries);
        worst = off <= worst ? worst : off;
    }
    check(worst < 4e-6, "%s: attention %dx%d, %d queries, %d keys, width %d, %d, causal %d, mask %d: %g", isa,
          (int)a.batch, (int)a.heads, (int)a.queries, (int)a.keys, (int)a.width, (int)a.value_width, a.causal,
          mask, worst);
    free(q), free(keys), free(v), free(out), free(masks), free(work);
}

int main(void) {
    static const int64_t sizes[][2] = {{1, 1},    {1, 40},   {7, 16},  {33, 33},
                                       {150, 70}, {20, 300}, {16, 16}, {600, 600}};
    const struct kernels *k;
    for (int i = 0; (k = kernels_at(i)); i++) {
        uint64_t state = 17;
        isa = k->name;
        for (int t = 0; t < 8 * 6; t++) {
            struct attention_f32 a = {.batch = 2,
                                      .heads = 4,
                                      .key_heads = t % 2 ? 2 : 4,
                                      .queries = sizes[t / 6][0],
                                      .keys = sizes[t / 6][1],
                                      .width = t % 3 ? 64 : 20,
                                      .value_width = t % 3 == 2 ? 10 : 64,
                                      .scale = 0.2f,
                                      .causal = t % 2};
            if (a.queries > 200) a.batch = 1, a.heads = a.key_heads = 1;
            test_one(k, a, t % 3, &state);
        }
        struct attention_f32 empty = {
            .batch = 1, .heads = 1, .key_heads = 1, .width = 4, .value_width = 4, .scale = 1};
        check(k->attention->plan_f32(&empty, 1).tasks == 0, "%s: no queries, no tasks", isa);
    }
    return report();
}
