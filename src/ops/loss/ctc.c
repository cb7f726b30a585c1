/* Connectionist temporal classification: the loss, its forward table and its gradient, in log space
 * (Graves et al. 2006; aten/src/ATen/native/LossCTC.cpp).
 *
 * A sequence of labels stands between blanks: state s of 2 * labels + 1 is a blank where s is even, label s /
 * 2 where it is odd. alpha[t][s] is the log likelihood of all beginnings that are in s at t, beta[t][s] that
 * of all endings. Everything is computed in double. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <math.h>

struct ctc {
    struct tensor *logs;                      /* [steps, n, classes], contiguous, double */
    struct tensor *targets;                   /* contiguous */
    int64_t n, steps, classes, blank, widest; /* widest: states of the longest labels */
    int64_t *inputs, *counts, *starts;        /* of each sequence: steps, labels, where they begin */
};

static double log_sum(const double *x, int count) {
    double high = -(double)INFINITY, sum = 0;
    for (int i = 0; i < count; i++) high = x[i] > high ? x[i] : high;
    if (isinf(high)) high = 0;
    for (int i = 0; i < count; i++) sum += exp(x[i] - high);
    return log(sum) + high;
}

static int64_t label_at(const struct ctc *p, int64_t sequence, int64_t s) {
    return s % 2 ? tensor_get_int(p->targets, p->starts[sequence] + s / 2) : p->blank;
}
static const double *logs_at(const struct ctc *p, int64_t t, int64_t sequence) {
    return (const double *)tensor_data(p->logs) + (t * p->n + sequence) * p->classes;
}

/* --- reading and checking arguments --- */

static bool read_lengths(struct op_call *c, int at, const char *name, int64_t n, int64_t *out) {
    bool tensor = c->args[at].tag == VALUE_TENSOR;
    if ((tensor ? arg_tensor(c, at)->numel : arg_list(c, at)->count) != n)
        return refuse(c, "%s must be of size batch_size", name);
    for (int64_t i = 0; i < n; i++) {
        out[i] = tensor ? tensor_get_int(arg_tensor(c, at), i) : arg_list(c, at)->items[i].i;
        if (out[i] < 0)
            return refuse(
                c,
                "Expected %s to have value at least 0, but got value %lld (while checking arguments "
                "for ctc_loss_cpu)",
                name, (long long)out[i]);
    }
    return true;
}

static bool place_labels(struct op_call *c, struct ctc *p) {
    int64_t at = 0, most = 0;
    bool rows = p->targets->ndim > 1;
    for (int64_t i = 0; i < p->n; i++) {
        p->starts[i] = rows ? i * p->targets->sizes[1] : at;
        most = p->counts[i] > most ? p->counts[i] : most;
        if (__builtin_add_overflow(at, p->counts[i], &at)) return refuse(c, "target_lengths are too large");
    }
    int64_t expected = rows ? p->n : at;
    if (p->targets->sizes[0] != expected)
        return refuse(c,
                      "Expected tensor to have size %lld at dimension 0, but got size %lld for argument #2 "
                      "'targets' (while checking arguments for ctc_loss_cpu)",
                      (long long)expected, (long long)p->targets->sizes[0]);
    if (rows && p->targets->sizes[1] < most)
        return refuse(c,
                      "Expected tensor to have size at least %lld at dimension 1, but got size %lld for "
                      "argument #2 'targets' (while checking arguments for ctc_loss_cpu)",
                      (long long)most, (long long)p->targets->sizes[1]);
    p->widest = 2 * most + 1;
    return true;
}

/* Labels outside the classes would be read out of bounds. */
static bool check_labels(struct op_call *c, const struct ctc *p) {
    for (int64_t i = 0; i < p->n; i++) {
        if (p->inputs[i] > p->steps)
            return refuse(c,
                          "Expected input_lengths to have value at most %lld, but got value %lld (while "
                          "checking arguments for ctc_loss_cpu)",
                          (long long)p->steps, (long long)p->inputs[i]);
        for (int64_t j = 0; j < p->counts[i]; j++) {
            int64_t label = label_at(p, i, 2 * j + 1);
            if (label < 0 || label >= p->classes) return refuse(c, "ctc_loss: a label is out of range");
        }
    }
    return true;
}

