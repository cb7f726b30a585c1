/* Recurrent networks: LSTM, GRU and simple cells; layers, directions, packed sequences
 * (aten/src/ATen/native/RNN.cpp).
 *
 * The product of all steps' inputs with w_ih is taken before the loop. A cell is one function from gates to
 * state; layers, directions and batches of packed sequences are written once for all kinds. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

enum cell { CELL_LSTM, CELL_GRU, CELL_TANH, CELL_RELU };

struct weights {
    struct tensor *w_ih, *w_hh, *b_ih, *b_hh; /* biases may be NULL */
    struct tensor *w_hr;                      /* an LSTM's projection; may be NULL */
};

struct state {
    struct tensor *h, *c; /* c: LSTM alone */
};

static struct tensor *gate(struct compose *k, struct tensor *gates, int i, int64_t hidden) {
    return compose_own(k, tensor_narrow(k->c, gates, gates->ndim - 1, i * hidden, hidden));
}

/* One step from the input's part of the gates. */
static struct state lstm_step(struct compose *k, const struct weights *w, struct tensor *input_gates,
                              struct state s) {
    struct tensor *gates = RUN("linear", "ttt", s.h, w->w_hh, w->b_hh);
    gates = RUN("add.Tensor", "ttd", gates, input_gates, 1);
    if (!gates) return (struct state){NULL, NULL};
    int64_t hidden = gates->sizes[gates->ndim - 1] / 4;
    struct tensor *in = RUN("sigmoid", "t", gate(k, gates, 0, hidden)),
                  *forget = RUN("sigmoid", "t", gate(k, gates, 1, hidden));
    struct tensor *new = RUN("tanh", "t", gate(k, gates, 2, hidden)),
                  *out = RUN("sigmoid", "t", gate(k, gates, 3, hidden));
    struct tensor *kept = RUN("mul.Tensor", "tt", forget, s.c), *added = RUN("mul.Tensor", "tt", in, new);
    struct tensor *c = RUN("add.Tensor", "ttd", kept, added, 1), *squashed = RUN("tanh", "t", c);
    struct tensor *h = RUN("mul.Tensor", "tt", out, squashed);
    if (w->w_hr) h = RUN("linear", "tt", h, w->w_hr);
    return (struct state){h, c};
}

static struct state gru_step(struct compose *k, const struct weights *w, struct tensor *input_gates,
                             struct state s) {
    struct tensor *gates = RUN("linear", "ttt", s.h, w->w_hh, w->b_hh);
    if (!gates || !input_gates) return (struct state){NULL, NULL};
    int64_t hidden = gates->sizes[gates->ndim - 1] / 3;
    struct tensor *reset =
        RUN("add.Tensor", "ttd", gate(k, gates, 0, hidden), gate(k, input_gates, 0, hidden), 1);
    struct tensor *update =
        RUN("add.Tensor", "ttd", gate(k, gates, 1, hidden), gate(k, input_gates, 1, hidden), 1);
    reset = RUN("sigmoid", "t", reset);
    update = RUN("sigmoid", "t", update);
    struct tensor *new = RUN("mul.Tensor", "tt", gate(k, gates, 2, hidden), reset);
    new = RUN("add.Tensor", "ttd", new, gate(k, input_gates, 2, hidden), 1);
    new = RUN("tanh", "t", new);
    struct tensor *h = RUN("sub.Tensor", "ttd", s.h, new, 1);
    h = RUN("mul.Tensor", "tt", h, update);
    return (struct state){RUN("add.Tensor", "ttd", h, new, 1), NULL};
}

static struct state simple_step(struct compose *k, enum cell kind, const struct weights *w,
                                struct tensor *input_gates, struct state s) {
    struct tensor *gates = RUN("linear", "ttt", s.h, w->w_hh, w->b_hh);
    gates = RUN("add.Tensor", "ttd", gates, input_gates, 1);
    return (struct state){kind == CELL_TANH ? RUN("tanh", "t", gates) : RUN("relu", "t", gates), NULL};
}

