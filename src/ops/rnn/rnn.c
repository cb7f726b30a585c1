/* LSTM, GRU and plain recurrent layers: several layers, both directions, projections, packed sequences
 * (aten/src/ATen/native/RNN.cpp). The inputs' products of all steps are one matrix product; each step then
 * has one small product and the cell. A padded batch is a packed one whose steps are all full. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/rnn/cell.h"
#include <string.h>

struct network {
    struct op_call *c;
    enum cell_kind kind;
    enum dtype dtype; /* float32 or float64: what is computed in */
    struct tensor *const *params;
    int param_count, per_direction;
    bool has_biases, projects, train, both;
    int64_t layers;
    double dropout;
    const int64_t *batch_sizes; /* rows of each step, not growing */
    int64_t steps, batch;
};

/* One direction of one layer. */
struct direction {
    struct tensor *w_input, *w_hidden, *b_input, *b_hidden, *w_project;
    struct tensor *first_state, *first_memory; /* [batch, ...] of the caller */
    bool backward;
};

static struct direction direction_of(const struct network *n, int64_t index, struct tensor *states,
                                     struct tensor *memories, struct compose *k) {
    struct tensor *const *p = n->params + index * n->per_direction;
    struct direction d = {.w_input = p[0], .w_hidden = p[1]};
    if (n->has_biases) d.b_input = p[2], d.b_hidden = p[3];
    if (n->projects) d.w_project = p[n->per_direction - 1];
    d.first_state = compose_run(k, "aten::select.int", "tii", states, INT64_C(0), index);
    d.first_memory = memories ? compose_run(k, "aten::select.int", "tii", memories, INT64_C(0), index) : NULL;
    d.backward = n->both && index % 2;
    return d;
}

/* A contiguous copy that may be written. */
static struct tensor *working_copy(struct network *n, struct compose *k, struct tensor *t) {
    struct tensor *copy = k->failed ? NULL : compose_own(k, call_new(n->c, n->dtype, t->ndim, t->sizes));
    if (!copy || tensor_copy(copy, t, n->c->err)) return copy;
    k->failed = true;
    return NULL;
}

static void *row_of(const struct tensor *t, int64_t row) {
    return (char *)tensor_data(t) + row * t->sizes[t->ndim - 1] * (int64_t)dtype_size(tensor_dtype(t));
}

static struct tensor *rows_of(struct network *n, struct tensor *t, int64_t from, int64_t count) {
    int64_t sizes[2] = {count, t->sizes[1]};
    return tensor_view_as(t, 2, sizes, t->strides, t->offset + from * t->strides[0], n->c->err);
}

/* The small product of a step, the cell, perhaps the projection; the new state of the first rows is put in
 * place. */
static bool step(struct network *n, const struct direction *d, struct cell_step *cell,
                 const struct tensor *gates, int64_t row, struct tensor *state, struct tensor *narrow) {
    struct compose k = compose_start(n->c);
    struct tensor *old = compose_own(&k, rows_of(n, state, 0, cell->rows));
    struct tensor *product =
        k.failed ? NULL : compose_run(&k, "aten::linear", "ttt", old, d->w_hidden, d->b_hidden);
    if (!product) return compose_end(&k);
    cell->input_gates = row_of(gates, row);
    cell->hidden_gates = tensor_data(product);
    cell->old = tensor_data(state);
    if (n->dtype == DTYPE_FLOAT32)
        cell_step_f32(cell, n->c->cx->kernels ? n->c->cx->kernels : kernels_best());
    else
        cell_step_f64(cell, n->c->cx->kernels ? n->c->cx->kernels : kernels_best());
    if (d->w_project) {
        struct tensor *wide = compose_own(&k, rows_of(n, narrow, 0, cell->rows));
        struct tensor *projected =
            k.failed ? NULL : compose_run(&k, "aten::linear", "ttn", wide, d->w_project);
        if (projected)
            memcpy(tensor_data(state), tensor_data(projected),
                   (size_t)projected->numel * dtype_size(n->dtype));
    }
    bool good = !k.failed;
    compose_end(&k);
    return good;
}

/* Runs over the steps; `state` and `memory` end as the last ones of each row, `out` [rows of all steps, state
 * size]. */
