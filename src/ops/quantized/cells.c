/* Recurrent layers with quantized weights: single cells, and whole LSTMs and GRUs over cell parameters. The
 * products are quantized linear layers, the rest is done in float32. Source:
 * aten/src/ATen/native/RNN.cpp (QuantizedCellParams, QuantizedCellParamsDynamic, QuantizedCellParamsFP16). */
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/quantized/packed.h"
#include "ops/quantized/quantize.h"
#include "types/type.h"

/* The two products of a cell: of its input and of its state. */
struct cell_linear {
    lb_value packed;          /* parameters, or */
    const lb_value *old;      /* weight, packed, column offsets, scale, zero point, bias */
    const char *row, *format; /* the operator */
    bool reduce;
};
struct cell {
    struct cell_linear input, state;
};

static struct tensor *run_linear(struct compose *k, const struct cell_linear *l, struct tensor *x) {
    const lb_value *o = l->old;
    if (o) return compose_run(k, l->row, l->format, x, o[0], o[1], o[2], o[3], o[4], o[5]);
    return compose_run(k, l->row, l->format, x, l->packed, l->reduce);
}

enum cell_form { FORM_LSTM, FORM_GRU, FORM_TANH, FORM_RELU };

/* The state's product beside the input's; both should have as many gates as the form wants. */
static bool products(struct compose *k, const struct cell *cell, enum cell_form form, struct tensor *of_input,
                     struct tensor *h, struct tensor **gates) {
    static const int counts[] = {4, 3, 1, 1};
    gates[0] = of_input;
    gates[1] = run_linear(k, &cell->state, h);
    if (!gates[1]) return false;
    int64_t hidden = h->sizes[h->ndim - 1];
    for (int i = 0; i < 2; i++)
        if (gates[i]->sizes[gates[i]->ndim - 1] != counts[form] * hidden)
            return refuse(k->c, "the weights of a quantized cell should have %d rows for each hidden unit",
                          counts[form]);
    return true;
}

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

/* One of equal parts of the last dimension. */
static struct tensor *part(struct compose *k, struct tensor *t, int64_t i, int64_t count) {
    int64_t width = t->sizes[t->ndim - 1] / count;
    return RUN("narrow", "tiii", t, (int64_t)(t->ndim - 1), i * width, width);
}

static struct tensor *gate(struct compose *k, struct tensor *const *gates, int64_t i, int64_t count,
                           const char *activation) {
    struct tensor *a = part(k, gates[1], i, count), *b = k->failed ? NULL : part(k, gates[0], i, count);
    struct tensor *sum = k->failed ? NULL : RUN("add.Tensor", "ttd", a, b, 1);
    return sum ? compose_run(k, activation, "t", sum) : NULL;
}

static struct tensor *step_lstm(struct compose *k, struct tensor *const *gates, struct tensor **memory) {
    struct tensor *in = gate(k, gates, 0, 4, "aten::sigmoid"),
                  *forget = gate(k, gates, 1, 4, "aten::sigmoid"), *new = gate(k, gates, 2, 4, "aten::tanh"),
                  *out = gate(k, gates, 3, 4, "aten::sigmoid");
    struct tensor *kept = k->failed ? NULL : RUN("mul.Tensor", "tt", forget, *memory);
    struct tensor *added = k->failed ? NULL : RUN("mul.Tensor", "tt", in, new);
    *memory = k->failed ? NULL : RUN("add.Tensor", "ttd", kept, added, 1);
    struct tensor *bounded = k->failed ? NULL : RUN("tanh", "t", *memory);
    return bounded ? RUN("mul.Tensor", "tt", out, bounded) : NULL;
}

static struct tensor *step_gru(struct compose *k, struct tensor *const *gates, struct tensor *h) {
    struct tensor *reset = gate(k, gates, 0, 3, "aten::sigmoid"),
                  *update = gate(k, gates, 1, 3, "aten::sigmoid");
    struct tensor *old = k->failed ? NULL : part(k, gates[1], 2, 3);
    struct tensor *scaled = k->failed ? NULL : RUN("mul.Tensor", "tt", old, reset);
    struct tensor *fresh = k->failed ? NULL : part(k, gates[0], 2, 3);
    struct tensor *sum = k->failed ? NULL : RUN("add.Tensor", "ttd", fresh, scaled, 1);
    struct tensor *new = k->failed ? NULL : RUN("tanh", "t", sum);
    struct tensor *apart = k->failed ? NULL : RUN("sub.Tensor", "ttd", h, new, 1);
    struct tensor *weighed = k->failed ? NULL : RUN("mul.Tensor", "tt", apart, update);
    return weighed ? RUN("add.Tensor", "ttd", weighed, new, 1) : NULL;
}

