/* The engine of reductions; see reduce.h. */
#include "ops/reduce/reduce.h"

/* Kept dimensions with the output's strides; reduced ones, sorted so that the last has the smallest stride.
 * Bytes. */
struct reduce_walk {
    const struct reduction *op;
    enum compute compute, out_compute;
    enum dtype in_dtype, out_dtype;
    const struct number *k;
    int kept, reduced;
    int64_t kept_sizes[TENSOR_MAX_DIMS], kept_in[TENSOR_MAX_DIMS], kept_out[TENSOR_MAX_DIMS];
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
};

struct tensor *reduce_output(struct op_call *c, struct tensor *t, uint64_t mask, bool keepdim, enum dtype d,
                             struct tensor *target) {
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim = 0;
    for (int i = 0; i < t->ndim; i++) {
        bool gone = mask >> i & 1;
        if (!gone || keepdim) sizes[ndim++] = gone ? 1 : t->sizes[i];
    }
    if (!target) return call_new(c, d, ndim, sizes);
    bool same = target->ndim == ndim;
    for (int i = 0; same && i < ndim; i++) same = target->sizes[i] == sizes[i];
    if (!same && !tensor_resize(target, ndim, sizes, c->err)) return NULL;
    tensor_changed(target);
    return tensor_retain(target);
}

static void add_reduced(struct reduce_walk *w, int64_t size, int64_t stride) {
    int at = w->reduced++;
    if (size == 1) {
        w->reduced--;
        return;
    }
    while (at > 0 && w->strides[at - 1] < stride) {
        w->sizes[at] = w->sizes[at - 1];
        w->strides[at] = w->strides[at - 1];
        at--;
    }
    w->sizes[at] = size;
    w->strides[at] = stride;
}

static void join_reduced(struct reduce_walk *w) {
    int last = 0;
    for (int i = 1; i < w->reduced; i++) {
        if (w->strides[last] == w->strides[i] * w->sizes[i]) {
            w->sizes[last] *= w->sizes[i];
            w->strides[last] = w->strides[i];
        } else {
            last++;
            w->sizes[last] = w->sizes[i];
            w->strides[last] = w->strides[i];
        }
    }
    w->reduced = w->reduced ? last + 1 : 0;
}

static void lay_out(struct reduce_walk *w, const struct tensor *t, const struct tensor *out, uint64_t mask,
                    bool keepdim) {
    int64_t in_size = (int64_t)dtype_size(tensor_dtype(t)), out_size = (int64_t)dtype_size(tensor_dtype(out));
    w->kept = w->reduced = 0;
    for (int d = 0, o = 0; d < t->ndim; d++) {
        if (mask >> d & 1) {
            add_reduced(w, t->sizes[d], t->strides[d] * in_size);
            o += keepdim;
            continue;
        }
        w->kept_sizes[w->kept] = t->sizes[d];
        w->kept_in[w->kept] = t->strides[d] * in_size;
        w->kept_out[w->kept++] = out->strides[o++] * out_size;
    }
    join_reduced(w);
}

static void step_run(const struct reduce_walk *w, struct reduce_state *s, const char *at, int64_t count,
                     int64_t stride) {
    _Alignas(64) char tile[CONVERT_TILE * sizeof(struct complex128)];
    int64_t size = (int64_t)compute_size(w->compute);
    if (w->in_dtype == compute_dtype(w->compute) && stride == size) {
        w->op->steps[w->compute](s, at, count);
        return;
    }
    convert_run *load = convert_load[w->in_dtype][w->compute];
    for (int64_t i = 0; i < count; i += CONVERT_TILE) {
        int64_t n = count - i < CONVERT_TILE ? count - i : CONVERT_TILE;
        load(tile, size, at + i * stride, stride, n);
        w->op->steps[w->compute](s, tile, n);
    }
}

/* All reduced elements behind one output element. */
static void reduce_one(const struct reduce_walk *w, struct reduce_state *s, const char *at) {
    int64_t index[TENSOR_MAX_DIMS] = {0};
    int last = w->reduced - 1;
    if (last < 0) {
        step_run(w, s, at, 1, 0);
        return;
    }
    for (;;) {
        step_run(w, s, at, w->sizes[last], w->strides[last]);
        int d = last - 1;
        for (; d >= 0; d--) {
            at += w->strides[d];
            if (++index[d] < w->sizes[d]) break;
            at -= w->strides[d] * w->sizes[d];
            index[d] = 0;
        }
        if (d < 0) return;
    }
}

static void store_result(const struct reduce_walk *w, struct reduce_state *s, char *out) {
    const void *from = w->out_compute == COMPUTE_INT      ? (const void *)&s->i
                       : w->out_compute == COMPUTE_DOUBLE ? (const void *)&s->f
                                                          : (const void *)&s->z;
    convert_store[w->out_dtype][w->out_compute](out, 0, from, 0, 1);
}

static void reduce_all(const struct reduce_walk *w, const char *in, char *out, bool empty) {
    int64_t index[TENSOR_MAX_DIMS] = {0};
    for (;;) {
        struct reduce_state s = {.k = w->k};
        w->op->begin(&s);
        if (!empty) reduce_one(w, &s, in);
        if (w->op->finish) w->op->finish(&s);
        store_result(w, &s, out);
        int d = w->kept - 1;
        for (; d >= 0; d--) {
            in += w->kept_in[d];
            out += w->kept_out[d];
            if (++index[d] < w->kept_sizes[d]) break;
            in -= w->kept_in[d] * w->kept_sizes[d];
            out -= w->kept_out[d] * w->kept_sizes[d];
            index[d] = 0;
        }
        if (d < 0) return;
    }
}

struct tensor *reduce_run(struct op_call *c, const struct reduction *r, struct tensor *t, uint64_t mask,
                          bool keepdim, enum compute compute, enum dtype d, const struct number *k,
                          struct tensor *target) {
    struct reduce_walk w;
    if (!r->steps[compute]) {
        refuse(c, "\"%s\" not implemented for '%s'", r->name, dtype_table[t->dtype].graph_name);
        return NULL;
    }
    struct tensor *out = reduce_output(c, t, mask, keepdim, d, target);
    if (!out || out->numel == 0) return out;
    if (reduce_rows_fit(c, r, t, mask, out)) {
        if (reduce_rows(c, r, t, mask, out, k)) return out;
        tensor_release(out);
        return NULL;
    }
    w.op = r;
    w.compute = compute;
    w.out_compute = r->real_result && compute == COMPUTE_COMPLEX ? COMPUTE_DOUBLE : compute;
    w.in_dtype = tensor_dtype(t);
    w.out_dtype = tensor_dtype(out);
    w.k = k;
    lay_out(&w, t, out, mask, keepdim);
    reduce_all(&w, tensor_data(t), tensor_data(out), t->numel == 0);
    return out;
}