static struct state step(struct compose *k, enum cell kind, const struct weights *w,
                         struct tensor *input_gates, struct state s) {
    if (kind == CELL_LSTM) return lstm_step(k, w, input_gates, s);
    return kind == CELL_GRU ? gru_step(k, w, input_gates, s) : simple_step(k, kind, w, input_gates, s);
}

/* A step with its own scope: intermediate values go at once; the state that stays is retained for the caller.
 */
static bool scoped_step(struct op_call *c, enum cell kind, const struct weights *w,
                        struct tensor *input_gates, struct state *s) {
    struct compose k = compose_start(c);
    struct state next = input_gates ? step(&k, kind, w, input_gates, *s) : (struct state){NULL, NULL};
    bool good = !k.failed && next.h && (kind != CELL_LSTM || next.c);
    if (good) {
        tensor_retain(next.h);
        if (next.c) tensor_retain(next.c);
    }
    compose_end(&k);
    if (!good) return false;
    tensor_release(s->h);
    tensor_release(s->c);
    *s = next;
    return true;
}

/* --- a layer in one direction --- */

/* steps [T, B, F] -> out [T, B, H]; s is taken over and becomes the last state. `sizes` (may be NULL) are the
 * batch sizes of packed steps, whose rows lie one after another in a matrix. */
struct layer {
    enum cell kind;
    struct weights w;
    bool reverse;
    const int64_t *sizes;
    int64_t steps;
};

static struct tensor *rows_of(struct op_call *c, struct tensor *t, int64_t begin, int64_t count) {
    return tensor_narrow(c, t, 0, begin, count);
}

/* Rows of a state that join in, or replaces them: packed batches grow backwards and shrink forwards. */
static bool narrow_state(struct op_call *c, struct state *s, int64_t rows) {
    struct tensor *h = rows_of(c, s->h, 0, rows), *cell = s->c && h ? rows_of(c, s->c, 0, rows) : NULL;
    if (!h || (s->c && !cell)) return false;
    tensor_release(s->h);
    tensor_release(s->c);
    *s = (struct state){h, cell};
    return true;
}

static bool join(struct op_call *c, struct tensor **a, struct tensor *b) {
    struct compose k = compose_start(c);
    struct tensor *parts[2] = {*a, b}, *out = compose_run(&k, "aten::cat", "Td", 2, parts, 0);
    if (out) {
        tensor_retain(out);
        tensor_release(*a);
        *a = out;
    }
    return compose_end(&k);
}

static bool grow_state(struct op_call *c, struct state *s, const struct state *start, int64_t from,
                       int64_t to) {
    struct tensor *h = rows_of(c, start->h, from, to - from),
                  *cell = start->c && h ? rows_of(c, start->c, from, to - from) : NULL;
    bool good = h && join(c, &s->h, h) && (!cell || join(c, &s->c, cell));
    tensor_release(h);
    tensor_release(cell);
    return good;
}

static struct tensor *layer_gates(struct compose *k, const struct layer *l, struct tensor *x) {
    return RUN("linear", "ttt", x, l->w.w_ih, l->w.b_ih);
}

static bool write_rows(struct op_call *c, struct tensor *out, int64_t at, struct tensor *h) {
    struct tensor *place = rows_of(c, out, at, h->sizes[0]);
    bool good = place && tensor_copy(place, h, c->err);
    tensor_release(place);
    return good;
}