/* The new state, the composition's, from the input's product; `memory` is LSTM's, in and out. */
static struct tensor *step(struct compose *k, const struct cell *cell, enum cell_form form,
                           struct tensor *of_input, struct tensor *h, struct tensor **memory) {
    struct tensor *gates[2];
    if (!products(k, cell, form, of_input, h, gates)) return NULL;
    if (form == FORM_LSTM) return step_lstm(k, gates, memory);
    if (form == FORM_GRU) return step_gru(k, gates, h);
    return gate(k, gates, 0, 1, form == FORM_TANH ? "aten::tanh" : "aten::relu");
}

/* ---- single cells ---- */

static bool give_step(struct op_call *c, const struct cell *cell, enum cell_form form) {
    struct tensor *h = form == FORM_LSTM ? NULL : arg_tensor(c, 1), *states[2], *memory = NULL;
    if (form == FORM_LSTM) {
        if (args_tensors(c, 1, states, 2) != 2 || !states[0] || !states[1])
            return refuse(c, "lstm_cell expects two hidden states");
        h = states[0];
        memory = states[1];
    }
    if (arg_tensor(c, 0)->ndim < 2 || h->ndim < 2) return refuse(c, "a quantized cell takes batches of rows");
    struct compose k = compose_start(c);
    struct tensor *of_input = run_linear(&k, &cell->input, arg_tensor(c, 0));
    struct tensor *new = of_input ? step(&k, cell, form, of_input, h, &memory) : NULL;
    struct tensor *out[2] = {new, memory};
    if (!new) return compose_refused(&k, false);
    return compose_give_some(&k, form == FORM_LSTM ? 2 : 1, out);
}

/* (x, state, packed of the input, packed of the state, two biases that nobody reads) */
static bool dynamic_cell(struct op_call *c, enum cell_form form) {
    struct cell_linear l = {.row = "quantized::linear_dynamic", .format = "tvb", .reduce = true};
    struct cell cell = {l, l};
    cell.input.packed = c->args[2];
    cell.state.packed = c->args[3];
    return give_step(c, &cell, form);
}

/* (x, state, w_ih, w_hh, b_ih, b_hh, packed_ih, packed_hh, offsets_ih, offsets_hh, scales, zero points) */
static bool old_cell(struct op_call *c, enum cell_form form) {
    lb_value a[2][6];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 6; j++) {
            static const int places[] = {2, 6, 8, 10, 12, 4}; /* weight, packed, offsets, scale, zero, bias */
            a[i][j] = c->args[places[j] + i];
        }
    struct cell_linear l = {.row = "aten::fbgemm_linear_int8_weight_fp32_activation", .format = "tvvvvvv"};
    struct cell cell = {l, l};
    cell.input.old = a[0];
    cell.state.old = a[1];
    return give_step(c, &cell, form);
}

#define CELLS(X) X(lstm, FORM_LSTM) X(gru, FORM_GRU) X(rnn_tanh, FORM_TANH) X(rnn_relu, FORM_RELU)
#define DEFINE_CELL(name, form)                                  \
    bool op_quantized_##name##_cell_dynamic(struct op_call *c) { \
        return dynamic_cell(c, form);                            \
    }                                                            \
    bool op_quantized_##name##_cell_old(struct op_call *c) {     \
        return old_cell(c, form);                                \
    }
CELLS(DEFINE_CELL)

/* ---- cell parameters: (kind, tensors, doubles, ints, packed) ---- */

struct parts {
    const char *kind;
    lb_value tensors[6], packed[2];
    double doubles[2];
    int64_t ints[2];
    int tensor_count, double_count, int_count, packed_count;
};