/* Log probabilities are at argument `first`, targets and lengths behind them. `whole`: targets of any dtype
 * are made whole numbers. */
static bool ctc_read(struct op_call *c, struct compose *k, struct tensor *logs, int first, int64_t blank,
                     bool whole, struct ctc *p) {
    struct tensor *targets = arg_tensor(c, first + 1);
    *p = (struct ctc){.blank = blank};
    for (int i = 2; i < 4; i++)
        if (c->args[first + i].tag == VALUE_TENSOR &&
            dtype_table[arg_tensor(c, first + i)->dtype].category != DTYPE_INTEGER)
            return refuse(c, "%s must be integral", i == 2 ? "input_lengths" : "target_lengths");
    if (whole) targets = compose_own(k, tensor_convert(targets, DTYPE_INT64, c->cx->budget, c->err));
    if (!targets) return false;
    if (logs->dtype != DTYPE_FLOAT32 && logs->dtype != DTYPE_FLOAT64)
        return refuse(c, "\"ctc_loss_cpu\" not implemented for '%s'", dtype_table[logs->dtype].graph_name);
    if (targets->dtype != DTYPE_INT64 && targets->dtype != DTYPE_INT32)
        return refuse(c,
                      "Expected tensor for argument #2 'targets' to have one of the following scalar "
                      "types: Int, Long; but got %s instead (while checking arguments for ctc_loss_cpu)",
                      dtype_table[targets->dtype].graph_name);
    if (logs->ndim != 3 || (targets->ndim != 1 && targets->ndim != 2))
        return refuse(c,
                      "Expected 3-dimensional tensor, but got %d-dimensional tensor for argument #1 "
                      "'log_probs' (while checking arguments for ctc_loss_cpu)",
                      logs->ndim);
    p->steps = logs->sizes[0], p->n = logs->sizes[1], p->classes = logs->sizes[2];
    if (blank < 0 || blank >= p->classes) return refuse(c, "blank must be in label range");
    struct tensor *wide = compose_own(k, tensor_convert(logs, DTYPE_FLOAT64, c->cx->budget, c->err));
    p->logs = wide ? compose_own(k, tensor_contiguous(wide, c->cx->budget, c->err)) : NULL;
    p->targets = compose_own(k, tensor_contiguous(targets, c->cx->budget, c->err));
    p->inputs = k->failed ? NULL : call_scratch(c, 3 * (size_t)p->n + 1, sizeof *p->inputs);
    if (!p->inputs) return false;
    p->counts = p->inputs + p->n;
    p->starts = p->counts + p->n;
    return read_lengths(c, first + 2, "input_lengths", p->n, p->inputs) &&
           read_lengths(c, first + 3, "target_lengths", p->n, p->counts) && place_labels(c, p) &&
           check_labels(c, p);
}

/* --- recursions --- */

/* alpha [steps, widest], filled with -inf. */
static double forward_one(const struct ctc *p, int64_t i, double *alpha) {
    int64_t states = 2 * p->counts[i] + 1, steps = p->inputs[i];
    if (steps == 0) return p->counts[i] == 0 ? 0 : (double)INFINITY;
    for (int64_t s = 0; s < states && s < 2; s++) alpha[s] = logs_at(p, 0, i)[label_at(p, i, s)];
    for (int64_t t = 1; t < steps; t++) {
        const double *old = alpha + (t - 1) * p->widest;
        for (int64_t s = 0; s < states; s++) {
            double from[3] = {old[s], -(double)INFINITY, -(double)INFINITY};
            int64_t label = label_at(p, i, s);
            if (s > 0) from[1] = old[s - 1];
            if (s > 1 && label_at(p, i, s - 2) != label) from[2] = old[s - 2];
            alpha[t * p->widest + s] = log_sum(from, 3) + logs_at(p, t, i)[label];
        }
    }
    const double *last = alpha + (steps - 1) * p->widest + states;
    return -(states > 1 ? log_sum((double[]){last[-1], last[-2]}, 2) : last[-1]);
}