/* Packed: x [sum of sizes, F]. The state of a sequence that ended is put away in `ended`. */
static struct tensor *run_packed(struct op_call *c, struct compose *k, const struct layer *l,
                                 struct tensor *x, struct state *s) {
    struct tensor *gates = layer_gates(k, l, x);
    struct state start = {compose_own(k, tensor_retain(s->h)),
                          s->c ? compose_own(k, tensor_retain(s->c)) : NULL};
    int64_t width = l->w.w_hr ? l->w.w_hr->sizes[0] : s->h->sizes[1], total = x->sizes[0], at = 0,
            batch = s->h->sizes[0];
    struct tensor *out =
        gates ? compose_own(k, call_new(c, tensor_dtype(x), 2, (int64_t[]){total, width})) : NULL;
    struct state ended = {NULL, NULL};
    bool good = out != NULL;
    if (good && l->reverse) good = narrow_state(c, s, l->sizes[l->steps - 1]);
    int64_t rows = l->reverse ? l->sizes[l->steps - 1] : batch;
    for (int64_t i = 0; good && i < l->steps; i++) {
        int64_t t = l->reverse ? l->steps - 1 - i : i, now = l->sizes[t];
        if (l->reverse && now > rows) good = grow_state(c, s, &start, rows, now);
        if (!l->reverse && now < rows) {
            struct state gone = {rows_of(c, s->h, now, rows - now),
                                 s->c ? rows_of(c, s->c, now, rows - now) : NULL};
            good = gone.h != NULL;
            if (good && ended.h) good = join(c, &gone.h, ended.h) && (!gone.c || join(c, &gone.c, ended.c));
            tensor_release(ended.h);
            tensor_release(ended.c);
            ended = gone;
            good = good && narrow_state(c, s, now);
        }
        rows = now;
        int64_t begin = l->reverse ? total - at - now : at;
        struct tensor *slice = good ? rows_of(c, gates, begin, now) : NULL;
        good = slice && scoped_step(c, l->kind, &l->w, slice, s) && write_rows(c, out, begin, s->h);
        tensor_release(slice);
        at += now;
    }
    if (good && ended.h) good = join(c, &s->h, ended.h) && (!s->c || join(c, &s->c, ended.c));
    tensor_release(ended.h);
    tensor_release(ended.c);
    return good ? out : NULL;
}

static struct tensor *run_steps(struct op_call *c, struct compose *k, const struct layer *l, struct tensor *x,
                                struct state *s) {
    struct tensor *gates = layer_gates(k, l, x);
    int64_t width = l->w.w_hr ? l->w.w_hr->sizes[0] : s->h->sizes[s->h->ndim - 1];
    struct tensor *out =
        gates ? compose_own(k, call_new(c, tensor_dtype(x), 3, (int64_t[]){x->sizes[0], x->sizes[1], width}))
              : NULL;
    bool good = out != NULL;
    for (int64_t i = 0; good && i < x->sizes[0]; i++) {
        int64_t t = l->reverse ? x->sizes[0] - 1 - i : i;
        struct tensor *slice = tensor_select(c, gates, 0, t), *place = tensor_select(c, out, 0, t);
        good = slice && place && scoped_step(c, l->kind, &l->w, slice, s) && tensor_copy(place, s->h, c->err);
        tensor_release(slice);
        tensor_release(place);
    }
    return good ? out : NULL;
}

/* --- all layers --- */

enum { MOST_PARAMS = 512, MOST_STATES = 128 };

struct network {
    enum cell kind;
    struct tensor *params[MOST_PARAMS];
    int param_count, layers, directions, per_layer;
    bool biases, train;
    double dropout;
    const int64_t *sizes; /* packed; else NULL */
    int64_t steps;
};

static struct weights weights_at(const struct network *n, int index) {
    struct tensor *const *p = n->params + index * n->per_layer;
    struct weights w = {p[0], p[1], NULL, NULL, NULL};
    if (n->biases) w.b_ih = p[2], w.b_hh = p[3];
    if (n->kind == CELL_LSTM && n->per_layer == (n->biases ? 5 : 3)) w.w_hr = p[n->per_layer - 1];
    return w;
}

static struct tensor *run_direction(struct op_call *c, struct compose *k, const struct network *n, int index,
                                    struct tensor *x, struct tensor *hx, struct tensor *cx,
                                    struct state *last) {
    struct layer l = {.kind = n->kind,
                      .w = weights_at(n, index),
                      .reverse = index % n->directions == 1,
                      .sizes = n->sizes,
                      .steps = n->steps};
    struct state s = {tensor_select(c, hx, 0, index), cx ? tensor_select(c, cx, 0, index) : NULL};
    if (!s.h || (cx && !s.c)) return NULL;
    struct tensor *out = n->sizes ? run_packed(c, k, &l, x, &s) : run_steps(c, k, &l, x, &s);
    last->h = compose_own(k, s.h);
    last->c = s.c ? compose_own(k, s.c) : NULL;
    return out;
}