static bool put_parts(struct op_call *c, const struct parts *p, lb_value *items) {
    const struct type_store *types = c->cx->types;
    const struct type *any = types ? types->tensor : NULL, *number = types ? types->simple[TYPE_FLOAT] : NULL,
                      *whole = types ? types->simple[TYPE_INT] : NULL;
    bool good = value_new_string(&items[0], p->kind, (int64_t)strlen(p->kind), c->err) &&
                value_new_list(&items[1], any, 6, c->err) && value_new_list(&items[2], number, 2, c->err) &&
                value_new_list(&items[3], whole, 2, c->err) && value_new_list(&items[4], NULL, 2, c->err);
    for (int i = 0; good && i < p->tensor_count; i++)
        good = list_append(items[1].list, value_copy(p->tensors[i]), c->err);
    for (int i = 0; good && i < p->double_count; i++)
        good = list_append(items[2].list, value_float(p->doubles[i]), c->err);
    for (int i = 0; good && i < p->int_count; i++)
        good = list_append(items[3].list, value_int(p->ints[i]), c->err);
    for (int i = 0; good && i < p->packed_count; i++)
        good = list_append(items[4].list, value_copy(p->packed[i]), c->err);
    return good;
}

static bool give_parameters(struct op_call *c, const struct parts *p) {
    lb_value state;
    if (!value_new_tuple(&state, NULL, 5, c->err)) return false;
    bool good =
        put_parts(c, p, state.tuple->items) &&
        value_new_capsule(&c->results[0], "__torch__.torch.classes.rnn.CellParamsBase", state, c->err);
    if (good) c->results[0].capsule->type = c->result_type;
    value_release(state);
    return good;
}

/* (packed_ih, packed_hh, bias_ih, bias_hh, reduce_range) */
bool op_quantized_cell_parameters_dynamic(struct op_call *c) {
    struct parts p = {.kind = "quantized_dynamic", .tensor_count = 2, .int_count = 1, .packed_count = 2};
    for (int i = 0; i < 2; i++) {
        p.packed[i] = c->args[i];
        p.tensors[i] = c->args[2 + i];
    }
    p.ints[0] = arg_bool(c, 4);
    return give_parameters(c, &p);
}

/* (packed_ih, packed_hh) */
bool op_quantized_cell_parameters_half(struct op_call *c) {
    struct parts p = {.kind = "quantized_fp16", .packed = {c->args[0], c->args[1]}, .packed_count = 2};
    return give_parameters(c, &p);
}

/* (w_ih, w_hh, b_ih, b_hh): quantized here */
bool op_quantized_cell_parameters(struct op_call *c) {
    struct parts p = {.kind = "quantized", .tensor_count = 6, .double_count = 2, .int_count = 2};
    struct compose k = compose_start(c);
    for (int i = 0; i < 2; i++) {
        struct tensor *w =
            k.failed ? NULL : compose_run(&k, "aten::fbgemm_linear_quantize_weight", "t", arg_tensor(c, i));
        if (!w) return compose_refused(&k, false);
        p.tensors[i] = value_tensor(w);
        p.tensors[2 + i] = c->args[2 + i];
        p.tensors[4 + i] = k.owned[k.last + 1];
        p.doubles[i] = k.owned[k.last + 2].f;
        p.ints[i] = k.owned[k.last + 3].i;
    }
    return compose_refused(&k, give_parameters(c, &p));
}

/* ---- reading them ---- */

struct read_cell {
    struct cell cell;
    lb_value old[2][6];
};

static const lb_value *state_items(struct op_call *c, lb_value v) {
    bool good = v.tag == VALUE_CAPSULE && v.capsule->state.tag == VALUE_TUPLE &&
                v.capsule->state.tuple->count >= 5 && v.capsule->state.tuple->items[0].tag == VALUE_STRING;
    for (int i = 1; good && i < 5; i++) good = v.capsule->state.tuple->items[i].tag == VALUE_LIST;
    if (good) return v.capsule->state.tuple->items;
    refuse(c, "parameters of a quantized cell with a state of an unknown form");
    return NULL;
}

static bool all_have(const struct list *list, uint32_t tag, int64_t count) {
    if (list->count < count) return false;
    for (int64_t i = 0; i < count; i++)
        if (list->items[i].tag != tag) return false;
    return true;
}

/* Weights, biases, column offsets; scales; zero points. */
static bool read_old(struct op_call *c, const lb_value *items, struct read_cell *r) {
    const struct list *tensors = items[1].list;
    if (!all_have(tensors, VALUE_TENSOR, 6) || !all_have(items[2].list, VALUE_FLOAT, 2) ||
        !all_have(items[3].list, VALUE_INT, 2))
        return refuse(c, "parameters of a quantized cell with a state of an unknown form");
    for (int i = 0; i < 2; i++) {
        lb_value old[6] = {tensors->items[i],       tensors->items[i],       tensors->items[4 + i],
                           items[2].list->items[i], items[3].list->items[i], tensors->items[2 + i]};
        memcpy(r->old[i], old, sizeof old);
    }
    r->cell.input.old = r->old[0];
    r->cell.state.old = r->old[1];
    return true;
}

