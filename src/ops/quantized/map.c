/* Running pointwise operators on quantized tensors; see map.h. */
#include "ops/quantized/map.h"

enum { TILE = 256 };

struct walk {
    const struct map *map;
    enum dtype dtype; /* of all operands */
};

static void load_integers(enum dtype d, const char *from, int64_t stride, int64_t count, int32_t *to) {
    for (int64_t i = 0; i < count; i++, from += stride) to[i] = integer_load(d, from);
}

static void store_integers(enum dtype d, const int32_t *from, int64_t count, char *to, int64_t stride) {
    for (int64_t i = 0; i < count; i++, to += stride) integer_store(d, to, from[i]);
}

static void to_reals(const struct map *m, const struct affine *q, bool vector, const int32_t *from,
                     int64_t count, float *to) {
    if (vector && !m->subtracts)
        for (int64_t i = 0; i < count; i++) to[i] = dequantize_vector(from[i], q);
    else
        for (int64_t i = 0; i < count; i++) to[i] = dequantize_scalar(from[i], q);
}

static void to_integers(const struct affine *q, bool vector, const float *from, int64_t count, int32_t *to) {
    if (vector)
        for (int64_t i = 0; i < count; i++) to[i] = quantize_vector(from[i], q);
    else
        for (int64_t i = 0; i < count; i++) to[i] = quantize_scalar(from[i], q);
}

static void run_tile(const struct walk *w, char *const *data, const int64_t *strides, int64_t count,
                     bool vector) {
    int32_t integers[MAP_INPUTS][TILE], results[TILE];
    float reals[MAP_INPUTS][TILE], real_results[TILE];
    const struct map *m = w->map;
    struct map_tile t = {reals[0], reals[1], real_results, integers[0], integers[1], results, count,
                         vector,   m};
    for (int k = 0; k < m->inputs; k++) {
        load_integers(w->dtype, data[k + 1], strides[k + 1], count, integers[k]);
        if (m->reals) to_reals(m, &m->in[k], vector, integers[k], count, reals[k]);
    }
    if (m->reals) {
        m->reals(&t);
        to_integers(&m->out, vector, real_results, count, results);
    } else {
        m->integers(&t);
    }
    store_integers(w->dtype, results, count, data[0], strides[0]);
}

/* How many elements of a run go in vectors: pairs of them, where every operand is contiguous but for one
 * input that may be one element for all. */
static int64_t in_vectors(const struct walk *w, const int64_t *strides, int64_t count) {
    int64_t size = (int64_t)dtype_size(w->dtype), pair = 64 / size, fixed = 0;
    if (strides[0] != size) return 0;
    for (int k = 1; k <= w->map->inputs; k++) {
        if (strides[k] == 0) fixed++;
        if (strides[k] != 0 && strides[k] != size) return 0;
    }
    return fixed <= 1 ? count / pair * pair : 0;
}

static void walk_loop(void *context, char *const *data, const int64_t *strides, int64_t count) {
    const struct walk *w = context;
    int64_t vectors = in_vectors(w, strides, count);
    for (int64_t at = 0, n; at < count; at += n) {
        bool vector = at < vectors;
        int64_t left = vector ? vectors - at : count - at;
        char *here[MAP_INPUTS + 1];
        n = left < TILE ? left : TILE;
        for (int k = 0; k <= w->map->inputs; k++) here[k] = data[k] + at * strides[k];
        run_tile(w, here, strides, n, vector);
    }
}

static bool fill_parameters(struct op_call *c, struct map *m, struct tensor *const *in,
                            const struct tensor *out) {
    for (int k = 0; k < m->inputs; k++) {
        if (!quantized_per_tensor(c, in[k])) return false;
        if (in[k]->dtype != out->dtype) return refuse(c, "Expected all tensors to have the same dtype");
        m->in[k] = quantized_affine(in[k]);
    }
    m->out = quantized_affine(out);
    return true;
}

bool map_run(struct op_call *c, struct map *m, struct tensor *const *in, struct tensor *out) {
    if (!quantized_per_tensor(c, out) || !fill_parameters(c, m, in, out)) return false;
    struct walk w = {m, tensor_dtype(out)};
    struct iterate it = {.outputs = 1, .operands = 1 + m->inputs, .tensors = {out}, .resize = true};
    for (int k = 0; k < m->inputs; k++) it.tensors[k + 1] = in[k];
    it.out_dtype = tensor_dtype(out);
    it.budget = c->cx->budget;
    if (!iterate_begin(&it, c->err)) return false;
    iterate_run(&it, walk_loop, &w);
    tensor_changed(out);
    return true;
}

struct tensor *map_new(struct op_call *c, struct map *m, struct tensor *const *in, double scale,
                       int64_t zero_point) {
    if (!quantized_need(c, in[0])) return NULL;
    struct tensor *out = quantized_like(c, in[0], scale, zero_point);
    if (out && map_run(c, m, in, out)) return out;
    tensor_release(out);
    return NULL;
}