static bool run_steps(struct network *n, const struct direction *d, const struct tensor *gates,
                      struct tensor *state, struct tensor *memory, struct tensor *out) {
    int64_t hidden = d->w_hidden->sizes[0] / cell_gates(n->kind), row = d->backward ? out->sizes[0] : 0;
    struct compose k = compose_start(n->c);
    int64_t wide[2] = {n->batch, hidden}, room = (cell_gates(n->kind) + 1) * hidden;
    struct tensor *scratch = compose_own(&k, call_new(n->c, n->dtype, 1, &room));
    struct tensor *narrow =
        d->w_project && !k.failed ? compose_own(&k, call_new(n->c, n->dtype, 2, wide)) : NULL;
    bool good = !k.failed;
    for (int64_t t = 0; good && t < n->steps; t++) {
        int64_t rows = n->batch_sizes[d->backward ? n->steps - 1 - t : t];
        if (d->backward) row -= rows;
        struct cell_step cell = {
            .kind = n->kind, .rows = rows, .hidden = hidden, .scratch = tensor_data(scratch)};
        cell.state = tensor_data(narrow ? narrow : state);
        cell.memory = memory ? tensor_data(memory) : NULL;
        good = step(n, d, &cell, gates, row, state, narrow);
        if (good)
            memcpy(row_of(out, row), tensor_data(state),
                   (size_t)(rows * state->sizes[1]) * dtype_size(n->dtype));
        if (!d->backward) row += rows;
    }
    compose_end(&k);
    return good;
}

static bool check_shapes(struct network *n, const struct direction *d, const struct tensor *x) {
    const struct tensor *wi = d->w_input, *wh = d->w_hidden, *s = d->first_state;
    int gates = cell_gates(n->kind);
    bool good = wi->ndim == 2 && wh->ndim == 2 && s->ndim == 2 && wh->sizes[0] == wi->sizes[0] &&
                wi->sizes[0] % gates == 0 && wi->sizes[1] == x->sizes[1] && s->sizes[0] == n->batch;
    int64_t hidden = good ? wi->sizes[0] / gates : 0;
    good = good && s->sizes[1] == wh->sizes[1] && (n->projects || s->sizes[1] == hidden);
    const struct tensor *m = d->first_memory, *p = d->w_project;
    good = good && (!m || (m->ndim == 2 && m->sizes[0] == n->batch && m->sizes[1] == hidden));
    good = good && (!p || (p->ndim == 2 && p->sizes[0] == s->sizes[1] && p->sizes[1] == hidden));
    return good || refuse(n->c, "a recurrent layer's weights, input and hidden state do not fit together");
}

/* One direction over the packed rows of x; gives the outputs, and puts the last states into the lists. */
static struct tensor *run_direction(struct network *n, struct compose *k, int64_t index, struct tensor *x,
                                    struct tensor *states, struct tensor *memories,
                                    struct tensor **last_state, struct tensor **last_memory) {
    struct direction d = direction_of(n, index, states, memories, k);
    if (k->failed || !check_shapes(n, &d, x)) return NULL;
    struct tensor *state = working_copy(n, k, d.first_state),
                  *memory = memories ? working_copy(n, k, d.first_memory) : NULL;
    struct tensor *gates = compose_run(k, "aten::linear", "ttt", x, d.w_input, d.b_input);
    int64_t sizes[2] = {x->sizes[0], k->failed ? 0 : state->sizes[1]};
    struct tensor *out = k->failed ? NULL : compose_own(k, call_new(n->c, n->dtype, 2, sizes));
    if (!out || !run_steps(n, &d, gates, state, memory, out)) return NULL;
    *last_state = state;
    *last_memory = memory;
    return out;
}

enum { MOST_DIRECTIONS = 64 };

struct outcome {
    struct tensor *rows; /* packed outputs of the last layer */
    struct tensor *states[MOST_DIRECTIONS], *memories[MOST_DIRECTIONS];
};