static bool read_parameters(struct op_call *c, lb_value v, struct read_cell *r) {
    const lb_value *items = state_items(c, v);
    if (!items) return false;
    const char *kind = items[0].string->bytes;
    bool dynamic = strcmp(kind, "quantized_dynamic") == 0, half = strcmp(kind, "quantized_fp16") == 0;
    struct cell_linear l = {.row = dynamic ? "quantized::linear_dynamic"
                                   : half  ? "quantized::linear_dynamic_fp16"
                                           : "aten::fbgemm_linear_int8_weight_fp32_activation",
                            .format = dynamic ? "tvb"
                                      : half  ? "tv"
                                              : "tvvvvvv"};
    r->cell = (struct cell){l, l};
    if (!dynamic && !half) return read_old(c, items, r);
    const struct list *packed = items[4].list, *ints = items[3].list;
    if (!all_have(packed, VALUE_CAPSULE, 2))
        return refuse(c, "parameters of a quantized cell with a state of an unknown form");
    r->cell.input.packed = packed->items[0];
    r->cell.state.packed = packed->items[1];
    r->cell.input.reduce = r->cell.state.reduce = dynamic && ints->count > 0 && ints->items[0].i != 0;
    return true;
}

/* ---- whole layers ---- */

enum { MOST_LAYERS = 32 };

struct network {
    struct op_call *c;
    enum cell_form form;
    const struct list *cells;
    int64_t layers;
    bool both, train;
    double dropout;
    const struct tensor *batch_sizes; /* NULL: a padded batch, [steps, batch, width] */
    int64_t steps, batch;
};

static int64_t rows_of_step(const struct network *n, int64_t step_index) {
    return n->batch_sizes ? tensor_get_int(n->batch_sizes, step_index) : n->batch;
}

/* A composition of one step keeps nothing but what it retains. */
static struct tensor *keep(struct tensor *t) {
    return t ? tensor_retain(t) : NULL;
}

struct states {
    struct tensor *h, *memory; /* [batch, hidden]; owned */
};

/* The first rows of a state, replaced by what a step made of them. */
static struct tensor *with_rows(struct compose *k, struct tensor *state, struct tensor *rows) {
    int64_t count = rows->sizes[0], all = state->sizes[0];
    if (count == all) return rows;
    struct tensor *rest = RUN("narrow", "tiii", state, INT64_C(0), count, all - count);
    return rest ? RUN("cat", "Ti", 2, ((struct tensor *[]){rows, rest}), INT64_C(0)) : NULL;
}

static bool run_step(const struct network *n, const struct cell *cell, struct tensor *x, int64_t first,
                     int64_t rows, struct states *s, struct tensor **out) {
    struct compose scope = compose_start(n->c), *k = &scope;
    struct tensor *now = RUN("narrow", "tiii", x, INT64_C(0), first, rows);
    struct tensor *h = now ? RUN("narrow", "tiii", s->h, INT64_C(0), INT64_C(0), rows) : NULL;
    struct tensor *memory =
        h && s->memory ? RUN("narrow", "tiii", s->memory, INT64_C(0), INT64_C(0), rows) : NULL;
    struct tensor *new = k->failed ? NULL : step(k, cell, n->form, now, h, &memory);
    struct tensor *state = new ? with_rows(k, s->h, new) : NULL;
    struct tensor *kept = state && memory ? with_rows(k, s->memory, memory) : NULL;
    bool good = state && (!s->memory || kept);
    if (good) {
        *out = keep(new);
        tensor_release(s->h);
        s->h = keep(state);
        tensor_release(s->memory);
        s->memory = keep(kept);
    }
    compose_end(k);
    return good;
}

/* A step's rows into place among all of a direction's, which the first step makes. */
static bool put_rows(const struct network *n, struct tensor **all, struct tensor *out, int64_t first,
                     int64_t total) {
    struct op_call *c = n->c;
    if (!*all) *all = call_new(c, DTYPE_FLOAT32, 2, (const int64_t[]){total, out->sizes[1]});
    struct tensor *place = NULL;
    if (*all && (*all)->sizes[1] == out->sizes[1]) {
        int64_t width = out->sizes[1], sizes[2] = {out->sizes[0], width}, strides[2] = {width, 1};
        place = tensor_view_as(*all, 2, sizes, strides, first * width, c->err);
    }
    bool good = place && tensor_copy(place, out, c->err);
    tensor_release(place);
    return good;
}