/* Each layer in a scope of its own; its output and last states are retained in `kept`. */
static struct tensor *run_layer(struct op_call *c, const struct network *n, int layer, struct tensor *x,
                                struct tensor *hx, struct tensor *cx, struct state *last) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *outs[2] = {NULL, NULL}, *y;
    for (int d = 0; d < n->directions && !k->failed; d++) {
        outs[d] = run_direction(c, k, n, layer * n->directions + d, x, hx, cx, &last[d]);
        if (!outs[d]) k->failed = true;
    }
    y = k->failed ? NULL : n->directions == 2 ? RUN("cat", "Td", 2, outs, -1) : outs[0];
    if (y && n->dropout > 0 && n->train && layer + 1 < n->layers)
        y = RUN("dropout", "tfb", y, n->dropout, true);
    if (k->failed) y = NULL;
    if (y) {
        tensor_retain(y);
        for (int d = 0; d < n->directions; d++) {
            tensor_retain(last[d].h);
            if (last[d].c) tensor_retain(last[d].c);
        }
    }
    compose_end(k);
    return y;
}

static bool check_network(struct op_call *c, struct network *n, int list_at) {
    n->param_count = args_tensors(c, list_at, n->params, MOST_PARAMS);
    int parts = n->layers * n->directions;
    if (n->param_count < 0) return false;
    if (parts <= 0 || n->param_count % parts || parts > MOST_STATES)
        return refuse(c, "got an incorrect number of RNN parameters");
    n->per_layer = n->param_count / parts;
    if (n->per_layer < (n->biases ? 4 : 2) || n->per_layer > 5)
        return refuse(c, "got an incorrect number of RNN parameters");
    return true;
}

/* x [T, B, F] or packed [N, F]; results (out, h[, c]). */
static bool run_network(struct op_call *c, const struct network *n, struct tensor *x, struct tensor *hx,
                        struct tensor *cx, bool batch_first) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *hs[MOST_STATES], *cs[MOST_STATES];
    int count = n->layers * n->directions;
    if (batch_first) x = RUN("transpose.int", "tdd", x, 0, 1);
    for (int i = 0; i < n->layers && !k->failed; i++) {
        struct state last[2] = {{NULL, NULL}, {NULL, NULL}};
        x = run_layer(c, n, i, x, hx, cx, last);
        if (!compose_own(k, x)) break;
        for (int d = 0; d < n->directions; d++) {
            hs[i * n->directions + d] = compose_own(k, last[d].h);
            if (cx) cs[i * n->directions + d] = compose_own(k, last[d].c);
        }
    }
    if (k->failed) return compose_end(k);
    struct tensor *h = RUN("stack", "Td", count, hs, 0), *cell = cx ? RUN("stack", "Td", count, cs, 0) : NULL;
    if (batch_first) x = RUN("transpose.int", "tdd", x, 0, 1);
    return compose_give_some(k, cx ? 3 : 2, (struct tensor *[]){x, h, cell});
}

/* (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first); inputs without a
 * batch get one. */
static bool whole(struct op_call *c, enum cell kind) {
    struct network n = {.kind = kind,
                        .biases = arg_bool(c, 3),
                        .layers = (int)arg_int(c, 4),
                        .dropout = arg_float(c, 5),
                        .train = arg_bool(c, 6),
                        .directions = arg_bool(c, 7) ? 2 : 1};
    struct tensor *x = arg_tensor(c, 0), *states[2] = {NULL, NULL};
    if (kind == CELL_LSTM) {
        if (args_tensors(c, 1, states, 2) != 2) return refuse(c, "lstm expects two hidden states");
    } else {
        states[0] = arg_tensor(c, 1);
    }
    if (x->ndim != 3) return refuse(c, "input must have 3 dimensions, got %d", x->ndim);
    for (int i = 0; i < 2; i++)
        if (states[i] && (states[i]->ndim != 3 || states[i]->sizes[0] != n.layers * n.directions))
            return refuse(c, "Expected hidden size %d layers, got %s", n.layers * n.directions,
                          sizes_text(states[i]->ndim, states[i]->sizes, (char[128]){0}, 128));
    if (states[0]->sizes[1] != x->sizes[arg_bool(c, 8) ? 0 : 1])
        return refuse(c, "Expected hidden batch size %lld, got %lld",
                      (long long)x->sizes[arg_bool(c, 8) ? 0 : 1], (long long)states[0]->sizes[1]);
    if (x->sizes[arg_bool(c, 8) ? 1 : 0] == 0)
        return refuse(c, "Expected sequence length to be larger than 0 in RNN");
    return check_network(c, &n, 2) && run_network(c, &n, x, states[0], states[1], arg_bool(c, 8));
}