static bool run_layer(struct network *n, struct compose *k, int64_t layer, struct tensor *states,
                      struct tensor *memories, struct outcome *o) {
    struct tensor *sides[2] = {NULL, NULL};
    int directions = n->both ? 2 : 1;
    for (int i = 0; i < directions; i++) {
        int64_t index = layer * directions + i;
        sides[i] =
            run_direction(n, k, index, o->rows, states, memories, &o->states[index], &o->memories[index]);
        if (!sides[i]) return false;
    }
    o->rows = n->both ? compose_run(k, "aten::cat", "Ti", 2, sides, INT64_C(1)) : sides[0];
    if (n->train && n->dropout > 0 && layer + 1 < n->layers)
        o->rows = compose_run(k, "aten::dropout", "tfb", o->rows, n->dropout, true);
    return o->rows != NULL;
}

/* The stacked last states, in the caller's dtype. */
static struct tensor *stacked(struct network *n, struct compose *k, struct tensor **list, enum dtype d) {
    struct tensor *all =
        compose_run(k, "aten::stack", "Ti", (int)(n->layers * (n->both ? 2 : 1)), list, INT64_C(0));
    return all && d != n->dtype ? compose_own(k, tensor_convert(all, d, n->c->cx->budget, n->c->err)) : all;
}

static bool check_network(struct network *n, struct tensor *states) {
    int64_t directions = n->layers * (n->both ? 2 : 1);
    if (n->steps == 0) return refuse(n->c, "Expected sequence length to be larger than 0 in RNN");
    if (n->layers < 1 || directions > MOST_DIRECTIONS)
        return refuse(n->c, "a recurrent layer of more than %d directions", MOST_DIRECTIONS);
    n->per_direction = 2 + 2 * n->has_biases;
    n->projects = n->param_count == directions * (n->per_direction + 1);
    n->per_direction += n->projects;
    if (n->param_count != directions * n->per_direction)
        return refuse(n->c, "got an incorrect number of RNN parameters");
    for (int i = 0; i < n->param_count; i++)
        if (!n->params[i]) return refuse(n->c, "a recurrent layer's parameter is None");
    if (states->ndim != 3 || states->sizes[0] != directions)
        return refuse(n->c, "Expected hidden size to have %lld layers and directions", (long long)directions);
    return true;
}

/* Packed rows through all layers. */
static bool run_network(struct network *n, struct compose *k, struct tensor *x, struct tensor *states,
                        struct tensor *memories, struct outcome *o) {
    *o = (struct outcome){.rows = x};
    if (!check_network(n, states)) return false;
    for (int64_t layer = 0; layer < n->layers; layer++)
        if (!run_layer(n, k, layer, states, memories, o)) return false;
    return true;
}

/* ---- operators ---- */

static enum dtype computed_in(const struct tensor *x) {
    return x->dtype == DTYPE_FLOAT64 ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
}

enum { MOST_PARAMS = MOST_DIRECTIONS * 5 };

/* Converted to what is computed in; kept by `k`. */
static struct tensor *converted(struct network *n, struct compose *k, struct tensor *t) {
    if (!t || k->failed || t->dtype == n->dtype) return t;
    return compose_own(k, tensor_convert(t, n->dtype, n->c->cx->budget, n->c->err));
}

/* What is common to padded and packed inputs: arguments from `at` on are hx, params, has_biases, layers,
 * dropout, train, bidirectional. */
struct request {
    struct tensor *states, *memories;
    struct tensor *params[MOST_PARAMS];
};

static bool read_request(struct network *n, struct compose *k, int at, struct request *r) {
    struct op_call *c = n->c;
    struct tensor *hx[2] = {NULL, NULL};
    if (n->kind == CELL_LSTM && args_tensors(c, at, hx, 2) != 2)
        return c->err->code ? false : refuse(c, "lstm expects two hidden states");
    if (n->kind != CELL_LSTM) hx[0] = arg_tensor(c, at);
    if (!hx[0]) return refuse(c, "the hidden state is None");
    r->states = converted(n, k, hx[0]);
    r->memories = n->kind == CELL_LSTM ? converted(n, k, hx[1]) : NULL;
    n->param_count = args_tensors(c, at + 1, r->params, MOST_PARAMS);
    if (n->param_count < 0) return false;
    for (int i = 0; i < n->param_count && n->dtype != DTYPE_FLOAT64 && r->params[i]->dtype != n->dtype; i++)
        r->params[i] = converted(n, k, r->params[i]);
    n->params = r->params;
    n->has_biases = arg_bool(c, at + 2);
    n->layers = arg_int(c, at + 3);
    n->dropout = arg_float(c, at + 4);
    n->train = arg_bool(c, at + 5);
    n->both = arg_bool(c, at + 6);
    return !k->failed;
}