static bool step_rows(const struct network *n, const struct tensor *x, int64_t step_index, int64_t at,
                      bool backward, int64_t *rows) {
    *rows = rows_of_step(n, step_index);
    bool fits = *rows >= 0 && *rows <= n->batch && (backward ? *rows <= at : *rows <= x->sizes[0] - at);
    return fits || refuse(n->c, "batch_sizes do not fit the data");
}

/* All steps of one direction: their outputs as rows, [total, hidden]. */
static struct tensor *run_direction(const struct network *n, const struct cell *cell, struct tensor *x,
                                    bool backward, struct states *s) {
    struct tensor *all = NULL;
    int64_t at = backward ? x->sizes[0] : 0, rows;
    bool good = n->steps > 0 || refuse(n->c, "Expected sequence length to be larger than 0 in RNN");
    for (int64_t i = 0; good && i < n->steps; i++) {
        struct tensor *out = NULL;
        good = step_rows(n, x, backward ? n->steps - 1 - i : i, at, backward, &rows);
        if (good && backward) at -= rows;
        good = good && run_step(n, cell, x, at, rows, s, &out) && put_rows(n, &all, out, at, x->sizes[0]);
        tensor_release(out);
        if (!backward) at += rows;
    }
    if (good) return all;
    tensor_release(all);
    return NULL;
}

static struct tensor *run_cell_layer(const struct network *n, int64_t index, struct tensor *x,
                                     struct tensor *const *hx, struct states *s) {
    struct read_cell r;
    if (index >= n->cells->count) {
        refuse(n->c, "too few parameters for a quantized recurrent layer");
        return NULL;
    }
    if (!read_parameters(n->c, n->cells->items[index], &r)) return NULL;
    struct compose scope = compose_start(n->c), *k = &scope;
    s->h = keep(RUN("select.int", "tii", hx[0], INT64_C(0), index));
    s->memory = s->h && hx[1] ? keep(RUN("select.int", "tii", hx[1], INT64_C(0), index)) : NULL;
    struct tensor *of_input = k->failed ? NULL : run_linear(k, &r.cell.input, x); /* of all steps at once */
    struct tensor *out = of_input ? run_direction(n, &r.cell, of_input, n->both && index % 2, s) : NULL;
    compose_end(k);
    return out;
}

/* One layer over rows; its last states are put into the lists. */
static struct tensor *run_layer(struct compose *k, const struct network *n, int64_t layer, struct tensor *x,
                                struct tensor *const *hx, struct tensor **last) {
    int directions = n->both ? 2 : 1;
    struct tensor *outs[2] = {NULL, NULL};
    for (int d = 0; d < directions; d++) {
        struct states s = {NULL, NULL};
        int64_t at = layer * directions + d;
        outs[d] = run_cell_layer(n, at, x, hx, &s);
        if (s.h) last[at] = compose_own(k, s.h);
        if (s.memory) last[MOST_LAYERS + at] = compose_own(k, s.memory);
        if (!outs[d]) k->failed = true;
        if (outs[d]) compose_own(k, outs[d]);
        if (k->failed) return NULL;
    }
    struct tensor *out = directions == 2 ? RUN("cat", "Ti", 2, outs, INT64_C(1)) : outs[0];
    bool drops = out && n->dropout > 0 && n->train && layer + 1 < n->layers;
    return drops ? RUN("dropout", "tfb", out, n->dropout, true) : out;
}

/* Rows in, rows out; `last` becomes [layers * directions, batch, hidden] of state and memory. */
static struct tensor *run_network(struct compose *k, const struct network *n, struct tensor *x,
                                  struct tensor *const *hx, struct tensor **final) {
    struct tensor *last[2 * MOST_LAYERS];
    int count = (int)n->layers * (n->both ? 2 : 1);
    for (int64_t l = 0; l < n->layers && x; l++) x = run_layer(k, n, l, x, hx, last);
    if (!x) return NULL;
    final[0] = RUN("stack", "Ti", count, last, INT64_C(0));
    final[1] = hx[1] && final[0] ? RUN("stack", "Ti", count, last + MOST_LAYERS, INT64_C(0)) : NULL;
    return k->failed ? NULL : x;
}