/* (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional) */
static bool packed(struct op_call *c, enum cell kind) {
    struct network n = {.kind = kind,
                        .biases = arg_bool(c, 4),
                        .layers = (int)arg_int(c, 5),
                        .dropout = arg_float(c, 6),
                        .train = arg_bool(c, 7),
                        .directions = arg_bool(c, 8) ? 2 : 1};
    struct tensor *x = arg_tensor(c, 0), *lengths = arg_tensor(c, 1), *states[2] = {NULL, NULL};
    int64_t total = 0;
    if (kind == CELL_LSTM) {
        if (args_tensors(c, 2, states, 2) != 2) return refuse(c, "lstm expects two hidden states");
    } else {
        states[0] = arg_tensor(c, 2);
    }
    if (x->ndim != 2 || lengths->numel == 0)
        return refuse(c, "packed sequences need data of two dimensions and batch sizes");
    int64_t *sizes = call_scratch(c, (size_t)lengths->numel, sizeof *sizes);
    if (!sizes) return false;
    bool good = states[0]->ndim == 3 && states[0]->sizes[0] == n.layers * n.directions;
    for (int64_t i = 0; i < lengths->numel; i++) {
        sizes[i] = tensor_get_int(lengths, i);
        good = good && sizes[i] > 0 && sizes[i] <= (i ? sizes[i - 1] : states[0]->sizes[1]);
        total += sizes[i];
    }
    n.sizes = sizes;
    n.steps = lengths->numel;
    good =
        (good && total == x->sizes[0]) || refuse(c, "batch sizes of a packed sequence do not fit its data");
    good = good && check_network(c, &n, 3) && run_network(c, &n, x, states[0], states[1], false);
    mem_free(sizes);
    return good;
}

/* (input, hx, w_ih, w_hh, b_ih, b_hh) */
static bool single(struct op_call *c, enum cell kind) {
    struct compose scope = compose_start(c), *k = &scope;
    struct weights w = {arg_tensor(c, 2), arg_tensor(c, 3), arg_tensor_or_null(c, 4),
                        arg_tensor_or_null(c, 5), NULL};
    struct tensor *states[2] = {NULL, NULL};
    if (kind == CELL_LSTM) {
        if (args_tensors(c, 1, states, 2) != 2) return refuse(c, "lstm_cell expects two hidden states");
    } else {
        states[0] = arg_tensor(c, 1);
    }
    struct tensor *gates = RUN("linear", "ttt", arg_tensor(c, 0), w.w_ih, w.b_ih);
    if (!gates) return compose_end(k);
    struct state s = step(k, kind, &w, gates, (struct state){states[0], states[1]});
    return compose_give_some(k, kind == CELL_LSTM ? 2 : 1, (struct tensor *[]){s.h, s.c});
}

#define CELLS(X) X(lstm, CELL_LSTM) X(gru, CELL_GRU) X(rnn_tanh, CELL_TANH) X(rnn_relu, CELL_RELU)
#define DEFINE_CELL(name, kind)                         \
    bool recurrent_##name(struct op_call *c) {          \
        return whole(c, kind);                          \
    }                                                   \
    bool recurrent_##name##_packed(struct op_call *c) { \
        return packed(c, kind);                         \
    }                                                   \
    bool recurrent_##name##_cell(struct op_call *c) {   \
        return single(c, kind);                         \
    }
CELLS(DEFINE_CELL)

/* --- packing --- */