/* Adds alpha + beta of a state to its label's log sum. */
static void gather(double *sum, double x) {
    *sum = *sum == -(double)INFINITY ? x : log_sum((double[]){*sum, x}, 2);
}

/* sums [steps, n, classes] are filled with -inf; beta [2, widest] is scratch. */
static void backward_one(const struct ctc *p, int64_t i, const double *alpha, double *beta, double *sums) {
    int64_t states = 2 * p->counts[i] + 1;
    for (int64_t t = p->inputs[i] - 1; t >= 0; t--) {
        double *now = beta + t % 2 * p->widest, *next = beta + (t + 1) % 2 * p->widest;
        double *sum = sums + (t * p->n + i) * p->classes;
        bool last = t == p->inputs[i] - 1;
        for (int64_t s = states - 1; s >= 0; s--) {
            double to[3] = {-(double)INFINITY, -(double)INFINITY, -(double)INFINITY};
            int64_t label = label_at(p, i, s);
            if (!last) to[0] = next[s];
            if (!last && s < states - 1) to[1] = next[s + 1];
            if (!last && s < states - 2 && label_at(p, i, s + 2) != label) to[2] = next[s + 2];
            double ways = last ? (s >= states - 2 ? 0 : -(double)INFINITY) : log_sum(to, 3);
            now[s] = ways + logs_at(p, t, i)[label];
            gather(&sum[label], alpha[t * p->widest + s] + now[s]);
        }
    }
}

/* grad (exp(log p) - exp(sum + nll - log p)); 0 behind the sequence's end and where an infinite loss counts
 * for none. */
static void finish_one(const struct ctc *p, int64_t i, double loss, double grad, bool drop, double *sums) {
    for (int64_t t = 0; t < p->steps; t++) {
        double *sum = sums + (t * p->n + i) * p->classes;
        const double *logs = logs_at(p, t, i);
        for (int64_t j = 0; j < p->classes; j++)
            sum[j] = drop || t >= p->inputs[i] ? 0 : (exp(logs[j]) - exp(sum[j] + loss - logs[j])) * grad;
    }
}

/* --- operators --- */

static struct tensor *filled(struct op_call *c, struct compose *k, int ndim, const int64_t *sizes, double x) {
    struct tensor *t = compose_own(k, call_new(c, DTYPE_FLOAT64, ndim, sizes));
    for (int64_t i = 0; t && i < t->numel; i++) ((double *)tensor_data(t))[i] = x;
    return t;
}

static struct tensor *as_dtype(struct compose *k, struct tensor *t, enum dtype d) {
    return t ? compose_own(k, tensor_convert(t, d, k->c->cx->budget, k->c->err)) : NULL;
}

/* Losses [n] and the table [n, steps, widest], in double. */
static bool forward_all(struct op_call *c, struct compose *k, const struct ctc *p, struct tensor **losses,
                        struct tensor **table) {
    int64_t sizes[3] = {p->n, p->steps, p->widest};
    *losses = filled(c, k, 1, &p->n, 0);
    *table = *losses ? filled(c, k, 3, sizes, -(double)INFINITY) : NULL;
    for (int64_t i = 0; *table && i < p->n; i++)
        ((double *)tensor_data(*losses))[i] =
            forward_one(p, i, (double *)tensor_data(*table) + i * p->steps * p->widest);
    return !k->failed;
}