static bool check_network(struct op_call *c, const struct network *n, struct tensor *const *hx) {
    int64_t count = n->layers * (n->both ? 2 : 1);
    if (n->layers < 1 || count > MOST_LAYERS)
        return refuse(c, "a quantized recurrent layer has 1 to %d layers", MOST_LAYERS);
    for (int i = 0; i < 2; i++)
        if (hx[i] && (hx[i]->ndim != 3 || hx[i]->sizes[0] < count || hx[i]->sizes[1] != n->batch))
            return refuse(c, "Expected hidden size with %lld layers and a batch of %lld", (long long)count,
                          (long long)n->batch);
    return true;
}

static bool give_network(struct compose *k, struct tensor *out, struct tensor **final) {
    if (!out) return compose_refused(k, false);
    struct tensor *results[3] = {out, final[0], final[1]};
    return compose_give_some(k, final[1] ? 3 : 2, results);
}

/* Arguments from `at` on: state or states, parameters, has_biases, layers, dropout, train, bidirectional. */
static bool read_network(struct op_call *c, struct network *n, int at, struct tensor **hx) {
    hx[0] = hx[1] = NULL;
    if (n->form == FORM_LSTM) {
        if (args_tensors(c, at, hx, 2) != 2 || !hx[0] || !hx[1])
            return refuse(c, "lstm expects two hidden states");
    } else {
        hx[0] = arg_tensor(c, at);
    }
    n->cells = arg_list(c, at + 1);
    n->layers = arg_int(c, at + 3);
    n->dropout = arg_float(c, at + 4);
    n->train = arg_bool(c, at + 5);
    n->both = arg_bool(c, at + 6);
    return true;
}

/* (input, state, parameters, has_biases, layers, dropout, train, bidirectional, batch_first, ...) */
static bool padded_network(struct op_call *c, enum cell_form form) {
    struct network n = {.c = c, .form = form};
    struct tensor *hx[2], *x = arg_tensor(c, 0), *final[2] = {NULL, NULL};
    if (x->ndim != 3) return refuse(c, "a quantized recurrent layer takes three dimensions");
    if (!read_network(c, &n, 1, hx)) return false;
    bool batch_first = arg_bool(c, 8);
    struct compose scope = compose_start(c), *k = &scope;
    if (batch_first) x = RUN("transpose.int", "tii", x, INT64_C(0), INT64_C(1));
    if (!x) return compose_refused(k, false);
    n.steps = x->sizes[0];
    n.batch = x->sizes[1];
    if (!check_network(c, &n, hx)) return compose_refused(k, false);
    struct tensor *rows = RUN("reshape", "tL", x, 2, ((const int64_t[]){n.steps * n.batch, x->sizes[2]}));
    struct tensor *out = rows ? run_network(k, &n, rows, hx, final) : NULL;
    if (out) out = RUN("reshape", "tL", out, 3, ((const int64_t[]){n.steps, n.batch, out->sizes[1]}));
    if (out && batch_first) out = RUN("transpose.int", "tii", out, INT64_C(0), INT64_C(1));
    return give_network(k, out, final);
}

/* (data, batch_sizes, state, parameters, has_biases, layers, dropout, train, bidirectional, ...) */
static bool packed_network(struct op_call *c, enum cell_form form) {
    struct network n = {.c = c, .form = form, .batch_sizes = arg_tensor(c, 1)};
    struct tensor *hx[2], *x = arg_tensor(c, 0), *final[2] = {NULL, NULL};
    if (x->ndim != 2) return refuse(c, "packed data has two dimensions");
    if (!read_network(c, &n, 2, hx)) return false;
    n.steps = n.batch_sizes->numel;
    n.batch = n.steps ? tensor_get_int(n.batch_sizes, 0) : 0;
    if (!check_network(c, &n, hx)) return false;
    struct compose k = compose_start(c);
    struct tensor *out = run_network(&k, &n, x, hx, final);
    return give_network(&k, out, final);
}

#define NETWORKS(X) X(lstm, FORM_LSTM) X(gru, FORM_GRU)
#define DEFINE_NETWORK(name, form)                                                                          \
    bool op_quantized_##name(struct op_call *c) {                                                           \
        return padded_network(c, form);                                                                     \
    }                                                                                                       \
    bool op_quantized_##name##_data(struct op_call *c) {                                                    \
        return packed_network(c, form);                                                                     \
    }                                                                                                       \
    bool op_quantized_##name##_old(struct op_call *c) {                                                     \
        return refuse(c,                                                                                    \
                      "torch.quantized_" #name " with List[Tensor] for parameters is no longer supported. " \
                      "Please re-export your model using the newer definitions in torch.jit.quantized");    \
    }
NETWORKS(DEFINE_NETWORK)