/* _pack_padded_sequence(input, lengths, batch_first) -> (data, batch_sizes) */
bool recurrent_pack(struct op_call *c) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *x = arg_tensor(c, 0), *lengths = arg_tensor(c, 1);
    if (arg_bool(c, 2)) x = RUN("transpose.int", "tdd", x, 0, 1);
    if (!x) return compose_end(k);
    int64_t batch = lengths->numel, steps = batch ? tensor_get_int(lengths, 0) : 0, total = 0, at = 0,
            sizes[TENSOR_MAX_DIMS];
    if (x->numel == 0) return refuse(c, "Cannot pack empty tensors.") | (compose_end(k) && false);
    if (batch != x->sizes[1])
        return refuse(c, "Expected `len(lengths)` to be equal to batch_size, but got %lld (batch_size=%lld)",
                      (long long)batch, (long long)x->sizes[1]) |
               (compose_end(k) && false);
    for (int64_t i = 0; i < batch; i++) {
        int64_t n = tensor_get_int(lengths, i);
        if (n <= 0)
            return refuse(c, "Length of all samples has to be greater than 0, but found an element in "
                             "'lengths' that is <= 0") |
                   (compose_end(k) && false);
        if (i && n > tensor_get_int(lengths, i - 1))
            return refuse(c,
                          "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
                          "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence "
                          "to sidestep this requirement if you do not need ONNX exportability.") |
                   (compose_end(k) && false);
        if (n > x->sizes[0])
            return refuse(c, "Expected lengths within the sequence") | (compose_end(k) && false);
        total += n;
    }
    struct tensor *counts = compose_own(k, call_new(c, DTYPE_INT64, 1, &steps)), *data;
    memcpy(sizes, x->sizes + 1, sizeof *sizes * (size_t)(x->ndim - 1));
    sizes[0] = total;
    data = compose_own(k, call_new(c, tensor_dtype(x), x->ndim - 1, sizes));
    for (int64_t t = 0; t < steps && !k->failed; t++) {
        int64_t now = 0;
        while (now < batch && tensor_get_int(lengths, now) > t) now++;
        ((int64_t *)tensor_data(counts))[t] = now;
        struct tensor *row = tensor_select(c, x, 0, t), *part = row ? rows_of(c, row, 0, now) : NULL;
        if (!part || !write_rows(c, data, at, part)) k->failed = true;
        tensor_release(row);
        tensor_release(part);
        at += now;
    }
    return compose_give_some(k, 2, (struct tensor *[]){data, counts});
}

/* _pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length) -> (padded, lengths) */
bool recurrent_pad(struct op_call *c) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *data = arg_tensor(c, 0), *counts = arg_tensor(c, 1);
    int64_t steps = counts->numel, batch = steps ? tensor_get_int(counts, 0) : 0, sizes[TENSOR_MAX_DIMS],
            length = arg_int(c, 4), at = 0;
    if (length > 0 && length < steps)
        return refuse(c,
                      "Expected total_length to be at least the length of the longest sequence in input, but "
                      "got total_length=%lld and max sequence length being %lld",
                      (long long)length, (long long)steps);
    sizes[0] = length > 0 ? length : steps;
    sizes[1] = batch;
    memcpy(sizes + 2, data->sizes + 1, sizeof *sizes * (size_t)(data->ndim - 1));
    struct tensor *out = RUN("full", "Lvd", data->ndim + 1, sizes, c->args[3], (int)data->dtype);
    struct tensor *lengths = compose_own(k, call_new(c, DTYPE_INT64, 1, &batch));
    for (int64_t i = 0; i < batch && !k->failed; i++) ((int64_t *)tensor_data(lengths))[i] = 0;
    for (int64_t t = 0; t < steps && !k->failed; t++) {
        int64_t now = tensor_get_int(counts, t);
        if (now < 0 || now > batch || at + now > data->sizes[0])
            return refuse(c, "batch sizes do not fit the data") | (compose_end(k) && false);
        struct tensor *row = tensor_select(c, out, 0, t), *part = rows_of(c, data, at, now);
        if (!row || !part || !write_rows(c, row, 0, part)) k->failed = true;
        tensor_release(row);
        tensor_release(part);
        for (int64_t i = 0; i < now; i++) ((int64_t *)tensor_data(lengths))[i]++;
        at += now;
    }
    if (arg_bool(c, 2)) out = RUN("transpose.int", "tdd", out, 0, 1);
    return compose_give_some(k, 2, (struct tensor *[]){out, lengths});
}