/* _ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity) -> losses, log alpha */
bool loss_ctc_native(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *logs = arg_tensor(c, 0), *losses = NULL, *table = NULL;
    struct ctc p;
    bool good = ctc_read(c, &k, logs, 0, arg_int(c, 4), false, &p) && forward_all(c, &k, &p, &losses, &table);
    mem_free(p.inputs);
    if (!good) return compose_give(&k, NULL);
    return compose_give_some(&k, 2,
                             (struct tensor *[]){as_dtype(&k, losses, tensor_dtype(logs)),
                                                 as_dtype(&k, table, tensor_dtype(logs))});
}

/* ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity) */
bool loss_ctc(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *logs = arg_tensor(c, 0), *losses = NULL, *table = NULL;
    int64_t how = arg_int(c, 5);
    bool batched = logs->ndim == 3;
    struct ctc p = {0};
    if (logs->ndim == 2) logs = compose_own(&k, tensor_unsqueeze(c, logs, 1));
    bool good =
        logs && ctc_read(c, &k, logs, 0, arg_int(c, 4), true, &p) && forward_all(c, &k, &p, &losses, &table);
    for (int64_t i = 0; good && i < p.n; i++) {
        double *loss = (double *)tensor_data(losses) + i;
        if (arg_bool(c, 6) && isinf(*loss)) *loss = 0;
        if (how == 1) *loss /= (double)(p.counts[i] > 0 ? p.counts[i] : 1);
    }
    mem_free(p.inputs);
    if (!good) return compose_give(&k, NULL);
    if (how != 0) losses = compose_run(&k, how == 1 ? "aten::mean" : "aten::sum", "t", losses);
    if (how == 0 && !batched) losses = compose_run(&k, "aten::squeeze.dim", "td", losses, 0);
    return compose_give(&k, as_dtype(&k, losses, tensor_dtype(logs)));
}

static bool check_table(struct op_call *c, const struct ctc *p, const struct tensor *table) {
    return (table->ndim == 3 && table->sizes[0] == p->n && table->sizes[1] == p->steps &&
            table->sizes[2] == p->widest) ||
           refuse(c, "ctc_loss_backward: log_alpha has sizes %s, which are not those of the forward call",
                  sizes_text(table->ndim, table->sizes, (char[256]){0}, 256));
}

/* _ctc_loss_backward(grad, log_probs, targets, input_lengths, target_lengths, losses, log_alpha, blank,
 * zero_infinity) */
bool loss_ctc_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *logs = arg_tensor(c, 1), *losses = arg_tensor(c, 5),
                  *sums = NULL;
    struct ctc p;
    double *beta = NULL;
    bool good = ctc_read(c, &k, logs, 1, arg_int(c, 7), false, &p) && check_table(c, &p, arg_tensor(c, 6));
    if (good && (grad->numel < p.n || losses->numel < p.n))
        good = refuse(c, "ctc_loss_backward: a gradient and a loss are needed for each sequence");
    struct tensor *table = good ? as_dtype(&k, arg_tensor(c, 6), DTYPE_FLOAT64) : NULL;
    table = table ? compose_own(&k, tensor_contiguous(table, c->cx->budget, c->err)) : NULL;
    if (table) sums = filled(c, &k, 3, p.logs->sizes, -(double)INFINITY);
    if (sums) beta = call_scratch(c, 2 * (size_t)p.widest, sizeof *beta);
    for (int64_t i = 0; beta && i < p.n; i++) {
        double loss = tensor_get_float(losses, i), *sum = tensor_data(sums);
        bool drop = arg_bool(c, 8) && isinf(loss) && loss > 0;
        if (!drop)
            backward_one(&p, i, (const double *)tensor_data(table) + i * p.steps * p.widest, beta, sum);
        finish_one(&p, i, loss, tensor_get_float(grad, i), drop, sum);
    }
    good = good && beta;
    mem_free(p.inputs);
    mem_free(beta);
    return compose_give(&k, good ? as_dtype(&k, sums, tensor_dtype(logs)) : NULL);
}