static bool give_outcome(struct network *n, struct compose *k, struct tensor *y, struct outcome *o,
                         enum dtype d) {
    struct tensor *results[3] = {y, stacked(n, k, o->states, d), NULL};
    if (n->kind == CELL_LSTM) results[2] = stacked(n, k, o->memories, d);
    return k->failed ? compose_end(k) : compose_give_some(k, n->kind == CELL_LSTM ? 3 : 2, results);
}

/* Outputs as the caller wants them: in his dtype, [steps, batch, size] for a padded batch, batch first if
 * asked. */
static struct tensor *padded_output(struct network *n, struct compose *k, struct tensor *rows, enum dtype d,
                                    bool batch_first) {
    int64_t sizes[3] = {n->steps, n->batch, rows->sizes[1]};
    struct tensor *y = compose_run(k, "aten::view", "tL", rows, 3, sizes);
    if (y && batch_first) y = compose_run(k, "aten::transpose.int", "tii", y, INT64_C(0), INT64_C(1));
    return y && d != n->dtype ? compose_own(k, tensor_convert(y, d, n->c->cx->budget, n->c->err)) : y;
}

static struct tensor *flat_input(struct network *n, struct compose *k, struct tensor *x, bool batch_first) {
    if (batch_first) x = compose_run(k, "aten::transpose.int", "tii", x, INT64_C(0), INT64_C(1));
    x = k->failed ? NULL : converted(n, k, x);
    if (!x) return NULL;
    n->steps = x->sizes[0];
    n->batch = x->sizes[1];
    int64_t sizes[2] = {n->steps * n->batch, x->sizes[2]};
    return compose_run(k, "aten::reshape", "tL", x, 2, sizes);
}

static bool run_padded(struct op_call *c, enum cell_kind kind) {
    struct tensor *x = arg_tensor(c, 0);
    bool batch_first = arg_bool(c, 8);
    if (x->ndim != 3) return refuse(c, "input must have 3 dimensions, got %d", x->ndim);
    if (x->sizes[arg_bool(c, 8) ? 1 : 0] == 0)
        return refuse(c, "Expected sequence length to be larger than 0 in RNN");
    if (!dtype_is_floating(tensor_dtype(x))) return refuse(c, "a recurrent layer wants floating point input");
    struct compose k = compose_start(c);
    struct network n = {.c = c, .kind = kind, .dtype = computed_in(x)};
    struct request r;
    struct outcome o;
    struct tensor *rows = read_request(&n, &k, 1, &r) ? flat_input(&n, &k, x, batch_first) : NULL;
    int64_t *sizes = rows ? call_scratch(c, (size_t)n.steps + 1, sizeof *sizes) : NULL;
    for (int64_t t = 0; sizes && t < n.steps; t++) sizes[t] = n.batch;
    n.batch_sizes = sizes;
    bool good = sizes && run_network(&n, &k, rows, r.states, r.memories, &o);
    mem_free(sizes);
    struct tensor *y = good ? padded_output(&n, &k, o.rows, tensor_dtype(x), batch_first) : NULL;
    return y ? give_outcome(&n, &k, y, &o, tensor_dtype(x)) : compose_end(&k) && false;
}

/* Rows of each step, from the int64 tensor that packing made; they never grow, and their sum is the number of
 * rows. */
static int64_t *read_batch_sizes(struct network *n, const struct tensor *t, int64_t rows) {
    if (t->ndim != 1 || t->numel == 0 || t->dtype != DTYPE_INT64) {
        refuse(n->c, "batch_sizes should be a vector of int64");
        return NULL;
    }
    int64_t *sizes = call_scratch(n->c, (size_t)t->numel, sizeof *sizes), sum = 0;
    for (int64_t i = 0; sizes && i < t->numel; i++) {
        sizes[i] = tensor_get_int(t, i);
        sum += sizes[i];
        if (sizes[i] >= 1 && sizes[i] <= rows && (i == 0 || sizes[i] <= sizes[i - 1])) continue;
        sum = -1;
        break;
    }
    if (sizes && sum == rows) {
        n->steps = t->numel;
        n->batch = sizes[0];
        return sizes;
    }
    mem_free(sizes);
    refuse(n->c, "batch_sizes do not fit the packed data");
    return NULL;
}

static bool run_packed(struct op_call *c, enum cell_kind kind) {
    struct tensor *x = arg_tensor(c, 0);
    if (x->ndim != 2) return refuse(c, "packed data must have 2 dimensions, got %d", x->ndim);
    struct compose k = compose_start(c);
    struct network n = {.c = c, .kind = kind, .dtype = computed_in(x)};
    struct request r;
    struct outcome o;
    bool good = read_request(&n, &k, 2, &r);
    int64_t *sizes = good ? read_batch_sizes(&n, arg_tensor(c, 1), x->sizes[0]) : NULL;
    n.batch_sizes = sizes;
    struct tensor *rows = sizes ? converted(&n, &k, x) : NULL;
    good = rows && run_network(&n, &k, rows, r.states, r.memories, &o);
    mem_free(sizes);
    if (!good) return compose_end(&k) && false;
    struct tensor *y = x->dtype != n.dtype
                           ? compose_own(&k, tensor_convert(o.rows, tensor_dtype(x), c->cx->budget, c->err))
                           : o.rows;
    return give_outcome(&n, &k, y, &o, tensor_dtype(x));
}

#define LAYER_OPERATORS(X) X(lstm, CELL_LSTM) X(gru, CELL_GRU) X(rnn_tanh, CELL_TANH) X(rnn_relu, CELL_RELU)
#define DEFINE_LAYER(name, kind)                 \
    bool op_##name(struct op_call *c) {          \
        return run_padded(c, kind);              \
    }                                            \
    bool op_##name##_packed(struct op_call *c) { \
        return run_packed(c, kind);              \
    }
LAYER_OPERATORS(DEFINE_LAYER)

/* ---- single cells: (input, hx, w_ih, w_hh, b_ih, b_hh) ---- */

static bool run_cell(struct op_call *c, enum cell_kind kind) {
    struct tensor *x = arg_tensor(c, 0), *hx[2] = {NULL, NULL};
    if (kind == CELL_LSTM ? args_tensors(c, 1, hx, 2) != 2 : !(hx[0] = arg_tensor(c, 1)))
        return c->err->code ? false : refuse(c, "lstm_cell expects two hidden states");
    if (x->ndim != 2 || hx[0]->ndim != 2) return refuse(c, "a recurrent cell takes matrices");
    struct compose k = compose_start(c);
    int64_t size = x->sizes[0];
    struct network n = {.c = c,
                        .kind = kind,
                        .dtype = computed_in(x),
                        .batch_sizes = &size,
                        .steps = 1,
                        .batch = size,
                        .layers = 1};
    struct direction d = {converted(&n, &k, arg_tensor(c, 2)),
                          converted(&n, &k, arg_tensor(c, 3)),
                          converted(&n, &k, arg_tensor_or_null(c, 4)),
                          converted(&n, &k, arg_tensor_or_null(c, 5)),
                          NULL,
                          hx[0],
                          hx[1],
                          false};
    struct tensor *rows = converted(&n, &k, x);
    if (k.failed || !check_shapes(&n, &d, rows)) return compose_end(&k) && false;
    struct tensor *state = working_copy(&n, &k, hx[0]), *memory = hx[1] ? working_copy(&n, &k, hx[1]) : NULL;
    struct tensor *gates = compose_run(&k, "aten::linear", "ttt", rows, d.w_input, d.b_input);
    struct tensor *out = k.failed ? NULL : compose_own(&k, call_new(c, n.dtype, 2, state->sizes));
    if (!out || !run_steps(&n, &d, gates, state, memory, out)) return compose_end(&k) && false;
    struct tensor *results[2] = {state, memory};
    for (int i = 0; i < 2 && results[i] && x->dtype != n.dtype; i++)
        results[i] = compose_own(&k, tensor_convert(results[i], tensor_dtype(x), c->cx->budget, c->err));
    return compose_give_some(&k, memory ? 2 : 1, results);
}

#define DEFINE_CELL(name, kind)                \
    bool op_##name##_cell(struct op_call *c) { \
        return run_cell(c, kind);              \
    }
LAYER_OPERATORS(DEFINE_CELL)
